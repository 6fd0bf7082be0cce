//! Mailboxes: messages one after the other, each behind a `From ` line.
//!
//! *Spec*: RFC 4155 and its appendix; the variants that mbox(5) names:
//!
//! | variant | the body ends | a line `From ` in a body | `>From ` |
//! |---|---|---|---|
//! | `mboxo` | before the next `From ` line | `>From ` | as it is |
//! | `mboxrd` | the same | `>From ` | `>>From ` |
//! | `mboxcl` | after `Content-Length` bytes | `>From ` | as it is |
//! | `mboxcl2` | the same | as it is | as it is |
//!
//! *Invariants*: one pass over the lines; an index of offsets is held, no message.
//!
//! *Seen in the wild*: `From ` lines without a date; none before the first message; a `From ` in a
//! body that nobody quoted; `Content-Length` that lies; no empty line before a `From ` line.

use std::io;

use super::date;
use super::header;
use super::lines::{Ending, Lines};
use super::transfer::FromQuoting;
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where its `From ` line begins.
    pub start: u64,
    /// Where it ends, without the empty line that belongs to the mailbox.
    pub end: u64,
    /// Whether its `Content-Length` tells where it ends.
    pub told: bool,
}

/// A mailbox.
#[derive(Debug, Default)]
pub struct Mbox {
    /// Its messages, in their order.
    pub entries: Vec<Entry>,
    /// How messages are quoted whose length is not told.
    pub quoting: FromQuoting,
    /// How those are quoted whose length is told.
    pub told_quoting: FromQuoting,
    /// `From ` lines that begin a message.
    pub from_lines: u64,
    /// What was found in the mailbox as a whole.
    pub findings: Findings,
}

/// What the lines of the bodies tell of the variant.
#[derive(Debug, Default)]
struct Signs {
    /// `>From `.
    quoted: u64,
    /// `>>From ` in text that is no quotation.
    quoted_twice: u64,
    /// `From ` in a body whose length is told.
    bare_told: u64,
    /// `>From ` in such a body.
    quoted_told: u64,
    /// `From ` with no date in it, or no header behind it.
    passed_over: u64,
    /// `From ` lines without an empty line before them.
    no_blank: u64,
}

/// Whether a line begins like the `From ` line of a mailbox: a sender, and a date with a time.
#[must_use]
pub fn is_from_line(line: &[u8]) -> bool {
    from_date(line).is_some()
}

/// The date of a `From ` line.
#[must_use]
pub fn from_date(line: &[u8]) -> Option<date::Dated> {
    let rest = line.strip_prefix(b"From ")?.trim_ascii_start();
    // `From : ann@example.org` is a field.
    header::name_of(line).is_none().then_some(())?;
    let tail = rest.get(memchr::memchr(b' ', rest)?..)?;
    // The last words are the date; what stands before is a sender with spaces.
    let tail = tail.get(tail.len().saturating_sub(LONGEST_DATE)..)?;
    tail.contains(&b':').then_some(())?;
    date::parse(tail)
}

/// Bytes of the end of a `From ` line in which the date is.
const LONGEST_DATE: usize = 80;

/// Whether it is a `From ` line without a date: with an address, or `-`.
#[must_use]
pub fn is_weak_from_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    if header::name_of(line).is_some() {
        return false;
    }
    let sender = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    sender == b"-" || sender.contains(&b'@')
}

/// The scan at work.
#[derive(Default)]
struct Scan {
    mbox: Mbox,
    signs: Signs,
    /// A `From ` line that the next line confirms or not.
    candidate: Option<Candidate>,
    in_header: bool,
    length: Option<u64>,
    /// Where the body at hand ends, by its `Content-Length`.
    until: Option<u64>,
}

struct Candidate {
    start: u64,
    /// Where the message before it ends.
    end: u64,
    dated: bool,
    after_blank: bool,
}

impl Mbox {
    /// Finds the messages of a mailbox.
    ///
    /// # Errors
    /// When it cannot be read.
    ///
    /// # Findings
    /// `mime.mbox.*`, see `docs/fidelity.md`.
    pub fn scan(bytes: &FileBytes) -> io::Result<Self> {
        let ending = Ending::of(bytes, 0, bytes.len())?;
        let mut lines = Lines::new(bytes, 0, bytes.len(), ending);
        let mut scan = Scan::default();
        let (mut blank, mut quote) = (true, false);
        // Where the last line that is not empty ended, with its line end.
        let mut text_end = 0;
        while let Some(line) = lines.next_line()? {
            if let Some(candidate) = scan.candidate.take() {
                scan.judge(&candidate, line.head);
            }
            let within = scan.until.is_some_and(|until| line.start < until);
            if !within {
                scan.until = None;
            }
            let marks = line.head.iter().take_while(|byte| **byte == b'>').count();
            let from = line
                .head
                .get(marks..)
                .is_some_and(|text| text.starts_with(b"From "));
            if from && !scan.in_header {
                scan.count(marks, within, quote);
            }
            if from && marks == 0 && !within {
                let dated = is_from_line(line.head);
                if dated || is_weak_from_line(line.head) {
                    scan.candidate = Some(Candidate {
                        start: line.start,
                        end: text_end,
                        dated,
                        after_blank: blank || line.start == 0,
                    });
                } else {
                    scan.signs.passed_over = scan.signs.passed_over.saturating_add(1);
                }
            } else if scan.in_header {
                scan.header_line(bytes, line.head, line.next)?;
            }
            blank = line.head.trim_ascii().is_empty();
            quote = marks > 0;
            if !blank || within {
                text_end = line.next;
            }
        }
        if let Some(candidate) = scan.candidate.take() {
            scan.judge(&candidate, b"");
        }
        Ok(scan.end(bytes.len()))
    }

