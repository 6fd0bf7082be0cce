//! The time zones of a meeting, from the structures that Outlook keeps of them.
//!
//! *Spec*: MS-OXOCAL 2.2.1.39 to 2.2.1.43.
//!
//! *Seen in the wild*: items older than Outlook 2007 have the nameless structure and a description
//! in the language of their author only.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, ToSpan};

use super::Session;
use super::giver::Giver;
use super::taker::Taker;
use crate::finding::Effect;
use crate::item::Meeting;
use crate::item::meeting::TimeZone;
use crate::mapi::timezone::{TimeZoneDefinition, TimeZoneStruct, ZoneRule};
use crate::mapi::windows_zones::{iana_of, iana_of_description, key_name_of, rule_of_zone};
use crate::mapi::{Guid, Value, pid_lid};

/// The zones of one meeting. None of their properties is taken: they are kept raw, byte for byte.
#[derive(Debug)]
pub(super) struct Zones {
    start: Option<TimeZoneDefinition>,
    end: Option<TimeZoneDefinition>,
    recurrence: Option<TimeZoneDefinition>,
    nameless: Option<TimeZoneStruct>,
}

impl Zones {
    /// Reads them.
    pub(super) fn read(session: &mut Session<'_>, taker: &Taker<'_>) -> Self {
        let mut definition = |name| definition(session, taker, name);
        let start = definition(pid_lid::APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY);
        let end = definition(pid_lid::APPOINTMENT_TIME_ZONE_DEFINITION_END_DISPLAY);
        let recurrence = definition(pid_lid::APPOINTMENT_TIME_ZONE_DEFINITION_RECUR);
        let nameless = taker
            .peek(pid_lid::TIME_ZONE_STRUCT)
            .and_then(Value::as_bytes);
        let nameless = nameless.and_then(|bytes| match TimeZoneStruct::from_bytes(bytes) {
            Ok(read) => Some(read),
            Err(error) => {
                malformed(session, &error);
                None
            }
        });
        Self {
            start,
            end,
            recurrence,
            nameless,
        }
    }

    /// The zone to show: that of the start, else that of the recurrence, else the description
    /// alone.
    pub(super) fn shown(&self, taker: &mut Taker<'_>) -> Option<TimeZone> {
        let description = taker.text(pid_lid::TIME_ZONE_DESCRIPTION);
        let definition = self.recurrence.as_ref().or(self.start.as_ref());
        let iana = definition.and_then(TimeZoneDefinition::iana);
        let iana = iana.or_else(|| iana_of_description(description.as_deref()?));
        let zone = TimeZone {
            windows: definition
                .map(TimeZoneDefinition::key_name)
                .filter(|name| !name.is_empty()),
            iana: iana.map(str::to_owned),
            description,
        };
        (!zone.is_default()).then_some(zone)
    }

    /// The zone of the end, when it is not the one shown.
    pub(super) fn end(&self, shown: Option<&TimeZone>) -> Option<TimeZone> {
        let definition = self.end.as_ref()?;
        let windows = Some(definition.key_name()).filter(|name| !name.is_empty())?;
        if shown.and_then(|zone| zone.windows.as_ref()) == Some(&windows) {
            return None;
        }
        Some(TimeZone {
            windows: Some(windows),
            iana: definition.iana().map(str::to_owned),
            description: None,
        })
    }

    /// The rule to convert the times of a series with.
    fn rule(&self) -> Option<ZoneRule> {
        let definition = self.recurrence.as_ref().or(self.start.as_ref());
        let effective = definition.and_then(TimeZoneDefinition::effective).copied();
        effective.or_else(|| Some(self.nameless?.rule))
    }

    /// The instant of a local time; `None` when the zone is not known.
    pub(super) fn instant(&self, local: DateTime) -> Option<Timestamp> {
        self.rule()?.to_utc(local)
    }

