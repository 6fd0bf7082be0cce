//! The message as it came, which some archives have beside the elements, or instead of most of
//! them.

use super::Session;
use super::fields::Taker;
use crate::file_bytes::FileBytes;
use crate::item::{BlobRef, Content, Email, Item};
use crate::mapping::{Context, mime};
use crate::mime::{FromQuoting, Message};

const SOURCE: &str = "OPFMessageCopySource";

/// Reads what the elements have not told. The source itself stays raw.
pub(super) fn read(session: &mut Session<'_>, taker: &Taker<'_>, email: &mut Email) {
    let Some(source) = taker.peek_text(SOURCE) else {
        return;
    };
    let end = ["\r\n\r\n", "\n\n"]
        .iter()
        .filter_map(|blank| source.find(blank))
        .min();
    let headers = source
        .get(..end.unwrap_or(source.len()))
        .unwrap_or_default();
    email.headers = Some(session.contents.text(headers.to_owned()));
    let bytes = FileBytes::in_memory(source.as_bytes());
    let len = bytes.len();
    let Ok(message) = Message::scan(bytes, 0..len, FromQuoting::None) else {
        return;
    };
    let all = mime::to_items(message, &mime::Envelope::default(), &Context::default());
    let Some(mut told) = all.into_iter().next() else {
        return;
    };
    let attachments = std::mem::take(&mut told.item.attachments);
    let Content::Email(own) = told.item.content else {
        return;
    };
    if email.subject.is_empty() {
        email.subject = own.subject;
    }
    fill(&mut email.message_id, own.message_id);
    fill(&mut email.in_reply_to, own.in_reply_to);
    if email.references.is_empty() {
        email.references = own.references;
    }
    fill(&mut email.sent, own.sent);
    fill(&mut email.from, own.from);
    if email.to.iter().all(|party| party.email.is_none()) && !own.to.is_empty() {
        email.to = own.to;
    }
    for (list, told) in [
        (&mut email.cc, own.cc),
        (&mut email.bcc, own.bcc),
        (&mut email.reply_to, own.reply_to),
    ] {
        if list.is_empty() {
            *list = told;
        }
    }
    // What is taken over brings its bytes with it.
    let mut taken = Item::new("", Content::Email(Email::default()));
    if let (Content::Email(taken), true) = (&mut taken.content, email.body.is_empty()) {
        taken.body = own.body;
    }
    if session.attachments.is_empty() {
        taken.attachments = attachments;
    }
    for reference in taken.blobs_mut() {
        if let BlobRef::Pending { pending } = reference
            && let Some(content) = told.contents.get(*pending)
        {
            *reference = session.contents.content(content);
        }
    }
    session.attachments.append(&mut taken.attachments);
    if let (Content::Email(taken), true) = (taken.content, email.body.is_empty()) {
        email.body = taken.body;
    }
}

fn fill<T>(slot: &mut Option<T>, told: Option<T>) {
    if slot.is_none() {
        *slot = told;
    }
}
