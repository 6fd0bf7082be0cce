//! Reminders, from alarms.
//!
//! *Spec*: RFC 5545 3.6.6; MS-OXCICAL 2.1.3.1.1.20.62; vCalendar 1.0 (AALARM, DALARM, MALARM).
//!
//! *Seen in the wild*: several alarms (the first that goes off before the start is the reminder),
//! alarms after the start, alarms at a fixed time.

use jiff::Timestamp;

use super::Session;
use super::fields::{Field, Slot};
use super::giver::{Giver, Line};
use super::taker::Taker;
use crate::ical::value::Duration;
use crate::ical::{Component, Property, When};
use crate::item::{Content, Reminder};

/// Rows of a reminder.
pub(super) static REMINDER: &[Field<Reminder>] = &[
    Field::new(
        "VALARM",
        "reminder",
        Slot::Hand(
            "the first alarm is kept as minutes before the start; raw unless it only shows \
             `Reminder`, whole minutes before; further alarms are raw",
        ),
    ),
    Field::new(
        "AALARM",
        "reminder",
        Slot::Hand("read when there is no other; also raw"),
    ),
    Field::new(
        "DALARM",
        "reminder",
        Slot::Hand("read when there is no other; also raw"),
    ),
];

/// Takes the reminder.
pub(super) fn read(
    session: &Session<'_>,
    taker: &mut Taker<'_>,
    content: &Content,
) -> Option<Reminder> {
    let (start, end) = match content {
        Content::Meeting(meeting) => (meeting.start, meeting.end),
        _ => {
            let time = |name| session.clocks.moment(taker.first(name)?.property);
            let instant = |name| time(name).map(|moment| moment.instant);
            (
                instant("DTSTART").or_else(|| instant("DUE")),
                instant("DUE"),
            )
        }
    };
    let mut alarms = taker.components().filter(|(_, own)| own.name == "VALARM");
    let read = alarms.find_map(|(at, alarm)| Some((at, of_alarm(alarm, start, end)?)));
    if let Some((at, (reminder, whole))) = read {
        if whole {
            taker.mark_component(at);
        }
        return Some(reminder);
    }
    let old = ["DALARM", "AALARM"];
    let found = old.iter().find_map(|name| taker.first(name))?;
    let mut parts = found.property.value().split(';');
    let at = session.clocks.at_time(When::parse(parts.next()?)?)?;
    Some(Reminder {
        set: true,
        minutes: start.map(|start| minutes(at, start)),
        due: start,
        signal: Some(at),
        sound: (found.property.name() == "AALARM")
            .then(|| parts.nth(2))
            .flatten()
            .map(|file| file.trim().to_owned())
            .filter(|file| !file.is_empty()),
        plays_sound: found.property.name() == "AALARM",
        overrides: false,
    })
}

/// Whole minutes from the alarm to the start.
fn minutes(alarm: Timestamp, start: Timestamp) -> i64 {
    start.duration_since(alarm).as_mins()
}

/// The reminder that an alarm is, and whether that is all it says.
fn of_alarm(
    alarm: &Component,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
) -> Option<(Reminder, bool)> {
    let trigger = alarm.property("TRIGGER")?;
    let action = alarm
        .property("ACTION")
        .map(|own| own.value().trim().to_ascii_uppercase());
    let action = action.unwrap_or_default();
    let mut reminder = Reminder {
        set: true,
        due: start,
        plays_sound: action == "AUDIO",
        ..Reminder::default()
    };
    let mut whole = action == "DISPLAY" && alarm.components.is_empty() && alarm.strays.is_empty();
    if let Some(length) = Duration::parse(trigger.value()) {
        let seconds = length.nominal_seconds();
        let from_end = trigger.param_is("RELATED", "END");
        let shift = match (start, end) {
            (Some(start), Some(end)) if from_end => end.duration_since(start).as_secs(),
            _ => 0,
        };
        let before = shift.saturating_add(seconds).saturating_neg();
        reminder.minutes = Some(before.div_euclid(60));
        whole &= seconds % 60 == 0 && !from_end && length.days == 0;
        let told = ["RELATED", "VALUE"];
        whole &= trigger.params().all(|name| told.contains(&name));
    } else {
        let When::Utc(at) = When::parse(trigger.value())? else {
            return None;
        };
        let at = crate::ical::value::utc(at)?;
        reminder.signal = Some(at);
        reminder.minutes = start.map(|start| minutes(at, start));
        whole = false;
    }
    if let Some(sound) = alarm.property("ATTACH").filter(|_| reminder.plays_sound) {
        let sound = sound.value().trim();
        reminder.sound = (sound.len() < 1024 && !sound.is_empty()).then(|| sound.to_owned());
    }
    whole &= alarm.properties.iter().all(|own| match own.name() {
        "TRIGGER" | "ACTION" => true,
        "DESCRIPTION" => ["Reminder", "REMINDER", ""].contains(&own.value()),
        _ => false,
    });
    Some((reminder, whole))
}

/// Gives a reminder that is on, in the form that Outlook writes.
pub(super) fn write(giver: &mut Giver<'_>, reminder: &Reminder) {
    let Some(minutes) = reminder.minutes.filter(|_| reminder.set) else {
        return;
    };
    let sign = if minutes < 0 { "" } else { "-" };
    let mut alarm = Component::new("VALARM");
    for (name, value) in [
        ("TRIGGER", format!("{sign}PT{}M", minutes.unsigned_abs())),
        ("ACTION", "DISPLAY".to_owned()),
        ("DESCRIPTION", "Reminder".to_owned()),
    ] {
        let made = Property::made(name, Vec::new(), &value);
        alarm.properties.push(made);
    }
    giver.lines.push(Line::Component(alarm));
}
