//! Of which kind a table is, and what its columns are, by its headings.
//!
//! *Invariant*: a table of which too few headings are known is none of ours: a price list with a
//! column `Name` stays what it is.

use foldhash::{HashMap, HashMapExt as _};

use crate::sheet::{restore, split_row};

use super::headings::{Kind, LANGUAGES, Language, Meaning, meanings};

/// One column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading as it stands.
    pub heading: String,
    /// What it is: the heading that Outlook gives it in English; `None` when it is not known.
    pub is: Option<&'static str>,
}

/// What a table is.
#[derive(Debug, Clone)]
pub struct Layout {
    /// What its rows are.
    pub kind: Kind,
    /// The language or program of its headings.
    pub language: &'static Language,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// How many of them are known.
    pub known: usize,
    places: HashMap<&'static str, Vec<usize>>,
}

/// What the beginning of a file looks like.
#[derive(Debug, Clone)]
pub enum Look {
    /// A table of ours, and what stands between its cells.
    Ours(Layout, char),
    /// A table of something else, with these headings.
    Foreign(Vec<String>),
    /// No table.
    Nothing,
}

/// What may stand between cells; the first wins a tie.
const DELIMITERS: [char; 7] = [',', ';', '\t', '|', '~', '^', ':'];
/// Those that a table of something else is known by.
const USUAL: [char; 4] = [',', ';', '\t', '|'];
/// Bytes of a heading row, and of a cell in it.
const HEADINGS: usize = 16 << 10;
const HEADING: usize = 256;

/// Looks at the beginning of a file, as text.
#[must_use]
pub fn look(text: &str, delimiter: Option<char>) -> Look {
    let (announced, text) = announced(text);
    let text = text.trim_start();
    let fixed = delimiter.or(announced);
    let candidates: Vec<char> = fixed.map_or_else(|| DELIMITERS.to_vec(), |only| vec![only]);
    let mut best: Option<(Layout, char)> = None;
    for delimiter in candidates {
        let Some(layout) = headings(text, delimiter).and_then(|cells| Layout::of(&cells)) else {
            continue;
        };
        if best
            .as_ref()
            .is_none_or(|(known, _)| layout.known > known.known)
        {
            best = Some((layout, delimiter));
        }
    }
    if let Some((layout, delimiter)) = best {
        return Look::Ours(layout, delimiter);
    }
    let usual = USUAL.iter().find_map(|delimiter| foreign(text, *delimiter));
    usual.map_or(Look::Nothing, Look::Foreign)
}

/// `sep=;` on the first line, as spreadsheets read it; and the text behind it.
#[must_use]
pub fn announced(text: &str) -> (Option<char>, &str) {
    let Some(end) = text.find(['\n', '\r']) else {
        return (None, text);
    };
    let (first, rest) = text.split_at(end);
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.get(1..));
    let rest = rest.unwrap_or_default();
    let first = first.trim_matches('"');
    let mut letters = match first.split_at_checked(4) {
        Some((word, letters)) if word.eq_ignore_ascii_case("sep=") => letters.chars(),
        _ => return (None, text),
    };
    match (letters.next(), letters.next()) {
        (Some(only), None) if is_delimiter(only) => (Some(only), rest),
        _ => (None, text),
    }
}

/// Whether a character may stand between cells: a sign of ASCII that is neither letter nor quote.
#[must_use]
pub fn is_delimiter(letter: char) -> bool {
    letter.is_ascii() && !letter.is_ascii_alphanumeric() && !"\"\n\r".contains(letter)
}

/// The cells of the first row.
fn headings(text: &str, delimiter: char) -> Option<Vec<String>> {
    let mut end = text.len().min(HEADINGS);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let text = text.get(..end)?;
    let split = split_row(text, delimiter, true, HEADING);
    let split = split.or_else(|| split_row(text, delimiter, false, HEADING))?;
    let cells = split.cells.into_iter();
    Some(cells.map(|cell| restore(cell.trim()).to_owned()).collect())
}

