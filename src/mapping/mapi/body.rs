//! Subject and bodies.
//!
//! *Spec*: MS-OXCMSG 2.2.1.46 (subject), 2.2.1.56 (bodies); MS-PST 2.5.3.1.1.1 (subject of a PST).

use std::io;

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::Taker;
use super::{Session, Writing};
use crate::content::{self, ContentRef, InMemory};
use crate::finding::Effect;
use crate::item::blob::BodyForm;
use crate::item::{Body, Text};
use crate::limits;
use crate::mapi::{PropType, PropertyBag, Value, codepage, pid_tag, rtf};

/// Rows of a body.
pub(super) static BODY: &[Field<Body>] = &[
    Field::tag(
        pid_tag::BODY,
        "body.plain",
        Slot::Hand("kept; over 32 KiB as a blob"),
    ),
    Field::tag(
        pid_tag::HTML,
        "body.html",
        Slot::Hand(
            "kept, as UTF-8, also of `PidTagHtml`; bytes that their code page does not \
             know also stay raw",
        ),
    ),
    Field::tag(
        pid_tag::RTF_COMPRESSED,
        "body.rtf",
        Slot::Hand("kept, decompressed; one that does not parse stays raw"),
    ),
    Field::tag(
        pid_tag::NATIVE_BODY,
        "body.native",
        Slot::Hand("kept as a word; other numbers stay raw"),
    ),
];

/// Rows of a subject.
pub(super) static SUBJECT: &[Field<Subject>] = &[
    Field::tag(
        pid_tag::SUBJECT,
        "subject",
        Slot::Hand(
            "kept without the two characters by which a PST marks the prefix; of a contact or \
             list raw when it is not its name",
        ),
    ),
    Field::tag(
        pid_tag::SUBJECT_PREFIX,
        "subject_prefix",
        Slot::Hand("kept of an e-mail; of another kind raw unless empty"),
    ),
    Field::tag(
        pid_tag::NORMALIZED_SUBJECT,
        "subject",
        Slot::Hand("taken when it is the subject without its prefix; else raw"),
    ),
];

/// A subject with and without its prefix.
pub(super) struct Subject {
    /// The whole.
    pub(super) full: Option<String>,
    /// The prefix: `RE: `.
    pub(super) prefix: Option<String>,
}

/// Takes the subject. `PidTagNormalizedSubject` and `PidTagSubjectPrefix` are taken when they are
/// what the whole says.
pub(super) fn subject(taker: &mut Taker<'_>) -> Subject {
    let stored = taker.text(pid_tag::SUBJECT);
    let prefix = taker.text(pid_tag::SUBJECT_PREFIX);
    let normalized = taker
        .peek(pid_tag::NORMALIZED_SUBJECT)
        .and_then(Value::as_str);
    let (full, told) = match stored.as_deref().map(split_prefix) {
        Some((full, told)) => (full.to_owned(), told.map(str::to_owned)),
        None => {
            let rest = normalized.unwrap_or_default();
            (
                format!("{}{rest}", prefix.as_deref().unwrap_or_default()),
                None,
            )
        }
    };
    let prefix = prefix
        .or(told)
        .filter(|prefix| full.starts_with(prefix.as_str()));
    let rest = full.get(prefix.as_ref().map_or(0, String::len)..);
    if rest == normalized {
        taker.mark(pid_tag::NORMALIZED_SUBJECT);
    }
    Subject {
        full: Some(full).filter(|full| !full.is_empty()),
        prefix,
    }
}

/// Takes the subject of what has no field for a prefix.
pub(super) fn title(taker: &mut Taker<'_>) -> Option<String> {
    let subject = subject(taker);
    if subject.prefix.is_some() {
        taker.unmark(pid_tag::SUBJECT_PREFIX);
    }
    subject.full
}

/// Takes the subject as the name of a contact or list that has no other; another than the name is
/// left.
pub(super) fn name(taker: &mut Taker<'_>, known: &mut String) {
    let title = title(taker);
    if known.is_empty() {
        *known = title.clone().unwrap_or_default();
    }
    if title.is_some_and(|title| title != *known) {
        taker.unmark(pid_tag::SUBJECT);
        taker.unmark(pid_tag::NORMALIZED_SUBJECT);
    }
}

