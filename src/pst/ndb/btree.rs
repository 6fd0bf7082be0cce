//! The node B-tree: its leaf entries, look-up and walk of either tree.
//!
//! *Spec*: \[MS-PST\] 2.2.2.7.7.4 (NBTENTRY), 2.2.2.7.7 (BTrees).
//!
//! *Shape* of `NBTENTRY`, in words of 8 (Unicode) or 4 bytes (ANSI): nid, `bidData`, `bidSub`,
//! `nidParent` (always 32 bits).
//!
//! *Invariants*: levels fall strictly from parent to child, and a walk reads no more pages than the
//! file has room for, so loops end.

use std::sync::{Arc, OnceLock};

use crate::bytes::ReadAt;
use crate::limits;

use super::block_id::BlockId;
use super::database::Database;
use super::format::Format;
use super::header::PageRef;
use super::node_id::NodeId;
use super::note::Fault;
use super::page::{BTreePage, Tree};

/// `NBTENTRY`: a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeEntry {
    /// `nid`.
    pub nid: NodeId,
    /// `bidData`: its data.
    pub data: BlockId,
    /// `bidSub`: its subnodes.
    pub subnodes: BlockId,
    /// `nidParent`: the folder of a folder or message.
    pub parent: NodeId,
}

impl NodeEntry {
    /// Reads a leaf entry.
    #[must_use]
    pub fn read(format: Format, bytes: &[u8]) -> Option<Self> {
        let word = format.word();
        Some(Self {
            nid: NodeId::of_word(format.word_at(bytes, 0)?),
            data: BlockId(format.word_at(bytes, word)?),
            subnodes: BlockId(format.word_at(bytes, word.checked_mul(2)?)?),
            parent: NodeId(bytes.u32_at(word.checked_mul(3)?)?),
        })
    }
}

