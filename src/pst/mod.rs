//! PST and OST stores, in the three layers of MS-PST: `ndb` (blocks and nodes), `ltp` (heaps,
//! property contexts, tables) and `messaging` (store, folders, messages).
//!
//! *Spec*: \[MS-PST\]; what it leaves out (4096-byte pages, old ANSI stores) from files.
//!
//! *Invariants*: everything is `Send + Sync`; one open file is read by position from any number of
//! threads; a damaged block, page, row or property costs itself and is a finding; no work is
//! without a bound; nothing is ever written to a store that is read.
//!
//! *Not supported*: WIP-encrypted stores (`NDB_CRYPT_EDPCRYPTED`), personal address books (PAB).

pub mod check;
pub mod ltp;
pub mod messaging;
pub mod ndb;
pub mod write;

pub use messaging::{
    Folder, Locations, MessageCounts, MessageLocation, NidSet, OpenError, ReadError, ReadOptions,
    Store,
};
pub use ndb::{Format, NodeId, NodeKind};
