//! Tells the format of a file by its first bytes, never by its extension alone.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Serialize;

use crate::bytes::ReadAt;

/// Bytes looked at.
const HEAD: u64 = 512;

/// A format that airbridge reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A PST or OST store (MS-PST 2.2.2.6: `!BDN`).
    Store,
}

/// What the first bytes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sniffed {
    /// A format that is read.
    Known(Format),
    /// Anything else, in words for the user.
    Other(&'static str),
}

/// Looks at the first bytes of a file.
///
/// # Errors
/// When the file cannot be opened or read.
pub fn sniff(path: &Path) -> io::Result<Sniffed> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    Ok(sniff_bytes(&head))
}

/// Looks at bytes from the start of a file.
#[must_use]
pub fn sniff_bytes(head: &[u8]) -> Sniffed {
    if head.is_empty() {
        return Sniffed::Other("the file is empty");
    }
    let starts = |magic: &[u8]| head.slice_at(0, magic.len()) == Some(magic);
    if starts(b"!BDN") {
        // The client magic tells PST and OST from the address book cache, which holds no items.
        return match head.slice_at(8, 2) {
            Some(b"AB") => Sniffed::Other("an address book cache (PAB), which holds no items"),
            _ => Sniffed::Known(Format::Store),
        };
    }
    const OTHERS: [(&[u8], &str); 6] = [
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            "a compound file (MSG or Office)",
        ),
        (b"PK\x03\x04", "a zip archive"),
        (b"BEGIN:VCARD", "a vCard"),
        (b"BEGIN:VCALENDAR", "an iCalendar file"),
        (b"{\\rtf", "an RTF document"),
        (b"%PDF", "a PDF document"),
    ];
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let known = OTHERS.iter().find(|(magic, _)| {
        text.get(..magic.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(magic))
    });
    Sniffed::Other(known.map_or("not a store that airbridge reads", |(_, what)| what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(
            sniff_bytes(b"!BDN\0\0\0\0SM\x17\0"),
            Sniffed::Known(Format::Store)
        );
        assert_eq!(
            sniff_bytes(b"!BDN\0\0\0\0SO\x24\0"),
            Sniffed::Known(Format::Store)
        );
        assert!(matches!(sniff_bytes(b"!BDN\0\0\0\0AB"), Sniffed::Other(_)));
        assert_eq!(
            sniff_bytes(b"\xEF\xBB\xBFbegin:vcard\r\n"),
            Sniffed::Other("a vCard")
        );
        assert_eq!(sniff_bytes(b""), Sniffed::Other("the file is empty"));
        assert!(matches!(sniff_bytes(b"!BD"), Sniffed::Other(_)));
    }
}
