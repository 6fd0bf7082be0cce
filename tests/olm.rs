//! Archives of Outlook for Mac: every kind of item, and what bad archives end in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod olm_fixture;
mod zip_maker;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

use airbridge::content::{ContentRef, read_all};
use airbridge::file_bytes::FileBytes;
use airbridge::finding::Effect;
use airbridge::item::{Blob, BlobRef, Content, Item, RawValue};
use airbridge::mapping::{Mapped, olm::fidelity};
use airbridge::olm::{Element, Olm};
use airbridge::source::{ReadingOptions, Sources};
use rand::{Rng, SeedableRng};
use serde_json::Value;
use sha2::{Digest, Sha256};
use zip_maker::{Way, Zip};

/// Everything that comes of an archive, and the codes found in it as a whole.
fn read(bytes: &[u8]) -> (Vec<Mapped>, Vec<(&'static str, Effect)>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.olm");
    fs::write(&path, bytes).unwrap();
    let Ok(sources) = Sources::open(&[path], ReadingOptions::default()) else {
        return Default::default();
    };
    let items = sources
        .jobs()
        .filter_map(|job| job.items().ok())
        .flatten()
        .collect();
    let found = sources.findings().next().unwrap_or_default();
    (
        items,
        found.iter().map(|own| (own.code, own.effect)).collect(),
    )
}

fn packed(mapped: &Mapped) -> Value {
    let mut item = mapped.item.clone();
    pack(&mut item, &mapped.contents);
    serde_json::to_value(&item).unwrap()
}

/// The item with its references to bytes resolved.
fn pack(item: &mut Item, contents: &[ContentRef]) {
    let mut used = BTreeSet::new();
    item.try_visit_blobs(|reference| {
        if let BlobRef::Pending { pending } = *reference {
            assert!(
                used.insert(pending),
                "content {pending} is referred to twice"
            );
            let bytes = read_all(&*contents[pending], 1 << 30).unwrap_or_default();
            let digest = Sha256::digest(&bytes);
            *reference = BlobRef::Packed(Blob {
                sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
                size: bytes.len() as u64,
            });
        }
        Ok::<_, ()>(())
    })
    .unwrap();
    assert_eq!(
        used.len(),
        contents.len(),
        "contents that nothing refers to"
    );
}

fn raw(item: &Value) -> BTreeMap<String, String> {
    let all = item["raw"].as_array().into_iter().flatten();
    all.map(|own| {
        assert_eq!(own["type"], "olm");
        (
            own["name"].as_str().unwrap().to_owned(),
            own["value"].to_string(),
        )
    })
    .collect()
}

#[test]
fn every_kind_is_read_with_all_that_it_says() {
    let (items, found) = read(&olm_fixture::archive());
    let records: Vec<Value> = items.iter().map(packed).collect();
    let titles: Vec<&str> = items.iter().map(|own| own.item.title()).collect();
    assert_eq!(
        titles,
        [
            "Bo Müller",
            "Only Ltd",
            "Board",
            "Jour fixe",
            "Jour fixe, late",
            "Fair",
            "Lunar",
            "Call Bo",
            "Done",
            "Ideas",
            "RE: Offer",
            "Grüße",
            "Lunch",
            "Old",
        ]
    );
    assert_eq!(
        found,
        [
            ("olm.categories.list", Effect::Noted),
            ("olm.file.unknown", Effect::Noted)
        ]
    );
    let [
        contact,
        _,
        group,
        weekly,
        changed,
        fair,
        lunar,
        task,
        done,
        note,
        offer,
        source,
        invite,
        old,
    ] = <[Value; 14]>::try_from(records).unwrap();

    assert_eq!(
        contact["provenance"][0]["folder"],
        serde_json::json!(["ann@example.org", "Address Book"])
    );
    assert_eq!(contact["categories"], serde_json::json!(["Supplier"]));
    assert_eq!(contact["birthday"], "1970-03-01");
    assert_eq!(contact["anniversary"], "2001-06-30");
    assert_eq!(contact["emails"][0]["email"], "bo@example.com");
    assert_eq!(contact["emails"][1]["email"], "bo.home@example.com");
    assert_eq!(
        contact["phones"][1],
        serde_json::json!({"kind": "mobile", "number": "+49 170 2"})
    );
    assert_eq!(contact["addresses"][0]["street"], "Ring 1\nHof");
    assert_eq!(contact["photo"]["size"], 8);
    assert_eq!(contact["im_address"], "bo-im");
    let kept: Vec<_> = raw(&contact).into_keys().collect();
    assert_eq!(
        kept,
        [
            "OPFContactAddPictureType",
            "OPFContactCopyBirthday",
            "OPFContactCopyBloodType",
            "OPFContactCopyCategoryList",
            "OPFContactCopyDefaultEmailAddress",
            "OPFContactCopyDefaultIMAddress",
            "OPFContactCopyEmailAddressList",
        ]
    );

    assert_eq!(
        group["members"][1],
        serde_json::json!({"email": "cy@example.net"})
    );

    assert_eq!(weekly["private"], true);
    assert_eq!(weekly["start"], "2024-05-06T07:00:00Z");
    assert_eq!(weekly["time_zone"]["windows"], "W. Europe Standard Time");
    assert_eq!(weekly["time_zone"]["iana"], "Europe/Berlin");
    let recurrence = &weekly["recurrence"];
    assert_eq!(
        recurrence["rule"],
        "FREQ=WEEKLY;COUNT=10;INTERVAL=2;BYDAY=MO,FR;WKST=SU"
    );
    assert_eq!(
        (
            &recurrence["start"],
            &recurrence["start_minutes"],
            &recurrence["end_minutes"]
        ),
        (&"2024-05-06".into(), &540.into(), &630.into())
    );
    assert_eq!(
        weekly["reminder"],
        serde_json::json!({"set": true, "minutes": 15})
    );
    assert_eq!(weekly["attendees"][0]["response"], "accepted");
    assert_eq!(weekly["attendees"][1]["kind"], "resource");
    assert_eq!(changed["series_uid"], weekly["series_uid"]);
    assert_eq!(changed["original_date"], "2024-05-10");
    assert_ne!(changed["id"], weekly["id"]);
    assert_eq!(
        (&fair["start_date"], &fair["end_date"]),
        (&"2024-05-06".into(), &"2024-05-08".into())
    );
    assert_eq!(
        fair["recurrence"]["rule"],
        "FREQ=YEARLY;BYMONTHDAY=6;BYMONTH=5"
    );
    assert!(
        lunar["recurrence"].is_null() && raw(&lunar).contains_key("OPFCalendarEventCopyRecurrence")
    );

    assert_eq!(
        (&task["due"], &task["start"]),
        (&"2024-05-31".into(), &"2024-05-30".into())
    );
    assert_eq!(task["importance"], "low");
    assert_eq!(task["reminder"]["due"], "2024-05-30T07:00:00Z");
    assert_eq!(
        (&done["status"], &done["completed"]),
        (&"complete".into(), &"2024-05-02".into())
    );
    assert_eq!(note["body"]["plain"], "Milk\nBread");
    assert_eq!(note["created"], "2023-01-01T00:00:00Z");

    assert_eq!(
        offer["provenance"][0]["folder"],
        serde_json::json!(["ann@example.org", "Inbox"])
    );
    assert_eq!(
        offer["categories"],
        serde_json::json!(["Customer: Müller & Co"])
    );
    assert_eq!(
        offer["from"],
        serde_json::json!({"name": "Bo <B>", "email": "bo@example.com"})
    );
    assert_eq!(
        offer["to"][1],
        serde_json::json!({"name": "Dee", "address": "EX:/O=EXAMPLE/OU=X/CN=DEE"})
    );
    assert_eq!(
        offer["references"],
        serde_json::json!(["zero@example.com", "first@example.com"])
    );
    assert_eq!(offer["body"]["plain"], "Grüße & mehr\nzweite Zeile");
    assert_eq!(offer["body"]["html"], "<html><body>Grüße</body></html>");
    assert_eq!(offer["importance"], "high");
    assert_eq!(
        offer["follow_up"],
        serde_json::json!({"status": "flagged", "due": "2024-05-08"})
    );
    assert_eq!(offer["conversation"]["index"], "010203");
    let attached = &offer["attachments"][0];
    assert_eq!(
        (
            &attached["name"],
            &attached["blob"]["size"],
            &attached["content_id"]
        ),
        (&"Übersicht.pdf".into(), &11.into(), &"pic@x".into())
    );
    assert!(attached["raw"].is_null());
    assert_eq!(offer["attachments"][1]["holds"], "nothing");
    let codes: Vec<_> = items[10].findings.iter().map(|own| own.code).collect();
    assert_eq!(codes, ["mapping.olm.attachment-missing"]);
    assert_eq!(
        raw(&offer)["OPFMessageNewInSomeVersion"],
        "\"kept & whole\""
    );

    assert_eq!(source["message_id"], "eve@1");
    assert_eq!(source["from"]["name"], "Eve");
    assert_eq!(source["body"]["plain"], "Only the source.\n");
    assert!(raw(&source).contains_key("OPFMessageCopySource"));
    assert_eq!(
        (&invite["class"], &invite["nature"]),
        (
            &"IPM.Schedule.Meeting.Request".into(),
            &"meeting_request".into()
        )
    );
    assert_eq!(invite["attachments"][0]["name"], "2.ics");
    assert_eq!(
        old["from"],
        serde_json::json!({"name": "Old One", "email": "old@example.com"})
    );
}

/// Archives to hold to the schema and to the rows: ours, and those of the corpus.
fn archives() -> Vec<Vec<u8>> {
    let mut all = vec![olm_fixture::archive()];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/olm");
    let files = walkdir::WalkDir::new(&root).into_iter().flatten();
    let files: Vec<_> = files.filter(|own| own.file_type().is_file()).collect();
    if files.is_empty() {
        assert!(std::env::var_os("CI").is_none(), "no corpus");
        println!("SKIPPED: no corpus");
    }
    all.extend(files.iter().map(|own| fs::read(own.path()).unwrap()));
    all
}

#[test]
fn items_are_valid_records_and_lose_nothing() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/schema/item.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let told: BTreeSet<String> = fidelity::rows()
        .into_iter()
        .map(|row| row.property)
        .collect();
    let has_row = |name: &str| {
        told.contains(name)
            || told
                .iter()
                .any(|own| own.strip_prefix('…').is_some_and(|end| name.ends_with(end)))
    };
    for bytes in archives() {
        let (items, _) = read(&bytes);
        let olm = Olm::open(&FileBytes::in_memory(bytes)).unwrap();
        let mut elements = Vec::new();
        for index in 0..olm.count() {
            elements.extend(olm.read(index).unwrap().0);
        }
        assert_eq!(items.len(), elements.len());
        for (mapped, element) in items.iter().zip(&elements) {
            let record = packed(mapped);
            let errors: Vec<_> = validator
                .iter_errors(&record)
                .map(|own| own.to_string())
                .collect();
            assert_eq!(errors, [] as [&str; 0], "{record}");
            let again: Item = serde_json::from_value(record.clone()).unwrap();
            assert_eq!(serde_json::to_value(&again).unwrap(), record);
            let raw = raw(&record);
            for child in element.children.iter().filter(|child| !child.is_empty()) {
                let kept = raw.contains_key(&child.name) || has_row(&child.name);
                assert!(kept, "{} of {record}", child.name);
            }
        }
    }
}

