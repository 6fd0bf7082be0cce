//! How large a message will be in a store, about and never too little: by which a writer tells
//! beforehand that a store would be over its limit.

use crate::mapi::{AttachmentData, Message, PropertyBag, Value};

/// Bytes of a small object: its heap, its lists, and its entries in the trees.
const OBJECT: u64 = 1024;

/// Bytes that a message will take.
pub(super) fn message(message: &Message) -> u64 {
    let mut due = vec![message];
    let mut sum = 0_u64;
    while let Some(message) = due.pop() {
        let mut add = |bytes: u64| sum = sum.saturating_add(bytes);
        add(bag(&message.props));
        add(OBJECT);
        for recipient in &message.recipients {
            add(bag(recipient));
        }
        for attachment in &message.attachments {
            add(bag(&attachment.props));
            add(OBJECT);
            match &attachment.data {
                AttachmentData::File(content) | AttachmentData::Ole(content) => {
                    add(blocks(content.size()));
                }
                AttachmentData::Message(inner) => due.push(inner),
                AttachmentData::None | AttachmentData::Reference => {}
            }
        }
    }
    sum
}

/// A stream, with the trailers, lists and tree entries of its blocks.
fn blocks(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 20).saturating_add(128)
}

fn bag(bag: &PropertyBag) -> u64 {
    bag.iter().map(|property| value(&property.value)).sum()
}

fn value(one: &Value) -> u64 {
    match one {
        Value::String(text) => blocks((text.len() as u64).saturating_mul(2)),
        Value::String8(bytes) | Value::Binary(bytes) | Value::Unknown(bytes) => {
            blocks(bytes.len() as u64)
        }
        Value::Large(content) => blocks(content.size()),
        // Lists have single values in them.
        Value::Multi(values) => values.iter().map(value).sum(),
        _ => 24,
    }
}
