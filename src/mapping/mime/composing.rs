//! The bodies and attachments of an e-mail to the parts of a message.
//!
//! *Spec*: RFC 2046, 2183, 2387, 2017 (references); RFC 8551 (S/MIME); RFC 6522 (reports).
//!
//! *Rules*: plain text and HTML are alternatives; what the HTML shows is related to it; the rest is
//! mixed. A signed entity that rode along whole is given back byte for byte, an encrypted one is the
//! message. An embedded e-mail is a message; any other item is attached as an MSG file.

use std::sync::Arc;

use super::attachment::signed_header;
use super::writing::{self, Writing};
use super::{Envelope, heading, may_go_deeper, report, to_items};
use crate::content::{self, ContentRef};
use crate::file_bytes::FileBytes;
use crate::item::blob::BodyForm;
use crate::item::email::Nature;
use crate::item::{Attachment, AttachmentData, Content, Email, Item, RawValue, Text};
use crate::limits;
use crate::mapping::mapi;
use crate::mapping::mapped::{Blobs, Context};
use crate::mime::parameters;
use crate::mime::write::{Body, Part, field};
use crate::mime::{FromQuoting, Message};

/// The message of an e-mail.
pub(super) fn message(session: &mut Writing<'_>, item: &Item, email: &Email) -> Part {
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

fn is_calendar(own: &Attachment) -> bool {
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
    if let Some((at, entity)) = signed(session, item, email) {
        let part = around_signed(session, item, email, at, entity);
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
    let kind = own.media_type.as_deref().unwrap_or_default();
    matches!(kind, "application/pkcs7-mime" | "application/x-pkcs7-mime")
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

fn parts(kind: &'static str, parts: Vec<Part>) -> Part {
    Part {
        header: Vec::new(),
        body: Body::Parts(kind, parts),
    }
}

/// The attachment that is a signed entity as it came: which, and its content.
fn signed(session: &mut Writing<'_>, item: &Item, email: &Email) -> Option<(usize, ContentRef)> {
    let is_signed = email.nature == Nature::Signed || email.body.native == Some(BodyForm::Signed);
    if !is_signed {
        return None;
    }
    let (at, blob) = item.attachments.iter().enumerate().find_map(|(at, own)| {
        let kind = own.media_type.as_deref().unwrap_or_default();
        match &own.data {
            AttachmentData::File { blob } if kind.starts_with("multipart/signed") => {
                Some((at, blob))
            }
            _ => None,
        }
    })?;
    let content = session.content(blob, "attachments[]")?;
    signed_header(&*content).map(|_| (at, content))
}

/// A signed entity, and beside it what is not in it.
fn around_signed(
    session: &mut Writing<'_>,
    item: &Item,
    email: &Email,
    at: usize,
    entity: ContentRef,
) -> Part {
    let inside = mail_in(&*entity);
    let own = Part {
        header: Vec::new(),
        body: Body::Entity(entity),
    };
    let Some((mut inside, contents)) = inside else {
        session.altered(
            "attachments[]",
            "what is in the signed entity, and nothing beside it",
        );
        return own;
    };
    let mut beside = Vec::new();
    for (index, attachment) in item.attachments.iter().enumerate() {
        let same = |inner: &Attachment| {
            inner.name == attachment.name && inner.media_type == attachment.media_type
        };
        match inside.attachments.iter().position(same) {
            _ if index == at => {}
            Some(found) => {
                inside.attachments.swap_remove(found);
            }
            None => beside.push(self::attachment(session, index, attachment, false)),
        }
    }
    if !beside.is_empty() {
        let detail = "those that are not signed are beside the signed entity";
        session.altered("attachments[]", detail);
    }
    if let Content::Email(inner) = &inside.content {
        footers(session, email, inner, &contents, &mut beside);
    }
    if beside.is_empty() {
        return own;
    }
    beside.insert(0, own);
    parts("mixed", beside)
}

/// What a body has behind the text that is signed, as a text of its own.
fn footers(
    session: &mut Writing<'_>,
    email: &Email,
    inner: &Email,
    contents: &dyn Blobs,
    beside: &mut Vec<Part>,
) {
    let text = |own: &Option<Text>, blobs: &dyn Blobs| match own {
        None => Some(String::new()),
        Some(Text::Inline(text)) => Some(text.clone()),
        Some(Text::Blob(blob)) => {
            let bytes = content::read_all(&*blobs.content(blob)?, limits::MIME_TEXT_BYTES).ok()?;
            String::from_utf8(bytes).ok()
        }
    };
    for (kind, path, own, signed) in [
        (
            "text/plain",
            "body.plain",
            &email.body.plain,
            &inner.body.plain,
        ),
        ("text/html", "body.html", &email.body.html, &inner.body.html),
    ] {
        let (own, signed) = (text(own, session.blobs), text(signed, contents));
        let (Some(own), Some(signed)) = (own, signed) else {
            continue;
        };
        let rest = own
            .strip_prefix(signed.as_str())
            .map(|rest| match signed.ends_with('\n') {
                true => rest,
                false => rest.strip_prefix("\r\n").unwrap_or(rest),
            });
        match rest {
            Some("") => {}
            Some(rest) => {
                let mut header = Vec::new();
                field::parameterized(&mut header, "Content-Type", kind, [("charset", "utf-8")]);
                let body = Body::Text(rest.to_owned());
                beside.insert(0, Part { header, body });
            }
            None => session.altered(path, "the text that is signed"),
        }
    }
}

/// What a reader makes of an entity.
fn mail_in(entity: &dyn content::Content) -> Option<(Item, Vec<ContentRef>)> {
    let bytes = content::read_all(entity, limits::VALUE_IN_MEMORY * 16).ok()?;
    let bytes = FileBytes::in_memory(bytes);
    let len = bytes.len();
    let message = Message::scan(bytes, 0..len, FromQuoting::None).ok()?;
    let all = to_items(message, &Envelope::default(), &Context::default());
    let first = all.into_iter().next()?;
    Some((first.item, first.contents))
}

/// An attachment as a part.
fn attachment(session: &mut Writing<'_>, at: usize, own: &Attachment, shown: bool) -> Part {
    let path = format!("attachments[{at}]");
    let mut kind = own.media_type.clone().unwrap_or_default();
    let mut name = own.name.clone();
    let body = match &own.data {
        AttachmentData::File { blob } => session.content(blob, &path).map(Body::File),
        AttachmentData::Ole { blob } => {
            session.altered(&path, "an OLE object is a file in a mail");
            session.content(blob, &path).map(Body::File)
        }
        AttachmentData::Reference { place } => {
            let mut header = Vec::new();
            let parameters = [("access-type", "URL"), ("url", place.as_str())];
            let parameters = parameters.into_iter().chain([("name", name.as_str())]);
            let value = "message/external-body";
            field::parameterized(&mut header, "Content-Type", value, parameters);
            if own.media_type.as_deref() != Some(value) {
                session.altered(&format!("{path}.media_type"), value);
            }
            describe(session, &mut header, own, &path, shown);
            let body = Body::Elsewhere(b"Content-Type: application/octet-stream\r\n".to_vec());
            return Part { header, body };
        }
        AttachmentData::Item { item } => embedded(session, at, item, &mut kind, &mut name),
        AttachmentData::Nothing => {
            session.altered(&path, "nothing is an empty file in a mail");
            None
        }
    };
    let body = body.unwrap_or_else(|| Body::File(Arc::new(content::InMemory(Vec::new()))));
    let of_parts = kind.starts_with("multipart/") || kind.starts_with("message/rfc822");
    if (of_parts && matches!(body, Body::File(_))) || kind.starts_with("message/global") {
        session.altered(
            &format!("{path}.media_type"),
            format_args!("application/octet-stream, since the bytes of {kind} are a file here"),
        );
        "application/octet-stream".clone_into(&mut kind);
    } else if kind.is_empty() {
        "application/octet-stream".clone_into(&mut kind);
    } else if !kind.contains('/') || kind.contains(|letter: char| !letter.is_ascii_graphic()) {
        session.altered(
            &format!("{path}.media_type"),
            format_args!("{kind:?} is none"),
        );
        "application/octet-stream".clone_into(&mut kind);
    }
    let mut header = Vec::new();
    typed(&mut header, own, &kind, &name);
    let named = Attachment {
        name,
        ..own.clone()
    };
    describe(session, &mut header, &named, &path, shown);
    Part { header, body }
}

/// The type of an attachment: as it came, when the attachment says the same.
fn typed(header: &mut Vec<u8>, own: &Attachment, kind: &str, name: &str) {
    let raw = raw_field(own, "content-type").filter(|(_, raw)| {
        let parsed = parameters::parse(raw.as_bytes());
        // A name in the disposition is the one that counts.
        let named = parsed.get("name").is_none_or(|name| name == own.name);
        parsed.value == kind && (named || !own.name.is_empty())
    });
    match raw {
        Some((name, raw)) => field::unfolded(header, name, raw),
        None => {
            let named = Some(("name", name)).filter(|(_, name)| !name.is_empty());
            field::parameterized(header, "Content-Type", kind, named);
        }
    }
}

/// An embedded item: an e-mail as a message, any other as an MSG file.
fn embedded(
    session: &mut Writing<'_>,
    at: usize,
    item: &Item,
    kind: &mut String,
    name: &mut String,
) -> Option<Body> {
    let path = format!("attachments[{at}]");
    if !may_go_deeper(session.depth) {
        session.lost(&path, "an item too deep in items");
        return None;
    }
    if let Content::Email(email) = &item.content {
        "message/rfc822".clone_into(kind);
        let message = session.inside(at, |session| message(session, item, email));
        return Some(Body::Message(Box::new(message)));
    }
    session.altered(&path, "the item in it is attached as an MSG file");
    "application/vnd.ms-outlook".clone_into(kind);
    if !name.to_ascii_lowercase().ends_with(".msg") {
        name.push_str(".msg");
    }
    let given = mapi::to_message(item, session.blobs);
    session.findings.append(given.findings);
    let (file, findings) = crate::msg::write::lay_out(&given.value);
    session.findings.append(findings);
    Some(Body::File(Arc::new(file)))
}

/// A raw header field of an attachment: its name as it came, and its text.
fn raw_field<'a>(own: &'a Attachment, name: &str) -> Option<(&'a str, &'a str)> {
    let found = own
        .raw
        .iter()
        .find(|raw| raw.kind == super::MIME && raw.name.eq_ignore_ascii_case(name));
    let found = found?;
    match &found.value {
        RawValue::Text(text) => Some((&found.name, text)),
        _ => None,
    }
}

/// The header fields of a part beside its type.
fn describe(
    session: &mut Writing<'_>,
    header: &mut Vec<u8>,
    own: &Attachment,
    path: &str,
    shown: bool,
) {
    let disposition = if own.inline || shown {
        "inline"
    } else {
        "attachment"
    };
    let raw = raw_field(own, "content-disposition").filter(|(_, raw)| {
        let parsed = parameters::parse(raw.as_bytes());
        // What the body shows is inline, whatever it says.
        let same = parsed.value == disposition || (shown && parsed.value == "attachment");
        same && parsed.get("filename").is_none_or(|name| name == own.name)
    });
    match raw {
        Some((name, raw)) => field::unfolded(header, name, raw),
        None => {
            let created = own.created.map(heading::date);
            let modified = own.modified.map(heading::date);
            let name = Some(own.name.as_str()).filter(|name| !name.is_empty());
            let parameters = [
                ("filename", name),
                ("creation-date", created.as_deref()),
                ("modification-date", modified.as_deref()),
            ];
            let parameters = parameters
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)));
            field::parameterized(header, "Content-Disposition", disposition, parameters);
        }
    }
    for (name, time) in [("created", own.created), ("modified", own.modified)] {
        if time.is_some_and(|time| time.subsec_nanosecond() != 0) {
            session.altered(&format!("{path}.{name}"), "to the second");
        }
    }
    if let Some(id) = &own.content_id {
        field::tokens(header, "Content-ID", &format!("<{id}>"));
    }
    if let Some(place) = &own.content_location {
        field::text(header, "Content-Location", place);
    }
    if own.hidden {
        session.lost(&format!("{path}.hidden"), "true");
    }
    if own.position.is_some() {
        session.lost(&format!("{path}.position"), "where it stands in the text");
    }
    let mut lost = Vec::new();
    for raw in &own.raw {
        let name = raw.name.to_ascii_lowercase();
        let told = matches!(
            name.as_str(),
            "content-type"
                | "content-disposition"
                | "content-transfer-encoding"
                | "content-id"
                | "content-location"
        );
        match &raw.value {
            _ if told && raw.kind == super::MIME => {}
            RawValue::Text(text) if raw.kind == super::MIME && is_field(&raw.name) => {
                field::unfolded(header, &raw.name, text);
            }
            _ => lost.push(raw.name.as_str()),
        }
    }
    if !lost.is_empty() {
        let names = lost.iter().take(8).copied().collect::<Vec<_>>().join(", ");
        session.lost(&format!("{path}.raw[]"), names);
    }
}

/// Whether a raw name is that of a header field of a part, and none that the mapping made up.
fn is_field(name: &str) -> bool {
    let known = crate::mime::header::name_of(format!("{name}:").as_bytes()) == Some(name);
    known && !matches!(name, "begin" | "airbridge:holds") && !name.contains(':')
}
