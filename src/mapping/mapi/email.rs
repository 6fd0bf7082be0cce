//! E-mails and their kin.
//!
//! *Spec*: MS-OXOMSG 2.2, MS-OXCMSG 2.2.1; classes of reports: MS-OXOMSG 2.2.2.
//!
//! *Seen in the wild*: no recipient rows, so the names shown or the header fields have to do; no
//! `PidTagInternetMessageId` beside header fields that have one.

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::parties::{self, Recipient};
use super::taker::Taker;
use super::{Parts, Session, Writing, body, distribution_list, meeting};
use crate::finding::Effect;
use crate::item::email::{LastVerb, MailState, Nature, Report, ReportedRecipient, Voting};
use crate::item::{Email, Party, Text};
use crate::mapi::entry_id::EntryId;
use crate::mapi::flat_entry_list::FlatEntryList;
use crate::mapi::verb_stream::VerbStream;
use crate::mapi::{FileTime, Message, PropertyBag, Value, codepage, pid_lid, pid_tag};
use crate::mapping::mime::email::{header_of, ids_of, mailboxes_of};

/// Rows of an e-mail.
pub(super) static EMAIL: &[Field<Email>] = &[
    Field::tag(
        pid_tag::INTERNET_MESSAGE_ID,
        "message_id",
        Slot::Hand("kept without angle brackets; looked for in the header fields when absent"),
    ),
    Field::tag(
        pid_tag::IN_REPLY_TO_ID,
        "in_reply_to",
        Slot::Text(|e| &mut e.in_reply_to),
    ),
    Field::tag(
        pid_tag::INTERNET_REFERENCES,
        "references[]",
        Slot::Hand("kept as a list; raw when it is more than message ids between spaces"),
    ),
    Field::tag(
        pid_tag::CLIENT_SUBMIT_TIME,
        "sent",
        Slot::Time(|e| &mut e.sent),
    ),
    Field::tag(
        pid_tag::MESSAGE_DELIVERY_TIME,
        "received",
        Slot::Time(|e| &mut e.received),
    ),
    Field::tag(
        pid_tag::CONVERSATION_TOPIC,
        "conversation.topic",
        Slot::Text(|e| &mut e.conversation.topic),
    ),
    Field::tag(
        pid_tag::CONVERSATION_INDEX,
        "conversation.index",
        Slot::Hex(|e| &mut e.conversation.index),
    ),
    Field::tag(
        pid_tag::READ_RECEIPT_REQUESTED,
        "read_receipt_requested",
        Slot::Flag(|e| &mut e.read_receipt_requested),
    ),
    Field::tag(
        pid_tag::ORIGINATOR_DELIVERY_REPORT_REQUESTED,
        "delivery_receipt_requested",
        Slot::Flag(|e| &mut e.delivery_receipt_requested),
    ),
    Field::tag(
        pid_tag::PRIORITY,
        "priority",
        Slot::Int(|e| &mut e.priority),
    ),
    Field::tag(
        pid_tag::EXPIRY_TIME,
        "expires",
        Slot::Time(|e| &mut e.expires),
    ),
    Field::tag(
        pid_tag::DEFERRED_DELIVERY_TIME,
        "deferred_until",
        Slot::Time(|e| &mut e.deferred_until),
    ),
    Field::lid(
        pid_lid::INTERNET_ACCOUNT_NAME,
        "account",
        Slot::Text(|e| &mut e.account),
    ),
    Field::lid(
        pid_lid::TASK_MODE,
        "task_mode",
        Slot::Int(|e| &mut e.task_mode),
    ),
    Field::lid(
        pid_lid::VERB_STREAM,
        "voting.options[]",
        Slot::Hand("also raw: the stream tells how each button behaves"),
    ),
    Field::lid(pid_lid::VERB_RESPONSE, "voting.answer", Slot::Hand("kept")),
    Field::tag(
        pid_tag::MESSAGE_FLAGS,
        "state",
        Slot::Hand(
            "read, draft and from_me are kept; raw when bits beyond those and unmodified, submitted, has attachments are set",
        ),
    ),
    Field::tag(
        pid_tag::LAST_VERB_EXECUTED,
        "state.last_verb",
        Slot::Hand("kept as a word; other numbers stay raw"),
    ),
    Field::tag(
        pid_tag::LAST_VERB_EXECUTION_TIME,
        "state.last_verb_time",
        Slot::Time(|e| &mut e.state.last_verb_time),
    ),
    Field::tag(
        pid_tag::TRANSPORT_MESSAGE_HEADERS,
        "headers",
        Slot::Hand("kept; over 32 KiB as a blob"),
    ),
    Field::tag(
        pid_tag::DISPLAY_TO,
        "to[].name",
        Slot::Hand("used only when there are no recipient rows; raw in any case"),
    ),
    Field::tag(
        pid_tag::DISPLAY_CC,
        "cc[].name",
        Slot::Hand("used only when there are no recipient rows; raw in any case"),
    ),
    Field::tag(
        pid_tag::DISPLAY_BCC,
        "bcc[].name",
        Slot::Hand("used only when there are no recipient rows; raw in any case"),
    ),
];

