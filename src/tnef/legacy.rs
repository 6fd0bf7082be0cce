//! The attributes that are older than MAPI, as the properties that they stand for.
//!
//! *Spec*: MS-OXTNEF 2.1.3.3.
//!
//! *Shape*: texts in the code page of the encapsulation, with NUL; times as seven numbers of 16
//! bits (year, month, day, hour, minute, second, day of the week); parties as the sizes of
//! name and address, 2 each, and both texts, the address as `SMTP:user@example.com`.
//!
//! *Seen in the wild*: the specification does not say in which zone times are. Outlook up to 2003
//! wrote the local time of the writer, Exchange from 2007 writes UTC; where one time is there as a
//! MAPI property as well, the two tell the offset of all.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::bytes::ReadAt;
use crate::mapi::{FileTime, PropTag, PropType, Property, Value, pid_tag};

use super::attribute as att;
use super::class;

/// `PidTagConversationKey`, which the specification does not list any more.
const CONVERSATION_KEY: u16 = 0x000B;
/// Seconds from 1601 to 1970, as FILETIME counts from.
const EPOCH_GAP: i64 = 11_644_473_600;
/// `atypOle`, of `attAttachRendData`.
const OLE_OBJECT: u16 = 2;
/// `fdwMacBinary`, of the same.
const MAC_BINARY: u32 = 1;
/// The encoding that it stands for (MS-OXCMSG 2.2.2.20): 1.2.840.113556.3.11.1.
const MAC_BINARY_OID: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x14, 0x03, 0x0B, 0x01];

/// Ids of name, type of address and address of a party.
type PartyTags = [u16; 3];
const SENDER: PartyTags = [
    pid_tag::SENDER_NAME,
    pid_tag::SENDER_ADDRESS_TYPE,
    pid_tag::SENDER_EMAIL_ADDRESS,
];
const SENT_FOR: PartyTags = [
    pid_tag::SENT_REPRESENTING_NAME,
    pid_tag::SENT_REPRESENTING_ADDRESS_TYPE,
    pid_tag::SENT_REPRESENTING_EMAIL_ADDRESS,
];
const RECEIVED_FOR: PartyTags = [
    pid_tag::RECEIVED_REPRESENTING_NAME,
    pid_tag::RECEIVED_REPRESENTING_ADDRESS_TYPE,
    pid_tag::RECEIVED_REPRESENTING_EMAIL_ADDRESS,
];

/// How many steps of FILETIME the older times are behind UTC, told by one that is there as a MAPI
/// property as well. Offsets are quarters of an hour, and less than a day.
pub(super) fn offset(properties: &[Property], older: &[(u32, Vec<u8>)]) -> Option<i64> {
    const QUARTER: i64 = 15 * 60 * 10_000_000;
    const LONGEST: i64 = 15 * 4;
    let pairs = older.iter().filter_map(|(id, bytes)| {
        let [own] = <[Property; 1]>::try_from(self::properties(*id, bytes, "")?).ok()?;
        let known = properties.iter().find(|known| known.tag == own.tag)?;
        let (known, own) = (known.value.as_time()?, own.value.as_time()?);
        let behind = known.0.cast_signed().checked_sub(own.0.cast_signed())?;
        let quarters = behind.checked_add(QUARTER / 2)?.div_euclid(QUARTER);
        (quarters.abs() <= LONGEST).then(|| quarters.saturating_mul(QUARTER))
    });
    pairs.into_iter().next()
}

/// A time as UTC.
pub(super) fn in_utc(time: FileTime, behind: i64) -> FileTime {
    FileTime(time.0.saturating_add_signed(behind))
}

/// ASCII up to the first NUL.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(before_nul(bytes)).into_owned()
}

