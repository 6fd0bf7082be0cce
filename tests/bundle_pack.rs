//! What is packed is read back, is the same every time, and opens in every zip tool and in
//! `ssh-keygen`.
#![allow(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bundle_fixture;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use airbridge::bundle::*;
use airbridge::content::{InMemory, read_all};
use bundle_fixture::*;
use serde_json::{Value, json};

#[test]
fn what_is_packed_is_read_back() {
    let bundle = check(&base()).unwrap();
    assert_eq!(bundle.head().from, "outlook");
    let emails: Vec<Value> = bundle.records("email").map(Result::unwrap).collect();
    assert_eq!(emails.len(), 2);
    assert_eq!(emails[0]["subject"], "Grüße \u{1} \"x\"");
    let kinds: Vec<_> = bundle
        .record_kinds()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(kinds, ["email", "contact"]);
    let blob = serde_json::from_value(emails[0]["attachments"][0]["blob"].clone()).unwrap();
    let content = bundle.blob(&blob).unwrap();
    let text = read_all(&*content, 1 << 20).unwrap();
    assert_eq!(text.len() as u64, blob.size);
    assert!(text.starts_with(b"The quick brown fox"));
    assert_eq!(bundle.stream_lines(Stream::Links).count(), 3);
    let report: Vec<_> = bundle.report().map(Result::unwrap).collect();
    assert_eq!(report.len(), 4);
    let mut csv = String::new();
    bundle
        .open(&EntryName::ContactsCsv)
        .unwrap()
        .read_to_string(&mut csv)
        .unwrap();
    assert!(csv.contains("Lovelace"));
    assert!(bundle.open(&EntryName::Stream(Stream::Acks)).is_none());
}

#[test]
fn same_input_same_bytes() {
    assert_eq!(base(), base());
}

/// Many records and blobs in small parts.
fn many(path: &Path, workers: usize, limits: PartLimits) -> Packed {
    let mut packer = Packer::with_limits(path, limits, workers).unwrap();
    let mut accounting = Accounting::default();
    for n in 0..2_500u32 {
        let noise: Vec<u8> = (0..n % 40)
            .flat_map(|k| Sha256Hash::of(&(n + k).to_le_bytes()).0)
            .collect();
        let prepared = Prepared::from_content(&InMemory(noise), packer.scratch()).unwrap();
        let blob = packer.add_blob(prepared).unwrap();
        let id = format!("ab-{n}");
        let kind = if n % 3 == 0 { "meeting" } else { "email" };
        let record = Record::new(kind, &json!({"id": id, "body": blob})).unwrap();
        packer.add_record(record).unwrap();
        packer
            .add_line(Stream::Report, &report_line("exported", &id))
            .unwrap();
        accounting.seen += 1;
        accounting.exported += 1;
    }
    packer.finish(fields(accounting), &signer(1)).unwrap()
}

fn sources(packed: &Packed) -> Vec<Source> {
    packed
        .parts
        .iter()
        .map(|path| Source::open(path).unwrap())
        .collect()
}

fn small() -> PartLimits {
    PartLimits {
        bytes: 700_000,
        entries: 1_000,
        ..PartLimits::default()
    }
}

#[test]
fn a_large_bundle_comes_in_parts_that_stand_together_only() {
    let dir = tempfile::tempdir().unwrap();
    let packed = many(&dir.path().join("big.abx"), 2, small());
    assert!(packed.parts.len() > 2, "{packed:?}");
    let count = packed.parts.len();
    assert!(packed.parts[1].ends_with(format!("big.2of{count}.abx")));
    assert_eq!(Source::part_paths(&packed.parts[1]), packed.parts);
    for part in &packed.parts {
        assert!(part.metadata().unwrap().len() <= 700_000);
    }
    let trust = trust();
    let mut all = sources(&packed);
    all.reverse();
    let bundle = verify(&all, &policy(&trust)).unwrap();
    assert_eq!(bundle.head_hash(), packed.head);
    assert_eq!(bundle.entries().count() as u64, packed.entries);
    let emails = bundle.records::<Value>("email").map(Result::unwrap).count();
    let meetings = bundle
        .records::<Value>("meeting")
        .map(Result::unwrap)
        .count();
    assert_eq!((emails, meetings), (1_666, 834));
    let step = |sources: &[Source]| verify(sources, &policy(&trust)).unwrap_err().step();
    assert_eq!(step(&all[1..]), "set.incomplete");
    assert_eq!(step(&[]), "set.incomplete");
    assert_eq!(step(&[&all[..], &all[..1]].concat()), "set.incomplete");
    // A part of the same number from a set that differs only in its contents.
    let other = dir.path().join("other.abx");
    let mut packer = Packer::with_limits(&other, small(), 1).unwrap();
    packer
        .add_line(Stream::Report, &report_line("exported", "ab-1"))
        .unwrap();
    packer
        .add_record(Record::new("email", &json!({"id": "ab-1"})).unwrap())
        .unwrap();
    let sums = Accounting {
        seen: 1,
        exported: 1,
        ..Accounting::default()
    };
    let other = packer.finish(fields(sums), &signer(1)).unwrap();
    assert_eq!(
        step(&[&all[..count - 1], &sources(&other)].concat()),
        "set.mixed"
    );
}

