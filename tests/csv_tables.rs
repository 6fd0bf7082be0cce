//! Tables as Outlook and BigContacts export them, in every language and of every kind, made here:
//! what becomes of each cell, and of rows that are not as they should be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use airbridge::finding::Effect;
use airbridge::item::{Content, Item};
use airbridge::source::{DateOrder, ReadingOptions, Sources, Used};
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// What came of one file.
struct Got {
    items: Vec<Value>,
    codes: Vec<(String, Effect)>,
}

impl Got {
    fn has(&self, code: &str) -> bool {
        self.codes.iter().any(|(own, _)| own == code)
    }

    fn altered(&self) -> Vec<&str> {
        let codes = self.codes.iter();
        codes
            .filter(|(_, effect)| *effect > Effect::Noted)
            .map(|(code, _)| code.as_str())
            .collect()
    }
}

fn read(bytes: &[u8], options: ReadingOptions) -> Got {
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("table.csv");
    fs::write(&path, bytes).unwrap();
    let sources = Sources::open(&[path], options).unwrap();
    let mut got = Got {
        items: Vec::new(),
        codes: Vec::new(),
    };
    let mut keep = |findings: &airbridge::finding::Findings| {
        let codes = findings.iter().map(|own| (own.code.to_owned(), own.effect));
        got.codes.extend(codes);
    };
    for job in sources.jobs() {
        for mapped in job.items().unwrap() {
            keep(&mapped.findings);
            got.items.push(serde_json::to_value(&mapped.item).unwrap());
        }
    }
    sources.findings().for_each(|findings| keep(&findings));
    assert_eq!(sources.seen(), got.items.len() as u64);
    got
}

fn plain(text: &str) -> Got {
    read(text.as_bytes(), ReadingOptions::default())
}

fn zoned(text: &str, zone: &str) -> Got {
    let options = ReadingOptions {
        time_zone: Some(zone.parse().unwrap()),
        ..ReadingOptions::default()
    };
    read(text.as_bytes(), options)
}

/// A table of one row: a heading and a cell for each pair.
fn row(pairs: &[(&str, &str)], delimiter: char) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |cells: Vec<String>| cells.join(&delimiter.to_string());
    let headings = line(pairs.iter().map(|(heading, _)| quoted(heading)).collect());
    let cells = line(pairs.iter().map(|(_, cell)| quoted(cell)).collect());
    format!("{headings}\r\n{cells}\r\n")
}

#[test]
fn a_contact_with_every_column_of_outlook() {
    let text = row(
        &[
            ("Title", "Dr."),
            ("First Name", "Jörg"),
            ("Middle Name", "Karl"),
            ("Last Name", "Müller"),
            ("Suffix", "Jr."),
            ("Company", "Seewind"),
            ("Business Street", "Am Kai 1"),
            ("Business Street 2", "Haus 3"),
            ("Business City", "Flensburg"),
            ("Business Country/Region", "Germany"),
            ("Home Address PO Box", "77"),
            ("Business Phone", "+49 461 1"),
            ("Mobile Phone", "'+49 170 2"),
            ("TTY/TDD Phone", "3"),
            ("Anniversary", "0/0/00"),
            ("Birthday", "2/29/1980"),
            ("Categories", "Friends;Partners, North"),
            ("Children", "Ida; Ole"),
            ("Directory Server", "ldap"),
            ("E-mail Address", "joerg@seewind.example"),
            ("E-mail Type", "SMTP"),
            ("E-mail Display Name", "Jörg M."),
            ("E-mail 2 Address", "/o=Seewind/cn=joerg"),
            ("E-mail 2 Type", "EX"),
            ("E-mail 3 Type", "SMTP"),
            ("Gender", "Male"),
            ("Keywords", "sail"),
            ("Notes", "One\r\ntwo\r\n"),
            ("Priority", "High"),
            ("Private", "True"),
            ("Sensitivity", "Confidential"),
            ("Spouse", "Anna"),
            ("User 1", "x"),
            ("User 4", "ab-0123456789abcdef0123456789abcdef"),
            ("Web Page", "https://seewind.example"),
            ("Mood", "sunny"),
        ],
        ',',
    );
    let got = plain(&text);
    assert_eq!(got.altered(), Vec::<&str>::new());
    assert_eq!(
        got.items[0],
        json!({
            "id": "ab-0123456789abcdef0123456789abcdef",
            "identity": [
                {"by": "bridge_id", "key": "ab-0123456789abcdef0123456789abcdef"},
                {"by": "email", "key": "joerg@seewind.example"},
                {"by": "name_and_date", "key": "Jörg Karl Müller Jr./"},
            ],
            "provenance": got.items[0]["provenance"],
            "class": "IPM.Contact",
            "kind": "contact",
            "categories": ["Friends", "Partners", "North"],
            "sensitivity": "confidential",
            "private": true,
            "importance": "high",
            "display_name": "Jörg Karl Müller Jr.",
            "prefix": "Dr.",
            "first_name": "Jörg",
            "middle_name": "Karl",
            "last_name": "Müller",
            "suffix": "Jr.",
            "company": "Seewind",
            "spouse": "Anna",
            "children": ["Ida", "Ole"],
            "birthday": "1980-02-29",
            "gender": "male",
            "web_page": "https://seewind.example",
            "emails": [
                {"slot": 1, "name": "Jörg M.", "email": "joerg@seewind.example"},
                {"slot": 2, "address": "EX:/o=Seewind/cn=joerg", "kind": "EX"},
            ],
            "phones": [
                {"kind": "business", "number": "+49 461 1"},
                {"kind": "mobile", "number": "+49 170 2"},
                {"kind": "tty", "number": "3"},
            ],
            "addresses": [
                {"kind": "business", "street": "Am Kai 1\nHaus 3", "city": "Flensburg",
                 "country": "Germany"},
                {"kind": "home", "po_box": "77"},
            ],
            "user_fields": [{"number": 1, "text": "x"}],
            "notes": {"plain": "One\r\ntwo\r\n"},
            "raw": [
                {"name": "Directory Server", "type": "csv", "value": "ldap"},
                {"name": "E-mail 3 Type", "type": "csv", "value": "SMTP"},
                {"name": "Keywords", "type": "csv", "value": "sail"},
                {"name": "Mood", "type": "csv", "value": "sunny"},
            ],
        })
    );
}