/// The subject of a PST begins with U+0001 and a character that is the length of the prefix plus
/// one.
fn split_prefix(stored: &str) -> (&str, Option<&str>) {
    let Some(rest) = stored.strip_prefix('\u{1}') else {
        return (stored, None);
    };
    let mut chars = rest.chars();
    let length = chars.next().map_or(0, u32::from).saturating_sub(1);
    let full = chars.as_str();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let end = full.char_indices().nth(length).map(|(at, _)| at);
    (
        full,
        end.and_then(|end| full.get(..end))
            .filter(|prefix| !prefix.is_empty()),
    )
}

/// Gives the subject of what has no field for a prefix.
pub(super) fn write_title(giver: &mut Giver, title: &str) {
    write_subject(giver, title, None);
}

/// Gives a subject and its parts.
pub(super) fn write_subject(giver: &mut Giver, full: &str, prefix: Option<&str>) {
    giver.text(pid_tag::SUBJECT, Some(full));
    giver.text(pid_tag::SUBJECT_PREFIX, prefix);
    let prefix = prefix.filter(|prefix| full.starts_with(prefix));
    let rest = full.get(prefix.map_or(0, str::len)..).unwrap_or_default();
    giver.expect(pid_tag::NORMALIZED_SUBJECT, Value::String(rest.to_owned()));
}

/// `PidTagNativeBody`.
const NATIVE: &[(i64, BodyForm)] = &[
    (1, BodyForm::Plain),
    (2, BodyForm::Rtf),
    (3, BodyForm::Html),
    (4, BodyForm::Signed),
];

/// Gives the bodies. What could not be taken in whole is raw, and goes before what was made of it.
pub(super) fn write(session: &mut Writing<'_>, giver: &mut Giver, body: &Body) {
    giver.word(pid_tag::NATIVE_BODY, NATIVE, body.native.as_ref());
    if let Some(plain) = body.plain.as_ref().and_then(|text| session.text(text)) {
        giver.put(pid_tag::BODY, Value::String(plain));
    }
    let html = body
        .html
        .as_ref()
        .filter(|_| giver.get(pid_tag::HTML).is_none());
    if let Some(html) = html.and_then(|text| session.text(text)) {
        write_html(giver, &html);
    }
    let rtf = body.rtf.as_ref();
    let rtf = rtf.filter(|_| giver.get(pid_tag::RTF_COMPRESSED).is_none());
    if let Some(rtf) = rtf.and_then(|blob| session.bytes(blob)) {
        giver.put(pid_tag::RTF_COMPRESSED, Value::Binary(rtf::compress(&rtf)));
    }
}

/// HTML in the code page that the item tells, when that has all of it, else in UTF-8.
fn write_html(giver: &mut Giver, html: &str) {
    let told = giver
        .get(pid_tag::INTERNET_CODEPAGE)
        .and_then(Value::as_i64)
        .and_then(|page| u16::try_from(page).ok());
    let encoded = told.map(|page| codepage::encode(html, page));
    let bytes = match encoded {
        Some(encoded) if encoded.lossless => encoded.bytes,
        _ => {
            giver.put(pid_tag::INTERNET_CODEPAGE, Value::I32(65_001));
            html.as_bytes().to_vec()
        }
    };
    giver.put(pid_tag::HTML, Value::Binary(bytes));
}

/// Takes the bodies.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>, props: &PropertyBag) -> Body {
    let native = taker.word(pid_tag::NATIVE_BODY, NATIVE);
    let mut body = Body {
        plain: text(session, taker, pid_tag::BODY),
        html: html(session, taker, props),
        rtf: None,
        native,
    };
    rich_text(session, taker, &mut body);
    body
}

