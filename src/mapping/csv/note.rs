//! Notes.

use super::Session;
use super::fields::{Field, Taker};
use crate::item::Note;

/// Rows of a note.
pub(super) static NOTE: &[Field<Note>] = &[Field::hand(
    "Note Body",
    "body.plain",
    "kept; over 32 KiB as a blob; its first line is the subject",
)];

/// Takes a note.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Note {
    let body = taker.whole("Note Body");
    let first = body.as_deref().unwrap_or_default().lines();
    let subject = first.map(str::trim).find(|line| !line.is_empty());
    let subject = subject.unwrap_or_default().chars().take(255).collect();
    Note {
        subject,
        body: session.body(body),
        ..Note::default()
    }
}
