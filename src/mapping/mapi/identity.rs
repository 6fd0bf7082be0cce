//! What an item is known by, from the properties that outlive copying, export and import.
//!
//! *Spec*: MS-OXCPRPT 2.2.1.9 (search key), MS-OXOCAL 2.2.1.27 and 2.2.1.28 (global object ids).
//!
//! *Seen in the wild*: copies share their search key; writers that are not Outlook store none, or
//! zeros.

use super::super::identity;
use super::taker::Taker;
use crate::hex;
use crate::item::{Content, IdentityKey, Item, RawValue, base64};
use crate::mapi::{Guid, Value, pid_tag};

/// The named property into which airbridge writes the bridge id: `PS_PUBLIC_STRINGS`, this string.
pub(super) const BRIDGE_ID: (Guid, &str) = (Guid::PS_PUBLIC_STRINGS, "airbridge-id");

/// Gives an item its keys, strongest first, and the id that the strongest one gives.
pub(super) fn give(item: &mut Item, taker: &Taker<'_>) {
    let bridge = taker.peek(BRIDGE_ID).and_then(Value::as_str);
    let search_key = search_key(item, taker);
    identity::give(item, bridge, search_key);
}

/// The search key that an item has, or gets, as a message: hex. Links of other items lead to it.
#[must_use]
pub fn search_key_of(item: &Item) -> String {
    let raw = item.raw.iter();
    let own = raw
        .filter(|raw| raw.name == "PidTagSearchKey")
        .find_map(|raw| match &raw.value {
            RawValue::Text(text) => base64::decode(text),
            _ => None,
        });
    hex::encode(&own.unwrap_or_else(|| given_search_key(item)))
}

/// A search key for an item that has none: always the same for the same bridge id.
pub(super) fn given_search_key(item: &Item) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new_derive_key("airbridge 2026 search key v1");
    hasher.update(item.id.0.as_bytes());
    let mut key = vec![0; 16];
    hasher.finalize_xof().fill(&mut key);
    key
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
        hex::encode(key)
    )))
}
