//! Contacts.
//!
//! *Seen in the wild*: several lists of addresses that repeat each other; birthdays as midnight of
//! a zone that is not told.

use super::fields::{Field, Slot, Taker};
use super::rows::Row;
use super::{Session, address, value};
use crate::content::InMemory;
use crate::finding::Effect;
use crate::item::contact::{AddressKind, ContactEmail, Phone, PhoneKind, PostalAddress, UserField};
use crate::item::{Body, Contact, base64};
use crate::mapping::olm::message;

/// Rows of a contact.
pub(super) static CONTACT: &[Field<Contact>] = &[
    Field::new(
        "OPFContactCopyDisplayName",
        "display_name",
        Slot::Title(|c| &mut c.display_name),
    ),
    Field::new(
        "OPFContactCopyTitle",
        "prefix",
        Slot::Text(|c| &mut c.prefix),
    ),
    Field::new(
        "OPFContactCopyFirstName",
        "first_name",
        Slot::Text(|c| &mut c.first_name),
    ),
    Field::new(
        "OPFContactCopyMiddleName",
        "middle_name",
        Slot::Text(|c| &mut c.middle_name),
    ),
    Field::new(
        "OPFContactCopyLastName",
        "last_name",
        Slot::Text(|c| &mut c.last_name),
    ),
    Field::new(
        "OPFContactCopySetNameSuffix",
        "suffix",
        Slot::Text(|c| &mut c.suffix),
    ),
    Field::new(
        "OPFContactCopySuffix",
        "suffix",
        Slot::Text(|c| &mut c.suffix),
    ),
    Field::new(
        "OPFContactCopyNickName",
        "nickname",
        Slot::Text(|c| &mut c.nickname),
    ),
    Field::new(
        "OPFContactCopyFuriganaFirstName",
        "phonetic.first_name",
        Slot::Text(|c| &mut c.phonetic.first_name),
    ),
    Field::new(
        "OPFContactCopyFuriganaLastName",
        "phonetic.last_name",
        Slot::Text(|c| &mut c.phonetic.last_name),
    ),
    Field::new(
        "OPFContactCopyFuriganaCompany",
        "phonetic.company",
        Slot::Text(|c| &mut c.phonetic.company),
    ),
    Field::new(
        "OPFContactCopyBusinessCompany",
        "company",
        Slot::Text(|c| &mut c.company),
    ),
    Field::new(
        "OPFContactCopyBusinessDepartment",
        "department",
        Slot::Text(|c| &mut c.department),
    ),
    Field::new(
        "OPFContactCopyBusinessTitle",
        "job_title",
        Slot::Text(|c| &mut c.job_title),
    ),
    Field::new(
        "OPFContactCopyBusinessOffice",
        "office",
        Slot::Text(|c| &mut c.office),
    ),
    Field::new(
        "OPFContactCopySpousesName",
        "spouse",
        Slot::Text(|c| &mut c.spouse),
    ),
    Field::new(
        "OPFContactCopyInterests",
        "hobbies",
        Slot::Text(|c| &mut c.hobbies),
    ),
    Field::new(
        "OPFContactCopyBusinessHomePage",
        "business_page",
        Slot::Text(|c| &mut c.business_page),
    ),
    Field::new(
        "OPFContactCopyHomeWebPage",
        "personal_page",
        Slot::Text(|c| &mut c.personal_page),
    ),
    Field::new(
        "OPFContactCopyBirthday",
        "birthday",
        Slot::Day(|c| &mut c.birthday),
    ),
    Field::new(
        "OPFContactCopyAnniversary",
        "anniversary",
        Slot::Day(|c| &mut c.anniversary),
    ),
    Field::new("OPFContactCopyChildren", "children[]", Slot::Hand("kept")),
    Field::new(
        "OPFContactCopyDefaultIMAddress",
        "im_address",
        Slot::Hand(IM),
    ),
    Field::new("OPFContactCopyIMAddressList", "im_address", Slot::Hand(IM)),
    Field::new(
        "OPFContactAddPicture",
        "photo",
        Slot::Hand("kept; raw when it is not Base64"),
    ),
    Field::new(
        "OPFContactCopyContactImage",
        "photo",
        Slot::Hand("told by the photo; raw when it says another"),
    ),
    Field::new(
        "OPFContactCopyNotesPlain",
        "notes.plain",
        Slot::Hand("kept; over 32 KiB as a blob"),
    ),
    Field::new(
        "OPFContactCopyNotes",
        "notes.html",
        Slot::Hand(message::HTML),
    ),
];
const IM: &str = "the first address; raw too when it says more";