/// Rows of where answers go.
pub(super) static REPLY_TO: &[Field<Email>] = &[
    Field::tag(
        pid_tag::REPLY_RECIPIENT_ENTRIES,
        "reply_to[]",
        Slot::Hand("read as names and addresses; also raw, byte for byte"),
    ),
    Field::tag(
        pid_tag::REPLY_RECIPIENT_NAMES,
        "reply_to[].name",
        Slot::Hand("used only when there are no entries; raw in any case"),
    ),
];

/// Rows of a report.
pub(super) static REPORT: &[Field<Report>] = &[
    Field::tag(
        pid_tag::ORIGINAL_SUBJECT,
        "report.original_subject",
        Slot::Text(|r| &mut r.original_subject),
    ),
    Field::tag(
        pid_tag::ORIGINAL_SUBMIT_TIME,
        "report.original_sent",
        Slot::Time(|r| &mut r.original_sent),
    ),
    Field::tag(
        pid_tag::ORIGINAL_MESSAGE_ID,
        "report.original_message_id",
        Slot::Hand("kept without angle brackets"),
    ),
    Field::tag(
        pid_tag::ORIGINAL_AUTHOR_NAME,
        "report.original_author",
        Slot::Text(|r| &mut r.original_author),
    ),
    Field::tag(
        pid_tag::ORIGINAL_DISPLAY_TO,
        "report.original_recipients",
        Slot::Text(|r| &mut r.original_recipients),
    ),
    Field::tag(
        pid_tag::REPORT_TIME,
        "report.reported",
        Slot::Time(|r| &mut r.reported),
    ),
    Field::tag(
        pid_tag::REPORTING_MESSAGE_TRANSFER_AGENT,
        "report.reporter",
        Slot::Text(|r| &mut r.reporter),
    ),
    Field::tag(
        pid_tag::REPORT_TEXT,
        "report.text",
        Slot::Text(|r| &mut r.text),
    ),
];

