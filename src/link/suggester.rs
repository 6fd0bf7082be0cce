//! The suggester: map lines to review, for categories that the map does not cover yet.
//!
//! *Spec*: `formats/map.md`, "Suggested lines".
//!
//! *Invariants*: bounded memory; the same lines whatever the order and number of cores; nothing is
//! linked by it, a person puts the lines into the map.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::category_map::MapLine;
use super::category_pattern::{CategoryPattern, MatchKind};
use super::contact_index::{Found, TargetId};
use super::contact_key::{ContactKey, StarAs};
use super::keys;
use super::linker::Linker;
use super::map_csv::{HEADINGS, write_line};
use crate::item::{Item, Kind};
use crate::limits;
use crate::sheet::write_row;

/// What people put between a mark and a name.
const SEPARATORS: [&str; 6] = [": ", "：", " - ", "/", ":", "#"];

/// Contacts shown for a category that several could be meant by.
const SHOWN: usize = 3;

/// Collects categories and who takes part in their items.
#[derive(Debug)]
pub struct Suggester<'l> {
    linker: &'l Linker,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    categories: BTreeMap<String, Category>,
    overflow: bool,
}

/// One category.
#[derive(Debug, Default)]
struct Category {
    items: u64,
    contacts: BTreeMap<TargetId, u64>,
}

/// Whom a category means, perhaps.
enum Guess {
    /// One contact, for this reason.
    One(TargetId, String),
    /// One of these, each for its reason.
    Some(Vec<(TargetId, String)>),
}

impl<'l> Suggester<'l> {
    /// A suggester that knows the map and the contacts of `linker`.
    #[must_use]
    pub fn new(linker: &'l Linker) -> Self {
        Self {
            linker,
            seen: Mutex::default(),
        }
    }

    /// Takes note of an item. Items that take no part in the sync are passed over.
    pub fn see(&self, item: &Item) {
        let linker = self.linker;
        let uncovered: Vec<&str> = item
            .categories
            .iter()
            .map(|category| category.trim())
            .filter(|category| !category.is_empty())
            .filter(|category| linker.map.find(category).is_none())
            .filter(|category| !linker.gate.is_sync_category(category))
            .collect();
        if uncovered.is_empty() || linker.gate.exclusion(item, false).is_some() {
            return;
        }
        let mut contacts: Vec<TargetId> = Vec::new();
        if item.kind() == Kind::Contact {
            contacts.extend(linker.index.by_id(&item.id.0).all());
        }
        for (_, party) in item.parties() {
            let key = party.email.as_deref().and_then(keys::email);
            if let Some(key) = key.filter(|key| !linker.own.contains(key)) {
                contacts.extend(linker.index.by_email(&key).all());
            }
        }
        contacts.retain(|target| linker.index.can_be_linked(*target));
        contacts.sort_unstable();
        contacts.dedup();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for category in uncovered {
            seen.add(category, &contacts);
        }
    }

    /// The lines as a map in CSV: those with one likely contact as they are, the others as
    /// comments.
    /// In order of the categories.
    #[must_use]
    pub fn map_lines(&self) -> String {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::from("\u{feff}");
        write_row(&mut out, HEADINGS);
        comment(
            &mut out,
            "Suggested by airbridge: check every line before you use it.",
        );
        if seen.overflow {
            comment(&mut out, "There were more categories than are listed here.");
        }
        let prefixes = self.prefixes(&seen);
        for (stem, members) in &prefixes {
            let note = format!(
                "{} categories name contacts this way: {}",
                members.len(),
                few(members)
            );
            let pattern = CategoryPattern::new(&format!("{stem}*"), Some(MatchKind::Prefix));
            let contacts = vec![ContactKey::Star(StarAs::Any)];
            write_line(&mut out, &line(pattern, contacts, Vec::new(), note));
        }
        for (text, category) in &seen.categories {
            if prefixes
                .values()
                .any(|members| members.contains(&text.as_str()))
            {
                continue;
            }
            match self.guess(text, category) {
                Guess::One(target, why) => {
                    write_line(&mut out, &self.contact_line(text, target, why))
                }
                Guess::Some(guesses) if guesses.is_empty() => {
                    let items = count(category.items);
                    comment(
                        &mut out,
                        &format!("\"{text}\" is on {items}; no contact was found for it"),
                    );
                }
                Guess::Some(guesses) => {
                    let items = count(category.items);
                    comment(
                        &mut out,
                        &format!("\"{text}\" is on {items}; perhaps one of these is meant:"),
                    );
                    for (target, why) in guesses {
                        let mut row = String::new();
                        write_line(&mut row, &self.contact_line(text, target, why));
                        comment(&mut out, row.trim_end());
                    }
                }
            }
        }
        out
    }

