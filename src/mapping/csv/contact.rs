//! Contacts.
//!
//! *Seen in the wild*: no column for the whole name in Outlook's own exports; a `Name` alone in
//! those of other programs; addresses of Exchange with the type `EX`; `0/0/00` for no birthday.

use jiff::civil::Date;

use super::clock;
use super::fields::{self, Field, KEPT, Taker};
use super::giver::Giver;
use super::{Common, Session};
use crate::csv::words;
use crate::item::contact::{
    AddressKind, ContactEmail, Gender, Phone, PhoneKind, PostalAddress, UserField,
};
use crate::item::party::looks_like_smtp;
use crate::item::{Contact, Party};
use crate::mapping::identity::is_bridge_id;
use crate::mapping::mapi::parties::party;

/// Rows of a contact.
pub(super) static CONTACT: &[Field<Contact>] = &[
    Field::hand(
        "Name",
        "display_name",
        "kept; where there is none, it is put together of the parts of the name, else the company, \
         else the first address",
    ),
    Field::text("Title", "prefix", |c| &mut c.prefix),
    Field::text("First Name", "first_name", |c| &mut c.first_name),
    Field::text("Middle Name", "middle_name", |c| &mut c.middle_name),
    Field::text("Last Name", "last_name", |c| &mut c.last_name),
    Field::text("Suffix", "suffix", |c| &mut c.suffix),
    Field::text("Nickname", "nickname", |c| &mut c.nickname),
    Field::text("Initials", "initials", |c| &mut c.initials),
    Field::text("File As", "file_as", |c| &mut c.file_as),
    Field::text("Given Yomi", "phonetic.first_name", |c| {
        &mut c.phonetic.first_name
    }),
    Field::text("Surname Yomi", "phonetic.last_name", |c| {
        &mut c.phonetic.last_name
    }),
    Field::text("Company Yomi", "phonetic.company", |c| {
        &mut c.phonetic.company
    }),
    Field::text("Company", "company", |c| &mut c.company),
    Field::text("Department", "department", |c| &mut c.department),
    Field::text("Job Title", "job_title", |c| &mut c.job_title),
    Field::text("Profession", "profession", |c| &mut c.profession),
    Field::text("Office Location", "office", |c| &mut c.office),
    Field::text("Location", "location", |c| &mut c.location),
    Field::text("Manager's Name", "manager", |c| &mut c.manager),
    Field::text("Assistant's Name", "assistant", |c| &mut c.assistant),
    Field::text("Spouse", "spouse", |c| &mut c.spouse),
    Field::text("Referred By", "referred_by", |c| &mut c.referred_by),
    Field::text("Personal Web Page", "personal_page", |c| {
        &mut c.personal_page
    }),
    Field::text("Web Page", "web_page", |c| &mut c.web_page),
    Field::text("IMAddress", "im_address", |c| &mut c.im_address),
    Field::text("Internet Free Busy", "free_busy_url", |c| {
        &mut c.free_busy_url
    }),
    Field::text("Hobby", "hobbies", |c| &mut c.hobbies),
    Field::text("Language", "language", |c| &mut c.language),
    Field::text("Government ID Number", "government_id", |c| {
        &mut c.government_id
    }),
    Field::text("Account", "account", |c| &mut c.account),
    Field::text("Organizational ID Number", "organizational_id", |c| {
        &mut c.organizational_id
    }),
    Field::text("Billing Information", "billing", |c| &mut c.billing),
    Field::text("Mileage", "mileage", |c| &mut c.mileage),
    Field::text("Assigned To", "assigned_to", |c| &mut c.assigned_to),
    Field::hand("Children", "children[]", "kept as a list, split at `;`"),
    Field::hand("Birthday", "birthday", DAY),
    Field::hand("Anniversary", "anniversary", DAY),
    Field::hand("Birth Year", "birthday", "kept with month and day"),
    Field::hand("Birth Month", "birthday", "kept with year and day"),
    Field::hand("Birth Day", "birthday", "kept with year and month"),
    Field::hand(
        "Gender",
        "gender",
        "kept as a word; \"unspecified\" is left out; other words stay raw",
    ),
    Field::hand("Notes", "notes.plain", "kept; over 32 KiB as a blob"),
    Field::hand("Airbridge ID", "identity[]", "the bridge id"),
    Field::hand(
        "Email",
        "emails[].email",
        "kept; several in one cell are split; what is no address stays as a name",
    ),
    Field::hand(
        "Phone",
        "phones[].number",
        "kept; the first as the one to try first, the others as other numbers",
    ),
];

