//! The header of a store that is written, last of all.
//!
//! *Spec*: \[MS-PST\] 2.2.2.6 (HEADER), 2.2.2.5 (ROOT).
//!
//! *Invariants*: `rgnid` has the last index given of each type of node, subnodes included;
//! `fAMapValid` is 2; the deprecated maps are full of ones.

use crate::pst::ndb::checksum::crc;
use crate::pst::ndb::header::{HEADER_SIZE, MAGIC, PageRef};

use super::space::Extent;

/// What a header says.
#[derive(Debug)]
pub(crate) struct Header {
    /// Sizes and next ids.
    pub(crate) extent: Extent,
    /// `dwUnique`.
    pub(crate) unique: u32,
    /// `rgnid`: the last index of each type of node.
    pub(crate) last_nids: [u32; 32],
    /// `BREFNBT`.
    pub(crate) nodes: PageRef,
    /// `BREFBBT`.
    pub(crate) blocks: PageRef,
}

impl Header {
    /// The bytes at the start of the file.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(HEADER_SIZE);
        // From offset 8: `wMagicClient`, `wVer`, `wVerClient`, platforms, reserved.
        body.extend_from_slice(b"SM");
        body.extend_from_slice(&[23, 0, 19, 0, 1, 1]);
        body.extend_from_slice(&[0; 16]);
        body.extend_from_slice(&self.extent.next_page.to_le_bytes());
        body.extend_from_slice(&self.unique.to_le_bytes());
        for last in self.last_nids {
            body.extend_from_slice(&last.to_le_bytes());
        }
        body.extend_from_slice(&[0; 8]);
        // `ROOT`.
        body.extend_from_slice(&[0; 4]);
        for word in [
            self.extent.end,
            self.extent.last_map,
            self.extent.free,
            0,
            self.nodes.bid.0,
            self.nodes.offset,
            self.blocks.bid.0,
            self.blocks.offset,
        ] {
            body.extend_from_slice(&word.to_le_bytes());
        }
        body.extend_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0]);
        body.extend_from_slice(&[0xFF; 256]);
        // `bSentinel`, PERMUTE.
        body.extend_from_slice(&[0x80, 1, 0, 0]);
        body.extend_from_slice(&self.extent.next_block.to_le_bytes());
        let partial = crc(body.get(..471).unwrap_or_default());
        let full = crc(body.get(..516).unwrap_or_default());
        body.extend_from_slice(&full.to_le_bytes());
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&partial.to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes.resize(HEADER_SIZE, 0);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pst::ndb::{BlockId, Format, header};

    #[test]
    fn the_reader_finds_every_field() {
        let page = |bid, offset| PageRef {
            bid: BlockId(bid),
            offset,
        };
        let written = Header {
            extent: Extent {
                end: 0x42400,
                last_map: 0x4400,
                free: 64,
                next_block: 0x130,
                next_page: 0x17F,
            },
            unique: 22,
            last_nids: [0x400; 32],
            nodes: page(5, 0x5000),
            blocks: page(6, 0x5200),
        };
        let bytes = written.to_bytes();
        assert_eq!(bytes.len(), HEADER_SIZE);
        let read = header::Header::read(&bytes, Format::Unicode).unwrap();
        assert!(read.checksums);
        assert_eq!((read.version, &read.client), (23, b"SM"));
        assert_eq!((read.encoding, read.maps_valid), (1, 2));
        assert_eq!(read.file_end, 0x42400);
        assert_eq!((read.nodes, read.blocks), (written.nodes, written.blocks));
        assert_eq!(bytes[516..524], 0x130_u64.to_le_bytes());
        assert_eq!(bytes[44..48], 0x400_u32.to_le_bytes());
    }
}
