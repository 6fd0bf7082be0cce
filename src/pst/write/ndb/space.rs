//! The space of a file: blocks and pages one behind the other, in sections that are written whole.
//!
//! *Spec*: \[MS-PST\] 2.2.2.8.1 (BLOCKTRAILER), 2.2.2.7.7.3 (BBTENTRY), 2.2.2.2 (BID).
//!
//! *Invariants*: one section is in memory; bids rise by 4, so that the entries of blocks are
//! spooled in the order of their tree. `cRef` is the number of referrers and one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::pst::ndb::block::BlockEntry;
use crate::pst::ndb::checksum::{crc, signature};
use crate::pst::ndb::encoding::Encoding;
use crate::pst::ndb::header::PageRef;
use crate::pst::ndb::page::{PageTrailer, Tree};
use crate::pst::ndb::{BlockId, Format};
use crate::pst::write::narrow;

use super::map_page::{self, PAGE, SECTION, SLOT};
use super::spool::{Records, Spool};

/// The layout of the file.
const FORMAT: Format = Format::Unicode;
/// Most data bytes of one block.
pub(crate) const BLOCK_DATA: usize = FORMAT.block_data();
/// References that one block may have; then there is another copy of it.
const REFERENCES: u16 = 1000;

/// A file that grows.
#[derive(Debug)]
pub(crate) struct Space {
    file: File,
    section: Vec<u8>,
    number: u64,
    at: usize,
    holes: Vec<(usize, usize)>,
    free_slots: u64,
    longest: Vec<u8>,
    next_block: u64,
    next_page: u64,
    blocks: Spool,
    shared: BTreeMap<u64, u16>,
}

/// What the header tells of the space.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Bytes of the file.
    pub(crate) end: u64,
    /// Offset of the last AMap.
    pub(crate) last_map: u64,
    /// Free bytes by the AMaps.
    pub(crate) free: u64,
    /// `bidNextB`.
    pub(crate) next_block: u64,
    /// `bidNextP`.
    pub(crate) next_page: u64,
}

impl Space {
    /// The space of an empty file, which is open for writing at its start. Spools go to `folder`.
    pub(crate) fn new(mut file: File, folder: &Path) -> io::Result<Self> {
        file.seek(SeekFrom::Start(map_page::FIRST_SECTION))?;
        let mut space = Self {
            file,
            section: vec![0; SECTION],
            number: 0,
            at: 0,
            holes: Vec::new(),
            free_slots: 0,
            longest: Vec::new(),
            next_block: 1,
            next_page: 1,
            blocks: Spool::new(folder),
            shared: BTreeMap::new(),
        };
        space.begin_section();
        Ok(space)
    }

    fn begin_section(&mut self) {
        self.section.fill(0);
        map_page::begin(&mut self.section, self.number);
        self.at = map_page::reserved(self.number);
        self.holes.clear();
    }

    fn end_section(&mut self) -> io::Result<()> {
        let free = map_page::finish(&mut self.section, self.number, self.at, &self.holes);
        self.free_slots = self.free_slots.saturating_add(free.slots);
        self.longest.push(free.longest);
        self.file.write_all(&self.section)?;
        self.number = self.number.saturating_add(1);
        Ok(())
    }

    /// Leaves out sections up to one of this number: of what is free only the maps are written, so
    /// that the file has holes.
    #[cfg(test)]
    pub(crate) fn skip_to(&mut self, number: u64) -> io::Result<()> {
        while self.number < number {
            let used = self.at;
            let free = map_page::finish(&mut self.section, self.number, used, &self.holes);
            self.free_slots = self.free_slots.saturating_add(free.slots);
            self.longest.push(free.longest);
            self.file
                .write_all(self.section.get(..used).unwrap_or_default())?;
            self.number = self.number.saturating_add(1);
            let next = map_page::section_offset(self.number);
            self.file.seek(SeekFrom::Start(next))?;
            self.begin_section();
        }
        Ok(())
    }

    /// Room for `size` bytes at a multiple of `align`; gives its offset in the section.
    fn take(&mut self, size: usize, align: usize) -> io::Result<usize> {
        let size = size.next_multiple_of(SLOT);
        if self.at.next_multiple_of(align).saturating_add(size) > SECTION {
            self.end_section()?;
            self.begin_section();
        }
        let at = self.at.next_multiple_of(align);
        if at > self.at {
            self.holes.push((self.at, at));
        }
        self.at = at.saturating_add(size);
        Ok(at)
    }

    fn place(&mut self, at: usize, size: usize) -> io::Result<(u64, &mut [u8])> {
        let offset = map_page::section_offset(self.number).saturating_add(at as u64);
        let place = self.section.get_mut(at..at.saturating_add(size));
        place
            .map(|place| (offset, place))
            .ok_or_else(|| io::Error::other("a block outside its section"))
    }

