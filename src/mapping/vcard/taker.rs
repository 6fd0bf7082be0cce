//! Takes properties out of a card and remembers which, so that the rest can ride along raw.
//!
//! *Invariant*: a property is marked as taken only when all that it says went into the item:
//! value, types, parameters and group. One whose value alone was taken is raw as well.

use std::collections::BTreeMap;

use super::fields::{Field, Slot};
use crate::item::Contact;
use crate::limits;
use crate::vcard::{Card, Day, Property, date};

/// Parameters that say how a value is written, not what it means.
const OF_WRITING: [&str; 4] = ["ENCODING", "CHARSET", "VALUE", "MEDIATYPE"];

/// A card and what was taken of it.
#[derive(Debug)]
pub(super) struct Taker<'c> {
    card: &'c Card,
    names: BTreeMap<&'c str, Vec<usize>>,
    /// The first property of each name in each group, the group in lower case.
    groups: BTreeMap<(String, &'c str), usize>,
    state: Vec<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Left,
    /// Its value is in the item, but it says more than that.
    Partly,
    Taken,
}

/// What of a property beside its value the item tells.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    /// Types, as parameters or as the words of a label; `pref` stands for the parameter PREF too.
    pub(super) types: &'static [&'static str],
    /// More types.
    pub(super) also: &'static [&'static str],
    /// Parameters.
    pub(super) params: &'static [&'static str],
}

impl Told {
    fn has(&self, word: &str) -> bool {
        self.types.contains(&word) || self.also.contains(&word)
    }
}

/// The property that labels its group, as Apple's software does.
const LABEL: &str = "X-ABLABEL";

impl<'c> Taker<'c> {
    /// Nothing taken yet.
    pub(super) fn new(card: &'c Card) -> Self {
        let mut names: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut groups = BTreeMap::new();
        for (at, property) in card.properties.iter().enumerate() {
            names.entry(property.name()).or_default().push(at);
            if !property.group().is_empty() {
                let key = (property.group().to_lowercase(), property.name());
                groups.entry(key).or_insert(at);
            }
        }
        Self {
            card,
            names,
            groups,
            state: vec![State::Left; card.properties.len()],
        }
    }

    /// The properties of a name whose value is not in the item yet, preferred ones first. Empty
    /// ones say nothing and are taken; those that are too long are left.
    pub(super) fn left(&mut self, name: &str) -> Vec<(usize, &'c Property)> {
        let mut found = Vec::new();
        for at in self.names.get(name).into_iter().flatten().copied() {
            let (Some(property), Some(state)) =
                (self.card.properties.get(at), self.state.get_mut(at))
            else {
                continue;
            };
            if property.is_empty() {
                *state = State::Taken;
            } else if *state == State::Left && !is_too_long(property) {
                found.push((at, property));
            }
        }
        found.sort_by_key(|(_, property)| property.preference());
        found
    }

    /// What a property is for: its types, and the words of the label that its group has.
    pub(super) fn words(&self, property: &Property) -> Vec<String> {
        let mut words: Vec<_> = property.types().map(|word| plain_word(&word)).collect();
        words.extend(self.label(property));
        words
    }

    fn label(&self, property: &Property) -> Vec<String> {
        let label = self.of_group(property, LABEL);
        let label = label.and_then(|at| self.card.properties.get(at));
        label
            .map(|label| label_words(&label.text()))
            .unwrap_or_default()
    }

    /// The first property of this name in the group of another.
    pub(super) fn of_group(&self, property: &Property, name: &'c str) -> Option<usize> {
        if property.group().is_empty() {
            return None;
        }
        let key = (property.group().to_lowercase(), name);
        self.groups.get(&key).copied()
    }

