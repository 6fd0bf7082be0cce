//! The main job on `samples/`, through the program as a user runs it: the expected result, the same
//! bytes twice, every line by its schema, and every verifier of one mind.
//!
//! `AIRBRIDGE_WRITE=1 cargo test --test sample_export` writes `samples/expected.jsonl` anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The stores of the samples, in the order of their names.
const STORES: [&str; 2] = ["samples/mailbox.pst", "samples/office.pst"];
const NOW: &str = "2026-03-01T08:00:00Z";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn airbridge(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airbridge"));
    command
        .current_dir(root())
        .env_remove("AIRBRIDGE_HOME")
        .args(arguments);
    command.arg("--home").arg(home).output().unwrap()
}

fn export(home: &Path, output: &Path) -> Output {
    let output = output.to_str().unwrap();
    let rules = [
        "--map",
        "samples/links.csv",
        "--contacts",
        "samples/contacts.csv",
    ];
    let rest = ["--json", "--now", NOW, "-o", output];
    airbridge(home, &[&["export"], &STORES[..], &rest, &rules].concat())
}

fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn done(output: Output) -> Output {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{complaint}");
    output
}

struct Made {
    room: tempfile::TempDir,
    bundle: PathBuf,
    home: PathBuf,
    lines: Vec<Value>,
}

fn made() -> Made {
    let room = tempfile::tempdir().unwrap();
    let (home, bundle) = (room.path().join("home"), room.path().join("samples.abx"));
    let first = export(&home, &bundle);
    assert!(
        String::from_utf8_lossy(&first.stderr).contains("SHA256:"),
        "no fingerprint"
    );
    let lines = lines(&done(first));
    Made {
        room,
        bundle,
        home,
        lines,
    }
}

#[test]
fn the_result_is_the_expected_one() {
    let mut lines = made().lines;
    let summary = lines.last_mut().unwrap();
    assert_eq!(summary["type"], "summary");
    // Where the bundle went, and how large a random key and name made it, differs from run to run.
    summary["bundle"] = Value::Null;
    summary["bytes"] = Value::Null;
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let path = root().join("samples/expected.jsonl");
    if std::env::var_os("AIRBRIDGE_WRITE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path)
        .unwrap()
        .replace("\r\n", "\n");
    for (number, (got, wanted)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(got, wanted, "line {}", number + 1);
    }
    assert_eq!(text.lines().count(), expected.lines().count());
}

#[test]
fn the_same_export_is_the_same_bundle_and_the_next_one_the_next() {
    let Made {
        room, bundle, home, ..
    } = made();
    let again = room.path().join("again.abx");
    done(export(&home, &again));
    assert!(std::fs::read(&bundle).unwrap() == std::fs::read(&again).unwrap());
    let refused = export(&home, &bundle);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("never overwritten"));
    let later = room.path().join("later.abx");
    let argument = later.to_str().unwrap();
    let rest = [
        "--now",
        "2026-03-02T08:00:00Z",
        "-o",
        argument,
        "--map",
        "samples/links.csv",
    ];
    done(airbridge(
        &home,
        &[&["export"], &STORES[..], &rest].concat(),
    ));
    let verified = lines(&done(airbridge(&home, &["verify", argument, "--json"])));
    assert_eq!(verified.last().unwrap()["seq"], 2);
}

#[test]
fn every_line_of_the_bundle_keeps_its_schema() {
    let Made {
        room: _room,
        bundle,
        home,
        ..
    } = made();
    let trust = airbridge::bundle::keys::list(&home).unwrap();
    let source = airbridge::bundle::Source::open(&bundle).unwrap();
    let policy = airbridge::bundle::Policy {
        trust: &trust,
        link: None,
        from: None,
        to: None,
        ledger: None,
    };
    let bundle = airbridge::bundle::verify(&[source], &policy).unwrap();
    let check = |schema: &str, values: Vec<Value>| {
        let path = root().join("formats/schema").join(schema);
        let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        assert!(!values.is_empty());
        for value in values {
            if let Err(error) = validator.validate(&value) {
                panic!("{}: {error}: {value}", error.instance_path());
            }
        }
    };
    for kind in bundle.record_kinds() {
        let records: Vec<Value> = bundle.records(&kind).map(Result::unwrap).collect();
        for record in &records {
            let payload = &record["bigcontacts"];
            assert_eq!(payload.is_object(), *kind == *"contact", "{record}");
            if payload.is_object() {
                // BigContacts has the name of a company there.
                let name = match record["is_company"] == true {
                    true => "display_name",
                    false => "first_name",
                };
                assert_eq!(payload["first_name"], record[name], "{record}");
            }
        }
        check("item.schema.json", records);
    }
    for (stream, schema) in [
        (airbridge::bundle::Stream::Links, "link.schema.json"),
        (airbridge::bundle::Stream::Report, "report.schema.json"),
    ] {
        check(schema, bundle.stream(stream).map(Result::unwrap).collect());
    }
}

