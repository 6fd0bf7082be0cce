//! Reports: what became of another message.
//!
//! *Spec*: RFC 3464 (delivery status), RFC 8098 (disposition); MS-OXCMAIL 2.2.3.7.

use super::Session;
use super::email::party_of;
use crate::content;
use crate::finding::Effect;
use crate::item::Email;
use crate::item::email::{Nature, Report, ReportedRecipient};
use crate::limits;
use crate::mime::part::Shape;
use crate::mime::{Entity, Header, Message, address, date, encoded_word};

/// Bytes of the parts of a report that are read.
const REPORT_BYTES: u64 = 1 << 20;

/// Whether a part of this media type is a report.
pub(super) fn is_report(media_type: &str) -> bool {
    matches!(
        media_type,
        "message/delivery-status"
            | "message/global-delivery-status"
            | "message/disposition-notification"
            | "message/global-disposition-notification"
    )
}

/// Reads the reports among the parts.
pub(super) fn read(
    session: &mut Session<'_>,
    message: &Message,
    reports: &[usize],
    email: &mut Email,
) {
    let mut report = Report::default();
    let mut nature = None;
    for index in reports {
        let Some(entity) = message.entities.get(*index) else {
            continue;
        };
        let content = message.content(entity);
        let Ok(bytes) = content::read_all(&content, REPORT_BYTES) else {
            let detail = format!("a report over {REPORT_BYTES} bytes is attached, not read");
            session.find("mapping.mail.report-too-large", Effect::Noted, "", detail);
            continue;
        };
        let groups = groups(bytes);
        let own = if entity.media_type().ends_with("disposition-notification") {
            disposition(&groups, &mut report)
        } else {
            delivery(&groups, email, &mut report)
        };
        nature = nature.or(own);
    }
    let Some(nature) = nature.filter(|_| email.nature == Nature::Message) else {
        return;
    };
    email.nature = nature;
    of_original(message, &mut report);
    report.reported = email.sent;
    email.report = Some(report);
}

/// Groups of fields, between empty lines.
fn groups(bytes: Vec<u8>) -> Vec<Header> {
    let mut groups = Vec::new();
    let mut group = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            group.extend_from_slice(line);
        } else if !group.is_empty() {
            groups.push(Header::parse(std::mem::take(&mut group)));
        }
    }
    groups.push(Header::parse(group));
    groups.retain(|group| !group.is_empty());
    groups.truncate(limits::RECIPIENTS);
    groups
}

fn text(header: &Header, name: &str) -> Option<String> {
    let text = encoded_word::decode(header.get(name)?).text;
    Some(text).filter(|text| !text.is_empty())
}

/// What follows the type: `rfc822; ann@example.org`.
fn typed(header: &Header, name: &str) -> Option<String> {
    let text = text(header, name)?;
    let value = text
        .split_once(';')
        .map_or(text.as_str(), |(_, value)| value);
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn delivery(groups: &[Header], email: &Email, report: &mut Report) -> Option<Nature> {
    const ACTIONS: [&str; 5] = ["delivered", "expanded", "relayed", "delayed", "failed"];
    let mut worst = None;
    for group in groups {
        report.reporter = report
            .reporter
            .take()
            .or_else(|| typed(group, "Reporting-MTA"));
        let Some(recipient) =
            typed(group, "Final-Recipient").or_else(|| typed(group, "Original-Recipient"))
        else {
            continue;
        };
        let action = text(group, "Action")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let action = ACTIONS.iter().position(|own| *own == action);
        let failed = action == Some(4);
        worst = worst.max(action);
        let recipient = recipient.trim_matches(['<', '>']);
        let status = text(group, "Status").filter(|_| failed);
        report.recipients.push(ReportedRecipient {
            party: party_of(recipient),
            reason: None,
            diagnostic: None,
            status: status.as_deref().and_then(status_code),
            delivered: email.sent.filter(|_| action.is_some() && !failed),
            text: typed(group, "Diagnostic-Code"),
        });
    }
    match worst {
        Some(4) => Some(Nature::NonDeliveryReport),
        Some(_) => Some(Nature::DeliveryReport),
        // It says nothing of recipients, and is a report all the same.
        None => groups.first().map(|_| Nature::NonDeliveryReport),
    }
}

/// 5.1.2 is 512; digits over 9 are 0 (MS-OXCMAIL 2.2.3.7.1.3).
fn status_code(status: &str) -> Option<i64> {
    let code = status.split_whitespace().next()?;
    let mut parts = code.split('.').map(|part| part.parse::<i64>().ok());
    let (kind, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
    let digit = |number: i64| if (0..=9).contains(&number) { number } else { 0 };
    Some(digit(kind) * 100 + digit(subject) * 10 + digit(detail))
}

fn disposition(groups: &[Header], report: &mut Report) -> Option<Nature> {
    let group = groups.first()?;
    report.reporter = report
        .reporter
        .take()
        .or_else(|| text(group, "Reporting-UA"));
    let id = text(group, "Original-Message-ID");
    report.original_message_id = id.map(|id| super::parts::bare(&id).to_owned());
    if let Some(recipient) = typed(group, "Final-Recipient") {
        report.recipients.push(ReportedRecipient {
            party: party_of(&recipient),
            ..ReportedRecipient::default()
        });
    }
    let said = text(group, "Disposition")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let action = said.rsplit(';').next().unwrap_or_default().trim();
    Some(match action.split('/').next().unwrap_or_default() {
        "deleted" => Nature::NonReadReport,
        _ => Nature::ReadReport,
    })
}

/// What the message or header returned says of the message reported on.
fn of_original(message: &Message, report: &mut Report) {
    let returned = message.entities.iter().find_map(|entity| {
        if entity.shape == Shape::Message {
            let child = entity.children.first()?;
            return message
                .entities
                .get(*child)
                .map(|child| child.header.clone());
        }
        let headers = matches!(
            entity.media_type(),
            "text/rfc822-headers" | "message/global-headers"
        );
        headers.then(|| header_of(message, entity)).flatten()
    });
    let Some(header) = returned else { return };
    report.original_subject = text(&header, "Subject");
    report.original_sent = header
        .get("Date")
        .and_then(date::parse)
        .map(|dated| dated.instant);
    let id = text(&header, "Message-ID").map(|id| super::parts::bare(&id).to_owned());
    report.original_message_id = report.original_message_id.take().or(id);
    let author = header.get("From").map(address::parse);
    let author = author.and_then(|parsed| parsed.list.into_iter().next());
    report.original_author = author.map(|own| match own.name.is_empty() {
        true => own.address.unwrap_or_default(),
        false => own.name,
    });
    report.original_recipients = text(&header, "To");
}

fn header_of(message: &Message, entity: &Entity) -> Option<Header> {
    let bytes = content::read_all(&message.content(entity), REPORT_BYTES).ok()?;
    Some(Header::parse(bytes))
}