    /// A property by its place.
    pub(super) fn property(&self, at: usize) -> Option<&'c Property> {
        self.card.properties.get(at)
    }

    /// Marks a property whose value went into the item.
    pub(super) fn take(&mut self, at: usize, told: Told) {
        let Some(property) = self.property(at) else {
            return;
        };
        let line = property.line();
        let params = line.params.iter().all(|param| match param.name.as_str() {
            "" | "TYPE" => true,
            "PREF" => told.has("pref"),
            name => OF_WRITING.contains(&name) || told.params.contains(&name),
        });
        let whole =
            params && !line.more_params && self.words(property).iter().all(|word| told.has(word));
        self.set(at, if whole { State::Taken } else { State::Partly });
    }

    /// Marks a property whose value is in the item but not in such a way that it can be told again.
    pub(super) fn take_in_part(&mut self, at: usize) {
        self.set(at, State::Partly);
    }

    /// Marks a property of which the item tells all.
    pub(super) fn take_whole(&mut self, at: usize) {
        self.set(at, State::Taken);
    }

    fn set(&mut self, at: usize, state: State) {
        if let Some(own) = self.state.get_mut(at) {
            *own = state;
        }
    }

    /// Takes the first text among these properties, names in their order and preferred ones first.
    /// Others that say the same are taken as well.
    pub(super) fn text(&mut self, names: &[&str], told: Told) -> Option<String> {
        let mut first: Option<String> = None;
        for name in names {
            for (at, property) in self.left(name) {
                let text = property.text();
                if text.is_empty() {
                    self.take(at, told);
                } else if first.as_ref().is_none_or(|first| *first == text) {
                    first = Some(text);
                    self.take(at, told);
                }
            }
        }
        first
    }

    /// Takes the first whole day among these properties.
    pub(super) fn day(&mut self, names: &[&str], told: Told) -> Option<jiff::civil::Date> {
        let mut first = None;
        for name in names {
            for (at, property) in self.left(name) {
                let without_year = property.param("X-APPLE-OMIT-YEAR").is_some();
                let day = date::day(&property.text()).filter(|_| !without_year);
                if let Some(Day::Full { date, timed }) = day
                    && first.is_none_or(|first| first == date)
                {
                    first = Some(date);
                    if timed {
                        self.take_in_part(at);
                    } else {
                        self.take(at, told);
                    }
                }
            }
        }
        first
    }

    /// Fills the fields of these rows; those done by hand are not its business.
    pub(super) fn fill(&mut self, contact: &mut Contact, fields: &[Field]) {
        let told = Told {
            types: &["n", "pref"],
            ..Told::default()
        };
        for field in fields {
            match field.slot {
                Slot::Text(of) => *of(contact) = self.text(field.names, told),
                Slot::Day(of) => *of(contact) = self.day(field.names, told),
                Slot::Texts(of) => {
                    for name in field.names {
                        for (at, property) in self.left(name) {
                            of(contact).push(property.text());
                            self.take(at, told);
                        }
                    }
                }
                Slot::Joined(of) => {
                    let first = field.names.iter().find_map(|name| {
                        let all = self.left(name);
                        all.into_iter().next()
                    });
                    if let Some((at, property)) = first {
                        let values = property.list();
                        *of(contact) = Some(values.join(", ")).filter(|text| !text.is_empty());
                        if values.len() > 1 && values.iter().any(|value| value.contains(", ")) {
                            self.take_in_part(at);
                        } else {
                            self.take(at, told);
                        }
                    }
                }
                Slot::Hand(_) => {}
            }
        }
    }

    /// The properties of which the item does not tell all. A group that is not told whole stays
    /// together; a label has nothing to say beside the properties that it labels.
    pub(super) fn rest(&self) -> impl Iterator<Item = &'c Property> {
        let all = || self.card.properties.iter().zip(&self.state);
        let mut whole: BTreeMap<String, bool> = BTreeMap::new();
        for (property, state) in all().filter(|(own, _)| !own.group().is_empty()) {
            let whole = whole.entry(property.group().to_lowercase()).or_insert(true);
            *whole &= property.name() == LABEL || *state == State::Taken;
        }
        for (property, _) in all().filter(|(own, _)| own.name() == LABEL) {
            let group = property.group().to_lowercase();
            let alone = self.groups.range((group.clone(), "")..);
            let members = alone.take_while(|((own, _), _)| *own == group).count();
            if members < 2 {
                whole.insert(group, false);
            }
        }
        all()
            .filter(move |(property, state)| match property.group() {
                "" => **state != State::Taken,
                group => whole.get(&group.to_lowercase()) != Some(&true),
            })
            .map(|(property, _)| property)
    }

    /// The names of the properties whose value is in the item.
    #[cfg(test)]
    pub(super) fn used(&self) -> impl Iterator<Item = &'c str> {
        let all = self.card.properties.iter().zip(&self.state);
        all.filter(|(property, state)| **state != State::Left && !property.is_empty())
            .map(|(property, _)| property.name())
    }
}

/// Whether a value is longer than any name, address or list: it stays raw. Notes and pictures have
/// no such bound.
pub(super) fn is_too_long(property: &Property) -> bool {
    let long = property.line().value().len() > limits::INLINE_TEXT;
    long && !["NOTE", "PHOTO"].contains(&property.name())
}

/// A type without the name of the software that made it up.
fn plain_word(word: &str) -> String {
    word.strip_prefix("x-evolution-").unwrap_or(word).to_owned()
}

/// The words of a label, in lower case: `_$!<HomePage>!$_` is `homepage`.
fn label_words(text: &str) -> Vec<String> {
    let text = text.trim();
    let inner = text.strip_prefix("_$!<");
    let inner = inner.and_then(|inner| inner.strip_suffix(">!$_"));
    let words = inner.unwrap_or(text).split_whitespace();
    words.map(str::to_lowercase).take(8).collect()
}
