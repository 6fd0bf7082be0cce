//! `PtypTime`: 100-nanosecond steps since 1601-01-01 00:00 UTC.
//!
//! *Spec*: MS-OXCDATA 2.11.1, MS-DTYP 2.3.3 (FILETIME).

use jiff::Timestamp;

/// Seconds from 1601-01-01 to 1970-01-01.
const EPOCH_GAP: i64 = 11_644_473_600;
const STEPS_PER_SECOND: u64 = 10_000_000;

/// A FILETIME as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileTime(pub u64);

impl FileTime {
    /// The instant, or `None` for zero, Outlook's "none" (year 4501) and what lies beyond year
    /// 9999.
    #[must_use]
    pub fn timestamp(self) -> Option<Timestamp> {
        if self.0 == 0 || self == Self::NONE {
            return None;
        }
        let seconds = i64::try_from(self.0 / STEPS_PER_SECOND)
            .ok()?
            .checked_sub(EPOCH_GAP)?;
        let nanos = i32::try_from(self.0 % STEPS_PER_SECOND * 100).ok()?;
        Timestamp::from_second(seconds)
            .ok()?
            .checked_add(jiff::Span::new().nanoseconds(nanos))
            .ok()
    }

    /// The steps of an instant, rounded down; `None` before 1601 and beyond what 64 bits hold.
    #[must_use]
    pub fn of(instant: Timestamp) -> Option<Self> {
        let steps = instant.as_nanosecond().div_euclid(100);
        let gap = i128::from(EPOCH_GAP).checked_mul(i128::from(STEPS_PER_SECOND))?;
        u64::try_from(steps.checked_add(gap)?).ok().map(Self)
    }

    /// 4501-01-01 00:00, which Outlook stores for "no date" (MS-OXOTASK 2.2.2.2.4 and others).
    pub const NONE: Self = Self(0x0CB3_4557_A3DD_4000);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        let unix = FileTime(116_444_736_000_000_000);
        assert_eq!(
            unix.timestamp().unwrap().to_string(),
            "1970-01-01T00:00:00Z"
        );
        let step = FileTime(116_444_736_000_000_001);
        assert_eq!(
            step.timestamp().unwrap().to_string(),
            "1970-01-01T00:00:00.0000001Z"
        );
        for time in [unix, step] {
            assert_eq!(FileTime::of(time.timestamp().unwrap()), Some(time));
        }
        assert_eq!(FileTime(0).timestamp(), None);
        assert_eq!(FileTime(u64::MAX).timestamp(), None);
    }

    #[test]
    fn outlooks_none_is_4501() {
        let before = FileTime(FileTime::NONE.0 - 10_000_000);
        assert_eq!(
            before.timestamp().unwrap().to_string(),
            "4500-12-31T23:59:59Z"
        );
        assert_eq!(FileTime::NONE.timestamp(), None);
    }
}
