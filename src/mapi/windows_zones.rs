//! The Windows names of time zones, their IANA zones, and rules made from the zone database.
//!
//! *Spec*: the registry of Windows, `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones`;
//! Unicode CLDR, `windowsZones`.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use windows_timezones::WindowsTimezone;

use super::timezone::{SystemTime, ZoneRule};

/// The IANA zone of a Windows key name: `Europe/Berlin` for `W. Europe Standard Time`. `None` for
/// names that are not Windows's.
#[must_use]
pub fn iana_of(key_name: &str) -> Option<&'static str> {
    let zone: WindowsTimezone = key_name.trim().parse().ok()?;
    Some(zone.tzdb_id())
}

/// The IANA zone of a display name as in `PidLidTimeZoneDescription`: the English
/// `(UTC+01:00) Amsterdam, Berlin, …`, with `GMT` for `UTC` in older versions; or else a key name.
/// Other languages and the words of older versions are not known.
#[must_use]
pub fn iana_of_description(description: &str) -> Option<&'static str> {
    let cities = |text: &str| -> String {
        let after = text.split_once(')').map_or(text, |(_, cities)| cities);
        after.trim().to_ascii_lowercase()
    };
    let wanted = cities(description);
    let found = zones().find(|zone| !wanted.is_empty() && cities(zone.description()) == wanted);
    match found {
        Some(zone) => Some(zone.tzdb_id()),
        None => iana_of(description),
    }
}

fn zones() -> impl Iterator<Item = WindowsTimezone> {
    KEY_NAMES.iter().filter_map(|name| name.parse().ok())
}

/// The Windows key name for an IANA zone in a year: that of which it is the first choice, or else
/// the first one in Windows's list whose clocks do the same in that year.
#[must_use]
pub fn key_name_of(iana: &str, year: i16) -> Option<&'static str> {
    if let Some(zone) = zones().find(|zone| zone.tzdb_id() == iana) {
        return Some(zone.name());
    }
    let rule = |iana: &str| rule_of_zone(&TimeZone::get(iana).ok()?, year);
    let wanted = rule(iana).filter(|(_, exact)| *exact)?;
    let found = zones().find(|zone| rule(zone.tzdb_id()).as_ref() == Some(&wanted))?;
    Some(found.name())
}

/// The rule of an IANA zone in a year, for writing. Zones whose clocks change more than twice in it
/// (Ramadan) get the offset that they have on its first day, and `false`.
#[must_use]
pub fn rule_of_zone(zone: &TimeZone, year: i16) -> Option<(ZoneRule, bool)> {
    let first = Date::new(year, 1, 1).ok()?.at(0, 0, 0, 0);
    let begin = zone.to_timestamp(first).ok()?;
    let end = begin
        .checked_add(SignedDuration::from_hours(366 * 24))
        .ok()?;
    let changes: Vec<_> = zone
        .following(begin)
        .take_while(|change| change.timestamp() < end)
        .take(3)
        .filter(|change| {
            let before = change.timestamp().checked_sub(SignedDuration::from_secs(1));
            before.is_ok_and(|before| zone.to_offset(before) != change.offset())
        })
        .collect();
    let fixed = |offset: Offset| ZoneRule {
        bias: -offset.seconds() / 60,
        daylight_bias: -60,
        ..ZoneRule::default()
    };
    let [one, two] = changes.as_slice() else {
        let plain = fixed(zone.to_offset(begin));
        return Some((plain, changes.is_empty()));
    };
    // Ireland calls its winter time daylight time; what counts here is which clock is ahead.
    let (daylight, standard) = match one.offset() > two.offset() {
        true => (one, two),
        false => (two, one),
    };
    let moment = |at: Timestamp, before: Offset| {
        let local = before.to_datetime(at);
        let week = (local.day() - 1) / 7 + 1;
        let last = local.day() + 7 > local.days_in_month();
        let small = |number: i8| u16::try_from(number).unwrap_or_default();
        SystemTime {
            year: 0,
            month: small(local.month()),
            day_of_week: small(local.weekday().to_sunday_zero_offset()),
            day: small(if last { 5 } else { week }),
            hour: small(local.hour()),
            minute: small(local.minute()),
            second: small(local.second()),
            millisecond: 0,
        }
    };
    let ahead = (daylight.offset().seconds() - standard.offset().seconds()) / 60;
    let rule = ZoneRule {
        daylight_bias: -ahead,
        standard_date: moment(standard.timestamp(), daylight.offset()),
        daylight_date: moment(daylight.timestamp(), standard.offset()),
        ..fixed(standard.offset())
    };
    Some((rule, true))
}

