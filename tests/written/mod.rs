//! Stores written for tests: copies of stores, and what is in a message, in words that can be
//! compared.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each test takes what it needs, and fails by panicking"
)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use airbridge::content::Content;
use airbridge::file_bytes::FileBytes;
use airbridge::finding::Findings;
use airbridge::mapi::name_map_writer::NAMELESS;
use airbridge::mapi::{
    AttachmentData, FileTime, Guid, Message, NameId, PropType, Property, PropertyBag, PropertyName,
    Value,
};
use airbridge::pst::check::{self, Severity};
use airbridge::pst::write::{FolderMap, StoreOptions, StoreWriter, folder_paths};
use airbridge::pst::{NodeId, ReadOptions, Store};
use sha2::{Digest, Sha256};

/// 2026-01-01.
pub(crate) const NOW: FileTime = FileTime(134_117_424_000_000_000);

pub(crate) fn options() -> StoreOptions {
    StoreOptions {
        display_name: "Test".to_owned(),
        limit: 10_000_000_000,
        record_key: *b"0123456789abcdef",
        now: NOW,
    }
}

/// A message of the source and its copy.
pub(crate) struct Pair {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) hidden: bool,
}

/// Writes what is in `store` to `path`.
pub(crate) fn copy(store: &Store, path: &Path) -> (Vec<Pair>, Findings) {
    let mut writer = StoreWriter::create(path, options()).unwrap();
    let mut made = FolderMap::default();
    let places: Vec<_> = folder_paths(store, None)
        .iter()
        .map(|path| Some(made.folder(&mut writer, path.as_ref()?).unwrap()))
        .collect();
    let mut pairs = Vec::new();
    let mut findings = Findings::new();
    for hidden in [false, true] {
        let mut locations = if hidden {
            store.associated_locations()
        } else {
            store.locations()
        };
        for location in locations.by_ref() {
            let (message, _) = store.read_message(location.nid).unwrap();
            let place = location.folder.and_then(|at| places[at]);
            let folder = place.unwrap_or(writer.ipm_subtree());
            let written = if hidden {
                writer.add_associated(folder, &message)
            } else {
                writer.add_message(folder, &message)
            };
            let written = written.unwrap();
            findings.append(written.findings);
            pairs.push(Pair {
                from: location.nid,
                to: written.nid,
                hidden,
            });
        }
    }
    findings.append(writer.finish().unwrap());
    (pairs, findings)
}

/// Notes that copies may get: what was so in the source and is kept, property by property.
const KEPT: [(&str, &str); 1] = [(
    "check.attachment.no-data",
    "a message in a message that is too deep",
)];

/// The project's own checker finds no error in a store, and no note but those that are explained,
/// whose codes it gives.
pub(crate) fn keeps_every_rule(path: &Path) -> Vec<&'static str> {
    let file = FileBytes::open(path).unwrap();
    let report = check::check(&file, &|| Ok(())).unwrap();
    let kept = |code: &str| KEPT.iter().any(|(known, _)| *known == code);
    let found: Vec<_> = report
        .iter()
        .filter(|breach| breach.rule.severity == Severity::Error || !kept(breach.rule.code))
        .map(ToString::to_string)
        .collect();
    assert_eq!(found, Vec::<String>::new(), "{}", path.display());
    assert!(report.is_sound() && report.not_checked().is_empty());
    report.counts().keys().copied().collect()
}

pub(crate) fn open(path: &Path) -> Store {
    Store::open(path, &ReadOptions::default()).unwrap()
}

fn hash(bytes: &[u8]) -> String {
    if bytes.len() <= 64 {
        return format!("{bytes:02x?}");
    }
    let hash = Sha256::digest(bytes);
    format!("{} bytes, {:02x?}", bytes.len(), &hash[..8])
}

fn read(content: &dyn Content) -> String {
    let mut bytes = Vec::new();
    match content
        .open()
        .and_then(|mut reader| reader.read_to_end(&mut bytes))
    {
        Ok(_) => hash(&bytes),
        Err(error) => format!("{} then {error}", hash(&bytes)),
    }
}

