//! Calendars, written: properties made of texts, components as files.
//!
//! *Spec*: RFC 5545 3.1 to 3.3, 3.6.
//!
//! *Invariants*: what is written is read again as the same lines; quoted-printable, which vCalendar
//! 1.0 had, is decoded, since 2.0 has none.

use crate::base64;
use crate::charset;
use crate::content_line::{self, ContentLine, Encoding, Folding, Param};
use crate::content_line_write::escaped;
use crate::finding::Findings;

use super::calendars::PAGE;
use super::component::{Component, Reading};
use super::property::Property;

impl Property {
    /// A property of a value that needs no escapes, or has them already.
    #[must_use]
    pub fn made(name: &str, params: Vec<Param>, value: &str) -> Self {
        let value: String = value
            .chars()
            .filter(|own| !own.is_control() || *own == '\t')
            .collect();
        let line = ContentLine::new("", name, params, Encoding::Plain, value.as_bytes());
        Self::new(line, charset::UTF_8)
    }

    /// A property of type `TEXT`.
    #[must_use]
    pub fn of_text(name: &str, params: Vec<Param>, text: &str) -> Self {
        Self::made(name, params, &escaped(text))
    }

    /// A list of `TEXT`.
    #[must_use]
    pub fn of_texts(name: &str, texts: &[String]) -> Self {
        let texts: Vec<String> = texts.iter().map(|text| escaped(text)).collect();
        Self::made(name, Vec::new(), &texts.join(","))
    }

    /// A property of bytes.
    #[must_use]
    pub fn of_bytes(name: &str, mut params: Vec<Param>, bytes: &[u8]) -> Self {
        params.push(Param::new("ENCODING", ["BASE64"]));
        params.push(Param::new("VALUE", ["BINARY"]));
        let value = base64::encode(bytes);
        let line = ContentLine::new("", name, params, Encoding::Base64, value.as_bytes());
        Self::new(line, charset::UTF_8)
    }

    /// A property of its whole line, unfolded, as [`Self::raw`] gives it; `None` when it is none.
    #[must_use]
    pub fn of_line(line: &str) -> Option<Self> {
        let line = content_line::read(line.as_bytes(), Folding::Removed)
            .next()?
            .ok()?;
        let told = line.params.iter().any(|param| param.name == "CHARSET");
        let coded = line.encoding == Encoding::QuotedPrintable;
        let own = Self::new(line, charset::UTF_8);
        if !coded && !told {
            return Some(own);
        }
        let params = own.line.params.iter().filter(|param| {
            let word = param.name.is_empty() && param.values.iter().any(|own| is_coding(own));
            !word && !["CHARSET", "ENCODING"].contains(&param.name.as_str())
        });
        let params = params.cloned().collect();
        let value = own
            .value
            .replace("\r\n", "\\n")
            .replace(['\r', '\n'], "\\n");
        Some(Self::made(own.name(), params, &value))
    }
}

fn is_coding(word: &str) -> bool {
    word.eq_ignore_ascii_case("QUOTED-PRINTABLE")
}

impl Component {
    /// A component without anything in it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// A component of its text, as [`Self::raw`] gives it; `None` when it is none.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        let reading = Reading {
            folding: Folding::Removed,
            page: PAGE,
        };
        let mut lines = crate::limits::CALENDAR_LINES;
        let root = Self::read(text.as_bytes(), reading, &mut lines, &mut Findings::new());
        root.components.into_iter().next()
    }

    /// The component as a file, lines folded.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut work = vec![Step::Whole(self)];
        while let Some(step) = work.pop() {
            match step {
                Step::End(name) => bound(&mut out, "END", name),
                Step::Whole(own) => {
                    bound(&mut out, "BEGIN", &own.name);
                    for property in &own.properties {
                        property.line.write(&mut out, Folding::Removed);
                    }
                    for stray in &own.strays {
                        out.extend_from_slice(stray.as_bytes());
                        out.extend_from_slice(b"\r\n");
                    }
                    work.push(Step::End(&own.name));
                    work.extend(own.components.iter().rev().map(Step::Whole));
                }
            }
        }
        out
    }
}

enum Step<'c> {
    Whole(&'c Component),
    End(&'c str),
}

fn bound(out: &mut Vec<u8>, word: &str, name: &str) {
    out.extend_from_slice(word.as_bytes());
    out.push(b':');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\r\n");
}
