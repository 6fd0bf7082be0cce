//! Recurrence rules.
//!
//! *Spec*: RFC 5545 3.3.10; RFC 7529 (other calendars, which are not computed here).
//!
//! *Shape*: `FREQ=MONTHLY;INTERVAL=2;BYDAY=2MO,-1FR;COUNT=10;WKST=SU`.
//!
//! *Invariants*: numbers out of range are dropped with a note; every list is sorted, each value
//! once, so its length is bounded by its range.
//!
//! *Seen in the wild*: blanks after separators, a semicolon at the end, lower case, UNTIL as a date
//! where the start is a time, COUNT and UNTIL at once (both hold here), an INTERVAL of 0.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::civil::Weekday;
use thiserror::Error;

use super::value::When;

/// `FREQ`, from the longest unit to the shortest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    /// `YEARLY`.
    Yearly,
    /// `MONTHLY`.
    Monthly,
    /// `WEEKLY`.
    Weekly,
    /// `DAILY`.
    Daily,
    /// `HOURLY`.
    Hourly,
    /// `MINUTELY`.
    Minutely,
    /// `SECONDLY`.
    Secondly,
}

/// A day of `BYDAY`: which of these in its month or year (0 for each), and the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByDay {
    /// From the start, or negative from the end; 0 for every one.
    pub nth: i16,
    /// Days after Monday.
    after_monday: i8,
}

impl ByDay {
    /// The `nth` of this day; 0 for each.
    #[must_use]
    pub fn new(nth: i16, day: Weekday) -> Self {
        let after_monday = day.to_monday_zero_offset();
        Self { nth, after_monday }
    }

    /// The day of the week.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        Weekday::from_monday_zero_offset(self.after_monday).unwrap_or(Weekday::Monday)
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `FREQ`.
    pub frequency: Frequency,
    /// `INTERVAL`, from 1 up.
    pub interval: u32,
    /// `COUNT`.
    pub count: Option<u64>,
    /// `UNTIL`, inclusive.
    pub until: Option<When>,
    /// `BYSECOND`.
    pub seconds: BTreeSet<i16>,
    /// `BYMINUTE`.
    pub minutes: BTreeSet<i16>,
    /// `BYHOUR`.
    pub hours: BTreeSet<i16>,
    /// `BYDAY`.
    pub days: BTreeSet<ByDay>,
    /// `BYMONTHDAY`.
    pub month_days: BTreeSet<i16>,
    /// `BYYEARDAY`.
    pub year_days: BTreeSet<i16>,
    /// `BYWEEKNO`.
    pub weeks: BTreeSet<i16>,
    /// `BYMONTH`.
    pub months: BTreeSet<i16>,
    /// `BYSETPOS`.
    pub positions: BTreeSet<i16>,
    /// `WKST`.
    pub week_start: Weekday,
    /// What was passed over, in words.
    pub notes: Vec<String>,
}

/// A value is no rule that is understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct RuleError(pub String);

