//! Every card of the corpus as an item: valid records, nothing lost; and hostile files: no panic,
//! no flood, no more than twice the work for twice the size.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod judges;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

use airbridge::content::read_all;
use airbridge::crm::contact_payload::ContactPayload;
use airbridge::file_bytes::FileBytes;
use airbridge::item::{Blob, BlobRef, Item, RawValue};
use airbridge::mapping::vcard::{fidelity, to_item};
use airbridge::mapping::{Context, Mapped};
use airbridge::vcard::{Bounds, Card, CardFile, Property};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Findings of the corpus that say that something was lost or altered: code, how many, and why.
const EXPECTED: &[(&str, usize, &str)] = &[
    ("vcard.card.cut-off", 2, "fixtures of files that end early"),
    (
        "vcard.text.undecodable",
        1,
        "a letter of UTF-8 of which half is missing",
    ),
    (
        "vcard.value.quoted-printable",
        2,
        "a fold written as a backslash and `n`",
    ),
];

fn corpus() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/vcf");
    let entries = walkdir::WalkDir::new(&root)
        .follow_links(true)
        .sort_by_file_name();
    let mut found = Vec::new();
    for entry in entries.into_iter().flatten() {
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(&root).unwrap().to_str().unwrap();
            found.push((name.replace('\\', "/"), fs::read(entry.path()).unwrap()));
        }
    }
    if found.is_empty() {
        judges::skip("../shared/corpus/vcf is not here");
    }
    found
}

/// Every card of a file with its item, as the source makes it.
fn read(bytes: &[u8]) -> (CardFile, Vec<(Card, Mapped)>) {
    let file = CardFile::open(FileBytes::in_memory(bytes.to_vec())).unwrap();
    let mut all = Vec::new();
    for number in 0..file.count() {
        let (text, left) = file.read(number).unwrap();
        let context = Context {
            source: "file".into(),
            locator: format!("card {}", number + 1),
            ..Context::default()
        };
        let mut card = Card::parse(&text, None, &context.locator);
        let bounds = file.bounds(number).unwrap_or(Bounds::Both);
        card.tell_bounds(bounds, left, &context.locator);
        let mapped = to_item(&card, &context);
        all.push((card, mapped));
    }
    (file, all)
}

fn validator() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/schema/item.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// The item with its references to bytes resolved, and those bytes as text.
fn pack(mapped: &mut Mapped) -> Vec<String> {
    let contents = &mapped.contents;
    let mut used = BTreeSet::new();
    let mut texts = Vec::new();
    mapped
        .item
        .try_visit_blobs(|reference| {
            if let BlobRef::Pending { pending } = *reference {
                assert!(
                    used.insert(pending),
                    "content {pending} is referred to twice"
                );
                let bytes = read_all(&*contents[pending], 1 << 30).unwrap();
                let digest = Sha256::digest(&bytes);
                let sha256 = digest.iter().map(|byte| format!("{byte:02x}"));
                *reference = BlobRef::Packed(Blob {
                    sha256: sha256.collect(),
                    size: bytes.len() as u64,
                });
                texts.push(String::from_utf8_lossy(&bytes).into_owned());
            }
            Ok::<_, ()>(())
        })
        .unwrap();
    assert_eq!(used.len(), contents.len());
    texts
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(own) => own.iter().for_each(|value| strings(value, found)),
        Value::Object(own) => own.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}

/// Properties whose value becomes something else than text, or says something of another.
const TOLD_OTHERWISE: &[&str] = &[
    "BDAY",
    "ANNIVERSARY",
    "X-MS-ANNIVERSARY",
    "X-EVOLUTION-ANNIVERSARY",
    "X-KADDRESSBOOK-X-ANNIVERSARY",
    "X-ANNIVERSARY",
    "X-ABDATE",
    "X-ABLABEL",
    "X-ABADR",
    "X-ABSHOWAS",
    "X-ADDRESSBOOKSERVER-KIND",
    "X-MS-OL-DEFAULT-POSTAL-ADDRESS",
    "X-WAB-GENDER",
    "CLASS",
    "GENDER",
    "KIND",
    "PHOTO",
    "REV",
];

