//! The contents of a bundle that has passed verification.
//!
//! *Spec*: `formats/bundle.md`, section 14 (Applier).
//!
//! *Invariants*: reads from the handle that was verified, never by path; every stream is capped and
//! its hash is checked again before its last bytes are given out.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use ssh_key::public::Ed25519PublicKey;

use super::accounting::{Accounting, ReportLine};
use super::digest::Sha256Hash;
use super::entry_name::{EntryName, Stream};
use super::fault::{Fault, VerifyError};
use super::handle::{Handle, Section};
use super::head::Head;
use super::index::IndexEntry;
use super::inflate::Inflate;
use super::sequence::Follows;
use crate::content::{Content, ContentRef};
use crate::item::Blob;
use crate::limits;

/// One part: where its entries are.
#[derive(Debug)]
pub(super) struct PartContents {
    pub(super) file: Arc<str>,
    pub(super) handle: Arc<dyn Handle>,
    pub(super) entries: Vec<Located>,
}

/// An entry and the offset of its stored bytes.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub(super) entry: IndexEntry,
    pub(super) offset: u64,
}

/// A bundle, all parts of it. Only `Verified<Bundle>` gives access to one.
#[derive(Debug)]
pub struct Bundle {
    pub(super) parts: Vec<PartContents>,
    pub(super) first: Head,
    pub(super) head_hash: Sha256Hash,
    pub(super) key: Ed25519PublicKey,
    pub(super) follows: Option<Follows>,
    pub(super) by_name: HashMap<EntryName, (usize, usize)>,
}

impl Bundle {
    /// The head of part 1; all parts say the same but for `part` and `index`.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.first
    }

    /// SHA-256 of the head of part 1: what a ledger remembers the bundle by.
    #[must_use]
    pub fn head_hash(&self) -> Sha256Hash {
        self.head_hash
    }

    /// The key that signed it, pinned for the party of the head's `from`.
    #[must_use]
    pub fn key(&self) -> &Ed25519PublicKey {
        &self.key
    }

    /// How it follows what was received, if a ledger was given.
    #[must_use]
    pub fn follows(&self) -> Option<Follows> {
        self.follows
    }

    /// What became of the items that the sender saw.
    #[must_use]
    pub fn accounting(&self) -> &Accounting {
        &self.first.accounting
    }

    /// The files of its parts, in order, as the user named them.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| &*part.file)
    }

    /// Every payload entry, in file order.
    pub fn entries(&self) -> impl Iterator<Item = &IndexEntry> {
        self.parts
            .iter()
            .flat_map(|part| part.entries.iter().map(|located| &located.entry))
    }

    /// The kinds of which there are records, in file order.
    #[must_use]
    pub fn record_kinds(&self) -> Vec<Arc<str>> {
        let mut kinds: Vec<Arc<str>> = Vec::new();
        for entry in self.entries() {
            if let EntryName::Records { kind, shard: 0 } = &entry.name {
                kinds.push(Arc::clone(kind));
            }
        }
        kinds
    }

    fn locate(&self, name: &EntryName) -> Option<(&PartContents, &Located)> {
        let (part, entry) = *self.by_name.get(name)?;
        let part = self.parts.get(part)?;
        Some((part, part.entries.get(entry)?))
    }

    /// The inflated bytes of an entry; `None` when there is no such entry.
    ///
    /// The stream ends with an error instead of its last bytes when the file has changed since it
    /// was verified.
    #[must_use]
    pub fn open(&self, name: &EntryName) -> Option<impl Read + Send + use<>> {
        let (part, located) = self.locate(name)?;
        Some(open_entry(&part.handle, located))
    }

    /// A blob as content; `None` when the bundle does not carry it.
    #[must_use]
    pub fn blob(&self, blob: &Blob) -> Option<ContentRef> {
        let hash = Sha256Hash::parse(&blob.sha256)?;
        let (part, located) = self.locate(&EntryName::Blob(hash))?;
        Some(Arc::new(BlobContent {
            handle: Arc::clone(&part.handle),
            located: located.clone(),
        }))
    }

    /// The lines of the records of a kind, in shard order; canonical JSON without LF.
    #[must_use]
    pub fn record_lines(&self, kind: &str) -> Lines<'_> {
        let kind: Arc<str> = kind.into();
        let shard_name = |shard| EntryName::Records {
            kind: Arc::clone(&kind),
            shard,
        };
        let names = (0..)
            .map(shard_name)
            .take_while(|name| self.by_name.contains_key(name));
        self.lines_of(names.collect())
    }

    /// The records of a kind.
    pub fn records<T: DeserializeOwned>(
        &self,
        kind: &str,
    ) -> impl Iterator<Item = Result<T, VerifyError>> + use<'_, T> {
        parsed(self.record_lines(kind))
    }

    /// The lines of a stream; none when the bundle does not have it.
    #[must_use]
    pub fn stream_lines(&self, stream: Stream) -> Lines<'_> {
        self.lines_of(vec![EntryName::Stream(stream)])
    }

    /// The lines of a stream as values.
    pub fn stream<T: DeserializeOwned>(
        &self,
        stream: Stream,
    ) -> impl Iterator<Item = Result<T, VerifyError>> + use<'_, T> {
        parsed(self.stream_lines(stream))
    }

    /// The report.
    pub fn report(&self) -> impl Iterator<Item = Result<ReportLine, VerifyError>> + use<'_> {
        self.stream(Stream::Report)
    }

    fn lines_of(&self, names: Vec<EntryName>) -> Lines<'_> {
        Lines {
            bundle: self,
            names: names.into_iter(),
            open: None,
            number: 0,
        }
    }
}

