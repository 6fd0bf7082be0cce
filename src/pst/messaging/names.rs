//! The named property map: what the property ids from 0x8000 up of this store stand for.
//!
//! *Spec*: \[MS-PST\] 2.4.7.
//!
//! *Shape*: properties of node 0x61: 0x0002 GUIDs, 0x0003 entries of 8 bytes (LID or offset of a
//! string; GUID index and a bit for strings, 16 bits; property index, 16 bits), 0x0004 strings
//! (size in bytes, 32 bits, then UTF-16LE). GUID index 0: none, 1: `PS_MAPI`, 2:
//! `PS_PUBLIC_STRINGS`, from 3: of the GUIDs.
//!
//! *Seen in the wild*: strings of 8-bit characters (BlackBerry); string sizes out of bounds
//! (`pst.messaging.name`); stores without the node.

use std::sync::Arc;

use crate::bytes::ReadAt;
use crate::finding::Effect;
use crate::limits;
use crate::mapi::{Guid, NameId, PropertyBag, PropertyName};
use crate::pst::ltp::value::text;
use crate::pst::ndb::{NodeId, Notes, Spot};

/// Names by property id.
#[derive(Debug, Clone, Default)]
pub struct NameMap {
    names: Vec<Option<Arc<PropertyName>>>,
}

impl NameMap {
    /// The map in the properties of node 0x61. Entries that cannot be read are findings.
    #[must_use]
    pub fn read(bag: &PropertyBag, notes: &Notes) -> Self {
        let bytes = |id| {
            bag.get(id)
                .and_then(|value| value.as_bytes())
                .unwrap_or_default()
        };
        let (guids, entries, strings) = (bytes(2), bytes(3), bytes(4));
        let mut names: Vec<Option<Arc<PropertyName>>> = Vec::new();
        for entry in entries.chunks_exact(8) {
            let fields = || Some((entry.u32_at(0)?, entry.u16_at(4)?, entry.u16_at(6)?));
            let Some((id, set, index)) = fields() else {
                continue;
            };
            let index = usize::from(index);
            let name = read_name(guids, strings, id, set);
            let (Some(name), true) = (name, index < limits::NAMES) else {
                notes.add(
                    "pst.messaging.name",
                    Effect::Lost,
                    Spot::node(NodeId::NAME_MAP),
                    format!(
                        "the name of property 0x{:X} is out of bounds",
                        index.saturating_add(0x8000)
                    ),
                );
                continue;
            };
            if names.len() <= index {
                names.resize(index.saturating_add(1), None);
            }
            if let Some(place) = names.get_mut(index) {
                *place = Some(Arc::new(name));
            }
        }
        Self { names }
    }

    /// The name of a property id. `None` below 0x8000 and for ids without a name.
    #[must_use]
    pub fn get(&self, id: u16) -> Option<Arc<PropertyName>> {
        let index = id.checked_sub(0x8000)?;
        self.names.get(usize::from(index))?.clone()
    }

    /// All ids and names, by id.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &PropertyName)> {
        self.names
            .iter()
            .zip(0x8000_u16..=u16::MAX)
            .filter_map(|(name, id)| name.as_deref().map(|name| (id, name)))
    }
}

fn read_name(guids: &[u8], strings: &[u8], id: u32, set: u16) -> Option<PropertyName> {
    let guid = match set >> 1 {
        0 => Guid([0; 16]),
        1 => Guid::PS_MAPI,
        2 => Guid::PS_PUBLIC_STRINGS,
        from_3 => {
            let at = usize::from(from_3).checked_sub(3)?.checked_mul(16)?;
            Guid(guids.array_at(at)?)
        }
    };
    if set & 1 == 0 {
        return Some(PropertyName::lid(guid, id));
    }
    let at = usize::try_from(id).ok()?;
    let size = usize::try_from(strings.u32_at(at)?).ok()?;
    let bytes = strings.slice_at(at.checked_add(4)?, size)?;
    // In UTF-16 a name of ASCII has a zero in every other byte.
    let narrow = bytes.len() > 1
        && bytes
            .iter()
            .rev()
            .skip(1)
            .all(|byte| (0x20..0x7F).contains(byte));
    let name = if narrow {
        bytes
            .iter()
            .filter(|&&byte| byte != 0)
            .map(|&byte| char::from(byte))
            .collect()
    } else {
        text(bytes).0
    };
    Some(PropertyName {
        set: guid,
        id: NameId::Text(name.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapi::{PropTag, PropType, Property, Value};

    #[test]
    fn numbers_strings_and_bounds() {
        let mut strings = vec![4, 0, 0, 0];
        strings.extend([b'a', 0, b'b', 0]);
        strings.extend([0xFF, 0, 0, 0, b'x']);
        strings.extend([6, 0, 0, 0]);
        strings.extend(*b"PR_RIM");
        let mut entries = Vec::new();
        for (id, set, index) in [
            (0x8205_u32, 6_u16, 0_u16),
            (0, 5, 2),
            (8, 5, 3),
            (13, 3, 4),
            (1, 40, 5),
        ] {
            entries.extend(id.to_le_bytes());
            entries.extend(set.to_le_bytes());
            entries.extend(index.to_le_bytes());
        }
        let binary = |id, bytes: &[u8]| Property {
            tag: PropTag::new(id, PropType::BINARY),
            name: None,
            value: Value::Binary(bytes.to_vec()),
        };
        let properties = vec![
            binary(2, &Guid::APPOINTMENT.0),
            binary(3, &entries),
            binary(4, &strings),
        ];
        let (bag, _) = PropertyBag::new(properties);
        let notes = Notes::new();
        let map = NameMap::read(&bag, &notes);
        assert_eq!(
            *map.get(0x8000).unwrap(),
            PropertyName::lid(Guid::APPOINTMENT, 0x8205)
        );
        assert_eq!(map.get(0x8002).unwrap().id, NameId::Text("ab".into()));
        assert_eq!(map.get(0x8004).unwrap().id, NameId::Text("PR_RIM".into()));
        assert_eq!(
            (map.get(0x8001), map.get(0x8003), map.get(0x37)),
            (None, None, None)
        );
        assert_eq!(notes.take().count(), 2);
        assert_eq!(map.iter().count(), 3);
    }
}
