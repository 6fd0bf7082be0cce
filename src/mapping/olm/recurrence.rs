//! How appointments and tasks recur.
//!
//! *Shape*: `OPFRecurrenceCopyStartDate`, `…CopyEndDate`, `OPFRecurrenceIsNumbered` with
//! `…GetOccurenceCount`, `…HasEndDate`, `…IsNoEnd`; in `OPFRecurrencePattern` its
//! `OPFRecurrencePatternType` (`OPFRecurrencePatternWeekly`), `…Interval`, `…DaysOfWeek` with
//! `monday` and so on, `…DayOfMonth`, `…Month`, `…Week`.
//!
//! *Invariant*: the element stays raw too, since what it can say is not all known.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};

use super::fields::Taker;
use super::{Session, value};
use crate::finding::Effect;
use crate::item::Recurrence;
use crate::mapi::recurrence::{
    DayMask, Minutes, NO_END_DATE, Pattern, RecurFrequency, RecurrencePattern,
};
use crate::mapping::mapi::recurrence::words;
use crate::olm::Element;

/// Minutes of a day: of a daily pattern the period counts these.
const DAY: u32 = 24 * 60;

/// Reads a recurrence; `day` tells the day of an instant in the zone of the item.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &Taker<'_>,
    name: &str,
    day: impl Fn(Timestamp) -> Option<Date>,
) -> Option<Recurrence> {
    let element = taker.peek(name).filter(|own| !own.is_empty())?;
    let read = pattern(element, day).and_then(|own| words(&own).ok());
    if read.is_none() {
        let detail = "a recurrence that is not understood is kept raw only";
        session.find("mapping.olm.recurrence", Effect::Noted, detail);
    }
    read
}

fn pattern(
    element: &Element,
    day: impl Fn(Timestamp) -> Option<Date>,
) -> Option<RecurrencePattern> {
    // Some writers leave out the element between.
    let own = element.child("OPFRecurrencePattern").unwrap_or(element);
    let number = |name: &str| own.value(name).and_then(value::integer);
    let date = |name: &str| day(element.value(name).and_then(value::time)?);
    let is = |name: &str| element.value(name).and_then(value::flag) == Some(true);
    let start = date("OPFRecurrenceCopyStartDate")?;
    let interval = number("OPFRecurrencePatternInterval").unwrap_or(1);
    let interval = u32::try_from(interval)
        .ok()
        .filter(|interval| *interval > 0)?;
    let days = days(own.child("OPFRecurrencePatternDaysOfWeek"));
    let of_month = number("OPFRecurrencePatternDayOfMonth")
        .or(Some(i64::from(start.day())))
        .and_then(|day| u32::try_from(day).ok())
        .filter(|day| (1..=31).contains(day));
    let position = number("OPFRecurrencePatternWeek")
        .and_then(|week| u32::try_from(if week == -1 { 5 } else { week }).ok())
        .filter(|week| (1..=5).contains(week));
    let kind = own.value("OPFRecurrencePatternType")?.trim();
    let kind = kind.strip_prefix("OPFRecurrencePattern").unwrap_or(kind);
    let (frequency, pattern, period) = match kind {
        "Daily" => (
            RecurFrequency::Daily,
            Pattern::Day,
            interval.checked_mul(DAY)?,
        ),
        "Weekly" => {
            let days = if days.is_empty() {
                vec![start.weekday()]
            } else {
                days
            };
            (
                RecurFrequency::Weekly,
                Pattern::Week(DayMask::of(&days)),
                interval,
            )
        }
        "AbsoluteMonthly" => (RecurFrequency::Monthly, Pattern::Month(of_month?), interval),
        "AbsoluteYearly" => (
            RecurFrequency::Yearly,
            Pattern::Month(of_month?),
            interval.checked_mul(12)?,
        ),
        "RelativeMonthly" | "RelativeYearly" if !days.is_empty() => {
            let own = Pattern::MonthNth(DayMask::of(&days), position?);
            if kind == "RelativeMonthly" {
                (RecurFrequency::Monthly, own, interval)
            } else {
                (RecurFrequency::Yearly, own, interval.checked_mul(12)?)
            }
        }
        _ => return None,
    };
    let month = number("OPFRecurrencePatternMonth");
    if frequency == RecurFrequency::Yearly
        && month.is_some_and(|month| month != i64::from(start.month()))
    {
        return None;
    }
    let count = element
        .value("OPFRecurrenceGetOccurenceCount")
        .and_then(value::integer);
    let count = count.and_then(|count| u32::try_from(count).ok());
    let until = date("OPFRecurrenceCopyEndDate");
    let (end_type, count, end) = match (count, until) {
        (Some(count), _) if is("OPFRecurrenceIsNumbered") && count > 0 => {
            (RecurrencePattern::END_AFTER, count, NO_END_DATE)
        }
        (_, Some(until)) if is("OPFRecurrenceHasEndDate") => {
            (RecurrencePattern::END_UNTIL, 0, Minutes::midnight(until))
        }
        _ => (RecurrencePattern::END_NEVER, 0, NO_END_DATE),
    };
    Some(RecurrencePattern {
        reader_version: 0x3004,
        writer_version: 0x3004,
        frequency,
        pattern,
        calendar_type: 0,
        first_date_time: 0,
        period,
        sliding: 0,
        end_type,
        occurrence_count: count,
        first_day_of_week: 0,
        deleted: Vec::new(),
        modified: Vec::new(),
        start_date: Minutes::midnight(start),
        end_date: end,
    })
}

/// Days of the week, Monday first.
fn days(element: Option<&Element>) -> Vec<Weekday> {
    use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    const WEEK: [(&str, Weekday); 7] = [
        ("monday", Monday),
        ("tuesday", Tuesday),
        ("wednesday", Wednesday),
        ("thursday", Thursday),
        ("friday", Friday),
        ("saturday", Saturday),
        ("sunday", Sunday),
    ];
    let Some(element) = element else {
        return Vec::new();
    };
    let is = |name: &str| element.value(name).and_then(value::flag) == Some(true);
    let of_group = |day: Weekday| {
        is("allDays")
            || match day {
                Saturday | Sunday => is("weekenddays"),
                _ => is("weekdays"),
            }
    };
    let own = WEEK.iter().filter(|(name, day)| is(name) || of_group(*day));
    own.map(|(_, day)| *day).collect()
}
