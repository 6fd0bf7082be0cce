//! Dates of mails and of `From ` lines, as they should be and as they are.
//!
//! *Spec*: RFC 5322 3.3 and 4.3 (two-digit years, named zones); RFC 4155 (`From ` lines have the
//! form of `asctime`); RFC 3339.
//!
//! *Seen in the wild*: no weekday, or in another language; months in full; the year before the
//! time or at the end; `AM` and `PM`; dots or dashes between the parts; `GMT+0200`; zones after a
//! zone; no zone at all, which is taken as UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A date, and whether it was as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// The instant.
    pub instant: Timestamp,
    /// Whether it has a zone.
    pub zoned: bool,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Hours of the named zones of RFC 5322 4.3, and of others that are as sure.
const ZONES: &[(&str, i16)] = &[
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("z", 0),
    ("wet", 0),
    ("bst", 60),
    ("west", 60),
    ("cet", 60),
    ("met", 60),
    ("mez", 60),
    ("cest", 120),
    ("mest", 120),
    ("mesz", 120),
    ("eet", 120),
    ("sast", 120),
    ("eest", 180),
    ("msk", 180),
    ("msd", 240),
    ("jst", 540),
    ("kst", 540),
    ("aest", 600),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("edt", -240),
    ("est", -300),
    ("cdt", -300),
    ("cst", -360),
    ("mdt", -360),
    ("mst", -420),
    ("pdt", -420),
    ("pst", -480),
    ("akdt", -480),
    ("akst", -540),
    ("hst", -600),
];

/// Bytes of the longest date looked at.
const LONGEST: usize = 256;

/// What has been found of a date.
#[derive(Debug, Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<(i8, i8, i8)>,
    /// Noon and after.
    evening: Option<bool>,
    zone: Option<i16>,
}

/// Reads a date; `None` when day, month, year are not all there.
#[must_use]
pub fn parse(value: &[u8]) -> Option<Dated> {
    let value = value.get(..LONGEST).unwrap_or(value);
    let text = String::from_utf8_lossy(value);
    let text = without_comments(&text);
    if let Ok(instant) = text.trim().parse::<Timestamp>() {
        return Some(Dated {
            instant,
            zoned: true,
        });
    }
    let mut parts = Parts::default();
    let spaced = spaced(&text);
    for token in spaced.split([' ', '\t', '\r', '\n', ',', ';', '\u{a0}']) {
        if !token.is_empty() {
            parts.take(token);
        }
    }
    parts.dated()
}

fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            letter if depth == 0 => out.push(letter),
            _ => {}
        }
    }
    // `09:   55  : 06`
    let parts: Vec<&str> = out.split(':').map(str::trim).collect();
    parts.join(":")
}

/// Sets a space where a zone is glued to the time or a zone name: `10:00:00+0200`, `GMT+0200`.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word_has_colon = false;
    let mut word_is_name = true;
    for letter in text.chars() {
        if letter.is_whitespace() || letter == ',' {
            (word_has_colon, word_is_name) = (false, true);
        } else if matches!(letter, '+' | '-') && (word_has_colon || word_is_name) {
            out.push(' ');
            word_has_colon = false;
        } else {
            word_has_colon |= letter == ':';
            word_is_name &= letter.is_alphabetic();
        }
        out.push(letter);
    }
    out
}

impl Parts {
    fn take(&mut self, token: &str) {
        let lower = token.to_lowercase();
        let lower = lower.trim_end_matches('.');
        if self.zone_of(lower) || self.time_of(lower) {
            return;
        }
        match lower {
            "am" | "a.m" => self.evening = Some(false),
            "pm" | "p.m" => self.evening = Some(true),
            _ => {
                for piece in lower.split(['-', '/', '.', '\'']) {
                    self.piece(piece);
                }
            }
        }
    }

