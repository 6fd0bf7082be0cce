//! Contacts as BigContacts exports and imports them: CSV with one row per contact.
//!
//! *Spec*: `formats/map.md`, "The contacts file"; the importer's template (First Name, Last Name,
//! Email,
//! Phone, Company, Assigned To, and custom fields by their own names).
//!
//! *Shape*: `First Name,Last Name,Email,Phone,Company,Assigned To,Airbridge ID`
//!
//! *Invariants*: what is written is read back the same; a cell never starts a formula, but for
//! telephone
//! numbers, which are signs and digits only; every column that is not known is a custom field, none
//! is dropped.
//!
//! *Seen in the wild*: headings in other cases and spellings, `E-mail Address 2`; several addresses
//! in
//! one cell; windows-1252; rows shorter than the headings.

use std::borrow::Cow;
use std::path::Path;

use crate::finding::{Effect, Findings};
use crate::item::contact::{AddressKind, PhoneKind, PostalAddress};
use crate::item::{Contact, Content, Item, ItemId};
use crate::limits;
use crate::link::{ContactFacts, Side, keys};
use crate::sheet::{Row, Sheet, heading_key, neutralise, restore, write_row};

/// The custom field that carries the bridge id.
pub const BRIDGE_ID: &str = "Airbridge ID";

/// One contact of BigContacts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrmContact {
    /// Its id in BigContacts.
    pub id: Option<String>,
    /// The bridge id, when an earlier round brought it.
    pub bridge_id: Option<ItemId>,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The whole name, where the parts are not known apart.
    pub name: String,
    /// Addresses, the main one first.
    pub emails: Vec<String>,
    /// Telephone numbers, the main one first.
    pub phones: Vec<String>,
    /// Company.
    pub company: String,
    /// The user that it is assigned to.
    pub assigned_to: String,
    /// Custom fields: name and value, in order of the columns.
    pub custom: Vec<(String, String)>,
}

/// Why a contacts file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContactsError {
    /// The file cannot be read.
    #[error("the contacts file {file} cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Its headings name nothing that a contact could be known by.
    #[error(
        "the contacts file {file} cannot be used: line {line} must name the columns, with Email, a name or \
         an ID among them; it reads: {headings}"
    )]
    NoHeadings {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// What stands there.
        headings: String,
    },
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Id,
    BridgeId,
    First,
    Last,
    Name,
    Email,
    Phone,
    Company,
    AssignedTo,
    Custom(String),
    Nothing,
}

impl Column {
    fn of(heading: &str) -> Self {
        let key = heading_key(heading);
        let number = key.trim_end_matches(|c: char| c.is_ascii_digit());
        match number {
            "" => return Self::Nothing,
            "email" | "emailaddress" | "mail" | "primaryemail" | "secondaryemail" | "workemail"
            | "businessemail" | "homeemail" | "personalemail" | "otheremail" | "emailwork"
            | "emailhome" | "emailother" => return Self::Email,
            "phone" | "phonenumber" | "telephone" | "mobile" | "mobilephone" | "cell"
            | "cellphone" | "workphone" | "businessphone" | "homephone" | "otherphone"
            | "mainphone" | "primaryphone" | "phonework" | "phonehome" | "phonemobile" => {
                return Self::Phone;
            }
            _ => {}
        }
        match key.as_str() {
            "id" | "contactid" | "bigcontactsid" | "crmid" | "recordid" => Self::Id,
            "airbridgeid" | "bridgeid" => Self::BridgeId,
            "firstname" | "givenname" | "vorname" | "first" => Self::First,
            "lastname" | "surname" | "familyname" | "nachname" | "last" => Self::Last,
            "name" | "fullname" | "displayname" | "contactname" | "contact" => Self::Name,
            "company" | "companyname" | "organization" | "organisation" | "business"
            | "businessname" | "firma" => Self::Company,
            "assignedto" | "assigneduser" | "assignedtouser" | "assignedtoid" | "owner" => {
                Self::AssignedTo
            }
            _ => Self::Custom(heading.to_owned()),
        }
    }

