//! A contact as the API of BigContacts takes and gives it: JSON, both directions.
//!
//! *Spec*: `formats/items.md`, "BigContacts contact"; the vendor's public API guide
//! (`POST /api/contacts.json`).
//!
//! *Shape*: `{is_business, first_name, last_name, emails: [{email}], phones: [{phone, type}],
//! addresses: [{street, city, state, zip, country, type}], custom_fields: [{name, value}],
//! categories: [{id, name, value}], business: {first_name}, assigned_to}`
//!
//! *Invariants*: custom fields are named as in the CSV, except those of an address, which has a
//! list of its own; a payload made of a contact, read and made again is the same; what a contact
//! has no field for is given back.
//!
//! *Seen in the wild*: the guide demands `first_name`, `last_name` and an address, and shows no
//! member of an address: `street`, `city`, `state`, `zip`, `country` and `type` are ours.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::contacts_csv::{BRIDGE_ID, CrmContact, is_business};
use crate::item::contact::{AddressKind, ContactEmail, Phone, PhoneKind, PostalAddress};
use crate::item::{Contact, Content, Item, ItemId, Party};
use crate::link::CrmCategory;

/// A contact of BigContacts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPayload {
    /// Whether it is a company; its name is then the first name.
    #[serde(default)]
    pub is_business: bool,
    /// First name.
    #[serde(default)]
    pub first_name: String,
    /// Last name.
    #[serde(default)]
    pub last_name: String,
    /// E-mail addresses, the main one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<EmailEntry>,
    /// Telephone numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<PhoneEntry>,
    /// Postal addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<AddressEntry>,
    /// Custom fields; they must exist in BigContacts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<CustomField>,
    /// Categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategoryEntry>,
    /// The company of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<Business>,
    /// The user that it is assigned to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<User>,
}

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailEntry {
    /// The address.
    pub email: String,
}

/// A telephone number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneEntry {
    /// The number as written.
    pub phone: String,
    /// What it is for, in the words of [`PhoneKind`].
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressEntry {
    /// Street, lines separated by line breaks; the post office box when there is no street.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State, province or county.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// Country, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Which address, in the words of [`AddressKind`].
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// A custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryEntry {
    /// Its id in BigContacts, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The company of a person, itself a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Business {
    /// Its name.
    pub first_name: String,
}

/// A user of BigContacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum User {
    /// By id.
    Id(u32),
    /// By name, where the id is not known.
    Name(String),
}

/// What a payload says, in terms of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// The contact.
    pub contact: Contact,
    /// The bridge id, when an earlier round brought it.
    pub bridge_id: Option<ItemId>,
    /// Custom fields for which a contact has no field.
    pub custom_fields: Vec<CustomField>,
}

/// Custom fields of the CSV that are part of an address here.
const OF_ADDRESS: [&str; 5] = ["Street", "City", "State", "Postal Code", "Country"];

impl ContactPayload {
    /// The payload of a contact item, with the categories that the map gives it; `None` for another
    /// kind.
    #[must_use]
    pub fn of_item(item: &Item, categories: &[CrmCategory]) -> Option<Self> {
        let Content::Contact(contact) = &item.content else {
            return None;
        };
        let row = CrmContact::of_item(item)?;
        let is_business = is_business(contact);
        let (first_name, last_name, business) = if is_business {
            (row.company, String::new(), String::new())
        } else {
            (row.first_name, row.last_name, row.company)
        };
        let custom = row.custom.into_iter();
        let custom = custom.filter(|(name, _)| {
            // A number has its own list here.
            !OF_ADDRESS.contains(&name.as_str()) && name != "Fax"
        });
        let category = |own: &CrmCategory| CategoryEntry {
            id: None,
            name: own.name.clone(),
            value: own.value.clone(),
        };
        Some(Self {
            is_business,
            first_name,
            last_name,
            emails: row
                .emails
                .into_iter()
                .map(|email| EmailEntry { email })
                .collect(),
            phones: contact.phones.iter().filter_map(phone_entry).collect(),
            addresses: contact.addresses.iter().filter_map(address_entry).collect(),
            custom_fields: custom
                .map(|(name, value)| CustomField { name, value })
                .collect(),
            categories: categories.iter().map(category).collect(),
            business: Some(business)
                .filter(|name| !name.is_empty())
                .map(|first_name| Business { first_name }),
            assigned_to: Some(row.assigned_to)
                .filter(|user| !user.is_empty())
                .map(|user| user.parse().map_or(User::Name(user), User::Id)),
        })
    }

