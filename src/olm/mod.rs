//! Archives of Outlook for Mac (OLM): a zip of XML files, one for each message, one for each
//! address
//! book, calendar, task list and so on.
//!
//! *Spec*: none is published; what stands here is what Outlook for Mac 2011 to 2019 writes.
//!
//! *Shape*:
//!
//! ```text
//! Categories.xml                                              names and colours of categories
//! Local/…                                                     "On My Computer"
//! Accounts/me@example.org/com.microsoft.__Messages/Inbox/message_00000.xml
//! Accounts/me@example.org/com.microsoft.__Messages/Inbox/com.microsoft.__Attachments/…_0000
//! Accounts/me@example.org/Address Book/Contacts.xml           contacts; Groups.xml beside it
//! Accounts/me@example.org/Calendar/Calendar.xml               appointments
//! Accounts/me@example.org/Tasks/Tasks.xml, …/Notes/Notes.xml
//! ```
//!
//! The root of a file names what it holds (`emails`, `contacts`, …, with `elementCount`), its
//! children are the items (`email`, `contact`, …), their children the fields
//! (`OPFMessageCopySubject`
//! and so on): text, or elements whose attributes are fields in turn.
//!
//! *Invariants*: items are read one by one; an item that is not well formed costs no other; no
//! entity
//! is expanded but the five of XML and characters by number.
//!
//! *Seen in the wild*: times in UTC without saying so; numbers as `1E0` and `2.476E3`; the HTML
//! body
//! a second time where the plain text should be; folders named several times; elements in a
//! namespace (2011); addresses as child elements instead of attributes.

mod element;
mod files;
mod split;

pub use element::Element;
pub use files::{Olm, Place};

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `email`.
    Message,
    /// `contact`.
    Contact,
    /// `group`: a distribution list.
    Group,
    /// `appointment`.
    Appointment,
    /// `task`.
    Task,
    /// `note`.
    Note,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Message,
        Self::Contact,
        Self::Group,
        Self::Appointment,
        Self::Task,
        Self::Note,
    ];

    /// The name of its element.
    #[must_use]
    pub fn element(self) -> &'static str {
        match self {
            Self::Message => "email",
            Self::Contact => "contact",
            Self::Group => "group",
            Self::Appointment => "appointment",
            Self::Task => "task",
            Self::Note => "note",
        }
    }

    /// The kind whose items stand in a root of this name.
    #[must_use]
    pub fn of_root(root: &str) -> Option<Self> {
        let one = root.strip_suffix('s')?;
        Self::ALL.into_iter().find(|kind| kind.element() == one)
    }
}
