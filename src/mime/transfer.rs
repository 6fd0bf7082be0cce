//! Transfer encodings, decoded as they are read.
//!
//! *Spec*: RFC 2045 6; `>From` quoting of mailboxes (RFC 4155 and the variants `mboxrd`, `mboxo`).
//!
//! *Shape*: a decoder takes bytes in pieces of any size and appends what they mean; [`Decoding`]
//! makes a reader of one.
//!
//! *Invariant*: memory holds a piece, never the whole; only a line is held back.
//!
//! *Seen in the wild*: Base64 with characters that are none of it, without padding, padded in the
//! middle, with a text behind it that a mailing list added; soft line breaks before nothing.

use std::io::{self, Read};

use super::encoded_word::hex_pair;
use crate::base64::{digit, quads};

/// How the bytes of a part are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transfer {
    /// As they are: `7bit`, `8bit`, `binary`.
    #[default]
    Identity,
    /// `base64`.
    Base64,
    /// `quoted-printable`.
    QuotedPrintable,
    /// `x-uuencode` and its other names.
    Uuencode,
}

impl Transfer {
    /// By the value of `Content-Transfer-Encoding`; `None` when it is unknown.
    #[must_use]
    pub fn of(value: &[u8]) -> Option<Self> {
        let word: Vec<u8> = value
            .iter()
            .copied()
            .skip_while(|byte| byte.is_ascii_whitespace() || *byte == b'"')
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_')
            .collect();
        let word = String::from_utf8_lossy(&word).to_ascii_lowercase();
        Some(match word.as_str() {
            "" | "7bit" | "8bit" | "binary" | "7-bit" | "8-bit" | "none" => Self::Identity,
            "base64" | "base-64" => Self::Base64,
            "quoted-printable" | "quotedprintable" | "quoted" => Self::QuotedPrintable,
            "x-uuencode" | "x-uue" | "uuencode" | "uue" | "x-uu" => Self::Uuencode,
            _ => return None,
        })
    }
}

/// How a mailbox quotes lines that begin with `From `.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FromQuoting {
    /// Not at all: a mail on its own, or one whose length is told.
    #[default]
    None,
    /// `>From ` stands for `From `; more `>` are the sender's own.
    Simple,
    /// `>From ` stands for `From `, `>>From ` for `>From `, and so on.
    Reversible,
}

/// What was not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Bytes that the encoding does not know, which were passed over or kept as they are.
    pub strange: u64,
    /// Bytes after the end of the encoded text, left out.
    pub behind: u64,
    /// Whether the last character is not whole.
    pub cut: bool,
}

/// Turns encoded bytes into what they mean.
pub trait Decoder: Send {
    /// Takes the next bytes.
    fn feed(&mut self, input: &[u8], out: &mut Vec<u8>);
    /// Takes the end.
    fn finish(&mut self, out: &mut Vec<u8>);
    /// What was not as it should be so far.
    fn faults(&self) -> Faults {
        Faults::default()
    }
}

/// A reader of what a decoder makes of another reader.
pub struct Decoding<R, D> {
    inner: R,
    decoder: D,
    piece: Box<[u8]>,
    out: Vec<u8>,
    at: usize,
    ended: bool,
}

/// Bytes read at a time.
const PIECE: usize = 32 << 10;

impl<R: Read, D: Decoder> Decoding<R, D> {
    /// Decodes what `inner` reads.
    pub fn new(inner: R, decoder: D) -> Self {
        Self {
            inner,
            decoder,
            piece: vec![0; PIECE].into_boxed_slice(),
            out: Vec::new(),
            at: 0,
            ended: false,
        }
    }

    /// What was not as it should be in what has been read.
    pub fn faults(&self) -> Faults {
        self.decoder.faults()
    }
}

impl<R: Read, D: Decoder> Read for Decoding<R, D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.out.len() && !self.ended {
            self.out.clear();
            self.at = 0;
            match self.inner.read(&mut self.piece) {
                Ok(0) => {
                    self.ended = true;
                    self.decoder.finish(&mut self.out);
                }
                Ok(read) => {
                    let read = self.piece.get(..read).unwrap_or_default();
                    self.decoder.feed(read, &mut self.out);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let rest = self.out.get(self.at..).unwrap_or_default();
        let most = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..most), rest.get(..most)) {
            to.copy_from_slice(from);
        }
        self.at = self.at.saturating_add(most);
        Ok(most)
    }
}

/// Base64 (RFC 2045 6.8).
#[derive(Debug, Default)]
pub struct Base64 {
    held: u32,
    digits: u8,
    /// After padding: the line at hand, which may be more of it or a text behind it.
    ended: bool,
    line: Vec<u8>,
    /// After a text behind it.
    closed: bool,
    faults: Faults,
}

