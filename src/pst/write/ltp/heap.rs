//! A heap on a node that is written.
//!
//! *Spec*: \[MS-PST\] 2.3.1 (HN).
//!
//! *Shape*: block 0 starts with 12 bytes (`HNHDR`), block 8 and every 128th from there with 66
//! (`HNBITMAPHDR`), others with 2 (`HNPAGEHDR`); allocations; a page map at an even offset. Blocks
//! but the last are padded to their full size behind the page map.
//!
//! *Invariants*: no allocation is larger than 3580 bytes, which SCANPST does not forgive; `cFree`
//! is the number of empty allocations, of which there are none. Fill levels come from what is free
//! of 8176 bytes.

use std::collections::BTreeMap;
use std::io;

use crate::pst::ltp::HeapId;
use crate::pst::ltp::heap::{ALLOCATION, fill_level, has_map, map_of};
use crate::pst::ndb::BlockId;
use crate::pst::write::narrow;
use crate::pst::write::ndb::data_tree::StreamRef;
use crate::pst::write::ndb::space::BLOCK_DATA;
use crate::pst::write::ndb::{DataTree, Space};

/// Allocations of one block: their index has 11 bits.
const PER_BLOCK: usize = 2047;
/// Blocks of one heap.
const BLOCKS: usize = 65_536;

/// A heap on its way.
#[derive(Debug)]
pub(crate) struct HeapWriter {
    client: u8,
    /// Blocks that may still change, by number: all of them, or of a streaming heap the first, the
    /// one that allocations go to, and the one that has the fill levels of its group.
    open: BTreeMap<usize, Page>,
    /// Blocks that are in the file, by number.
    written: Vec<BlockId>,
    fill: Vec<u8>,
    current: usize,
}

#[derive(Debug)]
struct Page {
    /// Header (still zero) and allocations.
    bytes: Vec<u8>,
    /// Where allocations start, and the end of the last.
    offsets: Vec<u16>,
}

impl Page {
    fn new(number: usize) -> io::Result<Self> {
        let header = match number {
            0 => 12,
            _ if has_map(number) => 66,
            _ => 2,
        };
        let mut bytes = Vec::with_capacity(if number == 0 { 1024 } else { BLOCK_DATA });
        bytes.resize(header, 0);
        Ok(Self {
            bytes,
            offsets: vec![narrow(header)?],
        })
    }

    /// Bytes of the block once it has `more` bytes in `count` more allocations.
    fn size_with(&self, more: usize, count: usize) -> usize {
        let offsets = self.offsets.len().saturating_add(count);
        self.bytes
            .len()
            .saturating_add(more)
            .next_multiple_of(2)
            .saturating_add(4)
            .saturating_add(offsets.saturating_mul(2))
    }
}

impl HeapWriter {
    /// An empty heap for a client (`bClientSig`).
    pub(crate) fn new(client: u8) -> io::Result<Self> {
        Ok(Self {
            client,
            open: BTreeMap::from([(0, Page::new(0)?)]),
            written: Vec::new(),
            fill: Vec::new(),
            current: 0,
        })
    }

    /// Whether there is room for another block.
    pub(crate) fn is_full(&self) -> bool {
        self.current.saturating_add(2) >= BLOCKS
    }

    /// Allocates a copy of these bytes, 1 to [`ALLOCATION`].
    pub(crate) fn allocate(&mut self, bytes: &[u8]) -> io::Result<HeapId> {
        if bytes.is_empty() || bytes.len() > ALLOCATION {
            return Err(io::Error::other("an allocation of no size of a heap"));
        }
        let fits = |page: &Page| {
            page.offsets.len() <= PER_BLOCK && page.size_with(bytes.len(), 1) <= BLOCK_DATA
        };
        if !self.open.get(&self.current).is_some_and(fits) {
            self.close_page();
            let next = self.current.saturating_add(1);
            if next >= BLOCKS {
                return Err(io::Error::other("a heap with too many blocks"));
            }
            self.open.insert(next, Page::new(next)?);
            self.current = next;
        }
        let number = self.current;
        let page = self.page(number)?;
        page.bytes.extend_from_slice(bytes);
        let index: u32 = narrow(page.offsets.len())?;
        page.offsets.push(narrow(page.bytes.len())?);
        let number: u32 = narrow(number)?;
        Ok(HeapId(number << 16 | index << 5))
    }

    fn page(&mut self, number: usize) -> io::Result<&mut Page> {
        self.open
            .get_mut(&number)
            .ok_or_else(|| io::Error::other("a heap block that is written already"))
    }

