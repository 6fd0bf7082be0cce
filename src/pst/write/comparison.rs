//! Whether a message that was read back is the one that was written.
//!
//! *Invariants*: what a store computes or must have may differ, see [`COMPUTED`] and [`ADDED`];
//! all else is the same, byte for byte. Contents are compared as streams.

use std::collections::BTreeMap;
use std::io::{self, Read};

use crate::content::ContentRef;
use crate::mapi::{
    AttachmentData, Message, NameId, PropType, Property, PropertyBag, PropertyName, Value, names,
    pid_tag,
};

use crate::mapi::name_map_writer::NAMELESS;
use crate::mapi::value_bytes::stored_kind;

/// Properties that a store computes (sizes, whether there are attachments, rows of tables), and
/// those of replication, which only one message of a store may have.
const COMPUTED: [u16; 8] = [
    pid_tag::MESSAGE_FLAGS,
    pid_tag::MESSAGE_SIZE,
    pid_tag::ATTACH_SIZE,
    0x0E30,
    0x0E33,
    0x0E34,
    0x67F2,
    0x67F3,
];

/// Properties that a store must have, and adds where they are missing: class, times, search key,
/// rendering position, attachment method.
const ADDED: [u16; 6] = [0x001A, 0x3007, 0x3008, 0x300B, 0x370B, 0x3705];

/// The first difference, in words: `attachment 1: PidTagDisplayName`.
///
/// # Errors
/// When the message that was read back cannot be read to its end. One that was written is compared
/// as far as it can be read.
pub fn difference(from: &Message, to: &Message) -> io::Result<Option<String>> {
    let mut due = vec![(String::new(), from, to)];
    while let Some((place, from, to)) = due.pop() {
        if let Some(found) = bags(&place, &from.props, &to.props)? {
            return Ok(Some(found));
        }
        for (what, from, to) in [
            ("recipients", from.recipients.len(), to.recipients.len()),
            ("attachments", from.attachments.len(), to.attachments.len()),
        ] {
            if from != to {
                return Ok(Some(format!("{place}{to} of {from} {what}")));
            }
        }
        for (number, (from, to)) in from.recipients.iter().zip(&to.recipients).enumerate() {
            if let Some(found) = bags(&format!("{place}recipient {number}: "), from, to)? {
                return Ok(Some(found));
            }
        }
        for (number, (from, to)) in from.attachments.iter().zip(&to.attachments).enumerate() {
            let place = format!("{place}attachment {number}: ");
            if let Some(found) = bags(&place, &from.props, &to.props)? {
                return Ok(Some(found));
            }
            let same = match (&from.data, &to.data) {
                (AttachmentData::Message(from), AttachmentData::Message(to)) => {
                    due.push((place.clone(), from, to));
                    true
                }
                (AttachmentData::File(from), AttachmentData::File(to))
                | (AttachmentData::Ole(from), AttachmentData::Ole(to)) => streams(from, to)?,
                (AttachmentData::None, AttachmentData::None)
                | (AttachmentData::Reference, AttachmentData::Reference) => true,
                _ => false,
            };
            if !same {
                return Ok(Some(format!("{place}its bytes")));
            }
        }
    }
    Ok(None)
}

/// A property by what it means: one without a name by the name that it was given.
fn key(property: &Property) -> Result<PropertyName, u16> {
    let id = property.tag.id();
    match property.name.as_deref() {
        Some(name) => Ok(name.clone()),
        None if id >= 0x8000 => Ok(PropertyName::lid(NAMELESS, id.into())),
        None => Err(id),
    }
}

fn sort_key(property: &Property) -> (u16, String) {
    match key(property) {
        Err(id) => (id, String::new()),
        Ok(name) => (
            0x8000,
            match &name.id {
                NameId::Lid(lid) => format!("{} {lid:08X}", name.set),
                NameId::Text(text) => format!("{} {text}", name.set),
            },
        ),
    }
}

fn bags(place: &str, from: &PropertyBag, to: &PropertyBag) -> io::Result<Option<String>> {
    let by_key = |bag: &PropertyBag| -> BTreeMap<(u16, String), Property> {
        let mut by_key = BTreeMap::new();
        for property in bag.iter() {
            // Of two with one name the first is kept, which the writer tells.
            let place = by_key.entry(sort_key(property));
            place.or_insert_with(|| property.clone());
        }
        by_key
    };
    let mut read = by_key(to);
    for (key, from) in by_key(from) {
        let to = read.remove(&key);
        let kind = from.tag.kind();
        // A property without a type has no value, which the writer tells.
        let untyped = matches!(kind, PropType::UNSPECIFIED | PropType::NULL);
        if COMPUTED.contains(&key.0) || (to.is_none() && untyped) {
            continue;
        }
        let same = match &to {
            Some(to) => {
                stored_kind(kind, &from.value) == stored_kind(to.tag.kind(), &to.value)
                    && values(&from.value, &to.value)?
            }
            None => false,
        };
        if !same {
            return Ok(Some(format!("{place}{}", names::canonical_name(&from))));
        }
    }
    let added = |key: &(u16, String)| COMPUTED.contains(&key.0) || ADDED.contains(&key.0);
    let more = read.into_iter().find(|(key, _)| !added(key));
    Ok(more.map(|(_, more)| {
        let name = names::canonical_name(&more);
        format!("{place}{name}, which was not there")
    }))
}