/// Lists of e-mail addresses, the main one first.
const EMAILS: &[&str] = &[
    "OPFContactCopyDefaultEmailAddress",
    "OPFContactCopyEmailAddressList",
    "OPFContactCopyEmailAddressList1",
    "OPFContactCopyEmailAddressList2",
    "OPFContactCopyEmailAddressList3",
];

/// Numbers: element, kind.
const PHONES: &[(&str, PhoneKind)] = &[
    ("OPFContactCopyPrimaryPhone", PhoneKind::Primary),
    ("OPFContactCopyBusinessPhone", PhoneKind::Business),
    ("OPFContactCopyBusinessPhone2", PhoneKind::Business2),
    ("OPFContactCopyCellPhone", PhoneKind::Mobile),
    ("OPFContactCopyHomePhone", PhoneKind::Home),
    ("OPFContactCopyHomePhone2", PhoneKind::Home2),
    ("OPFContactCopyOtherPhone", PhoneKind::Other),
    ("OPFContactMainPhone", PhoneKind::Company),
    ("OPFContactCopyAssistantPhone", PhoneKind::Assistant),
    ("OPFContactCopyRadioPhone", PhoneKind::Radio),
    ("OPFContactCopyPager", PhoneKind::Pager),
    ("OPFContactCopyBusinessFax", PhoneKind::BusinessFax),
    ("OPFContactCopyHomeFax", PhoneKind::HomeFax),
    ("OPFContactCopyOtherFax", PhoneKind::OtherFax),
];

/// Postal addresses: what stands in the names of their elements, kind.
const ADDRESSES: [(&str, AddressKind); 3] = [
    ("Business", AddressKind::Business),
    ("Home", AddressKind::Home),
    ("Other", AddressKind::Other),
];
/// Ends of these names, and the field.
const PARTS: [(&str, &str); 5] = [
    ("StreetAddress", "street"),
    ("City", "city"),
    ("State", "state"),
    ("Zip", "postal_code"),
    ("Country", "country"),
];

/// Fields of the user, by number.
const USER_FIELDS: [(u8, &str); 4] = [
    (1, "OPFContactCopyCustom1Data"),
    (2, "OPFContactCopyCustom2Data"),
    (3, "OPFContactCopyCustom3Data"),
    (4, "OPFContactCopyCustom4Data"),
];

/// The rows that [`read`] works from beside [`CONTACT`].
pub(super) fn more_rows() -> Vec<Row> {
    let row = |property: String, field: &str, how: &str| Row {
        part: "contact",
        property,
        field: field.to_owned(),
        how: how.to_owned(),
    };
    let emails = EMAILS.iter().map(|own| {
        let how = "each address once; raw too when it tells more than addresses and names";
        row((*own).to_owned(), "emails[]", how)
    });
    let phones = PHONES
        .iter()
        .map(|(own, _)| row((*own).to_owned(), "phones[].number", "kept"));
    let addresses = ADDRESSES.iter().flat_map(|(which, _)| {
        PARTS.iter().map(move |(part, field)| {
            let name = format!("OPFContactCopy{which}{part}");
            row(name, &format!("addresses[].{field}"), "kept")
        })
    });
    let user = USER_FIELDS
        .iter()
        .map(|(_, own)| row((*own).to_owned(), "user_fields[].text", "kept"));
    emails.chain(phones).chain(addresses).chain(user).collect()
}

