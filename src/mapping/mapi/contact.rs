//! Contacts.
//!
//! *Spec*: MS-OXOCNTC 2.2.1.
//!
//! *Seen in the wild*: birthdays as local midnight in UTC without the local date beside them, so
//! the day is the nearest one.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::fields::{Field, Key, Slot};
use super::giver::Giver;
use super::taker::Taker;
use super::{Parts, Session, Writing, body, parties, postal, raw};
use crate::content::ContentRef;
use crate::finding::Effect;
use crate::item::contact::{ContactEmail, Gender, Phone, PhoneKind, UserField};
use crate::item::{BlobRef, Contact};
use crate::mapi::{
    Attachment, AttachmentData, FileTime, Guid, Message, PropertyBag, Value, pid_lid, pid_tag,
};

/// `PidLidMileage`.
pub(super) const MILEAGE: (Guid, u32) = (Guid::COMMON, 0x8534);

/// Rows of a contact.
pub(super) static CONTACT: &[Field<Contact>] = &[
    Field::tag(
        pid_tag::DISPLAY_NAME,
        "display_name",
        Slot::Title(|c| &mut c.display_name),
    ),
    Field::tag(
        pid_tag::DISPLAY_NAME_PREFIX,
        "prefix",
        Slot::Text(|c| &mut c.prefix),
    ),
    Field::tag(
        pid_tag::GIVEN_NAME,
        "first_name",
        Slot::Text(|c| &mut c.first_name),
    ),
    Field::tag(
        pid_tag::MIDDLE_NAME,
        "middle_name",
        Slot::Text(|c| &mut c.middle_name),
    ),
    Field::tag(
        pid_tag::SURNAME,
        "last_name",
        Slot::Text(|c| &mut c.last_name),
    ),
    Field::tag(pid_tag::GENERATION, "suffix", Slot::Text(|c| &mut c.suffix)),
    Field::tag(
        pid_tag::NICKNAME,
        "nickname",
        Slot::Text(|c| &mut c.nickname),
    ),
    Field::tag(
        pid_tag::INITIALS,
        "initials",
        Slot::Text(|c| &mut c.initials),
    ),
    Field::lid(
        pid_lid::FILE_UNDER,
        "file_as",
        Slot::Text(|c| &mut c.file_as),
    ),
    Field::lid(
        pid_lid::YOMI_FIRST_NAME,
        "phonetic.first_name",
        Slot::Text(|c| &mut c.phonetic.first_name),
    ),
    Field::lid(
        pid_lid::YOMI_LAST_NAME,
        "phonetic.last_name",
        Slot::Text(|c| &mut c.phonetic.last_name),
    ),
    Field::lid(
        pid_lid::YOMI_COMPANY_NAME,
        "phonetic.company",
        Slot::Text(|c| &mut c.phonetic.company),
    ),
    Field::tag(
        pid_tag::COMPANY_NAME,
        "company",
        Slot::Text(|c| &mut c.company),
    ),
    Field::tag(
        pid_tag::DEPARTMENT_NAME,
        "department",
        Slot::Text(|c| &mut c.department),
    ),
    Field::tag(
        pid_tag::TITLE,
        "job_title",
        Slot::Text(|c| &mut c.job_title),
    ),
    Field::tag(
        pid_tag::PROFESSION,
        "profession",
        Slot::Text(|c| &mut c.profession),
    ),
    Field::tag(
        pid_tag::OFFICE_LOCATION,
        "office",
        Slot::Text(|c| &mut c.office),
    ),
    Field::tag(
        pid_tag::LOCATION,
        "location",
        Slot::Text(|c| &mut c.location),
    ),
    Field::tag(
        pid_tag::MANAGER_NAME,
        "manager",
        Slot::Text(|c| &mut c.manager),
    ),
    Field::tag(
        pid_tag::ASSISTANT,
        "assistant",
        Slot::Text(|c| &mut c.assistant),
    ),
    Field::tag(
        pid_tag::SPOUSE_NAME,
        "spouse",
        Slot::Text(|c| &mut c.spouse),
    ),
    Field::tag(
        pid_tag::REFERRED_BY_NAME,
        "referred_by",
        Slot::Text(|c| &mut c.referred_by),
    ),
    Field::tag(
        pid_tag::BUSINESS_HOME_PAGE,
        "business_page",
        Slot::Text(|c| &mut c.business_page),
    ),
    Field::tag(
        pid_tag::PERSONAL_HOME_PAGE,
        "personal_page",
        Slot::Text(|c| &mut c.personal_page),
    ),
    Field::lid(pid_lid::HTML, "web_page", Slot::Text(|c| &mut c.web_page)),
    Field::tag(
        pid_tag::FTP_SITE,
        "ftp_site",
        Slot::Text(|c| &mut c.ftp_site),
    ),
    Field::lid(
        pid_lid::INSTANT_MESSAGING_ADDRESS,
        "im_address",
        Slot::Text(|c| &mut c.im_address),
    ),
    Field::lid(
        pid_lid::FREE_BUSY_LOCATION,
        "free_busy_url",
        Slot::Text(|c| &mut c.free_busy_url),
    ),
    Field::tag(pid_tag::HOBBIES, "hobbies", Slot::Text(|c| &mut c.hobbies)),
    Field::tag(
        pid_tag::LANGUAGE,
        "language",
        Slot::Text(|c| &mut c.language),
    ),
    Field::tag(
        pid_tag::CUSTOMER_ID,
        "customer_id",
        Slot::Text(|c| &mut c.customer_id),
    ),
    Field::tag(
        pid_tag::GOVERNMENT_ID_NUMBER,
        "government_id",
        Slot::Text(|c| &mut c.government_id),
    ),
    Field::tag(pid_tag::ACCOUNT, "account", Slot::Text(|c| &mut c.account)),
    Field::tag(
        pid_tag::ORGANIZATIONAL_ID_NUMBER,
        "organizational_id",
        Slot::Text(|c| &mut c.organizational_id),
    ),
    Field::tag(
        pid_tag::COMPUTER_NETWORK_NAME,
        "computer",
        Slot::Text(|c| &mut c.computer),
    ),
    Field::lid(pid_lid::BILLING, "billing", Slot::Text(|c| &mut c.billing)),
    Field::lid(MILEAGE, "mileage", Slot::Text(|c| &mut c.mileage)),
    Field::tag(
        pid_tag::CHILDRENS_NAMES,
        "children[]",
        Slot::Texts(|c| &mut c.children),
    ),
    Field::lid(
        pid_lid::BIRTHDAY_LOCAL,
        "birthday",
        Slot::Date(|c| &mut c.birthday),
    ),
    Field::tag(pid_tag::BIRTHDAY, "birthday", Slot::Hand(NEAREST)),
    Field::lid(
        pid_lid::WEDDING_ANNIVERSARY_LOCAL,
        "anniversary",
        Slot::Date(|c| &mut c.anniversary),
    ),
    Field::tag(
        pid_tag::WEDDING_ANNIVERSARY,
        "anniversary",
        Slot::Hand(NEAREST),
    ),
    Field::tag(
        pid_tag::GENDER,
        "gender",
        Slot::Hand("kept as a word; 0 is left out; other numbers stay raw"),
    ),
    Field::lid(
        pid_lid::POSTAL_ADDRESS_ID,
        "addresses[].mailing",
        Slot::Hand("marks the address that it names"),
    ),
    Field::lid(
        pid_lid::HAS_PICTURE,
        "photo",
        Slot::Hand("told by the photo; raw when there is none to be had"),
    ),
];

