//! Data trees: the blocks of one stream of bytes.
//!
//! *Spec*: \[MS-PST\] 2.2.2.8.3.2 (XBLOCK, XXBLOCK).
//!
//! *Shape*: `btype` 1, `cLevel` (1: data blocks, 2: XBLOCKs), `cEnt` (16 bits), `lcbTotal`
//! (32 bits), then `cEnt` bids.
//!
//! *Invariants*: at most two levels; no more leaves than the file has room for blocks.

use std::io::{self, Read};
use std::sync::Arc;

use crate::bytes::ReadAt;
use crate::content::Content;
use crate::finding::Effect;

use super::block_id::BlockId;
use super::database::Database;
use super::format::Format;
use super::note::{Fault, Notes, Spot};

/// Bytes that are read ahead at a time.
const AHEAD: usize = 64 << 10;

/// `XBLOCK` or `XXBLOCK`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockList {
    /// `cLevel`: 1 or 2.
    pub level: u8,
    /// `lcbTotal`: bytes of data below.
    pub total: u32,
    /// `rgbid`.
    pub blocks: Vec<BlockId>,
}

impl BlockList {
    /// The data of the block in a Unicode store.
    ///
    /// # Errors
    /// When there are more blocks than a list holds.
    pub fn to_unicode_bytes(&self) -> io::Result<Vec<u8>> {
        let count = u16::try_from(self.blocks.len()).map_err(io::Error::other)?;
        let mut bytes = vec![1, self.level];
        bytes.extend_from_slice(&count.to_le_bytes());
        bytes.extend_from_slice(&self.total.to_le_bytes());
        for block in &self.blocks {
            bytes.extend_from_slice(&block.0.to_le_bytes());
        }
        Ok(bytes)
    }

    /// Reads the data of an internal block.
    ///
    /// # Errors
    /// A [`Fault`] when it is no such list.
    pub fn read(format: Format, bytes: &[u8]) -> Result<Self, Fault> {
        let fault = |detail: &str| Fault::new("pst.ndb.data-tree", detail);
        let head = bytes
            .array_at::<2>(0)
            .zip(bytes.u16_at(2).zip(bytes.u32_at(4)));
        let Some(([1, level @ 1..=2], (count, total))) = head else {
            return Err(fault("neither XBLOCK nor XXBLOCK"));
        };
        let word = format.word();
        let room = bytes.len().saturating_sub(8) / word;
        let count = usize::from(count);
        if count > room {
            return Err(fault("more entries than fit"));
        }
        let blocks = (0..count)
            .filter_map(|at| format.word_at(bytes, at.checked_mul(word)?.checked_add(8)?))
            .map(BlockId)
            .collect();
        Ok(Self {
            level,
            total,
            blocks,
        })
    }
}

/// Walks the data blocks of a stream in order, reading lists when they are due.
#[derive(Debug)]
pub struct Leaves<'d> {
    db: &'d Database,
    /// The root block, until it was given or its list entered.
    root: Option<BlockId>,
    /// Lists being walked, outermost first: remaining blocks in reverse.
    stack: Vec<(u8, Vec<BlockId>)>,
    left: u64,
}

impl<'d> Leaves<'d> {
    /// The leaves of a stream whose root block is `bid`; none when that is no block.
    #[must_use]
    pub fn new(db: &'d Database, bid: BlockId) -> Self {
        Self {
            db,
            root: Some(bid).filter(|bid| !bid.is_none()),
            stack: Vec::new(),
            left: db.file().len() / db.format().block_alignment() + 1,
        }
    }

    /// The next data block, or what is wrong with a list. After a fault the walk goes on.
    pub fn next(&mut self, notes: &Notes, spot: Spot) -> Option<Result<BlockId, Fault>> {
        loop {
            let (level, bid) = if let Some(root) = self.root.take() {
                (3, root)
            } else {
                let (level, blocks) = self.stack.last_mut()?;
                let Some(bid) = blocks.pop() else {
                    self.stack.pop();
                    continue;
                };
                (*level, bid)
            };
            if self.left == 0 {
                self.stack.clear();
                let detail = format!("block {bid}: more blocks than the file has room for");
                return Some(Err(Fault::new("pst.ndb.data-tree", detail)));
            }
            self.left = self.left.saturating_sub(1);
            if !bid.is_internal() {
                return Some(Ok(bid));
            }
            let list = self
                .db
                .read_block(bid, notes, spot)
                .and_then(|bytes| BlockList::read(self.db.format(), &bytes));
            match list {
                Ok(list) if list.level < level => {
                    let mut blocks = list.blocks;
                    blocks.reverse();
                    self.stack.push((list.level, blocks));
                }
                Ok(_) => {
                    let detail = format!("block {bid} is in a list of its own level");
                    return Some(Err(Fault::new("pst.ndb.data-tree", detail)));
                }
                Err(fault) => return Some(Err(fault)),
            }
        }
    }
}

