//! What of a contact has no column in the CSV of BigContacts.
//!
//! *Spec*: the fields of `formats/items.md`, less those that [`super::contacts_csv`] writes.
//!
//! *Invariant*: what is not known to have a column has none: a new field of contacts is told until
//! it gets one.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::contacts_csv::{CrmContact, mailing_address, split_name};
use super::replica::CUSTOM;
use crate::finding::{Effect, Findings};
use crate::item::{Content, Item};

/// The fields of many contacts that have no column.
#[derive(Debug, Default)]
pub struct NoColumn {
    /// By the path of the field: how many contacts have it, and the name of the first.
    fields: BTreeMap<String, (u64, String)>,
}

impl NoColumn {
    /// Counts what of a contact its row does not hold.
    pub fn see(&mut self, item: &Item, row: &CrmContact) {
        for path in left_over(item, row) {
            let first = || (0, item.title().to_owned());
            let (count, _) = self.fields.entry(path).or_insert_with(first);
            *count = count.saturating_add(1);
        }
    }

    /// `crm.csv.no-column`, one for each field.
    #[must_use]
    pub fn findings(&self) -> Findings {
        let mut findings = Findings::new();
        for (path, (count, first)) in &self.fields {
            let who = match count {
                1 => format!("of {first}"),
                more => format!("of {more} contacts, {first} the first,"),
            };
            let detail = format!(
                "{who} has no column in the CSV of BigContacts; the replica keeps it, and a bundle \
                 carries it"
            );
            findings.add("crm.csv.no-column", Effect::Noted, path.clone(), detail);
        }
        findings
    }
}

/// The paths of the fields that a row does not hold.
fn left_over(item: &Item, row: &CrmContact) -> Vec<String> {
    let Content::Contact(contact) = &item.content else {
        return Vec::new();
    };
    let mut rest = contact.clone();
    let mut paths = Vec::new();
    if rest.phones.iter().any(|phone| row.holds(&phone.number)) {
        paths.push("phones[].kind".to_owned());
    }
    rest.phones.retain(|phone| !row.holds(&phone.number));
    let named = |name: &str| !name.is_empty() && name != contact.display_name;
    let held = |email: &Option<String>| email.as_ref().is_some_and(|own| row.emails.contains(own));
    let mut names = rest.emails.iter().filter(|own| held(&own.party.email));
    if names.any(|own| named(&own.party.name) && own.party.email.as_ref() != Some(&own.party.name))
    {
        paths.push("emails[].name".to_owned());
    }
    rest.emails.retain(|own| !held(&own.party.email));
    if let Some(own) = mailing_address(contact) {
        let at = rest.addresses.iter_mut().find(|address| *address == own);
        if let Some(address) = at {
            if address.po_box.is_some() {
                paths.push("addresses[].po_box".to_owned());
            }
            rest.addresses.retain(|address| address != own);
        }
    }
    for page in [
        &mut rest.business_page,
        &mut rest.web_page,
        &mut rest.personal_page,
    ] {
        page.take_if(|page| row.holds(page));
    }
    rest.is_company = false;
    for held in [
        &mut rest.first_name,
        &mut rest.last_name,
        &mut rest.company,
        &mut rest.assigned_to,
        &mut rest.job_title,
    ] {
        *held = None;
    }
    rest.birthday = None;
    let (first, last) = (&row.first_name, &row.last_name);
    let shown = contact.display_name.trim();
    let parted = split_name(shown) == (first.clone(), last.clone());
    if !parted && shown != format!("{first} {last}").trim() && shown != row.company {
        paths.push("display_name".to_owned());
    }
    let mut whole = item.clone();
    whole.raw.retain(|property| property.kind != CUSTOM);
    paths.extend(members(&rest).filter(|name| name != "display_name"));
    let of_item = [
        "id",
        "identity",
        "provenance",
        "class",
        "created",
        "modified",
        "kind",
    ];
    let own: Vec<String> = members(contact).collect();
    paths.extend(
        members(&whole).filter(|name| !of_item.contains(&name.as_str()) && !own.contains(name)),
    );
    paths
}

/// The members of a record that say something.
fn members(record: &impl Serialize) -> impl Iterator<Item = String> {
    let members = match serde_json::to_value(record) {
        Ok(Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    members.into_iter().map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_column_or_is_told() {
        let text = include_str!("../../formats/examples/items/contact.json");
        let item: Item = serde_json::from_str(text).unwrap();
        let row = CrmContact::of_item(&item).unwrap();
        let mut seen = NoColumn::default();
        seen.see(&item, &row);
        seen.see(&item, &row);
        let findings = seen.findings();
        let paths: Vec<String> = findings.iter().map(|f| f.place.part.to_string()).collect();
        let example: Value = serde_json::from_str(text).unwrap();
        for name in example.as_object().unwrap().keys() {
            let carried = [
                "id",
                "identity",
                "provenance",
                "class",
                "created",
                "modified",
                "kind",
                "bigcontacts",
                "display_name",
                "first_name",
                "last_name",
                "company",
                "job_title",
                "birthday",
                "emails",
                "phones",
                "addresses",
                "business_page",
                "web_page",
                "assigned_to",
                "exchange",
            ];
            let told = paths.iter().any(|path| path == name);
            assert_ne!(told, carried.contains(&name.as_str()), "{name}: {paths:?}");
        }
        assert!(paths.contains(&"phones[].kind".to_owned()));
        let first = findings.iter().next().unwrap();
        assert!(first.detail.contains("of 2 contacts"), "{}", first.detail);
    }
}
