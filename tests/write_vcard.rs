//! Items as cards: what is written is read again as the same item, by airbridge and by another
//! reader, up to the tables of `docs/fidelity.md`; and whatever is lost has a finding.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use airbridge::file_bytes::FileBytes;
use airbridge::item::{Content, Item};
use airbridge::mapping::carried::{Difference, differences};
use airbridge::mapping::vcard::{to_card, to_item};
use airbridge::mapping::{Context, Mapped};
use airbridge::vcard::{Bounds, Card, CardFile, Property, Value as Said, Version};
use proptest::prelude::*;

/// Every card of a file of the corpus as an item.
fn items(path: &PathBuf) -> Vec<Mapped> {
    let file = CardFile::open(FileBytes::in_memory(fs::read(path).unwrap())).unwrap();
    let mut all = Vec::new();
    for number in 0..file.count() {
        let (text, left) = file.read(number).unwrap();
        let context = Context {
            source: "file".into(),
            locator: format!("card {}", number + 1),
            ..Context::default()
        };
        let mut card = Card::parse(&text, None, &context.locator);
        card.tell_bounds(file.bounds(number).unwrap_or(Bounds::Both), left, "");
        all.push(to_item(&card, &context));
    }
    all
}

/// The item that the card of an item is, and in what it differs; every difference is told.
fn again(mapped: &Mapped, version: Version) -> (Vec<u8>, Item, Vec<Difference>) {
    let given = to_card(&mapped.item, &mapped.contents, version);
    let bytes = given.value.to_bytes();
    let again = to_item(&Card::parse(&bytes, None, ""), &Context::default());
    let mut found = differences(&mapped.item, &mapped.contents, &again.item, &again.contents);
    found.retain(|own| !own.is_raw() || own.was["name"] != "VERSION");
    for own in found.iter().filter(|own| !own.is_raw()).take(200) {
        let path = format!("`{}`", own.path);
        let told = given.findings.iter().any(|finding| finding.detail.contains(&path));
        assert!(told, "{path} is not told");
    }
    let raw = found.iter().any(Difference::is_raw);
    let told = given.findings.iter().any(|own| own.code == "mapping.vcard.raw");
    assert_eq!(raw, told, "raw properties are not told");
    (bytes, again.item, found)
}

/// What of the corpus does not come back: version, path, how many, and why.
const EXPLAINED: &[(&str, usize, &str)] = &[];

fn short(value: &serde_json::Value) -> String {
    value.to_string().chars().take(160).collect()
}

#[test]
fn every_card_of_the_corpus_comes_back_the_same() {
    let Some(files) = judges::files("vcf", &["vcf", "vcard"]) else {
        return;
    };
    let mut verdict = judges::Verdict::default();
    for (name, path) in &files {
        for mapped in items(path) {
            let place = format!("{name}, {}", mapped.item.provenance[0].locator);
            let (_, item, found) = again(&mapped, Version::Unknown);
            verdict.compared += 1;
            assert_eq!(item.id, mapped.item.id, "{place}");
            for own in found {
                let what = match own.is_raw() {
                    true => format!("raw {}", own.was["name"].as_str().unwrap()),
                    false => own.pattern(),
                };
                let (was, is) = (short(&own.was), short(&own.is));
                verdict.differ(&what, &place, format!("{was} became {is}"));
            }
        }
    }
    verdict.judge(EXPLAINED);
}
