//! Archives of Outlook for Mac as Python's zipfile and ElementTree read them: the same items,
//! with the
//! same values.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;
mod olm_fixture;
mod zip_maker;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use airbridge::content::ContentRef;
use airbridge::item::{AttachmentData, BlobRef, Content, Party, Text};
use airbridge::mapping::Mapped;
use airbridge::source::{ReadingOptions, Sources};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Differences that stay: start of the place, field, why, and who is right.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "Accounts/ann@example.org/Address Book/Contacts.xml, contact 2",
        "title",
        "a contact without a name to show gets one of what it has",
    ),
    (
        "Accounts/ann@example.org/com.microsoft.__Messages/Inbox/Kunden/message_00000.xml",
        "title, id, from, to, bodies",
        "what only the source of the message tells is read from it",
    ),
    (
        "Accounts/ann@example.org/com.microsoft.__Messages/Inbox/message_00001.xml",
        "attachments",
        "the calendar beside the message is an attachment",
    ),
];

fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(contents: &[ContentRef], blob: &BlobRef) -> Vec<u8> {
    let BlobRef::Pending { pending } = blob else {
        panic!("{blob:?}")
    };
    let mut bytes = Vec::new();
    contents[*pending]
        .open()
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn address(party: &Party) -> Value {
    let other = party
        .address
        .as_deref()
        .map(|own| own.strip_prefix("EX:").unwrap_or(own));
    json!(party.email.as_deref().or(other))
}

fn addresses<'p>(parties: impl IntoIterator<Item = &'p Party>) -> Value {
    parties.into_iter().map(address).collect()
}

/// An item in the words of the judge.
fn described(mapped: &Mapped) -> BTreeMap<&'static str, Value> {
    let item = &mapped.item;
    let time = |own: Option<jiff::Timestamp>| json!(own.map(|own| own.to_string()));
    let mut told = BTreeMap::from([
        (
            "title",
            json!(Some(item.title()).filter(|title| !title.is_empty())),
        ),
        ("modified", time(item.modified)),
        ("categories", json!(item.categories)),
    ]);
    match &item.content {
        Content::Email(email) => {
            let text = |own: &Option<Text>| match own.as_ref()? {
                Text::Inline(text) => Some(digest(text.as_bytes())),
                Text::Blob(blob) => Some(digest(&bytes(&mapped.contents, blob))),
            };
            let bodies = [text(&email.body.plain), text(&email.body.html)];
            let mut bodies: Vec<_> = bodies.into_iter().flatten().collect();
            bodies.sort();
            let attached = item.attachments.iter().map(|own| match &own.data {
                AttachmentData::File { blob } => {
                    json!([own.name, digest(&bytes(&mapped.contents, blob))])
                }
                _ => json!([own.name, null]),
            });
            told.extend([
                ("id", json!(email.message_id)),
                ("sent", time(email.sent)),
                ("received", time(email.received)),
                ("from", addresses(&email.from)),
                ("to", addresses(&email.to)),
                ("cc", addresses(&email.cc)),
                ("bcc", addresses(&email.bcc)),
                ("read", json!(email.state.read)),
                ("thread", json!(email.conversation.index)),
                ("bodies", json!(bodies)),
                ("attachments", attached.collect()),
            ]);
        }
        Content::Meeting(meeting) => told.extend([
            ("start", time(meeting.start)),
            ("end", time(meeting.end)),
            ("place", json!(meeting.location)),
            (
                "attendees",
                addresses(meeting.attendees.iter().map(|own| &own.party)),
            ),
        ]),
        Content::Contact(contact) => {
            told.insert(
                "addresses",
                addresses(contact.emails.iter().map(|own| &own.party)),
            );
        }
        Content::DistributionList(list) => {
            told.insert(
                "members",
                addresses(list.members.iter().map(|own| &own.party)),
            );
        }
        _ => {}
    }
    told
}

fn corpus() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/olm");
    let files = walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .flatten();
    files
        .filter(|own| own.path().extension().is_some_and(|ending| ending == "olm"))
        .map(|own| own.path().to_path_buf())
        .collect()
}

/// What the judge says of these archives, in their order.
fn judged(paths: &[PathBuf]) -> Option<Vec<Value>> {
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    judges::python_of("olm_items.py", &[], &["zipfile"], &paths)
}

#[test]
fn items_are_those_that_python_reads() {
    let directory = tempfile::tempdir().unwrap();
    let ours = directory.path().join("ours.olm");
    fs::write(&ours, olm_fixture::archive()).unwrap();
    let mut paths = corpus();
    if paths.is_empty() {
        judges::skip("../shared/corpus is not here");
    }
    paths.push(ours);
    let Some(judged) = judged(&paths) else { return };
    let mut expected = judged.into_iter();
    let mut faults = Vec::new();
    let mut used = vec![false; DIFFERENCES.len()];
    let mut items = 0;
    for path in &paths {
        let sources = Sources::open(std::slice::from_ref(path), ReadingOptions::default()).unwrap();
        for job in sources.jobs() {
            for mapped in job.items().unwrap() {
                items += 1;
                let place = mapped.item.provenance[0].locator.clone();
                let Some(judged) = expected.next() else {
                    faults.push(format!("{place}: one more than the judge reads"));
                    continue;
                };
                if !place.starts_with(judged["file"].as_str().unwrap()) {
                    faults.push(format!("{place}: the judge has {}", judged["file"]));
                }
                for (field, own) in described(&mapped) {
                    if judged[field] == own {
                        continue;
                    }
                    let known = DIFFERENCES.iter().position(|(start, fields, _)| {
                        place == *start && fields.split(", ").any(|known| known == field)
                    });
                    match known {
                        Some(known) => used[known] = true,
                        None => {
                            faults.push(format!("{place}: {field}: {own}, judge {}", judged[field]))
                        }
                    }
                }
            }
        }
    }
    faults.extend(expected.map(|own| format!("only the judge reads {}", own["file"])));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(
        used.iter().all(|used| *used),
        "a difference is gone: take it off the table"
    );
    assert!(items >= 14, "{items}");
    println!("{items} items compared");
}
