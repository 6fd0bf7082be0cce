//! Tables: what airbridge makes of every row is what Python's csv module and an independent script
//! make of it, on the corpus and on tables made here; and no cell is lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use airbridge::csv::{Options, Table};
use airbridge::file_bytes::FileBytes;
use airbridge::item::Item;
use airbridge::mapping::csv::fidelity;
use airbridge::source::{ReadingOptions, Sources};
use serde_json::{Value, json};

/// Differences that are understood: file, what the script says, what airbridge says, who is right.
const EXPLAINED: &[(&str, &str, &str, &str)] = &[];

fn corpus() -> Option<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/csv");
    let walk = walkdir::WalkDir::new(root)
        .follow_links(true)
        .sort_by_file_name();
    let files = walk.into_iter().filter_map(Result::ok);
    let files: Vec<PathBuf> = files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().to_path_buf())
        .collect();
    if files.is_empty() {
        judges::skip("../shared/corpus/csv is not here");
        return None;
    }
    Some(files)
}

fn judged(paths: &[PathBuf]) -> Option<Vec<Value>> {
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    judges::python_of("csv_items.py", &[], &["csv"], &paths)
}

/// The items of a file; `None`, with the reason, when it is not read.
fn ours(path: &Path) -> Result<Vec<Item>, String> {
    let sources = Sources::open(&[path.to_path_buf()], ReadingOptions::default());
    let sources = sources.map_err(|error| error.to_string())?;
    let items: Vec<Item> = sources
        .jobs()
        .flat_map(|job| job.items().unwrap())
        .map(|mapped| mapped.item)
        .collect();
    assert_eq!(sources.seen(), items.len() as u64);
    Ok(items)
}

/// What of an item the script tells too.
fn told(item: &Item) -> Value {
    let record = serde_json::to_value(item).unwrap();
    let texts = |list: &str, field: &[&str]| -> Vec<Value> {
        let all = record[list].as_array().into_iter().flatten();
        let found =
            all.filter_map(|own| field.iter().map(|name| &own[*name]).find(|v| !v.is_null()));
        found.cloned().collect()
    };
    let body = [&record["notes"]["plain"], &record["body"]["plain"]];
    let body = body.into_iter().find(|text| !text.is_null());
    let mut told = json!({
        "categories": record["categories"].as_array().cloned().unwrap_or_default(),
        "text": body,
        "title": item.title(),
    });
    if record["kind"] == "contact" {
        let mut phones: Vec<String> = texts("phones", &["number"])
            .iter()
            .map(|number| number.as_str().unwrap().to_owned())
            .collect();
        phones.sort();
        told["emails"] = Value::Array(texts("emails", &["email", "address", "name"]));
        told["phones"] = json!(phones);
        told["birthday"] = record["birthday"].clone();
    } else {
        let instant = |name: &str| match record[name].as_str() {
            Some(day) if day.len() == 10 => json!(format!("{day}T00:00:00Z")),
            _ => record[name].clone(),
        };
        told["start"] = instant("start");
        told["end"] = instant("end");
    }
    told
}

