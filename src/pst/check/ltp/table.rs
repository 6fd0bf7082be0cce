//! Tables: columns, row index, row matrix, cells.
//!
//! *Spec*: \[MS-PST\] 2.3.4.
//!
//! *Invariants*: of the rows, 8 bytes each are in memory, and one block.

use crate::bytes::ReadAt;
use crate::limits;
use crate::mapi::PropType;
use crate::mapi::value_bytes::fixed_size;
use crate::pst::check::ndb::Ground;
use crate::pst::check::report::Place;
use crate::pst::ltp::{Column, HeapId};
use crate::pst::ndb::subnode::Subnodes;
use crate::pst::ndb::{BlockId, NodeId, NodeKind};

use super::heap::Heap;
use super::stored::{self, Stored};
use super::{Care, heap_tree, rules as rule};

/// A table.
pub(in crate::pst::check) struct Table<'g, 'f> {
    heap: Heap<'g, 'f>,
    place: Place,
    subnodes: Subnodes,
    columns: Vec<Column>,
    /// `rgib`.
    ends: [u16; 4],
    /// Row numbers and ids, by number.
    index: Vec<(u32, u32)>,
    matrix: Matrix,
}

/// Where the rows are.
#[derive(Debug)]
enum Matrix {
    Heap(Vec<u8>),
    Blocks(Vec<BlockId>),
}

impl<'g, 'f> Table<'g, 'f> {
    /// Opens the table in a node and holds it against its rules; `None`, and a breach, when there
    /// is none.
    pub(in crate::pst::check) fn open(
        ground: &'g Ground<'f>,
        data: BlockId,
        subnodes: BlockId,
        place: Place,
    ) -> Option<Self> {
        let heap = Heap::open(ground, data, place, 0x7C, Care::Strict)?;
        let info = heap.get(heap.root())?;
        let Some(([0x7C, count], ends)) = info.array_at::<2>(0).zip(ends(&info)) else {
            heap.add(&rule::TABLE_INFO, "its root is no TCINFO");
            return None;
        };
        let described = info.get(22..).unwrap_or_default();
        let columns: Vec<_> = described.chunks_exact(8).filter_map(Column::read).collect();
        if columns.len() != usize::from(count)
            || !ends.is_sorted()
            || !described.len().is_multiple_of(8)
        {
            let detail = format!(
                "{count} columns, {} described; rgib {ends:?}",
                columns.len()
            );
            heap.add(&rule::TABLE_INFO, detail);
        }
        if info.u32_at(18) != Some(0) {
            heap.add(&rule::TABLE_HID_INDEX, "it is not 0");
        }
        let mut table = Self {
            subnodes: ground.subnodes(subnodes),
            heap,
            place,
            columns,
            ends,
            index: Vec::new(),
            matrix: Matrix::Blocks(Vec::new()),
        };
        table.check_columns();
        table.index(HeapId(info.u32_at(10)?));
        table.matrix(info.u32_at(14)?);
        Some(table)
    }

    /// The columns.
    pub(in crate::pst::check) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// `rgib`.
    pub(in crate::pst::check) fn ends(&self) -> [u16; 4] {
        self.ends
    }

    /// How many rows there are, by the row index.
    pub(in crate::pst::check) fn count(&self) -> usize {
        self.index.len()
    }

    /// The column of a property.
    pub(in crate::pst::check) fn column(&self, id: u16) -> Option<Column> {
        let mut columns = self.columns.iter();
        columns.find(|column| column.tag.id() == id).copied()
    }

    fn row_size(&self) -> usize {
        self.ends.last().map_or(0, |end| usize::from(*end))
    }

