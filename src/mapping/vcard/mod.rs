//! A vCard to an item, and back.
//!
//! Each part of a contact has a file with its rows ([`fields::Field`]); what no row takes, or none
//! takes whole, rides along raw: the whole line, unfolded, as it can be written again in the
//! version that VERSION tells, which is raw as well.

pub mod fidelity;

mod addresses;
mod contact;
#[cfg(test)]
mod coverage;
mod emails;
mod fields;
mod giver;
mod item;
mod list;
mod messaging;
mod pages;
mod phones;
mod photo;
mod relations;
mod taker;
mod writing;

use super::identity;
use super::mapped::{Contents, Context, Mapped};
use crate::content::InMemory;
use crate::finding::{Effect, Findings};
use crate::item::{Content, Item, Provenance, RawProperty, RawValue};
use crate::limits;
use crate::vcard::{Card, Property};
use taker::Taker;
pub use writing::to_card;

/// The `type` of raw properties.
const FORMAT: &str = "vcard";

/// The name of raw lines that are no properties.
const STRAY: &str = "line";

/// Maps a card to an item. It always gives an item: what it does not understand rides along raw.
///
/// # Findings
/// `mapping.card.*`, and those of the card.
#[must_use]
pub fn to_item(card: &Card, context: &Context) -> Mapped {
    let mut session = Session {
        locator: &context.locator,
        contents: Contents::default(),
        findings: card.findings.clone(),
        raw: Vec::new(),
    };
    let mut taker = Taker::new(card);
    let unknown = Content::Other(crate::item::Other::default());
    let mut item = Item::new("IPM.Contact", unknown);
    item.provenance = vec![Provenance {
        source: context.source.to_string(),
        folder: context.folder.to_vec(),
        locator: context.locator.clone(),
    }];
    let bridge = item::read(&mut taker, &mut item);
    item.content = if list::is_group(card) {
        item.class = "IPM.DistList".to_owned();
        Content::DistributionList(list::read(&mut session, &mut taker))
    } else {
        Content::Contact(contact::read(&mut session, &mut taker))
    };
    for property in taker.rest() {
        if fidelity::knows(property.name()) && taker::is_too_long(property) {
            let detail = "a value longer than any of its kind; it is in raw only";
            session.note("mapping.card.too-long", property, detail.to_owned());
        }
        let raw = session.raw_text(property.name(), property.raw());
        session.raw.push(raw);
    }
    for stray in &card.stray {
        let raw = session.raw_text(STRAY, stray.clone());
        session.raw.push(raw);
    }
    item.raw = std::mem::take(&mut session.raw);
    identity::give(&mut item, bridge.as_deref(), None);
    Mapped {
        item,
        contents: session.contents.into_refs(),
        findings: session.findings,
    }
}

/// One call of [`to_item`]: what is collected along the way.
struct Session<'a> {
    locator: &'a str,
    contents: Contents,
    findings: Findings,
    raw: Vec<RawProperty>,
}

impl Session<'_> {
    /// A finding that takes nothing away, since the property is raw.
    fn note(&mut self, code: &'static str, property: &Property, detail: String) {
        let place = format!(
            "{}, {} (line {})",
            self.locator,
            property.name(),
            property.number()
        );
        self.findings.add(code, Effect::Noted, place, detail);
    }

    fn raw_text(&mut self, name: &str, text: String) -> RawProperty {
        RawProperty {
            name: name.to_owned(),
            kind: FORMAT.to_owned(),
            value: if text.len() > limits::INLINE_TEXT {
                RawValue::Blob(self.contents.blob(InMemory(text.into_bytes())))
            } else {
                RawValue::Text(text)
            },
        }
    }
}
