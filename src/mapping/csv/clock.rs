//! Dates and times of a row, which name no time zone.
//!
//! *Invariant*: the same file and options give the same instants on every machine; the system's
//! own zone is never asked.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz;

use crate::csv::DateOrder;
use crate::csv::date::{Form, TimeCell, date_cell, time_cell};
use crate::finding::Effect;
use crate::item::meeting::TimeZone;

use super::Session;
use super::fields::Taker;

/// How the dates and times of a table are read.
#[derive(Debug, Clone)]
pub struct Clock {
    /// The order of dates.
    pub order: DateOrder,
    /// The zone of times.
    pub zone: tz::TimeZone,
    /// The zone as items tell it; `None` when nobody named one.
    pub named: Option<TimeZone>,
}

impl Clock {
    /// The instant of a local time. Of one that there is twice the earlier; of one that there is
    /// not, the time that clocks showed instead.
    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let zoned = self.zone.to_ambiguous_zoned(local).compatible().ok()?;
        Some(zoned.timestamp())
    }
}

/// A moment of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Its day.
    pub(super) date: Date,
    /// Its time of day; `None` when none is told.
    pub(super) time: Option<TimeCell>,
}

impl Moment {
    /// The instant; midnight when no time is told.
    pub(super) fn instant(&self, clock: &Clock) -> Option<Timestamp> {
        let time = self.time.map_or(Time::midnight(), |cell| cell.time);
        let local = self.date.to_datetime(time);
        match self.time.and_then(|cell| cell.offset) {
            Some(offset) => offset.to_timestamp(local).ok(),
            None => clock.instant(local),
        }
    }

    /// Whether a time of day other than midnight is told.
    pub(super) fn has_hour(&self) -> bool {
        self.time.is_some_and(|cell| cell.time != Time::midnight())
    }
}

/// Takes a date; one with a time of day also stays raw.
pub(super) fn date(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    column: &'static str,
) -> Option<Date> {
    let (date, rest) = day(session, taker, column)?;
    let midnight = time_cell(rest).is_some_and(|cell| cell.time == Time::midnight());
    if rest.is_empty() || midnight {
        taker.mark(column);
    }
    Some(date)
}

/// Takes a day and the time of it.
pub(super) fn moment(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    date: &'static str,
    time: &'static str,
) -> Option<Moment> {
    let Some((day, rest)) = day(session, taker, date) else {
        // A time without a day says nothing when it is midnight, as Outlook writes it.
        let alone = taker.peek(time).and_then(time_cell);
        if alone.is_some_and(|cell| cell.time == Time::midnight()) {
            taker.mark(time);
        }
        return None;
    };
    let beside = taker.peek(time);
    let read = match beside {
        None => time_cell(rest),
        // A spreadsheet may have put a day before the time.
        Some(text) => time_cell(text).or_else(|| time_cell(date_cell(text)?.rest)),
    };
    match (beside, read) {
        (Some(_), Some(_)) => taker.mark(time),
        (Some(text), None) => unreadable(session, time, text),
        (None, None) if !rest.is_empty() => unreadable(session, date, rest),
        (None, _) => {}
    }
    if rest.is_empty() || time_cell(rest).is_some() {
        taker.mark(date);
    }
    Some(Moment {
        date: day,
        time: read,
    })
}

/// Reads a day without taking it, unless it is none; and what follows it in its cell.
fn day<'r>(
    session: &mut Session<'_>,
    taker: &mut Taker<'r>,
    column: &'static str,
) -> Option<(Date, &'r str)> {
    let text = taker.peek(column)?;
    let Some(cell) = date_cell(text) else {
        unreadable(session, column, text);
        return None;
    };
    let date = match cell.form {
        Form::Nothing => {
            taker.mark(column);
            return None;
        }
        Form::Known(date) => date,
        Form::Serial(date) => {
            let detail = format!("{text} under {column} was read as the day {date}");
            session.find("csv.date.serial", Effect::Noted, detail);
            date
        }
        Form::Numbers(numbers) => {
            let order = session.clock.order;
            let other = match order {
                DateOrder::Dmy => DateOrder::Mdy,
                DateOrder::Mdy | DateOrder::Ymd => DateOrder::Dmy,
            };
            match (numbers.date(order), numbers.date(other)) {
                (Some(date), _) => date,
                (None, Some(date)) => {
                    let detail = format!(
                        "{text} under {column} is no date in the order {} of the others; it was \
                         read as {date}",
                        order.name()
                    );
                    session.find("csv.date.other-order", Effect::Altered, detail);
                    date
                }
                (None, None) => {
                    unreadable(session, column, text);
                    return None;
                }
            }
        }
    };
    Some((date, cell.rest))
}

fn unreadable(session: &mut Session<'_>, column: &str, text: &str) {
    let short: String = text.chars().take(40).collect();
    let detail = format!("`{short}` under {column} is no date or time; it is kept raw");
    session.find("csv.date.unreadable", Effect::Noted, detail);
}
