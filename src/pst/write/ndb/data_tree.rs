//! Data trees: the blocks of a stream that is written.
//!
//! *Spec*: \[MS-PST\] 2.2.2.8.3.2 (XBLOCK, XXBLOCK).
//!
//! *Invariants*: every block but the last is full, and so is every XBLOCK but the last; one XBLOCK
//! is in memory. `lcbTotal` has 32 bits: a stream ends before 4 GiB.

use std::io::{self, Read};

use crate::pst::ndb::BlockId;
use crate::pst::ndb::data_tree::BlockList;
use crate::pst::write::narrow;

use super::space::{BLOCK_DATA, Space};

/// Blocks of one XBLOCK, XBLOCKs of one XXBLOCK.
const LIST: usize = (BLOCK_DATA - 8) / 8;

/// Bytes of one stream at most.
pub(crate) const STREAM_BYTES: u64 = u32::MAX as u64;

/// A stream on its way into a store.
#[derive(Debug, Default)]
pub(crate) struct DataTree {
    blocks: Vec<BlockId>,
    /// Bytes under `blocks`.
    bytes: u64,
    lists: Vec<BlockId>,
    /// Bytes under `lists`.
    listed: u64,
}

/// A stream in a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StreamRef {
    /// Its root; none for a stream without bytes.
    pub(crate) root: BlockId,
    /// Its bytes.
    pub(crate) size: u64,
}

impl DataTree {
    /// Appends a block that is in the file; all but the last are full.
    pub(crate) fn push(&mut self, space: &mut Space, bid: BlockId, size: usize) -> io::Result<()> {
        if self.blocks.len() >= LIST {
            self.close_list(space)?;
        }
        self.blocks.push(bid);
        self.bytes = self.bytes.saturating_add(size as u64);
        Ok(())
    }

    /// Appends data of at most one block.
    pub(crate) fn push_data(&mut self, space: &mut Space, data: &[u8]) -> io::Result<()> {
        let bid = space.data_block(data)?;
        self.push(space, bid, data.len())
    }

    fn close_list(&mut self, space: &mut Space) -> io::Result<()> {
        let blocks = std::mem::take(&mut self.blocks);
        let list = BlockList {
            level: 1,
            total: narrow(self.bytes)?,
            blocks,
        };
        self.lists
            .push(space.internal_block(&list.to_unicode_bytes()?)?);
        self.listed = self.listed.saturating_add(self.bytes);
        self.bytes = 0;
        Ok(())
    }

    /// Writes the lists above the blocks.
    pub(crate) fn finish(mut self, space: &mut Space) -> io::Result<StreamRef> {
        let size = self.listed.saturating_add(self.bytes);
        let root = match (self.lists.is_empty(), self.blocks.as_slice()) {
            (true, []) => BlockId(0),
            (true, [only]) => *only,
            (true, _) => {
                self.close_list(space)?;
                self.lists.first().copied().unwrap_or_default()
            }
            (false, _) => {
                self.close_list(space)?;
                let list = BlockList {
                    level: 2,
                    total: narrow(size)?,
                    blocks: self.lists,
                };
                space.internal_block(&list.to_unicode_bytes()?)?
            }
        };
        Ok(StreamRef { root, size })
    }

    /// Writes bytes that are in memory.
    pub(crate) fn write(space: &mut Space, bytes: &[u8]) -> io::Result<StreamRef> {
        let mut tree = Self::default();
        for block in bytes.chunks(BLOCK_DATA) {
            tree.push_data(space, block)?;
        }
        tree.finish(space)
    }

    /// Writes what a reader gives, after `head`, which was read from it before. What it cannot give
    /// any more is left out, with the reason.
    pub(crate) fn copy(
        space: &mut Space,
        head: &[u8],
        reader: &mut dyn Read,
    ) -> io::Result<(StreamRef, Option<io::Error>)> {
        let mut tree = Self::default();
        let mut block = Vec::with_capacity(BLOCK_DATA);
        block.extend_from_slice(head);
        loop {
            let room = BLOCK_DATA.saturating_sub(block.len()) as u64;
            let read = reader.take(room).read_to_end(&mut block);
            let size = tree
                .listed
                .saturating_add(tree.bytes)
                .saturating_add(block.len() as u64);
            let wrong = match read {
                Err(error) => Some(error),
                Ok(_) if size > STREAM_BYTES => {
                    block.clear();
                    Some(io::Error::new(
                        io::ErrorKind::FileTooLarge,
                        "a store holds values of less than 4 GiB",
                    ))
                }
                Ok(_) => None,
            };
            let last = block.len() < BLOCK_DATA || wrong.is_some();
            if !block.is_empty() {
                tree.push_data(space, &block)?;
                block.clear();
            }
            if last {
                return Ok((tree.finish(space)?, wrong));
            }
        }
    }
}
