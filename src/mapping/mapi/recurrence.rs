//! How meetings and tasks recur, and the occurrences that differ.
//!
//! *Spec*: MS-OXOCAL 2.2.1.44 (the structures), 2.2.10 (embedded occurrences); MS-OXOTASK
//! 2.2.2.2.16.
//!
//! *Invariants*: the structure itself stays raw too, byte for byte, since the words do not tell all
//! of it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::giver::{Giver, midnight};
use super::taker::Taker;
use super::time_zone::Zones;
use super::{Session, Writing, occurrence};
use crate::finding::Effect;
use crate::item::recurrence::{Frequency, Weekday};
use crate::item::{Meeting, Recurrence};
use crate::mapi::appointment_recurrence::AppointmentRecurrence;
use crate::mapi::blob::BlobError;
use crate::mapi::occurrences::UnsupportedCalendar;
use crate::mapi::recurrence::{Minutes, RecurrencePattern, SeriesEnd};
use crate::mapi::recurrence_rule::{NoPattern, RecurrenceRule};
use crate::mapi::{PropertyBag, Value, codepage, pid_lid, recurrence_rule};

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
    let page = codepage::item_code_page(props).unwrap_or(codepage::WESTERN);
    match series(&read, page, |local| zones.instant(local)) {
        Ok(recurrence) => meeting.recurrence = Some(recurrence),
        Err(error) => no_words(session, &error),
    }
}

/// A series and its exceptions in words; `instant` knows the zone.
fn series(
    read: &AppointmentRecurrence,
    page: u16,
    instant: impl Fn(DateTime) -> Option<Timestamp>,
) -> Result<Recurrence, UnsupportedCalendar> {
    let mut recurrence = words(&read.pattern)?;
    recurrence.start_minutes = Some(i64::from(read.start_offset));
    recurrence.end_minutes = Some(i64::from(read.end_offset));
    let changed: Vec<_> = read
        .exceptions
        .iter()
        .map(|own| own.original_start.datetime().date())
        .collect();
    recurrence.deleted = read.pattern.deleted_only(&changed);
    let exceptions = read.exceptions.iter();
    recurrence.exceptions = exceptions
        .map(|own| occurrence::read(own, page, &instant))
        .collect();
    Ok(recurrence)
}

