//! Gives an item's values to a bag: the other direction of [`super::taker`].
//!
//! *Invariants*: three sources in order of precedence: what a field says, what rode along raw, and
//! what Outlook expects to find though no field says it. Named properties get ids from 0x8000 up,
//! in the order of their names.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::fields::{Field, Key, Slot};
use crate::hex;
use crate::mapi::{
    FileTime, NameId, PropTag, PropType, Property, PropertyBag, PropertyName, Value, names,
};

/// What a property is asked for by, owned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// An id below 0x8000.
    Tag(u16),
    /// A name.
    Named(PropertyName),
}

impl From<Key> for Name {
    fn from(key: Key) -> Self {
        match key {
            Key::Tag(id) => Self::Tag(id),
            Key::Lid(set, lid) => Self::Named(PropertyName::lid(set, lid)),
            Key::Word(set, text) => Self::Named(PropertyName {
                set,
                id: NameId::Text(text.into()),
            }),
        }
    }
}

/// From where a value comes; a stronger one replaces a weaker one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Expected,
    Raw,
    Field,
}

/// The bag in the making.
#[derive(Debug, Default)]
pub(super) struct Giver {
    given: BTreeMap<Name, (Strength, PropType, Value)>,
}

impl Giver {
    fn set(&mut self, name: Name, strength: Strength, kind: PropType, value: Value) {
        let weaker = self
            .given
            .get(&name)
            .is_none_or(|(known, ..)| *known < strength);
        if weaker {
            self.given.insert(name, (strength, kind, value));
        }
    }

    /// Gives a raw property.
    pub(super) fn raw(&mut self, name: Name, kind: PropType, value: Value) {
        self.set(name, Strength::Raw, kind, value);
    }

    /// Gives what a field says, of the type that the dictionary gives the property.
    pub(super) fn put(&mut self, key: impl Into<Key>, value: Value) {
        let key = key.into();
        let kind = kind_of(key, &value);
        self.set(key.into(), Strength::Field, kind, value);
    }

    /// Gives what Outlook expects, unless it is there.
    pub(super) fn expect(&mut self, key: impl Into<Key>, value: Value) {
        let key = key.into();
        let kind = kind_of(key, &value);
        self.set(key.into(), Strength::Expected, kind, value);
    }

    /// The value given so far.
    pub(super) fn get(&self, key: impl Into<Key>) -> Option<&Value> {
        self.given
            .get(&Name::from(key.into()))
            .map(|(.., value)| value)
    }

    /// Takes a value back.
    pub(super) fn remove(&mut self, key: impl Into<Key>) {
        self.given.remove(&Name::from(key.into()));
    }

    /// Whether a field gave the value.
    pub(super) fn is_field(&self, key: impl Into<Key>) -> bool {
        let given = self.given.get(&Name::from(key.into()));
        given.is_some_and(|(strength, ..)| *strength == Strength::Field)
    }

    /// Gives a text; an empty one is none.
    pub(super) fn text(&mut self, key: impl Into<Key>, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.put(key, Value::String(text.to_owned()));
        }
    }

    /// Gives an integer.
    pub(super) fn int(&mut self, key: impl Into<Key>, number: Option<i64>) {
        let key = key.into();
        if let Some(value) = number.and_then(|number| integer(key, number)) {
            self.put(key, value);
        }
    }

    /// Gives a Boolean; false is none.
    pub(super) fn flag(&mut self, key: impl Into<Key>, flag: bool) {
        if flag {
            self.put(key, Value::Bool(true));
        }
    }

    /// Gives an instant.
    pub(super) fn time(&mut self, key: impl Into<Key>, time: Option<Timestamp>) {
        if let Some(value) = time.and_then(FileTime::of) {
            self.put(key, Value::Time(value));
        }
    }

    /// Gives a date, as midnight UTC.
    pub(super) fn date(&mut self, key: impl Into<Key>, date: Option<Date>) {
        if let Some(value) = date.and_then(midnight) {
            self.put(key, value);
        }
    }

    /// Gives bytes that are told as hex; what is no hex is not given.
    pub(super) fn hex(&mut self, key: impl Into<Key>, text: Option<&str>) {
        if let Some(bytes) = text.and_then(hex::decode).filter(|bytes| !bytes.is_empty()) {
            self.put(key, Value::Binary(bytes));
        }
    }

    /// Gives a list of texts; an empty one is none.
    pub(super) fn texts(&mut self, key: impl Into<Key>, texts: &[String]) {
        if !texts.is_empty() {
            let values = texts.iter().map(|text| Value::String(text.clone()));
            self.put(key, Value::Multi(values.collect()));
        }
    }

    /// Gives the number of a word.
    pub(super) fn word<R: PartialEq>(
        &mut self,
        key: impl Into<Key>,
        words: &[(i64, R)],
        word: Option<&R>,
    ) {
        let number = word.and_then(|word| words.iter().find(|(_, own)| own == word));
        self.int(key, number.map(|(number, _)| *number));
    }

    /// Gives every slot of these rows; those done by hand are not its business.
    pub(super) fn pour<T: Clone>(&mut self, from: &T, fields: &[Field<T>]) {
        // The slots lead to places that can be changed, so they are asked of a copy.
        let mut from = from.clone();
        for field in fields {
            let key = field.key;
            match &field.slot {
                Slot::Text(of) => self.text(key, of(&mut from).as_deref()),
                Slot::Title(of) => self.text(key, Some(of(&mut from))),
                Slot::Int(of) => self.int(key, *of(&mut from)),
                Slot::Flag(of) => self.flag(key, *of(&mut from)),
                Slot::Time(of) => self.time(key, *of(&mut from)),
                Slot::Date(of) => self.date(key, *of(&mut from)),
                Slot::Hex(of) => self.hex(key, of(&mut from).as_deref()),
                Slot::Texts(of) => self.texts(key, of(&mut from)),
                Slot::Hand(_) => {}
            }
        }
    }

    /// The bag.
    pub(super) fn into_bag(self) -> PropertyBag {
        let mut next = 0x8000_u16;
        let properties = self.given.into_iter().filter_map(|(name, own)| {
            let (_, kind, value) = own;
            let (id, name) = match name {
                Name::Tag(id) => (id, None),
                Name::Named(name) => {
                    let id = next;
                    next = next.checked_add(1)?;
                    (id, Some(Arc::new(name)))
                }
            };
            let tag = PropTag::new(id, kind);
            Some(Property { tag, name, value })
        });
        PropertyBag::new(properties.collect()).0
    }
}

