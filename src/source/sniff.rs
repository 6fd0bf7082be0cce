//! Tells the format of a file by its bytes, never by its extension.

use std::io;

use serde::Serialize;

use crate::bytes::ReadAt;
use crate::csv::{Look, look_at};
use crate::file_bytes::FileBytes;
use crate::msg;

use super::mail_signs;

use super::foreign;

/// Bytes looked at.
pub(super) const HEAD: usize = 64 << 10;

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
    /// The same, in words of the file.
    Foreign(String),
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
    const BINARY: [(&[u8], Sniffed); 3] = [
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            Sniffed::Known(Format::Msg),
        ),
        (b"\x78\x9F\x3E\x22", Sniffed::Known(Format::Tnef)),
        (b"PK\x03\x04", Sniffed::Other("a zip archive")),
    ];
    if let Some((_, sniffed)) = BINARY.iter().find(|(magic, _)| starts(magic)) {
        return sniffed.clone();
    }
    // A mailbox and a mail may begin with what looks like lines before a card, never the reverse.
    let looks = [
        (mail_signs::is_mailbox(head), Format::Mbox),
        (mail_signs::is_mail(head), Format::Mail),
    ];
    let mails = looks
        .into_iter()
        .find(|(is, _)| *is)
        .map(|(_, format)| format);
    match mails.or_else(|| content_lines(head)) {
        Some(format) => Sniffed::Known(format),
        None => sniff_table(head),
    }
}

/// Lines of anything else that may stand before the first card or calendar.
const LINES_BEFORE: usize = 3;

/// Cards or a calendar: the first line that begins one, after blank lines and few others. What
/// stands before must not look like the start of a text about them: of a page, a program, a letter.
fn content_lines(head: &[u8]) -> Option<Format> {
    let narrow = narrowed(head);
    let text = narrow.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&narrow);
    let lines = text.split(|byte| matches!(byte, b'\r' | b'\n'));
    let mut lines = lines.filter(|line| !line.trim_ascii().is_empty());
    for before in 0..=LINES_BEFORE {
        let line = lines.next()?;
        let indented = before > 0 && line.first().is_some_and(u8::is_ascii_whitespace);
        let word: Vec<u8> = line
            .iter()
            .filter(|byte| !byte.is_ascii_whitespace())
            .take(32)
            .map(u8::to_ascii_uppercase)
            .collect();
        let format = match word.as_slice() {
            b"BEGIN:VCARD" if !indented => Some(Format::Cards),
            b"BEGIN:VCALENDAR"
            | b"BEGIN:VEVENT"
            | b"BEGIN:VTODO"
            | b"BEGIN:VJOURNAL"
            | b"BEGIN:VFREEBUSY"
            | b"BEGIN:VTIMEZONE"
            | b"BEGIN:VAVAILABILITY"
                if !indented =>
            {
                Some(Format::Calendar)
            }
            _ => None,
        };
        if format.is_some() {
            // The line after it is a property, or the head ends here or within it.
            let next = lines.next();
            let cut = lines.next().is_none() && !text.ends_with(b"\n") && !text.ends_with(b"\r");
            return format.filter(|_| cut || next.is_none_or(|line| line.contains(&b':')));
        }
        let plain = |byte: &u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | 0x80..);
        let markup = line
            .trim_ascii()
            .first()
            .is_none_or(|first| b"#<>/*`\"'{[(|".contains(first));
        if markup || !line.iter().all(plain) || line.len() > 1_000 {
            return None;
        }
    }
    None
}

/// UTF-16 as one byte a letter, all but ASCII as 0xFF; anything else as it is.
fn narrowed(head: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let (of, skip): (fn([u8; 2]) -> u16, usize) = match head {
        [0xFF, 0xFE, ..] => (u16::from_le_bytes, 2),
        [0xFE, 0xFF, ..] => (u16::from_be_bytes, 2),
        [letter, 0, other, 0, ..] if *letter != 0 && *other != 0 => (u16::from_le_bytes, 0),
        [0, letter, 0, other, ..] if *letter != 0 && *other != 0 => (u16::from_be_bytes, 0),
        _ => return head.into(),
    };
    let units = head.get(skip..).unwrap_or_default().as_chunks::<2>().0;
    let narrow = units
        .iter()
        .map(|unit| u8::try_from(of(*unit)).unwrap_or(0xFF));
    narrow.collect::<Vec<_>>().into()
}

