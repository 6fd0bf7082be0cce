//! An entry made ready on any thread: hashed, and compressed where that helps.
//!
//! *Spec*: `formats/bundle.md`, section 3.
//!
//! *Invariant*: the same bytes give the same entry, whatever the reader's chunks: the compressor is
//! always fed full blocks of 64 KiB.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::sync::Arc;

use flate2::{Compress, Compression, FlushCompress, Status};
use sha2::{Digest, Sha256};

use super::digest::Sha256Hash;
use super::scratch::{BLOCK, Scratch, Spool};
use super::zip_header::Method;
use crate::content::Content;
use crate::item::Blob;
use crate::limits;

/// Bytes tried of a block that looks like noise.
const PROBE: usize = 4 << 10;

/// Bytes tried of a longer content.
const TRIED: usize = 16 << 10;

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
}

impl Stored {
    /// Writes all of it.
    pub(super) fn copy_to(self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Memory(bytes) => out.write_all(&bytes),
            Self::Spool(spool) => spool.copy_to(out),
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

/// Whether deflating is worth trying. Of what looks like noise a small piece is tried, for
/// repetitions.
fn may_help(bytes: &[u8]) -> io::Result<bool> {
    let block = bytes.get(..BLOCK).unwrap_or(bytes);
    if looks_compressed(block) {
        return Ok(false);
    }
    if !looks_like_noise(block) {
        return Ok(true);
    }
    let piece = block.get(..PROBE).unwrap_or(block);
    Ok(helps(piece.len(), deflate(piece)?.len()))
}

/// Deflates a whole block that is in memory.
fn deflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut sink = Sink::new(
        Method::Deflate,
        Box::new(Vec::with_capacity(bytes.len() / 2)),
    );
    sink.deflate(bytes)?;
    sink.end()?;
    Ok(*sink.out)
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

/// Reads until the block is full or the reader ends.
fn fill(reader: &mut dyn Read, block: &mut Vec<u8>) -> io::Result<()> {
    block.resize(BLOCK, 0);
    let mut filled = 0;
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
    /// Reads, hashes and compresses a content into `scratch`.
    ///
    /// # Errors
    /// When the content cannot be read to its end, is over [`limits::BUNDLE_PART_BYTES`]
    /// ([`io::ErrorKind::FileTooLarge`]), or `scratch` cannot be written.
    pub fn from_content(content: &dyn Content, scratch: &Arc<Scratch>) -> io::Result<Self> {
        let mut reader = content.open()?;
        let mut block = Vec::new();
        fill(&mut *reader, &mut block)?;
        if block.len() < BLOCK {
            return Self::from_bytes(block);
        }
        let tried = block.get(..TRIED).unwrap_or(&block);
        let method = if may_help(&block)? && helps(tried.len(), deflate(tried)?.len()) {
            Method::Deflate
        } else {
            Method::Store
        };
        let mut entry = EntryWriter::with_memory(method, scratch, IN_MEMORY);
        while !block.is_empty() {
            entry.write_block(&mut block)?;
            fill(&mut *reader, &mut block)?;
        }
        entry.finish()
    }

    /// Hashes and compresses bytes that are in memory.
    ///
    /// # Errors
    /// When there are more than [`limits::BUNDLE_PART_BYTES`] ([`io::ErrorKind::FileTooLarge`]).
    pub fn from_bytes(bytes: Vec<u8>) -> io::Result<Self> {
        let size = bounded(bytes.len() as u64)?;
        let sha256 = Sha256Hash::of(&bytes);
        let crc32 = crc32fast::hash(&bytes);
        let deflated = if may_help(&bytes)? {
            Some(deflate(&bytes)?).filter(|deflated| helps(bytes.len(), deflated.len()))
        } else {
            None
        };
        let (method, csha256, stored) = match deflated {
            Some(deflated) => (Method::Deflate, Sha256Hash::of(&deflated), deflated),
            None => (Method::Store, sha256, bytes),
        };
        Ok(Self {
            sha256,
            size,
            csha256,
            csize: bounded(stored.len() as u64)?,
            crc32,
            method,
            stored: Stored::Memory(stored),
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

/// A compressor and the room for what it gives. It has some 300 KiB of tables, so that each thread
/// keeps one for the next entry.
struct Engine {
    compress: Compress,
    buffer: Vec<u8>,
}

thread_local! {
    static SPARE: Cell<Option<Box<Engine>>> = const { Cell::new(None) };
}

impl Engine {
    fn get() -> Box<Self> {
        SPARE.take().unwrap_or_else(|| {
            Box::new(Self {
                compress: Compress::new(Compression::new(1), false),
                buffer: vec![0; BLOCK],
            })
        })
    }

    fn give_back(mut self: Box<Self>) {
        self.compress.reset();
        SPARE.set(Some(self));
    }
}

/// Where stored bytes go, hashed on their way.
struct Sink<W> {
    engine: Option<Box<Engine>>,
    hasher: Sha256,
    csize: u64,
    out: Box<W>,
}

impl<W: Write> Sink<W> {
    fn new(method: Method, out: Box<W>) -> Self {
        let deflate = method == Method::Deflate;
        Self {
            engine: deflate.then(Engine::get),
            hasher: Sha256::new(),
            csize: 0,
            out,
        }
    }

    /// Notes stored bytes that are written by other means.
    fn count(&mut self, bytes: &[u8]) -> io::Result<()> {
        Self::note(&mut self.hasher, &mut self.csize, bytes)
    }

    fn note(hasher: &mut Sha256, csize: &mut u64, bytes: &[u8]) -> io::Result<()> {
        hasher.update(bytes);
        *csize = csize.saturating_add(bytes.len() as u64);
        if *csize > limits::BUNDLE_PART_BYTES {
            return Err(too_large());
        }
        Ok(())
    }

    fn drive(&mut self, mut input: &[u8], flush: FlushCompress) -> io::Result<()> {
        let Some(engine) = &mut self.engine else {
            self.count(input)?;
            return self.out.write_all(input);
        };
        let Engine {
            compress: engine,
            buffer,
        } = &mut **engine;
        loop {
            let (before_in, before_out) = (engine.total_in(), engine.total_out());
            let status = engine
                .compress(input, buffer, flush)
                .map_err(io::Error::other)?;
            let used = usize::try_from(engine.total_in().saturating_sub(before_in));
            let made = usize::try_from(engine.total_out().saturating_sub(before_out));
            let (Ok(used), Ok(made)) = (used, made) else {
                return Err(io::Error::other("the compressor lost count"));
            };
            input = input.get(used..).unwrap_or_default();
            let bytes = buffer.get(..made).unwrap_or_default();
            Self::note(&mut self.hasher, &mut self.csize, bytes)?;
            self.out.write_all(bytes)?;
            let done = match flush {
                FlushCompress::Finish => status == Status::StreamEnd,
                _ => input.is_empty() && made < buffer.len(),
            };
            if done {
                return Ok(());
            }
            if used == 0 && made == 0 {
                return Err(io::Error::other("the compressor does not go on"));
            }
        }
    }

    fn deflate(&mut self, bytes: &[u8]) -> io::Result<()> {
        bytes
            .chunks(BLOCK)
            .try_for_each(|block| self.drive(block, FlushCompress::None))
    }

    fn end(&mut self) -> io::Result<()> {
        if self.engine.is_some() {
            self.drive(&[], FlushCompress::Finish)?;
        }
        if let Some(engine) = self.engine.take() {
            engine.give_back();
        }
        Ok(())
    }
}

/// An entry that is written piece by piece.
pub(super) struct EntryWriter {
    method: Method,
    sha256: Sha256,
    crc32: crc32fast::Hasher,
    size: u64,
    sink: Sink<Spool>,
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
            sink: Sink::new(method, Box::new(Spool::new(scratch, most))),
            pending: Vec::new(),
        }
    }

    /// Appends a block and leaves room for the next.
    fn write_block(&mut self, block: &mut Vec<u8>) -> io::Result<()> {
        self.size = self.size.saturating_add(block.len() as u64);
        bounded(self.size)?;
        self.crc32.update(block);
        match self.method {
            Method::Deflate => {
                self.sha256.update(&*block);
                self.sink.drive(block, FlushCompress::None)?;
                block.clear();
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
                let mut block = std::mem::take(&mut self.pending);
                self.write_block(&mut block)?;
                self.pending = block;
            }
        }
        Ok(())
    }

    /// The entry.
    pub(super) fn finish(mut self) -> io::Result<Prepared> {
        if !self.pending.is_empty() {
            let mut block = std::mem::take(&mut self.pending);
            self.write_block(&mut block)?;
        }
        self.sink.end()?;
        let csha256 = Sha256Hash::finish(self.sink.hasher);
        Ok(Prepared {
            sha256: match self.method {
                Method::Deflate => Sha256Hash::finish(self.sha256),
                Method::Store => csha256,
            },
            size: bounded(self.size)?,
            csha256,
            csize: bounded(self.sink.csize)?,
            crc32: self.crc32.finalize(),
            method: self.method,
            stored: Stored::Spool(*self.sink.out),
        })
    }
}
