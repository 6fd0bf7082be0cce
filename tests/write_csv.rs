//! Items as rows of tables: what is written is read again as the same item, by airbridge and by
//! Python, up to the tables of `docs/fidelity.md`; and whatever is lost has a finding.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;
mod specimen;

use std::collections::BTreeMap;
use std::fs;

use airbridge::csv::headings::LANGUAGES;
use airbridge::csv::write::language;
use airbridge::csv::{Charset, DateOrder, Form, Formulas, Kind, Options, Table};
use airbridge::file_bytes::FileBytes;
use airbridge::finding::Findings;
use airbridge::item::{Content, Item, Text};
use airbridge::mapping::carried::{Difference, differences};
use airbridge::mapping::csv::{Clock, kind_of, to_file, to_item, to_row};
use airbridge::mapping::{Context, Mapped};
use airbridge::source::{ReadingOptions, Sources, StoreSource};
use proptest::prelude::*;

fn clock(order: DateOrder) -> Clock {
    Clock {
        order,
        zone: jiff::tz::TimeZone::UTC,
        named: None,
    }
}

/// The items of a table.
fn items(table: &Table, clock: &Clock) -> Vec<Mapped> {
    let rows = 0..table.len();
    let context = |number: u64| Context {
        locator: format!("row {number}"),
        ..Context::default()
    };
    rows.map(|number| {
        to_item(
            table.row(number).unwrap(),
            table.layout(),
            clock,
            &context(number),
        )
    })
    .collect()
}

/// The bytes of the file of an item, the item that it is, and in what that differs; every
/// difference is told.
fn again(mapped: &Mapped, form: &Form) -> Option<(Vec<u8>, Item, Vec<Difference>)> {
    let clock = clock(form.order);
    let given = to_row(&mapped.item, &mapped.contents, form, &clock);
    let row = given.value?;
    let (mut bytes, _) = form.head();
    bytes.extend(row);
    let options = Options {
        delimiter: Some(','),
        date_order: Some(form.order),
        code_page: match form.charset {
            Charset::Utf8 => None,
            Charset::Page(page) => Some(page),
        },
    };
    let table = Table::open(FileBytes::in_memory(bytes.clone()), &options).unwrap();
    assert_eq!((table.kind(), table.len()), (form.kind, 1));
    let again = items(&table, &clock).remove(0);
    let found = differences(&mapped.item, &mapped.contents, &again.item, &again.contents);
    for own in found.iter().filter(|own| !own.is_raw()).take(200) {
        let path = format!("`{}`", own.path);
        let told = given
            .findings
            .iter()
            .any(|finding| finding.detail.contains(&path));
        assert!(told, "{path} is not told");
    }
    let raw = found.iter().any(Difference::is_raw);
    let told = given
        .findings
        .iter()
        .any(|own| own.code == "mapping.csv.raw");
    assert_eq!(raw, told, "raw properties are not told");
    Some((bytes, again.item, found))
}

fn short(value: &serde_json::Value) -> String {
    value.to_string().chars().take(160).collect()
}

/// What of the corpus does not come back: path, how many, and why.
const EXPLAINED: &[(&str, usize, &str)] = &[
    (
        "addresses[].formatted",
        2,
        "Outlook has no column for a whole address: it is the street",
    ),
    ("addresses[].street", 2, "as above"),
    (
        "display_name",
        3,
        "Outlook makes the whole name of its parts",
    ),
    (
        "first_name",
        6,
        "a whole name without parts is the first one",
    ),
    ("raw", 5, "columns that Outlook does not have"),
];

#[test]
fn every_row_of_the_corpus_comes_back_the_same() {
    let Some(files) = judges::files("csv", &["csv", "CSV", "txt"]) else {
        return;
    };
    let mut verdict = judges::Verdict::default();
    for (name, path) in &files {
        let Ok(table) = Table::open(FileBytes::open(path).unwrap(), &Options::default()) else {
            continue;
        };
        let own = table.layout().language;
        let own = language(own.name).or(language("English")).unwrap();
        // Large files repeat themselves.
        for mapped in items(&table, &clock(table.order())).into_iter().take(60) {
            let Some(kind) = kind_of(&mapped.item) else {
                continue;
            };
            let form = Form {
                order: table.order(),
                ..Form::of(kind, own)
            };
            let place = format!("{name}, {}", mapped.item.provenance[0].locator);
            let (_, item, found) = again(&mapped, &form).unwrap();
            verdict.compared += 1;
            if kind == Kind::Contacts && item.id != mapped.item.id {
                verdict.differ("id", &place, "another");
            }
            for own in found {
                let what = match own.is_raw() {
                    true => "raw".to_owned(),
                    false => own.pattern(),
                };
                let (was, is) = (short(&own.was), short(&own.is));
                verdict.differ(&what, &place, format!("{was} became {is}"));
            }
        }
    }
    verdict.judge(EXPLAINED);
}