impl Database {
    /// Bytes of a stream as declared: of its only block, or the total of its list.
    ///
    /// # Errors
    /// A [`Fault`] when the root block cannot be read.
    pub fn stream_size(&self, bid: BlockId, notes: &Notes, spot: Spot) -> Result<u64, Fault> {
        if bid.is_none() {
            return Ok(0);
        }
        if !bid.is_internal() {
            return Ok(u64::from(self.block(bid)?.size));
        }
        let bytes = self.read_block(bid, notes, spot)?;
        Ok(u64::from(BlockList::read(self.format(), &bytes)?.total))
    }

    /// Bytes that the blocks of the file can hold, each taken once: no stream is longer.
    fn stream_capacity(&self) -> u64 {
        let length = self.file().len();
        if self.format() == Format::Unicode4k {
            // A block takes up at least its alignment, and inflates to 64 KiB at most.
            let blocks = length / self.format().block_alignment();
            return blocks.saturating_mul(self.format().block_data() as u64);
        }
        length
    }

    /// The data blocks of a stream that must be few: a heap, a row matrix. What cannot be read of
    /// the lists is a finding; what comes after stays in its place as `BlockId(0)` where the number
    /// of missing blocks is known.
    #[must_use]
    pub fn leaf_list(&self, bid: BlockId, most: usize, notes: &Notes, spot: Spot) -> Vec<BlockId> {
        let mut list = Vec::new();
        let mut leaves = Leaves::new(self, bid);
        while let Some(leaf) = leaves.next(notes, spot) {
            if list.len() >= most {
                let detail = format!("more than {most} blocks in one heap or table");
                notes.add("pst.ndb.data-tree", Effect::Lost, spot, detail);
                break;
            }
            match leaf {
                Ok(leaf) => list.push(leaf),
                Err(fault) => {
                    notes.fault(Effect::Lost, spot, fault);
                    // A whole list is lost: all but the last one are full.
                    let full =
                        (self.format().block_data().saturating_sub(8)) / self.format().word();
                    let missing = full.min(most.saturating_sub(list.len()));
                    list.resize(list.len().saturating_add(missing), BlockId(0));
                }
            }
        }
        list
    }

    /// Reads a whole stream of at most `limit` bytes. A block that cannot be read is left out,
    /// which is a finding.
    ///
    /// # Errors
    /// A [`Fault`] when nothing of it can be read.
    pub fn read_stream(
        &self,
        bid: BlockId,
        limit: u64,
        notes: &Notes,
        spot: Spot,
    ) -> Result<Vec<u8>, Fault> {
        if !bid.is_internal() && !bid.is_none() {
            return self.read_block(bid, notes, spot);
        }
        let mut bytes = Vec::new();
        let mut leaves = Leaves::new(self, bid);
        let mut first_fault = None;
        while let Some(leaf) = leaves.next(notes, spot) {
            match leaf.and_then(|leaf| self.read_block(leaf, notes, spot)) {
                Ok(block) => {
                    if (bytes.len() as u64).saturating_add(block.len() as u64) > limit {
                        let detail = format!("stream {bid} is longer than it says");
                        notes.add("pst.ndb.data-tree", Effect::Lost, spot, detail);
                        break;
                    }
                    bytes.extend_from_slice(&block);
                }
                Err(fault) => {
                    notes.fault(Effect::Lost, spot, fault.clone());
                    first_fault.get_or_insert(fault);
                }
            }
        }
        match first_fault {
            Some(fault) if bytes.is_empty() => Err(fault),
            _ => Ok(bytes),
        }
    }
}

/// A stream of a store as [`Content`]: read block by block, any number of times.
#[derive(Debug)]
pub struct Stream {
    db: Arc<Database>,
    bid: BlockId,
    size: u64,
    spot: Spot,
}

