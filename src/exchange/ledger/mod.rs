//! The ledger: what was sent, received and agreed, and the registers of every item.
//!
//! *Shape*: one SQLite file, tables in `schema`. People may read it with any SQLite tool.
//!
//! *Invariants*: one export, and one bundle applied, is one transaction, the sequence number
//! included. Change is judged against the last *agreed* state, never the last sent one: a bundle
//! that got lost must not lose its items.

mod bundles;
mod items;
mod marks;
mod schema;
mod shards;
mod undo;
mod unlinked;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction};
use thiserror::Error;

pub use bundles::{Received, SentBundle};
pub use items::{NewItem, Row, Waiting};
pub use marks::{KnownItems, Marked, MarkedRow, Remembered};
use schema::SCHEMA;
use shards::Shards;

use super::held_item::HeldError;

/// Why the ledger cannot be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// SQLite refused.
    #[error("{path}: {source}", path = path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The ledger was written by a later version.
    #[error(
        "{path}: ledger version {found} is newer than this airbridge knows ({SCHEMA}): \
         update airbridge",
        path = path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// A shard of records cannot be read.
    #[error(
        "{path}: shard {number}: {error}: restore the ledger from a backup, and begin a new epoch",
        path = path.display()
    )]
    Shard {
        /// The file.
        path: PathBuf,
        /// Which.
        number: i64,
        /// Why.
        error: std::io::Error,
    },
    /// What it holds of an item cannot be read.
    #[error(
        "{path}: {id}: {source}: restore the ledger from a backup, and begin a new epoch",
        path = path.display()
    )]
    Held {
        /// The file.
        path: PathBuf,
        /// The item.
        id: String,
        /// Why.
        source: HeldError,
    },
}

/// Bytes of a page.
const PAGE_BYTES: i64 = 16 << 10;
/// KiB of pages that SQLite keeps in memory.
const CACHE_KIB: i64 = 24 << 10;
/// Statements that are kept prepared.
const STATEMENTS: usize = 64;

/// The ledger, open.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
}

impl Ledger {
    /// Opens the ledger, making it when it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened, is no ledger, or is of a later version.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let connection = Connection::open(path).map_err(|source| LedgerError::Sqlite {
            path: path.to_path_buf(),
            source,
        })?;
        Self::over(connection, path)
    }

    /// An empty ledger that is gone when dropped, for runs that write nothing.
    ///
    /// # Errors
    /// When SQLite has no memory for it.
    pub fn in_memory() -> Result<Self, LedgerError> {
        let path = Path::new("(memory)");
        let connection = Connection::open_in_memory().map_err(|source| LedgerError::Sqlite {
            path: path.to_path_buf(),
            source,
        })?;
        Self::over(connection, path)
    }

    fn over(mut connection: Connection, path: &Path) -> Result<Self, LedgerError> {
        let at = |source| LedgerError::Sqlite {
            path: path.to_path_buf(),
            source,
        };
        // Ids are in no order: with little room, pages go out and come in again for every item.
        // Of a new ledger only. Shards and decisions are long for the 4 KiB that SQLite would take.
        connection
            .pragma_update(None, "page_size", PAGE_BYTES)
            .map_err(at)?;
        connection
            .pragma_update(None, "cache_size", -CACHE_KIB)
            .map_err(at)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let version: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(at)?;
        match version {
            SCHEMA => {}
            older @ ..SCHEMA => schema::migrate(&mut connection, older).map_err(at)?,
            found => {
                return Err(LedgerError::Newer {
                    path: path.to_path_buf(),
                    found,
                });
            }
        }
        Ok(Self {
            connection,
            path: path.to_path_buf(),
        })
    }

    /// Starts the transaction of one run.
    ///
    /// # Errors
    /// When the ledger is in use by another run.
    pub fn begin(&mut self) -> Result<Round<'_>, LedgerError> {
        let path = self.path.clone();
        let behaviour = rusqlite::TransactionBehavior::Immediate;
        let begun = self.connection.transaction_with_behavior(behaviour);
        let round = begun.and_then(|transaction| {
            let greatest = "SELECT coalesce(max(number), 0) FROM shard";
            let greatest = transaction.query_row(greatest, [], |row| row.get(0))?;
            Ok((transaction, Shards::after(greatest)))
        });
        match round {
            Ok((transaction, shards)) => Ok(Round {
                transaction,
                path,
                shards,
            }),
            Err(source) => Err(LedgerError::Sqlite { path, source }),
        }
    }
}

/// One run's view of the ledger; dropped without [`Round::commit`] or [`Round::keep`] it leaves no
/// trace.
#[derive(Debug)]
pub struct Round<'a> {
    transaction: Transaction<'a>,
    path: PathBuf,
    shards: Shards,
}

