//! The recipient table of a message that is written.
//!
//! *Spec*: \[MS-PST\] 2.4.5.3: there is one in every message. That of a message without recipients
//! is the block of the template.

use std::collections::BTreeSet;
use std::io;

use crate::finding::Effect;
use crate::limits;
use crate::mapi::{Message, PropTag, PropertyBag, Value};
use crate::pst::ltp::value;
use crate::pst::ndb::{NodeId, NodeKind};
use crate::pst::write::ltp::{Cell, ObjectWriter, Shape, TableWriter, WrittenObject};
use crate::pst::write::ndb::DataTree;

use super::base::Base;
use super::templates::RECIPIENTS;

/// `PidTagLtpRowId` and `PidTagLtpRowVer`: of the table, not of the recipient.
const OF_THE_ROW: [u16; 2] = [0x67F2, 0x67F3];

impl Base {
    /// Writes the recipients of a message as its table.
    pub(super) fn write_recipients(
        &mut self,
        object: &mut ObjectWriter,
        message: &Message,
        place: &str,
    ) -> io::Result<()> {
        if message.recipients.is_empty() {
            let table = self.no_recipients()?;
            object.add_subnode(NodeId::RECIPIENT_TABLE, table);
            return Ok(());
        }
        if message.recipients.len() > limits::RECIPIENTS {
            self.findings.add(
                "pst.write.too-many",
                Effect::Lost,
                place.to_owned(),
                format!("more than {} recipients", limits::RECIPIENTS),
            );
        }
        let recipients = message.recipients.iter().take(limits::RECIPIENTS);
        let mut seen = BTreeSet::new();
        let mut tags = Vec::new();
        for recipient in recipients.clone() {
            for (tag, _) in self.cells_of(recipient, place) {
                if seen.insert(tag) {
                    tags.push(tag);
                }
            }
        }
        let (shape, left) = Shape::extended(&RECIPIENTS, &tags);
        for tag in left {
            self.findings.add(
                "pst.write.columns",
                Effect::Lost,
                place.to_owned(),
                format!("recipients: a table has 255 columns; {tag:?} has none"),
            );
        }
        let mut table = TableWriter::new(shape)?;
        for recipient in recipients {
            self.recipient(&mut table, recipient, place)?;
        }
        let table = table.finish(&mut self.space)?;
        object.add_subnode(NodeId::RECIPIENT_TABLE, table);
        Ok(())
    }

    /// The table without rows.
    pub(super) fn no_recipients(&mut self) -> io::Result<WrittenObject> {
        match self.no_recipients {
            Some(table) if self.space.share(table.data) => Ok(table),
            _ => {
                let table = TableWriter::new(Shape::of(&RECIPIENTS))?;
                let table = table.finish(&mut self.space)?;
                self.no_recipients = Some(table);
                Ok(table)
            }
        }
    }

    /// The properties of a recipient by the tags that they are stored with.
    fn cells_of<'p>(
        &mut self,
        recipient: &'p PropertyBag,
        place: &str,
    ) -> Vec<(PropTag, &'p Value)> {
        recipient
            .iter()
            .filter(|property| !OF_THE_ROW.contains(&property.tag.id()))
            .filter_map(|property| Some((self.tag(property, place)?, &property.value)))
            .collect()
    }

    fn recipient(
        &mut self,
        table: &mut TableWriter,
        recipient: &PropertyBag,
        place: &str,
    ) -> io::Result<()> {
        let mut stored: Vec<(usize, Stored)> = Vec::new();
        for (tag, value) in self.cells_of(recipient, place) {
            let found = table
                .columns()
                .binary_search_by_key(&tag, |column| column.tag);
            let Ok(column) = found else { continue };
            let cell = match value {
                // A table cell is no place for more than memory holds; but it may be asked to.
                Value::Large(content) => {
                    let mut reader = content.open();
                    let copied = reader
                        .as_mut()
                        .map(|reader| DataTree::copy(&mut self.space, &[], reader));
                    match copied {
                        Ok(copied) => Stored::Stream(copied?.0),
                        Err(_) => continue,
                    }
                }
                value => {
                    let mut bytes = Vec::new();
                    value::encode(value, &mut bytes);
                    Stored::Bytes(bytes)
                }
            };
            stored.push((column, cell));
        }
        let cells = stored.iter().map(|(column, cell)| {
            let cell = match cell {
                Stored::Bytes(bytes) => Cell::Bytes(bytes),
                Stored::Stream(stream) => Cell::Own(*stream),
            };
            (*column, cell)
        });
        let id = self.next_unique();
        let version = self.next_unique();
        let nids = &mut self.nids;
        let mut next = || nids.next(NodeKind::Ltp);
        table.row(&mut self.space, &mut next, (id, version), cells)
    }
}

/// A cell on its way.
enum Stored {
    Bytes(Vec<u8>),
    Stream(crate::pst::write::ndb::data_tree::StreamRef),
}
