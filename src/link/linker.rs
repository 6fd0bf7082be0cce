//! The linker: gives every item its decision, by the map, the profile and the contacts.
//!
//! *Spec*: `formats/map.md`, "The decision".
//!
//! *Invariants*: immutable but for counters, so all cores share one; the same item gives the same
//! decision in any order.

use std::collections::HashSet;
use std::sync::atomic::AtomicU64;

use super::category_map::{CategoryMap, CrmCategory};
use super::contact_index::{ContactIndex, Found, TargetId};
use super::decision::{
    Decision, Exclusion, Hint, Link, Outcome, Rule, Suggestion, Unlinked, add_link,
};
use super::hints::Hints;
use super::keys;
use super::picked_list::PickedList;
use super::profile::{Profile, Scope};
use super::resolved::{Resolved, resolve};
use super::rules::{Gathered, Hit, count};
use super::sync_gate::{OptIn, SyncGate, SyncState};
use super::tally::Tally;
use crate::finding::Findings;
use crate::item::{Content, Item, Kind};
use crate::limits;

/// Decides to whom items are linked.
#[derive(Debug)]
pub struct Linker {
    pub(super) map: CategoryMap,
    pub(super) profile: Profile,
    pub(super) gate: SyncGate,
    pub(super) index: ContactIndex,
    pub(super) picked: PickedList,
    pub(super) lines: Vec<Resolved>,
    pub(super) folders: Vec<Resolved>,
    pub(super) picks: Vec<Resolved>,
    users: Vec<String>,
    pub(super) own: HashSet<String>,
    pub(super) hints: Hints,
    pub(super) usage: Usage,
    pub(super) findings: Findings,
}

/// What was used how often.
#[derive(Debug)]
pub(super) struct Usage {
    pub(super) lines: Vec<AtomicU64>,
    pub(super) folders: Vec<AtomicU64>,
    pub(super) picks: Vec<AtomicU64>,
    pub(super) uncovered: Tally,
    pub(super) trouble: Tally,
}

impl Linker {
    /// A linker. Contacts that lines name are looked up now; what is wrong is in [`Self::report`].
    #[must_use]
    pub fn new(
        map: CategoryMap,
        profile: Profile,
        mut index: ContactIndex,
        picked: PickedList,
    ) -> Self {
        let mut findings = Findings::new();
        let lines: Vec<Resolved> = map
            .lines()
            .iter()
            .map(|line| {
                let place = format!("map line {}", line.line);
                resolve(
                    &mut index,
                    &line.contacts,
                    &line.checks,
                    &place,
                    &mut findings,
                )
            })
            .collect();
        let folders: Vec<Resolved> = profile
            .folder_rules
            .iter()
            .map(|rule| {
                let place = format!("folder rule, profile line {}", rule.line);
                resolve(&mut index, &rule.contacts, &[], &place, &mut findings)
            })
            .collect();
        let picks: Vec<Resolved> = picked
            .rows()
            .iter()
            .map(|row| {
                let place = format!("picked list, line {}", row.line);
                resolve(
                    &mut index,
                    &row.contacts,
                    &row.checks,
                    &place,
                    &mut findings,
                )
            })
            .collect();
        let counters = |count: usize| {
            std::iter::repeat_with(AtomicU64::default)
                .take(count)
                .collect()
        };
        let usage = Usage {
            lines: counters(lines.len()),
            folders: counters(folders.len()),
            picks: counters(picks.len()),
            uncovered: Tally::new(limits::CATEGORIES_SEEN),
            trouble: Tally::new(limits::FINDINGS_KEPT),
        };
        let users = match &profile.scope {
            Scope::All => Vec::new(),
            Scope::AssignedTo(users) => users.iter().map(|user| user_key(user)).collect(),
        };
        let own = profile
            .own_addresses
            .iter()
            .filter_map(|address| keys::email(address))
            .collect();
        let gate = SyncGate::new(&map, &profile);
        let hints = Hints::default();
        Self {
            map,
            profile,
            gate,
            index,
            picked,
            lines,
            folders,
            picks,
            users,
            own,
            hints,
            usage,
            findings,
        }
    }

