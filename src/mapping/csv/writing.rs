//! An item as a row of a table that Outlook imports.
//!
//! *Invariants*: the row that is made is read again, and every field that is not the same then is a
//! finding. A series is never a row, since a table has no recurrence.

use super::giver::Giver;
use super::{Clock, FORMAT, contact, meeting, task, to_item};
use crate::csv::write::is_formula;
use crate::csv::{Form, Formulas, Kind, Options, Table, words, words_shown};
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::item::{Content, Importance, Item, RawValue, Sensitivity};
use crate::mapping::carried::{self, Difference, Words};
use crate::mapping::{Blobs, Context, Given};

/// How what a table does not carry is told.
pub(super) static WORDS: Words = Words {
    lost: "mapping.csv.lost",
    altered: "mapping.csv.altered",
    raw: "mapping.csv.raw",
    format: "a CSV table of Outlook",
    remedy: "it goes whole by PST or MSG",
};

/// The kind of table that an item is a row of.
#[must_use]
pub fn kind_of(item: &Item) -> Option<Kind> {
    match item.content {
        Content::Contact(_) => Some(Kind::Contacts),
        Content::Meeting(_) => Some(Kind::Calendar),
        Content::Task(_) => Some(Kind::Tasks),
        _ => None,
    }
}

/// Maps items to a file of the rows that they are.
///
/// # Findings
/// Those of [`to_row`].
#[must_use]
pub fn to_file(all: &[(&Item, &dyn Blobs)], form: &Form, clock: &Clock) -> Given<Vec<u8>> {
    let (mut value, _) = form.head();
    let mut findings = Findings::new();
    for (item, blobs) in all {
        let given = to_row(item, *blobs, form, clock);
        findings.append(given.findings);
        value.extend(given.value.unwrap_or_default());
    }
    Given { value, findings }
}

/// Maps an item to the bytes of a row; `None` when it is none of this kind of table.
///
/// # Findings
/// `mapping.csv.lost`, `mapping.csv.altered`, `mapping.csv.raw`, `mapping.csv.kind`,
/// `mapping.csv.series`, `mapping.csv.formula`, `mapping.csv.charset`, `mapping.blob.missing`.
#[must_use]
pub fn to_row(
    item: &Item,
    blobs: &dyn Blobs,
    form: &Form,
    clock: &Clock,
) -> Given<Option<Vec<u8>>> {
    let place = item.provenance.first();
    let mut giver = Giver {
        form,
        clock,
        words: words_shown::words(form.language),
        blobs,
        findings: Findings::new(),
        place: place.map_or_else(|| item.id.0.clone(), |place| place.locator.clone()),
        cells: std::collections::BTreeMap::new(),
    };
    if let Some((code, detail)) = refused(item, form) {
        let place = giver.place.clone();
        giver.findings.add(code, Effect::Lost, place, detail);
        return Given {
            value: None,
            findings: giver.findings,
        };
    }
    match &item.content {
        Content::Contact(own) => contact::write(&mut giver, own),
        Content::Meeting(own) => {
            meeting::write(&mut giver, own);
            let reminder = item.reminder.as_ref();
            meeting::write_reminder(&mut giver, "Reminder on/off", reminder, own.start);
        }
        Content::Task(own) => {
            task::write(&mut giver, own);
            let reminder = item.reminder.as_ref();
            meeting::write_reminder(&mut giver, "Reminder On/Off", reminder, None);
            giver.set("Contacts", &item.outlook_links.names.join("; "));
            giver.set("Companies", &item.outlook_links.companies.join("; "));
        }
        _ => {}
    }
    every_kind(&mut giver, item);
    let columns = form.columns();
    raw(&mut giver, item, &columns);
    let cells = columns.iter().map(|(column, _)| giver.cells.remove(column));
    let cells: Vec<String> = cells.map(Option::unwrap_or_default).collect();
    let (row, whole) = form.row(&cells);
    told(&mut giver, &columns, &cells, whole);
    let found = differences(item, blobs, form, clock, &row);
    carried::tell(&found, &WORDS, &giver.place, &mut giver.findings);
    Given {
        value: Some(row),
        findings: giver.findings,
    }
}

