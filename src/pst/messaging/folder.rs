//! Folders and the tree of them.
//!
//! *Spec*: \[MS-PST\] 2.4.4 (folders), 2.4.4.4 (hierarchy table).
//!
//! *Invariants*: every folder node is in the list once; its parent comes before it. The hierarchy
//! tables say who is whose child; for a folder that is in none, its node's `nidParent` does.
//!
//! *Seen in the wild*: folder nodes that no hierarchy table lists (deleted and not yet purged).

use std::collections::{HashMap, HashSet};

use crate::finding::Effect;
use crate::limits;
use crate::mapi::PropertyBag;
use crate::pst::ltp::TableContext;
use crate::pst::ndb::btree::NodeEntry;
use crate::pst::ndb::subnode::Subnodes;
use crate::pst::ndb::{NodeId, NodeKind, Notes, Spot};

use super::store::Store;

/// `PidTagDisplayName`.
const DISPLAY_NAME: u16 = 0x3001;
/// What an OST calls the folder that the user sees as the mailbox.
const OST_IPM_SUBTREE: &str = "IPM_SUBTREE";
/// `PidTagContentCount`.
const CONTENT_COUNT: u16 = 0x3602;
/// `PidTagContentUnreadCount`.
const UNREAD_COUNT: u16 = 0x3603;
/// `PidTagContainerClass`.
const CONTAINER_CLASS: u16 = 0x3613;
/// `PidTagAssociatedContentCount`.
const ASSOCIATED_COUNT: u16 = 0x3617;
/// `PidTagIpmSubTreeEntryId`.
const IPM_SUBTREE: u16 = 0x35E0;
/// The IPM subtree in stores as Outlook creates them.
const USUAL_IPM_SUBTREE: NodeId = NodeId(0x8022);

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its node.
    pub nid: NodeId,
    /// Index of its parent in [`Store::folders`]; `None` for the root and for folders whose parent
    /// is gone.
    pub parent: Option<usize>,
    /// `PidTagDisplayName`; empty when it has none.
    pub name: String,
    /// Names from the top down to this folder. Within the IPM subtree the top is what the user sees
    /// as the mailbox (its own name left out), elsewhere the root folder.
    pub path: Vec<String>,
    /// Whether a user sees it: it is the IPM subtree, or below it.
    pub in_ipm_subtree: bool,
    /// Whether a hierarchy table lists it. Deleted folders may linger unlisted.
    pub is_listed: bool,
    /// `PidTagContainerClass`, as `IPF.Contact`.
    pub container_class: Option<String>,
    /// Whether it is a search folder, whose contents are links.
    pub is_search: bool,
    /// `PidTagContentCount`, if plausible.
    pub declared_count: Option<u64>,
    /// `PidTagContentUnreadCount`, if plausible.
    pub unread_count: Option<u64>,
    /// `PidTagAssociatedContentCount`, if stated: hidden messages.
    pub associated_count: Option<u64>,
}

/// Reads all folders of a store.
pub(super) fn read_all(
    store: &Store,
    nodes: HashMap<NodeId, NodeEntry>,
    notes: &Notes,
) -> Vec<Folder> {
    let mut order: Vec<NodeId> = nodes.keys().copied().collect();
    order.sort_unstable();
    let (parents, children) = relations(store, &nodes, &order, notes);
    let listed: HashSet<NodeId> = parents.keys().copied().collect();
    let top = find_top(store, &nodes, &children);

    let mut roots = vec![NodeId::ROOT_FOLDER];
    roots.extend(
        order
            .iter()
            .copied()
            .filter(|nid| *nid != NodeId::ROOT_FOLDER),
    );
    let mut reader = Reader {
        store,
        notes,
        nodes: &nodes,
        listed: &listed,
        top,
        folders: Vec::with_capacity(nodes.len()),
        places: HashMap::new(),
    };
    // First the tree below the root, then what does not hang on it: tops of orphaned trees before
    // members of parent loops.
    let is_top = |nid: &NodeId| parent_of(&parents, &nodes, *nid).is_none();
    let (tops, rest): (Vec<_>, Vec<_>) = roots.into_iter().partition(is_top);
    for root in [vec![NodeId::ROOT_FOLDER], tops, rest].concat() {
        reader.tree(root, &children);
    }
    reader.folders
}

