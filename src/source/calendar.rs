//! iCalendar files as sources.

use std::sync::Arc;

use crate::file_bytes::FileBytes;
use crate::finding::Findings;
use crate::ical::Calendars;
use crate::ical::calendars::PAGE;
use crate::mapping::{Context, Mapped, ical};

use super::file::{Entries, ReadingOptions, Unreadable};

/// The entries of a file of calendars.
#[derive(Debug)]
struct CalendarEntries(Calendars);

pub(super) fn open(
    bytes: FileBytes,
    options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    let page = options.code_page.unwrap_or(PAGE);
    Ok(Arc::new(CalendarEntries(Calendars::open(bytes, page)?)))
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
