//! Stores that airbridge writes, judged by programs that nobody here wrote: a strict checker of the
//! format, libpst, libpff, pst-extractor, the crate outlook-pst. Every store of the corpus is
//! copied into a new one; each judge must find no fault and exactly the messages that went in.
//!
//! What libpff reads from the copies, property by property, is in `judge_values.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use airbridge::content::InMemory;
use airbridge::mapi::{Attachment, AttachmentData, Message, PropertyBag};
use airbridge::pst::Store;
use airbridge::pst::write::StoreWriter;
use outlook_pst::UnicodePstFile;
use outlook_pst::ltp::prop_context::PropertyValue;
use outlook_pst::ltp::table_context::TableContext;
use outlook_pst::messaging::attachment::{
    Attachment as _, AttachmentData as TheirData, UnicodeAttachment,
};
use outlook_pst::messaging::folder::{Folder as _, UnicodeFolder};
use outlook_pst::messaging::message::{Message as _, UnicodeMessage};
use outlook_pst::messaging::store::{Store as _, UnicodeStore};
use outlook_pst::ndb::node_id::NodeId as TheirNode;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use written::{contents, copy, keeps_every_rule, note, open, options};

/// A store of the corpus and its copy.
struct Copied {
    name: String,
    source: PathBuf,
    path: PathBuf,
}

struct Copies {
    _directory: tempfile::TempDir,
    all: Vec<Copied>,
}

/// Copies of all stores, and one of messages made for the limits of the format, made once.
fn copies() -> Option<&'static [Copied]> {
    static COPIES: OnceLock<Option<Copies>> = OnceLock::new();
    let copies = COPIES.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let mut all = Vec::new();
        for (number, (name, source)) in judges::corpus()?.into_iter().enumerate() {
            let path = directory.path().join(format!("{number}.pst"));
            copy(&open(&source), &path);
            all.push(Copied { name, source, path });
        }
        Some(Copies {
            _directory: directory,
            all,
        })
    });
    copies.as_ref().map(|copies| copies.all.as_slice())
}

/// The checker's folder, and a word when it is not here.
fn checker() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/tools/pst-judges");
    if path.join("pstcheck.py").exists() {
        return Some(path);
    }
    judges::skip("../shared/tools/pst-judges is not here");
    None
}

/// Errors and warnings of the strict checker for each store.
fn check(paths: &[&Path]) -> Option<Vec<Json>> {
    let folder = checker()?;
    judges::python_of("strict_check.py", &[&folder], &["json"], paths)
}

/// Warnings that every store of Outlook has too: the last index given is the last in use, and two
/// columns that only rows have.
fn expected(warning: &str) -> bool {
    warning.starts_with("rgnid[")
        || warning.ends_with("0e170003 present in row, absent in PC")
        || warning.ends_with("30130102 present in row, absent in PC")
}

