//! Every store of the corpus is read whole, and damaged copies of small ones without harm.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::type_complexity,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use airbridge::finding::Effect;
use airbridge::mapi::{AttachmentData, Message};
use airbridge::pst::ndb::checksum::crc;
use airbridge::pst::{Format, ReadOptions, Store};

/// Stores for which the index, made with libpff, is wrong; what is there by the bytes, and why.
const EXCEPTIONS: [(&str, &[(&str, u64)], &str); 3] = [
    (
        "Test_part1.pst",
        &[
            ("IPM.Appointment", 9),
            ("IPM.Contact", 21),
            ("IPM.Note", 31),
        ],
        "libpff fails on 12 of the 21 contacts; lspst lists 19; the node B-tree has 61 messages",
    ),
    (
        "Outlook~1.pst",
        &[
            ("IPM.Appointment", 1),
            ("IPM.Contact", 1),
            ("IPM.Microsoft.ScheduleData.FreeBusy", 1),
            ("IPM.Note", 14),
        ],
        "libpff stops at a page whose id is not that of the reference; its contents are right",
    ),
    (
        "AddingBulkMessagesWithImprovedPerformance.pst",
        &[],
        "torn while being written; the node B-tree has no message",
    ),
];

fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if path.join("INDEX.tsv").exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "no corpus at {}",
        path.display()
    );
    println!("SKIPPED: no corpus at {}", path.display());
    None
}

/// Stores of the index and their `items:` notes.
fn stores(corpus: &Path) -> Vec<(PathBuf, String)> {
    let index = fs::read_to_string(corpus.join("INDEX.tsv")).unwrap();
    index
        .lines()
        .filter(|line| line.starts_with("pst/") || line.starts_with("ost/"))
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            (corpus.join(columns[0]), columns[7].to_owned())
        })
        .collect()
}

fn expected(path: &Path, notes: &str) -> Option<BTreeMap<String, u64>> {
    let name = path.file_name()?.to_str()?;
    if let Some((_, counts, _)) = EXCEPTIONS.iter().find(|(store, ..)| *store == name) {
        return Some(
            counts
                .iter()
                .map(|&(class, count)| (class.to_owned(), count))
                .collect(),
        );
    }
    let items = notes
        .split(" | ")
        .find_map(|note| note.strip_prefix("items: "))?;
    if items == "none seen by libpff" {
        return Some(BTreeMap::new());
    }
    let pair = |item: &str| {
        let (class, count) = item.split_once('=')?;
        Some((class.to_owned(), count.parse().ok()?))
    };
    Some(items.split(", ").map(|item| pair(item).unwrap()).collect())
}

/// What reading a store gave.
#[derive(Debug, Default)]
struct Tally {
    classes: BTreeMap<String, u64>,
    attachments: u64,
    without_data: u64,
    bytes: u64,
    broken_streams: u64,
    failed: u64,
    lost: Vec<String>,
}

impl Tally {
    fn contents(&mut self, message: &Message) {
        for attachment in &message.attachments {
            self.attachments += 1;
            match &attachment.data {
                AttachmentData::File(content) | AttachmentData::Ole(content) => {
                    let copied = content
                        .open()
                        .and_then(|mut reader| io::copy(&mut reader, &mut io::sink()));
                    match copied {
                        Ok(bytes) => {
                            self.bytes += bytes;
                            self.broken_streams += u64::from(bytes != content.size());
                        }
                        Err(_) => self.broken_streams += 1,
                    }
                }
                AttachmentData::Message(message) => self.contents(message),
                AttachmentData::None => self.without_data += 1,
                AttachmentData::Reference => {}
            }
        }
    }
}

fn read_whole(store: &Store) -> Tally {
    let mut tally = Tally::default();
    for mut locations in [store.locations(), store.associated_locations()] {
        for location in locations.by_ref() {
            match store.read_message(location.nid) {
                Ok((message, findings)) => {
                    if !location.associated {
                        let class = message.props.str(0x001A).unwrap_or("(none)");
                        *tally.classes.entry(class.to_owned()).or_default() += 1;
                    }
                    tally.contents(&message);
                    tally.lost.extend(
                        findings
                            .iter()
                            .filter(|finding| finding.effect == Effect::Lost)
                            .map(ToString::to_string),
                    );
                }
                Err(_) => tally.failed += 1,
            }
        }
        tally
            .lost
            .extend(locations.take_findings().iter().map(ToString::to_string));
    }
    tally
}

#[test]
fn every_store_is_read_whole() {
    let Some(corpus) = corpus() else { return };
    let mut compared = 0;
    for (path, notes) in stores(&corpus) {
        let store = Store::open(&path, &ReadOptions::default()).unwrap();
        let tally = read_whole(&store);
        let name = path.display();
        let expected = expected(&path, &notes).unwrap_or_else(|| panic!("{name}: no items note"));
        assert_eq!(tally.classes, expected, "{name}");
        assert_eq!(tally.lost, Vec::<String>::new(), "{name}");
        assert_eq!(
            (tally.failed, tally.without_data, tally.broken_streams),
            (0, 0, 0),
            "{name}"
        );
        let counts = store.scan_messages();
        assert_eq!(counts.normal, expected.values().sum::<u64>(), "{name}");
        assert_eq!(counts.normal, store.locations().count() as u64, "{name}");
        compared += 1;
    }
    assert!(compared >= 56, "only {compared} stores in the index");
}

