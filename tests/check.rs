//! The checker of stores: it finds what is wrong with a store, and nothing in one that is sound.
//!
//! Mutants of a strict checker that nobody here wrote, faults made one by one for the rules, every
//! store of the corpus beside that checker's verdict, damage at random, and the docs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

#[path = "check/faults.rs"]
mod faults;
#[path = "damage/harm.rs"]
#[allow(dead_code, reason = "shared with the test of damage")]
mod harm;
#[path = "damage/image.rs"]
#[allow(dead_code, reason = "shared with the test of damage")]
mod image;
mod judges;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io};

use airbridge::file_bytes::FileBytes;
use airbridge::pst::Format;
use airbridge::pst::check::{self, Report, Severity};

use harm::{KINDS, Random};
use image::Image;

/// The rule that each mutant breaks.
const MUTANTS: [(&str, &str); 26] = [
    ("01-hdr-crc", "check.header.crc"),
    ("02-block-crc", "check.block.crc"),
    ("03-block-sig", "check.block.signature"),
    ("04-block-trailer-bid", "check.block.back-id"),
    ("05-block-trailer-cb", "check.block.size"),
    ("06-nbt-page-crc", "check.page.crc"),
    ("07-nbt-page-sig", "check.page.signature"),
    ("08-cRef-wrong", "check.block.references"),
    ("09-amap-bit-clear", "check.amap.missing"),
    ("10-amap-page-crc", "check.page.crc"),
    ("11-amap-ptype", "check.page.type"),
    ("12-cbAMapFree", "check.header.free"),
    ("13-ibFileEof", "check.header.file-end"),
    ("14-fAMapValid-0", "check.header.maps-valid"),
    ("15-pmap-crc", "check.page.crc"),
    ("16-nbt-parent-key", "check.btree.parent-key"),
    ("17-hn-signature", "check.heap.signature"),
    ("18-row-nid-missing", "check.table.row"),
    ("19-folder-count", "check.folder.count"),
    ("20-msg-size", "check.message.size"),
    ("21-template60E-empty", "check.node.empty"),
    ("22-no-namemap", "check.node.empty"),
    ("23-no-store", "check.node.empty"),
    ("24-bidNextB", "check.header.next-block"),
    ("25-crypt-flag", "check.header.encoding"),
    ("26-truncated", "check.header.file-end"),
];

/// Stores of the corpus that the strict checker finds sound, and this one does not, and why.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "PersonalStorageFile1.pst",
        "written by Aspose: a search folder without a contents table, and two names whose bucket \
         gives the id of another, which the strict checker does not look at",
    ),
    ("PersonalStorageFile1~1.pst", "as PersonalStorageFile1.pst"),
    ("PersonalStorageFile2.pst", "as PersonalStorageFile1.pst"),
    ("Test.pst", "as PersonalStorageFile1.pst"),
    ("passwordprotectedPST.pst", "as PersonalStorageFile1.pst"),
    ("test-from-aspose.ost", "as PersonalStorageFile1.pst"),
];

fn checked(bytes: Vec<u8>) -> Report {
    check::check(&FileBytes::in_memory(bytes), &|| Ok(())).unwrap()
}

fn checked_file(path: &Path) -> Report {
    check::check(&FileBytes::open(path).unwrap(), &|| Ok(())).unwrap()
}

/// Breaches in words, errors only or notes too.
fn words(report: &Report, notes: bool) -> Vec<String> {
    report
        .iter()
        .filter(|breach| notes || breach.rule.severity == Severity::Error)
        .map(ToString::to_string)
        .collect()
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/mailbox.pst")
}

/// The folder of the strict checker, and a word when it or Python is not here.
fn strict_checker() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/tools/pst-judges");
    if !path.join("mutate.py").exists() {
        judges::skip("../shared/tools/pst-judges is not here");
        return None;
    }
    let python = Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|out| out.status.success()) {
        judges::skip("python3 is not installed");
        return None;
    }
    Some(path)
}

