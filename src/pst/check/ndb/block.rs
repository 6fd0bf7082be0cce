//! Every block, in the order of the file: trailer, checksum, what internal blocks list.
//!
//! *Spec*: \[MS-PST\] 2.2.2.8.1 (BLOCKTRAILER), 2.2.2.8.3.
//!
//! *Invariants*: each block is read once; one is in memory.

use std::collections::HashMap;
use std::io;

use crate::bytes::ReadAt;
use crate::pst::check::GoOn;
use crate::pst::check::report::{Breaches, Place};
use crate::pst::ndb::checksum::{crc, signature};
use crate::pst::ndb::data_tree::BlockList;
use crate::pst::ndb::subnode::SubnodeBlock;
use crate::pst::ndb::{BlockEntry, BlockId, Database, Format, NodeId, Notes, Spot};

use super::ground::{Blocks, LastNids};
use super::rules as rule;

/// What internal blocks say.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// `lcbTotal` by the id of the list.
    pub(super) totals: HashMap<u64, u32>,
    /// Lists of lists, which need a second look: XXBLOCKs and SIBLOCKs.
    pub(super) upper: Vec<BlockId>,
    /// The highest index of each type of subnode.
    pub(super) last_subnodes: LastNids,
}

/// Checks every block and counts references of lists.
///
/// # Errors
/// When it is not to go on.
pub(super) fn check(
    db: &Database,
    breaches: &Breaches,
    blocks: &mut Blocks,
    go_on: GoOn<'_>,
) -> io::Result<Lists> {
    let mut lists = Lists::default();
    for position in blocks.in_file_order() {
        if position % 256 == 0 {
            go_on()?;
        }
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        let Some(entry) = blocks.at(position).map(|block| block.entry) else {
            continue;
        };
        let Some(mut bytes) = read(db, breaches, entry) else {
            continue;
        };
        if entry.is_deflated() {
            match db.read_block(entry.bid, &Notes::new(), Spot::default()) {
                Ok(inflated) => bytes = inflated,
                Err(fault) => {
                    breaches.add(&rule::BLOCK_INFLATE, place(entry), fault.detail);
                    continue;
                }
            }
        }
        if entry.bid.is_internal() {
            let mut internal = Internal {
                format: db.format(),
                breaches,
                place: place(entry),
                blocks,
                position,
                lists: &mut lists,
            };
            internal.check(entry, &bytes);
        }
    }
    Ok(lists)
}

fn place(entry: BlockEntry) -> Place {
    Place::at(entry.offset).block(entry.bid)
}

/// Reads the bytes of a block as stored, and checks its trailer.
fn read(db: &Database, breaches: &Breaches, entry: BlockEntry) -> Option<Vec<u8>> {
    let format = db.format();
    let place = place(entry);
    let stored = usize::from(entry.stored);
    let align = format.block_alignment();
    let total = stored
        .saturating_add(format.block_trailer())
        .next_multiple_of(usize::try_from(align).unwrap_or(64));
    let fault = if !entry.offset.is_multiple_of(align) {
        Some(format!("offset {} is no multiple of {align}", entry.offset))
    } else if stored > format.block_data() || stored == 0 {
        Some(format!("{stored} bytes of at most {}", format.block_data()))
    } else {
        None
    };
    if let Some(fault) = fault {
        breaches.add(&rule::BLOCK_PLACE, place, fault);
    }
    let Ok(mut bytes) = db.file().read_exact_at(entry.offset, total) else {
        let detail = format!("{total} bytes are not in the file");
        breaches.add(&rule::BLOCK_PLACE, place, detail);
        return None;
    };
    let trailer = total.saturating_sub(format.block_trailer());
    let (crc_at, bid_at) = if format.is_wide() { (4, 8) } else { (8, 4) };
    let end = bytes.get(trailer..).unwrap_or_default();
    let size = end.u16_at(0).unwrap_or_default();
    if size != entry.stored {
        let detail = format!("the trailer says {size} bytes, the tree {stored}");
        breaches.add(&rule::BLOCK_SIZE, place, detail);
    }
    let bid = format.word_at(end, bid_at).unwrap_or_default();
    if BlockId(bid).key() != entry.bid.key() {
        let detail = format!("the trailer says block {}", BlockId(bid));
        breaches.add(&rule::BLOCK_BACK_ID, place, detail);
    }
    let mark = end.u16_at(2).unwrap_or_default();
    let wanted = signature(entry.offset, entry.bid.0);
    if mark != wanted && mark != signature(entry.offset, bid) {
        let detail = format!("wSig is 0x{mark:04X}, not 0x{wanted:04X}");
        breaches.add(&rule::BLOCK_SIGNATURE, place, detail);
    }
    let sum = end.u32_at(crc_at).unwrap_or_default();
    let own = crc(bytes.get(..stored).unwrap_or_default());
    if sum != own {
        let detail = format!("dwCRC is 0x{sum:08X}, the data has 0x{own:08X}");
        breaches.add(&rule::BLOCK_CRC, place, detail);
    }
    let padding = bytes.get(stored..trailer).unwrap_or_default();
    if padding.iter().any(|&byte| byte != 0) {
        let detail = format!("{} bytes are not all 0", padding.len());
        breaches.add(&rule::BLOCK_PADDING, place, detail);
    }
    bytes.truncate(stored);
    Some(bytes)
}

/// An internal block that is looked at.
struct Internal<'a> {
    format: Format,
    breaches: &'a Breaches,
    place: Place,
    blocks: &'a mut Blocks,
    position: usize,
    lists: &'a mut Lists,
}

