//! Shards of records in the ledger: what is held of items that were only seen, as it went out.
//!
//! *Shape*: lines of canonical JSON, as in a bundle's `data/records`, deflated together.

use std::cell::RefCell;
use std::io::Read;

use flate2::bufread::DeflateDecoder;
use rusqlite::{OptionalExtension, params};

use super::{LedgerError, Round, unsigned};
use crate::item::ItemId;
use crate::limits;

/// The shards of a run.
#[derive(Debug)]
pub(super) struct Shards {
    /// The number of the first one that the run makes.
    pub(super) first: i64,
    /// The one that was read last, inflated: items that are read together mostly went out together.
    last: RefCell<Option<(i64, Vec<u8>)>>,
}

impl Shards {
    /// Those after the greatest number that there is.
    pub(super) fn after(greatest: i64) -> Self {
        Self {
            first: greatest.saturating_add(1),
            last: RefCell::default(),
        }
    }
}

impl Round<'_> {
    /// Keeps a shard of this run, deflated.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn keep_shard(&self, number: u32, deflated: &[u8]) -> Result<(), LedgerError> {
        let number = self.shards.first.saturating_add(number.into());
        let write = || {
            self.transaction
                .prepare_cached("INSERT INTO shard (number, records) VALUES (?1, ?2)")?
                .execute(params![number, deflated])
        };
        self.at(write()).map(drop)
    }

    /// Forgets shards of which no record is needed any more.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn forget_shards(&self) -> Result<(), LedgerError> {
        if self.shards.first == 1 {
            // All there are were made by this run, of records that its items need.
            return Ok(());
        }
        let sql = "DELETE FROM shard WHERE number NOT IN
                   (SELECT shard FROM item WHERE shard IS NOT NULL)";
        self.at(self.transaction.execute(sql, [])).map(drop)
    }

    /// The record by which an item is held, if it is held by one.
    pub(super) fn record(&self, id: &ItemId) -> Result<Option<Vec<u8>>, LedgerError> {
        let place = || {
            self.transaction
                .prepare_cached(
                    "SELECT shard, at, size FROM item WHERE id = ?1 AND shard IS NOT NULL",
                )?
                .query_row(params![id.0], |row| {
                    Ok((row.get(0)?, unsigned(row.get(1)?), unsigned(row.get(2)?)))
                })
                .optional()
        };
        let Some((number, at, size)) = self.at(place())? else {
            return Ok(None);
        };
        let mut last = self.shards.last.borrow_mut();
        let records = match &mut *last {
            Some((known, records)) if *known == number => records,
            other => {
                let records = self.inflated(number)?;
                &mut other.insert((number, records)).1
            }
        };
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        Ok(records.get(start..end).map(<[u8]>::to_vec))
    }

    fn inflated(&self, number: i64) -> Result<Vec<u8>, LedgerError> {
        let read = || -> rusqlite::Result<Vec<u8>> {
            self.transaction
                .prepare_cached("SELECT records FROM shard WHERE number = ?1")?
                .query_row(params![number], |row| row.get(0))
        };
        let deflated = self.at(read())?;
        let mut records = Vec::new();
        let inflated = DeflateDecoder::new(deflated.as_slice())
            .take(2 * limits::BUNDLE_LINE_BYTES as u64)
            .read_to_end(&mut records);
        inflated.map_err(|error| LedgerError::Shard {
            path: self.path.clone(),
            number,
            error,
        })?;
        Ok(records)
    }
}
