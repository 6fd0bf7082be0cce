//! Changed occurrences of a series, as items of their own to be written.

use jiff::Timestamp;

use crate::ical::Zone;
use crate::item::meeting::Meeting;
use crate::item::recurrence::Exception;
use crate::item::{Content, Item, Reminder};

/// A changed occurrence as an item of its own: what is embedded, or the series with what differs.
pub(super) fn occurrence(
    series: &Item,
    own: &Meeting,
    exception: &Exception,
    zone: Option<&Zone>,
) -> Item {
    let mut item = match &exception.occurrence {
        Some(item) => (**item).clone(),
        None => Item {
            attachments: Vec::new(),
            raw: Vec::new(),
            ..series.clone()
        },
    };
    item.id.0.clear();
    if let Some(set) = exception.reminder_set {
        item.reminder.get_or_insert_with(Reminder::default).set = set;
    }
    if let Some(minutes) = exception.reminder_minutes {
        item.reminder.get_or_insert_with(Reminder::default).minutes = Some(minutes);
    }
    let Content::Meeting(meeting) = &mut item.content else {
        return item;
    };
    let instant = |utc: Option<Timestamp>, local: jiff::civil::DateTime| {
        utc.or_else(|| zone.and_then(|zone| zone.instant(local)))
            .or_else(|| crate::ical::value::utc(local))
    };
    meeting.recurrence = None;
    if let Some(subject) = &exception.subject {
        meeting.subject.clone_from(subject);
    }
    if let Some(location) = &exception.location {
        meeting.location = Some(location.clone());
    }
    meeting.busy = exception.busy.or(meeting.busy);
    meeting.all_day = exception.all_day.unwrap_or(meeting.all_day);
    if exception.occurrence.is_none() || meeting.start.is_none() {
        meeting.start = instant(exception.start_utc, exception.start);
        meeting.end = instant(exception.end_utc, exception.end);
        if meeting.all_day {
            meeting.start_date = Some(exception.start.date());
            meeting.end_date = Some(exception.end.date());
        }
    }
    if meeting.time_zone.is_none() && !meeting.all_day {
        meeting.time_zone.clone_from(&own.time_zone);
    }
    meeting.original_start = instant(exception.original_utc, exception.original);
    meeting.original_date = Some(exception.original.date());
    item
}
