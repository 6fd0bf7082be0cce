//! Rounds of exchange as a state machine: random edits, deletions, decisions, and bundles that are
//! lost, repeated and reordered; then both sides must be one again, with nothing lost unseen.
//!
//! `AIRBRIDGE_SEQUENCES` sets the number of sequences, `AIRBRIDGE_SEED` the first seed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use airbridge::bundle::head::{Ack, Base, BundleKind, Head, IndexDigest};
use airbridge::bundle::sequence::judge;
use airbridge::bundle::{Accounting, Fault, LedgerView, Seen, Sha256Hash};
use airbridge::merge::{EXISTS, Fields, Held, Prefer, Side, Stamp, State};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A small generator of our own (splitmix64), so that a seed means the same for ever.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }
}

const PATHS: [&str; 3] = ["name", "phones/home", "categories/x"];

/// A bundle on its way.
#[derive(Clone)]
struct Bundle {
    head: Head,
    id: Sha256Hash,
    items: BTreeMap<usize, State>,
}

/// One side: its own store, what it holds of each item, and its ledger.
struct Party {
    side: Side,
    prefer: Prefer,
    store: BTreeMap<usize, Fields>,
    held: BTreeMap<usize, Held>,
    agreed: BTreeMap<usize, String>,
    sent: Vec<(Seen, BTreeMap<usize, String>)>,
    acknowledged: Option<Base>,
    ledger: LedgerView,
}

/// What happened to every value that anybody wrote.
#[derive(Default)]
struct Watch {
    written: Vec<(usize, &'static str, Value)>,
    /// Values that an editor saw and replaced.
    superseded: HashSet<u64>,
    /// Values that someone knew who deleted the item.
    buried: HashSet<u64>,
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64()
}

impl Party {
    fn new(side: Side, prefer: Prefer) -> Self {
        Self {
            side,
            prefer,
            store: BTreeMap::new(),
            held: BTreeMap::new(),
            agreed: BTreeMap::new(),
            sent: Vec::new(),
            acknowledged: None,
            ledger: LedgerView::default(),
        }
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            side: self.side,
            at: Timestamp::UNIX_EPOCH,
            epoch: 1,
        }
    }

    /// A person writes a field in the store.
    fn write(&mut self, item: usize, path: &'static str, value: Value, watch: &mut Watch) {
        let fields = self.store.entry(item).or_insert_with(|| {
            // Put back after a deletion, or new.
            let held = self.held.get(&item);
            let mut fields = held
                .map(|held| held.native(self.prefer))
                .unwrap_or_default();
            fields.0.insert(EXISTS.into(), Value::Bool(true));
            fields
        });
        if let Some(former) = fields.0.insert(path.into(), value.clone()) {
            watch.superseded.extend(number(&former));
        }
        watch.written.push((item, path, value));
    }

    fn clear(&mut self, item: usize, path: &str, watch: &mut Watch) {
        if let Some(former) = self.store.get_mut(&item).and_then(|own| own.0.remove(path)) {
            watch.superseded.extend(number(&former));
        }
    }

    fn delete(&mut self, item: usize, watch: &mut Watch) {
        let Some(fields) = self.store.remove(&item) else {
            return;
        };
        watch.buried.extend(fields.0.values().filter_map(number));
        let siblings = self.held.get(&item).into_iter();
        let siblings = siblings.flat_map(|held| held.state.registers.values());
        let values = siblings.flat_map(|register| &register.siblings);
        let values = values.filter_map(|sibling| sibling.value.as_ref());
        watch.buried.extend(values.filter_map(number));
    }

    fn scan(&mut self) {
        let (prefer, stamp) = (self.prefer, self.stamp());
        for (item, fields) in &self.store {
            let held = self.held.entry(*item).or_default();
            held.observe(fields, prefer, &stamp);
        }
        for (item, held) in &mut self.held {
            if !self.store.contains_key(item) {
                held.delete(prefer, &stamp);
            }
        }
    }

    /// The store takes what the registers show.
    fn import(&mut self) {
        for (item, held) in &mut self.held {
            if held.state.exists(self.prefer) {
                self.store.insert(*item, held.state.shown(self.prefer));
            } else {
                self.store.remove(item);
            }
        }
    }

    /// As an import of the PST: after a scan, so that no edit is overwritten by it.
    fn import_scanned(&mut self) {
        self.scan();
        self.import();
        self.scan();
    }

