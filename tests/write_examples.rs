//! The files of `formats/examples/files` are those that the items beside them become.
//! `AIRBRIDGE_WRITE=1 cargo test --test write_examples` writes them anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

use airbridge::content::ContentRef;
use airbridge::csv::Form;
use airbridge::csv::write::language;
use airbridge::item::{Content, Item};
use airbridge::mapping::csv::{Clock, kind_of, to_file};
use airbridge::mapping::ical::{Heading, to_calendar};
use airbridge::mapping::vcard::to_card;
use airbridge::vcard::Version;

fn example(name: &str) -> Item {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/examples/items");
    let text = fs::read_to_string(path.join(name)).unwrap();
    let mut item: Item = serde_json::from_str(&text).unwrap();
    // The blobs of the examples are not there.
    if let Content::Contact(contact) = &mut item.content {
        contact.photo = None;
    }
    item.attachments.clear();
    item
}

#[test]
fn the_files_are_what_the_items_become() {
    let none: Vec<ContentRef> = Vec::new();
    let contact = example("contact.json");
    let meeting = example("meeting.json");
    let heading = Heading {
        now: "2024-05-01T08:00:00Z".parse().unwrap(),
        name: Some("Calendar".to_owned()),
        tasks: false,
    };
    let mut files: Vec<(&str, Vec<u8>)> = Vec::new();
    for (name, version) in [
        ("contact-2.1.vcf", Version::V2_1),
        ("contact-3.0.vcf", Version::V3_0),
        ("contact-4.0.vcf", Version::V4_0),
    ] {
        files.push((name, to_card(&contact, &none, version).value.to_bytes()));
    }
    let calendar = to_calendar(&[(&meeting, &none)], &heading);
    files.push(("meeting.ics", calendar.value.to_bytes()));
    for (name, item) in [
        ("contacts.csv", &contact),
        ("tasks.csv", &example("task.json")),
    ] {
        let form = Form::of(kind_of(item).unwrap(), language("English").unwrap());
        let clock = Clock {
            order: form.order,
            zone: jiff::tz::TimeZone::UTC,
            named: None,
        };
        files.push((name, to_file(&[(item, &none)], &form, &clock).value));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/examples/files");
    for (name, bytes) in files {
        let path = folder.join(name);
        if std::env::var_os("AIRBRIDGE_WRITE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, bytes).unwrap();
        } else {
            // A checkout may have changed the line ends.
            let even = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
            assert_eq!(even(fs::read(&path).unwrap()), even(bytes), "{name}");
        }
    }
}
