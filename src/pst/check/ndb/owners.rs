//! Whose block it is: names the node of breaches that know a block only.
//!
//! *Invariants*: one pass over the nodes, for the breaches that are kept.

use std::collections::{HashMap, HashSet};

use crate::limits;
use crate::pst::check::report::Breach;
use crate::pst::ndb::{BlockId, NodeId};

use super::ground::Ground;

/// Fills in the nodes.
pub(in crate::pst::check) fn name(ground: &Ground<'_>) {
    let mut tops = HashMap::new();
    let mut wanted = HashSet::new();
    let concerned = |breach: &Breach| match (breach.place.node, breach.place.block) {
        (None, Some(block)) => Some(block),
        _ => None,
    };
    ground.breaches.amend(|breach| {
        if let Some(block) = concerned(breach) {
            let top = top_of(ground, block);
            tops.insert(block, top);
            wanted.insert(top.key());
        }
    });
    if wanted.is_empty() {
        return;
    }
    let mut nodes: HashMap<u64, NodeId> = HashMap::new();
    for node in ground.nodes.iter() {
        for bid in [node.data, node.subnodes] {
            if !bid.is_none() && wanted.contains(&bid.key()) {
                nodes.entry(bid.key()).or_insert(node.nid);
            }
        }
    }
    ground.breaches.amend(|breach| {
        let top = concerned(breach).and_then(|block| tops.get(&block));
        if let Some(node) = top.and_then(|top| nodes.get(&top.key())) {
            breach.place.node = Some(*node);
        }
    });
}

/// The list of lists above a block that no list refers to.
fn top_of(ground: &Ground<'_>, block: BlockId) -> BlockId {
    let mut top = block;
    for _ in 0..limits::EMBEDDED_DEPTH.saturating_mul(4) {
        let list = ground.blocks.get(top).map_or(0, |block| block.list);
        let above = usize::try_from(list).ok().and_then(|at| at.checked_sub(1));
        match above.and_then(|at| ground.blocks.at(at)) {
            Some(above) => top = above.entry.bid,
            None => break,
        }
    }
    top
}
