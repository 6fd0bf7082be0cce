//! The join: which contacts of the sources and of the CRM are one and the same person.
//!
//! *Spec*: `formats/map.md`, "The contacts".
//!
//! *Invariants*: an exact address joins, a name alone never does (it makes twins, which are
//! suggested); a
//! joined contact has at most one BigContacts id.

use std::collections::{BTreeSet, HashMap};

use super::contact_facts::{ContactFacts, Side, is_public_domain};
use super::contact_index::{ContactIndex, Tables, Target, place_key};
use super::joins::Joins;
use super::key_table::{KeyTable, Span};
use super::keys;
use super::sync_gate::{SyncGate, SyncState};
use crate::finding::{Effect, Findings};
use crate::item::Item;
use crate::limits;

/// One contact as added, before the join.
#[derive(Debug, Clone, Copy)]
struct Entry {
    target: Target,
    name_key: Span,
}

/// Collects contacts and joins them.
#[derive(Debug)]
pub struct ContactIndexBuilder {
    gate: SyncGate,
    text: String,
    entries: Vec<Entry>,
    tables: Tables,
    by_item: HashMap<String, u32>,
    by_crm_id: HashMap<String, u32>,
    interned: HashMap<String, Span>,
    refused: u64,
}

impl ContactIndexBuilder {
    /// An empty builder; `gate` knows which contacts of the sources take part in the sync.
    #[must_use]
    pub fn new(gate: SyncGate) -> Self {
        Self {
            gate,
            text: String::new(),
            entries: Vec::new(),
            tables: Tables::default(),
            by_item: HashMap::new(),
            by_crm_id: HashMap::new(),
            interned: HashMap::new(),
            refused: 0,
        }
    }

    /// Adds a contact item of the sources; any other kind is passed over, and so are private
    /// contacts
    /// that take no part: not even their names may reach a report.
    pub fn add_item(&mut self, item: &Item, sync: &impl SyncState) {
        if self.gate.exclusion(item, true).is_some() {
            return;
        }
        let in_sync = self.gate.admits(item, sync);
        if let Some(facts) = ContactFacts::of_item(item, Side::Outlook, in_sync) {
            self.add(&facts);
        }
    }

    /// Adds a contact record of a bundle that BigContacts sent.
    pub fn add_crm_item(&mut self, item: &Item) {
        if let Some(facts) = ContactFacts::of_item(item, Side::Crm, false) {
            self.add(&facts);
        }
    }

    /// Adds a contact. One that was added before (same bridge id, or same BigContacts id) gains
    /// what is new.
    pub fn add(&mut self, facts: &ContactFacts) {
        let known = facts
            .id
            .as_ref()
            .and_then(|id| self.by_item.get(&id.0))
            .or_else(|| facts.crm_id.as_ref().and_then(|id| self.by_crm_id.get(id)))
            .copied();
        let number = match known {
            Some(number) => number,
            None if self.entries.len() >= limits::CONTACTS => {
                self.refused = self.refused.saturating_add(1);
                return;
            }
            None => {
                let number = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
                self.entries.push(Entry {
                    target: Target::default(),
                    name_key: Span::default(),
                });
                number
            }
        };
        self.fill(number, facts);
        self.add_keys(number, facts);
    }

    fn fill(&mut self, number: u32, facts: &ContactFacts) {
        let shown = facts.shown_name();
        let name_key = keys::name(&shown).unwrap_or_default();
        let mut target = self
            .entry(number)
            .map(|entry| entry.target)
            .unwrap_or_default();
        let fill = |text: &mut String, span: &mut Span, value: &str| {
            if *span == Span::default() && !value.is_empty() {
                *span = Span::append(text, value);
            }
        };
        fill(&mut self.text, &mut target.name, &shown);
        fill(&mut self.text, &mut target.rough, &keys::rough(&name_key));
        if let Some(id) = &facts.id {
            fill(&mut self.text, &mut target.item, &id.0);
            self.by_item.entry(id.0.clone()).or_insert(number);
        }
        if let Some(id) = &facts.crm_id {
            fill(&mut self.text, &mut target.crm_id, id);
            self.by_crm_id.entry(id.clone()).or_insert(number);
        }
        let company = facts.company.as_deref().unwrap_or_default().trim();
        if target.company == Span::default() && !company.is_empty() {
            target.company = self.intern(company);
        }
        let assigned_to = facts.assigned_to.as_deref().unwrap_or_default().trim();
        if target.assigned_to == Span::default() && !assigned_to.is_empty() {
            target.assigned_to = self.intern(assigned_to);
        }
        target.in_crm |= facts.side == Side::Crm || facts.crm_id.is_some();
        target.in_sync |= facts.in_sync;
        let key_span = Span::append(&mut self.text, &name_key);
        if let Some(entry) = self.entry_mut(number) {
            entry.target = target;
            if entry.name_key == Span::default() {
                entry.name_key = key_span;
            }
        }
    }