    /// The contact that the payload tells of.
    #[must_use]
    pub fn taken(&self) -> Taken {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let names = [self.first_name.trim(), self.last_name.trim()];
        let names = names.into_iter().filter(|name| !name.is_empty());
        let display_name = names.collect::<Vec<_>>().join(" ");
        let business = self.business.as_ref().and_then(|own| some(&own.first_name));
        let mut taken = Taken {
            contact: Contact {
                is_company: self.is_business,
                company: if self.is_business {
                    some(&display_name)
                } else {
                    business
                },
                first_name: some(&self.first_name).filter(|_| !self.is_business),
                last_name: some(&self.last_name).filter(|_| !self.is_business),
                display_name,
                emails: self.emails.iter().zip(1..).map(contact_email).collect(),
                phones: self.phones.iter().map(phone).collect(),
                addresses: self.addresses.iter().map(address).collect(),
                assigned_to: self.assigned_to.as_ref().map(|user| match user {
                    User::Id(id) => id.to_string(),
                    User::Name(name) => name.clone(),
                }),
                ..Contact::default()
            },
            ..Taken::default()
        };
        for field in &self.custom_fields {
            if !taken.take(field) {
                taken.custom_fields.push(field.clone());
            }
        }
        taken
    }
}

impl Taken {
    /// Takes a custom field into the contact; false when it has no place there, or the place is
    /// taken.
    fn take(&mut self, field: &CustomField) -> bool {
        let value = field.value.clone();
        let contact = &mut self.contact;
        let text = match field.name.as_str() {
            "Job Title" => &mut contact.job_title,
            "Website" => &mut contact.business_page,
            "Birthday" => {
                let free = contact.birthday.is_none();
                let day = value.parse::<Date>().ok().filter(|_| free);
                contact.birthday = day.or(contact.birthday);
                return day.is_some();
            }
            name if name == BRIDGE_ID => {
                let free = self.bridge_id.is_none();
                self.bridge_id.get_or_insert(ItemId(value));
                return free;
            }
            _ => return false,
        };
        let free = text.is_none() && !value.is_empty();
        if free {
            *text = Some(value);
        }
        free
    }
}

fn contact_email((from, slot): (&EmailEntry, u8)) -> ContactEmail {
    ContactEmail {
        slot,
        party: Party {
            email: Some(from.email.clone()),
            ..Party::default()
        },
        ..ContactEmail::default()
    }
}

fn phone_entry(from: &Phone) -> Option<PhoneEntry> {
    let phone = from.number.trim().to_owned();
    (!phone.is_empty()).then(|| PhoneEntry {
        phone,
        kind: word(&from.kind),
    })
}

/// A number whose type is none of ours is another one.
fn phone(from: &PhoneEntry) -> Phone {
    Phone {
        kind: of_word(&from.kind).unwrap_or(PhoneKind::Other),
        number: from.phone.clone(),
    }
}

fn address_entry(from: &PostalAddress) -> Option<AddressEntry> {
    let entry = AddressEntry {
        street: from.street.clone().or_else(|| from.po_box.clone()),
        city: from.city.clone(),
        state: from.state.clone(),
        zip: from.postal_code.clone(),
        country: from.country.clone().or_else(|| from.country_code.clone()),
        kind: String::new(),
    };
    // An address known as a whole only.
    let entry = if entry == AddressEntry::default() {
        AddressEntry {
            street: Some(from.formatted.clone()?),
            ..entry
        }
    } else {
        entry
    };
    Some(AddressEntry {
        kind: word(&from.kind),
        ..entry
    })
}

