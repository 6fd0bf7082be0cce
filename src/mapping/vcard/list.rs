//! Groups as distribution lists.
//!
//! *Spec*: RFC 6350 6.1.4 (KIND) and 6.6.5 (MEMBER).
//!
//! *Seen in the wild*: Apple's `X-ADDRESSBOOKSERVER-KIND` and `-MEMBER` in 3.0. Members are named
//! by the UID of their card, in the same file or in another.

use super::contact::PREFERRED;
use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Taker, Told};
use super::{Session, emails};
use crate::item::distribution_list::{Member, MemberKind};
use crate::item::{Body, DistributionList, Party};
use crate::vcard::{Card, Property, Value, Version};

/// Rows of a contact that say what it stands for.
pub(super) static KIND: &[Field] = &[Field {
    names: &["KIND"],
    path: "is_company",
    slot: Slot::Hand("`org` is a company, `individual` is none; others stay raw"),
}];

/// Rows of a distribution list.
pub(super) static LIST: &[Field] = &[
    Field {
        names: &["KIND", "X-ADDRESSBOOKSERVER-KIND"],
        path: "kind",
        slot: Slot::Hand("`group` makes a distribution list"),
    },
    Field {
        names: &["FN"],
        path: "name",
        slot: Slot::Hand("the preferred one of several, the others raw"),
    },
    Field {
        names: &["MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"],
        path: "members[]",
        slot: Slot::Hand(
            "`mailto:` as an address; any other address as it stands, for a contact, with the \
             name and the first e-mail address of its card when that is in the same file",
        ),
    },
    Field {
        names: &["NOTE"],
        path: "notes.plain",
        slot: Slot::Hand("the first; others stay raw"),
    },
];

const KINDS: [&str; 2] = ["KIND", "X-ADDRESSBOOKSERVER-KIND"];

/// Whether a card stands for a group.
pub(super) fn is_group(card: &Card) -> bool {
    let mut kinds = card
        .properties
        .iter()
        .filter(|own| KINDS.contains(&own.name()));
    kinds.any(|own| own.text().eq_ignore_ascii_case("group"))
}

/// Takes a distribution list.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> DistributionList {
    let mut list = DistributionList {
        name: taker.text(&["FN"], PREFERRED).unwrap_or_default(),
        ..DistributionList::default()
    };
    for name in KINDS {
        for (at, property) in taker.left(name) {
            if property.text().eq_ignore_ascii_case("group") {
                taker.take(at, Told::default());
            }
        }
    }
    for name in ["MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"] {
        for (at, property) in taker.left(name) {
            list.members.push(member(property));
            taker.take(at, PREFERRED);
        }
    }
    if let Some((at, property)) = taker.left("NOTE").into_iter().next() {
        let text = session.contents.text(property.full_text());
        list.notes = Body {
            plain: Some(text),
            ..Body::default()
        };
        taker.take(at, PREFERRED);
    }
    list
}

fn member(property: &Property) -> Member {
    let text = property.text();
    let party = emails::party_of(&text);
    if party.email.is_some() {
        return Member {
            party,
            ..Member::default()
        };
    }
    Member {
        party: Party {
            address: Some(text),
            ..Party::default()
        },
        holds: MemberKind::Contact,
        ..Member::default()
    }
}

/// Gives a distribution list: with the properties of Apple before version 4.0.
pub(super) fn write(giver: &mut Giver<'_>, list: &DistributionList) {
    let (kind, member) = match giver.version {
        Version::V4_0 => ("KIND", "MEMBER"),
        _ => ("X-ADDRESSBOOKSERVER-KIND", "X-ADDRESSBOOKSERVER-MEMBER"),
    };
    giver.plain(kind, &[], Some("group"));
    giver.give("FN", &[], Value::Text(&list.name));
    giver.give("N", &[], Value::Parts(&[&list.name]));
    for own in &list.members {
        let party = &own.party;
        let address = party.email.as_ref().map(|email| format!("mailto:{email}"));
        let text = address.as_ref().or(party.address.as_ref());
        giver.plain(member, &[], text.map(String::as_str));
    }
    giver.body(&list.notes);
}