fn assert_sound(paths: &[&Path], names: &[&str]) {
    let Some(lines) = check(paths) else { return };
    assert_eq!(lines.len(), paths.len());
    for (line, name) in lines.iter().zip(names) {
        assert_eq!(line["errors"], Json::Array(Vec::new()), "{name}");
        let warnings = line["warnings"].as_array().unwrap().iter();
        let odd: Vec<_> = warnings
            .map(|warning| warning.as_str().unwrap())
            .filter(|warning| !expected(warning))
            .collect();
        assert_eq!(odd, Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn a_strict_checker_finds_no_fault() {
    let Some(copies) = copies() else { return };
    let paths: Vec<_> = copies.iter().map(|copy| copy.path.as_path()).collect();
    let names: Vec<_> = copies.iter().map(|copy| copy.name.as_str()).collect();
    assert_sound(&paths, &names);
}

/// The project's own checker, with every rule.
#[test]
fn our_own_checker_finds_no_fault() {
    let Some(copies) = copies() else { return };
    let mut kept = BTreeSet::new();
    for copy in copies {
        kept.extend(keeps_every_rule(&copy.path));
    }
    println!("kept from the sources: {kept:?}");
}

/// Sizes, counts, versions and keys that SCANPST compares: no store is "bad" in any.
#[test]
fn the_rules_of_scanpst_hold() {
    let Some(copies) = copies() else { return };
    let Some(folder) = checker() else { return };
    let out = Command::new("python3")
        .arg(folder.join("rules.py"))
        .args(copies.iter().map(|copy| &copy.path))
        .output()
        .unwrap();
    assert!(out.status.success(), "rules.py failed");
    let text = String::from_utf8(out.stdout).unwrap();
    let mut held = 0;
    for line in text.lines() {
        let bad = line
            .split(" bad")
            .nth(1)
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap();
        // A row has the conversation either of the index or of the topic: one of the two rules.
        if line.starts_with("row 0x3013") {
            continue;
        }
        assert_eq!(bad, "0", "{line}");
        held += 1;
    }
    assert!(held >= 11, "{text}");
}

/// Heaps with block maps, trees of several levels, tables and values in subnodes.
#[test]
fn large_tables_are_sound() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("many.pst");
    let mut writer = StoreWriter::create(&path, options()).unwrap();
    let folder = writer
        .add_folder(writer.ipm_subtree(), "Many", None)
        .unwrap();
    let mut tree = folder;
    for number in 0..1200 {
        if number % 120 == 0 {
            tree = writer
                .add_folder(tree, &format!("Level {number}"), None)
                .unwrap();
        }
        writer
            .add_folder(tree, &format!("Folder {number}"), Some("IPF.Note"))
            .unwrap();
    }
    for number in 0..6000 {
        // Every hundredth has a cell that does not fit the heap.
        let long = if number % 100 == 0 { 400 } else { 3 };
        let mut message = note(&format!("{number} {}", "subject ".repeat(long)), "body");
        for number in 0..number % 3 {
            let text = airbridge::mapi::Value::String(format!("Person {number}"));
            let kind = airbridge::mapi::PropType::STRING;
            let row = vec![written::property(0x3001, kind, text)];
            message
                .recipients
                .push(airbridge::mapi::PropertyBag::new(row).0);
        }
        writer.add_message(folder, &message).unwrap();
    }
    assert!(writer.finish().unwrap().is_empty());
    let store = open(&path);
    assert!(store.findings().is_empty());
    assert_eq!(
        store
            .locations()
            .filter(|location| !location.orphan)
            .count(),
        6000
    );
    assert_eq!(store.folders().len(), 6 + 1 + 1210);
    assert_sound(&[&path], &["many"]);
    keeps_every_rule(&path);
    let read = theirs(&path);
    assert_eq!(read.failed, Vec::<String>::new());
    assert_eq!(read.messages, 6000);
    if let Some(groups) = libpst(&path) {
        assert_eq!(groups, BTreeMap::from([("Email".to_owned(), 6000)]));
    }
}

/// From 128 sections on there is a map of the free space of each.
#[test]
fn a_store_of_many_sections_is_sound() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large.pst");
    let mut writer = StoreWriter::create(&path, options()).unwrap();
    let mut message = note("Large", "");
    message.attachments.push(Attachment {
        props: PropertyBag::default(),
        data: AttachmentData::File(Arc::new(InMemory(vec![7; 36 << 20]))),
    });
    writer.add_message(writer.ipm_subtree(), &message).unwrap();
    writer.finish().unwrap();
    assert_sound(&[&path], &["large"]);
    keeps_every_rule(&path);
    let bytes = std::fs::read(&path).unwrap();
    let section = |number: usize| 0x4400 + number * 0x3E000;
    let fmap = &bytes[section(128) + 0x400..section(128) + 0x600];
    assert_eq!(fmap[496..498], [0x82, 0x82]);
    let sections = (bytes.len() - 0x4400) / 0x3E000;
    for number in 128..sections {
        let map = &bytes[section(number)..section(number) + 496];
        let free = map.iter().map(|byte| byte.count_zeros()).sum::<u32>();
        // What is free of a section is one run at its end.
        assert_eq!(u32::from(fmap[number - 128]), free.min(255), "{number}");
    }
    assert!(sections > 140 && fmap[sections - 128..496].iter().all(|byte| *byte == 0));
}

/// What a reader made of a store.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    messages: u64,
    recipients: u64,
    attachments: u64,
    /// Of the bytes of files, in any order.
    hashes: BTreeMap<[u8; 32], u64>,
    /// What could not be read, and why.
    failed: Vec<String>,
}

