//! The times that a rule names, in order, without zones.
//!
//! *Spec*: RFC 5545 3.3.10, with its table of which part expands and which limits.
//!
//! *Shape*: period by period (year, month, week, day, hour, minute, second) the days of the period
//! times the times of a day; positions choose among them.
//!
//! *Invariants*: at most [`limits::RECURRENCE_STEPS`] periods and times are looked at, and no
//! period is
//! laid out in full: an occurrence is found by its number in days times times. A part that only
//! limits lets
//! the walk leap over what it rules out.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};

use super::rule::{ByDay, Frequency, Rule};
use crate::limits;

/// The times of a rule, from its start on; the start itself only when the rule names it.
#[derive(Debug, Clone)]
pub struct Expansion<'r> {
    rule: &'r Rule,
    start: DateTime,
    /// First moment of the period that comes next.
    next_period: Option<DateTime>,
    period: Period,
    steps: usize,
}

/// One period: its days times its times, or the positions chosen among them.
#[derive(Debug, Clone, Default)]
struct Period {
    days: Vec<Date>,
    times: std::sync::Arc<[Time]>,
    chosen: Option<Vec<usize>>,
    at: usize,
}

impl Period {
    fn len(&self) -> usize {
        self.days.len().saturating_mul(self.times.len())
    }

    fn next(&mut self) -> Option<DateTime> {
        let number = match &self.chosen {
            Some(chosen) => *chosen.get(self.at)?,
            None => self.at,
        };
        self.at = self.at.saturating_add(1);
        let times = self.times.len();
        let day = self.days.get(number.checked_div(times)?)?;
        Some(day.to_datetime(*self.times.get(number.checked_rem(times)?)?))
    }
}

impl<'r> Expansion<'r> {
    /// The times of a rule from `start` on. `COUNT` and `UNTIL` are left to the caller, who knows
    /// what else counts and in which zone.
    #[must_use]
    pub fn new(rule: &'r Rule, start: DateTime) -> Self {
        let day = start.date();
        let first = match rule.frequency {
            Frequency::Yearly => day.first_of_year().to_datetime(Time::midnight()),
            Frequency::Monthly => day.first_of_month().to_datetime(Time::midnight()),
            Frequency::Weekly => week_of(day, rule.week_start).to_datetime(Time::midnight()),
            Frequency::Daily => day.to_datetime(Time::midnight()),
            Frequency::Hourly => start.with().minute(0).second(0).build().unwrap_or(start),
            Frequency::Minutely => start.with().second(0).build().unwrap_or(start),
            Frequency::Secondly => start,
        };
        let times = times_of_day(rule, start.time());
        Self {
            rule,
            start,
            next_period: Some(first),
            period: Period {
                times,
                ..Period::default()
            },
            steps: limits::RECURRENCE_STEPS,
        }
    }

