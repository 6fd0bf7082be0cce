//! The parts of a message, found in one pass over its lines.
//!
//! *Spec*: RFC 2046 5.1 (boundaries, preamble, epilogue), 5.1.5 (digest), 5.2.1 (message/rfc822).
//!
//! *Shape*: a line that is `--` and the boundary of an open multipart begins a part or, with `--`
//! behind it, ends the multipart; it also ends everything that is deeper. The line end before it is
//! its own.
//!
//! *Invariants*: linear; at most [`limits::MIME_PARTS`] parts, [`limits::MIME_DEPTH`] deep; header
//! blocks are held, bodies are not. Every byte of the message is in a header, a body or
//! [`Message::beyond`].
//!
//! *Seen in the wild*: no empty line after the header; lines of it that are no fields; no end
//! boundary; another boundary than the header says, or none; a boundary used twice.

mod head;

use std::io;
use std::ops::Range;

use super::header::Header;
use super::lines::{Ending, Line, Lines};
use super::message::Message;
use super::parameters;
use super::part::{Entity, Shape};
use super::transfer::{FromQuoting, Transfer};
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::limits;

/// An open multipart.
struct Open {
    entity: usize,
    boundary: Vec<u8>,
    /// A line that may be the boundary of a multipart that has no part yet.
    candidate: Option<(Vec<u8>, u64)>,
}

enum State {
    Header {
        entity: usize,
        from: u64,
        /// Whether there is a field yet.
        any: bool,
        /// Where a line that is no field begins, and how many lines ago; those behind it tell what
        /// it is.
        pending: Option<(u64, usize)>,
    },
    /// Of a leaf, or before or after the parts of a multipart.
    Body { entity: usize },
    /// After too many parts.
    Beyond,
}

struct Scanner {
    message: Message,
    open: Vec<Open>,
    state: State,
    /// Where the line before ended.
    before: u64,
    /// Where a body begins whose first lines were taken for the header.
    again: Option<u64>,
    header_bytes: u64,
}

impl Message {
    /// Finds the parts of the message between two offsets.
    ///
    /// # Errors
    /// When the bytes cannot be read.
    ///
    /// # Findings
    /// `mime.header.*`, `mime.structure.*`, see `docs/fidelity.md`.
    pub fn scan(bytes: FileBytes, at: Range<u64>, quoting: FromQuoting) -> io::Result<Self> {
        let at = at.start..at.end.min(bytes.len()).max(at.start);
        let bytes = match at.end.saturating_sub(at.start) {
            // A short one is read once, and gone through several times.
            ..=limits::MIME_HELD if at.end <= bytes.len() => bytes.holding(at.clone())?,
            _ => bytes,
        };
        let ending = Ending::of(&bytes, at.start, at.end)?;
        let mut message = Self {
            bytes: bytes.clone(),
            at: at.clone(),
            quoting,
            entities: Vec::new(),
            from_line: None,
            junk: None,
            beyond: None,
            findings: Findings::new(),
        };
        if ending == Ending::Cr {
            let detail = "lines end in CR alone, as on old Macs; CRLF is expected";
            message.find("mime.structure.bare-cr", Effect::Noted, 0, detail);
        }
        let from = message.before_header(ending)?;
        let mut lines = Lines::new(&bytes, from, at.end, ending);
        let mut scanner = Scanner {
            message,
            open: Vec::new(),
            state: State::Beyond,
            before: from,
            again: None,
            header_bytes: 0,
        };
        scanner.begin(None, from);
        loop {
            match lines.next_line()? {
                Some(line) => {
                    let before = line.end;
                    scanner.line(&line)?;
                    scanner.before = before;
                }
                None if scanner.ends_in_doubt()? => {}
                None => break,
            }
            if let Some(again) = scanner.again.take() {
                scanner.before = again;
                lines.seek(again);
            }
            if matches!(scanner.state, State::Beyond) {
                break;
            }
        }
        scanner.end(at.end)
    }
}

impl Scanner {
    fn find(&mut self, code: &'static str, effect: Effect, entity: usize, detail: &str) {
        self.message.find(code, effect, entity, detail);
    }

    fn entity(&mut self, index: usize) -> Option<&mut Entity> {
        self.message.entities.get_mut(index)
    }

