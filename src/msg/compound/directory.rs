//! The directory: entries, and the trees in which storages hold them.
//!
//! *Spec*: MS-CFB 2.6.
//!
//! *Shape* of an entry: name 64 (UTF-16LE), its size with the NUL 2, kind 1, colour 1, left, right
//! and child 4 each, CLSID 16, state 4, times 8+8, first sector 4, size 8.
//!
//! *Seen in the wild*: names longer than their 64 bytes; siblings that are each other's ancestors.

use crate::bytes::ReadAt;
use crate::finding::{Effect, Findings};
use crate::mapi::Guid;

use super::{ENTRY, NO_STREAM};

/// UTF-16 units of a name.
pub const NAME_UNITS: usize = 31;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Free,
    /// A storage, which holds entries.
    Storage,
    /// A stream of bytes.
    Stream,
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name.
    pub name: Box<str>,
    /// What it is.
    pub kind: Kind,
    /// The class of a storage.
    pub class: Guid,
    /// Bits that an application keeps with a storage.
    pub state: u32,
    /// Creation and modification of a storage.
    pub times: [u64; 2],
    pub(super) start: u32,
    pub(super) size: u64,
    left: u32,
    right: u32,
    child: u32,
}

impl Entry {
    /// Reads an entry. `wide` is whether its size has 64 bits.
    fn read(bytes: &[u8], root: bool, wide: bool) -> Option<Self> {
        let units: Vec<u16> = (0..32)
            .map_while(|at| bytes.u16_at(at * 2))
            .take_while(|unit| *unit != 0)
            .collect();
        let kind = match (root, bytes.u8_at(66)?) {
            (true, _) | (_, 1 | 5) => Kind::Storage,
            (_, 2) => Kind::Stream,
            _ => Kind::Free,
        };
        let size = bytes.u64_at(120)?;
        Some(Self {
            name: String::from_utf16_lossy(&units).into(),
            kind,
            class: Guid(bytes.array_at(80)?),
            state: bytes.u32_at(96)?,
            times: [bytes.u64_at(100)?, bytes.u64_at(108)?],
            start: bytes.u32_at(116)?,
            // Files of version 3 may have anything in the upper half.
            size: if wide { size } else { size & 0xFFFF_FFFF },
            left: bytes.u32_at(68)?,
            right: bytes.u32_at(72)?,
            child: bytes.u32_at(76)?,
        })
    }
}

/// What orders names in a storage: their length, then upper-case UTF-16.
pub(super) fn sort_key(name: &str) -> (usize, Vec<u16>) {
    let upper = name.chars().map(|char| {
        let mut upper = char.to_uppercase();
        // Only characters with one upper-case form have one here.
        match (upper.next(), upper.next()) {
            (Some(only), None) => only,
            _ => char,
        }
    });
    let units: Vec<u16> = upper.collect::<String>().encode_utf16().collect();
    (units.len(), units)
}

/// The entries, and who holds whom.
#[derive(Debug, Default)]
pub(super) struct Directory {
    entries: Vec<Entry>,
    /// Children of all storages, those of one side by side.
    held: Vec<u32>,
    /// For each entry, where its children begin and end in `held`.
    ranges: Vec<(u32, u32)>,
}

impl Directory {
    /// Reads the entries and walks the trees from the root.
    pub(super) fn read(bytes: &[u8], wide: bool, findings: &mut Findings) -> Self {
        let (chunks, _) = bytes.as_chunks::<ENTRY>();
        let entries: Vec<Entry> = chunks
            .iter()
            .enumerate()
            .filter_map(|(at, chunk)| Entry::read(chunk, at == 0, wide))
            .collect();
        let mut directory = Self {
            held: Vec::new(),
            ranges: vec![(0, 0); entries.len()],
            entries,
        };
        directory.walk(findings);
        directory
    }

