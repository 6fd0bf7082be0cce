//! The map from names of properties to their ids.
//!
//! *Spec*: \[MS-PST\] 2.4.7.

use std::collections::HashMap;

use crate::bytes::ReadAt;
use crate::limits;
use crate::pst::check::Rule;
use crate::pst::check::report::Place;
use crate::pst::ndb::checksum::crc;
use crate::pst::ndb::{NodeEntry, NodeId};

use super::{Messaging, rules as rule};

/// `PidTagNameidBucketCount`.
const BUCKET_COUNT: u16 = 0x0001;
/// Buckets of the hash table, in every store of Outlook.
const BUCKETS: u32 = 251;
/// Property of the first bucket.
const FIRST_BUCKET: u16 = 0x1000;

/// `NAMEID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Name {
    /// A number, or where the string is; in a bucket the checksum of the string.
    id: u32,
    set: u16,
    index: u16,
}

impl Name {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            id: bytes.u32_at(0)?,
            set: bytes.u16_at(4)?,
            index: bytes.u16_at(6)?,
        })
    }
}

impl Messaging<'_, '_> {
    /// Checks node 0x61.
    pub(super) fn name_map(&mut self, node: NodeEntry) {
        // Its own properties are numbers of this layer; none has a name.
        self.names = usize::MAX;
        let opened = self.properties(node);
        self.names = 0;
        let Some(map) = opened else { return };
        let ground = self.ground;
        let add = |rule: &'static Rule, detail: String| {
            ground.add(rule, Place::node(NodeId::NAME_MAP), detail);
        };
        let stream = |id: u16| {
            let value = map.get(id);
            let bytes = value.and_then(|value| value.bytes_up_to(ground, limits::CHECK_NAMES));
            if bytes.is_none() {
                add(
                    &rule::NAMES_STREAM,
                    format!("stream 0x{id:04X} is not there"),
                );
            }
            bytes.unwrap_or_default()
        };
        let stated = map.number(BUCKET_COUNT);
        if stated.is_none() {
            let detail = "PidTagNameidBucketCount is not there";
            add(&rule::NAMES_STREAM, detail.to_owned());
        }
        let buckets = stated.unwrap_or(BUCKETS).max(1);
        if buckets != BUCKETS {
            let detail = format!("there are {buckets} buckets, not {BUCKETS}");
            add(&rule::NAMES_COUNT, detail);
        }
        let (guids, entries, strings) = (stream(2), stream(3), stream(4));
        if !guids.len().is_multiple_of(16) || !entries.len().is_multiple_of(8) {
            let detail = format!(
                "{} bytes of GUIDs, {} of entries",
                guids.len(),
                entries.len()
            );
            add(&rule::NAMES_STREAM, detail);
        }
        let sets = guids.len() / 16;
        self.names = entries.len() / 8;
        let mut hashed: HashMap<Name, usize> = HashMap::new();
        let mut seen = HashMap::new();
        for (at, entry) in entries.chunks_exact(8).enumerate().take(limits::NAMES) {
            let Some(name) = Name::read(entry) else {
                continue;
            };
            if usize::from(name.index) != at {
                let detail = format!(
                    "entry {at} is for id 0x{:X}",
                    0x8000 + u32::from(name.index)
                );
                add(&rule::NAMES_ENTRY, detail);
            }
            if usize::from(name.set >> 1) >= sets.saturating_add(3) {
                let detail = format!("entry {at}: GUID {} of {sets}", name.set >> 1);
                add(&rule::NAMES_ENTRY, detail);
            }
            let key = if name.set & 1 == 0 {
                name.id
            } else if let Some(text) = text(&strings, name.id) {
                crc(text)
            } else {
                let detail = format!("entry {at}: no string at {}", name.id);
                add(&rule::NAMES_ENTRY, detail);
                continue;
            };
            let twin = (
                name.set,
                if name.set & 1 == 0 {
                    (key, 0)
                } else {
                    (key, name.id)
                },
            );
            if let Some(first) = seen.insert(twin, at) {
                let detail = format!("entries {first} and {at} are the same name");
                add(&rule::NAMES_TWICE, detail);
            }
            let own = Name { id: key, ..name };
            let count = hashed.entry(own).or_default();
            *count = count.saturating_add(1);
        }
        let mut strange = 0_usize;
        for record in map.records() {
            let bucket = record.id.checked_sub(FIRST_BUCKET).map(u32::from);
            let Some(bucket) = bucket.filter(|bucket| *bucket < buckets) else {
                continue;
            };
            let bytes = map.value(*record).and_then(|value| value.bytes(ground));
            for entry in bytes.unwrap_or_default().chunks_exact(8) {
                let Some(name) = Name::read(entry) else {
                    continue;
                };
                let own = (name.id ^ u32::from(name.set)) % buckets;
                let known = hashed.get_mut(&name).filter(|count| **count > 0);
                if let (Some(count), true) = (known, own == bucket) {
                    *count = count.saturating_sub(1);
                } else {
                    strange = strange.saturating_add(1);
                }
            }
        }
        let left = hashed.values().filter(|count| **count > 0).count();
        if strange > 0 || left > 0 {
            let detail = format!("{left} names in no bucket, {strange} entries out of place");
            add(&rule::NAMES_BUCKETS, detail);
        }
    }
}

/// The bytes of a string of the string stream.
fn text(strings: &[u8], at: u32) -> Option<&[u8]> {
    let at = usize::try_from(at).ok()?;
    let size = usize::try_from(strings.u32_at(at)?).ok()?;
    strings.slice_at(at.checked_add(4)?, size)
}
