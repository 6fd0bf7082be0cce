//! The first layer: header, pages, B-trees, blocks, references, maps of space.
//!
//! *Spec*: \[MS-PST\] 2.2.

mod block;
mod btree;
mod ground;
mod header;
mod maps;
pub(super) mod owners;
mod page;
pub(super) mod rules;
mod space;
mod trees;

use crate::pst::ndb::Database;

use super::report::Breaches;

pub(super) use ground::Ground;

/// Checks the layer; what was learnt is the ground for the others.
pub(super) fn check<'f>(db: &'f Database, breaches: &'f Breaches) -> Ground<'f> {
    let header = header::check(db, breaches);
    let mut pages = btree::Pages::default();
    let nodes = btree::nodes(db, breaches, &mut pages);
    let mut blocks = btree::blocks(db, breaches, &mut pages);
    let lists = block::check(db, breaches, &mut blocks);
    trees::check(db, breaches, &blocks, &lists);
    for node in nodes.iter() {
        blocks.refer(node.data, None);
        blocks.refer(node.subnodes, None);
    }
    block::references(breaches, &blocks);
    header::counters(
        &header,
        breaches,
        &blocks,
        &pages,
        &nodes,
        &lists.last_subnodes,
    );
    maps::check(db, breaches, &header, &blocks, &pages);
    Ground::new(db, breaches, blocks, nodes, lists.totals)
}
