//! Postal addresses.
//!
//! *Spec*: RFC 6350 6.3.1, RFC 2426 3.2.1 and 3.2.2, vCard 2.1 2.2.1 and 2.2.2; MS-OXVCARD.
//!
//! *Seen in the wild*: the office as the extended address of a business address, which is how
//! Outlook writes it; the whole address in the extended address (Google); labels without an
//! address; the country code beside an address (`item1.X-ABADR`).

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Taker, Told};
use crate::content_line::Param;
use crate::item::Contact;
use crate::item::contact::{AddressKind, PostalAddress};
use crate::vcard::{Property, Value, Version};

/// Rows of addresses.
pub(super) static ADDRESSES: &[Field] = &[
    Field {
        names: &["ADR"],
        path: "addresses[].po_box, street, city, state, postal_code, country",
        slot: Slot::Hand(
            "kept, preferred ones first; the extended address of a business address is `office`, \
             else it is put before the street and raw too; business without a type, but other in \
             4.0; raw too when it has other types",
        ),
    },
    Field {
        names: &["ADR;LABEL=", "LABEL"],
        path: "addresses[].formatted",
        slot: Slot::Hand("kept; a label without an address makes one"),
    },
    Field {
        names: &["X-ABADR", "ADR;CC="],
        path: "addresses[].country_code",
        slot: Slot::Hand("two letters are kept; else raw"),
    },
    Field {
        names: &["X-MS-OL-DEFAULT-POSTAL-ADDRESS"],
        path: "addresses[].mailing",
        slot: Slot::Hand("marks the address that it names, else the preferred one is marked"),
    },
];

/// Type, kind, and the number by which Outlook names it.
pub(super) static KINDS: [(&str, AddressKind, &str); 3] = [
    ("home", AddressKind::Home, "1"),
    ("work", AddressKind::Business, "2"),
    ("other", AddressKind::Other, "3"),
];

const TOLD: Told = Told {
    types: &[],
    also: &["pref"],
    params: &["LABEL", "CC"],
};

/// Takes the addresses.
pub(super) fn read(taker: &mut Taker<'_>, contact: &mut Contact) {
    let mut preferred = None;
    for (at, property) in taker.left("ADR") {
        let (kind, types) = kind(taker, property);
        if preferred.is_none() && property.preference() < crate::vcard::property::NOT_PREFERRED {
            preferred = Some(contact.addresses.len());
        }
        let mut address = empty(kind);
        let whole = components(property, &mut address, &mut contact.office);
        address.formatted = property.param("LABEL");
        address.country_code = country_code(taker, property);
        contact.addresses.push(address);
        if whole {
            taker.take(at, Told { types, ..TOLD });
        } else {
            taker.take_in_part(at);
        }
    }
    labels(taker, contact);
    mailing(taker, contact, preferred);
}

