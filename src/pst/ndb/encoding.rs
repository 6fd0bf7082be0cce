//! The encodings of data blocks: none, PERMUTE ("compressible"), CYCLIC ("high").
//!
//! *Spec*: \[MS-PST\] 5.1, 5.2. They hide text from plain sight and need no password.

/// `bCryptMethod`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `NDB_CRYPT_NONE`.
    None,
    /// `NDB_CRYPT_PERMUTE`: one substitution of bytes.
    Permute,
    /// `NDB_CRYPT_CYCLIC`: three rotors that step with each byte, keyed by the block id.
    Cyclic,
}

#[rustfmt::skip]
/// `mpbbR`: encodes PERMUTE.
const ENCODE: [u8; 256] = [
    65, 54, 19, 98, 168, 33, 110, 187, 244, 22, 204, 4, 127, 100, 232, 93,
    30, 242, 203, 42, 116, 197, 94, 53, 210, 149, 71, 158, 150, 45, 154, 136,
    76, 125, 132, 63, 219, 172, 49, 182, 72, 95, 246, 196, 216, 57, 139, 231,
    35, 59, 56, 142, 200, 193, 223, 37, 177, 32, 165, 70, 96, 78, 156, 251,
    170, 211, 86, 81, 69, 124, 85, 0, 7, 201, 43, 157, 133, 155, 9, 160,
    143, 173, 179, 15, 99, 171, 137, 75, 215, 167, 21, 90, 113, 102, 66, 191,
    38, 74, 107, 152, 250, 234, 119, 83, 178, 112, 5, 44, 253, 89, 58, 134,
    126, 206, 6, 235, 130, 120, 87, 199, 141, 67, 175, 180, 28, 212, 91, 205,
    226, 233, 39, 79, 195, 8, 114, 128, 207, 176, 239, 245, 40, 109, 190, 48,
    77, 52, 146, 213, 14, 60, 34, 50, 229, 228, 249, 159, 194, 209, 10, 129,
    18, 225, 238, 145, 131, 118, 227, 151, 230, 97, 138, 23, 121, 164, 183, 220,
    144, 122, 92, 140, 2, 166, 202, 105, 222, 80, 26, 17, 147, 185, 82, 135,
    88, 252, 237, 29, 55, 73, 27, 106, 224, 41, 51, 153, 189, 108, 217, 148,
    243, 64, 84, 111, 240, 198, 115, 184, 214, 62, 101, 24, 68, 31, 221, 103,
    16, 241, 12, 25, 236, 174, 3, 161, 20, 123, 169, 11, 255, 248, 163, 192,
    162, 1, 247, 46, 188, 36, 104, 117, 13, 254, 186, 47, 181, 208, 218, 61,
];

#[rustfmt::skip]
/// `mpbbS`: the middle rotor of CYCLIC; its own inverse.
const MIDDLE: [u8; 256] = [
    20, 83, 15, 86, 179, 200, 122, 156, 235, 101, 72, 23, 22, 21, 159, 2,
    204, 84, 124, 131, 0, 13, 12, 11, 162, 98, 168, 118, 219, 217, 237, 199,
    197, 164, 220, 172, 133, 116, 214, 208, 167, 155, 174, 154, 150, 113, 102, 195,
    99, 153, 184, 221, 115, 146, 142, 132, 125, 165, 94, 209, 93, 147, 177, 87,
    81, 80, 128, 137, 82, 148, 79, 78, 10, 107, 188, 141, 127, 110, 71, 70,
    65, 64, 68, 1, 17, 203, 3, 63, 247, 244, 225, 169, 143, 60, 58, 249,
    251, 240, 25, 48, 130, 9, 46, 201, 157, 160, 134, 73, 238, 111, 77, 109,
    196, 45, 129, 52, 37, 135, 27, 136, 170, 252, 6, 161, 18, 56, 253, 76,
    66, 114, 100, 19, 55, 36, 106, 117, 119, 67, 255, 230, 180, 75, 54, 92,
    228, 216, 53, 61, 69, 185, 44, 236, 183, 49, 43, 41, 7, 104, 163, 14,
    105, 123, 24, 158, 33, 57, 190, 40, 26, 91, 120, 245, 35, 202, 42, 176,
    175, 62, 254, 4, 140, 231, 229, 152, 50, 149, 211, 246, 74, 232, 166, 234,
    233, 243, 213, 47, 112, 32, 242, 31, 5, 103, 173, 85, 16, 206, 205, 227,
    39, 59, 218, 186, 215, 194, 38, 212, 145, 29, 210, 28, 34, 51, 248, 250,
    241, 90, 239, 207, 144, 182, 139, 181, 189, 192, 191, 8, 151, 30, 108, 226,
    97, 224, 198, 193, 89, 171, 187, 88, 222, 95, 223, 96, 121, 126, 178, 138,
];

