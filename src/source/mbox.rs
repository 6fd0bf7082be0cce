//! Mailboxes as sources.

use std::sync::Arc;

use crate::file_bytes::FileBytes;
use crate::finding::Findings;
use crate::mapping::mime::{Envelope, to_items};
use crate::mapping::{Context, Mapped};
use crate::mime::Message;
use crate::mime::mbox::Mbox;

use super::file::{Entries, ReadingOptions, Unreadable};

/// An open mailbox.
#[derive(Debug)]
struct Mailbox {
    bytes: FileBytes,
    mbox: Mbox,
    code_page: Option<u16>,
}

pub(super) fn open(
    bytes: FileBytes,
    options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    let mbox = Mbox::scan(&bytes)?;
    Ok(Arc::new(Mailbox {
        bytes,
        mbox,
        code_page: options.code_page,
    }))
}

impl Entries for Mailbox {
    fn count(&self) -> u64 {
        self.mbox.entries.len() as u64
    }

    fn seen(&self) -> u64 {
        self.mbox.from_lines
    }

    fn locator(&self, entry: u64) -> String {
        format!("message {}", entry.saturating_add(1))
    }

    fn may_hold_contact(&self, _entry: u64) -> bool {
        true
    }

    fn read(&self, entry: u64, context: &Context) -> Result<Vec<Mapped>, Unreadable> {
        let index = usize::try_from(entry).unwrap_or(usize::MAX);
        let entry =
            self.mbox.entries.get(index).ok_or_else(|| {
                Unreadable::new("source.mbox.no-entry", "there is no such message")
            })?;
        let quoting = self.mbox.quoting_of(entry);
        let message = Message::scan(self.bytes.clone(), entry.start..entry.end, quoting)?;
        let envelope = Envelope {
            code_page: self.code_page,
            ..Envelope::default()
        };
        Ok(to_items(message, &envelope, context))
    }

    fn findings(&self) -> Findings {
        self.mbox.findings.clone()
    }
}
