//! The bodies and attachments of an e-mail to the parts of a message.
//!
//! *Spec*: RFC 2046, 2387; RFC 8551 (S/MIME); RFC 6522 (reports).
//!
//! *Rules*: plain text and HTML are alternatives; what the HTML shows is related to it; the rest is
//! mixed. A signed entity that rode along whole is given back byte for byte; an encrypted one is
//! the message. An embedded e-mail is a message; any other item is attached as an MSG file.

use super::attached::{attachment, typed};
use super::attachment::signed_header;
use super::calendar::{self, WithCalendar};
use super::signed::{around_signed, signed};
use super::writing::{self, Writing};
use super::{heading, report};
use crate::item::blob::BodyForm;
use crate::item::email::Nature;
use crate::item::{Attachment, AttachmentData, Content, Email, Item, RawValue, Text};
use crate::limits;
use crate::mapping::opaque;
use crate::mime::write::{Body, Part, field};

/// The message of an e-mail. One about a meeting has a calendar, whether it came with one or not.
pub(super) fn message(session: &mut Writing<'_>, item: &Item, email: &Email) -> Part {
    let Some((item, calendar)) = calendar::added(item, email, session.blobs) else {
        return composed(session, item, email);
    };
    let blobs = WithCalendar {
        blobs: session.blobs,
        calendar,
    };
    let mut own = Writing {
        blobs: &blobs,
        findings: std::mem::take(&mut session.findings),
        locator: session.locator.clone(),
        depth: session.depth,
    };
    let part = composed(&mut own, &item, email);
    session.findings = own.findings;
    part
}

fn composed(session: &mut Writing<'_>, item: &Item, email: &Email) -> Part {
    let mut header = heading::write(session, item, email);
    let (mut part, said) = body(session, item, email);
    session.tell(item, &header);
    session.tell_raw(item);
    let by_parts = told_by_parts(session, item, &header);
    let said = match &by_parts {
        Some(told) if said == Nature::Message => told.nature,
        _ => said,
    };
    heading::tell_class(session, item, said, email.nature);
    let json = |value: Result<serde_json::Value, _>| value.unwrap_or_default();
    let told = by_parts.unwrap_or_default();
    for (path, own, told) in [
        (
            "meeting",
            serde_json::to_value(&email.meeting),
            serde_json::to_value(&told.meeting),
        ),
        (
            "report",
            serde_json::to_value(&email.report),
            serde_json::to_value(&told.report),
        ),
    ] {
        session.compare(path, json(own), json(told));
    }
    let says_version = match &part.body {
        Body::Entity(own) => signed_header(&**own).is_some_and(|h| h.get("MIME-Version").is_some()),
        _ => false,
    };
    if !says_version {
        header.extend_from_slice(b"MIME-Version: 1.0\r\n");
    }
    header.append(&mut part.header);
    part.header = header;
    part
}

pub(super) fn is_calendar(own: &Attachment) -> bool {
    let kind = own.media_type.as_deref().unwrap_or_default();
    let named = || own.name.to_ascii_lowercase().ends_with(".ics");
    match kind {
        "text/calendar" | "application/ics" | "text/x-vcalendar" => true,
        "application/octet-stream" | "text/plain" | "" => named(),
        _ => false,
    }
}

fn is_report(own: &Attachment) -> bool {
    report::is_report(own.media_type.as_deref().unwrap_or_default())
}

/// What a reader makes of the calendars and reports of a mail.
fn told_by_parts(session: &mut Writing<'_>, item: &Item, header: &[u8]) -> Option<Email> {
    let mut told = Vec::new();
    let reports = item.attachments.iter().any(is_report);
    for own in &item.attachments {
        let blob = match &own.data {
            AttachmentData::File { blob } => blob,
            AttachmentData::Item { item } if reports => {
                told.extend(original(session, item));
                continue;
            }
            _ => continue,
        };
        let content = session.blobs.content(blob);
        let content = content.filter(|own| own.size() <= limits::MIME_TEXT_BYTES);
        let headers = own.media_type.as_deref() == Some("text/rfc822-headers");
        let tells = is_calendar(own) || is_report(own) || (reports && headers);
        let (true, Some(content)) = (tells, content) else {
            continue;
        };
        let mut header = Vec::new();
        let kind = own.media_type.as_deref();
        let kind = kind.unwrap_or("application/octet-stream");
        typed(&mut header, own, kind, &own.name);
        told.push(Part {
            header,
            body: Body::File(content),
        });
    }
    if told.is_empty() {
        return None;
    }
    let mut bytes = header.to_vec();
    crate::mime::write::write(&parts("mixed", told), &mut bytes).ok()?;
    match writing::read_mail(bytes)?.content {
        Content::Email(email) => Some(email),
        _ => None,
    }
}

