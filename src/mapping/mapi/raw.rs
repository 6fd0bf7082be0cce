//! Properties that no field takes: into raw values and back.
//!
//! Floats and integers beyond 2^53 go as text, bytes as Base64, what is large as a blob; the type
//! of the property says which.

use std::collections::BTreeMap;

use super::fields::Key;
use super::giver::Name;
use super::{Session, Writing};
use crate::content::{self, InMemory};
use crate::finding::Effect;
use crate::hex;
use crate::item::{BlobRef, RawProperty, RawValue, base64};
use crate::limits;
use crate::mapi::names::{self, Known};
use crate::mapi::{
    FileTime, Guid, NameId, PropType, Property, PropertyName, Value, canonical_name,
};

/// Integers from here on are not exact in every JSON reader.
const EXACT: u64 = 1 << 53;

/// The raw form of a property; `prefix` tells of which part of the message it is.
pub(super) fn property(session: &mut Session<'_>, prefix: &str, from: &Property) -> RawProperty {
    RawProperty {
        name: match prefix {
            "" => canonical_name(from).into_owned(),
            _ => format!("{prefix}{}", canonical_name(from)),
        },
        kind: hex::encode(&from.tag.kind().0.to_be_bytes()),
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

/// The name, type and value of a raw property; `None` when it has none that MAPI knows, since it
/// comes from another format or has an id that only its store knew, and, with a finding, when the
/// value is not of its type.
pub(super) fn write(
    session: &mut Writing<'_>,
    name: &str,
    from: &RawProperty,
) -> Option<(Name, PropType, Value)> {
    let kind = Some(from.kind.as_str()).filter(|kind| kind.len() == 4);
    let kind = kind.and_then(|kind| u16::from_str_radix(kind, 16).ok());
    let kind = match PropType(kind?) {
        PropType::STRING8 => PropType::STRING,
        kind if kind == PropType::STRING8.multi() => PropType::STRING.multi(),
        kind => kind,
    };
    let named = name_of(name)?;
    let value = given(session, kind, &from.value);
    if value.is_none() {
        let detail = format!(
            "the raw property {name} of type {} is not written",
            from.kind
        );
        session.find("mapping.raw.unreadable", Effect::Lost, detail);
    }
    Some((named, kind, value?))
}

/// Names of foreign properties that are told one by one.
const NAMED: usize = 8;

/// Tells which raw properties come from another format and have no place in Outlook; dates that a
/// series gains or loses by them are lost.
pub(super) fn tell_foreign(session: &mut Writing<'_>, raw: &[RawProperty]) {
    let mut foreign: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for property in raw {
        let of_mapi = property.kind.len() == 4 && u16::from_str_radix(&property.kind, 16).is_ok();
        // The CRM's own fields stay there, and the header of a mail rides along whole.
        if !of_mapi && !matches!(property.kind.as_str(), "bigcontacts" | "mime") {
            foreign
                .entry(&property.kind)
                .or_default()
                .push(&property.name);
        }
    }
    for (format, names) in foreign {
        let decides = |name: &&&str| matches!(**name, "RDATE" | "EXRULE");
        let dates: Vec<&str> = names.iter().filter(decides).copied().collect();
        if !dates.is_empty() {
            let detail = format!(
                "dates that a series gains or loses beside its rule ({}) have no place in Outlook: \
                 make or delete those by hand",
                dates.join(", ")
            );
            session.find("mapping.raw.dates", Effect::Lost, detail);
        }
        let more = names.len().saturating_sub(NAMED);
        let mut told = names.get(..NAMED).unwrap_or(&names).join(", ");
        if more > 0 {
            told.push_str(&format!(" and {more} more"));
        }
        let detail = format!("{format} properties that Outlook has no place for: {told}");
        session.find("mapping.raw.other-format", Effect::Noted, detail);
    }
}

/// The property of a canonical name, or of the other forms that raw properties are named in.
fn name_of(name: &str) -> Option<Name> {
    if let Some(known) = names::entry_of(name) {
        return Some(match known {
            Known::Tag(entry) => Name::Tag(entry.id),
            Known::Lid(entry) => Key::Lid(entry.set, entry.lid).into(),
            Known::Text(entry) => Key::Word(entry.set, entry.text).into(),
        });
    }
    if let Some(digits) = name.strip_prefix("0x") {
        let id = u16::from_str_radix(digits, 16).ok()?;
        return (1..0x8000).contains(&id).then_some(Name::Tag(id));
    }
    let (set, rest) = name.strip_prefix('{')?.split_once("}:")?;
    let set = Guid::from_text(set)?;
    let lid = rest
        .strip_prefix("0x")
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let id = lid.map_or_else(|| NameId::Text(rest.into()), NameId::Lid);
    Some(Name::Named(PropertyName { set, id }))
}

fn given(session: &mut Writing<'_>, kind: PropType, from: &RawValue) -> Option<Value> {
    if kind.is_multi() {
        let RawValue::List(values) = from else {
            return None;
        };
        let values = values.iter().map(|own| given(session, kind.single(), own));
        return values.collect::<Option<_>>().map(Value::Multi);
    }
    let text = match from {
        RawValue::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let number = match from {
        RawValue::Int(number) => Some(*number),
        _ => text.and_then(|text| text.parse().ok()),
    };
    Some(match kind {
        PropType::NULL => Value::Null,
        PropType::I16 => Value::I16(i16::try_from(number?).ok()?),
        PropType::I32 => Value::I32(i32::try_from(number?).ok()?),
        PropType::ERROR => Value::Error(u32::try_from(number?).ok()?),
        PropType::I64 => Value::I64(number?),
        PropType::CURRENCY => Value::Currency(number?),
        PropType::F32 => Value::F32(text?.parse().ok()?),
        PropType::F64 => Value::F64(text?.parse().ok()?),
        PropType::FLOATING_TIME => Value::FloatingTime(text?.parse().ok()?),
        PropType::BOOL => match from {
            RawValue::Bool(own) => Value::Bool(*own),
            _ => return None,
        },
        PropType::TIME => Value::Time(match text?.strip_prefix("filetime:") {
            Some(steps) => FileTime(steps.parse().ok()?),
            None => FileTime::of(text?.parse().ok()?)?,
        }),
        PropType::GUID => Value::Guid(Guid::from_text(text?)?),
        PropType::STRING => match from {
            RawValue::Text(text) => Value::String(text.clone()),
            RawValue::Blob(blob) => text_of(session, blob)?,
            _ => return None,
        },
        _ => match from {
            RawValue::Text(text) => Value::Binary(base64::decode(text)?),
            RawValue::Blob(blob) => {
                let content = session.content(blob)?;
                if content.size() > limits::VALUE_IN_MEMORY {
                    Value::Large(content)
                } else {
                    let most = limits::VALUE_IN_MEMORY;
                    Value::Binary(content::read_all(&*content, most).ok()?)
                }
            }
            _ => return None,
        },
    })
}

/// A text that is a blob: in UTF-8, or, beyond what was held in memory when it was read, as stored.
fn text_of(session: &mut Writing<'_>, blob: &BlobRef) -> Option<Value> {
    let content = session.content(blob)?;
    let bytes = content::read_all(&*content, limits::VALUE_IN_MEMORY.saturating_mul(4)).ok()?;
    if bytes.len() as u64 <= limits::VALUE_IN_MEMORY
        && let Ok(text) = String::from_utf8(bytes)
    {
        return Some(Value::String(text));
    }
    Some(Value::Large(content))
}
