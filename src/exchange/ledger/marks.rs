//! Marks in the ledger: items that need not be read again to know that they are unchanged.
//!
//! *Spec*: `formats/exchange.md`, section 4.
//!
//! *Invariant*: only an item that the peer has as it is, and for which nothing waits, is taken by
//! its mark.

use std::collections::{BTreeSet, HashMap};

use rusqlite::params;

use super::{LedgerError, Round};
use crate::bundle::accounting::id_key;
use crate::item::ItemId;

/// What a ledger knows of the items that inputs had, before they are read.
#[derive(Debug, Default)]
pub struct KnownItems {
    /// Whether the ledger has no item at all.
    pub is_empty: bool,
    /// Items that the peer has as they are, and for which nothing waits, by the keys of their ids:
    /// the key of what was last seen of them in the store.
    pub settled: HashMap<u128, u128>,
    /// Those of them that need not be read when what they are made of has the same mark.
    pub marked: HashMap<u128, MarkedRow>,
}

/// The row of a marked item, within one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkedRow(i64);

/// What is remembered of an item so that it need not be read again to know that it is unchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct Marked {
    /// Of all that it was made of, and of all that decided.
    pub mark: u128,
    /// The key of its contents.
    pub content: u128,
    /// What was decided, as JSON.
    pub decision: String,
}

/// A marked item.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    /// Its id.
    pub id: ItemId,
    /// Its kind.
    pub kind: String,
    /// What a person would call it.
    pub title: String,
    /// The key of its contents.
    pub content: u128,
    /// What was decided, as JSON.
    pub decision: String,
}

impl Round<'_> {
    /// What is known of the items that these inputs had.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn known<'n>(
        &self,
        sources: impl Iterator<Item = &'n str>,
    ) -> Result<KnownItems, LedgerError> {
        let sources: BTreeSet<&str> = sources.collect();
        let read = || {
            let mut known = KnownItems {
                is_empty: self.transaction.query_row(
                    "SELECT NOT EXISTS (SELECT 1 FROM item)",
                    [],
                    |row| row.get(0),
                )?,
                ..KnownItems::default()
            };
            let mut query = self.transaction.prepare(
                "SELECT id, native, rowid, mark FROM item WHERE source = ?1
                 AND version = agreed AND pending = 0 AND absent = 0 AND native IS NOT NULL",
            )?;
            for source in sources {
                let mut rows = query.query([source])?;
                while let Some(row) = rows.next()? {
                    let id = id_key(row.get_ref(0)?.as_str()?);
                    let native = id_key(row.get_ref(1)?.as_str()?);
                    known.settled.insert(id, native);
                    if let Some(mark) = row.get_ref(3)?.as_blob_or_null()?.and_then(key_of) {
                        known.marked.insert(mark, MarkedRow(row.get(2)?));
                    }
                }
            }
            Ok(known)
        };
        self.at(read())
    }

    /// What is remembered of a marked item.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn remembered(&self, row: MarkedRow) -> Result<Remembered, LedgerError> {
        let read = || {
            self.transaction
                .prepare_cached(
                    "SELECT id, kind, title, content, decision FROM item WHERE rowid = ?1",
                )?
                .query_row([row.0], |row| {
                    Ok(Remembered {
                        id: ItemId(row.get(0)?),
                        kind: row.get(1)?,
                        title: row.get(2)?,
                        content: key_of(row.get_ref(3)?.as_blob()?).unwrap_or_default(),
                        decision: row.get(4)?,
                    })
                })
        };
        self.at(read())
    }

    /// Remembers an item, or no longer does.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn mark(&self, id: &ItemId, marked: Option<&Marked>) -> Result<(), LedgerError> {
        let write = || {
            self.transaction
                .prepare_cached(
                    "UPDATE item SET mark = ?2, content = ?3, decision = ?4
                     WHERE id = ?1 AND mark IS NOT ?2",
                )?
                .execute(params![
                    id.0,
                    marked.map(|marked| marked.mark.to_be_bytes()),
                    marked.map(|marked| marked.content.to_be_bytes()),
                    marked.map(|marked| &marked.decision),
                ])
        };
        self.at(write()).map(drop)
    }
}

/// A key of 16 bytes.
fn key_of(bytes: &[u8]) -> Option<u128> {
    Some(u128::from_be_bytes(bytes.try_into().ok()?))
}
