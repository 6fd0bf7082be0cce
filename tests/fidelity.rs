//! Docs against code: the tables in `docs/fidelity.md` are those that the mappings work from.
//! `AIRBRIDGE_WRITE=1 cargo test --test fidelity` writes it anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use airbridge::mapping::fidelity::Row;
use airbridge::mapping::{csv, ical, mapi, mime, olm, vcard};

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
];
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
