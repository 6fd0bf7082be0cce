//! Rounds of exchange between an Outlook side and a CRM side, through real bundles on one machine.
//!
//! The Outlook side's store is a set of tables too; what is merged comes into it as an import of a
//! PST would bring it: later, with other entry ids and modification times.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use airbridge::bundle::keys::{self, Vouch};
use airbridge::bundle::{self, Fault, Policy, Signer, Source, Verified};
use airbridge::crm::blob_store::BlobStore;
use airbridge::crm::replica;
use airbridge::exchange::crm::CrmSide;
use airbridge::exchange::export::{ExportError, Options, Sums, Target};
use airbridge::exchange::home::Config;
use airbridge::exchange::ledger::Waiting;
use airbridge::exchange::receive::{Receipt, Receive, ReceiveError};
use airbridge::exchange::settle::{Take, decide, questions};
use airbridge::exchange::undo::undo;
use airbridge::exchange::{Home, Ledger, keyroll};
use airbridge::item::{Item, ItemId, Provenance};
use airbridge::merge::{Prefer, Side};
use jiff::Timestamp;
use serde_json::{Value, json};

/// One side of the exchange.
struct Party {
    home: Home,
    signer: Signer,
    ledger: Ledger,
    clock: i64,
    folder: PathBuf,
    made: u64,
}

impl Party {
    fn new(folder: &Path, side: Side) -> Self {
        let names = [("outlook", "crm"), ("crm", "outlook")];
        let (party, peer) = names[usize::from(side == Side::Crm)];
        let at = folder.join(party);
        let config = Config {
            party: party.to_owned(),
            peer: peer.to_owned(),
            link: "ab".repeat(16),
            side,
            ..Config::default()
        };
        Home::create_as(&at, config).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let (home, _) = Home::open_or_create(&at, None, &mut keys::OsRng, now).unwrap();
        let mut ledger = Ledger::open(&home.ledger_path()).unwrap();
        let round = ledger.begin().unwrap();
        replica::create(round.connection()).unwrap();
        round.keep().unwrap();
        Self {
            signer: home.signer(None).unwrap(),
            ledger,
            home,
            clock: 0,
            folder: folder.to_path_buf(),
            made: 0,
        }
    }

    fn pair(folder: &Path) -> (Self, Self) {
        let (outlook, crm) = (
            Self::new(folder, Side::Outlook),
            Self::new(folder, Side::Crm),
        );
        for (own, other) in [(&outlook, &crm), (&crm, &outlook)] {
            let key = other.home.key().unwrap();
            let vouch = Vouch::Fingerprint(key.fingerprint);
            let at = own.home.directory();
            keys::trust(at, &key.public, &key.party, &vouch, Timestamp::UNIX_EPOCH).unwrap();
        }
        (outlook, crm)
    }

    fn now(&mut self) -> Timestamp {
        self.clock += 60;
        Timestamp::from_second(1_800_000_000 + self.clock).unwrap()
    }

    fn sql(&mut self, sql: &str) {
        let round = self.ledger.begin().unwrap();
        round.connection().execute_batch(sql).unwrap();
        round.keep().unwrap();
    }

    fn text(&mut self, sql: &str) -> String {
        let round = self.ledger.begin().unwrap();
        let row = round
            .connection()
            .query_row(sql, [], |row| Ok(format!("{:?}", row.get_ref(0)?)));
        row.unwrap()
    }

    fn export(&mut self) -> (PathBuf, Sums) {
        self.try_export(Options::default()).unwrap()
    }

    fn try_export(&mut self, options: Options) -> Result<(PathBuf, Sums), ExportError> {
        let now = self.now();
        self.made += 1;
        let name = format!("{}-{}.abx", self.home.config().party, self.made);
        let output = self.folder.join(name);
        let blobs = BlobStore::within(self.home.directory());
        let side = CrmSide {
            config: self.home.config(),
            blobs: &blobs,
            now,
        };
        let target = Target {
            output: &output,
            signer: &self.signer,
        };
        let (sums, _) = side.export(&mut self.ledger, target, options, |_| Ok(()))?;
        Ok((output, sums))
    }

