//! What can go wrong with a structure kept in a binary property.

use thiserror::Error;

use crate::bytes::Truncated;

/// A structure of which nothing useful can be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BlobError {
    /// The bytes end within a field without which the rest means nothing.
    #[error("{structure} is cut off: {source}")]
    CutOff {
        /// The structure, in the specification's word.
        structure: &'static str,
        /// Where.
        source: Truncated,
    },
    /// A field has a value that the specification does not know, and what follows depends on it.
    #[error("{structure} has the unknown {field} 0x{value:X}")]
    Unknown {
        /// The structure, in the specification's word.
        structure: &'static str,
        /// The field, in the specification's word.
        field: &'static str,
        /// What it holds.
        value: u64,
    },
    /// A count is over the limit.
    #[error("{structure} has {count} entries in {field}, more than the limit of {limit}")]
    TooMany {
        /// The structure, in the specification's word.
        structure: &'static str,
        /// The field, in the specification's word.
        field: &'static str,
        /// How many it says there are.
        count: u64,
        /// How many are read at most.
        limit: usize,
    },
}

impl BlobError {
    /// For `map_err` on the reads of a structure.
    pub(crate) fn cut_off(structure: &'static str) -> impl Fn(Truncated) -> Self {
        move |source| Self::CutOff { structure, source }
    }
}