    /// Whether the bound on work was reached.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.steps == 0
    }

    /// Lays out the next period that has anything in it. `None` at the end of time.
    fn advance(&mut self) -> Option<()> {
        loop {
            self.steps = self.steps.checked_sub(1)?;
            let first = self.next_period?;
            self.next_period = self.after(first);
            self.lay_out(first);
            if self.period.len() > 0 {
                return Some(());
            }
            if self.rule.frequency > Frequency::Daily {
                self.leap(first);
            }
        }
    }

    fn after(&self, first: DateTime) -> Option<DateTime> {
        let count = i64::from(self.rule.interval);
        let next = match self.rule.frequency {
            Frequency::Yearly => first.checked_add(count.min(20_000).years()),
            Frequency::Monthly => first.checked_add(count.min(200_000).months()),
            Frequency::Weekly => first.checked_add(count.min(1_000_000).weeks()),
            Frequency::Daily => first.checked_add(count.min(7_000_000).days()),
            Frequency::Hourly => first.checked_add(count.min(100_000_000).hours()),
            Frequency::Minutely => first.checked_add(count.minutes()),
            Frequency::Secondly => first.checked_add(count.seconds()),
        };
        next.ok()
    }

    /// After a period that was ruled out: to the first one on the next day or in the next hour
    /// that could be in.
    fn leap(&mut self, from: DateTime) {
        let limits_day = !self.is_day(from.date());
        let hours = &self.rule.hours;
        let limits_hour = !hours.is_empty() && !hours.contains(&i16::from(from.hour()));
        let unit = match self.rule.frequency {
            Frequency::Hourly => 3600,
            Frequency::Minutely => 60,
            _ => 1_i64,
        };
        let whole = |seconds: i64| jiff::SignedDuration::from_secs(seconds);
        let to = if limits_day {
            from.date()
                .tomorrow()
                .ok()
                .map(|day| day.to_datetime(Time::midnight()))
        } else if limits_hour {
            let hour = from.with().minute(0).second(0).build().ok();
            hour.and_then(|hour| hour.checked_add(whole(3600)).ok())
        } else {
            return;
        };
        let Some(to) = to else {
            self.next_period = None;
            return;
        };
        let distance = from.duration_until(to).as_secs();
        let step = unit.saturating_mul(i64::from(self.rule.interval));
        // As many whole steps as it takes to reach it.
        let steps = distance
            .saturating_add(step)
            .saturating_sub(1)
            .checked_div(step);
        let leap = steps.unwrap_or(1).max(1).saturating_mul(step);
        self.next_period = from.checked_add(whole(leap)).ok();
    }

    fn lay_out(&mut self, first: DateTime) {
        let day = first.date();
        let mut times = std::sync::Arc::clone(&self.period.times);
        let days: Vec<Date> = match self.rule.frequency {
            Frequency::Yearly => self.of_year(day),
            Frequency::Monthly => self.filtered(day, i64::from(day.days_in_month())),
            Frequency::Weekly => self.filtered(day, 7),
            Frequency::Daily => self.filtered(day, 1),
            _ => {
                times = self.times_of_period(first.time());
                let days = if times.is_empty() { 0 } else { 1 };
                self.filtered(day, days)
            }
        };
        let mut period = Period {
            days,
            times,
            chosen: None,
            at: 0,
        };
        if !self.rule.positions.is_empty() {
            let len = period.len();
            let place = |position: &i16| {
                let back = usize::from(position.unsigned_abs());
                match position {
                    1.. => back.checked_sub(1).filter(|at| *at < len),
                    _ => len.checked_sub(back),
                }
            };
            let mut chosen: Vec<usize> = self.rule.positions.iter().filter_map(place).collect();
            chosen.sort_unstable();
            chosen.dedup();
            period.chosen = Some(chosen);
        }
        self.period = period;
    }

    fn filtered(&self, first: Date, count: i64) -> Vec<Date> {
        let dates = (0..count).filter_map(|day| first.checked_add(day.days()).ok());
        dates.filter(|day| self.is_day(*day)).collect()
    }

    /// The days of a year: of its months alone when the rule names some.
    fn of_year(&self, first: Date) -> Vec<Date> {
        if self.rule.months.is_empty() {
            return self.filtered(first, i64::from(first.days_in_year()));
        }
        let months = self.rule.months.iter();
        let months = months.filter_map(|month| {
            let month = i8::try_from(*month).ok()?;
            first.with().month(month).build().ok()
        });
        let days = months.map(|month| self.filtered(month, i64::from(month.days_in_month())));
        days.flatten().collect()
    }

    /// Whether a day is one of the rule, by every part that speaks of days.
    fn is_day(&self, day: Date) -> bool {
        let rule = self.rule;
        let has = |list: &std::collections::BTreeSet<i16>, number: i16| {
            list.is_empty() || list.contains(&number)
        };
        if !has(&rule.months, i16::from(day.month())) {
            return false;
        }
        let none = rule.days.is_empty()
            && rule.month_days.is_empty()
            && rule.year_days.is_empty()
            && rule.weeks.is_empty();
        if none {
            return match rule.frequency {
                Frequency::Yearly => {
                    let same_month = day.month() == self.start.month();
                    (!rule.months.is_empty() || same_month) && day.day() == self.start.day()
                }
                Frequency::Monthly => day.day() == self.start.day(),
                Frequency::Weekly => day.weekday() == self.start.weekday(),
                _ => true,
            };
        }
        let from_end = |number: i16, length: i16| number - length - 1;
        if !rule.month_days.is_empty() {
            let (own, length) = (i16::from(day.day()), i16::from(day.days_in_month()));
            if !rule.month_days.contains(&own) && !rule.month_days.contains(&from_end(own, length))
            {
                return false;
            }
        }
        if !rule.year_days.is_empty() {
            let (own, length) = (day.day_of_year(), day.days_in_year());
            if !rule.year_days.contains(&own) && !rule.year_days.contains(&from_end(own, length)) {
                return false;
            }
        }
        if !rule.weeks.is_empty() {
            let (week, weeks) = week_number(day, rule.week_start);
            if !rule.weeks.contains(&week) && !rule.weeks.contains(&from_end(week, weeks)) {
                return false;
            }
            if rule.days.is_empty()
                && rule.month_days.is_empty()
                && rule.year_days.is_empty()
                && day.weekday() != self.start.weekday()
            {
                return false;
            }
        }
        rule.days.is_empty() || self.is_weekday(day)
    }

    fn is_weekday(&self, day: Date) -> bool {
        let days = &self.rule.days;
        let weekday = day.weekday();
        if days.contains(&ByDay::new(0, weekday)) {
            return true;
        }
        // Which one it is, of its month or of its year.
        let in_month = match self.rule.frequency {
            Frequency::Monthly => true,
            Frequency::Yearly => !self.rule.months.is_empty(),
            _ => return days.iter().any(|own| own.weekday() == weekday),
        };
        if !self.rule.weeks.is_empty() {
            return days.iter().any(|own| own.weekday() == weekday);
        }
        let (at, length) = if in_month {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        } else {
            (day.day_of_year(), day.days_in_year())
        };
        let nth = (at - 1) / 7 + 1;
        let back = -((length - at) / 7 + 1);
        days.contains(&ByDay::new(nth, weekday)) || days.contains(&ByDay::new(back, weekday))
    }

    /// The times within an hour, minute or second that the rule allows.
    fn times_of_period(&self, first: Time) -> std::sync::Arc<[Time]> {
        let rule = self.rule;
        let allows = |list: &std::collections::BTreeSet<i16>, own: i8| {
            list.is_empty() || list.contains(&i16::from(own))
        };
        let own = |list: &std::collections::BTreeSet<i16>, own: i8| match list.is_empty() {
            true => vec![own],
            false => list
                .iter()
                .filter_map(|one| i8::try_from(*one).ok())
                .collect(),
        };
        if !allows(&rule.hours, first.hour()) {
            return [].into();
        }
        let minutes = match rule.frequency {
            Frequency::Hourly => own(&rule.minutes, self.start.minute()),
            _ if !allows(&rule.minutes, first.minute()) => return [].into(),
            _ => vec![first.minute()],
        };
        let seconds = match rule.frequency {
            Frequency::Secondly if !allows(&rule.seconds, first.second()) => return [].into(),
            Frequency::Secondly => vec![first.second()],
            _ => own(&rule.seconds, self.start.second()),
        };
        product(&[first.hour()], &minutes, &seconds)
    }
}

