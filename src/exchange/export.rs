//! The export: every item of the sources is read, decided, packed, and accounted for.
//!
//! *Invariants*: what goes into the bundle does not depend on the number of threads; memory holds a
//! window of items and a few bytes of each item met, never the store; without an output nothing is
//! written.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;

use crate::bundle::{Accounting, PackError, Packed, Packer, ReportLine, Scratch, Signer};
use crate::finding::Findings;
use crate::item::Item;
use crate::link::Decision;
use crate::source::{Job, Sources, in_order};

use super::home::Config;
use super::ledger::{Ledger, LedgerError};
use super::linking::Linking;
use super::seal::Made;
use super::tally::Tally;
use super::twins::Twins;
use super::work::{Worked, work};

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
    /// Exported items per kind.
    pub by_kind: BTreeMap<&'static str, u64>,
    /// Findings.
    pub findings: u64,
    /// Findings that say that something is lost.
    pub losses: u64,
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
    /// The user stopped it.
    #[error(transparent)]
    Stopped(anyhow::Error),
}

/// Something to show while items are exported.
#[derive(Debug)]
pub enum Event<'a> {
    /// An item was decided; the item when it could be read.
    Item(&'a ReportLine, Option<(&'a Item, &'a Decision)>),
    /// A finding of the sources, the map or the contacts.
    Findings(&'a Findings),
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
        } = self;
        let packer = target
            .map(|target| Packer::new(target.output))
            .transpose()?;
        // A dry run does the same work, so that it tells exactly what the run would do.
        let scratch = packer.as_ref().map_or_else(
            || Scratch::new(&std::env::temp_dir()),
            |packer| Arc::clone(packer.scratch()),
        );
        let work = |job: Job<'_>| work(&job, linking, twins, &scratch);
        let round = ledger.begin()?;
        let mut tally = Tally {
            sums: Sums::default(),
            ids: HashMap::new(),
            twins: HashMap::new(),
            epoch: config.epoch,
            seq: round
                .last_sent(config.epoch)?
                .map_or(0, |last| last.seq)
                .saturating_add(1),
            round: &round,
            packer,
            csv: None,
            linking,
        };
        let mut inside = 0_u64;
        in_order(
            sources.jobs(),
            work,
            |worked: Result<Vec<Worked>, ExportError>| {
                let worked = worked?;
                inside = inside.saturating_add(worked.len().saturating_sub(1) as u64);
                let mut worked = worked.into_iter();
                worked.try_for_each(|worked| tally.take(worked, &mut show))
            },
        )?;
        // Items inside others are not there before these are read.
        tally.reconcile(sources.seen().saturating_add(inside))?;
        let report = linking.linker.report();
        let mut notes = vec![linking.findings.clone(), report.findings];
        notes.extend(sources.findings());
        for findings in &notes {
            tally.note(findings);
            show(Event::Findings(findings)).map_err(ExportError::Stopped)?;
        }
        let Tally {
            sums,
            packer,
            csv,
            seq,
            ..
        } = tally;
        let Some((packer, target)) = packer.zip(target) else {
            return Ok((sums, None));
        };
        let made = Made {
            config,
            now,
            seq,
            accounting: sums.accounting,
        };
        let (sealed, sent) = made.seal(packer, csv, &linking.columns.heading(), &round, target)?;
        // The ledger first: a number that is in the ledger is never used twice, whatever happens
        // next.
        round.commit(config.epoch, &sent)?;
        Ok((sums, Some(sealed.publish()?)))
    }
}
