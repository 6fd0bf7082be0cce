//! The two B-trees, page by page.
//!
//! *Spec*: \[MS-PST\] 2.2.2.7.7.
//!
//! *Invariants*: each page is read once; levels fall, so the pages on the way down are few.

use std::collections::HashSet;

use crate::bytes::ReadAt;
use crate::limits;
use crate::pst::check::report::{Breaches, Place};
use crate::pst::ndb::header::PageRef;
use crate::pst::ndb::page::Tree;
use crate::pst::ndb::{BlockEntry, BlockId, Database, Format, NodeEntry, NodeId};

use super::ground::{Block, Blocks, Nodes};
use super::page::{self, Wanted};
use super::rules as rule;

/// The pages of both trees.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// Their offsets.
    pub(super) offsets: HashSet<u64>,
    /// The highest id.
    pub(super) last_id: u64,
}

/// A page that is due, and what its parent says of it.
struct Due {
    page: PageRef,
    level: Option<u8>,
    low: Option<u64>,
    high: u64,
}

/// Counts behind the entries of a page.
struct Counts {
    count: usize,
    most: usize,
    size: usize,
    level: u8,
}

impl Counts {
    fn read(format: Format, bytes: &[u8]) -> Option<Self> {
        let at = format.page_entries();
        if format == Format::Unicode4k {
            return Some(Self {
                count: bytes.u16_at(at)?.into(),
                most: bytes.u16_at(at.checked_add(2)?)?.into(),
                size: bytes.u8_at(at.checked_add(4)?)?.into(),
                level: bytes.u8_at(at.checked_add(5)?)?,
            });
        }
        let [count, most, size, level] = bytes.array_at(at)?;
        Some(Self {
            count: count.into(),
            most: most.into(),
            size: size.into(),
            level,
        })
    }
}

/// The nodes by nid.
pub(super) fn nodes(db: &Database, breaches: &Breaches, pages: &mut Pages) -> Nodes {
    let mut nodes = Vec::new();
    walk(db, breaches, pages, Tree::Nodes, |bytes, place| {
        let Some(node) = NodeEntry::read(db.format(), bytes) else {
            return;
        };
        let word = db.format().word_at(bytes, 0).unwrap_or_default();
        if word >> 32 != 0 {
            let detail = format!("the nid is stored as 0x{word:X}");
            breaches.add(
                &rule::NODE_ID,
                Place {
                    node: Some(node.nid),
                    ..place
                },
                detail,
            );
        }
        nodes.push(node);
    });
    Nodes::new(nodes)
}

/// The blocks by id.
pub(super) fn blocks(db: &Database, breaches: &Breaches, pages: &mut Pages) -> Blocks {
    let mut blocks = Vec::new();
    walk(db, breaches, pages, Tree::Blocks, |bytes, place| {
        let Some(entry) = BlockEntry::read(db.format(), bytes) else {
            return;
        };
        if entry.bid.0 & 1 != 0 {
            let detail = "bit 0 is set in the block B-tree";
            breaches.add(&rule::BLOCK_ID, place.block(entry.bid), detail);
        }
        blocks.push(Block::new(entry));
    });
    Blocks::new(blocks)
}

