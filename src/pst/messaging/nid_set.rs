//! A set of node ids of one kind, a bit each.
//!
//! *Invariant*: iteration is in ascending order. Ids that a store gives out are consecutive, so the
//! set of all messages takes about a bit per message.

use std::collections::BTreeMap;

use crate::pst::ndb::{NodeId, NodeKind};

/// Node ids of one kind.
#[derive(Debug, Clone)]
pub struct NidSet {
    kind: NodeKind,
    words: BTreeMap<u32, u64>,
    count: u64,
}

impl NidSet {
    /// An empty set for nodes of a kind.
    #[must_use]
    pub fn new(kind: NodeKind) -> Self {
        Self {
            kind,
            words: BTreeMap::new(),
            count: 0,
        }
    }

    /// Adds an id; whether it was new. Ids of another kind are not added.
    pub fn insert(&mut self, nid: NodeId) -> bool {
        if nid.kind() != self.kind {
            return false;
        }
        let bit = 1 << (nid.index() % 64);
        let word = self.words.entry(nid.index() / 64).or_default();
        let new = *word & bit == 0;
        *word |= bit;
        self.count = self.count.saturating_add(u64::from(new));
        new
    }

    /// Whether an id is in the set.
    #[must_use]
    pub fn contains(&self, nid: NodeId) -> bool {
        nid.kind() == self.kind
            && self
                .words
                .get(&(nid.index() / 64))
                .is_some_and(|word| word & (1 << (nid.index() % 64)) != 0)
    }

    /// How many ids there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first id that is not below `from`.
    #[must_use]
    pub fn next(&self, from: NodeId) -> Option<NodeId> {
        let kind = self.kind as u32;
        let first = from.index();
        self.words.range(first / 64..).find_map(|(&at, &word)| {
            let below = if at == first / 64 { first % 64 } else { 0 };
            let rest = word & (u64::MAX << below);
            (rest != 0).then(|| NodeId((at * 64 + rest.trailing_zeros()) << 5 | kind))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascending_and_once() {
        let mut set = NidSet::new(NodeKind::NormalMessage);
        assert!(set.insert(NodeId(0x20_0044)));
        assert!(set.insert(NodeId(0x20_0024)));
        assert!(!set.insert(NodeId(0x20_0024)));
        assert!(!set.insert(NodeId(0x8022)));
        assert!(set.insert(NodeId(0xFFFF_FFE4)));
        let mut all = Vec::new();
        let mut from = NodeId(0);
        while let Some(nid) = set.next(from) {
            all.push(nid.0);
            let Some(after) = nid.0.checked_add(0x20) else {
                break;
            };
            from = NodeId(after);
        }
        assert_eq!(all, [0x20_0024, 0x20_0044, 0xFFFF_FFE4]);
        assert_eq!(set.count(), 3);
        assert!(set.contains(NodeId(0x20_0044)) && !set.contains(NodeId(0x20_0048)));
    }
}
