//! The header against its rules.
//!
//! *Spec*: \[MS-PST\] 2.2.2.5 (ROOT), 2.2.2.6 (HEADER).

use crate::bytes::ReadAt;
use crate::pst::check::report::{Breaches, Place};
use crate::pst::ndb::header::HEADER_SIZE;
use crate::pst::ndb::{Database, Format, NodeEntry};

use super::btree::Pages;
use super::ground::{Blocks, LastNids};
use super::rules as rule;

/// Fields that other parts of the file are held against.
#[derive(Debug, Default)]
pub(super) struct Fields {
    next_block: u64,
    next_page: u64,
    last_nids: LastNids,
    /// `ibAMapLast`.
    pub(super) last_map: u64,
    /// `cbAMapFree`.
    pub(super) free: u64,
    /// `rgbFM`.
    pub(super) free_runs: Vec<u8>,
}

/// Checks the header by itself.
pub(super) fn check(db: &Database, breaches: &Breaches) -> Fields {
    let header = db.header();
    let mut bytes = vec![0; HEADER_SIZE];
    // What the file does not have stays zero; the database has been opened, so most is there.
    let _short = db.file().read_at(&mut bytes, 0);
    let add = |rule, offset: usize, detail: String| {
        breaches.add(rule, Place::at(offset as u64), detail);
    };
    let (_, known) = Format::of_version(header.version);
    let stated = Format::of_version(header.version).0;
    if !known || header.version == 21 || stated != header.format {
        let detail = format!(
            "wVer is {}, laid out as {:?}",
            header.version, header.format
        );
        add(&rule::HEADER_VERSION, 10, detail);
    }
    if !header.checksums {
        let detail = "the header is not as it was when its checksums were made";
        add(&rule::HEADER_CRC, 4, detail.to_owned());
    }
    if !matches!(&header.client, b"SM" | b"SO") {
        let detail = format!("wMagicClient is {:02X?}", header.client);
        add(&rule::HEADER_CLIENT, 8, detail);
    }
    let size = db.file().len();
    if header.file_end != size {
        let detail = format!(
            "ibFileEof is {}, the file has {size} bytes",
            header.file_end
        );
        add(&rule::HEADER_FILE_END, pick(db, 184, 168), detail);
    }
    if header.maps_valid == 0 {
        let detail = "fAMapValid is 0: the store was not closed as it should be";
        add(
            &rule::HEADER_MAPS_VALID,
            pick(db, 248, 200),
            detail.to_owned(),
        );
    }
    let sentinel = pick(db, 512, 460);
    if bytes.u8_at(sentinel) != Some(0x80) {
        let detail = format!("bSentinel is {:02X?}", bytes.u8_at(sentinel));
        add(&rule::HEADER_SENTINEL, sentinel, detail);
    }
    encoding(db, breaches);
    constants(db, breaches, &bytes);
    fields(db, &bytes).unwrap_or_default()
}

/// The offset in a Unicode or ANSI store.
fn pick(db: &Database, wide: usize, narrow: usize) -> usize {
    if db.format().is_wide() { wide } else { narrow }
}

/// The database has looked at blocks; what they are encoded with may be another method than the
/// header says.
fn encoding(db: &Database, breaches: &Breaches) {
    let stated = db.header().encoding;
    let real = db.encoding();
    if crate::pst::ndb::encoding::Encoding::of_byte(stated) != Some(real) {
        let place = Place::at(pick(db, 513, 461) as u64);
        let detail = format!("bCryptMethod is {stated}, the blocks are {real:?}");
        breaches.add(&rule::HEADER_ENCODING, place, detail);
    }
}

fn constants(db: &Database, breaches: &Breaches, bytes: &[u8]) {
    let free_pages = pick(db, 208, 180);
    let rows = [
        ("wVerClient", 12, bytes.u16_at(12).map(u64::from), 19),
        ("bPlatformCreate", 14, bytes.u8_at(14).map(u64::from), 1),
        ("bPlatformAccess", 15, bytes.u8_at(15).map(u64::from), 1),
        (
            "cbPMapFree",
            free_pages,
            db.format().word_at(bytes, free_pages),
            0,
        ),
    ];
    for (name, offset, found, wanted) in rows {
        if found != Some(wanted) {
            let detail = format!("{name} is {}, not {wanted}", found.unwrap_or_default());
            breaches.add(&rule::HEADER_CONSTANT, Place::at(offset as u64), detail);
        }
    }
    let pages = pick(db, 384, 332);
    if bytes
        .slice_at(pages, 128)
        .is_some_and(|map| map.iter().any(|&byte| byte != 0xFF))
    {
        let detail = "rgbFP is not full of ones";
        breaches.add(&rule::HEADER_CONSTANT, Place::at(pages as u64), detail);
    }
}

fn fields(db: &Database, bytes: &[u8]) -> Option<Fields> {
    let word = |wide, narrow| db.format().word_at(bytes, pick(db, wide, narrow));
    let nids = pick(db, 44, 36);
    let mut last_nids = LastNids::default();
    for (at, last) in last_nids.0.iter_mut().enumerate() {
        *last = bytes.u32_at(nids.checked_add(at.checked_mul(4)?)?)?;
    }
    Some(Fields {
        next_block: word(516, 24)?,
        next_page: word(32, 28)?,
        last_nids,
        last_map: word(192, 172)?,
        free: word(200, 176)?,
        free_runs: bytes.slice_at(pick(db, 256, 204), 128)?.to_vec(),
    })
}

/// Checks the counters against what is in use.
pub(super) fn counters(
    header: &Fields,
    breaches: &Breaches,
    blocks: &Blocks,
    pages: &Pages,
    nodes: &[NodeEntry],
    subnodes: &LastNids,
) {
    if let Some(last) = blocks.last_id().filter(|last| *last >= header.next_block) {
        let detail = format!(
            "bidNextB is 0x{:X}, block 0x{last:X} is there",
            header.next_block
        );
        breaches.add(&rule::HEADER_NEXT_BLOCK, Place::FILE, detail);
    }
    if pages.last_id >= header.next_page {
        let (next, last) = (header.next_page, pages.last_id);
        let detail = format!("bidNextP is 0x{next:X}, page 0x{last:X} is there");
        breaches.add(&rule::HEADER_NEXT_PAGE, Place::FILE, detail);
    }
    let mut used = *subnodes;
    for node in nodes {
        used.add(node.nid);
    }
    for (kind, (stated, used)) in header.last_nids.0.iter().zip(used.0).enumerate() {
        // Below 0x400 are the nodes of every store, which no counter gives.
        if *stated < used && used >= 0x400 {
            let detail = format!("rgnid of type 0x{kind:X} is 0x{stated:X}, 0x{used:X} is in use");
            breaches.add(&rule::HEADER_NEXT_NODE, Place::FILE, detail);
        }
    }
}
