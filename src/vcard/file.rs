//! A file of cards: where each begins and ends.
//!
//! *Spec*: RFC 6350 3.3, 6.1.1 and 6.1.2 (BEGIN and END); vCard 2.1, 2.4.2 (a card in AGENT).
//!
//! *Shape*: `BEGIN:VCARD` … `END:VCARD`, one card after the other; bytes in any charset that holds
//! ASCII, or UTF-16.
//!
//! *Invariants*: one pass over the bytes, in pieces; 16 bytes are kept per card; a card that never
//! ends, or never began, costs none of the others.
//!
//! *Seen in the wild*: blanks and byte-order marks around BEGIN and END; text before the first card
//! (`vcard.file.outside`); calendars among the cards, which are for another desk; a last card cut
//! off.

use std::io;

use crate::file_bytes::{Extent, FileBytes};
use crate::finding::{Effect, Finding, Findings, Place};
use crate::limits;

/// Bytes read at a time.
const PIECE: usize = 256 << 10;

/// Bytes of a line that are looked at; enough for BEGIN, END and AGENT with its parameters.
const LINE: usize = 128;

/// A file of cards.
#[derive(Debug)]
pub struct CardFile {
    bytes: FileBytes,
    units: Units,
    cards: Vec<Spot>,
    seen: u64,
    has_calendar: bool,
    found: Findings,
}

/// How the two ends of a card were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// BEGIN and END.
    Both,
    /// The next card begins before this one ends.
    NoEnd,
    /// The file ends before the card does.
    CutOff,
    /// END without BEGIN.
    NoBegin,
}

#[derive(Debug, Clone, Copy)]
struct Spot {
    offset: u64,
    len: u32,
    bounds: Bounds,
}

/// What letters are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Units {
    Bytes,
    Utf16Le,
    Utf16Be,
}

impl CardFile {
    /// Looks for the cards of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    ///
    /// # Findings
    /// `vcard.file.outside`, `vcard.file.too-many`, `vcard.card.no-begin`.
    pub fn open(bytes: FileBytes) -> io::Result<Self> {
        let mut head = [0; 4];
        let read = bytes.read_at(&mut head, 0)?;
        let units = units(head.get(..read).unwrap_or_default());
        let mut scan = Scan::default();
        let mut buffer = vec![0; PIECE];
        let mut at = 0_u64;
        while at < bytes.len() {
            let read = bytes.read_at(&mut buffer, at)?;
            if read == 0 {
                break;
            }
            let piece = buffer.get(..read).unwrap_or_default();
            match units {
                Units::Bytes => scan.piece(piece, at, 1),
                Units::Utf16Le => scan.piece(&narrow(piece, u16::from_le_bytes), at, 2),
                Units::Utf16Be => scan.piece(&narrow(piece, u16::from_be_bytes), at, 2),
            }
            at = at.saturating_add(read as u64);
        }
        scan.finish(bytes.len());
        let Scan {
            cards,
            seen,
            has_calendar,
            found,
            ..
        } = scan;
        Ok(Self {
            bytes,
            units,
            cards,
            seen,
            has_calendar,
            found,
        })
    }