/// The integer of the width that the dictionary gives the property; `None` when it is too large.
fn integer(key: Key, number: i64) -> Option<Value> {
    Some(match told_kind(key) {
        Some(PropType::I16) => Value::I16(i16::try_from(number).ok()?),
        Some(PropType::I64) => Value::I64(number),
        _ => Value::I32(i32::try_from(number).ok()?),
    })
}

/// Midnight UTC of a date.
pub(super) fn midnight(date: Date) -> Option<Value> {
    let instant = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
    FileTime::of(instant).map(Value::Time)
}

fn told_kind(key: Key) -> Option<PropType> {
    match key {
        Key::Tag(id) => names::tag_entry(PropTag::new(id, PropType::UNSPECIFIED)).map(|e| e.kind),
        Key::Lid(set, lid) => names::lid_entry(set, lid).map(|entry| entry.kind),
        Key::Word(set, text) => names::text_entry(set, text).map(|entry| entry.kind),
    }
}

/// The type of a value; where the value alone does not tell, that of the dictionary.
fn kind_of(key: Key, value: &Value) -> PropType {
    match value {
        Value::Multi(values) => match values.first() {
            Some(first) => kind_of_single(first).multi(),
            None => told_kind(key).unwrap_or(PropType::STRING.multi()),
        },
        value => kind_of_single(value),
    }
}

fn kind_of_single(value: &Value) -> PropType {
    match value {
        Value::Null => PropType::NULL,
        Value::I16(_) => PropType::I16,
        Value::I32(_) => PropType::I32,
        Value::F32(_) => PropType::F32,
        Value::F64(_) => PropType::F64,
        Value::Currency(_) => PropType::CURRENCY,
        Value::FloatingTime(_) => PropType::FLOATING_TIME,
        Value::Error(_) => PropType::ERROR,
        Value::Bool(_) => PropType::BOOL,
        Value::I64(_) => PropType::I64,
        Value::String(_) => PropType::STRING,
        Value::String8(_) => PropType::STRING8,
        Value::Time(_) => PropType::TIME,
        Value::Guid(_) => PropType::GUID,
        Value::Binary(_) | Value::Large(_) | Value::Unknown(_) => PropType::BINARY,
        Value::Multi(_) => PropType::UNSPECIFIED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapi::{pid_lid, pid_tag};

    #[test]
    fn a_field_goes_before_raw_and_raw_before_what_is_expected() {
        let mut giver = Giver::default();
        let subject = Name::Tag(pid_tag::SUBJECT);
        let text = |text: &str| Value::String(text.to_owned());
        giver.expect(pid_tag::SUBJECT, text("expected"));
        giver.raw(subject.clone(), PropType::STRING, text("raw"));
        assert_eq!(giver.get(pid_tag::SUBJECT).unwrap().as_str(), Some("raw"));
        giver.put(pid_tag::SUBJECT, text("field"));
        giver.raw(subject, PropType::STRING, text("raw"));
        giver.int(pid_lid::TASK_STATUS, Some(3));
        giver.text((crate::mapi::Guid::PS_PUBLIC_STRINGS, "x"), Some("y"));
        let bag = giver.into_bag();
        assert_eq!(bag.str(pid_tag::SUBJECT), Some("field"));
        assert_eq!(bag.named(pid_lid::TASK_STATUS).unwrap().as_i64(), Some(3));
        assert_eq!(bag.len(), 3);
    }
}
