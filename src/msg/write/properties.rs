//! The properties of a message, recipient or attachment that is written.
//!
//! *Spec*: MS-OXMSG 2.1, 2.4. What a reader finds where: [`crate::msg::properties`].
//!
//! *Invariants*: every property has one entry; entries are in the order of their ids. A text
//! without characters has a stream of its NUL, since Outlook does not open files with empty streams
//! of text (MS-OXMSG, note 2).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::content::{InMemory, read_all};
use crate::finding::Effect;
use crate::limits;
use crate::mapi::{NameId, PropTag, PropType, Property, PropertyBag, Value, codepage, value_bytes};
use crate::msg::compound::{NAME_UNITS, StorageId};
use crate::msg::element::{self, Element};
use crate::msg::properties::OTHER_ELEMENTS;

use super::Writing;
use super::attachment::as_compound;

/// `PROPATTR_READABLE`, `PROPATTR_WRITABLE`.
const FLAGS: u32 = 6;

/// The property stream on its way.
#[derive(Debug)]
pub(super) struct Rows {
    header: Vec<u8>,
    /// Tag and value of each property, by id.
    rows: BTreeMap<u16, (PropTag, [u8; 8])>,
}

impl Rows {
    pub(super) fn after(header: Vec<u8>) -> Self {
        Self {
            header,
            rows: BTreeMap::new(),
        }
    }

    /// Gives a value that the entry holds.
    pub(super) fn set(&mut self, tag: PropTag, value: &Value) {
        let mut bytes = Vec::new();
        value_bytes::encode(value, &mut bytes);
        bytes.resize(8, 0);
        if let Ok(bytes) = <[u8; 8]>::try_from(bytes) {
            self.rows.insert(tag.id(), (tag, bytes));
        }
    }

    /// Gives the size of a value that is in a stream; that of a text counts a NUL that is not
    /// there.
    pub(super) fn stream(&mut self, tag: PropTag, size: u64) {
        let more = match tag.kind() {
            PropType::STRING => 2,
            PropType::STRING8 => 1,
            _ => 0,
        };
        let size = u32::try_from(size.saturating_add(more)).unwrap_or(u32::MAX);
        self.sized(tag, size, 0);
    }

    /// Gives a storage, and of what it is: 1 a message, 4 anything else.
    pub(super) fn object(&mut self, tag: PropTag, of: u32) {
        self.sized(tag, u32::MAX, of);
    }

    fn sized(&mut self, tag: PropTag, size: u32, reserved: u32) {
        let value = u64::from(reserved) << 32 | u64::from(size);
        self.rows.insert(tag.id(), (tag, value.to_le_bytes()));
    }

    fn has(&self, id: u16) -> bool {
        self.rows.contains_key(&id)
    }

    /// The stream.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.header;
        for (tag, value) in self.rows.values() {
            bytes.extend(tag.0.to_le_bytes());
            bytes.extend(FLAGS.to_le_bytes());
            bytes.extend(value);
        }
        bytes
    }
}

impl Writing {
    /// Writes a bag: entries, and the streams of values that they do not hold.
    pub(super) fn properties(&mut self, rows: &mut Rows, bag: &PropertyBag, within: StorageId) {
        if bag.len() > limits::PROPERTIES {
            let detail = format!("{} properties; readers may stop before", bag.len());
            self.find("msg.write.too-many", Effect::Noted, detail);
        }
        for property in bag.iter() {
            if self.element(property, within) {
                continue;
            }
            let kind = value_bytes::stored_kind(property.tag.kind(), &property.value);
            if matches!(kind, PropType::UNSPECIFIED | PropType::NULL) {
                let detail = format!("property {:?} has no type, and so no value", property.tag);
                self.find("msg.write.no-type", Effect::Noted, detail);
                continue;
            }
            let Some(id) = self.names.id(property) else {
                let detail = format!(
                    "property {:?}: the file has as many names as it can hold",
                    property.tag
                );
                self.find("msg.write.names", Effect::Lost, detail);
                continue;
            };
            if id >= 0x8000 && rows.has(id) {
                let detail = format!("{:?} has the name of another property", property.tag);
                self.find("msg.write.property-twice", Effect::Lost, detail);
                continue;
            }
            self.value(rows, PropTag::new(id, kind), &property.value, within);
        }
    }

