//! Cards, written: properties made of texts, and the lines of a card.
//!
//! *Spec*: RFC 6350 3.2 to 3.4, RFC 2426 2 to 4, vCard 2.1 chapter 2.
//!
//! *Invariants*: a card that was read and is written is read again as the same lines; a made
//! property says in every version the same text. Version 2.1 has quoted-printable in UTF-8 for what
//! is not plain ASCII on a short line, since Outlook reads nothing else there without doubt.

use crate::base64::encode;
use crate::charset;
use crate::content_line::{self, ContentLine, Encoding, Folding, Param};
use crate::content_line_write::{escaped, quoted_printable};

use super::card::{Card, Version};
use super::property::Property;

/// A value before it is written.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// One text.
    Text(&'a str),
    /// A text of signs that need no escapes, such as an address.
    Plain(&'a str),
    /// Components, separated by `;`.
    Parts(&'a [&'a str]),
    /// The values of a list, separated by `,`.
    List(&'a [String]),
    /// Bytes of a media type.
    Bytes(&'a [u8], &'a str),
}

/// Octets of a line of 2.1 from which on it is broken softly.
const LONG: usize = 75;

impl Version {
    /// The value of VERSION; `None` of an unknown one.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::V2_1 => Some("2.1"),
            Self::V3_0 => Some("3.0"),
            Self::V4_0 => Some("4.0"),
        }
    }
}

impl Property {
    /// A property of a card of this version.
    #[must_use]
    pub fn made(
        version: Version,
        name: &str,
        types: &[&str],
        mut params: Vec<Param>,
        value: Value<'_>,
    ) -> Self {
        let mut all = typed(version, types);
        all.append(&mut params);
        let text = match value {
            Value::Bytes(bytes, media) => return of_bytes(version, name, all, bytes, media),
            Value::Plain(text) => {
                let plain = |letter: &char| *letter != '\\' && !letter.is_control();
                match text.chars().all(|letter| plain(&letter)) {
                    true => text.to_owned(),
                    false => with_escapes(version, text, &[]),
                }
            }
            Value::Text(text) => with_escapes(version, text, &[]),
            Value::Parts(parts) => {
                let parts = parts.iter();
                let parts = parts.map(|part| with_escapes(version, part, &[';']));
                parts.collect::<Vec<_>>().join(";")
            }
            Value::List(values) => {
                let values = values.iter();
                let values = values.map(|value| with_escapes(version, value, &[';', ',']));
                values.collect::<Vec<_>>().join(",")
            }
        };
        of_text(version, "", name, all, text)
    }

