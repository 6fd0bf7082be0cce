//! MSG and OFT against olefile, which gives their streams, and extract-msg, which gives their
//! meaning: every property, name, recipient and attachment of every file of the corpus.
//!
//! Where they differ, [`EXPLAINED`] says which one is right and why.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;
#[path = "judges/stored.rs"]
mod stored;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use airbridge::content::read_all;
use airbridge::file_bytes::FileBytes;
use airbridge::finding::Effect;
use airbridge::item::{self, Content, Item, Text};
use airbridge::mapi::{
    Attachment, AttachmentData, Message, NameId, Property, PropertyBag, codepage,
};
use airbridge::mapping::{Context, Mapped, mapi::to_item};
use airbridge::source::{ReadingOptions, Sources, StoreSource};
use judges::Verdict;
use serde_json::{Value as Json, json};
use stored::{sha256, value};

/// Differences that are understood: how many, of which sort, and which reader is right by the
/// bytes.
const EXPLAINED: &[(&str, usize, &str)] = &[
    (
        "element",
        3,
        "streams and storages that MS-OXMSG does not know; airbridge keeps them raw, olefile's \
         script passes over them",
    ),
    (
        "seen-attachment-name",
        2,
        "extract-msg opens the one attachment of a clear-signed message and names what is in it; \
         the attachment itself has no name, and is kept whole",
    ),
    (
        "seen-attachments",
        2,
        "the changed occurrences of a series, which airbridge has with the series",
    ),
    (
        "seen-body",
        5,
        "three 8-bit texts whose code page is told by the locale, or is Windows' own where nothing \
         tells; extract-msg takes Latin-1 or its default. Two empty bodies beside an RTF body, \
         from which airbridge makes the plain text",
    ),
    (
        "seen-recipients",
        1,
        "an 8-bit text whose code page is told by the locale",
    ),
    (
        "seen-subject",
        3,
        "8-bit texts whose code page is told by the locale, or by PidTagInternetCodepage where \
         nothing else tells; extract-msg takes its default",
    ),
];

/// Files that were damaged on purpose: their directories overlap, so that no two readers agree on
/// what is in them. They give an item and findings.
const DAMAGED: [&str; 4] = [
    "msg/apache__poi/clusterfuzz-testcase-minimized-POIHSMFFuzzer-4735011465854976.msg",
    "msg/apache__poi/clusterfuzz-testcase-minimized-POIHSMFFuzzer-4848576776503296.msg",
    "msg/apache__poi/clusterfuzz-testcase-minimized-POIHSMFFuzzer-5336473854148608.msg",
    "msg/apache__poi/unknown_properties.msg",
];

/// The property set of elements that are no part of a message, which airbridge keeps raw.
const ELEMENTS: &str = "8c1e52b7-3f0d-4e6a-9a51-7d20c48be613";

#[test]
fn every_file_reads_as_foreign_readers_read_it() {
    let Some(files) = judges::files("msg", &["msg", "oft"]) else {
        return;
    };
    let modules = ["olefile", "extract_msg"];
    let Some(lines) = judges::python("msg_items.py", &modules, &files) else {
        return;
    };
    assert_eq!(lines.len(), files.len());
    let mut verdict = Verdict::default();
    let mut items = 0;
    for ((name, path), line) in files.iter().zip(&lines) {
        let bytes = FileBytes::open(path).unwrap();
        let (message, findings) = airbridge::msg::read(&bytes, None).unwrap();
        items += 1;
        if DAMAGED.contains(&name.as_str()) {
            assert!(findings.worst() == Some(Effect::Lost), "{name}");
            continue;
        }
        assert!(findings.worst() < Some(Effect::Altered), "{name}");
        let mapped = to_item(&message, &Context::default());
        if let Some(error) = line.get("error") {
            verdict.differ("not-read-by-olefile", name, error);
        } else {
            compare_names(&message.props, &line["names"], name, &mut verdict);
            compare_message(&message, &line["stored"], None, name, &mut verdict);
        }
        match line.get("seen") {
            Some(seen) => compare_item(&mapped.item, &mapped, seen, name, &mut verdict),
            None => verdict.differ("not-read-by-extract-msg", name, &line["not_seen"]),
        }
    }
    let templates = files.iter().filter(|(_, path)| {
        let bytes = FileBytes::open(path).unwrap();
        airbridge::msg::read(&bytes, None).unwrap().0.template
    });
    let templates: Vec<_> = templates.map(|(name, _)| name.rsplit('/').next()).collect();
    assert_eq!(templates, [Some("sample.oft")]);
    assert!(items >= 171, "the corpus has shrunk: {items}");
    verdict.judge(EXPLAINED);
}