/// The parent of a folder: by hierarchy table, else by its node.
fn parent_of(
    parents: &HashMap<NodeId, NodeId>,
    nodes: &HashMap<NodeId, NodeEntry>,
    nid: NodeId,
) -> Option<NodeId> {
    let parent = parents
        .get(&nid)
        .copied()
        .or_else(|| nodes.get(&nid).map(|node| node.parent))?;
    (parent != nid && nodes.contains_key(&parent)).then_some(parent)
}

type Relations = (HashMap<NodeId, NodeId>, HashMap<NodeId, Vec<NodeId>>);

/// Parents by hierarchy table, and children by either way.
fn relations(
    store: &Store,
    nodes: &HashMap<NodeId, NodeEntry>,
    order: &[NodeId],
    notes: &Notes,
) -> Relations {
    let mut parents = HashMap::new();
    for &nid in order {
        if nid.kind() != NodeKind::NormalFolder {
            continue;
        }
        for child in hierarchy(store, nid, notes) {
            if nodes.contains_key(&child) {
                parents.entry(child).or_insert(nid);
            } else {
                notes.add(
                    "pst.messaging.folder-missing",
                    Effect::Lost,
                    Spot::node(nid),
                    format!("its hierarchy table lists folder {child}, which is not there"),
                );
            }
        }
    }
    let mut children: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
    for &nid in order {
        if let Some(parent) = parent_of(&parents, nodes, nid) {
            children.entry(parent).or_default().push(nid);
        }
    }
    (parents, children)
}

/// The row ids of a folder's hierarchy table.
fn hierarchy(store: &Store, nid: NodeId, notes: &Notes) -> Vec<NodeId> {
    table_rows(store, nid.sibling(NodeKind::HierarchyTable), notes).unwrap_or_default()
}

/// The row ids of a table node, in order; `None` when the table cannot be read at all, which is a
/// finding, or does not exist.
pub(super) fn table_rows(store: &Store, nid: NodeId, notes: &Notes) -> Option<Vec<NodeId>> {
    let db = store.database_ref();
    let spot = Spot::node(nid);
    let node = match db.node(nid) {
        Ok(node) => node?,
        Err(fault) => {
            notes.fault(Effect::Noted, spot, fault);
            return None;
        }
    };
    if node.data.is_none() {
        return Some(Vec::new());
    }
    let work = Notes::with_work(store.work());
    let subnodes = Subnodes::read(db, node.subnodes, &work, spot);
    let rows = TableContext::open(db, node.data, &subnodes, &work, spot).and_then(|table| {
        let rows = table.row_index()?;
        Ok(rows.map(|(id, _)| NodeId(id)).take(limits::ROWS).collect())
    });
    for finding in work.take().iter() {
        let place = finding.place.part.clone().into_owned();
        // The node B-tree makes up for what the table lost.
        let effect = finding.effect.min(Effect::Noted);
        notes.add_at(finding.code, effect, place, finding.detail.clone());
    }
    match rows {
        Ok(rows) => Some(rows),
        Err(fault) => {
            notes.fault(Effect::Noted, spot, fault);
            None
        }
    }
}

