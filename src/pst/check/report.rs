//! What a check found: every breach of a rule with its place.
//!
//! *Invariants*: of each rule at most [`limits::BREACHES_OF_RULE`] breaches are kept, the first
//! ones; more are counted.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::{Serialize, Serializer};

use crate::limits;
use crate::pst::ndb::{BlockId, NodeId};

use super::rule::{Rule, Severity};

/// Where a rule is broken, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Place {
    /// Offset in the file, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The block or page, by its id.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "block_text")]
    pub block: Option<BlockId>,
    /// The node.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "node_text")]
    pub node: Option<NodeId>,
    /// A subnode of the node, the innermost that is meant.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "node_text")]
    pub subnode: Option<NodeId>,
}

// The signatures are those that serde asks for.
#[allow(clippy::ref_option, reason = "asked for by serde")]
fn block_text<S: Serializer>(block: &Option<BlockId>, to: S) -> Result<S::Ok, S::Error> {
    block.map(|block| block.to_string()).serialize(to)
}

#[allow(clippy::ref_option, reason = "asked for by serde")]
fn node_text<S: Serializer>(node: &Option<NodeId>, to: S) -> Result<S::Ok, S::Error> {
    node.map(|node| node.to_string()).serialize(to)
}

impl Place {
    /// The file as a whole.
    pub(super) const FILE: Self = Self {
        offset: None,
        block: None,
        node: None,
        subnode: None,
    };

    /// An offset in the file.
    pub(super) const fn at(offset: u64) -> Self {
        Self {
            offset: Some(offset),
            ..Self::FILE
        }
    }

    /// A node.
    pub(super) const fn node(node: NodeId) -> Self {
        Self {
            node: Some(node),
            ..Self::FILE
        }
    }

    /// A block of what is meant.
    pub(super) const fn block(self, block: BlockId) -> Self {
        Self {
            block: Some(block),
            ..self
        }
    }

    /// A subnode of what is meant.
    pub(super) const fn sub(self, subnode: NodeId) -> Self {
        Self {
            subnode: Some(subnode),
            ..self
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut part = |f: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>| {
            let before = std::mem::replace(&mut separator, ", ");
            write!(f, "{before}{text}")
        };
        if let Some(node) = self.node {
            part(f, format_args!("node {node}"))?;
        }
        if let Some(subnode) = self.subnode {
            part(f, format_args!("subnode {subnode}"))?;
        }
        if let Some(block) = self.block {
            part(f, format_args!("block {block}"))?;
        }
        if let Some(offset) = self.offset {
            part(f, format_args!("offset {offset}"))?;
        }
        if *self == Self::FILE {
            part(f, format_args!("file"))?;
        }
        Ok(())
    }
}

/// Bytes in words: the first ones, and how many there are.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes.iter().take(32) {
        // Writing to a string does not fail.
        let _infallible = write!(text, "{byte:02X}");
    }
    match bytes.len() {
        0 => "nothing".to_owned(),
        1..=32 => text,
        count => format!("{text}… ({count} bytes)"),
    }
}

/// One place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// The rule.
    #[serde(flatten)]
    pub rule: &'static Rule,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Names of the folder and those above it, the outermost first, where one is concerned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folder: Vec<String>,
    /// What was expected and what was found.
    pub detail: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.severity, self.place)?;
        if !self.folder.is_empty() {
            write!(f, " (in {})", self.folder.join("/"))?;
        }
        let Rule { code, source, .. } = self.rule;
        write!(f, ": {} [{code}; {source}]", self.detail)
    }
}

/// Breaches on their way into a report.
#[derive(Debug, Default)]
pub(super) struct Breaches(RefCell<Report>);

impl Breaches {
    /// Adds one.
    pub(super) fn add(&self, rule: &'static Rule, place: Place, detail: impl Into<String>) {
        let mut report = self.0.borrow_mut();
        let count = report.counts.entry(rule.code).or_default();
        *count = count.saturating_add(1);
        if *count <= limits::BREACHES_OF_RULE {
            report.kept.push(Breach {
                rule,
                place,
                folder: Vec::new(),
                detail: detail.into(),
            });
        }
        let sum = match rule.severity {
            Severity::Error => &mut report.errors,
            Severity::Note => &mut report.notes,
        };
        *sum = sum.saturating_add(1);
    }

    /// Says of a layer that it was not checked.
    pub(super) fn not_checked(&self, what: &'static str) {
        self.0.borrow_mut().not_checked.push(what);
    }

    /// Changes the breaches kept so far.
    pub(super) fn amend(&self, change: impl FnMut(&mut Breach)) {
        self.0.borrow_mut().kept.iter_mut().for_each(change);
    }

    pub(super) fn into_report(self) -> Report {
        self.0.into_inner()
    }
}

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    kept: Vec<Breach>,
    counts: BTreeMap<&'static str, u64>,
    errors: u64,
    notes: u64,
    not_checked: Vec<&'static str>,
}

impl Report {
    /// Whether no rule is broken whose breach is an error.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.errors == 0
    }

    /// The breaches that were kept, in the order in which they were met.
    pub fn iter(&self) -> impl Iterator<Item = &Breach> {
        self.kept.iter()
    }

    /// How many errors there are, those not kept included.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// How many notes there are, those not kept included.
    #[must_use]
    pub fn notes(&self) -> u64 {
        self.notes
    }

    /// How many breaches were only counted.
    #[must_use]
    pub fn not_kept(&self) -> u64 {
        let all = self.errors.saturating_add(self.notes);
        all.saturating_sub(self.kept.len() as u64)
    }

    /// How often each rule was broken, by its code.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// What was not checked in a store of this kind, in words.
    #[must_use]
    pub fn not_checked(&self) -> &[&'static str] {
        &self.not_checked
    }
}
