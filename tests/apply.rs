//! A bundle of the CRM as Outlook gets it: by the commands, from the replica to a PST that is
//! sound, and from that PST back into an export in which nothing has changed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use airbridge::mapi::{Value as Mapi, pid_lid, pid_tag};
use airbridge::pst::{ReadOptions, Store};
use rusqlite::Connection;
use serde_json::Value;

const NOW: [&str; 2] = ["--now", "2026-02-01T00:00:00Z"];

/// What the CRM side makes: a contact, its meeting and task, a note of nobody's.
const MADE: &str = "
INSERT INTO contact
 (id, display_name, first_name, last_name, company, job_title, assigned_to) VALUES
 ('ab-00000000000000000000000000000001', 'Nora Lind', 'Nora', 'Lind', 'Lind AB', 'Buyer', '7');
INSERT INTO contact_email VALUES
 ('ab-00000000000000000000000000000001', 1, 'nora@lind.example', 'Nora Lind');
INSERT INTO meeting (id, subject, location, start, \"end\", body)
 VALUES ('ab-00000000000000000000000000000002', 'Visit of Lind AB', 'Yard',
         '2026-03-01T09:00:00Z', '2026-03-01T10:00:00Z', 'Show the slip');
INSERT INTO task (id, subject, due, status, body) VALUES
 ('ab-00000000000000000000000000000003', 'Send offer', '2026-03-05', 'not_started', 'by mail');
INSERT INTO link SELECT item.id, 'ab-00000000000000000000000000000001', NULL, 'Nora Lind'
 FROM (SELECT id FROM meeting UNION SELECT id FROM task) AS item
 WHERE item.id LIKE 'ab-0000000000000000000000000000000_';
";

struct Bridge {
    folder: tempfile::TempDir,
}

impl Bridge {
    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn path(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    fn run(&self, home: &str, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_airbridge"))
            .args(args)
            .env("AIRBRIDGE_HOME", self.at(home))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap()
    }

    fn json(&self, home: &str, args: &[&str]) -> Value {
        let out = self.run(home, &[args, &["--json"]].concat());
        assert!(out.status.success(), "{args:?}: {out:?}");
        let text = String::from_utf8(out.stdout).unwrap();
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    fn export(&self, inputs: &[&str], bundle: &str) -> Value {
        let output = self.path(bundle);
        let rules = [
            "--map",
            "samples/links.csv",
            "--contacts",
            "samples/contacts.csv",
        ];
        let args = [&["export"][..], inputs, &rules, &["-o", &output]].concat();
        self.json("outlook", &args)
    }

    fn sql(&self, text: &str) {
        let replica = Connection::open(self.at("crm").join("ledger.sqlite")).unwrap();
        replica.execute_batch(text).unwrap();
    }

    /// Two sides that trust each other; the CRM has the samples and made something of its own,
    /// which waits in `crm.abx`.
    fn new() -> Self {
        let bridge = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        bridge.export(&["samples/mailbox.pst"], "1.abx");
        let first = bridge.path("1.abx");
        bridge.json("crm", &["crm", "init", &first, "--first-use"]);
        bridge.json("crm", &["crm", "import", &first]);
        let key = bridge.path("crm/keys/bigcontacts.pub");
        bridge.json(
            "outlook",
            &["keys", "trust", "bigcontacts", &key, "--first-use"],
        );
        bridge.sql(MADE);
        bridge.json("crm", &["crm", "export", "-o", &bridge.path("crm.abx")]);
        bridge
    }

    /// A copy of Outlook's home, to apply the same bundle once more.
    fn copy_home(&self, to: &str) {
        fs::create_dir_all(self.at(to).join("keys")).unwrap();
        for entry in walkdir::WalkDir::new(self.at("outlook")) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                let inner = entry.path().strip_prefix(self.at("outlook")).unwrap();
                fs::copy(entry.path(), self.at(to).join(inner)).unwrap();
            }
        }
    }
}

/// The messages of a store by their subject: the folder, and the message.
fn messages(path: &Path) -> BTreeMap<String, (String, airbridge::mapi::Message)> {
    let store = Store::open(path, &ReadOptions::default()).unwrap();
    assert!(store.findings().is_empty());
    store
        .locations()
        .map(|location| {
            let (message, findings) = store.read_message(location.nid).unwrap();
            assert!(findings.is_empty());
            let folder = store.folders()[location.folder.unwrap()].path.join("/");
            let subject = message.props.str(pid_tag::SUBJECT).unwrap_or_default();
            (subject.to_owned(), (folder, message))
        })
        .collect()
}

#[test]
fn what_the_crm_makes_comes_to_outlook_and_is_no_change_when_it_comes_back() {
    let bridge = Bridge::new();
    let (bundle, out) = (bridge.path("crm.abx"), bridge.path("out"));
    let apply = [&["apply", &bundle, "-o", &out][..], &NOW].concat();

    // A dry run says the same and leaves nothing.
    let dry = bridge.json("outlook", &[&apply[..], &["--dry-run"]].concat());
    assert!(!bridge.at("out").exists());
    let done = bridge.json("outlook", &apply);
    for sum in [
        "records", "new", "changed", "deleted", "written", "compared",
    ] {
        assert_eq!(dry[sum], done[sum], "{sum}");
    }
    assert_eq!(
        (done["new"].as_u64(), done["losses"].as_u64()),
        (Some(3), Some(0))
    );
    assert_eq!(done["compared"], 3, "{done}");

    let store = bridge.at("out").join("outlook.pst");
    let all = messages(&store);
    let class = |title: &str| {
        let (folder, message) = &all[title];
        (folder.as_str(), message.props.str(0x001A).unwrap())
    };
    assert_eq!(class("Nora Lind"), ("Contacts", "IPM.Contact"));
    assert_eq!(class("Visit of Lind AB"), ("Calendar", "IPM.Appointment"));
    assert_eq!(class("Send offer"), ("Tasks", "IPM.Task"));
    // Outlook's own links lead to the contact in the same store.
    let key = all["Nora Lind"].1.props.get(pid_tag::SEARCH_KEY).unwrap();
    let key = key.as_bytes().unwrap();
    for title in ["Visit of Lind AB", "Send offer"] {
        let props = &all[title].1.props;
        let Some(Mapi::Binary(links)) = props.named(pid_lid::CONTACT_LINK_SEARCH_KEY) else {
            panic!("{title}: {props:?}");
        };
        assert!(links.windows(key.len()).any(|part| part == key), "{title}");
        assert!(props.named(pid_lid::CONTACTS).is_some(), "{title}");
    }
    let sound = bridge.run("outlook", &["check", store.to_str().unwrap()]);
    assert!(sound.status.success(), "{sound:?}");

    let receipt = fs::read_to_string(bridge.at("out").join("receipt.jsonl")).unwrap();
    assert_eq!(receipt.lines().count(), 4);
    assert!(receipt.contains("ab-00000000000000000000000000000003"));
    let undo = fs::read_to_string(bridge.at("out").join("undo.csv")).unwrap();
    assert_eq!(undo.lines().count(), 4);
    assert!(!bridge.at("out").join("by-hand.csv").exists());

    // The user imports it: the next export has nothing new of it to say.
    let inputs = ["samples/mailbox.pst", store.to_str().unwrap()];
    let sums = bridge.export(&inputs, "2.abx");
    assert_eq!(sums["failed"], 0, "{sums}");
    let bundle = bridge.path("2.abx");
    let shown = bridge.run("outlook", &["show", &bundle, "--json"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    for title in ["Nora Lind", "Visit of Lind AB", "Send offer"] {
        assert!(!shown.contains(title), "{title}: {shown}");
    }
    let took = bridge.json("crm", &["crm", "import", &bundle]);
    assert_eq!(
        (took["new"].as_u64(), took["changed"].as_u64()),
        (Some(0), Some(0)),
        "{took}"
    );
}

#[test]
fn a_repeat_is_no_change_and_nothing_is_written_over() {
    let bridge = Bridge::new();
    let (bundle, out) = (bridge.path("crm.abx"), bridge.path("out"));
    bridge.copy_home("other");
    let apply = [&["apply", &bundle, "-o", &out][..], &NOW].concat();
    bridge.json("outlook", &apply);
    // Not into a folder that has something in it.
    let again = bridge.run("outlook", &apply);
    assert_eq!(again.status.code(), Some(1));
    let text = String::from_utf8(again.stderr).unwrap();
    assert!(text.contains("nothing is overwritten"), "{text}");
    // Nor a second time: said, and no failure.
    let more = bridge.path("more");
    let again = bridge.run("outlook", &["apply", &bundle, "-o", &more]);
    assert!(again.status.success(), "{again:?}");
    assert!(!bridge.at("more").exists());
    // The same bundle, home and time give the same bytes.
    bridge.json("other", &["apply", &bundle, "-o", &more, NOW[0], NOW[1]]);
    let store = |out: &str| fs::read(bridge.at(out).join("outlook.pst")).unwrap();
    assert!(store("out") == store("more"));
    assert_eq!(fs::read_dir(bridge.folder.path()).unwrap().count(), 7);
}

#[test]
fn what_a_store_cannot_bring_is_listed_for_a_person() {
    let bridge = Bridge::new();
    let out = bridge.path("out");
    bridge.sql(
        "UPDATE email SET subject = '=SUM(A1) edited' WHERE subject = 'Office chairs and a boat';
         DELETE FROM email WHERE subject LIKE 'Fwd: Quotation%';",
    );
    bridge.json("crm", &["crm", "export", "-o", &bridge.path("crm2.abx")]);
    let done = bridge.json("outlook", &["apply", &bridge.path("crm2.abx"), "-o", &out]);
    assert_eq!(
        (done["new"].as_u64(), done["changed"].as_u64()),
        (Some(3), Some(1)),
        "{done}"
    );
    assert_eq!(done["deleted"], 1, "{done}");
    let list = fs::read_to_string(bridge.at("out").join("by-hand.csv")).unwrap();
    assert!(
        list.contains("replace,email,Office chairs and a boat,"),
        "{list}"
    );
    assert!(list.contains("delete,email,Fwd: Quotation"), "{list}");
    // No spreadsheet takes a title for a formula.
    let undo = fs::read_to_string(bridge.at("out").join("undo.csv")).unwrap();
    assert!(undo.contains(",'=SUM(A1) edited,"), "{undo}");
    assert!(messages(&bridge.at("out").join("outlook.pst")).contains_key("=SUM(A1) edited"));
}

#[test]
fn files_of_their_own_are_read_again() {
    let bridge = Bridge::new();
    let bundle = bridge.path("crm.abx");
    for (shape, files) in [
        (
            "msg",
            [
                "Contacts/Nora Lind.msg",
                "Calendar/Visit of Lind AB.msg",
                "Tasks/Send offer.msg",
            ],
        ),
        (
            "files",
            [
                "Contacts/Nora Lind.vcf",
                "Calendar/Calendar.ics",
                "Tasks/Send offer.msg",
            ],
        ),
    ] {
        let home = format!("home-{shape}");
        bridge.copy_home(&home);
        let out = bridge.path(shape);
        let args = ["apply", &bundle, "-o", &out, "--as", shape, NOW[0], NOW[1]];
        let run = bridge.run(&home, &args);
        // A card has no place for who looks after a contact; that is said.
        assert!(matches!(run.status.code(), Some(0 | 3)), "{run:?}");
        for file in files {
            assert!(bridge.at(shape).join(file).is_file(), "{shape}: {file}");
        }
        let read = bridge.json(&home, &["inspect", &out]);
        assert_eq!(read["by_class"]["IPM.Contact"], 1, "{read}");
        assert_eq!(read["by_class"]["IPM.Appointment"], 1, "{read}");
        assert_eq!(read["by_class"]["IPM.Task"], 1, "{read}");
    }
}

#[test]
fn a_bundle_of_a_stranger_is_refused_and_nothing_changes() {
    let bridge = Bridge::new();
    let stranger = Bridge::new();
    let out = bridge.path("out");
    let run = bridge.run("outlook", &["apply", &stranger.path("crm.abx"), "-o", &out]);
    assert_eq!(run.status.code(), Some(4), "{run:?}");
    assert!(!bridge.at("out").exists());
    let status = bridge.run("outlook", &["status"]);
    assert!(
        String::from_utf8(status.stdout)
            .unwrap()
            .contains("received      bundle none")
    );
}
