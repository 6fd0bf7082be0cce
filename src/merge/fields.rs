//! The fields of an item: the record taken apart into paths and values, and put together again.
//!
//! *Spec*: `formats/exchange.md`, section 1.
//!
//! *Shape*: `first_name`, `categories/Customer`, `phones/mobile`, `emails/1`, `raw/PidTagX`
//!
//! *Invariants*: taking apart and putting together gives the same record but for the order of
//! lists, which comes from a record given; a path of the wire can build no other member than its
//! own.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use crate::canonical_json;

/// The field that tells whether the item is there.
pub const EXISTS: &str = "exists";

/// Members of a record that are no fields.
const NO_FIELDS: &[&str] = &[
    "id",
    "identity",
    "provenance",
    "kind",
    "created",
    "modified",
    "bigcontacts",
    "exchange",
    EXISTS,
];

/// Lists of objects, and the member by which their elements are told apart; `""` for an element
/// that is only known by all it says.
const KEYS: &[(&str, &[&str])] = &[
    ("emails", &["slot"]),
    ("phones", &["kind"]),
    ("addresses", &["kind"]),
    ("user_fields", &["number"]),
    ("raw", &["name"]),
    ("attendees", &["email", "name"]),
    ("recipients", &["kind", "email", "name"]),
    ("members", &["email", "name"]),
    ("links", &["crm_id", "id", "name"]),
    ("crm_categories", &["name", "value"]),
];

/// Lists that are fields of an item and stand beside its record.
pub const BESIDE: [&str; 2] = ["links", "crm_categories"];

/// The fields of an item, by path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(pub BTreeMap<String, Value>);

impl Fields {
    /// Takes a record apart.
    #[must_use]
    pub fn of(record: &Value) -> Self {
        let mut fields = BTreeMap::new();
        let mut doubles = Doubles::default();
        for (member, value) in record.as_object().into_iter().flatten() {
            if NO_FIELDS.contains(&member.as_str()) {
                continue;
            }
            let Value::Array(elements) = value else {
                fields.insert(member.clone(), value.clone());
                continue;
            };
            for element in elements {
                let path = doubles.apart(element_path(member, element));
                fields.insert(path, field_value(element));
            }
        }
        fields.insert(EXISTS.to_owned(), Value::Bool(true));
        Self(fields)
    }

    /// The paths of the elements of a list, in their order; `None` when it is no list.
    #[must_use]
    pub fn list_paths(record: &Value, member: &str) -> Option<Vec<String>> {
        let mut doubles = Doubles::default();
        let elements = record.get(member)?.as_array()?.iter();
        let paths = elements.map(|element| doubles.apart(element_path(member, element)));
        Some(paths.collect())
    }

