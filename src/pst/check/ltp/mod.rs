//! The second layer: heaps, trees in heaps, property contexts, tables.
//!
//! *Spec*: \[MS-PST\] 2.3.
//!
//! *Shape*: opening a structure with [`Care::Strict`] holds it against its rules; with
//! [`Care::Trusting`] it is only read, since its own check has been or will be made.

mod heap;
mod heap_tree;
mod properties;
pub(super) mod rules;
mod stored;
mod table;

pub(super) use properties::Properties;
pub(super) use stored::Stored;
pub(super) use table::Table;

/// Whether a structure is held against its rules when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// It is.
    Strict,
    /// It is only read.
    Trusting,
}