fn before_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The properties of an attribute; `None` when its bytes are not of its form. `class` is that of
/// the message, as MAPI names it.
pub(super) fn properties(id: u32, bytes: &[u8], class: &str) -> Option<Vec<Property>> {
    let one = |property| Some(vec![property]);
    match id {
        att::FROM => from(bytes),
        att::SENT_FOR => party(bytes, SENT_FOR),
        att::DELEGATE => party(bytes, RECEIVED_FOR),
        att::OWNER if class::is_response(class) => party(bytes, RECEIVED_FOR),
        att::OWNER => party(bytes, SENT_FOR),
        att::SUBJECT => one(string(pid_tag::SUBJECT, bytes)),
        att::BODY => one(string(pid_tag::BODY, bytes)),
        att::ATTACH_TITLE => one(string(pid_tag::ATTACH_FILENAME, bytes)),
        att::ATTACH_TRANSPORT_NAME => one(string(pid_tag::ATTACH_TRANSPORT_NAME, bytes)),
        att::MESSAGE_CLASS => one(class_of(pid_tag::MESSAGE_CLASS, bytes)),
        att::ORIGINAL_MESSAGE_CLASS => one(class_of(pid_tag::ORIGINAL_MESSAGE_CLASS, bytes)),
        att::DATE_SENT => one(time(pid_tag::CLIENT_SUBMIT_TIME, bytes)?),
        att::DATE_RECEIVED => one(time(pid_tag::MESSAGE_DELIVERY_TIME, bytes)?),
        att::DATE_START => one(time(pid_tag::START_DATE, bytes)?),
        att::DATE_END => one(time(pid_tag::END_DATE, bytes)?),
        att::DATE_MODIFIED | att::ATTACH_MODIFIED => {
            one(time(pid_tag::LAST_MODIFICATION_TIME, bytes)?)
        }
        att::ATTACH_CREATED => one(time(pid_tag::CREATION_TIME, bytes)?),
        att::MESSAGE_ID => one(key(pid_tag::SEARCH_KEY, bytes)?),
        att::PARENT_ID => one(key(pid_tag::PARENT_KEY, bytes)?),
        att::CONVERSATION_ID => one(key(CONVERSATION_KEY, bytes)?),
        att::AID_OWNER => one(int(pid_tag::OWNER_APPOINTMENT_ID, bytes.u32_at(0)?)),
        att::REQUEST_RESPONSE => {
            let wanted = Value::Bool(bytes.u16_at(0)? != 0);
            one(property(
                pid_tag::RESPONSE_REQUESTED,
                PropType::BOOL,
                wanted,
            ))
        }
        // prioHigh, prioNorm, prioLow.
        att::PRIORITY => match bytes.u16_at(0)? {
            1 => one(int(pid_tag::IMPORTANCE, 2)),
            2 => one(int(pid_tag::IMPORTANCE, 1)),
            3 => one(int(pid_tag::IMPORTANCE, 0)),
            _ => None,
        },
        att::MESSAGE_STATUS => one(int(pid_tag::MESSAGE_FLAGS, flags(bytes.u8_at(0)?))),
        att::ATTACH_META_FILE => {
            let value = Value::Binary(bytes.to_vec());
            one(property(pid_tag::ATTACH_RENDERING, PropType::BINARY, value))
        }
        att::ATTACH_REND_DATA => rendering(bytes),
        _ => None,
    }
}

/// `fmsRead`, `fmsModified`, `fmsSubmitted`, `fmsHasAttach`, `fmsLocal` as `PidTagMessageFlags`:
/// read, unmodified, submitted, has attachments, unsent.
fn flags(status: u8) -> u32 {
    let bit = |own: u8, flag: u32| if status & own != 0 { flag } else { 0 };
    let unmodified = if status & 0x01 == 0 { 0x02 } else { 0 };
    bit(0x20, 0x01) | unmodified | bit(0x04, 0x04) | bit(0x80, 0x10) | bit(0x02, 0x08)
}

/// Type 2, position 4, width 2, height 2, flags 4. Width and height of the icon are left out.
fn rendering(bytes: &[u8]) -> Option<Vec<Property>> {
    let (kind, position) = (bytes.u16_at(0)?, bytes.u32_at(2)?);
    let method = if kind == OLE_OBJECT { 6 } else { 1 };
    let mut properties = vec![
        int(pid_tag::ATTACH_METHOD, method),
        int(pid_tag::RENDERING_POSITION, position),
    ];
    if bytes
        .u32_at(10)
        .is_some_and(|flags| flags & MAC_BINARY != 0)
    {
        let value = Value::Binary(MAC_BINARY_OID.to_vec());
        properties.push(property(pid_tag::ATTACH_ENCODING, PropType::BINARY, value));
    }
    Some(properties)
}

fn property(id: u16, kind: PropType, value: Value) -> Property {
    Property {
        tag: PropTag::new(id, kind),
        name: None,
        value,
    }
}

fn string(id: u16, bytes: &[u8]) -> Property {
    let value = Value::String8(before_nul(bytes).to_vec());
    property(id, PropType::STRING8, value)
}

fn class_of(id: u16, bytes: &[u8]) -> Property {
    let value = Value::String(class::mapi(&text(bytes)));
    property(id, PropType::STRING, value)
}

fn int(id: u16, value: u32) -> Property {
    property(id, PropType::I32, Value::I32(value.cast_signed()))
}

/// A key written as hex digits.
fn key(id: u16, bytes: &[u8]) -> Option<Property> {
    let (pairs, []) = before_nul(bytes).as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(high)? << 4 | digit(low)?).ok();
    let value = Value::Binary(pairs.iter().map(byte).collect::<Option<_>>()?);
    Some(property(id, PropType::BINARY, value))
}

fn time(id: u16, bytes: &[u8]) -> Option<Property> {
    let part = |at: usize| bytes.u16_at(at).and_then(|part| i8::try_from(part).ok());
    let year = i16::try_from(bytes.u16_at(0)?).ok()?;
    let time = DateTime::new(year, part(2)?, part(4)?, part(6)?, part(8)?, part(10)?, 0).ok()?;
    let seconds = time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    let seconds = u64::try_from(seconds.checked_add(EPOCH_GAP)?).ok()?;
    let value = Value::Time(FileTime(seconds.checked_mul(10_000_000)?));
    Some(property(id, PropType::TIME, value))
}

