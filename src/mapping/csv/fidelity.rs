//! What becomes of each column, told by the rows from which the mapping works.

use super::fields::{Field, ITEM, KEPT};
use super::{contact, email, journal, meeting, note, task};
use crate::mapping::fidelity::Row;

/// Every row, in the order of the table in `docs/fidelity.md`. A column that no row names is kept
/// raw.
#[must_use]
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    add(&mut rows, "every kind", ITEM);
    add(&mut rows, "contacts", contact::CONTACT);
    let more = contact::more_rows().into_iter();
    rows.extend(more.map(|(column, path, how)| row("contacts", column, path, how)));
    add(&mut rows, "appointments", meeting::MEETING);
    add(&mut rows, "tasks", task::TASK);
    add(&mut rows, "e-mails", email::EMAIL);
    for ([names, addresses, kinds], path) in email::PARTIES {
        let kept = "kept as a list, split at `;`";
        let kept = if path == "from" { KEPT } else { kept };
        rows.push(row("e-mails", names, &format!("{path}.name"), kept));
        rows.push(row("e-mails", addresses, &format!("{path}.email"), {
            "kept; in `address` with its type when it is not SMTP"
        }));
        rows.push(row("e-mails", kinds, &format!("{path}.address"), {
            "kept before the address; SMTP is left out"
        }));
    }
    add(&mut rows, "notes", note::NOTE);
    add(&mut rows, "journal entries", journal::JOURNAL);
    rows
}

fn add<T>(rows: &mut Vec<Row>, part: &'static str, fields: &[Field<T>]) {
    let fields = fields.iter();
    rows.extend(fields.map(|field| row(part, field.column, field.path, field.how())));
}

fn row(part: &'static str, column: &str, field: &str, how: &str) -> Row {
    Row {
        part,
        property: column.to_owned(),
        field: field.to_owned(),
        how: how.to_owned(),
    }
}
