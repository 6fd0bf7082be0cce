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
use crate::mapping::placing::{self, Unit, Way};
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

/// The card with the raw lines where they fit, and in what it differs from the item.
fn with_raw(giver: &mut Giver<'_>, item: &Item, came_in: Version) -> (Card, Vec<Difference>) {
    let (units, strays) = units(giver, item, came_in);
    let made = std::mem::take(&mut giver.properties).into_iter();
    let made = made.map(|own| (own.name().to_owned(), own)).collect();
    let cards = Cards {
        giver,
        item,
        strays,
    };
    let properties = placing::place(&cards, made, units);
    let card = cards.card(&properties);
    let found = cards.differences(&card);
    (card, found)
}

/// Cards that are tried for an item.
struct Cards<'c> {
    giver: &'c Giver<'c>,
    item: &'c Item,
    strays: Vec<String>,
}

impl Cards<'_> {
    fn card(&self, properties: &[Property]) -> Card {
        Card {
            version: self.giver.version,
            properties: properties.to_vec(),
            stray: self.strays.clone(),
            findings: Findings::new(),
        }
    }

    /// In what the item differs from what a card of it says.
    fn differences(&self, card: &Card) -> Vec<Difference> {
        let bytes = card.to_bytes();
        let again = to_item(&Card::parse(&bytes, None, ""), &Context::default());
        let (item, blobs) = (self.item, self.giver.blobs);
        let mut found = carried::differences(item, blobs, &again.item, &again.contents);
        // The version is what was asked for.
        found.retain(|own| !own.is_raw() || own.was.get("name") != Some(&"VERSION".into()));
        found
    }
}

impl placing::Lines for Cards<'_> {
    type Line = Property;

    fn says(&self, lines: &[Property]) -> Option<String> {
        let card = Card {
            version: self.giver.version,
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
        // Bytes are not compared.
        if !mapped.contents.is_empty() {
            return None;
        }
        let (own, nothing) = (key(mapped), key(nothing));
        (own != nothing).then_some(own)
    }

    fn cost(&self, lines: &[Property]) -> (usize, usize) {
        let found = self.differences(&self.card(lines));
        let fields = found.iter().filter(|own| !own.is_raw()).count();
        (fields, found.len())
    }

    fn are_related(&self, _one: &str, _other: &str) -> bool {
        true
    }

    fn preferred(&self, line: &Property) -> Property {
        line.preferred()
    }

    fn ways(&self, _name: &str) -> &'static [Way] {
        &[Way::Beside, Way::Behind, Way::Instead, Way::Nowhere]
    }
}

/// The raw lines of the item, those of a group together, in the words of the version; and lines
/// that are none.
fn units(
    giver: &mut Giver<'_>,
    item: &Item,
    came_in: Version,
) -> (Vec<Unit<Property>>, Vec<String>) {
    let mut units: Vec<Unit<Property>> = Vec::new();
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
                unit.known |= fidelity::knows(line.name());
                unit.lines.push(line);
            }
            None => {
                groups.insert(group, units.len());
                units.push(Unit {
                    name: line.name().to_owned(),
                    known: fidelity::knows(line.name()),
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
