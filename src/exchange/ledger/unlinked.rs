//! Items that a person has taken out of the sync.
//!
//! *Spec*: `formats/exchange.md`, section 6.
//!
//! *Shape*: a note `unlinked:ID`, with the time. The registers stay, so that no edit is numbered
//! twice when the item comes in again.

use std::collections::BTreeSet;

use rusqlite::params;

use super::{LedgerError, Round};
use crate::item::ItemId;

/// How the notes begin.
const UNLINKED: &str = "unlinked:";

/// The condition, in SQL, that an item has not been taken out.
pub(super) const LINKED: &str =
    "NOT EXISTS (SELECT 1 FROM note WHERE name = 'unlinked:' || item.id)";

impl Round<'_> {
    /// The ids of all contacts that have opted in.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn opted_in(&self) -> Result<Vec<ItemId>, LedgerError> {
        self.ids("opted_in = 1 AND gone = 0")
    }

    /// The contacts that have opted in, with what a person would call them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn in_sync(&self) -> Result<Vec<(ItemId, String)>, LedgerError> {
        let read = || {
            let mut query = self.transaction.prepare(
                "SELECT id, title FROM item WHERE opted_in = 1 AND gone = 0 ORDER BY title, id",
            )?;
            let rows = query.query_map([], |row| {
                Ok((ItemId(row.get(0)?), row.get::<_, String>(1)?))
            })?;
            rows.collect()
        };
        self.at(read())
    }

    /// Takes an item out of the sync: nothing of it is sent, taken in, or missed any more.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn unlink(&self, id: &ItemId, at: &str) -> Result<(), LedgerError> {
        self.set_note(&format!("{UNLINKED}{}", id.0), Some(at))?;
        self.at_id(
            id,
            &[
                "UPDATE item SET opted_in = 0, agreed = version, native = NULL, absent = 0,
                 pending = 0, conflicts = 0, mark = NULL WHERE id = ?1",
                "DELETE FROM sent WHERE id = ?1",
            ],
        )
    }

    /// Takes an item into the sync again; the peer is known to have nothing of it.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn relink(&self, id: &ItemId) -> Result<(), LedgerError> {
        self.set_note(&format!("{UNLINKED}{}", id.0), None)?;
        self.at_id(
            id,
            &["UPDATE item SET agreed = NULL, opted_in = (kind = 'contact') WHERE id = ?1"],
        )
    }

    /// The items that were taken out.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn unlinked(&self) -> Result<BTreeSet<ItemId>, LedgerError> {
        let read = || {
            let sql = "SELECT substr(name, 10) FROM note WHERE name GLOB 'unlinked:*'";
            let mut query = self.transaction.prepare(sql)?;
            let rows = query.query_map([], |row| row.get(0).map(ItemId))?;
            rows.collect()
        };
        self.at(read())
    }

    /// The contacts that have opted in, and the items that were taken out.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn taking_part(&self) -> Result<(BTreeSet<ItemId>, BTreeSet<ItemId>), LedgerError> {
        Ok((self.opted_in()?.into_iter().collect(), self.unlinked()?))
    }

    /// Whether an item was taken out.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn is_unlinked(&self, id: &ItemId) -> Result<bool, LedgerError> {
        Ok(self.note(&format!("{UNLINKED}{}", id.0))?.is_some())
    }

    /// The items with this id, or exactly this title, that are there.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn named(&self, name: &str) -> Result<Vec<(ItemId, String)>, LedgerError> {
        let read = || {
            let mut query = self.transaction.prepare(
                "SELECT id, title FROM item WHERE gone = 0 AND version IS NOT NULL
                 AND (id = ?1 OR title = ?1) ORDER BY id LIMIT 20",
            )?;
            let rows = query.query_map([name], |row| {
                Ok((ItemId(row.get(0)?), row.get::<_, String>(1)?))
            })?;
            rows.collect()
        };
        self.at(read())
    }

    fn at_id(&self, id: &ItemId, all: &[&str]) -> Result<(), LedgerError> {
        for sql in all {
            self.at(self.transaction.execute(sql, params![id.0]))?;
        }
        Ok(())
    }
}