    /// Begins an entity whose header is here.
    fn begin(&mut self, parent: Option<usize>, from: u64) {
        let index = self.message.entities.len();
        if index >= limits::MIME_PARTS {
            let detail = format!(
                "more than {} parts; what follows them is kept raw",
                limits::MIME_PARTS
            );
            self.find("mime.structure.too-many-parts", Effect::Altered, 0, &detail);
            self.message.beyond = Some(from..self.message.at.end);
            self.state = State::Beyond;
            return;
        }
        let above = parent.and_then(|parent| self.entity(parent));
        let (mut number, mut depth, mut in_digest) = (1, 0, false);
        if let Some(above) = above {
            above.children.push(index);
            number = above.children.len();
            depth = above.depth.saturating_add(1);
            in_digest = above.media_type() == "multipart/digest";
        }
        self.message.entities.push(Entity {
            parent,
            number,
            depth,
            header: Header::default(),
            header_at: from..from,
            body: from..from,
            shape: Shape::Leaf,
            children: Vec::new(),
            content_type: parameters::Parameterized::default(),
            disposition: None,
            transfer: Transfer::Identity,
            in_digest,
            preamble: None,
            epilogue: None,
        });
        self.state = State::Header {
            entity: index,
            from,
            any: false,
            pending: None,
        };
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        if line.head.starts_with(b"--") && self.delimiter(line)? {
            return Ok(());
        }
        match self.state {
            State::Header { .. } => self.header_line(line),
            State::Body { entity } => {
                self.body_line(line, entity);
                Ok(())
            }
            State::Beyond => Ok(()),
        }
    }

    /// Takes a line that is a boundary of an open multipart.
    fn delimiter(&mut self, line: &Line<'_>) -> io::Result<bool> {
        let text = line.head.get(2..).unwrap_or_default();
        let mut levels = self.open.iter().enumerate().rev();
        let exact =
            levels.find_map(|(level, open)| Some((level, is_boundary(text, &open.boundary)?)));
        // With text behind it, a last boundary is one still.
        let found = exact.or_else(|| {
            let mut levels = self.open.iter().enumerate().rev();
            let last = |open: &Open| {
                let behind = text.strip_prefix(open.boundary.as_slice());
                !open.boundary.is_empty() && behind.is_some_and(|b| b.starts_with(b"--"))
            };
            levels.find_map(|(level, open)| last(open).then_some((level, true)))
        });
        let Some((level, closes)) = found else {
            return Ok(false);
        };
        // A header that the boundary ends.
        if let State::Header {
            entity, pending, ..
        } = self.state
        {
            let end = pending.map_or(line.start, |(from, _)| from);
            self.end_of_header(entity, end, end, false)?;
        }
        let Some(multipart) = self.open.get(level).map(|open| open.entity) else {
            return Ok(false);
        };
        self.close_below(Some(multipart), self.before);
        self.unclosed(level.saturating_add(1));
        self.part_or_end(multipart, level, closes, line);
        Ok(true)
    }

    fn part_or_end(&mut self, multipart: usize, level: usize, closes: bool, line: &Line<'_>) {
        let before = self.before;
        if let Some(own) = self.entity(multipart).filter(|own| own.children.is_empty()) {
            let from = own.body.start;
            own.preamble = (before > from).then_some(from..before);
        }
        if closes {
            self.open.truncate(level);
            if let Some(own) = self.entity(multipart) {
                own.epilogue = Some(line.next..line.next);
            }
            self.state = State::Body { entity: multipart };
        } else {
            self.begin(Some(multipart), line.next);
        }
    }

    /// Drops the open multiparts from this level up, whose ends are missing.
    fn unclosed(&mut self, level: usize) {
        for open in self.open.split_off(level.min(self.open.len())) {
            let any = self
                .entity(open.entity)
                .is_some_and(|own| !own.children.is_empty());
            let (code, detail) = if any {
                (
                    "mime.structure.no-end",
                    "the boundary that ends it is missing",
                )
            } else {
                (
                    "mime.structure.no-parts",
                    "no line is its boundary; it is read as text",
                )
            };
            self.find(code, Effect::Noted, open.entity, detail);
        }
    }

    /// Ends the entity at hand and those it is in, up to but without `above`.
    fn close_below(&mut self, above: Option<usize>, end: u64) {
        let mut at = match self.state {
            State::Header { entity, .. } | State::Body { entity } => Some(entity),
            State::Beyond => self.message.entities.len().checked_sub(1),
        };
        while let Some(index) = at.filter(|_| at != above) {
            let Some(own) = self.entity(index) else {
                break;
            };
            own.body.end = end.max(own.body.start);
            if let Some(epilogue) = &mut own.epilogue {
                epilogue.end = end.max(epilogue.start);
            }
            at = own.parent;
        }
    }

