//! What is written to a store is read from it again: every store of the corpus, and messages made
//! for each limit of the format.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod judges;
mod written;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::sync::Arc;

use airbridge::content::{Content, InMemory};
use airbridge::mapi::{Attachment, AttachmentData, Guid, Message, PropType, PropertyBag, Value};
use airbridge::pst::write::{StoreOptions, StoreWriter, WriteError};
use written::{bag, contents, copy, keeps_every_rule, named, note, open, options, property};

/// Properties that a store computes or must have, whose value in the source may be another or none.
const COMPUTED: &[(&str, &str)] = &[
    (
        "0E07",
        "PidTagMessageFlags: whether there are attachments is said as it is",
    ),
    ("0E08", "PidTagMessageSize: bytes in this store"),
    ("0E20", "PidTagAttachSize: bytes in this store"),
    ("001A", "a message without a class gets one"),
    ("3007", "a message without a creation time gets one"),
    ("3008", "a message without a modification time gets one"),
    ("300B", "a message without a search key gets one"),
    ("370B", "an attachment without a position gets one"),
    ("3705", "an attachment without a method gets one"),
];

/// Findings made of the corpus: properties without a type have no value, and in one store several
/// messages have the replication id of another.
const EXPLAINED: [&str; 2] = ["pst.write.no-type", "pst.write.replica"];

/// `PidTagReplItemid`, `PidTagReplChangenum`, `PidTagReplVersionHistory`.
const REPLICA: [&str; 3] = ["0E30", "0E33", "0E34"];

/// Those of [`COMPUTED`] that are only added where they were not, never changed.
fn only_added(key: &str) -> bool {
    !matches!(key, "0E07" | "0E08" | "0E20")
}

#[derive(Default)]
struct Differences {
    properties: usize,
    computed: BTreeMap<String, usize>,
    untyped: usize,
    /// Properties of replication left out.
    replicas: usize,
    all: Vec<String>,
}

impl Differences {
    fn compare(&mut self, place: &str, from: &Message, to: &Message) {
        let (from, to) = (contents(from), contents(to));
        self.properties += from.len();
        for (key, value) in &from {
            let copy = to.get(key);
            if copy == Some(value) {
                continue;
            }
            let id = key.rsplit('/').next().unwrap();
            // A property without a type has no value (pst.write.no-type).
            if copy.is_none() && (value.starts_with("0000 ") || value.starts_with("0001 ")) {
                self.untyped += 1;
            } else if copy.is_none() && REPLICA.contains(&id) {
                self.replicas += 1;
            } else if COMPUTED.iter().any(|(own, _)| *own == id) && !only_added(id) {
                *self.computed.entry(id.to_owned()).or_default() += 1;
            } else {
                self.all
                    .push(format!("{place}{key}: {value} became {copy:?}"));
            }
        }
        for (key, value) in &to {
            let id = key.rsplit('/').next().unwrap();
            if from.contains_key(key) {
                continue;
            }
            if COMPUTED.iter().any(|(own, _)| *own == id) {
                *self.computed.entry(format!("{id} added")).or_default() += 1;
            } else {
                self.all
                    .push(format!("{place}{key}: {value} was not there"));
            }
        }
    }
}