const NEAREST: &str = "the day nearest to the instant, when no local date is stored; raw when it is another day than that";
const TEXT: &str = "kept";

/// Numbers: property, kind.
pub(super) static PHONES: &[(u16, PhoneKind)] = &[
    (pid_tag::PRIMARY_TELEPHONE_NUMBER, PhoneKind::Primary),
    (pid_tag::BUSINESS_TELEPHONE_NUMBER, PhoneKind::Business),
    (pid_tag::BUSINESS2_TELEPHONE_NUMBER, PhoneKind::Business2),
    (pid_tag::MOBILE_TELEPHONE_NUMBER, PhoneKind::Mobile),
    (pid_tag::HOME_TELEPHONE_NUMBER, PhoneKind::Home),
    (pid_tag::HOME2_TELEPHONE_NUMBER, PhoneKind::Home2),
    (pid_tag::OTHER_TELEPHONE_NUMBER, PhoneKind::Other),
    (pid_tag::COMPANY_MAIN_TELEPHONE_NUMBER, PhoneKind::Company),
    (pid_tag::ASSISTANT_TELEPHONE_NUMBER, PhoneKind::Assistant),
    (pid_tag::CALLBACK_TELEPHONE_NUMBER, PhoneKind::Callback),
    (pid_tag::CAR_TELEPHONE_NUMBER, PhoneKind::Car),
    (pid_tag::RADIO_TELEPHONE_NUMBER, PhoneKind::Radio),
    (pid_tag::PAGER_TELEPHONE_NUMBER, PhoneKind::Pager),
    (pid_tag::BUSINESS_FAX_NUMBER, PhoneKind::BusinessFax),
    (pid_tag::HOME_FAX_NUMBER, PhoneKind::HomeFax),
    (pid_tag::PRIMARY_FAX_NUMBER, PhoneKind::OtherFax),
    (pid_tag::ISDN_NUMBER, PhoneKind::Isdn),
    (pid_tag::TELEX_NUMBER, PhoneKind::Telex),
    (
        pid_tag::TELECOMMUNICATIONS_DEVICE_FOR_DEAF_TELEPHONE_NUMBER,
        PhoneKind::Tty,
    ),
];

