//! A message as an MSG file, or OFT where it is a template.
//!
//! *Spec*: MS-OXMSG 2.2, 2.3.
//!
//! *Shape*: a tree of storages, which [`super::compound`] lays out; contents are read when the file
//! is.
//!
//! *Invariants*: all text is Unicode, and `PidTagStoreSupportMask` says so; one name map is for the
//! message and all in it; the same message gives the same bytes.

mod attachment;
mod properties;

use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use crate::content::InMemory;
use crate::finding::{Effect, Findings};
use crate::limits;
use crate::mapi::name_map_writer::{Buckets, NameMapWriter};
use crate::mapi::{Guid, Message, PropTag, PropType, PropertyBag, Value, codepage, pid_tag};
use crate::new_file::{NewFile, NewFileError};

use super::compound::{StorageBytes, StorageId, Tree};
use super::{TEMPLATE, element};
use properties::Rows;

/// The class of the root storage of a message: `{00020D0B-0000-0000-C000-000000000046}`.
const MESSAGE: Guid = Guid::ole(0x0002_0D0B);
/// `STORE_UNICODE_OK`.
const UNICODE: i32 = 0x0004_0000;
/// Recipients, and attachments, that a file may have (MS-OXMSG 2.2.1, 2.2.2).
const MOST: usize = 2048;
/// Bytes read of a file at a time.
const BLOCK: usize = 256 << 10;
/// `mfRead` and `mfHasAttach` (MS-OXCMSG 2.2.1.6).
const READ: i32 = 0x01;
const HAS_ATTACHMENTS: i32 = 0x10;

/// Lays out the file of a message. Its streams are read when it is.
///
/// # Findings
/// `msg.write.*`.
#[must_use]
pub fn lay_out(message: &Message) -> (StorageBytes, Findings) {
    let class = if message.template { TEMPLATE } else { MESSAGE };
    let mut writing = Writing {
        tree: Tree::new(class),
        names: NameMapWriter::default(),
        findings: Findings::new(),
        place: String::new(),
        code_page: codepage::WESTERN,
    };
    writing.message(message, Tree::ROOT, 0);
    writing.name_map();
    (writing.tree.finish(), writing.findings)
}

/// Writes the file of a message. A stream that ends early is filled up with zeros.
///
/// # Errors
/// Those of writing.
///
/// # Findings
/// `msg.write.*`.
pub fn write(message: &Message, to: &mut dyn Write) -> io::Result<Findings> {
    let (file, mut findings) = lay_out(message);
    let mut reader = file.filled(|short| {
        let detail = format!(
            "{} of {} bytes could be had, the rest are zeros: {}",
            short.got, short.size, short.error
        );
        findings.add("msg.write.content", Effect::Lost, "attachment", detail);
    });
    let mut block = vec![0; BLOCK];
    loop {
        let read = reader.read(&mut block)?;
        if read == 0 {
            break;
        }
        to.write_all(block.get(..read).unwrap_or_default())?;
    }
    drop(reader);
    Ok(findings)
}

/// Makes the file of a message; it is whole or absent.
///
/// # Errors
/// When there is a file of that name, or the system says no.
///
/// # Findings
/// `msg.write.*`.
pub fn create(path: &Path, message: &Message) -> Result<Findings, NewFileError> {
    let file = NewFile::create(path)?;
    let findings = write(message, &mut file.file()).map_err(|error| file.error(error))?;
    file.finish()?;
    Ok(findings)
}

/// Says that there are attachments, as a store works out (MS-OXCMSG 2.2.1.2, 2.2.1.6).
fn has_attachments(rows: &mut Rows, props: &PropertyBag) {
    let flags = props.int(pid_tag::MESSAGE_FLAGS);
    let flags = flags.and_then(|flags| i32::try_from(flags).ok());
    rows.set(
        PropTag::new(pid_tag::MESSAGE_FLAGS, PropType::I32),
        &Value::I32(flags.unwrap_or(READ) | HAS_ATTACHMENTS),
    );
    if props.get(pid_tag::HAS_ATTACHMENTS).is_none() {
        let tag = PropTag::new(pid_tag::HAS_ATTACHMENTS, PropType::BOOL);
        rows.set(tag, &Value::Bool(true));
    }
}