    /// How many cards it gives.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.cards.len() as u64
    }

    /// How many cards begin in it, or end without having begun.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Whether calendars stand among the cards.
    #[must_use]
    pub fn has_calendar(&self) -> bool {
        self.has_calendar
    }

    /// What was found outside cards.
    #[must_use]
    pub fn findings(&self) -> &Findings {
        &self.found
    }

    /// How the ends of a card were found.
    #[must_use]
    pub fn bounds(&self, card: u64) -> Option<Bounds> {
        self.spot(card).map(|spot| spot.bounds)
    }

    /// Where a card begins, in bytes.
    #[must_use]
    pub fn offset(&self, card: u64) -> Option<u64> {
        self.spot(card).map(|spot| spot.offset)
    }

    fn spot(&self, card: u64) -> Option<Spot> {
        self.cards.get(usize::try_from(card).ok()?).copied()
    }

    /// The text of a card, in its charset or, when the file is UTF-16, in UTF-8; of a card over
    /// [`limits::CARD_BYTES`] the beginning, and how many bytes were left.
    ///
    /// # Errors
    /// When there is no such card, or it cannot be read.
    pub fn read(&self, card: u64) -> io::Result<(Vec<u8>, u64)> {
        let spot = self.spot(card).ok_or(io::ErrorKind::NotFound)?;
        let len = u64::from(spot.len).min(limits::CARD_BYTES);
        let extent = Extent {
            bytes: self.bytes.clone(),
            offset: spot.offset,
            len,
        };
        let bytes = extent.read(limits::CARD_BYTES)?;
        let text = match self.units {
            Units::Bytes => bytes,
            Units::Utf16Le => encoding_rs::UTF_16LE.decode(&bytes).0.into_owned().into(),
            Units::Utf16Be => encoding_rs::UTF_16BE.decode(&bytes).0.into_owned().into(),
        };
        Ok((text, u64::from(spot.len).saturating_sub(len)))
    }
}

/// The units of a text by its first bytes: a byte-order mark, or an ASCII letter as UTF-16 has it.
fn units(head: &[u8]) -> Units {
    match head {
        [0xFF, 0xFE, ..] => Units::Utf16Le,
        [0xFE, 0xFF, ..] => Units::Utf16Be,
        [letter, 0, other, 0] if *letter != 0 && *other != 0 => Units::Utf16Le,
        [0, letter, 0, other] if *letter != 0 && *other != 0 => Units::Utf16Be,
        _ => Units::Bytes,
    }
}

/// UTF-16 as one byte a unit: ASCII as it is, a byte-order mark as a blank, all else as 0xFF.
fn narrow(piece: &[u8], of: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = piece.as_chunks::<2>().0.iter();
    let byte = |unit: &[u8; 2]| match of(*unit) {
        0xFEFF => 0,
        unit => u8::try_from(unit).unwrap_or(0xFF),
    };
    units.map(byte).collect()
}

/// The state of the pass over a file.
#[derive(Debug, Default)]
struct Scan {
    cards: Vec<Spot>,
    seen: u64,
    has_calendar: bool,
    found: Findings,
    /// The beginning of the line that is being read.
    line: Vec<u8>,
    /// Where that line begins, once it has.
    line_at: Option<u64>,
    inside: Option<Inside>,
    outside: Option<Outside>,
}

/// A card that has begun.
#[derive(Debug)]
struct Inside {
    at: u64,
    /// Cards open: itself, and agents in it.
    depth: u32,
    /// BEGIN stands behind a blank, so END may as well.
    indented: bool,
    /// The last line is an AGENT whose card is to follow.
    agent: bool,
    /// The last line is an AGENT whose card began in it, unless the next line is a fold of it.
    agent_begins: bool,
}

/// Text between cards.
#[derive(Debug)]
struct Outside {
    at: u64,
    has_colon: bool,
    has_calendar: bool,
}

impl Scan {
    /// Goes over a piece of the file; a byte of it stands for `width` bytes of the file.
    fn piece(&mut self, piece: &[u8], at: u64, width: u64) {
        let place = |index: usize| at.saturating_add((index as u64).saturating_mul(width));
        let mut start = 0_usize;
        while let Some(rest) = piece.get(start..).filter(|rest| !rest.is_empty()) {
            let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            self.line_at.get_or_insert(place(start));
            let room = LINE.saturating_sub(self.line.len());
            // One byte more than is looked at tells that the line is longer.
            let kept = part.len().min(room.saturating_add(1));
            self.line.extend(part.iter().take(kept));
            start = start.saturating_add(part.len());
            if end.is_some() {
                self.end_line(place(start));
                start = start.saturating_add(1);
            }
        }
    }

