//! The recipient table of a message.
//!
//! *Spec*: \[MS-PST\] 2.4.5.3 (recipient table), MS-OXCMSG 2.2.3.1.

use crate::finding::Effect;
use crate::limits;
use crate::mapi::{Property, PropertyBag};
use crate::pst::ltp::TableContext;
use crate::pst::ndb::subnode::Subnodes;
use crate::pst::ndb::{NodeId, NodeKind};

use super::object::{ObjectPlace, Reading, make_bag};

/// `PidTagLtpRowId` and `PidTagLtpRowVer`: of the table, not of the recipient.
const ROW_PROPERTIES: [u16; 2] = [0x67F2, 0x67F3];

impl Reading<'_> {
    /// The recipients of the message at `place`, in the order of their rows.
    pub(super) fn recipients(&self, place: ObjectPlace, subnodes: &Subnodes) -> Vec<PropertyBag> {
        let entry = subnodes.get(NodeId::RECIPIENT_TABLE).or_else(|| {
            subnodes
                .iter()
                .find(|entry| entry.nid.kind() == NodeKind::RecipientTable)
        });
        let Some(entry) = entry else {
            return Vec::new();
        };
        let table_place = place.of_subnode(entry);
        let spot = table_place.spot;
        let own = self.subnodes(table_place);
        let db = self.store.database_ref();
        let table = match TableContext::open(db, table_place.data, &own, self.notes, spot) {
            Ok(table) => table,
            Err(fault) => {
                self.notes.fault(Effect::Lost, spot, fault);
                return Vec::new();
            }
        };
        let mut rows: Vec<usize> = match table.row_index() {
            Ok(index) => index
                .map(|(_, number)| number)
                .take(limits::RECIPIENTS)
                .collect(),
            Err(fault) => {
                self.notes.fault(Effect::Noted, spot, fault);
                (0..table.rows_at_most().min(limits::RECIPIENTS)).collect()
            }
        };
        rows.sort_unstable();
        rows.dedup();
        let source = self.source(&own, spot);
        let mut recipients = Vec::with_capacity(rows.len().min(1024));
        for number in rows {
            let row = match table.row(number) {
                Ok(row) => row,
                Err(fault) => {
                    self.notes.fault(Effect::Lost, spot, fault);
                    continue;
                }
            };
            if !self.budget.object() {
                self.notes.add(
                    "pst.messaging.too-many",
                    Effect::Lost,
                    spot,
                    "more objects in one message than the limit",
                );
                break;
            }
            let mut properties = Vec::with_capacity(table.columns().len());
            for &column in table.columns() {
                if ROW_PROPERTIES.contains(&column.tag.id()) || !table.has_cell(row, column) {
                    continue;
                }
                if let Some(value) = table.cell(row, column, source) {
                    properties.push(Property {
                        tag: column.tag,
                        name: self.store.names().get(column.tag.id()),
                        value,
                    });
                }
            }
            recipients.push(make_bag(properties, self.notes, spot));
        }
        recipients
    }
}
