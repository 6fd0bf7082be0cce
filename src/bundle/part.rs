//! One part of a bundle on its way: payload in an unnamed file beside the output, then the finished
//! file.
//!
//! *Spec*: `formats/bundle.md`, section 3.
//!
//! *Invariant*: until [`Part::write`] has returned there is nothing under the output's name.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, mpsc};
use std::thread;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::digest::Sha256Hash;
use super::entry_name::EntryName;
use super::index::IndexEntry;
use super::layout;
use super::prepared::Prepared;
use super::scratch::{BLOCK, Scratch, Spool};
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

/// Bytes of the index, and of the directory, that stay in memory.
const IN_MEMORY: u64 = 256 << 10;

/// Bytes copied before they are sent to the disk.
const RUN: u64 = 32 << 20;

/// The payload of a part.
pub(super) struct Part {
    payload: BufWriter<File>,
    length: u64,
    entries: u64,
    index: BufWriter<Spool>,
    index_bytes: u64,
    index_sha256: Sha256,
    index_crc32: crc32fast::Hasher,
    /// Central headers, with offsets from the first local header of the payload.
    directory: BufWriter<Spool>,
    directory_bytes: u64,
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
    /// An empty part, spooled in `scratch`.
    pub(super) fn new(scratch: &Arc<Scratch>) -> io::Result<Self> {
        let spool = || BufWriter::new(Spool::new(scratch, IN_MEMORY));
        let payload = tempfile::tempfile_in(scratch.folder())?;
        Ok(Self {
            payload: BufWriter::with_capacity(BLOCK, payload),
            length: 0,
            entries: 0,
            index: spool(),
            index_bytes: 0,
            index_sha256: Sha256::new(),
            index_crc32: crc32fast::Hasher::new(),
            directory: spool(),
            directory_bytes: 0,
            inflated: 0,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Whether the entry fits in; an empty part takes anything that fits into a part at all.
    pub(super) fn fits(&self, name: &EntryName, entry: &Prepared, limits: &PartLimits) -> bool {
        let name = name.to_string().len() as u64;
        // A line of the index is at most 240 bytes and its name.
        let overhead = zip_header::LOCAL_HEADER + zip_header::CENTRAL_HEADER + 240 + 3 * name;
        let bytes = [
            RESERVE,
            self.length,
            self.index_bytes,
            self.directory_bytes,
            overhead,
            entry.csize.into(),
        ];
        bytes.into_iter().fold(0u64, u64::saturating_add) <= limits.bytes
            && self.entries < limits.entries as u64
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
        let headers = headers(&entry, &name, prepared.crc32);
        let local = headers.local_header();
        self.payload.write_all(&local)?;
        prepared.stored.copy_to(&mut self.payload)?;
        let mut line = Vec::with_capacity(512);
        entry.write(&mut line).map_err(io::Error::other)?;
        self.index.write_all(&line)?;
        self.index_sha256.update(&line);
        self.index_crc32.update(&line);
        self.index_bytes = self.index_bytes.saturating_add(line.len() as u64);
        let central = headers.central_header(narrow(self.length)?);
        self.directory.write_all(&central)?;
        self.directory_bytes = self.directory_bytes.saturating_add(central.len() as u64);
        self.length = self
            .length
            .saturating_add(local.len() as u64)
            .saturating_add(entry.csize.into());
        self.inflated = self.inflated.saturating_add(entry.size.into());
        self.entries = self.entries.saturating_add(1);
        Ok(())
    }

    /// What the head says of the index.
    pub(super) fn index(&self) -> super::head::IndexDigest {
        super::head::IndexDigest {
            sha256: Sha256Hash::finish(self.index_sha256.clone()),
            size: self.index_bytes,
            entries: self.entries,
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
        let mut meta = vec![
            (layout::MIMETYPE_NAME, layout::MIMETYPE.as_bytes()),
            (layout::HEAD_NAME, head),
            (layout::SIGNATURE_NAME, signature),
        ];
        meta.extend(next_signature.map(|s| (layout::NEXT_SIGNATURE_NAME, s)));
        let mut file = BufWriter::with_capacity(BLOCK, out.as_file());
        let mut directory = Vec::new();
        let mut offset = 0u64;
        for (name, bytes) in &meta {
            let entry = stored(name, crc32fast::hash(bytes), bytes.len() as u64)?;
            directory.extend(entry.central_header(narrow(offset)?));
            let local = entry.local_header();
            file.write_all(&local)?;
            file.write_all(bytes)?;
            offset = offset
                .saturating_add(local.len() as u64)
                .saturating_add(bytes.len() as u64);
        }
        let entry = stored(
            layout::INDEX_NAME,
            self.index_crc32.finalize(),
            self.index_bytes,
        )?;
        directory.extend(entry.central_header(narrow(offset)?));
        let local = entry.local_header();
        file.write_all(&local)?;
        let spool = |index: BufWriter<Spool>| index.into_inner().map_err(|e| e.into_error());
        spool(self.index)?.copy_to(&mut file)?;
        offset = offset
            .saturating_add(local.len() as u64)
            .saturating_add(self.index_bytes);
        let entries = self.entries.saturating_add(meta.len() as u64 + 1);
        let end = zip_header::end_record(
            narrow(entries)?,
            narrow(self.directory_bytes.saturating_add(directory.len() as u64))?,
            narrow(offset.saturating_add(self.length))?,
        );
        file.flush()?;
        let mut payload = self.payload.into_inner().map_err(|e| e.into_error())?;
        payload.seek(SeekFrom::Start(0))?;
        copy_and_sync(&mut payload, out.as_file(), self.length)?;
        file.write_all(&directory)?;
        let mut central = spool(self.directory)?.into_reader()?;
        for _ in 0..self.entries {
            zip_header::move_central(&mut central, narrow(offset)?, &mut file)?;
        }
        file.write_all(&end)?;
        file.flush()?;
        out.as_file().sync_all()
    }
}

/// Copies `length` bytes between two files, and has them go to the disk while more are copied.
fn copy_and_sync(from: &mut File, to: &File, length: u64) -> io::Result<()> {
    thread::scope(|scope| {
        let (copied, more) = mpsc::sync_channel(1);
        let synced = scope.spawn(move || more.iter().try_for_each(|()| to.sync_data()));
        let mut left = length;
        while left > 0 {
            // Between two files the system copies by itself where it can.
            let run = io::copy(&mut from.take(left.min(RUN)), &mut &*to)?;
            if run == 0 {
                return Err(io::Error::other("the spooled payload changed"));
            }
            left = left.saturating_sub(run);
            // When the last one is not done yet, the next one takes this run along.
            let _busy = copied.try_send(());
        }
        drop(copied);
        let synced = synced.join();
        synced.unwrap_or_else(|_| Err(io::Error::other("syncing the part failed")))
    })
}

/// The headers of an entry that is stored as it is.
fn stored(name: &str, crc32: u32, size: u64) -> io::Result<ZipEntry<'_>> {
    let size = narrow(size)?;
    Ok(ZipEntry {
        name,
        method: Method::Store,
        crc32,
        csize: size,
        size,
    })
}