impl Rule {
    /// A rule of a frequency and nothing else.
    #[must_use]
    pub fn new(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            count: None,
            until: None,
            seconds: BTreeSet::new(),
            minutes: BTreeSet::new(),
            hours: BTreeSet::new(),
            days: BTreeSet::new(),
            month_days: BTreeSet::new(),
            year_days: BTreeSet::new(),
            weeks: BTreeSet::new(),
            months: BTreeSet::new(),
            positions: BTreeSet::new(),
            week_start: Weekday::Monday,
            notes: Vec::new(),
        }
    }

    /// Reads a value of type `RECUR`.
    ///
    /// # Errors
    /// When it has no frequency, or counts by another calendar.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let parts = || {
            text.split(';').filter_map(|part| {
                let (name, value) = part.split_once('=')?;
                Some((name.trim().to_ascii_uppercase(), value.trim()))
            })
        };
        let told = parts().find(|(name, _)| name == "FREQ");
        let frequency = told.and_then(|(_, value)| frequency(value));
        let mut rule = Self::new(frequency.ok_or_else(|| RuleError("it has no FREQ".into()))?);
        for (name, value) in parts() {
            let taken = match name.as_str() {
                "FREQ" => Some(()),
                "INTERVAL" => rule.set_interval(value),
                "COUNT" => value.parse().ok().map(|count| rule.count = Some(count)),
                "UNTIL" => When::parse(value).map(|until| rule.until = Some(until)),
                "BYSECOND" => numbers(value, 0, 60, &mut rule.seconds),
                "BYMINUTE" => numbers(value, 0, 59, &mut rule.minutes),
                "BYHOUR" => numbers(value, 0, 23, &mut rule.hours),
                "BYDAY" | "BYWEEKDAY" => rule.set_days(value),
                "BYMONTHDAY" => numbers(value, -31, 31, &mut rule.month_days),
                "BYYEARDAY" => numbers(value, -366, 366, &mut rule.year_days),
                "BYWEEKNO" => numbers(value, -53, 53, &mut rule.weeks),
                "BYMONTH" => numbers(value, 1, 12, &mut rule.months),
                "BYSETPOS" => numbers(value, -366, 366, &mut rule.positions),
                "WKST" => weekday(value).map(|day| rule.week_start = day),
                "RSCALE" if value.eq_ignore_ascii_case("GREGORIAN") => Some(()),
                "SKIP" if value.eq_ignore_ascii_case("OMIT") => Some(()),
                "RSCALE" | "SKIP" => {
                    let words = format!("it counts by {name}={value}, which is not computed here");
                    return Err(RuleError(words));
                }
                _ => None,
            };
            if taken.is_none() {
                rule.notes.push(format!("{name}={value}"));
            }
        }
        for list in [
            &mut rule.month_days,
            &mut rule.year_days,
            &mut rule.weeks,
            &mut rule.positions,
        ] {
            if list.remove(&0) {
                rule.notes.push("a 0 in a list of positions".into());
            }
        }
        Ok(rule)
    }

    fn set_interval(&mut self, value: &str) -> Option<()> {
        let interval: u32 = value.parse().ok()?;
        self.interval = interval.max(1);
        (interval > 0).then_some(())
    }

    fn set_days(&mut self, value: &str) -> Option<()> {
        let mut all = Some(());
        for part in value.split(',').map(str::trim) {
            let at = part.find(|letter: char| letter.is_ascii_alphabetic());
            let split = at.and_then(|at| part.split_at_checked(at));
            let day = split.and_then(|(nth, day)| {
                let nth = match nth.trim() {
                    "" => 0,
                    nth => nth.parse().ok().filter(|nth: &i16| nth.abs() <= 53)?,
                };
                Some(ByDay::new(nth, weekday(day)?))
            });
            match day {
                Some(day) => {
                    self.days.insert(day);
                }
                None => all = None,
            }
        }
        all
    }

    /// Whether it has no end.
    #[must_use]
    pub fn is_endless(&self) -> bool {
        self.count.is_none() && self.until.is_none()
    }

    /// The rule as a value of type `RECUR`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("FREQ={}", word(self.frequency));
        if let Some(until) = self.until {
            let _ = match until {
                When::Date(date) => write!(text, ";UNTIL={}", date.strftime("%Y%m%d")),
                When::Local(at) => write!(text, ";UNTIL={}", at.strftime("%Y%m%dT%H%M%S")),
                When::Utc(at) => write!(text, ";UNTIL={}", at.strftime("%Y%m%dT%H%M%SZ")),
            };
        }
        if let Some(count) = self.count {
            let _ = write!(text, ";COUNT={count}");
        }
        if self.interval > 1 {
            let _ = write!(text, ";INTERVAL={}", self.interval);
        }
        for (name, list) in [
            ("BYSECOND", &self.seconds),
            ("BYMINUTE", &self.minutes),
            ("BYHOUR", &self.hours),
            ("BYMONTHDAY", &self.month_days),
            ("BYYEARDAY", &self.year_days),
            ("BYWEEKNO", &self.weeks),
            ("BYMONTH", &self.months),
            ("BYSETPOS", &self.positions),
        ] {
            if !list.is_empty() {
                let list: Vec<String> = list.iter().map(ToString::to_string).collect();
                let _ = write!(text, ";{name}={}", list.join(","));
            }
        }
        if !self.days.is_empty() {
            let day = |own: &ByDay| match own.nth {
                0 => two_letters(own.weekday()).to_owned(),
                nth => format!("{nth}{}", two_letters(own.weekday())),
            };
            let days: Vec<String> = self.days.iter().map(day).collect();
            let _ = write!(text, ";BYDAY={}", days.join(","));
        }
        if self.week_start != Weekday::Monday {
            let _ = write!(text, ";WKST={}", two_letters(self.week_start));
        }
        text
    }
}

