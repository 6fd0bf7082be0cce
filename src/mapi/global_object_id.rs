//! Global object id: which meeting an item belongs to, and which occurrence of it.
//!
//! *Spec*: MS-OXOCAL 2.2.1.27 (`PidLidGlobalObjectId`), 2.2.1.28 (`PidLidCleanGlobalObjectId`);
//! MS-OXCICAL 2.1.3.1.1.20.26 (UID).
//!
//! *Shape*:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 16 | byte array id |
//! | 16 | 4 | original day of the occurrence: year (big-endian), month, day; zero for a series |
//! | 20 | 8 | creation time |
//! | 28 | 8 | zero |
//! | 36 | 4 | size of the data |
//! | 40 | … | data: 16 random bytes, or `vCal-Uid`, 1 (4 bytes), the UID of a foreign calendar, NUL
//! |
//!
//! *Invariants*: what is read is written back byte for byte; an id and its UID determine each
//! other.

use jiff::civil::Date;

use crate::bytes::{Cursor, Truncated};
use crate::finding::{Effect, Findings};
use crate::hex;

use super::blob::BlobError;
use super::time::FileTime;

const WHAT: &str = "PidLidGlobalObjectId";
const FOREIGN: &[u8; 12] = b"vCal-Uid\x01\0\0\0";

/// The structure as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalObjectId {
    /// Byte Array ID, [`Self::BYTE_ARRAY_ID`].
    pub byte_array_id: [u8; 16],
    /// YH, YL, M, D.
    pub day: [u8; 4],
    /// Creation Time.
    pub creation_time: FileTime,
    /// X.
    pub reserved: [u8; 8],
    /// Data.
    pub data: Vec<u8>,
    /// Size as stored, where it is not that of the data.
    pub told_size: Option<u32>,
    /// Bytes after the data.
    pub remains: Vec<u8>,
}

impl GlobalObjectId {
    /// What every id begins with.
    pub const BYTE_ARRAY_ID: [u8; 16] = [
        0x04, 0x00, 0x00, 0x00, 0x82, 0x00, 0xE0, 0x00, 0x74, 0xC5, 0xB7, 0x10, 0x1A, 0x82, 0xE0,
        0x08,
    ];