    fn verify(&mut self, path: &Path, anew: bool) -> Result<Verified<bundle::Bundle>, Fault> {
        let trust = self.home.trust().unwrap();
        let view = self.ledger.begin().unwrap().view(anew).unwrap();
        let config = self.home.config();
        let policy = Policy {
            trust: &trust,
            link: Some(&config.link),
            from: Some(&config.peer),
            to: Some(&config.party),
            ledger: Some(&view),
        };
        bundle::verify(&[Source::open(path).unwrap()], &policy).map_err(|error| error.fault)
    }

    fn receive(&mut self, path: &Path) -> Receipt {
        self.try_receive(path, false).unwrap().unwrap()
    }

    fn try_receive(
        &mut self,
        path: &Path,
        anew: bool,
    ) -> Result<Result<Receipt, ReceiveError>, Fault> {
        let now = self.now();
        let bundle = self.verify(path, anew)?;
        let round = self.ledger.begin().unwrap();
        let config = self.home.config();
        let receipt = if config.side == Side::Crm {
            let blobs = BlobStore::within(self.home.directory());
            let side = CrmSide {
                config,
                blobs: &blobs,
                now,
            };
            side.import(&round, &bundle, false, |_| Ok(()))
        } else {
            let receive = Receive {
                round: &round,
                config,
                bundle: &bundle,
                now,
                allow_deletions: false,
            };
            receive.run(|_, _| Ok(()))
        };
        Ok(receipt.inspect(|_| round.keep().unwrap()))
    }

    /// What was merged comes into Outlook's store, as an import of a PST brings it.
    fn import_pst(&mut self) {
        let now = self.now();
        let made = self.made;
        let round = self.ledger.begin().unwrap();
        let prefer = self.home.config().prefer;
        for id in round.waiting(Waiting::Store).unwrap() {
            let held = round.held(&id).unwrap().unwrap();
            if !held.held.state.exists(prefer) {
                replica::remove(round.connection(), &id).unwrap();
                continue;
            }
            let mut item = held.shown(prefer).unwrap();
            item.modified = Some(now);
            item.created = Some(now);
            item.provenance = vec![Provenance {
                source: format!("import {made}.pst"),
                folder: vec!["Contacts".into()],
                locator: format!("node {now}"),
            }];
            let shown = held.held.state.shown(prefer);
            let mut beside = serde_json::Map::new();
            for list in ["links", "crm_categories"] {
                let elements = shown.elements(list);
                if !elements.is_empty() {
                    beside.insert(list.into(), Value::Array(elements));
                }
            }
            let beside = Value::Object(beside);
            replica::write(round.connection(), &item, &beside).unwrap();
        }
        round.keep().unwrap();
    }

    fn put(&mut self, item: &Item) {
        let round = self.ledger.begin().unwrap();
        replica::write(round.connection(), item, &json!({})).unwrap();
        round.keep().unwrap();
    }

    /// Everything that the store shows, for comparing: what counts of each item.
    fn shown(&mut self) -> Vec<Value> {
        let round = self.ledger.begin().unwrap();
        let mut all = Vec::new();
        replica::scan::<replica::ReplicaError>(round.connection(), |scanned| {
            let (item, beside) = scanned.item.unwrap();
            let id = item.id.0.clone();
            let fields = airbridge::exchange::held_item::fields_of(&item, &beside).unwrap();
            let fields: Vec<_> = fields.0.into_iter().collect();
            all.push(json!([id, fields]));
            Ok(())
        })
        .unwrap();
        all
    }
}

