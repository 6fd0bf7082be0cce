//! A message: its parts, and the bytes that they are in.

use std::io;
use std::ops::Range;

use super::header::{self, Header};
use super::lines::{Ending, Lines};
use super::parameters;
use super::part::{Entity, PartContent, Shape};
use super::transfer::{FromQuoting, Transfer};
use crate::file_bytes::{Extent, FileBytes};
use crate::finding::{Effect, Findings};
use crate::limits;
use crate::mapi::codepage;

/// A message.
#[derive(Debug)]
pub struct Message {
    /// The bytes that it is in.
    pub bytes: FileBytes,
    /// Where in them it is.
    pub at: Range<u64>,
    /// How the mailbox around it quotes.
    pub quoting: FromQuoting,
    /// The message itself, then its parts as they come.
    pub entities: Vec<Entity>,
    /// The `From ` line before it, when there is one.
    pub from_line: Option<Vec<u8>>,
    /// Lines before the header that are none of it.
    pub junk: Option<Range<u64>>,
    /// What follows the last part that the limit allows.
    pub beyond: Option<Range<u64>>,
    /// What was not as it should be.
    pub findings: Findings,
}

impl Message {
    /// The content of a part, decoded as it is read.
    #[must_use]
    pub fn content(&self, entity: &Entity) -> PartContent {
        let transfer = match entity.shape {
            Shape::Leaf => entity.transfer,
            // RFC 2046: parts may be encoded, what is made of parts is not.
            Shape::Multipart | Shape::Message => Transfer::Identity,
        };
        self.run(entity.body.clone(), transfer)
    }

    /// Bytes of the message as they stand, without the quoting of a mailbox.
    #[must_use]
    pub fn raw(&self, at: Range<u64>) -> PartContent {
        self.run(at, Transfer::Identity)
    }

    fn run(&self, at: Range<u64>, transfer: Transfer) -> PartContent {
        PartContent {
            extent: Extent {
                bytes: self.bytes.clone(),
                offset: at.start,
                len: at.end.saturating_sub(at.start),
            },
            transfer,
            quoting: self.quoting,
            measured: None,
        }
    }

    /// Takes bytes of the headers that are no UTF-8 to be of a code page.
    pub fn assume(&mut self, code_page: u16) {
        for entity in &mut self.entities {
            let block = entity.header.block();
            if std::str::from_utf8(block).is_ok() {
                continue;
            }
            let text = codepage::decode(block, code_page).text;
            entity.header = Header::parse(text.into_bytes());
            if let Some(value) = entity.header.get("Content-Type") {
                entity.content_type = parameters::parse(value);
            }
            let disposition = entity.header.get("Content-Disposition");
            entity.disposition = disposition.map(parameters::parse);
        }
    }

    /// The path of an entity: `1.2`; empty of the message itself.
    #[must_use]
    pub fn path(&self, entity: usize) -> String {
        let mut numbers = Vec::new();
        let mut at = self.entities.get(entity);
        while let Some((own, parent)) = at.and_then(|own| Some((own, own.parent?))) {
            numbers.push(own.number.to_string());
            at = self.entities.get(parent);
        }
        numbers.reverse();
        numbers.join(".")
    }

    pub(super) fn find(&mut self, code: &'static str, effect: Effect, entity: usize, detail: &str) {
        let path = self.path(entity);
        let part = match path.as_str() {
            "" => String::new(),
            path => format!("part {path}"),
        };
        self.findings.add(code, effect, part, detail);
    }

    /// Passes over what stands before the header: a byte order mark, a `From ` line, empty lines,
    /// and others, when a field that mails are known by follows them.
    pub(super) fn before_header(&mut self, ending: Ending) -> io::Result<u64> {
        let bytes = self.bytes.clone();
        let mut start = self.at.start;
        let mut mark = [0; 3];
        let read = bytes.read_at(&mut mark, start)?;
        if mark.get(..read) == Some(b"\xEF\xBB\xBF") {
            start = start.saturating_add(3);
            let detail = "a byte order mark before the header is passed over";
            self.find("mime.header.byte-order-mark", Effect::Noted, 0, detail);
        }
        let mut lines = Lines::new(&bytes, start, self.at.end, ending);
        let mut junk: Option<u64> = None;
        for _ in 0..limits::MIME_JUNK_LINES {
            let Some(line) = lines.next_line()? else {
                break;
            };
            let from_line = line.head.starts_with(b"From ") || line.head.starts_with(b">From ");
            if from_line && junk.is_none() && line.start == start {
                let own = line.head.strip_prefix(b">").unwrap_or(line.head);
                self.from_line.get_or_insert_with(|| own.to_vec());
                start = line.next;
            } else if line.is_blank() && junk.is_none() {
                // Whether a header follows, or nothing but a body.
                start = line.next;
            } else if line.is_blank() {
                break;
            } else if header::name_of(line.head).is_some()
                && (junk.is_none() || header::is_well_known(line.head))
            {
                if let Some(from) = junk {
                    self.junk = Some(from..line.start);
                    let detail = "lines before the header are none of it; they are kept raw";
                    self.find("mime.header.junk-before", Effect::Noted, 0, detail);
                }
                return Ok(line.start);
            } else {
                junk.get_or_insert(line.start);
            }
        }
        Ok(start)
    }
}
