//! Archives as folders: what is found in them, and what each kind of bad one ends in.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod zip_maker;

use std::fs;
use std::io::Read;
use std::process::Command;
use std::time::Instant;

use airbridge::archive;
use airbridge::file_bytes::FileBytes;
use airbridge::source::{Inputs, find};
use rand::{Rng, SeedableRng};
use zip_maker::{Way, Zip, deflate};

const CARD: &[u8] = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nEND:VCARD\r\n";

/// What is found in a file with these bytes, paths from its own name on.
fn found(bytes: &[u8]) -> (Inputs, Vec<String>, Vec<(String, String, bool)>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.zip");
    fs::write(&path, bytes).unwrap();
    let root = directory.path().to_str().unwrap().replace('\\', "/");
    // By its folder, so that an archive without inputs is no error.
    let inputs = find(&[directory.path().to_path_buf()]).unwrap();
    let cut = |name: &str| name.strip_prefix(&format!("{root}/")).unwrap().to_owned();
    let read = inputs.inputs.iter().map(|own| cut(&own.name)).collect();
    let skipped = inputs
        .skipped
        .iter()
        .map(|own| (cut(&own.file), own.reason.to_string(), own.failed))
        .collect();
    drop(directory);
    (inputs, read, skipped)
}

/// The one reason why something is skipped.
fn reason(bytes: &[u8]) -> String {
    let (_, read, skipped) = found(bytes);
    assert_eq!(read, [] as [&str; 0]);
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    skipped[0].1.clone()
}

fn bytes_of(inputs: &Inputs, index: usize) -> (Vec<u8>, usize) {
    let opened = inputs.inputs[index].open().unwrap();
    let mut bytes = Vec::new();
    opened.bytes.reader().read_to_end(&mut bytes).unwrap();
    (bytes, opened.findings.count() as usize)
}

#[test]
fn entries_are_inputs_as_files_of_a_folder_are() {
    let bytes = Zip::default()
        .folder("Inbox/")
        .file("Inbox/a.vcf", CARD)
        .file("Inbox/Größe/b.vcf", CARD)
        .file(r"back\slash.vcf", CARD)
        .file("readme.txt", b"hello")
        .file("empty.eml", b"")
        .file("__MACOSX/Inbox/._a.vcf", CARD)
        .file("Inbox/.DS_Store", b"Bud1")
        .finish();
    let (inputs, read, skipped) = found(&bytes);
    assert_eq!(
        read,
        [
            "x.zip/Inbox/a.vcf",
            "x.zip/Inbox/Größe/b.vcf",
            "x.zip/back/slash.vcf"
        ]
    );
    assert_eq!(
        *inputs.inputs[1].folder,
        ["Inbox".to_owned(), "Größe".to_owned()]
    );
    assert_eq!(bytes_of(&inputs, 1), (CARD.to_vec(), 0));
    let skipped: Vec<_> = skipped
        .iter()
        .map(|(name, why, failed)| (&**name, &**why, *failed))
        .collect();
    assert_eq!(
        skipped,
        [
            (
                "x.zip/readme.txt",
                "of no format that airbridge reads",
                false
            ),
            ("x.zip/empty.eml", "the file is empty", false),
            (
                "x.zip/__MACOSX/Inbox/._a.vcf",
                "a resource fork of macOS, which holds no items",
                false
            ),
            ("x.zip/Inbox/.DS_Store", "a file of the system", false),
        ]
    );
}

#[test]
fn every_way_to_write_an_entry_is_read() {
    let mut zip = Zip::default();
    let ways = [
        Way {
            stored: true,
            ..Way::default()
        },
        Way {
            descriptor: true,
            ..Way::default()
        },
        Way {
            zip64: true,
            ..Way::default()
        },
        Way {
            zip64: true,
            stored: true,
            ..Way::default()
        },
    ];
    for (number, way) in ways.iter().enumerate() {
        zip.put(format!("{number}.vcf").as_bytes(), CARD, way);
    }
    let unmarked = Way {
        not_utf8: true,
        ..Way::default()
    };
    zip.put(b"Gr\x94\xE1e.vcf", CARD, &unmarked);
    let bytes = zip.finish();
    let plain = bytes.as_slice();
    let (inputs, read, skipped) = found(plain);
    assert_eq!(skipped, []);
    assert_eq!(read[4], "x.zip/Größe.vcf");
    for (index, name) in read.iter().enumerate() {
        assert_eq!(bytes_of(&inputs, index), (CARD.to_vec(), 0), "{name}");
    }
    // A comment after the end, with a false end record in it.
    let mut commented = plain.to_vec();
    let at = commented.len() - 2;
    commented[at] = 26;
    commented.extend(b"PK\x05\x06\0\0\0\0\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0\0\0\0 end");
    assert_eq!(found(&commented).1.len(), 5);
}