fn contact(number: usize) -> Item {
    serde_json::from_value(json!({
        "id": format!("ab-{number:032x}"),
        "identity": [{"by": "email", "key": format!("person{number}@example.org")}],
        "provenance": [{"source": "Ann.pst", "locator": format!("node {number}")}],
        "class": "IPM.Contact", "kind": "contact",
        "display_name": format!("Person {number}"),
        "first_name": "Person", "last_name": number.to_string(),
        "categories": ["BC", "Customer"],
        "emails": [{"slot": 1, "email": format!("person{number}@example.org")}],
        "phones": [{"kind": "mobile", "number": format!("+47 {number}")}],
        "raw": [{"name": "PidTagSearchKey", "type": "0102", "value": "AAAA"},
            {"name": "{0}:mine", "type": "001f", "value": "kept"}],
    }))
    .unwrap()
}

fn others() -> Vec<Item> {
    [
        include_str!("../formats/examples/items/meeting.json"),
        include_str!("../formats/examples/items/task.json"),
        include_str!("../formats/examples/items/note.json"),
    ]
    .map(|text| serde_json::from_str(text).unwrap())
    .into()
}

/// A pair that has exchanged everything once.
fn settled(folder: &Path, contacts: usize) -> (Party, Party) {
    let (mut outlook, mut crm) = Party::pair(folder);
    for number in 0..contacts {
        outlook.put(&contact(number));
    }
    for item in others() {
        outlook.put(&item);
    }
    full_round(&mut outlook, &mut crm);
    full_round(&mut outlook, &mut crm);
    (outlook, crm)
}

fn full_round(outlook: &mut Party, crm: &mut Party) -> (Sums, Sums) {
    let (bundle, there) = outlook.export();
    crm.receive(&bundle);
    let (bundle, back) = crm.export();
    outlook.receive(&bundle);
    outlook.import_pst();
    (there, back)
}

#[test]
fn ten_rounds_without_a_duplicate_or_a_false_change() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 20);
    let items = outlook.shown().len();
    assert_eq!(items, 23);
    assert_eq!(outlook.shown(), crm.shown());
    for turn in 0..10 {
        // Each side edits something else, one contact in two different fields.
        outlook.sql(&format!(
            "UPDATE contact SET job_title = 'Title {turn}' WHERE last_name = '3';
             INSERT INTO category (item, name) SELECT id, 'O{turn}' FROM contact
             WHERE last_name = '4'"
        ));
        crm.sql(&format!(
            "UPDATE contact SET department = 'Dep {turn}' WHERE last_name = '3';
             UPDATE contact_phone SET number = '+49 {turn}' WHERE item LIKE '%05';
             INSERT INTO category (item, name) SELECT id, 'C{turn}' FROM contact
             WHERE last_name = '4'"
        ));
        let (there, back) = full_round(&mut outlook, &mut crm);
        assert_eq!(there.accounting.exported, 2, "turn {turn}: {there:?}");
        assert_eq!(back.accounting.exported, 3, "turn {turn}: {back:?}");
        // Once more, with nothing edited: Outlook has other entry ids and times, and says nothing.
        let (there, back) = full_round(&mut outlook, &mut crm);
        assert_eq!(there.accounting.exported, 0, "turn {turn}: {there:?}");
        assert_eq!(there.accounting.unchanged, 23);
        assert_eq!(back.accounting.exported, 0, "turn {turn}: {back:?}");
        assert_eq!(outlook.shown(), crm.shown(), "turn {turn}");
        assert_eq!(crm.shown().len(), items);
    }
    let categories = "SELECT count(*) FROM category WHERE item LIKE 'ab-%04'";
    assert_eq!(crm.text(categories), "Integer(22)");
    let round = crm.ledger.begin().unwrap();
    assert_eq!(round.count(Some(Waiting::Decision)).unwrap(), 0);
}

