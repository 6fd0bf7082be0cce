//! Writes zip archives for tests: good ones, and each kind of bad one, which no library would
//! write.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "each test takes what it needs, and fails by panicking"
)]

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// How an entry is written; what is `None` is as it should be.
#[derive(Clone, Default)]
pub(crate) struct Way {
    /// Not packed.
    pub(crate) stored: bool,
    /// The method told, whatever the bytes are.
    pub(crate) method: Option<u16>,
    /// Flags beside that of UTF-8.
    pub(crate) flags: u16,
    /// Without the flag of UTF-8.
    pub(crate) not_utf8: bool,
    /// Another checksum.
    pub(crate) crc: Option<u32>,
    /// Another length.
    pub(crate) size: Option<u32>,
    /// Extra field of the directory.
    pub(crate) extra: Vec<u8>,
    /// Sizes behind the data, not before.
    pub(crate) descriptor: bool,
    /// Sizes and offset in the field of Zip64.
    pub(crate) zip64: bool,
}

/// An archive being written.
#[derive(Default)]
pub(crate) struct Zip {
    pub(crate) bytes: Vec<u8>,
    central: Vec<u8>,
    count: u64,
}

pub(crate) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

impl Zip {
    /// Adds a file.
    pub(crate) fn file(&mut self, name: &str, data: &[u8]) -> &mut Self {
        self.put(name.as_bytes(), data, &Way::default())
    }

    /// Adds a folder.
    pub(crate) fn folder(&mut self, name: &str) -> &mut Self {
        let way = Way {
            stored: true,
            ..Way::default()
        };
        self.put(name.as_bytes(), b"", &way)
    }

    /// Adds a file in some way.
    pub(crate) fn put(&mut self, name: &[u8], data: &[u8], way: &Way) -> &mut Self {
        let packed = if way.stored {
            data.to_vec()
        } else {
            deflate(data)
        };
        self.packed(name, &packed, data, way)
    }

    /// Adds a file whose packed bytes are at hand.
    pub(crate) fn packed(
        &mut self,
        name: &[u8],
        packed: &[u8],
        data: &[u8],
        way: &Way,
    ) -> &mut Self {
        let header = self.bytes.len() as u32;
        let method = way.method.unwrap_or(if way.stored { 0 } else { 8 });
        let crc = way.crc.unwrap_or_else(|| crc32fast::hash(data));
        let size = way.size.unwrap_or(data.len() as u32);
        let utf8 = if way.not_utf8 { 0 } else { 1 << 11 };
        let flags = way.flags | utf8 | if way.descriptor { 8 } else { 0 };
        let told = if way.descriptor {
            [0; 3]
        } else {
            [crc, packed.len() as u32, size]
        };
        self.bytes.extend(b"PK\x03\x04\x14\x00");
        self.bytes.extend(flags.to_le_bytes());
        self.bytes.extend(method.to_le_bytes());
        self.bytes.extend([0, 0, 0x21, 0]);
        told.iter()
            .for_each(|own| self.bytes.extend(own.to_le_bytes()));
        self.bytes.extend((name.len() as u16).to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes.extend(name);
        self.bytes.extend(packed);
        if way.descriptor {
            self.bytes.extend(b"PK\x07\x08");
            for own in [crc, packed.len() as u32, size] {
                self.bytes.extend(own.to_le_bytes());
            }
        }
        let told = if way.zip64 {
            [crc, u32::MAX, u32::MAX]
        } else {
            [crc, packed.len() as u32, size]
        };
        let mut extra = way.extra.clone();
        if way.zip64 {
            extra.extend([1, 0, 24, 0]);
            for own in [u64::from(size), packed.len() as u64, u64::from(header)] {
                extra.extend(own.to_le_bytes());
            }
        }
        let offset = if way.zip64 { u32::MAX } else { header };
        self.record(name, flags, method, told, &extra, offset);
        self
    }

    /// Adds a record of the directory alone.
    pub(crate) fn record(
        &mut self,
        name: &[u8],
        flags: u16,
        method: u16,
        told: [u32; 3],
        extra: &[u8],
        header: u32,
    ) {
        let central = &mut self.central;
        central.extend(b"PK\x01\x02\x14\x03\x14\x00");
        central.extend(flags.to_le_bytes());
        central.extend(method.to_le_bytes());
        central.extend([0, 0, 0x21, 0]);
        told.iter()
            .for_each(|own| central.extend(own.to_le_bytes()));
        central.extend((name.len() as u16).to_le_bytes());
        central.extend((extra.len() as u16).to_le_bytes());
        central.extend([0; 10]);
        central.extend(header.to_le_bytes());
        central.extend(name);
        central.extend(extra);
        self.count += 1;
    }

    /// The whole archive.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.bytes);
        let start = bytes.len() as u32;
        bytes.append(&mut self.central);
        let size = bytes.len() as u32 - start;
        let count = self.count as u16;
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend(count.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.extend(start.to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    }
}