/// The kind, and the type that tells it.
fn kind(taker: &Taker<'_>, property: &Property) -> (AddressKind, &'static [&'static str]) {
    let words = taker.words(property);
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    if has("work") {
        (AddressKind::Business, &["work"])
    } else if has("home") {
        (AddressKind::Home, &["home"])
    } else if has("other") {
        (AddressKind::Other, &["other"])
    } else if property.version() == Version::V4_0 || words.iter().any(|word| word != "pref") {
        (AddressKind::Other, &[])
    } else {
        (AddressKind::Business, &[])
    }
}

fn empty(kind: AddressKind) -> PostalAddress {
    PostalAddress {
        kind,
        mailing: false,
        street: None,
        po_box: None,
        city: None,
        state: None,
        postal_code: None,
        country: None,
        country_code: None,
        formatted: None,
    }
}

/// Takes the seven components; false when they cannot be told again as they were.
fn components(
    property: &Property,
    address: &mut PostalAddress,
    office: &mut Option<String>,
) -> bool {
    let mut parts = property.components().into_iter();
    let mut next = || parts.next().filter(|part| !part.is_empty());
    address.po_box = next();
    let extended = next();
    address.street = next();
    address.city = next();
    address.state = next();
    address.postal_code = next();
    address.country = next();
    let mut whole = parts.all(|part| part.is_empty());
    match (extended, &mut address.street) {
        (None, _) => {}
        (Some(extended), Some(_)) if address.kind == AddressKind::Business && office.is_none() => {
            *office = Some(extended);
        }
        (Some(extended), street) => {
            whole = false;
            *street = Some(match street.take() {
                Some(street) => format!("{extended}\n{street}"),
                None => extended,
            });
        }
    }
    whole
}

/// The code of the country: a parameter, or a property of the same group.
fn country_code(taker: &mut Taker<'_>, property: &Property) -> Option<String> {
    let beside = taker.of_group(property, "X-ABADR");
    let text = property.param("CC").or_else(|| {
        let own = taker.property(beside?)?;
        Some(own.text())
    })?;
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if let Some(at) = beside.filter(|_| is_code) {
        taker.take_whole(at);
    }
    is_code.then(|| text.to_ascii_uppercase())
}

/// Labels go to the address of their kind that has none.
fn labels(taker: &mut Taker<'_>, contact: &mut Contact) {
    for (at, property) in taker.left("LABEL") {
        let (kind, types) = kind(taker, property);
        let text = property.text();
        let addresses = &mut contact.addresses;
        let free = addresses
            .iter_mut()
            .take(crate::limits::LINE_PARAMS)
            .find(|own| own.kind == kind && own.formatted.is_none());
        match free {
            Some(address) => address.formatted = Some(text),
            None => addresses.push(PostalAddress {
                formatted: Some(text),
                ..empty(kind)
            }),
        }
        taker.take(at, Told { types, ..TOLD });
    }
}

fn mailing(taker: &mut Taker<'_>, contact: &mut Contact, preferred: Option<usize>) {
    let mut named = preferred;
    if let Some((at, property)) = taker
        .left("X-MS-OL-DEFAULT-POSTAL-ADDRESS")
        .into_iter()
        .next()
    {
        let number = property.text();
        let row = KINDS.iter().find(|(_, _, own)| *own == number);
        let place =
            row.and_then(|(_, kind, _)| contact.addresses.iter().position(|own| own.kind == *kind));
        if number == "0" || place.is_some() {
            named = place;
            taker.take(at, Told::default());
        }
    }
    if let Some(address) = named.and_then(|at| contact.addresses.get_mut(at)) {
        address.mailing = true;
    }
}

/// Whether the office stands in an address, as Outlook writes it.
pub(super) fn holds_office(contact: &Contact) -> bool {
    contact.addresses.iter().any(has_room)
}

/// Whether an address is a business one with a street, before which the office stands.
fn has_room(address: &PostalAddress) -> bool {
    address.kind == AddressKind::Business && address.street.is_some()
}

/// Gives the addresses, with the office in the first of a business.
pub(super) fn write(giver: &mut Giver<'_>, contact: &Contact) {
    let mut office = contact.office.as_deref();
    for address in &contact.addresses {
        let row = KINDS.iter().find(|(_, kind, _)| *kind == address.kind);
        let word = row.map_or("other", |(word, ..)| word);
        let mut types = vec![word];
        types.extend(address.mailing.then_some("pref"));
        let extended = if has_room(address) {
            office.take()
        } else {
            None
        };
        let parts = [
            address.po_box.as_deref(),
            extended,
            address.street.as_deref(),
            address.city.as_deref(),
            address.state.as_deref(),
            address.postal_code.as_deref(),
            address.country.as_deref(),
        ]
        .map(Option::unwrap_or_default);
        let mut params = Vec::new();
        if let Some(code) = &address.country_code {
            params.push(Param::new("CC", [code.as_str()]));
        }
        let label = address.formatted.as_deref();
        let label = label.filter(|label| !label.is_empty());
        if let Some(label) = label.filter(|_| giver.version == Version::V4_0) {
            params.push(Param::new("LABEL", [label]));
        }
        let whole = label.is_none() || !params.is_empty();
        if whole || parts.iter().any(|part| !part.is_empty()) {
            giver.give_with("ADR", &types, params, Value::Parts(&parts));
        }
        if let Some(label) = label.filter(|_| giver.version != Version::V4_0) {
            giver.give("LABEL", &types, Value::Text(label));
        }
        if let Some((.., number)) = row.filter(|_| address.mailing) {
            giver.plain("X-MS-OL-DEFAULT-POSTAL-ADDRESS", &[], Some(number));
        }
    }
}
