//! Table context: rows and columns.
//!
//! *Spec*: \[MS-PST\] 2.3.4 (TC).
//!
//! *Shape* of `TCINFO`: 0x7C, `cCols`, `rgib` (four 16-bit ends: of 4- and 8-byte cells, of 2-byte
//! cells, of 1-byte cells, of the cell existence bits, which is the row size), `hidRowIndex`,
//! `hnidRows`, `hidIndex`, then `TCOLDESC`s: tag, `ibData`, `cbData`, `iBit`. The row index is a
//! BTH from row id to row number. Rows never cross blocks.
//!
//! *Seen in the wild*: row numbers beyond the matrix (the row is a finding).

use std::sync::OnceLock;

use crate::bytes::ReadAt;
use crate::finding::Effect;
use crate::limits;
use crate::mapi::{PropTag, PropType, Value, value_bytes};
use crate::pst::ndb::subnode::Subnodes;
use crate::pst::ndb::{BlockId, Database, Fault, NodeId, Notes, Spot};

use super::heap::{Heap, HeapId};
use super::heap_tree::HeapTree;
use super::property_context::Source;

/// A block of rows, read when it is first needed.
type RowBlock = (BlockId, OnceLock<Result<Vec<u8>, Fault>>);

/// `TCOLDESC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// `tag`.
    pub tag: PropTag,
    /// `ibData`: offset in the row.
    pub offset: u16,
    /// `cbData`: bytes in the row.
    pub size: u8,
    /// `iBit`: its bit of the cell existence bits.
    pub bit: u8,
}

impl Column {
    pub(in crate::pst) fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            tag: PropTag(bytes.u32_at(0)?),
            offset: bytes.u16_at(4)?,
            size: bytes.u8_at(6)?,
            bit: bytes.u8_at(7)?,
        })
    }
}

/// An open table.
#[derive(Debug)]
pub struct TableContext<'d> {
    heap: Heap<'d>,
    columns: Vec<Column>,
    /// End of the 1-byte cells: where the cell existence bits start.
    bits_at: usize,
    row_size: usize,
    row_index: HeapId,
    rows: HeapId,
    matrix: Vec<RowBlock>,
}

