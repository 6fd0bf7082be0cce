//! An open store.
//!
//! *Spec*: \[MS-PST\] 2.4.3 (message store). The password (`PidTagPstPassword`) guards nothing but
//! Outlook's own dialog and is not asked for.
//!
//! *Seen in the wild*: stores without a message store node or a name map.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::limits;
use crate::mapi::{NameMap, NameStreams, PropertyBag, Value, codepage};
use crate::pst::ndb::btree::{NodeEntry, Step};
use crate::pst::ndb::database::DatabaseError;
use crate::pst::ndb::page::Tree;
use crate::pst::ndb::{Database, Fault, Format, NodeId, NodeKind, Notes, Spot};

use super::folder::{self, Folder};
use super::nid_set::NidSet;

/// How a store is to be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOptions {
    /// Code page of all `PtypString8` values, instead of what items and store say.
    pub code_page: Option<u16>,
}

/// Why a store cannot be opened.
#[derive(Debug, Error)]
#[error("{file}: {reason}")]
pub struct OpenError {
    /// The file, as the user named it.
    pub file: String,
    /// Why.
    #[source]
    pub reason: DatabaseError,
}

/// Why an object of a store cannot be read.
#[derive(Debug, Clone, Error)]
#[error("{file}: node {node}: {fault}")]
pub struct ReadError {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// The node.
    pub node: NodeId,
    /// Why; its code is that of a finding.
    pub fault: Fault,
}

/// How many message nodes a store has, by the node B-tree alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageCounts {
    /// `NID_TYPE_NORMAL_MESSAGE`.
    pub normal: u64,
    /// `NID_TYPE_ASSOC_MESSAGE`.
    pub associated: u64,
}

/// An open PST or OST.
///
/// *Invariant*: all methods take `&self` and may be called from any number of threads.
#[derive(Debug)]
pub struct Store {
    db: Arc<Database>,
    label: Arc<str>,
    options: ReadOptions,
    names: NameMap,
    props: PropertyBag,
    folders: Vec<Folder>,
    pub(super) normal: NidSet,
    pub(super) associated: NidSet,
    findings: Findings,
}

