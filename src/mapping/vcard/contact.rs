//! Contacts.
//!
//! *Spec*: RFC 6350 6, RFC 2426 3, vCard 2.1 chapter 2; MS-OXVCARD 2.1.3 (what Outlook makes of
//! them).
//!
//! *Seen in the wild*: no FN, or an empty N; three or more units in ORG; nicknames as a list; the
//! names that Evolution, KDE, Android, Apple and Outlook gave to what the format lacks.

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Taker, Told};
use super::{Session, addresses, emails, messaging, pages, phones, photo, relations};
use crate::item::contact::{Gender, UserField};
use crate::item::{Body, Contact};
use crate::vcard::{Value, Version};

/// Rows of a contact.
pub(super) static CONTACT: &[Field] = &[
    Field {
        names: &["FN"],
        path: "display_name",
        slot: Slot::Hand(
            "the preferred one of several, the others raw; made of N, ORG or an address when there \
             is none",
        ),
    },
    Field {
        names: &["N"],
        path: "last_name, first_name, middle_name, prefix, suffix",
        slot: Slot::Hand("its five components, lists joined; raw too when there are lists"),
    },
    Field {
        names: &["ORG"],
        path: "company, department",
        slot: Slot::Hand(
            "the name, and units joined by `; `; raw too when there are several units",
        ),
    },
    Field {
        names: &["X-KADDRESSBOOK-X-DEPARTMENT", "X-DEPARTMENT"],
        path: "department",
        slot: Slot::Hand("kept when ORG has no units; else raw"),
    },
    Field {
        names: &["NICKNAME"],
        path: "nickname",
        slot: Slot::Joined(|c| &mut c.nickname),
    },
    Field {
        names: &["TITLE"],
        path: "job_title",
        slot: Slot::Text(|c| &mut c.job_title),
    },
    Field {
        names: &["ROLE", "X-KADDRESSBOOK-X-PROFESSION", "X-PROFESSION"],
        path: "profession",
        slot: Slot::Text(|c| &mut c.profession),
    },
    Field {
        names: &["X-EVOLUTION-FILE-AS", "X-FILE-AS", "SORT-STRING"],
        path: "file_as",
        slot: Slot::Text(|c| &mut c.file_as),
    },
    Field {
        names: &["X-PHONETIC-FIRST-NAME"],
        path: "phonetic.first_name",
        slot: Slot::Text(|c| &mut c.phonetic.first_name),
    },
    Field {
        names: &["X-PHONETIC-LAST-NAME"],
        path: "phonetic.last_name",
        slot: Slot::Text(|c| &mut c.phonetic.last_name),
    },
    Field {
        names: &["X-MS-ORG-YOMI", "X-PHONETIC-ORG"],
        path: "phonetic.company",
        slot: Slot::Text(|c| &mut c.phonetic.company),
    },
    Field {
        names: &["X-MS-N-YOMI"],
        path: "phonetic.last_name, phonetic.first_name",
        slot: Slot::Hand("its two components, where the names have no sound yet; else raw"),
    },
    Field {
        names: &["X-KADDRESSBOOK-X-OFFICE", "X-EVOLUTION-OFFICE"],
        path: "office",
        slot: Slot::Text(|c| &mut c.office),
    },
    Field {
        names: &[
            "X-MS-MANAGER",
            "X-EVOLUTION-MANAGER",
            "X-KADDRESSBOOK-X-MANAGERSNAME",
            "X-MANAGER",
        ],
        path: "manager",
        slot: Slot::Text(|c| &mut c.manager),
    },
    Field {
        names: &[
            "X-MS-ASSISTANT",
            "X-EVOLUTION-ASSISTANT",
            "X-KADDRESSBOOK-X-ASSISTANTSNAME",
            "X-ASSISTANT",
        ],
        path: "assistant",
        slot: Slot::Text(|c| &mut c.assistant),
    },
    Field {
        names: &[
            "X-MS-SPOUSE",
            "X-EVOLUTION-SPOUSE",
            "X-KADDRESSBOOK-X-SPOUSENAME",
            "X-SPOUSE",
        ],
        path: "spouse",
        slot: Slot::Text(|c| &mut c.spouse),
    },
    Field {
        names: &["X-MS-CHILD"],
        path: "children[]",
        slot: Slot::Texts(|c| &mut c.children),
    },
    Field {
        names: &["BDAY"],
        path: "birthday",
        slot: Slot::Day(|c| &mut c.birthday),
    },
    Field {
        names: &[
            "X-MS-ANNIVERSARY",
            "ANNIVERSARY",
            "X-EVOLUTION-ANNIVERSARY",
            "X-KADDRESSBOOK-X-ANNIVERSARY",
            "X-ANNIVERSARY",
        ],
        path: "anniversary",
        slot: Slot::Day(|c| &mut c.anniversary),
    },
    Field {
        names: &["FBURL"],
        path: "free_busy_url",
        slot: Slot::Text(|c| &mut c.free_busy_url),
    },
    Field {
        names: &["X-MS-INTERESTS", "HOBBY"],
        path: "hobbies",
        slot: Slot::Joined(|c| &mut c.hobbies),
    },
    Field {
        names: &["LANG"],
        path: "language",
        slot: Slot::Text(|c| &mut c.language),
    },
    Field {
        names: &["GENDER", "X-WAB-GENDER", "X-GENDER"],
        path: "gender",
        slot: Slot::Hand("female and male as words; other values, and words beside them, raw"),
    },
    Field {
        names: &["X-MS-TEXT"],
        path: "user_fields[].text",
        slot: Slot::Hand("the first four, in order; the others raw"),
    },
    Field {
        names: &["X-ABSHOWAS"],
        path: "is_company",
        slot: Slot::Hand("`COMPANY` is taken; another value stays raw"),
    },
    Field {
        names: &["NOTE"],
        path: "notes.plain",
        slot: Slot::Hand("kept; several are joined by an empty line, and raw too"),
    },
];

