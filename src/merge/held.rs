//! What one side holds of an item: its registers, and what its own store was last seen to show.
//!
//! *Spec*: `formats/exchange.md`, section 2, "What the store shows".
//!
//! *Invariant*: a scan that shows what was last seen changes nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{EXISTS, Fields};
use super::register::{Context, Prefer, Stamp};
use super::state::State;

/// What one side holds of an item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Held {
    /// The registers.
    pub state: State,
    /// Where the store shows something else than the registers: what it shows.
    pub pending: BTreeMap<String, Option<Value>>,
    /// What of `exists` the store's user has seen: its context when a scan last found the store to
    /// show all that the registers do. A deletion is of that, and of nothing that came later.
    pub seen: Context,
}

impl Held {
    /// What the store was last seen to show.
    #[must_use]
    pub fn native(&self, prefer: Prefer) -> Fields {
        let mut native = self.state.shown(prefer);
        for (path, value) in &self.pending {
            match value {
                Some(value) => native.0.insert(path.clone(), value.clone()),
                None => native.0.remove(path),
            };
        }
        native
    }

    /// Notes what the store shows.
    pub fn set_native(&mut self, native: &Fields, prefer: Prefer) {
        let shown = self.state.shown(prefer);
        self.pending = native
            .differing(&shown)
            .map(|path| (path.to_owned(), native.0.get(path).cloned()))
            .collect();
    }

    /// Notes that the store shows what the registers do.
    pub fn settle(&mut self) {
        self.pending.clear();
        let exists = self.state.registers.get(EXISTS);
        self.seen = exists.map(|register| register.context).unwrap_or_default();
    }

    /// Takes a scan of the store: what differs from what it last showed was edited there, unless it
    /// is what the registers show already. Whether anything was.
    pub fn observe(&mut self, scanned: &Fields, prefer: Prefer, stamp: &Stamp) -> bool {
        let native = self.native(prefer);
        let shown = self.state.shown(prefer);
        let (mut edited, mut told) = (false, false);
        for path in scanned.differing(&native) {
            let value = scanned.0.get(path);
            if value == shown.0.get(path) {
                continue;
            }
            if path == EXISTS && !scanned.exists() {
                let register = self.state.registers.entry(path.to_owned()).or_default();
                register.end(self.seen, stamp);
            } else {
                let seen = native.0.get(path);
                self.state.edit(path, seen, value.cloned(), stamp);
            }
            edited |= path != EXISTS;
            told |= path == EXISTS;
        }
        if edited && !told && scanned.exists() {
            // An edit is a word for the item's being there, against a deletion that had not seen
            // it.
            let there = Value::Bool(true);
            self.state
                .edit(EXISTS, Some(&there), Some(there.clone()), stamp);
        }
        let changed = edited || scanned.exists() != native.exists();
        self.set_native(scanned, prefer);
        if self.pending.is_empty() {
            self.settle();
        }
        changed
    }

    /// Takes that the store does not have the item: a deletion there, if it had it. Whether it was.
    pub fn delete(&mut self, prefer: Prefer, stamp: &Stamp) -> bool {
        let mut native = self.native(prefer);
        let mut deleted = false;
        if native.exists() {
            native.0.insert(EXISTS.to_owned(), Value::Bool(false));
            let there = self.state.exists(prefer);
            self.observe(&native, prefer, stamp);
            deleted = there;
        }
        if !self.state.exists(prefer) {
            self.settle();
        }
        deleted
    }

    /// Takes in what the other side has; the store shows what it did.
    pub fn merge(&mut self, theirs: &State, prefer: Prefer) {
        let native = self.native(prefer);
        self.state.merge(theirs);
        self.set_native(&native, prefer);
    }

    /// Takes in the snapshot of a side that began anew.
    pub fn pair(&mut self, theirs: &State, prefer: Prefer, stamp: &Stamp) {
        let native = self.native(prefer);
        self.state.pair(theirs, stamp);
        self.set_native(&native, prefer);
    }

    /// Writes every value anew, for a side that begins again.
    pub fn renew(&mut self, prefer: Prefer, stamp: &Stamp) {
        let native = self.native(prefer);
        self.state.renew(prefer, stamp);
        self.set_native(&native, prefer);
        if self.pending.is_empty() {
            self.settle();
        }
    }

    /// Takes a person's decision on a field.
    pub fn decide(&mut self, path: &str, value: Option<Value>, prefer: Prefer, stamp: &Stamp) {
        let native = self.native(prefer);
        let register = self.state.registers.entry(path.to_owned()).or_default();
        register.decide(value, stamp);
        self.set_native(&native, prefer);
    }
}
