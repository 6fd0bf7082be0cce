//! iCalendar files as sources.

use std::sync::Arc;

use crate::file_bytes::FileBytes;
use crate::finding::Findings;
use crate::ical::Calendars;
use crate::ical::calendars::PAGE;
use crate::mapping::{Context, Mapped, ical};
use crate::vcard::CardFile;

use super::cards;
use super::file::{Entries, ReadingOptions, Unreadable};
use super::mixed::Mixed;

/// The entries of a file of calendars.
#[derive(Debug)]
pub(super) struct CalendarEntries(Calendars);

pub(super) fn open(
    bytes: FileBytes,
    options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    let calendars = of_file(bytes.clone(), options)?;
    if !calendars.0.has_cards() {
        return Ok(Arc::new(calendars));
    }
    let cards = cards::of_file(CardFile::open(bytes)?, options);
    Ok(Arc::new(Mixed([Arc::new(cards), Arc::new(calendars)])))
}

/// The calendars of a file, whatever else is in it.
pub(super) fn of_file(
    bytes: FileBytes,
    options: &ReadingOptions,
) -> Result<CalendarEntries, Unreadable> {
    let page = options.code_page.unwrap_or(PAGE);
    Ok(CalendarEntries(Calendars::open(bytes, page)?))
}

/// The number of an entry as the desk counts.
fn index(entry: u64) -> usize {
    usize::try_from(entry).unwrap_or(usize::MAX)
}

impl Entries for CalendarEntries {
    fn count(&self) -> u64 {
        self.0.len() as u64
    }

    fn seen(&self) -> u64 {
        self.0.seen()
    }

    fn locator(&self, entry: u64) -> String {
        ical::locator(&self.0, index(entry))
    }

    fn folder(&self, entry: u64) -> Vec<String> {
        let name = ical::calendar_name(&self.0, index(entry));
        name.into_iter().collect()
    }

    fn may_hold_contact(&self, _entry: u64) -> bool {
        false
    }

    fn read(&self, entry: u64, context: &Context) -> Result<Vec<Mapped>, Unreadable> {
        Ok(ical::to_items(&self.0, index(entry), context)?)
    }

    fn findings(&self) -> Findings {
        self.0.findings().clone()
    }
}