    fn add_keys(&mut self, number: u32, facts: &ContactFacts) {
        let tables = &mut self.tables;
        for id in facts
            .id
            .iter()
            .map(|id| id.0.as_str())
            .chain(facts.crm_id.as_deref())
        {
            tables.ids.add(id.trim(), number);
        }
        let mut names: Vec<String> = keys::name(&facts.name).into_iter().collect();
        names.extend(keys::name_of_parts(&facts.first_name, &facts.last_name));
        let company = facts.company.as_deref().unwrap_or_default();
        if facts.is_business || names.is_empty() {
            names.extend(keys::name(company));
        }
        names.sort_unstable();
        names.dedup();
        for name in &names {
            tables.names.add(name, number);
            for word in keys::rough(name).split(' ') {
                tables.rough_words.add(word, number);
            }
        }
        tables.companies.add(&keys::category(company), number);
        for email in facts.emails.iter().filter_map(|email| keys::email(email)) {
            tables.emails.add(&email, number);
            if let Some(domain) = keys::domain(&email).filter(|domain| !is_public_domain(domain)) {
                tables.domains.add(domain, number);
            }
        }
        for key in &facts.search_keys {
            tables.search_keys.add(&key.to_ascii_lowercase(), number);
        }
        for key in &facts.entry_ids {
            tables.entry_ids.add(&key.to_ascii_lowercase(), number);
        }
        for (source, node) in &facts.places {
            tables.places.add(&place_key(source, *node), number);
        }
    }

    /// Joins what is one person, and seals the index.
    ///
    /// # Findings
    /// `link.contacts.shared-address`: an address that several contacts have (each is linked by
    /// it);
    /// `link.contacts.too-many`: contacts beyond [`limits::CONTACTS`].
    #[must_use]
    pub fn build(mut self) -> (ContactIndex, Findings) {
        let mut findings = Findings::new();
        if self.refused > 0 {
            findings.add(
                "link.contacts.too-many",
                Effect::Lost,
                "",
                format!(
                    "{} contacts beyond {} were left out",
                    self.refused,
                    limits::CONTACTS
                ),
            );
        }
        self.tables.emails.seal(|number| number);
        let mut pairs = Vec::new();
        for (_, numbers) in self.tables.emails.groups() {
            self.pair_by_address(&numbers, &mut pairs);
        }
        let (numbers, count) = self.join(pairs, &mut findings).number();
        let to_target = |entry: u32| {
            usize::try_from(entry)
                .ok()
                .and_then(|e| numbers.get(e))
                .copied()
                .unwrap_or(entry)
        };

        let mut targets = vec![Target::default(); count];
        for (entry, number) in self.entries.iter().zip(&numbers) {
            if let Some(target) = usize::try_from(*number)
                .ok()
                .and_then(|n| targets.get_mut(n))
            {
                target.absorb(&entry.target);
            }
        }
        let tables = &mut self.tables;
        for table in [
            &mut tables.ids,
            &mut tables.emails,
            &mut tables.names,
            &mut tables.companies,
            &mut tables.search_keys,
            &mut tables.entry_ids,
            &mut tables.places,
            &mut tables.rough_words,
            &mut tables.domains,
        ] {
            table.seal(to_target);
        }
        find_twins(&tables.names, &mut targets);
        let has_crm = targets.iter().any(|target| target.in_crm);
        let index = ContactIndex {
            text: self.text,
            targets,
            tables: self.tables,
            has_crm,
            adopted: HashMap::new(),
        };
        report_shared(&index, &mut findings);
        (index, findings)
    }

