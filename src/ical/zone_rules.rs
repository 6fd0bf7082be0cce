//! A time zone of the database as a `VTIMEZONE`.
//!
//! *Spec*: RFC 5545 3.6.5; MS-OXCICAL 2.1.3.1.1.19 (what Outlook reads: a rule by the week of a
//! month for each of both changes of a year).
//!
//! *Invariants*: the years that are asked for are told as the database has them: with rules from
//! the first year on from which they stay the same, change by change before. At most [`YEARS`].

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

use super::component::Component;
use super::property::Property;
use crate::mapi::timezone::{SystemTime, ZoneRule};
use crate::mapi::windows_zones::rule_of_zone;

/// The year in which rules begin that always were.
const ALWAYS: i16 = 1601;

/// Years that a definition tells of at most.
const YEARS: i16 = 200;

/// The definition of a zone from one year to another, both included.
#[must_use]
pub fn definition(id: &str, zone: &TimeZone, first: i16, last: i16) -> Component {
    let first = first.clamp(1601, 9000);
    let last = last.clamp(first, first.saturating_add(YEARS));
    let mut own = Component::new("VTIMEZONE");
    own.properties
        .push(Property::of_text("TZID", Vec::new(), id));
    let exact = |year: i16| {
        let (rule, exact) = rule_of_zone(zone, year)?;
        exact.then_some(rule)
    };
    let rule = exact(last);
    let mut from = last;
    while rule.is_some() && from > first && exact(from.saturating_sub(1)) == rule {
        from = from.saturating_sub(1);
    }
    let until = match rule {
        Some(_) => from,
        None => last.saturating_add(1),
    };
    changes(&mut own, zone, first, until);
    match rule {
        Some(rule) if rule.has_daylight_time() => {
            // Rules that need no beginning are the same in every file, as Outlook writes them.
            rules(&mut own, &rule, if from == first { ALWAYS } else { from });
        }
        _ if own.components.is_empty() => {
            let offset = start_of(first).and_then(|local| zone.to_timestamp(local).ok());
            let offset = offset.map_or(Offset::UTC, |at| zone.to_offset(at));
            let start = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
            observance(&mut own, false, start, (offset, offset), None);
        }
        _ => {}
    }
    own
}

fn start_of(year: i16) -> Option<DateTime> {
    Some(Date::new(year, 1, 1).ok()?.at(0, 0, 0, 0))
}

/// Every change of the clock from the beginning of a year to that of another.
fn changes(own: &mut Component, zone: &TimeZone, first: i16, until: i16) {
    let at = |year| start_of(year).and_then(|local| zone.to_timestamp(local).ok());
    let (Some(begin), Some(end)) = (at(first), at(until)) else {
        return;
    };
    if first >= until {
        return;
    }
    let mut before = zone.to_offset(begin);
    if let Some(start) = start_of(first) {
        observance(own, false, start, (before, before), None);
    }
    let most = usize::try_from(YEARS).unwrap_or_default().saturating_mul(8);
    for change in zone.following(begin).take(most) {
        if change.timestamp() >= end {
            break;
        }
        let after = change.offset();
        if after != before {
            let local = before.to_datetime(change.timestamp());
            let is_daylight = change.dst().is_dst();
            observance(own, is_daylight, local, (before, after), None);
        }
        before = after;
    }
}

/// Both changes of a year, from this year on.
fn rules(own: &mut Component, rule: &ZoneRule, year: i16) {
    let (standard, daylight) = (rule.standard_offset(), rule.daylight_offset());
    for (is_daylight, when, from, to) in [
        (false, &rule.standard_date, daylight, standard),
        (true, &rule.daylight_date, standard, daylight),
    ] {
        if let Some(start) = when.in_year(year) {
            observance(own, is_daylight, start, (from, to), Some(&yearly(when)));
        }
    }
}

/// The rule of a change: the last Sunday of October.
fn yearly(when: &SystemTime) -> String {
    const DAYS: [&str; 7] = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
    let day = DAYS.get(usize::from(when.day_of_week)).unwrap_or(&"SU");
    let week = match when.day {
        5.. => "-1".to_owned(),
        week => week.to_string(),
    };
    format!("FREQ=YEARLY;BYDAY={week}{day};BYMONTH={}", when.month)
}

fn observance(
    own: &mut Component,
    is_daylight: bool,
    start: DateTime,
    (from, to): (Offset, Offset),
    rule: Option<&str>,
) {
    let mut observance = Component::new(if is_daylight { "DAYLIGHT" } else { "STANDARD" });
    let start = start.strftime("%Y%m%dT%H%M%S").to_string();
    let mut put = |name: &str, value: &str| {
        let made = Property::made(name, Vec::new(), value);
        observance.properties.push(made);
    };
    put("DTSTART", &start);
    if let Some(rule) = rule {
        put("RRULE", rule);
    }
    put("TZOFFSETFROM", &shown(from));
    put("TZOFFSETTO", &shown(to));
    own.components.push(observance);
}

/// `+0100`, with seconds where there are some.
fn shown(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.unsigned_abs();
    let (hours, minutes, rest) = (all / 3600, all / 60 % 60, all % 60);
    match rest {
        0 => format!("{sign}{hours:02}{minutes:02}"),
        rest => format!("{sign}{hours:02}{minutes:02}{rest:02}"),
    }
}
