//! Calendars and cards in a message: items of their own, and what a meeting message says.
//!
//! *Spec*: RFC 6047 (iMIP: calendars in messages), RFC 6350 10.1 (`text/vcard`).
//!
//! *Shape*: the item that comes of a part has the provenance of its message, with `, part 2` behind
//! the locator.

use super::Session;
use crate::finding::Effect;
use crate::item::Email;
use crate::limits;
use crate::mime::{Entity, Message};

/// What is inside a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// iCalendar.
    Calendar,
    /// vCards.
    Cards,
}

/// What a part holds, by its media type.
pub(super) fn kind(entity: &Entity) -> Option<Kind> {
    match entity.media_type() {
        "text/calendar" | "application/ics" | "text/x-vcalendar" => Some(Kind::Calendar),
        "text/vcard" | "text/x-vcard" | "text/directory" => Some(Kind::Cards),
        _ => None,
    }
}

/// Reads the items inside a part.
pub(super) fn read(
    session: &mut Session<'_>,
    message: &Message,
    index: usize,
    kind: Kind,
    email: &mut Email,
) {
    let Some(entity) = message.entities.get(index) else {
        return;
    };
    let at = message.path(index);
    let content = message.content(entity);
    let _bytes = match crate::content::read_all(&content, limits::MIME_TEXT_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            let detail = format!("a calendar or card is attached only: {error}");
            session.find("mapping.mail.inside-unreadable", Effect::Noted, &at, detail);
            return;
        }
    };
    let _ = (kind, email);
}
