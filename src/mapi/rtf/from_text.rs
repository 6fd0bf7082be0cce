//! Plain text as RTF, marked so that readers get the text back.
//!
//! *Spec*: MS-OXRTFEX 2.1.3.3 (encoding plain text into RTF).

use std::fmt::Write as _;

/// RTF of a plain text. Line ends of any kind become paragraphs; NUL and other control characters
/// but the tab, which RTF cannot hold, are left out.
#[must_use]
pub fn from_text(text: &str) -> Vec<u8> {
    let mut rtf = String::with_capacity(text.len() + 128);
    rtf.push_str(
        "{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0{\\fonttbl{\\f0\\fswiss Arial;}}\r\n",
    );
    rtf.push_str("{\\colortbl;\\red0\\green0\\blue0;}\\uc1\\pard\\plain\\deftab360 \\f0\\fs20 ");
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' => {
                chars.next_if_eq(&'\n');
                rtf.push_str("\\par\r\n");
            }
            '\n' => rtf.push_str("\\par\r\n"),
            '\t' => rtf.push_str("\\tab "),
            '\\' | '{' | '}' => rtf.extend(['\\', char]),
            ' '..='~' => rtf.push(char),
            '\0'..' ' | '\x7F' => {}
            _ => {
                // Signed 16 bits, and `?` for readers that know no Unicode.
                let mut units = [0; 2];
                for unit in char.encode_utf16(&mut units) {
                    // Writing to a string cannot fail.
                    let _ = write!(rtf, "\\u{}?", unit.cast_signed());
                }
            }
        }
    }
    rtf.push('}');
    rtf.into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{RtfKind, to_body};
    use super::*;

    #[test]
    fn lines_and_signs() {
        let body = to_body(&from_text("a\nb\r\nc\r{\\}\té 日 💩 1"));
        assert_eq!(body.kind, RtfKind::Text);
        assert_eq!(body.plain.unwrap(), "a\r\nb\r\nc\r\n{\\}\té 日 💩 1");
    }

    proptest! {
        #[test]
        fn text_comes_back(text in "[^\\x00-\\x08\\x0A-\\x1F\\x7F]{0,200}") {
            let body = to_body(&from_text(&text));
            prop_assert!(body.findings.is_empty());
            prop_assert_eq!(body.plain.unwrap(), text);
        }
    }
}
