//! How meetings and tasks recur, and the occurrences that differ.
//!
//! *Spec*: MS-OXOCAL 2.2.1.44 (the structures), 2.2.10 (embedded occurrences); MS-OXOTASK
//! 2.2.2.2.16.
//!
//! *Invariants*: the structure itself stays raw too, byte for byte, since the words do not tell all
//! of it.
//!
//! *Seen in the wild*: an occurrence embedded without an entry in the structure, which stays an
//! attachment; an entry without an embedded occurrence.

use jiff::civil::DateTime;

use super::taker::Taker;
use super::time_zone::Zones;
use super::{Parts, Session, attachments, meeting, raw};
use crate::finding::Effect;
use crate::item::recurrence::{Exception, Frequency, Weekday};
use crate::item::{AttachmentData, Meeting, Recurrence};
use crate::mapi::appointment_recurrence::{self, AppointmentRecurrence};
use crate::mapi::blob::BlobError;
use crate::mapi::recurrence::{RecurrencePattern, SeriesEnd};
use crate::mapi::{
    self, FileTime, PropertyBag, Value, codepage, pid_lid, pid_tag, recurrence_rule,
};

/// Reads the recurrence of a meeting.
pub(super) fn of_meeting(
    session: &mut Session<'_>,
    taker: &Taker<'_>,
    props: &PropertyBag,
    zones: &Zones,
    meeting: &mut Meeting,
) {
    let stored = taker
        .peek(pid_lid::APPOINTMENT_RECUR)
        .and_then(Value::as_bytes);
    let Some(bytes) = stored.filter(|bytes| !bytes.is_empty()) else {
        return;
    };
    let read = match AppointmentRecurrence::from_bytes(bytes) {
        Ok((read, findings)) => {
            session.adopt(findings);
            read
        }
        Err(error) => return malformed(session, &error),
    };
    let Some(mut recurrence) = words(session, &read.pattern) else {
        return;
    };
    recurrence.start_minutes = Some(i64::from(read.start_offset));
    recurrence.end_minutes = Some(i64::from(read.end_offset));
    let page = codepage::item_code_page(props).unwrap_or(codepage::WESTERN);
    let changed: Vec<_> = read
        .exceptions
        .iter()
        .map(|own| own.original_start.datetime().date())
        .collect();
    recurrence.deleted = read.pattern.deleted_only(&changed);
    recurrence.exceptions = read
        .exceptions
        .iter()
        .map(|own| exception(own, page, zones))
        .collect();
    meeting.recurrence = Some(recurrence);
}

/// Reads the recurrence of a task.
pub(super) fn of_task(session: &mut Session<'_>, taker: &Taker<'_>) -> Option<Recurrence> {
    let bytes = taker.peek(pid_lid::TASK_RECURRENCE)?.as_bytes()?;
    if bytes.is_empty() {
        return None;
    }
    match RecurrencePattern::from_bytes(bytes) {
        Ok((pattern, _)) => {
            let mut recurrence = words(session, &pattern)?;
            recurrence.deleted = pattern.deleted_only(&[]);
            Some(recurrence)
        }
        Err(error) => {
            malformed(session, &error);
            None
        }
    }
}

fn malformed(session: &mut Session<'_>, error: &BlobError) {
    let detail = format!("a recurrence is kept raw only: {error}");
    session.find("mapping.recurrence.malformed", Effect::Noted, detail);
}

/// The pattern in words; `None`, with a finding, for a calendar whose months are not known here.
fn words(session: &mut Session<'_>, pattern: &RecurrencePattern) -> Option<Recurrence> {
    let rule = match pattern.rule() {
        Ok(rule) => rule,
        Err(error) => {
            let detail = format!("a recurrence is kept raw only: {error}");
            session.find("mapping.recurrence.calendar", Effect::Noted, detail);
            return None;
        }
    };
    let (until, count) = match rule.end {
        SeriesEnd::Until(date) => (Some(date), None),
        SeriesEnd::After(count) => (None, Some(i64::from(count))),
        SeriesEnd::Never => (None, None),
    };
    Some(Recurrence {
        frequency: match rule.frequency {
            recurrence_rule::Frequency::Daily => Frequency::Daily,
            recurrence_rule::Frequency::Weekly => Frequency::Weekly,
            recurrence_rule::Frequency::Monthly => Frequency::Monthly,
            recurrence_rule::Frequency::Yearly => Frequency::Yearly,
        },
        interval: i64::from(rule.interval),
        days: rule.by_day.iter().map(|day| weekday(*day)).collect(),
        month_days: rule
            .by_month_day
            .iter()
            .map(|day| i64::from(*day))
            .collect(),
        position: rule.set_position.map(i64::from),
        month: rule.by_month.map(i64::from),
        week_start: Some(weekday(rule.week_start)),
        regenerates: pattern.sliding != 0,
        start: rule.start,
        until,
        count,
        start_minutes: None,
        end_minutes: None,
        rule: Some(rule.to_rrule(None)),
        deleted: Vec::new(),
        exceptions: Vec::new(),
    })
}

fn weekday(day: jiff::civil::Weekday) -> Weekday {
    use jiff::civil::Weekday as Day;
    match day {
        Day::Monday => Weekday::Monday,
        Day::Tuesday => Weekday::Tuesday,
        Day::Wednesday => Weekday::Wednesday,
        Day::Thursday => Weekday::Thursday,
        Day::Friday => Weekday::Friday,
        Day::Saturday => Weekday::Saturday,
        Day::Sunday => Weekday::Sunday,
    }
}

fn exception(from: &appointment_recurrence::Exception, page: u16, zones: &Zones) -> Exception {
    let (start, end) = (from.start.datetime(), from.end.datetime());
    Exception {
        original: from.original_start.datetime(),
        start,
        end,
        original_utc: zones.instant(from.original_start.datetime()),
        start_utc: zones.instant(start),
        end_utc: zones.instant(end),
        subject: from.subject_text(page),
        location: from.location_text(page),
        busy: from
            .busy_status
            .and_then(|number| meeting::busy(i64::from(number))),
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
pub(super) fn exceptions(session: &mut Session<'_>, parts: &mut Parts<'_>, meeting: &mut Meeting) {
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
