//! The exchange bundle `.abx`: a signed zip of one exact form.
//!
//! *Spec*: `formats/bundle.md`. To write one: [`Packer`] with [`Record`]s and [`Prepared`] blobs.
//! To read one: [`verify()`], whose [`Verified`] is the only door to the contents.

pub mod accounting;
pub mod allowed_signers;
pub mod contents;
mod deflate;
pub mod digest;
pub mod entry_name;
pub mod fault;
pub mod handle;
pub mod head;
pub mod index;
pub mod inflate;
pub mod key_file;
pub mod keys;
pub mod layout;
mod lines;
pub mod pack;
pub mod part;
pub mod prepared;
pub mod scratch;
pub mod sequence;
pub mod sign;
pub mod verify;
pub mod zip_header;

pub use accounting::{Accounting, Outcome, ReportFinding, ReportLine};
pub use allowed_signers::{AllowedSigner, AllowedSigners, Pinned};
pub use contents::Bundle;
pub use digest::Sha256Hash;
pub use entry_name::{EntryName, Stream};
pub use fault::{Fault, VerifyError};
pub use head::{Ack, Base, BundleKind, Head};
pub use key_file::KeyError;
pub use pack::{HeadFields, PackError, Packed, Packer, Place, Record, Sealed};
pub use part::PartLimits;
pub use prepared::Prepared;
pub use scratch::Scratch;
pub use sequence::{Follows, LedgerView, Seen};
pub use sign::Signer;
pub use verify::{Policy, Source, Verified, verify};