/// Bytes of a line after padding that are looked at.
const LINE_BEHIND: usize = 4 << 10;

impl Base64 {
    fn take(&mut self, byte: u8, out: &mut Vec<u8>) {
        match digit(byte) {
            value @ 0..=63 => {
                self.held = (self.held << 6) | u32::from(value);
                self.digits = self.digits.wrapping_add(1);
                if self.digits == 4 {
                    let [_, a, b, c] = self.held.to_be_bytes();
                    out.extend_from_slice(&[a, b, c]);
                    (self.held, self.digits) = (0, 0);
                }
            }
            64 => {
                if self.digits >= 2 {
                    self.rest(out);
                    self.ended = true;
                } else if self.digits == 1 {
                    self.faults.strange = self.faults.strange.saturating_add(1);
                }
            }
            65 => {}
            _ => self.faults.strange = self.faults.strange.saturating_add(1),
        }
    }

    /// What two or three digits give.
    fn rest(&mut self, out: &mut Vec<u8>) {
        match self.digits {
            2 => out.extend_from_slice((self.held >> 4).to_be_bytes().split_at(3).1),
            3 => out.extend_from_slice((self.held >> 2).to_be_bytes().split_at(2).1),
            _ => {}
        }
        (self.held, self.digits) = (0, 0);
    }

    /// After padding: whole lines of Base64 go on with it, anything else is behind it.
    fn behind(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.closed {
            self.faults.behind = self.faults.behind.saturating_add(1);
        } else if byte != b'\n' && byte != b'\r' && self.line.len() < LINE_BEHIND {
            self.line.push(byte);
        } else {
            self.line_behind(out);
        }
    }

    fn line_behind(&mut self, out: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.line);
        let text = line.trim_ascii();
        let text = text.trim_ascii_start();
        if text.is_empty() || text.iter().all(|byte| *byte == b'=') {
            return;
        }
        let more = text.len().is_multiple_of(4) && text.iter().all(|byte| digit(*byte) <= 64);
        if more {
            self.ended = false;
            for &byte in text {
                if !self.ended {
                    self.take(byte, out);
                } else if byte != b'=' {
                    self.faults.strange = self.faults.strange.saturating_add(1);
                }
            }
        } else {
            self.closed = true;
            self.faults.behind = self.faults.behind.saturating_add(line.len() as u64);
        }
    }
}

/// How many bytes are such; in pieces short enough for a count of one byte, which a compiler makes
/// vectors of.
fn count(bytes: &[u8], such: impl Fn(u8) -> bool) -> usize {
    let of = |piece: &[u8]| piece.iter().map(|byte| u8::from(such(*byte))).sum::<u8>();
    bytes.chunks(255).map(|piece| usize::from(of(piece))).sum()
}

/// The length of what Base64 gives, without decoding it; `None` when it is not as it should be.
///
/// # Errors
/// When it cannot be read.
pub fn clean_base64_length(reader: &mut impl Read) -> io::Result<Option<u64>> {
    let is_digit = |byte: u8| {
        ((byte | 0x20).wrapping_sub(b'a') < 26)
            | (byte.wrapping_sub(b'0') < 10)
            | (byte == b'+')
            | (byte == b'/')
    };
    let is_white = |byte: u8| (byte == b'\n') | (byte == b'\r') | (byte == b' ') | (byte == b'\t');
    let mut piece = [0; PIECE];
    let (mut digits, mut padded) = (0_u64, false);
    loop {
        let read = match reader.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => piece.get(..read).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let padding = if padded {
            Some(0)
        } else {
            memchr::memchr(b'=', read)
        };
        let (text, behind) = read.split_at(padding.unwrap_or(read.len()));
        let own = count(text, is_digit);
        let white = count(text, is_white);
        let end = |byte: &u8| *byte == b'=' || is_white(*byte);
        if own.saturating_add(white) != text.len() || !behind.iter().all(end) {
            return Ok(None);
        }
        padded |= padding.is_some();
        digits = digits.saturating_add(own as u64);
    }
    Ok((digits % 4 != 1).then_some(digits.saturating_mul(3) / 4))
}

