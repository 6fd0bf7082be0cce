//! Time zones: by the rules that come with them, or by name.
//!
//! *Spec*: RFC 5545 3.6.5 (`VTIMEZONE`), 3.3.5 (times that occur twice or not at all); vCalendar
//! 1.0 (`TZ` and `DAYLIGHT`).
//!
//! *Invariants*: a time that occurs twice is the first; one that does not occur is read with the
//! offset before the gap. Before its first change, and after its last when its rules end, a zone
//! is as the database has it when its name is known there; else it has its first standard offset
//! before, and the last one after. At most [`limits::ZONE_CHANGES`] changes are kept, up to the
//! year [`LAST_YEAR`].
//!
//! *Seen in the wild*: a zone without any offset, a TZID that names no zone of the file, rules from
//! 1601 on, definitions after their use.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::component::Component;
use super::expansion::Expansion;
use super::rule::Rule;
use super::value::{self, When, utc_offset};
use super::zone_name::{self, Named};
use crate::limits;

/// The last year for which changes are computed; after it clocks change no more.
const LAST_YEAR: i16 = 2150;

/// A zone, and what it was called.
#[derive(Debug, Clone)]
pub struct Zone {
    /// The name in the file.
    pub id: Option<String>,
    /// Its name in the IANA database, when it could be told.
    pub iana: Option<String>,
    /// Its key name of Windows, when it was called that.
    pub windows: Option<String>,
    /// The rules that came with it, when they are what counts.
    pub rules: Option<Arc<Definition>>,
    clock: Clock,
    /// What the database has under the name of a zone by rules.
    known: Option<TimeZone>,
}

#[derive(Debug, Clone)]
enum Clock {
    Utc,
    Floating,
    Fixed(i32),
    Named(TimeZone),
    Rules,
}

impl Zone {
    fn of(clock: Clock) -> Self {
        Self {
            id: None,
            iana: None,
            windows: None,
            rules: None,
            clock,
            known: None,
        }
    }

    /// UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self::of(Clock::Utc)
    }

    /// No zone: the times of wherever one is.
    #[must_use]
    pub fn floating() -> Self {
        Self::of(Clock::Floating)
    }

    /// A zone by its rules.
    #[must_use]
    pub fn of_rules(id: Option<String>, rules: Arc<Definition>) -> Self {
        Self {
            id,
            rules: Some(rules),
            ..Self::of(Clock::Rules)
        }
    }

    /// Whether times in it are those of no zone.
    #[must_use]
    pub fn is_floating(&self) -> bool {
        matches!(self.clock, Clock::Floating)
    }

    /// Whether it is UTC.
    #[must_use]
    pub fn is_utc(&self) -> bool {
        matches!(self.clock, Clock::Utc)
    }

    /// The instant of a local time; that of a floating one as if it were in UTC.
    #[must_use]
    pub fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let seconds = match &self.clock {
            Clock::Utc | Clock::Floating => 0,
            Clock::Fixed(seconds) => *seconds,
            Clock::Named(zone) => return zone.to_timestamp(local).ok(),
            Clock::Rules => {
                let rules = self.rules.as_ref()?;
                match &self.known {
                    Some(known) if !rules.covers(local) => return known.to_timestamp(local).ok(),
                    _ => rules.offset_of_local(local),
                }
            }
        };
        let utc = local.checked_sub(i64::from(seconds).seconds()).ok()?;
        value::utc(utc)
    }

    /// The local time of an instant.
    #[must_use]
    pub fn local(&self, instant: Timestamp) -> DateTime {
        let utc = TimeZone::UTC.to_datetime(instant);
        let seconds = match &self.clock {
            Clock::Utc | Clock::Floating => 0,
            Clock::Fixed(seconds) => *seconds,
            Clock::Named(zone) => return zone.to_datetime(instant),
            Clock::Rules => match (&self.rules, &self.known) {
                (Some(rules), Some(known)) if !rules.covers(utc) => {
                    return known.to_datetime(instant);
                }
                (Some(rules), _) => rules.offset_of_utc(utc),
                (None, _) => 0,
            },
        };
        utc.checked_add(i64::from(seconds).seconds()).unwrap_or(utc)
    }
}

