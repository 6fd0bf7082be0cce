//! Text of header fields: encoded words, and bytes beyond ASCII.
//!
//! *Spec*: RFC 2047; RFC 2231 5 (language); RFC 6532 (UTF-8).
//!
//! *Shape*: `=?charset*language?B or Q?text?=`. White space between two encoded words is no part of
//! the text.
//!
//! *Seen in the wild*: words that split a character between them; words glued to other text; words
//! with spaces in them, over 75 characters, inside quotes.

use super::header::unfolded;
use crate::charset;

/// Text of a field, and what was not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// The text.
    pub text: String,
    /// Whether bytes beyond ASCII stood there without a word about their charset, and which was
    /// guessed.
    pub guessed: Option<&'static str>,
    /// Whether something could not be decoded.
    pub undecodable: bool,
}

/// An encoded word, not decoded yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'v> {
    charset: &'v str,
    is_base64: bool,
    text: &'v [u8],
    /// Bytes from `=?` to `?=`.
    pub(super) len: usize,
}

/// Finds encoded words; remembers where there are no more, so that a flood of beginnings costs one
/// look each.
#[derive(Debug, Default)]
pub(super) struct WordFinder {
    no_more: bool,
}

/// Bytes of the longest charset label.
const LONGEST_LABEL: usize = 64;

impl WordFinder {
    /// The encoded word with which these bytes begin, which are the rest of a value.
    pub(super) fn word<'v>(&mut self, rest: &'v [u8]) -> Option<Word<'v>> {
        let after = rest.strip_prefix(b"=?")?;
        if self.no_more {
            return None;
        }
        let head = after.get(..LONGEST_LABEL).unwrap_or(after);
        let label = head.get(..memchr::memchr(b'?', head)?)?;
        if label.is_empty() || !label.iter().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let after = after.get(label.len().saturating_add(1)..)?;
        let (encoding, text) = after.split_first()?;
        let is_base64 = match encoding {
            b'B' | b'b' => true,
            b'Q' | b'q' => false,
            _ => return None,
        };
        let text = text.strip_prefix(b"?")?;
        let Some(end) = memchr::memmem::find(text, b"?=") else {
            self.no_more = true;
            return None;
        };
        let charset = std::str::from_utf8(label).ok()?;
        Some(Word {
            charset: charset.split('*').next().unwrap_or_default(),
            is_base64,
            text: text.get(..end)?,
            len: rest
                .len()
                .saturating_sub(text.len())
                .saturating_add(end)
                .saturating_add(2),
        })
    }
}

/// The text of an unstructured value, folded or not.
#[must_use]
pub fn decode(value: &[u8]) -> Words {
    let value = unfolded(value);
    let mut out = Words::default();
    let mut finder = WordFinder::default();
    let mut run = Run::default();
    let (mut at, mut plain_from) = (0, 0);
    while let Some(found) = value
        .get(at..)
        .and_then(|rest| memchr::memmem::find(rest, b"=?"))
    {
        let start = at.saturating_add(found);
        let Some(word) = finder.word(value.get(start..).unwrap_or_default()) else {
            at = start.saturating_add(2);
            continue;
        };
        let between = value.get(plain_from..start).unwrap_or_default();
        if run.is_empty() || !between.trim_ascii().is_empty() {
            run.end(&mut out);
            out.plain(between);
        }
        if word.text.is_ascii() || std::str::from_utf8(word.text).is_err() {
            run.add(&word, &mut out);
        } else {
            run.end(&mut out);
            out.half_encoded(&word);
        }
        at = start.saturating_add(word.len);
        plain_from = at;
    }
    run.end(&mut out);
    out.plain(value.get(plain_from..).unwrap_or_default());
    out
}

/// Encoded words of one charset, one after the other.
#[derive(Debug, Default)]
struct Run<'v> {
    charset: Option<&'v str>,
    bytes: Vec<u8>,
}

impl<'v> Run<'v> {
    fn is_empty(&self) -> bool {
        self.charset.is_none()
    }

    fn add(&mut self, word: &Word<'v>, out: &mut Words) {
        if self
            .charset
            .is_some_and(|own| !own.eq_ignore_ascii_case(word.charset))
        {
            self.end(out);
        }
        self.charset = Some(word.charset);
        if word.is_base64 {
            out.undecodable |= !base64(word.text, &mut self.bytes);
        } else {
            quoted(word.text, &mut self.bytes);
        }
    }

