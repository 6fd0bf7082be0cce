//! The contact index: everyone an item can be linked to, by every key that names one person.
//!
//! *Spec*: `formats/map.md`, "The contacts".
//!
//! *Invariants*: immutable once built, so it is shared by all cores; a look-up never chooses
//! between
//! two contacts, it gives both.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::key_table::{KeyTable, Span};
use super::keys;
use crate::item::ItemId;
use crate::limits;

/// One contact of the index, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetId(pub(super) u32);

/// A contact as links name it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContactRef {
    /// The bridge id, when the contact is an item of the sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ItemId>,
    /// The id in BigContacts, when it is a contact there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm_id: Option<String>,
    /// Its name, or its address when it has none.
    pub name: String,
}

/// What a look-up by a key that should name one contact gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No contact.
    Nobody,
    /// Exactly one.
    One(TargetId),
    /// Several; nobody chooses among them.
    Several(Vec<TargetId>),
}

/// One contact: the facts that decisions need, as stretches of the index's text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Target {
    pub(super) name: Span,
    pub(super) rough: Span,
    pub(super) company: Span,
    pub(super) item: Span,
    pub(super) crm_id: Span,
    pub(super) assigned_to: Span,
    pub(super) in_crm: bool,
    pub(super) in_sync: bool,
    pub(super) twin: Option<u32>,
}

/// The tables, one per kind of key.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    pub(super) ids: KeyTable,
    pub(super) emails: KeyTable,
    pub(super) names: KeyTable,
    pub(super) companies: KeyTable,
    pub(super) search_keys: KeyTable,
    pub(super) entry_ids: KeyTable,
    pub(super) places: KeyTable,
    pub(super) rough_words: KeyTable,
    pub(super) domains: KeyTable,
}

/// Everyone an item can be linked to.
#[derive(Debug, Clone, Default)]
pub struct ContactIndex {
    pub(super) text: String,
    pub(super) targets: Vec<Target>,
    pub(super) tables: Tables,
    pub(super) has_crm: bool,
    pub(super) adopted: HashMap<String, TargetId>,
}

impl ContactIndex {
    /// How many contacts there are, the same person counted once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whether contacts of the CRM are known (a contacts file or a bundle was given).
    #[must_use]
    pub fn has_crm_contacts(&self) -> bool {
        self.has_crm
    }