/// What a message class says that an e-mail is; `None` when it is no class of e-mails. `class` is
/// in lower case.
pub(super) fn nature(class: &str) -> Option<Nature> {
    let is = |prefix: &str| {
        class
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if let Some(reported) = class.strip_prefix("report.") {
        let kind = reported.rsplit('.').next().unwrap_or_default();
        return Some(match kind {
            "dr" | "expanded" | "relayed" | "delayed" => Nature::DeliveryReport,
            "ipnrn" => Nature::ReadReport,
            "ipnnrn" => Nature::NonReadReport,
            _ => Nature::NonDeliveryReport,
        });
    }
    let known: [(&str, Nature); 24] = [
        ("ipm.schedule.meeting.resp.pos", Nature::MeetingAcceptance),
        ("ipm.schedule.meeting.resp.tent", Nature::MeetingTentative),
        ("ipm.schedule.meeting.resp.neg", Nature::MeetingDecline),
        ("ipm.schedule.meeting.canceled", Nature::MeetingCancellation),
        (
            "ipm.schedule.meeting.notification.forward",
            Nature::MeetingForward,
        ),
        ("ipm.schedule.meeting", Nature::MeetingRequest),
        ("ipm.taskrequest.accept", Nature::TaskAcceptance),
        ("ipm.taskrequest.decline", Nature::TaskDecline),
        ("ipm.taskrequest.update", Nature::TaskUpdate),
        ("ipm.taskrequest", Nature::TaskRequest),
        ("ipm.post", Nature::Post),
        ("ipm.sharing", Nature::Sharing),
        ("ipm.note.smime.multipartsigned", Nature::Signed),
        ("ipm.note.secure.sign", Nature::Signed),
        ("ipm.note.smime", Nature::Encrypted),
        ("ipm.note.secure", Nature::Encrypted),
        ("ipm.note.rpmsg", Nature::RightsProtected),
        ("ipm.note.microsoft.fax", Nature::Fax),
        ("ipm.note.microsoft.voicemail", Nature::Voicemail),
        ("ipm.note.rules", Nature::Rules),
        ("ipm.outlook.recall", Nature::Recall),
        ("ipm.recall.report", Nature::Recall),
        ("ipm.note", Nature::Message),
        ("ipm.infopathform", Nature::Message),
    ];
    let found = known.into_iter().find(|(prefix, _)| is(prefix));
    found.map(|(_, nature)| nature)
}

/// Whether it is about a meeting, so that its meeting properties make sense.
fn of_meeting(nature: Nature) -> bool {
    matches!(
        nature,
        Nature::MeetingRequest
            | Nature::MeetingAcceptance
            | Nature::MeetingTentative
            | Nature::MeetingDecline
            | Nature::MeetingCancellation
            | Nature::MeetingForward
    )
}

fn is_report(nature: Nature) -> bool {
    matches!(
        nature,
        Nature::DeliveryReport
            | Nature::NonDeliveryReport
            | Nature::ReadReport
            | Nature::NonReadReport
    )
}

/// Takes an e-mail.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    parts: &mut Parts<'_>,
    props: &PropertyBag,
    class: &str,
) -> Email {
    let mut email = Email {
        nature: nature(&class.to_ascii_lowercase()).unwrap_or_default(),
        ..Email::default()
    };
    if of_meeting(email.nature) {
        email.meeting = Some(meeting::of_message(session, taker, props));
    }
    taker.fill(&mut email, EMAIL);
    let subject = body::subject(taker);
    email.subject = subject.full.unwrap_or_default();
    email.subject_prefix = subject.prefix;
    if let Some(meeting) = &mut email.meeting {
        let prefix = email.subject_prefix.as_ref().map_or(0, String::len);
        email
            .subject
            .get(prefix..)
            .unwrap_or_default()
            .clone_into(&mut meeting.subject);
    }
    email.headers = body::text(session, taker, pid_tag::TRANSPORT_MESSAGE_HEADERS);
    let headers = match &email.headers {
        Some(Text::Inline(text)) => Some(text.clone()),
        _ => taker
            .peek(pid_tag::TRANSPORT_MESSAGE_HEADERS)
            .and_then(Value::as_str)
            .map(str::to_owned),
    };
    threads(taker, &mut email, headers.as_deref());
    email.from = parties::mailbox(taker, &parties::FROM);
    email.sender =
        parties::mailbox(taker, &parties::SENDER).filter(|own| Some(own) != email.from.as_ref());
    if email.from.is_none() {
        email.from = email.sender.take();
    }
    email.received_by = parties::mailbox(taker, &parties::RECEIVED_BY);
    email.received_for = parties::mailbox(taker, &parties::RECEIVED_FOR)
        .filter(|own| Some(own) != email.received_by.as_ref());
    email.state = state(taker, email.state);
    email.voting = voting(session, taker, props);
    email.reply_to = reply_to(session, taker, props);
    let rows = parties::recipients(session, &parts.message.recipients);
    if is_report(email.nature) {
        let (reported, rows) = rows.into_iter().partition(is_reported);
        email.report = Some(report(session, taker, reported, parts));
        if !rows.is_empty() {
            recipients(session, taker, rows, parts, &mut email, headers.as_deref());
        }
    } else {
        recipients(session, taker, rows, parts, &mut email, headers.as_deref());
    }
    email.body = body::read(session, taker, props);
    email
}

