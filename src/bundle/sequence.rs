//! Where a bundle stands in the sequence of its sender: a pure function over what the receiver
//! remembers.
//!
//! *Spec*: `formats/bundle.md`, section 12.
//!
//! *Invariant*: does no I/O and changes nothing; the ledger records only after the bundle has been
//! applied.

use serde::{Deserialize, Serialize};

use super::digest::Sha256Hash;
use super::fault::Fault;
use super::head::{BundleKind, Head};

/// A bundle as a ledger remembers it: the head is that of part 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its epoch.
    pub epoch: u64,
    /// Its number.
    pub seq: u64,
    /// SHA-256 of its head.
    pub head: Sha256Hash,
}

/// What the receiver remembers of one pairing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LedgerView {
    /// Every bundle of the peer that was applied, in any order.
    #[serde(default)]
    pub received: Vec<Seen>,
    /// Every own bundle that was sent to the peer, in any order.
    #[serde(default)]
    pub sent: Vec<Seen>,
    /// Whether a person has agreed to a new beginning (epoch) of the peer.
    #[serde(default)]
    pub allow_new_epoch: bool,
}

/// How a bundle that may be applied follows what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// The first of the pairing, or of an epoch that a person has agreed to.
    First,
    /// The next one.
    Next,
    /// Some in between never arrived; this one holds all that they had.
    After {
        /// How many are missing.
        missing: u64,
    },
    /// An archive: outside any sequence.
    Outside,
}

/// Holds a head against the ledger; `id` is the SHA-256 of part 1's head.
///
/// # Errors
/// The fault, and what was expected and found in words.
pub fn judge(head: &Head, id: Sha256Hash, ledger: &LedgerView) -> Result<Follows, (Fault, String)> {
    if head.kind == BundleKind::Archive {
        return Ok(Follows::Outside);
    }
    let Head { epoch, seq, .. } = *head;
    if let Some(same) = ledger
        .received
        .iter()
        .find(|s| s.epoch == epoch && s.seq == seq)
    {
        return Err(if same.head == id {
            (
                Fault::Replay,
                format!("bundle {seq} of epoch {epoch} was applied before"),
            )
        } else {
            (
                Fault::Fork,
                format!(
                    "another bundle {seq} of epoch {epoch} was applied before, with the head {}",
                    same.head
                ),
            )
        });
    }
    if let Some(ack) = &head.ack
        && !ledger
            .sent
            .iter()
            .any(|s| s.epoch == ack.epoch && s.seq == ack.seq && s.head == ack.head)
    {
        return Err((
            Fault::Restored,
            format!(
                "the sender acknowledges bundle {} of epoch {}, which this side never sent",
                ack.seq, ack.epoch
            ),
        ));
    }
    let last = ledger.received.iter().max_by_key(|s| (s.epoch, s.seq));
    let Some(last) = last else {
        return opening(head);
    };
    if epoch < last.epoch {
        return Err((
            Fault::Rollback,
            format!(
                "it is of epoch {epoch}, the sender is in epoch {} already",
                last.epoch
            ),
        ));
    }
    if epoch > last.epoch {
        if !ledger.allow_new_epoch {
            return Err((
                Fault::NewEpoch,
                format!(
                    "the sender has begun epoch {epoch} after epoch {}",
                    last.epoch
                ),
            ));
        }
        return opening(head);
    }
    if seq < last.seq {
        return Err((
            Fault::Late,
            format!(
                "bundle {seq} comes after bundle {}, which holds what it had",
                last.seq
            ),
        ));
    }
    let missing = seq.saturating_sub(last.seq).saturating_sub(1);
    if missing == 0 {
        if head.prev != Some(last.head) {
            return Err((
                Fault::Restored,
                format!(
                    "bundle {seq} does not follow the bundle {} that was applied",
                    last.seq
                ),
            ));
        }
        return Ok(Follows::Next);
    }
    builds_on_known(head, ledger)?;
    Ok(Follows::After { missing })
}

/// The first bundle of an epoch must stand alone.
fn opening(head: &Head) -> Result<Follows, (Fault, String)> {
    let complete = head.kind == BundleKind::Snapshot || head.base.is_none();
    if head.kind == BundleKind::Delta && !complete {
        let seq = head.base.as_ref().map_or(0, |base| base.seq);
        return Err((
            Fault::Gap,
            format!("it builds on bundle {seq}, which was never applied"),
        ));
    }
    if head.epoch > 1 && head.kind != BundleKind::Snapshot && head.seq == 1 {
        return Err((
            Fault::NewEpoch,
            format!("epoch {} does not begin with a snapshot", head.epoch),
        ));
    }
    Ok(Follows::First)
}

/// A delta after a gap may be applied if what it builds on is known.
fn builds_on_known(head: &Head, ledger: &LedgerView) -> Result<(), (Fault, String)> {
    if head.kind == BundleKind::Snapshot {
        return Ok(());
    }
    let Some(base) = &head.base else {
        return Ok(());
    };
    let known = ledger
        .received
        .iter()
        .any(|s| s.epoch == head.epoch && s.seq == base.seq && s.head == base.head);
    if known {
        Ok(())
    } else {
        Err((
            Fault::Gap,
            format!("it builds on bundle {}, which was never applied", base.seq),
        ))
    }
}
