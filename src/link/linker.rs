//! The linker: gives every item its decision, by the map, the profile and the contacts.
//!
//! *Spec*: `formats/map.md`, "The decision".
//!
//! *Invariants*: immutable but for counters, so all cores share one; the same item gives the same
//! decision in any order.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use super::category_map::{CategoryMap, CrmCategory};
use super::contact_index::{ContactIndex, Found, TargetId};
use super::decision::{
    Decision, Exclusion, Hint, Link, Outcome, Rule, Suggestion, Unlinked, add_link,
};
use super::hints::Hints;
use super::keys;
use super::picked_list::PickedList;
use super::profile::{LinkBy, Profile, Scope};
use super::resolved::{Resolved, resolve, several};
use super::sync_gate::{OptIn, SyncGate, SyncState};
use super::tally::Tally;
use crate::finding::Findings;
use crate::item::{Content, Item, Kind, Party, Role};
use crate::limits;

/// Decides to whom items are linked.
#[derive(Debug)]
pub struct Linker {
    pub(super) map: CategoryMap,
    pub(super) profile: Profile,
    pub(super) gate: SyncGate,
    pub(super) index: ContactIndex,
    pub(super) picked: PickedList,
    lines: Vec<Resolved>,
    folders: Vec<Resolved>,
    picks: Vec<Resolved>,
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

/// A map line that fits an item.
struct Hit<'i> {
    number: usize,
    category: &'i str,
    rest: &'i str,
}

/// What the rules say of one item.
#[derive(Default)]
struct Gathered {
    links: Vec<Link>,
    not_in_sync: Vec<Suggestion>,
    out_of_scope: usize,
    unknown: Vec<String>,
    ambiguous: Vec<String>,
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

    /// The map lines that fit, in order of the categories; counts them, and the categories without any.
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

