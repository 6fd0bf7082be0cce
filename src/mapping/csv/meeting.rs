//! Appointments and meetings.
//!
//! *Seen in the wild*: an event of whole days ends at midnight of the day after its last one where
//! a time is told, and on its last day where none is; each occurrence of a series is a row of its
//! own.

use jiff::ToSpan;

use super::clock::{self, Moment};
use super::fields::{self, Field, Taker};
use super::giver::Giver;
use super::{Common, Session, parties};
use crate::csv::words;
use crate::finding::Effect;
use crate::item::meeting::{Attendee, AttendeeKind, BusyStatus};
use crate::item::{Meeting, Reminder};

/// Rows of a meeting.
pub(super) static MEETING: &[Field<Meeting>] = &[
    Field::hand("Subject", "subject", "kept"),
    Field::text("Location", "location", |m| &mut m.location),
    Field::hand("Start Date", "start", LOCAL),
    Field::hand("Start Time", "start", LOCAL),
    Field::hand("End Date", "end", LOCAL),
    Field::hand("End Time", "end", LOCAL),
    Field::hand("All day event", "all_day", "kept; false is left out"),
    Field::hand("Reminder on/off", "reminder.set", "kept; false is left out"),
    Field::hand("Reminder Date", "reminder.signal", REMINDER),
    Field::hand("Reminder Time", "reminder.signal", REMINDER),
    Field::hand("Meeting Organizer", "organizer", "kept"),
    Field::hand("Required Attendees", "attendees[]", PEOPLE),
    Field::hand("Optional Attendees", "attendees[]", PEOPLE),
    Field::hand("Meeting Resources", "attendees[]", PEOPLE),
    Field::hand(
        "Show time as",
        "busy",
        "kept as a word; of the numbers 1 is tentative, 2 busy, 3 free, 4 out of office; 3 and 4 \
         also stay raw, since other programs mean out of office and working elsewhere",
    ),
    Field::hand("Description", "body.plain", "kept; over 32 KiB as a blob"),
];

const LOCAL: &str = "kept as an instant of the zone that `--time-zone` names, else of UTC";
const REMINDER: &str = "kept when the reminder is on; else raw";
const PEOPLE: &str = "kept as a list, split at `;`";

/// Takes a meeting.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    common: &mut Common,
) -> Meeting {
    let mut meeting = Meeting {
        subject: taker.text("Subject").unwrap_or_default(),
        ..Meeting::default()
    };
    taker.fill(&mut meeting, MEETING);
    times(session, taker, &mut meeting);
    common.reminder = reminder(session, taker, "Reminder on/off");
    if let (Some(reminder), Some(start)) = (&mut common.reminder, meeting.start) {
        reminder.due = Some(start);
        let before = reminder.signal.map(|signal| start.duration_since(signal));
        let minutes = before.map(|before| before.as_mins());
        reminder.minutes = minutes.filter(|minutes| *minutes >= 0);
    }
    let organizer = taker.text("Meeting Organizer");
    meeting.organizer = organizer.map(|text| parties::one(&text));
    for (column, kind) in [
        ("Required Attendees", AttendeeKind::Required),
        ("Optional Attendees", AttendeeKind::Optional),
        ("Meeting Resources", AttendeeKind::Resource),
    ] {
        let invited = parties::list(taker.listed(session, column)).into_iter();
        meeting.attendees.extend(invited.map(|party| Attendee {
            party,
            kind,
            ..Attendee::default()
        }));
    }
    meeting.state.meeting = !meeting.attendees.is_empty();
    meeting.busy = busy(session, taker);
    let body = taker.whole("Description");
    meeting.body = session.body(body);
    meeting
}

fn times(session: &mut Session<'_>, taker: &mut Taker<'_>, meeting: &mut Meeting) {
    let start = clock::moment(session, taker, "Start Date", "Start Time");
    let end = clock::moment(session, taker, "End Date", "End Time");
    meeting.all_day = fields::flag(session, taker, "All day event");
    let Some(start) = start else { return };
    if meeting.all_day {
        meeting.start_date = Some(start.date);
        let end = end.unwrap_or(start);
        // Midnight of the day after; or else the last day itself.
        let exclusive = end.time.is_some() && !end.has_hour() && end.date > start.date;
        let last = end.date.max(start.date);
        let after = if exclusive {
            Some(last)
        } else {
            last.checked_add(1.day()).ok()
        };
        meeting.end_date = after;
        let day = |date| Moment { date, time: None };
        meeting.start = day(start.date).instant(session.clock);
        meeting.end = after.and_then(|after| day(after).instant(session.clock));
    } else {
        meeting.start = start.instant(session.clock);
        // An end without a day is on the day of the start.
        let end = end.or_else(|| {
            let time = taker
                .peek("End Time")
                .and_then(crate::csv::date::time_cell)?;
            taker.mark("End Time");
            Some(Moment {
                date: start.date,
                time: Some(time),
            })
        });
        meeting.end = end.and_then(|end| end.instant(session.clock));
    }
    if let (Some(begin), Some(end)) = (meeting.start, meeting.end)
        && end < begin
    {
        let detail = format!("it ends at {end}, before it starts at {begin}");
        session.find("csv.meeting.ends-before", Effect::Noted, detail);
    }
    meeting.time_zone.clone_from(&session.clock.named);
}

