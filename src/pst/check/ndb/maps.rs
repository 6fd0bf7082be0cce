//! The maps of space against what is in use: AMap, PMap, FMap, FPMap, DList.
//!
//! *Spec*: \[MS-PST\] 2.2.2.7.2 to 2.2.2.7.6; for 4096-byte pages, where maps are was found in
//! files, and only AMap pages are looked at.

use crate::bytes::ReadAt;
use crate::pst::check::report::{Breaches, Place};
use crate::pst::ndb::{Database, Format};

use super::btree::Pages;
use super::ground::Blocks;
use super::header::Fields;
use super::page::{self, DLIST, Wanted};
use super::rules as rule;
use super::space::Space;

/// `ptypeFMap`, `ptypePMap`, `ptypeAMap`, `ptypeFPMap`.
const FMAP: u8 = 0x82;
const PMAP: u8 = 0x83;
const AMAP: u8 = 0x84;
const FPMAP: u8 = 0x85;

/// Where maps are in a file.
#[derive(Debug, Clone, Copy)]
struct Geometry {
    /// Where the first section starts.
    first: u64,
    /// Bytes that a bit of an AMap stands for.
    slot: u64,
    /// Offset of the map in its page, and its bytes.
    map: (usize, usize),
    page: usize,
    dlist: u64,
}

impl Geometry {
    const fn of(format: Format) -> Self {
        match format {
            Format::Unicode => Self {
                first: 0x4400,
                slot: 64,
                map: (0, 496),
                page: 512,
                dlist: 0x4200,
            },
            // `dwPadding` comes first.
            Format::Ansi => Self {
                first: 0x4400,
                slot: 64,
                map: (4, 496),
                page: 512,
                dlist: 0x4200,
            },
            Format::Unicode4k => Self {
                first: 0x2_2000,
                slot: 512,
                map: (0, 4072),
                page: 4096,
                dlist: 0x2_1000,
            },
        }
    }

    const fn section(self) -> u64 {
        self.map.1 as u64 * 8 * self.slot
    }

    fn offset(self, section: u64) -> u64 {
        self.first
            .saturating_add(section.saturating_mul(self.section()))
    }

    fn sections(self, size: u64) -> u64 {
        size.saturating_sub(self.first).div_ceil(self.section())
    }

    /// Types of the map pages at the start of a section, in order.
    /// With 4096-byte pages there is an AMap page only.
    fn maps(self, section: u64) -> impl Iterator<Item = u8> {
        let small = self.page == 512;
        let every = |from: u64, step: u64| {
            let behind = section.checked_sub(from);
            small && behind.is_some_and(|behind| behind.is_multiple_of(step))
        };
        let own = self.map.1 as u64;
        [
            (AMAP, true),
            (PMAP, every(0, 8)),
            (FMAP, every(128, own)),
            (FPMAP, every(8192, own.saturating_mul(64))),
        ]
        .into_iter()
        .filter_map(|(kind, is_there)| is_there.then_some(kind))
    }
}

/// Checks the maps.
pub(super) fn check(
    db: &Database,
    breaches: &Breaches,
    header: &Fields,
    blocks: &Blocks,
    pages: &Pages,
) {
    let geometry = Geometry::of(db.format());
    let size = db.file().len();
    let count = geometry.sections(size);
    if size != geometry.offset(count) && db.format() != Format::Ansi {
        let detail = format!(
            "{size} bytes; {count} sections end at {}",
            geometry.offset(count)
        );
        breaches.add(&rule::FILE_SIZE, Place::FILE, detail);
    }
    let last = geometry.offset(count.saturating_sub(1));
    if header.last_map != last {
        let detail = format!("ibAMapLast is {}, not {last}", header.last_map);
        breaches.add(&rule::HEADER_LAST_MAP, Place::FILE, detail);
    }
    let space = used(db, breaches, geometry, blocks, pages);
    let mut maps = Maps {
        db,
        breaches,
        geometry,
        runs: Vec::new(),
        free: 0,
        extra: 0,
        first_extra: None,
    };
    for section in 0..count {
        maps.section(section, &space);
    }
    maps.finish(header);
    dlist(db, breaches, geometry, count);
}

/// What is in use, by B-trees and map pages.
fn used(
    db: &Database,
    breaches: &Breaches,
    geometry: Geometry,
    blocks: &Blocks,
    pages: &Pages,
) -> Space {
    let mut space = Space::new(db.file().len(), geometry.slot);
    for section in 0..geometry.sections(db.file().len()) {
        let maps = geometry.maps(section).count();
        let size = maps.saturating_mul(geometry.page) as u64;
        space.take(geometry.offset(section), size);
    }
    let mut take = |place: Place, offset, size| {
        if let Some(at) = space.take(offset, size) {
            let detail = format!("the space at offset {at} is used twice");
            breaches.add(&rule::SPACE_OVERLAP, place, detail);
        }
    };
    let mut offsets: Vec<_> = pages.offsets.iter().copied().collect();
    offsets.sort_unstable();
    for offset in offsets {
        take(Place::at(offset), offset, geometry.page as u64);
    }
    let trailer = db.format().block_trailer() as u64;
    for block in blocks.iter() {
        let entry = block.entry;
        let size = u64::from(entry.stored).saturating_add(trailer);
        let place = Place::at(entry.offset).block(entry.bid);
        take(place, entry.offset, size);
    }
    space
}

struct Maps<'a> {
    db: &'a Database,
    breaches: &'a Breaches,
    geometry: Geometry,
    /// The longest free run of each section, at most 255.
    runs: Vec<u8>,
    /// Free bytes.
    free: u64,
    /// Slots that are marked and not in use.
    extra: u64,
    first_extra: Option<u64>,
}

