//! One part of a bundle on its way: payload in an unnamed file beside the output, then the finished
//! file.
//!
//! *Spec*: `formats/bundle.md`, section 3.
//!
//! *Invariant*: until [`Part::write`] has returned there is nothing under the output's name.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::digest::Sha256Hash;
use super::entry_name::EntryName;
use super::index::IndexEntry;
use super::layout;
use super::prepared::Prepared;
use super::zip_header::{self, Method, ZipEntry};
use crate::limits;

/// Bytes kept free in a part for what is not payload, index and directory: head, signatures, end
/// record.
const RESERVE: u64 = limits::BUNDLE_HEAD_BYTES + 2 * limits::BUNDLE_SIGNATURE_BYTES + 4096;

/// The sizes at which a new part begins.
#[derive(Debug, Clone, Copy)]
pub struct PartLimits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Payload entries.
    pub entries: usize,
    /// Inflated bytes of all entries.
    pub inflated: u64,
}

impl Default for PartLimits {
    fn default() -> Self {
        Self {
            bytes: limits::BUNDLE_PART_BYTES,
            entries: limits::BUNDLE_PART_ENTRIES,
            inflated: limits::BUNDLE_PART_INFLATED,
        }
    }
}

struct Slot {
    entry: IndexEntry,
    crc32: u32,
    /// Offset of its local header in the payload.
    offset: u64,
}

/// The payload of a part.
pub(super) struct Part {
    payload: BufWriter<File>,
    length: u64,
    slots: Vec<Slot>,
    index: Vec<u8>,
    directory: u64,
    inflated: u64,
}

fn headers<'a>(entry: &IndexEntry, name: &'a str, crc32: u32) -> ZipEntry<'a> {
    ZipEntry {
        name,
        method: entry.method,
        crc32,
        csize: entry.csize,
        size: entry.size,
    }
}

fn narrow<T: TryFrom<u64>>(value: u64) -> io::Result<T> {
    T::try_from(value).map_err(|_| io::Error::other("a part outgrew its limits"))
}

impl Part {
    /// An empty part, spooled in `directory`.
    pub(super) fn new(directory: &Path) -> io::Result<Self> {
        Ok(Self {
            payload: BufWriter::with_capacity(256 << 10, tempfile::tempfile_in(directory)?),
            length: 0,
            slots: Vec::new(),
            index: Vec::new(),
            directory: 0,
            inflated: 0,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether the entry fits in; an empty part takes anything that fits into a part at all.
    pub(super) fn fits(&self, name: &EntryName, entry: &Prepared, limits: &PartLimits) -> bool {
        let name = name.to_string().len() as u64;
        // A line of the index is at most 240 bytes and its name.
        let overhead = zip_header::LOCAL_HEADER + zip_header::CENTRAL_HEADER + 240 + 3 * name;
        let bytes = [
            RESERVE,
            self.length,
            self.index.len() as u64,
            self.directory,
            overhead,
            entry.csize.into(),
        ];
        bytes.into_iter().fold(0u64, u64::saturating_add) <= limits.bytes
            && self.slots.len() < limits.entries
            && self.inflated.saturating_add(entry.size.into()) <= limits.inflated
    }

    /// Appends an entry.
    pub(super) fn push(&mut self, name: EntryName, prepared: Prepared) -> io::Result<()> {
        let entry = IndexEntry {
            name,
            method: prepared.method,
            csha256: prepared.csha256,
            csize: prepared.csize,
            sha256: prepared.sha256,
            size: prepared.size,
        };
        let name = entry.name.to_string();
        let local = headers(&entry, &name, prepared.crc32).local_header();
        self.payload.write_all(&local)?;
        prepared.stored.copy_to(&mut self.payload)?;
        entry.write(&mut self.index).map_err(io::Error::other)?;
        self.slots.push(Slot {
            crc32: prepared.crc32,
            offset: self.length,
            entry,
        });
        let slot = &self
            .slots
            .last()
            .map_or((0, 0), |s| (s.entry.csize, s.entry.size));
        self.length = self
            .length
            .saturating_add(local.len() as u64 + u64::from(slot.0));
        self.inflated = self.inflated.saturating_add(slot.1.into());
        self.directory = self
            .directory
            .saturating_add(zip_header::CENTRAL_HEADER + name.len() as u64);
        Ok(())
    }

    /// What the head says of the index.
    pub(super) fn index(&self) -> super::head::IndexDigest {
        super::head::IndexDigest {
            sha256: Sha256Hash::of(&self.index),
            size: self.index.len() as u64,
            entries: self.slots.len() as u64,
        }
    }

    /// Writes the finished part into `out`.
    pub(super) fn write(
        self,
        head: &[u8],
        signature: &[u8],
        next_signature: Option<&[u8]>,
        out: &NamedTempFile,
    ) -> io::Result<()> {
        let mut directory = Vec::new();
        let mut offset = 0u64;
        let mut prefix = Vec::new();
        let mut meta = vec![
            (layout::MIMETYPE_NAME, layout::MIMETYPE.as_bytes()),
            (layout::HEAD_NAME, head),
            (layout::SIGNATURE_NAME, signature),
        ];
        meta.extend(next_signature.map(|s| (layout::NEXT_SIGNATURE_NAME, s)));
        meta.push((layout::INDEX_NAME, &self.index));
        let mut entries = 0u64;
        for (name, bytes) in meta {
            let size = narrow(bytes.len() as u64)?;
            let entry = ZipEntry {
                name,
                method: Method::Store,
                crc32: crc32fast::hash(bytes),
                csize: size,
                size,
            };
            directory.extend(entry.central_header(narrow(offset)?));
            prefix.extend(entry.local_header());
            prefix.extend(bytes);
            offset = prefix.len() as u64;
            entries = entries.saturating_add(1);
        }
        for slot in &self.slots {
            let name = slot.entry.name.to_string();
            let at = offset.saturating_add(slot.offset);
            let central = headers(&slot.entry, &name, slot.crc32).central_header(narrow(at)?);
            directory.extend(central);
        }
        entries = entries.saturating_add(self.slots.len() as u64);
        let end = zip_header::end_record(
            narrow(entries)?,
            narrow(directory.len() as u64)?,
            narrow(offset.saturating_add(self.length))?,
        );
        let mut payload = self.payload.into_inner().map_err(|e| e.into_error())?;
        payload.seek(SeekFrom::Start(0))?;
        let mut file = out.as_file();
        file.write_all(&prefix)?;
        // Between two files, which the system copies by itself where it can.
        let copied = io::copy(&mut payload, &mut file)?;
        if copied != self.length {
            return Err(io::Error::other("the spooled payload changed"));
        }
        file.write_all(&directory)?;
        file.write_all(&end)?;
        file.sync_all()
    }
}
