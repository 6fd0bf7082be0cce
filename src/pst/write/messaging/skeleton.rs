//! What every store has before the first item: folders, and nodes that no item is in.
//!
//! *Spec*: \[MS-PST\] 2.7.1 (mandatory nodes), 2.4.3 (message store), 2.4.8; empty stores of
//! Outlook, which this one equals, and what SCANPST misses: "Receive folder table missing" (0x62B),
//! "Search folder missing update queue" (0x1E1, 0xEC1), "Search activity list missing" (0x201),
//! "Missing the outgoing queue" (0x64C), "Missing template" (0x6B6, 0x6D7, 0x6F8).
//!
//! *Not supported*: 0xE01 (an index of messages by conversation), 0xEE1, 0xF01, 0xF21: Outlook
//! makes them itself.

use std::io;

use crate::mapi::name_map_writer::Buckets;
use crate::mapi::{PropTag, PropType, Value};
use crate::pst::ndb::{BlockId, NodeEntry, NodeId, NodeKind};
use crate::pst::write::ltp::{Cell, HeapTreeWriter, HeapWriter, Shape, TableWriter, WrittenObject};

use super::base::Base;
use super::folder::{EmptyTables, Folder, FolderId, cells_of, empty_table, node};
use super::templates::{
    ATTACHMENTS, OUTGOING_QUEUE, RECEIVE_FOLDERS, UNNAMED_6B6, UNNAMED_6D7, UNNAMED_6F8,
};

/// The root folder.
pub(super) const ROOT: FolderId = FolderId(0);
/// The folder that a user sees as the mailbox.
pub(super) const IPM_SUBTREE: FolderId = FolderId(1);
/// Where Outlook keeps search folders.
pub(super) const FINDER: FolderId = FolderId(2);
/// "Deleted Items".
pub(super) const DELETED: FolderId = FolderId(3);
/// Where Outlook keeps views of all folders.
pub(super) const COMMON_VIEWS: FolderId = FolderId(4);

/// The search folder for spam, and its kin of the same index.
const SPAM: NodeId = NodeId(0x2223);
const SPAM_QUEUE: NodeId = NodeId(0x2226);
const SPAM_CRITERIA: NodeId = NodeId(0x2227);
const SPAM_CONTENTS: NodeId = NodeId(0x2230);

/// Nodes without data.
const EMPTY_NODES: [NodeId; 4] = [NodeId(0x1E1), NodeId(0x261), NodeId(0xE41), NodeId(0xEC1)];

/// The folders, parents first; those of users follow.
pub(super) fn folders(base: &mut Base) -> Vec<Folder> {
    let root = NodeId::ROOT_FOLDER;
    let mut next = || base.nids.next(NodeKind::NormalFolder);
    let mut folders = vec![Folder::new(root, root, "")];
    let top = next();
    folders.push(Folder::new(top, root, "Top of Outlook data file"));
    folders.push(Folder::new(next(), root, "Search Root"));
    let mut deleted = Folder::new(next(), top, "Deleted Items");
    deleted.comment = Some("Deleted Items folder".to_owned());
    folders.push(deleted);
    let mut views = Folder::new(next(), root, "IPM_COMMON_VIEWS");
    views.comment = Some(String::new());
    folders.push(views);
    for (parent, children) in [
        (ROOT, vec![IPM_SUBTREE, FINDER, COMMON_VIEWS]),
        (IPM_SUBTREE, vec![DELETED]),
    ] {
        if let Some(parent) = folders.get_mut(parent.0) {
            parent.children = children;
        }
    }
    folders
}

/// Rows of the root's hierarchy table before those of its folders.
pub(super) fn search_folders() -> Vec<(NodeId, Vec<(PropTag, Value)>)> {
    vec![(SPAM, spam().properties())]
}

fn spam() -> Folder {
    Folder::new(SPAM, NodeId::ROOT_FOLDER, "SPAM Search Folder 2")
}

fn number(id: u16, value: i32) -> (PropTag, Value) {
    (PropTag::new(id, PropType::I32), Value::I32(value))
}

fn binary(id: u16, bytes: &[u8]) -> (PropTag, Value) {
    let tag = PropTag::new(id, PropType::BINARY);
    (tag, Value::Binary(bytes.to_vec()))
}

impl Base {
    /// The properties of node 0x61.
    fn name_map(&self) -> Vec<(PropTag, Value)> {
        let written = self.names.streams(Buckets::Store);
        let mut properties = vec![
            (PropTag::new(1, PropType::I32), Value::I32(251)),
            binary(2, &written.guids),
            binary(3, &written.entries),
            binary(4, &written.strings),
        ];
        for (id, entries) in written.buckets {
            properties.push(binary(id, &entries));
        }
        properties
    }

