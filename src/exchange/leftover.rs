//! What goes out of items that no input has: deletions, decisions, and what awaits one.
//!
//! *Spec*: `formats/exchange.md`, sections 4 and 6.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bundle::accounting::id_key;
use crate::bundle::{Outcome, Record, ReportLine, Stream};
use crate::item::ItemId;

use super::export::{ExportError, Options};
use super::held_item::{DELETED, Deleted};
use super::outgoing::{Leftover, is_mass_deletion};
use super::tally::{Tally, bump};
use super::work::ItemRecord;

impl Tally<'_> {
    /// Looks for what the ledger knows of the inputs that were read and that is no longer there.
    /// The deletions that the peer must hear of.
    pub(super) fn missing<'n>(
        &mut self,
        names: impl Iterator<Item = &'n Arc<str>>,
        options: Options,
    ) -> Result<u64, ExportError> {
        let (mut known, mut missing) = (0_u64, Vec::new());
        let names: BTreeSet<&str> = names.map(|name| &**name).collect();
        for name in names.iter().filter(|name| !self.broken.contains(**name)) {
            for (id, title) in self.outgoing.round.seen_in(name)? {
                bump(&mut known);
                if !self.met.contains(&id_key(&id.0)) {
                    missing.push((id, title));
                }
            }
        }
        let count = missing.len() as u64;
        if is_mass_deletion(count, known) && !options.allow_deletions {
            return Err(ExportError::Deletions {
                missing: count,
                known,
            });
        }
        self.sums.absent = count;
        let mut deleted = 0;
        for (id, title) in missing {
            if !options.delete {
                self.outgoing.round.miss(&id)?;
                continue;
            }
            let Some(record) = self.outgoing.deletion(&id)? else {
                continue;
            };
            bump(&mut deleted);
            self.delete(&record, title)?;
        }
        Ok(deleted)
    }

    /// What the peer does not have of items that were not read.
    pub(super) fn leftovers(&mut self) -> Result<u64, ExportError> {
        let leftovers = self.outgoing.leftovers(&self.met, false)?;
        let count = leftovers.len() as u64;
        for leftover in leftovers {
            match leftover {
                Leftover::Deleted(record) => {
                    let title = record.title.clone();
                    self.delete(&record, title)?;
                }
                Leftover::Item(item, exchange) => {
                    if let Some(packer) = &mut self.packer {
                        let record = ItemRecord {
                            item: &item,
                            bigcontacts: None,
                            exchange: Some(&exchange),
                        };
                        let kind = item.kind().name();
                        packer.add_record(Record::with_id(kind, &item.id.0, &record)?)?;
                    }
                    bump(self.sums.by_kind.entry(item.kind().name()).or_default());
                    let reason = "a decision or a merge that the other side does not have";
                    self.report(&exported(
                        &item.id,
                        item.kind().name(),
                        item.title(),
                        reason,
                    ))?;
                }
            }
        }
        Ok(count)
    }

    fn delete(&mut self, record: &Deleted, title: String) -> Result<(), ExportError> {
        if let Some(packer) = &mut self.packer {
            packer.add_record(Record::with_id(DELETED, &record.id.0, record)?)?;
        }
        bump(self.sums.by_kind.entry(DELETED).or_default());
        let reason = "it was deleted";
        self.report(&exported(&record.id, DELETED, &title, reason))
    }

    /// Tells the peer what awaits a decision, and what is no longer in the store.
    pub(super) fn tell_conflicts(&mut self) -> Result<(), ExportError> {
        let Some(packer) = &mut self.packer else {
            return Ok(());
        };
        for line in self.outgoing.conflict_lines()? {
            packer.add_line(Stream::Conflicts, &line)?;
        }
        Ok(())
    }
}

/// A line of the report for what no input has.
pub(super) fn exported(id: &ItemId, kind: &str, title: &str, reason: &str) -> ReportLine {
    ReportLine {
        outcome: Outcome::Exported,
        item: Some(id.0.clone()),
        kind: Some(kind.to_owned()),
        count: None,
        source: None,
        folder: Vec::new(),
        locator: None,
        title: Some(title.to_owned()).filter(|title| !title.is_empty()),
        reason: Some(reason.to_owned()),
        findings: Vec::new(),
    }
}
