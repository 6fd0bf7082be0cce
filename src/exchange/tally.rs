//! The writing end of an export: what becomes of each item, in order, on one thread.
//!
//! *Invariant*: every item taken gets exactly one line in the report.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use crate::bundle::accounting::id_key;
use crate::bundle::{
    Outcome, PackError, Packer, Place, Prepared, Record, ReportFinding, ReportLine, Scratch, Stream,
};
use crate::crm::contacts_csv::CrmContact;
use crate::finding::{Effect, Findings};
use crate::item::{IdentityKey, Item, ItemId};
use crate::link::{self, Decision};

use super::export::{Event, ExportError, Sums, Told, keep_shards};
use super::ledger::Marked;
use super::linking::Linking;
use super::outgoing::{Look, Outgoing};
use super::twins::Fields;
use super::work::{Packing, Worked, record};

/// The writing end of an export, on one thread.
pub(super) struct Tally<'a> {
    pub(super) sums: Sums,
    /// Ids of this run, as 128 bits each, with 128 bits of the content's hash.
    pub(super) ids: HashMap<u128, u128>,
    /// Of each set of items that are the same, the one that stands for all.
    pub(super) twins: HashMap<usize, Standing>,
    /// Every id that was read, exported or not.
    pub(super) met: HashSet<u128>,
    /// Inputs of which something could not be read.
    pub(super) broken: HashSet<String>,
    pub(super) outgoing: Outgoing<'a>,
    pub(super) scratch: &'a Arc<Scratch>,
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
pub(super) enum Met {
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
            self.decided(&item.id, decision)?;
        }
        match &read {
            Some((item, _)) => {
                self.met.insert(id_key(&item.id.0));
            }
            None => self.broken.extend(line.source.clone()),
        }
        line.findings = findings.iter().map(ReportFinding::from).collect();
        self.note(&findings);
        self.report(&line)?;
        let told = read.as_ref().map(|(item, decision)| Told {
            kind: item.kind().name(),
            title: item.title(),
            decision,
        });
        show(Event::Item(&line, told)).map_err(ExportError::Stopped)
    }

    /// Counts and writes down what was decided of an item.
    pub(super) fn decided(
        &mut self,
        item: &ItemId,
        decision: &Decision,
    ) -> Result<(), ExportError> {
        match decision.outcome {
            link::Outcome::Linked { .. } => bump(&mut self.sums.linked),
            link::Outcome::Suggested { .. } => bump(&mut self.sums.suggested),
            link::Outcome::Unlinked { .. } => bump(&mut self.sums.unlinked),
            link::Outcome::Excluded { .. } => {}
        }
        if let Some(packer) = &mut self.packer {
            packer.add_line(Stream::Links, &LinkLine { item, decision })?;
        }
        Ok(())
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
        let content = packing.content.clone();
        let key = id_key(&content);
        let mut renamed = self.recognise(line, item)?;
        if let Some(copy) = self.known_copy(item, &packing.native)? {
            line.item = Some(copy.0.clone());
            item.id = copy;
            renamed = true;
        }
        if self.linking.unlinked.contains(&item.id) {
            line.outcome = Outcome::Excluded;
            line.reason = Some("a person took it out of the sync".to_owned());
            return Ok(());
        }
        match self.meet(&item.id, key) {
            Met::First => {}
            Met::SameAgain => {
                line.outcome = Outcome::Excluded;
                line.reason = Some(format!("a copy of {}, which is exported once", item.id.0));
                return Ok(());
            }
            Met::AnotherItem => {
                // Copies share their search key. An edited copy is an item of its own: its contents
                // are part of what it is known by.
                let shared = item.id.clone();
                item.id = ItemId::derive_apart(&shared, &content);
                let round = self.outgoing.round;
                round.know_copy(&shared, &item.identity, &item.id)?;
                findings.add(
                    "export.identity.shared",
                    Effect::Noted,
                    line.locator.clone().unwrap_or_default(),
                    format!(
                        "shares its identity {} with another item; exported as {}",
                        shared.0, item.id.0
                    ),
                );
                line.item = Some(item.id.0.clone());
                renamed = true;
                if matches!(self.meet(&item.id, key), Met::SameAgain) {
                    line.outcome = Outcome::Excluded;
                    line.reason = Some(format!("a copy of {}, which is exported once", item.id.0));
                    return Ok(());
                }
            }
        }
        let ready = packing.ready.filter(|_| !renamed);
        let (ready, first) = ready.unzip();
        let source = line.source.clone();
        let marked = packing.mark.filter(|_| !renamed).and_then(|mark| {
            Some(Marked {
                mark,
                content: key,
                decision: serde_json::to_string(decision).ok()?,
            })
        });
        let look = Look {
            beside: &packing.beside,
            native: &packing.native,
            source: source.as_deref(),
            marked: marked.as_ref(),
        };
        let Some(mut sent) = self.outgoing.item(item, look, first)? else {
            line.outcome = Outcome::Unchanged;
            line.reason = None;
            return Ok(());
        };
        if let Some(shown) = sent.shown.take() {
            *item = *shown;
        }
        // Of a new item it was made with just these registers.
        let record = match ready.filter(|_| sent.new.is_some()) {
            Some(ready) => ready,
            None => record(item, decision, &sent.exchange)?,
        };
        let mut blobs = packing.blobs;
        for content in packing.unready {
            let scratched = |error| ExportError::Scratch {
                place: line.locator.clone().unwrap_or_default(),
                error,
            };
            let ready = Prepared::from_content(&*content, self.scratch).map_err(scratched)?;
            blobs.push(ready);
        }
        let place = self.pack(line, findings, item, record, blobs)?;
        if line.outcome == Outcome::Exported {
            bump(self.sums.by_kind.entry(item.kind().name()).or_default());
            self.outgoing.enter(item, look, &sent, place)?;
        }
        Ok(())
    }

    /// Items that share an identity may come in another order than before: the id of the copy that
    /// the ledger knows by this name and date, where the shared id is known to show something else.
    fn known_copy(&self, item: &Item, native: &str) -> Result<Option<ItemId>, ExportError> {
        let round = self.outgoing.round;
        if self.outgoing.known.is_some_and(|known| known.is_empty) {
            return Ok(None);
        }
        let known = round.row(&item.id)?.and_then(|row| row.native);
        if known.is_none_or(|known| known == native) {
            return Ok(None);
        }
        let Some(copy) = round.copy_of(&item.id, &item.identity)? else {
            return Ok(None);
        };
        Ok(Some(copy).filter(|copy| !self.ids.contains_key(&id_key(&copy.0))))
    }

    /// Gives a new item the id of one that the ledger knows by the same strongest key. Whether it
    /// did.
    fn recognise(&self, line: &mut ReportLine, item: &mut Item) -> Result<bool, ExportError> {
        let round = self.outgoing.round;
        let Some(key) = item.identity.first() else {
            return Ok(false);
        };
        if self.ids.contains_key(&id_key(&item.id.0)) {
            return Ok(false);
        }
        // What this run has entered is taken.
        let empty = self.outgoing.known.is_some_and(|known| known.is_empty);
        if empty || round.row(&item.id)?.is_some() {
            return Ok(false);
        }
        let Some(id) = round.identified(key)? else {
            return Ok(false);
        };
        // Namesakes share an address: it takes the name as well.
        let known = round
            .row(&id)?
            .is_some_and(|row| !matches!(key, IdentityKey::Email(_)) || row.title == item.title());
        let free = !self.ids.contains_key(&id_key(&id.0));
        if known && free && id != item.id {
            line.item = Some(id.0.clone());
            item.id = id;
            return Ok(true);
        }
        Ok(false)
    }

    pub(super) fn meet(&mut self, id: &ItemId, content: u128) -> Met {
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
        record: Record,
        blobs: Vec<Prepared>,
    ) -> Result<Option<Place>, ExportError> {
        let Some(packer) = &mut self.packer else {
            return Ok(None);
        };
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
                    self.outgoing.round.forget(&item.id)?;
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
        let place = packer.add_record(record)?;
        keep_shards(packer, self.outgoing.round)?;
        if let Some(contact) = &CrmContact::of_item(item) {
            self.csv
                .get_or_insert_default()
                .push_str(&self.linking.columns.row(contact));
        }
        Ok(Some(place))
    }

    pub(super) fn report(&mut self, line: &ReportLine) -> Result<(), ExportError> {
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

    /// Items that have a line in the report.
    pub(super) fn read(&self) -> u64 {
        let sums = self.sums.accounting;
        [sums.exported, sums.unchanged, sums.excluded, sums.failed]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    /// Accounts for items that the scans of the inputs count and the walk did not give.
    pub(super) fn reconcile(&mut self, seen: u64) -> Result<(), ExportError> {
        let walked = self.read();
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

pub(super) fn bump(sum: &mut u64) {
    *sum = sum.saturating_add(1);
}
