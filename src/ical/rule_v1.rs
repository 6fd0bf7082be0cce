//! Recurrence rules of vCalendar 1.0.
//!
//! *Spec*: vCalendar 1.0 (versit 1996), the recurrence rules grammar.
//!
//! *Shape*: `D2 #5`, `W1 MO TU 19990101T000000`, `MP1 1+ TU 2- FR #0`, `MD1 1 15 LD`, `YM1 6`,
//! `YD1 100`, `M30`: a unit with an interval, what it selects, and an end (`#` and a count, 0 for
//! none; or a time; twice when there is neither).
//!
//! *Not supported*: rules in rules (`YM1 6 MP1 1+ TU`), `$` marks.
//!
//! *Seen in the wild*: RFC 5545 rules in vCalendar 1.0.

use std::collections::BTreeSet;

use jiff::civil::Weekday;

use super::rule::{ByDay, Frequency, Rule, RuleError, weekday};
use super::value::When;

/// Reads a rule of vCalendar 1.0, or one of RFC 5545 in its place.
///
/// # Errors
/// When it is neither.
pub fn parse(text: &str) -> Result<Rule, RuleError> {
    if text.contains('=') {
        return Rule::parse(text);
    }
    let mut words = text.split_ascii_whitespace();
    let unit = words.next().unwrap_or_default().to_ascii_uppercase();
    let letters = unit.find(|letter: char| letter.is_ascii_digit());
    let (unit, interval) = unit
        .split_at_checked(letters.unwrap_or(unit.len()))
        .unwrap_or_default();
    let frequency = match unit {
        "D" => Frequency::Daily,
        "W" => Frequency::Weekly,
        "MP" | "MD" => Frequency::Monthly,
        "YM" | "YD" => Frequency::Yearly,
        "M" => Frequency::Minutely,
        _ => return Err(RuleError("it begins with no unit of vCalendar 1.0".into())),
    };
    let mut rule = Rule::new(frequency);
    rule.interval = interval.parse().unwrap_or(1).max(1);
    let mut end = None;
    let mut nth: Vec<i16> = Vec::new();
    let mut nth_is_used = false;
    for word in words {
        let upper = word.to_ascii_uppercase();
        if let Some(count) = word.strip_prefix('#').and_then(|count| count.parse().ok()) {
            end = Some(End::Count(count));
            continue;
        }
        if word.len() >= 8
            && let Some(until) = When::parse(word)
        {
            end = Some(End::Until(until));
            continue;
        }
        let taken = match unit {
            "D" | "W" if clock(&upper, &mut rule) => true,
            "W" => select_day(&upper, &[0], &mut rule.days),
            "MP" => match position(&upper) {
                Some(position) => {
                    if std::mem::take(&mut nth_is_used) {
                        nth.clear();
                    }
                    nth.push(position);
                    true
                }
                None => {
                    nth_is_used = true;
                    select_day(&upper, &nth, &mut rule.days)
                }
            },
            "MD" if upper == "LD" => rule.month_days.insert(-1),
            "MD" => number(&upper, 31, &mut rule.month_days),
            "YM" => number(&upper, 12, &mut rule.months),
            "YD" => number(&upper, 366, &mut rule.year_days),
            _ => false,
        };
        if !taken {
            return Err(RuleError(format!("{word:?} in it is not understood")));
        }
    }
    match end {
        Some(End::Count(0)) => {}
        Some(End::Count(count)) => rule.count = Some(count),
        Some(End::Until(until)) => rule.until = Some(until),
        None => rule.count = Some(2),
    }
    Ok(rule)
}

enum End {
    Count(u64),
    Until(When),
}

/// `1+`, `2-`: from the start or from the end.
fn position(word: &str) -> Option<i16> {
    let (digits, sign) = match word.strip_suffix('-') {
        Some(digits) => (digits, -1),
        None => (word.strip_suffix('+')?, 1),
    };
    let number: i16 = digits.parse().ok()?;
    (1..=5).contains(&number).then_some(sign * number)
}

fn select_day(word: &str, nth: &[i16], days: &mut BTreeSet<ByDay>) -> bool {
    let Some(day) = weekday(word) else {
        return false;
    };
    let day: Weekday = day;
    days.extend(nth.iter().map(|nth| ByDay::new(*nth, day)));
    !nth.is_empty()
}

/// A number, perhaps with the sign behind it.
fn number(word: &str, most: i16, into: &mut BTreeSet<i16>) -> bool {
    let (digits, sign) = match word.strip_suffix('-') {
        Some(digits) => (digits, -1),
        None => (word.strip_suffix('+').unwrap_or(word), 1),
    };
    let number = digits.parse::<i16>().ok();
    let number = number.filter(|number| (1..=most).contains(number));
    number.is_some_and(|number| into.insert(sign * number) || number > 0)
}

/// `0900`: a time of day.
fn clock(word: &str, rule: &mut Rule) -> bool {
    if word.len() != 4 || !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let part = |at: usize| word.get(at..at.saturating_add(2))?.parse::<i16>().ok();
    let (Some(hour @ 0..=23), Some(minute @ 0..=59)) = (part(0), part(2)) else {
        return false;
    };
    // Several times are hours and minutes on their own, so they have to share the minute.
    if !rule.minutes.is_empty() && !rule.minutes.contains(&minute) {
        return false;
    }
    rule.hours.insert(hour);
    rule.minutes.insert(minute);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit() {
        for (text, want) in [
            ("D1 #10", "FREQ=DAILY;COUNT=10"),
            ("D2", "FREQ=DAILY;COUNT=2;INTERVAL=2"),
            ("W2 MO TU #0", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU"),
            (
                "W1 TU 19990101T000000Z",
                "FREQ=WEEKLY;UNTIL=19990101T000000Z;BYDAY=TU",
            ),
            ("MP1 1+ 1- FR #0", "FREQ=MONTHLY;BYDAY=-1FR,1FR"),
            (
                "MP2 1+ MO 3- WE TH #4",
                "FREQ=MONTHLY;COUNT=4;INTERVAL=2;BYDAY=-3WE,-3TH,1MO",
            ),
            ("MD1 2 15 LD #0", "FREQ=MONTHLY;BYMONTHDAY=-1,2,15"),
            ("MD1 3- #1", "FREQ=MONTHLY;COUNT=1;BYMONTHDAY=-3"),
            ("YM1 6 7 #8", "FREQ=YEARLY;COUNT=8;BYMONTH=6,7"),
            (
                "YD3 1 100 #4",
                "FREQ=YEARLY;COUNT=4;INTERVAL=3;BYYEARDAY=1,100",
            ),
            ("M30 #6", "FREQ=MINUTELY;COUNT=6;INTERVAL=30"),
            (
                "D1 0600 1500 #2",
                "FREQ=DAILY;COUNT=2;BYMINUTE=0;BYHOUR=6,15",
            ),
            ("FREQ=DAILY;COUNT=1", "FREQ=DAILY;COUNT=1"),
        ] {
            assert_eq!(parse(text).unwrap().to_text(), want, "{text}");
        }
        for text in ["", "X1", "YM1 6 MP1 1+ TU", "W1 XX", "MP1 MO"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
