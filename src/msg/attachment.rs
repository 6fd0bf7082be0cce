//! Attachments: files, references, OLE objects, embedded messages.
//!
//! *Spec*: MS-OXMSG 2.2.2, MS-OXCMSG 2.2.2.9 (PidTagAttachMethod).
//!
//! An OLE object is a storage of its own; it becomes the bytes of a compound file, as a PST has it.

use std::sync::Arc;

use crate::finding::Effect;
use crate::limits;
use crate::mapi::message::OLE;
use crate::mapi::{Attachment, AttachmentData, PropTag, PropType, pid_tag};

use super::compound::Kind;
use super::element::{Element, Elements};
use super::message::{Place, Reading};
use super::properties::Owner;

/// `PidTagAttachDataBinary`, `PidTagAttachDataObject`.
const DATA: u16 = 0x3701;

impl Reading<'_> {
    /// Reads an attachment. `depth` counts the messages around the one that has it.
    pub(super) fn attachment(
        &mut self,
        storage: u32,
        place: &Place,
        code_page: u16,
        depth: u32,
    ) -> Attachment {
        let elements = Elements::of(self.file, storage);
        let mut props = self.properties(&elements, Owner::Part, place, Some(DATA));
        self.decode(&mut props, code_page, place);
        let method = props.int(pid_tag::ATTACH_METHOD);
        let object = PropTag::new(DATA, PropType::OBJECT);
        let stored = elements
            .value(object)
            .or_else(|| elements.value(PropTag::new(DATA, PropType::BINARY)));
        let data = match stored {
            None => AttachmentData::without_bytes(method),
            Some((_, id)) => self.data(id, method, place, code_page, depth),
        };
        Attachment { props, data }
    }

    fn data(
        &mut self,
        id: u32,
        method: Option<i64>,
        place: &Place,
        code_page: u16,
        depth: u32,
    ) -> AttachmentData {
        let is_storage = self
            .file
            .entry(id)
            .is_some_and(|entry| entry.kind == Kind::Storage);
        if !is_storage {
            let stream = self.stream(id, place);
            return AttachmentData::of_bytes(method, Arc::new(stream));
        }
        let elements = Elements::of(self.file, id);
        let is_message = elements.first(&Element::Properties).is_some();
        if method == Some(OLE) || !is_message {
            let bytes = self.file.storage(id, &place.to_string(), self.findings);
            return AttachmentData::Ole(Arc::new(bytes));
        }
        if depth >= limits::EMBEDDED_DEPTH {
            let detail = format!(
                "more than {} messages in each other",
                limits::EMBEDDED_DEPTH
            );
            self.find("msg.message.embedded-depth", Effect::Lost, place, detail);
            return AttachmentData::None;
        }
        let place = place.inside("message");
        let below = depth.saturating_add(1);
        let message = self.message(&elements, Owner::Embedded, &place, Some(code_page), below);
        AttachmentData::Message(Box::new(message))
    }
}
