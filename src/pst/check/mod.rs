//! A strict check of a store: does it keep the rules of its format, and those that SCANPST and
//! Outlook have beyond it?
//!
//! *Spec*: \[MS-PST\]; `docs/check.md` lists every rule with its source.
//!
//! *Shape*: the three layers, as on the reading side. `ndb` reads every page and block once, in the
//! order of the file; `ltp` holds a heap or table against its rules; `messaging` goes through the
//! nodes and compares what is said twice.
//!
//! *Invariants*: nothing is written; a breach is a value, never an end; memory holds a few dozen
//! bytes for each block and node and a bit for each 64 bytes of the file; blocks are read at most
//! so many times as [`limits`](crate::limits) allow, so that a store that leads in circles ends.

mod ltp;
mod messaging;
mod ndb;
pub mod report;
pub mod rule;

use std::io;

use crate::file_bytes::FileBytes;

use super::ndb::Database;
use super::ndb::database::DatabaseError;

pub use report::{Breach, Place, Report};
pub use rule::{Rule, Severity};

use report::Breaches;

/// Checks a store, unless `go_on` says to stop.
///
/// # Errors
/// When the bytes cannot be read, are no store, or end in its header; when it is to stop. All other
/// damage is in the report.
pub fn check(file: &FileBytes, go_on: GoOn<'_>) -> Result<Report, DatabaseError> {
    let db = Database::open(file.clone())?;
    let breaches = Breaches::default();
    let ground = ndb::check(&db, &breaches, go_on)?;
    ndb::owners::name(&ground);
    messaging::check(&ground);
    go_on()?;
    Ok(breaches.into_report())
}

/// Asked between blocks and nodes whether to go on; what it answers ends the check.
pub type GoOn<'a> = &'a dyn Fn() -> io::Result<()>;

/// Every rule, layer by layer.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [ndb::rules::ALL, ltp::rules::ALL, messaging::rules::ALL]
        .into_iter()
        .flatten()
        .copied()
}
