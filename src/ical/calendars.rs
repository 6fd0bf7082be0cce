//! A file of calendars: which entries it holds, and each of them on demand.
//!
//! *Spec*: RFC 5545 3.4, 3.6; RFC 5546 (`METHOD`); vCalendar 1.0.
//!
//! *Shape*: `VCALENDAR`s one after the other, each with components; or components alone.
//!
//! *Invariants*: one pass finds `BEGIN` and `END` before any line is taken apart; a few dozen bytes
//! are held of each component. An entry is a component with the changed occurrences of its series:
//! those with its UID, kind and METHOD, at most [`limits::RECURRENCE_EXCEPTIONS`].
//!
//! A card (`VCARD`) in the file is passed over: it is for another desk. What it interrupts goes on
//! behind it.
//!
//! *Seen in the wild*: components that are never ended or ended twice, calendars in calendars,
//! events without a calendar, a calendar around every event, UTF-16, a byte-order mark.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::component::{Component, Reading};
use super::scan::{Line, Scan};
use super::zone::{Definition, Zone, Zones};
use crate::charset;
use crate::content_line::Folding;
use crate::file_bytes::{Extent, FileBytes};
use crate::finding::{Effect, Findings};
use crate::limits;

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `VEVENT`.
    Event,
    /// `VTODO`.
    ToDo,
    /// `VJOURNAL`.
    Journal,
    /// `VFREEBUSY`.
    FreeBusy,
    /// Any other.
    Other,
}

impl Kind {
    fn of(name: &[u8]) -> Self {
        let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
        if is("VEVENT") {
            Self::Event
        } else if is("VTODO") {
            Self::ToDo
        } else if is("VJOURNAL") {
            Self::Journal
        } else if is("VFREEBUSY") {
            Self::FreeBusy
        } else {
            Self::Other
        }
    }

    /// What users call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::ToDo => "to-do",
            Self::Journal => "journal",
            Self::FreeBusy => "free-busy",
            Self::Other => "component",
        }
    }
}

/// A component of the file.
#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    len: u64,
    calendar: u32,
    kind: Kind,
    is_changed: bool,
}

/// A calendar of the file.
#[derive(Debug, Clone, Default)]
struct Calendar {
    /// Runs of its own properties.
    runs: Vec<(u64, u64)>,
    is_v1: bool,
    method: u64,
}

/// A file of calendars, looked through.
#[derive(Debug)]
pub struct Calendars {
    bytes: FileBytes,
    page: u16,
    calendars: Vec<Calendar>,
    /// Those of one entry stand together.
    places: Vec<Place>,
    /// Where each entry begins among the places.
    entries: Vec<u32>,
    zones: Zones,
    begun: u64,
    has_cards: bool,
    findings: Findings,
    head: Mutex<Option<(u32, Arc<Head>)>>,
}

/// The calendar of an entry: its own properties.
#[derive(Debug, Default)]
pub struct Head {
    /// Its properties, without components.
    pub properties: Component,
    /// The zone of times without one (vCalendar 1.0).
    pub zone: Option<Zone>,
    findings: Findings,
}

/// An entry.
#[derive(Debug)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its calendar's number in the file, for [`Zones`].
    pub calendar: u32,
    /// Its calendar.
    pub head: Arc<Head>,
    /// The component itself, or that of an occurrence whose series is not here.
    pub component: Component,
    /// The changed occurrences of the series.
    pub changed: Vec<Component>,
    /// Whether its calendar is a vCalendar 1.0.
    pub is_v1: bool,
    /// What was found while reading it.
    pub findings: Findings,
}