/// A `VTIMEZONE`.
#[derive(Debug)]
pub struct Definition {
    /// `TZID`.
    pub id: String,
    /// The component as it stood.
    pub raw: String,
    /// Another name that it tells: `X-LIC-LOCATION`, the end of `TZURL`.
    pub other_name: Option<String>,
    observances: Vec<Observance>,
    changes: OnceLock<Vec<Change>>,
}

/// A `STANDARD` or `DAYLIGHT`.
#[derive(Debug)]
struct Observance {
    is_daylight: bool,
    start: Option<DateTime>,
    from: i32,
    to: i32,
    rules: Vec<Rule>,
    dates: Vec<When>,
}

/// A change of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    /// When, by the clock before.
    local: DateTime,
    from: i32,
    to: i32,
}

impl Change {
    fn utc(self) -> DateTime {
        let utc = self.local.checked_sub(i64::from(self.from).seconds());
        utc.unwrap_or(self.local)
    }
}

impl Definition {
    /// Reads the component; `None` when it has no usable offset.
    #[must_use]
    pub fn read(component: &Component) -> Option<Self> {
        let text = |own: &Component, name: &str| Some(own.property(name)?.text());
        let observances: Vec<Observance> = component
            .components
            .iter()
            .filter_map(Observance::read)
            .collect();
        if observances.is_empty() {
            return None;
        }
        let url = text(component, "TZURL");
        let of_url = url.and_then(|url| {
            let path = url.split_once("zoneinfo")?.1.trim_matches('/');
            Some(path.trim_end_matches(".ics").to_owned())
        });
        Some(Self {
            id: text(component, "TZID")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            raw: component.raw(),
            other_name: text(component, "X-LIC-LOCATION").or(of_url),
            observances,
            changes: OnceLock::new(),
        })
    }

    /// The zone of a vCalendar 1.0, from its `TZ` and `DAYLIGHT`.
    #[must_use]
    pub fn read_v1(calendar: &Component) -> Option<Self> {
        let standard = utc_offset_v1(calendar.property("TZ")?.value())?;
        let mut changes = Vec::new();
        for property in calendar.properties.iter().take(limits::ZONE_CHANGES) {
            let mut parts = property.value().split(';').map(str::trim);
            let is_on = property.name() == "DAYLIGHT"
                && parts
                    .next()
                    .is_some_and(|on| on.eq_ignore_ascii_case("TRUE"));
            let offset = parts.next().and_then(utc_offset_v1).filter(|_| is_on);
            let mut time = || When::parse(parts.next()?).map(When::datetime);
            if let (Some(daylight), Some(begin), Some(end)) = (offset, time(), time()) {
                let (from, to) = (standard, daylight);
                changes.push(Change {
                    local: begin,
                    from,
                    to,
                });
                changes.push(Change {
                    local: end,
                    from: to,
                    to: from,
                });
            }
        }
        changes.sort_unstable();
        let fixed = Observance {
            is_daylight: false,
            start: None,
            from: standard,
            to: standard,
            rules: Vec::new(),
            dates: Vec::new(),
        };
        let raw = |name: &str| calendar.property(name).map(super::property::Property::raw);
        Some(Self {
            id: String::new(),
            raw: raw("TZ").unwrap_or_default(),
            other_name: None,
            observances: vec![fixed],
            changes: OnceLock::from(changes),
        })
    }

    fn changes(&self) -> &[Change] {
        self.changes.get_or_init(|| {
            let all = self.observances.iter().flat_map(Observance::changes);
            let mut changes: Vec<Change> = all.take(limits::ZONE_CHANGES).collect();
            changes.sort_unstable();
            changes.dedup();
            changes
        })
    }

    /// Whether its changes are known around a time.
    fn covers(&self, at: DateTime) -> bool {
        let is_open = |own: &Observance| own.rules.iter().any(Rule::is_endless);
        let changes = self.changes();
        let begun = changes.first().is_some_and(|first| first.local <= at);
        let ended = changes.last().is_none_or(|last| last.local <= at);
        begun && (!ended || self.observances.iter().any(is_open))
    }

