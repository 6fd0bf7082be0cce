//! The tables of the ledger, and how those of an earlier version become the present ones.

use rusqlite::Connection;

/// The version of the tables, in SQLite's `user_version`.
pub(super) const SCHEMA: i64 = 3;

/// Version 1: what was sent, and what was agreed.
const ONE: &str = "
CREATE TABLE bundle (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    head TEXT NOT NULL,            -- SHA-256 of the head of part 1
    content TEXT NOT NULL,         -- SHA-256 over the index hashes of all parts
    created TEXT NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (epoch, seq)) STRICT;
CREATE TABLE item (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL,
    opted_in INTEGER NOT NULL DEFAULT 0,
    agreed TEXT) STRICT;           -- version of the registers that the peer has
CREATE TABLE sent (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    id TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (epoch, seq, id)) STRICT, WITHOUT ROWID;
";

/// Version 2: registers, bundles received, undo. What version 1 agreed were hashes of another
/// kind: without them everything is sent once more, which does no harm.
const TWO: &str = "
ALTER TABLE item ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN source TEXT;                         -- where it was last seen
ALTER TABLE item ADD COLUMN native TEXT;                         -- hash of what was last seen there
ALTER TABLE item ADD COLUMN version TEXT;                        -- hash of the registers
ALTER TABLE item ADD COLUMN absent INTEGER NOT NULL DEFAULT 0;   -- no longer in the store
ALTER TABLE item ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;     -- deleted, by the registers
ALTER TABLE item ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;  -- fields that wait for the store
ALTER TABLE item ADD COLUMN conflicts INTEGER NOT NULL DEFAULT 0;
UPDATE item SET agreed = NULL;
DELETE FROM sent;
CREATE INDEX item_source ON item (source);
CREATE INDEX item_waiting ON item (id) WHERE pending > 0 OR conflicts > 0;
CREATE INDEX sent_item ON sent (id);
CREATE TABLE held (                -- registers and record, deflated JSON
    id TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE identity (            -- what an item is known by
    how TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (how, key)) STRICT, WITHOUT ROWID;
CREATE TABLE received (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    head TEXT NOT NULL, kind TEXT NOT NULL, created TEXT NOT NULL, applied TEXT NOT NULL,
    PRIMARY KEY (epoch, seq)) STRICT;
CREATE TABLE undo (                -- what the last bundle changed: the body before; NULL: not there
    id TEXT PRIMARY KEY, body BLOB) STRICT;
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
";

/// Version 3: what was only seen is kept as the records that went out, a shard of a bundle in one
/// piece; `held` has what has come to say more than that.
const THREE: &str = "
CREATE TABLE shard (               -- records, one a line, deflated
    number INTEGER PRIMARY KEY, records BLOB NOT NULL) STRICT;
ALTER TABLE item ADD COLUMN shard INTEGER;  -- where the record stands that says what is held
ALTER TABLE item ADD COLUMN at INTEGER;     -- bytes of the shard before it
ALTER TABLE item ADD COLUMN size INTEGER;   -- bytes of its line
ALTER TABLE item ADD COLUMN mark BLOB;      -- of what it was read from, and what decided: 16 bytes
ALTER TABLE item ADD COLUMN content BLOB;   -- key of its contents: 16 bytes
ALTER TABLE item ADD COLUMN decision TEXT;  -- what was decided then
CREATE INDEX item_shard ON item (shard) WHERE shard IS NOT NULL;
CREATE INDEX item_in_sync ON item (id) WHERE opted_in = 1;
CREATE INDEX item_absent ON item (id) WHERE absent = 1;
CREATE INDEX item_unsent ON item (id) WHERE version IS NOT agreed;
ALTER TABLE sent RENAME TO sent_before;
CREATE TABLE sent (
    id TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (id, epoch, seq)) STRICT, WITHOUT ROWID;
INSERT INTO sent (id, epoch, seq, hash) SELECT id, epoch, seq, hash FROM sent_before;
DROP TABLE sent_before;
";

/// Brings a ledger of an earlier version, or an empty file, to the present one.
pub(super) fn migrate(connection: &mut Connection, from: i64) -> rusqlite::Result<()> {
    let make = connection.transaction()?;
    if from < 1 {
        make.execute_batch(ONE)?;
    }
    if from < 2 {
        make.execute_batch(TWO)?;
    }
    make.execute_batch(THREE)?;
    make.pragma_update(None, "user_version", SCHEMA)?;
    make.commit()
}

/// The tables of version 1, for tests of the migration.
#[cfg(test)]
pub(super) fn version_one(make: &Connection) -> rusqlite::Result<()> {
    make.execute_batch(ONE)?;
    make.pragma_update(None, "user_version", 1)
}
