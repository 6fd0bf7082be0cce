//! The named properties of a store.
//!
//! *Spec*: MS-PST 2.4.7 (name-to-id map), node 0x61.

use anyhow::{Context, Result};

use super::heap::{Properties, Value, utf16};
use super::store::{Store, u16_at, u32_at};

/// `NID_NAME_TO_ID_MAP`.
const NAME_MAP: u32 = 0x61;
/// `PSETID_Common` in stored byte order.
const COMMON: [u8; 16] = [8, 0x20, 6, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46];

/// A name of a property.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Name {
    /// A text in `PS_PUBLIC_STRINGS`.
    Public(&'static str),
    /// A number in `PSETID_Common`.
    Common(u32),
}

/// The id of a named property in this store, which learns the name when it does not know it.
pub(crate) fn id_of(store: &mut Store, name: Name) -> Result<u16> {
    let (node, _) = store.nodes.get_mut(&NAME_MAP).context("no name map")?;
    let mut map = Properties::read(node)?;
    let mut sets = map.bytes(2).unwrap_or_default().to_vec();
    let mut entries = map.bytes(3).unwrap_or_default().to_vec();
    let mut texts = map.bytes(4).unwrap_or_default().to_vec();
    let count = u16::try_from(entries.len() / 8)?;

    let (key, hash, set) = match name {
        Name::Public(text) => {
            let bytes = utf16(text);
            let offset = u32::try_from(texts.len())?;
            let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
            hasher.update(&bytes);
            let hash = hasher.finalize() ^ u32::MAX;
            for entry in entries.chunks_exact(8) {
                let at = usize::try_from(u32_at(entry, 0)?)?;
                let size = usize::try_from(u32_at(&texts, at).unwrap_or(0))?;
                let known = texts.get(at + 4..at + 4 + size) == Some(&bytes);
                if u16_at(entry, 4)? == (2 << 1 | 1) && known {
                    return Ok(0x8000 + u16_at(entry, 6)?);
                }
            }
            texts.extend(u32::try_from(bytes.len())?.to_le_bytes());
            texts.extend(&bytes);
            texts.resize(texts.len().next_multiple_of(4), 0);
            (offset, hash, 2_u16 << 1 | 1)
        }
        Name::Common(lid) => {
            let known = sets.chunks_exact(16).position(|set| *set == COMMON);
            let position = known.unwrap_or_else(|| {
                sets.extend(COMMON);
                sets.len() / 16 - 1
            });
            let set = u16::try_from(position + 3)? << 1;
            for entry in entries.chunks_exact(8) {
                if u32_at(entry, 0)? == lid && u16_at(entry, 4)? == set {
                    return Ok(0x8000 + u16_at(entry, 6)?);
                }
            }
            (lid, lid, set)
        }
    };
    let mut entry = key.to_le_bytes().to_vec();
    entry.extend(set.to_le_bytes());
    entry.extend(count.to_le_bytes());
    entries.extend(&entry);
    entry.splice(0..4, hash.to_le_bytes());
    let bucket = 0x1000 + u16::try_from((hash ^ u32::from(set)) % 251)?;
    let mut bucket_entries = map.bytes(bucket).unwrap_or_default().to_vec();
    bucket_entries.extend(&entry);
    map.set(2, Value::Bytes(sets))?;
    map.set(3, Value::Bytes(entries))?;
    map.set(4, Value::Bytes(texts))?;
    map.set(bucket, Value::Bytes(bucket_entries))?;
    map.write(node)?;
    Ok(0x8000 + count)
}
