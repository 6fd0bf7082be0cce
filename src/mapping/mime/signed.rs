//! A signed entity that rode along whole, given back byte for byte, and what is beside it.
//!
//! *Spec*: RFC 1847, RFC 8551 3.5.3 (clear-signed).

use super::attached::attachment;
use super::attachment::signed_header;
use super::composing::parts;
use super::writing::Writing;
use super::{Envelope, to_items};
use crate::content::{self, ContentRef};
use crate::file_bytes::FileBytes;
use crate::item::blob::BodyForm;
use crate::item::email::Nature;
use crate::item::{Attachment, AttachmentData, Content, Email, Item, Text};
use crate::limits;
use crate::mapping::mapped::{Blobs, Context};
use crate::mime::write::{Body, Part, field};
use crate::mime::{FromQuoting, Message};

/// The attachment that is a signed entity as it came: which, and its content.
pub(super) fn signed(
    session: &mut Writing<'_>,
    item: &Item,
    email: &Email,
) -> Option<(usize, ContentRef)> {
    let is_signed = email.nature == Nature::Signed || email.body.native == Some(BodyForm::Signed);
    if !is_signed {
        return None;
    }
    let (at, blob) = item.attachments.iter().enumerate().find_map(|(at, own)| {
        let kind = own.media_type.as_deref().unwrap_or_default();
        match &own.data {
            AttachmentData::File { blob } if kind.starts_with("multipart/signed") => {
                Some((at, blob))
            }
            _ => None,
        }
    })?;
    let content = session.content(blob, "attachments[]")?;
    signed_header(&*content).map(|_| (at, content))
}

/// A signed entity, and beside it what is not in it.
pub(super) fn around_signed(
    session: &mut Writing<'_>,
    item: &Item,
    email: &Email,
    at: usize,
    entity: ContentRef,
) -> Part {
    let inside = mail_in(&*entity);
    let own = Part {
        header: Vec::new(),
        body: Body::Entity(entity),
    };
    let Some((mut inside, contents)) = inside else {
        session.altered(
            "attachments[]",
            "what is in the signed entity, and nothing beside it",
        );
        return own;
    };
    let mut beside = Vec::new();
    for (index, attachment) in item.attachments.iter().enumerate() {
        let same = |inner: &Attachment| {
            inner.name == attachment.name && inner.media_type == attachment.media_type
        };
        match inside.attachments.iter().position(same) {
            _ if index == at => {}
            Some(found) => {
                inside.attachments.swap_remove(found);
            }
            None => beside.push(self::attachment(session, index, attachment, false)),
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
        return own;
    }
    beside.insert(0, own);
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
        Some(Text::Inline(text)) => Some(text.clone()),
        Some(Text::Blob(blob)) => {
            let bytes = content::read_all(&*blobs.content(blob)?, limits::MIME_TEXT_BYTES).ok()?;
            String::from_utf8(bytes).ok()
        }
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
