//! Undo: what the last applied bundle changed is changed back, as edits of this side.
//!
//! *Spec*: `formats/exchange.md`, section 8.
//!
//! *Invariant*: what somebody has edited since is left as it is, and told.

use jiff::Timestamp;

use super::held_item::{HeldError, HeldItem};
use super::home::Config;
use super::ledger::{LedgerError, Round};
use super::prefer::turn;
use crate::item::Item;
use crate::merge::{EXISTS, Stamp};

/// One item, changed back.
#[derive(Debug)]
pub struct Undone<'a> {
    /// The item with its registers, about to be kept.
    pub item: &'a mut HeldItem,
    /// As it is to be shown now; `None` when it is no longer there.
    pub shown: Option<Item>,
    /// Fields that were edited since and are left.
    pub left: Vec<String>,
}

/// What came of an undo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct UndoSums {
    /// Items changed back.
    pub items: u64,
    /// Fields left, because somebody edited them since.
    pub left: u64,
}

/// Why an undo cannot be.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The fields make no item.
    #[error(transparent)]
    Held(#[from] HeldError),
    /// Nothing was applied, or it was undone already.
    #[error("there is nothing to undo: no bundle was applied since the last undo")]
    Nothing,
    /// The side's own store cannot be written.
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

/// Changes back what the last bundle changed; `each` writes the store of a side that has it at
/// hand.
///
/// # Errors
/// When it cannot be; then the round is to be dropped.
pub fn undo(
    round: &Round<'_>,
    config: &Config,
    now: Timestamp,
    mut each: impl FnMut(&Round<'_>, Undone<'_>) -> anyhow::Result<()>,
) -> Result<UndoSums, UndoError> {
    let prefer = config.prefer;
    turn(round, prefer)?;
    let stamp = Stamp {
        side: config.side,
        at: now,
        epoch: config.epoch,
    };
    let mut sums = UndoSums::default();
    let items = round.undoable()?;
    if items.is_empty() {
        return Err(UndoError::Nothing);
    }
    for (id, before) in items {
        let Some(mut item) = round.held(&id)? else {
            continue;
        };
        let was = before.map(|before| before.held).unwrap_or_default();
        let (then, now) = (was.state.shown(prefer), item.held.state.shown(prefer));
        let mut left = Vec::new();
        let mut changed = false;
        for path in then.differing(&now).map(str::to_owned).collect::<Vec<_>>() {
            let register = item.held.state.registers.get(&path);
            let winner = register.and_then(|register| register.winner(prefer));
            // An edit of our own that the bundle did not bring: somebody was here since.
            let own = winner.is_some_and(|winner| {
                let known = was.state.registers.get(&path);
                let known = known.is_some_and(|known| known.context.covers(winner.dot));
                winner.dot.0 == config.side && !known
            });
            if own {
                left.push(path);
                continue;
            }
            let value = match then.0.get(&path) {
                None if path == EXISTS => Some(serde_json::Value::Bool(false)),
                value => value.cloned(),
            };
            // An item that was not there is deleted; its fields stay as they are.
            if !then.exists() && path != EXISTS {
                continue;
            }
            item.held.decide(&path, value, prefer, &stamp);
            changed = true;
        }
        sums.left = sums.left.saturating_add(left.len() as u64);
        sums.items = sums.items.saturating_add(u64::from(changed));
        let exists = item.held.state.exists(prefer);
        let shown = exists.then(|| item.shown(prefer)).transpose()?;
        each(
            round,
            Undone {
                item: &mut item,
                shown,
                left,
            },
        )?;
        round.hold(&item, prefer)?;
    }
    round.begin_undo()?;
    Ok(sums)
}