    /// How an entry is quoted.
    #[must_use]
    pub fn quoting_of(&self, entry: &Entry) -> FromQuoting {
        if entry.told {
            self.told_quoting
        } else {
            self.quoting
        }
    }
}

impl Scan {
    fn count(&mut self, marks: usize, told: bool, in_quote: bool) {
        let signs = &mut self.signs;
        let sign = match (marks, told) {
            (0, true) => &mut signs.bare_told,
            (0, false) => return,
            (_, true) => &mut signs.quoted_told,
            (1, false) => &mut signs.quoted,
            (_, false) if in_quote => return,
            (_, false) => &mut signs.quoted_twice,
        };
        *sign = sign.saturating_add(1);
    }

    /// Decides whether a `From ` line begins a message, by the line behind it.
    fn judge(&mut self, candidate: &Candidate, next: &[u8]) {
        let known = header::is_well_known(next) || next.starts_with(b">From ");
        let field = known || header::name_of(next).is_some();
        let begins = match (candidate.dated, candidate.after_blank) {
            (true, true) => field || next.trim_ascii().is_empty(),
            (true, false) | (false, true) => known,
            (false, false) => false,
        };
        if !begins {
            self.signs.passed_over = self.signs.passed_over.saturating_add(1);
            return;
        }
        if !candidate.after_blank {
            self.signs.no_blank = self.signs.no_blank.saturating_add(1);
        }
        if let Some(last) = self.mbox.entries.last_mut() {
            last.end = candidate.end.max(last.start);
        }
        self.mbox.from_lines = self.mbox.from_lines.saturating_add(1);
        self.mbox.entries.push(Entry {
            start: candidate.start,
            end: candidate.start,
            told: false,
        });
        (self.in_header, self.length, self.until) = (true, None, None);
    }

    fn header_line(&mut self, bytes: &FileBytes, line: &[u8], next: u64) -> io::Result<()> {
        if line.trim_ascii().is_empty() {
            self.in_header = false;
            let end = self.length.and_then(|length| next.checked_add(length));
            if let Some(end) = end.filter(|end| *end <= bytes.len())
                && ends_at(bytes, end)?
            {
                self.until = Some(end);
                let last = self.mbox.entries.last_mut();
                last.into_iter().for_each(|last| last.told = true);
            }
        } else if header::name_of(line)
            .is_some_and(|name| name.eq_ignore_ascii_case("Content-Length"))
        {
            let value = line
                .splitn(2, |byte| *byte == b':')
                .nth(1)
                .unwrap_or_default();
            let value = std::str::from_utf8(value.trim_ascii()).unwrap_or_default();
            self.length = value.parse().ok();
        }
        Ok(())
    }

    fn end(mut self, end: u64) -> Mbox {
        if let Some(last) = self.mbox.entries.last_mut() {
            last.end = end;
        }
        let signs = &self.signs;
        let mbox = &mut self.mbox;
        mbox.quoting = match (signs.quoted_twice, signs.quoted) {
            (0, 0) => FromQuoting::None,
            (0, _) => FromQuoting::Simple,
            _ => FromQuoting::Reversible,
        };
        mbox.told_quoting = match (signs.bare_told, signs.quoted_told) {
            (0, 1..) => FromQuoting::Simple,
            _ => FromQuoting::None,
        };
        let told = mbox.entries.iter().filter(|entry| entry.told).count();
        let mut notes = Vec::new();
        match mbox.quoting {
            FromQuoting::None => {}
            FromQuoting::Simple => notes.push("lines `>From ` are read as `From ` (mboxo)"),
            FromQuoting::Reversible => {
                notes.push("lines `>From ` and `>>From ` lose one mark (mboxrd)");
            }
        }
        match (told, mbox.told_quoting) {
            (0, _) => {}
            (_, FromQuoting::None) => {
                notes.push("`Content-Length` tells where messages end (mboxcl2)");
            }
            _ => notes.push("`Content-Length` tells where messages end (mboxcl)"),
        }
        if !notes.is_empty() {
            let detail = notes.join("; ");
            mbox.findings
                .add("mime.mbox.variant", Effect::Noted, "mailbox", detail);
        }
        for (count, what) in [
            (signs.passed_over, "`From ` in a body begin no message"),
            (
                signs.no_blank,
                "messages begin without an empty line before them",
            ),
        ] {
            if count > 0 {
                let detail = format!("{count} lines: {what}");
                mbox.findings
                    .add("mime.mbox.from-lines", Effect::Noted, "mailbox", detail);
            }
        }
        self.mbox
    }
}