    /// The offset before the first change.
    fn first_offset(&self) -> i32 {
        let standard = self.observances.iter().find(|own| !own.is_daylight);
        standard
            .or(self.observances.first())
            .map_or(0, |own| own.to)
    }

    fn offset_of_local(&self, local: DateTime) -> i32 {
        let changes = self.changes();
        let after = changes.partition_point(|change| change.local <= local);
        let Some(change) = after.checked_sub(1).and_then(|at| changes.get(at)) else {
            return self.first_offset();
        };
        // Within the gap that a clock set forward leaves, the old offset still holds.
        let gap = i64::from(change.to) - i64::from(change.from);
        let end = change.local.checked_add(gap.seconds());
        match end {
            Ok(end) if gap > 0 && local < end => change.from,
            _ => change.to,
        }
    }

    fn offset_of_utc(&self, utc: DateTime) -> i32 {
        let changes = self.changes();
        let after = changes.partition_point(|change| change.utc() <= utc);
        let last = after.checked_sub(1).and_then(|at| changes.get(at));
        last.map_or_else(|| self.first_offset(), |change| change.to)
    }
}

/// `-05`, `-0500` or `-05:00`.
fn utc_offset_v1(text: &str) -> Option<i32> {
    let text = text.trim();
    utc_offset(text).or_else(|| utc_offset(&format!("{text}00")))
}

impl Observance {
    fn read(component: &Component) -> Option<Self> {
        if !matches!(component.name.as_str(), "STANDARD" | "DAYLIGHT") {
            return None;
        }
        let value = |name| component.property(name).map(super::Property::value);
        let to = utc_offset(value("TZOFFSETTO")?)?;
        let from = value("TZOFFSETFROM").and_then(utc_offset).unwrap_or(to);
        let start = value("DTSTART").and_then(When::parse);
        let mut own = Self {
            is_daylight: component.name == "DAYLIGHT",
            start: start.map(When::datetime),
            from,
            to,
            rules: Vec::new(),
            dates: Vec::new(),
        };
        for property in component.properties.iter().take(limits::ZONE_CHANGES) {
            match property.name() {
                "RRULE" if own.rules.len() < 16 => {
                    own.rules.extend(Rule::parse(property.value()).ok());
                }
                "RDATE" => {
                    let dates = property.value().split(',').take(limits::ZONE_CHANGES);
                    let dates = dates.filter_map(|date| Some(value::period(date)?.0));
                    own.dates.extend(dates);
                }
                _ => {}
            }
        }
        Some(own)
    }

    /// When it begins, time after time.
    fn changes(&self) -> impl Iterator<Item = Change> {
        let offset = i64::from(self.from);
        let local = move |when: &When| match when {
            When::Utc(utc) => utc.checked_add(offset.seconds()).unwrap_or(*utc),
            when => when.datetime(),
        };
        let ruled = self
            .rules
            .iter()
            .filter_map(|rule| Some((rule, self.start?)));
        let of_rules = ruled.flat_map(move |(rule, start)| {
            let count = rule.count.and_then(|count| usize::try_from(count).ok());
            let until = rule.until;
            Expansion::new(rule, start)
                .take(count.unwrap_or(usize::MAX))
                .take_while(move |time| {
                    let ended = match until {
                        None => false,
                        Some(When::Date(date)) => time.date() > date,
                        Some(until) => *time > local(&until),
                    };
                    !ended && time.year() <= LAST_YEAR
                })
        });
        let of_dates = self.dates.iter().map(local);
        let times = self.start.into_iter().chain(of_dates).chain(of_rules);
        times.map(|local| Change {
            local,
            from: self.from,
            to: self.to,
        })
    }
}

/// The zones that a file defines.
#[derive(Debug, Default)]
pub struct Zones {
    of_calendar: HashMap<(u32, String), Arc<Definition>>,
    anywhere: HashMap<String, Arc<Definition>>,
}

fn key(id: &str) -> String {
    id.trim().trim_matches('"').to_lowercase()
}

impl Zones {
    /// Adds a definition of a calendar; the first of an id counts.
    pub fn add(&mut self, calendar: u32, definition: Arc<Definition>) {
        let key = key(&definition.id);
        let known = self.of_calendar.entry((calendar, key.clone()));
        known.or_insert_with(|| Arc::clone(&definition));
        self.anywhere.entry(key).or_insert(definition);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.of_calendar.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of_calendar.is_empty()
    }

