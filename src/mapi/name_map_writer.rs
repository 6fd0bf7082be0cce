//! The name map of a store or file being written: ids are given to names as they are met.
//!
//! *Spec*: \[MS-PST\] 2.4.7, MS-OXMSG 2.2.3.
//!
//! *Shape*: the three streams that [`super::name_map`] reads; beside them a stream 0x1000 + bucket
//! for each hash bucket in use: entries (LID, or checksum of the UTF-16 name; set and string bit;
//! index). The bucket is the key and the set, exclusive-or, modulo the number of buckets.
//!
//! *Invariants*: a property whose name its own store did not know is kept under a name of the set
//! [`NAMELESS`], whose number is its id there.
//!
//! *Seen in the wild*: in MSG files the checksum of a name of `PS_INTERNET_HEADERS` is that of the
//! name in lower case.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::codepage::utf16_bytes;
use super::crc::crc;
use super::named::{Guid, NameId, PropertyName};
use super::props::Property;

/// The set of properties whose own store has no name for them; their number is their id there.
pub const NAMELESS: Guid = Guid::new(
    0x2D8A_6F1E,
    0x71C4,
    0x4B0B,
    [0x9E, 0x35, 0x6C, 0x1F, 0xA8, 0x04, 0xD7, 0x52],
);
/// Names of one map.
const NAMES: usize = 0x7FFF;

/// How names are spread over hash buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buckets {
    /// 251, of a store.
    Store,
    /// 31, of an MSG file.
    File,
}

/// The streams of a map that is written.
#[derive(Debug)]
pub struct WrittenNames {
    /// Property sets.
    pub guids: Vec<u8>,
    /// Entries.
    pub entries: Vec<u8>,
    /// Strings.
    pub strings: Vec<u8>,
    /// Entries of each bucket in use, by the id of its stream.
    pub buckets: Vec<(u16, Vec<u8>)>,
}

/// Names and the ids that they have here.
#[derive(Debug, Default)]
pub struct NameMapWriter {
    ids: HashMap<Arc<PropertyName>, u16>,
    order: Vec<Arc<PropertyName>>,
}

impl NameMapWriter {
    /// The names that a map begins with.
    #[must_use]
    pub fn beginning_with(names: impl IntoIterator<Item = PropertyName>) -> Self {
        let mut map = Self::default();
        for name in names {
            let _ = map.give(&Arc::new(name));
        }
        map
    }

    /// The id of a property here; none when there are too many names.
    pub fn id(&mut self, property: &Property) -> Option<u16> {
        let id = property.tag.id();
        if id < 0x8000 {
            return Some(id);
        }
        match &property.name {
            Some(name) => self.give(name),
            None => self.give(&Arc::new(PropertyName::lid(NAMELESS, id.into()))),
        }
    }

    fn give(&mut self, name: &Arc<PropertyName>) -> Option<u16> {
        if let Some(id) = self.ids.get(name) {
            return Some(*id);
        }
        if self.order.len() >= NAMES {
            return None;
        }
        let id = u16::try_from(self.order.len()).ok()?.checked_add(0x8000)?;
        self.ids.insert(Arc::clone(name), id);
        self.order.push(Arc::clone(name));
        Some(id)
    }

    /// Bytes that the map will have, about.
    #[must_use]
    pub fn size(&self) -> u64 {
        (self.order.len() as u64).saturating_mul(80)
    }

    /// The streams of the map.
    #[must_use]
    pub fn streams(&self, spread: Buckets) -> WrittenNames {
        let mut sets: Vec<Guid> = Vec::new();
        let mut positions: HashMap<Guid, usize> = HashMap::new();
        let (mut entries, mut strings) = (Vec::new(), Vec::new());
        let mut buckets: BTreeMap<u16, Vec<u8>> = BTreeMap::new();
        for (index, name) in (0_u16..).zip(&self.order) {
            let set = match name.set {
                Guid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) => 0,
                Guid::PS_MAPI => 1,
                Guid::PS_PUBLIC_STRINGS => 2,
                set => {
                    let at = *positions.entry(set).or_insert_with(|| {
                        sets.push(set);
                        sets.len().saturating_sub(1)
                    });
                    // There are fewer sets than names.
                    u16::try_from(at.saturating_add(3)).unwrap_or(u16::MAX)
                }
            };
            let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            let (id, key, text) = match &name.id {
                NameId::Lid(lid) => (*lid, *lid, 0),
                NameId::Text(text) => {
                    let bytes = utf16_bytes(text);
                    let at = word(strings.len());
                    strings.extend_from_slice(&word(bytes.len()).to_le_bytes());
                    strings.extend_from_slice(&bytes);
                    strings.resize(strings.len().next_multiple_of(4), 0);
                    let lower = spread == Buckets::File && name.set == Guid::INTERNET_HEADERS;
                    let key = if lower {
                        crc(&utf16_bytes(&text.to_lowercase()))
                    } else {
                        crc(&bytes)
                    };
                    (at, key, 1)
                }
            };
            let set = set << 1 | text;
            let entry = |id: u32| {
                let [a, b, c, d] = id.to_le_bytes();
                let ([e, f], [g, h]) = (set.to_le_bytes(), index.to_le_bytes());
                [a, b, c, d, e, f, g, h]
            };
            entries.extend_from_slice(&entry(id));
            let bucket = (key ^ u32::from(set)) % spread.count();
            let id = u16::try_from(bucket).unwrap_or_default() | 0x1000;
            let bucket = buckets.entry(id).or_default();
            bucket.extend_from_slice(&entry(key));
        }
        WrittenNames {
            guids: sets.iter().flat_map(|set| set.0).collect(),
            entries,
            strings,
            buckets: buckets.into_iter().collect(),
        }
    }
}

