//! Canonical names: the specification's word for a property, and the set, number and type behind
//! it.
//!
//! *Spec*: MS-OXPROPS section 2; the tables are in [`super::pid_tag`], [`super::pid_lid`] and
//! [`super::pid_name`].
//!
//! *Invariants*: each table is sorted by its key, so look-ups are binary searches and the answer
//! for an id with several names is always the same one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::named::{Guid, NameId, PropertyName};
use super::props::Property;
use super::tag::{PropTag, PropType};
use super::{pid_lid, pid_name, pid_tag};

/// A tagged property of the dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagEntry {
    /// The property id, below 0x8000 for all but address-book objects.
    pub id: u16,
    /// The type that the specification gives it.
    pub kind: PropType,
    /// Its canonical name, `PidTag…`.
    pub name: &'static str,
}

/// A numbered named property of the dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LidEntry {
    /// The property set.
    pub set: Guid,
    /// The number (LID).
    pub lid: u32,
    /// The type that the specification gives it.
    pub kind: PropType,
    /// Its canonical name, `PidLid…`.
    pub name: &'static str,
}

/// A named property of the dictionary whose name is a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEntry {
    /// The property set.
    pub set: Guid,
    /// The string.
    pub text: &'static str,
    /// The type that the specification gives it.
    pub kind: PropType,
    /// Its canonical name, `PidName…`.
    pub name: &'static str,
}

/// The type in the table's short form.
macro_rules! kind {
    (multi $kind:ident) => {
        $crate::mapi::PropType::$kind.multi()
    };
    ($kind:ident) => {
        $crate::mapi::PropType::$kind
    };
}
pub(super) use kind;

/// Constants and table of tagged properties.
macro_rules! tags {
    ($($constant:ident = $id:literal, $($kind:ident)+, $name:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "`, type ", stringify!($($kind)+), ".")]
            pub const $constant: u16 = $id;
        )+
        /// Every tagged property of the dictionary, by id and name.
        pub static TABLE: &[$crate::mapi::names::TagEntry] = &[$(
            $crate::mapi::names::TagEntry {
                id: $id,
                kind: $crate::mapi::names::kind!($($kind)+),
                name: $name,
            },
        )+];
    };
}
pub(super) use tags;

/// Constants and table of numbered named properties.
macro_rules! lids {
    ($($constant:ident = $set:ident $lid:literal, $($kind:ident)+, $name:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "`, type ", stringify!($($kind)+), ".")]
            pub const $constant: ($crate::mapi::Guid, u32) = ($crate::mapi::Guid::$set, $lid);
        )+
        /// Every numbered named property of the dictionary, by set and number.
        pub static TABLE: &[$crate::mapi::names::LidEntry] = &[$(
            $crate::mapi::names::LidEntry {
                set: $crate::mapi::Guid::$set,
                lid: $lid,
                kind: $crate::mapi::names::kind!($($kind)+),
                name: $name,
            },
        )+];
    };
}
pub(super) use lids;

/// Constants and table of named properties whose name is a string.
macro_rules! texts {
    ($($constant:ident = $set:ident $text:literal, $($kind:ident)+, $name:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "`, type ", stringify!($($kind)+), ".")]
            pub const $constant: ($crate::mapi::Guid, &str) = ($crate::mapi::Guid::$set, $text);
        )+
        /// Every named property of the dictionary whose name is a string, by set and string
        /// without regard to case.
        pub static TABLE: &[$crate::mapi::names::TextEntry] = &[$(
            $crate::mapi::names::TextEntry {
                set: $crate::mapi::Guid::$set,
                text: $text,
                kind: $crate::mapi::names::kind!($($kind)+),
                name: $name,
            },
        )+];
    };
}
pub(super) use texts;

