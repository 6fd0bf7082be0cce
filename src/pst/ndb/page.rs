//! A B-tree page: entries, counts and trailer.
//!
//! *Spec*: \[MS-PST\] 2.2.2.7.1 (PAGETRAILER), 2.2.2.7.7.1 (BTPAGE), 2.2.2.7.7.2 (BTENTRY).
//!
//! *Shape* (Unicode): 488 bytes of entries, `cEnt`, `cEntMax`, `cbEnt`, `cLevel`, 4 bytes padding,
//! then the trailer at 496: `ptype` twice, `wSig`, `dwCRC`, `bid`. ANSI: counts at 496, trailer at
//! 500 with `bid` before `dwCRC`. 4096-byte pages: counts at 4056 (`cEnt`, `cEntMax` 16 bits each),
//! trailer at 4072.

use crate::bytes::ReadAt;

use super::block_id::BlockId;
use super::checksum::{crc, signature};
use super::format::Format;
use super::header::PageRef;
use super::note::Fault;

/// Which of the two B-trees a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tree {
    /// `ptypeNBT`.
    Nodes,
    /// `ptypeBBT`.
    Blocks,
}

impl Tree {
    /// `ptype`.
    #[must_use]
    pub const fn page_type(self) -> u8 {
        match self {
            Self::Blocks => 0x80,
            Self::Nodes => 0x81,
        }
    }

    /// Bytes of a leaf entry.
    #[must_use]
    pub const fn leaf_entry(self, format: Format) -> usize {
        match self {
            Self::Nodes => format.node_entry(),
            Self::Blocks => format.block_entry(),
        }
    }

    /// A word for messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nodes => "node B-tree",
            Self::Blocks => "block B-tree",
        }
    }

    /// The part of a stored key that identifies: 32 bits of a nid, a bid without bit 0.
    #[must_use]
    pub const fn key(self, stored: u64) -> u64 {
        match self {
            Self::Nodes => stored & 0xFFFF_FFFF,
            Self::Blocks => BlockId(stored).key(),
        }
    }
}

/// A page of a B-tree, plausible and ready to be searched.
#[derive(Debug)]
pub struct BTreePage {
    bytes: Box<[u8]>,
    format: Format,
    tree: Tree,
    level: u8,
    count: usize,
    entry_size: usize,
    bid: BlockId,
}

/// What the trailer of a page says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageTrailer {
    /// `ptype`, when both copies agree.
    pub page_type: Option<u8>,
    /// `wSig`.
    pub signature: u16,
    /// `dwCRC`.
    pub crc: u32,
    /// `bid`.
    pub bid: BlockId,
}

impl PageTrailer {
    /// Reads the trailer of a page.
    #[must_use]
    pub fn read(format: Format, page: &[u8]) -> Option<Self> {
        let at = format.page_trailer();
        let [first, second] = page.array_at::<2>(at)?;
        let (crc_at, bid_at) = if format.is_wide() { (4, 8) } else { (8, 4) };
        Some(Self {
            page_type: (first == second).then_some(first),
            signature: page.u16_at(at.checked_add(2)?)?,
            crc: page.u32_at(at.checked_add(crc_at)?)?,
            bid: BlockId(format.word_at(page, at.checked_add(bid_at)?)?),
        })
    }

    /// Fills in the trailer of a Unicode page at `offset`. Pages of the B-trees and the DList are
    /// signed; those of maps are not.
    pub fn seal(page: &mut [u8], page_type: u8, bid: BlockId, offset: u64) {
        let signed = matches!(page_type, 0x80 | 0x81 | 0x86);
        let mark = if signed { signature(offset, bid.0) } else { 0 };
        if let Some((body, trailer)) = page.split_at_mut_checked(Format::Unicode.page_trailer()) {
            let mut fields = vec![page_type, page_type];
            fields.extend_from_slice(&mark.to_le_bytes());
            fields.extend_from_slice(&crc(body).to_le_bytes());
            fields.extend_from_slice(&bid.0.to_le_bytes());
            for (to, from) in trailer.iter_mut().zip(fields) {
                *to = from;
            }
        }
    }
}

