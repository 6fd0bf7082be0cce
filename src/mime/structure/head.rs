//! The header of an entity, line by line, and what its body is.

use std::io;

use super::{LONGEST_BOUNDARY, Open, Scanner, State};
use crate::finding::Effect;
use crate::limits;
use crate::mime::header::{self, Header};
use crate::mime::lines::{Line, length};
use crate::mime::parameters;
use crate::mime::part::Shape;
use crate::mime::transfer::Transfer;

impl Scanner {
    pub(super) fn header_line(&mut self, line: &Line<'_>) -> io::Result<()> {
        let State::Header {
            entity,
            any,
            pending,
            ..
        } = self.state
        else {
            return Ok(());
        };
        if let Some((from, lines)) = pending {
            // Lines that are no field, and then a field after all: they were junk.
            if header::is_well_known(line.head) {
                let detail = "lines of the header are no fields; they are kept in `headers` only";
                self.find("mime.header.no-field", Effect::Altered, entity, detail);
                self.set_pending(None);
                return Ok(());
            }
            let other = line.is_blank() || line.head.starts_with(b"--");
            if !other && lines < limits::MIME_JUNK_LINES {
                self.set_pending(Some((from, lines.saturating_add(1))));
                return Ok(());
            }
            return self.no_end_of_header(entity, from);
        }
        if line.is_blank() {
            return self.end_of_header(entity, line.start, line.next, true);
        }
        if any && header::continues(line.head) {
            return Ok(());
        }
        if header::name_of(line.head).is_some() {
            if let State::Header { any, .. } = &mut self.state {
                *any = true;
            }
            return Ok(());
        }
        if any && (line.head.starts_with(b">From ") || line.head.starts_with(b"From ")) {
            return Ok(());
        }
        // White space alone is what an empty line became on its way.
        if line.head.trim_ascii().is_empty() {
            return self.end_of_header(entity, line.start, line.next, true);
        }
        if any && line.head.starts_with(b"--") {
            return self.no_end_of_header(entity, line.start);
        }
        if any {
            self.set_pending(Some((line.start, 1)));
            return Ok(());
        }
        let detail = "there is no header";
        self.find("mime.header.none", Effect::Noted, entity, detail);
        self.end_of_header(entity, line.start, line.start, true)
    }

    /// Ends a header without an empty line; the body is read from there.
    fn no_end_of_header(&mut self, entity: usize, from: u64) -> io::Result<()> {
        let detail = "no empty line between header and body";
        self.find("mime.header.no-end", Effect::Noted, entity, detail);
        self.again = Some(from);
        self.end_of_header(entity, from, from, true)
    }

    /// Whether the bytes end within lines that were no fields, which are body then.
    pub(super) fn ends_in_doubt(&mut self) -> io::Result<bool> {
        let State::Header {
            entity,
            pending: Some((from, _)),
            ..
        } = self.state
        else {
            return Ok(false);
        };
        self.no_end_of_header(entity, from)?;
        Ok(true)
    }

    fn set_pending(&mut self, to: Option<(u64, usize)>) {
        if let State::Header { pending, .. } = &mut self.state {
            *pending = to;
        }
    }

    /// Reads the header of an entity, and goes on with its body.
    pub(super) fn end_of_header(
        &mut self,
        index: usize,
        end: u64,
        body: u64,
        goes_on: bool,
    ) -> io::Result<()> {
        let State::Header { from, .. } = self.state else {
            return Ok(());
        };
        self.state = State::Body { entity: index };
        let len = end.saturating_sub(from);
        let left = limits::MIME_HEADER_BYTES.saturating_sub(self.header_bytes);
        if len > left {
            let detail = format!(
                "header blocks over {} bytes; fields beyond are in the message only",
                limits::MIME_HEADER_BYTES
            );
            self.find("mime.header.too-long", Effect::Altered, index, &detail);
        }
        self.header_bytes = self.header_bytes.saturating_add(len.min(left));
        let mut block = vec![0; length(len.min(left))];
        let read = self.message.bytes.read_at(&mut block, from)?;
        block.truncate(read);
        let header = Header::parse(block);
        if header.untold > 0 {
            let detail = format!(
                "more than {} fields in a header; {} are only in `headers`",
                limits::MIME_FIELDS,
                header.untold
            );
            self.find("mime.header.too-many-fields", Effect::Noted, index, &detail);
        }
        let content_type = header.get("Content-Type").map(parameters::parse);
        let disposition = header.get("Content-Disposition").map(parameters::parse);
        let declared = header.get("Content-Transfer-Encoding");
        let transfer = declared.map_or(Some(Transfer::Identity), Transfer::of);
        if transfer.is_none() {
            let detail = "a transfer encoding that is not known; the bytes are kept as they are";
            self.find("mime.part.unknown-encoding", Effect::Altered, index, detail);
        }
        let Some(own) = self.entity(index) else {
            return Ok(());
        };
        own.header = header;
        own.header_at = from..end;
        own.body = body..body;
        own.content_type = content_type.unwrap_or_default();
        own.disposition = disposition;
        own.transfer = transfer.unwrap_or_default();
        if goes_on {
            self.begin_body(index, body);
        }
        Ok(())
    }

    /// Opens a multipart or a message.
    fn begin_body(&mut self, index: usize, body: u64) {
        let messages = self.messages_around(index);
        let Some(own) = self.entity(index) else {
            return;
        };
        let media_type = own.media_type();
        let is_multipart = media_type.starts_with("multipart/");
        let is_message = own.is_message() && own.transfer == Transfer::Identity;
        if !is_multipart && !is_message {
            return;
        }
        if own.depth >= limits::MIME_DEPTH || (is_message && messages >= limits::EMBEDDED_DEPTH) {
            let detail = "nested deeper than the limit; it is kept whole, as a file";
            self.find("mime.structure.too-deep", Effect::Altered, index, detail);
            return;
        }
        if is_message {
            own.shape = Shape::Message;
            self.begin(Some(index), body);
            return;
        }
        own.shape = Shape::Multipart;
        let boundary = own.content_type.get("boundary").unwrap_or_default();
        let boundary = boundary.as_bytes();
        let boundary = boundary
            .get(..LONGEST_BOUNDARY)
            .unwrap_or(boundary)
            .to_vec();
        self.open.push(Open {
            entity: index,
            boundary,
            candidate: None,
        });
    }

    /// How many messages the entity is in.
    fn messages_around(&self, index: usize) -> u32 {
        let mut count = 0;
        let mut at = self.message.entities.get(index);
        while let Some(own) = at {
            count += u32::from(own.shape == Shape::Message);
            at = own
                .parent
                .and_then(|parent| self.message.entities.get(parent));
        }
        count
    }
}