/// A file on its way.
struct Writing {
    tree: Tree,
    names: NameMapWriter,
    findings: Findings,
    /// Where in the message, for findings.
    place: String,
    /// The code page of text that is not decoded.
    code_page: u16,
}

impl Writing {
    fn find(&mut self, code: &'static str, effect: Effect, detail: impl Into<String>) {
        let place = match self.place.as_str() {
            "" => "message",
            place => place,
        };
        self.findings.add(code, effect, place.to_owned(), detail);
    }

    /// Works on a part of what is at hand.
    fn inside(&mut self, part: impl fmt::Display, work: impl FnOnce(&mut Self)) {
        let outside = self.place.clone();
        self.place = match outside.as_str() {
            "" => part.to_string(),
            outside => format!("{outside}, {part}"),
        };
        work(self);
        self.place = outside;
    }

    fn bytes(&mut self, within: StorageId, name: &str, bytes: Vec<u8>) {
        self.tree.stream(within, name, Arc::new(InMemory(bytes)));
    }

    /// Writes a message into a storage. `depth` counts the messages around it.
    fn message(&mut self, message: &Message, within: StorageId, depth: u32) {
        let outer = self.code_page;
        self.code_page = codepage::item_code_page(&message.props).unwrap_or(outer);
        let (recipients, attachments) = (message.recipients.len(), message.attachments.len());
        let mut header = vec![0; 8];
        let counts =
            [recipients, attachments].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        // The next numbers, and how many there are.
        for count in counts.into_iter().chain(counts) {
            header.extend(count.to_le_bytes());
        }
        if depth == 0 {
            header.extend([0; 8]);
        }
        let mut rows = Rows::after(header);
        self.properties(&mut rows, &message.props, within);
        let mask = message.props.int(pid_tag::STORE_SUPPORT_MASK);
        let mask = mask.and_then(|mask| i32::try_from(mask).ok());
        rows.set(
            PropTag::new(pid_tag::STORE_SUPPORT_MASK, PropType::I32),
            &Value::I32(mask.unwrap_or_default() | UNICODE),
        );
        if !message.attachments.is_empty() {
            has_attachments(&mut rows, &message.props);
        }
        if message.props.get(pid_tag::MESSAGE_CLASS).is_none() {
            let tag = PropTag::new(pid_tag::MESSAGE_CLASS, PropType::STRING);
            let class = Value::String("IPM.Note".to_owned());
            self.value(&mut rows, tag, &class, within);
        }
        self.bytes(within, element::PROPERTIES, rows.into_bytes());
        for (what, count) in [("recipients", recipients), ("attachments", attachments)] {
            if count > MOST {
                let detail = format!("{count} {what}; Outlook reads {MOST} of a file");
                self.find("msg.write.too-many", Effect::Noted, detail);
            }
        }
        for (number, recipient) in message.recipients.iter().enumerate() {
            let part = format!("recipient {number}");
            self.inside(part, |writing| writing.recipient(recipient, number, within));
        }
        for (number, attachment) in message.attachments.iter().enumerate() {
            self.inside(format!("attachment {number}"), |writing| {
                writing.attachment(attachment, number, within, depth);
            });
        }
        self.code_page = outer;
    }

    fn recipient(&mut self, bag: &PropertyBag, number: usize, within: StorageId) {
        let storage = self
            .tree
            .storage(within, &format!("{}{number:08X}", element::RECIPIENT));
        let mut rows = Rows::after(vec![0; 8]);
        self.properties(&mut rows, bag, storage);
        self.bytes(storage, element::PROPERTIES, rows.into_bytes());
    }

    fn name_map(&mut self) {
        let storage = self.tree.storage(Tree::ROOT, element::NAMES);
        let names = self.names.streams(Buckets::File);
        let streams = [(2, names.guids), (3, names.entries), (4, names.strings)];
        for (id, bytes) in streams.into_iter().chain(names.buckets) {
            let tag = PropTag::new(id, PropType::BINARY);
            self.bytes(storage, &element::value_name(tag), bytes);
        }
    }

    /// Whether there may be a message in the one at hand.
    fn goes_deeper(&mut self, depth: u32) -> bool {
        let goes = depth < limits::EMBEDDED_DEPTH;
        if !goes {
            let detail = format!(
                "more than {} messages in each other",
                limits::EMBEDDED_DEPTH
            );
            self.find("msg.write.embedded-depth", Effect::Lost, detail);
        }
        goes
    }
}
