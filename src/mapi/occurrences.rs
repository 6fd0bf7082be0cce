//! The occurrences of a series: its pattern day by day, with deleted and changed ones applied.
//!
//! *Spec*: MS-OXOCAL 2.2.1.44.1.1, 2.2.1.44.1.2 and 3.1.4.4 (which days belong to a pattern).
//!
//! *Invariants*: at most [`limits::RECURRENCE_STEPS`] periods are looked at; the order is that of
//! the original days. A changed occurrence whose original day is in no pattern is not left out.
//!
//! *Not supported*: months of lunar calendars ([`UnsupportedCalendar`]).

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};
use thiserror::Error;

use crate::limits;

use super::appointment_recurrence::{AppointmentRecurrence, Exception};
use super::recurrence::{DayMask, Minutes, Pattern, RecurrencePattern, SeriesEnd, week_of};
use super::timezone::ZoneRule;

/// The months of the series are those of a calendar that is not computed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the series follows months of calendar type {calendar_type} (pattern 0x{pattern:X})")]
pub struct UnsupportedCalendar {
    /// CalendarType.
    pub calendar_type: u16,
    /// PatternType.
    pub pattern: u16,
}

/// One occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence<'a> {
    /// The day on which the pattern puts it.
    pub original: Date,
    /// When it starts, local time of the series.
    pub start: DateTime,
    /// When it ends, local time of the series.
    pub end: DateTime,
    /// What was changed in it, if anything.
    pub exception: Option<&'a Exception>,
}

impl Occurrence<'_> {
    /// Start and end as instants, by the rule of the zone of the series. `None` at the end of time.
    #[must_use]
    pub fn instants(&self, zone: &ZoneRule) -> Option<(Timestamp, Timestamp)> {
        zone.to_utc(self.start).zip(zone.to_utc(self.end))
    }
}

/// The days of a pattern, deleted ones included.
#[derive(Debug, Clone)]
pub struct Days {
    pattern: Pattern,
    interval: i64,
    start: Date,
    /// First day of the period that comes next.
    period: Option<Date>,
    /// Days of the current period, last first.
    pending: Vec<Date>,
    until: Option<Date>,
    left: Option<u32>,
    steps: usize,
}

impl RecurrencePattern {
    /// The days that the pattern names, in order, from the start date to the end of the series.
    ///
    /// # Errors
    /// [`UnsupportedCalendar`] for months that are not those of the Gregorian calendar.
    pub fn days(&self) -> Result<Days, UnsupportedCalendar> {
        let unsupported = UnsupportedCalendar {
            calendar_type: self.calendar_type,
            pattern: self.pattern.code(),
        };
        let start = self.start_date.date();
        let period = match self.pattern {
            Pattern::Day => start,
            Pattern::Week(_) => week_of(start, self.week_start()),
            Pattern::Month(_) | Pattern::MonthEnd(_) | Pattern::MonthNth(..)
                if has_gregorian_months(self.calendar_type) =>
            {
                start.first_of_month()
            }
            _ => return Err(unsupported),
        };
        let (until, left) = match self.end() {
            SeriesEnd::Until(day) => (Some(day), None),
            SeriesEnd::After(count) => (None, Some(count)),
            SeriesEnd::Never => (None, None),
        };
        Ok(Days {
            pattern: self.pattern,
            interval: self.interval().into(),
            start,
            period: Some(period),
            pending: Vec::new(),
            until,
            left,
            steps: limits::RECURRENCE_STEPS,
        })
    }
}

/// Whether a calendar differs from the Gregorian in its count of years at most: Gregorian in
/// several languages, Japanese, Taiwanese, Korean, Thai (MS-OXOCAL 2.2.1.44.1, CalendarType).
fn has_gregorian_months(calendar_type: u16) -> bool {
    matches!(calendar_type, 0..=5 | 7 | 9..=12)
}

