//! One table, open: what it is, and its rows one by one.
//!
//! *Invariant*: a row is read from the file when it is asked for; the file is never held in memory.

use std::io;

use thiserror::Error;

use crate::file_bytes::{Extent, FileBytes};
use crate::finding::{Effect, Findings};
use crate::limits;
use crate::sheet::{restore, split_row};

use super::date::{DateOrder, Form, Numbers, date_cell};
use super::date_order::{Evidence, Why};
use super::encoding::{self, DOS, Encoding, Examined};
use super::headings::Kind;
use super::layout::{Layout, Look, announced, look};
use super::rows::{Rows, Shape};

/// What the user says of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Code page of a file that is not marked as Unicode.
    pub code_page: Option<u16>,
    /// What stands between cells.
    pub delimiter: Option<char>,
    /// The order of dates.
    pub date_order: Option<DateOrder>,
}

/// Why a table cannot be read.
#[derive(Debug, Error)]
pub enum TableError {
    /// The system says so.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    /// It is no table of ours.
    #[error(
        "its first row has not the headings of an Outlook or BigContacts export; if something else \
         than {delimiters} stands between the cells, name it by --delimiter",
        delimiters = "a comma, a semicolon or a TAB"
    )]
    NotOurs,
}

/// An open table.
#[derive(Debug)]
pub struct Table {
    bytes: FileBytes,
    layout: Layout,
    shape: Shape,
    rows: Rows,
    order: (DateOrder, Why),
    findings: Findings,
}

/// One row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its line, from 1.
    pub line: u64,
    /// Its cells, as many as there are; formulas are as they were before they were neutralised.
    pub cells: Vec<String>,
    /// What was not as it should be.
    pub findings: Findings,
}

/// Bytes of the beginning that headings are looked for in.
const HEAD: u64 = 64 << 10;

/// Bytes of it that headings may take.
const HEADINGS: usize = 16 << 10;

/// Columns that hold a date.
const DATES: &[&str] = &[
    "Start Date",
    "End Date",
    "Due Date",
    "Date Completed",
    "Reminder Date",
    "Birthday",
    "Anniversary",
];

impl Table {
    /// Opens a table.
    ///
    /// # Errors
    /// When the file cannot be read, or is no table of ours.
    ///
    /// # Findings
    /// `csv.table.form`, what was found to be so; `csv.table.code-page`, `csv.date.order` when it
    /// was not certain; `csv.date.short-year`, `csv.row.quotes`, `csv.row.too-many`.
    pub fn open(bytes: FileBytes, options: &Options) -> Result<Self, TableError> {
        let examined = encoding::examine(&bytes, options.code_page)?;
        let head = Extent {
            bytes: bytes.clone(),
            offset: examined.mark,
            len: bytes.len().saturating_sub(examined.mark).min(HEAD),
        };
        let head = head.read(HEAD)?;
        let (encoding, layout, delimiter) = recognise(&bytes, &head, &examined, options)?;
        let (text, _) = encoding.decode(&head);
        let text = lines(text, examined.cr_only);
        // `sep=` stands on a line of its own before the headings.
        let skipped = match announced(&text) {
            (Some(_), rest) => {
                let letters = text.len().saturating_sub(rest.len()) as u64;
                (letters.saturating_mul(encoding.width() as u64), 1)
            }
            _ => (0, 0),
        };
        let shape = Shape {
            encoding,
            delimiter,
            cr_only: examined.cr_only,
            from: examined.mark.saturating_add(skipped.0),
            line: 1_u64.saturating_add(skipped.1),
        };
        let rows = Rows::find(&bytes, &shape)?;
        let custom = layout.language.order;
        let mut table = Self {
            bytes,
            layout,
            shape,
            rows,
            order: (options.date_order.unwrap_or(custom), Why::Unneeded),
            findings: Findings::new(),
        };
        let (evidence, short_years) = table.evidence()?;
        table.order = evidence.decide(options.date_order, custom);
        table.report(&examined, short_years);
        Ok(table)
    }

