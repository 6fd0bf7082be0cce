//! winmail.dat as sources.

use std::sync::Arc;

use crate::file_bytes::FileBytes;
use crate::mapping::{Context, Mapped, mapi};
use crate::tnef;

use super::file::{Entries, ReadingOptions, Unreadable};

pub(super) fn open(
    bytes: FileBytes,
    options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    Ok(Arc::new(Encapsulation {
        bytes,
        code_page: options.code_page,
    }))
}

/// One message in transport encapsulation.
#[derive(Debug)]
struct Encapsulation {
    bytes: FileBytes,
    code_page: Option<u16>,
}

impl Entries for Encapsulation {
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
        let class = tnef::message_class(&self.bytes).unwrap_or_default();
        mapi::is_contact_class(&class, None)
    }

    fn read(&self, _entry: u64, context: &Context) -> Result<Vec<Mapped>, Unreadable> {
        let (message, findings) = tnef::read(&self.bytes, self.code_page)
            .map_err(|error| Unreadable::new(error.code, error.detail))?;
        Ok(vec![mapi::to_item(&message, context).after(findings)])
    }
}
