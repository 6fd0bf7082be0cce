//! Journal entries.
//!
//! *Spec*: MS-OXOJRNL 2.2.1.

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::Taker;
use super::{Session, Writing, body};
use crate::item::Journal;
use crate::mapi::{PropertyBag, pid_lid};

/// Rows of a journal entry.
pub(super) static JOURNAL: &[Field<Journal>] = &[
    Field::lid(
        pid_lid::LOG_TYPE,
        "activity",
        Slot::Text(|j| &mut j.activity),
    ),
    Field::lid(
        pid_lid::LOG_TYPE_DESC,
        "activity_note",
        Slot::Text(|j| &mut j.activity_note),
    ),
    Field::lid(pid_lid::LOG_START, "start", Slot::Time(|j| &mut j.start)),
    Field::lid(pid_lid::LOG_END, "end", Slot::Time(|j| &mut j.end)),
    Field::lid(
        pid_lid::LOG_DURATION,
        "minutes",
        Slot::Int(|j| &mut j.minutes),
    ),
    Field::lid(
        pid_lid::LOG_DOCUMENT_PRINTED,
        "printed",
        Slot::Flag(|j| &mut j.printed),
    ),
    Field::lid(
        pid_lid::LOG_DOCUMENT_SAVED,
        "saved",
        Slot::Flag(|j| &mut j.saved),
    ),
    Field::lid(
        pid_lid::LOG_DOCUMENT_ROUTED,
        "routed",
        Slot::Flag(|j| &mut j.routed),
    ),
    Field::lid(
        pid_lid::LOG_DOCUMENT_POSTED,
        "posted",
        Slot::Flag(|j| &mut j.posted),
    ),
];

/// Takes a journal entry.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    props: &PropertyBag,
) -> Journal {
    let mut entry = Journal::default();
    taker.fill(&mut entry, JOURNAL);
    entry.subject = body::title(taker).unwrap_or_default();
    entry.body = body::read(session, taker, props);
    entry
}

/// Gives a journal entry.
pub(super) fn write(session: &mut Writing<'_>, giver: &mut Giver, entry: &Journal) {
    giver.pour(entry, JOURNAL);
    body::write_title(giver, &entry.subject);
    body::write(session, giver, &entry.body);
}
