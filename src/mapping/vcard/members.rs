//! The members of a group who are named by the UID of their card, as that card names them.
//!
//! *Spec*: RFC 6350 6.6.5 (MEMBER), 6.7.6 (UID).
//!
//! *Seen in the wild*: a UID with `urn:uuid:` on one side only, in another case.

use std::collections::HashMap;

use super::emails;
use crate::item::{Content, Party};
use crate::limits;
use crate::mapping::Mapped;
use crate::vcard::Card;

/// Who the cards of a file are, by UID; at most [`limits::CARD_MEMBERS`] of them.
#[derive(Debug, Default)]
pub struct Members(HashMap<String, Party>);

/// Whether an item names members by the UID of their cards.
#[must_use]
pub fn has_unnamed(mapped: &Mapped) -> bool {
    match &mapped.item.content {
        Content::DistributionList(list) => list.members.iter().any(|own| is_unnamed(&own.party)),
        _ => false,
    }
}

fn is_unnamed(party: &Party) -> bool {
    party.email.is_none() && party.name.is_empty() && party.address.is_some()
}

impl Members {
    /// Whether there is room for more.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.0.len() < limits::CARD_MEMBERS
    }

    /// Adds who a card is.
    pub fn add(&mut self, card: &Card) {
        let text = |name: &str| {
            let mut found: Vec<_> = card
                .properties
                .iter()
                .filter(|own| own.name() == name)
                .collect();
            found.sort_by_key(|own| own.preference());
            found.first().map(|own| own.text())
        };
        let Some(uid) = text("UID").filter(|uid| !uid.is_empty()) else {
            return;
        };
        let email = text("EMAIL").and_then(|text| emails::party_of(&text).email);
        let party = Party {
            name: text("FN").unwrap_or_default(),
            email,
            address: None,
        };
        if self.has_room() && !party.is_empty() {
            self.0.entry(key(&uid)).or_insert(party);
        }
    }

    /// Gives the members of a list the names and addresses of their cards; the UID stays.
    pub fn name(&self, mapped: &mut Mapped) {
        let Content::DistributionList(list) = &mut mapped.item.content else {
            return;
        };
        for member in &mut list.members {
            let party = &mut member.party;
            let uid = party.address.as_deref().filter(|_| is_unnamed(party));
            if let Some(known) = uid.and_then(|uid| self.0.get(&key(uid))) {
                party.name.clone_from(&known.name);
                party.email.clone_from(&known.email);
            }
        }
    }
}

fn key(uid: &str) -> String {
    let uid = uid.trim().to_ascii_lowercase();
    uid.strip_prefix("urn:uuid:").unwrap_or(&uid).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Context;
    use crate::mapping::vcard::to_item;

    #[test]
    fn members_are_named_by_their_cards() {
        let card = |text: &str| {
            let text = format!("BEGIN:VCARD\nVERSION:4.0\n{text}\nEND:VCARD");
            Card::parse(text.as_bytes(), None, "")
        };
        let mut known = Members::default();
        known.add(&card(
            "UID:urn:uuid:AB-1\nFN:Ada\nEMAIL:x@example.org\nEMAIL;PREF=1:ada@example.org",
        ));
        let group = card("KIND:group\nFN:G\nMEMBER:urn:uuid:ab-1\nMEMBER:urn:uuid:2");
        let mut mapped = to_item(&group, &Context::default());
        assert!(has_unnamed(&mapped));
        known.name(&mut mapped);
        let Content::DistributionList(list) = &mapped.item.content else {
            panic!()
        };
        let party = &list.members[0].party;
        assert_eq!(
            (party.name.as_str(), party.email.as_deref()),
            ("Ada", Some("ada@example.org"))
        );
        assert_eq!(party.address.as_deref(), Some("urn:uuid:ab-1"));
        assert!(list.members[1].party.email.is_none());
    }
}
