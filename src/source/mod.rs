//! Finds inputs, tells their format by content, and streams items with findings.

pub mod find;
pub mod sniff;

pub use find::{Input, Inputs, Skipped, find};
pub use sniff::Format;