impl BTreePage {
    /// A Unicode page of these entries, which fit in it, still without its trailer.
    #[must_use]
    pub fn unicode_bytes(tree: Tree, level: u8, entries: &[u8]) -> [u8; 512] {
        let format = Format::Unicode;
        let size = if level == 0 {
            tree.leaf_entry(format)
        } else {
            format.inner_entry()
        };
        // Sizes and counts of a page of 488 bytes are below 256.
        let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        let counts = [
            byte(entries.len() / size),
            byte(format.page_entries() / size),
            byte(size),
            level,
        ];
        let mut page = [0; 512];
        let (room, rest) = page.split_at_mut(format.page_entries());
        for (to, from) in room.iter_mut().zip(entries) {
            *to = *from;
        }
        for (to, from) in rest.iter_mut().zip(counts) {
            *to = from;
        }
        page
    }

    /// Takes a page as read from the file. The second value tells what is wrong with its trailer
    /// although its contents are plausible.
    ///
    /// # Errors
    /// A [`Fault`] when the bytes cannot be a page of that tree.
    pub fn read(
        format: Format,
        tree: Tree,
        wanted: PageRef,
        bytes: Vec<u8>,
    ) -> Result<(Self, Option<Fault>), Fault> {
        let bad = |detail: String| Fault::new("pst.ndb.page-unreadable", detail);
        let trailer = PageTrailer::read(format, &bytes)
            .ok_or_else(|| bad(format!("page at {} is cut short", wanted.offset)))?;
        let checked = bytes.slice_at(0, format.page_trailer()).map(crc);
        let checksum_right = checked == Some(trailer.crc);
        if trailer.page_type != Some(tree.page_type()) {
            return Err(bad(format!(
                "page at {} is not of the {}",
                wanted.offset,
                tree.name()
            )));
        }
        let at = format.page_entries();
        let counts = if format == Format::Unicode4k {
            bytes
                .u16_at(at)
                .zip(bytes.array_at::<2>(at.saturating_add(4)))
                .map(|(count, [size, level])| (count, size, level))
        } else {
            bytes
                .array_at::<4>(at)
                .map(|[count, _, size, level]| (u16::from(count), size, level))
        };
        let (count, size, level) =
            counts.ok_or_else(|| bad(format!("page at {} is cut short", wanted.offset)))?;
        let (count, entry_size) = (usize::from(count), usize::from(size));
        let least = if level == 0 {
            tree.leaf_entry(format)
        } else {
            format.inner_entry()
        };
        if entry_size < least || count.saturating_mul(entry_size) > format.page_entries() {
            return Err(bad(format!(
                "page at {}: {count} entries of {entry_size} bytes do not fit",
                wanted.offset
            )));
        }
        let page = Self {
            bytes: bytes.into_boxed_slice(),
            format,
            tree,
            level,
            count,
            entry_size,
            bid: trailer.bid,
        };
        if !checksum_right && !page.is_sorted() {
            return Err(bad(format!(
                "page at {}: its checksum is wrong and its keys are not in order",
                wanted.offset
            )));
        }
        let note = if !checksum_right {
            Some(Fault::new(
                "pst.ndb.page-crc",
                format!(
                    "page at {}: wrong checksum; its entries are in order",
                    wanted.offset
                ),
            ))
        } else if trailer.bid.key() != wanted.bid.key() {
            Some(Fault::new(
                "pst.ndb.page-back-pointer",
                format!(
                    "page at {}: is {}, referred to as {}",
                    wanted.offset, trailer.bid, wanted.bid
                ),
            ))
        } else if trailer.signature != signature(wanted.offset, trailer.bid.0) {
            Some(Fault::new(
                "pst.ndb.page-signature",
                format!("page at {}: wrong signature", wanted.offset),
            ))
        } else {
            None
        };
        Ok((page, note))
    }

    fn is_sorted(&self) -> bool {
        (1..self.count).all(|at| self.key(at.saturating_sub(1)) < self.key(at))
    }

    /// `cLevel`: 0 for a leaf.
    #[must_use]
    pub fn level(&self) -> u8 {
        self.level
    }

