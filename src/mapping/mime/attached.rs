//! Attachments of an item as parts: files, references, embedded items.
//!
//! *Spec*: RFC 2183, RFC 2017 (references), RFC 2046 5.2 (messages).
//!
//! An embedded e-mail is a message; any other item is attached as an MSG file.

use std::sync::Arc;

use super::composing::message;
use super::writing::Writing;
use super::{heading, may_go_deeper};
use crate::content;
use crate::item::{Attachment, AttachmentData, Content, Item, RawValue};
use crate::mapping::mapi;
use crate::mime::parameters;
use crate::mime::write::{Body, Part, field};

/// An attachment as a part.
pub(super) fn attachment(
    session: &mut Writing<'_>,
    at: usize,
    own: &Attachment,
    shown: bool,
) -> Part {
    let path = format!("attachments[{at}]");
    let mut kind = own.media_type.clone().unwrap_or_default();
    let mut name = own.name.clone();
    let body = match &own.data {
        AttachmentData::File { blob } => session.content(blob, &path).map(Body::File),
        AttachmentData::Ole { blob } => {
            session.altered(&path, "an OLE object is a file in a mail");
            session.content(blob, &path).map(Body::File)
        }
        AttachmentData::Reference { place } => {
            let mut header = Vec::new();
            let parameters = [("access-type", "URL"), ("url", place.as_str())];
            let parameters = parameters.into_iter().chain([("name", name.as_str())]);
            let value = "message/external-body";
            field::parameterized(&mut header, "Content-Type", value, parameters);
            if own.media_type.as_deref() != Some(value) {
                session.altered(&format!("{path}.media_type"), value);
            }
            describe(session, &mut header, own, &path, shown);
            let body = Body::Elsewhere(b"Content-Type: application/octet-stream\r\n".to_vec());
            return Part { header, body };
        }
        AttachmentData::Item { item } => embedded(session, at, item, &mut kind, &mut name),
        AttachmentData::Nothing => {
            session.altered(&path, "nothing is an empty file in a mail");
            None
        }
    };
    let body = body.unwrap_or_else(|| Body::File(Arc::new(content::InMemory(Vec::new()))));
    let of_parts = kind.starts_with("multipart/") || kind.starts_with("message/rfc822");
    if (of_parts && matches!(body, Body::File(_))) || kind.starts_with("message/global") {
        session.altered(
            &format!("{path}.media_type"),
            format_args!("application/octet-stream, since the bytes of {kind} are a file here"),
        );
        "application/octet-stream".clone_into(&mut kind);
    } else if kind.is_empty() {
        "application/octet-stream".clone_into(&mut kind);
    } else if !kind.contains('/') || kind.contains(|letter: char| !letter.is_ascii_graphic()) {
        session.altered(
            &format!("{path}.media_type"),
            format_args!("{kind:?} is none"),
        );
        "application/octet-stream".clone_into(&mut kind);
    }
    let body = match body {
        // RFC 2046 5.2: no other encoding is permitted.
        Body::File(content) if kind.starts_with("message/") => Body::AsIs(content),
        body => body,
    };
    let mut header = Vec::new();
    typed(&mut header, own, &kind, &name);
    let named = Attachment {
        name,
        ..own.clone()
    };
    describe(session, &mut header, &named, &path, shown);
    Part { header, body }
}

/// The type of an attachment: as it came, when the attachment says the same.
pub(super) fn typed(header: &mut Vec<u8>, own: &Attachment, kind: &str, name: &str) {
    let raw = raw_field(own, "content-type").filter(|(_, raw)| {
        let parsed = parameters::parse(raw.as_bytes());
        // A name in the disposition is the one that counts.
        let named = parsed.get("name").is_none_or(|name| name == own.name);
        parsed.value == kind && (named || !own.name.is_empty())
    });
    match raw {
        Some((name, raw)) => field::unfolded(header, name, raw),
        None => {
            let named = Some(("name", name)).filter(|(_, name)| !name.is_empty());
            field::parameterized(header, "Content-Type", kind, named);
        }
    }
}

