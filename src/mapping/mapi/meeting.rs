//! Appointments and meetings, and the meeting of a meeting message.
//!
//! *Spec*: MS-OXOCAL 2.2.

use jiff::tz::TimeZone as Zone;

use super::fields::{Field, Slot};
use super::parties::{self, Recipient};
use super::taker::Taker;
use super::{Parts, Session, body};
use crate::item::Meeting;
use crate::item::meeting::{
    Attendee, AttendeeKind, BusyStatus, MeetingState, OnlineMeeting, Proposal, Response, TimeZone,
};
use crate::mapi::{PropertyBag, Value, pid_lid, pid_tag};

const WORD: &str = "kept as a word; other numbers stay raw";

/// Rows of a meeting.
pub(super) static MEETING: &[Field<Meeting>] = &[
    Field::lid(
        pid_lid::LOCATION,
        "location",
        Slot::Text(|m| &mut m.location),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_START_WHOLE,
        "start",
        Slot::Time(|m| &mut m.start),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_END_WHOLE,
        "end",
        Slot::Time(|m| &mut m.end),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_SUB_TYPE,
        "all_day",
        Slot::Flag(|m| &mut m.all_day),
    ),
    Field::lid(pid_lid::RESPONSE_STATUS, "response", Slot::Hand(WORD)),
    Field::lid(
        pid_lid::APPOINTMENT_REPLY_TIME,
        "replied",
        Slot::Time(|m| &mut m.replied),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_REPLY_NAME,
        "replied_by",
        Slot::Text(|m| &mut m.replied_by),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_STATE_FLAGS,
        "state",
        Slot::Hand("kept as three flags; raw when other bits are set"),
    ),
    Field::lid(
        pid_lid::RECURRENCE_PATTERN,
        "recurrence_text",
        Slot::Text(|m| &mut m.recurrence_text),
    ),
    Field::lid(pid_lid::BUSY_STATUS, "busy", Slot::Hand(WORD)),
    Field::lid(
        pid_lid::INTENDED_BUSY_STATUS,
        "intended_busy",
        Slot::Hand(WORD),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_COLOR,
        "label",
        Slot::Int(|m| &mut m.label),
    ),
    Field::lid(pid_lid::GLOBAL_OBJECT_ID, "uid", Slot::Hex(|m| &mut m.uid)),
    Field::lid(
        pid_lid::CLEAN_GLOBAL_OBJECT_ID,
        "series_uid",
        Slot::Hex(|m| &mut m.series_uid),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_SEQUENCE,
        "sequence",
        Slot::Int(|m| &mut m.sequence),
    ),
    Field::lid(
        pid_lid::EXCEPTION_REPLACE_TIME,
        "original_start",
        Slot::Time(|m| &mut m.original_start),
    ),
    Field::lid(
        pid_lid::TIME_ZONE_DESCRIPTION,
        "time_zone.description",
        Slot::Hand("kept"),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_PROPOSAL_NUMBER,
        "proposals",
        Slot::Int(|m| &mut m.proposals),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_NOT_ALLOW_PROPOSE,
        "forbids_proposals",
        Slot::Flag(|m| &mut m.forbids_proposals),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_PROPOSED_START_WHOLE,
        "proposal.start",
        Slot::Hand("kept"),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_PROPOSED_END_WHOLE,
        "proposal.end",
        Slot::Hand("kept"),
    ),
    Field::lid(
        pid_lid::OLD_LOCATION,
        "old_location",
        Slot::Text(|m| &mut m.old_location),
    ),
    Field::lid(
        pid_lid::OLD_WHEN_START_WHOLE,
        "old_start",
        Slot::Time(|m| &mut m.old_start),
    ),
    Field::lid(
        pid_lid::OLD_WHEN_END_WHOLE,
        "old_end",
        Slot::Time(|m| &mut m.old_end),
    ),
];

/// Rows of an online meeting.
pub(super) static ONLINE: &[Field<OnlineMeeting>] = &[
    Field::lid(
        pid_lid::CONFERENCING_TYPE,
        "online.kind",
        Slot::Int(|o| &mut o.kind),
    ),
    Field::lid(
        pid_lid::ORGANIZER_ALIAS,
        "online.organizer",
        Slot::Text(|o| &mut o.organizer),
    ),
    Field::lid(
        pid_lid::DIRECTORY,
        "online.server",
        Slot::Text(|o| &mut o.server),
    ),
    Field::lid(
        pid_lid::COLLABORATE_DOC,
        "online.document",
        Slot::Text(|o| &mut o.document),
    ),
    Field::lid(
        pid_lid::NET_SHOW_URL,
        "online.show_url",
        Slot::Text(|o| &mut o.show_url),
    ),
    Field::lid(
        pid_lid::ONLINE_PASSWORD,
        "online.password",
        Slot::Text(|o| &mut o.password),
    ),
    Field::lid(
        pid_lid::MEETING_WORKSPACE_URL,
        "online.workspace_url",
        Slot::Text(|o| &mut o.workspace_url),
    ),
];

/// Takes an appointment or meeting of a calendar.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    parts: &mut Parts<'_>,
    props: &PropertyBag,
) -> Meeting {
    let mut meeting = of_message(session, taker, props);
    meeting.subject = body::title(taker).unwrap_or_default();
    meeting.organizer = parties::mailbox(taker, &parties::FROM);
    let mut rows = parties::recipients(session, &parts.message.recipients);
    for row in &mut rows {
        if is_organizer(row) {
            // The row of the organiser may know the address that the message does not.
            let known = meeting
                .organizer
                .as_ref()
                .is_some_and(|own| own.email.is_some());
            if !known {
                meeting.organizer = Some(row.party.clone());
            }
        } else {
            let attendee = attendee(row);
            meeting.attendees.push(attendee);
        }
    }
    parties::keep_rest(session, &rows, parts);
    meeting.body = body::read(session, taker, props);
    meeting
}

