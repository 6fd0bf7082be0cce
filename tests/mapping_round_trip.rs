//! Item to message and back: every message of the corpus as an item, as a message again, and as an
//! item once more says the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;

use airbridge::content::{ContentRef, InMemory, read_all};
use airbridge::finding::Effect;
use airbridge::item::{Blob, BlobRef, Item};
use airbridge::mapping::{Context, mapi};
use airbridge::source::{MessageJob, ReadingOptions, Sources, StoreSource};
use rayon::iter::{ParallelBridge, ParallelIterator};
use serde_json::{Map, Value};

/// The item with its references to bytes resolved.
fn pack(item: &mut Item, contents: &[ContentRef]) {
    item.try_visit_blobs(|reference| {
        if let BlobRef::Pending { pending } = *reference {
            let bytes = read_all(&*contents[pending], 1 << 30).unwrap_or_default();
            *reference = BlobRef::Packed(Blob {
                sha256: blake3::hash(&bytes).to_hex().to_string(),
                size: bytes.len() as u64,
            });
        }
        Ok::<_, ()>(())
    })
    .unwrap();
}

/// Fields that Outlook expects, so that an item without them gets them.
const EXPECTED: &[&str] = &[
    "/file_as",
    "/conversation",
    "/attachments[]/item/conversation",
    "/emails[]/original",
    "/members[]/entry_id",
    // Told by the uid, whose bytes mean nothing in the examples.
    "/original_date",
    "/meeting/original_date",
];

/// Whether a raw property has an id that means nothing outside its store.
fn is_local(name: &str) -> bool {
    let id = name.rsplit('/').next().unwrap().strip_prefix("0x");
    let id = id.and_then(|digits| u16::from_str_radix(digits, 16).ok());
    id.is_some_and(|id| id == 0 || id >= 0x8000)
}

/// A record without what is not compared: who it is, and in what is raw the properties that Outlook
/// expects and that had not been there.
fn told(item: &Item, raw: &mut BTreeMap<String, Value>) -> Value {
    let mut value = serde_json::to_value(item).unwrap();
    strip(&mut value, "", raw);
    value
}

fn strip(value: &mut Value, path: &str, raw: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(own) => {
            if let Some(Value::Array(properties)) = own.remove("raw") {
                for property in properties {
                    let name = format!("{path}/{}", property["name"].as_str().unwrap());
                    raw.insert(name, property["value"].clone());
                }
            }
            for name in ["id", "identity", "provenance"] {
                own.remove(name);
            }
            for (name, value) in own.iter_mut() {
                strip(value, &format!("{path}/{name}"), raw);
            }
        }
        Value::Array(own) => {
            for (at, value) in own.iter_mut().enumerate() {
                strip(value, &format!("{path}/{at}"), raw);
            }
        }
        _ => {}
    }
}

