//! A message as the bytes of an MSG file, written with the crate `cfb`: what tests read back.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "each test takes what it needs, and fails by panicking"
)]

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use airbridge::content::read_all;
use airbridge::mapi::{
    AttachmentData, Guid, Message, NameId, PropTag, PropType, Property, PropertyBag, PropertyName,
    Value, codepage,
};

use crate::stored;

type File = cfb::CompoundFile<Cursor<Vec<u8>>>;

/// The names of all properties, each with its id in the file, in the order of their first ids.
#[derive(Default)]
struct Names(Vec<(u16, PropertyName)>);

impl Names {
    fn collect(&mut self, message: &Message) {
        let attachments = message.attachments.iter();
        let bags = message
            .recipients
            .iter()
            .chain(attachments.map(|own| &own.props));
        for property in std::iter::once(&message.props)
            .chain(bags)
            .flat_map(PropertyBag::iter)
        {
            let Some(name) = &property.name else { continue };
            if self.0.iter().all(|(_, known)| known != &**name) {
                self.0.push((property.tag.id(), (**name).clone()));
            }
        }
        for attachment in &message.attachments {
            if let AttachmentData::Message(inner) = &attachment.data {
                self.collect(inner);
            }
        }
    }

    fn id(&self, property: &Property) -> u16 {
        let Some(name) = &property.name else {
            return property.tag.id();
        };
        let at = self
            .0
            .iter()
            .position(|(_, known)| known == &**name)
            .unwrap();
        0x8000 + at as u16
    }

    fn write(&self, file: &mut File) {
        let (mut guids, mut entries, mut strings) = (Vec::new(), Vec::new(), Vec::new());
        for (at, (_, name)) in self.0.iter().enumerate() {
            let set = match name.set {
                Guid::PS_MAPI => 1,
                Guid::PS_PUBLIC_STRINGS => 2,
                Guid(set) => {
                    let known = guids.chunks_exact(16).position(|own| own == set);
                    let known = known.unwrap_or(guids.len() / 16);
                    if known * 16 == guids.len() {
                        guids.extend(set);
                    }
                    known as u16 + 3
                }
            };
            let (number, text) = match &name.id {
                NameId::Lid(lid) => (*lid, 0),
                NameId::Text(text) => {
                    let at = strings.len() as u32;
                    let bytes = codepage::utf16_bytes(text);
                    strings.extend((bytes.len() as u32).to_le_bytes());
                    strings.extend(&bytes);
                    strings.resize(strings.len().next_multiple_of(4), 0);
                    (at, 1)
                }
            };
            entries.extend(number.to_le_bytes());
            entries.extend((set << 1 | text).to_le_bytes());
            entries.extend((at as u16).to_le_bytes());
        }
        file.create_storage("/__nameid_version1.0").unwrap();
        for (stream, bytes) in [("0002", guids), ("0003", entries), ("0004", strings)] {
            put(
                file,
                &format!("/__nameid_version1.0/__substg1.0_{stream}0102"),
                &bytes,
            );
        }
    }
}

fn put(file: &mut File, path: &str, bytes: &[u8]) {
    file.create_stream(path).unwrap().write_all(bytes).unwrap();
}

/// The bytes of an MSG file of a message, with sectors of 512 bytes as Outlook writes it.
pub(crate) fn write(message: &Message) -> Vec<u8> {
    write_as(cfb::Version::V3, message)
}

/// The bytes of an MSG file in a version of the compound file.
pub(crate) fn write_as(version: cfb::Version, message: &Message) -> Vec<u8> {
    let mut names = Names::default();
    names.collect(message);
    names.0.sort_by_key(|(id, _)| *id);
    let mut file = File::create_with_version(version, Cursor::new(Vec::new())).unwrap();
    names.write(&mut file);
    write_message(&mut file, "", 32, message, &names);
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn write_message(file: &mut File, at: &str, header: usize, message: &Message, names: &Names) {
    bag(file, at, header, &message.props, names);
    for (number, recipient) in message.recipients.iter().enumerate() {
        let at = format!("{at}/__recip_version1.0_#{number:08X}");
        file.create_storage(&at).unwrap();
        bag(file, &at, 8, recipient, names);
    }
    for (number, attachment) in message.attachments.iter().enumerate() {
        let at = format!("{at}/__attach_version1.0_#{number:08X}");
        file.create_storage(&at).unwrap();
        bag(file, &at, 8, &attachment.props, names);
        match &attachment.data {
            AttachmentData::File(data) | AttachmentData::Ole(data) => {
                let bytes = read_all(data.as_ref(), 1 << 30).unwrap();
                put(file, &format!("{at}/__substg1.0_37010102"), &bytes);
            }
            AttachmentData::Message(inner) => {
                let at = format!("{at}/__substg1.0_3701000D");
                file.create_storage(&at).unwrap();
                write_message(file, &at, 24, inner, names);
            }
            AttachmentData::None | AttachmentData::Reference => {}
        }
    }
}

fn bag(file: &mut File, at: &str, header: usize, bag: &PropertyBag, names: &Names) {
    let mut entries = vec![0; header];
    let sorted: BTreeMap<u16, &Property> = bag.iter().map(|own| (names.id(own), own)).collect();
    for (id, property) in sorted {
        // Text is written as Unicode.
        let kind = match property.tag.kind().0 {
            0x1E => PropType::STRING,
            0x101E => PropType::STRING.multi(),
            other => PropType(other),
        };
        let tag = PropTag::new(id, kind);
        let mut inline = [0; 8];
        let bytes = stored::bytes(&property.value, None);
        let fixed = airbridge::mapi::value_bytes::fixed_size(kind).is_some_and(|size| size <= 8);
        if fixed {
            inline[..bytes.len()].copy_from_slice(&bytes);
        } else {
            let name = format!("{at}/__substg1.0_{:08X}", tag.0);
            inline[..4].copy_from_slice(&(bytes.len() as u32 + 2).to_le_bytes());
            match &property.value {
                Value::Multi(values) if matches!(kind.single().0, 0x1F | 0x102) => {
                    let each = if kind.single().0 == 0x102 { 8 } else { 4 };
                    put(file, &name, &vec![0; values.len() * each]);
                    for (number, value) in values.iter().enumerate() {
                        let bytes = stored::bytes(value, None);
                        put(file, &format!("{name}-{number:08X}"), &bytes);
                    }
                }
                _ => put(file, &name, &bytes),
            }
        }
        entries.extend(tag.0.to_le_bytes());
        entries.extend(6_u32.to_le_bytes());
        entries.extend(inline);
    }
    put(file, &format!("{at}/__properties_version1.0"), &entries);
}
