//! Tables as spreadsheet programs save them: delimited text with one row per line.
//!
//! *Spec*: RFC 4180, and what spreadsheets do beside it (`formats/map.md`, "The file").
//!
//! *Shape*: `category,contact` CRLF `"Müller, Jörg",joerg@example.org` CRLF
//!
//! *Invariants*: a row never vanishes; [`neutralise`] and [`restore`] are inverse to each other.
//!
//! *Seen in the wild*: `;` as the delimiter where the comma is the decimal sign; `sep=;` as the
//! first
//! line; UTF-16 with tabs ("Unicode text"); windows-1252 without any mark (`sheet.text.code-page`);
//! a
//! quote that is never closed (`sheet.row.open-quote`); lines that hold delimiters only.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use encoding_rs::Encoding;

use crate::finding::{Effect, Findings};
use crate::limits;

/// The bytes of a file that must fit in memory.
///
/// # Errors
/// When it cannot be read, or is larger than [`limits::SHEET_BYTES`].
pub fn load(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = limits::SHEET_BYTES;
    File::open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let words = format!("it is larger than {most} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    }
    Ok(bytes)
}

/// The delimiters that are recognised; the first wins a tie.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// The text of one table, decoded.
#[derive(Debug, Clone)]
pub struct Sheet {
    text: String,
    delimiter: char,
    first_line: u64,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the file on which it starts, from 1.
    pub line: u64,
    /// Its cells, white space around them removed.
    pub cells: Vec<String>,
    /// What was wrong with it.
    pub fault: Option<Fault>,
}

/// What can be wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A quote is opened and never closed: it was taken as text.
    OpenQuote,
    /// Cells beyond [`limits::SHEET_COLUMNS`], or text beyond [`limits::SHEET_CELL`] bytes, were
    /// left out.
    TooLong,
}

impl Row {
    /// The cell of a column; empty when the row is shorter.
    #[must_use]
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// The first cell that stands under none of `columns` headings and is not empty.
    #[must_use]
    pub fn beyond(&self, columns: usize) -> Option<&str> {
        let mut cells = self.cells.iter().skip(columns);
        cells.find(|cell| !cell.is_empty()).map(String::as_str)
    }

    /// Whether every cell is empty.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }

    /// Adds the finding for the row's fault, if it has one.
    pub fn report(&self, findings: &mut Findings) {
        let (code, effect, detail) = match self.fault {
            None => return,
            Some(Fault::OpenQuote) => (
                "sheet.row.open-quote",
                Effect::Altered,
                "a quote (\") is opened and never closed, so it was read as text; close or double it",
            ),
            Some(Fault::TooLong) => (
                "sheet.row.too-long",
                Effect::Lost,
                "the row is longer than any table of this kind; what is beyond the limit was \
                 left out",
            ),
        };
        findings.add(code, effect, format!("line {}", self.line), detail);
    }
}

impl Sheet {
    /// Decodes a table: by its byte-order mark, else UTF-8, else `fallback` (with a finding).
    ///
    /// # Findings
    /// `sheet.text.code-page` when it is neither marked nor UTF-8, `sheet.text.undecodable` when
    /// bytes
    /// had no meaning even so.
    #[must_use]
    pub fn decode(bytes: Vec<u8>, fallback: &'static Encoding, findings: &mut Findings) -> Self {
        let mut text = match Encoding::for_bom(&bytes) {
            Some((encoding, _)) => decode_as(encoding, &bytes, findings),
            None => match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(not_utf8) => {
                    findings.add(
                        "sheet.text.code-page",
                        Effect::Noted,
                        "",
                        format!(
                            "the file is not UTF-8; it was read as {}. Save it as \"CSV UTF-8\" to be sure",
                            fallback.name()
                        ),
                    );
                    decode_as(fallback, not_utf8.as_bytes(), findings)
                }
            },
        };
        if !text.contains('\n') && text.contains('\r') {
            text = text.replace('\r', "\n");
        }
        let mut first_line = 1;
        let mut delimiter = None;
        if let Some((sep, rest)) = excel_separator(&text) {
            delimiter = Some(sep);
            text = rest.to_owned();
            first_line = 2;
        }
        let delimiter = delimiter.unwrap_or_else(|| sniff(&text));
        Self {
            text,
            delimiter,
            first_line,
        }
    }

    /// Decodes with windows-1252 as the fallback.
    #[must_use]
    pub fn read(bytes: Vec<u8>, findings: &mut Findings) -> Self {
        Self::decode(bytes, encoding_rs::WINDOWS_1252, findings)
    }

    /// The delimiter that was found.
    #[must_use]
    pub fn delimiter(&self) -> char {
        self.delimiter
    }

    /// The rows that are not blank, in order.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        Rows {
            rest: &self.text,
            line: self.first_line,
            delimiter: self.delimiter,
            open_quotes: 0,
            comments: false,
        }
    }

    /// The same without comments: lines that begin with `#`, whatever quotes they hold, and rows
    /// whose
    /// first cell does.
    pub fn rows_without_comments(&self) -> impl Iterator<Item = Row> {
        let rows = Rows {
            comments: true,
            ..self.rows()
        };
        rows.filter(|row| !row.cell(0).starts_with('#'))
    }
}