impl Read {
    fn file(&mut self, bytes: &[u8]) {
        *self.hashes.entry(Sha256::digest(bytes).into()).or_default() += 1;
    }
}

/// What airbridge reads from the source.
fn ours(store: &Store) -> Read {
    let mut read = Read::default();
    for location in store.locations() {
        let (message, _) = store.read_message(location.nid).unwrap();
        read.messages += 1;
        read.recipients += message.recipients.len() as u64;
        add_files(&message, &mut read);
    }
    read
}

fn add_files(message: &Message, read: &mut Read) {
    for attachment in &message.attachments {
        match &attachment.data {
            // The crate says `AttachmentMethodNotFound` of every attachment whose data is an
            // object, in stores of Outlook as in these.
            AttachmentData::Message(_) | AttachmentData::Ole(_) => {
                read.failed.push("AttachmentMethodNotFound".to_owned());
                continue;
            }
            AttachmentData::File(content) => {
                let bytes = airbridge::content::read_all(&**content, u64::MAX - 1).unwrap();
                read.file(&bytes);
            }
            AttachmentData::None | AttachmentData::Reference => {}
        }
        read.attachments += 1;
    }
}

/// What the crate outlook-pst reads.
fn theirs(path: &Path) -> Read {
    let store = UnicodeStore::read(Rc::new(UnicodePstFile::open(path).unwrap())).unwrap();
    let mut read = Read::default();
    let rows = |table: &dyn TableContext| -> Vec<TheirNode> {
        let rows = table.rows_matrix();
        rows.map(|row| TheirNode::from(u32::from(row.id())))
            .collect()
    };
    let mut waiting = vec![TheirNode::from(0x122)];
    while let Some(node) = waiting.pop() {
        let entry = store.properties().make_entry_id(node).unwrap();
        let folder = match UnicodeFolder::read(Rc::clone(&store), &entry) {
            Ok(folder) => folder,
            Err(error) => {
                read.failed.push(reason(&error));
                continue;
            }
        };
        waiting.extend(
            folder
                .hierarchy_table()
                .map(|table| rows(table.as_ref()))
                .into_iter()
                .flatten(),
        );
        for node in folder
            .contents_table()
            .map(|table| rows(table.as_ref()))
            .into_iter()
            .flatten()
        {
            let entry = store.properties().make_entry_id(node).unwrap();
            let message = match UnicodeMessage::read(Rc::clone(&store), &entry, None) {
                Ok(message) => message,
                Err(error) => {
                    read.failed.push(reason(&error));
                    continue;
                }
            };
            read.messages += 1;
            if let Some(table) = message.recipient_table() {
                read.recipients += table.rows_matrix().count() as u64;
            }
            let table = message.attachment_table();
            for node in table
                .map(|table| rows(table.as_ref()))
                .into_iter()
                .flatten()
            {
                let attachment = match UnicodeAttachment::read(Rc::clone(&message), node, None) {
                    Ok(attachment) => attachment,
                    Err(error) => {
                        read.failed.push(reason(&error));
                        continue;
                    }
                };
                read.attachments += 1;
                if let Some(TheirData::Binary(data)) = attachment.data() {
                    read.file(data.buffer());
                } else if let Some(PropertyValue::Binary(data)) =
                    attachment.properties().get(0x3701)
                {
                    read.file(data.buffer());
                }
            }
        }
    }
    read
}

