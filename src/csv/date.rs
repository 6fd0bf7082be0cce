//! Dates and times of day as people's computers write them.
//!
//! *Shape*: `10/5/2004`, `5.10.2004`, `2004-10-05T09:00:00`, `5. Oktober 2004`, `2004年10月5日`,
//! `38265` (days since 1899-12-30, which a spreadsheet leaves); `9:00:00 AM`, `09.00`, `午前 9:00`.
//!
//! *Invariants*: day and month are told apart by the order that the caller gives, unless only one
//! order makes a date; a year of two digits is one of 1930 to 2029.
//!
//! *Seen in the wild*: `0/0/00`, `0.0.00`, `0-0-00` and the year 4501 for no date.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{SpanRound, ToSpan, Unit};

use super::headings::key;

/// Which of day, month and year comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum DateOrder {
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
    /// Year, month, day.
    Ymd,
}

impl DateOrder {
    /// The word of the option.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dmy => "dmy",
            Self::Mdy => "mdy",
            Self::Ymd => "ymd",
        }
    }
}

/// A date cell, as far as it tells by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateCell<'t> {
    /// The date.
    pub form: Form,
    /// What follows it: a time of day, or nothing.
    pub rest: &'t str,
}

/// What a date cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// That there is no date.
    Nothing,
    /// A date, whatever the order.
    Known(Date),
    /// A number of days since 1899-12-30, as spreadsheets count.
    Serial(Date),
    /// Three numbers.
    Numbers(Numbers),
}

/// Three numbers of which the order says what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The numbers as written.
    pub all: [u16; 3],
    /// Whether the last is a year of more than two digits.
    pub long_year: bool,
    /// Whether dots stand between them.
    pub dots: bool,
}

impl Numbers {
    /// The date in this order; `None` when there is no such date.
    #[must_use]
    pub fn date(&self, order: DateOrder) -> Option<Date> {
        let [one, two, three] = self.all;
        let (day, month, year) = match order {
            DateOrder::Dmy => (one, two, three),
            DateOrder::Ymd if !self.long_year => (three, two, one),
            DateOrder::Mdy | DateOrder::Ymd => (two, one, three),
        };
        make(full_year(year, self.long_year), month, day)
    }

    /// Whether the year has two digits.
    #[must_use]
    pub fn has_short_year(&self) -> bool {
        !self.long_year
    }
}

fn full_year(year: u16, long: bool) -> u16 {
    match year {
        0..=29 if !long => year.saturating_add(2000),
        30..=99 if !long => year.saturating_add(1900),
        _ => year,
    }
}

fn make(year: u16, month: u16, day: u16) -> Option<Date> {
    let year = i16::try_from(year).ok()?;
    let month = i8::try_from(month).ok()?;
    Date::new(year, month, i8::try_from(day).ok()?).ok()
}

/// The year by which Outlook says that there is no date.
const NO_YEAR: i16 = 4501;

/// A word or number of a cell, and what follows it.
#[derive(Debug, Clone, Copy)]
enum Token<'t> {
    Number {
        digits: &'t str,
        before: Option<char>,
    },
    Word(&'t str),
}

/// The tokens of a text, each with the offset behind it.
fn tokens(text: &str) -> impl Iterator<Item = (Token<'_>, usize)> {
    let mut at = 0;
    let mut before = None;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..)?;
            let first = rest.chars().next()?;
            let is_digit = first.is_ascii_digit();
            let same = |c: char| {
                if is_digit {
                    c.is_ascii_digit()
                } else {
                    c.is_alphabetic()
                }
            };
            if !same(first) {
                before = Some(first);
                at = at.saturating_add(first.len_utf8());
                continue;
            }
            let len = rest.find(|c| !same(c)).unwrap_or(rest.len());
            let word = rest.get(..len)?;
            at = at.saturating_add(len);
            let token = if is_digit {
                let before = before.take();
                Token::Number {
                    digits: word,
                    before,
                }
            } else {
                Token::Word(word)
            };
            return Some((token, at));
        }
    })
}