    fn check_columns(&self) {
        if !self
            .columns
            .is_sorted_by(|one, next| one.tag.0 < next.tag.0)
        {
            self.heap
                .add(&rule::TABLE_ORDER, "columns are not sorted by their tags");
        }
        let [fours, twos, ones, end] = self.ends.map(usize::from);
        let mut spans = Vec::new();
        let mut bits = [false; 256];
        for column in &self.columns {
            let (at, size) = (usize::from(column.offset), usize::from(column.size));
            let after = at.saturating_add(size);
            // Larger values are behind a HNID.
            let wanted = fixed_size(column.tag.kind()).filter(|size| *size <= 8);
            let wanted = wanted.unwrap_or(4);
            let area = match size {
                1 => twos..=ones,
                2 => fours..=twos,
                _ => 0..=fours,
            };
            if size != wanted || !area.contains(&at) || !area.contains(&after) {
                let detail = format!(
                    "column {:?}: {size} bytes at {at}; {wanted} are wanted, within rgib {:?}",
                    column.tag, self.ends
                );
                self.heap.add(&rule::TABLE_COLUMN, detail);
            }
            spans.push((at, after));
            let count = self.columns.len();
            let bit = bits.get_mut(usize::from(column.bit));
            if bit.as_deref() == Some(&true) || usize::from(column.bit) >= count {
                let detail = format!("column {:?}: bit {} of {count}", column.tag, column.bit);
                self.heap.add(&rule::TABLE_BIT, detail);
            }
            if let Some(bit) = bit {
                *bit = true;
            }
        }
        spans.sort_unstable();
        let mut next = spans.iter().skip(1);
        let meet = |span: &&(usize, usize)| next.next().is_some_and(|next| next.0 < span.1);
        if let Some((at, _)) = spans.iter().find(meet) {
            let detail = format!("the cell at {at} runs into the next");
            self.heap.add(&rule::TABLE_COLUMN, detail);
        }
        if end != ones.saturating_add(self.columns.len().div_ceil(8)) {
            let detail = format!("rgib {:?} with {} columns", self.ends, self.columns.len());
            self.heap.add(&rule::TABLE_ROW_SIZE, detail);
        }
        let own = |id, offset, bit| {
            self.column(id)
                .is_some_and(|column| (column.offset, column.size, column.bit) == (offset, 4, bit))
        };
        if !own(0x67F2, 0, 0) || !own(0x67F3, 4, 1) {
            let detail = "the columns 0x67F2 and 0x67F3 are not where they must be";
            self.heap.add(&rule::TABLE_ROW_ID, detail);
        }
    }

    fn index(&mut self, header: HeapId) {
        let mut index = Vec::new();
        // Row numbers of ANSI stores have 16 bits, but for a few tables.
        let sizes: &[usize] = if self.heap.ground().format().is_wide() {
            &[4]
        } else {
            &[2, 4]
        };
        heap_tree::each(&self.heap, header, 4, sizes, |record| {
            let number = record.u32_at(4).or_else(|| record.u16_at(4).map(u32::from));
            if index.len() < limits::CHECK_ROWS {
                index.extend(number.zip(record.u32_at(0)));
            }
        });
        index.sort_unstable();
        self.index = index;
    }

    fn matrix(&mut self, hnid: u32) {
        let ground = self.heap.ground();
        let size = self.row_size().max(1);
        let hid = HeapId(hnid);
        let rows = if hid.is_none() {
            0
        } else if hid.is_heap() {
            let bytes = self.heap.get(hid).unwrap_or_default();
            let rows = bytes.len() / size;
            if !bytes.len().is_multiple_of(size) {
                let detail = format!("{} bytes of rows of {size}", bytes.len());
                self.heap.add(&rule::TABLE_MATRIX, detail);
            }
            self.matrix = Matrix::Heap(bytes);
            rows
        } else {
            let nid = NodeId(hnid);
            if nid.kind() != NodeKind::Ltp {
                let detail = format!("the row matrix is in subnode {nid}");
                self.heap.add(&rule::TABLE_MATRIX_NODE, detail);
            }
            let entry = self.subnodes.get(nid);
            let leaves = entry.and_then(|entry| {
                let most = usize::try_from(limits::ROW_BLOCKS).unwrap_or(usize::MAX);
                ground.leaves(entry.data, most)
            });
            let Some(leaves) = leaves else {
                let detail = format!("the row matrix in subnode {nid} cannot be read");
                self.heap.add(&rule::TABLE_MATRIX, detail);
                return;
            };
            let per_block = ground.format().block_data() / size;
            let last = leaves.last().copied().unwrap_or_default();
            let in_last = usize::try_from(ground.stream_size(last)).unwrap_or(0) / size;
            let full = leaves.len().saturating_sub(1).saturating_mul(per_block);
            self.matrix = Matrix::Blocks(leaves);
            full.saturating_add(in_last.min(per_block))
        };
        self.check_index(rows);
    }

    fn check_index(&self, rows: usize) {
        if rows != self.index.len() || !self.is_dense() {
            let listed = self.index.len();
            let detail = format!("{listed} rows in the index, {rows} in the matrix");
            self.heap.add(&rule::TABLE_ROWS, detail);
        }
    }

