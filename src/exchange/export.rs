//! The export: every item of the sources is read, decided, packed, and accounted for.
//!
//! *Invariants*: what goes into the bundle does not depend on the number of threads; memory holds a
//! few batches of items, never the store; without an output nothing is written.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;

use crate::bundle::{
    Accounting, Base, BundleKind, HeadFields, Outcome, PackError, Packed, Packer, Prepared, Record,
    ReportFinding, ReportLine, Sealed, Sha256Hash, Signer, Stream,
};
use crate::crm::contacts_csv::CrmContact;
use crate::finding::{Effect, Findings};
use crate::item::{Item, ItemId, Kind};
use crate::link::{self, Decision};
use crate::source::{Job, Sources, in_order};

use super::blobs;
use super::home::Config;
use super::ledger::{Ledger, LedgerError, Round, SentBundle};
use super::linking::Linking;

/// What an export needs beside its sources.
#[derive(Debug)]
pub struct Export<'a> {
    /// Who we are, and with whom.
    pub config: &'a Config,
    /// The ledger.
    pub ledger: &'a mut Ledger,
    /// The linker and the contacts in sync.
    pub linking: &'a Linking,
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
    pub by_kind: std::collections::BTreeMap<&'static str, u64>,
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

/// One item on its way to the bundle.
struct Worked {
    line: ReportLine,
    findings: Findings,
    /// The item with its decision, when it could be read.
    read: Option<(Box<Item>, Decision)>,
    /// What the bundle needs of it, when it is to be exported.
    packing: Option<Packing>,
}

struct Packing {
    hash: String,
    record: Record,
    blobs: Vec<Prepared>,
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
            now,
            target,
        } = self;
        let packer = target
            .map(|target| Packer::new(target.output))
            .transpose()?;
        let scratch = packer.as_ref().map(|packer| packer.scratch().to_path_buf());
        let work = |job: Job<'_>| work(job, linking, scratch.as_deref());
        let round = ledger.begin()?;
        let mut tally = Tally {
            sums: Sums::default(),
            ids: HashMap::new(),
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
        in_order(
            sources.jobs(),
            work,
            |worked: Result<Worked, ExportError>| tally.take(worked?, &mut show),
        )?;
        let seen = sources.seen();
        tally.reconcile(seen)?;
        let report = linking.linker.report();
        let mut notes = vec![linking.findings.clone(), report.findings];
        notes.extend(
            sources
                .stores()
                .iter()
                .map(crate::source::StoreSource::findings),
        );
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

/// Reads, maps, decides and prepares one item, on any thread.
fn work(job: Job<'_>, linking: &Linking, scratch: Option<&Path>) -> Result<Worked, ExportError> {
    let mut line = ReportLine {
        outcome: Outcome::Failed,
        item: None,
        kind: None,
        count: None,
        source: Some(job.source.name().to_string()),
        folder: job.folder().to_vec(),
        locator: Some(job.locator()),
        title: None,
        reason: None,
        findings: Vec::new(),
    };
    let mapped = match job.item() {
        Ok(mapped) => mapped,
        Err(error) => {
            let mut findings = Findings::new();
            findings.push(job.lost(&error));
            line.reason = Some(error.to_string());
            return Ok(Worked {
                line,
                findings,
                read: None,
                packing: None,
            });
        }
    };
    let (mut item, mut findings) = (Box::new(mapped.item), mapped.findings);
    let decision = linking.linker.decide(&item, &linking.in_sync);
    line.item = Some(item.id.0.clone());
    line.kind = Some(item.kind().name().to_owned());
    line.title = Some(item.title().to_owned()).filter(|title| !title.is_empty());
    line.reason = Some(decision.reason.clone());
    line.outcome = if decision.export {
        Outcome::Exported
    } else {
        Outcome::Excluded
    };
    let packing = match scratch.filter(|_| decision.export) {
        Some(scratch) => {
            let blobs = blobs::prepare(&mut item, &mapped.contents, scratch, &mut findings)
                .map_err(|error| ExportError::Scratch {
                    place: job.locator(),
                    error,
                })?;
            Some(Packing {
                hash: hash(&item),
                record: record(&item)?,
                blobs,
            })
        }
        None => None,
    };
    Ok(Worked {
        line,
        findings,
        read: Some((item, decision)),
        packing,
    })
}

fn record(item: &Item) -> Result<Record, PackError> {
    Record::new(item.kind().name(), item)
}

/// The semantic hash. Every reference has been packed, so there always is one.
fn hash(item: &Item) -> String {
    item.content_hash().unwrap_or_default()
}

/// The writing end of an export, on one thread.
struct Tally<'a> {
    sums: Sums,
    /// Ids of this run, as 128 bits each, with 64 bits of the content's hash.
    ids: HashMap<u128, u64>,
    epoch: u64,
    seq: u64,
    round: &'a Round<'a>,
    packer: Option<Packer>,
    csv: Option<String>,
    linking: &'a Linking,
}

/// Whether an id was met before in this run.
enum Met {
    First,
    SameAgain,
    AnotherItem,
}

