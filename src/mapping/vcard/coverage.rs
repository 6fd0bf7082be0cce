//! Tests of what becomes of whole cards, and that what is taken has a row.

use super::taker::Taker;
use super::*;
use crate::item::contact::{AddressKind, Contact, Gender, PhoneKind};
use crate::item::distribution_list::MemberKind;
use crate::item::{IdentityKey, RawValue, Text};

fn mapped(version: &str, lines: &str) -> Mapped {
    let text = format!("BEGIN:VCARD\nVERSION:{version}\n{lines}\nEND:VCARD\n");
    let context = Context {
        locator: "card 1".to_owned(),
        ..Context::default()
    };
    to_item(&Card::parse(text.as_bytes(), None, "card 1"), &context)
}

fn contact(mapped: &Mapped) -> &Contact {
    match &mapped.item.content {
        Content::Contact(contact) => contact,
        other => panic!("{other:?}"),
    }
}

/// The raw lines but VERSION.
fn raw(mapped: &Mapped) -> Vec<&str> {
    let all = mapped.item.raw.iter().filter(|own| own.name != "VERSION");
    all.map(|own| match &own.value {
        RawValue::Text(text) => text.as_str(),
        other => panic!("{other:?}"),
    })
    .collect()
}

const OUTLOOK: &str = "N:King;Ada;Augusta;Dr.;Jr.
FN:Dr. Ada King
ORG:Engines Ltd;Analysis
TITLE:Analyst
ROLE:Mathematician
NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0Atwo
TEL;WORK;VOICE:1
TEL;WORK;VOICE:2
TEL;HOME;VOICE:3
TEL;CELL;VOICE:4
TEL;WORK;FAX:5
TEL;PREF;VOICE:6
TEL;VOICE:7
X-MS-TEL;VOICE;COMPANY:8
X-MS-TEL;TTYTDD:9
EMAIL;TLX:10
ADR;WORK;PREF:;Room 1;12 Square;London;;W1;UK
LABEL;WORK;PREF;ENCODING=QUOTED-PRINTABLE:12 Square=0D=0ALondon
ADR;HOME:;;1 Lane;Ockham;;;
X-MS-OL-DEFAULT-POSTAL-ADDRESS:1
URL;WORK:http://work.example
URL;HOME:http://home.example
X-WAB-GENDER:1
X-MS-MANAGER:Babbage
X-MS-SPOUSE;N:William
X-MS-CHILD:Byron
X-MS-CHILD:Anne
X-MS-TEXT:first
X-MS-IMADDRESS:ada@im.example
BDAY:18151210
X-MS-ANNIVERSARY:18350708
CLASS:PRIVATE
CATEGORIES:red,blue
EMAIL;INTERNET:second@example.org
EMAIL;PREF;INTERNET:Ada@Example.org
PHOTO;TYPE=JPEG;ENCODING=BASE64:
  QUJD

REV:20080424T195243Z";

#[test]
fn a_card_of_outlook_is_taken_whole() {
    let mapped = mapped("2.1", OUTLOOK);
    assert_eq!(raw(&mapped), [""; 0]);
    let own = contact(&mapped);
    assert_eq!(own.display_name, "Dr. Ada King");
    assert_eq!(own.suffix.as_deref(), Some("Jr."));
    assert_eq!(own.department.as_deref(), Some("Analysis"));
    let emails: Vec<_> = own.smtp_addresses().collect();
    assert_eq!(emails, ["Ada@Example.org", "second@example.org"]);
    let kinds: Vec<_> = own
        .phones
        .iter()
        .map(|phone| (&*phone.number, phone.kind))
        .collect();
    let expected = [
        ("6", PhoneKind::Primary),
        ("1", PhoneKind::Business),
        ("2", PhoneKind::Business2),
        ("3", PhoneKind::Home),
        ("4", PhoneKind::Mobile),
        ("5", PhoneKind::BusinessFax),
        ("7", PhoneKind::Other),
        ("8", PhoneKind::Company),
        ("9", PhoneKind::Tty),
        ("10", PhoneKind::Telex),
    ];
    assert_eq!(kinds, expected);
    let [work, home] = own.addresses.as_slice() else {
        panic!("{:?}", own.addresses)
    };
    assert_eq!((work.kind, work.mailing), (AddressKind::Business, false));
    assert_eq!((home.kind, home.mailing), (AddressKind::Home, true));
    assert_eq!(work.formatted.as_deref(), Some("12 Square\r\nLondon"));
    assert_eq!(own.office.as_deref(), Some("Room 1"));
    assert_eq!(own.gender, Some(Gender::Female));
    assert_eq!(own.children, ["Byron", "Anne"]);
    assert_eq!(own.birthday.unwrap().to_string(), "1815-12-10");
    assert_eq!(own.notes.plain, Some(Text::Inline("one\r\ntwo".to_owned())));
    assert!(own.photo.is_some() && mapped.item.is_private());
    assert_eq!(mapped.item.categories, ["red", "blue"]);
    let known = IdentityKey::Email("ada@example.org".to_owned());
    assert_eq!(mapped.item.identity.first(), Some(&known));
}

