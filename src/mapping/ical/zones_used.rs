//! The time zones that a calendar names, with the years of its times: each gets a definition.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz;

use crate::ical::zone::Definition;
use crate::ical::{Component, Zone, Zones, zone_rules};
use crate::item::meeting::TimeZone;

/// The zones met, and the definitions that items carried along.
#[derive(Debug, Default)]
pub(super) struct ZonesUsed {
    carried: Vec<(Component, Arc<Definition>)>,
    used: BTreeMap<String, Used>,
}

#[derive(Debug, Clone)]
struct Used {
    zone: Zone,
    first: i16,
    last: i16,
}

/// Years after the start for which a series without an end has its zone told change by change.
const AHEAD: i16 = 30;

impl ZonesUsed {
    /// Adds a definition that an item carries raw.
    pub(super) fn carry(&mut self, text: &str) {
        let Some(component) = Component::of_text(text) else {
            return;
        };
        if let Some(definition) = Definition::read(&component) {
            let known = self
                .carried
                .iter()
                .any(|(_, own)| own.raw == definition.raw);
            if !known {
                self.carried.push((component, Arc::new(definition)));
            }
        }
    }

    /// The zone of an item: by the rules that it carries, else by the first of its names that is
    /// known. `None` when nothing tells what it is.
    pub(super) fn zone(&self, told: &TimeZone) -> Option<Zone> {
        let names = [&told.windows, &told.iana, &told.description];
        let names = names.into_iter().flatten();
        let carried = names.clone().find_map(|name| {
            let own = self.carried.iter().find(|(_, own)| own.id == *name)?;
            Some(Zone::of_rules(Some(name.clone()), Arc::clone(&own.1)))
        });
        if carried.is_some() {
            return carried;
        }
        if told.iana.as_deref() == Some("UTC") {
            return Some(Zone::utc());
        }
        names.into_iter().find_map(|name| {
            let mut zone = Zones::default().zone(0, name)?;
            zone.id = Some(name.clone());
            Some(zone)
        })
    }

    /// Notes that a zone is named in a year.
    pub(super) fn note(&mut self, zone: &Zone, year: i16) {
        let Some(id) = &zone.id else { return };
        let used = self.used.entry(id.clone()).or_insert_with(|| Used {
            zone: zone.clone(),
            first: year,
            last: year,
        });
        used.first = used.first.min(year);
        used.last = used.last.max(year);
    }

    /// Notes that a zone is named as long as a series goes on.
    pub(super) fn note_series(&mut self, zone: &Zone, first: i16, last: Option<i16>) {
        self.note(zone, first);
        let most = first.saturating_add(AHEAD);
        self.note(zone, last.map_or(most, |last| last.min(most)));
    }

    /// Takes over the zones of another.
    pub(super) fn append(&mut self, other: Self) {
        for (component, own) in other.carried {
            if !self.carried.iter().any(|(_, known)| known.id == own.id) {
                self.carried.push((component, own));
            }
        }
        for used in other.used.into_values() {
            self.note(&used.zone, used.first);
            self.note(&used.zone, used.last);
        }
    }

    /// Whether a definition carried by `other` says otherwise than that of the same name here.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        other.carried.iter().any(|(_, own)| {
            let same = self.carried.iter().find(|(_, known)| known.id == own.id);
            same.is_some_and(|(_, known)| known.raw != own.raw)
        })
    }

    /// The definitions: those carried along, and one of each other zone named.
    pub(super) fn definitions(&self) -> Vec<Component> {
        let mut all: Vec<Component> = self.carried.iter().map(|(own, _)| own.clone()).collect();
        for (id, used) in &self.used {
            if self.carried.iter().any(|(_, own)| own.id == *id) {
                continue;
            }
            let named = used.zone.iana.as_deref();
            let zone = named.and_then(|name| tz::TimeZone::get(name).ok());
            let zone = zone.unwrap_or_else(|| fixed(&used.zone));
            let (first, last) = (used.first.saturating_sub(1), used.last.saturating_add(1));
            all.push(zone_rules::definition(id, &zone, first, last));
        }
        all
    }
}

/// A zone whose clocks never change.
fn fixed(zone: &Zone) -> tz::TimeZone {
    let epoch = jiff::Timestamp::UNIX_EPOCH;
    let local = zone.local(epoch);
    let seconds = tz::TimeZone::UTC
        .to_timestamp(local)
        .map_or(0, |at| at.as_second());
    let offset = i32::try_from(seconds)
        .ok()
        .and_then(|seconds| tz::Offset::from_seconds(seconds).ok());
    tz::TimeZone::fixed(offset.unwrap_or(tz::Offset::UTC))
}
