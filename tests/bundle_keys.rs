//! Keys, trust, `ssh-keygen` as a judge, the schemas, and the change of a key.
#![allow(missing_docs)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bundle_fixture;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use airbridge::bundle::keys::{self, OsRng, Vouch};
use airbridge::bundle::*;
use airbridge::canonical_json;
use bundle_fixture::*;
use serde_json::Value;

fn now() -> jiff::Timestamp {
    "2026-11-24T00:00:00Z".parse().unwrap()
}

/// Packs a bundle with a key from a home and takes out its head and signature.
fn packed(dir: &Path, signer: &Signer) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut packer = Packer::new(&dir.join("b.abx")).unwrap();
    let accounting = fill(&mut packer);
    let packed = packer.finish(fields(accounting), signer).unwrap();
    let bytes = fs::read(&packed.parts[0]).unwrap();
    let entry = |name: &str| {
        let found = layout_of(&bytes).into_iter().find(|l| l.0 == name).unwrap();
        bytes[found.2..found.3].to_vec()
    };
    let (head, signature) = (entry("META/head.json"), entry("META/head.json.sig"));
    (bytes, head, signature)
}

#[test]
fn a_key_made_shown_and_trusted_signs_and_stock_openssh_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs"));
    let made = keys::new(&ours, "outlook", Some("correct horse"), &mut OsRng).unwrap();
    assert!(made.fingerprint.starts_with("SHA256:"));
    assert_eq!(keys::show(&ours, "outlook").unwrap(), made);
    assert!(matches!(
        keys::new(&ours, "outlook", None, &mut OsRng),
        Err(KeyError::Exists(_))
    ));
    assert!(matches!(
        keys::signer(&ours, "outlook", None),
        Err(KeyError::NeedsPassphrase(_))
    ));
    assert!(matches!(
        keys::signer(&ours, "outlook", Some("x")),
        Err(KeyError::WrongPassphrase(_))
    ));
    let signer = keys::signer(&ours, "outlook", Some("correct horse")).unwrap();
    let wrong = Vouch::Fingerprint("SHA256:AAAA".into());
    assert!(keys::trust(&theirs, &made.public, "outlook", &wrong, now()).is_err());
    assert!(keys::list(&theirs).unwrap().signers.is_empty());
    let vouch = Vouch::Fingerprint(made.fingerprint.clone());
    let file = format!("{}.pub", made.path.display());
    let pinned = keys::trust(&theirs, &file, "outlook", &vouch, now()).unwrap();
    assert_eq!(pinned.pinned, Some((Pinned::FingerprintCompared, now())));
    keys::trust(&theirs, &file, "outlook", &vouch, now()).unwrap();
    let trust = keys::list(&theirs).unwrap();
    assert_eq!(trust.signers.len(), 1);
    // Another key for the same party is not taken in silence.
    let other = keys::new(&dir.path().join("other"), "outlook", None, &mut OsRng).unwrap();
    let error = keys::trust(&theirs, &other.public, "outlook", &Vouch::FirstUse, now());
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("already has the key")
    );
    let (bytes, head, signature) = packed(dir.path(), &signer);
    verify(&[Source::memory("b.abx", bytes)], &policy(&trust)).unwrap();

    let signers = keys::trust_path(&theirs);
    let head_file = dir.path().join("head.json");
    let signature_file = dir.path().join("head.json.sig");
    fs::write(&head_file, &head).unwrap();
    fs::write(&signature_file, &signature).unwrap();
    let check = |namespace: &str| {
        Command::new("ssh-keygen")
            .args(["-Y", "verify", "-I", "outlook", "-n", namespace, "-f"])
            .arg(&signers)
            .arg("-s")
            .arg(&signature_file)
            .stdin(Stdio::from(fs::File::open(&head_file).unwrap()))
            .output()
    };
    judge("ssh-keygen", check("airbridge-bundle-v1"), |output| {
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        assert!(
            text.contains("Good \"airbridge-bundle-v1\" signature for outlook"),
            "{text}"
        );
    });
    judge("ssh-keygen", check("file"), |output| {
        assert!(!output.status.success())
    });
    let print = Command::new("ssh-keygen").arg("-lf").arg(&file).output();
    judge("ssh-keygen", print, |output| {
        assert!(String::from_utf8_lossy(&output.stdout).contains(&made.fingerprint));
    });
}

#[test]
fn keys_and_signatures_of_ssh_keygen_are_ours_too() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("id");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "someone", "-f"])
        .arg(&key)
        .output();
    judge("ssh-keygen", made, |output| {
        assert!(output.status.success(), "{output:?}");
        let signer = Signer::load(&key, None).unwrap();
        let (_, head, signature) = packed(dir.path(), &signer);
        let head_file = dir.path().join("head.json");
        fs::write(&head_file, &head).unwrap();
        let signed = Command::new("ssh-keygen")
            .args(["-Y", "sign", "-q", "-n", "airbridge-bundle-v1", "-f"])
            .arg(&key)
            .arg(&head_file)
            .output()
            .unwrap();
        assert!(signed.status.success(), "{signed:?}");
        let theirs = fs::read(dir.path().join("head.json.sig")).unwrap();
        // Ed25519 is deterministic, and the armour is the same.
        assert_eq!(
            String::from_utf8(theirs).unwrap(),
            String::from_utf8(signature).unwrap()
        );
    });
}

