//! Files attached, as bytes or by address.
//!
//! *Spec*: RFC 5545 3.8.1.1; MS-OXCICAL 2.1.3.1.1.20.1; RFC 8607 (managed attachments).
//!
//! *Seen in the wild*: Base64 that is none (stays raw), `CID:` addresses into the mail around.

use super::Session;
use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Found, Taker};
use crate::content::InMemory;
use crate::content_line::Param;
use crate::finding::Effect;
use crate::ical::Property;
use crate::item::{Attachment, AttachmentData};
use crate::limits;

/// Rows of attachments.
pub(super) static ATTACHMENT: &[Field<Attachment>] = &[Field::new(
    "ATTACH",
    "attachments[]",
    Slot::Hand(
        "bytes as a file, an address as a reference; FMTTYPE, FILENAME and X-FILENAME are kept; \
         also raw when it has other parameters, raw when its Base64 is none",
    ),
)];

const TOLD: &[&str] = &["FMTTYPE", "FILENAME", "X-FILENAME"];

/// Takes the attachments.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Vec<Attachment> {
    let all: Vec<Found<'_>> = taker.all("ATTACH").take(limits::ATTACHMENTS).collect();
    let mut attachments = Vec::new();
    for found in all {
        if found.property.value().trim().is_empty() {
            continue;
        }
        if let Some(attachment) = attachment(session, found.property) {
            attachments.push(attachment);
            let name = |name| found.property.param(name).is_some();
            if name("FILENAME") != name("X-FILENAME") || !name("FILENAME") {
                taker.mark_whole(found, TOLD);
            }
        }
    }
    attachments
}

fn attachment(session: &mut Session<'_>, property: &Property) -> Option<Attachment> {
    let name = property
        .param("FILENAME")
        .or_else(|| property.param("X-FILENAME"));
    let mut attachment = Attachment {
        name: name.unwrap_or_default().into_owned(),
        media_type: property
            .param("FMTTYPE")
            .map(|own| own.trim().to_owned())
            .filter(|own| !own.is_empty()),
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
    let is_binary = property.param_is("VALUE", "BINARY")
        || property.param_is("ENCODING", "BASE64")
        || property.param_is("", "BASE64");
    if is_binary {
        let Some(bytes) = property.bytes() else {
            let detail = "an attachment that should be Base64 is none; its line is raw";
            session.find("mapping.calendar.attachment", Effect::Noted, detail);
            return None;
        };
        let blob = session.contents.blob(InMemory(bytes));
        attachment.data = AttachmentData::File { blob };
        return Some(attachment);
    }
    let place = property.value().trim();
    if place
        .get(..4)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("cid:"))
    {
        attachment.content_id = place
            .get(4..)
            .map(str::to_owned)
            .filter(|id| !id.is_empty());
    }
    attachment.data = AttachmentData::Reference {
        place: place.to_owned(),
    };
    Some(attachment)
}

/// Gives the attachments that a calendar can hold: files and addresses.
pub(super) fn write(giver: &mut Giver<'_>, attachments: &[Attachment]) {
    for own in attachments {
        let mut params = Vec::new();
        if let Some(media) = own.media_type.as_deref().filter(|media| !media.is_empty()) {
            params.push(Param::new("FMTTYPE", [media]));
        }
        if !own.name.is_empty() {
            params.push(Param::new("X-FILENAME", [own.name.as_str()]));
        }
        match &own.data {
            AttachmentData::File { blob } => {
                if let Some(bytes) = giver.bytes(blob) {
                    giver.put(Property::of_bytes("ATTACH", params, &bytes));
                }
            }
            AttachmentData::Reference { place } => {
                giver.put(Property::made("ATTACH", params, place));
            }
            AttachmentData::Ole { .. } | AttachmentData::Item { .. } | AttachmentData::Nothing => {}
        }
    }
}
