//! The name map of a store being written: ids are given to names as they are met.
//!
//! *Spec*: \[MS-PST\] 2.4.7.
//!
//! *Shape*: as [`crate::pst::messaging::names`] reads it; beside the three streams a property
//! 0x1000 + bucket for each of 251 hash buckets in use: entries (LID, or checksum of the UTF-16
//! name; set and string bit; index). The bucket is the key and the set, exclusive-or, modulo 251.
//!
//! *Invariants*: no stream is empty, which Outlook does not bear: two names are there from the
//! start. A property whose name its own store did not know is kept under a name of the set
//! [`NAMELESS`], whose number is its id there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::mapi::{Guid, NameId, PropTag, PropType, Property, PropertyName, Value, pid_name};
use crate::pst::ndb::checksum::crc;

/// The set of properties whose own store has no name for them; their number is their id there.
pub const NAMELESS: Guid = Guid::new(
    0x2D8A_6F1E,
    0x71C4,
    0x4B0B,
    [0x9E, 0x35, 0x6C, 0x1F, 0xA8, 0x04, 0xD7, 0x52],
);
/// Names of one store.
const NAMES: usize = 0x7FFF;
/// Hash buckets.
const BUCKETS: u32 = 251;

/// Names and the ids that they have here.
#[derive(Debug)]
pub(super) struct NameMapWriter {
    ids: HashMap<Arc<PropertyName>, u16>,
    order: Vec<Arc<PropertyName>>,
}

impl NameMapWriter {
    pub(super) fn new() -> Self {
        let mut map = Self {
            ids: HashMap::new(),
            order: Vec::new(),
        };
        let keywords = crate::mapi::KnownName::from(pid_name::KEYWORDS);
        for name in [
            PropertyName::from(keywords),
            PropertyName::lid(Guid::COMMON, 0x8503),
        ] {
            let _ = map.give(&Arc::new(name));
        }
        map
    }

    /// The id of a property in this store; none when there are too many names.
    pub(super) fn id(&mut self, property: &Property) -> Option<u16> {
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
    pub(super) fn size(&self) -> u64 {
        (self.order.len() as u64).saturating_mul(80)
    }

    /// The properties of node 0x61.
    pub(super) fn properties(&self) -> Vec<(PropTag, Value)> {
        let mut sets: Vec<Guid> = Vec::new();
        let mut positions: HashMap<Guid, usize> = HashMap::new();
        let (mut entries, mut strings) = (Vec::new(), Vec::new());
        let mut buckets: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
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
                    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                    let at = word(strings.len());
                    strings.extend_from_slice(&word(bytes.len()).to_le_bytes());
                    strings.extend_from_slice(&bytes);
                    strings.resize(strings.len().next_multiple_of(4), 0);
                    (at, crc(&bytes), 1)
                }
            };
            let set = set << 1 | text;
            let entry = |id: u32| {
                let [a, b, c, d] = id.to_le_bytes();
                let ([e, f], [g, h]) = (set.to_le_bytes(), index.to_le_bytes());
                [a, b, c, d, e, f, g, h]
            };
            entries.extend_from_slice(&entry(id));
            let bucket = (key ^ u32::from(set)) % BUCKETS;
            buckets
                .entry(bucket)
                .or_default()
                .extend_from_slice(&entry(key));
        }
        let binary = |id, bytes| (PropTag::new(id, PropType::BINARY), Value::Binary(bytes));
        let mut properties = vec![
            (PropTag::new(1, PropType::I32), Value::I32(251)),
            binary(2, sets.iter().flat_map(|set| set.0).collect()),
            binary(3, entries),
            binary(4, strings),
        ];
        for (bucket, entries) in buckets {
            let id = u16::try_from(bucket)
                .unwrap_or_default()
                .saturating_add(0x1000);
            properties.push(binary(id, entries));
        }
        properties
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapi::NameMap;
    use crate::mapi::PropertyBag;
    use crate::mapi::name_map::NameStreams;

    fn named(name: Option<PropertyName>) -> Property {
        Property {
            tag: PropTag::new(0x8765, PropType::I32),
            name: name.map(Arc::new),
            value: Value::I32(1),
        }
    }

    #[test]
    fn the_reader_finds_every_name() {
        let mut map = NameMapWriter::new();
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
        let properties = map.properties().into_iter().map(|(tag, value)| Property {
            tag,
            name: None,
            value,
        });
        let (bag, _) = PropertyBag::new(properties.collect());
        let stream = |id| bag.get(id).and_then(Value::as_bytes).unwrap();
        let streams = NameStreams {
            guids: stream(2),
            entries: stream(3),
            strings: stream(4),
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
        let mut map = NameMapWriter::new();
        for (set, text) in [
            (Guid::INTERNET_HEADERS, "content-class"),
            (Guid::INTERNET_HEADERS, "acceptlanguage"),
        ] {
            let id = NameId::Text(text.into());
            let _ = map.id(&named(Some(PropertyName { set, id })));
        }
        let properties = map.properties();
        let bytes = |id| {
            properties.iter().find_map(|(tag, value)| {
                (tag.id() == id).then(|| value.as_bytes().unwrap().to_vec())
            })
        };
        // 0x8503 of the set at position 3: 0x8503 ^ 6 = 34053 = 135 * 251 + 168.
        assert_eq!(bytes(0x10A8), Some(vec![3, 0x85, 0, 0, 6, 0, 1, 0]));
        assert_eq!(bytes(4).unwrap()[..4], [16, 0, 0, 0]);
    }
}
