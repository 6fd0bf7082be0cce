//! The bytes of an input, read by position: a file on disk, or what came out of an archive.
//!
//! *Invariant*: no shared cursor, so any number of threads may read one handle. A file that
//! shrinks while it is open gives errors, not crashes, which a memory map would not promise.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use tempfile::{SpooledData, SpooledTempFile};

use crate::content::Content;

/// An open input and its length at the time of opening. Clones share the handle.
#[derive(Debug, Clone)]
pub struct FileBytes {
    backing: Backing,
    start: u64,
    len: u64,
}

#[derive(Debug, Clone)]
enum Backing {
    File(Arc<File>),
    Memory(Arc<[u8]>),
    /// A file of which a run is in memory.
    Held {
        file: Arc<File>,
        /// Where in the file the run begins.
        at: u64,
        run: Arc<Vec<u8>>,
    },
}

/// Copies bytes of memory from an offset on; gives how many.
fn copy_from(bytes: &[u8], offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let from = usize::try_from(offset).unwrap_or(usize::MAX);
    let mut rest = bytes.get(from..).unwrap_or_default();
    rest.read(buffer)
}

impl FileBytes {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::of_file(File::open(path)?)
    }

    /// An open file, which may have no name.
    ///
    /// # Errors
    /// Those of the system.
    pub fn of_file(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self::of_run(Arc::new(file), 0, len))
    }

    /// What was written to a file that has no name, or was too short to need one.
    ///
    /// # Errors
    /// Those of the system.
    pub fn of_spooled(spooled: SpooledTempFile) -> io::Result<Self> {
        match spooled.into_inner() {
            SpooledData::InMemory(bytes) => Ok(Self::in_memory(bytes.into_inner())),
            SpooledData::OnDisk(file) => Self::of_file(file),
        }
    }

    /// A run of bytes of an open file.
    #[must_use]
    pub fn of_run(file: Arc<File>, start: u64, len: u64) -> Self {
        Self {
            backing: Backing::File(file),
            start,
            len,
        }
    }

    /// A run of these bytes as an input of its own, as far as they go; nothing is copied.
    #[must_use]
    pub fn within(&self, offset: u64, len: u64) -> Self {
        let offset = offset.min(self.len);
        Self {
            backing: self.backing.clone(),
            start: self.start.saturating_add(offset),
            len: len.min(self.len.saturating_sub(offset)),
        }
    }

    /// The same bytes with a run of them in memory, for who reads it several times.
    ///
    /// # Errors
    /// Those of the system.
    pub fn holding(&self, run: Range<u64>) -> io::Result<Self> {
        let Backing::File(file) = &self.backing else {
            return Ok(self.clone());
        };
        let len = usize::try_from(run.end.saturating_sub(run.start)).map_err(io::Error::other)?;
        let bytes = self.read_exact_at(run.start, len)?;
        Ok(Self {
            backing: Backing::Held {
                file: Arc::clone(file),
                at: self.start.saturating_add(run.start),
                run: Arc::new(bytes),
            },
            ..*self
        })
    }

    /// A reader from the first byte, with a position of its own.
    #[must_use]
    pub fn reader(&self) -> FileReader {
        FileReader {
            bytes: self.clone(),
            at: 0,
        }
    }

    /// Bytes in memory.
    #[must_use]
    pub fn in_memory(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self {
            start: 0,
            len: bytes.len() as u64,
            backing: Backing::Memory(bytes),
        }
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn read_once(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = self.len.saturating_sub(offset);
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let offset = self.start.saturating_add(offset);
        match &self.backing {
            Backing::File(file) => read_at(file, buffer, offset),
            Backing::Memory(bytes) => copy_from(bytes, offset, buffer),
            Backing::Held { file, at, run } => match offset.checked_sub(*at) {
                Some(inside) if inside < run.len() as u64 => copy_from(run, inside, buffer),
                _ => read_at(file, buffer, offset),
            },
        }
    }

    /// Reads until the buffer is full or the file ends; gives the bytes read.
    ///
    /// # Errors
    /// Those of the system; interruptions are retried.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let Some(at) = offset.checked_add(done as u64) else {
                break;
            };
            match self.read_once(rest, at) {
                Ok(0) => break,
                Ok(read) => done = done.saturating_add(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Reads `len` bytes, all of them.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] when the file ends before; nothing is allocated for bytes
    /// that the file does not have.
    pub fn read_exact_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_exact_into(offset, len, &mut bytes)?;
        Ok(bytes)
    }

    /// As [`Self::read_exact_at`], into room that is used again.
    ///
    /// # Errors
    /// As for [`Self::read_exact_at`]; what is in the room then says nothing.
    pub fn read_exact_into(&self, offset: u64, len: usize, to: &mut Vec<u8>) -> io::Result<()> {
        if offset
            .checked_add(len as u64)
            .is_none_or(|end| end > self.len)
        {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        to.resize(len, 0);
        if self.read_at(to, offset)? < len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// Reads an input from its first byte to its last.
#[derive(Debug)]
pub struct FileReader {
    bytes: FileBytes,
    at: u64,
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read_at(buffer, self.at)?;
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}

/// A run of bytes of an input.
#[derive(Debug, Clone)]
pub struct Extent {
    /// The input.
    pub bytes: FileBytes,
    /// Where it starts.
    pub offset: u64,
    /// How long it is, in bytes.
    pub len: u64,
}

impl Extent {
    /// All of an input.
    #[must_use]
    pub fn whole(bytes: FileBytes) -> Self {
        Self {
            offset: 0,
            len: bytes.len(),
            bytes,
        }
    }

    /// Reads all of it, at most `limit` bytes.
    ///
    /// # Errors
    /// Those of the system; [`io::ErrorKind::FileTooLarge`] beyond the limit;
    /// [`io::ErrorKind::UnexpectedEof`] when the input ends before.
    pub fn read(&self, limit: u64) -> io::Result<Vec<u8>> {
        if self.len > limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{} bytes, over the limit of {limit}", self.len),
            ));
        }
        let len = usize::try_from(self.len).map_err(io::Error::other)?;
        self.bytes.read_exact_at(self.offset, len)
    }
}

