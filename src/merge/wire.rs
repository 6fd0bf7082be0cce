//! The registers of an item as a record carries them, in few bytes: the register that most fields
//! have is written once.
//!
//! *Spec*: `formats/exchange.md`, section 3.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fields::{self, Fields};
use super::register::{Context, Dot, Prefer, Register, Sibling, Side, Stamp};
use super::state::State;
use crate::canonical_json;
use crate::limits;

/// The member `exchange` of a record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What the register of most fields has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// The edit that wrote most fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dot: Option<Dot>,
    /// When that was noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Every other register.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Register>,
}

/// Why what a record says of its registers cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A dot that its own context does not cover.
    #[error("the register of {0:?} holds an edit that it says it has not seen")]
    NotCovered(String),
    /// Two values of one edit.
    #[error("the register of {0:?} has an edit twice")]
    Twice(String),
    /// More than a register may have.
    #[error("the register of {0:?} has more than {limit} values", limit = limits::SIBLINGS)]
    TooMany(String),
    /// Only some of `context`, `dot`, `at`.
    #[error("`context`, `dot` and `at` are not all there")]
    Incomplete,
    /// A number that leaves no room for further edits.
    #[error("the register of {0:?} has a number over 2^52")]
    Number(String),
    /// A path that belongs to no field: it would change which item it is.
    #[error("{0:?} is no field")]
    NoField(String),
}

impl Exchange {
    /// What to write beside a record with the fields `shown`.
    #[must_use]
    pub fn of(state: &State, shown: &Fields) -> Self {
        let plain = |path: &String, register: &Register| match register.siblings.as_slice() {
            [one] if one.value.is_some() && one.value.as_ref() == shown.0.get(path) => {
                Some((register.context, one.dot, one.at))
            }
            _ => None,
        };
        let mut counts: HashMap<(Context, Dot, Timestamp), usize> = HashMap::new();
        for (path, register) in &state.registers {
            if let Some(key) = plain(path, register) {
                let count = counts.entry(key).or_default();
                *count = count.saturating_add(1);
            }
        }
        let most = counts
            .into_iter()
            .max_by_key(|((context, dot, at), count)| (*count, *dot, *at, context.0, context.1))
            .map(|(key, _)| key);
        let fields = state
            .registers
            .iter()
            .filter(|(path, register)| plain(path, register).is_none_or(|key| Some(key) != most));
        Self {
            context: most.map(|(context, _, _)| context),
            dot: most.map(|(_, dot, _)| dot),
            at: most.map(|(_, _, at)| at),
            fields: fields
                .map(|(path, register)| (path.clone(), register.clone()))
                .collect(),
        }
    }

    /// The registers, with the fields of the record.
    ///
    /// # Errors
    /// When they cannot be.
    pub fn state(self, shown: &Fields) -> Result<State, WireError> {
        let most = match (self.context, self.dot, self.at) {
            (Some(context), Some(dot), Some(at)) => Some((context, dot, at)),
            (None, None, None) => None,
            _ => return Err(WireError::Incomplete),
        };
        let mut registers = self.fields;
        if let Some((context, dot, at)) = most {
            for (path, value) in &shown.0 {
                registers.entry(path.clone()).or_insert_with(|| Register {
                    context,
                    siblings: vec![Sibling {
                        at,
                        dot,
                        value: Some(value.clone()),
                    }],
                });
            }
        }
        for (path, register) in &mut registers {
            register.siblings.sort_by_key(|sibling| sibling.dot);
            check(path, register)?;
        }
        Ok(State { registers })
    }
}

fn check(path: &str, register: &Register) -> Result<(), WireError> {
    if !fields::is_field(path) {
        return Err(WireError::NoField(path.to_owned()));
    }
    let path = || path.to_owned();
    if register.siblings.len() > limits::SIBLINGS {
        return Err(WireError::TooMany(path()));
    }
    if register.context.0.max(register.context.1) >= 1 << 52 {
        return Err(WireError::Number(path()));
    }
    let mut last = None;
    for sibling in &register.siblings {
        if !register.context.covers(sibling.dot) || sibling.dot.1 == 0 {
            return Err(WireError::NotCovered(path()));
        }
        if last == Some(sibling.dot) {
            return Err(WireError::Twice(path()));
        }
        last = Some(sibling.dot);
    }
    Ok(())
}

/// The registers of a record that says nothing of them: one edit of every field by the sender.
#[must_use]
pub fn unversioned(shown: &Fields, sender: Side, at: Timestamp, epoch: u64) -> State {
    let stamp = Stamp {
        side: sender,
        at,
        epoch,
    };
    let mut state = State::default();
    for (path, value) in &shown.0 {
        state.edit(path, None, Some(value.clone()), &stamp);
    }
    state
}

impl Exchange {
    /// A hash of the registers: equal when two sides hold the same of an item.
    #[must_use]
    pub fn version(&self) -> String {
        version_of(&canonical_json::to_hash(self))
    }
}

/// As [`Exchange::version`], of the member as a record has it.
#[must_use]
pub fn version_of(exchange: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("airbridge 2026 register version v1");
    hasher.update(exchange);
    hasher.finalize().to_hex().to_string()
}

impl State {
    /// As [`Exchange::version`], beside a record with all that is shown.
    #[must_use]
    pub fn version(&self, prefer: Prefer) -> String {
        Exchange::of(self, &self.shown(prefer)).version()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<State, WireError> {
        let exchange: Exchange = serde_json::from_str(text).unwrap();
        exchange.state(&Fields::default())
    }

    #[test]
    fn registers_that_cannot_be_are_refused() {
        let of = |path: &str, context: &str, dots: &[&str]| {
            let siblings = dots
                .iter()
                .map(|dot| format!(r#"{{"at":"2026-01-01T00:00:00Z","dot":{dot},"value":"x"}}"#));
            let siblings = siblings.collect::<Vec<_>>().join(",");
            read(&format!(
                r#"{{"fields":{{"{path}":{{"context":{context},"siblings":[{siblings}]}}}}}}"#
            ))
        };
        let one = r#"["crm",1]"#;
        assert!(of("job_title", "[0,1]", &[one]).is_ok());
        assert!(of("job_title", "[1,0]", &[one]).is_err());
        assert!(of("job_title", "[0,1]", &[one, one]).is_err());
        assert!(of("job_title", "[0,4503599627370496]", &[one]).is_err());
        assert!(of("job_title", "[0,1]", &[r#"["crm",0]"#]).is_err());
        assert!(of("exists", "[0,1]", &[one]).is_ok());
        for path in ["id", "kind", "identity/x", "exchange", "provenance"] {
            let refused = of(path, "[0,1]", &[one]);
            assert_eq!(refused, Err(WireError::NoField(path.to_owned())));
        }
        let many: Vec<String> = (1..=300).map(|n| format!(r#"["crm",{n}]"#)).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(of("job_title", "[0,300]", &many).is_err());
        assert_eq!(read(r#"{"dot":["crm",1]}"#), Err(WireError::Incomplete));
    }
}
