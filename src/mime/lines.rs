//! The lines of a run of bytes, one by one, whatever their length, with a window of memory.
//!
//! *Spec*: RFC 5322 2.1: lines end in CRLF. *Seen in the wild*: bare LF; bare CR throughout (old
//! Macs); lines of megabytes.

use std::io;

use memchr::memchr;

use crate::file_bytes::FileBytes;

/// Bytes read at a time.
const WINDOW: usize = 128 << 10;
/// Bytes of a line that are shown at least; longer lines are shown by their beginning.
pub const LINE_HEAD: usize = 4 << 10;

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// In LF, with or without CR before it.
    Lf,
    /// In CR alone.
    Cr,
}

impl Ending {
    /// How the lines from here end: in CR when there is no LF nearby.
    ///
    /// # Errors
    /// Those of the system.
    pub fn of(bytes: &FileBytes, from: u64, to: u64) -> io::Result<Self> {
        let mut head = vec![0; length(to.saturating_sub(from)).min(WINDOW)];
        let read = bytes.read_at(&mut head, from)?;
        head.truncate(read);
        Ok(Self::of_head(&head))
    }

    /// The same of bytes in memory.
    #[must_use]
    pub fn of_head(head: &[u8]) -> Self {
        if memchr(b'\n', head).is_none() && memchr(b'\r', head).is_some() {
            Self::Cr
        } else {
            Self::Lf
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::Lf => b'\n',
            Self::Cr => b'\r',
        }
    }
}

/// A line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'l> {
    /// Where it begins.
    pub start: u64,
    /// Where it ends, without its line end.
    pub end: u64,
    /// Where the next begins.
    pub next: u64,
    /// Its bytes, at least the first [`LINE_HEAD`], without its line end.
    pub head: &'l [u8],
}

impl Line<'_> {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.start == self.end
    }
}

/// A reader of lines.
#[derive(Debug)]
pub struct Lines<'b> {
    bytes: &'b FileBytes,
    ending: Ending,
    to: u64,
    /// The window: where it begins in the input, its bytes, and how far it has been read.
    start: u64,
    window: Vec<u8>,
    at: usize,
    /// The head of a line that is longer than the window.
    long: Vec<u8>,
}

/// A length as an index; what does not fit is larger than any buffer.
pub(super) fn length(len: u64) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

impl<'b> Lines<'b> {
    /// The lines of the bytes between two offsets.
    #[must_use]
    pub fn new(bytes: &'b FileBytes, from: u64, to: u64, ending: Ending) -> Self {
        Self {
            bytes,
            ending,
            to: to.min(bytes.len()),
            start: from,
            window: Vec::new(),
            at: 0,
            long: Vec::new(),
        }
    }

    /// Goes on at another offset.
    pub fn seek(&mut self, offset: u64) {
        let within = offset.checked_sub(self.start).map(length);
        match within.filter(|within| *within <= self.window.len()) {
            Some(within) => self.at = within,
            None => {
                self.start = offset;
                self.window.clear();
                self.at = 0;
            }
        }
    }

