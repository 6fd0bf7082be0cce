//! The size of a message as Outlook counts it.
//!
//! *Spec*: `docs/check.md` 16.

use crate::limits;
use crate::pst::check::ndb::Ground;
use crate::pst::ndb::BlockId;

/// Bytes of the data blocks of a node and of all subnodes below it.
pub(super) fn bytes(ground: &Ground<'_>, data: BlockId, subnodes: BlockId) -> u64 {
    let mut sum = ground.stream_size(data);
    let mut due = vec![(subnodes, 0_usize)];
    while let Some((subnodes, depth)) = due.pop() {
        if subnodes.is_none() || depth > limits::SUBNODE_DEPTH || ground.is_exhausted() {
            continue;
        }
        for entry in ground.subnodes(subnodes).iter() {
            sum = sum.saturating_add(ground.stream_size(entry.data));
            due.push((entry.subnodes, depth.saturating_add(1)));
        }
    }
    sum
}
