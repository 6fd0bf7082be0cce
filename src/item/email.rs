//! E-mails and their kin: reports, requests, posts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Body, Meeting, Party, Role, Text};

/// An e-mail or one of its kin; `nature` says which.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Email {
    /// What it is.
    pub nature: Nature,
    /// Subject with its prefix.
    pub subject: String,
    /// The prefix: `RE: `.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_prefix: Option<String>,
    /// `Message-ID` without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// `In-Reply-To` as stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// `References`: message ids without angle brackets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// Author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Party>,
    /// Mailbox that sent for the author, when it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Party>,
    /// `To`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Party>,
    /// `Cc`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Party>,
    /// `Bcc`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Party>,
    /// Where answers go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<Party>,
    /// Mailbox that received it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_by: Option<Party>,
    /// Mailbox for which it was received, when it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_for: Option<Party>,
    /// When it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Timestamp>,
    /// When it was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Timestamp>,
    /// Thread.
    #[serde(default, skip_serializing_if = "Conversation::is_default")]
    pub conversation: Conversation,
    /// What was done with it.
    #[serde(default, skip_serializing_if = "MailState::is_default")]
    pub state: MailState,
    /// Whether the sender asked for a read receipt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_receipt_requested: bool,
    /// Whether the sender asked for a delivery receipt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delivery_receipt_requested: bool,
    /// Priority of transport: -1, 0 or 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// When it ceases to matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it should be delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred_until: Option<Timestamp>,
    /// Vote by buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voting: Option<Voting>,
    /// Account by which it came or went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Of a report: what it reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// Of a meeting message: the meeting as it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<Meeting>,
    /// Of a task message: `PidLidTaskMode`, 0 to 5. The task itself is the item attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_mode: Option<i64>,
    /// Header fields as they came by transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<Text>,
    /// Text.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}

/// What an e-mail is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// A message.
    #[default]
    Message,
    /// It was delivered.
    DeliveryReport,
    /// It could not be delivered.
    NonDeliveryReport,
    /// It was read.
    ReadReport,
    /// It was deleted unread.
    NonReadReport,
    /// Invitation or update.
    MeetingRequest,
    /// Accepted.
    MeetingAcceptance,
    /// Tentatively accepted.
    MeetingTentative,
    /// Declined.
    MeetingDecline,
    /// Cancelled.
    MeetingCancellation,
    /// Told that an invitation was forwarded.
    MeetingForward,
    /// Assignment.
    TaskRequest,
    /// Assignment accepted.
    TaskAcceptance,
    /// Assignment declined.
    TaskDecline,
    /// News of an assigned task.
    TaskUpdate,
    /// A post in a folder.
    Post,
    /// Invitation to a shared folder, or answer to one.
    Sharing,
    /// Signed; the whole is in an attachment.
    Signed,
    /// Encrypted, or signed as a whole and not to be opened; the whole is in an attachment.
    Encrypted,
    /// Protected by rights management; the whole is in an attachment.
    RightsProtected,
    /// Recall of a message, or a report on one.
    Recall,
    /// A fax.
    Fax,
    /// A voice message.
    Voicemail,
    /// A reply or template that a rule sends.
    Rules,
}

impl Nature {
    /// Whether it is the default, which records leave out.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Subject without prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// `PidTagConversationIndex`, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
}

impl Conversation {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What was done with a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailState {
    /// Read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
    /// Not sent yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// Written by the owner of the mailbox.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_me: bool,
    /// What was last done with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_verb: Option<LastVerb>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_verb_time: Option<Timestamp>,
}

impl MailState {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// `PidTagLastVerbExecuted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastVerb {
    /// Replied to its sender.
    Replied,
    /// Replied to all.
    RepliedAll,
    /// Forwarded.
    Forwarded,
}

/// Voting by buttons.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voting {
    /// The options, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The answer given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// What a report reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Subject of the message reported on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_subject: Option<String>,
    /// When that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_sent: Option<Timestamp>,
    /// Its `Message-ID` without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_message_id: Option<String>,
    /// Its author, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_author: Option<String>,
    /// Its recipients, as shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_recipients: Option<String>,
    /// When it was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Timestamp>,
    /// Which server reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reporter: Option<String>,
    /// What the report says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What became of it, recipient by recipient.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<ReportedRecipient>,
}

/// A recipient of a message reported on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedRecipient {
    /// Name and address.
    #[serde(flatten)]
    pub party: Party,
    /// `PidTagNonDeliveryReportReasonCode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<i64>,
    /// `PidTagNonDeliveryReportDiagCode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<i64>,
    /// `PidTagNonDeliveryReportStatusCode`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// When it was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Timestamp>,
    /// What the server said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Email {
    /// Everyone who takes part, author first.
    pub(super) fn parties(&self) -> Vec<(Role, &Party)> {
        let lists = [
            (Role::To, &self.to),
            (Role::Cc, &self.cc),
            (Role::Bcc, &self.bcc),
            (Role::ReplyTo, &self.reply_to),
        ];
        let from = self.from.iter().map(|party| (Role::From, party));
        let sender = self.sender.iter().map(|party| (Role::Sender, party));
        from.chain(sender)
            .chain(
                lists
                    .into_iter()
                    .flat_map(|(role, list)| list.iter().map(move |party| (role, party))),
            )
            .chain(
                self.report
                    .iter()
                    .flat_map(|report| &report.recipients)
                    .map(|reported| (Role::Reported, &reported.party)),
            )
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_message_did_not_reach_takes_part_in_its_report() {
        let mut reported = ReportedRecipient::default();
        reported.party.email = Some("anna@example.net".to_owned());
        let email = Email {
            report: Some(Report {
                recipients: vec![reported.clone()],
                ..Report::default()
            }),
            ..Email::default()
        };
        assert_eq!(email.parties(), [(Role::Reported, &reported.party)]);
    }
}
