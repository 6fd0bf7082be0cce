//! Bytes that may be too large for memory: attachment data, big bodies, raw streams.

use std::fmt::Debug;
use std::io::{self, Read};
use std::sync::Arc;

/// A sized stream that can be opened any number of times, from any thread.
pub trait Content: Debug + Send + Sync {
    /// Length in bytes, as far as the source declares it; reading may end earlier with an error.
    fn size(&self) -> u64;

    /// A reader from the first byte.
    ///
    /// # Errors
    /// When the source cannot be read. Reads may fail later too.
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// A shared [`Content`].
pub type ContentRef = Arc<dyn Content>;

/// Content that is in memory already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InMemory(pub Vec<u8>);

impl Content for InMemory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.0.as_slice()))
    }
}

/// Reads all of a content that must fit in memory.
///
/// # Errors
/// When it cannot be read, or is larger than `limit` bytes ([`io::ErrorKind::FileTooLarge`]).
pub fn read_all(content: &dyn Content, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    content
        .open()?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("content is over the limit of {limit} bytes"),
        ));
    }
    Ok(bytes)
}
