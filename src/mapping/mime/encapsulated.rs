//! Messages in parts that have to be decoded before they can be read: encoded `message/rfc822`, and
//! `winmail.dat`.

use super::Session;
use crate::content;
use crate::file_bytes::FileBytes;
use crate::finding::Effect;
use crate::item::{AttachmentData, Email, Item};
use crate::limits;
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
    _session: &mut Session<'_>,
    _message: &Message,
    _index: usize,
    _email: &mut Email,
    _item: &mut Item,
) {
}