/// Gives an e-mail.
pub(super) fn write(
    session: &mut Writing<'_>,
    giver: &mut Giver,
    email: &Email,
    message: &mut Message,
) {
    if let Some(meeting) = &email.meeting {
        meeting::write_props(session, giver, meeting);
    }
    giver.pour(email, EMAIL);
    body::write_subject(giver, &email.subject, email.subject_prefix.as_deref());
    let headers = email.headers.as_ref().and_then(|text| session.text(text));
    giver.text(pid_tag::TRANSPORT_MESSAGE_HEADERS, headers.as_deref());
    let angled = |id: &String| format!("<{id}>");
    let id = email.message_id.as_ref().map(angled);
    giver.text(pid_tag::INTERNET_MESSAGE_ID, id.as_deref());
    let references: Vec<_> = email.references.iter().map(angled).collect();
    giver.text(pid_tag::INTERNET_REFERENCES, Some(&references.join(" ")));
    let sender = email.sender.as_ref().or(email.from.as_ref());
    for (mailbox, party) in [
        (parties::FROM, email.from.as_ref()),
        (parties::SENDER, sender),
        (parties::RECEIVED_BY, email.received_by.as_ref()),
        (
            parties::RECEIVED_FOR,
            email.received_for.as_ref().or(email.received_by.as_ref()),
        ),
    ] {
        parties::write_mailbox(giver, &mailbox, party);
    }
    write_state(giver, &email.state);
    if let Some(voting) = &email.voting {
        giver.text(pid_lid::VERB_RESPONSE, voting.answer.as_deref());
        if !voting.options.is_empty() && giver.get(pid_lid::VERB_STREAM).is_none() {
            let vote = VerbStream::vote(&voting.options, codepage::WESTERN);
            giver.put(pid_lid::VERB_STREAM, Value::Binary(vote.to_bytes()));
        }
    }
    write_reply_to(giver, &email.reply_to);
    if let Some(report) = &email.report {
        write_report(session, giver, report, message);
    }
    for (list, kind, shown) in [
        (&email.to, 1, pid_tag::DISPLAY_TO),
        (&email.cc, 2, pid_tag::DISPLAY_CC),
        (&email.bcc, 3, pid_tag::DISPLAY_BCC),
    ] {
        for party in list {
            parties::write_recipient(session, message, party, kind, &[]);
        }
        let names = list.iter().map(|party| match party.name.as_str() {
            "" => party.email.as_deref().unwrap_or_default(),
            name => name,
        });
        let names: Vec<&str> = names.collect();
        giver.expect(shown, Value::String(names.join("; ")));
    }
    body::write(session, giver, &email.body);
    let topic = email.subject_prefix.as_ref().map_or(0, String::len);
    let topic = email.subject.get(topic..).unwrap_or(&email.subject);
    giver.expect(pid_tag::CONVERSATION_TOPIC, Value::String(topic.to_owned()));
}

fn write_state(giver: &mut Giver, state: &MailState) {
    let raw = giver.get(pid_tag::MESSAGE_FLAGS).and_then(Value::as_i64);
    let mut flags = raw.unwrap_or_default() & !(READ | UNSENT | FROM_ME);
    for (set, bit) in [
        (state.read, READ),
        (state.draft, UNSENT),
        (state.from_me, FROM_ME),
    ] {
        flags |= if set { bit } else { 0 };
    }
    giver.int(pid_tag::MESSAGE_FLAGS, Some(flags));
    giver.word(
        pid_tag::LAST_VERB_EXECUTED,
        LAST_VERB,
        state.last_verb.as_ref(),
    );
}

/// Where answers go, unless the entries that are raw say it.
fn write_reply_to(giver: &mut Giver, parties: &[Party]) {
    let entries: Vec<_> = parties.iter().filter_map(parties::one_off).collect();
    if entries.is_empty() {
        return;
    }
    let list = FlatEntryList::new(entries).to_bytes();
    giver.expect(pid_tag::REPLY_RECIPIENT_ENTRIES, Value::Binary(list));
    let names: Vec<&str> = parties.iter().map(|party| party.name.as_str()).collect();
    giver.expect(
        pid_tag::REPLY_RECIPIENT_NAMES,
        Value::String(names.join(";")),
    );
}

fn write_report(
    session: &mut Writing<'_>,
    giver: &mut Giver,
    report: &Report,
    message: &mut Message,
) {
    giver.pour(report, REPORT);
    let id = report.original_message_id.as_ref();
    let id = id.map(|id| format!("<{id}>"));
    giver.text(pid_tag::ORIGINAL_MESSAGE_ID, id.as_deref());
    for reported in &report.recipients {
        let mut more = Vec::new();
        for (key, number) in [
            (pid_tag::NON_DELIVERY_REPORT_REASON_CODE, reported.reason),
            (pid_tag::NON_DELIVERY_REPORT_DIAG_CODE, reported.diagnostic),
            (pid_tag::NON_DELIVERY_REPORT_STATUS_CODE, reported.status),
        ] {
            let number = number.and_then(|number| i32::try_from(number).ok());
            more.extend(number.map(|number| (key, Value::I32(number))));
        }
        let delivered = reported.delivered.and_then(FileTime::of);
        more.extend(delivered.map(|time| (pid_tag::DELIVER_TIME, Value::Time(time))));
        let text = reported.text.clone().map(Value::String);
        more.extend(text.map(|text| (pid_tag::SUPPLEMENTARY_INFO, text)));
        parties::write_recipient(session, message, &reported.party, 1, &more);
    }
}

