//! What an item is known by, whatever format it comes from.

use crate::item::{Content, IdentityKey, Item, ItemId};

/// Gives an item its keys, strongest first, and the id that the strongest one gives: the bridge id
/// that an earlier round wrote (passed over unless it has the form of one), the global object id, a
/// key of the format, and what the item itself tells. Its provenance has to be there already.
pub(super) fn give(item: &mut Item, bridge: Option<&str>, of_format: Option<IdentityKey>) {
    let mut keys = Vec::new();
    keys.extend(
        bridge
            .filter(|id| is_bridge_id(id))
            .map(|id| IdentityKey::BridgeId(id.to_owned())),
    );
    keys.extend(global_object_id(item));
    keys.extend(of_format);
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
pub(super) fn is_bridge_id(text: &str) -> bool {
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
    if item.class.to_ascii_lowercase().starts_with("ipm.schedule.") {
        return None;
    }
    let own = meeting.series_uid.as_ref().or(meeting.uid.as_ref())?;
    Some(IdentityKey::GlobalObjectId(match meeting.original_date {
        Some(date) => format!("{own}/{date}"),
        None => own.clone(),
    }))
}