fn compare(paths: &[PathBuf]) -> Option<(usize, usize)> {
    let judged = judged(paths)?;
    let mut differences = Vec::new();
    let (mut files, mut items) = (0, 0);
    for (path, judged) in paths.iter().zip(&judged) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut differ = |theirs: String, own: String| {
            let known = EXPLAINED.iter();
            let mut known = known
                .filter(|(file, one, other, _)| *file == name && *one == theirs && *other == own);
            if known.next().is_none() {
                differences.push(format!("{name}: the script: {theirs}; airbridge: {own}"));
            }
        };
        files += 1;
        match (judged["items"].as_array(), ours(path)) {
            (None, Err(reason)) => {
                let words = ["a table whose columns", "of no format"];
                assert!(words.iter().any(|own| reason.contains(own)), "{reason}");
            }
            (Some(theirs), Ok(own)) => {
                if theirs.len() != own.len() {
                    differ(theirs.len().to_string(), own.len().to_string());
                    continue;
                }
                for (theirs, item) in theirs.iter().zip(&own) {
                    items += 1;
                    let own = told(item);
                    for (field, value) in own.as_object().unwrap() {
                        if theirs[field] != *value {
                            differ(format!("{field} {}", theirs[field]), value.to_string());
                        }
                    }
                }
            }
            (theirs, own) => differ(
                theirs.map_or("no table".to_owned(), |items| items.len().to_string()),
                own.map_or_else(|reason| reason, |items| items.len().to_string()),
            ),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    Some((files, items))
}

#[test]
fn the_corpus_is_read_as_python_reads_it() {
    let Some(paths) = corpus() else { return };
    if let Some((files, items)) = compare(&paths) {
        println!("{files} files, {items} items");
        assert!(files >= 16 && items >= 20);
    }
}

#[test]
fn tables_made_here_are_read_as_python_reads_them() {
    let room = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    let mut add = |name: &str, bytes: &[u8]| {
        let path = room.path().join(name);
        fs::write(&path, bytes).unwrap();
        paths.push(path);
    };
    let mut german = "Vorname;Nachname;Firma;E-Mail-Adresse;E-Mail 2: Adresse;Geburtstag;\
                      Telefon geschäftlich;Mobiltelefon;Kategorien;Notizen\r\n"
        .to_owned();
    let mut calendar = "\"Subject\",\"Start Date\",\"Start Time\",\"End Date\",\"End Time\",\
                        \"Categories\",\"Description\"\r\n"
        .to_owned();
    let mut tasks = "件名\t開始日\t期限\t分類\tメモ\r\n".to_owned();
    for n in 1..=300 {
        let (day, month, hour) = (n % 28 + 1, n % 12 + 1, n % 12 + 1);
        german.push_str(&format!(
            "Jörg{n};Müller;\"Werft \"\"{n}\"\"; Nord\";j{n}@x.example;;{day}.{month}.19{};\
             +49 {n};{n};\
             \"A;B{n}\";\"Zeile 1\nZeile; {n}\"\r\n",
            n % 60 + 30
        ));
        let half = if n % 2 == 0 { "AM" } else { "PM" };
        calendar.push_str(&format!(
            "\"Törn {n}\",\"{month}/{day}/2024\",\"{hour}:15:00 {half}\",\"{month}/{day}/2024\",\
             \"{hour}:45:00 {half}\",\"Sail\",\"One,\r\n\r\n\"\"two\"\" {n}\"\r\n"
        ));
        tasks.push_str(&format!("帆{n}\t2024/{month}/{day}\t\t仕事\tメモです\r\n"));
    }
    let (german, ..) = encoding_rs::WINDOWS_1252.encode(&german);
    add("kontakte.csv", &german);
    add("calendar.csv", format!("\u{feff}{calendar}").as_bytes());
    let (tasks, ..) = encoding_rs::SHIFT_JIS.encode(&tasks);
    add("tasks.csv", &tasks);
    add("prices.csv", b"Part,Price\nRope,5\nSail,900\n");
    if let Some((files, items)) = compare(&paths) {
        assert_eq!((files, items), (4, 900));
    }
}

/// Every cell is of a row of the fidelity table, or raw under its heading; every record keeps its
/// schema, and is the same when read again.
#[test]
fn every_row_of_the_corpus_is_a_valid_record_and_loses_nothing() {
    let Some(paths) = corpus() else { return };
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/schema/item.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let rows: BTreeSet<String> = fidelity::rows()
        .into_iter()
        .map(|row| row.property)
        .collect();
    let mut cells = 0;
    for path in paths {
        let Ok(items) = ours(&path) else { continue };
        let table = Table::open(FileBytes::open(&path).unwrap(), &Options::default()).unwrap();
        for (number, item) in (0..).zip(&items) {
            let text = serde_json::to_string(item).unwrap();
            let record: Value = serde_json::from_str(&text).unwrap();
            let place = format!("{} row {number}", path.display());
            if let Err(error) = validator.validate(&record) {
                panic!("{place}: {error} at {}", error.instance_path());
            }
            let again: Item = serde_json::from_str(&text).unwrap();
            assert_eq!(again, *item, "{place}");
            let raw: BTreeSet<&str> = item.raw.iter().map(|own| own.name.as_str()).collect();
            let row = table.row(number).unwrap();
            for (column, cell) in table.layout().columns.iter().zip(&row.cells) {
                if cell.trim().is_empty() {
                    continue;
                }
                cells += 1;
                let taken = column.is.is_some_and(|is| rows.contains(is));
                let kept = raw.contains(column.heading.as_str());
                assert!(taken || kept, "{place}: {} is lost", column.heading);
                // What no field took as a text of its own stands somewhere in the record, unless it
                // says that there is nothing.
                let nothing = ["0/0/00", "Unspecified", "Normal", "False", "FALSE"];
                let line = cell.trim().lines().next().unwrap().trim();
                let word = serde_json::to_string(line).unwrap();
                let inner = &word[1..word.len() - 1];
                let dated = ["2004-11-08", "10:30 AM", "11:30 AM"];
                let found =
                    text.contains(inner) || nothing.contains(&line) || dated.contains(&line);
                assert!(found, "{place}: {cell:?} of {} is lost", column.heading);
            }
        }
    }
    println!("{cells} cells");
    assert!(cells > 100);
}