    /// Writes a value, in its entry or a stream.
    pub(super) fn value(
        &mut self,
        rows: &mut Rows,
        tag: PropTag,
        value: &Value,
        within: StorageId,
    ) {
        match value {
            Value::Large(content) => {
                let storage = (tag.kind() == PropType::OBJECT).then(|| as_compound(&**content));
                match storage.flatten() {
                    Some(Ok(file)) => self.object(rows, tag, file, within),
                    Some(Err(error)) => {
                        self.find("msg.write.content", Effect::Lost, error.to_string());
                    }
                    None if tag.kind() == PropType::STRING8 => {
                        let limit = u64::try_from(limits::RTF_BYTES).unwrap_or(u64::MAX);
                        match read_all(&**content, limit) {
                            Ok(bytes) => self.narrow(rows, tag, &bytes, within),
                            // Too large to be decoded: as it is.
                            Err(_) => self.content(rows, tag, content, within),
                        }
                    }
                    None => self.content(rows, tag, content, within),
                }
            }
            Value::String8(bytes) => self.narrow(rows, tag, bytes, within),
            Value::Multi(values) if is_variable(tag.kind()) => {
                self.list(rows, tag, values, within);
            }
            value => self.plain(rows, tag, value, within),
        }
    }

    /// Writes text that is not decoded as Unicode.
    fn narrow(&mut self, rows: &mut Rows, tag: PropTag, bytes: &[u8], within: StorageId) {
        let text = codepage::decode(bytes, self.code_page).text;
        let tag = PropTag::new(tag.id(), PropType::STRING);
        self.plain(rows, tag, &Value::String(text), within);
    }

    fn plain(&mut self, rows: &mut Rows, tag: PropTag, value: &Value, within: StorageId) {
        let kind = tag.kind();
        let mut bytes = Vec::new();
        value_bytes::encode(value, &mut bytes);
        if let Some(size) = value_bytes::fixed_size(kind).filter(|size| *size <= 8) {
            if bytes.len() == size {
                rows.set(tag, value);
            } else {
                let detail = format!("property {tag:?} has {} bytes, not {size}", bytes.len());
                self.find("msg.write.value", Effect::Lost, detail);
            }
            return;
        }
        if bytes.is_empty() && kind == PropType::STRING {
            bytes.extend([0, 0]);
        }
        rows.stream(tag, bytes.len() as u64);
        self.bytes(within, &element::value_name(tag), bytes);
    }

    /// Writes a list of texts or bytes: their lengths, and each one.
    fn list(&mut self, rows: &mut Rows, tag: PropTag, values: &[Value], within: StorageId) {
        let binary = tag.kind().single() == PropType::BINARY;
        let wide = PropTag::new(tag.id(), if binary { tag.kind() } else { TEXTS });
        let name = element::value_name(wide);
        let mut lengths = Vec::new();
        for (number, value) in values.iter().enumerate() {
            let mut bytes = Vec::new();
            let item = format!("{name}-{number:08X}");
            let size = match value {
                Value::Large(content) => {
                    self.tree.stream(within, &item, Arc::clone(content));
                    content.size()
                }
                Value::String8(own) => {
                    bytes = codepage::utf16_bytes(&codepage::decode(own, self.code_page).text);
                    bytes.len() as u64
                }
                value => {
                    value_bytes::encode(value, &mut bytes);
                    bytes.len() as u64
                }
            };
            if !matches!(value, Value::Large(_)) {
                if !binary {
                    bytes.extend([0, 0]);
                }
                self.tree.stream(within, &item, Arc::new(InMemory(bytes)));
            }
            // The length of a text counts its NUL.
            let size = size.saturating_add(if binary { 0 } else { 2 });
            lengths.extend(u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
            if binary {
                lengths.extend([0; 4]);
            }
        }
        rows.stream(wide, lengths.len() as u64);
        self.bytes(within, &name, lengths);
    }

    /// Writes what is none of MAPI's under the name that it came with; whether it is such.
    fn element(&mut self, property: &Property, within: StorageId) -> bool {
        let name = property
            .name
            .as_deref()
            .filter(|name| name.set == OTHER_ELEMENTS);
        let Some(NameId::Text(name)) = name.map(|name| &name.id) else {
            return false;
        };
        let other = matches!(Element::of_name(name), Element::Other(_));
        if !other || name.is_empty() || name.encode_utf16().count() > NAME_UNITS {
            let detail = format!("{name:?} cannot be the name of an element");
            self.find("msg.write.element", Effect::Lost, detail);
            return true;
        }
        match &property.value {
            Value::Large(content) if property.tag.kind() == PropType::OBJECT => {
                if let Some(Ok(mut file)) = as_compound(&**content) {
                    let source = (&mut file, crate::msg::compound::CompoundFile::ROOT);
                    let place = self.place.clone();
                    self.tree
                        .graft(within, name, source, &place, &mut self.findings);
                }
            }
            Value::Large(content) => self.tree.stream(within, name, Arc::clone(content)),
            value => {
                let mut bytes = Vec::new();
                value_bytes::encode(value, &mut bytes);
                self.bytes(within, name, bytes);
            }
        }
        true
    }
}

/// The type of a list of texts.
const TEXTS: PropType = PropType::STRING.multi();

/// Whether a list of this type has a stream for each value.
fn is_variable(kind: PropType) -> bool {
    kind.is_multi()
        && matches!(
            kind.single(),
            PropType::STRING | PropType::STRING8 | PropType::BINARY
        )
}
