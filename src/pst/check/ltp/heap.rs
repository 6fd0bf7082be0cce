//! Heaps: page maps, fill levels, allocations.
//!
//! *Spec*: \[MS-PST\] 2.3.1.
//!
//! *Invariants*: at most [`limits::HEAP_IN_MEMORY`] bytes of blocks are in memory.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use crate::bytes::ReadAt;
use crate::limits;
use crate::pst::check::Rule;
use crate::pst::check::ndb::Ground;
use crate::pst::check::report::Place;
use crate::pst::ltp::HeapId;
use crate::pst::ltp::heap::{ALLOCATION, allocation, fill_level, has_map, map_of};
use crate::pst::ndb::{BlockId, Format};

use super::Care;
use super::rules as rule;

/// Blocks that are in memory.
#[derive(Debug, Default)]
struct Recent {
    blocks: HashMap<usize, Rc<[u8]>>,
    /// In the order in which they were read.
    order: VecDeque<usize>,
    size: u64,
}

impl Recent {
    fn put(&mut self, index: usize, bytes: Rc<[u8]>) {
        self.size = self.size.saturating_add(bytes.len() as u64);
        self.blocks.insert(index, bytes);
        self.order.push_back(index);
        while self.size > limits::HEAP_IN_MEMORY {
            let Some(first) = self.order.pop_front() else {
                return;
            };
            let gone = self.blocks.remove(&first);
            let size = gone.map_or(0, |bytes| bytes.len() as u64);
            self.size = self.size.saturating_sub(size);
        }
    }
}

/// A heap.
pub(super) struct Heap<'g, 'f> {
    ground: &'g Ground<'f>,
    place: Place,
    leaves: Vec<BlockId>,
    recent: RefCell<Recent>,
    root: HeapId,
    care: Care,
}

impl<'g, 'f> Heap<'g, 'f> {
    /// Opens the heap in a stream, which is for `client`; `None`, and a breach, when it is none.
    pub(super) fn open(
        ground: &'g Ground<'f>,
        data: BlockId,
        place: Place,
        client: u8,
        care: Care,
    ) -> Option<Self> {
        let most = 1_usize << 27_u32.saturating_sub(ground.format().hid_index_bits());
        let own = place.block(data);
        let add = |rule: &'static Rule, detail: String| {
            if care == Care::Strict {
                ground.add(rule, own, detail);
            }
        };
        let Some(leaves) = ground.leaves(data, most) else {
            add(&rule::HEAP_READABLE, "its lists cannot be read".to_owned());
            return None;
        };
        let mut heap = Self {
            ground,
            place,
            leaves,
            recent: RefCell::default(),
            root: HeapId(0),
            care,
        };
        let Some(first) = heap.block(0) else {
            let detail = "its first block cannot be read";
            add(&rule::HEAP_READABLE, detail.to_owned());
            return None;
        };
        let head = first.array_at::<2>(2).zip(first.u32_at(4));
        let Some(([0xEC, found], root)) = head else {
            let found = first.u8_at(2).unwrap_or_default();
            let detail = format!("no heap: bSig is 0x{found:02X}");
            add(&rule::HEAP_SIGNATURE, detail);
            return None;
        };
        if found != client {
            let detail = format!("bClientSig is 0x{found:02X}, not 0x{client:02X}");
            add(&rule::HEAP_CLIENT, detail);
            return None;
        }
        heap.root = HeapId(root);
        if care == Care::Strict {
            heap.check();
        }
        Some(heap)
    }

    /// `hidUserRoot`.
    pub(super) fn root(&self) -> HeapId {
        self.root
    }

    /// The ground.
    pub(super) fn ground(&self) -> &'g Ground<'f> {
        self.ground
    }

    /// Adds a breach somewhere in the heap, when it is opened to be checked.
    pub(super) fn add(&self, rule: &'static Rule, detail: impl Into<String>) {
        self.add_at(rule, self.place, detail);
    }

    /// Adds a breach at a place of the heap.
    pub(super) fn add_at(&self, rule: &'static Rule, place: Place, detail: impl Into<String>) {
        if self.care == Care::Strict {
            self.ground.add(rule, place, detail);
        }
    }

    fn block(&self, index: usize) -> Option<Rc<[u8]>> {
        if let Some(bytes) = self.recent.borrow().blocks.get(&index) {
            return Some(Rc::clone(bytes));
        }
        let bytes: Rc<[u8]> = self.ground.read(*self.leaves.get(index)?)?.into();
        self.recent.borrow_mut().put(index, Rc::clone(&bytes));
        Some(bytes)
    }

    /// The bytes of an allocation; `None`, and a breach, when there is none.
    pub(super) fn get(&self, hid: HeapId) -> Option<Vec<u8>> {
        let format = self.ground.format();
        let found = self.block(hid.block(format));
        let found = found.as_deref().and_then(|block| {
            let bytes = allocation(block, hid.index(format))?;
            Some(bytes.to_vec())
        });
        if found.is_none() && !self.ground.is_exhausted() {
            let detail = format!("allocation 0x{:X} is not in the heap", hid.0);
            self.add(&rule::HEAP_ALLOCATION, detail);
        }
        found
    }

    fn check(&self) {
        let mut levels = Vec::new();
        for (index, leaf) in self.leaves.iter().enumerate() {
            let place = self.place.block(*leaf);
            let Some(block) = self.block(index) else {
                if self.ground.is_exhausted() {
                    return;
                }
                let detail = format!("block {index} of the heap cannot be read");
                self.ground.add(&rule::HEAP_READABLE, place, detail);
                levels.push(0);
                continue;
            };
            let used = Page {
                heap: self,
                place,
                index,
                block: &block,
            }
            .check();
            let free = self.ground.format().block_data().saturating_sub(used);
            levels.push(fill_level(free));
        }
        self.check_levels(&levels);
    }

    /// Compares the fill levels in the blocks that have them with what was found.
    fn check_levels(&self, levels: &[u8]) {
        // With larger pages the levels stand for other numbers of bytes, which no document gives.
        if self.ground.format() == Format::Unicode4k {
            return;
        }
        for (index, (level, leaf)) in levels.iter().zip(&self.leaves).enumerate() {
            let map = map_of(index);
            let at = if map == 0 { 8 } else { 2 };
            let nibble = index.saturating_sub(map);
            let Some(block) = self.block(map) else { return };
            let Some(pair) = block.u8_at(nibble.saturating_div(2).saturating_add(at)) else {
                return;
            };
            let stated = if nibble % 2 == 0 {
                pair & 0xF
            } else {
                pair >> 4
            };
            if stated != *level {
                let detail = format!("block {index} has level {stated}, its space is {level}");
                let place = self.place.block(*leaf);
                self.ground.add(&rule::HEAP_FILL, place, detail);
            }
        }
    }
}

