//! A property of a card: what its parameters say, and its value as text, parts or bytes.
//!
//! *Spec*: RFC 6350 3.3, 3.4, 5; RFC 2426 4; vCard 2.1, 2.1.4 and 2.1.5.
//!
//! *Invariants*: a list has at most [`limits::CARD_VALUES`] values, of which the last keeps what is
//! left; the line can be had whole, unfolded, for whoever does not know it.
//!
//! *Seen in the wild*: types as `TYPE=a,b`, `TYPE="a,b"`, `TYPE=a;TYPE=b` and `a;b`, in any
//! version; colons and quotes escaped in values.

use crate::charset::{self, Decoded};
use crate::content_line::{ContentLine, Encoding, without_carets};
use crate::limits;

use super::card::Version;
use super::{data_uri, encoding};

/// One property.
#[derive(Debug, Clone)]
pub struct Property {
    pub(super) line: ContentLine,
    pub(super) version: Version,
    pub(super) page: u16,
    pub(super) text: String,
    pub(super) nested: String,
}

/// Words without a name that are no types.
const NO_TYPES: [&str; 10] = [
    "base64",
    "b",
    "q",
    "quoted-printable",
    "7bit",
    "8bit",
    "inline",
    "content-id",
    "cid",
    "url",
];

/// Least preference.
pub const NOT_PREFERRED: u32 = 101;

impl Property {
    /// A property of its line. `page` is the code page of the value; `text` the value decoded from
    /// charset and quoted-printable, or empty when it is Base64.
    pub(super) fn new(line: ContentLine, version: Version, page: u16, text: String) -> Self {
        Self {
            line,
            version,
            page,
            text,
            nested: String::new(),
        }
    }

    /// The version of its card.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its name in upper case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.line.name
    }

    /// Its group; empty when it is in none.
    #[must_use]
    pub fn group(&self) -> &str {
        &self.line.group
    }

    /// The line of the card on which it begins, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.line.number
    }

    /// Its line as it came.
    #[must_use]
    pub fn line(&self) -> &ContentLine {
        &self.line
    }

    /// Adds a line of the card that it holds (AGENT).
    pub(super) fn nest(&mut self, line: &str) {
        self.nested.push_str("\r\n");
        self.nested.push_str(line);
    }

    /// Name and parameters as written.
    #[must_use]
    pub fn head(&self) -> String {
        charset::utf8_or(self.line.head(), charset::WESTERN).text
    }

    /// The whole line, unfolded; lines of a card in it follow.
    #[must_use]
    pub fn raw(&self) -> String {
        let mut raw = self.head();
        raw.push(':');
        match self.line.encoding {
            Encoding::Plain => raw.push_str(&self.text),
            _ => raw.push_str(&charset::utf8_or(self.line.value(), charset::WESTERN).text),
        }
        raw.push_str(&self.nested);
        raw
    }

    /// What it is for: types in lower case, however they are written.
    pub fn types(&self) -> impl Iterator<Item = String> {
        let words = self
            .line
            .params
            .iter()
            .filter(|param| param.name == "TYPE" || param.name.is_empty());
        let words = words.flat_map(|param| {
            let bare = param.name.is_empty();
            let words = param.values.iter().flat_map(|value| value.split(','));
            words.map(move |word| (word.trim().to_ascii_lowercase(), bare))
        });
        let types = words.filter(|(word, bare)| {
            let of_writing = *bare && NO_TYPES.contains(&word.as_str());
            !of_writing && !word.is_empty()
        });
        types.map(|(word, _)| word)
    }

    /// Whether it has a type.
    #[must_use]
    pub fn has_type(&self, wanted: &str) -> bool {
        self.types().any(|word| word == wanted)
    }

    /// How much it is preferred to others of its name: 1 most, [`NOT_PREFERRED`] not.
    #[must_use]
    pub fn preference(&self) -> u32 {
        let told = self.line.param("PREF").find_map(|value| value.parse().ok());
        told.filter(|rank| (1..NOT_PREFERRED).contains(rank))
            .or_else(|| self.has_type("pref").then_some(1))
            .unwrap_or(NOT_PREFERRED)
    }

    /// The first value of a parameter, `^` and `\n` resolved.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<String> {
        let value = self.line.param(name).next()?;
        let value = without_carets(value);
        Some(value.replace("\\n", "\n").replace("\\N", "\n"))
    }

    /// Whether the value is an address of something, by its parameters.
    #[must_use]
    pub fn is_uri(&self) -> bool {
        let is = |value: &str| {
            ["uri", "url", "content-id", "cid"]
                .iter()
                .any(|word| value.eq_ignore_ascii_case(word))
        };
        self.line.param("VALUE").any(is) || self.line.param("").any(is)
    }

    /// The value as it stands, escapes included.
    #[must_use]
    pub fn escaped(&self) -> String {
        match self.line.encoding {
            Encoding::Base64 => self.base64_text().unwrap_or_default(),
            _ => self.text.clone(),
        }
    }

    fn base64_text(&self) -> Option<String> {
        let bytes = encoding::base64(self.line.value())?;
        let Decoded { text, lossless, .. } = charset::utf8_or(&bytes, self.page);
        lossless.then_some(text)
    }

    /// The value as one text, without white space around it.
    #[must_use]
    pub fn text(&self) -> String {
        let text = unescaped(&self.escaped(), self.version);
        let trimmed = text.trim();
        if trimmed.len() == text.len() {
            text
        } else {
            trimmed.to_owned()
        }
    }

    /// The value as a text, white space around it included.
    #[must_use]
    pub fn full_text(&self) -> String {
        unescaped(&self.escaped(), self.version)
    }

    /// The components of the value, which `;` separates; `,` within them means nothing.
    #[must_use]
    pub fn components(&self) -> Vec<String> {
        let parts = split(&self.escaped(), &[';']);
        parts
            .iter()
            .map(|part| unescaped(part, self.version).trim().to_owned())
            .collect()
    }

    /// The components of the value, each a list; in vCard 2.1 of one text.
    #[must_use]
    pub fn component_lists(&self) -> Vec<Vec<String>> {
        let lists: &[char] = match self.version {
            Version::V2_1 => &[],
            _ => &[','],
        };
        let parts = split(&self.escaped(), &[';']);
        let list = |part: &String| {
            let texts = split(part, lists);
            let texts = texts.iter();
            let texts = texts.map(|text| unescaped(text, self.version).trim().to_owned());
            texts.filter(|text| !text.is_empty()).collect()
        };
        parts.iter().map(list).collect()
    }

    /// The values of a list, empty ones left out.
    #[must_use]
    pub fn list(&self) -> Vec<String> {
        let separators: &[char] = match self.version {
            Version::V2_1 => &[',', ';'],
            _ => &[','],
        };
        let parts = split(&self.escaped(), separators);
        let texts = parts.iter();
        let texts = texts.map(|part| unescaped(part, self.version).trim().to_owned());
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// The bytes that the value holds: Base64, or a `data:` address. `None` when it holds none, or
    /// they cannot be decoded.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self.line.encoding {
            Encoding::Base64 => {
                let value = self.line.value();
                let text = std::str::from_utf8(value).unwrap_or_default();
                match data_uri::read(text) {
                    Some(uri) => Some(uri.bytes),
                    None => encoding::base64(value),
                }
            }
            _ => data_uri::read(&self.text).map(|uri| uri.bytes),
        }
    }

    /// Whether the value says that it holds bytes.
    #[must_use]
    pub fn is_inline(&self) -> bool {
        let data = self.text.trim_start().get(..5);
        self.line.encoding == Encoding::Base64
            || data.is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.line.value().trim_ascii().is_empty() && self.nested.is_empty()
    }
}

