//! Items to a calendar.
//!
//! *Spec*: RFC 5545 3.4 and 3.6; MS-OXCICAL 2.1.3 (what Outlook reads).
//!
//! *Invariants*: the calendar of each item is read again, and every field that is not the same then
//! is a finding. The clock is an argument. Zones come first, each with a definition; series with
//! their changed occurrences as events of their own.

use jiff::Timestamp;
use jiff::civil::Time;

use super::giver::{Giver, Line, utc};
use super::occurrence::occurrence;
use super::recurrence::Start;
use super::tried::{Calendars, in_utc, without_rule};
use super::zones_used::ZonesUsed;
use super::{every_kind, fidelity, items, meeting, recurrence, task};
use crate::finding::{Effect, Findings};
use crate::hex;
use crate::ical::{Component, Property, Zone};
use crate::item::meeting::Meeting;
use crate::item::{Content, Item, RawProperty, RawValue};
use crate::mapi::global_object_id::GlobalObjectId;
use crate::mapping::carried::{self, Difference, Words};
use crate::mapping::placing::{self, Unit};
use crate::mapping::{Blobs, Context, Given};

/// How what a calendar does not carry is told.
pub(super) static WORDS: Words = Words {
    lost: "mapping.ical.lost",
    altered: "mapping.ical.altered",
    raw: "mapping.ical.raw",
    format: "a calendar",
    remedy: "it goes whole by PST or MSG",
};

/// What stands around the items of a calendar.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    /// When it is written.
    pub now: Timestamp,
    /// The name that Outlook gives the folder.
    pub name: Option<String>,
    /// Whether tasks are written as to-dos, which Outlook does not import.
    pub tasks: bool,
}

/// Who wrote the file.
const PRODUCT: &str = "-//airbridge//airbridge//EN";

/// Maps items to one calendar: meetings, and tasks when the heading says so. Each item comes with
/// what gives its bytes.
///
/// # Findings
/// `mapping.ical.lost`, `mapping.ical.altered`, `mapping.ical.raw`, `mapping.ical.kind`,
/// `mapping.ical.no-rule`, `mapping.ical.dates`, `mapping.ical.zone`, `mapping.blob.missing`.
#[must_use]
pub fn to_calendar(all: &[(&Item, &dyn Blobs)], heading: &Heading) -> Given<Component> {
    let mut findings = Findings::new();
    let mut zones = ZonesUsed::default();
    let mut entries = Vec::new();
    let mut heads = Vec::new();
    let written = all.iter().map(|(item, _)| *item);
    let mut written = written.filter(|item| is_written(item, heading));
    let first = written.next().map(method);
    let mut others = written.map(method).peekable();
    let alone = others.peek().is_none();
    let same = others.all(|other| Some(&other) == first.as_ref());
    let method = first.filter(|_| same);
    let method = method.unwrap_or_else(|| "PUBLISH".to_owned());
    for (item, blobs) in all {
        let Given {
            value,
            findings: found,
        } = entry(item, *blobs, heading, &method, alone);
        findings.append(found);
        let Some(entry) = value else { continue };
        if zones.contradicts(&entry.zones) {
            let detail = "two items have other rules for a time zone of one name; those of the \
                          first count; write them to files of their own";
            let place = place_of(item);
            findings.add("mapping.ical.zone", Effect::Altered, place, detail);
        }
        zones.append(entry.zones);
        heads.extend(entry.head);
        entries.extend(entry.components);
    }
    let zones = zones.definitions();
    let value = assembled(&method, &heads, &zones, entries, heading);
    Given { value, findings }
}

/// The calendar around components.
pub(super) fn assembled(
    method: &str,
    heads: &[Line],
    zones: &[Component],
    entries: Vec<Component>,
    heading: &Heading,
) -> Component {
    let mut own = Line::component("VCALENDAR", &[]);
    let mut put = |name: &str, value: &str| {
        own.properties
            .push(Property::of_text(name, Vec::new(), value));
    };
    put("PRODID", PRODUCT);
    put("VERSION", "2.0");
    put("METHOD", method);
    if let Some(name) = heading.name.as_deref().filter(|name| !name.is_empty()) {
        put("X-WR-CALNAME", name);
    }
    // What a calendar says as a whole is said for one item only.
    for line in heads {
        match line {
            Line::Property(line) => own.properties.push(line.clone()),
            Line::Stray(line) => own.strays.push(line.clone()),
            Line::Component(_) => {}
        }
    }
    own.components = zones.to_vec();
    own.components.extend(entries);
    own
}

/// What one item adds to a calendar.
struct Entry {
    method: String,
    head: Vec<Line>,
    zones: ZonesUsed,
    components: Vec<Component>,
}

fn place_of(item: &Item) -> String {
    let place = item.provenance.first();
    place.map_or_else(|| item.id.0.clone(), |place| place.locator.clone())
}

