//! Heap-on-node: the data of a node as numbered allocations.
//!
//! *Spec*: \[MS-PST\] 2.3.1 (HN), 2.3.1.1 (HID), 2.3.1.2 (HNHDR), 2.3.1.5 (HNPAGEMAP).
//!
//! *Shape*: every block starts with `ibHnpm`, the offset of its page map; the first goes on with
//! `bSig` 0xEC, `bClientSig`, `hidUserRoot`. The page map is `cAlloc`, `cFree`, and `cAlloc + 1`
//! offsets: allocation *i* (from 1) lies between offsets *i - 1* and *i*.
//!
//! *Invariants*: blocks are read when they are first needed and kept while the heap lives, at most
//! [`limits::HEAP_IN_MEMORY`] bytes.
//!
//! *Seen in the wild*: `cFree` that counts nothing in particular; it is not looked at.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::bytes::ReadAt;
use crate::limits;
use crate::pst::ndb::{BlockId, Database, Fault, Format, Notes, Spot};

/// Bytes of the largest allocation of a heap with 512-byte pages.
pub(in crate::pst) const ALLOCATION: usize = 3580;

/// `HID`: an allocation of a heap. Zero: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeapId(pub u32);

impl HeapId {
    /// Whether there is no allocation.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether a HNID is a HID (and not the nid of a subnode).
    #[must_use]
    pub const fn is_heap(self) -> bool {
        self.0 & 0x1F == 0
    }

    /// `hidIndex`, from 1.
    #[must_use]
    pub const fn index(self, format: Format) -> usize {
        ((self.0 >> 5) & ((1 << format.hid_index_bits()) - 1)) as usize
    }

    /// `hidBlockIndex`, from 0.
    #[must_use]
    pub const fn block(self, format: Format) -> usize {
        (self.0 >> (5 + format.hid_index_bits())) as usize
    }
}

/// An open heap.
#[derive(Debug)]
pub struct Heap<'d> {
    db: &'d Database,
    notes: &'d Notes,
    spot: Spot,
    leaves: Vec<BlockId>,
    blocks: Vec<OnceLock<Result<Vec<u8>, Fault>>>,
    loaded: AtomicU64,
    client: u8,
    root: HeapId,
}

impl<'d> Heap<'d> {
    /// Opens the heap in the data of a node.
    ///
    /// # Errors
    /// A [`Fault`] when its first block cannot be read or is not a heap's.
    pub fn open(
        db: &'d Database,
        data: BlockId,
        notes: &'d Notes,
        spot: Spot,
    ) -> Result<Self, Fault> {
        let most = 1_usize << (27 - db.format().hid_index_bits());
        let leaves = if data.is_internal() {
            db.leaf_list(data, most, notes, spot)
        } else {
            vec![data]
        };
        let mut heap = Self {
            db,
            notes,
            spot,
            blocks: leaves.iter().map(|_| OnceLock::new()).collect(),
            leaves,
            loaded: AtomicU64::new(0),
            client: 0,
            root: HeapId(0),
        };
        let first = heap.block(0)?;
        let Some(([0xEC, client], root)) = first.array_at::<2>(2).zip(first.u32_at(4)) else {
            return Err(Fault::new(
                "pst.ltp.heap",
                "no heap: signature 0xEC is missing",
            ));
        };
        heap.client = client;
        heap.root = HeapId(root);
        Ok(heap)
    }

    /// `bClientSig`: what the heap holds. 0xBC: property context; 0x7C: table.
    #[must_use]
    pub fn client(&self) -> u8 {
        self.client
    }

    /// `hidUserRoot`.
    #[must_use]
    pub fn root(&self) -> HeapId {
        self.root
    }

