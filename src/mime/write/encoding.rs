//! Transfer encodings that are written.
//!
//! *Spec*: RFC 2045 2.7 (7bit), 6.7 (quoted-printable), 6.8 (Base64).
//!
//! *Invariants*: whatever the bytes are, they come back as they were; no line is a boundary, or
//! begins with `From ` or a dot, which transports and mailboxes change.

use std::io::{self, Write};

/// Bytes of a file encoded at a time: whole lines of Base64.
pub(super) const BLOCK: usize = 57 * 1024;
/// Letters of a line, without its end (RFC 2045 6.7).
const LINE: usize = 76;
/// Bytes of a line that is written as it is (RFC 5322 2.1.1).
const PLAIN_LINE: usize = 78;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    QuotedPrintable,
    Base64,
}

impl Encoding {
    /// What suits a text: as it is if it can be, Base64 if that is shorter.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut plain = true;
        let mut escaped = 0_usize;
        let mut lines = text.split(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let ended = lines.peek().is_some();
            let own = match (ended, line.strip_suffix(b"\r")) {
                (true, Some(own)) => own,
                // A line feed alone.
                (true, None) => {
                    plain = false;
                    line
                }
                (false, _) => line,
            };
            let odd = own.iter().filter(|byte| is_odd(**byte)).count();
            escaped = escaped.saturating_add(odd);
            plain &= odd == 0
                && own.len() <= PLAIN_LINE
                && !begins_oddly(own)
                && !matches!(own.last(), Some(b' ' | b'\t'));
        }
        if plain {
            Self::Plain
        } else if escaped > text.len() / 6 {
            Self::Base64
        } else {
            Self::QuotedPrintable
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "7bit",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
        }
    }

    pub(super) fn write(self, text: &[u8], to: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Plain => to.write_all(text),
            Self::QuotedPrintable => quoted_printable(text, to),
            Self::Base64 => {
                let mut lines = Base64Lines::default();
                lines.write(text, to)?;
                lines.finish(to)
            }
        }
    }
}

/// What quoted-printable has to escape wherever it stands.
fn is_odd(byte: u8) -> bool {
    !matches!(byte, b' '..=b'<' | b'>'..=b'~' | b'\t')
}

fn begins_oddly(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b".") || line.starts_with(b"--")
}

fn quoted_printable(text: &[u8], to: &mut dyn Write) -> io::Result<()> {
    let mut rest = text;
    let mut line: Vec<u8> = Vec::with_capacity(LINE);
    while !rest.is_empty() {
        let end = memchr::memmem::find(rest, b"\r\n");
        let own = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let last = own.len().saturating_sub(1);
        for (at, &byte) in own.iter().enumerate() {
            let first_odd = at == 0 && begins_oddly(own);
            let last_space = at == last && matches!(byte, b' ' | b'\t');
            let escape = is_odd(byte) || first_odd || last_space;
            let width = if escape { 3 } else { 1 };
            // A soft line break takes one more.
            if line.len().saturating_add(width) >= LINE {
                line.extend_from_slice(b"=\r\n");
                to.write_all(&line)?;
                line.clear();
                // What follows it begins a line too.
                let odd = begins_oddly(own.get(at..).unwrap_or_default());
                if odd && !escape {
                    line.extend_from_slice(&hex(byte));
                    continue;
                }
            }
            if escape {
                line.extend_from_slice(&hex(byte));
            } else {
                line.push(byte);
            }
        }
        to.write_all(&line)?;
        line.clear();
        match end {
            Some(end) => {
                to.write_all(b"\r\n")?;
                rest = rest.get(end.saturating_add(2)..).unwrap_or_default();
            }
            None => rest = &[],
        }
    }
    Ok(())
}

/// `=3D`.
pub(super) fn hex(byte: u8) -> [u8; 3] {
    let digit = |half: u8| {
        let digit = char::from_digit(half.into(), 16).unwrap_or('0');
        u8::try_from(digit.to_ascii_uppercase()).unwrap_or(b'0')
    };
    [b'=', digit(byte >> 4), digit(byte & 15)]
}

