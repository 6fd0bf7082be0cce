//! The CRM side by its commands: paired with a first bundle, edited by SQL and by BigContacts' own
//! CSV, and killed at every write.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::Connection;
use serde_json::Value;

/// Two homes beside each other, and what goes between them.
struct Bridge {
    folder: tempfile::TempDir,
}

impl Bridge {
    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, home: &str, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_airbridge"))
            .args(args)
            .env("AIRBRIDGE_HOME", self.at(home))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap()
    }

    fn ok(&self, home: &str, args: &[&str]) -> String {
        let out = self.run(home, args);
        assert!(out.status.success(), "{args:?}: {out:?}");
        String::from_utf8(out.stdout).unwrap()
    }

    fn code(&self, home: &str, args: &[&str]) -> i32 {
        self.run(home, args).status.code().unwrap()
    }

    fn json(&self, home: &str, args: &[&str]) -> Value {
        let text = self.ok(home, &[args, &["--json"]].concat());
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    fn export(&self, bundle: &str, more: &[&str]) -> PathBuf {
        let output = self.at(bundle);
        let args = [
            &[
                "export",
                "samples/mailbox.pst",
                "--map",
                "samples/links.csv",
            ],
            &["--contacts", "samples/contacts.csv", "-o"][..],
            &[output.to_str().unwrap()],
            more,
        ];
        self.ok("outlook", &args.concat());
        output
    }

    /// Outlook's first bundle, and a CRM home that is paired with it, each trusting the other.
    fn new() -> (Self, PathBuf) {
        let bridge = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let first = bridge.export("1.abx", &[]);
        let key = bridge.json("outlook", &["keys", "show"]);
        let print = key["fingerprint"].as_str().unwrap();
        let path = first.to_str().unwrap();
        let wrong = ["crm", "init", path, "--fingerprint", "SHA256:other"];
        assert_eq!(bridge.code("crm", &wrong), 1);
        assert!(!bridge.at("crm").exists());
        let made = bridge.json("crm", &["crm", "init", path, "--fingerprint", print]);
        let public = bridge.at("crm.pub");
        std::fs::write(&public, made["public"].as_str().unwrap()).unwrap();
        let party = made["party"].as_str().unwrap();
        let print = made["fingerprint"].as_str().unwrap();
        let public = public.to_str().unwrap();
        bridge.ok(
            "outlook",
            &["keys", "trust", party, public, "--fingerprint", print],
        );
        (bridge, first)
    }

    fn replica(&self) -> Connection {
        Connection::open(self.at("crm").join("ledger.sqlite")).unwrap()
    }
}

fn count(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn the_loop_by_commands() {
    let (bridge, first) = Bridge::new();
    let first = first.to_str().unwrap();
    let sums = bridge.json("crm", &["crm", "import", first]);
    assert_eq!(sums["new"], 10);
    // Again: a no-op that says so.
    let again = bridge.run("crm", &["crm", "import", first]);
    assert!(again.status.success());
    assert!(
        String::from_utf8(again.stdout)
            .unwrap()
            .contains("applied before")
    );
    let replica = bridge.replica();
    assert_eq!(count(&replica, "SELECT count(*) FROM email"), 10);
    assert!(
        count(
            &replica,
            "SELECT count(*) FROM history WHERE crm_id = '1001'"
        ) > 0
    );
    let attachments = "SELECT count(*) FROM attachment WHERE sha256 IS NOT NULL";
    assert!(count(&replica, attachments) > 0);
    // A person edits a mail's categories and makes a contact.
    replica
        .execute_batch(
            "INSERT INTO category (item, name) SELECT id, 'Seen' FROM email
                 WHERE subject LIKE 'Refit%' LIMIT 1;
             INSERT INTO contact (first_name, last_name, company) VALUES ('Bo', 'Ek', 'Ek AB');
             INSERT INTO contact_email (item, slot, email) SELECT id, 1, 'bo@ek.example'
                 FROM contact;
             INSERT INTO contact_field (item, name, value) SELECT id, 'Fleet', '7' FROM contact;",
        )
        .unwrap();
    drop(replica);
    let back = bridge.at("back.abx");
    let back = back.to_str().unwrap();
    let sums = bridge.json("crm", &["crm", "export", "-o", back]);
    assert_eq!(sums["exported"], 2, "{sums}");
    assert_eq!(sums["unchanged"], 9);
    assert_eq!(bridge.code("outlook", &["verify", back]), 0);
    let shown = bridge.ok("outlook", &["show", back]);
    assert!(shown.contains("Bo Ek"), "{shown}");
    assert_eq!(bridge.code("crm", &["crm", "import", back]), 4, "one's own");
    let status = bridge.ok("crm", &["status"]);
    assert_eq!(status.lines().count(), 10, "{status}");
    // Outlook has not heard of that yet, and sends everything again: nothing is there twice.
    let second = bridge.export("2.abx", &["--now", "2030-01-01T00:00:00Z"]);
    let sums = bridge.json("crm", &["crm", "import", second.to_str().unwrap()]);
    assert_eq!(
        (&sums["new"], &sums["changed"]),
        (&0.into(), &0.into()),
        "{sums}"
    );
    assert_eq!(count(&bridge.replica(), "SELECT count(*) FROM email"), 10);
    let category = "SELECT count(*) FROM category WHERE name = 'Seen'";
    assert_eq!(count(&bridge.replica(), category), 1);
    assert_eq!(bridge.code("crm", &["undo"]), 0);
    assert_eq!(count(&bridge.replica(), category), 1);
    // A key that Outlook has ended, and a bundle that was changed.
    let trust = bridge.at("crm").join("allowed_signers");
    let text = std::fs::read_to_string(&trust).unwrap();
    let revoked: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with('#') || !line.contains("outlook"))
        .collect();
    std::fs::write(&trust, revoked.join("\n") + "\n").unwrap();
    let third = bridge.export("3.abx", &["--now", "2030-01-02T00:00:00Z"]);
    assert_eq!(
        bridge.code("crm", &["crm", "import", third.to_str().unwrap()]),
        4
    );
    std::fs::write(&trust, text).unwrap();
    bridge.ok("crm", &["crm", "import", third.to_str().unwrap()]);
}

