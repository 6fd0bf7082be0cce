//! Folders: their properties, counts, parents, and the rows that speak of them.
//!
//! *Spec*: \[MS-PST\] 2.4.4.

use std::collections::BTreeMap;

use crate::limits;
use crate::mapi::value_bytes;
use crate::pst::check::ltp::{Care, Properties, Stored};
use crate::pst::check::ndb::Ground;
use crate::pst::check::report::Place;
use crate::pst::ndb::{Format, NodeEntry, NodeId, NodeKind};

use super::skeleton::is_template;
use super::{Messaging, rules as rule};

/// `PidTagDisplayName`, `PidTagContentCount`, `PidTagContentUnreadCount`, `PidTagSubfolders`.
const NAME: u16 = 0x3001;
const COUNT: u16 = 0x3602;
const UNREAD: u16 = 0x3603;
const SUBFOLDERS: u16 = 0x360A;
/// `PidTagAssociatedContentCount`.
const ASSOCIATED_COUNT: u16 = 0x3617;
/// `PidTagContainerClass`.
const CLASS: u16 = 0x3613;

/// What a folder says of itself.
#[derive(Debug, Default)]
pub(super) struct Folder {
    name: String,
    parent: NodeId,
    pub(super) count: Option<u32>,
    pub(super) unread: Option<u32>,
    pub(super) associated: Option<u32>,
    subfolders: Option<bool>,
}

/// The folders met so far.
#[derive(Debug, Default)]
pub(super) struct Folders(BTreeMap<NodeId, Folder>);

impl Folders {
    /// A folder.
    pub(super) fn get(&self, nid: NodeId) -> Option<&Folder> {
        self.0.get(&nid)
    }

    /// The folder of a table.
    pub(super) fn of_table(&self, table: NodeId) -> Option<&Folder> {
        self.0.get(&table.sibling(NodeKind::NormalFolder))
    }

    /// Names of a folder and those above it, the outermost first.
    fn path(&self, nid: NodeId) -> Vec<String> {
        let mut path = Vec::new();
        let mut at = nid;
        for _ in 0..limits::FOLDER_DEPTH {
            let Some(folder) = self.0.get(&at) else { break };
            if !folder.name.is_empty() {
                path.push(folder.name.clone());
            }
            if folder.parent == at {
                break;
            }
            at = folder.parent;
        }
        path.reverse();
        path
    }

    /// Names the folder of every breach at a node of one.
    pub(super) fn name(&self, ground: &Ground<'_>) {
        ground.breaches.amend(|breach| {
            let Some(node) = breach.place.node else {
                return;
            };
            let folder = match node.kind() {
                NodeKind::NormalMessage | NodeKind::AssociatedMessage => {
                    ground.nodes.find(node).map(|node| node.parent)
                }
                NodeKind::NormalFolder | NodeKind::SearchFolder => Some(node),
                NodeKind::HierarchyTable
                | NodeKind::ContentsTable
                | NodeKind::AssociatedContentsTable => Some(node.sibling(NodeKind::NormalFolder)),
                NodeKind::SearchContentsTable => Some(node.sibling(NodeKind::SearchFolder)),
                _ => None,
            };
            breach.folder = folder.map(|folder| self.path(folder)).unwrap_or_default();
        });
    }
}

impl Messaging<'_, '_> {
    /// Checks a folder object.
    pub(super) fn folder(&mut self, node: NodeEntry) {
        let place = Place::node(node.nid);
        let ground = self.ground;
        let search = node.nid.kind() == NodeKind::SearchFolder;
        let properties = self.properties(node);
        let mut folder = Folder {
            parent: node.parent,
            ..Folder::default()
        };
        if let Some(properties) = &properties {
            folder.count = properties.number(COUNT);
            folder.unread = properties.number(UNREAD);
            folder.associated = properties.number(ASSOCIATED_COUNT);
            folder.subfolders = properties.flag(SUBFOLDERS);
            let name = properties.get(NAME).and_then(|name| name.bytes(ground));
            if let Some(name) = &name {
                folder.name = display_name(ground.format(), name);
            }
            let missing: Vec<_> = [
                ("PidTagDisplayName", name.is_some()),
                ("PidTagContentCount", folder.count.is_some()),
                ("PidTagContentUnreadCount", folder.unread.is_some()),
                ("PidTagSubfolders", folder.subfolders.is_some()),
            ]
            .into_iter()
            .filter_map(|(name, is_there)| (!is_there).then_some(name))
            .collect();
            if !missing.is_empty() {
                let detail = format!("no {}", missing.join(", "));
                ground.add(&rule::FOLDER_PROPERTY, place, detail);
            }
        }
        let tables: &[NodeKind] = if search {
            &[NodeKind::SearchContentsTable]
        } else {
            &[
                NodeKind::HierarchyTable,
                NodeKind::ContentsTable,
                NodeKind::AssociatedContentsTable,
            ]
        };
        for kind in tables {
            let table = node.nid.sibling(*kind);
            if ground.nodes.find(table).is_none() {
                ground.add(&rule::FOLDER_TABLES, place, format!("no table {table}"));
            }
        }
        if search && node.nid.0 >= 0x1000 {
            // Of types `NID_TYPE_SEARCH_UPDATE_QUEUE` and `NID_TYPE_SEARCH_CRITERIA_OBJECT`.
            for kind in [6, 7] {
                let kin = NodeId(node.nid.0 & !0x1F | kind);
                if ground.nodes.find(kin).is_none() {
                    ground.add(&rule::FOLDER_SEARCH, place, format!("no node {kin}"));
                }
            }
        }
        self.folders.0.insert(node.nid, folder);
    }

