//! `BID`: the id of a block.
//!
//! *Spec*: \[MS-PST\] 2.2.2.2. Bit 0 is reserved and no part of the key; bit 1 is set for internal
//! blocks (data trees and subnode trees), which are never encoded.

use std::fmt;

/// A block id as stored. Zero: no block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BlockId(pub u64);

impl BlockId {
    /// The id as a key of the block B-tree.
    #[must_use]
    pub const fn key(self) -> u64 {
        self.0 & !1
    }

    /// Whether there is no block.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.key() == 0
    }

    /// Whether the block belongs to the database itself: a list of blocks or of subnodes.
    #[must_use]
    pub const fn is_internal(self) -> bool {
        self.0 & 2 != 0
    }
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:X}", self.0)
    }
}

impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