    /// Appends a block of data, at most [`BLOCK_DATA`] bytes, which is encoded.
    pub(crate) fn data_block(&mut self, data: &[u8]) -> io::Result<BlockId> {
        self.block(data, false)
    }

    /// Appends a block of the database itself, which is not encoded.
    pub(crate) fn internal_block(&mut self, data: &[u8]) -> io::Result<BlockId> {
        self.block(data, true)
    }

    fn block(&mut self, data: &[u8], internal: bool) -> io::Result<BlockId> {
        let bid = BlockId(self.next_block << 2 | u64::from(internal) << 1);
        self.next_block = self.next_block.saturating_add(1);
        let size: u16 = narrow(data.len())?;
        let trailer = FORMAT.block_trailer();
        let total = data.len().saturating_add(trailer).next_multiple_of(SLOT);
        let at = self.take(total, SLOT)?;
        let (offset, place) = self.place(at, total)?;
        let (body, end) = place.split_at_mut(total.saturating_sub(trailer));
        if let Some(body) = body.get_mut(..data.len()) {
            body.copy_from_slice(data);
            if !internal {
                Encoding::Permute.encode(body, bid.0);
            }
            let mut fields = [0; 16];
            let parts: [&[u8]; 4] = [
                &size.to_le_bytes(),
                &signature(offset, bid.0).to_le_bytes(),
                &crc(body).to_le_bytes(),
                &bid.0.to_le_bytes(),
            ];
            for (to, from) in fields.iter_mut().zip(parts.concat()) {
                *to = from;
            }
            end.copy_from_slice(&fields);
        }
        let entry = BlockEntry {
            bid,
            offset,
            stored: size,
            size,
            references: 2,
        };
        self.blocks.push(&entry.to_unicode_bytes())?;
        Ok(bid)
    }

    /// Notes one more referrer of a block; false when it has so many that another copy is due.
    pub(crate) fn share(&mut self, bid: BlockId) -> bool {
        let more = self.shared.entry(bid.key()).or_default();
        if *more >= REFERENCES {
            return false;
        }
        *more = more.saturating_add(1);
        true
    }

    /// Appends a page of a B-tree, whose trailer is still to be filled in.
    pub(crate) fn page(&mut self, tree: Tree, mut page: [u8; PAGE]) -> io::Result<PageRef> {
        let bid = self.page_id();
        let at = self.take(PAGE, PAGE)?;
        let (offset, place) = self.place(at, PAGE)?;
        PageTrailer::seal(&mut page, tree.page_type(), bid, offset);
        place.copy_from_slice(&page);
        Ok(PageRef { bid, offset })
    }

    /// The id of one more page.
    pub(crate) fn page_id(&mut self) -> BlockId {
        let bid = BlockId(self.next_page);
        self.next_page = self.next_page.saturating_add(1);
        bid
    }

    /// Bytes that the file would have if nothing came any more.
    pub(crate) fn len(&self) -> u64 {
        map_page::section_offset(self.number).saturating_add(self.at as u64)
    }

    /// How many blocks there are.
    pub(crate) fn block_count(&self) -> u64 {
        self.next_block.saturating_sub(1)
    }

    /// The entries of all blocks so far, in order, with their references counted; blocks that are
    /// appended later are in no list.
    pub(crate) fn take_blocks(
        &mut self,
        folder: &Path,
    ) -> io::Result<impl Iterator<Item = io::Result<(u64, [u8; 24])>> + use<>> {
        let blocks = std::mem::replace(&mut self.blocks, Spool::new(folder));
        let shared = std::mem::take(&mut self.shared);
        Ok(Records::<24>::new(blocks)?.map(move |record| {
            let record = record?;
            let mut entry = BlockEntry::read(FORMAT, &record)
                .ok_or_else(|| io::Error::other("a block entry is cut short"))?;
            let more = shared.get(&entry.bid.key()).copied().unwrap_or_default();
            entry.references = entry.references.saturating_add(more);
            Ok((entry.bid.0, entry.to_unicode_bytes()))
        }))
    }

    /// Writes the last section and the maps of free space.
    pub(crate) fn finish(mut self) -> io::Result<(File, Extent)> {
        self.end_section()?;
        for number in (0..self.number).filter(|&number| map_page::has_fmap(number)) {
            let (offset, page) = map_page::fmap(number, &self.longest);
            self.file.seek(SeekFrom::Start(offset))?;
            self.file.write_all(&page)?;
        }
        let extent = Extent {
            end: map_page::section_offset(self.number),
            last_map: map_page::section_offset(self.number.saturating_sub(1)),
            free: self.free_slots.saturating_mul(SLOT as u64),
            next_block: self.next_block << 2,
            next_page: self.next_page,
        };
        Ok((self.file, extent))
    }
}