    /// What it is.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What its rows are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.layout.kind
    }

    /// How many rows it has below its headings.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.rows.len().saturating_sub(1) as u64
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows there are below the headings, those beyond the limit included.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.rows.seen.saturating_sub(1)
    }

    /// Whether it has this column.
    #[must_use]
    pub fn has(&self, is: &str) -> bool {
        !self.layout.places(is).is_empty()
    }

    /// The order of its dates.
    #[must_use]
    pub fn order(&self) -> DateOrder {
        self.order.0
    }

    /// What was found in the file as a whole.
    #[must_use]
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// The line on which a row below the headings begins.
    #[must_use]
    pub fn line(&self, row: u64) -> Option<u64> {
        let (start, _) = self.rows.get(below(row)?)?;
        Some(start.line)
    }

    /// Reads a row below the headings, from 0.
    ///
    /// # Errors
    /// Those of the system, and when there is no such row.
    ///
    /// # Findings
    /// `csv.row.open-quote`, `csv.row.too-long`, `csv.text.undecodable`.
    pub fn row(&self, row: u64) -> io::Result<Row> {
        let place = below(row).and_then(|row| self.rows.get(row));
        let (start, len) = place.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut findings = Findings::new();
        let extent = Extent {
            bytes: self.bytes.clone(),
            offset: start.offset,
            len: len.min(limits::CSV_ROW),
        };
        let bytes = extent.read(limits::CSV_ROW)?;
        let (text, lossless) = self.shape.encoding.decode(&bytes);
        drop(bytes);
        if !lossless {
            let detail = format!(
                "some bytes have no meaning in {}; they were read as windows-1252 or became \
                 \u{fffd}: name the code page by --code-page",
                self.shape.encoding.name()
            );
            findings.add("csv.text.undecodable", Effect::Altered, "", detail);
        }
        let text = lines(text, self.shape.cr_only);
        let split = |quotes| split_row(&text, self.shape.delimiter, quotes, usize::MAX);
        let split = match split(true) {
            Some(split) => Some(split),
            None => {
                let detail = "a quote (\") is opened and not closed as it should be, so it was \
                              read as text; close or double it";
                findings.add("csv.row.open-quote", Effect::Altered, "", detail);
                split(false)
            }
        };
        let split = split.ok_or(io::ErrorKind::InvalidData)?;
        if split.too_long || len > limits::CSV_ROW {
            let detail = format!(
                "a row of {len} bytes; what is beyond {} cells or {} bytes was left out",
                limits::SHEET_COLUMNS,
                limits::CSV_ROW
            );
            findings.add("csv.row.too-long", Effect::Lost, "", detail);
        }
        let cells = split.cells.into_iter().map(|cell| match restore(&cell) {
            restored if restored.len() < cell.len() => restored.to_owned(),
            _ => cell,
        });
        Ok(Row {
            line: start.line,
            cells: cells.collect(),
            findings,
        })
    }

    /// What the dates of all rows tell of their order, and whether a year has two digits. Ends with
    /// the first row that settles it.
    fn evidence(&self) -> io::Result<(Evidence, bool)> {
        let mut evidence = Evidence::default();
        let mut short_years = false;
        let columns: Vec<(usize, &str)> = self
            .layout
            .columns
            .iter()
            .enumerate()
            .filter_map(|(number, column)| Some((number, column.is?)))
            .filter(|(_, is)| DATES.contains(is))
            .collect();
        if columns.is_empty() {
            return Ok((evidence, short_years));
        }
        for row in 0..self.len() {
            let row = self.row(row)?;
            let mut span: [Option<Numbers>; 2] = [None; 2];
            for (number, is) in &columns {
                let cell = row.cells.get(*number).map(String::as_str);
                let Some(Form::Numbers(numbers)) = cell.and_then(date_cell).map(|cell| cell.form)
                else {
                    continue;
                };
                evidence.see(&numbers);
                short_years |= numbers.has_short_year();
                match *is {
                    "Start Date" => span[0] = Some(numbers),
                    "End Date" | "Due Date" => span[1] = Some(numbers),
                    _ => {}
                }
            }
            if let [Some(start), Some(end)] = span {
                evidence.see_span(&start, &end);
            }
            if evidence.is_settled() {
                break;
            }
        }
        Ok((evidence, short_years))
    }

    fn report(&mut self, examined: &Examined, short_years: bool) {
        let Layout {
            kind,
            language,
            columns,
            known,
            ..
        } = &self.layout;
        let encoding = self.shape.encoding.name();
        let (order, why) = self.order;
        let findings = &mut self.findings;
        let delimiter = match self.shape.delimiter {
            '\t' => "TAB".to_owned(),
            delimiter => format!("`{delimiter}`"),
        };
        findings.add(
            "csv.table.form",
            Effect::Noted,
            "",
            format!(
                "{} with headings of {}, {known} of {} known; {delimiter} between cells; \
                 {encoding}; dates {}",
                kind.name(),
                language.name,
                columns
                    .iter()
                    .filter(|column| !column.heading.is_empty())
                    .count(),
                match why {
                    Why::Given => format!("{}, as given", order.name()),
                    Why::Unneeded => "the same in any order".to_owned(),
                    Why::Values => format!("{}, as their values show", order.name()),
                    Why::Sense => format!("{}, since events end after they start", order.name()),
                    Why::Dots => format!("{}, as their dots show", order.name()),
                    Why::Custom => format!("{}, by custom", order.name()),
                }
            ),
        );
        if !examined.certain {
            let detail = format!(
                "the file does not say how its bytes are text; it was read as {encoding}, which \
                 they look like: name another by --code-page if letters are wrong"
            );
            findings.add("csv.table.code-page", Effect::Noted, "", detail);
        }
        if why == Why::Custom {
            let detail = format!(
                "no date tells whether the day or the month comes first; all were read as {}, \
                 which is the custom of its headings ({}): say --date-order dmy or mdy to be sure",
                order.name(),
                language.name
            );
            findings.add("csv.date.order", Effect::Altered, "", detail);
        }
        if short_years {
            let detail = "years of two digits were read as 1930 to 2029";
            findings.add("csv.date.short-year", Effect::Noted, "", detail);
        }
        if self.rows.gave_up {
            let detail = "too many quotes are not closed; from some row on no cell holds line ends";
            findings.add("csv.row.quotes", Effect::Altered, "", detail);
        }
        if self.rows.seen > self.rows.len() as u64 {
            let detail = format!(
                "{} rows; those beyond {} were not read: split the file",
                self.rows.seen,
                limits::CSV_ROWS
            );
            findings.add("csv.row.too-many", Effect::Lost, "", detail);
        }
    }
}