    fn names_someone(&self) -> bool {
        matches!(
            self,
            Self::Id | Self::First | Self::Last | Self::Name | Self::Email | Self::Company
        )
    }
}

/// Reads a contacts file and gives each contact to `each`, in order.
///
/// # Errors
/// When the file cannot be read, or its first row is no heading row.
///
/// # Findings
/// Those of [`crate::sheet`]; `crm.contacts.nobody` for a row that names nobody,
/// `crm.contacts.address`
/// for an address that is none, `crm.contacts.no-heading` for a cell beyond the headings,
/// `crm.contacts.too-many`.
pub fn open(path: &Path, each: impl FnMut(CrmContact)) -> Result<Findings, ContactsError> {
    let file = path.display().to_string();
    match crate::sheet::load(path) {
        Ok(bytes) => read(&file, bytes, each),
        Err(source) => Err(ContactsError::Unreadable { file, source }),
    }
}

/// Reads contacts from the bytes of a file; `file` is its name. An empty file has no contacts.
///
/// # Errors
/// When the first row is no heading row.
pub fn read(
    file: &str,
    bytes: Vec<u8>,
    mut each: impl FnMut(CrmContact),
) -> Result<Findings, ContactsError> {
    let mut findings = Findings::new();
    let sheet = Sheet::read(bytes, &mut findings);
    let mut rows = sheet.rows();
    if let Some(heading) = rows.next() {
        let columns: Vec<Column> = heading
            .cells
            .iter()
            .map(|cell| Column::of(restore(cell)))
            .collect();
        if !columns.iter().any(Column::names_someone) {
            return Err(ContactsError::NoHeadings {
                file: file.to_owned(),
                line: heading.line,
                headings: heading.cells.join(", "),
            });
        }
        for (number, row) in rows.enumerate() {
            if number >= limits::CONTACTS {
                let detail = format!("rows beyond {} contacts were left out", limits::CONTACTS);
                let place = format!("line {}", row.line);
                findings.add("crm.contacts.too-many", Effect::Lost, place, detail);
                break;
            }
            row.report(&mut findings);
            if let Some(extra) = row.beyond(columns.len()) {
                let place = format!("line {}", row.line);
                let detail = format!("`{extra}` stands under no heading; it was left out");
                findings.add("crm.contacts.no-heading", Effect::Lost, place, detail);
            }
            if let Some(contact) = read_row(&row, &columns, &mut findings) {
                each(contact);
            }
        }
    }
    findings.set_file(&file.into());
    Ok(findings)
}

fn read_row(row: &Row, columns: &[Column], findings: &mut Findings) -> Option<CrmContact> {
    let mut contact = CrmContact::default();
    for (column, cell) in columns.iter().zip(&row.cells) {
        let cell = restore(cell);
        if cell.is_empty() {
            continue;
        }
        let text = || cell.to_owned();
        match column {
            Column::Id => contact.id = Some(text()),
            Column::BridgeId => contact.bridge_id = Some(ItemId(text())),
            Column::First => contact.first_name = text(),
            Column::Last => contact.last_name = text(),
            Column::Name => contact.name = text(),
            Column::Company => contact.company = text(),
            Column::AssignedTo => contact.assigned_to = text(),
            Column::Phone => contact.phones.push(text()),
            Column::Email => read_addresses(row.line, cell, &mut contact.emails, findings),
            Column::Custom(name) => contact.custom.push((name.clone(), text())),
            Column::Nothing => {}
        }
    }
    let named = contact.id.is_some()
        || contact.bridge_id.is_some()
        || !contact.emails.is_empty()
        || [
            &contact.first_name,
            &contact.last_name,
            &contact.name,
            &contact.company,
        ]
        .iter()
        .any(|name| !name.is_empty());
    if !named {
        findings.add(
            "crm.contacts.nobody",
            Effect::Lost,
            format!("line {}", row.line),
            "the row has neither a name nor an address nor an id, so it stands for nobody",
        );
        return None;
    }
    Some(contact)
}