/// The times of a day that a rule names, with the parts that it does not name from the start.
fn times_of_day(rule: &Rule, start: Time) -> std::sync::Arc<[Time]> {
    let own = |list: &std::collections::BTreeSet<i16>, own: i8| match list.is_empty() {
        true => vec![own],
        false => list
            .iter()
            .filter_map(|one| i8::try_from(*one).ok())
            .collect(),
    };
    if rule.frequency > Frequency::Daily {
        return [].into();
    }
    product(
        &own(&rule.hours, start.hour()),
        &own(&rule.minutes, start.minute()),
        &own(&rule.seconds, start.second()),
    )
}

fn product(hours: &[i8], minutes: &[i8], seconds: &[i8]) -> std::sync::Arc<[Time]> {
    let mut times = Vec::new();
    for hour in hours {
        for minute in minutes {
            // A leap second is the second before it.
            let at = |second: &i8| Time::new(*hour, *minute, (*second).min(59), 0).ok();
            times.extend(seconds.iter().filter_map(at));
        }
    }
    times.dedup();
    times.into()
}

/// The first day of the week of a day.
fn week_of(day: Date, week_start: Weekday) -> Date {
    let since = week_start.until(day.weekday());
    day.checked_sub(i64::from(since).days()).unwrap_or(day)
}

/// The number of the week, and how many its year has: a week belongs to the year that has four or
/// more of its days.
fn week_number(day: Date, week_start: Weekday) -> (i16, i16) {
    let week = week_of(day, week_start);
    let middle = week.checked_add(3.days()).unwrap_or(week);
    let number = (middle.day_of_year() - 1) / 7 + 1;
    let last = Date::new(middle.year(), 12, 28).unwrap_or(middle);
    // The week of 28 December has four days in its year whenever weeks begin.
    let last_week = week_of(last, week_start);
    let last_middle = last_week.checked_add(3.days()).unwrap_or(last_week);
    let mut weeks = (last_middle.day_of_year() - 1) / 7 + 1;
    let after = last_middle.checked_add(7.days());
    if after.is_ok_and(|after| after.year() == middle.year()) {
        weeks += 1;
    }
    (number, weeks)
}

