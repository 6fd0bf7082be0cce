//! Journal entries.
//!
//! *Spec*: RFC 5545 3.6.3.

use super::fields::{Field, Slot};
use super::taker::Taker;
use super::{Session, body};
use crate::item::Journal;

/// Rows of a journal entry.
pub(super) static JOURNAL: &[Field<Journal>] = &[
    Field::new("DTSTART", "start", Slot::Time(|j| &mut j.start)),
    Field::new("DTEND", "end", Slot::Time(|j| &mut j.end)),
    Field::new(
        "UID",
        "identity[]",
        Slot::Hand("read as Outlook would keep it; also raw"),
    ),
];

/// Takes a journal entry.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Journal {
    let mut entry = Journal::default();
    taker.fill(&session.clocks, &mut entry, JOURNAL);
    entry.subject = taker.text("SUMMARY").unwrap_or_default();
    entry.body = body::read(session, taker);
    entry
}
