//! Hints: weak evidence, which suggests a contact and never links one.
//!
//! *Spec*: `formats/map.md`, "Suggestions".

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::contact_index::{ContactIndex, Found, TargetId};
use super::decision::{Hint, Suggestion};
use super::keys;
use super::linker::Linker;
use super::rules::role_words;
use crate::item::Item;
use crate::limits;

/// From which score on a name is nearly the same.
const NEAR: f64 = 0.84;

/// Contacts of one company or domain, beyond which it says nothing of any of them.
const FEW: usize = 3;

type Near = Arc<[(TargetId, f64)]>;

/// What was found for names before, as mailboxes repeat them.
#[derive(Debug, Default)]
pub(super) struct Hints {
    near: RwLock<HashMap<String, Near>>,
}

impl Hints {
    fn near(&self, index: &ContactIndex, name: &str) -> Near {
        let known = self
            .near
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned();
        if let Some(near) = known {
            return near;
        }
        let found: Near = index.nearest_names(name, NEAR, FEW).into();
        let mut near = self.near.write().unwrap_or_else(PoisonError::into_inner);
        if near.len() < limits::NAMES_REMEMBERED {
            near.insert(name.to_owned(), Arc::clone(&found));
        }
        found
    }
}

impl Linker {
    /// Adds what suggests a contact for an item that no rule links.
    pub(super) fn suggest(&self, item: &Item, all: &mut Vec<Suggestion>) {
        let mut add = |target: TargetId, hint: Hint, evidence: String, score: u8| {
            let contact = self.index.contact(target);
            all.push(Suggestion {
                contact,
                hint,
                evidence,
                score,
            });
        };
        let links = &item.outlook_links;
        for key in &links.search_keys {
            for target in several(self.index.by_search_key(key)) {
                add(
                    target,
                    Hint::OutlookLink,
                    format!("several contacts have the search key {key}"),
                    90,
                );
            }
        }
        for entry in &links.entry_ids {
            for place in &item.provenance {
                for target in self.index.by_place(&place.source, entry).all() {
                    let evidence =
                        format!("entry id {entry} would be this contact, if it is of this file");
                    add(target, Hint::OutlookLink, evidence, 70);
                }
            }
        }
        for name in &links.names {
            for target in self.index.by_name(name).all() {
                add(
                    target,
                    Hint::OutlookLink,
                    format!("Outlook notes the contact \"{name}\""),
                    85,
                );
            }
        }
        for category in &item.categories {
            if self.map.find(category).is_none()
                && let Found::One(target) = self.index.by_name(category)
            {
                let evidence = format!("category \"{category}\" is the contact's name");
                add(target, Hint::CategoryName, evidence, 90);
            }
        }
        for company in &links.companies {
            for target in few(self.index.by_company(company)) {
                add(
                    target,
                    Hint::Company,
                    format!("Outlook notes the company \"{company}\""),
                    50,
                );
            }
        }
        for (role, party) in item.parties().into_iter().take(limits::NAME_CANDIDATES) {
            let address = party.email.as_deref().and_then(keys::email);
            if address.as_ref().is_some_and(|key| self.own.contains(key)) {
                continue;
            }
            let exact = self.index.by_name(&party.name).all();
            for target in &exact {
                let evidence = format!(
                    "\"{}\" ({}) is the contact's name",
                    party.name,
                    role_words(role)
                );
                add(*target, Hint::Name, evidence, 80);
            }
            if exact.is_empty() && !party.name.is_empty() {
                for (target, score) in self.hints.near(&self.index, &party.name).iter() {
                    let evidence = format!(
                        "\"{}\" ({}) is nearly the name",
                        party.name,
                        role_words(role)
                    );
                    add(*target, Hint::NearName, evidence, percent(*score).min(79));
                }
            }
            if let Some(domain) = address.as_deref().and_then(keys::domain) {
                for target in few(self.index.by_domain(domain)) {
                    let evidence = format!("an address in {domain} ({})", role_words(role));
                    add(target, Hint::Domain, evidence, 40);
                }
            }
        }
    }
}

/// The best first, each contact once, no more than [`limits::SUGGESTIONS`].
pub(super) fn settle(suggestions: &mut Vec<Suggestion>) {
    suggestions.sort_by(|a, b| {
        let key = |s: &Suggestion| (std::cmp::Reverse(s.score), s.hint);
        key(a)
            .cmp(&key(b))
            .then_with(|| (&a.contact, &a.evidence).cmp(&(&b.contact, &b.evidence)))
    });
    let mut kept: Vec<Suggestion> = Vec::new();
    for suggestion in suggestions.drain(..) {
        let known = kept.iter().any(|other| other.contact == suggestion.contact);
        if !known && kept.len() < limits::SUGGESTIONS {
            kept.push(suggestion);
        }
    }
    *suggestions = kept;
}

fn several(found: Found) -> Vec<TargetId> {
    match found {
        Found::Several(all) => all,
        _ => Vec::new(),
    }
}

fn few(all: Vec<TargetId>) -> Vec<TargetId> {
    if all.len() <= FEW { all } else { Vec::new() }
}

/// A score from 0 to 1 in hundredths.
fn percent(score: f64) -> u8 {
    (0..=100_u8)
        .rev()
        .find(|whole| f64::from(*whole) <= score * 100.0)
        .unwrap_or(0)
}
