//! Tasks.
//!
//! *Spec*: RFC 5545 3.6.2.
//!
//! *Seen in the wild*: DUE before DTSTART; COMPLETED without a status; percentages over 100 (raw).

use jiff::civil::{Date, Time};

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Found, Taker, int};
use super::{Session, body, meeting, parties};
use crate::ical::value::Duration;
use crate::item::Task;
use crate::item::task::TaskStatus;

const DATE: &str = "kept as a date, by its own zone; a time other than midnight also stays raw";

/// Rows of a task.
pub(super) static TASK: &[Field<Task>] = &[
    Field::new("DTSTART", "start", Slot::Hand(DATE)),
    Field::new("DUE", "due", Slot::Hand(DATE)),
    Field::new(
        "DURATION",
        "due",
        Slot::Hand("read from the start when there is no DUE; also raw"),
    ),
    Field::new("COMPLETED", "completed", Slot::Hand(DATE)),
    Field::new(
        "STATUS",
        "status",
        Slot::Hand("kept of NEEDS-ACTION, IN-PROCESS and COMPLETED; other words stay raw"),
    ),
    Field::new(
        "PERCENT-COMPLETE",
        "percent",
        Slot::Hand("kept from 0 to 100; other numbers stay raw"),
    ),
    Field::new(
        "ORGANIZER",
        "assigner",
        Slot::Hand("address and CN are kept; also raw"),
    ),
    Field::new(
        "ATTENDEE",
        "assignees[]",
        Slot::Hand("address and CN are kept; also raw"),
    ),
    Field::new(
        "UID",
        "identity[]",
        Slot::Hand("read as Outlook would keep it; also raw"),
    ),
];

/// Takes a task.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Task {
    let mut task = Task {
        subject: taker.text("SUMMARY").unwrap_or_default(),
        start: date(session, taker, "DTSTART"),
        due: date(session, taker, "DUE"),
        completed: date(session, taker, "COMPLETED"),
        ..Task::default()
    };
    if task.due.is_none() {
        task.due = due(session, taker);
    }
    let status = taker.with("STATUS", |own| {
        Some(match own.value().trim().to_ascii_uppercase().as_str() {
            "NEEDS-ACTION" | "NEEDS ACTION" => TaskStatus::NotStarted,
            "IN-PROCESS" => TaskStatus::InProgress,
            "COMPLETED" => TaskStatus::Complete,
            _ => return None,
        })
    });
    let has_status = taker.first("STATUS").is_some();
    task.status = match status {
        Some(status) => status,
        None if !has_status && task.completed.is_some() => TaskStatus::Complete,
        None => TaskStatus::NotStarted,
    };
    task.complete = task.status == TaskStatus::Complete;
    task.percent = taker.with("PERCENT-COMPLETE", |own| {
        int(own.value()).filter(|percent| (0..=100).contains(percent))
    });
    // Only whole parties are told apart here; their lines stay raw.
    let organizer = taker.first("ORGANIZER");
    task.assigner = organizer
        .map(|found| parties::party(found.property).0)
        .filter(|party| !party.is_empty());
    let attendees: Vec<Found<'_>> = taker
        .all("ATTENDEE")
        .take(crate::limits::RECIPIENTS)
        .collect();
    let attendees = attendees
        .iter()
        .map(|found| parties::party(found.property).0);
    task.assignees = attendees.filter(|party| !party.is_empty()).collect();
    task.body = body::read(session, taker);
    task
}

/// The date of a time by its own clock; taken when the time is midnight.
fn date(session: &Session<'_>, taker: &mut Taker<'_>, name: &str) -> Option<Date> {
    let found = taker.first(name)?;
    let moment = session.clocks.moment(found.property)?;
    let local = moment.when.datetime();
    if moment.when.is_date() || local.time() == Time::midnight() && moment.zone.is_utc() {
        taker.mark_whole(found, &[]);
    }
    Some(local.date())
}

/// The date on which a task is due by its length.
fn due(session: &Session<'_>, taker: &Taker<'_>) -> Option<Date> {
    let start = session.clocks.moment(taker.first("DTSTART")?.property)?;
    let length = Duration::parse(taker.first("DURATION")?.property.value())?;
    Some(length.after(start.when.datetime())?.date())
}

/// Gives a task.
pub(super) fn write(giver: &mut Giver<'_>, task: &Task) {
    giver.text("SUMMARY", Some(&task.subject));
    for (name, day) in [("DTSTART", task.start), ("DUE", task.due)] {
        if let Some(day) = day {
            meeting::date(giver, name, day);
        }
    }
    if let Some(day) = task.completed {
        let at = day.strftime("%Y%m%dT000000Z").to_string();
        giver.plain("COMPLETED", &at);
    }
    giver.plain(
        "STATUS",
        match task.status {
            TaskStatus::Complete => "COMPLETED",
            TaskStatus::InProgress => "IN-PROCESS",
            _ => "NEEDS-ACTION",
        },
    );
    if let Some(percent) = task.percent {
        giver.plain("PERCENT-COMPLETE", &percent.to_string());
    }
    body::write(giver, &task.body);
}
