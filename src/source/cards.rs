//! vCard files as sources: each card is an entry.

use std::sync::Arc;

use crate::file_bytes::FileBytes;
use crate::finding::Findings;
use crate::mapping::{Context, Mapped, vcard as mapping};
use crate::vcard::{Bounds, Card, CardFile};

use super::file::{Entries, ReadingOptions, Unreadable};

#[derive(Debug)]
struct Cards {
    file: CardFile,
    code_page: Option<u16>,
}

pub(super) fn open(
    bytes: FileBytes,
    options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    Ok(Arc::new(Cards {
        file: CardFile::open(bytes)?,
        code_page: options.code_page,
    }))
}

impl Entries for Cards {
    fn count(&self) -> u64 {
        self.file.count()
    }

    fn seen(&self) -> u64 {
        self.file.seen()
    }

    fn locator(&self, entry: u64) -> String {
        format!("card {}", entry.saturating_add(1))
    }

    fn may_hold_contact(&self, _entry: u64) -> bool {
        true
    }

    fn read(&self, entry: u64, context: &Context) -> Result<Vec<Mapped>, Unreadable> {
        let (text, left) = self.file.read(entry)?;
        let mut card = Card::parse(&text, self.code_page, &context.locator);
        drop(text);
        let bounds = self.file.bounds(entry).unwrap_or(Bounds::Both);
        card.tell_bounds(bounds, left, &context.locator);
        Ok(vec![mapping::to_item(&card, context)])
    }

    fn findings(&self) -> Findings {
        self.file.findings().clone()
    }
}
