//! A bag of properties: what every MAPI object is, whichever format carried it.

use std::sync::Arc;

use super::named::{Guid, KnownName, NameId, PropertyName};
use super::tag::PropTag;
use super::value::Value;

/// One property.
#[derive(Debug, Clone)]
pub struct Property {
    /// The tag as stored; for a named property the id is local to its store or message.
    pub tag: PropTag,
    /// The name, for ids from 0x8000 up whose name the store knows.
    pub name: Option<Arc<PropertyName>>,
    /// The value.
    pub value: Value,
}

/// Properties sorted by id, each id at most once.
#[derive(Debug, Clone, Default)]
pub struct PropertyBag {
    properties: Vec<Property>,
}

impl PropertyBag {
    /// A bag of these properties. Of several with one id the first is kept; the others come back.
    #[must_use]
    pub fn new(mut properties: Vec<Property>) -> (Self, Vec<Property>) {
        properties.sort_by_key(|property| property.tag.id());
        let mut kept: Vec<Property> = Vec::with_capacity(properties.len());
        let mut doubles = Vec::new();
        for property in properties {
            if kept
                .last()
                .is_some_and(|last| last.tag.id() == property.tag.id())
            {
                doubles.push(property);
            } else {
                kept.push(property);
            }
        }
        (Self { properties: kept }, doubles)
    }

    /// The property of an id.
    #[must_use]
    pub fn property(&self, id: u16) -> Option<&Property> {
        let at = self
            .properties
            .binary_search_by_key(&id, |property| property.tag.id())
            .ok()?;
        self.properties.get(at)
    }

    /// The value of an id.
    #[must_use]
    pub fn get(&self, id: u16) -> Option<&Value> {
        self.property(id).map(|property| &property.value)
    }

    /// The value of a numbered name.
    #[must_use]
    pub fn lid(&self, set: Guid, lid: u32) -> Option<&Value> {
        self.find_named(|name| name.set == set && name.id == NameId::Lid(lid))
    }

    /// The value of a name that is a string; compared without regard to ASCII case.
    #[must_use]
    pub fn text_name(&self, set: Guid, text: &str) -> Option<&Value> {
        self.find_named(|name| {
            name.set == set
                && matches!(&name.id, NameId::Text(own) if own.eq_ignore_ascii_case(text))
        })
    }

    /// The value of a constant of [`super::pid_lid`] or [`super::pid_name`].
    #[must_use]
    pub fn named(&self, name: impl Into<KnownName>) -> Option<&Value> {
        match name.into() {
            KnownName::Lid(set, lid) => self.lid(set, lid),
            KnownName::Text(set, text) => self.text_name(set, text),
        }
    }

    fn find_named(&self, wanted: impl Fn(&PropertyName) -> bool) -> Option<&Value> {
        let from = self
            .properties
            .partition_point(|property| property.tag.id() < 0x8000);
        let named = self.properties.get(from..)?;
        named
            .iter()
            .find(|property| property.name.as_deref().is_some_and(&wanted))
            .map(|property| &property.value)
    }

    /// The text of an id.
    #[must_use]
    pub fn str(&self, id: u16) -> Option<&str> {
        self.get(id)?.as_str()
    }

    /// The integer of an id.
    #[must_use]
    pub fn int(&self, id: u16) -> Option<i64> {
        self.get(id)?.as_i64()
    }

    /// The properties, by id.
    #[must_use]
    pub fn into_properties(self) -> Vec<Property> {
        self.properties
    }

    /// All properties, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Property> {
        self.properties.iter()
    }

    /// How many properties there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.properties.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.properties.is_empty()
    }

    /// Applies `decode` to every value that is, or holds, `String8` bytes.
    pub fn decode_strings(&mut self, mut decode: impl FnMut(&[u8]) -> String) {
        for property in &mut self.properties {
            decode_value(&mut property.value, &mut decode);
        }
    }
}

fn decode_value(value: &mut Value, decode: &mut impl FnMut(&[u8]) -> String) {
    match value {
        Value::String8(bytes) => *value = Value::String(decode(bytes)),
        // A list holds single values only, so this goes one level deep.
        Value::Multi(values) => {
            for element in values {
                if let Value::String8(bytes) = element {
                    *element = Value::String(decode(bytes));
                }
            }
        }
        _ => {}
    }
}