    /// Whether the item is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.0.get(EXISTS) == Some(&Value::Bool(true))
    }

    /// Paths at which two differ, in order.
    pub fn differing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a str> {
        let missing = other.0.keys().filter(|path| !self.0.contains_key(*path));
        let own = self.0.keys();
        own.chain(missing)
            .filter(|path| self.0.get(*path) != other.0.get(*path))
            .map(String::as_str)
    }

    /// The elements of a list.
    #[must_use]
    pub fn elements(&self, member: &str) -> Vec<Value> {
        let own = self.0.iter().filter_map(|(path, value)| {
            let (list, name) = path.split_once('/')?;
            (list == member).then(|| element(name, value))
        });
        own.collect()
    }

    /// Puts the members of a record together. `like` gives what is no field, and the order of
    /// lists; where a field is as `semantic` has it, which is `like` less what does not count, the
    /// value is that of `like`.
    #[must_use]
    pub fn record(&self, like: &Value, semantic: &Value) -> Value {
        let mut record = Map::new();
        let former = Former::of(like, semantic);
        for (member, value) in like.as_object().into_iter().flatten() {
            let no_field = NO_FIELDS.contains(&member.as_str()) && member != EXISTS;
            let does_not_count = !value.is_array() && semantic.get(member).is_none();
            if no_field || does_not_count {
                record.insert(member.clone(), value.clone());
            }
        }
        let mut lists = former.beside;
        for (path, value) in &self.0 {
            match path.split_once('/') {
                None if path == EXISTS => {}
                None => {
                    let whole = like.get(path).filter(|_| semantic.get(path) == Some(value));
                    record.insert(path.clone(), whole.unwrap_or(value).clone());
                }
                Some((member, _)) if NO_FIELDS.contains(&member) || BESIDE.contains(&member) => {}
                Some((member, name)) => {
                    let known = former.elements.get(path);
                    let place = known.map_or(usize::MAX, |(place, ..)| *place);
                    let same = known.filter(|(_, _, semantic)| semantic == value);
                    let element = match same {
                        Some((_, whole, _)) => (*whole).clone(),
                        None => element(name, value),
                    };
                    let list = lists.entry(member).or_default();
                    list.push((place, path.clone(), element));
                }
            }
        }
        for (member, mut elements) in lists {
            elements.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
            let elements = elements.into_iter().map(|(_, _, element)| element);
            record.insert(member.to_owned(), Value::Array(elements.collect()));
        }
        Value::Object(record)
    }
}

/// The lists of a record that another one is to be like.
#[derive(Default)]
struct Former<'a> {
    /// By path: the place, the element whole, and its value as a field.
    elements: BTreeMap<String, (usize, &'a Value, Value)>,
    /// By member, elements that do not count, with their places.
    beside: BTreeMap<&'a str, Vec<(usize, String, Value)>>,
}

impl<'a> Former<'a> {
    fn of(like: &'a Value, semantic: &Value) -> Self {
        let mut former = Self::default();
        let mut doubles = Doubles::default();
        let lists = like.as_object().into_iter().flatten();
        let lists = lists.filter(|(member, _)| !NO_FIELDS.contains(&member.as_str()));
        for (member, whole) in lists {
            let Some(whole) = whole.as_array() else {
                continue;
            };
            let counting = semantic.get(member).and_then(Value::as_array);
            let counting = counting.map(Vec::as_slice).unwrap_or_default();
            let mut paths = counting
                .iter()
                .map(|element| (doubles.apart(element_path(member, element)), element))
                .collect::<Vec<_>>();
            if whole.len() == counting.len() {
                for (place, (whole, (path, element))) in whole.iter().zip(paths).enumerate() {
                    let value = field_value(element);
                    former.elements.insert(path, (place, whole, value));
                }
                continue;
            }
            // Only whole elements are left out, and what names an element counts.
            let mut doubles = Doubles::default();
            paths.reverse();
            for (place, whole) in whole.iter().enumerate() {
                let own = doubles.apart(element_path(member, whole));
                if let Some((path, element)) = paths.pop_if(|(path, _)| *path == own) {
                    let value = field_value(element);
                    former.elements.insert(path, (place, whole, value));
                } else {
                    let list = former.beside.entry(member).or_default();
                    list.push((place, own, whole.clone()));
                }
            }
        }
        former
    }
}

/// Tells elements with the same path apart.
#[derive(Default)]
struct Doubles(HashMap<String, u32>);

impl Doubles {
    fn apart(&mut self, path: String) -> String {
        let number = self.0.entry(path.clone()).or_default();
        *number = number.saturating_add(1);
        match number {
            1 => path,
            // A name never has two tildes in a row.
            more => format!("{path}~~{more}"),
        }
    }
}

fn field_value(element: &Value) -> Value {
    match element {
        Value::String(_) => Value::Bool(true),
        other => other.clone(),
    }
}

fn element(name: &str, value: &Value) -> Value {
    match value {
        Value::Bool(true) => Value::String(unescape(name)),
        other => other.clone(),
    }
}

