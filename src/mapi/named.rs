//! Named properties: a property set and a number or a string, which a store maps to ids from 0x8000
//! up.
//!
//! *Spec*: MS-OXCDATA 2.6.1 (`PropertyName`), MS-OXPROPS 1.3.2 (property sets).

use std::fmt;
use std::sync::Arc;

/// A GUID in its stored byte order (MS-DTYP 2.3.4.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// A GUID `{xxxxxxxx-0000-0000-C000-000000000046}`, as most property sets have it.
    #[must_use]
    pub const fn ole(first: u32) -> Self {
        let [a, b, c, d] = first.to_le_bytes();
        Self([a, b, c, d, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46])
    }

    /// A GUID from its four written parts: `{first-second-third-rest}`, `rest` with the last hyphen
    /// out.
    #[must_use]
    pub const fn new(first: u32, second: u16, third: u16, rest: [u8; 8]) -> Self {
        let [a, b, c, d] = first.to_le_bytes();
        let [e, f] = second.to_le_bytes();
        let [g, h] = third.to_le_bytes();
        let [i, j, k, l, m, n, o, p] = rest;
        Self([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }

    /// `PS_MAPI`.
    pub const PS_MAPI: Self = Self::ole(0x0002_0328);
    /// `PS_PUBLIC_STRINGS`.
    pub const PS_PUBLIC_STRINGS: Self = Self::ole(0x0002_0329);
    /// `PS_INTERNET_HEADERS`.
    pub const INTERNET_HEADERS: Self = Self::ole(0x0002_0386);
    /// `PSETID_Appointment`.
    pub const APPOINTMENT: Self = Self::ole(0x0006_2002);
    /// `PSETID_Task`.
    pub const TASK: Self = Self::ole(0x0006_2003);
    /// `PSETID_Address`.
    pub const ADDRESS: Self = Self::ole(0x0006_2004);
    /// `PSETID_Common`.
    pub const COMMON: Self = Self::ole(0x0006_2008);
    /// `PSETID_Log`.
    pub const LOG: Self = Self::ole(0x0006_200A);
    /// `PSETID_Note`.
    pub const NOTE: Self = Self::ole(0x0006_200E);
    /// `PSETID_Remote`.
    pub const REMOTE: Self = Self::ole(0x0006_2014);
    /// `PSETID_Sharing`.
    pub const SHARING: Self = Self::ole(0x0006_2040);
    /// `PSETID_PostRss`.
    pub const POST_RSS: Self = Self::ole(0x0006_2041);
    /// `PSETID_Meeting`.
    pub const MEETING: Self = Self::new(
        0x6ED8_DA90,
        0x450B,
        0x101B,
        [0x98, 0xDA, 0x00, 0xAA, 0x00, 0x3F, 0x13, 0x05],
    );
    /// `PSETID_Messaging`.
    pub const MESSAGING: Self = Self::new(
        0x41F2_8F13,
        0x83F4,
        0x4114,
        [0xA5, 0x84, 0xEE, 0xDB, 0x5A, 0x6B, 0x0B, 0xFF],
    );
    /// `PSETID_UnifiedMessaging`.
    pub const UNIFIED_MESSAGING: Self = Self::new(
        0x4442_858E,
        0xA9E3,
        0x4E80,
        [0xB9, 0x00, 0x31, 0x7A, 0x21, 0x0C, 0xC1, 0x5B],
    );
    /// `PSETID_AirSync`.
    pub const AIR_SYNC: Self = Self::new(
        0x7103_5549,
        0x0739,
        0x4DCB,
        [0x91, 0x63, 0x00, 0xF0, 0x58, 0x0D, 0xBB, 0xDF],
    );
    /// `PSETID_XmlExtractedEntities`.
    pub const XML_EXTRACTED_ENTITIES: Self = Self::new(
        0x2323_9608,
        0x685D,
        0x4732,
        [0x9C, 0x55, 0x4C, 0x95, 0xCB, 0x4E, 0x8E, 0x33],
    );
    /// `PSETID_Attachment`.
    pub const ATTACHMENT: Self = Self::new(
        0x9635_7F7F,
        0x59E1,
        0x47D0,
        [0x99, 0xA7, 0x46, 0x51, 0x5C, 0x18, 0x3B, 0x54],
    );
    /// `PSETID_CalendarAssistant`.
    pub const CALENDAR_ASSISTANT: Self = Self::new(
        0x1100_0E07,
        0xB51B,
        0x40D6,
        [0xAF, 0x21, 0xCA, 0xA8, 0x5E, 0xDA, 0xB1, 0xD0],
    );

    /// The property sets that the specification names (MS-OXPROPS 1.3.2).
    pub const SETS: [(Self, &'static str); 19] = [
        (Self::PS_MAPI, "PS_MAPI"),
        (Self::PS_PUBLIC_STRINGS, "PS_PUBLIC_STRINGS"),
        (Self::INTERNET_HEADERS, "PS_INTERNET_HEADERS"),
        (Self::APPOINTMENT, "PSETID_Appointment"),
        (Self::TASK, "PSETID_Task"),
        (Self::ADDRESS, "PSETID_Address"),
        (Self::COMMON, "PSETID_Common"),
        (Self::LOG, "PSETID_Log"),
        (Self::NOTE, "PSETID_Note"),
        (Self::REMOTE, "PSETID_Remote"),
        (Self::SHARING, "PSETID_Sharing"),
        (Self::POST_RSS, "PSETID_PostRss"),
        (Self::MEETING, "PSETID_Meeting"),
        (Self::MESSAGING, "PSETID_Messaging"),
        (Self::UNIFIED_MESSAGING, "PSETID_UnifiedMessaging"),
        (Self::AIR_SYNC, "PSETID_AirSync"),
        (Self::XML_EXTRACTED_ENTITIES, "PSETID_XmlExtractedEntities"),
        (Self::ATTACHMENT, "PSETID_Attachment"),
        (Self::CALENDAR_ASSISTANT, "PSETID_CalendarAssistant"),
    ];

    /// The name of a property set, `PSETID_Task`, when the specification has one.
    #[must_use]
    pub fn set_name(self) -> Option<&'static str> {
        let named = Self::SETS.iter().find(|(set, _)| *set == self)?;
        Some(named.1)
    }
}

impl Guid {
    /// The GUID of its written form, hyphens and all, in either case and without braces.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            let hex = part.bytes().all(|digit| digit.is_ascii_hexdigit());
            hex.then(|| u64::from_str_radix(part, 16).ok())?
        };
        let first = u32::try_from(number(8)?).ok()?;
        let second = u16::try_from(number(4)?).ok()?;
        let third = u16::try_from(number(4)?).ok()?;
        let [.., j, k] = number(4)?.to_be_bytes();
        let [_, _, rest @ ..] = number(12)?.to_be_bytes();
        let [l, m, n, o, p, q] = rest;
        let last = [j, k, l, m, n, o, p, q];
        parts
            .next()
            .is_none()
            .then(|| Self::new(first, second, third, last))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g, h, i, rest @ ..] = self.0;
        let first = u32::from_le_bytes([a, b, c, d]);
        let second = u16::from_le_bytes([e, g]);
        let third = u16::from_le_bytes([h, i]);
        let [j, k, l, m, n, o, p, q] = rest;
        write!(f, "{first:08x}-{second:04x}-{third:04x}-{j:02x}{k:02x}-")?;
        write!(f, "{l:02x}{m:02x}{n:02x}{o:02x}{p:02x}{q:02x}")
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

