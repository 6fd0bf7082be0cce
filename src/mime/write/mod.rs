//! A message being written: parts, each with its header block and its body.
//!
//! *Spec*: RFC 5322, 2045, 2046.
//!
//! *Shape*: header blocks are made with [`field`]; what tells how a body is encoded, and where its
//! parts begin, is added here.
//!
//! *Invariants*: lines end with CRLF and have at most 998 bytes; a boundary occurs nowhere else;
//! files are read when they are written, and never held whole; the same parts give the same bytes.

mod encoding;
pub mod field;
mod fold;

use std::io::{self, Read, Write};

use crate::content::ContentRef;

/// A message, or a part of one.
#[derive(Debug)]
pub struct Part {
    /// Header fields, each with its line end. A part made of parts has no `Content-Type` here.
    pub header: Vec<u8>,
    /// Its body.
    pub body: Body,
}

/// The body of a part.
#[derive(Debug)]
pub enum Body {
    /// Text, in UTF-8.
    Text(String),
    /// A file.
    File(ContentRef),
    /// Parts, and of which kind: `mixed`, `report; report-type=delivery-status`.
    Parts(&'static str, Vec<Part>),
    /// Bytes that may not be encoded: `message/partial`, reports.
    AsIs(ContentRef),
    /// A message.
    Message(Box<Part>),
    /// More header fields, an empty line, and a body, as they stand.
    Entity(ContentRef),
    /// Nothing; the header of what is elsewhere.
    Elsewhere(Vec<u8>),
}

/// A file of which not all bytes could be had.
#[derive(Debug)]
pub struct Short {
    /// Bytes that there were.
    pub got: u64,
    /// Bytes that there should have been.
    pub size: u64,
    /// Why.
    pub error: io::Error,
}

/// Writes a message. Of a file that cannot be read to its end there is what could be had.
///
/// # Errors
/// Those of writing.
pub fn write(message: &Part, to: &mut dyn Write) -> io::Result<Vec<Short>> {
    let mut writer = Writer {
        to,
        prefix: unused_prefix(message),
        boundaries: 0,
        short: Vec::new(),
    };
    writer.part(message)?;
    Ok(writer.short)
}

struct Writer<'w> {
    to: &'w mut dyn Write,
    /// What boundaries begin with.
    prefix: String,
    boundaries: u32,
    short: Vec<Short>,
}

impl Writer<'_> {
    fn part(&mut self, part: &Part) -> io::Result<()> {
        self.to.write_all(&part.header)?;
        match &part.body {
            Body::Text(text) => {
                let chosen = encoding::Encoding::of(text.as_bytes());
                self.encoding(chosen.name())?;
                chosen.write(text.as_bytes(), self.to)
            }
            Body::File(content) => {
                self.encoding("base64")?;
                self.copy(content, true)
            }
            Body::Message(inner) => {
                self.to.write_all(b"\r\n")?;
                self.part(inner)
            }
            Body::Entity(content) => self.copy(content, false),
            Body::AsIs(content) => {
                self.to.write_all(b"\r\n")?;
                self.copy(content, false)
            }
            Body::Elsewhere(header) => {
                self.to.write_all(b"\r\n")?;
                self.to.write_all(header)?;
                self.to.write_all(b"\r\n")
            }
            Body::Parts(kind, parts) => self.parts(kind, parts),
        }
    }

    fn encoding(&mut self, name: &str) -> io::Result<()> {
        write!(self.to, "Content-Transfer-Encoding: {name}\r\n\r\n")
    }

    fn parts(&mut self, kind: &str, parts: &[Part]) -> io::Result<()> {
        self.boundaries = self.boundaries.saturating_add(1);
        // No encoding gives `=_`, and text that has it is encoded.
        let boundary = format!("{}{}", self.prefix, self.boundaries);
        let mut header = Vec::new();
        let (value, parameter) = kind.split_once("; ").unwrap_or((kind, ""));
        let given = parameter.split_once('=');
        let given = given.map(|(name, value)| (name, value.trim_matches('"')));
        let parameters = given.into_iter().chain([("boundary", boundary.as_str())]);
        field::parameterized(
            &mut header,
            "Content-Type",
            &format!("multipart/{value}"),
            parameters,
        );
        self.to.write_all(&header)?;
        self.to.write_all(b"\r\n")?;
        for part in parts {
            write!(self.to, "--{boundary}\r\n")?;
            self.part(part)?;
            self.to.write_all(b"\r\n")?;
        }
        write!(self.to, "--{boundary}--\r\n")
    }

    /// Copies a content, in Base64 or as it stands.
    fn copy(&mut self, content: &ContentRef, base64: bool) -> io::Result<()> {
        let mut got = 0_u64;
        let mut encoder = encoding::Base64Lines::default();
        let read = content.open().and_then(|mut reader| {
            let mut block = vec![0; encoding::BLOCK];
            loop {
                let read = match reader.read(&mut block) {
                    Ok(0) => return Ok(Ok(())),
                    Ok(read) => read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(error),
                };
                got = got.saturating_add(read as u64);
                let bytes = block.get(..read).unwrap_or_default();
                let written = if base64 {
                    encoder.write(bytes, self.to)
                } else {
                    self.to.write_all(bytes)
                };
                if written.is_err() {
                    return Ok(written);
                }
            }
        });
        match read {
            Ok(written) => written?,
            Err(error) => self.short.push(Short {
                got,
                size: content.size(),
                error,
            }),
        }
        encoder.finish(self.to)
    }
}

