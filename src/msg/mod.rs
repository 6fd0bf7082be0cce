//! Messages in compound files: MSG and OFT (MS-OXMSG).
//!
//! *Spec*: MS-OXMSG, MS-CFB.
//!
//! *Invariants*: what can be had of a damaged file is had; attachments and large values stay in the
//! file until they are read; the work is linear in the size of the file.
//!
//! *Seen in the wild*: streams that no property entry names, entries whose stream has another
//! string type, embedded messages with the header of a top-level one: all read.

mod attachment;
pub mod compound;
mod element;
mod fault;
mod message;
mod properties;
pub mod write;

pub use fault::MsgError;

use crate::file_bytes::FileBytes;
use crate::finding::Findings;
use crate::mapi::{Budget, Guid, Message, NameMap, PropTag, PropType, Value, pid_tag, value_bytes};
use compound::CompoundFile;
use element::{Element, Elements};
use message::Reading;

/// The class of the root storage of a template: `{0006F046-0000-0000-C000-000000000046}`.
const TEMPLATE: Guid = Guid::ole(0x0006_F046);

/// Bytes of a message class that are looked at.
const LONGEST_CLASS: u64 = 1024;

/// Bytes of a damaged compound file that are searched for the name of a property stream.
const SEARCHED: usize = 1 << 20;

/// Reads the message of a file; data of attachments and large values stay where they are in it.
/// `code_page` is that of text that is not Unicode, over what the message says.
///
/// # Errors
/// [`MsgError`] when it has no message at all.
///
/// # Findings
/// `msg.*`, each with the path of storages and the property.
pub fn read(bytes: &FileBytes, code_page: Option<u16>) -> Result<(Message, Findings), MsgError> {
    let mut findings = Findings::new();
    let mut file = CompoundFile::open(bytes, &mut findings)?;
    let template = file
        .entry(CompoundFile::ROOT)
        .is_some_and(|root| root.class == TEMPLATE);
    let mut reading = Reading {
        file: &mut file,
        findings: &mut findings,
        budget: &Budget::default(),
        code_page,
        names: NameMap::default(),
    };
    let mut message = reading.top()?;
    message.template = template;
    Ok((message, findings))
}

/// The class of the message of a file (`PidTagMessageClass`), without reading the rest of it.
#[must_use]
pub fn message_class(bytes: &FileBytes) -> Option<String> {
    let mut findings = Findings::new();
    let mut file = CompoundFile::open(bytes, &mut findings).ok()?;
    let elements = Elements::of(&file, CompoundFile::ROOT);
    let tag = PropTag::new(pid_tag::MESSAGE_CLASS, PropType::STRING);
    let (stored, id) = elements.value(tag)?;
    let bytes = file
        .stream(id, "class", &mut findings)
        .read_up_to(LONGEST_CLASS)
        .ok()?;
    match value_bytes::decode(stored.kind(), &bytes).0 {
        Value::String(class) => Some(class),
        // Classes are ASCII in any code page.
        Value::String8(class) => Some(String::from_utf8_lossy(&class).into_owned()),
        _ => None,
    }
}

/// Whether a compound file holds a message: its root has a property stream, or, when its directory
/// is damaged, anything in its first part is named like one.
#[must_use]
pub fn is_message(bytes: &FileBytes) -> bool {
    let mut findings = Findings::new();
    let found = CompoundFile::open(bytes, &mut findings).is_ok_and(|file| {
        let elements = Elements::of(&file, CompoundFile::ROOT);
        elements.first(&Element::Properties).is_some()
    });
    found || (!findings.is_empty() && names_properties(bytes))
}

fn names_properties(bytes: &FileBytes) -> bool {
    let name: Vec<u8> = element::PROPERTIES
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut head = vec![0; SEARCHED];
    let read = bytes.read_at(&mut head, 0).unwrap_or_default();
    head.truncate(read);
    head.windows(name.len()).any(|window| window == name)
}
