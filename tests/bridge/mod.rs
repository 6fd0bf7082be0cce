//! The two sides of an exchange, by their commands: Outlook with the sample mailbox, and the CRM
//! side with a replica.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test takes what it needs, and fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use airbridge::mapi::pid_tag;
use airbridge::pst::{ReadOptions, Store};
use rusqlite::Connection;
use serde_json::Value;

/// How many items `samples/crm.sql` makes.
pub(crate) const MADE: usize = 11;

/// Two homes beside each other, and what goes between them.
pub(crate) struct Bridge {
    pub(crate) folder: tempfile::TempDir,
}

impl Bridge {
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn command(&self, home: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_airbridge"));
        command
            .args(args)
            .env("AIRBRIDGE_HOME", self.at(home))
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        command
    }

    pub(crate) fn run(&self, home: &str, args: &[&str]) -> Output {
        self.command(home, args).output().unwrap()
    }

    pub(crate) fn json(&self, home: &str, args: &[&str]) -> Value {
        let out = self.run(home, &[args, &["--json"]].concat());
        assert!(out.status.success(), "{args:?}: {out:?}");
        let text = String::from_utf8(out.stdout).unwrap();
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    pub(crate) fn export(&self, inputs: &[&str], bundle: &str) -> Value {
        let rules = [
            "--map",
            "samples/links.csv",
            "--contacts",
            "samples/contacts.csv",
        ];
        self.export_by(&rules, inputs, bundle)
    }

    pub(crate) fn export_by(&self, rules: &[&str], inputs: &[&str], bundle: &str) -> Value {
        let output = self.path(bundle);
        let args = [&["export"][..], inputs, rules, &["-o", &output]].concat();
        self.json("outlook", &args)
    }

    pub(crate) fn sql(&self, text: &str) {
        let replica = Connection::open(self.at("crm").join("ledger.sqlite")).unwrap();
        replica.execute_batch(text).unwrap();
    }

    /// Two sides that trust each other; the CRM has the samples and made something of its own,
    /// which waits in `crm.abx`.
    pub(crate) fn new() -> Self {
        let bridge = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        bridge.export(&["samples/mailbox.pst"], "1.abx");
        bridge.pair();
        bridge.sql(include_str!("../../samples/crm.sql"));
        bridge.json("crm", &["crm", "export", "-o", &bridge.path("crm.abx")]);
        bridge
    }

    /// Two sides that trust each other, and the CRM has what `1.abx` has.
    pub(crate) fn pair(&self) {
        let bridge = self;
        let first = bridge.path("1.abx");
        bridge.json("crm", &["crm", "init", &first, "--first-use"]);
        bridge.json("crm", &["crm", "import", &first]);
        let key = bridge.path("crm/keys/bigcontacts.pub");
        bridge.json(
            "outlook",
            &["keys", "trust", "bigcontacts", &key, "--first-use"],
        );
    }

    /// A copy of Outlook's home, to apply the same bundle once more.
    pub(crate) fn copy_home(&self, to: &str) {
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
pub(crate) fn messages(path: &Path) -> BTreeMap<String, (String, airbridge::mapi::Message)> {
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
