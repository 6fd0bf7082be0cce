//! The named property map: what the property ids from 0x8000 up of a store or message stand for.
//!
//! *Spec*: \[MS-PST\] 2.4.7, MS-OXMSG 2.2.3.1: the same three streams.
//!
//! *Shape*: GUIDs back to back; entries of 8 bytes (LID or offset of a string; GUID index and a bit
//! for strings, 16 bits; property index, 16 bits); strings (size in bytes, 32 bits, then UTF-16LE).
//! GUID index 0: none, 1: `PS_MAPI`, 2: `PS_PUBLIC_STRINGS`, from 3: of the GUIDs.
//!
//! *Seen in the wild*: strings of 8-bit characters (BlackBerry); string sizes out of bounds.

use std::sync::Arc;

use crate::bytes::ReadAt;
use crate::limits;

use super::named::{Guid, NameId, PropertyName};
use super::value_bytes::text;

/// The three streams.
#[derive(Debug, Clone, Copy)]
pub struct NameStreams<'a> {
    /// Property sets.
    pub guids: &'a [u8],
    /// Entries.
    pub entries: &'a [u8],
    /// Strings.
    pub strings: &'a [u8],
}

/// Names by property id.
#[derive(Debug, Clone, Default)]
pub struct NameMap {
    names: Vec<Option<Arc<PropertyName>>>,
}

impl NameMap {
    /// The map of these streams. `lost` is told the property id of every entry that cannot be read.
    #[must_use]
    pub fn read(streams: NameStreams<'_>, mut lost: impl FnMut(usize)) -> Self {
        let mut names: Vec<Option<Arc<PropertyName>>> = Vec::new();
        for entry in streams.entries.chunks_exact(8) {
            let fields = || Some((entry.u32_at(0)?, entry.u16_at(4)?, entry.u16_at(6)?));
            let Some((id, set, index)) = fields() else {
                continue;
            };
            let index = usize::from(index);
            let name = read_name(streams.guids, streams.strings, id, set);
            let (Some(name), true) = (name, index < limits::NAMES) else {
                lost(index.saturating_add(0x8000));
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

    /// Whether there are no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
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
        let streams = NameStreams {
            guids: &Guid::APPOINTMENT.0,
            entries: &entries,
            strings: &strings,
        };
        let mut lost = Vec::new();
        let map = NameMap::read(streams, |id| lost.push(id));
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
        assert_eq!(lost, [0x8003, 0x8005]);
        assert_eq!(map.iter().count(), 3);
    }
}
