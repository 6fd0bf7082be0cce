//! A part: its header, where its body is, and the body decoded as it is read.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;

use super::header::Header;
use super::parameters::Parameterized;
use super::transfer::{
    Base64, Decoder, Decoding, Faults, FromQuoting, QuotedPrintable, Transfer, Unquoting,
    clean_base64_length,
};
use super::uuencode::Uuencode;
use crate::content::Content;
use crate::file_bytes::Extent;

/// What the body of a part is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Bytes.
    Leaf,
    /// Parts.
    Multipart,
    /// A message, the only child.
    Message,
}

/// A message or a part of one.
#[derive(Debug, Clone)]
pub struct Entity {
    /// What it is part of.
    pub parent: Option<usize>,
    /// Its place among its siblings, from 1 up.
    pub number: usize,
    /// How many entities it is in.
    pub depth: usize,
    /// Its header.
    pub header: Header,
    /// Where the header is, without the empty line behind it.
    pub header_at: Range<u64>,
    /// Where the body is.
    pub body: Range<u64>,
    /// What the body is made of.
    pub shape: Shape,
    /// Its parts.
    pub children: Vec<usize>,
    /// `Content-Type`; the value is empty when there is none.
    pub content_type: Parameterized,
    /// `Content-Disposition`.
    pub disposition: Option<Parameterized>,
    /// `Content-Transfer-Encoding`.
    pub transfer: Transfer,
    /// Whether the media type is `message/rfc822` unless the header says otherwise.
    pub in_digest: bool,
    /// Text before the first part.
    pub preamble: Option<Range<u64>>,
    /// Text after the last part.
    pub epilogue: Option<Range<u64>>,
}

impl Entity {
    /// The media type: what `Content-Type` says, or its default.
    #[must_use]
    pub fn media_type(&self) -> &str {
        let own = self.content_type.value.as_str();
        match own {
            "" if self.in_digest => "message/rfc822",
            // Of mailers before MIME (RFC 1049).
            "" | "text" => "text/plain",
            own => own,
        }
    }

    /// The name of the file, as the sender wrote it.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        let disposition = self.disposition.as_ref();
        let name = disposition.and_then(|own| own.get("filename").or_else(|| own.get("name")));
        let typed = || {
            let own = &self.content_type;
            own.get("name").or_else(|| own.get("filename"))
        };
        name.filter(|name| !name.is_empty())
            .or_else(typed)
            .filter(|name| !name.is_empty())
    }

    /// Whether it says that it is a message.
    #[must_use]
    pub fn is_message(&self) -> bool {
        matches!(self.media_type(), "message/rfc822" | "message/global")
    }

    /// Whether it says that it is attached.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        let disposition = self.disposition.as_ref();
        disposition.is_some_and(|own| own.value == "attachment")
    }
}

/// The body of a part, decoded as it is read.
#[derive(Clone)]
pub struct PartContent {
    /// The bytes as they stand.
    pub extent: Extent,
    /// How they are encoded.
    pub transfer: Transfer,
    /// How the mailbox around them quotes.
    pub quoting: FromQuoting,
    /// Length once decoded, when it has been measured.
    pub measured: Option<u64>,
}

/// Bytes by which an encoding is judged.
const LOOKED_AT: u64 = 4 << 10;
/// Words of a line by which it is text.
const TEXT_WORDS: usize = 3;

impl fmt::Debug for PartContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            extent, transfer, ..
        } = self;
        write!(f, "{transfer:?} at {}, {} bytes", extent.offset, extent.len)
    }
}

impl PartContent {
    /// Reads all of it once: its length, and what is not as it should be. The length is told by
    /// [`Content::size`] from then on.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn measure(&mut self) -> io::Result<Faults> {
        if self.transfer == Transfer::Identity && self.quoting == FromQuoting::None {
            self.measured = Some(self.extent.len);
            return Ok(Faults::default());
        }
        let clean = if self.transfer == Transfer::Base64 {
            clean_base64_length(&mut self.raw()?)?
        } else {
            None
        };
        if let Some(len) = clean {
            self.measured = Some(len);
            return Ok(Faults::default());
        }
        let raw = self.raw()?;
        let (len, faults) = match self.transfer {
            Transfer::Identity => drain(Decoding::new(raw, Unquoting::new(FromQuoting::None))),
            Transfer::Base64 => drain(Decoding::new(raw, Base64::default())),
            Transfer::QuotedPrintable => drain(Decoding::new(raw, QuotedPrintable::default())),
            Transfer::Uuencode => drain(Decoding::new(raw, Uuencode::default())),
        }?;
        self.measured = Some(len);
        Ok(faults)
    }

    /// Whether the beginning is what the transfer encoding says: lines of text are no Base64,
    /// although most of their letters are.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_encoded(&self) -> io::Result<bool> {
        if self.transfer != Transfer::Base64 {
            return Ok(true);
        }
        let mut head = Vec::new();
        self.raw()?.take(LOOKED_AT).read_to_end(&mut head)?;
        let lines = head.split(|byte| matches!(byte, b'\n' | b'\r'));
        let lines = lines.filter(|line| !line.trim_ascii().is_empty());
        let words = |line: &[u8]| {
            line.split(u8::is_ascii_whitespace)
                .filter(|w| !w.is_empty())
                .count()
        };
        let (text, encoded): (Vec<_>, Vec<_>) = lines.partition(|line| words(line) >= TEXT_WORDS);
        Ok(encoded.len() >= text.len())
    }

    /// The bytes without the quoting of the mailbox.
    fn raw(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        let raw = self.extent.open()?;
        Ok(match self.quoting {
            FromQuoting::None => raw,
            quoting => Box::new(Decoding::new(raw, Unquoting::new(quoting))),
        })
    }
}

fn drain<R: Read, D: Decoder>(mut reader: Decoding<R, D>) -> io::Result<(u64, Faults)> {
    let len = io::copy(&mut reader, &mut io::sink())?;
    Ok((len, reader.faults()))
}

impl Content for PartContent {
    fn size(&self) -> u64 {
        let encoded = match self.transfer {
            Transfer::Base64 => self.extent.len / 4 * 3,
            _ => self.extent.len,
        };
        self.measured.unwrap_or(encoded)
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        let raw = self.raw()?;
        Ok(match self.transfer {
            Transfer::Identity => raw,
            Transfer::Base64 => Box::new(Decoding::new(raw, Base64::default())),
            Transfer::QuotedPrintable => Box::new(Decoding::new(raw, QuotedPrintable::default())),
            Transfer::Uuencode => Box::new(Decoding::new(raw, Uuencode::default())),
        })
    }
}
