//! Charsets by name: the code page that the word in a `charset` parameter stands for.
//!
//! *Spec*: RFC 2978 (names), the WHATWG encoding standard (their aliases); code pages by number are
//! in [`crate::mapi::codepage`].
//!
//! *Seen in the wild*: `us-ascii` over bytes of windows-1252; `cp850`, `ibm437` and the like, which
//! no encoding of the web has.

pub use crate::mapi::codepage::{Decoded, UTF_8, WESTERN, decode, encode};

use crate::mapi::codepage::is_known;
use encoding_rs::Encoding;

/// The code page of a charset, when the name is known.
#[must_use]
pub fn code_page(name: &str) -> Option<u16> {
    let name = name.trim().trim_matches('"');
    let of_web = Encoding::for_label(name.as_bytes()).and_then(codepage::from_encoding);
    of_web.or_else(|| {
        let lower = name.to_ascii_lowercase();
        if lower == "utf-7" {
            return Some(crate::mapi::codepage::UTF_7);
        }
        let words = ["cp-", "cp", "ibm-", "ibm", "windows-", "ms"];
        let digits = words.iter().find_map(|word| lower.strip_prefix(word))?;
        digits.parse().ok().filter(|page| is_known(*page))
    })
}

/// Text that says nothing of its charset: UTF-8 when it is that, else of the code page.
#[must_use]
pub fn guess(bytes: &[u8], page: u16) -> Decoded {
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded {
            text: text.to_owned(),
            lossless: true,
        },
        Err(_) => decode(bytes, page),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_kinds() {
        for (name, page) in [
            ("UTF-8", 65_001),
            ("utf8", 65_001),
            ("ISO-8859-1", 1252),
            ("\"windows-1250\"", 1250),
            ("us-ascii", 1252),
            ("Shift_JIS", 932),
            ("cp850", 850),
            ("IBM437", 437),
        ] {
            assert_eq!(code_page(name), Some(page), "{name}");
        }
        for name in ["", "klingon", "cp", "cp99999", "ibm1"] {
            assert_eq!(code_page(name), None, "{name}");
        }
    }

    #[test]
    fn utf_8_is_told_by_its_bytes() {
        assert_eq!(guess("é".as_bytes(), WESTERN).text, "é");
        assert_eq!(guess(b"\xE9", WESTERN).text, "é");
        assert_eq!(guess(b"\x8A", 850).text, "è");
    }
}
