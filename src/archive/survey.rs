//! What an archive is as a whole, and which of its entries overlap.
//!
//! Documents, programs and books are zip archives too. Which one it is, is told by the names of its
//! entries, so that the user hears one word of it and not one for every part.

use std::collections::BTreeSet;
use std::io::Read;

use super::directory::{Directory, NoDirectory, Record};
use super::entry::Entry;
use crate::file_bytes::FileBytes;
use crate::limits;

/// What an archive holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Files.
    Files,
    /// The items of Outlook for Mac (OLM).
    Olm,
    /// Something else, in words for the user.
    Other(&'static str),
}

/// What the first walk through an archive tells.
#[derive(Debug, Clone)]
pub struct Survey {
    /// What it holds.
    pub contents: Contents,
    /// Entries met, at most [`limits::ARCHIVE_ENTRIES`].
    pub entries: u64,
    /// Entries beyond that.
    pub beyond: u64,
    /// Why the walk ended before the end, if it did.
    pub broken: Option<String>,
    overlapping: BTreeSet<u64>,
}

impl Survey {
    /// Whether this entry, the `index`-th of the directory, holds bytes that an entry before it
    /// holds: then the archive is damaged, or made to flood.
    #[must_use]
    pub fn overlaps(&self, index: u64) -> bool {
        self.overlapping.contains(&index)
    }
}

/// Files by which a kind of archive is known: the start of a path, and what it is.
const KNOWN_BY: &[(&str, &str)] = &[
    ("[Content_Types].xml", "an Office document"),
    ("META-INF/MANIFEST.MF", "a Java archive"),
    ("AndroidManifest.xml", "an Android program"),
    ("Index/Document.iwa", "an iWork document"),
    ("Index.zip", "an iWork document"),
    (
        "META-INF/mozilla.rsa",
        "an add-on of Thunderbird or Firefox",
    ),
];

/// Starts of what a first entry `mimetype` says, and what that is.
const MIME_TYPES: &[(&str, &str)] = &[
    (
        "application/vnd.airbridge.bundle",
        "a bundle: read it with `airbridge show`",
    ),
    ("application/vnd.oasis.opendocument", "an OpenDocument file"),
    ("application/vnd.sun.xml", "an OpenOffice document"),
    ("application/epub", "an e-book"),
];

/// Opens an archive and walks through it. One that is cut off is read by its local headers, as far
/// as they go.
///
/// # Errors
/// When there is nothing to walk through.
pub fn survey(bytes: &FileBytes) -> Result<(Directory, Survey), NoDirectory> {
    match Directory::open(bytes) {
        Ok(directory) => {
            let survey = walk(&directory);
            Ok((directory, survey))
        }
        Err(NoDirectory::CutOff) => {
            let directory = Directory::of_local_headers(bytes);
            let mut survey = walk(&directory);
            if survey.entries == 0 {
                return Err(NoDirectory::CutOff);
            }
            survey.broken = Some(NoDirectory::CutOff.to_string());
            Ok((directory, survey))
        }
        Err(other) => Err(other),
    }
}

fn walk(directory: &Directory) -> Survey {
    let mut contents = Contents::Files;
    let mut entries = 0_u64;
    let mut beyond = 0_u64;
    let mut ranges = Vec::new();
    let mut records = directory.records();
    for record in records.by_ref() {
        if entries >= limits::ARCHIVE_ENTRIES {
            beyond = beyond.saturating_add(1);
            continue;
        }
        if !record.is_folder {
            ranges.push((record.entry.header, record.entry.end(), entries));
        }
        if contents == Contents::Files {
            contents = known(directory, &record, entries).unwrap_or(Contents::Files);
        }
        entries = entries.saturating_add(1);
    }
    Survey {
        contents,
        entries,
        beyond,
        broken: records.broken().map(str::to_owned),
        overlapping: overlapping(ranges),
    }
}

fn known(directory: &Directory, record: &Record, index: u64) -> Option<Contents> {
    let path = record.path.join("/");
    if index == 0 && path == "mimetype" {
        let told = start(directory, record.entry)?;
        let known = MIME_TYPES.iter().find(|(own, _)| told.starts_with(own));
        return known.map(|(_, what)| Contents::Other(what));
    }
    if let Some((_, what)) = KNOWN_BY.iter().find(|(own, _)| path == *own) {
        return Some(Contents::Other(what));
    }
    is_olm(directory, record).then_some(Contents::Olm)
}

/// Files of Outlook for Mac that hold many items, and their root elements.
const OLM_FILES: [(&str, &str); 5] = [
    ("Contacts.xml", "contacts"),
    ("Groups.xml", "groups"),
    ("Calendar.xml", "appointments"),
    ("Tasks.xml", "tasks"),
    ("Notes.xml", "notes"),
];

/// Outlook for Mac keeps everything below two folders, in folders or files of its own.
fn is_olm(directory: &Directory, record: &Record) -> bool {
    let path = &record.path;
    if !matches!(path.first().map(String::as_str), Some("Local" | "Accounts")) {
        return false;
    }
    if path.iter().any(|part| part.starts_with("com.microsoft.__")) {
        return true;
    }
    let root = OLM_FILES
        .iter()
        .find(|(file, _)| path.last().is_some_and(|own| own == file));
    root.is_some_and(|(_, root)| {
        start(directory, record.entry).is_some_and(|start| start.contains(root))
    })
}

fn start(directory: &Directory, entry: Entry) -> Option<String> {
    let mut told = Vec::new();
    let reader = entry.open(directory.bytes()).ok()?;
    reader.take(80).read_to_end(&mut told).ok()?;
    Some(String::from_utf8_lossy(&told).into_owned())
}

/// The entries whose bytes begin before an entry that begins earlier has ended.
fn overlapping(mut ranges: Vec<(u64, u64, u64)>) -> BTreeSet<u64> {
    // Of entries that begin at one place, the first in the directory counts.
    ranges.sort_unstable_by_key(|(start, _, index)| (*start, *index));
    let mut overlapping = BTreeSet::new();
    let mut reach = 0;
    for (start, end, index) in ranges {
        if start < reach {
            overlapping.insert(index);
        } else {
            reach = end;
        }
    }
    overlapping
}