impl Stream {
    /// The stream under `bid`, which declares `size` bytes.
    #[must_use]
    pub fn new(db: &Arc<Database>, bid: BlockId, size: u64, spot: Spot) -> Self {
        Self {
            db: Arc::clone(db),
            bid,
            size,
            spot,
        }
    }
}

impl Content for Stream {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(StreamReader {
            leaves: Leaves::new(&self.db, self.bid),
            ahead: Ahead::default(),
            spot: self.spot,
            block: Vec::new(),
            at: 0,
            given: 0,
            size: self.size,
        }))
    }
}

/// Bytes of the file read in one go, for blocks that lie one after the other.
#[derive(Debug, Default)]
struct Ahead {
    bytes: Vec<u8>,
    /// Where they lie in the file.
    at: u64,
    /// Where the block before ended.
    next: u64,
}

impl Ahead {
    /// Gets the bytes of a block. When it follows the one before, up to `left` more bytes of the
    /// stream are read along.
    fn fetch(
        &mut self,
        db: &Database,
        at: u64,
        length: usize,
        left: u64,
        to: &mut Vec<u8>,
    ) -> io::Result<()> {
        let follows = at == self.next && at > 0;
        self.next = at.saturating_add(length as u64);
        let more = usize::try_from(left).map_or(AHEAD, |left| left.min(AHEAD));
        if self.held(at, length).is_none() && follows && more > length {
            self.at = at;
            self.bytes.resize(more, 0);
            let read = db.file().read_at(&mut self.bytes, at).unwrap_or_default();
            self.bytes.truncate(read);
        }
        let Some(bytes) = self.held(at, length) else {
            return db.file().read_exact_into(at, length, to);
        };
        to.clear();
        to.extend_from_slice(bytes);
        Ok(())
    }

    fn held(&self, at: u64, length: usize) -> Option<&[u8]> {
        let from = usize::try_from(at.checked_sub(self.at)?).ok()?;
        self.bytes.get(from..from.checked_add(length)?)
    }
}

struct StreamReader<'d> {
    leaves: Leaves<'d>,
    ahead: Ahead,
    spot: Spot,
    block: Vec<u8>,
    at: usize,
    given: u64,
    size: u64,
}

impl Read for StreamReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bad = |fault: Fault, spot| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{spot}: {fault}"))
        };
        while self.at >= self.block.len() {
            let db = self.leaves.db;
            let Some(leaf) = self.leaves.next(db.late(), self.spot) else {
                if self.given < self.size {
                    let detail = format!("ends at {} of {} bytes", self.given, self.size);
                    return Err(bad(Fault::new("pst.ndb.data-tree", detail), self.spot));
                }
                return Ok(0);
            };
            if self.given > db.stream_capacity() {
                let detail = "blocks are repeated: more bytes than the file can hold";
                return Err(bad(Fault::new("pst.ndb.data-tree", detail), self.spot));
            }
            let left = self.size.saturating_sub(self.given);
            let ahead = &mut self.ahead;
            let fetch = |at, length, to: &mut Vec<u8>| ahead.fetch(db, at, length, left, to);
            // A block that cannot be read has no bytes left over from the one before.
            self.at = usize::MAX;
            let block = &mut self.block;
            leaf.and_then(|leaf| db.read_block_by(fetch, leaf, db.late(), self.spot, block))
                .map_err(|fault| bad(fault, self.spot))?;
            self.at = 0;
        }
        let rest = self.block.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let Some((from, to)) = rest.get(..count).zip(buffer.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.at = self.at.saturating_add(count);
        self.given = self.given.saturating_add(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_both_widths() {
        let wide = [
            1, 1, 2, 0, 9, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0,
        ];
        let narrow = [1, 1, 2, 0, 9, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0];
        let want = BlockList {
            level: 1,
            total: 9,
            blocks: vec![BlockId(4), BlockId(8)],
        };
        assert_eq!(BlockList::read(Format::Unicode, &wide), Ok(want.clone()));
        assert_eq!(want.to_unicode_bytes().unwrap(), wide);
        assert_eq!(BlockList::read(Format::Ansi, &narrow), Ok(want));
        assert!(BlockList::read(Format::Unicode, &wide[..20]).is_err());
        assert!(BlockList::read(Format::Unicode, &[2, 0, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(BlockList::read(Format::Unicode, &[1, 3, 0, 0, 0, 0, 0, 0]).is_err());
    }
}
