//! The same thing seen in several inputs: a mail in a store and as a file, a contact in two stores.
//!
//! *Spec*: `formats/items.md`, "Identity".
//!
//! *Invariants*: two items of different inputs are the same when they share a key, the strongest
//! first; a name and a date are no key, and an address is one only under the same name. The first
//! in the order of the inputs stands for all. Within one input nothing is compared here. Memory
//! holds a few dozen bytes of each item, and only when there are several inputs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::bundle::accounting::id_key;
use crate::item::{Content, IdentityKey, Item, Provenance};
use crate::source::{Job, Sources, in_order};

/// Which items of several inputs are the same.
#[derive(Debug, Default)]
pub struct Twins {
    /// The place of an item → its set; only of those that are in one.
    sets: HashMap<u128, usize>,
    /// Where the items of each set were seen, in the order of the inputs.
    places: Vec<Vec<Provenance>>,
}

/// A key of an item, as far as comparing takes.
#[derive(Debug, Clone, Copy)]
struct Key {
    hash: u128,
    /// Of an address: the name that goes with it; 0 when there is none.
    name: u64,
}

/// An item as it is compared.
#[derive(Debug)]
struct Known {
    place: Provenance,
    keys: Vec<Key>,
}

impl Twins {
    /// Reads the identities of all items, when there are several inputs. `advance` is called for
    /// each job and may end the work.
    ///
    /// # Errors
    /// Those of `advance`.
    pub fn find<E>(
        sources: &Sources,
        mut advance: impl FnMut() -> Result<(), E>,
    ) -> Result<Self, E> {
        if sources.stores().len().saturating_add(sources.files().len()) < 2 {
            return Ok(Self::default());
        }
        let mut search = Search::default();
        in_order(sources.jobs(), known, |items: Vec<Known>| {
            items.into_iter().for_each(|item| search.take(item));
            advance()
        })?;
        Ok(search.twins)
    }

    /// The set of an item, when it was seen in several inputs.
    pub(super) fn set_of(&self, item: &Item) -> Option<usize> {
        if self.sets.is_empty() {
            return None;
        }
        self.sets.get(&place_key(item.provenance.first()?)).copied()
    }