/// A beginning of boundaries that no part which is written as it stands has in it.
fn unused_prefix(message: &Part) -> String {
    let mut entities = Vec::new();
    let mut waiting = vec![message];
    while let Some(part) = waiting.pop() {
        match &part.body {
            Body::Entity(content) | Body::AsIs(content) => entities.push(content),
            Body::Parts(_, parts) => waiting.extend(parts),
            Body::Message(inner) => waiting.push(inner),
            Body::Text(_) | Body::File(_) | Body::Elsewhere(_) => {}
        }
    }
    let mut salt = 0_u32;
    loop {
        let prefix = match salt {
            0 => "=_part_".to_owned(),
            salt => format!("=_part_{salt}_"),
        };
        // Each content can rule out no more than its length has room for.
        if !entities.iter().any(|content| has(content, &prefix)) || salt == u32::MAX {
            return prefix;
        }
        salt = salt.saturating_add(1);
    }
}

/// Whether a content has these bytes somewhere; one that cannot be read is as good as empty.
fn has(content: &ContentRef, wanted: &str) -> bool {
    let Ok(mut reader) = content.open() else {
        return false;
    };
    let mut block = vec![0; encoding::BLOCK];
    let mut held: Vec<u8> = Vec::new();
    while let Ok(read @ 1..) = reader.read(&mut block) {
        held.extend_from_slice(block.get(..read).unwrap_or_default());
        if memchr::memmem::find(&held, wanted.as_bytes()).is_some() {
            return true;
        }
        let keep = held.len().saturating_sub(wanted.len());
        held.drain(..keep);
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::content::InMemory;

    fn text(text: &str) -> Part {
        Part {
            header: b"Content-Type: text/plain; charset=utf-8\r\n".to_vec(),
            body: Body::Text(text.to_owned()),
        }
    }

    fn written(part: &Part) -> String {
        let mut bytes = Vec::new();
        assert!(write(part, &mut bytes).unwrap().is_empty());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn parts_in_parts() {
        let file: ContentRef = Arc::new(InMemory(b"--=_part_1".to_vec()));
        let inner = Part {
            header: Vec::new(),
            body: Body::Parts("alternative", vec![text("a\r\n"), text("--=_part_1\r\n")]),
        };
        let outer = Part {
            header: b"Subject: x\r\n".to_vec(),
            body: Body::Parts(
                "mixed",
                vec![
                    inner,
                    Part {
                        header: Vec::new(),
                        body: Body::File(file),
                    },
                ],
            ),
        };
        let whole = written(&outer);
        assert_eq!(whole.matches("--=_part_1\r\n").count(), 2, "{whole}");
        assert_eq!(whole.matches("--=_part_2\r\n").count(), 2);
        assert!(whole.ends_with("--=_part_1--\r\n"));
        assert!(whole.contains("=2D-=3D_part_1"));
    }

    #[test]
    fn a_boundary_that_occurs_is_another() {
        let entity: ContentRef = Arc::new(InMemory(b"X: y\r\n\r\n--=_part_1\r\n".to_vec()));
        let outer = Part {
            header: Vec::new(),
            body: Body::Parts(
                "mixed",
                vec![Part {
                    header: Vec::new(),
                    body: Body::Entity(entity),
                }],
            ),
        };
        assert!(written(&outer).contains("--=_part_1_1--"));
    }
}
