//! The second layer: heaps, trees in heaps, property contexts, tables.
//!
//! *Spec*: \[MS-PST\] 2.3.
//!
//! *Shape*: opening a structure with [`Care::Strict`] holds it against its rules; with
//! [`Care::Trusting`] it is only read, since its own check has been or will be made.

mod heap;
mod heap_tree;
mod properties;
pub(super) mod rules;
mod stored;
mod table;

use crate::bytes::ReadAt;
use crate::pst::ltp::HeapId;
use crate::pst::ndb::BlockId;

use super::ndb::Ground;
use super::report::Place;

pub(super) use properties::Properties;
pub(super) use stored::Stored;
pub(super) use table::Table;

/// Gives every record of a tree in a heap of its own, whose root allocation names the tree; whether
/// it could be opened.
pub(super) fn each_of_tree(
    ground: &Ground<'_>,
    data: BlockId,
    place: Place,
    client: u8,
    key: usize,
    size: usize,
    give: impl FnMut(&[u8]),
) -> bool {
    let Some(heap) = heap::Heap::open(ground, data, place, client, Care::Strict) else {
        return false;
    };
    let root = heap.get(heap.root()).and_then(|bytes| bytes.u32_at(0));
    root.is_some_and(|root| heap_tree::each(&heap, HeapId(root), key, &[size], give))
}

/// Whether a structure is held against its rules when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// It is.
    Strict,
    /// It is only read.
    Trusting,
}
