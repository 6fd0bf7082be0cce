//! A table that is written, row by row.
//!
//! *Spec*: \[MS-PST\] 2.3.4 (TC).
//!
//! *Shape*: allocation 1 is the header of the row index, allocation 2 `TCINFO`; rows that fit one
//! allocation are in the heap, more are in subnode 0x3F, as many to a block as fit whole.
//!
//! *Invariants*: rows come in the order of their ids; heap blocks, row blocks and nodes of the row
//! index are written as they fill. Cells over 3580 bytes are subnodes of the kind
//! `NID_TYPE_LTP`; Outlook takes no other.

use std::io;

use crate::mapi::value_bytes::fixed_size;
use crate::pst::ltp::HeapId;
use crate::pst::ltp::table_context::Column;
use crate::pst::ndb::subnode::SubnodeEntry;
use crate::pst::ndb::{BlockId, NodeId, NodeKind};
use crate::pst::write::ndb::data_tree::StreamRef;
use crate::pst::write::ndb::space::BLOCK_DATA;
use crate::pst::write::ndb::{DataTree, Space, subnode_tree};

use super::object::WrittenObject;
use super::{HeapTreeWriter, HeapWriter, Shape};
use crate::pst::ltp::heap::ALLOCATION;

/// The node of the row matrix.
const MATRIX: NodeId = NodeId(0x3F);
/// `PidTagLtpRowId`.
const ROW_ID: u16 = 0x67F2;
/// `PidTagLtpRowVer`.
const ROW_VERSION: u16 = 0x67F3;

/// What is in a cell.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// The bytes of a value; of a type with a fixed size as many as that.
    Bytes(&'a [u8]),
    /// A stream of the store that something else has, too.
    Shared(StreamRef),
    /// A stream of the store that nothing else has.
    Own(StreamRef),
}

/// A table on its way.
#[derive(Debug)]
pub(crate) struct TableWriter {
    shape: Shape,
    heap: HeapWriter,
    index: HeapTreeWriter,
    index_header: HeapId,
    info: HeapId,
    rows: Vec<u8>,
    matrix: DataTree,
    has_blocks: bool,
    count: u32,
    subnodes: Vec<SubnodeEntry>,
    bytes: u64,
}

impl TableWriter {
    /// A table of this shape without rows.
    pub(crate) fn new(shape: Shape) -> io::Result<Self> {
        let mut heap = HeapWriter::new(0x7C)?;
        let index_header = heap.allocate(&[0; 8])?;
        let info = heap.allocate(&shape.info(HeapId(0), 0)?)?;
        Ok(Self {
            shape,
            heap,
            index: HeapTreeWriter::new(4, 4),
            index_header,
            info,
            rows: Vec::new(),
            matrix: DataTree::default(),
            has_blocks: false,
            count: 0,
            subnodes: Vec::new(),
            bytes: 0,
        })
    }

    /// The columns, by tag.
    pub(crate) fn columns(&self) -> &[Column] {
        self.shape.columns()
    }

    /// Adds a row: its id, its version, and the cells that it has, by the number of their column.
    /// `next_nid` gives ids to subnodes.
    pub(crate) fn row<'c>(
        &mut self,
        space: &mut Space,
        next_nid: &mut dyn FnMut() -> NodeId,
        (id, version): (u32, u32),
        cells: impl Iterator<Item = (usize, Cell<'c>)>,
    ) -> io::Result<()> {
        let size = self.shape.row_size();
        if self.rows.len().saturating_add(size) > BLOCK_DATA {
            self.close_rows(space)?;
        }
        let mut row = vec![0; size];
        for column in self.shape.columns() {
            let own = match column.tag.id() {
                ROW_ID => id,
                ROW_VERSION => version,
                _ => continue,
            };
            put(&mut row, self.shape.bits_at(), *column, &own.to_le_bytes());
        }
        for (number, cell) in cells {
            let Some(&column) = self.shape.columns().get(number) else {
                continue;
            };
            let bits_at = self.shape.bits_at();
            let fixed = fixed_size(column.tag.kind()).is_some_and(|size| size <= 8);
            if let (true, Cell::Bytes(bytes)) = (fixed, cell) {
                put(&mut row, bits_at, column, bytes);
            } else if let Some(hnid) = self.hnid(space, next_nid, cell)? {
                put(&mut row, bits_at, column, &hnid.to_le_bytes());
            }
        }
        self.rows.extend_from_slice(&row);
        let mut record = id.to_le_bytes().to_vec();
        record.extend_from_slice(&self.count.to_le_bytes());
        self.count = self.count.saturating_add(1);
        self.index.push(&mut self.heap, &record)?;
        self.heap.write_full_pages(space)
    }

