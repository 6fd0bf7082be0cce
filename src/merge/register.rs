//! A register: the values of one field that are not superseded, each with the dot of its edit.
//!
//! *Spec*: `formats/exchange.md`, section 2.
//!
//! *Invariant*: the context covers the dot of every sibling; a dot stands for one value for ever.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One of the two sides.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Outlook.
    #[default]
    Outlook,
    /// The CRM.
    Crm,
}

impl Side {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Outlook => Self::Crm,
            Self::Crm => Self::Outlook,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Outlook => "Outlook",
            Self::Crm => "BigContacts",
        })
    }
}

/// Which of several values a field shows.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Prefer {
    /// That of Outlook.
    Outlook,
    /// That of the CRM.
    Crm,
    /// The newest edit.
    #[default]
    Newest,
}

/// The name of one edit: who, and the how manieth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dot(pub Side, pub u64);

/// The greatest numbers seen of either side: Outlook's, the CRM's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Context(pub u64, pub u64);

impl Context {
    /// Whether the edit has been seen.
    #[must_use]
    pub fn covers(self, Dot(side, number): Dot) -> bool {
        number <= self.of(side)
    }

    /// The greatest number seen of a side.
    #[must_use]
    pub fn of(self, side: Side) -> u64 {
        match side {
            Side::Outlook => self.0,
            Side::Crm => self.1,
        }
    }

    /// What both have seen together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0.max(other.0), self.1.max(other.1))
    }

    /// With one more edit.
    #[must_use]
    pub fn with(self, Dot(side, number): Dot) -> Self {
        self.union(match side {
            Side::Outlook => Self(number, 0),
            Side::Crm => Self(0, number),
        })
    }
}

/// Who edits, when it was noticed, and in which epoch of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Who.
    pub side: Side,
    /// When it was noticed; for people, and to break ties.
    pub at: Timestamp,
    /// The epoch of the side, from 1.
    pub epoch: u64,
}

impl Stamp {
    /// The dot of a new edit by someone who has seen `context`.
    #[must_use]
    pub fn dot(&self, context: Context) -> Dot {
        let floor = self.epoch.saturating_sub(1).saturating_mul(1 << 32);
        let seen = context.0.max(context.1).max(floor);
        Dot(self.side, seen.saturating_add(1))
    }
}

/// A value that is not superseded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sibling {
    /// When the edit was noticed.
    pub at: Timestamp,
    /// The edit.
    pub dot: Dot,
    /// The value; `None` when the field is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// The values of one field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Register {
    /// What has been seen.
    pub context: Context,
    /// The values, by dot.
    pub siblings: Vec<Sibling>,
}

impl Register {
    /// Writes a value in place of those that equal what the editor saw.
    pub fn edit(&mut self, seen: Option<&Value>, value: Option<Value>, stamp: &Stamp) {
        self.siblings
            .retain(|sibling| sibling.value.as_ref() != seen);
        self.write(value, stamp);
    }

    /// Writes that the item is gone, in place of what its deleter knew: own edits, and those that
    /// `seen` covers. That the item is there is one value for many edits, so it cannot go by value.
    pub fn end(&mut self, seen: Context, stamp: &Stamp) {
        self.siblings
            .retain(|sibling| sibling.dot.0 != stamp.side && !seen.covers(sibling.dot));
        self.write(Some(Value::Bool(false)), stamp);
    }

    /// Writes a value in place of all.
    pub fn decide(&mut self, value: Option<Value>, stamp: &Stamp) {
        self.siblings.clear();
        self.write(value, stamp);
    }

    fn write(&mut self, value: Option<Value>, stamp: &Stamp) {
        let dot = stamp.dot(self.context);
        self.context = self.context.with(dot);
        self.siblings.push(Sibling {
            at: stamp.at,
            dot,
            value,
        });
        self.siblings.sort_by_key(|sibling| sibling.dot);
    }

    /// Takes in what the other side has.
    pub fn merge(&mut self, other: &Self) {
        let mut siblings: Vec<Sibling> = self
            .siblings
            .drain(..)
            .filter(|own| !other.context.covers(own.dot) || other.holds(own.dot))
            .collect();
        for theirs in &other.siblings {
            // What we hold as well is in the list already.
            if !self.context.covers(theirs.dot) {
                siblings.push(theirs.clone());
            }
        }
        siblings.sort_by_key(|sibling| sibling.dot);
        self.siblings = siblings;
        self.context = self.context.union(other.context);
    }

    fn holds(&self, dot: Dot) -> bool {
        self.siblings.iter().any(|sibling| sibling.dot == dot)
    }

    /// The sibling that is shown; `None` when nothing was ever written.
    #[must_use]
    pub fn winner(&self, prefer: Prefer) -> Option<&Sibling> {
        let preferred = |side| match prefer {
            Prefer::Outlook => side == Side::Outlook,
            Prefer::Crm => side == Side::Crm,
            Prefer::Newest => false,
        };
        self.siblings.iter().max_by_key(|sibling| {
            let Dot(side, number) = sibling.dot;
            // Only `exists` has truth against falsehood, and there truth wins.
            let deleted = sibling.value == Some(Value::Bool(false));
            (!deleted, preferred(side), number, sibling.at, side)
        })
    }

    /// The value that is shown.
    #[must_use]
    pub fn shown(&self, prefer: Prefer) -> Option<&Value> {
        self.winner(prefer)?.value.as_ref()
    }

    /// Whether there are different values.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        let mut values = self.siblings.iter().map(|sibling| &sibling.value);
        let first = values.next();
        values.any(|value| Some(value) != first)
    }
}