/// Takes a contact.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Contact {
    let mut contact = Contact {
        display_name: taker.text(&["FN"], PREFERRED).unwrap_or_default(),
        ..Contact::default()
    };
    name(taker, &mut contact);
    organization(taker, &mut contact);
    taker.fill(&mut contact, CONTACT);
    yomi(taker, &mut contact);
    contact.emails = emails::read(taker);
    contact.phones = phones::read(taker);
    addresses::read(taker, &mut contact);
    pages::read(taker, &mut contact);
    contact.im_address = messaging::read(taker);
    relations::read(taker, &mut contact);
    contact.gender = gender(taker);
    contact.user_fields = user_fields(taker);
    contact.photo = photo::read(session, taker);
    contact.notes = notes(session, taker);
    days_left(session, taker);
    let shown = show_as_company(taker);
    if contact.display_name.is_empty() {
        contact.display_name = name_made(&contact);
    }
    let named = contact.first_name.is_some() || contact.last_name.is_some();
    let is_own_company = contact.company.as_deref() == Some(&contact.display_name);
    contact.is_company = shown || !named && is_own_company;
    contact
}

/// The order says which is preferred.
pub(super) const PREFERRED: Told = Told {
    types: &["pref"],
    also: &[],
    params: &[],
};

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn name(taker: &mut Taker<'_>, contact: &mut Contact) {
    let Some((at, property)) = taker.left("N").into_iter().next() else {
        return;
    };
    let lists = property.component_lists();
    let part =
        |index: usize, between: &str| -> Option<String> { some(lists.get(index)?.join(between)) };
    contact.last_name = part(0, " ");
    contact.first_name = part(1, " ");
    contact.middle_name = part(2, " ");
    contact.prefix = part(3, " ");
    contact.suffix = part(4, ", ");
    let beyond = lists.iter().skip(5).any(|list| !list.is_empty());
    if beyond || lists.iter().any(|list| list.len() > 1) {
        taker.take_in_part(at);
    } else {
        taker.take(at, PREFERRED);
    }
}

fn organization(taker: &mut Taker<'_>, contact: &mut Contact) {
    if let Some((at, property)) = taker.left("ORG").into_iter().next() {
        let mut parts = property.components().into_iter();
        contact.company = parts.next().and_then(some);
        let units: Vec<_> = parts.filter(|unit| !unit.is_empty()).collect();
        contact.department = some(units.join("; "));
        if units.len() > 1 {
            taker.take_in_part(at);
        } else {
            taker.take(at, PREFERRED);
        }
    }
    if contact.department.is_none() {
        let names = &["X-KADDRESSBOOK-X-DEPARTMENT", "X-DEPARTMENT"];
        contact.department = taker.text(names, Told::default());
    }
}

fn yomi(taker: &mut Taker<'_>, contact: &mut Contact) {
    let phonetic = &mut contact.phonetic;
    if phonetic.first_name.is_some() || phonetic.last_name.is_some() {
        return;
    }
    if let Some((at, property)) = taker.left("X-MS-N-YOMI").into_iter().next() {
        let mut parts = property.components().into_iter();
        phonetic.last_name = parts.next().and_then(some);
        phonetic.first_name = parts.next().and_then(some);
        if parts.any(|part| !part.is_empty()) {
            taker.take_in_part(at);
        } else {
            taker.take(at, Told::default());
        }
    }
}

/// `F`, `M;words` (RFC 6350), `1` and `2` (the Windows Address Book), or words.
fn gender(taker: &mut Taker<'_>) -> Option<Gender> {
    for name in ["GENDER", "X-WAB-GENDER", "X-GENDER"] {
        for (at, property) in taker.left(name) {
            let parts = property.components();
            let sex = parts.first().map(|sex| sex.to_lowercase())?;
            let gender = match (name, sex.as_str()) {
                ("X-WAB-GENDER", "1") | (_, "f" | "female") => Gender::Female,
                ("X-WAB-GENDER", "2") | (_, "m" | "male") => Gender::Male,
                _ => continue,
            };
            if parts.iter().skip(1).any(|words| !words.is_empty()) {
                taker.take_in_part(at);
            } else {
                taker.take(at, Told::default());
            }
            return Some(gender);
        }
    }
    None
}