/// Takes what the properties of a message say of a meeting, without subject, people and body.
pub(super) fn of_message(
    _session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    _props: &PropertyBag,
) -> Meeting {
    let mut meeting = Meeting::default();
    taker.fill(&mut meeting, MEETING);
    meeting.response = taker
        .choice(pid_lid::RESPONSE_STATUS, response)
        .unwrap_or_default();
    meeting.state = state(taker);
    meeting.busy = taker.choice(pid_lid::BUSY_STATUS, busy);
    meeting.intended_busy = taker.choice(pid_lid::INTENDED_BUSY_STATUS, busy);
    let proposal = Proposal {
        start: taker.time(pid_lid::APPOINTMENT_PROPOSED_START_WHOLE),
        end: taker.time(pid_lid::APPOINTMENT_PROPOSED_END_WHOLE),
    };
    meeting.proposal = Some(proposal).filter(|own| *own != Proposal::default());
    let mut online = OnlineMeeting::default();
    taker.fill(&mut online, ONLINE);
    meeting.online = Some(online).filter(|own| !own.is_default());
    let zone = TimeZone {
        description: taker.text(pid_lid::TIME_ZONE_DESCRIPTION),
        ..TimeZone::default()
    };
    meeting.time_zone = Some(zone).filter(|own| !own.is_default());
    all_day(&mut meeting);
    meeting
}

/// The dates of an all-day event. Its instants are midnights of its zone; without a zone the nearest
/// midnights stand for them.
fn all_day(meeting: &mut Meeting) {
    if !meeting.all_day {
        return;
    }
    let zone = meeting
        .time_zone
        .as_ref()
        .and_then(|zone| zone.iana.as_deref());
    let zone = zone.and_then(|name| Zone::get(name).ok());
    let date = |instant: jiff::Timestamp| match &zone {
        Some(zone) => zone.to_datetime(instant).date(),
        None => {
            let middle = instant
                .checked_add(jiff::Span::new().hours(12))
                .unwrap_or(instant);
            Zone::UTC.to_datetime(middle).date()
        }
    };
    meeting.start_date = meeting.start.map(date);
    meeting.end_date = meeting.end.map(date);
}

/// `PidTagRecipientFlags` (MS-OXOCAL 2.2.4.10.1): the organiser.
fn is_organizer(row: &mut Recipient<'_>) -> bool {
    const ORGANIZER: i64 = 0x02;
    const SENDABLE: i64 = 0x01;
    let flags = row
        .taker
        .peek(pid_tag::RECIPIENT_FLAGS)
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let is = flags & ORGANIZER != 0 || row.kind == 0;
    if flags == SENDABLE || (is && flags & !(ORGANIZER | SENDABLE) == 0) {
        row.taker.mark(pid_tag::RECIPIENT_FLAGS);
    }
    is
}

fn attendee(row: &mut Recipient<'_>) -> Attendee {
    let kind = match row.kind {
        2 => AttendeeKind::Optional,
        3 => AttendeeKind::Resource,
        _ => AttendeeKind::Required,
    };
    let taker = &mut row.taker;
    let proposal = Proposal {
        start: taker.time(pid_tag::RECIPIENT_PROPOSED_START_TIME),
        end: taker.time(pid_tag::RECIPIENT_PROPOSED_END_TIME),
    };
    Attendee {
        party: row.party.clone(),
        kind,
        response: taker
            .choice(pid_tag::RECIPIENT_TRACK_STATUS, response)
            .unwrap_or_default(),
        replied: taker.time(pid_tag::RECIPIENT_TRACK_STATUS_TIME),
        proposal: Some(proposal).filter(|own| *own != Proposal::default()),
    }
}

/// `PidLidResponseStatus` and `PidTagRecipientTrackStatus` (MS-OXOCAL 2.2.1.11, 2.2.4.10.2).
fn response(number: i64) -> Option<Response> {
    Some(match number {
        0 => Response::None,
        1 => Response::Organizer,
        2 => Response::Tentative,
        3 => Response::Accepted,
        4 => Response::Declined,
        5 => Response::NotResponded,
        _ => return None,
    })
}

/// `PidLidBusyStatus` (MS-OXOCAL 2.2.1.2).
pub(super) fn busy(number: i64) -> Option<BusyStatus> {
    Some(match number {
        0 => BusyStatus::Free,
        1 => BusyStatus::Tentative,
        2 => BusyStatus::Busy,
        3 => BusyStatus::OutOfOffice,
        4 => BusyStatus::WorkingElsewhere,
        _ => return None,
    })
}

/// `PidLidAppointmentStateFlags` (MS-OXOCAL 2.2.1.10).
fn state(taker: &mut Taker<'_>) -> MeetingState {
    let flags = taker
        .peek(pid_lid::APPOINTMENT_STATE_FLAGS)
        .and_then(Value::as_i64);
    let flags = flags.unwrap_or_default();
    if flags & !0x07 == 0 {
        taker.mark(pid_lid::APPOINTMENT_STATE_FLAGS);
    }
    MeetingState {
        meeting: flags & 0x01 != 0,
        received: flags & 0x02 != 0,
        cancelled: flags & 0x04 != 0,
    }
}
