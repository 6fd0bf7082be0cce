//! Lists of entry ids: `FlatEntryList` (reply recipients) and `EntryList` (receive folders and
//! rules).
//!
//! *Spec*: MS-OXOMSG 2.2.1.46 (`PidTagReplyRecipientEntries`), MS-OXCDATA 2.3.3; MAPI ENTRYLIST.
//!
//! *Shape*: flat: count, size of the rest, then per entry a size, its bytes, and zeros up to the
//! next multiple of four. Entry list: count and padding, then per entry a size and padding, then
//! all bytes.
//!
//! *Invariants*: what is read is written back byte for byte, unless it was cut off.

use crate::bytes::{Cursor, Truncated};
use crate::finding::{Effect, Findings};

use super::blob::BlobError;

/// `FlatEntryList`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlatEntryList {
    /// Count as stored.
    pub told_count: u32,
    /// Size as stored.
    pub told_size: u32,
    /// The entries.
    pub entries: Vec<FlatEntry>,
    /// Bytes after the entries.
    pub remains: Vec<u8>,
}

/// One entry of a [`FlatEntryList`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlatEntry {
    /// The size as stored; more than there is in a list that is cut off.
    pub told_size: u32,
    /// The entry id.
    pub bytes: Vec<u8>,
    /// What fills up to a multiple of four.
    pub padding: Vec<u8>,
}

impl FlatEntryList {
    /// A list of entry ids.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let entries: Vec<FlatEntry> = entries
            .into_iter()
            .map(|bytes| FlatEntry {
                told_size: size_of(&bytes),
                padding: vec![0; padding_of(bytes.len())],
                bytes,
            })
            .collect();
        // The padding of the last entry is not counted.
        let all: usize = entries
            .iter()
            .map(|entry| 4 + entry.bytes.len() + entry.padding.len())
            .sum();
        let last = entries.last().map_or(0, |entry| entry.padding.len());
        Self {
            told_count: u32::try_from(entries.len()).unwrap_or(u32::MAX),
            told_size: u32::try_from(all - last).unwrap_or(u32::MAX),
            entries,
            remains: Vec::new(),
        }
    }

    /// Reads the structure. An entry that reaches past the end is given what there is, and is the
    /// last.
    ///
    /// # Errors
    /// [`BlobError::CutOff`] without count and size.
    ///
    /// # Findings
    /// `mapi.entry-list.cut-off` (lost).
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Findings), BlobError> {
        let mut findings = Findings::new();
        let from = &mut Cursor::new(bytes);
        let cut_off = BlobError::cut_off("FlatEntryList");
        let mut read = Self {
            told_count: from.u32().map_err(&cut_off)?,
            told_size: from.u32().map_err(&cut_off)?,
            ..Self::default()
        };
        // Every turn takes four bytes at least, so the input bounds the loop.
        for number in 0..read.told_count {
            let Ok(told_size) = from.u32() else {
                told_cut_off(&mut findings, number, read.told_count);
                break;
            };
            let size = usize::try_from(told_size).unwrap_or(usize::MAX);
            let whole = from.take(size).map(<[u8]>::to_vec);
            let is_whole = whole.is_ok();
            let bytes = whole.unwrap_or_else(|_| from.rest().to_vec());
            if !is_whole {
                told_cut_off(&mut findings, number, read.told_count);
                from.seek(from.position() + bytes.len());
            }
            let padding = padding_of(bytes.len()).min(from.rest().len());
            let padding = from.take(padding).unwrap_or_default().to_vec();
            read.entries.push(FlatEntry {
                told_size,
                bytes,
                padding,
            });
            if !is_whole {
                break;
            }
        }
        read.remains = from.rest().to_vec();
        Ok((read, findings))
    }

    /// The structure in bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(self.told_count.to_le_bytes());
        out.extend(self.told_size.to_le_bytes());
        for entry in &self.entries {
            out.extend(entry.told_size.to_le_bytes());
            out.extend(&entry.bytes);
            out.extend(&entry.padding);
        }
        out.extend(&self.remains);
        out
    }
}

fn told_cut_off(findings: &mut Findings, number: u32, count: u32) {
    let detail = format!("ends within entry {} of {count}", u64::from(number) + 1);
    findings.add(
        "mapi.entry-list.cut-off",
        Effect::Lost,
        "entry list",
        detail,
    );
}

fn padding_of(len: usize) -> usize {
    len.next_multiple_of(4) - len
}

fn size_of(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// `ENTRYLIST` as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryList {
    /// What follows the count; meaningless.
    pub padding: u32,
    /// The entries and what follows the size of each; meaningless.
    pub entries: Vec<(u32, Vec<u8>)>,
    /// Bytes after the entries.
    pub remains: Vec<u8>,
}

impl EntryList {
    /// Reads the structure.
    ///
    /// # Errors
    /// [`BlobError::CutOff`] when any entry is cut off.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlobError> {
        Self::read(&mut Cursor::new(bytes)).map_err(BlobError::cut_off("ENTRYLIST"))
    }

    fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        let count = from.u32()?;
        let padding = from.u32()?;
        let mut sizes = Vec::new();
        for _ in 0..count {
            sizes.push((from.u32()?, from.u32()?));
        }
        let mut entries = Vec::new();
        for (size, padding) in sizes {
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            entries.push((padding, from.take(size)?.to_vec()));
        }
        Ok(Self {
            padding,
            entries,
            remains: from.rest().to_vec(),
        })
    }

    /// The structure in bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let count = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        out.extend(count.to_le_bytes());
        out.extend(self.padding.to_le_bytes());
        for (padding, bytes) in &self.entries {
            out.extend(size_of(bytes).to_le_bytes());
            out.extend(padding.to_le_bytes());
        }
        for (_, bytes) in &self.entries {
            out.extend(bytes);
        }
        out.extend(&self.remains);
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn written_is_read() {
        let list = FlatEntryList::new([vec![1, 2, 3, 4, 5], vec![6, 7]]);
        let bytes = list.to_bytes();
        assert_eq!(bytes.len(), 8 + 4 + 8 + 4 + 4);
        assert_eq!(list.told_size, 4 + 8 + 4 + 2);
        let (back, findings) = FlatEntryList::from_bytes(&bytes).unwrap();
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(back, list);
        let (back, findings) = FlatEntryList::from_bytes(&bytes[..bytes.len() - 3]).unwrap();
        assert_eq!(back.entries[1].bytes, [6]);
        assert_eq!(findings.worst(), Some(Effect::Lost));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_come_back(bytes: Vec<u8>) {
            if let Ok((read, findings)) = FlatEntryList::from_bytes(&bytes)
                && findings.is_empty()
            {
                prop_assert_eq!(read.to_bytes(), &bytes[..]);
            }
            if let Ok(read) = EntryList::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }
}
