//! Contacts: persons and companies.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{BlobRef, Body, Party};

/// A person or company.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name as shown.
    pub display_name: String,
    /// Whether it stands for a company and not for a person of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_company: bool,
    /// Title before the name: `Dr.`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Middle names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// What follows the name: `Jr.`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// Nickname.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// Initials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initials: Option<String>,
    /// Name by which it is sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_as: Option<String>,
    /// How the name is said (yomi).
    #[serde(default, skip_serializing_if = "Phonetic::is_default")]
    pub phonetic: Phonetic,
    /// E-mail addresses, the main one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<ContactEmail>,
    /// Telephone, fax and like numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<Phone>,
    /// Postal addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<PostalAddress>,
    /// Company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Job title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    /// Profession.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profession: Option<String>,
    /// Office or room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
    /// Place in the words of the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Name of the manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// Name of the assistant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assistant: Option<String>,
    /// Name of the spouse or partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spouse: Option<String>,
    /// Names of the children.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<String>,
    /// Who referred the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referred_by: Option<String>,
    /// Birthday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthday: Option<Date>,
    /// Wedding anniversary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anniversary: Option<Date>,
    /// Web page of the business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_page: Option<String>,
    /// Personal web page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal_page: Option<String>,
    /// The web page that Outlook shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_page: Option<String>,
    /// FTP site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ftp_site: Option<String>,
    /// Address for instant messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub im_address: Option<String>,
    /// Where free-busy times are published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_busy_url: Option<String>,
    /// Hobbies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hobbies: Option<String>,
    /// Language, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Gender, when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// Customer id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Government id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub government_id: Option<String>,
    /// Account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Organizational id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizational_id: Option<String>,
    /// Name of the computer in its network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computer: Option<String>,
    /// Billing information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<String>,
    /// Mileage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mileage: Option<String>,
    /// The numbered fields of the user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_fields: Vec<UserField>,
    /// Whom the CRM assigns the contact to: a user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// Photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<BlobRef>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub notes: Body,
}

/// How the parts of a name are said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phonetic {
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
}

impl Phonetic {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// An e-mail address of a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactEmail {
    /// Which of the numbered addresses of Outlook it is: 1 to 3; from 4 on for those of other
    /// formats.
    pub slot: u8,
    /// Name and address.
    #[serde(flatten)]
    pub party: Party,
    /// Type of the address as stored, when it is not SMTP: `EX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What Outlook keeps as original display name: often the SMTP address of an EX address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
}

/// A telephone number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// What it is for.
    pub kind: PhoneKind,
    /// The number as written.
    pub number: String,
}

/// What a number is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneKind {
    /// Business.
    Business,
    /// Second business number.
    Business2,
    /// Home.
    Home,
    /// Second home number.
    Home2,
    /// Mobile.
    Mobile,
    /// The one to try first.
    Primary,
    /// Other.
    Other,
    /// Main number of the company.
    Company,
    /// Assistant.
    Assistant,
    /// To call back.
    Callback,
    /// Car.
    Car,
    /// Radio.
    Radio,
    /// Pager.
    Pager,
    /// Business fax.
    BusinessFax,
    /// Home fax.
    HomeFax,
    /// Other fax.
    OtherFax,
    /// ISDN.
    Isdn,
    /// Telex.
    Telex,
    /// Text telephone (TTY, TDD).
    Tty,
}

/// A postal address, whole and in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    /// Which address.
    pub kind: AddressKind,
    /// Whether mail goes to this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mailing: bool,
    /// Street, lines separated by line breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// Post office box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub po_box: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State, province or county.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Country by ISO 3166.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// The whole address as Outlook shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
}

/// Which address it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// Business.
    Business,
    /// Home.
    Home,
    /// Other.
    Other,
    /// A mailing address that is none of the others.
    Mailing,
}

/// `PidTagGender`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// A numbered field of the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserField {
    /// Its number, 1 to 4.
    pub number: u8,
    /// Its text.
    pub text: String,
}

impl Contact {
    /// SMTP addresses, the main one first.
    pub fn smtp_addresses(&self) -> impl Iterator<Item = &str> {
        self.emails
            .iter()
            .filter_map(|email| email.party.email.as_deref())
    }
}