/// Reads a date cell; `None` when it is none.
#[must_use]
pub fn date_cell(text: &str) -> Option<DateCell<'_>> {
    let text = text.trim();
    let known = |form, rest| Some(DateCell { form, rest });
    if text.is_empty() || NONE.contains(&key(text).as_str()) {
        return known(Form::Nothing, "");
    }
    if let Some(date) = serial(text) {
        return known(Form::Serial(date), "");
    }
    let mut numbers: [(u16, usize); 3] = [(0, 0); 3];
    let mut count = 0_usize;
    let mut dots = 0;
    let mut month = None;
    for (place, (token, end)) in tokens(text).enumerate() {
        match token {
            Token::Number { digits, before } => {
                if let (0, 8, Ok(whole)) = (count, digits.len(), digits.parse::<u32>()) {
                    let part = |by: u32, most: u32| u16::try_from(whole / by % most).ok();
                    let date = make(part(10_000, 10_000)?, part(100, 100)?, part(1, 100)?)?;
                    return known(Form::Known(date), text.get(end..).unwrap_or_default());
                }
                *numbers.get_mut(count)? = (digits.parse().ok()?, digits.len());
                count = count.saturating_add(1);
                dots += usize::from(before == Some('.'));
            }
            Token::Word(word) => match month_of(word) {
                Some(named) if month.is_none() => month = Some(named),
                // A day of the week may come first.
                _ if place == 0 && text.get(end..)?.starts_with([',', '.']) => {}
                _ if BETWEEN.contains(&key(word).as_str()) => {}
                _ => return None,
            },
        }
        if count.saturating_add(usize::from(month.is_some())) == 3 {
            let rest = text.get(end..).unwrap_or_default();
            let rest = rest.strip_prefix('日').unwrap_or(rest);
            let form = form(numbers, month, dots > 0)?;
            return known(form, rest.trim_matches([' ', ',', '\u{a0}', '\u{202f}']));
        }
    }
    None
}

fn form(numbers: [(u16, usize); 3], month: Option<u16>, dots: bool) -> Option<Form> {
    let [(one, one_len), (two, two_len), (three, three_len)] = numbers;
    if let Some(month) = month {
        let (day, year, len) = if one_len > 2 || one > 31 {
            (two, one, one_len)
        } else {
            (one, two, two_len)
        };
        let date = make(full_year(year, len > 2), month, day)?;
        return Some(known_form(date));
    }
    if one == 0 && two == 0 && three == 0 {
        return Some(Form::Nothing);
    }
    if one_len > 2 {
        return Some(known_form(make(one, two, three)?));
    }
    if three_len > 2 && three == NO_YEAR.unsigned_abs() {
        return Some(Form::Nothing);
    }
    Some(Form::Numbers(Numbers {
        all: [one, two, three],
        long_year: three_len > 2,
        dots,
    }))
}

fn known_form(date: Date) -> Form {
    if date.year() == NO_YEAR {
        Form::Nothing
    } else {
        Form::Known(date)
    }
}

