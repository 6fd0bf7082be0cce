//! The two B-trees, built bottom-up from sorted entries.
//!
//! *Spec*: \[MS-PST\] 2.2.2.7.7 (BTrees).
//!
//! *Invariants*: pages are full but for the last of each level; one page of each level is in
//! memory; the key of an inner entry is the first key of its page.

use std::io;

use crate::pst::ndb::Format;
use crate::pst::ndb::header::PageRef;
use crate::pst::ndb::page::{BTreePage, Tree};

use super::space::Space;

/// One page on its way.
#[derive(Debug, Default)]
struct Level {
    first: u64,
    entries: Vec<u8>,
    pages: u64,
}

/// Writes a tree of these leaf entries, sorted by key.
pub(crate) fn write<const N: usize>(
    space: &mut Space,
    tree: Tree,
    entries: impl Iterator<Item = io::Result<(u64, [u8; N])>>,
) -> io::Result<PageRef> {
    let mut levels = vec![Level::default()];
    for entry in entries {
        let (key, bytes) = entry?;
        push(space, tree, &mut levels, 0, key, &bytes)?;
    }
    // From below: what is open on each level goes up, until one page stands alone.
    let mut at = 0;
    loop {
        let page = close(space, tree, &mut levels, at)?;
        let next = at.saturating_add(1);
        let alone = levels.get(at).is_some_and(|level| level.pages == 1);
        if alone && levels.get(next).is_none() {
            return Ok(page.1);
        }
        push(space, tree, &mut levels, next, page.0, &inner(page))?;
        at = next;
    }
}

/// `BTENTRY`.
fn inner((key, page): (u64, PageRef)) -> [u8; 24] {
    let mut bytes = [0; 24];
    let words = [key, page.bid.0, page.offset];
    for (to, from) in bytes.chunks_exact_mut(8).zip(words) {
        to.copy_from_slice(&from.to_le_bytes());
    }
    bytes
}

/// Adds an entry to a level, for which a full page goes up first.
fn push(
    space: &mut Space,
    tree: Tree,
    levels: &mut Vec<Level>,
    at: usize,
    key: u64,
    entry: &[u8],
) -> io::Result<()> {
    let most = Format::Unicode.page_entries() / entry.len().max(1) * entry.len();
    if levels.get(at).is_none() {
        levels.push(Level::default());
    }
    let full = levels
        .get(at)
        .is_some_and(|level| level.entries.len() >= most);
    if full {
        let page = close(space, tree, levels, at)?;
        // As deep as the logarithm of the entries.
        push(
            space,
            tree,
            levels,
            at.saturating_add(1),
            page.0,
            &inner(page),
        )?;
    }
    if let Some(level) = levels.get_mut(at) {
        if level.entries.is_empty() {
            level.first = key;
        }
        level.entries.extend_from_slice(entry);
    }
    Ok(())
}

/// Writes the open page of a level.
fn close(
    space: &mut Space,
    tree: Tree,
    levels: &mut [Level],
    at: usize,
) -> io::Result<(u64, PageRef)> {
    let level = levels
        .get_mut(at)
        .ok_or_else(|| io::Error::other("a level that is not there"))?;
    let depth = u8::try_from(at).map_err(io::Error::other)?;
    let page = BTreePage::unicode_bytes(tree, depth, &level.entries);
    level.entries.clear();
    level.pages = level.pages.saturating_add(1);
    Ok((level.first, space.page(tree, page)?))
}
