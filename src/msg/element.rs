//! The names of storages and streams, and what they say.
//!
//! *Spec*: MS-OXMSG 2.1.3, 2.1.4, 2.2.
//!
//! *Shape*: `__properties_version1.0`, `__nameid_version1.0`, `__recip_version1.0_#00000000`,
//! `__attach_version1.0_#00000000`, `__substg1.0_0037001F`, `__substg1.0_8005101F-00000000`.

use std::collections::BTreeMap;

use crate::mapi::{PropTag, PropType};

use super::compound::CompoundFile;

/// The stream of the fixed-size properties.
pub(super) const PROPERTIES: &str = "__properties_version1.0";
/// The storage of the name map.
pub(super) const NAMES: &str = "__nameid_version1.0";
/// What names of storages of recipients begin with.
pub(super) const RECIPIENT: &str = "__recip_version1.0_#";
/// What names of storages of attachments begin with.
pub(super) const ATTACHMENT: &str = "__attach_version1.0_#";
const VALUE: &str = "__substg1.0_";

/// The name of the stream or storage of a value.
pub(super) fn value_name(tag: PropTag) -> String {
    format!("{VALUE}{:08X}", tag.0)
}

/// What an entry of a storage is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Element {
    /// The fixed-size properties, and the sizes of the others.
    Properties,
    /// The map of named properties.
    Names,
    /// A recipient.
    Recipient(u32),
    /// An attachment.
    Attachment(u32),
    /// A value, or the lengths of the values of a list.
    Value(PropTag),
    /// One value of a list.
    Item(PropTag, u32),
    /// Anything else.
    Other(Box<str>),
}

impl Element {
    pub(super) fn of_name(name: &str) -> Self {
        let after = |prefix: &str| {
            let head = name.get(..prefix.len())?;
            let rest = name.get(prefix.len()..)?;
            head.eq_ignore_ascii_case(prefix).then_some(rest)
        };
        let known = if name.eq_ignore_ascii_case(PROPERTIES) {
            Some(Self::Properties)
        } else if name.eq_ignore_ascii_case(NAMES) {
            Some(Self::Names)
        } else if let Some(rest) = after(RECIPIENT) {
            hex(rest).map(Self::Recipient)
        } else if let Some(rest) = after(ATTACHMENT) {
            hex(rest).map(Self::Attachment)
        } else {
            after(VALUE).and_then(Self::of_value)
        };
        known.unwrap_or_else(|| Self::Other(name.into()))
    }

    fn of_value(rest: &str) -> Option<Self> {
        match rest.split_once('-') {
            Some((tag, index)) => Some(Self::Item(PropTag(hex(tag)?), hex(index)?)),
            None => Some(Self::Value(PropTag(hex(rest)?))),
        }
    }
}

/// Eight hex digits.
fn hex(text: &str) -> Option<u32> {
    let digits = text.len() == 8 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    digits.then(|| u32::from_str_radix(text, 16).ok())?
}

/// The elements of a storage, by what they are, with their directory entries.
#[derive(Debug, Default)]
pub(super) struct Elements(BTreeMap<Element, u32>);

impl Elements {
    /// Those of a storage. Of two that say the same the first counts.
    pub(super) fn of(file: &CompoundFile, storage: u32) -> Self {
        let mut elements = BTreeMap::new();
        for id in file.children(storage) {
            if let Some(entry) = file.entry(id) {
                elements.entry(Element::of_name(&entry.name)).or_insert(id);
            }
        }
        Self(elements)
    }

    pub(super) fn first(&self, element: &Element) -> Option<u32> {
        self.0.get(element).copied()
    }

    /// The value of a property, whatever its type: this one if there is one, else the other string
    /// type, else any.
    pub(super) fn value(&self, tag: PropTag) -> Option<(PropTag, u32)> {
        let id = tag.id();
        let from = Element::Value(PropTag::new(id, PropType(0)));
        let to = Element::Value(PropTag::new(id, PropType(u16::MAX)));
        let mut any = None;
        for (element, entry) in self.0.range(from..=to) {
            let Element::Value(own) = element else {
                continue;
            };
            if *own == tag {
                return Some((*own, *entry));
            }
            any = any.or(Some((*own, *entry)));
        }
        any
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Element, u32)> {
        self.0.iter().map(|(element, id)| (element, *id))
    }

    /// The values of a list, by their index.
    pub(super) fn items(&self, tag: PropTag) -> impl Iterator<Item = (u32, u32)> {
        let range = Element::Item(tag, 0)..=Element::Item(tag, u32::MAX);
        self.0
            .range(range)
            .filter_map(|(element, id)| match element {
                Element::Item(_, index) => Some((*index, *id)),
                _ => None,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_are() {
        let of = Element::of_name;
        assert_eq!(of("__properties_version1.0"), Element::Properties);
        assert_eq!(of("__nameid_version1.0"), Element::Names);
        assert_eq!(of("__recip_version1.0_#0000000A"), Element::Recipient(10));
        assert_eq!(of("__attach_version1.0_#00000001"), Element::Attachment(1));
        let tag = PropTag(0x0037_001F);
        assert_eq!(of("__substg1.0_0037001f"), Element::Value(tag));
        let list = PropTag(0x8005_101F);
        assert_eq!(of("__substg1.0_8005101F-00000002"), Element::Item(list, 2));
        for other in [
            "",
            "\u{5}SummaryInformation",
            "__substg1.0_0037",
            "__attach_version1.0_#é",
        ] {
            assert_eq!(of(other), Element::Other(other.into()));
        }
    }
}
