//! The files of an archive: which hold items, where each item is, and what is attached to it.
//!
//! *Invariants*: a file of one item (each message has its own) is unpacked when the item is read; a
//! file of many is unpacked once, into an unnamed file, since an archive cannot be entered in the
//! middle. Of an item an index of a few dozen bytes is held.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use unicode_normalization::UnicodeNormalization;

use super::split::Split;
use super::{Element, Kind};
use crate::archive::{self, Directory, Entry, NoDirectory, Packed, Record, Spool, Survey};
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::limits;

/// Bytes of a file that tell what it holds.
const HEAD: u64 = 4 << 10;
/// Names told in one finding.
const NAMES: usize = 5;

/// An open archive.
#[derive(Debug)]
pub struct Olm {
    archive: FileBytes,
    files: Vec<ItemFile>,
    items: Vec<Item>,
    attachments: HashMap<String, Attached>,
    read: AtomicU64,
    told: u64,
    findings: Findings,
}

/// A file that holds items.
#[derive(Debug)]
struct ItemFile {
    path: Vec<String>,
    kind: Kind,
    data: Data,
}

#[derive(Debug)]
enum Data {
    /// To be unpacked when it is read; it holds one item.
    Packed(Entry),
    /// Unpacked; it may hold many.
    Bytes(FileBytes),
}

/// An item: its file, and where in it, 0 and all of it for a file of one.
#[derive(Debug, Clone, Copy)]
struct Item {
    file: u32,
    number: u32,
    offset: u64,
    len: u64,
}

/// A file that may be attached.
#[derive(Debug)]
struct Attached {
    entry: Entry,
    /// Whether it lies where attachments do.
    in_its_place: bool,
    /// Whether an item has referred to it.
    used: AtomicBool,
}

/// Where an item is.
#[derive(Debug, Clone, Copy)]
pub struct Place<'o> {
    /// What it is.
    pub kind: Kind,
    /// The path of its file in the archive.
    pub file: &'o [String],
    /// Its number among the items of the file, from 1; `None` when a file is one item.
    pub number: Option<u32>,
}

impl Place<'_> {
    /// The folders down to it as Outlook shows them.
    #[must_use]
    pub fn folder(&self) -> Vec<String> {
        let folders = self
            .file
            .split_last()
            .map_or(&[][..], |(_, folders)| folders);
        let own = |part: &&String| *part != "Accounts" && !part.starts_with("com.microsoft.__");
        folders.iter().filter(own).cloned().collect()
    }
}

impl Olm {
    /// Opens an archive and finds its items.
    ///
    /// # Errors
    /// [`NoDirectory`]; files that cannot be read are findings.
    ///
    /// # Findings
    /// `olm.archive.*`, `olm.file.*`.
    pub fn open(bytes: &FileBytes) -> Result<Self, NoDirectory> {
        let (directory, survey) = archive::survey(bytes)?;
        let mut olm = Self {
            archive: bytes.clone(),
            files: Vec::new(),
            items: Vec::new(),
            attachments: HashMap::new(),
            read: AtomicU64::new(0),
            told: 0,
            findings: Findings::new(),
        };
        olm.index(&directory, &survey);
        Ok(olm)
    }

