//! What the last applied bundle changed, so that it can be taken back.

use rusqlite::params;

use super::{LedgerError, Round};
use crate::exchange::held_item::HeldItem;
use crate::item::ItemId;
use crate::merge::Prefer;

impl Round<'_> {
    /// Forgets what could be undone: a new bundle is applied.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn begin_undo(&self) -> Result<(), LedgerError> {
        self.at(self.transaction.execute("DELETE FROM undo", []))
            .map(drop)
    }

    /// Remembers an item as it is now, before it is changed.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn remember(&self, id: &ItemId) -> Result<(), LedgerError> {
        // What was only seen is decided by no preference.
        let mut body = self.body(id)?;
        if body.is_none()
            && let Some(seen) = self.held(id)?
        {
            let encoded = seen.encode(Prefer::default());
            body = Some(encoded.map_err(|source| self.broken(id, source))?.body);
        }
        let sql = "INSERT OR IGNORE INTO undo (id, body) VALUES (?1, ?2)";
        self.at(self.transaction.execute(sql, params![id.0, body]))
            .map(drop)
    }

    /// The items that can be undone, with what they were; `None` for one that was not there.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn undoable(&self) -> Result<Vec<(ItemId, Option<HeldItem>)>, LedgerError> {
        let read = || -> rusqlite::Result<Vec<(ItemId, Option<Vec<u8>>)>> {
            let mut query = self
                .transaction
                .prepare("SELECT id, body FROM undo ORDER BY id")?;
            let rows = query.query_map([], |row| Ok((ItemId(row.get(0)?), row.get(1)?)))?;
            rows.collect()
        };
        let mut items = Vec::new();
        for (id, body) in self.at(read())? {
            let held = body.map(|body| self.decode(&id, &body)).transpose()?;
            items.push((id, held));
        }
        Ok(items)
    }
}
