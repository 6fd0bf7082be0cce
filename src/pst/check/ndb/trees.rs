//! Lists of lists: XXBLOCKs over XBLOCKs, SIBLOCKs over SLBLOCKs.
//!
//! *Spec*: \[MS-PST\] 2.2.2.8.3.2.2, 2.2.2.8.3.3.2.

use crate::bytes::ReadAt;
use crate::pst::check::report::{Breaches, Place};
use crate::pst::ndb::data_tree::BlockList;
use crate::pst::ndb::{BlockId, Database, NodeId, Notes, Spot};

use super::block::Lists;
use super::ground::Blocks;
use super::rules as rule;

/// Checks every list of lists.
pub(super) fn check(db: &Database, breaches: &Breaches, blocks: &Blocks, lists: &Lists) {
    // Each child is read once for each list that has it; a store in which lists share their
    // children many times over is not read to the end.
    let work = Notes::with_work(db.file().len().saturating_mul(2).saturating_add(1 << 20));
    let read = |bid: BlockId| {
        blocks.get(bid)?;
        db.read_block(bid, &work, Spot::default()).ok()
    };
    for &bid in &lists.upper {
        let Some((entry, bytes)) = blocks.get(bid).map(|block| block.entry).zip(read(bid)) else {
            continue;
        };
        let place = Place::at(entry.offset).block(bid);
        if bytes.u8_at(0) == Some(1) {
            if let Ok(list) = BlockList::read(db.format(), &bytes) {
                data_tree(db, breaches, lists, place, &list, read);
            }
            continue;
        }
        let word = db.format().word();
        let start = if db.format().is_wide() { 8 } else { 4 };
        let count = bytes.u16_at(2).map_or(0, usize::from);
        let entries = bytes.get(start..).unwrap_or_default();
        let mut before = None;
        for entry in entries.chunks_exact(word.saturating_mul(2)).take(count) {
            let key = NodeId::of_word(db.format().word_at(entry, 0).unwrap_or_default());
            let child = BlockId(db.format().word_at(entry, word).unwrap_or_default());
            if before >= Some(key) {
                let detail = format!("{key} comes after {}", before.unwrap_or_default());
                breaches.add(&rule::SUBNODE_ORDER, place, detail);
            }
            before = Some(key);
            let Some(bytes) = read(child) else { continue };
            let first = bytes.get(start..).unwrap_or_default();
            let first = NodeId::of_word(db.format().word_at(first, 0).unwrap_or_default());
            if bytes.array_at(0) != Some([2, 0]) || first != key {
                let detail = format!("block {child}: no SLBLOCK, or its first nid is not {key}");
                breaches.add(&rule::SUBNODE_LEVEL, place, detail);
            }
        }
    }
}

fn data_tree(
    db: &Database,
    breaches: &Breaches,
    lists: &Lists,
    place: Place,
    list: &BlockList,
    read: impl Fn(BlockId) -> Option<Vec<u8>>,
) {
    let most = db.format().block_data().saturating_sub(8) / db.format().word();
    let last = list.blocks.len().saturating_sub(1);
    let mut sum = 0_u64;
    for (number, child) in list.blocks.iter().enumerate() {
        let below = read(*child).and_then(|bytes| BlockList::read(db.format(), &bytes).ok());
        match below {
            Some(below) if below.level == 1 => {
                if number < last && below.blocks.len() != most {
                    let detail = format!("XBLOCK {child} has {} of {most}", below.blocks.len());
                    breaches.add(&rule::DATA_TREE_FULL, place, detail);
                }
            }
            _ => {
                let detail = format!("entry {number}, {child}, is no XBLOCK");
                breaches.add(&rule::DATA_TREE_LEVEL, place, detail);
            }
        }
        let total = lists.totals.get(&child.key()).copied().unwrap_or_default();
        sum = sum.saturating_add(u64::from(total));
    }
    if sum != u64::from(list.total) {
        let detail = format!("lcbTotal is {}, the lists have {sum}", list.total);
        breaches.add(&rule::DATA_TREE_TOTAL, place, detail);
    }
}