#[test]
fn every_mutant_of_the_strict_checker_is_found() {
    let Some(folder) = strict_checker() else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("own.pst");
    faults::write_store(&own);
    for (number, store) in [sample(), own].iter().enumerate() {
        let mutants = directory.path().join(number.to_string());
        let made = Command::new("python3")
            .arg(folder.join("mutate.py"))
            .args([store, &mutants])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(made.status.success(), "{told}");
        let good = checked_file(&mutants.join("00-good.pst"));
        assert_eq!(words(&good, false), Vec::<String>::new());
        let mut names: BTreeSet<String> = BTreeSet::new();
        for entry in fs::read_dir(&mutants).unwrap() {
            let path = entry.unwrap().path();
            names.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
        assert_eq!(names.len(), MUTANTS.len() + 1, "{names:?}");
        for (name, code) in MUTANTS {
            let report = checked_file(&mutants.join(format!("{name}.pst")));
            let found = words(&report, false);
            assert!(!report.is_sound(), "{name}");
            assert!(report.counts().contains_key(code), "{name}: {found:?}");
            assert!(found.len() <= 6, "{name} is one fault: {found:?}");
        }
    }
}

#[test]
fn every_fault_is_found_by_its_rule() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sound.pst");
    faults::write_store(&path);
    let image = Image::load(&path);
    let sound = checked(image.bytes.clone());
    assert_eq!(words(&sound, true), Vec::<String>::new());
    let mut codes = BTreeSet::new();
    for (code, bytes) in faults::all(&image) {
        let report = checked(bytes);
        let found = words(&report, true);
        assert!(report.counts().contains_key(code), "{code}: {found:?}");
        codes.insert(code);
    }
    // A way that leads in circles ends, and is told of.
    let begin = Instant::now();
    let report = checked(faults::in_circles(&image));
    assert!(begin.elapsed() < Duration::from_secs(20));
    let found = words(&report, true);
    assert!(
        report.counts().contains_key("check.limit.work"),
        "{found:?}"
    );
    println!("{} rules broken one by one", codes.len());
    let known: BTreeSet<_> = check::rules().map(|rule| rule.code).collect();
    assert!(codes.is_subset(&known));
    assert!(codes.len() >= 100, "{}", codes.len());
}

/// Sound or not: the strict checker and this one agree, but where it is explained.
#[test]
fn the_corpus_is_judged_as_by_the_strict_checker() {
    let (Some(stores), Some(folder)) = (judges::corpus(), strict_checker()) else {
        return;
    };
    let mut used = BTreeSet::new();
    let mut unread = 0;
    for (name, path) in &stores {
        let file = name.rsplit('/').next().unwrap();
        let report = checked_file(path);
        let found = words(&report, false);
        // The strict checker reads neither ANSI stores nor 4096-byte pages. All of them are sound.
        if fs::read(path).unwrap()[10..12] != [23, 0] {
            assert_eq!(found, Vec::<String>::new(), "{name}");
            unread += 1;
            continue;
        }
        let theirs = Command::new("python3")
            .arg(folder.join("pstcheck.py"))
            .arg("--quiet")
            .arg(path)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&theirs.stdout).into_owned();
        let sound = theirs.status.success() && told.contains(": 0 errors,");
        let explained = DIFFERENCES.iter().find(|(known, _)| *known == file);
        if let Some((_, reason)) = explained {
            assert!(reason.len() > 10);
            used.insert(file.to_owned());
            let differs = sound && !report.is_sound();
            assert!(differs, "{name}: no difference any more");
        } else {
            assert_eq!(report.is_sound(), sound, "{name}: {found:?}\n{told}");
        }
    }
    assert_eq!(used.len(), DIFFERENCES.len(), "{used:?}");
    println!(
        "{} stores, {unread} of them by this checker alone",
        stores.len()
    );
}

/// Damage at random ends in a report, soon.
#[test]
fn damage_ends_in_a_report() {
    let mut images = vec![Image::load(&sample())];
    for (name, path) in judges::corpus().unwrap_or_default() {
        let small = fs::metadata(&path).unwrap().len() < 300_000;
        let ansi = name.contains("ansi") || name.contains("97");
        if name.contains("npm_pst-extractor") || small && (images.len() < 12 || ansi) {
            images.push(Image::load(&path));
        }
    }
    images.retain(|image| !image.pages.is_empty() && !image.blocks.is_empty());
    for format in Format::ALL {
        let count = images.iter().filter(|image| image.format == format).count();
        println!("{count} stores of {format:?}");
        assert!(count > 0 || images.len() == 1);
    }
    let (mut found, mut slowest) = (0, Duration::ZERO);
    const CASES: u64 = 250;
    for seed in 0..CASES {
        let mut random = Random::new(seed);
        let image = &images[random.below(images.len())];
        let kind = random.below(KINDS.len());
        let repaired = random.below(3) > 0;
        let bytes = harm::harm(image, kind, repaired, &mut random);
        let begin = Instant::now();
        match check::check(&FileBytes::in_memory(bytes), &|| Ok(())) {
            Ok(report) => {
                let rules = check::rules().count() as u64;
                let kept = report.iter().count() as u64;
                assert!(kept <= rules * 100, "seed {seed}: {kept} kept");
                assert_eq!(
                    report.not_kept(),
                    report.errors() + report.notes() - kept,
                    "seed {seed}"
                );
                found += u64::from(!report.is_sound());
                // Bits of pages and blocks do not change unseen.
                let seen = kind != 1 || repaired || !report.is_sound();
                assert!(seen, "seed {seed}: {}", image.name);
            }
            Err(_) => found += 1,
        }
        slowest = slowest.max(begin.elapsed());
        assert!(
            slowest < Duration::from_secs(20),
            "seed {seed}: {slowest:?}"
        );
    }
    println!("{found} of {CASES} not sound; the slowest took {slowest:?}");
    // Bits flipped where nothing is, or in text with checksums made right, break no rule.
    assert!(found * 10 >= CASES * 8, "{found}");
}