/// Letters of the headings of a table of something else that are told.
const TOLD: usize = 120;

/// A table, or of no format at all.
fn sniff_table(head: &[u8]) -> Sniffed {
    match look_at(head) {
        Look::Ours(..) => Sniffed::Known(Format::Table),
        Look::Foreign(headings) => {
            let told: String = headings.join(", ").chars().take(TOLD).collect();
            Sniffed::Foreign(format!(
                "a table whose columns are not those of an Outlook or BigContacts export: {told}"
            ))
        }
        Look::Nothing => Sniffed::Other(foreign::reason(head)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        let known = |head: &[u8]| match sniff_head(head) {
            Sniffed::Known(format) => Some(format),
            Sniffed::Other(_) | Sniffed::Foreign(_) => None,
        };
        assert_eq!(known(b"!BDN\0\0\0\0SM\x17\0"), Some(Format::Store));
        assert_eq!(known(b"!BDN\0\0\0\0SO\x24\0"), Some(Format::Store));
        assert_eq!(known(b"!BDN\0\0\0\0AB"), None);
        assert_eq!(known(b"\xEF\xBB\xBFbegin:vcard\r\n"), Some(Format::Cards));
        assert_eq!(sniff_head(b""), Sniffed::Other("the file is empty"));
        assert_eq!(known(b"!BD"), None);
        assert_eq!(known(b"\x78\x9F\x3E\x22\x01\x00"), Some(Format::Tnef));
        let table = b"Vorname;Nachname;E-Mail-Adresse\r\nJ\xF6rg;M\xFCller;\r\n";
        assert_eq!(known(table), Some(Format::Table));
        let Sniffed::Foreign(words) = sniff_head(b"category,contact\r\nA,b@c.de\r\n") else {
            panic!("a map is a table");
        };
        assert!(words.contains("category, contact"), "{words}");
        for text in [
            &b"# airbridge\n\nAn offline bridge, and more.\n"[..],
            b"fn main() {\n    let (a, b) = (1, 2);\n}\n",
            b"2024-05-06 10:00:00,123 INFO start\n2024-05-06 10:00:01,5 INFO a, b\n",
            b"<html>\n<head><title>a, b</title></head>\n</html>\n",
            b"{\"a\": 1, \"b\": 2}\n",
            b"key: value\nother: value, more\n",
            b"\x00\x01\x02,\x03\n",
        ] {
            let text_read = String::from_utf8_lossy(text);
            assert!(matches!(sniff_head(text), Sniffed::Other(_)), "{text_read}");
        }
    }

    #[test]
    fn cards_and_calendars_by_their_first_line() {
        let wide = |text: &str, of: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(of).collect()
        };
        let cards = "BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n";
        let many: [Vec<u8>; 8] = [
            cards.into(),
            format!("\u{feff}\r\n \r\n{cards}").into(),
            format!("Contacts of Ada\r\n\r\n{cards}").into(),
            cards.to_lowercase().replace("\r\n", "\r").into(),
            cards.replace("VCARD\r", "VCARD \r").into(),
            wide(&format!("\u{feff}{cards}"), u16::to_le_bytes),
            wide(&format!("\u{feff}{cards}"), u16::to_be_bytes),
            wide(cards, u16::to_le_bytes),
        ];
        for bytes in many {
            let text = String::from_utf8_lossy(&bytes);
            assert_eq!(
                sniff_head(&bytes),
                Sniffed::Known(Format::Cards),
                "{text:?}"
            );
        }
        let event = b"BEGIN:VEVENT\nUID:1\n";
        assert_eq!(sniff_head(event), Sniffed::Known(Format::Calendar));
        let calendar = b"\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\n";
        assert_eq!(sniff_head(calendar), Sniffed::Known(Format::Calendar));
        for text in [
            format!("# vCards\n\n{cards}"),
            format!("<html>\n<pre>\n{cards}"),
            format!("/* A card:\n{cards}*/"),
            format!("x = \"\"\"\n{}\"\"\"", cards.replace('B', " B")),
            format!("one\ntwo\nthree\nfour\n{cards}"),
            "BEGIN:VCARD is how cards begin.\n".to_owned(),
            "BEGIN:VCARD\n\nis how cards begin\n".to_owned(),
        ] {
            assert!(
                matches!(sniff_head(text.as_bytes()), Sniffed::Other(_)),
                "{text}"
            );
        }
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
