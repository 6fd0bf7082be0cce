//! Value by value: what foreign readers read from stores that airbridge wrote is what the items
//! said. The stores are a copy of `samples/office.pst` and what `apply` makes of the sample of the
//! CRM, so every kind of item is there; the items are those of `samples/make/office.json` and of
//! the bundle, before any store. Each reader says what it has a word for
//! (`judges/item_properties.tsv`); where it differs, `judges/item_differences.tsv` says why.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bridge;
mod judges;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;

use airbridge::base64;
use airbridge::content::{ContentRef, InMemory, read_all};
use airbridge::item::contact::{AddressKind, PhoneKind};
use airbridge::item::meeting::{BusyStatus, Response};
use airbridge::item::{AttachmentData, BlobRef, Contact, Content, Importance, Item, Sensitivity};
use airbridge::item::{Party, Text};
use airbridge::mapi::{Value as Mapi, pid_lid};
use airbridge::mapping::mapi::to_message;
use bridge::Bridge;
use outlook_pst::UnicodePstFile;
use outlook_pst::ltp::prop_context::PropertyValue;
use outlook_pst::messaging::folder::{Folder as _, UnicodeFolder};
use outlook_pst::messaging::message::{Message as _, UnicodeMessage};
use outlook_pst::messaging::named_prop::NamedPropertyId;
use outlook_pst::messaging::store::{Store as _, UnicodeStore};
use outlook_pst::ndb::node_id::NodeId;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// When the items of the CRM become messages; what has no time of its own has this.
const NOW: &str = "2026-02-01T00:00:00Z";

/// What is told of an item, by word.
type Words = Map<String, Value>;

/// Stores that were written, and the items that went in.
struct Written {
    _bridge: Bridge,
    paths: Vec<PathBuf>,
    /// By the number of the store and the title.
    items: BTreeMap<(usize, String), Words>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn written() -> Written {
    let bridge = Bridge::new();
    let (copy, out) = (bridge.path("copy.pst"), bridge.path("out"));
    bridge.json("outlook", &["convert", "samples/office.pst", "-o", &copy]);
    let bundle = bridge.path("crm.abx");
    bridge.json("outlook", &["apply", &bundle, "-o", &out, "--now", NOW]);
    let mut items = BTreeMap::new();
    let mut add = |store: usize, item: &Item, files: &Vec<ContentRef>| {
        let words = words(item, files);
        let old = items.insert((store, item.title().to_owned()), words);
        assert!(old.is_none(), "two items of one title: {}", item.title());
    };
    let text = std::fs::read_to_string(root().join("samples/make/office.json")).unwrap();
    let office: Value = serde_json::from_str(&text).unwrap();
    let files = office["files"].as_array().unwrap().iter();
    let files = files.map(|file| -> ContentRef {
        Arc::new(InMemory(match file["text"].as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => base64::decode(file["base64"].as_str().unwrap()).unwrap(),
        }))
    });
    let files: Vec<ContentRef> = files.collect();
    for item in office["items"].as_array().unwrap() {
        add(0, &serde_json::from_value(item.clone()).unwrap(), &files);
    }
    // Records of the bundle, which its reader shows whole.
    let shown = bridge.run("crm", &["show", &bundle, "--json"]);
    for line in String::from_utf8(shown.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let id = line["record"]["id"].as_str().unwrap_or_default();
        if id.starts_with("ab-000000") {
            let item = serde_json::from_value(line["record"].clone()).unwrap();
            add(1, &item, &Vec::new());
        }
    }
    assert_eq!(items.len(), 18 + bridge::MADE);
    Written {
        paths: vec![bridge.at("copy.pst"), bridge.at("out").join("outlook.pst")],
        _bridge: bridge,
        items,
    }
}

fn plain(text: &Option<Text>) -> Option<String> {
    text.as_ref().map(|text| match text {
        Text::Inline(text) => text.clone(),
        Text::Blob(_) => panic!("the samples have no large texts"),
    })
}