    /// The zone of a TZID in a calendar: by the rules there, else by its name, else by the rules of
    /// another calendar of the file.
    #[must_use]
    pub fn zone(&self, calendar: u32, id: &str) -> Option<Zone> {
        let key = key(id);
        let own = self.of_calendar.get(&(calendar, key.clone()));
        let named = zone_name::named(id);
        let rules = match (own, &named) {
            (Some(own), _) => Some(own),
            (None, Some(_)) => None,
            (None, None) => self.anywhere.get(&key),
        };
        let mut zone = match (rules, &named) {
            (Some(rules), _) => Zone::of_rules(None, Arc::clone(rules)),
            (None, Some(Named::Zone { zone, .. })) => Zone::of(Clock::Named(zone.clone())),
            (None, Some(Named::Fixed(seconds))) => Zone::of(Clock::Fixed(*seconds)),
            (None, None) => return None,
        };
        let other = rules.and_then(|rules| rules.other_name.as_deref());
        let told = match named {
            Some(Named::Zone { .. }) => named,
            _ => other.and_then(zone_name::named),
        };
        if let Some(Named::Zone {
            zone: known,
            iana,
            windows,
        }) = told
        {
            zone.iana = Some(iana);
            zone.windows = windows;
            zone.known = Some(known);
        }
        zone.id = Some(id.trim().trim_matches('"').to_owned());
        Some(zone)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::content_line::Folding;
    use crate::finding::Findings;
    use crate::ical::component::Reading;

    const BERLIN: &str = "BEGIN:VTIMEZONE\nTZID:Mine\n\
        BEGIN:STANDARD\nDTSTART:16010101T030000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\n\
        TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\n\
        TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\nEND:VTIMEZONE\n";

    fn read(text: &str) -> Component {
        let reading = Reading {
            folding: Folding::Removed,
            page: crate::charset::WESTERN,
        };
        let mut root = Component::read(text.as_bytes(), reading, &mut 999, &mut Findings::new());
        root.components.pop().unwrap()
    }

    #[test]
    fn rules_agree_with_the_database() {
        let mut zones = Zones::default();
        zones.add(0, Arc::new(Definition::read(&read(BERLIN)).unwrap()));
        let mine = zones.zone(0, "\"mine\"").unwrap();
        let known = zones.zone(0, "Europe/Berlin").unwrap();
        for local in [
            date(2024, 1, 1).at(12, 0, 0, 0),
            date(2024, 7, 1).at(12, 0, 0, 0),
            date(2024, 3, 31).at(1, 59, 0, 0),
            date(2024, 3, 31).at(2, 30, 0, 0),
            date(2024, 3, 31).at(3, 0, 0, 0),
            date(2024, 10, 27).at(1, 59, 0, 0),
            date(2024, 10, 27).at(2, 30, 0, 0),
            date(2024, 10, 27).at(3, 0, 0, 0),
        ] {
            let instant = mine.instant(local).unwrap();
            assert_eq!(Some(instant), known.instant(local), "{local}");
            assert_eq!(mine.local(instant), known.local(instant), "{local}");
        }
        assert!(mine.iana.is_none() && zones.zone(0, "Theirs").is_none());
    }

    #[test]
    fn zones_of_the_old_format() {
        let text = "BEGIN:VCALENDAR\nVERSION:1.0\nTZ:-08\n\
            DAYLIGHT:TRUE;-07;19960407T020000;19961027T020000;PST;PDT\nEND:VCALENDAR\n";
        let rules = Arc::new(Definition::read_v1(&read(text)).unwrap());
        let zone = Zone::of_rules(None, rules);
        let at = |month, day| {
            zone.instant(date(1996, month, day).at(12, 0, 0, 0))
                .unwrap()
        };
        assert_eq!(at(1, 1).to_string(), "1996-01-01T20:00:00Z");
        assert_eq!(at(7, 1).to_string(), "1996-07-01T19:00:00Z");
        assert_eq!(at(12, 1).to_string(), "1996-12-01T20:00:00Z");
    }
}
