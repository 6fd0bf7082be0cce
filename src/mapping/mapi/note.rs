//! Sticky notes.
//!
//! *Spec*: MS-OXONOTE 2.2.1.

use super::fields::{Field, Slot};
use super::taker::Taker;
use super::{Session, body};
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

/// Takes a note.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>, props: &PropertyBag) -> Note {
    let mut note = Note::default();
    taker.fill(&mut note, NOTE);
    note.color = taker.choice(pid_lid::NOTE_COLOR, |number| match number {
        0 => Some(NoteColor::Blue),
        1 => Some(NoteColor::Green),
        2 => Some(NoteColor::Pink),
        3 => Some(NoteColor::Yellow),
        4 => Some(NoteColor::White),
        _ => None,
    });
    note.subject = body::title(taker).unwrap_or_default();
    note.body = body::read(session, taker, props);
    note
}
