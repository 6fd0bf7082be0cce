//! The trailer of a page against its rules.
//!
//! *Spec*: \[MS-PST\] 2.2.2.7.1 (PAGETRAILER).

use crate::bytes::ReadAt;
use crate::pst::check::report::{Breaches, Place};
use crate::pst::ndb::checksum::{crc, signature};
use crate::pst::ndb::page::PageTrailer;
use crate::pst::ndb::{BlockId, Format};

use super::rules as rule;

/// What a page is to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// `ptype`.
    pub(super) kind: u8,
    /// Where it is.
    pub(super) offset: u64,
    /// Its id; `None` for maps, whose id is their offset.
    pub(super) id: Option<BlockId>,
    /// Whether `wSig` is made of id and offset.
    pub(super) signed: bool,
}

/// Checks a page's trailer.
pub(super) fn trailer(format: Format, bytes: &[u8], wanted: Wanted, breaches: &Breaches) {
    let place = Place::at(wanted.offset);
    let Some(trailer) = PageTrailer::read(format, bytes) else {
        breaches.add(&rule::PAGE_READABLE, place, "the page is cut short");
        return;
    };
    if trailer.page_type != Some(wanted.kind) {
        let at = format.page_trailer();
        let found = bytes.array_at::<2>(at).unwrap_or_default();
        let detail = format!("ptype is {found:02X?}, not 0x{:02X}", wanted.kind);
        breaches.add(&rule::PAGE_TYPE, place, detail);
    }
    let body = bytes.slice_at(0, format.page_trailer()).unwrap_or_default();
    let sum = crc(body);
    if trailer.crc != sum {
        let detail = format!("dwCRC is 0x{:08X}, the page has 0x{sum:08X}", trailer.crc);
        breaches.add(&rule::PAGE_CRC, place, detail);
    }
    let mark = if wanted.signed {
        signature(wanted.offset, trailer.bid.0)
    } else {
        0
    };
    if trailer.signature != mark {
        let detail = format!("wSig is 0x{:04X}, not 0x{mark:04X}", trailer.signature);
        breaches.add(&rule::PAGE_SIGNATURE, place, detail);
    }
    match wanted.id {
        Some(id) if id != trailer.bid => {
            let detail = format!("the page says that it is {}", trailer.bid);
            breaches.add(&rule::PAGE_ID, place, detail);
        }
        None if wanted.kind != DLIST && trailer.bid.0 != wanted.offset => {
            let detail = format!("its id is {}", trailer.bid);
            breaches.add(&rule::MAP_PAGE_ID, place, detail);
        }
        _ => {}
    }
}

/// `ptypeDL`.
pub(super) const DLIST: u8 = 0x86;