/// Base64 in lines, as it is fed.
#[derive(Debug, Default)]
pub(super) struct Base64Lines {
    /// Bytes that make no whole line yet.
    waiting: Vec<u8>,
    begun: bool,
}

/// Bytes of a line.
const OF_A_LINE: usize = LINE / 4 * 3;

impl Base64Lines {
    pub(super) fn write(&mut self, bytes: &[u8], to: &mut dyn Write) -> io::Result<()> {
        let mut rest = bytes;
        let mut out = Vec::with_capacity(bytes.len() / 2 * 3);
        if !self.waiting.is_empty() {
            let missing = OF_A_LINE.saturating_sub(self.waiting.len()).min(rest.len());
            let (own, after) = rest.split_at(missing);
            self.waiting.extend_from_slice(own);
            rest = after;
            if self.waiting.len() < OF_A_LINE {
                return Ok(());
            }
            let waiting = std::mem::take(&mut self.waiting);
            self.line(&waiting, &mut out);
        }
        let mut lines = rest.chunks_exact(OF_A_LINE);
        for line in lines.by_ref() {
            self.line(line, &mut out);
        }
        self.waiting.extend_from_slice(lines.remainder());
        to.write_all(&out)
    }

    pub(super) fn finish(mut self, to: &mut dyn Write) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut out = Vec::new();
        if !waiting.is_empty() {
            self.line(&waiting, &mut out);
        }
        to.write_all(&out)
    }

    fn line(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.begun {
            out.extend_from_slice(b"\r\n");
        }
        self.begun = true;
        base64(bytes, out);
    }
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends bytes as Base64.
pub(super) fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let index = usize::try_from(bits >> shift & 63).unwrap_or_default();
            let letter = LETTERS.get(index).copied().unwrap_or(b'A');
            out.push(if at > group.len() { b'=' } else { letter });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mime::transfer::{Base64, Decoder, QuotedPrintable};

    fn back(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
        let mut written = Vec::new();
        encoding.write(bytes, &mut written).unwrap();
        for line in written.split(|byte| *byte == b'\n') {
            let own = line.strip_suffix(b"\r").unwrap_or(line);
            assert!(own.len() <= LINE.max(PLAIN_LINE), "{own:?}");
            assert!(!begins_oddly(own), "{own:?}");
        }
        let mut out = Vec::new();
        match encoding {
            Encoding::Plain => return written,
            Encoding::QuotedPrintable => {
                let mut decoder = QuotedPrintable::default();
                decoder.feed(&written, &mut out);
                decoder.finish(&mut out);
            }
            Encoding::Base64 => {
                let mut decoder = Base64::default();
                decoder.feed(&written, &mut out);
                decoder.finish(&mut out);
            }
        }
        out
    }

    #[test]
    fn what_suits_a_text() {
        for (text, wanted) in [
            ("", Encoding::Plain),
            ("a\r\nb", Encoding::Plain),
            ("a\nb", Encoding::QuotedPrintable),
            ("a \r\n", Encoding::QuotedPrintable),
            ("From me, with all that it takes", Encoding::QuotedPrintable),
            ("Grüße an alle, die hier sind", Encoding::QuotedPrintable),
            ("日本語", Encoding::Base64),
        ] {
            assert_eq!(Encoding::of(text.as_bytes()), wanted, "{text:?}");
        }
        let long = "x".repeat(200);
        assert_eq!(Encoding::of(long.as_bytes()), Encoding::QuotedPrintable);
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for encoding in [Encoding::QuotedPrintable, Encoding::Base64] {
                prop_assert_eq!(back(encoding, &bytes), bytes.as_slice());
            }
        }

        #[test]
        fn texts_come_back(text in "(From |\\.|--|=|\r\n|\n|\r| |\t|a|ü|x{70,90}){0,40}") {
            let bytes = text.as_bytes();
            let chosen = Encoding::of(bytes);
            prop_assert_eq!(back(chosen, bytes), bytes);
            prop_assert_eq!(back(Encoding::QuotedPrintable, bytes), bytes);
        }
    }
}
