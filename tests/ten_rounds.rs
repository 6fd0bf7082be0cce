//! Ten rounds between Outlook and the CRM with edits on both sides, through real PSTs: each round the
//! mailbox is written anew, as an export and import by Outlook does it: other nodes, another order,
//! other times of modification. Nothing is doubled, and nothing is sent that nobody edited.

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
        let mut count = 0;
        for location in store.locations() {
            let (message, _) = store.read_message(location.nid).unwrap();
            let folder = store.folders()[location.folder.unwrap()].path.clone();
            self.0.insert(id_of(&message), (folder, message));
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
                "IPM.Contact" => "IPF.Contact",
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
}

impl Rounds {
    fn name(&self, what: &str) -> String {
        format!("{what}-{}", self.round)
    }

    /// Outlook → CRM; what the CRM took in.
    fn to_crm(&self) -> serde_json::Value {
        let store = self.name("mailbox.pst");
        self.mailbox.write(&self.bridge.at(&store), self.round);
        let bundle = self.name("to-crm.abx");
        let sums = self.bridge.export(&[&self.bridge.path(&store)], &bundle);
        assert_eq!(sums["failed"], 0, "{sums}");
        // The same file name each time would be the same input; here each round has its own.
        let path = self.bridge.path(&bundle);
        self.bridge.json("crm", &["crm", "import", &path])
    }

    /// CRM → Outlook; what `apply` says.
    fn to_outlook(&mut self) -> serde_json::Value {
        let bundle = self.bridge.path(&self.name("to-outlook.abx"));
        let out = self.name("out");
        self.bridge.json("crm", &["crm", "export", "-o", &bundle]);
        let done = self.bridge.json(
            "outlook",
            &["apply", &bundle, "-o", &self.bridge.path(&out)],
        );
        let store = self.bridge.at(&out).join("outlook.pst");
        assert_eq!(
            self.mailbox.import(&store),
            done["written"].as_u64().unwrap() as usize
        );
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
#[allow(clippy::cast_possible_truncation, reason = "small numbers")]
fn ten_rounds_through_real_stores() {
    let mut rounds = Rounds {
        bridge: Bridge::new(),
        mailbox: Mailbox::default(),
        round: 0,
    };
    let mailbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/mailbox.pst");
    rounds.mailbox.import(&mailbox);
    let mails = rounds.count("email");
    rounds.to_outlook();
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
        let took = rounds.to_crm();
        assert_eq!(took["new"], 0, "round {round}: {took}");
        assert_eq!(took["changed"], 1, "round {round}: {took}");
        assert_eq!(took["deleted"], 0, "round {round}: {took}");
        assert_eq!(took["conflicts"], 0, "round {round}: {took}");
        let query = format!("SELECT subject FROM email WHERE id = '{edited}'");
        assert_eq!(rounds.text(&query), subject);
        assert_eq!(rounds.count("email"), mails);
        assert_eq!(rounds.count("contact"), 2);
        assert_eq!(rounds.count("meeting"), round);

        rounds.bridge.sql(&format!(
            "UPDATE contact SET job_title = 'Role {round}' WHERE id = '{NORA}';
             INSERT INTO meeting (subject, start, \"end\") VALUES
              ('Review {round}', '2026-04-0{}T09:00:00Z', '2026-04-0{}T10:00:00Z');
             INSERT INTO link SELECT id, '{NORA}', NULL, 'Nora Lind' FROM meeting
              WHERE subject = 'Review {round}';",
            round % 9 + 1,
            round % 9 + 1,
        ));
        let done = rounds.to_outlook();
        assert_eq!(done["new"], 1, "round {round}: {done}");
        assert_eq!(done["changed"], 1, "round {round}: {done}");
        assert_eq!(done["deleted"], 0, "round {round}: {done}");
        let title = rounds.mailbox.0[NORA].1.props.str(pid_tag::TITLE);
        assert_eq!(title, Some(format!("Role {round}").as_str()));
    }
    // When nobody edits, nothing is sent, either way.
    rounds.round = 11;
    let took = rounds.to_crm();
    assert_eq!(
        (&took["new"], &took["changed"]),
        (&0.into(), &0.into()),
        "{took}"
    );
    let done = rounds.to_outlook();
    assert_eq!(
        (&done["new"], &done["changed"]),
        (&0.into(), &0.into()),
        "{done}"
    );
    assert_eq!(done["records"], 0, "{done}");
}
