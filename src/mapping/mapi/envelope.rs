//! A message that is signed as a whole: its one attachment is the envelope, and what is in that is
//! read as well.
//!
//! *Spec*: MS-OXOSMIME 2.1.3.1 (message class, the one attachment).

use super::{Parts, Session, Writing};
use crate::item::email::Nature;
use crate::item::{Attachment, Content, Item};
use crate::mapi::AttachmentData;
use crate::mapping::{Context, opaque};

/// Opens the envelope of a message that is encrypted or signed as a whole; of the latter the item
/// gets body and attachments. Items in those are attached only.
pub(super) fn read(session: &mut Session<'_>, parts: &Parts<'_>, item: &mut Item) {
    let Content::Email(email) = &mut item.content else {
        return;
    };
    let [own] = item.attachments.as_slice() else {
        return;
    };
    let [stored] = parts.message.attachments.as_slice() else {
        return;
    };
    let is_envelope = email.nature == Nature::Encrypted && opaque::envelope(own).is_some();
    let AttachmentData::File(content) = &stored.data else {
        return;
    };
    if !is_envelope {
        return;
    }
    let context = Context {
        locator: format!("{}, attachment 0", session.locator),
        ..session.context.clone()
    };
    let depth = session.depth;
    let opened = opaque::open(&**content, None, &context, depth, &mut session.findings);
    let Some(mut mail) = opened.and_then(|all| all.into_iter().next()) else {
        return;
    };
    session.findings.append(std::mem::take(&mut mail.findings));
    email.nature = Nature::Signed;
    opaque::fill(email, &mut item.attachments, mail, &mut session.contents);
}

/// What is attached to the message of an item: of one that is signed as a whole the envelope alone,
/// when everything else is in that.
pub(super) fn attached<'i>(session: &Writing<'_>, item: &'i Item) -> &'i [Attachment] {
    alone(session, item).map_or(item.attachments.as_slice(), std::slice::from_ref)
}

fn alone<'i>(session: &Writing<'_>, item: &'i Item) -> Option<&'i Attachment> {
    let Content::Email(email) = &item.content else {
        return None;
    };
    if email.nature != Nature::Signed || !item.class.eq_ignore_ascii_case(opaque::CLASS) {
        return None;
    }
    let mut all = item.attachments.iter().enumerate();
    let (at, own, blob) = all.find_map(|(at, own)| Some((at, own, opaque::envelope(own)?)))?;
    let content = session.blobs.content(blob)?;
    let (inside, _) = opaque::read(&*content, session.depth)?;
    opaque::beside(item, at, &inside.attachments)
        .is_empty()
        .then_some(own)
}
