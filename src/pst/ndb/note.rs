//! What goes wrong in a store, as a value: faults that end a read, notes that do not.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use crate::finding::{Effect, Findings};

use super::node_id::NodeId;

/// Why a structure could not be read. Its code and detail make a finding.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail} [{code}]")]
pub struct Fault {
    /// Stable code of the finding.
    pub code: &'static str,
    /// What was expected and what was found.
    pub detail: String,
}

impl Fault {
    /// A fault.
    #[must_use]
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

/// Where in a store a reader is: a node, and a subnode of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spot {
    /// The node; zero outside any node.
    pub node: NodeId,
    /// The subnode; zero for the node itself.
    pub subnode: NodeId,
    /// The property id, when one is being read.
    pub property: Option<u16>,
}

impl Spot {
    /// A node.
    #[must_use]
    pub const fn node(node: NodeId) -> Self {
        Self {
            node,
            subnode: NodeId(0),
            property: None,
        }
    }

    /// A subnode of the same node.
    #[must_use]
    pub const fn sub(self, subnode: NodeId) -> Self {
        Self {
            subnode,
            property: None,
            ..self
        }
    }

    /// A property of the same object.
    #[must_use]
    pub const fn property(self, id: u16) -> Self {
        Self {
            property: Some(id),
            ..self
        }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.node.0 == 0 {
            return f.write_str("store");
        }
        write!(f, "node {}", self.node)?;
        if self.subnode.0 != 0 {
            write!(f, ", subnode {}", self.subnode)?;
        }
        if let Some(id) = self.property {
            write!(f, ", property 0x{id:04X}")?;
        }
        Ok(())
    }
}

/// A collector of findings that may be shared while a structure is read, and the work that may
/// still be done for it.
#[derive(Debug)]
pub struct Notes {
    findings: Mutex<Findings>,
    work: AtomicU64,
}

impl Default for Notes {
    fn default() -> Self {
        Self::with_work(u64::MAX)
    }
}

impl Notes {
    /// An empty collector.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty collector for work on at most that many bytes of blocks.
    #[must_use]
    pub fn with_work(bytes: u64) -> Self {
        Self {
            findings: Mutex::default(),
            work: AtomicU64::new(bytes),
        }
    }

    /// Takes work on `bytes`, unless less is left.
    #[must_use]
    pub fn work(&self, bytes: u64) -> bool {
        let left = |left: u64| match left {
            u64::MAX => Some(left),
            _ => left.checked_sub(bytes),
        };
        self.work
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left)
            .is_ok()
    }

    fn lock(&self) -> MutexGuard<'_, Findings> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a finding.
    pub fn add(&self, code: &'static str, effect: Effect, spot: Spot, detail: impl Into<String>) {
        self.add_at(code, effect, spot.to_string(), detail);
    }

    /// Adds a finding at a place given in words.
    pub fn add_at(
        &self,
        code: &'static str,
        effect: Effect,
        place: String,
        detail: impl Into<String>,
    ) {
        self.lock().add(code, effect, place, detail);
    }

    /// Adds a fault as a finding.
    pub fn fault(&self, effect: Effect, spot: Spot, fault: Fault) {
        self.add(fault.code, effect, spot, fault.detail);
    }

    /// A copy of what was collected.
    #[must_use]
    pub fn snapshot(&self) -> Findings {
        self.lock().clone()
    }

    /// What was collected; the collector is empty afterwards.
    #[must_use]
    pub fn take(&self) -> Findings {
        std::mem::take(&mut *self.lock())
    }
}
