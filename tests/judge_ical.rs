//! Every calendar of the corpus: items that are valid records and lose nothing, and the same counts
//! and values as the Python module icalendar reads, series expanded by python-dateutil.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use airbridge::content::{ContentRef, read_all};
use airbridge::file_bytes::FileBytes;
use airbridge::ical::calendars::PAGE;
use airbridge::ical::{Calendars, Component};
use airbridge::item::attachment::AttachmentData;
use airbridge::item::{Blob, BlobRef, Content, Item, Text};
use airbridge::mapping::ical::{self, fidelity};
use airbridge::mapping::{Context, Mapped};
use rayon::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use judges::{python, skip};

/// Every calendar of the corpus, sorted, with its name in it.
fn corpus() -> Option<Vec<(String, PathBuf)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/ics");
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(&root).follow_links(true) {
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(&root).unwrap().to_str().unwrap();
            files.push((name.replace('\\', "/"), entry.path().to_path_buf()));
        }
    }
    files.sort();
    if files.is_empty() {
        skip("../shared/corpus/ics is not here");
        return None;
    }
    Some(files)
}

fn open(path: &Path) -> Calendars {
    Calendars::open(FileBytes::open(path).unwrap(), PAGE).unwrap()
}

fn context(name: &str, calendars: &Calendars, entry: usize) -> Context {
    Context {
        source: name.into(),
        locator: ical::locator(calendars, entry),
        ..Context::default()
    }
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The item with its references to bytes resolved, or what of them cannot be read.
fn pack(item: &mut Item, contents: &[ContentRef]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    item.try_visit_blobs(|reference| {
        if let BlobRef::Pending { pending } = *reference {
            if !used.insert(pending) {
                faults.push(format!("content {pending} is referred to twice"));
            }
            let bytes = read_all(&*contents[pending], 1 << 30).unwrap();
            *reference = BlobRef::Packed(Blob {
                sha256: sha256(&bytes),
                size: bytes.len() as u64,
            });
        }
        Ok::<_, ()>(())
    })
    .unwrap();
    if used.len() != contents.len() {
        faults.push(format!("{} of {} contents", used.len(), contents.len()));
    }
    faults
}

/// Properties of a component, of those in it and of changed occurrences, that are neither raw nor
/// of a row.
fn lost(component: &Component, item: &Item, contents: &[ContentRef]) -> Vec<String> {
    let kind = item.kind().name();
    let told: BTreeSet<String> = fidelity::rows()
        .into_iter()
        .filter(|row| row.part == "every kind" || row.part == kind)
        .map(|row| row.property)
        .collect();
    let text = |raw: &airbridge::item::RawProperty| match &raw.value {
        airbridge::item::RawValue::Text(text) => text.clone(),
        airbridge::item::RawValue::Blob(BlobRef::Pending { pending }) => {
            String::from_utf8(read_all(&*contents[*pending], 1 << 30).unwrap()).unwrap()
        }
        other => panic!("{other:?}"),
    };
    let raw: BTreeSet<(String, String)> = item
        .raw
        .iter()
        .map(|raw| (raw.name.clone(), text(raw)))
        .collect();
    let has = |name: &str, line: String| raw.contains(&(name.to_owned(), line));
    let mut lost = Vec::new();
    for own in &component.properties {
        let is = told.contains(own.name()) || has(own.name(), own.raw());
        if !is && !own.value().is_empty() {
            lost.push(own.raw());
        }
    }
    for own in &component.components {
        if !told.contains(&own.name) && !has(&own.name, own.raw()) {
            lost.push(own.name.clone());
        }
    }
    for stray in &component.strays {
        if !has("line", stray.clone()) {
            lost.push(stray.clone());
        }
    }
    lost
}

fn occurrences(item: &Item) -> Vec<&Item> {
    let recurrence = match &item.content {
        Content::Meeting(own) => own.recurrence.as_ref(),
        Content::Task(own) => own.recurrence.as_ref(),
        _ => None,
    };
    let exceptions = recurrence.into_iter().flat_map(|own| &own.exceptions);
    exceptions
        .filter_map(|own| own.occurrence.as_deref())
        .collect()
}

fn faults(name: &str, path: &Path, validator: &jsonschema::Validator) -> Vec<String> {
    let calendars = open(path);
    assert_eq!(calendars.len() as u64, calendars.seen(), "{name}");
    let mut faults = Vec::new();
    for entry in 0..calendars.len() {
        let place = format!("{name} {}", ical::locator(&calendars, entry));
        let read = calendars.read(entry).unwrap();
        let context = context(name, &calendars, entry);
        let mapped = ical::to_items(&calendars, entry, &context).unwrap();
        let own: Vec<&Item> = mapped
            .iter()
            .flat_map(|mapped| [vec![&mapped.item], occurrences(&mapped.item)].concat())
            .collect();
        let components = [vec![&read.component], read.changed.iter().collect()].concat();
        // Of dates without a rule those at another time of day are changed occurrences too.
        let dated = read.component.property("RDATE").is_some()
            && read.component.property("RRULE").is_none();
        let as_many = own.len() == components.len() || (dated && own.len() > components.len());
        if !as_many {
            faults.push(format!(
                "{place}: {} items of {}",
                own.len(),
                components.len()
            ));
        }
        let (first, contents) = (&mapped[0].item, &mapped[0].contents);
        for (component, item) in components
            .iter()
            .zip([vec![first], occurrences(first)].concat())
        {
            faults.extend(
                lost(component, item, contents)
                    .iter()
                    .map(|own| format!("{place}: {own}")),
            );
        }
        for mut mapped in mapped {
            let mut own = pack(&mut mapped.item, &mapped.contents);
            let text = serde_json::to_string(&mapped.item).unwrap();
            let record: Value = serde_json::from_str(&text).unwrap();
            let errors = validator.iter_errors(&record);
            own.extend(errors.map(|error| format!("{error} at {}", error.instance_path())));
            let again: Item = serde_json::from_str(&text).unwrap();
            if again != mapped.item {
                own.push("is not the same when read again".to_owned());
            }
            mapped.item.content_hash().unwrap();
            faults.extend(own.iter().map(|fault| format!("{place}: {fault}")));
        }
    }
    faults
}

#[test]
fn every_entry_is_a_valid_record_and_loses_nothing() {
    let Some(files) = corpus() else { return };
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/schema/item.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let faults: Vec<String> = files
        .par_iter()
        .flat_map(|(name, path)| faults(name, path, &validator))
        .collect();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults[..faults.len().min(40)].join("\n")
    );
}

