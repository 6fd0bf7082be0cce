//! One card, taken apart into properties.
//!
//! *Spec*: RFC 6350 3 and 6, RFC 2426 2 to 4, vCard 2.1 chapter 2.
//!
//! *Invariants*: a line that cannot be read costs itself only and is kept as it stands; at most
//! [`limits::CARD_PROPERTIES`] properties; a card in a card (AGENT) is part of its property and
//! never a level deeper in memory.
//!
//! *Seen in the wild*: no VERSION; a charset per value, or none over bytes of windows-1252
//! (`vcard.text.code-page`); charsets that the bytes contradict (`vcard.text.undecodable`).

use crate::charset::{self, Decoded};
use crate::content_line::{self, ContentLine, Encoding, Folding};
use crate::finding::{Effect, Findings};
use crate::limits;

use super::encoding;
use super::file::Bounds;
use super::property::Property;

/// The version of the format that a card says it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// It does not say, or another one.
    #[default]
    Unknown,
    /// 2.1.
    V2_1,
    /// 3.0.
    V3_0,
    /// 4.0.
    V4_0,
}

/// One card.
#[derive(Debug, Clone, Default)]
pub struct Card {
    /// Its version.
    pub version: Version,
    /// Its properties, in order.
    pub properties: Vec<Property>,
    /// Lines that are no properties, in order.
    pub stray: Vec<String>,
    /// What was not as it should be.
    pub findings: Findings,
}

impl Card {
    /// Takes a card apart. `page` is the code page of text that is neither UTF-8 nor says what it
    /// is; `place` is named in findings.
    ///
    /// # Findings
    /// `vcard.line.no-colon`, `vcard.card.too-many-properties`, `vcard.text.code-page`,
    /// `vcard.text.undecodable`, `vcard.text.charset`, `vcard.value.quoted-printable`.
    #[must_use]
    pub fn parse(text: &[u8], page: Option<u16>, place: &str) -> Self {
        let version = version(text);
        let mut reading = Reading {
            card: Self {
                version,
                ..Self::default()
            },
            page: page.unwrap_or(charset::WESTERN),
            page_told: page.is_some(),
            place,
            depth: 0,
            beyond: 0,
        };
        let folding = match version {
            Version::V2_1 => Folding::Kept,
            _ => Folding::Removed,
        };
        for line in content_line::read(text, folding) {
            match line {
                Ok(line) => reading.line(line),
                Err(stray) => reading.stray(stray.number, &stray.bytes),
            }
        }
        if reading.beyond > 0 {
            let detail = format!(
                "{} properties beyond {} were not read",
                reading.beyond,
                limits::CARD_PROPERTIES
            );
            let code = "vcard.card.too-many-properties";
            let findings = &mut reading.card.findings;
            findings.add(code, Effect::Lost, place.to_owned(), detail);
        }
        reading.card
    }

    /// Says how the ends of the card were found, and how much of it was left.
    ///
    /// # Findings
    /// `vcard.card.no-end`, `vcard.card.cut-off`, `vcard.card.no-begin`, `vcard.card.too-large`.
    pub fn tell_bounds(&mut self, bounds: Bounds, left: u64, place: &str) {
        let (code, effect, detail) = match bounds {
            Bounds::Both => ("", Effect::Noted, ""),
            Bounds::NoEnd => (
                "vcard.card.no-end",
                Effect::Noted,
                "another card begins before END:VCARD; what stood before it was read",
            ),
            Bounds::CutOff => (
                "vcard.card.cut-off",
                Effect::Altered,
                "the file ends before END:VCARD, so the end of the card may be missing; export it \
                 again",
            ),
            Bounds::NoBegin => (
                "vcard.card.no-begin",
                Effect::Altered,
                "END:VCARD without BEGIN:VCARD; what stands between it and the card before it was \
                 read",
            ),
        };
        if bounds != Bounds::Both {
            self.findings.add(code, effect, place.to_owned(), detail);
        }
        if left > 0 {
            let detail = format!(
                "the card is larger than {} bytes; {left} bytes at its end were not read",
                limits::CARD_BYTES
            );
            let effect = Effect::Lost;
            self.findings
                .add("vcard.card.too-large", effect, place.to_owned(), detail);
        }
    }
}