fn bytes_of(blob: &BlobRef, files: &[ContentRef]) -> Vec<u8> {
    let BlobRef::Pending { pending } = blob else {
        panic!("{blob:?}")
    };
    read_all(&*files[*pending], 1 << 20).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The words of an item; what has no value is not there.
fn words(item: &Item, files: &Vec<ContentRef>) -> Words {
    let mut told = Words::new();
    let mut tell = |word: &str, value: Value| {
        let nothing = value.is_null() || value == json!([]);
        if !nothing {
            told.insert(word.to_owned(), value);
        }
    };
    let mut categories = item.categories.clone();
    categories.sort();
    let sensitivity = match item.sensitivity {
        Sensitivity::Normal => 0,
        Sensitivity::Personal => 1,
        Sensitivity::Private => 2,
        Sensitivity::Confidential => 3,
    };
    let importance = match item.importance {
        Importance::Low => 0,
        Importance::Normal => 1,
        Importance::High => 2,
    };
    let reminder = item.reminder.as_ref();
    for (word, value) in [
        ("class", json!(item.class)),
        ("subject", json!(item.title())),
        ("categories", json!(categories)),
        ("sensitivity", json!(sensitivity)),
        ("importance", json!(importance)),
        ("private", json!(item.is_private())),
        ("created", item.created.map_or(json!(NOW), |at| json!(at))),
        ("modified", item.modified.map_or(json!(NOW), |at| json!(at))),
        ("reminder_set", json!(reminder.is_some_and(|own| own.set))),
        ("reminder_due", json!(reminder.and_then(|own| own.due))),
    ] {
        tell(word, value);
    }
    let mut people: Vec<(i32, &Party)> = Vec::new();
    let mut all_files: Vec<(String, String)> = Vec::new();
    // Bytes of a recurrence are those that the mapping makes of it.
    let message = to_message(item, files).value;
    let blob = |name| match message.props.named(name) {
        Some(Mapi::Binary(bytes)) => json!(hex(bytes)),
        _ => Value::Null,
    };
    let body = match &item.content {
        Content::Contact(own) => {
            contact(own, &mut tell);
            if let Some(photo) = &own.photo {
                let hash = hex(&Sha256::digest(bytes_of(photo, files)));
                all_files.push(("ContactPicture.jpg".to_owned(), hash));
            }
            &own.notes
        }
        Content::DistributionList(own) => &own.notes,
        Content::Meeting(own) => {
            let busy = match own.busy.unwrap_or(BusyStatus::Busy) {
                BusyStatus::Free => 0,
                BusyStatus::Tentative => 1,
                BusyStatus::Busy => 2,
                BusyStatus::OutOfOffice => 3,
                BusyStatus::WorkingElsewhere => 4,
            };
            let response = if own.response == Response::Organizer {
                1
            } else {
                0
            };
            tell("location", json!(own.location));
            tell("start", json!(own.start));
            tell("end", json!(own.end));
            tell("all_day", json!(own.all_day));
            tell("busy", json!(busy));
            tell("response", json!(response));
            tell("recurrence", blob(pid_lid::APPOINTMENT_RECUR));
            // As libpst shows it, which knows no first day of the week.
            let rule = own.recurrence.as_ref().and_then(|own| own.rule.as_ref());
            tell("rule", json!(rule.map(|rule| rule.replace(";WKST=MO", ""))));
            if !own.attendees.is_empty() {
                people.extend(own.organizer.iter().map(|party| (1, party)));
                people.extend(
                    own.attendees
                        .iter()
                        .map(|own| (own.kind as i32 + 1, &own.party)),
                );
            }
            &own.body
        }
        Content::Task(own) => {
            tell("start", json!(own.start));
            tell("due", json!(own.due));
            tell("completed", json!(own.completed));
            tell("status", json!(own.status as i32));
            tell("percent", json!(own.percent.unwrap_or_default()));
            tell("complete", json!(own.complete));
            tell("recurrence", blob(pid_lid::TASK_RECURRENCE));
            &own.body
        }
        Content::Note(own) => {
            tell("color", json!(own.color.map(|color| color as i32)));
            &own.body
        }
        Content::Journal(own) => {
            tell("activity", json!(own.activity));
            tell("start", json!(own.start));
            tell("end", json!(own.end));
            tell("minutes", json!(own.minutes));
            &own.body
        }
        Content::Email(own) => {
            let from = own.from.as_ref();
            tell("from_name", json!(from.map(|own| &own.name)));
            tell("from_email", json!(from.and_then(|own| own.email.as_ref())));
            tell("sent", json!(own.sent));
            tell("received", json!(own.received));
            let id = own.message_id.as_ref();
            tell("message_id", json!(id.map(|id| format!("<{id}>"))));
            tell("html", json!(plain(&own.body.html)));
            people.extend(own.to.iter().map(|party| (1, party)));
            people.extend(own.cc.iter().map(|party| (2, party)));
            &own.body
        }
        Content::Other(own) => &own.body,
    };
    tell("body", json!(plain(&body.plain)));
    let mut people: Vec<Value> = people
        .into_iter()
        .map(|(kind, party)| json!([kind, party.name, party.email]))
        .collect();
    people.sort_by_key(Value::to_string);
    tell("recipients", json!(people));
    let mut inside = Vec::new();
    for own in &item.attachments {
        match &own.data {
            AttachmentData::File { blob } => {
                let hash = hex(&Sha256::digest(bytes_of(blob, files)));
                all_files.push((own.name.clone(), hash));
            }
            AttachmentData::Item { item } => inside.push(Value::Object(words(item, files))),
            other => panic!("{other:?}"),
        }
    }
    if let Content::Meeting(own) = &item.content {
        let changed = own.recurrence.iter().flat_map(|own| &own.exceptions);
        let changed = changed.filter_map(|own| own.occurrence.as_deref());
        inside.extend(changed.map(|item| Value::Object(words(item, files))));
    }
    all_files.sort();
    tell("files", json!(all_files));
    tell("inside", json!(inside));
    told
}

fn contact(own: &Contact, tell: &mut impl FnMut(&str, Value)) {
    let names = own.last_name.as_ref().zip(own.first_name.as_ref());
    let filed = names.map(|(last, first)| format!("{last}, {first}"));
    let filed = own.file_as.clone().or(filed);
    let filed = filed.unwrap_or_else(|| own.display_name.clone());
    for (word, value) in [
        ("display_name", Some(&own.display_name)),
        ("first_name", own.first_name.as_ref()),
        ("middle_name", own.middle_name.as_ref()),
        ("last_name", own.last_name.as_ref()),
        ("nickname", own.nickname.as_ref()),
        ("file_as", Some(&filed)),
        ("company", own.company.as_ref()),
        ("department", own.department.as_ref()),
        ("job_title", own.job_title.as_ref()),
    ] {
        tell(word, json!(value));
    }
    tell("birthday", json!(own.birthday));
    tell("anniversary", json!(own.anniversary));
    for email in &own.emails {
        tell(&format!("email{}", email.slot), json!(email.party.email));
    }
    for phone in &own.phones {
        let word = match phone.kind {
            PhoneKind::Business => "phone_business",
            PhoneKind::Home => "phone_home",
            PhoneKind::Mobile => "phone_mobile",
            PhoneKind::BusinessFax => "phone_business_fax",
            PhoneKind::Company => "phone_company",
            other => panic!("{other:?}: give it a word"),
        };
        tell(word, json!(phone.number));
    }
    for address in &own.addresses {
        let kind = match address.kind {
            AddressKind::Business => "business",
            AddressKind::Home => "home",
            AddressKind::Other => "other",
            AddressKind::Mailing => "mailing",
        };
        for (part, value) in [
            ("street", &address.street),
            ("po_box", &address.po_box),
            ("city", &address.city),
            ("state", &address.state),
            ("postal_code", &address.postal_code),
            ("country", &address.country),
        ] {
            tell(&format!("{kind}_{part}"), json!(value));
        }
    }
}

/// Differences of a judge that are understood: title, word.
fn explained(judge: &str) -> BTreeSet<(String, String)> {
    let table = include_str!("judges/item_differences.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [own, title, word, reason] = cells[..] else {
            panic!("four cells, please: {line}")
        };
        assert!(reason.len() > 20, "a reason, please: {line}");
        (own == judge).then(|| (title.to_owned(), word.to_owned()))
    })
    .collect()
}

