//! A store that is written and waits for its name.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::store::WriteError;

/// A store that is whole and synced, and has not its name yet. Dropped before [`Self::publish`] it
/// leaves nothing behind.
#[derive(Debug)]
pub struct ClosedStore {
    pub(super) path: PathBuf,
    pub(super) directory: PathBuf,
    pub(super) partial: NamedTempFile,
}

impl ClosedStore {
    /// The name that it will have.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it can be read until then.
    #[must_use]
    pub fn partial(&self) -> &Path {
        self.partial.path()
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When a file of that name has come to be, or the system says no.
    pub fn publish(self) -> Result<PathBuf, WriteError> {
        let Self {
            path,
            directory,
            partial,
        } = self;
        if let Err(error) = partial.persist_noclobber(&path) {
            return Err(match error.error.kind() {
                io::ErrorKind::AlreadyExists => WriteError::Exists(path),
                _ => WriteError::Io {
                    path,
                    error: error.error,
                },
            });
        }
        #[cfg(unix)]
        if let Err(error) = std::fs::File::open(&directory).and_then(|opened| opened.sync_all()) {
            return Err(WriteError::Io { path, error });
        }
        #[cfg(not(unix))]
        let _ = directory;
        Ok(path)
    }
}
