//! Property tags and property types.
//!
//! *Spec*: MS-OXCDATA 2.9 (property tag), 2.11.1 (property data types).

use std::fmt;

/// A property tag: the id in the upper 16 bits, the type in the lower.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropTag(pub u32);

impl PropTag {
    /// The tag of an id and a type.
    #[must_use]
    pub const fn new(id: u16, kind: PropType) -> Self {
        Self((id as u32) << 16 | kind.0 as u32)
    }

    /// The property id; from 0x8000 up it stands for a name of that store or message.
    #[must_use]
    pub const fn id(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The type of the value.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the lower half is the type"
    )]
    pub const fn kind(self) -> PropType {
        PropType(self.0 as u16)
    }
}

impl fmt::Debug for PropTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08X}", self.0)
    }
}

/// A property type code. Unknown codes are kept as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropType(pub u16);

impl PropType {
    /// `PtypUnspecified`.
    pub const UNSPECIFIED: Self = Self(0x0000);
    /// `PtypNull`.
    pub const NULL: Self = Self(0x0001);
    /// `PtypInteger16`.
    pub const I16: Self = Self(0x0002);
    /// `PtypInteger32`.
    pub const I32: Self = Self(0x0003);
    /// `PtypFloating32`.
    pub const F32: Self = Self(0x0004);
    /// `PtypFloating64`.
    pub const F64: Self = Self(0x0005);
    /// `PtypCurrency`: 64-bit integer, units of 1/10,000.
    pub const CURRENCY: Self = Self(0x0006);
    /// `PtypFloatingTime`: days since 1899-12-30 as a double.
    pub const FLOATING_TIME: Self = Self(0x0007);
    /// `PtypErrorCode`.
    pub const ERROR: Self = Self(0x000A);
    /// `PtypBoolean`.
    pub const BOOL: Self = Self(0x000B);
    /// `PtypObject` / `PtypEmbeddedTable`.
    pub const OBJECT: Self = Self(0x000D);
    /// `PtypInteger64`.
    pub const I64: Self = Self(0x0014);
    /// `PtypString8`: bytes in the code page of the item or store.
    pub const STRING8: Self = Self(0x001E);
    /// `PtypString`: UTF-16LE.
    pub const STRING: Self = Self(0x001F);
    /// `PtypTime`: 100 ns since 1601-01-01 UTC.
    pub const TIME: Self = Self(0x0040);
    /// `PtypGuid`.
    pub const GUID: Self = Self(0x0048);
    /// `PtypServerId`.
    pub const SERVER_ID: Self = Self(0x00FB);
    /// `PtypRestriction`.
    pub const RESTRICTION: Self = Self(0x00FD);
    /// `PtypRuleAction`.
    pub const RULE_ACTION: Self = Self(0x00FE);
    /// `PtypBinary`.
    pub const BINARY: Self = Self(0x0102);
    /// The bit that makes a type multi-valued.
    pub const MULTI_FLAG: u16 = 0x1000;

    /// Whether the value is a list.
    #[must_use]
    pub const fn is_multi(self) -> bool {
        self.0 & Self::MULTI_FLAG != 0
    }

    /// The type of one value of a list; a single type is its own.
    #[must_use]
    pub const fn single(self) -> Self {
        Self(self.0 & !Self::MULTI_FLAG)
    }

    /// The list type of a single type.
    #[must_use]
    pub const fn multi(self) -> Self {
        Self(self.0 | Self::MULTI_FLAG)
    }
}