    /// Reads the structure.
    ///
    /// # Errors
    /// [`BlobError::CutOff`] when there are fewer than 40 bytes.
    ///
    /// # Findings
    /// `mapi.goid.id` and `mapi.goid.size` (noted).
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Findings), BlobError> {
        let mut findings = Findings::new();
        let from = &mut Cursor::new(bytes);
        let (mut read, told) = Self::read_head(from).map_err(BlobError::cut_off(WHAT))?;
        let size = usize::try_from(told).unwrap_or(usize::MAX);
        match from.take(size) {
            Ok(data) => read.data = data.to_vec(),
            Err(truncated) => {
                findings.add("mapi.goid.size", Effect::Noted, WHAT, truncated.to_string());
                read.data = from.rest().to_vec();
                read.told_size = Some(told);
                from.seek(bytes.len());
            }
        }
        read.remains = from.rest().to_vec();
        if !read.remains.is_empty() {
            let detail = format!("{} bytes after the data", read.remains.len());
            findings.add("mapi.goid.size", Effect::Noted, WHAT, detail);
        }
        if read.byte_array_id != Self::BYTE_ARRAY_ID {
            let detail = "does not begin as the specification wants";
            findings.add("mapi.goid.id", Effect::Noted, WHAT, detail);
        }
        Ok((read, findings))
    }

    fn read_head(from: &mut Cursor<'_>) -> Result<(Self, u32), Truncated> {
        let read = Self {
            byte_array_id: from.array()?,
            day: from.array()?,
            creation_time: FileTime(from.u64()?),
            reserved: from.array()?,
            data: Vec::new(),
            told_size: None,
            remains: Vec::new(),
        };
        Ok((read, from.u32()?))
    }

    /// The structure in bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let size = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        let mut out = Vec::with_capacity(40 + self.data.len());
        out.extend(self.byte_array_id);
        out.extend(self.day);
        out.extend(self.creation_time.0.to_le_bytes());
        out.extend(self.reserved);
        out.extend(self.told_size.unwrap_or(size).to_le_bytes());
        out.extend(&self.data);
        out.extend(&self.remains);
        out
    }

    /// The original day of the occurrence (`PidLidExceptionReplaceTime`); `None` for a whole series
    /// and for what is no day.
    #[must_use]
    pub fn instance_day(&self) -> Option<Date> {
        let [high, low, month, day] = self.day;
        let year = i16::from_be_bytes([high, low]);
        let small = |byte: u8| i8::try_from(byte).ok();
        Date::new(year, small(month)?, small(day)?).ok()
    }

    /// The id of one occurrence of this series, or of the series for `None`
    /// (`PidLidCleanGlobalObjectId`).
    #[must_use]
    pub fn with_day(&self, day: Option<Date>) -> Self {
        let stored = day.map_or([0; 4], |day| {
            let [high, low] = day.year().to_be_bytes();
            [
                high,
                low,
                day.month().unsigned_abs(),
                day.day().unsigned_abs(),
            ]
        });
        Self {
            day: stored,
            ..self.clone()
        }
    }

    /// The UID of a foreign calendar that the data carries.
    #[must_use]
    pub fn foreign_uid(&self) -> Option<String> {
        let uid = self.data.strip_prefix(FOREIGN)?;
        let uid = super::codepage::before_nul(uid);
        (!uid.is_empty()).then(|| String::from_utf8_lossy(uid).into_owned())
    }

    /// The UID of the meeting: the foreign one, or else the clean id in upper-case hexadecimal
    /// digits.
    #[must_use]
    pub fn uid(&self) -> String {
        self.foreign_uid().unwrap_or_else(|| {
            let clean = self.with_day(None).to_bytes();
            clean.iter().map(|byte| format!("{byte:02X}")).collect()
        })
    }

    /// The clean id for a UID; for any that [`Self::uid`] gives, the id that it came from.
    #[must_use]
    pub fn from_uid(uid: &str) -> Self {
        let own = hex::decode(uid).and_then(|bytes| Self::from_bytes(&bytes).ok());
        if let Some((own, _)) = own.filter(|(own, _)| own.byte_array_id == Self::BYTE_ARRAY_ID) {
            return own.with_day(None);
        }
        let mut data = FOREIGN.to_vec();
        data.extend(uid.bytes().filter(|&byte| byte != 0));
        data.push(0);
        Self {
            byte_array_id: Self::BYTE_ARRAY_ID,
            day: [0; 4],
            creation_time: FileTime(0),
            reserved: [0; 8],
            data,
            told_size: None,
            remains: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "040000008200E00074C5B7101A82E00800000000F0DB09F532E5CA01\
000000000000000010000000E73C73F73F1C3941BDD6450F640703F3";

    #[test]
    fn own_uid_both_ways() {
        let id = GlobalObjectId::from_uid(OWN);
        assert_eq!(id.data.len(), 16);
        assert_eq!(id.uid(), OWN);
        assert_eq!(GlobalObjectId::from_uid(&OWN.to_lowercase()), id);
        let instance = id.with_day(Some(date(2011, 1, 18)));
        assert_eq!(instance.day, [0x07, 0xDB, 0x01, 0x12]);
        assert_eq!(instance.instance_day(), Some(date(2011, 1, 18)));
        assert_eq!(instance.uid(), OWN);
        assert_eq!(id.instance_day(), None);
    }

    #[test]
    fn foreign_uid_both_ways() {
        let id = GlobalObjectId::from_uid("abc-123@example.com");
        let bytes = id.to_bytes();
        assert_eq!(bytes[36..40], [32, 0, 0, 0]);
        assert_eq!(&bytes[40..52], FOREIGN);
        assert_eq!(id.uid(), "abc-123@example.com");
        let (back, findings) = GlobalObjectId::from_bytes(&bytes).unwrap();
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(back, id);
        // Hexadecimal digits alone make no own id.
        assert_eq!(GlobalObjectId::from_uid("ABCDEF").uid(), "ABCDEF");
    }

    #[test]
    fn sizes_that_lie() {
        let mut bytes = GlobalObjectId::from_uid(OWN).to_bytes();
        bytes[36] = 0xFF;
        let (read, findings) = GlobalObjectId::from_bytes(&bytes).unwrap();
        assert_eq!(read.data.len(), 16);
        assert_eq!(findings.count(), 1);
        assert_eq!(read.to_bytes(), bytes);
        assert!(GlobalObjectId::from_bytes(&bytes[..39]).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_come_back(bytes: Vec<u8>) {
            if let Ok((read, _)) = GlobalObjectId::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
                let _ = (read.uid(), read.instance_day());
            }
        }

        #[test]
        fn any_uid_comes_back(uid in "[^\0]{1,80}") {
            prop_assert_eq!(GlobalObjectId::from_uid(&uid).uid(), uid);
        }
    }
}
