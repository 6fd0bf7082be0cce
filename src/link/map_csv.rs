//! The map as CSV: what a person edits in a spreadsheet.
//!
//! *Spec*: `formats/map.md`, "The CSV form".
//!
//! *Shape*: headings
//! `category,match,contact,contact_id,contact_email,contact_name,crm_category,crm_value,sync,note`
//! in any order; lines that begin with `#` and blank lines say nothing.

use super::category_map::{CategoryMap, CrmCategory, MapFault, MapLine};
use super::category_pattern::{CategoryPattern, MatchKind};
use super::contact_key::{ContactKey, StarAs};
use crate::finding::{Effect, Findings};
use crate::sheet::{Sheet, heading_key, neutralise, restore, write_row};

/// The headings, in the order in which they are written.
pub const HEADINGS: [&str; 10] = [
    "category",
    "match",
    "contact",
    "contact_id",
    "contact_email",
    "contact_name",
    "crm_category",
    "crm_value",
    "sync",
    "note",
];

/// A column of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Category,
    Match,
    Contact,
    Id,
    Email,
    Name,
    CrmCategory,
    CrmValue,
    Sync,
    Note,
}

impl Column {
    /// The column of a heading, in its usual spellings.
    pub(super) fn of(heading: &str) -> Option<Self> {
        Some(match heading_key(heading).as_str() {
            "category" | "categories" | "outlookcategory" | "kategorie" | "分類" => {
                Self::Category
            }
            "match" | "matchkind" => Self::Match,
            "contact" | "contacts" | "kontakt" => Self::Contact,
            "contactid" | "bigcontactsid" | "crmid" | "id" => Self::Id,
            "contactemail" | "email" | "emailaddress" => Self::Email,
            "contactname" | "name" | "fullname" => Self::Name,
            "crmcategory" | "crmcategoryname" | "bigcontactscategory" => Self::CrmCategory,
            "crmvalue" | "crmcategoryvalue" | "bigcontactsvalue" => Self::CrmValue,
            "sync" | "synccategory" => Self::Sync,
            "note" | "notes" | "comment" | "remark" => Self::Note,
            _ => return None,
        })
    }
}

/// Reads the lines.
pub(super) fn read(bytes: Vec<u8>, findings: &mut Findings) -> Result<Vec<MapLine>, Vec<MapFault>> {
    let sheet = Sheet::read(bytes, findings);
    let mut rows = sheet.rows_without_comments();
    let Some(heading) = rows.next() else {
        return Ok(Vec::new());
    };
    let columns: Vec<Option<Column>> = heading.cells.iter().map(|cell| Column::of(cell)).collect();
    if !columns.contains(&Some(Column::Category)) {
        let what = format!(
            "the first line must name the columns, and one must be called `category`; it reads: {}",
            heading.cells.join(", ")
        );
        return Err(vec![MapFault {
            line: heading.line,
            what,
        }]);
    }
    for (number, column) in columns.iter().enumerate() {
        let title = heading.cell(number);
        if column.is_none() && !title.is_empty() {
            let known = HEADINGS.join(", ");
            findings.add(
                "link.map.unknown-column",
                Effect::Noted,
                format!("line {}", heading.line),
                format!("column `{title}` is not used; the columns are {known}"),
            );
        } else if column.is_some() && columns.iter().take(number).any(|other| other == column) {
            let what = format!("column `{title}` is there twice; keep one of them");
            return Err(vec![MapFault {
                line: heading.line,
                what,
            }]);
        }
    }
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    for row in rows {
        row.report(findings);
        let cell = |wanted: Column| {
            let at = columns.iter().position(|column| *column == Some(wanted));
            unquote(at.map_or("", |at| row.cell(at)))
        };
        let line = match row.beyond(columns.len()) {
            Some(extra) => Err(beyond(extra)),
            None => read_line(row.line, &cell),
        };
        match line {
            Ok(line) => lines.push(line),
            Err(what) => faults.push(MapFault {
                line: row.line,
                what,
            }),
        }
    }
    if faults.is_empty() {
        Ok(lines)
    } else {
        Err(faults)
    }
}

/// The words for a cell that stands under no heading.
pub(super) fn beyond(extra: &str) -> String {
    format!("`{extra}` stands under no heading; put quotes around a cell that holds the delimiter")
}

/// A cell without the `'` that kept it from being a formula or a comment.
pub(super) fn unquote(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with('#') => rest,
        _ => restore(cell),
    }
}

fn quote(cell: &str) -> String {
    if cell.trim_start_matches('\'').starts_with('#') {
        format!("'{cell}")
    } else {
        neutralise(cell).into_owned()
    }
}

