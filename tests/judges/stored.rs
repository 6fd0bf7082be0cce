//! Values as the bytes that a format stores, so that they can be compared with what a foreign
//! reader gives.

#![allow(dead_code, reason = "each test takes what it needs")]

use airbridge::content;
use airbridge::mapi::{Value, codepage};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Bytes as the foreign side shows them: hex, or a hash where there are many.
pub(crate) fn shown(bytes: &[u8]) -> String {
    if bytes.len() <= 64 {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    } else {
        format!("sha256:{}", sha256(bytes))
    }
}

/// A value as the foreign side shows it: a list of its values when it is one. `narrow` is whether
/// texts are in a code page.
pub(crate) fn value(own: &Value, narrow: Option<u16>) -> Json {
    match own {
        // Values of a fixed size are one stream, others have one each.
        Value::Multi(values) if values.iter().any(is_sized) => {
            values.iter().map(|own| value(own, narrow)).collect()
        }
        own => json!(shown(&bytes(own, narrow))),
    }
}

/// The bytes of a single value.
pub(crate) fn bytes(own: &Value, narrow: Option<u16>) -> Vec<u8> {
    match own {
        Value::I16(value) => value.to_le_bytes().to_vec(),
        Value::I32(value) => value.to_le_bytes().to_vec(),
        Value::F32(value) => value.to_le_bytes().to_vec(),
        Value::F64(value) | Value::FloatingTime(value) => value.to_le_bytes().to_vec(),
        Value::Currency(value) | Value::I64(value) => value.to_le_bytes().to_vec(),
        Value::Error(value) => value.to_le_bytes().to_vec(),
        Value::Bool(value) => vec![u8::from(*value)],
        Value::Time(value) => value.0.to_le_bytes().to_vec(),
        Value::Guid(guid) => guid.0.to_vec(),
        Value::String(text) => match narrow {
            Some(page) => codepage::encode(text, page).bytes,
            None => codepage::utf16_bytes(text),
        },
        Value::String8(bytes) | Value::Binary(bytes) | Value::Unknown(bytes) => bytes.clone(),
        Value::Large(data) => content::read_all(data.as_ref(), 1 << 30).unwrap(),
        Value::Multi(values) => values.iter().flat_map(|own| bytes(own, narrow)).collect(),
        Value::Null => Vec::new(),
    }
}

fn is_sized(own: &Value) -> bool {
    matches!(own, Value::String(_) | Value::Binary(_) | Value::Large(_))
}
