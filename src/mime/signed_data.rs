//! What an envelope that is signed as a whole holds: the content of a CMS `SignedData`.
//!
//! *Spec*: RFC 5652 3 (`ContentInfo`), 5.1, 5.2 (`EncapsulatedContentInfo`); X.690 8.1 (tags and
//! lengths), 8.7 (octet strings in pieces); RFC 8551 3.5.2.
//!
//! *Invariants*: read by position, and only on the way to the content; lengths are never believed
//! beyond the bytes that are there; at most [`limits::CMS_ELEMENTS`] elements,
//! [`limits::CMS_DEPTH`] in each other. Signatures are not checked: the envelope is kept for that.
//!
//! *Seen in the wild*: indefinite lengths and a content in thousands of pieces, as whoever signs
//! while sending writes it.

use std::io;

use tempfile::SpooledTempFile;
use thiserror::Error;

use crate::content::Content as _;
use crate::file_bytes::{Extent, FileBytes};
use crate::limits;

/// What an envelope holds.
#[derive(Debug)]
pub enum Held {
    /// A content that is signed, as far as it goes, and why it goes no further.
    Content(FileBytes, Option<Fault>),
    /// No content: certificates alone, or a signature of what is elsewhere.
    Nothing,
    /// Another kind of envelope: it is encrypted or compressed.
    Other,
}

/// Why an envelope cannot be read, or no further.
#[derive(Debug, Error)]
pub enum Fault {
    /// It is not laid out as the standard says.
    #[error("{wanted} is expected at byte {at} (RFC 5652)")]
    Layout {
        /// What should be there.
        wanted: &'static str,
        /// Offset in the envelope, in bytes.
        at: u64,
    },
    /// It has more elements, or deeper ones, than are read.
    #[error(
        "over {} elements, or {} in each other",
        limits::CMS_ELEMENTS,
        limits::CMS_DEPTH
    )]
    TooMany,
    /// Its bytes cannot be read, or the content cannot be put together.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Tags, with the bit of constructed ones.
const END: u8 = 0x00;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const OCTETS_IN_PIECES: u8 = 0x24;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const EXPLICIT_0: u8 = 0xA0;

/// `id-signedData` (RFC 5652 5.1).
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
/// `id-data` (RFC 5652 4).
const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];

/// Reads an envelope up to its content.
///
/// # Errors
/// When it is no CMS, or breaks off before the content.
pub fn read(envelope: &FileBytes) -> Result<Held, Fault> {
    let mut reader = Reader {
        bytes: envelope,
        at: 0,
        elements: 0,
    };
    reader.enter(SEQUENCE, "a ContentInfo")?;
    if reader.oid()? != SIGNED_DATA {
        return Ok(Held::Other);
    }
    reader.enter(EXPLICIT_0, "the content of a ContentInfo")?;
    reader.enter(SEQUENCE, "a SignedData")?;
    reader.skip(INTEGER, "the version of a SignedData")?;
    reader.skip(SET, "the digest algorithms of a SignedData")?;
    let encapsulated = reader.enter(SEQUENCE, "an EncapsulatedContentInfo")?;
    let is_data = reader.oid()? == DATA;
    if encapsulated.end.is_some_and(|end| reader.at >= end) {
        return Ok(Held::Nothing);
    }
    let explicit = reader.element()?;
    match explicit.tag {
        END => return Ok(Held::Nothing),
        EXPLICIT_0 if is_data => {}
        _ => return Err(explicit.fault("content that is data")),
    }
    reader.octets()
}

/// The head of an element.
#[derive(Debug, Clone, Copy)]
struct Element {
    tag: u8,
    /// Where it begins.
    at: u64,
    /// Where it ends; `None` of an indefinite length, which an element of tag 0 ends.
    end: Option<u64>,
}

impl Element {
    fn fault(self, wanted: &'static str) -> Fault {
        Fault::Layout {
            wanted,
            at: self.at,
        }
    }
}

struct Reader<'b> {
    bytes: &'b FileBytes,
    at: u64,
    elements: usize,
}