#[test]
fn declared_counts_and_paths() {
    let Some(corpus) = corpus() else { return };
    for (path, _) in stores(&corpus) {
        let store = Store::open(&path, &ReadOptions::default()).unwrap();
        let mut counts = vec![0_u64; store.folders().len()];
        for location in store.locations() {
            if let Some(folder) = location.folder {
                counts[folder] += 1;
            }
        }
        for (index, folder) in store.folders().iter().enumerate() {
            if let (false, Some(declared)) = (folder.is_search, folder.declared_count) {
                assert_eq!(
                    declared,
                    counts[index],
                    "{}: {:?}",
                    path.display(),
                    folder.path
                );
            }
            assert!(folder.parent.is_none_or(|parent| parent < index));
        }
        let visible = store
            .folders()
            .iter()
            .filter(|folder| folder.in_ipm_subtree);
        assert!(visible.count() > 0, "{}", path.display());
    }
}

/// A user writes `Inbox`, whatever the store calls what is above it.
#[test]
fn folders_are_named_from_the_mailbox_down() {
    let Some(corpus) = corpus() else { return };
    for (path, _) in stores(&corpus) {
        if path.extension().is_none_or(|extension| extension != "ost") {
            continue;
        }
        let store = Store::open(&path, &ReadOptions::default()).unwrap();
        let folders = store.folders();
        let inbox = folders.iter().find(|folder| folder.name == "Inbox");
        if let Some(inbox) = inbox {
            assert_eq!(inbox.path, ["Inbox"], "{}", path.display());
            assert!(inbox.in_ipm_subtree);
        }
        let public = folders.iter().filter(|folder| {
            folder
                .path
                .first()
                .is_some_and(|top| top == "Root - Public")
        });
        assert!(public.into_iter().all(|folder| !folder.in_ipm_subtree));
    }
}

#[test]
fn formats_are_told() {
    let Some(corpus) = corpus() else { return };
    for (path, notes) in stores(&corpus) {
        let store = Store::open(&path, &ReadOptions::default()).unwrap();
        let format = if notes.contains("4K-OST") {
            Format::Unicode4k
        } else if notes.contains(" ANSI;") {
            Format::Ansi
        } else {
            Format::Unicode
        };
        assert_eq!(store.format(), format, "{}", path.display());
    }
}

/// xorshift64*: the same damage in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }
}

/// Places where something is, so that damage hits it.
fn used(bytes: &[u8], random: &mut Random) -> usize {
    for _ in 0..100 {
        let at = random.below(bytes.len());
        if bytes[at] != 0 {
            return at;
        }
    }
    0
}

fn damage(bytes: &mut Vec<u8>, wide: bool, random: &mut Random) {
    for _ in 0..=random.below(8) {
        let at = used(bytes, random);
        match random.below(7) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            2 => {
                let end = (at + 1 + random.below(600)).min(bytes.len());
                bytes[at..end].fill(if random.below(2) == 0 { 0 } else { 0xFF });
            }
            3 => {
                let keep = bytes.len() - random.below(bytes.len() / 2);
                bytes.truncate(keep);
            }
            4 => {
                let (from, to) = (at & !511, random.below(bytes.len()) & !511);
                if from.max(to) + 512 <= bytes.len() {
                    bytes.copy_within(from..from + 512, to);
                }
            }
            5 => {
                let from = used(bytes, random) & !3;
                if at.max(from) + 4 <= bytes.len() {
                    bytes.copy_within(from..from + 4, at & !3);
                }
            }
            // A page that is wrong and yet has a right checksum.
            _ => {
                let page = at & !511;
                let (trailer, sum) = if wide { (496, 500) } else { (500, 508) };
                if page >= 1024 && page + 512 <= bytes.len() {
                    let place = page + random.below(trailer);
                    bytes[place] = random.below(256) as u8;
                    let right = crc(&bytes[page..page + trailer]).to_le_bytes();
                    bytes[page + sum..page + sum + 4].copy_from_slice(&right);
                }
            }
        }
    }
}

#[test]
fn damage_is_survived() {
    let Some(corpus) = corpus() else { return };
    let samples = [
        ("pst/farnulfo__pst-exp/sample1.pst", true),
        ("pst/farnulfo__pst-exp/sample2.pst", false),
        ("pst/HiraokaHyperTools__pst_to_eml/msgInMsgInMsg.pst", true),
        ("pst/simiden__pst2john/97_outlook_pass12345.pst", false),
        ("pst/tghanem__PST/user1@test.lab.pst", true),
    ];
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("damaged.pst");
    let (mut opened, mut messages) = (0, 0);
    for (number, (sample, wide)) in samples.into_iter().enumerate() {
        let whole = fs::read(corpus.join(sample)).unwrap();
        for seed in 1..=60_u64 {
            let mut bytes = whole.clone();
            let mut random = Random((seed << 8) | (number as u64 + 1));
            damage(&mut bytes, wide, &mut random);
            fs::write(&path, &bytes).unwrap();
            let start = Instant::now();
            if let Ok(store) = Store::open(&path, &ReadOptions::default()) {
                opened += 1;
                messages += read_whole(&store).classes.values().sum::<u64>();
            }
            let took = start.elapsed();
            assert!(
                took < Duration::from_secs(5),
                "{sample}, seed {seed}: {took:?}"
            );
        }
    }
    println!("{opened} of 300 opened, {messages} messages read");
    assert!(opened > 250, "only {opened} of 300 opened");
}
