//! `RecurrencePattern`: how an appointment or a task repeats.
//!
//! *Spec*: MS-OXOCAL 2.2.1.44.1; MS-OXOTASK 2.2.2.2.15 (`PidLidTaskRecurrence` holds one).
//!
//! *Shape*:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2, 2 | ReaderVersion, WriterVersion: 0x3004 |
//! | 4 | 2 | RecurFrequency: 0x200A daily, 0x200B weekly, 0x200C monthly, 0x200D yearly |
//! | 6 | 2 | PatternType |
//! | 8 | 2 | CalendarType |
//! | 10 | 4 | FirstDateTime: minutes |
//! | 14 | 4 | Period: minutes for days, weeks, or months |
//! | 18 | 4 | SlidingFlag |
//! | 22 | 0, 4 or 8 | PatternTypeSpecific: nothing, days of the week, day of the month, or days and
//! n |
//! | … | 4, 4, 4 | EndType, OccurrenceCount, FirstDOW |
//! | … | 4 + 4 n | DeletedInstanceDates |
//! | … | 4 + 4 n | ModifiedInstanceDates |
//! | … | 4, 4 | StartDate, EndDate |
//!
//! Dates are minutes since 1601-01-01 in the local time of the series.
//!
//! *Invariants*: what is read is written back byte for byte.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday, date};

use crate::bytes::{Cursor, Truncated};
use crate::limits;

use super::blob::BlobError;

const WHAT: &str = "RecurrencePattern";
/// ReaderVersion and WriterVersion.
pub const VERSION: u16 = 0x3004;
/// EndDate of a series without end; Outlook writes 0x5AE980DF, and 0x5AE980DE is seen too.
pub const NO_END_DATE: Minutes = Minutes(0x5AE9_80DF);

/// Minutes since 1601-01-01 00:00, local time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minutes(pub u32);

impl Minutes {
    const EPOCH: Date = date(1601, 1, 1);
    const PER_DAY: u32 = 1440;

    /// The minutes at the midnight that begins a day. Days before 1601 give 0.
    #[must_use]
    pub fn midnight(day: Date) -> Self {
        let days = Self::EPOCH
            .until(day)
            .map_or(0, |span| i64::from(span.get_days()));
        let minutes = days.saturating_mul(i64::from(Self::PER_DAY));
        Self(u32::try_from(minutes.max(0)).unwrap_or(u32::MAX))
    }

    /// The minutes of a local time; seconds are dropped.
    #[must_use]
    pub fn of(time: DateTime) -> Self {
        let minutes = u32::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute()));
        Self(
            Self::midnight(time.date())
                .0
                .saturating_add(minutes.unwrap_or(0)),
        )
    }

    /// The day.
    #[must_use]
    pub fn date(self) -> Date {
        self.datetime().date()
    }

    /// The local time. All values lie before the year 9768.
    #[must_use]
    pub fn datetime(self) -> DateTime {
        Self::EPOCH
            .at(0, 0, 0, 0)
            .saturating_add(i64::from(self.0).minutes())
    }
}

impl fmt::Debug for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08X} = {}", self.0, self.datetime())
    }
}

/// `RecurFrequency`: the tab of Outlook's dialog under which the series was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecurFrequency {
    /// 0x200A; with [`Pattern::Week`] it means every weekday.
    Daily,
    /// 0x200B.
    Weekly,
    /// 0x200C.
    Monthly,
    /// 0x200D.
    Yearly,
}

impl RecurFrequency {
    fn from_code(code: u16) -> Option<Self> {
        Some(match code {
            0x200A => Self::Daily,
            0x200B => Self::Weekly,
            0x200C => Self::Monthly,
            0x200D => Self::Yearly,
            _ => return None,
        })
    }

    /// The stored number.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Daily => 0x200A,
            Self::Weekly => 0x200B,
            Self::Monthly => 0x200C,
            Self::Yearly => 0x200D,
        }
    }
}

/// `PatternType` and `PatternTypeSpecific`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// 0: every `period` minutes, whole days.
    Day,
    /// 1: on these days of every `period`th week.
    Week(DayMask),
    /// 2: on this day (1 to 31) of every `period`th month, or its last day where it is shorter.
    Month(u32),
    /// 4: on the last day of the month; the number is 31.
    MonthEnd(u32),
    /// 3: on the nth (1 to 4, 5 for the last) of these days in every `period`th month.
    MonthNth(DayMask, u32),
    /// 0x0A, the like of 2 in the Hijri calendar.
    HijriMonth(u32),
    /// 0x0C, the like of 4 in the Hijri calendar.
    HijriMonthEnd(u32),
    /// 0x0B, the like of 3 in the Hijri calendar.
    HijriMonthNth(DayMask, u32),
}