impl Reader<'_> {
    /// The head of the element at hand; what is in it comes next.
    fn element(&mut self) -> Result<Element, Fault> {
        self.elements = self.elements.saturating_add(1);
        if self.elements > limits::CMS_ELEMENTS {
            return Err(Fault::TooMany);
        }
        let at = self.at;
        let fault = |wanted| Fault::Layout { wanted, at };
        let mut head = [0; 10];
        let read = self.bytes.read_at(&mut head, at)?;
        let head = head.get(..read).unwrap_or_default();
        let (&tag, &first, rest) = match head {
            [tag, first, rest @ ..] => (tag, first, rest),
            _ => return Err(fault("an element")),
        };
        let (length, digits) = match first {
            0x80 if tag & 0x20 != 0 => (None, 0),
            0..0x80 => (Some(u64::from(first)), 0),
            0x81..=0x88 => {
                let digits = usize::from(first & 0x0F);
                let length = rest.get(..digits).ok_or_else(|| fault("a length"))?;
                let value = length
                    .iter()
                    .fold(0_u64, |all, own| all << 8 | u64::from(*own));
                (Some(value), digits)
            }
            _ => return Err(fault("a length")),
        };
        self.at = at.saturating_add(2).saturating_add(digits as u64);
        Ok(Element {
            tag,
            at,
            end: length.map(|length| self.at.saturating_add(length)),
        })
    }

    /// Goes into an element.
    fn enter(&mut self, tag: u8, wanted: &'static str) -> Result<Element, Fault> {
        let element = self.element()?;
        match element.tag == tag {
            true => Ok(element),
            false => Err(element.fault(wanted)),
        }
    }

    /// Passes over an element.
    fn skip(&mut self, tag: u8, wanted: &'static str) -> Result<(), Fault> {
        let element = self.enter(tag, wanted)?;
        let mut open = usize::from(element.end.is_none());
        self.at = element.end.unwrap_or(self.at);
        // Bounded by the elements that there may be.
        while open > 0 {
            let inner = self.element()?;
            match inner.end {
                _ if inner.tag == END => open = open.saturating_sub(1),
                Some(end) => self.at = end,
                None if open >= limits::CMS_DEPTH => return Err(Fault::TooMany),
                None => open = open.saturating_add(1),
            }
        }
        Ok(())
    }

    /// An object identifier, as it is encoded.
    fn oid(&mut self) -> Result<Vec<u8>, Fault> {
        let element = self.enter(OID, "an object identifier")?;
        let end = element.end.unwrap_or(self.at);
        let len = end.saturating_sub(self.at);
        let len = usize::try_from(len).ok().filter(|len| *len <= LONGEST_OID);
        let len = len.ok_or_else(|| element.fault("an object identifier"))?;
        let oid = self.bytes.read_exact_at(self.at, len)?;
        self.at = end;
        Ok(oid)
    }

    /// An octet string, in one piece or in pieces of pieces, as far as it goes.
    fn octets(&mut self) -> Result<Held, Fault> {
        let first = self.element()?;
        if let (OCTETS, Some(end)) = (first.tag, first.end) {
            let content = self.bytes.within(self.at, end.saturating_sub(self.at));
            return Ok(Held::Content(content, self.cut(end)));
        }
        if first.tag != OCTETS_IN_PIECES {
            return Err(first.fault("an octet string"));
        }
        let mut whole = SpooledTempFile::new(limits::SPOOLED);
        let fault = match self.pieces(first, &mut whole) {
            Ok(()) => None,
            Err(Fault::Io(error)) => return Err(error.into()),
            Err(fault) => Some(fault),
        };
        Ok(Held::Content(FileBytes::of_spooled(whole)?, fault))
    }

    fn pieces(&mut self, first: Element, whole: &mut SpooledTempFile) -> Result<(), Fault> {
        let mut open = vec![first.end];
        while let Some(end) = open.last().copied() {
            if end.is_some_and(|end| self.at >= end) {
                open.pop();
                continue;
            }
            let piece = self.element()?;
            match (piece.tag, piece.end) {
                (END, _) if end.is_none() => {
                    open.pop();
                }
                (OCTETS, Some(end)) => {
                    if let Some(fault) = self.cut(end) {
                        self.pour(self.bytes.len(), whole)?;
                        return Err(fault);
                    }
                    self.pour(end, whole)?;
                }
                (OCTETS_IN_PIECES, _) if open.len() >= limits::CMS_DEPTH => {
                    return Err(Fault::TooMany);
                }
                (OCTETS_IN_PIECES, end) => open.push(end),
                _ => return Err(piece.fault("a piece of an octet string")),
            }
        }
        Ok(())
    }

    /// Copies what lies before `end`, and goes there.
    fn pour(&mut self, end: u64, whole: &mut SpooledTempFile) -> io::Result<()> {
        let piece = Extent {
            bytes: self.bytes.clone(),
            offset: self.at,
            len: end.saturating_sub(self.at),
        };
        io::copy(&mut piece.open()?, whole)?;
        self.at = end;
        Ok(())
    }

    /// What is wrong when the bytes end before `end`.
    fn cut(&self, end: u64) -> Option<Fault> {
        let at = self.bytes.len();
        let wanted = "the rest of the content";
        (end > at).then_some(Fault::Layout { wanted, at })
    }
}

/// Bytes of the longest object identifier that is compared.
const LONGEST_OID: usize = 64;