    fn export(&mut self) -> Bundle {
        self.scan();
        let mut items = BTreeMap::new();
        let mut versions = BTreeMap::new();
        for (item, held) in &self.held {
            let version = held.state.version(self.prefer);
            if self.agreed.get(item) != Some(&version) {
                items.insert(*item, held.state.clone());
                versions.insert(*item, version);
            }
        }
        let seq = self.sent.len() as u64 + 1;
        let prev = self.sent.last().map(|(seen, _)| seen.head);
        let id = Sha256Hash::of(format!("{:?} {seq} {versions:?}", self.side).as_bytes());
        let last = self.ledger.received.iter().max_by_key(|seen| seen.seq);
        let head = Head {
            format: String::new(),
            crit: Vec::new(),
            link: String::new(),
            from: String::new(),
            to: String::new(),
            kind: BundleKind::Delta,
            epoch: 1,
            seq,
            part: [1, 1],
            set: id,
            prev,
            base: self.acknowledged.clone(),
            ack: last.map(|seen| Ack {
                epoch: seen.epoch,
                seq: seen.seq,
                head: seen.head,
            }),
            prefer: None,
            created: String::new(),
            index: IndexDigest {
                sha256: id,
                size: 0,
                entries: 0,
            },
            accounting: Accounting::default(),
            producer: String::new(),
            next_key: None,
        };
        let seen = Seen {
            epoch: 1,
            seq,
            head: id,
        };
        self.ledger.sent.push(seen.clone());
        self.sent.push((seen, versions));
        Bundle { head, id, items }
    }

    /// Takes a bundle; whether it was applied.
    fn receive(&mut self, bundle: &Bundle) -> bool {
        match judge(&bundle.head, bundle.id, &self.ledger) {
            Ok(_) => {}
            Err((Fault::Replay | Fault::Late, _)) => return false,
            Err((fault, detail)) => panic!("{fault:?}: {detail}"),
        }
        if self.side == Side::Crm {
            // The replica is written by the import: what a person did in it comes first.
            self.scan();
        }
        if let Some(ack) = &bundle.head.ack {
            for (seen, versions) in &mut self.sent {
                if seen.seq <= ack.seq {
                    self.agreed.append(versions);
                }
            }
            if self
                .acknowledged
                .as_ref()
                .is_none_or(|base| base.seq < ack.seq)
            {
                self.acknowledged = Some(Base {
                    seq: ack.seq,
                    head: ack.head,
                });
            }
        }
        for (item, theirs) in &bundle.items {
            let held = self.held.entry(*item).or_default();
            held.merge(theirs, self.prefer);
            if held.state == *theirs {
                // The peer has just this; what was sent before says less.
                self.agreed.insert(*item, theirs.version(self.prefer));
                for (_, versions) in &mut self.sent {
                    versions.remove(item);
                }
            }
        }
        self.ledger.received.push(Seen {
            epoch: 1,
            seq: bundle.head.seq,
            head: bundle.id,
        });
        if self.side == Side::Crm {
            self.import();
            self.scan();
        }
        true
    }

    fn resolve(&mut self, random: &mut Random, watch: &mut Watch) {
        self.scan();
        let (prefer, stamp) = (self.prefer, self.stamp());
        for held in self.held.values_mut() {
            let Some(conflict) = held.state.conflicts(prefer).pop() else {
                continue;
            };
            let mut all = vec![conflict.shown.clone()];
            all.extend(conflict.others.clone());
            let chosen = all[random.below(all.len())].value.clone();
            for sibling in &all {
                if sibling.value != chosen {
                    watch
                        .superseded
                        .extend(sibling.value.as_ref().and_then(number));
                }
            }
            if chosen == Some(Value::Bool(false)) {
                // Somebody says that the item is to go, with all that is known of it.
                let known = held.state.registers.values();
                let known = known.flat_map(|register| &register.siblings);
                let known = known.filter_map(|sibling| sibling.value.as_ref());
                watch.buried.extend(known.filter_map(number));
            }
            held.decide(&conflict.path, chosen, prefer, &stamp);
            break;
        }
        if self.side == Side::Crm {
            self.import();
            self.scan();
        }
    }
}

fn snapshot(party: &Party) -> String {
    format!("{:?}{:?}{:?}", party.held, party.store, party.agreed)
}

