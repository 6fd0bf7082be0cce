//! Gives an item's values to a card: the other direction of [`super::taker`].

use super::fields::{Field, Slot};
use crate::content;
use crate::content_line::Param;
use crate::finding::{Effect, Findings};
use crate::item::{BlobRef, Body, Contact, Text};
use crate::limits;
use crate::mapping::Blobs;
use crate::vcard::{Property, Value, Version};

/// A card in the making.
#[derive(Debug)]
pub(super) struct Giver<'a> {
    pub(super) version: Version,
    pub(super) blobs: &'a dyn Blobs,
    pub(super) findings: Findings,
    pub(super) place: String,
    pub(super) properties: Vec<Property>,
}

impl Giver<'_> {
    /// Gives a value.
    pub(super) fn give(&mut self, name: &str, types: &[&str], value: Value<'_>) {
        self.give_with(name, types, Vec::new(), value);
    }

    /// Gives a value with parameters beside its types.
    pub(super) fn give_with(
        &mut self,
        name: &str,
        types: &[&str],
        params: Vec<Param>,
        value: Value<'_>,
    ) {
        let made = Property::made(self.version, name, types, params, value);
        self.properties.push(made);
    }

    /// Gives an address, a number or a word.
    pub(super) fn plain(&mut self, name: &str, types: &[&str], text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.give(name, types, Value::Plain(text));
        }
    }

    /// Gives every slot of these rows but those that are skipped by their path; those done by hand
    /// are not its business.
    pub(super) fn pour(&mut self, from: &Contact, rows: &[Field], skipped: impl Fn(&str) -> bool) {
        // The slots lead to places that can be changed, so they are asked of a copy.
        let mut from = from.clone();
        for row in rows.iter().filter(|row| !skipped(row.path)) {
            let Some(name) = row.names.first() else {
                continue;
            };
            match row.slot {
                Slot::Text(of) => {
                    if let Some(text) = of(&mut from).as_ref().filter(|text| !text.is_empty()) {
                        self.give(name, &[], Value::Text(text));
                    }
                }
                Slot::Texts(of) => {
                    for text in of(&mut from).iter() {
                        self.give(name, &[], Value::Text(text));
                    }
                }
                Slot::Joined(of) => {
                    if let Some(text) = of(&mut from).as_ref().filter(|text| !text.is_empty()) {
                        let values: Vec<String> = text.split(", ").map(str::to_owned).collect();
                        self.give(name, &[], Value::List(&values));
                    }
                }
                Slot::Day(of) => {
                    let form = match self.version {
                        Version::V3_0 => "%Y-%m-%d",
                        _ => "%Y%m%d",
                    };
                    let name = match (*name, self.version) {
                        ("X-MS-ANNIVERSARY", Version::V4_0) => "ANNIVERSARY",
                        (name, _) => name,
                    };
                    let day = of(&mut from).map(|day| day.strftime(form).to_string());
                    self.plain(name, &[], day.as_deref());
                }
                Slot::Hand(_) => {}
            }
        }
    }

    /// Gives the plain form of a body.
    pub(super) fn body(&mut self, body: &Body) {
        let text = match &body.plain {
            Some(Text::Inline(text)) => Some(text.clone()),
            Some(Text::Blob(blob)) => {
                let bytes = self.bytes(blob);
                bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            }
            None => None,
        };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.give("NOTE", &[], Value::Text(&text));
        }
    }

    /// The bytes of a reference; what is not to be had, or larger than a card, is a finding.
    pub(super) fn bytes(&mut self, blob: &BlobRef) -> Option<Vec<u8>> {
        let content = self.blobs.content(blob);
        let bytes = content.map(|content| content::read_all(&*content, limits::CARD_BYTES));
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
