//! Values of properties: dates, times, durations, periods, offsets.
//!
//! *Spec*: RFC 5545 3.3.
//!
//! *Shape*: `20240506`, `20240506T090000`, `20240506T070000Z`; `P1DT2H`, `-PT15M`; `+0130`.
//!
//! *Seen in the wild*: dates with hyphens and times with colons (ISO 8601 in full), times without
//! seconds, 24:00, a leap second, an offset in place of `Z`, lower case.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A date, or a time with or without a zone of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// `DATE`.
    Date(Date),
    /// A local time, of the zone that a parameter names, or of none.
    Local(DateTime),
    /// A time in UTC.
    Utc(DateTime),
}

impl When {
    /// Reads `DATE` or `DATE-TIME`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (day, rest) = match text.find(['T', 't', ' ']) {
            Some(at) => (text.get(..at)?, text.get(at.saturating_add(1)..)),
            None => (text, None),
        };
        let day = date(day)?;
        let Some(clock) = rest.map(str::trim).filter(|clock| !clock.is_empty()) else {
            return Some(Self::Date(day));
        };
        let end = clock.find(|letter: char| !letter.is_ascii_digit() && !":.".contains(letter));
        let (digits, zone) = clock.split_at_checked(end.unwrap_or(clock.len()))?;
        let local = at_clock(day, digits)?;
        match zone.trim() {
            "" => Some(Self::Local(local)),
            "Z" | "z" => Some(Self::Utc(local)),
            offset => {
                let seconds = i64::from(utc_offset(offset)?);
                let utc = local.checked_sub(seconds.seconds()).ok()?;
                Some(Self::Utc(utc))
            }
        }
    }

    /// The day.
    #[must_use]
    pub fn date(self) -> Date {
        self.datetime().date()
    }

    /// The time as written; midnight of a date.
    #[must_use]
    pub fn datetime(self) -> DateTime {
        match self {
            Self::Date(date) => date.to_datetime(Time::midnight()),
            Self::Local(local) | Self::Utc(local) => local,
        }
    }

    /// Whether it is a date.
    #[must_use]
    pub fn is_date(self) -> bool {
        matches!(self, Self::Date(_))
    }
}

fn date(text: &str) -> Option<Date> {
    let digits: String = match text.len() {
        8 => text.to_owned(),
        10 => {
            let plain = |at: usize| matches!(text.as_bytes().get(at), Some(b'-' | b'/'));
            if !plain(4) || !plain(7) {
                return None;
            }
            text.replace(['-', '/'], "")
        }
        _ => return None,
    };
    let number = |from: usize, to: usize| -> Option<i16> {
        let part = digits.get(from..to)?;
        part.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(())?;
        part.parse().ok()
    };
    let small = |from, to| number(from, to).and_then(|number| i8::try_from(number).ok());
    Date::new(number(0, 4)?, small(4, 6)?, small(6, 8)?).ok()
}

/// The time of a day; 24:00 is midnight after it.
fn at_clock(day: Date, digits: &str) -> Option<DateTime> {
    let digits = digits.split('.').next()?.replace(':', "");
    if !matches!(digits.len(), 4 | 6) {
        return None;
    }
    let part = |at: usize| digits.get(at..at.saturating_add(2))?.parse::<i8>().ok();
    let (hour, minute, second) = (part(0)?, part(2)?, part(4).unwrap_or(0));
    if (hour, minute, second) == (24, 0, 0) {
        return Some(day.tomorrow().ok()?.to_datetime(Time::midnight()));
    }
    let time = Time::new(hour, minute, second.min(59), 0).ok()?;
    (second <= 60).then(|| day.to_datetime(time))
}

/// `UTC-OFFSET`, in seconds.
#[must_use]
pub fn utc_offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => (1, text),
    };
    let digits = digits.replace(':', "");
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 4 | 6) {
        return None;
    }
    let part = |at: usize| digits.get(at..at.saturating_add(2))?.parse::<i32>().ok();
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4).unwrap_or(0));
    let total = hours * 3600 + minutes * 60 + seconds;
    (total <= 25 * 3600).then_some(sign * total)
}

/// A length of time: days by the calendar, seconds by the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Duration {
    /// Days, weeks included; negative before.
    pub days: i32,
    /// Seconds, hours and minutes included; negative before.
    pub seconds: i64,
}