const DAY: &str = "kept as a date; zeros are left out; a time other than midnight stays raw";

/// Addresses by number: address, type, name.
pub(super) static EMAILS: [[&str; 3]; 3] = [
    ["E-mail Address", "E-mail Type", "E-mail Display Name"],
    ["E-mail 2 Address", "E-mail 2 Type", "E-mail 2 Display Name"],
    ["E-mail 3 Address", "E-mail 3 Type", "E-mail 3 Display Name"],
];

/// Numbers: column, kind.
pub(super) static PHONES: &[(&str, PhoneKind)] = &[
    ("Primary Phone", PhoneKind::Primary),
    ("Business Phone", PhoneKind::Business),
    ("Business Phone 2", PhoneKind::Business2),
    ("Mobile Phone", PhoneKind::Mobile),
    ("Home Phone", PhoneKind::Home),
    ("Home Phone 2", PhoneKind::Home2),
    ("Other Phone", PhoneKind::Other),
    ("Company Main Phone", PhoneKind::Company),
    ("Assistant's Phone", PhoneKind::Assistant),
    ("Callback", PhoneKind::Callback),
    ("Car Phone", PhoneKind::Car),
    ("Radio Phone", PhoneKind::Radio),
    ("Pager", PhoneKind::Pager),
    ("Business Fax", PhoneKind::BusinessFax),
    ("Home Fax", PhoneKind::HomeFax),
    ("Other Fax", PhoneKind::OtherFax),
    ("ISDN", PhoneKind::Isdn),
    ("Telex", PhoneKind::Telex),
    ("TTY/TDD Phone", PhoneKind::Tty),
];

/// The columns of a postal address.
#[derive(Debug)]
pub(super) struct Address {
    kind: AddressKind,
    /// The lines of the street.
    streets: [&'static str; 3],
    /// Box, city, state, postal code, country, the whole.
    parts: [&'static str; 6],
}

/// The three addresses.
pub(super) static ADDRESSES: [Address; 3] = [
    Address {
        kind: AddressKind::Business,
        streets: ["Business Street", "Business Street 2", "Business Street 3"],
        parts: [
            "Business Address PO Box",
            "Business City",
            "Business State",
            "Business Postal Code",
            "Business Country",
            "Business Address",
        ],
    },
    Address {
        kind: AddressKind::Home,
        streets: ["Home Street", "Home Street 2", "Home Street 3"],
        parts: [
            "Home Address PO Box",
            "Home City",
            "Home State",
            "Home Postal Code",
            "Home Country",
            "Home Address",
        ],
    },
    Address {
        kind: AddressKind::Other,
        streets: ["Other Street", "Other Street 2", "Other Street 3"],
        parts: [
            "Other Address PO Box",
            "Other City",
            "Other State",
            "Other Postal Code",
            "Other Country",
            "Other Address",
        ],
    },
];

const PART_PATHS: [&str; 6] = [
    "addresses[].po_box",
    "addresses[].city",
    "addresses[].state",
    "addresses[].postal_code",
    "addresses[].country",
    "addresses[].formatted",
];

/// The numbered fields of the user; the fourth carries the bridge id between rounds.
pub(super) static USER_FIELDS: [&str; 4] = ["User 1", "User 2", "User 3", "User 4"];

/// The rows that [`read`] works from beside [`CONTACT`]: column, path, way.
#[must_use]
pub(super) fn more_rows() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut rows = Vec::new();
    for [address, kind, name] in EMAILS {
        let how = "kept; in `address` with its type when it is not SMTP";
        rows.push((address, "emails[].email", how));
        let how = "kept; SMTP is left out; without an address or a name it stays raw";
        rows.push((kind, "emails[].kind", how));
        rows.push((name, "emails[].name", KEPT));
    }
    let phones = PHONES.iter();
    rows.extend(phones.map(|(column, _)| (*column, "phones[].number", KEPT)));
    for address in &ADDRESSES {
        for street in address.streets {
            rows.push((street, "addresses[].street", "kept, a line of it"));
        }
        let parts = address.parts.into_iter().zip(PART_PATHS);
        rows.extend(parts.map(|(column, path)| (column, path, KEPT)));
    }
    for column in USER_FIELDS {
        let how = match column {
            "User 4" => "kept; a bridge id is the identity and no field",
            _ => KEPT,
        };
        rows.push((column, "user_fields[].text", how));
    }
    rows
}

/// Takes a contact.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    common: &mut Common,
) -> Contact {
    common.bridge = bridge_id(taker);
    let name = taker.text("Name");
    let mut contact = Contact::default();
    taker.fill(&mut contact, CONTACT);
    let children = taker.listed(session, "Children");
    contact.children = fields::list(children, &[';']);
    contact.birthday = clock::date(session, taker, "Birthday").or_else(|| parted_birthday(taker));
    contact.anniversary = clock::date(session, taker, "Anniversary");
    contact.gender = match fields::word(session, taker, "Gender", words::gender) {
        None | Some(words::Gender::Unspecified) => None,
        Some(words::Gender::Female) => Some(Gender::Female),
        Some(words::Gender::Male) => Some(Gender::Male),
    };
    contact.emails = emails(session, taker);
    contact.phones = phones(taker);
    contact.addresses = ADDRESSES
        .iter()
        .filter_map(|address| postal(taker, address))
        .collect();
    contact.user_fields = (1_u8..)
        .zip(USER_FIELDS)
        .filter_map(|(number, column)| {
            Some(UserField {
                number,
                text: taker.text(column)?,
            })
        })
        .collect();
    let notes = taker.whole("Notes");
    contact.notes = session.body(notes);
    let named = contact.first_name.is_some() || contact.last_name.is_some();
    contact.display_name = name.unwrap_or_else(|| shown_name(&contact));
    contact.is_company = !named && contact.company.as_deref() == Some(&contact.display_name);
    contact
}

