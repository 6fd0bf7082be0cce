//! Tables, written as Outlook imports them: its headings in a language, its words, its dates.
//!
//! *Spec*: none is published; the headings of [`super::headings`], RFC 4180 for the rows.
//!
//! *Invariants*: every cell that is not empty stands in quotes, lines end with CR LF; what is
//! written is read again as the same cells. A cell that a spreadsheet would take for a formula gets
//! a `'` before it, which the reader takes away: one that begins with `=`, `@`, TAB or a line
//! break, or with `+` or `-` and calls something. A telephone number (`+47 22`) or a list of dashes
//! calls nothing, and Outlook gets it as it is.

use std::borrow::Cow;

use jiff::civil::{Date, Time};

use crate::mapi::codepage;
use crate::sheet::neutralise;

use super::date::DateOrder;
use super::headings::{Kind, LANGUAGES, Language};

/// How text becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, with the mark by which Outlook knows it.
    Utf8,
    /// A code page: that of the language for versions of Outlook that know no UTF-8.
    Page(u16),
}

/// What becomes of cells that look like formulas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Formulas {
    /// They get a `'` before them.
    #[default]
    Guarded,
    /// They stay as they are.
    Kept,
}

/// How a table is written.
#[derive(Debug, Clone)]
pub struct Form {
    /// What its rows are.
    pub kind: Kind,
    /// The language of its headings and words.
    pub language: &'static Language,
    /// The order of its dates.
    pub order: DateOrder,
    /// How its text becomes bytes.
    pub charset: Charset,
    /// What becomes of cells that look like formulas.
    pub formulas: Formulas,
}

/// Columns of contacts that are read, and are none of Outlook's.
const OF_OTHERS: &[&str] = &[
    "Name",
    "Nickname",
    "IMAddress",
    "File As",
    "Personal Web Page",
    "Business Address",
    "Home Address",
    "Other Address",
    "Email",
    "Phone",
    "Airbridge ID",
    "Assigned To",
    "Birth Year",
    "Birth Month",
    "Birth Day",
];

/// A language of Outlook by its name in English, whatever the case.
#[must_use]
pub fn language(name: &str) -> Option<&'static Language> {
    let mut all = LANGUAGES.iter().copied();
    all.find(|own| own.tables.len() > 1 && own.name.eq_ignore_ascii_case(name.trim()))
}

impl Form {
    /// The form that Outlook of a language imports.
    #[must_use]
    pub fn of(kind: Kind, language: &'static Language) -> Self {
        Self {
            kind,
            language,
            order: language.order,
            charset: Charset::Utf8,
            formulas: Formulas::default(),
        }
    }

    /// The columns, each once, with their headings.
    #[must_use]
    pub fn columns(&self) -> Vec<(&'static str, &'static str)> {
        let own = self
            .language
            .tables
            .iter()
            .find(|(kind, _)| *kind == self.kind);
        let pairs = own.map(|(_, pairs)| *pairs).unwrap_or_default();
        let mut columns: Vec<(&str, &str)> = Vec::with_capacity(pairs.len());
        for (column, heading) in pairs {
            // The sounds of names are Outlook's own where it asks for them.
            let sound = column.ends_with("Yomi") && self.language.name != "Japanese";
            if sound || OF_OTHERS.contains(column) {
                continue;
            }
            if !columns.iter().any(|(known, _)| known == column) {
                columns.push((column, heading));
            }
        }
        columns
    }

    /// The bytes of the first row, with the mark before it, and whether all of it has a place in
    /// the charset.
    #[must_use]
    pub fn head(&self) -> (Vec<u8>, bool) {
        let headings: Vec<String> = self
            .columns()
            .into_iter()
            .map(|(_, heading)| heading.to_owned())
            .collect();
        let (row, whole) = self.row(&headings);
        let mut out = match self.charset {
            Charset::Utf8 => "\u{feff}".as_bytes().to_vec(),
            Charset::Page(_) => Vec::new(),
        };
        out.extend(row);
        (out, whole)
    }

