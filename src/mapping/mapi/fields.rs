//! What a property becomes: the rows from which a mapping works and of which the fidelity table
//! tells.
//!
//! *Invariant*: a property that a mapping takes has a row; a test holds each mapping to its rows.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::mapi::{Guid, names};

/// How a mapping asks for a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A property id below 0x8000.
    Tag(u16),
    /// A property set and number.
    Lid(Guid, u32),
    /// A property set and string.
    Word(Guid, &'static str),
}

impl Key {
    /// The key of a constant of [`crate::mapi::pid_lid`].
    #[must_use]
    pub const fn lid((set, lid): (Guid, u32)) -> Self {
        Self::Lid(set, lid)
    }

    /// The key of a constant of [`crate::mapi::pid_name`].
    #[must_use]
    pub const fn word((set, text): (Guid, &'static str)) -> Self {
        Self::Word(set, text)
    }

    /// The canonical name, or how raw properties without one are named.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Tag(id) => {
                let tag = crate::mapi::PropTag::new(id, crate::mapi::PropType::UNSPECIFIED);
                names::tag_name(tag).into_owned()
            }
            Self::Lid(set, lid) => match names::lid_entry(set, lid) {
                Some(entry) => entry.name.to_owned(),
                None => format!("{{{set}}}:0x{lid:04X}"),
            },
            Self::Word(set, text) => match names::text_entry(set, text) {
                Some(entry) => entry.name.to_owned(),
                None => format!("{{{set}}}:{text}"),
            },
        }
    }
}

impl From<u16> for Key {
    fn from(id: u16) -> Self {
        Self::Tag(id)
    }
}

impl From<(Guid, u32)> for Key {
    fn from(name: (Guid, u32)) -> Self {
        Self::lid(name)
    }
}

impl From<(Guid, &'static str)> for Key {
    fn from(name: (Guid, &'static str)) -> Self {
        Self::word(name)
    }
}

/// Which part of `T` a property fills, and of which type it has to be.
#[derive(Debug)]
pub enum Slot<T> {
    /// A text; an empty one is the same as none.
    Text(fn(&mut T) -> &mut Option<String>),
    /// A text that is always there, if empty.
    Title(fn(&mut T) -> &mut String),
    /// An integer.
    Int(fn(&mut T) -> &mut Option<i64>),
    /// A Boolean; false is the same as none.
    Flag(fn(&mut T) -> &mut bool),
    /// An instant.
    Time(fn(&mut T) -> &mut Option<Timestamp>),
    /// A date, stored as midnight UTC of that day.
    Date(fn(&mut T) -> &mut Option<Date>),
    /// Bytes, as hex.
    Hex(fn(&mut T) -> &mut Option<String>),
    /// A list of texts.
    Texts(fn(&mut T) -> &mut Vec<String>),
    /// What the mapping does by hand, in words.
    Hand(&'static str),
}

/// A row: a property, the path of the field in the record, and the way from one to the other.
#[derive(Debug)]
pub struct Field<T> {
    /// The property.
    pub key: Key,
    /// The path of the field in the record; `[]` for each of a list.
    pub path: &'static str,
    /// The way.
    pub slot: Slot<T>,
}

impl<T> Field<T> {
    /// A row for a property id.
    #[must_use]
    pub const fn tag(id: u16, path: &'static str, slot: Slot<T>) -> Self {
        let key = Key::Tag(id);
        Self { key, path, slot }
    }

    /// A row for a numbered name.
    #[must_use]
    pub const fn lid(name: (Guid, u32), path: &'static str, slot: Slot<T>) -> Self {
        let key = Key::lid(name);
        Self { key, path, slot }
    }

    /// A row for a name that is a string.
    #[must_use]
    pub const fn word(name: (Guid, &'static str), path: &'static str, slot: Slot<T>) -> Self {
        let key = Key::word(name);
        Self { key, path, slot }
    }

    /// The row for the fidelity table: property, field, and how it is kept.
    #[must_use]
    pub fn told(&self) -> (String, &'static str, &'static str) {
        let how = match &self.slot {
            Slot::Text(_) | Slot::Title(_) | Slot::Int(_) | Slot::Texts(_) => "kept",
            Slot::Flag(_) => "kept; false is left out",
            Slot::Time(_) => "kept to 100 ns; \"none\" stays raw",
            Slot::Date(_) => "kept as a date; a time other than midnight stays raw",
            Slot::Hex(_) => "kept, as hex",
            Slot::Hand(how) => how,
        };
        (self.key.name(), self.path, how)
    }
}