/// The inverse of a substitution.
const fn inverse(table: &[u8; 256]) -> [u8; 256] {
    let mut inverse = [0; 256];
    let mut byte: u8 = 0;
    loop {
        let image = at(table, byte);
        // The index is a byte and the table has 256 places.
        let (_, tail) = inverse.split_at_mut(image as usize);
        if let Some(place) = tail.first_mut() {
            *place = byte;
        }
        if byte == u8::MAX {
            return inverse;
        }
        byte += 1;
    }
}

/// `mpbbI`: decodes PERMUTE.
const DECODE: [u8; 256] = inverse(&ENCODE);

#[inline]
#[allow(
    clippy::indexing_slicing,
    reason = "a byte is in bounds of a table of 256"
)]
const fn at(table: &[u8; 256], byte: u8) -> u8 {
    table[byte as usize]
}

impl Encoding {
    /// The method of a header's `bCryptMethod`.
    #[must_use]
    pub const fn of_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::None),
            1 => Some(Self::Permute),
            2 => Some(Self::Cyclic),
            _ => None,
        }
    }

    /// Decodes the data of the block with id `bid` in place.
    pub fn decode(self, bytes: &mut [u8], bid: u64) {
        match self {
            Self::None => {}
            Self::Permute => substitute(bytes, &DECODE),
            Self::Cyclic => cyclic(bytes, bid),
        }
    }

    /// Encodes the data of the block with id `bid` in place.
    pub fn encode(self, bytes: &mut [u8], bid: u64) {
        match self {
            Self::None => {}
            Self::Permute => substitute(bytes, &ENCODE),
            // Each rotor is undone by its mirror, so the whole is its own inverse.
            Self::Cyclic => cyclic(bytes, bid),
        }
    }
}

fn substitute(bytes: &mut [u8], table: &[u8; 256]) {
    // Eight bytes at a time: one store for eight look-ups.
    let (chunks, rest) = bytes.as_chunks_mut::<8>();
    for chunk in chunks {
        let [a, b, c, d, e, f, g, h] = *chunk;
        *chunk = [
            at(table, a),
            at(table, b),
            at(table, c),
            at(table, d),
            at(table, e),
            at(table, f),
            at(table, g),
            at(table, h),
        ];
    }
    for byte in rest {
        *byte = at(table, *byte);
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the key is the low half, folded"
)]
fn cyclic(bytes: &mut [u8], bid: u64) {
    let key = bid as u32;
    let mut step = ((key >> 16) ^ key) as u16;
    for byte in bytes {
        let [low, high] = step.to_le_bytes();
        let first = at(&ENCODE, byte.wrapping_add(low));
        let second = at(&MIDDLE, first.wrapping_add(high));
        *byte = at(&DECODE, second.wrapping_sub(high)).wrapping_sub(low);
        step = step.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_comes_back() {
        let plain: Vec<u8> = (0..1000u32).map(|n| (n * 7 % 251) as u8).collect();
        for method in [Encoding::None, Encoding::Permute, Encoding::Cyclic] {
            let mut bytes = plain.clone();
            method.encode(&mut bytes, 0x1234_5678);
            assert_eq!(bytes == plain, method == Encoding::None);
            method.decode(&mut bytes, 0x1234_5678);
            assert_eq!(bytes, plain, "{method:?}");
        }
    }

    #[test]
    fn known_images() {
        // MS-PST 5.1: mpbbCrypt starts 65, 54, 19; its third part starts 71, 241, 180.
        let mut bytes = [0, 1, 2];
        Encoding::Permute.encode(&mut bytes, 0);
        assert_eq!(bytes, [65, 54, 19]);
        let mut bytes = [0, 1, 2];
        Encoding::Permute.decode(&mut bytes, 0);
        assert_eq!(bytes, [71, 241, 180]);
    }
}
