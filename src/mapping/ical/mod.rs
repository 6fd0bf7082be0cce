//! iCalendar and vCalendar to items, and back.
//!
//! Each kind has a file with the rows of its fields ([`fields::Field`]); what no row takes rides
//! along raw, whole lines of it. A series is one item, and its changed occurrences are in it.
//!
//! *Spec*: MS-OXCICAL 2.1.3; RFC 5545.

pub mod fidelity;
pub mod fields;

mod alarm;
mod attachments;
mod body;
mod dates;
mod every_kind;
mod giver;
mod journal;
mod meeting;
mod occurrence;
mod parties;
mod recurrence;
mod taker;
mod task;
#[cfg(test)]
mod tests;
mod times;
mod tried;
mod writing;
mod zones_used;

use std::io;
use std::sync::Arc;

use super::mapped::{Contents, Context, Mapped};
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::ical::calendars::PAGE;
use crate::ical::zone::Definition;
use crate::ical::{Calendars, Component, Entry, Kind, Series};
use crate::item::{Content, Item, Other, Provenance, RawProperty, RawValue, Text};
use taker::Taker;
use times::Clocks;
pub use writing::{Heading, to_calendar};

/// The items of a text, such as a `text/calendar` part of a mail: those of a file of its own. The
/// locator of the context is that of the text; each item adds its place in it.
#[must_use]
pub fn items(bytes: &[u8], context: &Context) -> Vec<Mapped> {
    match Calendars::open(FileBytes::in_memory(bytes), PAGE) {
        Ok(calendars) => items_of(&calendars, context, usize::MAX),
        Err(_) => Vec::new(),
    }
}

/// As [`items`], of calendars that are open; at most `most`.
pub(super) fn items_of(calendars: &Calendars, context: &Context, most: usize) -> Vec<Mapped> {
    let mut items = Vec::new();
    for entry in 0..calendars.len() {
        if items.len() >= most {
            break;
        }
        let context = Context {
            locator: [context.locator.as_str(), &locator(calendars, entry)].join(", "),
            ..context.clone()
        };
        items.extend(to_items(calendars, entry, &context).unwrap_or_default());
    }
    if let Some(first) = items.first_mut() {
        first.findings.append(calendars.findings().clone());
    }
    items
}

/// The place of an entry: `event at offset 120`.
#[must_use]
pub fn locator(calendars: &Calendars, entry: usize) -> String {
    match calendars.place(entry) {
        Some((kind, offset)) => format!("{} at offset {offset}", kind.name()),
        None => format!("entry {entry}"),
    }
}

/// The name of the calendar that an entry is in.
#[must_use]
pub fn calendar_name(calendars: &Calendars, entry: usize) -> Option<String> {
    let head = calendars.head_of(entry).ok()?;
    let name = |name| Some(head.properties.property(name)?.text().trim().to_owned());
    let name = name("X-WR-CALNAME").or_else(|| name("NAME"))?;
    (!name.is_empty()).then_some(name)
}

/// Maps an entry to its item, followed by the changed occurrences that belong to no series.
///
/// # Errors
/// When it cannot be read.
///
/// # Findings
/// `mapping.*` and `ical.*`, see `docs/fidelity.md`.
pub fn to_items(calendars: &Calendars, entry: usize, context: &Context) -> io::Result<Vec<Mapped>> {
    let entry = calendars.read(entry)?;
    let mut session = Session::new(calendars, &entry, context);
    let (item, apart) = session.series(&entry.component, &entry.changed);
    let mut mapped = vec![session.finish(item, entry.findings.clone())];
    for component in apart {
        let mut session = Session::new(calendars, &entry, context);
        let (item, _) = session.series(component, &[]);
        mapped.push(session.finish(item, Findings::new()));
    }
    Ok(mapped)
}

/// The times of an entry: its start, rules, and the dates added, removed and changed. `None` when
/// it has no start.
///
/// # Errors
/// When it cannot be read.
pub fn series(calendars: &Calendars, entry: usize) -> io::Result<Option<Series>> {
    let entry = calendars.read(entry)?;
    let clocks = Clocks::new(calendars.zones(), &entry);
    let read = recurrence::read(&entry, &clocks, &entry.component, &entry.changed);
    Ok(read.map(|read| read.series))
}

/// The work on one item: what is collected along the way.
struct Session<'a> {
    context: &'a Context,
    entry: &'a Entry,
    clocks: Clocks<'a>,
    contents: Contents,
    findings: Findings,
    method: String,
    /// Rules of the time zones of the item that have to stay raw.
    zones: Vec<Arc<Definition>>,
    /// Names of what was taken.
    #[cfg(test)]
    taken: Vec<String>,
}

