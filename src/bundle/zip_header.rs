//! The zip structures of a bundle, as functions of the entry alone: what a verifier regenerates and
//! compares.
//!
//! *Spec*: APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central header) and 4.3.16
//! (end record), under the closed profile of `formats/bundle.md`, section 3.
//!
//! *Shape*: local header
//! ```text
//! 0  4  50 4b 03 04      14  4  CRC-32
//! 4  2  version 20       18  4  stored size
//! 6  2  flags 0          22  4  inflated size
//! 8  2  method 0 or 8    26  2  length of the name
//! 10 2  time 0           28  2  extra length 0
//! 12 2  date 0x0021      30     the name
//! ```
//!
//! *Invariants*: no flags, extra fields, comments, data descriptors, attributes or Zip64.

use std::io::{self, Read, Write};

use crate::bytes::ReadAt;

/// How an entry is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// As it is (0).
    Store,
    /// Raw deflate, RFC 1951 (8).
    Deflate,
}

impl Method {
    fn number(self) -> u16 {
        match self {
            Self::Store => 0,
            Self::Deflate => 8,
        }
    }
}

/// What the headers of one entry are made from.
#[derive(Debug, Clone, Copy)]
pub struct ZipEntry<'a> {
    /// Its name, ASCII.
    pub name: &'a str,
    /// How it is stored.
    pub method: Method,
    /// CRC-32 (ISO-HDLC) of the inflated bytes.
    pub crc32: u32,
    /// Stored bytes.
    pub csize: u32,
    /// Inflated bytes.
    pub size: u32,
}

/// Length of a local header without the name.
pub const LOCAL_HEADER: u64 = 30;
/// Length of a central header without the name.
pub const CENTRAL_HEADER: u64 = 46;
/// Length of the end record.
pub const END_RECORD: u64 = 22;
/// Version needed: 2.0, deflate.
const VERSION: u16 = 20;
/// 1980-01-01, the first day that zip can name.
const DATE: u16 = 0x0021;

impl ZipEntry<'_> {
    /// The fields that local and central headers share, in order.
    fn shared(&self, out: &mut Vec<u8>) {
        let name_length = u16::try_from(self.name.len()).unwrap_or(u16::MAX);
        for field in [VERSION, 0, self.method.number(), 0, DATE] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.crc32, self.csize, self.size] {
            out.extend(field.to_le_bytes());
        }
        out.extend(name_length.to_le_bytes());
        out.extend([0, 0]);
    }

    /// The local header, name included.
    #[must_use]
    pub fn local_header(&self) -> Vec<u8> {
        let mut out = b"PK\x03\x04".to_vec();
        self.shared(&mut out);
        out.extend(self.name.as_bytes());
        out
    }

    /// The central header of an entry whose local header is at `offset`, name included.
    #[must_use]
    pub fn central_header(&self, offset: u32) -> Vec<u8> {
        let mut out = b"PK\x01\x02".to_vec();
        out.extend(VERSION.to_le_bytes());
        self.shared(&mut out);
        // Comment length, disk, internal attributes, external attributes.
        out.extend([0; 10]);
        out.extend(offset.to_le_bytes());
        out.extend(self.name.as_bytes());
        out
    }
}

/// Copies one central header, for an entry whose local header comes `by` bytes later.
///
/// # Errors
/// When it cannot be read or written, or the sum is no offset.
pub fn move_central(from: &mut impl Read, by: u32, to: &mut impl Write) -> io::Result<()> {
    let bad = || io::Error::other("a spooled central header changed");
    let mut header = [0; 46];
    from.read_exact(&mut header)?;
    let name = header.u16_at(28).ok_or_else(bad)?;
    let offset = header.u32_at(42).and_then(|offset| offset.checked_add(by));
    let offset = offset.ok_or_else(bad)?.to_le_bytes();
    if let Some(place) = header.get_mut(42..) {
        place.copy_from_slice(&offset);
    }
    to.write_all(&header)?;
    let mut name = vec![0; usize::from(name)];
    from.read_exact(&mut name)?;
    to.write_all(&name)
}

/// The end record of a directory of `entries` headers, `size` bytes long, at `offset`.
#[must_use]
pub fn end_record(entries: u16, size: u32, offset: u32) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend(entries.to_le_bytes());
    out.extend(entries.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_the_lengths_of_the_specification() {
        let entry = ZipEntry {
            name: "mimetype",
            method: Method::Store,
            crc32: 1,
            csize: 2,
            size: 2,
        };
        assert_eq!(entry.local_header().len() as u64, LOCAL_HEADER + 8);
        assert_eq!(entry.central_header(7).len() as u64, CENTRAL_HEADER + 8);
        assert_eq!(end_record(1, 54, 40).len() as u64, END_RECORD);
        assert_eq!(&entry.central_header(7)[42..46], [7, 0, 0, 0]);
        let mut moved = Vec::new();
        move_central(&mut &*entry.central_header(7), 5, &mut moved).unwrap();
        assert_eq!(moved, entry.central_header(12));
        assert!(move_central(&mut &*entry.central_header(7), u32::MAX, &mut moved).is_err());
    }
}
