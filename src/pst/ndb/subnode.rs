//! Subnode B-trees: the nodes inside a node.
//!
//! *Spec*: \[MS-PST\] 2.2.2.8.3.3 (SLBLOCK, SIBLOCK).
//!
//! *Shape*: `btype` 2, `cLevel` (0: SLBLOCK, 1: SIBLOCK), `cEnt` (16 bits), 4 bytes padding (not in
//! ANSI), then entries in words of 8 or 4 bytes: nid, `bidData`, `bidSub`; in a SIBLOCK nid, bid.
//!
//! *Seen in the wild*: garbage above bit 31 of nids.

use std::collections::HashSet;
use std::io;

use crate::bytes::ReadAt;
use crate::finding::Effect;
use crate::limits;

use super::block_id::BlockId;
use super::database::Database;
use super::format::Format;
use super::node_id::NodeId;
use super::note::{Fault, Notes, Spot};

/// `SLENTRY`: a subnode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubnodeEntry {
    /// `nid`.
    pub nid: NodeId,
    /// `bidData`.
    pub data: BlockId,
    /// `bidSub`: its own subnodes.
    pub subnodes: BlockId,
}

/// One block of a subnode B-tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubnodeBlock {
    /// `SLBLOCK`.
    Leaf(Vec<SubnodeEntry>),
    /// `SIBLOCK`: the blocks below.
    Inner(Vec<BlockId>),
}

