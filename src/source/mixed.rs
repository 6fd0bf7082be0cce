//! A file that holds entries of two formats, cards among calendars: each desk reads its own of the
//! whole file and passes over the other's.

use std::sync::Arc;

use crate::finding::Findings;
use crate::mapping::{Context, Mapped};

use super::file::{Entries, Unreadable};

/// Entries of one desk, then those of the other.
#[derive(Debug)]
pub(super) struct Mixed(pub(super) [Arc<dyn Entries>; 2]);

impl Mixed {
    /// The desk of an entry, and its number there.
    fn own(&self, entry: u64) -> (&dyn Entries, u64) {
        let Self([first, second]) = self;
        match entry.checked_sub(first.count()) {
            None => (&**first, entry),
            Some(entry) => (&**second, entry),
        }
    }
}

impl Entries for Mixed {
    fn count(&self) -> u64 {
        let Self([first, second]) = self;
        first.count().saturating_add(second.count())
    }

    fn seen(&self) -> u64 {
        let Self([first, second]) = self;
        first.seen().saturating_add(second.seen())
    }

    fn locator(&self, entry: u64) -> String {
        let (desk, entry) = self.own(entry);
        desk.locator(entry)
    }

    fn folder(&self, entry: u64) -> Vec<String> {
        let (desk, entry) = self.own(entry);
        desk.folder(entry)
    }

    fn may_hold_contact(&self, entry: u64) -> bool {
        let (desk, entry) = self.own(entry);
        desk.may_hold_contact(entry)
    }

    fn read(&self, entry: u64, context: &Context) -> Result<Vec<Mapped>, Unreadable> {
        let (desk, entry) = self.own(entry);
        desk.read(entry, context)
    }

    fn findings(&self) -> Findings {
        let Self([first, second]) = self;
        let mut findings = first.findings();
        findings.append(second.findings());
        findings
    }
}
