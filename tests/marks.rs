//! What is as the ledger last saw it is not read again, and nobody can tell: the bundle is the same as
//! when everything is read; whatever changes, of an item or of what decides on it, is read.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bridge;

use std::fs;
use std::path::Path;

use bridge::Bridge;
use rusqlite::Connection;
use serde_json::Value;

const MAILS: u64 = 12;

/// What is written differently in a mail.
#[derive(Clone, Copy, PartialEq)]
enum Changed {
    Subject,
    Body,
    Recipient,
    Attachment,
}

fn mail(number: u64, changed: Option<Changed>) -> String {
    let when = |what, then: &'static str, now: &'static str| {
        if changed == Some(what) { now } else { then }
    };
    // A line of the map counts it in every run.
    let category = if number == 3 {
        "Keywords: Partners\r\n"
    } else {
        ""
    };
    let subject = when(Changed::Subject, "Offer", "Order");
    let body = when(Changed::Body, "As agreed.", "As asked for.");
    let other = when(
        Changed::Recipient,
        "ole@office.example",
        "karin@office.example",
    );
    let attached = when(Changed::Attachment, "first", "second");
    format!(
        "From: Anna <anna.schmidt@kontor-nord.example>\r\nTo: {other}\r\n{category}\
         Subject: {subject} {number}\r\nMessage-ID: <{number}@kontor-nord.example>\r\n\
         Date: Thu, 1 Jan 2026 10:00:{number:02} +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
         Content-Type: text/plain\r\n\r\n{body}\r\n--x\r\n\
         Content-Type: application/octet-stream; name=\"a.bin\"\r\n\
         Content-Disposition: attachment\r\n\r\n{attached}\r\n--x--\r\n"
    )
}

/// Writes the store anew, under the same name.
fn write(bridge: &Bridge, changed: Option<(u64, Changed)>) {
    let folder = bridge.at("mails");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    for number in 0..MAILS {
        let changed = changed.filter(|(which, _)| *which == number);
        let text = mail(number, changed.map(|(_, changed)| changed));
        fs::write(folder.join(format!("{number:02}.eml")), text).unwrap();
    }
    let store = bridge.at("store.pst");
    let _ = fs::remove_file(&store);
    let (from, to) = (bridge.path("mails"), bridge.path("store.pst"));
    let now = "2026-02-01T00:00:00Z";
    bridge.json("outlook", &["convert", &from, "-o", &to, "--now", now]);
}

fn ledger(bridge: &Bridge, home: &str) -> Connection {
    Connection::open(bridge.at(home).join("ledger.sqlite")).unwrap()
}

/// As if the CRM had acknowledged everything.
fn acknowledge(bridge: &Bridge) {
    let sql = "UPDATE item SET agreed = version; DELETE FROM sent;";
    ledger(bridge, "outlook").execute_batch(sql).unwrap();
}

fn marked(bridge: &Bridge) -> u64 {
    let sql = "SELECT count(*) FROM item WHERE mark IS NOT NULL";
    ledger(bridge, "outlook")
        .query_row(sql, [], |row| row.get::<_, u32>(0))
        .unwrap()
        .into()
}

struct Run<'a> {
    bridge: &'a Bridge,
    home: &'a str,
    map: &'a str,
    more: &'a [&'a str],
}

impl Run<'_> {
    /// Exports the store; every line that is said.
    fn export(&self, bundle: &str) -> Vec<Value> {
        let (store, bundle) = (self.bridge.path("store.pst"), self.bridge.path(bundle));
        let args = [
            &[
                "export",
                &store,
                "--contacts",
                "samples/contacts.csv",
                "--map",
                self.map,
            ][..],
            &["--now", "2026-03-01T00:00:00Z", "-o", &bundle, "--json"],
            self.more,
        ];
        let out = self.bridge.run(self.home, &args.concat());
        assert!(out.status.success(), "{out:?}");
        let lines = String::from_utf8(out.stdout).unwrap();
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    fn sums(&self, bundle: &str) -> [u64; 3] {
        let lines = self.export(bundle);
        let sums = lines.last().unwrap();
        ["exported", "unchanged", "excluded"].map(|name| sums[name].as_u64().unwrap())
    }
}

