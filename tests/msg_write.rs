//! Messages as MSG files: every message of every store and file of the corpus, written and read
//! back, property by property and as the item that it is; the structure by MS-OXMSG, as the crate
//! `cfb` reads it, which is strict; every property set, stream and table of it, as olefile reads
//! them, in `judge_msg.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod judges;
#[path = "judges/stored.rs"]
mod stored;
mod written;

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::sync::Arc;

use airbridge::content::{Content, ContentRef, InMemory, read_all};
use airbridge::file_bytes::FileBytes;
use airbridge::finding::{Effect, Findings};
use airbridge::item::{Blob, BlobRef};
use airbridge::mapi::{
    Attachment, AttachmentData, Guid, Message, PropTag, PropType, Property, PropertyBag, Value,
    pid_tag,
};
use airbridge::mapping::{Context, mapi::to_item};
use airbridge::msg::compound::CompoundFile;
use airbridge::msg::write::{create, write};
use airbridge::source::{ReadingOptions, Sources, StoreSource};
use rayon::prelude::*;
use serde_json::Value as Json;

/// The property set of properties whose store has no name for them.
const NAMELESS: &str = "2d8a6f1e-71c4-4b0b-9e35-6c1fa804d752";

/// Messages of each store of which the record is compared too, spread over it.
const EACH: usize = 60;

/// The record of a message, its bytes by their hash.
fn record(message: &Message) -> Json {
    let mut mapped = to_item(message, &Context::default());
    let contents = mapped.contents;
    mapped
        .item
        .try_visit_blobs(|reference| {
            if let BlobRef::Pending { pending } = *reference {
                let bytes = read_all(&*contents[pending], 1 << 30).unwrap();
                *reference = BlobRef::Packed(Blob {
                    sha256: stored::sha256(&bytes),
                    size: bytes.len() as u64,
                });
            }
            Ok::<_, ()>(())
        })
        .unwrap();
    let mut record = serde_json::to_value(&mapped.item).unwrap();
    as_unicode(&mut record);
    record
}

/// All text is written as Unicode, and raw values tell the type; they are in the order of ids,
/// which are given anew. What the writer adds does not count, nor what has no type.
fn as_unicode(record: &mut Json) {
    match record {
        Json::Object(own) => {
            for (key, value) in own.iter_mut() {
                match value.as_str() {
                    Some("001e") if key == "type" => *value = "001f".into(),
                    Some("101e") if key == "type" => *value = "101f".into(),
                    _ => as_unicode(value),
                }
                if let (true, Json::Array(raw)) = (key == "raw", value) {
                    raw.retain(|own| {
                        let name = own["name"].as_str().unwrap();
                        let none = ["0000", "0001"].iter().any(|kind| own["type"] == *kind);
                        // What its store has no name for gets one; `contents` compares those.
                        let last = name.rsplit('/').next().unwrap();
                        let nameless = last.starts_with("0x8") || last.contains(NAMELESS);
                        let added = [
                            "PidTagStoreSupportMask",
                            "PidTagHasAttachments",
                            "PidTagMessageFlags",
                        ];
                        !none && !nameless && !added.contains(&last)
                    });
                    raw.sort_by_key(|own| own["name"].to_string());
                }
            }
            own.retain(|key, value| {
                key != "raw" || value.as_array().is_some_and(|raw| !raw.is_empty())
            });
        }
        Json::Array(own) => own.iter_mut().for_each(as_unicode),
        _ => {}
    }
}

fn file_of(message: &Message) -> (Vec<u8>, Findings) {
    let mut bytes = Vec::new();
    let findings = write(message, &mut bytes).unwrap();
    (bytes, findings)
}

/// The message with its OLE objects laid out as airbridge lays them out, so that only what is in
/// them counts.
fn laid_out(message: &mut Message) {
    for attachment in &mut message.attachments {
        match &mut attachment.data {
            AttachmentData::Message(inner) => laid_out(inner),
            AttachmentData::Ole(content) => {
                let mut findings = Findings::new();
                let bytes = read_all(&**content, 1 << 30).unwrap_or_default();
                let file = CompoundFile::open(&FileBytes::in_memory(bytes), &mut findings);
                if let Ok(mut file) = file {
                    let storage = file.storage(CompoundFile::ROOT, "", &mut findings);
                    *content = Arc::new(storage);
                }
            }
            _ => {}
        }
    }
}