/// The rows of a [`Sheet`].
#[derive(Debug, Clone)]
pub struct Rows<'t> {
    rest: &'t str,
    line: u64,
    delimiter: char,
    open_quotes: usize,
    comments: bool,
}

/// One row as split: its cells as they stand, and what follows it.
#[derive(Debug)]
pub struct Split<'t> {
    /// The text behind the row and its line end.
    pub rest: &'t str,
    /// Line ends passed.
    pub lines: u64,
    /// The cells: without quotes, but with the white space and line ends that they hold.
    pub cells: Vec<String>,
    /// Whether cells beyond [`limits::SHEET_COLUMNS`], or text beyond the bound, were left out.
    pub too_long: bool,
}

/// Splits the first row of a text; `None` when quotes count and one is never closed. A quote opens
/// only at the start of a cell; what follows a closed one belongs to the cell.
#[must_use]
pub fn split_row(
    text: &str,
    delimiter: char,
    quotes: bool,
    cell_bytes: usize,
) -> Option<Split<'_>> {
    let mut cells = Vec::new();
    let mut too_long = false;
    let mut rest = text;
    loop {
        let mut cell = String::new();
        if let Some(quoted) = quotes.then(|| after_opening(rest, delimiter)).flatten() {
            rest = quoted;
            loop {
                let (inside, behind) = rest.split_once('"')?;
                too_long |= !push_bounded(&mut cell, inside, cell_bytes);
                let Some(more) = behind.strip_prefix('"') else {
                    rest = behind;
                    break;
                };
                too_long |= !push_bounded(&mut cell, "\"", cell_bytes);
                rest = more;
            }
        }
        let end = cell_end(rest, delimiter);
        let (plain, behind) = end.map_or((rest, ""), |end| rest.split_at(end));
        let ends_row = !behind.starts_with(delimiter);
        let plain = if behind.starts_with('\n') {
            plain.strip_suffix('\r').unwrap_or(plain)
        } else {
            plain
        };
        too_long |= !push_bounded(&mut cell, plain, cell_bytes);
        if cells.len() < limits::SHEET_COLUMNS {
            cells.push(cell);
        } else {
            too_long |= !cell.trim().is_empty();
        }
        let mut after = behind.chars();
        after.next();
        rest = after.as_str();
        if ends_row {
            break;
        }
    }
    let passed = text.get(..text.len().saturating_sub(rest.len()));
    let lines = passed.unwrap_or_default().matches('\n').count() as u64;
    Some(Split {
        rest,
        lines,
        cells,
        too_long,
    })
}

/// What follows the quote that opens the next cell, white space before it left out.
fn after_opening(text: &str, delimiter: char) -> Option<&str> {
    let blank = |c: char| c.is_whitespace() && c != '\n' && c != delimiter;
    text.trim_start_matches(blank).strip_prefix('"')
}

/// Where a cell without quotes ends.
fn cell_end(text: &str, delimiter: char) -> Option<usize> {
    match u8::try_from(delimiter) {
        Ok(delimiter) if delimiter.is_ascii() => memchr::memchr2(delimiter, b'\n', text.as_bytes()),
        _ => text.find([delimiter, '\n']),
    }
}

