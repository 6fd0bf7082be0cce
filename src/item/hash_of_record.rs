//! The semantic hash of an item by the text of its record, which is made anyway.
//!
//! *Spec*: `formats/items.md`; what counts, and why: [`super::hash`].
//!
//! *Shape*: the canonical JSON of the item is its record less members and elements that do not
//! count; what is left is copied as it stands.
//!
//! *Invariant*: the hash is that of [`Item::content_hash`], or there is none.

use crate::canonical_text::{Members, elements, split_value, unquoted};

use super::hash::{hash_of, is_volatile};

/// As [`Item::content_hash`](super::Item::content_hash), of an item by the members of its record.
/// `None` for items with items in them, which must be taken apart, and for what is no record.
#[must_use]
pub fn content_hash(record: &Members<'_>) -> Option<String> {
    let mut semantic = Object::default();
    let kind = record.get("kind")?;
    for (key, value) in record.iter() {
        match (key, kind) {
            (b"bigcontacts" | b"created" | b"exchange" | b"modified" | b"outlook_links", _) => {}
            (b"id", _) => semantic.member(key, b"\"\""),
            (b"identity" | b"provenance", _) => semantic.member(key, b"[]"),
            // Exceptions of a recurrence may hold items.
            (b"recurrence", b"\"meeting\"") | (b"members", b"\"distribution_list\"") => {
                return None;
            }
            (b"reminder", _) => semantic.member(key, &less(value, &["signal"])?),
            (b"state", b"\"email\"") => {
                let done = less(value, &["from_me", "last_verb", "last_verb_time", "read"])?;
                semantic.filled(key, &done);
            }
            (b"raw", _) => semantic.filled(key, &lasting(value)?),
            (b"attachments", _) => semantic.member(key, &attachments(value)?),
            _ => semantic.member(key, value),
        }
    }
    Some(hash_of(&semantic.end()))
}

/// An object that is written member by member.
#[derive(Default)]
struct Object(Vec<u8>);

impl Object {
    fn member(&mut self, key: &[u8], value: &[u8]) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        for part in [b"\"", key, b"\":", value] {
            self.0.extend_from_slice(part);
        }
    }

    /// Writes a member unless its value is an empty list or object.
    fn filled(&mut self, key: &[u8], value: &[u8]) {
        if !matches!(value, b"[]" | b"{}") {
            self.member(key, value);
        }
    }

    fn end(mut self) -> Vec<u8> {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        self.0
    }
}

/// An object less some of its members.
fn less(object: &[u8], left_out: &[&str]) -> Option<Vec<u8>> {
    let mut rest = Object::default();
    for (key, value) in Members::of(object)?.iter() {
        if !left_out.iter().any(|out| out.as_bytes() == key) {
            rest.member(key, value);
        }
    }
    Some(rest.end())
}

/// An array that is written element by element.
struct Array(Vec<u8>);

impl Array {
    fn new() -> Self {
        Self(vec![b'['])
    }

    fn element(&mut self, element: &[u8]) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        self.0.extend_from_slice(element);
    }

    fn end(mut self) -> Vec<u8> {
        self.0.push(b']');
        self.0
    }
}

/// Raw properties less the volatile ones.
fn lasting(raw: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Array::new();
    elements(raw, |property| {
        let (name, kind) = split_value(property.strip_prefix(b"{\"name\":")?)?;
        let (kind, _) = split_value(kind.strip_prefix(b",\"type\":")?)?;
        // Escapes change neither what a name begins with nor whether it is one of the list.
        let text = |string| std::str::from_utf8(unquoted(string)?).ok();
        if !is_volatile(text(name)?, text(kind)?) {
            rest.element(property);
        }
        Some(())
    })?;
    Some(rest.end())
}

fn attachments(attachments: &[u8]) -> Option<Vec<u8>> {
    let mut all = Array::new();
    elements(attachments, |attachment| {
        let mut rest = Object::default();
        for (key, value) in Members::of(attachment)?.iter() {
            match key {
                b"created" | b"modified" => {}
                b"item" => return None,
                b"raw" => rest.filled(key, &lasting(value)?),
                _ => rest.member(key, value),
            }
        }
        all.element(&rest.end());
        Some(())
    })?;
    Some(all.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical_json;
    use crate::item::RawValue;
    use crate::item::email::LastVerb;
    use crate::item::{Attachment, AttachmentData, Content, Item, OutlookLinks, RawProperty};

    fn both(item: &Item) -> (String, Option<String>) {
        let mut record = serde_json::to_value(item).unwrap();
        record["bigcontacts"] = serde_json::json!({"first_name": "x"});
        record["exchange"] = serde_json::json!({"dot": ["crm", 1]});
        let record = canonical_json::to_vec(&record).unwrap();
        let members = Members::of(&record).unwrap();
        (item.content_hash().unwrap(), content_hash(&members))
    }

    /// The item with everything that does not count.
    fn laden(mut item: Item) -> Item {
        let moment = Some(jiff::Timestamp::UNIX_EPOCH);
        let raw = |name: &str, kind: &str| RawProperty {
            name: name.to_owned(),
            kind: kind.to_owned(),
            value: RawValue::Text("}]\"\\".to_owned()),
        };
        let raw = vec![
            raw("0x6FFF", "0003"),
            raw("{x}/PidTagRead", "000b"),
            raw("0x1", "bigcontacts"),
            raw("PidTagÜ\"", "001f"),
            raw("PidTagSourceKey", "0102"),
        ];
        item.created = moment;
        item.modified = moment;
        item.outlook_links = OutlookLinks {
            names: vec!["A".to_owned()],
            ..OutlookLinks::default()
        };
        item.reminder.get_or_insert_default().signal = moment;
        item.raw.extend(raw.clone());
        if let Content::Email(email) = &mut item.content {
            email.state.read = true;
            email.state.from_me = true;
            email.state.last_verb = Some(LastVerb::Replied);
            email.state.last_verb_time = moment;
        }
        for attachment in &mut item.attachments {
            attachment.created = moment;
            attachment.raw.extend(raw.clone());
        }
        item
    }

    #[test]
    fn it_is_the_hash_of_the_item() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/formats/examples/items");
        let mut given = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let item: Item = serde_json::from_str(&text).unwrap();
            for item in [laden(item.clone()), item] {
                let (want, got) = both(&item);
                if let Some(got) = got {
                    assert_eq!(got, want, "{text}");
                    given += 1;
                }
            }
        }
        assert!(given > 10, "{given}");
    }

    #[test]
    fn lists_and_objects_that_become_empty_are_left_out() {
        let note = r#"{"id":"","identity":[],"provenance":[],"class":"IPM.StickyNote",
            "kind":"note","subject":"Milk"}"#;
        let mut item: Item = serde_json::from_str(note).unwrap();
        item.raw = laden(item.clone()).raw;
        item.raw.truncate(2);
        let (want, got) = both(&item);
        assert_eq!(got, Some(want));
    }

    #[test]
    fn items_within_must_be_taken_apart() {
        let note = r#"{"id":"","identity":[],"provenance":[],"class":"IPM.StickyNote",
            "kind":"note","subject":"Milk"}"#;
        let inner: Item = serde_json::from_str(note).unwrap();
        let mut outer = inner.clone();
        let attachment = r#"{"name":"","holds":"nothing"}"#;
        outer.attachments = vec![Attachment {
            data: AttachmentData::Item {
                item: Box::new(inner),
            },
            ..serde_json::from_str(attachment).unwrap()
        }];
        assert_eq!(both(&outer).1, None);
        assert_eq!(content_hash(&Members::of(b"{}").unwrap()), None);
    }
}
