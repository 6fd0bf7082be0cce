//! A stream as the runs of the file that hold it.

use std::io::{self, Read};
use std::sync::Arc;

use crate::content::Content;
use crate::file_bytes::FileBytes;

/// Bytes that lie in several runs of one input.
#[derive(Debug, Clone)]
pub struct Runs {
    bytes: FileBytes,
    runs: Arc<[Run]>,
    len: u64,
}

/// Where a run starts in the stream and in the file; it ends where the next one starts.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: u64,
    offset: u64,
}

/// Runs on their way to become a stream.
#[derive(Debug, Default)]
pub(super) struct RunList {
    runs: Vec<Run>,
    len: u64,
    end: u64,
}

impl RunList {
    /// Adds bytes of the file; those that follow the last ones lengthen its run.
    pub(super) fn push(&mut self, offset: u64, len: u64) {
        if len == 0 {
            return;
        }
        if self.runs.is_empty() || self.end != offset {
            self.runs.push(Run {
                start: self.len,
                offset,
            });
        }
        self.len = self.len.saturating_add(len);
        self.end = offset.saturating_add(len);
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn into_runs(self, bytes: &FileBytes) -> Runs {
        Runs {
            bytes: bytes.clone(),
            runs: self.runs.into(),
            len: self.len,
        }
    }
}

impl Runs {
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

    /// The offset in the file of a position, and how many bytes follow it there.
    pub(super) fn place(&self, at: u64) -> Option<(u64, u64)> {
        if at >= self.len {
            return None;
        }
        let next = self.runs.partition_point(|run| run.start <= at);
        let run = self.runs.get(next.checked_sub(1)?)?;
        let end = self.runs.get(next).map_or(self.len, |run| run.start);
        let within = at.checked_sub(run.start)?;
        Some((run.offset.checked_add(within)?, end.checked_sub(at)?))
    }

    /// Reads into a buffer from a position; gives the bytes read, fewer only at the end.
    ///
    /// # Errors
    /// Those of the system.
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let mut done = 0_usize;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let Some((offset, left)) = self.place(at.saturating_add(done as u64)) else {
                break;
            };
            let most = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
            let part = rest.get_mut(..most).unwrap_or_default();
            let read = self.bytes.read_at(part, offset)?;
            done = done.saturating_add(read);
            if read < most {
                break;
            }
        }
        Ok(done)
    }

    /// All bytes, at most `limit`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn read_up_to(&self, limit: u64) -> io::Result<Vec<u8>> {
        let len = usize::try_from(self.len.min(limit)).map_err(io::Error::other)?;
        let mut bytes = vec![0; len];
        let read = self.read_at(&mut bytes, 0)?;
        bytes.truncate(read);
        Ok(bytes)
    }
}

impl Content for Runs {
    fn size(&self) -> u64 {
        self.len
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(RunsReader { runs: self, at: 0 }))
    }
}

struct RunsReader<'r> {
    runs: &'r Runs,
    at: u64,
}

impl Read for RunsReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.runs.read_at(buffer, self.at)?;
        if read == 0 && !buffer.is_empty() && self.at < self.runs.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_one_stream() {
        let file = FileBytes::in_memory(*b"0123456789");
        let mut list = RunList::default();
        for (offset, len) in [(8, 2), (0, 1), (1, 2), (5, 1)] {
            list.push(offset, len);
        }
        let runs = list.into_runs(&file);
        assert_eq!((runs.len(), runs.runs.len()), (6, 3));
        assert_eq!(runs.read_up_to(100).unwrap(), b"890125");
        assert_eq!(runs.read_up_to(3).unwrap(), b"890");
        let mut all = String::new();
        runs.open().unwrap().read_to_string(&mut all).unwrap();
        assert_eq!(all, "890125");
        assert_eq!(runs.place(6), None);
    }
}
