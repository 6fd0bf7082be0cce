//! Property values in memory.
//!
//! *Spec*: MS-OXCDATA 2.11.

use crate::content::ContentRef;

use super::named::Guid;
use super::time::FileTime;

/// A property value. `String8` keeps its bytes until the code page of the item is known
/// ([`super::PropertyBag::decode_strings`]).
#[derive(Debug, Clone)]
pub enum Value {
    /// `PtypNull`.
    Null,
    /// `PtypInteger16`.
    I16(i16),
    /// `PtypInteger32`.
    I32(i32),
    /// `PtypFloating32`.
    F32(f32),
    /// `PtypFloating64`.
    F64(f64),
    /// `PtypCurrency`, units of 1/10,000.
    Currency(i64),
    /// `PtypFloatingTime`, days since 1899-12-30.
    FloatingTime(f64),
    /// `PtypErrorCode`.
    Error(u32),
    /// `PtypBoolean`.
    Bool(bool),
    /// `PtypInteger64`.
    I64(i64),
    /// `PtypString`, and `PtypString8` once decoded.
    String(String),
    /// `PtypString8`, bytes of a code page not yet applied, without terminator.
    String8(Vec<u8>),
    /// `PtypTime`.
    Time(FileTime),
    /// `PtypGuid`.
    Guid(Guid),
    /// `PtypBinary`, `PtypServerId`.
    Binary(Vec<u8>),
    /// `PtypString`, `PtypString8`, `PtypBinary` or `PtypObject` of more than
    /// [`crate::limits::VALUE_IN_MEMORY`] bytes, as stored.
    Large(ContentRef),
    /// A multi-valued type: every element is of the single type.
    Multi(Vec<Value>),
    /// A type that the specification does not know: the bytes as stored.
    Unknown(Vec<u8>),
}

impl Value {
    /// The text of a string value.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of a binary value.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// An integer value of any width.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::I16(value) => Some(i64::from(*value)),
            Self::I32(value) => Some(i64::from(*value)),
            Self::I64(value) => Some(*value),
            _ => None,
        }
    }

    /// A Boolean value.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A time value.
    #[must_use]
    pub fn as_time(&self) -> Option<FileTime> {
        match self {
            Self::Time(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements of a multi-valued value.
    #[must_use]
    pub fn as_multi(&self) -> Option<&[Value]> {
        match self {
            Self::Multi(values) => Some(values),
            _ => None,
        }
    }
}
