//! E-mail addresses.
//!
//! *Spec*: RFC 6350 6.4.2, RFC 2426 3.3.2, vCard 2.1 2.3.2.
//!
//! *Seen in the wild*: `mailto:` before the address; a name and `<address>`; addresses that are
//! none of the Internet's (X400).

use super::contact::PREFERRED;
use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Taker, Told};
use crate::item::Party;
use crate::item::contact::ContactEmail;
use crate::item::party::looks_like_smtp;
use crate::vcard::Property;

/// Rows of addresses.
pub(super) static EMAILS: &[Field] = &[Field {
    names: &["EMAIL"],
    path: "emails[].email",
    slot: Slot::Hand(
        "kept, preferred ones first; in `address` with its type when it is no Internet address; \
         raw too when it says what it is for; of type TLX it is a number",
    ),
}];

/// The type of a telex number, which vCard 2.1 has among addresses.
pub(super) const TELEX: &str = "tlx";

/// Takes the addresses, the main one first.
pub(super) fn read(taker: &mut Taker<'_>) -> Vec<ContactEmail> {
    let mut found = Vec::new();
    for (at, property) in taker.left("EMAIL") {
        if property.has_type(TELEX) {
            continue;
        }
        let slot = u8::try_from(found.len()).map_or(u8::MAX, |count| count.saturating_add(1));
        let (party, kind) = party(property);
        if kind.is_some() {
            taker.take_in_part(at);
        } else {
            let told = Told {
                also: &["internet"],
                ..PREFERRED
            };
            taker.take(at, told);
        }
        found.push(ContactEmail {
            slot,
            party,
            kind,
            original: None,
        });
    }
    found
}

fn party(property: &Property) -> (Party, Option<String>) {
    let text = property.text();
    let mut party = party_of(&text);
    if party.email.is_some() {
        return (party, None);
    }
    let other =
        |word: &String| !["internet", "pref", "home", "work", "other"].contains(&word.as_str());
    let kind = property.types().find(other).map(|word| word.to_uppercase());
    party.address = Some(match &kind {
        Some(kind) => format!("{kind}:{text}"),
        None => text,
    });
    party.name = String::new();
    (party, kind)
}

/// Gives the addresses, the main one first.
pub(super) fn write(giver: &mut Giver<'_>, emails: &[ContactEmail]) {
    for (at, email) in emails.iter().enumerate() {
        let party = &email.party;
        let kind = email.kind.as_deref().map(str::to_lowercase);
        let mut types = Vec::new();
        let text = match (&party.email, &party.address) {
            (Some(email), _) => {
                types.push("internet");
                Some(email.as_str())
            }
            (None, Some(address)) => {
                types.extend(kind.as_deref());
                let rest = address.split_once(':').filter(|(word, _)| {
                    let is = |kind: &str| word.eq_ignore_ascii_case(kind);
                    email.kind.as_deref().is_some_and(is)
                });
                Some(rest.map_or(address.as_str(), |(_, rest)| rest))
            }
            (None, None) => None,
        };
        if at == 0 {
            types.insert(0, "pref");
        }
        giver.plain("EMAIL", &types, text);
    }
}

/// A text as name and address, when it has the shape of one.
pub(super) fn party_of(text: &str) -> Party {
    let address = without_scheme(text);
    if looks_like_smtp(address) {
        return Party {
            email: Some(address.to_owned()),
            ..Party::default()
        };
    }
    let inner = text
        .trim_end()
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'));
    let Some((name, address)) = inner.filter(|(_, address)| looks_like_smtp(address.trim())) else {
        return Party::default();
    };
    Party {
        name: name.trim().trim_matches('"').to_owned(),
        email: Some(address.trim().to_owned()),
        address: None,
    }
}

fn without_scheme(text: &str) -> &str {
    match text.split_at_checked("mailto:".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto:") => {
            rest.split('?').next().unwrap_or(rest)
        }
        _ => text,
    }
}