fn open_entry(handle: &Arc<dyn Handle>, Located { entry, offset }: &Located) -> Inflate<Section> {
    let (csize, size) = (entry.csize.into(), entry.size.into());
    let section = Section::new(Arc::clone(handle), *offset, csize);
    Inflate::new(section, entry.method, csize, size, Some(entry.sha256))
}

fn parsed<T: DeserializeOwned>(
    lines: Lines<'_>,
) -> impl Iterator<Item = Result<T, VerifyError>> + use<'_, T> {
    lines.map(|line| {
        let line = line?;
        serde_json::from_slice(&line.bytes).map_err(|error| VerifyError {
            fault: Fault::Line,
            file: line.file,
            place: line.place,
            detail: error.to_string(),
        })
    })
}

#[derive(Debug)]
struct BlobContent {
    handle: Arc<dyn Handle>,
    located: Located,
}

impl Content for BlobContent {
    fn size(&self) -> u64 {
        self.located.entry.size.into()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(open_entry(&self.handle, &self.located)))
    }
}

/// One line of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The file.
    pub file: Arc<str>,
    /// The entry and the number of the line, from 1.
    pub place: String,
    /// Its bytes, without LF.
    pub bytes: Vec<u8>,
}

/// The lines of some entries, read one by one.
pub struct Lines<'a> {
    bundle: &'a Bundle,
    names: std::vec::IntoIter<EntryName>,
    open: Option<(Arc<str>, EntryName, BufReader<Inflate<Section>>)>,
    number: u64,
}

impl fmt::Debug for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lines(before line {})", self.number.saturating_add(1))
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Line, VerifyError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some((file, name, reader)) = &mut self.open else {
                let name = self.names.next()?;
                if let Some((part, located)) = self.bundle.locate(&name) {
                    let reader = BufReader::new(open_entry(&part.handle, located));
                    self.open = Some((Arc::clone(&part.file), name, reader));
                    self.number = 0;
                }
                continue;
            };
            let mut bytes = Vec::new();
            let limit = limits::BUNDLE_LINE_BYTES as u64;
            let read = reader.by_ref().take(limit).read_until(b'\n', &mut bytes);
            self.number = self.number.saturating_add(1);
            let place = format!("{name}, line {}", self.number);
            let file = Arc::clone(file);
            match read {
                Ok(0) => self.open = None,
                Ok(_) => {
                    bytes.pop_if(|last| *last == b'\n');
                    return Some(Ok(Line { file, place, bytes }));
                }
                Err(error) => {
                    self.open = None;
                    self.names = Vec::new().into_iter();
                    return Some(Err(VerifyError {
                        fault: Fault::Read,
                        file,
                        place,
                        detail: format!("changed since it was verified: {error}"),
                    }));
                }
            }
        }
    }
}
