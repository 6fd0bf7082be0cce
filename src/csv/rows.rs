//! Where the rows of a table begin, found in one pass over its bytes.
//!
//! *Spec*: RFC 4180; only a quote at the start of a cell opens one in which line ends do not count.
//!
//! *Invariants*: a quote that is never closed, or that meets a quote which closes nothing lines
//! later, costs its own line only; all bytes read again for that are bounded, so the time is
//! linear.
//!
//! Quotes, delimiters and line ends are bytes below 0x40 but for `|` and `~`; so they mean
//! themselves in UTF-8 and in every code page of Windows.

use std::io;

use crate::file_bytes::FileBytes;
use crate::limits;

use super::encoding::Encoding;

/// What the scan needs to know of a file.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How its bytes are text.
    pub encoding: Encoding,
    /// What stands between cells.
    pub delimiter: char,
    /// Whether lines end with CR alone.
    pub cr_only: bool,
    /// Where its first row begins.
    pub from: u64,
    /// The line on which it does, from 1.
    pub line: u64,
}

/// Where a row begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The offset of its first byte.
    pub offset: u64,
    /// Its line, from 1.
    pub line: u64,
}

/// The rows that are not blank.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    starts: Vec<Start>,
    end: u64,
    /// How many there are, those beyond [`limits::CSV_ROWS`] included.
    pub seen: u64,
    /// Whether quotes lost their power over line ends, there being too many that are not closed.
    pub gave_up: bool,
}

impl Rows {
    /// How many can be read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Where a row begins, and the bytes up to the next.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<(Start, u64)> {
        let start = *self.starts.get(row)?;
        let next = self.starts.get(row.checked_add(1)?);
        let end = next.map_or(self.end, |next| next.offset);
        Some((start, end.saturating_sub(start.offset)))
    }

    /// Finds the rows of a file.
    ///
    /// # Errors
    /// Those of the system.
    pub fn find(bytes: &FileBytes, shape: &Shape) -> io::Result<Self> {
        let mut units = Units::new(bytes, shape);
        let mut rows = Self::default();
        let mut line = shape.line;
        // Every byte may be read again four times, and then quotes are letters like any other.
        let mut again = bytes.len().saturating_mul(4);
        loop {
            let start = Start {
                offset: units.at(),
                line,
            };
            let scanned = match units.row(!rows.gave_up)? {
                Scanned::End => break,
                Scanned::Row(row) => row,
                Scanned::Unclosed => {
                    let lost = units.at().saturating_sub(start.offset);
                    rows.gave_up = again < lost;
                    again = again.saturating_sub(lost);
                    units.seek(start.offset);
                    match units.row(false)? {
                        Scanned::Row(row) => row,
                        Scanned::End | Scanned::Unclosed => break,
                    }
                }
            };
            line = line.saturating_add(scanned.lines);
            if scanned.is_blank {
                continue;
            }
            rows.seen = rows.seen.saturating_add(1);
            if rows.starts.len() < limits::CSV_ROWS {
                rows.starts.push(start);
                rows.end = units.at();
            }
        }
        Ok(rows)
    }
}

/// What the scan of one row came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scanned {
    /// There is none.
    End,
    /// A row.
    Row(RowScan),
    /// A quote was not closed as it should be.
    Unclosed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RowScan {
    lines: u64,
    is_blank: bool,
}

/// Where in a row the scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// Behind a quote that closes the cell, unless another follows it.
    QuoteInQuoted,
    Closed,
}

/// The units of a file, as far as they mean anything to the scan: one that is no ASCII is 0xFF.
struct Units<'f> {
    bytes: &'f FileBytes,
    width: usize,
    big: bool,
    delimiter: u8,
    line_end: u8,
    buffer: Vec<u8>,
    /// Offset of the buffer in the file.
    base: u64,
    /// Place in the buffer.
    place: usize,
}

/// A unit beyond ASCII.
const OTHER: u8 = 0xFF;
const BUFFER: usize = 64 << 10;

