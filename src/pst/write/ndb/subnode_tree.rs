//! The subnode B-tree of a node that is written.
//!
//! *Spec*: \[MS-PST\] 2.2.2.8.3.3 (SLBLOCK, SIBLOCK).

use std::io;

use crate::pst::ndb::BlockId;
use crate::pst::ndb::subnode::{SubnodeBlock, SubnodeEntry};

use super::space::{BLOCK_DATA, Space};

/// Entries of one SLBLOCK.
const LEAF: usize = (BLOCK_DATA - 8) / 24;
/// Entries of one SIBLOCK.
const INNER: usize = (BLOCK_DATA - 8) / 16;
/// Subnodes of one node.
pub(crate) const SUBNODES: usize = LEAF * INNER;

/// Writes the tree of these subnodes; none for no subnodes.
pub(crate) fn write(space: &mut Space, mut entries: Vec<SubnodeEntry>) -> io::Result<BlockId> {
    if entries.is_empty() {
        return Ok(BlockId(0));
    }
    if entries.len() > SUBNODES {
        return Err(io::Error::other("a node with too many subnodes"));
    }
    entries.sort_unstable_by_key(|entry| entry.nid);
    let mut leaves = Vec::new();
    for leaf in entries.chunks(LEAF) {
        let first = leaf.first().map(|entry| entry.nid).unwrap_or_default();
        let bytes = SubnodeBlock::leaf_bytes(leaf)?;
        leaves.push((first, space.internal_block(&bytes)?));
    }
    match leaves.as_slice() {
        [(_, only)] => Ok(*only),
        _ => space.internal_block(&SubnodeBlock::inner_bytes(&leaves)?),
    }
}
