//! What the command line promises: summaries, exit codes, and what it leaves alone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const NOW: &str = "2026-01-01T00:00:00Z";

fn program(room: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airbridge"));
    command
        .args(args)
        .current_dir(room)
        .env_remove("AIRBRIDGE_PASSPHRASE");
    command
}

fn run(room: &Path, args: &[&str]) -> Output {
    program(room, args).stdin(Stdio::null()).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn summary(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "summary");
    last
}

/// A folder with the sample in it.
fn room() -> tempfile::TempDir {
    let room = tempfile::tempdir().unwrap();
    for name in ["mailbox.pst", "links.csv"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("samples")
            .join(name);
        fs::copy(from, room.path().join(name)).unwrap();
    }
    room
}

fn export(room: &Path, home: &str, bundle: &str) -> Output {
    let args = [
        "export",
        "mailbox.pst",
        "--map",
        "links.csv",
        "--json",
        "--now",
        NOW,
    ];
    let mut command = program(room, &args);
    command
        .args(["--home", home, "-o", bundle])
        .output()
        .unwrap()
}

#[test]
fn inspect_ends_with_its_summary() {
    let room = room();
    let output = run(room.path(), &["inspect", "mailbox.pst", "--json"]);
    assert_eq!(code(&output), 0, "{}", told(&output));
    let sums = summary(&output);
    for field in ["by_class", "folders", "attachments", "findings"] {
        assert!(!sums[field].is_null(), "no {field}: {sums}");
    }
}

#[test]
fn export_ends_with_its_summary_and_never_overwrites() {
    let room = room();
    let output = export(room.path(), "home", "one.abx");
    assert_eq!(code(&output), 0, "{}", told(&output));
    let sums = summary(&output);
    let fields = "seen exported unchanged excluded failed linked suggested unlinked";
    for field in fields.split(' ') {
        assert!(sums[field].is_u64(), "no {field}: {sums}");
    }
    let bundle = fs::read(room.path().join("one.abx")).unwrap();
    let again = export(room.path(), "home", "one.abx");
    assert_eq!(code(&again), 1);
    assert!(told(&again).contains("one.abx"), "{}", told(&again));
    assert_eq!(fs::read(room.path().join("one.abx")).unwrap(), bundle);
}

#[test]
fn errors_name_the_file_or_the_usage() {
    let room = room();
    let output = run(room.path(), &["inspect", "gone.pst"]);
    assert_eq!(code(&output), 1);
    assert!(told(&output).contains("gone.pst"), "{}", told(&output));
    assert_eq!(code(&run(room.path(), &["inspect"])), 2);
    assert_eq!(code(&run(room.path(), &["export", "mailbox.pst"])), 2);
}

#[test]
fn a_dry_run_writes_nothing() {
    let room = room();
    let args = [
        "export",
        "mailbox.pst",
        "--dry-run",
        "--json",
        "--home",
        "home",
    ];
    assert_eq!(code(&run(room.path(), &args)), 0);
    let mut left: Vec<_> = fs::read_dir(room.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["links.csv", "mailbox.pst"]);
}

#[test]
fn a_flipped_bit_is_not_authentic() {
    let room = room();
    assert_eq!(code(&export(room.path(), "home", "one.abx")), 0);
    let args = ["verify", "one.abx", "--home", "home", "--json"];
    let output = run(room.path(), &args);
    assert_eq!(
        (code(&output), &summary(&output)["authentic"]),
        (0, &Value::Bool(true))
    );
    let path = room.path().join("one.abx");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let output = run(room.path(), &args);
    assert_eq!(
        (code(&output), &summary(&output)["authentic"]),
        (4, &Value::Bool(false))
    );
}

#[test]
fn keys_are_made_shown_trusted_and_listed() {
    let room = room();
    let keys = |args: &[&str], home: &str| {
        let args = [&["keys"], args, &["--home", home, "--json"]].concat();
        let output = run(room.path(), &args);
        assert_eq!(code(&output), 0, "{args:?}: {}", told(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect::<Vec<Value>>()
    };
    let ours = keys(&["new"], "ours").remove(0);
    assert_eq!(
        keys(&["show"], "ours")[0]["fingerprint"],
        ours["fingerprint"]
    );
    assert_eq!(
        code(&run(room.path(), &["keys", "new", "--home", "ours"])),
        1
    );
    let theirs = keys(&["new"], "theirs").remove(0);
    fs::write(
        room.path().join("their.pub"),
        theirs["public"].as_str().unwrap(),
    )
    .unwrap();
    let print = theirs["fingerprint"].as_str().unwrap();
    keys(
        &["trust", "crm", "their.pub", "--fingerprint", print],
        "ours",
    );
    let listed = keys(&["list"], "ours");
    assert!(
        listed.iter().any(|line| line["fingerprint"] == *print),
        "{listed:?}"
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let room = room();
    let mut child = program(
        room.path(),
        &["inspect", "mailbox.pst", "--json", "--items"],
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

/// Two equal homes, one time: one bundle, byte for byte.
#[test]
fn the_same_run_makes_the_same_bytes() {
    let room = room();
    assert_eq!(
        code(&run(room.path(), &["keys", "new", "--home", "one"])),
        0
    );
    copy(&room.path().join("one"), &room.path().join("two"));
    assert_eq!(code(&export(room.path(), "one", "one.abx")), 0);
    assert_eq!(code(&export(room.path(), "two", "two.abx")), 0);
    let bytes = |name| fs::read(room.path().join(name)).unwrap();
    assert!(bytes("one.abx") == bytes("two.abx"), "the bundles differ");
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Ctrl-C ends an export, and leaves no bundle and no part of one.
#[cfg(unix)]
#[test]
fn an_interrupted_export_leaves_no_bundle() {
    let room = room();
    let many = room.path().join("many");
    fs::create_dir(&many).unwrap();
    for number in 0..400 {
        fs::copy(
            room.path().join("mailbox.pst"),
            many.join(format!("{number}.pst")),
        )
        .unwrap();
    }
    fs::create_dir(room.path().join("out")).unwrap();
    let args = [
        "export",
        "many",
        "--json",
        "--home",
        "home",
        "-o",
        "out/one.abx",
    ];
    let mut child = program(room.path(), &args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It is at work once it tells of items; it cannot tell of all, as nobody reads on.
    let mut some = [0; 64];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut some)
        .unwrap();
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 130, "{}", told(&output));
    let left: Vec<_> = fs::read_dir(room.path().join("out")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
