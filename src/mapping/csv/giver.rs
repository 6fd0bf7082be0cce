//! Gives an item's values to the cells of a row: the other direction of [`super::fields`]' taker.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::Clock;
use super::fields::{Field, Slot};
use crate::content;
use crate::csv::Form;
use crate::csv::words_shown::Words;
use crate::finding::{Effect, Findings};
use crate::item::{Body, Text};
use crate::limits;
use crate::mapping::Blobs;

/// A row in the making.
#[derive(Debug)]
pub(super) struct Giver<'a> {
    pub(super) form: &'a Form,
    pub(super) clock: &'a Clock,
    pub(super) words: &'static Words,
    pub(super) blobs: &'a dyn Blobs,
    pub(super) findings: Findings,
    pub(super) place: String,
    pub(super) cells: BTreeMap<&'static str, String>,
}

impl Giver<'_> {
    /// Gives a text; an empty one is none.
    pub(super) fn set(&mut self, column: &'static str, text: &str) {
        if !text.is_empty() {
            self.cells.insert(column, text.to_owned());
        }
    }

    /// Gives every text of these rows; those done by hand are not its business.
    pub(super) fn pour<T: Clone>(&mut self, from: &T, rows: &[Field<T>]) {
        // The slots lead to places that can be changed, so they are asked of a copy.
        let mut from = from.clone();
        for row in rows {
            if let Slot::Text(of) = &row.slot {
                let text = of(&mut from).clone().unwrap_or_default();
                self.set(row.column, &text);
            }
        }
    }

    /// Gives a day.
    pub(super) fn day(&mut self, column: &'static str, day: Option<Date>) {
        if let Some(day) = day {
            let shown = self.form.date(day);
            self.set(column, &shown);
        }
    }

    /// Gives an instant by the clock of the table, to the second.
    pub(super) fn moment(&mut self, day: &'static str, time: &'static str, at: Option<Timestamp>) {
        if let Some(at) = at {
            let local = self.clock.zone.to_datetime(at);
            self.day(day, Some(local.date()));
            let shown = self.form.time(local.time());
            self.set(time, &shown);
        }
    }

    /// Gives the plain form of a body.
    pub(super) fn body(&mut self, column: &'static str, body: &Body) {
        let text = match &body.plain {
            None => return,
            Some(Text::Inline(text)) => text.clone(),
            Some(Text::Blob(blob)) => {
                let content = self.blobs.content(blob);
                let bytes = content.map(|own| content::read_all(&*own, limits::CSV_ROW));
                match bytes {
                    Some(Ok(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
                    _ => {
                        let detail = "the text of the item cannot be had, or is longer than a row";
                        let place = self.place.clone();
                        let code = "mapping.blob.missing";
                        self.findings.add(code, Effect::Lost, place, detail);
                        return;
                    }
                }
            }
        };
        // Rows of Outlook break lines as Windows does.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.set(column, &text.replace('\n', "\r\n"));
    }
}
