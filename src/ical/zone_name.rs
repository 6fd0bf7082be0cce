//! What the name of a time zone stands for, when no rules come with it.
//!
//! *Spec*: RFC 5545 3.2.19; the IANA database; the key and display names of Windows.
//!
//! *Seen in the wild*: `/freeassociation.sourceforge.net/Tzfile/Europe/Paris`,
//! `/softwarestudio.org/Olson_20011030_5/America/Chicago`, `posix/Europe/Vaduz`,
//! `(UTC+01:00) Amsterdam, Berlin, …` and the same without the offset, `GMT+0200`, quotes that are
//! part of the name, `Customized Time Zone`.

use jiff::tz::TimeZone;

use super::value::utc_offset;
use crate::mapi::windows_zones::{iana_of, iana_of_description};

/// What a name stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Named {
    /// A zone of the IANA database, and the key name of Windows when it was that.
    Zone {
        /// The zone.
        zone: TimeZone,
        /// Its name in the database.
        iana: String,
        /// The key name of Windows.
        windows: Option<String>,
    },
    /// A fixed distance from UTC, in seconds.
    Fixed(i32),
}

/// What a name stands for; `None` when it says nothing.
#[must_use]
pub fn named(name: &str) -> Option<Named> {
    let name = name.trim().trim_matches(['"', '\'']).trim();
    if name.is_empty() || name.len() > 200 {
        return None;
    }
    if let Some(key) = iana_of(name) {
        return zone(key, Some(name));
    }
    // The whole name, then what follows each slash: the first that the database knows.
    let mut rest = Some(name);
    while let Some(part) = rest {
        if let Some(found) = zone(part, None).filter(|_| !part.is_empty()) {
            return Some(found);
        }
        rest = part.split_once('/').map(|(_, rest)| rest);
    }
    // Where slashes were not allowed: `US-Eastern`.
    if let Some(found) = zone(&name.replacen('-', "/", 1), None) {
        return Some(found);
    }
    if let Some(iana) = iana_of_description(name) {
        return zone(iana, None);
    }
    offset(name).map(Named::Fixed)
}

/// The name of a zone in the IANA database, if the name tells one.
#[must_use]
pub fn iana(name: &str) -> Option<String> {
    match named(name)? {
        Named::Zone { iana, .. } => Some(iana),
        Named::Fixed(_) => None,
    }
}

fn zone(name: &str, windows: Option<&str>) -> Option<Named> {
    let zone = TimeZone::get(name).ok()?;
    Some(Named::Zone {
        iana: zone.iana_name().unwrap_or(name).to_owned(),
        zone,
        windows: windows.map(str::to_owned),
    })
}

/// `GMT+0200`, `UTC-3`, `+02:00`, `(GMT-05:00) Somewhere`.
fn offset(name: &str) -> Option<i32> {
    let rest = name.trim_start_matches('(');
    let upper = rest.to_ascii_uppercase();
    let word = ["UTC", "GMT"].iter().find(|word| upper.starts_with(**word));
    let rest = rest.get(word.map_or(0, |word| word.len())..)?.trim_start();
    let sign = rest.get(..1).filter(|sign| matches!(*sign, "+" | "-"))?;
    let digits: String = rest
        .chars()
        .skip(1)
        .take_while(|letter| letter.is_ascii_digit() || *letter == ':')
        .filter(char::is_ascii_digit)
        .collect();
    let digits = match digits.len() {
        1 => format!("0{digits}00"),
        2 => format!("{digits}00"),
        3 => format!("0{digits}"),
        _ => digits,
    };
    utc_offset(&format!("{sign}{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_kinds() {
        for (name, want) in [
            ("Europe/Paris", "Europe/Paris"),
            ("europe/paris", "Europe/Paris"),
            ("\"W. Europe Standard Time\"", "Europe/Berlin"),
            (
                "/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires",
                "America/Argentina/Buenos_Aires",
            ),
            (
                "/softwarestudio.org/Olson_20011030_5/America/Chicago",
                "America/Chicago",
            ),
            ("posix/Europe/Vaduz", "Europe/Vaduz"),
            ("US-Eastern", "US/Eastern"),
            (
                "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
                "Europe/Berlin",
            ),
            (
                "Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
                "Europe/Berlin",
            ),
        ] {
            assert_eq!(iana(name).as_deref(), Some(want), "{name}");
        }
        for (name, want) in [
            ("GMT+0200", 7200),
            ("UTC-3", -10_800),
            ("+05:30", 19_800),
            ("(GMT-05:00) Somewhere", -18_000),
        ] {
            assert_eq!(named(name), Some(Named::Fixed(want)), "{name}");
        }
        for name in [
            "",
            "Customized Time Zone",
            "Nowhere/Middle",
            "/",
            "(",
            "GMT+",
        ] {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