/// Message id and references, from their properties or else from the header fields.
fn threads(taker: &mut Taker<'_>, email: &mut Email, headers: Option<&str>) {
    let id = taker.text(pid_tag::INTERNET_MESSAGE_ID);
    email.message_id = id.map(|id| bare(&id).to_owned());
    if let Some(text) = taker
        .peek(pid_tag::INTERNET_REFERENCES)
        .and_then(Value::as_str)
    {
        let ids: Vec<&str> = text.split_ascii_whitespace().collect();
        if ids
            .iter()
            .all(|id| id.starts_with('<') && id.ends_with('>') && bare(id).len() + 2 == id.len())
        {
            taker.mark(pid_tag::INTERNET_REFERENCES);
        }
        email.references = ids.into_iter().map(|id| bare(id).to_owned()).collect();
    }
    let absent =
        email.message_id.is_none() || email.in_reply_to.is_none() || email.references.is_empty();
    let Some(text) = headers.filter(|_| absent) else {
        return;
    };
    let header = header_of(text);
    let ids = |name| ids_of(&header, name).into_iter();
    if email.message_id.is_none() {
        email.message_id = ids("Message-ID").next();
    }
    if email.in_reply_to.is_none() {
        email.in_reply_to = ids("In-Reply-To").next().map(|id| format!("<{id}>"));
    }
    if email.references.is_empty() {
        email.references = ids("References").collect();
    }
}

/// A message id without its angle brackets.
pub(super) fn bare(id: &str) -> &str {
    let id = id.trim();
    id.strip_prefix('<')
        .and_then(|id| id.strip_suffix('>'))
        .unwrap_or(id)
}

/// Bits of `PidTagMessageFlags`.
const READ: i64 = 0x01;
const UNSENT: i64 = 0x08;
const FROM_ME: i64 = 0x20;

/// `PidTagMessageFlags` (MS-OXCMSG 2.2.1.6).
fn state(taker: &mut Taker<'_>, filled: MailState) -> MailState {
    /// Unmodified, submitted, has attachments: told by other fields or nothing to a reader.
    const TOLD: i64 = 0x02 | 0x04 | 0x10;
    let mut state = filled;
    let flags = taker
        .peek(pid_tag::MESSAGE_FLAGS)
        .and_then(Value::as_i64)
        .unwrap_or_default();
    state.read = flags & READ != 0;
    state.draft = flags & UNSENT != 0;
    state.from_me = flags & FROM_ME != 0;
    if flags & !(READ | UNSENT | FROM_ME | TOLD) == 0 {
        taker.mark(pid_tag::MESSAGE_FLAGS);
    }
    state.last_verb = taker.word(pid_tag::LAST_VERB_EXECUTED, LAST_VERB);
    state
}

/// `PidTagLastVerbExecuted` (MS-OXOMSG 2.2.1.8).
const LAST_VERB: &[(i64, LastVerb)] = &[
    (102, LastVerb::Replied),
    (103, LastVerb::RepliedAll),
    (104, LastVerb::Forwarded),
];

/// The buttons of `PidLidVerbStream` (MS-OXOMSG 2.2.1.74) that are options of a vote, and the
/// answer.
fn voting(session: &mut Session<'_>, taker: &mut Taker<'_>, props: &PropertyBag) -> Option<Voting> {
    let page = codepage::item_code_page(props).unwrap_or(codepage::WESTERN);
    let stream = taker.peek(pid_lid::VERB_STREAM).and_then(Value::as_bytes);
    let options = stream.map_or_else(Vec::new, |bytes| match VerbStream::from_bytes(bytes) {
        Ok(verbs) => verbs
            .voting_options(page)
            .into_iter()
            .map(|(_, name)| name)
            .collect(),
        Err(error) => {
            let detail = format!("buttons are kept raw only: {error}");
            session.find("mapping.email.verbs", Effect::Noted, detail);
            Vec::new()
        }
    });
    let answer = taker.text(pid_lid::VERB_RESPONSE);
    (!options.is_empty() || answer.is_some()).then_some(Voting { options, answer })
}

