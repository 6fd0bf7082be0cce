//! Writing a PST: one pass from the first item to the last, in memory that does not grow with the
//! file.
//!
//! *Spec*: \[MS-PST\] 2.2 to 2.7; Unicode (`wVer` 23), PERMUTE. What SCANPST and Outlook ask for
//! beyond the specification stands at the structure that it concerns.
//!
//! *Shape*: the three layers, as on the reading side: `ndb` (blocks, data trees, B-trees, maps),
//! `ltp` (heaps, property contexts, tables), `messaging` (skeleton, folders, messages).
//!
//! *Invariants*:
//! - Blocks are appended as items arrive and never touched again. Rows of contents tables and
//!   entries of the two B-trees wait in spools; tables and trees are built bottom-up at the end;
//!   the header comes last.
//! - The file has its name only when it is whole: it is written beside it, synced, renamed, and
//!   never over another.
//! - The same calls with the same options give the same bytes.
//!
//! *Not supported*: changing a store that is there.

mod comparison;
mod folders;
pub(crate) mod ltp;
pub mod messaging;
pub(crate) mod ndb;

use std::io;

pub use comparison::difference;
pub use folders::{Anchor, FolderMap, FolderPath, Step, folder_paths};
pub use messaging::{ClosedStore, FolderId, StoreOptions, StoreWriter, WriteError, Written};

/// A number in the width that its field has.
fn narrow<T, U: TryFrom<T>>(value: T) -> io::Result<U> {
    U::try_from(value).map_err(|_| io::Error::other("a number does not fit its field"))
}