    fn end_line(&mut self, end: u64) {
        let mut line = std::mem::take(&mut self.line);
        if let Some(at) = self.line_at.take() {
            self.take_line(&line, at, end);
        }
        line.clear();
        self.line = line;
    }

    fn take_line(&mut self, line: &[u8], at: u64, end: u64) {
        let (text, indented) = trimmed(line);
        if text.is_empty() {
            return;
        }
        let short = line.len() <= LINE;
        let begins = short && is_line(text, b"BEGIN:VCARD");
        let ends = short && is_line(text, b"END:VCARD");
        let calendar = of_calendar(text).filter(|_| short);
        if let Some(card) = self
            .inside
            .take_if(|card| calendar == Some(true) && !indented && !card.agent)
        {
            self.push(card.at, at, Bounds::NoEnd);
        }
        if let Some(card) = &mut self.inside {
            let structural = !indented || card.indented;
            if std::mem::take(&mut card.agent_begins) && structural {
                card.depth = card.depth.saturating_add(1);
            }
            if begins && structural && !card.agent {
                let at_next = at;
                let (from, bounds) = (card.at, Bounds::NoEnd);
                self.push(from, at_next, bounds);
                self.begin(at, indented);
            } else if begins && structural {
                card.depth = card.depth.saturating_add(1);
                card.agent = false;
            } else if ends && structural {
                card.depth = card.depth.saturating_sub(1);
                card.agent = false;
                if card.depth == 0 {
                    let from = card.at;
                    self.inside = None;
                    self.push(from, end, Bounds::Both);
                }
            } else {
                let agent = agent(text).filter(|_| short);
                card.agent = agent == Some(Agent::Follows);
                card.agent_begins = agent == Some(Agent::Begins);
            }
        } else if begins {
            self.leave_outside(at);
            self.begin(at, indented);
        } else if ends {
            self.end_without_begin(at, end);
        } else {
            let outside = self.outside.get_or_insert(Outside {
                at,
                has_colon: false,
                has_calendar: false,
            });
            outside.has_colon |= text.contains(&b':');
            outside.has_calendar |= calendar.is_some();
        }
    }

    fn begin(&mut self, at: u64, indented: bool) {
        self.seen = self.seen.saturating_add(1);
        self.inside = Some(Inside {
            at,
            depth: 1,
            indented,
            agent: false,
            agent_begins: false,
        });
    }

    fn end_without_begin(&mut self, at: u64, end: u64) {
        match self.outside.take() {
            Some(outside) if outside.has_colon && !outside.has_calendar => {
                self.seen = self.seen.saturating_add(1);
                self.push(outside.at, end, Bounds::NoBegin);
            }
            outside => {
                self.outside = outside;
                self.leave_outside(at);
                let detail = "END:VCARD without a card before it; nothing was read from here";
                self.find("vcard.card.no-begin", Effect::Noted, at, detail.to_owned());
            }
        }
    }

    fn push(&mut self, from: u64, to: u64, bounds: Bounds) {
        if self.cards.len() < limits::CARDS {
            let len = u32::try_from(to.saturating_sub(from)).unwrap_or(u32::MAX);
            self.cards.push(Spot {
                offset: from,
                len,
                bounds,
            });
        }
    }

    /// Tells of the text between cards that ends here.
    fn leave_outside(&mut self, end: u64) {
        let Some(outside) = self.outside.take() else {
            return;
        };
        let bytes = end.saturating_sub(outside.at);
        if outside.has_calendar {
            self.has_calendar = true;
        } else {
            let detail = format!("{bytes} bytes that belong to no card were passed over");
            self.find("vcard.file.outside", Effect::Noted, outside.at, detail);
        }
    }

    fn find(&mut self, code: &'static str, effect: Effect, offset: u64, detail: String) {
        self.found.push(Finding {
            code,
            effect,
            place: Place {
                offset: Some(offset),
                ..Place::default()
            },
            detail,
        });
    }