/// What airbridge reads, in the words of the judge.
fn entries(name: &str, path: &Path) -> Vec<Value> {
    let calendars = open(path);
    let read = |entry| {
        let context = context(name, &calendars, entry);
        let mapped = ical::to_items(&calendars, entry, &context).unwrap();
        let changed = calendars.read(entry).unwrap().changed.len();
        let series = ical::series(&calendars, entry).unwrap();
        let times = series
            .filter(airbridge::ical::Series::recurs)
            .map(|series| {
                let (all, _) = series.expand(50 + 2 * changed);
                let mut starts: Vec<_> = all.iter().map(|own| own.start.to_string()).collect();
                starts.sort();
                starts.truncate(50);
                starts
            });
        let kind = calendars.place(entry).unwrap().0.name();
        (kind != "component").then(|| told(kind, &mapped[0], changed, times))
    };
    (0..calendars.len()).filter_map(read).collect()
}

fn told(kind: &str, mapped: &Mapped, changed: usize, times: Option<Vec<String>>) -> Value {
    let item = &mapped.item;
    let plain = |text: &Option<Text>| {
        text.as_ref().map(|text| match text {
            Text::Inline(text) => text.clone(),
            Text::Blob(BlobRef::Pending { pending }) => {
                let bytes = read_all(&*mapped.contents[*pending], 1 << 30).unwrap();
                String::from_utf8(bytes).unwrap()
            }
            other => panic!("{other:?}"),
        })
    };
    let attachments = item.attachments.iter().map(|own| match &own.data {
        AttachmentData::File {
            blob: BlobRef::Pending { pending },
        } => sha256(&read_all(&*mapped.contents[*pending], 1 << 30).unwrap()),
        AttachmentData::Reference { place } => place.clone(),
        other => panic!("{other:?}"),
    });
    let mut value = json!({
        "kind": kind,
        "changed": changed,
        "summary": item.title(),
        "categories": item.categories,
        "attachments": attachments.collect::<Vec<_>>(),
        "occurrences": times,
    });
    let address = |party: &airbridge::item::Party| {
        let email = party.email.clone().or(party.address.clone());
        // Who has no address at all is the name that stands in its place.
        email.unwrap_or_else(|| party.name.clone())
    };
    match &item.content {
        Content::Meeting(own) => {
            value["start"] = json!(own.start);
            value["end"] = json!(own.end);
            value["location"] = json!(own.location);
            value["description"] = json!(plain(&own.body.plain));
            value["organizer"] = json!(own.organizer.as_ref().map(address));
            let attendees = own.attendees.iter().map(|own| address(&own.party));
            value["attendees"] = json!(attendees.collect::<Vec<_>>());
            value["recurrence_id"] = json!(own.original_start);
        }
        Content::Task(own) => {
            value["description"] = json!(plain(&own.body.plain));
            value["organizer"] = json!(own.assigner.as_ref().map(address));
            let attendees = own.assignees.iter().map(address);
            value["attendees"] = json!(attendees.collect::<Vec<_>>());
        }
        Content::Journal(own) => value["start"] = json!(own.start),
        Content::Other(_) => {}
        other => panic!("{other:?}"),
    }
    value
}

/// Where the judge reads another value, or nothing, or another number of entries: file, field (or
/// `count`), how often, and who is right and why.
fn differences() -> BTreeMap<(String, String), (usize, String)> {
    let table = include_str!("judges/icalendar_differences.tsv");
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [file, field, count, reason] = cells[..] else {
            panic!("four cells, please: {line}")
        };
        assert!(reason.len() > 20, "a reason, please: {line}");
        let key = (file.to_owned(), field.to_owned());
        (key, (count.parse().unwrap(), reason.to_owned()))
    };
    lines.map(row).collect()
}

