//! Messages in parts that have to be decoded before they can be read: encoded `message/rfc822`,
//! `winmail.dat`, and what is signed as a whole.

use super::{Session, inside};
use crate::content;
use crate::file_bytes::FileBytes;
use crate::finding::Effect;
use crate::item::email::Nature;
use crate::item::{AttachmentData, Content, Email, Item};
use crate::limits;
use crate::mapping::mapped::text;
use crate::mapping::{mapi, opaque};
use crate::mime::{Entity, FromQuoting, Message};

/// Reads a message that is encoded as no message should be; `None` when it is none.
pub(super) fn message(
    session: &mut Session<'_>,
    outer: &Message,
    index: usize,
) -> Option<AttachmentData> {
    let entity = outer.entities.get(index)?;
    let at = outer.path(index);
    if !super::may_go_deeper(session.depth) {
        let detail = format!("a message over {} deep in messages", limits::EMBEDDED_DEPTH);
        session.find("mapping.embedded.too-deep", Effect::Noted, &at, detail);
        return None;
    }
    let read = content::read_all(&outer.content(entity), limits::MIME_TEXT_BYTES);
    let inner = read.and_then(|bytes| {
        let bytes = FileBytes::in_memory(bytes);
        let len = bytes.len();
        Message::scan(bytes, 0..len, FromQuoting::None)
    });
    let inner = match inner {
        Ok(inner)
            if inner
                .entities
                .first()
                .is_some_and(|own| !own.header.is_empty()) =>
        {
            inner
        }
        _ => return None,
    };
    let detail = "a message that is encoded, which RFC 2046 forbids, is decoded first";
    session.find("mapping.mail.encoded-message", Effect::Noted, &at, detail);
    let outside = session.locator.clone();
    session.locator = format!("{outside}, part {at}");
    session.depth = session.depth.saturating_add(1);
    session.adopt(&inner);
    let item = session.item(&inner, 0);
    session.depth = session.depth.saturating_sub(1);
    session.locator = outside;
    Some(AttachmentData::Item {
        item: Box::new(item),
    })
}

/// Whether a part is a message in transport encapsulation.
pub(super) fn is_tnef(entity: &Entity) -> bool {
    let named = || {
        let name = entity.file_name().unwrap_or_default();
        name.eq_ignore_ascii_case("winmail.dat")
    };
    match entity.media_type() {
        "application/ms-tnef" | "application/vnd.ms-tnef" => true,
        "application/octet-stream" => named(),
        _ => false,
    }
}

/// Opens a `winmail.dat`, whose message says what the mail does not.
pub(super) fn tnef(
    session: &mut Session<'_>,
    message: &Message,
    index: usize,
    email: &mut Email,
    item: &mut Item,
) {
    let Some(entity) = message.entities.get(index) else {
        return;
    };
    let at = message.path(index);
    let opened = opaque::decoded(&message.content(entity))
        .map_err(|error| error.to_string())
        .and_then(|bytes| crate::tnef::read(&bytes, None).map_err(|error| error.detail));
    let (inner, findings) = match opened {
        Ok(opened) => opened,
        Err(detail) => {
            let detail = format!("winmail.dat is attached only: {detail}");
            return session.find("mapping.mail.tnef", Effect::Noted, &at, detail);
        }
    };
    let mapped = mapi::to_item(&inner, &session.context_at(&at)).after(findings);
    let mut own = mapped.item;
    session.contents.adopt(&mut own, &mapped.contents);
    // What is in it takes its place, unless some of it could not be had.
    if mapped.findings.worst() == Some(Effect::Lost) {
        if let Some(own) = item.attachments.last_mut() {
            own.hidden = true;
        }
    } else {
        item.attachments.pop();
    }
    session.findings.append(mapped.findings);
    fill(email, item, own);
}

