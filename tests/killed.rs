//! `export`, `apply` and `keys roll` killed at their writes, one after the other: what has a name
//! is whole, the next run completes, and nothing is there twice.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bridge;

use std::process::Command;

use bridge::{Bridge, MADE, messages};
use rusqlite::Connection;

/// What changes something on the disk.
const CALLS: [&str; 10] = [
    "pwrite64",
    "write",
    "ftruncate",
    "fsync",
    "fdatasync",
    "unlink",
    "rename",
    "renameat2",
    "linkat",
    "mkdir",
];

/// Which of them, from the first on.
const TIMES: [usize; 8] = [1, 2, 3, 5, 9, 17, 33, 65];

fn has_strace() -> bool {
    let have = Command::new("strace").arg("-V").output();
    let have = have.is_ok_and(|out| out.status.success());
    if !have {
        println!("SKIPPED: strace is not installed");
        assert!(std::env::var_os("CI").is_none(), "strace is missing");
    }
    have
}

/// Runs a command that is killed at its n-th call; whether it got to its end.
fn kill(bridge: &Bridge, home: &str, call: &str, at: usize, args: &[&str]) -> bool {
    let inject = format!("inject={call}:signal=KILL:when={at}");
    let command = bridge.command(home, args);
    let out = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &inject])
        .arg(command.get_program())
        .args(command.get_args())
        .env("AIRBRIDGE_HOME", bridge.at(home))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    out.status.success()
}

/// Kills a command at every call of a kind and time, until there are no more; how often. The
/// command is made by its number, and looked at after each run.
fn kill_at_all<'a>(
    bridge: &Bridge,
    mut command: impl FnMut(usize) -> (String, Vec<String>),
    mut look: impl FnMut(usize, bool) + 'a,
) -> usize {
    let (mut number, mut kills) = (0, 0);
    for call in CALLS {
        for at in TIMES {
            number += 1;
            let (home, args) = command(number);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let done = kill(bridge, &home, call, at, &args);
            look(number, done);
            if done {
                break;
            }
            kills += 1;
        }
    }
    kills
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn an_export() {
    if !has_strace() {
        return;
    }
    let bridge = Bridge::new();
    let name = |number: usize| format!("killed-{number}.abx");
    let export = |number: usize| {
        let output = bridge.path(&name(number));
        let args = [
            "export",
            "samples/mailbox.pst",
            "--map",
            "samples/links.csv",
            "-o",
            &output,
        ];
        ("outlook".to_owned(), words(&args))
    };
    let look = |number: usize, done: bool| {
        let path = bridge.at(&name(number));
        assert!(path.exists() || !done, "{number}");
        if path.exists() {
            // The CRM trusts the key, and says whether the bundle is whole.
            let said = bridge.run("crm", &["verify", path.to_str().unwrap()]);
            assert!(said.status.success(), "{number}: {said:?}");
        }
        let others = std::fs::read_dir(bridge.folder.path()).unwrap();
        let left = others.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().ends_with(".part")
        });
        assert!(left.count() <= number, "only what was killed may lie about");
    };
    let kills = kill_at_all(&bridge, export, look);
    println!("{kills} kills");
    assert!(kills > 15, "{kills}");
    let items = "SELECT count(*) FROM item WHERE version IS NOT NULL";
    let ledger = Connection::open(bridge.at("outlook").join("ledger.sqlite")).unwrap();
    let known: u32 = ledger.query_row(items, [], |row| row.get(0)).unwrap();
    let sums = bridge.export(&["samples/mailbox.pst"], "last.abx");
    assert_eq!(sums["failed"], 0);
    let after: u32 = ledger.query_row(items, [], |row| row.get(0)).unwrap();
    assert_eq!(known, after, "nothing is there twice");
    let done = bridge.json("crm", &["crm", "import", &bridge.path("last.abx")]);
    assert_eq!(done["new"], 0, "the CRM had them all: {done}");
}

#[test]
fn an_apply() {
    if !has_strace() {
        return;
    }
    let bridge = Bridge::new();
    let bundle = bridge.path("crm.abx");
    let apply = |number: usize| {
        let home = format!("home-{number}");
        bridge.copy_home(&home);
        let out = bridge.path(&format!("out-{number}"));
        (home, words(&["apply", &bundle, "-o", &out]))
    };
    let look = |number: usize, done: bool| {
        let out = bridge.at(&format!("out-{number}"));
        let whole = |folder: &std::path::Path| {
            assert_eq!(messages(&folder.join("outlook.pst")).len(), MADE);
            assert!(folder.join("receipt.jsonl").exists());
        };
        assert!(out.exists() || !done, "{number}");
        if out.exists() {
            whole(&out);
        }
        let again = bridge.at(&format!("again-{number}"));
        let args = ["apply", &bundle, "-o", again.to_str().unwrap()];
        let run = bridge.run(&format!("home-{number}"), &args);
        assert!(run.status.success(), "{number}: {run:?}");
        if again.exists() {
            whole(&again);
        } else {
            assert!(out.exists(), "{number}: nothing was written");
        }
    };
    let kills = kill_at_all(&bridge, apply, look);
    println!("{kills} kills");
    assert!(kills > 15, "{kills}");
}

#[test]
fn a_change_of_key() {
    if !has_strace() {
        return;
    }
    let bridge = Bridge::new();
    let roll = |number: usize| {
        let home = format!("home-{number}");
        bridge.copy_home(&home);
        let output = bridge.path(&format!("roll-{number}.abx"));
        let now = "2030-01-01T00:00:00Z";
        (home, words(&["keys", "roll", "-o", &output, "--now", now]))
    };
    let look = |number: usize, _: bool| {
        let home = format!("home-{number}");
        let first = bridge.path(&format!("roll-{number}.abx"));
        let second = bridge.path(&format!("again-{number}.abx"));
        // There is always a key that signs.
        let after = "2030-01-02T00:00:00Z";
        bridge.json(&home, &["keys", "show"]);
        let run = bridge.run(&home, &["keys", "roll", "-o", &second, "--now", after]);
        assert!(run.status.success(), "{number}: {run:?}");
        // The peer takes all of them in their order, and then what the key in place signs.
        std::fs::create_dir(bridge.at(&format!("peer-{number}"))).unwrap();
        for entry in walkdir::WalkDir::new(bridge.at("crm")).min_depth(1) {
            let entry = entry.unwrap();
            let inner = entry.path().strip_prefix(bridge.at("crm")).unwrap();
            let to = bridge.at(&format!("peer-{number}")).join(inner);
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(to).unwrap();
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
        let output = bridge.path(&format!("then-{number}.abx"));
        let then = "2030-01-03T00:00:00Z";
        let store = "samples/mailbox.pst";
        let run = bridge.run(
            &home,
            &["export", store, "--full", "--now", then, "-o", &output],
        );
        assert!(run.status.success(), "{number}: {run:?}");
        for bundle in [&first, &second, &output] {
            if std::path::Path::new(bundle).exists() {
                let peer = format!("peer-{number}");
                let run = bridge.run(&peer, &["crm", "import", bundle]);
                assert!(run.status.success(), "{number} {bundle}: {run:?}");
            }
        }
    };
    let kills = kill_at_all(&bridge, roll, look);
    println!("{kills} kills");
    assert!(kills > 8, "{kills}");
}