    /// Whether row numbers are 0, 1, 2…
    fn is_dense(&self) -> bool {
        let numbers = self.index.iter().map(|&(number, _)| number);
        numbers
            .zip(0_u32..)
            .all(|(number, wanted)| number == wanted)
    }

    /// Gives every row of the index with its id, by row number.
    pub(in crate::pst::check) fn each_row(&self, mut give: impl FnMut(NodeId, &[u8])) {
        let size = self.row_size();
        let ground = self.heap.ground();
        if size == 0 {
            return;
        }
        let per_block = (ground.format().block_data() / size).max(1);
        let mut held: Option<(usize, Vec<u8>)> = None;
        for &(number, id) in &self.index {
            if ground.is_exhausted() {
                return;
            }
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            let row = match &self.matrix {
                Matrix::Heap(bytes) => {
                    let at = number.saturating_mul(size);
                    bytes.slice_at(at, size)
                }
                Matrix::Blocks(leaves) => {
                    let block = number / per_block;
                    if held.as_ref().is_none_or(|(at, _)| *at != block) {
                        let leaf = leaves.get(block).copied();
                        let bytes = leaf.and_then(|leaf| ground.read(leaf));
                        held = Some((block, bytes.unwrap_or_default()));
                    }
                    let at = (number % per_block).saturating_mul(size);
                    held.as_ref()
                        .and_then(|(_, bytes)| bytes.slice_at(at, size))
                }
            };
            let Some(row) = row else {
                if !ground.is_exhausted() {
                    let detail = format!("row {number}, of 0x{id:X}, is not in the matrix");
                    self.heap.add(&rule::TABLE_ROW, detail);
                }
                continue;
            };
            let own = row.u32_at(0).unwrap_or_default();
            if own != id {
                let detail = format!("row {number} says 0x{own:X}, the row index 0x{id:X}");
                self.heap.add(&rule::TABLE_ROW, detail);
            }
            for column in &self.columns {
                self.check_cell(row, *column);
            }
            give(NodeId(id), row);
        }
    }

    fn check_cell(&self, row: &[u8], column: Column) {
        let kind = column.tag.kind();
        let inline = fixed_size(kind).is_some_and(|size| size <= usize::from(column.size));
        // Rows of an OST have text that is no UTF-16, in a form that no document tells of.
        if inline || kind == PropType::OBJECT || self.heap.ground().is_cache() {
            return;
        }
        if let Some(value) = self.cell(row, column) {
            let name = format!("row 0x{:X}: {:?}", row.u32_at(0).unwrap_or(0), column.tag);
            stored::check(self.heap.ground(), kind, &value, self.place, &name);
        }
    }

    /// Whether a row has a cell.
    pub(in crate::pst::check) fn has_cell(&self, row: &[u8], column: Column) -> bool {
        let [_, _, bits, _] = self.ends.map(usize::from);
        let at = bits.saturating_add(usize::from(column.bit / 8));
        row.u8_at(at)
            .is_some_and(|bits| bits & (0x80 >> (column.bit % 8)) != 0)
    }

    /// The value of a cell, if the row has it.
    pub(in crate::pst::check) fn cell(&self, row: &[u8], column: Column) -> Option<Stored> {
        if !self.has_cell(row, column) {
            return None;
        }
        let at = usize::from(column.offset);
        let bytes = row.slice_at(at, usize::from(column.size))?;
        let kind = column.tag.kind();
        if fixed_size(kind).is_some_and(|size| size <= bytes.len()) {
            return Some(Stored::Bytes(bytes.to_vec()));
        }
        let hnid = bytes.u32_at(0)?;
        let missing = &rule::TABLE_CELL;
        stored::by_hnid(&self.heap, &self.subnodes, hnid, self.place, missing)
    }

    /// A number of 32 bits in a row.
    pub(in crate::pst::check) fn number(&self, row: &[u8], id: u16) -> Option<u32> {
        let column = self.column(id)?;
        match self.cell(row, column)? {
            Stored::Bytes(bytes) => bytes.u32_at(0),
            Stored::Stream(_) => None,
        }
    }
}

fn ends(info: &[u8]) -> Option<[u16; 4]> {
    Some([
        info.u16_at(2)?,
        info.u16_at(4)?,
        info.u16_at(6)?,
        info.u16_at(8)?,
    ])
}
