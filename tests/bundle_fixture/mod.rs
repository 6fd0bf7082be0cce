//! A small bundle with one of everything, made from a fixed key at a fixed time.
#![allow(dead_code, missing_docs, unreachable_pub)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(clippy::cast_possible_truncation)]

use std::path::{Path, PathBuf};

use airbridge::bundle::*;
use airbridge::content::InMemory;
use serde_json::json;
use ssh_key::private::{Ed25519Keypair, KeypairData};

pub const LINK: &str = "00112233445566778899aabbccddeeff";

pub fn signer(seed: u8) -> Signer {
    let pair = Ed25519Keypair::from_seed(&[seed; 32]);
    Signer::new(ssh_key::PrivateKey::new(KeypairData::from(pair), "test").unwrap()).unwrap()
}

pub fn allowed_signers(entries: &[(&str, u8)]) -> String {
    entries
        .iter()
        .map(|(party, seed)| {
            let key = airbridge::bundle::sign::key_text(signer(*seed).public_key());
            format!("{party} namespaces=\"airbridge-bundle-v1\" {key}\n")
        })
        .collect()
}

pub fn trust() -> AllowedSigners {
    AllowedSigners::parse(&allowed_signers(&[("outlook", 1), ("crm", 2)])).unwrap()
}

pub fn fields(accounting: Accounting) -> HeadFields {
    HeadFields {
        link: LINK.into(),
        from: "outlook".into(),
        to: "crm".into(),
        kind: BundleKind::Snapshot,
        epoch: 1,
        seq: 1,
        prev: None,
        base: None,
        ack: None,
        created: "2026-11-24T00:00:00Z".parse().unwrap(),
        accounting,
        producer: "airbridge test".into(),
    }
}

pub fn report_line(outcome: &str, item: &str) -> serde_json::Value {
    match outcome {
        "exported" => json!({"outcome": outcome, "item": item, "kind": "email"}),
        _ => json!({"outcome": outcome, "reason": "test", "count": 2}),
    }
}

/// Fills a packer with two e-mails, a contact, a shared blob, links, a report and a CSV.
pub fn fill(packer: &mut Packer) -> Accounting {
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(8);
    let scratch = packer.scratch().to_owned();
    let prepare =
        |bytes: &[u8]| Prepared::from_content(&InMemory(bytes.to_vec()), &scratch).unwrap();
    let blob = packer.add_blob(prepare(text.as_bytes())).unwrap();
    let again = packer.add_blob(prepare(text.as_bytes())).unwrap();
    assert_eq!(blob, again);
    packer.add_blob(prepare(b"")).unwrap();
    for (kind, id) in [("email", "ab-1"), ("email", "ab-2"), ("contact", "ab-3")] {
        let value = json!({
            "id": id, "kind": kind, "subject": "Grüße \u{1} \"x\"",
            "attachments": [{"name": "../../evil.exe", "blob": blob}],
        });
        packer
            .add_record(Record::new(kind, &value).unwrap())
            .unwrap();
        packer
            .add_line(Stream::Report, &report_line("exported", id))
            .unwrap();
        packer
            .add_line(Stream::Links, &json!({"item": id, "contact": "c-1"}))
            .unwrap();
    }
    packer
        .add_line(Stream::Report, &report_line("excluded", ""))
        .unwrap();
    packer.set_contacts_csv(prepare(b"First Name,Last Name\r\nAda,Lovelace\r\n"));
    Accounting {
        seen: 5,
        exported: 3,
        excluded: 2,
        ..Accounting::default()
    }
}

pub fn make_at(path: &Path, change: impl FnOnce(&mut HeadFields), seed: u8) -> Packed {
    let mut packer = Packer::new(path).unwrap();
    let accounting = fill(&mut packer);
    let mut fields = fields(accounting);
    change(&mut fields);
    packer.finish(fields, &signer(seed)).unwrap()
}

pub fn make(change: impl FnOnce(&mut HeadFields), seed: u8) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let packed = make_at(&dir.path().join("b.abx"), change, seed);
    std::fs::read(&packed.parts[0]).unwrap()
}

pub fn base() -> Vec<u8> {
    make(|_| (), 1)
}

pub fn policy(trust: &AllowedSigners) -> Policy<'_> {
    Policy {
        trust,
        link: None,
        from: None,
        to: None,
        ledger: None,
    }
}

pub fn check(bytes: &[u8]) -> Result<Verified<Bundle>, VerifyError> {
    verify(
        &[Source::memory("b.abx", bytes.to_vec())],
        &policy(&trust()),
    )
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
