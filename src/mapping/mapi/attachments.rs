//! Attachments: files, references, OLE objects and embedded items.
//!
//! *Spec*: MS-OXCMSG 2.2.2.

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::raw;
use super::taker::Taker;
use super::{Parts, Session, Writing};
use crate::finding::Effect;
use crate::item::{Attachment, AttachmentData};
use crate::limits;
use crate::mapi::{self, Value, pid_tag};

/// Rows of an attachment.
pub(super) static ATTACHMENT: &[Field<Attachment>] = &[
    Field::tag(
        pid_tag::ATTACH_LONG_FILENAME,
        "attachments[].name",
        Slot::Title(|a| &mut a.name),
    ),
    Field::tag(
        pid_tag::ATTACH_FILENAME,
        "attachments[].name",
        Slot::Hand("the name when there is no long one; else raw when it differs"),
    ),
    Field::tag(
        pid_tag::DISPLAY_NAME,
        "attachments[].name",
        Slot::Hand("the name when there is no other; else raw when it differs"),
    ),
    Field::tag(
        pid_tag::ATTACH_MIME_TAG,
        "attachments[].media_type",
        Slot::Text(|a| &mut a.media_type),
    ),
    Field::tag(
        pid_tag::ATTACH_CONTENT_ID,
        "attachments[].content_id",
        Slot::Text(|a| &mut a.content_id),
    ),
    Field::tag(
        pid_tag::ATTACH_CONTENT_LOCATION,
        "attachments[].content_location",
        Slot::Text(|a| &mut a.content_location),
    ),
    Field::tag(
        pid_tag::ATTACHMENT_HIDDEN,
        "attachments[].hidden",
        Slot::Flag(|a| &mut a.hidden),
    ),
    Field::tag(
        pid_tag::ATTACH_FLAGS,
        "attachments[].inline",
        Slot::Hand("bit 2 is kept; raw when other bits are set"),
    ),
    Field::tag(
        pid_tag::RENDERING_POSITION,
        "attachments[].position",
        Slot::Hand("kept; -1 is left out"),
    ),
    Field::tag(
        pid_tag::CREATION_TIME,
        "attachments[].created",
        Slot::Time(|a| &mut a.created),
    ),
    Field::tag(
        pid_tag::LAST_MODIFICATION_TIME,
        "attachments[].modified",
        Slot::Time(|a| &mut a.modified),
    ),
    Field::tag(
        pid_tag::ATTACH_METHOD,
        "attachments[].holds",
        Slot::Hand("told by what it holds; raw when it says another"),
    ),
    Field::tag(
        pid_tag::ATTACH_LONG_PATHNAME,
        "attachments[].place",
        Slot::Hand("kept of a reference"),
    ),
    Field::tag(
        pid_tag::ATTACH_PATHNAME,
        "attachments[].place",
        Slot::Hand("the place when there is no long one; else raw when it differs"),
    ),
    Field::tag(
        pid_tag::ATTACH_SIZE,
        "",
        Slot::Hand("left out: counted anew when written"),
    ),
    Field::tag(
        pid_tag::ATTACH_NUMBER,
        "",
        Slot::Hand("left out: the place in the list says it"),
    ),
];

/// `attRenderedInBody` (MS-OXCMSG 2.2.2.18).
const RENDERED_IN_BODY: i64 = 4;

/// Reads the attachments that no field of the item has taken.
pub(super) fn read(session: &mut Session<'_>, parts: &Parts<'_>) -> Vec<Attachment> {
    let all = &parts.message.attachments;
    if all.len() > limits::ATTACHMENTS {
        let detail = format!(
            "{} attachments; the first {} count",
            all.len(),
            limits::ATTACHMENTS
        );
        session.find("mapping.attachments.too-many", Effect::Lost, detail);
    }
    let listed = all
        .iter()
        .zip(&parts.attachments)
        .take(limits::ATTACHMENTS)
        .enumerate();
    listed
        .filter(|(_, (_, taken))| !**taken)
        .map(|(index, (own, _))| attachment(session, index, own))
        .collect()
}

/// Reads one attachment, the `index`-th of its message.
pub(super) fn attachment(
    session: &mut Session<'_>,
    index: usize,
    from: &mapi::Attachment,
) -> Attachment {
    let mut taker = Taker::new(&from.props);
    let mut own = Attachment {
        name: String::new(),
        media_type: None,
        content_id: None,
        content_location: None,
        hidden: false,
        inline: false,
        position: None,
        created: None,
        modified: None,
        data: AttachmentData::Nothing,
        raw: Vec::new(),
    };
    taker.fill(&mut own, ATTACHMENT);
    for key in [pid_tag::ATTACH_FILENAME, pid_tag::DISPLAY_NAME] {
        first_or_same(&mut taker, key, &mut own.name);
    }
    let flags = taker.peek(pid_tag::ATTACH_FLAGS).and_then(Value::as_i64);
    own.inline = flags.is_some_and(|flags| flags & RENDERED_IN_BODY != 0);
    taker.choice(pid_tag::ATTACH_FLAGS, |flags| {
        (flags & !RENDERED_IN_BODY == 0).then_some(())
    });
    let position = taker.int(pid_tag::RENDERING_POSITION);
    own.position = position.filter(|position| *position != -1);
    own.data = data(session, &mut taker, index, from);
    taker.mark(pid_tag::ATTACH_SIZE);
    taker.mark(pid_tag::ATTACH_NUMBER);
    own.raw = taker
        .rest()
        .map(|property| raw::property(session, "", property))
        .collect();
    own
}