#[test]
fn contacts_in_every_language() {
    let tables: [&[(&str, &str)]; 8] = [
        &[
            ("Vorname", "Jörg"),
            ("Nachname", "Müller"),
            ("E-Mail-Adresse", "j@x.example"),
            ("Geburtstag", "5.10.1980"),
            ("Geschlecht", "Keine Angabe"),
            ("Privat", "Falsch"),
            ("Priorität", "Niedrig"),
            ("Telefon geschäftlich", "1"),
            ("Ort geschäftlich", "Kiel"),
        ],
        &[
            ("Prénom", "Jörg"),
            ("Nom", "Müller"),
            ("Adresse de messagerie", "j@x.example"),
            ("Anniversaire", "05/10/1980"),
            ("Sexe", "Non spécifié"),
            ("Privé", "Faux"),
            ("Priorité", "Basse"),
            ("Téléphone (bureau)", "1"),
            ("Ville (bureau)", "Kiel"),
        ],
        &[
            ("Nombre", "Jörg"),
            ("Apellidos", "Müller"),
            ("Dirección de correo electrónico", "j@x.example"),
            ("Cumpleaños", "05/10/1980"),
            ("Género", "Sin especificar"),
            ("Privado", "Falso"),
            ("Prioridad", "Baja"),
            ("Teléfono del trabajo", "1"),
            ("Ciudad de trabajo", "Kiel"),
        ],
        &[
            ("Nome", "Jörg"),
            ("Cognome", "Müller"),
            ("Indirizzo posta elettronica", "j@x.example"),
            ("Compleanno", "05/10/1980"),
            ("Sesso", "Non specificato"),
            ("Privato", "Falso"),
            ("Priorità", "Bassa"),
            ("Ufficio", "1"),
            ("Città (uff.)", "Kiel"),
        ],
        &[
            ("Voornaam", "Jörg"),
            ("Achternaam", "Müller"),
            ("E-mailadres", "j@x.example"),
            ("Verjaardag", "5-10-1980"),
            ("Geslacht", "Niet-gespecificeerd"),
            ("Priv", "Onwaar"),
            ("Prioriteit", "Laag"),
            ("Telefoon op werk", "1"),
            ("Werkadres, plaats", "Kiel"),
        ],
        &[
            ("Primeiro nome", "Jörg"),
            ("Apelido", "Müller"),
            ("Endereço de correio electrónico", "j@x.example"),
            ("Data de nascimento", "05/10/1980"),
            ("Sexo", "Não especificado"),
            ("Privado", "Falso"),
            ("Prioridade", "Baixa"),
            ("Telefone da empresa", "1"),
            ("Localidade da empresa", "Kiel"),
        ],
        &[
            ("Primeiro nome", "Jörg"),
            ("Sobrenome", "Müller"),
            ("E-mail Address", "j@x.example"),
            ("Aniversário", "05/10/1980"),
            ("Sexo", "Não especificado"),
            ("Particular", "Falso"),
            ("Prioridade", "Baixa"),
            ("Telefone comercial", "1"),
            ("Business City", "Kiel"),
        ],
        &[
            ("名", "Jörg"),
            ("姓", "Müller"),
            ("電子メール アドレス", "j@x.example"),
            ("誕生日", "1980/10/5"),
            ("性別", "未指定"),
            ("プライベート", "False"),
            ("優先度", "低"),
            ("会社電話", "1"),
            ("市区町村 (会社)", "Kiel"),
        ],
    ];
    for (number, pairs) in tables.iter().enumerate() {
        let delimiter = [',', ';', '\t', ';', ',', ';', ',', ','][number];
        let got = plain(&row(pairs, delimiter));
        let item = &got.items[0];
        let place = &pairs[0].0;
        assert_eq!(item["display_name"], "Jörg Müller", "{place}");
        assert_eq!(item["emails"][0]["email"], "j@x.example", "{place}");
        assert_eq!(item["birthday"], "1980-10-05", "{place}");
        assert_eq!(
            item["phones"],
            json!([{"kind": "business", "number": "1"}]),
            "{place}"
        );
        assert_eq!(item["addresses"][0]["city"], "Kiel", "{place}");
        assert_eq!(item["importance"], "low", "{place}");
        for none in ["raw", "private", "gender"] {
            assert!(item[none].is_null(), "{place}: {item}");
        }
        let custom = !["Vorname", "Voornaam", "名"].contains(place);
        assert!(
            custom || got.altered().is_empty() || *place == "Voornaam",
            "{place}"
        );
    }
}