/// The message that a report is about, without its body.
fn original(session: &mut Writing<'_>, item: &Item) -> Option<Part> {
    let Content::Email(email) = &item.content else {
        return None;
    };
    let inner = Part {
        header: heading::write(session, item, email),
        body: Body::Text(String::new()),
    };
    Some(Part {
        header: b"Content-Type: message/rfc822\r\n".to_vec(),
        body: Body::Message(Box::new(inner)),
    })
}

/// The structure of a message, and what a reader will take the message for.
fn body(session: &mut Writing<'_>, item: &Item, email: &Email) -> (Part, Nature) {
    if let Some(entity) = signed(session, item, email) {
        let part = around_signed(session, item, email, entity);
        return (part, Nature::Signed);
    }
    if email.body.native == Some(BodyForm::Signed) {
        session.altered("body.native", "the signed entity is not there");
    }
    let texts = texts(session, email);
    if let ([own], true) = (item.attachments.as_slice(), texts.is_empty())
        && is_encrypted(own)
    {
        let mut own = own.clone();
        // Those that are fields of the message are in its header.
        own.raw.retain(|raw| heading::of_structure(&raw.name));
        let part = attachment(session, 0, &own, false);
        return (part, nature_of_encrypted(&own));
    }
    structure(session, item, email, texts)
}

/// Whether an attachment is a message in S/MIME.
fn is_encrypted(own: &Attachment) -> bool {
    own.media_type.as_deref().is_some_and(opaque::is_type)
}

fn nature_of_encrypted(own: &Attachment) -> Nature {
    let typed = own
        .raw
        .iter()
        .find(|raw| raw.name.eq_ignore_ascii_case("content-type"));
    let only_certificates = typed.is_some_and(|raw| match &raw.value {
        RawValue::Text(text) => text.contains("certs-only"),
        _ => false,
    });
    if only_certificates {
        Nature::Message
    } else {
        Nature::Encrypted
    }
}

/// The texts of a body, as parts.
fn texts(session: &mut Writing<'_>, email: &Email) -> Vec<Part> {
    let body = &email.body;
    if body.rtf.is_some() {
        if body.plain.is_none() && body.html.is_none() {
            session.lost("body.rtf", "RTF has no place in a mail");
        } else {
            session.altered("body.rtf", "left out; its text is in the other forms");
        }
    }
    let mut parts = Vec::new();
    for (own, kind, path) in [
        (&body.plain, "text/plain", "body.plain"),
        (&body.html, "text/html", "body.html"),
    ] {
        let Some(own) = own else { continue };
        let mut header = Vec::new();
        field::parameterized(&mut header, "Content-Type", kind, [("charset", "utf-8")]);
        let large = match own {
            Text::Blob(blob) => session
                .content(blob, path)
                .filter(|content| content.size() > limits::MIME_TEXT_BYTES),
            Text::Inline(_) => None,
        };
        let body = match large {
            Some(content) => {
                session.altered(path, "so large a text is an attachment when it is read");
                Some(Body::File(content))
            }
            None => session.text(own, path).and_then(|text| {
                if text.is_empty() {
                    session.altered(path, "an empty text is none in a mail");
                }
                (!text.is_empty()).then_some(Body::Text(text))
            }),
        };
        parts.extend(body.map(|body| Part { header, body }));
    }
    let read = match (body.html.is_some(), body.plain.is_some()) {
        (true, _) => Some(BodyForm::Html),
        (false, true) => Some(BodyForm::Plain),
        (false, false) => None,
    };
    if body.native.is_some() && body.native != read && body.native != Some(BodyForm::Signed) {
        session.altered(
            "body.native",
            format_args!("{read:?}, not {:?}", body.native),
        );
    }
    parts
}