impl NodeEntry {
    /// The leaf entry of a Unicode store.
    #[must_use]
    pub fn to_unicode_bytes(&self) -> [u8; 32] {
        let words = [
            u64::from(self.nid.0),
            self.data.0,
            self.subnodes.0,
            u64::from(self.parent.0),
        ];
        let mut bytes = [0; 32];
        for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// Keys that a damaged part of a tree may have held: from the first up to before the second.
pub type KeyRange = (u64, u64);

/// A page near the root, which every look-up passes: it stays, with those below it.
#[derive(Debug)]
pub(super) struct Top {
    page: Arc<BTreePage>,
    /// A place for the page of each entry, if these stay too.
    below: Box<[OnceLock<Self>]>,
}

impl Top {
    /// The root of a tree; `levels` pages stay on the way down from it.
    pub(super) fn new(page: Arc<BTreePage>, levels: u32) -> Self {
        let stays = levels > 1 && page.level() > 1;
        let below = if stays { page.count() } else { 0 };
        Self {
            page,
            below: (0..below).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The page of an entry, if it stays.
    fn child(&self, db: &Database, tree: Tree, at: usize, levels: u32) -> Option<&Self> {
        let place = self.below.get(at)?;
        if let Some(child) = place.get() {
            return Some(child);
        }
        let page = child_of(db, tree, &self.page, at).ok()?;
        Some(place.get_or_init(|| Self::new(page, levels)))
    }
}

/// Levels of pages that stay: at most some 1,700 pages of 512 bytes, or 170 of 4096.
pub(super) const fn top_levels(format: Format) -> u32 {
    match format {
        Format::Unicode4k => 2,
        Format::Ansi | Format::Unicode => 3,
    }
}

/// Finds the leaf page and entry of a key.
///
/// # Errors
/// A [`Fault`] when a page on the way cannot be read.
pub(super) fn find(
    db: &Database,
    tree: Tree,
    key: u64,
) -> Result<Option<(Arc<BTreePage>, usize)>, Fault> {
    let mut top = db.top(tree)?;
    for levels in (1..top_levels(db.format())).rev() {
        let child = top
            .page
            .find(key)
            .and_then(|at| top.child(db, tree, at, levels));
        match child {
            Some(child) => top = child,
            None => break,
        }
    }
    let mut page = Arc::clone(&top.page);
    for _ in 0..limits::BTREE_DEPTH {
        let Some(at) = page.find(key) else {
            return Ok(None);
        };
        if page.level() == 0 {
            return Ok((page.key(at) == Some(key)).then_some((page, at)));
        }
        page = child_of(db, tree, &page, at)?;
    }
    Err(Fault::new(
        "pst.ndb.tree-too-deep",
        format!("{} is too deep", tree.name()),
    ))
}

fn child_of(
    db: &Database,
    tree: Tree,
    page: &BTreePage,
    at: usize,
) -> Result<Arc<BTreePage>, Fault> {
    let wanted = page
        .child(at)
        .ok_or_else(|| Fault::new("pst.ndb.page-unreadable", "entry out of bounds"))?;
    let child = db.page(tree, wanted)?;
    if child.level() >= page.level() {
        return Err(Fault::new(
            "pst.ndb.tree-loop",
            format!(
                "{}: page at {} is of level {} under level {}",
                tree.name(),
                wanted.offset,
                child.level(),
                page.level()
            ),
        ));
    }
    Ok(child)
}

/// A walk over the leaf pages of a tree, in key order.
#[derive(Debug)]
pub struct Walk<'d> {
    db: &'d Database,
    tree: Tree,
    /// Pages on the way down, the next entry of each, and the end of its key range.
    stack: Vec<(Arc<BTreePage>, usize, u64)>,
    root: Option<PageRef>,
    pages_left: u64,
}

/// One step of a [`Walk`].
#[derive(Debug)]
pub enum Step {
    /// A leaf page and the keys that its parent says it holds.
    Leaf(Arc<BTreePage>, KeyRange),
    /// A part that could not be read, and the keys it may have held.
    Damaged(Fault, KeyRange),
}

impl<'d> Walk<'d> {
    pub(super) fn new(db: &'d Database, tree: Tree) -> Self {
        Self {
            db,
            tree,
            stack: Vec::new(),
            root: Some(db.root(tree)),
            pages_left: db.page_capacity(),
        }
    }

    fn enter(&mut self, page: Arc<BTreePage>, range: KeyRange) -> Option<Step> {
        if page.level() == 0 {
            return Some(Step::Leaf(page, range));
        }
        self.stack.push((page, 0, range.1));
        None
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if let Some(root) = self.root.take() {
            match self.db.page(self.tree, root) {
                Ok(page) => {
                    if let Some(step) = self.enter(page, (0, u64::MAX)) {
                        return Some(step);
                    }
                }
                Err(fault) => return Some(Step::Damaged(fault, (0, u64::MAX))),
            }
        }
        loop {
            let (page, next, end) = self.stack.last_mut()?;
            let at = *next;
            if at >= page.count() {
                self.stack.pop();
                continue;
            }
            *next = at.saturating_add(1);
            let page = Arc::clone(page);
            let low = page.key(at).unwrap_or_default();
            let high = page.key(at.saturating_add(1)).unwrap_or(*end);
            let range = (low, high);
            if self.pages_left == 0 {
                self.stack.clear();
                let fault = Fault::new(
                    "pst.ndb.tree-loop",
                    format!("{} has more pages than the file", self.tree.name()),
                );
                return Some(Step::Damaged(fault, (low, u64::MAX)));
            }
            self.pages_left = self.pages_left.saturating_sub(1);
            match child_of(self.db, self.tree, &page, at) {
                Ok(child) => {
                    if let Some(step) = self.enter(child, range) {
                        return Some(step);
                    }
                }
                Err(fault) => return Some(Step::Damaged(fault, range)),
            }
        }
    }
}
