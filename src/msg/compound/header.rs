//! The header of a compound file.
//!
//! *Spec*: MS-CFB 2.2.
//!
//! *Shape*: signature 8, CLSID 16, minor and major version 2+2, byte order 2, sector shift 2, mini
//! sector shift 2, reserved 6, directory sectors 4, FAT sectors 4, first directory sector 4,
//! transaction 4, cutoff 4, first mini FAT sector and count 4+4, first DIFAT sector and count 4+4,
//! 109 FAT sectors.
//!
//! *Seen in the wild*: counts of FAT sectors far beyond the file; transaction numbers. Neither is
//! relied on.

use crate::bytes::ReadAt;
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::msg::MsgError;

use super::CUTOFF;

/// The first bytes of every compound file.
pub(crate) const MAGIC: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
/// Bytes of the header that mean something.
const HEADER: usize = 512;
/// FAT sectors that the header lists.
pub(super) const DIFAT_IN_HEADER: usize = 109;

/// What the header says.
#[derive(Debug)]
pub(super) struct Header {
    /// Sectors are two to this power of bytes.
    pub(super) shift: u32,
    /// Whether stream sizes have 64 bits.
    pub(super) wide: bool,
    pub(super) directory: u32,
    pub(super) mini_fat: u32,
    pub(super) difat: u32,
    pub(super) fat_sectors: Vec<u32>,
    /// Streams of fewer bytes are in the mini stream.
    pub(super) cutoff: u64,
}

impl Header {
    pub(super) fn read(bytes: &FileBytes, findings: &mut Findings) -> Result<Self, MsgError> {
        let mut head = vec![0; HEADER];
        let read = bytes.read_at(&mut head, 0)?;
        head.truncate(read);
        if !head.starts_with(&MAGIC) {
            return Err(MsgError::new(
                "msg.compound.signature",
                "not a compound file",
            ));
        }
        if head.len() < HEADER {
            return Err(MsgError::new(
                "msg.compound.header",
                format!("{} bytes of a header of {HEADER}", head.len()),
            ));
        }
        let u16 = |at| head.u16_at(at).unwrap_or_default();
        let u32 = |at| head.u32_at(at).unwrap_or_default();
        let (version, told) = (u16(0x1A), u16(0x1E));
        let shift = match (told, version) {
            (9 | 12, _) => told,
            (_, 4) => 12,
            _ => 9,
        };
        if shift != told {
            findings.add(
                "msg.compound.header",
                Effect::Noted,
                "header",
                format!("sectors of 2^{told} bytes; read as 2^{shift}"),
            );
        }
        let cutoff = u64::from(u32(0x38));
        if cutoff != CUTOFF {
            findings.add(
                "msg.compound.header",
                Effect::Noted,
                "header",
                format!("small streams are below {cutoff} bytes, not {CUTOFF}"),
            );
        }
        Ok(Self {
            shift: u32::from(shift),
            wide: shift == 12,
            directory: u32(0x30),
            mini_fat: u32(0x3C),
            difat: u32(0x44),
            fat_sectors: (0..DIFAT_IN_HEADER)
                .map(|at| u32(at.saturating_mul(4).saturating_add(0x4C)))
                .collect(),
            cutoff,
        })
    }
}