#[test]
fn a_check_can_be_stopped() {
    let file = FileBytes::open(&sample()).unwrap();
    let stop = || Err(io::Error::other("stop"));
    assert!(check::check(&file, &stop).is_err());
    let none = FileBytes::in_memory(*b"no store");
    assert!(check::check(&none, &|| Ok(())).is_err());
}

#[test]
fn the_command_tells_by_its_exit_code() {
    let directory = tempfile::tempdir().unwrap();
    let bad = directory.path().join("bad.pst");
    let mut bytes = fs::read(sample()).unwrap();
    bytes[248] = 0;
    fs::write(&bad, &bytes).unwrap();
    let none = directory.path().join("none.pst");
    fs::write(&none, b"no store").unwrap();
    let run = |paths: &[&Path], json: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_airbridge"));
        command.arg("check").args(paths);
        if json {
            command.arg("--json");
        }
        let out = command.output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        (out.status.code(), text)
    };
    assert_eq!(run(&[&sample()], false).0, Some(0));
    let (code, text) = run(&[&sample(), &bad], false);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("check.header.maps-valid"), "{text}");
    assert_eq!(run(&[&bad, &none], false).0, Some(1));
    let (code, text) = run(&[&sample(), &bad], true);
    assert_eq!(code, Some(3));
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let error = lines
        .iter()
        .find(|line| line["code"] == "check.header.maps-valid")
        .unwrap();
    assert_eq!(error["severity"], "error");
    assert_eq!(error["offset"], 248);
    assert!(error["source"].as_str().unwrap().contains("2.2.2.5"));
    let last = lines.last().unwrap();
    assert_eq!(last["type"], "summary");
    assert_eq!((&last["stores"], &last["sound"]), (&2.into(), &1.into()));
    let stores = lines.iter().filter(|line| line["type"] == "store");
    assert_eq!(stores.count(), 2);
}

/// `AIRBRIDGE_WRITE=1 cargo test --test check` writes the table anew.
#[test]
fn the_docs_have_every_rule() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/check.md");
    let page = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let (begin, end) = ("<!-- table: rules -->\n", "<!-- end of table -->\n");
    let (head, rest) = page.split_once(begin).unwrap();
    let (found, tail) = rest.split_once(end).unwrap();
    let mut table =
        "\n| code | breach | what must be so | source |\n|---|---|---|---|\n".to_owned();
    let mut seen = BTreeMap::new();
    for rule in check::rules() {
        let check::Rule {
            code,
            severity,
            text,
            source,
        } = rule;
        assert_eq!(seen.insert(code, ()), None, "{code} twice");
        assert!(
            code.starts_with("check.") && code.split('.').count() == 3,
            "{code}"
        );
        writeln!(table, "| `{code}` | {severity} | {text} | {source} |").unwrap();
        // What is cited stands there.
        for cited in source.split("check.md ").skip(1) {
            let number: String = cited.chars().take_while(char::is_ascii_digit).collect();
            assert!(head.contains(&format!("\n{number}. ")), "{code}: {source}");
        }
    }
    table.push('\n');
    if std::env::var_os("AIRBRIDGE_WRITE").is_some() {
        fs::write(&path, format!("{head}{begin}{table}{end}{tail}")).unwrap();
        return;
    }
    assert!(
        found == table,
        "docs/check.md is old: AIRBRIDGE_WRITE=1 cargo test --test check"
    );
}