fn user_fields(taker: &mut Taker<'_>) -> Vec<UserField> {
    let all = (1_u8..=4).zip(taker.left("X-MS-TEXT"));
    let fields = all.map(|(number, (at, property))| {
        taker.take(at, Told::default());
        UserField {
            number,
            text: property.text(),
        }
    });
    fields.collect()
}

fn notes(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Body {
    let all = taker.left("NOTE");
    let texts: Vec<_> = all.iter().map(|(_, own)| own.full_text()).collect();
    for (at, _) in &all {
        if all.len() > 1 {
            taker.take_in_part(*at);
        } else {
            taker.take(*at, PREFERRED);
        }
    }
    Body {
        plain: some(texts.join("\n\n")).map(|text| session.contents.text(text)),
        ..Body::default()
    }
}

fn show_as_company(taker: &mut Taker<'_>) -> bool {
    let all = taker.left("X-ABSHOWAS").into_iter();
    let mut company = false;
    for (at, property) in all {
        if property.text().eq_ignore_ascii_case("COMPANY") {
            taker.take(at, Told::default());
            company = true;
        }
    }
    for (at, property) in taker.left("KIND") {
        let kind = property.text().to_lowercase();
        if kind == "org" || kind == "individual" {
            taker.take(at, Told::default());
            company |= kind == "org";
        }
    }
    company
}

/// Days that no field could take.
fn days_left(session: &mut Session<'_>, taker: &mut Taker<'_>) {
    for (_, property) in taker.left("BDAY") {
        let detail = format!(
            "the birthday {:?} is no whole day, or a second one; it is in raw only",
            property.text()
        );
        session.note("mapping.card.day", property, detail);
    }
}

/// A name for who has none: that of its parts, of its company, an address or a number.
pub(super) fn name_made(contact: &Contact) -> String {
    let parts = [
        &contact.prefix,
        &contact.first_name,
        &contact.middle_name,
        &contact.last_name,
        &contact.suffix,
    ];
    let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
    if !parts.is_empty() {
        return parts.join(" ");
    }
    let others = contact.company.as_ref().or(contact.nickname.as_ref());
    let others = others.or_else(|| {
        let party = &contact.emails.first()?.party;
        party.email.as_ref().or(party.address.as_ref())
    });
    others
        .or_else(|| contact.phones.first().map(|phone| &phone.number))
        .cloned()
        .unwrap_or_default()
}

/// Gives a contact, in the order in which Outlook writes it.
pub(super) fn write(giver: &mut Giver<'_>, contact: &Contact) {
    let made = name_made(contact);
    let parts = [
        &contact.last_name,
        &contact.first_name,
        &contact.middle_name,
        &contact.prefix,
        &contact.suffix,
    ];
    let parts = parts.map(|part| part.as_deref().unwrap_or_default());
    giver.give("N", &[], Value::Parts(&parts));
    let shown = match contact.display_name.as_str() {
        "" => &made,
        name => name,
    };
    giver.give("FN", &[], Value::Text(shown));
    let company = contact.company.as_deref();
    let department = contact.department.as_deref();
    match (company, department) {
        (None, None) => {}
        (company, None) => giver.give("ORG", &[], Value::Parts(&[company.unwrap_or_default()])),
        (company, Some(department)) => {
            let parts = [company.unwrap_or_default(), department];
            giver.give("ORG", &[], Value::Parts(&parts));
        }
    }
    let in_address = addresses::holds_office(contact);
    giver.pour(contact, CONTACT, |path| path == "office" && in_address);
    emails::write(giver, &contact.emails);
    phones::write(giver, &contact.phones);
    addresses::write(giver, contact);
    pages::write(giver, contact);
    giver.plain("X-MS-IMADDRESS", &[], contact.im_address.as_deref());
    if let Some(name) = &contact.referred_by {
        giver.give("RELATED", &["referredby"], Value::Text(name));
    }
    let sex = match (contact.gender, giver.version) {
        (None, _) => None,
        (Some(Gender::Female), Version::V4_0) => Some(("GENDER", "F")),
        (Some(Gender::Male), Version::V4_0) => Some(("GENDER", "M")),
        (Some(Gender::Female), _) => Some(("X-WAB-GENDER", "1")),
        (Some(Gender::Male), _) => Some(("X-WAB-GENDER", "2")),
    };
    if let Some((name, sex)) = sex {
        giver.plain(name, &[], Some(sex));
    }
    for field in &contact.user_fields {
        giver.give("X-MS-TEXT", &[], Value::Text(&field.text));
    }
    let named = contact.first_name.is_some() || contact.last_name.is_some();
    if contact.is_company && (named || company != Some(&contact.display_name)) {
        giver.plain("X-ABSHOWAS", &[], Some("COMPANY"));
    }
    giver.body(&contact.notes);
    if let Some(picture) = &contact.photo {
        photo::write(giver, picture);
    }
}
