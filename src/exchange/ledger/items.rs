//! Items in the ledger: what is known of each, and the registers.
//!
//! *Shape*: the registers of an item that was only seen are those of the record that went out with
//! it, and stand in a shard of such records; all others have a body of their own, which goes first.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, params};

use super::marks::Marked;
use super::unlinked::LINKED;
use super::{LedgerError, Round, signed, unsigned};
use crate::bundle::Place;
use crate::bundle::accounting::id_key;
use crate::exchange::held_item::{HeldError, HeldItem};
use crate::item::{IdentityKey, ItemId};
use crate::merge::Prefer;

/// What is known of an item, less its registers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Its kind.
    pub kind: String,
    /// What a person would call it.
    pub title: String,
    /// The version of the registers that the peer has.
    pub agreed: Option<String>,
    /// The hash of what was last seen in the store.
    pub native: Option<String>,
    /// The version of the registers.
    pub version: Option<String>,
    /// Whether it is no longer in the store.
    pub absent: bool,
    /// Whether it is deleted.
    pub gone: bool,
    /// Fields that wait for the store.
    pub pending: u64,
    /// Fields that wait for a decision.
    pub conflicts: u64,
}

/// An item that was not in the ledger, as it is entered.
#[derive(Debug, Clone, Copy)]
pub struct NewItem<'a> {
    /// Its id.
    pub id: &'a ItemId,
    /// Its kind.
    pub kind: &'static str,
    /// Whether it is in the sync, which it never leaves by itself.
    pub opted_in: bool,
    /// What a person would call it.
    pub title: &'a str,
    /// The version of its registers.
    pub version: &'a str,
    /// The hash of what was seen in the store.
    pub native: &'a str,
    /// Where it was seen.
    pub source: Option<&'a str>,
    /// What is remembered of it.
    pub marked: Option<&'a Marked>,
}

/// Items that wait for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// For a decision.
    Decision,
    /// For the store.
    Store,
    /// For the peer: it does not have their present state.
    Peer,
}

impl Waiting {
    fn condition(self) -> &'static str {
        match self {
            Self::Decision => "conflicts > 0",
            Self::Store => "pending > 0 AND absent = 0",
            Self::Peer => "version IS NOT NULL AND version IS NOT agreed",
        }
    }
}