/// Messages of each store of the corpus that are written, spread over it.
const EACH: usize = 4;

/// Differences of what airbridge writes: of files of the corpus, between what extract-msg makes of
/// them and of ours.
const WRITTEN: &[(&str, usize, &str)] = &[
    (
        "element",
        3,
        "streams and storages that MS-OXMSG does not know, given back as they were; olefile's \
         script passes over them",
    ),
    (
        "seen-body",
        3,
        "8-bit texts that extract-msg decodes by its default; ours are Unicode, and right",
    ),
    (
        "seen-recipients",
        5,
        "a NUL at the end of an address, which ours has not; 8-bit texts as above",
    ),
    (
        "seen-subject",
        4,
        "8-bit texts that extract-msg decodes by its default; ours are Unicode, and right",
    ),
];

#[test]
fn foreign_readers_read_what_is_written() {
    let Some(files) = judges::files("msg", &["msg", "oft"]) else {
        return;
    };
    let Some(stores) = judges::corpus() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut written = Vec::new();
    let mut write = |name: &str, message: &Message| {
        let path = folder.path().join(format!("{}.msg", written.len()));
        airbridge::msg::write::create(&path, message).unwrap();
        written.push((name.to_owned(), path));
    };
    // What damage left of a message says little of its writing.
    let mut originals = Vec::new();
    for (name, path) in files
        .iter()
        .filter(|(name, _)| !DAMAGED.contains(&name.as_str()))
    {
        let (message, _) = airbridge::msg::read(&FileBytes::open(path).unwrap(), None).unwrap();
        write(name, &message);
        originals.push((name.clone(), path.clone()));
    }
    let paths: Vec<_> = stores.into_iter().map(|(_, path)| path).collect();
    let sources = Sources::open(&paths, ReadingOptions::default()).unwrap();
    for store in sources.stores() {
        let jobs: Vec<_> = StoreSource::jobs(store).collect();
        let step = jobs.len().div_ceil(EACH).max(1);
        for job in jobs.iter().step_by(step) {
            if let Ok((message, _)) = job.read() {
                write(
                    &format!("{} {}", job.source.name(), job.locator()),
                    &message,
                );
            }
        }
    }
    let modules = ["olefile", "extract_msg"];
    let asked: Vec<_> = originals.into_iter().chain(written.clone()).collect();
    let Some(mut lines) = judges::python("msg_items.py", &modules, &asked) else {
        return;
    };
    let ours = lines.split_off(lines.len() - written.len());
    let mut verdict = Verdict::default();
    for ((name, path), line) in written.iter().zip(&ours) {
        let (message, _) = airbridge::msg::read(&FileBytes::open(path).unwrap(), None).unwrap();
        if let Some(error) = line.get("error") {
            verdict.differ("not-read-by-olefile", name, error);
            continue;
        }
        compare_names(&message.props, &line["names"], name, &mut verdict);
        compare_message(&message, &line["stored"], None, name, &mut verdict);
    }
    for ((theirs, ours), (name, _)) in lines.iter().zip(&ours).zip(&written) {
        match (theirs.get("seen"), ours.get("seen")) {
            (Some(theirs), Some(ours)) => {
                for (key, value) in theirs.as_object().unwrap() {
                    verdict.same(&format!("seen-{key}"), name, &ours[key], value);
                }
            }
            (theirs, ours) => {
                let sort = "seen-by-extract-msg";
                verdict.same(sort, name, &ours.is_some(), &theirs.is_some());
            }
        }
    }
    verdict.judge(WRITTEN);
}

