//! Appointments and meetings, and the meeting of a meeting message.
//!
//! *Spec*: MS-OXOCAL 2.2.

use jiff::civil::Date;

use super::fields::{Field, Key, Slot};
use super::giver::Giver;
use super::parties::{self, Recipient};
use super::taker::Taker;
use super::time_zone::Zones;
use super::{Parts, Session, Writing, body, occurrence, recurrence, time_zone};
use crate::item::Meeting;
use crate::item::meeting::{
    Attendee, AttendeeKind, BusyStatus, MeetingState, OnlineMeeting, Proposal, Response,
};
use crate::mapi::{FileTime, Message, PropertyBag, Value, pid_lid, pid_tag};

const WORD: &str = "kept as a word; other numbers stay raw";

const ALSO_RAW: &str = "read into words; also raw, byte for byte";

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
        pid_lid::APPOINTMENT_TIME_ZONE_DEFINITION_RECUR,
        "time_zone",
        Slot::Hand(ALSO_RAW),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY,
        "time_zone",
        Slot::Hand(ALSO_RAW),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_TIME_ZONE_DEFINITION_END_DISPLAY,
        "end_time_zone",
        Slot::Hand(ALSO_RAW),
    ),
    Field::lid(
        pid_lid::TIME_ZONE_STRUCT,
        "recurrence.exceptions[].start_utc",
        Slot::Hand(ALSO_RAW),
    ),
    Field::lid(
        pid_lid::APPOINTMENT_RECUR,
        "recurrence",
        Slot::Hand(ALSO_RAW),
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
    occurrence::take_embedded(session, parts, &mut meeting);
    meeting.subject = body::title(taker).unwrap_or_default();
    meeting.organizer = parties::mailbox(taker, &parties::FROM);
    let mut rows = parties::recipients(session, &parts.message.recipients);
    for row in &mut rows {
        if is_organizer(row) {
            // The row of the organiser may know what the message does not.
            let own = meeting.organizer.get_or_insert_with(|| row.party.clone());
            if own.email.is_none() {
                own.email.clone_from(&row.party.email);
            }
            if own.address.is_none() {
                own.address.clone_from(&row.party.address);
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
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    props: &PropertyBag,
) -> Meeting {
    let mut meeting = Meeting::default();
    taker.fill(&mut meeting, MEETING);
    meeting.response = taker
        .word(pid_lid::RESPONSE_STATUS, RESPONSE)
        .unwrap_or_default();
    meeting.state = state(taker);
    meeting.busy = taker.word(pid_lid::BUSY_STATUS, BUSY);
    meeting.intended_busy = taker.word(pid_lid::INTENDED_BUSY_STATUS, BUSY);
    let proposal = Proposal {
        start: taker.time(pid_lid::APPOINTMENT_PROPOSED_START_WHOLE),
        end: taker.time(pid_lid::APPOINTMENT_PROPOSED_END_WHOLE),
    };
    meeting.proposal = Some(proposal).filter(|own| *own != Proposal::default());
    let mut online = OnlineMeeting::default();
    taker.fill(&mut online, ONLINE);
    meeting.online = Some(online).filter(|own| !own.is_default());
    meeting.original_date = meeting.uid.as_deref().and_then(original_date);
    let zones = Zones::read(session, taker);
    meeting.time_zone = zones.shown(taker);
    meeting.end_time_zone = zones.end(meeting.time_zone.as_ref());
    if meeting.all_day {
        meeting.start_date = meeting.start.map(|instant| zones.day(instant));
        meeting.end_date = meeting.end.map(|instant| zones.day(instant));
    }
    recurrence::of_meeting(session, taker, props, &zones, &mut meeting);
    meeting
}

/// Gives an appointment or meeting of a calendar.
pub(super) fn write(
    session: &mut Writing<'_>,
    giver: &mut Giver,
    meeting: &Meeting,
    message: &mut Message,
) {
    write_props(session, giver, meeting);
    giver.expect(pid_lid::BUSY_STATUS, Value::I32(2));
    occurrence::embed(session, meeting, message);
    body::write_title(giver, &meeting.subject);
    parties::write_mailbox(giver, &parties::FROM, meeting.organizer.as_ref());
    if (!meeting.attendees.is_empty() || session.has_raw("recipients/"))
        && let Some(organizer) = &meeting.organizer
    {
        let flags = Value::I32(ORGANIZER | SENDABLE);
        let own = [(pid_tag::RECIPIENT_FLAGS, flags)];
        parties::write_recipient(session, message, organizer, 1, &own);
    }
    for attendee in &meeting.attendees {
        write_attendee(session, message, attendee);
    }
    body::write(session, giver, &meeting.body);
}

/// Gives what the properties of a message say of a meeting, without subject, people and body.
pub(super) fn write_props(session: &mut Writing<'_>, giver: &mut Giver, meeting: &Meeting) {
    giver.pour(meeting, MEETING);
    giver.word(pid_lid::RESPONSE_STATUS, RESPONSE, Some(&meeting.response));
    giver.word(pid_lid::BUSY_STATUS, BUSY, meeting.busy.as_ref());
    let intended = meeting.intended_busy.as_ref();
    giver.word(pid_lid::INTENDED_BUSY_STATUS, BUSY, intended);
    let state = meeting.state;
    let bits = [state.meeting, state.received, state.cancelled];
    let flags = (0..)
        .zip(bits)
        .fold(0_i32, |flags, (bit, set)| flags | i32::from(set) << bit);
    let raw = giver.get(pid_lid::APPOINTMENT_STATE_FLAGS);
    let more = raw.and_then(Value::as_i64).unwrap_or_default() & !0x07;
    giver.int(
        pid_lid::APPOINTMENT_STATE_FLAGS,
        Some(i64::from(flags) | more),
    );
    if let Some(proposal) = &meeting.proposal {
        giver.time(pid_lid::APPOINTMENT_PROPOSED_START_WHOLE, proposal.start);
        giver.time(pid_lid::APPOINTMENT_PROPOSED_END_WHOLE, proposal.end);
    }
    if let Some(online) = &meeting.online {
        giver.pour(online, ONLINE);
    }
    time_zone::write(giver, meeting);
    recurrence::write_meeting(session, giver, meeting);
    expect_times(giver, meeting);
}

/// The message class of an occurrence inside its series.
pub(super) const OCCURRENCE: &str = "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}";

/// Makes a message the embedded occurrence of a series.
pub(super) fn as_occurrence(message: &mut Message) {
    let class = message
        .props
        .str(pid_tag::MESSAGE_CLASS)
        .unwrap_or_default();
    if class.eq_ignore_ascii_case(OCCURRENCE) {
        return;
    }
    let properties = std::mem::take(&mut message.props).into_properties();
    let properties = properties.into_iter().map(|mut property| {
        if property.tag.id() == pid_tag::MESSAGE_CLASS {
            property.value = Value::String(OCCURRENCE.to_owned());
        }
        property
    });
    message.props = PropertyBag::new(properties.collect()).0;
}

/// The times of a meeting that are told a second time.
fn expect_times(giver: &mut Giver, meeting: &Meeting) {
    for (time, keys) in [
        (
            meeting.start,
            [
                Key::lid(pid_lid::COMMON_START),
                Key::Tag(pid_tag::START_DATE),
            ],
        ),
        (
            meeting.end,
            [Key::lid(pid_lid::COMMON_END), Key::Tag(pid_tag::END_DATE)],
        ),
    ] {
        if let Some(time) = time.and_then(FileTime::of) {
            for key in keys {
                giver.expect(key, Value::Time(time));
            }
        }
    }
    let span = meeting.start.zip(meeting.end);
    let minutes = span.map(|(start, end)| end.duration_since(start).as_mins());
    if let Some(minutes) = minutes.and_then(|minutes| i32::try_from(minutes).ok()) {
        giver.expect(pid_lid::APPOINTMENT_DURATION, Value::I32(minutes));
    }
    giver.expect(pid_lid::APPOINTMENT_SUB_TYPE, Value::Bool(meeting.all_day));
    giver.expect(pid_lid::F_INVITED, Value::Bool(meeting.state.meeting));
    let recurs = meeting.recurrence.is_some();
    giver.expect(pid_lid::RECURRING, Value::Bool(recurs));
    giver.expect(pid_lid::IS_RECURRING, Value::Bool(recurs));
}

fn write_attendee(session: &mut Writing<'_>, message: &mut Message, attendee: &Attendee) {
    let kind = match attendee.kind {
        AttendeeKind::Required => 1,
        AttendeeKind::Optional => 2,
        AttendeeKind::Resource => 3,
    };
    let number = RESPONSE.iter().find(|(_, own)| *own == attendee.response);
    let number = number.and_then(|(number, _)| i32::try_from(*number).ok());
    let mut more = vec![(
        pid_tag::RECIPIENT_TRACK_STATUS,
        Value::I32(number.unwrap_or_default()),
    )];
    let proposal = attendee.proposal.clone().unwrap_or_default();
    for (id, time) in [
        (pid_tag::RECIPIENT_TRACK_STATUS_TIME, attendee.replied),
        (pid_tag::RECIPIENT_PROPOSED_START_TIME, proposal.start),
        (pid_tag::RECIPIENT_PROPOSED_END_TIME, proposal.end),
    ] {
        more.extend(
            time.and_then(FileTime::of)
                .map(|time| (id, Value::Time(time))),
        );
    }
    parties::write_recipient(session, message, &attendee.party, kind, &more);
}

/// The date of the occurrence in a `PidLidGlobalObjectId` (MS-OXOCAL 2.2.1.27): after 16 bytes that
/// are the same in all, the year with its high byte first, month and day; zeros in that of a
/// series.
fn original_date(uid: &str) -> Option<Date> {
    let part = |at: usize, digits: usize| u16::from_str_radix(uid.get(at..at + digits)?, 16).ok();
    let year = i16::try_from(part(32, 4)?).ok()?;
    let month = i8::try_from(part(36, 2)?).ok()?;
    let day = i8::try_from(part(38, 2)?).ok()?;
    Date::new(year, month, day).ok()
}

/// Bits of `PidTagRecipientFlags`.
const SENDABLE: i32 = 0x01;
const ORGANIZER: i32 = 0x02;

/// `PidTagRecipientFlags` (MS-OXOCAL 2.2.4.10.1): the organiser.
fn is_organizer(row: &mut Recipient<'_>) -> bool {
    let [organizer, sendable] = [ORGANIZER, SENDABLE].map(i64::from);
    let flags = row
        .taker
        .peek(pid_tag::RECIPIENT_FLAGS)
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let is = flags & organizer != 0 || row.kind == 0;
    if flags == sendable || (is && flags & !(organizer | sendable) == 0) {
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
            .word(pid_tag::RECIPIENT_TRACK_STATUS, RESPONSE)
            .unwrap_or_default(),
        replied: taker.time(pid_tag::RECIPIENT_TRACK_STATUS_TIME),
        proposal: Some(proposal).filter(|own| *own != Proposal::default()),
    }
}

/// `PidLidResponseStatus` and `PidTagRecipientTrackStatus` (MS-OXOCAL 2.2.1.11, 2.2.4.10.2).
const RESPONSE: &[(i64, Response)] = &[
    (0, Response::None),
    (1, Response::Organizer),
    (2, Response::Tentative),
    (3, Response::Accepted),
    (4, Response::Declined),
    (5, Response::NotResponded),
];

/// `PidLidBusyStatus` (MS-OXOCAL 2.2.1.2).
pub(super) const BUSY: &[(i64, BusyStatus)] = &[
    (0, BusyStatus::Free),
    (1, BusyStatus::Tentative),
    (2, BusyStatus::Busy),
    (3, BusyStatus::OutOfOffice),
    (4, BusyStatus::WorkingElsewhere),
];

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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::fields::Key;
    use super::super::fixture::{bag, map, message, raw_names, text, time};
    use super::*;
    use crate::item::{Content, IdentityKey, Item};
    use crate::mapi::appointment_recurrence::{self as recur, AppointmentRecurrence, overrides};
    use crate::mapi::recurrence::{DayMask, Minutes, Pattern, RecurFrequency, RecurrencePattern};
    use crate::mapi::timezone::{SystemTime, TimeZoneDefinition, ZoneRule};
    use crate::mapi::{Attachment, AttachmentData, Guid};

    fn meeting(item: &Item) -> &Meeting {
        match &item.content {
            Content::Meeting(meeting) => meeting,
            other => panic!("{other:?}"),
        }
    }

    fn lid(name: (Guid, u32), value: Value) -> (Key, Value) {
        (Key::lid(name), value)
    }

    fn berlin() -> Vec<u8> {
        let changes = |month| SystemTime {
            month,
            day: 5,
            hour: if month == 3 { 2 } else { 3 },
            ..SystemTime::default()
        };
        let rule = ZoneRule {
            bias: -60,
            standard_bias: 0,
            daylight_bias: -60,
            standard_date: changes(10),
            daylight_date: changes(3),
        };
        TimeZoneDefinition::new("W. Europe Standard Time", rule, true).to_bytes()
    }

    /// Every Monday at 9 from 2024-05-06, ten times; the second is deleted, the third at 14 h.
    fn series() -> Vec<u8> {
        let day = |d| Minutes::midnight(date(2024, 5, d));
        let at = |d, hour| Minutes::of(date(2024, 5, d).at(hour, 0, 0, 0));
        let pattern = RecurrencePattern {
            reader_version: 0x3004,
            writer_version: 0x3004,
            frequency: RecurFrequency::Weekly,
            pattern: Pattern::Week(DayMask::of(&[jiff::civil::Weekday::Monday])),
            calendar_type: 0,
            first_date_time: 0,
            period: 1,
            sliding: 0,
            end_type: RecurrencePattern::END_AFTER,
            occurrence_count: 10,
            first_day_of_week: 1,
            deleted: vec![day(13), day(20)],
            modified: vec![day(20)],
            start_date: day(6),
            end_date: Minutes::midnight(date(2024, 7, 8)),
        };
        let mut series = AppointmentRecurrence::new(pattern, 9 * 60, 10 * 60);
        series.exceptions.push(recur::Exception {
            start: at(20, 14),
            end: at(20, 15),
            original_start: at(20, 9),
            flags: overrides::LOCATION,
            subject: None,
            meeting_type: None,
            reminder_delta: None,
            reminder_set: None,
            location: Some(b"Quay".to_vec()),
            busy_status: None,
            attachment: None,
            sub_type: None,
            color: None,
            extended: Some(recur::ExtendedException {
                change_highlight: Some(vec![0; 4]),
                reserved1: Vec::new(),
                text: Some(recur::ExtendedText {
                    start: at(20, 14),
                    end: at(20, 15),
                    original_start: at(20, 9),
                    subject: None,
                    location: Some(crate::mapi::codepage::utf16_bytes("Quay")),
                    reserved2: Vec::new(),
                }),
            }),
        });
        series.to_bytes()
    }

    #[test]
    fn a_series_with_exceptions() {
        let mut from = message(
            "IPM.Appointment",
            vec![
                (Key::Tag(pid_tag::SUBJECT), text("Stand-up")),
                lid(
                    pid_lid::APPOINTMENT_START_WHOLE,
                    time("2024-05-06T07:00:00Z"),
                ),
                lid(pid_lid::APPOINTMENT_END_WHOLE, time("2024-05-06T08:00:00Z")),
                lid(pid_lid::APPOINTMENT_RECUR, Value::Binary(series())),
                lid(
                    pid_lid::APPOINTMENT_TIME_ZONE_DEFINITION_RECUR,
                    Value::Binary(berlin()),
                ),
                lid(pid_lid::BUSY_STATUS, Value::I32(2)),
                lid(pid_lid::APPOINTMENT_STATE_FLAGS, Value::I32(1)),
                lid(pid_lid::CLEAN_GLOBAL_OBJECT_ID, Value::Binary(vec![4; 40])),
            ],
        );
        let moved = message(
            "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}",
            vec![(Key::Tag(pid_tag::BODY), text("at the quay"))],
        );
        from.attachments = vec![Attachment {
            props: bag([(
                Key::Tag(pid_tag::EXCEPTION_START_TIME),
                time("2024-05-20T14:00:00Z"),
            )]),
            data: AttachmentData::Message(Box::new(moved)),
        }];
        let mapped = map(&from);
        let own = meeting(&mapped.item);
        let zone = own.time_zone.as_ref().unwrap();
        assert_eq!(zone.iana.as_deref(), Some("Europe/Berlin"));
        assert_eq!(own.busy, Some(BusyStatus::Busy));
        assert!(own.state.meeting && !own.state.cancelled);

        let recurrence = own.recurrence.as_ref().unwrap();
        assert_eq!(recurrence.count, Some(10));
        assert_eq!(recurrence.start_minutes, Some(540));
        assert_eq!(recurrence.deleted, [date(2024, 5, 13)]);
        let rule = recurrence.rule.as_deref().unwrap();
        assert!(rule.starts_with("FREQ=WEEKLY;"), "{rule}");
        let [exception] = recurrence.exceptions.as_slice() else {
            panic!("{recurrence:?}");
        };
        assert_eq!(exception.original, date(2024, 5, 20).at(9, 0, 0, 0));
        assert_eq!(
            exception.start_utc.unwrap().to_string(),
            "2024-05-20T12:00:00Z"
        );
        assert_eq!(exception.location.as_deref(), Some("Quay"));
        let occurrence = exception.occurrence.as_deref().unwrap();
        assert!(!meeting(occurrence).body.is_empty());
        assert_eq!(exception.raw.len(), 1);

        assert!(mapped.item.attachments.is_empty());
        let key = IdentityKey::GlobalObjectId("04".repeat(40));
        assert_eq!(mapped.item.identity.first(), Some(&key));
        let raw = raw_names(&mapped.item);
        assert!(raw.contains(&"PidLidAppointmentRecur"), "{raw:?}");
    }

    #[test]
    fn all_day_without_a_zone_is_the_nearest_day() {
        let event = vec![
            lid(pid_lid::APPOINTMENT_SUB_TYPE, Value::Bool(true)),
            lid(
                pid_lid::APPOINTMENT_START_WHOLE,
                time("2024-05-05T22:00:00Z"),
            ),
            lid(pid_lid::APPOINTMENT_END_WHOLE, time("2024-05-06T22:00:00Z")),
        ];
        let mapped = map(&message("IPM.Appointment", event));
        let own = meeting(&mapped.item);
        assert_eq!(own.start_date, Some(date(2024, 5, 6)));
        assert_eq!(own.end_date, Some(date(2024, 5, 7)));
    }

    #[test]
    fn people_and_their_answers() {
        let row = |kind, name: &str, flags, answer| {
            bag([
                (Key::Tag(pid_tag::RECIPIENT_TYPE), Value::I32(kind)),
                (Key::Tag(pid_tag::DISPLAY_NAME), text(name)),
                (Key::Tag(pid_tag::RECIPIENT_FLAGS), Value::I32(flags)),
                (
                    Key::Tag(pid_tag::RECIPIENT_TRACK_STATUS),
                    Value::I32(answer),
                ),
            ])
        };
        let mut from = message("IPM.Appointment", vec![]);
        from.recipients = vec![
            row(1, "Ann", 3, 1),
            row(1, "Bob", 1, 3),
            row(2, "Cy", 1, 4),
            row(3, "Room", 1, 0),
        ];
        let mapped = map(&from);
        let own = meeting(&mapped.item);
        assert_eq!(own.organizer.as_ref().unwrap().name, "Ann");
        let people: Vec<_> = own
            .attendees
            .iter()
            .map(|person| (person.party.name.as_str(), person.kind, person.response))
            .collect();
        assert_eq!(
            people,
            [
                ("Bob", AttendeeKind::Required, Response::Accepted),
                ("Cy", AttendeeKind::Optional, Response::Declined),
                ("Room", AttendeeKind::Resource, Response::None),
            ]
        );
        let raw = raw_names(&mapped.item);
        assert_eq!(raw, ["recipients/0/PidTagRecipientTrackStatus"]);
    }
}
