//! The test vectors of `formats/vectors/bundle`: each is one change of a good bundle, and the step
//! that rejects it.
//!
//! Run with `UPDATE_VECTORS=1` to write them anew.
#![allow(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(clippy::cast_possible_truncation)]

mod bundle_fixture;
#[path = "bundle_vectors/container.rs"]
mod container;
#[path = "bundle_vectors/json_forms.rs"]
mod json_forms;
#[path = "bundle_vectors/names.rs"]
mod names;
#[path = "bundle_vectors/sequences.rs"]
mod sequences;
#[path = "bundle_vectors/signatures.rs"]
mod signatures;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use airbridge::bundle::*;
use bundle_fixture::*;
use serde_json::{Value, json};
use ssh_key::{HashAlg, LineEnding, SshSig};

struct Vectors {
    base: Vec<u8>,
    made: BTreeMap<String, Value>,
}

impl Vectors {
    fn add(&mut self, name: &str, why: &str, step: &str, bytes: &[u8]) {
        let vector = json!({"why": why, "edits": edits(&self.base, bytes), "step": step});
        assert!(
            self.made.insert(name.to_owned(), vector).is_none(),
            "{name} twice"
        );
    }

    fn forge(&mut self, name: &str, why: &str, step: &str, change: impl FnOnce(&mut Forge)) {
        let mut forge = Forge::of(&self.base);
        change(&mut forge);
        self.add(name, why, step, &forge.build());
    }

    fn patch(&mut self, name: &str, why: &str, step: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.base.clone();
        change(&mut bytes);
        self.add(name, why, step, &bytes);
    }

    fn expect(&mut self, name: &str, why: &str, step: &str, bytes: &[u8], expect: Value) {
        self.add(name, why, step, bytes);
        self.made.get_mut(name).unwrap()["expect"] = expect;
    }
}

/// The edits that make `new` of `base`: short ones, found by looking for the next 16 equal bytes.
fn edits(base: &[u8], new: &[u8]) -> Vec<Value> {
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    let anchor = |i: usize, j: usize| match (base.get(i..i + 16), new.get(j..j + 16)) {
        (Some(a), Some(b)) => a == b,
        _ => base[i.min(base.len())..] == new[j.min(new.len())..],
    };
    while i < base.len() || j < new.len() {
        if i < base.len() && base.get(i) == new.get(j) {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let (deleted, inserted) = (0..2048)
            .flat_map(|sum| (0..=sum).map(move |deleted| (deleted, sum - deleted)))
            .find(|(deleted, inserted)| anchor(i + deleted, j + inserted))
            .unwrap_or((base.len() - i, new.len() - j));
        let deleted = deleted.min(base.len() - i);
        let inserted = inserted.min(new.len() - j);
        let insert: String = new[j..j + inserted]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        found.push(json!({"at": i, "delete": deleted, "insert": insert}));
        (i, j) = (i + deleted, j + inserted);
    }
    assert_eq!(apply(base, &found), new);
    found
}

fn apply(base: &[u8], edits: &[Value]) -> Vec<u8> {
    let mut bytes = base.to_vec();
    for edit in edits.iter().rev() {
        let at = edit["at"].as_u64().unwrap() as usize;
        let delete = edit["delete"].as_u64().unwrap() as usize;
        let insert: Vec<u8> = edit["insert"]
            .as_str()
            .unwrap()
            .as_bytes()
            .chunks(2)
            .map(|d| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap())
            .collect();
        bytes.splice(at..at + delete, insert);
    }
    bytes
}

const WEAK_KEY: [u8; 32] = {
    let mut key = [0; 32];
    key[0] = 1;
    key
};

fn vector_trust() -> String {
    let mut text = allowed_signers(&[("outlook", 1), ("crm", 2)]);
    let retired = allowed_signers(&[("retired", 3)]);
    text += &retired.replace(
        " namespaces",
        " valid-before=\"20260101000000Z\",namespaces",
    );
    text += &allowed_signers(&[("gitter", 4)]).replace("airbridge-bundle-v1", "git");
    // The neutral element of the group: a signature by it fits any message, unless small orders are
    // refused.
    let weak = ssh_key::public::Ed25519PublicKey(WEAK_KEY);
    text + &format!("weak {}\n", sign::key_text(&weak))
}

fn key(seed: u8) -> ssh_key::PrivateKey {
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]);
    ssh_key::PrivateKey::new(pair.into(), "").unwrap()
}

fn sig(seed: u8, namespace: &str, hash: HashAlg, message: &[u8]) -> Vec<u8> {
    let sig = SshSig::sign(&key(seed), namespace, hash, message).unwrap();
    sig.to_pem(LineEnding::LF).unwrap().into_bytes()
}

