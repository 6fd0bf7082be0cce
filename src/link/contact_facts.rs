//! The facts of one contact that decide whom it is and where it comes from.
//!
//! *Spec*: `formats/map.md`, "The contacts".
//!
//! *Invariants*: every field but the side may be empty.

use super::keys;
use crate::item::{Content, IdentityKey, Item, ItemId};

/// Which side a contact comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Side {
    /// The sources.
    #[default]
    Outlook,
    /// A contacts file of BigContacts, or a bundle from it.
    Crm,
}

/// What is known of one contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFacts {
    /// Where it comes from.
    pub side: Side,
    /// Its bridge id.
    pub id: Option<ItemId>,
    /// Its id in BigContacts.
    pub crm_id: Option<String>,
    /// Its name as shown.
    pub name: String,
    /// First name, when known apart.
    pub first_name: String,
    /// Last name, when known apart.
    pub last_name: String,
    /// Its company.
    pub company: Option<String>,
    /// Whether it is a company itself.
    pub is_business: bool,
    /// Its addresses.
    pub emails: Vec<String>,
    /// The user it is assigned to: id or name.
    pub assigned_to: Option<String>,
    /// `PidTagSearchKey`, hex.
    pub search_keys: Vec<String>,
    /// Entry ids, hex.
    pub entry_ids: Vec<String>,
    /// Source and node id of each place it was seen at.
    pub places: Vec<(String, u32)>,
    /// Whether it takes part in the sync.
    pub in_sync: bool,
}

impl ContactFacts {
    /// The facts of a contact item; `None` for any other kind.
    #[must_use]
    pub fn of_item(item: &Item, side: Side, in_sync: bool) -> Option<Self> {
        let Content::Contact(contact) = &item.content else {
            return None;
        };
        let search_keys = item.identity.iter().filter_map(|key| match key {
            IdentityKey::SearchKey(key) => key.split('/').next().map(str::to_ascii_lowercase),
            _ => None,
        });
        let places = item.provenance.iter().filter_map(|place| {
            let node = place.locator.strip_prefix("node 0x")?;
            let digits = node.split(|c: char| !c.is_ascii_hexdigit()).next()?;
            Some((place.source.clone(), u32::from_str_radix(digits, 16).ok()?))
        });
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let emails = contact.emails.iter().filter_map(|email| {
            let original = email
                .original
                .as_ref()
                .filter(|text| keys::email(text).is_some());
            email.party.email.clone().or_else(|| original.cloned())
        });
        Some(Self {
            side,
            id: Some(item.id.clone()),
            name: contact.display_name.clone(),
            first_name: text(&contact.first_name),
            last_name: text(&contact.last_name),
            company: contact.company.clone(),
            is_business: contact.is_company,
            emails: emails.collect(),
            assigned_to: contact.assigned_to.clone(),
            search_keys: search_keys.collect(),
            places: places.collect(),
            in_sync,
            ..Self::default()
        })
    }
}

impl ContactFacts {
    /// The name to show: display name, first and last, company, address.
    pub(super) fn shown_name(&self) -> String {
        let parts = format!("{} {}", self.first_name.trim(), self.last_name.trim());
        [
            self.name.trim(),
            parts.trim(),
            self.company.as_deref().unwrap_or_default().trim(),
        ]
        .into_iter()
        .chain(self.emails.first().map(|email| email.trim()))
        .find(|name| !name.is_empty())
        .unwrap_or_default()
        .to_owned()
    }
}

/// Domains where anybody has an address, so that they say nothing of a company.
const PUBLIC_DOMAINS: [&str; 40] = [
    "126.com",
    "163.com",
    "aol.com",
    "arcor.de",
    "att.net",
    "bigpond.com",
    "bluewin.ch",
    "bt.com",
    "btinternet.com",
    "comcast.net",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "online.de",
    "orange.fr",
    "outlook.com",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "web.de",
    "yahoo.co.jp",
    "yahoo.com",
    "yandex.ru",
];

/// Whether anybody can have an address in the domain.
pub(super) fn is_public_domain(domain: &str) -> bool {
    PUBLIC_DOMAINS.binary_search(&domain).is_ok()
}