/// Lines end in one way to each reader.
fn folded(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace("\r\n", "\n")),
        Value::Array(all) => all.iter().map(folded).collect(),
        Value::Object(own) => own
            .iter()
            .map(|(word, value)| (word.clone(), folded(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Compares what a judge says of items; `least` values at least, and every item of `kinds` kinds.
struct Bench {
    judge: &'static str,
    written: Written,
    met: BTreeSet<(usize, String)>,
    compared: usize,
    differences: BTreeMap<(String, String), String>,
}

impl Bench {
    fn new(judge: &'static str) -> Self {
        Self {
            judge,
            written: written(),
            met: BTreeSet::new(),
            compared: 0,
            differences: BTreeMap::new(),
        }
    }

    fn hear(&mut self, store: usize, title: &str, theirs: &Words) {
        let items = &self.written.items;
        let by_title = items.get_key_value(&(store, title.to_owned()));
        // libpst calls contacts by the name that they are filed under.
        let own = by_title.or_else(|| {
            let mut all = items.iter().filter(|((own, _), _)| *own == store);
            all.find(|(_, words)| words.get("file_as") == Some(&json!(title)))
        });
        let Some(((_, title), own)) = own else {
            panic!("{}: an item that is none of ours: {title}", self.judge)
        };
        assert!(
            self.met.insert((store, title.clone())),
            "{title} comes twice"
        );
        let (title, own) = (title.clone(), own.clone());
        self.compare(&title, "", &own, theirs);
    }

    fn compare(&mut self, title: &str, within: &str, own: &Words, theirs: &Words) {
        for (word, value) in theirs {
            let own = own.get(word).cloned().unwrap_or_default();
            if let ("inside", Some(own), Some(theirs)) = (&**word, own.as_array(), value.as_array())
                && own.len() == theirs.len()
            {
                for (own, theirs) in own.iter().zip(theirs) {
                    let (own, theirs) = (own.as_object().unwrap(), theirs.as_object().unwrap());
                    self.compare(title, "inside ", own, theirs);
                }
                continue;
            }
            self.compared += 1;
            let (own, theirs) = (folded(&own), folded(value));
            let empty = |value: &Value| value.is_null() || *value == json!([]);
            if own != theirs && !(empty(&own) && empty(&theirs)) {
                let key = (title.to_owned(), format!("{within}{word}"));
                self.differences
                    .insert(key, format!("{own}, theirs {theirs}"));
            }
        }
    }

    /// Fails unless so many items were met and values compared, and every difference is explained.
    fn judge(&self, items: usize, least: usize) {
        println!(
            "{}: {} values of {} items compared, {} differ",
            self.judge,
            self.compared,
            self.met.len(),
            self.differences.len()
        );
        let explained = explained(self.judge);
        for (key, detail) in &self.differences {
            if !explained.contains(key) {
                println!("    {}\t{}\t{}\t{detail}", self.judge, key.0, key.1);
            }
        }
        let found: BTreeSet<_> = self.differences.keys().cloned().collect();
        assert_eq!(found, explained, "differences are not the explained ones");
        assert_eq!(self.met.len(), items);
        assert!(self.compared >= least, "{} values", self.compared);
    }

    fn hear_lines(&mut self, lines: &[Value]) {
        for line in lines {
            let store = Path::new(line["store"].as_str().unwrap());
            let store = self.written.paths.iter().position(|path| path == store);
            let words = line["words"].as_object().unwrap();
            self.hear(store.unwrap(), line["title"].as_str().unwrap(), words);
        }
    }

    fn paths(&self) -> Vec<PathBuf> {
        self.written.paths.clone()
    }
}

fn has(program: &str, package: &str) -> bool {
    let found = Command::new(program).arg("-V").output().is_ok();
    if !found {
        judges::skip(&format!("{program} ({package}) is not installed"));
    }
    found
}

#[test]
fn libpff_reads_what_the_items_say() {
    if !has("pffexport", "pff-tools") {
        return;
    }
    let mut bench = Bench::new("libpff");
    let paths = bench.paths();
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let Some(lines) = judges::python_of("libpff_values.py", &[], &["json"], &paths) else {
        return;
    };
    bench.hear_lines(&lines);
    bench.judge(18 + bridge::MADE, 490);
}

#[test]
fn libpst_reads_what_the_items_say() {
    if !has("readpst", "pst-utils") {
        return;
    }
    let mut bench = Bench::new("libpst");
    let paths = bench.paths();
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let Some(lines) = judges::python_of("libpst_values.py", &[], &["json"], &paths) else {
        return;
    };
    bench.hear_lines(&lines);
    // It writes no lists, tasks and notes.
    bench.judge(13 + 7, 170);
}

#[test]
fn pst_extractor_reads_what_the_items_say() {
    let npm = Command::new("npm").args(["root", "-g"]).output();
    let global = npm.map(|out| String::from_utf8(out.stdout).unwrap());
    let modules = std::env::var("NODE_PATH").or(global).unwrap_or_default();
    let script = root().join("tests/judges/pst_extractor_values.js");
    let run = |arguments: &[&str], input: &str| {
        let mut command = Command::new("node");
        command.args(arguments).env("NODE_PATH", modules.trim());
        let room = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(room.path(), input).unwrap();
        command
            .stdin(std::fs::File::open(room.path()).unwrap())
            .output()
    };
    let there = run(&["-e", "require('pst-extractor')"], "");
    if !there.is_ok_and(|out| out.status.success()) {
        return judges::skip("node with pst-extractor is not installed");
    }
    let mut bench = Bench::new("pst-extractor");
    for path in bench.paths() {
        // One at a time: names of properties of one store are those of the next to it.
        let out = run(&[script.to_str().unwrap()], path.to_str().unwrap()).unwrap();
        let complaint = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{complaint}");
        let text = String::from_utf8(out.stdout).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        bench.hear_lines(&lines.collect::<Vec<Value>>());
    }
    bench.judge(18 + bridge::MADE, 380);
}

/// The words of the table for the crate outlook-pst: word, id, how it is stored.
fn told_by(store: &Rc<UnicodeStore>, read: &UnicodeMessage) -> Words {
    let map = store.named_property_map().unwrap();
    let map = map.properties();
    let named: BTreeMap<String, u16> = map
        .stream_entry()
        .unwrap()
        .into_iter()
        .map(|entry| {
            let name = match entry.id() {
                NamedPropertyId::Number(number) => format!("{number:04x}"),
                NamedPropertyId::StringOffset(at) => map.lookup_string(at).unwrap().to_string(),
            };
            (name, entry.prop_id())
        })
        .collect();
    let get = |key: &str| {
        let tag = u16::from_str_radix(key, 16)
            .ok()
            .filter(|tag| *tag < 0x8000);
        let id = tag.or_else(|| named.get(key).copied())?;
        read.properties().get(id)
    };
    let class = match get("001a") {
        Some(PropertyValue::Unicode(text)) => text.to_string(),
        other => panic!("{other:?}"),
    };
    let kind = match class.as_str() {
        "IPM.Contact" => "contact",
        "IPM.Appointment" => "meeting",
        "IPM.Task" => "task",
        "IPM.StickyNote" => "note",
        "IPM.Activity" => "journal",
        "IPM.DistList" => "list",
        _ => "email",
    };
    let mut words = Words::new();
    for line in include_str!("judges/item_properties.tsv").lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [own, word, key, how] = cells[..] else {
            continue;
        };
        if own != "any" && own != kind {
            continue;
        }
        let Some(value) = get(key) else { continue };
        let time = |ticks: i64| {
            let at = jiff::Timestamp::from_second(ticks / 10_000_000 - 11_644_473_600);
            at.unwrap().to_string()
        };
        let value = match (value, how) {
            (PropertyValue::Unicode(text), "subject") => {
                let text = text.to_string();
                let rest = text
                    .strip_prefix('\u{1}')
                    .map(|rest| rest.chars().skip(1).collect());
                json!(rest.unwrap_or(text))
            }
            (PropertyValue::Unicode(text), _) => json!(text.to_string()),
            (PropertyValue::MultipleUnicode(all), _) => {
                let mut all: Vec<String> = all.iter().map(ToString::to_string).collect();
                all.sort();
                json!(all)
            }
            (PropertyValue::Integer32(number), _) => json!(number),
            (PropertyValue::Boolean(flag), _) => json!(flag),
            (PropertyValue::Time(ticks), "date") => json!(time(*ticks)[..10]),
            (PropertyValue::Time(ticks), _) => json!(time(*ticks)),
            (PropertyValue::Floating64(number), _) => {
                serde_json::from_str(&format!("{:.0}", number * 100.0)).unwrap()
            }
            (PropertyValue::Binary(bytes), "html") => {
                json!(String::from_utf8_lossy(bytes.buffer()))
            }
            (PropertyValue::Binary(bytes), _) => json!(hex(bytes.buffer())),
            (other, _) => panic!("{word}: {other:?}"),
        };
        words.insert(word.to_owned(), value);
    }
    words
}

#[test]
fn the_crate_outlook_pst_reads_what_the_items_say() {
    let mut bench = Bench::new("outlook-pst");
    for (number, path) in bench.paths().iter().enumerate() {
        let store = UnicodeStore::read(Rc::new(UnicodePstFile::open(path).unwrap())).unwrap();
        let mut waiting = vec![NodeId::from(0x122)];
        while let Some(node) = waiting.pop() {
            let entry = store.properties().make_entry_id(node).unwrap();
            let folder = UnicodeFolder::read(Rc::clone(&store), &entry).unwrap();
            let rows = |table: Option<&Rc<dyn outlook_pst::ltp::table_context::TableContext>>| {
                let table = table.into_iter();
                let rows = table.flat_map(|table| {
                    let rows = table.rows_matrix();
                    rows.map(|row| NodeId::from(u32::from(row.id())))
                        .collect::<Vec<_>>()
                });
                rows.collect::<Vec<_>>()
            };
            waiting.extend(rows(folder.hierarchy_table()));
            for node in rows(folder.contents_table()) {
                let entry = store.properties().make_entry_id(node).unwrap();
                let message = UnicodeMessage::read(Rc::clone(&store), &entry, None).unwrap();
                let words = told_by(&store, &message);
                let title = words["subject"].as_str().unwrap().to_owned();
                bench.hear(number, &title, &words);
            }
        }
    }
    bench.judge(18 + bridge::MADE, 440);
}
