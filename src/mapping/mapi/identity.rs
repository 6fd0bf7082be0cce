//! What an item is known by, from the properties that outlive copying, export and import.
//!
//! *Spec*: MS-OXCPRPT 2.2.1.9 (search key), MS-OXOCAL 2.2.1.27 and 2.2.1.28 (global object ids).
//!
//! *Seen in the wild*: copies share their search key; writers that are not Outlook store none, or
//! zeros.

use super::taker::{Taker, hex};
use crate::item::{Content, IdentityKey, Item, ItemId};
use crate::mapi::{Guid, Value, pid_tag};

/// The named property into which airbridge writes the bridge id: `PS_PUBLIC_STRINGS`, this string.
pub(super) const BRIDGE_ID: (Guid, &str) = (Guid::PS_PUBLIC_STRINGS, "airbridge-id");

/// Gives an item its keys, strongest first, and the id that the strongest one gives.
pub(super) fn give(item: &mut Item, taker: &Taker<'_>) {
    let mut keys = Vec::new();
    let bridge = taker.peek(BRIDGE_ID).and_then(Value::as_str);
    keys.extend(
        bridge
            .filter(|id| is_bridge_id(id))
            .map(|id| IdentityKey::BridgeId(id.to_owned())),
    );
    keys.extend(global_object_id(item));
    keys.extend(search_key(item, taker));
    keys.extend(item.known_by());
    item.id = match keys.first() {
        Some(IdentityKey::NameAndDate(_)) | None => {
            // A name and a date may be those of two items: where it was seen keeps them apart.
            let place = item.provenance.first();
            let place = place.map(|own| format!("{}\u{0}{}", own.source, own.locator));
            let known = match keys.first() {
                Some(IdentityKey::NameAndDate(known)) => known.as_str(),
                _ => "",
            };
            let place = place.unwrap_or_default();
            ItemId::derive(&IdentityKey::NameAndDate(format!("{known}\u{0}{place}")))
        }
        Some(strongest) => ItemId::derive(strongest),
    };
    item.identity = keys;
}

/// `ab-` and 32 lower-case hex digits.
fn is_bridge_id(text: &str) -> bool {
    text.strip_prefix("ab-").is_some_and(|digits| {
        digits.len() == 32
            && digits
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Of an event in a calendar only: a request for a meeting has the id of the meeting and is not it.
fn global_object_id(item: &Item) -> Option<IdentityKey> {
    let Content::Meeting(meeting) = &item.content else {
        return None;
    };
    let own = meeting.series_uid.as_ref().or(meeting.uid.as_ref())?;
    Some(IdentityKey::GlobalObjectId(match meeting.original_date {
        Some(date) => format!("{own}/{date}"),
        None => own.clone(),
    }))
}

fn search_key(item: &Item, taker: &Taker<'_>) -> Option<IdentityKey> {
    let key = taker.peek(pid_tag::SEARCH_KEY)?.as_bytes()?;
    if key.iter().all(|byte| *byte == 0) {
        return None;
    }
    let mut fixed =
        blake3::Hasher::new_derive_key("airbridge 2026 what an edit does not change v1");
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            fixed.update(format!("{name}\u{0}{value}\u{0}").as_bytes());
        }
    };
    add("created", item.created.map(|time| time.to_string()));
    if let Content::Email(email) = &item.content {
        add("message_id", email.message_id.clone());
        add("sent", email.sent.map(|time| time.to_string()));
    }
    let fixed = fixed.finalize().to_hex();
    let fixed = fixed.get(..32).unwrap_or_default();
    let class = item.class.to_ascii_lowercase();
    Some(IdentityKey::SearchKey(format!(
        "{}/{class}/{fixed}",
        hex(key)
    )))
}