impl Duration {
    /// Reads `DURATION`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => (1, text),
        };
        let rest = rest.strip_prefix(['P', 'p'])?;
        let mut length = Self::default();
        let (mut number, mut in_time, mut any): (Option<i64>, bool, bool) = (None, false, false);
        for letter in rest.chars() {
            if let Some(digit) = letter.to_digit(10) {
                let more = number.unwrap_or(0).checked_mul(10)?;
                number = Some(more.checked_add(i64::from(digit))?);
                continue;
            }
            let letter = letter.to_ascii_uppercase();
            if letter == 'T' {
                in_time = true;
                continue;
            }
            let count = number.take()?.checked_mul(sign)?;
            any = true;
            let unit = match (letter, in_time) {
                ('W', _) => Err(7),
                ('D', _) => Err(1),
                ('H', _) => Ok(3600),
                ('M', _) => Ok(60),
                ('S', _) => Ok(1),
                _ => return None,
            };
            match unit {
                Ok(seconds) => {
                    let more = count.checked_mul(seconds)?;
                    length.seconds = length.seconds.checked_add(more)?;
                }
                Err(days) => {
                    let more = i32::try_from(count.checked_mul(days)?).ok()?;
                    length.days = length.days.checked_add(more)?;
                }
            }
        }
        // A digit without unit is left over, or there is nothing at all.
        (any && number.is_none()).then_some(length)
    }

    /// The time this long after another, by the clock on the wall.
    #[must_use]
    pub fn after(self, local: DateTime) -> Option<DateTime> {
        let days = local.checked_add(i64::from(self.days).days()).ok()?;
        days.checked_add(SignedDuration::from_secs(self.seconds))
            .ok()
    }

    /// The seconds, if a day has 24 hours.
    #[must_use]
    pub fn nominal_seconds(self) -> i64 {
        let days = i64::from(self.days).saturating_mul(86_400);
        days.saturating_add(self.seconds)
    }
}

/// How a period ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodEnd {
    /// At a time.
    At(When),
    /// After a length of time.
    After(Duration),
}

/// A `PERIOD`, or a date or time alone, as `RDATE` has them.
#[must_use]
pub fn period(text: &str) -> Option<(When, Option<PeriodEnd>)> {
    match text.split_once('/') {
        None => Some((When::parse(text)?, None)),
        Some((start, end)) => {
            let start = When::parse(start)?;
            let end = match Duration::parse(end) {
                Some(length) => PeriodEnd::After(length),
                None => PeriodEnd::At(When::parse(end)?),
            };
            Some((start, Some(end)))
        }
    }
}

/// An instant, of a time in UTC.
#[must_use]
pub fn utc(local: DateTime) -> Option<Timestamp> {
    jiff::tz::TimeZone::UTC.to_timestamp(local).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;

    use super::*;

    #[test]
    fn dates_and_times() {
        let nine = day(2024, 5, 6).at(9, 0, 0, 0);
        for (text, want) in [
            ("20240506", When::Date(day(2024, 5, 6))),
            ("20240506T090000", When::Local(nine)),
            ("20240506T0900", When::Local(nine)),
            (" 20240506t090000z ", When::Utc(nine)),
            ("2024-05-06T09:00:00Z", When::Utc(nine)),
            ("20240506T110000+0200", When::Utc(nine)),
            (
                "20240505T240000",
                When::Local(day(2024, 5, 6).at(0, 0, 0, 0)),
            ),
        ] {
            assert_eq!(When::parse(text), Some(want), "{text}");
        }
        for text in [
            "",
            "2024",
            "20241306",
            "20240506T25",
            "20240506T9",
            "99999999999",
            "2024050é",
        ] {
            assert_eq!(When::parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_and_offsets() {
        let of = |text| Duration::parse(text).map(|own| (own.days, own.seconds));
        assert_eq!(of("P1W"), Some((7, 0)));
        assert_eq!(of("-P1DT2H3M4S"), Some((-1, -7384)));
        assert_eq!(of("PT0S"), Some((0, 0)));
        for text in ["P", "", "PT", "P5", "5M", "PT5X", "P99999999999999999999D"] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(utc_offset("-0130"), Some(-5400));
        assert_eq!(utc_offset("+05:30"), Some(19_800));
        assert_eq!(utc_offset("0100"), Some(3600));
        assert_eq!(utc_offset("+9900"), None);
    }
}
