//! What becomes of each property, told by the rows from which the mapping works.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::fields::Field;
use super::{alarm, attachments, body, every_kind, journal, meeting, parties, recurrence, task};
use crate::mapping::fidelity::Row;

/// Properties of a calendar that are told by other means than raw ones of its items.
pub(super) const TOLD_OF_CALENDAR: &[&str] = &["VERSION", "X-WR-CALNAME", "NAME"];

/// Every row, in the order of the table in `docs/fidelity.md`. A property that no row names is kept
/// raw.
#[must_use]
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (property, field, how) in [
        ("VERSION", "", "left out: the format is told by the file"),
        (
            "X-WR-CALNAME",
            "provenance[].folder",
            "the folder of a file; of a part of a mail it is left out",
        ),
        (
            "NAME",
            "provenance[].folder",
            "the same, when there is no X-WR-CALNAME",
        ),
        (
            "METHOD",
            "class",
            "tells answers from meetings, and `state`; also raw",
        ),
        (
            "VTIMEZONE",
            "time_zone",
            "raw when no database has it, or has other rules; else left out",
        ),
        (
            "other properties",
            "raw[]",
            "raw in every item, as `VCALENDAR/` and the name",
        ),
    ] {
        rows.push(Row {
            part: "calendar",
            property: property.to_owned(),
            field: field.to_owned(),
            how: how.to_owned(),
        });
    }
    add(&mut rows, "every kind", every_kind::ITEM);
    add(&mut rows, "every kind", alarm::REMINDER);
    add(&mut rows, "every kind", attachments::ATTACHMENT);
    add(&mut rows, "every kind", body::BODY);
    add(&mut rows, "meeting", meeting::MEETING);
    add(&mut rows, "meeting", parties::PEOPLE);
    add(&mut rows, "meeting", meeting::ONLINE);
    add(&mut rows, "meeting", recurrence::RECURRENCE);
    add(&mut rows, "task", task::TASK);
    add(&mut rows, "task", recurrence::RECURRENCE);
    add(&mut rows, "journal", journal::JOURNAL);
    rows
}

/// Whether a row names this property or component.
pub(super) fn knows(name: &str) -> bool {
    static NAMES: LazyLock<BTreeSet<String>> =
        LazyLock::new(|| rows().into_iter().map(|row| row.property).collect());
    NAMES.contains(name)
}

/// Whether one field is read from properties of both names.
pub(super) fn share_a_field(one: &str, other: &str) -> bool {
    static FIELDS: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(|| {
        let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in rows() {
            fields.entry(row.property).or_default().insert(row.field);
        }
        fields
    });
    match (FIELDS.get(one), FIELDS.get(other)) {
        (Some(one), Some(other)) => !one.is_disjoint(other),
        _ => false,
    }
}

fn add<T>(rows: &mut Vec<Row>, part: &'static str, fields: &[Field<T>]) {
    rows.extend(fields.iter().map(|field| Row {
        part,
        property: field.name.to_owned(),
        field: field.path.to_owned(),
        how: field.how().to_owned(),
    }));
}