/// What the writer adds: it says that text is Unicode, that there are attachments, and numbers what
/// has no number.
const ADDED: [u16; 7] = [
    pid_tag::STORE_SUPPORT_MASK,
    pid_tag::MESSAGE_FLAGS,
    pid_tag::HAS_ATTACHMENTS,
    pid_tag::ATTACH_METHOD,
    pid_tag::ATTACH_NUMBER,
    pid_tag::MESSAGE_CLASS,
    // An element is given a free id when it is read.
    0xFFFF,
];

/// `PidTagMessageFlags` with `mfHasAttach`, as it is shown.
fn with_attachments(flags: &str) -> String {
    let number = flags
        .strip_prefix("0003 I32(")
        .and_then(|own| own.strip_suffix(')'));
    let number: i32 = number.unwrap().parse().unwrap();
    format!("0003 I32({})", number | 0x10)
}

/// What differs between a message and what was read of its file, in words.
fn faults(own: &Message, other: &Message) -> Vec<String> {
    let (own, other) = (written::contents(own), written::contents(other));
    let mut faults = Vec::new();
    let added: BTreeSet<String> = ADDED.iter().map(|id| format!("{id:04X}")).collect();
    for (key, value) in &own {
        let id = key.rsplit('/').next().unwrap();
        // A type that stands for no value.
        let none = value.starts_with("0000") || value.starts_with("0001");
        match other.get(key) {
            Some(theirs) if theirs == value || id == "340D" => {}
            Some(theirs) if id == "0E07" && *theirs == with_attachments(value) => {}
            None if none => {}
            theirs => faults.push(format!("{key}: {value} and {theirs:?}")),
        }
    }
    let new = other.keys().filter(|key| !own.contains_key(*key));
    let new = new.filter(|key| !added.contains(key.rsplit('/').next().unwrap()));
    faults.extend(new.map(|key| format!("{key} is new")));
    faults
}

/// What MS-OXMSG asks of a file, by the crate `cfb`.
fn check_structure(bytes: &[u8], message: &Message) {
    let mut file = cfb::CompoundFile::open_strict(Cursor::new(bytes)).unwrap();
    let class = Guid(file.root_entry().clsid().to_bytes_le());
    let template = if message.template {
        0x0006_F046
    } else {
        0x0002_0D0B
    };
    assert_eq!(class, Guid::ole(template));
    let read = |file: &mut cfb::CompoundFile<Cursor<&[u8]>>, path: &str| {
        let mut bytes = Vec::new();
        let mut stream = file.open_stream(path).unwrap_or_else(|_| panic!("{path}"));
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    };
    // Every name is found in the stream that its hash names.
    let entries = read(&mut file, "/__nameid_version1.0/__substg1.0_00030102");
    let guids = read(&mut file, "/__nameid_version1.0/__substg1.0_00020102");
    assert_eq!(guids.len() % 16, 0);
    let _ = read(&mut file, "/__nameid_version1.0/__substg1.0_00040102");
    let hashed: usize = (0x1000..0x101F)
        .map(|id| format!("/__nameid_version1.0/__substg1.0_{id:04X}0102"))
        .filter(|path| file.is_stream(path))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|path| read(&mut file, &path).len())
        .sum();
    assert_eq!(hashed, entries.len());
    let storages: Vec<String> = file
        .walk()
        .filter(cfb::Entry::is_storage)
        .map(|entry| entry.path().to_str().unwrap().replace('\\', "/"))
        .collect();
    assert_eq!(
        storages
            .iter()
            .filter(|path| path.ends_with("__nameid_version1.0"))
            .count(),
        1
    );
    let counts = |bytes: &[u8], at| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let head = read(&mut file, "/__properties_version1.0");
    let (recipients, attachments) = (message.recipients.len(), message.attachments.len());
    for (at, count) in [
        (8, recipients),
        (12, attachments),
        (16, recipients),
        (20, attachments),
    ] {
        assert_eq!(counts(&head, at) as usize, count);
    }
    // Each entry of each property stream: its type, and where its value is.
    for storage in storages.iter().filter(|path| !path.contains("__nameid")) {
        let stream = format!("{}/__properties_version1.0", storage.trim_end_matches('/'));
        if !file.is_stream(&stream) {
            continue;
        }
        let bytes = read(&mut file, &stream);
        let last = storage.rsplit('/').next().unwrap();
        let header = match last {
            "" => 32,
            "__substg1.0_3701000D" => 24,
            _ => 8,
        };
        assert_eq!((bytes.len() - header) % 16, 0, "{stream}");
        for entry in bytes[header..].chunks_exact(16) {
            let tag = counts(entry, 0);
            assert_eq!(counts(entry, 4), 6);
            let name = format!("{}/__substg1.0_{tag:08X}", storage.trim_end_matches('/'));
            let kind = tag as u16;
            let size = counts(entry, 8);
            match kind {
                2..=7 | 10 | 11 | 0x14 | 0x40 => assert!(!file.exists(&name)),
                13 => assert!(size == u32::MAX || file.is_stream(&name), "{name}"),
                _ => {
                    let len = file.entry(&name).unwrap().len() as u32;
                    let more = match kind {
                        0x1F => 2,
                        0x1E => 1,
                        _ => 0,
                    };
                    assert!(kind != 0x1F || len > 0, "{name}");
                    assert_eq!(size, len + more, "{name}");
                }
            }
        }
    }
}