/// Two sets with equal heads but for the indexes: `set` tells their parts apart.
#[test]
fn parts_of_two_sets_that_look_alike_do_not_mix() {
    let base = base();
    let halves = |content: &[u8]| {
        let mut first = Forge::of(&base);
        let mut second = first.clone();
        second.entries = first.entries.split_off(3);
        second.set_content("data/links.jsonl", content);
        let hash = |forge: &mut Forge| {
            forge.sealed_head();
            serde_json::from_value::<Sha256Hash>(forge.head["index"]["sha256"].clone()).unwrap()
        };
        let set = head::set_hash([&hash(&mut first), &hash(&mut second)]);
        [(first, 1), (second, 2)].map(|(mut forge, number)| {
            forge.honest = false;
            forge.head["set"] = json!(set);
            forge.head["part"] = json!([number, 2]);
            Source::memory("part", forge.build())
        })
    };
    let [first, second] = halves(b"{\"item\":\"ab-1\"}\n");
    let [other_first, other_second] = halves(b"{\"item\":\"ab-2\"}\n");
    let trust = trust();
    let ok = |parts: &[Source]| {
        verify(parts, &policy(&trust))
            .map(|_| ())
            .map_err(|e| e.step())
    };
    assert_eq!(ok(&[first.clone(), second.clone()]), Ok(()));
    assert_eq!(ok(&[other_first.clone(), other_second.clone()]), Ok(()));
    assert_eq!(ok(&[first.clone(), other_second]), Err("set.mixed"));
    assert_eq!(ok(&[other_first, second]), Err("set.mixed"));
    assert_eq!(ok(&[first]), Err("set.incomplete"));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let one = many(&dir.path().join("one.abx"), 1, small());
    let four = many(&dir.path().join("four.abx"), 4, small());
    assert_eq!(one.head, four.head);
    for (a, b) in one.parts.iter().zip(&four.parts) {
        assert!(
            fs::read(a).unwrap() == fs::read(b).unwrap(),
            "{}",
            a.display()
        );
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("b.abx");
    let names = || fs::read_dir(dir.path()).unwrap().count();
    // Dropped before the end.
    let mut packer = Packer::new(&path).unwrap();
    let accounting = fill(&mut packer);
    drop(packer);
    assert_eq!(names(), 0);
    // Sums that are wrong.
    let mut packer = Packer::new(&path).unwrap();
    fill(&mut packer);
    let wrong = Accounting {
        failed: 1,
        seen: 6,
        ..accounting
    };
    let error = packer.finish(fields(wrong), &signer(1)).unwrap_err();
    assert!(matches!(error, PackError::Accounting(_)), "{error}");
    assert_eq!(names(), 0);
    // A head that is not valid.
    let mut packer = Packer::new(&path).unwrap();
    fill(&mut packer);
    let mut bad = fields(accounting);
    bad.to = "no/body".into();
    assert!(matches!(
        packer.finish(bad, &signer(1)).unwrap_err(),
        PackError::Head(_)
    ));
    assert_eq!(names(), 0);
    // A file that is there before, or appears on the way.
    fs::write(&path, b"mine").unwrap();
    assert!(matches!(
        Packer::new(&path).unwrap_err(),
        PackError::Exists(_)
    ));
    fs::remove_file(&path).unwrap();
    let mut packer = Packer::new(&path).unwrap();
    fill(&mut packer);
    fs::write(&path, b"mine").unwrap();
    let error = packer.finish(fields(accounting), &signer(1)).unwrap_err();
    assert!(matches!(error, PackError::Exists(_)), "{error}");
    assert_eq!((names(), fs::read(&path).unwrap()), (1, b"mine".to_vec()));
    // One name of a set is taken: none of the others appears.
    let taken = dir.path().join("big.2of5.abx");
    let probe = many(&dir.path().join("probe.abx"), 1, small());
    let count = probe.parts.len();
    let taken = taken.with_file_name(format!("big.{count}of{count}.abx"));
    fs::write(&taken, b"mine").unwrap();
    let before = names();
    let result = std::panic::catch_unwind(|| many(&dir.path().join("big.abx"), 1, small()));
    assert!(result.is_err());
    assert_eq!(
        (names(), fs::read(&taken).unwrap()),
        (before, b"mine".to_vec())
    );
}

#[test]
fn an_entry_that_no_part_can_hold_is_refused_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let limits = PartLimits {
        bytes: 200_000,
        ..PartLimits::default()
    };
    let mut packer = Packer::with_limits(&dir.path().join("b.abx"), limits, 1).unwrap();
    let noise: Vec<u8> = (0..8_000u32)
        .flat_map(|n| Sha256Hash::of(&n.to_le_bytes()).0)
        .collect();
    let prepared = Prepared::from_bytes(noise).unwrap();
    assert!(matches!(
        packer.add_blob(prepared).unwrap_err(),
        PackError::TooLarge { .. }
    ));
    let accounting = fill(&mut packer);
    packer.finish(fields(accounting), &signer(1)).unwrap();
}

