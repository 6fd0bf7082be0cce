//! What a column becomes: the rows from which the mapping works and of which the fidelity table
//! tells.

use crate::csv::{Layout, words};
use crate::finding::Effect;
use crate::item::{Importance, Sensitivity};
use crate::limits;

use super::Session;

/// A row: a column, the path of the field in the record, and the way from one to the other.
#[derive(Debug)]
pub(super) struct Field<T> {
    /// The column, as Outlook calls it in English.
    pub(super) column: &'static str,
    /// The path of the field in the record; `[]` for each of a list.
    pub(super) path: &'static str,
    /// The way.
    pub(super) slot: Slot<T>,
}

/// The way from a column to a field.
#[derive(Debug)]
pub(super) enum Slot<T> {
    /// A text.
    Text(fn(&mut T) -> &mut Option<String>),
    /// What the mapping does by hand, in words.
    Hand(&'static str),
}

impl<T> Field<T> {
    /// A text.
    pub(super) const fn text(
        column: &'static str,
        path: &'static str,
        field: fn(&mut T) -> &mut Option<String>,
    ) -> Self {
        Self {
            column,
            path,
            slot: Slot::Text(field),
        }
    }

    /// What the mapping does by hand.
    pub(super) const fn hand(column: &'static str, path: &'static str, how: &'static str) -> Self {
        Self {
            column,
            path,
            slot: Slot::Hand(how),
        }
    }

    /// How it is kept.
    pub(super) fn how(&self) -> &'static str {
        match self.slot {
            Slot::Text(_) => KEPT,
            Slot::Hand(how) => how,
        }
    }
}

/// What most rows say.
pub(super) const KEPT: &str = "kept";

/// What all kinds have.
pub(super) static ITEM: &[Field<()>] = &[
    Field::hand(
        "Categories",
        "categories[]",
        "kept as a list, split at `;` and `,`",
    ),
    Field::hand(
        "Sensitivity",
        "sensitivity",
        "kept as a word; other words stay raw",
    ),
    Field::hand("Private", "private", "kept; false is left out"),
    Field::hand(
        "Priority",
        "importance",
        "kept as a word; other words stay raw",
    ),
    Field::hand(
        "Importance",
        "importance",
        "kept as a word; other words stay raw",
    ),
];

/// Takes cells of a row, and knows what is left.
#[derive(Debug)]
pub(super) struct Taker<'r> {
    layout: &'r Layout,
    cells: &'r [String],
    taken: Vec<bool>,
}

impl<'r> Taker<'r> {
    /// Nothing is taken yet.
    pub(super) fn new(layout: &'r Layout, cells: &'r [String]) -> Self {
        Self {
            layout,
            cells,
            taken: vec![false; cells.len()],
        }
    }

    /// The first cell of this column that is not empty and not taken.
    fn find(&self, column: &str) -> Option<(usize, &'r str)> {
        let mut places = self.layout.places(column).iter();
        places.find_map(|&place| {
            let cell = self.cells.get(place)?.as_str();
            let free = self.taken.get(place) == Some(&false);
            (free && !cell.trim().is_empty()).then_some((place, cell))
        })
    }

