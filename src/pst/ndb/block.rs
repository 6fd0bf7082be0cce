//! Blocks: the entry in the block B-tree, the trailer, and reading the data.
//!
//! *Spec*: \[MS-PST\] 2.2.2.7.7.3 (BBTENTRY), 2.2.2.8.1 (BLOCKTRAILER).
//!
//! *Shape* of `BBTENTRY`: bid, `ib`, `cb` (16 bits), `cRef` (16 bits); with 4096-byte pages: bid,
//! `ib`, stored size, size once inflated, `cRef`. `BLOCKTRAILER` ends at the next multiple of the
//! alignment: `cb`, `wSig`, `dwCRC`, bid (ANSI: bid before `dwCRC`).
//!
//! *Seen in the wild*: trailers that disagree with the entry (`pst.ndb.block-trailer`); with
//! 4096-byte pages, data deflated (zlib) and not encoded.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;

use crate::bytes::ReadAt;
use crate::finding::Effect;

use super::block_id::BlockId;
use super::checksum::{crc, signature};
use super::database::Database;
use super::encoding::Encoding;
use super::format::Format;
use super::note::{Fault, Notes, Spot};

/// `BBTENTRY`: a block and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockEntry {
    /// `bid`.
    pub bid: BlockId,
    /// `ib`: offset in the file.
    pub offset: u64,
    /// `cb`: bytes stored.
    pub stored: u16,
    /// Bytes of data, which are more than `stored` when it is deflated.
    pub size: u16,
    /// `cRef`.
    pub references: u16,
}

impl BlockEntry {
    /// Reads a leaf entry.
    #[must_use]
    pub fn read(format: Format, bytes: &[u8]) -> Option<Self> {
        let at = format.word().checked_mul(2)?;
        let first = bytes.u16_at(at)?;
        let second = bytes.u16_at(at.checked_add(2)?)?;
        let (size, references) = if format == Format::Unicode4k {
            (second, bytes.u16_at(at.checked_add(4)?)?)
        } else {
            (first, second)
        };
        Some(Self {
            bid: BlockId(format.word_at(bytes, 0)?),
            offset: format.word_at(bytes, format.word())?,
            stored: first,
            size,
            references,
        })
    }

    /// The leaf entry of a Unicode store.
    #[must_use]
    pub fn to_unicode_bytes(&self) -> [u8; 24] {
        let [a, b, c, d, e, f, g, h] = self.bid.0.to_le_bytes();
        let [i, j, k, l, m, n, o, p] = self.offset.to_le_bytes();
        let ([q, r], [s, t]) = (self.stored.to_le_bytes(), self.references.to_le_bytes());
        [
            a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, 0, 0, 0, 0,
        ]
    }

    /// Bytes that it takes in the file, its trailer included.
    fn whole(&self, format: Format) -> usize {
        usize::from(self.stored)
            .saturating_add(format.block_trailer())
            .next_multiple_of(usize::try_from(format.block_alignment()).unwrap_or(64))
    }

    /// Whether the stored bytes are deflated.
    #[must_use]
    pub fn is_deflated(&self) -> bool {
        self.stored != self.size
    }
}