/// The headings of a table of something else: short ones, no two alike, and every row that follows
/// has as many cells.
fn foreign(text: &str, delimiter: char) -> Option<Vec<String>> {
    let first = split_row(text, delimiter, true, HEADING)?;
    let mut sorted: Vec<&str> = first.cells.iter().map(|cell| cell.trim()).collect();
    let width = sorted.len();
    sorted.sort_unstable();
    sorted.dedup();
    let short = |cell: &&str| {
        !cell.is_empty() && cell.chars().count() <= 60 && !cell.contains(['\n', '{', '<'])
    };
    // Behind a comma in a sentence stands a blank.
    let prose = first.cells.iter().any(|cell| cell.starts_with(' '));
    if width < 2 || sorted.len() < width || prose || !sorted.iter().all(short) {
        return None;
    }
    let mut rest = first.rest;
    for row in 0..5 {
        // The last row may be cut off by the end of what was looked at.
        let Some(next) = split_row(rest, delimiter, true, HEADING) else {
            break;
        };
        if rest.trim().is_empty() || (row > 0 && next.rest.is_empty()) {
            break;
        }
        if next.cells.len() != width {
            return None;
        }
        rest = next.rest;
    }
    let any = !first.rest.trim().is_empty();
    any.then(|| {
        first
            .cells
            .iter()
            .map(|cell| cell.trim().to_owned())
            .collect()
    })
}

impl Layout {
    /// The table with these headings; `None` when it is none of ours.
    #[must_use]
    pub fn of(headings: &[String]) -> Option<Self> {
        let all: Vec<&[Meaning]> = headings.iter().map(|heading| meanings(heading)).collect();
        if all.iter().filter(|meanings| !meanings.is_empty()).count() < 2 {
            return None;
        }
        let named = headings
            .iter()
            .filter(|heading| !heading.is_empty())
            .count();
        let mut best: Option<(Kind, &'static Language, Vec<Is>, usize)> = None;
        for (number, language) in LANGUAGES.iter().enumerate() {
            for (kind, _) in language.tables {
                let columns = columns(headings, &all, number, *kind);
                let known = columns.iter().flatten().count();
                let better = best.as_ref().is_none_or(|(.., best)| known > *best);
                if better && is_ours(*kind, &columns, known, named) {
                    best = Some((*kind, language, columns, known));
                }
            }
        }
        let (kind, language, columns, known) = best?;
        let columns = headings.iter().zip(columns).map(|(heading, is)| Column {
            heading: heading.clone(),
            is,
        });
        let columns: Vec<Column> = columns.collect();
        let mut places: HashMap<_, Vec<usize>> = HashMap::new();
        for (number, column) in columns.iter().enumerate() {
            if let Some(is) = column.is {
                places.entry(is).or_default().push(number);
            }
        }
        Some(Self {
            kind,
            language,
            columns,
            known,
            places,
        })
    }

    /// The numbers of the columns that are this.
    #[must_use]
    pub fn places(&self, is: &str) -> &[usize] {
        self.places.get(is).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What a column is.
type Is = Option<&'static str>;

fn is_ours(kind: Kind, columns: &[Is], known: usize, named: usize) -> bool {
    let has = |wanted: &&'static str| columns.contains(&Some(*wanted));
    let mut signs = kind.signs().iter();
    known >= 2
        && kind.needs().iter().all(|any| any.iter().any(has))
        && (known.saturating_mul(2) >= named || signs.any(|all| all.iter().all(has)))
}

/// What the columns are in one table; a heading that its language does not know is read as English.
fn columns(headings: &[String], all: &[&[Meaning]], language: usize, kind: Kind) -> Vec<Is> {
    let mut met: Vec<(String, usize)> = Vec::new();
    let outlook = LANGUAGES
        .get(language)
        .is_some_and(|own| own.tables.len() > 1);
    let columns = headings.iter().zip(all).map(|(heading, meanings)| {
        let of = |language| {
            let own = meanings.iter();
            own.filter(move |own| own.kind == kind && own.language == language)
        };
        match of(language).count() {
            0 if outlook => of(0).next().map(|own| own.column),
            0 | 1 => of(language).next().map(|own| own.column),
            // The same heading again is the next of the columns that have it.
            _ => {
                let key = super::headings::key(heading);
                let number = match met.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, number)) => {
                        *number = number.saturating_add(1);
                        *number
                    }
                    None => {
                        met.push((key, 0));
                        0
                    }
                };
                of(language).nth(number).map(|own| own.column)
            }
        }
    });
    columns.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(text: &str) -> (Kind, &'static str, char) {
        match look(text, None) {
            Look::Ours(layout, delimiter) => (layout.kind, layout.language.name, delimiter),
            look => panic!("{text}: {look:?}"),
        }
    }

