//! What every card says, whatever it stands for: categories, sensitivity, times.
//!
//! *Spec*: RFC 6350 6.7, RFC 2426 3.6 and 3.7; RFC 9554 (CREATED).
//!
//! *Seen in the wild*: revisions without a time zone; categories in several properties.

use super::contact::PREFERRED;
use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Taker, Told};
use crate::item::{Item, Sensitivity};
use crate::vcard::{Value, date};

/// The property that an earlier round wrote the bridge id into.
pub(super) const BRIDGE_ID: &str = "X-AIRBRIDGE-ID";

/// Rows of every kind.
pub(super) static ITEM: &[Field] = &[
    Field {
        names: &[BRIDGE_ID],
        path: "id",
        slot: Slot::Hand("kept"),
    },
    Field {
        names: &["UID"],
        path: "id",
        slot: Slot::Hand("left out when it is the same as `X-AIRBRIDGE-ID`; else raw"),
    },
    Field {
        names: &["CATEGORIES"],
        path: "categories[]",
        slot: Slot::Hand("kept, of all such properties"),
    },
    Field {
        names: &["CLASS", "X-CLASS"],
        path: "sensitivity, private",
        slot: Slot::Hand("PUBLIC, PRIVATE and CONFIDENTIAL as words; others stay raw"),
    },
    Field {
        names: &["REV"],
        path: "modified",
        slot: Slot::Hand("kept; without a time zone taken as UTC, and raw too"),
    },
    Field {
        names: &["CREATED"],
        path: "created",
        slot: Slot::Hand("kept; without a time zone taken as UTC, and raw too"),
    },
];

/// Word and meaning.
pub(super) static CLASSES: [(&str, Sensitivity); 3] = [
    ("PUBLIC", Sensitivity::Normal),
    ("PRIVATE", Sensitivity::Private),
    ("CONFIDENTIAL", Sensitivity::Confidential),
];

/// Takes what every card says; gives the bridge id.
pub(super) fn read(taker: &mut Taker<'_>, item: &mut Item) -> Option<String> {
    for (at, property) in taker.left("CATEGORIES") {
        item.categories.extend(property.list());
        taker.take(at, PREFERRED);
    }
    for name in ["CLASS", "X-CLASS"] {
        for (at, property) in taker.left(name) {
            let text = property.text();
            let class = CLASSES
                .iter()
                .find(|(word, _)| text.eq_ignore_ascii_case(word));
            if let Some((_, sensitivity)) = class {
                item.sensitivity = *sensitivity;
                item.private = *sensitivity == Sensitivity::Private;
                taker.take(at, Told::default());
                break;
            }
        }
    }
    for (name, place) in [("REV", &mut item.modified), ("CREATED", &mut item.created)] {
        for (at, property) in taker.left(name) {
            if place.is_none()
                && let Some((instant, assumed)) = date::instant(&property.text())
            {
                *place = Some(instant);
                if assumed {
                    taker.take_in_part(at);
                } else {
                    taker.take(at, Told::default());
                }
            }
        }
    }
    let bridge = taker.text(&[BRIDGE_ID], Told::default());
    for (at, property) in taker.left("UID") {
        if bridge.as_ref() == Some(&property.text()) {
            taker.take(at, Told::default());
        }
    }
    bridge
}

/// Gives what every card says. A card has the bridge id as its own, unless it came with another.
pub(super) fn write(giver: &mut Giver<'_>, item: &Item) {
    if !item.id.0.is_empty() {
        giver.plain(BRIDGE_ID, &[], Some(&item.id.0));
        let told = item.raw.iter().any(|own| own.name == "UID");
        giver.plain("UID", &[], Some(item.id.0.as_str()).filter(|_| !told));
    }
    if !item.categories.is_empty() {
        giver.give("CATEGORIES", &[], Value::List(&item.categories));
    }
    // What is personal is for no other eyes either.
    let word = match item.sensitivity {
        Sensitivity::Confidential => Some("CONFIDENTIAL"),
        Sensitivity::Private | Sensitivity::Personal => Some("PRIVATE"),
        Sensitivity::Normal => item.private.then_some("PRIVATE"),
    };
    giver.plain("CLASS", &[], word);
    for (name, time) in [("REV", item.modified), ("CREATED", item.created)] {
        let shown = time.map(|time| time.strftime("%Y%m%dT%H%M%SZ").to_string());
        giver.plain(name, &[], shown.as_deref());
    }
}