/// Whether an item is of a kind that this calendar takes.
fn is_written(item: &Item, heading: &Heading) -> bool {
    match item.content {
        Content::Meeting(_) => true,
        Content::Task(_) => heading.tasks,
        _ => false,
    }
}

/// The components of an item in a calendar of this method; `None` when it is of a kind that is not
/// written. What its calendar said as a whole is said again when it stands alone.
fn entry(
    item: &Item,
    blobs: &dyn Blobs,
    heading: &Heading,
    method: &str,
    alone: bool,
) -> Given<Option<Entry>> {
    let mut giver = Giver {
        blobs,
        findings: Findings::new(),
        place: place_of(item),
        is_about: ["REPLY", "COUNTER", "REFRESH", "DECLINECOUNTER"]
            .contains(&method.to_ascii_uppercase().as_str()),
        is_counter: method.eq_ignore_ascii_case("COUNTER"),
        zones: ZonesUsed::default(),
        lines: Vec::new(),
        times: Vec::new(),
    };
    if !is_written(item, heading) {
        let remedy = match item.content {
            Content::Task(_) => {
                "Outlook imports no tasks from calendars; it goes by PST, MSG or CSV"
            }
            _ => "it goes whole by PST or MSG",
        };
        let detail = format!(
            "an item of kind {} is left out; {remedy}",
            item.kind().name()
        );
        let place = giver.place.clone();
        giver
            .findings
            .add("mapping.ical.kind", Effect::Lost, place, detail);
        return Given {
            value: None,
            findings: giver.findings,
        };
    }
    let mut head = Vec::new();
    for raw in item.raw.iter().filter(|own| own.kind == "ical") {
        let Some(text) = raw_text(&mut giver, raw) else {
            continue;
        };
        match raw.name.as_str() {
            "VTIMEZONE" => giver.zones.carry(&text),
            "VCALENDAR/PRODID" | "VCALENDAR/METHOD" | "VCALENDAR/VERSION" => {}
            name if name.starts_with("VCALENDAR/") && !alone => {}
            "VCALENDAR/line" => head.push(Line::Stray(text)),
            name if name.starts_with("VCALENDAR/") => {
                head.extend(Property::of_line(&text).map(Line::Property));
            }
            _ => {}
        }
    }
    let mut components = Vec::new();
    let uid = uid(item);
    let whole = with_raw(
        &mut giver,
        item,
        uid.as_deref(),
        heading,
        Some((method, &head)),
    );
    components.push(whole);
    if let Content::Meeting(own) = &item.content
        && let Some(series) = &own.recurrence
    {
        let zone = own
            .time_zone
            .as_ref()
            .and_then(|zone| giver.zones.zone(zone));
        for exception in &series.exceptions {
            let own = occurrence(item, own, exception, zone.as_ref());
            let own = with_raw(&mut giver, &own, uid.as_deref(), heading, None);
            components.push(own);
        }
    }
    let entry = Entry {
        method: method.to_owned(),
        head,
        zones: giver.zones,
        components,
    };
    let found = differences(item, blobs, &entry, heading);
    carried::tell(&found, &WORDS, &giver.place, &mut giver.findings);
    Given {
        value: Some(entry),
        findings: giver.findings,
    }
}

/// In what an item differs from what its calendar says.
fn differences(
    item: &Item,
    blobs: &dyn Blobs,
    entry: &Entry,
    heading: &Heading,
) -> Vec<Difference> {
    let components = entry.components.clone();
    let zones = entry.zones.definitions();
    let own = assembled(&entry.method, &entry.head, &zones, components, heading);
    let mut found = compared(item, blobs, &own);
    // Who wrote the file is airbridge now.
    found.retain(|own| !own.is_raw() || own.was.get("name") != Some(&"VCALENDAR/PRODID".into()));
    found
}

pub(super) fn compared(item: &Item, blobs: &dyn Blobs, calendar: &Component) -> Vec<Difference> {
    let again = items(&calendar.to_bytes(), &Context::default());
    let nothing = Item::new("", Content::Other(crate::item::Other::default()));
    let none: Vec<crate::content::ContentRef> = Vec::new();
    match again.first() {
        Some(again) => carried::differences(item, blobs, &again.item, &again.contents),
        None => carried::differences(item, blobs, &nothing, &none),
    }
}

/// The method: that which the item came with, or that of its class.
fn method(item: &Item) -> String {
    let told = item.raw.iter().find_map(|own| match &own.value {
        RawValue::Text(text) if own.kind == "ical" && own.name == "VCALENDAR/METHOD" => {
            Property::of_line(text)
        }
        _ => None,
    });
    if let Some(told) = told {
        return told.value().trim().to_owned();
    }
    let class = item.class.to_ascii_lowercase();
    let word = match class.strip_prefix("ipm.schedule.meeting.") {
        Some(rest) if rest.starts_with("request") => "REQUEST",
        Some(rest) if rest.starts_with("canceled") => "CANCEL",
        Some(rest) if rest.starts_with("resp") => "REPLY",
        _ => "PUBLISH",
    };
    word.to_owned()
}

