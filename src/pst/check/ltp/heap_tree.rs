//! Trees in heaps: headers, order, keys of index records.
//!
//! *Spec*: \[MS-PST\] 2.3.2.

use std::collections::HashSet;

use crate::bytes::ReadAt;
use crate::limits;
use crate::pst::check::report::hex;
use crate::pst::ltp::HeapId;

use super::heap::Heap;
use super::rules as rule;

/// Gives every leaf record of the tree at `header`, in order, when its keys have `key` bytes and
/// its data has one of these sizes; whether the tree could be opened.
pub(super) fn each(
    heap: &Heap<'_, '_>,
    header: HeapId,
    key: usize,
    sizes: &[usize],
    mut give: impl FnMut(&[u8]),
) -> bool {
    let Some(bytes) = heap.get(header) else {
        return false;
    };
    let head = bytes.array_at::<4>(0).zip(bytes.u32_at(4));
    let Some(([0xB5, own_key, own_size, levels], root)) = head else {
        heap.add(&rule::BTH_HEADER, format!("{} is no header", hex(&bytes)));
        return false;
    };
    let (own_key, own_size) = (usize::from(own_key), usize::from(own_size));
    if own_key != key || !sizes.contains(&own_size) || levels > limits::HEAP_TREE_DEPTH {
        let detail = format!(
            "keys of {own_key} and data of {own_size} bytes, {levels} levels; {key} and {sizes:?} \
             are wanted"
        );
        heap.add(&rule::BTH_HEADER, detail);
        return false;
    }
    let mut walk = Walk {
        heap,
        key,
        record: key.saturating_add(own_size),
        before: None,
    };
    let mut seen = HashSet::new();
    let mut due = Vec::new();
    if root != 0 {
        due.push((HeapId(root), levels, None));
    }
    while let Some((hid, level, low)) = due.pop() {
        if levels > 0 && !seen.insert(hid) {
            let detail = format!("0x{:X} is in the tree twice", hid.0);
            heap.add(&rule::BTH_LOOP, detail);
            continue;
        }
        let Some(bytes) = heap.get(hid) else { continue };
        if level == 0 {
            walk.leaf(&bytes, low, &mut give);
            continue;
        }
        let size = key.saturating_add(4);
        walk.whole(&bytes, size);
        let children: Vec<_> = bytes
            .chunks_exact(size)
            .filter_map(|entry| Some((HeapId(entry.u32_at(key)?), walk.number(entry))))
            .collect();
        let below = level.saturating_sub(1);
        if let (Some(low), Some((_, first))) = (low, children.first())
            && low != *first
        {
            walk.wrong_parent(*first, low);
        }
        let children = children.into_iter().rev();
        due.extend(children.map(|(child, first)| (child, below, Some(first))));
    }
    true
}

struct Walk<'a, 'g, 'f> {
    heap: &'a Heap<'g, 'f>,
    key: usize,
    record: usize,
    before: Option<u128>,
}

impl Walk<'_, '_, '_> {
    /// The key of an entry as a number.
    fn number(&self, entry: &[u8]) -> u128 {
        let key = entry.get(..self.key).unwrap_or_default();
        let bytes = key.iter().rev();
        bytes.fold(0, |number, byte| number << 8 | u128::from(*byte))
    }

    fn whole(&self, bytes: &[u8], size: usize) {
        if bytes.is_empty() || !bytes.len().is_multiple_of(size) {
            let detail = format!("{} bytes for records of {size}", bytes.len());
            self.heap.add(&rule::BTH_RECORDS, detail);
        }
    }

    fn wrong_parent(&self, key: u128, low: u128) {
        let detail = format!("the first key is 0x{key:X}, the index record says 0x{low:X}");
        self.heap.add(&rule::BTH_PARENT_KEY, detail);
    }

    fn leaf(&mut self, bytes: &[u8], low: Option<u128>, give: &mut impl FnMut(&[u8])) {
        self.whole(bytes, self.record);
        let mut first = true;
        for record in bytes.chunks_exact(self.record) {
            let key = self.number(record);
            if let Some(low) = low.filter(|low| first && *low != key) {
                self.wrong_parent(key, low);
            }
            first = false;
            // Keys of 16 bytes are GUIDs, which Outlook orders as bytes or as it likes.
            if self.before >= Some(key) && self.key < 16 {
                let detail = format!("key 0x{key:X} comes after 0x{:X}", self.before.unwrap_or(0));
                self.heap.add(&rule::BTH_ORDER, detail);
            }
            self.before = Some(key);
            give(record);
        }
    }
}
