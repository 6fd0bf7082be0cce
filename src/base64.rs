//! Base64 with padding (RFC 4648 section 4), for bytes inside a record.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes as Base64.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for group in bytes.chunks(3) {
        let byte = |at: usize| group.get(at).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4_usize {
            let sextet = bits >> (18 - 6 * place) & 0x3F;
            let digit = usize::try_from(sextet).ok().and_then(|at| ALPHABET.get(at));
            let shown = digit.filter(|_| place <= group.len()).unwrap_or(&b'=');
            text.push(char::from(*shown));
        }
    }
    text
}

/// The bytes of Base64, or `None` when the text is not exactly what [`encode`] gives.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for digit in group.iter().take_while(|digit| **digit != b'=') {
            let sextet = ALPHABET.iter().position(|own| own == digit)?;
            bits = bits << 6 | u32::try_from(sextet).ok()?;
        }
        let digits = group.iter().take_while(|digit| **digit != b'=').count();
        let missing = u32::try_from(4_usize.checked_sub(digits)?).ok()?;
        let [_, a, b, c] = (bits << (6 * missing)).to_be_bytes();
        bytes.extend([a, b, c].iter().take(digits.checked_sub(1)?));
    }
    (encode(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn vectors_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
        for wrong in ["Zg", "Zh==", "Zg==Zg==", "Z", "Zm9v!", "===="] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }
}