    /// The day that begins at an instant: midnight of the zone, or else the midnight nearest to it.
    pub(super) fn day(&self, instant: Timestamp) -> Date {
        let shown = self
            .start
            .as_ref()
            .and_then(TimeZoneDefinition::effective)
            .copied();
        let local = shown
            .or_else(|| self.rule())
            .map(|rule| rule.to_local(instant));
        if let Some(local) = local.filter(|local| local.time() == Time::midnight()) {
            return local.date();
        }
        let middle = instant.checked_add(12.hours()).unwrap_or(instant);
        jiff::tz::TimeZone::UTC.to_datetime(middle).date()
    }
}

/// Gives the zones of a meeting, unless those that are raw say the same.
pub(super) fn write(giver: &mut Giver, meeting: &Meeting) {
    let Some(zone) = &meeting.time_zone else {
        return;
    };
    giver.text(pid_lid::TIME_ZONE_DESCRIPTION, zone.description.as_deref());
    if zone.windows.is_none() && zone.description.is_some() {
        // Outlook itself had told no more than the words.
        return;
    }
    let year = meeting.start.map_or(2020, |start| {
        jiff::tz::TimeZone::UTC.to_datetime(start).year()
    });
    let start = pid_lid::APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY;
    write_definition(giver, start, zone, year, false);
    let end = meeting.end_time_zone.as_ref().unwrap_or(zone);
    let key = pid_lid::APPOINTMENT_TIME_ZONE_DEFINITION_END_DISPLAY;
    write_definition(giver, key, end, year, false);
    if meeting.recurrence.is_some() {
        let key = pid_lid::APPOINTMENT_TIME_ZONE_DEFINITION_RECUR;
        write_definition(giver, key, zone, year, true);
        if let Some((_, rule)) = rule_of(zone, year) {
            let nameless = TimeZoneStruct::new(rule).to_bytes();
            giver.expect(pid_lid::TIME_ZONE_STRUCT, Value::Binary(nameless));
        }
    }
}

fn write_definition(giver: &mut Giver, key: (Guid, u32), zone: &TimeZone, year: i16, recur: bool) {
    let stored = giver.get(key).and_then(Value::as_bytes);
    let stored = stored.and_then(|bytes| TimeZoneDefinition::from_bytes(bytes).ok());
    let same = stored.is_some_and(|(stored, _)| {
        zone.windows.as_deref() == Some(&stored.key_name()) || zone.windows.is_none()
    });
    if same {
        return;
    }
    if let Some((name, rule)) = rule_of(zone, year) {
        let bytes = TimeZoneDefinition::new(&name, rule, recur).to_bytes();
        giver.put(key, Value::Binary(bytes));
    }
}

/// The Windows name and the rule of a zone in a year.
fn rule_of(zone: &TimeZone, year: i16) -> Option<(String, ZoneRule)> {
    let iana = zone.iana.as_deref();
    let iana = iana.or_else(|| iana_of(zone.windows.as_deref()?))?;
    let (rule, _) = rule_of_zone(&jiff::tz::TimeZone::get(iana).ok()?, year)?;
    let name = zone.windows.clone();
    let name = name.or_else(|| key_name_of(iana, year).map(str::to_owned))?;
    Some((name, rule))
}

fn definition(
    session: &mut Session<'_>,
    taker: &Taker<'_>,
    name: (Guid, u32),
) -> Option<TimeZoneDefinition> {
    let bytes = taker.peek(name)?.as_bytes()?;
    match TimeZoneDefinition::from_bytes(bytes) {
        Ok((read, findings)) => {
            session.adopt(findings);
            Some(read)
        }
        Err(error) => {
            malformed(session, &error);
            None
        }
    }
}

fn malformed(session: &mut Session<'_>, error: &dyn std::fmt::Display) {
    let detail = format!("a time zone is kept raw: {error}");
    session.find("mapping.meeting.time-zone", Effect::Noted, detail);
}