#[cfg(unix)]
#[test]
fn key_files_that_others_can_read_or_that_are_links_are_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let made = keys::new(dir.path(), "outlook", None, &mut OsRng).unwrap();
    let mode = |mode| fs::set_permissions(&made.path, fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(
        fs::metadata(&made.path).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    for open in [0o640, 0o604, 0o660, 0o644, 0o601] {
        mode(open);
        let error = Signer::load(&made.path, None).unwrap_err();
        assert!(matches!(error, KeyError::Readable { .. }), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    mode(0o400);
    Signer::load(&made.path, None).unwrap();
    let link = dir.path().join("link");
    symlink(&made.path, &link).unwrap();
    assert!(matches!(
        Signer::load(&link, None).unwrap_err(),
        KeyError::NotPlain(_)
    ));
    assert!(matches!(
        Signer::load(dir.path(), None).unwrap_err(),
        KeyError::NotPlain(_)
    ));
    let text = dir.path().join("text");
    fs::write(&text, "hello").unwrap();
    fs::set_permissions(&text, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(
        Signer::load(&text, None).unwrap_err(),
        KeyError::Form { .. }
    ));
    for party in ["", "../evil", "a/b", "-x", "a b", "x.pub"] {
        assert!(
            keys::new(dir.path(), party, None, &mut OsRng).is_err(),
            "{party}"
        );
    }
}

#[test]
fn a_keyroll_ends_the_old_key_and_begins_the_new() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let (old, new) = (signer(1), signer(5));
    let print = |s: &Signer| sign::key_text(s.public_key());
    keys::trust(&home, &print(&old), "outlook", &Vouch::FirstUse, now()).unwrap();
    let packer = Packer::new(&dir.path().join("roll.abx")).unwrap();
    let mut roll = fields(Accounting::default());
    roll.kind = BundleKind::Keyroll;
    let packed = packer.finish_keyroll(roll, &old, &new).unwrap();
    let source = Source::open(&packed.parts[0]).unwrap();
    let before = keys::list(&home).unwrap();
    let bundle = verify(&[source], &policy(&before)).unwrap();
    let later = |created: &str, seed| make(|f| f.created = created.parse().unwrap(), seed);
    keys::roll(&home, &bundle).unwrap();
    keys::roll(&home, &bundle).unwrap();
    let after = keys::list(&home).unwrap();
    assert_eq!(after.signers.len(), 2);
    let step = |bytes: Vec<u8>| {
        verify(&[Source::memory("b", bytes)], &policy(&after))
            .map(|_| ())
            .map_err(|e| e.step())
    };
    assert_eq!(step(later("2026-11-23T23:59:59Z", 1)), Ok(()));
    assert_eq!(
        step(later("2026-11-24T00:00:00Z", 1)),
        Ok(()),
        "the keyroll itself"
    );
    assert_eq!(step(later("2026-11-24T00:00:01Z", 1)), Err("head.key"));
    assert_eq!(step(later("2026-11-24T00:00:00Z", 5)), Ok(()));
    assert_eq!(step(later("2026-11-23T23:59:59Z", 5)), Err("head.key"));
    // A bundle of another kind changes no keys.
    let other = check(&base()).unwrap();
    assert!(keys::roll(&home, &other).is_err());
}

#[test]
fn schemas_fit_what_is_written_and_the_examples() {
    let read = |path: &str| fs::read_to_string(root().join("formats").join(path)).unwrap();
    let schema = |name: &str| {
        let schema = serde_json::from_str(&read(&format!("schema/{name}.schema.json"))).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    };
    let valid = |name: &str, lines: &str| {
        let validator = schema(name);
        for line in lines.lines() {
            canonical_json::check(line.as_bytes()).unwrap();
            let value: Value = serde_json::from_str(line).unwrap();
            let errors: Vec<_> = validator
                .iter_errors(&value)
                .map(|e| e.to_string())
                .collect();
            assert!(errors.is_empty(), "{name}: {line}: {errors:?}");
        }
        assert!(!lines.is_empty());
    };
    valid("head", &read("examples/head.json"));
    valid("index", &read("examples/index.jsonl"));
    valid("report", &read("examples/report.jsonl"));
    valid("link", &read("examples/links.jsonl"));
    for line in read("examples/report.jsonl").lines() {
        let report: ReportLine = serde_json::from_str(line).unwrap();
        let again = String::from_utf8(canonical_json::to_vec(&report).unwrap()).unwrap();
        assert_eq!(again, line);
    }
    let forge = Forge::of(&base());
    valid(
        "head",
        std::str::from_utf8(&canonical(&forge.head)).unwrap(),
    );
    for entry in &forge.entries {
        valid(
            "index",
            std::str::from_utf8(&canonical(&entry.line)).unwrap(),
        );
    }
    // What the verifiers reject for its form, the schemas reject too.
    let head = schema("head");
    let changes: [(&str, Value); 12] = [
        ("format", "airbridge-bundle-2".into()),
        ("crit", serde_json::json!(["x"])),
        ("link", "00".into()),
        ("from", "../x".into()),
        ("kind", "other".into()),
        ("epoch", 0.into()),
        ("seq", 2.into()),
        ("part", serde_json::json!([0, 1])),
        ("set", "".into()),
        ("created", "2026-11-24".into()),
        ("next_key", "ssh-ed25519 AAAA".into()),
        ("producer", "".into()),
    ];
    for (member, value) in changes {
        let mut changed = forge.head.clone();
        changed[member] = value;
        assert!(!head.is_valid(&changed), "{member}");
        assert!(Head::parse(&canonical(&changed)).is_err(), "{member}");
    }
    let report = schema("report");
    for bad in [
        r#"{"outcome":"exported"}"#,
        r#"{"outcome":"failed"}"#,
        r#"{"outcome":"lost","reason":"x"}"#,
        r#"{"outcome":"exported","item":"a","count":2}"#,
    ] {
        assert!(
            !report.is_valid(&serde_json::from_str(bad).unwrap()),
            "{bad}"
        );
    }
}