/// One line from its cells.
fn read_line<'c>(line: u64, cell: &dyn Fn(Column) -> &'c str) -> Result<MapLine, String> {
    let kind = match cell(Column::Match) {
        "" => None,
        word => Some(MatchKind::parse(word).ok_or_else(|| {
            format!(
                "match `{word}` is not known; write exact, ignore-case or prefix, or leave it empty"
            )
        })?),
    };
    let category = cell(Column::Category);
    if category.is_empty() {
        return Err("the category is empty; fill it in, or delete the line".to_owned());
    }
    let (contacts, checks) = read_contacts(cell)?;
    let crm_category = match (cell(Column::CrmCategory), cell(Column::CrmValue)) {
        ("", "") => None,
        ("", value) => {
            return Err(format!(
                "crm_value `{value}` stands alone; name its category in crm_category"
            ));
        }
        (name, value) => Some(CrmCategory {
            name: name.to_owned(),
            value: value.to_owned(),
        }),
    };
    let sync = parse_yes(cell(Column::Sync)).ok_or_else(|| {
        format!(
            "sync is `{}`; write yes or leave it empty",
            cell(Column::Sync)
        )
    })?;
    let line = MapLine {
        line,
        pattern: CategoryPattern::new(category, kind),
        contacts,
        checks,
        crm_category,
        sync,
        note: cell(Column::Note).to_owned(),
    };
    line.checked()
}

/// The contacts of a line: those of `contact`, or the one of the strongest of the other columns.
pub(super) fn read_contacts<'c>(
    cell: &dyn Fn(Column) -> &'c str,
) -> Result<(Vec<ContactKey>, Vec<ContactKey>), String> {
    let mut own: Vec<ContactKey> = Vec::new();
    let mut push = |text: &str, key: fn(&str) -> ContactKey| {
        if !text.is_empty() {
            own.push(key(text));
        }
    };
    push(cell(Column::Id), ContactKey::id);
    push(cell(Column::Email), ContactKey::email);
    push(cell(Column::Name), ContactKey::name);
    let listed: Vec<ContactKey> = cell(Column::Contact)
        .split([';', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(ContactKey::parse)
        .collect();
    match (listed.is_empty(), own.is_empty()) {
        (false, false) => Err(
            "`contact` and another contact column are both filled in; use one of \
                               them, and a line of its own for each contact"
                .to_owned(),
        ),
        (false, true) => Ok((listed, Vec::new())),
        (true, _) => {
            let mut own = own.into_iter();
            let first = own.next();
            Ok((first.into_iter().collect(), own.collect()))
        }
    }
}

/// Whether a cell says yes; `None` when it says neither yes nor no.
fn parse_yes(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "" | "no" | "n" | "false" | "0" | "nein" | "non" | "falsch" | "faux" => Some(false),
        "yes" | "y" | "true" | "1" | "x" | "ja" | "oui" | "wahr" | "vrai" | "✓" | "はい" => {
            Some(true)
        }
        _ => None,
    }
}

impl MapLine {
    /// The line when it says something; a prefix that names nothing means the contact of the star.
    pub(super) fn checked(mut self) -> Result<Self, String> {
        let silent = self.contacts.is_empty() && self.crm_category.is_none() && !self.sync;
        if silent && self.pattern.kind() == MatchKind::Prefix {
            self.contacts.push(ContactKey::Star(StarAs::Any));
        } else if silent {
            return Err(format!(
                "category `{}` has no contact; write an address, a name or id:NUMBER in `contact`, or \
                 fill in crm_category or sync",
                self.pattern.text()
            ));
        }
        Ok(self)
    }
}

/// The map as CSV: UTF-8 with a byte-order mark, CRLF, cells that look like formulas neutralised.
#[must_use]
pub fn write(map: &CategoryMap) -> String {
    let mut out = String::from("\u{feff}");
    write_row(&mut out, HEADINGS);
    for line in map.lines() {
        write_line(&mut out, line);
    }
    out
}

/// Appends one line.
pub(super) fn write_line(out: &mut String, line: &MapLine) {
    let of = |wanted: fn(&ContactKey) -> Option<&str>| {
        let keys = line.contacts.iter().chain(&line.checks);
        keys.filter_map(wanted).next().unwrap_or_default()
    };
    let any_star = ContactKey::Star(StarAs::Any);
    let several = line.contacts.len() > 1 || line.contacts.contains(&any_star);
    let listed: Vec<String> = if several {
        line.contacts.iter().map(ContactKey::listed).collect()
    } else {
        Vec::new()
    };
    let single = |wanted| if several { "" } else { of(wanted) };
    let (crm, value) = line
        .crm_category
        .as_ref()
        .map_or(("", ""), |c| (&c.name, &c.value));
    let cells = [
        line.pattern.text(),
        line.pattern.kind().name(),
        &listed.join("; "),
        single(|key| match key {
            ContactKey::Id(id) => Some(id),
            ContactKey::Star(StarAs::Id) => Some("*"),
            _ => None,
        }),
        single(|key| match key {
            ContactKey::Email(email) => Some(email),
            ContactKey::Star(StarAs::Email) => Some("*"),
            _ => None,
        }),
        single(|key| match key {
            ContactKey::Name(name) => Some(name),
            ContactKey::Star(StarAs::Name) => Some("*"),
            _ => None,
        }),
        crm,
        value,
        if line.sync { "yes" } else { "" },
        &line.note,
    ];
    write_row(out, cells.map(quote));
}

impl ContactKey {
    /// As it stands in the `contact` column.
    fn listed(&self) -> String {
        match self {
            Self::Id(id) => format!("id:{id}"),
            Self::Email(text) | Self::Name(text) => text.clone(),
            Self::Star(_) => "*".to_owned(),
        }
    }
}