/// Adds text as far as the bound allows; whether all of it fits.
fn push_bounded(cell: &mut String, text: &str, most: usize) -> bool {
    let room = most.saturating_sub(cell.len());
    if text.len() <= room {
        cell.push_str(text);
        return true;
    }
    let mut end = room;
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    cell.push_str(text.get(..end).unwrap_or_default());
    false
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while !self.rest.is_empty() {
            if self.comments && self.rest.trim_start_matches([' ', '\t']).starts_with('#') {
                self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
                self.line += 1;
                continue;
            }
            let line = self.line;
            let mut fault = None;
            let strict = self.open_quotes < limits::SHEET_BAD_QUOTES;
            let split = |quotes| split_row(self.rest, self.delimiter, quotes, limits::SHEET_CELL);
            let split = match split(strict) {
                Some(split) => split,
                None => {
                    self.open_quotes += 1;
                    fault = Some(Fault::OpenQuote);
                    split(false)?
                }
            };
            self.rest = split.rest;
            self.line += split.lines;
            if split.too_long {
                fault = Some(Fault::TooLong);
            }
            let row = Row {
                line,
                cells: split.cells.into_iter().map(tidy).collect(),
                fault,
            };
            if !row.is_blank() {
                return Some(row);
            }
        }
        None
    }
}

/// A cell of one kind of line end, without white space around it. A neutralised TAB or CR stands
/// behind a quote, so trimming cannot touch it.
fn tidy(cell: String) -> String {
    let cell = if cell.contains('\r') {
        cell.replace("\r\n", "\n")
    } else {
        cell
    };
    let trimmed = cell.trim();
    if trimmed.len() == cell.len() {
        cell
    } else {
        trimmed.to_owned()
    }
}

fn decode_as(encoding: &'static Encoding, bytes: &[u8], findings: &mut Findings) -> String {
    let (text, used, broken) = encoding.decode(bytes);
    if broken {
        findings.add(
            "sheet.text.undecodable",
            Effect::Altered,
            "",
            format!(
                "some bytes have no meaning in {} and became \u{fffd}",
                used.name()
            ),
        );
    }
    text.into_owned()
}

/// `sep=;` on the first line, as Excel reads and some programs write it.
fn excel_separator(text: &str) -> Option<(char, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let first = first.trim_end_matches('\r').trim_matches('"');
    let (word, value) = first.split_at_checked(4)?;
    if !word.eq_ignore_ascii_case("sep=") {
        return None;
    }
    let mut chars = value.chars();
    let delimiter = chars.next()?;
    let only = chars.next().is_none() && delimiter != '"' && !delimiter.is_alphanumeric();
    only.then_some((delimiter, rest))
}

/// The delimiter that occurs most often, outside quotes, in the first line that is no comment.
fn sniff(text: &str) -> char {
    let heading = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .unwrap_or_default();
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for c in heading.chars() {
        if c == '"' {
            quoted = !quoted;
        } else if !quoted {
            for (delimiter, count) in DELIMITERS.iter().zip(&mut counts) {
                *count += usize::from(c == *delimiter);
            }
        }
    }
    let mut best = (',', 0);
    for (delimiter, count) in DELIMITERS.into_iter().zip(counts) {
        if count > best.1 {
            best = (delimiter, count);
        }
    }
    best.0
}

/// A heading as it is compared: letters and digits only, lower case.
#[must_use]
pub fn heading_key(heading: &str) -> String {
    heading
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a cell would start a formula in a spreadsheet, behind any number of `'`.
fn starts_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// The cell with a `'` before it when a spreadsheet would take it as a formula.
#[must_use]
pub fn neutralise(cell: &str) -> Cow<'_, str> {
    if starts_formula(cell) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// The cell as it was before [`neutralise`].
#[must_use]
pub fn restore(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if starts_formula(rest) => rest,
        _ => cell,
    }
}

