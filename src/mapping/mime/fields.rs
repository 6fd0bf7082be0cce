//! What a header field becomes: the rows from which the mapping works and of which the fidelity
//! table tells.
//!
//! *Invariant*: a field without a row is in `headers`, as all fields are; so a row takes nothing
//! away.

use jiff::Timestamp;

use crate::item::{Email, Party};

/// Which part of an e-mail a header field fills.
#[derive(Debug)]
pub(super) enum Slot {
    /// A text, decoded.
    Text(fn(&mut Email) -> &mut Option<String>),
    /// The first mailbox.
    Party(fn(&mut Email) -> &mut Option<Party>),
    /// Every mailbox of every field of the name.
    Parties(fn(&mut Email) -> &mut Vec<Party>),
    /// An instant.
    Time(fn(&mut Email) -> &mut Option<Timestamp>),
    /// Whether the field is there.
    Flag(fn(&mut Email) -> &mut bool),
    /// A message id.
    Id(fn(&mut Email) -> &mut Option<String>),
    /// What the mapping does by hand, in words.
    Hand(&'static str),
}

/// A row: a header field, the path of the field in the record, and the way from one to the other.
#[derive(Debug)]
pub(super) struct Row {
    /// Name of the header field.
    pub(super) name: &'static str,
    /// The path in the record.
    pub(super) path: &'static str,
    /// The way.
    pub(super) slot: Slot,
}

const fn row(name: &'static str, path: &'static str, slot: Slot) -> Row {
    Row { name, path, slot }
}

impl Row {
    /// How it is kept, in words.
    pub(super) fn how(&self) -> &'static str {
        match &self.slot {
            Slot::Text(_) => "kept, decoded",
            Slot::Party(_) => "the first mailbox",
            Slot::Parties(_) => "every mailbox of every such field; members of groups too",
            Slot::Time(_) => "kept, in UTC",
            Slot::Flag(_) => "whether it is there",
            Slot::Id(_) => "kept without angle brackets",
            Slot::Hand(how) => how,
        }
    }
}

/// Rows of the header of a message.
pub(super) static HEADER: &[Row] = &[
    row(
        "Subject",
        "subject",
        Slot::Hand("kept, decoded; a prefix of up to three letters also in `subject_prefix`"),
    ),
    row("From", "from", Slot::Party(|e| &mut e.from)),
    row(
        "Sender",
        "sender",
        Slot::Hand(
            "the first mailbox, when it is another than the author; the author without `From`",
        ),
    ),
    row("To", "to[]", Slot::Parties(|e| &mut e.to)),
    row("Cc", "cc[]", Slot::Parties(|e| &mut e.cc)),
    row("Bcc", "bcc[]", Slot::Parties(|e| &mut e.bcc)),
    row("Reply-To", "reply_to[]", Slot::Parties(|e| &mut e.reply_to)),
    row(
        "Delivered-To",
        "received_by",
        Slot::Party(|e| &mut e.received_by),
    ),
    row("Message-ID", "message_id", Slot::Id(|e| &mut e.message_id)),
    row(
        "In-Reply-To",
        "in_reply_to",
        Slot::Text(|e| &mut e.in_reply_to),
    ),
    row(
        "References",
        "references[]",
        Slot::Hand("every message id, without angle brackets"),
    ),
    row("Date", "sent", Slot::Time(|e| &mut e.sent)),
    row(
        "Received",
        "received",
        Slot::Hand("the date of the first, in UTC"),
    ),
    row(
        "Delivery-Date",
        "received",
        Slot::Hand(
            "kept, in UTC, without `Received`; else the date of the `From ` line of a mailbox",
        ),
    ),
    row(
        "Thread-Topic",
        "conversation.topic",
        Slot::Text(|e| &mut e.conversation.topic),
    ),
    row(
        "Thread-Index",
        "conversation.index",
        Slot::Hand("kept, as hex"),
    ),
    row("Importance", "importance", Slot::Hand("kept as a word")),
    row(
        "X-Priority",
        "importance",
        Slot::Hand("1 and 2 high, 4 and 5 low, without `Importance`"),
    ),
    row(
        "X-MSMail-Priority",
        "importance",
        Slot::Hand("kept as a word, without the ones before"),
    ),
    row(
        "Priority",
        "priority",
        Slot::Hand("urgent 1, normal 0, non-urgent -1; also `importance`, without the ones before"),
    ),
    row("Sensitivity", "sensitivity", Slot::Hand("kept as a word")),
    row(
        "Keywords",
        "categories[]",
        Slot::Hand("each, between commas"),
    ),
    row(
        "X-Keywords",
        "categories[]",
        Slot::Hand("each, between commas or else spaces"),
    ),
    row(
        "Categories",
        "categories[]",
        Slot::Hand("each, between commas"),
    ),
    row(
        "Disposition-Notification-To",
        "read_receipt_requested",
        Slot::Flag(|e| &mut e.read_receipt_requested),
    ),
    row(
        "X-Confirm-Reading-To",
        "read_receipt_requested",
        Slot::Flag(|e| &mut e.read_receipt_requested),
    ),
    row(
        "Return-Receipt-To",
        "delivery_receipt_requested",
        Slot::Flag(|e| &mut e.delivery_receipt_requested),
    ),
    row("Expires", "expires", Slot::Time(|e| &mut e.expires)),
    row("Expiry-Date", "expires", Slot::Time(|e| &mut e.expires)),
    row(
        "Deferred-Delivery",
        "deferred_until",
        Slot::Time(|e| &mut e.deferred_until),
    ),
    row("X-Unsent", "state.draft", Slot::Hand("1 is a draft")),
    row("Status", "state.read", Slot::Hand("R of a mailbox")),
    row(
        "X-Status",
        "state",
        Slot::Hand("A replied, F flagged (`follow_up`), T draft, of a mailbox"),
    ),
    row(
        "X-Mozilla-Status",
        "state",
        Slot::Hand("read, replied, flagged (`follow_up`), forwarded, of Thunderbird"),
    ),
    row(
        "X-Message-Flag",
        "follow_up.request",
        Slot::Hand("kept, flagged"),
    ),
    row(
        "Content-Class",
        "class",
        Slot::Hand("faxes, voice messages and rights protected messages; also `nature`"),
    ),
    row("Content-Language", "", Slot::Hand("only in `headers`")),
];

