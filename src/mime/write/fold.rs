//! A header field as it is written, word by word.
//!
//! *Spec*: RFC 5322 2.1.1, 2.2.3; RFC 2047 2, 5.
//!
//! *Invariant*: a line has at most 78 letters where its words allow it, and no line is blank.

use super::encoding::{base64, hex};

/// Letters of a line.
const LINE: usize = 78;
/// Letters of an encoded word (RFC 2047 2).
const ENCODED: usize = 75;
/// Bytes of the longest word that is written as it is.
pub(super) const LONGEST: usize = 900;
const OPEN_Q: &[u8] = b"=?utf-8?q?";
const OPEN_B: &[u8] = b"=?utf-8?b?";
const CLOSE: &[u8] = b"?=";

/// A field on its way.
pub(super) struct Folded<'o> {
    out: &'o mut Vec<u8>,
    /// Letters of the line so far.
    column: usize,
    first: bool,
}

impl<'o> Folded<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>, name: &str) -> Self {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        Self {
            out,
            column: name.len().saturating_add(1),
            first: true,
        }
    }

    /// Adds a word, after a space or on a new line.
    pub(super) fn word(&mut self, word: &[u8]) {
        self.spaced(1, word);
    }

    /// Adds a word after so many spaces.
    pub(super) fn spaced(&mut self, spaces: usize, word: &[u8]) {
        let width = spaces.saturating_add(word.len());
        if !self.first && self.column.saturating_add(width) > LINE {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
        self.out.resize(self.out.len().saturating_add(spaces), b' ');
        self.glued(word);
        self.column = self.column.saturating_add(spaces);
    }

    /// Adds a word without a space.
    pub(super) fn glued(&mut self, word: &[u8]) {
        self.first = false;
        self.out.extend_from_slice(word);
        self.column = self.column.saturating_add(word.len());
    }

    /// Adds a text as encoded words, which are one text again when they are read.
    pub(super) fn encoded(&mut self, text: &str) {
        let quoted: usize = text.chars().map(quoted_width).sum();
        let as_base64 = text.len().div_ceil(3).saturating_mul(4) < quoted;
        let open = if as_base64 { OPEN_B } else { OPEN_Q };
        let around = open.len().saturating_add(CLOSE.len());
        let mut rest = text;
        while !rest.is_empty() {
            // The first word fills the line; one that hardly fits begins a new one.
            let left = LINE.saturating_sub(self.column).saturating_sub(1);
            let room = if left < ENCODED / 3 {
                ENCODED
            } else {
                left.min(ENCODED)
            };
            let room = room.saturating_sub(around);
            let (mut width, mut end) = (0_usize, 0_usize);
            for letter in rest.chars() {
                let next = match as_base64 {
                    true => {
                        let bytes = end.saturating_add(letter.len_utf8());
                        bytes.div_ceil(3).saturating_mul(4)
                    }
                    false => width.saturating_add(quoted_width(letter)),
                };
                if next > room && end > 0 {
                    break;
                }
                width = next;
                end = end.saturating_add(letter.len_utf8());
            }
            let (own, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let mut word = open.to_vec();
            if as_base64 {
                base64(own.as_bytes(), &mut word);
            } else {
                own.bytes().for_each(|byte| quoted_byte(byte, &mut word));
            }
            word.extend_from_slice(CLOSE);
            self.word(&word);
            rest = after;
        }
    }

    pub(super) fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }
}

/// What may stand in an encoded word wherever it is (RFC 2047 5, rule 3).
fn is_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!*+-/".contains(&byte)
}

fn quoted_width(letter: char) -> usize {
    match u8::try_from(letter) {
        Ok(byte) if is_safe(byte) || byte == b' ' => 1,
        _ => letter.len_utf8().saturating_mul(3),
    }
}

fn quoted_byte(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b' ' => out.push(b'_'),
        byte if is_safe(byte) => out.push(byte),
        byte => out.extend_from_slice(&hex(byte)),
    }
}