/// The folder that the user sees as the mailbox: by the store's entry id; in an OST, whose entry
/// ids
/// are the server's, the one of that name below the mailbox, not below the public folders.
fn find_top(
    store: &Store,
    nodes: &HashMap<NodeId, NodeEntry>,
    children: &HashMap<NodeId, Vec<NodeId>>,
) -> Option<NodeId> {
    let known = |nid: &NodeId| nodes.contains_key(nid);
    let named = || {
        let below = |nid: NodeId| children.get(&nid).into_iter().flatten().copied();
        below(NodeId::ROOT_FOLDER)
            .flat_map(below)
            .filter(|&nid| is_named(store, nid, OST_IPM_SUBTREE))
            .max_by_key(|&nid| (below(nid).count(), std::cmp::Reverse(nid)))
    };
    store
        .entry_id_folder(IPM_SUBTREE)
        .filter(known)
        .or_else(named)
        .or_else(|| Some(USUAL_IPM_SUBTREE).filter(known))
}

fn is_named(store: &Store, nid: NodeId, name: &str) -> bool {
    let bag = store.read_folder_properties(nid);
    bag.is_ok_and(|(bag, _)| {
        bag.str(DISPLAY_NAME)
            .is_some_and(|own| own.eq_ignore_ascii_case(name))
    })
}

struct Reader<'a> {
    store: &'a Store,
    notes: &'a Notes,
    nodes: &'a HashMap<NodeId, NodeEntry>,
    listed: &'a HashSet<NodeId>,
    top: Option<NodeId>,
    folders: Vec<Folder>,
    places: HashMap<NodeId, usize>,
}

impl Reader<'_> {
    /// Reads a folder that has no parent here, and all below it.
    fn tree(&mut self, root: NodeId, children: &HashMap<NodeId, Vec<NodeId>>) {
        let mut due = vec![(root, None, 0_u32)];
        while let Some((nid, parent, depth)) = due.pop() {
            if self.places.contains_key(&nid) || !self.nodes.contains_key(&nid) {
                continue;
            }
            let index = self.folders.len();
            self.places.insert(nid, index);
            let folder = self.folder(nid, parent);
            self.folders.push(folder);
            if depth >= limits::FOLDER_DEPTH {
                // They follow as trees of their own.
                continue;
            }
            let below = children.get(&nid).map(Vec::as_slice).unwrap_or_default();
            let next = depth.saturating_add(1);
            due.extend(below.iter().rev().map(|&child| (child, Some(index), next)));
        }
    }

    fn folder(&self, nid: NodeId, parent: Option<usize>) -> Folder {
        let bag = match self.store.read_folder_properties(nid) {
            Ok((bag, findings)) => {
                for finding in findings.iter() {
                    let place = finding.place.part.clone().into_owned();
                    let detail = finding.detail.clone();
                    self.notes
                        .add_at(finding.code, finding.effect, place, detail);
                }
                bag
            }
            Err(error) => {
                self.notes.fault(Effect::Lost, Spot::node(nid), error.fault);
                PropertyBag::default()
            }
        };
        let count = |id| bag.int(id).and_then(|count| u64::try_from(count).ok());
        let name = bag.str(DISPLAY_NAME).unwrap_or_default().to_owned();
        let above = parent.and_then(|parent| self.folders.get(parent));
        let is_top = self.top == Some(nid);
        let is_root = nid == NodeId::ROOT_FOLDER;
        let mut path = above.map(|above| above.path.clone()).unwrap_or_default();
        if is_top {
            path.clear();
        } else if !is_root {
            path.push(name.clone());
        }
        // Without an IPM subtree all of the tree is the user's.
        let in_ipm_subtree =
            is_top || self.top.is_none() || above.is_some_and(|above| above.in_ipm_subtree);
        Folder {
            nid,
            parent,
            path,
            in_ipm_subtree,
            is_listed: is_root || self.listed.contains(&nid),
            container_class: bag.str(CONTAINER_CLASS).map(str::to_owned),
            is_search: nid.kind() == NodeKind::SearchFolder,
            declared_count: count(CONTENT_COUNT),
            unread_count: count(UNREAD_COUNT),
            associated_count: count(ASSOCIATED_COUNT),
            name,
        }
    }
}
