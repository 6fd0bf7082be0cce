//! Messages: properties, size, recipients; those in attachments too.
//!
//! *Spec*: \[MS-PST\] 2.4.5.

use crate::limits;
use crate::pst::check::ltp::{Care, Properties, Table};
use crate::pst::check::report::Place;
use crate::pst::ndb::{BlockId, NodeEntry, NodeId, NodeKind};

use super::{Messaging, rules as rule, size, template};

/// `PidTagMessageFlags`, and `mfHasAttach` of it.
const FLAGS: u16 = 0x0E07;
const HAS_ATTACHMENTS: u32 = 0x10;
/// `PidTagMessageSize`.
const SIZE: u16 = 0x0E08;

/// What a message must have, and what those of recent versions have.
const REQUIRED: [(u16, &str); 2] = [
    (0x001A, "PidTagMessageClass"),
    (FLAGS, "PidTagMessageFlags"),
];
const OPTIONAL: [(u16, &str); 3] = [
    (0x3007, "PidTagCreationTime"),
    (0x3008, "PidTagLastModificationTime"),
    (0x300B, "PidTagSearchKey"),
];

/// `PidTagRecipientType`.
const RECIPIENT_TYPE: u16 = 0x0C15;

impl Messaging<'_, '_> {
    /// Checks a message of a folder.
    pub(super) fn top_message(&mut self, node: NodeEntry) {
        let Some(properties) = self.properties(node) else {
            return;
        };
        let ground = self.ground;
        let place = Place::node(node.nid);
        let own = size::bytes(ground, node.data, node.subnodes);
        match properties.number(SIZE) {
            None => ground.add(&rule::MESSAGE_PROPERTY, place, "no PidTagMessageSize"),
            Some(stated) if u64::from(stated) != own => {
                // Older versions count values, not blocks; that gives less, but never little.
                let likely =
                    u64::from(stated) >= own / 4 && u64::from(stated) <= own.saturating_mul(4);
                let rule = if likely {
                    &rule::MESSAGE_SIZE_OTHER
                } else {
                    &rule::MESSAGE_SIZE
                };
                let detail = format!("PidTagMessageSize is {stated}, the blocks have {own}");
                ground.add(rule, place, detail);
            }
            Some(_) => {}
        }
        self.message(&properties, place, 0);
    }

    /// Checks a message whose properties have been opened; `depth` counts those around it.
    pub(super) fn message(&mut self, message: &Properties<'_, '_>, place: Place, depth: u32) {
        let ground = self.ground;
        let missing = |names: &[(u16, &str)]| {
            let missing = names
                .iter()
                .filter(|(id, _)| message.record(*id).is_none())
                .map(|(_, name)| *name);
            missing.collect::<Vec<_>>().join(", ")
        };
        for (rule, names) in [
            (&rule::MESSAGE_PROPERTY, missing(&REQUIRED)),
            (&rule::MESSAGE_OPTIONAL, missing(&OPTIONAL)),
        ] {
            if !names.is_empty() {
                ground.add(rule, place, format!("no {names}"));
            }
        }
        let find = |kind: NodeKind| {
            let mut subnodes = message.subnodes().iter();
            subnodes.find(|entry| entry.nid.kind() == kind)
        };
        for (kind, nid) in [
            (NodeKind::RecipientTable, NodeId::RECIPIENT_TABLE),
            (NodeKind::AttachmentTable, NodeId::ATTACHMENT_TABLE),
        ] {
            let subnodes = message.subnodes().iter();
            let tables: Vec<_> = subnodes
                .filter(|entry| entry.nid.kind() == kind)
                .map(|entry| entry.nid)
                .take(3)
                .collect();
            if !matches!(tables.as_slice(), [] | [_]) || tables.iter().any(|own| *own != nid) {
                let detail = format!("tables {tables:?} for {nid}");
                ground.add(&rule::MESSAGE_TABLES, place, detail);
            }
        }
        let associated = place
            .node
            .is_some_and(|node| node.kind() == NodeKind::AssociatedMessage);
        match find(NodeKind::RecipientTable) {
            Some(entry) => self.recipients(entry.data, entry.subnodes, place.sub(entry.nid)),
            None if !associated => {
                let detail = "no recipient table";
                ground.add(&rule::MESSAGE_RECIPIENTS, place, detail);
            }
            None => {}
        }
        let attachments = self.attachments(message, place, depth);
        let flags = message.number(FLAGS).unwrap_or_default();
        if (flags & HAS_ATTACHMENTS != 0) != attachments {
            let detail = format!("PidTagMessageFlags is 0x{flags:X}");
            ground.add(&rule::MESSAGE_ATTACHMENTS, place, detail);
        }
    }

    fn recipients(&mut self, data: BlockId, subnodes: BlockId, place: Place) {
        let ground = self.ground;
        if data.is_none() {
            ground.add(&rule::NODE_EMPTY, place, "the recipient table has no data");
            return;
        }
        let Some(table) = Table::open(ground, data, subnodes, place) else {
            return;
        };
        template::check(ground, NodeId::RECIPIENT_TABLE, &table, place);
        table.each_row(|id, row| {
            let kind = table.number(row, RECIPIENT_TYPE);
            // The upper bits are flags of a message that is sent again.
            if kind.is_some_and(|kind| kind & 0x0FFF_FFFF > 3) {
                let detail = format!("row {id}: PidTagRecipientType is {kind:?}");
                ground.add(&rule::RECIPIENT_TYPE, place, detail);
            }
        });
    }

    /// Checks a message in an attachment.
    pub(super) fn embedded(&mut self, data: BlockId, subnodes: BlockId, place: Place, depth: u32) {
        let ground = self.ground;
        if depth >= limits::EMBEDDED_DEPTH {
            ground.add(&rule::LIMIT_DEPTH, place, "what is deeper was not checked");
            return;
        }
        if data.is_none() {
            ground.add(&rule::NODE_EMPTY, place, "the message has no data");
            return;
        }
        let opened = Properties::open(ground, data, subnodes, place, Care::Strict);
        if let Some(message) = opened {
            self.named(&message, place);
            self.message(&message, place, depth.saturating_add(1));
        }
    }
}