impl Pattern {
    fn read(kind: u16, from: &mut Cursor<'_>) -> Result<Option<Self>, Truncated> {
        Ok(Some(match kind {
            0 => Self::Day,
            1 => Self::Week(DayMask(from.u32()?)),
            2 => Self::Month(from.u32()?),
            3 => Self::MonthNth(DayMask(from.u32()?), from.u32()?),
            4 => Self::MonthEnd(from.u32()?),
            0x0A => Self::HijriMonth(from.u32()?),
            0x0B => Self::HijriMonthNth(DayMask(from.u32()?), from.u32()?),
            0x0C => Self::HijriMonthEnd(from.u32()?),
            _ => return Ok(None),
        }))
    }

    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Day => {}
            Self::Week(days) => out.extend(days.0.to_le_bytes()),
            Self::Month(day)
            | Self::MonthEnd(day)
            | Self::HijriMonth(day)
            | Self::HijriMonthEnd(day) => out.extend(day.to_le_bytes()),
            Self::MonthNth(days, n) | Self::HijriMonthNth(days, n) => {
                out.extend(days.0.to_le_bytes());
                out.extend(n.to_le_bytes());
            }
        }
    }

    /// The stored `PatternType`.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Day => 0,
            Self::Week(_) => 1,
            Self::Month(_) => 2,
            Self::MonthNth(..) => 3,
            Self::MonthEnd(_) => 4,
            Self::HijriMonth(_) => 0x0A,
            Self::HijriMonthNth(..) => 0x0B,
            Self::HijriMonthEnd(_) => 0x0C,
        }
    }
}

/// Days of the week, Sunday in the lowest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DayMask(pub u32);

impl DayMask {
    /// Monday to Friday.
    pub const WEEKDAYS: Self = Self(0x3E);
    /// Saturday and Sunday.
    pub const WEEKEND: Self = Self(0x41);
    /// Every day.
    pub const ALL: Self = Self(0x7F);

    /// The mask of some days.
    #[must_use]
    pub fn of(days: &[Weekday]) -> Self {
        Self(
            days.iter()
                .fold(0, |mask, &day| mask | 1 << sunday_first(day)),
        )
    }

    /// Whether a day is among them.
    #[must_use]
    pub fn has(self, day: Weekday) -> bool {
        self.0 >> sunday_first(day) & 1 == 1
    }

    /// The days, Monday first.
    #[must_use]
    pub fn days(self) -> Vec<Weekday> {
        Weekday::Monday
            .cycle_forward()
            .take(7)
            .filter(|&day| self.has(day))
            .collect()
    }
}

/// 0 for Sunday to 6 for Saturday.
pub(super) fn sunday_first(day: Weekday) -> u32 {
    u32::try_from(day.to_sunday_zero_offset()).unwrap_or(0)
}

/// How a series ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeriesEnd {
    /// 0x2021: with this day.
    Until(Date),
    /// 0x2022: after this many occurrences, deleted ones included.
    After(u32),
    /// 0x2023, and 0xFFFFFFFF in old items.
    Never,
}

/// The structure as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurrencePattern {
    /// ReaderVersion, 0x3004.
    pub reader_version: u16,
    /// WriterVersion, 0x3004.
    pub writer_version: u16,
    /// RecurFrequency.
    pub frequency: RecurFrequency,
    /// PatternType and PatternTypeSpecific.
    pub pattern: Pattern,
    /// CalendarType: 0 default, 1 Gregorian, 6 Hijri, …
    pub calendar_type: u16,
    /// FirstDateTime: where the first period lies after 1601, in minutes.
    pub first_date_time: u32,
    /// Period: minutes for [`Pattern::Day`], else weeks or months.
    pub period: u32,
    /// SlidingFlag: a task begins anew when it is completed.
    pub sliding: u32,
    /// EndType as stored; see [`Self::end`].
    pub end_type: u32,
    /// OccurrenceCount.
    pub occurrence_count: u32,
    /// FirstDOW: 0 Sunday to 6 Saturday.
    pub first_day_of_week: u32,
    /// DeletedInstanceDates: the original days of deleted *and* modified occurrences.
    pub deleted: Vec<Minutes>,
    /// ModifiedInstanceDates: the days of modified occurrences.
    pub modified: Vec<Minutes>,
    /// StartDate: midnight of the first occurrence.
    pub start_date: Minutes,
    /// EndDate: midnight of the last occurrence, or [`NO_END_DATE`].
    pub end_date: Minutes,
}

impl RecurrencePattern {
    /// EndType of a series that ends with a day.
    pub const END_UNTIL: u32 = 0x2021;
    /// EndType of a series that ends after a number of occurrences.
    pub const END_AFTER: u32 = 0x2022;
    /// EndType of a series that does not end.
    pub const END_NEVER: u32 = 0x2023;

