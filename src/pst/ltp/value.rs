//! Multi-valued properties as stored in heaps and subnodes.
//!
//! *Spec*: \[MS-PST\] 2.3.3.4.
//!
//! *Shape*: fixed-size elements back to back; variable-size elements as a count, that many offsets
//! from the start of the value (32 bits each), and the elements.

use crate::bytes::ReadAt;
use crate::limits;
use crate::mapi::value_bytes::{self, decode, decode_list};
use crate::mapi::{PropType, Value};

/// The value of a multi-valued type from all of its bytes; what is wrong with it, if anything.
#[must_use]
pub fn decode_multi(kind: PropType, bytes: &[u8]) -> (Value, Option<&'static str>) {
    let single = kind.single();
    if let Some(list) = decode_list(single, bytes) {
        return list;
    }
    if bytes.is_empty() {
        return (Value::Multi(Vec::new()), None);
    }
    if !matches!(
        single,
        PropType::STRING | PropType::STRING8 | PropType::BINARY
    ) {
        return (Value::Unknown(bytes.to_vec()), None);
    }
    let Some(count) = bytes
        .u32_at(0)
        .and_then(|count| usize::try_from(count).ok())
    else {
        return (
            Value::Unknown(bytes.to_vec()),
            Some("too few bytes for its type"),
        );
    };
    let offset = |at: usize| {
        let place = at.checked_mul(4)?.checked_add(4)?;
        bytes
            .u32_at(place)
            .and_then(|offset| usize::try_from(offset).ok())
    };
    let mut values = Vec::new();
    let mut total = 0_usize;
    let mut problem = None;
    for at in 0..count.min(limits::MULTI_VALUES) {
        let next = at.saturating_add(1);
        let end = if next < count {
            offset(next)
        } else {
            Some(bytes.len())
        };
        let element = offset(at)
            .zip(end)
            .and_then(|(start, end)| bytes.get(start..end));
        let Some(element) = element else {
            problem = Some("elements out of bounds");
            break;
        };
        // Honest elements do not overlap.
        total = total.saturating_add(element.len());
        if total > bytes.len() {
            problem = Some("elements overlap");
            break;
        }
        let (value, wrong) = decode(single, element);
        problem = problem.or(wrong);
        values.push(value);
    }
    if values.len() < count && problem.is_none() {
        problem = Some("more elements than the limit");
    }
    (Value::Multi(values), problem)
}

/// Appends the stored bytes of a value; those of a stream are not in memory and left out.
pub fn encode(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Multi(values) if !values.iter().all(value_bytes::is_fixed) => {
            encode_variable(values, bytes);
        }
        value => value_bytes::encode(value, bytes),
    }
}

fn encode_variable(values: &[Value], bytes: &mut Vec<u8>) {
    let mut elements = Vec::new();
    let head = values.len().saturating_mul(4).saturating_add(4);
    let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    bytes.extend_from_slice(&word(values.len()));
    for value in values {
        bytes.extend_from_slice(&word(head.saturating_add(elements.len())));
        encode(value, &mut elements);
    }
    bytes.append(&mut elements);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapi::value_bytes::stored_kind;
    use crate::mapi::{FileTime, Guid};

    #[test]
    fn every_type_comes_back() {
        let time = Value::Time(FileTime(133_485_408_000_000_000));
        let samples = [
            (PropType::I16, Value::I16(-2)),
            (PropType::I32, Value::I32(i32::MIN)),
            (PropType::F32, Value::F32(1.5)),
            (PropType::F64, Value::F64(-0.1)),
            (PropType::CURRENCY, Value::Currency(-12_345)),
            (PropType::FLOATING_TIME, Value::FloatingTime(45_000.25)),
            (PropType::ERROR, Value::Error(0x8004_010F)),
            (PropType::BOOL, Value::Bool(true)),
            (PropType::I64, Value::I64(1 << 60)),
            (
                PropType::STRING,
                Value::String("Grüße \u{1F600}".to_owned()),
            ),
            (PropType::STRING8, Value::String8(b"abc".to_vec())),
            (PropType::TIME, time.clone()),
            (PropType::GUID, Value::Guid(Guid::MEETING)),
            (PropType::BINARY, Value::Binary(vec![0, 1, 0])),
            (PropType::RULE_ACTION, Value::Unknown(vec![7; 9])),
        ];
        let multi = [
            (PropType::I32, vec![Value::I32(1), Value::I32(-1)]),
            (PropType::BOOL, vec![Value::Bool(true), Value::Bool(false)]),
            (PropType::TIME, vec![time]),
            (
                PropType::STRING,
                vec!["", "a", "Ä"]
                    .into_iter()
                    .map(|text| Value::String(text.to_owned()))
                    .collect(),
            ),
            (
                PropType::BINARY,
                vec![Value::Binary(vec![1]), Value::Binary(vec![])],
            ),
            (PropType::STRING, Vec::new()),
        ]
        .map(|(kind, values)| (kind.multi(), Value::Multi(values)));
        for (kind, value) in samples.into_iter().chain(multi) {
            assert_eq!(stored_kind(kind, &value), kind);
            let mut bytes = Vec::new();
            encode(&value, &mut bytes);
            let (back, wrong) = if kind.is_multi() {
                decode_multi(kind, &bytes)
            } else {
                decode(kind, &bytes)
            };
            assert_eq!((format!("{back:?}"), wrong), (format!("{value:?}"), None));
        }
    }

    #[test]
    fn a_value_is_stored_as_what_it_is() {
        let text = Value::String("a".to_owned());
        assert_eq!(stored_kind(PropType::STRING8, &text), PropType::STRING);
        let list = Value::Multi(vec![text]);
        let kind = stored_kind(PropType::STRING8.multi(), &list);
        assert_eq!(kind, PropType::STRING.multi());
        assert_eq!(stored_kind(PropType::I32, &Value::I64(1)), PropType::I64);
        assert_eq!(
            stored_kind(PropType::OBJECT, &Value::Null),
            PropType::OBJECT
        );
    }

    #[test]
    fn lists() {
        let kind = PropType::STRING8.multi();
        let bytes = [2, 0, 0, 0, 12, 0, 0, 0, 14, 0, 0, 0, b'a', b'b', b'c'];
        let (value, wrong) = decode_multi(kind, &bytes);
        assert_eq!(wrong, None);
        let texts: Vec<_> = value
            .as_multi()
            .unwrap()
            .iter()
            .map(|value| match value {
                Value::String8(bytes) => bytes.clone(),
                _ => panic!("not bytes"),
            })
            .collect();
        assert_eq!(texts, [b"ab".to_vec(), b"c".to_vec()]);
        // Falling offsets, and a count that lies.
        let bad = [2, 0, 0, 0, 14, 0, 0, 0, 12, 0, 0, 0, b'a', b'b', b'c'];
        assert!(decode_multi(kind, &bad).1.is_some());
        assert!(decode_multi(kind, &[0xFF; 12]).1.is_some());
        let (value, wrong) = decode_multi(PropType::I32.multi(), &[1, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!((value.as_multi().unwrap().len(), wrong), (2, None));
    }
}
