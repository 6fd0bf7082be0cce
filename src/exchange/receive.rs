//! Receiving: a verified bundle is merged into what this side holds, all or nothing.
//!
//! *Spec*: `formats/exchange.md`, sections 2, 5, 6 and 7.
//!
//! *Invariant*: everything happens in the transaction of the [`Round`] that is given, the sequence
//! number included; until the caller keeps it, nothing has changed.

use std::fmt;

use jiff::Timestamp;
use thiserror::Error;

use super::held_item::{DELETED, HeldError, HeldItem, Incoming};
use super::home::Config;
use super::ledger::{LedgerError, Received, Round, Waiting};
use super::outgoing::is_mass_deletion;
use super::prefer;
use crate::bundle::contents::Line;
use crate::bundle::{Bundle, BundleKind, Fault, Follows, Seen, Verified, VerifyError};
use crate::item::{Item, ItemId};
use crate::merge::{Conflict, Stamp};

/// The note of a bundle that cannot be applied before another one comes.
pub const GAP: &str = "gap";
/// The note that the peer waits for an acknowledgement.
pub const ACK_DUE: &str = "ack-due";

/// A bundle, and those who receive it.
#[derive(Debug, Clone, Copy)]
pub struct Receive<'a> {
    /// The ledger.
    pub round: &'a Round<'a>,
    /// Who we are.
    pub config: &'a Config,
    /// The bundle, verified against [`Round::view`].
    pub bundle: &'a Verified<Bundle>,
    /// The time to note.
    pub now: Timestamp,
    /// However much is deleted, it is meant so.
    pub allow_deletions: bool,
}

/// Why a bundle is not applied.
#[derive(Debug, Error)]
pub enum ReceiveError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The bundle cannot be read.
    #[error(transparent)]
    Bundle(#[from] VerifyError),
    /// A record is not what it must be.
    #[error("{place}: {source}: nothing was applied; the sender's program is at fault")]
    Record {
        /// Where.
        place: String,
        /// Why.
        source: HeldError,
    },
    /// More would be deleted than anybody deletes by hand.
    #[error(
        "the bundle deletes {deleted} of {known} items: if they were deleted there, \
         say so with --allow-deletions; nothing was applied"
    )]
    Deletions {
        /// How many.
        deleted: u64,
        /// Of how many.
        known: u64,
    },
    /// The side's own store cannot be written.
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

/// What came of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// The store does not have it yet.
    New,
    /// The store shows something else.
    Changed,
    /// The store has it, and it is deleted.
    Deleted,
    /// The store shows it so.
    Same,
    /// The item is no longer in the store, and is not brought back.
    Absent,
}

/// One record, merged.
#[derive(Debug)]
pub struct Merged<'a> {
    /// The item with its registers, about to be kept. Whoever writes the store at once calls
    /// `held.settle()` on it.
    pub item: &'a mut HeldItem,
    /// What came of it.
    pub came: Came,
    /// The item as it is to be shown; `None` when it is deleted.
    pub shown: Option<Item>,
    /// As the store was last seen to show it; `None` when it did not have it.
    pub before: Option<Item>,
    /// Fields in which the store shows something else.
    pub paths: Vec<String>,
    /// Fields that await a decision.
    pub conflicts: Vec<Conflict>,
}

/// What came of a bundle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    /// Records read.
    pub records: u64,
    /// Items that were not there.
    pub new: u64,
    /// Items that changed.
    pub changed: u64,
    /// Items that were deleted.
    pub deleted: u64,
    /// Items that are so already.
    pub same: u64,
    /// Items that are no longer in the store.
    pub absent: u64,
    /// Items that a person took out of the sync, left as they are.
    pub unlinked: u64,
    /// Fields that await a decision, in all items.
    pub conflicts: u64,
}