/// Gives attachments.
pub(super) fn write(session: &mut Writing<'_>, from: &[Attachment], message: &mut mapi::Message) {
    for (index, own) in from.iter().enumerate() {
        let written = write_one(session, index, own);
        message.attachments.push(written);
    }
}

fn write_one(session: &mut Writing<'_>, index: usize, own: &Attachment) -> mapi::Attachment {
    let mut giver = Giver::default();
    for property in &own.raw {
        if let Some((name, kind, value)) = raw::write(session, &property.name, property) {
            giver.raw(name, kind, value);
        }
    }
    giver.pour(own, ATTACHMENT);
    let name = own.name.rsplit(['/', '\\']).next().unwrap_or_default();
    giver.expect(pid_tag::ATTACH_FILENAME, Value::String(name.to_owned()));
    giver.expect(pid_tag::DISPLAY_NAME, Value::String(own.name.clone()));
    if let Some((_, ending)) = name.rsplit_once('.') {
        giver.expect(
            pid_tag::ATTACH_EXTENSION,
            Value::String(format!(".{ending}")),
        );
    }
    if own.inline {
        let raw = giver.get(pid_tag::ATTACH_FLAGS).and_then(Value::as_i64);
        let flags = raw.unwrap_or_default() | RENDERED_IN_BODY;
        giver.int(pid_tag::ATTACH_FLAGS, Some(flags));
    }
    giver.int(
        pid_tag::RENDERING_POSITION,
        Some(own.position.unwrap_or(-1)),
    );
    let (data, method) = match &own.data {
        AttachmentData::File { blob } => (session.content(blob).map(mapi::AttachmentData::File), 1),
        AttachmentData::Ole { blob } => (session.content(blob).map(mapi::AttachmentData::Ole), 6),
        AttachmentData::Reference { place } => {
            giver.text(pid_tag::ATTACH_LONG_PATHNAME, Some(place));
            giver.expect(pid_tag::ATTACH_PATHNAME, Value::String(place.clone()));
            (Some(mapi::AttachmentData::Reference), 2)
        }
        AttachmentData::Item { item } => {
            let inner = session.inside(index, |session| session.message(item));
            (
                inner.map(|inner| mapi::AttachmentData::Message(Box::new(inner))),
                5,
            )
        }
        AttachmentData::Nothing => (Some(mapi::AttachmentData::None), 0),
    };
    // Which kind of reference it was is raw.
    if !matches!(data, Some(mapi::AttachmentData::Reference))
        || giver.get(pid_tag::ATTACH_METHOD).is_none()
    {
        giver.int(pid_tag::ATTACH_METHOD, Some(method));
    }
    mapi::Attachment {
        props: giver.into_bag(),
        data: data.unwrap_or(mapi::AttachmentData::None),
    }
}

fn data(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    index: usize,
    from: &mapi::Attachment,
) -> AttachmentData {
    // afNone, afByValue, afByReference and its kin, afEmbeddedMessage, afOle (MS-OXCMSG 2.2.2.9).
    let (data, methods): (_, &[i64]) = match &from.data {
        mapi::AttachmentData::None => (AttachmentData::Nothing, &[0]),
        mapi::AttachmentData::File(content) => {
            let blob = session.content(content);
            (AttachmentData::File { blob }, &[1])
        }
        mapi::AttachmentData::Ole(content) => {
            let blob = session.content(content);
            (AttachmentData::Ole { blob }, &[6])
        }
        mapi::AttachmentData::Reference => {
            let mut place = taker
                .text(pid_tag::ATTACH_LONG_PATHNAME)
                .unwrap_or_default();
            first_or_same(taker, pid_tag::ATTACH_PATHNAME, &mut place);
            // Which of the kin it is stays raw, except the plain one.
            (AttachmentData::Reference { place }, &[2])
        }
        mapi::AttachmentData::Message(message) => (embedded(session, index, message), &[5]),
    };
    taker.choice(pid_tag::ATTACH_METHOD, |method| {
        methods.contains(&method).then_some(())
    });
    data
}

/// An embedded item, as deep as the limit allows.
pub(super) fn embedded(
    session: &mut Session<'_>,
    index: usize,
    message: &mapi::Message,
) -> AttachmentData {
    if session.depth >= limits::EMBEDDED_DEPTH {
        let detail = format!("a message over {} deep in messages", limits::EMBEDDED_DEPTH);
        session.find("mapping.embedded.too-deep", Effect::Lost, detail);
        return AttachmentData::Nothing;
    }
    let item = session.inside(index, |session| session.item(message));
    AttachmentData::Item {
        item: Box::new(item),
    }
}

/// Takes a text when nothing better is known, or when it says the same.
fn first_or_same(taker: &mut Taker<'_>, id: u16, known: &mut String) {
    let Some(own) = taker.peek(id).and_then(Value::as_str) else {
        return;
    };
    if known.is_empty() {
        own.clone_into(known);
    }
    if known == own {
        taker.mark(id);
    }
}
