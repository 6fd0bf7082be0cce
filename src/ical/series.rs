//! The occurrences of a component: its start, its rules, and the dates added and removed.
//!
//! *Spec*: RFC 5545 3.8.5 (EXDATE, RDATE, RRULE), 3.8.4.4 (RECURRENCE-ID), RFC 2445 4.8.5.2
//! (EXRULE); MS-OXCICAL 2.1.3.2.4 (UNTIL of old versions of Outlook).
//!
//! *Invariants*: the start is an occurrence whatever the rules say, and counts; times in order,
//! each once; every rule has its bound ([`Expansion`]).
//!
//! *Seen in the wild*: EXDATE as a date where the start is a time (it removes the day), UNTIL as a
//! date (that day is in), several rules, changed occurrences of days that no rule names.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::rc::Rc;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

use super::expansion::Expansion;
use super::rule::Rule;
use super::value::{Duration, When};
use super::zone::Zone;
use crate::finding::{Effect, Findings};
use crate::limits;

/// Rules of one series that are followed.
pub const RULES: usize = 16;

/// How long an occurrence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// By the calendar, as a `DURATION` or dates say.
    Nominal(Duration),
    /// By the clock, as the end says.
    Exact(SignedDuration),
}

/// An occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// When it starts, or would have, by the clock of the series.
    pub original: DateTime,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Which of the changed ones it is.
    pub changed: Option<usize>,
}

/// A changed occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Which of the changed ones it is.
    pub index: usize,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
}

/// A series, or a single occurrence.
#[derive(Debug, Clone)]
pub struct Series {
    /// The start.
    pub start: When,
    /// The zone of the start.
    pub zone: Zone,
    /// How long an occurrence is.
    pub length: Length,
    /// `RRULE`.
    pub rules: Vec<Rule>,
    /// `EXRULE`.
    pub not_rules: Vec<Rule>,
    /// `RDATE`: a start, and an end of its own.
    pub dates: BTreeMap<Timestamp, Option<Timestamp>>,
    /// `EXDATE` with a time.
    pub removed: BTreeSet<Timestamp>,
    /// `EXDATE` without.
    pub removed_days: BTreeSet<Date>,
    /// `RECURRENCE-ID`: the occurrences that were changed, by their original start.
    pub changed: BTreeMap<Timestamp, Changed>,
}

type Times<'s> = Peekable<Box<dyn Iterator<Item = (Timestamp, DateTime)> + 's>>;

/// The occurrences of a series, by their original start.
pub struct Occurrences<'s> {
    series: &'s Series,
    named: Vec<Times<'s>>,
    not_named: Vec<Times<'s>>,
    exhausted: Rc<Cell<bool>>,
}

impl Series {
    /// A single occurrence.
    #[must_use]
    pub fn once(start: When, zone: Zone, length: Length) -> Self {
        Self {
            start,
            zone,
            length,
            rules: Vec::new(),
            not_rules: Vec::new(),
            dates: BTreeMap::new(),
            removed: BTreeSet::new(),
            removed_days: BTreeSet::new(),
            changed: BTreeMap::new(),
        }
    }

    /// Whether there is more than the start.
    #[must_use]
    pub fn recurs(&self) -> bool {
        !self.rules.is_empty() || !self.dates.is_empty()
    }