    /// A cell without taking it, white space around it left out.
    pub(super) fn peek(&self, column: &str) -> Option<&'r str> {
        self.find(column).map(|(_, cell)| cell.trim())
    }

    /// Takes the cell that [`Self::peek`] shows.
    pub(super) fn mark(&mut self, column: &str) {
        if let Some((place, _)) = self.find(column) {
            self.mark_place(place);
        }
    }

    fn mark_place(&mut self, place: usize) {
        if let Some(taken) = self.taken.get_mut(place) {
            *taken = true;
        }
    }

    /// Takes a text, white space around it left out.
    pub(super) fn text(&mut self, column: &str) -> Option<String> {
        let (place, text) = self.find(column)?;
        self.mark_place(place);
        Some(text.trim().to_owned())
    }

    /// Takes a text as it stands.
    pub(super) fn whole(&mut self, column: &str) -> Option<String> {
        let (place, text) = self.find(column)?;
        self.mark_place(place);
        Some(text.to_owned())
    }

    /// Takes a text that is a list; one of more parts than any list has stays raw.
    pub(super) fn listed(&mut self, session: &mut Session<'_>, column: &str) -> Option<String> {
        let parts = self.peek(column)?.matches([';', ',']).count();
        if parts > limits::MULTI_VALUES {
            let detail = format!("{parts} parts under {column}, which is no list; kept raw");
            session.find("csv.value.too-many", Effect::Noted, detail);
            return None;
        }
        self.text(column)
    }

    /// Takes the texts of all columns that are this.
    pub(super) fn all(&mut self, column: &str) -> Vec<String> {
        std::iter::from_fn(|| self.text(column)).collect()
    }

    /// Fills the fields that are texts.
    pub(super) fn fill<T>(&mut self, into: &mut T, fields: &[Field<T>]) {
        for field in fields {
            if let Slot::Text(slot) = &field.slot
                && let Some(text) = self.text(field.column)
            {
                *slot(into) = Some(text);
            }
        }
    }

    /// What is left: the heading, or the number of a column without one, and the cell.
    pub(super) fn rest(&self) -> impl Iterator<Item = (Result<&'r str, usize>, &'r str)> + '_ {
        let left = self.cells.iter().zip(&self.taken).enumerate();
        left.filter(|(_, (cell, taken))| !**taken && !cell.trim().is_empty())
            .map(|(place, (cell, _))| {
                let column = self.layout.columns.get(place);
                let heading = column.map(|column| column.heading.as_str());
                let heading = heading.filter(|heading| !heading.is_empty());
                (heading.ok_or(place.saturating_add(1)), cell.as_str())
            })
    }
}

/// The parts of a cell that holds several texts.
pub(super) fn list(text: Option<String>, separators: &[char]) -> Vec<String> {
    let text = text.unwrap_or_default();
    let parts = text.split(separators).map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Takes a word; one that is not known stays raw, with a finding.
pub(super) fn word<T>(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    column: &'static str,
    read: fn(&str) -> Option<T>,
) -> Option<T> {
    let cell = taker.peek(column)?;
    match read(cell) {
        Some(word) => {
            taker.mark(column);
            Some(word)
        }
        None => {
            let short: String = cell.chars().take(40).collect();
            let detail = format!("`{short}` under {column} is no word known there; it is kept raw");
            session.find("csv.value.unknown", Effect::Noted, detail);
            None
        }
    }
}

/// Takes yes or no.
pub(super) fn flag(session: &mut Session<'_>, taker: &mut Taker<'_>, column: &'static str) -> bool {
    word(session, taker, column, words::truth).unwrap_or_default()
}

/// Takes the sensitivity.
pub(super) fn sensitivity(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Sensitivity {
    match word(session, taker, "Sensitivity", words::sensitivity) {
        None | Some(words::Sensitivity::Normal) => Sensitivity::Normal,
        Some(words::Sensitivity::Personal) => Sensitivity::Personal,
        Some(words::Sensitivity::Private) => Sensitivity::Private,
        Some(words::Sensitivity::Confidential) => Sensitivity::Confidential,
    }
}

/// Takes the importance.
pub(super) fn importance(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    column: &'static str,
) -> Importance {
    match word(session, taker, column, words::level) {
        Some(words::Level::Low) => Importance::Low,
        None | Some(words::Level::Normal) => Importance::Normal,
        Some(words::Level::High) => Importance::High,
    }
}

/// Takes a whole number; anything else stays raw.
pub(super) fn number(taker: &mut Taker<'_>, column: &str) -> Option<i64> {
    let number = taker.peek(column)?.parse().ok()?;
    taker.mark(column);
    Some(number)
}