/// Appends one row: cells as given, quoted where needed, `,` between them, CRLF behind them.
pub fn write_row<S: AsRef<str>>(out: &mut String, cells: impl IntoIterator<Item = S>) {
    for (column, cell) in cells.into_iter().enumerate() {
        if column > 0 {
            out.push(',');
        }
        let cell = cell.as_ref();
        let quote = cell.contains([',', ';', '\t', '|', '"', '\r', '\n', '#'])
            || cell.trim().len() != cell.len();
        if quote {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(bytes: &[u8]) -> (Vec<Row>, Findings) {
        let mut findings = Findings::new();
        let sheet = Sheet::read(bytes.to_vec(), &mut findings);
        let rows: Vec<Row> = sheet.rows().collect();
        for row in &rows {
            row.report(&mut findings);
        }
        (rows, findings)
    }

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        rows(bytes).0.into_iter().map(|row| row.cells).collect()
    }

    #[test]
    fn delimiters_marks_and_line_ends() {
        let want = vec![vec!["a", "b"], vec!["1,5", "x"]];
        assert_eq!(cells(b"a,b\r\n\"1,5\",x\r\n"), want);
        assert_eq!(cells(b"a;b\n1,5;x"), want);
        assert_eq!(cells(b"a\tb\r1,5\tx\r"), want);
        assert_eq!(cells(b"\xef\xbb\xbfa;b\r\n1,5;x"), want);
        assert_eq!(cells(b"sep=;\r\na;b\r\n1,5;x"), want);
        let utf16: Vec<u8> = "\u{feff}a\tb\r\n1,5\tx"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(cells(&utf16), want);
    }

    #[test]
    fn lines_are_counted_through_blank_and_quoted_ones() {
        let (rows, findings) = rows(b"h,i\r\n\r\n,,\r\n\"two\r\nlines\",2\r\nlast,3\r\n");
        let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [1, 4, 6]);
        assert_eq!(rows[1].cell(0), "two\nlines");
        assert!(findings.is_empty());
    }

    #[test]
    fn windows_1252_is_read_and_reported() {
        let (rows, findings) = rows(b"category\r\nM\xfcller \x80\r\n");
        assert_eq!(rows[1].cell(0), "Müller €");
        let codes: Vec<_> = findings.iter().map(|f| f.code).collect();
        assert_eq!(codes, ["sheet.text.code-page"]);
    }

    #[test]
    fn an_open_quote_costs_only_itself() {
        let (rows, findings) = rows(b"a,b\n\"open,1\nnext,2\n");
        assert_eq!(rows[1].cells, ["\"open", "1"]);
        assert_eq!(rows[2].cells, ["next", "2"]);
        let found = findings.iter().next().unwrap();
        assert_eq!(found.code, "sheet.row.open-quote");
        assert_eq!(found.place.part, "line 2");
    }

    #[test]
    fn comments_may_hold_quotes() {
        let text = b"# what \"this, \"is\n  # said\ncategory,contact\n\"# saved, so\",,\nA,b\n";
        let sheet = Sheet::read(text.to_vec(), &mut Findings::new());
        let rows: Vec<(u64, Vec<String>)> = sheet
            .rows_without_comments()
            .map(|row| (row.line, row.cells))
            .collect();
        let row = |one: &str, two: &str| vec![one.to_owned(), two.to_owned()];
        assert_eq!(rows, [(3, row("category", "contact")), (5, row("A", "b"))]);
    }

    #[test]
    fn formulas_are_neutralised_and_restored() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=1", "＝1"] {
            let safe = neutralise(formula);
            assert!(safe.starts_with('\''), "{formula:?}");
            assert_eq!(restore(&safe), formula);
        }
        for text in ["'quoted'", "plain", "", "'"] {
            assert_eq!(neutralise(text), text);
            assert_eq!(restore(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_rows_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let (rows, _) = rows(&bytes);
            prop_assert!(rows.len() <= bytes.len() + 1);
        }

        #[test]
        fn what_is_written_is_read(table in prop::collection::vec(
            prop::collection::vec("[ -~äß山\t\r\n]{0,12}", 3), 1..6)) {
            let mut text = String::new();
            write_row(&mut text, ["one", "two", "three"]);
            for row in &table {
                write_row(&mut text, row.iter().map(|cell| neutralise(cell)));
            }
            let got: Vec<Vec<String>> = cells(text.as_bytes())
                .into_iter()
                .map(|row| row.iter().map(|cell| restore(cell).to_owned()).collect())
                .collect();
            // Spreadsheets know one kind of line end in a cell, and white space around it is not
            // kept.
            let tidy = |cell: &String| {
                let safe = neutralise(cell).replace("\r\n", "\n");
                restore(safe.trim()).to_owned()
            };
            let want: Vec<Vec<String>> = std::iter::once(
                    vec!["one".to_owned(), "two".to_owned(), "three".to_owned()])
                .chain(table.iter().map(|row| row.iter().map(tidy).collect::<Vec<_>>()))
                .filter(|row: &Vec<String>| row.iter().any(|cell| !cell.is_empty()))
                .collect();
            prop_assert_eq!(got, want);
        }

        #[test]
        fn neutralising_is_undone(cell in any::<String>()) {
            let safe = neutralise(&cell);
            prop_assert_eq!(restore(&safe), cell.as_str());
        }
    }
}
