//! A store that is written and waits for its name.

use std::path::Path;

use super::store::WriteError;
use crate::new_file::NewFile;

/// A store that is whole and synced, and has not its name yet. Dropped before [`Self::publish`] it
/// leaves nothing behind.
#[derive(Debug)]
pub struct ClosedStore(pub(super) NewFile);

impl ClosedStore {
    /// The name that it will have.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where it can be read until then.
    #[must_use]
    pub fn partial(&self) -> &Path {
        self.0.partial()
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When a file of that name has come to be, or the system says no.
    pub fn publish(self) -> Result<(), WriteError> {
        Ok(self.0.finish()?)
    }
}
