//! The columns of a table and where they are in a row.
//!
//! *Spec*: \[MS-PST\] 2.3.4.1 (TCINFO), 2.3.4.2 (TCOLDESC).
//!
//! *Invariants*: the columns of a template stay where Outlook has them; further ones follow, each
//! in the part of the row for cells of its size.

use std::io;

use crate::mapi::PropTag;
use crate::mapi::value_bytes::fixed_size;
use crate::pst::ltp::HeapId;
use crate::pst::ltp::table_context::Column;
use crate::pst::write::narrow;

/// Columns that a table may have: their number has 8 bits.
const COLUMNS: usize = 255;

/// A template: columns by tag (tag, offset, bit), and the ends of the parts of a row.
#[derive(Debug)]
pub(crate) struct Template {
    /// Tag, `ibData`, `iBit`.
    pub(crate) columns: &'static [(u32, u16, u8)],
    /// `rgib`.
    pub(crate) ends: [u16; 4],
}

/// The layout of the rows of one table.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    columns: Vec<Column>,
    ends: [u16; 4],
}

/// Bytes of the cell of a type.
fn cell_size(tag: PropTag) -> u8 {
    match fixed_size(tag.kind()) {
        Some(1) => 1,
        Some(2) => 2,
        Some(8) => 8,
        // 32 bits, or a HNID.
        _ => 4,
    }
}

impl Shape {
    /// The columns of a template.
    pub(crate) fn of(template: &Template) -> Self {
        let column = |&(tag, offset, bit): &(u32, u16, u8)| Column {
            tag: PropTag(tag),
            offset,
            size: cell_size(PropTag(tag)),
            bit,
        };
        Self {
            columns: template.columns.iter().map(column).collect(),
            ends: template.ends,
        }
    }

    /// The columns of a template and of these tags, as far as a table can have them; the others
    /// come back.
    pub(crate) fn extended(template: &Template, tags: &[PropTag]) -> (Self, Vec<PropTag>) {
        let mut shape = Self::of(template);
        let mut left = Vec::new();
        let mut added = Vec::new();
        for &tag in tags {
            let known = |column: &Column| column.tag == tag;
            if shape.columns.iter().chain(&added).any(known) {
                continue;
            }
            let bit = shape.columns.len().saturating_add(added.len());
            match u8::try_from(bit).ok().filter(|_| bit < COLUMNS) {
                Some(bit) => added.push(Column {
                    tag,
                    offset: 0,
                    size: cell_size(tag),
                    bit,
                }),
                None => left.push(tag),
            }
        }
        shape.add(added);
        (shape, left)
    }

    /// Makes room at the end of each part of the row; what is behind moves back.
    fn add(&mut self, mut added: Vec<Column>) {
        let [mut wide, mut two, mut one, _] = self.ends;
        for (end_of, sizes) in [(0, &[4, 8][..]), (1, &[2][..]), (2, &[1][..])] {
            for column in added
                .iter_mut()
                .filter(|column| sizes.contains(&column.size))
            {
                let size = u16::from(column.size);
                column.offset = match end_of {
                    0 => wide,
                    1 => two,
                    _ => one,
                };
                for later in &mut self.columns {
                    if later.offset >= column.offset {
                        later.offset = later.offset.saturating_add(size);
                    }
                }
                if end_of == 0 {
                    wide = wide.saturating_add(size);
                }
                if end_of <= 1 {
                    two = two.saturating_add(size);
                }
                one = one.saturating_add(size);
            }
        }
        self.columns.extend(added);
        self.columns.sort_unstable_by_key(|column| column.tag);
        let bits = self.columns.len().div_ceil(8);
        let bits = u16::try_from(bits).unwrap_or(u16::MAX);
        self.ends = [wide, two, one, one.saturating_add(bits)];
    }

    /// The columns, by tag.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Bytes of a row.
    pub(crate) fn row_size(&self) -> usize {
        let [.., end] = self.ends;
        usize::from(end)
    }

    /// Where the cell existence bits start.
    pub(crate) fn bits_at(&self) -> usize {
        let [_, _, end, _] = self.ends;
        usize::from(end)
    }

    /// `TCINFO` and its `TCOLDESC`s.
    pub(crate) fn info(&self, row_index: HeapId, rows: u32) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0x7C, narrow(self.columns.len())?];
        for end in self.ends {
            bytes.extend_from_slice(&end.to_le_bytes());
        }
        for word in [row_index.0, rows, 0] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        for column in &self.columns {
            bytes.extend_from_slice(&column.tag.0.to_le_bytes());
            bytes.extend_from_slice(&column.offset.to_le_bytes());
            bytes.extend_from_slice(&[column.size, column.bit]);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Template = Template {
        columns: &[
            (0x0E0F_000B, 12, 2),
            (0x3001_001F, 8, 3),
            (0x67F2_0003, 0, 0),
            (0x67F3_0003, 4, 1),
        ],
        ends: [12, 12, 13, 14],
    };

    #[test]
    fn further_columns_go_behind_their_like() {
        let tags = [0x3002_000B, 0x3003_0040, 0x3004_0002, 0x3001_001F].map(PropTag);
        let (shape, left) = Shape::extended(&SMALL, &tags);
        assert!(left.is_empty());
        let places: Vec<_> = shape
            .columns()
            .iter()
            .map(|column| (column.tag.0, column.offset, column.size, column.bit))
            .collect();
        assert_eq!(
            places,
            [
                (0x0E0F_000B, 22, 1, 2),
                (0x3001_001F, 8, 4, 3),
                (0x3002_000B, 23, 1, 4),
                (0x3003_0040, 12, 8, 5),
                (0x3004_0002, 20, 2, 6),
                (0x67F2_0003, 0, 4, 0),
                (0x67F3_0003, 4, 4, 1),
            ]
        );
        assert_eq!(shape.ends, [20, 22, 24, 25]);
    }

    #[test]
    fn there_are_255_columns_at_most() {
        let tags: Vec<_> = (0..300).map(|id| PropTag(id << 16 | 3)).collect();
        let (shape, left) = Shape::extended(&SMALL, &tags);
        assert_eq!((shape.columns().len(), left.len()), (255, 49));
        assert!(shape.row_size() < 8176);
    }
}
