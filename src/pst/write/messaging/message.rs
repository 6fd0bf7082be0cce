//! A message that is written: attachments, recipients, and last its properties.
//!
//! *Spec*: \[MS-PST\] 2.4.5.
//!
//! *Invariants*: `PidTagMessageSize` is the sum of all data blocks under the message. What a
//! message must have and this one has not (search key, times, flags, class) is made up from the
//! options of the store. The row of the contents table has the very values of the message; a search
//! key is never replaced, so that copies are known again.

use std::io;

use md5::{Digest, Md5};

use crate::finding::Effect;
use crate::limits;
use crate::mapi::{Message, PropTag, PropType, PropertyBag, Value};
use crate::pst::messaging::message::join_subject;
use crate::pst::ndb::NodeId;
use crate::pst::write::ltp::{Cell, ObjectWriter, Shape, WrittenObject};

use super::base::Base;
use super::rows::Row;

/// `PidTagMessageClass`.
const CLASS: u16 = 0x001A;
/// `PidTagSubject`.
const SUBJECT: u16 = 0x0037;
/// `PidTagSubjectPrefix`.
const SUBJECT_PREFIX: u16 = 0x003D;
/// `PidTagSentRepresentingName`.
const REPRESENTING: u16 = 0x0042;
/// `PidTagConversationTopic`.
const TOPIC: u16 = 0x0070;
/// `PidTagConversationIndex`.
const CONVERSATION_INDEX: u16 = 0x0071;
/// `PidTagMessageFlags`.
const FLAGS: u16 = 0x0E07;
/// `PidTagMessageSize`.
const SIZE: u16 = 0x0E08;
/// `PidTagMessageStatus`.
const STATUS: u16 = 0x0E17;
/// `PidTagCreationTime`.
const CREATED: u16 = 0x3007;
/// `PidTagLastModificationTime`.
const MODIFIED: u16 = 0x3008;
/// `PidTagSearchKey`.
const SEARCH_KEY: u16 = 0x300B;
/// `PidTagConversationId`.
const CONVERSATION_ID: u16 = 0x3013;
/// `PidTagConversationIndexTracking`.
const TRACKING: u16 = 0x3016;
/// `PidTagReplItemid`.
const REPLICA: u16 = 0x0E30;
/// `PidTagReplItemid`, `PidTagReplChangenum`, `PidTagReplVersionHistory`: of one message only,
/// which node 0xC01 has a record of.
const OF_THE_REPLICA: [u16; 3] = [REPLICA, 0x0E33, 0x0E34];
/// Columns that tell of the row, not of the message: row id and version.
const OF_THE_ROW: [u16; 2] = [0x67F2, 0x67F3];

/// `mfRead`.
pub(super) const READ: i32 = 1;
/// `mfHasAttach`.
const HAS_ATTACHMENTS: i32 = 0x10;

/// A message in the file.
#[derive(Debug)]
pub(super) struct WrittenMessage {
    pub(super) object: WrittenObject,
    /// Its row in the table of its folder.
    pub(super) row: Row,
    pub(super) flags: i32,
}

impl Base {
    /// Writes a message, with the cells of its row in a table of this shape. `depth` counts the
    /// messages around it.
    pub(super) fn message(
        &mut self,
        message: &Message,
        nid: NodeId,
        shape: Option<&Shape>,
        depth: u32,
    ) -> io::Result<WrittenMessage> {
        let place = format!("node {nid}");
        let mut object = ObjectWriter::new()?;
        self.write_attachments(&mut object, message, depth, &place)?;
        self.write_recipients(&mut object, message, &place)?;
        let props = &message.props;
        let prefix = self.write_subject(&mut object, props)?;
        let replica = depth > 0 || self.add_replica(props, nid, &place);
        for property in props.iter() {
            let id = property.tag.id();
            if OF_THE_REPLICA.contains(&id) && !replica {
                continue;
            }
            if matches!(id, SUBJECT | FLAGS | SIZE) || OF_THE_ROW.contains(&id) {
                continue;
            }
            if id != SUBJECT_PREFIX || !prefix {
                self.add(&mut object, property, &place)?;
            }
        }
        let flags = flags(message);
        let flag_tag = PropTag::new(FLAGS, PropType::I32);
        self.add_value(&mut object, flag_tag, &Value::I32(flags))?;
        self.add_missing(&mut object, nid)?;
        object.set_inline(PropTag::new(SIZE, PropType::I32), [0; 4]);
        let mut row = Row::default();
        if let Some(shape) = shape {
            push_cells(&mut row, shape, &mut object, props)?;
        }
        let object = object.finish(&mut self.space, Some(SIZE))?;
        if let Some(at) = shape.and_then(|shape| column(shape, SIZE)) {
            let size = i32::try_from(object.bytes).unwrap_or(i32::MAX);
            row.push(at, Cell::Bytes(&size.to_le_bytes()))?;
        }
        Ok(WrittenMessage { object, row, flags })
    }