    fn is(text: &str) -> Vec<Option<&'static str>> {
        match look(text, None) {
            Look::Ours(layout, _) => layout.columns.iter().map(|column| column.is).collect(),
            look => panic!("{text}: {look:?}"),
        }
    }

    #[test]
    fn headings_tell_kind_language_and_delimiter() {
        let contacts = ours("\"Title\",\"First Name\",\"Last Name\",\"E-mail Address\"\n");
        assert_eq!(contacts, (Kind::Contacts, "English", ','));
        let german = ours("sep=;\nVorname;Nachname;E-Mail-Adresse\n");
        assert_eq!(german, (Kind::Contacts, "German", ';'));
        let calendar = ours("Subject~Start Date~Start Time~Category\n");
        assert_eq!(calendar, (Kind::Calendar, "English", '~'));
        let tasks = ours("件名\t開始日\t期限\t達成率\n");
        assert_eq!(tasks, (Kind::Tasks, "Japanese", '\t'));
        let mail = ours("Betreff,Text,Von: (Name),Von: (Adresse)\n");
        assert_eq!(mail, (Kind::Mail, "German", ','));
        let crm = ours("ID,First Name,Last Name,Email,Phone,Company,Assigned To,Mood\n");
        assert_eq!(crm, (Kind::Contacts, "BigContacts", ','));
        let mixed = ours("Asunto,Fecha de comienzo,Comienzo,Reminder on/off,Priority\n");
        assert_eq!(mixed, (Kind::Calendar, "Spanish", ','));
    }

    #[test]
    fn a_heading_for_two_columns() {
        let titles = is("Titre,Prénom,Nom,Titre,Adresse de messagerie\n");
        assert_eq!(titles.first(), Some(&Some("Title")));
        assert_eq!(titles.get(3), Some(&Some("Job Title")));
        let times = is("Objet,Début,Début,Fin,Fin,Humeur\n");
        assert_eq!(
            times,
            [
                Some("Subject"),
                Some("Start Date"),
                Some("Start Time"),
                Some("End Date"),
                Some("End Time"),
                None
            ]
        );
    }

    #[test]
    fn other_tables_and_other_texts() {
        let headings = |text| match look(text, None) {
            Look::Foreign(headings) => headings.join("|"),
            Look::Nothing => "none".to_owned(),
            Look::Ours(..) => "ours".to_owned(),
        };
        assert_eq!(headings("category,contact\nA,b@c.de\n"), "category|contact");
        assert_eq!(headings("Name;Price\nPen;1,50\nInk;2,00\n"), "Name|Price");
        assert_eq!(
            headings("Dear all,\nplease come, and bring a pen.\n"),
            "none"
        );
        assert_eq!(headings("fn main() {\n    let a, b;\n}\n"), "none");
        assert_eq!(
            headings("2024-05-06 10:00:00 started, ok\n2024-05-06 10:00:01 a\n"),
            "none"
        );
        assert_eq!(headings("From: a@b.de\nSubject: x\n\nText\n"), "none");
        assert_eq!(headings("Name\nAnn\nBob\n"), "none");
        assert_eq!(headings(""), "none");
    }
}
