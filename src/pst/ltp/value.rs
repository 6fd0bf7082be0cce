//! Multi-valued properties as stored in heaps and subnodes.
//!
//! *Spec*: \[MS-PST\] 2.3.3.4.
//!
//! *Shape*: fixed-size elements back to back; variable-size elements as a count, that many offsets
//! from the start of the value (32 bits each), and the elements.

use crate::bytes::ReadAt;
use crate::limits;
use crate::mapi::value_bytes::{decode, decode_list};
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

#[cfg(test)]
mod tests {
    use super::*;

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
