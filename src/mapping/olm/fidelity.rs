//! What becomes of each element, told by the rows from which the mapping works.

use super::fields::Field;
use super::{any_kind, appointment, attachments, contact, group, message, note, task};
use crate::mapping::fidelity::Row;

/// Every row, in the order of the table in `docs/fidelity.md`. An element that no row names is kept
/// raw.
#[must_use]
pub fn rows() -> Vec<Row> {
    let mut rows = any_kind::rows();
    add(&mut rows, "attachment", attachments::ATTACHMENT);
    add(&mut rows, "contact", contact::CONTACT);
    rows.extend(contact::more_rows());
    add(&mut rows, "distribution_list", group::GROUP);
    add(&mut rows, "meeting", appointment::APPOINTMENT);
    add(&mut rows, "email", message::MESSAGE);
    add(&mut rows, "task", task::TASK);
    add(&mut rows, "note", note::NOTE);
    rows
}

fn add<T>(rows: &mut Vec<Row>, part: &'static str, fields: &[Field<T>]) {
    rows.extend(fields.iter().map(|field| field.told(part)));
}
