//! The CRM side: bundles into the replica, and what changed in the replica into a bundle.
//!
//! *Spec*: `formats/exchange.md`.
//!
//! *Invariants*: the replica is in the file of the ledger, so that a bundle and what it does are
//! one transaction; what people edited in the replica is looked at before a bundle is merged.

use std::collections::HashSet;
use std::io;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::bundle::accounting::id_key;
use crate::bundle::{
    Bundle, BundleKind, Outcome, Packed, Packer, Prepared, Record, ReportLine, Stream, Verified,
};
use crate::crm::blob_store::BlobStore;
use crate::crm::contact_payload::ContactPayload;
use crate::crm::contacts_csv::{self, CrmContact};
use crate::crm::no_column::NoColumn;
use crate::crm::replica::{self, CUSTOM, Scanned};
use crate::finding::Findings;
use crate::item::{Blob, BlobRef, Item, ItemId, RawValue};
use crate::link::CrmCategory;
use crate::merge::Fields;
use crate::merge::wire::Exchange;

use super::export::{ExportError, Options, Sums, Target};
use super::held_item::{DELETED, Deleted, HeldItem};
use super::home::Config;
use super::ledger::{Ledger, Round};
use super::leftover::exported;
use super::outgoing::{Leftover, Look, Outgoing, Sent, is_mass_deletion, native_hash};
use super::prefer;
use super::receive::{Came, Merged, Receipt, Receive, ReceiveError};
use super::seal::Made;
use super::undo::{UndoError, UndoSums, undo};
use super::work::ItemRecord;

/// The CRM side, at work.
#[derive(Debug, Clone, Copy)]
pub struct CrmSide<'a> {
    /// Who we are.
    pub config: &'a Config,
    /// The bytes of attachments.
    pub blobs: &'a BlobStore,
    /// The time to note.
    pub now: Timestamp,
}

/// An item of the replica, looked at.
enum Looked {
    Item(Box<Item>, Value, Option<Sent>),
    Failed(ItemId, String),
    Unlinked(Box<Item>),
}

/// What stands beside the record of an item, by its fields.
fn beside(fields: &Fields) -> Value {
    let mut beside = Map::new();
    for member in crate::merge::fields::BESIDE {
        let elements = fields.elements(member);
        if !elements.is_empty() {
            beside.insert(member.to_owned(), Value::Array(elements));
        }
    }
    Value::Object(beside)
}

/// The blobs that an item refers to.
fn blobs_of(item: &Item) -> Vec<Blob> {
    let mut item = item.clone();
    let mut blobs = Vec::new();
    let Ok(()) = item.try_visit_blobs(|blob| {
        if let BlobRef::Packed(blob) = blob {
            blobs.push(blob.clone());
        }
        Ok::<(), std::convert::Infallible>(())
    });
    blobs
}