#[test]
fn appointments_in_every_language() {
    let tables: [&[&str]; 8] = [
        &[
            "Subject",
            "Start Date",
            "Start Time",
            "End Date",
            "End Time",
            "All day event",
            "Reminder on/off",
            "Reminder Date",
            "Reminder Time",
            "Location",
            "Description",
        ],
        &[
            "Betreff",
            "Beginnt am",
            "Beginnt um",
            "Endet am",
            "Endet um",
            "Ganztägiges Ereignis",
            "Erinnerung Ein/Aus",
            "Erinnerung am",
            "Erinnerung um",
            "Ort",
            "Beschreibung",
        ],
        &[
            "Objet",
            "Début",
            "Début",
            "Fin",
            "Fin",
            "Journée entière",
            "Rappel actif/inactif",
            "Date de rappel",
            "Heure du rappel",
            "Emplacement",
            "Description",
        ],
        &[
            "Asunto",
            "Fecha de comienzo",
            "Comienzo",
            "Fecha de finalización",
            "Finalización",
            "Todo el día",
            "Reminder on/off",
            "Reminder Date",
            "Reminder Time",
            "Location",
            "Description",
        ],
        &[
            "Oggetto",
            "Data inizio",
            "Ora inizio",
            "Data fine",
            "Ora fine",
            "Giornata intera",
            "Promemoria attivato/disattivato",
            "Data promemoria",
            "Ora promemoria",
            "Luogo",
            "Descrizione",
        ],
        &[
            "Onderwerp",
            "Begindatum",
            "Begintijd",
            "Einddatum",
            "Eindtijd",
            "Gebeurtenis, duurt hele dag",
            "Herinneringen aan/uit",
            "Herinneringsdatum",
            "Herinneringstijd",
            "Locatie",
            "Beschrijving",
        ],
        &[
            "Assunto",
            "Data de início",
            "Hora de início",
            "Data de término",
            "Hora de término",
            "O dia inteiro",
            "Lembrete ativado/desativado",
            "Data do lembrete",
            "Horário do lembrete",
            "Local",
            "Descrição",
        ],
        &[
            "件名",
            "開始日",
            "開始時刻",
            "終了日",
            "終了時刻",
            "終日イベント",
            "アラーム オン/オフ",
            "アラーム日付",
            "アラーム時刻",
            "場所",
            "内容",
        ],
    ];
    for headings in tables {
        let date = match headings[0] {
            "Subject" => "5/13/2024",
            "件名" => "2024/5/13",
            "Betreff" => "13.5.2024",
            _ => "13/05/2024",
        };
        let (nine, ten) = match headings[0] {
            "Subject" => ("9:00:00 AM", "10:30:00 AM"),
            "件名" => ("午前 9:00", "午前 10:30"),
            "Oggetto" => ("9.00", "10.30"),
            _ => ("09:00:00", "10:30:00"),
        };
        let yes = match headings[0] {
            "Betreff" => "Ein",
            "Objet" => "Vrai",
            "Onderwerp" => "Waar",
            _ => "True",
        };
        let cells = [
            "Sail", date, nine, date, ten, "False", yes, date, "08:45:00", "Yard", "Text",
        ];
        let pairs: Vec<_> = headings.iter().copied().zip(cells).collect();
        let got = zoned(&row(&pairs, ','), "Europe/Berlin");
        let item = &got.items[0];
        let place = headings[0];
        assert_eq!(got.altered(), Vec::<&str>::new(), "{place}");
        assert_eq!(item["subject"], "Sail", "{place}");
        assert_eq!(item["start"], "2024-05-13T07:00:00Z", "{place}");
        assert_eq!(item["end"], "2024-05-13T08:30:00Z", "{place}");
        assert_eq!(item["time_zone"]["iana"], "Europe/Berlin", "{place}");
        assert_eq!(item["location"], "Yard", "{place}");
        assert_eq!(item["body"]["plain"], "Text", "{place}");
        let reminder = json!({"set": true, "minutes": 15, "due": "2024-05-13T07:00:00Z",
                              "signal": "2024-05-13T06:45:00Z"});
        assert_eq!(item["reminder"], reminder, "{place}");
        assert!(
            item["raw"].is_null() && item["all_day"].is_null(),
            "{place}: {item}"
        );
    }
}