    /// The database of the heap.
    #[must_use]
    pub fn database(&self) -> &'d Database {
        self.db
    }

    /// Where findings go.
    #[must_use]
    pub fn notes(&self) -> &'d Notes {
        self.notes
    }

    /// Where the heap is.
    #[must_use]
    pub fn spot(&self) -> Spot {
        self.spot
    }

    fn block(&self, index: usize) -> Result<&[u8], Fault> {
        let cell = self
            .blocks
            .get(index)
            .ok_or_else(|| Fault::new("pst.ltp.heap", format!("no block {index} in the heap")))?;
        let block = cell.get_or_init(|| {
            let bid = self.leaves.get(index).copied().unwrap_or_default();
            let bytes = self.db.read_block(bid, self.notes, self.spot)?;
            let size = bytes.len() as u64;
            if self.loaded.fetch_add(size, Ordering::Relaxed) > limits::HEAP_IN_MEMORY {
                return Err(Fault::new(
                    "pst.ltp.heap",
                    "the heap is over the limit of memory",
                ));
            }
            Ok(bytes)
        });
        block.as_deref().map_err(Clone::clone)
    }

    /// The bytes of an allocation.
    ///
    /// # Errors
    /// A [`Fault`] when its block cannot be read or the page map does not have it.
    pub fn get(&self, hid: HeapId) -> Result<&[u8], Fault> {
        let format = self.db.format();
        let block = self.block(hid.block(format))?;
        allocation(block, hid.index(format)).ok_or_else(|| {
            Fault::new(
                "pst.ltp.heap-allocation",
                format!("allocation 0x{:X} is not in the heap", hid.0),
            )
        })
    }
}

/// Whether a block has the fill levels of 128 blocks.
pub(in crate::pst) const fn has_map(number: usize) -> bool {
    number >= 8 && (number - 8).is_multiple_of(128)
}

/// The block that has the fill level of this one.
pub(in crate::pst) const fn map_of(number: usize) -> usize {
    if number < 8 {
        0
    } else {
        number - (number - 8) % 128
    }
}

/// `FILL_LEVEL` of a block with so many free bytes.
pub(in crate::pst) const fn fill_level(free: usize) -> u8 {
    match free {
        3584.. => 0,
        2560.. => 1,
        2048.. => 2,
        1792.. => 3,
        1536.. => 4,
        1280.. => 5,
        1024.. => 6,
        768.. => 7,
        512.. => 8,
        256.. => 9,
        128.. => 10,
        64.. => 11,
        32.. => 12,
        16.. => 13,
        8.. => 14,
        _ => 15,
    }
}

/// Allocation `index` (from 1) of a heap block.
pub(in crate::pst) fn allocation(block: &[u8], index: usize) -> Option<&[u8]> {
    let map = usize::from(block.u16_at(0)?);
    let count = usize::from(block.u16_at(map)?);
    let before = index.checked_sub(1).filter(|_| index <= count)?;
    let offsets = map.checked_add(4)?;
    let at = |n: usize| block.u16_at(offsets.checked_add(n.checked_mul(2)?)?);
    let start = usize::from(at(before)?);
    let end = usize::from(at(index)?);
    block.slice_at(start, end.checked_sub(start)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hids_of_both_widths() {
        let hid = HeapId(0x0001_0040);
        assert_eq!(
            (hid.index(Format::Unicode), hid.block(Format::Unicode)),
            (2, 1)
        );
        let hid = HeapId(0x0008_0040);
        assert_eq!(
            (hid.index(Format::Unicode4k), hid.block(Format::Unicode4k)),
            (2, 1)
        );
        assert!(!HeapId(0x3F).is_heap());
    }

    #[test]
    fn allocations_by_the_page_map() {
        let mut block = vec![18, 0, 0xEC, 0xBC, 0x20, 0, 0, 0, 0, 0, 0, 0];
        block.extend(b"abcdef");
        for word in [2_u16, 99, 12, 16, 18] {
            block.extend(word.to_le_bytes());
        }
        assert_eq!(allocation(&block, 1), Some(&b"abcd"[..]));
        assert_eq!(allocation(&block, 2), Some(&b"ef"[..]));
        assert_eq!(allocation(&block, 0), None);
        assert_eq!(allocation(&block, 3), None);
        // Offsets that fall, and a map outside the block.
        block[22] = 30;
        assert_eq!(allocation(&block, 1), None);
        block[0] = 200;
        assert_eq!(allocation(&block, 2), None);
    }
}
