//! Attachments of a message: the table, the attachment objects, their data.
//!
//! *Spec*: \[MS-PST\] 2.4.6 (attachments), 2.3.3.5 (PtypObject), MS-OXCMSG 2.2.2.9
//! (PidTagAttachMethod).
//!
//! *Seen in the wild*: attachments without a row in the table (they are read, and noted); tables
//! without the attachments.

use std::sync::Arc;

use crate::content::{ContentRef, InMemory};
use crate::finding::Effect;
use crate::limits;
use crate::mapi::message::OLE;
use crate::mapi::{Attachment, AttachmentData, PropType, PropertyBag};
use crate::pst::ltp::{HeapId, PropertyContext, Record, TableContext};
use crate::pst::ndb::subnode::{SubnodeEntry, Subnodes};
use crate::pst::ndb::{Fault, NodeId, NodeKind};

use super::object::{ObjectPlace, Reading};

/// `PidTagAttachDataBinary`, `PidTagAttachDataObject`.
const DATA: u16 = 0x3701;
/// `PidTagAttachMethod`.
const METHOD: u16 = 0x3705;

impl Reading<'_> {
    /// The attachments of the message at `place`, in the order of their rows. `code_page` decodes
    /// their strings; `depth` counts the messages around this one.
    pub(super) fn attachments(
        &self,
        place: ObjectPlace,
        subnodes: &Subnodes,
        code_page: u16,
        depth: u32,
    ) -> Vec<Attachment> {
        let listed = self.attachment_rows(place, subnodes);
        let mut attachments = Vec::with_capacity(listed.len());
        for entry in listed {
            if attachments.len() >= limits::ATTACHMENTS || !self.budget.object() {
                self.notes.add(
                    "pst.messaging.too-many",
                    Effect::Lost,
                    place.spot,
                    "more attachments in one message than the limit",
                );
                break;
            }
            let own = place.of_subnode(entry);
            match self.attachment(own, subnodes, code_page, depth) {
                Ok(attachment) => attachments.push(attachment),
                Err(fault) => self.notes.fault(Effect::Lost, own.spot, fault),
            }
        }
        attachments
    }

    /// Attachment subnodes: those of the table in its order, then those it does not list.
    fn attachment_rows(&self, place: ObjectPlace, subnodes: &Subnodes) -> Vec<SubnodeEntry> {
        let mut entries = Vec::new();
        let table = subnodes.get(NodeId::ATTACHMENT_TABLE).or_else(|| {
            subnodes
                .iter()
                .find(|entry| entry.nid.kind() == NodeKind::AttachmentTable)
        });
        if let Some(table) = table {
            let table_place = place.of_subnode(table);
            let (spot, own) = (table_place.spot, self.subnodes(table_place));
            let db = self.store.database_ref();
            let opened = TableContext::open(db, table.data, &own, self.notes, spot);
            let rows = opened.as_ref().map_err(Clone::clone).and_then(|table| {
                let mut rows: Vec<_> = table.row_index()?.take(limits::ATTACHMENTS).collect();
                rows.sort_unstable_by_key(|&(_, number)| number);
                Ok(rows)
            });
            match rows {
                Ok(rows) => {
                    for (id, _) in rows {
                        match subnodes.get(NodeId(id)) {
                            Some(entry) => entries.push(entry),
                            None => self.notes.add(
                                "pst.messaging.attachment-missing",
                                Effect::Lost,
                                spot,
                                format!("there is no attachment {}", NodeId(id)),
                            ),
                        }
                    }
                }
                Err(fault) => self.notes.fault(Effect::Noted, spot, fault),
            }
        }
        let listed = entries.len();
        for entry in subnodes
            .iter()
            .filter(|entry| entry.nid.kind() == NodeKind::Attachment)
        {
            let known = entries.get(..listed).unwrap_or_default();
            if !known.iter().any(|known| known.nid == entry.nid) {
                self.notes.add(
                    "pst.messaging.attachment-unlisted",
                    Effect::Noted,
                    place.spot.sub(entry.nid),
                    "no row of the attachment table has it; read all the same",
                );
                entries.push(entry);
            }
            if entries.len() > limits::ATTACHMENTS {
                break;
            }
        }
        entries
    }

    fn attachment(
        &self,
        place: ObjectPlace,
        outer: &Subnodes,
        code_page: u16,
        depth: u32,
    ) -> Result<Attachment, Fault> {
        let context = self.context(place)?;
        let records = context.records()?;
        let subnodes = self.subnodes(place);
        let mut props = self.bag(&context, &records, &subnodes, place.spot, Some(DATA));
        self.decode(&mut props, code_page, place.spot);
        let data = match records.iter().find(|record| record.id == DATA) {
            Some(&record) => {
                let parts = Parts {
                    context: &context,
                    place,
                    subnodes: &subnodes,
                    outer,
                };
                self.data(parts, record, &props, code_page, depth)
            }
            None => AttachmentData::without_bytes(props.int(METHOD)),
        };
        Ok(Attachment { props, data })
    }

    fn data(
        &self,
        parts: Parts<'_>,
        record: Record,
        props: &PropertyBag,
        code_page: u16,
        depth: u32,
    ) -> AttachmentData {
        let method = props.int(METHOD);
        let place = parts.place;
        if record.kind == PropType::OBJECT {
            let source = self.source(parts.subnodes, place.spot);
            let Some((entry, size)) = parts.context.object(record, source) else {
                return AttachmentData::None;
            };
            if method == Some(OLE) {
                let declared = self
                    .store
                    .database()
                    .stream_size(entry.data, self.notes, place.spot)
                    .unwrap_or(u64::from(size));
                return AttachmentData::Ole(source.stream(entry.data, declared, place.spot));
            }
            return self.embedded(place.of_subnode(entry), code_page, depth);
        }
        match self.bytes(parts, record) {
            Ok(content) => AttachmentData::of_bytes(method, content),
            Err(fault) => {
                let spot = place.spot.property(DATA);
                self.notes.fault(Effect::Lost, spot, fault);
                AttachmentData::None
            }
        }
    }

    fn bytes(&self, parts: Parts<'_>, record: Record) -> Result<ContentRef, Fault> {
        let hid = HeapId(record.value);
        if hid.is_none() {
            return Ok(Arc::new(InMemory(Vec::new())));
        }
        if hid.is_heap() {
            let bytes = parts.context.heap().get(hid)?.to_vec();
            return Ok(Arc::new(InMemory(bytes)));
        }
        let nid = NodeId(record.value);
        let entry = parts
            .subnodes
            .get(nid)
            .or_else(|| parts.outer.get(nid))
            .ok_or_else(|| {
                Fault::new(
                    "pst.ltp.subnode-missing",
                    format!("there is no subnode {nid}"),
                )
            })?;
        let spot = parts.place.spot.property(DATA);
        let size = self
            .store
            .database()
            .stream_size(entry.data, self.notes, spot)?;
        let source = self.source(parts.subnodes, parts.place.spot);
        Ok(source.stream(entry.data, size, spot))
    }

    fn embedded(&self, place: ObjectPlace, code_page: u16, depth: u32) -> AttachmentData {
        if depth >= limits::EMBEDDED_DEPTH {
            self.notes.add(
                "pst.messaging.embedded-depth",
                Effect::Lost,
                place.spot,
                format!(
                    "more than {} messages in each other",
                    limits::EMBEDDED_DEPTH
                ),
            );
            return AttachmentData::None;
        }
        match self.message(place, Some(code_page), depth.saturating_add(1)) {
            Ok(message) => AttachmentData::Message(Box::new(message)),
            Err(fault) => {
                self.notes.fault(Effect::Lost, place.spot, fault);
                AttachmentData::None
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Parts<'a> {
    context: &'a PropertyContext<'a>,
    place: ObjectPlace,
    subnodes: &'a Subnodes,
    /// Those of the message.
    outer: &'a Subnodes,
}
