//! The ledger: what was sent in which bundle, and what the peer has acknowledged.
//!
//! *Shape*: one SQLite file, tables below. People may read it with any SQLite tool.
//!
//! *Invariants*: one export is one transaction, the sequence number included. Change is judged
//! against the last *agreed* state, never the last sent one: a bundle that got lost must not lose
//! its items.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use thiserror::Error;

use crate::item::ItemId;

/// The version of the tables, in SQLite's `user_version`.
const SCHEMA: i64 = 1;

const TABLES: &str = "
CREATE TABLE bundle (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    head TEXT NOT NULL,            -- SHA-256 of the head of part 1
    content TEXT NOT NULL,         -- SHA-256 over the index hashes of all parts
    created TEXT NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (epoch, seq)) STRICT;
CREATE TABLE item (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL,
    opted_in INTEGER NOT NULL DEFAULT 0,
    agreed TEXT) STRICT;           -- semantic hash that the peer has acknowledged
CREATE TABLE sent (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    id TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (epoch, seq, id)) STRICT, WITHOUT ROWID;
";

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
        "{path}: ledger version {found} is newer than this airbridge knows ({SCHEMA}): update airbridge",
        path = path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
}

/// A bundle that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentBundle {
    /// Sequence number, from 1.
    pub seq: u64,
    /// SHA-256 of the head of its first part, hex.
    pub head: String,
    /// SHA-256 over the index hashes of its parts, hex.
    pub content: String,
    /// When it was made, RFC 3339.
    pub created: String,
}

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
        let version: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(at)?;
        match version {
            SCHEMA => {}
            0 => {
                let make = connection.transaction().map_err(at)?;
                make.execute_batch(TABLES).map_err(at)?;
                make.pragma_update(None, "user_version", SCHEMA)
                    .map_err(at)?;
                make.commit().map_err(at)?;
            }
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

    /// Starts the transaction of one export.
    ///
    /// # Errors
    /// When the ledger is in use by another run.
    pub fn begin(&mut self) -> Result<Round<'_>, LedgerError> {
        let path = self.path.clone();
        let behaviour = rusqlite::TransactionBehavior::Immediate;
        match self.connection.transaction_with_behavior(behaviour) {
            Ok(transaction) => Ok(Round { transaction, path }),
            Err(source) => Err(LedgerError::Sqlite { path, source }),
        }
    }
}

/// One export's view of the ledger; dropped without [`Round::commit`] it leaves no trace.
#[derive(Debug)]
pub struct Round<'a> {
    transaction: Transaction<'a>,
    path: PathBuf,
}

