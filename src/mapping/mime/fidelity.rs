//! What becomes of each header field, told by the rows from which the mapping works.

use super::fields::{HEADER, PART, REPORT, Row as Field};
use crate::mapping::fidelity::Row;

/// Every row, in the order of the table in `docs/fidelity.md`. A header field that no row names is
/// only in `headers`, of a part in `raw`.
#[must_use]
pub fn rows() -> Vec<Row> {
    let of = |part: &'static str, fields: &'static [Field]| {
        fields.iter().map(move |field| Row {
            part,
            property: field.name.to_owned(),
            field: field.path.to_owned(),
            how: field.how().to_owned(),
        })
    };
    of("message", HEADER)
        .chain(of("part", PART))
        .chain(of("report", REPORT))
        .collect()
}
