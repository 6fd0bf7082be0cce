//! Occurrences of a series that differ: in its structure, and embedded in full.
//!
//! *Spec*: MS-OXOCAL 2.2.1.44.2 (`ExceptionInfo`), 2.2.10 (embedded occurrences).
//!
//! *Seen in the wild*: an occurrence embedded without an entry in the structure, which stays an
//! attachment; an entry without an embedded occurrence.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::giver::Giver;
use super::taker::word;
use super::{Parts, Session, Writing, attachments, meeting, raw};
use crate::item::recurrence::Exception;
use crate::item::{AttachmentData, Meeting};
use crate::mapi::appointment_recurrence::{self, ExtendedException, ExtendedText, overrides};
use crate::mapi::recurrence::Minutes;
use crate::mapi::{self, FileTime, Value, codepage, pid_tag};

/// An occurrence that differs, in words; `instant` knows the zone.
pub(super) fn read(
    from: &appointment_recurrence::Exception,
    page: u16,
    instant: impl Fn(DateTime) -> Option<Timestamp>,
) -> Exception {
    let (start, end) = (from.start.datetime(), from.end.datetime());
    Exception {
        original: from.original_start.datetime(),
        start,
        end,
        original_utc: instant(from.original_start.datetime()),
        start_utc: instant(start),
        end_utc: instant(end),
        subject: from.subject_text(page),
        location: from.location_text(page),
        busy: from
            .busy_status
            .and_then(|number| word(meeting::BUSY, i64::from(number))),
        all_day: from.sub_type.map(|number| number != 0),
        meeting_type: from.meeting_type.map(i64::from),
        label: from.color.map(i64::from),
        reminder_set: from.reminder_set.map(|number| number != 0),
        reminder_minutes: from.reminder_delta.map(i64::from),
        has_attachments: from.attachment.map(|number| number != 0),
        occurrence: None,
        raw: Vec::new(),
    }
}

/// Moves the embedded occurrences from the attachments to their exceptions: by the start that the
/// attachment tells (MS-OXOCAL 2.2.10.1.4), else by the original start.
pub(super) fn take_embedded(
    session: &mut Session<'_>,
    parts: &mut Parts<'_>,
    meeting: &mut Meeting,
) {
    let Some(recurrence) = &mut meeting.recurrence else {
        return;
    };
    for (index, own) in parts.message.attachments.iter().enumerate() {
        let mapi::AttachmentData::Message(message) = &own.data else {
            continue;
        };
        let time = |id| own.props.get(id).and_then(Value::as_time);
        let local = |id| {
            let instant = time(id)?.timestamp()?;
            Some(jiff::tz::TimeZone::UTC.to_datetime(instant))
        };
        let start: Option<DateTime> = local(pid_tag::EXCEPTION_START_TIME);
        let end: Option<DateTime> = local(pid_tag::EXCEPTION_END_TIME);
        let original = time(pid_tag::EXCEPTION_REPLACE_TIME).and_then(FileTime::timestamp);
        let mut free = recurrence
            .exceptions
            .iter_mut()
            .filter(|exception| exception.occurrence.is_none());
        let found = free.find(|exception| {
            let same_start = start == Some(exception.start);
            let same_end = end.is_none_or(|end| end == exception.end);
            let same_original = original.is_some() && original == exception.original_utc;
            (same_start && same_end) || same_original
        });
        let (Some(found), Some(taken)) = (found, parts.attachments.get_mut(index)) else {
            continue;
        };
        *taken = true;
        if let AttachmentData::Item { item } = attachments::embedded(session, index, message) {
            found.occurrence = Some(item);
        }
        let told = [
            pid_tag::ATTACH_METHOD,
            pid_tag::ATTACH_SIZE,
            pid_tag::ATTACH_NUMBER,
        ];
        let rest = own.props.iter().filter(|own| !told.contains(&own.tag.id()));
        found.raw = rest
            .map(|property| raw::property(session, "", property))
            .collect();
    }
}