/// Texts, what they show, and what is attached.
fn structure(
    session: &mut Writing<'_>,
    item: &Item,
    email: &Email,
    texts: Vec<Part>,
) -> (Part, Nature) {
    let shown = |own: &Attachment| {
        let named = own.content_id.is_some() || own.content_location.is_some();
        own.inline && named && email.body.html.is_some()
    };
    // A calendar is a way to read a meeting message.
    let meeting = meeting_nature(email.nature);
    let alternative = |own: &Attachment| meeting && !texts.is_empty() && is_calendar(own);
    let (mut related, mut calendars, mut attached) = (Vec::new(), Vec::new(), Vec::new());
    let (mut order, mut last) = (true, 0);
    for (at, own) in item.attachments.iter().enumerate() {
        let (place, list) = match own {
            own if shown(own) => (1, &mut related),
            own if alternative(own) => (0, &mut calendars),
            _ => (2, &mut attached),
        };
        order &= place >= last;
        last = place;
        // A reader would take it for more of the body.
        let body = &email.body;
        let joins = match own.media_type.as_deref() {
            Some("text/plain") => body.html.is_none(),
            Some("text/html") => body.plain.is_none(),
            _ => false,
        };
        if joins && own.inline && own.name.is_empty() && place == 2 {
            session.altered(&format!("attachments[{at}].inline"), "attached, not shown");
            let mut own = own.clone();
            own.inline = false;
            list.push(attachment(session, at, &own, false));
        } else {
            list.push(attachment(session, at, own, place == 1));
        }
    }
    if !order {
        session.altered("attachments[]", "those that the body shows are first");
    }
    let several = texts.len();
    let mut alternatives = texts;
    // HTML with what it shows is one of the alternatives when it is the only one.
    let mut main = match (several, calendars.is_empty()) {
        (0, true) => None,
        (1, true) => alternatives.pop(),
        _ => {
            alternatives.append(&mut calendars);
            Some(parts("alternative", alternatives))
        }
    };
    attached.splice(0..0, calendars);
    if !related.is_empty() {
        let mut all: Vec<Part> = main.into_iter().collect();
        all.append(&mut related);
        main = Some(parts("related", all));
    }
    let report = item.attachments.iter().find(|own| is_report(own));
    let mut said = nature(item, email.nature);
    let kind = match report.and_then(|own| own.media_type.as_deref()) {
        Some(kind) if kind.ends_with("disposition-notification") => {
            "report; report-type=disposition-notification"
        }
        Some(_) => "report; report-type=delivery-status",
        None if item.attachments.first().is_some_and(is_pgp) && main.is_none() => {
            said = Nature::Encrypted;
            "encrypted; protocol=\"application/pgp-encrypted\""
        }
        None => "mixed",
    };
    let part = match (main, attached.is_empty()) {
        (Some(main), true) => main,
        (None, true) => Part {
            header: b"Content-Type: text/plain; charset=utf-8\r\n".to_vec(),
            body: Body::Text(String::new()),
        },
        (main, false) => {
            let all = main.into_iter().chain(attached).collect();
            parts(kind, all)
        }
    };
    (part, said)
}

fn is_pgp(own: &Attachment) -> bool {
    own.media_type.as_deref() == Some("application/pgp-encrypted")
}

fn meeting_nature(nature: Nature) -> bool {
    matches!(
        nature,
        Nature::MeetingRequest
            | Nature::MeetingAcceptance
            | Nature::MeetingTentative
            | Nature::MeetingDecline
            | Nature::MeetingCancellation
    )
}

/// What a reader will take the message for, calendars and reports aside.
fn nature(item: &Item, own: Nature) -> Nature {
    let told = matches!(
        own,
        Nature::Fax | Nature::Voicemail | Nature::RightsProtected
    ) || (own == Nature::Encrypted && item.attachments.iter().any(is_encrypted));
    if told { own } else { Nature::Message }
}

pub(super) fn parts(kind: &'static str, parts: Vec<Part>) -> Part {
    Part {
        header: Vec::new(),
        body: Body::Parts(kind, parts),
    }
}