    /// A property of its whole line, unfolded, as [`Self::raw`] gives it; `None` when it is none.
    #[must_use]
    pub fn of_line(version: Version, line: &str) -> Option<Self> {
        let head = content_line::read(line.as_bytes(), Folding::Removed).next()?;
        let head = head.ok()?;
        let mut bytes = Vec::with_capacity(line.len().saturating_add(64));
        let word = version.word().unwrap_or_default();
        bytes.extend_from_slice(b"BEGIN:VCARD\r\nVERSION:");
        bytes.extend_from_slice(word.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        let told = head.param("CHARSET").next().and_then(charset::code_page);
        let value_at = head.head().len().saturating_add(1);
        match told.filter(|page| *page != charset::UTF_8 && head.encoding == Encoding::Plain) {
            Some(page) => {
                let (head, value) = line.split_at_checked(value_at)?;
                bytes.extend_from_slice(head.as_bytes());
                let encoded = charset::encode(value, page);
                encoded.lossless.then_some(())?;
                bytes.extend(encoded.bytes);
            }
            None => bytes.extend_from_slice(line.as_bytes()),
        }
        bytes.extend_from_slice(b"\r\nEND:VCARD\r\n");
        let mut card = Card::parse(&bytes, None, "");
        card.version = version;
        let own = card.properties.into_iter().nth(1)?;
        Some(Self { version, ..own })
    }

    /// The same, preferred to others of its name.
    #[must_use]
    pub fn preferred(&self) -> Self {
        let mut params = self.line.params.clone();
        params.append(&mut typed(self.version, &["pref"]));
        let line = &self.line;
        let line = ContentLine::new(&line.group, &line.name, params, line.encoding, line.value());
        Self {
            line,
            ..self.clone()
        }
    }

    /// The same in the words of another version.
    #[must_use]
    pub fn in_version(&self, version: Version) -> Self {
        let plain = |own: Version| match own {
            Version::Unknown => Version::V3_0,
            own => own,
        };
        if plain(self.version) == plain(version) {
            return Self {
                version,
                ..self.clone()
            };
        }
        let types: Vec<String> = self.types().collect();
        let mut types: Vec<&str> = types.iter().map(String::as_str).collect();
        if version != Version::V4_0 && self.line.param("PREF").next() == Some("1") {
            types.push("pref");
        }
        let told = ["", "TYPE", "ENCODING", "CHARSET", "PREF"];
        let told = told.get(..if version == Version::V4_0 { 4 } else { 5 });
        let told = told.unwrap_or_default();
        let mut params = typed(version, &types);
        let others = self.line.params.iter();
        params.extend(
            others
                .filter(|param| !told.contains(&param.name.as_str()))
                .cloned(),
        );
        if self.line.encoding == Encoding::Base64 {
            return match self.bytes() {
                Some(bytes) => of_bytes(version, self.name(), params, &bytes, ""),
                None => self.clone(),
            };
        }
        let text = match (self.version, version) {
            (Version::V2_1, _) => from_old(&self.text),
            (_, Version::V2_1) => to_old(&self.text),
            _ => self.text.clone(),
        };
        let mut made = of_text(version, self.group(), self.name(), params, text);
        made.nested.clone_from(&self.nested);
        made
    }
}

/// Types as parameters: words on their own in 2.1, a list later.
fn typed(version: Version, types: &[&str]) -> Vec<Param> {
    if version == Version::V2_1 {
        let words = types.iter().map(|word| word.to_ascii_uppercase());
        return words.map(|word| Param::new("", [word.as_str()])).collect();
    }
    let pref = version == Version::V4_0 && types.contains(&"pref");
    let words = types.iter().copied();
    let words: Vec<&str> = words.filter(|word| !pref || *word != "pref").collect();
    let mut params = Vec::new();
    if !words.is_empty() {
        params.push(Param::new("TYPE", words));
    }
    if pref {
        params.push(Param::new("PREF", ["1"]));
    }
    params
}

/// A property of its value with escapes.
fn of_text(
    version: Version,
    group: &str,
    name: &str,
    mut params: Vec<Param>,
    text: String,
) -> Property {
    let plain = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let trimmed = text.trim().len() == text.len();
    let short = name.len().saturating_add(text.len()) < LONG;
    let line = if version == Version::V2_1 && !(plain(&text) && short && trimmed) {
        params.push(Param::new("ENCODING", ["QUOTED-PRINTABLE"]));
        if !text.is_ascii() {
            params.push(Param::new("CHARSET", ["UTF-8"]));
        }
        let value = quoted_printable(&text);
        ContentLine::new(group, name, params, Encoding::QuotedPrintable, &value)
    } else {
        ContentLine::new(group, name, params, Encoding::Plain, text.as_bytes())
    };
    Property::new(line, version, charset::UTF_8, text)
}

fn of_bytes(
    version: Version,
    name: &str,
    mut params: Vec<Param>,
    bytes: &[u8],
    media: &str,
) -> Property {
    let text = encode(bytes);
    if version == Version::V4_0 {
        let media = if media.is_empty() {
            "application/octet-stream"
        } else {
            media
        };
        let uri = format!("data:{media};base64,{text}");
        let line = ContentLine::new("", name, params, Encoding::Plain, uri.as_bytes());
        return Property::new(line, version, charset::UTF_8, uri);
    }
    let word = media.rsplit('/').next().unwrap_or_default();
    let told = params.iter().any(|param| param.name == "TYPE");
    if !word.is_empty() && !told {
        params.push(Param::new("TYPE", [word.to_ascii_uppercase().as_str()]));
    }
    let encoding = if version == Version::V2_1 {
        "BASE64"
    } else {
        "b"
    };
    params.push(Param::new("ENCODING", [encoding]));
    let line = ContentLine::new("", name, params, Encoding::Base64, text.as_bytes());
    Property::new(line, version, charset::UTF_8, String::new())
}

/// A text with the escapes of a version. In 2.1 only what would separate is escaped, and a line
/// break is CR LF inside quoted-printable.
fn with_escapes(version: Version, text: &str, separators: &[char]) -> String {
    if version != Version::V2_1 {
        return escaped(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\r' | '\n' => out.push_str("\r\n"),
            letter if separators.contains(&letter) => out.extend(['\\', letter]),
            letter => out.push(letter),
        }
    }
    out
}

/// Escapes of 2.1 as those of later versions.
fn from_old(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek().copied()) {
            ('\\', Some(next @ (';' | ','))) => {
                out.extend(['\\', next]);
                letters.next();
            }
            ('\\', _) => out.push_str("\\\\"),
            ('\r', Some('\n')) => {}
            ('\r' | '\n', _) => out.push_str("\\n"),
            (letter, _) => out.push(letter),
        }
    }
    out
}

/// Escapes of later versions as those of 2.1.
fn to_old(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') => out.push_str("\r\n"),
            Some(next @ ('\\' | ',' | ':' | '"')) => out.push(next),
            Some(next) => out.extend(['\\', next]),
            None => out.push('\\'),
        }
    }
    out
}

impl Card {
    /// The card as a file of one card.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let folding = match self.version {
            Version::V2_1 => Folding::Kept,
            _ => Folding::Removed,
        };
        let mut out = b"BEGIN:VCARD\r\n".to_vec();
        if let Some(word) = self.version.word() {
            out.extend_from_slice(b"VERSION:");
            out.extend_from_slice(word.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        let told = self.version.word().is_some();
        let properties = self.properties.iter();
        for property in properties.filter(|own| !told || own.name() != "VERSION") {
            property.line.write(&mut out, folding);
            if !property.nested.is_empty() {
                out.extend_from_slice(property.nested.trim_start().as_bytes());
                out.extend_from_slice(b"\r\n");
            }
        }
        for stray in &self.stray {
            out.extend_from_slice(stray.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"END:VCARD\r\n");
        out
    }
}