    /// The place of an allocation whose block is not written yet.
    fn place(&mut self, hid: HeapId) -> io::Result<&mut [u8]> {
        let format = crate::pst::ndb::Format::Unicode;
        let index = hid.index(format);
        let page = self.page(hid.block(format))?;
        let at = |index: usize| page.offsets.get(index).copied().map(usize::from);
        let range = index
            .checked_sub(1)
            .and_then(at)
            .zip(at(index))
            .map(|(from, to)| from..to);
        range
            .and_then(|range| page.bytes.get_mut(range))
            .ok_or_else(|| io::Error::other("an allocation that is not there"))
    }

    /// The bytes of an allocation whose block is not written yet.
    pub(crate) fn get(&mut self, hid: HeapId) -> io::Result<&[u8]> {
        self.place(hid).map(|place| &*place)
    }

    /// Overwrites bytes of an allocation whose block is not written yet, from `at` in it.
    pub(crate) fn patch(&mut self, hid: HeapId, at: usize, bytes: &[u8]) -> io::Result<()> {
        let end = at.saturating_add(bytes.len());
        let place = self.place(hid)?.get_mut(at..end);
        place
            .ok_or_else(|| io::Error::other("an allocation of another size"))?
            .copy_from_slice(bytes);
        Ok(())
    }

    fn close_page(&mut self) {
        let page = self.open.get(&self.current);
        let used = page.map_or(0, |page| page.size_with(0, 0));
        self.fill.push(fill_level(BLOCK_DATA.saturating_sub(used)));
    }

    /// Writes the blocks that cannot change any more: for heaps that are not held in memory.
    pub(crate) fn write_full_pages(&mut self, space: &mut Space) -> io::Result<()> {
        if self.open.len() <= 3 {
            return Ok(());
        }
        let map = map_of(self.current);
        let done: Vec<usize> = self
            .open
            .keys()
            .copied()
            .filter(|&number| number != 0 && number != self.current && number != map)
            .collect();
        for number in done {
            self.write_page(space, number, HeapId(0), true)?;
        }
        Ok(())
    }

    fn write_page(
        &mut self,
        space: &mut Space,
        number: usize,
        root: HeapId,
        padded: bool,
    ) -> io::Result<()> {
        let Some(page) = self.open.remove(&number) else {
            return Ok(());
        };
        let bytes = self.page_bytes(number, page, root, padded)?;
        let bid = space.data_block(&bytes)?;
        if self.written.len() <= number {
            self.written.resize(number.saturating_add(1), BlockId(0));
        }
        if let Some(place) = self.written.get_mut(number) {
            *place = bid;
        }
        Ok(())
    }

    fn page_bytes(
        &self,
        number: usize,
        page: Page,
        root: HeapId,
        padded: bool,
    ) -> io::Result<Vec<u8>> {
        let Page { mut bytes, offsets } = page;
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        let map_at: u16 = narrow(bytes.len())?;
        let count: u16 = narrow(offsets.len().saturating_sub(1))?;
        for word in [count, 0].iter().chain(&offsets) {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        if padded {
            bytes.resize(BLOCK_DATA, 0);
        }
        let mut header = map_at.to_le_bytes().to_vec();
        if number == 0 {
            header.extend_from_slice(&[0xEC, self.client]);
            header.extend_from_slice(&root.0.to_le_bytes());
        }
        if map_of(number) == number {
            let groups = if number == 0 { 8 } else { 128 };
            let fill = self.fill.get(number..).unwrap_or_default();
            for pair in 0..groups / 2 {
                let level = |at: usize| fill.get(at).copied().unwrap_or_default();
                header.push(level(pair * 2) | level(pair * 2 + 1) << 4);
            }
        }
        for (to, from) in bytes.iter_mut().zip(header) {
            *to = from;
        }
        Ok(bytes)
    }

    /// Bytes of all blocks, as they would be if the heap were finished now.
    pub(crate) fn size(&self) -> u64 {
        let last = self.open.get(&self.current);
        let last = last.map_or(0, |page| page.size_with(0, 0)) as u64;
        (self.current as u64)
            .saturating_mul(BLOCK_DATA as u64)
            .saturating_add(last)
    }

    /// Writes what is left, with this root (`hidUserRoot`).
    pub(crate) fn finish(mut self, space: &mut Space, root: HeapId) -> io::Result<StreamRef> {
        self.close_page();
        let last = self.current;
        let size = self.open.get(&last).map_or(0, |page| page.size_with(0, 0));
        let open: Vec<usize> = self.open.keys().copied().collect();
        for number in open {
            self.write_page(space, number, root, number != last)?;
        }
        let mut tree = DataTree::default();
        for (number, bid) in self.written.iter().enumerate() {
            let bytes = if number == last { size } else { BLOCK_DATA };
            tree.push(space, *bid, bytes)?;
        }
        tree.finish(space)
    }
}
