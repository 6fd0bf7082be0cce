//! A recurrence in neutral words, as iCalendar has them, from and to a recurrence pattern.
//!
//! *Spec*: MS-OXCICAL 2.1.3.2.1 (RRULE), RFC 5545 3.3.10, MS-OXOCAL 2.2.1.44.1.
//!
//! *Invariants*: the rule names exactly the days of the pattern: Outlook moves the 31st to the last
//! day of a shorter month, where RRULE would leave that month out, so such days turn into a set of
//! days and a position.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::civil::{Date, Weekday};

use super::occurrences::UnsupportedCalendar;
use super::recurrence::{
    DayMask, Minutes, NO_END_DATE, Pattern, RecurFrequency, RecurrencePattern, SeriesEnd, VERSION,
};

/// `FREQ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Frequency {
    /// `DAILY`.
    Daily,
    /// `WEEKLY`.
    Weekly,
    /// `MONTHLY`.
    Monthly,
    /// `YEARLY`.
    Yearly,
}

/// A recurrence without its exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurrenceRule {
    /// `FREQ`.
    pub frequency: Frequency,
    /// `INTERVAL`, at least 1, in units of the frequency.
    pub interval: u32,
    /// `BYDAY`, Monday first; empty when days of the week do not matter.
    pub by_day: Vec<Weekday>,
    /// `BYMONTHDAY`, 1 to 31, or -1 for the last day.
    pub by_month_day: Vec<i8>,
    /// `BYMONTH`, 1 to 12, for yearly rules.
    pub by_month: Option<i8>,
    /// `BYSETPOS`: 1 to 4, or -1 for the last.
    pub set_position: Option<i8>,
    /// `WKST`.
    pub week_start: Weekday,
    /// `COUNT` or `UNTIL`.
    pub end: SeriesEnd,
    /// The first occurrence.
    pub start: Date,
}

