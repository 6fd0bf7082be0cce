//! Time zones as Outlook keeps them: rules of bias and transition, and the Windows name of the
//! zone.
//!
//! *Spec*: MS-OXOCAL 2.2.1.39 (`PidLidTimeZoneStruct`), 2.2.1.41 and 2.2.1.42
//! (`PidLidAppointmentTimeZoneDefinition…`), MS-DTYP 2.3.13 (SYSTEMTIME).
//!
//! *Shape*: [`TimeZoneStruct`] is 48 bytes: three biases, then a year and a SYSTEMTIME for standard
//! and for daylight time. [`TimeZoneDefinition`] is a header with the key name, then rules of 66
//! bytes:
//!
//! | offset | size | field of the header |
//! |---|---|---|
//! | 0 | 1, 1 | major version 2, minor version 1 |
//! | 2 | 2 | cbHeader: bytes from offset 4 to the rules |
//! | 4 | 2 | reserved, 2 |
//! | 6 | 2 + 2 n | key name, UTF-16LE |
//! | … | 2 | number of rules |
//!
//! *Invariants*: what is read is written back byte for byte; conversion never fails and never
//! panics. A bias is minutes to add to local time to get UTC, so zones east of Greenwich have
//! negative ones.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::Offset;

use crate::bytes::{Cursor, Truncated};
use crate::finding::{Effect, Findings};

use super::blob::BlobError;
use super::codepage;
use super::windows_zones::iana_of;

/// `SYSTEMTIME`: the moment of a transition. With year 0, the `day`th `day_of_week` of the month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SystemTime {
    /// wYear; 0 for every year.
    pub year: u16,
    /// wMonth, 1 to 12; 0 for no transition.
    pub month: u16,
    /// wDayOfWeek, 0 Sunday to 6 Saturday.
    pub day_of_week: u16,
    /// wDay: 1 to 5, 5 for the last, or the day of the month when there is a year.
    pub day: u16,
    /// wHour.
    pub hour: u16,
    /// wMinute.
    pub minute: u16,
    /// wSecond.
    pub second: u16,
    /// wMilliseconds.
    pub millisecond: u16,
}

impl SystemTime {
    fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            year: from.u16()?,
            month: from.u16()?,
            day_of_week: from.u16()?,
            day: from.u16()?,
            hour: from.u16()?,
            minute: from.u16()?,
            second: from.u16()?,
            millisecond: from.u16()?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        for number in [
            self.year,
            self.month,
            self.day_of_week,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.millisecond,
        ] {
            out.extend(number.to_le_bytes());
        }
    }

    /// The local time of the transition in a year; `None` when there is none in it.
    #[must_use]
    pub fn in_year(&self, year: i16) -> Option<DateTime> {
        let small = |number: u16| i8::try_from(number).ok();
        let first = Date::new(year, small(self.month)?, 1).ok()?;
        let day = match self.year {
            0 => {
                let weekday = Weekday::from_sunday_zero_offset(small(self.day_of_week)?).ok()?;
                match self.day {
                    nth @ 1..=4 => first.nth_weekday_of_month(small(nth)?, weekday),
                    _ => first.nth_weekday_of_month(-1, weekday),
                }
            }
            own if i16::try_from(own) == Ok(year) => first.with().day(small(self.day)?).build(),
            _ => return None,
        };
        // 23:59:59.999 is how "midnight at the end of the day" is written.
        let millis = i32::from(self.millisecond.min(999));
        let time = jiff::civil::Time::new(
            small(self.hour)?,
            small(self.minute)?,
            small(self.second)?,
            millis * 1_000_000,
        );
        Some(day.ok()?.to_datetime(time.ok()?))
    }
}

/// Biases and transitions, as both structures have them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ZoneRule {
    /// lBias: minutes from local standard time to UTC.
    pub bias: i32,
    /// lStandardBias: added to the bias in standard time.
    pub standard_bias: i32,
    /// lDaylightBias: added to the bias in daylight time.
    pub daylight_bias: i32,
    /// stStandardDate: when standard time begins, in daylight time.
    pub standard_date: SystemTime,
    /// stDaylightDate: when daylight time begins, in standard time.
    pub daylight_date: SystemTime,
}