    /// `cEnt`.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The tree that the page belongs to.
    #[must_use]
    pub fn tree(&self) -> Tree {
        self.tree
    }

    /// The id that the page gives itself.
    #[must_use]
    pub fn bid(&self) -> BlockId {
        self.bid
    }

    /// The bytes of an entry.
    #[must_use]
    pub fn entry(&self, index: usize) -> Option<&[u8]> {
        if index >= self.count {
            return None;
        }
        self.bytes
            .slice_at(index.checked_mul(self.entry_size)?, self.entry_size)
    }

    /// The key of an entry.
    #[must_use]
    pub fn key(&self, index: usize) -> Option<u64> {
        let stored = self.format.word_at(self.entry(index)?, 0)?;
        Some(self.tree.key(stored))
    }

    /// The child page of an entry of an inner page.
    #[must_use]
    pub fn child(&self, index: usize) -> Option<PageRef> {
        PageRef::read(self.format, self.entry(index)?, self.format.word())
    }

    /// The last entry whose key is not above `key`.
    #[must_use]
    pub fn find(&self, key: u64) -> Option<usize> {
        let (mut low, mut high) = (0_usize, self.count);
        while low < high {
            let middle = low.midpoint(high);
            if self.key(middle).is_some_and(|found| found <= key) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        low.checked_sub(1)
    }

    /// Bytes in memory, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.bytes.len().saturating_add(96)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(format: Format, tree: Tree, keys: &[u64], at: PageRef) -> Vec<u8> {
        let mut bytes = vec![0; format.page_size()];
        let size = tree.leaf_entry(format);
        for (index, key) in keys.iter().enumerate() {
            let place = index * size;
            bytes[place..place + format.word()]
                .copy_from_slice(&key.to_le_bytes()[..format.word()]);
        }
        let counts = format.page_entries();
        bytes[counts] = u8::try_from(keys.len()).unwrap();
        bytes[counts + if format == Format::Unicode4k { 4 } else { 2 }] =
            u8::try_from(size).unwrap();
        let trailer = format.page_trailer();
        bytes[trailer] = tree.page_type();
        bytes[trailer + 1] = tree.page_type();
        let sig = signature(at.offset, at.bid.0).to_le_bytes();
        bytes[trailer + 2..trailer + 4].copy_from_slice(&sig);
        let sum = crc(&bytes[..trailer]).to_le_bytes();
        let (sum_at, bid_at) = if format.is_wide() { (4, 8) } else { (8, 4) };
        bytes[trailer + sum_at..trailer + sum_at + 4].copy_from_slice(&sum);
        bytes[trailer + bid_at..trailer + bid_at + 4].copy_from_slice(&at.bid.0.to_le_bytes()[..4]);
        bytes
    }

    #[test]
    fn reads_and_searches_each_format() {
        let at = PageRef {
            bid: BlockId(0x30),
            offset: 0x4800,
        };
        for format in Format::ALL {
            for tree in [Tree::Nodes, Tree::Blocks] {
                let bytes = leaf(format, tree, &[4, 8, 0x20], at);
                let (page, note) = BTreePage::read(format, tree, at, bytes.clone()).unwrap();
                assert_eq!(note, None, "{format:?} {tree:?}");
                assert_eq!((page.level(), page.count()), (0, 3));
                assert_eq!(
                    [3, 4, 9, 0x99].map(|key| page.find(key)),
                    [None, Some(0), Some(1), Some(2)]
                );

                let moved = PageRef {
                    offset: 0x5000,
                    ..at
                };
                let (_, note) = BTreePage::read(format, tree, moved, bytes.clone()).unwrap();
                assert_eq!(note.unwrap().code, "pst.ndb.page-signature");

                let mut bad = bytes.clone();
                bad[0] = 0x44;
                let fault = BTreePage::read(format, tree, at, bad).unwrap_err();
                assert_eq!(fault.code, "pst.ndb.page-unreadable");
                let mut full = bytes;
                full[format.page_entries()] = 0xFF;
                assert!(BTreePage::read(format, tree, at, full).is_err());
            }
        }
    }
}