/// Names are one map for the whole file.
fn compare_names(bag: &PropertyBag, theirs: &Json, place: &str, verdict: &mut Verdict) {
    for property in bag.iter().filter(|own| own.tag.id() >= 0x8000) {
        if is_element(property) {
            continue;
        }
        let own = property.name.as_deref().map(|name| {
            let set = match name.set.to_string().as_str() {
                "00020328-0000-0000-c000-000000000046" => "ps_mapi".to_owned(),
                "00020329-0000-0000-c000-000000000046" => "ps_public".to_owned(),
                _ => stored::shown(&name.set.0),
            };
            match &name.id {
                NameId::Lid(lid) => json!([set, lid]),
                NameId::Text(text) => json!([set, text]),
            }
        });
        let theirs = theirs.get(property.tag.id().to_string());
        verdict.compared += 1;
        if own.as_ref() != theirs {
            verdict.differ("name", place, format!("{own:?}, theirs {theirs:?}"));
        }
    }
}

fn is_element(property: &Property) -> bool {
    let set = property.name.as_ref().map(|name| name.set.to_string());
    set.as_deref() == Some(ELEMENTS)
}

fn compare_message(
    own: &Message,
    theirs: &Json,
    outer: Option<u16>,
    place: &str,
    verdict: &mut Verdict,
) {
    let page = codepage::item_code_page(&own.props).or(outer);
    let page = page.unwrap_or(codepage::WESTERN);
    compare_bag(&own.props, &theirs["props"], page, place, verdict);
    let rows = theirs["recipients"].as_array().unwrap();
    verdict.same("recipients", place, &own.recipients.len(), &rows.len());
    for (number, (own, theirs)) in own.recipients.iter().zip(rows).enumerate() {
        compare_bag(
            own,
            theirs,
            page,
            &format!("{place} recipient {number}"),
            verdict,
        );
    }
    let rows = theirs["attachments"].as_array().unwrap();
    verdict.same("attachments", place, &own.attachments.len(), &rows.len());
    for (number, (own, theirs)) in own.attachments.iter().zip(rows).enumerate() {
        compare_attachment(
            own,
            theirs,
            page,
            &format!("{place} file {number}"),
            verdict,
        );
    }
}

fn compare_attachment(
    own: &Attachment,
    theirs: &Json,
    page: u16,
    place: &str,
    verdict: &mut Verdict,
) {
    compare_bag(&own.props, &theirs["props"], page, place, verdict);
    match &own.data {
        AttachmentData::Message(message) if theirs.get("message").is_some() => {
            compare_message(message, &theirs["message"], Some(page), place, verdict);
        }
        AttachmentData::Ole(data) if theirs.get("storage").is_some() => {
            let bytes = read_all(data.as_ref(), 1 << 30).unwrap();
            assert_eq!(bytes.len() as u64, data.size(), "{place}");
            verdict.same("storage", place, &streams(bytes), &theirs["storage"]);
        }
        AttachmentData::File(data) | AttachmentData::Ole(data) => {
            let bytes = read_all(data.as_ref(), 1 << 30).unwrap();
            let own = json!({ "size": bytes.len(), "sha256": sha256(&bytes) });
            verdict.same("attachment-bytes", place, &own, &theirs["data"]);
        }
        AttachmentData::None | AttachmentData::Reference => {
            verdict.same("attachment-bytes", place, &Json::Null, &theirs["data"]);
        }
        AttachmentData::Message(_) => verdict.differ("message", place, theirs),
    }
}

/// The streams of a compound file, as the crate `cfb` reads it, which is strict.
fn streams(bytes: Vec<u8>) -> Json {
    let mut file = cfb::CompoundFile::open_strict(Cursor::new(bytes)).unwrap();
    let paths: Vec<_> = file
        .walk()
        .filter(cfb::Entry::is_stream)
        .map(|entry| entry.path().to_path_buf())
        .collect();
    let mut streams = serde_json::Map::new();
    for path in paths {
        let mut bytes = Vec::new();
        file.open_stream(&path)
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        let name = path.to_str().unwrap().trim_start_matches('/').to_owned();
        let digest = json!({ "size": bytes.len(), "sha256": sha256(&bytes) });
        streams.insert(name, digest);
    }
    Json::Object(streams)
}

