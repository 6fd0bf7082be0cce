//! Where the maps of a file are, and the pages of them.
//!
//! *Spec*: \[MS-PST\] 2.2.2.7.2 (AMap), 2.2.2.7.3 (PMap), 2.2.2.7.5 (FMap), 2.2.2.7.6 (FPMap),
//! 2.2.2.7.4 (DList).
//!
//! *Shape*: from 0x4400 the file is in sections of 253,952 bytes. Each starts with its AMap page (a
//! bit per 64 bytes, the highest first); every 8th has a PMap page behind it; every 496th from
//! section 128 an FMap page (a byte per section: the longest free run of its AMap), and every
//! 31,744th from section 8192 an FPMap page. PMaps and FPMaps are full of ones: no free page is
//! kept for anyone.

use crate::pst::ndb::BlockId;
use crate::pst::ndb::page::PageTrailer;

/// Where the first section starts.
pub(crate) const FIRST_SECTION: u64 = 0x4400;
/// Bytes of a section.
pub(crate) const SECTION: usize = 0x3E000;
/// Bytes that a bit of an AMap stands for.
pub(crate) const SLOT: usize = 64;
/// Bytes of a page.
pub(crate) const PAGE: usize = 512;
/// Bytes of a map.
const MAP: usize = 496;
/// `ptypeFMap`.
const FMAP: u8 = 0x82;
/// `ptypePMap`.
const PMAP: u8 = 0x83;
/// `ptypeAMap`.
const AMAP: u8 = 0x84;
/// `ptypeFPMap`.
const FPMAP: u8 = 0x85;
/// `ptypeDL`.
const DLIST: u8 = 0x86;
/// Sections whose free space the header speaks of, before the first FMap.
const IN_HEADER: u64 = 128;
/// First section with an FPMap.
const FIRST_FPMAP: u64 = 8192;

/// Offset of a section in the file.
pub(crate) const fn section_offset(number: u64) -> u64 {
    FIRST_SECTION + number * SECTION as u64
}

const fn has_pmap(number: u64) -> bool {
    number.is_multiple_of(8)
}

/// Whether an FMap page is in this section.
pub(crate) const fn has_fmap(number: u64) -> bool {
    number >= IN_HEADER && (number - IN_HEADER).is_multiple_of(MAP as u64)
}

const fn has_fpmap(number: u64) -> bool {
    number >= FIRST_FPMAP && (number - FIRST_FPMAP).is_multiple_of(MAP as u64 * 64)
}

/// Bytes at the start of a section that its maps take.
pub(crate) const fn reserved(number: u64) -> usize {
    PAGE * (1 + has_pmap(number) as usize + has_fmap(number) as usize + has_fpmap(number) as usize)
}

/// Offset of an FMap or FPMap page in its section, where a PMap always comes before.
const THIRD: usize = 2 * PAGE;

/// Writes the maps that are known when a section is begun: all but its AMap and FMap.
pub(crate) fn begin(section: &mut [u8], number: u64) {
    let mut full = |at: usize, page_type: u8| {
        let offset = section_offset(number).saturating_add(at as u64);
        if let Some(page) = section.get_mut(at..at.saturating_add(PAGE)) {
            page.fill(0xFF);
            PageTrailer::seal(page, page_type, BlockId(offset), offset);
        }
    };
    if has_pmap(number) {
        full(PAGE, PMAP);
    }
    if has_fpmap(number) {
        full(THIRD, FPMAP);
    }
}

/// What an AMap says of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FreeSpace {
    /// Free slots.
    pub(crate) slots: u64,
    /// The longest run of them, at most 255.
    pub(crate) longest: u8,
}

/// Writes the AMap of a section that is used up to `end` but for `holes`; all are multiples of
/// [`SLOT`].
pub(crate) fn finish(
    section: &mut [u8],
    number: u64,
    end: usize,
    holes: &[(usize, usize)],
) -> FreeSpace {
    let mut bits = [0_u8; MAP];
    let is_free = |slot: usize| {
        let at = slot * SLOT;
        at >= end || holes.iter().any(|&(from, to)| (from..to).contains(&at))
    };
    let (mut slots, mut run, mut longest) = (0, 0_usize, 0);
    for (index, byte) in bits.iter_mut().enumerate() {
        // Behind the end everything is free.
        if index * 8 * SLOT >= end {
            slots += 8;
            run += 8;
            longest = longest.max(run);
            continue;
        }
        for bit in 0..8 {
            if is_free(index * 8 + bit) {
                slots += 1;
                run += 1;
                longest = longest.max(run);
            } else {
                *byte |= 0x80 >> bit;
                run = 0;
            }
        }
    }
    let offset = section_offset(number);
    if let Some((page, _)) = section.split_at_mut_checked(PAGE) {
        let (map, _) = page.split_at_mut(MAP);
        map.copy_from_slice(&bits);
        PageTrailer::seal(page, AMAP, BlockId(offset), offset);
    }
    FreeSpace {
        slots,
        longest: u8::try_from(longest).unwrap_or(u8::MAX),
    }
}

/// The FMap page in section `number`, with its offset in the file; `longest` is of all sections.
pub(crate) fn fmap(number: u64, longest: &[u8]) -> (u64, [u8; PAGE]) {
    let mut page = [0; PAGE];
    let from = usize::try_from(number).unwrap_or(usize::MAX);
    let own = longest.get(from..).unwrap_or_default();
    for (byte, run) in page.iter_mut().take(MAP).zip(own) {
        *byte = *run;
    }
    let offset = section_offset(number).saturating_add(THIRD as u64);
    PageTrailer::seal(&mut page, FMAP, BlockId(offset), offset);
    (offset, page)
}

/// The DList page: empty.
pub(crate) fn dlist(bid: BlockId, offset: u64) -> [u8; PAGE] {
    let mut page = [0; PAGE];
    PageTrailer::seal(&mut page, DLIST, bid, offset);
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::ReadAt;

    #[test]
    fn maps_are_where_outlook_looks_for_them() {
        assert_eq!(reserved(0), 2 * PAGE);
        assert_eq!(reserved(1), PAGE);
        assert_eq!(reserved(128), 3 * PAGE);
        assert_eq!(section_offset(128) + THIRD as u64, 0x01F0_4800);
        assert_eq!(reserved(128 + 496), 3 * PAGE);
        assert_eq!(reserved(8192), 3 * PAGE);
        assert_eq!(section_offset(8192) + 0x400, 0x7C00_4800);
        assert!((0..200_000).all(|number| !(has_fmap(number) && has_fpmap(number))));
        assert!((0..200_000).all(|number| !has_fmap(number) || has_pmap(number)));
        assert!((0..200_000).all(|number| !has_fpmap(number) || has_pmap(number)));
    }

    #[test]
    fn free_space_is_counted_and_marked() {
        let mut section = vec![0; SECTION];
        let holes = [(SLOT * 20, SLOT * 23)];
        let free = finish(&mut section, 0, SLOT * 24, &holes);
        assert_eq!((free.slots, free.longest), (3968 - 24 + 3, 255));
        assert_eq!(section[..4], [0xFF, 0xFF, 0xF1, 0]);
        let free = finish(&mut section, 0, SECTION - SLOT * 2, &holes);
        assert_eq!((free.slots, free.longest), (5, 3));
        assert_eq!(section[495], 0xFC);
        assert_eq!(section.u64_at(504), Some(FIRST_SECTION));
    }
}