/// The tagged property of an id, or `None` when the specification has none. Where an id means
/// several things, the one of the same type is meant (`STRING8` counts as `STRING`), else the
/// first.
#[must_use]
pub fn tag_entry(tag: PropTag) -> Option<&'static TagEntry> {
    let from = pid_tag::TABLE.partition_point(|entry| entry.id < tag.id());
    let same_id = || {
        pid_tag::TABLE
            .iter()
            .skip(from)
            .take_while(|entry| entry.id == tag.id())
    };
    same_id()
        .find(|entry| unicode(entry.kind) == unicode(tag.kind()))
        .or_else(|| same_id().next())
}

/// `STRING` for `STRING8`, single and multi-valued; every other type as it is.
fn unicode(kind: PropType) -> PropType {
    match kind {
        PropType::STRING8 => PropType::STRING,
        kind if kind == PropType::STRING8.multi() => PropType::STRING.multi(),
        kind => kind,
    }
}

/// The numbered named property of a set and number.
#[must_use]
pub fn lid_entry(set: Guid, lid: u32) -> Option<&'static LidEntry> {
    let at = pid_lid::TABLE
        .binary_search_by_key(&(set, lid), |entry| (entry.set, entry.lid))
        .ok()?;
    pid_lid::TABLE.get(at)
}

/// The named property of a set and string, compared without regard to ASCII case, as internet
/// headers are. Of two canonical names for one string, which the specification has, the first.
#[must_use]
pub fn text_entry(set: Guid, text: &str) -> Option<&'static TextEntry> {
    let wanted = (set, text.to_ascii_lowercase());
    let key = |entry: &TextEntry| (entry.set, entry.text.to_ascii_lowercase());
    let at = pid_name::TABLE.partition_point(|entry| key(entry) < wanted);
    pid_name::TABLE.get(at).filter(|entry| key(entry) == wanted)
}

/// What a canonical name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// A tagged property.
    Tag(&'static TagEntry),
    /// A numbered named property.
    Lid(&'static LidEntry),
    /// A named property whose name is a string.
    Text(&'static TextEntry),
}

/// The property of a canonical name; of two entries with one name the first.
#[must_use]
pub fn entry_of(name: &str) -> Option<Known> {
    static BY_NAME: LazyLock<HashMap<&str, Known>> = LazyLock::new(|| {
        let mut known = HashMap::new();
        let tags = pid_tag::TABLE.iter().filter(|entry| entry.id < 0x8000);
        let tags = tags.map(|entry| (entry.name, Known::Tag(entry)));
        let lids = pid_lid::TABLE
            .iter()
            .map(|entry| (entry.name, Known::Lid(entry)));
        let texts = pid_name::TABLE
            .iter()
            .map(|entry| (entry.name, Known::Text(entry)));
        for (name, entry) in tags.chain(lids).chain(texts) {
            known.entry(name).or_insert(entry);
        }
        known
    });
    BY_NAME.get(name).copied()
}

/// The name by which the specification knows a property: `PidTagSubject`, `PidLidTaskStatus`,
/// `PidNameKeywords`. Without one: `0x8005` for an id, `{set}:0x8101` for a numbered name and
/// `{set}:text` for a string.
#[must_use]
pub fn canonical_name(property: &Property) -> Cow<'static, str> {
    match &property.name {
        Some(name) => name_of(name),
        None => tag_name(property.tag),
    }
}

/// The canonical name of a property name; without one `{set}:0x8101` or `{set}:text`.
#[must_use]
pub fn name_of(name: &PropertyName) -> Cow<'static, str> {
    match &name.id {
        NameId::Lid(lid) => match lid_entry(name.set, *lid) {
            Some(entry) => Cow::Borrowed(entry.name),
            None => Cow::Owned(format!("{{{}}}:0x{lid:04X}", name.set)),
        },
        NameId::Text(text) => match text_entry(name.set, text) {
            Some(entry) => Cow::Borrowed(entry.name),
            None => Cow::Owned(format!("{{{}}}:{text}", name.set)),
        },
    }
}

