//! Who takes part: names and addresses as cells hold them.
//!
//! *Shape*: `Jörg Müller;anna@example.org;'Lee, Ann' <ann@example.org>`

use crate::item::Party;
use crate::item::party::looks_like_smtp;
use crate::mapping::mapi::parties::party;

/// The parties of a cell: split at `;`, or at `,` when all parts are addresses.
pub(super) fn list(text: Option<String>) -> Vec<Party> {
    let text = text.unwrap_or_default();
    let addresses = |text: &str| text.split(',').all(|part| looks_like_smtp(part.trim()));
    let separator = if !text.contains(';') && addresses(&text) {
        ','
    } else {
        ';'
    };
    let parts = text.split(separator).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(one).collect()
}

/// One party: an address, a name, or a name with its address in angle brackets.
pub(super) fn one(text: &str) -> Party {
    let text = text.trim();
    let bracketed = text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'));
    if let Some((name, address)) = bracketed
        && looks_like_smtp(address.trim())
    {
        let name = unquoted(name);
        let name = (!name.is_empty()).then(|| name.to_owned());
        return party(name, Some("SMTP"), Some(address.trim().to_owned()), None);
    }
    let text = unquoted(text);
    if looks_like_smtp(text) {
        party(None, Some("SMTP"), Some(text.to_owned()), None)
    } else {
        Party {
            name: text.to_owned(),
            ..Party::default()
        }
    }
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    for quote in ['\'', '"'] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|text| text.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner.trim();
        }
    }
    text
}

/// The parties of three cells: names, addresses and types, each a list split at `;`.
pub(super) fn columns(
    names: Option<String>,
    addresses: Option<String>,
    kinds: Option<String>,
) -> Vec<Party> {
    let split = |text: Option<String>| -> Vec<String> {
        let text = text.unwrap_or_default();
        text.split(';').map(|part| part.trim().to_owned()).collect()
    };
    let (names, addresses, kinds) = (split(names), split(addresses), split(kinds));
    let count = names.len().max(addresses.len());
    let at = |list: &[String], place: usize| {
        let part = list.get(place).filter(|part| !part.is_empty());
        part.cloned()
    };
    let parties = (0..count).map(|place| {
        let name = at(&names, place).map(|name| unquoted(&name).to_owned());
        let kind = at(&kinds, place);
        party(name, kind.as_deref(), at(&addresses, place), None)
    });
    parties.filter(|party| !party.is_empty()).collect()
}

/// A party as a cell holds it.
pub(super) fn shown(party: &Party) -> String {
    let name = party.name.replace([';', '\n', '\r'], " ");
    match (name.trim(), party.email.as_deref()) {
        ("", Some(email)) => email.to_owned(),
        (name, Some(email)) if name == email => email.to_owned(),
        (name, Some(email)) => format!("{name} <{email}>"),
        (name, None) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parties: &[Party]) -> Vec<String> {
        let parties = parties.iter();
        parties
            .map(|party| {
                let email = party.email.as_deref().unwrap_or("-");
                format!(
                    "{}|{email}|{}",
                    party.name,
                    party.address.as_deref().unwrap_or("-")
                )
            })
            .collect()
    }

    #[test]
    fn names_and_addresses_of_a_cell() {
        let text = "Jörg Müller; anna@x.org;'bob@x.org';\"Lee, Ann\" <ann@x.org>;;Doe, Jane";
        assert_eq!(
            shown(&list(Some(text.to_owned()))),
            [
                "Jörg Müller|-|-",
                "|anna@x.org|-",
                "|bob@x.org|-",
                "Lee, Ann|ann@x.org|-",
                "Doe, Jane|-|-"
            ]
        );
        assert_eq!(shown(&list(Some("a@x.org, b@x.org".to_owned()))).len(), 2);
        assert!(list(None).is_empty());
    }

    #[test]
    fn names_and_addresses_of_columns() {
        let some = |text: &str| Some(text.to_owned());
        let parties = columns(
            some("Ann Lee;Bob"),
            some("ann@x.org;/o=Org/cn=bob"),
            some("SMTP;EX"),
        );
        assert_eq!(
            shown(&parties),
            ["Ann Lee|ann@x.org|-", "Bob|-|EX:/o=Org/cn=bob"]
        );
    }
}
