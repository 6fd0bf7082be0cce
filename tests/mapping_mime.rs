//! Every mail of the corpus as an item: a valid record, the same when read again, nothing lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use airbridge::content::{ContentRef, read_all};
use airbridge::finding::Effect;
use airbridge::item::{Blob, BlobRef, Item};
use airbridge::mapping::mime::fidelity;
use airbridge::mime::header::unfolded;
use airbridge::mime::{FromQuoting, Message};
use airbridge::source::{Format, Job, ReadingOptions, Sources};
use serde_json::Value;
use sha2::{Digest, Sha256};

mod judges;

/// The item with its references to bytes resolved, or what of them cannot be read.
fn pack(item: &mut Item, contents: &[ContentRef]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    item.try_visit_blobs(|reference| {
        if let BlobRef::Pending { pending } = *reference {
            if !used.insert(pending) {
                faults.push(format!("content {pending} is referred to twice"));
            }
            let bytes = read_all(&*contents[pending], 1 << 30).unwrap_or_else(|error| {
                faults.push(format!("content {pending}: {error}"));
                Vec::new()
            });
            if contents[pending].size() != bytes.len() as u64 {
                let told = contents[pending].size();
                faults.push(format!(
                    "content {pending} says {told} bytes, has {}",
                    bytes.len()
                ));
            }
            let digest = Sha256::digest(&bytes);
            *reference = BlobRef::Packed(Blob {
                sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
                size: bytes.len() as u64,
            });
        }
        Ok::<_, ()>(())
    })
    .unwrap();
    if used.len() != contents.len() {
        faults.push(format!(
            "{} of {} contents are referred to",
            used.len(),
            contents.len()
        ));
    }
    faults
}

/// Every text in a record, in one.
fn texts(value: &Value, all: &mut String) {
    match value {
        Value::String(text) => {
            all.push_str(text);
            all.push('\n');
        }
        Value::Array(own) => own.iter().for_each(|value| texts(value, all)),
        Value::Object(own) => own.values().for_each(|value| texts(value, all)),
        _ => {}
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Header fields of the message and its parts that are neither in a text of the record nor of a
/// row.
fn lost(message: &Message, record: &Value) -> Vec<String> {
    let rows: BTreeSet<String> = fidelity::rows()
        .into_iter()
        .filter(|row| row.part == "part")
        .map(|row| row.property.to_ascii_lowercase())
        .collect();
    let mut all = String::new();
    texts(record, &mut all);
    let all = words(&all);
    let mut faults = Vec::new();
    for (index, entity) in message.entities.iter().enumerate() {
        for field in entity.header.iter() {
            let Ok(value) = String::from_utf8(unfolded(field.value)) else {
                continue;
            };
            let is_row = index > 0 && rows.contains(&field.name.to_ascii_lowercase());
            if !is_row && !all.contains(&words(&value)) {
                let path = message.path(index);
                faults.push(format!("part {path:?}: {}: {value} is nowhere", field.name));
            }
        }
    }
    faults
}

/// Findings that say that something is lost or altered in the whole corpus: code, how many.
const HARM: &[(&str, usize)] = &[
    ("mapping.mail.broken-encoding", 14),
    ("mapping.mail.not-encoded", 6),
    ("mapping.mail.text-undecodable", 1),
    ("mapping.mail.undecodable", 2),
    ("mime.header.no-field", 12),
    ("mime.part.unknown-encoding", 9),
    ("mime.structure.too-deep", 2),
    ("tnef.properties.twice", 11),
    ("tnef.time.zone", 3),
];

#[test]
fn every_mail_is_a_valid_record_and_loses_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !root.join("eml").exists() {
        return judges::skip("../shared/corpus is not here");
    }
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/schema/item.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let sources = Sources::open(
        &[root.join("eml"), root.join("mbox")],
        ReadingOptions::default(),
    )
    .unwrap();
    let mut faults = Vec::new();
    let mut harm: BTreeMap<&'static str, usize> = BTreeMap::new();
    for job in sources.jobs() {
        let Job::Entry(entry) = &job else { continue };
        let input = entry.source.input();
        let place = format!("{} {}", input.name, job.locator());
        let own_faults = faults.len();
        let mut items = job.items().unwrap();
        for mapped in &items {
            for finding in mapped
                .findings
                .iter()
                .filter(|own| own.effect > Effect::Noted)
            {
                *harm.entry(finding.code).or_default() += 1;
            }
        }
        let mapped = &mut items[0];
        faults.extend(pack(&mut mapped.item, &mapped.contents));
        let text = serde_json::to_string(&mapped.item).unwrap();
        let record: Value = serde_json::from_str(&text).unwrap();
        let errors = validator.iter_errors(&record);
        faults.extend(errors.map(|error| format!("{error} at {}", error.instance_path())));
        let again: Item = serde_json::from_str(&text).unwrap();
        if again != mapped.item || serde_json::to_string(&again).unwrap() != text {
            faults.push("is not the same when read again".to_owned());
        }
        if let Err(error) = mapped.item.content_hash() {
            faults.push(error.to_string());
        }
        if input.format == Format::Mail && record["headers"]["sha256"].is_null() {
            let bytes = input.open().unwrap().bytes;
            let len = bytes.len();
            let message = Message::scan(bytes, 0..len, FromQuoting::None).unwrap();
            if !input.name.ends_with(".emlx") {
                faults.extend(lost(&message, &record));
            }
        }
        for fault in &mut faults[own_faults..] {
            *fault = format!("{place}: {fault}");
        }
    }
    println!("{harm:?}");
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults[..faults.len().min(60)].join("\n")
    );
    let harm: Vec<_> = harm.into_iter().collect();
    assert_eq!(harm, HARM);
}