impl ZoneRule {
    fn read_biases(&mut self, from: &mut Cursor<'_>) -> Result<(), Truncated> {
        self.bias = from.i32()?;
        self.standard_bias = from.i32()?;
        self.daylight_bias = from.i32()?;
        Ok(())
    }

    fn write_biases(&self, out: &mut Vec<u8>) {
        for bias in [self.bias, self.standard_bias, self.daylight_bias] {
            out.extend(bias.to_le_bytes());
        }
    }

    /// The offset from UTC in standard time.
    #[must_use]
    pub fn standard_offset(&self) -> Offset {
        offset(self.bias, self.standard_bias)
    }

    /// The offset from UTC in daylight time.
    #[must_use]
    pub fn daylight_offset(&self) -> Offset {
        offset(self.bias, self.daylight_bias)
    }

    /// Whether the zone has daylight time at all.
    #[must_use]
    pub fn has_daylight_time(&self) -> bool {
        self.standard_date.month != 0
            && self.daylight_date.month != 0
            && self.standard_bias != self.daylight_bias
    }

    /// The offset at a local time. A time that daylight time skips counts as standard time, a time
    /// that comes twice as daylight time, so both mean what a clock not yet changed would show.
    #[must_use]
    pub fn offset_of_local(&self, local: DateTime) -> Offset {
        // The daylight clock starts where the standard clock was, plus what is skipped.
        let skipped = i64::from(self.standard_bias) - i64::from(self.daylight_bias);
        let begin = |begin: DateTime| begin.saturating_add(minutes(skipped.max(0)));
        self.pick(local, begin, |end| end)
    }

    /// The offset at an instant.
    #[must_use]
    pub fn offset_of(&self, instant: Timestamp) -> Offset {
        // All is compared on the clock of standard time, which has neither gap nor fold.
        let standard = self.standard_offset().to_datetime(instant);
        let skipped = i64::from(self.standard_bias) - i64::from(self.daylight_bias);
        self.pick(
            standard,
            |begin| begin,
            |end| end.saturating_sub(minutes(skipped)),
        )
    }

    fn pick(
        &self,
        time: DateTime,
        begins: impl Fn(DateTime) -> DateTime,
        ends: impl Fn(DateTime) -> DateTime,
    ) -> Offset {
        if !self.has_daylight_time() {
            return self.standard_offset();
        }
        let begin = self.daylight_date.in_year(time.year()).map(begins);
        let end = self.standard_date.in_year(time.year()).map(ends);
        let daylight = match (begin, end) {
            (Some(begin), Some(end)) if begin <= end => begin <= time && time < end,
            (Some(begin), Some(end)) => time >= begin || time < end,
            _ => false,
        };
        if daylight {
            self.daylight_offset()
        } else {
            self.standard_offset()
        }
    }

    /// The instant of a local time.
    ///
    /// `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn to_utc(&self, local: DateTime) -> Option<Timestamp> {
        self.offset_of_local(local).to_timestamp(local).ok()
    }

    /// The local time of an instant.
    #[must_use]
    pub fn to_local(&self, instant: Timestamp) -> DateTime {
        self.offset_of(instant).to_datetime(instant)
    }
}

fn minutes(count: i64) -> jiff::Span {
    count.clamp(-100_000, 100_000).minutes()
}

/// Offsets beyond a day and two hours, which no zone has, count as the largest that there is.
fn offset(bias: i32, extra: i32) -> Offset {
    let seconds = (i64::from(bias) + i64::from(extra)).saturating_mul(-60);
    let seconds = seconds.clamp(Offset::MIN.seconds().into(), Offset::MAX.seconds().into());
    let seconds = i32::try_from(seconds).unwrap_or_default();
    Offset::from_seconds(seconds).unwrap_or(Offset::UTC)
}

/// `PidLidTimeZoneStruct`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeZoneStruct {
    /// Biases and transitions.
    pub rule: ZoneRule,
    /// wStandardYear, as in the date of the rule.
    pub standard_year: u16,
    /// wDaylightYear, as in the date of the rule.
    pub daylight_year: u16,
}

