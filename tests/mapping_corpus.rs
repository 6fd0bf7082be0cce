//! Every message of every store of the corpus as an item: valid records, nothing lost without a
//! row, and
//! values that libpff reads alike.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use airbridge::content::{ContentRef, read_all};
use airbridge::crm::contact_payload::ContactPayload;
use airbridge::file_bytes::FileBytes;
use airbridge::finding::Effect;
use airbridge::item::{Blob, BlobRef, Item};
use airbridge::mapi::{self, AttachmentData, Property, PropertyBag, canonical_name};
use airbridge::mapping::mapi::fields::Key;
use airbridge::mapping::mapi::{fidelity, to_item};
use airbridge::mapping::{Context, Mapped};
use airbridge::source::{MessageJob, ReadingOptions, Sources, StoreSource};
use rayon::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Findings of the mapping that say that something was lost or altered: code, how many, and why.
const EXPECTED: &[(&str, usize, &str)] = &[];

/// The same of MSG files and of messages in transport encapsulation.
const EXPECTED_OF_FILES: &[(&str, usize, &str)] = &[];

fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if path.join("INDEX.tsv").exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "no corpus at {}",
        path.display()
    );
    println!("SKIPPED: no corpus at {}", path.display());
    None
}

fn validator() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/schema/item.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
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
            let bytes = read_all(&*contents[pending], 1 << 30).unwrap_or_else(|error| {
                faults.push(format!("content {pending}: {error}"));
                Vec::new()
            });
            let digest = Sha256::digest(&bytes);
            let sha256 = digest.iter().map(|byte| format!("{byte:02x}"));
            *reference = BlobRef::Packed(Blob {
                sha256: sha256.collect(),
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

/// Paths of numbers that are no integers.
fn floats(value: &Value) -> usize {
    match value {
        Value::Number(number) => usize::from(number.is_f64()),
        Value::Array(own) => own.iter().map(floats).sum(),
        Value::Object(own) => own.values().map(floats).sum(),
        _ => 0,
    }
}

/// Names of raw properties, of every embedded item and part as well.
fn raw_names(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(own) => {
            for raw in own
                .get("raw")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                names.insert(raw["name"].as_str().unwrap().to_owned());
            }
            own.values().for_each(|value| raw_names(value, names));
        }
        Value::Array(own) => own.iter().for_each(|value| raw_names(value, names)),
        _ => {}
    }
}

/// Properties that are neither raw nor of a row. A row is for a property id of any type, as
/// `PidTagHtml` and `PidTagBodyHtml` are one.
fn lost(bag: &PropertyBag, raw: &BTreeSet<String>, told: &BTreeSet<String>) -> Vec<String> {
    let of_any_type = |property: &Property| match property.name {
        Some(_) => canonical_name(property).into_owned(),
        None => Key::Tag(property.tag.id()).name(),
    };
    bag.iter()
        .filter(|property| !told.contains(&of_any_type(property)))
        .map(|property| canonical_name(property).into_owned())
        .filter(|name| !raw.contains(name))
        .collect()
}

/// The same of a whole message; raw properties of embedded ones are looked for everywhere in the
/// record.
fn lost_of(message: &mapi::Message, record: &Value) -> Vec<String> {
    let rows = fidelity::rows();
    let told = |parts: &[&str]| -> BTreeSet<String> {
        rows.iter()
            .filter(|row| parts.contains(&row.part))
            .map(|row| row.property.clone())
            .collect()
    };
    let kind = record["kind"].as_str().unwrap();
    let own: BTreeSet<String> = record["raw"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|raw| raw["name"].as_str().unwrap().to_owned())
        .collect();
    let mut parts = vec!["every kind", kind];
    parts.extend((!record["report"].is_null()).then_some("report"));
    parts.extend((!record["meeting"].is_null()).then_some("meeting"));
    let mut faults = lost(&message.props, &own, &told(&parts));
    let mut anywhere = BTreeSet::new();
    raw_names(record, &mut anywhere);
    let mut waiting: Vec<&mapi::Attachment> = message.attachments.iter().collect();
    while let Some(attachment) = waiting.pop() {
        faults.extend(lost(&attachment.props, &anywhere, &told(&["attachment"])));
        if let AttachmentData::Message(inner) = &attachment.data {
            let all: BTreeSet<String> = rows.iter().map(|row| row.property.clone()).collect();
            faults.extend(lost(&inner.props, &anywhere, &all));
            waiting.extend(&inner.attachments);
        }
    }
    faults
}