/// The rule says what no recurrence pattern can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Outlook has no recurrence pattern with {0}")]
pub struct NoPattern(pub &'static str);

impl RecurrencePattern {
    /// The pattern in neutral words. Its exceptions are [`Self::deleted_only`] and the exceptions
    /// of [`super::appointment_recurrence::AppointmentRecurrence`].
    ///
    /// # Errors
    /// [`UnsupportedCalendar`] for months that are not those of the Gregorian calendar.
    pub fn rule(&self) -> Result<RecurrenceRule, UnsupportedCalendar> {
        // The same calendars that can be expanded.
        self.days()?;
        let start = self.start_date.date();
        let mut rule = RecurrenceRule {
            frequency: Frequency::Daily,
            interval: self.interval(),
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_month: None,
            set_position: None,
            week_start: self.week_start(),
            end: self.end(),
            start,
        };
        match self.pattern {
            Pattern::Day => return Ok(rule),
            Pattern::Week(mask) => {
                rule.frequency = Frequency::Weekly;
                rule.by_day = mask.days();
                return Ok(rule);
            }
            Pattern::Month(day) | Pattern::HijriMonth(day) => {
                let day = i8::try_from(day.clamp(1, 31)).unwrap_or(31);
                match day {
                    1..=28 => rule.by_month_day = vec![day],
                    31 => rule.by_month_day = vec![-1],
                    _ => {
                        rule.by_month_day = (28..=day).collect();
                        rule.set_position = Some(-1);
                    }
                }
            }
            Pattern::MonthEnd(_) | Pattern::HijriMonthEnd(_) => rule.by_month_day = vec![-1],
            Pattern::MonthNth(mask, n) | Pattern::HijriMonthNth(mask, n) => {
                rule.by_day = mask.days();
                rule.set_position = Some(match n {
                    1..=4 => i8::try_from(n).unwrap_or(-1),
                    _ => -1,
                });
            }
        }
        rule.frequency = Frequency::Monthly;
        if rule.interval.is_multiple_of(12) {
            rule.frequency = Frequency::Yearly;
            rule.interval /= 12;
            rule.by_month = Some(start.month());
        }
        Ok(rule)
    }

    /// Original days of deleted occurrences that did not move elsewhere, given the original days of
    /// the changed ones.
    #[must_use]
    pub fn deleted_only(&self, changed: &[Date]) -> Vec<Date> {
        let mut days: BTreeSet<Date> = self.deleted.iter().map(|day| day.date()).collect();
        for day in changed {
            days.remove(day);
        }
        days.into_iter().collect()
    }
}

impl RecurrenceRule {
    /// The value of an `RRULE` property. `until` is the text for `UNTIL`, since its form depends on
    /// the kind of `DTSTART`; without it, a rule that ends on a day gets the bare date.
    #[must_use]
    pub fn to_rrule(&self, until: Option<&str>) -> String {
        let mut text = String::from("FREQ=");
        text.push_str(match self.frequency {
            Frequency::Daily => "DAILY",
            Frequency::Weekly => "WEEKLY",
            Frequency::Monthly => "MONTHLY",
            Frequency::Yearly => "YEARLY",
        });
        // Writing to a string cannot fail.
        match self.end {
            SeriesEnd::Until(day) => {
                let bare = day.strftime("%Y%m%d").to_string();
                let _ = write!(text, ";UNTIL={}", until.unwrap_or(&bare));
            }
            SeriesEnd::After(count) => {
                let _ = write!(text, ";COUNT={count}");
            }
            SeriesEnd::Never => {}
        }
        if self.interval > 1 {
            let _ = write!(text, ";INTERVAL={}", self.interval);
        }
        if !self.by_day.is_empty() {
            let days: Vec<&str> = self.by_day.iter().map(|&day| two_letters(day)).collect();
            let _ = write!(text, ";BYDAY={}", days.join(","));
        }
        if !self.by_month_day.is_empty() {
            let days: Vec<String> = self.by_month_day.iter().map(i8::to_string).collect();
            let _ = write!(text, ";BYMONTHDAY={}", days.join(","));
        }
        if let Some(month) = self.by_month {
            let _ = write!(text, ";BYMONTH={month}");
        }
        if let Some(position) = self.set_position {
            let _ = write!(text, ";BYSETPOS={position}");
        }
        if self.frequency == Frequency::Weekly {
            let _ = write!(text, ";WKST={}", two_letters(self.week_start));
        }
        text
    }

    /// The pattern of this rule. `FirstDateTime`, `OccurrenceCount` and `EndDate` follow from it.
    ///
    /// # Errors
    /// [`NoPattern`] when Outlook cannot say it.
    pub fn to_pattern(&self) -> Result<RecurrencePattern, NoPattern> {
        let mask = DayMask::of(&self.by_day);
        let own = self.start.day();
        let months = |years: bool| self.interval.checked_mul(if years { 12 } else { 1 });
        let (frequency, pattern, period) = match self.frequency {
            Frequency::Daily if mask.0 == 0 && self.by_month_day.is_empty() => (
                RecurFrequency::Daily,
                Pattern::Day,
                self.interval.checked_mul(1440),
            ),
            Frequency::Daily if self.interval == 1 && self.by_month_day.is_empty() => {
                (RecurFrequency::Daily, Pattern::Week(mask), Some(1))
            }
            Frequency::Daily => return Err(NoPattern("days chosen within a daily rule")),
            Frequency::Weekly => {
                let mask = match mask.0 {
                    0 => DayMask::of(&[self.start.weekday()]),
                    _ => mask,
                };
                (
                    RecurFrequency::Weekly,
                    Pattern::Week(mask),
                    Some(self.interval),
                )
            }
            Frequency::Monthly | Frequency::Yearly => {
                let yearly = self.frequency == Frequency::Yearly;
                let other_month = self.by_month.is_some_and(|m| m != self.start.month());
                if self.by_month.is_some() && !yearly || other_month {
                    return Err(NoPattern("a month other than that of the start"));
                }
                let frequency = match yearly {
                    true => RecurFrequency::Yearly,
                    false => RecurFrequency::Monthly,
                };
                (frequency, self.month_pattern(mask, own)?, months(yearly))
            }
        };
        let mut made = RecurrencePattern {
            reader_version: VERSION,
            writer_version: VERSION,
            frequency,
            pattern,
            calendar_type: 0,
            first_date_time: 0,
            period: period.ok_or(NoPattern("so long an interval"))?,
            sliding: 0,
            end_type: RecurrencePattern::END_NEVER,
            occurrence_count: 10,
            first_day_of_week: super::recurrence::sunday_first(self.week_start),
            deleted: Vec::new(),
            modified: Vec::new(),
            start_date: Minutes::midnight(self.start),
            end_date: NO_END_DATE,
        };
        made.first_date_time = made.expected_first_date_time();
        self.set_end(&mut made)?;
        Ok(made)
    }

    fn month_pattern(&self, mask: DayMask, own: i8) -> Result<Pattern, NoPattern> {
        if mask.0 != 0 {
            if !self.by_month_day.is_empty() {
                return Err(NoPattern("days of the week and of the month at once"));
            }
            return match self.set_position {
                Some(n @ 1..=4) => Ok(Pattern::MonthNth(mask, n.unsigned_abs().into())),
                Some(-1) => Ok(Pattern::MonthNth(mask, 5)),
                _ => Err(NoPattern("this position among the days of a month")),
            };
        }
        match (self.by_month_day.as_slice(), self.set_position) {
            ([], None) => Ok(Pattern::Month(own.unsigned_abs().into())),
            // What Outlook's own dialog makes of "day 31".
            ([-1], None | Some(1 | -1)) => Ok(Pattern::Month(31)),
            (&[day @ 1..=31], None | Some(1 | -1)) => Ok(Pattern::Month(day.unsigned_abs().into())),
            ([28, 29], Some(-1)) => Ok(Pattern::Month(29)),
            ([28, 29, 30], Some(-1)) => Ok(Pattern::Month(30)),
            ([28, 29, 30, 31], Some(-1)) => Ok(Pattern::Month(31)),
            _ => Err(NoPattern("several days of the month")),
        }
    }

    fn set_end(&self, made: &mut RecurrencePattern) -> Result<(), NoPattern> {
        let unending = |_| NoPattern("such a calendar");
        match self.end {
            SeriesEnd::Never => {}
            SeriesEnd::After(count) => {
                made.end_type = RecurrencePattern::END_AFTER;
                made.occurrence_count = count.max(1);
                let last = made.days().map_err(unending)?.last();
                made.end_date = Minutes::midnight(last.unwrap_or(self.start));
            }
            SeriesEnd::Until(day) => {
                made.end_type = RecurrencePattern::END_UNTIL;
                made.end_date = Minutes::midnight(day);
                let count = made.days().map_err(unending)?.count();
                made.occurrence_count = u32::try_from(count).unwrap_or(u32::MAX);
            }
        }
        Ok(())
    }
}

fn two_letters(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
        Weekday::Sunday => "SU",
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn rule(frequency: Frequency, start: Date) -> RecurrenceRule {
        RecurrenceRule {
            frequency,
            interval: 1,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_month: None,
            set_position: None,
            week_start: Weekday::Sunday,
            end: SeriesEnd::Never,
            start,
        }
    }

    #[track_caller]
    fn round_trip(rule: &RecurrenceRule, text: &str) -> RecurrencePattern {
        let pattern = rule.to_pattern().unwrap();
        assert_eq!(pattern.rule().unwrap().to_rrule(None), text);
        assert_eq!(pattern.rule().unwrap().to_pattern().unwrap(), pattern);
        pattern
    }

    #[test]
    fn every_kind_both_ways() {
        let start = date(2024, 1, 31);
        let mut daily = rule(Frequency::Daily, start);
        daily.interval = 3;
        daily.end = SeriesEnd::After(4);
        let pattern = round_trip(&daily, "FREQ=DAILY;COUNT=4;INTERVAL=3");
        assert_eq!(pattern.end_date.date(), date(2024, 2, 9));
        let mut weekly = rule(Frequency::Weekly, start);
        weekly.by_day = vec![Weekday::Wednesday, Weekday::Friday];
        weekly.end = SeriesEnd::Until(date(2024, 2, 29));
        let pattern = round_trip(&weekly, "FREQ=WEEKLY;UNTIL=20240229;BYDAY=WE,FR;WKST=SU");
        assert_eq!(pattern.occurrence_count, 9);
        round_trip(
            &rule(Frequency::Monthly, start),
            "FREQ=MONTHLY;BYMONTHDAY=-1",
        );
        round_trip(
            &rule(Frequency::Monthly, date(2024, 1, 30)),
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
        );
        round_trip(
            &rule(Frequency::Yearly, date(2024, 2, 29)),
            "FREQ=YEARLY;BYMONTHDAY=28,29;BYMONTH=2;BYSETPOS=-1",
        );
        let mut last_friday = rule(Frequency::Monthly, date(2024, 1, 26));
        last_friday.by_day = vec![Weekday::Friday];
        last_friday.set_position = Some(-1);
        round_trip(&last_friday, "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1");
    }

    #[test]
    fn what_outlook_cannot_say() {
        let mut twice = rule(Frequency::Monthly, date(2024, 1, 1));
        twice.by_month_day = vec![1, 15];
        assert_eq!(
            twice.to_pattern().unwrap_err().to_string(),
            "Outlook has no recurrence pattern with several days of the month"
        );
        let mut elsewhere = rule(Frequency::Yearly, date(2024, 1, 1));
        elsewhere.by_month = Some(3);
        assert!(elsewhere.to_pattern().is_err());
    }
}
