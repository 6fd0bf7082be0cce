//! A change of key, as the two sides live it: told by a bundle that both keys sign; from then on the
//! old key signs nothing that anybody takes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bridge;

use std::fs;

use bridge::Bridge;

const STORE: &str = "samples/mailbox.pst";

fn export(bridge: &Bridge, home: &str, bundle: &str, now: &str) {
    let output = bridge.path(bundle);
    let rules = [
        "--map",
        "samples/links.csv",
        "--contacts",
        "samples/contacts.csv",
    ];
    let args = [
        &["export", STORE, "--full", "--now", now, "-o", &output][..],
        &rules,
    ]
    .concat();
    let out = bridge.run(home, &args);
    assert!(out.status.success(), "{out:?}");
}

fn code(bridge: &Bridge, home: &str, args: &[&str]) -> (i32, String) {
    let out = bridge.run(home, args);
    let said = [out.stdout, out.stderr].concat();
    (out.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn the_new_key_is_taken_and_the_old_one_refused_from_then_on() {
    let bridge = Bridge::new();
    bridge.copy_home("thief");
    let before = bridge.json("outlook", &["keys", "show"]);
    let roll = bridge.path("roll.abx");
    let now = "2030-01-01T00:00:00Z";
    let after = bridge.json("outlook", &["keys", "roll", "-o", &roll, "--now", now]);
    assert_ne!(before["fingerprint"], after["fingerprint"]);
    assert_eq!(
        bridge.json("outlook", &["keys", "show"])["fingerprint"],
        after["fingerprint"]
    );
    // The old key is kept, and no half-done pair is left.
    let keys: Vec<String> = fs::read_dir(bridge.at("outlook").join("keys"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        keys.iter()
            .any(|name| name.contains(".ended-20300101T000000Z")),
        "{keys:?}"
    );
    assert!(!keys.iter().any(|name| name.contains(".next")), "{keys:?}");
    // Our own bundles of before are still known, and a later one has the new key.
    let (status, said) = code(&bridge, "outlook", &["verify", &bridge.path("1.abx")]);
    assert_eq!(status, 0, "{said}");
    export(&bridge, "outlook", "3.abx", "2030-01-02T00:00:00Z");
    // The CRM does not take the new key before it was told of it.
    let third = bridge.path("3.abx");
    let (status, _) = code(&bridge, "crm", &["crm", "import", &third]);
    assert_eq!(status, 4);
    let (status, said) = code(&bridge, "crm", &["crm", "import", &roll]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("was replaced by its next one"), "{said}");
    let (status, said) = code(&bridge, "crm", &["crm", "import", &roll]);
    assert_eq!(status, 0, "a repeat does nothing: {said}");
    let (status, said) = code(&bridge, "crm", &["crm", "import", &third]);
    assert_eq!(status, 0, "{said}");
    // Who kept the old key makes nothing that is taken.
    export(&bridge, "thief", "stolen.abx", "2030-01-03T00:00:00Z");
    let (status, said) = code(
        &bridge,
        "crm",
        &["crm", "import", &bridge.path("stolen.abx")],
    );
    assert_eq!(status, 4, "{said}");
    assert!(said.contains("valid"), "{said}");
}

#[test]
fn the_crm_changes_its_key_too_and_a_killed_change_is_ended() {
    let bridge = Bridge::new();
    let apply = |bundle: &str, out: &str| {
        code(
            &bridge,
            "outlook",
            &["apply", &bridge.path(bundle), "-o", &bridge.path(out)],
        )
    };
    assert_eq!(apply("crm.abx", "out").0, 0);
    let roll = bridge.path("roll.abx");
    let now = "2030-01-01T00:00:00Z";
    let keys = bridge.at("crm").join("keys");
    let old = fs::read(keys.join("bigcontacts")).unwrap();
    let old_public = fs::read(keys.join("bigcontacts.pub")).unwrap();
    let trust = fs::read(bridge.at("crm").join("allowed_signers")).unwrap();
    let after = bridge.json("crm", &["keys", "roll", "-o", &roll, "--now", now]);
    // As a run leaves it that is killed between the bundle and the keys.
    for (name, bytes) in [("bigcontacts", &old), ("bigcontacts.pub", &old_public)] {
        fs::rename(
            keys.join(name),
            keys.join(name.replace("bigcontacts", "bigcontacts.next")),
        )
        .unwrap();
        fs::write(keys.join(name), bytes).unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(keys.join("bigcontacts"), private).unwrap();
    }
    fs::write(bridge.at("crm").join("allowed_signers"), trust).unwrap();
    bridge.sql(&format!(
        "INSERT INTO note (name, value) VALUES ('keyroll', '{now} {roll}')"
    ));
    let other = bridge.path("other.abx");
    let again = bridge.json("crm", &["keys", "roll", "-o", &other]);
    assert_eq!(again["fingerprint"], after["fingerprint"]);
    assert!(!bridge.at("other.abx").exists());
    assert_eq!(apply("roll.abx", "out2").0, 0);
    let next = bridge.path("next.abx");
    bridge.json(
        "crm",
        &[
            "crm",
            "export",
            "--full",
            "-o",
            &next,
            "--now",
            "2030-01-02T00:00:00Z",
        ],
    );
    let (status, said) = apply("next.abx", "out3");
    assert_eq!(status, 0, "{said}");
}

#[test]
fn a_contact_leaves_the_sync_when_a_person_says_so() {
    let bridge = Bridge::new();
    let sql = "SELECT title FROM item WHERE opted_in = 1 ORDER BY id LIMIT 1";
    let ledger = rusqlite::Connection::open(bridge.at("crm").join("ledger.sqlite")).unwrap();
    let title: String = ledger.query_row(sql, [], |row| row.get(0)).unwrap();
    let count = || -> u32 {
        let sql = "SELECT count(*) FROM item WHERE opted_in = 1";
        ledger.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let before = count();
    let (status, said) = code(&bridge, "crm", &["unlink", "Nobody At All"]);
    assert_eq!((status, count()), (1, before), "{said}");
    let sums = bridge.json("crm", &["unlink", &title.to_uppercase()]);
    assert_eq!(sums["unlinked"], 1);
    assert_eq!(count(), before - 1);
}

#[test]
fn what_was_taken_out_of_the_sync_is_told_when_a_bundle_has_it() {
    let bridge = Bridge::new();
    let apply = |number: u32| {
        let (bundle, folder) = (format!("crm-{number}.abx"), format!("out-{number}"));
        let bundle = bridge.path(&bundle);
        bridge.json("crm", &["crm", "export", "--full", "-o", &bundle]);
        code(
            &bridge,
            "outlook",
            &["apply", &bundle, "-o", &bridge.path(&folder)],
        )
    };
    let (status, said) = apply(1);
    assert_eq!(status, 0, "{said}");
    assert!(!said.contains("taken out"), "{said}");
    let ledger = rusqlite::Connection::open(bridge.at("outlook").join("ledger.sqlite")).unwrap();
    let sql = "SELECT title FROM item WHERE kind = 'contact' ORDER BY id LIMIT 1";
    let title: String = ledger.query_row(sql, [], |row| row.get(0)).unwrap();
    bridge.json("outlook", &["unlink", &title]);
    bridge.sql("UPDATE contact SET job_title = 'edited since'");
    let (status, said) = apply(2);
    assert_eq!(status, 0, "{said}");
    assert!(
        said.contains(", 1 taken out of the sync and left alone"),
        "{said}"
    );
}

#[test]
fn what_is_preferred_is_kept() {
    let bridge = Bridge::new();
    let config = |home: &str| fs::read_to_string(bridge.at(home).join("config.toml")).unwrap();
    let output = bridge.path("p.abx");
    bridge.json(
        "outlook",
        &["export", STORE, "--prefer", "crm", "-o", &output],
    );
    assert!(config("outlook").contains("prefer = \"crm\""));
    let output = bridge.path("q.abx");
    bridge.json(
        "crm",
        &["crm", "export", "--prefer", "outlook", "-o", &output],
    );
    assert!(config("crm").contains("prefer = \"outlook\""));
}
