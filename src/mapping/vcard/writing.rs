//! An item to a vCard.
//!
//! *Invariants*: the card that is made is read again, and every field that is not the same then is
//! a finding; a raw line goes back as it came when the fields stay what they are with it: in place
//! of the property that says the same, else beside or in place of those of its name.

use std::collections::{BTreeMap, BTreeSet};

use super::giver::Giver;
use super::{FORMAT, STRAY, contact, fidelity, item, list, to_item};
use crate::finding::{Effect, Findings};
use crate::item::{Content, Item, RawProperty, RawValue};
use crate::mapping::carried::{self, Difference, Words};
use crate::mapping::{Blobs, Context, Given, Mapped};
use crate::vcard::{Card, Property, Version};

/// How what a card does not carry is told.
pub(super) static WORDS: Words = Words {
    lost: "mapping.vcard.lost",
    altered: "mapping.vcard.altered",
    raw: "mapping.vcard.raw",
    format: "a vCard",
    remedy: "it goes whole by PST or MSG",
};

/// Names whose raw lines are placed one by one; lines of further names are put beside the others.
const NAMES: usize = 8;

/// Maps a contact or a distribution list to a card. A version that is not known is the one that the
/// item came in, else 2.1, of which Outlook reads every letter.
///
/// # Findings
/// `mapping.vcard.lost`, `mapping.vcard.altered`, `mapping.vcard.raw`, `mapping.vcard.kind`,
/// `mapping.vcard.list`, `mapping.vcard.emails`, `mapping.blob.missing`.
#[must_use]
pub fn to_card(item: &Item, blobs: &dyn Blobs, version: Version) -> Given<Card> {
    let came_in = came_in(item);
    let version = match (version, came_in) {
        (Version::Unknown, Version::Unknown) if is_from_card(item) => Version::V3_0,
        (Version::Unknown, Version::Unknown) => Version::V2_1,
        (Version::Unknown, own) => own,
        (version, _) => version,
    };
    let place = item.provenance.first();
    let mut giver = Giver {
        version,
        blobs,
        findings: Findings::new(),
        place: place.map_or_else(|| item.id.0.clone(), |place| place.locator.clone()),
        properties: Vec::new(),
    };
    match &item.content {
        Content::Contact(own) => contact::write(&mut giver, own),
        Content::DistributionList(own) => list::write(&mut giver, own),
        _ => {}
    }
    item::write(&mut giver, item);
    let (mut card, differences) = with_raw(&mut giver, item, came_in);
    card.version = version;
    told(&mut giver, item);
    carried::tell(&differences, &WORDS, &giver.place, &mut giver.findings);
    Given {
        value: card,
        findings: giver.findings,
    }
}

fn is_from_card(item: &Item) -> bool {
    item.raw.iter().any(|own| own.kind == FORMAT)
}

/// The version that a raw VERSION tells.
fn came_in(item: &Item) -> Version {
    let told = item.raw.iter().find_map(|own| match &own.value {
        RawValue::Text(text) if own.kind == FORMAT && own.name == "VERSION" => Some(text),
        _ => None,
    });
    match told.and_then(|text| text.rsplit(':').next()).map(str::trim) {
        Some("2.1") => Version::V2_1,
        Some("3.0" | "3") => Version::V3_0,
        Some("4.0" | "4") => Version::V4_0,
        _ => Version::Unknown,
    }
}

/// What is known of Outlook's import.
fn told(giver: &mut Giver<'_>, item: &Item) {
    let place = giver.place.clone();
    let mut find = |code, effect, detail: String| {
        giver.findings.add(code, effect, place.clone(), detail);
    };
    match &item.content {
        Content::Contact(contact) if contact.emails.len() > 3 => {
            let detail = format!(
                "Outlook imports three addresses of a card; this one has {}",
                contact.emails.len()
            );
            find("mapping.vcard.emails", Effect::Noted, detail);
        }
        Content::Contact(_) => {}
        Content::DistributionList(_) => {
            let detail = "Outlook imports the card of a list as a contact without its members; \
                          the list goes whole by PST or MSG";
            find("mapping.vcard.list", Effect::Noted, detail.to_owned());
        }
        _ => {
            let detail = format!(
                "an item of kind {} is no vCard; it goes whole by PST or MSG",
                item.kind().name()
            );
            find("mapping.vcard.kind", Effect::Lost, detail);
        }
    }
}