fn element_path(member: &str, element: &Value) -> String {
    let mut path = format!("{member}/");
    match element {
        Value::String(text) => path.push_str(&escape(text)),
        Value::Object(object) => {
            let keys = KEYS.iter().find(|(list, _)| *list == member);
            let keys = keys.map(|(_, keys)| *keys).unwrap_or_default();
            // A party is named by its address, and by its name only when it has none.
            let most = match member {
                "attendees" | "members" | "links" => 1,
                _ => keys.len(),
            };
            let start = path.len();
            let named = keys.iter().filter_map(|key| name(object, key));
            for name in named.take(most) {
                if path.len() > start {
                    path.push(' ');
                }
                path.push_str(&name);
            }
            if path.len() == start {
                path.push_str(&digest(element));
            }
        }
        other => path.push_str(&digest(other)),
    }
    path
}

/// What a member of an element, or of the contact in it, says.
fn name<'o>(object: &'o Map<String, Value>, key: &str) -> Option<Cow<'o, str>> {
    let inside = || object.get("contact").and_then(|contact| contact.get(key));
    let text = match object.get(key).or_else(inside)? {
        Value::String(text) if key == "email" => text.to_lowercase().into(),
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Number(number) => number.to_string().into(),
        _ => return None,
    };
    let escaped = match text {
        Cow::Borrowed(text) => escape(text),
        Cow::Owned(text) => escape(&text).into_owned().into(),
    };
    Some(escaped).filter(|text| !text.is_empty())
}

fn digest(value: &Value) -> String {
    let bytes = canonical_json::to_hash(value);
    let hex = blake3::hash(&bytes).to_hex();
    format!("#{}", hex.get(..32).unwrap_or_default())
}

fn escape(name: &str) -> Cow<'_, str> {
    match name.contains(['~', '/']) {
        true => name.replace('~', "~0").replace('/', "~1").into(),
        false => name.into(),
    }
}

/// The name behind the first `/` of a path. An end `~~2` tells equal elements apart.
fn unescape(name: &str) -> String {
    let name = name.split("~~").next().unwrap_or_default();
    name.replace("~1", "/").replace("~0", "~")
}

/// Whether a path may be that of a field.
#[must_use]
pub(super) fn is_field(path: &str) -> bool {
    let member = path.split('/').next().unwrap_or_default();
    path == EXISTS || !NO_FIELDS.contains(&member)
}

/// The member of a record that a path belongs to, and what tells its element apart.
#[must_use]
pub fn parts(path: &str) -> (&str, Option<String>) {
    match path.split_once('/') {
        Some((member, name)) => (member, Some(unescape(name))),
        None => (path, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart_and_together(text: &str) {
        let record: Value = serde_json::from_str(text).unwrap();
        let fields = Fields::of(&record);
        assert_eq!(fields.record(&record, &record), {
            let mut known = record.clone();
            known.as_object_mut().unwrap().remove(EXISTS);
            known
        });
        // Without a record to go by, only the order of lists is another.
        let again = fields.record(&Value::Null, &Value::Null);
        assert_eq!(Fields::of(&again), fields);
    }

    #[test]
    fn the_examples_come_back() {
        for text in [
            include_str!("../../formats/examples/items/contact.json"),
            include_str!("../../formats/examples/items/meeting.json"),
            include_str!("../../formats/examples/items/task.json"),
            include_str!("../../formats/examples/items/email.json"),
        ] {
            apart_and_together(text);
        }
    }

    #[test]
    fn names_with_signs_and_doubles() {
        apart_and_together(
            r#"{"kind":"contact","categories":["a/b","a~b","~~2","a~1b","x","x"],
                "children":["x~~2","x"],"phones":[{"kind":"home","number":"1"},
                {"kind":"home","number":"2"}],"empty":[]}"#
                .replace(r#","empty":[]"#, "")
                .as_str(),
        );
    }
}