#[test]
fn contacts_by_csv_both_ways() {
    let (bridge, first) = Bridge::new();
    bridge.ok("crm", &["crm", "import", first.to_str().unwrap()]);
    let sums = bridge.json("crm", &["crm", "import", "samples/contacts.csv"]);
    assert_eq!((&sums["new"], &sums["known"]), (&8.into(), &0.into()));
    let one = bridge.at("one.csv");
    bridge.ok("crm", &["crm", "export", "-o", one.to_str().unwrap()]);
    // What BigContacts gave is all there, cell by cell.
    let cells = |path: &Path| -> Vec<Vec<(String, String)>> {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_path(path)
            .unwrap();
        let heads = reader.headers().unwrap().clone();
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            let cells = heads.iter().zip(row.iter());
            let mut cells: Vec<_> = cells
                .filter(|(_, cell)| !cell.is_empty())
                .map(|(head, cell)| (head.to_owned(), cell.to_owned()))
                .collect();
            cells.sort();
            cells
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort();
        rows
    };
    let given = cells(Path::new("samples/contacts.csv"));
    let mut got = cells(&one);
    for row in &mut got {
        row.retain(|(head, _)| head != "Airbridge ID");
    }
    got.sort();
    assert_eq!(given, got);
    // Taken back, it changes nothing.
    let sums = bridge.json("crm", &["crm", "import", one.to_str().unwrap()]);
    assert_eq!((&sums["new"], &sums["known"]), (&0.into(), &8.into()));
    let two = bridge.at("two.csv");
    let said = bridge.ok("crm", &["crm", "export", "-o", two.to_str().unwrap()]);
    assert!(!said.contains("nickname"), "{said}");
    assert_eq!(cells(&one), cells(&two));
    // What has no column there is told.
    let edit = "UPDATE contact SET nickname = 'Jo'";
    bridge.replica().execute_batch(edit).unwrap();
    let three = bridge.at("three.csv");
    let said = bridge.ok("crm", &["crm", "export", "-o", three.to_str().unwrap()]);
    let told = said.lines().find(|line| line.contains("nickname"));
    assert!(
        told.is_some_and(|line| line.contains("of 8 contacts")),
        "{said}"
    );
    assert_eq!(cells(&one), cells(&three));
}

/// Kills a run at its n-th write of whatever kind, until it completes; the next run completes, and
/// nothing is there twice.
#[test]
fn killed_at_every_write() {
    let have = Command::new("strace").arg("-V").output();
    if !have.is_ok_and(|out| out.status.success()) {
        println!("SKIPPED: strace is not installed");
        assert!(std::env::var_os("CI").is_none(), "strace is missing");
        return;
    }
    let (bridge, first) = Bridge::new();
    let first = first.to_str().unwrap();
    let calls = [
        "pwrite64",
        "write",
        "fsync",
        "fdatasync",
        "unlink",
        "rename",
        "linkat",
    ];
    let kill = |home: &str, call: &str, at: usize, args: &[&str]| {
        let inject = format!("inject={call}:signal=KILL:when={at}");
        let out = Command::new("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-e", &inject])
            .arg(env!("CARGO_BIN_EXE_airbridge"))
            .args(args)
            .env("AIRBRIDGE_HOME", bridge.at(home))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        out.status.success()
    };
    let mut kills = 0;
    for call in calls {
        for at in [1, 2, 3, 5, 8, 13, 21, 34, 55] {
            if kill("crm", call, at, &["crm", "import", first]) {
                break;
            }
            kills += 1;
        }
    }
    println!("{kills} kills of an import");
    assert!(kills > 5);
    bridge.ok("crm", &["crm", "import", first]);
    assert_eq!(count(&bridge.replica(), "SELECT count(*) FROM email"), 10);
    let items = "SELECT count(*) FROM record";
    assert_eq!(count(&bridge.replica(), items), 10);
    bridge
        .replica()
        .execute_batch("INSERT INTO contact (first_name, last_name) VALUES ('Bo', 'Ek')")
        .unwrap();
    let mut last = None;
    let mut number = 0;
    for call in calls {
        for at in [1, 2, 3, 5, 8, 13, 21, 34, 55] {
            number += 1;
            let name = bridge.at(&format!("killed-{number}.abx"));
            let path = name.to_str().unwrap();
            let done = kill("crm", call, at, &["crm", "export", "-o", path]);
            if name.exists() {
                // A bundle that is there is whole.
                assert_eq!(bridge.code("outlook", &["verify", path]), 0, "{call} {at}");
                last = Some(name.clone());
            }
            if done {
                break;
            }
        }
    }
    let last = last.unwrap();
    let shown = bridge.ok("outlook", &["show", last.to_str().unwrap()]);
    assert_eq!(shown.matches("Bo Ek").count(), 1, "{shown}");
    assert_eq!(count(&bridge.replica(), "SELECT count(*) FROM contact"), 1);
}
