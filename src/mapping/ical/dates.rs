//! Dates of an event without a rule (RDATE), as a series that Outlook can have.
//!
//! *Spec*: RFC 5545 3.8.5.2; MS-OXCICAL 2.1.3.2 and MS-OXOCAL 2.2.1.44.1 (every series has a rule).
//!
//! A rule of every so many days meets all of them; the days that it meets besides are deleted, and
//! an occurrence at another time of day, or of another length, is a changed one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::Session;
use super::recurrence::Read;
use super::taker::Taker;
use super::times::{Moment, Span};
use crate::content_line::Param;
use crate::ical::rule::Rule;
use crate::ical::series::Occurrence;
use crate::ical::{Component, Property, When};
use crate::limits;

/// The longest step that Outlook's dialog takes, in days.
const LONGEST_STEP: i64 = 999;

/// A series that has just the dates of an event.
pub(super) struct Dates {
    /// The rule that meets them all.
    pub(super) rule: Rule,
    /// The days that it meets besides.
    pub(super) deleted: Vec<Date>,
    /// Dates that differ by more than their day: when the rule has them, the event as it is then,
    /// and its times.
    pub(super) moved: Vec<(DateTime, Component, Span)>,
}

/// The series of an event that has dates and no rule; `None` when it has none, or dates that no
/// series of Outlook can have: two on one day, some before its start, too many, too far apart.
pub(super) fn series(read: &Read<'_>, component: &Component) -> Option<Dates> {
    let own = &read.series;
    if own.dates.is_empty() || !own.rules.is_empty() {
        return None;
    }
    let first = read.span.start.when.datetime();
    let mut days: BTreeMap<i64, Occurrence> = BTreeMap::new();
    for occurrence in own.occurrences() {
        let day = days_between(first.date(), occurrence.original.date())?;
        let taken = days.insert(day, occurrence).is_some();
        if taken || day < 0 || days.len() > limits::DATES_AS_SERIES {
            return None;
        }
    }
    let last = *days.keys().next_back()?;
    let common = days.keys().fold(0, |common, day| divisor(common, *day));
    let step = (1..=LONGEST_STEP.min(common)).rev();
    let step = step.into_iter().find(|step| common % step == 0)?;
    let count = last.checked_div(step)?.checked_add(1)?;
    if usize::try_from(count).ok()? > limits::DATES_AS_SERIES {
        return None;
    }
    let rule = Rule::parse(&format!("FREQ=DAILY;INTERVAL={step};COUNT={count}")).ok()?;
    let at = |step: i64| first.date().checked_add(jiff::Span::new().days(step)).ok();
    let besides = (0..count).filter_map(|number| number.checked_mul(step));
    let besides = besides.filter(|day| !days.contains_key(day));
    let deleted = besides.map(at).collect::<Option<Vec<_>>>()?;
    let mut moved = Vec::new();
    for (day, occurrence) in days {
        // A day has no time of day.
        let is_date = read.span.start.when.is_date();
        let same_time = is_date || occurrence.original.time() == first.time();
        let end = own.end(occurrence.start, occurrence.original);
        if occurrence.changed.is_some() || (same_time && occurrence.end == end) {
            continue;
        }
        let original = at(day)?.to_datetime(first.time());
        let (own, span) = as_changed(read, component, original, &occurrence)?;
        moved.push((original, own, span));
    }
    let size = component.raw().len().saturating_mul(moved.len());
    let fits = u64::try_from(size).is_ok_and(|size| size <= limits::CALENDAR_ENTRY_BYTES);
    fits.then_some(Dates {
        rule,
        deleted,
        moved,
    })
}

/// Marks the dates that have become a series; those of a list of which some could not be read are
/// raw too.
pub(super) fn mark(session: &Session<'_>, taker: &mut Taker<'_>) {
    let all: Vec<_> = taker.all("RDATE").collect();
    for found in all {
        let told = found.property.value().split([',', ';']);
        let told = told.filter(|part| !part.trim().is_empty()).count();
        if session.clocks.periods(found.property).len() == told {
            taker.mark_whole(found, &["TZID", "VALUE"]);
        }
    }
}

fn days_between(from: Date, to: Date) -> Option<i64> {
    Some(i64::from(from.until(to).ok()?.get_days()))
}

/// The greatest common divisor.
fn divisor(one: i64, other: i64) -> i64 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one.checked_rem(other).unwrap_or_default());
    }
    one
}

/// The event as a changed occurrence of its series, with the times of one of its dates.
fn as_changed(
    read: &Read<'_>,
    component: &Component,
    original: DateTime,
    occurrence: &Occurrence,
) -> Option<(Component, Span)> {
    let zone = &read.series.zone;
    let start = component.property("DTSTART")?;
    let told = |name: &str, at: Timestamp| {
        let local = zone.local(at);
        let (params, value) = match read.span.start.when {
            When::Date(_) => (
                vec![Param::new("VALUE", ["DATE"])],
                local.strftime("%Y%m%d").to_string(),
            ),
            When::Utc(_) => (Vec::new(), super::giver::utc(at)),
            When::Local(_) => (
                start
                    .param("TZID")
                    .map(|id| Param::new("TZID", [&*id]))
                    .into_iter()
                    .collect(),
                local.strftime("%Y%m%dT%H%M%S").to_string(),
            ),
        };
        Property::made(name, params, &value)
    };
    let mut own = component.clone();
    let times = ["DTSTART", "DTEND", "DURATION", "RDATE", "EXDATE"];
    own.properties
        .retain(|property| !times.contains(&property.name()));
    own.properties
        .push(told("RECURRENCE-ID", zone.instant(original)?));
    own.properties.push(told("DTSTART", occurrence.start));
    own.properties.push(told("DTEND", occurrence.end));
    let moment = |at: Timestamp| {
        let local = zone.local(at);
        let when = match read.span.start.when {
            When::Date(_) => When::Date(local.date()),
            When::Utc(_) => When::Utc(local),
            When::Local(_) => When::Local(local),
        };
        Moment {
            when,
            zone: read.span.start.zone.clone(),
            instant: at,
        }
    };
    let span = Span {
        start: moment(occurrence.start),
        end: occurrence.end,
        written_end: Some(moment(occurrence.end)),
        length: read.span.length,
    };
    Some((own, span))
}
