//! The calendar of a meeting message that came without one, as those in Outlook's stores do.
//!
//! *Spec*: RFC 5546 3.2 (methods), RFC 6047 2.4 (the part of a mail); MS-OXCICAL 2.1.3.
//!
//! *Invariants*: a message that has a calendar keeps it, and gets no other. A reply names the one
//! who replies, and nobody else (RFC 5546 3.2.3).

use std::sync::Arc;

use super::MIME;
use super::composing::is_calendar;
use crate::content::{ContentRef, InMemory};
use crate::item::email::Nature;
use crate::item::meeting::{Attendee, AttendeeKind, Response};
use crate::item::{
    Attachment, AttachmentData, BlobRef, Body, Content, Email, Item, Meeting, RawProperty, RawValue,
};
use crate::mapping::Blobs;
use crate::mapping::ical::{Heading, to_calendar};

/// The reference to the bytes of the calendar, which none of an item is.
const CALENDAR: BlobRef = BlobRef::Pending {
    pending: usize::MAX,
};

/// The bytes of an item, and those of its calendar.
#[derive(Debug)]
pub(super) struct WithCalendar<'a> {
    pub(super) blobs: &'a dyn Blobs,
    pub(super) calendar: ContentRef,
}

impl Blobs for WithCalendar<'_> {
    fn content(&self, blob: &BlobRef) -> Option<ContentRef> {
        if *blob == CALENDAR {
            return Some(Arc::clone(&self.calendar));
        }
        self.blobs.content(blob)
    }
}

/// A meeting message with the calendar that it lacks, and the bytes of that; `None` of a message
/// that is about no meeting, or has one.
pub(super) fn added(item: &Item, email: &Email, blobs: &dyn Blobs) -> Option<(Item, ContentRef)> {
    if item.attachments.iter().any(is_calendar) {
        return None;
    }
    let own = email.meeting.as_ref()?;
    let (method, answer) = match email.nature {
        Nature::MeetingRequest => ("REQUEST", None),
        Nature::MeetingCancellation => ("CANCEL", None),
        Nature::MeetingAcceptance => ("REPLY", Some(Response::Accepted)),
        Nature::MeetingTentative => ("REPLY", Some(Response::Tentative)),
        Nature::MeetingDecline => ("REPLY", Some(Response::Declined)),
        _ => return None,
    };
    let proposes = own.proposal.as_ref();
    let proposes = proposes.is_some_and(|own| own.start.is_some() && own.end.is_some());
    let method = if method == "REPLY" && proposes {
        "COUNTER"
    } else {
        method
    };
    let mut told = Item::new(
        "IPM.Appointment",
        Content::Meeting(meeting(email, own, answer)),
    );
    told.importance = item.importance;
    told.sensitivity = item.sensitivity;
    told.categories.clone_from(&item.categories);
    told.raw
        .push(raw("ical", "VCALENDAR/METHOD", format!("METHOD:{method}")));
    let heading = Heading {
        now: email.sent.or(item.created).unwrap_or_default(),
        ..Heading::default()
    };
    // What the calendar does not say of the meeting is told when the mail is read again.
    let calendar = to_calendar(&[(&told, blobs)], &heading).value.to_bytes();
    let mut item = item.clone();
    let kind = format!("text/calendar; charset=utf-8; method={method}");
    item.attachments.push(Attachment {
        name: String::new(),
        media_type: Some("text/calendar".to_owned()),
        content_id: None,
        content_location: None,
        hidden: false,
        inline: true,
        position: None,
        created: None,
        modified: None,
        data: AttachmentData::File { blob: CALENDAR },
        raw: vec![raw(MIME, "Content-Type", kind)],
    });
    Some((item, Arc::new(InMemory(calendar))))
}

fn raw(kind: &str, name: &str, text: String) -> RawProperty {
    RawProperty {
        name: name.to_owned(),
        kind: kind.to_owned(),
        value: RawValue::Text(text),
    }
}

/// The meeting with what only its message says: subject, people, text.
fn meeting(email: &Email, own: &Meeting, answer: Option<Response>) -> Meeting {
    let mut meeting = own.clone();
    if meeting.subject.is_empty() {
        let prefix = email.subject_prefix.as_deref().unwrap_or_default();
        let subject = &email.subject;
        let bare = subject.strip_prefix(prefix).unwrap_or(subject);
        bare.clone_into(&mut meeting.subject);
    }
    if meeting.body.is_empty() {
        meeting.body = Body {
            plain: email.body.plain.clone(),
            ..Body::default()
        };
    }
    let attendee = |party: &_, kind, response| Attendee {
        party: Clone::clone(party),
        kind,
        response,
        ..Attendee::default()
    };
    match answer {
        Some(answer) => {
            let organizer = meeting.organizer.take();
            meeting.organizer = organizer.or_else(|| email.to.first().cloned());
            let from = email.from.iter();
            let from = from.map(|party| attendee(party, AttendeeKind::Required, answer));
            meeting.attendees = from.collect();
        }
        None => {
            let organizer = meeting.organizer.take();
            meeting.organizer = organizer.or_else(|| email.from.clone());
            if meeting.attendees.is_empty() {
                for (list, kind) in [
                    (&email.to, AttendeeKind::Required),
                    (&email.cc, AttendeeKind::Optional),
                    (&email.bcc, AttendeeKind::Resource),
                ] {
                    let all = list.iter();
                    let all = all.map(|party| attendee(party, kind, Response::NotResponded));
                    meeting.attendees.extend(all);
                }
            }
        }
    }
    meeting
}