impl Round<'_> {
    /// The version that both sides agreed on, if any.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn agreed(&self, id: &ItemId) -> Result<Option<String>, LedgerError> {
        Ok(self.row(id)?.and_then(|row| row.agreed))
    }

    /// What is known of an item.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn row(&self, id: &ItemId) -> Result<Option<Row>, LedgerError> {
        let query = self.transaction.prepare_cached(
            "SELECT kind, title, agreed, native, version, absent, gone, pending, conflicts
             FROM item WHERE id = ?1",
        );
        self.at(query.and_then(|mut query| {
            query
                .query_row(params![id.0], |row| {
                    Ok(Row {
                        kind: row.get(0)?,
                        title: row.get(1)?,
                        agreed: row.get(2)?,
                        native: row.get(3)?,
                        version: row.get(4)?,
                        absent: row.get(5)?,
                        gone: row.get(6)?,
                        pending: unsigned(row.get(7)?),
                        conflicts: unsigned(row.get(8)?),
                    })
                })
                .optional()
        }))
    }

    /// The items that wait for something, by id.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn waiting(&self, waiting: Waiting) -> Result<Vec<ItemId>, LedgerError> {
        self.ids(waiting.condition())
    }

    /// How many items there are, and how many wait for something.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn count(&self, waiting: Option<Waiting>) -> Result<u64, LedgerError> {
        let condition = waiting.map_or("gone = 0", Waiting::condition);
        let sql = format!("SELECT count(*) FROM item WHERE {condition}");
        let count = self.transaction.query_row(&sql, [], |row| row.get(0));
        Ok(unsigned(self.at(count)?))
    }

    /// The ids of items that are there, by the registers.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn known_items(&self) -> Result<Vec<ItemId>, LedgerError> {
        self.ids(&format!("gone = 0 AND version IS NOT NULL AND {LINKED}"))
    }

    pub(super) fn ids(&self, condition: &str) -> Result<Vec<ItemId>, LedgerError> {
        let read = || {
            let sql = format!("SELECT id FROM item WHERE {condition} ORDER BY id");
            let mut query = self.transaction.prepare(&sql)?;
            let rows = query.query_map([], |row| row.get(0).map(ItemId))?;
            rows.collect()
        };
        self.at(read())
    }

    /// How many items are there by the registers, and those of them that were not met.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn not_met(&self, met: &HashSet<u128>) -> Result<(u64, Vec<ItemId>), LedgerError> {
        let read = || {
            let mut query = self.transaction.prepare(&format!(
                "SELECT id FROM item WHERE gone = 0 AND version IS NOT NULL AND {LINKED}
                 ORDER BY id",
            ))?;
            let mut rows = query.query([])?;
            let (mut known, mut missing) = (0_u64, Vec::new());
            while let Some(row) = rows.next()? {
                let id = row.get_ref(0)?.as_str()?;
                known = known.saturating_add(1);
                if !met.contains(&id_key(id)) {
                    missing.push(ItemId(id.to_owned()));
                }
            }
            Ok((known, missing))
        };
        self.at(read())
    }

    /// The items that the peer does not have as they are, and that do not go out with a bundle.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn unsent(&self, epoch: u64, seq: u64) -> Result<Vec<ItemId>, LedgerError> {
        let read = || {
            let mut query = self.transaction.prepare(&format!(
                "SELECT id FROM item WHERE version IS NOT NULL AND version IS NOT agreed
                 AND NOT EXISTS (SELECT 1 FROM sent
                     WHERE epoch = ?1 AND seq = ?2 AND sent.id = item.id) AND {LINKED} ORDER BY id"
            ))?;
            let rows = query.query_map(params![signed(epoch), signed(seq)], |row| {
                row.get(0).map(ItemId)
            })?;
            rows.collect()
        };
        self.at(read())
    }

    /// The items that were last seen in a source and are there still, as far as is known.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn seen_in(&self, source: &str) -> Result<Vec<(ItemId, String)>, LedgerError> {
        let read = || {
            let mut query = self.transaction.prepare(
                "SELECT id, title FROM item
                 WHERE source = ?1 AND absent = 0 AND native IS NOT NULL ORDER BY id",
            )?;
            let rows = query.query_map([source], |row| {
                Ok((ItemId(row.get(0)?), row.get::<_, String>(1)?))
            })?;
            rows.collect()
        };
        self.at(read())
    }

    /// Enters a new item. Its registers are those of the record at a place in a shard, or are held
    /// apart.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn enter(&self, new: &NewItem<'_>, place: Option<Place>) -> Result<(), LedgerError> {
        let write = || {
            self.transaction
                .prepare_cached(
                    "INSERT INTO item
                     (id, kind, opted_in, title, version, native, source, shard, at, size,
                     mark, content, decision)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                     ON CONFLICT (id) DO UPDATE SET kind = excluded.kind,
                     opted_in = max(opted_in, excluded.opted_in), title = excluded.title,
                     version = excluded.version, native = excluded.native,
                     source = coalesce(excluded.source, source), shard = excluded.shard,
                     at = excluded.at, size = excluded.size, mark = excluded.mark,
                     content = excluded.content, decision = excluded.decision,
                     absent = 0, gone = 0, pending = 0, conflicts = 0",
                )?
                .execute(params![
                    new.id.0,
                    new.kind,
                    new.opted_in,
                    title(new.title),
                    new.version,
                    new.native,
                    new.source,
                    place.map(|place| self.shards.first.saturating_add(place.shard.into())),
                    place.map(|place| signed(place.at as u64)),
                    place.map(|place| signed(place.size as u64)),
                    new.marked.map(|marked| marked.mark.to_be_bytes()),
                    new.marked.map(|marked| marked.content.to_be_bytes()),
                    new.marked.map(|marked| &marked.decision),
                ])
        };
        self.at(write()).map(drop)
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

    /// Notes what was seen of an item in the store, and where.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn see(&self, id: &ItemId, native: &str, source: Option<&str>) -> Result<(), LedgerError> {
        let write = || {
            self.transaction
                .prepare_cached(
                    "UPDATE item SET native = ?2, source = coalesce(?3, source), absent = 0
                     WHERE id = ?1",
                )?
                .execute(params![id.0, native, source])
        };
        self.at(write()).map(drop)
    }

    /// Notes that the store has no such item, and is not to.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn unsee(&self, id: &ItemId) -> Result<(), LedgerError> {
        let sql = "UPDATE item SET native = NULL, absent = 0 WHERE id = ?1";
        self.at(self.transaction.execute(sql, params![id.0]))
            .map(drop)
    }

    /// The items that are no longer in the store and are not deleted.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn absent(&self) -> Result<Vec<(ItemId, String)>, LedgerError> {
        let read = || {
            let mut query = self
                .transaction
                .prepare("SELECT id, title FROM item WHERE absent = 1 AND gone = 0 ORDER BY id")?;
            let rows = query.query_map([], |row| {
                Ok((ItemId(row.get(0)?), row.get::<_, String>(1)?))
            })?;
            rows.collect()
        };
        self.at(read())
    }

    /// Notes that an item is no longer in the store.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn miss(&self, id: &ItemId) -> Result<(), LedgerError> {
        let sql = "UPDATE item SET absent = 1 WHERE id = ?1";
        self.at(self.transaction.execute(sql, params![id.0]))
            .map(drop)
    }

    /// What the peer has of an item, known from a bundle of its own: older sendings say less.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn agree(&self, id: &ItemId, version: &str) -> Result<(), LedgerError> {
        let write = || {
            self.transaction
                .prepare_cached("UPDATE item SET agreed = ?2 WHERE id = ?1")?
                .execute(params![id.0, version])?;
            self.transaction
                .prepare_cached("DELETE FROM sent WHERE id = ?1")?
                .execute(params![id.0])
        };
        self.at(write()).map(drop)
    }

    /// The items of a new beginning: the peer is known to have none of them.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn forget_agreed(&self) -> Result<(), LedgerError> {
        let sql = "UPDATE item SET agreed = NULL; DELETE FROM sent;";
        self.at(self.transaction.execute_batch(sql))
    }

    /// The registers of an item.
    ///
    /// # Errors
    /// When the ledger cannot be read, or what it holds is broken.
    pub fn held(&self, id: &ItemId) -> Result<Option<HeldItem>, LedgerError> {
        if let Some(body) = self.body(id)? {
            return self.decode(id, &body).map(Some);
        }
        let Some(record) = self.record(id)? else {
            return Ok(None);
        };
        let held = HeldItem::of_record(&record).map_err(|source| self.broken(id, source))?;
        Ok(Some(held))
    }

    pub(super) fn decode(&self, id: &ItemId, body: &[u8]) -> Result<HeldItem, LedgerError> {
        HeldItem::decode(body).map_err(|source| self.broken(id, source))
    }

    pub(in crate::exchange) fn broken(&self, id: &ItemId, source: HeldError) -> LedgerError {
        LedgerError::Held {
            path: self.path.clone(),
            id: id.0.clone(),
            source,
        }
    }

    pub(super) fn body(&self, id: &ItemId) -> Result<Option<Vec<u8>>, LedgerError> {
        let query = self
            .transaction
            .prepare_cached("SELECT body FROM held WHERE id = ?1");
        self.at(
            query.and_then(|mut query| query.query_row(params![id.0], |row| row.get(0)).optional())
        )
    }

    /// Keeps the registers of an item; the version they have.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn hold(&self, item: &HeldItem, prefer: Prefer) -> Result<String, LedgerError> {
        let id = &item.like.id;
        let encoded = item
            .encode(prefer)
            .map_err(|source| self.broken(id, source))?;
        self.know(id, item.like.kind().name(), false)?;
        let row = Row {
            title: title(item.like.title()),
            version: Some(encoded.version.clone()),
            gone: !item.held.state.exists(prefer),
            pending: encoded.pending,
            conflicts: item.held.state.conflicts(prefer).len() as u64,
            ..Row::default()
        };
        self.hold_body(id, &row, &encoded.body)?;
        Ok(encoded.version)
    }

    /// Keeps a body that is made already.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn hold_body(&self, id: &ItemId, row: &Row, body: &[u8]) -> Result<(), LedgerError> {
        let write = || {
            self.transaction
                .prepare_cached(
                    "UPDATE item SET title = ?2, version = ?3, gone = ?4, pending = ?5,
                     conflicts = ?6, shard = NULL WHERE id = ?1",
                )?
                .execute(params![
                    id.0,
                    row.title,
                    row.version,
                    row.gone,
                    signed(row.pending),
                    signed(row.conflicts)
                ])
        };
        self.at(write())?;
        self.set_body(id, body)
    }

    /// Keeps the body of an item, whose row says what it is.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn set_body(&self, id: &ItemId, body: &[u8]) -> Result<(), LedgerError> {
        let write = || {
            self.transaction
                .prepare_cached("INSERT OR REPLACE INTO held (id, body) VALUES (?1, ?2)")?
                .execute(params![id.0, body])
        };
        self.at(write()).map(drop)
    }

    /// Forgets an item that could not be sent after all.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn forget(&self, id: &ItemId) -> Result<(), LedgerError> {
        let write = || {
            for sql in [
                "DELETE FROM sent WHERE id = ?1",
                "DELETE FROM held WHERE id = ?1 \
                 AND id IN (SELECT id FROM item WHERE agreed IS NULL)",
                "UPDATE item SET native = NULL WHERE id = ?1",
                "UPDATE item SET version = NULL WHERE id = ?1 AND agreed IS NULL",
            ] {
                self.transaction.execute(sql, params![id.0])?;
            }
            Ok(())
        };
        self.at(write())
    }

    /// Notes what an item is known by. A key stays with the item that had it first.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn identify(&self, key: &IdentityKey, id: &ItemId) -> Result<(), LedgerError> {
        let Some((how, key)) = how(key) else {
            return Ok(());
        };
        let write = || {
            self.transaction
                .prepare_cached(
                    "INSERT OR IGNORE INTO identity (how, key, id) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![how, key, id.0])
        };
        self.at(write()).map(drop)
    }

    /// Notes by which name and date a copy is known, of an item that it shares its identity with.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn know_copy(
        &self,
        shared: &ItemId,
        keys: &[IdentityKey],
        copy: &ItemId,
    ) -> Result<(), LedgerError> {
        let Some(key) = copy_key(shared, keys) else {
            return Ok(());
        };
        let sql = "INSERT OR IGNORE INTO identity (how, key, id) VALUES ('copy', ?1, ?2)";
        self.at(self.transaction.execute(sql, params![key, copy.0]))
            .map(drop)
    }

    /// The copy with this name and date of an item, if the ledger has one.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn copy_of(
        &self,
        shared: &ItemId,
        keys: &[IdentityKey],
    ) -> Result<Option<ItemId>, LedgerError> {
        let Some(key) = copy_key(shared, keys) else {
            return Ok(None);
        };
        let query = self.transaction.prepare_cached(
            "SELECT identity.id FROM identity JOIN item ON item.id = identity.id
             WHERE how = 'copy' AND key = ?1 AND version IS NOT NULL AND gone = 0",
        );
        self.at(query.and_then(|mut query| {
            query
                .query_row(params![key], |row| row.get(0).map(ItemId))
                .optional()
        }))
    }

    /// The item that is known by a key.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn identified(&self, key: &IdentityKey) -> Result<Option<ItemId>, LedgerError> {
        let Some((how, key)) = how(key) else {
            return Ok(None);
        };
        let query = self
            .transaction
            .prepare_cached("SELECT id FROM identity WHERE how = ?1 AND key = ?2");
        self.at(query.and_then(|mut query| {
            query
                .query_row(params![how, key], |row| row.get(0).map(ItemId))
                .optional()
        }))
    }
}

/// What a copy is known by beside the id that it shares.
fn copy_key(shared: &ItemId, keys: &[IdentityKey]) -> Option<String> {
    keys.iter().find_map(|key| match key {
        IdentityKey::NameAndDate(key) => Some(format!("{} {key}", shared.0)),
        _ => None,
    })
}

/// A title, as far as it is kept.
fn title(title: &str) -> String {
    title.chars().take(200).collect()
}

/// The keys by which a ledger knows an item; a name and a date only suggest, and an address is
/// shared by namesakes.
fn how(key: &IdentityKey) -> Option<(&'static str, &str)> {
    match key {
        IdentityKey::BridgeId(key) => Some(("bridge_id", key)),
        IdentityKey::GlobalObjectId(key) => Some(("global_object_id", key)),
        IdentityKey::SearchKey(key) => Some(("search_key", key)),
        IdentityKey::MessageId(key) => Some(("message_id", key)),
        IdentityKey::Email(key) => Some(("email", key)),
        IdentityKey::NameAndDate(_) => None,
    }
}