impl TimeZoneStruct {
    /// The structure of a rule that holds in every year.
    #[must_use]
    pub fn new(rule: ZoneRule) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    /// Reads the structure; bytes after it are left out.
    ///
    /// # Errors
    /// [`BlobError::CutOff`] when there are fewer than 48 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlobError> {
        Self::read(&mut Cursor::new(bytes)).map_err(BlobError::cut_off("PidLidTimeZoneStruct"))
    }

    fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        let mut read = Self::default();
        read.rule.read_biases(from)?;
        read.standard_year = from.u16()?;
        read.rule.standard_date = SystemTime::read(from)?;
        read.daylight_year = from.u16()?;
        read.rule.daylight_date = SystemTime::read(from)?;
        Ok(read)
    }

    /// The structure in its 48 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(48);
        self.rule.write_biases(&mut out);
        out.extend(self.standard_year.to_le_bytes());
        self.rule.standard_date.write(&mut out);
        out.extend(self.daylight_year.to_le_bytes());
        self.rule.daylight_date.write(&mut out);
        out
    }
}

impl From<ZoneRule> for TimeZoneStruct {
    fn from(rule: ZoneRule) -> Self {
        Self {
            rule,
            standard_year: rule.standard_date.year,
            daylight_year: rule.daylight_date.year,
        }
    }
}

/// `TZRule`: a rule and the year from which it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TzRule {
    /// Major and minor version: 2 and 1.
    pub version: [u8; 2],
    /// Reserved: 0x3E.
    pub reserved: u16,
    /// TZRule flags: [`Self::RECUR`] and [`Self::EFFECTIVE`].
    pub flags: u16,
    /// wYear: the rule holds from this year to that of the next rule.
    pub year: u16,
    /// X, unused.
    pub unused: [u8; 14],
    /// Biases and transitions.
    pub rule: ZoneRule,
}

impl TzRule {
    /// TZRULE_FLAG_RECUR_CURRENT_TZREG.
    pub const RECUR: u16 = 1;
    /// TZRULE_FLAG_EFFECTIVE_TZREG.
    pub const EFFECTIVE: u16 = 2;

    fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        let mut read = Self {
            version: from.array()?,
            reserved: from.u16()?,
            flags: from.u16()?,
            year: from.u16()?,
            unused: from.array()?,
            rule: ZoneRule::default(),
        };
        read.rule.read_biases(from)?;
        read.rule.standard_date = SystemTime::read(from)?;
        read.rule.daylight_date = SystemTime::read(from)?;
        Ok(read)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.version);
        out.extend(self.reserved.to_le_bytes());
        out.extend(self.flags.to_le_bytes());
        out.extend(self.year.to_le_bytes());
        out.extend(self.unused);
        self.rule.write_biases(out);
        self.rule.standard_date.write(out);
        self.rule.daylight_date.write(out);
    }
}

/// `PidLidAppointmentTimeZoneDefinitionRecur`, `…StartDisplay` and `…EndDisplay`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZoneDefinition {
    /// Major and minor version: 2 and 1.
    pub version: [u8; 2],
    /// Reserved: 2.
    pub reserved: u16,
    /// KeyName, UTF-16LE: see [`Self::key_name`].
    pub key_name: Vec<u8>,
    /// Bytes of the header that this version does not know.
    pub header_rest: Vec<u8>,
    /// TZRules, by year.
    pub rules: Vec<TzRule>,
    /// Bytes after the rules.
    pub remains: Vec<u8>,
}

const DEFINITION: &str = "PidLidAppointmentTimeZoneDefinition";

impl TimeZoneDefinition {
    /// A definition of one rule, the effective one. `recur` is for the property of a series.
    #[must_use]
    pub fn new(key_name: &str, rule: ZoneRule, recur: bool) -> Self {
        Self {
            version: [2, 1],
            reserved: 2,
            key_name: codepage::utf16_bytes(key_name),
            header_rest: Vec::new(),
            rules: vec![TzRule {
                version: [2, 1],
                reserved: 0x3E,
                flags: TzRule::EFFECTIVE | if recur { TzRule::RECUR } else { 0 },
                year: 1601,
                unused: [0; 14],
                rule,
            }],
            remains: Vec::new(),
        }
    }

