//! Rows of contents tables that wait until the end of the run, by folder.
//!
//! *Shape* of a row: its length (32 bits, without itself), row id, row version, then its cells:
//! column number, kind, length, bytes; or of a stream that is in the store its root and size. Of an
//! extent, which has the rows of one table: offset of the one before and one (64 bits; 0: none),
//! length (32 bits), rows.
//!
//! *Invariants*: rows of all tables together take up at most [`limits::ROWS_MEMORY`] bytes of
//! memory and one extent; however messages of folders alternate, tables are read in the order of
//! their rows.

use std::io;
use std::path::Path;

use crate::bytes::ReadAt;
use crate::file_bytes::FileBytes;
use crate::limits;
use crate::pst::ndb::BlockId;
use crate::pst::write::ltp::Cell;
use crate::pst::write::narrow;
use crate::pst::write::ndb::Spool;
use crate::pst::write::ndb::data_tree::StreamRef;

/// A row on its way into a table.
#[derive(Debug, Default)]
pub(super) struct Row(Vec<u8>);

impl Row {
    /// Adds a cell.
    pub(super) fn push(&mut self, column: usize, cell: Cell<'_>) -> io::Result<()> {
        self.0.push(narrow(column)?);
        match cell {
            Cell::Bytes(bytes) => {
                let length: u32 = narrow(bytes.len())?;
                self.0.push(0);
                self.0.extend_from_slice(&length.to_le_bytes());
                self.0.extend_from_slice(bytes);
            }
            Cell::Shared(stream) | Cell::Own(stream) => {
                self.0.push(1);
                self.0.extend_from_slice(&16_u32.to_le_bytes());
                self.0.extend_from_slice(&stream.root.0.to_le_bytes());
                self.0.extend_from_slice(&stream.size.to_le_bytes());
            }
        }
        Ok(())
    }

    /// The cells.
    pub(super) fn cells(&self) -> io::Result<Vec<(usize, Cell<'_>)>> {
        cells(&self.0)
    }
}

#[derive(Debug, Default)]
struct Table {
    pending: Vec<u8>,
    /// Offset of the last extent, and one.
    last: u64,
}

/// Rows by table.
#[derive(Debug)]
pub(super) struct Rows {
    spool: Spool,
    tables: Vec<Table>,
    dirty: Vec<usize>,
    pending: usize,
    bytes: u64,
}

impl Rows {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            spool: Spool::new(folder),
            tables: Vec::new(),
            dirty: Vec::new(),
            pending: 0,
            bytes: 0,
        }
    }

    /// Adds a row to a table.
    pub(super) fn push(
        &mut self,
        table: usize,
        (id, version): (u32, u32),
        row: &Row,
    ) -> io::Result<()> {
        if self.tables.len() <= table {
            self.tables
                .resize_with(table.saturating_add(1), Table::default);
        }
        let Some(own) = self.tables.get_mut(table) else {
            return Ok(());
        };
        if own.pending.is_empty() {
            self.dirty.push(table);
        }
        let length: u32 = narrow(row.0.len().saturating_add(8))?;
        for word in [length, id, version] {
            own.pending.extend_from_slice(&word.to_le_bytes());
        }
        own.pending.extend_from_slice(&row.0);
        let size = row.0.len().saturating_add(12);
        self.bytes = self.bytes.saturating_add(size as u64);
        self.pending = self.pending.saturating_add(size);
        if self.pending > limits::ROWS_MEMORY {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        for table in self.dirty.drain(..) {
            let Some(own) = self.tables.get_mut(table) else {
                continue;
            };
            let length: u32 = narrow(own.pending.len())?;
            let at = self.spool.push(&own.last.to_le_bytes())?;
            self.spool.push(&length.to_le_bytes())?;
            self.spool.push(&own.pending)?;
            own.last = at.saturating_add(1);
            own.pending = Vec::new();
        }
        self.pending = 0;
        Ok(())
    }

    /// Bytes of all rows.
    pub(super) fn len(&self) -> u64 {
        self.bytes
    }

    /// All rows, to be read table by table.
    pub(super) fn finish(mut self) -> io::Result<WaitingRows> {
        self.flush()?;
        Ok(WaitingRows {
            last: self.tables.iter().map(|table| table.last).collect(),
            bytes: self.spool.into_bytes()?,
        })
    }
}