/// `PidTagReplyRecipientEntries`, or else the names beside it.
fn reply_to(session: &mut Session<'_>, taker: &mut Taker<'_>, props: &PropertyBag) -> Vec<Party> {
    let page = codepage::item_code_page(props).unwrap_or(codepage::WESTERN);
    let stored = taker
        .peek(pid_tag::REPLY_RECIPIENT_ENTRIES)
        .and_then(Value::as_bytes);
    let listed = stored.and_then(|bytes| FlatEntryList::from_bytes(bytes).ok());
    let mut found = Vec::new();
    if let Some((list, findings)) = listed {
        session.adopt(findings);
        for entry in &list.entries {
            let id = EntryId::from_bytes(&entry.bytes).ok();
            found.extend(id.and_then(|id| distribution_list::party(&id, page)));
        }
    }
    let names = taker
        .peek(pid_tag::REPLY_RECIPIENT_NAMES)
        .and_then(Value::as_str);
    let names = names.unwrap_or_default().split(';').map(str::trim);
    if found.is_empty() {
        let known = names.filter(|name| !name.is_empty());
        found.extend(known.map(|name| parties::party(Some(name.to_owned()), None, None, None)));
    }
    found
}

/// Whether a row of a report tells what became of a recipient of the message reported on (MS-OXOMSG
/// 2.2.2). The rows of reports that came over the internet do not: they name who gets the report.
fn is_reported(row: &Recipient<'_>) -> bool {
    [
        pid_tag::NON_DELIVERY_REPORT_REASON_CODE,
        pid_tag::NON_DELIVERY_REPORT_DIAG_CODE,
        pid_tag::NON_DELIVERY_REPORT_STATUS_CODE,
        pid_tag::DELIVER_TIME,
        pid_tag::RECEIPT_TIME,
        pid_tag::REPORT_TIME,
        pid_tag::REPORT_TEXT,
        pid_tag::SUPPLEMENTARY_INFO,
    ]
    .into_iter()
    .any(|id| row.taker.property(id).is_some())
}

fn report(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    rows: Vec<Recipient<'_>>,
    parts: &mut Parts<'_>,
) -> Report {
    let mut report = Report::default();
    taker.fill(&mut report, REPORT);
    let id = taker.text(pid_tag::ORIGINAL_MESSAGE_ID);
    report.original_message_id = id.map(|id| bare(&id).to_owned());
    let mut rows = rows;
    for row in &mut rows {
        let taker = &mut row.taker;
        report.recipients.push(ReportedRecipient {
            party: row.party.clone(),
            reason: taker.int(pid_tag::NON_DELIVERY_REPORT_REASON_CODE),
            diagnostic: taker.int(pid_tag::NON_DELIVERY_REPORT_DIAG_CODE),
            status: taker.int(pid_tag::NON_DELIVERY_REPORT_STATUS_CODE),
            delivered: taker.time(pid_tag::DELIVER_TIME),
            text: taker.text(pid_tag::SUPPLEMENTARY_INFO),
        });
    }
    parties::keep_rest(session, &rows, parts);
    report
}

fn recipients(
    session: &mut Session<'_>,
    taker: &Taker<'_>,
    rows: Vec<Recipient<'_>>,
    parts: &mut Parts<'_>,
    email: &mut Email,
    headers: Option<&str>,
) {
    parties::keep_rest(session, &rows, parts);
    if rows.is_empty() {
        without_rows(session, taker, email, headers);
        return;
    }
    for row in rows {
        match row.kind {
            0 => {
                let known = email
                    .from
                    .as_ref()
                    .is_some_and(|from| from.email == row.party.email);
                if email.from.is_none() {
                    email.from = Some(row.party);
                } else if !known {
                    email.to.push(row.party);
                }
            }
            2 => email.cc.push(row.party),
            3 => email.bcc.push(row.party),
            _ => email.to.push(row.party),
        }
    }
}