    /// `+0200`, `-05:30`, `GMT`.
    fn zone_of(&mut self, token: &str) -> bool {
        if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| *name == token) {
            self.zone.get_or_insert(*minutes);
            return true;
        }
        let (sign, digits) = match token.split_at_checked(1) {
            Some(("+", digits)) => (1, digits),
            // A dash before a day is not a zone: `-2024`.
            Some(("-", digits)) if self.time.is_some() => (-1, digits),
            _ => return false,
        };
        let digits = digits.replace(':', "");
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }
        let (hours, minutes) = match digits.len() {
            1 | 2 => (digits.as_str(), "0"),
            3 => digits.split_at(1),
            4 => digits.split_at(2),
            _ => return false,
        };
        let number = |text: &str| text.parse::<i16>().unwrap_or_default();
        let (hours, minutes) = (number(hours), number(minutes));
        let zone = hours.saturating_mul(60).saturating_add(minutes);
        // `GMT+0200`: the number says more than the name.
        if zone < 24 * 60 && minutes < 60 && self.zone.is_none_or(|zone| zone == 0) {
            self.zone = Some(zone.saturating_mul(sign));
        }
        true
    }

    /// `10:05`, `10:05:06.7`, `10.05.06`.
    fn time_of(&mut self, token: &str) -> bool {
        let token = token.trim_start_matches('t');
        let dotted = token.split('.').count() == 3 && token.len() == 8;
        let by = match token.contains(':') {
            true => ':',
            false if dotted && self.year.is_some() => '.',
            false => return false,
        };
        let token = token.strip_suffix('z').unwrap_or(token);
        let (token, evening) = match (token.strip_suffix("am"), token.strip_suffix("pm")) {
            (Some(token), _) => (token, Some(false)),
            (_, Some(token)) => (token, Some(true)),
            _ => (token, None),
        };
        let mut parts = token.split(by);
        let mut part = || -> Option<i8> {
            let text = parts.next()?;
            let text = text.split(['.', ',']).next().unwrap_or_default();
            text.parse().ok()
        };
        let (Some(hour), Some(minute)) = (part(), part()) else {
            return false;
        };
        let second = part().unwrap_or_default();
        if (0..=24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second) {
            self.time.get_or_insert((hour, minute, second));
            self.evening = self.evening.or(evening);
        }
        true
    }

    /// A number or the name of a month.
    fn piece(&mut self, piece: &str) {
        // `2024-05-06t10`, as of RFC 3339 cut short.
        let piece = piece
            .split('t')
            .next()
            .filter(|p| p.parse::<u32>().is_ok())
            .unwrap_or(piece);
        if let Ok(number) = piece.parse::<i32>() {
            self.number(number, piece.len());
            return;
        }
        let short: String = piece.chars().take(3).collect();
        // März, Mai, Okt, Dez and their like are seen in mails of old mailers.
        let short = match short.as_str() {
            "mär" | "mrz" => "mar",
            "mai" => "may",
            "okt" => "oct",
            "dez" => "dec",
            short => short,
        };
        if let Some(month) = MONTHS.iter().position(|own| *own == short) {
            let month = i8::try_from(month).unwrap_or_default().saturating_add(1);
            // A month by number was the day: `05 06 May`.
            self.month = Some(month);
        }
    }

    fn number(&mut self, number: i32, digits: usize) {
        if digits == 8 && self.year.is_none() && self.day.is_none() {
            // 20240506
            self.year = i16::try_from(number / 10_000).ok();
            self.month = i8::try_from(number / 100 % 100).ok();
            self.day = i8::try_from(number % 100).ok();
        } else if digits >= 3 {
            if self.year.is_none() {
                // Three digits are years since 1900 (RFC 5322 4.3).
                let year = if digits == 3 {
                    number.saturating_add(1900)
                } else {
                    number
                };
                self.year = i16::try_from(year).ok();
            }
        } else if self.year.is_some() && self.month.is_none() && self.day.is_none() {
            self.month = i8::try_from(number).ok();
        } else if self.day.is_none() {
            self.day = i8::try_from(number).ok();
        } else if self.month.is_none() {
            self.month = i8::try_from(number).ok();
        } else if self.year.is_none() {
            let century = if number < 50 { 2000 } else { 1900 };
            self.year = i16::try_from(number.saturating_add(century)).ok();
        }
    }

    fn dated(self) -> Option<Dated> {
        let (hour, minute, second) = self.time.unwrap_or_default();
        let hour = match self.evening {
            Some(true) if hour < 12 => hour.saturating_add(12),
            Some(false) if hour == 12 => 0,
            _ => hour % 24,
        };
        let date = DateTime::new(
            self.year.filter(|year| *year >= 1)?,
            self.month?,
            self.day?,
            hour,
            minute,
            second.min(59),
            0,
        );
        let zone =
            Offset::from_seconds(i32::from(self.zone.unwrap_or_default()).saturating_mul(60));
        let instant = zone.ok()?.to_timestamp(date.ok()?).ok()?;
        Some(Dated {
            instant,
            zoned: self.zone.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(value: &str) -> String {
        parse(value.as_bytes()).map_or("none".to_owned(), |dated| dated.instant.to_string())
    }

    #[test]
    fn dates_as_they_should_be() {
        assert_eq!(
            utc("Fri, 21 Nov 1997 09:55:06 -0600"),
            "1997-11-21T15:55:06Z"
        );
        assert_eq!(utc("21 Nov 97 09:55:06 GMT"), "1997-11-21T09:55:06Z");
        assert_eq!(
            utc("Thu, 13 Feb 1969 23:32 -0330 (Newfoundland Time)"),
            "1969-02-14T03:02:00Z"
        );
        assert_eq!(
            utc("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600"),
            "1997-11-21T15:55:06Z"
        );
        assert_eq!(utc("1 Jan 49 0:0:0 Z"), "2049-01-01T00:00:00Z");
        assert_eq!(utc("1 Jan 102 0:0:0 EST"), "2002-01-01T05:00:00Z");
    }

    #[test]
    fn dates_as_they_are() {
        for (value, wanted) in [
            ("Sat Jan  3 01:05:34 1996", "1996-01-03T01:05:34Z"),
            ("Thu Jan 01 00:00:00 +0000 2015", "2015-01-01T00:00:00Z"),
            ("Mon May 6 10:00:00 CEST 2024", "2024-05-06T08:00:00Z"),
            ("2024-05-06T10:00:00+02:00", "2024-05-06T08:00:00Z"),
            ("2024-05-06 10:00:00", "2024-05-06T10:00:00Z"),
            ("Mo, 6 Mai 2024 10:00:00 +0200", "2024-05-06T08:00:00Z"),
            ("6-May-2024 10:00 PM", "2024-05-06T22:00:00Z"),
            ("Mon, 6 May 2024 12:30:00 AM +0000", "2024-05-06T00:30:00Z"),
            ("Mon, 6 May 2024 10:00:00 GMT+0200", "2024-05-06T08:00:00Z"),
            ("Mon, 06 May 2024 10:00:00+0200", "2024-05-06T08:00:00Z"),
            (
                "Monday, May 6, 2024 10:00:00 -0500 (EST)",
                "2024-05-06T15:00:00Z",
            ),
            ("Mon, 6 May 2024 24:00:00 +0000", "2024-05-06T00:00:00Z"),
            ("06.05.2024 10:00", "2024-05-06T10:00:00Z"),
            ("20240506", "2024-05-06T00:00:00Z"),
            ("Mon, 31 Feb 2024 10:00:00 +0000", "none"),
            ("yesterday", "none"),
            ("", "none"),
        ] {
            assert_eq!(utc(value), wanted, "{value}");
        }
        assert!(!parse(b"6 May 2024 10:00:00").unwrap().zoned);
    }
}