/// All but where the bundle is.
fn said(lines: &[Value]) -> Vec<Value> {
    let mut lines = lines.to_vec();
    lines.last_mut().unwrap()["bundle"] = Value::Null;
    lines
}

fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

#[test]
fn an_unchanged_store_gives_the_same_bundle_read_or_not() {
    let bridge = Bridge {
        folder: tempfile::tempdir().unwrap(),
    };
    let run = |home, more| Run {
        bridge: &bridge,
        home,
        map: "samples/links.csv",
        more,
    };
    write(&bridge, None);
    assert_eq!(run("outlook", &[]).sums("1.abx"), [MAILS, 0, 0]);
    acknowledge(&bridge);
    // Not that with the category: a line of the map was used.
    assert_eq!(marked(&bridge), MAILS - 1);
    bridge.copy_home("reread");
    bridge.copy_home("forgot");
    let forget = "UPDATE item SET mark = NULL";
    ledger(&bridge, "forgot").execute_batch(forget).unwrap();
    let known = run("outlook", &[]).export("known.abx");
    let reread = run("reread", &["--reread"]).export("reread.abx");
    let forgot = run("forgot", &[]).export("forgot.abx");
    assert_eq!(known.last().unwrap()["unchanged"], MAILS);
    assert_eq!(said(&known), said(&reread));
    assert_eq!(said(&known), said(&forgot));
    let known = bytes(&bridge.at("known.abx"));
    assert!(known == bytes(&bridge.at("reread.abx")));
    assert!(known == bytes(&bridge.at("forgot.abx")));
    // What was read in between is marked again.
    acknowledge(&bridge);
    assert_eq!(marked(&bridge), MAILS - 1);
}

#[test]
fn a_change_is_seen_and_so_is_a_new_rule() {
    let bridge = Bridge {
        folder: tempfile::tempdir().unwrap(),
    };
    let run = |map| Run {
        bridge: &bridge,
        home: "outlook",
        map,
        more: &[],
    };
    write(&bridge, None);
    assert_eq!(run("samples/links.csv").sums("0.abx"), [MAILS, 0, 0]);
    acknowledge(&bridge);
    let changes = [
        Changed::Subject,
        Changed::Body,
        Changed::Recipient,
        Changed::Attachment,
    ];
    for (number, changed) in (4..).zip(changes) {
        write(&bridge, Some((number, changed)));
        let name = format!("{number}.abx");
        // What was changed before is as it first was: that is a change too.
        let expected = if changed == Changed::Subject { 1 } else { 2 };
        let sums = run("samples/links.csv").sums(&name);
        assert_eq!(sums, [expected, MAILS - expected, 0], "{name}");
        acknowledge(&bridge);
    }
    write(&bridge, None);
    assert_eq!(run("samples/links.csv").sums("last.abx"), [1, MAILS - 1, 0]);
    acknowledge(&bridge);
    assert_eq!(run("samples/links.csv").sums("same.abx"), [0, MAILS, 0]);
    // Another map decides anew: one mail is now linked by its category alone.
    let map = bridge.path("map.csv");
    fs::write(
        &map,
        "category,contact\nPartners,misaki.tanaka@umibe-shoji.example\n",
    )
    .unwrap();
    let lines = run(&map).export("map.abx");
    let sums = lines.last().unwrap();
    assert_eq!(
        (&sums["exported"], &sums["unchanged"]),
        (&1.into(), &(MAILS - 1).into())
    );
}

/// What is read only once is read where it is used, and then nothing is remembered by it.
#[cfg(unix)]
#[test]
fn rules_may_come_from_a_pipe() {
    let bridge = Bridge {
        folder: tempfile::tempdir().unwrap(),
    };
    write(&bridge, None);
    let script = r#""$0" export "$1" --contacts samples/contacts.csv \
        --map <(printf 'category,contact\nPartners,misaki.tanaka@umibe-shoji.example\n') \
        -o "$2" --json"#;
    let store = bridge.path("store.pst");
    let command = bridge.command("outlook", &["-c", script]);
    let out = std::process::Command::new("bash")
        .args(command.get_args())
        .arg(command.get_program())
        .args([store, bridge.path("pipe.abx")])
        .env("AIRBRIDGE_HOME", bridge.at("outlook"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{out:?}");
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(said.contains(r#""by":"map""#), "{said}");
    assert_eq!(marked(&bridge), 0);
}