#[test]
fn both_edit_the_same_field_and_a_person_decides() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 3);
    outlook.sql("UPDATE contact SET job_title = 'Captain' WHERE last_name = '1'");
    crm.sql("UPDATE contact SET job_title = 'Admiral' WHERE last_name = '1'");
    let (bundle, _) = crm.export();
    assert_eq!(outlook.receive(&bundle).conflicts, 0, "not scanned yet");
    // Outlook has not imported anything: its edit is one that had not seen the other.
    let (bundle, _) = outlook.export();
    assert_eq!(crm.receive(&bundle).conflicts, 1);
    {
        let round = crm.ledger.begin().unwrap();
        let told = questions(&round, crm.home.config()).unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].field, "job title");
        assert_eq!(told[0].outlook.as_ref().unwrap().text, "Captain");
        assert_eq!(told[0].crm.as_ref().unwrap().text, "Admiral");
    }
    let title = "SELECT job_title FROM contact WHERE last_name = '1'";
    let (bundle, _) = crm.export();
    outlook.receive(&bundle);
    outlook.import_pst();
    assert_eq!(outlook.text(title), crm.text(title));
    // A person decides on the CRM side.
    let now = crm.now();
    let round = crm.ledger.begin().unwrap();
    let blobs = BlobStore::within(crm.home.directory());
    let config = crm.home.config();
    let side = CrmSide {
        config,
        blobs: &blobs,
        now,
    };
    let id = ItemId(format!("ab-{:032x}", 1));
    let take = Take::Side(Side::Outlook);
    decide(
        &round,
        config,
        now,
        (&id, "job_title"),
        &take,
        |round, held, shown| side.show(round, held, shown),
    )
    .unwrap();
    round.keep().unwrap();
    let (bundle, sums) = crm.export();
    assert_eq!(sums.accounting.exported, 1);
    assert_eq!(outlook.receive(&bundle).conflicts, 0);
    outlook.import_pst();
    assert!(outlook.text(title).contains(&format!("{:?}", b"Captain")));
    full_round(&mut outlook, &mut crm);
    assert_eq!(outlook.shown(), crm.shown());
}

#[test]
fn deletions_are_asymmetric_and_never_in_masses() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 60);
    crm.sql("DELETE FROM contact WHERE last_name = '7'");
    let (bundle, sums) = crm.export();
    assert_eq!(sums.by_kind.get("deleted"), Some(&1));
    assert_eq!(outlook.receive(&bundle).deleted, 1);
    outlook.import_pst();
    full_round(&mut outlook, &mut crm);
    assert_eq!(outlook.shown(), crm.shown());
    assert_eq!(outlook.shown().len(), 62);
    // An edit that had not seen the deletion wins over it.
    crm.sql("DELETE FROM contact WHERE last_name = '8'");
    outlook.sql("UPDATE contact SET job_title = 'Alive' WHERE last_name = '8'");
    full_round(&mut outlook, &mut crm);
    full_round(&mut outlook, &mut crm);
    assert_eq!(outlook.shown(), crm.shown());
    assert_eq!(
        crm.text("SELECT count(*) FROM contact WHERE job_title = 'Alive'"),
        "Integer(1)"
    );
    // An emptied side stops.
    crm.sql("DELETE FROM contact");
    let stopped = crm.try_export(Options::default());
    assert!(matches!(stopped, Err(ExportError::Deletions { .. })));
    let allowed = Options {
        allow_deletions: true,
        ..Options::default()
    };
    let (bundle, sums) = crm.try_export(allowed).unwrap();
    assert_eq!(sums.by_kind.get("deleted"), Some(&59));
    let before = outlook.shown();
    let stopped = outlook.try_receive(&bundle, false).unwrap();
    assert!(matches!(stopped, Err(ReceiveError::Deletions { .. })));
    assert_eq!(outlook.shown(), before);
}

