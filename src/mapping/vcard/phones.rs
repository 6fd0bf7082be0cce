//! Telephone numbers and their like.
//!
//! *Spec*: RFC 6350 6.4.1, RFC 2426 3.3.1, vCard 2.1 2.3.1; MS-OXVCARD 2.1.3.3.1 and 2.1.3.9.5 (the
//! kinds that Outlook knows).
//!
//! *Seen in the wild*: a second number of a kind, which is the second of Outlook's; numbers as
//! `tel:` addresses; types that are labels (`item1.X-ABLabel:Work Fax`).

use super::emails::TELEX;
use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Taker, Told};
use crate::item::contact::{Phone, PhoneKind};
use crate::vcard::Version;

/// Rows of numbers.
pub(super) static NUMBERS: &[Field] = &[
    Field {
        names: &["TEL", "X-MS-TEL"],
        path: "phones[].number",
        slot: Slot::Hand(
            "kept without `tel:`, preferred ones first; the kind by its types; raw too when it has \
             others",
        ),
    },
    Field {
        names: &["EMAIL;TLX"],
        path: "phones[].number",
        slot: Slot::Hand("kept, as telex"),
    },
];

/// Property, types that it must have, and the kind: the first that fits counts. To write, the first
/// of a kind.
pub(super) static PHONES: &[(&str, &[&str], PhoneKind)] = &[
    ("X-MS-TEL", &["assistant"], PhoneKind::Assistant),
    ("X-MS-TEL", &["callback"], PhoneKind::Callback),
    ("X-MS-TEL", &["company"], PhoneKind::Company),
    ("X-MS-TEL", &["radio"], PhoneKind::Radio),
    ("X-MS-TEL", &["ttytdd"], PhoneKind::Tty),
    ("EMAIL", &[TELEX], PhoneKind::Telex),
    ("TEL", &["work", "fax"], PhoneKind::BusinessFax),
    ("TEL", &["home", "fax"], PhoneKind::HomeFax),
    ("TEL", &["fax"], PhoneKind::OtherFax),
    ("TEL", &["pager"], PhoneKind::Pager),
    ("TEL", &["car"], PhoneKind::Car),
    ("TEL", &["isdn"], PhoneKind::Isdn),
    ("TEL", &["telex"], PhoneKind::Telex),
    ("TEL", &["tlx"], PhoneKind::Telex),
    ("TEL", &["ttytdd"], PhoneKind::Tty),
    ("TEL", &["textphone"], PhoneKind::Tty),
    ("TEL", &["assistant"], PhoneKind::Assistant),
    ("TEL", &["callback"], PhoneKind::Callback),
    ("TEL", &["company"], PhoneKind::Company),
    ("TEL", &["radio"], PhoneKind::Radio),
    ("TEL", &["cell"], PhoneKind::Mobile),
    ("TEL", &["mobile"], PhoneKind::Mobile),
    ("TEL", &["pcs"], PhoneKind::Mobile),
    ("TEL", &["work"], PhoneKind::Business),
    ("TEL", &["home"], PhoneKind::Home),
    ("TEL", &["main"], PhoneKind::Primary),
    ("TEL", &["other"], PhoneKind::Other),
    ("TEL", &["voice"], PhoneKind::Other),
    ("TEL", &["pref"], PhoneKind::Primary),
    ("TEL", &[], PhoneKind::Other),
    ("X-MS-TEL", &[], PhoneKind::Other),
];

/// Takes the numbers, preferred ones first.
pub(super) fn read(taker: &mut Taker<'_>) -> Vec<Phone> {
    let mut found: Vec<Phone> = Vec::new();
    let (mut business, mut home) = (false, false);
    for name in ["TEL", "X-MS-TEL", "EMAIL"] {
        for (at, property) in taker.left(name) {
            let words = taker.words(property);
            let has = |wanted: &&str| words.iter().any(|word| word == wanted);
            // A voice number that is preferred and nothing else is Outlook's primary one.
            let primary =
                has(&"pref") && words.iter().all(|word| word == "pref" || word == "voice");
            let row = PHONES.iter().find(|(property, types, _)| {
                *property == name
                    && types.iter().all(has)
                    && !(primary && types.first() == Some(&"voice"))
            });
            let Some((_, types, kind)) = row else {
                continue;
            };
            let again = match kind {
                PhoneKind::Business => std::mem::replace(&mut business, true),
                PhoneKind::Home => std::mem::replace(&mut home, true),
                _ => false,
            };
            let kind = match kind {
                PhoneKind::Business if again => PhoneKind::Business2,
                PhoneKind::Home if again => PhoneKind::Home2,
                kind => *kind,
            };
            let text = property.text();
            let number = match text.split_at_checked("tel:".len()) {
                Some((scheme, number)) if scheme.eq_ignore_ascii_case("tel:") => number.to_owned(),
                _ => text,
            };
            found.push(Phone { kind, number });
            let told = Told {
                types,
                also: &["voice", "pref"],
                params: &[],
            };
            taker.take(at, told);
        }
    }
    found
}

/// Gives the numbers, by kind: of business and home numbers the second is the one that follows.
pub(super) fn write(giver: &mut Giver<'_>, phones: &[Phone]) {
    let mut phones: Vec<&Phone> = phones.iter().collect();
    phones.sort_by_key(|phone| phone.kind);
    for phone in phones {
        let kind = match phone.kind {
            PhoneKind::Business2 => PhoneKind::Business,
            PhoneKind::Home2 => PhoneKind::Home,
            kind => kind,
        };
        let row = PHONES.iter().find(|(_, _, own)| *own == kind);
        let (name, types): (_, &[&str]) = match (kind, row) {
            (PhoneKind::Primary, _) if giver.version != Version::V4_0 => {
                ("TEL", &["pref", "voice"])
            }
            (PhoneKind::Other, _) | (_, None) => ("TEL", &["voice"]),
            (_, Some((name, types, _))) => (*name, types),
        };
        let spoken = [
            PhoneKind::Business,
            PhoneKind::Home,
            PhoneKind::Mobile,
            PhoneKind::Car,
        ];
        let mut types = types.to_vec();
        types.extend(spoken.contains(&kind).then_some("voice"));
        giver.give(name, &types, crate::vcard::Value::Text(&phone.number));
    }
}