/// Takes a contact.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Contact {
    let mut contact = Contact::default();
    taker.fill(&mut contact, CONTACT);
    contact.emails = emails(taker);
    for (name, kind) in PHONES {
        if let Some(number) = taker.text(name) {
            contact.phones.push(Phone {
                kind: *kind,
                number,
            });
        }
    }
    contact.addresses = ADDRESSES
        .iter()
        .filter_map(|(which, kind)| postal(taker, which, *kind))
        .collect();
    for (number, name) in USER_FIELDS {
        if let Some(text) = taker.text(name) {
            contact.user_fields.push(UserField { number, text });
        }
    }
    if let Some(list) = taker.peek("OPFContactCopyChildren") {
        let names = list.children.iter().map(|child| child.text.clone());
        contact.children = names.filter(|name| !name.is_empty()).collect();
        if list.text.trim().is_empty() {
            taker.mark("OPFContactCopyChildren");
        }
    }
    contact.im_address = im_address(taker);
    contact.photo = photo(session, taker);
    let has_photo = contact.photo.is_some();
    taker.with("OPFContactCopyContactImage", |text| {
        (value::flag(text) == Some(has_photo)).then_some(())
    });
    contact.notes = notes(session, taker);
    if contact.display_name.is_empty() {
        contact.display_name = name_of(&contact);
    }
    contact
}

/// The name to show of one that has none.
fn name_of(contact: &Contact) -> String {
    let names = [
        &contact.first_name,
        &contact.middle_name,
        &contact.last_name,
    ];
    let joined: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    if !joined.is_empty() {
        return joined.join(" ");
    }
    let first = contact.smtp_addresses().next();
    let known = contact.company.as_deref().or(first);
    known.unwrap_or_default().to_owned()
}

fn emails(taker: &mut Taker<'_>) -> Vec<ContactEmail> {
    let mut emails: Vec<ContactEmail> = Vec::new();
    for name in EMAILS {
        let Some(list) = taker.peek(name) else {
            continue;
        };
        for party in address::parties(list) {
            let same = |own: &ContactEmail| {
                own.party.email == party.email && own.party.address == party.address
            };
            if !emails.iter().any(same) {
                let slot = u8::try_from(emails.len().saturating_add(1)).unwrap_or(u8::MAX);
                emails.push(ContactEmail {
                    slot,
                    party,
                    kind: None,
                    original: None,
                });
            }
        }
        if address::is_plain(list) {
            taker.mark(name);
        }
    }
    emails
}

fn im_address(taker: &mut Taker<'_>) -> Option<String> {
    let mut found = None;
    for name in [
        "OPFContactCopyDefaultIMAddress",
        "OPFContactCopyIMAddressList",
    ] {
        let Some(list) = taker.peek(name) else {
            continue;
        };
        let all: Vec<_> = address::parties(list)
            .into_iter()
            .filter_map(|party| party.email.or(party.address))
            .collect();
        if found.is_none() {
            found = all.first().cloned();
        }
        if address::is_plain(list) && all.iter().all(|own| Some(own) == found.as_ref()) {
            taker.mark(name);
        }
    }
    found
}

fn postal(taker: &mut Taker<'_>, which: &str, kind: AddressKind) -> Option<PostalAddress> {
    let mut part = |end: &str| taker.text(&format!("OPFContactCopy{which}{end}"));
    let [street, city, state, postal_code, country] = PARTS.map(|(end, _)| part(end));
    let any = [&street, &city, &state, &postal_code, &country]
        .into_iter()
        .any(Option::is_some);
    any.then_some(PostalAddress {
        kind,
        mailing: false,
        street,
        po_box: None,
        city,
        state,
        postal_code,
        country,
        country_code: None,
        formatted: None,
    })
}

fn photo(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Option<crate::item::BlobRef> {
    const PICTURE: &str = "OPFContactAddPicture";
    let text = taker.peek_text(PICTURE)?;
    let packed: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let bytes = base64::decode(&packed).filter(|bytes| !bytes.is_empty());
    let Some(bytes) = bytes else {
        let detail = "the photo is not Base64; it is kept raw";
        session.find("mapping.olm.photo", Effect::Noted, detail);
        return None;
    };
    taker.mark(PICTURE);
    Some(session.contents.blob(InMemory(bytes)))
}

fn notes(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Body {
    message::body(
        session,
        taker,
        "OPFContactCopyNotesPlain",
        "OPFContactCopyNotes",
    )
}
