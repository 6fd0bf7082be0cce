//! Calendars that are tried for an item, to find where its raw lines go.

use super::giver::{Giver, Line, utc};
use super::writing::{Heading, assembled, compared};
use super::{fidelity, items};
use crate::ical::{Component, Property};
use crate::item::{Content, Item};
use crate::mapping::placing::{self, Unit, Way};
use crate::mapping::{Context, Mapped};

/// Calendars that are tried for an item.
pub(super) struct Calendars<'c> {
    pub(super) giver: &'c Giver<'c>,
    pub(super) item: &'c Item,
    pub(super) name: &'static str,
    pub(super) tried: Option<(&'c str, &'c [Line])>,
    pub(super) heading: &'c Heading,
    pub(super) zones: Vec<Component>,
}

impl Calendars<'_> {
    fn calendar(&self, lines: &[Line]) -> Component {
        let (method, head) = self.tried.unwrap_or(("PUBLISH", &[]));
        let own = vec![Line::component(self.name, lines)];
        // Reading rules of a zone takes its time: they are there when a line asks for them.
        let named = |line: &Line| match line {
            Line::Property(line) => line.param("TZID").is_some(),
            Line::Component(_) | Line::Stray(_) => false,
        };
        let zones: &[Component] = match lines.iter().any(named) {
            true => &self.zones,
            false => &[],
        };
        assembled(method, head, zones, own, self.heading)
    }
}

impl placing::Lines for Calendars<'_> {
    type Line = Line;

    fn says(&self, lines: &[Line]) -> Option<String> {
        // What lines say may hang on the time of the event.
        let first = lines.first().map(Line::name).unwrap_or_default();
        let around = self.giver.lines_of_time(first);
        let key = |lines: &[Line]| {
            let again = items(&self.calendar(lines).to_bytes(), &Context::default());
            let Mapped {
                mut item, contents, ..
            } = again.into_iter().next()?;
            item.raw.clear();
            item.identity.clear();
            item.id.0.clear();
            let bytes = contents.first().map(|content| {
                let all = crate::content::read_all(&**content, crate::limits::CALENDAR_ENTRY_BYTES);
                blake3::hash(&all.unwrap_or_default()).to_hex().to_string()
            });
            Some(serde_json::to_string(&(item, bytes)).unwrap_or_default())
        };
        let with: Vec<Line> = around.iter().chain(lines).cloned().collect();
        let (own, nothing) = (key(&with), key(&around));
        own.filter(|own| Some(own) != nothing.as_ref())
    }

    fn cost(&self, lines: &[Line]) -> (usize, usize) {
        if self.tried.is_none() {
            return (0, 0);
        }
        let found = compared(self.item, self.giver.blobs, &self.calendar(lines));
        // Changed occurrences follow in events of their own.
        let found: Vec<_> = found
            .iter()
            .filter(|own| !own.path.starts_with("recurrence.exceptions"))
            .collect();
        let fields = found.iter().filter(|own| !own.is_raw()).count();
        (fields, found.len())
    }

    fn is_first(&self, name: &str) -> bool {
        name == "DTSTART"
    }

    fn are_related(&self, one: &str, other: &str) -> bool {
        one == other || fidelity::share_a_field(one, other)
    }

    fn preferred(&self, line: &Line) -> Line {
        line.clone()
    }

    fn ways(&self, name: &str) -> &'static [Way] {
        const SEVERAL: [&str; 12] = [
            "ATTENDEE",
            "ATTACH",
            "CATEGORIES",
            "COMMENT",
            "CONTACT",
            "EXDATE",
            "RDATE",
            "RRULE",
            "EXRULE",
            "VALARM",
            "X-ALT-DESC",
            "STYLED-DESCRIPTION",
        ];
        if SEVERAL.contains(&name) {
            &[Way::Instead, Way::Beside, Way::Nowhere]
        } else {
            &[Way::Instead, Way::Nowhere]
        }
    }
}

/// A time as it is told without a zone.
pub(super) fn in_utc(item: &Item, line: Line) -> Line {
    let Content::Meeting(own) = &item.content else {
        return line;
    };
    let at = match line.name() {
        "DTSTART" => own.start,
        _ => own.end,
    };
    match (&line, at) {
        (Line::Property(told), Some(at)) if told.param("TZID").is_some() => {
            Line::Property(Property::made(told.name(), Vec::new(), &utc(at)))
        }
        _ => line,
    }
}

/// Outlook refuses dates without a rule: they are taken out, and told.
pub(super) fn without_rule(
    giver: &Giver<'_>,
    item: &Item,
    units: &mut Vec<Unit<Line>>,
) -> Option<String> {
    let has_rule = giver.lines.iter().any(|line| line.name() == "RRULE")
        || units.iter().any(|unit| unit.name == "RRULE");
    if has_rule || !matches!(item.content, Content::Meeting(_)) {
        return None;
    }
    let mut dates = Vec::new();
    units.retain(|unit| {
        if unit.name != "RDATE" {
            return true;
        }
        for line in &unit.lines {
            if let Line::Property(line) = line {
                dates.push(line.value().chars().take(200).collect::<String>());
            }
        }
        false
    });
    (!dates.is_empty()).then(|| {
        format!(
            "Outlook refuses dates without a rule (RDATE), so the first one only is written, \
             without {}; copy the event to these dates",
            dates.join(", ")
        )
    })
}