/// Reads the recurrence of a task.
pub(super) fn of_task(session: &mut Session<'_>, taker: &Taker<'_>) -> Option<Recurrence> {
    let bytes = taker.peek(pid_lid::TASK_RECURRENCE)?.as_bytes()?;
    if bytes.is_empty() {
        return None;
    }
    match RecurrencePattern::from_bytes(bytes) {
        Ok((pattern, _)) => {
            let told = words(&pattern).map(|mut recurrence| {
                recurrence.deleted = pattern.deleted_only(&[]);
                recurrence
            });
            told.map_err(|error| no_words(session, &error)).ok()
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

fn no_words(session: &mut Session<'_>, error: &UnsupportedCalendar) {
    let detail = format!("a recurrence is kept raw only: {error}");
    session.find("mapping.recurrence.calendar", Effect::Noted, detail);
}

/// The pattern in words; not for a calendar whose months are not known here.
fn words(pattern: &RecurrencePattern) -> Result<Recurrence, UnsupportedCalendar> {
    let rule = pattern.rule()?;
    let (until, count) = match rule.end {
        SeriesEnd::Until(date) => (Some(date), None),
        SeriesEnd::After(count) => (None, Some(i64::from(count))),
        SeriesEnd::Never => (None, None),
    };
    Ok(Recurrence {
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

/// Gives the recurrence of a meeting, unless the structure that is raw says the same.
pub(super) fn write_meeting(session: &mut Writing<'_>, giver: &mut Giver, meeting: &Meeting) {
    let key = pid_lid::APPOINTMENT_RECUR;
    let stored = giver.get(key).and_then(Value::as_bytes);
    let stored = stored.and_then(|bytes| AppointmentRecurrence::from_bytes(bytes).ok());
    let told = stored.and_then(|(read, _)| series(&read, codepage::WESTERN, |_| None).ok());
    let Some(recurrence) = &meeting.recurrence else {
        if told.is_some() {
            giver.remove(key);
        }
        return;
    };
    if told.is_none_or(|told| told != of_structure(recurrence)) {
        match pattern(recurrence) {
            Ok(pattern) => {
                let made = structure(recurrence, pattern, meeting);
                giver.put(key, Value::Binary(made.to_bytes()));
            }
            Err(error) => not_written(session, recurrence, &error),
        }
    }
    let kind = match recurrence.frequency {
        Frequency::Daily => 1,
        Frequency::Weekly => 2,
        Frequency::Monthly => 3,
        Frequency::Yearly => 4,
    };
    giver.expect(pid_lid::RECURRENCE_TYPE, Value::I32(kind));
    // The span in which the series shows (MS-OXOCAL 2.2.1.14 and 2.2.1.15).
    if let Some(begin) = midnight(recurrence.start) {
        giver.expect(pid_lid::CLIP_START, begin);
    }
    let last = giver.get(key).and_then(Value::as_bytes);
    let last = last.and_then(|bytes| RecurrencePattern::from_bytes(bytes).ok());
    if let Some(end) = last.and_then(|(pattern, _)| midnight(pattern.end_date.date())) {
        giver.expect(pid_lid::CLIP_END, end);
    }
}

/// Gives the recurrence of a task, unless the structure that is raw says the same.
pub(super) fn write_task(
    session: &mut Writing<'_>,
    giver: &mut Giver,
    recurrence: Option<&Recurrence>,
) {
    let key = pid_lid::TASK_RECURRENCE;
    let stored = giver.get(key).and_then(Value::as_bytes);
    let stored = stored.and_then(|bytes| RecurrencePattern::from_bytes(bytes).ok());
    let told = stored.and_then(|(read, _)| {
        let mut told = words(&read).ok()?;
        told.deleted = read.deleted_only(&[]);
        Some(told)
    });
    let Some(recurrence) = recurrence else {
        if told.is_some() {
            giver.remove(key);
        }
        return;
    };
    if told.as_ref() == Some(recurrence) {
        return;
    }
    match pattern(recurrence) {
        Ok(pattern) => giver.put(key, Value::Binary(pattern.to_bytes())),
        Err(error) => not_written(session, recurrence, &error),
    }
}

fn not_written(session: &mut Writing<'_>, recurrence: &Recurrence, error: &NoPattern) {
    let rule = recurrence.rule.as_deref().unwrap_or_default();
    let detail =
        format!("the recurrence {rule} is left out, so only its first occurrence comes: {error}");
    session.find("mapping.recurrence.no-pattern", Effect::Lost, detail);
}

/// A recurrence as far as the structure tells it.
fn of_structure(recurrence: &Recurrence) -> Recurrence {
    let mut own = recurrence.clone();
    for exception in &mut own.exceptions {
        exception.occurrence = None;
        exception.raw.clear();
        exception.original_utc = None;
        exception.start_utc = None;
        exception.end_utc = None;
    }
    own
}

fn pattern(from: &Recurrence) -> Result<RecurrencePattern, NoPattern> {
    let small = |number: i64| i8::try_from(number).map_err(|_| NoPattern("such numbers"));
    let rule = RecurrenceRule {
        frequency: match from.frequency {
            Frequency::Daily => recurrence_rule::Frequency::Daily,
            Frequency::Weekly => recurrence_rule::Frequency::Weekly,
            Frequency::Monthly => recurrence_rule::Frequency::Monthly,
            Frequency::Yearly => recurrence_rule::Frequency::Yearly,
        },
        interval: u32::try_from(from.interval.max(1)).map_err(|_| NoPattern("such an interval"))?,
        by_day: from.days.iter().map(|day| civil(*day)).collect(),
        by_month_day: from
            .month_days
            .iter()
            .map(|day| small(*day))
            .collect::<Result<_, _>>()?,
        by_month: from.month.map(small).transpose()?,
        set_position: from.position.map(small).transpose()?,
        week_start: from.week_start.map_or(jiff::civil::Weekday::Sunday, civil),
        end: match (
            from.until,
            from.count.and_then(|count| u32::try_from(count).ok()),
        ) {
            (_, Some(count)) => SeriesEnd::After(count),
            (Some(until), None) => SeriesEnd::Until(until),
            (None, None) => SeriesEnd::Never,
        },
        start: from.start,
    };
    let mut pattern = rule.to_pattern()?;
    pattern.sliding = u32::from(from.regenerates);
    let moved = from.exceptions.iter();
    let mut gone: Vec<Date> = moved.clone().map(|own| own.original.date()).collect();
    gone.extend(&from.deleted);
    let mut modified: Vec<Date> = moved.map(|own| own.start.date()).collect();
    for days in [&mut gone, &mut modified] {
        days.sort_unstable();
        days.dedup();
    }
    pattern.deleted = gone.into_iter().map(Minutes::midnight).collect();
    pattern.modified = modified.into_iter().map(Minutes::midnight).collect();
    Ok(pattern)
}

fn civil(day: Weekday) -> jiff::civil::Weekday {
    use jiff::civil::Weekday as Day;
    match day {
        Weekday::Monday => Day::Monday,
        Weekday::Tuesday => Day::Tuesday,
        Weekday::Wednesday => Day::Wednesday,
        Weekday::Thursday => Day::Thursday,
        Weekday::Friday => Day::Friday,
        Weekday::Saturday => Day::Saturday,
        Weekday::Sunday => Day::Sunday,
    }
}

fn structure(
    from: &Recurrence,
    pattern: RecurrencePattern,
    meeting: &Meeting,
) -> AppointmentRecurrence {
    let minutes = |told: Option<i64>| told.and_then(|minutes| u32::try_from(minutes).ok());
    let start = minutes(from.start_minutes).unwrap_or_default();
    let lasts = meeting.start.zip(meeting.end).map_or(0, |(start, end)| {
        u32::try_from(end.duration_since(start).as_mins()).unwrap_or_default()
    });
    let end = minutes(from.end_minutes).unwrap_or(start.saturating_add(lasts));
    let mut made = AppointmentRecurrence::new(pattern, start, end);
    made.exceptions = from.exceptions.iter().map(occurrence::write).collect();
    made.exceptions.sort_by_key(|own| own.start);
    made
}
