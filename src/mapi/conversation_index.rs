//! Conversation index: the place of a message in its thread.
//!
//! *Spec*: MS-OXOMSG 2.2.1.3 (`PidTagConversationIndex`).
//!
//! *Shape*: 22 bytes: 1, the upper five bytes but one of the time of the first message
//! (big-endian), a GUID. Then 5 bytes per answer: a bit for the unit, 31 bits of time since the
//! first message (big-endian), 4 bits random, 4 bits level.

use crate::bytes::{Cursor, Truncated};

use super::blob::BlobError;
use super::named::Guid;
use super::time::FileTime;

/// The structure as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationIndex {
    /// The first byte, 1 in every FILETIME of this age.
    pub reserved: u8,
    /// The next five bytes of the time.
    pub time: [u8; 5],
    /// The conversation; in the bytes its first three parts are big-endian.
    pub guid: Guid,
    /// One per answer on the way from the first message to this one.
    pub responses: Vec<ResponseLevel>,
    /// Bytes that make no whole level.
    pub remains: Vec<u8>,
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseLevel {
    /// DeltaCode: the unit of the delta is 2^23 steps of 100 ns rather than 2^18.
    pub coarse: bool,
    /// TimeDelta, 31 bits.
    pub delta: u32,
    /// Random, 4 bits.
    pub random: u8,
    /// ResponseLevel, 4 bits.
    pub level: u8,
}

impl ConversationIndex {
    /// Reads the structure.
    ///
    /// # Errors
    /// [`BlobError::CutOff`] when there are fewer than 22 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlobError> {
        Self::read(&mut Cursor::new(bytes)).map_err(BlobError::cut_off("PidTagConversationIndex"))
    }

    fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        let mut read = Self {
            reserved: from.u8()?,
            time: from.array()?,
            guid: turned(Guid(from.array()?)),
            responses: Vec::new(),
            remains: Vec::new(),
        };
        while from.rest().len() >= 5 {
            let time = u32::from_be_bytes(from.array()?);
            let last = from.u8()?;
            read.responses.push(ResponseLevel {
                coarse: time >> 31 == 1,
                delta: time & 0x7FFF_FFFF,
                random: last >> 4,
                level: last & 0xF,
            });
        }
        read.remains = from.rest().to_vec();
        Ok(read)
    }

    /// The structure in bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![self.reserved];
        out.extend(self.time);
        out.extend(turned(self.guid).0);
        for response in &self.responses {
            let time = u32::from(response.coarse) << 31 | response.delta & 0x7FFF_FFFF;
            out.extend(time.to_be_bytes());
            out.push(response.random << 4 | response.level & 0xF);
        }
        out.extend(&self.remains);
        out
    }

    /// When the conversation began, to 6.5 ms.
    #[must_use]
    pub fn began(&self) -> FileTime {
        let [a, b, c, d, e] = self.time;
        FileTime(u64::from_be_bytes([self.reserved, a, b, c, d, e, 0, 0]))
    }

    /// When an answer was made, to 26 ms, or 0.8 s when coarse.
    #[must_use]
    pub fn answered(&self, response: ResponseLevel) -> FileTime {
        let shift = if response.coarse { 23 } else { 18 };
        let delta = u64::from(response.delta) << shift;
        FileTime(self.began().0.saturating_add(delta))
    }
}

/// A GUID with the bytes of its first three parts the other way round.
fn turned(guid: Guid) -> Guid {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = guid.0;
    Guid([d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times() {
        let mut bytes = vec![0x01, 0xCA, 0xE5, 0x5B, 0x20, 0xE5];
        bytes.extend([7; 16]);
        bytes.extend([0x00, 0x00, 0x6F, 0x3E, 0x90]);
        let index = ConversationIndex::from_bytes(&bytes).unwrap();
        assert_eq!(index.began().0, 0x01CA_E55B_20E5_0000);
        let response = index.responses[0];
        assert_eq!((response.random, response.level), (9, 0));
        let later = index.answered(response).0 - index.began().0;
        assert_eq!(later / 10_000_000, 746);
        assert!(ConversationIndex::from_bytes(&bytes[..21]).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_come_back(bytes: Vec<u8>) {
            if let Ok(read) = ConversationIndex::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
                for &response in &read.responses {
                    let _ = read.answered(response);
                }
            }
        }
    }
}