/// One address, or several in one cell.
fn read_addresses(line: u64, cell: &str, emails: &mut Vec<String>, findings: &mut Findings) {
    if keys::email(cell).is_some() {
        emails.push(cell.to_owned());
        return;
    }
    for part in cell
        .split([';', ',', '\n', ' '])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        if keys::email(part).is_some() {
            emails.push(part.to_owned());
        } else {
            findings.add(
                "crm.contacts.address",
                Effect::Lost,
                format!("line {line}"),
                format!("`{part}` is no e-mail address; it was left out"),
            );
        }
    }
}

impl CrmContact {
    /// What the contact index needs to know.
    #[must_use]
    pub fn facts(&self) -> ContactFacts {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let nameless =
            self.first_name.is_empty() && self.last_name.is_empty() && self.name.is_empty();
        ContactFacts {
            side: Side::Crm,
            id: self.bridge_id.clone(),
            crm_id: self.id.clone(),
            name: self.name.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            company: some(&self.company),
            is_business: nameless && !self.company.is_empty(),
            emails: self.emails.clone(),
            assigned_to: some(&self.assigned_to),
            ..ContactFacts::default()
        }
    }

    /// Whether a number or a custom field is this text.
    pub(super) fn holds(&self, text: &str) -> bool {
        let text = text.trim();
        let mut custom = self.custom.iter().map(|(_, value)| value);
        self.phones.iter().any(|own| own == text) || custom.any(|own| own == text)
    }

    /// The row of a contact item; `None` for any other kind.
    #[must_use]
    pub fn of_item(item: &Item) -> Option<Self> {
        let Content::Contact(contact) = &item.content else {
            return None;
        };
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (mut first_name, mut last_name) = (text(&contact.first_name), text(&contact.last_name));
        let is_business = is_business(contact);
        if first_name.is_empty() && last_name.is_empty() && !is_business {
            (first_name, last_name) = split_name(&contact.display_name);
        }
        let mut company = text(&contact.company);
        if company.is_empty() && is_business {
            company.clone_from(&contact.display_name);
        }
        let mut custom = custom_fields(contact);
        if !item.id.0.is_empty() {
            custom.push((BRIDGE_ID.to_owned(), item.id.0.clone()));
        }
        Some(Self {
            first_name,
            last_name,
            emails: contact.smtp_addresses().map(str::to_owned).collect(),
            phones: phones(contact),
            company,
            assigned_to: text(&contact.assigned_to),
            custom,
            ..Self::default()
        })
    }
}

/// Whether a contact stands for a company: marked so, or without a name beside that of its company.
pub(super) fn is_business(contact: &Contact) -> bool {
    let nameless = contact.first_name.is_none() && contact.last_name.is_none();
    let company = contact.company.as_deref().map(str::trim);
    let company = company.filter(|company| !company.is_empty());
    let shown = contact.display_name.trim();
    contact.is_company
        || (nameless && company.is_some_and(|company| shown.is_empty() || shown == company))
}

/// First and last name of a name in one piece: around its comma, else before its last word; a name
/// written in East Asian letters begins with the family.
pub(super) fn split_name(name: &str) -> (String, String) {
    let name = name.trim();
    let parts = match name.split_once(',') {
        Some((last, first)) => Some((first, last)),
        None if name.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c)) => name
            .split_once([' ', '\u{3000}'])
            .map(|(last, first)| (first, last)),
        None => name.rsplit_once(' '),
    };
    let (first, last) = parts.unwrap_or(("", name));
    (first.trim().to_owned(), last.trim().to_owned())
}

