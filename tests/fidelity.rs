//! Docs against code: the tables in `docs/fidelity.md` are those that the mappings work from.
//! `AIRBRIDGE_WRITE=1 cargo test --test fidelity` writes it anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod specimen;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use airbridge::csv::write::language;
use airbridge::csv::{Form, Options, Table as Sheet};
use airbridge::file_bytes::FileBytes;
use airbridge::mapping::carried::differences;
use airbridge::mapping::fidelity::Row;
use airbridge::mapping::ical::Heading;
use airbridge::mapping::{Context, csv, ical, mapi, mime, olm, vcard};
use airbridge::vcard::{Card, Version};

/// A table: the words of the mark before it, and its rows.
type Table = (&'static str, fn() -> Vec<Row>);

const TABLES: &[Table] = &[
    ("MAPI to item", mapi::fidelity::rows),
    ("vCard to item", vcard::fidelity::rows),
    ("CSV to item", csv::fidelity::rows),
    ("mails to item", mime::fidelity::rows),
    ("item to mime", mime::fidelity::rows_back),
    ("Outlook for Mac to item", olm::fidelity::rows),
    ("iCalendar to item", ical::fidelity::rows),
    ("item to vCard", to_vcard),
    ("item to iCalendar", to_ical),
    ("item to CSV", to_csv),
];

/// What becomes of every field of an item as a row in English and back.
fn to_csv() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (part, reading, item) in [
        ("contact as a row", "contacts", specimen::contact()),
        ("meeting as a row", "appointments", specimen::meeting(false)),
        ("task as a row", "tasks", specimen::task()),
    ] {
        let contents = specimen::contents();
        let kind = csv::kind_of(&item).unwrap();
        let form = Form::of(kind, language("English").unwrap());
        let clock = csv::Clock {
            order: form.order,
            zone: jiff::tz::TimeZone::UTC,
            named: None,
        };
        let given = csv::to_file(&[(&item, &contents)], &form, &clock);
        let bytes = FileBytes::in_memory(given.value);
        let table = Sheet::open(bytes, &Options::default()).unwrap();
        let row = table.row(0).unwrap();
        let again = csv::to_item(row, table.layout(), &clock, &Context::default());
        let found = differences(&item, &contents, &again.item, &again.contents);
        let reading: Vec<Row> = csv::fidelity::rows()
            .into_iter()
            .filter(|row| row.part == reading || row.part == "every kind")
            .collect();
        rows.extend(specimen::rows(part, &item, &found, &reading));
    }
    rows
}

/// What becomes of every field of a meeting as a calendar and back; of a series what it has more.
fn to_ical() -> Vec<Row> {
    let heading = Heading {
        tasks: true,
        ..Heading::default()
    };
    let mut rows: Vec<Row> = Vec::new();
    for (part, item) in [
        ("meeting as a calendar", specimen::meeting(false)),
        ("series as a calendar", specimen::meeting(true)),
        ("task as a calendar, on request", specimen::task()),
    ] {
        let contents = specimen::contents();
        let given = ical::to_calendar(&[(&item, &contents)], &heading);
        let again = ical::items(&given.value.to_bytes(), &Context::default());
        let found = differences(&item, &contents, &again[0].item, &again[0].contents);
        let kind = if part.starts_with("task") {
            "task"
        } else {
            "meeting"
        };
        let reading: Vec<Row> = ical::fidelity::rows()
            .into_iter()
            .filter(|row| row.part == kind || row.part == "every kind")
            .collect();
        let own = specimen::rows(part, &item, &found, &reading);
        let of_series = |row: &Row| {
            kind == "task" || !part.starts_with("series") || row.field.starts_with("recurrence.")
        };
        rows.extend(own.into_iter().filter(of_series));
    }
    rows
}

/// What becomes of every field of an item as a card and back.
fn to_vcard() -> Vec<Row> {
    let mut rows = Vec::new();
    for (part, item) in [
        ("contact as a card", specimen::contact()),
        ("distribution list as a card", specimen::list()),
    ] {
        let contents = specimen::contents();
        let given = vcard::to_card(&item, &contents, Version::V2_1);
        let card = Card::parse(&given.value.to_bytes(), None, "");
        let again = vcard::to_item(&card, &Context::default());
        let found = differences(&item, &contents, &again.item, &again.contents);
        let kind = if part.starts_with("contact") {
            "contact"
        } else {
            "distribution_list"
        };
        let reading: Vec<Row> = vcard::fidelity::rows()
            .into_iter()
            .filter(|row| row.part == kind || row.part == "every kind")
            .collect();
        rows.extend(specimen::rows(part, &item, &found, &reading));
    }
    rows
}

const END: &str = "<!-- end of table -->\n";

fn table(rows: Vec<Row>) -> String {
    let mut text = String::new();
    let mut part = "";
    for row in rows {
        if row.part != part {
            part = row.part;
            write!(
                text,
                "\n### {part}\n\n| property | field | how |\n|---|---|---|\n"
            )
            .unwrap();
        }
        let field = match row.field.as_str() {
            "" => "none".to_owned(),
            field => format!("`{field}`"),
        };
        writeln!(text, "| {} | {field} | {} |", row.property, row.how).unwrap();
    }
    text.push('\n');
    text
}

#[test]
fn the_tables_are_those_of_the_mappings() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fidelity.md");
    for (name, rows) in TABLES {
        let page = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let begin = format!("<!-- table: {name} -->\n");
        let (head, rest) = page.split_once(&begin).expect("the mark before the table");
        let (told, tail) = rest.split_once(END).expect("the mark after the table");
        let real = table(rows());
        if std::env::var_os("AIRBRIDGE_WRITE").is_some() {
            fs::write(&path, format!("{head}{begin}{real}{END}{tail}")).unwrap();
        } else {
            assert_eq!(
                told, real,
                "docs/fidelity.md is not what the mapping does: {name}"
            );
        }
    }
}
