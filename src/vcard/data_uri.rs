//! `data:` addresses: bytes inside a property (RFC 2397), as vCard 4.0 carries pictures.
//!
//! *Shape*: `data:image/png;base64,iVBOR…`
//!
//! *Seen in the wild*: the comma escaped; no media type; `data:base64,` without the semicolon.

use super::encoding;

/// What a `data:` address holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataUri {
    /// The media type in lower case; empty when none is given.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Reads a `data:` address; `None` when it is none, or its bytes cannot be had.
#[must_use]
pub fn read(text: &str) -> Option<DataUri> {
    let text = text.trim_start();
    let scheme = text.get(..5)?;
    if !scheme.eq_ignore_ascii_case("data:") {
        return None;
    }
    let (head, data) = text.get(5..)?.split_once(',')?;
    let head = head.strip_suffix('\\').unwrap_or(head);
    let mut words = head.split(';');
    let first = words.next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_base64 = |word: &str| word.trim().eq_ignore_ascii_case("base64");
    let coded = is_base64(&first) || words.any(is_base64);
    let bytes = if coded {
        encoding::base64(data.as_bytes())?
    } else {
        percent_decoded(data.as_bytes())?
    };
    let media_type = if first.contains('/') {
        first
    } else {
        String::new()
    };
    Some(DataUri { media_type, bytes })
}

fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let mut digit = || char::from(*rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high << 4 | low).ok()?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cards_carry() {
        for (text, media_type, bytes) in [
            ("data:image/png;base64,QUJD", "image/png", &b"ABC"[..]),
            ("DATA:image/PNG;x=y;BASE64\\,QUJD", "image/png", b"ABC"),
            ("data:base64\\,QUJD", "", b"ABC"),
            ("data:,a%20b", "", b"a b"),
        ] {
            let uri = read(text).unwrap();
            assert_eq!(
                (uri.media_type.as_str(), &uri.bytes[..]),
                (media_type, bytes)
            );
        }
        for text in ["", "data:", "http://x/,", "data:;base64,*", "data:,%4"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
