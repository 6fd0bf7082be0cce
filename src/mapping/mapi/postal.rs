//! The postal addresses of a contact.
//!
//! *Spec*: MS-OXOCNTC 2.2.1.3.
//!
//! *Seen in the wild*: a second or third address without a first; the mailing address stored
//! twice, once as itself and once as the business, home or other address.

use super::Writing;
use super::fields::Key;
use super::giver::Giver;
use super::taker::Taker;
use crate::item::contact::{AddressKind, PostalAddress};
use crate::mapi::{Value, pid_lid, pid_tag};

/// The properties of a postal address.
#[derive(Debug)]
struct Address {
    /// Which.
    kind: AddressKind,
    /// Its number in `PidLidPostalAddressId`.
    number: i64,
    /// Street, box, city, state, postal code, country, country code, whole.
    parts: [Key; 8],
}

/// The three addresses.
static ADDRESSES: [Address; 3] = [
    Address {
        kind: AddressKind::Home,
        number: 1,
        parts: [
            Key::Tag(pid_tag::HOME_ADDRESS_STREET),
            Key::Tag(pid_tag::HOME_ADDRESS_POST_OFFICE_BOX),
            Key::Tag(pid_tag::HOME_ADDRESS_CITY),
            Key::Tag(pid_tag::HOME_ADDRESS_STATE_OR_PROVINCE),
            Key::Tag(pid_tag::HOME_ADDRESS_POSTAL_CODE),
            Key::Tag(pid_tag::HOME_ADDRESS_COUNTRY),
            Key::lid(pid_lid::HOME_ADDRESS_COUNTRY_CODE),
            Key::lid(pid_lid::HOME_ADDRESS),
        ],
    },
    Address {
        kind: AddressKind::Business,
        number: 2,
        parts: [
            Key::lid(pid_lid::WORK_ADDRESS_STREET),
            Key::lid(pid_lid::WORK_ADDRESS_POST_OFFICE_BOX),
            Key::lid(pid_lid::WORK_ADDRESS_CITY),
            Key::lid(pid_lid::WORK_ADDRESS_STATE),
            Key::lid(pid_lid::WORK_ADDRESS_POSTAL_CODE),
            Key::lid(pid_lid::WORK_ADDRESS_COUNTRY),
            Key::lid(pid_lid::WORK_ADDRESS_COUNTRY_CODE),
            Key::lid(pid_lid::WORK_ADDRESS),
        ],
    },
    Address {
        kind: AddressKind::Other,
        number: 3,
        parts: [
            Key::Tag(pid_tag::OTHER_ADDRESS_STREET),
            Key::Tag(pid_tag::OTHER_ADDRESS_POST_OFFICE_BOX),
            Key::Tag(pid_tag::OTHER_ADDRESS_CITY),
            Key::Tag(pid_tag::OTHER_ADDRESS_STATE_OR_PROVINCE),
            Key::Tag(pid_tag::OTHER_ADDRESS_POSTAL_CODE),
            Key::Tag(pid_tag::OTHER_ADDRESS_COUNTRY),
            Key::lid(pid_lid::OTHER_ADDRESS_COUNTRY_CODE),
            Key::lid(pid_lid::OTHER_ADDRESS),
        ],
    },
];

/// The mailing address, which is a copy of one of the others or an address of its own.
static MAILING: [Key; 8] = [
    Key::Tag(pid_tag::STREET_ADDRESS),
    Key::Tag(pid_tag::POST_OFFICE_BOX),
    Key::Tag(pid_tag::LOCALITY),
    Key::Tag(pid_tag::STATE_OR_PROVINCE),
    Key::Tag(pid_tag::POSTAL_CODE),
    Key::Tag(pid_tag::COUNTRY),
    Key::lid(pid_lid::ADDRESS_COUNTRY_CODE),
    Key::Tag(pid_tag::POSTAL_ADDRESS),
];

const PART_PATHS: [&str; 8] = [
    "addresses[].street",
    "addresses[].po_box",
    "addresses[].city",
    "addresses[].state",
    "addresses[].postal_code",
    "addresses[].country",
    "addresses[].country_code",
    "addresses[].formatted",
];

/// The rows that [`read`] works from: property, path, way.
pub(super) fn rows() -> impl Iterator<Item = (Key, &'static str, &'static str)> {
    let addresses = ADDRESSES.iter().flat_map(|address| {
        address
            .parts
            .into_iter()
            .zip(PART_PATHS)
            .map(|(key, path)| (key, path, "kept"))
    });
    let copied = "taken when the address that it copies says the same; an address of its own when there is none; else raw";
    let mailing = MAILING
        .into_iter()
        .zip(PART_PATHS)
        .map(move |(key, path)| (key, path, copied));
    addresses.chain(mailing)
}