#[test]
fn days_end_where_the_next_begins() {
    let of = |cells: [&str; 4]| {
        let headings = ["Start Date", "Start Time", "End Date", "End Time"];
        let mut pairs: Vec<_> = headings.into_iter().zip(cells).collect();
        pairs.extend([("Subject", "Regatta"), ("All day event", "True")]);
        let got = zoned(&row(&pairs, ','), "Europe/Berlin");
        let item = &got.items[0];
        assert_eq!(item["all_day"], true);
        let days = format!("{} {}", item["start_date"], item["end_date"]);
        (days.replace('"', ""), item["end"].clone())
    };
    let one = (
        "2024-05-13 2024-05-14".to_owned(),
        json!("2024-05-13T22:00:00Z"),
    );
    let midnight = "12:00:00 AM";
    assert_eq!(of(["5/13/2024", midnight, "5/14/2024", midnight]), one);
    assert_eq!(of(["5/13/2024", midnight, "5/13/2024", midnight]), one);
    assert_eq!(of(["5/13/2024", "", "5/13/2024", ""]), one);
    assert_eq!(of(["5/13/2024", "00:00", "5/13/2024", "23:59"]), one);
    let two = of(["5/13/2024", "", "5/14/2024", ""]);
    assert_eq!(two.0, "2024-05-13 2024-05-15");
}

