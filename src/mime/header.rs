//! Header blocks: fields by name, with their values as they stand there.
//!
//! *Spec*: RFC 5322 2.2, 3.6.8, 4.5 (white space before the colon).
//!
//! *Invariant*: linear in the block; a field's value borrows from it.
//!
//! *Seen in the wild*: lines that are no field; bare CR between fields; `>From ` lines; NUL before
//! the colon.

use std::ops::Range;

use crate::limits;

/// A header block.
#[derive(Debug, Clone, Default)]
pub struct Header {
    block: Vec<u8>,
    fields: Vec<FieldAt>,
    /// Fields beyond [`limits::MIME_FIELDS`], which are only in the block.
    pub untold: usize,
}

#[derive(Debug, Clone)]
struct FieldAt {
    name: Range<usize>,
    value: Range<usize>,
}

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'h> {
    /// Its name as written.
    pub name: &'h str,
    /// Its value as written, folds included, without the last line end.
    pub value: &'h [u8],
}

/// The name of the field that a line begins, when it begins one.
#[must_use]
pub fn name_of(line: &[u8]) -> Option<&str> {
    let colon = memchr::memchr(b':', line.get(..LONGEST_NAME).unwrap_or(line))?;
    let name = line.get(..colon)?;
    let end = name
        .iter()
        .rposition(|byte| !matches!(byte, 0 | b' ' | b'\t'))?;
    let name = name.get(..=end)?;
    let printable = |byte: &u8| matches!(byte, b'!'..=b'~');
    (!name.is_empty() && name.iter().all(printable))
        .then_some(name)
        .and_then(|name| std::str::from_utf8(name).ok())
}

/// Bytes of the longest name of a field.
const LONGEST_NAME: usize = 256;

/// Whether a line continues the field before it: with white space at its beginning, or an encoded
/// word, before which it got lost.
#[must_use]
pub fn continues(line: &[u8]) -> bool {
    matches!(line, [b' ' | b'\t', ..] | [b'=', b'?', ..])
}

/// Fields that a mail hardly is without, in lower case.
const WELL_KNOWN: &[&str] = &[
    "bcc",
    "cc",
    "content-class",
    "content-disposition",
    "content-id",
    "content-language",
    "content-length",
    "content-transfer-encoding",
    "content-type",
    "date",
    "delivered-to",
    "dkim-signature",
    "from",
    "importance",
    "in-reply-to",
    "list-id",
    "list-unsubscribe",
    "message-id",
    "mime-version",
    "received",
    "references",
    "reply-to",
    "resent-date",
    "resent-from",
    "resent-to",
    "return-path",
    "sender",
    "status",
    "subject",
    "thread-index",
    "thread-topic",
    "to",
    "user-agent",
    "x-mailer",
    "x-mozilla-status",
    "x-mozilla-status2",
    "x-priority",
    "x-status",
];

/// Whether a line begins a field that mails are known by.
#[must_use]
pub fn is_well_known(line: &[u8]) -> bool {
    name_of(line).is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        WELL_KNOWN.binary_search(&name.as_str()).is_ok()
    })
}

impl Header {
    /// The fields of a block. Lines that are no field and continue none are passed over.
    #[must_use]
    pub fn parse(block: Vec<u8>) -> Self {
        let mut header = Self {
            block,
            ..Self::default()
        };
        let mut at = 0;
        let mut open: Option<FieldAt> = None;
        while let Some((line, next)) = line_at(&header.block, at) {
            let text = header.block.get(line.clone()).unwrap_or_default();
            let continues = continues(text);
            if continues && let Some(field) = &mut open {
                field.value.end = line.end;
            } else if let Some(name) = name_of(text).filter(|_| !continues) {
                let name = line.start..line.start.saturating_add(name.len());
                let colon = memchr::memchr(b':', text).unwrap_or_default();
                let value = line.start.saturating_add(colon).saturating_add(1)..line.end;
                let before = open.replace(FieldAt { name, value });
                keep(&mut header.fields, &mut header.untold, before);
            } else {
                keep(&mut header.fields, &mut header.untold, open.take());
            }
            at = next;
        }
        keep(&mut header.fields, &mut header.untold, open);
        header
    }