impl CrmSide<'_> {
    /// Looks at the whole replica; the ids that were met.
    fn look(
        outgoing: &Outgoing<'_>,
        mut each: impl FnMut(Looked) -> Result<(), ExportError>,
    ) -> Result<HashSet<u128>, ExportError> {
        let round = outgoing.round;
        let mut met = HashSet::new();
        let unlinked = round.unlinked()?;
        replica::scan::<ExportError>(round.connection(), |Scanned { id, item }| {
            met.insert(id_key(&id.0));
            match item {
                Err(reason) => each(Looked::Failed(id, reason)),
                Ok((item, _)) if unlinked.contains(&id) => each(Looked::Unlinked(Box::new(item))),
                Ok((item, beside)) => {
                    let content = item.content_hash().unwrap_or_default();
                    let native = native_hash(&content, &beside);
                    let look = Look {
                        beside: &beside,
                        native: &native,
                        source: None,
                        marked: None,
                    };
                    let sent = outgoing.item(&item, look, None)?;
                    if let Some(sent) = &sent {
                        outgoing.enter(&item, look, sent, None)?;
                    }
                    each(Looked::Item(Box::new(item), beside, sent))
                }
            }
        })?;
        Ok(met)
    }

    /// Takes what is no longer in the replica; the records of the deletions.
    fn deletions(
        outgoing: &Outgoing<'_>,
        met: &HashSet<u128>,
        allow: bool,
    ) -> Result<Vec<Deleted>, ExportError> {
        let (known, gone) = outgoing.round.not_met(met)?;
        let missing = gone.len() as u64;
        if is_mass_deletion(missing, known) && !allow {
            return Err(ExportError::Deletions { missing, known });
        }
        let mut records = Vec::new();
        for id in &gone {
            records.extend(outgoing.deletion(id)?);
        }
        Ok(records)
    }

    /// Merges a bundle into the replica, in the transaction of `round`.
    ///
    /// # Errors
    /// When it cannot be; then the round is to be dropped.
    pub fn import(
        &self,
        round: &Round<'_>,
        bundle: &Verified<Bundle>,
        allow_deletions: bool,
        mut each: impl FnMut(&Merged<'_>) -> anyhow::Result<()>,
    ) -> Result<Receipt, ReceiveError> {
        self.notice(round, allow_deletions)
            .map_err(anyhow::Error::from)?;
        let receive = Receive {
            round,
            config: self.config,
            bundle,
            now: self.now,
            allow_deletions,
        };
        receive.run(|round, merged| {
            each(&merged)?;
            let shown = merged.shown.as_ref().filter(|_| merged.came != Came::Same);
            if let Some(item) = shown {
                for blob in blobs_of(item) {
                    if let Some(content) = bundle.blob(&blob) {
                        self.blobs.keep(&blob, content.open()?)?;
                    }
                }
            }
            self.show(round, merged.item, merged.shown)
        })
    }

    /// Notices what people edited in the replica, without sending anything.
    ///
    /// # Errors
    /// When the replica or the ledger cannot be read or written.
    pub fn notice(&self, round: &Round<'_>, allow_deletions: bool) -> Result<(), ExportError> {
        self.turn(round, allow_deletions)?;
        self.scan(round, allow_deletions)
    }

    /// Shows by another preference what nobody has decided.
    fn turn(&self, round: &Round<'_>, allow_deletions: bool) -> Result<(), ExportError> {
        let prefer = self.config.prefer;
        let Some(former) = prefer::former(round, prefer)? else {
            return Ok(());
        };
        // What people edited so far, they edited by what was shown so far.
        let config = Config {
            prefer: former,
            ..self.config.clone()
        };
        let before = CrmSide {
            config: &config,
            ..*self
        };
        before.scan(round, allow_deletions)?;
        for id in prefer::turn(round, prefer)? {
            let Some(mut held) = round.held(&id)? else {
                continue;
            };
            let exists = held.held.state.exists(prefer);
            let shown = exists.then(|| held.shown(prefer)).transpose()?;
            self.show(round, &mut held, shown)
                .map_err(ExportError::Stopped)?;
            round.hold(&held, prefer)?;
        }
        Ok(())
    }

    fn scan(&self, round: &Round<'_>, allow_deletions: bool) -> Result<(), ExportError> {
        let outgoing = Outgoing {
            quiet: true,
            ..Outgoing::new(round, self.config, self.now, 0)
        };
        let met = Self::look(&outgoing, |_| Ok(()))?;
        Self::deletions(&outgoing, &met, allow_deletions).map(drop)
    }

    /// Writes an item into the replica as it is shown now.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn show(
        &self,
        round: &Round<'_>,
        held: &mut HeldItem,
        shown: Option<Item>,
    ) -> anyhow::Result<()> {
        let id = held.like.id.clone();
        round.know(&id, held.like.kind().name(), false)?;
        match shown {
            None => {
                replica::remove(round.connection(), &id)?;
                round.unsee(&id)?;
            }
            Some(item) => {
                let beside = beside(&held.held.state.shown(self.config.prefer));
                replica::write(round.connection(), &item, &beside)?;
                let content = item.content_hash()?;
                round.see(&id, &native_hash(&content, &beside), None)?;
                held.like = item;
            }
        }
        held.held.settle();
        Ok(())
    }

    /// Takes back the last bundle, in the transaction of `round`.
    ///
    /// # Errors
    /// When it cannot be; then the round is to be dropped.
    pub fn undo(&self, round: &Round<'_>) -> Result<UndoSums, UndoError> {
        self.notice(round, true).map_err(anyhow::Error::from)?;
        undo(round, self.config, self.now, |round, undone| {
            self.show(round, undone.item, undone.shown)
        })
    }

    /// Packs what changed in the replica, and everything that Outlook does not have.
    ///
    /// # Errors
    /// When the bundle or the ledger cannot be written; then there is no bundle.
    pub fn export(
        &self,
        ledger: &mut Ledger,
        target: Target<'_>,
        options: Options,
        mut show: impl FnMut(&ReportLine) -> anyhow::Result<()>,
    ) -> Result<(Sums, Packed), ExportError> {
        let config = self.config;
        let mut packer = Packer::new(target.output)?;
        let round = ledger.begin()?;
        self.turn(&round, options.allow_deletions)?;
        let last = round.last_sent(config.epoch)?;
        let seq = last.as_ref().map_or(0, |last| last.seq).saturating_add(1);
        let mut outgoing = Outgoing::new(&round, config, self.now, seq);
        let anew = config.epoch > 1 && last.is_none();
        outgoing.full = options.full || anew;
        if anew {
            // What people edited must be known before everything is written anew.
            self.notice(&round, options.allow_deletions)?;
            super::export::renew(&outgoing)?;
        }
        let mut sums = Sums::default();
        sums.accounting.seen = replica::count(round.connection())?;
        let mut contacts: Vec<CrmContact> = Vec::new();
        let mut desk = Desk {
            blobs: self.blobs,
            packer: &mut packer,
            sums: &mut sums,
            contacts: &mut contacts,
            show: &mut show,
        };
        let met = Self::look(&outgoing, |looked| desk.take(looked))?;
        let mut beside = 0_u64;
        for record in Self::deletions(&outgoing, &met, options.allow_deletions)? {
            beside = beside.saturating_add(1);
            desk.delete(&record)?;
        }
        for leftover in outgoing.leftovers(&met, true)? {
            beside = beside.saturating_add(1);
            match leftover {
                Leftover::Deleted(record) => desk.delete(&record)?,
                Leftover::Item(item, exchange) => desk.item(&item, &Value::Null, &exchange)?,
            }
        }
        for line in outgoing.conflict_lines()? {
            packer.add_line(Stream::Conflicts, &line)?;
        }
        sums.accounting.seen = sums.accounting.seen.saturating_add(beside);
        let csv = (!contacts.is_empty()).then(|| contacts_csv::write(&contacts));
        let made = Made {
            config,
            now: self.now,
            seq,
            kind: if outgoing.full {
                BundleKind::Snapshot
            } else {
                BundleKind::Delta
            },
            accounting: sums.accounting,
        };
        let (sealed, sent) = made.seal(packer, csv, &round, target, None)?;
        round.commit(config.epoch, &sent)?;
        Ok((sums, sealed.publish()?))
    }
}