/// Addresses by number: display name, type, address, original display name.
pub(super) static EMAILS: [[(Guid, u32); 4]; 3] = [
    [
        pid_lid::EMAIL1_DISPLAY_NAME,
        pid_lid::EMAIL1_ADDRESS_TYPE,
        pid_lid::EMAIL1_EMAIL_ADDRESS,
        pid_lid::EMAIL1_ORIGINAL_DISPLAY_NAME,
    ],
    [
        pid_lid::EMAIL2_DISPLAY_NAME,
        pid_lid::EMAIL2_ADDRESS_TYPE,
        pid_lid::EMAIL2_EMAIL_ADDRESS,
        pid_lid::EMAIL2_ORIGINAL_DISPLAY_NAME,
    ],
    [
        pid_lid::EMAIL3_DISPLAY_NAME,
        pid_lid::EMAIL3_ADDRESS_TYPE,
        pid_lid::EMAIL3_EMAIL_ADDRESS,
        pid_lid::EMAIL3_ORIGINAL_DISPLAY_NAME,
    ],
];

/// The numbered fields of the user.
pub(super) static USER_FIELDS: [(Guid, u32); 4] = [
    pid_lid::CONTACT_USER_FIELD1,
    pid_lid::CONTACT_USER_FIELD2,
    pid_lid::CONTACT_USER_FIELD3,
    pid_lid::CONTACT_USER_FIELD4,
];

/// The rows that [`read`] works from beside [`CONTACT`]: property, path, way.
#[must_use]
pub(super) fn more_rows() -> Vec<(Key, &'static str, &'static str)> {
    let phones = PHONES
        .iter()
        .map(|(id, _)| (Key::Tag(*id), "phones[].number", TEXT));
    let emails = EMAILS.iter().flat_map(|[name, kind, address, original]| {
        [
            (Key::lid(*name), "emails[].name", TEXT),
            (Key::lid(*kind), "emails[].kind", "kept; SMTP is left out"),
            (
                Key::lid(*address),
                "emails[].email",
                "kept; in `address` with its type when it is not SMTP",
            ),
            (Key::lid(*original), "emails[].original", TEXT),
        ]
    });
    let user = USER_FIELDS
        .iter()
        .map(|name| (Key::lid(*name), "user_fields[].text", TEXT));
    phones
        .chain(emails)
        .chain(postal::rows())
        .chain(user)
        .collect()
}