    fn finish(&mut self, end: u64) {
        self.end_line(end);
        if let Some(card) = self.inside.take() {
            self.push(card.at, end, Bounds::CutOff);
        }
        self.leave_outside(end);
        let kept = self.cards.len() as u64;
        if self.seen > kept {
            let detail = format!(
                "{} cards are more than the {kept} that are read of one file; split the file",
                self.seen
            );
            self.found
                .add("vcard.file.too-many", Effect::Lost, "", detail);
        }
    }
}

/// The line without blanks, byte-order marks and NUL around it, and whether it is indented.
fn trimmed(line: &[u8]) -> (&[u8], bool) {
    let indented = line
        .first()
        .is_some_and(|byte| matches!(byte, b' ' | b'\t'));
    let around = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    let from = line.iter().position(|byte| !around(byte));
    let line = line.get(from.unwrap_or(line.len())..).unwrap_or_default();
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let to = line.iter().rposition(|byte| !around(byte));
    let to = to.map_or(0, |last| last.saturating_add(1));
    (line.get(..to).unwrap_or_default(), indented)
}

/// Whether a line is this, whatever its case and blanks.
fn is_line(line: &[u8], wanted: &[u8]) -> bool {
    let letters = line.iter().filter(|byte| !byte.is_ascii_whitespace());
    letters
        .map(u8::to_ascii_uppercase)
        .eq(wanted.iter().copied())
}

/// Whether a line begins, or ends, a calendar or what stands in one.
fn of_calendar(line: &[u8]) -> Option<bool> {
    const NAMES: [&[u8]; 6] = [
        b"VCALENDAR",
        b"VEVENT",
        b"VTODO",
        b"VJOURNAL",
        b"VFREEBUSY",
        b"VTIMEZONE",
    ];
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (word, name) = line.split_at_checked(colon)?;
    let begins = word.trim_ascii().eq_ignore_ascii_case(b"BEGIN");
    if !begins && !word.trim_ascii().eq_ignore_ascii_case(b"END") {
        return None;
    }
    let name = name.get(1..)?.trim_ascii();
    let known = NAMES.iter().any(|own| name.eq_ignore_ascii_case(own));
    known.then_some(begins)
}

/// What an AGENT says of the card in it.
#[derive(Debug, PartialEq, Eq)]
enum Agent {
    /// It follows in the next line.
    Follows,
    /// It begins in this line.
    Begins,
}

