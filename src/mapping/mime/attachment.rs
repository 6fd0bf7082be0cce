//! A part as an attachment.
//!
//! *Spec*: RFC 2183 (name, dates, inline), RFC 2392 (`cid:`), RFC 2557 (`Content-Location`).

use std::io::Read;

use super::body::Referred;
use super::parts::bare;
use super::{Session, email, raw};
use crate::content::{Content, InMemory};
use crate::finding::Effect;
use crate::item::{Attachment, AttachmentData, RawProperty, RawValue};
use crate::mime::header::unfolded;
use crate::mime::part::Shape;
use crate::mime::transfer::Faults;
use crate::mime::{Entity, Header, Message, PartContent, date, encoded_word, parameters};

/// Why a part is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is no body.
    Attached,
    /// It is text that is shown in its place, beside a body of another kind.
    Text,
    /// A body in a multipart/related may refer to it.
    Related,
    /// It is the signature of what is before it.
    Signature,
}

/// An attachment of which nothing is known.
pub(super) fn blank() -> Attachment {
    Attachment {
        name: String::new(),
        media_type: None,
        content_id: None,
        content_location: None,
        hidden: false,
        inline: false,
        position: None,
        created: None,
        modified: None,
        data: AttachmentData::Nothing,
        raw: Vec::new(),
    }
}

/// Reads a part as an attachment. Of a message in the message, the item is for the caller to add.
pub(super) fn read(
    session: &mut Session<'_>,
    message: &Message,
    index: usize,
    role: Role,
    referred: &Referred,
) -> Attachment {
    let mut own = blank();
    let Some(entity) = message.entities.get(index) else {
        return own;
    };
    let at = message.path(index);
    let header = &entity.header;
    for values in std::iter::once(&entity.content_type).chain(&entity.disposition) {
        let name = "the name of an attachment";
        email::told(session, name, values.guessed, values.undecodable, &at);
    }
    entity
        .file_name()
        .unwrap_or_default()
        .clone_into(&mut own.name);
    own.media_type = Some(entity.media_type().to_owned())
        .filter(|_| !entity.content_type.value.is_empty() || entity.in_digest);
    let text = |name: &str| {
        let value = String::from_utf8_lossy(&unfolded(header.get(name)?)).into_owned();
        Some(value).filter(|value| !value.is_empty())
    };
    own.content_id = text("Content-ID").map(|id| bare(&id).to_owned());
    own.content_location = text("Content-Location").map(|place| {
        let words = encoded_word::decode(place.as_bytes()).text;
        words.split_whitespace().collect()
    });
    let disposition = entity.disposition.as_ref();
    let dated = |name: &str| {
        let value = disposition?.get(name)?;
        date::parse(value.as_bytes()).map(|dated| dated.instant)
    };
    own.created = dated("creation-date");
    own.modified = dated("modification-date");
    let says_inline = disposition.is_some_and(|own| own.value == "inline");
    let shown = referred.has(own.content_id.as_deref(), own.content_location.as_deref());
    own.inline = shown || says_inline || role == Role::Text;
    own.hidden = role == Role::Signature;
    own.data = data(session, message, entity, &at);
    own.raw = rest(session, entity, &own, &at);
    let outer = entity
        .parent
        .and_then(|parent| message.entities.get(parent));
    if outer.is_none_or(|outer| outer.shape == Shape::Message) {
        // The other fields are those of the message, and in its `headers`.
        own.raw.retain(|raw| {
            let head = raw.name.get(.."content-".len()).unwrap_or_default();
            head.eq_ignore_ascii_case("content-")
        });
    }
    own
}

/// The bytes of a part, read once to see whether they are as they should be.
fn data(session: &mut Session<'_>, message: &Message, entity: &Entity, at: &str) -> AttachmentData {
    if entity.shape == Shape::Message || entity.is_message() {
        return AttachmentData::Nothing;
    }
    let access = entity.content_type.get("access-type").unwrap_or_default();
    if entity.media_type() == "message/external-body" && access.eq_ignore_ascii_case("url") {
        let place = entity.content_type.get("url").unwrap_or_default();
        return AttachmentData::Reference {
            place: place.split_whitespace().collect(),
        };
    }
    file(session, message, entity, at)
}

/// The bytes of a part, whatever it says that it is.
pub(super) fn file(
    session: &mut Session<'_>,
    message: &Message,
    entity: &Entity,
    at: &str,
) -> AttachmentData {
    let mut content = message.content(entity);
    measure(session, &mut content, at);
    let blob = session.contents.blob(content);
    AttachmentData::File { blob }
}