    /// Writes the nodes that are no folders; the name map as it is now.
    pub(super) fn skeleton(
        &mut self,
        display_name: &str,
        folders: &[Folder],
        empty: &mut EmptyTables,
    ) -> io::Result<Vec<NodeEntry>> {
        let mut nodes = Vec::new();
        let mut add = |nid, object, parent| nodes.push(node(nid, object, parent));
        let none = NodeId(0);
        let block = |data| WrittenObject {
            data,
            ..WrittenObject::default()
        };
        let store = self.store_properties(display_name, folders);
        add(NodeId::STORE, self.object(&store)?, none);
        let names = self.name_map();
        add(NodeId::NAME_MAP, self.object(&names)?, none);
        for nid in EMPTY_NODES {
            add(nid, block(BlockId(0)), none);
        }
        let list = self.space.data_block(&SPAM.0.to_le_bytes())?;
        add(NodeId(0x201), block(list), none);
        for (nid, data) in empty.templates() {
            add(nid, block(data), none);
        }
        add(NodeId(0x62B), self.receive_folders()?, none);
        for (nid, template) in [
            (NodeId(0x64C), &OUTGOING_QUEUE),
            (NodeId::ATTACHMENT_TABLE, &ATTACHMENTS),
            (NodeId(0x6B6), &UNNAMED_6B6),
            (NodeId(0x6D7), &UNNAMED_6D7),
            (NodeId(0x6F8), &UNNAMED_6F8),
        ] {
            add(nid, block(empty_table(&mut self.space, template)?), none);
        }
        add(NodeId::RECIPIENT_TABLE, self.no_recipients()?, none);
        add(NodeId(0xC01), self.replication_ids()?, none);
        let spam = self.object(&spam().properties())?;
        add(SPAM, spam, NodeId::ROOT_FOLDER);
        add(SPAM_QUEUE, block(BlockId(0)), none);
        let criteria = self.object(&[number(0x660B, 0)])?;
        add(SPAM_CRITERIA, criteria, none);
        let contents = empty.share(&mut self.space, NodeKind::SearchContentsTable)?;
        add(SPAM_CONTENTS, block(contents), none);
        nodes.sort_unstable_by_key(|node| node.nid);
        Ok(nodes)
    }

    /// The properties of the message store object.
    fn store_properties(&self, display_name: &str, folders: &[Folder]) -> Vec<(PropTag, Value)> {
        let entry_id = |id: u16, folder: FolderId| {
            let nid = folders.get(folder.0).map(|folder| folder.nid);
            let mut bytes = vec![0; 4];
            bytes.extend_from_slice(&self.record_key);
            bytes.extend_from_slice(&nid.unwrap_or_default().0.to_le_bytes());
            binary(id, &bytes)
        };
        let mut version = vec![1, 0, 0, 0];
        version.extend_from_slice(&self.key(NodeId::STORE.0));
        version.extend_from_slice(&[1, 0, 0, 0]);
        vec![
            // `PidTagReplVersionHistory`, `PidTagReplFlags`.
            binary(0x0E34, &version),
            number(0x0E38, 0),
            // `PidTagRecordKey`.
            binary(0x0FF9, &self.record_key),
            (
                PropTag::new(0x3001, PropType::STRING),
                Value::String(display_name.to_owned()),
            ),
            // `PidTagValidFolderMask`: of the four that follow.
            number(0x35DF, 0xC9),
            entry_id(0x35E0, IPM_SUBTREE),
            entry_id(0x35E3, DELETED),
            entry_id(0x35E6, COMMON_VIEWS),
            entry_id(0x35E7, FINDER),
            (PropTag::new(0x6633, PropType::BOOL), Value::Bool(true)),
            // Two that Outlook writes and no document names.
            number(0x66FA, 0x000E_0011),
            number(0x66FC, 0x0018_B2B3),
            // `PidTagPstPassword`: none.
            number(0x67FF, 0),
        ]
    }

    /// One receive folder, for every class of messages: the root.
    fn receive_folders(&mut self) -> io::Result<WrittenObject> {
        let shape = Shape::of(&RECEIVE_FOLDERS);
        let root = i32::try_from(NodeId::ROOT_FOLDER.0).unwrap_or_default();
        let class = PropTag::new(0x001A, PropType::STRING);
        let row = [(class, Value::String(String::new())), number(0x6605, root)];
        let cells = cells_of(&shape, &row);
        let mut table = TableWriter::new(shape)?;
        let version = self.next_unique();
        let nids = &mut self.nids;
        let mut next = || nids.next(NodeKind::Ltp);
        let cells = cells
            .iter()
            .map(|(column, bytes)| (*column, Cell::Bytes(bytes)));
        table.row(&mut self.space, &mut next, (1, version), cells)?;
        table.finish(&mut self.space)
    }

    /// Node 0xC01: which item has which replication id.
    fn replication_ids(&mut self) -> io::Result<WrittenObject> {
        let mut heap = HeapWriter::new(0x9C)?;
        let root = heap.allocate(&[0; 4])?;
        let header = heap.allocate(&[0; 8])?;
        heap.patch(root, 0, &header.0.to_le_bytes())?;
        let mut tree = HeapTreeWriter::new(16, 4);
        for (id, nid) in std::mem::take(&mut self.replicas) {
            let [a, b, c, d] = nid.0.to_le_bytes();
            let mut record = id.to_vec();
            record.extend_from_slice(&[a, b, c, d]);
            tree.push(&mut heap, &record)?;
        }
        let (bytes, _) = tree.finish(&mut heap)?;
        heap.patch(header, 0, &bytes)?;
        Ok(heap.finish(&mut self.space, root)?.into())
    }
}
