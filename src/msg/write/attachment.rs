//! Attachments that are written: files, references, OLE objects, messages.
//!
//! *Spec*: MS-OXMSG 2.2.2, 2.4.2.2; MS-OXCMSG 2.2.2.9.
//!
//! An OLE object is written as the storage that it is; bytes that are no compound file, as a
//! stream.

use std::io::{self, Read, Seek, SeekFrom};

use crate::content::{Content, ContentRef, read_all};
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::limits;
use crate::mapi::{Attachment, AttachmentData, PropTag, PropType, Value, pid_tag};
use crate::msg::compound::{CompoundFile, StorageId};
use crate::msg::element;

use super::Writing;
use super::properties::Rows;

/// `PidTagAttachDataBinary`.
const DATA: PropTag = PropTag::new(0x3701, PropType::BINARY);
/// `PidTagAttachDataObject`.
const OBJECT: PropTag = PropTag::new(0x3701, PropType::OBJECT);

impl Writing {
    /// Writes an attachment. `depth` counts the messages around the one that has it.
    pub(super) fn attachment(
        &mut self,
        attachment: &Attachment,
        number: usize,
        within: StorageId,
        depth: u32,
    ) {
        let name = format!("{}{number:08X}", element::ATTACHMENT);
        let storage = self.tree.storage(within, &name);
        let mut rows = Rows::after(vec![0; 8]);
        let method = match &attachment.data {
            AttachmentData::None => 0,
            AttachmentData::File(_) => 1,
            AttachmentData::Reference => 2,
            AttachmentData::Message(_) => 5,
            AttachmentData::Ole(_) => 6,
        };
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        for (id, value) in [
            (pid_tag::ATTACH_METHOD, method),
            (pid_tag::ATTACH_NUMBER, number),
        ] {
            rows.set(PropTag::new(id, PropType::I32), &Value::I32(value));
        }
        // What the attachment itself says of them counts.
        self.properties(&mut rows, &attachment.props, storage);
        match &attachment.data {
            AttachmentData::None | AttachmentData::Reference => {}
            AttachmentData::File(content) => self.content(&mut rows, DATA, content, storage),
            AttachmentData::Ole(content) => match as_compound(&**content) {
                Some(Ok(file)) => self.object(&mut rows, OBJECT, file, storage),
                Some(Err(error)) => {
                    self.find("msg.write.content", Effect::Lost, error.to_string());
                }
                None => self.content(&mut rows, DATA, content, storage),
            },
            AttachmentData::Message(message) => {
                if self.goes_deeper(depth) {
                    rows.object(OBJECT, 1);
                    let inner = self.tree.storage(storage, &element::value_name(OBJECT));
                    let depth = depth.saturating_add(1);
                    self.inside("message", |writing| writing.message(message, inner, depth));
                }
            }
        }
        self.bytes(storage, element::PROPERTIES, rows.into_bytes());
    }

    /// Writes a compound file as a storage.
    pub(super) fn object(
        &mut self,
        rows: &mut Rows,
        tag: PropTag,
        mut file: CompoundFile,
        within: StorageId,
    ) {
        rows.object(tag, 4);
        let place = self.place.clone();
        self.tree.graft(
            within,
            &element::value_name(tag),
            (&mut file, CompoundFile::ROOT),
            &place,
            &mut self.findings,
        );
    }
}

/// The compound file that a content is, if it is one.
pub(super) fn as_compound(content: &dyn Content) -> Option<io::Result<CompoundFile>> {
    let mut head = [0; CompoundFile::MAGIC.len()];
    content.open().ok()?.read_exact(&mut head).ok()?;
    if head != CompoundFile::MAGIC {
        return None;
    }
    let bytes = match by_position(content) {
        Ok(bytes) => bytes,
        Err(error) => return Some(Err(error)),
    };
    // One that cannot be read as such stays the bytes that it is.
    let file = CompoundFile::open(&bytes, &mut Findings::new()).ok()?;
    Some(Ok(file))
}

/// A content that can be read by position: in memory, or in an unnamed file.
fn by_position(content: &dyn Content) -> io::Result<FileBytes> {
    if content.size() <= limits::VALUE_IN_MEMORY {
        let bytes = read_all(content, limits::VALUE_IN_MEMORY)?;
        return Ok(FileBytes::in_memory(bytes));
    }
    let mut file = tempfile::tempfile()?;
    io::copy(&mut content.open()?, &mut file)?;
    file.seek(SeekFrom::Start(0))?;
    FileBytes::of_file(file)
}

impl Writing {
    /// Writes a content as a stream.
    pub(super) fn content(
        &mut self,
        rows: &mut Rows,
        tag: PropTag,
        content: &ContentRef,
        within: StorageId,
    ) {
        if let Err(error) = content.open() {
            let detail = format!("property {tag:?}: {error}");
            self.find("msg.write.content", Effect::Lost, detail);
            return;
        }
        rows.stream(tag, content.size());
        self.tree
            .stream(within, &element::value_name(tag), content.clone());
    }
}