    /// Reads the structure and tells how many bytes it took.
    ///
    /// # Errors
    /// [`BlobError`] when it is cut off, its frequency or pattern is unknown, or a count is over
    /// [`limits::RECURRENCE_EXCEPTIONS`].
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, usize), BlobError> {
        let mut cursor = Cursor::new(bytes);
        let pattern = Self::read(&mut cursor)?;
        Ok((pattern, cursor.position()))
    }

    /// Reads the structure where the cursor is.
    ///
    /// # Errors
    /// As [`Self::from_bytes`].
    pub fn read(from: &mut Cursor<'_>) -> Result<Self, BlobError> {
        let cut_off = BlobError::cut_off(WHAT);
        let unknown = |field, value: u16| BlobError::Unknown {
            structure: WHAT,
            field,
            value: value.into(),
        };
        let reader_version = from.u16().map_err(&cut_off)?;
        let writer_version = from.u16().map_err(&cut_off)?;
        let frequency = from.u16().map_err(&cut_off)?;
        let kind = from.u16().map_err(&cut_off)?;
        let calendar_type = from.u16().map_err(&cut_off)?;
        let mut number = || from.u32().map_err(&cut_off);
        let (first_date_time, period, sliding) = (number()?, number()?, number()?);
        let pattern = Pattern::read(kind, from).map_err(&cut_off)?;
        let mut number = || from.u32().map_err(&cut_off);
        let (end_type, occurrence_count) = (number()?, number()?);
        let first_day_of_week = number()?;
        Ok(Self {
            reader_version,
            writer_version,
            frequency: RecurFrequency::from_code(frequency)
                .ok_or_else(|| unknown("RecurFrequency", frequency))?,
            pattern: pattern.ok_or_else(|| unknown("PatternType", kind))?,
            calendar_type,
            first_date_time,
            period,
            sliding,
            end_type,
            occurrence_count,
            first_day_of_week,
            deleted: read_dates(from, "DeletedInstanceDates")?,
            modified: read_dates(from, "ModifiedInstanceDates")?,
            start_date: Minutes(from.u32().map_err(&cut_off)?),
            end_date: Minutes(from.u32().map_err(&cut_off)?),
        })
    }

    /// Writes the structure.
    pub fn write(&self, out: &mut Vec<u8>) {
        for number in [
            self.reader_version,
            self.writer_version,
            self.frequency.code(),
            self.pattern.code(),
            self.calendar_type,
        ] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.first_date_time, self.period, self.sliding] {
            out.extend(number.to_le_bytes());
        }
        self.pattern.write(out);
        for number in [self.end_type, self.occurrence_count, self.first_day_of_week] {
            out.extend(number.to_le_bytes());
        }
        for dates in [&self.deleted, &self.modified] {
            let count = u32::try_from(dates.len()).unwrap_or(u32::MAX);
            out.extend(count.to_le_bytes());
            out.extend(dates.iter().flat_map(|date| date.0.to_le_bytes()));
        }
        out.extend(self.start_date.0.to_le_bytes());
        out.extend(self.end_date.0.to_le_bytes());
    }

    /// The structure in bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// How the series ends. A count of zero cannot be meant: the end date counts then.
    #[must_use]
    pub fn end(&self) -> SeriesEnd {
        match self.end_type {
            Self::END_AFTER if self.occurrence_count > 0 => SeriesEnd::After(self.occurrence_count),
            Self::END_UNTIL | Self::END_AFTER if self.end_date < Minutes(NO_END_DATE.0 - 1) => {
                SeriesEnd::Until(self.end_date.date())
            }
            _ => SeriesEnd::Never,
        }
    }

    /// FirstDOW as a day; Sunday for what is no day.
    #[must_use]
    pub fn week_start(&self) -> Weekday {
        i8::try_from(self.first_day_of_week)
            .ok()
            .and_then(|day| Weekday::from_sunday_zero_offset(day).ok())
            .unwrap_or(Weekday::Sunday)
    }

    /// The period in days, weeks or months, as the pattern counts; at least 1.
    #[must_use]
    pub fn interval(&self) -> u32 {
        let interval = match (self.pattern, self.frequency) {
            (Pattern::Day, _) => self.period / Minutes::PER_DAY,
            // "Every weekday" has no period of its own; some writers put minutes there.
            (Pattern::Week(_), RecurFrequency::Daily) => 1,
            _ => self.period,
        };
        interval.max(1)
    }

    /// What FirstDateTime has to be for the start date, the period and the pattern
    /// (MS-OXOCAL 2.2.1.44.1.1).
    #[must_use]
    pub fn expected_first_date_time(&self) -> u32 {
        let start = self.start_date.date();
        match self.pattern {
            Pattern::Day => {
                let period = self.interval().saturating_mul(Minutes::PER_DAY);
                self.start_date.0 % period
            }
            Pattern::Week(_) => {
                let week = week_of(start, self.week_start());
                let period = self.interval().saturating_mul(7 * Minutes::PER_DAY);
                Minutes::midnight(week).0 % period
            }
            _ => {
                let months = (i32::from(start.year()) - 1601) * 12 + i32::from(start.month()) - 1;
                let interval = i32::try_from(self.interval()).unwrap_or(i32::MAX);
                let months = months.rem_euclid(interval);
                let first = Minutes::EPOCH.saturating_add(months.months());
                Minutes::midnight(first).0
            }
        }
    }
}