impl Decoder for Base64 {
    fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        out.reserve(input.len());
        let mut rest = input;
        while !rest.is_empty() {
            if self.digits == 0 && !self.ended {
                rest = quads(rest, out);
            }
            let Some((&byte, after)) = rest.split_first() else {
                break;
            };
            rest = after;
            if self.ended {
                self.behind(byte, out);
            } else {
                self.take(byte, out);
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.ended && !self.closed {
            self.line_behind(out);
        }
        self.faults.cut |= self.digits == 1;
        self.rest(out);
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

/// Quoted-printable (RFC 2045 6.7).
#[derive(Debug, Default)]
pub struct QuotedPrintable {
    /// An escape that is not whole yet, or white space that may be at the end of its line.
    held: Vec<u8>,
    faults: Faults,
}

/// Bytes of white space held back.
const WHITE: usize = 1 << 10;

impl QuotedPrintable {
    /// Gives an escape that is none as it stands.
    fn no_escape(&mut self, out: &mut Vec<u8>) {
        self.faults.strange = self.faults.strange.saturating_add(1);
        out.append(&mut self.held);
    }

    /// Takes the next byte of an escape; false when it is not of it.
    fn escape(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        let white = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r');
        let last = self.held.last().copied().unwrap_or_default();
        let own = match (last, byte) {
            // A soft line break, with white space before its end.
            (b'=' | b' ' | b'\t' | b'\r', b'\n') => {
                self.held.clear();
                return true;
            }
            // The same where lines end in CR.
            (b'\r', _) => {
                self.held.clear();
                return false;
            }
            (b'=', _) => white(byte) || byte.is_ascii_hexdigit(),
            (b' ' | b'\t', _) => white(byte) && self.held.len() < WHITE,
            (digit, _) => digit.is_ascii_hexdigit() && byte.is_ascii_hexdigit(),
        };
        if !own {
            self.no_escape(out);
            return false;
        }
        self.held.push(byte);
        if let Some(byte) = self.held.get(1..).and_then(hex_pair) {
            out.push(byte);
            self.held.clear();
        }
        true
    }

    fn take(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.held.first() == Some(&b'=') && self.escape(byte, out) {
            return;
        }
        match byte {
            b'=' => {
                out.append(&mut self.held);
                self.held.push(byte);
            }
            b' ' | b'\t' if self.held.len() < WHITE => self.held.push(byte),
            b'\r' | b'\n' => {
                // White space at the end of a line was added on the way; so says the rule.
                self.held.clear();
                out.push(byte);
            }
            byte => {
                out.append(&mut self.held);
                out.push(byte);
            }
        }
    }
}

impl Decoder for QuotedPrintable {
    fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while !rest.is_empty() {
            if self.held.is_empty() {
                let special = |byte: &u8| matches!(byte, b'=' | b' ' | b'\t' | b'\r' | b'\n');
                let plain = rest.iter().position(special).unwrap_or(rest.len());
                let (text, after) = rest.split_at(plain);
                out.extend_from_slice(text);
                rest = after;
            }
            if let Some((&byte, after)) = rest.split_first() {
                self.take(byte, out);
                rest = after;
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.held.first() == Some(&b'=') {
            if self.held.get(1).is_some_and(u8::is_ascii_hexdigit) {
                self.faults.cut = true;
            } else {
                // A soft line break before the end.
                self.held.clear();
            }
        }
        out.append(&mut self.held);
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

/// Takes one `>` from lines that a mailbox quoted.
#[derive(Debug)]
pub struct Unquoting {
    /// Whether `>>From ` is quoted too.
    reversible: bool,
    /// The beginning of a line that may be quoted.
    line: Vec<u8>,
    within: bool,
    /// Whether the line before is a quotation, of which `>From ` is more, as it cannot be told from
    /// a quoted `From ` where that is not reversible.
    quotation: bool,
}

impl Unquoting {
    /// A decoder for a mailbox that quotes like this.
    #[must_use]
    pub fn new(quoting: FromQuoting) -> Self {
        Self {
            reversible: quoting == FromQuoting::Reversible,
            line: Vec::new(),
            within: false,
            quotation: false,
        }
    }

    /// Whether the line that begins like this may yet be quoted, and whether it is.
    fn judge(&self) -> (bool, bool) {
        let marks = self.line.iter().take_while(|byte| **byte == b'>').count();
        let word = self.line.get(marks..).unwrap_or_default();
        let may = marks >= 1
            && (self.reversible || (marks == 1 && !self.quotation))
            && b"From ".starts_with(word);
        (may, may && word.len() == 5)
    }
}

/// Quotation marks before a `From ` that are looked at.
const MARKS: usize = 1 << 10;

impl Decoder for Unquoting {
    fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while let Some(&byte) = rest.first() {
            if self.within {
                let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at.saturating_add(1));
                let (line, after) = rest.split_at(end);
                out.extend_from_slice(line);
                self.within = !line.ends_with(b"\n");
                rest = after;
                continue;
            }
            self.line.push(byte);
            rest = rest.get(1..).unwrap_or_default();
            let (may, is) = self.judge();
            if is {
                self.line.remove(0);
            }
            if is || !may || self.line.len() > MARKS {
                self.quotation = !is && self.line.first() == Some(&b'>');
                self.within = byte != b'\n';
                out.append(&mut self.line);
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a decoder in pieces of every size: the result must not depend on it.
    fn decoded<D: Decoder>(make: impl Fn() -> D, input: &[u8]) -> (Vec<u8>, Faults) {
        let mut results = Vec::new();
        for piece in [1, 2, 3, 5, 7, 1000] {
            let (mut decoder, mut out) = (make(), Vec::new());
            for input in input.chunks(piece) {
                decoder.feed(input, &mut out);
            }
            decoder.finish(&mut out);
            results.push((out, decoder.faults()));
        }
        assert!(
            results.windows(2).all(|pair| pair[0] == pair[1]),
            "{results:?}"
        );
        results.pop().unwrap()
    }

    fn base64(input: &[u8]) -> (String, Faults) {
        let (out, faults) = decoded(Base64::default, input);
        (String::from_utf8(out).unwrap(), faults)
    }

    fn printable(input: &[u8]) -> String {
        let (out, _) = decoded(QuotedPrintable::default, input);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn base64_of_every_length() {
        for (text, wanted) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg", "foob"),
            ("Zm\r\n9v\r\nYmFy\r\n", "foobar"),
        ] {
            assert_eq!(
                base64(text.as_bytes()),
                (wanted.to_owned(), Faults::default()),
                "{text}"
            );
        }
    }

    #[test]
    fn the_length_of_base64_is_told_without_decoding() {
        let length = |text: &str| clean_base64_length(&mut text.as_bytes()).unwrap();
        for text in ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg", "Zm\r\n9v\r\nYmFy\r\n"] {
            assert_eq!(
                length(text),
                Some(base64(text.as_bytes()).0.len() as u64),
                "{text}"
            );
        }
        for text in ["Zm-9", "Zg==Zg==", "Z", "Zg== x"] {
            assert_eq!(length(text), None, "{text}");
        }
    }

    #[test]
    fn base64_that_is_broken() {
        assert_eq!(base64(b"Zm-9*v").0, "foo");
        assert_eq!(base64(b"Zm-9*v").1.strange, 2);
        assert!(base64(b"Zm9vY").1.cut);
        // More of it after padding, and a text that a mailing list put behind it.
        assert_eq!(base64(b"Zg==\r\nZm8=\r\n").0, "ffo");
        let (text, faults) = base64(b"Zm8=\r\n____\r\nList: x");
        assert_eq!(text, "fo");
        assert!(faults.behind > 0, "{faults:?}");
    }

    #[test]
    fn quoted_printable() {
        for (text, wanted) in [
            ("a=3Db=3dc", "a=b=c"),
            ("soft=\r\nline", "softline"),
            ("soft= \t\nline", "softline"),
            ("end=", "end"),
            ("trailing \t\r\nx ", "trailing\r\nx "),
            ("a b", "a b"),
            ("a=XYb =", "a=XYb "),
            ("soft=\rline", "softline"),
            ("==41", "=A"),
            ("=4", "=4"),
            ("a\n=\nb", "a\nb"),
            ("=41=42", "AB"),
            ("=A\nb", "=A\nb"),
        ] {
            assert_eq!(printable(text.as_bytes()), wanted, "{text:?}");
        }
    }

    #[test]
    fn from_lines_lose_a_mark() {
        let text = b">From a\n>>From b\n> From c\nx >From d\n>Fro\nx\n>From ".as_slice();
        let out = |quoting| {
            let (out, _) = decoded(|| Unquoting::new(quoting), text);
            String::from_utf8(out).unwrap()
        };
        let simple = "From a\n>>From b\n> From c\nx >From d\n>Fro\nx\nFrom ";
        assert_eq!(out(FromQuoting::Simple), simple);
        let (out_quoted, _) = decoded(
            || Unquoting::new(FromQuoting::Simple),
            b"> a\n>From b\n>From c\nx\n>From d\n",
        );
        assert_eq!(out_quoted, b"> a\n>From b\n>From c\nx\nFrom d\n");
        let reversible = "From a\n>From b\n> From c\nx >From d\n>Fro\nx\nFrom ";
        assert_eq!(out(FromQuoting::Reversible), reversible);
    }

    #[test]
    fn a_reader_decodes_as_it_reads() {
        let text = "Zm9v".repeat(50_000);
        let mut reader = Decoding::new(text.as_bytes(), Base64::default());
        let mut out = Vec::new();
        reader.read_to_end(&mut out).unwrap();
        assert_eq!(out.len(), 150_000);
        assert_eq!(reader.faults(), Faults::default());
    }
}