/// Takes a reminder: that it is on, and when it goes off. When it is off, its time stays raw.
pub(super) fn reminder(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    switch: &'static str,
) -> Option<Reminder> {
    let set = fields::flag(session, taker, switch);
    if !set {
        return None;
    }
    let signal = clock::moment(session, taker, "Reminder Date", "Reminder Time");
    Some(Reminder {
        set,
        signal: signal.and_then(|signal| signal.instant(session.clock)),
        ..Reminder::default()
    })
}

fn busy(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Option<BusyStatus> {
    let told = taker.peek("Show time as")?;
    let ambiguous = ["3", "4"].contains(&told);
    let busy = if ambiguous {
        words::busy(told)
    } else {
        fields::word(session, taker, "Show time as", words::busy)
    };
    Some(match busy? {
        words::Busy::Free => BusyStatus::Free,
        words::Busy::Tentative => BusyStatus::Tentative,
        words::Busy::Busy => BusyStatus::Busy,
        words::Busy::Away => BusyStatus::OutOfOffice,
        words::Busy::Elsewhere => BusyStatus::WorkingElsewhere,
    })
}

/// Gives a meeting, by the clock of the table.
pub(super) fn write(giver: &mut Giver<'_>, meeting: &Meeting) {
    giver.set("Subject", &meeting.subject);
    giver.pour(meeting, MEETING);
    match (meeting.all_day, meeting.start_date) {
        (true, Some(start)) => {
            let after = meeting.end_date.filter(|end| *end > start);
            let after = after.or_else(|| start.tomorrow().ok());
            for (day, time, date) in [
                ("Start Date", "Start Time", Some(start)),
                ("End Date", "End Time", after),
            ] {
                giver.day(day, date);
                let midnight = giver.form.time(jiff::civil::Time::midnight());
                giver.set(time, &midnight);
            }
        }
        _ => {
            giver.moment("Start Date", "Start Time", meeting.start);
            giver.moment("End Date", "End Time", meeting.end);
        }
    }
    giver.set("All day event", giver.words.truth(meeting.all_day));
    if let Some(organizer) = &meeting.organizer {
        giver.set("Meeting Organizer", &parties::shown(organizer));
    }
    for (column, kind) in [
        ("Required Attendees", AttendeeKind::Required),
        ("Optional Attendees", AttendeeKind::Optional),
        ("Meeting Resources", AttendeeKind::Resource),
    ] {
        let own = meeting.attendees.iter().filter(|own| own.kind == kind);
        let own: Vec<String> = own.map(|own| parties::shown(&own.party)).collect();
        giver.set(column, &own.join(";"));
    }
    // The numbers that Outlook exports; there is none for who works elsewhere.
    let busy = match meeting.busy {
        None => "",
        Some(BusyStatus::Tentative) => "1",
        Some(BusyStatus::Busy | BusyStatus::WorkingElsewhere) => "2",
        Some(BusyStatus::Free) => "3",
        Some(BusyStatus::OutOfOffice) => "4",
    };
    giver.set("Show time as", busy);
    giver.body("Description", &meeting.body);
}

/// Gives a reminder: its switch, and when it goes off.
pub(super) fn write_reminder(
    giver: &mut Giver<'_>,
    switch: &'static str,
    reminder: Option<&Reminder>,
    start: Option<jiff::Timestamp>,
) {
    let set = reminder.is_some_and(|own| own.set);
    giver.set(switch, giver.words.truth(set));
    let Some(own) = reminder.filter(|own| own.set) else {
        return;
    };
    let before = own
        .minutes
        .zip(own.due.or(start))
        .and_then(|(minutes, due)| {
            let minutes = jiff::SignedDuration::from_secs(minutes.checked_mul(60)?);
            due.checked_sub(minutes).ok()
        });
    giver.moment("Reminder Date", "Reminder Time", before.or(own.signal));
}
