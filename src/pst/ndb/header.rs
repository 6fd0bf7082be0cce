//! `HEADER` and `ROOT`: the first bytes of a store.
//!
//! *Spec*: \[MS-PST\] 2.2.2.5 (ROOT), 2.2.2.6 (HEADER).
//!
//! *Shape* (Unicode / ANSI offsets):
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | `dwMagic`, `!BDN` |
//! | 4 | 4 | `dwCRCPartial` over 471 bytes from 8 |
//! | 8 | 2 | `wMagicClient`: `SM` for PST, `SO` for OST |
//! | 10 | 2 | `wVer` |
//! | 184 / 168 | 8 / 4 | `ibFileEof` |
//! | 216 / 184 | 16 / 8 | `BREFNBT`: bid, offset |
//! | 232 / 192 | 16 / 8 | `BREFBBT` |
//! | 513 / 461 | 1 | `bCryptMethod` |
//! | 524 / none | 4 | `dwCRCFull` over 516 bytes from 8 |
//!
//! *Seen in the wild*: headers whose checksum is wrong and whose fields are right; `.ost` files
//! with `SM`; `wVer` 21 written by a recovery tool.

use crate::bytes::ReadAt;

use super::block_id::BlockId;
use super::checksum::crc;
use super::format::Format;

/// Bytes at the start of a file that hold the header of any format.
pub const HEADER_SIZE: usize = 564;

/// `dwMagic`.
pub const MAGIC: &[u8; 4] = b"!BDN";

/// `BREF`: a page by id and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRef {
    /// `bid`.
    pub bid: BlockId,
    /// `ib`: offset in the file, in bytes.
    pub offset: u64,
}

impl PageRef {
    /// Reads a reference.
    #[must_use]
    pub fn read(format: Format, bytes: &[u8], at: usize) -> Option<Self> {
        Some(Self {
            bid: BlockId(format.word_at(bytes, at)?),
            offset: format.word_at(bytes, at.checked_add(format.word())?)?,
        })
    }
}

/// The fields of the header that a reader needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// `wMagicClient` as stored.
    pub client: [u8; 2],
    /// `wVer`.
    pub version: u16,
    /// The layout that `version` asks for.
    pub format: Format,
    /// `ibFileEof`.
    pub file_end: u64,
    /// `BREFNBT`: root of the node B-tree.
    pub nodes: PageRef,
    /// `BREFBBT`: root of the block B-tree.
    pub blocks: PageRef,
    /// `bCryptMethod` as stored.
    pub encoding: u8,
    /// `fAMapValid`: 0 when the store was not closed cleanly.
    pub maps_valid: u8,
    /// Whether `dwCRCPartial`, and `dwCRCFull` where there is one, are right.
    pub checksums: bool,
}

impl Header {
    /// Reads a header, laid out as `format`. `None` when the bytes are too few or have another
    /// magic number.
    #[must_use]
    pub fn read(bytes: &[u8], format: Format) -> Option<Self> {
        if bytes.array_at::<4>(0)? != *MAGIC {
            return None;
        }
        let wide = format.is_wide();
        let pick = |unicode, ansi| if wide { unicode } else { ansi };
        let partial = crc(bytes.slice_at(8, 471)?) == bytes.u32_at(4)?;
        let full = !wide || crc(bytes.slice_at(8, 516)?) == bytes.u32_at(524)?;
        Some(Self {
            client: bytes.array_at(8)?,
            version: bytes.u16_at(10)?,
            format,
            file_end: format.word_at(bytes, pick(184, 168))?,
            nodes: PageRef::read(format, bytes, pick(216, 184))?,
            blocks: PageRef::read(format, bytes, pick(232, 192))?,
            encoding: bytes.u8_at(pick(513, 461))?,
            maps_valid: bytes.u8_at(pick(248, 200))?,
            checksums: partial && full,
        })
    }

    /// The version field of any format's header.
    #[must_use]
    pub fn version_of(bytes: &[u8]) -> Option<u16> {
        bytes.u16_at(10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(format: Format, version: u16) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_SIZE];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[8..10].copy_from_slice(b"SM");
        bytes[10..12].copy_from_slice(&version.to_le_bytes());
        let (root, crypt) = if format.is_wide() {
            (216, 513)
        } else {
            (184, 461)
        };
        bytes[root] = 8;
        bytes[root + format.word() + 1] = 0x46;
        bytes[crypt] = 1;
        if format.is_wide() {
            let full = crc(&bytes[8..524]).to_le_bytes();
            bytes[524..528].copy_from_slice(&full);
        }
        let partial = crc(&bytes[8..479]).to_le_bytes();
        bytes[4..8].copy_from_slice(&partial);
        bytes
    }

    #[test]
    fn both_shapes() {
        for (format, version) in [(Format::Unicode, 23), (Format::Ansi, 14)] {
            let mut bytes = sample(format, version);
            let header = Header::read(&bytes, format).unwrap();
            assert_eq!(header.version, version);
            assert_eq!(
                header.nodes,
                PageRef {
                    bid: BlockId(8),
                    offset: 0x4600
                }
            );
            assert_eq!(header.encoding, 1);
            assert!(header.checksums);
            bytes[60] ^= 1;
            assert!(!Header::read(&bytes, format).unwrap().checksums);
            bytes[0] = b'?';
            assert_eq!(Header::read(&bytes, format), None);
        }
    }
}
