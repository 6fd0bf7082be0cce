//! The writing end of an export: what becomes of each item, in order, on one thread.
//!
//! *Invariant*: every item taken gets exactly one line in the report.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Serialize;

use crate::bundle::accounting::id_key;
use crate::bundle::{Outcome, PackError, Packer, ReportFinding, ReportLine, Stream};
use crate::crm::contacts_csv::CrmContact;
use crate::finding::{Effect, Findings};
use crate::item::{Item, ItemId, Kind};
use crate::link::{self, Decision};

use super::export::{Event, ExportError, Sums};
use super::ledger::Round;
use super::linking::Linking;
use super::twins::Fields;
use super::work::{Packing, Worked, record};

/// The writing end of an export, on one thread.
pub(super) struct Tally<'a> {
    pub(super) sums: Sums,
    /// Ids of this run, as 128 bits each, with 128 bits of the content's hash.
    pub(super) ids: HashMap<u128, u128>,
    /// Of each set of items that are the same, the one that stands for all.
    pub(super) twins: HashMap<usize, Standing>,
    pub(super) epoch: u64,
    pub(super) seq: u64,
    pub(super) round: &'a Round<'a>,
    pub(super) packer: Option<Packer>,
    pub(super) csv: Option<String>,
    pub(super) linking: &'a Linking,
}

/// The item that stands for a set of items that are the same.
pub(super) struct Standing {
    id: ItemId,
    source: String,
    fields: Fields,
}

/// Whether an id was met before in this run.
enum Met {
    First,
    SameAgain,
    AnotherItem,
}