/// The second half of a property name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameId {
    /// `LID`, a number.
    Lid(u32),
    /// A string, compared exactly.
    Text(Arc<str>),
}

/// `PropertyName`: the property set and the id in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyName {
    /// The property set.
    pub set: Guid,
    /// The number or string.
    pub id: NameId,
}

impl PropertyName {
    /// A numbered name.
    #[must_use]
    pub const fn lid(set: Guid, lid: u32) -> Self {
        Self {
            set,
            id: NameId::Lid(lid),
        }
    }
}

/// A name known when the program is written: the constants of [`super::pid_lid`] and
/// [`super::pid_name`] turn into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownName {
    /// Property set and number.
    Lid(Guid, u32),
    /// Property set and string.
    Text(Guid, &'static str),
}

impl From<(Guid, u32)> for KnownName {
    fn from((set, lid): (Guid, u32)) -> Self {
        Self::Lid(set, lid)
    }
}

impl From<(Guid, &'static str)> for KnownName {
    fn from((set, text): (Guid, &'static str)) -> Self {
        Self::Text(set, text)
    }
}

impl From<KnownName> for PropertyName {
    fn from(known: KnownName) -> Self {
        match known {
            KnownName::Lid(set, lid) => Self::lid(set, lid),
            KnownName::Text(set, text) => Self {
                set,
                id: NameId::Text(text.into()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meeting_in_both_notations() {
        let text = "6ed8da90-450b-101b-98da-00aa003f1305";
        assert_eq!(Guid::MEETING.to_string(), text);
        let stored = [
            0x90, 0xDA, 0xD8, 0x6E, 0x0B, 0x45, 0x1B, 0x10, 0x98, 0xDA, 0x00, 0xAA, 0x00, 0x3F,
            0x13, 0x05,
        ];
        assert_eq!(Guid::MEETING, Guid(stored));
    }

    #[test]
    fn sets_have_names() {
        assert_eq!(Guid::TASK.set_name(), Some("PSETID_Task"));
        assert_eq!(Guid::ole(1).set_name(), None);
    }
}
