//! Takes properties out of a bag and remembers which, so that the rest can ride along raw.
//!
//! *Invariant*: a property is marked as taken only when the whole of its value went into the item.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::fields::{Field, Key, Slot};
use crate::hex;
use crate::mapi::{Guid, NameId, Property, PropertyBag, Value};

/// A bag and the ids taken from it.
#[derive(Debug)]
pub(super) struct Taker<'a> {
    bag: &'a PropertyBag,
    lids: Vec<((Guid, u32), &'a Property)>,
    taken: BTreeSet<u16>,
}

impl<'a> Taker<'a> {
    /// Nothing taken yet.
    pub(super) fn new(bag: &'a PropertyBag) -> Self {
        let mut lids: Vec<_> = bag
            .iter()
            .filter_map(|property| {
                let name = property.name.as_deref()?;
                match name.id {
                    NameId::Lid(lid) => Some(((name.set, lid), property)),
                    NameId::Text(_) => None,
                }
            })
            .collect();
        lids.sort_by_key(|(name, _)| *name);
        Self {
            bag,
            lids,
            taken: BTreeSet::new(),
        }
    }

    /// The bag, with what was taken.
    pub(super) fn bag(&self) -> &'a PropertyBag {
        self.bag
    }

    /// The property, taken or not.
    pub(super) fn property(&self, key: impl Into<Key>) -> Option<&'a Property> {
        match key.into() {
            Key::Tag(id) => self.bag.property(id),
            Key::Lid(set, lid) => {
                let at = self.lids.partition_point(|(name, _)| *name < (set, lid));
                let (name, property) = self.lids.get(at)?;
                (*name == (set, lid)).then_some(*property)
            }
            Key::Word(set, text) => self.bag.iter().find(|property| {
                property.name.as_deref().is_some_and(|name| {
                    name.set == set
                        && matches!(&name.id, NameId::Text(own) if own.eq_ignore_ascii_case(text))
                })
            }),
        }
    }

    /// The value, taken or not.
    pub(super) fn peek(&self, key: impl Into<Key>) -> Option<&'a Value> {
        self.property(key).map(|property| &property.value)
    }

    /// Marks a property as taken.
    pub(super) fn mark(&mut self, key: impl Into<Key>) {
        if let Some(property) = self.property(key) {
            self.taken.insert(property.tag.id());
        }
    }

    /// Gives a property back: it turned out not to fit the field.
    pub(super) fn unmark(&mut self, key: impl Into<Key>) {
        if let Some(property) = self.property(key) {
            self.taken.remove(&property.tag.id());
        }
    }

    /// Takes what `read` makes of a value; a value of which it makes nothing is left.
    pub(super) fn with<R>(
        &mut self,
        key: impl Into<Key>,
        read: impl FnOnce(&'a Value) -> Option<R>,
    ) -> Option<R> {
        let property = self.property(key)?;
        let result = read(&property.value)?;
        self.taken.insert(property.tag.id());
        Some(result)
    }

    /// Takes a text; an empty one is taken and is none.
    pub(super) fn text(&mut self, key: impl Into<Key>) -> Option<String> {
        self.with(key, |value| value.as_str().map(str::to_owned))
            .filter(|text| !text.is_empty())
    }

    /// Takes an integer.
    pub(super) fn int(&mut self, key: impl Into<Key>) -> Option<i64> {
        self.with(key, Value::as_i64)
    }

    /// Takes a Boolean; absent is false.
    pub(super) fn flag(&mut self, key: impl Into<Key>) -> bool {
        self.with(key, Value::as_bool).unwrap_or_default()
    }

    /// Takes an instant.
    pub(super) fn time(&mut self, key: impl Into<Key>) -> Option<Timestamp> {
        self.with(key, |value| value.as_time()?.timestamp())
    }

    /// Takes a date that is stored as midnight UTC.
    pub(super) fn date(&mut self, key: impl Into<Key>) -> Option<Date> {
        self.with(key, |value| {
            let local = TimeZone::UTC.to_datetime(value.as_time()?.timestamp()?);
            (local.time() == jiff::civil::Time::midnight()).then(|| local.date())
        })
    }

    /// Takes bytes.
    pub(super) fn bytes(&mut self, key: impl Into<Key>) -> Option<&'a [u8]> {
        self.with(key, Value::as_bytes)
    }

    /// Takes bytes as hex; empty ones are taken and are none.
    pub(super) fn hex(&mut self, key: impl Into<Key>) -> Option<String> {
        self.bytes(key)
            .map(hex::encode)
            .filter(|text| !text.is_empty())
    }

    /// Takes a list of texts; a single text is a list of one.
    pub(super) fn texts(&mut self, key: impl Into<Key>) -> Vec<String> {
        self.with(key, |value| match value {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Multi(values) => values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect(),
            _ => None,
        })
        .unwrap_or_default()
    }

    /// Takes an integer that `name` knows the meaning of; another is left.
    pub(super) fn choice<R>(
        &mut self,
        key: impl Into<Key>,
        name: impl FnOnce(i64) -> Option<R>,
    ) -> Option<R> {
        self.with(key, |value| name(value.as_i64()?))
    }

    /// Takes an integer as the word that a table gives it; another is left.
    pub(super) fn word<R: Clone>(&mut self, key: impl Into<Key>, words: &[(i64, R)]) -> Option<R> {
        self.choice(key, |number| word(words, number))
    }

    /// Fills every slot of these rows; those done by hand are not its business.
    pub(super) fn fill<T>(&mut self, target: &mut T, fields: &[Field<T>]) {
        for field in fields {
            let key = field.key;
            match &field.slot {
                Slot::Text(of) => *of(target) = self.text(key),
                Slot::Title(of) => *of(target) = self.text(key).unwrap_or_default(),
                Slot::Int(of) => *of(target) = self.int(key),
                Slot::Flag(of) => *of(target) = self.flag(key),
                Slot::Time(of) => *of(target) = self.time(key),
                Slot::Date(of) => *of(target) = self.date(key),
                Slot::Hex(of) => *of(target) = self.hex(key),
                Slot::Texts(of) => *of(target) = self.texts(key),
                Slot::Hand(_) => {}
            }
        }
    }

    /// The properties not taken, by id.
    pub(super) fn rest(&self) -> impl Iterator<Item = &'a Property> {
        self.bag
            .iter()
            .filter(|property| !self.taken.contains(&property.tag.id()))
    }

    /// The properties taken, by id.
    #[cfg(test)]
    pub(super) fn taken(&self) -> impl Iterator<Item = &'a Property> {
        self.bag
            .iter()
            .filter(|property| self.taken.contains(&property.tag.id()))
    }
}

/// The word of a number.
pub(super) fn word<R: Clone>(words: &[(i64, R)], number: i64) -> Option<R> {
    let found = words.iter().find(|(own, _)| *own == number);
    found.map(|(_, word)| word.clone())
}
