//! The message store object.
//!
//! *Spec*: \[MS-PST\] 2.4.3.

use crate::bytes::ReadAt;
use crate::pst::check::ltp;
use crate::pst::check::report::{Place, hex};
use crate::pst::ndb::{NodeEntry, NodeId, NodeKind};

use super::{Messaging, rules as rule};

/// `PidTagRecordKey`.
const RECORD_KEY: u16 = 0x0FF9;

/// Entry ids of folders: of the subtree that is shown, of deleted items, of search folders.
const FOLDERS: [(u16, &str); 3] = [
    (0x35E0, "PidTagIpmSubTreeEntryId"),
    (0x35E3, "PidTagIpmWastebasketEntryId"),
    (0x35E7, "PidTagFinderEntryId"),
];

impl Messaging<'_, '_> {
    /// Checks node 0xC01: which item has which replication id.
    pub(super) fn replication_ids(&self, node: NodeEntry) {
        let ground = self.ground;
        let place = Place::node(node.nid);
        let mut gone = 0_u64;
        let read = ltp::each_of_tree(ground, node.data, place, 0x9C, 16, 4, |record| {
            let nid = record.u32_at(16).map(NodeId).unwrap_or_default();
            gone = gone.saturating_add(u64::from(ground.nodes.find(nid).is_none()));
        });
        if !read || gone > 0 {
            let detail = format!("{gone} of its nodes are not there");
            ground.add(&rule::REPLICATION, place, detail);
        }
    }

    /// Checks node 0x21.
    pub(super) fn store(&mut self, node: NodeEntry) {
        let Some(store) = self.properties(node) else {
            return;
        };
        let ground = self.ground;
        let place = Place::node(node.nid);
        let bytes = |id| store.get(id).and_then(|value| value.bytes(ground));
        if store.record(0x3001).is_none() {
            ground.add(&rule::STORE_NAME, place, "no PidTagDisplayName");
        }
        let key = bytes(RECORD_KEY);
        if key.as_ref().is_none_or(|key| key.len() != 16) {
            let detail = "PidTagRecordKey is not there, or not of 16 bytes";
            ground.add(&rule::STORE_PROPERTY, place, detail);
        }
        // The folders of an OST are those of a server.
        let folders = if ground.is_cache() { &[][..] } else { &FOLDERS };
        for &(id, name) in folders {
            let Some(entry) = bytes(id) else {
                ground.add(&rule::STORE_PROPERTY, place, format!("no {name}"));
                continue;
            };
            let nid = entry.u32_at(20).map(NodeId);
            let own = entry.slice_at(4, 16) == key.as_deref();
            let kind = nid.map(NodeId::kind);
            let folder = matches!(kind, Some(NodeKind::NormalFolder | NodeKind::SearchFolder));
            let there = nid.is_some_and(|nid| ground.nodes.find(nid).is_some());
            if entry.len() != 24 || entry.u32_at(0) != Some(0) || !own || !folder || !there {
                let detail = format!("{name} is {}", hex(&entry));
                ground.add(&rule::STORE_ENTRY_ID, place, detail);
            }
        }
    }
}