impl<'d> TableContext<'d> {
    /// Opens the table in the data of a node with these subnodes.
    ///
    /// # Errors
    /// A [`Fault`] when the data is no table.
    pub fn open(
        db: &'d Database,
        data: BlockId,
        subnodes: &Subnodes,
        notes: &'d Notes,
        spot: Spot,
    ) -> Result<Self, Fault> {
        let heap = Heap::open(db, data, notes, spot)?;
        let fault = |detail: &str| Fault::new("pst.ltp.table", detail);
        if heap.client() != 0x7C {
            return Err(fault("heap of another kind than a table's"));
        }
        let info = heap.get(heap.root())?;
        let Some([0x7C, count]) = info.array_at::<2>(0) else {
            return Err(fault("TCINFO is missing"));
        };
        let fields = || {
            Some((
                info.u16_at(6)?,
                info.u16_at(8)?,
                info.u32_at(10)?,
                info.u32_at(14)?,
            ))
        };
        let (bits_at, row_size, row_index, rows) =
            fields().ok_or_else(|| fault("TCINFO is cut short"))?;
        let columns: Vec<_> = (0..usize::from(count))
            .map_while(|at| Column::read(info.get(at.checked_mul(8)?.checked_add(22)?..)?))
            .collect();
        if columns.len() < usize::from(count) {
            notes.add(
                "pst.ltp.table",
                Effect::Lost,
                spot,
                "column descriptions are cut short",
            );
        }
        let mut table = Self {
            columns,
            bits_at: usize::from(bits_at),
            row_size: usize::from(row_size),
            row_index: HeapId(row_index),
            rows: HeapId(rows),
            matrix: Vec::new(),
            heap,
        };
        if !table.rows.is_none() && !table.rows.is_heap() {
            match subnodes.get(NodeId(rows)) {
                Some(entry) => {
                    let most = usize::try_from(limits::ROW_BLOCKS).unwrap_or(usize::MAX);
                    table.matrix = db
                        .leaf_list(entry.data, most, notes, spot)
                        .into_iter()
                        .map(|leaf| (leaf, OnceLock::new()))
                        .collect();
                }
                None => notes.add(
                    "pst.ltp.subnode-missing",
                    Effect::Lost,
                    spot,
                    format!("row matrix: there is no subnode {}", NodeId(rows)),
                ),
            }
        }
        Ok(table)
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Row ids and row numbers of the row index, by row id. What cannot be read is a finding.
    ///
    /// # Errors
    /// A [`Fault`] when the row index cannot be opened.
    pub fn row_index(&self) -> Result<impl Iterator<Item = (u32, usize)>, Fault> {
        let tree = HeapTree::open(&self.heap, self.row_index)?;
        if tree.key_size() != 4 || !matches!(tree.data_size(), 2 | 4) {
            return Err(Fault::new(
                "pst.ltp.table",
                format!(
                    "row index of {} + {} bytes",
                    tree.key_size(),
                    tree.data_size()
                ),
            ));
        }
        Ok(tree.records().filter_map(|record| {
            let number = record
                .u32_at(4)
                .or_else(|| record.u16_at(4).map(u32::from))?;
            Some((record.u32_at(0)?, usize::try_from(number).ok()?))
        }))
    }

    /// The bytes of a row.
    ///
    /// # Errors
    /// A [`Fault`] when the matrix has no such row, or its block cannot be read.
    pub fn row(&self, number: usize) -> Result<&[u8], Fault> {
        let missing = || Fault::new("pst.ltp.row-missing", format!("there is no row {number}"));
        if self.row_size == 0 {
            return Err(missing());
        }
        if self.rows.is_heap() {
            let matrix = self.heap.get(self.rows)?;
            let at = number.checked_mul(self.row_size).ok_or_else(missing)?;
            return matrix.slice_at(at, self.row_size).ok_or_else(missing);
        }
        let db = self.heap.database();
        let per_block = db.format().block_data() / self.row_size;
        let block = number.checked_div(per_block).ok_or_else(missing)?;
        let at = number
            .checked_rem(per_block)
            .and_then(|row| row.checked_mul(self.row_size))
            .ok_or_else(missing)?;
        let (leaf, cell) = self.matrix.get(block).ok_or_else(missing)?;
        let bytes = cell
            .get_or_init(|| db.read_block(*leaf, self.heap.notes(), self.heap.spot()))
            .as_deref()
            .map_err(Clone::clone)?;
        bytes.slice_at(at, self.row_size).ok_or_else(missing)
    }

    /// Whether a row has a cell, by its cell existence bits.
    #[must_use]
    pub fn has_cell(&self, row: &[u8], column: Column) -> bool {
        let at = self.bits_at.saturating_add(usize::from(column.bit / 8));
        row.u8_at(at)
            .is_some_and(|bits| bits & (0x80 >> (column.bit % 8)) != 0)
    }

    /// The value of a cell that exists. What cannot be read is a finding, and `None`.
    #[must_use]
    pub fn cell(&self, row: &[u8], column: Column, source: Source<'_>) -> Option<Value> {
        let kind = column.tag.kind();
        let spot = source.spot.property(column.tag.id());
        let bytes = row.slice_at(usize::from(column.offset), usize::from(column.size));
        let Some(bytes) = bytes else {
            source
                .notes
                .add("pst.ltp.table", Effect::Lost, spot, "cell outside its row");
            return None;
        };
        if value_bytes::fixed_size(kind).is_some_and(|size| size <= bytes.len()) {
            return Some(value_bytes::decode(kind, bytes).0);
        }
        if matches!(kind, PropType::NULL | PropType::UNSPECIFIED) {
            return Some(Value::Null);
        }
        match bytes.u32_at(0) {
            Some(hnid) => source.value(&self.heap, kind, hnid, spot),
            None => {
                source.notes.add(
                    "pst.ltp.table",
                    Effect::Lost,
                    spot,
                    "cell too small for its type",
                );
                None
            }
        }
    }

    /// How many rows the matrix has room for; a bound when there is no row index.
    #[must_use]
    pub fn rows_at_most(&self) -> usize {
        let Some(per_block) = self
            .heap
            .database()
            .format()
            .block_data()
            .checked_div(self.row_size)
        else {
            return 0;
        };
        if self.rows.is_heap() {
            self.heap
                .get(self.rows)
                .map_or(0, |matrix| matrix.len() / self.row_size)
        } else {
            self.matrix.len().saturating_mul(per_block)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_descriptions() {
        let bytes = [0x1F, 0, 0x37, 0, 28, 0, 4, 7];
        let column = Column::read(&bytes).unwrap();
        assert_eq!(column.tag, PropTag::new(0x37, PropType::STRING));
        assert_eq!((column.offset, column.size, column.bit), (28, 4, 7));
        assert_eq!(Column::read(&bytes[..7]), None);
    }
}