impl Buckets {
    const fn count(self) -> u32 {
        match self {
            Self::Store => 251,
            Self::File => 31,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapi::{NameMap, NameStreams, PropTag, PropType, Value, pid_name};

    fn start() -> NameMapWriter {
        let keywords = crate::mapi::KnownName::from(pid_name::KEYWORDS);
        NameMapWriter::beginning_with([
            PropertyName::from(keywords),
            PropertyName::lid(Guid::COMMON, 0x8503),
        ])
    }

    fn named(name: Option<PropertyName>) -> Property {
        Property {
            tag: PropTag::new(0x8765, PropType::I32),
            name: name.map(Arc::new),
            value: Value::I32(1),
        }
    }

    #[test]
    fn the_reader_finds_every_name() {
        let mut map = start();
        let text = |set, text: &str| PropertyName {
            set,
            id: NameId::Text(text.into()),
        };
        let names = [
            PropertyName::lid(Guid::APPOINTMENT, 0x8205),
            text(Guid::PS_PUBLIC_STRINGS, "Größe"),
            text(Guid::INTERNET_HEADERS, "x-odd"),
            PropertyName::lid(Guid::PS_MAPI, 5),
            PropertyName::lid(Guid::APPOINTMENT, 0x8205),
            text(Guid::PS_PUBLIC_STRINGS, "Keywords"),
        ];
        let ids: Vec<_> = names
            .iter()
            .map(|name| map.id(&named(Some(name.clone()))).unwrap())
            .collect();
        assert_eq!(ids, [0x8002, 0x8003, 0x8004, 0x8005, 0x8002, 0x8000]);
        let nameless = map.id(&named(None)).unwrap();
        let written = map.streams(Buckets::Store);
        let streams = NameStreams {
            guids: &written.guids,
            entries: &written.entries,
            strings: &written.strings,
        };
        let mut lost = 0;
        let read = NameMap::read(streams, |_| lost += 1);
        assert_eq!(lost, 0);
        for (id, name) in ids.into_iter().zip(&names) {
            assert_eq!(read.get(id).as_deref(), Some(name));
        }
        let lost = read.get(nameless).unwrap();
        assert_eq!(*lost, PropertyName::lid(NAMELESS, 0x8765));
    }

    /// A name and its bucket in a store that Outlook made.
    #[test]
    fn buckets_are_where_outlook_looks() {
        let mut map = start();
        for (set, text) in [
            (Guid::INTERNET_HEADERS, "content-class"),
            (Guid::INTERNET_HEADERS, "acceptlanguage"),
        ] {
            let id = NameId::Text(text.into());
            let _ = map.id(&named(Some(PropertyName { set, id })));
        }
        let written = map.streams(Buckets::Store);
        let bytes = |id| written.buckets.iter().find(|own| own.0 == id);
        // 0x8503 of the set at position 3: 0x8503 ^ 6 = 34053 = 135 * 251 + 168.
        assert_eq!(
            bytes(0x10A8),
            Some(&(0x10A8, vec![3, 0x85, 0, 0, 6, 0, 1, 0]))
        );
        assert_eq!(written.strings[..4], [16, 0, 0, 0]);
    }

    /// Internet headers of an MSG file are hashed in lower case.
    #[test]
    fn headers_are_hashed_in_lower_case() {
        let header = |text: &str| {
            let id = NameId::Text(text.into());
            let set = Guid::INTERNET_HEADERS;
            let map = NameMapWriter::beginning_with([PropertyName { set, id }]);
            map.streams(Buckets::File).buckets
        };
        assert_eq!(header("X-Mailer"), header("x-mailer"));
    }
}