#[test]
fn a_program_before_an_archive_moves_its_offsets() {
    for zip64 in [false, true] {
        let way = Way {
            zip64,
            ..Way::default()
        };
        let mut bytes = b"MZ a program before it".to_vec();
        bytes.extend(Zip::default().put(b"a.vcf", CARD, &way).finish());
        let bytes = FileBytes::in_memory(bytes);
        let (directory, survey) = archive::survey(&bytes).unwrap();
        assert_eq!(survey.entries, 1);
        let entry = directory.records().next().unwrap().entry;
        let mut read = Vec::new();
        entry.open(&bytes).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, CARD);
    }
}

/// By a foreign writer; and whatever is done to the packed bytes, an error at most.
#[test]
fn deflate64_is_unpacked() {
    let directory = tempfile::tempdir().unwrap();
    let mut text = CARD.to_vec();
    for number in 0..40_000 {
        text.extend(format!("X-LINE:{number} {}\r\n", number % 17).bytes());
    }
    fs::write(directory.path().join("a.vcf"), &text).unwrap();
    let made = Command::new("7z")
        .args(["a", "-tzip", "-mm=Deflate64", "x.zip", "a.vcf"])
        .current_dir(directory.path())
        .output();
    if !made.is_ok_and(|out| out.status.success()) {
        println!("SKIPPED: 7z is not installed");
        assert!(std::env::var_os("CI").is_none(), "7z is missing");
        return;
    }
    let bytes = fs::read(directory.path().join("x.zip")).unwrap();
    let (inputs, read, _) = found(&bytes);
    assert_eq!(read, ["x.zip/a.vcf"]);
    let Some(entry) = first(&bytes) else {
        panic!("no entry")
    };
    assert_eq!(entry.method, 9);
    drop(inputs);
    let mut random = rand::rngs::StdRng::seed_from_u64(3);
    for round in 0..300 {
        let mut own = bytes.clone();
        for _ in 0..round.min(5) {
            let at = random.random_range(40..own.len() - 200);
            own[at] = random.random();
        }
        let own = FileBytes::in_memory(own);
        let mut out = Vec::new();
        let read = entry.open(&own).unwrap().read_to_end(&mut out);
        assert_eq!(read.is_ok(), out == text, "{round}");
    }
}

fn first(bytes: &[u8]) -> Option<archive::Entry> {
    let (directory, _) = archive::survey(&FileBytes::in_memory(bytes.to_vec())).ok()?;
    let record = directory.records().next()?;
    Some(record.entry)
}

#[test]
fn two_entries_of_one_name_are_two_inputs() {
    let mut other = CARD.to_vec();
    other[37] = b'B';
    let bytes = Zip::default()
        .file("a.vcf", CARD)
        .file("a.vcf", &other)
        .finish();
    let (inputs, read, _) = found(&bytes);
    assert_eq!(read, ["x.zip/a.vcf", "x.zip/a.vcf (entry 2)"]);
    assert_eq!(bytes_of(&inputs, 1).0, other);
}

#[test]
fn names_lead_nowhere() {
    let bytes = Zip::default()
        .file("../../../etc/a.vcf", CARD)
        .file("/b.vcf", CARD)
        .file(r"C:\windows\c.vcf", CARD)
        .file("", CARD)
        .finish();
    let (_, read, _) = found(&bytes);
    assert_eq!(
        read,
        [
            "x.zip/etc/a.vcf",
            "x.zip/b.vcf",
            "x.zip/windows/c.vcf",
            "x.zip/entry 4"
        ]
    );
}