    /// The bytes of a row, and whether all of it has a place in the charset.
    #[must_use]
    pub fn row(&self, cells: &[String]) -> (Vec<u8>, bool) {
        let mut text = String::new();
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            if !cell.is_empty() {
                text.push('"');
                text.push_str(&self.guarded(cell).replace('"', "\"\""));
                text.push('"');
            }
        }
        text.push_str("\r\n");
        match self.charset {
            Charset::Utf8 => (text.into_bytes(), true),
            Charset::Page(page) => {
                let encoded = codepage::encode(&text, page);
                (encoded.bytes, encoded.lossless)
            }
        }
    }

    /// The cell, with a `'` before it when it is guarded.
    #[must_use]
    pub fn guarded<'c>(&self, cell: &'c str) -> Cow<'c, str> {
        let guarded = neutralise(cell);
        let dangerous = self.formulas == Formulas::Guarded && is_formula(cell);
        // A `'` of the text itself would be taken away.
        if dangerous || cell.starts_with('\'') {
            guarded
        } else {
            Cow::Borrowed(cell)
        }
    }

    /// A date, in the form that Outlook of the language shows.
    #[must_use]
    pub fn date(&self, date: Date) -> String {
        let between = match self.language.name {
            "German" => '.',
            "Dutch" => '-',
            _ => '/',
        };
        let (year, month, day) = (date.year(), date.month(), date.day());
        match self.order {
            DateOrder::Dmy => format!("{day}{between}{month}{between}{year:04}"),
            DateOrder::Mdy => format!("{month}{between}{day}{between}{year:04}"),
            DateOrder::Ymd => format!("{year:04}{between}{month:02}{between}{day:02}"),
        }
    }

    /// A time of day, likewise.
    #[must_use]
    pub fn time(&self, time: Time) -> String {
        if self.language.name != "English" || self.order != DateOrder::Mdy {
            return time.strftime("%H:%M:%S").to_string();
        }
        let half = if time.hour() < 12 { "AM" } else { "PM" };
        let hour = match time.hour() % 12 {
            0 => 12,
            hour => hour,
        };
        format!("{hour}:{:02}:{:02} {half}", time.minute(), time.second())
    }
}

/// Whether a spreadsheet would take a cell for a formula that does something.
#[must_use]
pub fn is_formula(cell: &str) -> bool {
    let mut letters = cell.chars();
    match letters.next() {
        Some('=' | '@' | '\t' | '\r' | '\n' | '＝' | '＠') => true,
        Some('+' | '-' | '＋' | '－') => {
            let rest = letters.as_str();
            let mut before = ' ';
            rest.contains(['=', '|', '!'])
                || rest.chars().any(|letter| {
                    let calls = letter == '(' && before.is_alphanumeric();
                    before = letter;
                    calls
                })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::headings::Kind;

    #[test]
    fn only_what_does_something_is_guarded() {
        let form = Form::of(Kind::Contacts, language("english").unwrap());
        for cell in [
            "+47 (0) 22",
            "-5",
            "- call him\r\n- write",
            "a=b",
            "+47",
            "",
            "x",
        ] {
            assert_eq!(form.guarded(cell), cell);
        }
        for cell in [
            "=1",
            "@x",
            "+cmd|' /C calc'!A0",
            "-SUM(A1)",
            "\tx",
            "'=1",
            "'+47",
        ] {
            assert_eq!(form.guarded(cell), format!("'{cell}"));
            assert_eq!(crate::sheet::restore(&form.guarded(cell)), cell);
        }
        let kept = Form {
            formulas: Formulas::Kept,
            ..form
        };
        assert_eq!(kept.guarded("=1"), "=1");
        assert_eq!(kept.guarded("'=1"), "''=1");
    }

    #[test]
    fn outlook_has_ninety_two_columns() {
        let form = Form::of(Kind::Contacts, language("English").unwrap());
        let columns = form.columns();
        assert_eq!(columns.len(), 92);
        assert_eq!(columns.last(), Some(&("Web Page", "Web Page")));
    }

    #[test]
    fn dates_and_times() {
        let date = jiff::civil::date(2004, 10, 5);
        let time = jiff::civil::time(0, 5, 0, 0);
        for (name, day, clock) in [
            ("English", "10/5/2004", "12:05:00 AM"),
            ("German", "5.10.2004", "00:05:00"),
            ("Japanese", "2004/10/05", "00:05:00"),
        ] {
            let form = Form::of(Kind::Calendar, language(name).unwrap());
            assert_eq!(
                (form.date(date), form.time(time)),
                (day.into(), clock.into())
            );
        }
        assert!(language("Thunderbird").is_none() && language("Klingon").is_none());
    }
}