/// `PidTagGender`.
const GENDER: &[(i64, Option<Gender>)] = &[
    (0, None),
    (1, Some(Gender::Female)),
    (2, Some(Gender::Male)),
];

/// Takes a contact.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    parts: &mut Parts<'_>,
    props: &PropertyBag,
) -> Contact {
    let mut contact = Contact::default();
    taker.fill(&mut contact, CONTACT);
    body::name(taker, &mut contact.display_name);
    contact.birthday = day(session, taker, contact.birthday, pid_tag::BIRTHDAY);
    contact.anniversary = day(
        session,
        taker,
        contact.anniversary,
        pid_tag::WEDDING_ANNIVERSARY,
    );
    contact.gender = taker.word(pid_tag::GENDER, GENDER).flatten();
    contact.emails = emails(taker);
    contact.phones = PHONES
        .iter()
        .filter_map(|&(id, kind)| {
            Some(Phone {
                kind,
                number: taker.text(id)?,
            })
        })
        .collect();
    contact.addresses = postal::read(taker);
    contact.user_fields = (1_u8..)
        .zip(&USER_FIELDS)
        .filter_map(|(number, name)| {
            Some(UserField {
                number,
                text: taker.text(*name)?,
            })
        })
        .collect();
    let named = contact.first_name.is_some() || contact.last_name.is_some();
    contact.is_company = !named && contact.company.as_deref() == Some(&contact.display_name);
    contact.photo = photo(session, taker, parts);
    contact.notes = body::read(session, taker, props);
    contact
}

/// A day: the local date when it is stored, else the nearest to the instant, which is local
/// midnight of an unknown zone, or 11:59 UTC (MS-OXOCNTC 2.2.1.5.1).
fn day(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    local: Option<Date>,
    id: u16,
) -> Option<Date> {
    let instant = taker.peek(id)?.as_time()?.timestamp();
    let Some(instant) = instant else {
        return local;
    };
    let Ok(middle) = instant.checked_add(12.hours()) else {
        return local;
    };
    let nearest = TimeZone::UTC.to_datetime(middle).date();
    if local.is_none_or(|local| local == nearest) {
        taker.mark(id);
    }
    let midnight = TimeZone::UTC.to_datetime(instant).time() == jiff::civil::Time::midnight();
    if local.is_none() && !midnight {
        let detail =
            format!("{nearest} is the day nearest to {instant}; the time zone is not known");
        session.find("mapping.contact.day-without-zone", Effect::Noted, detail);
    }
    local.or(Some(nearest))
}

fn emails(taker: &mut Taker<'_>) -> Vec<ContactEmail> {
    let mut found = Vec::new();
    for (slot, [name, kind_key, address, original]) in (1_u8..).zip(EMAILS) {
        let name = taker.text(name);
        let kind = taker.text(kind_key);
        let address = taker.text(address);
        let original = taker.text(original);
        if name.is_none() && address.is_none() && original.is_none() {
            // A type alone says nothing: it is left where it is.
            taker.unmark(kind_key);
            continue;
        }
        let smtp = original.clone().filter(|text| {
            let foreign = kind
                .as_deref()
                .is_some_and(|kind| !kind.eq_ignore_ascii_case("SMTP"));
            foreign && parties::looks_like_smtp(text)
        });
        let party = parties::party(name, kind.as_deref(), address, smtp);
        let kind = kind.filter(|kind| !kind.eq_ignore_ascii_case("SMTP"));
        found.push(ContactEmail {
            slot,
            party,
            kind,
            original,
        });
    }
    found
}