/// Every key name, in the order of Windows's own list.
pub const KEY_NAMES: &[&str] = &[
    "Dateline Standard Time",
    "UTC-11",
    "Aleutian Standard Time",
    "Hawaiian Standard Time",
    "Marquesas Standard Time",
    "Alaskan Standard Time",
    "UTC-09",
    "Pacific Standard Time (Mexico)",
    "UTC-08",
    "Pacific Standard Time",
    "US Mountain Standard Time",
    "Mountain Standard Time (Mexico)",
    "Mountain Standard Time",
    "Yukon Standard Time",
    "Central America Standard Time",
    "Central Standard Time",
    "Easter Island Standard Time",
    "Central Standard Time (Mexico)",
    "Canada Central Standard Time",
    "SA Pacific Standard Time",
    "Eastern Standard Time (Mexico)",
    "Eastern Standard Time",
    "Haiti Standard Time",
    "Cuba Standard Time",
    "US Eastern Standard Time",
    "Turks And Caicos Standard Time",
    "Paraguay Standard Time",
    "Atlantic Standard Time",
    "Venezuela Standard Time",
    "Central Brazilian Standard Time",
    "SA Western Standard Time",
    "Pacific SA Standard Time",
    "Newfoundland Standard Time",
    "Tocantins Standard Time",
    "E. South America Standard Time",
    "SA Eastern Standard Time",
    "Argentina Standard Time",
    "Greenland Standard Time",
    "Montevideo Standard Time",
    "Magallanes Standard Time",
    "Saint Pierre Standard Time",
    "Bahia Standard Time",
    "UTC-02",
    "Azores Standard Time",
    "Cape Verde Standard Time",
    "UTC",
    "GMT Standard Time",
    "Greenwich Standard Time",
    "Sao Tome Standard Time",
    "Morocco Standard Time",
    "W. Europe Standard Time",
    "Central Europe Standard Time",
    "Romance Standard Time",
    "Central European Standard Time",
    "W. Central Africa Standard Time",
    "Jordan Standard Time",
    "GTB Standard Time",
    "Middle East Standard Time",
    "Egypt Standard Time",
    "E. Europe Standard Time",
    "Syria Standard Time",
    "West Bank Standard Time",
    "South Africa Standard Time",
    "FLE Standard Time",
    "Israel Standard Time",
    "South Sudan Standard Time",
    "Kaliningrad Standard Time",
    "Sudan Standard Time",
    "Libya Standard Time",
    "Namibia Standard Time",
    "Arabic Standard Time",
    "Turkey Standard Time",
    "Arab Standard Time",
    "Belarus Standard Time",
    "Russian Standard Time",
    "E. Africa Standard Time",
    "Iran Standard Time",
    "Arabian Standard Time",
    "Astrakhan Standard Time",
    "Azerbaijan Standard Time",
    "Russia Time Zone 3",
    "Mauritius Standard Time",
    "Saratov Standard Time",
    "Georgian Standard Time",
    "Volgograd Standard Time",
    "Caucasus Standard Time",
    "Afghanistan Standard Time",
    "West Asia Standard Time",
    "Ekaterinburg Standard Time",
    "Pakistan Standard Time",
    "Qyzylorda Standard Time",
    "India Standard Time",
    "Sri Lanka Standard Time",
    "Nepal Standard Time",
    "Central Asia Standard Time",
    "Bangladesh Standard Time",
    "Omsk Standard Time",
    "Myanmar Standard Time",
    "SE Asia Standard Time",
    "Altai Standard Time",
    "W. Mongolia Standard Time",
    "North Asia Standard Time",
    "N. Central Asia Standard Time",
    "Tomsk Standard Time",
    "China Standard Time",
    "North Asia East Standard Time",
    "Singapore Standard Time",
    "W. Australia Standard Time",
    "Taipei Standard Time",
    "Ulaanbaatar Standard Time",
    "Aus Central W. Standard Time",
    "Transbaikal Standard Time",
    "Tokyo Standard Time",
    "North Korea Standard Time",
    "Korea Standard Time",
    "Yakutsk Standard Time",
    "Cen. Australia Standard Time",
    "AUS Central Standard Time",
    "E. Australia Standard Time",
    "AUS Eastern Standard Time",
    "West Pacific Standard Time",
    "Tasmania Standard Time",
    "Vladivostok Standard Time",
    "Lord Howe Standard Time",
    "Bougainville Standard Time",
    "Russia Time Zone 10",
    "Magadan Standard Time",
    "Norfolk Standard Time",
    "Sakhalin Standard Time",
    "Central Pacific Standard Time",
    "Russia Time Zone 11",
    "New Zealand Standard Time",
    "UTC+12",
    "Fiji Standard Time",
    "Chatham Islands Standard Time",
    "UTC+13",
    "Tonga Standard Time",
    "Samoa Standard Time",
    "Line Islands Standard Time",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(iana: &str) -> TimeZone {
        TimeZone::get(iana).unwrap()
    }

    fn eastern() -> ZoneRule {
        rule_of_zone(&zone("America/New_York"), 2024).unwrap().0
    }

    #[test]
    fn rules_of_known_zones() {
        let rule = eastern();
        assert_eq!(
            (rule.bias, rule.standard_bias, rule.daylight_bias),
            (300, 0, -60)
        );
        let second_sunday_of_march = SystemTime {
            month: 3,
            day: 2,
            hour: 2,
            ..SystemTime::default()
        };
        assert_eq!(rule.daylight_date, second_sunday_of_march);
        let berlin = rule_of_zone(&zone("Europe/Berlin"), 2024).unwrap().0;
        assert_eq!((berlin.bias, berlin.standard_date.month), (-60, 10));
        assert_eq!(
            (berlin.standard_date.day, berlin.standard_date.hour),
            (5, 3)
        );
        let (kolkata, exact) = rule_of_zone(&zone("Asia/Kolkata"), 2024).unwrap();
        assert!(exact && !kolkata.has_daylight_time());
        assert_eq!(kolkata.bias, -330);
    }

    #[test]
    fn names_of_zones() {
        assert_eq!(iana_of("W. Europe Standard Time"), Some("Europe/Berlin"));
        assert_eq!(iana_of("Nowhere"), None);
        let listed = KEY_NAMES.iter().filter(|name| iana_of(name).is_some());
        assert_eq!(listed.count(), KEY_NAMES.len());
        let old = "(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna";
        assert_eq!(iana_of_description(old), Some("Europe/Berlin"));
        assert_eq!(
            key_name_of("Europe/Berlin", 2024),
            Some("W. Europe Standard Time")
        );
        assert_eq!(
            key_name_of("Europe/Amsterdam", 2024),
            Some("W. Europe Standard Time")
        );
        assert_eq!(
            key_name_of("America/Toronto", 2024),
            Some("Eastern Standard Time")
        );
        assert_eq!(key_name_of("No/Where", 2024), None);
    }
}