/// Recipients of a message without recipient rows: from its header fields, else the names shown.
fn without_rows(
    session: &mut Session<'_>,
    taker: &Taker<'_>,
    email: &mut Email,
    headers: Option<&str>,
) {
    if let Some(text) = headers {
        let header = header_of(text);
        email.to = mailboxes_of(&header, "To");
        email.cc = mailboxes_of(&header, "Cc");
        email.bcc = mailboxes_of(&header, "Bcc");
    }
    let shown = [
        (pid_tag::DISPLAY_TO, &mut email.to),
        (pid_tag::DISPLAY_CC, &mut email.cc),
        (pid_tag::DISPLAY_BCC, &mut email.bcc),
    ];
    let mut any = false;
    for (id, list) in shown {
        let names = taker.peek(id).and_then(Value::as_str).unwrap_or_default();
        if list.is_empty() {
            let names = names
                .split(';')
                .map(str::trim)
                .filter(|name| !name.is_empty());
            list.extend(names.map(|name| parties::party(Some(name.to_owned()), None, None, None)));
        }
        any |= !list.is_empty();
    }
    if any {
        let detail =
            "no recipient rows: recipients are those of the header fields or the names shown";
        session.find("mapping.email.no-recipient-rows", Effect::Altered, detail);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::Key;
    use super::super::fixture::{bag, map, message, raw_names, text, time};
    use super::*;
    use crate::item::{Content, IdentityKey, Item};
    use crate::mapi::{AttachmentData, Message};

    fn email(item: &Item) -> &Email {
        match &item.content {
            Content::Email(email) => email,
            other => panic!("{other:?}"),
        }
    }

    fn row(kind: i32, name: &str, address: &str) -> PropertyBag {
        bag([
            (Key::Tag(pid_tag::RECIPIENT_TYPE), Value::I32(kind)),
            (Key::Tag(pid_tag::DISPLAY_NAME), text(name)),
            (Key::Tag(pid_tag::ADDRESS_TYPE), text("SMTP")),
            (Key::Tag(pid_tag::EMAIL_ADDRESS), text(address)),
        ])
    }

    #[test]
    fn a_message_with_recipients() {
        let mut from = message(
            "IPM.Note",
            vec![
                (Key::Tag(pid_tag::SUBJECT), text("\u{1}\u{5}RE: Boat")),
                (Key::Tag(pid_tag::NORMALIZED_SUBJECT), text("Boat")),
                (Key::Tag(pid_tag::INTERNET_MESSAGE_ID), text("<1@x>")),
                (
                    Key::Tag(pid_tag::INTERNET_REFERENCES),
                    text("<a@x>\r\n <b@x>"),
                ),
                (Key::Tag(pid_tag::SENT_REPRESENTING_NAME), text("Ann")),
                (
                    Key::Tag(pid_tag::SENT_REPRESENTING_ADDRESS_TYPE),
                    text("EX"),
                ),
                (
                    Key::Tag(pid_tag::SENT_REPRESENTING_EMAIL_ADDRESS),
                    text("/o=a/cn=ann"),
                ),
                (
                    Key::Tag(pid_tag::SENT_REPRESENTING_SMTP_ADDRESS),
                    text("ann@example.org"),
                ),
                (
                    Key::Tag(pid_tag::CLIENT_SUBMIT_TIME),
                    time("2024-05-01T10:00:00Z"),
                ),
                (Key::Tag(pid_tag::MESSAGE_FLAGS), Value::I32(0x21)),
                (Key::Tag(pid_tag::SEARCH_KEY), Value::Binary(vec![7; 16])),
                (
                    Key::Tag(pid_tag::HTML),
                    Value::Binary(b"<p>Gr\xFC\xDFe".to_vec()),
                ),
                (Key::Tag(pid_tag::INTERNET_CODEPAGE), Value::I32(28_591)),
            ],
        );
        from.recipients = vec![
            row(1, "Bob", "bob@example.org"),
            row(0x1000_0002_u32.cast_signed(), "Cy", "cy@example.org"),
            row(3, "Di", "di@example.org"),
        ];
        let mapped = map(&from);
        let own = email(&mapped.item);
        assert_eq!(own.subject, "RE: Boat");
        assert_eq!(own.subject_prefix.as_deref(), Some("RE: "));
        assert_eq!(own.message_id.as_deref(), Some("1@x"));
        assert_eq!(own.references, ["a@x", "b@x"]);
        let from = own.from.as_ref().unwrap();
        assert_eq!(from.email.as_deref(), Some("ann@example.org"));
        assert_eq!(from.address.as_deref(), Some("EX:/o=a/cn=ann"));
        assert!(own.state.read && own.state.from_me && !own.state.draft);
        let address = |list: &[Party]| list[0].email.clone().unwrap();
        assert_eq!(address(&own.to), "bob@example.org");
        assert_eq!(address(&own.cc), "cy@example.org");
        assert_eq!(address(&own.bcc), "di@example.org");
        assert_eq!(own.body.html, Some(Text::Inline("<p>Grüße".to_owned())));
        assert_eq!(
            raw_names(&mapped.item),
            ["PidTagSearchKey", "PidTagInternetCodepage"]
        );
        let keys = &mapped.item.identity;
        assert!(matches!(keys[0], IdentityKey::SearchKey(_)), "{keys:?}");
        assert_eq!(keys[1], IdentityKey::MessageId("1@x".to_owned()));
        assert!(mapped.findings.is_empty());
    }

    #[test]
    fn without_rows_the_header_fields_count_then_the_names() {
        let headers = "To: Bob <bob@example.org>\r\nMessage-ID: <h@x>\r\n\r\n";
        let from = message(
            "IPM.Note",
            vec![
                (Key::Tag(pid_tag::TRANSPORT_MESSAGE_HEADERS), text(headers)),
                (Key::Tag(pid_tag::DISPLAY_TO), text("Bob")),
                (Key::Tag(pid_tag::DISPLAY_CC), text("Cy; Di")),
            ],
        );
        let mapped = map(&from);
        let own = email(&mapped.item);
        assert_eq!(own.to[0].email.as_deref(), Some("bob@example.org"));
        let names: Vec<_> = own.cc.iter().map(|party| party.name.as_str()).collect();
        assert_eq!(names, ["Cy", "Di"]);
        assert_eq!(own.message_id.as_deref(), Some("h@x"));
        let codes: Vec<_> = mapped.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["mapping.email.no-recipient-rows"]);
    }

    #[test]
    fn classes_say_what_it_is() {
        for (class, wanted) in [
            ("IPM.Note", Nature::Message),
            ("IPM.NOTE.SMIME.MultipartSigned", Nature::Signed),
            ("IPM.Note.SMIME", Nature::Encrypted),
            ("REPORT.IPM.Note.NDR", Nature::NonDeliveryReport),
            ("REPORT.IPM.Note.IPNRN", Nature::ReadReport),
            (
                "REPORT.IPM.Schedule.Meeting.Request.DR",
                Nature::DeliveryReport,
            ),
            ("IPM.Schedule.Meeting.Request", Nature::MeetingRequest),
            ("IPM.Schedule.Meeting.Resp.Neg", Nature::MeetingDecline),
            ("IPM.Schedule.Meeting.Canceled", Nature::MeetingCancellation),
            ("IPM.TaskRequest.Accept", Nature::TaskAcceptance),
            ("IPM.Post.Rss", Nature::Post),
        ] {
            assert_eq!(nature(&class.to_ascii_lowercase()), Some(wanted), "{class}");
        }
        for class in ["ipm.notebook", "ipm.contact", "ipm.configuration.x"] {
            assert_eq!(nature(class), None, "{class}");
        }
    }

    #[test]
    fn messages_in_messages_end_at_the_limit() {
        let mut outer = message("IPM.Note", vec![]);
        for _ in 0..crate::limits::EMBEDDED_DEPTH + 2 {
            let inner = std::mem::take(&mut outer);
            let attachment = crate::mapi::Attachment {
                props: PropertyBag::default(),
                data: AttachmentData::Message(Box::new(inner)),
            };
            outer = Message {
                attachments: vec![attachment],
                ..message("IPM.Note", vec![])
            };
        }
        let mapped = map(&outer);
        let codes: Vec<_> = mapped.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["mapping.embedded.too-deep"]);
    }

    #[test]
    fn a_report_tells_of_its_recipients() {
        let mut from = message(
            "REPORT.IPM.Note.NDR",
            vec![(Key::Tag(pid_tag::ORIGINAL_SUBJECT), text("Boat"))],
        );
        from.recipients = vec![bag([
            (Key::Tag(pid_tag::DISPLAY_NAME), text("nobody@example.org")),
            (
                Key::Tag(pid_tag::NON_DELIVERY_REPORT_DIAG_CODE),
                Value::I32(1),
            ),
            (
                Key::Tag(pid_tag::SUPPLEMENTARY_INFO),
                text("550 no such user"),
            ),
        ])];
        from.recipients.push(bag([
            (Key::Tag(pid_tag::DISPLAY_NAME), text("ann@example.org")),
            (Key::Tag(pid_tag::RECIPIENT_TYPE), Value::I32(1)),
        ]));
        let mapped = map(&from);
        let own = email(&mapped.item);
        let report = own.report.as_ref().unwrap();
        assert_eq!(report.original_subject.as_deref(), Some("Boat"));
        let failed = &report.recipients[0];
        assert_eq!(failed.party.email.as_deref(), Some("nobody@example.org"));
        assert_eq!(failed.diagnostic, Some(1));
        assert_eq!(failed.text.as_deref(), Some("550 no such user"));
        assert_eq!(report.recipients.len(), 1);
        assert_eq!(own.to.len(), 1);
        assert_eq!(own.to[0].email.as_deref(), Some("ann@example.org"));
    }
}
