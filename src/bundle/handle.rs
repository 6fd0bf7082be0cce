//! An open bundle file, read by position: opened once, and never again by its path.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes that can be read at any position from any thread.
pub trait Handle: Debug + Send + Sync {
    /// Their number.
    ///
    /// # Errors
    /// When the file cannot be asked.
    fn size(&self) -> io::Result<u64>;

    /// Reads some bytes from `offset`; 0 at the end only.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

impl Handle for File {
    fn size(&self) -> io::Result<u64> {
        self.metadata().map(|metadata| metadata.len())
    }

    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, offset)
    }
}

impl Handle for Vec<u8> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let from = usize::try_from(offset).ok().and_then(|at| self.get(at..));
        from.unwrap_or_default().read(buffer)
    }
}

/// A stretch of a handle, as a stream. Ends early only with an error.
#[derive(Debug, Clone)]
pub struct Section {
    handle: Arc<dyn Handle>,
    offset: u64,
    left: u64,
}

impl Section {
    /// The `size` bytes from `offset`.
    #[must_use]
    pub fn new(handle: Arc<dyn Handle>, offset: u64, size: u64) -> Self {
        Self {
            handle,
            offset,
            left: size,
        }
    }

    /// All of them, which the caller has bounded.
    ///
    /// # Errors
    /// When the file cannot be read, or ends early.
    pub fn read_all(mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let Some(buffer) = buffer.get_mut(..wanted).filter(|b| !b.is_empty()) else {
            return Ok(0);
        };
        let got = loop {
            match self.handle.read_at(buffer, self.offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if got == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file is shorter than it was",
            ));
        }
        self.offset = self.offset.saturating_add(got as u64);
        self.left = self.left.saturating_sub(got as u64);
        Ok(got)
    }
}
