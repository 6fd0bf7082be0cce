//! vCard files as sources: each card is an entry.

use std::sync::{Arc, OnceLock};

use crate::file_bytes::FileBytes;
use crate::finding::Findings;
use crate::mapping::{Context, Mapped, vcard as mapping};
use crate::vcard::{Bounds, Card, CardFile};

use super::calendar;
use super::file::{Entries, ReadingOptions, Unreadable};
use super::mixed::Mixed;

/// The cards of a file.
#[derive(Debug)]
pub(super) struct Cards {
    file: CardFile,
    code_page: Option<u16>,
    /// Who the cards are, once a group asks for it.
    members: OnceLock<mapping::Members>,
}

impl Cards {
    fn members(&self) -> mapping::Members {
        let mut members = mapping::Members::default();
        for entry in 0..self.file.count() {
            if !members.has_room() {
                break;
            }
            if let Ok((text, _)) = self.file.read(entry) {
                members.add(&Card::parse(&text, self.code_page, ""));
            }
        }
        members
    }
}

pub(super) fn open(
    bytes: FileBytes,
    options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    let cards = of_file(CardFile::open(bytes.clone())?, options);
    if !cards.file.has_calendar() {
        return Ok(Arc::new(cards));
    }
    let calendars = calendar::of_file(bytes, options)?;
    Ok(Arc::new(Mixed([Arc::new(cards), Arc::new(calendars)])))
}

/// The cards of a file, whatever else is in it.
pub(super) fn of_file(file: CardFile, options: &ReadingOptions) -> Cards {
    Cards {
        file,
        code_page: options.code_page,
        members: OnceLock::new(),
    }
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
        let mut mapped = mapping::to_item(&card, context);
        if mapping::has_unnamed(&mapped) {
            self.members
                .get_or_init(|| self.members())
                .name(&mut mapped);
        }
        Ok(vec![mapped])
    }

    fn findings(&self) -> Findings {
        self.file.findings().clone()
    }
}
