//! The messaging layer: store, folders, messages, attachments.
//!
//! *Spec*: \[MS-PST\] 2.4.

pub mod attachment;
pub mod folder;
mod listed;
pub mod locations;
mod mark;
pub mod message;
pub mod nid_set;
pub mod object;
pub mod recipients;
pub mod store;

pub use folder::Folder;
pub use locations::{Locations, MessageLocation};
pub use nid_set::NidSet;
pub use store::{MessageCounts, OpenError, ReadError, ReadOptions, Store};