/// The numbers that a person answers, the likeliest first.
fn phones(contact: &Contact) -> Vec<String> {
    let rank = |kind: PhoneKind| match kind {
        PhoneKind::Primary => Some(0),
        PhoneKind::Business => Some(1),
        PhoneKind::Mobile => Some(2),
        PhoneKind::Business2 => Some(3),
        PhoneKind::Home => Some(4),
        PhoneKind::Home2 => Some(5),
        PhoneKind::Company | PhoneKind::Other | PhoneKind::Callback => Some(6),
        PhoneKind::Assistant | PhoneKind::Car | PhoneKind::Radio | PhoneKind::Isdn => Some(7),
        _ => None,
    };
    let mut numbers: Vec<(u8, &str)> = contact
        .phones
        .iter()
        .filter_map(|phone| Some((rank(phone.kind)?, phone.number.trim())))
        .filter(|(_, number)| !number.is_empty())
        .collect();
    numbers.sort_by_key(|(rank, _)| *rank);
    let mut unique: Vec<String> = Vec::new();
    for (_, number) in numbers {
        if !unique.iter().any(|known| known == number) {
            unique.push(number.to_owned());
        }
    }
    unique
}

/// The one address that goes out: where mail goes to, else that of the business, else the first.
pub(super) fn mailing_address(contact: &Contact) -> Option<&PostalAddress> {
    let mut addresses = contact.addresses.iter();
    let of_business = |address: &&PostalAddress| address.kind == AddressKind::Business;
    let mailing = addresses.clone().find(|address| address.mailing);
    mailing
        .or_else(|| addresses.clone().find(of_business))
        .or_else(|| addresses.next())
}

/// What goes into custom fields: they must exist in BigContacts before the import.
fn custom_fields(contact: &Contact) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) {
            fields.push((name.to_owned(), value.to_owned()));
        }
    };
    add("Job Title", contact.job_title.as_deref());
    let fax = contact
        .phones
        .iter()
        .find(|phone| phone.kind == PhoneKind::BusinessFax);
    add("Fax", fax.map(|fax| fax.number.as_str()));
    if let Some(address) = mailing_address(contact) {
        add("Street", address.street.as_deref());
        add("City", address.city.as_deref());
        add("State", address.state.as_deref());
        add("Postal Code", address.postal_code.as_deref());
        add("Country", address.country.as_deref());
    }
    let page = contact
        .business_page
        .as_deref()
        .or(contact.web_page.as_deref());
    add("Website", page.or(contact.personal_page.as_deref()));
    let birthday = contact.birthday.map(|day| day.to_string());
    add("Birthday", birthday.as_deref());
    fields
}

/// The columns that a set of contacts needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    ids: bool,
    bridge_ids: bool,
    names: bool,
    emails: usize,
    phones: usize,
    custom: Vec<String>,
}

impl Layout {
    /// Makes room for a contact. Fields come in the order in which they are first seen.
    pub fn make_room(&mut self, contact: &CrmContact) {
        self.ids |= contact.id.is_some();
        self.bridge_ids |= contact.bridge_id.is_some();
        self.names |= !contact.name.is_empty();
        self.emails = self.emails.max(contact.emails.len());
        self.phones = self.phones.max(contact.phones.len());
        for (name, _) in &contact.custom {
            if !self.custom.contains(name) && self.custom.len() < limits::SHEET_COLUMNS / 2 {
                self.custom.push(name.clone());
            }
        }
    }

    /// The heading row.
    #[must_use]
    pub fn heading(&self) -> String {
        let numbered = |name: &str, count: usize| -> Vec<String> {
            let rest = (2..=count).map(|number| format!("{name} {number}"));
            std::iter::once(name.to_owned()).chain(rest).collect()
        };
        let mut cells = vec!["First Name".to_owned(), "Last Name".to_owned()];
        cells.extend(self.names.then(|| "Name".to_owned()));
        cells.extend(numbered("Email", self.emails));
        cells.extend(numbered("Phone", self.phones));
        cells.extend(["Company".to_owned(), "Assigned To".to_owned()]);
        cells.extend(self.ids.then(|| "ID".to_owned()));
        cells.extend(self.bridge_ids.then(|| BRIDGE_ID.to_owned()));
        cells.extend(self.custom.iter().map(|name| neutralise(name).into_owned()));
        row_of(cells)
    }

