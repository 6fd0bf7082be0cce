//! Ten rounds between Outlook and the CRM with edits on both sides, through real PSTs: each round
//! the mailbox is written anew, as an export and import by Outlook does it: other nodes, another
//! order, other times of modification. Nothing is doubled, and nothing is sent that nobody edited.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bridge;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use airbridge::mapi::{
    FileTime, Message, PropTag, PropType, Property, PropertyBag, Value, pid_tag,
};
use airbridge::mapping::{Context, mapi};
use airbridge::pst::write::{FolderMap, FolderPath, StoreOptions, StoreWriter};
use airbridge::pst::{ReadOptions, Store};
use bridge::Bridge;

/// 2026-01-01, and a day.
const START: u64 = 134_117_424_000_000_000;
const DAY: u64 = 864_000_000_000;

const NORA: &str = "ab-00000000000000000000000000000001";

/// Outlook's mailbox: folder and message by the bridge id.
#[derive(Default)]
struct Mailbox(BTreeMap<String, (Vec<String>, Message)>);

fn id_of(message: &Message) -> String {
    mapi::to_item(message, &Context::default()).item.id.0
}

fn set(message: &mut Message, id: u16, kind: PropType, value: Value) {
    let props = std::mem::take(&mut message.props);
    let mut properties = props.into_properties();
    properties.retain(|property| property.tag.id() != id);
    properties.push(Property {
        tag: PropTag::new(id, kind),
        name: None,
        value,
    });
    message.props = PropertyBag::new(properties).0;
}

impl Mailbox {
    /// What the wizard does: each message is taken in; one that a person deleted before is new.
    fn import(&mut self, path: &Path) -> usize {
        let store = Store::open(path, &ReadOptions::default()).unwrap();
        let first = self.0.is_empty();
        let mut count = 0;
        for location in store.locations() {
            let (message, _) = store.read_message(location.nid).unwrap();
            let folder = store.folders()[location.folder.unwrap()].path.clone();
            // Messages that were copied before airbridge met them share an id.
            let copies = (0..).map(|copy| match copy {
                0 => id_of(&message),
                copy => format!("{}, copy {copy}", id_of(&message)),
            });
            let mut names = copies.take(if first { 100 } else { 1 });
            let free = names.find(|name| !first || !self.0.contains_key(name));
            self.0.insert(free.unwrap(), (folder, message));
            count += 1;
        }
        count
    }

    /// Writes the mailbox as a new PST: another order, other nodes, every message modified now.
    fn write(&self, path: &Path, round: i64) {
        let now = FileTime(START + u64::try_from(round).unwrap() * DAY);
        let options = StoreOptions {
            display_name: "Mailbox".to_owned(),
            limit: u64::MAX,
            record_key: [u8::try_from(round).unwrap(); 16],
            now,
        };
        let mut writer = StoreWriter::create(path, options).unwrap();
        let mut folders = FolderMap::default();
        let mut all: Vec<_> = self.0.values().collect();
        if round % 2 == 1 {
            all.reverse();
        }
        for (folder, message) in all {
            let class = message.props.str(0x001A).unwrap_or_default();
            let class = match class {
                "IPM.Contact" | "IPM.DistList" => "IPF.Contact",
                "IPM.StickyNote" => "IPF.StickyNote",
                "IPM.Appointment" => "IPF.Appointment",
                "IPM.Task" => "IPF.Task",
                _ => "IPF.Note",
            };
            let place = FolderPath::of_names(folder, class);
            let place = folders.folder(&mut writer, &place).unwrap();
            let mut message = message.clone();
            set(&mut message, 0x3008, PropType::TIME, Value::Time(now));
            writer.add_message(place, &message).unwrap();
        }
        writer.finish().unwrap();
    }

    fn edit(&mut self, id: &str, property: u16, text: &str) {
        let (_, message) = self.0.get_mut(id).unwrap();
        let value = Value::String(text.to_owned());
        set(message, property, PropType::STRING, value);
    }
}

struct Rounds {
    bridge: Bridge,
    mailbox: Mailbox,
    round: i64,
    /// How to link, other than with the samples.
    rules: Vec<String>,
}

impl Rounds {
    fn name(&self, what: &str) -> String {
        format!("{what}-{}", self.round)
    }

