//! CSV tables as sources.

use std::sync::Arc;

use crate::file_bytes::FileBytes;

use super::file::{Entries, ReadingOptions, Unreadable};

pub(super) fn open(
    _bytes: FileBytes,
    _options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    Err(Unreadable::new("source.table.unreadable", "not read yet"))
}
