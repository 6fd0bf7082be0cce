//! PSTs on their way: one, or one after another where a limit or a split asks for more.
//!
//! *Shape* of names: `OUT.pst`, then `OUT.2.pst`; of a split `OUT.2024.pst`, then `OUT.2024.2.pst`.
//!
//! *Invariants*: nothing has its name before [`Closed::publish`]; the same calls give the same
//! bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::finding::{Effect, Findings};
use crate::limits;
use crate::mapi::{FileTime, Message};
use crate::pst::NodeId;
use crate::pst::write::{
    ClosedStore, FolderMap, FolderPath, StoreOptions, StoreWriter, WriteError, Written,
};

/// How the PSTs are called, and how large they may be.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The first file.
    pub output: PathBuf,
    /// The name that Outlook shows.
    pub name: String,
    /// Bytes that one may have.
    pub limit: u64,
    /// The time of what has none.
    pub now: Timestamp,
}

/// A PST that takes messages.
#[derive(Debug)]
struct Open {
    writer: StoreWriter,
    folders: FolderMap,
    index: u16,
    number: usize,
}

/// Where a message is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) store: u16,
    pub(super) nid: NodeId,
    /// Whether all of it is there; what is not was told when it was written.
    pub(super) whole: bool,
}

/// The PSTs of one run.
#[derive(Debug)]
pub struct Stores {
    naming: Naming,
    open: BTreeMap<String, Open>,
    closed: BTreeMap<u16, ClosedStore>,
    count: u16,
    /// Where the messages went, in order.
    written: Vec<Place>,
    findings: Findings,
}

impl Stores {
    /// None so far.
    #[must_use]
    pub fn new(naming: Naming) -> Self {
        Self {
            naming,
            open: BTreeMap::new(),
            closed: BTreeMap::new(),
            count: 0,
            written: Vec::new(),
            findings: Findings::new(),
        }
    }

    /// Sees to it that a folder is there, though nothing may be put into it. `split` is the part of
    /// a split that it belongs to, or empty.
    ///
    /// # Errors
    /// When a store cannot be begun.
    pub fn folder(&mut self, split: &str, path: &FolderPath) -> Result<(), WriteError> {
        let mut open = self.take(split)?;
        let made = open.folders.folder(&mut open.writer, path);
        self.open.insert(split.to_owned(), open);
        made.map(|_| ())
    }

    /// Adds a message; `hidden` is one of the associated contents of its folder.
    ///
    /// # Errors
    /// When a store cannot be begun or written; nothing can be published then.
    pub fn add(
        &mut self,
        split: &str,
        path: &FolderPath,
        message: &Message,
        hidden: bool,
    ) -> Result<Written, WriteError> {
        let mut open = self.take(split)?;
        let mut written = open.add(path, message, hidden);
        if let Err(WriteError::Full { .. }) = written {
            let next = self.begin(split, open.number.saturating_add(1))?;
            let full = std::mem::replace(&mut open, next);
            self.close_one(full)?;
            written = open.add(path, message, hidden);
        }
        let written = written?;
        self.written.push(Place {
            store: open.index,
            nid: written.nid,
            whole: written.findings.worst() < Some(Effect::Lost),
        });
        self.open.insert(split.to_owned(), open);
        Ok(written)
    }

    /// The open store of a part of a split, for a while.
    fn take(&mut self, split: &str) -> Result<Open, WriteError> {
        if let Some(open) = self.open.remove(split) {
            return Ok(open);
        }
        if self.open.len() >= limits::STORES_AT_ONCE
            && let Some((_, first)) = self.open.pop_first()
        {
            self.close_one(first)?;
        }
        self.begin(split, 1)
    }

