//! What is attached: files of the archive, unpacked when they are read.
//!
//! *Shape*: `<messageAttachment OPFAttachmentName="a.pdf"
//! OPFAttachmentContentType="application/pdf"
//! OPFAttachmentContentFileSize="2.476E3" OPFAttachmentContentID="…" OPFAttachmentURL="Local/…"/>`.

use super::Session;
use super::fields::{Field, Slot, Taker};
use super::value;
use crate::content::Content as _;
use crate::finding::Effect;
use crate::item::{Attachment, AttachmentData, RawProperty, RawValue};
use crate::limits;
use crate::olm::Element;

const NAME: &str = "OPFAttachmentName";
const TYPE: &str = "OPFAttachmentContentType";
const ID: &str = "OPFAttachmentContentID";
const URL: &str = "OPFAttachmentURL";
const SIZE: &str = "OPFAttachmentContentFileSize";
const ENDING: &str = "OPFAttachmentContentExtension";

/// Rows of an attachment.
pub(super) static ATTACHMENT: &[Field<Attachment>] = &[
    Field::new(NAME, "attachments[].name", Slot::Hand("kept")),
    Field::new(TYPE, "attachments[].media_type", Slot::Hand("kept")),
    Field::new(
        ID,
        "attachments[].content_id",
        Slot::Hand("kept without angle brackets; then `inline` too"),
    ),
    Field::new(
        URL,
        "attachments[].blob",
        Slot::Hand("the bytes that the archive has there; raw when it has none"),
    ),
    Field::new(
        SIZE,
        "",
        Slot::Hand("told by the bytes; raw when it is another"),
    ),
    Field::new(
        ENDING,
        "",
        Slot::Hand("told by the name; raw when it is another"),
    ),
];

/// Takes the attachments of a list.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>, name: &str) {
    let Some(list) = taker.peek(name) else { return };
    if list.children.len() > limits::ATTACHMENTS {
        let detail = format!(
            "{} attachments; the first {} count",
            list.children.len(),
            limits::ATTACHMENTS
        );
        session.find("mapping.attachments.too-many", Effect::Lost, detail);
    }
    for own in list.children.iter().take(limits::ATTACHMENTS) {
        let attachment = attachment(session, own);
        session.attachments.push(attachment);
    }
    if list.text.trim().is_empty() && list.attributes.is_empty() {
        taker.mark(name);
    }
}

fn attachment(session: &mut Session<'_>, element: &Element) -> Attachment {
    let value = |name: &str| element.value(name);
    let id = value(ID).map(|id| id.trim_matches(['<', '>']).to_owned());
    let mut attachment = Attachment {
        name: value(NAME).unwrap_or_default().to_owned(),
        media_type: value(TYPE).map(str::to_owned),
        inline: id.is_some(),
        content_id: id,
        content_location: None,
        hidden: false,
        position: None,
        created: None,
        modified: None,
        data: AttachmentData::Nothing,
        raw: Vec::new(),
    };
    let told = value(SIZE)
        .and_then(value::integer)
        .and_then(|size| u64::try_from(size).ok());
    let mut left = vec![];
    match value(URL).and_then(|url| (session.attached)(url)) {
        Some(packed) => {
            if told != Some(packed.size()) {
                left.push(SIZE);
            }
            let blob = session.contents.blob(packed);
            attachment.data = AttachmentData::File { blob };
        }
        None => {
            left.extend([SIZE, URL]);
            let detail = format!(
                "the archive does not have what is attached as {:?}: {}",
                attachment.name,
                value(URL).unwrap_or("no address is told")
            );
            session.find("mapping.olm.attachment-missing", Effect::Lost, detail);
        }
    }
    let ending = attachment.name.rsplit_once('.').map(|(_, ending)| ending);
    let ending_told = value(ENDING).zip(ending);
    if !ending_told.is_some_and(|(one, other)| one.eq_ignore_ascii_case(other)) {
        left.push(ENDING);
    }
    let known = [NAME, TYPE, ID, URL, SIZE, ENDING];
    let attributes = element
        .attributes
        .iter()
        .map(|(name, own)| (name.as_str(), own.clone()));
    let children = element
        .children
        .iter()
        .map(|own| (own.name.as_str(), own.contents()));
    let rest = attributes
        .chain(children)
        .filter(|(name, own)| !own.is_empty() && (!known.contains(name) || left.contains(name)));
    attachment.raw = rest
        .map(|(name, own)| RawProperty {
            name: name.to_owned(),
            kind: super::FORMAT.to_owned(),
            value: RawValue::Text(own),
        })
        .collect();
    attachment
}

/// Attaches a file of the archive that is told by its address alone.
pub(super) fn of_address(session: &mut Session<'_>, url: &str, media_type: &str) -> bool {
    let Some(packed) = (session.attached)(url) else {
        let detail = format!("the archive does not have {url}");
        session.find("mapping.olm.attachment-missing", Effect::Lost, detail);
        return false;
    };
    let blob = session.contents.blob(packed);
    session.attachments.push(Attachment {
        name: url.rsplit('/').next().unwrap_or(url).to_owned(),
        media_type: Some(media_type.to_owned()),
        content_id: None,
        content_location: None,
        hidden: true,
        inline: false,
        position: None,
        created: None,
        modified: None,
        data: AttachmentData::File { blob },
        raw: Vec::new(),
    });
    true
}