/// What is wrong, without where.
fn reason(error: &std::io::Error) -> String {
    format!("{:?}", error.get_ref().unwrap())
}

#[test]
fn the_crate_outlook_pst_reads_what_went_in() {
    let Some(copies) = copies() else { return };
    let mut messages = 0;
    for copy in copies {
        let (ours, theirs) = (ours(&open(&copy.source)), theirs(&copy.path));
        assert_eq!(theirs.failed, ours.failed, "{}", copy.name);
        assert_eq!(theirs, ours, "{}", copy.name);
        messages += ours.messages;
    }
    assert!(messages > 1000);
}

/// Lines that lspst prints for a store, by group; none when it is not installed.
fn libpst(path: &Path) -> Option<BTreeMap<String, u64>> {
    let out = Command::new("lspst").arg(path).output();
    let Ok(out) = out else {
        judges::skip("lspst (pst-utils) is not installed");
        return None;
    };
    // What it lists before it stops counts all the same.
    let mut groups = BTreeMap::new();
    for line in String::from_utf8_lossy(&out.stdout).lines() {
        let group = line.split_whitespace().next().unwrap_or_default();
        if matches!(group, "Email" | "Contact" | "Appointment" | "Journal") {
            *groups.entry(group.to_owned()).or_default() += 1;
        }
    }
    Some(groups)
}

/// libpst lists what it lists of the source; where it lists less of that, it stops in the middle
/// (`judge_counts.rs`), and lists all of the copy.
#[test]
fn libpst_lists_what_went_in() {
    let Some(copies) = copies() else { return };
    for copy in copies {
        let (Some(from), Some(to)) = (libpst(&copy.source), libpst(&copy.path)) else {
            return;
        };
        let count = |groups: &BTreeMap<String, u64>| groups.values().sum::<u64>();
        let all = open(&copy.source).scan_messages().normal;
        println!(
            "{}: {all}, {} of the source, {}",
            copy.name,
            count(&from),
            count(&to)
        );
        assert!(
            from == to || count(&to) > count(&from),
            "{}: {from:?} {to:?}",
            copy.name
        );
    }
}

#[test]
fn pst_extractor_reads_as_many_messages() {
    let Some(copies) = copies() else { return };
    let Some(folder) = checker() else { return };
    let Some(modules) = std::env::var_os("NODE_PATH") else {
        println!("SKIPPED: pst-extractor is optional; NODE_PATH says where it is");
        return;
    };
    for copy in copies {
        let out = Command::new("node")
            .env("NODE_PATH", &modules)
            .arg(folder.join("pst_extractor_walk.js"))
            .arg(&copy.path)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let count = open(&copy.source).scan_messages().normal;
        assert_eq!(text.trim(), format!("messages {count}"), "{}", copy.name);
    }
}

/// The words of a dump of the checker, node by node.
fn nodes(dump: &str) -> BTreeMap<u32, Vec<String>> {
    let mut nodes = BTreeMap::new();
    for part in dump.split("### nid ").skip(1) {
        let nid = part.split_whitespace().next().unwrap();
        let nid = u32::from_str_radix(nid.strip_prefix("0x").unwrap(), 16).unwrap();
        let lines = part
            .lines()
            .skip(1)
            .map(str::trim)
            .take_while(|line| !line.is_empty());
        nodes.insert(nid, lines.map(str::to_owned).collect());
    }
    nodes
}

/// Nodes of an empty store of Outlook that it makes itself when it needs them.
const OF_OUTLOOK: [u32; 4] = [0xE01, 0xEE1, 0xF01, 0xF21];