impl Tally<'_> {
    fn take(
        &mut self,
        worked: Worked,
        show: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
    ) -> Result<(), ExportError> {
        let Worked {
            mut line,
            mut findings,
            mut read,
            packing,
        } = worked;
        if let Some((item, decision)) = &mut read {
            if decision.export {
                self.settle(&mut line, &mut findings, item, decision, packing)?;
            }
            match decision.outcome {
                link::Outcome::Linked { .. } => bump(&mut self.sums.linked),
                link::Outcome::Suggested { .. } => bump(&mut self.sums.suggested),
                link::Outcome::Unlinked { .. } => bump(&mut self.sums.unlinked),
                link::Outcome::Excluded { .. } => {}
            }
        }
        line.findings = findings.iter().map(ReportFinding::from).collect();
        self.note(&findings);
        self.report(&line)?;
        let read = read.as_ref().map(|(item, decision)| (&**item, decision));
        show(Event::Item(&line, read)).map_err(ExportError::Stopped)
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
        let content = packing
            .as_ref()
            .map_or_else(|| draft_hash(item), |packing| packing.hash.clone());
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
        if self
            .round
            .agreed(&item.id)?
            .is_some_and(|agreed| agreed == content)
        {
            line.outcome = Outcome::Unchanged;
            line.reason = None;
            return Ok(());
        }
        if let Some(packing) = packing {
            self.pack(line, findings, item, decision, packing, renamed)?;
        }
        if line.outcome == Outcome::Exported {
            bump(self.sums.by_kind.entry(item.kind().name()).or_default());
        }
        Ok(())
    }

    fn meet(&mut self, id: &ItemId, content: &str) -> Met {
        let short = |text: &str| {
            let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(text.as_bytes()).as_bytes();
            u64::from_le_bytes([a, b, c, d, e, f, g, h])
        };
        let key = blake3::hash(id.0.as_bytes());
        let key = key
            .as_bytes()
            .first_chunk()
            .map_or(0, |bytes| u128::from_le_bytes(*bytes));
        let content = short(content);
        match self.ids.insert(key, content) {
            None => Met::First,
            Some(known) if known == content => Met::SameAgain,
            Some(known) => {
                self.ids.insert(key, known);
                Met::AnotherItem
            }
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
        packer.add_record(if renamed { record(item)? } else { ready })?;
        for link in decision.links() {
            packer.add_line(
                Stream::Links,
                &LinkLine {
                    item: &item.id,
                    link,
                },
            )?;
        }
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
            packer.add_line(Stream::Report, line)?;
        }
        Ok(())
    }

    /// Accounts for items that the scan of the node B-trees counts and the walk did not give.
    fn reconcile(&mut self, seen: u64) -> Result<(), ExportError> {
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
            format!("{missing} items of the node B-trees were given by no folder and no scan");
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

    fn note(&mut self, findings: &Findings) {
        self.sums.findings = self.sums.findings.saturating_add(findings.count());
        let lost = findings
            .iter()
            .filter(|finding| finding.effect == Effect::Lost)
            .count();
        self.sums.losses = self.sums.losses.saturating_add(lost as u64);
    }
}

/// A line of `data/links.jsonl`.
#[derive(Serialize)]
struct LinkLine<'a> {
    item: &'a ItemId,
    #[serde(flatten)]
    link: &'a link::Link,
}

/// The hash that stands for an item's contents in a dry run, where nothing is packed.
fn draft_hash(item: &Item) -> String {
    let bytes = serde_json::to_vec(item).unwrap_or_default();
    blake3::hash(&bytes).to_hex().to_string()
}

fn bump(sum: &mut u64) {
    *sum = sum.saturating_add(1);
}

/// What the head of the bundle says.
struct Made<'a> {
    config: &'a Config,
    now: Timestamp,
    seq: u64,
    accounting: Accounting,
}

impl Made<'_> {
    fn seal(
        self,
        mut packer: Packer,
        csv: Option<String>,
        heading: &str,
        round: &Round<'_>,
        target: Target<'_>,
    ) -> Result<(Sealed, SentBundle), ExportError> {
        let Self {
            config,
            now,
            mut seq,
            accounting,
        } = self;
        if let Some(rows) = csv {
            let csv = Prepared::from_bytes(format!("{heading}{rows}").into_bytes());
            let error = |error| ExportError::Scratch {
                place: "contacts.csv".into(),
                error,
            };
            packer.set_contacts_csv(csv.map_err(error)?);
        }
        let created = crate::bundle::head::format_created(now);
        let last = round.last_sent(config.epoch)?;
        let before_last = match &last {
            Some(last) => round.sent(config.epoch, last.seq.saturating_sub(1))?,
            None => None,
        };
        let acknowledged = round.last_acknowledged(config.epoch)?;
        let base = acknowledged.and_then(|bundle| {
            Some(Base {
                seq: bundle.seq,
                head: Sha256Hash::parse(&bundle.head)?,
            })
        });
        let mut content = String::new();
        let fields = |set: &Sha256Hash| {
            content = set.to_string();
            // The same contents at the same time are the same bundle, not the next one.
            let again = last
                .as_ref()
                .filter(|last| last.content == content && last.created == created);
            let prev = match again {
                Some(again) => {
                    seq = again.seq;
                    before_last.as_ref()
                }
                None => last.as_ref(),
            };
            HeadFields {
                link: config.link.clone(),
                from: config.party.clone(),
                to: config.peer.clone(),
                kind: BundleKind::Delta,
                epoch: config.epoch,
                seq,
                prev: prev.and_then(|bundle| Sha256Hash::parse(&bundle.head)),
                base,
                ack: None,
                created: now,
                accounting,
                producer: concat!("airbridge ", env!("CARGO_PKG_VERSION")).to_owned(),
            }
        };
        let sealed = packer.seal(fields, target.signer, None)?;
        let head = sealed.packed().head.to_string();
        Ok((
            sealed,
            SentBundle {
                seq,
                head,
                content,
                created,
            },
        ))
    }
}
