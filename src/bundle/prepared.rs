//! An entry made ready on any thread: hashed, and compressed where that helps.
//!
//! *Spec*: `formats/bundle.md`, section 3.
//!
//! *Invariant*: the same bytes give the same entry, whatever the reader's chunks: the compressor is
//! always fed full blocks of 64 KiB.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::deflate::{Deflater, PIECE};
use super::digest::Sha256Hash;
use super::scratch::{BLOCK, Scratch, Spool};
use super::zip_header::Method;
use crate::content::Content;
use crate::item::Blob;
use crate::limits;

/// Bytes by which noise is told, and tried of what looks like it.
const PROBE: usize = 4 << 10;

/// Bytes tried of a longer content.
const TRIED: usize = 16 << 10;

/// Blocks of a content that are held until it is told whether it is a copy: 1 MiB.
const HELD: usize = 16;

/// Bytes of an entry that may stay in memory, if there is some left.
const IN_MEMORY: u64 = 16 << 20;

/// Bytes of a stream that may stay in memory: it lives as long as the run.
const STREAM_IN_MEMORY: u64 = 256 << 10;

/// An entry made ready to be packed.
#[derive(Debug)]
pub struct Prepared {
    pub(super) sha256: Sha256Hash,
    pub(super) size: u32,
    pub(super) csha256: Sha256Hash,
    pub(super) csize: u32,
    pub(super) crc32: u32,
    pub(super) method: Method,
    pub(super) stored: Stored,
}

/// The stored bytes.
#[derive(Debug)]
pub(super) enum Stored {
    Memory(Vec<u8>),
    Spool(Spool),
    /// In the bundle already.
    Placed,
}

impl Stored {
    /// Writes all of it.
    pub(super) fn copy_to(self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Memory(bytes) => out.write_all(&bytes),
            Self::Spool(spool) => spool.copy_to(out),
            Self::Placed => Err(io::Error::other("its bytes are in another bundle")),
        }
    }
}

/// The first bytes of formats that are compressed already.
const COMPRESSED: [&[u8]; 14] = [
    b"PK\x03\x04",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"OggS",
    b"ID3",
    b"\x1a\x45\xdf\xa3",
    b"age-encryption.org",
];

/// Whether the first block shows a format that is compressed already.
fn looks_compressed(block: &[u8]) -> bool {
    COMPRESSED.iter().any(|magic| block.starts_with(magic))
        || block.get(4..8) == Some(b"ftyp")
        || (block.starts_with(b"RIFF") && block.get(8..12) == Some(b"WEBP"))
}

/// Whether all byte values are about as frequent as in noise, which no code for single bytes
/// shortens: the sum of squares of their counts is within a sixteenth of what it is for noise.
fn looks_like_noise(bytes: &[u8]) -> bool {
    let mut counts = [0u64; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count = count.wrapping_add(1);
        }
    }
    let size = bytes.len() as u64;
    let even = size.saturating_mul(size) / 256;
    let squares = counts.iter().map(|count| count.saturating_mul(*count));
    let noise = even.saturating_add(even / 16).saturating_add(size);
    size >= PROBE as u64 && squares.fold(0, u64::saturating_add) <= noise
}

/// Whether deflating is worth trying. What looks like noise is tried, for repetitions.
fn may_help(bytes: &[u8]) -> bool {
    if looks_compressed(bytes) {
        return false;
    }
    let piece = bytes.get(..PROBE).unwrap_or(bytes);
    !looks_like_noise(piece) || helps(piece.len(), deflate(piece).len())
}

/// Deflates bytes that are in memory, in a hurry.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut deflater = spare();
    let mut out = Vec::with_capacity(match bytes.len() {
        ..=PIECE => 0,
        // As text shrinks, so that it need not be moved as it grows.
        long => long / 3,
    });
    for piece in bytes.chunks(PIECE) {
        out.extend_from_slice(deflater.piece(piece));
    }
    out.extend_from_slice(deflater.end());
    SPARE.set(Some(deflater));
    out
}