    /// The block as it stands in the message.
    #[must_use]
    pub fn block(&self) -> &[u8] {
        &self.block
    }

    /// The fields in their order.
    pub fn iter(&self) -> impl Iterator<Item = Field<'_>> {
        self.fields.iter().map(|field| {
            let name = self.block.get(field.name.clone()).unwrap_or_default();
            Field {
                name: std::str::from_utf8(name).unwrap_or_default(),
                value: self.block.get(field.value.clone()).unwrap_or_default(),
            }
        })
    }

    /// The values of every field of this name.
    pub fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> {
        self.iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    }

    /// The value of the first field of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let mut fields = self.iter();
        let found = fields.find(|field| field.name.eq_ignore_ascii_case(name));
        found.map(|field| field.value)
    }

    /// Whether there are no fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

fn keep(fields: &mut Vec<FieldAt>, untold: &mut usize, field: Option<FieldAt>) {
    let Some(field) = field else { return };
    if fields.len() < limits::MIME_FIELDS {
        fields.push(field);
    } else {
        *untold = untold.saturating_add(1);
    }
}

/// The line from an offset, and where the next begins. A CR alone ends a line too when a field or
/// the continuation of one follows.
fn line_at(block: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    let rest = block.get(at..).filter(|rest| !rest.is_empty())?;
    let mut from = 0;
    loop {
        let found = rest
            .get(from..)
            .and_then(|rest| memchr::memchr2(b'\r', b'\n', rest))
            .map(|found| from.saturating_add(found));
        let Some(found) = found else {
            return Some((at..block.len(), block.len()));
        };
        let end = at.saturating_add(found);
        let after = rest.get(found.saturating_add(1)..).unwrap_or_default();
        if rest.get(found) == Some(&b'\n') {
            return Some((at..end, end.saturating_add(1)));
        }
        if after.first() == Some(&b'\n') {
            return Some((at..end, end.saturating_add(2)));
        }
        if matches!(after.first(), None | Some(b' ' | b'\t')) || is_well_known(after) {
            return Some((at..end, end.saturating_add(1)));
        }
        from = found.saturating_add(1);
    }
}

/// A value on one line: without line ends, and without white space around it.
#[must_use]
pub fn unfolded(value: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = value
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    out.truncate(out.trim_ascii_end().len());
    let lead = out.len().saturating_sub(out.trim_ascii_start().len());
    out.drain(..lead);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(block: &[u8]) -> Vec<(String, Vec<u8>)> {
        let header = Header::parse(block.to_vec());
        let own = header.iter();
        own.map(|field| (field.name.to_owned(), unfolded(field.value)))
            .collect()
    }

    #[test]
    fn fields_are_unfolded_and_found_in_any_case() {
        let block = b"A: =?utf-8?Q?b?=\n=?utf-8?Q?c?=\n";
        let value = Header::parse(block.to_vec());
        assert_eq!(
            unfolded(value.get("a").unwrap()),
            b"=?utf-8?Q?b?==?utf-8?Q?c?="
        );
        let block = b"Subject: a\r\n b\r\nX-Y :\r\n\tz\nto:c";
        let header = Header::parse(block.to_vec());
        assert_eq!(unfolded(header.get("subject").unwrap()), b"a b");
        assert_eq!(unfolded(header.get("x-y").unwrap()), b"z");
        assert_eq!(header.get("TO"), Some(b"c".as_slice()));
        assert_eq!(header.block(), block);
    }

    #[test]
    fn what_is_no_field_costs_no_other() {
        let found = fields(b">From x Mon\nA: 1\n(garbage\n more\nB: 2\n");
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["A", "B"]);
        assert_eq!(found[0].1, b"1");
    }

    #[test]
    fn a_bare_cr_ends_a_line_where_a_field_follows() {
        let found = fields(b"Subject: a\rTo: b\r c\rX: d");
        assert_eq!(found[0].1, b"a");
        // `X` is no field that mails are known by, so it may as well be text.
        assert_eq!(found[1].1, b"b cX: d");
    }

    #[test]
    fn the_well_known_are_sorted() {
        assert!(WELL_KNOWN.is_sorted());
        assert!(is_well_known(b"SUBJECT: x") && !is_well_known(b"Note: x"));
    }
}
