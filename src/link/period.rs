//! The period: the time that items must fall in.
//!
//! *Spec*: `formats/profile.md`, "Dates".
//!
//! *Invariants*: `from` is inside, `until` as a day is inside as a whole, in the zone of the
//! profile.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The time that items must fall in; open at either end when not set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// The first instant inside.
    pub from: Option<Timestamp>,
    /// The first instant outside.
    pub end: Option<Timestamp>,
}

type Said = Option<(String, u64)>;

impl Period {
    /// From the texts of a profile, each with its line.
    ///
    /// # Errors
    /// The line, and what is wrong in it.
    pub fn read(from: Said, until: Said, zone: Said) -> Result<Self, (u64, String)> {
        let zone = match zone {
            None => TimeZone::UTC,
            Some((name, line)) => TimeZone::get(&name).map_err(|_| {
                (
                    line,
                    format!("zone \"{name}\" is not known; write one like \"Europe/Berlin\""),
                )
            })?,
        };
        let last_line = until.as_ref().map(|(_, line)| *line);
        let from =
            from.map(|(text, line)| instant(&text, &zone, false).ok_or_else(|| (line, bad(&text))));
        let end =
            until.map(|(text, line)| instant(&text, &zone, true).ok_or_else(|| (line, bad(&text))));
        let period = Self {
            from: from.transpose()?,
            end: end.transpose()?,
        };
        match (period.from, period.end, last_line) {
            (Some(from), Some(end), Some(line)) if end <= from => Err((
                line,
                "until is before from, so nothing is inside".to_owned(),
            )),
            _ => Ok(period),
        }
    }

    /// Whether it is open at both ends.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.end.is_none()
    }

    /// Whether any instant from `first` to `last`, both inside, is in the period. `last` is `None`
    /// for
    /// what never ends.
    #[must_use]
    pub fn meets(&self, first: Timestamp, last: Option<Timestamp>) -> bool {
        let begins = self.end.is_none_or(|end| first < end);
        let lasts = match (self.from, last) {
            (Some(from), Some(last)) => last >= from,
            _ => true,
        };
        begins && lasts
    }
}

fn bad(text: &str) -> String {
    format!("\"{text}\" is no date; write \"2024-01-31\" or \"2024-01-31T18:00:00+01:00\"")
}

/// The instant of a text: of a day its beginning, or with `end` the beginning of the next; of an
/// instant
/// itself, or with `end` the nanosecond behind it.
fn instant(text: &str, zone: &TimeZone, end: bool) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        let next = jiff::Span::new().nanoseconds(1);
        return if end {
            instant.checked_add(next).ok()
        } else {
            Some(instant)
        };
    }
    if text.contains(['T', 't', ' ']) {
        return None;
    }
    let day: Date = text.parse().ok()?;
    let day = if end { day.tomorrow().ok()? } else { day };
    Some(day.to_zoned(zone.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Said {
        Some((text.to_owned(), 3))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_inside_as_a_whole() {
        let period = Period::read(
            said("2024-01-31"),
            said("2024-02-01"),
            said("Europe/Berlin"),
        )
        .unwrap();
        let inside = |text: &str| period.meets(at(text), Some(at(text)));
        assert!(!inside("2024-01-30T22:59:59.999999999Z"));
        assert!(inside("2024-01-30T23:00:00Z"));
        assert!(inside("2024-02-01T22:59:59.999999999Z"));
        assert!(!inside("2024-02-01T23:00:00Z"));
    }

    #[test]
    fn instants_are_inside() {
        let period = Period::read(None, said("2024-01-31T18:00:00+01:00"), None).unwrap();
        let inside = |text: &str| period.meets(at(text), Some(at(text)));
        assert!(inside("2024-01-31T17:00:00Z"));
        assert!(!inside("2024-01-31T17:00:00.000000001Z"));
    }

    #[test]
    fn a_series_is_inside_when_any_of_it_is() {
        let period = Period::read(said("2024-01-01"), said("2024-12-31"), None).unwrap();
        assert!(period.meets(at("2020-01-01T00:00:00Z"), None));
        assert!(period.meets(at("2020-01-01T00:00:00Z"), Some(at("2024-06-01T00:00:00Z"))));
        assert!(!period.meets(at("2020-01-01T00:00:00Z"), Some(at("2023-06-01T00:00:00Z"))));
        assert!(!period.meets(at("2025-01-01T00:00:00Z"), None));
    }

    #[test]
    fn faults_name_their_line() {
        let fault = Period::read(said("31.1.2024"), None, None).unwrap_err();
        assert_eq!(fault.0, 3);
        assert!(fault.1.contains("31.1.2024"));
        assert!(Period::read(said("2024-02-01"), said("2024-01-01"), None).is_err());
        assert!(Period::read(None, None, said("Mars/Base")).is_err());
    }
}