    /// Pairs the entries that have one address: one of each side; or those of the same name.
    fn pair_by_address(&self, numbers: &[u32], pairs: &mut Vec<(u32, u32)>) {
        let is_crm = |number: u32| self.entry(number).is_some_and(|entry| entry.target.in_crm);
        if let [one, other] = numbers
            && is_crm(*one) != is_crm(*other)
        {
            pairs.push((*one, *other));
            return;
        }
        // An address that many share joins only who also shares the name.
        let mut first: HashMap<&str, u32> = HashMap::new();
        for number in numbers {
            let name = self
                .entry(*number)
                .map_or("", |entry| entry.name_key.of(&self.text));
            if !name.is_empty() {
                let first = *first.entry(name).or_insert(*number);
                if first != *number {
                    pairs.push((first, *number));
                }
            }
        }
    }

    /// Joins the pairs. A set that would hold two BigContacts ids is not joined at all: choosing
    /// one
    /// would be a guess.
    fn join(&self, pairs: Vec<(u32, u32)>, findings: &mut Findings) -> Joins {
        let mut all = Joins::new(self.entries.len());
        for (one, other) in &pairs {
            all.join(*one, *other);
        }
        let mut ids: HashMap<u32, Vec<&str>> = HashMap::new();
        for (number, entry) in (0_u32..).zip(&self.entries) {
            let id = entry.target.crm_id.of(&self.text);
            if !id.is_empty() {
                ids.entry(all.root(number)).or_default().push(id);
            }
        }
        let mut joins = Joins::new(self.entries.len());
        let mut torn: BTreeSet<u32> = BTreeSet::new();
        for (one, other) in pairs {
            let root = all.root(one);
            if ids.get(&root).is_some_and(|ids| ids.len() > 1) {
                torn.insert(root);
            } else {
                joins.join(one, other);
            }
        }
        for root in torn {
            let name = self
                .entry(root)
                .map_or("", |entry| entry.target.name.of(&self.text));
            let ids = ids.get(&root).map(|ids| ids.join(", ")).unwrap_or_default();
            findings.add(
                "link.contacts.two-matches",
                Effect::Noted,
                "contacts",
                format!(
                    "{name} matches several contacts of BigContacts by address (ids {ids}), so it is \
                     taken as none of them; correct the addresses, or name the id in the map"
                ),
            );
        }
        joins
    }

    fn intern(&mut self, value: &str) -> Span {
        if let Some(span) = self.interned.get(value) {
            return *span;
        }
        let span = Span::append(&mut self.text, value);
        self.interned.insert(value.to_owned(), span);
        span
    }

    fn entry(&self, number: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(number).ok()?)
    }

    fn entry_mut(&mut self, number: u32) -> Option<&mut Entry> {
        self.entries.get_mut(usize::try_from(number).ok()?)
    }
}

impl Target {
    fn absorb(&mut self, other: &Self) {
        for (own, new) in [
            (&mut self.name, other.name),
            (&mut self.rough, other.rough),
            (&mut self.company, other.company),
            (&mut self.item, other.item),
            (&mut self.crm_id, other.crm_id),
            (&mut self.assigned_to, other.assigned_to),
        ] {
            if *own == Span::default() {
                *own = new;
            }
        }
        self.in_crm |= other.in_crm;
        self.in_sync |= other.in_sync;
    }
}

/// One contact of each side, and no other, under one name: perhaps the same person.
fn find_twins(names: &KeyTable, targets: &mut [Target]) {
    for (_, numbers) in names.groups() {
        let [one, other] = numbers.as_slice() else {
            continue;
        };
        let (Ok(a), Ok(b)) = (usize::try_from(*one), usize::try_from(*other)) else {
            continue;
        };
        let sides = (
            targets.get(a).map(|t| t.in_crm),
            targets.get(b).map(|t| t.in_crm),
        );
        if let (Some(x), Some(y)) = sides
            && x != y
        {
            if let Some(target) = targets.get_mut(a) {
                target.twin.get_or_insert(*other);
            }
            if let Some(target) = targets.get_mut(b) {
                target.twin.get_or_insert(*one);
            }
        }
    }
}

fn report_shared(index: &ContactIndex, findings: &mut Findings) {
    for (address, numbers) in index.tables.emails.groups() {
        if numbers.len() > 1 {
            let names: Vec<&str> = numbers
                .iter()
                .take(5)
                .map(|number| index.name(super::contact_index::TargetId(*number)))
                .collect();
            findings.add(
                "link.contacts.shared-address",
                Effect::Noted,
                "contacts",
                format!(
                    "{address} is the address of {} contacts ({}): mail with it is linked to \
                     each of them",
                    numbers.len(),
                    names.join(", ")
                ),
            );
        }
    }
}