/// Measures a content, and tells what is not as it should be.
pub(super) fn measure(session: &mut Session<'_>, content: &mut PartContent, at: &str) {
    if content.is_encoded().is_ok_and(|is| !is) {
        let detail = "it says that it is Base64, and is not; the bytes are kept as they are";
        session.find("mapping.mail.not-encoded", Effect::Altered, at, detail);
        content.transfer = crate::mime::Transfer::Identity;
    }
    let encoding = match content.transfer {
        crate::mime::Transfer::Base64 => "Base64",
        crate::mime::Transfer::QuotedPrintable => "quoted-printable",
        _ => "uuencode",
    };
    match content.measure() {
        Ok(Faults {
            strange: 0,
            behind: 0,
            cut: false,
        }) => {}
        Ok(faults) => {
            let mut notes = Vec::new();
            if faults.strange > 0 {
                notes.push(format!("{} characters are none of it", faults.strange));
            }
            if faults.behind > 0 {
                notes.push(format!(
                    "{} bytes behind its end are left out",
                    faults.behind
                ));
            }
            if faults.cut {
                notes.push("it is cut off".to_owned());
            }
            let detail = format!("broken {encoding}: {}", notes.join(", "));
            let effect = match faults.strange > 0 || faults.cut {
                true => Effect::Altered,
                false => Effect::Noted,
            };
            session.find("mapping.mail.broken-encoding", effect, at, detail);
        }
        Err(error) => {
            let detail = format!("a part cannot be read to its end: {error}");
            session.find("mapping.mail.unreadable-part", Effect::Lost, at, detail);
        }
    }
}

/// Parameters that fields of the attachment tell.
const TOLD: [&[&str]; 2] = [
    &["name", "filename"],
    &[
        "filename",
        "name",
        "size",
        "creation-date",
        "modification-date",
    ],
];

/// The header fields that are not told by the attachment.
fn rest(
    session: &mut Session<'_>,
    entity: &Entity,
    own: &Attachment,
    at: &str,
) -> Vec<RawProperty> {
    let only = |parsed: Option<&crate::mime::parameters::Parameterized>, told: &[&str]| {
        parsed.is_some_and(|parsed| {
            let mut names = parsed.parameters.iter();
            names.all(|(name, value)| {
                let same = !name.ends_with("name") || *value == own.name;
                told.contains(&name.as_str()) && same
            })
        })
    };
    let [typed, disposed] = TOLD;
    let dates = |name: &str, told: Option<jiff::Timestamp>| {
        let given = entity.disposition.as_ref().and_then(|own| own.get(name));
        given.is_none() || told.is_some()
    };
    let dated = dates("creation-date", own.created) && dates("modification-date", own.modified);
    let known_disposition = entity
        .disposition
        .as_ref()
        .is_some_and(|own| matches!(own.value.as_str(), "attachment" | "inline"));
    let mut all = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for field in entity.header.iter() {
        let name = field.name.to_ascii_lowercase();
        let first = seen.insert(name.clone());
        let told = match name.as_str() {
            "content-type" => only(Some(&entity.content_type), typed),
            "content-disposition" => {
                known_disposition && dated && only(entity.disposition.as_ref(), disposed)
            }
            "content-transfer-encoding" => true,
            "content-id" => own.content_id.is_some(),
            "content-location" => own.content_location.is_some(),
            _ => false,
        };
        if told && first {
            continue;
        }
        let value = unfolded(field.value);
        let text = match String::from_utf8(value) {
            Ok(text) => text,
            Err(error) => {
                email::told(session, field.name, Some("a charset that"), false, at);
                crate::charset::guess(error.as_bytes()).text
            }
        };
        let value = session.raw_text(text);
        all.push(raw(field.name, value));
    }
    all
}

/// A multipart/signed as it stands: its header fields, and its body byte for byte, so that the
/// signature can be checked.
pub(super) fn whole(session: &mut Session<'_>, message: &Message, index: usize) -> Attachment {
    let mut own = blank();
    "smime.p7m".clone_into(&mut own.name);
    let Some(entity) = message.entities.get(index) else {
        return own;
    };
    own.media_type = Some(entity.media_type().to_owned());
    let mut head = Vec::new();
    for field in entity.header.iter() {
        let name = field.name.to_ascii_lowercase();
        if name.starts_with("content-") {
            head.extend_from_slice(field.name.as_bytes());
            head.push(b':');
            head.extend_from_slice(field.value);
            head.extend_from_slice(b"\r\n");
        }
    }
    head.extend_from_slice(b"\r\n");
    let protocol = entity.content_type.get("protocol").unwrap_or_default();
    if protocol.contains("pgp") {
        "signed.asc".clone_into(&mut own.name);
    }
    own.hidden = true;
    let blob = session.contents.blob(Joined {
        head: InMemory(head),
        body: message.raw(entity.body.clone()),
    });
    own.data = AttachmentData::File { blob };
    let mark = RawValue::Text("the whole signed entity".to_owned());
    own.raw.push(raw("airbridge:holds", mark));
    own
}

/// Bytes of the header of an entity that are looked at.
const HEAD: u64 = 64 << 10;

/// The header of a content that is a multipart/signed with its own fields before it.
pub(super) fn signed_header(content: &dyn Content) -> Option<Header> {
    let mut head = Vec::new();
    content
        .open()
        .ok()?
        .take(HEAD)
        .read_to_end(&mut head)
        .ok()?;
    let end = memchr::memmem::find(&head, b"\r\n\r\n");
    let end = end.or_else(|| memchr::memmem::find(&head, b"\n\n"))?;
    head.truncate(end);
    let header = Header::parse(head);
    let typed = parameters::parse(header.get("Content-Type")?);
    (typed.value == "multipart/signed").then_some(header)
}

/// A head in memory and a body behind it.
#[derive(Debug)]
struct Joined {
    head: InMemory,
    body: PartContent,
}

impl Content for Joined {
    fn size(&self) -> u64 {
        self.head.size().saturating_add(self.body.size())
    }

    fn open(&self) -> std::io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.head.open()?.chain(self.body.open()?)))
    }
}