impl Iterator for Expansion<'_> {
    type Item = DateTime;

    fn next(&mut self) -> Option<DateTime> {
        loop {
            self.steps = self.steps.checked_sub(1)?;
            match self.period.next() {
                Some(time) if time >= self.start => return Some(time),
                Some(_) => {}
                None => self.advance()?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[track_caller]
    fn first(rule: &str, start: DateTime, count: usize) -> Vec<String> {
        let rule = Rule::parse(rule).unwrap();
        let times = Expansion::new(&rule, start).take(count);
        times
            .map(|time| time.strftime("%Y%m%dT%H%M").to_string())
            .collect()
    }

    #[test]
    fn examples_of_the_specification() {
        let start = date(1997, 9, 2).at(9, 0, 0, 0);
        for (rule, want) in [
            ("FREQ=DAILY;INTERVAL=10", "19970902 19970912 19970922"),
            (
                "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH",
                "19970902 19970904 19970916",
            ),
            ("FREQ=MONTHLY;BYDAY=1FR", "19970905 19971003 19971107"),
            ("FREQ=MONTHLY;BYDAY=-2MO", "19970922 19971020 19971117"),
            ("FREQ=MONTHLY;BYMONTHDAY=-3", "19970928 19971029 19971128"),
            (
                "FREQ=YEARLY;BYYEARDAY=1,100,200;INTERVAL=3",
                "20000101 20000409 20000718",
            ),
            ("FREQ=YEARLY;BYDAY=20MO", "19980518 19990517 20000515"),
            (
                "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
                "19980511 19990517 20000515",
            ),
            (
                "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
                "19980305 19980312 19980319",
            ),
            (
                "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
                "19980213 19980313 19981113",
            ),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
                "19970929 19971030 19971127",
            ),
            ("FREQ=MONTHLY;BYMONTHDAY=31", "19971031 19971231 19980131"),
            (
                "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
                "19971104 20011106 20051108",
            ),
        ] {
            let want: Vec<String> = want.split(' ').map(|day| format!("{day}T0900")).collect();
            assert_eq!(first(rule, start, 3), want, "{rule}");
        }
    }

    #[test]
    fn times_of_day_and_less() {
        let start = date(1997, 9, 2).at(9, 0, 0, 0);
        assert_eq!(
            first("FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,30", start, 5).join(" "),
            "19970902T0900 19970902T0930 19970902T1000 19970902T1030 19970903T0900"
        );
        assert_eq!(
            first("FREQ=HOURLY;INTERVAL=3;BYDAY=TU", start, 6).join(" "),
            "19970902T0900 19970902T1200 19970902T1500 19970902T1800 19970902T2100 19970909T0000"
        );
        assert_eq!(
            first("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,16", start, 5).join(" "),
            "19970902T0900 19970902T0920 19970902T0940 19970902T1600 19970902T1620"
        );
        assert_eq!(
            first("FREQ=SECONDLY;BYSECOND=0;BYMINUTE=5;BYHOUR=8", start, 2).join(" "),
            "19970903T0805 19970904T0805"
        );
        assert_eq!(
            first("FREQ=DAILY;BYHOUR=6,18;BYSETPOS=-1", start, 2).join(" "),
            "19970902T1800 19970903T1800"
        );
    }

    #[test]
    fn work_has_a_bound() {
        let start = date(2024, 1, 1).at(0, 0, 0, 0);
        for rule in [
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2",
            "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=SECONDLY;INTERVAL=4000000000;BYSECOND=1",
        ] {
            let rule = Rule::parse(rule).unwrap();
            assert_eq!(Expansion::new(&rule, start).count(), 0);
        }
        let all: Vec<String> = (0..60).map(|n| n.to_string()).collect();
        let all = all.join(",");
        let dense = format!("FREQ=YEARLY;BYSECOND={all};BYMINUTE={all};BYSETPOS=-1,1");
        assert_eq!(
            first(&dense, start, 2).join(" "),
            "20240101T0000 20240101T0059"
        );
    }
}