/// A value in words: the same for the same bytes, in memory or not.
pub(crate) fn words(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            format!("stream {}", hash(&bytes))
        }
        Value::Binary(bytes) => format!("stream {}", hash(bytes)),
        Value::Large(content) => format!("stream {}", read(&**content)),
        Value::Multi(values) => values.iter().map(words).collect::<Vec<_>>().join("; "),
        other => format!("{other:?}"),
    }
}

/// What a property is called: by its name, where it has one.
fn key(property: &Property) -> String {
    let id = property.tag.id();
    let name = match property.name.as_deref() {
        Some(name) => name.clone(),
        None if id >= 0x8000 => PropertyName::lid(NAMELESS, id.into()),
        None => return format!("{id:04X}"),
    };
    match &name.id {
        NameId::Lid(lid) => format!("{} {lid:04X}", name.set),
        NameId::Text(text) => format!("{} {text}", name.set),
    }
}

/// Types as a Unicode store has them.
fn kind(kind: PropType) -> PropType {
    match kind {
        PropType::STRING8 => PropType::STRING,
        other if other == PropType::STRING8.multi() => PropType::STRING.multi(),
        other => other,
    }
}

/// All that is in a bag.
pub(crate) fn bag(bag: &PropertyBag) -> BTreeMap<String, String> {
    bag.iter()
        .map(|property| {
            let kind = kind(property.tag.kind()).0;
            (
                key(property),
                format!("{kind:04X} {}", words(&property.value)),
            )
        })
        .collect()
}

/// All that is in a message, place by place: `/attachment 0/message/0037`.
pub(crate) fn contents(message: &Message) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut due = vec![(String::new(), message)];
    while let Some((place, message)) = due.pop() {
        let own = |place: &str, props: &PropertyBag| -> Vec<_> {
            let all = bag(props).into_iter();
            all.map(|(key, value)| (format!("{place}/{key}"), value))
                .collect()
        };
        all.extend(own(&place, &message.props));
        for (number, recipient) in message.recipients.iter().enumerate() {
            all.extend(own(&format!("{place}/recipient {number}"), recipient));
        }
        for (number, attachment) in message.attachments.iter().enumerate() {
            let place = format!("{place}/attachment {number}");
            all.extend(own(&place, &attachment.props));
            let data = match &attachment.data {
                AttachmentData::None => "none".to_owned(),
                AttachmentData::Reference => "reference".to_owned(),
                AttachmentData::File(content) => format!("file {}", read(&**content)),
                AttachmentData::Ole(content) => format!("ole {}", read(&**content)),
                AttachmentData::Message(inner) => {
                    due.push((format!("{place}/message"), inner));
                    "message".to_owned()
                }
            };
            all.insert(format!("{place}/data"), data);
        }
        all.insert(
            format!("{place}/counts"),
            format!("{} {}", message.recipients.len(), message.attachments.len()),
        );
    }
    all
}

/// A property for tests.
pub(crate) fn property(id: u16, kind: PropType, value: Value) -> Property {
    Property {
        tag: airbridge::mapi::PropTag::new(id, kind),
        name: None,
        value,
    }
}

pub(crate) fn named(set: Guid, lid: u32, kind: PropType, value: Value) -> Property {
    let mut property = property(0x8000, kind, value);
    property.name = Some(std::sync::Arc::new(PropertyName::lid(set, lid)));
    property
}

/// A plain message.
pub(crate) fn note(subject: &str, body: &str) -> Message {
    let text = |id, text: &str| property(id, PropType::STRING, Value::String(text.to_owned()));
    let properties = vec![
        text(0x001A, "IPM.Note"),
        text(0x0037, subject),
        text(0x0070, subject),
        text(0x1000, body),
        property(0x0E07, PropType::I32, Value::I32(1)),
    ];
    Message {
        props: PropertyBag::new(properties).0,
        ..Message::default()
    }
}
