//! The export: every item of the sources is read, decided, packed, and accounted for.
//!
//! *Invariants*: what goes into the bundle does not depend on the number of threads; memory holds a
//! window of items and a few bytes of each item met, never the store; without an output nothing is
//! written.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;

use crate::bundle::{
    Accounting, BundleKind, PackError, Packed, Packer, ReportLine, Scratch, Signer,
};
use crate::crm::replica::ReplicaError;
use crate::finding::Findings;
use crate::link::Decision;
use crate::source::{Sources, in_order};

use super::held_item::HeldError;
use super::home::Config;
use super::ledger::{Ledger, LedgerError, Round};
use super::linking::Linking;
use super::outgoing::Outgoing;
use super::prefer;
use super::seal::Made;
use super::tally::Tally;
use super::twins::Twins;
use super::work::{Desk, Work, read, work};

/// What an export needs beside its sources.
#[derive(Debug)]
pub struct Export<'a> {
    /// Who we are, and with whom.
    pub config: &'a Config,
    /// The ledger.
    pub ledger: &'a mut Ledger,
    /// The linker and the contacts in sync.
    pub linking: &'a Linking,
    /// Which items of several inputs are the same.
    pub twins: &'a Twins,
    /// The time to stamp the bundle with.
    pub now: Timestamp,
    /// Where to, and signed by whom; `None` for a dry run.
    pub target: Option<Target<'a>>,
    /// What is asked for beside that.
    pub options: Options,
}

/// What is asked of an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Everything, not only what the peer does not have.
    pub full: bool,
    /// Every item is read, also what its input's marks show to be unchanged.
    pub reread: bool,
    /// What is no longer in the store is deleted for the peer too.
    pub delete: bool,
    /// However much is missing, it is meant so.
    pub allow_deletions: bool,
}

/// Where the bundle goes.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The file.
    pub output: &'a Path,
    /// Our key.
    pub signer: &'a Signer,
}

/// What came of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// What became of the items.
    #[serde(flatten)]
    pub accounting: Accounting,
    /// Items linked to at least one contact.
    pub linked: u64,
    /// Items that may belong to a contact; a person must say so.
    pub suggested: u64,
    /// Items that belong to nobody.
    pub unlinked: u64,
    /// Items that the ledger knows of these inputs and that are no longer there.
    #[serde(skip_serializing_if = "is_zero")]
    pub absent: u64,
    /// Exported items per kind.
    pub by_kind: BTreeMap<&'static str, u64>,
    /// Findings.
    pub findings: u64,
    /// Findings that say that something is lost.
    pub losses: u64,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Why an export ended without a bundle.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The bundle cannot be written.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The scratch folder beside the output cannot be written.
    #[error("{place}: {error}: free some space there, or choose another folder for the output")]
    Scratch {
        /// The item that was being packed.
        place: String,
        /// Why.
        error: io::Error,
    },
    /// The CRM's replica cannot be read or written.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// What is held of an item cannot be read or written.
    #[error(transparent)]
    Held(#[from] HeldError),
    /// More is missing than anybody deletes by hand.
    #[error(
        "{missing} of the {known} items that these inputs had are no longer there: \
         if they were deleted, say so with --allow-deletions; nothing was written"
    )]
    Deletions {
        /// How many are missing.
        missing: u64,
        /// Of how many.
        known: u64,
    },
    /// The user stopped it.
    #[error(transparent)]
    Stopped(anyhow::Error),
}

/// Something to show while items are exported.
#[derive(Debug)]
pub enum Event<'a> {
    /// An item was decided; the item when it could be read.
    Item(&'a ReportLine, Option<Told<'a>>),
    /// A finding of the sources, the map or the contacts.
    Findings(&'a Findings),
}

/// What is known of an item that could be read, now or before.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// What a person would call it.
    pub title: &'a str,
    /// What was decided.
    pub decision: &'a Decision,
}