impl Database {
    /// Reads the data of a block, decoded and inflated.
    ///
    /// # Errors
    /// A [`Fault`] when the block is unknown or outside the file, or cannot be inflated.
    ///
    /// # Findings
    /// `pst.ndb.block-crc`, `pst.ndb.block-trailer`: the trailer disagrees; the data is used.
    pub fn read_block(&self, bid: BlockId, notes: &Notes, spot: Spot) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        let fetch = |at, length, to: &mut Vec<u8>| self.file().read_exact_into(at, length, to);
        self.read_block_by(fetch, bid, notes, spot, &mut bytes)?;
        Ok(bytes)
    }

    /// As [`Self::read_block`], into room that is used again, with another way to get the bytes at
    /// an offset of the file.
    pub(super) fn read_block_by(
        &self,
        mut fetch: impl FnMut(u64, usize, &mut Vec<u8>) -> io::Result<()>,
        bid: BlockId,
        notes: &Notes,
        spot: Spot,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let entry = self.block(bid)?;
        let format = self.format();
        let stored = usize::from(entry.stored);
        let total = entry.whole(format);
        let unreadable = |detail: String| {
            Fault::new("pst.ndb.block-unreadable", format!("block {bid}: {detail}"))
        };
        if !notes.work(total as u64) {
            return Err(Fault::new(
                "pst.ndb.work",
                "more blocks are read than the limit",
            ));
        }
        let whole = fetch(entry.offset, total, bytes).is_ok();
        if !whole {
            // The last block of a file cut short may still have its data.
            fetch(entry.offset, stored, bytes).map_err(|error| {
                unreadable(format!(
                    "{total} bytes at offset {} of a file of {}: {error}",
                    entry.offset,
                    self.file().len()
                ))
            })?;
        }
        let trailer = total.saturating_sub(format.block_trailer());
        let wrong = if whole {
            self.check_trailer(bytes, trailer, entry)
        } else {
            Some(("pst.ndb.block-trailer", "the file ends in its trailer"))
        };
        if let Some((code, detail)) = wrong {
            notes.add(code, Effect::Noted, spot, format!("block {bid}: {detail}"));
        }
        bytes.truncate(stored);
        if entry.is_deflated() {
            let inflated = self.inflate(std::mem::take(bytes), entry);
            *bytes = inflated.ok_or_else(|| unreadable("does not inflate".to_owned()))?;
        } else if !entry.bid.is_internal() {
            self.encoding().decode(bytes, entry.bid.0);
        }
        Ok(())
    }

    /// The stored size of a block, and the checksum of its data as its trailer says; `None` when it
    /// cannot be read.
    #[must_use]
    pub fn block_checksum(&self, bid: BlockId, notes: &Notes) -> Option<(u16, u32)> {
        let entry = self.block(bid).ok()?;
        let format = self.format();
        let trailer = format.block_trailer();
        if !notes.work(trailer as u64) {
            return None;
        }
        let at = entry.whole(format).checked_sub(trailer)?;
        let at = entry.offset.checked_add(at as u64)?;
        let mut room = [0; 32];
        let bytes = room.get_mut(..trailer)?;
        if self.file().read_at(bytes, at).ok()? < trailer {
            return None;
        }
        Some((entry.stored, (*bytes).u32_at(crc_at(format))?))
    }

    fn check_trailer(
        &self,
        bytes: &[u8],
        at: usize,
        entry: BlockEntry,
    ) -> Option<(&'static str, &'static str)> {
        let format = self.format();
        let bid_at = if format.is_wide() { 8 } else { 4 };
        let data = bytes.slice_at(0, usize::from(entry.stored))?;
        if bytes.u32_at(at.checked_add(crc_at(format))?) != Some(crc(data)) {
            return Some((
                "pst.ndb.block-crc",
                "wrong checksum; its data may be damaged",
            ));
        }
        let bid = format.word_at(bytes, at.checked_add(bid_at)?)?;
        if BlockId(bid).key() != entry.bid.key() {
            return Some(("pst.ndb.block-trailer", "its trailer has another id"));
        }
        if bytes.u16_at(at) != Some(entry.stored) {
            return Some(("pst.ndb.block-trailer", "its trailer has another size"));
        }
        if bytes.u16_at(at.checked_add(2)?) != Some(signature(entry.offset, bid)) {
            return Some(("pst.ndb.block-trailer", "its trailer has a wrong signature"));
        }
        None
    }

    fn inflate(&self, mut bytes: Vec<u8>, entry: BlockEntry) -> Option<Vec<u8>> {
        let limit = usize::from(entry.size);
        let external = !entry.bid.is_internal();
        if let Some(data) = inflate(&bytes, limit) {
            return Some(data);
        }
        // Encoded after deflating: not seen, but nothing rules it out.
        if external && self.encoding() != Encoding::None {
            self.encoding().decode(&mut bytes, entry.bid.0);
            return inflate(&bytes, limit);
        }
        None
    }
}

/// Where `dwCRC` is in a trailer.
fn crc_at(format: Format) -> usize {
    if format.is_wide() { 4 } else { 8 }
}

fn inflate(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut data = Vec::with_capacity(limit);
    let room = u64::try_from(limit).ok()?.saturating_add(1);
    ZlibDecoder::new(bytes)
        .take(room)
        .read_to_end(&mut data)
        .ok()?;
    (data.len() == limit).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_each_format() {
        let mut bytes = vec![0x0A, 0, 0, 0, 0x40, 0x46, 0, 0, 100, 0, 2, 0];
        let entry = BlockEntry::read(Format::Ansi, &bytes).unwrap();
        assert_eq!((entry.bid, entry.offset), (BlockId(10), 0x4640));
        assert_eq!((entry.stored, entry.size, entry.references), (100, 100, 2));
        assert!(entry.bid.is_internal());

        bytes = vec![0; 24];
        bytes[0] = 4;
        bytes[8] = 0x80;
        bytes[16..22].copy_from_slice(&[100, 0, 200, 0, 2, 0]);
        let entry = BlockEntry::read(Format::Unicode4k, &bytes).unwrap();
        assert_eq!((entry.stored, entry.size, entry.references), (100, 200, 2));
        assert!(entry.is_deflated());
        let entry = BlockEntry::read(Format::Unicode, &bytes).unwrap();
        assert_eq!(
            (entry.stored, entry.size, entry.references),
            (100, 100, 200)
        );
        assert_eq!(
            BlockEntry::read(Format::Unicode, &bytes[..20]).map(|e| e.size),
            Some(100)
        );
        assert_eq!(BlockEntry::read(Format::Unicode, &bytes[..19]), None);
    }

    #[test]
    fn inflating_stops_at_the_declared_size() {
        use std::io::Write;
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(&[7; 1000]).unwrap();
        let packed = writer.finish().unwrap();
        assert_eq!(inflate(&packed, 1000), Some(vec![7; 1000]));
        assert_eq!(inflate(&packed, 999), None);
        assert_eq!(inflate(&packed, 1001), None);
        assert_eq!(inflate(b"not zlib", 1), None);
    }
}