    fn walk(&mut self, findings: &mut Findings) {
        let mut seen = vec![false; self.entries.len()];
        if let Some(root) = seen.first_mut() {
            *root = true;
        }
        let mut circles = 0_u32;
        let mut outside = 0_u32;
        let mut storages = vec![0_u32];
        let mut waiting = Vec::new();
        while let Some(storage) = storages.pop() {
            let begin = self.held.len();
            waiting.extend(self.get(storage).map(|entry| entry.child));
            while let Some(id) = waiting.pop() {
                if id == NO_STREAM {
                    continue;
                }
                let index = usize::try_from(id).unwrap_or(usize::MAX);
                let (Some(entry), Some(seen)) = (self.entries.get(index), seen.get_mut(index))
                else {
                    outside = outside.saturating_add(1);
                    continue;
                };
                if *seen {
                    circles = circles.saturating_add(1);
                    continue;
                }
                *seen = true;
                waiting.extend([entry.right, entry.left]);
                match entry.kind {
                    Kind::Free => continue,
                    Kind::Storage => storages.push(id),
                    Kind::Stream => {}
                }
                self.held.push(id);
            }
            let entries = &self.entries;
            let name = |id: u32| entries.get(usize::try_from(id).ok()?);
            if let Some(own) = self.held.get_mut(begin..) {
                own.sort_by_cached_key(|id| name(*id).map(|entry| sort_key(&entry.name)));
            }
            let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let range = (number(begin), number(self.held.len()));
            let index = usize::try_from(storage).unwrap_or(usize::MAX);
            if let Some(place) = self.ranges.get_mut(index) {
                *place = range;
            }
        }
        self.report(&seen, circles, outside, findings);
    }

    fn report(&self, seen: &[bool], circles: u32, outside: u32, findings: &mut Findings) {
        let mut add = |effect, detail| {
            findings.add("msg.compound.directory", effect, "directory", detail);
        };
        if circles > 0 {
            let detail = format!("{circles} entries are named again; the first place counts");
            add(Effect::Noted, detail);
        }
        if outside > 0 {
            let detail = format!("{outside} entries are named that there are not");
            add(Effect::Lost, detail);
        }
        let mut stray = self
            .entries
            .iter()
            .zip(seen)
            .filter(|(entry, seen)| entry.kind != Kind::Free && !**seen);
        if let Some((first, _)) = stray.next() {
            let more = stray.count();
            let name = &first.name;
            let detail = format!("no storage holds {name:?} and {more} other entries");
            add(Effect::Lost, detail);
        }
    }

    pub(super) fn get(&self, id: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(id).ok()?)
    }

    /// Entries that a storage holds, in the order of their names.
    pub(super) fn children(&self, id: u32) -> &[u32] {
        let range = usize::try_from(id).ok().and_then(|id| self.ranges.get(id));
        let (begin, end) = range.copied().unwrap_or_default();
        let place = usize::try_from(begin).ok().zip(usize::try_from(end).ok());
        place
            .and_then(|(begin, end)| self.held.get(begin..end))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry of a storage or stream with its links.
    fn entry(name: &str, kind: u8, links: [u32; 3]) -> Vec<u8> {
        let mut bytes: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.resize(66, 0);
        bytes.extend([kind, 1]);
        bytes.extend(links.iter().flat_map(|link| link.to_le_bytes()));
        bytes.resize(ENTRY, 0);
        bytes
    }

    fn names(directory: &Directory, id: u32) -> Vec<&str> {
        let children = directory.children(id).iter();
        children
            .map(|id| &*directory.get(*id).unwrap().name)
            .collect()
    }

    #[test]
    fn circles_are_cut() {
        let none = NO_STREAM;
        let bytes = [
            entry("Root", 5, [none, none, 1]),
            // Siblings of each other, and a storage that holds the root and itself.
            entry("bb", 2, [2, none, none]),
            entry("a", 1, [1, 0, 3]),
            entry("c", 1, [none, 3, 3]),
            entry("stray", 2, [none, none, none]),
            entry("", 0, [none, none, none]),
        ]
        .concat();
        let mut findings = Findings::new();
        let directory = Directory::read(&bytes, false, &mut findings);
        assert_eq!(names(&directory, 0), ["a", "bb"]);
        assert_eq!(names(&directory, 2), ["c"]);
        assert_eq!(directory.children(3), [0_u32; 0]);
        assert_eq!(directory.children(99), [0_u32; 0]);
        let details: Vec<_> = findings.iter().map(|own| own.detail.clone()).collect();
        assert_eq!(details.len(), 2, "{details:?}");
        assert!(details[1].contains("stray"));
    }

    #[test]
    fn names_are_ordered_by_length_first() {
        assert!(sort_key("z") < sort_key("aa"));
        assert!(sort_key("ab") < sort_key("AC"));
        assert_eq!(sort_key("AB"), sort_key("ab"));
    }
}