/// Gives a contact.
pub(super) fn write(
    session: &mut Writing<'_>,
    giver: &mut Giver,
    contact: &Contact,
    message: &mut Message,
) {
    giver.pour(contact, CONTACT);
    for (day, key) in [
        (contact.birthday, pid_tag::BIRTHDAY),
        (contact.anniversary, pid_tag::WEDDING_ANNIVERSARY),
    ] {
        // 11:59 UTC is on the same day in nearly every zone (MS-OXOCNTC 2.2.1.5.1).
        let noon = day.and_then(|day| day.at(11, 59, 0, 0).to_zoned(TimeZone::UTC).ok());
        if let Some(time) = noon.and_then(|noon| FileTime::of(noon.timestamp())) {
            giver.expect(key, Value::Time(time));
        }
    }
    giver.word(pid_tag::GENDER, GENDER, contact.gender.map(Some).as_ref());
    write_emails(session, giver, &contact.emails);
    for phone in &contact.phones {
        let place = PHONES.iter().find(|(_, kind)| *kind == phone.kind);
        let free = place.filter(|(id, _)| !giver.is_field(*id));
        match free {
            Some((id, _)) => giver.text(*id, Some(&phone.number)),
            None => session.unplaced("a second number of one kind", &phone.number),
        }
    }
    for address in &contact.addresses {
        postal::write(session, giver, address);
    }
    for field in &contact.user_fields {
        let place = usize::from(field.number).checked_sub(1);
        match place.and_then(|place| USER_FIELDS.get(place)) {
            Some(name) => giver.text(*name, Some(&field.text)),
            None => session.unplaced("a user field beyond the fourth", &field.text),
        }
    }
    if let Some(photo) = contact
        .photo
        .as_ref()
        .and_then(|blob| session.content(blob))
    {
        message.attachments.push(photo_attachment(session, photo));
        giver.put(pid_lid::HAS_PICTURE, Value::Bool(true));
    }
    body::write(session, giver, &contact.notes);
    let name = Value::String(contact.display_name.clone());
    for key in [pid_tag::SUBJECT, pid_tag::NORMALIZED_SUBJECT] {
        giver.expect(key, name.clone());
    }
    let sorted = match (&contact.last_name, &contact.first_name) {
        (Some(last), Some(first)) => format!("{last}, {first}"),
        _ => contact.display_name.clone(),
    };
    giver.expect(pid_lid::FILE_UNDER, Value::String(sorted));
}

fn write_emails(session: &mut Writing<'_>, giver: &mut Giver, emails: &[ContactEmail]) {
    let entry_ids = [
        pid_lid::EMAIL1_ORIGINAL_ENTRY_ID,
        pid_lid::EMAIL2_ORIGINAL_ENTRY_ID,
        pid_lid::EMAIL3_ORIGINAL_ENTRY_ID,
    ];
    let mut slots = Vec::new();
    for email in emails {
        let place = usize::from(email.slot).checked_sub(1);
        let place = place.and_then(|at| Some((*EMAILS.get(at)?, *entry_ids.get(at)?, at)));
        let Some(([name, kind, address, original], entry_id, at)) = place else {
            let shown = email.party.email.as_deref().unwrap_or(&email.party.name);
            session.unplaced("an e-mail address beyond the third", shown);
            continue;
        };
        let (stored_kind, stored) = parties::stored(&email.party);
        giver.text(name, Some(&email.party.name));
        giver.text(kind, email.kind.as_deref().or(stored_kind));
        giver.text(address, stored);
        giver.text(original, email.original.as_deref());
        if let Some(stored) = stored {
            giver.expect(original, Value::String(stored.to_owned()));
        }
        if let Some(id) = parties::one_off(&email.party) {
            giver.expect(entry_id, Value::Binary(id));
        }
        slots.extend(i32::try_from(at));
    }
    // Which of them the address book shows (MS-OXOCNTC 2.2.1.2.11 and 2.2.1.2.12).
    let bits = slots.iter().fold(0_i32, |bits, at| bits | 1 << at);
    if bits != 0 {
        let list = Value::Multi(slots.into_iter().map(Value::I32).collect());
        giver.expect(pid_lid::ADDRESS_BOOK_PROVIDER_EMAIL_LIST, list);
        giver.expect(pid_lid::ADDRESS_BOOK_PROVIDER_ARRAY_TYPE, Value::I32(bits));
    }
}

