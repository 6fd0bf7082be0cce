//! Dates and times of cards.
//!
//! *Spec*: RFC 6350 4.3 (ISO 8601, basic and partial), RFC 2426 3.1.5 (extended form), vCard 2.1
//! 2.2.5.
//!
//! *Shape*: `19960415`, `1996-04-15`, `1996-04`, `--0415`, `19960415T231000Z`,
//! `1995-10-31T22:27:10-05:00`
//!
//! *Seen in the wild*: single digits (`1996-4-5`), slashes and dots, a time after a birthday; 1604
//! as the year of a birthday without one (`X-APPLE-OMIT-YEAR`).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// What a date says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// A day, and whether a time follows it.
    Full {
        /// The day.
        date: Date,
        /// Whether there is a time as well.
        timed: bool,
    },
    /// Not all of year, month and day.
    Partial,
}

/// Reads a date; `None` when it is none.
#[must_use]
pub fn day(text: &str) -> Option<Day> {
    let text = text.trim();
    let (day, time) = split_time(text);
    match numbers(day)? {
        Numbers::Full(year, month, number) => {
            // A year of zeros stands for none.
            if year == 0 {
                return Date::new(4, month, number).ok().map(|_| Day::Partial);
            }
            let date = Date::new(year, month, number).ok()?;
            let timed = time.is_some();
            Some(Day::Full { date, timed })
        }
        Numbers::Partial => Some(Day::Partial),
    }
}

/// Reads an instant: a day and a time; without an offset it is taken as UTC, and a day alone as its
/// midnight. The flag tells whether that was needed.
#[must_use]
pub fn instant(text: &str) -> Option<(Timestamp, bool)> {
    let (day, time) = split_time(text.trim());
    let Numbers::Full(year, month, number) = numbers(day)? else {
        return None;
    };
    let date = Date::new(year, month, number).ok()?;
    let Some(time) = time else {
        return Some((at(date, Time::midnight(), Offset::UTC)?, true));
    };
    let zone_at = time.find(['Z', 'z', '+', '-']);
    let (clock, zone) = time.split_at_checked(zone_at.unwrap_or(time.len()))?;
    let offset = offset(zone)?;
    let time = clock_time(clock)?;
    Some((at(date, time, offset)?, zone.is_empty()))
}

fn at(date: Date, time: Time, offset: Offset) -> Option<Timestamp> {
    offset.to_timestamp(DateTime::from_parts(date, time)).ok()
}

fn split_time(text: &str) -> (&str, Option<&str>) {
    let end = text.find(['T', 't', ' ']);
    match end.and_then(|end| text.split_at_checked(end)) {
        Some((day, time)) => {
            let time = time.trim_start_matches(['T', 't', ' ']);
            (day, Some(time).filter(|time| !time.is_empty()))
        }
        None => (text, None),
    }
}

enum Numbers {
    Full(i16, i8, i8),
    Partial,
}

fn numbers(day: &str) -> Option<Numbers> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if day.len() == 8 && digits(day) {
        let part = |from: usize, to: usize| day.get(from..to);
        return Some(Numbers::Full(
            part(0, 4)?.parse().ok()?,
            part(4, 6)?.parse().ok()?,
            part(6, 8)?.parse().ok()?,
        ));
    }
    let separated: Vec<_> = day.split(['-', '/', '.']).take(4).collect();
    if let [year, month, number] = separated.as_slice() {
        let small = |text: &str| (1..=2).contains(&text.len()) && digits(text);
        if year.len() == 4 && digits(year) && small(month) && small(number) {
            return Some(Numbers::Full(
                year.parse().ok()?,
                month.parse().ok()?,
                number.parse().ok()?,
            ));
        }
    }
    // `--0415`, `---15`, `--04-15`, `1996`, `1996-04`.
    let bare = day.trim_start_matches('-');
    let cut = day.len().saturating_sub(bare.len());
    let plain = bare
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    let partial = match cut {
        0 => {
            let (year, month) = bare.split_once('-').unwrap_or((bare, "01"));
            year.len() == 4 && month.len() == 2 && digits(year) && digits(month)
        }
        2 => plain && matches!(bare.len(), 2 | 4 | 5),
        3 => bare.len() == 2 && digits(bare),
        _ => false,
    };
    partial.then_some(Numbers::Partial)
}

/// `231000`, `23:10:00`, `23:10`, `2310`, `23`, with a fraction or not.
fn clock_time(text: &str) -> Option<Time> {
    let (clock, fraction) = match text.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, fraction),
        None => (text, ""),
    };
    let digits: String = clock.chars().filter(|letter| *letter != ':').collect();
    if digits.len() > 6 || digits.len() % 2 == 1 || digits.is_empty() {
        return None;
    }
    let part = |from: usize| -> Option<i8> {
        match digits.get(from..from.saturating_add(2)) {
            Some(part) => part.parse().ok(),
            None => Some(0),
        }
    };
    let nanoseconds = match fraction.get(..fraction.len().min(9))? {
        "" => 0,
        // Tenths of a microsecond are what items know.
        digits => format!("{digits:0<9}").parse::<i32>().ok()? / 100 * 100,
    };
    let second = part(4)?.min(59);
    Time::new(part(0)?, part(2)?, second, nanoseconds).ok()
}

/// `Z`, `-0500`, `-05:00`, `+01`; nothing is UTC.
fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.split_at_checked(1) {
        None => return Some(Offset::UTC),
        Some(("Z" | "z", "")) => return Some(Offset::UTC),
        Some(("+", digits)) => (1, digits),
        Some(("-", digits)) => (-1, digits),
        Some(_) => return None,
    };
    let digits: String = digits.chars().filter(|letter| *letter != ':').collect();
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = match digits.get(2..)? {
        "" => 0,
        minutes if minutes.len() == 2 => minutes.parse().ok()?,
        _ => return None,
    };
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_every_form() {
        for text in [
            "19960415",
            "1996-04-15",
            "1996-4-15",
            "1996/04/15",
            " 1996-04-15T23:10:00Z",
            "19960415T",
        ] {
            let Some(Day::Full { date, timed }) = day(text) else {
                panic!("{text}")
            };
            assert_eq!(date.to_string(), "1996-04-15");
            assert_eq!(timed, text.contains("T2"));
        }
        for text in [
            "--0415",
            "---15",
            "--04",
            "1996",
            "1996-04",
            "--04-15",
            "0000-04-15",
        ] {
            assert_eq!(day(text), Some(Day::Partial), "{text}");
        }
        for text in [
            "",
            "70-7-14",
            "206-12-15",
            "circa 1800",
            "19961315",
            "T102200",
            "é-1-1",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn instants_of_every_form() {
        for (text, utc, guessed) in [
            ("20080424T195243Z", "2008-04-24T19:52:43Z", false),
            ("2008-04-24T19:52:43Z", "2008-04-24T19:52:43Z", false),
            ("1995-10-31T22:27:10-05:00", "1995-11-01T03:27:10Z", false),
            ("20190603T1430+0200", "2019-06-03T12:30:00Z", false),
            (
                "2011-03-02T19:28:37.123456789Z",
                "2011-03-02T19:28:37.1234567Z",
                false,
            ),
            ("20110302T192837", "2011-03-02T19:28:37Z", true),
            ("2011-03-02", "2011-03-02T00:00:00Z", true),
        ] {
            let (instant, assumed) = instant(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((instant.to_string().as_str(), assumed), (utc, guessed));
        }
        for text in [
            "",
            "--0415",
            "2011-03-02T99:00:00Z",
            "20110302T192837X",
            "20110302T1Z",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
