//! What a damaged B-tree no longer reaches, found on the pages themselves.
//!
//! *Spec*: none; pages carry their type, checksum and id (\[MS-PST\] 2.2.2.7.1), so a leaf page can
//! be told without its parents.
//!
//! *Invariants*: one search per store, only after damage was seen; only keys of damaged ranges are
//! kept, the entry of the newest page (highest bid) for each; at most [`limits::SALVAGED`] entries.

use std::collections::HashMap;

use crate::finding::{Effect, Findings};
use crate::limits;

use super::block::BlockEntry;
use super::block_id::BlockId;
use super::btree::{KeyRange, NodeEntry, Step};
use super::database::Database;
use super::header::PageRef;
use super::page::{BTreePage, PageTrailer, Tree};

/// Bytes read at a time when the page grid is searched.
const STRIDE: usize = 1 << 20;

/// Entries that the trees do not lead to.
#[derive(Debug, Default)]
pub struct Salvage {
    nodes: HashMap<u64, (BlockId, NodeEntry)>,
    blocks: HashMap<u64, (BlockId, BlockEntry)>,
    /// Damaged key ranges, ascending.
    node_ranges: Vec<KeyRange>,
    block_ranges: Vec<KeyRange>,
    findings: Findings,
}

impl Salvage {
    /// Walks both trees for damage and, where there is any, searches the file for leaf pages.
    pub(super) fn search(db: &Database) -> Self {
        let mut salvage = Self::default();
        for tree in [Tree::Nodes, Tree::Blocks] {
            salvage.survey(db, tree);
        }
        if !salvage.node_ranges.is_empty() || !salvage.block_ranges.is_empty() {
            salvage.scan(db);
            let (nodes, blocks) = (salvage.nodes.len(), salvage.blocks.len());
            salvage.findings.add(
                "pst.ndb.salvaged",
                Effect::Noted,
                "B-trees",
                format!("damaged; {nodes} nodes and {blocks} blocks found on stray pages"),
            );
        }
        salvage
    }

    /// Records damaged ranges, and entries that a look-up would miss because their page is filed
    /// under other keys.
    fn survey(&mut self, db: &Database, tree: Tree) {
        for step in db.walk(tree) {
            match step {
                Step::Damaged(fault, range) => {
                    self.findings
                        .add(fault.code, Effect::Noted, tree.name(), fault.detail);
                    let ranges = match tree {
                        Tree::Nodes => &mut self.node_ranges,
                        Tree::Blocks => &mut self.block_ranges,
                    };
                    if ranges.len() < limits::FINDINGS_KEPT {
                        ranges.push(range);
                    } else if let Some(last) = ranges.last_mut() {
                        last.1 = last.1.max(range.1);
                    }
                }
                Step::Leaf(page, (low, high)) => {
                    let inside = |key| (low..high).contains(&key);
                    let first = page.key(0).is_none_or(inside);
                    let last = page.key(page.count().saturating_sub(1)).is_none_or(inside);
                    if !first || !last {
                        self.findings.add(
                            "pst.ndb.tree-key",
                            Effect::Noted,
                            tree.name(),
                            format!("page {} is filed under other keys", page.bid()),
                        );
                        self.keep(db, tree, &page, |_| true);
                    }
                }
            }
        }
        self.node_ranges.sort_unstable();
        self.block_ranges.sort_unstable();
    }

    fn keep(&mut self, db: &Database, tree: Tree, page: &BTreePage, wanted: impl Fn(u64) -> bool) {
        for at in 0..page.count() {
            let Some((key, bytes)) = page.key(at).zip(page.entry(at)) else {
                continue;
            };
            if !wanted(key) || self.nodes.len().max(self.blocks.len()) >= limits::SALVAGED {
                continue;
            }
            match tree {
                Tree::Nodes => {
                    if let Some(node) = NodeEntry::read(db.format(), bytes) {
                        keep_newest(&mut self.nodes, key, page.bid(), node);
                    }
                }
                Tree::Blocks => {
                    if let Some(block) = BlockEntry::read(db.format(), bytes) {
                        keep_newest(&mut self.blocks, key, page.bid(), block);
                    }
                }
            }
        }
    }

    /// Looks at every place of the file where a page may be.
    fn scan(&mut self, db: &Database) {
        let format = db.format();
        let size = format.page_size();
        let mut buffer = vec![0; STRIDE];
        let mut offset = 0;
        while offset < db.file().len() {
            let read = match db.file().read_at(&mut buffer, offset) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) => {
                    self.findings.add(
                        "pst.ndb.page-unreadable",
                        Effect::Lost,
                        "salvage",
                        format!("reading at {offset}: {error}"),
                    );
                    0
                }
            };
            let pages = buffer.get(..read).unwrap_or_default().chunks_exact(size);
            for (index, bytes) in pages.enumerate() {
                let at = offset.saturating_add((index.saturating_mul(size)) as u64);
                self.consider(db, at, bytes);
            }
            offset = offset.saturating_add(STRIDE as u64);
        }
    }

    fn consider(&mut self, db: &Database, offset: u64, bytes: &[u8]) {
        let format = db.format();
        let Some(trailer) = PageTrailer::read(format, bytes) else {
            return;
        };
        let tree = match trailer.page_type {
            Some(0x80) => Tree::Blocks,
            Some(0x81) => Tree::Nodes,
            _ => return,
        };
        let wanted = PageRef {
            bid: trailer.bid,
            offset,
        };
        let Ok((page, None)) = BTreePage::read(format, tree, wanted, bytes.to_vec()) else {
            return;
        };
        if page.level() != 0 {
            return;
        }
        let ranges = match tree {
            Tree::Nodes => self.node_ranges.clone(),
            Tree::Blocks => self.block_ranges.clone(),
        };
        self.keep(db, tree, &page, |key| {
            ranges.iter().any(|&(low, high)| (low..high).contains(&key))
        });
    }

    /// A node that the tree does not lead to.
    #[must_use]
    pub fn node(&self, key: u64) -> Option<NodeEntry> {
        self.nodes.get(&key).map(|&(_, node)| node)
    }

    /// A block that the tree does not lead to.
    #[must_use]
    pub fn block(&self, key: u64) -> Option<BlockEntry> {
        self.blocks.get(&key).map(|&(_, block)| block)
    }

    /// All salvaged nodes, by nid.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeEntry> {
        let mut nodes: Vec<_> = self.nodes.values().map(|&(_, node)| node).collect();
        nodes.sort_unstable_by_key(|node| node.nid);
        nodes
    }

    /// What was found damaged.
    #[must_use]
    pub fn findings(&self) -> &Findings {
        &self.findings
    }
}

fn keep_newest<T>(map: &mut HashMap<u64, (BlockId, T)>, key: u64, page: BlockId, entry: T) {
    match map.get(&key) {
        Some(&(newest, _)) if newest >= page => {}
        _ => {
            map.insert(key, (page, entry));
        }
    }
}
