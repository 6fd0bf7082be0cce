//! Docs against code: the table "MAPI to item" in `docs/fidelity.md` is the one that the mapping
//! works from. `AIRBRIDGE_WRITE=1 cargo test --test fidelity` writes it anew.

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

use airbridge::mapping::mapi::fidelity;

const BEGIN: &str = "<!-- table: MAPI to item -->\n";
const END: &str = "<!-- end of table -->\n";

fn table() -> String {
    let mut text = String::new();
    let mut part = "";
    for row in fidelity::rows() {
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
fn the_table_is_the_one_of_the_mapping() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fidelity.md");
    let page = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let (head, rest) = page.split_once(BEGIN).expect("the mark before the table");
    let (told, tail) = rest.split_once(END).expect("the mark after the table");
    let real = table();
    if std::env::var_os("AIRBRIDGE_WRITE").is_some() {
        fs::write(&path, format!("{head}{BEGIN}{real}{END}{tail}")).unwrap();
    } else {
        assert_eq!(told, real, "docs/fidelity.md is not what the mapping does");
    }
}
