//! Records that wait until the end of the run: in memory while they are few, then in an unnamed
//! file beside the store.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::file_bytes::FileBytes;
use crate::limits;

/// Bytes that are appended, and read back by position once all are there.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    pending: Vec<u8>,
    file: Option<File>,
    filed: u64,
}

impl Spool {
    /// An empty spool, whose file, if it needs one, is in `folder` and has no name.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            pending: Vec::new(),
            file: None,
            filed: 0,
        }
    }

    /// Appends bytes; gives their offset.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> io::Result<u64> {
        if self.pending.len().saturating_add(bytes.len()) > limits::SPOOL_MEMORY {
            self.flush()?;
        }
        let at = self.len();
        self.pending.extend_from_slice(bytes);
        Ok(at)
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> u64 {
        self.filed.saturating_add(self.pending.len() as u64)
    }

    fn flush(&mut self) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(&self.folder)?,
        };
        self.file.insert(file).write_all(&self.pending)?;
        self.filed = self.len();
        self.pending.clear();
        Ok(())
    }

    /// All of it, to be read.
    pub(crate) fn into_bytes(mut self) -> io::Result<FileBytes> {
        if self.file.is_none() {
            return Ok(FileBytes::in_memory(self.pending));
        }
        self.flush()?;
        match self.file {
            Some(file) => FileBytes::of_file(file),
            None => Ok(FileBytes::in_memory(Vec::new())),
        }
    }
}

/// Records of a fixed size, in the order in which they were spooled.
#[derive(Debug)]
pub(crate) struct Records<const N: usize> {
    bytes: FileBytes,
    at: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl<const N: usize> Records<N> {
    /// The records of a spool.
    pub(crate) fn new(spool: Spool) -> io::Result<Self> {
        Ok(Self {
            bytes: spool.into_bytes()?,
            at: 0,
            buffer: Vec::new(),
            used: 0,
        })
    }

    fn read(&mut self) -> io::Result<Option<[u8; N]>> {
        if self.used >= self.buffer.len() {
            let left = self.bytes.len().saturating_sub(self.at);
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(N << 10);
            if size == 0 {
                return Ok(None);
            }
            self.buffer = self.bytes.read_exact_at(self.at, size)?;
            self.at = self.at.saturating_add(size as u64);
            self.used = 0;
        }
        let rest = self.buffer.get(self.used..).unwrap_or_default();
        let record = rest.first_chunk::<N>().copied();
        self.used = self.used.saturating_add(N);
        record
            .map(Some)
            .ok_or_else(|| io::Error::other("a spool ends in part of a record"))
    }
}

impl<const N: usize> Iterator for Records<N> {
    type Item = io::Result<[u8; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_from_memory_and_from_a_file() {
        for count in [0, 1, 5000, 400_000_u64] {
            let mut spool = Spool::new(&std::env::temp_dir());
            for number in 0..count {
                assert_eq!(spool.push(&number.to_le_bytes()).unwrap(), number * 8);
            }
            assert_eq!(
                spool.file.is_some(),
                count * 8 > limits::SPOOL_MEMORY as u64
            );
            let read: Vec<u64> = Records::<8>::new(spool)
                .unwrap()
                .map(|record| u64::from_le_bytes(record.unwrap()))
                .collect();
            assert!(read.into_iter().eq(0..count), "{count}");
        }
    }
}
