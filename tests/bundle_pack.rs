//! What is packed is read back, is the same every time, and opens in every zip tool and in
//! `ssh-keygen`.
#![allow(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bundle_fixture;

use std::io::Read;

use airbridge::bundle::*;
use airbridge::content::read_all;
use bundle_fixture::*;
use serde_json::Value;

#[test]
fn what_is_packed_is_read_back() {
    let bundle = check(&base()).unwrap();
    assert_eq!(bundle.head().from, "outlook");
    let emails: Vec<Value> = bundle.records("email").map(Result::unwrap).collect();
    assert_eq!(emails.len(), 2);
    assert_eq!(emails[0]["subject"], "Grüße \u{1} \"x\"");
    let kinds: Vec<_> = bundle
        .record_kinds()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(kinds, ["email", "contact"]);
    let blob = serde_json::from_value(emails[0]["attachments"][0]["blob"].clone()).unwrap();
    let content = bundle.blob(&blob).unwrap();
    let text = read_all(&*content, 1 << 20).unwrap();
    assert_eq!(text.len() as u64, blob.size);
    assert!(text.starts_with(b"The quick brown fox"));
    assert_eq!(bundle.stream_lines(Stream::Links).count(), 3);
    let report: Vec<_> = bundle.report().map(Result::unwrap).collect();
    assert_eq!(report.len(), 4);
    let mut csv = String::new();
    bundle
        .open(&EntryName::ContactsCsv)
        .unwrap()
        .read_to_string(&mut csv)
        .unwrap();
    assert!(csv.contains("Lovelace"));
    assert!(bundle.open(&EntryName::Stream(Stream::Acks)).is_none());
}

#[test]
fn same_input_same_bytes() {
    assert_eq!(base(), base());
}