/// An embedded item: an e-mail as a message, any other as an MSG file.
fn embedded(
    session: &mut Writing<'_>,
    at: usize,
    item: &Item,
    kind: &mut String,
    name: &mut String,
) -> Option<Body> {
    let path = format!("attachments[{at}]");
    if !may_go_deeper(session.depth) {
        session.lost(&path, "an item too deep in items");
        return None;
    }
    if let Content::Email(email) = &item.content {
        "message/rfc822".clone_into(kind);
        let message = session.inside(at, |session| message(session, item, email));
        return Some(Body::Message(Box::new(message)));
    }
    session.altered(&path, "the item in it is attached as an MSG file");
    "application/vnd.ms-outlook".clone_into(kind);
    if !name.to_ascii_lowercase().ends_with(".msg") {
        name.push_str(".msg");
    }
    let given = mapi::to_message(item, session.blobs);
    session.findings.append(given.findings);
    let (file, findings) = crate::msg::write::lay_out(&given.value);
    session.findings.append(findings);
    Some(Body::File(Arc::new(file)))
}

/// A raw header field of an attachment: its name as it came, and its text.
pub(super) fn raw_field<'a>(own: &'a Attachment, name: &str) -> Option<(&'a str, &'a str)> {
    let found = own
        .raw
        .iter()
        .find(|raw| raw.kind == super::MIME && raw.name.eq_ignore_ascii_case(name));
    let found = found?;
    match &found.value {
        RawValue::Text(text) => Some((&found.name, text)),
        _ => None,
    }
}

/// The header fields of a part beside its type.
fn describe(
    session: &mut Writing<'_>,
    header: &mut Vec<u8>,
    own: &Attachment,
    path: &str,
    shown: bool,
) {
    let disposition = if own.inline || shown {
        "inline"
    } else {
        "attachment"
    };
    let raw = raw_field(own, "content-disposition").filter(|(_, raw)| {
        let parsed = parameters::parse(raw.as_bytes());
        // What the body shows is inline, whatever it says.
        let same = parsed.value == disposition || (shown && parsed.value == "attachment");
        same && parsed.get("filename").is_none_or(|name| name == own.name)
    });
    match raw {
        Some((name, raw)) => field::unfolded(header, name, raw),
        None => {
            let created = own.created.map(heading::date);
            let modified = own.modified.map(heading::date);
            let name = Some(own.name.as_str()).filter(|name| !name.is_empty());
            let parameters = [
                ("filename", name),
                ("creation-date", created.as_deref()),
                ("modification-date", modified.as_deref()),
            ];
            let parameters = parameters
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)));
            field::parameterized(header, "Content-Disposition", disposition, parameters);
        }
    }
    for (name, time) in [("created", own.created), ("modified", own.modified)] {
        if time.is_some_and(|time| time.subsec_nanosecond() != 0) {
            session.altered(&format!("{path}.{name}"), "to the second");
        }
    }
    if let Some(id) = &own.content_id {
        field::tokens(header, "Content-ID", &format!("<{id}>"));
    }
    if let Some(place) = &own.content_location {
        field::text(header, "Content-Location", place);
    }
    if own.hidden {
        session.lost(&format!("{path}.hidden"), "true");
    }
    if own.position.is_some() {
        session.lost(&format!("{path}.position"), "where it stands in the text");
    }
    let mut lost = Vec::new();
    for raw in &own.raw {
        let name = raw.name.to_ascii_lowercase();
        let told = matches!(
            name.as_str(),
            "content-type"
                | "content-disposition"
                | "content-transfer-encoding"
                | "content-id"
                | "content-location"
        );
        match &raw.value {
            _ if told && raw.kind == super::MIME => {}
            RawValue::Text(text) if raw.kind == super::MIME && is_field(&raw.name) => {
                field::unfolded(header, &raw.name, text);
            }
            _ => lost.push(raw.name.as_str()),
        }
    }
    if !lost.is_empty() {
        let names = lost.iter().take(8).copied().collect::<Vec<_>>().join(", ");
        session.lost(&format!("{path}.raw[]"), names);
    }
}

/// Whether a raw name is that of a header field of a part, and none that the mapping made up.
fn is_field(name: &str) -> bool {
    let known = crate::mime::header::name_of(format!("{name}:").as_bytes()) == Some(name);
    known && !matches!(name, "begin" | "airbridge:holds") && !name.contains(':')
}
