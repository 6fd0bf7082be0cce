//! Contents tables against the messages that they list.
//!
//! *Spec*: \[MS-PST\] 2.4.4.3, 2.4.4.5, 2.4.4.6, 2.4.8.6.2.

use md5::{Digest, Md5};

use crate::mapi::value_bytes;
use crate::pst::check::Rule;
use crate::pst::check::ltp::{Care, Properties, Table};
use crate::pst::check::report::{Place, hex};
use crate::pst::ndb::{Format, NodeEntry, NodeId, NodeKind};

use super::folder::no_child;
use super::skeleton::is_template;
use super::{Messaging, rules as rule, size};

/// `PidTagMessageFlags`, and `mfRead` of it.
const FLAGS: u16 = 0x0E07;
const READ: u32 = 1;
/// `PidTagMessageSize`.
const SIZE: u16 = 0x0E08;
/// `PidTagConversationId`, `PidTagConversationIndex`, `PidTagConversationTopic`.
const CONVERSATION_ID: u16 = 0x3013;
const CONVERSATION_INDEX: u16 = 0x0071;
const CONVERSATION_TOPIC: u16 = 0x0070;

/// Columns that only rows have, or that messages and rows have each for themselves: row id and
/// version, status, conversation id, replication.
const OF_ROWS: [u16; 10] = [
    0x67F2, 0x67F3, 0x0E17, 0x3013, 0x0E30, 0x0E33, 0x0E34, 0x0E38, 0x0E3C, 0x0E3D,
];