/// Takes the RTF, and from it the HTML or plain text when there is none of its own.
fn rich_text(session: &mut Session<'_>, taker: &mut Taker<'_>, body: &mut Body) {
    let Some(property) = taker.property(pid_tag::RTF_COMPRESSED) else {
        return;
    };
    let streamed = match &property.value {
        Value::Large(content) => match large(session, content) {
            Some(bytes) => bytes,
            None => return,
        },
        _ => Vec::new(),
    };
    let bytes = property.value.as_bytes().unwrap_or(&streamed);
    if bytes.is_empty() {
        if property.value.as_bytes().is_some() {
            taker.mark(pid_tag::RTF_COMPRESSED);
        }
        return;
    }
    let (rtf, findings) = match rtf::decompress(bytes) {
        Ok(done) => done,
        Err(error) => {
            let detail = format!("a body in compressed RTF is kept raw: {error}");
            return session.find("mapping.body.rtf", Effect::Noted, detail);
        }
    };
    // What decompression changed is kept raw beside it.
    if findings.worst() < Some(Effect::Altered) {
        taker.mark(pid_tag::RTF_COMPRESSED);
    }
    session.adopt(findings);
    if body.html.is_none() || body.plain.is_none() {
        let told = rtf::to_body(&rtf);
        session.adopt(told.findings);
        if body.html.is_none() {
            body.html = told.html.map(|html| session.text(html));
        }
        if body.plain.is_none() {
            body.plain = told.plain.map(|plain| session.text(plain));
        }
    }
    body.rtf = Some(session.blob(InMemory(rtf)));
}

/// Takes a text that may be too large for memory.
pub(super) fn text(session: &mut Session<'_>, taker: &mut Taker<'_>, id: u16) -> Option<Text> {
    let property = taker.property(id)?;
    let text = match &property.value {
        Value::String(text) => text.clone(),
        Value::Large(content) if property.tag.kind() == PropType::STRING => {
            let bytes = large(session, content)?;
            let decoded = codepage::utf16_text(&bytes);
            if !decoded.lossless {
                let detail = "a text that is not well-formed UTF-16";
                session.find("mapping.text.undecodable", Effect::Altered, detail);
            }
            decoded.text
        }
        Value::Large(content) if property.tag.kind() == PropType::STRING8 => {
            let bytes = large(session, content)?;
            let page = codepage::item_code_page(taker.bag()).unwrap_or(codepage::WESTERN);
            let decoded = codepage::decode(&bytes, page);
            if !decoded.lossless {
                let detail = format!("a text that is not of code page {page}");
                session.find("mapping.text.undecodable", Effect::Altered, detail);
            }
            decoded.text.trim_end_matches('\0').to_owned()
        }
        _ => return None,
    };
    taker.mark(id);
    (!text.is_empty()).then(|| session.text(text))
}

fn html(session: &mut Session<'_>, taker: &mut Taker<'_>, props: &PropertyBag) -> Option<Text> {
    let property = taker.property(pid_tag::HTML)?;
    let bytes = match &property.value {
        Value::Binary(bytes) => bytes.clone(),
        Value::Large(content) if property.tag.kind() == PropType::BINARY => {
            large(session, content)?
        }
        _ => return text(session, taker, pid_tag::HTML),
    };
    let page = codepage::html_code_page(props).unwrap_or(codepage::WESTERN);
    let decoded = codepage::decode(&bytes, page);
    if decoded.lossless {
        taker.mark(pid_tag::HTML);
    } else {
        let detail =
            format!("HTML that is not of code page {page}; its bytes are kept raw as well");
        session.find("mapping.html.undecodable", Effect::Altered, detail);
    }
    (!decoded.text.is_empty()).then(|| session.text(decoded.text))
}

/// The bytes of a large body; one that cannot be had, or is over the limit, stays raw.
fn large(session: &mut Session<'_>, from: &ContentRef) -> Option<Vec<u8>> {
    let limit = u64::try_from(limits::RTF_BYTES).unwrap_or(u64::MAX);
    match content::read_all(from.as_ref(), limit) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let detail = format!("a body over {limit} bytes is kept raw");
            session.find("mapping.body.too-large", Effect::Noted, detail);
            None
        }
        Err(error) => {
            let detail = format!("a body cannot be read: {error}");
            session.find("mapping.body.unreadable", Effect::Lost, detail);
            None
        }
    }
}
