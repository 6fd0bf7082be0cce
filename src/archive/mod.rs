//! Zip archives that people and programs make: what is in them, entry by entry, and how it is read.
//!
//! *Spec*: APPNOTE.TXT 6.3.10 (PKWARE). Bundles have a closed profile of their own
//! ([`crate::bundle`]); here anything goes that can be understood.
//!
//! *Invariants*: the central directory is walked record by record, so that two entries of one name
//! are two entries; nothing is written under a name from the archive; an entry gives at most the
//! bytes that it declares, and bytes that overlap another entry are not given twice.
//!
//! *Seen in the wild*: directories named several times (Outlook for Mac); names in the code page of
//! the author's machine, or in UTF-8 without saying so; backslashes; Deflate64, by which Windows
//! packs what is over 2 GiB; a program before the archive (self-extracting files).
//!
//! *Not supported*: archives in several parts, encryption, methods other than stored, Deflate and
//! Deflate64; each is told apart, so that the user can be told.

mod directory;
mod entry;
mod name;
mod spool;
mod survey;

pub use directory::{Directory, NoDirectory, Record, Records};
pub use entry::{Entry, EntryReader, Packed, Refusal};
pub use spool::{Spool, pour};
pub use survey::{Contents, Survey, survey};

/// Whether bytes start as an archive does, an empty one included.
#[must_use]
pub fn is_archive(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// The parts of a path as of an entry: none leads anywhere.
#[must_use]
pub fn path_of(name: &str) -> Vec<String> {
    name::parts(name)
}
