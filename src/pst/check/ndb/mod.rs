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

use std::io;

use crate::pst::ndb::{Database, Format};

use super::GoOn;
use super::report::{Breaches, Place};

pub(super) use ground::Ground;

/// Checks the layer; what was learnt is the ground for the others.
///
/// # Errors
/// When it is not to go on.
pub(super) fn check<'f>(
    db: &'f Database,
    breaches: &'f Breaches,
    go_on: GoOn<'f>,
) -> io::Result<Ground<'f>> {
    not_checked(db, breaches);
    let header = header::check(db, breaches);
    let mut pages = btree::Pages::default();
    let nodes = btree::nodes(db, breaches, &mut pages);
    let mut blocks = btree::blocks(db, breaches, &mut pages);
    go_on()?;
    let lists = block::check(db, breaches, &mut blocks, go_on)?;
    trees::check(db, breaches, &blocks, &lists);
    for node in nodes.iter() {
        blocks.refer(node.data, None);
        blocks.refer(node.subnodes, None);
        block::root_of_subnodes(breaches, Place::node(node.nid), node.subnodes);
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
    go_on()?;
    Ok(Ground::new(
        db,
        breaches,
        blocks,
        nodes,
        lists.totals,
        go_on,
    ))
}

/// What no document tells of stores of this kind, and was not found out.
fn not_checked(db: &Database, breaches: &Breaches) {
    match db.format() {
        Format::Unicode => {}
        Format::Ansi => breaches.not_checked("where columns are in the templates of ANSI stores"),
        Format::Unicode4k => breaches.not_checked(
            "maps other than AMaps, fill levels and largest allocations of heaps, and where \
             columns are in templates, of stores with 4096-byte pages",
        ),
    }
    if &db.header().client == b"SO" {
        breaches.not_checked("text in the rows of an OST, and the folders that its store names");
    }
}