/// Every contact, meeting and task of the stores of the corpus.
fn items_of_stores() -> Vec<(String, Mapped)> {
    let Some(stores) = judges::corpus() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, path) in stores
        .into_iter()
        .filter(|(name, _)| name.starts_with("pst/"))
    {
        let Ok(sources) = Sources::open(&[path], ReadingOptions::default()) else {
            continue;
        };
        for job in sources.stores().iter().flat_map(StoreSource::jobs) {
            let Ok(mapped) = job.item() else { continue };
            if kind_of(&mapped.item).is_some() {
                found.push((format!("{name}, {}", job.locator()), mapped));
            }
        }
    }
    found
}

/// What an item of a store and the same item as a row may differ in, by kind: path, and why.
const NOT_CARRIED: &[(Kind, &[&str])] = &[
    (
        Kind::Contacts,
        &[
            "class",
            "first_name",
            "display_name",
            "is_company",
            "file_as",
            "nickname",
            "customer_id",
            "computer",
            "business_page",
            "ftp_site",
            "free_busy_url",
            "im_address",
            "phonetic",
            "personal_page",
            "notes",
            "photo",
            "emails[].address",
            "emails[].email",
            "emails[].kind",
            "emails[].name",
            "emails[].original",
            "addresses",
            "phones",
            "attachments",
            "follow_up",
            "reminder",
            "outlook_links",
            "user_fields",
            "birthday",
            "created",
            "modified",
            "importance",
        ],
    ),
    (
        Kind::Calendar,
        &[
            "class",
            "body",
            "time_zone",
            "end_time_zone",
            "uid",
            "series_uid",
            "label",
            "response",
            "replied",
            "replied_by",
            "state",
            "sequence",
            "intended_busy",
            "busy",
            "online",
            "proposals",
            "forbids_proposals",
            "recurrence_text",
            "reminder",
            "attachments",
            "follow_up",
            "outlook_links",
            "attendees",
            "organizer",
            "created",
            "modified",
            "start",
            "end",
            "original_date",
            "original_start",
            "location",
            "subject",
        ],
    ),
    (
        Kind::Tasks,
        &[
            "class",
            "body",
            "owner",
            "assigner",
            "delegator",
            "last_user",
            "assignees",
            "ownership",
            "acceptance",
            "assigned",
            "history",
            "version",
            "team",
            "updates",
            "status_on_complete",
            "recurrence",
            "no_more_occurrences",
            "order",
            "global_id",
            "reminder",
            "attachments",
            "follow_up",
            "outlook_links",
            "created",
            "modified",
            "percent",
            "complete",
            "actual_minutes",
            "total_minutes",
        ],
    ),
];

