//! Times of a component: in which zone, and which instant.
//!
//! *Spec*: RFC 5545 3.3.5, 3.8.2.
//!
//! *Seen in the wild*: a TZID that nothing explains (read as if in UTC, with a finding), a TZID
//! beside a time in UTC (UTC counts), an end before the start.

use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::ical::series::Length;
use crate::ical::value::{self, Duration, PeriodEnd};
use crate::ical::{Component, Entry, Property, Series, When, Zone, Zones};
use crate::item::meeting::TimeZone;

/// A time, its zone and its instant.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    /// As written.
    pub(super) when: When,
    /// Its zone; that of no zone for a date.
    pub(super) zone: Zone,
    /// The instant; of a date its midnight in UTC.
    pub(super) instant: Timestamp,
}

/// The zones that the properties of an entry may name.
#[derive(Debug)]
pub(super) struct Clocks<'a> {
    zones: &'a Zones,
    calendar: u32,
    /// The zone of times that name none.
    own: Zone,
    unknown: RefCell<BTreeSet<String>>,
}

impl<'a> Clocks<'a> {
    pub(super) fn new(zones: &'a Zones, entry: &Entry) -> Self {
        Self {
            zones,
            calendar: entry.calendar,
            own: entry.head.zone.clone().unwrap_or_else(Zone::floating),
            unknown: RefCell::default(),
        }
    }

    /// The names of zones that nothing explained so far.
    pub(super) fn take_unknown(&self) -> BTreeSet<String> {
        self.unknown.take()
    }

    fn zone(&self, id: Option<&str>) -> Zone {
        let Some(id) = id.filter(|id| !id.trim().is_empty()) else {
            return self.own.clone();
        };
        self.zones.zone(self.calendar, id).unwrap_or_else(|| {
            let mut unknown = self.unknown.borrow_mut();
            if unknown.len() < 100 {
                unknown.insert(id.to_owned());
            }
            let mut none = Zone::floating();
            none.id = Some(id.to_owned());
            none
        })
    }

    /// The time of a property.
    pub(super) fn moment(&self, property: &Property) -> Option<Moment> {
        let (zone, value) = property.zone_and_value();
        self.at(When::parse(value)?, zone.as_deref())
    }

    fn at(&self, when: When, zone: Option<&str>) -> Option<Moment> {
        let zone = match when {
            When::Utc(_) => Zone::utc(),
            When::Date(_) => Zone::floating(),
            When::Local(_) => self.zone(zone),
        };
        let instant = zone.instant(when.datetime())?;
        Some(Moment {
            when,
            zone,
            instant,
        })
    }

    /// The instant of a time without a property of its own.
    pub(super) fn at_time(&self, when: When) -> Option<Timestamp> {
        Some(self.at(when, None)?.instant)
    }

    /// The times of a list, and whether all of it could be read.
    pub(super) fn list(&self, property: &Property, most: usize) -> (Vec<Moment>, bool) {
        let (zone, value) = property.zone_and_value();
        let mut all = true;
        let mut list = Vec::new();
        for part in value
            .split([',', ';'])
            .filter(|part| !part.trim().is_empty())
        {
            let read = When::parse(part).and_then(|when| self.at(when, zone.as_deref()));
            all &= read.is_some() && list.len() < most;
            list.extend(read.filter(|_| list.len() < most));
        }
        (list, all)
    }

    /// The starts and ends of a list of dates, times or periods.
    pub(super) fn periods(&self, property: &Property) -> Vec<(Moment, Option<Timestamp>)> {
        let (zone, value) = property.zone_and_value();
        let zone = zone.as_deref();
        let parts = value
            .split([',', ';'])
            .take(crate::limits::RECURRENCE_DATES);
        let read = parts.filter_map(|part| {
            let (start, end) = value::period(part)?;
            let start = self.at(start, zone)?;
            let end = match end {
                None => None,
                Some(PeriodEnd::At(end)) => Some(self.at(end, zone)?.instant),
                Some(PeriodEnd::After(length)) => {
                    let end = length.after(start.when.datetime());
                    end.and_then(|end| start.zone.instant(end))
                }
            };
            Some((start, end))
        });
        read.collect()
    }
}

/// From when to when a component goes.
#[derive(Debug, Clone)]
pub(super) struct Span {
    /// Its start; of a to-do without one the time that it is due.
    pub(super) start: Moment,
    /// Its end.
    pub(super) end: Timestamp,
    /// The end as written, when it is.
    pub(super) written_end: Option<Moment>,
    /// How long it is.
    pub(super) length: Length,
}

impl Span {
    /// Reads start and end (RFC 5545 3.6.1: an event without an end takes no time, or its day).
    pub(super) fn read(clocks: &Clocks<'_>, component: &Component) -> Option<Self> {
        let moment = |name| clocks.moment(component.property(name)?);
        let due = moment("DUE");
        let start = moment("DTSTART").or_else(|| due.clone())?;
        let written_end = moment("DTEND").or(due);
        let length = component.property("DURATION");
        let length = length.and_then(|own| Duration::parse(own.value()));
        let (start_at, day) = (start.when.datetime(), start.when.is_date());
        let length = match (&written_end, length) {
            (Some(end), _) if day => {
                let end = end.when.date();
                let days = start_at.date().until(end).map_or(0, |span| span.get_days());
                Length::Nominal(Duration { days, seconds: 0 })
            }
            (Some(end), _) => Length::Exact(end.instant.duration_since(start.instant)),
            (None, Some(length)) => Length::Nominal(length),
            (None, None) => Length::Nominal(Duration {
                days: i32::from(day),
                seconds: 0,
            }),
        };
        let series = Series::once(start.when, start.zone.clone(), length);
        let end = match &written_end {
            Some(end) => end.instant,
            None => series.end(start.instant, start_at),
        };
        Some(Self {
            start,
            end,
            written_end,
            length,
        })
    }
}

/// A zone as records have it; none for times in no zone and single ones in UTC.
pub(super) fn shown(zone: &Zone) -> Option<TimeZone> {
    let id = zone.id.as_ref();
    let described = id.filter(|id| {
        Some(*id) != zone.iana.as_ref() && Some(*id) != zone.windows.as_ref() && !id.is_empty()
    });
    let shown = TimeZone {
        windows: zone.windows.clone(),
        iana: zone.iana.clone(),
        description: described.cloned(),
    };
    (!shown.is_default()).then_some(shown)
}

/// A local time of the series for an instant.
pub(super) fn local(zone: &Zone, moment: &Moment) -> DateTime {
    match moment.when {
        When::Date(_) => moment.when.datetime(),
        // A series without zone goes by the clocks on its walls.
        When::Local(local) if zone.is_floating() => local,
        _ => zone.local(moment.instant),
    }
}