impl Round<'_> {
    fn at<T>(&self, result: rusqlite::Result<T>) -> Result<T, LedgerError> {
        result.map_err(|source| LedgerError::Sqlite {
            path: self.path.clone(),
            source,
        })
    }

    /// The connection, for tables of others in the same file.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.transaction
    }

    /// Writes what is in memory to the file, so that little is left to do for [`Self::commit`]. It
    /// is not permanent by that.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn flush(&self) -> Result<(), LedgerError> {
        self.at(self.transaction.cache_flush())
    }

    /// Enters the bundle that was made, and makes the whole run permanent.
    ///
    /// # Errors
    /// When the ledger cannot be written; then nothing of the run is in it.
    pub fn commit(self, epoch: u64, bundle: &SentBundle) -> Result<(), LedgerError> {
        self.enter_sent(epoch, bundle)?;
        self.keep()
    }

    /// Makes the whole run permanent.
    ///
    /// # Errors
    /// When the ledger cannot be written; then nothing of the run is in it.
    pub fn keep(self) -> Result<(), LedgerError> {
        let Self {
            transaction, path, ..
        } = self;
        transaction
            .commit()
            .map_err(|source| LedgerError::Sqlite { path, source })
    }
}

/// SQLite's integers are signed; sequence numbers never come near the limit.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::ItemId;

    fn bundle(seq: u64) -> SentBundle {
        let text = |what: &str| format!("{what}{seq}");
        SentBundle {
            seq,
            head: text("head"),
            content: text("content"),
            created: text("at"),
        }
    }

    #[test]
    fn a_round_that_is_not_committed_leaves_no_trace() {
        let directory = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&directory.path().join("l.sqlite")).unwrap();
        let id = ItemId("ab-1".into());
        let round = ledger.begin().unwrap();
        round.know(&id, "contact", true).unwrap();
        assert_eq!(round.opted_in().unwrap(), [id]);
        drop(round);
        let round = ledger.begin().unwrap();
        assert!(round.opted_in().unwrap().is_empty());
        assert_eq!(round.last_sent(1).unwrap(), None);
    }

    #[test]
    fn only_what_is_acknowledged_is_agreed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("l.sqlite");
        let mut ledger = Ledger::open(&path).unwrap();
        let id = ItemId("ab-1".into());
        for (seq, hash) in [(1, "old"), (2, "new")] {
            let round = ledger.begin().unwrap();
            round.know(&id, "contact", seq == 1).unwrap();
            round.send(1, seq, &id, hash).unwrap();
            round.commit(1, &bundle(seq)).unwrap();
        }
        let round = ledger.begin().unwrap();
        assert_eq!(round.agreed(&id).unwrap(), None);
        assert_eq!(round.last_sent(1).unwrap(), Some(bundle(2)));
        assert_eq!(round.opted_in().unwrap(), std::slice::from_ref(&id));
        round.acknowledge(1, 1).unwrap();
        round.keep().unwrap();
        drop(ledger);
        let mut ledger = Ledger::open(&path).unwrap();
        let round = ledger.begin().unwrap();
        assert_eq!(round.agreed(&id).unwrap().as_deref(), Some("old"));
        assert_eq!(round.last_acknowledged(1).unwrap(), Some(bundle(1)));
        round.acknowledge(1, 2).unwrap();
        assert_eq!(round.agreed(&id).unwrap().as_deref(), Some("new"));
    }

    #[test]
    fn a_later_version_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("l.sqlite");
        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "user_version", 99)
            .unwrap();
        assert!(matches!(
            Ledger::open(&path),
            Err(LedgerError::Newer { found: 99, .. })
        ));
    }

    #[test]
    fn version_one_becomes_two_and_keeps_what_it_knew() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("l.sqlite");
        let old = Connection::open(&path).unwrap();
        schema::version_one(&old).unwrap();
        old.execute_batch(
            "INSERT INTO item (id, kind, opted_in, agreed) VALUES ('ab-1', 'contact', 1, 'old');
             INSERT INTO bundle (epoch, seq, head, content, created, acknowledged)
             VALUES (1, 1, 'head1', 'content1', 'at1', 1);
             INSERT INTO sent (epoch, seq, id, hash) VALUES (1, 2, 'ab-1', 'new');",
        )
        .unwrap();
        drop(old);
        let mut ledger = Ledger::open(&path).unwrap();
        let round = ledger.begin().unwrap();
        assert_eq!(round.opted_in().unwrap(), [ItemId("ab-1".into())]);
        assert_eq!(round.last_sent(1).unwrap(), Some(bundle(1)));
        assert_eq!(round.last_acknowledged(1).unwrap(), Some(bundle(1)));
        // It is sent once more.
        assert_eq!(round.agreed(&ItemId("ab-1".into())).unwrap(), None);
        drop(round);
        drop(ledger);
        let version: i64 = Connection::open(&path)
            .unwrap()
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap();
        assert_eq!(version, SCHEMA);
        Ledger::open(&path).unwrap();
    }
}