/// Whether a message can end here: at the end of the mailbox, or before a `From ` line.
fn ends_at(bytes: &FileBytes, end: u64) -> io::Result<bool> {
    let mut behind = [0; 16];
    let read = bytes.read_at(&mut behind, end)?;
    let behind = behind.get(..read).unwrap_or_default();
    let mut before = [0; 1];
    bytes.read_at(&mut before, end.saturating_sub(1))?;
    let after_line =
        matches!(before, [b'\n' | b'\r']) || matches!(behind.first(), Some(b'\n' | b'\r'));
    let breaks = behind
        .iter()
        .take_while(|byte| matches!(byte, b'\n' | b'\r'))
        .count();
    let rest = behind.get(breaks..).unwrap_or_default();
    // A length that leaves out the last line ends is as good as any.
    Ok(rest.is_empty() || (after_line && breaks <= 4 && rest.starts_with(b"From ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Mbox {
        Mbox::scan(&FileBytes::in_memory(text.as_bytes().to_vec())).unwrap()
    }

    fn bodies(text: &str) -> Vec<&str> {
        let cut = |entry: &Entry| {
            text.get(usize::try_from(entry.start).unwrap()..usize::try_from(entry.end).unwrap())
                .unwrap()
        };
        scan(text).entries.iter().map(cut).collect()
    }

    const FROM: &str = "From ann@example.org Sat Jan  3 01:05:34 1996\n";

    #[test]
    fn from_lines_begin_messages_and_text_does_not() {
        let text = format!(
            "{FROM}Subject: a\n\nFrom the start\n\nFrom here to 10:00 there\n\n\
            {FROM}Subject: b\n\nb\n"
        );
        let found = bodies(&text);
        assert_eq!(found.len(), 2);
        assert!(found[0].ends_with("there\n"), "{found:?}");
        assert!(found[1].ends_with("b\n\nb\n"));
        let lines = [
            "From - Tue Feb 01 10:20:30 2022",
            "From MAILER-DAEMON Fri Jul  8 12:08:34 2011",
            "From 15@xxx Thu Jan 01 00:00:00 +0000 2015",
            "From ???@??? Mon Jan 01 12:00:00 2001",
            "From a@b Sat Jan  3 01:05:34 CET 1996 remote from c",
        ];
        assert!(lines.iter().all(|line| is_from_line(line.as_bytes())));
        assert!(!is_from_line(b"From the 3rd of May 2024"));
    }

    #[test]
    fn lengths_that_are_told_go_before_from_lines() {
        let body = format!("x\n\n{FROM}Subject: quoted\n\ny\n");
        let text = format!(
            "{FROM}Content-Length: {}\n\n{body}\n{FROM}Subject: b\n\nb\n",
            body.len()
        );
        let mbox = scan(&text);
        assert_eq!(mbox.entries.len(), 2);
        assert!(mbox.entries[0].told && !mbox.entries[1].told);
        assert_eq!(mbox.told_quoting, FromQuoting::None);
        // A length that lies is no length.
        let text = format!("{FROM}Content-Length: 3\n\n{body}\n{FROM}Subject: b\n\nb\n");
        assert_eq!(scan(&text).entries.len(), 3);
    }

    #[test]
    fn the_variant_is_told_by_the_lines() {
        let of = |line: &str| scan(&format!("{FROM}Subject: a\n\n{line}\n")).quoting;
        assert_eq!(of("x"), FromQuoting::None);
        assert_eq!(of(">From x"), FromQuoting::Simple);
        assert_eq!(of("x\n>>From x\n>From y"), FromQuoting::Reversible);
        assert_eq!(of("> > x\n>>From x\n>From y"), FromQuoting::Simple);
    }

    #[test]
    fn lines_without_a_date_need_a_header_behind_them() {
        let text = "From ann@example.org\nSubject: a\n\na\n\nFrom bob@x\nTo: b\n\nb\n";
        assert_eq!(bodies(text).len(), 2);
        let text = format!("{FROM}Subject: a\n\na\n{FROM}Subject: b\n\nb");
        assert_eq!(bodies(&text).len(), 2);
        assert!(scan("").entries.is_empty());
    }
}