/// The attachment that holds the photo (MS-OXOCNTC 2.2.1.8.3).
fn photo_attachment(session: &mut Writing<'_>, photo: ContentRef) -> Attachment {
    let mut giver = Giver::default();
    session.give_raw(&mut giver, "photo/");
    giver.put(pid_tag::ATTACHMENT_CONTACT_PHOTO, Value::Bool(true));
    giver.put(pid_tag::ATTACH_METHOD, Value::I32(1));
    for key in [
        pid_tag::ATTACH_FILENAME,
        pid_tag::ATTACH_LONG_FILENAME,
        pid_tag::DISPLAY_NAME,
    ] {
        giver.expect(key, Value::String("ContactPicture.jpg".to_owned()));
    }
    giver.expect(pid_tag::ATTACH_EXTENSION, Value::String(".jpg".to_owned()));
    giver.expect(pid_tag::RENDERING_POSITION, Value::I32(-1));
    Attachment {
        props: giver.into_bag(),
        data: AttachmentData::File(photo),
    }
}

/// Takes the photo: the attachment that `PidTagAttachmentContactPhoto` marks.
fn photo(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    parts: &mut Parts<'_>,
) -> Option<BlobRef> {
    let attachments = &parts.message.attachments;
    let (index, content) = attachments.iter().enumerate().find_map(|(index, own)| {
        let marked = own
            .props
            .get(pid_tag::ATTACHMENT_CONTACT_PHOTO)
            .and_then(Value::as_bool);
        match &own.data {
            AttachmentData::File(content) if marked == Some(true) => Some((index, content)),
            _ => None,
        }
    })?;
    let own = attachments.get(index)?;
    *parts.attachments.get_mut(index)? = true;
    taker.mark(pid_lid::HAS_PICTURE);
    let told = [
        pid_tag::ATTACHMENT_CONTACT_PHOTO,
        pid_tag::ATTACH_METHOD,
        pid_tag::ATTACH_SIZE,
        pid_tag::ATTACH_NUMBER,
    ];
    let rest = own
        .props
        .iter()
        .filter(|property| !told.contains(&property.tag.id()));
    for property in rest {
        let raw = raw::property(session, "photo/", property);
        parts.raw.push(raw);
    }
    Some(session.content(content))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{file, map, message, raw_names, text, texts, time};
    use super::*;
    use crate::item::contact::AddressKind;
    use crate::item::{Content, IdentityKey, Item};

    fn contact(item: &Item) -> &Contact {
        match &item.content {
            Content::Contact(contact) => contact,
            other => panic!("{other:?}"),
        }
    }

    fn lid(name: (Guid, u32), value: Value) -> (Key, Value) {
        (Key::lid(name), value)
    }

    #[test]
    fn a_full_contact() {
        let mut from = message(
            "IPM.Contact",
            vec![
                (Key::Tag(pid_tag::DISPLAY_NAME), text("Dr. Ada King")),
                (Key::Tag(pid_tag::SUBJECT), text("Dr. Ada King")),
                (Key::Tag(pid_tag::GIVEN_NAME), text("Ada")),
                (Key::Tag(pid_tag::SURNAME), text("King")),
                (
                    Key::Tag(pid_tag::CHILDRENS_NAMES),
                    texts(&["Byron", "Anne"]),
                ),
                (Key::Tag(pid_tag::MOBILE_TELEPHONE_NUMBER), text("+44 1")),
                (Key::Tag(pid_tag::GENDER), Value::I16(1)),
                (Key::Tag(pid_tag::BIRTHDAY), time("1815-12-09T23:00:00Z")),
                lid(pid_lid::BIRTHDAY_LOCAL, time("1815-12-10T00:00:00Z")),
                (
                    Key::Tag(pid_tag::WEDDING_ANNIVERSARY),
                    time("1835-07-08T04:00:00Z"),
                ),
                lid(pid_lid::EMAIL2_ADDRESS_TYPE, text("EX")),
                lid(pid_lid::EMAIL2_EMAIL_ADDRESS, text("/o=Org/cn=ada")),
                lid(pid_lid::EMAIL2_DISPLAY_NAME, text("Ada (work)")),
                lid(
                    pid_lid::EMAIL2_ORIGINAL_DISPLAY_NAME,
                    text("ada@example.org"),
                ),
                lid(pid_lid::EMAIL1_ADDRESS_TYPE, text("SMTP")),
                lid(pid_lid::WORK_ADDRESS_STREET, text("12 Square\r\nLondon")),
                lid(pid_lid::WORK_ADDRESS_CITY, text("London")),
                lid(pid_lid::POSTAL_ADDRESS_ID, Value::I32(2)),
                (
                    Key::Tag(pid_tag::STREET_ADDRESS),
                    text("12 Square\r\nLondon"),
                ),
                (Key::Tag(pid_tag::LOCALITY), text("Elsewhere")),
                lid(pid_lid::CONTACT_USER_FIELD3, text("three")),
                lid(pid_lid::PRIVATE, Value::Bool(true)),
                (Key::Tag(0x6FFF), text("unknown")),
            ],
        );
        let marked = (
            Key::Tag(pid_tag::ATTACHMENT_CONTACT_PHOTO),
            Value::Bool(true),
        );
        from.attachments = vec![file(vec![], b"notes"), file(vec![marked], b"JPEG")];
        let mapped = map(&from);
        let item = &mapped.item;
        let own = contact(item);
        assert_eq!(own.display_name, "Dr. Ada King");
        assert_eq!(own.children, ["Byron", "Anne"]);
        assert_eq!(own.gender, Some(Gender::Female));
        assert_eq!(own.birthday.unwrap().to_string(), "1815-12-10");
        assert_eq!(own.anniversary.unwrap().to_string(), "1835-07-08");
        assert!(item.is_private());

        let [email] = own.emails.as_slice() else {
            panic!("{:?}", own.emails);
        };
        assert_eq!((email.slot, email.kind.as_deref()), (2, Some("EX")));
        assert_eq!(email.party.email.as_deref(), Some("ada@example.org"));
        assert_eq!(email.party.address.as_deref(), Some("EX:/o=Org/cn=ada"));

        let [address] = own.addresses.as_slice() else {
            panic!("{:?}", own.addresses);
        };
        assert!(address.mailing);
        assert_eq!(address.city.as_deref(), Some("London"));
        let user = UserField {
            number: 3,
            text: "three".to_owned(),
        };
        assert_eq!(own.user_fields, [user]);

        assert_eq!(own.photo, Some(BlobRef::Pending { pending: 0 }));
        assert_eq!(mapped.contents.len(), 2);
        assert_eq!(item.attachments.len(), 1);
        let mut raw = raw_names(item);
        raw.sort_unstable();
        // The copy that says otherwise, the type of an address that is not there, the unknown one.
        assert_eq!(raw, ["0x6FFF", "PidLidEmail1AddressType", "PidTagLocality"]);
        let email = IdentityKey::Email("ada@example.org".to_owned());
        assert_eq!(item.identity.first(), Some(&email));
    }

    #[test]
    fn a_company_has_no_person() {
        let name = |id, value| (Key::Tag(id), text(value));
        let company = vec![
            name(pid_tag::DISPLAY_NAME, "Boats Ltd"),
            name(pid_tag::COMPANY_NAME, "Boats Ltd"),
        ];
        assert!(contact(&map(&message("IPM.Contact", company.clone())).item).is_company);
        let mut person = company;
        person.push(name(pid_tag::SURNAME, "Boats"));
        assert!(!contact(&map(&message("IPM.Contact", person)).item).is_company);
    }

    #[test]
    fn a_mailing_address_of_its_own() {
        let street = vec![(Key::Tag(pid_tag::STREET_ADDRESS), text("Quay 1"))];
        let mapped = map(&message("IPM.Contact", street));
        let address = &contact(&mapped.item).addresses[0];
        assert_eq!(address.kind, AddressKind::Mailing);
        assert!(address.mailing && mapped.item.raw.is_empty());
    }
}