impl<'f> Units<'f> {
    fn new(bytes: &'f FileBytes, shape: &Shape) -> Self {
        Self {
            bytes,
            width: shape.encoding.width(),
            big: shape.encoding == Encoding::Utf16Be,
            delimiter: u8::try_from(shape.delimiter).unwrap_or(OTHER),
            line_end: if shape.cr_only { b'\r' } else { b'\n' },
            buffer: Vec::new(),
            base: shape.from,
            place: 0,
        }
    }

    /// The offset of the next unit.
    fn at(&self) -> u64 {
        self.base.saturating_add(self.place as u64)
    }

    fn seek(&mut self, offset: u64) {
        let back = offset.checked_sub(self.base);
        let inside = back.and_then(|back| usize::try_from(back).ok());
        match inside.filter(|place| *place <= self.buffer.len()) {
            Some(place) => self.place = place,
            None => {
                self.buffer.clear();
                self.base = offset;
                self.place = 0;
            }
        }
    }

    fn next(&mut self) -> io::Result<Option<u8>> {
        if self.buffer.len() < self.place.saturating_add(self.width) {
            self.base = self.at();
            self.place = 0;
            self.buffer = vec![0; BUFFER];
            let read = self.bytes.read_at(&mut self.buffer, self.base)?;
            self.buffer.truncate(read);
        }
        let rest = self.buffer.get(self.place..).unwrap_or_default();
        let unit = match (self.width, rest) {
            (_, []) => return Ok(None),
            (1, [byte, ..]) => *byte,
            (_, [one, two, ..]) => {
                let (high, low) = if self.big { (one, two) } else { (two, one) };
                if *high == 0 && low.is_ascii() {
                    *low
                } else {
                    OTHER
                }
            }
            // Half of a unit at the end.
            (_, [_]) => OTHER,
        };
        self.place = self.place.saturating_add(self.width).min(self.buffer.len());
        Ok(Some(unit))
    }

    /// The next unit, less those that change nothing in a cell of whose state they are not.
    fn next_that_counts(&mut self, state: State, row: &mut RowScan) -> io::Result<Option<u8>> {
        let ends = match state {
            State::Quoted => b'"',
            State::Plain => self.delimiter,
            _ => return self.next(),
        };
        if self.width == 1 {
            let rest = self.buffer.get(self.place..).unwrap_or_default();
            let plain = memchr::memchr2(ends, self.line_end, rest).unwrap_or(rest.len());
            let passed = rest.get(..plain).unwrap_or_default();
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
            row.is_blank = row.is_blank && passed.iter().all(blank);
            self.place = self.place.saturating_add(plain);
        }
        self.next()
    }

