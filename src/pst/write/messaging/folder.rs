//! The folders of a store that is written, and the tables of each.
//!
//! *Spec*: \[MS-PST\] 2.4.4.
//!
//! *Shape*: four nodes of one index: properties, hierarchy table, contents table, table of
//! associated contents.
//!
//! *Invariants*: the counts are those of the rows; a row of a hierarchy table has what the folder
//! says. Empty tables are the blocks of the templates.

use std::io;

use crate::finding::Effect;
use crate::mapi::value_bytes::fixed_size;
use crate::mapi::{PropTag, PropType, Value};
use crate::pst::ltp::value::encode;
use crate::pst::ndb::{BlockId, NodeEntry, NodeId, NodeKind};
use crate::pst::write::ltp::shape::Template;
use crate::pst::write::ltp::{Cell, ObjectWriter, Shape, TableWriter, WrittenObject};
use crate::pst::write::ndb::Space;

use super::base::Base;
use super::rows::WaitingRows;
use super::templates::{ASSOCIATED_CONTENTS, CONTENTS, HIERARCHY, SEARCH_CONTENTS};

/// `PidTagDisplayName`.
const DISPLAY_NAME: u16 = 0x3001;
/// `PidTagComment`.
const COMMENT: u16 = 0x3004;
/// `PidTagContentCount`.
const CONTENT_COUNT: u16 = 0x3602;
/// `PidTagContentUnreadCount`.
const UNREAD_COUNT: u16 = 0x3603;
/// `PidTagSubfolders`.
const SUBFOLDERS: u16 = 0x360A;
/// `PidTagContainerClass`.
const CONTAINER_CLASS: u16 = 0x3613;

/// A folder of a store that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FolderId(pub(super) usize);

impl FolderId {
    /// The table that messages of the folder have their rows in.
    pub(super) fn table(self, hidden: bool) -> usize {
        self.0 * 2 + usize::from(hidden)
    }
}

/// What is known of a folder so far.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) nid: NodeId,
    pub(super) parent: NodeId,
    pub(super) name: String,
    pub(super) class: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) count: u32,
    pub(super) unread: u32,
    pub(super) children: Vec<FolderId>,
}

impl Folder {
    pub(super) fn new(nid: NodeId, parent: NodeId, name: &str) -> Self {
        Self {
            nid,
            parent,
            name: name.to_owned(),
            class: None,
            comment: None,
            count: 0,
            unread: 0,
            children: Vec::new(),
        }
    }

    /// Its properties, which its row in the hierarchy table repeats.
    pub(super) fn properties(&self) -> Vec<(PropTag, Value)> {
        let number = |id, count: u32| {
            let count = i32::try_from(count).unwrap_or(i32::MAX);
            (PropTag::new(id, PropType::I32), Value::I32(count))
        };
        let text = |id, text: &String| {
            let tag = PropTag::new(id, PropType::STRING);
            (tag, Value::String(text.clone()))
        };
        let mut properties = vec![text(DISPLAY_NAME, &self.name)];
        properties.extend(self.comment.as_ref().map(|own| text(COMMENT, own)));
        properties.extend([
            number(CONTENT_COUNT, self.count),
            number(UNREAD_COUNT, self.unread),
            (
                PropTag::new(SUBFOLDERS, PropType::BOOL),
                Value::Bool(!self.children.is_empty()),
            ),
        ]);
        properties.extend(self.class.as_ref().map(|own| text(CONTAINER_CLASS, own)));
        properties
    }
}

/// The blocks of empty tables, which all folders share.
#[derive(Debug)]
pub(super) struct EmptyTables {
    hierarchy: BlockId,
    contents: BlockId,
    associated: BlockId,
    search: BlockId,
    /// The first of each kind, which the templates are.
    templates: [(NodeId, BlockId); 4],
}

impl EmptyTables {
    /// Writes them.
    pub(super) fn new(space: &mut Space) -> io::Result<Self> {
        let hierarchy = empty_table(space, &HIERARCHY)?;
        let contents = empty_table(space, &CONTENTS)?;
        let associated = empty_table(space, &ASSOCIATED_CONTENTS)?;
        let search = empty_table(space, &SEARCH_CONTENTS)?;
        Ok(Self {
            hierarchy,
            contents,
            associated,
            search,
            templates: [
                (NodeId(0x60D), hierarchy),
                (NodeId(0x60E), contents),
                (NodeId(0x60F), associated),
                (NodeId(0x610), search),
            ],
        })
    }

    /// The nodes of the templates.
    pub(super) fn templates(&self) -> [(NodeId, BlockId); 4] {
        self.templates
    }

    /// One more reference to the empty table of this kind.
    pub(super) fn share(&mut self, space: &mut Space, kind: NodeKind) -> io::Result<BlockId> {
        let (block, template) = match kind {
            NodeKind::HierarchyTable => (&mut self.hierarchy, &HIERARCHY),
            NodeKind::ContentsTable => (&mut self.contents, &CONTENTS),
            NodeKind::SearchContentsTable => (&mut self.search, &SEARCH_CONTENTS),
            _ => (&mut self.associated, &ASSOCIATED_CONTENTS),
        };
        if !space.share(*block) {
            *block = empty_table(space, template)?;
        }
        Ok(*block)
    }
}