impl Export<'_> {
    /// Runs the export. `show` sees every item in order and may stop the run.
    ///
    /// # Errors
    /// When the bundle or the ledger cannot be written, or `show` says so; then there is no bundle.
    pub fn run(
        self,
        sources: &Sources,
        mut show: impl FnMut(Event<'_>) -> anyhow::Result<()>,
    ) -> Result<(Sums, Option<Packed>), ExportError> {
        let Self {
            config,
            ledger,
            linking,
            twins,
            now,
            target,
            options,
        } = self;
        let mut packer = target
            .map(|target| Packer::new(target.output))
            .transpose()?;
        if let Some(packer) = &mut packer {
            packer.keep_shards();
        }
        // A dry run does the same work, so that it tells exactly what the run would do.
        let scratch = packer.as_ref().map_or_else(
            || Scratch::new(&std::env::temp_dir()),
            |packer| Arc::clone(packer.scratch()),
        );
        let round = ledger.begin()?;
        prefer::turn(&round, config.prefer)?;
        let last = round.last_sent(config.epoch)?;
        let seq = last.as_ref().map_or(0, |last| last.seq).saturating_add(1);
        let mut outgoing = Outgoing::new(&round, config, now, seq);
        // A new epoch begins with everything.
        let anew = config.epoch > 1 && last.is_none();
        outgoing.full = options.full || anew;
        if anew {
            renew(&outgoing)?;
        }
        let kind = if outgoing.full {
            BundleKind::Snapshot
        } else {
            BundleKind::Delta
        };
        let names: Vec<&str> = sources.names().map(|name| &**name).collect();
        let known = round.known(names.iter().copied())?;
        outgoing.known = Some(&known);
        let desk = Desk {
            linking,
            twins,
            scratch: &scratch,
            known: &known,
            alone: names.len() == 1,
            reread: outgoing.full || options.reread,
            full: outgoing.full,
            stamp: outgoing.stamp,
        };
        let mut tally = Tally {
            sums: Sums::default(),
            ids: HashMap::new(),
            met: HashSet::new(),
            broken: HashSet::new(),
            twins: HashMap::new(),
            outgoing,
            scratch: &scratch,
            packer,
            csv: None,
            linking,
        };
        let mut inside = 0_u64;
        in_order(
            sources.jobs(),
            |job| work(job, &desk),
            |work: Result<Work<'_>, ExportError>| {
                let worked = match work? {
                    Work::Read(worked) => worked,
                    Work::Known(job, row) if tally.know(&job, row, &mut show)? => return Ok(()),
                    // Another item has taken its id in the meantime.
                    Work::Known(job, _) => read(&job, None, &desk)?,
                };
                inside = inside.saturating_add(worked.len().saturating_sub(1) as u64);
                let mut worked = worked.into_iter();
                worked.try_for_each(|worked| tally.take(worked, &mut show))
            },
        )?;
        // Items inside others are not there before these are read, and deleted ones not at all.
        let read = tally.read();
        let seen = sources.seen().saturating_add(inside);
        // Where the ledger knew of nothing, nothing is missing and nothing left over.
        let knew = !known.is_empty;
        let deleted = if knew && read == seen {
            tally.missing(sources.names(), options)?
        } else {
            0
        };
        let left = if knew { tally.leftovers()? } else { 0 };
        let beside = deleted.saturating_add(left);
        tally.reconcile(seen.saturating_add(beside))?;
        tally.tell_conflicts()?;
        let report = linking.linker.report();
        let mut notes = vec![linking.findings.clone(), report.findings];
        notes.extend(sources.findings());
        for findings in &notes {
            tally.note(findings);
            show(Event::Findings(findings)).map_err(ExportError::Stopped)?;
        }
        let Tally {
            sums, packer, csv, ..
        } = tally;
        let Some((mut packer, target)) = packer.zip(target) else {
            return Ok((sums, None));
        };
        packer.close_shards()?;
        keep_shards(&mut packer, &round)?;
        round.forget_shards()?;
        let made = Made {
            config,
            now,
            seq,
            kind,
            accounting: sums.accounting,
        };
        let csv = csv.map(|rows| format!("{}{rows}", linking.columns.heading()));
        let (sealed, sent) = made.seal(packer, csv, &round, target, None)?;
        // The ledger first: a number that is in the ledger is never used twice, whatever happens
        // next.
        round.commit(config.epoch, &sent)?;
        Ok((sums, Some(sealed.publish()?)))
    }
}

/// Hands the shards that are finished to the ledger.
pub(super) fn keep_shards(packer: &mut Packer, round: &Round<'_>) -> Result<(), LedgerError> {
    for (number, deflated) in packer.kept() {
        round.keep_shard(number, &deflated)?;
    }
    Ok(())
}

/// Writes every value anew, for a side that begins again.
pub(super) fn renew(outgoing: &Outgoing<'_>) -> Result<(), LedgerError> {
    let Outgoing {
        round,
        prefer,
        stamp,
        ..
    } = outgoing;
    round.forget_agreed()?;
    for id in round.known_items()? {
        if let Some(mut held) = round.held(&id)? {
            held.held.renew(*prefer, stamp);
            round.hold(&held, *prefer)?;
        }
    }
    Ok(())
}
