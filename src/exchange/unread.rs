//! Items that are not read, because the ledger remembers them as they are.
//!
//! *Invariant*: nobody can tell from the bundle, or from what is shown, whether an item was read.

use crate::bundle::accounting::id_key;
use crate::bundle::{Outcome, ReportLine};
use crate::link::Decision;
use crate::source::Job;

use super::export::{Event, ExportError, Told};
use super::ledger::{MarkedRow, Remembered};
use super::tally::{Met, Tally};

impl Tally<'_> {
    /// Takes an item that is as the ledger remembers it; false when it has to be read after all.
    pub(super) fn know(
        &mut self,
        job: &Job<'_>,
        row: MarkedRow,
        show: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
    ) -> Result<bool, ExportError> {
        let Remembered {
            id,
            kind,
            title,
            content,
            decision,
        } = self.outgoing.round.remembered(row)?;
        let Ok(decision) = serde_json::from_str::<Decision>(&decision) else {
            return Ok(false);
        };
        let (outcome, reason) = match self.meet(&id, content) {
            Met::First => (Outcome::Unchanged, None),
            Met::SameAgain => (
                Outcome::Excluded,
                Some(format!("a copy of {}, which is exported once", id.0)),
            ),
            Met::AnotherItem => return Ok(false),
        };
        self.met.insert(id_key(&id.0));
        self.decided(&id, &decision)?;
        let line = ReportLine {
            outcome,
            item: Some(id.0),
            kind: Some(kind.clone()),
            count: None,
            source: Some(job.source().to_string()),
            folder: job.folder().to_vec(),
            locator: Some(job.locator()),
            title: Some(title.clone()).filter(|title| !title.is_empty()),
            reason,
            findings: Vec::new(),
        };
        self.report(&line)?;
        let told = Told {
            kind: &kind,
            title: &title,
            decision: &decision,
        };
        show(Event::Item(&line, Some(told))).map_err(ExportError::Stopped)?;
        Ok(true)
    }
}