impl Round<'_> {
    fn at<T>(&self, result: rusqlite::Result<T>) -> Result<T, LedgerError> {
        result.map_err(|source| LedgerError::Sqlite {
            path: self.path.clone(),
            source,
        })
    }

    /// The last bundle sent in this epoch.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_sent(&self, epoch: u64) -> Result<Option<SentBundle>, LedgerError> {
        self.bundle(
            "epoch = ?1 ORDER BY seq DESC LIMIT 1",
            params![signed(epoch)],
        )
    }

    /// The last bundle of this epoch that the peer has acknowledged.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_acknowledged(&self, epoch: u64) -> Result<Option<SentBundle>, LedgerError> {
        let last = "epoch = ?1 AND acknowledged = 1 ORDER BY seq DESC LIMIT 1";
        self.bundle(last, params![signed(epoch)])
    }

    /// The bundle of one sequence number.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn sent(&self, epoch: u64, seq: u64) -> Result<Option<SentBundle>, LedgerError> {
        self.bundle(
            "epoch = ?1 AND seq = ?2",
            params![signed(epoch), signed(seq)],
        )
    }

    /// The first bundle that meets a condition in SQL.
    fn bundle(
        &self,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Option<SentBundle>, LedgerError> {
        let sql = format!("SELECT seq, head, content, created FROM bundle WHERE {condition}");
        self.at(self
            .transaction
            .query_row(&sql, values, bundle_row)
            .optional())
    }

    /// The semantic hash that both sides agreed on, if any.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn agreed(&self, id: &ItemId) -> Result<Option<String>, LedgerError> {
        let query = self
            .transaction
            .prepare_cached("SELECT agreed FROM item WHERE id = ?1");
        let found = query.and_then(|mut query| {
            query
                .query_row(params![id.0], |row| row.get::<_, Option<String>>(0))
                .optional()
        });
        Ok(self.at(found)?.flatten())
    }

    /// The ids of all contacts that have opted in.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn opted_in(&self) -> Result<Vec<ItemId>, LedgerError> {
        let read = || {
            let mut query = self
                .transaction
                .prepare("SELECT id FROM item WHERE opted_in = 1 ORDER BY id")?;
            let rows = query.query_map([], |row| row.get(0).map(ItemId))?;
            rows.collect()
        };
        self.at(read())
    }

    /// Notes an item and, for a contact, that it is in the sync, which it never leaves by itself.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn know(&self, id: &ItemId, kind: &str, opted_in: bool) -> Result<(), LedgerError> {
        let write = || {
            self.transaction
                .prepare_cached(
                    "INSERT INTO item (id, kind, opted_in) VALUES (?1, ?2, ?3)
                     ON CONFLICT (id) DO UPDATE SET opted_in = max(opted_in, excluded.opted_in)",
                )?
                .execute(params![id.0, kind, opted_in])
        };
        self.at(write()).map(drop)
    }

    /// Notes that an item goes out with this semantic hash.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn send(&self, epoch: u64, seq: u64, id: &ItemId, hash: &str) -> Result<(), LedgerError> {
        let write = || {
            self.transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO sent (epoch, seq, id, hash) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![signed(epoch), signed(seq), id.0, hash])
        };
        self.at(write()).map(drop)
    }

    /// Enters the bundle and makes the whole round permanent.
    ///
    /// # Errors
    /// When the ledger cannot be written; then nothing of the round is in it.
    pub fn commit(self, epoch: u64, bundle: &SentBundle) -> Result<(), LedgerError> {
        let written = self.transaction.execute(
            "INSERT OR REPLACE INTO bundle (epoch, seq, head, content, created)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                signed(epoch),
                signed(bundle.seq),
                bundle.head,
                bundle.content,
                bundle.created
            ],
        );
        self.at(written)?;
        let Self { transaction, path } = self;
        transaction
            .commit()
            .map_err(|source| LedgerError::Sqlite { path, source })
    }

    /// Takes the peer's acknowledgement of everything up to a bundle: what it carried is now
    /// agreed.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn acknowledge(self, epoch: u64, seq: u64) -> Result<(), LedgerError> {
        let write = || {
            let range = params![signed(epoch), signed(seq)];
            self.transaction.execute(
                "UPDATE item SET agreed = (SELECT hash FROM sent
                     WHERE sent.id = item.id AND epoch = ?1 AND seq <= ?2
                     ORDER BY seq DESC LIMIT 1)
                 WHERE id IN (SELECT id FROM sent WHERE epoch = ?1 AND seq <= ?2)",
                range,
            )?;
            self.transaction
                .execute("DELETE FROM sent WHERE epoch = ?1 AND seq <= ?2", range)?;
            self.transaction.execute(
                "UPDATE bundle SET acknowledged = 1 WHERE epoch = ?1 AND seq <= ?2",
                range,
            )
        };
        self.at(write())?;
        let Self { transaction, path } = self;
        transaction
            .commit()
            .map_err(|source| LedgerError::Sqlite { path, source })
    }
}

fn bundle_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<SentBundle> {
    let seq: i64 = row.get(0)?;
    Ok(SentBundle {
        seq: u64::try_from(seq).unwrap_or_default(),
        head: row.get(1)?,
        content: row.get(2)?,
        created: row.get(3)?,
    })
}

/// SQLite's integers are signed; sequence numbers never come near the limit.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        drop(ledger);
        let mut ledger = Ledger::open(&path).unwrap();
        let round = ledger.begin().unwrap();
        assert_eq!(round.agreed(&id).unwrap().as_deref(), Some("old"));
        assert_eq!(round.last_acknowledged(1).unwrap(), Some(bundle(1)));
        round.acknowledge(1, 2).unwrap();
        let round = ledger.begin().unwrap();
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
}
