//! Store, folders and messages, written.
//!
//! *Spec*: \[MS-PST\] 2.4, 2.7 (what a store must have).

mod attachment;
mod base;
mod closed;
mod estimate;
mod folder;
mod message;
mod recipients;
mod rows;
mod skeleton;
mod store;
pub(in crate::pst) mod templates;

pub use closed::ClosedStore;
pub use folder::FolderId;
pub use store::{StoreOptions, StoreWriter, WriteError, Written};