#[test]
fn documents_and_programs_are_one_word_each() {
    let kind = |name: &str, data: &[u8]| {
        reason(
            &Zip::default()
                .file(name, data)
                .file("word/a.vcf", CARD)
                .finish(),
        )
    };
    assert_eq!(
        kind("[Content_Types].xml", b"<Types/>"),
        "an Office document"
    );
    assert_eq!(kind("META-INF/MANIFEST.MF", b""), "a Java archive");
    assert_eq!(kind("mimetype", b"application/epub+zip"), "an e-book");
    let odf = b"application/vnd.oasis.opendocument.text";
    assert_eq!(kind("mimetype", odf), "an OpenDocument file");
    assert_eq!(reason(&Zip::default().finish()), "an empty zip archive");
}

#[test]
fn what_cannot_be_unpacked_says_why() {
    let refused = |way: &Way| {
        let bytes = Zip::default().put(b"a.vcf", CARD, way).finish();
        let (_, read, skipped) = found(&bytes);
        assert_eq!(read, [] as [&str; 0]);
        assert!(skipped[0].2, "{skipped:?}");
        skipped[0].1.clone()
    };
    assert!(
        refused(&Way {
            flags: 1,
            ..Way::default()
        })
        .starts_with("encrypted: ")
    );
    assert!(
        refused(&Way {
            method: Some(14),
            ..Way::default()
        })
        .starts_with("packed by LZMA: ")
    );
    assert!(
        refused(&Way {
            method: Some(77),
            ..Way::default()
        })
        .contains("method 77")
    );
}

#[test]
fn damage_is_told_and_what_is_left_is_read() {
    let way = Way {
        crc: Some(7),
        ..Way::default()
    };
    let (inputs, read, _) = found(&Zip::default().put(b"a.vcf", CARD, &way).finish());
    assert_eq!(read.len(), 1);
    assert_eq!(bytes_of(&inputs, 0), (CARD.to_vec(), 1));
    let way = Way {
        size: Some(1000),
        ..Way::default()
    };
    let (inputs, ..) = found(&Zip::default().put(b"a.vcf", CARD, &way).finish());
    assert_eq!(bytes_of(&inputs, 0), (CARD.to_vec(), 1));
    let way = Way {
        size: Some(20),
        ..Way::default()
    };
    let (inputs, ..) = found(&Zip::default().put(b"a.vcf", CARD, &way).finish());
    assert_eq!(bytes_of(&inputs, 0), (CARD[..20].to_vec(), 1));
    // Cut anywhere: never a panic, and what came before the cut is read.
    let whole = Zip::default()
        .file("a.vcf", CARD)
        .file("b.vcf", CARD)
        .finish();
    let second = whole
        .windows(4)
        .skip(1)
        .position(|own| own == b"PK\x03\x04")
        .unwrap()
        + 1;
    for cut in 4..whole.len() {
        let (_, read, skipped) = found(&whole[..cut]);
        assert!(
            skipped.iter().any(|own| own.2 || own.1.contains("cut off")),
            "{cut}: {skipped:?}"
        );
        assert!(cut < second || !read.is_empty(), "{cut}");
    }
}

#[test]
fn parts_and_other_archives_name_the_remedy() {
    let mut split = Zip::default().file("a.vcf", CARD).finish();
    let at = split.len() - 18;
    split[at] = 1;
    assert!(reason(&split).contains("join them"));
    for start in [
        &b"\x1F\x8B\x08"[..],
        b"7z\xBC\xAF\x27\x1C",
        b"Rar!\x1A\x07\x00",
    ] {
        assert!(reason(start).contains("unpack it"), "{start:?}");
    }
    let mut tar = vec![0; 512];
    tar[..5].copy_from_slice(b"a.vcf");
    tar[257..262].copy_from_slice(b"ustar");
    assert!(reason(&tar).contains("tar"));
}

#[test]
fn archives_in_archives_are_opened_to_a_depth() {
    let stored = Way {
        stored: true,
        ..Way::default()
    };
    let mut bytes = Zip::default().file("a.vcf", CARD).finish();
    for level in 0..3 {
        let mut zip = Zip::default();
        // In turns in place and by the spool.
        if level % 2 == 0 {
            zip.file("in.zip", &bytes);
        } else {
            zip.put(b"in.zip", &bytes, &stored);
        }
        bytes = zip.finish();
    }
    let (inputs, read, _) = found(&bytes);
    assert_eq!(read, ["x.zip/in.zip/in.zip/in.zip/a.vcf"]);
    assert_eq!(bytes_of(&inputs, 0), (CARD.to_vec(), 0));
    for _ in 0..1000 {
        bytes = Zip::default().put(b"in.zip", &bytes, &stored).finish();
    }
    let why = reason(&bytes);
    assert!(why.contains("8 deep"), "{why}");
}

