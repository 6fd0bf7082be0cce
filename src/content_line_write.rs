//! Content lines, written: heads made of parameters, values folded or broken softly.
//!
//! *Spec*: RFC 6350 3.2, RFC 5545 3.1 (75 octets a line), RFC 6868 (`^` in parameter values); vCard
//! 2.1 2.1.3; RFC 2045 6.7.
//!
//! *Invariants*: a fold never splits a character, nor a soft break an escape; what is written is
//! read again as the same line.

use crate::content_line::{ContentLine, Encoding, Folding, Param};

/// Octets of a line without its end.
const WIDTH: usize = 75;

impl Param {
    /// A parameter of these values; what may not stand in one is written with carets.
    pub fn new<'v>(name: &str, values: impl IntoIterator<Item = &'v str>) -> Self {
        Self {
            name: name.to_owned(),
            values: values.into_iter().map(with_carets).collect(),
        }
    }
}

impl ContentLine {
    /// A line that stands in no text yet. `value` is encoded as `encoding` says.
    #[must_use]
    pub fn new(
        group: &str,
        name: &str,
        params: Vec<Param>,
        encoding: Encoding,
        value: &[u8],
    ) -> Self {
        let mut head = String::new();
        if !group.is_empty() {
            head.push_str(group);
            head.push('.');
        }
        head.push_str(name);
        for param in &params {
            head.push(';');
            head.push_str(&param.name);
            if !param.name.is_empty() {
                head.push('=');
            }
            for (at, value) in param.values.iter().enumerate() {
                let quoted = value.contains([',', ';', ':']);
                head.push_str(if at > 0 { "," } else { "" });
                head.push_str(if quoted { "\"" } else { "" });
                head.push_str(value);
                head.push_str(if quoted { "\"" } else { "" });
            }
        }
        let colon = head.len();
        let mut bytes = head.into_bytes();
        bytes.push(b':');
        bytes.extend_from_slice(value);
        Self {
            number: 0,
            group: group.to_owned(),
            name: name.to_owned(),
            params,
            more_params: false,
            encoding,
            bytes,
            colon,
        }
    }

    /// Appends the line, with its end. In vCard 2.1 ([`Folding::Kept`]) only encoded values are
    /// broken, since a fold there is part of the text.
    pub fn write(&self, out: &mut Vec<u8>, folding: Folding) {
        match (self.encoding, folding) {
            (Encoding::QuotedPrintable, _) => soft(out, &self.bytes, self.colon),
            (Encoding::Base64, Folding::Kept) => {
                out.extend_from_slice(self.head());
                out.push(b':');
                for piece in self.value().chunks(WIDTH) {
                    out.extend_from_slice(b"\r\n ");
                    out.extend_from_slice(piece);
                }
                out.extend_from_slice(b"\r\n");
            }
            (Encoding::Plain, Folding::Kept) => out.extend_from_slice(&self.bytes),
            (_, Folding::Removed) => fold(out, &self.bytes),
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends a line folded.
fn fold(out: &mut Vec<u8>, line: &[u8]) {
    let mut width = 0_usize;
    let mut rest = line;
    while !rest.is_empty() {
        // A letter of UTF-8 stays whole: bytes that go on with one begin none.
        let goes_on = rest.iter().skip(1).take_while(|byte| **byte & 0xC0 == 0x80);
        let len = goes_on.count().min(3).saturating_add(1);
        let (letter, tail) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        // A line that looks like the end of an object begins one letter later.
        if width.saturating_add(letter.len()) > WIDTH && !is_bound(rest) {
            out.extend_from_slice(b"\r\n ");
            width = 1;
        }
        out.extend_from_slice(letter);
        width = width.saturating_add(letter.len());
        rest = tail;
    }
}

/// Appends a line of quoted-printable text with soft line breaks.
fn soft(out: &mut Vec<u8>, line: &[u8], colon: usize) {
    let head = colon.saturating_add(1).min(line.len());
    let (head, mut rest) = line.split_at(head);
    out.extend_from_slice(head);
    let mut width = head.len();
    while let Some(first) = rest.first() {
        let len = if *first == b'=' { 3 } else { 1 };
        let (letter, tail) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        if width.saturating_add(letter.len()) > WIDTH {
            out.extend_from_slice(b"=\r\n");
            width = 0;
            if is_bound(rest) {
                out.extend(escape(*first));
                width = 3;
                rest = tail;
                continue;
            }
        }
        out.extend_from_slice(letter);
        width = width.saturating_add(letter.len());
        rest = tail;
    }
}

/// Whether a text looks like the beginning or end of an object, whatever it is part of.
fn is_bound(text: &[u8]) -> bool {
    let starts = |word: &[u8]| {
        let start = text.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    starts(b"END:V") || starts(b"BEGIN:V")
}

/// Text as quoted-printable, all but plain letters of ASCII encoded.
#[must_use]
pub fn quoted_printable(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        // A blank at an end would be taken for one that was added on the way.
        let at_end = at == 0 || at.saturating_add(1) == bytes.len();
        let plain = byte.is_ascii_graphic() && *byte != b'=' || *byte == b' ' && !at_end;
        if plain {
            out.push(*byte);
            continue;
        }
        out.extend(escape(*byte));
    }
    out
}

/// A byte as an escape of quoted-printable.
fn escape(byte: u8) -> [u8; 3] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    [b'=', digit(byte >> 4), digit(byte & 15)]
}

/// A parameter value with carets for what may not stand in one (RFC 6868); other control
/// characters are left out.
#[must_use]
pub fn with_carets(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.replace("\r\n", "\n").chars() {
        match letter {
            '^' => text.push_str("^^"),
            '"' => text.push_str("^'"),
            '\n' | '\r' => text.push_str("^n"),
            '\t' => text.push(' '),
            letter if letter.is_control() => {}
            letter => text.push(letter),
        }
    }
    text
}

/// A text without what may not stand in a value (RFC 5545 3.3.11), its escapes made: line breaks
/// as `\n`.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' | ';' | ',' => out.extend(['\\', letter]),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\r' | '\n' => out.push_str("\\n"),
            '\t' => out.push('\t'),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}
