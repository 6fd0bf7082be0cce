//! The text of a message: charsets, several parts, files in plain text.
//!
//! *Seen in the wild*: HTML that says its charset itself; files between `begin` and `end`, or
//! `=ybegin` and `=yend`, in plain text.

use std::collections::HashSet;

use super::attachment::{blank, measure};
use super::parts::Found;
use super::{Session, email, raw};
use crate::charset;
use crate::content::{self, InMemory};
use crate::finding::Effect;
use crate::item::blob::BodyForm;
use crate::item::{AttachmentData, Email, Item, RawValue};
use crate::limits;
use crate::mime::{Message, uuencode, yenc};

/// What an HTML body refers to.
#[derive(Debug, Default)]
pub(super) struct Referred {
    ids: HashSet<String>,
    places: HashSet<String>,
}

impl Referred {
    /// Whether it refers to a part of this id or place.
    pub(super) fn has(&self, id: Option<&str>, place: Option<&str>) -> bool {
        id.is_some_and(|id| self.ids.contains(id))
            || place.is_some_and(|place| self.places.contains(place))
    }

    /// Collects what stands in quotes or after `cid:`.
    fn of_html(html: &str) -> Self {
        let mut own = Self::default();
        let ends = |letter: char| "\"'()<> \t\r\n".contains(letter);
        for piece in html.split("cid:").skip(1) {
            let id = piece.split(ends).next().unwrap_or_default();
            own.ids.insert(percent_decoded(id));
        }
        for piece in html.split("src=").skip(1) {
            let piece = piece.trim_start_matches(['"', '\'']);
            let place = piece.split(ends).next().unwrap_or_default();
            own.places.insert(place.replace("&amp;", "&"));
        }
        own
    }
}

/// `cid:` addresses are percent-encoded (RFC 2392).
fn percent_decoded(id: &str) -> String {
    if !id.contains('%') {
        return id.to_owned();
    }
    let value = format!("x; x*=utf-8''{}", id.replace(';', "%3B"));
    let parsed = crate::mime::parameters::parse(value.as_bytes());
    parsed.get("x").unwrap_or(id).to_owned()
}

/// Reads the body; gives what its HTML refers to.
pub(super) fn read(
    session: &mut Session<'_>,
    message: &Message,
    found: &mut Found,
    email: &mut Email,
    item: &mut Item,
) -> Referred {
    let mut plain = Vec::new();
    let mut html = Vec::new();
    for index in std::mem::take(&mut found.plain) {
        plain.extend(part(session, message, index, found, item, false));
    }
    for index in std::mem::take(&mut found.html) {
        html.extend(part(session, message, index, found, item, true));
    }
    let several = plain.len().max(html.len());
    if several > 1 {
        let detail = format!("{several} text parts, one after the other, are read as one body");
        session.find("mapping.mail.body-joined", Effect::Noted, "", detail);
    }
    let referred = html.iter().map(|html| Referred::of_html(html));
    let referred = referred.fold(Referred::default(), |mut all, own| {
        all.ids.extend(own.ids);
        all.places.extend(own.places);
        all
    });
    email.body.native = match (&found.signed, plain.is_empty(), html.is_empty()) {
        (Some(_), _, _) => Some(BodyForm::Signed),
        (None, _, false) => Some(BodyForm::Html),
        (None, false, true) => Some(BodyForm::Plain),
        (None, true, true) => None,
    };
    let joined = |texts: Vec<String>| {
        let several = texts.len() > 1;
        let texts = texts.into_iter().map(|mut text| {
            if several && !text.ends_with('\n') {
                text.push_str("\r\n");
            }
            text
        });
        texts.collect::<String>()
    };
    let mut text = |texts: Vec<String>| {
        let text = joined(texts);
        (!text.is_empty()).then(|| session.contents.text(text))
    };
    email.body.plain = text(plain);
    email.body.html = text(html);
    referred
}

/// The text of one part; `None` when it is attached instead.
fn part(
    session: &mut Session<'_>,
    message: &Message,
    index: usize,
    found: &mut Found,
    item: &mut Item,
    html: bool,
) -> Option<String> {
    let entity = message.entities.get(index)?;
    let at = message.path(index);
    let mut content = message.content(entity);
    measure(session, &mut content, &at);
    let bytes = match content::read_all(&content, limits::MIME_TEXT_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            let detail = format!("a text is attached instead: {error}");
            session.find("mapping.mail.body-too-large", Effect::Noted, &at, detail);
            found
                .attached
                .insert(0, (index, super::attachment::Role::Text));
            return None;
        }
    };
    let bytes = match html {
        true => bytes,
        false => without_files(session, bytes, &at, item),
    };
    let label = entity.content_type.get("charset").map(str::to_owned);
    let label = label.or_else(|| html.then(|| charset_of_html(&bytes)).flatten());
    let decoded = charset::decode_or(&bytes, label.as_deref(), session.code_page);
    email::told(session, "a text", decoded.guessed, false, &at);
    if !decoded.lossless {
        let label = label.as_deref().unwrap_or("none");
        let detail =
            format!("bytes that are not of the charset {label:?}; they are kept raw as well");
        session.find(
            "mapping.mail.text-undecodable",
            Effect::Altered,
            &at,
            detail,
        );
        let blob = session.contents.blob(content);
        let name = match at.as_str() {
            "" => "body".to_owned(),
            at => format!("part {at}/body"),
        };
        item.raw.push(raw(name, RawValue::Blob(blob)));
    }
    Some(decoded.text)
}

