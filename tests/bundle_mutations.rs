//! Every small change of a bundle is rejected, and both verifiers reject it at the same step.
#![allow(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bundle_fixture;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use airbridge::bundle::*;
use bundle_fixture::*;
use proptest::prelude::*;
use rayon::prelude::*;

fn step(bytes: &[u8], trust: &AllowedSigners) -> &'static str {
    match verify(&[Source::memory("b.abx", bytes.to_vec())], &policy(trust)) {
        Ok(_) => "accepted",
        Err(error) => error.step(),
    }
}

/// The steps of the Python verifier for all mutations of one kind.
fn python_steps(kind: &str, bytes: &[u8], check: impl FnOnce(Vec<String>)) {
    let dir = tempfile::tempdir().unwrap();
    let (bundle, signers) = (dir.path().join("b.abx"), dir.path().join("allowed_signers"));
    fs::write(&bundle, bytes).unwrap();
    fs::write(&signers, allowed_signers(&[("outlook", 1), ("crm", 2)])).unwrap();
    let output = Command::new("python3")
        .arg(root().join("formats/verify.py"))
        .arg(bundle)
        .args(["--mutations", kind, "--allowed-signers"])
        .arg(signers)
        .output();
    judge("python3 with the package cryptography", output, |output| {
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        check(text.lines().map(str::to_owned).collect());
    });
}

