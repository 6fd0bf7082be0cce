//! The CRC-32 of Outlook's formats.
//!
//! *Spec*: \[MS-PST\] 5.3, MS-OXRTFCP 2.1.3.2, MS-OXMSG 2.2.3.2.2.1.

use crc32fast::Hasher;

/// CRC-32 of the usual polynomial (reflected), with register 0 at the start and no final
/// complement, unlike zlib's.
#[must_use]
pub fn crc(bytes: &[u8]) -> u32 {
    let mut hasher = Hasher::new_with_initial(u32::MAX);
    hasher.update(bytes);
    !hasher.finalize()
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
}