impl Receive<'_> {
    /// Merges the bundle. `each` is called for every record, and writes the store of a side that
    /// has it at hand.
    ///
    /// # Errors
    /// When it cannot be applied; then the round is to be dropped.
    pub fn run(
        self,
        mut each: impl FnMut(&Round<'_>, Merged<'_>) -> anyhow::Result<()>,
    ) -> Result<Receipt, ReceiveError> {
        let Self {
            round,
            config,
            bundle,
            now,
            ..
        } = self;
        prefer::turn(round, config.prefer)?;
        let head = bundle.head();
        let anew = bundle.follows() == Some(Follows::First) && round.last_received()?.is_some();
        let ack = head.ack.as_ref().filter(|ack| ack.epoch == config.epoch);
        if let Some(ack) = ack {
            round.acknowledge(ack.epoch, ack.seq)?;
        }
        if anew {
            // What it had and has forgotten is sent again.
            round.unacknowledge(config.epoch, ack.map_or(0, |ack| ack.seq))?;
            round.forget_agreed()?;
        }
        self.check_deletions()?;
        if head.kind != BundleKind::Keyroll {
            round.begin_undo()?;
        }
        let mut receipt = Receipt::default();
        for kind in bundle.record_kinds() {
            for line in bundle.record_lines(&kind) {
                self.record(&line?, anew, &mut receipt, &mut each)?;
            }
        }
        round.enter_received(&Received {
            seen: Seen {
                epoch: head.epoch,
                seq: head.seq,
                head: bundle.head_hash(),
            },
            kind: kind_name(head.kind).to_owned(),
            created: head.created.clone(),
            applied: now.to_string(),
        })?;
        round.set_note(GAP, None)?;
        round.set_note(ACK_DUE, Some(&now.to_string()))?;
        receipt.conflicts = 0;
        for id in round.waiting(Waiting::Decision)? {
            let fields = round.row(&id)?.map_or(0, |row| row.conflicts);
            receipt.conflicts = receipt.conflicts.saturating_add(fields);
        }
        Ok(receipt)
    }

    fn record(
        &self,
        line: &Line,
        anew: bool,
        receipt: &mut Receipt,
        each: &mut impl FnMut(&Round<'_>, Merged<'_>) -> anyhow::Result<()>,
    ) -> Result<(), ReceiveError> {
        let Self { round, config, .. } = self;
        let prefer = config.prefer;
        let broken = |source| ReceiveError::Record {
            place: line.place.clone(),
            source,
        };
        let head = self.bundle.head();
        let at = head.created_at().unwrap_or(self.now);
        let sender = config.side.other();
        let incoming = Incoming::read(&line.bytes, sender, at, head.epoch).map_err(broken)?;
        let id = &incoming.id;
        if round.is_unlinked(id)? {
            bump(&mut receipt.unlinked, &mut receipt.records);
            return Ok(());
        }
        let known = round.held(id)?;
        let row = round.row(id)?.unwrap_or_default();
        let mut item = match (known, incoming.item) {
            (Some(known), _) => known,
            (None, Some(item)) => HeldItem::new(item),
            // Deleted before it ever came here.
            (None, None) => {
                bump(&mut receipt.same, &mut receipt.records);
                return Ok(());
            }
        };
        round.remember(id)?;
        if anew {
            let stamp = Stamp {
                side: config.side,
                at: self.now,
                epoch: config.epoch,
            };
            item.held.pair(&incoming.state, prefer, &stamp);
        } else {
            item.held.merge(&incoming.state, prefer);
        }
        let agreed = item.held.state == incoming.state;
        let before = item.native(prefer).map_err(broken)?;
        let exists = item.held.state.exists(prefer);
        let came = match (&before, exists) {
            _ if row.absent => Came::Absent,
            (None, true) => Came::New,
            (None, false) => Came::Same,
            (Some(_), false) => Came::Deleted,
            (Some(_), true) if item.held.pending.is_empty() => Came::Same,
            (Some(_), true) => Came::Changed,
        };
        let sum = match came {
            Came::New => &mut receipt.new,
            Came::Changed => &mut receipt.changed,
            Came::Deleted => &mut receipt.deleted,
            Came::Same => &mut receipt.same,
            Came::Absent => &mut receipt.absent,
        };
        bump(sum, &mut receipt.records);
        let merged = Merged {
            came,
            shown: exists
                .then(|| item.shown(prefer))
                .transpose()
                .map_err(broken)?,
            before,
            paths: item.held.pending.keys().cloned().collect(),
            conflicts: item.held.state.conflicts(prefer),
            item: &mut item,
        };
        each(round, merged)?;
        let version = round.hold(&item, prefer)?;
        if let Some(key) = item.like.identity.first() {
            round.identify(key, id)?;
        }
        if agreed {
            round.agree(id, &version)?;
        }
        Ok(())
    }

    fn check_deletions(&self) -> Result<(), ReceiveError> {
        let at = self.now;
        let sender = self.config.side.other();
        let mut deleted = 0_u64;
        for line in self.bundle.record_lines(DELETED) {
            let line = line?;
            let incoming = Incoming::read(&line.bytes, sender, at, 1).map_err(|source| {
                ReceiveError::Record {
                    place: line.place.clone(),
                    source,
                }
            })?;
            let row = self.round.row(&incoming.id)?;
            if row.is_some_and(|row| !row.gone) {
                deleted = deleted.saturating_add(1);
            }
        }
        let known = self.round.count(None)?;
        if is_mass_deletion(deleted, known) && !self.allow_deletions {
            return Err(ReceiveError::Deletions { deleted, known });
        }
        Ok(())
    }
}

