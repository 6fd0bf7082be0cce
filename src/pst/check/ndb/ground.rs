//! What the first layer leaves for the others: nodes and blocks by id, and how to read them.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Deref;

use crate::bytes::ReadAt;
use crate::limits;
use crate::pst::check::GoOn;
use crate::pst::check::report::{Breaches, Place};
use crate::pst::ndb::subnode::Subnodes;
use crate::pst::ndb::{
    BlockEntry, BlockId, Database, Fault, Format, NodeEntry, NodeId, Notes, Spot,
};

/// A block and who refers to it.
#[derive(Debug, Clone, Copy)]
pub(in crate::pst::check) struct Block {
    /// Its entry in the block B-tree.
    pub(in crate::pst::check) entry: BlockEntry,
    /// References met.
    pub(super) met: u32,
    /// The first list that refers to it: its position, and one.
    pub(super) list: u32,
}

impl Block {
    pub(super) fn new(entry: BlockEntry) -> Self {
        Self {
            entry,
            met: 0,
            list: 0,
        }
    }
}

/// All blocks, by id.
#[derive(Debug)]
pub(in crate::pst::check) struct Blocks {
    all: Vec<Block>,
    /// Ids that are referred to and not there; a sample.
    pub(super) missing: HashMap<u64, u64>,
}

impl Blocks {
    pub(super) fn new(mut all: Vec<Block>) -> Self {
        // Order has been checked; from here on it is relied on.
        all.sort_by_key(|block| block.entry.bid.key());
        all.dedup_by_key(|block| block.entry.bid.key());
        Self {
            all,
            missing: HashMap::new(),
        }
    }

    fn position(&self, bid: BlockId) -> Option<usize> {
        let key = bid.key();
        self.all
            .binary_search_by_key(&key, |block| block.entry.bid.key())
            .ok()
    }

    /// A block.
    pub(in crate::pst::check) fn get(&self, bid: BlockId) -> Option<&Block> {
        self.all.get(self.position(bid)?)
    }

    pub(super) fn at(&self, position: usize) -> Option<&Block> {
        self.all.get(position)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Block> {
        self.all.iter()
    }

    /// Counts a reference, from the list at this position or from a node.
    pub(super) fn refer(&mut self, bid: BlockId, list: Option<usize>) {
        if bid.is_none() {
            return;
        }
        let Some(block) = self.position(bid).and_then(|at| self.all.get_mut(at)) else {
            if self.missing.len() < limits::FINDINGS_KEPT || self.missing.contains_key(&bid.key()) {
                let from = list.and_then(|at| self.all.get(at));
                let from = from.map_or(0, |block| block.entry.bid.0);
                self.missing.insert(bid.key(), from);
            }
            return;
        };
        block.met = block.met.saturating_add(1);
        if let (Some(list), 0) = (list, block.list) {
            block.list = u32::try_from(list.saturating_add(1)).unwrap_or(0);
        }
    }

    /// Positions in the order of the file.
    pub(super) fn in_file_order(&self) -> Vec<u32> {
        let last = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let mut order: Vec<u32> = (0..last).collect();
        let offset = |at: &u32| {
            let at = usize::try_from(*at).ok()?;
            Some(self.all.get(at)?.entry.offset)
        };
        order.sort_by_key(offset);
        order
    }

    /// The highest id.
    pub(super) fn last_id(&self) -> Option<u64> {
        self.all.last().map(|block| block.entry.bid.0)
    }
}

/// All nodes, by nid.
#[derive(Debug)]
pub(in crate::pst::check) struct Nodes(Vec<NodeEntry>);

impl Nodes {
    pub(super) fn new(mut all: Vec<NodeEntry>) -> Self {
        all.sort_by_key(|node| node.nid);
        all.dedup_by_key(|node| node.nid);
        Self(all)
    }

    /// A node's position.
    pub(in crate::pst::check) fn position(&self, nid: NodeId) -> Option<usize> {
        self.0.binary_search_by_key(&nid, |node| node.nid).ok()
    }

    /// A node.
    pub(in crate::pst::check) fn find(&self, nid: NodeId) -> Option<NodeEntry> {
        self.0.get(self.position(nid)?).copied()
    }
}

impl Deref for Nodes {
    type Target = [NodeEntry];

    fn deref(&self) -> &[NodeEntry] {
        &self.0
    }
}

/// The highest index in use of each type of node.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LastNids(pub(super) [u32; 32]);

impl LastNids {
    pub(super) fn add(&mut self, nid: NodeId) {
        let kind = usize::try_from(nid.0 & 0x1F).unwrap_or_default();
        if let Some(last) = self.0.get_mut(kind) {
            *last = (*last).max(nid.index());
        }
    }
}

/// The ground on which the layers above the node database are checked.
pub(in crate::pst::check) struct Ground<'f> {
    db: &'f Database,
    /// Where breaches go.
    pub(in crate::pst::check) breaches: &'f Breaches,
    /// The blocks.
    pub(in crate::pst::check) blocks: Blocks,
    /// The nodes.
    pub(in crate::pst::check) nodes: Nodes,
    /// `lcbTotal` of each list of blocks.
    totals: HashMap<u64, u32>,
    work: Notes,
    exhausted: Cell<bool>,
    go_on: GoOn<'f>,
    stopped: Cell<bool>,
}

