//! What of an item comes through a format: the item as it was beside the item that its file gives
//! when it is read again. So nothing that a writer leaves out, whatever field it is, goes untold.
//!
//! *Invariants*: both are compared as records, field by field; bytes count by their hash, texts
//! whatever ends their lines. A work list and no recursion.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::mapped::Blobs;
use crate::finding::{Effect, Findings};
use crate::hex;
use crate::item::hash::is_volatile;
use crate::item::{Blob, BlobRef, Item, RawProperty};

/// A field of an item that is not the same after a round through a format.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The path of the field: `emails[0].name`.
    pub path: String,
    /// What it was; null when there was nothing.
    pub was: Value,
    /// What it is now; null when nothing came back.
    pub is: Value,
}

/// The codes and words with which a format tells what it does not carry.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// Code for what is lost.
    pub lost: &'static str,
    /// Code for what came through as something else.
    pub altered: &'static str,
    /// Code for raw properties that have no place.
    pub raw: &'static str,
    /// What the format is called: `a vCard`.
    pub format: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// What no user set: times that importing sets anew, and what means nothing outside its store.
/// These are noted only.
const SET_ANEW: &[&str] = &[
    "created",
    "modified",
    "reminder.signal",
    "outlook_links.entry_ids",
    "members[].entry_id",
    "time_zone.description",
    "end_time_zone.description",
];

/// Most names of raw properties in a finding.
const NAMES: usize = 40;

impl Difference {
    /// The path with `[]` for every place in a list.
    #[must_use]
    pub fn pattern(&self) -> String {
        let mut pattern = String::with_capacity(self.path.len());
        for part in self.path.split_inclusive(['[', ']']) {
            let number = part
                .strip_suffix(']')
                .is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            pattern.push_str(if number { "]" } else { part });
        }
        pattern
    }

    /// Whether it is a raw property.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.path == "raw" || self.path.ends_with(".raw")
    }

    /// What it does to the item.
    #[must_use]
    pub fn effect(&self) -> Effect {
        let pattern = self.pattern();
        let noted = SET_ANEW.iter().any(|own| {
            pattern == *own
                || pattern
                    .strip_prefix(own)
                    .is_some_and(|rest| rest.starts_with('['))
        });
        // An occurrence in full says what its series and its differences say.
        let in_full = self.was.is_null() && pattern.starts_with("recurrence.exceptions[].");
        match (&self.is, noted || in_full || self.is_volatile()) {
            (_, true) => Effect::Noted,
            (Value::Null, false) => Effect::Lost,
            (_, false) => Effect::Altered,
        }
    }

    fn is_volatile(&self) -> bool {
        let property = serde_json::from_value(self.was.clone());
        self.is_raw() && property.is_ok_and(|own: RawProperty| is_volatile(&own.name, &own.kind))
    }
}

/// The fields in which an item differs from what its file gave when it was read again. Who it is
/// and where it was seen is not compared, nor raw properties that are there in addition.
#[must_use]
pub fn differences(
    before: &Item,
    blobs: &dyn Blobs,
    after: &Item,
    contents: &dyn Blobs,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let (before, after) = (record(before, blobs), record(after, contents));
    let mut work = vec![(String::new(), before, after)];
    while let Some((path, was, is)) = work.pop() {
        match (was, is) {
            (Value::Object(mut was), Value::Object(mut is)) => {
                for name in ["id", "identity", "provenance", "bigcontacts"] {
                    was.remove(name);
                    is.remove(name);
                }
                if whole_days(&was) && whole_days(&is) {
                    for name in OF_A_CLOCK {
                        was.remove(*name);
                        is.remove(*name);
                    }
                }
                raw(&path, was.remove("raw"), is.remove("raw"), &mut found);
                let mut pairs: BTreeMap<String, (Value, Value)> = BTreeMap::new();
                for (name, value) in was {
                    pairs.entry(name).or_default().0 = value;
                }
                for (name, value) in is {
                    pairs.entry(name).or_default().1 = value;
                }
                work.extend(pairs.into_iter().rev().map(|(name, (was, is))| {
                    let dot = if path.is_empty() { "" } else { "." };
                    (format!("{path}{dot}{name}"), was, is)
                }));
            }
            (Value::Array(mut was), Value::Array(mut is)) => {
                if ["phones", "addresses"].contains(&path.as_str()) {
                    was.sort_by_key(kind);
                    is.sort_by_key(kind);
                }
                let len = was.len().max(is.len());
                was.resize(len, Value::Null);
                is.resize(len, Value::Null);
                let pairs = was.into_iter().zip(is).enumerate();
                let pairs = pairs.map(|(at, (was, is))| (format!("{path}[{at}]"), was, is));
                work.extend(pairs.collect::<Vec<_>>().into_iter().rev());
            }
            // An empty record beside none: its fields are what is missing.
            (Value::Object(was), Value::Null) if !was.is_empty() => {
                work.push((path, was.into(), Value::Object(serde_json::Map::new())));
            }
            (Value::Array(was), Value::Null) if !was.is_empty() => {
                work.push((path, was.into(), Value::Array(Vec::new())));
            }
            (Value::String(was), Value::String(is)) if even(&was) == even(&is) => {}
            (was, is) if was == is => {}
            (was, is) => found.push(Difference { path, was, is }),
        }
    }
    found
}