/// The canonical name of a tag below 0x8000; without one, or from 0x8000 up, where an id means
/// nothing outside its store, `0x8005`.
#[must_use]
pub fn tag_name(tag: PropTag) -> Cow<'static, str> {
    match tag_entry(tag) {
        Some(entry) if tag.id() < 0x8000 => Cow::Borrowed(entry.name),
        _ => Cow::Owned(format!("0x{:04X}", tag.id())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::value::Value;
    use super::*;

    fn named(set: Guid, id: NameId) -> Property {
        Property {
            tag: PropTag::new(0x8005, PropType::I32),
            name: Some(Arc::new(PropertyName { set, id })),
            value: Value::Null,
        }
    }

    #[test]
    fn tables_are_sorted_without_doubles() {
        let tags = pid_tag::TABLE.iter().map(|e| (e.id, e.name));
        assert!(tags.is_sorted_by(|a, b| a < b));
        let lids = pid_lid::TABLE.iter().map(|e| (e.set, e.lid));
        assert!(lids.is_sorted_by(|a, b| a < b));
        let texts = pid_name::TABLE
            .iter()
            .map(|e| (e.set, e.text.to_ascii_lowercase(), e.name));
        assert!(texts.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn every_entry_is_found_by_its_key() {
        for entry in pid_tag::TABLE {
            assert_eq!(
                tag_entry(PropTag::new(entry.id, entry.kind)).map(|e| e.id),
                Some(entry.id)
            );
        }
        for entry in pid_lid::TABLE {
            assert_eq!(lid_entry(entry.set, entry.lid), Some(entry));
        }
        for entry in pid_name::TABLE {
            let upper = entry.text.to_ascii_uppercase();
            let found = text_entry(entry.set, &upper).unwrap();
            assert_eq!((found.set, found.text), (entry.set, entry.text));
        }
    }

    #[test]
    fn every_canonical_name_is_found() {
        for entry in pid_tag::TABLE.iter().filter(|entry| entry.id < 0x8000) {
            let Some(Known::Tag(found)) = entry_of(entry.name) else {
                panic!("{entry:?}");
            };
            assert_eq!(found.name, entry.name);
        }
        for entry in pid_lid::TABLE {
            assert_eq!(entry_of(entry.name), Some(Known::Lid(entry)), "{entry:?}");
        }
        assert_eq!(entry_of("PidTagNothing"), None);
    }

    #[test]
    fn type_decides_between_names_of_one_id() {
        let html = |kind| tag_name(PropTag::new(0x1013, kind));
        assert_eq!(html(PropType::BINARY), "PidTagHtml");
        assert_eq!(html(PropType::STRING), "PidTagBodyHtml");
        assert_eq!(html(PropType::STRING8), "PidTagBodyHtml");
    }

    #[test]
    fn names_of_every_kind() {
        let subject = Property {
            tag: PropTag::new(pid_tag::SUBJECT, PropType::STRING8),
            name: None,
            value: Value::Null,
        };
        assert_eq!(canonical_name(&subject), "PidTagSubject");
        let (set, lid) = pid_lid::TASK_STATUS;
        assert_eq!(lid, 0x8101);
        assert_eq!(
            canonical_name(&named(set, NameId::Lid(lid))),
            "PidLidTaskStatus"
        );
        let keywords = NameId::Text("Keywords".into());
        assert_eq!(
            canonical_name(&named(Guid::PS_PUBLIC_STRINGS, keywords)),
            "PidNameKeywords"
        );
        assert_eq!(
            canonical_name(&named(Guid::TASK, NameId::Lid(0x8199))),
            "{00062003-0000-0000-c000-000000000046}:0x8199"
        );
        assert_eq!(
            canonical_name(&named(Guid::PS_PUBLIC_STRINGS, NameId::Text("Foo".into()))),
            "{00020329-0000-0000-c000-000000000046}:Foo"
        );
        assert_eq!(tag_name(PropTag(0x8005_001F)), "0x8005");
        assert_eq!(tag_name(PropTag(0x7FF1_0003)), "0x7FF1");
    }
}