    /// Asks every rule that the profile allows for the kind, the strongest first.
    fn gather(&self, item: &Item, hits: &[Hit<'_>], picked: &[usize], gathered: &mut Gathered) {
        let kind = item.kind();
        let by = |way| self.profile.links_by(kind, way);
        for number in picked.iter().filter(|_| by(LinkBy::Picked)) {
            count(&self.usage.picks, *number);
            if let (Some(row), Some(resolved)) =
                (self.picked.rows().get(*number), self.picks.get(*number))
            {
                let rule = Rule::Picked { line: row.line };
                self.offer_all(resolved, rule, &format!("picked as {}", row.item), gathered);
            }
        }
        for hit in hits.iter().filter(|_| by(LinkBy::Category)) {
            self.by_map_line(hit, gathered);
        }
        let rules = self
            .profile
            .folder_rules
            .iter()
            .zip(&self.folders)
            .enumerate();
        for (number, (rule, resolved)) in rules.filter(|_| by(LinkBy::Folder)) {
            let place = item
                .provenance
                .iter()
                .find(|place| rule.folder.matches(&place.folder));
            if let Some(place) =
                place.filter(|_| rule.kinds.is_empty() || rule.kinds.contains(&kind))
            {
                count(&self.usage.folders, number);
                let evidence = format!("folder {}", place.folder.join("/"));
                self.offer_all(
                    resolved,
                    Rule::Folder { line: rule.line },
                    &evidence,
                    gathered,
                );
            }
        }
        if by(LinkBy::Outlook) {
            self.by_outlook(item, gathered);
        }
        if by(LinkBy::Address) {
            for (role, party) in item.parties() {
                self.by_address(role, party, gathered);
            }
        }
    }

    fn by_map_line(&self, hit: &Hit<'_>, gathered: &mut Gathered) {
        let (Some(line), Some(resolved)) = (self.map.line(hit.number), self.lines.get(hit.number))
        else {
            return;
        };
        let rule = Rule::Map { line: line.line };
        let evidence = format!("category \"{}\"", hit.category);
        self.offer_all(resolved, rule, &evidence, gathered);
        for star in &resolved.stars {
            let key = star.with_star(hit.rest);
            match key.find(&self.index) {
                Found::One(target) => self.offer(target, rule, &evidence, gathered),
                Found::Nobody => {
                    self.usage.trouble.add(&format!(
                        "map line {}\ncategory \"{}\": {key} names no contact of the sources or of the \
                         contacts file; add the contact, or a line for the category",
                        line.line, hit.category
                    ));
                    gathered
                        .unknown
                        .push(format!("category \"{}\"", hit.category));
                }
                Found::Several(all) => {
                    self.usage.trouble.add(&format!(
                        "map line {}\ncategory \"{}\": {}",
                        line.line,
                        hit.category,
                        several(&self.index, &key, &all)
                    ));
                    gathered
                        .ambiguous
                        .push(format!("category \"{}\"", hit.category));
                }
            }
        }
    }

    /// What Outlook keeps: a search key, or an entry id known as a whole, or the place of an entry id
    /// together with the name.
    fn by_outlook(&self, item: &Item, gathered: &mut Gathered) {
        let links = &item.outlook_links;
        for key in &links.search_keys {
            if let Found::One(target) = self.index.by_search_key(key) {
                self.offer(
                    target,
                    Rule::OutlookLink,
                    &format!("search key {key}"),
                    gathered,
                );
            }
        }
        for entry in &links.entry_ids {
            if let Found::One(target) = self.index.by_entry_id(entry) {
                self.offer(
                    target,
                    Rule::OutlookLink,
                    &format!("entry id {entry}"),
                    gathered,
                );
                continue;
            }
            for place in &item.provenance {
                if let Found::One(target) = self.index.by_place(&place.source, entry) {
                    let own = keys::name(self.index.name(target));
                    let named = links.names.iter().any(|name| keys::name(name) == own);
                    if named && own.is_some() {
                        let evidence =
                            format!("entry id {entry} and the name {}", self.index.name(target));
                        self.offer(target, Rule::OutlookLink, &evidence, gathered);
                    }
                }
            }
        }
    }

    fn by_address(&self, role: Role, party: &Party, gathered: &mut Gathered) {
        let Some(key) = party.email.as_deref().and_then(keys::email) else {
            return;
        };
        if self.own.contains(&key) {
            return;
        }
        for target in self.index.by_email(&key).all() {
            self.offer(
                target,
                Rule::Address,
                &format!("{key} ({})", role_words(role)),
                gathered,
            );
        }
    }

    fn offer_all(&self, resolved: &Resolved, rule: Rule, evidence: &str, gathered: &mut Gathered) {
        for target in &resolved.targets {
            self.offer(*target, rule, evidence, gathered);
        }
        gathered.unknown.extend(resolved.unknown.iter().cloned());
        gathered
            .ambiguous
            .extend(resolved.ambiguous.iter().cloned());
    }

    /// A contact that a rule names: linked when the other side knows it and it is in scope.
    fn offer(&self, target: TargetId, rule: Rule, evidence: &str, gathered: &mut Gathered) {
        let contact = self.index.contact(target);
        if !self.index.can_be_linked(target) {
            let evidence = format!("{rule}, {evidence}; but the contact takes no part in the sync");
            let suggestion = Suggestion {
                contact,
                hint: Hint::NotInSync,
                evidence,
                score: 95,
            };
            gathered.not_in_sync.push(suggestion);
        } else if !self.in_scope(target) {
            gathered.out_of_scope += 1;
        } else {
            add_link(&mut gathered.links, contact, rule, evidence.to_owned());
        }
    }

    fn in_scope(&self, target: TargetId) -> bool {
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

fn count(counters: &[AtomicU64], number: usize) {
    if let Some(counter) = counters.get(number) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
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

/// A role in words.
pub(super) fn role_words(role: Role) -> &'static str {
    match role {
        Role::From => "from",
        Role::Sender => "sender",
        Role::To => "to",
        Role::Cc => "cc",
        Role::Bcc => "bcc",
        Role::ReplyTo => "reply-to",
        Role::Organizer => "organizer",
        Role::Attendee => "attendee",
        Role::Owner => "owner",
        Role::Assigner => "assigner",
    }
}
