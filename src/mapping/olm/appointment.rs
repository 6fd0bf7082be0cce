//! Appointments and meetings.
//!
//! *Not supported*: which occurrences of a series were deleted is not known to be written; one that
//! was changed stands beside its series as an appointment with the same UUID and
//! `OPFCalendarEventCopyRecurrenceId`.

use super::fields::{Field, Slot, Taker};
use super::zone::Zone;
use super::{Session, address, attachments, message, recurrence, value};
use crate::hex;
use crate::item::meeting::{Attendee, AttendeeKind, BusyStatus, MeetingState, Response, TimeZone};
use crate::item::{Meeting, Reminder};
use crate::mapi::global_object_id::GlobalObjectId;
use crate::olm::Element;

/// Rows of an appointment.
pub(super) static APPOINTMENT: &[Field<Meeting>] = &[
    Field::new(
        "OPFCalendarEventCopySummary",
        "subject",
        Slot::Title(|m| &mut m.subject),
    ),
    Field::new(
        "OPFCalendarEventCopyLocation",
        "location",
        Slot::Text(|m| &mut m.location),
    ),
    Field::new(
        "OPFCalendarEventCopyStartTime",
        "start",
        Slot::Time(|m| &mut m.start),
    ),
    Field::new(
        "OPFCalendarEventCopyEndTime",
        "end",
        Slot::Time(|m| &mut m.end),
    ),
    Field::new(
        "OPFCalendarEventGetIsAllDayEvent",
        "all_day",
        Slot::Flag(|m| &mut m.all_day),
    ),
    Field::new(
        "OPFCalendarEventCopyStartTimeZone",
        "time_zone.description",
        Slot::Hand("kept"),
    ),
    Field::new(
        "OPFCalendarEventGetStartTimeZoneICSData",
        "time_zone",
        Slot::Hand("its TZID as the name of Windows or IANA; also raw"),
    ),
    Field::new(
        "OPFCalendarEventCopyEndTimeZone",
        "end_time_zone.description",
        Slot::Hand("kept when it is another than that of the start"),
    ),
    Field::new(
        "OPFCalendarEventCopyOrganizer",
        "organizer",
        Slot::Hand("kept as address or name"),
    ),
    Field::new(
        "OPFCalendarEventCopyAttendeeList",
        "attendees[]",
        Slot::Hand("name, address, type and status by the numbers of MAPI; also raw"),
    ),
    Field::new(
        "OPFCalendarEventGetAcceptStatus",
        "response",
        Slot::Hand(BY_MAPI),
    ),
    Field::new(
        "OPFCalendarEventCopyFreeBusyStatus",
        "busy",
        Slot::Hand(BY_MAPI),
    ),
    Field::new(
        "OPFCalendarEventCopyUUID",
        "series_uid",
        Slot::Hand("as the global object id that stands for it"),
    ),
    Field::new(
        "OPFCalendarEventCopyRecurrenceId",
        "original_start",
        Slot::Hand("kept when it is an instant"),
    ),
    Field::new(
        "OPFCalendarEventCopyRecurrence",
        "recurrence",
        Slot::Hand("read into words; also raw"),
    ),
    Field::new(
        "OPFCalendarEventIsRecurring",
        "recurrence",
        Slot::Hand("told by the recurrence"),
    ),
    Field::new(
        "OPFCalendarEventGetHasReminder",
        "reminder.set",
        Slot::Hand("kept; false is left out"),
    ),
    Field::new(
        "OPFCalendarEventCopyReminderDelta",
        "reminder.minutes",
        Slot::Hand("seconds as minutes; raw when they are no whole minutes"),
    ),
    Field::new(
        "OPFCalendarEventCopyReminderTime",
        "reminder.signal",
        Slot::Hand("kept; one without a zone is in UTC"),
    ),
    Field::new(
        "OPFCalendarEventCopyDescriptionPlain",
        "body.plain",
        Slot::Hand("kept; over 32 KiB as a blob"),
    ),
    Field::new(
        "OPFCalendarEventCopyDescription",
        "body.html",
        Slot::Hand(message::HTML),
    ),
    Field::new(
        "OPFCalendarEventCopyAttachmentList",
        "attachments[]",
        Slot::Hand("as of a message"),
    ),
];
const BY_MAPI: &str = "as a word by the numbers of MAPI; also raw";

/// Takes an appointment.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Meeting {
    let mut meeting = Meeting::default();
    taker.fill(&mut meeting, APPOINTMENT);
    let zone = Zone::read(taker);
    if meeting.all_day {
        meeting.start_date = meeting.start.map(|instant| zone.day(instant));
        meeting.end_date = meeting.end.map(|instant| zone.day(instant));
    }
    meeting.end_time_zone = end_zone(taker, zone.shown.as_ref());
    meeting.organizer = taker.text("OPFCalendarEventCopyOrganizer").map(|text| {
        if address::is_smtp(&text) || text.starts_with('/') {
            address::party(None, Some(&text))
        } else {
            address::party(Some(&text), None)
        }
    });
    let attendees = taker.peek("OPFCalendarEventCopyAttendeeList");
    let attendees = attendees.into_iter().flat_map(|list| &list.children);
    meeting.attendees = attendees.filter_map(attendee).collect();
    meeting.state = MeetingState {
        meeting: !meeting.attendees.is_empty(),
        ..MeetingState::default()
    };
    let number = |name: &str| taker.peek_text(name).and_then(value::integer);
    meeting.response = number("OPFCalendarEventGetAcceptStatus")
        .and_then(response)
        .unwrap_or_default();
    meeting.busy = number("OPFCalendarEventCopyFreeBusyStatus").and_then(busy);
    series(session, taker, &zone, &mut meeting);
    identity(taker, &zone, &mut meeting);
    meeting.time_zone = zone.shown;
    attachments::read(session, taker, "OPFCalendarEventCopyAttachmentList");
    meeting.body = message::body(
        session,
        taker,
        "OPFCalendarEventCopyDescriptionPlain",
        "OPFCalendarEventCopyDescription",
    );
    meeting
}

