//! What is unpacked and kept: runs of one unnamed file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use super::entry::Entry;
use crate::file_bytes::FileBytes;
use crate::limits;

/// Entries that were unpacked, one after the other in one unnamed file, which is gone with the last
/// reader.
#[derive(Debug, Default)]
pub struct Spool {
    file: Option<Arc<File>>,
    len: u64,
}

impl Spool {
    /// Bytes kept.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets what was kept after this many bytes; nobody may read it any more.
    pub fn forget(&mut self, after: u64) {
        self.len = self.len.min(after);
    }

    /// Unpacks an entry, as far as it goes: its bytes, and why they end before its end.
    ///
    /// # Errors
    /// When nothing can be unpacked, nothing can be written, or too much is kept already.
    pub fn keep(
        &mut self,
        archive: &FileBytes,
        entry: Entry,
    ) -> io::Result<(FileBytes, Option<io::Error>)> {
        if self.len.saturating_add(entry.size) > limits::ARCHIVES_UNPACKED {
            return Err(io::Error::other(format!(
                "over {} bytes in archives in archives: unpack it and name the folder",
                limits::ARCHIVES_UNPACKED
            )));
        }
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::clone(self.file.insert(Arc::new(tempfile::tempfile()?))),
        };
        let start = self.len;
        let mut end = End {
            file: &file,
            at: start,
        };
        let mut reader = entry.open(archive)?;
        let read = pour(&mut reader, &mut end)?;
        self.len = end.at;
        let bytes = FileBytes::of_run(file, start, self.len.saturating_sub(start));
        Ok((bytes, read.err()))
    }
}

/// Writes at the end of a file whose cursor readers may move.
struct End<'f> {
    file: &'f File,
    at: u64,
}

impl Write for End<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.file;
        file.seek(SeekFrom::Start(self.at))?;
        let written = file.write(bytes)?;
        self.at = self.at.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Copies to the end: the outer error is that of writing, the inner that of reading.
///
/// # Errors
/// Those of writing.
pub fn pour(reader: &mut impl Read, to: &mut impl Write) -> io::Result<io::Result<()>> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => return Ok(Ok(())),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Err(error)),
        };
        to.write_all(buffer.get(..read).unwrap_or_default())?;
    }
}
