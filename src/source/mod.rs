//! Finds inputs, tells their format, and streams items with findings.
//!
//! A store gives its messages ([`store`]); every other format has an adapter here that implements
//! [`file::Entries`].

mod calendar;
mod cards;
pub mod file;
pub mod find;
mod foreign;
pub mod in_order;
pub mod input;
mod mail;
mod mail_folders;
mod mail_signs;
mod mbox;
mod mixed;
mod msg;
mod olm;
pub mod sniff;
pub mod sources;
pub mod store;
mod table;
mod tnef;
mod unpack;

pub use file::{DateOrder, EntryJob, FileSource, ReadingOptions};
pub use find::{Inputs, Skipped, Used, find};
pub use in_order::in_order;
pub use input::Input;
pub use sniff::Format;
pub use sources::{Job, JobError, SourceError, Sources};
pub use store::{MessageJob, StoreSource};