#[test]
fn nothing_private_leaves_with_the_bundle() {
    let Made {
        room: _room,
        bundle,
        home,
        ..
    } = made();
    let shown = done(airbridge(
        &home,
        &["show", bundle.to_str().unwrap(), "--json"],
    ));
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(!shown.contains("test results"));
    let unpacked = Command::new("unzip").args(["-p"]).arg(&bundle).output();
    match unpacked {
        Ok(unpacked) => {
            let text = String::from_utf8_lossy(&unpacked.stdout);
            assert!(text.contains("it is private") && !text.contains("test results"));
        }
        Err(_) => {
            println!("SKIPPED: unzip is not installed");
            assert!(std::env::var_os("CI").is_none(), "unzip is missing");
        }
    }
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let Made {
        room, lines: real, ..
    } = made();
    let home = room.path().join("nowhere");
    let rules = [
        "--map",
        "samples/links.csv",
        "--contacts",
        "samples/contacts.csv",
        "--dry-run",
    ];
    let arguments = [&["export"], &STORES[..], &["--json"], &rules].concat();
    let dry = lines(&done(airbridge(&home, &arguments)));
    assert!(!home.exists());
    let (last, items) = dry.split_last().unwrap();
    assert_eq!(items, &real[..real.len() - 1]);
    for sum in [
        "seen",
        "exported",
        "unchanged",
        "excluded",
        "failed",
        "linked",
    ] {
        assert_eq!(last[sum], real.last().unwrap()[sum], "{sum}");
    }
}

/// The command of the README names the folder, in which the map and the contacts lie too.
#[test]
fn the_folder_gives_what_its_stores_give() {
    let Made {
        room, lines: real, ..
    } = made();
    let home = room.path().join("nowhere");
    let rules = [
        "--map",
        "samples/links.csv",
        "--contacts",
        "samples/contacts.csv",
        "--dry-run",
    ];
    let arguments = [&["export", "samples", "--json"], &rules[..]].concat();
    let lines = lines(&done(airbridge(&home, &arguments)));
    let (skipped, rest): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| line["type"] == "skipped");
    let reason = |file: &str| {
        let line = skipped.iter().find(|line| line["file"] == file);
        line.unwrap()["reason"].clone()
    };
    assert_eq!(reason("samples/links.csv"), "used as the map");
    assert_eq!(reason("samples/contacts.csv"), "used as the contacts file");
    assert_eq!(rest[..rest.len() - 1], real[..real.len() - 1]);
}

#[test]
fn the_independent_verifier_agrees() {
    let Made {
        room: _room,
        bundle,
        home,
        ..
    } = made();
    let python = Command::new("python3")
        .arg(root().join("formats/verify.py"))
        .arg(&bundle)
        .arg("--allowed-signers")
        .arg(home.join("allowed_signers"))
        .output();
    let Some(python) = python.ok().filter(|run| run.status.code() != Some(2)) else {
        println!("SKIPPED: python3 with cryptography is not installed");
        assert!(
            std::env::var_os("CI").is_none(),
            "python3 or cryptography is missing"
        );
        return;
    };
    assert_eq!(
        python.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&python.stderr)
    );
}

/// Threat: data leaving by the network. No command opens a socket.
#[test]
fn no_command_opens_a_socket() {
    let Made {
        room, bundle, home, ..
    } = made();
    let (home, bundle) = (home.to_str().unwrap(), bundle.to_str().unwrap());
    let second = room.path().join("second.abx");
    let second = second.to_str().unwrap();
    let store = "samples/mailbox.pst";
    let map = ["--map", "samples/links.csv"];
    for arguments in [
        &["inspect", store][..],
        &[
            "export", store, "-o", second, "--home", home, map[0], map[1],
        ],
        &["verify", bundle, "--home", home],
        &["show", bundle, "--home", home],
        &["link", store, "--home", home, map[0], map[1], "--explain"],
        &["keys", "list", "--home", home],
    ] {
        let trace = room.path().join("trace");
        let traced = Command::new("strace")
            .args(["-f", "-e", "trace=socket,connect", "-o"])
            .arg(&trace)
            .arg(env!("CARGO_BIN_EXE_airbridge"))
            .args(arguments)
            .current_dir(root())
            .output();
        let Ok(traced) = traced else {
            println!("SKIPPED: strace is not installed");
            assert!(std::env::var_os("CI").is_none(), "strace is missing");
            return;
        };
        assert!(traced.status.success(), "{arguments:?}: {traced:?}");
        let calls = std::fs::read_to_string(&trace).unwrap();
        assert!(
            !calls.contains("socket(") && !calls.contains("connect("),
            "{arguments:?}: {calls}"
        );
    }
}
