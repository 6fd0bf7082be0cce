//! A folder of everything, read in one run: each file is read or skipped with a reason, and so is
//! each
//! entry of an archive in it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod olm_fixture;
mod zip_maker;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use airbridge::source::{Format, ReadingOptions, Sources};
use zip_maker::Zip;

const MAIL: &[u8] = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Hi\r\n\
    Date: Mon, 6 May 2024 10:00:00 +0200\r\nMessage-ID: <1@example.org>\r\n\r\nHello\r\n";
const CARD: &[u8] = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nEMAIL:a@example.org\r\nEND:VCARD\r\n";
const CALENDAR: &[u8] = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n\
    DTSTAMP:20240506T080000Z\r\nDTSTART:20240506T080000Z\r\nSUMMARY:Lunch\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";
const TABLE: &[u8] =
    b"\"First Name\",\"Last Name\",\"E-mail Address\"\r\n\"A\",\"B\",\"a@example.org\"\r\n";

/// A folder with a file of each format that needs no foreign sample, and things that are none.
fn fill(root: &Path) {
    let put = |name: &str, bytes: &[u8]| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let mut mbox = b"From a@example.org Mon May  6 10:00:00 2024\n".to_vec();
    mbox.extend(MAIL);
    mbox.extend(b"\nFrom a@example.org Mon May  6 11:00:00 2024\n");
    mbox.extend(MAIL);
    put("mail/1.eml", MAIL);
    put("mail/Archive", &mbox);
    put(
        "Maildir/cur/1715000000.1.host:2,S"
            .replace(':', "_")
            .as_str(),
        MAIL,
    );
    put("contacts/a.vcf", CARD);
    put("calendar.ics", CALENDAR);
    put("contacts.csv", TABLE);
    put("mac.olm", &olm_fixture::archive());
    put("README.txt", b"Read me\n");
    put("photo.png", b"\x89PNG\r\n\x1A\n\0\0\0\0");
    put("offer.pdf", b"%PDF-1.7\n");
    put("empty", b"");
    put(".DS_Store", b"\0\0\0\x01Bud1");
    put("__MACOSX/._mail", b"\0\x05\x16\x07");
    let office = Zip::default()
        .file("[Content_Types].xml", b"<Types/>")
        .file("word/document.xml", b"<w/>")
        .finish();
    put("letter.docx", &office);
    let inner = Zip::default()
        .file("deep/b.vcf", CARD)
        .file("x.bin", b"\0\x01\x02")
        .finish();
    let outer = Zip::default()
        .file("Inbox/2.eml", MAIL)
        .file("cards.zip", &inner)
        .file("mac.olm", &olm_fixture::archive())
        .file("letter.docx", &office)
        .finish();
    put("export.zip", &outer);
}

#[test]
fn everything_is_read_or_skipped_with_a_reason() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path());
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let stores = ["msg", "tnef", "pst"].map(|own| corpus.join(own));
    for (number, folder) in stores.iter().enumerate() {
        let files = walkdir::WalkDir::new(folder)
            .sort_by_file_name()
            .into_iter()
            .flatten();
        let smallest = files
            .filter(|own| own.file_type().is_file())
            .min_by_key(|own| own.metadata().map_or(u64::MAX, |own| own.len()));
        match smallest {
            Some(own) => {
                let bytes = fs::read(own.path()).unwrap();
                fs::write(directory.path().join(format!("sample{number}")), bytes).unwrap();
            }
            None => {
                println!("SKIPPED: no {}", folder.display());
                assert!(std::env::var_os("CI").is_none(), "no {}", folder.display());
            }
        }
    }
    let paths = [directory.path().to_path_buf()];
    let sources = Sources::open(&paths, ReadingOptions::default()).unwrap();

    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    let names = sources.stores().iter().map(|own| own.name().to_string());
    let names = names.chain(
        sources
            .files()
            .iter()
            .map(|own| own.input().name.to_string()),
    );
    for name in names.chain(sources.skipped.iter().map(|own| own.file.to_string())) {
        *told.entry(name).or_default() += 1;
    }
    let twice: Vec<_> = told.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "told twice: {twice:?}");
    let root = directory.path().to_str().unwrap().replace('\\', "/");
    let files = walkdir::WalkDir::new(directory.path())
        .into_iter()
        .flatten();
    let mut missing = Vec::new();
    for file in files.filter(|own| own.file_type().is_file()) {
        let name = file.path().to_str().unwrap().replace('\\', "/");
        let folder_skipped = told.keys().any(|own| name.starts_with(&format!("{own}/")));
        // An archive stands for its entries.
        let entries = told.keys().any(|own| own.starts_with(&format!("{name}/")));
        if !told.contains_key(&name) && !folder_skipped && !entries {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "neither read nor skipped: {missing:?}");
    for name in [
        "Inbox/2.eml",
        "cards.zip/deep/b.vcf",
        "cards.zip/x.bin",
        "mac.olm",
        "letter.docx",
    ] {
        assert!(
            told.contains_key(&format!("{root}/export.zip/{name}")),
            "{name}: {told:?}"
        );
    }
    assert!(sources.skipped.iter().all(|own| !own.reason.is_empty()));

    // Every job gives an item, or says why not; and there are as many as counted.
    let mut jobs = 0_u64;
    let mut unread = BTreeSet::new();
    for job in sources.jobs() {
        jobs += 1;
        if let Err(error) = job.items() {
            // A desk that is not there yet says so; anything else has to be read.
            if job.lost(&error).detail != "not read yet" {
                unread.insert((job.source().to_string(), error.to_string()));
            }
        }
    }
    assert_eq!(jobs, sources.seen());
    assert!(unread.is_empty(), "{unread:?}");
    let formats: BTreeSet<Format> = sources
        .files()
        .iter()
        .map(|own| own.input().format)
        .collect();
    println!(
        "{jobs} items of {formats:?}; {} skipped",
        sources.skipped.len()
    );
}