/// What of an event of whole days depends on the zone of its calendar: it takes its days wherever
/// one is.
const OF_A_CLOCK: &[&str] = &[
    "start",
    "end",
    "time_zone",
    "end_time_zone",
    "original_start",
];

fn whole_days(record: &serde_json::Map<String, Value>) -> bool {
    record.get("all_day") == Some(&Value::Bool(true)) && record.contains_key("start_date")
}

/// Tells what does not come through.
pub(super) fn tell(differences: &[Difference], words: &Words, place: &str, out: &mut Findings) {
    let mut names: BTreeMap<Effect, (usize, Vec<String>)> = BTreeMap::new();
    for difference in differences {
        let effect = difference.effect();
        if difference.is_raw() {
            let (count, names) = names.entry(effect).or_default();
            *count = count.saturating_add(1);
            let name = difference.was.get("name").and_then(Value::as_str);
            names.extend(name.map(str::to_owned).filter(|_| *count <= NAMES));
            continue;
        }
        let path = &difference.path;
        let (was, is) = (short(&difference.was), short(&difference.is));
        let Words { format, remedy, .. } = words;
        let (code, detail) = if difference.is.is_null() {
            (
                words.lost,
                format!("`{path}` has no place in {format}: {was}; {remedy}"),
            )
        } else {
            (
                words.altered,
                format!("`{path}` becomes {is} in {format}, from {was}; {remedy}"),
            )
        };
        out.add(code, effect, place.to_owned(), detail);
    }
    for (effect, (count, names)) in names {
        let more = if count > names.len() { ", …" } else { "" };
        let detail = format!(
            "{count} properties that only their own format knows have no place in {}: {}{more}; {}",
            words.format,
            names.join(", "),
            words.remedy
        );
        out.add(words.raw, effect, place.to_owned(), detail);
    }
}

/// Raw properties that did not come back.
fn raw(path: &str, was: Option<Value>, is: Option<Value>, found: &mut Vec<Difference>) {
    let list = |value: Option<Value>| match value {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let mut back: BTreeMap<String, usize> = BTreeMap::new();
    for property in list(is) {
        let count = back.entry(property.to_string()).or_default();
        *count = count.saturating_add(1);
    }
    for property in list(was) {
        match back
            .get_mut(&property.to_string())
            .filter(|left| **left > 0)
        {
            Some(left) => *left = left.saturating_sub(1),
            None => found.push(Difference {
                path: match path {
                    "" => "raw".to_owned(),
                    path => format!("{path}.raw"),
                },
                was: property,
                is: Value::Null,
            }),
        }
    }
}

fn kind(value: &Value) -> String {
    let kind = value.get("kind").and_then(Value::as_str);
    kind.unwrap_or_default().to_owned()
}

fn even(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let mut short: String = text.chars().take(120).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The record of an item, its bytes by their hash.
fn record(item: &Item, blobs: &dyn Blobs) -> Value {
    let mut item = item.clone();
    for blob in item.blobs_mut() {
        let known = blobs.content(blob).map(|content| hashed(&*content));
        if let Some(known) = known {
            *blob = BlobRef::Packed(known);
        }
    }
    serde_json::to_value(&item).unwrap_or_default()
}

/// The hash of bytes but for carriage returns, since a text may have lost them on the way.
fn hashed(content: &dyn crate::content::Content) -> Blob {
    let mut hash = Sha256::new();
    let mut size = 0_u64;
    let mut piece = vec![0; 64 << 10];
    if let Ok(mut reader) = content.open() {
        while let Ok(read) = reader.read(&mut piece) {
            let got = piece.get(..read).unwrap_or_default();
            if got.is_empty() {
                break;
            }
            for part in got.split(|byte| *byte == b'\r') {
                hash.update(part);
                size = size.saturating_add(part.len() as u64);
            }
        }
    }
    let sha256 = hex::encode(&hash.finalize());
    Blob { sha256, size }
}