impl Store {
    /// Opens a store: header, B-trees, name map and folders. Messages are read later, one by one.
    ///
    /// # Errors
    /// [`OpenError`] when the file cannot be read, is no store, or ends in its header. Any other
    /// damage is a finding.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self, OpenError> {
        let label = path.display().to_string();
        match FileBytes::open(path) {
            Ok(file) => Self::of_bytes(file, label.into(), options),
            Err(error) => Err(OpenError {
                file: label,
                reason: error.into(),
            }),
        }
    }

    /// Opens the bytes of a store; `label` is what findings call it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn of_bytes(
        file: FileBytes,
        label: Arc<str>,
        options: &ReadOptions,
    ) -> Result<Self, OpenError> {
        let db = Database::open(file).map_err(|reason| OpenError {
            file: label.to_string(),
            reason,
        })?;
        let mut store = Self {
            db: Arc::new(db),
            label,
            options: *options,
            names: NameMap::default(),
            props: PropertyBag::default(),
            folders: Vec::new(),
            normal: NidSet::new(NodeKind::NormalMessage),
            associated: NidSet::new(NodeKind::AssociatedMessage),
            findings: Findings::new(),
        };
        let notes = Notes::new();
        let folders = store.survey(&notes);
        if let Some(bag) = store.opening_bag(NodeId::NAME_MAP, &notes) {
            store.names = names(&bag, &notes);
        }
        if let Some(bag) = store.opening_bag(NodeId::STORE, &notes) {
            store.props = bag;
        }
        let page = store.code_page_override().or_else(|| store.code_page());
        codepage::decode_bag(&mut store.props, page.unwrap_or(codepage::WESTERN));
        store.folders = folder::read_all(&store, folders, &notes);
        store.findings = notes.take();
        Ok(store)
    }

    /// One pass over the node B-tree: folders by nid, and the sets of messages.
    fn survey(&mut self, notes: &Notes) -> HashMap<NodeId, NodeEntry> {
        let db = Arc::clone(&self.db);
        let mut folders = HashMap::new();
        let mut too_many = false;
        for_each_node(&db, |node| match node.nid.kind() {
            NodeKind::NormalFolder | NodeKind::SearchFolder => {
                if folders.len() < limits::FOLDERS {
                    folders.entry(node.nid).or_insert(node);
                } else {
                    too_many = true;
                }
            }
            NodeKind::NormalMessage => {
                self.normal.insert(node.nid);
            }
            NodeKind::AssociatedMessage => {
                self.associated.insert(node.nid);
            }
            _ => {}
        });
        if too_many {
            notes.add_at(
                "pst.messaging.too-many",
                Effect::Lost,
                "node B-tree".to_owned(),
                format!("more than {} folders", limits::FOLDERS),
            );
        }
        folders
    }

    fn opening_bag(&self, nid: NodeId, notes: &Notes) -> Option<PropertyBag> {
        match self.node_properties(nid) {
            Ok((bag, findings)) => {
                for finding in findings.iter() {
                    let place = finding.place.part.clone().into_owned();
                    notes.add_at(finding.code, finding.effect, place, finding.detail.clone());
                }
                Some(bag)
            }
            Err(error) => {
                let place = format!("node {nid}");
                notes.add_at(error.fault.code, Effect::Lost, place, error.fault.detail);
                None
            }
        }
    }

    /// Properties of any node that has a property context, strings not yet decoded.
    fn node_properties(&self, nid: NodeId) -> Result<(PropertyBag, Findings), ReadError> {
        self.read(nid, |reading, place| reading.properties(place))
    }

    /// What was found while opening, and since then about the file as a whole (B-trees, blocks of
    /// streams).
    #[must_use]
    pub fn findings(&self) -> Findings {
        let mut findings = self.db.findings();
        findings.append(self.findings.clone());
        findings.set_file(&self.label);
        findings
    }

    /// The folders, parents before children.
    #[must_use]
    pub fn folders(&self) -> &[Folder] {
        &self.folders
    }

    /// The properties of the message store object.
    #[must_use]
    pub fn message_store_properties(&self) -> &PropertyBag {
        &self.props
    }

    /// The name map.
    #[must_use]
    pub fn names(&self) -> &NameMap {
        &self.names
    }

    /// The layout of the file.
    #[must_use]
    pub fn format(&self) -> Format {
        self.db.format()
    }

    /// Reads the properties of a folder.
    ///
    /// # Errors
    /// [`ReadError`] when there is no such node or it has no properties.
    pub fn read_folder_properties(
        &self,
        nid: NodeId,
    ) -> Result<(PropertyBag, Findings), ReadError> {
        let (mut bag, mut findings) = self.node_properties(nid)?;
        let page = self.code_page_override().or_else(|| self.code_page());
        if !codepage::decode_bag(&mut bag, page.unwrap_or(codepage::WESTERN)) {
            findings.add(
                "pst.messaging.code-page",
                Effect::Altered,
                format!("node {nid}"),
                "some text is not of the store's code page",
            );
        }
        Ok((bag, findings))
    }

    /// Counts message nodes by a walk of its own over the node B-tree, without tables or folders.
    #[must_use]
    pub fn scan_messages(&self) -> MessageCounts {
        let mut normal = NidSet::new(NodeKind::NormalMessage);
        let mut associated = NidSet::new(NodeKind::AssociatedMessage);
        for_each_node(&self.db, |node| {
            let _ = normal.insert(node.nid) || associated.insert(node.nid);
        });
        MessageCounts {
            normal: normal.count(),
            associated: associated.count(),
        }
    }

    /// The node database beneath.
    #[must_use]
    pub fn database(&self) -> &Arc<Database> {
        &self.db
    }

    pub(super) fn database_ref(&self) -> &Database {
        &self.db
    }

    pub(super) fn label(&self) -> &Arc<str> {
        &self.label
    }

    pub(super) fn code_page_override(&self) -> Option<u16> {
        self.options.code_page
    }

    /// The code page that the store object speaks of.
    pub(super) fn code_page(&self) -> Option<u16> {
        codepage::item_code_page(&self.props)
    }

    /// Bytes of blocks that may be read for one object: no honest one has more than the file.
    pub(super) fn work(&self) -> u64 {
        self.db
            .file()
            .len()
            .saturating_mul(4)
            .saturating_add(16 << 20)
            .min(limits::MESSAGE_BLOCKS)
    }

    pub(super) fn read_error(&self, node: NodeId, fault: Fault) -> ReadError {
        ReadError {
            file: Arc::clone(&self.label),
            node,
            fault,
        }
    }

    /// The folder that an entry id of the store object names.
    pub(in crate::pst) fn entry_id_folder(&self, property: u16) -> Option<NodeId> {
        use crate::bytes::ReadAt;
        match self.props.get(property)? {
            // Flags, the record key of the store, the node; a server's ids are longer.
            Value::Binary(bytes) if bytes.len() == 24 => bytes.u32_at(20).map(NodeId),
            _ => None,
        }
    }
}

/// Gives every node of the tree in key order and then what salvage has; a node may come twice.
pub(super) fn for_each_node(db: &Database, mut give: impl FnMut(NodeEntry)) {
    let mut damaged = false;
    for step in db.walk(Tree::Nodes) {
        match step {
            Step::Leaf(page, (low, high)) => {
                for at in 0..page.count() {
                    let key = page.key(at).unwrap_or_default();
                    damaged |= !(low..high).contains(&key);
                    let node = page
                        .entry(at)
                        .and_then(|bytes| NodeEntry::read(db.format(), bytes));
                    if let Some(node) = node {
                        give(node);
                    }
                }
            }
            Step::Damaged(..) => damaged = true,
        }
    }
    if damaged {
        for node in db.salvage().nodes() {
            give(node);
        }
    }
}

/// The names in the properties of node 0x61: 0x0002 GUIDs, 0x0003 entries, 0x0004 strings.
fn names(bag: &PropertyBag, notes: &Notes) -> NameMap {
    let bytes = |id| bag.get(id).and_then(Value::as_bytes).unwrap_or_default();
    let streams = NameStreams {
        guids: bytes(2),
        entries: bytes(3),
        strings: bytes(4),
    };
    NameMap::read(streams, |id| {
        let detail = format!("the name of property 0x{id:X} is out of bounds");
        let spot = Spot::node(NodeId::NAME_MAP);
        notes.add("pst.messaging.name", Effect::Lost, spot, detail);
    })
}