#[test]
fn every_store_of_the_corpus_comes_back() {
    let Some(stores) = judges::corpus() else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let mut differences = Differences::default();
    let (mut messages, mut hidden) = (0, 0);
    for (name, path) in &stores {
        let source = open(path);
        let target = directory.path().join("copy.pst");
        let (pairs, findings) = copy(&source, &target);
        for finding in findings.iter() {
            assert!(EXPLAINED.contains(&finding.code), "{name}: {finding}");
        }
        let store = open(&target);
        assert!(store.findings().is_empty(), "{name}");
        let counts = (store.scan_messages(), source.scan_messages());
        assert_eq!(counts.0, counts.1, "{name}");
        for pair in &pairs {
            let (from, _) = source.read_message(pair.from).unwrap();
            let (to, findings) = store.read_message(pair.to).unwrap();
            let found: Vec<_> = findings.iter().map(ToString::to_string).collect();
            assert_eq!(found, Vec::<String>::new(), "{name} {}", pair.from);
            differences.compare(&format!("{name} {} ", pair.from), &from, &to);
            *if pair.hidden {
                &mut hidden
            } else {
                &mut messages
            } += 1;
        }
        let listed = store
            .locations()
            .filter(|location| !location.orphan)
            .count();
        assert_eq!(listed as u64, counts.0.normal, "{name}");
        fs::remove_file(&target).unwrap();
    }
    println!(
        "{messages} messages, {hidden} hidden, {} properties; {} without a type, {} of \
         replication; computed: {:?}",
        differences.properties, differences.untyped, differences.replicas, differences.computed
    );
    let count = differences.all.len();
    differences.all.truncate(20);
    assert_eq!(count, 0, "{count}: {}", differences.all.join("\n"));
    assert!(differences.untyped < 20 && differences.replicas < 150);
    assert!(messages > 1000, "the corpus has shrunk");
}

#[test]
fn folders_keep_their_paths_and_classes() {
    let Some(stores) = judges::corpus() else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    for (name, path) in &stores {
        let source = open(path);
        let target = directory.path().join("copy.pst");
        copy(&source, &target);
        let store = open(&target);
        let tree = |store: &airbridge::pst::Store| {
            let mut tree: Vec<_> = store
                .folders()
                .iter()
                .filter(|folder| folder.in_ipm_subtree && !folder.is_search)
                .map(|folder| (folder.path.clone(), folder.container_class.clone()))
                .collect();
            tree.sort();
            tree
        };
        let (from, to) = (tree(&source), tree(&store));
        for folder in &from {
            // The mailbox has the name and class that every store has.
            assert!(
                folder.0.is_empty() || to.contains(folder),
                "{name}: {folder:?}"
            );
        }
        fs::remove_file(&target).unwrap();
    }
}

/// A content of any size, without memory for it.
#[derive(Debug)]
struct Synthetic {
    size: u64,
    fails_at: u64,
}

impl Content for Synthetic {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(SyntheticReader {
            content: self,
            at: 0,
        }))
    }
}

struct SyntheticReader<'c> {
    content: &'c Synthetic,
    at: u64,
}

impl Read for SyntheticReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.content.fails_at {
            return Err(io::Error::other("the disk is gone"));
        }
        let left = self.content.size.min(self.content.fails_at) - self.at;
        let count = buffer.len().min(left as usize).min(1000);
        for (place, at) in buffer[..count].iter_mut().zip(self.at..) {
            *place = (at % 251) as u8;
        }
        self.at += count as u64;
        Ok(count)
    }
}

fn file(content: impl Content + 'static) -> Attachment {
    let name = Value::String("file.bin".to_owned());
    let properties = vec![property(0x3704, PropType::STRING, name)];
    Attachment {
        props: PropertyBag::new(properties).0,
        data: AttachmentData::File(Arc::new(content)),
    }
}

fn whole(size: u64) -> Attachment {
    file(Synthetic {
        size,
        fails_at: u64::MAX,
    })
}

/// Writes messages to one folder and reads them back.
fn round(messages: &[Message]) -> (tempfile::TempDir, Vec<Message>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("round.pst");
    let mut writer = StoreWriter::create(&path, options()).unwrap();
    let folder = writer
        .add_folder(writer.ipm_subtree(), "Folder", Some("IPF.Note"))
        .unwrap();
    let mut nids = Vec::new();
    for message in messages {
        let written = writer.add_message(folder, message).unwrap();
        assert!(written.findings.is_empty());
        nids.push(written.nid);
    }
    writer.finish().unwrap();
    keeps_every_rule(&path);
    let store = open(&path);
    assert!(store.findings().is_empty());
    let read = nids
        .into_iter()
        .map(|nid| {
            let (message, findings) = store.read_message(nid).unwrap();
            let found: Vec<_> = findings.iter().map(ToString::to_string).collect();
            assert_eq!(found, Vec::<String>::new());
            message
        })
        .collect();
    (directory, read)
}