/// Writes a message, and compares what is read of it.
fn fault(message: &mut Message, place: &str, structure: bool) -> Option<String> {
    laid_out(message);
    let (bytes, told) = file_of(message);
    if structure {
        check_structure(&bytes, message);
    }
    let read = airbridge::msg::read(&FileBytes::in_memory(bytes), None);
    let (again, findings) = read.unwrap();
    let mut faults = faults(message, &again);
    if structure {
        let (own, other) = (record(message), record(&again));
        differences(&own, &other, "", &mut faults);
    }
    let noted = |finding: &airbridge::finding::Finding| finding.effect == Effect::Noted;
    let all = findings.iter().chain(told.iter());
    faults.extend(all.filter(|own| !noted(own)).map(ToString::to_string));
    assert_eq!(message.template, again.template);
    let faults = faults[..faults.len().min(6)].join("\n    ");
    (!faults.is_empty()).then(|| format!("{place}\n    {faults}"))
}

fn show(faults: &[Option<String>], least: usize) {
    let compared = faults.len();
    println!("{compared} messages compared");
    assert!(compared > least, "the corpus has shrunk: {compared}");
    let faults: Vec<_> = faults.iter().flatten().collect();
    let shown: String = faults
        .iter()
        .take(20)
        .map(|own| format!("{own}\n"))
        .collect();
    assert!(faults.is_empty(), "{} differ:\n{shown}", faults.len());
}

#[test]
fn a_message_of_a_store_is_the_same_as_a_file() {
    let Some(stores) = judges::corpus() else {
        return;
    };
    let paths: Vec<_> = stores.into_iter().map(|(_, path)| path).collect();
    let sources = Sources::open(&paths, ReadingOptions::default()).unwrap();
    let mut jobs = Vec::new();
    for store in sources.stores() {
        let all: Vec<_> = StoreSource::jobs(store).collect();
        let step = all.len().div_ceil(EACH).max(1);
        jobs.extend(
            all.into_iter()
                .enumerate()
                .map(|(at, job)| (at % step == 0, job)),
        );
    }
    let faults: Vec<Option<String>> = jobs
        .par_iter()
        .filter_map(|(chosen, job)| {
            let (mut message, _) = job.read().ok()?;
            let place = format!("{} {}", job.source.name(), job.locator());
            Some(fault(&mut message, &place, *chosen))
        })
        .collect();
    show(&faults, 500);
}

#[test]
fn a_message_of_a_file_is_the_same_in_ours() {
    let Some(files) = judges::files("msg", &["msg", "oft"]) else {
        return;
    };
    let faults: Vec<Option<String>> = files
        .par_iter()
        .map(|(name, path)| {
            let bytes = FileBytes::open(path).unwrap();
            let (mut message, _) = airbridge::msg::read(&bytes, None).unwrap();
            let fault = fault(&mut message, name, true);
            // Types that nobody knows, of files that were damaged on purpose.
            fault.filter(|_| !name.contains("clusterfuzz"))
        })
        .collect();
    show(&faults, 170);
}

fn differences(own: &Json, other: &Json, at: &str, faults: &mut Vec<String>) {
    match (own, other) {
        (Json::Object(one), Json::Object(two)) => {
            for (key, value) in one {
                let theirs = two.get(key).unwrap_or(&Json::Null);
                differences(value, theirs, &format!("{at}.{key}"), faults);
            }
            for key in two.keys().filter(|key| !one.contains_key(*key)) {
                faults.push(format!("{at}.{key} is new"));
            }
        }
        (Json::Array(one), Json::Array(two)) if one.len() == two.len() => {
            for (number, (one, two)) in one.iter().zip(two).enumerate() {
                differences(one, two, &format!("{at}[{number}]"), faults);
            }
        }
        _ if own == other => {}
        _ => {
            let short = |own: &Json| own.to_string().chars().take(200).collect::<String>();
            faults.push(format!("{at}: {} and {}", short(own), short(other)));
        }
    }
}

#[derive(Debug)]
struct Broken;

impl Content for Broken {
    fn size(&self) -> u64 {
        10_000
    }

