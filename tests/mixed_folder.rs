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