fn assert_same(from: &Message, to: &Message) {
    let mut differences = Differences::default();
    differences.compare("", from, to);
    assert_eq!(differences.all, Vec::<String>::new());
}

/// Sizes around every border: of a heap allocation, of a block, of an XBLOCK.
#[test]
fn values_of_every_size_come_back() {
    let xblock = 1021 * 8176;
    let sizes = [
        0,
        1,
        3579,
        3580,
        3581,
        8175,
        8176,
        8177,
        16_352,
        16_353,
        xblock - 1,
        xblock,
        xblock + 1,
    ];
    let mut message = note("Sizes", "");
    message.attachments = sizes.map(whole).into();
    let mut properties = message.props.clone().into_properties();
    for (number, size) in [1, 3580, 3581, 8176, 8177, 40_000].into_iter().enumerate() {
        let bytes = Value::Binary(vec![number as u8; size]);
        properties.push(property(0x6700 + number as u16, PropType::BINARY, bytes));
    }
    message.props = PropertyBag::new(properties).0;
    let (_directory, read) = round(std::slice::from_ref(&message));
    assert_same(&message, &read[0]);
}

/// Heaps of many blocks, block maps, and trees of several levels in them.
#[test]
fn objects_with_thousands_of_properties_come_back() {
    let mut properties = note("Many", "").props.into_properties();
    for id in 0x4000..0x4000 + 3000_u16 {
        let text = format!("{id} ").repeat(usize::from(id) % 300);
        properties.push(property(id, PropType::STRING, Value::String(text)));
    }
    let mut message = Message {
        props: PropertyBag::new(properties).0,
        ..Message::default()
    };
    for number in 0..2500_u32 {
        let text = |id, text: String| property(id, PropType::STRING, Value::String(text));
        let recipient = vec![
            text(0x3001, format!("Person {number}")),
            text(0x3003, format!("person{number}@example.org")),
            text(0x5FF6, format!("Person {number} again")),
            property(0x0C15, PropType::I32, Value::I32(1)),
            property(0x5FFF, PropType::I32, Value::I32(number as i32)),
            named(
                Guid::COMMON,
                0x9000 + number % 50,
                PropType::BOOL,
                Value::Bool(true),
            ),
            named(
                Guid::COMMON,
                0x9100,
                PropType::F64,
                Value::F64(f64::from(number)),
            ),
        ];
        message.recipients.push(distinct(recipient));
    }
    for number in 0..700 {
        message.attachments.push(whole(number * 20));
    }
    let (_directory, read) = round(std::slice::from_ref(&message));
    assert_same(&message, &read[0]);
}

/// Named properties of a bag need ids of their own.
fn distinct(mut properties: Vec<airbridge::mapi::Property>) -> PropertyBag {
    for (number, property) in properties.iter_mut().enumerate() {
        if property.name.is_some() {
            let kind = property.tag.kind();
            property.tag = airbridge::mapi::PropTag::new(0x8000 + number as u16, kind);
        }
    }
    let (bag, doubles) = PropertyBag::new(properties);
    assert!(doubles.is_empty());
    bag
}