/// Opens an envelope that is the body: when it is signed only, what is in it is of the mail.
pub(super) fn envelope(
    session: &mut Session<'_>,
    message: &Message,
    index: usize,
    email: &mut Email,
    item: &mut Item,
) {
    let Some(entity) = message.entities.get(index) else {
        return;
    };
    let at = message.path(index);
    let context = session.context_at(&at);
    let content = message.content(entity);
    let (page, depth) = (session.code_page, session.depth);
    let opened = opaque::open(&content, page, &context, depth, &mut session.findings);
    let mut opened = opened.into_iter().flatten();
    let Some(mut mail) = opened.next() else {
        return;
    };
    email.nature = Nature::Signed;
    opaque::CLASS.clone_into(&mut item.class);
    session.findings.append(std::mem::take(&mut mail.findings));
    // Text beside the envelope, as a list of mails adds it, goes on behind what is in it.
    if let Content::Email(inner) = &mail.item.content {
        for (outer, inner) in [
            (&mut email.body.plain, &inner.body.plain),
            (&mut email.body.html, &inner.body.html),
        ] {
            let own = outer
                .as_ref()
                .and_then(|own| text(own, session.contents.so_far()));
            let first = inner.as_ref().and_then(|own| text(own, &mail.contents));
            if let (Some(mut first), Some(own)) = (first, own) {
                if !first.ends_with('\n') {
                    first.push_str("\r\n");
                }
                *outer = Some(session.contents.text(first + &own));
            }
        }
    }
    opaque::fill(email, &mut item.attachments, mail, &mut session.contents);
    let items: Vec<_> = opened.collect();
    let met = items.len() as u64;
    inside::take(session, items, met, &at);
}

/// Fills in what the mail does not say; what else is in the encapsulation rides along raw.
fn fill(email: &mut Email, item: &mut Item, own: Item) {
    let Content::Email(inner) = own.content else {
        // A contact, task or appointment that was sent is an item in the mail.
        let mut attachment = super::attachment::blank();
        own.title().clone_into(&mut attachment.name);
        attachment.data = AttachmentData::Item {
            item: Box::new(own),
        };
        item.attachments.push(attachment);
        return;
    };
    if email.nature == Nature::Message {
        email.nature = inner.nature;
        item.class = own.class;
    }
    if email.subject.is_empty() {
        email.subject = inner.subject;
        email.subject_prefix = inner.subject_prefix;
    }
    let body = &mut email.body;
    body.plain = body.plain.take().or(inner.body.plain);
    body.html = body.html.take().or(inner.body.html);
    body.rtf = body.rtf.take().or(inner.body.rtf);
    body.native = inner.body.native.or(body.native);
    email.message_id = email.message_id.take().or(inner.message_id);
    email.from = email.from.take().or(inner.from);
    email.sender = email.sender.take().or(inner.sender);
    for (list, inner) in [
        (&mut email.to, inner.to),
        (&mut email.cc, inner.cc),
        (&mut email.bcc, inner.bcc),
        (&mut email.reply_to, inner.reply_to),
    ] {
        if list.is_empty() {
            *list = inner;
        }
    }
    email.sent = email.sent.or(inner.sent);
    email.received = email.received.or(inner.received);
    let thread = &mut email.conversation;
    thread.topic = thread.topic.take().or(inner.conversation.topic);
    thread.index = thread.index.take().or(inner.conversation.index);
    email.read_receipt_requested |= inner.read_receipt_requested;
    email.delivery_receipt_requested |= inner.delivery_receipt_requested;
    email.priority = email.priority.or(inner.priority);
    email.expires = email.expires.or(inner.expires);
    email.deferred_until = email.deferred_until.or(inner.deferred_until);
    email.voting = email.voting.take().or(inner.voting);
    email.meeting = email.meeting.take().or(inner.meeting);
    email.report = email.report.take().or(inner.report);
    email.task_mode = email.task_mode.or(inner.task_mode);
    email.account = email.account.take().or(inner.account);
    if item.categories.is_empty() {
        item.categories = own.categories;
    }
    if item.sensitivity.is_default() {
        item.sensitivity = own.sensitivity;
    }
    if item.importance.is_default() {
        item.importance = own.importance;
    }
    item.private |= own.private;
    item.reminder = item.reminder.take().or(own.reminder);
    item.follow_up = item.follow_up.take().or(own.follow_up);
    if item.outlook_links.is_empty() {
        item.outlook_links = own.outlook_links;
    }
    item.attachments.extend(own.attachments);
    item.raw.extend(own.raw.into_iter().map(|mut raw| {
        raw.name.insert_str(0, "winmail.dat/");
        raw
    }));
}