#[test]
fn labels_of_groups_are_types() {
    let mapped = mapped(
        "3.0",
        "FN:Ada\nitem1.TEL:1\nitem1.X-ABLabel:Work Fax\nitem2.TEL:2\nitem2.X-ABLabel:Boat\n\
         item3.X-ABRELATEDNAMES:William\nitem3.X-ABLabel:_$!<Spouse>!$_\n\
         item4.X-ABDATE:1835-07-08\n\
         item4.X-ABLabel:_$!<Anniversary>!$_\nitem5.ADR;type=HOME:;;1 Lane;;;;\nitem5.X-ABADR:gb\n\
         item6.URL:http://a.example\nitem6.X-ABLabel:_$!<HomePage>!$_\nX-ABShowAs:COMPANY",
    );
    let own = contact(&mapped);
    assert_eq!(own.phones[0].kind, PhoneKind::BusinessFax);
    assert_eq!(own.phones[1].kind, PhoneKind::Other);
    assert_eq!(own.spouse.as_deref(), Some("William"));
    assert_eq!(own.anniversary.unwrap().to_string(), "1835-07-08");
    assert_eq!(own.addresses[0].country_code.as_deref(), Some("GB"));
    assert_eq!(own.web_page.as_deref(), Some("http://a.example"));
    assert!(own.is_company);
    // What is not understood stays together.
    assert_eq!(raw(&mapped), ["item2.TEL:2", "item2.X-ABLabel:Boat"]);
}

#[test]
fn what_is_not_told_whole_is_raw_too() {
    let lines = [
        "EMAIL;TYPE=HOME:a@example.org",
        "TEL;TYPE=work,video:1",
        "N;LANGUAGE=de:King;Ada",
        "ORG:Engines;One;Two",
        "BDAY:1815-12-10T10:00:00Z",
        "X-AIM:ada",
        "UID:urn:uuid:1",
        "X-FOO;A=b:c",
        "GENDER:F;grrrl",
        "REV:2008-04-24",
    ];
    let mapped = mapped("4.0", &lines.join("\n"));
    assert_eq!(raw(&mapped), lines);
    let own = contact(&mapped);
    assert_eq!(own.display_name, "Ada King");
    assert_eq!(own.department.as_deref(), Some("One; Two"));
    assert_eq!(own.im_address.as_deref(), Some("ada"));
    assert!(own.birthday.is_some() && mapped.item.modified.is_some());
}

#[test]
fn bad_values_are_raw_and_told() {
    let lines = ["BDAY:circa 1815", "PHOTO;ENCODING=b:QUJDR", "CLASS:SECRET"];
    let all = format!(
        "FN:Ada\n{}\nwhat\nTITLE:{}",
        lines.join("\n"),
        "x".repeat(40_000)
    );
    let mapped = mapped("3.0", &all);
    let codes: Vec<_> = mapped.findings.iter().map(|own| own.code).collect();
    let expected = [
        "vcard.line.no-colon",
        "mapping.card.photo",
        "mapping.card.day",
        "mapping.card.too-long",
    ];
    assert_eq!(codes, expected);
    let names: Vec<_> = mapped
        .item
        .raw
        .iter()
        .map(|own| own.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["VERSION", "BDAY", "PHOTO", "CLASS", "TITLE", "line"]
    );
    assert_eq!(contact(&mapped).job_title, None);
}

#[test]
fn a_group_is_a_list() {
    let mapped = mapped(
        "4.0",
        "KIND:group\nFN:Friends\nMEMBER:mailto:ada@example.org\nMEMBER:urn:uuid:1\nTEL:1",
    );
    let Content::DistributionList(list) = &mapped.item.content else {
        panic!("{:?}", mapped.item.content)
    };
    assert_eq!(list.name, "Friends");
    assert_eq!(
        list.members[0].party.email.as_deref(),
        Some("ada@example.org")
    );
    assert_eq!(list.members[1].party.address.as_deref(), Some("urn:uuid:1"));
    assert_eq!(list.members[1].holds, MemberKind::Contact);
    assert_eq!(raw(&mapped), ["TEL:1"]);
}

#[test]
fn what_is_taken_has_a_row() {
    let names: Vec<_> = fidelity::rows()
        .into_iter()
        .map(|row| row.property)
        .collect();
    let values = ["x", "1815-12-10", "F", "PRIVATE", "org", "1", "COMPANY"];
    let mut lines = OUTLOOK.to_owned();
    for name in names.iter().filter(|name| !name.contains([';', '='])) {
        for value in values {
            lines.push_str(&format!("\n{name}:{value}"));
        }
    }
    let text = format!("BEGIN:VCARD\n{lines}\nX-NONE:x\nEND:VCARD");
    let card = Card::parse(text.as_bytes(), None, "");
    let mut session = Session {
        locator: "",
        contents: Contents::default(),
        findings: Findings::new(),
        raw: Vec::new(),
    };
    let mut taker = Taker::new(&card);
    contact::read(&mut session, &mut taker);
    let used: std::collections::BTreeSet<_> = taker.used().collect();
    for name in &used {
        assert!(names.iter().any(|own| own == name), "{name} has no row");
    }
    assert!(used.len() > 40 && !used.contains("X-NONE"), "{used:?}");
}