/// Where the items of an export go.
struct Desk<'a, S> {
    blobs: &'a BlobStore,
    packer: &'a mut Packer,
    sums: &'a mut Sums,
    contacts: &'a mut Vec<CrmContact>,
    show: &'a mut S,
}

impl<S: FnMut(&ReportLine) -> anyhow::Result<()>> Desk<'_, S> {
    fn take(&mut self, looked: Looked) -> Result<(), ExportError> {
        match looked {
            Looked::Item(item, beside, Some(sent)) => {
                let shown = sent.shown.unwrap_or(item);
                self.item(&shown, &beside, &sent.exchange)
            }
            Looked::Item(item, _, None) => {
                let mut line = exported(&item.id, item.kind().name(), item.title(), "");
                line.outcome = Outcome::Unchanged;
                line.reason = None;
                self.report(&line)
            }
            Looked::Unlinked(item) => {
                let reason = "a person took it out of the sync";
                let mut line = exported(&item.id, item.kind().name(), item.title(), reason);
                line.outcome = Outcome::Excluded;
                self.report(&line)
            }
            Looked::Failed(id, reason) => {
                let mut line = exported(&id, "other", "", &reason);
                line.outcome = Outcome::Failed;
                line.kind = None;
                self.report(&line)
            }
        }
    }

    fn item(
        &mut self,
        item: &Item,
        beside: &Value,
        exchange: &Exchange,
    ) -> Result<(), ExportError> {
        for blob in blobs_of(item) {
            if let Some(content) = self.blobs.content(&blob) {
                let scratched = |error: io::Error| ExportError::Scratch {
                    place: item.id.0.clone(),
                    error,
                };
                let scratch = self.packer.scratch();
                let ready = Prepared::from_content(&*content, scratch).map_err(scratched)?;
                self.packer.add_blob(ready)?;
            }
        }
        let categories = beside.get("crm_categories").cloned().unwrap_or_default();
        let categories: Vec<CrmCategory> = serde_json::from_value(categories).unwrap_or_default();
        let kind = item.kind().name();
        let record = ItemRecord {
            item,
            bigcontacts: ContactPayload::of_item(item, &categories),
            exchange: Some(exchange),
        };
        self.packer
            .add_record(Record::with_id(kind, &item.id.0, &record)?)?;
        self.contacts.extend(contact(item));
        let count = self.sums.by_kind.entry(kind).or_default();
        *count = count.saturating_add(1);
        self.report(&exported(
            &item.id,
            kind,
            item.title(),
            "Outlook does not have it so",
        ))
    }

    fn delete(&mut self, record: &Deleted) -> Result<(), ExportError> {
        self.packer
            .add_record(Record::with_id(DELETED, &record.id.0, record)?)?;
        let count = self.sums.by_kind.entry(DELETED).or_default();
        *count = count.saturating_add(1);
        self.report(&exported(
            &record.id,
            DELETED,
            &record.title,
            "it was deleted",
        ))
    }

    fn report(&mut self, line: &ReportLine) -> Result<(), ExportError> {
        let sums = &mut self.sums.accounting;
        let sum = match line.outcome {
            Outcome::Exported => &mut sums.exported,
            Outcome::Unchanged => &mut sums.unchanged,
            Outcome::Excluded => &mut sums.excluded,
            Outcome::Failed => &mut sums.failed,
        };
        *sum = sum.saturating_add(1);
        self.packer.add_report(line)?;
        (self.show)(line).map_err(ExportError::Stopped)
    }
}

/// A contact as BigContacts' own CSV has it, with its custom fields and its id there.
#[must_use]
pub fn contact(item: &Item) -> Option<CrmContact> {
    let mut contact = CrmContact::of_item(item)?;
    for field in item.raw.iter().filter(|field| field.kind == CUSTOM) {
        if let RawValue::Text(value) = &field.value {
            if field.name == "ID" {
                contact.id = Some(value.clone());
            } else {
                contact.custom.push((field.name.clone(), value.clone()));
            }
        }
    }
    Some(contact)
}

/// All contacts of the replica for BigContacts' own CSV, and what of them has no column there.
///
/// # Errors
/// When the replica cannot be read.
pub fn all_contacts(round: &Round<'_>) -> Result<(Vec<CrmContact>, Findings), ExportError> {
    let mut contacts = Vec::new();
    let mut beside = NoColumn::default();
    replica::scan::<ExportError>(round.connection(), |scanned| {
        if let Ok((item, _)) = scanned.item
            && let Some(row) = contact(&item)
        {
            beside.see(&item, &row);
            contacts.push(row);
        }
        Ok(())
    })?;
    Ok((contacts, beside.findings()))
}