/// Values that are of one store: keys made of its record key, its name, versions of rows.
fn of_one_store(line: &str) -> bool {
    [
        "0E340102", "0FF90102", "35E00102", "35E30102", "35E60102", "35E70102",
    ]
    .iter()
    .any(|tag| line.starts_with(tag))
        || line.contains("'Empty'")
        || line.contains("'Test'")
}

#[test]
fn an_empty_store_equals_one_of_outlook() {
    let Some(folder) = checker() else { return };
    let blueprint = folder.join("../../reference/blueprint-Empty.txt");
    let Ok(blueprint) = std::fs::read_to_string(blueprint) else {
        judges::skip("../shared/reference/blueprint-Empty.txt is not here");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("empty.pst");
    StoreWriter::create(&path, options())
        .unwrap()
        .finish()
        .unwrap();
    assert_sound(&[&path], &["empty"]);
    let out = Command::new("python3")
        .arg(folder.join("pstcheck.py"))
        .args([path.as_os_str(), "--dump".as_ref()])
        .output()
        .unwrap();
    let (theirs, ours) = (
        nodes(&blueprint),
        nodes(&String::from_utf8_lossy(&out.stdout)),
    );
    let missing: Vec<_> = theirs
        .keys()
        .filter(|nid| !ours.contains_key(nid))
        .collect();
    assert_eq!(missing, OF_OUTLOOK.iter().collect::<Vec<_>>());
    assert!(ours.keys().all(|nid| theirs.contains_key(nid)));
    let columns = |lines: &[String]| lines.iter().find(|line| line.starts_with("cols")).cloned();
    let rows = |lines: &[String]| -> Vec<String> {
        let rows = lines.iter().filter(|line| line.starts_with("row"));
        // Without its number and version, which depend on the order of the writes.
        let mut rows: Vec<_> = rows
            .map(|row| {
                row.split(" pos").next().unwrap().to_owned() + row.split(": ").nth(1).unwrap()
            })
            .map(|row| row.split("; 67F3").next().unwrap().to_owned())
            .collect();
        rows.sort();
        rows
    };
    for (nid, lines) in &ours {
        let other = &theirs[nid];
        if let Some(columns_here) = columns(lines) {
            // Outlook adds columns to tables of folders that it has shown; the template is what all
            // start from.
            let template = match nid & 0x1F {
                _ if *nid < 0x1000 && *nid != 0x12F => columns(other),
                0x0D => columns(&theirs[&0x60D]),
                0x0E => columns(&theirs[&0x60E]),
                0x0F => columns(&theirs[&0x60F]),
                _ => columns(other),
            };
            let template = if *nid == 0x12D {
                columns(&theirs[&0x60D])
            } else {
                template
            };
            assert_eq!(Some(columns_here), template, "node {nid:#x}");
            assert_eq!(rows(lines), rows(other), "node {nid:#x}");
        } else if *nid != 0x61 {
            let strip = |lines: &[String]| -> Vec<String> {
                lines
                    .iter()
                    .filter(|line| !of_one_store(line))
                    .cloned()
                    .collect()
            };
            assert_eq!(strip(lines), strip(other), "node {nid:#x}");
        }
    }
}

#[test]
fn a_copy_of_a_copy_is_the_copy() {
    let Some(copies) = copies() else { return };
    let directory = tempfile::tempdir().unwrap();
    for one in copies
        .iter()
        .filter(|copy| copy.name.contains("pst_to_eml"))
    {
        let path = directory.path().join("again.pst");
        let first = open(&one.path);
        let (pairs, findings) = copy(&first, &path);
        assert!(findings.is_empty());
        let second = open(&path);
        for pair in pairs {
            let (from, _) = first.read_message(pair.from).unwrap();
            let (to, _) = second.read_message(pair.to).unwrap();
            assert_eq!(contents(&from), contents(&to), "{}", one.name);
        }
        std::fs::remove_file(&path).unwrap();
    }
}