/// Items that the store does not show as the registers do, and that wait to be written there.
///
/// # Errors
/// When the ledger cannot be read.
pub fn waiting_for_store(round: &Round<'_>) -> Result<Vec<ItemId>, LedgerError> {
    round.waiting(Waiting::Store)
}

fn kind_name(kind: BundleKind) -> &'static str {
    match kind {
        BundleKind::Delta => "delta",
        BundleKind::Snapshot => "snapshot",
        BundleKind::Ack => "ack",
        BundleKind::Keyroll => "keyroll",
        BundleKind::Archive => "archive",
    }
}

fn bump(one: &mut u64, other: &mut u64) {
    *one = one.saturating_add(1);
    *other = other.saturating_add(1);
}

/// What a fault of the sequence means for the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Applied before: acknowledged again.
    Repeat,
    /// Older than what was applied.
    Late,
    /// Two bundles with one number.
    Forked,
    /// One side was restored from a backup.
    Restored,
    /// Of an epoch that has ended.
    Rollback,
    /// Builds on a bundle that never came.
    Gap,
    /// A new beginning that nobody has agreed to.
    NewEpoch,
    /// Anything else: it is not authentic, or not for this pairing.
    NotAuthentic,
}

impl Refusal {
    /// What a fault means.
    #[must_use]
    pub fn of(fault: Fault) -> Self {
        match fault {
            Fault::Replay => Self::Repeat,
            Fault::Late => Self::Late,
            Fault::Fork => Self::Forked,
            Fault::Restored => Self::Restored,
            Fault::Rollback => Self::Rollback,
            Fault::Gap => Self::Gap,
            Fault::NewEpoch => Self::NewEpoch,
            _ => Self::NotAuthentic,
        }
    }

    /// What the ledger is to remember of it, if anything.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn remember(
        self,
        round: Round<'_>,
        error: &VerifyError,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        match self {
            Self::Repeat | Self::Late => round.set_note(ACK_DUE, Some(&now.to_string()))?,
            Self::Gap => round.set_note(GAP, Some(&error.detail))?,
            _ => return Ok(()),
        }
        round.keep()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Repeat => "applied before: nothing to do, the next bundle acknowledges it again",
            Self::Late => "late: what it holds came with a later bundle, it is left alone",
            Self::Forked => "the sender has two histories: nothing was changed",
            Self::Restored => "one side was restored from a backup: nothing was changed",
            Self::Rollback => "it is from before a new beginning: nothing was changed",
            Self::Gap => {
                "it builds on a bundle that never came: nothing was changed; apply that one first, \
                 then this one again"
            }
            Self::NewEpoch => "the sender has begun anew: nothing was changed",
            Self::NotAuthentic => "it is not to be trusted: nothing was changed",
        })
    }
}
