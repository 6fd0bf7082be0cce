//! Bundles of other pairings and other places in the sequence: threat 9.

use super::*;

pub(crate) fn add(v: &mut Vectors) {
    let base = v.base.clone();
    let id = |bytes: &[u8]| {
        let (_, from, to) = find(bytes, "META/head.json");
        sha256(&bytes[from..to])
    };
    let seen = |epoch: u64, seq: u64, head: &str| json!({"epoch": epoch, "seq": seq, "head": head});
    let (a, b) = (sha256(b"a"), sha256(b"b"));
    let made = |change: &dyn Fn(&mut Value)| {
        let mut forge = Forge::of(&base);
        change(&mut forge.head);
        forge.build()
    };
    let ledger = |received: Value| json!({"ledger": {"received": received, "sent": []}});
    v.expect(
        "09-link",
        "it is of another pairing",
        "pairing.link",
        &base,
        json!({"link": "0".repeat(32)}),
    );
    v.expect(
        "09-reflection",
        "it is one's own bundle",
        "pairing.reflection",
        &base,
        json!({"from": "crm", "to": "outlook"}),
    );
    v.expect(
        "09-from",
        "it is from someone else",
        "pairing.from",
        &base,
        json!({"from": "crm", "to": "third"}),
    );
    v.expect(
        "09-to",
        "it is for someone else",
        "pairing.to",
        &base,
        json!({"from": "outlook", "to": "third"}),
    );
    v.expect(
        "09-replay",
        "it was applied before",
        "sequence.replay",
        &base,
        ledger(json!([seen(1, 1, &id(&base))])),
    );
    v.expect(
        "09-fork",
        "another bundle 1 was applied before",
        "sequence.fork",
        &base,
        ledger(json!([seen(1, 1, &a)])),
    );
    v.expect(
        "09-rollback",
        "its epoch has ended",
        "sequence.rollback",
        &base,
        ledger(json!([seen(2, 1, &a)])),
    );
    v.expect(
        "09-late",
        "bundle 3 was applied before bundle 2 came",
        "sequence.late",
        &made(&|h| {
            h["seq"] = json!(2);
            h["prev"] = json!(a);
        }),
        ledger(json!([seen(1, 1, &a), seen(1, 3, &b)])),
    );
    v.expect(
        "09-restored-prev",
        "it follows another bundle 1 than the one applied",
        "sequence.restored",
        &made(&|h| {
            h["seq"] = json!(2);
            h["prev"] = json!(b);
        }),
        ledger(json!([seen(1, 1, &a)])),
    );
    v.expect(
        "09-restored-ack",
        "it acknowledges what was never sent",
        "sequence.restored",
        &made(&|h| h["ack"] = seen(1, 4, &b)),
        json!({"ledger": {"received": [], "sent": [seen(1, 1, &a)]}}),
    );
    v.expect(
        "09-gap",
        "it builds on a bundle that was never applied",
        "sequence.gap",
        &made(&|h| {
            h["kind"] = json!("delta");
            h["seq"] = json!(4);
            h["prev"] = json!(b);
            h["base"] = json!({"seq": 2, "head": b});
        }),
        ledger(json!([seen(1, 1, &a)])),
    );
    v.expect(
        "09-gap-first",
        "the first one that arrives builds on an earlier one",
        "sequence.gap",
        &made(&|h| {
            h["kind"] = json!("delta");
            h["seq"] = json!(4);
            h["prev"] = json!(b);
            h["base"] = json!({"seq": 2, "head": b});
        }),
        ledger(json!([])),
    );
    v.expect(
        "09-epoch",
        "it begins an epoch that nobody has agreed to",
        "sequence.epoch",
        &made(&|h| h["epoch"] = json!(2)),
        ledger(json!([seen(1, 1, &a)])),
    );
    v.expect(
        "09-epoch-no-snapshot",
        "an epoch begins without a snapshot",
        "sequence.epoch",
        &made(&|h| {
            h["epoch"] = json!(2);
            h["kind"] = json!("delta");
        }),
        json!({"ledger": {"received": [seen(1, 1, &a)], "allow_new_epoch": true}}),
    );
    v.expect(
        "09-accepted-next",
        "the next bundle is accepted",
        "accepted",
        &made(&|h| {
            h["seq"] = json!(2);
            h["prev"] = json!(a);
        }),
        ledger(json!([seen(1, 1, &a)])),
    );
    v.expect(
        "09-accepted-gap",
        "a gap is accepted when what the bundle builds on was applied",
        "accepted",
        &made(&|h| {
            h["kind"] = json!("delta");
            h["seq"] = json!(4);
            h["prev"] = json!(b);
            h["base"] = json!({"seq": 1, "head": a});
        }),
        ledger(json!([seen(1, 1, &a)])),
    );
    v.expect(
        "09-accepted-epoch",
        "a new epoch is accepted when a person has agreed",
        "accepted",
        &made(&|h| h["epoch"] = json!(2)),
        json!({"ledger": {"received": [seen(1, 1, &a)], "allow_new_epoch": true}}),
    );
}
