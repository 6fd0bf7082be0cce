//! Messages made by hand, for the tests of the mappings.

use std::sync::Arc;

use super::fields::Key;
use super::{Context, Mapped, to_item};
use crate::item::Item;
use crate::mapi::{
    Attachment, AttachmentData, FileTime, Message, NameId, PropTag, PropType, Property,
    PropertyBag, PropertyName, Value,
};

/// A bag of these values; named ones get ids from 0x8000 up.
pub(super) fn bag<K: Into<Key>>(values: impl IntoIterator<Item = (K, Value)>) -> PropertyBag {
    let mut next = 0x8000;
    let properties = values.into_iter().map(|(key, value)| {
        let kind = kind(&value);
        let (set, id) = match key.into() {
            Key::Tag(id) => {
                return Property {
                    tag: PropTag::new(id, kind),
                    name: None,
                    value,
                };
            }
            Key::Lid(set, lid) => (set, NameId::Lid(lid)),
            Key::Word(set, text) => (set, NameId::Text(text.into())),
        };
        let tag = PropTag::new(next, kind);
        next += 1;
        let name = Some(Arc::new(PropertyName { set, id }));
        Property { tag, name, value }
    });
    let (bag, doubles) = PropertyBag::new(properties.collect());
    assert!(doubles.is_empty(), "{doubles:?}");
    bag
}

fn kind(value: &Value) -> PropType {
    match value {
        Value::Bool(_) => PropType::BOOL,
        Value::I16(_) => PropType::I16,
        Value::I32(_) => PropType::I32,
        Value::I64(_) => PropType::I64,
        Value::F64(_) => PropType::F64,
        Value::String(_) => PropType::STRING,
        Value::Time(_) => PropType::TIME,
        Value::Guid(_) => PropType::GUID,
        Value::Binary(_) | Value::Large(_) => PropType::BINARY,
        Value::Multi(values) => values.first().map_or(PropType::STRING, kind).multi(),
        _ => PropType::UNSPECIFIED,
    }
}

pub(super) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

pub(super) fn texts(list: &[&str]) -> Value {
    Value::Multi(list.iter().map(|own| text(own)).collect())
}

/// An instant as RFC 3339.
pub(super) fn time(text: &str) -> Value {
    let instant: jiff::Timestamp = text.parse().unwrap();
    let steps = (instant.as_nanosecond() / 100) + 116_444_736_000_000_000;
    Value::Time(FileTime(steps.try_into().unwrap()))
}

/// A message of a class and these values.
pub(super) fn message(class: &str, values: Vec<(Key, Value)>) -> Message {
    let class = (Key::Tag(0x001A), text(class));
    Message {
        props: bag(std::iter::once(class).chain(values)),
        ..Message::default()
    }
}

/// An attached file.
pub(super) fn file(values: Vec<(Key, Value)>, bytes: &[u8]) -> Attachment {
    Attachment {
        props: bag(values),
        data: AttachmentData::File(Arc::new(crate::content::InMemory(bytes.to_vec()))),
    }
}

pub(super) fn map(message: &Message) -> Mapped {
    let context = Context {
        source: "test.pst".into(),
        folder: Arc::new(["Inbox".to_owned()]),
        folder_class: None,
        locator: "node 0x200024".to_owned(),
    };
    to_item(message, &context)
}

/// The names of the raw properties of an item.
pub(super) fn raw_names(item: &Item) -> Vec<&str> {
    item.raw.iter().map(|raw| raw.name.as_str()).collect()
}