    /// Everywhere that the items of a set were seen.
    pub(super) fn places(&self, set: usize) -> &[Provenance] {
        self.places.get(set).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What cannot be read is reported when the items are exported.
fn known(job: Job<'_>) -> Vec<Known> {
    let items = job.items().unwrap_or_default().into_iter();
    items
        .filter_map(|mapped| {
            let item = mapped.item;
            Some(Known {
                keys: keys(&item),
                place: item.provenance.into_iter().next()?,
            })
        })
        .collect()
}

fn keys(item: &Item) -> Vec<Key> {
    let keys = item.identity.iter().filter_map(|key| {
        let (by, text, name) = match key {
            IdentityKey::BridgeId(text) => ("bridge", text, 0),
            IdentityKey::GlobalObjectId(text) => ("meeting", text, 0),
            IdentityKey::SearchKey(text) => ("search", text, 0),
            IdentityKey::MessageId(text) => ("message", text, 0),
            IdentityKey::Email(text) => ("email", text, name(item)),
            IdentityKey::NameAndDate(_) => return None,
        };
        let hash = id_key(&format!("{} {by} {text}", item.kind().name()));
        Some(Key { hash, name })
    });
    keys.collect()
}

/// A contact's name without regard to order, case and punctuation.
fn name(item: &Item) -> u64 {
    let Content::Contact(contact) = &item.content else {
        return 0;
    };
    let lower = contact.display_name.to_lowercase();
    let words: BTreeSet<&str> = lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish().max(1)
}

fn place_key(place: &Provenance) -> u128 {
    id_key(&format!("{}\u{0}{}", place.source, place.locator))
}

/// The first item with a key.
#[derive(Debug, Clone, Copy)]
struct First {
    item: u32,
    source: u32,
    name: u64,
}

/// The search, in the order of the inputs.
#[derive(Debug, Default)]
struct Search {
    sources: HashMap<String, u32>,
    firsts: HashMap<u128, First>,
    /// The place of each item, to be told apart from its twins' later on.
    items: Vec<Place>,
    twins: Twins,
}

/// Where an item is, as short as can be: most have no twin.
#[derive(Debug)]
struct Place {
    folder: Box<[String]>,
    locator: Box<str>,
    source: u32,
}

impl Search {
    fn take(&mut self, known: Known) {
        let Known { place, keys } = known;
        let next = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        let source = *self.sources.entry(place.source.clone()).or_insert(next);
        let Ok(item) = u32::try_from(self.items.len()) else {
            return;
        };
        let twin = keys.iter().find_map(|key| {
            let first = self.firsts.get(&key.hash)?;
            let same_name = key.name == first.name || key.name == 0 || first.name == 0;
            (first.source != source && same_name).then_some(*first)
        });
        for key in keys {
            let first = First {
                item,
                source,
                name: key.name,
            };
            self.firsts.entry(key.hash).or_insert(first);
        }
        if let Some(first) = twin {
            self.join(first, &place);
        }
        self.items.push(Place {
            folder: place.folder.into(),
            locator: place.locator.into(),
            source,
        });
    }

    /// Puts an item into the set of an earlier one.
    fn join(&mut self, first: First, place: &Provenance) {
        let Some(earlier) = self.provenance(first) else {
            return;
        };
        let Twins { sets, places } = &mut self.twins;
        let set = *sets.entry(place_key(&earlier)).or_insert_with(|| {
            places.push(vec![earlier]);
            places.len().saturating_sub(1)
        });
        sets.insert(place_key(place), set);
        if let Some(places) = places.get_mut(set) {
            places.push(place.clone());
        }
    }

    fn provenance(&self, first: First) -> Option<Provenance> {
        let place = self.items.get(usize::try_from(first.item).ok()?)?;
        let mut sources = self.sources.iter();
        let (source, _) = sources.find(|(_, number)| **number == place.source)?;
        Some(Provenance {
            source: source.clone(),
            folder: place.folder.to_vec(),
            locator: place.locator.to_string(),
        })
    }
}

/// What the fields of an item say, each as a hash: enough to tell what differs, at little cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields(BTreeMap<String, u64>);

impl Fields {
    /// Of an item without what changes by itself; its raw properties do not count, since every
    /// format has its own.
    pub(super) fn of(item: &Item) -> Self {
        let mut fields = BTreeMap::new();
        let Ok(Value::Object(record)) = serde_json::to_value(item) else {
            return Self::default();
        };
        for (name, value) in record {
            match value {
                _ if matches!(name.as_str(), "id" | "identity" | "provenance" | "raw") => {}
                Value::Object(inner) => fields.extend(
                    inner
                        .into_iter()
                        .map(|(part, value)| (format!("{name}.{part}"), hash(&value))),
                ),
                value => {
                    fields.insert(name, hash(&value));
                }
            }
        }
        Self(fields)
    }

    /// In words, what another item of the set says otherwise; `None` when nothing.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let mut others = Vec::new();
        let mut only = Vec::new();
        for (name, value) in &other.0 {
            match self.0.get(name) {
                Some(own) if own == value => {}
                Some(_) => others.push(name.as_str()),
                None => only.push(name.as_str()),
            }
        }
        let told = [("another value of", others), ("only here", only)];
        let told: Vec<String> = told
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what}: {}", names.join(", ")))
            .collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.to_string().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(source: &str, locator: &str, keys: &[(&str, u64)]) -> Known {
        Known {
            place: Provenance {
                source: source.to_owned(),
                folder: Vec::new(),
                locator: locator.to_owned(),
            },
            keys: keys
                .iter()
                .map(|(text, name)| Key {
                    hash: id_key(text),
                    name: *name,
                })
                .collect(),
        }
    }

    fn sets(items: &[Known]) -> Vec<Vec<String>> {
        let mut search = Search::default();
        for item in items {
            search.take(Known {
                place: item.place.clone(),
                keys: item.keys.clone(),
            });
        }
        let places = search.twins.places.iter();
        places
            .map(|set| {
                set.iter()
                    .map(|place| format!("{} {}", place.source, place.locator))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn a_shared_key_makes_one_item_of_several_inputs() {
        let items = [
            known("a.pst", "1", &[("search", 0), ("message", 0)]),
            known("a.pst", "2", &[("search2", 0), ("message", 0)]),
            known("b.msg", "1", &[("search", 0), ("other", 0)]),
            known("c.eml", "1", &[("message", 0)]),
            known("d.eml", "1", &[("nobody", 0)]),
        ];
        assert_eq!(sets(&items), [["a.pst 1", "b.msg 1", "c.eml 1"]]);
    }

    #[test]
    fn an_address_is_a_key_under_the_same_name_only() {
        let items = [
            known("a.pst", "1", &[("info@x", 7)]),
            known("b.vcf", "1", &[("info@x", 8)]),
            known("b.vcf", "2", &[("info@x", 7)]),
            known("c.vcf", "1", &[("info@x", 0)]),
        ];
        assert_eq!(sets(&items), [["a.pst 1", "b.vcf 2", "c.vcf 1"]]);
    }

    #[test]
    fn what_differs_is_told_by_field() {
        let example = include_str!("../../formats/examples/items/contact.json");
        let one: Item = serde_json::from_str(example).unwrap();
        let mut other = one.clone();
        assert_eq!(Fields::of(&one).difference(&Fields::of(&other)), None);
        other.categories.push("New".to_owned());
        let Content::Contact(contact) = &mut other.content else {
            panic!("{other:?}");
        };
        contact.computer = Some("PC1".to_owned());
        let told = Fields::of(&one).difference(&Fields::of(&other)).unwrap();
        assert!(
            told.contains("categories") && told.contains("only here: computer"),
            "{told}"
        );
    }
}
