//! Visits every reference to bytes in an item, those of embedded items included.
//!
//! *Invariant*: a work list and no recursion, so nesting costs memory and not stack.

use super::recurrence::Exception;
use super::{
    Attachment, AttachmentData, BlobRef, Body, Content, Item, Meeting, RawProperty, RawValue, Text,
};

impl Item {
    /// Every reference to bytes, in an order that depends on the item alone: so a packer turns
    /// [`BlobRef::Pending`] into [`BlobRef::Packed`].
    pub fn blobs_mut(&mut self) -> Vec<&mut BlobRef> {
        let mut walk = Walk {
            found: Vec::new(),
            items: vec![self],
        };
        while let Some(item) = walk.items.pop() {
            walk.item(item);
        }
        walk.found
    }

    /// Calls `visit` with every reference to bytes and stops at its first error.
    ///
    /// # Errors
    /// What `visit` returns.
    pub fn try_visit_blobs<E>(
        &mut self,
        visit: impl FnMut(&mut BlobRef) -> Result<(), E>,
    ) -> Result<(), E> {
        self.blobs_mut().into_iter().try_for_each(visit)
    }
}

/// The references found and the items yet to walk.
struct Walk<'a> {
    found: Vec<&'a mut BlobRef>,
    items: Vec<&'a mut Item>,
}

impl<'a> Walk<'a> {
    fn item(&mut self, item: &'a mut Item) {
        match &mut item.content {
            Content::Contact(contact) => {
                self.found.extend(contact.photo.as_mut());
                self.body(&mut contact.notes);
            }
            Content::DistributionList(list) => self.body(&mut list.notes),
            Content::Meeting(meeting) => self.meeting(meeting),
            Content::Task(task) => {
                let exceptions = task.recurrence.iter_mut().flat_map(|r| &mut r.exceptions);
                exceptions.for_each(|exception| self.exception(exception));
                self.body(&mut task.body);
            }
            Content::Email(email) => {
                email
                    .meeting
                    .iter_mut()
                    .for_each(|meeting| self.meeting(meeting));
                email.headers.iter_mut().for_each(|text| self.text(text));
                self.body(&mut email.body);
            }
            Content::Note(note) => self.body(&mut note.body),
            Content::Journal(entry) => self.body(&mut entry.body),
            Content::Other(other) => self.body(&mut other.body),
        }
        self.attachments(&mut item.attachments);
        self.raw(&mut item.raw);
    }

    fn meeting(&mut self, meeting: &'a mut Meeting) {
        let exceptions = meeting
            .recurrence
            .iter_mut()
            .flat_map(|r| &mut r.exceptions);
        exceptions.for_each(|exception| self.exception(exception));
        self.body(&mut meeting.body);
    }

    fn exception(&mut self, exception: &'a mut Exception) {
        self.items.extend(exception.occurrence.as_deref_mut());
        self.raw(&mut exception.raw);
    }

    fn text(&mut self, text: &'a mut Text) {
        if let Text::Blob(blob) = text {
            self.found.push(blob);
        }
    }

    fn body(&mut self, body: &'a mut Body) {
        body.plain.iter_mut().for_each(|text| self.text(text));
        body.html.iter_mut().for_each(|text| self.text(text));
        self.found.extend(body.rtf.as_mut());
    }

    fn attachments(&mut self, attachments: &'a mut [Attachment]) {
        for attachment in attachments {
            match &mut attachment.data {
                AttachmentData::File { blob } | AttachmentData::Ole { blob } => {
                    self.found.push(blob);
                }
                AttachmentData::Item { item } => self.items.push(item),
                AttachmentData::Reference { .. } | AttachmentData::Nothing => {}
            }
            self.raw(&mut attachment.raw);
        }
    }

    fn raw(&mut self, raw: &'a mut [RawProperty]) {
        let mut values: Vec<&mut RawValue> = raw.iter_mut().map(|own| &mut own.value).collect();
        while let Some(value) = values.pop() {
            match value {
                RawValue::Blob(blob) => self.found.push(blob),
                RawValue::List(list) => values.extend(list),
                _ => {}
            }
        }
    }
}