    /// Beginnings that at least two categories share, each with a rest that names one contact.
    fn prefixes<'s>(&self, seen: &'s Seen) -> BTreeMap<String, Vec<&'s str>> {
        let mut prefixes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for text in seen.categories.keys() {
            if let Some((stem, rest)) = split(text)
                && matches!(
                    ContactKey::parse(rest).find(&self.linker.index),
                    Found::One(_)
                )
            {
                prefixes.entry(stem.to_owned()).or_default().push(text);
            }
        }
        prefixes.retain(|_, members| members.len() > 1);
        prefixes
    }

    fn guess(&self, text: &str, category: &Category) -> Guess {
        let index = &self.linker.index;
        for name in std::iter::once(text).chain(split(text).map(|(_, rest)| rest)) {
            match ContactKey::parse(name).find(index) {
                Found::One(target) => {
                    return Guess::One(target, format!("\"{name}\" is the contact's own"));
                }
                Found::Several(all) => {
                    let why = format!("\"{name}\" is the name of {} contacts", all.len());
                    let shown = all
                        .into_iter()
                        .take(SHOWN)
                        .map(|target| (target, why.clone()));
                    return Guess::Some(shown.collect());
                }
                Found::Nobody => {}
            }
        }
        let mut ranked: Vec<(TargetId, u64)> = category
            .contacts
            .iter()
            .map(|(target, items)| (*target, *items))
            .collect();
        ranked.sort_by_key(|(target, items)| (std::cmp::Reverse(*items), *target));
        let why = |items: u64| format!("takes part in {items} of {}", count(category.items));
        if let Some((target, items)) = ranked.first() {
            let next = ranked.get(1).map_or(0, |(_, items)| *items);
            if items.saturating_mul(2) > category.items && *items > next {
                return Guess::One(*target, why(*items));
            }
            let shown = ranked.iter().take(SHOWN);
            return Guess::Some(
                shown
                    .map(|(target, items)| (*target, why(*items)))
                    .collect(),
            );
        }
        let near = index.nearest_names(text, 0.75, SHOWN).into_iter();
        let words = |score: f64| format!("the names are alike ({:.0} %)", score * 100.0);
        Guess::Some(near.map(|(target, score)| (target, words(score))).collect())
    }

    fn contact_line(&self, category: &str, target: TargetId, note: String) -> MapLine {
        let contact = self.linker.index.contact(target);
        let name = ContactKey::Name(contact.name);
        let id = contact
            .crm_id
            .or_else(|| contact.id.map(|id| id.0))
            .map(ContactKey::Id);
        let (key, checks) = match id {
            Some(id) => (id, vec![name]),
            None => (name, Vec::new()),
        };
        let pattern = CategoryPattern::new(category, Some(MatchKind::IgnoreCase));
        line(pattern, vec![key], checks, note)
    }
}

impl Seen {
    /// Over the bounds, what sorts first is kept, so that the order of arrival does not matter.
    fn add(&mut self, category: &str, contacts: &[TargetId]) {
        let entry = self.categories.entry(category.to_owned()).or_default();
        entry.items += 1;
        for target in contacts {
            *entry.contacts.entry(*target).or_default() += 1;
        }
        while entry.contacts.len() > limits::CATEGORY_CONTACTS {
            entry.contacts.pop_last();
        }
        if self.categories.len() > limits::CATEGORIES_SEEN {
            self.categories.pop_last();
            self.overflow = true;
        }
    }
}

fn line(
    pattern: CategoryPattern,
    contacts: Vec<ContactKey>,
    checks: Vec<ContactKey>,
    note: String,
) -> MapLine {
    MapLine {
        line: 0,
        pattern,
        contacts,
        checks,
        crm_category: None,
        sync: false,
        note,
    }
}

/// The beginning, separator included, and the rest behind it.
fn split(category: &str) -> Option<(&str, &str)> {
    SEPARATORS.iter().find_map(|separator| {
        let at = category.find(separator)? + separator.len();
        let (stem, rest) = category.split_at_checked(at)?;
        let has_stem = stem.len() > separator.len();
        (has_stem && !rest.trim().is_empty()).then(|| (stem, rest.trim()))
    })
}

fn count(items: u64) -> String {
    if items == 1 {
        "1 item".to_owned()
    } else {
        format!("{items} items")
    }
}

fn few(members: &[&str]) -> String {
    let shown: Vec<String> = members
        .iter()
        .take(3)
        .map(|text| format!("\"{text}\""))
        .collect();
    let more = if members.len() > 3 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Appends a line that the map does not read. It stays one line whatever the data holds.
fn comment(out: &mut String, words: &str) {
    out.push_str("# ");
    out.extend(words.chars().map(|c| if c.is_control() { ' ' } else { c }));
    out.push_str("\r\n");
}
