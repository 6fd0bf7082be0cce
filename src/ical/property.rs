//! A property: its content line with the value decoded.
//!
//! *Spec*: RFC 5545 3.1, 3.2 and 3.3.11; vCalendar 1.0 (charset, quoted-printable, Base64).
//!
//! *Seen in the wild*: 8-bit text without a charset; a TZID that holds a colon and no quotes
//! (`TZID=(UTC-03:00) Brasilia:2013…`).

use std::borrow::Cow;

use crate::charset::{self, Decoded};
use crate::content_line::{ContentLine, Encoding, without_carets};

/// One property of a component.
#[derive(Debug, Clone)]
pub struct Property {
    pub(super) line: ContentLine,
    /// The value as text: charset and quoted-printable decoded, escapes still in it.
    pub(super) value: String,
    lossless: bool,
}

impl Property {
    /// Takes a line; text that says nothing of its charset and is not UTF-8 is of this code page.
    #[must_use]
    pub fn new(line: ContentLine, page: u16) -> Self {
        let own = line.param("CHARSET").next().and_then(charset::code_page);
        let decoded = match line.encoding {
            Encoding::QuotedPrintable => decode(&unquoted(line.value()), own, page),
            Encoding::Plain | Encoding::Base64 => decode(line.value(), own, page),
        };
        Self {
            value: decoded.text,
            lossless: decoded.lossless && is_own_page(&line, own),
            line,
        }
    }

    /// Name, upper case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.line.name
    }

    /// Line in the text that was read, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.line.number
    }

    /// Whether the value is text of the charset that it names, or UTF-8.
    #[must_use]
    pub fn is_lossless(&self) -> bool {
        self.lossless
    }

    /// The value, escapes and all.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value of type `TEXT`.
    #[must_use]
    pub fn text(&self) -> String {
        unescaped(&self.value).into_owned()
    }

    /// The values of a list of `TEXT`, separated by commas, or semicolons as in vCalendar 1.0.
    #[must_use]
    pub fn texts(&self, separators: &[char]) -> Vec<String> {
        split(&self.value, separators)
            .map(|part| unescaped(part).trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    }

    /// The first value of a parameter.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        let param = self.line.params.iter().find(|param| param.name == name)?;
        param.values.first().map(|value| without_carets(value))
    }

    /// The names of its parameters; empty for a word that stands alone.
    pub fn params(&self) -> impl Iterator<Item = &str> {
        self.line.params.iter().map(|param| param.name.as_str())
    }

    /// How many values a parameter has.
    #[must_use]
    pub fn param_values(&self, name: &str) -> usize {
        self.line.param(name).count()
    }

    /// Whether a parameter has this value, whatever the case.
    #[must_use]
    pub fn param_is(&self, name: &str, value: &str) -> bool {
        self.param(name)
            .is_some_and(|own| own.trim().eq_ignore_ascii_case(value))
    }

    /// The bytes of a value in Base64, when it is in Base64 at all.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let told = self.line.encoding == Encoding::Base64 || self.param_is("VALUE", "BINARY");
        told.then(|| base64(self.line.value())).flatten()
    }

    /// The zone that `TZID` names, and the value without the part of the name that an unquoted
    /// colon put into it.
    #[must_use]
    pub fn zone_and_value(&self) -> (Option<Cow<'_, str>>, &str) {
        let Some(zone) = self.param("TZID") else {
            return (None, &self.value);
        };
        let open = zone.starts_with('(') && !zone.contains(')');
        match self.value.rsplit_once(':').filter(|_| open) {
            Some((rest, value)) => (Some(format!("{zone}:{rest}").into()), value),
            None => (Some(zone), &self.value),
        }
    }

    /// The line as it stood, unfolded.
    #[must_use]
    pub fn raw(&self) -> String {
        let head = charset::utf8_or(self.line.head(), charset::WESTERN).text;
        let value = match self.line.encoding {
            Encoding::QuotedPrintable | Encoding::Base64 => {
                charset::utf8_or(self.line.value(), charset::WESTERN).text
            }
            Encoding::Plain => self.value.clone(),
        };
        format!("{head}:{value}")
    }
}

fn decode(bytes: &[u8], own: Option<u16>, page: u16) -> Decoded {
    if let Some(own) = own {
        return charset::decode_page(bytes, own);
    }
    let lossless = std::str::from_utf8(bytes).is_ok();
    if !lossless && is_damaged_utf8(bytes) {
        return charset::decode_page(bytes, charset::UTF_8);
    }
    Decoded {
        lossless,
        ..charset::utf8_or(bytes, page)
    }
}