    /// Reads on behind the window, and forgets what has been read; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.window.drain(..self.at.min(self.window.len()));
        self.start = self.start.saturating_add(self.at as u64);
        self.at = 0;
        let held = self.window.len();
        let behind = self.start.saturating_add(held as u64);
        let more = length(self.to.saturating_sub(behind)).min(WINDOW);
        self.window.resize(held.saturating_add(more), 0);
        let read = match self.window.get_mut(held..) {
            Some(rest) if !rest.is_empty() => self.bytes.read_at(rest, behind)?,
            _ => 0,
        };
        self.window.truncate(held.saturating_add(read));
        Ok(read > 0)
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// Those of the system.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut seen = 0;
        let found = loop {
            let rest = self.window.get(self.at..).unwrap_or_default();
            let unseen = rest.get(seen..).unwrap_or_default();
            if let Some(at) = memchr(self.ending.byte(), unseen) {
                break Some(seen.saturating_add(at));
            }
            seen = rest.len();
            if seen >= WINDOW {
                return self.long_line();
            }
            if !self.fill()? {
                break None;
            }
        };
        let start = self.start.saturating_add(self.at as u64);
        let from = self.at;
        let Some(len) = found else {
            let rest = self.window.get(from..).unwrap_or_default();
            self.at = self.window.len();
            let end = start.saturating_add(rest.len() as u64);
            return Ok((!rest.is_empty()).then_some(Line {
                start,
                end,
                next: end,
                head: rest,
            }));
        };
        self.at = from.saturating_add(len).saturating_add(1);
        let own = self.window.get(from..from.saturating_add(len));
        let head = self.without_cr(own.unwrap_or_default());
        Ok(Some(Line {
            start,
            end: start.saturating_add(head.len() as u64),
            next: start.saturating_add(len as u64).saturating_add(1),
            head,
        }))
    }

    fn without_cr<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        match self.ending {
            Ending::Lf => line.strip_suffix(b"\r").unwrap_or(line),
            Ending::Cr => line,
        }
    }

    /// A line that is longer than the window: its head, and where it ends.
    fn long_line(&mut self) -> io::Result<Option<Line<'_>>> {
        let start = self.start.saturating_add(self.at as u64);
        let rest = self.window.get(self.at..).unwrap_or_default();
        self.long = rest.get(..LINE_HEAD).unwrap_or(rest).to_vec();
        let mut last = 0;
        let (end, next) = loop {
            let rest = self.window.get(self.at..).unwrap_or_default();
            let offset = self.start.saturating_add(self.at as u64);
            if let Some(at) = memchr(self.ending.byte(), rest) {
                let before = at.checked_sub(1).and_then(|at| rest.get(at));
                let cr = before.copied().unwrap_or(last) == b'\r' && self.ending == Ending::Lf;
                self.at = self.at.saturating_add(at).saturating_add(1);
                let end = offset.saturating_add(at as u64);
                break (end.saturating_sub(u64::from(cr)), end.saturating_add(1));
            }
            last = rest.last().copied().unwrap_or(last);
            let end = offset.saturating_add(rest.len() as u64);
            self.at = self.window.len();
            if !self.fill()? {
                break (end, end);
            }
        };
        Ok(Some(Line {
            start,
            end,
            next,
            head: &self.long,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<(u64, u64, Vec<u8>)> {
        let bytes = FileBytes::in_memory(text.to_vec());
        let ending = Ending::of(&bytes, 0, bytes.len()).unwrap();
        let mut lines = Lines::new(&bytes, 0, bytes.len(), ending);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push((line.start, line.next, line.head.to_vec()));
        }
        all
    }

    #[test]
    fn lines_end_in_lf_or_crlf_and_the_last_need_not() {
        let lines = all(b"a\r\n\nbc");
        let texts: Vec<_> = lines.iter().map(|line| line.2.as_slice()).collect();
        assert_eq!(texts, [b"a".as_slice(), b"", b"bc"]);
        assert_eq!((lines[2].0, lines[2].1), (4, 6));
        assert!(all(b"").is_empty());
    }

    #[test]
    fn where_there_is_no_lf_lines_end_in_cr() {
        let texts: Vec<_> = all(b"a\rb\r\rc").into_iter().map(|line| line.2).collect();
        assert_eq!(texts, [b"a".to_vec(), b"b".to_vec(), vec![], b"c".to_vec()]);
    }

    #[test]
    fn a_long_line_is_known_by_its_head() {
        let mut text = vec![b'x'; 3 * WINDOW - 1];
        text.extend_from_slice(b"\r\nnext\n");
        let lines = all(&text);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].2.len() >= LINE_HEAD);
        assert_eq!(lines[0].1, 3 * WINDOW as u64 + 1);
        assert_eq!(lines[1].2, b"next");
    }

    #[test]
    fn seeking_goes_back_and_forth() {
        let bytes = FileBytes::in_memory(*b"one\ntwo\nthree\n");
        let mut lines = Lines::new(&bytes, 0, bytes.len(), Ending::Lf);
        lines.next_line().unwrap();
        lines.seek(8);
        assert_eq!(lines.next_line().unwrap().unwrap().head, b"three");
        lines.seek(4);
        assert_eq!(lines.next_line().unwrap().unwrap().head, b"two");
    }
}