/// The first day of the week that a day lies in.
pub(super) fn week_of(day: Date, week_start: Weekday) -> Date {
    let back = i64::from(day.weekday().since(week_start));
    day.saturating_sub(back.days())
}

fn read_dates(from: &mut Cursor<'_>, field: &'static str) -> Result<Vec<Minutes>, BlobError> {
    let cut_off = BlobError::cut_off(WHAT);
    let count = from.u32().map_err(&cut_off)?;
    if usize::try_from(count).map_or(true, |count| count > limits::RECURRENCE_EXCEPTIONS) {
        return Err(BlobError::TooMany {
            structure: WHAT,
            field,
            count: count.into(),
            limit: limits::RECURRENCE_EXCEPTIONS,
        });
    }
    (0..count)
        .map(|_| from.u32().map(Minutes).map_err(&cut_off))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn every_other_monday() -> RecurrencePattern {
        RecurrencePattern {
            reader_version: VERSION,
            writer_version: VERSION,
            frequency: RecurFrequency::Weekly,
            pattern: Pattern::Week(DayMask::of(&[Weekday::Monday])),
            calendar_type: 0,
            first_date_time: 18_720,
            period: 2,
            sliding: 0,
            end_type: RecurrencePattern::END_UNTIL,
            occurrence_count: 6,
            first_day_of_week: 0,
            deleted: vec![Minutes::midnight(date(2010, 9, 6))],
            modified: Vec::new(),
            start_date: Minutes::midnight(date(2010, 8, 23)),
            end_date: Minutes::midnight(date(2010, 11, 1)),
        }
    }

    #[test]
    fn minutes_are_local_days() {
        assert_eq!(Minutes(0x0CD7_8140).date(), date(2010, 8, 23));
        assert_eq!(Minutes::midnight(date(2010, 8, 23)), Minutes(0x0CD7_8140));
        let noon = date(2010, 8, 23).at(12, 5, 0, 0);
        assert_eq!(Minutes::of(noon).datetime(), noon);
        assert_eq!(Minutes(u32::MAX).date().year(), 9767);
        assert_eq!(NO_END_DATE.datetime(), date(4500, 12, 31).at(23, 59, 0, 0));
    }

    #[test]
    fn written_is_read() {
        let pattern = every_other_monday();
        let bytes = pattern.to_bytes();
        let (back, taken) = RecurrencePattern::from_bytes(&bytes).unwrap();
        assert_eq!((&back, taken), (&pattern, bytes.len()));
        for cut in 0..bytes.len() {
            let error = RecurrencePattern::from_bytes(&bytes[..cut]).unwrap_err();
            assert!(matches!(error, BlobError::CutOff { .. }), "{error}");
        }
    }

    #[test]
    fn first_date_time_follows_from_the_start() {
        let mut pattern = every_other_monday();
        assert_eq!(pattern.expected_first_date_time(), 18_720);
        pattern.pattern = Pattern::Day;
        pattern.period = 3 * 1440;
        let days = pattern.start_date.0 / 1440;
        assert_eq!(pattern.expected_first_date_time(), days % 3 * 1440);
        pattern.pattern = Pattern::Month(23);
        pattern.period = 12;
        // August is 212 days after January begins.
        assert_eq!(pattern.expected_first_date_time(), 212 * 1440);
    }

    #[test]
    fn what_is_unknown_is_an_error() {
        let mut bytes = every_other_monday().to_bytes();
        bytes[6] = 9;
        let error = RecurrencePattern::from_bytes(&bytes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "RecurrencePattern has the unknown PatternType 0x9"
        );
        let mut bytes = every_other_monday().to_bytes();
        bytes[38..42].fill(0xFF);
        let error = RecurrencePattern::from_bytes(&bytes).unwrap_err();
        assert!(matches!(error, BlobError::TooMany { .. }), "{error}");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, kind in 0u8..13, freq in 10u8..14) {
            let mut bytes = bytes;
            if bytes.len() > 8 {
                bytes[4..8].copy_from_slice(&[freq, 0x20, kind, 0]);
            }
            if let Ok((pattern, taken)) = RecurrencePattern::from_bytes(&bytes) {
                prop_assert_eq!(&pattern.to_bytes()[..], &bytes[..taken]);
                let _ = (pattern.end(), pattern.expected_first_date_time());
            }
        }
    }
}