    /// Writes the subject with its mark; whether that holds the prefix.
    fn write_subject(
        &mut self,
        object: &mut ObjectWriter,
        props: &PropertyBag,
    ) -> io::Result<bool> {
        let Some(property) = props.property(SUBJECT) else {
            return Ok(false);
        };
        let tag = PropTag::new(SUBJECT, PropType::STRING);
        let Value::String(subject) = &property.value else {
            self.add(object, property, "subject")?;
            return Ok(false);
        };
        let (stored, holds) = join_subject(subject, props.str(SUBJECT_PREFIX));
        self.add_value(object, tag, &Value::String(stored))?;
        Ok(holds)
    }

    /// Enters a message by its replication id; whether it may keep it.
    fn add_replica(&mut self, props: &PropertyBag, nid: NodeId, place: &str) -> bool {
        let Some(id) = props.get(REPLICA) else {
            return true;
        };
        let id = id.as_bytes().and_then(|id| <[u8; 16]>::try_from(id).ok());
        let entered = id.is_some_and(|id| self.enter_replica(id, nid));
        if !entered {
            self.findings.add(
                "pst.write.replica",
                Effect::Noted,
                place.to_owned(),
                "its replication id is that of another message in the store, and left out",
            );
        }
        entered
    }

    /// What SCANPST misses in a message.
    fn add_missing(&mut self, object: &mut ObjectWriter, nid: NodeId) -> io::Result<()> {
        let now = Value::Time(self.now);
        for (id, kind, value) in [
            (
                CLASS,
                PropType::STRING,
                Value::String("IPM.Note".to_owned()),
            ),
            (CREATED, PropType::TIME, now.clone()),
            (MODIFIED, PropType::TIME, now),
            (
                SEARCH_KEY,
                PropType::BINARY,
                Value::Binary(self.key(nid.0).to_vec()),
            ),
        ] {
            if !object.has(id) {
                self.add_value(object, PropTag::new(id, kind), &value)?;
            }
        }
        Ok(())
    }

    /// Writes the message in an attachment, unless there are too many around it.
    pub(super) fn embedded(
        &mut self,
        message: &Message,
        nid: NodeId,
        depth: u32,
        place: &str,
    ) -> io::Result<Option<WrittenObject>> {
        if depth >= limits::EMBEDDED_DEPTH {
            self.findings.add(
                "pst.write.embedded-depth",
                Effect::Lost,
                place.to_owned(),
                format!(
                    "more than {} messages in each other",
                    limits::EMBEDDED_DEPTH
                ),
            );
            return Ok(None);
        }
        let written = self.message(message, nid, None, depth.saturating_add(1))?;
        Ok(Some(written.object))
    }
}

/// `PidTagMessageFlags` of a message: as it says, but for whether it has attachments.
fn flags(message: &Message) -> i32 {
    let said = message.props.int(FLAGS);
    let said = said.and_then(|flags| i32::try_from(flags).ok());
    let flags = said.unwrap_or(READ);
    // Hidden ones count (MS-OXCMSG 2.2.1.6); so they do in the stores of Outlook.
    if message.attachments.is_empty() {
        flags & !HAS_ATTACHMENTS
    } else {
        flags | HAS_ATTACHMENTS
    }
}

fn column(shape: &Shape, id: u16) -> Option<usize> {
    shape
        .columns()
        .iter()
        .position(|column| column.tag.id() == id)
}

fn push_cells(
    row: &mut Row,
    shape: &Shape,
    object: &mut ObjectWriter,
    props: &PropertyBag,
) -> io::Result<()> {
    for (number, column) in shape.columns().iter().enumerate() {
        match column.tag.id() {
            SIZE => {}
            id if OF_THE_ROW.contains(&id) => {}
            STATUS => row.push(number, Cell::Bytes(&[0; 4]))?,
            CONVERSATION_ID => {
                if let Some(id) = conversation_id(props) {
                    row.push(number, Cell::Bytes(&id))?;
                }
            }
            id => {
                let Some(cell) = object.cell(column.tag)? else {
                    continue;
                };
                let is_empty = matches!(cell, Cell::Bytes([]));
                if is_empty && !matches!(id, SUBJECT | REPRESENTING | TOPIC) {
                    continue;
                }
                row.push(number, cell)?;
            }
        }
    }
    Ok(())
}

/// `PidTagConversationId` as Outlook has it in rows: of the conversation index where the message
/// says that it is kept, else of the topic.
fn conversation_id(props: &PropertyBag) -> Option<[u8; 16]> {
    let index = props
        .get(CONVERSATION_INDEX)
        .and_then(Value::as_bytes)
        .and_then(|bytes| bytes.get(6..22)?.first_chunk().copied());
    let tracked = props.get(TRACKING).and_then(Value::as_bool);
    if let (Some(id), Some(true)) = (index, tracked) {
        return Some(id);
    }
    let topic = props.str(TOPIC).filter(|topic| !topic.is_empty())?;
    let mut hash = Md5::new();
    for unit in topic.to_uppercase().encode_utf16() {
        hash.update(unit.to_le_bytes());
    }
    Some(hash.finalize().into())
}
