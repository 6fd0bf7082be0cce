//! Calendars and cards in a message: items of their own, and what a meeting message says.
//!
//! *Spec*: RFC 6047 (calendars in messages), RFC 5546 (methods), RFC 6350 10.1 (`text/vcard`).
//!
//! *Shape*: the item that comes of a part has the provenance of its message, with `, part 2` behind
//! the locator.

use super::Session;
use crate::file_bytes::FileBytes;
use crate::finding::Effect;
use crate::ical::Calendars;
use crate::ical::calendars::PAGE;
use crate::item::email::Nature;
use crate::item::meeting::Response;
use crate::item::{Content, Email, Item, Meeting};
use crate::limits;
use crate::mapping::{Context, Mapped, ical, vcard as cards};
use crate::mime::{Entity, Message};
use crate::vcard::{Card, CardFile};

/// What is inside a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// iCalendar.
    Calendar,
    /// vCards.
    Cards,
}

/// What a part holds, by its media type or the ending of its name.
pub(super) fn kind(entity: &Entity) -> Option<Kind> {
    let name = entity.file_name().unwrap_or_default().to_ascii_lowercase();
    let ends = |ending: &str| name.ends_with(ending);
    match entity.media_type() {
        "text/calendar" | "application/ics" | "text/x-vcalendar" => Some(Kind::Calendar),
        "text/vcard" | "text/x-vcard" | "text/directory" => Some(Kind::Cards),
        "application/octet-stream" | "text/plain" if ends(".ics") => Some(Kind::Calendar),
        "application/octet-stream" | "text/plain" if ends(".vcf") => Some(Kind::Cards),
        _ => None,
    }
}

/// Reads the items inside a part; of a meeting message, what it says of the meeting.
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
    let bytes = match crate::content::read_all(&content, limits::MIME_TEXT_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            let detail = format!("a calendar or card is attached only: {error}");
            session.find("mapping.mail.inside-unreadable", Effect::Noted, &at, detail);
            return;
        }
    };
    let context = session.context_at(&at);
    let said = method_of(&bytes);
    let left = limits::INSIDE.saturating_sub(session.inside.len());
    let (items, met) = match kind {
        Kind::Calendar => of_calendars(bytes, &context, left),
        Kind::Cards => of_cards(bytes, &context, left),
    };
    if kind == Kind::Calendar && email.nature == Nature::Message {
        let method = entity.content_type.get("method").map(str::to_owned);
        let method = method.or(said).unwrap_or_default();
        meeting_message(session, &method.to_ascii_uppercase(), &items, email);
    }
    take(session, items, met, &at);
}

/// Takes items inside a part, as many as a mail may have, of the entries met in it.
pub(super) fn take(session: &mut Session<'_>, items: Vec<Mapped>, met: u64, at: &str) {
    let left = limits::INSIDE.saturating_sub(session.inside.len());
    if met > left as u64 || items.len() > left {
        let detail = format!(
            "{met} items in a part, of which {} stand for themselves; all are in the attachment: \
             save that as a file of its own and read it",
            items.len().min(left)
        );
        session.find("mapping.mail.inside-too-many", Effect::Altered, at, detail);
    }
    session.inside.extend(items.into_iter().take(left));
}

/// The items of calendars and of cards among them, at most `most`, and how many entries there are.
fn of_calendars(bytes: Vec<u8>, context: &Context, most: usize) -> (Vec<Mapped>, u64) {
    let bytes = FileBytes::in_memory(bytes);
    let Ok(file) = Calendars::open(bytes.clone(), PAGE) else {
        return (Vec::new(), 0);
    };
    let items = ical::items_of(&file, context, most);
    let met = file.len() as u64;
    if file.has_cards()
        && let Ok(cards) = CardFile::open(bytes)
    {
        return with_cards((items, met), &cards, context, most);
    }
    (items, met)
}

/// The items of cards and of calendars among them, at most `most`, and how many entries there are.
fn of_cards(bytes: Vec<u8>, context: &Context, most: usize) -> (Vec<Mapped>, u64) {
    let bytes = FileBytes::in_memory(bytes);
    let Ok(file) = CardFile::open(bytes.clone()) else {
        return (Vec::new(), 0);
    };
    let (mut items, mut met) = with_cards((Vec::new(), 0), &file, context, most);
    if file.has_calendar()
        && let Ok(calendars) = Calendars::open(bytes, PAGE)
    {
        let left = most.saturating_sub(items.len());
        items.extend(ical::items_of(&calendars, context, left));
        met = met.saturating_add(calendars.len() as u64);
    }
    (items, met)
}

fn with_cards(
    (mut items, met): (Vec<Mapped>, u64),
    file: &CardFile,
    context: &Context,
    most: usize,
) -> (Vec<Mapped>, u64) {
    let several = file.count() > 1;
    for entry in 0..file.count() {
        if items.len() >= most {
            break;
        }
        let Ok((text, _)) = file.read(entry) else {
            continue;
        };
        let mut context = context.clone();
        if several {
            context.locator = format!("{}, card {}", context.locator, entry.saturating_add(1));
        }
        let card = Card::parse(&text, None, &context.locator);
        items.push(cards::to_item(&card, &context));
    }
    (items, met.saturating_add(file.count()))
}

/// The method that a calendar says of itself.
fn method_of(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..4 << 10).unwrap_or(bytes);
    let mut lines = head.split(|byte| matches!(byte, b'\n' | b'\r'));
    let line = lines.find(|line| {
        let name = line.get(..7).unwrap_or_default();
        name.eq_ignore_ascii_case(b"METHOD:")
    })?;
    Some(String::from_utf8_lossy(line.get(7..)?).trim().to_owned())
}

/// What a message with a calendar of this method is, and the meeting that it is about.
fn meeting_message(session: &mut Session<'_>, method: &str, items: &[Mapped], email: &mut Email) {
    let meeting = items.iter().find_map(|mapped| match &mapped.item.content {
        Content::Meeting(meeting) => Some((meeting, mapped)),
        _ => None,
    });
    let Some((meeting, mapped)) = meeting else {
        return;
    };
    email.nature = match method {
        "REQUEST" => Nature::MeetingRequest,
        "CANCEL" => Nature::MeetingCancellation,
        "REPLY" | "COUNTER" => answer(meeting),
        _ => return,
    };
    email.meeting = Some(adopted(session, meeting.clone(), mapped));
}

/// The answer of the one who answers.
fn answer(meeting: &Meeting) -> Nature {
    let answers = meeting.attendees.iter().map(|attendee| attendee.response);
    let mut answers = answers.filter(|own| !matches!(own, Response::None | Response::NotResponded));
    match answers.next() {
        Some(Response::Declined) => Nature::MeetingDecline,
        Some(Response::Tentative) => Nature::MeetingTentative,
        _ => Nature::MeetingAcceptance,
    }
}

/// A meeting as part of the mail: its bytes travel with that.
fn adopted(session: &mut Session<'_>, meeting: Meeting, mapped: &Mapped) -> Meeting {
    let mut item = Item {
        content: Content::Meeting(meeting),
        attachments: Vec::new(),
        raw: Vec::new(),
        ..mapped.item.clone()
    };
    session.contents.adopt(&mut item, &mapped.contents);
    match item.content {
        Content::Meeting(meeting) => meeting,
        _ => Meeting::default(),
    }
}