    /// The contacts that items are linked to.
    #[must_use]
    pub fn index(&self) -> &ContactIndex {
        &self.index
    }

    /// The decision for an item of the sources. Items embedded in it follow it.
    pub fn decide(&self, item: &Item, sync: &impl SyncState) -> Decision {
        let hits = self.hits(item);
        let picked = self.picked.find(item);
        let mut decision = match self.gate.exclusion(item, !picked.is_empty()) {
            Some(cause) => excluded(cause, cause.words()),
            None if item.kind() == Kind::Contact => self.decide_contact(item, &hits, &picked, sync),
            None => self.decide_other(item, &hits, &picked),
        };
        if !matches!(decision.outcome, Outcome::Excluded { .. }) {
            decision.crm_categories = self.crm_categories(&hits);
        }
        decision
    }

    /// The map lines that fit, in order of the categories; counts them, and the categories without
    /// any.
    fn hits<'i>(&self, item: &'i Item) -> Vec<Hit<'i>> {
        let mut hits: Vec<Hit<'i>> = Vec::new();
        for category in &item.categories {
            match self.map.find(category) {
                Some(found) => {
                    let rest = found.rest;
                    hits.extend(found.numbers().map(|number| Hit {
                        number,
                        category,
                        rest,
                    }));
                }
                None if self.gate.is_sync_category(category) => {}
                None => self.usage.uncovered.add(category.trim()),
            }
        }
        let mut counted = HashSet::new();
        for hit in &hits {
            if counted.insert(hit.number) {
                count(&self.usage.lines, hit.number);
            }
        }
        hits
    }

    fn crm_categories(&self, hits: &[Hit<'_>]) -> Vec<CrmCategory> {
        let mut all = Vec::new();
        for hit in hits {
            let line = self.map.line(hit.number);
            if let Some(category) = line.and_then(|line| line.crm_category.as_ref()) {
                let with_star = |text: &str| if text == "*" { hit.rest } else { text }.to_owned();
                let category = CrmCategory {
                    name: with_star(&category.name),
                    value: with_star(&category.value),
                };
                if !all.contains(&category) {
                    all.push(category);
                }
            }
        }
        all
    }

    /// A contact: exported when it takes part, linked or not.
    fn decide_contact(
        &self,
        item: &Item,
        hits: &[Hit<'_>],
        picked: &[usize],
        sync: &impl SyncState,
    ) -> Decision {
        let opt_in = match self.gate.opt_in(item, sync) {
            Some(OptIn::Everyone) => {
                "all contacts take part, as no sync category is set".to_owned()
            }
            Some(OptIn::Marked(category)) => format!("it carries the sync category \"{category}\""),
            Some(OptIn::Before) => "it took part before, and stays in".to_owned(),
            None if !picked.is_empty() => "it was picked".to_owned(),
            None => {
                let marks: Vec<&str> = self.gate.sync_categories().take(5).collect();
                let words = format!("{} ({})", Exclusion::NotMarked.words(), marks.join(", "));
                return excluded(Exclusion::NotMarked, &words);
            }
        };
        let own = match self.index.by_id(&item.id.0) {
            Found::One(target) => Some(target),
            _ => None,
        };
        if !self.contact_in_scope(item, own) {
            return excluded(Exclusion::Scope, Exclusion::Scope.words());
        }
        let mut gathered = Gathered::default();
        if let Some(target) = own.filter(|target| self.index.in_crm(*target)) {
            let evidence = "the same person as in BigContacts, by address or id".to_owned();
            add_link(
                &mut gathered.links,
                self.index.contact(target),
                Rule::Address,
                evidence,
            );
        }
        self.gather(item, hits, picked, &mut gathered);
        if !gathered.links.is_empty() {
            let reason = format!("{opt_in}; {}", linked_words(&gathered.links));
            return done(
                Outcome::Linked {
                    links: gathered.links,
                },
                true,
                reason,
            );
        }
        let twin = own.and_then(|own| self.index.same_name_on_other_side(own));
        if let Some(twin) = twin.filter(|twin| self.index.in_crm(*twin)) {
            let contact = self.index.contact(twin);
            let reason = format!("{opt_in}; perhaps it is {contact}, who has the same name");
            let evidence = format!("both are called {}", contact.name);
            let suggestion = Suggestion {
                contact,
                hint: Hint::SameName,
                evidence,
                score: 80,
            };
            return done(
                Outcome::Suggested {
                    suggestions: vec![suggestion],
                },
                true,
                reason,
            );
        }
        let reason = format!("{opt_in}; BigContacts does not have it yet, as far as is known");
        done(
            Outcome::Unlinked {
                cause: Unlinked::NewContact,
            },
            true,
            reason,
        )
    }

    /// Anything but a contact: exported when it is linked.
    fn decide_other(&self, item: &Item, hits: &[Hit<'_>], picked: &[usize]) -> Decision {
        let mut gathered = Gathered::default();
        self.gather(item, hits, picked, &mut gathered);
        if !gathered.links.is_empty() {
            let reason = linked_words(&gathered.links);
            return done(
                Outcome::Linked {
                    links: gathered.links,
                },
                true,
                reason,
            );
        }
        if gathered.out_of_scope > 0 {
            return excluded(Exclusion::Scope, Exclusion::Scope.words());
        }
        let export = self.profile.export_unlinked.contains(&item.kind());
        let beside = if export {
            "; exported all the same, by the profile"
        } else {
            ""
        };
        let mut suggestions = gathered.not_in_sync;
        if self.profile.suggest {
            self.suggest(item, &mut suggestions);
        }
        super::hints::settle(&mut suggestions);
        if let Some(best) = suggestions.first() {
            let reason = format!(
                "perhaps it belongs to {}: {}{beside}",
                best.contact, best.evidence
            );
            return done(Outcome::Suggested { suggestions }, export, reason);
        }
        let (cause, words) = if let Some(key) = gathered.ambiguous.first() {
            (
                Unlinked::ContactAmbiguous,
                format!("{key} names several contacts"),
            )
        } else if let Some(key) = gathered.unknown.first() {
            (
                Unlinked::ContactUnknown,
                format!("{key} names no known contact"),
            )
        } else {
            let words = "no category, folder, picked row, Outlook link or address names a contact";
            (Unlinked::NoEvidence, words.to_owned())
        };
        done(
            Outcome::Unlinked { cause },
            export,
            format!("{words}{beside}"),
        )
    }

    pub(super) fn in_scope(&self, target: TargetId) -> bool {
        self.users.is_empty()
            || self
                .users
                .contains(&user_key(self.index.assigned_to(target)))
    }

    fn contact_in_scope(&self, item: &Item, own: Option<TargetId>) -> bool {
        let user = match (&item.content, own) {
            (_, Some(target)) => user_key(self.index.assigned_to(target)),
            (Content::Contact(contact), None) => {
                user_key(contact.assigned_to.as_deref().unwrap_or_default())
            }
            _ => String::new(),
        };
        self.users.is_empty() || self.users.contains(&user)
    }
}

fn user_key(user: &str) -> String {
    keys::name(user).unwrap_or_else(|| keys::category(user))
}

fn done(outcome: Outcome, export: bool, reason: String) -> Decision {
    Decision {
        outcome,
        export,
        reason,
        crm_categories: Vec::new(),
    }
}

fn excluded(cause: Exclusion, words: &str) -> Decision {
    done(Outcome::Excluded { cause }, false, words.to_owned())
}

/// `linked to A by map line 4, to B by address`, at most three.
fn linked_words(links: &[Link]) -> String {
    let shown: Vec<String> = links
        .iter()
        .take(3)
        .map(|link| format!("to {} by {}", link.contact, link.rule))
        .collect();
    let more = match links.len().saturating_sub(3) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("linked {}{more}", shown.join(", "))
}
