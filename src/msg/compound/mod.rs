//! Compound files: storages and streams inside one file, read by position and written anew.
//!
//! *Spec*: MS-CFB.
//!
//! *Invariants*: a file is read whatever its header claims, as far as its bytes carry; every sector
//! is given out once, and as many again as the file has, so that chains which loop or overlap cost
//! no more than twice the file; every directory entry has one place in the tree.

mod allocation;
mod build;
mod directory;
mod file;
mod header;
mod reader;
mod runs;
mod tree;

pub use build::StorageBytes;
pub use directory::{Entry, Kind, NAME_UNITS};
pub use file::CompoundFile;
pub use reader::Short;
pub use runs::Runs;
pub use tree::{StorageId, Tree};

/// Bytes of a sector of the mini stream.
const MINI_SECTOR: u64 = 64;
/// Bytes of a directory entry.
const ENTRY: usize = 128;
/// `FREESECT`.
const FREE: u32 = 0xFFFF_FFFF;
/// `ENDOFCHAIN`.
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
/// `NOSTREAM`.
const NO_STREAM: u32 = 0xFFFF_FFFF;
/// Streams below this many bytes are in the mini stream.
const CUTOFF: u64 = 4096;