#[test]
fn each_refusal_has_its_own_word_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 3);
    let old_ledger = folder.path().join("old.sqlite");
    std::fs::copy(outlook.home.ledger_path(), &old_ledger).unwrap();
    outlook.sql("UPDATE contact SET job_title = 'One' WHERE last_name = '1'");
    let (first, _) = outlook.export();
    outlook.sql("UPDATE contact SET job_title = 'Two' WHERE last_name = '1'");
    let (second, _) = outlook.export();
    crm.receive(&second);
    let before = crm.shown();
    // Late, repeated.
    assert_eq!(crm.try_receive(&first, false).unwrap_err(), Fault::Late);
    assert_eq!(crm.try_receive(&second, false).unwrap_err(), Fault::Replay);
    // One's own.
    assert_eq!(
        outlook.try_receive(&second, false).unwrap_err(),
        Fault::Reflection
    );
    // A pairing of others: keys nobody knows; then known, and another pairing.
    let elsewhere = tempfile::tempdir().unwrap();
    let (mut stranger, _) = settled(elsewhere.path(), 1);
    let (strange, _) = stranger.export();
    assert_eq!(
        crm.try_receive(&strange, false).unwrap_err(),
        Fault::SignatureKey
    );
    // The ledger of Outlook is restored from its backup: it makes the same numbers again.
    drop(std::mem::replace(
        &mut outlook.ledger,
        Ledger::in_memory().unwrap(),
    ));
    std::fs::copy(&old_ledger, outlook.home.ledger_path()).unwrap();
    outlook.ledger = Ledger::open(&outlook.home.ledger_path()).unwrap();
    outlook.sql("UPDATE contact SET job_title = 'Other' WHERE last_name = '1'");
    let (again, _) = outlook.export();
    outlook.export();
    let (other, _) = outlook.export();
    let fault = crm.try_receive(&again, false).unwrap_err();
    assert!(matches!(fault, Fault::Fork | Fault::Late), "{fault:?}");
    let fault = crm.try_receive(&other, false).unwrap_err();
    assert!(matches!(fault, Fault::Fork | Fault::Restored), "{fault:?}");
    // What the CRM sends acknowledges what that ledger never sent.
    let (bundle, _) = crm.export();
    assert_eq!(
        outlook.try_receive(&bundle, false).unwrap_err(),
        Fault::Restored
    );
    assert_eq!(crm.shown(), before, "nothing has changed");

    // A new epoch: nothing is taken without a word, then nothing is lost and nothing deleted.
    let mut config = outlook.home.config().clone();
    config.epoch += 1;
    outlook.home.configure(config).unwrap();
    let (anew, _) = outlook.export();
    assert_eq!(crm.try_receive(&anew, false).unwrap_err(), Fault::NewEpoch);
    assert_eq!(crm.shown(), before, "nothing has changed");
    let receipt = crm.try_receive(&anew, true).unwrap().unwrap();
    assert_eq!(receipt.deleted, 0);
    // The CRM has Two, the restored side Other: a person must say which.
    assert_eq!(receipt.conflicts, 1, "{receipt:?}");
    let (bundle, _) = crm.export();
    outlook.receive(&bundle);
    outlook.import_pst();
    full_round(&mut outlook, &mut crm);
    full_round(&mut outlook, &mut crm);
    assert_eq!(outlook.shown(), crm.shown());
    let round = outlook.ledger.begin().unwrap();
    assert_eq!(questions(&round, outlook.home.config()).unwrap().len(), 1);
}

#[test]
fn a_gap_waits_for_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 3);
    let crm_was = folder.path().join("crm-was.sqlite");
    std::fs::copy(crm.home.ledger_path(), &crm_was).unwrap();
    outlook.sql("UPDATE contact SET job_title = 'One' WHERE last_name = '1'");
    full_round(&mut outlook, &mut crm);
    outlook.sql("UPDATE contact SET job_title = 'Two' WHERE last_name = '1'");
    let (after, _) = outlook.export();
    // The CRM's file is an older one: what Outlook builds on never came there.
    drop(std::mem::replace(
        &mut crm.ledger,
        Ledger::in_memory().unwrap(),
    ));
    std::fs::copy(&crm_was, crm.home.ledger_path()).unwrap();
    crm.ledger = Ledger::open(&crm.home.ledger_path()).unwrap();
    let before = crm.shown();
    let fault = crm.try_receive(&after, false).unwrap_err();
    assert!(matches!(fault, Fault::Gap | Fault::Restored), "{fault:?}");
    assert_eq!(crm.shown(), before);
}

