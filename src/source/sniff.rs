//! Tells the format of a file by its bytes, never by its extension.

use std::io;

use serde::Serialize;

use crate::bytes::ReadAt;
use crate::file_bytes::FileBytes;
use crate::msg;

/// Bytes looked at.
const HEAD: usize = 64 << 10;

/// A format that airbridge reads, the richest first: what is in several files is taken from the
/// first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A PST or OST store (MS-PST 2.2.2.6: `!BDN`).
    Store,
    /// An archive of Outlook for Mac (OLM).
    Olm,
    /// A message in a compound file (MS-OXMSG): MSG, OFT.
    Msg,
    /// A message in transport encapsulation (MS-OXTNEF): `winmail.dat`.
    Tnef,
    /// An Internet message (RFC 5322): EML, a file of a Maildir.
    Mail,
    /// Internet messages one after the other (RFC 4155).
    Mbox,
    /// iCalendar (RFC 5545) or vCalendar 1.0.
    Calendar,
    /// vCards, 2.1 to 4.0.
    Cards,
    /// A table of contacts, appointments or tasks as CSV.
    Table,
}

impl Format {
    /// What users call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Store => "Outlook store",
            Self::Olm => "Outlook for Mac archive",
            Self::Msg => "Outlook message",
            Self::Tnef => "winmail.dat",
            Self::Mail => "e-mail",
            Self::Mbox => "mailbox",
            Self::Calendar => "calendar",
            Self::Cards => "vCard file",
            Self::Table => "CSV table",
        }
    }

    /// Whether a file holds exactly one item, apart from what is inside that.
    #[must_use]
    pub fn is_single(self) -> bool {
        matches!(self, Self::Msg | Self::Tnef | Self::Mail)
    }
}

/// What the bytes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sniffed {
    /// A format that is read.
    Known(Format),
    /// Anything else, in words for the user.
    Other(&'static str),
}

/// Looks at the first bytes of an input.
///
/// # Errors
/// When it cannot be read.
pub fn sniff(bytes: &FileBytes) -> io::Result<Sniffed> {
    let mut head = vec![0; HEAD];
    let read = bytes.read_at(&mut head, 0)?;
    head.truncate(read);
    Ok(match sniff_head(&head) {
        Sniffed::Known(Format::Msg) if !msg::is_message(bytes) => {
            Sniffed::Other("a compound file, but no message")
        }
        sniffed => sniffed,
    })
}

/// Looks at bytes from the start of a file.
#[must_use]
pub fn sniff_head(head: &[u8]) -> Sniffed {
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
    const BINARY: [(&[u8], Sniffed); 4] = [
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            Sniffed::Known(Format::Msg),
        ),
        (b"\x78\x9F\x3E\x22", Sniffed::Known(Format::Tnef)),
        (b"PK\x03\x04", Sniffed::Other("a zip archive")),
        (b"%PDF", Sniffed::Other("a PDF document")),
    ];
    if let Some((_, sniffed)) = BINARY.iter().find(|(magic, _)| starts(magic)) {
        return sniffed.clone();
    }
    const TEXT: [(&[u8], Sniffed); 3] = [
        (b"BEGIN:VCARD", Sniffed::Known(Format::Cards)),
        (b"BEGIN:VCALENDAR", Sniffed::Known(Format::Calendar)),
        (b"{\\rtf", Sniffed::Other("an RTF document")),
    ];
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let known = TEXT.iter().find(|(magic, _)| {
        text.get(..magic.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(magic))
    });
    known.map_or(
        Sniffed::Other("of no format that airbridge reads"),
        |(_, sniffed)| sniffed.clone(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        let known = |head: &[u8]| match sniff_head(head) {
            Sniffed::Known(format) => Some(format),
            Sniffed::Other(_) => None,
        };
        assert_eq!(known(b"!BDN\0\0\0\0SM\x17\0"), Some(Format::Store));
        assert_eq!(known(b"!BDN\0\0\0\0SO\x24\0"), Some(Format::Store));
        assert_eq!(known(b"!BDN\0\0\0\0AB"), None);
        assert_eq!(known(b"\xEF\xBB\xBFbegin:vcard\r\n"), Some(Format::Cards));
        assert_eq!(sniff_head(b""), Sniffed::Other("the file is empty"));
        assert_eq!(known(b"!BD"), None);
        assert_eq!(known(b"\x78\x9F\x3E\x22\x01\x00"), Some(Format::Tnef));
    }

    #[test]
    fn a_compound_file_is_a_message_only_with_properties() {
        let with = |stream: &str| {
            let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
            file.create_stream(stream).unwrap();
            file.flush().unwrap();
            sniff(&FileBytes::in_memory(file.into_inner().into_inner())).unwrap()
        };
        let message = with("__properties_version1.0");
        assert_eq!(message, Sniffed::Known(Format::Msg));
        let document = with("WordDocument");
        assert_eq!(document, Sniffed::Other("a compound file, but no message"));
    }
}
