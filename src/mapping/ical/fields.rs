//! What a property of iCalendar becomes: the rows from which the mapping works and of which the
//! fidelity table tells.
//!
//! *Invariant*: a property that the mapping takes has a row; a test holds it to that.

use jiff::Timestamp;

/// Which part of `T` a property fills, and of which type it has to be.
#[derive(Debug)]
pub enum Slot<T> {
    /// A text; an empty one is the same as none.
    Text(fn(&mut T) -> &mut Option<String>),
    /// An integer.
    Int(fn(&mut T) -> &mut Option<i64>),
    /// `TRUE`; `FALSE` is the same as none.
    Flag(fn(&mut T) -> &mut bool),
    /// An instant.
    Time(fn(&mut T) -> &mut Option<Timestamp>),
    /// What the mapping does by hand, in words.
    Hand(&'static str),
}

/// A row: a property, the path of the field in the record, and the way from one to the other.
#[derive(Debug)]
pub struct Field<T> {
    /// Name of the property, or of the component.
    pub name: &'static str,
    /// The path of the field in the record; `[]` for each of a list.
    pub path: &'static str,
    /// The way.
    pub slot: Slot<T>,
}

impl<T> Field<T> {
    /// A row.
    #[must_use]
    pub const fn new(name: &'static str, path: &'static str, slot: Slot<T>) -> Self {
        Self { name, path, slot }
    }

    /// How the fidelity table tells it.
    #[must_use]
    pub fn how(&self) -> &'static str {
        match &self.slot {
            Slot::Text(_) | Slot::Int(_) => "kept",
            Slot::Flag(_) => "kept; false is left out",
            Slot::Time(_) => "kept; one that is not in UTC also stays raw",
            Slot::Hand(how) => how,
        }
    }
}