/// The charset that HTML says of itself, near its beginning.
fn charset_of_html(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..2048).unwrap_or(bytes);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let (_, meta) = head.split_once("<meta")?;
    let (_, value) = meta.split_once("charset=")?;
    let value = value.trim_start_matches(['"', '\'', ' ']);
    let end =
        value.find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_:.".contains(letter)));
    let value = value.get(..end.unwrap_or(value.len()))?;
    // HTML that can be read this far is not in UTF-16, whatever it says.
    (!value.is_empty() && !value.starts_with("utf-16")).then(|| value.to_owned())
}

/// Takes the files out of a plain text, and attaches them.
fn without_files(session: &mut Session<'_>, bytes: Vec<u8>, at: &str, item: &mut Item) -> Vec<u8> {
    let any = [b"begin ".as_slice(), b"=ybegin "];
    if !any
        .iter()
        .any(|mark| memchr::memmem::find(&bytes, mark).is_some())
    {
        return bytes;
    }
    let mut text = Vec::with_capacity(bytes.len());
    let mut open: Option<File> = None;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let own = line.strip_suffix(b"\n").unwrap_or(line);
        let own = own.strip_suffix(b"\r").unwrap_or(own);
        match &mut open {
            None => match File::begin(own, item.attachments.len()) {
                Some(file) => {
                    open = Some(file);
                    if let Some(file) = &mut open {
                        file.source.extend_from_slice(line);
                    }
                }
                None => text.extend_from_slice(line),
            },
            Some(file) => {
                file.source.extend_from_slice(line);
                match file.line(own) {
                    Step::Within => {}
                    Step::End => {
                        let file = open.take();
                        file.into_iter()
                            .for_each(|file| file.attach(session, &text, at, item));
                    }
                    // It was text after all.
                    Step::No => text.extend(open.take().into_iter().flat_map(|file| file.source)),
                }
            }
        }
    }
    match open {
        Some(file) if !file.bytes.is_empty() => {
            let detail = format!("the file {:?} in a text has no end", file.name);
            session.find("mapping.mail.file-cut", Effect::Altered, at, detail);
            file.attach(session, &text, at, item);
        }
        open => text.extend(open.into_iter().flat_map(|file| file.source)),
    }
    text
}

/// A file in a plain text.
struct File {
    name: String,
    begin: String,
    is_yenc: bool,
    part: bool,
    bytes: Vec<u8>,
    source: Vec<u8>,
    checksum: Option<u32>,
}

enum Step {
    Within,
    End,
    No,
}

impl File {
    fn begin(line: &[u8], files: usize) -> Option<Self> {
        if files >= limits::ATTACHMENTS || !(line.starts_with(b"begin ") || line.starts_with(b"=y"))
        {
            return None;
        }
        let of_yenc = yenc::begin(line);
        let is_yenc = of_yenc.is_some();
        let part = of_yenc.as_ref().is_some_and(|own| own.part.is_some());
        let name = match of_yenc {
            Some(own) => own.name,
            None => uuencode::begin(line)?.1,
        };
        Some(Self {
            name,
            begin: String::from_utf8_lossy(line).into_owned(),
            is_yenc,
            part,
            bytes: Vec::new(),
            source: Vec::new(),
            checksum: None,
        })
    }

    fn line(&mut self, line: &[u8]) -> Step {
        if !self.is_yenc {
            return match line {
                b"end" => Step::End,
                _ if line.trim_ascii() == b"end" => Step::End,
                [] | [b'`'] | [b' '] => Step::Within,
                line if uuencode::line(line, &mut self.bytes) => Step::Within,
                _ => Step::No,
            };
        }
        if line.starts_with(b"=yend") {
            self.checksum = yenc::checksum(line, self.part);
            return Step::End;
        }
        if !line.starts_with(b"=ypart") {
            yenc::line(line, &mut self.bytes);
        }
        Step::Within
    }

    fn attach(self, session: &mut Session<'_>, before: &[u8], at: &str, item: &mut Item) {
        let mut own = blank();
        own.name = self.name;
        let characters = String::from_utf8_lossy(before).chars().count();
        own.position = i64::try_from(characters).ok();
        let wanted = self.checksum;
        if wanted.is_some_and(|wanted| crc32fast::hash(&self.bytes) != wanted) {
            let detail = format!("the file {:?} is not what its checksum says", own.name);
            session.find("mapping.mail.file-checksum", Effect::Noted, at, detail);
        }
        let blob = session.contents.blob(InMemory(self.bytes));
        own.data = AttachmentData::File { blob };
        own.raw.push(raw("begin", RawValue::Text(self.begin)));
        item.attachments.push(own);
    }
}
