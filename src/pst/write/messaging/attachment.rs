//! The attachments of a message that is written.
//!
//! *Spec*: \[MS-PST\] 2.4.6; MS-OXCMSG 2.2.2 (attachment properties).
//!
//! *Invariants*: `PidTagAttachSize` is the sum of the sizes of all values of the attachment, that
//! of an embedded message the size of the message. Rows of the table have the values of the
//! attachments.

use std::io;

use crate::finding::Effect;
use crate::limits;
use crate::mapi::{Attachment, AttachmentData, Message, PropTag, PropType, Value};
use crate::pst::ndb::{NodeId, NodeKind};
use crate::pst::write::ltp::{Cell, ObjectWriter, Shape, TableWriter};

use super::base::Base;
use super::rows::Row;
use super::templates::ATTACHMENTS;

/// `PidTagAttachSize`.
const SIZE: u16 = 0x0E20;
/// `PidTagAttachDataBinary`, `PidTagAttachDataObject`.
const DATA: u16 = 0x3701;
/// `PidTagAttachMethod`.
const METHOD: u16 = 0x3705;
/// `PidTagRenderingPosition`.
const POSITION: u16 = 0x370B;

impl Base {
    /// Writes the attachments of a message as subnodes of it, and their table.
    pub(super) fn write_attachments(
        &mut self,
        object: &mut ObjectWriter,
        message: &Message,
        depth: u32,
        place: &str,
    ) -> io::Result<()> {
        if message.attachments.is_empty() {
            return Ok(());
        }
        if message.attachments.len() > limits::ATTACHMENTS {
            self.findings.add(
                "pst.write.too-many",
                Effect::Lost,
                place.to_owned(),
                format!("more than {} attachments", limits::ATTACHMENTS),
            );
        }
        let shape = Shape::of(&ATTACHMENTS);
        let mut table = TableWriter::new(shape.clone())?;
        for attachment in message.attachments.iter().take(limits::ATTACHMENTS) {
            let nid = self.nids.next(NodeKind::Attachment);
            let own = format!("{place}, subnode {nid}");
            let row = self.attachment(object, attachment, nid, &shape, depth, &own)?;
            let version = self.next_unique();
            let nids = &mut self.nids;
            let mut next = || nids.next(NodeKind::Ltp);
            let cells = row.cells()?.into_iter();
            table.row(&mut self.space, &mut next, (nid.0, version), cells)?;
        }
        let table = table.finish(&mut self.space)?;
        object.add_subnode(NodeId::ATTACHMENT_TABLE, table);
        Ok(())
    }

    fn attachment(
        &mut self,
        message: &mut ObjectWriter,
        attachment: &Attachment,
        nid: NodeId,
        shape: &Shape,
        depth: u32,
        place: &str,
    ) -> io::Result<Row> {
        let mut object = ObjectWriter::new()?;
        for property in attachment.props.iter() {
            if !matches!(property.tag.id(), SIZE | DATA) {
                self.add(&mut object, property, place)?;
            }
        }
        let method = self.data(&mut object, &attachment.data, depth, place)?;
        for (id, value) in [(METHOD, method), (POSITION, -1)] {
            if !object.has(id) {
                let tag = PropTag::new(id, PropType::I32);
                self.add_value(&mut object, tag, &Value::I32(value))?;
            }
        }
        let size = i32::try_from(object.value_bytes().saturating_add(4)).unwrap_or(i32::MAX);
        object.set_inline(PropTag::new(SIZE, PropType::I32), size.to_le_bytes());
        let mut row = Row::default();
        for (number, column) in shape.columns().iter().enumerate() {
            match object.cell(column.tag)? {
                // Only what says something.
                Some(Cell::Bytes([])) | None => {}
                Some(cell) => row.push(number, cell)?,
            }
        }
        message.add_subnode(nid, object.finish(&mut self.space, None)?);
        Ok(row)
    }

    /// Writes the data; gives the method that says what it is.
    fn data(
        &mut self,
        object: &mut ObjectWriter,
        data: &AttachmentData,
        depth: u32,
        place: &str,
    ) -> io::Result<i32> {
        Ok(match data {
            AttachmentData::None => 0,
            AttachmentData::Reference => 2,
            AttachmentData::File(content) => {
                let tag = PropTag::new(DATA, PropType::BINARY);
                self.add_content(object, tag, &**content, place)?;
                1
            }
            AttachmentData::Ole(content) => {
                let tag = PropTag::new(DATA, PropType::OBJECT);
                self.add_content(object, tag, &**content, place)?;
                6
            }
            AttachmentData::Message(message) => {
                let nid = self.nids.next(NodeKind::NormalMessage);
                if let Some(embedded) = self.embedded(message, nid, depth, place)? {
                    object.add_object(nid, DATA, embedded, embedded.bytes)?;
                }
                5
            }
        })
    }
}
