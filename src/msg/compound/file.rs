//! An open compound file.

use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::limits;
use crate::msg::MsgError;

use super::ENTRY;
use super::allocation::Sectors;
use super::build::StorageBytes;
use super::directory::{Directory, Entry};
use super::header::{Header, MAGIC};
use super::runs::{RunList, Runs};
use super::tree::Tree;

/// An open compound file. What it gives out outlives it.
#[derive(Debug)]
pub struct CompoundFile {
    bytes: FileBytes,
    sectors: Sectors,
    mini: Sectors,
    directory: Directory,
    cutoff: u64,
}

impl CompoundFile {
    /// The root storage.
    pub const ROOT: u32 = 0;
    /// The first bytes of every compound file.
    pub const MAGIC: [u8; 8] = MAGIC;

    /// Opens a compound file.
    ///
    /// # Errors
    /// When it has no header or no directory.
    ///
    /// # Findings
    /// `msg.compound.*`.
    pub fn open(bytes: &FileBytes, findings: &mut Findings) -> Result<Self, MsgError> {
        let header = Header::read(bytes, findings)?;
        let mut sectors = Sectors::of_file(bytes, &header, findings);
        let mut structure = |start, len, what: &'static str, findings: &mut Findings| {
            let (runs, broken) = sectors.chain(start, len);
            if let Some(broken) = broken {
                let detail = format!("{} bytes of it were read: {}", runs.len(), broken.name());
                findings.add("msg.compound.chain", Effect::Lost, what, detail);
            }
            runs.into_runs(bytes)
        };
        let directory = structure(header.directory, None, "directory", findings);
        let limit = (limits::COMPOUND_ENTRIES as u64).saturating_mul(ENTRY as u64);
        if directory.len() > limit {
            let detail = format!(
                "only the first {} entries are read",
                limits::COMPOUND_ENTRIES
            );
            findings.add("msg.compound.too-many", Effect::Lost, "directory", detail);
        }
        let directory = directory.read_up_to(limit)?;
        let directory = Directory::read(&directory, header.wide, findings);
        let Some(root) = directory.get(Self::ROOT) else {
            return Err(MsgError::new(
                "msg.compound.directory",
                "the directory is not in the file",
            ));
        };
        let (root_start, root_size) = (root.start, root.size);
        // A file without small streams has neither.
        let (mini_stream, mini_fat) = if root_size == 0 {
            let none = || RunList::default().into_runs(bytes);
            (none(), none())
        } else {
            (
                structure(root_start, Some(root_size), "mini stream", findings),
                structure(header.mini_fat, None, "mini FAT", findings),
            )
        };
        let mini = Sectors::of_stream(mini_stream, &mini_fat);
        Ok(Self {
            bytes: bytes.clone(),
            sectors,
            mini,
            directory,
            cutoff: header.cutoff,
        })
    }

    /// An entry.
    #[must_use]
    pub fn entry(&self, id: u32) -> Option<&Entry> {
        self.directory.get(id)
    }

    /// The entries that a storage holds, in the order of their names.
    #[must_use]
    pub fn children(&self, id: u32) -> Vec<u32> {
        self.directory.children(id).to_vec()
    }

    /// The bytes of a stream, as far as they can be had; `place` names it in findings.
    pub fn stream(&mut self, id: u32, place: &str, findings: &mut Findings) -> Runs {
        let stream = self
            .directory
            .get(id)
            .map(|entry| (entry.start, entry.size));
        let (start, size) = stream.unwrap_or_default();
        let sectors = if size < self.cutoff {
            &mut self.mini
        } else {
            &mut self.sectors
        };
        let (runs, broken) = if size == 0 {
            Default::default()
        } else {
            sectors.chain(start, Some(size))
        };
        if let Some(broken) = broken {
            let detail = format!("{} bytes of {size}: {}", runs.len(), broken.name());
            findings.add(
                "msg.compound.stream",
                Effect::Lost,
                place.to_owned(),
                detail,
            );
        }
        runs.into_runs(&self.bytes)
    }

    /// A storage with all that it holds, as a compound file of its own.
    pub fn storage(&mut self, id: u32, place: &str, findings: &mut Findings) -> StorageBytes {
        Tree::of(self, id, place, findings).finish()
    }
}