fn walk(
    db: &Database,
    breaches: &Breaches,
    pages: &mut Pages,
    tree: Tree,
    mut give: impl FnMut(&[u8], Place),
) {
    let format = db.format();
    let header = db.header();
    let root = match tree {
        Tree::Nodes => header.nodes,
        Tree::Blocks => header.blocks,
    };
    let mut due = vec![Due {
        page: root,
        level: None,
        low: None,
        high: u64::MAX,
    }];
    while let Some(next) = due.pop() {
        let PageRef { bid, offset } = next.page;
        let place = Place::at(offset);
        if !pages.offsets.insert(offset) {
            let detail = format!("the {} refers to a page that is in use", tree.name());
            breaches.add(&rule::TREE_LOOP, place, detail);
            continue;
        }
        let Ok(bytes) = db.file().read_exact_at(offset, format.page_size()) else {
            let detail = format!("a page of the {} is outside the file", tree.name());
            breaches.add(&rule::PAGE_READABLE, place, detail);
            continue;
        };
        pages.last_id = pages.last_id.max(bid.0);
        let wanted = Wanted {
            kind: tree.page_type(),
            offset,
            id: Some(bid),
            signed: true,
        };
        page::trailer(format, &bytes, wanted, breaches);
        let Some(counts) = Counts::read(format, &bytes) else {
            continue;
        };
        let Some((size, count)) = entries(breaches, format, tree, &counts, &next) else {
            continue;
        };
        let mut page = Page {
            breaches,
            tree,
            place,
            before: None,
            due: &next,
        };
        let below = counts.level.checked_sub(1);
        let mut children: Vec<Due> = Vec::new();
        for entry in bytes.chunks_exact(size).take(count) {
            let stored = format.word_at(entry, 0).unwrap_or_default();
            let key = tree.key(stored);
            page.key(key);
            let Some(below) = below else {
                give(entry, place);
                continue;
            };
            if let Some(last) = children.last_mut() {
                last.high = key;
            }
            if let Some(child) = PageRef::read(format, entry, format.word()) {
                children.push(Due {
                    page: child,
                    level: Some(below),
                    low: Some(key),
                    high: next.high,
                });
            }
        }
        due.extend(children.into_iter().rev());
    }
}

/// Size and number of a page's entries, when it can be read at all.
fn entries(
    breaches: &Breaches,
    format: Format,
    tree: Tree,
    counts: &Counts,
    due: &Due,
) -> Option<(usize, usize)> {
    let place = Place::at(due.page.offset);
    let size = if counts.level == 0 {
        tree.leaf_entry(format)
    } else {
        format.inner_entry()
    };
    let most = format.page_entries() / size;
    if counts.size != size || counts.most != most || counts.count > most {
        let detail = format!(
            "cEnt {}, cEntMax {}, cbEnt {}; of a page of level {} at most {most} entries of {size} \
             bytes are wanted",
            counts.count, counts.most, counts.size, counts.level
        );
        breaches.add(&rule::TREE_ENTRIES, place, detail);
    }
    if counts.count == 0 && due.level.is_some() {
        breaches.add(&rule::TREE_EMPTY, place, "the page has no entries");
    }
    let wrong = due.level.is_some_and(|level| level != counts.level);
    if wrong || counts.level > limits::BTREE_DEPTH {
        let detail = format!(
            "the page is of level {}, its parent wants {:?}",
            counts.level, due.level
        );
        breaches.add(&rule::TREE_LEVEL, place, detail);
    }
    // Levels must fall, or the walk would not end; entries of another size cannot be read.
    let falls = due.level.is_none_or(|level| counts.level <= level);
    let fits =
        counts.size >= size && counts.count.saturating_mul(counts.size) <= format.page_entries();
    if falls && fits && counts.level <= limits::BTREE_DEPTH {
        return Some((counts.size, counts.count));
    }
    if !fits {
        breaches.add(&rule::PAGE_READABLE, place, "its entries do not fit in it");
    }
    None
}

/// A page whose keys are looked at one after the other.
struct Page<'a> {
    breaches: &'a Breaches,
    tree: Tree,
    place: Place,
    before: Option<u64>,
    due: &'a Due,
}

impl Page<'_> {
    fn key(&mut self, key: u64) {
        let place = match self.tree {
            Tree::Nodes => Place {
                node: Some(NodeId::of_word(key)),
                ..self.place
            },
            Tree::Blocks => self.place.block(BlockId(key)),
        };
        if let Some(low) = self
            .due
            .low
            .filter(|low| self.before.is_none() && *low != key)
        {
            let detail = format!("its first key is 0x{key:X}, its parent says 0x{low:X}");
            self.breaches
                .add(&rule::TREE_PARENT_KEY, self.place, detail);
        }
        if let Some(before) = self.before.filter(|before| *before >= key) {
            let detail = format!("key 0x{key:X} comes after 0x{before:X}");
            self.breaches.add(&rule::TREE_ORDER, place, detail);
        }
        if key >= self.due.high {
            let detail = format!("key 0x{key:X} belongs behind 0x{:X}", self.due.high);
            self.breaches.add(&rule::TREE_ORDER, place, detail);
        }
        self.before = Some(key);
    }
}
