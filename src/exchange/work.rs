//! One item's way from its store to the edge of the bundle, on any thread.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::bundle::accounting::id_key;
use crate::bundle::{Outcome, PackError, Prepared, Record, ReportLine, Scratch};
use crate::content::ContentRef;
use crate::crm::contact_payload::ContactPayload;
use crate::finding::Findings;
use crate::item::{Item, hash_of_record};
use crate::link::Decision;
use crate::mapping::Mapped;
use crate::merge::Stamp;
use crate::merge::wire::{Exchange, version_of};
use crate::source::Job;

use super::blobs;
use super::export::ExportError;
use super::held_item::{HeldItem, beside};
use super::ledger::{KnownItems, MarkedRow};
use super::linking::Linking;
use super::outgoing::native_hash;
use super::twins::{Fields, Twins};

/// What comes of a job.
pub(super) enum Work<'s> {
    /// Its items were read.
    Read(Vec<Worked>),
    /// It is as it was when the ledger last saw it: nothing was read.
    Known(Job<'s>, MarkedRow),
}

/// One item on its way to the bundle.
pub(super) struct Worked {
    pub(super) line: ReportLine,
    pub(super) findings: Findings,
    /// The item with its decision, when it could be read.
    pub(super) read: Option<(Box<Item>, Decision)>,
    /// What the bundle needs of it, when it is to be exported.
    pub(super) packing: Option<Packing>,
    /// The set of [`Twins`] that it is in, and what its fields say.
    pub(super) twin: Option<(usize, Fields)>,
}

/// What the bundle and the ledger need of an item.
pub(super) struct Packing {
    /// The hash of its contents.
    pub(super) content: String,
    /// The hash of what its store shows.
    pub(super) native: String,
    /// What stands beside its record.
    pub(super) beside: Value,
    /// Its record, registers and their version if it is new; not made for what the peer has as it
    /// is.
    pub(super) ready: Option<(Record, (Exchange, String))>,
    pub(super) blobs: Vec<Prepared>,
    /// Bytes that are not made ready, because the peer should have them.
    pub(super) unready: Vec<ContentRef>,
    /// The mark of what it was made of, if no rule counts that it was met.
    pub(super) mark: Option<u128>,
}

/// What every thread must know.
pub(super) struct Desk<'a> {
    pub(super) linking: &'a Linking,
    pub(super) twins: &'a Twins,
    pub(super) scratch: &'a Arc<Scratch>,
    /// What the ledger has.
    pub(super) known: &'a KnownItems,
    /// Whether one input is read: then no item stands for another.
    pub(super) alone: bool,
    /// Whether everything goes out.
    pub(super) full: bool,
    /// Whether every item is read.
    pub(super) reread: bool,
    pub(super) stamp: Stamp,
}

impl Desk<'_> {
    /// The mark of a job and of all that decides on its item.
    fn mark(&self, job: &Job<'_>) -> Option<u128> {
        let rules = self.linking.mark.filter(|_| self.alone)?;
        let mark = job.mark()?;
        let mut hasher = blake3::Hasher::new_derive_key("airbridge 2026 item mark v1");
        hasher.update(&mark);
        hasher.update(&rules);
        let key = hasher.finalize().as_bytes().first_chunk().copied()?;
        Some(u128::from_be_bytes(key))
    }
}

/// Reads, maps, decides and prepares the items of a job, on any thread, unless it is known by its
/// mark.
pub(super) fn work<'s>(job: Job<'s>, desk: &Desk<'_>) -> Result<Work<'s>, ExportError> {
    let mark = desk.mark(&job);
    let known = mark.and_then(|mark| desk.known.marked.get(&mark));
    match known.filter(|_| !desk.reread) {
        Some(row) => Ok(Work::Known(job, *row)),
        None => read(&job, mark, desk).map(Work::Read),
    }
}

/// Reads, maps, decides and prepares the items of a job; at least one comes of it.
pub(super) fn read(
    job: &Job<'_>,
    mark: Option<u128>,
    desk: &Desk<'_>,
) -> Result<Vec<Worked>, ExportError> {
    match job.items() {
        Ok(items) => items
            .into_iter()
            .map(|mapped| {
                let mut worked = settle(mapped, desk)?;
                if let (Some(packing), Some((item, decision))) = (&mut worked.packing, &worked.read)
                {
                    // What is counted is counted in every run.
                    let counted = !item.categories.is_empty() || decision.is_by_rule();
                    packing.mark = mark.filter(|_| !counted && worked.findings.count() == 0);
                }
                Ok(worked)
            })
            .collect(),
        Err(error) => {
            let mut findings = Findings::new();
            findings.push(job.lost(&error));
            let line = ReportLine {
                outcome: Outcome::Failed,
                item: None,
                kind: None,
                count: None,
                source: Some(job.source().to_string()),
                folder: job.folder().to_vec(),
                locator: Some(job.locator()),
                title: None,
                reason: Some(error.to_string()),
                findings: Vec::new(),
            };
            Ok(vec![Worked {
                line,
                findings,
                read: None,
                packing: None,
                twin: None,
            }])
        }
    }
}

