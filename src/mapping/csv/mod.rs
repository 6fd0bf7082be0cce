//! Rows of tables as items, and back.
//!
//! *Spec*: none is published; the headings of [`crate::csv::headings`], and what Outlook writes
//! below them.
//!
//! *Invariant*: a cell is taken whole by a row of a table here, or rides along raw under its
//! heading; an empty cell, `False`, `Normal`, `Unspecified` and a date of zeros are the same as
//! none.

mod clock;
mod contact;
mod email;
pub mod fidelity;
mod fields;
mod giver;
mod journal;
mod meeting;
mod note;
mod parties;
mod task;
mod writing;

pub use clock::Clock;
pub use writing::{kind_of, to_file, to_row};

use crate::csv::{Kind, Layout, Row};
use crate::finding::{Effect, Findings};
use crate::item::{
    Content, Importance, Item, OutlookLinks, Provenance, RawProperty, RawValue, Reminder,
    Sensitivity, Text,
};
use crate::mapping::mapped::Contents;
use crate::mapping::{Context, Mapped, identity};

use fields::Taker;

/// The name by which raw properties say that they come from a table.
pub const FORMAT: &str = "csv";

/// One mapping under way.
struct Session<'a> {
    clock: &'a Clock,
    contents: Contents,
    findings: Findings,
}

impl Session<'_> {
    fn find(&mut self, code: &'static str, effect: Effect, detail: impl Into<String>) {
        self.findings.add(code, effect, "", detail);
    }

    /// A text of a body.
    fn body(&mut self, text: Option<String>) -> crate::item::Body {
        crate::item::Body {
            plain: text.map(|text| self.contents.text(text)),
            ..crate::item::Body::default()
        }
    }
}

/// What the kinds have in common, as far as a kind fills it.
#[derive(Debug, Default)]
struct Common {
    categories: Vec<String>,
    sensitivity: Sensitivity,
    private: bool,
    importance: Importance,
    reminder: Option<Reminder>,
    links: OutlookLinks,
    /// The bridge id, when an earlier round wrote it.
    bridge: Option<String>,
}

/// A row as an item.
#[must_use]
pub fn to_item(row: Row, layout: &Layout, clock: &Clock, context: &Context) -> Mapped {
    let mut session = Session {
        clock,
        contents: Contents::default(),
        findings: row.findings,
    };
    let mut taker = Taker::new(layout, &row.cells);
    let categories = taker.listed(&mut session, "Categories");
    let mut common = Common {
        categories: fields::list(categories, &[';', ',']),
        ..Common::default()
    };
    common.sensitivity = fields::sensitivity(&mut session, &mut taker);
    common.private = fields::flag(&mut session, &mut taker, "Private");
    let priority = match layout.kind {
        Kind::Mail => "Importance",
        _ => "Priority",
    };
    common.importance = fields::importance(&mut session, &mut taker, priority);
    let (class, content) = match layout.kind {
        Kind::Contacts => ("IPM.Contact", {
            Content::Contact(contact::read(&mut session, &mut taker, &mut common))
        }),
        Kind::Calendar => ("IPM.Appointment", {
            Content::Meeting(meeting::read(&mut session, &mut taker, &mut common))
        }),
        Kind::Tasks => ("IPM.Task", {
            Content::Task(task::read(&mut session, &mut taker, &mut common))
        }),
        Kind::Mail => ("IPM.Note", {
            Content::Email(email::read(&mut session, &mut taker))
        }),
        Kind::Notes => ("IPM.StickyNote", {
            Content::Note(note::read(&mut session, &mut taker))
        }),
        Kind::Journal => ("IPM.Activity", {
            Content::Journal(journal::read(&mut session, &mut taker, &mut common))
        }),
    };
    let raw = keep_rest(&mut session, &taker);
    let mut item = Item {
        provenance: vec![Provenance {
            source: context.source.to_string(),
            folder: context.folder.to_vec(),
            locator: context.locator.clone(),
        }],
        categories: common.categories,
        sensitivity: common.sensitivity,
        private: common.private,
        importance: common.importance,
        reminder: common.reminder,
        outlook_links: common.links,
        raw,
        ..Item::new(class, content)
    };
    identity::give(&mut item, common.bridge.as_deref(), None);
    Mapped {
        item,
        contents: session.contents.into_refs(),
        findings: session.findings,
    }
}

/// What was not taken, under its heading.
fn keep_rest(session: &mut Session<'_>, taker: &Taker<'_>) -> Vec<RawProperty> {
    let mut kept = Vec::new();
    let mut beyond = 0_u32;
    for (heading, cell) in taker.rest() {
        let name = match heading {
            Ok(heading) => heading.to_owned(),
            Err(number) => {
                beyond = beyond.saturating_add(1);
                format!("column {number}")
            }
        };
        let value = match session.contents.text(cell.to_owned()) {
            Text::Inline(text) => RawValue::Text(text),
            Text::Blob(blob) => RawValue::Blob(blob),
        };
        kept.push(RawProperty {
            name,
            kind: FORMAT.to_owned(),
            value,
        });
    }
    if beyond > 0 {
        let detail = format!("{beyond} cells stand under no heading; they are kept raw");
        session.find("csv.row.no-heading", Effect::Noted, detail);
    }
    kept
}