/// Deflate helps when it saves more than a sixteenth.
fn helps(size: usize, csize: usize) -> bool {
    csize < size.saturating_sub(size / 16)
}

fn too_large() -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!(
            "is over {} bytes, the most that one entry of a bundle holds",
            limits::BUNDLE_PART_BYTES
        ),
    )
}

fn bounded(size: u64) -> io::Result<u32> {
    u32::try_from(size)
        .ok()
        .filter(|_| size <= limits::BUNDLE_PART_BYTES)
        .ok_or_else(too_large)
}

/// Reads on until the block has `most` bytes or the reader ends; what it has beyond `filled` says
/// nothing.
fn fill(
    reader: &mut dyn Read,
    block: &mut Vec<u8>,
    mut filled: usize,
    most: usize,
) -> io::Result<()> {
    // Room that is used again need not be zeroed.
    block.resize(most, 0);
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled = filled.saturating_add(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    block.truncate(filled);
    Ok(())
}

impl Prepared {
    /// Reads, hashes and compresses a content into `scratch`, or only hashes it when it is in the
    /// bundle already.
    ///
    /// # Errors
    /// When the content cannot be read to its end, is over [`limits::BUNDLE_PART_BYTES`]
    /// ([`io::ErrorKind::FileTooLarge`]), or `scratch` cannot be written.
    pub fn from_content(content: &dyn Content, scratch: &Arc<Scratch>) -> io::Result<Self> {
        let mut reader = content.open()?;
        let mut block = Vec::new();
        // One byte more than it says it has, to see that it ends there.
        let small = usize::try_from(content.size()).map_or(BLOCK, |size| size.saturating_add(1));
        fill(&mut *reader, &mut block, 0, small.min(BLOCK))?;
        if block.len() >= small {
            let filled = block.len();
            fill(&mut *reader, &mut block, filled, BLOCK)?;
        }
        if block.len() < BLOCK {
            let sha256 = Sha256Hash::of(&block);
            return match scratch.has(&sha256) {
                true => Self::placed(sha256, block.len() as u64),
                false => Self::hashed(block, sha256),
            };
        }
        // Copies are told before they are compressed: the same file is sent again and again.
        let mut sha256 = Sha256::new();
        let mut blocks = Vec::new();
        while block.len() == BLOCK && blocks.len() < HELD {
            sha256.update(&block);
            blocks.push(std::mem::replace(&mut block, scratch.room()));
            fill(&mut *reader, &mut block, 0, BLOCK)?;
        }
        if block.len() < BLOCK {
            sha256.update(&block);
            let last = std::mem::take(&mut block);
            blocks.extend(Some(last).filter(|last| !last.is_empty()));
            let hash = Sha256Hash::finish(sha256.clone());
            if scratch.has(&hash) {
                let size = blocks.iter().map(|block| block.len() as u64).sum();
                scratch.keep(blocks);
                return Self::placed(hash, size);
            }
        }
        let first = blocks.first().map(Vec::as_slice).unwrap_or_default();
        let tried = first.get(..TRIED).unwrap_or(first);
        let method = if may_help(first) && helps(tried.len(), deflate(tried).len()) {
            Method::Deflate
        } else {
            Method::Store
        };
        let mut entry = EntryWriter::with_memory(method, scratch, IN_MEMORY);
        for mut block in blocks {
            entry.write_block(&mut block)?;
            scratch.keep([block]);
        }
        entry.sha256 = sha256;
        while !block.is_empty() {
            entry.sha256.update(&block);
            entry.write_block(&mut block)?;
            fill(&mut *reader, &mut block, 0, BLOCK)?;
        }
        scratch.keep([block]);
        entry.finish()
    }

    /// A blob that need not be made ready.
    fn placed(sha256: Sha256Hash, size: u64) -> io::Result<Self> {
        Ok(Self {
            sha256,
            size: bounded(size)?,
            csha256: sha256,
            csize: 0,
            crc32: 0,
            method: Method::Store,
            stored: Stored::Placed,
        })
    }

    /// Hashes and compresses bytes that are in memory.
    ///
    /// # Errors
    /// When there are more than [`limits::BUNDLE_PART_BYTES`] ([`io::ErrorKind::FileTooLarge`]).
    pub fn from_bytes(bytes: Vec<u8>) -> io::Result<Self> {
        let sha256 = Sha256Hash::of(&bytes);
        Self::hashed(bytes, sha256)
    }

    /// As [`Self::from_bytes`], of bytes with that hash.
    fn hashed(bytes: Vec<u8>, sha256: Sha256Hash) -> io::Result<Self> {
        match Self::deflated(&bytes, sha256)? {
            Some(deflated) => Ok(deflated),
            None => Self::as_it_is(bytes, sha256),
        }
    }

    /// As [`Self::from_bytes`], where the room of the bytes is needed again.
    pub(super) fn from_slice(bytes: &[u8]) -> io::Result<Self> {
        let sha256 = Sha256Hash::of(bytes);
        match Self::deflated(bytes, sha256)? {
            Some(deflated) => Ok(deflated),
            None => Self::as_it_is(bytes.to_vec(), sha256),
        }
    }

    /// Deflated, if that helps.
    fn deflated(bytes: &[u8], sha256: Sha256Hash) -> io::Result<Option<Self>> {
        let size = bounded(bytes.len() as u64)?;
        let stored = may_help(bytes).then(|| deflate(bytes));
        let Some(stored) = stored.filter(|stored| helps(bytes.len(), stored.len())) else {
            return Ok(None);
        };
        Ok(Some(Self {
            sha256,
            size,
            csha256: Sha256Hash::of(&stored),
            csize: bounded(stored.len() as u64)?,
            crc32: crc32fast::hash(bytes),
            method: Method::Deflate,
            stored: Stored::Memory(stored),
        }))
    }

    fn as_it_is(bytes: Vec<u8>, sha256: Sha256Hash) -> io::Result<Self> {
        let size = bounded(bytes.len() as u64)?;
        Ok(Self {
            sha256,
            size,
            csha256: sha256,
            csize: size,
            crc32: crc32fast::hash(&bytes),
            method: Method::Store,
            stored: Stored::Memory(bytes),
        })
    }

    /// The blob that the bytes are.
    #[must_use]
    pub fn blob(&self) -> Blob {
        Blob {
            sha256: self.sha256.to_string(),
            size: self.size.into(),
        }
    }

    /// Bytes that it takes in the bundle, headers aside.
    #[must_use]
    pub fn stored_size(&self) -> u64 {
        self.csize.into()
    }
}

thread_local! {
    /// A compressor between streams.
    static SPARE: Cell<Option<Box<Deflater>>> = const { Cell::new(None) };
}

/// A compressor for a new stream, which goes back to [`SPARE`] after it.
fn spare() -> Box<Deflater> {
    SPARE.take().unwrap_or_else(|| Box::new(Deflater::new()))
}

/// Where stored bytes go; what is compressed is hashed on its way.
struct Sink {
    deflater: Option<Box<Deflater>>,
    hasher: Sha256,
    csize: u64,
    out: Spool,
}

impl Sink {
    fn new(method: Method, out: Spool) -> Self {
        let deflate = method == Method::Deflate;
        Self {
            deflater: deflate.then(spare),
            hasher: Sha256::new(),
            csize: 0,
            out,
        }
    }

    fn count(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.csize = self.csize.saturating_add(bytes.len() as u64);
        if self.csize > limits::BUNDLE_PART_BYTES {
            return Err(too_large());
        }
        Ok(())
    }

    /// Writes what comes of feeding the compressor.
    fn deflate(&mut self, feed: impl FnOnce(&mut Deflater) -> &[u8]) -> io::Result<()> {
        let Some(mut deflater) = self.deflater.take() else {
            return Ok(());
        };
        let deflated = feed(&mut deflater);
        self.count(deflated)?;
        self.hasher.update(deflated);
        self.out.write_all(deflated)?;
        self.deflater = Some(deflater);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.deflate(Deflater::end)?;
        if let Some(deflater) = self.deflater.take() {
            SPARE.set(Some(deflater));
        }
        Ok(())
    }
}

/// An entry that is written piece by piece.
pub(super) struct EntryWriter {
    method: Method,
    /// Of the blocks before they are compressed: whoever writes them hashes them.
    sha256: Sha256,
    crc32: crc32fast::Hasher,
    size: u64,
    sink: Sink,
    pending: Vec<u8>,
}

impl EntryWriter {
    /// An empty entry that grows as long as the run.
    pub(super) fn new(method: Method, scratch: &Arc<Scratch>) -> Self {
        Self::with_memory(method, scratch, STREAM_IN_MEMORY)
    }

    fn with_memory(method: Method, scratch: &Arc<Scratch>, most: u64) -> Self {
        Self {
            method,
            sha256: Sha256::new(),
            crc32: crc32fast::Hasher::new(),
            size: 0,
            sink: Sink::new(method, Spool::new(scratch, most)),
            pending: Vec::new(),
        }
    }

    /// Appends a block, and leaves room for the next with anything in it.
    fn write_block(&mut self, block: &mut Vec<u8>) -> io::Result<()> {
        self.size = self.size.saturating_add(block.len() as u64);
        bounded(self.size)?;
        self.crc32.update(block);
        match self.method {
            Method::Deflate => {
                self.sink.deflate(|deflater| deflater.piece(block))?;
            }
            Method::Store => {
                self.sink.count(block)?;
                self.sink.out.push(block)?;
            }
        }
        Ok(())
    }

    /// Appends bytes.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = BLOCK.saturating_sub(self.pending.len()).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.pending.extend(now);
            bytes = later;
            if self.pending.len() == BLOCK {
                self.write_pending()?;
            }
        }
        Ok(())
    }

    fn write_pending(&mut self) -> io::Result<()> {
        let mut block = std::mem::take(&mut self.pending);
        self.sha256.update(&block);
        self.write_block(&mut block)?;
        block.clear();
        self.pending = block;
        Ok(())
    }

    /// The entry.
    pub(super) fn finish(mut self) -> io::Result<Prepared> {
        if !self.pending.is_empty() {
            self.write_pending()?;
        }
        self.sink.end()?;
        let sha256 = Sha256Hash::finish(self.sha256);
        let csha256 = match self.method {
            Method::Deflate => Sha256Hash::finish(self.sink.hasher),
            Method::Store => sha256,
        };
        Ok(Prepared {
            sha256,
            size: bounded(self.size)?,
            csha256,
            csize: bounded(self.sink.csize)?,
            crc32: self.crc32.finalize(),
            method: self.method,
            stored: Stored::Spool(self.sink.out),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::InMemory;

    #[test]
    fn a_copy_of_what_is_placed_is_only_told() {
        let text = |size: usize| -> Vec<u8> { (0..=250_u8).cycle().take(size).collect() };
        let most = (HELD + 1) * BLOCK;
        let sizes = [
            0,
            10,
            BLOCK - 1,
            BLOCK,
            BLOCK + 1,
            3 * BLOCK,
            most - 1,
            most,
        ];
        for size in sizes {
            let scratch = Scratch::new(&std::env::temp_dir());
            let content = InMemory(text(size));
            let ready = Prepared::from_content(&content, &scratch).unwrap();
            assert!(!matches!(ready.stored, Stored::Placed), "{size}");
            assert_eq!(ready.sha256, Sha256Hash::of(&text(size)));
            let again = Prepared::from_content(&content, &scratch).unwrap();
            assert_eq!(again.csha256, ready.csha256);
            scratch.place(ready.sha256);
            let copy = Prepared::from_content(&content, &scratch).unwrap();
            let told = size < most;
            assert_eq!(matches!(copy.stored, Stored::Placed), told, "{size}");
            assert_eq!(copy.blob(), ready.blob());
            let written = copy.stored.copy_to(&mut Vec::new());
            assert_eq!(written.is_err(), told, "what is not there is not written");
        }
    }
}