/// What is tried with the lines of a name.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In place of the properties of that name that no line replaced.
    Instead,
    /// Beside them.
    Beside,
    /// Beside them, who are preferred.
    Behind,
    /// Not at all.
    Nowhere,
}

/// Raw lines that belong together: one, or those of a group.
#[derive(Debug, Clone)]
struct Unit {
    name: String,
    lines: Vec<Property>,
}

/// A property of the item, or the raw lines that say the same.
#[derive(Debug, Clone)]
struct Slot {
    name: String,
    lines: Vec<Property>,
    replaced: bool,
}

/// The card with the raw lines where they fit, and in what it differs from the item.
fn with_raw(giver: &mut Giver<'_>, item: &Item, came_in: Version) -> (Card, Vec<Difference>) {
    let version = giver.version;
    let (units, strays) = units(giver, item, came_in);
    let made = std::mem::take(&mut giver.properties);
    let mut slots: Vec<Slot> = made
        .into_iter()
        .map(|own| Slot {
            name: own.name().to_owned(),
            lines: vec![own],
            replaced: false,
        })
        .collect();
    let mut said: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    if units.iter().any(|unit| fidelity::knows(&unit.name)) {
        for (at, slot) in slots.iter().enumerate() {
            if let Some(key) = says(version, &slot.lines) {
                said.entry(key).or_default().push(at);
            }
        }
    }
    let mut open: Vec<Unit> = Vec::new();
    let mut beside: Vec<Unit> = Vec::new();
    for unit in units {
        let known = unit.lines.iter().any(|own| fidelity::knows(own.name()));
        if !known {
            beside.push(unit);
            continue;
        }
        let same = says(version, &unit.lines).and_then(|key| said.get_mut(&key));
        let at = same.filter(|places| !places.is_empty());
        match at
            .map(|places| places.remove(0))
            .and_then(|at| slots.get_mut(at))
        {
            Some(slot) => {
                slot.lines = unit.lines;
                slot.replaced = true;
            }
            None => open.push(unit),
        }
    }
    let card = |slots: &[Slot], beside: &[Unit]| {
        let slots = slots.iter().flat_map(|slot| slot.lines.iter());
        let beside = beside.iter().flat_map(|unit| unit.lines.iter());
        Card {
            version,
            properties: slots.chain(beside).cloned().collect(),
            stray: strays.clone(),
            findings: Findings::new(),
        }
    };
    let names: BTreeSet<String> = open.iter().map(|unit| unit.name.clone()).collect();
    for (at, name) in names.into_iter().enumerate() {
        let (own, rest): (Vec<_>, Vec<_>) = open.drain(..).partition(|unit| unit.name == name);
        open = rest;
        let all = [Place::Beside, Place::Behind, Place::Instead, Place::Nowhere];
        let tried = all.map(|place| {
            let mut slots = slots.clone();
            let mut beside = beside.clone();
            match place {
                Place::Instead => {
                    slots.retain(|slot| slot.replaced || slot.name != name);
                    beside.extend(own.iter().cloned());
                }
                Place::Beside => beside.extend(own.iter().cloned()),
                Place::Behind => {
                    beside.extend(own.iter().cloned());
                    let first = slots.iter_mut().find(|slot| slot.name == name);
                    for line in first.into_iter().flat_map(|slot| &mut slot.lines) {
                        *line = line.preferred();
                    }
                }
                Place::Nowhere => {}
            }
            (slots, beside)
        });
        let cost = |(slots, beside): &(Vec<Slot>, Vec<Unit>)| {
            let found = differences(giver, item, &card(slots, beside));
            let fields = found.iter().filter(|own| !own.is_raw()).count();
            // Of ways that keep the fields equally well the one that keeps more lines.
            (fields, found.len())
        };
        let tried = tried.into_iter();
        let best = match at < NAMES {
            true => tried.min_by_key(cost),
            false => tried.into_iter().next(),
        };
        if let Some(best) = best {
            (slots, beside) = best;
        }
    }
    let card = card(&slots, &beside);
    let found = differences(giver, item, &card);
    (card, found)
}