    /// The instant of a start: local time of the series to UTC.
    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        self.zone.instant(local)
    }

    /// Its occurrences, by their original start.
    #[must_use]
    pub fn occurrences(&self) -> Occurrences<'_> {
        let start = self.start.datetime();
        let exhausted = Rc::new(Cell::new(false));
        let mut named: Vec<Times<'_>> = Vec::new();
        let first = self.instant(start).map(|instant| (instant, start));
        named.push(boxed(first.into_iter()));
        for rule in self.rules.iter().take(RULES) {
            // The start counts as the first, whether the rule names it or not.
            let count = rule.count.and_then(|count| usize::try_from(count).ok());
            let more = count.map_or(usize::MAX, |count| count.saturating_sub(1));
            let times = self
                .times(rule, &exhausted)
                .filter(move |(_, local)| *local != start);
            named.push(boxed(times.take(more)));
        }
        let local = |instant: &Timestamp| (*instant, self.zone.local(*instant));
        named.push(boxed(self.dates.keys().map(local)));
        named.push(boxed(self.changed.keys().map(local)));
        let not_rules = self.not_rules.iter().take(RULES);
        Occurrences {
            series: self,
            named,
            not_named: not_rules
                .map(|rule| {
                    let count = rule.count.and_then(|count| usize::try_from(count).ok());
                    boxed(
                        self.times(rule, &exhausted)
                            .take(count.unwrap_or(usize::MAX)),
                    )
                })
                .collect(),
            exhausted,
        }
    }

    fn times<'s>(
        &'s self,
        rule: &'s Rule,
        exhausted: &Rc<Cell<bool>>,
    ) -> impl Iterator<Item = (Timestamp, DateTime)> + use<'s> {
        let mut expansion = Expansion::new(rule, self.start.datetime());
        let exhausted = Rc::clone(exhausted);
        let locals = std::iter::from_fn(move || {
            let next = expansion.next();
            if next.is_none() && expansion.is_exhausted() {
                exhausted.set(true);
            }
            next
        });
        locals
            .map_while(|local| Some((self.instant(local)?, local)))
            .take_while(|(instant, local)| self.is_until(rule, *instant, *local))
    }

    fn is_until(&self, rule: &Rule, instant: Timestamp, local: DateTime) -> bool {
        match rule.until {
            None => true,
            Some(When::Date(date)) => local.date() <= date,
            Some(until) if self.start.is_date() => local.date() <= until.date(),
            Some(When::Local(until)) => local <= until,
            Some(When::Utc(until)) => super::value::utc(until).is_none_or(|until| instant <= until),
        }
    }

    /// The end of an occurrence.
    #[must_use]
    pub fn end(&self, instant: Timestamp, local: DateTime) -> Timestamp {
        let end = match self.length {
            Length::Exact(length) => instant.checked_add(length).ok(),
            Length::Nominal(length) => {
                // Days by the calendar, then hours by the clock.
                let days = Duration {
                    seconds: 0,
                    ..length
                };
                let day = days.after(local).and_then(|end| self.instant(end));
                let hours = SignedDuration::from_secs(length.seconds);
                day.and_then(|day| day.checked_add(hours).ok())
            }
        };
        end.unwrap_or(instant)
    }

    /// Its first occurrences, at most `count`.
    ///
    /// # Findings
    /// `ical.series.steps` (lost) when a rule takes more steps than are allowed.
    #[must_use]
    pub fn expand(&self, count: usize) -> (Vec<Occurrence>, Findings) {
        let mut findings = Findings::new();
        let mut all = self.occurrences();
        let first: Vec<Occurrence> = all.by_ref().take(count).collect();
        if first.len() < count && all.exhausted.get() {
            let detail = format!(
                "the rule was followed for {} steps; what comes after is not known",
                limits::RECURRENCE_STEPS
            );
            findings.add("ical.series.steps", Effect::Lost, "", detail);
        }
        (first, findings)
    }
}

fn boxed<'s>(times: impl Iterator<Item = (Timestamp, DateTime)> + 's) -> Times<'s> {
    let boxed: Box<dyn Iterator<Item = (Timestamp, DateTime)> + 's> = Box::new(times);
    boxed.peekable()
}

impl Occurrences<'_> {
    /// The next time that anything names, each once.
    fn next_named(&mut self) -> Option<(Timestamp, DateTime)> {
        let peeked = self.named.iter_mut().filter_map(|own| own.peek().copied());
        let (instant, local) = peeked.min_by_key(|(instant, _)| *instant)?;
        for own in &mut self.named {
            while own.next_if(|(other, _)| *other <= instant).is_some() {}
        }
        Some((instant, local))
    }

    fn is_removed(&mut self, instant: Timestamp, local: DateTime) -> bool {
        let mut by_rule = false;
        for own in &mut self.not_named {
            while own.next_if(|(other, _)| *other < instant).is_some() {}
            by_rule |= own.peek().is_some_and(|(other, _)| *other == instant);
        }
        by_rule
            || self.series.removed.contains(&instant)
            || self.series.removed_days.contains(&local.date())
    }
}

