//! Values as Outlook for Mac writes them: numbers as `1E0`, instants without a zone, in UTC.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A whole number, also written as a float.
pub(super) fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let (digits, exponent) = text.split_once(['E', 'e'])?;
        let exponent: u32 = exponent.trim_start_matches('+').parse().ok()?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        // 2.476E3: the point moves to the right, which has to use up the fraction.
        let places = u32::try_from(fraction.len()).ok()?;
        let number: i64 = format!("{whole}{fraction}").parse().ok()?;
        let more = exponent.checked_sub(places)?;
        number.checked_mul(10_i64.checked_pow(more)?)
    })
}

/// A Boolean.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        number => match integer(number)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
    }
}

/// An instant; one without a zone is in UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let instant = text.parse::<Timestamp>().ok();
    instant.or_else(|| {
        let local: DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(local).ok()
    })
}

/// The day that an instant stands for, and whether the instant is midnight, so that the day says
/// all of it.
pub(super) fn day(text: &str) -> Option<(Date, bool)> {
    let local = TimeZone::UTC.to_datetime(time(text)?);
    if local.time() == Time::midnight() {
        return Some((local.date(), true));
    }
    // Midnight of a zone that is not told: the nearest one.
    let middle = local.checked_add(12.hours()).ok()?;
    Some((middle.date(), false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn numbers_are_read_in_both_forms() {
        let all = [
            ("1", 1),
            ("1E0", 1),
            ("2.476E3", 2476),
            ("7.39E3", 7390),
            ("-1", -1),
            ("6E1", 60),
        ];
        for (text, number) in all {
            assert_eq!(integer(text), Some(number), "{text}");
        }
        for text in ["", "x", "1.5", "1.25E1", "1E99", "9E18E1"] {
            assert_eq!(integer(text), None, "{text}");
        }
        assert_eq!(
            [flag("1E0"), flag("0"), flag("true"), flag("2")],
            [Some(true), Some(false), Some(true), None]
        );
    }

    #[test]
    fn an_instant_without_a_zone_is_in_utc() {
        let instant = time("2018-10-17T12:16:53").unwrap();
        assert_eq!(instant.to_string(), "2018-10-17T12:16:53Z");
        assert_eq!(time("2018-10-17T14:16:53+02:00"), Some(instant));
        assert_eq!(
            time("2018-10-17").unwrap().to_string(),
            "2018-10-17T00:00:00Z"
        );
        assert_eq!(time("tomorrow"), None);
        assert_eq!(day("2000-02-28T23:00:00"), Some((date(2000, 2, 29), false)));
        assert_eq!(day("2000-02-29T00:00:00"), Some((date(2000, 2, 29), true)));
    }
}
