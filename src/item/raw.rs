//! Properties that the model does not know, carried untouched.

use serde::{Deserialize, Serialize};

use super::BlobRef;

/// A property that the model does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawProperty {
    /// Canonical name (`PidTagIconIndex`), else the id (`0x6FFF`) or the set and number or text
    /// (`PSETID_Common:0x8FFF`, `{…}:text`).
    pub name: String,
    /// Type as the four hex digits of MS-OXCDATA 2.11.1, or the name of the format it comes from.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value.
    pub value: RawValue,
}

/// The value of a raw property. Its `type` says how to read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RawValue {
    /// No value.
    Null,
    /// A Boolean.
    Bool(bool),
    /// An integer between -2^53 and 2^53.
    Int(i64),
    /// Text; also a larger integer, a float, a time (RFC 3339, or `filetime:` and the number), a
    /// GUID, and bytes as base64, as the type says.
    Text(String),
    /// Bytes or text too large for the record.
    Blob(BlobRef),
    /// The values of a list.
    List(Vec<RawValue>),
}
