//! The three formats of a store, as a value: all sizes that differ between them.
//!
//! *Spec*: \[MS-PST\] 2.2.1.2 (ANSI and Unicode), 2.2.2.6 (`wVer`); 4096-byte pages from files of
//! Outlook 2013 and later.

use crate::bytes::ReadAt;

/// How a store is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// 32-bit ids and offsets, strings in a code page (`wVer` 14, 15).
    Ansi,
    /// 64-bit ids and offsets, UTF-16 strings (`wVer` 21, 23).
    Unicode,
    /// As `Unicode`, with 4096-byte pages and blocks up to 64 KiB that may be deflated
    /// (`wVer` 36, 37).
    Unicode4k,
}

impl Format {
    /// Bytes of a page.
    #[must_use]
    pub const fn page_size(self) -> usize {
        match self {
            Self::Ansi | Self::Unicode => 512,
            Self::Unicode4k => 4096,
        }
    }

    /// Offset of `PAGETRAILER` in a page, which is also how many bytes its checksum covers.
    #[must_use]
    pub const fn page_trailer(self) -> usize {
        match self {
            Self::Ansi => 500,
            Self::Unicode => 496,
            Self::Unicode4k => 4072,
        }
    }

    /// Bytes of `rgentries` in a B-tree page; the counts follow it.
    #[must_use]
    pub const fn page_entries(self) -> usize {
        match self {
            Self::Ansi => 496,
            Self::Unicode => 488,
            Self::Unicode4k => 4056,
        }
    }

    /// Whether ids and offsets have 64 bits.
    #[must_use]
    pub const fn is_wide(self) -> bool {
        !matches!(self, Self::Ansi)
    }

    /// Bytes of an id or offset: 4 or 8.
    #[must_use]
    pub const fn word(self) -> usize {
        if self.is_wide() { 8 } else { 4 }
    }

    /// Reads an id or offset.
    #[must_use]
    pub fn word_at(self, bytes: &[u8], offset: usize) -> Option<u64> {
        if self.is_wide() {
            bytes.u64_at(offset)
        } else {
            bytes.u32_at(offset).map(u64::from)
        }
    }

    /// Bytes of `BTENTRY`, an entry of an inner B-tree page.
    #[must_use]
    pub const fn inner_entry(self) -> usize {
        3 * self.word()
    }

    /// Bytes of `NBTENTRY`.
    #[must_use]
    pub const fn node_entry(self) -> usize {
        4 * self.word()
    }

    /// Bytes of `BBTENTRY`.
    #[must_use]
    pub const fn block_entry(self) -> usize {
        match self {
            Self::Ansi => 12,
            Self::Unicode | Self::Unicode4k => 24,
        }
    }

    /// Blocks start at multiples of this.
    #[must_use]
    pub const fn block_alignment(self) -> u64 {
        match self {
            Self::Ansi | Self::Unicode => 64,
            Self::Unicode4k => 512,
        }
    }

    /// Bytes of `BLOCKTRAILER`.
    #[must_use]
    pub const fn block_trailer(self) -> usize {
        match self {
            Self::Ansi => 12,
            Self::Unicode => 16,
            Self::Unicode4k => 24,
        }
    }

    /// Most data bytes of one block.
    #[must_use]
    pub const fn block_data(self) -> usize {
        match self {
            Self::Ansi => 8192 - 12,
            Self::Unicode => 8192 - 16,
            Self::Unicode4k => 65_536 - 24,
        }
    }

    /// Bits of the index of a HID, above its 5 type bits; the block index has the rest.
    #[must_use]
    pub const fn hid_index_bits(self) -> u32 {
        match self {
            Self::Ansi | Self::Unicode => 11,
            Self::Unicode4k => 14,
        }
    }

    /// The format of a header's `wVer`, and whether it is one of the known ones.
    #[must_use]
    pub const fn of_version(version: u16) -> (Self, bool) {
        match version {
            14 | 15 => (Self::Ansi, true),
            21 | 23 => (Self::Unicode, true),
            36 | 37 => (Self::Unicode4k, true),
            0..=15 => (Self::Ansi, false),
            16..=35 => (Self::Unicode, false),
            _ => (Self::Unicode4k, false),
        }
    }

    /// Every format.
    pub const ALL: [Self; 3] = [Self::Unicode, Self::Ansi, Self::Unicode4k];
}