impl Internal<'_> {
    fn check(&mut self, entry: BlockEntry, bytes: &[u8]) {
        match bytes.u8_at(0) {
            Some(1) => match BlockList::read(self.format, bytes) {
                Ok(list) => self.data_tree(entry.bid, &list),
                Err(fault) => self.add(&rule::BLOCK_KIND, fault.detail),
            },
            Some(2) => match SubnodeBlock::read(self.format, bytes) {
                Ok(SubnodeBlock::Leaf(_)) => self.subnode_leaf(bytes),
                Ok(SubnodeBlock::Inner(children)) => {
                    for child in children {
                        self.blocks.refer(child, Some(self.position));
                    }
                    self.lists.upper.push(entry.bid);
                }
                Err(fault) => self.add(&rule::BLOCK_KIND, fault.detail),
            },
            other => self.add(&rule::BLOCK_KIND, format!("btype is {other:?}")),
        }
    }

    fn add(&self, rule: &'static crate::pst::check::Rule, detail: impl Into<String>) {
        self.breaches.add(rule, self.place, detail);
    }

    fn data_tree(&mut self, bid: BlockId, list: &BlockList) {
        self.lists.totals.insert(bid.key(), list.total);
        if list.blocks.is_empty() {
            self.add(&rule::BLOCK_KIND, "the list is empty");
        }
        for child in &list.blocks {
            self.blocks.refer(*child, Some(self.position));
        }
        if list.level == 2 {
            self.lists.upper.push(bid);
            return;
        }
        let mut sum = 0_u64;
        let last = list.blocks.len().saturating_sub(1);
        for (number, child) in list.blocks.iter().enumerate() {
            if child.is_internal() {
                let detail = format!("entry {number} is the internal block {child}");
                self.add(&rule::DATA_TREE_LEVEL, detail);
            }
            let size = self.blocks.get(*child);
            let size = size.map_or(0, |block| usize::from(block.entry.size));
            sum = sum.saturating_add(size as u64);
            if number < last && size != self.format.block_data() {
                let detail = format!("block {number} of {last}, {child}, has {size} bytes");
                self.add(&rule::DATA_TREE_FULL, detail);
            }
        }
        if sum != u64::from(list.total) {
            let detail = format!("lcbTotal is {}, the blocks have {sum}", list.total);
            self.add(&rule::DATA_TREE_TOTAL, detail);
        }
    }

    fn subnode_leaf(&mut self, bytes: &[u8]) {
        let mut before = None;
        for (stored, data, subnodes) in leaf_entries(self.format, bytes) {
            let nid = NodeId::of_word(stored);
            let place = self.place.sub(nid);
            if stored >> 32 != 0 {
                let detail = format!("the nid is stored as 0x{stored:X}");
                self.breaches.add(&rule::SUBNODE_ID, place, detail);
            }
            if before >= Some(nid) {
                let detail = format!("{nid} comes after {}", before.unwrap_or_default());
                self.breaches.add(&rule::SUBNODE_ORDER, place, detail);
            }
            before = Some(nid);
            self.lists.last_subnodes.add(nid);
            self.blocks.refer(data, Some(self.position));
            self.blocks.refer(subnodes, Some(self.position));
            root_of_subnodes(self.breaches, place, subnodes);
        }
    }
}

/// Checks that the root of a subnode tree may be one.
pub(super) fn root_of_subnodes(breaches: &Breaches, place: Place, root: BlockId) {
    if !root.is_none() && !root.is_internal() {
        let detail = format!("bidSub is {root}, a data block");
        breaches.add(&rule::SUBNODE_ROOT, place, detail);
    }
}

/// Entries of an SLBLOCK, with their nids as stored.
fn leaf_entries(format: Format, bytes: &[u8]) -> impl Iterator<Item = (u64, BlockId, BlockId)> {
    let word = format.word();
    let start = if format.is_wide() { 8 } else { 4 };
    let count = bytes.u16_at(2).map_or(0, usize::from);
    let entries = bytes.get(start..).unwrap_or_default();
    entries
        .chunks_exact(word.saturating_mul(3))
        .take(count)
        .filter_map(move |entry| {
            let data = format.word_at(entry, word)?;
            let subnodes = format.word_at(entry, word.checked_mul(2)?)?;
            Some((format.word_at(entry, 0)?, BlockId(data), BlockId(subnodes)))
        })
}

/// Checks the counts of references once all have been met.
pub(super) fn references(breaches: &Breaches, blocks: &Blocks) {
    for block in blocks.iter() {
        let stated = u32::from(block.entry.references);
        let wanted = block.met.saturating_add(1);
        if stated != wanted {
            let detail = format!("cRef is {stated}, {} references were met", block.met);
            breaches.add(&rule::BLOCK_REFERENCES, place(block.entry), detail);
        } else if block.met == 0 {
            breaches.add(
                &rule::BLOCK_UNUSED,
                place(block.entry),
                "nothing refers to it",
            );
        }
    }
    let mut missing: Vec<_> = blocks.missing.iter().collect();
    missing.sort_unstable();
    for (bid, from) in missing {
        let from = match from {
            0 => "a node".to_owned(),
            from => format!("block 0x{from:X}"),
        };
        let detail = format!("{from} refers to it");
        breaches.add(
            &rule::BLOCK_MISSING,
            Place::FILE.block(BlockId(*bid)),
            detail,
        );
    }
}
