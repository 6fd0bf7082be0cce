//! Where the messages of a store are: every message node once.
//!
//! *Spec*: \[MS-PST\] 2.4.4.5 (contents table), 2.4.4.6 (associated contents table).
//!
//! *Invariants*: folders in their order, rows in the order of the table's index, then the nodes
//! that no table lists, by nid. Search folders are skipped: their contents are links.
//!
//! *Seen in the wild*: rows whose node is gone (`pst.messaging.message-missing`); nodes that no
//! table lists, after a crash or a deletion (`pst.messaging.message-unlisted`).

use std::collections::HashMap;

use crate::finding::{Effect, Findings};
use crate::pst::ndb::{NodeId, NodeKind, Notes, Spot};

use super::folder::table_rows;
use super::nid_set::NidSet;
use super::store::Store;

/// A message and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageLocation {
    /// Its node, for [`Store::read_message`].
    pub nid: NodeId,
    /// Index of its folder in [`Store::folders`]; `None` when the folder is gone.
    pub folder: Option<usize>,
    /// Whether it is hidden: a message of the folder's associated contents.
    pub associated: bool,
    /// Whether no contents table lists it; the folder is then the one that its node names.
    pub orphan: bool,
}

impl Store {
    /// The normal messages.
    #[must_use]
    pub fn locations(&self) -> Locations<'_> {
        Locations::new(self, false)
    }

    /// The hidden (associated) messages.
    #[must_use]
    pub fn associated_locations(&self) -> Locations<'_> {
        Locations::new(self, true)
    }
}

/// Iterator over message locations; what it found on the way is in [`Locations::take_findings`].
#[derive(Debug)]
pub struct Locations<'s> {
    store: &'s Store,
    associated: bool,
    folder: usize,
    rows: std::vec::IntoIter<NodeId>,
    listed: NidSet,
    /// Next node to look at among those not listed.
    orphan: Option<NodeId>,
    by_nid: HashMap<NodeId, usize>,
    notes: Notes,
}

impl<'s> Locations<'s> {
    fn new(store: &'s Store, associated: bool) -> Self {
        let kind = if associated {
            NodeKind::AssociatedMessage
        } else {
            NodeKind::NormalMessage
        };
        let folders = store.folders().iter().enumerate();
        Self {
            store,
            associated,
            folder: 0,
            rows: Vec::new().into_iter(),
            listed: NidSet::new(kind),
            orphan: Some(NodeId(0)),
            by_nid: folders.map(|(index, folder)| (folder.nid, index)).collect(),
            notes: Notes::new(),
        }
    }

    /// The findings made so far.
    #[must_use]
    pub fn take_findings(&mut self) -> Findings {
        let mut findings = self.notes.take();
        findings.set_file(self.store.label());
        findings
    }

    fn present(&self) -> &'s NidSet {
        if self.associated {
            &self.store.associated
        } else {
            &self.store.normal
        }
    }

    /// Opens the table of the next folder; false after the last.
    fn next_table(&mut self) -> bool {
        let Some(folder) = self.store.folders().get(self.folder) else {
            return false;
        };
        self.folder = self.folder.saturating_add(1);
        if folder.is_search {
            return true;
        }
        let kind = if self.associated {
            NodeKind::AssociatedContentsTable
        } else {
            NodeKind::ContentsTable
        };
        let rows = table_rows(self.store, folder.nid.sibling(kind), &self.notes);
        self.rows = rows.unwrap_or_default().into_iter();
        true
    }

    fn row(&mut self, nid: NodeId) -> Option<MessageLocation> {
        let index = self.folder.checked_sub(1)?;
        let folder = self.store.folders().get(index)?;
        let spot = Spot::node(folder.nid);
        if !self.present().contains(nid) {
            let missing = self
                .store
                .database()
                .node(nid)
                .is_ok_and(|node| node.is_none());
            let (code, effect, what) = if missing {
                (
                    "pst.messaging.message-missing",
                    Effect::Lost,
                    "is not there",
                )
            } else {
                (
                    "pst.messaging.row-kind",
                    Effect::Noted,
                    "is no message of this kind",
                )
            };
            let detail = format!("its contents table lists node {nid}, which {what}");
            self.notes.add(code, effect, spot, detail);
            return None;
        }
        if !self.listed.insert(nid) {
            let detail = format!("its contents table lists message {nid} once more");
            self.notes
                .add("pst.messaging.message-twice", Effect::Noted, spot, detail);
            return None;
        }
        Some(MessageLocation {
            nid,
            folder: Some(index),
            associated: self.associated,
            orphan: false,
        })
    }

    fn next_orphan(&mut self) -> Option<MessageLocation> {
        loop {
            let nid = self.present().next(self.orphan?)?;
            self.orphan = nid.0.checked_add(0x20).map(NodeId);
            if self.listed.contains(nid) {
                continue;
            }
            let node = self.store.database().node(nid).ok().flatten();
            let folder = node.and_then(|node| self.by_nid.get(&node.parent).copied());
            self.notes.add(
                "pst.messaging.message-unlisted",
                Effect::Noted,
                Spot::node(nid),
                "no contents table lists this message; read all the same",
            );
            return Some(MessageLocation {
                nid,
                folder,
                associated: self.associated,
                orphan: true,
            });
        }
    }
}

impl Iterator for Locations<'_> {
    type Item = MessageLocation;

    fn next(&mut self) -> Option<MessageLocation> {
        loop {
            if let Some(nid) = self.rows.next() {
                if let Some(location) = self.row(nid) {
                    return Some(location);
                }
            } else if !self.next_table() {
                return self.next_orphan();
            }
        }
    }
}