impl Maps<'_> {
    fn page(&self, kind: u8, offset: u64) -> Option<Vec<u8>> {
        let Ok(bytes) = self.db.file().read_exact_at(offset, self.geometry.page) else {
            let detail = format!("a map page of type 0x{kind:02X} is outside the file");
            self.breaches
                .add(&rule::PAGE_READABLE, Place::at(offset), detail);
            return None;
        };
        let wanted = Wanted {
            kind,
            offset,
            id: None,
            signed: false,
        };
        page::trailer(self.db.format(), &bytes, wanted, self.breaches);
        let (at, size) = self.geometry.map;
        bytes.slice_at(at, size).map(<[u8]>::to_vec)
    }

    fn section(&mut self, section: u64, space: &Space) {
        let begin = self.geometry.offset(section);
        let mut offset = begin;
        for kind in self.geometry.maps(section) {
            {
                let map = self.page(kind, offset);
                match (kind, map) {
                    (AMAP, Some(map)) => self.amap(begin, &map, space),
                    (AMAP, None) => self.runs.push(0),
                    // An FMap speaks of sections that are known at the end.
                    (FMAP, _) => {}
                    (_, Some(map)) if map.iter().any(|&byte| byte != 0xFF) => {
                        let detail = format!("page of type 0x{kind:02X} with zeros");
                        self.breaches.add(&rule::PMAP, Place::at(offset), detail);
                    }
                    _ => {}
                }
            }
            offset = offset.saturating_add(self.geometry.page as u64);
        }
    }

    fn amap(&mut self, begin: u64, map: &[u8], space: &Space) {
        let (mut missing, mut first) = (0_u64, 0);
        let (mut run, mut longest) = (0_usize, 0);
        let mut offset = begin;
        for byte in map {
            for bit in 0..8 {
                let marked = byte & (0x80 >> bit) != 0;
                let used = space.is_taken(offset);
                if marked {
                    run = 0;
                } else {
                    run = run.saturating_add(1);
                    longest = longest.max(run);
                    self.free = self.free.saturating_add(self.geometry.slot);
                }
                if used && !marked {
                    if missing == 0 {
                        first = offset;
                    }
                    missing = missing.saturating_add(1);
                }
                if marked && !used {
                    self.extra = self.extra.saturating_add(1);
                    self.first_extra.get_or_insert(offset);
                }
                offset = offset.saturating_add(self.geometry.slot);
            }
        }
        self.runs.push(u8::try_from(longest).unwrap_or(u8::MAX));
        if missing > 0 {
            let detail = format!("{missing} slots in use are not marked, the first at {first}");
            self.breaches
                .add(&rule::AMAP_MISSING, Place::at(begin), detail);
        }
    }

    fn finish(&self, header: &Fields) {
        if self.free != header.free {
            let detail = format!("cbAMapFree is {}, the maps have {}", header.free, self.free);
            self.breaches.add(&rule::HEADER_FREE, Place::FILE, detail);
        }
        if self.extra > 0 {
            let at = self.first_extra.unwrap_or_default();
            let detail = format!("{} slots, the first at offset {at}", self.extra);
            self.breaches.add(&rule::AMAP_EXTRA, Place::at(at), detail);
        }
        self.free_runs(0, &header.free_runs, Place::FILE);
        // The pages of further sections, once their sections are known.
        if self.db.format() == Format::Unicode4k {
            return;
        }
        for section in 0..self.runs.len() as u64 {
            let before = self
                .geometry
                .maps(section)
                .take_while(|&kind| kind != FMAP)
                .count();
            if !self.geometry.maps(section).any(|kind| kind == FMAP) {
                continue;
            }
            let pages = before.saturating_mul(self.geometry.page) as u64;
            let offset = self.geometry.offset(section).saturating_add(pages);
            let (at, size) = self.geometry.map;
            let page = self.db.file().read_exact_at(offset, self.geometry.page);
            if let Some(map) = page
                .ok()
                .as_deref()
                .and_then(|page| page.slice_at(at, size))
            {
                self.free_runs(section, map, Place::at(offset));
            }
        }
    }

    /// Compares bytes of an FMap with the free runs of sections.
    fn free_runs(&self, first: u64, map: &[u8], place: Place) {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let runs = self.runs.get(first..).unwrap_or_default();
        let wrong = map
            .iter()
            .zip(runs)
            .filter(|&(byte, run)| byte != run && *byte != 0xFF)
            .count();
        if wrong > 0 {
            let detail = format!("{wrong} sections have another free run");
            self.breaches.add(&rule::FMAP, place, detail);
        }
    }
}

/// The DList page; stores of old versions have zeros there.
fn dlist(db: &Database, breaches: &Breaches, geometry: Geometry, sections: u64) {
    let offset = geometry.dlist;
    let Ok(bytes) = db.file().read_exact_at(offset, geometry.page) else {
        let detail = "the DList page is outside the file";
        breaches.add(&rule::PAGE_READABLE, Place::at(offset), detail);
        return;
    };
    if bytes.iter().all(|&byte| byte == 0) {
        return;
    }
    let wanted = Wanted {
        kind: DLIST,
        offset,
        id: None,
        signed: true,
    };
    page::trailer(db.format(), &bytes, wanted, breaches);
    let count = bytes.u8_at(1).map_or(0, usize::from);
    let entries = bytes.get(8..db.format().page_trailer()).unwrap_or_default();
    let room = entries.len() / 4;
    let outside = entries
        .chunks_exact(4)
        .take(count)
        .filter_map(|entry| entry.u32_at(0))
        .filter(|entry| u64::from(entry & 0xF_FFFF) >= sections)
        .count();
    if count > room || outside > 0 {
        let detail = format!("{count} entries, {outside} of them of no section");
        breaches.add(&rule::DLIST, Place::at(offset), detail);
    }
}
