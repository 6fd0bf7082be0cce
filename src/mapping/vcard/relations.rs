//! Persons and days that a label or type tells apart: spouse, manager, anniversary.
//!
//! *Spec*: RFC 6350 6.6.6 (RELATED). The others are those of Apple (`X-ABRELATEDNAMES` and
//! `X-ABDATE` with `X-ABLabel`) and Android (`X-ANDROID-CUSTOM`: a kind, a value, a number).
//!
//! *Shape*: `X-ANDROID-CUSTOM:vnd.android.cursor.item/relation;Ada;14;;;;;;;;;;;;;`

use super::fields::{Field, Slot};
use super::taker::{Taker, Told};
use crate::item::Contact;
use crate::vcard::{Day, date};

/// Rows of relations.
pub(super) static RELATIONS: &[Field] = &[
    Field {
        names: &["RELATED", "X-ABRELATEDNAMES"],
        path: "spouse, manager, assistant, children[], referred_by",
        slot: Slot::Hand("names, by type or label; addresses and other relations stay raw"),
    },
    Field {
        names: &["X-ABDATE"],
        path: "anniversary",
        slot: Slot::Hand("by its label; other days stay raw"),
    },
    Field {
        names: &["X-ANDROID-CUSTOM"],
        path: "nickname, anniversary, spouse, manager, assistant, children[], referred_by",
        slot: Slot::Hand("by its kind and number; others stay raw"),
    },
];

/// Word, the number that Android has for it, and the field.
static PEOPLE: &[(&str, &str, Person)] = &[
    ("spouse", "14", Person::One(|c| &mut c.spouse)),
    ("partner", "10", Person::One(|c| &mut c.spouse)),
    ("manager", "7", Person::One(|c| &mut c.manager)),
    ("assistant", "1", Person::One(|c| &mut c.assistant)),
    ("referredby", "11", Person::One(|c| &mut c.referred_by)),
    ("child", "3", Person::Child),
];

enum Person {
    One(fn(&mut Contact) -> &mut Option<String>),
    Child,
}

impl Person {
    /// Puts the name in its place; false when that is taken.
    fn put(&self, contact: &mut Contact, name: &str) -> bool {
        match self {
            Self::Child => contact.children.push(name.to_owned()),
            Self::One(of) => {
                let place = of(contact);
                if place.as_deref().is_some_and(|own| own != name) {
                    return false;
                }
                *place = Some(name.to_owned());
            }
        }
        true
    }
}

/// Takes the persons and days.
pub(super) fn read(taker: &mut Taker<'_>, contact: &mut Contact) {
    for name in ["RELATED", "X-ABRELATEDNAMES"] {
        for (at, property) in taker.left(name) {
            let words = taker.words(property);
            let row = PEOPLE
                .iter()
                .find(|(word, ..)| words.iter().any(|own| own == word));
            let text = property.text();
            if let Some((word, _, person)) = row
                && !is_address(&text)
                && person.put(contact, &text)
            {
                let types = std::slice::from_ref(word);
                let told = Told {
                    types,
                    also: &["pref"],
                    params: &[],
                };
                // A partner is taken for a spouse, which is not the same word.
                if *word == "partner" {
                    taker.take_in_part(at);
                } else {
                    taker.take(at, told);
                }
            }
        }
    }
    for (at, property) in taker.left("X-ABDATE") {
        let words = taker.words(property);
        let is_anniversary = words.iter().any(|word| word == "anniversary");
        if let Some(Day::Full { date, timed: false }) = date::day(&property.text())
            && is_anniversary
            && contact.anniversary.is_none_or(|own| own == date)
        {
            contact.anniversary = Some(date);
            let told = Told {
                types: &["anniversary"],
                also: &["pref"],
                params: &[],
            };
            taker.take(at, told);
        }
    }
    android(taker, contact);
}

/// Whether a relation is an address of a card and no name.
fn is_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    !rest.starts_with(' ') && !scheme.is_empty() && scheme.bytes().all(plain)
}

fn android(taker: &mut Taker<'_>, contact: &mut Contact) {
    for (at, property) in taker.left("X-ANDROID-CUSTOM") {
        let parts = property.components();
        let part = |index: usize| parts.get(index).map(String::as_str).unwrap_or_default();
        let kind = part(0).strip_prefix("vnd.android.cursor.item/");
        let (value, number) = (part(1), part(2));
        if value.is_empty() {
            continue;
        }
        let taken = match kind {
            Some("nickname") if contact.nickname.is_none() => {
                contact.nickname = Some(value.to_owned());
                true
            }
            Some("relation") => {
                let row = PEOPLE.iter().find(|(_, own, _)| *own == number);
                row.is_some_and(|(_, _, person)| person.put(contact, value))
            }
            Some("contact_event") if number == "1" && contact.anniversary.is_none() => {
                match date::day(value) {
                    Some(Day::Full { date, .. }) => {
                        contact.anniversary = Some(date);
                        true
                    }
                    _ => false,
                }
            }
            _ => false,
        };
        if taken {
            // The number of its kind, and what else there is, is Android's alone.
            taker.take_in_part(at);
        }
    }
}