/// The version, which decides how the lines before it are unfolded as well.
fn version(text: &[u8]) -> Version {
    let lines = text.split(|byte| matches!(byte, b'\r' | b'\n'));
    let told = lines.map(<[u8]>::trim_ascii).find_map(|line| {
        let colon = line.iter().take(64).position(|byte| *byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let name = name.split(|byte| *byte == b';').next()?.trim_ascii();
        name.eq_ignore_ascii_case(b"VERSION")
            .then(|| value.trim_ascii_start().get(1..).unwrap_or_default())
    });
    match told.map(<[u8]>::trim_ascii) {
        Some(b"2.1") => Version::V2_1,
        Some(b"3.0" | b"3") => Version::V3_0,
        Some(b"4.0" | b"4") => Version::V4_0,
        _ => Version::Unknown,
    }
}

struct Reading<'p> {
    card: Card,
    page: u16,
    page_told: bool,
    place: &'p str,
    depth: u32,
    beyond: u64,
}

impl Reading<'_> {
    fn line(&mut self, line: ContentLine) {
        let is_card = line.value().trim_ascii().eq_ignore_ascii_case(b"VCARD");
        match line.name.trim_start_matches('\u{feff}') {
            "BEGIN" if is_card => {
                self.depth = self.depth.saturating_add(1);
                if self.depth > 1 {
                    self.nest("BEGIN:VCARD");
                }
                return;
            }
            "END" if is_card => {
                if self.depth > 1 {
                    self.nest("END:VCARD");
                }
                self.depth = self.depth.saturating_sub(1);
                return;
            }
            _ => {}
        }
        let nested = self.depth > 1;
        if !nested && self.card.properties.len() >= limits::CARD_PROPERTIES {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        let begins = line.name == "AGENT"
            && line
                .value()
                .trim_ascii()
                .eq_ignore_ascii_case(b"BEGIN:VCARD");
        let property = self.decoded(line);
        if nested {
            self.nest(&property.raw());
        } else {
            self.card.properties.push(property);
        }
        if begins {
            self.depth = self.depth.saturating_add(1);
        }
    }

    /// Adds a line of a card in the card to the property that holds it.
    fn nest(&mut self, line: &str) {
        if let Some(own) = self.card.properties.last_mut() {
            own.nest(line);
        }
    }

    fn stray(&mut self, number: u32, bytes: &[u8]) {
        let text = charset::utf8_or(bytes, self.page).text;
        if self.depth > 1 {
            self.nest(&text);
            return;
        }
        if self.card.stray.len() < limits::CARD_PROPERTIES {
            self.card.stray.push(text);
        }
        let detail = "the line is no property, since it has no name or no colon; it was kept raw";
        self.find("vcard.line.no-colon", Effect::Noted, number, detail);
    }

    fn decoded(&mut self, line: ContentLine) -> Property {
        let number = line.number;
        let name = line.param("CHARSET").next();
        let told = name.and_then(charset::code_page);
        if let (Some(name), None) = (name, told) {
            let detail = format!("the charset {name:?} is not known; UTF-8 or the usual was taken");
            self.find("vcard.text.charset", Effect::Noted, number, detail);
        }
        let page = told.unwrap_or(self.page);
        let text = match line.encoding {
            Encoding::Base64 => String::new(),
            Encoding::Plain => self.text(line.value(), told, number),
            Encoding::QuotedPrintable => {
                let (bytes, whole) = encoding::quoted_printable(line.value());
                if !whole {
                    let detail = "\"=\" without two hex digits after it was taken as it stands";
                    let code = "vcard.value.quoted-printable";
                    self.find(code, Effect::Altered, number, detail);
                }
                self.text(&bytes, told, number)
            }
        };
        Property::new(line, self.card.version, page, text)
    }

    fn text(&mut self, bytes: &[u8], told: Option<u16>, number: u32) -> String {
        // Of other charsets some write their letters in ASCII: UTF-7, ISO-2022-JP.
        let plain = [charset::UTF_8, charset::WESTERN];
        if bytes.is_ascii() && told.is_none_or(|page| plain.contains(&page)) {
            return String::from_utf8_lossy(bytes).into_owned();
        }
        let is_utf8 = std::str::from_utf8(bytes).is_ok();
        // One bad byte does not make other text of UTF-8.
        let utf8 = is_utf8 || told.is_none_or(|page| page == charset::UTF_8) && mostly_utf8(bytes);
        let page = match told {
            Some(page) if page != charset::UTF_8 => page,
            _ if utf8 => charset::UTF_8,
            _ => self.page,
        };
        if told.is_none() && !utf8 && !self.page_told {
            self.page_told = true;
            let detail = format!(
                "text that is not UTF-8 and does not say its charset was read as code page {page}; \
                 give the right one with --code-page if letters are wrong"
            );
            self.find("vcard.text.code-page", Effect::Noted, number, detail);
        }
        let mut decoded = charset::decode_page(bytes, page);
        decoded.lossless &= told.is_none_or(|told| told == page);
        self.lossy(decoded, number)
    }

    fn lossy(&mut self, decoded: Decoded, number: u32) -> String {
        if !decoded.lossless {
            let detail = "bytes that have no meaning in the charset of the value";
            self.find("vcard.text.undecodable", Effect::Altered, number, detail);
        }
        decoded.text
    }

    fn find(&mut self, code: &'static str, effect: Effect, number: u32, detail: impl Into<String>) {
        let place = match self.place {
            "" => format!("line {number}"),
            place => format!("{place}, line {number}"),
        };
        self.card.findings.add(code, effect, place, detail);
    }
}

