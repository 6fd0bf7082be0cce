//! Bytes as hex digits, and back.

/// The lower-case digits of bytes, two each.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut room = vec![0; bytes.len().saturating_mul(2)];
    digits(bytes, &mut room).to_owned()
}

/// Writes the lower-case digits of bytes into room for two each; gives what was written.
pub fn digits<'r>(bytes: &[u8], room: &'r mut [u8]) -> &'r str {
    let (pairs, _) = room.as_chunks_mut::<2>();
    for ([high, low], byte) in pairs.iter_mut().zip(bytes) {
        *high = digit(byte >> 4);
        *low = digit(byte & 0xF);
    }
    std::str::from_utf8(room).unwrap_or_default()
}

const fn digit(value: u8) -> u8 {
    match value {
        0..10 => b'0' + value,
        _ => b'a' + value - 10,
    }
}

/// The bytes of digits in either case, two each; `None` when they are anything else.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|pair| {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            u8::try_from(high?.checked_mul(16)?.checked_add(low?)?).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let want: String = all.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(encode(&all), want);
        assert_eq!(encode(&[]), "");
    }

    #[test]
    fn digits_in_either_case_and_nothing_else() {
        assert_eq!(decode("00fF"), Some(vec![0, 255]));
        assert_eq!(decode("0"), None);
        assert_eq!(decode("+1"), None);
        assert_eq!(decode("zz"), None);
    }
}