fn one_message(inner: &str) -> Vec<u8> {
    let xml = format!("<emails elementCount=\"1\"><email>{inner}</email></emails>");
    let path = format!(
        "{}/com.microsoft.__Messages/Inbox/message_00000.xml",
        olm_fixture::HOME
    );
    Zip::default().file(&path, xml.as_bytes()).finish()
}

fn codes(mapped: &Mapped) -> Vec<&'static str> {
    mapped.findings.iter().map(|own| own.code).collect()
}

#[test]
fn one_bad_item_never_costs_the_next() {
    let xml = "<notes elementCount=\"4\"><note><OPFNoteCopyTitle>1</OPFNoteCopyTitle></note>\
               <note><OPFNoteCopyTitle>2</note><note><OPFNoteCopyTitle>3</OPFNoteCopyTitle></note>\
               </notes>";
    let bytes = Zip::default()
        .file("Local/Notes/Notes.xml", xml.as_bytes())
        .finish();
    let (items, found) = read(&bytes);
    let titles: Vec<_> = items.iter().map(|own| own.item.title()).collect();
    assert_eq!(titles, ["1", "2", "3"]);
    assert_eq!(codes(&items[1]), ["olm.xml.malformed"]);
    assert_eq!(found, [("olm.file.count", Effect::Lost)]);
    // A file that says one and has two gives both.
    let two = "<OPFMessageCopySubject>a</OPFMessageCopySubject></email><email>\
               <OPFMessageCopySubject>b</OPFMessageCopySubject>";
    let (items, _) = read(&one_message(two));
    assert_eq!(
        items.iter().map(|own| own.item.title()).collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(codes(&items[0]), ["olm.file.count"]);
}

#[test]
fn hostile_xml_ends_in_findings() {
    let laughs = "<OPFMessageCopySubject>&lol9;</OPFMessageCopySubject>";
    let (items, _) = read(&one_message(laughs));
    assert_eq!(
        (items[0].item.title(), codes(&items[0])),
        ("&lol9;", vec!["olm.xml.entity"])
    );
    let deep = format!("{}x{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let (items, _) = read(&one_message(&deep));
    assert_eq!(codes(&items[0]), ["olm.xml.too-deep"]);
    let control = "<OPFMessageCopySubject>a&#0;b\u{1}&#xD;</OPFMessageCopySubject>";
    let (items, _) = read(&one_message(control));
    assert!(
        items[0].item.title().starts_with("a&#0;b\u{1}"),
        "{:?}",
        items[0].item.title()
    );
    // Attributes and elements without end, in linear time.
    let took = |count: usize| {
        let many: String = (0..count).map(|number| format!(" a{number}='1'")).collect();
        let elements = "<b>1</b>".repeat(count);
        let bytes = one_message(&format!("<x{many}/>{elements}"));
        let begun = Instant::now();
        assert_eq!(read(&bytes).0.len(), 1);
        begun.elapsed().as_millis()
    };
    let (some, more) = (took(20_000), took(80_000));
    assert!(more < 12 * some + 2000, "{some} ms, then {more} ms");
}

#[test]
fn a_file_that_cannot_be_unpacked_whole_gives_what_it_can() {
    let xml =
        "<notes elementCount=\"1\"><note><OPFNoteCopyTitle>1</OPFNoteCopyTitle></note></notes>";
    let way = Way {
        crc: Some(1),
        ..Way::default()
    };
    let bytes = Zip::default()
        .put(b"Local/Notes/Notes.xml", xml.as_bytes(), &way)
        .finish();
    let (items, found) = read(&bytes);
    assert_eq!(
        (items.len(), found),
        (1, vec![("olm.file.damaged", Effect::Lost)])
    );
    let way = Way {
        flags: 1,
        ..Way::default()
    };
    let bytes = Zip::default()
        .put(
            b"Local/com.microsoft.__Notes/Notes.xml",
            xml.as_bytes(),
            &way,
        )
        .finish();
    let (items, found) = read(&bytes);
    assert_eq!(
        (items.len(), found),
        (0, vec![("olm.file.unreadable", Effect::Lost)])
    );
    // Cut off: by the local headers.
    let whole = olm_fixture::archive();
    let (items, found) = read(&whole[..whole.len() / 2]);
    assert!(!items.is_empty());
    assert!(
        found.contains(&("olm.archive.damaged", Effect::Lost)),
        "{found:?}"
    );
}

/// Nothing that is done to the bytes ends in a panic, and what is lost is told.
#[test]
fn damage_anywhere_is_survived() {
    let mut random = rand::rngs::StdRng::seed_from_u64(7);
    let good = olm_fixture::archive();
    let xml: Vec<(String, String)> = olm_fixture::others();
    for _ in 0..300 {
        let mut bytes = good.clone();
        for _ in 0..random.random_range(1..8) {
            let at = random.random_range(0..bytes.len());
            bytes[at] = random.random();
        }
        let (items, _) = read(&bytes);
        for mapped in &items {
            packed(mapped);
        }
        let (_, text) = &xml[random.random_range(0..xml.len())];
        let mut text = text.clone().into_bytes();
        for _ in 0..random.random_range(1..20) {
            let at = random.random_range(0..text.len());
            match random.random_range(0..3) {
                0 => text[at] = random.random(),
                1 => text.truncate(at.max(1)),
                _ => drop(text.remove(at)),
            }
            if text.is_empty() {
                break;
            }
        }
        let _ = Element::read(&String::from_utf8_lossy(&text));
    }
}

#[test]
fn large_texts_are_blobs() {
    let long = "x".repeat(100_000);
    let inner = format!("<OPFMessageCopyBody>{long}</OPFMessageCopyBody><New>{long}</New>");
    let (items, _) = read(&one_message(&inner));
    let Content::Email(email) = &items[0].item.content else {
        panic!("{:?}", items[0].item)
    };
    assert!(matches!(
        email.body.plain,
        Some(airbridge::item::Text::Blob(_))
    ));
    assert!(matches!(items[0].item.raw[0].value, RawValue::Blob(_)));
}

#[test]
fn an_attachment_that_no_item_refers_to_is_told() {
    let folder = "Local/com.microsoft.__Messages/Inbox";
    let attached = format!("{folder}/com.microsoft.__Attachments");
    let message = |url: &str| {
        let list = format!("<messageAttachment OPFAttachmentURL=\"{url}\"/>");
        format!(
            "<emails elementCount=\"1\"><email><OPFMessageCopyAttachmentList>{list}\
            </OPFMessageCopyAttachmentList></email></emails>"
        )
    };
    let archive = |second: &str| {
        let mut zip = Zip::default();
        zip.file("Categories.xml", b"<categories/>");
        let first = message(&format!("{attached}/1_0000"));
        zip.file(&format!("{folder}/message_00000.xml"), first.as_bytes());
        zip.file(&format!("{folder}/message_00001.xml"), second.as_bytes());
        for name in ["1_0000", "3_0000", "2_0000"] {
            zip.file(&format!("{attached}/{name}"), b"x");
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.olm");
        fs::write(&path, zip.finish()).unwrap();
        let sources = Sources::open(&[path], ReadingOptions::default()).unwrap();
        let told = || {
            let found: Vec<_> = sources.findings().collect();
            let found = found.iter().flat_map(|own| own.iter());
            let own = found.filter(|own| own.code == "olm.attachment.unused");
            own.map(|own| own.place.part.to_string())
                .collect::<Vec<_>>()
        };
        // Nothing is known before every item has been read.
        drop(sources.jobs().next().unwrap().items().unwrap());
        assert!(told().is_empty());
        sources.jobs().for_each(|job| drop(job.items()));
        told()
    };
    let two = format!("{attached}/2_0000");
    let three = format!("{attached}/3_0000");
    assert_eq!(archive(&message("")), [two.clone(), three.clone()]);
    assert_eq!(archive(&message(&two)), [three]);
    // What a message that cannot be read refers to is not known.
    assert!(archive("<emails elementCount=\"1\"></emails>").is_empty());
}