impl<'f> Ground<'f> {
    pub(super) fn new(
        db: &'f Database,
        breaches: &'f Breaches,
        blocks: Blocks,
        nodes: Nodes,
        totals: HashMap<u64, u32>,
        go_on: GoOn<'f>,
    ) -> Self {
        let work = db
            .file()
            .len()
            .saturating_mul(limits::CHECK_READS)
            .saturating_add(16 << 20);
        Self {
            db,
            breaches,
            blocks,
            nodes,
            totals,
            work: Notes::with_work(work),
            go_on,
            stopped: Cell::new(false),
            exhausted: Cell::new(false),
        }
    }

    /// The layout.
    pub(in crate::pst::check) fn format(&self) -> Format {
        self.db.format()
    }

    /// Whether the check is to end here.
    pub(in crate::pst::check) fn is_over(&self) -> bool {
        if (self.go_on)().is_err() {
            self.stopped.set(true);
        }
        self.stopped.get() || self.is_exhausted()
    }

    /// Whether blocks have been read as often as the limit allows.
    pub(in crate::pst::check) fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }

    /// The data of a block that the block B-tree has, decoded.
    pub(in crate::pst::check) fn read(&self, bid: BlockId) -> Option<Vec<u8>> {
        self.blocks.get(bid)?;
        match self.db.read_block(bid, &self.work, Spot::default()) {
            Ok(bytes) => Some(bytes),
            Err(fault) => {
                self.note_work(&fault);
                None
            }
        }
    }

    fn note_work(&self, fault: &Fault) {
        if fault.code == "pst.ndb.work" {
            self.exhausted.set(true);
        }
    }

    /// The data blocks of a stream, at most `most`; `None` when its lists cannot be read or there
    /// are more.
    pub(in crate::pst::check) fn leaves(&self, bid: BlockId, most: usize) -> Option<Vec<BlockId>> {
        if bid.is_none() {
            return Some(Vec::new());
        }
        if !bid.is_internal() {
            return Some(vec![bid]);
        }
        // Blocks that are not there have been told of.
        self.blocks.get(bid)?;
        let mut leaves = crate::pst::ndb::data_tree::Leaves::new(self.db, bid);
        let mut all = Vec::new();
        while let Some(leaf) = leaves.next(&self.work, Spot::default()) {
            let leaf = leaf.map_err(|fault| self.note_work(&fault)).ok()?;
            if all.len() >= most {
                return None;
            }
            all.push(leaf);
        }
        Some(all)
    }

    /// Bytes of a stream, by the block B-tree and the totals of lists.
    pub(in crate::pst::check) fn stream_size(&self, bid: BlockId) -> u64 {
        if bid.is_none() {
            0
        } else if bid.is_internal() {
            self.totals.get(&bid.key()).copied().map_or(0, u64::from)
        } else {
            self.blocks
                .get(bid)
                .map_or(0, |block| u64::from(block.entry.size))
        }
    }

    /// A stream of at most `most` bytes.
    pub(in crate::pst::check) fn stream(&self, bid: BlockId, most: u64) -> Option<Vec<u8>> {
        if self.stream_size(bid) > most {
            return None;
        }
        let mut bytes = Vec::new();
        for leaf in self.leaves(bid, usize::try_from(most).unwrap_or(usize::MAX))? {
            bytes.extend_from_slice(&self.read(leaf)?);
            if bytes.len() as u64 > most {
                return None;
            }
        }
        Some(bytes)
    }

    /// The subnodes of a node.
    pub(in crate::pst::check) fn subnodes(&self, bid: BlockId) -> Subnodes {
        if self.blocks.get(bid).is_none() {
            return Subnodes::default();
        }
        Subnodes::read(self.db, bid, &self.work, Spot::default())
    }

    /// Whether the store is an OST, a cache of what a server has.
    pub(in crate::pst::check) fn is_cache(&self) -> bool {
        &self.db.header().client == b"SO"
    }

    /// `dwUnique`.
    pub(in crate::pst::check) fn unique(&self) -> u32 {
        let at = if self.format().is_wide() { 40 } else { 32 };
        let bytes = self.db.file().read_exact_at(at, 4).unwrap_or_default();
        bytes.u32_at(0).unwrap_or_default()
    }

    /// Adds a breach.
    pub(in crate::pst::check) fn add(
        &self,
        rule: &'static crate::pst::check::Rule,
        place: Place,
        detail: impl Into<String>,
    ) {
        self.breaches.add(rule, place, detail);
    }
}
