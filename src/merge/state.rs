//! The registers of one item.
//!
//! *Spec*: `formats/exchange.md`, sections 2 and 7.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{EXISTS, Fields};
use super::register::{Prefer, Register, Sibling, Stamp};

/// The registers of one item, by path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The registers.
    pub registers: BTreeMap<String, Register>,
}

/// A field with different values, of which somebody must choose one.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The field.
    pub path: String,
    /// The value that is shown meanwhile.
    pub shown: Sibling,
    /// The others, newest first.
    pub others: Vec<Sibling>,
}

impl State {
    /// What is shown of the item.
    #[must_use]
    pub fn shown(&self, prefer: Prefer) -> Fields {
        let shown = self
            .registers
            .iter()
            .filter_map(|(path, register)| Some((path.clone(), register.shown(prefer)?.clone())));
        Fields(shown.collect())
    }

    /// Whether the item is there.
    #[must_use]
    pub fn exists(&self, prefer: Prefer) -> bool {
        let exists = self.registers.get(EXISTS);
        exists.and_then(|register| register.shown(prefer)) == Some(&Value::Bool(true))
    }

    /// Writes one field, by someone who saw `seen`.
    pub fn edit(&mut self, path: &str, seen: Option<&Value>, value: Option<Value>, stamp: &Stamp) {
        self.registers
            .entry(path.to_owned())
            .or_default()
            .edit(seen, value, stamp);
    }

    /// Takes in what the other side has.
    pub fn merge(&mut self, other: &Self) {
        for (path, theirs) in &other.registers {
            match self.registers.get_mut(path) {
                Some(own) => own.merge(theirs),
                None => {
                    self.registers.insert(path.clone(), theirs.clone());
                }
            }
        }
    }

    /// Takes in the snapshot of a side that began anew: what differs here is written again, as
    /// edits that nobody has seen.
    pub fn pair(&mut self, other: &Self, stamp: &Stamp) {
        for (path, own) in &mut self.registers {
            let theirs = other.registers.get(path).cloned().unwrap_or_default();
            let siblings = std::mem::take(&mut own.siblings);
            let context = own.context.union(theirs.context);
            *own = Register {
                context,
                siblings: theirs.siblings,
            };
            for sibling in siblings {
                let known = |held: &Sibling| held.value == sibling.value;
                if !own.siblings.iter().any(known) {
                    // It supersedes nothing: nothing here equals it.
                    own.edit(sibling.value.as_ref(), sibling.value.clone(), stamp);
                }
            }
        }
        for (path, theirs) in &other.registers {
            if !self.registers.contains_key(path) {
                self.registers.insert(path.clone(), theirs.clone());
            }
        }
    }

    /// Writes every value again, as an edit of a side that begins anew.
    pub fn renew(&mut self, prefer: Prefer, stamp: &Stamp) {
        for register in self.registers.values_mut() {
            let value = register.shown(prefer).cloned();
            register.decide(value, stamp);
        }
    }

    /// The fields of which somebody must choose a value.
    #[must_use]
    pub fn conflicts(&self, prefer: Prefer) -> Vec<Conflict> {
        let contested = self
            .registers
            .iter()
            .filter(|(_, register)| register.is_contested());
        let conflicts = contested.filter_map(|(path, register)| {
            let shown = register.winner(prefer)?.clone();
            let others = register.siblings.iter().rev();
            let others = others.filter(|sibling| sibling.value != shown.value);
            Some(Conflict {
                path: path.clone(),
                others: others.cloned().collect(),
                shown,
            })
        });
        conflicts.collect()
    }
}
