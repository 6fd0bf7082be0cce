//! What a CRM knows: contacts, meetings, tasks, e-mails, notes, and who takes part in them.
//!
//! An item is what a store's message means, free of any format. It is the record of the exchange
//! bundle (`formats/items.md`), so every field has a stable name and path.
//!
//! *Invariant*: imports no format and no MAPI.

pub mod attachment;
pub mod blob;
pub mod contact;
pub mod distribution_list;
pub mod email;
pub mod hash;
pub mod hash_of_record;
pub mod identity;
pub mod journal;
pub mod meeting;
pub mod note;
pub mod party;
pub mod raw;
pub mod recurrence;
pub mod reminder;
pub mod task;
mod visit;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::base64;

pub use attachment::{Attachment, AttachmentData};
pub use blob::{Blob, BlobRef, Body, Text};
pub use contact::Contact;
pub use distribution_list::DistributionList;
pub use email::Email;
pub use identity::{IdentityKey, ItemId, Provenance};
pub use journal::Journal;
pub use meeting::Meeting;
pub use note::Note;
pub use party::{Party, Role};
pub use raw::{RawProperty, RawValue};
pub use recurrence::Recurrence;
pub use reminder::{FollowUp, Reminder};
pub use task::Task;

/// One item, of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The bridge id, the same in every export of this item.
    pub id: ItemId,
    /// What it is known by, strongest first (`formats/items.md`, identity).
    pub identity: Vec<IdentityKey>,
    /// Where it was seen.
    pub provenance: Vec<Provenance>,
    /// The message class of Outlook (`IPM.Contact`, …), or its nearest for other formats.
    pub class: String,
    /// Categories as the user wrote them, in stored order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// How confidential it is.
    #[serde(default, skip_serializing_if = "Sensitivity::is_default")]
    pub sensitivity: Sensitivity,
    /// Whether the user ticked "private" (`PidLidPrivate`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Whether it is a template, from which items are made (OFT).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub template: bool,
    /// How important.
    #[serde(default, skip_serializing_if = "Importance::is_default")]
    pub importance: Importance,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; evidence only, never identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
    /// What it is.
    #[serde(flatten)]
    pub content: Content,
    /// What reminds of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder: Option<Reminder>,
    /// A follow-up flag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<FollowUp>,
    /// Files and items attached to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Links that Outlook itself keeps to contacts.
    #[serde(default, skip_serializing_if = "OutlookLinks::is_empty")]
    pub outlook_links: OutlookLinks,
    /// Properties that the model does not know, untouched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<RawProperty>,
}

/// The kinds, each with its fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(
    clippy::large_enum_variant,
    reason = "items are handled one by one, not in arrays"
)]
pub enum Content {
    /// A person or company.
    Contact(Contact),
    /// A distribution list.
    DistributionList(DistributionList),
    /// An appointment or meeting in a calendar.
    Meeting(Meeting),
    /// A task.
    Task(Task),
    /// An e-mail, report, meeting request or post.
    Email(Email),
    /// A sticky note.
    Note(Note),
    /// A journal entry.
    Journal(Journal),
    /// A class that airbridge does not model; its properties ride in `raw`.
    Other(Other),
}

/// The kind of an item.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Kind {
    /// A person or company.
    Contact,
    /// A distribution list.
    DistributionList,
    /// An appointment or meeting.
    Meeting,
    /// A task.
    Task,
    /// An e-mail and its kin.
    Email,
    /// A sticky note.
    Note,
    /// A journal entry.
    Journal,
    /// Any other class.
    Other,
}

impl Kind {
    /// Every kind, in the order of bundles and reports.
    pub const ALL: [Self; 8] = [
        Self::Contact,
        Self::DistributionList,
        Self::Meeting,
        Self::Task,
        Self::Email,
        Self::Note,
        Self::Journal,
        Self::Other,
    ];