    fn body_line(&mut self, line: &Line<'_>, entity: usize) {
        let Some(open) = self.open.last_mut().filter(|open| open.entity == entity) else {
            return;
        };
        // Only a multipart that has no part yet may have another boundary than it says.
        if let Some((boundary, before)) = open.candidate.take() {
            let starts = line.head.get(..8).unwrap_or_default();
            if starts.eq_ignore_ascii_case(b"content-") {
                let said = !open.boundary.is_empty();
                open.boundary = boundary;
                if let Some(own) = self.entity(entity) {
                    own.preamble = (before > own.body.start).then_some(own.body.start..before);
                }
                let detail = if said {
                    "another boundary is used than the header says"
                } else {
                    "the header does not say the boundary that is used"
                };
                self.find(
                    "mime.structure.other-boundary",
                    Effect::Noted,
                    entity,
                    detail,
                );
                self.begin(Some(entity), line.start);
                if let State::Header { any, .. } = &mut self.state {
                    *any = true;
                }
                return;
            }
        }
        let text = line.head.strip_prefix(b"--").map(<[u8]>::trim_ascii_end);
        if let Some(text) = text.filter(|text| !text.is_empty() && text.len() <= LONGEST_BOUNDARY) {
            open.candidate = Some((text.to_vec(), self.before));
        }
    }

    /// The end of the message.
    fn end(mut self, end: u64) -> io::Result<Message> {
        // A header without body, and one in it that is nothing at all.
        let mut goes_on = true;
        while let State::Header { entity, .. } = self.state {
            self.end_of_header(entity, end, end, goes_on)?;
            goes_on = false;
        }
        self.close_below(None, end);
        self.unclosed(0);
        // Multiparts in which nothing was found are text.
        for own in &mut self.message.entities {
            if own.shape == Shape::Multipart && own.children.is_empty() {
                own.shape = Shape::Leaf;
            }
        }
        Ok(self.message)
    }
}

/// Whether a line, behind its `--`, is a boundary; then whether it is the last. White space at its
/// end is padding, and no boundary should end in any.
fn is_boundary(text: &[u8], boundary: &[u8]) -> Option<bool> {
    for boundary in [boundary, boundary.trim_ascii_end()] {
        let Some(behind) = text.strip_prefix(boundary).filter(|_| !boundary.is_empty()) else {
            continue;
        };
        let last = behind.strip_prefix(b"--");
        if last.unwrap_or(behind).trim_ascii().is_empty() {
            return Some(last.is_some());
        }
    }
    None
}