/// A party with the sizes of its name and its address before each.
fn party(bytes: &[u8], tags: PartyTags) -> Option<Vec<Property>> {
    let size = usize::from(bytes.u16_at(0)?);
    let name = bytes.slice_at(2, size)?;
    let at = size.checked_add(2)?;
    let address = bytes.slice_at(at.checked_add(2)?, usize::from(bytes.u16_at(at)?))?;
    Some(named(name, address, tags))
}

/// A party as a record: id 2, size 2, sizes of name and address 2 each, name, address.
fn from(bytes: &[u8]) -> Option<Vec<Property>> {
    let (name, address) = (usize::from(bytes.u16_at(4)?), usize::from(bytes.u16_at(6)?));
    let shown = bytes.slice_at(8, name)?;
    let address = bytes.slice_at(name.checked_add(8)?, address)?;
    Some(named(shown, address, SENDER))
}

fn named(
    name: &[u8],
    address: &[u8],
    [name_tag, kind_tag, address_tag]: PartyTags,
) -> Vec<Property> {
    let mut properties = vec![string(name_tag, name)];
    let address = before_nul(address);
    match address.iter().position(|byte| *byte == b':') {
        Some(at) => {
            let (kind, own) = address.split_at(at);
            properties.push(string(kind_tag, kind));
            properties.push(string(address_tag, own.get(1..).unwrap_or_default()));
        }
        None => properties.push(string(address_tag, address)),
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(id: u32, bytes: &[u8]) -> Value {
        let mut found = properties(id, bytes, "IPM.Note").unwrap();
        assert_eq!(found.len(), 1);
        found.remove(0).value
    }

    #[test]
    fn values_of_older_attributes() {
        let time: Vec<u8> = [2024_u16, 5, 6, 7, 8, 9, 1]
            .iter()
            .flat_map(|part| part.to_le_bytes())
            .collect();
        let Value::Time(sent) = only(att::DATE_SENT, &time) else {
            panic!("no time");
        };
        assert_eq!(
            sent.timestamp().unwrap().to_string(),
            "2024-05-06T07:08:09Z"
        );
        assert!(properties(att::DATE_SENT, &[0; 14], "").is_none());
        assert!(matches!(only(att::MESSAGE_ID, b"0AFF\0"), Value::Binary(key) if key == [10, 255]));
        assert!(properties(att::MESSAGE_ID, b"0AF\0", "").is_none());
        assert!(matches!(only(att::PRIORITY, &[1, 0]), Value::I32(2)));
        assert!(matches!(only(att::MESSAGE_STATUS, &[0x20]), Value::I32(3)));
        assert!(matches!(only(att::SUBJECT, b"Hi\0"), Value::String8(text) if text == b"Hi"));
    }

    #[test]
    fn a_time_told_twice_tells_the_zone() {
        let local: Vec<u8> = [2024_u16, 5, 6, 9, 0, 0, 1]
            .iter()
            .flat_map(|part| part.to_le_bytes())
            .collect();
        let sent = properties(att::DATE_SENT, &local, "").unwrap().remove(0);
        let Value::Time(stored) = sent.value else {
            panic!("no time");
        };
        // Seven o'clock and half a second.
        let mapi = FileTime(stored.0 - 72_000_000_000 + 5_000_000);
        let known = property(
            pid_tag::CLIENT_SUBMIT_TIME,
            PropType::TIME,
            Value::Time(mapi),
        );
        let older = [(att::DATE_SENT, local)];
        let behind = offset(&[known], &older).unwrap();
        assert_eq!(behind, -72_000_000_000);
        let utc = in_utc(stored, behind).timestamp().unwrap();
        assert_eq!(utc.to_string(), "2024-05-06T07:00:00Z");
        assert_eq!(offset(&[], &older), None);
    }

    #[test]
    fn parties_are_told_apart() {
        let texts = |found: Vec<Property>| -> Vec<(u16, String)> {
            let text = |value| match value {
                Value::String8(bytes) => String::from_utf8(bytes).unwrap(),
                _ => panic!("no text"),
            };
            found
                .into_iter()
                .map(|own| (own.tag.id(), text(own.value)))
                .collect()
        };
        let mut record = vec![4, 0, 23, 0, 4, 0, 11, 0];
        record.extend(b"Ann\0SMTP:a@b.c\0");
        let told: Vec<_> = SENDER
            .into_iter()
            .zip(["Ann", "SMTP", "a@b.c"].map(String::from))
            .collect();
        // One byte more than is there: not of the form.
        assert!(from(&record[..record.len() - 5]).is_none());
        record[6] = 11;
        assert_eq!(texts(from(&record).unwrap()), told);
        let counted = b"\x04\0Ann\0\x0b\0SMTP:a@b.c\0";
        let response = "IPM.Schedule.Meeting.Resp.Pos";
        let found = texts(properties(att::OWNER, counted, response).unwrap());
        assert_eq!(
            found[0],
            (pid_tag::RECEIVED_REPRESENTING_NAME, "Ann".to_owned())
        );
        let found = texts(properties(att::OWNER, counted, "IPM.Schedule.Meeting.Request").unwrap());
        assert_eq!(
            found[2],
            (pid_tag::SENT_REPRESENTING_EMAIL_ADDRESS, "a@b.c".to_owned())
        );
    }
}
