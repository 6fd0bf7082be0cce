//! Notes.

use super::fields::{Field, Slot, Taker};
use super::{Session, message};
use crate::item::Note;

/// Rows of a note.
pub(super) static NOTE: &[Field<Note>] = &[
    Field::new(
        "OPFNoteCopyTitle",
        "subject",
        Slot::Title(|n| &mut n.subject),
    ),
    Field::new(
        "OPFNoteCopyText",
        "body",
        Slot::Hand("as HTML when it is HTML, else as plain text"),
    ),
];

/// Takes a note.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Note {
    let mut note = Note::default();
    taker.fill(&mut note, NOTE);
    note.body = message::body(session, taker, "OPFNoteCopyText", "");
    note
}