fn end_zone(taker: &mut Taker<'_>, start: Option<&TimeZone>) -> Option<TimeZone> {
    let words = taker.text("OPFCalendarEventCopyEndTimeZone")?;
    let same = start.and_then(|zone| zone.description.as_ref()) == Some(&words);
    (!same).then(|| TimeZone {
        iana: crate::mapi::windows_zones::iana_of_description(&words).map(str::to_owned),
        description: Some(words),
        windows: None,
    })
}

fn attendee(element: &Element) -> Option<Attendee> {
    let text = Some(element.text.trim()).filter(|text| !text.is_empty());
    let party = address::party(
        element.value("OPFCalendarAttendeeName"),
        element.value("OPFCalendarAttendeeAddress").or(text),
    );
    let number = |name: &str| element.value(name).and_then(value::integer);
    (!party.is_empty()).then(|| Attendee {
        party,
        kind: match number("OPFCalendarAttendeeType") {
            Some(2) => AttendeeKind::Optional,
            Some(3) => AttendeeKind::Resource,
            _ => AttendeeKind::Required,
        },
        response: number("OPFCalendarAttendeeStatus")
            .and_then(response)
            .unwrap_or_default(),
        replied: None,
        proposal: None,
    })
}

fn series(session: &mut Session<'_>, taker: &mut Taker<'_>, zone: &Zone, meeting: &mut Meeting) {
    const RECURS: &str = "OPFCalendarEventIsRecurring";
    let all_day = meeting.all_day;
    let day = |instant| match zone.clock(instant) {
        Some((day, _)) if !all_day => Some(day),
        _ => Some(zone.day(instant)),
    };
    meeting.recurrence = recurrence::read(session, taker, "OPFCalendarEventCopyRecurrence", day);
    let told = taker.peek_text(RECURS).and_then(value::flag);
    if told == Some(meeting.recurrence.is_some()) {
        taker.mark(RECURS);
    }
    let (Some(own), Some(start)) = (&mut meeting.recurrence, meeting.start) else {
        return;
    };
    let length = meeting
        .end
        .map(|end| end.duration_since(start).as_secs() / 60);
    let clock = if all_day {
        Some(0)
    } else {
        zone.clock(start).map(|(_, minutes)| minutes)
    };
    own.start_minutes = clock;
    own.end_minutes = clock
        .zip(length)
        .map(|(clock, length)| clock.saturating_add(length));
}

/// The ids, and which occurrence of a series it is.
fn identity(taker: &mut Taker<'_>, zone: &Zone, meeting: &mut Meeting) {
    let Some(uuid) = taker.text("OPFCalendarEventCopyUUID") else {
        return;
    };
    let original = taker.with("OPFCalendarEventCopyRecurrenceId", |text| {
        // What came from iCalendar has its form.
        value::time(text).or_else(|| {
            let compact = text.trim().trim_end_matches('Z');
            let local = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", compact).ok()?;
            jiff::tz::TimeZone::UTC.to_timestamp(local).ok()
        })
    });
    meeting.original_start = original;
    meeting.original_date = original.map(|instant| match zone.clock(instant) {
        Some((day, _)) if !meeting.all_day => day,
        _ => zone.day(instant),
    });
    let id = GlobalObjectId::from_uid(uuid.trim());
    let hex = |id: GlobalObjectId| hex::encode(&id.to_bytes());
    meeting.uid = Some(hex(id.with_day(meeting.original_date)));
    meeting.series_uid = Some(hex(id.with_day(None)));
}

/// What reminds of an appointment.
pub(super) fn reminder(taker: &mut Taker<'_>) -> Option<Reminder> {
    let minutes = taker.with("OPFCalendarEventCopyReminderDelta", |text| {
        let seconds = value::integer(text)?;
        (seconds % 60 == 0).then_some(seconds / 60)
    });
    let reminder = Reminder {
        set: taker
            .with("OPFCalendarEventGetHasReminder", value::flag)
            .unwrap_or_default(),
        minutes,
        signal: taker.with("OPFCalendarEventCopyReminderTime", value::time),
        ..Reminder::default()
    };
    Some(reminder).filter(|own| !own.is_default())
}

fn response(number: i64) -> Option<Response> {
    Some(match number {
        1 => Response::Organizer,
        2 => Response::Tentative,
        3 => Response::Accepted,
        4 => Response::Declined,
        5 => Response::NotResponded,
        _ => return None,
    })
}

fn busy(number: i64) -> Option<BusyStatus> {
    Some(match number {
        0 => BusyStatus::Free,
        1 => BusyStatus::Tentative,
        2 => BusyStatus::Busy,
        3 => BusyStatus::OutOfOffice,
        4 => BusyStatus::WorkingElsewhere,
        _ => return None,
    })
}