#[test]
fn values_of_every_type_come_back() {
    let time = Value::Time(written::NOW);
    let text = |text: &str| Value::String(text.to_owned());
    let values = vec![
        (PropType::I16, Value::I16(-3)),
        (PropType::I32, Value::I32(-3)),
        (PropType::F32, Value::F32(0.5)),
        (PropType::F64, Value::F64(-0.1)),
        (PropType::CURRENCY, Value::Currency(5)),
        (PropType::FLOATING_TIME, Value::FloatingTime(45_000.5)),
        (PropType::ERROR, Value::Error(0x8004_010F)),
        (PropType::BOOL, Value::Bool(true)),
        (PropType::I64, Value::I64(i64::MIN)),
        (PropType::STRING, text("Grüße 日本語 \u{1F600}")),
        (PropType::STRING8, text("was of a code page")),
        (PropType::TIME, time.clone()),
        (PropType::GUID, Value::Guid(Guid::MEETING)),
        (PropType::BINARY, Value::Binary(vec![0, 1, 2])),
        (PropType::SERVER_ID, Value::Binary(vec![9; 21])),
        (PropType::RULE_ACTION, Value::Unknown(vec![7; 9])),
        (
            PropType::I32.multi(),
            Value::Multi(vec![Value::I32(1), Value::I32(2)]),
        ),
        (
            PropType::TIME.multi(),
            Value::Multi(vec![time.clone(), time]),
        ),
        (
            PropType::STRING.multi(),
            Value::Multi(vec![text("a"), text(""), text("ä")]),
        ),
        (
            PropType::BINARY.multi(),
            Value::Multi(vec![Value::Binary(vec![1; 5000])]),
        ),
        (
            PropType::GUID.multi(),
            Value::Multi(vec![Value::Guid(Guid::TASK); 3]),
        ),
        (
            PropType::BINARY,
            Value::Large(Arc::new(InMemory(vec![5; 100_000]))),
        ),
    ];
    let mut properties = note("Types", "").props.into_properties();
    for (number, (kind, value)) in values.iter().cloned().enumerate() {
        properties.push(property(0x6600 + number as u16, kind, value.clone()));
        let mut named = named(Guid::LOG, number as u32, kind, value);
        named.tag = airbridge::mapi::PropTag::new(0x8100 + number as u16, kind);
        properties.push(named);
    }
    let mut message = Message {
        props: PropertyBag::new(properties).0,
        ..Message::default()
    };
    let recipient: Vec<_> = (0..)
        .zip(values)
        .filter(|(_, (_, value))| !matches!(value, Value::Large(_)))
        .map(|(number, (kind, value))| property(0x6600 + number, kind, value))
        .collect();
    message.recipients.push(PropertyBag::new(recipient).0);
    message.recipients.push(PropertyBag::default());
    let (_directory, read) = round(std::slice::from_ref(&message));
    assert_same(&message, &read[0]);
}

#[test]
fn messages_in_messages_come_back() {
    let mut inner = note("innermost", "text");
    for depth in 0..20 {
        let mut outer = note(&format!("depth {depth}"), "");
        outer.attachments.push(Attachment {
            props: PropertyBag::default(),
            data: AttachmentData::Message(Box::new(inner)),
        });
        outer.attachments.push(whole(5000 + depth));
        inner = outer;
    }
    let ole = Attachment {
        props: PropertyBag::default(),
        data: AttachmentData::Ole(Arc::new(InMemory(vec![1; 9000]))),
    };
    inner.attachments.push(ole);
    let (_directory, read) = round(std::slice::from_ref(&inner));
    assert_same(&inner, &read[0]);
}

#[test]
fn too_many_messages_in_each_other_are_a_finding() {
    let mut message = note("innermost", "text");
    for _ in 0..40 {
        let mut outer = note("outer", "");
        outer.attachments.push(Attachment {
            props: PropertyBag::default(),
            data: AttachmentData::Message(Box::new(message)),
        });
        message = outer;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep.pst");
    let mut writer = StoreWriter::create(&path, options()).unwrap();
    let written = writer.add_message(writer.ipm_subtree(), &message).unwrap();
    let codes: Vec<_> = written
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, ["pst.write.embedded-depth"]);
    writer.finish().unwrap();
    keeps_every_rule(&path);
    assert!(open(&path).findings().is_empty());
}

#[test]
fn what_cannot_be_read_is_a_finding_and_the_rest_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lost.pst");
    let mut writer = StoreWriter::create(&path, options()).unwrap();
    let mut message = note("Lost", "");
    for fails_at in [0, 100, 20_000] {
        message.attachments.push(file(Synthetic {
            size: 30_000,
            fails_at,
        }));
    }
    let written = writer.add_message(writer.ipm_subtree(), &message).unwrap();
    let codes: Vec<_> = written
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, ["pst.write.content"; 3]);
    writer.finish().unwrap();
    keeps_every_rule(&path);
    let (read, findings) = open(&path).read_message(written.nid).unwrap();
    assert!(findings.is_empty());
    let sizes: Vec<_> = read
        .attachments
        .iter()
        .map(|attachment| match &attachment.data {
            AttachmentData::File(content) => content.size(),
            _ => panic!("no file"),
        })
        .collect();
    assert_eq!(sizes, [0, 100, 20_000]);
}

