//! The same item in a store and as an MSG file is the same item: messages of the stores of the
//! corpus, written as MSG files with the crate `cfb` and read back, field by field.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod judges;
mod msg_writer;
#[path = "judges/stored.rs"]
mod stored;

use airbridge::content::read_all;
use airbridge::file_bytes::FileBytes;
use airbridge::item::{Blob, BlobRef};
use airbridge::mapi::Message;
use airbridge::mapping::{Context, mapi::to_item};
use airbridge::source::{ReadingOptions, Sources, StoreSource};
use rayon::prelude::*;
use serde_json::Value as Json;

/// Messages of each store, spread over it.
const EACH: usize = 60;

/// The record of a message, its bytes by their hash.
fn record(message: &Message) -> Json {
    let mut mapped = to_item(message, &Context::default());
    let contents = mapped.contents;
    mapped
        .item
        .try_visit_blobs(|reference| {
            if let BlobRef::Pending { pending } = *reference {
                let bytes = read_all(&*contents[pending], 1 << 30).unwrap();
                *reference = BlobRef::Packed(Blob {
                    sha256: stored::sha256(&bytes),
                    size: bytes.len() as u64,
                });
            }
            Ok::<_, ()>(())
        })
        .unwrap();
    let mut record = serde_json::to_value(&mapped.item).unwrap();
    as_unicode(&mut record);
    record
}

/// The writer of this test writes all text as Unicode, and raw values tell the type.
fn as_unicode(record: &mut Json) {
    match record {
        Json::Object(own) => {
            for (key, value) in own.iter_mut() {
                match value.as_str() {
                    Some("001e") if key == "type" => *value = "001f".into(),
                    Some("101e") if key == "type" => *value = "101f".into(),
                    _ => as_unicode(value),
                }
            }
        }
        Json::Array(own) => own.iter_mut().for_each(as_unicode),
        _ => {}
    }
}

#[test]
fn an_item_of_a_store_is_the_same_as_a_file() {
    let Some(stores) = judges::corpus() else {
        return;
    };
    let paths: Vec<_> = stores.into_iter().map(|(_, path)| path).collect();
    let sources = Sources::open(&paths, ReadingOptions::default()).unwrap();
    let mut jobs = Vec::new();
    for store in sources.stores() {
        let all: Vec<_> = StoreSource::jobs(store).collect();
        let step = all.len().div_ceil(EACH).max(1);
        jobs.extend(all.into_iter().step_by(step));
    }
    let faults: Vec<Option<String>> = jobs
        .par_iter()
        .filter_map(|job| {
            let (message, _) = job.read().ok()?;
            let bytes = FileBytes::in_memory(msg_writer::write(&message));
            let (again, findings) = airbridge::msg::read(&bytes, None).unwrap();
            let (own, other) = (record(&message), record(&again));
            let place = format!("{} {}", job.source.name(), job.locator());
            let mut faults: Vec<String> = findings.iter().map(ToString::to_string).collect();
            differences(&own, &other, "", &mut faults);
            let faults = faults.join("\n    ");
            Some((!faults.is_empty()).then(|| format!("{place}\n    {faults}")))
        })
        .collect();
    let compared = faults.len();
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    println!("{compared} messages compared");
    assert!(compared > 500, "the corpus has shrunk: {compared}");
    let shown = faults[..faults.len().min(20)].join("\n");
    assert!(faults.is_empty(), "{} differ:\n{shown}", faults.len());
}

fn differences(own: &Json, other: &Json, at: &str, faults: &mut Vec<String>) {
    match (own, other) {
        (Json::Object(one), Json::Object(two)) => {
            for (key, value) in one {
                let theirs = two.get(key).unwrap_or(&Json::Null);
                differences(value, theirs, &format!("{at}.{key}"), faults);
            }
            for key in two.keys().filter(|key| !one.contains_key(*key)) {
                faults.push(format!("{at}.{key} is new"));
            }
        }
        (Json::Array(one), Json::Array(two)) if one.len() == two.len() => {
            for (number, (one, two)) in one.iter().zip(two).enumerate() {
                differences(one, two, &format!("{at}[{number}]"), faults);
            }
        }
        _ if own == other => {}
        _ => {
            let short = |own: &Json| own.to_string().chars().take(200).collect::<String>();
            faults.push(format!("{at}: {} and {}", short(own), short(other)));
        }
    }
}