impl Days {
    /// Whether the bound on work was reached before the end of the series.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.steps == 0 && self.left != Some(0)
    }

    /// Moves to the next period and puts its days into `pending`. `None` at the end of time.
    fn next_period(&mut self) -> Option<()> {
        let first = self.period?;
        self.steps = self.steps.checked_sub(1)?;
        let next = match self.pattern {
            Pattern::Day => first.checked_add(self.interval.days()),
            Pattern::Week(_) => first.checked_add(self.interval.min(100_000).weeks()),
            _ => first.checked_add(self.interval.min(100_000).months()),
        };
        self.period = next.ok();
        let mut days = match self.pattern {
            Pattern::Day => vec![first],
            Pattern::Week(mask) => matching(first, 7, mask),
            Pattern::MonthNth(mask, n) => nth(first, mask, n).into_iter().collect(),
            Pattern::Month(day) | Pattern::HijriMonth(day) => vec![day_of_month(first, day)],
            Pattern::MonthEnd(_) | Pattern::HijriMonthEnd(_) | Pattern::HijriMonthNth(..) => {
                vec![first.last_of_month()]
            }
        };
        days.retain(|&day| day >= self.start);
        days.reverse();
        self.pending = days;
        Some(())
    }
}

/// The days of a mask among `count` days from `first`.
fn matching(first: Date, count: i64, mask: DayMask) -> Vec<Date> {
    (0..count)
        .filter_map(|day| first.checked_add(day.days()).ok())
        .filter(|day| mask.has(day.weekday()))
        .collect()
}

fn nth(first: Date, mask: DayMask, n: u32) -> Option<Date> {
    let days = matching(first, first.days_in_month().into(), mask);
    match n {
        1..=4 => days.get(usize::try_from(n).ok()? - 1).copied(),
        _ => days.last().copied(),
    }
}

/// A day of the month, or the last one where the month is shorter.
fn day_of_month(first: Date, day: u32) -> Date {
    let day = i8::try_from(day.max(1)).unwrap_or(i8::MAX);
    let day = day.min(first.days_in_month());
    first.with().day(day).build().unwrap_or(first)
}

impl Iterator for Days {
    type Item = Date;

    fn next(&mut self) -> Option<Date> {
        if self.left == Some(0) {
            return None;
        }
        let day = loop {
            match self.pending.pop() {
                Some(day) => break day,
                None => self.next_period()?,
            }
        };
        if self.until.is_some_and(|until| day > until) {
            self.left = Some(0);
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        Some(day)
    }
}

/// The occurrences of a series of appointments.
#[derive(Debug, Clone)]
pub struct Occurrences<'a> {
    days: std::iter::Peekable<Days>,
    deleted: BTreeSet<Date>,
    /// By original day, last first.
    exceptions: Vec<&'a Exception>,
    start_offset: u32,
    end_offset: u32,
}

impl AppointmentRecurrence {
    /// The occurrences that are left, changed ones in place of their originals, by original day.
    ///
    /// # Errors
    /// [`UnsupportedCalendar`] as [`RecurrencePattern::days`].
    pub fn occurrences(&self) -> Result<Occurrences<'_>, UnsupportedCalendar> {
        let mut exceptions: Vec<&Exception> = self.exceptions.iter().collect();
        exceptions.sort_by_key(|exception| std::cmp::Reverse(exception.original_start));
        Ok(Occurrences {
            days: self.pattern.days()?.peekable(),
            deleted: self.pattern.deleted.iter().map(|day| day.date()).collect(),
            exceptions,
            start_offset: self.start_offset,
            end_offset: self.end_offset,
        })
    }
}

impl<'a> Iterator for Occurrences<'a> {
    type Item = Occurrence<'a>;

