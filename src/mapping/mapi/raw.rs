//! Properties that no field takes: into raw values.
//!
//! Floats and integers beyond 2^53 go as text, bytes as Base64, what is large as a blob; the type
//! of the property says which.

use super::Session;
use crate::content::InMemory;
use crate::item::{RawProperty, RawValue, base64};
use crate::limits;
use crate::mapi::{Property, Value, canonical_name};

/// Integers from here on are not exact in every JSON reader.
const EXACT: u64 = 1 << 53;

/// The raw form of a property; `prefix` tells of which part of the message it is.
pub(super) fn property(session: &mut Session<'_>, prefix: &str, from: &Property) -> RawProperty {
    RawProperty {
        name: format!("{prefix}{}", canonical_name(from)),
        kind: format!("{:04x}", from.tag.kind().0),
        value: value(session, &from.value),
    }
}

fn value(session: &mut Session<'_>, from: &Value) -> RawValue {
    match from {
        Value::Null => RawValue::Null,
        Value::I16(number) => RawValue::Int(i64::from(*number)),
        Value::I32(number) => RawValue::Int(i64::from(*number)),
        Value::Error(number) => RawValue::Int(i64::from(*number)),
        Value::I64(number) | Value::Currency(number) => integer(*number),
        Value::F32(number) => RawValue::Text(number.to_string()),
        Value::F64(number) | Value::FloatingTime(number) => RawValue::Text(number.to_string()),
        Value::Bool(own) => RawValue::Bool(*own),
        Value::String(text) if text.len() > limits::INLINE_TEXT => {
            RawValue::Blob(session.blob(InMemory(text.clone().into_bytes())))
        }
        Value::String(text) => RawValue::Text(text.clone()),
        Value::Time(time) => RawValue::Text(match time.timestamp() {
            Some(instant) => instant.to_string(),
            None => format!("filetime:{}", time.0),
        }),
        Value::Guid(guid) => RawValue::Text(guid.to_string()),
        Value::Binary(bytes) | Value::Unknown(bytes) | Value::String8(bytes) => {
            if bytes.len() > limits::INLINE_TEXT {
                RawValue::Blob(session.blob(InMemory(bytes.clone())))
            } else {
                RawValue::Text(base64::encode(bytes))
            }
        }
        Value::Large(content) => RawValue::Blob(session.content(content)),
        // A list holds single values only, so this goes one level deep.
        Value::Multi(values) => {
            RawValue::List(values.iter().map(|own| value(session, own)).collect())
        }
    }
}

fn integer(number: i64) -> RawValue {
    if number.unsigned_abs() < EXACT {
        RawValue::Int(number)
    } else {
        RawValue::Text(number.to_string())
    }
}
