//! BTree-on-heap: sorted fixed-size records in allocations of a heap.
//!
//! *Spec*: \[MS-PST\] 2.3.2 (BTH).
//!
//! *Shape* of `BTHHEADER`: `bType` 0xB5, `cbKey`, `cbEnt`, `bIdxLevels`, `hidRoot`. Leaf records
//! are key and data; index records are key and HID.

use std::collections::HashSet;

use crate::bytes::ReadAt;
use crate::finding::Effect;
use crate::limits;
use crate::pst::ndb::Fault;

use super::heap::{Heap, HeapId};

/// An open BTH.
#[derive(Debug, Clone, Copy)]
pub struct HeapTree<'h> {
    heap: &'h Heap<'h>,
    key_size: usize,
    data_size: usize,
    levels: u8,
    root: HeapId,
}

impl<'h> HeapTree<'h> {
    /// Opens the tree whose `BTHHEADER` is at `header`.
    ///
    /// # Errors
    /// A [`Fault`] when that is no header, or too deep.
    pub fn open(heap: &'h Heap<'h>, header: HeapId) -> Result<Self, Fault> {
        let bytes = heap.get(header)?;
        let head = bytes.array_at::<4>(0).zip(bytes.u32_at(4));
        let Some(([0xB5, key, data, levels], root)) = head else {
            return Err(Fault::new(
                "pst.ltp.heap-tree",
                "no BTH: signature 0xB5 is missing",
            ));
        };
        if key == 0 || levels > limits::HEAP_TREE_DEPTH {
            return Err(Fault::new(
                "pst.ltp.heap-tree",
                format!("BTH with keys of {key} bytes and {levels} levels"),
            ));
        }
        Ok(Self {
            heap,
            key_size: usize::from(key),
            data_size: usize::from(data),
            levels,
            root: HeapId(root),
        })
    }

    /// `cbKey`.
    #[must_use]
    pub fn key_size(&self) -> usize {
        self.key_size
    }

    /// `cbEnt`.
    #[must_use]
    pub fn data_size(&self) -> usize {
        self.data_size
    }

    /// All leaf records (key and data), in order. What cannot be read is a finding.
    #[must_use]
    pub fn records(&self) -> Records<'h> {
        let due = if self.root.is_none() {
            Vec::new()
        } else {
            vec![(self.root, self.levels)]
        };
        Records {
            tree: *self,
            due,
            seen: HashSet::new(),
            leaf: &[],
        }
    }
}

/// Iterator over leaf records.
#[derive(Debug)]
pub struct Records<'h> {
    tree: HeapTree<'h>,
    /// Allocations to visit, next one last.
    due: Vec<(HeapId, u8)>,
    seen: HashSet<HeapId>,
    leaf: &'h [u8],
}

impl<'h> Iterator for Records<'h> {
    type Item = &'h [u8];

    fn next(&mut self) -> Option<&'h [u8]> {
        let tree = self.tree;
        let size = tree.key_size.saturating_add(tree.data_size);
        loop {
            if let Some((record, rest)) = self.leaf.split_at_checked(size) {
                self.leaf = rest;
                return Some(record);
            }
            let (hid, level) = self.due.pop()?;
            let heap = tree.heap;
            // A tree of one leaf is the rule and needs no book of what was seen.
            if tree.levels > 0 && !self.seen.insert(hid) {
                let fault = Fault::new(
                    "pst.ltp.heap-tree",
                    format!("BTH visits 0x{:X} twice", hid.0),
                );
                heap.notes().fault(Effect::Noted, heap.spot(), fault);
                continue;
            }
            match heap.get(hid) {
                Ok(bytes) if level == 0 => {
                    self.leaf = bytes;
                    if !bytes.len().is_multiple_of(size) {
                        let fault =
                            Fault::new("pst.ltp.heap-tree", "BTH leaf ends in part of a record");
                        heap.notes().fault(Effect::Noted, heap.spot(), fault);
                    }
                }
                Ok(bytes) => {
                    let entry = tree.key_size.saturating_add(4);
                    let below = level.saturating_sub(1);
                    let children = bytes
                        .chunks_exact(entry)
                        .rev()
                        .filter_map(|entry| entry.u32_at(tree.key_size))
                        .map(|child| (HeapId(child), below));
                    self.due.extend(children);
                }
                Err(fault) => heap.notes().fault(Effect::Lost, heap.spot(), fault),
            }
        }
    }
}
