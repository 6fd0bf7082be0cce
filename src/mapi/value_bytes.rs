//! Property values from the bytes in which every MAPI format stores them, and back.
//!
//! *Spec*: MS-OXCDATA 2.11.1.

use encoding_rs::mem;

use crate::bytes::ReadAt;
use crate::limits;

use super::named::Guid;
use super::tag::PropType;
use super::time::FileTime;
use super::value::Value;

/// Bytes of one value of a fixed-size type; `None` for variable sizes and unknown types.
#[must_use]
pub const fn fixed_size(kind: PropType) -> Option<usize> {
    match kind {
        PropType::I16 => Some(2),
        PropType::BOOL => Some(1),
        PropType::I32 | PropType::F32 | PropType::ERROR => Some(4),
        PropType::I64
        | PropType::F64
        | PropType::CURRENCY
        | PropType::FLOATING_TIME
        | PropType::TIME => Some(8),
        PropType::GUID => Some(16),
        _ => None,
    }
}

/// UTF-16LE as text, without trailing NULs; and whether it was well-formed.
#[must_use]
pub fn text(bytes: &[u8]) -> (String, bool) {
    let mut bytes = bytes;
    while let Some(rest) = bytes.strip_suffix(&[0, 0]) {
        if !bytes.len().is_multiple_of(2) {
            break;
        }
        bytes = rest;
    }
    let (pairs, rest) = bytes.as_chunks::<2>();
    let even = rest.is_empty();
    // Most text is ASCII: one pass to be sure, one to copy. The first has no way out before the
    // end,
    // so that it takes many units at a time.
    let bits = pairs
        .iter()
        .fold(0, |bits, &pair| bits | u16::from_le_bytes(pair));
    if bits < 0x80 {
        let ascii = pairs.iter().map(|&[low, _]| low).collect();
        return (String::from_utf8(ascii).unwrap_or_default(), even);
    }
    let units: Vec<u16> = pairs.iter().map(|&pair| u16::from_le_bytes(pair)).collect();
    let whole = even && mem::utf16_valid_up_to(&units) == units.len();
    let mut text = String::with_capacity(pairs.len().saturating_add(pairs.len() / 2));
    let (mut rest, mut room) = (units.as_slice(), [0; 1024]);
    while !rest.is_empty() {
        let (read, written) = mem::convert_utf16_to_utf8_partial(rest, &mut room);
        let piece = room.get(..written).unwrap_or_default();
        text.push_str(std::str::from_utf8(piece).unwrap_or_default());
        rest = rest.get(read..).filter(|_| read > 0).unwrap_or_default();
    }
    (text, whole)
}

/// One value of a single-valued type from all of its bytes; what is wrong with it, if anything.
#[must_use]
pub fn decode(kind: PropType, bytes: &[u8]) -> (Value, Option<&'static str>) {
    let fixed = match kind {
        PropType::I16 => bytes.array_at(0).map(|b| Value::I16(i16::from_le_bytes(b))),
        PropType::I32 => bytes.array_at(0).map(|b| Value::I32(i32::from_le_bytes(b))),
        PropType::F32 => bytes.array_at(0).map(|b| Value::F32(f32::from_le_bytes(b))),
        PropType::F64 => bytes.array_at(0).map(|b| Value::F64(f64::from_le_bytes(b))),
        PropType::CURRENCY => bytes
            .array_at(0)
            .map(|b| Value::Currency(i64::from_le_bytes(b))),
        PropType::FLOATING_TIME => bytes
            .array_at(0)
            .map(|b| Value::FloatingTime(f64::from_le_bytes(b))),
        PropType::ERROR => bytes.u32_at(0).map(Value::Error),
        PropType::BOOL => bytes.u8_at(0).map(|byte| Value::Bool(byte != 0)),
        PropType::I64 => bytes.array_at(0).map(|b| Value::I64(i64::from_le_bytes(b))),
        PropType::TIME => bytes.u64_at(0).map(|ticks| Value::Time(FileTime(ticks))),
        PropType::GUID => bytes.array_at(0).map(|b| Value::Guid(Guid(b))),
        PropType::NULL | PropType::UNSPECIFIED if bytes.is_empty() => Some(Value::Null),
        PropType::STRING => {
            let (text, whole) = text(bytes);
            return (Value::String(text), (!whole).then_some("malformed UTF-16"));
        }
        PropType::STRING8 => {
            let end = bytes.iter().rposition(|&byte| byte != 0);
            let length = end.map_or(0, |end| end.saturating_add(1));
            Some(Value::String8(
                bytes.get(..length).unwrap_or_default().to_vec(),
            ))
        }
        PropType::BINARY | PropType::SERVER_ID => Some(Value::Binary(bytes.to_vec())),
        _ => return (Value::Unknown(bytes.to_vec()), None),
    };
    match fixed {
        Some(value) => (value, None),
        None => (
            Value::Unknown(bytes.to_vec()),
            Some("too few bytes for its type"),
        ),
    }
}