/// Takes the addresses of a contact.
pub(super) fn read(taker: &mut Taker<'_>) -> Vec<PostalAddress> {
    let mailing = taker.int(pid_lid::POSTAL_ADDRESS_ID).unwrap_or_default();
    let mut found = Vec::new();
    for Address {
        kind,
        number,
        parts,
    } in &ADDRESSES
    {
        let texts = parts.map(|key| taker.text(key));
        if texts.iter().all(Option::is_none) {
            continue;
        }
        if mailing == *number {
            take_copies(taker, &texts);
        }
        found.push(postal(*kind, mailing == *number, texts));
    }
    if !found.iter().any(|address| address.mailing) {
        let texts = MAILING.map(|key| taker.text(key));
        if texts.iter().any(Option::is_some) {
            found.push(postal(AddressKind::Mailing, true, texts));
        }
    }
    found
}

/// Takes the parts of the mailing address that are the same as those of the address they copy.
fn take_copies(taker: &mut Taker<'_>, own: &[Option<String>; 8]) {
    for (key, text) in MAILING.into_iter().zip(own) {
        taker.with(key, |value| {
            let copy = value.as_str()?;
            (copy.is_empty() || Some(copy) == text.as_deref()).then_some(())
        });
    }
}

fn postal(kind: AddressKind, mailing: bool, texts: [Option<String>; 8]) -> PostalAddress {
    let [
        street,
        po_box,
        city,
        state,
        postal_code,
        country,
        country_code,
        formatted,
    ] = texts;
    PostalAddress {
        kind,
        mailing,
        street,
        po_box,
        city,
        state,
        postal_code,
        country,
        country_code,
        formatted,
    }
}

/// Gives an address; a second one of its kind has no place.
pub(super) fn write(session: &mut Writing<'_>, giver: &mut Giver, address: &PostalAddress) {
    let texts = [
        &address.street,
        &address.po_box,
        &address.city,
        &address.state,
        &address.postal_code,
        &address.country,
        &address.country_code,
        &address.formatted,
    ];
    let place = ADDRESSES.iter().find(|own| own.kind == address.kind);
    let parts = place.map_or(&MAILING, |own| &own.parts);
    if parts.iter().any(|key| giver.is_field(*key)) {
        let shown = address.formatted.as_deref().or(address.street.as_deref());
        return session.unplaced("a second address of one kind", shown.unwrap_or_default());
    }
    for (key, text) in parts.iter().zip(texts) {
        giver.text(*key, text.as_deref());
    }
    // Outlook shows the whole address, and makes none of the parts by itself.
    let whole = whole(address);
    if let (Some(whole), [.., key]) = (&whole, parts) {
        giver.expect(*key, Value::String(whole.clone()));
    }
    let Some(own) = place.filter(|_| address.mailing) else {
        return;
    };
    giver.int(pid_lid::POSTAL_ADDRESS_ID, Some(own.number));
    for (key, text) in MAILING.iter().zip(texts) {
        if let Some(text) = text {
            giver.expect(*key, Value::String(text.clone()));
        }
    }
    if let (Some(whole), [.., key]) = (whole, MAILING) {
        giver.expect(key, Value::String(whole));
    }
}

/// An address as Outlook shows it, from its parts; `None` when there are none.
fn whole(address: &PostalAddress) -> Option<String> {
    let text = |part: &Option<String>| part.clone().filter(|part| !part.is_empty());
    let (city, state, code) = (
        text(&address.city),
        text(&address.state),
        text(&address.postal_code),
    );
    let joined = |parts: [Option<String>; 2], by: &str| {
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(by))
    };
    let place = match state {
        Some(_) => joined([joined([city, state], ", "), code], " "),
        None => joined([code, city], " "),
    };
    let country = text(&address.country);
    let lines = [text(&address.street), text(&address.po_box), place, country];
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    (!lines.is_empty()).then(|| lines.join("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_address_is_made_of_the_parts() {
        let text = |text: &str| Some(text.to_owned());
        let address = |state: Option<String>| {
            let parts = [
                text("Quay 1"),
                None,
                text("Bergen"),
                state,
                text("5003"),
                text("Norway"),
                text("NO"),
                None,
            ];
            whole(&postal(AddressKind::Business, false, parts))
        };
        assert_eq!(address(None), text("Quay 1\r\n5003 Bergen\r\nNorway"));
        let with_state = text("Quay 1\r\nBergen, Vestland 5003\r\nNorway");
        assert_eq!(address(text("Vestland")), with_state);
        let none = postal(AddressKind::Home, false, [const { None }; 8]);
        assert_eq!(whole(&none), None);
    }
}