/// A stored entry whose bytes are the archive itself, as far as it goes.
#[test]
fn an_archive_that_holds_itself_ends() {
    let mut zip = Zip::default();
    zip.bytes.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0");
    zip.bytes.extend([0; 12]);
    zip.bytes.extend([5, 0, 0, 0]);
    zip.bytes.extend(b"x.zip");
    // The entry begins at 35; its local header is that at 0, its bytes are what follows.
    zip.record(b"x.zip", 0, 0, [0, 200, 200], b"", 0);
    zip.record(b"x.zip", 0, 0, [0, 200, 200], b"", 0);
    let (_, read, skipped) = found(&zip.finish());
    assert_eq!(read, [] as [&str; 0]);
    assert!(
        skipped
            .iter()
            .any(|own| own.1.contains("another entry too")),
        "{skipped:?}"
    );
}

#[test]
fn bombs_are_refused() {
    let zeros = vec![0; 64 << 20];
    let packed = deflate(&zeros);
    let mut zip = Zip::default();
    zip.packed(b"a.eml", &packed, &zeros, &Way::default());
    let why = reason(&zip.finish());
    assert!(why.contains("200 times"), "{why}");
    // One that lies is cut off at what it declares.
    let way = Way {
        size: Some(1 << 20),
        ..Way::default()
    };
    let mut start = CARD.to_vec();
    start.resize(64 << 20, b' ');
    let mut zip = Zip::default();
    zip.packed(b"a.vcf", &deflate(&start), &start, &way);
    let (inputs, ..) = found(&zip.finish());
    assert_eq!(bytes_of(&inputs, 0).0.len(), 1 << 20);
}

/// The better bomb: many records of one run of bytes.
#[test]
fn overlapping_entries_are_read_once() {
    let packed = deflate(CARD);
    let mut zip = Zip::default();
    zip.packed(b"0.vcf", &packed, CARD, &Way::default());
    let told = [
        crc32fast::hash(CARD),
        packed.len() as u32,
        CARD.len() as u32,
    ];
    for number in 1..2000 {
        zip.record(format!("{number}.vcf").as_bytes(), 0, 8, told, b"", 0);
    }
    let (_, read, skipped) = found(&zip.finish());
    assert_eq!((read.len(), skipped.len()), (1, 1999));
}

/// An archive of sixteen archives of sixteen archives…
#[test]
fn a_tree_of_archives_is_bounded() {
    let mut bytes = Zip::default().file("zero", &vec![0; 1 << 20]).finish();
    for _ in 0..3 {
        let mut zip = Zip::default();
        for number in 0..16 {
            zip.file(&format!("{number}.zip"), &bytes);
        }
        bytes = zip.finish();
    }
    let begun = Instant::now();
    let (_, read, skipped) = found(&bytes);
    assert_eq!(read, [] as [&str; 0]);
    assert!(
        skipped
            .iter()
            .any(|own| own.1.contains("archives in archives"))
    );
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn a_million_entries_are_walked_in_linear_time() {
    let took = |count: u32| {
        let mut zip = Zip::default();
        for number in 0..count {
            zip.record(
                number.to_string().as_bytes(),
                0,
                0,
                [0; 3],
                b"",
                number * 40,
            );
        }
        let bytes = zip.finish();
        let mut whole = b"PK\x03\x04".to_vec();
        whole.resize(40 * count as usize, 0);
        whole.extend(&bytes);
        let at = whole.len() - 6;
        whole[at..at + 4].copy_from_slice(&(40 * count).to_le_bytes());
        let begun = Instant::now();
        let (_, _, skipped) = found(&whole);
        assert_eq!(skipped.len(), count as usize);
        begun.elapsed()
    };
    let (some, twice) = (took(50_000), took(100_000));
    assert!(
        twice.as_millis() < 6 * some.as_millis() + 1000,
        "{some:?}, {twice:?}"
    );
}