/// A block of a heap that is held against its rules.
struct Page<'a, 'g, 'f> {
    heap: &'a Heap<'g, 'f>,
    place: Place,
    index: usize,
    block: &'a [u8],
}

impl Page<'_, '_, '_> {
    fn add(&self, rule: &'static Rule, detail: String) {
        let detail = format!("block {} of the heap: {detail}", self.index);
        self.heap.ground.add(rule, self.place, detail);
    }

    /// The bytes that the block uses, its page map included.
    fn check(&self) -> usize {
        let full = self.block.len();
        let Some(map) = self.block.u16_at(0).map(usize::from) else {
            self.add(&rule::HEAP_PAGE_MAP, "it is empty".to_owned());
            return full;
        };
        let count = self.block.u16_at(map).map(usize::from);
        let free = self.block.u16_at(map.saturating_add(2)).map(usize::from);
        let Some((count, free)) = count.zip(free) else {
            let detail = format!("ibHnpm is {map}, outside the block");
            self.add(&rule::HEAP_PAGE_MAP, detail);
            return full;
        };
        let first = map.saturating_add(4);
        let end = first.saturating_add(count.saturating_add(1).saturating_mul(2));
        let most = (1 << self.heap.ground.format().hid_index_bits()) - 1;
        let Some(offsets) = self.block.get(first..end).filter(|_| count <= most) else {
            let detail = format!("a page map of {count} allocations does not fit");
            self.add(&rule::HEAP_PAGE_MAP, detail);
            return full;
        };
        if map % 2 != 0 {
            self.add(
                &rule::HEAP_PAGE_MAP,
                format!("ibHnpm is {map}, which is odd"),
            );
        }
        let header = match self.index {
            0 => 12,
            index if has_map(index) => 66,
            _ => 2,
        };
        let offsets: Vec<usize> = offsets
            .chunks_exact(2)
            .filter_map(|pair| pair.u16_at(0).map(usize::from))
            .collect();
        let begin = offsets.first().copied().unwrap_or_default();
        let last = offsets.last().copied().unwrap_or_default();
        if begin != header || !offsets.is_sorted() || last > map {
            let detail = format!(
                "allocations from {begin} to {last}; the header ends at {header}, the page map \
                 starts at {map}"
            );
            self.add(&rule::HEAP_OFFSETS, detail);
        }
        let sizes = || {
            let ends = offsets.iter().skip(1);
            offsets
                .iter()
                .zip(ends)
                .map(|(from, to)| to.saturating_sub(*from))
        };
        let empty = sizes().filter(|size| *size == 0).count();
        if empty != free {
            let detail = format!("cFree is {free}, {empty} allocations are empty");
            self.add(&rule::HEAP_FREE_COUNT, detail);
        }
        let largest = sizes().max().unwrap_or_default();
        if largest > ALLOCATION && self.heap.ground.format() != Format::Unicode4k {
            self.add(
                &rule::HEAP_ALLOCATION_SIZE,
                format!("an allocation has {largest} bytes"),
            );
        }
        end
    }
}