/// Bytes as a store keeps them, of values that may be in memory or not.
fn stored(value: &Value) -> Option<ContentRef> {
    Some(match value {
        Value::Large(content) => ContentRef::clone(content),
        Value::Binary(bytes) => in_memory(bytes.clone()),
        Value::String(text) => in_memory(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        _ => return None,
    })
}

fn in_memory(bytes: Vec<u8>) -> ContentRef {
    std::sync::Arc::new(crate::content::InMemory(bytes))
}

fn values(from: &Value, to: &Value) -> io::Result<bool> {
    Ok(match (from, to) {
        (Value::Binary(from), Value::Binary(to)) => from == to,
        (Value::String(from), Value::String(to)) => from == to,
        (Value::Multi(from), Value::Multi(to)) => {
            from.len() == to.len()
                && from
                    .iter()
                    .zip(to)
                    .map(|(from, to)| values(from, to))
                    .collect::<io::Result<Vec<_>>>()?
                    .into_iter()
                    .all(|same| same)
        }
        _ => match stored(from).zip(stored(to)) {
            Some((from, to)) => streams(&from, &to)?,
            None => format!("{from:?}") == format!("{to:?}"),
        },
    })
}

/// Whether two contents are the same; where the first one breaks off, so may the second.
fn streams(from: &ContentRef, to: &ContentRef) -> io::Result<bool> {
    let Ok(mut from) = from.open() else {
        return Ok(to.size() == 0);
    };
    let mut to = to.open()?;
    let (mut ours, mut theirs) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        let mut broken = false;
        let mut count = 0;
        while let Some(room) = ours.get_mut(count..).filter(|room| !room.is_empty()) {
            match from.read(room) {
                Ok(0) => break,
                Ok(read) => count = count.saturating_add(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    broken = true;
                    break;
                }
            }
        }
        let (Some(ours), Some(theirs)) = (ours.get(..count), theirs.get_mut(..count)) else {
            return Ok(false);
        };
        if let Err(error) = to.read_exact(theirs) {
            return match error.kind() {
                io::ErrorKind::UnexpectedEof => Ok(false),
                _ => Err(error),
            };
        }
        if ours != theirs {
            return Ok(false);
        }
        if count < (64 << 10) {
            return Ok(broken || to.read(&mut [0])? == 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapi::{Attachment, PropTag};

    fn message(subject: &str, file: &[u8]) -> Message {
        let text = |text: &str| Value::String(text.to_owned());
        let property = |id, value| Property {
            tag: PropTag::new(id, PropType::STRING),
            name: None,
            value,
        };
        Message {
            props: PropertyBag::new(vec![property(0x0037, text(subject))]).0,
            attachments: vec![Attachment {
                props: PropertyBag::default(),
                data: AttachmentData::File(in_memory(file.to_vec())),
            }],
            ..Message::default()
        }
    }

    #[test]
    fn what_differs_is_named() {
        let compare = |from: &Message, to: &Message| difference(from, to).unwrap();
        let from = message("One", b"bytes");
        assert_eq!(compare(&from, &from.clone()), None);
        let other = compare(&from, &message("Two", b"bytes"));
        assert_eq!(other.as_deref(), Some("PidTagSubject"));
        for bytes in [b"bytez".as_slice(), b"byte", b"bytes!"] {
            let other = compare(&from, &message("One", bytes));
            assert_eq!(other.as_deref(), Some("attachment 0: its bytes"));
        }
        let mut fewer = from.clone();
        fewer.attachments.clear();
        let other = compare(&from, &fewer);
        assert_eq!(other.as_deref(), Some("0 of 1 attachments"));
        let none = Message {
            props: PropertyBag::default(),
            ..from.clone()
        };
        assert_eq!(compare(&from, &none).as_deref(), Some("PidTagSubject"));
        let other = compare(&none, &from).unwrap();
        assert_eq!(other, "PidTagSubject, which was not there");
    }
}