/// Of one file: how many are counted, and every item by its kind and title.
fn items_of(name: &str, bytes: &[u8]) -> (u64, BTreeSet<String>, Vec<&'static str>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, bytes).unwrap();
    let sources = Sources::open(&[path], ReadingOptions::default()).unwrap();
    let mut items = BTreeSet::new();
    let mut jobs = 0;
    for job in sources.jobs() {
        jobs += 1;
        for mapped in job.items().unwrap() {
            let item = &mapped.item;
            let told = format!("{} {}", item.kind().name(), item.title());
            assert!(items.insert(told), "twice: {}", item.title());
        }
    }
    assert_eq!(jobs, sources.seen());
    let found: Vec<_> = sources.findings().collect();
    let codes = found.iter().flat_map(|own| own.iter().map(|one| one.code));
    (jobs, items, codes.collect())
}

#[test]
fn cards_among_calendars_and_calendars_among_cards() {
    let card = |name: &str| format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nEND:VCARD\r\n");
    let event = |name: &str| {
        format!(
            "BEGIN:VEVENT\r\nUID:{name}\r\nDTSTART:20240506T080000Z\r\nSUMMARY:{name}\r\n\
            END:VEVENT\r\n"
        )
    };
    let calendar =
        |inside: &str| format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inside}END:VCALENDAR\r\n");
    let all = |names: &[&str]| {
        names
            .iter()
            .map(|own| (*own).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let both = all(&["contact A", "contact B", "meeting one", "meeting two"]);

    let side_by_side = [
        &card("A"),
        &calendar(&event("one")),
        &card("B"),
        &calendar(&event("two")),
    ];
    let side_by_side = side_by_side.map(String::as_str).concat();
    let (seen, items, codes) = items_of("cards.vcf", side_by_side.as_bytes());
    assert_eq!((seen, items), (4, both.clone()));
    assert!(codes.is_empty(), "{codes:?}");

    let within = calendar(&[card("A"), event("one"), card("B"), event("two")].concat());
    let (seen, items, codes) = items_of("calendar.ics", within.as_bytes());
    assert_eq!((seen, items), (4, both.clone()));
    assert!(codes.is_empty(), "{codes:?}");

    // In UTF-16 too.
    let wide: Vec<u8> = within.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(items_of("calendar.ics", &wide).1, both);

    // A card that never ends costs no event, and an event that never ends no card.
    let open = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\n";
    let cut = "BEGIN:VEVENT\r\nUID:one\r\nDTSTART:20240506T080000Z\r\nSUMMARY:one\r\n";
    for text in [
        [open, cut, &card("B"), &event("two")].concat(),
        calendar(&[open, cut, &card("B"), &event("two")].concat()),
        calendar(&[cut, open, &event("two"), &card("B")].concat()),
        [open, &calendar(&[cut, &card("B")].concat()), &event("two")].concat(),
    ] {
        let name = if text.starts_with("BEGIN:VCARD") {
            "x.vcf"
        } else {
            "x.ics"
        };
        let (seen, items, _) = items_of(name, text.as_bytes());
        assert_eq!((seen, items), (4, both.clone()), "{text}");
    }

    // As a part of a mail.
    let mail = format!("Subject: x\r\nContent-Type: text/calendar\r\n\r\n{within}");
    let (seen, items, _) = items_of("x.eml", mail.as_bytes());
    assert_eq!((seen, items.len()), (1, 5));
    assert!(items.is_superset(&both), "{items:?}");
}