#[test]
fn the_last_bundle_can_be_undone_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 3);
    let before = crm.shown();
    outlook.sql("UPDATE contact SET job_title = 'Wrong' WHERE last_name = '1'");
    outlook.put(&contact(9));
    let (bundle, _) = outlook.export();
    crm.receive(&bundle);
    assert_ne!(crm.shown(), before);
    // Somebody edits something else meanwhile: that stays.
    crm.sql("UPDATE contact SET department = 'Kept' WHERE last_name = '1'");
    let now = crm.now();
    let round = crm.ledger.begin().unwrap();
    let blobs = BlobStore::within(crm.home.directory());
    let side = CrmSide {
        config: crm.home.config(),
        blobs: &blobs,
        now,
    };
    let sums = side.undo(&round).unwrap();
    assert_eq!(sums.items, 2);
    round.keep().unwrap();
    let title = "SELECT job_title IS NULL AND department = 'Kept' FROM contact
        WHERE last_name = '1'";
    assert_eq!(crm.text(title), "Integer(1)");
    assert_eq!(crm.text("SELECT count(*) FROM contact"), "Integer(3)");
    // It goes to the other side as an edit.
    full_round(&mut outlook, &mut crm);
    full_round(&mut outlook, &mut crm);
    assert_eq!(outlook.shown(), crm.shown());

    // And on the Outlook side.
    crm.sql("UPDATE contact SET nickname = 'Oops' WHERE last_name = '2'");
    let (bundle, _) = crm.export();
    outlook.receive(&bundle);
    let now = outlook.now();
    let round = outlook.ledger.begin().unwrap();
    let sums = undo(&round, outlook.home.config(), now, |_, _| Ok(())).unwrap();
    assert_eq!(sums.items, 1);
    assert!(undo(&round, outlook.home.config(), now, |_, _| Ok(())).is_err());
    round.keep().unwrap();
    full_round(&mut outlook, &mut crm);
    full_round(&mut outlook, &mut crm);
    let nickname = "SELECT nickname IS NULL FROM contact WHERE last_name = '2'";
    assert_eq!(crm.text(nickname), "Integer(1)");
    assert_eq!(outlook.shown(), crm.shown());
}

/// A run that is killed before its transaction ends leaves nothing; the next one completes, and
/// nothing is there twice.
#[test]
fn a_killed_run_leaves_nothing_and_the_next_completes() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 5);
    outlook.sql("UPDATE contact SET job_title = 'New'");
    let (path, _) = outlook.export();
    let before = crm.shown();
    for after in 0..5 {
        let now = crm.now();
        let bundle = crm.verify(&path, false).unwrap();
        let round = crm.ledger.begin().unwrap();
        let blobs = BlobStore::within(crm.home.directory());
        let side = CrmSide {
            config: crm.home.config(),
            blobs: &blobs,
            now,
        };
        let mut written = 0;
        let killed = side.import(&round, &bundle, false, |_| {
            anyhow::ensure!(written < after, "killed");
            written += 1;
            Ok(())
        });
        assert!(killed.is_err());
        drop(round);
        assert_eq!(crm.shown(), before);
    }
    crm.receive(&path);
    assert_eq!(outlook.shown(), crm.shown());
    // An export that cannot write its bundle uses no number and changes nothing.
    crm.sql("UPDATE contact SET department = 'D'");
    let taken = crm.folder.join(format!("crm-{}.abx", crm.made + 1));
    std::fs::write(&taken, "in the way").unwrap();
    assert!(crm.try_export(Options::default()).is_err());
    let (bundle, sums) = crm.export();
    assert_eq!(sums.accounting.exported, 5);
    assert_eq!(outlook.receive(&bundle).changed, 5);
    let round = crm.ledger.begin().unwrap();
    let last = round.last_sent(1).unwrap().unwrap().seq;
    assert_eq!(last, 3, "one number for each bundle");
}