fn differential(kind: &str, bytes: &[u8], steps: &[&'static str]) {
    let mut counts = BTreeMap::new();
    for step in steps {
        *counts.entry(*step).or_insert(0) += 1;
    }
    println!("{kind}: {} mutations: {counts:?}", steps.len());
    assert!(!counts.contains_key("accepted"), "{counts:?}");
    python_steps(kind, bytes, |python| {
        assert_eq!(python.len(), steps.len());
        let differ = |n: &usize| python[*n] != steps[*n];
        let differing: Vec<_> = (0..steps.len())
            .filter(differ)
            .map(|n| (n, steps[n], &python[n]))
            .collect();
        assert!(differing.is_empty(), "{differing:?}");
    });
}

#[test]
fn no_flipped_bit_is_accepted() {
    let (base, trust) = (base(), trust());
    assert_eq!(step(&base, &trust), "accepted");
    let steps: Vec<_> = (0..base.len() * 8)
        .into_par_iter()
        .map(|bit| {
            let mut bytes = base.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            step(&bytes, &trust)
        })
        .collect();
    differential("flips", &base, &steps);
}

/// As above for head, signature and index, with the CRC-32 made to fit, so that what they say is
/// looked at.
#[test]
fn no_flipped_bit_is_accepted_when_the_checksum_is_repaired() {
    let (base, trust) = (base(), trust());
    let meta: Vec<_> = layout_of(&base)
        .into_iter()
        .filter(|(name, ..)| !name.starts_with("data/"))
        .flat_map(|(_, header, from, to)| {
            (from * 8..to * 8).map(move |bit| (header, from, to, bit))
        })
        .collect();
    let steps: Vec<_> = meta
        .into_par_iter()
        .map(|(header, from, to, bit)| {
            let mut bytes = base.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let crc = crc32fast::hash(&bytes[from..to]).to_le_bytes();
            bytes[header + 14..header + 18].copy_from_slice(&crc);
            step(&bytes, &trust)
        })
        .collect();
    differential("repaired", &base, &steps);
}

#[test]
fn no_truncation_is_accepted() {
    let (base, trust) = (base(), trust());
    let steps: Vec<_> = (0..base.len())
        .into_par_iter()
        .map(|length| step(&base[..length], &trust))
        .collect();
    differential("cuts", &base, &steps);
}

#[test]
fn nothing_can_be_inserted_or_taken_out_anywhere() {
    let (base, trust) = (base(), trust());
    let accepted: Vec<_> = (0..=base.len())
        .into_par_iter()
        .flat_map_iter(|at| {
            let mut inserted = base.clone();
            inserted.insert(at, 0);
            let mut doubled = base.clone();
            doubled.splice(at..at, base[at..base.len().min(at + 1)].to_vec());
            let mut removed = base.clone();
            removed.splice(at..base.len().min(at + 1), []);
            [inserted, doubled, removed]
                .into_iter()
                .filter(|bytes| *bytes != base)
                .map(move |bytes| (at, bytes))
        })
        .filter(|(_, bytes)| step(bytes, &trust) == "accepted")
        .map(|(at, _)| at)
        .collect();
    assert_eq!(accepted, Vec::<usize>::new());
}

/// An entry that the index does not list, with its header in the directory and the end record made
/// to fit.
#[test]
fn an_unsigned_entry_is_rejected_in_every_slot() {
    use zip_header::{Method, ZipEntry, end_record};
    let (base, trust) = (base(), trust());
    let layout = layout_of(&base);
    let data = b"evil";
    for slot in 0..=layout.len() {
        for name in ["data/acks.jsonl", "evil.exe", "data/links.jsonl", "../x"] {
            let (mut out, mut directory) = (Vec::new(), Vec::new());
            let extra = ZipEntry {
                name,
                method: Method::Store,
                crc32: crc32fast::hash(data),
                csize: 4,
                size: 4,
            };
            for (n, (_, header, _, end)) in layout.iter().enumerate() {
                if n == slot {
                    directory.extend(extra.central_header(out.len().try_into().unwrap()));
                    out.extend([&extra.local_header()[..], data].concat());
                }
                let local = &base[*header..*end];
                let name_length = usize::from(local[26]);
                directory.extend(b"PK\x01\x02\x14\x00");
                directory.extend(&local[4..28]);
                directory.extend([0; 14]);
                directory.extend(u32::try_from(out.len()).unwrap().to_le_bytes());
                directory.extend(&local[30..30 + name_length]);
                out.extend(local);
            }
            if slot == layout.len() {
                directory.extend(extra.central_header(out.len().try_into().unwrap()));
                out.extend([&extra.local_header()[..], data].concat());
            }
            let count = u16::try_from(layout.len() + 1).unwrap();
            let size = directory.len().try_into().unwrap();
            let end = end_record(count, size, out.len().try_into().unwrap());
            out.extend(directory);
            out.extend(end);
            assert_ne!(step(&out, &trust), "accepted", "{name} in slot {slot}");
        }
    }
}

/// Bundles that sign other bytes for one and the same place must not lend each other anything.
#[test]
fn no_piece_of_another_bundle_fits() {
    let (base, trust) = (base(), trust());
    let mut other = Forge::of(&base);
    other.head["created"] = "2026-11-25T00:00:00Z".into();
    other.set_content("data/links.jsonl", b"{\"item\":\"ab-3\"}\n");
    let other = other.build();
    assert_eq!(step(&other, &trust), "accepted");
    let (ours, theirs) = (layout_of(&base), layout_of(&other));
    for (a, b) in ours.iter().zip(&theirs) {
        if base[a.1..a.3] == other[b.1..b.3] {
            continue;
        }
        let mut bytes = base.clone();
        bytes.splice(a.1..a.3, other[b.1..b.3].to_vec());
        assert_ne!(step(&bytes, &trust), "accepted", "{}", a.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert_ne!(step(&bytes, &trust()), "accepted");
    }

    /// Bytes behind a good prefix reach the deeper steps.
    #[test]
    fn arbitrary_bytes_behind_a_good_prefix_never_panic(
        keep in 0usize..4_000,
        tail in prop::collection::vec(any::<u8>(), 1..300),
    ) {
        let base = base();
        let mut bytes = base[..keep.min(base.len())].to_vec();
        bytes.extend(tail);
        prop_assume!(bytes != base);
        prop_assert_ne!(step(&bytes, &trust()), "accepted");
    }

    /// Signed nonsense: whatever a trusted party signs as head, index and payload, the verifier
    /// survives it.
    #[test]
    fn signed_nonsense_never_panics(
        index in prop::collection::vec(any::<u8>(), 0..200),
        head in ".{0,200}",
        content in prop::collection::vec(any::<u8>(), 0..200),
        which in 0..4,
    ) {
        let mut forge = Forge::of(&base());
        match which {
            0 => forge.index = Some(index),
            1 => forge.head_bytes = Some(head.into_bytes()),
            2 => forge.set_content("data/report.jsonl", &content),
            _ => {
                forge.entries[0].data = content.clone();
                forge.entries[0].line["csize"] = content.len().into();
                forge.entries[0].line["csha256"] = sha256(&content).into();
            }
        }
        prop_assert_ne!(step(&forge.build(), &trust()), "accepted");
    }
}