    fn end(&mut self, out: &mut Words) {
        if let Some(charset) = self.charset.take() {
            out.decoded(charset::decode(&self.bytes, Some(charset)));
            self.bytes.clear();
        }
    }
}

impl Words {
    fn decoded(&mut self, decoded: charset::Decoded) {
        self.text.push_str(&decoded.text);
        self.undecodable |= !decoded.lossless;
        // UTF-8 is what RFC 6532 has in header fields.
        let guessed = decoded.guessed.filter(|charset| *charset != "UTF-8");
        self.guessed = self.guessed.or(guessed);
    }

    /// A word in which UTF-8 stands as it is, whatever charset the word says.
    fn half_encoded(&mut self, word: &Word<'_>) {
        for piece in word
            .text
            .chunk_by(|one, other| one.is_ascii() == other.is_ascii())
        {
            let mut bytes = Vec::new();
            match (piece.is_ascii(), word.is_base64) {
                (false, _) => {
                    self.plain(piece);
                    continue;
                }
                (true, true) => self.undecodable |= !base64(piece, &mut bytes),
                (true, false) => quoted(piece, &mut bytes),
            }
            self.decoded(charset::decode(&bytes, Some(word.charset)));
        }
    }

    fn plain(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text.push_str(text),
            Err(_) => self.decoded(charset::guess(bytes)),
        }
    }
}

/// Base64 of an encoded word; what is no digit of it is passed over, and padding may be missing or
/// in the middle. False when a digit is left over.
fn base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &byte in text {
        let digit = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' => 63,
            b'=' => {
                (bits, held) = (0, 0);
                continue;
            }
            _ => continue,
        };
        held = (held << 6) | u32::from(digit);
        bits = bits.saturating_add(6);
        if bits >= 8 {
            bits = bits.saturating_sub(8);
            out.push(u8::try_from((held >> bits) & 0xFF).unwrap_or_default());
        }
    }
    bits < 6
}

/// `Q`: `_` is a space, `=` and two hex digits a byte.
fn quoted(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'_' => out.push(b' '),
            b'=' => match hex_pair(after) {
                Some(byte) => {
                    out.push(byte);
                    rest = after.get(2..).unwrap_or_default();
                }
                None => out.push(b'='),
            },
            byte => out.push(byte),
        }
    }
}

/// The byte of two hex digits at the beginning.
pub(super) fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(0)? << 4 | digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        decode(value.as_bytes()).text
    }

    #[test]
    fn the_examples_of_rfc_2047() {
        for (value, wanted) in [
            ("=?ISO-8859-1?Q?a?=", "a"),
            ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a_b?=", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
            ("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
        ] {
            assert_eq!(text(value), wanted, "{value}");
        }
    }

    #[test]
    fn characters_split_between_words_are_joined() {
        assert_eq!(text("=?utf-8?B?w6nD?= =?UTF-8?B?qQ==?="), "éé");
        assert_eq!(text("=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?="), "€");
    }

    #[test]
    fn broken_words_stay_as_they_are() {
        for value in [
            "=?",
            "=?x?",
            "=?x?Q?abc",
            "=?x?Z?abc?=",
            "a =? b",
            "=??Q?a?=",
        ] {
            assert_eq!(text(value), value);
        }
        assert_eq!(text("re=?utf-8?q?s=FCm=?=\u{e9}"), "resüm=é");
        assert_eq!(text("=?utf-8?Q?hello world?="), "hello world");
        assert_eq!(
            text("=?iso-8859-1?Q?J\u{fc}rgen_M=FCller?="),
            "Jürgen Müller"
        );
        assert_eq!(decode(b"=?iso-8859-1?Q?J\xFCrgen?=").text, "Jürgen");
    }

    #[test]
    fn bytes_without_charset_are_guessed() {
        let words = decode(b"Gr\xFC\xDFe aus M\xFCnchen");
        assert_eq!(words.text, "Grüße aus München");
        assert_eq!(words.guessed, Some("windows-1252"));
        assert_eq!(decode("Grüße".as_bytes()).guessed, None);
    }

    #[test]
    fn floods_of_beginnings_take_one_look_each() {
        let value = b"=?a?q?x ".repeat(200_000);
        assert_eq!(decode(&value).text.len(), value.len() - 1);
    }
}