    /// Whether no further row has room for its cells.
    pub(crate) fn is_full(&self) -> bool {
        self.heap.is_full()
    }

    /// The HNID of a value; none when the table can have no more subnodes.
    fn hnid(
        &mut self,
        space: &mut Space,
        next_nid: &mut dyn FnMut() -> NodeId,
        cell: Cell<'_>,
    ) -> io::Result<Option<u32>> {
        let stream = match cell {
            Cell::Bytes([]) => return Ok(Some(0)),
            Cell::Bytes(bytes) if bytes.len() <= ALLOCATION => {
                return self.heap.allocate(bytes).map(|hid| Some(hid.0));
            }
            // The matrix takes one of them.
            _ if self.subnodes.len().saturating_add(1) >= subnode_tree::SUBNODES => {
                return Ok(None);
            }
            Cell::Bytes(bytes) => DataTree::write(space, bytes)?,
            Cell::Own(stream) => stream,
            Cell::Shared(stream) => {
                if !space.share(stream.root) {
                    return Ok(None);
                }
                stream
            }
        };
        let nid = next_nid();
        self.bytes = self.bytes.saturating_add(stream.size);
        self.subnodes.push(SubnodeEntry {
            nid,
            data: stream.root,
            subnodes: BlockId(0),
        });
        Ok(Some(nid.0))
    }

    fn close_rows(&mut self, space: &mut Space) -> io::Result<()> {
        self.rows.resize(BLOCK_DATA, 0);
        self.matrix.push_data(space, &self.rows)?;
        self.has_blocks = true;
        self.rows.clear();
        Ok(())
    }

    /// Writes what is left of the table.
    pub(crate) fn finish(mut self, space: &mut Space) -> io::Result<WrittenObject> {
        let rows = if self.has_blocks || self.rows.len() > ALLOCATION {
            if !self.rows.is_empty() {
                self.matrix.push_data(space, &self.rows)?;
            }
            let stream = self.matrix.finish(space)?;
            self.bytes = self.bytes.saturating_add(stream.size);
            self.subnodes.push(SubnodeEntry {
                nid: MATRIX,
                data: stream.root,
                subnodes: BlockId(0),
            });
            MATRIX.0
        } else if self.rows.is_empty() {
            0
        } else {
            self.heap.allocate(&self.rows)?.0
        };
        let (header, _) = self.index.finish(&mut self.heap)?;
        self.heap.patch(self.index_header, 0, &header)?;
        let info = self.shape.info(self.index_header, rows)?;
        self.heap.patch(self.info, 0, &info)?;
        let heap = self.heap.finish(space, self.info)?;
        debug_assert!(
            self.subnodes
                .iter()
                .all(|entry| entry.nid.kind() == NodeKind::Ltp)
        );
        Ok(WrittenObject {
            data: heap.root,
            subnodes: subnode_tree::write(space, self.subnodes)?,
            bytes: self.bytes.saturating_add(heap.size),
        })
    }
}

/// Puts a cell into its row and marks it as there.
fn put(row: &mut [u8], bits_at: usize, column: Column, bytes: &[u8]) {
    let from = usize::from(column.offset);
    let place = row.get_mut(from..from.saturating_add(usize::from(column.size)));
    for (to, from) in place.into_iter().flatten().zip(bytes) {
        *to = *from;
    }
    if let Some(bits) = row.get_mut(bits_at.saturating_add(usize::from(column.bit / 8))) {
        *bits |= 0x80 >> (column.bit % 8);
    }
}