impl Iterator for Occurrences<'_> {
    type Item = Occurrence;

    fn next(&mut self) -> Option<Occurrence> {
        loop {
            let (instant, original) = self.next_named()?;
            let series = self.series;
            if let Some(changed) = series.changed.get(&instant) {
                return Some(Occurrence {
                    original,
                    start: changed.start,
                    end: changed.end,
                    changed: Some(changed.index),
                });
            }
            if self.is_removed(instant, original) {
                continue;
            }
            let own_end = series.dates.get(&instant).copied().flatten();
            return Some(Occurrence {
                original,
                start: instant,
                end: own_end.unwrap_or_else(|| series.end(instant, original)),
                changed: None,
            });
        }
    }
}

impl std::fmt::Debug for Occurrences<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Occurrences").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ical::zone::Zones;

    fn weekly() -> Series {
        let zone = Zones::default().zone(0, "Europe/Berlin").unwrap();
        let start = When::parse("20240318T090000").unwrap();
        let length = Length::Exact(SignedDuration::from_mins(30));
        let mut series = Series::once(start, zone, length);
        series
            .rules
            .push(Rule::parse("FREQ=WEEKLY;COUNT=4").unwrap());
        series
    }

    #[track_caller]
    fn starts(series: &Series) -> String {
        let all = series.occurrences().take(9);
        let all: Vec<String> = all
            .map(|own| own.start.strftime("%m%dT%H%M").to_string())
            .collect();
        all.join(" ")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn across_a_change_of_clocks() {
        let series = weekly();
        assert_eq!(starts(&series), "0318T0800 0325T0800 0401T0700 0408T0700");
        let mut last = series.occurrences().last().unwrap();
        assert_eq!(last.end, at("2024-04-08T07:30:00Z"));
        let mut days = series;
        days.length = Length::Nominal(Duration::parse("P14DT1H").unwrap());
        last = days.occurrences().next().unwrap();
        assert_eq!(last.end, at("2024-04-01T08:00:00Z"));
    }

    #[test]
    fn added_removed_and_changed() {
        let mut series = weekly();
        series.dates.insert(at("2024-03-20T08:00:00Z"), None);
        series.dates.insert(at("2024-03-25T08:00:00Z"), None);
        series.removed.insert(at("2024-03-18T08:00:00Z"));
        series.removed_days.insert(jiff::civil::date(2024, 4, 8));
        let changed = Changed {
            index: 0,
            start: at("2024-05-01T10:00:00Z"),
            end: at("2024-05-01T11:00:00Z"),
        };
        series.changed.insert(at("2024-04-01T07:00:00Z"), changed);
        assert_eq!(starts(&series), "0320T0800 0325T0800 0501T1000");
        series
            .not_rules
            .push(Rule::parse("FREQ=DAILY;INTERVAL=7").unwrap());
        assert_eq!(starts(&series), "0320T0800 0501T1000");
    }

    #[test]
    fn endless_rules_are_bounded() {
        let mut series = weekly();
        series.rules = vec![Rule::parse("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30").unwrap()];
        assert_eq!(series.expand(2).0.len(), 1);
        series.rules = vec![Rule::parse("FREQ=SECONDLY;COUNT=1000000").unwrap()];
        let (all, findings) = series.expand(usize::MAX);
        assert!(all.len() <= limits::RECURRENCE_STEPS && all.len() > 1_000);
        assert_eq!(findings.count(), 1);
        series.rules = vec![Rule::parse("FREQ=DAILY").unwrap()];
        series.not_rules = vec![Rule::parse("FREQ=DAILY").unwrap()];
        assert_eq!(series.expand(1).0.len(), 0);
    }

    #[test]
    fn ends_of_all_kinds() {
        for (rule, want) in [
            ("FREQ=WEEKLY;UNTIL=20240401", 3),
            ("FREQ=WEEKLY;UNTIL=20240401T065959Z", 2),
            ("FREQ=WEEKLY;UNTIL=20240401T090000", 3),
            ("FREQ=WEEKLY;UNTIL=20240401;COUNT=2", 2),
            ("FREQ=WEEKLY;BYDAY=TU;COUNT=3", 3),
            ("FREQ=WEEKLY;COUNT=0", 1),
        ] {
            let mut series = weekly();
            series.rules = vec![Rule::parse(rule).unwrap()];
            assert_eq!(series.occurrences().count(), want, "{rule}");
        }
    }
}