/// The UID that Outlook gives (MS-OXCICAL 2.1.3.1.1.20.26), so that the meeting is known again; of
/// an item without one its bridge id.
fn uid(item: &Item) -> Option<String> {
    let Content::Meeting(meeting) = &item.content else {
        let told = item.raw.iter().any(|own| own.name == "UID");
        return Some(item.id.0.clone()).filter(|_| !told);
    };
    let own = meeting.series_uid.as_ref().or(meeting.uid.as_ref());
    let bytes = own.and_then(|digits| hex::decode(digits));
    let id = bytes.and_then(|bytes| GlobalObjectId::from_bytes(&bytes).ok());
    id.map(|(id, _)| id.uid())
        .or_else(|| Some(item.id.0.clone()))
        .filter(|uid| !uid.is_empty())
}

fn raw_text(giver: &mut Giver<'_>, raw: &RawProperty) -> Option<String> {
    match &raw.value {
        RawValue::Text(text) => Some(text.clone()),
        RawValue::Blob(blob) => {
            let bytes = giver.bytes(blob)?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        _ => None,
    }
}

/// The component of an item with its raw lines where they fit. `tried` is the method and the head
/// of its calendar when ways may be tried; else the first way is taken.
fn with_raw(
    giver: &mut Giver<'_>,
    item: &Item,
    uid: Option<&str>,
    heading: &Heading,
    tried: Option<(&str, &[Line])>,
) -> Component {
    let name = match &item.content {
        Content::Meeting(own) => {
            meeting::write(giver, own, uid);
            series(giver, own);
            "VEVENT"
        }
        Content::Task(own) => {
            task::write(giver, own);
            if let Some(series) = &own.recurrence
                && !recurrence::write(giver, series, &Start::Day)
            {
                no_rule(giver);
            }
            if let Some(uid) = uid {
                giver.text("UID", Some(uid));
            }
            "VTODO"
        }
        _ => "VEVENT",
    };
    every_kind::write(giver, item);
    let mut units = Vec::new();
    for raw in item.raw.iter().filter(|own| own.kind == "ical") {
        if raw.name.starts_with("VCALENDAR/") || raw.name == "VTIMEZONE" {
            continue;
        }
        let Some(text) = raw_text(giver, raw) else {
            continue;
        };
        let line = if raw.name == "line" {
            Some(Line::Stray(text))
        } else if text
            .get(..6)
            .is_some_and(|word| word.eq_ignore_ascii_case("BEGIN:"))
        {
            Component::of_text(&text).map(Line::Component)
        } else {
            Property::of_line(&text).map(Line::Property)
        };
        units.extend(line.map(|line| Unit {
            name: line.name().to_owned(),
            known: fidelity::knows(line.name()),
            lines: vec![line],
        }));
    }
    let dates = without_rule(giver, item, &mut units);
    let has = |name: &str| units.iter().any(|unit| unit.name == name);
    if !has("DTSTAMP") {
        giver.plain("DTSTAMP", &utc(heading.now));
    }
    let is_time = |line: &&Line| ["DTSTART", "DTEND", "DUE"].contains(&line.name());
    let times = giver.lines.iter().filter(is_time).cloned();
    // Those of a proposal are not the item's.
    let times = times.map(|line| match giver.is_counter {
        true => line,
        false => in_utc(item, line),
    });
    giver.times = times.collect();
    let made = std::mem::take(&mut giver.lines).into_iter();
    let made = made.map(|line| (line.name().to_owned(), line)).collect();
    let calendars = Calendars {
        giver,
        item,
        name,
        tried,
        heading,
        zones: giver.zones.definitions(),
    };
    let lines = placing::place(&calendars, made, units);
    if let Some(detail) = dates {
        let place = giver.place.clone();
        giver
            .findings
            .add("mapping.ical.dates", Effect::Lost, place, detail);
    }
    Line::component(name, &lines)
}

/// Gives the rule of a series.
fn series(giver: &mut Giver<'_>, own: &Meeting) {
    let Some(series) = &own.recurrence else {
        return;
    };
    let zone = own
        .time_zone
        .as_ref()
        .and_then(|zone| giver.zones.zone(zone));
    let utc = Zone::utc();
    let zone = zone.as_ref().unwrap_or(&utc);
    let time = own
        .start
        .map_or(Time::midnight(), |start| zone.local(start).time());
    let start = match own.all_day && own.start_date.is_some() {
        true => Start::Day,
        false if own.time_zone.is_none() => Start::Floating(time),
        false => Start::Zoned(zone, time),
    };
    if !recurrence::write(giver, series, &start) {
        no_rule(giver);
    }
}

fn no_rule(giver: &mut Giver<'_>) {
    let detail = "a recurrence that no rule of calendars tells; its first occurrence is written; \
                  it goes whole by PST or MSG";
    let place = giver.place.clone();
    let code = "mapping.ical.no-rule";
    giver.findings.add(code, Effect::Lost, place, detail);
}
