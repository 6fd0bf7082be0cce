//! A BTree-on-heap that is written from sorted records.
//!
//! *Spec*: \[MS-PST\] 2.3.2 (BTH).
//!
//! *Invariants*: records come in the order of their keys; one node of each level is in memory.

use std::io;

use crate::pst::ltp::HeapId;

use super::heap::HeapWriter;
use crate::pst::ltp::heap::ALLOCATION;

/// A BTH on its way.
#[derive(Debug)]
pub(crate) struct HeapTreeWriter {
    key: u8,
    data: u8,
    /// Nodes that are not full, from the leaf up, each with its first key.
    levels: Vec<(Vec<u8>, Vec<u8>)>,
    leaves: Vec<HeapId>,
}

impl HeapTreeWriter {
    /// A tree of records with keys and data of these sizes.
    pub(crate) fn new(key: u8, data: u8) -> Self {
        Self {
            key,
            data,
            levels: vec![(Vec::new(), Vec::new())],
            leaves: Vec::new(),
        }
    }

    /// Records of a leaf that is full, when a record has `size` bytes.
    pub(crate) const fn per_leaf(size: usize) -> usize {
        ALLOCATION / size
    }

    /// Adds a record, key first.
    pub(crate) fn push(&mut self, heap: &mut HeapWriter, record: &[u8]) -> io::Result<()> {
        self.push_at(heap, 0, record)
    }

    fn push_at(&mut self, heap: &mut HeapWriter, level: usize, record: &[u8]) -> io::Result<()> {
        let full = self
            .levels
            .get(level)
            .is_some_and(|(_, node)| node.len().saturating_add(record.len()) > ALLOCATION);
        if full {
            // As deep as the logarithm of the records.
            self.close(heap, level)?;
        }
        if self.levels.get(level).is_none() {
            self.levels.push((Vec::new(), Vec::new()));
        }
        if let Some((first, node)) = self.levels.get_mut(level) {
            if node.is_empty() {
                *first = record
                    .get(..usize::from(self.key))
                    .unwrap_or_default()
                    .to_vec();
            }
            node.extend_from_slice(record);
        }
        Ok(())
    }

    /// Allocates the open node of a level and enters it above.
    fn close(&mut self, heap: &mut HeapWriter, level: usize) -> io::Result<HeapId> {
        let Some((first, node)) = self.levels.get_mut(level) else {
            return Ok(HeapId(0));
        };
        let hid = heap.allocate(node)?;
        node.clear();
        if level == 0 {
            self.leaves.push(hid);
        }
        let mut entry = std::mem::take(first);
        entry.extend_from_slice(&hid.0.to_le_bytes());
        self.push_at(heap, level.saturating_add(1), &entry)?;
        Ok(hid)
    }

    /// Allocates what is left; gives the `BTHHEADER`, and the leaves in order.
    pub(crate) fn finish(mut self, heap: &mut HeapWriter) -> io::Result<([u8; 8], Vec<HeapId>)> {
        let mut root = HeapId(0);
        let mut depth = 0;
        let mut level = 0;
        while let Some((_, node)) = self.levels.get(level) {
            let top = self.levels.len() == level.saturating_add(1);
            if top && !node.is_empty() {
                root = heap.allocate(node)?;
                if level == 0 {
                    self.leaves.push(root);
                }
                depth = u8::try_from(level).map_err(io::Error::other)?;
                break;
            }
            if !node.is_empty() {
                self.close(heap, level)?;
            }
            level = level.saturating_add(1);
        }
        let [a, b, c, d] = root.0.to_le_bytes();
        Ok(([0xB5, self.key, self.data, depth, a, b, c, d], self.leaves))
    }
}