fn same(field: &str, own: &Value, judge: &Value) -> bool {
    let empty = |value: &Value| value.is_null() || *value == json!("") || *value == json!([]);
    if empty(own) && empty(judge) {
        return true;
    }
    match (own.as_str(), judge.as_str()) {
        (Some(own), Some(judge))
            if field == "description" || field == "summary" || field == "location" =>
        {
            own.replace("\r\n", "\n") == judge.replace("\r\n", "\n")
        }
        _ => own == judge,
    }
}

#[test]
fn counts_and_values_are_those_of_the_judge() {
    let Some(files) = corpus() else { return };
    let Some(told) = python("icalendar_items.py", &["icalendar", "dateutil"], &files) else {
        return;
    };
    assert_eq!(told.len(), files.len());
    let own: Vec<Vec<Value>> = files
        .par_iter()
        .map(|(name, path)| entries(name, path))
        .collect();
    let mut found: BTreeMap<(String, String), (usize, String)> = BTreeMap::new();
    let (mut compared, mut expanded) = (0, 0);
    for (((name, _), own), judge) in files.iter().zip(&own).zip(&told) {
        let judged = judge["entries"].as_array().unwrap();
        let of = |all: &[Value], kind: &str| -> Vec<Value> {
            let all = all.iter().filter(|one| one["kind"] == kind);
            all.cloned().collect()
        };
        let kinds = ["event", "to-do", "journal", "free-busy"];
        let counts = |all: &[Value]| kinds.map(|kind| of(all, kind).len());
        if !judge["error"].is_null() || counts(own) != counts(judged) {
            let words = format!("{} there: {}", judged.len(), judge["error"]);
            found.insert((name.clone(), "count".to_owned()), (own.len(), words));
            continue;
        }
        for kind in kinds {
            for (one, other) in of(own, kind).iter().zip(&of(judged, kind)) {
                compared += 1;
                expanded += usize::from(one["occurrences"].is_array());
                for (field, own) in one.as_object().unwrap() {
                    if !same(field, own, &other[field]) {
                        let key = (name.clone(), field.clone());
                        let words = format!("{} | {}", short(own), short(&other[field]));
                        found.entry(key).or_insert((0, words)).0 += 1;
                    }
                }
            }
        }
    }
    println!("{compared} entries compared, {expanded} of them expanded");
    let known = differences();
    let mut faults = Vec::new();
    for ((file, field), (count, words)) in &found {
        let key = (file.clone(), field.clone());
        if known.get(&key).map(|(count, _)| count) != Some(count) {
            faults.push(format!("{file}\t{field}\t{count}\t{words}"));
        }
    }
    for (key, _) in known.iter().filter(|(key, _)| !found.contains_key(key)) {
        faults.push(format!("no longer different: {key:?}"));
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Components as the crate calcard counts them, by name; it is asked only where no nesting can
/// overflow its stack.
fn calcard_counts(bytes: &[u8]) -> Option<BTreeMap<&'static str, usize>> {
    use calcard::icalendar::ICalendarComponentType as Kind;
    let text = String::from_utf8_lossy(bytes);
    if text.matches("BEGIN:").count() > 5_000 && text.matches("END:").count() < 5_000 {
        return None;
    }
    let mut counts = BTreeMap::new();
    let mut parser = calcard::Parser::new(&text);
    loop {
        match parser.entry() {
            calcard::Entry::ICalendar(calendar) => {
                for component in &calendar.components {
                    let name = match component.component_type {
                        Kind::VEvent => "event",
                        Kind::VTodo => "to-do",
                        Kind::VJournal => "journal",
                        Kind::VFreebusy => "free-busy",
                        _ => continue,
                    };
                    *counts.entry(name).or_default() += 1;
                }
            }
            calcard::Entry::Eof => return Some(counts),
            _ => {}
        }
    }
}

/// Files in which calcard finds another number of components, and why.
const CALCARD: &[(&str, &str)] = &[(
    "ical-org__ical.net/Bug2912657.ics",
    "airbridge: UTF-16 without a mark is told by its zeros; calcard takes UTF-8 only",
)];

/// A second judge, which reads every file: how many components of each kind there are.
#[test]
fn components_are_as_many_as_calcard_finds() {
    let Some(files) = corpus() else { return };
    let mut faults = Vec::new();
    for (name, path) in &files {
        let calendars = open(path);
        let mut own = BTreeMap::new();
        for entry in 0..calendars.len() {
            let kind = calendars.place(entry).unwrap().0.name();
            if kind != "component" {
                let changed = calendars.read(entry).unwrap().changed.len();
                *own.entry(kind).or_default() += 1 + changed;
            }
        }
        let judged = calcard_counts(&std::fs::read(path).unwrap());
        let known = CALCARD.iter().any(|(own, _)| own == name);
        let differs = judged.as_ref().is_some_and(|judged| *judged != own);
        if differs != known {
            faults.push(format!("{name}: {own:?} here, {judged:?} there"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}