    /// Outlook → CRM; what the CRM took in.
    fn import_in_crm(&self) -> serde_json::Value {
        let store = self.name("mailbox.pst");
        self.mailbox.write(&self.bridge.at(&store), self.round);
        let bundle = self.name("to-crm.abx");
        let inputs = self.bridge.path(&store);
        let sums = if self.rules.is_empty() {
            self.bridge.export(&[&inputs], &bundle)
        } else {
            let rules: Vec<&str> = self.rules.iter().map(String::as_str).collect();
            self.bridge.export_by(&rules, &[&inputs], &bundle)
        };
        assert_eq!(sums["failed"], 0, "{sums}");
        // The same file name each time would be the same input; here each round has its own.
        let path = self.bridge.path(&bundle);
        self.bridge.json("crm", &["crm", "import", &path])
    }

    /// CRM → Outlook; what `apply` says.
    fn apply_in_outlook(&mut self) -> serde_json::Value {
        let bundle = self.bridge.path(&self.name("to-outlook.abx"));
        let out = self.name("out");
        self.bridge.json("crm", &["crm", "export", "-o", &bundle]);
        let done = self.bridge.json(
            "outlook",
            &["apply", &bundle, "-o", &self.bridge.path(&out)],
        );
        let store = self.bridge.at(&out).join("outlook.pst");
        let taken = self.mailbox.import(&store);
        assert_eq!(Some(taken as u64), done["written"].as_u64());
        fs::remove_dir_all(self.bridge.at(&out)).unwrap();
        done
    }

    fn count(&self, table: &str) -> i64 {
        let replica = rusqlite::Connection::open(self.bridge.at("crm").join("ledger.sqlite"));
        let query = format!("SELECT count(*) FROM {table}");
        replica
            .unwrap()
            .query_row(&query, [], |row| row.get(0))
            .unwrap()
    }

    fn text(&self, query: &str) -> String {
        let replica = rusqlite::Connection::open(self.bridge.at("crm").join("ledger.sqlite"));
        replica
            .unwrap()
            .query_row(query, [], |row| row.get(0))
            .unwrap()
    }
}