impl<'g, 'f> Messaging<'g, 'f> {
    /// Checks a contents table, or one of associated contents.
    pub(super) fn contents(&mut self, node: NodeEntry) {
        let associated = node.nid.kind() == NodeKind::AssociatedContentsTable;
        let place = Place::node(node.nid);
        let folder = node.nid.sibling(NodeKind::NormalFolder);
        let mut unread = 0_u32;
        let table = self.rows(node, |this, table, id, row| {
            let flags = table.number(row, FLAGS).unwrap_or_default();
            unread = unread.saturating_add(u32::from(flags & READ == 0));
            this.list(id);
            this.contents_row(table, id, row, place, folder);
        });
        let Some(table) = table.filter(|_| !is_template(node.nid)) else {
            return;
        };
        let ground = self.ground;
        let Some(own) = self.folders.of_table(node.nid) else {
            let detail = format!("there is no folder {folder}");
            ground.add(&rule::FOLDER_PARENT, place, detail);
            return;
        };
        let rows = u32::try_from(table.count()).unwrap_or(u32::MAX);
        let compare = |rule: &'static Rule, stated: Option<u32>, found: u32| {
            if let Some(stated) = stated.filter(|stated| *stated != found) {
                let detail = format!("the folder says {stated}, its table has {found}");
                ground.add(rule, place, detail);
            }
        };
        if associated {
            compare(&rule::FOLDER_ASSOCIATED, own.associated, rows);
        } else {
            compare(&rule::FOLDER_COUNT, own.count, rows);
            compare(&rule::FOLDER_UNREAD, own.unread, unread);
        }
    }

    fn contents_row(
        &self,
        table: &Table<'g, 'f>,
        id: NodeId,
        row: &[u8],
        place: Place,
        folder: NodeId,
    ) {
        let ground = self.ground;
        let associated = place.node.map(NodeId::kind) == Some(NodeKind::AssociatedContentsTable);
        let wanted = if associated {
            NodeKind::AssociatedMessage
        } else {
            NodeKind::NormalMessage
        };
        let found = ground.nodes.find(id);
        let Some(message) = found.filter(|node| id.kind() == wanted && node.parent == folder)
        else {
            let detail = no_child(id, found, folder);
            ground.add(&rule::CONTENTS_ROW, place, detail);
            return;
        };
        let own = Place::node(id);
        if message.data.is_none() {
            return;
        }
        let (data, subnodes) = (message.data, message.subnodes);
        let Some(properties) = Properties::open(ground, data, subnodes, own, Care::Trusting) else {
            return;
        };
        self.conversation(table, row, &properties, own);
        for column in table.columns() {
            let id = column.tag.id();
            if OF_ROWS.contains(&id) {
                continue;
            }
            let record = properties.record(id);
            let cell = table.cell(row, *column);
            let value = record.and_then(|record| properties.value(record));
            let (rule, detail) = match (cell, value) {
                (Some(cell), Some(value)) => {
                    let kind = record.map(|record| record.kind);
                    if kind == Some(column.tag.kind()) && cell.equals(&value, ground) {
                        continue;
                    }
                    let rule = match id {
                        _ if ground.is_cache() => &rule::CACHE_VALUE,
                        _ if associated => &rule::ASSOCIATED_VALUE,
                        SIZE if self.is_sized(message, &properties) => &rule::CONTENTS_SIZE,
                        SIZE => &rule::MESSAGE_SIZE,
                        _ => &rule::CONTENTS_VALUE,
                    };
                    let (cell, value) = (cell.shown(ground), value.shown(ground));
                    (
                        rule,
                        format!("differs: the row has {cell}, the message {value}"),
                    )
                }
                (Some(cell), None) if cell.size(ground) > 0 => {
                    let rule = if associated {
                        &rule::ASSOCIATED_VALUE
                    } else {
                        &rule::CONTENTS_ONLY_ROW
                    };
                    (rule, "is in the row only".to_owned())
                }
                (None, Some(value)) if value.size(ground) > 0 => {
                    let rule = if associated {
                        &rule::ASSOCIATED_VALUE
                    } else {
                        &rule::CONTENTS_ONLY_MESSAGE
                    };
                    (rule, "is in the message only".to_owned())
                }
                _ => continue,
            };
            ground.add(rule, own, format!("{:?} {detail}", column.tag));
        }
    }

    /// The conversation id of a row: of the index where conversations are tracked, else of the
    /// topic.
    fn conversation(
        &self,
        table: &Table<'g, 'f>,
        row: &[u8],
        properties: &Properties<'_, '_>,
        place: Place,
    ) {
        let ground = self.ground;
        let bytes = |id| properties.get(id).and_then(|value| value.bytes(ground));
        let id = table.column(CONVERSATION_ID);
        let id = id.and_then(|column| table.cell(row, column)?.bytes(ground));
        let known = ground.format() != Format::Ansi && !ground.is_cache();
        let Some(id) = id.filter(|_| known) else {
            return;
        };
        let by_index =
            bytes(CONVERSATION_INDEX).is_some_and(|index| index.get(6..22) == Some(id.as_slice()));
        let by_topic = || {
            let topic = value_bytes::text(&bytes(CONVERSATION_TOPIC).unwrap_or_default()).0;
            let upper: Vec<u8> = topic
                .to_uppercase()
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
            Md5::digest(upper).as_slice() == id
        };
        if !id.is_empty() && !by_index && !by_topic() {
            let detail = format!("PidTagConversationId of its row is {}", hex(&id));
            ground.add(&rule::CONVERSATION, place, detail);
        }
    }

    /// Whether a message has the size that it says; of a row and a message that differ, one is
    /// right.
    fn is_sized(&self, message: NodeEntry, properties: &Properties<'_, '_>) -> bool {
        let own = size::bytes(self.ground, message.data, message.subnodes);
        properties.number(SIZE).map(u64::from) == Some(own)
    }

    /// Checks the contents table of a search folder, whose rows are for messages anywhere.
    pub(super) fn search_contents(&mut self, node: NodeEntry) {
        let place = Place::node(node.nid);
        let table = self.rows(node, |this, _, id, _| {
            if this.ground.nodes.find(id).is_none() {
                let detail = format!("row {id}: there is no such message");
                this.ground.add(&rule::FOLDER_SEARCH, place, detail);
            }
        });
        let folder = self.folders.get(node.nid.sibling(NodeKind::SearchFolder));
        let stated = folder.and_then(|folder| folder.count);
        if let Some((table, stated)) = table.zip(stated)
            && usize::try_from(stated) != Ok(table.count())
        {
            let detail = format!("the folder says {stated}, its table has {}", table.count());
            self.ground.add(&rule::FOLDER_SEARCH, place, detail);
        }
    }
}