    /// By bridge id or BigContacts id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Found {
        let id = id.trim();
        if let Some(target) = self.adopted.get(id) {
            return Found::One(*target);
        }
        found(self.tables.ids.find(id))
    }

    /// By address; any spelling that [`keys::email`] makes one.
    #[must_use]
    pub fn by_email(&self, address: &str) -> Found {
        keys::email(address).map_or(Found::Nobody, |key| found(self.tables.emails.find(&key)))
    }

    /// By name; any spelling that [`keys::name`] makes one. A contact of the sources and one of the
    /// CRM
    /// that are alone in bearing the name count as one: the one of the CRM.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Found {
        let Some(key) = keys::name(name) else {
            return Found::Nobody;
        };
        match found(self.tables.names.find(&key)) {
            Found::Several(both) => match both.as_slice() {
                [one, other] if self.target(*one).twin == Some(other.0) => {
                    Found::One(if self.target(*one).in_crm {
                        *one
                    } else {
                        *other
                    })
                }
                _ => Found::Several(both),
            },
            found => found,
        }
    }

    /// By `PidTagSearchKey`, hex.
    #[must_use]
    pub fn by_search_key(&self, hex: &str) -> Found {
        found(self.tables.search_keys.find(&hex.to_ascii_lowercase()))
    }

    /// By entry id, hex, whole.
    #[must_use]
    pub fn by_entry_id(&self, hex: &str) -> Found {
        found(self.tables.entry_ids.find(&hex.to_ascii_lowercase()))
    }

    /// By the node that an entry id of a store file names, in the file `source`: weak evidence, as
    /// the
    /// entry id may be another file's.
    #[must_use]
    pub fn by_place(&self, source: &str, entry_id: &str) -> Found {
        match node_of_entry_id(entry_id) {
            Some(node) => found(self.tables.places.find(&place_key(source, node))),
            None => Found::Nobody,
        }
    }

    /// The contacts that are, or work for, a company.
    #[must_use]
    pub fn by_company(&self, company: &str) -> Vec<TargetId> {
        self.tables
            .companies
            .find(&keys::category(company))
            .map(TargetId)
            .collect()
    }

    /// The contacts with an address in a domain that is a company's own.
    #[must_use]
    pub fn by_domain(&self, domain: &str) -> Vec<TargetId> {
        self.tables.domains.find(domain).map(TargetId).collect()
    }

    /// The contacts whose names are nearest to a name, with the score (0 to 1), best first.
    #[must_use]
    pub fn nearest_names(&self, name: &str, at_least: f64, most: usize) -> Vec<(TargetId, f64)> {
        let Some(key) = keys::name(name) else {
            return Vec::new();
        };
        let wanted = keys::rough(&key);
        // A word that few share says more: those come first, until the bound is met.
        let mut words: Vec<Vec<u32>> = wanted
            .split(' ')
            .map(|word| {
                self.tables
                    .rough_words
                    .find(word)
                    .take(limits::NAME_CANDIDATES * 4)
                    .collect()
            })
            .collect();
        words.sort_by_key(Vec::len);
        let mut candidates: Vec<u32> = Vec::new();
        for number in words.into_iter().flatten() {
            if candidates.len() >= limits::NAME_CANDIDATES {
                break;
            }
            if !candidates.contains(&number) {
                candidates.push(number);
            }
        }
        let mut scored: Vec<(TargetId, f64)> = candidates
            .into_iter()
            .filter_map(|number| {
                let own = self.target(TargetId(number)).rough.of(&self.text);
                let score = strsim::normalized_damerau_levenshtein(&wanted, own);
                (score >= at_least).then_some((TargetId(number), score))
            })
            .collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        scored.truncate(most);
        scored
    }

    /// The contact as links name it.
    #[must_use]
    pub fn contact(&self, id: TargetId) -> ContactRef {
        let target = self.target(id);
        let some = |span: Span| {
            let text = span.of(&self.text);
            (!text.is_empty()).then(|| text.to_owned())
        };
        ContactRef {
            id: some(target.item).map(ItemId),
            crm_id: some(target.crm_id),
            name: self.name(id).to_owned(),
        }
    }

    /// The name of a contact, or its first address.
    #[must_use]
    pub fn name(&self, id: TargetId) -> &str {
        self.target(id).name.of(&self.text)
    }

    /// The company of a contact; empty when unknown.
    #[must_use]
    pub fn company(&self, id: TargetId) -> &str {
        self.target(id).company.of(&self.text)
    }

    /// The user that the contact is assigned to; empty when unknown.
    #[must_use]
    pub fn assigned_to(&self, id: TargetId) -> &str {
        self.target(id).assigned_to.of(&self.text)
    }

    /// Whether the contact is one of the CRM.
    #[must_use]
    pub fn in_crm(&self, id: TargetId) -> bool {
        self.target(id).in_crm
    }

    /// Whether the other side knows the contact or will: it is one of the CRM, or takes part in the
    /// sync.
    #[must_use]
    pub fn can_be_linked(&self, id: TargetId) -> bool {
        let target = self.target(id);
        target.in_crm || target.in_sync
    }

    /// The contact of the other side that bears the same name, when both are alone in bearing it:
    /// the
    /// same person, perhaps.
    #[must_use]
    pub fn same_name_on_other_side(&self, id: TargetId) -> Option<TargetId> {
        self.target(id).twin.map(TargetId)
    }

    /// Takes a BigContacts id at its word, when no contacts of the CRM are known to check it
    /// against.
    pub(super) fn adopt(&mut self, crm_id: &str, name: &str) -> Option<TargetId> {
        let crm_id = crm_id.trim();
        let number = u32::try_from(self.targets.len()).ok()?;
        let shown = if name.is_empty() {
            format!("BigContacts {crm_id}")
        } else {
            name.to_owned()
        };
        let target = Target {
            name: Span::append(&mut self.text, &shown),
            crm_id: Span::append(&mut self.text, crm_id),
            in_crm: true,
            ..Target::default()
        };
        self.targets.push(target);
        self.adopted.insert(crm_id.to_owned(), TargetId(number));
        Some(TargetId(number))
    }

    fn target(&self, id: TargetId) -> Target {
        usize::try_from(id.0)
            .ok()
            .and_then(|number| self.targets.get(number))
            .copied()
            .unwrap_or_default()
    }
}

/// The key of a node in a file.
pub(super) fn place_key(source: &str, node: u32) -> String {
    format!("{source}\n{node:08x}")
}

/// The node id in an entry id of a store file (MS-PST 4.3.2): 4 bytes of flags, 16 of the store's
/// uid, 4
/// of the node id, little-endian.
pub(super) fn node_of_entry_id(hex: &str) -> Option<u32> {
    if hex.len() != 48 || !hex.starts_with("00000000") {
        return None;
    }
    u32::from_str_radix(hex.get(40..)?, 16)
        .ok()
        .map(u32::swap_bytes)
}

fn found(numbers: impl Iterator<Item = u32>) -> Found {
    let mut targets: Vec<TargetId> = numbers.map(TargetId).collect();
    match (targets.pop(), targets.is_empty()) {
        (None, _) => Found::Nobody,
        (Some(one), true) => Found::One(one),
        (Some(last), false) => {
            targets.push(last);
            Found::Several(targets)
        }
    }
}

impl Found {
    /// All of them.
    #[must_use]
    pub fn all(self) -> Vec<TargetId> {
        match self {
            Self::Nobody => Vec::new(),
            Self::One(one) => vec![one],
            Self::Several(all) => all,
        }
    }
}