    fn begin(&mut self, split: &str, number: usize) -> Result<Open, WriteError> {
        let mut number = number;
        let mut path = numbered(&self.naming.output, split, number);
        // One that was closed for want of room among those open has the name already.
        while self.closed.values().any(|closed| closed.path() == path) {
            number = number.saturating_add(1);
            path = numbered(&self.naming.output, split, number);
        }
        let key = Sha256::new()
            .chain_update(self.naming.now.as_nanosecond().to_le_bytes())
            .chain_update(number.to_le_bytes())
            .chain_update(split)
            .chain_update(&self.naming.name)
            .finalize();
        let options = StoreOptions {
            display_name: match split {
                "" => self.naming.name.clone(),
                split => format!("{} {split}", self.naming.name),
            },
            limit: self.naming.limit,
            record_key: key.first_chunk().copied().unwrap_or_default(),
            now: FileTime::of(self.naming.now).unwrap_or(FileTime::NONE),
        };
        let index = self.count;
        self.count = index.checked_add(1).ok_or(WriteError::NoFolder)?;
        Ok(Open {
            writer: StoreWriter::create(&path, options)?,
            folders: FolderMap::default(),
            index,
            number,
        })
    }

    fn close_one(&mut self, open: Open) -> Result<(), WriteError> {
        let (closed, findings) = open.writer.close()?;
        self.findings.append(findings);
        self.closed.insert(open.index, closed);
        Ok(())
    }

    /// Makes the stores whole; without a message there is one, and it is empty.
    ///
    /// # Errors
    /// When the system says no; then nothing is left.
    pub fn close(mut self) -> Result<(Closed, Findings), WriteError> {
        if self.count == 0 {
            let empty = self.begin("", 1)?;
            self.close_one(empty)?;
        }
        while let Some((_, open)) = self.open.pop_first() {
            self.close_one(open)?;
        }
        let closed = Closed {
            stores: self.closed.into_values().collect(),
            written: self.written,
        };
        Ok((closed, self.findings))
    }
}

impl Open {
    fn add(
        &mut self,
        path: &FolderPath,
        message: &Message,
        hidden: bool,
    ) -> Result<Written, WriteError> {
        let folder = self.folders.folder(&mut self.writer, path)?;
        if hidden {
            self.writer.add_associated(folder, message)
        } else {
            self.writer.add_message(folder, message)
        }
    }
}

/// Stores that are whole and have not their names yet.
#[derive(Debug)]
pub struct Closed {
    pub(super) stores: Vec<ClosedStore>,
    pub(super) written: Vec<Place>,
}

impl Closed {
    /// Where the messages are, in the order in which they were added: the file that the message
    /// will be in, and its node.
    pub fn places(&self) -> impl Iterator<Item = (&Path, NodeId)> + '_ {
        self.written.iter().filter_map(|place| {
            let store = self.stores.get(usize::from(place.store))?;
            Some((store.path(), place.nid))
        })
    }

    /// Gives the files their names.
    ///
    /// # Errors
    /// When a file of such a name has come to be, or the system says no; the files before it have
    /// theirs then.
    pub fn publish(self) -> Result<Vec<PathBuf>, WriteError> {
        let stores = self.stores.into_iter();
        stores
            .map(|store| {
                let path = store.path().to_owned();
                store.publish()?;
                Ok(path)
            })
            .collect()
    }
}

/// The name of the file of a part of a split, and of those after it.
fn numbered(output: &Path, split: &str, number: usize) -> PathBuf {
    if split.is_empty() && number <= 1 {
        return output.to_owned();
    }
    let mut name = output.file_stem().unwrap_or_default().to_owned();
    if !split.is_empty() {
        name.push(".");
        name.push(super::place::file_name(split));
    }
    if number > 1 {
        name.push(format!(".{number}"));
    }
    if let Some(ending) = output.extension() {
        name.push(".");
        name.push(ending);
    }
    output.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        let name = |split, number| numbered(Path::new("a/OUT.pst"), split, number);
        assert_eq!(name("", 1), Path::new("a/OUT.pst"));
        assert_eq!(name("", 2), Path::new("a/OUT.2.pst"));
        assert_eq!(name("2024", 1), Path::new("a/OUT.2024.pst"));
        assert_eq!(name("a/b", 3), Path::new("a/OUT.a_b.3.pst"));
    }
}
