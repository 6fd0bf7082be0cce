//! Attachments of a message: table, objects, data.
//!
//! *Spec*: \[MS-PST\] 2.4.6.

use std::collections::HashSet;

use crate::limits;
use crate::mapi::PropType;
use crate::pst::check::ltp::{Care, Properties, Stored, Table};
use crate::pst::check::report::Place;
use crate::pst::ndb::subnode::SubnodeEntry;
use crate::pst::ndb::{NodeId, NodeKind};

use super::{Messaging, rules as rule, template};

/// `PidTagAttachSize`.
const SIZE: u16 = 0x0E20;
/// `PidTagAttachDataBinary`, `PidTagAttachDataObject`.
const DATA: u16 = 0x3701;
/// `PidTagAttachMethod`: by value, an embedded message, an OLE object.
const METHOD: u16 = 0x3705;
const BY_VALUE: u32 = 1;
const EMBEDDED: u32 = 5;
const OLE: u32 = 6;

/// What an attachment must have.
const REQUIRED: [(u16, &str); 3] = [
    (SIZE, "PidTagAttachSize"),
    (METHOD, "PidTagAttachMethod"),
    (0x370B, "PidTagRenderingPosition"),
];

impl Messaging<'_, '_> {
    /// Checks the attachments of a message; whether it has any.
    pub(super) fn attachments(
        &mut self,
        message: &Properties<'_, '_>,
        place: Place,
        depth: u32,
    ) -> bool {
        let ground = self.ground;
        let of_kind = |kind: NodeKind| {
            let entries = message.subnodes().iter();
            entries.filter(move |entry| entry.nid.kind() == kind)
        };
        let table = of_kind(NodeKind::AttachmentTable).next();
        let table = table.and_then(|entry| {
            let place = place.sub(entry.nid);
            if entry.data.is_none() {
                ground.add(&rule::NODE_EMPTY, place, "the attachment table has no data");
                return None;
            }
            let table = Table::open(ground, entry.data, entry.subnodes, place)?;
            template::check(ground, NodeId::ATTACHMENT_TABLE, &table, place);
            Some((table, place))
        });
        let mut listed = HashSet::new();
        if let Some((table, place)) = &table {
            table.each_row(|id, row| {
                listed.insert(id);
                let entry = message.subnodes().get(id);
                let kind = id.kind() == NodeKind::Attachment;
                let Some(entry) = entry.filter(|entry| kind && !entry.data.is_none()) else {
                    let detail = format!("row {id}: there is no such attachment");
                    ground.add(&rule::ATTACHMENT_ROW, *place, detail);
                    return;
                };
                self.attachment_row(table, row, entry, place.sub(id));
            });
        }
        let mut any = false;
        for entry in of_kind(NodeKind::Attachment).take(limits::SUBNODES) {
            any = true;
            let place = place.sub(entry.nid);
            if ground.is_exhausted() {
                break;
            }
            if !listed.contains(&entry.nid) {
                let detail = "no row of the attachment table has it";
                ground.add(&rule::ATTACHMENT_ROW, place, detail);
            }
            self.attachment(entry, place, depth);
        }
        any
    }

    fn attachment_row(&self, table: &Table<'_, '_>, row: &[u8], entry: SubnodeEntry, place: Place) {
        let ground = self.ground;
        let opened = Properties::open(ground, entry.data, entry.subnodes, place, Care::Trusting);
        let Some(own) = opened else { return };
        for (id, name) in REQUIRED {
            let Some(column) = table.column(id) else {
                continue;
            };
            let cell = table.cell(row, column);
            let value = own.get(id);
            if let Some((cell, value)) = cell.zip(value).filter(|(cell, value)| cell != value) {
                let (cell, value) = (cell.shown(ground), value.shown(ground));
                let detail = format!("{name}: the row has {cell}, the attachment {value}");
                ground.add(&rule::ATTACHMENT_VALUE, place, detail);
            }
        }
    }

    fn attachment(&mut self, entry: SubnodeEntry, place: Place, depth: u32) {
        let ground = self.ground;
        if entry.data.is_none() {
            ground.add(&rule::NODE_EMPTY, place, "the attachment has no data");
            return;
        }
        let opened = Properties::open(ground, entry.data, entry.subnodes, place, Care::Strict);
        let Some(own) = opened else { return };
        self.named(&own, place);
        let missing: Vec<_> = REQUIRED
            .iter()
            .filter(|(id, _)| own.record(*id).is_none())
            .map(|(_, name)| *name)
            .collect();
        if !missing.is_empty() {
            let detail = format!("no {}", missing.join(", "));
            ground.add(&rule::ATTACHMENT_PROPERTY, place, detail);
        }
        let method = own.number(METHOD);
        let data = own.record(DATA);
        match method {
            Some(BY_VALUE) => self.size(&own, place),
            Some(EMBEDDED | OLE) => {
                let Some(data) = data else {
                    let detail = format!("method {}, and no data", method.unwrap_or_default());
                    ground.add(&rule::ATTACHMENT_NO_DATA, place, detail);
                    return;
                };
                let object = (data.kind == PropType::OBJECT).then(|| own.object(data));
                let Some((object, _)) = object.flatten() else {
                    let detail = format!("method {}, and no object", method.unwrap_or_default());
                    ground.add(&rule::ATTACHMENT_DATA, place, detail);
                    return;
                };
                if method == Some(EMBEDDED) {
                    let place = place.sub(object.nid);
                    self.embedded(object.data, object.subnodes, place, depth);
                }
            }
            _ => {}
        }
    }

    fn size(&self, own: &Properties<'_, '_>, place: Place) {
        let ground = self.ground;
        let values = own.records().iter().map(|record| own.value(*record));
        let sum = values.fold(0_u64, |sum, value: Option<Stored>| {
            sum.saturating_add(value.map_or(0, |value| value.size(ground)))
        });
        if let Some(stated) = own.number(SIZE).filter(|stated| u64::from(*stated) != sum) {
            let detail = format!("PidTagAttachSize is {stated}, the properties have {sum}");
            ground.add(&rule::ATTACHMENT_SIZE, place, detail);
        }
    }
}