/// Why an item is no row of this table.
fn refused(item: &Item, form: &Form) -> Option<(&'static str, String)> {
    if kind_of(item) != Some(form.kind) {
        let detail = format!(
            "an item of kind {} is no row of a table of {}; it goes whole by PST or MSG",
            item.kind().name(),
            form.kind.name()
        );
        return Some(("mapping.csv.kind", detail));
    }
    let series = match &item.content {
        Content::Meeting(own) => own.recurrence.is_some(),
        _ => false,
    };
    series.then(|| {
        let detail = "a series is left out, since a table has no recurrence and would make one \
                      appointment of it; it goes by PST, MSG or ICS";
        ("mapping.csv.series", detail.to_owned())
    })
}

/// Gives what every kind has. The bridge id stands in the fourth field of the user.
fn every_kind(giver: &mut Giver<'_>, item: &Item) {
    giver.set("Categories", &item.categories.join(";"));
    let sensitivity = match item.sensitivity {
        Sensitivity::Normal => words::Sensitivity::Normal,
        Sensitivity::Personal => words::Sensitivity::Personal,
        Sensitivity::Private => words::Sensitivity::Private,
        Sensitivity::Confidential => words::Sensitivity::Confidential,
    };
    giver.set("Sensitivity", giver.words.sensitivity(sensitivity));
    giver.set("Private", giver.words.truth(item.private));
    let level = match item.importance {
        Importance::Low => words::Level::Low,
        Importance::Normal => words::Level::Normal,
        Importance::High => words::Level::High,
    };
    giver.set("Priority", giver.words.level(level));
    if matches!(item.content, Content::Contact(_)) && !giver.cells.contains_key("User 4") {
        giver.set("User 4", &item.id.0);
    }
}

/// Raw cells go back under their heading when nothing else stands there.
fn raw(giver: &mut Giver<'_>, item: &Item, columns: &[(&'static str, &'static str)]) {
    for raw in item.raw.iter().filter(|own| own.kind == FORMAT) {
        let found = columns.iter().find(|(_, heading)| *heading == raw.name);
        if let (Some((column, _)), RawValue::Text(text)) = (found, &raw.value) {
            let free = !giver.cells.contains_key(column);
            if free || ["Show time as"].contains(column) {
                giver.set(column, text);
            }
        }
    }
}

/// What is known of cells as others read them.
fn told(giver: &mut Giver<'_>, columns: &[(&str, &str)], cells: &[String], whole: bool) {
    let place = giver.place.clone();
    for ((column, _), cell) in columns.iter().zip(cells) {
        if is_formula(cell) {
            let short: String = cell.chars().take(40).collect();
            let (effect, what) = match giver.form.formulas {
                Formulas::Guarded => (
                    Effect::Altered,
                    "it has a ' before it, which Outlook keeps and airbridge takes away",
                ),
                Formulas::Kept => (Effect::Noted, "open the file in no spreadsheet"),
            };
            let detail = format!("{short:?} under {column} looks like a formula: {what}");
            let code = "mapping.csv.formula";
            giver.findings.add(code, effect, place.clone(), detail);
        }
    }
    if !whole {
        let detail = "letters that the code page of the file does not have became `?`; write it as \
                      UTF-8";
        let code = "mapping.csv.charset";
        giver.findings.add(code, Effect::Altered, place, detail);
    }
}

/// In what an item differs from what its row says.
fn differences(
    item: &Item,
    blobs: &dyn Blobs,
    form: &Form,
    clock: &Clock,
    row: &[u8],
) -> Vec<Difference> {
    let (mut bytes, _) = form.head();
    bytes.extend_from_slice(row);
    let options = Options {
        code_page: match form.charset {
            crate::csv::Charset::Utf8 => None,
            crate::csv::Charset::Page(page) => Some(page),
        },
        delimiter: Some(','),
        date_order: Some(form.order),
    };
    let table = Table::open(FileBytes::in_memory(bytes), &options);
    let read = table.ok().and_then(|table| {
        let row = table.row(0).ok()?;
        let clock = Clock {
            order: form.order,
            ..clock.clone()
        };
        Some(to_item(row, table.layout(), &clock, &Context::default()))
    });
    match read {
        Some(again) => carried::differences(item, blobs, &again.item, &again.contents),
        None => {
            let none: Vec<crate::content::ContentRef> = Vec::new();
            let nothing = Item::new("", Content::Other(crate::item::Other::default()));
            carried::differences(item, blobs, &nothing, &none)
        }
    }
}