#[test]
fn records_that_readers_would_disagree_on_are_refused() {
    for bad in [
        json!({"id": "a", "n": 0.5}),
        json!({"id": "a", "n": 1u64 << 53}),
        json!({"n": 1}),
        json!([]),
    ] {
        assert!(Record::new("email", &bad).is_err(), "{bad}");
    }
    assert!(Record::new("E-mail", &json!({"id": "a"})).is_err());
}

#[test]
fn what_changes_under_a_verified_bundle_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("b.abx");
    make_at(&path, |_| (), 1);
    let trust = trust();
    let open = verify(&[Source::open(&path).unwrap()], &policy(&trust)).unwrap();
    let staged = verify(
        &[Source::stage(&path, dir.path()).unwrap()],
        &policy(&trust),
    )
    .unwrap();
    // Another file under the same path: the handle still has the one that was verified.
    let evil = make(|f| f.producer = "evil".into(), 1);
    let beside = dir.path().join("evil.abx");
    fs::write(&beside, &evil).unwrap();
    fs::rename(&beside, &path).unwrap();
    assert_eq!(
        open.records::<Value>("email").map(Result::unwrap).count(),
        2
    );
    // The very file overwritten: what is read no longer has its hash.
    make_at(&dir.path().join("c.abx"), |_| (), 1);
    let victim = dir.path().join("c.abx");
    let held = verify(&[Source::open(&victim).unwrap()], &policy(&trust)).unwrap();
    let mut bytes = fs::read(&victim).unwrap();
    let (_, _, from, to) = layout_of(&bytes)
        .into_iter()
        .find(|l| l.0.contains("contact/"))
        .unwrap();
    bytes[from..to].reverse();
    fs::OpenOptions::new()
        .write(true)
        .open(&victim)
        .unwrap()
        .write_all(&bytes)
        .unwrap();
    let error = held
        .records::<Value>("contact")
        .next()
        .unwrap()
        .unwrap_err();
    assert!(
        error.to_string().contains("changed since it was verified"),
        "{error}"
    );
    assert_eq!(
        staged
            .records::<Value>("contact")
            .map(Result::unwrap)
            .count(),
        1
    );
}

#[test]
fn other_programs_open_it() {
    let dir = tempfile::tempdir().unwrap();
    let packed = many(&dir.path().join("b.abx"), 2, PartLimits::default());
    let path = &packed.parts[0];
    let run = |program: &str, args: &[&str]| Command::new(program).args(args).arg(path).output();
    judge("unzip", run("unzip", &["-tqq"]), |output| {
        assert!(output.status.success(), "{output:?}")
    });
    judge("7z", run("7z", &["t"]), |output| {
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && !text.contains("Warning"),
            "{text}"
        );
    });
    let script = "import sys, zipfile\n\
                  z = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
                  assert z.infolist()[0].filename == 'mimetype'\nprint(len(z.infolist()))";
    judge("python3", run("python3", &["-c", script]), |output| {
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text.trim(), (packed.entries + 4).to_string(), "{output:?}");
    });
    judge("bsdtar", run("bsdtar", &["-tf"]), |output| {
        assert!(output.status.success(), "{output:?}")
    });
    let signers = dir.path().join("allowed_signers");
    fs::write(&signers, allowed_signers(&[("outlook", 1)])).unwrap();
    let python = Command::new("python3")
        .arg(root().join("formats/verify.py"))
        .args(["--from", "outlook", "--to", "crm", "--allowed-signers"])
        .arg(&signers)
        .arg(path)
        .output();
    judge("python3 with the package cryptography", python, |output| {
        assert!(output.status.success(), "{output:?}");
    });
}