#[test]
fn ten_rounds_through_real_stores() {
    let mut rounds = Rounds {
        bridge: Bridge::new(),
        mailbox: Mailbox::default(),
        round: 0,
        rules: Vec::new(),
    };
    let mailbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/mailbox.pst");
    rounds.mailbox.import(&mailbox);
    let mails = rounds.count("email");
    rounds.apply_in_outlook();
    let edited = rounds
        .mailbox
        .0
        .iter()
        .find(|(_, (_, message))| {
            message.props.str(pid_tag::SUBJECT) == Some("Office chairs and a boat")
        })
        .map(|(id, _)| id.clone())
        .unwrap();
    for round in 1..=10 {
        rounds.round = round;
        let subject = format!("Office chairs, offer {round}");
        rounds.mailbox.edit(&edited, pid_tag::SUBJECT, &subject);
        let took = rounds.import_in_crm();
        assert_eq!(took["new"], 0, "round {round}: {took}");
        assert_eq!(took["changed"], 1, "round {round}: {took}");
        assert_eq!(took["deleted"], 0, "round {round}: {took}");
        assert_eq!(took["conflicts"], 0, "round {round}: {took}");
        let query = format!("SELECT subject FROM email WHERE id = '{edited}'");
        assert_eq!(rounds.text(&query), subject);
        assert_eq!(rounds.count("email"), mails);
        assert_eq!(rounds.count("contact"), 2);
        // Two are of `samples/crm.sql`; one more each round before.
        assert_eq!(rounds.count("meeting"), round + 1);

        rounds.bridge.sql(&format!(
            "UPDATE contact SET job_title = 'Role {round}' WHERE id = '{NORA}';
             INSERT INTO meeting (subject, start, \"end\") VALUES
              ('Review {round}', '2026-04-0{}T09:00:00Z', '2026-04-0{}T10:00:00Z');
             INSERT INTO link SELECT id, '{NORA}', NULL, 'Nora Lind' FROM meeting
              WHERE subject = 'Review {round}';",
            round % 9 + 1,
            round % 9 + 1,
        ));
        let done = rounds.apply_in_outlook();
        assert_eq!(done["new"], 1, "round {round}: {done}");
        assert_eq!(done["changed"], 1, "round {round}: {done}");
        assert_eq!(done["deleted"], 0, "round {round}: {done}");
        let title = rounds.mailbox.0[NORA].1.props.str(pid_tag::TITLE);
        assert_eq!(title, Some(format!("Role {round}").as_str()));
    }
    // When nobody edits, nothing is sent, either way.
    rounds.round = 11;
    let took = rounds.import_in_crm();
    assert_eq!(
        (&took["new"], &took["changed"]),
        (&0.into(), &0.into()),
        "{took}"
    );
    let done = rounds.apply_in_outlook();
    assert_eq!(
        (&done["new"], &done["changed"]),
        (&0.into(), &0.into()),
        "{done}"
    );
    assert_eq!(done["records"], 0, "{done}");
}

/// A store that Outlook wrote, with every kind of item; nothing of it has met airbridge before.
#[test]
fn ten_rounds_of_a_store_that_outlook_wrote() {
    let store = "../shared/corpus/pst/intellekthq__duckdb-pst/unittest.pst";
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join(store);
    if !store.exists() {
        println!("SKIPPED: ../shared/corpus is not here");
        assert!(std::env::var_os("CI").is_none(), "the corpus is missing");
        return;
    }
    let bridge = Bridge {
        folder: tempfile::tempdir().unwrap(),
    };
    let profile = bridge.path("profile.toml");
    let kinds = r#"["contact", "distribution_list", "meeting", "task", "email", "note"]"#;
    let text = format!("private = true\nkinds = {kinds}\nexport_unlinked = {kinds}\n");
    fs::write(&profile, text).unwrap();
    let rules = ["--profile", &profile];
    let sums = bridge.export_by(&rules, &[store.to_str().unwrap()], "1.abx");
    assert_eq!(sums["exported"], 12, "{sums}");
    bridge.pair();
    let mut rounds = Rounds {
        bridge,
        mailbox: Mailbox::default(),
        round: 0,
        rules: rules.map(str::to_owned).to_vec(),
    };
    rounds.mailbox.import(&store);
    assert_eq!(rounds.mailbox.0.len(), 12);
    rounds.apply_in_outlook();
    let all = |rounds: &Rounds| rounds.count("record");
    let items = all(&rounds);
    let id = |rounds: &Rounds, query: &str| rounds.text(query);
    let mail = id(
        &rounds,
        "SELECT id FROM email WHERE subject = 'Test email 1'",
    );
    let linus = id(
        &rounds,
        "SELECT id FROM contact WHERE display_name = 'Linus Cat'",
    );
    for round in 1..=10 {
        rounds.round = round;
        // Outlook: a mail and a contact; the CRM: the same contact elsewhere, the task, the
        // meeting.
        let subject = format!("Test email, draft {round}");
        rounds.mailbox.edit(&mail, pid_tag::SUBJECT, &subject);
        rounds
            .mailbox
            .edit(&linus, pid_tag::TITLE, &format!("Cat {round}"));
        rounds.bridge.sql(&format!(
            "UPDATE contact SET department = 'Dep {round}' WHERE id = '{linus}';
             UPDATE task SET subject = 'Release {round}';
             UPDATE meeting SET location = 'Room {round}';"
        ));
        let took = rounds.import_in_crm();
        assert_eq!(took["new"], 0, "round {round}: {took}");
        assert_eq!(took["changed"], 2, "round {round}: {took}");
        assert_eq!(took["deleted"], 0, "round {round}: {took}");
        assert_eq!(took["conflicts"], 0, "round {round}: {took}");
        assert_eq!(all(&rounds), items, "round {round}");
        let done = rounds.apply_in_outlook();
        assert_eq!(done["new"], 0, "round {round}: {done}");
        assert_eq!(done["changed"], 3, "round {round}: {done}");
        assert_eq!(done["deleted"], 0, "round {round}: {done}");
        assert_eq!(done["losses"], 0, "round {round}: {done}");
        assert_eq!(rounds.mailbox.0.len(), 12, "round {round}");
        let contact = &rounds.mailbox.0[&linus].1.props;
        assert_eq!(
            contact.str(pid_tag::TITLE),
            Some(format!("Cat {round}").as_str())
        );
        let department = contact.str(pid_tag::DEPARTMENT_NAME);
        assert_eq!(department, Some(format!("Dep {round}").as_str()));
    }
    rounds.round = 11;
    let took = rounds.import_in_crm();
    assert_eq!(took["records"], 0, "nobody edited anything: {took}");
    let done = rounds.apply_in_outlook();
    assert_eq!(done["records"], 0, "nobody edited anything: {done}");
}
