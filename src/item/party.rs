//! Who takes part: senders, recipients, attendees, owners.

use serde::{Deserialize, Serialize};

/// A person or mailbox that takes part in an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Party {
    /// Display name; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// SMTP address; `None` when only another kind of address is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Address as stored when it is not SMTP: `EX:/o=…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The part that a party plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Author of an e-mail (`from`).
    From,
    /// Mailbox that sent on behalf of the author.
    Sender,
    /// `To`.
    To,
    /// `Cc`.
    Cc,
    /// `Bcc`.
    Bcc,
    /// `Reply-To`.
    ReplyTo,
    /// Recipient that a report is about: whom a message did not reach.
    Reported,
    /// Organiser of a meeting.
    Organizer,
    /// Attendee of a meeting, resource included.
    Attendee,
    /// Owner of a task.
    Owner,
    /// Who assigned a task.
    Assigner,
}

impl Party {
    /// Whether nothing is known of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