/// The raw lines of the item, those of a group together, in the words of the version; and lines
/// that are none.
fn units(giver: &mut Giver<'_>, item: &Item, came_in: Version) -> (Vec<Unit>, Vec<String>) {
    let mut units: Vec<Unit> = Vec::new();
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    let labels: BTreeSet<String> = item
        .raw
        .iter()
        .filter(|own| ["X-ABLABEL", "X-ABADR"].contains(&own.name.as_str()))
        .filter_map(|own| match &own.value {
            RawValue::Text(text) => text.split_once('.').map(|(group, _)| group.to_lowercase()),
            _ => None,
        })
        .collect();
    let mut strays = Vec::new();
    for raw in item.raw.iter().filter(|own| own.kind == FORMAT) {
        let Some(text) = raw_text(giver, raw) else {
            continue;
        };
        if raw.name == STRAY {
            strays.push(text);
            continue;
        }
        if let Some(head) = raw.name.strip_prefix("photo/") {
            photo_head(giver, head, &text);
            continue;
        }
        let is_version = raw.name == "VERSION" && giver.version.word().is_some();
        let Some(line) = Property::of_line(came_in, &text).filter(|_| !is_version) else {
            continue;
        };
        let line = line.in_version(giver.version);
        let group = line.group().to_lowercase();
        let known = groups
            .get(&group)
            .copied()
            .filter(|_| labels.contains(&group));
        match known.and_then(|at| units.get_mut(at)) {
            Some(unit) => {
                // A label says what the others are for.
                if unit.name == "X-ABLABEL" {
                    line.name().clone_into(&mut unit.name);
                }
                unit.lines.push(line);
            }
            None => {
                groups.insert(group, units.len());
                units.push(Unit {
                    name: line.name().to_owned(),
                    lines: vec![line],
                });
            }
        }
    }
    (units, strays)
}

/// Gives the photo the head that it came with.
fn photo_head(giver: &mut Giver<'_>, name: &str, head: &str) {
    let version = giver.version;
    let mut own = giver.properties.iter_mut();
    if let Some(photo) = own.find(|own| own.name() == name) {
        let value = String::from_utf8_lossy(photo.line().value()).into_owned();
        let with = Property::of_line(version, &format!("{head}:{value}"));
        if let Some(with) = with.filter(|with| with.bytes() == photo.bytes()) {
            *photo = with;
        }
    }
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

/// What lines say on their own, as a key; `None` when they say nothing, or hold bytes, which are
/// not compared.
fn says(version: Version, lines: &[Property]) -> Option<String> {
    let card = Card {
        version,
        properties: lines.to_vec(),
        ..Card::default()
    };
    let mapped = to_item(&card, &Context::default());
    let nothing = to_item(&Card::default(), &Context::default());
    let key = |mut mapped: Mapped| {
        mapped.item.raw.clear();
        mapped.item.identity.clear();
        mapped.item.id.0.clear();
        serde_json::to_string(&mapped.item).unwrap_or_default()
    };
    if !mapped.contents.is_empty() {
        return None;
    }
    let (own, nothing) = (key(mapped), key(nothing));
    (own != nothing).then_some(own)
}

/// In what an item differs from what a card of it says.
fn differences(giver: &Giver<'_>, item: &Item, card: &Card) -> Vec<Difference> {
    let bytes = card.to_bytes();
    let again = to_item(&Card::parse(&bytes, None, ""), &Context::default());
    let mut found = carried::differences(item, giver.blobs, &again.item, &again.contents);
    // The version is what was asked for.
    found.retain(|own| !own.is_raw() || own.was.get("name") != Some(&"VERSION".into()));
    found
}