/// A list of a fixed-size type, elements back to back; what is wrong with it, if anything. `None`
/// when `single` is not of a fixed size.
#[must_use]
pub fn decode_list(single: PropType, bytes: &[u8]) -> Option<(Value, Option<&'static str>)> {
    let size = match single {
        // MS-OXCDATA has no list of Booleans; where one was written it has 16-bit elements.
        PropType::BOOL => 2,
        other => fixed_size(other)?,
    };
    let values = bytes
        .chunks_exact(size)
        .take(limits::MULTI_VALUES)
        .map(|element| decode(single, element).0)
        .collect();
    let wrong = if bytes.len() / size > limits::MULTI_VALUES {
        Some("more elements than the limit")
    } else if bytes.len().is_multiple_of(size) {
        None
    } else {
        Some("ends in part of an element")
    };
    Some((Value::Multi(values), wrong))
}

/// The type that a value is stored with in a Unicode store or file: that of its tag, unless the
/// value is of
/// another, or text, which is stored as UTF-16.
#[must_use]
pub fn stored_kind(kind: PropType, value: &Value) -> PropType {
    match value {
        Value::I16(_) => PropType::I16,
        Value::I32(_) => PropType::I32,
        Value::F32(_) => PropType::F32,
        Value::F64(_) => PropType::F64,
        Value::Currency(_) => PropType::CURRENCY,
        Value::FloatingTime(_) => PropType::FLOATING_TIME,
        Value::Error(_) => PropType::ERROR,
        Value::Bool(_) => PropType::BOOL,
        Value::I64(_) => PropType::I64,
        Value::String(_) => PropType::STRING,
        Value::String8(_) => PropType::STRING8,
        Value::Time(_) => PropType::TIME,
        Value::Guid(_) => PropType::GUID,
        Value::Binary(_) if kind == PropType::SERVER_ID => kind,
        Value::Binary(_) => PropType::BINARY,
        Value::Multi(values) => match values.first() {
            Some(first) => stored_kind(kind.single(), first).multi(),
            None if kind == PropType::STRING8.multi() => PropType::STRING.multi(),
            None => kind.single().multi(),
        },
        Value::Null | Value::Large(_) | Value::Unknown(_) => kind,
    }
}

/// Appends the stored bytes of a value, those of a list back to back, as a list of a fixed size is
/// stored; those of a stream are not in memory and left out.
pub fn encode(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null | Value::Large(_) => {}
        Value::I16(value) => bytes.extend_from_slice(&value.to_le_bytes()),
        Value::I32(value) => bytes.extend_from_slice(&value.to_le_bytes()),
        Value::F32(value) => bytes.extend_from_slice(&value.to_le_bytes()),
        Value::F64(value) | Value::FloatingTime(value) => {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        Value::Currency(value) | Value::I64(value) => {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        Value::Error(value) => bytes.extend_from_slice(&value.to_le_bytes()),
        Value::Bool(value) => bytes.push(u8::from(*value)),
        Value::String(text) => {
            if text.is_ascii() {
                bytes.extend(text.bytes().flat_map(|byte| [byte, 0]));
            } else {
                bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            }
        }
        Value::Time(time) => bytes.extend_from_slice(&time.0.to_le_bytes()),
        Value::Guid(guid) => bytes.extend_from_slice(&guid.0),
        Value::Binary(own) | Value::String8(own) | Value::Unknown(own) => {
            bytes.extend_from_slice(own);
        }
        Value::Multi(values) => {
            for value in values {
                encode(value, bytes);
                // As decoded: a list of Booleans has elements of 16 bits.
                if matches!(value, Value::Bool(_)) {
                    bytes.push(0);
                }
            }
        }
    }
}

/// Whether a value of a list is of a type of fixed size.
#[must_use]
pub fn is_fixed(value: &Value) -> bool {
    !matches!(
        value,
        Value::String(_) | Value::String8(_) | Value::Binary(_) | Value::Unknown(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn texts() {
        for sample in ["", "plain", "Grüße", "日本語 \u{1F600}", "a\0b"] {
            assert_eq!(
                text(&utf16(sample)),
                (sample.to_owned(), true),
                "{sample:?}"
            );
        }
        assert_eq!(text(&utf16("end\0")), ("end".to_owned(), true));
        assert_eq!(text(&[0x41, 0, 0x42]), ("A".to_owned(), false));
        assert_eq!(text(&[0x00, 0xD8]), ("\u{FFFD}".to_owned(), false));
    }

    #[test]
    fn short_fixed_values_stay_bytes() {
        let (value, wrong) = decode(PropType::I32, &[1, 2]);
        assert!(matches!(value, Value::Unknown(bytes) if bytes == [1, 2]));
        assert!(wrong.is_some());
        assert!(matches!(
            decode(PropType::I32, &[1, 0, 0, 0]),
            (Value::I32(1), None)
        ));
        assert!(matches!(
            decode(PropType::BOOL, &[1, 9, 9, 9]),
            (Value::Bool(true), None)
        ));
    }

    #[test]
    fn lists_of_a_fixed_size() {
        let (value, wrong) = decode_list(PropType::I32, &[1, 0, 0, 0, 2, 0, 0, 0]).unwrap();
        assert_eq!((value.as_multi().unwrap().len(), wrong), (2, None));
        assert!(
            decode_list(PropType::I32, &[1, 0, 0, 0, 2])
                .unwrap()
                .1
                .is_some()
        );
        assert!(decode_list(PropType::STRING, &[]).is_none());
    }
}
