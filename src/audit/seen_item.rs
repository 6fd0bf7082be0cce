//! What an item of a file adds to an inspection.

use crate::content::ContentRef;
use crate::item::{Attachment, AttachmentData, BlobRef};
use crate::mapping::Mapped;

use super::inspect::{AttachmentLine, NO_CLASS, Seen};

impl Seen {
    /// Reads all bytes of an item.
    pub(super) fn of_mapped(mapped: &Mapped) -> Self {
        let item = &mapped.item;
        let place = item.provenance.first().cloned().unwrap_or_default();
        let mut seen = Self::at(&place.source, &place.folder, place.locator);
        seen.readable = true;
        seen.findings = mapped.findings.clone();
        seen.line.class = match item.class.as_str() {
            "" => NO_CLASS.to_owned(),
            class => class.to_owned(),
        };
        seen.line.subject = Some(item.title().to_owned()).filter(|title| !title.is_empty());
        seen.line.date = item.date();
        seen.line.categories.clone_from(&item.categories);
        seen.line.recipients = item.parties().len() as u64;
        seen.hash_attached(&item.attachments, &mapped.contents);
        seen
    }

    /// Reads every byte that is attached, embedded items included, without recursion.
    fn hash_attached(&mut self, attachments: &[Attachment], contents: &[ContentRef]) {
        let mut waiting = vec![(attachments, true)];
        while let Some((attachments, own)) = waiting.pop() {
            for attachment in attachments {
                let mut line = AttachmentLine {
                    name: Some(attachment.name.clone()).filter(|name| !name.is_empty()),
                    size: 0,
                    blake3: String::new(),
                };
                match &attachment.data {
                    AttachmentData::File { blob } | AttachmentData::Ole { blob } => {
                        if let BlobRef::Pending { pending } = blob
                            && let Some(content) = contents.get(*pending)
                        {
                            self.hash(content, &mut line);
                        }
                    }
                    AttachmentData::Item { item } => waiting.push((&item.attachments, false)),
                    AttachmentData::Reference { .. } | AttachmentData::Nothing => {}
                }
                if own {
                    self.line.attachments.push(line);
                } else {
                    self.embedded_attachments = self.embedded_attachments.saturating_add(1);
                }
            }
        }
    }
}
