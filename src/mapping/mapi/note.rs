//! Sticky notes.
//!
//! *Spec*: MS-OXONOTE 2.2.1.

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::Taker;
use super::{Session, Writing, body};
use crate::item::Note;
use crate::item::note::NoteColor;
use crate::mapi::{PropertyBag, pid_lid};

/// Rows of a note.
pub(super) static NOTE: &[Field<Note>] = &[
    Field::lid(
        pid_lid::NOTE_COLOR,
        "color",
        Slot::Hand("kept as a word; other numbers stay raw"),
    ),
    Field::lid(pid_lid::NOTE_X, "left", Slot::Int(|n| &mut n.left)),
    Field::lid(pid_lid::NOTE_Y, "top", Slot::Int(|n| &mut n.top)),
    Field::lid(pid_lid::NOTE_WIDTH, "width", Slot::Int(|n| &mut n.width)),
    Field::lid(pid_lid::NOTE_HEIGHT, "height", Slot::Int(|n| &mut n.height)),
];

/// `PidLidNoteColor`.
const COLORS: &[(i64, NoteColor)] = &[
    (0, NoteColor::Blue),
    (1, NoteColor::Green),
    (2, NoteColor::Pink),
    (3, NoteColor::Yellow),
    (4, NoteColor::White),
];

/// Takes a note.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>, props: &PropertyBag) -> Note {
    let mut note = Note::default();
    taker.fill(&mut note, NOTE);
    note.color = taker.word(pid_lid::NOTE_COLOR, COLORS);
    note.subject = body::title(taker).unwrap_or_default();
    note.body = body::read(session, taker, props);
    note
}

/// Gives a note.
pub(super) fn write(session: &mut Writing<'_>, giver: &mut Giver, note: &Note) {
    giver.pour(note, NOTE);
    giver.word(pid_lid::NOTE_COLOR, COLORS, note.color.as_ref());
    body::write_title(giver, &note.subject);
    body::write(session, giver, &note.body);
}