/// Paths at which two records differ.
fn differences(path: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    let empty = Map::new();
    match (one, other) {
        (Value::Null, _) if EXPECTED.contains(&path) => {}
        (Value::Object(one), other) if other.is_object() || other.is_null() => {
            let other = other.as_object().unwrap_or(&empty);
            let names: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
            for name in names {
                let get = |own: &Map<String, Value>| own.get(name).cloned().unwrap_or_default();
                differences(&format!("{path}/{name}"), &get(one), &get(other), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (one, other) in one.iter().zip(other) {
                differences(&format!("{path}[]"), one, other, found);
            }
        }
        (one, other) if one == other => {}
        (one, other) => {
            let short = |value: &Value| value.to_string().chars().take(120).collect::<String>();
            found.push(format!("{path}: {} became {}", short(one), short(other)));
        }
    }
}

fn there_and_back(job: MessageJob<'_>) -> Vec<String> {
    let Ok(first) = job.item() else {
        return Vec::new();
    };
    let given = mapi::to_message(&first.item, &first.contents);
    let context = Context {
        source: "again.pst".into(),
        folder: job.folder(),
        folder_class: None,
        locator: job.locator(),
    };
    let again = mapi::to_item(&given.value, &context);
    let (mut one, mut other) = (first.item, again.item);
    pack(&mut one, &first.contents);
    pack(&mut other, &again.contents);
    let (mut raw, mut raw_again) = (BTreeMap::new(), BTreeMap::new());
    let (value, value_again) = (told(&one, &mut raw), told(&other, &mut raw_again));
    let mut found = Vec::new();
    differences("", &value, &value_again, &mut found);
    for (name, value) in raw.into_iter().filter(|(name, _)| !is_local(name)) {
        match raw_again.get(&name) {
            Some(again) if *again == value => {}
            again => {
                let short = |value: String| value.chars().take(100).collect::<String>();
                let again = again.map_or_else(|| "nothing".to_owned(), Value::to_string);
                let value = short(value.to_string());
                found.push(format!("raw {name}: {value} became {}", short(again)));
            }
        }
    }
    if one.id != other.id {
        found.push(format!("id {:?} became {:?}", one.id, other.id));
    }
    found.extend(
        given
            .findings
            .iter()
            .filter(|finding| finding.effect == Effect::Lost)
            .map(|finding| finding.to_string()),
    );
    let place = format!("{} {}", job.source.name(), job.locator());
    found
        .into_iter()
        .map(|what| format!("{place}: {what}"))
        .collect()
}

#[test]
fn every_message_of_the_corpus_comes_back_the_same() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.join("INDEX.tsv").exists() {
        assert!(std::env::var_os("CI").is_none(), "no corpus");
        println!("SKIPPED: no corpus at {}", corpus.display());
        return;
    }
    let paths = [corpus.join("pst"), corpus.join("ost")];
    let sources = Sources::open(&paths, ReadingOptions::default()).unwrap();
    let jobs = sources.stores().iter().flat_map(StoreSource::jobs);
    let results: Vec<Vec<String>> = jobs.par_bridge().map(there_and_back).collect();
    assert!(results.len() > 1_000, "{} messages", results.len());
    let mut faults: Vec<String> = results.into_iter().flatten().collect();
    faults.sort();
    assert!(
        faults.is_empty(),
        "{} differences:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Bytes that tell their own name, so that a blob can be known again.
#[derive(Debug)]
struct Named;

impl airbridge::mapping::Blobs for Named {
    fn content(&self, blob: &BlobRef) -> Option<ContentRef> {
        let BlobRef::Packed(blob) = blob else {
            return None;
        };
        let mut bytes = serde_json::to_vec(blob).unwrap();
        bytes.resize(bytes.len().max(usize::try_from(blob.size).unwrap()), b' ');
        Some(std::sync::Arc::new(InMemory(bytes)))
    }
}

#[test]
fn items_that_never_were_in_outlook_come_back_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/examples/items");
    let mut faults = Vec::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut example: Item = serde_json::from_str(&text).unwrap();
        example.raw.clear();
        let given = mapi::to_message(&example, &Named);
        let findings: Vec<_> = given.findings.iter().map(ToString::to_string).collect();
        faults.extend(findings);
        let again = mapi::to_item(&given.value, &Context::default());
        let mut item = again.item;
        item.try_visit_blobs(|reference| {
            if let BlobRef::Pending { pending } = *reference {
                let bytes = read_all(&*again.contents[pending], 1 << 20).unwrap();
                *reference = BlobRef::Packed(serde_json::from_slice(&bytes).unwrap());
            }
            Ok::<_, ()>(())
        })
        .unwrap();
        let mut raw = BTreeMap::new();
        let (one, other) = (told(&example, &mut raw), told(&item, &mut raw));
        let mut found = Vec::new();
        differences("", &one, &other, &mut found);
        // Outlook shows the whole address, which is made of the parts.
        found.retain(|what| !what.starts_with("/addresses[]/formatted: null became"));
        let name = path.file_name().unwrap().to_string_lossy();
        faults.extend(found.into_iter().map(|what| format!("{name}: {what}")));
        seen += 1;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(seen >= 7, "{seen} examples");
}
