//! The time zones of an appointment.
//!
//! *Shape*: `OPFCalendarEventGetStartTimeZoneICSData` has a VTIMEZONE whose TZID is a name of
//! Windows or of the IANA database; `OPFCalendarEventCopyStartTimeZone` the words that are shown.

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use super::fields::Taker;
use crate::item::meeting::TimeZone;
use crate::mapi::windows_zones::{iana_of, iana_of_description};

/// The zone of the start.
#[derive(Debug, Default)]
pub(super) struct Zone {
    /// As it is kept.
    pub(super) shown: Option<TimeZone>,
    /// To convert with.
    rules: Option<jiff::tz::TimeZone>,
}

impl Zone {
    /// Reads it. The rules of the VTIMEZONE stay raw.
    pub(super) fn read(taker: &mut Taker<'_>) -> Self {
        let id = taker
            .peek_text("OPFCalendarEventGetStartTimeZoneICSData")
            .and_then(zone_id);
        let description = taker.text("OPFCalendarEventCopyStartTimeZone");
        let mut zone = TimeZone {
            windows: id.clone().filter(|id| iana_of(id).is_some()),
            iana: None,
            description,
        };
        let by_id = id.as_deref().and_then(|id| iana_of(id).map(str::to_owned));
        let as_iana = id.filter(|id| jiff::tz::TimeZone::get(id).is_ok());
        let by_words = zone.description.as_deref().and_then(|words| {
            let known = iana_of_description(words).map(str::to_owned);
            known.or_else(|| {
                jiff::tz::TimeZone::get(words)
                    .is_ok()
                    .then(|| words.to_owned())
            })
        });
        zone.iana = by_id.or(as_iana).or(by_words);
        let rules = zone
            .iana
            .as_deref()
            .and_then(|name| jiff::tz::TimeZone::get(name).ok());
        Self {
            shown: Some(zone).filter(|zone| !zone.is_default()),
            rules,
        }
    }

    /// The day that begins at an instant: midnight of the zone, or else the midnight nearest to it.
    pub(super) fn day(&self, instant: Timestamp) -> Date {
        let local = self.rules.as_ref().map(|rules| rules.to_datetime(instant));
        if let Some(local) = local.filter(|local| local.time() == Time::midnight()) {
            return local.date();
        }
        let middle = instant.checked_add(12.hours()).unwrap_or(instant);
        jiff::tz::TimeZone::UTC.to_datetime(middle).date()
    }

    /// The day on which an instant lies, and the minutes since its midnight.
    pub(super) fn clock(&self, instant: Timestamp) -> Option<(Date, i64)> {
        let local = self.rules.as_ref()?.to_datetime(instant);
        let minutes = i64::from(local.hour()) * 60 + i64::from(local.minute());
        Some((local.date(), minutes))
    }
}

/// The TZID of a VTIMEZONE.
fn zone_id(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| {
        line.get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("TZID"))
    })?;
    let (_, id) = line.split_once(':')?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}