    /// How many items there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.items.len() as u64
    }

    /// How many items the files say that they hold, or hold when they say nothing or less.
    #[must_use]
    pub fn told(&self) -> u64 {
        self.told
    }

    /// What was found in the archive as a whole.
    #[must_use]
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Where an item is.
    #[must_use]
    pub fn place(&self, index: u64) -> Option<Place<'_>> {
        let (item, file) = self.item(index)?;
        Some(Place {
            kind: file.kind,
            file: &file.path,
            number: matches!(file.data, Data::Bytes(_)).then_some(item.number),
        })
    }

    fn item(&self, index: u64) -> Option<(Item, &ItemFile)> {
        let item = *self.items.get(usize::try_from(index).ok()?)?;
        Some((item, self.files.get(usize::try_from(item.file).ok()?)?))
    }

    /// Reads an item; a file that says that it holds one and holds more gives them all.
    ///
    /// # Errors
    /// When nothing of it can be had.
    pub fn read(&self, index: u64) -> io::Result<(Vec<Element>, Findings)> {
        let (item, file) = self.item(index).ok_or(io::ErrorKind::NotFound)?;
        let mut findings = Findings::new();
        let (bytes, parts) = match &file.data {
            Data::Packed(entry) => {
                let bytes = self.unpacked(*entry, &mut findings)?;
                let parts = Split::read(&mut bytes.as_slice())?.items;
                (bytes, parts)
            }
            Data::Bytes(all) => {
                let run = all.within(item.offset, item.len);
                let mut bytes = Vec::new();
                limited(&mut run.reader(), &mut bytes, &mut findings)?;
                let whole = (0, bytes.len() as u64);
                (bytes, vec![whole])
            }
        };
        let mut elements = Vec::new();
        for (start, len) in parts {
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            let part = bytes.get(start..start.saturating_add(len));
            let text = String::from_utf8_lossy(part.unwrap_or_default());
            if matches!(text, std::borrow::Cow::Owned(_)) {
                let detail = "bytes that are not UTF-8 are replaced";
                findings.add("olm.text.undecodable", Effect::Altered, "", detail);
            }
            let (element, more) = Element::read(&text);
            elements.extend(element);
            findings.append(more);
        }
        if elements.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "no element of an item in it",
            ));
        }
        self.read.fetch_add(1, Ordering::Relaxed);
        Ok((elements, findings))
    }

    fn unpacked(&self, entry: Entry, findings: &mut Findings) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        limited(&mut entry.open(&self.archive)?, &mut bytes, findings)?;
        Ok(bytes)
    }

    /// What is attached under an address of an item: the path of an entry.
    #[must_use]
    pub fn attachment(&self, url: &str) -> Option<Packed> {
        let own = self.attachments.get(&key(&archive::path_of(url)))?;
        own.used.store(true, Ordering::Relaxed);
        Some(Packed {
            archive: self.archive.clone(),
            entry: own.entry,
        })
    }

    /// What no item refers to, which is known once each has been read, once.
    ///
    /// # Findings
    /// `olm.attachment.unused` (noted), at the path in the archive.
    #[must_use]
    pub fn unused(&self) -> Findings {
        let mut findings = Findings::new();
        if self.read.load(Ordering::Relaxed) < self.count() {
            return findings;
        }
        let unused = self
            .attachments
            .iter()
            .filter(|(_, own)| own.in_its_place && !own.used.load(Ordering::Relaxed));
        let mut paths: Vec<&String> = unused.map(|(path, _)| path).collect();
        paths.sort_unstable();
        for path in paths {
            let detail = "no item refers to this attachment; unzip a copy of the archive to get it";
            findings.add("olm.attachment.unused", Effect::Noted, path.clone(), detail);
        }
        findings
    }

    fn index(&mut self, directory: &Directory, survey: &Survey) {
        let mut spool = Spool::default();
        let mut unknown = Vec::new();
        let mut records = 0_u64;
        for record in directory.records() {
            if records >= survey.entries {
                break;
            }
            let overlaps = survey.overlaps(records);
            records = records.saturating_add(1);
            if record.is_folder {
                continue;
            }
            let path = record.path.join("/");
            if overlaps {
                let detail = "its bytes are those of another entry too; it is not read";
                self.findings
                    .add("olm.archive.overlap", Effect::Lost, path, detail);
                continue;
            }
            if record
                .path
                .iter()
                .any(|part| part == "com.microsoft.__Attachments")
            {
                self.attach(&record, true);
                continue;
            }
            if let Err(error) = self.file(&record, &mut spool, &mut unknown) {
                let detail = format!("cannot be unpacked: {error}");
                self.findings
                    .add("olm.file.unreadable", Effect::Lost, path, detail);
            }
        }
        if let Some(broken) = &survey.broken {
            let detail = format!("{broken}; {} entries could be found", survey.entries);
            self.findings
                .add("olm.archive.damaged", Effect::Lost, "", detail);
        }
        if survey.beyond > 0 {
            let detail = format!("{} entries over the limit", survey.beyond);
            self.findings
                .add("olm.archive.too-many", Effect::Lost, "", detail);
        }
        if !unknown.is_empty() {
            let shown = unknown
                .iter()
                .take(NAMES)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ");
            let detail = format!(
                "{} files hold no items that are known: {shown}",
                unknown.len()
            );
            self.findings
                .add("olm.file.unknown", Effect::Noted, "", detail);
        }
    }

    fn attach(&mut self, record: &Record, in_its_place: bool) {
        let path = self.attachments.entry(key(&record.path));
        path.or_insert_with(|| Attached {
            entry: record.entry,
            in_its_place,
            used: AtomicBool::new(false),
        });
    }

    /// Takes a file that is no attachment.
    fn file(
        &mut self,
        record: &Record,
        spool: &mut Spool,
        unknown: &mut Vec<String>,
    ) -> io::Result<()> {
        let entry = record.entry;
        let mut head = Vec::new();
        let opened = entry.open(&self.archive)?.take(HEAD).read_to_end(&mut head);
        let split = Split::of_head(&head);
        let Some(kind) = split.kind() else {
            if split.root == "categories" {
                self.categories(entry)?;
            } else {
                // A file of a meeting lies beside its message, and attachments may lie anywhere.
                self.attach(record, false);
                unknown.push(record.path.join("/"));
            }
            return opened.map(|_| ());
        };
        let number = u32::try_from(self.files.len()).map_err(io::Error::other)?;
        let one = kind == Kind::Message && split.told == Some(1);
        if one {
            self.items.push(Item {
                file: number,
                number: 1,
                offset: 0,
                len: 0,
            });
            self.told = self.told.saturating_add(1);
        }
        let data = if one {
            Data::Packed(entry)
        } else {
            let (bytes, broken) = spool.keep(&self.archive, entry)?;
            if let Some(error) = broken {
                let detail = format!("could not be unpacked to its end: {error}");
                let path = record.path.join("/");
                self.findings
                    .add("olm.file.damaged", Effect::Lost, path, detail);
            }
            self.many(record, number, &bytes)?;
            Data::Bytes(bytes)
        };
        self.files.push(ItemFile {
            path: record.path.clone(),
            kind,
            data,
        });
        Ok(())
    }

    fn many(&mut self, record: &Record, file: u32, bytes: &FileBytes) -> io::Result<()> {
        let split = Split::read(&mut bytes.reader())?;
        let found = split.items.len() as u64;
        let told = split.told.unwrap_or(found);
        if told != found {
            let effect = if told > found {
                Effect::Lost
            } else {
                Effect::Noted
            };
            let detail = format!("{told} items are told, {found} are there");
            let path = record.path.join("/");
            self.findings.add("olm.file.count", effect, path, detail);
        }
        self.told = self.told.saturating_add(told.max(found));
        for ((offset, len), number) in split.items.into_iter().zip(1..) {
            self.items.push(Item {
                file,
                number,
                offset,
                len,
            });
        }
        Ok(())
    }

    /// The list of categories is no item; items have the names of their own.
    fn categories(&mut self, entry: Entry) -> io::Result<()> {
        let mut findings = Findings::new();
        let bytes = self.unpacked(entry, &mut findings)?;
        let (list, _) = Element::read(&String::from_utf8_lossy(&bytes));
        let names: Vec<String> = list
            .into_iter()
            .flat_map(|list| list.children)
            .filter_map(|own| own.value("OPFCategoryCopyName").map(str::to_owned))
            .collect();
        let shown = names
            .iter()
            .take(NAMES)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        let detail = format!(
            "the list of {} categories and their colours ({shown}…) is left out; items have the \
             names of theirs",
            names.len()
        );
        self.findings.add(
            "olm.categories.list",
            Effect::Noted,
            "Categories.xml",
            detail,
        );
        Ok(())
    }
}

/// Reads what may be held of an item; what cannot be read is a finding when there is anything at
/// all.
fn limited(reader: &mut impl Read, bytes: &mut Vec<u8>, findings: &mut Findings) -> io::Result<()> {
    let read = reader.take(limits::XML_ITEM_BYTES).read_to_end(bytes);
    if let Err(error) = read {
        if bytes.is_empty() {
            return Err(error);
        }
        let detail = format!("only a part of the item can be read: {error}");
        findings.add("olm.item.damaged", Effect::Lost, "", detail);
    } else if bytes.len() as u64 >= limits::XML_ITEM_BYTES {
        let detail = format!("what is over {} bytes is not read", limits::XML_ITEM_BYTES);
        findings.add("olm.item.too-large", Effect::Lost, "", detail);
    }
    Ok(())
}

/// A path to look up by: macOS may write one name in two ways.
fn key(path: &[String]) -> String {
    path.join("/").nfc().collect()
}
