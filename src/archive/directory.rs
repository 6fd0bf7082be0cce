//! The central directory: where it is, and its records one by one.
//!
//! *Spec*: APPNOTE 4.3.12 (file header), 4.3.14 to 4.3.16 (end records), 4.5.3 (Zip64).
//!
//! *Shape*: of a record, from its signature `PK\1\2`: flags at 8, method 10, CRC 16, packed size
//! 20, size 24, lengths of name, extra field and comment 28, 30, 32, external attributes 38, offset
//! of the local header 42, name from 46.
//!
//! *Seen in the wild*: counts that are too small since they have 16 bits, so records are counted by
//! walking; offsets that do not count a program before the archive; an archive that was cut off and
//! has no directory, of which the local headers tell what is there.

use std::io;

use thiserror::Error;

use super::entry::Entry;
use super::name;
use crate::bytes::ReadAt;
use crate::file_bytes::FileBytes;

const RECORD: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const RECORD_LEN: u64 = 46;
const LOCAL_LEN: u64 = 30;
const END_LEN: u64 = 22;
/// The end record is followed by a comment of at most 65,535 bytes.
const END_REACH: u64 = END_LEN + 0xFFFF;
/// Bytes read ahead while records are walked.
const WINDOW: usize = 256 << 10;
/// The extra field of Zip64.
const ZIP64: u16 = 0x0001;

/// Why there is no directory to go by.
#[derive(Debug, Error)]
pub enum NoDirectory {
    /// The end of the archive is missing.
    #[error("the archive is cut off: its directory, at the end, is missing")]
    CutOff,
    /// It is one of several parts.
    #[error("a part of an archive in several parts: join them, then name the whole")]
    Split,
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
}

/// Where the records of an archive are.
#[derive(Debug, Clone)]
pub struct Directory {
    bytes: FileBytes,
    start: u64,
    end: u64,
    /// What offsets in the archive are short of.
    shift: u64,
    /// The local headers stand in for the directory, which is missing.
    local: bool,
}

/// What the directory says of an entry.
#[derive(Debug, Clone)]
pub struct Record {
    /// The parts of its path, from the top down; safe to show.
    pub path: Vec<String>,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// How its bytes are found.
    pub entry: Entry,
}

impl Directory {
    /// Finds the directory.
    ///
    /// # Errors
    /// [`NoDirectory`].
    pub fn open(bytes: &FileBytes) -> Result<Self, NoDirectory> {
        let reach = END_REACH.min(bytes.len());
        let tail_at = bytes.len().saturating_sub(reach);
        let tail = bytes.read_exact_at(tail_at, usize::try_from(reach).unwrap_or(usize::MAX))?;
        let mut end = None;
        for at in (0..tail.len().saturating_sub(3)).rev() {
            if tail.slice_at(at, 4) != Some(END) {
                continue;
            }
            let comment = tail.u16_at(at + 20).map(usize::from);
            let whole = comment.is_some_and(|len| at + 22 + len == tail.len());
            if whole || (end.is_none() && comment.is_some()) {
                end = Some(at);
            }
            if whole {
                break;
            }
        }
        let at = end.ok_or(NoDirectory::CutOff)?;
        let record = tail.get(at..).unwrap_or_default();
        Self::of_end(bytes, tail_at.saturating_add(at as u64), record)
    }

    fn of_end(bytes: &FileBytes, at: u64, record: &[u8]) -> Result<Self, NoDirectory> {
        let short = |offset| record.u16_at(offset).map(u64::from);
        let long = |offset| record.u32_at(offset).map(u64::from);
        let all = (short(4), short(6), long(12), long(16));
        let (Some(disk), Some(first_disk), Some(size), Some(offset)) = all else {
            return Err(NoDirectory::CutOff);
        };
        let mut found = (at, size, offset);
        let mut split = (disk != 0 && disk != 0xFFFF) || (first_disk != 0 && first_disk != 0xFFFF);
        let locator_at = at.saturating_sub(20);
        let locator = bytes.read_exact_at(locator_at, 20).unwrap_or_default();
        if locator.starts_with(LOCATOR_64) {
            let told = locator.u64_at(8).unwrap_or_default();
            split |= locator.u32_at(16).is_some_and(|disks| disks > 1);
            // A program before the archive moves the record, which then stands before its locator.
            for at in [told, locator_at.saturating_sub(56)] {
                let record = bytes.read_exact_at(at, 56).unwrap_or_default();
                if record.starts_with(END_64)
                    && let (Some(size), Some(offset)) = (record.u64_at(40), record.u64_at(48))
                {
                    found = (at, size, offset);
                    break;
                }
            }
        }
        if split {
            return Err(NoDirectory::Split);
        }
        let (end, size, offset) = found;
        let start = end.checked_sub(size).ok_or(NoDirectory::CutOff)?;
        let is_record = |at: u64| bytes.read_exact_at(at, 4).is_ok_and(|own| own == RECORD);
        let start = if size == 0 || is_record(start) {
            start
        } else if is_record(offset) {
            offset
        } else {
            return Err(NoDirectory::CutOff);
        };
        Ok(Self {
            bytes: bytes.clone(),
            start,
            end: start.saturating_add(size).min(bytes.len()),
            shift: start.saturating_sub(offset),
            local: false,
        })
    }

    /// The local headers of an archive that has lost its directory, as far as they tell where the
    /// next one is.
    #[must_use]
    pub fn of_local_headers(bytes: &FileBytes) -> Self {
        Self {
            bytes: bytes.clone(),
            start: 0,
            end: bytes.len(),
            shift: 0,
            local: true,
        }
    }