/// Rows of a part that is an attachment.
pub(super) static PART: &[Row] = &[
    row(
        "Content-Disposition",
        "attachments[].name",
        Slot::Hand(
            "`filename`; its dates and `inline` too; `size` left out; raw with other parameters",
        ),
    ),
    row(
        "Content-Type",
        "attachments[].media_type",
        Slot::Hand("the media type; `name` when there is no `filename`; raw with other parameters"),
    ),
    row(
        "Content-ID",
        "attachments[].content_id",
        Slot::Hand("kept without angle brackets"),
    ),
    row(
        "Content-Location",
        "attachments[].content_location",
        Slot::Hand("kept"),
    ),
    row(
        "Content-Transfer-Encoding",
        "",
        Slot::Hand("left out: chosen anew when written"),
    ),
];

/// Rows of a report (RFC 3464, RFC 8098).
pub(super) static REPORT: &[Row] = &[
    row(
        "Action",
        "nature",
        Slot::Hand("the worst of all recipients; the part is attached too"),
    ),
    row(
        "Disposition",
        "nature",
        Slot::Hand("displayed read, deleted not read"),
    ),
    row(
        "Reporting-MTA",
        "report.reporter",
        Slot::Hand("without its type"),
    ),
    row("Reporting-UA", "report.reporter", Slot::Hand("kept")),
    row(
        "Original-Message-ID",
        "report.original_message_id",
        Slot::Hand("kept without angle brackets; else that of the message returned"),
    ),
    row(
        "Final-Recipient",
        "report.recipients[].email",
        Slot::Hand("without its type; `address` when it is no SMTP address"),
    ),
    row(
        "Original-Recipient",
        "report.recipients[].email",
        Slot::Hand("without its type, when there is no final one"),
    ),
    row(
        "Status",
        "report.recipients[].status",
        Slot::Hand("5.1.2 as 512, of one that failed"),
    ),
    row(
        "Diagnostic-Code",
        "report.recipients[].text",
        Slot::Hand("kept"),
    ),
    row("Arrival-Date", "", Slot::Hand("only in the part")),
];