    fn next(&mut self) -> Option<Occurrence<'a>> {
        loop {
            let day = self.days.peek().copied();
            let changed = self
                .exceptions
                .last()
                .map(|last| last.original_start.date());
            if let Some(original) = changed.filter(|&changed| day.is_none_or(|day| changed <= day))
            {
                if day == Some(original) {
                    self.days.next();
                }
                let exception = self.exceptions.pop()?;
                return Some(Occurrence {
                    original,
                    start: exception.start.datetime(),
                    end: exception.end.datetime(),
                    exception: Some(exception),
                });
            }
            let original = self.days.next()?;
            if self.deleted.contains(&original) {
                continue;
            }
            let at = |offset: u32| {
                let midnight = Minutes::midnight(original).0;
                Minutes(midnight.saturating_add(offset)).datetime()
            };
            return Some(Occurrence {
                original,
                start: at(self.start_offset),
                end: at(self.end_offset),
                exception: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};
    use proptest::prelude::*;

    use super::super::recurrence::{RecurFrequency, VERSION};
    use super::*;

    fn pattern(pattern: Pattern, period: u32, start: Date) -> RecurrencePattern {
        let frequency = match pattern {
            Pattern::Day => RecurFrequency::Daily,
            Pattern::Week(_) => RecurFrequency::Weekly,
            _ => RecurFrequency::Monthly,
        };
        RecurrencePattern {
            reader_version: VERSION,
            writer_version: VERSION,
            frequency,
            pattern,
            calendar_type: 0,
            first_date_time: 0,
            period,
            sliding: 0,
            end_type: RecurrencePattern::END_NEVER,
            occurrence_count: 10,
            first_day_of_week: 0,
            deleted: Vec::new(),
            modified: Vec::new(),
            start_date: Minutes::midnight(start),
            end_date: super::super::recurrence::NO_END_DATE,
        }
    }

    #[track_caller]
    fn first(pattern: &RecurrencePattern, count: usize) -> Vec<String> {
        let days = pattern.days().unwrap().take(count);
        days.map(|day| day.to_string()).collect()
    }

    #[test]
    fn days_and_weeks() {
        let start = date(2024, 2, 27);
        assert_eq!(
            first(&pattern(Pattern::Day, 2 * 1440, start), 3),
            ["2024-02-27", "2024-02-29", "2024-03-02"]
        );
        // Monday and Friday of every other week; the series begins on a Friday. Which week the
        // Monday after it belongs to depends on when weeks begin.
        let days = DayMask::of(&[Weekday::Monday, Weekday::Friday, Weekday::Sunday]);
        let mut weekly = pattern(Pattern::Week(days), 2, date(2024, 3, 1));
        assert_eq!(
            first(&weekly, 3),
            ["2024-03-01", "2024-03-10", "2024-03-11"]
        );
        weekly.first_day_of_week = 1;
        assert_eq!(
            first(&weekly, 3),
            ["2024-03-01", "2024-03-03", "2024-03-11"]
        );
        let mut weekdays = pattern(Pattern::Week(DayMask::WEEKDAYS), 1, date(2024, 3, 1));
        weekdays.frequency = RecurFrequency::Daily;
        assert_eq!(first(&weekdays, 2), ["2024-03-01", "2024-03-04"]);
    }

    #[test]
    fn months() {
        let start = date(2024, 1, 31);
        assert_eq!(
            first(&pattern(Pattern::Month(31), 1, start), 3),
            ["2024-01-31", "2024-02-29", "2024-03-31"]
        );
        assert_eq!(
            first(&pattern(Pattern::MonthEnd(31), 3, start), 2),
            ["2024-01-31", "2024-04-30"]
        );
        let last_weekday = Pattern::MonthNth(DayMask::WEEKDAYS, 5);
        assert_eq!(
            first(&pattern(last_weekday, 2, start), 2),
            ["2024-01-31", "2024-03-29"]
        );
        let third_thursday = Pattern::MonthNth(DayMask::of(&[Weekday::Thursday]), 3);
        assert_eq!(
            first(&pattern(third_thursday, 12, date(2023, 11, 16)), 2),
            ["2023-11-16", "2024-11-21"]
        );
        let error = pattern(Pattern::HijriMonth(1), 1, start)
            .days()
            .unwrap_err();
        assert_eq!(error.pattern, 0x0A);
    }

    #[test]
    fn ends() {
        let mut daily = pattern(Pattern::Day, 1440, date(2024, 3, 1));
        daily.end_type = RecurrencePattern::END_AFTER;
        daily.occurrence_count = 3;
        assert_eq!(first(&daily, 99).len(), 3);
        daily.end_type = RecurrencePattern::END_UNTIL;
        daily.end_date = Minutes::midnight(date(2024, 3, 5));
        assert_eq!(first(&daily, 99).last().unwrap(), "2024-03-05");
        let mut endless = pattern(Pattern::Day, 1440, date(2024, 3, 1))
            .days()
            .unwrap();
        assert_eq!(endless.by_ref().count(), limits::RECURRENCE_STEPS);
        assert!(endless.is_exhausted());
        let nowhere = pattern(Pattern::Week(DayMask(0)), 1, date(2024, 3, 1));
        assert_eq!(nowhere.days().unwrap().count(), 0);
    }

    #[test]
    fn deleted_and_changed() {
        let day = |day| Minutes::midnight(date(2024, 3, day));
        let mut daily = pattern(Pattern::Day, 1440, date(2024, 3, 1));
        daily.end_type = RecurrencePattern::END_AFTER;
        daily.occurrence_count = 4;
        daily.deleted = vec![day(2), day(3)];
        daily.modified = vec![day(9)];
        let mut series = AppointmentRecurrence::new(daily, 23 * 60, 25 * 60);
        let at = |day, hour| Minutes::of(date(2024, 3, day).at(hour, 30, 0, 0));
        series.exceptions.push(Exception {
            start: at(9, 8),
            end: at(9, 9),
            original_start: Minutes::of(date(2024, 3, 3).at(23, 0, 0, 0)),
            flags: 0,
            subject: None,
            meeting_type: None,
            reminder_delta: None,
            reminder_set: None,
            location: None,
            busy_status: None,
            attachment: None,
            sub_type: None,
            color: None,
            extended: None,
        });
        let all: Vec<Occurrence<'_>> = series.occurrences().unwrap().collect();
        let starts: Vec<String> = all.iter().map(|one| one.start.to_string()).collect();
        assert_eq!(
            starts,
            [
                "2024-03-01T23:00:00",
                "2024-03-09T08:30:00",
                "2024-03-04T23:00:00"
            ]
        );
        assert_eq!(all[0].end.to_string(), "2024-03-02T01:00:00");
        assert_eq!(all[1].original, date(2024, 3, 3));
        let zone = ZoneRule {
            bias: -60,
            ..ZoneRule::default()
        };
        let (start, end) = all[0].instants(&zone).unwrap();
        assert_eq!(
            (start.to_string(), end.to_string()),
            ("2024-03-01T22:00:00Z".into(), "2024-03-02T00:00:00Z".into())
        );
        // One whose original day no pattern names comes all the same.
        series.exceptions[0].original_start = Minutes::midnight(date(2025, 1, 1));
        assert_eq!(series.occurrences().unwrap().count(), 3);
    }

    proptest! {
        #[test]
        fn arbitrary_patterns_end(
            kind in 0u16..5, mask: u32, n: u32, period: u32, end in 0x2020u32..0x2024,
            count: u32, start: u32, end_date: u32, dow: u32,
        ) {
            let kinds = [
                Pattern::Day, Pattern::Week(DayMask(mask)), Pattern::Month(n),
                Pattern::MonthEnd(n), Pattern::MonthNth(DayMask(mask), n),
            ];
            let mut any = pattern(kinds[usize::from(kind)], period, date(2024, 1, 1));
            (any.end_type, any.occurrence_count, any.first_day_of_week) = (end, count, dow);
            (any.start_date, any.end_date) = (Minutes(start), Minutes(end_date));
            let days = any.days().unwrap().take(2_000);
            prop_assert!(days.is_sorted_by(|a, b| a < b));
            let _ = any.rule();
            let _ = any.expected_first_date_time();
        }
    }
}