impl<'a> Session<'a> {
    fn new(calendars: &'a Calendars, entry: &'a Entry, context: &'a Context) -> Self {
        let method = entry.head.properties.property("METHOD");
        let method = method.map(|own| own.value().trim().to_ascii_uppercase());
        Self {
            context,
            entry,
            clocks: Clocks::new(calendars.zones(), entry),
            contents: Contents::default(),
            findings: Findings::new(),
            method: method.unwrap_or_default(),
            zones: Vec::new(),
            #[cfg(test)]
            taken: Vec::new(),
        }
    }

    fn find(&mut self, code: &'static str, effect: Effect, detail: impl Into<String>) {
        let place = self.context.locator.clone();
        self.findings.add(code, effect, place, detail);
    }

    /// A text, inline or as a blob.
    fn text(&mut self, text: String) -> Text {
        self.contents.text(text)
    }

    /// Whether it is an answer or question about a meeting, and not the meeting.
    fn is_about(&self) -> bool {
        matches!(
            self.method.as_str(),
            "REPLY" | "COUNTER" | "REFRESH" | "DECLINECOUNTER"
        )
    }

    fn finish(mut self, item: Item, found: Findings) -> Mapped {
        for id in self.clocks.take_unknown() {
            let detail = format!(
                "nothing tells what the time zone {id:?} is; its times are read as if in UTC"
            );
            self.find("mapping.calendar.zone", Effect::Altered, detail);
        }
        let mut findings = Findings::new();
        for finding in found.iter() {
            let mut finding = finding.clone();
            let place = &finding.place.part;
            let place = [self.context.locator.as_str(), place];
            let place = place.into_iter().filter(|part| !part.is_empty());
            finding.place.part = place.collect::<Vec<_>>().join(", ").into();
            findings.push(finding);
        }
        findings.append(self.findings);
        Mapped {
            item,
            contents: self.contents.into_refs(),
            findings,
        }
    }

    /// The item of a component with the changed occurrences of its series; and those that have no
    /// place in it.
    fn series<'c>(
        &mut self,
        component: &'c Component,
        changed: &'c [Component],
    ) -> (Item, Vec<&'c Component>) {
        let mut taker = Taker::new(component);
        let mut item = self.item(&mut taker);
        let apart = recurrence::take(self, &mut taker, &mut item, component, changed);
        self.complete(&mut item, &taker);
        self.surroundings(&mut item);
        (item, apart)
    }

    /// The item of a component without its recurrence.
    fn item(&mut self, taker: &mut Taker<'_>) -> Item {
        let content = match self.entry.kind {
            Kind::Event => Content::Meeting(meeting::read(self, taker)),
            Kind::ToDo => Content::Task(task::read(self, taker)),
            Kind::Journal => Content::Journal(journal::read(self, taker)),
            Kind::FreeBusy | Kind::Other => {
                let detail = "a component of a kind that is not modelled; its lines are raw";
                self.find("mapping.calendar.other", Effect::Noted, detail);
                Content::Other(Other {
                    subject: taker.text("SUMMARY"),
                    body: body::read(self, taker),
                })
            }
        };
        every_kind::read(self, taker, content)
    }

    /// Adds what is left: raw properties, provenance, identity.
    fn complete(&mut self, item: &mut Item, taker: &Taker<'_>) {
        for (name, line) in taker.rest() {
            let raw = self.raw(name.to_owned(), line);
            item.raw.push(raw);
        }
        #[cfg(test)]
        self.taken.extend(taker.taken().map(str::to_owned));
        item.provenance = vec![Provenance {
            source: self.context.source.to_string(),
            folder: self.context.folder.to_vec(),
            locator: self.context.locator.clone(),
        }];
        every_kind::identify(item, taker);
    }

    /// Adds what stands around a component and belongs to it: the properties of its calendar, and
    /// the rules of time zones that no database has.
    fn surroundings(&mut self, item: &mut Item) {
        for rules in std::mem::take(&mut self.zones) {
            let raw = self.raw("VTIMEZONE".to_owned(), rules.raw.clone());
            item.raw.push(raw);
        }
        let head = Arc::clone(&self.entry.head);
        for property in &head.properties.properties {
            if !fidelity::TOLD_OF_CALENDAR.contains(&property.name()) {
                let raw = self.raw(format!("VCALENDAR/{}", property.name()), property.raw());
                item.raw.push(raw);
            }
        }
        for stray in &head.properties.strays {
            let raw = self.raw("VCALENDAR/line".to_owned(), stray.clone());
            item.raw.push(raw);
        }
    }

    fn raw(&mut self, name: String, line: String) -> RawProperty {
        let value = match self.contents.text(line) {
            Text::Inline(text) => RawValue::Text(text),
            Text::Blob(blob) => RawValue::Blob(blob),
        };
        RawProperty {
            name,
            kind: "ical".to_owned(),
            value,
        }
    }
}