/// Bytes of the longest boundary; RFC 2046 allows 70.
const LONGEST_BOUNDARY: usize = 4_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::read_all;

    fn scan(text: &[u8]) -> Message {
        let bytes = FileBytes::in_memory(text.to_vec());
        let len = bytes.len();
        Message::scan(bytes, 0..len, FromQuoting::None).unwrap()
    }

    /// The leaves: path, media type, content.
    fn leaves(message: &Message) -> Vec<(String, String, String)> {
        let all = message.entities.iter().enumerate();
        all.filter(|(_, own)| own.children.is_empty())
            .map(|(index, own)| {
                let bytes = read_all(&message.content(own), 1 << 20).unwrap();
                let text = String::from_utf8(bytes).unwrap();
                (message.path(index), own.media_type().to_owned(), text)
            })
            .collect()
    }

    fn codes(message: &Message) -> Vec<&'static str> {
        message
            .findings
            .iter()
            .map(|finding| finding.code)
            .collect()
    }

    fn leaf(path: &str, media_type: &str, text: &str) -> (String, String, String) {
        (path.to_owned(), media_type.to_owned(), text.to_owned())
    }

    const NESTED: &str = "Subject: x\nContent-Type: multipart/mixed; boundary=a\n\npre\n--a\n\
        Content-Type: multipart/alternative; boundary=\"a b\"\n\n--a b\n\none\n--a b  \n\
        Content-Type: text/html\n\ntwo\n\n--a b--\nignored\n--a\n\
        Content-Type: message/rfc822\n\nSubject: in\n\nbody\n--a--\npost\n";

    #[test]
    fn parts_in_parts() {
        for text in [
            NESTED.to_owned(),
            NESTED.replace('\n', "\r\n"),
            NESTED.replace('\n', "\r"),
        ] {
            let message = scan(text.as_bytes());
            let end = text.get(10..).unwrap().find('x').map_or("\n", |_| "\n");
            let told: Vec<_> = leaves(&message)
                .into_iter()
                .map(|(path, kind, text)| {
                    (path, kind, text.replace("\r\n", end).replace('\r', end))
                })
                .collect();
            assert_eq!(
                told,
                [
                    leaf("1.1", "text/plain", "one"),
                    leaf("1.2", "text/html", "two\n"),
                    leaf("2.1", "text/plain", "body"),
                ]
            );
            let root = &message.entities[0];
            let run = |at: &Range<u64>| {
                let bytes = read_all(&message.raw(at.clone()), 99).unwrap();
                String::from_utf8(bytes).unwrap()
            };
            assert_eq!(run(root.preamble.as_ref().unwrap()), "pre");
            assert_eq!(run(root.epilogue.as_ref().unwrap()).trim_end(), "post");
            assert!(
                codes(&message)
                    .iter()
                    .all(|code| *code == "mime.structure.bare-cr")
            );
        }
    }

    #[test]
    fn missing_ends_and_other_boundaries() {
        let message = scan(b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a\n\ntwo");
        let told = leaves(&message);
        assert_eq!(told[1], leaf("2", "text/plain", "two"));
        assert_eq!(codes(&message), ["mime.structure.no-end"]);

        let text = b"Content-Type: multipart/mixed; boundary=wrong\n\nhi\n--right\n\
            Content-Type: text/plain\n\none\n--right--\n";
        let message = scan(text);
        assert_eq!(leaves(&message), [leaf("1", "text/plain", "one")]);
        assert_eq!(codes(&message), ["mime.structure.other-boundary"]);

        let message = scan(b"Content-Type: multipart/mixed\n\nno parts\n");
        assert_eq!(
            leaves(&message),
            [leaf("", "multipart/mixed", "no parts\n")]
        );
        assert_eq!(codes(&message), ["mime.structure.no-parts"]);
    }

    #[test]
    fn headers_without_end() {
        let message = scan(b"Subject: x\nHello,\nyou there\n");
        assert_eq!(
            leaves(&message),
            [leaf("", "text/plain", "Hello,\nyou there\n")]
        );
        assert_eq!(codes(&message), ["mime.header.no-end"]);
        let message = scan(b"Subject: x\nunfolded\nTo: b\n\nbody");
        assert_eq!(leaves(&message), [leaf("", "text/plain", "body")]);
        assert_eq!(message.entities[0].header.get("to"), Some(b" b".as_slice()));
        assert_eq!(codes(&message), ["mime.header.no-field"]);
        let message = scan(b"Subject: x");
        assert_eq!(
            message.entities[0].header.get("subject"),
            Some(b" x".as_slice())
        );
        let message = scan(b"Content-Type: multipart/mixed; boundary=a\n--a\nhello\n--a--");
        assert_eq!(leaves(&message), [leaf("1", "text/plain", "hello")]);
    }

    #[test]
    fn what_stands_before_the_header() {
        let message =
            scan(b"\xEF\xBB\xBFFrom a@b Sat Jan  3 01:05:34 1996\n\n+OK\nSubject: x\n\nb");
        assert_eq!(
            message.entities[0].header.get("subject"),
            Some(b" x".as_slice())
        );
        assert!(message.from_line.is_some());
        assert_eq!(
            codes(&message),
            ["mime.header.byte-order-mark", "mime.header.junk-before"]
        );
        let message = scan(b"just a text\n\nSubject: x\n");
        assert_eq!(leaves(&message)[0].2, "just a text\n\nSubject: x\n");
    }

    #[test]
    fn an_outer_boundary_ends_what_is_inside() {
        let text = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\
            Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--a\n\ntwo\n--a--";
        let message = scan(text);
        let told = leaves(&message);
        assert_eq!(
            told,
            [
                leaf("1.1", "text/plain", "one"),
                leaf("2", "text/plain", "two")
            ]
        );
        assert_eq!(codes(&message), ["mime.structure.no-end"]);
    }

    #[test]
    fn depth_and_parts_are_bounded() {
        let mut text = String::new();
        for level in 0..limits::MIME_DEPTH + 20 {
            text += &format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n");
        }
        let message = scan(text.as_bytes());
        assert!(codes(&message).contains(&"mime.structure.too-deep"));
        let mut text = "Content-Type: multipart/mixed; boundary=a\n\n".to_owned();
        text += &"--a\n\nx\n".repeat(limits::MIME_PARTS + 5);
        let message = scan(text.as_bytes());
        assert_eq!(message.entities.len(), limits::MIME_PARTS);
        assert_eq!(codes(&message)[0], "mime.structure.too-many-parts");
        assert!(message.beyond.is_some());
        let text = "Content-Type: message/rfc822\n\n".repeat(1_000);
        assert_eq!(codes(&scan(text.as_bytes())), ["mime.structure.too-deep"]);
    }
}