impl Content for Extent {
    fn size(&self) -> u64 {
        self.len
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(ExtentReader {
            extent: self,
            done: 0,
        }))
    }
}

struct ExtentReader<'e> {
    extent: &'e Extent,
    done: u64,
}

impl Read for ExtentReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.extent.len.saturating_sub(self.done);
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let at = self.extent.offset.saturating_add(self.done);
        let read = self.extent.bytes.read_at(buffer, at)?;
        if read < most {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.done = self.done.saturating_add(read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_in_memory_changes_nothing() {
        use std::io::Write as _;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let whole = FileBytes::of_file(file).unwrap();
        let part = whole.within(1, 8);
        for bytes in [&whole, &part] {
            for run in [0..0, 0..4, 3..7, 2..8] {
                let held = bytes.holding(run).unwrap();
                for from in 0..10 {
                    for len in 0..10 {
                        let read = |bytes: &FileBytes| bytes.read_exact_at(from, len).ok();
                        assert_eq!(read(&held), read(bytes));
                    }
                }
            }
        }
        assert!(part.holding(3..9).is_err());
    }

    #[test]
    fn an_extent_is_read_whole_and_never_beyond() {
        let bytes = FileBytes::in_memory(*b"0123456789");
        let extent = |offset, len| Extent {
            bytes: bytes.clone(),
            offset,
            len,
        };
        assert_eq!(extent(2, 3).read(9).unwrap(), b"234");
        assert!(extent(2, 3).read(2).is_err());
        assert!(extent(8, 3).read(9).is_err());
        let mut all = Vec::new();
        extent(7, 3).open().unwrap().read_to_end(&mut all).unwrap();
        assert_eq!(all, b"789");
        assert!(extent(8, 3).open().unwrap().read_to_end(&mut all).is_err());
    }

    #[test]
    fn an_input_within_an_input_ends_where_it_says() {
        let bytes = FileBytes::in_memory(*b"0123456789")
            .within(2, 6)
            .within(1, 3);
        assert_eq!(bytes.read_exact_at(0, 3).unwrap(), b"345");
        assert!(bytes.read_exact_at(1, 3).is_err());
        assert_eq!(bytes.within(2, 9).len(), 1);
        let mut all = String::new();
        bytes.reader().read_to_string(&mut all).unwrap();
        assert_eq!(all, "345");
    }
}