fn address(from: &AddressEntry) -> PostalAddress {
    PostalAddress {
        kind: of_word(&from.kind).unwrap_or(AddressKind::Other),
        mailing: false,
        street: from.street.clone(),
        po_box: None,
        city: from.city.clone(),
        state: from.state.clone(),
        postal_code: from.zip.clone(),
        country: from.country.clone(),
        country_code: None,
        formatted: None,
    }
}

/// The word of a kind, as it stands in records.
fn word(kind: &impl Serialize) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn of_word<K: serde::de::DeserializeOwned>(word: &str) -> Option<K> {
    let word = word.trim().to_ascii_lowercase().replace(' ', "_");
    let word = match word.as_str() {
        "work" => "business".to_owned(),
        "cell" => "mobile".to_owned(),
        "fax" => "business_fax".to_owned(),
        _ => word,
    };
    serde_json::from_value(serde_json::Value::String(word)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn item(contact: serde_json::Value) -> Item {
        let mut record = json!({"id": "ab-1", "identity": [], "provenance": [],
            "class": "IPM.Contact",
            "kind": "contact", "display_name": ""});
        for (name, value) in contact.as_object().unwrap() {
            record[name] = value.clone();
        }
        serde_json::from_value(record).unwrap()
    }

    fn category() -> CrmCategory {
        CrmCategory {
            name: "Relationship".to_owned(),
            value: "Supplier".to_owned(),
        }
    }

    #[test]
    fn a_person() {
        let item = item(json!({
            "display_name": "Ann Berg", "first_name": "Ann", "last_name": "Berg",
            "company": "Boats Ltd",
            "emails": [{"slot": 1, "email": "ann@boats.example"}],
            "phones": [{"kind": "mobile", "number": "+47 900"},
                {"kind": "business_fax", "number": "+47 22"}],
            "addresses": [{"kind": "business", "city": "Bergen", "postal_code": "5003"}],
            "job_title": "Skipper", "birthday": "1980-02-29", "assigned_to": "17"
        }));
        let payload = ContactPayload::of_item(&item, &[category()]).unwrap();
        assert_eq!(
            serde_json::to_value(&payload).unwrap(),
            json!({
                "is_business": false, "first_name": "Ann", "last_name": "Berg",
                "emails": [{"email": "ann@boats.example"}],
                "phones": [{"phone": "+47 900", "type": "mobile"},
                    {"phone": "+47 22", "type": "business_fax"}],
                "addresses": [{"city": "Bergen", "zip": "5003", "type": "business"}],
                "custom_fields": [
                    {"name": "Job Title", "value": "Skipper"},
                    {"name": "Birthday", "value": "1980-02-29"},
                    {"name": "Airbridge ID", "value": "ab-1"}
                ],
                "categories": [{"name": "Relationship", "value": "Supplier"}],
                "business": {"first_name": "Boats Ltd"}, "assigned_to": 17
            })
        );
        let taken = payload.taken();
        assert_eq!(taken.bridge_id, Some(ItemId("ab-1".to_owned())));
        assert!(taken.custom_fields.is_empty());
        assert_eq!(taken.contact.display_name, "Ann Berg");
        assert_eq!(taken.contact.birthday, Some(jiff::civil::date(1980, 2, 29)));
        let Content::Contact(own) = &item.content else {
            panic!("{item:?}");
        };
        assert_eq!(taken.contact, *own);
    }

    #[test]
    fn a_company_has_its_name_first() {
        for contact in [
            json!({"display_name": "Boats Ltd", "is_company": true}),
            json!({"display_name": "Boats Ltd", "company": "Boats Ltd"}),
            json!({"company": "Boats Ltd"}),
        ] {
            let payload = ContactPayload::of_item(&item(contact), &[]).unwrap();
            assert!(payload.is_business);
            assert_eq!(
                (payload.first_name.as_str(), payload.last_name.as_str()),
                ("Boats Ltd", "")
            );
            assert_eq!(payload.business, None);
        }
    }

    #[test]
    fn what_comes_from_elsewhere_is_read_and_nothing_is_dropped() {
        let payload: ContactPayload = serde_json::from_value(json!({
            "id": 5, "first_name": "Ann",
            "phones": [{"phone": "1", "type": "Work"}, {"phone": "2", "type": "boat"}],
            "custom_fields": [
                {"name": "Host", "value": "Bo"}, {"name": "Birthday", "value": "soon"},
                {"name": "Website", "value": "a"}, {"name": "Website", "value": "b"}
            ],
            "categories": [{"id": 61, "name": "Relationship", "value": "Rep"}],
            "assigned_to": "Bo Lie"
        }))
        .unwrap();
        assert_eq!(payload.categories[0].id, Some(61));
        let taken = payload.taken();
        let kinds: Vec<_> = taken
            .contact
            .phones
            .iter()
            .map(|phone| phone.kind)
            .collect();
        assert_eq!(kinds, [PhoneKind::Business, PhoneKind::Other]);
        assert_eq!(taken.contact.assigned_to.as_deref(), Some("Bo Lie"));
        let left: Vec<_> = taken
            .custom_fields
            .iter()
            .map(|field| field.value.as_str())
            .collect();
        assert_eq!(left, ["Bo", "soon", "b"]);
    }

    prop_compose! {
        fn payload()(
            is_business in any::<bool>(),
            names in prop::collection::vec("[A-Za-zäß美][A-Za-zäß美 -]{0,6}[A-Za-zäß美]", 3),
            emails in prop::collection::vec("[a-z]{1,5}@[a-z]{1,5}\\.de", 0..5),
            phones in prop::collection::vec(("[+0-9][0-9 -]{0,6}[0-9]", 0..3_usize), 0..4),
            cities in prop::collection::vec(("[A-Z][a-z]{1,5}", 0..3_usize), 0..3),
            title in prop::option::of("[A-Z][a-z]{1,5}"),
            user in prop::option::of(any::<u32>()),
        ) -> ContactPayload {
            let kinds = [PhoneKind::Business, PhoneKind::HomeFax, PhoneKind::Tty];
            let places = [AddressKind::Business, AddressKind::Home, AddressKind::Mailing];
            let of_person = |text: &String| if is_business { String::new() } else { text.clone() };
            ContactPayload {
                is_business,
                first_name: names[0].clone(),
                last_name: of_person(&names[1]),
                emails: emails.into_iter().map(|email| EmailEntry { email }).collect(),
                phones: phones.into_iter()
                    .map(|(phone, kind)| PhoneEntry { phone, kind: word(&kinds[kind]) }).collect(),
                addresses: cities.into_iter().map(|(city, kind)| AddressEntry {
                    city: Some(city), kind: word(&places[kind]), ..AddressEntry::default()
                }).collect(),
                custom_fields: title.into_iter()
                    .map(|value| CustomField { name: "Job Title".to_owned(), value }).collect(),
                categories: Vec::new(),
                business: (!is_business).then(|| Business { first_name: names[2].clone() }),
                assigned_to: user.map(User::Id),
            }
        }
    }

    proptest! {
        #[test]
        fn read_and_made_again_is_the_same(payload in payload()) {
            let taken = payload.taken();
            prop_assert!(taken.custom_fields.is_empty());
            let mut item = item(json!({}));
            item.id = ItemId(String::new());
            item.content = Content::Contact(taken.contact);
            prop_assert_eq!(ContactPayload::of_item(&item, &[]), Some(payload));
        }
    }
}
