//! Gives an item's values to a component: the other direction of [`super::taker`].

use jiff::Timestamp;

use super::fields::{Field, Slot};
use super::zones_used::ZonesUsed;
use crate::content;
use crate::content_line::Param;
use crate::finding::{Effect, Findings};
use crate::ical::{Component, Property, Zone};
use crate::item::{BlobRef, Text};
use crate::limits;
use crate::mapping::Blobs;

/// What a component is made of.
#[derive(Debug, Clone)]
pub(super) enum Line {
    Property(Property),
    Component(Component),
    /// A line that is none.
    Stray(String),
}

impl Line {
    /// The name of the property or component.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Property(own) => own.name(),
            Self::Component(own) => &own.name,
            Self::Stray(_) => "line",
        }
    }

    /// A component of these lines.
    pub(super) fn component(name: &str, lines: &[Self]) -> Component {
        let mut own = Component::new(name);
        for line in lines {
            match line {
                Self::Property(line) => own.properties.push(line.clone()),
                Self::Component(line) => own.components.push(line.clone()),
                Self::Stray(line) => own.strays.push(line.clone()),
            }
        }
        own
    }
}

/// A component in the making.
#[derive(Debug)]
pub(super) struct Giver<'a> {
    pub(super) blobs: &'a dyn Blobs,
    pub(super) findings: Findings,
    pub(super) place: String,
    /// Whether it is an answer or question about a meeting, and not the meeting.
    pub(super) is_about: bool,
    /// Whether it proposes another time.
    pub(super) is_counter: bool,
    pub(super) zones: ZonesUsed,
    pub(super) lines: Vec<Line>,
    /// The times of the component at hand.
    pub(super) times: Vec<Line>,
}

impl Giver<'_> {
    /// The times of the component at hand, but for that which a line of this name tells.
    pub(super) fn lines_of_time(&self, name: &str) -> Vec<Line> {
        let all = self.times.iter().filter(|own| match name {
            "DTSTART" => false,
            "DTEND" | "DURATION" => own.name() == "DTSTART",
            _ => true,
        });
        all.cloned().collect()
    }

    /// Gives a property.
    pub(super) fn put(&mut self, property: Property) {
        self.lines.push(Line::Property(property));
    }

    /// Gives a value that needs no escapes.
    pub(super) fn plain(&mut self, name: &str, value: &str) {
        self.put(Property::made(name, Vec::new(), value));
    }

    /// Gives a text; an empty one is none.
    pub(super) fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.put(Property::of_text(name, Vec::new(), text));
        }
    }

    /// Gives an instant in UTC, to the second.
    pub(super) fn instant(&mut self, name: &str, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.plain(name, &utc(at));
        }
    }

    /// Gives an instant by the clock of a zone.
    pub(super) fn time(&mut self, name: &str, at: Timestamp, zone: Option<&Zone>) {
        let (params, value) = self.zoned(&[at], zone);
        self.put(Property::made(name, params, &value));
    }

    /// Instants as a list by the clock of a zone, and the parameter that names it.
    pub(super) fn zoned(&mut self, all: &[Timestamp], zone: Option<&Zone>) -> (Vec<Param>, String) {
        let own = zone.filter(|zone| !zone.is_utc());
        let id = own.and_then(|zone| zone.id.as_deref());
        let (Some(zone), Some(id)) = (own, id) else {
            let all: Vec<String> = all.iter().map(|at| utc(*at)).collect();
            return (Vec::new(), all.join(","));
        };
        let mut shown = Vec::with_capacity(all.len());
        for at in all {
            let local = zone.local(*at);
            self.zones.note(zone, local.year());
            shown.push(local.strftime("%Y%m%dT%H%M%S").to_string());
        }
        (vec![Param::new("TZID", [id])], shown.join(","))
    }

    /// Gives every slot of these rows, of several for one field the first; those done by hand are
    /// not its business.
    pub(super) fn pour<T: Clone>(&mut self, from: &T, rows: &[Field<T>]) {
        // The slots lead to places that can be changed, so they are asked of a copy.
        let mut from = from.clone();
        let mut known: Vec<&str> = Vec::new();
        for row in rows {
            if known.contains(&row.path) {
                continue;
            }
            match row.slot {
                Slot::Text(of) => {
                    let text = of(&mut from).clone();
                    self.text(row.name, text.as_deref());
                }
                Slot::Int(of) => {
                    if let Some(number) = *of(&mut from) {
                        self.plain(row.name, &number.to_string());
                    }
                }
                Slot::Flag(of) => {
                    if *of(&mut from) {
                        self.plain(row.name, "TRUE");
                    }
                }
                Slot::Time(of) => {
                    let at = *of(&mut from);
                    self.instant(row.name, at);
                }
                Slot::Hand(_) => continue,
            }
            known.push(row.path);
        }
    }

    /// A text of a record.
    pub(super) fn whole(&mut self, text: &Text) -> Option<String> {
        match text {
            Text::Inline(text) => Some(text.clone()),
            Text::Blob(blob) => {
                let bytes = self.bytes(blob)?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }

    /// The bytes of a reference; what is not to be had, or larger than an entry, is a finding.
    pub(super) fn bytes(&mut self, blob: &BlobRef) -> Option<Vec<u8>> {
        // In Base64 they take a third more.
        let most = limits::CALENDAR_ENTRY_BYTES / 4 * 3;
        let content = self.blobs.content(blob);
        let bytes = content.map(|content| content::read_all(&*content, most));
        let problem = match bytes {
            Some(Ok(bytes)) => return Some(bytes),
            Some(Err(error)) => error.to_string(),
            None => "they are not there".to_owned(),
        };
        let detail = format!("bytes of the item cannot be had: {problem}");
        let place = self.place.clone();
        self.findings
            .add("mapping.blob.missing", Effect::Lost, place, detail);
        None
    }
}

/// An instant in UTC, to the second.
pub(super) fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
