//! Checksum and signature of pages and blocks.
//!
//! *Spec*: \[MS-PST\] 5.3 (CRC), 5.5 (block signature).

pub use crate::mapi::crc::crc;

/// `wSig` of a page or block with this id at this offset: the halves of `ib ^ bid`, combined.
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    reason = "defined on the low 32 bits"
)]
pub const fn signature(offset: u64, bid: u64) -> u16 {
    let mixed = (offset ^ bid) as u32;
    ((mixed >> 16) ^ mixed) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_folds_both_halves() {
        assert_eq!(signature(0x4600, 0x8), 0x4608);
        assert_eq!(signature(0x0001_0000, 0x1_0000_0002), 0x0003);
    }
}