/// What is preferred changes what is shown, on both sides, and nothing else: the store that shows
/// the other value has not been edited.
#[test]
fn a_change_of_preference_is_no_edit() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 3);
    outlook.sql("UPDATE contact SET job_title = 'Captain' WHERE last_name = '1'");
    crm.sql("UPDATE contact SET job_title = 'Admiral' WHERE last_name = '1'");
    full_round(&mut outlook, &mut crm);
    full_round(&mut outlook, &mut crm);
    let title = "SELECT job_title FROM contact WHERE last_name = '1'";
    let (captain, admiral) = ("Captain".as_bytes(), "Admiral".as_bytes());
    for (prefer, shown) in [
        (Prefer::Outlook, captain),
        (Prefer::Crm, admiral),
        (Prefer::Outlook, captain),
    ] {
        for side in [&mut outlook, &mut crm] {
            side.home.prefer(Some(prefer), true).unwrap();
        }
        // Meanwhile the CRM edits something else.
        crm.sql(
            "UPDATE contact SET department = coalesce(department, '') || '+' WHERE last_name = '1'",
        );
        full_round(&mut outlook, &mut crm);
        full_round(&mut outlook, &mut crm);
        for side in [&mut outlook, &mut crm] {
            assert!(
                side.text(title).contains(&format!("{shown:?}")),
                "{prefer:?}"
            );
            let round = side.ledger.begin().unwrap();
            let told = questions(&round, side.home.config()).unwrap();
            assert_eq!(told.len(), 1, "both values are there: {prefer:?}");
            assert_eq!(told[0].outlook.as_ref().unwrap().text, "Captain");
            assert_eq!(told[0].crm.as_ref().unwrap().text, "Admiral");
        }
        assert_eq!(outlook.shown(), crm.shown());
    }
    assert_eq!(
        crm.text("SELECT department FROM contact WHERE last_name = '1'"),
        format!("Text({:?})", "+++".as_bytes())
    );
}

/// A change of key acknowledges bundles that never came, but not what they held.
#[test]
fn what_a_lost_bundle_held_comes_after_a_change_of_key() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 3);
    outlook.sql("UPDATE contact SET job_title = 'Lost' WHERE last_name = '1'");
    let (lost, sums) = outlook.export();
    assert_eq!(sums.accounting.exported, 1);
    let old = outlook.home.signer(None).unwrap();
    let path = folder.path().join("roll.abx");
    let now = outlook.now();
    let home = outlook.home.clone();
    keyroll::roll(
        &home,
        &mut outlook.ledger,
        &path,
        None,
        &mut keys::OsRng,
        now,
    )
    .unwrap();
    let bundle = crm.verify(&path, false).unwrap();
    crm.receive(&path);
    keys::roll(crm.home.directory(), &bundle).unwrap();
    outlook.signer = outlook.home.signer(None).unwrap();
    // The CRM acknowledges the change of key; the lost bundle is late now.
    let (bundle, _) = crm.export();
    outlook.receive(&bundle);
    assert_eq!(crm.try_receive(&lost, false).unwrap_err(), Fault::Late);
    assert_eq!(crm.try_receive(&path, false).unwrap_err(), Fault::Replay);
    let (bundle, sums) = outlook.export();
    assert_eq!(sums.accounting.exported, 1, "{sums:?}");
    assert_eq!(crm.receive(&bundle).changed, 1);
    assert_eq!(outlook.shown(), crm.shown());
    // The old key is refused; a key that the CRM has taken out of its trust store too.
    let new = std::mem::replace(&mut outlook.signer, old);
    let (stolen, _) = outlook.export();
    assert_eq!(crm.try_receive(&stolen, false).unwrap_err(), Fault::HeadKey);
    outlook.signer = new;
    let (next, _) = outlook.export();
    let trust = crm.home.directory().join("allowed_signers");
    let text = std::fs::read_to_string(&trust).unwrap();
    let revoked = text.lines().filter(|line| !line.starts_with("outlook "));
    std::fs::write(
        &trust,
        revoked.map(|line| format!("{line}\n")).collect::<String>(),
    )
    .unwrap();
    assert_eq!(
        crm.try_receive(&next, false).unwrap_err(),
        Fault::SignatureKey
    );
    std::fs::write(&trust, text).unwrap();
    crm.receive(&next);
}