/// The bridge id, from the column of BigContacts or the fourth field of the user.
fn bridge_id(taker: &mut Taker<'_>) -> Option<String> {
    let columns = ["Airbridge ID", "User 4"];
    let column = columns
        .into_iter()
        .find(|column| taker.peek(column).is_some_and(is_bridge_id))?;
    taker.text(column)
}

/// What a person would call the contact.
fn shown_name(contact: &Contact) -> String {
    let parts = [
        &contact.first_name,
        &contact.middle_name,
        &contact.last_name,
        &contact.suffix,
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    if !parts.is_empty() {
        return parts.join(" ");
    }
    let address = |email: &ContactEmail| {
        let party = &email.party;
        let name = Some(&party.name).filter(|name| !name.is_empty());
        name.or(party.email.as_ref()).cloned()
    };
    let others = [&contact.company, &contact.nickname, &contact.file_as];
    let other = others.into_iter().flatten().next().cloned();
    other
        .or_else(|| contact.emails.iter().find_map(address))
        .unwrap_or_default()
}

/// Year, month and day in three columns.
fn parted_birthday(taker: &mut Taker<'_>) -> Option<Date> {
    const PARTS: [&str; 3] = ["Birth Year", "Birth Month", "Birth Day"];
    let [year, month, day] = PARTS.map(|column| taker.peek(column));
    let date = Date::new(
        year?.parse().ok()?,
        month?.parse().ok()?,
        day?.parse().ok()?,
    );
    let date = date.ok()?;
    PARTS.iter().for_each(|column| taker.mark(column));
    Some(date)
}

fn emails(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Vec<ContactEmail> {
    let mut found = Vec::new();
    for (slot, [address, kind, name]) in (1_u8..).zip(EMAILS) {
        if taker.peek(address).is_none() && taker.peek(name).is_none() {
            continue;
        }
        let (address, name) = (taker.text(address), taker.text(name));
        let kind = taker.text(kind);
        let party = party(name, kind.as_deref(), address, None);
        let kind = kind.filter(|kind| !kind.eq_ignore_ascii_case("SMTP"));
        found.push(ContactEmail {
            slot,
            party,
            kind,
            original: None,
        });
    }
    while let Some(cell) = taker.listed(session, "Email") {
        for address in addresses(&cell) {
            let slot = found.len().saturating_add(1);
            let slot = u8::try_from(slot).unwrap_or(u8::MAX);
            let party = if looks_like_smtp(address) {
                party(None, Some("SMTP"), Some(address.to_owned()), None)
            } else {
                Party {
                    name: address.to_owned(),
                    ..Party::default()
                }
            };
            found.push(ContactEmail {
                slot,
                party,
                ..ContactEmail::default()
            });
        }
    }
    found
}

/// The addresses of a cell, when it holds nothing else; else the cell.
fn addresses(cell: &str) -> Vec<&str> {
    let parts = cell.split([';', ',', ' ', '\n']).map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    if parts.iter().all(|part| looks_like_smtp(part)) {
        parts
    } else {
        vec![cell]
    }
}

fn phones(taker: &mut Taker<'_>) -> Vec<Phone> {
    let mut found = Vec::new();
    for &(column, kind) in PHONES {
        found.extend(taker.text(column).map(|number| Phone { kind, number }));
    }
    for (place, number) in taker.all("Phone").into_iter().enumerate() {
        let kind = match place {
            0 => PhoneKind::Primary,
            _ => PhoneKind::Other,
        };
        found.push(Phone { kind, number });
    }
    found
}

fn postal(taker: &mut Taker<'_>, address: &Address) -> Option<PostalAddress> {
    let lines: Vec<String> = address
        .streets
        .iter()
        .filter_map(|column| taker.text(column))
        .collect();
    let street = (!lines.is_empty()).then(|| lines.join("\n"));
    let [po_box, city, state, postal_code, country, formatted] =
        address.parts.map(|column| taker.text(column));
    let postal = PostalAddress {
        kind: address.kind,
        mailing: false,
        street,
        po_box,
        city,
        state,
        postal_code,
        country,
        country_code: None,
        formatted,
    };
    let nothing = PostalAddress {
        street: None,
        po_box: None,
        city: None,
        state: None,
        postal_code: None,
        country: None,
        formatted: None,
        ..postal.clone()
    };
    (postal != nothing).then_some(postal)
}

/// Gives a contact.
pub(super) fn write(giver: &mut Giver<'_>, contact: &Contact) {
    giver.pour(contact, CONTACT);
    // Outlook has no column for the whole name, and makes it of the parts.
    let parts = [
        &contact.first_name,
        &contact.middle_name,
        &contact.last_name,
    ];
    let shown = contact.display_name.as_str();
    if parts.iter().all(|part| part.is_none()) && shown != shown_name(contact) {
        giver.set("First Name", shown);
    }
    giver.set("Children", &contact.children.join("; "));
    giver.day("Birthday", contact.birthday);
    giver.day("Anniversary", contact.anniversary);
    let gender = match contact.gender {
        None => words::Gender::Unspecified,
        Some(Gender::Female) => words::Gender::Female,
        Some(Gender::Male) => words::Gender::Male,
    };
    giver.set("Gender", giver.words.gender(gender));
    for email in &contact.emails {
        let place = usize::from(email.slot).checked_sub(1);
        let Some([address, kind, name]) = place.and_then(|place| EMAILS.get(place)) else {
            continue;
        };
        let party = &email.party;
        let own = email.kind.as_deref().filter(|_| party.address.is_some());
        match (own, &party.address, &party.email) {
            (_, _, Some(smtp)) => {
                giver.set(address, smtp);
                giver.set(kind, "SMTP");
            }
            (Some(own), Some(stored), None) => {
                let prefix = format!("{own}:");
                giver.set(address, stored.strip_prefix(&prefix).unwrap_or(stored));
                giver.set(kind, own);
            }
            (None, Some(stored), None) => giver.set(address, stored),
            (_, None, None) => {}
        }
        giver.set(name, &party.name);
    }
    for (column, kind) in PHONES {
        let number = contact.phones.iter().find(|phone| phone.kind == *kind);
        giver.set(column, number.map_or("", |phone| &phone.number));
    }
    for own in &ADDRESSES {
        if let Some(address) = contact.addresses.iter().find(|one| one.kind == own.kind) {
            give_postal(giver, own, address);
        }
    }
    for (number, column) in (1_u8..).zip(USER_FIELDS) {
        let field = contact.user_fields.iter().find(|own| own.number == number);
        giver.set(column, field.map_or("", |field| &field.text));
    }
    giver.body("Notes", &contact.notes);
}

/// Gives an address; lines of a street beyond the third stand in the third.
fn give_postal(giver: &mut Giver<'_>, columns: &Address, address: &PostalAddress) {
    let in_parts = [&address.street, &address.city, &address.postal_code];
    let in_parts = in_parts.iter().any(|part| part.is_some());
    // There is no column for the whole address.
    let whole = address.formatted.as_deref().filter(|_| !in_parts);
    let street = address.street.as_deref().or(whole).unwrap_or_default();
    let street = street.replace("\r\n", "\n");
    let mut lines = street.splitn(3, '\n');
    for column in columns.streets {
        giver.set(column, &lines.next().unwrap_or_default().replace('\n', " "));
    }
    let parts = [
        &address.po_box,
        &address.city,
        &address.state,
        &address.postal_code,
        &address.country,
        &address.formatted,
    ];
    for (column, part) in columns.parts.into_iter().zip(parts) {
        giver.set(column, part.as_deref().unwrap_or_default());
    }
}