/// Puts the numbers of a list into a set; `None` when some are out of range or no numbers.
fn numbers(value: &str, least: i16, most: i16, into: &mut BTreeSet<i16>) -> Option<()> {
    let mut all = Some(());
    for part in value.split(',').map(str::trim) {
        match part.parse::<i16>() {
            Ok(number) if (least..=most).contains(&number) => {
                into.insert(number);
            }
            _ => all = None,
        }
    }
    all
}

fn frequency(word: &str) -> Option<Frequency> {
    use Frequency::{Daily, Hourly, Minutely, Monthly, Secondly, Weekly, Yearly};
    let all = [Yearly, Monthly, Weekly, Daily, Hourly, Minutely, Secondly];
    let mut all = all.into_iter();
    all.find(|own| self::word(*own).eq_ignore_ascii_case(word))
}

fn word(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Yearly => "YEARLY",
        Frequency::Monthly => "MONTHLY",
        Frequency::Weekly => "WEEKLY",
        Frequency::Daily => "DAILY",
        Frequency::Hourly => "HOURLY",
        Frequency::Minutely => "MINUTELY",
        Frequency::Secondly => "SECONDLY",
    }
}

const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// The day that two letters stand for.
#[must_use]
pub fn weekday(letters: &str) -> Option<Weekday> {
    let letters = letters.trim();
    let found = DAYS
        .iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(letters));
    found.map(|(_, day)| *day)
}

fn two_letters(day: Weekday) -> &'static str {
    let found = DAYS.iter().find(|(_, own)| *own == day);
    found.map_or("MO", |(letters, _)| letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_there_and_back() {
        for text in [
            "FREQ=DAILY",
            "FREQ=YEARLY;COUNT=3;INTERVAL=2;BYMONTHDAY=-1,1;BYMONTH=2;BYSETPOS=-1;WKST=SU",
            "FREQ=MONTHLY;UNTIL=20240101T000000Z;BYDAY=-1FR,2MO",
            "FREQ=SECONDLY;UNTIL=20240101;BYSECOND=0,30;BYMINUTE=5;BYHOUR=9;BYDAY=MO",
            "FREQ=YEARLY;BYYEARDAY=-1,1,100;BYWEEKNO=20",
        ] {
            assert_eq!(Rule::parse(text).unwrap().to_text(), text);
        }
    }

    #[test]
    fn sloppy_rules_are_read_and_noted() {
        let rule = Rule::parse("freq=weekly; byday = mo, xx ;INTERVAL=0;BYMONTH=13;X=1;").unwrap();
        assert_eq!(rule.to_text(), "FREQ=WEEKLY;BYDAY=MO");
        assert_eq!(
            rule.notes,
            ["BYDAY=mo, xx", "INTERVAL=0", "BYMONTH=13", "X=1"]
        );
        assert!(Rule::parse("COUNT=3").is_err());
        assert!(Rule::parse("FREQ=YEARLY;RSCALE=HEBREW").is_err());
    }
}