/// Whether text is UTF-8 apart from some bytes of it: more letters of two bytes are whole than
/// broken, or one of three bytes is whole, which text of a code page hardly ever looks like.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars().filter(|own| !own.is_ascii()) {
            if letter.len_utf8() > 2 {
                return true;
            }
            whole = whole.saturating_add(1);
        }
        broken = broken.saturating_add(usize::from(!chunk.invalid().is_empty()));
    }
    whole > broken
}

/// A charset that is named has to be known.
fn is_own_page(line: &ContentLine, own: Option<u16>) -> bool {
    own.is_some() || line.value().is_ascii() || line.param("CHARSET").next().is_none()
}

/// Quoted-printable decoded; what is no escape stays as it is.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut bytes = value.iter();
    while let Some(&byte) = bytes.next() {
        if byte == b'=' {
            let digits = bytes.as_slice().get(..2);
            let digits = digits.and_then(|two| std::str::from_utf8(two).ok());
            let code = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
            if let Some(code) = code {
                out.push(code);
                bytes.nth(1);
                continue;
            }
        }
        out.push(byte);
    }
    out
}

/// Base64, blanks and missing padding forgiven; `None` when a letter is none of it.
fn base64(value: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len() / 4 * 3);
    let (mut word, mut bits) = (0_u32, 0_u32);
    for byte in value {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' | b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return None,
        };
        word = (word << 6 | u32::from(six)) & 0xFF_FFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(word >> bits & 0xFF).unwrap_or_default());
        }
    }
    Some(out)
}

/// `TEXT` without its escapes (RFC 5545 3.3.11); a backslash before any other letter stays.
#[must_use]
pub fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') => out.push('\n'),
            Some(own @ ('\\' | ';' | ',' | '"')) => out.push(own),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out.into()
}

/// The parts between separators that no backslash stands before.
pub fn split<'t>(text: &'t str, separators: &'t [char]) -> impl Iterator<Item = &'t str> {
    let mut escaped = false;
    text.split(move |letter: char| {
        let splits = !escaped && separators.contains(&letter);
        escaped = letter == '\\' && !escaped;
        splits
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content_line::{Folding, read};

    fn property(text: &[u8]) -> Property {
        let line = read(text, Folding::Removed).next().unwrap().unwrap();
        Property::new(line, charset::WESTERN)
    }

    #[test]
    fn text_in_every_disguise() {
        assert_eq!(
            property(b"SUMMARY:a\\, b\\nc\\;\\\\ \\x").text(),
            "a, b\nc;\\ \\x"
        );
        assert_eq!(property(b"SUMMARY:end\\").text(), "end\\");
        let quoted = b"SUMMARY;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Gr=FC=\r\n=DFe=2";
        assert_eq!(property(quoted).text(), "Gr\u{fc}\u{df}e=2");
        assert!(property(quoted).is_lossless());
        let western = property(b"SUMMARY:Gr\xFC\xDFe");
        assert_eq!(
            (western.text().as_str(), western.is_lossless()),
            ("Gr\u{fc}\u{df}e", false)
        );
        let damaged = [b"SUMMARY:\xFF ".as_slice(), "日本語".as_bytes()].concat();
        assert_eq!(property(&damaged).text(), "\u{fffd} 日本語");
        let folded = [b"SUMMARY:Gr\xC3\r\n \xBC".as_slice(), b"n"].concat();
        assert_eq!(property(&folded).text(), "Gr\u{fc}n");
        assert_eq!(
            property(b"CATEGORIES:a\\,b, c,,").texts(&[',']),
            ["a,b", "c"]
        );
    }

    #[test]
    fn bytes_and_zones() {
        let attached = property(b"ATTACH;ENCODING=BASE64;VALUE=BINARY:QU\r\n JD");
        assert_eq!(attached.bytes().unwrap(), b"ABC");
        assert!(property(b"ATTACH:http://a").bytes().is_none());
        let odd = property(b"DTSTART;TZID=(UTC-03:00) Brasilia:20130101T000000");
        let (zone, value) = odd.zone_and_value();
        assert_eq!(
            (zone.as_deref(), value),
            (Some("(UTC-03:00) Brasilia"), "20130101T000000")
        );
    }
}
