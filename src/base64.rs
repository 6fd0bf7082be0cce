//! Base64 with padding (RFC 4648 section 4): bytes inside a record, and the digits for readers of
//! what others wrote.

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

/// What [`digit`] gives, by byte.
static DIGITS: [u8; 256] = digits();

const fn digits() -> [u8; 256] {
    let mut table = [255_u8; 256];
    let mut at = 0;
    while at < 64 {
        #[allow(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "evaluated by the compiler"
        )]
        {
            table[ALPHABET[at] as usize] = at as u8;
        }
        at += 1;
    }
    #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    {
        table[b'=' as usize] = 64;
        table[b' ' as usize] = 65;
        table[b'\t' as usize] = 65;
        table[b'\r' as usize] = 65;
        table[b'\n' as usize] = 65;
    }
    table
}

/// The value of a digit, 0 to 63; 64 of padding, 65 of white space, 255 of anything else.
pub(crate) fn digit(byte: u8) -> u8 {
    DIGITS.get(usize::from(byte)).copied().unwrap_or(255)
}

/// Decodes four digits at a time up to the end of the line, as long as nothing else comes; appends
/// the bytes and gives the rest.
pub(crate) fn quads<'i>(input: &'i [u8], out: &mut Vec<u8>) -> &'i [u8] {
    let line = memchr::memchr2(b'\r', b'\n', input).unwrap_or(input.len());
    let (from, _) = input.get(..line).unwrap_or_default().as_chunks::<4>();
    let start = out.len();
    out.resize(start.saturating_add(from.len().saturating_mul(3)), 0);
    let (to, _) = out
        .get_mut(start..)
        .unwrap_or_default()
        .as_chunks_mut::<3>();
    let mut done = 0_usize;
    for (quad, to) in from.iter().zip(to) {
        let [a, b, c, d] = quad.map(digit);
        if (a | b | c | d) & 0xC0 != 0 {
            break;
        }
        let held = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
        let [_, a, b, c] = held.to_be_bytes();
        *to = [a, b, c];
        done = done.saturating_add(1);
    }
    out.truncate(start.saturating_add(done.saturating_mul(3)));
    input.get(done.saturating_mul(4)..).unwrap_or_default()
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