    /// Reads the structure. Rules that are cut off are left out.
    ///
    /// # Errors
    /// [`BlobError::CutOff`] when the header is cut off.
    ///
    /// # Findings
    /// `mapi.timezone.cut-off` (lost), `mapi.timezone.header` and `mapi.timezone.remains` (noted).
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Findings), BlobError> {
        let mut findings = Findings::new();
        let cut_off = BlobError::cut_off(DEFINITION);
        let from = &mut Cursor::new(bytes);
        let version = from.array().map_err(&cut_off)?;
        let header_size = usize::from(from.u16().map_err(&cut_off)?);
        let reserved = from.u16().map_err(&cut_off)?;
        let units = usize::from(from.u16().map_err(&cut_off)?);
        let key_name = from.take(units * 2).map_err(&cut_off)?.to_vec();
        let count = from.u16().map_err(&cut_off)?;
        let mut header_rest = Vec::new();
        match (header_size + 4).checked_sub(from.position()) {
            Some(0) => {}
            Some(more) if more <= from.rest().len() => {
                header_rest = from.take(more).map_err(&cut_off)?.to_vec();
            }
            _ => {
                let detail = format!(
                    "cbHeader is {header_size}, the header has {} bytes",
                    from.position() - 4
                );
                findings.add("mapi.timezone.header", Effect::Noted, DEFINITION, detail);
            }
        }
        let mut rules = Vec::new();
        for number in 0..count {
            match TzRule::read(from) {
                Ok(rule) => rules.push(rule),
                Err(truncated) => {
                    let detail = format!("{number} of {count} rules: {truncated}");
                    findings.add("mapi.timezone.cut-off", Effect::Lost, DEFINITION, detail);
                    break;
                }
            }
        }
        let whole = rules.len() == usize::from(count);
        let remains = if whole { from.rest() } else { &[] }.to_vec();
        if !remains.is_empty() {
            let detail = format!("{} bytes after the rules", remains.len());
            findings.add("mapi.timezone.remains", Effect::Noted, DEFINITION, detail);
        }
        let read = Self {
            version,
            reserved,
            key_name,
            header_rest,
            rules,
            remains,
        };
        Ok((read, findings))
    }

    /// The structure in bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let units = u16::try_from(self.key_name.len() / 2).unwrap_or(u16::MAX);
        let name = self.key_name.get(..usize::from(units) * 2);
        let name = name.unwrap_or_default();
        let header = u16::try_from(6 + name.len() + self.header_rest.len()).unwrap_or(u16::MAX);
        let rules = u16::try_from(self.rules.len()).unwrap_or(u16::MAX);
        let mut out = Vec::new();
        out.extend(self.version);
        out.extend(header.to_le_bytes());
        out.extend(self.reserved.to_le_bytes());
        out.extend(units.to_le_bytes());
        out.extend(name);
        out.extend(rules.to_le_bytes());
        out.extend(&self.header_rest);
        for rule in self.rules.iter().take(rules.into()) {
            rule.write(&mut out);
        }
        out.extend(&self.remains);
        out
    }

    /// The name of the zone in the Windows registry: `W. Europe Standard Time`.
    #[must_use]
    pub fn key_name(&self) -> String {
        codepage::utf16_text(&self.key_name).text
    }

    /// The rule to convert with (MS-OXOCAL 2.2.1.41): the one marked effective, or else the last.
    #[must_use]
    pub fn effective(&self) -> Option<&ZoneRule> {
        let marked = |rule: &&TzRule| rule.flags & TzRule::EFFECTIVE != 0;
        let rule = self.rules.iter().find(marked).or(self.rules.last())?;
        Some(&rule.rule)
    }

    /// The rule that holds in a year: the last one that begins in it or before, or else the first.
    #[must_use]
    pub fn rule_for(&self, year: i16) -> Option<&ZoneRule> {
        let began = |rule: &&TzRule| i32::from(rule.year) <= i32::from(year);
        let rule = self.rules.iter().filter(began).max_by_key(|rule| rule.year);
        Some(&rule.or(self.rules.first())?.rule)
    }

    /// The IANA zone of the key name.
    #[must_use]
    pub fn iana(&self) -> Option<&'static str> {
        iana_of(&self.key_name())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::{SignedDuration, tz};
    use proptest::prelude::*;

    use super::super::windows_zones::rule_of_zone;
    use super::*;

    fn zone(iana: &str) -> tz::TimeZone {
        tz::TimeZone::get(iana).unwrap()
    }

    fn eastern() -> ZoneRule {
        rule_of_zone(&zone("America/New_York"), 2024).unwrap().0
    }

    #[test]
    fn gap_and_fold() {
        let rule = eastern();
        let utc = |local: DateTime| rule.to_utc(local).unwrap().to_string();
        let spring = date(2024, 3, 10);
        assert_eq!(utc(spring.at(1, 59, 0, 0)), "2024-03-10T06:59:00Z");
        assert_eq!(utc(spring.at(2, 30, 0, 0)), "2024-03-10T07:30:00Z");
        assert_eq!(utc(spring.at(3, 0, 0, 0)), "2024-03-10T07:00:00Z");
        let autumn = date(2024, 11, 3);
        assert_eq!(utc(autumn.at(1, 30, 0, 0)), "2024-11-03T05:30:00Z");
        assert_eq!(utc(autumn.at(2, 0, 0, 0)), "2024-11-03T07:00:00Z");
    }

    /// Every hour of a year, in zones north and south of the equator, against the zone database.
    #[test]
    fn conversion_agrees_with_the_zone_database() {
        for iana in [
            "America/New_York",
            "Europe/Berlin",
            "Australia/Sydney",
            "Asia/Kolkata",
        ] {
            let zone = zone(iana);
            let (rule, _) = rule_of_zone(&zone, 2023).unwrap();
            let mut instant: Timestamp = "2023-01-02T00:30:00Z".parse().unwrap();
            for _ in 0..363 * 24 {
                assert_eq!(
                    rule.offset_of(instant),
                    zone.to_offset(instant),
                    "{iana} {instant}"
                );
                let local = zone.to_datetime(instant);
                assert_eq!(rule.to_local(instant), local, "{iana} {instant}");
                // Both take the earlier of two, and move on over a gap.
                let wanted = zone.to_timestamp(local).unwrap();
                assert_eq!(rule.to_utc(local), Some(wanted), "{iana} {local}");
                instant += SignedDuration::from_hours(1);
            }
        }
    }

    #[test]
    fn written_is_read() {
        let stored = TimeZoneStruct::from(eastern());
        let bytes = stored.to_bytes();
        assert_eq!(bytes.len(), 48);
        assert_eq!(TimeZoneStruct::from_bytes(&bytes).unwrap(), stored);
        assert!(TimeZoneStruct::from_bytes(&bytes[..47]).is_err());
        let mut definition = TimeZoneDefinition::new("Eastern Standard Time", eastern(), true);
        definition.rules.push(definition.rules[0]);
        definition.rules[1].year = 2007;
        let bytes = definition.to_bytes();
        let (back, findings) = TimeZoneDefinition::from_bytes(&bytes).unwrap();
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(back, definition);
        assert_eq!(back.iana(), Some("America/New_York"));
        assert_eq!(back.effective(), Some(&eastern()));
        let (back, findings) = TimeZoneDefinition::from_bytes(&bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(back.rules.len(), 1);
        assert_eq!(findings.worst(), Some(Effect::Lost));
    }

    #[test]
    fn rule_of_the_year() {
        let mut definition = TimeZoneDefinition::new("X", eastern(), false);
        let mut later = definition.rules[0];
        (later.year, later.rule.bias) = (2007, 240);
        definition.rules.push(later);
        let bias = |year| definition.rule_for(year).unwrap().bias;
        assert_eq!(
            (bias(1500), bias(2006), bias(2007), bias(2050)),
            (300, 300, 240, 240)
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, numbers: [u16; 8], bias: i32, extra: i32) {
            if let Ok(read) = TimeZoneStruct::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes(), &bytes[..48]);
            }
            let _ = TimeZoneDefinition::from_bytes(&bytes);
            let [year, month, day_of_week, day, hour, minute, second, millisecond] = numbers;
            let (year, month) = (year % 2, month % 14);
            let any = SystemTime {
                year, month, day_of_week, day, hour, minute, second, millisecond,
            };
            let rule = ZoneRule { bias, standard_bias: extra, daylight_bias: 0,
                standard_date: any, daylight_date: SystemTime { month: 3, day: 1, ..any } };
            let _ = (rule.to_utc(date(2024, 5, 5).at(1, 2, 3, 4)), rule.to_local(Timestamp::MAX));
            let _ = (rule.to_utc(DateTime::MIN), rule.to_utc(DateTime::MAX));
        }
    }
}