/// Rows that are all there.
#[derive(Debug)]
pub(super) struct WaitingRows {
    bytes: FileBytes,
    last: Vec<u64>,
}

impl WaitingRows {
    /// Gives every row of a table, in order, with id and version.
    pub(super) fn each(
        &self,
        table: usize,
        mut give: impl FnMut((u32, u32), Vec<(usize, Cell<'_>)>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut extents = Vec::new();
        let mut last = self.last.get(table).copied().unwrap_or_default();
        while let Some(at) = last.checked_sub(1) {
            let head = self.bytes.read_exact_at(at, 12)?;
            extents.push((at, head.u32_at(8).unwrap_or_default()));
            let before = head.u64_at(0).unwrap_or_default();
            if before >= last {
                return Err(cut());
            }
            last = before;
        }
        for (at, length) in extents.into_iter().rev() {
            let rows = self
                .bytes
                .read_exact_at(at.saturating_add(12), narrow(length)?)?;
            let mut rest = rows.as_slice();
            while !rest.is_empty() {
                let length: usize = narrow(rest.u32_at(0).ok_or_else(cut)?)?;
                let row = rest.slice_at(4, length).ok_or_else(cut)?;
                rest = rest.get(length.saturating_add(4)..).unwrap_or_default();
                let ids = row.u32_at(0).zip(row.u32_at(4)).ok_or_else(cut)?;
                give(ids, cells(row.get(8..).unwrap_or_default())?)?;
            }
        }
        Ok(())
    }

    /// Whether a table has rows.
    pub(super) fn has(&self, table: usize) -> bool {
        self.last.get(table).is_some_and(|last| *last > 0)
    }
}

fn cut() -> io::Error {
    io::Error::other("a spool of rows is cut short")
}

fn cells(mut bytes: &[u8]) -> io::Result<Vec<(usize, Cell<'_>)>> {
    let mut cells = Vec::new();
    while let Some([column, kind, a, b, c, d]) = bytes.first_chunk::<6>() {
        let length: usize = narrow(u32::from_le_bytes([*a, *b, *c, *d]))?;
        let value = bytes.slice_at(6, length).ok_or_else(cut)?;
        let cell = if *kind == 0 {
            Cell::Bytes(value)
        } else {
            let (root, size) = value.u64_at(0).zip(value.u64_at(8)).ok_or_else(cut)?;
            let root = BlockId(root);
            Cell::Shared(StreamRef { root, size })
        };
        cells.push((usize::from(*column), cell));
        bytes = bytes.get(length.saturating_add(6)..).unwrap_or_default();
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_alternate_come_back_in_order() {
        let mut rows = Rows::new(&std::env::temp_dir());
        let filler = vec![7; 700];
        let count = 60_000;
        for id in 0..count {
            let mut row = Row::default();
            row.push(3, Cell::Bytes(&filler)).unwrap();
            let root = BlockId(u64::from(id));
            row.push(200, Cell::Shared(StreamRef { root, size: 9 }))
                .unwrap();
            rows.push(id as usize % 7, (id, id + 1), &row).unwrap();
        }
        assert!(rows.len() > 4 * limits::ROWS_MEMORY as u64);
        let rows = rows.finish().unwrap();
        let mut seen = 0;
        for table in 0..7 {
            let mut next = u32::try_from(table).unwrap();
            rows.each(table, |(id, version), cells| {
                assert_eq!((id, version), (next, next + 1));
                next += 7;
                seen += 1;
                match cells[..] {
                    [(3, Cell::Bytes(bytes)), (200, Cell::Shared(stream))] => {
                        assert_eq!(bytes, filler);
                        assert_eq!((stream.root.0, stream.size), (u64::from(id), 9));
                    }
                    _ => panic!("{cells:?}"),
                }
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(seen, count);
        assert!(!rows.has(7));
    }
}
