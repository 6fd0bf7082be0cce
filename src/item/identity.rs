//! What an item is known by, across exports and stores.

use serde::{Deserialize, Serialize};

use super::{Content, Item};

/// The bridge id: `ab-` and 32 lower-case hex digits, derived from the strongest identity key.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(pub String);

/// One identity key. The order of the variants is the order of strength.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "by", content = "key", rename_all = "snake_case")]
pub enum IdentityKey {
    /// The bridge id that an earlier round wrote into the item.
    BridgeId(String),
    /// `PidLidCleanGlobalObjectId`, hex, and for an exception `/` and its original date.
    GlobalObjectId(String),
    /// `PidTagSearchKey`, hex, message class and hash of what an edit does not change, joined by
    /// `/`.
    SearchKey(String),
    /// `Message-ID` without angle brackets.
    MessageId(String),
    /// The first e-mail address of a contact, lower case.
    Email(String),
    /// Name and date: good for a suggestion only.
    NameAndDate(String),
}

/// Where an item was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Provenance {
    /// The file, as the user named it.
    pub source: String,
    /// The folder in it, from the top down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folder: Vec<String>,
    /// A locator in the words of the format: `node 0x200024`.
    pub locator: String,
}

impl ItemId {
    /// An id for an item that shares the key of `id` with another item: apart by its contents.
    #[must_use]
    pub fn derive_apart(id: &Self, content_hash: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("airbridge 2026 item id apart v1");
        hasher.update(id.0.as_bytes());
        hasher.update(&[0]);
        hasher.update(content_hash.as_bytes());
        let hex = hasher.finalize().to_hex();
        Self(format!("ab-{}", hex.get(..32).unwrap_or_default()))
    }

    /// The id that the strongest key gives.
    #[must_use]
    pub fn derive(strongest: &IdentityKey) -> Self {
        if let IdentityKey::BridgeId(id) = strongest {
            return Self(id.clone());
        }
        let (by, key) = match strongest {
            IdentityKey::BridgeId(key) => ("bridge_id", key),
            IdentityKey::GlobalObjectId(key) => ("global_object_id", key),
            IdentityKey::SearchKey(key) => ("search_key", key),
            IdentityKey::MessageId(key) => ("message_id", key),
            IdentityKey::Email(key) => ("email", key),
            IdentityKey::NameAndDate(key) => ("name_and_date", key),
        };
        let mut hasher = blake3::Hasher::new_derive_key("airbridge 2026 item id v1");
        hasher.update(by.as_bytes());
        hasher.update(&[0]);
        hasher.update(key.as_bytes());
        let hex = hasher.finalize().to_hex();
        Self(format!("ab-{}", hex.get(..32).unwrap_or_default()))
    }
}

impl Item {
    /// The keys that the item itself tells, whatever format it came from, strongest first:
    /// `Message-ID`, the first address of a contact, name and date.
    #[must_use]
    pub fn known_by(&self) -> Vec<IdentityKey> {
        let mut keys = Vec::new();
        match &self.content {
            Content::Email(email) => {
                keys.extend(email.message_id.clone().map(IdentityKey::MessageId));
            }
            Content::Contact(contact) => {
                let first = contact.smtp_addresses().next().map(str::to_lowercase);
                keys.extend(first.map(IdentityKey::Email));
            }
            _ => {}
        }
        let name = self.title().trim();
        if !name.is_empty() {
            let date = self.date().map(|date| date.to_string()).unwrap_or_default();
            keys.push(IdentityKey::NameAndDate(format!("{name}/{date}")));
        }
        keys
    }
}