#[test]
fn items_of_stores_are_the_same_as_rows() {
    let mut faults = Vec::new();
    let (mut rows, mut series) = (0, 0);
    let mut paths: BTreeMap<String, usize> = BTreeMap::new();
    for (place, mapped) in items_of_stores() {
        let kind = kind_of(&mapped.item).unwrap();
        let form = Form::of(kind, language("English").unwrap());
        let Some((_, item, found)) = again(&mapped, &form) else {
            series += 1;
            continue;
        };
        rows += 1;
        if kind == Kind::Contacts {
            assert!(
                item.id == mapped.item.id || found.iter().any(|own| own.path == "user_fields[3]")
            );
        }
        let known = NOT_CARRIED.iter().find(|(own, _)| *own == kind).unwrap().1;
        for own in found.iter().filter(|own| !own.is_raw()) {
            let pattern = own.pattern();
            *paths
                .entry(format!("{}: {pattern}", kind.name()))
                .or_default() += 1;
            let known = known.iter().any(|path| {
                let rest = pattern.strip_prefix(path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            });
            if !known {
                let (was, is) = (short(&own.was), short(&own.is));
                faults.push(format!("{place}: {pattern}: {was} became {is}"));
            }
        }
    }
    println!("{rows} rows, {series} series; differences: {paths:#?}");
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// The cells of a row by their column, as Python sees them, a guard taken away.
fn cells(form: &Form, row: &serde_json::Value) -> BTreeMap<&'static str, String> {
    let row = row.as_array().unwrap();
    let columns = form.columns();
    assert_eq!(row.len(), columns.len());
    let all = columns.iter().zip(row);
    all.map(|((column, _), cell)| {
        let cell = airbridge::sheet::restore(cell.as_str().unwrap());
        (*column, cell.replace("\r\n", "\n"))
    })
    .collect()
}

#[test]
fn python_reads_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = items_of_stores();
    let specimens = [
        specimen::contact(),
        specimen::meeting(false),
        specimen::task(),
    ];
    all.extend(specimens.into_iter().map(|item| {
        let mapped = Mapped {
            item,
            contents: specimen::contents(),
            findings: Findings::new(),
        };
        ("specimen".to_owned(), mapped)
    }));
    let mut paths = Vec::new();
    let mut written = Vec::new();
    for own in ["English", "German", "Japanese"] {
        for kind in [Kind::Contacts, Kind::Calendar, Kind::Tasks] {
            let form = Form::of(kind, language(own).unwrap());
            let rows: Vec<&(String, Mapped)> = all
                .iter()
                .filter(|(_, own)| kind_of(&own.item) == Some(kind))
                .filter(|(_, own)| match &own.item.content {
                    Content::Meeting(own) => own.recurrence.is_none(),
                    _ => true,
                })
                .collect();
            let items: Vec<_> = rows
                .iter()
                .map(|(_, own)| (&own.item, &own.contents as &dyn airbridge::mapping::Blobs))
                .collect();
            let given = to_file(&items, &form, &clock(form.order));
            let path = folder.path().join(format!("{}.csv", paths.len()));
            fs::write(&path, given.value).unwrap();
            paths.push(path);
            written.push((form, rows));
        }
    }
    let all: Vec<&std::path::Path> = paths.iter().map(std::path::PathBuf::as_path).collect();
    let Some(told) = judges::python_of("csv_cells.py", &[], &["csv"], &all) else {
        return;
    };
    let mut verdict = judges::Verdict::default();
    for ((form, items), told) in written.iter().zip(&told) {
        let rows = told["rows"].as_array().unwrap();
        let headings: Vec<&str> = form.columns().iter().map(|own| own.1).collect();
        let theirs: Vec<&str> = rows[0]
            .as_array()
            .unwrap()
            .iter()
            .map(|own| own.as_str().unwrap())
            .collect();
        assert_eq!(headings, theirs);
        assert_eq!(rows.len(), items.len() + 1);
        for ((place, mapped), row) in items.iter().zip(&rows[1..]) {
            let cells = cells(form, row);
            let cell = |column: &str| cells.get(column).cloned().unwrap_or_default();
            let even = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
            let some = |text: &Option<String>| even(text.as_deref().unwrap_or_default());
            let body = |body: &airbridge::item::Body| match &body.plain {
                Some(Text::Inline(text)) => Some(even(text)),
                Some(Text::Blob(_)) => None,
                None => Some(String::new()),
            };
            let day =
                |day: Option<jiff::civil::Date>| day.map(|day| form.date(day)).unwrap_or_default();
            let categories = mapped.item.categories.join(";");
            verdict.same("categories", place, &categories, &cell("Categories"));
            match &mapped.item.content {
                Content::Contact(own) => {
                    let nameless = own.first_name.is_none()
                        && own.middle_name.is_none()
                        && own.last_name.is_none();
                    // A whole name without parts is the first one.
                    let first = match cell("First Name") {
                        shown if nameless && !shown.is_empty() => (own.display_name.clone(), shown),
                        shown => (some(&own.first_name), shown),
                    };
                    verdict.same("first", place, &first.0, &first.1);
                    verdict.same("last", place, &some(&own.last_name), &cell("Last Name"));
                    verdict.same("company", place, &some(&own.company), &cell("Company"));
                    verdict.same("birthday", place, &day(own.birthday), &cell("Birthday"));
                    let mobile = own
                        .phones
                        .iter()
                        .find(|own| own.kind == airbridge::item::contact::PhoneKind::Mobile);
                    let mobile = mobile.map(|own| own.number.clone()).unwrap_or_default();
                    verdict.same("mobile", place, &mobile, &cell("Mobile Phone"));
                    let first = own
                        .emails
                        .iter()
                        .find(|own| own.slot == 1 && own.kind.is_none());
                    if let Some(email) = first.and_then(|own| own.party.email.clone()) {
                        verdict.same("email", place, &email, &cell("E-mail Address"));
                    }
                    if let Some(notes) = body(&own.notes) {
                        verdict.same("notes", place, &notes, &cell("Notes"));
                    }
                }
                Content::Meeting(own) => {
                    verdict.same("subject", place, &even(&own.subject), &cell("Subject"));
                    verdict.same("location", place, &some(&own.location), &cell("Location"));
                    let local = |at: Option<jiff::Timestamp>| {
                        at.map(|at| jiff::tz::TimeZone::UTC.to_datetime(at))
                    };
                    if own.all_day {
                        verdict.same(
                            "first day",
                            place,
                            &day(own.start_date),
                            &cell("Start Date"),
                        );
                    } else if let Some(start) = local(own.start) {
                        verdict.same(
                            "start",
                            place,
                            &form.date(start.date()),
                            &cell("Start Date"),
                        );
                        verdict.same(
                            "start time",
                            place,
                            &form.time(start.time()),
                            &cell("Start Time"),
                        );
                    }
                    if let Some(text) = body(&own.body) {
                        verdict.same("description", place, &text, &cell("Description"));
                    }
                }
                Content::Task(own) => {
                    verdict.same("subject", place, &even(&own.subject), &cell("Subject"));
                    verdict.same("due", place, &day(own.due), &cell("Due Date"));
                    if let Some(text) = body(&own.body) {
                        verdict.same("notes", place, &text, &cell("Notes"));
                    }
                }
                _ => {}
            }
        }
    }
    assert!(verdict.compared > 1_000);
    verdict.judge(&[]);
}