impl Tally<'_> {
    pub(super) fn take(
        &mut self,
        worked: Worked,
        show: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
    ) -> Result<(), ExportError> {
        let Worked {
            mut line,
            mut findings,
            mut read,
            packing,
            twin,
        } = worked;
        if let Some((item, decision)) = &mut read {
            let mut twin = twin;
            if let Some((set, fields)) = twin.take_if(|(set, _)| self.twins.contains_key(set)) {
                self.follow(set, &fields, &mut line, &mut findings, item);
            } else if decision.export {
                self.settle(&mut line, &mut findings, item, decision, packing)?;
            }
            if let Some((set, fields)) = twin
                && matches!(line.outcome, Outcome::Exported | Outcome::Unchanged)
            {
                let standing = Standing {
                    id: item.id.clone(),
                    source: line.source.clone().unwrap_or_default(),
                    fields,
                };
                self.twins.insert(set, standing);
            }
            match decision.outcome {
                link::Outcome::Linked { .. } => bump(&mut self.sums.linked),
                link::Outcome::Suggested { .. } => bump(&mut self.sums.suggested),
                link::Outcome::Unlinked { .. } => bump(&mut self.sums.unlinked),
                link::Outcome::Excluded { .. } => {}
            }
            if let Some(packer) = &mut self.packer {
                let line = LinkLine {
                    item: &item.id,
                    decision,
                };
                packer.add_line(Stream::Links, &line)?;
            }
        }
        line.findings = findings.iter().map(ReportFinding::from).collect();
        self.note(&findings);
        self.report(&line)?;
        let read = read.as_ref().map(|(item, decision)| (&**item, decision));
        show(Event::Item(&line, read)).map_err(ExportError::Stopped)
    }

    /// Leaves out an item that another one stands for.
    fn follow(
        &self,
        set: usize,
        fields: &Fields,
        line: &mut ReportLine,
        findings: &mut Findings,
        item: &mut Item,
    ) {
        let Some(standing) = self.twins.get(&set) else {
            return;
        };
        let Standing { id, source, .. } = standing;
        line.outcome = Outcome::Excluded;
        line.reason = Some(format!(
            "the same as {} of {source}, which is exported",
            id.0
        ));
        if let Some(difference) = standing.fields.difference(fields) {
            findings.add(
                "export.twin.differs",
                Effect::Noted,
                line.locator.clone().unwrap_or_default(),
                format!("the same as {} of {source}, but {difference}", id.0),
            );
        }
        item.id = id.clone();
        line.item = Some(id.0.clone());
    }

    /// Decides what becomes of an item that is to be exported, and packs it.
    fn settle(
        &mut self,
        line: &mut ReportLine,
        findings: &mut Findings,
        item: &mut Item,
        decision: &Decision,
        packing: Option<Packing>,
    ) -> Result<(), ExportError> {
        let Some(packing) = packing else {
            return Ok(());
        };
        let content = packing.hash.clone();
        let mut renamed = false;
        match self.meet(&item.id, &content) {
            Met::First => {}
            Met::SameAgain => {
                line.outcome = Outcome::Excluded;
                line.reason = Some(format!("a copy of {}, which is exported once", item.id.0));
                return Ok(());
            }
            Met::AnotherItem => {
                // Copies share their search key. An edited copy is an item of its own: its contents
                // are part of what it is known by.
                let former = item.id.0.clone();
                item.id = ItemId::derive_apart(&item.id, &content);
                findings.add(
                    "export.identity.shared",
                    Effect::Noted,
                    line.locator.clone().unwrap_or_default(),
                    format!(
                        "shares its identity {former} with another item; exported as {}",
                        item.id.0
                    ),
                );
                line.item = Some(item.id.0.clone());
                renamed = true;
                if matches!(self.meet(&item.id, &content), Met::SameAgain) {
                    line.outcome = Outcome::Excluded;
                    line.reason = Some(format!("a copy of {}, which is exported once", item.id.0));
                    return Ok(());
                }
            }
        }
        let state = state(&content, decision);
        if self
            .round
            .agreed(&item.id)?
            .is_some_and(|agreed| agreed == state)
        {
            line.outcome = Outcome::Unchanged;
            line.reason = None;
            return Ok(());
        }
        let packing = Packing {
            hash: state,
            ..packing
        };
        self.pack(line, findings, item, decision, packing, renamed)?;
        if line.outcome == Outcome::Exported {
            bump(self.sums.by_kind.entry(item.kind().name()).or_default());
        }
        Ok(())
    }

    fn meet(&mut self, id: &ItemId, content: &str) -> Met {
        let content = id_key(content);
        match self.ids.entry(id_key(&id.0)) {
            Entry::Vacant(new) => {
                new.insert(content);
                Met::First
            }
            Entry::Occupied(known) if *known.get() == content => Met::SameAgain,
            Entry::Occupied(_) => Met::AnotherItem,
        }
    }

    fn pack(
        &mut self,
        line: &mut ReportLine,
        findings: &mut Findings,
        item: &Item,
        decision: &Decision,
        packing: Packing,
        renamed: bool,
    ) -> Result<(), ExportError> {
        let Some(packer) = &mut self.packer else {
            return Ok(());
        };
        let Packing {
            hash,
            record: ready,
            blobs,
        } = packing;
        for blob in blobs {
            match packer.add_blob(blob) {
                Ok(_) => {}
                Err(error @ PackError::TooLarge { .. }) => {
                    findings.add(
                        "export.content.too-large",
                        Effect::Lost,
                        line.locator.clone().unwrap_or_default(),
                        error.to_string(),
                    );
                    line.outcome = Outcome::Failed;
                    line.reason = Some(error.to_string());
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        packer.add_record(if renamed {
            record(item, decision)?
        } else {
            ready
        })?;
        let contact = CrmContact::of_item(item);
        if let Some(contact) = &contact {
            self.csv
                .get_or_insert_default()
                .push_str(&self.linking.columns.row(contact));
        }
        self.round
            .know(&item.id, item.kind().name(), item.kind() == Kind::Contact)?;
        self.round.send(self.epoch, self.seq, &item.id, &hash)?;
        Ok(())
    }

    fn report(&mut self, line: &ReportLine) -> Result<(), ExportError> {
        let count = line.count.unwrap_or(1);
        let sums = &mut self.sums.accounting;
        let sum = match line.outcome {
            Outcome::Exported => &mut sums.exported,
            Outcome::Unchanged => &mut sums.unchanged,
            Outcome::Excluded => &mut sums.excluded,
            Outcome::Failed => &mut sums.failed,
        };
        *sum = sum.saturating_add(count);
        if let Some(packer) = &mut self.packer {
            packer.add_report(line)?;
        }
        Ok(())
    }

    /// Accounts for items that the scans of the inputs count and the walk did not give.
    pub(super) fn reconcile(&mut self, seen: u64) -> Result<(), ExportError> {
        let sums = self.sums.accounting;
        let walked = [sums.exported, sums.unchanged, sums.excluded, sums.failed]
            .into_iter()
            .fold(0, u64::saturating_add);
        self.sums.accounting.seen = seen.max(walked);
        let missing = seen.saturating_sub(walked);
        if missing == 0 {
            return Ok(());
        }
        let reason =
            format!("{missing} items that a scan of the inputs counts were not given by any walk");
        let mut findings = Findings::new();
        findings.add("export.items.missing", Effect::Lost, "", reason.clone());
        self.note(&findings);
        self.report(&ReportLine {
            outcome: Outcome::Failed,
            item: None,
            kind: None,
            count: Some(missing),
            source: None,
            folder: Vec::new(),
            locator: None,
            title: None,
            reason: Some(reason),
            findings: findings.iter().map(ReportFinding::from).collect(),
        })
    }

    pub(super) fn note(&mut self, findings: &Findings) {
        self.sums.findings = self.sums.findings.saturating_add(findings.count());
        let lost = findings
            .iter()
            .filter(|finding| finding.effect == Effect::Lost)
            .count();
        self.sums.losses = self.sums.losses.saturating_add(lost as u64);
    }
}

/// A line of `data/links.jsonl`. A copy of an item has a line too: its folder may link it to
/// others.
#[derive(Serialize)]
struct LinkLine<'a> {
    item: &'a ItemId,
    #[serde(flatten)]
    decision: &'a Decision,
}

/// What the peer agrees to when it takes an item: its contents, and to whom it belongs.
fn state(content_hash: &str, decision: &Decision) -> String {
    let links = serde_json::to_vec(&(decision.links(), &decision.crm_categories));
    let mut hasher = blake3::Hasher::new_derive_key("airbridge 2026 agreed state v1");
    hasher.update(content_hash.as_bytes());
    hasher.update(&links.unwrap_or_default());
    hasher.finalize().to_hex().to_string()
}

fn bump(sum: &mut u64) {
    *sum = sum.saturating_add(1);
}