    /// Checks a hierarchy table.
    pub(super) fn hierarchy(&mut self, node: NodeEntry) {
        let own = node.nid.sibling(NodeKind::NormalFolder);
        let place = Place::node(node.nid);
        let template = is_template(node.nid);
        let table = self.rows(node, |this, table, id, row| {
            this.list(id);
            let ground = this.ground;
            let child = ground.nodes.find(id);
            let kind = id.kind();
            let folder = matches!(kind, NodeKind::NormalFolder | NodeKind::SearchFolder);
            let Some(child) = child.filter(|child| folder && child.parent == own) else {
                let detail = no_child(id, child, own);
                ground.add(&rule::HIERARCHY_ROW, place, detail);
                return;
            };
            let child_place = Place::node(id);
            let opened = (!child.data.is_none()).then(|| {
                let (data, subnodes) = (child.data, child.subnodes);
                Properties::open(ground, data, subnodes, child_place, Care::Trusting)
            });
            let Some(properties) = opened.flatten() else {
                return;
            };
            for id in [NAME, COUNT, UNREAD, SUBFOLDERS, CLASS] {
                let Some(column) = table.column(id) else {
                    continue;
                };
                let cell = table.cell(row, column);
                let value = properties.get(id);
                let rule = match (&cell, &value) {
                    (Some(cell), Some(value)) if cell.equals(value, ground) => continue,
                    (Some(_), Some(_)) if ground.is_cache() => &rule::CACHE_VALUE,
                    (Some(_), Some(_)) => &rule::HIERARCHY_VALUE,
                    (Some(one), None) | (None, Some(one)) if one.size(ground) > 0 => {
                        &rule::HIERARCHY_ONLY
                    }
                    _ => continue,
                };
                let shown = |value: Option<Stored>| match value {
                    Some(value) => value.shown(ground),
                    None => "nothing".to_owned(),
                };
                let (cell, value) = (shown(cell), shown(value));
                let detail = format!("property 0x{id:04X}: the row has {cell}, the folder {value}");
                ground.add(rule, child_place, detail);
            }
        });
        let (Some(table), false) = (table, template) else {
            return;
        };
        let ground = self.ground;
        match self.folders.of_table(node.nid) {
            Some(folder) => {
                let any = table.count() > 0;
                if folder.subfolders.is_some_and(|stated| stated != any) {
                    let detail = format!("{} rows", table.count());
                    ground.add(&rule::FOLDER_SUBFOLDERS, place, detail);
                }
            }
            None => ground.add(
                &rule::FOLDER_PARENT,
                place,
                format!("there is no folder {own}"),
            ),
        }
    }

    /// Checks parents, once every table has been read.
    pub(super) fn relations(&self) {
        let ground = self.ground;
        for (node, listed) in ground.nodes.iter().zip(&self.listed) {
            let place = Place::node(node.nid);
            let root = node.nid == NodeId::ROOT_FOLDER;
            let is_folder = self.folders.0.contains_key(&node.parent);
            match node.nid.kind() {
                NodeKind::NormalFolder | NodeKind::SearchFolder => {
                    let own = node.parent == node.nid;
                    if own != root || !is_folder {
                        let detail = format!("its parent is {}", node.parent);
                        ground.add(&rule::FOLDER_PARENT, place, detail);
                    } else if !root && !listed {
                        let detail = format!("no row of {} has it", node.parent);
                        ground.add(&rule::FOLDER_UNLISTED, place, detail);
                    }
                }
                NodeKind::NormalMessage | NodeKind::AssociatedMessage => {
                    if !is_folder {
                        let detail = format!("its parent is {}", node.parent);
                        ground.add(&rule::MESSAGE_PARENT, place, detail);
                    } else if !listed {
                        let detail = format!("no row of {} has it", node.parent);
                        ground.add(&rule::MESSAGE_UNLISTED, place, detail);
                    }
                }
                _ => {}
            }
        }
        self.loops();
    }

    /// Folders whose parents do not lead to the root: what is reached from the root is known, and
    /// a way up ends at what is known.
    fn loops(&self) {
        let folders = &self.folders.0;
        let mut leads: BTreeMap<NodeId, bool> = BTreeMap::from([(NodeId::ROOT_FOLDER, true)]);
        for &nid in folders.keys() {
            let mut way = Vec::new();
            let mut at = nid;
            let mut answer = false;
            while let Some(folder) = folders.get(&at) {
                if let Some(known) = leads.get(&at) {
                    answer = *known;
                    break;
                }
                // While a way is walked, what is on it leads nowhere yet.
                leads.insert(at, false);
                way.push(at);
                at = folder.parent;
            }
            for at in &way {
                leads.insert(*at, answer);
            }
            let parent = folders.get(&nid).map(|folder| folder.parent);
            let told = parent.is_none_or(|parent| parent == nid || !folders.contains_key(&parent));
            if !answer && leads.get(&nid) == Some(&false) && !told {
                let detail = "its parents do not lead to the root folder";
                self.ground
                    .add(&rule::FOLDER_LOOP, Place::node(nid), detail);
            }
        }
    }
}

/// Why a row is not for a child of its folder.
pub(super) fn no_child(id: NodeId, found: Option<NodeEntry>, folder: NodeId) -> String {
    match found {
        None => format!("row {id}: there is no such node"),
        Some(node) if node.parent != folder => {
            format!(
                "row {id}: the parent of that node is {}, not {folder}",
                node.parent
            )
        }
        Some(_) => format!("row {id}: that is a node of another kind"),
    }
}

/// A name to show: of a Unicode store as it is, of another byte by byte.
fn display_name(format: Format, bytes: &[u8]) -> String {
    if format == Format::Ansi {
        return bytes.iter().copied().map(char::from).collect();
    }
    value_bytes::text(bytes).0
}