    /// Scans one row; quotes hold line ends when `many_lines` says so.
    fn row(&mut self, many_lines: bool) -> io::Result<Scanned> {
        let begin = self.at();
        let mut state = State::CellStart;
        let mut row = RowScan {
            lines: 0,
            is_blank: true,
        };
        let mut any = false;
        // Lines passed within the cell.
        let mut inside = 0_u64;
        while let Some(unit) = self.next_that_counts(state, &mut row)? {
            any = true;
            let ends_line = unit == self.line_end;
            if state == State::Quoted {
                match unit {
                    b'"' => state = State::QuoteInQuoted,
                    _ if ends_line => {
                        row.lines = row.lines.saturating_add(1);
                        inside = inside.saturating_add(1);
                        if !many_lines {
                            return Ok(Scanned::Row(row));
                        }
                        if self.at().saturating_sub(begin) > limits::CSV_ROW {
                            return Ok(Scanned::Unclosed);
                        }
                    }
                    b' ' | b'\t' | b'\r' => {}
                    _ => row.is_blank = false,
                }
                continue;
            }
            if state == State::QuoteInQuoted && unit == b'"' {
                row.is_blank = false;
                state = State::Quoted;
            } else if ends_line {
                row.lines = row.lines.saturating_add(1);
                return Ok(Scanned::Row(row));
            } else if unit == self.delimiter {
                state = State::CellStart;
                inside = 0;
            } else if unit == b'"' && state == State::CellStart {
                state = State::Quoted;
            } else if matches!(unit, b' ' | b'\t' | b'\r') {
                if state == State::QuoteInQuoted {
                    state = State::Closed;
                }
            } else {
                row.is_blank = false;
                if matches!(state, State::QuoteInQuoted | State::Closed) && inside > 0 {
                    return Ok(Scanned::Unclosed);
                }
                state = State::Plain;
            }
        }
        if state == State::Quoted && inside > 0 {
            return Ok(Scanned::Unclosed);
        }
        Ok(if any { Scanned::Row(row) } else { Scanned::End })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(bytes: &[u8], delimiter: char) -> (Rows, Vec<String>) {
        let file = FileBytes::in_memory(bytes);
        let shape = Shape {
            encoding: Encoding::Utf8,
            delimiter,
            cr_only: !bytes.contains(&b'\n') && bytes.contains(&b'\r'),
            from: 0,
            line: 1,
        };
        let rows = Rows::find(&file, &shape).unwrap();
        let texts = (0..rows.len()).map(|row| {
            let (start, len) = rows.get(row).unwrap();
            let len = usize::try_from(len).unwrap();
            let bytes = file.read_exact_at(start.offset, len).unwrap();
            format!(
                "{} {}",
                start.line,
                String::from_utf8_lossy(&bytes).trim_end()
            )
        });
        let texts = texts.collect();
        (rows, texts)
    }

    fn texts(text: &str) -> Vec<String> {
        found(text.as_bytes(), ',').1
    }

    #[test]
    fn rows_begin_where_no_quote_is_open() {
        assert_eq!(texts("a,b\r\n1,2\r\n"), ["1 a,b", "2 1,2"]);
        assert_eq!(texts("a,b\r1,2"), ["1 a,b", "2 1,2"]);
        assert_eq!(texts("a,\"b\nc\"\n1,2"), ["1 a,\"b\nc\"", "3 1,2"]);
        assert_eq!(texts("a, \"b\"\"\n\"\n1,2"), ["1 a, \"b\"\"\n\"", "3 1,2"]);
        assert_eq!(texts("a,5\" pipe\n1,2"), ["1 a,5\" pipe", "2 1,2"]);
        assert_eq!(texts("\n , \n\"\",\"\"\na\n\n"), ["4 a"]);
    }

    #[test]
    fn a_quote_that_is_not_closed_costs_its_own_line() {
        assert_eq!(texts("a,b\n\"x,1\ny,2\n"), ["1 a,b", "2 \"x,1", "3 y,2"]);
        // It would swallow a row, up to a quote that opens another cell.
        let swallowed = texts("a,b\n\"x,1\ny,2\n\"z\",3\n\"w\",4\n");
        assert_eq!(
            swallowed,
            ["1 a,b", "2 \"x,1", "3 y,2", "4 \"z\",3", "5 \"w\",4"]
        );
        assert!(!found(b"\"a\n\"b\n\"c\n", ',').0.gave_up);
    }

    #[test]
    fn quotes_without_end_take_linear_time() {
        // Every line opens a quote that the last line closes as it should not.
        let mut text = "\"\"\"x\n".repeat(20_000);
        text.push_str("\"x\"y\n");
        let (rows, _) = found(text.as_bytes(), ',');
        assert_eq!(rows.seen, 20_001);
    }

    proptest! {
        #[test]
        fn every_byte_is_of_one_row_or_of_none(text in "[ab\",;\n\r ]{0,60}") {
            let (rows, _) = found(text.as_bytes(), ',');
            let mut end = 0;
            for row in 0..rows.len() {
                let (start, len) = rows.get(row).unwrap();
                prop_assert!(start.offset >= end && len > 0);
                end = start.offset + len;
            }
            prop_assert!(end <= text.len() as u64);
        }

        #[test]
        fn rows_that_are_written_are_found(table in prop::collection::vec(
            prop::collection::vec("[a-c\",\n]{0,6}x", 3), 1..6)) {
            let mut text = String::new();
            table.iter().for_each(|row| crate::sheet::write_row(&mut text, row));
            prop_assert_eq!(found(text.as_bytes(), ',').0.len(), table.len());
        }
    }
}