fn compare_bag(own: &PropertyBag, theirs: &Json, page: u16, place: &str, verdict: &mut Verdict) {
    let mut rest: BTreeMap<u64, _> = own
        .iter()
        .map(|own| (u64::from(own.tag.id()), own))
        .collect();
    for row in theirs.as_array().unwrap() {
        verdict.compared += 1;
        let Some(own) = rest.remove(&row[0].as_u64().unwrap()) else {
            verdict.differ("property-missing", place, row);
            continue;
        };
        let kind = own.tag.kind().0;
        let narrow = matches!(kind, 0x1E | 0x101E).then_some(page);
        let empty = json!("");
        let wanted = if row[2].is_null() { &empty } else { &row[2] };
        let same = u64::from(kind) == row[1] && value(&own.value, narrow) == *wanted;
        if !same {
            let detail = format!("{own:?}, theirs {row}")
                .chars()
                .take(300)
                .collect::<String>();
            verdict.differ("property-bytes", place, detail);
        }
    }
    for own in rest.into_values() {
        let sort = if is_element(own) {
            "element"
        } else {
            "property-extra"
        };
        let detail = format!("{own:?}").chars().take(200).collect::<String>();
        verdict.differ(sort, place, detail);
    }
}

/// Compares an item with what extract-msg makes of the same message.
fn compare_item(own: &Item, mapped: &Mapped, theirs: &Json, place: &str, verdict: &mut Verdict) {
    let mut same = |what: &str, own: Json, theirs: &Json| verdict.same(what, place, &own, theirs);
    same("seen-class", json!(own.class), &theirs["class"]);
    let title = Some(own.title()).filter(|title| !title.is_empty());
    if !matches!(
        own.content,
        Content::Contact(_) | Content::DistributionList(_)
    ) {
        same(
            "seen-subject",
            json!(title.unwrap_or_default()),
            &json!(theirs["subject"].as_str().unwrap_or_default()),
        );
    }
    if let Content::Email(email) = &own.content {
        let date = email.sent.or(email.received);
        // Of what is not marked as sent extract-msg gives no date.
        if let Some(theirs) = theirs["date"].as_str() {
            let own = date.map(|date| date.to_string());
            let own = own.and_then(|own| Some(own.get(..19)?.to_owned()));
            same("seen-date", json!(own), &json!(theirs.get(..19)));
        }
        let own = email
            .body
            .plain
            .as_ref()
            .map(|text| words(&plain(text, mapped)));
        let body = theirs["body"].as_str().map(words);
        if own.is_some() {
            same("seen-body", json!(own), &json!(body));
        }
        let own: Vec<_> = email
            .to
            .iter()
            .chain(&email.cc)
            .chain(&email.bcc)
            .map(|to| json!(to.name))
            .collect();
        let mut theirs: Vec<Json> = theirs["recipients"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| json!(one["name"].as_str().unwrap_or_default()))
            .collect();
        let mut own = own;
        own.sort_by_key(Json::to_string);
        theirs.sort_by_key(Json::to_string);
        same("seen-recipients", json!(own), &json!(theirs));
    }
    let rows = theirs["attachments"].as_array().unwrap();
    same(
        "seen-attachments",
        json!(own.attachments.len()),
        &json!(rows.len()),
    );
    for (own, theirs) in own.attachments.iter().zip(rows) {
        match (&own.data, theirs.get("message")) {
            (item::AttachmentData::Item { item }, Some(theirs)) => {
                compare_item(item, mapped, theirs, &format!("{place} inside"), verdict);
            }
            _ => {
                if let Some(name) = theirs["name"].as_str() {
                    verdict.same(
                        "seen-attachment-name",
                        place,
                        &json!(own.name),
                        &json!(name),
                    );
                }
            }
        }
    }
}

/// Words of a body, since readers differ in white space.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plain(text: &Text, mapped: &Mapped) -> String {
    match text {
        Text::Inline(text) => text.clone(),
        Text::Blob(item::BlobRef::Pending { pending }) => {
            String::from_utf8(read_all(&*mapped.contents[*pending], 1 << 30).unwrap()).unwrap()
        }
        Text::Blob(_) => panic!("packed"),
    }
}
