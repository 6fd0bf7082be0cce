//! A change of preference: which value a field shows changes, what its store shows does not.
//!
//! *Spec*: `formats/exchange.md`, section 2, "Winner".
//!
//! *Invariant*: what waits for the store is held against the preference that the ledger names. So
//! no value that a store shows by the former preference is taken for an edit by someone who saw
//! the other.

use clap::ValueEnum;

use super::ledger::{LedgerError, Round, Waiting};
use crate::item::ItemId;
use crate::merge::Prefer;

/// The note of the preference that the ledger is held by.
const PREFER: &str = "prefer";

/// The preference that the ledger was held by so far, if that was another one.
///
/// # Errors
/// When the ledger cannot be read.
pub fn former(round: &Round<'_>, prefer: Prefer) -> Result<Option<Prefer>, LedgerError> {
    let note = round.note(PREFER)?;
    let known = note.and_then(|name| Prefer::from_str(&name, false).ok());
    Ok(Some(known.unwrap_or_default()).filter(|known| *known != prefer))
}

/// Holds the ledger by a preference from now on; the items that show something else now.
///
/// # Errors
/// When the ledger cannot be read or written.
pub fn turn(round: &Round<'_>, prefer: Prefer) -> Result<Vec<ItemId>, LedgerError> {
    let Some(former) = former(round, prefer)? else {
        return Ok(Vec::new());
    };
    let contested = round.waiting(Waiting::Decision)?;
    for id in &contested {
        if let Some(mut held) = round.held(id)? {
            let native = held.held.native(former);
            held.held.set_native(&native, prefer);
            round.hold(&held, prefer)?;
        }
    }
    let name = prefer.to_possible_value();
    round.set_note(PREFER, name.as_ref().map(|name| name.get_name()))?;
    Ok(contested)
}
