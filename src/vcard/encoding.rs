//! Quoted-printable and Base64, as they come in cards.
//!
//! *Spec*: RFC 2045 6.7 and 6.8.
//!
//! *Invariant*: what cannot be decoded is told; nothing is dropped in silence.

use crate::base64::quads;

/// Bytes of quoted-printable text without soft line breaks, and whether every `=` was followed by
/// two hex digits; one that was not stands for itself.
#[must_use]
pub fn quoted_printable(text: &[u8]) -> (Vec<u8>, bool) {
    let mut bytes = Vec::with_capacity(text.len());
    let mut whole = true;
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'=' {
            bytes.push(*first);
            continue;
        }
        let digit = |at: usize| char::from(*tail.get(at)?).to_digit(16);
        let byte = digit(0).zip(digit(1)).map(|(high, low)| high << 4 | low);
        match byte.and_then(|byte| u8::try_from(byte).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            // At the very end it is a soft line break with nothing after it.
            None if tail.is_empty() => {}
            None => {
                bytes.push(b'=');
                whole = false;
            }
        }
    }
    (bytes, whole)
}

/// Bytes of Base64; padding and white space may be missing or superfluous. `None` when there is a
/// letter of another alphabet, or a digit too few or too many.
#[must_use]
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let text = quads(text, &mut bytes);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut letters = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    let mut digits = 0_usize;
    for letter in letters.by_ref() {
        let Some(digit) = sextet(*letter) else {
            if *letter == b'=' {
                break;
            }
            return None;
        };
        digits = digits.wrapping_add(1);
        bits = (bits << 6 | digit) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xFF).ok()?);
        }
    }
    let padded = letters.all(|letter| *letter == b'=');
    (padded && digits % 4 != 1).then_some(bytes)
}

fn sextet(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_with_faults() {
        let decode = |text: &str| quoted_printable(text.as_bytes());
        assert_eq!(
            decode("a=3Db=c3=A9"),
            ("a=b\u{e9}".as_bytes().to_vec(), true)
        );
        assert_eq!(decode("a="), (b"a".to_vec(), true));
        assert_eq!(decode("a=zz=4"), (b"a=zz=4".to_vec(), false));
    }

    #[test]
    fn base64_with_faults() {
        for text in ["QUJDRA==", "QUJDRA", " QUJD\r\n RA = = ", "QUJDRA==="] {
            assert_eq!(base64(text.as_bytes()).unwrap(), b"ABCD", "{text}");
        }
        for text in ["QUJDR", "QUJD*A==", "QUJDRA==QUJD", "val\\nue"] {
            assert_eq!(base64(text.as_bytes()), None, "{text}");
        }
        assert_eq!(base64(b"").unwrap(), b"");
        // Four at a time is the same as one by one, whatever comes between.
        let long = "QUJD".repeat(40);
        for at in 0..=long.len() {
            let (before, behind) = long.split_at(at);
            let folded = base64(format!("{before}\r\n {behind}").as_bytes());
            assert_eq!(folded.unwrap(), b"ABC".repeat(40), "{at}");
            assert_eq!(base64(format!("{before}*{behind}").as_bytes()), None);
        }
    }
}