#[test]
fn every_language_and_charset_comes_back() {
    for own in LANGUAGES.iter().filter_map(|own| language(own.name)) {
        for item in [
            specimen::contact(),
            specimen::meeting(false),
            specimen::task(),
        ] {
            let kind = kind_of(&item).unwrap();
            let mapped = Mapped {
                item,
                contents: specimen::contents(),
                findings: Findings::new(),
            };
            let plain = Form::of(kind, own);
            let (_, _, found) = again(&mapped, &plain).unwrap();
            for order in [DateOrder::Dmy, DateOrder::Mdy] {
                let form = Form {
                    order,
                    formulas: Formulas::Kept,
                    ..plain.clone()
                };
                let (_, _, other) = again(&mapped, &form).unwrap();
                assert_eq!(other, found, "{} {order:?}", own.name);
            }
            if own.code_page == 1252 {
                let form = Form {
                    charset: Charset::Page(1252),
                    ..plain
                };
                let (bytes, _, _) = again(&mapped, &form).unwrap();
                assert!(std::str::from_utf8(&bytes).is_err());
            }
        }
    }
}

#[test]
fn a_series_is_never_a_row() {
    let item = specimen::meeting(true);
    let form = Form::of(Kind::Calendar, language("English").unwrap());
    let given = to_row(&item, &specimen::contents(), &form, &clock(form.order));
    assert!(given.value.is_none());
    let codes: Vec<_> = given.findings.iter().map(|own| own.code).collect();
    assert_eq!(codes, ["mapping.csv.series"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_cells_come_back(cells in prop::collection::vec(
        prop_oneof!["[=+@'\"\\-,;\r\n\t a-z(|!]{0,12}", "\\PC{0,30}"], 1..8,
    )) {
        let form = Form::of(Kind::Contacts, language("English").unwrap());
        let width = form.columns().len();
        // A line break alone is one of CR LF, and a row of nothing is none.
        let mut cells: Vec<String> = cells
            .into_iter()
            .map(|cell| cell.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n"))
            .collect();
        cells.push("x".to_owned());
        cells.resize(width, String::new());
        let (mut bytes, _) = form.head();
        bytes.extend(form.row(&cells).0);
        let options = Options {
            delimiter: Some(','),
            ..Options::default()
        };
        let table = Table::open(FileBytes::in_memory(bytes), &options).unwrap();
        prop_assert_eq!(table.len(), 1);
        let read = table.row(0).unwrap();
        let read: Vec<String> = read.cells.iter().map(|cell| cell.replace("\r\n", "\n")).collect();
        let sent: Vec<String> = cells.iter().map(|cell| cell.replace("\r\n", "\n")).collect();
        prop_assert_eq!(read, sent);
    }
}