/// Days since 1899-12-30, of the years 1927 to 2118: five digits, and perhaps a part of a day.
fn serial(text: &str) -> Option<Date> {
    let (days, part) = text.split_once('.').unwrap_or((text, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if days.len() != 5 || !plain(days) || !plain(part) {
        return None;
    }
    let days: i64 = days.parse().ok()?;
    let first = Date::new(1899, 12, 30).ok()?;
    (10_000..80_000)
        .contains(&days)
        .then(|| first.checked_add(days.days()).ok())
        .flatten()
}

/// Words for no date.
const NONE: &[&str] = &[
    "none",
    "keine",
    "kein",
    "keineangabe",
    "ohne",
    "aucun",
    "aucune",
    "ninguno",
    "ninguna",
    "nessuno",
    "nessuna",
    "geen",
    "nenhum",
    "nenhuma",
    "なし",
];

/// Words between the parts of a date.
const BETWEEN: &[&str] = &[
    "de", "del", "of", "the", "st", "nd", "rd", "th", "er", "年", "月", "日",
];

/// The beginnings of the months, the longer before those that they begin with.
const MONTHS: &[(&str, u16)] = &[
    ("jan", 1),
    ("gen", 1),
    ("ene", 1),
    ("feb", 2),
    ("fev", 2),
    ("mar", 3),
    ("maerz", 3),
    ("mrz", 3),
    ("maa", 3),
    ("mrt", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("juni", 6),
    ("june", 6),
    ("juin", 6),
    ("jun", 6),
    ("giu", 6),
    ("juil", 7),
    ("jul", 7),
    ("lug", 7),
    ("aug", 8),
    ("aou", 8),
    ("ago", 8),
    ("sep", 9),
    ("set", 9),
    ("oct", 10),
    ("okt", 10),
    ("ott", 10),
    ("out", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
    ("dic", 12),
];

fn month_of(word: &str) -> Option<u16> {
    let word = key(word);
    let found = MONTHS.iter().find(|(begin, _)| word.starts_with(begin));
    found.map(|(_, month)| *month)
}

/// A time of day, and its offset from UTC when the cell tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeCell {
    /// The time.
    pub time: Time,
    /// The offset.
    pub offset: Option<Offset>,
}

/// Reads a time of day; `None` when it is none.
#[must_use]
pub fn time_cell(text: &str) -> Option<TimeCell> {
    let text = text.trim();
    if let Some(part) = text.strip_prefix("0.").filter(|part| part.len() > 2) {
        return part_of_day(part);
    }
    let (clock, offset) = match text.rfind(['+', 'Z']) {
        Some(at) => (text.get(..at)?, offset(text.get(at..)?)),
        None => (text, None),
    };
    let mut numbers = [0_i8; 3];
    let mut count = 0_usize;
    let mut half = None;
    for (token, _) in tokens(clock) {
        match token {
            Token::Number { digits, .. } if count < 3 => {
                *numbers.get_mut(count)? = digits.parse().ok()?;
                count = count.saturating_add(1);
            }
            // Fractions of a second say nothing here.
            Token::Number { .. } => {}
            Token::Word(word) => match key(word).as_str() {
                "am" | "a" | "午前" => half = half.or(Some(false)),
                "pm" | "p" | "午後" => half = half.or(Some(true)),
                "m" | "h" | "s" | "t" | "uhr" | "min" | "utc" | "時" | "分" | "秒" => {}
                _ => return None,
            },
        }
    }
    let [hour, minute, second] = numbers;
    let hour = match half {
        None if count >= 2 => hour,
        Some(after_noon) if (1..=12).contains(&hour) => hour % 12 + if after_noon { 12 } else { 0 },
        // 午前 0:00, and clocks that say 13:00 PM.
        Some(_) if count >= 2 => hour,
        _ => return None,
    };
    let time = Time::new(hour, minute, second, 0).ok()?;
    Some(TimeCell { time, offset })
}

fn offset(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let mut numbers = tokens(text).filter_map(|(token, _)| match token {
        Token::Number { digits, .. } => digits.parse::<i32>().ok(),
        Token::Word(_) => None,
    });
    let hours = numbers.next()?;
    let minutes = numbers.next().unwrap_or_default();
    let seconds = hours
        .checked_mul(3_600)?
        .checked_add(minutes.checked_mul(60)?)?;
    Offset::from_seconds(seconds).ok()
}

/// The digits behind `0.`, as spreadsheets leave a time of day.
fn part_of_day(digits: &str) -> Option<TimeCell> {
    let digits = digits.get(..digits.len().min(9))?;
    let part: i64 = digits.parse().ok()?;
    let whole = 10_i64.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let millis = part.checked_mul(86_400_000)?.checked_div(whole)?;
    let round = SpanRound::new().smallest(Unit::Second);
    let span = millis.milliseconds().round(round).ok()?;
    let time = Time::midnight().checked_add(span).ok()?;
    Some(TimeCell { time, offset: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    fn read(text: &str, order: DateOrder) -> Option<Date> {
        match date_cell(text)?.form {
            Form::Nothing => None,
            Form::Known(date) | Form::Serial(date) => Some(date),
            Form::Numbers(numbers) => numbers.date(order),
        }
    }

    #[test]
    fn dates_of_every_shape() {
        let day = Some(date(2004, 10, 5));
        for text in [
            "5/10/2004",
            "5.10.2004",
            "05-10-04",
            "2004-10-05",
            "2004/10/5",
            "20041005",
            "5. Oktober 2004",
            "5 de outubro de 2004",
            "October 5, 2004",
            "Tue, 5 Oct 2004",
            "5-Oct-04",
            "2004年10月5日",
            "38265",
            "38265.375",
            "2004-10-05T09:00:00Z",
        ] {
            assert_eq!(read(text, DateOrder::Dmy), day, "{text}");
        }
        assert_eq!(read("10/5/04", DateOrder::Mdy), day);
        assert_eq!(read("04/10/05", DateOrder::Ymd), day);
        assert_eq!(read("10/5/2004", DateOrder::Ymd), day);
        assert_eq!(read("30/12/29", DateOrder::Dmy), Some(date(2029, 12, 30)));
        assert_eq!(read("1/1/30", DateOrder::Dmy), Some(date(1930, 1, 1)));
        assert_eq!(read("1 août 2004", DateOrder::Dmy), Some(date(2004, 8, 1)));
        assert_eq!(read("1 juin 2004", DateOrder::Dmy), Some(date(2004, 6, 1)));
        assert_eq!(
            read("1 juillet 2004", DateOrder::Dmy),
            Some(date(2004, 7, 1))
        );
    }

    #[test]
    fn no_date_and_no_sense() {
        for text in [
            "0/0/00",
            "0.0.00",
            "0-0-00",
            "00/00/0000",
            "",
            "1/1/4501",
            "Keine",
            "なし",
        ] {
            assert_eq!(date_cell(text).unwrap().form, Form::Nothing, "{text}");
        }
        for text in [
            "soon",
            "May-24",
            "5/10",
            "1/2/99999",
            "Room 5 6 2004 in May",
            "123456",
        ] {
            assert_eq!(date_cell(text), None, "{text}");
        }
        assert_eq!(read("31/2/2004", DateOrder::Dmy), None);
    }

    #[test]
    fn what_follows_a_date_is_its_time() {
        let rest = |text| date_cell(text).unwrap().rest;
        assert_eq!(rest("10/5/2004 9:00:00 AM"), "9:00:00 AM");
        assert_eq!(rest("2004-10-05T09:00"), "T09:00");
        assert_eq!(rest("2004年10月5日 9:00"), "9:00");
        assert_eq!(rest("5.10.2004, 9:00"), "9:00");
    }

    #[test]
    fn times_of_every_shape() {
        let nine = Some(time(9, 30, 0, 0));
        let read = |text| time_cell(text).map(|cell| cell.time);
        for text in [
            "9:30",
            "09:30:00",
            "9:30:00 AM",
            "9.30",
            "9h30",
            "午前 9:30",
            "9:30 a. m.",
            "T09:30:00",
            "9:30:00\u{202f}AM",
            "9時30分",
            "0.3958333333",
        ] {
            assert_eq!(read(text), nine, "{text}");
        }
        assert_eq!(read("9:30 PM"), Some(time(21, 30, 0, 0)));
        assert_eq!(read("午後 9:30"), Some(time(21, 30, 0, 0)));
        assert_eq!(read("12:00:00 AM"), Some(time(0, 0, 0, 0)));
        assert_eq!(read("12:30 p.m."), Some(time(12, 30, 0, 0)));
        assert_eq!(read("9 AM"), Some(time(9, 0, 0, 0)));
        for text in ["", "9", "noon", "25:00", "9:75"] {
            assert_eq!(read(text), None, "{text}");
        }
        let zoned = time_cell("09:30:00+02:00").unwrap();
        assert_eq!(zoned.offset, Some(Offset::from_seconds(7_200).unwrap()));
        assert_eq!(
            time_cell("09:30:00.000Z").unwrap().offset,
            Some(Offset::UTC)
        );
    }
}