fn agent(line: &[u8]) -> Option<Agent> {
    let name_end = line.iter().position(|byte| matches!(byte, b':' | b';'))?;
    let name = line.get(..name_end)?;
    let name = name.rsplit(|byte| *byte == b'.').next()?;
    if !name.eq_ignore_ascii_case(b"AGENT") {
        return None;
    }
    let value = line
        .get(name_end..)?
        .splitn(2, |byte| *byte == b':')
        .nth(1)?;
    if value.is_empty() {
        Some(Agent::Follows)
    } else if is_line(value, b"BEGIN:VCARD") {
        Some(Agent::Begins)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: impl Into<Vec<u8>>) -> CardFile {
        CardFile::open(FileBytes::in_memory(bytes.into())).unwrap()
    }

    fn texts(file: &CardFile) -> Vec<(String, Bounds)> {
        (0..file.count())
            .map(|card| {
                let (bytes, _) = file.read(card).unwrap();
                let text = String::from_utf8(bytes).unwrap().replace("\r\n", "|");
                (text, file.bounds(card).unwrap())
            })
            .collect()
    }

    fn codes(file: &CardFile) -> Vec<&'static str> {
        file.findings().iter().map(|own| own.code).collect()
    }

    #[test]
    fn cards_with_what_stands_between_them() {
        let text = "junk\r\nBEGIN:VCARD\r\nFN:a\r\nEND:VCARD\r\n\r\n\
                    \u{feff}begin:vcard \r\nFN:b\r\nBEGIN: VCARD\r\nFN:c\r\nend:vcard\r\n\
                    BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nFN:d\r\nEND:VCARD\r\nEND:VCARD\r\n\
                    FN:e\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:f";
        let file = file(text);
        let expected = [
            ("BEGIN:VCARD|FN:a|END:VCARD", Bounds::Both),
            ("\u{feff}begin:vcard |FN:b|", Bounds::NoEnd),
            ("BEGIN: VCARD|FN:c|end:vcard", Bounds::Both),
            ("FN:e|END:VCARD", Bounds::NoBegin),
            ("BEGIN:VCARD|FN:f", Bounds::CutOff),
        ];
        let expected = expected.map(|(text, bounds)| (text.to_owned(), bounds));
        assert_eq!(texts(&file), expected);
        assert_eq!(file.seen(), 5);
        let expected = [
            "vcard.file.outside",
            "vcard.card.no-begin",
            "vcard.card.no-begin",
        ];
        assert_eq!(codes(&file), expected);
    }

    #[test]
    fn a_card_in_agent_is_no_card_of_its_own() {
        for agent in [
            "AGENT:\r\nBEGIN:VCARD",
            "g.agent;X=1:\r\n\r\nBEGIN:VCARD",
            "AGENT:BEGIN:VCARD",
        ] {
            let text =
                format!("BEGIN:VCARD\r\n{agent}\r\nFN:b\r\nEND:VCARD\r\nFN:a\r\nEND:VCARD\r\n");
            let file = file(text.as_str());
            assert_eq!(file.count(), 1, "{agent}");
            assert_eq!(file.bounds(0), Some(Bounds::Both));
        }
        // In 3.0 it is one value, folded anywhere.
        for text in [
            "BEGIN:VCARD\nAGENT:BEGIN:VCARD\\nFN:b\\n\n END:VCARD\nEND:VCARD\n",
            "BEGIN:VCARD\nAGENT:BEGIN:VCARD\n FN:b\n END:VCARD\nEND:VCARD\n",
        ] {
            let file = file(text);
            assert_eq!((file.count(), file.bounds(0)), (1, Some(Bounds::Both)));
        }
    }

    #[test]
    fn every_kind_of_unit_and_line_end() {
        let text = "BEGIN:VCARD\r\nFN:Zo\u{eb}\r\nEND:VCARD\r\nBEGIN:VCARD\r\nEND:VCARD\r\n";
        let wide = |of: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
            let text = format!("{mark}{text}");
            text.encode_utf16().flat_map(of).collect()
        };
        let all: [Vec<u8>; 5] = [
            wide(u16::to_le_bytes, "\u{feff}"),
            wide(u16::to_be_bytes, "\u{feff}"),
            wide(u16::to_le_bytes, ""),
            text.into(),
            text.replace("\r\n", "\r").into(),
        ];
        for bytes in all {
            let file = file(bytes);
            assert_eq!(file.count(), 2);
            assert!(codes(&file).is_empty());
            let (card, _) = file.read(0).unwrap();
            assert!(String::from_utf8(card).unwrap().contains("FN:Zo\u{eb}"));
        }
    }

    #[test]
    fn pieces_do_not_matter() {
        let text = "BEGIN:VCARD\r\nFN:x\r\nEND:VCARD\r\nBEGIN:VCARD\r\nEND:VCARD";
        for cut in 0..text.len() {
            let mut scan = Scan::default();
            let (one, two) = text.split_at(cut);
            scan.piece(one.as_bytes(), 0, 1);
            scan.piece(two.as_bytes(), cut as u64, 1);
            scan.finish(text.len() as u64);
            let spots: Vec<_> = scan.cards.iter().map(|own| (own.offset, own.len)).collect();
            assert_eq!(spots, [(0, 28), (30, 22)], "{cut}");
        }
    }
}