    /// The row of a contact for which room was made.
    #[must_use]
    pub fn row(&self, contact: &CrmContact) -> String {
        let safe = |text: &str| neutralise(text).into_owned();
        let padded = |values: &[String], count: usize, cell: fn(&str) -> Cow<'_, str>| {
            let gap = count.max(1).saturating_sub(values.len());
            let cells = values.iter().map(|value| cell(value).into_owned());
            cells
                .chain(std::iter::repeat_n(String::new(), gap))
                .collect::<Vec<_>>()
        };
        let mut cells = vec![safe(&contact.first_name), safe(&contact.last_name)];
        cells.extend(self.names.then(|| safe(&contact.name)));
        cells.extend(padded(&contact.emails, self.emails, neutralise));
        cells.extend(padded(&contact.phones, self.phones, phone_cell));
        cells.extend([safe(&contact.company), safe(&contact.assigned_to)]);
        cells.extend(
            self.ids
                .then(|| safe(contact.id.as_deref().unwrap_or_default())),
        );
        let bridge_id = contact.bridge_id.as_ref().map(|id| id.0.as_str());
        cells.extend(self.bridge_ids.then(|| safe(bridge_id.unwrap_or_default())));
        cells.extend(self.custom.iter().map(|name| {
            let value = contact.custom.iter().find(|(own, _)| own == name);
            value.map_or(String::new(), |(_, value)| safe(value))
        }));
        row_of(cells)
    }
}

/// A telephone number as it is when it holds nothing but digits and the signs between them; a `'`
/// before it would become part of the number in the CRM.
fn phone_cell(number: &str) -> Cow<'_, str> {
    let plain = number.strip_prefix('+').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit() || c == '(')
            && rest
                .chars()
                .all(|c| c.is_ascii_digit() || " ()./-".contains(c))
    });
    if plain {
        Cow::Borrowed(number)
    } else {
        neutralise(number)
    }
}

fn row_of(cells: Vec<String>) -> String {
    let mut row = String::new();
    write_row(&mut row, cells);
    row
}

