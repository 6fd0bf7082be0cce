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
use airbridge::canonical_json;
use airbridge::content::InMemory;
use serde_json::{Value, json};
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
        prefer: None,
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

/// One payload entry that can be forged.
#[derive(Clone)]
pub struct Entry {
    pub line: Value,
    pub crc32: u32,
    pub data: Vec<u8>,
}

/// A bundle taken apart, to be put together again with faults and a good signature.
#[derive(Clone)]
pub struct Forge {
    pub head: Value,
    pub seed: u8,
    pub entries: Vec<Entry>,
    /// Replaces the bytes of the head before it is signed.
    pub head_bytes: Option<Vec<u8>>,
    /// Replaces the index before it is hashed.
    pub index: Option<Vec<u8>>,
    /// Replaces the signature.
    pub signature: Option<Vec<u8>>,
    /// The countersignature.
    pub next_signature: Option<Vec<u8>>,
    /// Whether `index` and `set` of the head follow the entries.
    pub honest: bool,
}

fn le(bytes: &[u8], at: usize, width: usize) -> usize {
    bytes[at..at + width]
        .iter()
        .rev()
        .fold(0, |n, b| n << 8 | usize::from(*b))
}

/// Name, header start, data start and data end of every entry of a well-formed bundle.
pub fn layout_of(bytes: &[u8]) -> Vec<(String, usize, usize, usize)> {
    let mut at = 0;
    let mut found = Vec::new();
    while bytes[at..].starts_with(b"PK\x03\x04") {
        let data = at + 30 + le(bytes, at + 26, 2);
        let end = data + le(bytes, at + 18, 4);
        let name = String::from_utf8(bytes[at + 30..data].to_vec()).unwrap();
        found.push((name, at, data, end));
        at = end;
    }
    found
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256Hash::of(bytes).to_string()
}

pub fn canonical(value: &Value) -> Vec<u8> {
    canonical_json::to_vec(value).unwrap()
}

impl Forge {
    pub fn of(bytes: &[u8]) -> Self {
        let layout = layout_of(bytes);
        let get = |name: &str| {
            let (_, _, from, to) = layout.iter().find(|l| l.0 == name).unwrap();
            bytes[*from..*to].to_vec()
        };
        let index = String::from_utf8(get("META/index.jsonl")).unwrap();
        let payload = layout.iter().filter(|l| l.0.starts_with("data/"));
        let entries = index
            .lines()
            .zip(payload)
            .map(|(line, (_, header, from, to))| Entry {
                line: serde_json::from_str(line).unwrap(),
                crc32: le(bytes, header + 14, 4) as u32,
                data: bytes[*from..*to].to_vec(),
            })
            .collect();
        Self {
            head: serde_json::from_slice(&get("META/head.json")).unwrap(),
            seed: 1,
            entries,
            head_bytes: None,
            index: None,
            signature: None,
            next_signature: None,
            honest: true,
        }
    }

    /// Replaces the content of an entry, stored, with an honest index line.
    pub fn set_content(&mut self, name: &str, content: &[u8]) {
        let entry = self
            .entries
            .iter_mut()
            .find(|e| e.line["name"] == name)
            .unwrap();
        *entry = Self::stored(name, content);
    }

    pub fn stored(name: &str, content: &[u8]) -> Entry {
        let hash = sha256(content);
        Entry {
            line: json!({"csha256": hash, "csize": content.len(), "method": "store",
                "name": name, "sha256": hash, "size": content.len()}),
            crc32: crc32fast::hash(content),
            data: content.to_vec(),
        }
    }

    /// The head's bytes, after `index` and `set` have been made to fit.
    pub fn sealed_head(&mut self) -> (Vec<u8>, Vec<u8>) {
        let index = self.index.clone().unwrap_or_else(|| {
            let mut out = Vec::new();
            for entry in &self.entries {
                out.extend(canonical(&entry.line));
                out.push(b'\n');
            }
            out
        });
        if self.honest {
            let hash = Sha256Hash::of(&index);
            let lines = index.iter().filter(|b| **b == b'\n').count();
            self.head["index"] = json!({"entries": lines, "sha256": hash, "size": index.len()});
            self.head["set"] = json!(head::set_hash([&hash]));
        }
        let head = self
            .head_bytes
            .clone()
            .unwrap_or_else(|| canonical(&self.head));
        (head, index)
    }

    pub fn build(mut self) -> Vec<u8> {
        use airbridge::bundle::zip_header::{Method, ZipEntry, end_record};
        let (head, index) = self.sealed_head();
        let signature = self
            .signature
            .clone()
            .unwrap_or_else(|| signer(self.seed).sign(&head).unwrap().into_bytes());
        let mimetype = airbridge::bundle::layout::MIMETYPE.as_bytes().to_vec();
        let mut all = vec![(
            "mimetype".to_owned(),
            0,
            crc32fast::hash(&mimetype),
            mimetype,
        )];
        let meta =
            |name: &str, data: &[u8]| (name.to_owned(), 0, crc32fast::hash(data), data.to_vec());
        all.push(meta("META/head.json", &head));
        all.push(meta("META/head.json.sig", &signature));
        if let Some(next) = &self.next_signature {
            all.push(meta("META/head.json.sig.new", next));
        }
        all.push(meta("META/index.jsonl", &index));
        let mut sizes: Vec<usize> = all.iter().map(|(_, _, _, data)| data.len()).collect();
        for entry in &self.entries {
            let method = if entry.line["method"] == "deflate" {
                8
            } else {
                0
            };
            let name = entry.line["name"].as_str().unwrap_or("data/x").to_owned();
            sizes.push(entry.line["size"].as_u64().unwrap_or(0) as usize);
            all.push((name, method, entry.crc32, entry.data.clone()));
        }
        let (mut out, mut directory, count) = (Vec::new(), Vec::new(), all.len());
        for ((name, method, crc32, data), size) in all.into_iter().zip(sizes) {
            let entry = ZipEntry {
                name: &name,
                method: if method == 8 {
                    Method::Deflate
                } else {
                    Method::Store
                },
                crc32,
                csize: data.len() as u32,
                size: size as u32,
            };
            directory.extend(entry.central_header(out.len() as u32));
            out.extend(entry.local_header());
            out.extend(data);
        }
        let end = end_record(count as u16, directory.len() as u32, out.len() as u32);
        out.extend(directory);
        out.extend(end);
        out
    }
}

/// Looks at the output of a foreign program. When it is not installed the test says so and passes,
/// except under `CI`.
pub fn judge(
    what: &str,
    output: std::io::Result<std::process::Output>,
    check: impl FnOnce(&std::process::Output),
) {
    let missing = match &output {
        Err(_) => true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).contains("ModuleNotFoundError"),
    };
    if missing {
        assert!(
            std::env::var_os("CI").is_none(),
            "{what} is needed under CI"
        );
        eprintln!("SKIPPED: {what} is not installed");
        return;
    }
    check(&output.unwrap());
}