/// Whether more of the letters beyond ASCII are whole in UTF-8 than are not.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        let letters = chunk.valid().chars().filter(|letter| !letter.is_ascii());
        whole = whole.saturating_add(letters.count());
        broken = broken.saturating_add(usize::from(!chunk.invalid().is_empty()));
    }
    whole > broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8]) -> Card {
        Card::parse(text, None, "")
    }

    fn codes(card: &Card) -> Vec<&'static str> {
        card.findings.iter().map(|own| own.code).collect()
    }

    #[test]
    fn charsets_by_value() {
        let card = parse(
            b"BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=ISO-8859-1:\xE9\r\n\
              N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=A9\r\nTITLE:\xC3\xA9\r\n\
              ROLE:\xE9\r\nNOTE;CHARSET=UTF-8:\xE9\r\nORG;CHARSET=x-none:a\r\n\
              LABEL;QUOTED-PRINTABLE:=E9=Z\r\n\
              NICKNAME;CHARSET=ISO-2022-JP:\x1B$B$\"\x1B(B\r\nEND:VCARD\r\n",
        );
        let texts: Vec<_> = card.properties.iter().map(Property::text).collect();
        assert_eq!(texts, ["2.1", "é", "é", "é", "é", "é", "a", "é=Z", "あ"]);
        let expected = [
            "vcard.text.code-page",
            "vcard.text.undecodable",
            "vcard.text.charset",
            "vcard.value.quoted-printable",
        ];
        assert_eq!(codes(&card), expected);
    }

    #[test]
    fn one_bad_byte_does_not_change_the_charset() {
        for head in ["FN", "FN;CHARSET=UTF-8"] {
            let text = [head.as_bytes(), b":\xC3\x91\xC3\x91\xC3\x91\xC3"].concat();
            let card = parse(&text);
            assert_eq!(card.properties[0].text(), "ÑÑÑ\u{FFFD}");
            assert_eq!(codes(&card), ["vcard.text.undecodable"]);
        }
    }

    #[test]
    fn the_code_page_that_the_user_gives() {
        let text = b"BEGIN:VCARD\nFN:\xEF\xF0\xE8\nEND:VCARD";
        let card = Card::parse(text, Some(1251), "");
        assert_eq!(card.properties[0].text(), "при");
        assert!(card.findings.is_empty());
    }

    #[test]
    fn an_agent_is_kept_whole() {
        let text = "BEGIN:VCARD\r\nVERSION:2.1\r\nAGENT:\r\nBEGIN:VCARD\r\nFN:b\r\nbad\r\n\
                    END:VCARD\r\nFN:a\r\nEND:VCARD";
        let card = parse(text.as_bytes());
        let names: Vec<_> = card.properties.iter().map(Property::name).collect();
        assert_eq!(names, ["VERSION", "AGENT", "FN"]);
        let agent = card.properties[1].raw();
        assert_eq!(agent, "AGENT:\r\nBEGIN:VCARD\r\nFN:b\r\nbad\r\nEND:VCARD");
        assert!(card.findings.is_empty());
    }

    #[test]
    fn bad_lines_are_kept() {
        let card = parse(b"BEGIN:VCARD\r\nVERSION:3.0\r\nwhat\r\nFN:a\r\nEND:VCARD");
        assert_eq!(card.stray, ["what"]);
        assert_eq!(codes(&card), ["vcard.line.no-colon"]);
        assert_eq!(card.properties.len(), 2);
    }
}