/// The contacts as CSV: UTF-8 without a byte-order mark (it is for the importer, which would take
/// the
/// mark for a part of the first heading), CRLF.
#[must_use]
pub fn write(contacts: &[CrmContact]) -> String {
    let mut layout = Layout::default();
    contacts
        .iter()
        .for_each(|contact| layout.make_room(contact));
    let mut out = layout.heading();
    for contact in contacts {
        out.push_str(&layout.row(contact));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> (Vec<CrmContact>, Findings) {
        let mut contacts = Vec::new();
        let findings = read("contacts.csv", bytes.to_vec(), |contact| {
            contacts.push(contact)
        });
        (contacts, findings.unwrap())
    }

    #[test]
    fn spellings_of_headings() {
        let text = "id;FIRST NAME;last name;E-Mail;E-mail Address 2;\
                    Mobile Phone;Organization;assigned_to;Lead Source\n\
                    17;Jörg;Müller;Joerg@Example.org;\
                    j2@example.org, j3@example.org;+49 1;Seewind;3;Fair\n";
        let (contacts, findings) = all(text.as_bytes());
        assert!(findings.is_empty());
        assert_eq!(contacts.len(), 1);
        let contact = &contacts[0];
        assert_eq!(contact.id.as_deref(), Some("17"));
        assert_eq!(
            contact.emails,
            ["Joerg@Example.org", "j2@example.org", "j3@example.org"]
        );
        assert_eq!(contact.phones, ["+49 1"]);
        assert_eq!(
            (contact.company.as_str(), contact.assigned_to.as_str()),
            ("Seewind", "3")
        );
        assert_eq!(
            contact.custom,
            [("Lead Source".to_owned(), "Fair".to_owned())]
        );
    }

    #[test]
    fn rows_that_name_nobody_and_addresses_that_are_none_are_reported() {
        let (contacts, findings) =
            all(b"Email,Phone,First Name\nnobody,1,Ann\n,2,\nann@example.org,3,\n");
        assert_eq!(contacts.len(), 2);
        let got: Vec<_> = findings
            .iter()
            .map(|f| (f.code, f.place.part.as_ref()))
            .collect();
        assert_eq!(
            got,
            [
                ("crm.contacts.address", "line 2"),
                ("crm.contacts.nobody", "line 3")
            ]
        );
    }

    #[test]
    fn a_cell_beyond_the_headings_is_reported() {
        let (contacts, findings) = all(b"Email,Name\na@b.de,Ann,more\n");
        assert_eq!(contacts.len(), 1);
        let got: Vec<_> = findings.iter().map(|f| f.code).collect();
        assert_eq!(got, ["crm.contacts.no-heading"]);
    }

    #[test]
    fn no_headings_is_an_error_that_says_so() {
        let error = read("c.csv", b"\nred,green\n1,2\n".to_vec(), |_| {}).unwrap_err();
        let words = error.to_string();
        assert!(
            words.contains("c.csv") && words.contains("line 2") && words.contains("red, green")
        );
    }

    #[test]
    fn telephone_numbers_stay_and_formulas_do_not() {
        let contact = CrmContact {
            first_name: "=cmd|' /C calc'!A0".to_owned(),
            last_name: "@Lisa".to_owned(),
            phones: vec![
                "+49 (461) 555-01".to_owned(),
                "+1+1".to_owned(),
                "-2+3".to_owned(),
            ],
            custom: vec![("Note".to_owned(), "\t=1".to_owned())],
            ..CrmContact::default()
        };
        let text = write(std::slice::from_ref(&contact));
        assert!(text.ends_with("\r\n"));
        let row = text.lines().nth(1).unwrap();
        assert_eq!(
            row,
            "\"'=cmd|' /C calc'!A0\",'@Lisa,,+49 (461) 555-01,'+1+1,'-2+3,,,\"'\t=1\""
        );
        assert_eq!(all(text.as_bytes()).0, [contact]);
    }

    #[test]
    fn names_in_one_piece_are_split() {
        let of = |name: &str| {
            let (first, last) = split_name(name);
            format!("{first}|{last}")
        };
        assert_eq!(of("Jörg Müller"), "Jörg|Müller");
        assert_eq!(of("Müller, Jörg"), "Jörg|Müller");
        assert_eq!(of("田中 美咲"), "美咲|田中");
        assert_eq!(of("Cher"), "|Cher");
        assert_eq!(of(""), "|");
    }

    prop_compose! {
        fn contact()(
            id in prop::option::of("[0-9a-z]{1,6}"),
            names in prop::collection::vec("[=+@'A-Za-zäß美 ,;\"\n-]{0,9}", 3),
            emails in prop::collection::vec("[a-z=+-]{1,5}@[a-z]{1,5}\\.de", 0..3),
            phones in prop::collection::vec("[+=-]?[0-9 ()/-]{1,9}[0-9]", 0..3),
            custom in prop::collection::vec("[=@A-Za-z,\"\n]{1,8}", 0..3),
        ) -> CrmContact {
            let tidy = |text: &str| text.trim().to_owned();
            CrmContact {
                id,
                first_name: tidy(&names[0]),
                last_name: format!("x{}", tidy(&names[1])),
                company: tidy(&names[2]),
                emails,
                phones: phones.iter().map(|phone| tidy(phone)).collect(),
                custom: custom.iter().enumerate()
                    .filter(|(_, value)| !value.trim().is_empty())
                    .map(|(n, value)| (format!("Field {n}"), tidy(value))).collect(),
                ..CrmContact::default()
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(contacts in prop::collection::vec(contact(), 1..5)) {
            let (mut got, findings) = all(write(&contacts).as_bytes());
            // Fields come back in order of the columns.
            got.iter_mut().for_each(|contact| contact.custom.sort());
            prop_assert!(findings.is_empty(), "{:?}", findings);
            prop_assert_eq!(got, contacts);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut text = b"Email,Name,ID\n".to_vec();
            text.extend(bytes);
            let result = read("c.csv", text, |_| ());
            prop_assert!(result.is_ok());
        }
    }
}
