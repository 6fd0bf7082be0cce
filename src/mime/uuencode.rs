//! Uuencoded blocks: `begin 644 name`, lines, `end`.
//!
//! *Spec*: POSIX `uuencode`.
//!
//! *Shape*: the first character of a line tells how many bytes it holds; four characters stand for
//! three bytes; `` ` `` and space are zero.

use super::transfer::{Decoder, Faults};

/// The mode and name of a `begin` line.
#[must_use]
pub fn begin(line: &[u8]) -> Option<(String, String)> {
    let line = line.strip_prefix(b"begin ")?.trim_ascii_end();
    let space = memchr::memchr(b' ', line)?;
    let (mode, name) = line.split_at(space);
    let octal = (3..=6).contains(&mode.len()) && mode.iter().all(|b| matches!(b, b'0'..=b'7'));
    let name = crate::charset::guess(name.trim_ascii()).text;
    let mode = String::from_utf8_lossy(mode).into_owned();
    (octal && !name.is_empty()).then_some((mode, name))
}

/// Appends what a line holds; false when it is no line of a block.
pub fn line(text: &[u8], out: &mut Vec<u8>) -> bool {
    let value = |byte: u8| match byte {
        b' '..=b'`' => Some(u32::from(byte.wrapping_sub(b' ') & 0x3F)),
        _ => None,
    };
    let Some((first, rest)) = text.split_first() else {
        return false;
    };
    let Some(wanted) = value(*first).and_then(|wanted| usize::try_from(wanted).ok()) else {
        return false;
    };
    let rest = rest.trim_ascii_end();
    // Spaces at the end of a line get lost on the way; more than a check character is too much.
    let digits = wanted.div_ceil(3).saturating_mul(4);
    if rest.len() > digits.saturating_add(2) || (wanted == 0 && rest.len() > 4) {
        return false;
    }
    let whole = out.len().saturating_add(wanted);
    let mut quads = rest
        .get(..digits.min(rest.len()))
        .unwrap_or_default()
        .chunks(4);
    while out.len() < whole {
        let quad = quads.next().unwrap_or_default();
        let mut held = 0;
        for at in 0..4 {
            let Some(digit) = quad.get(at).map_or(Some(0), |byte| value(*byte)) else {
                return false;
            };
            held = held << 6 | digit;
        }
        let [_, a, b, c] = u32::to_be_bytes(held);
        out.extend_from_slice(&[a, b, c]);
    }
    out.truncate(whole);
    true
}

/// The `x-uuencode` transfer encoding: one block, with what may stand around it.
#[derive(Debug, Default)]
pub struct Uuencode {
    line: Vec<u8>,
    state: State,
    faults: Faults,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Before,
    Within,
    After,
}

/// Bytes of a line that are looked at.
const LINE: usize = 1 << 10;

impl Uuencode {
    fn end_of_line(&mut self, out: &mut Vec<u8>) {
        let text = std::mem::take(&mut self.line);
        let text = text.strip_suffix(b"\r").unwrap_or(&text);
        match self.state {
            State::Before if begin(text).is_some() => self.state = State::Within,
            State::Within if text.trim_ascii_end() == b"end" => self.state = State::After,
            State::Within if !text.is_empty() && !line(text, out) => {
                self.faults.strange = self.faults.strange.saturating_add(text.len() as u64);
            }
            State::Before | State::After if !text.trim_ascii().is_empty() => {
                self.faults.behind = self.faults.behind.saturating_add(text.len() as u64);
            }
            _ => {}
        }
    }
}

impl Decoder for Uuencode {
    fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for &byte in input {
            if byte == b'\n' {
                self.end_of_line(out);
            } else if self.line.len() < LINE {
                self.line.push(byte);
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.end_of_line(out);
        self.faults.cut |= self.state == State::Within;
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block() {
        let text = b"begin 644 cat.txt\n#0V%T\n`\nend\n";
        let (mut decoder, mut out) = (Uuencode::default(), Vec::new());
        decoder.feed(text, &mut out);
        decoder.finish(&mut out);
        assert_eq!(out, b"Cat");
        assert_eq!(decoder.faults(), Faults::default());
        assert_eq!(
            begin(b"begin 644 a b.txt\r"),
            Some(("644".to_owned(), "a b.txt".to_owned()))
        );
        assert_eq!(begin(b"begin here and now"), None);
    }

    #[test]
    fn lines_with_spaces_lost() {
        let mut out = Vec::new();
        assert!(line(b"#", &mut out));
        assert_eq!(out, [0, 0, 0]);
        assert!(!line(b"#0V%T and more text", &mut out));
        assert!(!line(b"", &mut out));
        assert!(!line(b"#0v%t", &mut out));
    }
}
