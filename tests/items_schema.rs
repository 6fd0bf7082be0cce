//! The schema of items against its examples, the model, and the prose of `formats/items.md`.
//!
//! `AIRBRIDGE_WRITE=1` gives every example the id that its strongest key derives.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

use airbridge::crm::contact_payload::ContactPayload;
use airbridge::item::{Item, ItemId, Kind};
use airbridge::link::CrmCategory;
use serde_json::{Value, json};

fn formats() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("formats")
}

fn schema() -> Value {
    let text = fs::read_to_string(formats().join("schema/item.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

fn examples() -> Vec<(PathBuf, Value)> {
    let mut paths: Vec<_> = fs::read_dir(formats().join("examples/items"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        (path, value)
    };
    paths.into_iter().map(read).collect()
}

fn derive(value: &mut Value) {
    let item: Item = serde_json::from_value(value.clone()).unwrap();
    value["id"] = json!(ItemId::derive(&item.identity[0]));
    for attachment in value
        .get_mut("attachments")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if attachment["holds"] == "item" {
            derive(&mut attachment["item"]);
        }
    }
}

#[test]
fn examples_are_valid_and_are_what_the_model_writes() {
    let validator = validator();
    let mut kinds = Vec::new();
    for (path, value) in examples() {
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|e| format!("{e} at {}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        let item: Item = serde_json::from_value(value.clone()).unwrap();
        kinds.push(item.kind());
        // The payload is made from the item, and is no part of it.
        let mut own = value.clone();
        let payload = own.as_object_mut().unwrap().remove("bigcontacts");
        assert_eq!(
            serde_json::to_value(&item).unwrap(),
            own,
            "{}",
            path.display()
        );
        let categories = [CrmCategory {
            name: "Relationship".to_owned(),
            value: "Customer".to_owned(),
        }];
        let made = ContactPayload::of_item(&item, &categories);
        assert_eq!(
            made.map(|made| serde_json::to_value(made).unwrap()),
            payload,
            "{}",
            path.display()
        );
        let mut derived = value.clone();
        derive(&mut derived);
        if std::env::var_os("AIRBRIDGE_WRITE").is_some() {
            let text = serde_json::to_string_pretty(&derived).unwrap();
            fs::write(&path, text + "\n").unwrap();
        } else {
            assert_eq!(
                derived,
                value,
                "{}: the id is not that of its key",
                path.display()
            );
        }
        item.content_hash().unwrap();
    }
    for kind in Kind::ALL {
        assert!(kinds.contains(&kind), "no example of kind {}", kind.name());
    }
}

#[test]
fn what_the_prose_forbids_is_refused() {
    let validator = validator();
    let (_, contact) = examples()
        .into_iter()
        .find(|(path, _)| path.ends_with("contact.json"))
        .unwrap();
    let wrong: [(&str, Value); 13] = [
        ("/unheard_of", json!("x")),
        ("/company", Value::Null),
        ("/categories", json!([])),
        ("/private", json!(false)),
        ("/emails/0/slot", json!(1.5)),
        ("/birthday", json!("29.02.1980")),
        ("/modified", json!("2024-04-02T11:00:00+02:00")),
        ("/raw/0/value", json!(9_007_199_254_740_992_u64)),
        ("/id", json!("ab-XYZ")),
        ("/photo/sha256", json!("9F")),
        ("/kind", json!("person")),
        ("/bigcontacts/phones/0/type", json!("boat")),
        ("/bigcontacts/fax", json!("1")),
    ];
    assert!(validator.is_valid(&contact));
    for (path, value) in wrong {
        let mut changed = contact.clone();
        let (parent, field) = path.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap()[field] = value;
        assert!(!validator.is_valid(&changed), "{path} was accepted");
    }
    for field in [
        "id",
        "identity",
        "provenance",
        "class",
        "kind",
        "display_name",
    ] {
        let mut changed = contact.clone();
        changed.as_object_mut().unwrap().remove(field);
        assert!(
            !validator.is_valid(&changed),
            "without {field} it was accepted"
        );
    }
}

#[test]
fn the_prose_names_every_field_and_word() {
    let prose = fs::read_to_string(formats().join("items.md")).unwrap();
    let mut waiting = vec![schema()["$defs"].clone()];
    let mut missing = Vec::new();
    while let Some(value) = waiting.pop() {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            missing.extend(
                properties
                    .keys()
                    .filter(|name| !prose.contains(&format!("`{name}`")))
                    .cloned(),
            );
        }
        if let Some(words) = value.get("enum").and_then(Value::as_array) {
            let words = words.iter().filter_map(Value::as_str);
            missing.extend(
                words
                    .filter(|word| !prose.contains(&format!("`{word}`")))
                    .map(str::to_owned),
            );
        }
        match value {
            Value::Object(own) => waiting.extend(own.into_iter().map(|(_, value)| value)),
            Value::Array(own) => waiting.extend(own),
            _ => {}
        }
    }
    assert!(
        missing.is_empty(),
        "formats/items.md does not name {missing:?}"
    );
}