/// The text without escapes. In vCard 2.1 only a separator is escaped: a backslash before anything
/// else is one, as in the path of a file.
fn unescaped(text: &str, version: Version) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut result = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            result.push(letter);
            continue;
        }
        match letters.next() {
            Some(next @ (';' | ',')) => result.push(next),
            Some('n' | 'N') if version != Version::V2_1 => result.push('\n'),
            Some(next @ ('\\' | ':' | '"')) if version != Version::V2_1 => result.push(next),
            Some(next) => result.extend(['\\', next]),
            None => result.push('\\'),
        }
    }
    result
}

/// The parts between separators that are not escaped; escapes stay. At most
/// [`limits::CARD_VALUES`]: the last part keeps the rest.
fn split(text: &str, separators: &[char]) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut escaped = false;
    for letter in text.chars() {
        let full = parts.len().saturating_add(1) >= limits::CARD_VALUES;
        if !escaped && !full && separators.contains(&letter) {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        escaped = letter == '\\' && !escaped;
        part.push(letter);
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vcard::Card;

    fn property(version: &str, line: &str) -> Property {
        let text = format!("BEGIN:VCARD\r\nVERSION:{version}\r\n{line}\r\nEND:VCARD\r\n");
        let card = Card::parse(text.as_bytes(), None, "");
        card.properties.into_iter().nth(1).unwrap()
    }

    #[test]
    fn types_in_all_their_spellings() {
        for line in [
            "TEL;WORK;Pref;ENCODING=8BIT:1",
            "TEL;TYPE=work,PREF:1",
            "TEL;TYPE=\"work,pref\":1",
            "TEL;type=WORK;type=pref:1",
        ] {
            let own = property("3.0", line);
            assert_eq!(own.types().collect::<Vec<_>>(), ["work", "pref"], "{line}");
            assert_eq!(own.preference(), 1);
        }
        assert_eq!(property("4.0", "TEL;PREF=50:1").preference(), 50);
        assert_eq!(property("4.0", "TEL;PREF=x:1").preference(), NOT_PREFERRED);
    }

    #[test]
    fn escapes_by_version() {
        let line = r"N:a\;b\\;c\,d,e;\n";
        let own = property("3.0", line);
        assert_eq!(own.components(), ["a;b\\", "c,d,e", ""]);
        assert_eq!(own.component_lists()[1], ["c,d", "e"]);
        let own = property("2.1", r"N:a\;b;C:\new,e;x");
        assert_eq!(own.components(), ["a;b", r"C:\new,e", "x"]);
        assert_eq!(own.component_lists()[1], [r"C:\new,e"]);
        assert_eq!(property("2.1", "CATEGORIES:a;b,c").list(), ["a", "b", "c"]);
        assert_eq!(property("3.0", "CATEGORIES:a;b,,c").list(), ["a;b", "c"]);
    }

    #[test]
    fn a_line_is_had_whole() {
        for line in [
            "item1.X-Foo;A=\"b:c\";Bare:v\\,w",
            "NOTE;ENCODING=QUOTED-PRINTABLE:=C3=A9;x",
            "KEY;ENCODING=b:QUJD",
        ] {
            assert_eq!(property("2.1", line).raw(), line);
        }
    }

    #[test]
    fn bytes_of_both_ways() {
        let bytes = |line| property("4.0", line).bytes();
        assert_eq!(bytes("PHOTO;ENCODING=b:QUJD").unwrap(), b"ABC");
        assert_eq!(bytes("PHOTO:data:image/png;base64,QUJD").unwrap(), b"ABC");
        assert_eq!(bytes("PHOTO;ENCODING=b:Q*"), None);
        assert_eq!(bytes("PHOTO:http://example.org/a.png"), None);
    }
}