/// Properties that are neither raw nor in the item as far as every part of their value.
fn lost(card: &Card, item: &Item, blobs: &[String], rows: &BTreeSet<String>) -> Vec<String> {
    let raw: BTreeSet<&str> = item
        .raw
        .iter()
        .filter_map(|own| match &own.value {
            RawValue::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .chain(blobs.iter().map(String::as_str))
        .collect();
    let mut texts = blobs.to_vec();
    let mut told = serde_json::to_value(item).unwrap();
    told.as_object_mut().unwrap().remove("raw");
    strings(&told, &mut texts);
    let in_item = |property: &Property| {
        let parts = property.component_lists().into_iter().flatten();
        let parts = parts.map(|part| {
            part.trim_start_matches("tel:")
                .trim_start_matches("mailto:")
                .to_owned()
        });
        parts
            .into_iter()
            .all(|part| texts.iter().any(|text| text.contains(&part)))
    };
    let properties = card.properties.iter();
    properties
        .filter(|property| !property.is_empty() && !raw.contains(property.raw().as_str()))
        .filter(|property| {
            let name = property.name();
            let known = rows.contains(name) || name == "X-ABLABEL";
            !known || !(TOLD_OTHERWISE.contains(&name) || in_item(property))
        })
        .map(Property::raw)
        .collect()
}

#[test]
fn every_card_is_a_valid_record_and_loses_nothing() {
    let validator = validator();
    let rows: BTreeSet<String> = fidelity::rows()
        .into_iter()
        .map(|row| row.property)
        .collect();
    let mut faults = Vec::new();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut findings: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut properties, mut raw) = (0, 0);
    for (name, bytes) in corpus() {
        for (card, mut mapped) in read(&bytes).1 {
            let place = format!("{name}, {}", mapped.item.provenance[0].locator);
            let blobs = pack(&mut mapped);
            let item = &mapped.item;
            let text = serde_json::to_string(item).unwrap();
            let mut record: Value = serde_json::from_str(&text).unwrap();
            if let Some(payload) = ContactPayload::of_item(item, &[]) {
                record["bigcontacts"] = serde_json::to_value(&payload).unwrap();
            }
            let errors = validator.iter_errors(&record);
            faults.extend(
                errors.map(|error| format!("{place}: {error} at {}", error.instance_path())),
            );
            let again: Item = serde_json::from_str(&text).unwrap();
            if again != *item {
                faults.push(format!("{place}: is not the same when read again"));
            }
            item.content_hash().unwrap();
            let lost = lost(&card, item, &blobs, &rows);
            faults.extend(lost.iter().map(|line| format!("{place}: lost: {line}")));
            *kinds.entry(item.kind().name()).or_default() += 1;
            properties += card.properties.len();
            raw += item.raw.len();
            for finding in mapped.findings.iter() {
                if finding.effect > airbridge::finding::Effect::Noted {
                    *findings.entry(finding.code).or_default() += 1;
                    println!("{name}: {finding}");
                }
            }
        }
    }
    println!("{kinds:?}; {raw} of {properties} properties are raw, or raw too");
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
    let expected: BTreeMap<_, _> = EXPECTED.iter().map(|row| (row.0, row.1)).collect();
    if !kinds.is_empty() {
        assert_eq!(findings, expected);
    }
}

/// One card with these lines.
fn card(lines: &str) -> Vec<u8> {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{lines}\r\nEND:VCARD\r\n").into_bytes()
}

/// Files that grow with a number: name, and how they are made.
type Hostile = (&'static str, fn(usize) -> Vec<u8>);

const HOSTILE: &[Hostile] = &[
    ("cards that never end", |n| b"BEGIN:VCARD\n".repeat(n)),
    ("ends that never began", |n| b"x:y\nEND:VCARD\n".repeat(n)),
    ("agents in agents", |n| {
        let open = "AGENT:\r\nBEGIN:VCARD\r\n".repeat(n);
        card(&format!("{open}{}", "END:VCARD\r\n".repeat(n)))
    }),
    ("agents that never end", |n| {
        card(&"AGENT:\nBEGIN:VCARD\nFN:x\n".repeat(n))
    }),
    ("folds", |n| card(&format!("NOTE:x{}", "\r\n x".repeat(n)))),
    ("folds without a colon", |n| {
        card(&format!("NOTE{}", "\r\n x".repeat(n)))
    }),
    ("folds in quotes", |n| {
        card(&format!("NOTE;X=\"{}", "\r\n :".repeat(n)))
    }),
    ("blank lines", |n| card(&"\r\n \r\n".repeat(n))),
    ("soft line breaks", |n| {
        card(&format!("NOTE;QUOTED-PRINTABLE:x{}", "=\r\n".repeat(n)))
    }),
    ("equals signs", |n| {
        card(&format!("NOTE;QUOTED-PRINTABLE:{}", "=".repeat(n)))
    }),
    ("bare Base64", |n| {
        card(&format!("PHOTO;BASE64:{}", "\r\nQUJD".repeat(n)))
    }),
    ("Base64 between blank lines", |n| {
        card(&format!("PHOTO;BASE64:{}", "\r\n\r\n QUJD".repeat(n)))
    }),
    ("parameters", |n| {
        card(&format!("TEL{}:1", ";a=b".repeat(n)))
    }),
    ("types", |n| {
        card(&format!("TEL;TYPE={}:1", "home,".repeat(n)))
    }),
    ("quotes", |n| {
        card(&format!("TEL;TYPE={}:1", "\"".repeat(n)))
    }),
    ("components", |n| card(&format!("N:{}", ";".repeat(n)))),
    ("values of a list", |n| {
        card(&format!("CATEGORIES:{}", "a,".repeat(n)))
    }),
    ("escapes", |n| card(&format!("NOTE:{}", "\\".repeat(n)))),
    ("carets", |n| {
        card(&format!("ADR;LABEL={}:;;x", "^".repeat(n)))
    }),
    ("properties", |n| card(&"X:\r\n".repeat(n))),
    ("bad lines", |n| card(&"what\r\n".repeat(n))),
    ("labels", |n| {
        let lines = (0..n).map(|at| format!("g{at}.X-ABLabel:Work\r\ng{at}.TEL:1\r\n"));
        card(&lines.collect::<String>())
    }),
    ("one group", |n| {
        card(&"g.X-ABADR:de\r\ng.ADR:;;x\r\ng.X-ABLabel:y\r\n".repeat(n))
    }),
    ("postal labels", |n| {
        card(&"LABEL;HOME:x\r\nADR;HOME:;;y\r\n".repeat(n))
    }),
    ("mail addresses", |n| {
        card(&"EMAIL:a@example.org\r\n".repeat(n))
    }),
    ("relations", |n| card(&"RELATED;TYPE=child:x\r\n".repeat(n))),
    ("members", |n| {
        card(&format!(
            "KIND:group\r\n{}",
            "MEMBER:urn:uuid:x\r\n".repeat(n)
        ))
    }),
    ("NUL", |n| vec![0; n]),
    ("UTF-16 cut in half", |n| {
        let text = "\u{feff}BEGIN:VCARD\r\nFN:\u{d7ff}\r\n".to_owned() + &"NOTE:x\r\n".repeat(n);
        let mut bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.pop();
        bytes
    }),
];

/// Processor time of this thread, where the system tells it.
fn processor_time() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

#[test]
fn work_grows_with_the_size_and_no_faster() {
    for (name, make) in HOSTILE {
        let mut times = Vec::new();
        for n in [2_500, 5_000, 10_000] {
            let bytes = make(n);
            let begun = Instant::now();
            let before = processor_time();
            let (file, all) = read(&bytes);
            assert_eq!(file.count(), all.len() as u64);
            assert!(file.count() <= file.seen());
            drop(all);
            if let (Some(before), Some(after)) = (before, processor_time()) {
                times.push(after - before);
            }
            assert!(
                begun.elapsed().as_secs() < 60,
                "{name} at {n} takes too long"
            );
        }
        if let [one, _, four] = times[..] {
            let most = 4 * one * 5 / 2 + 50_000_000;
            assert!(
                four <= most,
                "{name}: {} ms, then {} ms",
                one / 1_000_000,
                four / 1_000_000
            );
        }
    }
}

#[test]
fn floods_end_in_findings() {
    let many = card(&"X:1\r\n".repeat(150_000));
    let (_, all) = read(&many);
    let codes: Vec<_> = all[0].1.findings.iter().map(|own| own.code).collect();
    assert!(
        codes.contains(&"vcard.card.too-many-properties"),
        "{codes:?}"
    );
    let mut large = b"BEGIN:VCARD\r\nFN:x\r\nPHOTO;ENCODING=b:".to_vec();
    large.resize(40 << 20, b'A');
    large.extend_from_slice(b"\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:y\r\nEND:VCARD\r\n");
    let (_, all) = read(&large);
    assert_eq!((all[0].1.item.title(), all[1].1.item.title()), ("x", "y"));
    let codes: Vec<_> = all[0].1.findings.iter().map(|own| own.code).collect();
    assert!(codes.contains(&"vcard.card.too-large"), "{codes:?}");
}

#[test]
fn base64_of_others_is_read() {
    let mut random = StdRng::seed_from_u64(64);
    for len in 0..200 {
        let bytes: Vec<u8> = (0..len).map(|_| random.random()).collect();
        let text = airbridge::item::base64::encode(&bytes);
        let read = airbridge::vcard::encoding::base64;
        assert_eq!(read(text.as_bytes()).as_ref(), Some(&bytes));
        assert_eq!(read(text.trim_end_matches('=').as_bytes()), Some(bytes));
    }
}

/// Any file cut off anywhere, and any file with a few bytes changed, gives cards and findings.
#[test]
fn damage_costs_no_more_than_what_it_touches() {
    let mut random = StdRng::seed_from_u64(2026);
    let mut cards = 0;
    for (_, bytes) in corpus() {
        for _ in 0..8 {
            let cut = random.random_range(0..=bytes.len());
            cards += read(&bytes[..cut]).1.len();
            let mut changed = bytes.clone();
            for _ in 0..random.random_range(1..8) {
                let at = random.random_range(0..changed.len());
                match random.random_range(0..4) {
                    0 => changed[at] = random.random(),
                    1 => changed[at] = b"\r\n:;,=\\\" \0"[random.random_range(0..10)],
                    2 => {
                        changed.remove(at);
                    }
                    _ => {
                        let to = (at + random.random_range(1..64)).min(changed.len());
                        let piece = changed[at..to].to_vec();
                        changed.splice(at..at, piece);
                    }
                }
                if changed.is_empty() {
                    break;
                }
            }
            for (_, mapped) in read(&changed).1 {
                serde_json::to_string(&mapped.item).unwrap();
                cards += 1;
            }
        }
    }
    println!("{cards} cards");
}

/// Cards before and after a damaged one are those of the whole file.
#[test]
fn a_damaged_card_costs_no_other() {
    let one = |number: usize| {
        format!(
            "BEGIN:VCARD\r\nVERSION:2.1\r\nFN:name {number}\r\n\
             NOTE;QUOTED-PRINTABLE:a=\r\nb\r\nEND:VCARD\r\n"
        )
    };
    let mut random = StdRng::seed_from_u64(7);
    for _ in 0..300 {
        let middle = one(1);
        let mut bytes = middle.clone().into_bytes();
        for _ in 0..6 {
            let at = random.random_range(0..bytes.len());
            bytes[at] = random.random();
        }
        let file = [one(0).as_bytes(), &bytes, b"\r\n", one(2).as_bytes()].concat();
        let (_, all) = read(&file);
        let titles: Vec<_> = all
            .iter()
            .map(|(_, own)| own.item.title().to_owned())
            .collect();
        assert_eq!(
            titles.first().map(String::as_str),
            Some("name 0"),
            "{titles:?}"
        );
        assert_eq!(
            titles.last().map(String::as_str),
            Some("name 2"),
            "{titles:?}"
        );
    }
}