impl SubnodeBlock {
    /// The data of an SLBLOCK in a Unicode store.
    ///
    /// # Errors
    /// When there are more entries than a block holds.
    pub fn leaf_bytes(entries: &[SubnodeEntry]) -> io::Result<Vec<u8>> {
        let mut bytes = head(0, entries.len())?;
        for entry in entries {
            for word in [u64::from(entry.nid.0), entry.data.0, entry.subnodes.0] {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        Ok(bytes)
    }

    /// The data of a SIBLOCK in a Unicode store: the first nid of each block below, and its bid.
    ///
    /// # Errors
    /// When there are more blocks than a block holds.
    pub fn inner_bytes(blocks: &[(NodeId, BlockId)]) -> io::Result<Vec<u8>> {
        let mut bytes = head(1, blocks.len())?;
        for (nid, bid) in blocks {
            for word in [u64::from(nid.0), bid.0] {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        Ok(bytes)
    }

    /// Reads the data of an internal block.
    ///
    /// # Errors
    /// A [`Fault`] when it is neither.
    pub fn read(format: Format, bytes: &[u8]) -> Result<Self, Fault> {
        let fault = |detail: &str| Fault::new("pst.ndb.subnodes", detail);
        let head = bytes.array_at::<2>(0).zip(bytes.u16_at(2));
        let Some(([2, level], count)) = head else {
            return Err(fault("neither SLBLOCK nor SIBLOCK"));
        };
        let word = format.word();
        let start = if format.is_wide() { 8 } else { 4 };
        let size = if level == 0 { 3 * word } else { 2 * word };
        let count = usize::from(count);
        if bytes.len() < start || (bytes.len() - start) / size < count {
            return Err(fault("more entries than fit"));
        }
        let field = |entry: usize, field: usize| {
            let at = entry
                .checked_mul(size)?
                .checked_add(field.checked_mul(word)?)?
                .checked_add(start)?;
            format.word_at(bytes, at)
        };
        if level == 0 {
            let entry = |at| {
                Some(SubnodeEntry {
                    nid: NodeId::of_word(field(at, 0)?),
                    data: BlockId(field(at, 1)?),
                    subnodes: BlockId(field(at, 2)?),
                })
            };
            Ok(Self::Leaf((0..count).filter_map(entry).collect()))
        } else {
            let block = |at| field(at, 1).map(BlockId);
            Ok(Self::Inner((0..count).filter_map(block).collect()))
        }
    }
}

fn head(level: u8, count: usize) -> io::Result<Vec<u8>> {
    let [low, high] = u16::try_from(count)
        .map_err(io::Error::other)?
        .to_le_bytes();
    Ok(vec![2, level, low, high, 0, 0, 0, 0])
}

/// The subnodes of a node, by nid.
#[derive(Debug, Default)]
pub struct Subnodes(Vec<SubnodeEntry>);

impl Subnodes {
    /// Reads the tree whose root block is `bid`. What cannot be read of it is a finding.
    #[must_use]
    pub fn read(db: &Database, bid: BlockId, notes: &Notes, spot: Spot) -> Self {
        if bid.is_none() {
            return Self::default();
        }
        let mut entries = Vec::new();
        let mut seen = HashSet::new();
        let mut due = vec![bid];
        while let Some(bid) = due.pop() {
            if !seen.insert(bid.key()) {
                let detail = format!("block {bid} is in its own subnode tree");
                notes.add("pst.ndb.subnodes", Effect::Noted, spot, detail);
                continue;
            }
            if entries.len() >= limits::SUBNODES || seen.len() >= limits::SUBNODES {
                notes.add("pst.ndb.subnodes", Effect::Lost, spot, "too many subnodes");
                break;
            }
            let block = db
                .read_block(bid, notes, spot)
                .and_then(|bytes| SubnodeBlock::read(db.format(), &bytes));
            match block {
                Ok(SubnodeBlock::Leaf(leaf)) => {
                    if entries.is_empty() {
                        entries = leaf;
                    } else {
                        entries.extend(leaf);
                    }
                }
                Ok(SubnodeBlock::Inner(blocks)) => due.extend(blocks.into_iter().rev()),
                Err(fault) => notes.fault(
                    Effect::Lost,
                    spot,
                    Fault::new(fault.code, format!("block {bid}: {}", fault.detail)),
                ),
            }
        }
        if !entries.is_sorted_by_key(|entry| entry.nid) {
            entries.sort_by_key(|entry| entry.nid);
        }
        Self(entries)
    }

    /// The subnode of an id.
    #[must_use]
    pub fn get(&self, nid: NodeId) -> Option<SubnodeEntry> {
        let at = self.0.partition_point(|entry| entry.nid < nid);
        self.0.get(at).copied().filter(|entry| entry.nid == nid)
    }

    /// All subnodes, by nid.
    pub fn iter(&self) -> impl Iterator<Item = SubnodeEntry> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_above_the_nid_is_ignored() {
        let mut bytes = vec![2, 0, 1, 0, 0, 0, 0, 0];
        bytes.extend(0x7777_0000_0000_0671_u64.to_le_bytes());
        bytes.extend(8_u64.to_le_bytes());
        bytes.extend(0_u64.to_le_bytes());
        let entry = SubnodeEntry {
            nid: NodeId::ATTACHMENT_TABLE,
            data: BlockId(8),
            subnodes: BlockId(0),
        };
        let want = SubnodeBlock::Leaf(vec![entry]);
        assert_eq!(
            SubnodeBlock::read(Format::Unicode, &bytes),
            Ok(want.clone())
        );
        let clean = SubnodeBlock::leaf_bytes(&[entry]).unwrap();
        assert_eq!(SubnodeBlock::read(Format::Unicode, &clean), Ok(want));
        let inner = SubnodeBlock::inner_bytes(&[(NodeId(0x671), BlockId(10))]).unwrap();
        let want = SubnodeBlock::Inner(vec![BlockId(10)]);
        assert_eq!(SubnodeBlock::read(Format::Unicode, &inner), Ok(want));
        bytes[2] = 2;
        assert!(SubnodeBlock::read(Format::Unicode, &bytes).is_err());
    }

    #[test]
    fn narrow_inner_block() {
        let bytes = [2, 1, 1, 0, 0x71, 6, 0, 0, 10, 0, 0, 0];
        let want = SubnodeBlock::Inner(vec![BlockId(10)]);
        assert_eq!(SubnodeBlock::read(Format::Ansi, &bytes), Ok(want));
        assert!(SubnodeBlock::read(Format::Ansi, &bytes[..3]).is_err());
    }
}