#[test]
fn meetings_have_people_and_words() {
    let text = row(
        &[
            ("Subject", "Plan"),
            ("Start Date", "2024-05-13"),
            ("Start Time", "9:00"),
            ("End Date", ""),
            ("End Time", "10:00"),
            ("Meeting Organizer", "Jörg Müller"),
            ("Required Attendees", "ann@x.example;Bob Lee"),
            ("Optional Attendees", "Eve <eve@x.example>"),
            ("Meeting Resources", "Room 1"),
            ("Billing Information", "K 7"),
            ("Mileage", "12"),
            ("Show time as", "4"),
            ("Sensitivity", "Private"),
            ("Priority", "Urgent"),
        ],
        ';',
    );
    let got = plain(&text);
    let item = &got.items[0];
    assert_eq!(item["end"], "2024-05-13T10:00:00Z");
    assert_eq!(item["organizer"], json!({"name": "Jörg Müller"}));
    assert_eq!(
        item["attendees"],
        json!([
            {"email": "ann@x.example", "kind": "required"},
            {"name": "Bob Lee", "kind": "required"},
            {"name": "Eve", "email": "eve@x.example", "kind": "optional"},
            {"name": "Room 1", "kind": "resource"},
        ])
    );
    assert_eq!(item["busy"], "out_of_office");
    assert_eq!(item["sensitivity"], "private");
    let raw: Vec<_> = item["raw"].as_array().unwrap().iter().collect();
    let names: Vec<_> = raw
        .iter()
        .map(|raw| raw["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["Billing Information", "Mileage", "Show time as", "Priority"]
    );
    assert!(got.has("csv.value.unknown"));
    assert_eq!(got.altered(), ["csv.time.no-zone"]);
}

#[test]
fn tasks_mails_notes_and_journals() {
    let task = row(
        &[
            ("Betreff", "Refit"),
            ("Beginnt am", "01.05.2024"),
            ("Fällig am", "31.05.2024"),
            ("Erinnerung Ein/Aus", "Aus"),
            ("Erledigt am", "0.0.00"),
            ("% erledigt", "50"),
            ("Gesamtaufwand", "120"),
            ("Ist-Aufwand", "0"),
            ("Kontakte", "Jörg Müller; Anna"),
            ("Firmen", "Seewind"),
            ("Status", "In Bearbeitung"),
            ("Notizen", "Paint"),
        ],
        ';',
    );
    let got = plain(&task);
    let item = &got.items[0];
    assert_eq!(
        (&item["start"], &item["due"]),
        (&json!("2024-05-01"), &json!("2024-05-31"))
    );
    assert_eq!(
        (&item["percent"], &item["total_minutes"]),
        (&json!(50), &json!(120))
    );
    assert_eq!(item["status"], "in_progress");
    assert_eq!(
        item["outlook_links"]["names"],
        json!(["Jörg Müller", "Anna"])
    );
    assert_eq!(item["outlook_links"]["companies"], json!(["Seewind"]));
    assert!(item["raw"].is_null() && got.altered().is_empty(), "{item}");

    let mail = row(
        &[
            ("Subject", "Offer"),
            ("Body", "Dear Ann"),
            ("From: (Name)", "Jörg"),
            ("From: (Address)", "j@x.example"),
            ("From: (Type)", "SMTP"),
            ("To: (Name)", "Ann;Bob"),
            ("To: (Address)", "ann@x.example;/o=X/cn=bob"),
            ("To: (Type)", "SMTP;EX"),
            ("Importance", "High"),
        ],
        ',',
    );
    let item = &plain(&mail).items[0];
    assert_eq!(
        item["from"],
        json!({"name": "Jörg", "email": "j@x.example"})
    );
    assert_eq!(
        item["to"],
        json!([{"name": "Ann", "email": "ann@x.example"},
               {"name": "Bob", "address": "EX:/o=X/cn=bob"}])
    );
    assert_eq!(
        (&item["importance"], &item["kind"]),
        (&json!("high"), &json!("email"))
    );

    let note = row(
        &[("Note Body", "Buy rope\r\n5 m"), ("Note Color", "Blue")],
        ',',
    );
    let item = &plain(&note).items[0];
    assert_eq!(
        (&item["subject"], &item["kind"]),
        (&json!("Buy rope"), &json!("note"))
    );
    assert_eq!(item["raw"][0]["value"], "Blue");

    let entry = row(
        &[
            ("Subject", "Call"),
            ("Entry Type", "Phone call"),
            ("Start Date", "2024-05-13"),
            ("Start Time", "9:00"),
            ("Duration", "15"),
            ("Contacts", "Ann"),
        ],
        ',',
    );
    let item = &plain(&entry).items[0];
    assert_eq!(
        (&item["activity"], &item["minutes"]),
        (&json!("Phone call"), &json!(15))
    );
    assert_eq!(item["start"], "2024-05-13T09:00:00Z");
}

#[test]
fn contacts_of_bigcontacts() {
    let text = "ID,First Name,Last Name,Email,Email 2,Phone,Phone 2,Company,Assigned To,\
                Airbridge ID,Lead\r\n\
                17,Ann,Lee,ann@x.example,\"a@x.example, b@x.example\",'+49 1,2,X,Karin,\
                ab-00000000000000000000000000000001,Fair\r\n\
                18,,,,,,,Y Ltd,,,\r\n";
    let got = plain(text);
    let ann = &got.items[0];
    assert_eq!(ann["id"], "ab-00000000000000000000000000000001");
    assert_eq!(ann["assigned_to"], "Karin");
    let emails: Vec<_> = ann["emails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| &own["email"])
        .collect();
    assert_eq!(emails, ["ann@x.example", "a@x.example", "b@x.example"]);
    assert_eq!(
        ann["phones"],
        json!([{"kind": "primary", "number": "+49 1"}, {"kind": "other", "number": "2"}])
    );
    assert_eq!(
        ann["raw"],
        json!([{"name": "ID", "type": "csv", "value": "17"},
               {"name": "Lead", "type": "csv", "value": "Fair"}])
    );
    let company = &got.items[1];
    assert_eq!(
        (&company["display_name"], &company["is_company"]),
        (&json!("Y Ltd"), &json!(true))
    );
}

#[test]
fn what_the_data_cannot_tell_is_said_and_can_be_given() {
    let text = "Subject,Start Date,Start Time,End Date\nSail,1/2/2024,9:00,1/2/2024\n";
    let got = plain(text);
    assert_eq!(got.items[0]["start"], "2024-01-02T09:00:00Z");
    assert!(got.has("csv.date.order") && got.has("csv.time.no-zone"));
    let options = ReadingOptions {
        date_order: Some(DateOrder::Dmy),
        time_zone: Some("Tokyo Standard Time".parse().unwrap()),
        ..ReadingOptions::default()
    };
    let got = read(text.as_bytes(), options);
    assert_eq!(got.items[0]["start"], "2024-02-01T00:00:00Z");
    assert_eq!(got.items[0]["time_zone"]["windows"], "Tokyo Standard Time");
    assert_eq!(got.altered(), Vec::<&str>::new());
    // A date that the order of the others does not make.
    let got = plain("Subject,Start Date,Start Time,End Date\na,13/1/2024,,\nb,1/13/2024,,\n");
    assert_eq!(got.items[1]["start"], "2024-01-13T00:00:00Z");
    assert!(got.has("csv.date.other-order"));
    // What a spreadsheet makes of dates and times.
    let got = plain("Subject,Start Date,Start Time,End Date\na,45425,0.375,\nb,May-24,,\n");
    assert_eq!(got.items[0]["start"], "2024-05-13T09:00:00Z");
    assert!(got.items[1]["start"].is_null());
    assert_eq!(got.items[1]["raw"][0]["value"], "May-24");
    assert!(got.has("csv.date.serial") && got.has("csv.date.unreadable"));
}

#[test]
fn code_pages_and_marks() {
    let text = "名,姓,電子メール アドレス\r\n美咲,田中,misaki@x.example\r\n";
    let (japanese, ..) = encoding_rs::SHIFT_JIS.encode(text);
    let utf16: Vec<u8> = format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [text.as_bytes(), &japanese, &utf16] {
        let got = read(bytes, ReadingOptions::default());
        assert_eq!(got.items[0]["last_name"], "田中");
        assert_eq!(got.altered(), Vec::<&str>::new());
    }
    let given = ReadingOptions {
        code_page: Some(1251),
        ..ReadingOptions::default()
    };
    let (russian, ..) = encoding_rs::WINDOWS_1251.encode("First Name,E-mail Address\r\nИрина,\r\n");
    assert_eq!(read(&russian, given).items[0]["first_name"], "Ирина");
    let mut mixed = "First Name,Last Name,E-mail Address\r\nZoë,Müller,\r\n"
        .as_bytes()
        .to_vec();
    mixed.extend(b"J\xF6rg,,\r\nAnn,,\r\n");
    mixed.extend("Łucja,Žižka,Ödön\r\n".as_bytes());
    let got = read(&mixed, ReadingOptions::default());
    let names: Vec<_> = got
        .items
        .iter()
        .map(|item| item["first_name"].clone())
        .collect();
    assert_eq!(names, ["Zoë", "Jörg", "Ann", "Łucja"]);
    assert_eq!(got.altered(), ["csv.text.undecodable"]);
}

#[test]
fn one_bad_row_does_not_cost_the_next() {
    let text = "First Name,Last Name,E-mail Address\r\n\
                Ann\r\n\
                \"Bob,Lee,b@x.example\r\n\
                Cem,Ay,c@x.example,more,\r\n\
                ,,\r\n\
                \"Dee \"\"D\"\" Li\",,\"two\r\nlines\"\r\n\
                Eve,Ng,e@x.example";
    let got = plain(text);
    let names: Vec<_> = got
        .items
        .iter()
        .map(|item| item["first_name"].clone())
        .collect();
    assert_eq!(names, ["Ann", "\"Bob", "Cem", "Dee \"D\" Li", "Eve"]);
    let cem = &got.items[2]["raw"];
    assert_eq!(
        *cem,
        json!([{"name": "column 4", "type": "csv", "value": "more"}])
    );
    assert!(got.has("csv.row.no-heading"));
    assert_eq!(got.altered(), ["csv.row.open-quote"]);
}

#[test]
fn the_files_that_say_how_to_link_are_no_sources() {
    let room = tempfile::tempdir().unwrap();
    let at = |name: &str| room.path().join(name);
    fs::write(
        at("contacts.csv"),
        "First Name,Last Name,Email\nAnn,Lee,a@x.example\n",
    )
    .unwrap();
    fs::write(
        at("more.csv"),
        "First Name,Last Name,Email\nBob,Lee,b@x.example\n",
    )
    .unwrap();
    fs::write(at("map.csv"), "category,contact\nX,Ann Lee\n").unwrap();
    fs::write(at("prices.csv"), "Part,Price\nRope,5\n").unwrap();
    let (contacts, map) = (at("contacts.csv"), at("map.csv"));
    let used = [
        Used {
            path: &contacts,
            reason: "used as the contacts file",
        },
        Used {
            path: &map,
            reason: "used as the map",
        },
    ];
    let folder = room.path().to_path_buf();
    let sources = Sources::open_beside(&[folder], ReadingOptions::default(), &used).unwrap();
    assert_eq!(sources.files().len(), 1);
    let reasons: Vec<_> = sources.skipped.iter().map(|own| &*own.reason).collect();
    assert_eq!(
        reasons,
        [
            "used as the contacts file",
            "used as the map",
            "a table whose columns are not those of an Outlook or BigContacts export: Part, Price"
        ]
    );
    // Through the program as a user runs it.
    let run = Command::new(env!("CARGO_BIN_EXE_airbridge"))
        .args([
            "link",
            "--json",
            "--map",
            "map.csv",
            "--contacts",
            "contacts.csv",
            "--home",
            "h",
            ".",
        ])
        .current_dir(room.path())
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    assert!(text.contains("used as the map") && text.contains("used as the contacts file"));
    assert!(
        text.contains("Bob Lee") && !text.contains("\"title\":\"Ann Lee\""),
        "{text}"
    );
}

#[test]
fn options_are_checked() {
    let run = |arguments: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_airbridge"))
            .args(arguments)
            .output()
            .unwrap();
        (
            out.status.code(),
            String::from_utf8_lossy(&out.stderr).into_owned(),
        )
    };
    for bad in [
        ["--time-zone", "Middle/Earth"],
        ["--delimiter", "ab"],
        ["--date-order", "ddm"],
    ] {
        let (code, words) = run(&["inspect", bad[0], bad[1], "x.csv"]);
        assert_eq!(code, Some(2), "{words}");
        assert!(words.contains(bad[0]), "{words}");
    }
    assert_eq!(ReadingOptions::delimiter("tab"), Ok('\t'));
    assert!(ReadingOptions::delimiter("\"").is_err());
}

/// Time that reading takes at most, in a build without optimisation.
const SOON: Duration = Duration::from_secs(10);

/// Opens and reads everything; what comes of it does not matter, but that it ends.
fn devour(bytes: &[u8]) -> (usize, Duration) {
    let begun = Instant::now();
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("table.csv");
    fs::write(&path, bytes).unwrap();
    let mut items = 0;
    if let Ok(sources) = Sources::open(&[path], ReadingOptions::default()) {
        for job in sources.jobs() {
            items += job.items().map_or(0, |items| items.len());
        }
    }
    (items, begun.elapsed())
}

const HEADINGS: &str = "Subject,Start Date,Start Time,End Date,End Time,Required Attendees\n";

#[test]
fn floods_take_linear_time() {
    let many = |piece: &str, count: usize| format!("{HEADINGS}{}", piece.repeat(count));
    let floods: [(&str, &dyn Fn(usize) -> String); 7] = [
        ("quotes that open", &|n| many("\"a,1/2/2024\n", n)),
        ("a quote over all", &|n| {
            many("a,1/2/2024,,,,\n", n).replacen("a,", "\"a,", 1)
        }),
        ("escaped quotes", &|n| many("\"\"\"\",1/2/2024\n", n)),
        ("ill-closed quotes", &|n| many("\"\"\"x\n", n) + "\"y\"z\n"),
        ("attendees", &|n| {
            format!("{HEADINGS}a,1/2/2024,,,,{}\n", "a;".repeat(4 * n))
        }),
        ("cells", &|n| format!("{HEADINGS}{}\n", "a,".repeat(4 * n))),
        ("blank rows", &|n| many(",,,,,\n", n) + "a,1/2/2024\n"),
    ];
    for (name, flood) in floods {
        let times: Vec<Duration> = [2_000, 4_000, 8_000]
            .iter()
            .map(|n| devour(flood(*n).as_bytes()).1)
            .collect();
        println!("{name}: {times:?}");
        assert!(times[2] < SOON, "{name}: {times:?}");
        // Four times as much may take four times as long, and generously more on a busy machine.
        let most = times[0].max(Duration::from_millis(50)) * 24;
        assert!(times[2] < most, "{name}: {times:?}");
    }
}

#[test]
fn a_row_without_end_is_cut() {
    let mut text = HEADINGS.to_owned();
    text.push_str("a,1/2/2024,,,,");
    text.push_str(&"x".repeat(17 << 20));
    text.push_str("\nb,1/2/2024,,,,\n");
    let got = plain(&text);
    assert_eq!(got.items.len(), 2);
    assert!(got.has("csv.row.too-long"));
    assert_eq!(got.items[1]["subject"], "b");
}

/// Tables of every kind, each with quotes, line ends in cells, and letters beyond ASCII.
fn seeds() -> Vec<Vec<u8>> {
    let contacts = row(
        &[
            ("First Name", "Jörg \"J\""),
            ("E-mail Address", "j@x.example"),
            ("Birthday", "5/6/1980"),
            ("Notes", "two\r\nlines"),
        ],
        ',',
    );
    let calendar = row(
        &[
            ("Betreff", "Törn"),
            ("Beginnt am", "1.2.2024"),
            ("Beginnt um", "9:00"),
            ("Endet am", "2.2.2024"),
            ("Erforderliche Teilnehmer", "a@x.example;B"),
        ],
        ';',
    );
    let tasks = row(
        &[
            ("件名", "帆"),
            ("開始日", "2024/5/6"),
            ("期限", "2024年5月7日"),
            ("達成率", "0.5"),
        ],
        '\t',
    );
    let (japanese, ..) = encoding_rs::SHIFT_JIS.encode(&tasks);
    let utf16: Vec<u8> = format!("\u{feff}{contacts}")
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let mut seeds = vec![
        contacts.into_bytes(),
        calendar.into_bytes(),
        japanese.into_owned(),
        utf16,
    ];
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/csv");
    for entry in walkdir::WalkDir::new(corpus)
        .follow_links(true)
        .sort_by_file_name()
    {
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_file() {
            seeds.push(fs::read(entry.path()).unwrap());
        }
    }
    seeds
}

#[test]
fn mutations_and_cuts_never_panic() {
    const SIGNS: &[u8] = b"\",;\n\r\t'=\xFF\x00\x82\xA0";
    let mut random = rand::rngs::StdRng::seed_from_u64(20_240_513);
    let begun = Instant::now();
    let mut items = 0;
    for seed in seeds() {
        for cut in (0..seed.len().min(240)).step_by(8) {
            items += devour(&seed[..seed.len() - cut]).0;
        }
        for _ in 0..30 {
            let mut bytes = seed.clone();
            for _ in 0..random.random_range(1..6) {
                let at = random.random_range(0..bytes.len());
                match random.random_range(0..4) {
                    0 => bytes[at] = random.random(),
                    1 => bytes[at] = SIGNS[random.random_range(0..SIGNS.len())],
                    2 => bytes.insert(at, SIGNS[random.random_range(0..SIGNS.len())]),
                    _ => {
                        let end = (at + random.random_range(0..40)).min(bytes.len());
                        bytes.drain(at..end);
                        if bytes.is_empty() {
                            bytes.push(b'"');
                        }
                    }
                }
            }
            items += devour(&bytes).0;
        }
    }
    println!("{items} items in {:?}", begun.elapsed());
    assert!(items > 300);
}

/// What is read is what was written, whatever it is: names, notes and addresses with every sign.
#[test]
fn any_text_comes_through() {
    let mut random = rand::rngs::StdRng::seed_from_u64(7);
    let letters: Vec<char> = "abc äß美\"',;=+-@\t\n\r 1".chars().collect();
    let mut table = String::new();
    let mut wanted = Vec::new();
    airbridge::sheet::write_row(&mut table, ["First Name", "Notes", "E-mail Address"]);
    for _ in 0..300 {
        let mut text = || -> String {
            let len = random.random_range(0..20);
            (0..len)
                .map(|_| letters[random.random_range(0..letters.len())])
                .collect()
        };
        let (name, notes) = (format!("x{}", text()), format!("n{}", text()));
        let safe = [&name, &notes].map(|text| airbridge::sheet::neutralise(text).into_owned());
        airbridge::sheet::write_row(&mut table, [&safe[0], &safe[1], "a@x.example"]);
        wanted.push((name.trim().to_owned(), notes));
    }
    let got = plain(&table);
    for (item, (name, notes)) in got.items.iter().zip(&wanted) {
        assert_eq!(item["first_name"], **name);
        assert_eq!(item["notes"]["plain"], **notes);
        let back: Item = serde_json::from_value(item.clone()).unwrap();
        assert!(matches!(back.content, Content::Contact(_)));
    }
    assert_eq!(got.items.len(), wanted.len());
    let mut told = String::new();
    write!(told, "{:?}", got.altered()).unwrap();
    assert_eq!(told, "[]");
}