fn sequence(seed: u64, steps: usize) {
    let mut random = Random(seed);
    let prefer = [Prefer::Newest, Prefer::Outlook, Prefer::Crm][random.below(3)];
    let mut parties = [
        Party::new(Side::Outlook, prefer),
        Party::new(Side::Crm, prefer),
    ];
    // Bundles on their way to each.
    let mut wires: [Vec<Bundle>; 2] = [Vec::new(), Vec::new()];
    let mut watch = Watch::default();
    let mut fresh = 0_u64;
    for _ in 0..steps {
        let who = random.below(2);
        let item = random.below(2);
        let path = PATHS[random.below(PATHS.len())];
        match random.below(16) {
            0..=4 => {
                fresh += 1;
                parties[who].write(item, path, json!(fresh), &mut watch);
            }
            5 => parties[who].clear(item, path, &mut watch),
            6 => parties[who].delete(item, &mut watch),
            7..=9 => {
                let bundle = parties[who].export();
                wires[1 - who].push(bundle);
            }
            10..=12 if !wires[who].is_empty() => {
                // Any one, first or last; it may come again.
                let bundle = wires[who][random.below(wires[who].len())].clone();
                if parties[who].receive(&bundle) {
                    let before = snapshot(&parties[who]);
                    assert!(!parties[who].receive(&bundle), "a repeat is a no-op");
                    assert_eq!(snapshot(&parties[who]), before, "a repeat is a no-op");
                }
            }
            13 if !wires[who].is_empty() => {
                let lost = random.below(wires[who].len());
                wires[who].remove(lost);
            }
            14 => parties[who].import_scanned(),
            _ => parties[who].resolve(&mut random, &mut watch),
        }
    }
    // A full exchange.
    for _ in 0..2 {
        for from in 0..2 {
            let bundle = parties[from].export();
            assert!(parties[1 - from].receive(&bundle));
            parties[1 - from].import_scanned();
        }
    }
    let [outlook, crm] = &mut parties;
    for (item, held) in &outlook.held {
        assert_eq!(held.state, crm.held[item].state, "both hold the same");
        assert!(held.pending.is_empty(), "{:?}", held.pending);
    }
    assert_eq!(outlook.store, crm.store, "both show the same");
    let next = outlook.export();
    assert!(next.items.is_empty(), "nothing is left to say");
    crm.receive(&next);
    let next = crm.export();
    assert!(next.items.is_empty(), "nothing is left to say");
    for (item, path, value) in &watch.written {
        let written = number(value).unwrap();
        if watch.superseded.contains(&written) {
            continue;
        }
        let Some(held) = outlook.held.get(item) else {
            // Written and deleted before anybody looked.
            assert!(watch.buried.contains(&written), "{value} of {item} {path}");
            continue;
        };
        let siblings = held.state.registers.get(*path).into_iter();
        let mut siblings = siblings.flat_map(|register| &register.siblings);
        let kept = siblings.any(|sibling| sibling.value.as_ref() == Some(value));
        let buried = watch.buried.contains(&written);
        assert!(kept || buried, "{value} of {item} {path} is gone unseen");
        assert!(
            held.state.exists(prefer) || buried,
            "{value} of {item} was deleted by one who had not seen it"
        );
    }
}

#[test]
fn nothing_is_lost_doubled_or_overwritten() {
    let setting = |name: &str, default: u64| {
        let text = std::env::var(name).ok();
        text.map_or(default, |text| text.parse().unwrap())
    };
    let sequences = setting("AIRBRIDGE_SEQUENCES", 3_000);
    let first = setting("AIRBRIDGE_SEED", 0);
    let threads = 2;
    let started = std::time::Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for seed in (first..first + sequences).filter(|seed| seed % threads == thread) {
                    let done = std::panic::catch_unwind(|| {
                        sequence(seed, 8 + usize::try_from(seed % 33).unwrap());
                    });
                    assert!(done.is_ok(), "seed {seed}");
                }
            });
        }
    });
    println!(
        "{sequences} sequences in {:.1} s",
        started.elapsed().as_secs_f64()
    );
}

/// The rule itself must be what holds: without contexts, the same test fails.
#[test]
fn a_side_that_forgets_contexts_loses_values() {
    let stamp = |side| Stamp {
        side,
        at: Timestamp::UNIX_EPOCH,
        epoch: 1,
    };
    let mut one = Held::default();
    let fields = |value: u64| {
        Fields(BTreeMap::from([
            (EXISTS.to_owned(), Value::Bool(true)),
            ("name".to_owned(), json!(value)),
        ]))
    };
    one.observe(&fields(1), Prefer::Newest, &stamp(Side::Outlook));
    let mut two = Held::default();
    two.merge(&one.state, Prefer::Newest);
    two.settle();
    // Both edit; each has seen only 1.
    one.observe(&fields(2), Prefer::Newest, &stamp(Side::Outlook));
    two.observe(&fields(3), Prefer::Newest, &stamp(Side::Crm));
    let (one_was, two_was) = (one.clone(), two.clone());
    one.merge(&two_was.state, Prefer::Newest);
    two.merge(&one_was.state, Prefer::Newest);
    assert_eq!(one.state, two.state);
    let conflicts = one.state.conflicts(Prefer::Newest);
    let paths: BTreeSet<_> = conflicts.iter().map(|own| own.path.as_str()).collect();
    assert_eq!(paths, BTreeSet::from(["name"]));
    // Outlook still shows 2: that is no edit, and 3 is not overwritten by it.
    assert!(!one.observe(&fields(2), Prefer::Newest, &stamp(Side::Outlook)));
    assert_eq!(one.state, two.state);
}
