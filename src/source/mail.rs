//! Internet messages as sources: EML, files of a Maildir, EMLX.

use std::sync::Arc;

use crate::file_bytes::FileBytes;
use crate::mapping::mime::{Envelope, to_items};
use crate::mapping::{Context, Mapped};
use crate::mime::emlx::Emlx;
use crate::mime::maildir::Flags;
use crate::mime::{FromQuoting, Message};

use super::file::{Entries, ReadingOptions, Unreadable};

/// A file that is a message.
#[derive(Debug)]
struct Mail {
    bytes: FileBytes,
    code_page: Option<u16>,
}

pub(super) fn open(
    bytes: FileBytes,
    options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    Ok(Arc::new(Mail {
        bytes,
        code_page: options.code_page,
    }))
}

impl Entries for Mail {
    fn count(&self) -> u64 {
        1
    }

    fn seen(&self) -> u64 {
        1
    }

    fn locator(&self, _entry: u64) -> String {
        "message".to_owned()
    }

    fn may_hold_contact(&self, _entry: u64) -> bool {
        true
    }

    fn read(&self, _entry: u64, context: &Context) -> Result<Vec<Mapped>, Unreadable> {
        let mut envelope = Envelope {
            code_page: self.code_page,
            ..Envelope::default()
        };
        let file = context.source.rsplit('/').next().unwrap_or_default();
        envelope.flags = Flags::of_name(file);
        let mut at = 0..self.bytes.len();
        if let Some(emlx) = Emlx::of(&self.bytes)? {
            at = emlx.message;
            envelope.around.push(("emlx", emlx.behind));
            envelope.flags = envelope.flags.or(emlx.flags);
        }
        let message = Message::scan(self.bytes.clone(), at, FromQuoting::None)?;
        Ok(to_items(message, &envelope, context))
    }
}