fn raw_sig(key: [u8; 32], value: Vec<u8>) -> Vec<u8> {
    let public = ssh_key::public::KeyData::Ed25519(ssh_key::public::Ed25519PublicKey(key));
    let value = ssh_key::Signature::new(ssh_key::Algorithm::Ed25519, value).unwrap();
    let sig = SshSig::new(public, "airbridge-bundle-v1", HashAlg::Sha512, value).unwrap();
    sig.to_pem(LineEnding::LF).unwrap().into_bytes()
}

/// Adds the order of the group to S, little-endian.
fn add_order(value: &mut [u8]) {
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order = digest::parse_hex::<32>(order).unwrap();
    let mut carry = 0u16;
    for (byte, more) in value[32..].iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(more);
        *byte = carry as u8;
        carry >>= 8;
    }
}

fn find(bytes: &[u8], name: &str) -> (usize, usize, usize) {
    let found = layout_of(bytes).into_iter().find(|l| l.0 == name).unwrap();
    (found.1, found.2, found.3)
}

/// Offset of the central header of a name, and of the end record.
fn central(bytes: &[u8], name: &str) -> (usize, usize) {
    let end = bytes.len() - 22;
    let start = layout_of(bytes).last().unwrap().3;
    let at = (start..end)
        .find(|at| {
            bytes[*at..].starts_with(b"PK\x01\x02") && bytes[at + 46..].starts_with(name.as_bytes())
        })
        .unwrap();
    (at, end)
}

const RECORDS: &str = "data/records/email/00000000.jsonl";
const LINKS: &str = "data/links.jsonl";

fn generate() -> Vectors {
    let mut vectors = Vectors {
        base: base(),
        made: BTreeMap::new(),
    };
    container::add(&mut vectors);
    names::add(&mut vectors);
    signatures::add(&mut vectors);
    sequences::add(&mut vectors);
    json_forms::add(&mut vectors);
    vectors
}

#[test]
fn every_vector_is_rejected_at_its_step_by_both_verifiers() {
    let folder = root().join("formats/vectors/bundle");
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let vectors = generate();
        fs::create_dir_all(&folder).unwrap();
        for file in fs::read_dir(&folder).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
        fs::write(folder.join("base.abx"), &vectors.base).unwrap();
        fs::write(folder.join("allowed_signers"), vector_trust()).unwrap();
        for (name, vector) in &vectors.made {
            let text = serde_json::to_string_pretty(vector).unwrap() + "\n";
            fs::write(folder.join(format!("{name}.json")), text).unwrap();
        }
        let forge = Forge::of(&vectors.base);
        let examples = root().join("formats/examples");
        fs::write(examples.join("head.json"), canonical(&forge.head)).unwrap();
        let lines: Vec<_> = forge.entries.iter().map(|e| canonical(&e.line)).collect();
        fs::write(
            examples.join("index.jsonl"),
            [lines.join(&b'\n'), vec![b'\n']].concat(),
        )
        .unwrap();
    }
    let trust = AllowedSigners::parse(&fs::read_to_string(folder.join("allowed_signers")).unwrap())
        .unwrap();
    let base = fs::read(folder.join("base.abx")).unwrap();
    let mut count = 0;
    let mut wrong = Vec::new();
    let mut steps = std::collections::BTreeSet::new();
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let vector: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let bytes = apply(&base, vector["edits"].as_array().unwrap());
        let expect = &vector["expect"];
        let ledger: Option<LedgerView> = expect
            .get("ledger")
            .map(|l| serde_json::from_value(l.clone()).unwrap());
        let policy = Policy {
            trust: &trust,
            link: expect["link"].as_str(),
            from: expect["from"].as_str(),
            to: expect["to"].as_str(),
            ledger: ledger.as_ref(),
        };
        let step = match verify(&[Source::memory("vector", bytes)], &policy) {
            Ok(_) => "accepted",
            Err(error) => {
                let text = error.to_string();
                assert!(
                    text.contains(error.fault.remedy()) && text.starts_with("vector: "),
                    "{text}"
                );
                error.step()
            }
        };
        let expected = vector["step"].as_str().unwrap().to_owned();
        if step != expected {
            wrong.push(format!("{}: {step}, not {expected}", path.display()));
        }
        steps.insert(expected);
        count += 1;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count >= 120, "only {count} vectors");
    let untested: Vec<_> = Fault::ALL
        .iter()
        .map(|f| f.step())
        .filter(|s| !steps.contains(*s))
        .collect();
    assert_eq!(untested, ["read"], "steps without a vector");
    let python = Command::new("python3")
        .arg(root().join("formats/verify.py"))
        .arg("--vectors")
        .arg(&folder)
        .output();
    judge("python3 with the package cryptography", python, |output| {
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(text.lines().count(), count + 1);
    });
}
