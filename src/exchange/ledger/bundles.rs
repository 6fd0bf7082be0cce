//! Bundles in the ledger: sent, acknowledged, received.
//!
//! *Spec*: `formats/bundle.md`, section 12; `formats/exchange.md`, sections 4 and 5.

use rusqlite::{OptionalExtension, params};

use super::{LedgerError, Round, signed, unsigned};
use crate::bundle::{Ack, Base, LedgerView, Seen, Sha256Hash};
use crate::item::ItemId;

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

/// A bundle of the peer that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its place in the sequence of the peer.
    pub seen: Seen,
    /// Its kind, as its head says.
    pub kind: String,
    /// When it was made.
    pub created: String,
    /// When it was applied.
    pub applied: String,
}

impl Round<'_> {
    /// The last bundle sent in this epoch.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_sent(&self, epoch: u64) -> Result<Option<SentBundle>, LedgerError> {
        let last = "epoch = ?1 ORDER BY seq DESC LIMIT 1";
        self.bundle(last, params![signed(epoch)])
    }

    /// The last bundle of this epoch that the peer has acknowledged.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_acknowledged(&self, epoch: u64) -> Result<Option<SentBundle>, LedgerError> {
        let last = "epoch = ?1 AND acknowledged = 1 ORDER BY seq DESC LIMIT 1";
        self.bundle(last, params![signed(epoch)])
    }

    /// As [`Self::last_acknowledged`], for the head of the next bundle.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn base(&self, epoch: u64) -> Result<Option<Base>, LedgerError> {
        Ok(self.last_acknowledged(epoch)?.and_then(|bundle| {
            Some(Base {
                seq: bundle.seq,
                head: Sha256Hash::parse(&bundle.head)?,
            })
        }))
    }

    /// The bundle of one sequence number.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn sent(&self, epoch: u64, seq: u64) -> Result<Option<SentBundle>, LedgerError> {
        let one = "epoch = ?1 AND seq = ?2";
        self.bundle(one, params![signed(epoch), signed(seq)])
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

    pub(super) fn enter_sent(&self, epoch: u64, bundle: &SentBundle) -> Result<(), LedgerError> {
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
        self.at(written).map(drop)
    }

    /// Notes that an item goes out with this version of its registers.
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

    /// Takes the peer's acknowledgement of everything up to a bundle: what it carried is now
    /// agreed.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn acknowledge(&self, epoch: u64, seq: u64) -> Result<(), LedgerError> {
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
        self.at(write()).map(drop)
    }

    /// Forgets which items went out with the bundles of an epoch: until the peer has them by a
    /// later one, they are sent again.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn forget_sent(&self, epoch: u64) -> Result<(), LedgerError> {
        let sql = "DELETE FROM sent WHERE epoch = ?1";
        self.at(self.transaction.execute(sql, params![signed(epoch)]))
            .map(drop)
    }

    /// Takes back what the peer acknowledged after a bundle: it has lost its memory of that.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn unacknowledge(&self, epoch: u64, after: u64) -> Result<(), LedgerError> {
        let sql = "UPDATE bundle SET acknowledged = 0 WHERE epoch = ?1 AND seq > ?2";
        let range = params![signed(epoch), signed(after)];
        self.at(self.transaction.execute(sql, range)).map(drop)
    }

    /// Enters a bundle of the peer that was applied.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn enter_received(&self, received: &Received) -> Result<(), LedgerError> {
        let written = self.transaction.execute(
            "INSERT INTO received (epoch, seq, head, kind, created, applied)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                signed(received.seen.epoch),
                signed(received.seen.seq),
                received.seen.head.to_string(),
                received.kind,
                received.created,
                received.applied
            ],
        );
        self.at(written).map(drop)
    }

    /// The last bundle of the peer that was applied.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_received(&self) -> Result<Option<Received>, LedgerError> {
        let sql = "SELECT epoch, seq, head, kind, created, applied FROM received
             ORDER BY epoch DESC, seq DESC LIMIT 1";
        let found = self.at(self
            .transaction
            .query_row(sql, [], |row| {
                let seen = (row.get(0)?, row.get(1)?, row.get::<_, String>(2)?);
                Ok((seen, row.get(3)?, row.get(4)?, row.get(5)?))
            })
            .optional())?;
        Ok(
            found.and_then(|((epoch, seq, head), kind, created, applied)| {
                Some(Received {
                    seen: seen(epoch, seq, &head)?,
                    kind,
                    created,
                    applied,
                })
            }),
        )
    }

    /// What the head of the next bundle acknowledges.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn ack(&self) -> Result<Option<Ack>, LedgerError> {
        Ok(self.last_received()?.map(|last| Ack {
            epoch: last.seen.epoch,
            seq: last.seen.seq,
            head: last.seen.head,
        }))
    }

    /// What a verifier must know of the sequence.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn view(&self, allow_new_epoch: bool) -> Result<LedgerView, LedgerError> {
        let read = |table: &str| -> rusqlite::Result<Vec<Seen>> {
            let sql = format!("SELECT epoch, seq, head FROM {table} ORDER BY epoch, seq");
            let mut query = self.transaction.prepare(&sql)?;
            let rows = query.query_map([], |row| {
                let head: String = row.get(2)?;
                Ok(seen(row.get(0)?, row.get(1)?, &head))
            })?;
            rows.filter_map(Result::transpose).collect()
        };
        Ok(LedgerView {
            received: self.at(read("received"))?,
            sent: self.at(read("bundle"))?,
            allow_new_epoch,
        })
    }

    /// A note that outlives the run.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn note(&self, name: &str) -> Result<Option<String>, LedgerError> {
        self.at(self
            .transaction
            .query_row("SELECT value FROM note WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional())
    }

    /// Writes a note, or takes it away.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn set_note(&self, name: &str, value: Option<&str>) -> Result<(), LedgerError> {
        let written = match value {
            Some(value) => self.transaction.execute(
                "INSERT OR REPLACE INTO note (name, value) VALUES (?1, ?2)",
                [name, value],
            ),
            None => self
                .transaction
                .execute("DELETE FROM note WHERE name = ?1", [name]),
        };
        self.at(written).map(drop)
    }
}

fn seen(epoch: i64, seq: i64, head: &str) -> Option<Seen> {
    Some(Seen {
        epoch: unsigned(epoch),
        seq: unsigned(seq),
        head: Sha256Hash::parse(head)?,
    })
}

fn bundle_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<SentBundle> {
    Ok(SentBundle {
        seq: unsigned(row.get(0)?),
        head: row.get(1)?,
        content: row.get(2)?,
        created: row.get(3)?,
    })
}
