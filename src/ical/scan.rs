//! One pass over the bytes of a file: where its lines are, and how those begin that tell components
//! apart.
//!
//! *Spec*: RFC 5545 3.1 (folding).
//!
//! *Invariants*: linear; memory holds one buffer and the beginning of one line.

use std::io;

use memchr::memchr2;

use crate::file_bytes::FileBytes;
use crate::limits;

const BUFFER: usize = 64 << 10;

/// A line, unfolded.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Where it begins.
    pub(super) offset: u64,
    /// Where the next one begins.
    pub(super) end: u64,
    /// Its beginning, at most [`limits::CALENDAR_LINE_HEAD`] bytes.
    pub(super) head: Vec<u8>,
}

/// The lines of a file, blank ones passed over.
#[derive(Debug)]
pub(super) struct Scan {
    bytes: FileBytes,
    buffer: Vec<u8>,
    /// Where the buffer begins in the file.
    base: u64,
    /// Where the next byte is in the buffer.
    at: usize,
}

impl Scan {
    pub(super) fn new(bytes: FileBytes) -> Self {
        Self {
            bytes,
            buffer: Vec::new(),
            base: 0,
            at: 0,
        }
    }

    fn position(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    /// The bytes at hand; empty at the end of the file.
    fn rest(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.buffer.len() {
            self.base = self.base.saturating_add(self.buffer.len() as u64);
            self.at = 0;
            self.buffer.resize(BUFFER, 0);
            let read = self.bytes.read_at(&mut self.buffer, self.base)?;
            self.buffer.truncate(read);
        }
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    /// Takes what is left of a line and its end; as much of it as fits goes into `head`.
    fn physical(&mut self, head: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let rest = self.rest()?;
            if rest.is_empty() {
                return Ok(());
            }
            let end = memchr2(b'\r', b'\n', rest);
            let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let room = limits::CALENDAR_LINE_HEAD.saturating_sub(head.len());
            head.extend_from_slice(line.get(..room.min(line.len())).unwrap_or_default());
            let taken = line.len();
            let returned = end.and_then(|end| rest.get(end)) == Some(&b'\r');
            self.at = self.at.saturating_add(taken);
            if end.is_none() {
                continue;
            }
            self.at = self.at.saturating_add(1);
            if returned && self.rest()?.first() == Some(&b'\n') {
                self.at = self.at.saturating_add(1);
            }
            return Ok(());
        }
    }

    /// The next line that is not blank; `None` at the end of the file.
    pub(super) fn next(&mut self, line: &mut Line) -> io::Result<bool> {
        loop {
            line.head.clear();
            line.offset = self.position();
            if self.rest()?.is_empty() {
                return Ok(false);
            }
            self.physical(&mut line.head)?;
            if line.offset == 0 && line.head.starts_with(b"\xEF\xBB\xBF") {
                line.head.drain(..3);
            }
            while let Some(b' ' | b'\t') = self.rest()?.first() {
                self.at = self.at.saturating_add(1);
                self.physical(&mut line.head)?;
            }
            line.end = self.position();
            if line
                .head
                .iter()
                .any(|byte| !byte.is_ascii_whitespace() && *byte != 0)
            {
                return Ok(true);
            }
        }
    }
}

impl Line {
    /// Name and value, when the line begins with `NAME:` or `NAME;…:`. Parameters are passed over.
    pub(super) fn is(&self, name: &str) -> Option<&[u8]> {
        let head = self.head.trim_ascii_start();
        let (own, rest) = head.split_at_checked(name.len())?;
        if !own.eq_ignore_ascii_case(name.as_bytes()) {
            return None;
        }
        let mut in_quotes = false;
        let at = rest.iter().position(|byte| {
            in_quotes ^= *byte == b'"';
            *byte == b':' && !in_quotes
        })?;
        let params = rest.get(..at)?;
        let clean = matches!(params.trim_ascii().first(), None | Some(b';'));
        let value = rest.get(at.saturating_add(1)..)?;
        clean.then(|| value.trim_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_end() {
        let text = b"\xEF\xBB\xBFA:1\r\n 2\r\n\r\n \r\nB:3\rC;X=\"a:b\":4\n\t5\n\nD:6".to_vec();
        for pad in [0, BUFFER - 20, BUFFER - 7] {
            let mut long = text.clone();
            long.extend(std::iter::repeat_n(b'x', pad));
            long.extend(b"\r\nE:7");
            let mut scan = Scan::new(FileBytes::in_memory(long.clone()));
            let mut line = Line::default();
            let mut seen = Vec::new();
            let mut last = 0;
            while scan.next(&mut line).unwrap() {
                assert!(line.offset >= last);
                last = line.end;
                seen.push(String::from_utf8_lossy(&line.head).into_owned());
            }
            assert_eq!(last, long.len() as u64);
            assert_eq!(seen[..3], ["A:12", "B:3", "C;X=\"a:b\":45"]);
            assert!(seen[3].starts_with("D:6") && seen[3].len() <= limits::CALENDAR_LINE_HEAD);
            assert_eq!(seen[4], "E:7");
        }
    }

    #[test]
    fn names_are_whole_words() {
        let line = |text: &str| Line {
            head: text.as_bytes().to_vec(),
            ..Line::default()
        };
        assert_eq!(line("uid : x").is("UID"), Some(b"x".as_slice()));
        assert_eq!(line("UID;X=\":\":x").is("UID"), Some(b"x".as_slice()));
        assert_eq!(line("UIDX:x").is("UID"), None);
        assert_eq!(line("UID").is("UID"), None);
    }
}