/// Writes a table without rows; its heap is one block.
pub(super) fn empty_table(space: &mut Space, template: &Template) -> io::Result<BlockId> {
    let table = TableWriter::new(Shape::of(template))?;
    Ok(table.finish(space)?.data)
}

/// Cells of a row by their tags, for those that the table has a column for.
pub(super) fn cells_of(shape: &Shape, properties: &[(PropTag, Value)]) -> Vec<(usize, Vec<u8>)> {
    let mut cells = Vec::new();
    for (tag, value) in properties {
        let column = shape.columns().iter().position(|column| column.tag == *tag);
        if let Some(column) = column {
            let mut bytes = Vec::new();
            encode(value, &mut bytes);
            cells.push((column, bytes));
        }
    }
    cells
}

impl Base {
    /// Writes an object of these properties.
    pub(super) fn object(&mut self, properties: &[(PropTag, Value)]) -> io::Result<WrittenObject> {
        let mut object = ObjectWriter::new()?;
        for (tag, value) in properties {
            self.add_value(&mut object, *tag, value)?;
        }
        object.finish(&mut self.space, None)
    }

    /// Writes the four nodes of a folder; `first` are rows of its hierarchy table that are not of
    /// folders like it.
    pub(super) fn folder(
        &mut self,
        folders: &[Folder],
        own: FolderId,
        rows: &WaitingRows,
        empty: &mut EmptyTables,
        first: &[(NodeId, Vec<(PropTag, Value)>)],
    ) -> io::Result<[NodeEntry; 4]> {
        let folder = folders
            .get(own.0)
            .ok_or_else(|| io::Error::other("a folder that is not there"))?;
        let properties = self.object(&folder.properties())?;
        let children = first.iter().cloned().chain(
            folder
                .children
                .iter()
                .filter_map(|child| folders.get(child.0))
                .map(|child| (child.nid, child.properties())),
        );
        let hierarchy = if folder.children.is_empty() && first.is_empty() {
            self.share_empty(empty, NodeKind::HierarchyTable)?
        } else {
            self.hierarchy(children)?
        };
        let contents = self.contents(rows, own.table(false), &CONTENTS, folder.nid)?;
        let contents = match contents {
            Some(table) => table,
            None => self.share_empty(empty, NodeKind::ContentsTable)?,
        };
        let associated = self.contents(rows, own.table(true), &ASSOCIATED_CONTENTS, folder.nid)?;
        let associated = match associated {
            Some(table) => table,
            None => self.share_empty(empty, NodeKind::AssociatedContentsTable)?,
        };
        let table = |kind, table| node(folder.nid.sibling(kind), table, NodeId(0));
        Ok([
            node(folder.nid, properties, folder.parent),
            table(NodeKind::HierarchyTable, hierarchy),
            table(NodeKind::ContentsTable, contents),
            table(NodeKind::AssociatedContentsTable, associated),
        ])
    }

    fn share_empty(
        &mut self,
        empty: &mut EmptyTables,
        kind: NodeKind,
    ) -> io::Result<WrittenObject> {
        Ok(WrittenObject {
            data: empty.share(&mut self.space, kind)?,
            ..WrittenObject::default()
        })
    }

    fn hierarchy(
        &mut self,
        children: impl Iterator<Item = (NodeId, Vec<(PropTag, Value)>)>,
    ) -> io::Result<WrittenObject> {
        let shape = Shape::of(&HIERARCHY);
        let mut table = TableWriter::new(shape.clone())?;
        for (nid, properties) in children {
            let version = self.next_unique();
            let cells = cells_of(&shape, &properties);
            let cells = cells
                .iter()
                .map(|(column, bytes)| (*column, Cell::Bytes(bytes)));
            let nids = &mut self.nids;
            let mut next = || nids.next(NodeKind::Ltp);
            table.row(&mut self.space, &mut next, (nid.0, version), cells)?;
        }
        table.finish(&mut self.space)
    }

    /// Writes a contents table; none when it has no rows.
    fn contents(
        &mut self,
        rows: &WaitingRows,
        number: usize,
        template: &Template,
        folder: NodeId,
    ) -> io::Result<Option<WrittenObject>> {
        if !rows.has(number) {
            return Ok(None);
        }
        let mut table = TableWriter::new(Shape::of(template))?;
        let (space, nids) = (&mut self.space, &mut self.nids);
        let mut next = || nids.next(NodeKind::Ltp);
        let mut bare = 0_u64;
        rows.each(number, |ids, mut cells| {
            if table.is_full() {
                bare = bare.saturating_add(1);
                let columns = table.columns();
                cells.retain(|(number, _)| {
                    let column = columns.get(*number);
                    column.is_some_and(|column| fixed_size(column.tag.kind()).is_some())
                });
            }
            table.row(space, &mut next, ids, cells.into_iter())
        })?;
        if bare > 0 {
            self.findings.add(
                "pst.write.table-full",
                Effect::Noted,
                format!("node {folder}"),
                format!("{bare} rows of its contents have no texts; the messages have"),
            );
        }
        table.finish(&mut self.space).map(Some)
    }
}

/// The entry of a node.
pub(super) fn node(nid: NodeId, object: WrittenObject, parent: NodeId) -> NodeEntry {
    NodeEntry {
        nid,
        data: object.data,
        subnodes: object.subnodes,
        parent,
    }
}
