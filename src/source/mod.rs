//! Finds inputs, tells their format by content, and streams items with findings.

pub mod find;
pub mod in_order;
pub mod sniff;
pub mod store;

pub use find::{Input, Inputs, Skipped, find};
pub use in_order::in_order;
pub use sniff::Format;
pub use store::{Job, SourceError, Sources, StoreSource};
