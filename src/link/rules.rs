//! The rules: what links an item, asked in order of strength.
//!
//! *Spec*: `formats/map.md`, "The decision".
//!
//! *Invariants*: every rule that fits is asked; a contact that the other side will not know, or
//! that is
//! not in scope, is never linked.

use std::sync::atomic::{AtomicU64, Ordering};

use super::contact_index::{Found, TargetId};
use super::decision::{Hint, Link, Rule, Suggestion, add_link};
use super::keys;
use super::linker::Linker;
use super::profile::LinkBy;
use super::resolved::{Resolved, several};
use crate::item::{Item, Party, Role};

/// A map line that fits an item.
pub(super) struct Hit<'i> {
    pub(super) number: usize,
    pub(super) category: &'i str,
    pub(super) rest: &'i str,
}

/// What the rules say of one item.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) links: Vec<Link>,
    pub(super) not_in_sync: Vec<Suggestion>,
    pub(super) out_of_scope: usize,
    pub(super) unknown: Vec<String>,
    pub(super) ambiguous: Vec<String>,
}

impl Linker {
    /// Asks every rule that the profile allows for the kind, the strongest first.
    pub(super) fn gather(
        &self,
        item: &Item,
        hits: &[Hit<'_>],
        picked: &[usize],
        gathered: &mut Gathered,
    ) {
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

    /// What Outlook keeps: a search key, or an entry id known as a whole, or the place of an entry
    /// id
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
}

/// Adds one to a counter.
pub(super) fn count(counters: &[AtomicU64], number: usize) {
    if let Some(counter) = counters.get(number) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
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
        Role::Reported => "reported",
        Role::Organizer => "organizer",
        Role::Attendee => "attendee",
        Role::Owner => "owner",
        Role::Assigner => "assigner",
    }
}
