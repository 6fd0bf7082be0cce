//! Checksum and signature of pages and blocks.
//!
//! *Spec*: \[MS-PST\] 5.3 (CRC), 5.5 (block signature).

use crc32fast::Hasher;

/// `dwCRC`: CRC-32 of the usual polynomial (reflected), with register 0 at the start and no final
/// complement, unlike zlib's.
#[must_use]
pub fn crc(bytes: &[u8]) -> u32 {
    let mut hasher = Hasher::new_with_initial(u32::MAX);
    hasher.update(bytes);
    !hasher.finalize()
}

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

    /// The definition, a bit at a time.
    fn slow(bytes: &[u8]) -> u32 {
        bytes.iter().fold(0, |mut register: u32, &byte| {
            register ^= u32::from(byte);
            for _ in 0..8 {
                let low = register & 1;
                register = (register >> 1) ^ (0xEDB8_8320 * low);
            }
            register
        })
    }

    #[test]
    fn crc_is_the_plain_register() {
        assert_eq!(crc(b""), 0);
        for text in [&b"\0"[..], b"a", b"123456789", &[0xFF; 600]] {
            assert_eq!(crc(text), slow(text));
        }
    }

    #[test]
    fn signature_folds_both_halves() {
        assert_eq!(signature(0x4600, 0x8), 0x4608);
        assert_eq!(signature(0x0001_0000, 0x1_0000_0002), 0x0003);
    }
}