    /// The archive.
    #[must_use]
    pub fn bytes(&self) -> &FileBytes {
        &self.bytes
    }

    /// Its records, in their order.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records {
            directory: self,
            at: self.start,
            window: Vec::new(),
            window_at: self.start,
            broken: None,
        }
    }
}

/// The records of a directory, read one by one.
#[derive(Debug)]
pub struct Records<'d> {
    directory: &'d Directory,
    at: u64,
    window: Vec<u8>,
    window_at: u64,
    broken: Option<String>,
}

impl Records<'_> {
    /// Why the walk ended before the end of the directory, if it did.
    #[must_use]
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Bytes of the directory at an offset of the archive.
    fn bytes_at(&mut self, at: u64, len: u64) -> io::Result<&[u8]> {
        let end = at.checked_add(len).filter(|end| *end <= self.directory.end);
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        let held = self.window_at..self.window_at.saturating_add(self.window.len() as u64);
        if at < held.start || end > held.end {
            let len = usize::try_from(len).map_err(io::Error::other)?;
            self.window.resize(WINDOW.max(len), 0);
            let read = self.directory.bytes.read_at(&mut self.window, at)?;
            self.window.truncate(read);
            self.window_at = at;
        }
        let from = usize::try_from(at.saturating_sub(self.window_at)).map_err(io::Error::other)?;
        let len = usize::try_from(len).map_err(io::Error::other)?;
        let bytes = self.window.slice_at(from, len);
        bytes.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn central(&mut self) -> io::Result<Option<Record>> {
        let shift = self.directory.shift;
        let at = self.at;
        let fixed = self.bytes_at(at, RECORD_LEN)?;
        if !fixed.starts_with(RECORD) {
            return Err(io::Error::other("a record does not start as one"));
        }
        let short = |offset| fixed.u16_at(offset).unwrap_or_default();
        let long = |offset| u64::from(fixed.u32_at(offset).unwrap_or_default());
        let lens = [short(28), short(30), short(32)].map(u64::from);
        let mut entry = Entry {
            flags: short(8),
            method: short(10),
            crc: fixed.u32_at(16).unwrap_or_default(),
            packed: long(20),
            size: long(24),
            header: long(42),
        };
        // By MS-DOS attributes, or by the mode of Unix.
        let attributes = long(38);
        let unix_folder = short(4) >> 8 == 3 && (attributes >> 28) == 0x4;
        let marked = attributes & 0x10 != 0 || unix_folder;
        let [name_len, extra_len, comment_len] = lens;
        let named = self.bytes_at(at.saturating_add(RECORD_LEN), name_len + extra_len)?;
        let split = usize::try_from(name_len).unwrap_or(usize::MAX);
        let (raw, extra) = named.split_at_checked(split).unwrap_or_default();
        zip64(&mut entry, extra);
        let name = name::decode(raw, entry.flags, extra);
        entry.header = entry.header.saturating_add(shift);
        self.at = at.saturating_add(RECORD_LEN + name_len + extra_len + comment_len);
        Ok(Some(record(&name, entry, marked)))
    }

    /// A local header; `None` where none follows.
    fn local(&mut self) -> io::Result<Option<Record>> {
        let at = self.at;
        let fixed = self.bytes_at(at, LOCAL_LEN)?;
        if !fixed.starts_with(LOCAL) {
            return Err(io::Error::other("no further entry begins where one ends"));
        }
        let short = |offset| fixed.u16_at(offset).unwrap_or_default();
        let long = |offset| u64::from(fixed.u32_at(offset).unwrap_or_default());
        let (name_len, extra_len) = (u64::from(short(26)), u64::from(short(28)));
        let mut entry = Entry {
            flags: short(6),
            method: short(8),
            crc: fixed.u32_at(14).unwrap_or_default(),
            packed: long(18),
            size: long(22),
            header: at,
        };
        let named = self.bytes_at(at.saturating_add(LOCAL_LEN), name_len + extra_len)?;
        let split = usize::try_from(name_len).unwrap_or(usize::MAX);
        let (raw, extra) = named.split_at_checked(split).unwrap_or_default();
        zip64(&mut entry, extra);
        let name = name::decode(raw, entry.flags, extra);
        if entry.sizes_follow() {
            return Err(io::Error::other(
                "the length of an entry is not told before it",
            ));
        }
        let data = at.saturating_add(LOCAL_LEN + name_len + extra_len);
        self.at = data.saturating_add(entry.packed);
        Ok(Some(record(&name, entry, false)))
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.broken.is_some() || self.at >= self.directory.end {
            return None;
        }
        let read = if self.directory.local {
            self.local()
        } else {
            self.central()
        };
        read.unwrap_or_else(|error| {
            self.broken = Some(error.to_string());
            None
        })
    }
}

fn record(name: &str, entry: Entry, marked: bool) -> Record {
    let trailing = name.ends_with(['/', '\\']);
    Record {
        path: name::parts(name),
        is_folder: trailing || (marked && entry.size == 0),
        entry,
    }
}

/// Takes the values that do not fit into 32 bits from their field, which has those only, in this
/// order.
fn zip64(entry: &mut Entry, extra: &[u8]) {
    const FULL: u64 = 0xFFFF_FFFF;
    let Some(field) = name::field(extra, ZIP64) else {
        return;
    };
    let mut at = 0;
    for value in [&mut entry.size, &mut entry.packed, &mut entry.header] {
        if *value == FULL
            && let Some(real) = field.u64_at(at)
        {
            *value = real;
            at += 8;
        }
    }
}
