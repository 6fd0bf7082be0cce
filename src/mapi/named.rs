//! Named properties: a property set and a number or a string, which a store maps to ids from 0x8000 up.
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

    /// `PS_MAPI`.
    pub const PS_MAPI: Self = Self::ole(0x0002_0328);
    /// `PS_PUBLIC_STRINGS`.
    pub const PS_PUBLIC_STRINGS: Self = Self::ole(0x0002_0329);
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
    /// `PSETID_Meeting`.
    pub const MEETING: Self = Self([
        0x90, 0xDA, 0xD8, 0x6E, 0x0B, 0x45, 0x1B, 0x10, 0x98, 0xDA, 0x00, 0xAA, 0x00, 0x3F, 0x13,
        0x05,
    ]);
    /// `PS_INTERNET_HEADERS`.
    pub const INTERNET_HEADERS: Self = Self::ole(0x0002_0386);
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
