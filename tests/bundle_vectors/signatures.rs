//! Signatures, heads and indexes that do not belong together: threats 7 and 8.

use super::*;

pub(crate) fn add(v: &mut Vectors) {
    let head = |f: &mut Forge| f.sealed_head().0;
    let good = |f: &mut Forge| {
        sig(
            1,
            "airbridge-bundle-v1",
            HashAlg::Sha512,
            &f.sealed_head().0,
        )
    };
    v.forge(
        "07-namespace",
        "the signature is for files in general",
        "signature.namespace",
        |f| {
            f.signature = Some(sig(1, "file", HashAlg::Sha512, &head(f)));
        },
    );
    v.forge(
        "07-sha256",
        "the signature is over SHA-256",
        "signature.form",
        |f| {
            f.signature = Some(sig(1, "airbridge-bundle-v1", HashAlg::Sha256, &head(f)));
        },
    );
    v.forge(
        "07-other-key",
        "the signature is by a key that nobody has pinned",
        "signature.key",
        |f| f.seed = 9,
    );
    v.forge(
        "07-other-namespace-key",
        "the key is pinned for another purpose only",
        "signature.key",
        |f| f.seed = 4,
    );
    v.forge(
        "07-other-party",
        "the key is pinned for another party",
        "head.key",
        |f| f.seed = 2,
    );
    v.forge(
        "07-retired",
        "the key had ended when the bundle was made",
        "head.key",
        |f| {
            f.seed = 3;
            f.head["from"] = json!("retired");
        },
    );
    v.forge(
        "07-two-signatures",
        "there are two signatures",
        "signature.form",
        |f| {
            f.signature = Some([good(f), good(f)].concat());
        },
    );
    v.forge(
        "07-text-before",
        "there is text before the signature",
        "signature.form",
        |f| {
            f.signature = Some([b"Hello\n".to_vec(), good(f)].concat());
        },
    );
    v.forge(
        "07-crlf",
        "the armour has other ends of lines",
        "signature.form",
        |f| {
            let text = String::from_utf8(good(f)).unwrap();
            f.signature = Some(text.replace('\n', "\r\n").into_bytes());
        },
    );
    v.forge(
        "07-one-line",
        "the armour has lines of another length",
        "signature.form",
        |f| {
            let text = String::from_utf8(good(f)).unwrap();
            let joined = text
                .replace('\n', "")
                .replace("SIGNATURE-----", "SIGNATURE-----\n");
            f.signature = Some(joined.replace("-----END", "\n-----END").into_bytes());
        },
    );
    v.forge(
        "07-raw",
        "the signature is not armoured",
        "signature.form",
        |f| {
            f.signature = Some(vec![0x42; 64]);
        },
    );
    v.forge(
        "07-empty",
        "the signature is empty",
        "signature.form",
        |f| f.signature = Some(Vec::new()),
    );
    v.forge(
        "07-type-confusion",
        "a public key stands where the signature must be",
        "signature.form",
        |f| {
            f.signature = Some(key(1).public_key().to_openssh().unwrap().into_bytes());
        },
    );
    v.forge(
        "07-private-key",
        "a private key stands where the signature must be",
        "signature.form",
        |f| {
            f.signature = Some(
                key(8)
                    .to_openssh(LineEnding::LF)
                    .unwrap()
                    .as_bytes()
                    .to_vec(),
            );
        },
    );
    v.forge(
        "07-other-message",
        "the signature is over another head",
        "signature.value",
        |f| {
            f.signature = Some(sig(1, "airbridge-bundle-v1", HashAlg::Sha512, b"{}"));
        },
    );
    v.forge(
        "07-great-s",
        "S of the signature is not reduced",
        "signature.value",
        |f| {
            let parsed = SshSig::from_pem(good(f)).unwrap();
            let mut value = parsed.signature_bytes().to_vec();
            add_order(&mut value);
            f.signature = Some(raw_sig(signer(1).public_key().0, value));
        },
    );
    v.forge(
        "07-small-order",
        "the key is of small order, so that the signature fits anything",
        "signature.value",
        |f| {
            f.head["from"] = json!("weak");
            let mut value = WEAK_KEY.to_vec();
            value.resize(64, 0);
            f.signature = Some(raw_sig(WEAK_KEY, value));
        },
    );
    let other = make(|f| f.created = "2026-11-25T00:00:00Z".parse().unwrap(), 1);
    let (from, _, _) = find(&other, "META/head.json");
    let (_, _, to) = find(&other, "META/head.json.sig");
    let other_meta = other[from..to].to_vec();
    let mut changed = Forge::of(&other);
    changed.entries.pop();
    changed.set_content(LINKS, b"{}\n");
    let foreign = changed.build();
    v.patch(
        "08-index-swapped",
        "the index is that of another bundle",
        "index.hash",
        |b| {
            let (from, _, to) = find(b, "META/index.jsonl");
            let (other_from, _, other_to) = find(&foreign, "META/index.jsonl");
            b.splice(from..to, foreign[other_from..other_to].to_vec());
        },
    );
    v.patch(
        "08-head-swapped",
        "the head and signature are those of another bundle",
        "index.hash",
        |b| {
            let (from, ..) = find(b, "META/head.json");
            let (.., to) = find(b, "META/head.json.sig");
            let (other_from, ..) = find(&foreign, "META/head.json");
            let (.., other_to) = find(&foreign, "META/head.json.sig");
            b.splice(from..to, foreign[other_from..other_to].to_vec());
        },
    );
    v.patch(
        "08-head-of-twin",
        "the head is that of another bundle with the same contents",
        "directory",
        |b| {
            let (from, ..) = find(b, "META/head.json");
            let (.., to) = find(b, "META/head.json.sig");
            b.splice(from..to, other_meta);
        },
    );
    v.patch(
        "08-head-without-signature",
        "the head is that of another bundle, its signature is not",
        "signature.value",
        |b| {
            let (from, _, to) = find(b, "META/head.json");
            let (other_from, _, other_to) = find(&other, "META/head.json");
            b.splice(from..to, other[other_from..other_to].to_vec());
        },
    );
    v.forge(
        "08-part-missing",
        "it is one of two parts",
        "set.incomplete",
        |f| f.head["part"] = json!([1, 2]),
    );
    v.forge(
        "08-set",
        "`set` is not the hash of the index",
        "set.mixed",
        |f| {
            f.sealed_head();
            f.honest = false;
            f.head["set"] = json!(sha256(b""));
        },
    );
    v.forge(
        "08-shards",
        "the first shard of a kind is missing",
        "shards",
        |f| {
            for entry in &mut f.entries {
                if entry.line["name"] == RECORDS {
                    entry.line["name"] = json!("data/records/email/00000001.jsonl");
                }
            }
        },
    );
    let line = sign::key_text(signer(5).public_key());
    let keyroll = |f: &mut Forge, by: u8| {
        f.head["kind"] = json!("keyroll");
        f.head["next_key"] = json!(line);
        f.next_signature = Some(sig(
            by,
            "airbridge-bundle-v1",
            HashAlg::Sha512,
            &f.sealed_head().0,
        ));
    };
    v.forge(
        "08-keyroll-other-key",
        "the countersignature is by a key that the head does not name",
        "keyroll",
        |f| keyroll(f, 6),
    );
    v.forge(
        "08-keyroll-none",
        "a keyroll has no countersignature",
        "prologue",
        |f| {
            keyroll(f, 5);
            f.next_signature = None;
        },
    );
    v.forge(
        "08-keyroll-not-one",
        "a countersignature stands in a bundle that is no keyroll",
        "prologue",
        |f| {
            f.next_signature = Some(good(f));
        },
    );
    v.forge(
        "08-keyroll-over-other",
        "the countersignature is over another head",
        "keyroll",
        |f| {
            keyroll(f, 5);
            f.next_signature = Some(sig(5, "airbridge-bundle-v1", HashAlg::Sha512, b"{}"));
        },
    );
}