#[test]
fn after_a_gap_a_bundle_is_left_alone_until_the_missing_one_came() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 3);
    outlook.sql("UPDATE contact SET job_title = 'One' WHERE last_name = '1'");
    let (missing, _) = outlook.export();
    crm.receive(&missing);
    let (bundle, _) = crm.export();
    outlook.receive(&bundle);
    outlook.sql("UPDATE contact SET job_title = 'Two' WHERE last_name = '1'");
    let (after, _) = outlook.export();
    // The CRM has forgotten the one that the next builds on.
    crm.sql("DELETE FROM received WHERE seq = (SELECT max(seq) FROM received)");
    let before = crm.shown();
    assert_eq!(crm.try_receive(&after, false).unwrap_err(), Fault::Gap);
    assert_eq!(crm.shown(), before);
    assert!(after.exists(), "the file stays where it is");
    crm.receive(&missing);
    crm.receive(&after);
    assert_eq!(outlook.shown(), crm.shown());
}

/// Who takes an item out of the sync neither sends nor takes, and misses nothing; taken in again,
/// both sides come together, and what both edited meanwhile is in conflict.
#[test]
fn what_a_person_takes_out_is_left_alone_until_taken_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut outlook, mut crm) = settled(folder.path(), 3);
    let id = ItemId(format!("ab-{:032x}", 1));
    let round = outlook.ledger.begin().unwrap();
    round.unlink(&id, "2026-01-01T00:00:00Z").unwrap();
    round.keep().unwrap();
    outlook.sql("UPDATE contact SET job_title = 'Here' WHERE last_name = '1'");
    crm.sql("UPDATE contact SET job_title = 'There', nickname = 'Nick' WHERE last_name = '1'");
    let title = "SELECT job_title FROM contact WHERE last_name = '1'";
    for _ in 0..2 {
        let (there, _) = full_round(&mut outlook, &mut crm);
        assert_eq!(
            (there.accounting.exported, there.accounting.excluded),
            (0, 1)
        );
    }
    assert!(outlook.text(title).contains(&format!("{:?}", b"Here")));
    assert!(crm.text(title).contains(&format!("{:?}", b"There")));
    // Not even everything, or a deletion, brings it across.
    let full = Options {
        full: true,
        ..Options::default()
    };
    let (bundle, _) = crm.try_export(full).unwrap();
    assert_eq!(outlook.receive(&bundle).unlinked, 1);
    let kept = outlook.text("SELECT count(*) FROM contact WHERE last_name = '1'");
    assert_eq!(kept, "Integer(1)");
    let round = outlook.ledger.begin().unwrap();
    round.relink(&id).unwrap();
    round.keep().unwrap();
    for _ in 0..3 {
        full_round(&mut outlook, &mut crm);
    }
    assert_eq!(outlook.shown(), crm.shown());
    let nick = "SELECT nickname FROM contact WHERE last_name = '1'";
    assert!(outlook.text(nick).contains(&format!("{:?}", b"Nick")));
    let round = crm.ledger.begin().unwrap();
    assert_eq!(questions(&round, crm.home.config()).unwrap().len(), 1);
    drop(round);
    // Deleted while it is out: nobody hears of it.
    let round = outlook.ledger.begin().unwrap();
    round.unlink(&id, "2026-01-02T00:00:00Z").unwrap();
    round.keep().unwrap();
    outlook.sql("DELETE FROM contact WHERE last_name = '1'");
    full_round(&mut outlook, &mut crm);
    assert_eq!(crm.text("SELECT count(*) FROM contact"), "Integer(3)");
    assert_eq!(outlook.text("SELECT count(*) FROM contact"), "Integer(2)");
}
