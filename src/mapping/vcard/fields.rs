//! What a property of a card becomes: the rows from which the mapping works and of which the
//! fidelity table tells.
//!
//! *Invariant*: a property that the mapping takes has a row; a test holds it to that.

use jiff::civil::Date;

use crate::item::Contact;
use crate::mapping::fidelity::Row;

/// One row: properties that say the same, and the field that takes them.
#[derive(Debug)]
pub(super) struct Field {
    /// Their names, the one to write first.
    pub(super) names: &'static [&'static str],
    /// Path of the field in the record.
    pub(super) path: &'static str,
    /// How it is taken.
    pub(super) slot: Slot,
}

/// How a row is taken.
#[derive(Debug)]
pub(super) enum Slot {
    /// A text; the first that is not empty.
    Text(fn(&mut Contact) -> &mut Option<String>),
    /// Texts, one a property.
    Texts(fn(&mut Contact) -> &mut Vec<String>),
    /// The values of a list, as one text with `, ` between.
    Joined(fn(&mut Contact) -> &mut Option<String>),
    /// A day.
    Day(fn(&mut Contact) -> &mut Option<Date>),
    /// By hand; in words.
    Hand(&'static str),
}

impl Field {
    /// How, in words.
    fn how(&self) -> &'static str {
        match self.slot {
            Slot::Text(_) => "kept; the preferred one of several, the others raw",
            Slot::Texts(_) => "kept",
            Slot::Joined(_) => "values joined by `, `; several lists stay raw but for the first",
            Slot::Day(_) => "kept when it is a whole day; raw too when a time follows it",
            Slot::Hand(how) => how,
        }
    }
}

/// The rows of the fidelity table that these fields make.
pub(super) fn told(part: &'static str, fields: &[Field]) -> Vec<Row> {
    let rows = fields.iter().flat_map(|field| {
        field.names.iter().map(move |name| Row {
            part,
            property: (*name).to_owned(),
            field: field.path.to_owned(),
            how: field.how().to_owned(),
        })
    });
    rows.collect()
}