/// Decides what becomes of an item, and prepares it.
fn settle(mapped: Mapped, desk: &Desk<'_>) -> Result<Worked, ExportError> {
    let Desk {
        linking,
        twins,
        scratch,
        ..
    } = desk;
    let Mapped {
        item,
        contents,
        mut findings,
    } = mapped;
    let mut item = Box::new(item);
    let decision = linking.linker.decide(&item, &linking.in_sync);
    let place = item.provenance.first().cloned().unwrap_or_default();
    // The report goes out with the bundle; what is private stays at home.
    let may_tell = decision.export || !item.is_private();
    let line = ReportLine {
        outcome: if decision.export {
            Outcome::Exported
        } else {
            Outcome::Excluded
        },
        item: Some(item.id.0.clone()),
        kind: Some(item.kind().name().to_owned()),
        count: None,
        source: Some(place.source),
        folder: place.folder,
        locator: Some(place.locator.clone()),
        title: Some(item.title().to_owned()).filter(|title| may_tell && !title.is_empty()),
        reason: Some(decision.reason.clone()),
        findings: Vec::new(),
    };
    let mut twin = None;
    let packing = if decision.export {
        let scratched = |error| ExportError::Scratch {
            place: place.locator,
            error,
        };
        // Making bytes ready costs most of an export: what the peer has is only hashed.
        let known = settled(&item, &contents, &decision, desk);
        let (blobs, known) = match known {
            Some((same, packing)) => {
                item = same;
                (Vec::new(), Some(packing))
            }
            None => {
                let blobs = blobs::prepare(&mut item, &contents, scratch, &mut findings);
                (blobs.map_err(scratched)?, None)
            }
        };
        if let Some(set) = twins.set_of(&item) {
            twin = Some((set, Fields::of(&item)));
            let own = item.provenance.first().cloned();
            let others = twins.places(set).iter();
            let others = others.filter(|place| Some(*place) != own.as_ref());
            item.provenance.extend(others.cloned());
        }
        match known {
            Some(packing) => Some(packing),
            None => Some(pack(&item, &decision, blobs, desk)?),
        }
    } else {
        None
    };
    Ok(Worked {
        line,
        findings,
        read: Some((item, decision)),
        packing,
        twin,
    })
}

/// The item with its bytes known by their hashes, when it is just what the peer has.
fn settled(
    item: &Item,
    contents: &[ContentRef],
    decision: &Decision,
    desk: &Desk<'_>,
) -> Option<(Box<Item>, Packing)> {
    let known = desk.known.settled.get(&id_key(&item.id.0));
    let known = known.filter(|_| !desk.full)?;
    let mut item = Box::new(item.clone());
    if !blobs::identify(&mut item, contents) {
        return None;
    }
    let content = hash(&item);
    let beside = beside(decision);
    let native = native_hash(&content, &beside);
    let packing = Packing {
        content,
        native,
        beside,
        ready: None,
        blobs: Vec::new(),
        unready: contents.to_vec(),
        mark: None,
    };
    (*known == id_key(&packing.native)).then_some((item, packing))
}

/// Makes ready what an item needs, as if the ledger did not know it.
fn pack(
    item: &Item,
    decision: &Decision,
    blobs: Vec<Prepared>,
    desk: &Desk<'_>,
) -> Result<Packing, ExportError> {
    let beside = beside(decision);
    let first = HeldItem::first(&beside, &desk.stamp);
    let record = record(item, decision, &first)?;
    // Its text is there, and tells both hashes sooner than the values do.
    let members = record.members();
    let told = members.as_ref().and_then(hash_of_record::content_hash);
    let content = told.unwrap_or_else(|| hash(item));
    debug_assert_eq!(content, hash(item), "the same by either way");
    let native = native_hash(&content, &beside);
    let exchange = members.as_ref().and_then(|members| members.get("exchange"));
    let version = exchange.map_or_else(|| first.version(), version_of);
    let ready = Some((record, (first, version)));
    Ok(Packing {
        content,
        native,
        beside,
        ready,
        blobs,
        unready: Vec::new(),
        mark: None,
    })
}

/// The record of an item; that of a contact carries its payload for BigContacts.
pub(super) fn record(
    item: &Item,
    decision: &Decision,
    exchange: &Exchange,
) -> Result<Record, PackError> {
    let record = ItemRecord {
        item,
        bigcontacts: ContactPayload::of_item(item, &decision.crm_categories),
        exchange: Some(exchange),
    };
    Record::with_id(item.kind().name(), &item.id.0, &record)
}

/// A record of `formats/items.md`.
#[derive(Serialize)]
pub(super) struct ItemRecord<'a> {
    #[serde(flatten)]
    pub(super) item: &'a Item,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bigcontacts: Option<ContactPayload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exchange: Option<&'a Exchange>,
}

/// The semantic hash. Every reference has been packed, so there always is one.
fn hash(item: &Item) -> String {
    item.content_hash().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{CrmCategory, Outcome as Linked, Unlinked};
    use serde_json::json;

    #[test]
    fn the_record_of_a_contact_carries_its_payload_and_is_read_as_an_item() {
        let text = include_str!("../../formats/examples/items/contact.json");
        let mut example: Value = serde_json::from_str(text).unwrap();
        let item: Item = serde_json::from_value(example.clone()).unwrap();
        let category = CrmCategory {
            name: "Relationship".to_owned(),
            value: "Supplier".to_owned(),
        };
        let decision = Decision {
            outcome: Linked::Unlinked {
                cause: Unlinked::NewContact,
            },
            export: true,
            reason: String::new(),
            crm_categories: vec![category],
        };
        let record = ItemRecord {
            item: &item,
            bigcontacts: ContactPayload::of_item(&item, &decision.crm_categories),
            exchange: None,
        };
        let written = serde_json::to_value(&record).unwrap();
        example["bigcontacts"]["categories"] =
            json!([{"name": "Relationship", "value": "Supplier"}]);
        assert_eq!(written, example);
        assert_eq!(serde_json::from_value::<Item>(written).unwrap(), item);
        assert!(super::record(&item, &decision, &Exchange::default()).is_ok());
    }
}
