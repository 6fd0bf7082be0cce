//! One entry: its bytes, unpacked as they are read.
//!
//! *Spec*: APPNOTE 4.3.7 (local header), 4.4.5 (methods), RFC 1951 (Deflate).
//!
//! *Invariants*: never more bytes than the entry declares; the checksum is compared at the end, and
//! an error says when it differs.

use std::fmt;
use std::io::{self, Read};

use flate2::read::DeflateDecoder;

use crate::bytes::ReadAt;
use crate::content::Content;
use crate::file_bytes::{FileBytes, FileReader};
use crate::limits;

/// Bit 0 of the flags.
const ENCRYPTED: u16 = 1;
/// Bit 3 of the flags: sizes and CRC stand behind the data.
const SIZES_FOLLOW: u16 = 1 << 3;

/// How the bytes of an entry are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where its local header is.
    pub header: u64,
    /// Its length as packed, in bytes.
    pub packed: u64,
    /// Its length, in bytes, as declared.
    pub size: u64,
    /// CRC-32 of its bytes.
    pub crc: u32,
    /// How it is packed.
    pub method: u16,
    /// General purpose flags.
    pub flags: u16,
}

/// Why an entry is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A password is needed.
    Encrypted,
    /// By a method that is not known here.
    Method(u16),
    /// It declares far more bytes than anything but a bomb has.
    Bomb,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encrypted => {
                f.write_str("encrypted: unpack the archive with its password and name the folder")
            }
            Self::Method(method) => {
                let name = match method {
                    12 => "bzip2",
                    14 => "LZMA",
                    93 => "Zstandard",
                    95 => "XZ",
                    98 => "PPMd",
                    _ => return write!(f, "packed by method {method}: unpack the archive first"),
                };
                write!(
                    f,
                    "packed by {name}: unpack the archive and name the folder"
                )
            }
            Self::Bomb => write!(
                f,
                "declares over {} times the bytes that it is packed into: unpack it first if you \
                 trust it",
                limits::ARCHIVE_RATIO
            ),
        }
    }
}

impl Entry {
    /// Whether the sizes are not told by the local header.
    pub(super) fn sizes_follow(&self) -> bool {
        self.flags & SIZES_FOLLOW != 0 && self.packed == 0
    }

    /// The offset after its packed bytes, its header counted at its least.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.header.saturating_add(self.packed).saturating_add(30)
    }

    /// Why it is not read, if so.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        if self.flags & ENCRYPTED != 0 {
            return Some(Refusal::Encrypted);
        }
        if !matches!(self.method, 0 | 8 | 9) {
            return Some(Refusal::Method(self.method));
        }
        let most = self.packed.saturating_mul(limits::ARCHIVE_RATIO);
        let bomb = self.size > limits::ARCHIVE_RATIO_FROM && self.size > most;
        bomb.then_some(Refusal::Bomb)
    }

    /// A reader of its bytes.
    ///
    /// # Errors
    /// When it is refused, or its local header is not there.
    pub fn open(&self, archive: &FileBytes) -> io::Result<EntryReader> {
        if let Some(refusal) = self.refusal() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                refusal.to_string(),
            ));
        }
        let data = self.data(archive)?;
        Ok(EntryReader {
            data: match self.method {
                8 => Data::Deflate(DeflateDecoder::new(data.reader())),
                9 => Data::Deflate64(Box::new(deflate64::Deflate64Decoder::new(data.reader()))),
                _ => Data::Stored(data.reader()),
            },
            hasher: crc32fast::Hasher::new(),
            left: self.size,
            crc: self.crc,
        })
    }

    /// Its packed bytes.
    fn data(&self, archive: &FileBytes) -> io::Result<FileBytes> {
        let local = archive.read_exact_at(self.header, 30)?;
        let lens = (local.u16_at(26), local.u16_at(28));
        let (b"PK\x03\x04", (Some(name), Some(extra))) = (local.get(..4).unwrap_or_default(), lens)
        else {
            return Err(invalid("no entry begins where the directory says"));
        };
        let skipped = 30_u64 + u64::from(name) + u64::from(extra);
        Ok(archive.within(self.header.saturating_add(skipped), self.packed))
    }

    /// Its bytes in place, when they are not packed at all.
    ///
    /// # Errors
    /// As of [`Self::open`].
    pub fn in_place(&self, archive: &FileBytes) -> io::Result<Option<FileBytes>> {
        if self.refusal().is_some() || self.method != 0 || self.packed != self.size {
            return Ok(None);
        }
        self.data(archive).map(Some)
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

enum Data {
    Stored(FileReader),
    Deflate(DeflateDecoder<FileReader>),
    Deflate64(Box<deflate64::Deflate64Decoder<io::BufReader<FileReader>>>),
}

/// Reads an entry.
pub struct EntryReader {
    data: Data,
    hasher: crc32fast::Hasher,
    left: u64,
    crc: u32,
}

impl fmt::Debug for EntryReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryReader")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Read for EntryReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let mut beyond = [0];
        let room = match buffer.get_mut(..most) {
            Some(room) if !room.is_empty() => room,
            _ => &mut beyond,
        };
        let read = match &mut self.data {
            Data::Stored(data) => data.read(room),
            Data::Deflate(data) => data.read(room),
            Data::Deflate64(data) => data.read(room),
        }?;
        match (self.left, read) {
            (0, 0) if self.hasher.clone().finalize() == self.crc => Ok(0),
            (0, 0) => Err(invalid("the checksum of the entry is another")),
            (0, _) => Err(invalid("the entry has more bytes than it declares")),
            (left, 0) => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("the entry ends {left} bytes before its end"),
            )),
            (left, read) => {
                self.hasher.update(room.get(..read).unwrap_or_default());
                self.left = left.saturating_sub(read as u64);
                Ok(read)
            }
        }
    }
}

/// An entry as content: unpacked each time that it is read.
#[derive(Debug, Clone)]
pub struct Packed {
    /// The archive.
    pub archive: FileBytes,
    /// The entry.
    pub entry: Entry,
}

impl Content for Packed {
    fn size(&self) -> u64 {
        self.entry.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.entry.open(&self.archive)?))
    }
}