    fn open(&self) -> std::io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(&[7_u8; 6000][..]))
    }
}

fn attachment(data: AttachmentData) -> Attachment {
    Attachment {
        props: PropertyBag::default(),
        data,
    }
}

/// A message in a message, to the limit and beyond it.
#[test]
fn messages_are_written_as_deep_as_the_limit() {
    let mut outer = written::note("innermost", "");
    for _ in 0..40 {
        let mut next = written::note("around", "");
        next.attachments = vec![attachment(AttachmentData::Message(Box::new(outer)))];
        outer = next;
    }
    let (bytes, findings) = file_of(&outer);
    let codes: Vec<_> = findings.iter().map(|own| own.code).collect();
    assert_eq!(codes, ["msg.write.embedded-depth"]);
    check_structure(&bytes, &outer);
    let (mut again, _) = airbridge::msg::read(&FileBytes::in_memory(bytes), None).unwrap();
    let mut depth = 0;
    while let Some(first) = again.attachments.pop() {
        if let AttachmentData::Message(inner) = first.data {
            again = *inner;
            depth += 1;
        }
    }
    assert_eq!(depth, 32);
}

#[test]
fn what_cannot_be_written_is_told_and_the_rest_is_there() {
    let mut message = written::note("Grüße", "");
    let (bag, _) = PropertyBag::new(
        message
            .props
            .into_properties()
            .into_iter()
            .chain([
                written::property(0x6700, PropType::I32, Value::Unknown(vec![1, 2])),
                written::property(0x6701, PropType::STRING8, Value::String8(vec![0xE4])),
                written::named(Guid::TASK, 7, PropType::I32, Value::I32(1)),
            ])
            .collect(),
    );
    message.props = bag;
    let content: ContentRef = Arc::new(Broken);
    message.attachments = vec![attachment(AttachmentData::File(content))];
    let (bytes, findings) = file_of(&message);
    let codes: Vec<_> = findings.iter().map(|own| own.code).collect();
    assert_eq!(codes, ["msg.write.value", "msg.write.content"]);
    check_structure(&bytes, &message);
    assert_eq!(bytes, file_of(&message).0);
    let (again, _) = airbridge::msg::read(&FileBytes::in_memory(bytes), None).unwrap();
    assert_eq!(again.props.str(0x6701), Some("ä"));
    assert_eq!(again.props.lid(Guid::TASK, 7).unwrap().as_i64(), Some(1));
    let AttachmentData::File(content) = &again.attachments[0].data else {
        panic!("{:?}", again.attachments[0]);
    };
    let bytes = read_all(&**content, 1 << 20).unwrap();
    assert_eq!((bytes.len(), bytes[5999], bytes[6000]), (10_000, 7, 0));
}

#[test]
fn a_file_is_whole_or_absent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.msg");
    let mut message = written::note("subject", "body");
    let large: ContentRef = Arc::new(InMemory(vec![1; 3 << 20]));
    message.attachments = vec![attachment(AttachmentData::File(large))];
    assert!(create(&path, &message).unwrap().is_empty());
    assert_eq!(std::fs::read(&path).unwrap(), file_of(&message).0);
    assert!(create(&path, &message).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// A message with attachments says so, whatever it is (MS-OXCMSG 2.2.1.2, 2.2.1.6).
#[test]
fn attachments_are_told_by_flags() {
    for (attached, flags, wanted) in [
        (false, None, (None, None)),
        (true, None, (Some(0x11), Some(true))),
        (true, Some(0x28), (Some(0x38), Some(true))),
    ] {
        let mut props = vec![Property {
            tag: PropTag::new(pid_tag::MESSAGE_CLASS, PropType::STRING),
            name: None,
            value: Value::String("IPM.Appointment".to_owned()),
        }];
        props.extend(flags.map(|flags| Property {
            tag: PropTag::new(pid_tag::MESSAGE_FLAGS, PropType::I32),
            name: None,
            value: Value::I32(flags),
        }));
        let mut message = Message {
            props: PropertyBag::new(props).0,
            ..Message::default()
        };
        if attached {
            message.attachments.push(Attachment {
                props: PropertyBag::default(),
                data: AttachmentData::File(Arc::new(InMemory(vec![1]))),
            });
        }
        let (bytes, _) = file_of(&message);
        let (read, _) = airbridge::msg::read(&FileBytes::in_memory(bytes), None).unwrap();
        let flags = read.props.int(pid_tag::MESSAGE_FLAGS);
        let has = read.props.get(pid_tag::HAS_ATTACHMENTS);
        assert_eq!((flags, has.and_then(Value::as_bool)), wanted);
    }
}