#[test]
fn rows_say_what_messages_say() {
    let mut message = note("Re: Subject", "body");
    let mut properties = message.props.into_properties();
    let names = "Somebody; ".repeat(900);
    properties.push(property(
        0x003D,
        PropType::STRING,
        Value::String("Re: ".to_owned()),
    ));
    properties.push(property(0x0E04, PropType::STRING, Value::String(names)));
    properties.push(property(0x0017, PropType::I32, Value::I32(2)));
    message.props = PropertyBag::new(properties).0;
    let (_directory, read) = round(std::slice::from_ref(&message));
    assert_same(&message, &read[0]);
    assert_eq!(read[0].props.str(0x003D), Some("Re: "));
}

#[test]
fn equal_runs_make_equal_bytes() {
    let bytes = || {
        let mut messages = Vec::new();
        for number in 0..30 {
            let mut message = note(&format!("Number {number}"), &"text ".repeat(number * 50));
            message.attachments.push(whole(number as u64 * 999));
            messages.push(message);
        }
        let (directory, _) = round(&messages);
        fs::read(directory.path().join("round.pst")).unwrap()
    };
    assert!(bytes() == bytes());
}

#[test]
fn nothing_is_written_over_and_nothing_is_left() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mine.pst");
    fs::write(&path, "precious").unwrap();
    let error = StoreWriter::create(&path, options()).unwrap_err();
    assert!(matches!(error, WriteError::Exists(_)), "{error}");
    fs::remove_file(&path).unwrap();
    // Dropped in the middle; and a file that came to be meanwhile.
    for finish in [false, true] {
        let mut writer = StoreWriter::create(&path, options()).unwrap();
        let mut message = note("a", "b");
        message.attachments.push(whole(3_000_000));
        writer.add_message(writer.ipm_subtree(), &message).unwrap();
        assert!(!path.exists());
        if finish {
            fs::write(&path, "precious").unwrap();
            let error = writer.finish().unwrap_err();
            assert!(matches!(error, WriteError::Exists(_)), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        } else {
            drop(writer);
        }
        let left = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, usize::from(finish));
    }
}

#[test]
fn a_store_over_its_limit_refuses_and_stays_sound() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("small.pst");
    let limit = 2_000_000;
    let options = StoreOptions { limit, ..options() };
    let mut writer = StoreWriter::create(&path, options).unwrap();
    let mut message = note("Big", &"text ".repeat(2000));
    message.attachments.push(whole(50_000));
    let mut written = 0;
    let error = loop {
        match writer.add_message(writer.ipm_subtree(), &message) {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, WriteError::Full { .. }), "{error}");
    assert!(writer.add_message(writer.ipm_subtree(), &message).is_err());
    // What is small may still fit.
    writer.finish().unwrap();
    keeps_every_rule(&path);
    let size = fs::metadata(&path).unwrap().len();
    assert!(size <= limit && size > limit * 7 / 10, "{size}");
    assert_eq!(open(&path).scan_messages().normal, written);
    assert!(written > 15);
}

#[test]
fn an_empty_store_has_what_outlook_makes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("empty.pst");
    let writer = StoreWriter::create(&path, options()).unwrap();
    writer.finish().unwrap();
    assert_eq!(keeps_every_rule(&path), Vec::<&str>::new());
    assert_eq!(fs::metadata(&path).unwrap().len(), 271_360);
    let store = open(&path);
    let folders: Vec<_> = store
        .folders()
        .iter()
        .map(|folder| (folder.nid.0, folder.name.as_str()))
        .collect();
    assert_eq!(
        folders,
        [
            (0x122, ""),
            (0x2223, "SPAM Search Folder 2"),
            (0x8022, "Top of Outlook data file"),
            (0x8062, "Deleted Items"),
            (0x8042, "Search Root"),
            (0x8082, "IPM_COMMON_VIEWS"),
        ]
    );
    let store = bag(store.message_store_properties());
    assert_eq!(store["66FA"], "0003 I32(917521)");
}