impl Calendars {
    /// Looks through a file. `page` is the code page of text that is neither UTF-8 nor says what it
    /// is.
    ///
    /// # Errors
    /// Those of the system; UTF-16 beyond [`limits::CALENDAR_UTF16_BYTES`].
    ///
    /// # Findings
    /// `ical.component.unclosed`, `ical.component.stray-end` (noted), `ical.file.stray` (lost),
    /// `ical.file.components` (lost), `ical.zone.useless` (noted).
    pub fn open(bytes: FileBytes, page: u16) -> io::Result<Self> {
        let bytes = decoded(bytes)?;
        let mut walk = Walk::new();
        let mut scan = Scan::new(bytes.clone());
        let mut line = Line::default();
        while scan.next(&mut line)? {
            walk.line(&line);
        }
        walk.end(bytes.len());
        let mut own = Self {
            bytes,
            page,
            calendars: walk.calendars,
            places: walk.places,
            entries: Vec::new(),
            zones: Zones::default(),
            begun: walk.begun,
            has_cards: walk.has_cards,
            findings: walk.findings,
            head: Mutex::default(),
        };
        own.group(walk.uids);
        own.read_zones(&walk.zones);
        Ok(own)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many there should be: the components that begin, less the changed occurrences that are
    /// read with their series.
    #[must_use]
    pub fn seen(&self) -> u64 {
        let joined = self.places.len().saturating_sub(self.entries.len());
        self.begun.saturating_sub(joined as u64)
    }

    /// Whether cards stand among the components.
    #[must_use]
    pub fn has_cards(&self) -> bool {
        self.has_cards
    }

    /// The time zones of the file.
    #[must_use]
    pub fn zones(&self) -> &Zones {
        &self.zones
    }

    /// What was found in the file as a whole.
    #[must_use]
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// The places of an entry.
    fn of_entry(&self, entry: usize) -> &[Place] {
        let from = self.entries.get(entry).map(|from| *from as usize);
        let next = entry.checked_add(1).and_then(|next| self.entries.get(next));
        let to = next.map_or(self.places.len(), |to| *to as usize);
        from.and_then(|from| self.places.get(from..to))
            .unwrap_or_default()
    }

    /// The kind of an entry and where it begins in the file.
    #[must_use]
    pub fn place(&self, entry: usize) -> Option<(Kind, u64)> {
        let first = self.of_entry(entry).first()?;
        Some((first.kind, first.offset))
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// Those of the system, and when there is no such entry.
    ///
    /// # Findings
    /// `ical.component.too-large` (lost), and those of [`Component::read`].
    pub fn read(&self, entry: usize) -> io::Result<Entry> {
        let places = self.of_entry(entry);
        let first = places
            .first()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let mut findings = Findings::new();
        let (mut left, mut lines) = (limits::CALENDAR_ENTRY_BYTES, limits::CALENDAR_LINES);
        let mut components = Vec::new();
        for place in places {
            let component = self.component(*place, &mut left, &mut lines, &mut findings)?;
            components.push(component);
        }
        let mut components = components.into_iter();
        let head = self.head(first.calendar)?;
        findings.append(head.findings.clone());
        Ok(Entry {
            kind: first.kind,
            calendar: first.calendar,
            head,
            component: components.next().unwrap_or_default(),
            changed: components.collect(),
            is_v1: self.reading(first.calendar).folding == Folding::Kept,
            findings,
        })
    }

    fn reading(&self, calendar: u32) -> Reading {
        let is_v1 = self
            .calendars
            .get(calendar as usize)
            .is_some_and(|own| own.is_v1);
        Reading {
            folding: if is_v1 {
                Folding::Kept
            } else {
                Folding::Removed
            },
            page: self.page,
        }
    }

    fn component(
        &self,
        place: Place,
        left: &mut u64,
        lines: &mut usize,
        findings: &mut Findings,
    ) -> io::Result<Component> {
        let len = place.len.min(*left);
        if len < place.len {
            let detail = format!(
                "{} bytes, of which {len} are read: an entry may have {}",
                place.len,
                limits::CALENDAR_ENTRY_BYTES
            );
            findings.add("ical.component.too-large", Effect::Lost, "", detail);
        }
        *left = left.saturating_sub(len);
        let extent = Extent {
            bytes: self.bytes.clone(),
            offset: place.offset,
            len,
        };
        let text = extent.read(limits::CALENDAR_ENTRY_BYTES)?;
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
        let mut root = Component::read(text, self.reading(place.calendar), lines, findings);
        Ok(match root.components.is_empty() {
            true => root,
            false => root.components.swap_remove(0),
        })
    }

    /// The calendar of an entry.
    ///
    /// # Errors
    /// Those of the system.
    pub fn head_of(&self, entry: usize) -> io::Result<Arc<Head>> {
        self.head(
            self.of_entry(entry)
                .first()
                .map_or(0, |place| place.calendar),
        )
    }

    /// The calendar of that number; the last one read is remembered.
    fn head(&self, calendar: u32) -> io::Result<Arc<Head>> {
        let mut known = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((number, head)) = known.as_ref().filter(|(number, _)| *number == calendar) {
            debug_assert_eq!(*number, calendar);
            return Ok(Arc::clone(head));
        }
        let mut text = Vec::new();
        let mut findings = Findings::new();
        let own = self.calendars.get(calendar as usize);
        for (offset, len) in own.iter().flat_map(|own| &own.runs) {
            let room = limits::CALENDAR_HEAD_BYTES.saturating_sub(text.len() as u64);
            let extent = Extent {
                bytes: self.bytes.clone(),
                offset: *offset,
                len: (*len).min(room),
            };
            if extent.len < *len {
                let detail = "the properties of the calendar itself are too long; the rest is lost";
                findings.add("ical.calendar.too-large", Effect::Lost, "", detail);
            }
            text.extend(extent.read(limits::CALENDAR_HEAD_BYTES)?);
        }
        let mut lines = limits::CALENDAR_LINES;
        let reading = self.reading(calendar);
        let properties = Component::read(&text, reading, &mut lines, &mut findings);
        let zone = Definition::read_v1(&properties)
            .map(|own| Zone::of_rules(None, Arc::new(own)))
            .filter(|_| reading.folding == Folding::Kept);
        let head = Arc::new(Head {
            properties,
            zone,
            findings,
        });
        *known = Some((calendar, Arc::clone(&head)));
        Ok(head)
    }

    /// Puts the changed occurrences behind the component of their series.
    fn group(&mut self, uids: Vec<u128>) {
        // The first component of a series, by its UID, kind and method.
        let mut series: HashMap<(u128, Kind, u64), u32> = HashMap::new();
        let method = |place: &Place| {
            let own = self.calendars.get(place.calendar as usize);
            own.map_or(0, |own| own.method)
        };
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        for (at, (place, uid)) in self.places.iter().zip(&uids).enumerate() {
            if *uid != 0 && !place.is_changed {
                let key = (*uid, place.kind, method(place));
                series.entry(key).or_insert(number(at));
            }
        }
        let mut changed: HashMap<u32, u32> = HashMap::new();
        let mut order: Vec<(u32, u32)> = Vec::with_capacity(self.places.len());
        for (at, (place, uid)) in self.places.iter().zip(&uids).enumerate() {
            let of = (*uid != 0 && place.is_changed)
                .then(|| series.get(&(*uid, place.kind, method(place))))
                .flatten();
            let of = of.filter(|of| {
                let count = changed.entry(**of).or_default();
                *count = count.saturating_add(1);
                *count as usize <= limits::RECURRENCE_EXCEPTIONS
            });
            order.push((of.copied().unwrap_or(number(at)), number(at)));
        }
        // A stable order: entries by their component, and in them the component first.
        order.sort_by_key(|(entry, at)| (*entry, entry != at, *at));
        let mut last = None;
        let mut places = Vec::with_capacity(order.len());
        for (at, (entry, place)) in order.into_iter().enumerate() {
            if last.replace(entry) != Some(entry) {
                self.entries.push(number(at));
            }
            places.extend(self.places.get(place as usize));
        }
        self.places = places;
    }

    fn read_zones(&mut self, places: &[Place]) {
        let mut known: HashMap<[u8; 32], Arc<Definition>> = HashMap::new();
        for place in places {
            let extent = Extent {
                bytes: self.bytes.clone(),
                offset: place.offset,
                len: place.len,
            };
            let Ok(text) = extent.read(limits::CALENDAR_HEAD_BYTES) else {
                let detail = "a time zone that is too long is not read";
                self.findings
                    .add("ical.zone.too-large", Effect::Noted, "", detail);
                continue;
            };
            let hash = *blake3::hash(&text).as_bytes();
            if let Some(same) = known.get(&hash) {
                self.zones.add(place.calendar, Arc::clone(same));
                continue;
            }
            let mut lines = limits::CALENDAR_LINES;
            let reading = self.reading(place.calendar);
            let root = Component::read(&text, reading, &mut lines, &mut Findings::new());
            match root.components.first().and_then(Definition::read) {
                Some(read) => {
                    let read = Arc::new(read);
                    known.insert(hash, Arc::clone(&read));
                    self.zones.add(place.calendar, read);
                }
                None => {
                    let detail = "a time zone without a usable offset is passed over";
                    self.findings
                        .add("ical.zone.useless", Effect::Noted, "", detail);
                }
            }
        }
    }
}

/// UTF-16 as UTF-8, other bytes as they are.
fn decoded(bytes: FileBytes) -> io::Result<FileBytes> {
    let mut start = [0; 4];
    let read = bytes.read_at(&mut start, 0)?;
    let Some(encoding) = utf16(start.get(..read).unwrap_or_default()) else {
        return Ok(bytes);
    };
    let whole = Extent {
        offset: 0,
        len: bytes.len(),
        bytes,
    };
    let whole = whole.read(limits::CALENDAR_UTF16_BYTES)?;
    let (text, _, _) = encoding.decode(&whole);
    Ok(FileBytes::in_memory(text.into_owned().into_bytes()))
}

/// UTF-16 by its mark, or by the zeros between its first letters.
#[must_use]
pub fn utf16(start: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    match start {
        [0xFF, 0xFE, ..] | [b'A'..=b'z', 0, b'A'..=b'z', 0, ..] => Some(encoding_rs::UTF_16LE),
        [0xFE, 0xFF, ..] | [0, b'A'..=b'z', 0, b'A'..=b'z', ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// What is known while the lines go by.
#[derive(Debug)]
struct Walk {
    calendars: Vec<Calendar>,
    places: Vec<Place>,
    uids: Vec<u128>,
    zones: Vec<Place>,
    open: Vec<Open>,
    /// `BEGIN`s beyond the depth that is followed.
    deeper: usize,
    in_calendar: bool,
    /// Cards open, those in each other; where a component begins or ends, they have ended.
    cards: u32,
    has_cards: bool,
    begun: u64,
    strays: u64,
    findings: Findings,
}

/// A component that has begun.
#[derive(Debug)]
struct Open {
    name: Box<[u8]>,
    offset: u64,
    uid: u128,
    is_changed: bool,
}

impl Walk {
    fn new() -> Self {
        Self {
            calendars: vec![Calendar::default()],
            places: Vec::new(),
            uids: Vec::new(),
            zones: Vec::new(),
            open: Vec::new(),
            deeper: 0,
            in_calendar: false,
            cards: 0,
            has_cards: false,
            begun: 0,
            strays: 0,
            findings: Findings::new(),
        }
    }

    fn line(&mut self, line: &Line) {
        if self.of_card(line) {
            return;
        }
        if let Some(name) = line.is("BEGIN") {
            return self.begin(name, line.offset);
        }
        if let Some(name) = line.is("END") {
            return self.ended(name, line);
        }
        match self.open.as_mut_slice() {
            [] if self.in_calendar => self.of_calendar(line),
            [] => self.strays = self.strays.saturating_add(1),
            [own] => {
                if let Some(uid) = line.is("UID").filter(|uid| !uid.is_empty()) {
                    let hash = blake3::hash(uid);
                    let hash = hash.as_bytes().first_chunk::<16>();
                    own.uid = hash.map_or(0, |hash| u128::from_le_bytes(*hash));
                } else if let Some(id) = line.is("RECURRENCE-ID") {
                    own.is_changed = !id.is_empty();
                }
            }
            _ => {}
        }
    }

    /// Passes over what is of a card.
    fn of_card(&mut self, line: &Line) -> bool {
        let is_card =
            |name: Option<&[u8]>| name.is_some_and(|own| own.eq_ignore_ascii_case(b"VCARD"));
        let begin = line.is("BEGIN");
        if is_card(begin) {
            self.has_cards = true;
            self.cards = self.cards.saturating_add(1);
            return true;
        }
        if self.cards == 0 {
            return false;
        }
        let end = line.is("END");
        if begin.or(end).is_some_and(stands_alone) {
            self.cards = 0;
            return false;
        }
        if is_card(end) {
            self.cards = self.cards.saturating_sub(1);
        } else if line
            .is("AGENT")
            .is_some_and(|own| own.eq_ignore_ascii_case(b"BEGIN:VCARD"))
        {
            self.cards = self.cards.saturating_add(1);
        }
        true
    }

    /// A property of the calendar itself.
    fn of_calendar(&mut self, line: &Line) {
        let Some(own) = self.calendars.last_mut() else {
            return;
        };
        if line.is("VERSION").is_some_and(|version| version == b"1.0") {
            own.is_v1 = true;
        }
        if let Some(method) = line.is("METHOD") {
            let method = method.to_ascii_uppercase();
            let hash = blake3::hash(&method);
            let hash = hash.as_bytes().first_chunk::<8>();
            own.method = hash.map_or(0, |hash| u64::from_le_bytes(*hash));
        }
        let len = line.end.saturating_sub(line.offset);
        let more = own.runs.len() < limits::CALENDAR_LINES;
        match own.runs.last_mut() {
            Some((offset, before)) if offset.saturating_add(*before) == line.offset => {
                *before = before.saturating_add(len);
            }
            _ if more => own.runs.push((line.offset, len)),
            _ => {}
        }
    }

    fn begin(&mut self, name: &[u8], offset: u64) {
        let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
        if is("VCALENDAR") {
            self.close_all(offset);
            self.in_calendar = true;
            self.calendars.push(Calendar::default());
            return;
        }
        if stands_alone(name) && !self.open.is_empty() {
            self.close_all(offset);
        }
        if self.open.is_empty() && !is("VTIMEZONE") {
            self.begun = self.begun.saturating_add(1);
        }
        if self.open.len() >= limits::CALENDAR_DEPTH {
            self.deeper = self.deeper.saturating_add(1);
            return;
        }
        self.open.push(Open {
            name: name.to_ascii_uppercase().into(),
            offset,
            uid: 0,
            is_changed: false,
        });
    }

    fn ended(&mut self, name: &[u8], line: &Line) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        if name.eq_ignore_ascii_case(b"VCALENDAR") {
            self.close_all(line.offset);
            self.in_calendar = false;
            return;
        }
        let is = |own: &Open| own.name.eq_ignore_ascii_case(name);
        let Some(at) = self.open.iter().rposition(is) else {
            let detail = format!("END:{} of nothing", String::from_utf8_lossy(name));
            let place = format!("offset {}", line.offset);
            self.findings
                .add("ical.component.stray-end", Effect::Noted, place, detail);
            return;
        };
        if at.saturating_add(1) < self.open.len() {
            self.unclosed(line.offset);
        }
        self.open.truncate(at.saturating_add(1));
        if let Some(own) = self.open.pop().filter(|_| at == 0) {
            self.found(&own, line.end);
        }
    }

    fn unclosed(&mut self, offset: u64) {
        let name = self
            .open
            .last()
            .map(|own| own.name.clone())
            .unwrap_or_default();
        let detail = format!(
            "{} has no END; it is read up to here",
            String::from_utf8_lossy(&name)
        );
        let place = format!("offset {offset}");
        self.findings
            .add("ical.component.unclosed", Effect::Noted, place, detail);
    }

    fn close_all(&mut self, offset: u64) {
        self.deeper = 0;
        if !self.open.is_empty() {
            self.unclosed(offset);
        }
        let open = std::mem::take(&mut self.open);
        if let Some(own) = open.first() {
            self.found(own, offset);
        }
    }

    /// A component is complete.
    fn found(&mut self, own: &Open, end: u64) {
        let calendar = match self.in_calendar {
            true => self.calendars.len().saturating_sub(1),
            false => 0,
        };
        let place = Place {
            offset: own.offset,
            len: end.saturating_sub(own.offset),
            calendar: u32::try_from(calendar).unwrap_or(u32::MAX),
            kind: Kind::of(&own.name),
            is_changed: own.is_changed,
        };
        if own.name.eq_ignore_ascii_case(b"VTIMEZONE") {
            if self.zones.len() < limits::CALENDAR_ZONES {
                self.zones.push(place);
            }
        } else if self.places.len() < limits::CALENDAR_COMPONENTS {
            self.places.push(place);
            self.uids.push(own.uid);
        } else {
            let detail = "more components than a file may have";
            self.findings
                .add("ical.file.components", Effect::Lost, "", detail);
        }
    }

    fn end(&mut self, len: u64) {
        self.close_all(len);
        if self.strays > 0 {
            let detail = format!("{} lines outside any component", self.strays);
            self.findings
                .add("ical.file.stray", Effect::Lost, "", detail);
        }
        if self.places.is_empty() && self.findings.is_empty() && !self.has_cards {
            let detail = "there is no event, task or journal entry in it";
            self.findings
                .add("ical.file.empty", Effect::Noted, "", detail);
        }
    }
}

/// Whether a component of this name is in no other, but in a calendar.
fn stands_alone(name: &[u8]) -> bool {
    let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
    is("VCALENDAR") || is("VTIMEZONE") || Kind::of(name) != Kind::Other
}

/// The code page of text that does not say what it is, when nobody says it.
pub const PAGE: u16 = charset::WESTERN;

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Calendars {
        let bytes = FileBytes::in_memory(text.as_bytes().to_vec());
        Calendars::open(bytes, PAGE).unwrap()
    }

    fn uids(file: &Calendars) -> Vec<String> {
        let entries = (0..file.len()).map(|entry| file.read(entry).unwrap());
        let all = entries.map(|entry| {
            let uid = |own: &Component| own.property("UID").map_or("-".into(), |own| own.text());
            let mut words = vec![uid(&entry.component)];
            words.extend(entry.changed.iter().map(uid));
            words.join("+")
        });
        all.collect()
    }

    fn event(uid: &str, more: &str) -> String {
        format!("BEGIN:VEVENT\r\nUID:{uid}\r\n{more}END:VEVENT\r\n")
    }

    #[test]
    fn series_are_put_together() {
        let changed = "RECURRENCE-ID:20240101T000000Z\r\n";
        let text = [
            "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\n",
            &event("a", changed),
            &event("b", ""),
            &event("a", ""),
            "END:VCALENDAR\r\nBEGIN:VCALENDAR\r\nMETHOD:publish\r\n",
            &event("a", changed),
            &event("c", changed),
            "X-LATE:1\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\n",
            &event("a", changed),
            "END:VCALENDAR\r\n",
        ];
        let file = open(&text.concat());
        assert_eq!(uids(&file), ["b", "a+a+a", "c", "a"]);
        assert_eq!(file.seen(), 4);
        let head = file.read(2).unwrap().head;
        assert!(head.properties.property("X-LATE").is_some());
        assert!(file.findings().is_empty());
    }

    #[test]
    fn damage_costs_itself() {
        let text = [
            "hello\r\nBEGIN:VEVENT\r\nUID:bare\r\nEND:VEVENT\r\n",
            "BEGIN:VCALENDAR\r\nEND:VALARM\r\nBEGIN:VEVENT\r\nUID:open\r\nBEGIN:VALARM\r\n",
            &event("next", "BEGIN:VALARM\r\nUID:inner\r\n"),
            "BEGIN:VTODO\r\nUID:cut",
        ];
        let file = open(&text.concat());
        assert_eq!(uids(&file), ["bare", "open", "next", "cut"]);
        let codes: Vec<_> = file.findings().iter().map(|own| own.code).collect();
        assert_eq!(
            codes,
            [
                "ical.component.stray-end",
                "ical.component.unclosed",
                "ical.component.unclosed",
                "ical.component.unclosed",
                "ical.file.stray"
            ]
        );
        assert_eq!(file.seen(), 4);
    }

    #[test]
    fn utf_16_and_depth() {
        let text = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", event("ü", ""));
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let file = Calendars::open(FileBytes::in_memory(wide), PAGE).unwrap();
        assert_eq!(uids(&file), ["ü"]);
        let deep = "BEGIN:X\n".repeat(2_000) + &"END:X\n".repeat(2_000) + &event("after", "");
        assert_eq!(uids(&open(&deep)), ["-", "after"]);
    }
}
