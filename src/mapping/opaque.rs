//! A mail that is signed as a whole: the envelope stays as it came, and what is in it is read as
//! well.
//!
//! *Spec*: RFC 8551 3.5.2 (`application/pkcs7-mime`), MS-OXOSMIME 2.1.3 (one attachment).

use std::collections::HashMap;
use std::io;

use tempfile::SpooledTempFile;

use super::mapped::{Contents, Context, Mapped};
use super::mime::{Envelope, to_items_at};
use crate::content::{Content as Bytes, ContentRef};
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::item::{Attachment, AttachmentData, BlobRef, Content, Email, Item};
use crate::limits;
use crate::mime::signed_data::{self, Held};
use crate::mime::{FromQuoting, Message};

/// The message class of what is signed as a whole, or encrypted.
pub(super) const CLASS: &str = "IPM.Note.SMIME";

/// Whether a media type is that of an envelope. In stores it may have its parameters.
pub(super) fn is_type(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    ["application/pkcs7-mime", "application/x-pkcs7-mime"]
        .iter()
        .any(|own| kind.eq_ignore_ascii_case(own))
}

/// The bytes of an attachment that is an envelope, by its media type or the ending of its name.
pub(super) fn envelope(own: &Attachment) -> Option<&BlobRef> {
    let typed = own.media_type.as_deref().is_some_and(is_type);
    match &own.data {
        AttachmentData::File { blob } if typed || named(own) => Some(blob),
        _ => None,
    }
}

fn named(own: &Attachment) -> bool {
    let general = matches!(
        own.media_type.as_deref(),
        None | Some("application/octet-stream")
    );
    general && own.name.to_ascii_lowercase().ends_with(".p7m")
}

/// Opens an envelope that is in `depth` messages: the mail in it, then the items inside that. `None`
/// when it is encrypted, holds nothing or is broken.
///
/// # Findings
/// `mapping.envelope.*`, at the place of the context.
pub(super) fn open(
    envelope: &dyn Bytes,
    code_page: Option<u16>,
    context: &Context,
    depth: u32,
    findings: &mut Findings,
) -> Option<Vec<Mapped>> {
    let mut find = |code, effect, detail: String| {
        findings.add(code, effect, context.locator.clone(), detail);
    };
    if depth >= limits::EMBEDDED_DEPTH {
        let detail = format!(
            "an envelope over {} deep in messages",
            limits::EMBEDDED_DEPTH
        );
        find("mapping.embedded.too-deep", Effect::Noted, detail);
        return None;
    }
    let held = decoded(envelope)
        .map_err(Into::into)
        .and_then(|bytes| signed_data::read(&bytes));
    let (mail, fault) = match held {
        Ok(Held::Content(mail, fault)) => (mail, fault),
        Ok(Held::Nothing) => return None,
        Ok(Held::Other) => {
            let detail = "encrypted: text and attachments are in the envelope, which is kept whole; \
                          whoever has the key can read it in Outlook";
            find(
                "mapping.envelope.encrypted",
                Effect::Noted,
                detail.to_owned(),
            );
            return None;
        }
        Err(fault) => {
            let detail = format!("the envelope is kept whole and cannot be opened: {fault}");
            find("mapping.envelope.broken", Effect::Noted, detail);
            return None;
        }
    };
    if let Some(fault) = fault {
        let detail =
            format!("the envelope is kept whole; what is in it is read as far as it goes: {fault}");
        find("mapping.envelope.cut", Effect::Altered, detail);
    }
    let len = mail.len();
    match Message::scan(mail, 0..len, FromQuoting::None) {
        Ok(message) => {
            let envelope = Envelope {
                code_page,
                ..Envelope::default()
            };
            Some(to_items_at(
                message,
                &envelope,
                context,
                depth.saturating_add(1),
            ))
        }
        Err(error) => {
            let detail = format!("what is in the envelope cannot be read: {error}");
            find("mapping.envelope.broken", Effect::Noted, detail);
            None
        }
    }
}

/// The item of the mail in an envelope that an item was read from, and its contents.
pub(super) fn read(envelope: &dyn Bytes, depth: u32) -> Option<(Item, Vec<ContentRef>)> {
    // What was found in it was told when it was read.
    let mut told = Findings::new();
    let opened = open(envelope, None, &Context::default(), depth, &mut told)?;
    let mail = opened.into_iter().next()?;
    Some((mail.item, mail.contents))
}

/// Fills in body, attachments and meeting from the mail in an envelope; a body that is there stays.
/// Whatever else that mail says is in the envelope.
pub(super) fn fill(
    email: &mut Email,
    attachments: &mut Vec<Attachment>,
    mail: Mapped,
    contents: &mut Contents,
) {
    let Content::Email(inner) = mail.item.content else {
        return;
    };
    let mut own = Item::new(
        CLASS,
        Content::Email(Email {
            body: inner.body,
            meeting: inner.meeting,
            ..Email::default()
        }),
    );
    own.attachments = mail.item.attachments;
    contents.adopt(&mut own, &mail.contents);
    attachments.append(&mut own.attachments);
    let Content::Email(inner) = own.content else {
        return;
    };
    let body = &mut email.body;
    body.native = inner.body.native.or(body.native);
    body.plain = body.plain.take().or(inner.body.plain);
    body.html = body.html.take().or(inner.body.html);
    email.meeting = email.meeting.take().or(inner.meeting);
}

/// The attachments of an item that are not in its envelope, which is the `at`-th, by their numbers.
pub(super) fn beside(item: &Item, at: usize, inside: &[Attachment]) -> Vec<usize> {
    let mut left: HashMap<(&str, Option<&str>), usize> = HashMap::new();
    for own in inside {
        let count = left.entry((&own.name, own.media_type.as_deref()));
        let count = count.or_default();
        *count = count.saturating_add(1);
    }
    let mut beside = Vec::new();
    for (index, own) in item.attachments.iter().enumerate() {
        let count = left.get_mut(&(own.name.as_str(), own.media_type.as_deref()));
        match count.filter(|count| **count > 0) {
            _ if index == at => {}
            Some(count) => *count = count.saturating_sub(1),
            None => beside.push(index),
        }
    }
    beside
}

/// The bytes of a content by position, decoded once.
pub(super) fn decoded(content: &dyn Bytes) -> io::Result<FileBytes> {
    let mut whole = SpooledTempFile::new(limits::SPOOLED);
    io::copy(&mut content.open()?, &mut whole)?;
    FileBytes::of_spooled(whole)
}