/// An occurrence that differs, as the structure has it.
pub(super) fn write(from: &Exception) -> appointment_recurrence::Exception {
    let minutes = |time| Minutes::of(time);
    let number = |told: Option<i64>| told.and_then(|number| u32::try_from(number).ok());
    let bytes = |text: &Option<String>| {
        text.as_ref()
            .map(|text| codepage::encode(text, codepage::WESTERN).bytes)
    };
    let busy = from.busy.and_then(|busy| {
        let found = meeting::BUSY.iter().find(|(_, own)| *own == busy);
        number(found.map(|(number, _)| *number))
    });
    let mut made = appointment_recurrence::Exception {
        start: minutes(from.start),
        end: minutes(from.end),
        original_start: minutes(from.original),
        flags: 0,
        subject: bytes(&from.subject),
        meeting_type: number(from.meeting_type),
        reminder_delta: number(from.reminder_minutes),
        reminder_set: from.reminder_set.map(u32::from),
        location: bytes(&from.location),
        busy_status: busy,
        attachment: from.has_attachments.map(u32::from),
        sub_type: from.all_day.map(u32::from),
        color: number(from.label),
        extended: None,
    };
    let has = [
        (made.subject.is_some(), overrides::SUBJECT),
        (made.meeting_type.is_some(), overrides::MEETING_TYPE),
        (made.reminder_delta.is_some(), overrides::REMINDER_DELTA),
        (made.reminder_set.is_some(), overrides::REMINDER),
        (made.location.is_some(), overrides::LOCATION),
        (made.busy_status.is_some(), overrides::BUSY_STATUS),
        (made.attachment.is_some(), overrides::ATTACHMENT),
        (made.sub_type.is_some(), overrides::SUB_TYPE),
        (made.color.is_some(), overrides::COLOR),
    ];
    made.flags = has
        .into_iter()
        .fold(0, |flags, (set, flag)| flags | if set { flag } else { 0 });
    let wide = |text: &Option<String>| text.as_ref().map(|text| codepage::utf16_bytes(text));
    let texts = from.subject.is_some() || from.location.is_some();
    made.extended = Some(ExtendedException {
        change_highlight: Some(vec![0; 4]),
        reserved1: Vec::new(),
        text: texts.then(|| ExtendedText {
            start: made.start,
            end: made.end,
            original_start: made.original_start,
            subject: wide(&from.subject),
            location: wide(&from.location),
            reserved2: Vec::new(),
        }),
    });
    made
}

/// Embeds the occurrences that differ (MS-OXOCAL 2.2.10).
pub(super) fn embed(session: &mut Writing<'_>, meeting: &Meeting, message: &mut mapi::Message) {
    let exceptions = meeting.recurrence.iter().flat_map(|own| &own.exceptions);
    for exception in exceptions {
        let Some(item) = &exception.occurrence else {
            continue;
        };
        let index = message.attachments.len();
        let Some(mut inner) = session.inside(index, |session| session.message(item)) else {
            continue;
        };
        meeting::as_occurrence(&mut inner);
        let mut giver = Giver::default();
        for property in &exception.raw {
            if let Some((name, kind, value)) = raw::write(session, &property.name, property) {
                giver.raw(name, kind, value);
            }
        }
        giver.put(pid_tag::ATTACH_METHOD, Value::I32(5));
        let local = |time: DateTime| {
            let instant = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
            FileTime::of(instant).map(Value::Time)
        };
        let original = exception.original_utc.and_then(FileTime::of);
        for (key, time) in [
            (pid_tag::EXCEPTION_START_TIME, local(exception.start)),
            (pid_tag::EXCEPTION_END_TIME, local(exception.end)),
            (pid_tag::EXCEPTION_REPLACE_TIME, original.map(Value::Time)),
        ] {
            if let Some(time) = time {
                giver.expect(key, time);
            }
        }
        giver.expect(pid_tag::ATTACHMENT_FLAGS, Value::I32(2));
        giver.expect(pid_tag::ATTACHMENT_HIDDEN, Value::Bool(true));
        giver.expect(pid_tag::ATTACHMENT_LINK_ID, Value::I32(0));
        giver.expect(pid_tag::ATTACH_FLAGS, Value::I32(0));
        giver.expect(pid_tag::ATTACH_ENCODING, Value::Binary(Vec::new()));
        giver.expect(pid_tag::RENDERING_POSITION, Value::I32(-1));
        giver.expect(pid_tag::DISPLAY_NAME, Value::String("Untitled".to_owned()));
        message.attachments.push(mapi::Attachment {
            props: giver.into_bag(),
            data: mapi::AttachmentData::Message(Box::new(inner)),
        });
    }
}
