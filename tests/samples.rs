//! The samples are what their program makes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::Path;

use airbridge::file_bytes::FileBytes;
use airbridge::item::{AttachmentData, Contact, Content, Item, Kind, Meeting};
use airbridge::pst::check::{Severity, check};
use airbridge::source::{ReadingOptions, Sources, StoreSource};

#[path = "../samples/make/main.rs"]
#[allow(dead_code, reason = "the program's own entry point is not called here")]
mod make;

/// The stores in the repository are, byte for byte, what `make_samples` writes today.
#[test]
fn the_sample_stores_are_what_their_program_makes() {
    let (office, items) = make::office::office().unwrap();
    assert!(items >= 15, "{items}");
    for (name, made) in [
        ("mailbox.pst", make::mailbox().unwrap()),
        ("office.pst", office),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("samples")
            .join(name);
        let stored = std::fs::read(path).unwrap();
        let again = "make it again: cargo run --example make_samples";
        assert_eq!(stored.len(), made.len(), "{name}: {again}");
        let mut bytes = stored.iter().zip(&made);
        let first = bytes.position(|(one, other)| one != other);
        assert_eq!(first, None, "first byte of {name} that differs; {again}");
    }
}

/// No error by any rule of stores, and nothing either that Outlook would put up with, in the store
/// of our own writing.
#[test]
fn the_sample_stores_are_sound() {
    let notes = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("samples")
            .join(name);
        let file = FileBytes::open(&path).unwrap();
        let report = check(&file, &|| Ok(())).unwrap();
        let (errors, notes): (Vec<_>, Vec<_>) = report
            .iter()
            .map(|one| (one.rule.severity, one.to_string()))
            .partition(|(severity, _)| *severity == Severity::Error);
        assert!(errors.is_empty(), "{name}: {errors:?}");
        notes
    };
    notes("mailbox.pst");
    let notes = notes("office.pst");
    assert!(notes.is_empty(), "{notes:?}");
}

/// Every kind of item is in the sample of our own writing, and everything else that the README of
/// the samples says.
#[test]
fn the_office_has_every_kind() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/office.pst");
    let sources = Sources::open(&[path], ReadingOptions::default()).unwrap();
    let jobs = sources.stores().iter().flat_map(StoreSource::jobs);
    let items: Vec<Item> = jobs.map(|job| job.item().unwrap().item).collect();
    let kinds: BTreeSet<Kind> = items.iter().map(Item::kind).collect();
    let all = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Other);
    assert_eq!(kinds, all.collect());
    let has = |what: &dyn Fn(&Item) -> bool| items.iter().any(what);
    assert!(has(&Item::is_private));
    let contact =
        |own: &Contact| own.photo.is_some() && own.addresses.len() == 3 && own.emails.len() == 3;
    assert!(has(
        &|own| matches!(&own.content, Content::Contact(own) if contact(own))
    ));
    let series = |own: &Meeting| {
        let series = own.recurrence.as_ref();
        series.is_some_and(|own| own.deleted.len() == 1 && own.exceptions.len() == 1)
    };
    assert!(has(
        &|own| matches!(&own.content, Content::Meeting(own) if series(own))
    ));
    assert!(has(
        &|own| matches!(&own.content, Content::Meeting(own) if own.all_day)
    ));
    assert!(has(
        &|own| matches!(&own.content, Content::Task(own) if own.recurrence.is_some())
    ));
    let embeds = |own: &Item| {
        let mut all = own.attachments.iter();
        all.any(|own| matches!(own.data, AttachmentData::Item { .. }))
    };
    assert!(has(&embeds));
    assert!(has(&|own| own.attachments.iter().any(|own| own.inline)));
}