/// Looks at the first bytes of a file, whatever their encoding.
#[must_use]
pub fn look_at(head: &[u8]) -> Look {
    let file = FileBytes::in_memory(head);
    let Ok(examined) = encoding::examine(&file, None) else {
        return Look::Nothing;
    };
    let mark = usize::try_from(examined.mark).unwrap_or_default();
    let head = head.get(mark..).unwrap_or_default();
    // A text file has no zeros, and a binary one seldom goes without.
    if examined.encoding.width() == 1 && head.contains(&0) {
        return Look::Nothing;
    }
    match recognise(&file, head, &examined, &Options::default()) {
        Ok((_, layout, delimiter)) => Look::Ours(layout, delimiter),
        Err(_) => {
            let (text, _) = examined.encoding.decode(head);
            look(&lines(text, examined.cr_only), None)
        }
    }
}

/// The number of a row among all, the headings being the first.
fn below(row: u64) -> Option<usize> {
    usize::try_from(row).ok()?.checked_add(1)
}

fn lines(text: String, cr_only: bool) -> String {
    if cr_only {
        text.replace('\r', "\n")
    } else {
        text
    }
}

/// The encoding by which the headings make the most sense, with what they tell.
fn recognise(
    bytes: &FileBytes,
    head: &[u8],
    examined: &Examined,
    options: &Options,
) -> Result<(Encoding, Layout, char), TableError> {
    let head = head.get(..HEADINGS.min(head.len())).unwrap_or_default();
    let read = |encoding: Encoding| {
        let (text, _) = encoding.decode(head);
        match look(&lines(text, examined.cr_only), options.delimiter) {
            Look::Ours(layout, delimiter) => Some((encoding, layout, delimiter)),
            _ => None,
        }
    };
    let mut best = read(examined.encoding);
    if matches!(examined.encoding, Encoding::Page(_)) && !examined.certain {
        if let Some((_, layout, _)) = &best {
            // The language of the headings is a hint.
            let page = encoding::guess(bytes, Some(layout.language.domain))?;
            best = read(Encoding::Page(page)).or(best);
        }
        for page in [DOS, 932, 1252] {
            let other = read(Encoding::Page(page));
            let known = |read: &Option<(_, Layout, _)>| {
                read.as_ref().map_or(0, |(_, layout, _)| layout.known)
            };
            if known(&other) > known(&best) {
                best = other;
            }
        }
    }
    best.ok_or(TableError::NotOurs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8]) -> Table {
        Table::open(FileBytes::in_memory(bytes), &Options::default()).unwrap()
    }

    fn codes(findings: &Findings) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn rows_with_all_that_can_be_wrong() {
        let table = open(
            b"First Name,Last Name,E-mail Address\r\n\
              'Ann,\"Lee, Jr.\",ann@example.org\r\n\
              \r\n\
              \"Bob,x\r\n\
              '=Eve,,\xFF\r\n",
        );
        assert_eq!((table.len(), table.seen()), (3, 3));
        let row = |row| table.row(row).unwrap();
        assert_eq!(row(0).cells, ["'Ann", "Lee, Jr.", "ann@example.org"]);
        assert_eq!(
            (row(1).line, row(1).cells),
            (4, vec!["\"Bob".into(), "x".into()])
        );
        assert_eq!(codes(&row(1).findings), ["csv.row.open-quote"]);
        assert_eq!(row(2).cells.first().unwrap(), "=Eve");
        assert!(table.row(3).is_err());
        assert_eq!(table.line(2), Some(5));
        assert_eq!(
            codes(table.findings()),
            ["csv.table.form", "csv.table.code-page"]
        );
    }

    #[test]
    fn the_code_page_of_dos_is_told_by_the_headings() {
        let text = "Anrede;Vorname;Nachname;Straße geschäftlich;Priorität;E-Mail-Adresse\n";
        let mut bytes = crate::mapi::codepage::encode(text, DOS).bytes;
        bytes.extend(crate::mapi::codepage::encode(";Jörg;Müller;;;\n", DOS).bytes);
        let table = open(&bytes);
        assert_eq!(table.layout().known, 6);
        assert_eq!(table.row(0).unwrap().cells.get(2).unwrap(), "Müller");
    }

    #[test]
    fn a_line_that_names_the_delimiter_is_no_row() {
        let table = open(b"sep=;\r\nFirst Name;Last Name;E-mail Address\r\nAnn;Lee;\r\n");
        assert_eq!((table.len(), table.line(0)), (1, Some(3)));
        let table = open(b"First Name\tLast Name\tE-mail Address\rAnn\tLee\t\rBob\tLee\t\r");
        assert_eq!((table.len(), table.line(1)), (2, Some(3)));
        assert_eq!(table.row(1).unwrap().cells, ["Bob", "Lee", ""]);
    }

    #[test]
    fn the_order_of_dates_is_that_of_the_whole_file() {
        let of = |dates: &str| {
            let text = format!("Subject,Start Date,Start Time,End Date\n{dates}");
            let table = open(text.as_bytes());
            let told = codes(table.findings()).contains(&"csv.date.order");
            (table.order(), told)
        };
        assert_eq!(of("a,1/2/2024,,\nb,13/2/2024,,\n"), (DateOrder::Dmy, false));
        assert_eq!(of("a,1/2/2024,,\n"), (DateOrder::Mdy, true));
        assert_eq!(of("a,2/2/2024,,\n"), (DateOrder::Mdy, false));
        assert_eq!(of("a,11/2/2024,,1/3/2024\n"), (DateOrder::Dmy, false));
        assert_eq!(of("a,2024-02-01,,\n"), (DateOrder::Mdy, false));
    }

    #[test]
    fn what_is_no_table_of_ours_is_refused() {
        let refused = |bytes: &[u8]| {
            let opened = Table::open(FileBytes::in_memory(bytes), &Options::default());
            matches!(opened, Err(TableError::NotOurs))
        };
        assert!(refused(b"Name;Price\nPen;1,50\n"));
        assert!(refused(b""));
        assert!(refused(b"John Doe,John,Doe,john@doe.example\n"));
    }
}