    /// The name in records, entry names and options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::DistributionList => "distribution_list",
            Self::Meeting => "meeting",
            Self::Task => "task",
            Self::Email => "email",
            Self::Note => "note",
            Self::Journal => "journal",
            Self::Other => "other",
        }
    }
}

/// An item of a class that airbridge does not model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// Its subject, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Its body.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}

/// `PidTagSensitivity` (MS-OXCMSG 2.2.1.13).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Not confidential.
    #[default]
    Normal,
    /// Personal.
    Personal,
    /// Private: left out of exports unless the profile says otherwise.
    Private,
    /// Confidential.
    Confidential,
}

/// `PidTagImportance` (MS-OXCMSG 2.2.1.11).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Importance {
    /// Low.
    Low,
    /// Normal.
    #[default]
    Normal,
    /// High.
    High,
}

/// The properties by which Outlook itself links an item to contacts (MS-OXCMSG 2.2.1.57 to
/// 2.2.1.60).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutlookLinks {
    /// `PidLidContactLinkSearchKey`, hex, one per contact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search_keys: Vec<String>,
    /// `PidLidContactLinkEntry`, hex, one per contact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entry_ids: Vec<String>,
    /// `PidLidContactLinkName` and `PidLidContacts`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// `PidLidCompanies`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companies: Vec<String>,
}

impl OutlookLinks {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Sensitivity {
    /// Whether it is the default, which records leave out.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Importance {
    /// Whether it is the default, which records leave out.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Item {
    /// An item of a class and a content, and nothing else.
    #[must_use]
    pub fn new(class: impl Into<String>, content: Content) -> Self {
        Self {
            id: ItemId::default(),
            identity: Vec::new(),
            provenance: Vec::new(),
            class: class.into(),
            categories: Vec::new(),
            sensitivity: Sensitivity::default(),
            private: false,
            template: false,
            importance: Importance::default(),
            created: None,
            modified: None,
            content,
            reminder: None,
            follow_up: None,
            attachments: Vec::new(),
            outlook_links: OutlookLinks::default(),
            raw: Vec::new(),
        }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.content {
            Content::Contact(_) => Kind::Contact,
            Content::DistributionList(_) => Kind::DistributionList,
            Content::Meeting(_) => Kind::Meeting,
            Content::Task(_) => Kind::Task,
            Content::Email(_) => Kind::Email,
            Content::Note(_) => Kind::Note,
            Content::Journal(_) => Kind::Journal,
            Content::Other(_) => Kind::Other,
        }
    }

    /// What a person would call it: display name or subject.
    #[must_use]
    pub fn title(&self) -> &str {
        match &self.content {
            Content::Contact(contact) => &contact.display_name,
            Content::DistributionList(list) => &list.name,
            Content::Meeting(meeting) => &meeting.subject,
            Content::Task(task) => &task.subject,
            Content::Email(email) => &email.subject,
            Content::Note(note) => &note.subject,
            Content::Journal(entry) => &entry.subject,
            Content::Other(other) => other.subject.as_deref().unwrap_or_default(),
        }
    }

    /// Everyone who takes part, with the role; a contact itself is not a party of its own.
    pub fn parties(&self) -> Vec<(Role, &Party)> {
        match &self.content {
            Content::Meeting(meeting) => meeting.parties(),
            Content::Task(task) => task.parties(),
            Content::Email(email) => email.parties(),
            _ => Vec::new(),
        }
    }

    /// The instant that date ranges go by: sent or received, start, due, else created.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        let own = match &self.content {
            Content::Meeting(meeting) => meeting.start,
            Content::Email(email) => email.sent.or(email.received),
            Content::Journal(entry) => entry.start,
            Content::Task(task) => task.due.or(task.start).and_then(|date| {
                let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
                Some(midnight.timestamp())
            }),
            _ => None,
        };
        own.or(self.created).or(self.modified)
    }

    /// Whether either of Outlook's private marks is set.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.private || self.sensitivity == Sensitivity::Private
    }
}
