//! A signed entity that rode along whole, given back byte for byte, and what is beside it.
//!
//! *Spec*: RFC 1847, RFC 8551 3.5.3 (clear-signed), 3.5.2 (in an envelope).

use super::attached::{attachment, raw_field};
use super::attachment::signed_header;
use super::composing::parts;
use super::email::class_of;
use super::writing::Writing;
use super::{Envelope, heading, raw, to_items};
use crate::content::{self, ContentRef};
use crate::file_bytes::FileBytes;
use crate::item::blob::BodyForm;
use crate::item::email::Nature;
use crate::item::{Attachment, AttachmentData, Content, Email, Item, RawValue, Text};
use crate::limits;
use crate::mapping::mapped::{Blobs, Context, text};
use crate::mapping::opaque;
use crate::mime::write::{Body, Part, field};
use crate::mime::{FromQuoting, Message};

/// A signed entity of an item: which attachment it is, the part that it is, and the item in it.
pub(super) struct Entity {
    at: usize,
    part: Part,
    inside: Option<(Item, Vec<ContentRef>)>,
}

/// The attachment that is a signed entity as it came, or else the envelope that it is signed in.
pub(super) fn signed(session: &mut Writing<'_>, item: &Item, email: &Email) -> Option<Entity> {
    let is_signed = email.nature == Nature::Signed || email.body.native == Some(BodyForm::Signed);
    if !is_signed {
        return None;
    }
    let at = item.attachments.iter().position(is_whole)?;
    let own = item.attachments.get(at)?;
    match is_clear(own) {
        true => clear(session, at, own),
        false => opaque(session, at, own),
    }
}

/// Whether an attachment is what is signed: the first that is, since others are in it.
fn is_whole(own: &Attachment) -> bool {
    is_clear(own) || opaque::envelope(own).is_some()
}

fn is_clear(own: &Attachment) -> bool {
    let kind = own.media_type.as_deref().unwrap_or_default();
    matches!(own.data, AttachmentData::File { .. }) && kind.starts_with("multipart/signed")
}

/// The message class that a reader gives to a mail that is signed.
pub(super) fn class(item: &Item) -> &'static str {
    let whole = item.attachments.iter().find(|own| is_whole(own));
    match whole.is_some_and(is_clear) {
        true => class_of(Nature::Signed),
        false => opaque::CLASS,
    }
}

/// A multipart/signed.
fn clear(session: &mut Writing<'_>, at: usize, own: &Attachment) -> Option<Entity> {
    let AttachmentData::File { blob } = &own.data else {
        return None;
    };
    let content = session.content(blob, "attachments[]")?;
    signed_header(&*content)?;
    let inside = mail_in(&*content);
    let part = Part {
        header: Vec::new(),
        body: Body::Entity(content),
    };
    Some(Entity { at, part, inside })
}

/// An envelope with the mail in it.
fn opaque(session: &mut Writing<'_>, at: usize, own: &Attachment) -> Option<Entity> {
    let blob = opaque::envelope(own)?;
    let content = session.content(blob, "attachments[]")?;
    let inside = opaque::read(&*content, session.depth)?;
    let mut own = own.clone();
    // Those that are fields of the message are in its header.
    own.raw.retain(|raw| heading::of_structure(&raw.name));
    let kind = own.media_type.as_deref().unwrap_or_default();
    if !opaque::is_type(kind) || kind.contains(';') {
        own.media_type = Some("application/pkcs7-mime".to_owned());
    }
    if raw_field(&own, "content-type").is_none() {
        // Other readers go by it.
        let kind = own.media_type.as_deref().unwrap_or_default();
        let kind = RawValue::Text(format!("{kind}; smime-type=signed-data"));
        own.raw.push(raw("Content-Type", kind));
    }
    let part = attachment(session, at, &own, false);
    let inside = Some(inside);
    Some(Entity { at, part, inside })
}

/// A signed entity, and beside it what is not in it.
pub(super) fn around_signed(
    session: &mut Writing<'_>,
    item: &Item,
    email: &Email,
    entity: Entity,
) -> Part {
    let Some((inside, contents)) = entity.inside else {
        session.altered(
            "attachments[]",
            "what is in the signed entity, and nothing beside it",
        );
        return entity.part;
    };
    let mut beside = Vec::new();
    for index in opaque::beside(item, entity.at, &inside.attachments) {
        if let Some(own) = item.attachments.get(index) {
            beside.push(attachment(session, index, own, false));
        }
    }
    if !beside.is_empty() {
        let detail = "those that are not signed are beside the signed entity";
        session.altered("attachments[]", detail);
    }
    if let Content::Email(inner) = &inside.content {
        footers(session, email, inner, &contents, &mut beside);
    }
    if beside.is_empty() {
        return entity.part;
    }
    beside.insert(0, entity.part);
    parts("mixed", beside)
}

/// What a body has behind the text that is signed, as a text of its own.
fn footers(
    session: &mut Writing<'_>,
    email: &Email,
    inner: &Email,
    contents: &dyn Blobs,
    beside: &mut Vec<Part>,
) {
    let text = |own: &Option<Text>, blobs: &dyn Blobs| match own {
        None => Some(String::new()),
        Some(own) => text(own, blobs),
    };
    for (kind, path, own, signed) in [
        (
            "text/plain",
            "body.plain",
            &email.body.plain,
            &inner.body.plain,
        ),
        ("text/html", "body.html", &email.body.html, &inner.body.html),
    ] {
        let (own, signed) = (text(own, session.blobs), text(signed, contents));
        let (Some(own), Some(signed)) = (own, signed) else {
            continue;
        };
        let rest = own
            .strip_prefix(signed.as_str())
            .map(|rest| match signed.ends_with('\n') {
                true => rest,
                false => rest.strip_prefix("\r\n").unwrap_or(rest),
            });
        match rest {
            Some("") => {}
            Some(rest) => {
                let mut header = Vec::new();
                field::parameterized(&mut header, "Content-Type", kind, [("charset", "utf-8")]);
                let body = Body::Text(rest.to_owned());
                beside.insert(0, Part { header, body });
            }
            None => session.altered(path, "the text that is signed"),
        }
    }
}

/// What a reader makes of an entity.
fn mail_in(entity: &dyn content::Content) -> Option<(Item, Vec<ContentRef>)> {
    let bytes = content::read_all(entity, limits::VALUE_IN_MEMORY * 16).ok()?;
    let bytes = FileBytes::in_memory(bytes);
    let len = bytes.len();
    let message = Message::scan(bytes, 0..len, FromQuoting::None).ok()?;
    let all = to_items(message, &Envelope::default(), &Context::default());
    let first = all.into_iter().next()?;
    Some((first.item, first.contents))
}
