//! The crate outlook-pst walking a Unicode store: every property of every message, recipient and
//! attachment is read, and every attachment hashed. The peer that `benches/compare.sh` measures
//! `airbridge inspect` against.
//!
//! `outlook_pst_walk STORE.pst` prints one line of counts. What the crate cannot read is counted,
//! not skipped in silence.

use std::rc::Rc;

use anyhow::{Context, Result};
use outlook_pst::UnicodePstFile;
use outlook_pst::ltp::prop_context::PropertyValue;
use outlook_pst::ltp::table_context::TableContext;
use outlook_pst::messaging::attachment::{Attachment, AttachmentData, UnicodeAttachment};
use outlook_pst::messaging::folder::{Folder, UnicodeFolder};
use outlook_pst::messaging::message::{Message, UnicodeMessage};
use outlook_pst::messaging::store::{Store, UnicodeStore};
use outlook_pst::ndb::node_id::NodeId;
use sha2::{Digest, Sha256};

/// `NID_ROOT_FOLDER`.
const ROOT_FOLDER: u32 = 0x122;

/// What was walked.
#[derive(Debug, Default)]
struct Counts {
    folders: u64,
    messages: u64,
    recipients: u64,
    attachments: u64,
    bytes: u64,
    properties: u64,
    failed: u64,
    hash: Sha256,
}

fn main() -> Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .context("usage: outlook_pst_walk STORE.pst")?;
    let store = UnicodeStore::read(Rc::new(UnicodePstFile::open(path)?))?;
    let mut counts = Counts::default();
    // From the root folder: `root_hierarchy_table` of 1.2.0 waits for a lock that it holds itself.
    let mut waiting = vec![NodeId::from(ROOT_FOLDER)];
    while let Some(node) = waiting.pop() {
        let entry = store.properties().make_entry_id(node)?;
        let Ok(folder) = UnicodeFolder::read(Rc::clone(&store), &entry) else {
            counts.failed += 1;
            continue;
        };
        counts.folders += 1;
        if let Some(table) = folder.hierarchy_table() {
            waiting.extend(row_ids(table.as_ref()));
        }
        let messages = folder.contents_table().map(|table| row_ids(table.as_ref()));
        for node in messages.unwrap_or_default() {
            let entry = store.properties().make_entry_id(node)?;
            match UnicodeMessage::read(Rc::clone(&store), &entry, None) {
                Ok(message) => walk(&message, &mut counts),
                Err(_) => counts.failed += 1,
            }
        }
    }
    println!(
        "outlook-pst: {} folders, {} messages, {} recipients, {} attachments of {} bytes, \
         {} properties, {} failed, {:x}",
        counts.folders,
        counts.messages,
        counts.recipients,
        counts.attachments,
        counts.bytes,
        counts.properties,
        counts.failed,
        counts.hash.finalize(),
    );
    Ok(())
}

/// The row ids of a table, which name nodes.
fn row_ids(table: &dyn TableContext) -> Vec<NodeId> {
    table
        .rows_matrix()
        .map(|row| NodeId::from(u32::from(row.id())))
        .collect()
}

/// Reads all of one message.
fn walk(message: &Rc<UnicodeMessage>, counts: &mut Counts) {
    counts.messages += 1;
    counts.properties += message.properties().iter().count() as u64;
    if let Some(table) = message.recipient_table() {
        for row in table.rows_matrix() {
            counts.recipients += 1;
            let Ok(cells) = row.columns(table.context()) else {
                counts.failed += 1;
                continue;
            };
            for (column, cell) in table.context().columns().iter().zip(cells) {
                let Some(cell) = cell else { continue };
                match table.read_column(&cell, column.prop_type()) {
                    Ok(_) => counts.properties += 1,
                    Err(_) => counts.failed += 1,
                }
            }
        }
    }
    let attachments = message
        .attachment_table()
        .map(|table| row_ids(table.as_ref()));
    for node in attachments.unwrap_or_default() {
        let Ok(attachment) = UnicodeAttachment::read(Rc::clone(message), node, None) else {
            counts.failed += 1;
            continue;
        };
        counts.attachments += 1;
        counts.properties += attachment.properties().iter().count() as u64;
        if let Some(AttachmentData::Binary(data)) = attachment.data() {
            counts.bytes += data.buffer().len() as u64;
            counts.hash.update(data.buffer());
        } else if let Some(PropertyValue::Binary(data)) = attachment.properties().get(0x3701) {
            counts.bytes += data.buffer().len() as u64;
            counts.hash.update(data.buffer());
        }
    }
}