/// What came of one message.
struct Seen {
    faults: Vec<String>,
    findings: Vec<(&'static str, Effect)>,
    kind: &'static str,
}

fn seen(job: MessageJob<'_>, validator: &jsonschema::Validator) -> Seen {
    let message = match job.read() {
        Ok((message, _)) => message,
        Err(error) => {
            return Seen {
                faults: Vec::new(),
                findings: vec![(error.fault.code, Effect::Lost)],
                kind: "unreadable",
            };
        }
    };
    let place = format!("{} {}", job.source.name(), job.locator());
    seen_of(&message, job.item().unwrap(), &place, validator)
}

/// The item of a message against the schema, itself when read again, and the message.
fn seen_of(
    message: &mapi::Message,
    mut mapped: Mapped,
    place: &str,
    validator: &jsonschema::Validator,
) -> Seen {
    let mut faults = pack(&mut mapped.item, &mapped.contents);
    let text = serde_json::to_string(&mapped.item).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    let mut record = record;
    if let Some(payload) = ContactPayload::of_item(&mapped.item, &[]) {
        record["bigcontacts"] = serde_json::to_value(&payload).unwrap();
        let taken = payload.taken();
        if !taken.custom_fields.is_empty() || taken.bridge_id.as_ref() != Some(&mapped.item.id) {
            faults.push(format!("the payload is not taken back whole: {taken:?}"));
        }
    }
    let errors = validator.iter_errors(&record);
    faults.extend(errors.map(|error| format!("{error} at {}", error.instance_path())));
    let again: Item = serde_json::from_str(&text).unwrap();
    if again != mapped.item || serde_json::to_string(&again).unwrap() != text {
        faults.push("is not the same when read again".to_owned());
    }
    if floats(&record) > 0 {
        faults.push("has floats".to_owned());
    }
    if let Err(error) = mapped.item.content_hash() {
        faults.push(error.to_string());
    }
    let lost = lost_of(message, &record);
    faults.extend(
        lost.iter()
            .map(|name| format!("{name} is neither raw nor of a row")),
    );
    faults
        .iter_mut()
        .for_each(|fault| *fault = format!("{place}: {fault}"));
    Seen {
        faults,
        findings: mapped.findings.iter().map(|f| (f.code, f.effect)).collect(),
        kind: mapped.item.kind().name(),
    }
}

#[test]
fn every_message_is_a_valid_record_and_loses_nothing() {
    let Some(corpus) = corpus() else { return };
    let sources = Sources::open(
        &[corpus.join("pst"), corpus.join("ost")],
        ReadingOptions::default(),
    )
    .unwrap();
    let validator = validator();
    let all: Vec<Seen> = sources
        .stores()
        .iter()
        .flat_map(StoreSource::jobs)
        .par_bridge()
        .map(|job| seen(job, &validator))
        .collect();
    judge(all, EXPECTED);
}

/// The same of MSG files and of messages in transport encapsulation.
#[test]
fn every_message_of_a_file_is_a_valid_record_and_loses_nothing() {
    let Some(corpus) = corpus() else { return };
    let validator = validator();
    let files = ["msg", "tnef"].map(|folder| walkdir::WalkDir::new(corpus.join(folder)));
    let files = files.into_iter().flatten().map(Result::unwrap);
    let all: Vec<Seen> = files
        .filter(|entry| entry.file_type().is_file())
        .par_bridge()
        .filter_map(|entry| {
            let bytes = FileBytes::open(entry.path()).unwrap();
            let message = match airbridge::tnef::read(&bytes, None) {
                Ok((message, _)) => message,
                Err(_) => airbridge::msg::read(&bytes, None).ok()?.0,
            };
            let mapped = to_item(&message, &Context::default());
            let place = entry.path().display().to_string();
            Some(seen_of(&message, mapped, &place, &validator))
        })
        .collect();
    assert!(all.len() >= 195, "only {} files were read", all.len());
    judge(all, EXPECTED_OF_FILES);
}

fn judge(all: Vec<Seen>, expected: &[(&str, usize, &str)]) {
    let mut faults = Vec::new();
    let mut kinds: BTreeMap<_, usize> = BTreeMap::new();
    let mut findings: BTreeMap<_, usize> = BTreeMap::new();
    for seen in all {
        faults.extend(seen.faults);
        *kinds.entry(seen.kind).or_default() += 1;
        for finding in seen.findings {
            *findings.entry(finding).or_default() += 1;
        }
    }
    println!("{kinds:?}");
    for ((code, effect), count) in &findings {
        println!("{count:6} {effect:?} {code}");
    }
    faults.sort();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults[..faults.len().min(60)].join("\n")
    );
    let harm: Vec<_> = findings
        .into_iter()
        .filter(|((code, effect), _)| code.starts_with("mapping.") && *effect > Effect::Noted)
        .map(|((code, _), count)| (code, count))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(code, count, _)| (*code, *count))
        .collect();
    assert_eq!(harm, expected);
}
