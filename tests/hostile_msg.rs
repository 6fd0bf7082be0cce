//! Hostile MSG files and encapsulations: circles, overlaps, lies, depth, floods, mutations and
//! cut-offs. Each ends in an item or an error, with bounded work, and never in a panic.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod judges;

use cfb::Version::{V3, V4};
use std::io::{Cursor, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use airbridge::content::{ContentRef, InMemory};
use airbridge::file_bytes::FileBytes;
use airbridge::finding::{Effect, Findings};
use airbridge::limits;
use airbridge::mapi::{
    Attachment, AttachmentData, Message, PropTag, PropType, Property, PropertyBag, Value,
};
use airbridge::mapping::{Context, mapi::to_item};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;

/// How long one input may take, in a build that is not optimised and on a busy machine.
const LONGEST: Duration = Duration::from_secs(10);

type Reader = fn(&FileBytes) -> Option<(Message, Findings)>;

fn msg(bytes: &FileBytes) -> Option<(Message, Findings)> {
    let _ = airbridge::msg::is_message(bytes);
    let _ = airbridge::msg::message_class(bytes);
    airbridge::msg::read(bytes, None).ok()
}

fn tnef(bytes: &FileBytes) -> Option<(Message, Findings)> {
    let _ = airbridge::tnef::message_class(bytes);
    airbridge::tnef::read(bytes, None).ok()
}

/// Reads an input to its last byte; gives its findings, and how many bytes its contents have.
fn through(bytes: &[u8], read: Reader) -> (Findings, u64) {
    let begun = Instant::now();
    let mut all = Findings::new();
    let mut total = 0;
    if let Some((message, findings)) = read(&FileBytes::in_memory(bytes)) {
        all.append(findings);
        let mapped = to_item(&message, &Context::default());
        for content in &mapped.contents {
            total += drain(content);
        }
        all.append(mapped.findings);
    }
    let taken = begun.elapsed();
    assert!(taken < LONGEST, "{taken:?} for {} bytes", bytes.len());
    (all, total)
}

/// Reads a content; one that breaks off is an error of its own.
fn drain(content: &ContentRef) -> u64 {
    let mut reader = content.open().unwrap();
    let mut buffer = vec![0; 64 << 10];
    let mut total = 0;
    while let Ok(read) = reader.read(&mut buffer) {
        if read == 0 {
            break;
        }
        total += read as u64;
    }
    total
}

fn property(id: u16, kind: PropType, value: Value) -> Property {
    Property {
        tag: PropTag::new(id, kind),
        name: None,
        value,
    }
}

fn message(subject: &str, attachments: Vec<Attachment>) -> Message {
    let text = |id, text: &str| property(id, PropType::STRING, Value::String(text.to_owned()));
    let properties = vec![text(0x1A, "IPM.Note"), text(0x37, subject)];
    Message {
        props: PropertyBag::new(properties).0,
        attachments,
        ..Message::default()
    }
}

fn attached(data: AttachmentData) -> Attachment {
    let method = match data {
        AttachmentData::Message(_) => 5,
        _ => 1,
    };
    let method = property(0x3705, PropType::I32, Value::I32(method));
    Attachment {
        props: PropertyBag::new(vec![method]).0,
        data,
    }
}

fn file(bytes: Vec<u8>) -> Attachment {
    attached(AttachmentData::File(Arc::new(InMemory(bytes))))
}

/// The file of a message.
fn written(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    airbridge::msg::write::write(message, &mut bytes).unwrap();
    bytes
}

/// The same file in a version of compound files.
fn in_version(version: cfb::Version, bytes: &[u8]) -> Vec<u8> {
    let mut from = cfb::CompoundFile::open_strict(Cursor::new(bytes)).unwrap();
    let mut to = cfb::CompoundFile::create_with_version(version, Cursor::new(Vec::new())).unwrap();
    let entries: Vec<_> = from.walk().skip(1).collect();
    for entry in entries {
        if entry.is_storage() {
            to.create_storage(entry.path()).unwrap();
            continue;
        }
        let mut bytes = Vec::new();
        let mut stream = from.open_stream(entry.path()).unwrap();
        stream.read_to_end(&mut bytes).unwrap();
        let mut stream = to.create_stream(entry.path()).unwrap();
        stream.write_all(&bytes).unwrap();
    }
    to.flush().unwrap();
    to.into_inner().into_inner()
}

/// A file with a large and a small attachment.
fn sample(version: cfb::Version) -> Vec<u8> {
    let files = vec![file(vec![7; 100_000]), file(vec![8; 1000])];
    in_version(version, &written(&message("a subject", files)))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn set(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn sector(bytes: &[u8], number: u32) -> usize {
    let shift = bytes[0x1E];
    (number as usize + 1) << shift
}

/// Where the entries of the FAT and of the mini FAT are in a file.
fn tables(bytes: &[u8]) -> (Vec<usize>, Vec<usize>) {
    let per_sector = (1_usize << bytes[0x1E]) / 4;
    let places = |start: usize| (0..per_sector).map(move |at| start + at * 4);
    let fat = (0..u32_at(bytes, 0x2C) as usize)
        .flat_map(|at| places(sector(bytes, u32_at(bytes, 0x4C + at * 4))))
        .collect();
    let mini = places(sector(bytes, u32_at(bytes, 0x3C))).collect();
    (fat, mini)
}

/// Every entry of both tables made a circle, an overlap, or a way out, in turn.
#[test]
fn chains_that_loop_overlap_or_lead_out() {
    let whole = sample(V3);
    let (fat, mini) = tables(&whole);
    let mut broken = 0;
    let mut places: Vec<usize> = fat.into_iter().chain(mini).collect();
    places.retain(|at| u32_at(&whole, *at) != 0xFFFF_FFFF);
    assert!(places.len() > 50, "{}", places.len());
    for (number, at) in places.iter().enumerate().step_by(5) {
        for target in [number as u32, 0, 1, 5, 0x00FF_FFFF, 0xFFFF_FFFE] {
            let mut bytes = whole.clone();
            set(&mut bytes, *at, target);
            let (findings, total) = through(&bytes, msg);
            let most = 2 * bytes.len() as u64;
            assert!(total <= most, "{total} bytes of {}", bytes.len());
            broken += usize::from(findings.worst() == Some(Effect::Lost));
        }
    }
    assert!(broken > 20, "{broken}");
}

/// Every link of the directory made each other entry: siblings and children in circles.
#[test]
fn directories_that_loop() {
    let whole = sample(V3);
    let start = sector(&whole, u32_at(&whole, 0x30));
    for entry in 0..4 {
        for link in [68, 72, 76] {
            for target in [0, 1, 2, 3, 0x7FFF_FFFF] {
                let mut bytes = whole.clone();
                set(&mut bytes, start + entry * 128 + link, target);
                through(&bytes, msg);
            }
        }
    }
}

#[test]
fn headers_and_sizes_that_lie() {
    for version in [V3, V4] {
        lie(&sample(version));
    }
}

fn lie(whole: &[u8]) {
    for at in (0x18..0x60).step_by(2) {
        for value in [0, 1, 0xFFFF, 0x7FFF] {
            let mut bytes = whole.to_vec();
            bytes[at..at + 2].copy_from_slice(&u16::to_le_bytes(value));
            through(&bytes, msg);
        }
    }
    // The size of every entry of the first sectors of the directory.
    let start = sector(whole, u32_at(whole, 0x30));
    for entry in 0..4 {
        for size in [0xFFFF_FFFF, 0x7FFF_FFFF, whole.len() as u32] {
            let mut bytes = whole.to_vec();
            set(&mut bytes, start + entry * 128 + 120, size);
            let (_, total) = through(&bytes, msg);
            assert!(total <= 2 * bytes.len() as u64);
        }
    }
}

/// A DIFAT that goes in a circle, in a file that wants more of the FAT than the header lists.
#[test]
fn a_difat_that_loops() {
    let mut bytes = sample(V3);
    bytes.resize(8 << 20, 0);
    let own = (bytes.len() / 512 - 3) as u32;
    let at = sector(&bytes, own);
    set(&mut bytes, 0x44, own);
    set(&mut bytes, 0x48, 1_000_000);
    set(&mut bytes, at + 508, own);
    through(&bytes, msg);
}

#[test]
fn messages_deeper_than_the_limit() {
    let depth = limits::EMBEDDED_DEPTH + 8;
    // The writer stops at the limit, so a file is put into the next one as the storage that it is.
    let mut outer = written(&message("innermost", vec![]));
    for level in 0..depth {
        let mut inner = file(Vec::new());
        inner.data = AttachmentData::Ole(Arc::new(InMemory(outer)));
        outer = written(&message(&format!("level {level}"), vec![inner]));
    }
    let (findings, _) = through(&outer, msg);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["msg.message.embedded-depth"]);

    let mut inner = encapsulation(&[]);
    for _ in 0..depth {
        let mut props = 1_u32.to_le_bytes().to_vec();
        props.extend([0x0D, 0, 0x01, 0x37, 1, 0, 0, 0]);
        props.extend((inner.len() as u32 + 16).to_le_bytes());
        props.extend([7, 3, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]);
        props.extend(&inner);
        props.resize(props.len().next_multiple_of(4), 0);
        inner = encapsulation(&[(2, 0x0006_9002, &[0; 14]), (2, 0x0006_9005, &props)]);
    }
    let (findings, _) = through(&inner, tnef);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["tnef.message.embedded-depth"]);
}

/// An encapsulation of these attributes, after its class.
fn encapsulation(attributes: &[(u8, u32, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0x78, 0x9F, 0x3E, 0x22, 1, 0];
    let class: (u8, u32, &[u8]) = (1, 0x0007_8008, b"IPM.Note\0");
    for (level, id, data) in std::iter::once(&class).chain(attributes) {
        bytes.push(*level);
        bytes.extend(id.to_le_bytes());
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(*data);
        let sum = data.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        bytes.extend((sum as u16).to_le_bytes());
    }
    bytes
}

/// Counts that lie, and floods of what costs a reader more than a writer.
#[test]
fn encapsulations_that_lie_and_flood() {
    let lie = 0xFFFF_FFFF_u32.to_le_bytes();
    let list = [
        &1_u32.to_le_bytes()[..],
        &[0x1F, 0x10, 0, 0x30],
        &lie,
        &[0; 400_000],
    ]
    .concat();
    let wide = [&lie[..], &[3, 0, 0, 0x30, 1, 0, 0, 0].repeat(200_000)].concat();
    let rows = [&lie[..], &[0; 400_000]].concat();
    let names = {
        let one = [
            &[3, 0, 0, 0x80][..],
            &[9; 16],
            &[0; 4],
            &[5, 0, 0, 0],
            &[1, 0, 0, 0],
        ]
        .concat();
        [&20_000_u32.to_le_bytes()[..], &one.repeat(20_000)].concat()
    };
    for (id, data) in [
        (0x0006_9003, &list),
        (0x0006_9003, &wide),
        (0x0006_9003, &names),
        (0x0006_9004, &rows),
    ] {
        let (findings, _) = through(&encapsulation(&[(1, id, data)]), tnef);
        assert_eq!(findings.worst(), Some(Effect::Lost), "{id:#x}");
    }
    let empty: (u8, u32, &[u8]) = (2, 0x0006_9002, &[0; 14]);
    let (findings, _) = through(&encapsulation(&vec![empty; 60_000]), tnef);
    assert_eq!(findings.worst(), Some(Effect::Lost));
    // The same attribute many times: the first counts. And as many that nobody knows.
    let older: (u8, u32, &[u8]) = (1, 0x0001_8004, b"subject\0");
    through(&encapsulation(&vec![older; 60_000]), tnef);
    let unknown: Vec<(u8, u32, &[u8])> =
        (0..60_000).map(|id| (1, id << 4 | 15, &b"x"[..])).collect();
    through(&encapsulation(&unknown), tnef);
}

/// Twice the input, no more than about twice the work: what is met is counted, not timed.
#[test]
fn work_grows_with_the_input() {
    let files = |count: usize| written(&message("", vec![file(vec![1; 5000]); count]));
    for count in [20, 40, 80] {
        let (findings, total) = through(&files(count), msg);
        assert!(findings.is_empty());
        assert_eq!(total, 5000 * count as u64);
    }
    // Sixteen times would be quadratic; the best of three allows for a busy machine.
    let best = |bytes: &[u8]| {
        let rounds = (0..3).map(|_| {
            let begun = Instant::now();
            through(bytes, msg);
            begun.elapsed()
        });
        rounds.min().unwrap()
    };
    let (small, large) = (best(&files(100)), best(&files(400)));
    assert!(large < small * 12, "{large:?} after {small:?}");
}

/// Random bytes of files of the corpus changed, with fixed seeds; and every file cut off anywhere.
#[test]
fn mutations_and_cut_offs() {
    let inputs: [(&str, &[&str], Reader); 2] = [
        ("msg", &["msg", "oft"], msg),
        ("tnef", &["tnef", "dat"], tnef),
    ];
    for (folder, endings, read) in inputs {
        let Some(files) = judges::files(folder, endings) else {
            return;
        };
        let small: Vec<Vec<u8>> = files
            .iter()
            .map(|(_, path)| std::fs::read(path).unwrap())
            .filter(|bytes| bytes.len() < 70_000)
            .collect();
        assert!(small.len() >= 14);
        small.par_iter().enumerate().for_each(|(number, whole)| {
            let mut random = StdRng::seed_from_u64(number as u64);
            for round in 0..8 {
                let mut bytes = whole.clone();
                for _ in 0..1 << (round % 7) {
                    let at = random.random_range(0..bytes.len());
                    bytes[at] = match random.random_range(0..4) {
                        0 => 0,
                        1 => 0xFF,
                        2 => bytes[at] ^ 1 << random.random_range(0..8),
                        _ => random.random(),
                    };
                }
                let (_, total) = through(&bytes, read);
                // Every sector twice at most, and texts from code pages and RTF.
                assert!(total < 40 * bytes.len() as u64 + 100_000, "{total}");
            }
            for _ in 0..4 {
                let cut = random.random_range(0..whole.len());
                through(&whole[..cut], read);
            }
        });
    }
}
