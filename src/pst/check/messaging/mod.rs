//! The third layer: the nodes that every store has, store, names, folders, messages, and what is
//! said of them twice.
//!
//! *Spec*: \[MS-PST\] 2.4, 2.5, 2.7.
//!
//! *Shape*: one pass over the nodes in the order of their ids, in which every object and table is
//! opened once strictly; folders come before their tables. Rows are held against the objects that
//! they speak of when the table is read.

mod attachments;
mod contents;
mod folder;
mod message;
mod names;
pub(super) mod rules;
mod size;
mod skeleton;
mod store;
mod template;

use crate::pst::ndb::{NodeEntry, NodeId, NodeKind};

use super::ltp::{Care, Properties, Table};
use super::ndb::Ground;
use super::report::Place;

use folder::Folders;
use rules as rule;

/// What is known while the nodes are gone through.
struct Messaging<'g, 'f> {
    ground: &'g Ground<'f>,
    folders: Folders,
    /// Whether a table lists the node, by its position.
    listed: Vec<bool>,
    /// `PidTagLtpRowVer` of all rows.
    versions: Vec<u32>,
    /// How many names the name map has.
    names: usize,
}

/// Checks the layer.
pub(super) fn check(ground: &Ground<'_>) {
    skeleton::check(ground);
    let mut messaging = Messaging {
        ground,
        folders: Folders::default(),
        listed: vec![false; ground.nodes.len()],
        versions: Vec::new(),
        names: 0,
    };
    for &node in ground.nodes.iter() {
        if ground.is_over() {
            break;
        }
        messaging.node(node);
    }
    if ground.is_exhausted() {
        let detail = "the rest of the nodes was not checked";
        ground.add(&rule::LIMIT_WORK, Place::FILE, detail);
    } else {
        messaging.relations();
        messaging.row_versions();
    }
    messaging.folders.name(ground);
}

impl<'g, 'f> Messaging<'g, 'f> {
    fn node(&mut self, node: NodeEntry) {
        match (node.nid, node.nid.kind()) {
            (NodeId::STORE, _) => self.store(node),
            (NodeId::NAME_MAP, _) => self.name_map(node),
            (REPLICATION_IDS, _) if !node.data.is_none() => self.replication_ids(node),
            (_, NodeKind::NormalFolder | NodeKind::SearchFolder) => self.folder(node),
            (_, NodeKind::NormalMessage | NodeKind::AssociatedMessage) => self.top_message(node),
            (_, NodeKind::HierarchyTable) => self.hierarchy(node),
            (_, NodeKind::ContentsTable | NodeKind::AssociatedContentsTable) => self.contents(node),
            (nid, NodeKind::SearchContentsTable) if self.is_search_contents(nid) => {
                self.search_contents(node);
            }
            (nid, _) if skeleton::is_table(nid) => {
                self.table(node);
            }
            (nid, _) if nid.0 & 0x1F == SEARCH_CRITERIA && !node.data.is_none() => {
                self.properties(node);
            }
            _ => {}
        }
    }

    /// A node below those of folders has that type and is another thing, as 0x730 of old stores.
    fn is_search_contents(&self, nid: NodeId) -> bool {
        let folder = nid.sibling(NodeKind::SearchFolder);
        let found = self.ground.nodes.find(folder).is_some();
        skeleton::is_template(nid) || (found && nid.0 >= 0x1000)
    }

    /// The properties of a node, held against their rules.
    fn properties(&self, node: NodeEntry) -> Option<Properties<'g, 'f>> {
        let place = Place::node(node.nid);
        if node.data.is_none() {
            let detail = "the node has no data";
            self.ground.add(&rule::NODE_EMPTY, place, detail);
            return None;
        }
        let properties =
            Properties::open(self.ground, node.data, node.subnodes, place, Care::Strict)?;
        self.named(&properties, place);
        Some(properties)
    }

    /// Notes properties whose names are not in the map.
    fn named(&self, properties: &Properties<'_, '_>, place: Place) {
        for record in properties.records() {
            let index = record.id.checked_sub(0x8000).map(usize::from);
            if index.is_some_and(|index| index >= self.names) {
                let detail = format!("property 0x{:04X}", record.id);
                self.ground.add(&rule::NAMES_UNKNOWN, place, detail);
            }
        }
    }

    /// The table of a node, held against its rules; its rows are given to `row`.
    fn rows(
        &mut self,
        node: NodeEntry,
        mut row: impl FnMut(&mut Self, &Table<'g, 'f>, NodeId, &[u8]),
    ) -> Option<Table<'g, 'f>> {
        let place = Place::node(node.nid);
        if node.data.is_none() {
            let detail = "the table has no data";
            self.ground.add(&rule::NODE_EMPTY, place, detail);
            return None;
        }
        let table = Table::open(self.ground, node.data, node.subnodes, place)?;
        template::check(self.ground, node.nid, &table, place);
        if node.parent != NodeId(0) {
            let detail = format!("nidParent is {}", node.parent);
            self.ground.add(&rule::TABLE_PARENT, place, detail);
        }
        table.each_row(|id, bytes| {
            if self.versions.len() < crate::limits::CHECK_ROWS {
                self.versions.extend(table.number(bytes, ROW_VERSION));
            }
            row(self, &table, id, bytes);
        });
        Some(table)
    }

    fn table(&mut self, node: NodeEntry) -> Option<Table<'g, 'f>> {
        self.rows(node, |_, _, _, _| {})
    }

    /// Marks a node as listed.
    fn list(&mut self, nid: NodeId) {
        let position = self.ground.nodes.position(nid);
        if let Some(listed) = position.and_then(|at| self.listed.get_mut(at)) {
            *listed = true;
        }
    }

    fn row_versions(&mut self) {
        self.versions.sort_unstable();
        let count = self.versions.len();
        let last = self.versions.last().copied().unwrap_or_default();
        self.versions.dedup();
        let twice = count.saturating_sub(self.versions.len());
        if twice > 0 {
            let detail = format!("{twice} of {count} rows have the version of another");
            self.ground.add(&rule::ROW_VERSION, Place::FILE, detail);
        }
        let unique = self.ground.unique();
        if count > 0 && last >= unique {
            let detail = format!("a row has version {last}, dwUnique is {unique}");
            self.ground.add(&rule::ROW_VERSION, Place::FILE, detail);
        }
    }
}

/// A node that no document names.
const REPLICATION_IDS: NodeId = NodeId(0xC01);
/// `NID_TYPE_SEARCH_CRITERIA_OBJECT`.
const SEARCH_CRITERIA: u32 = 0x07;
/// `PidTagLtpRowVer`.
const ROW_VERSION: u16 = 0x67F3;
