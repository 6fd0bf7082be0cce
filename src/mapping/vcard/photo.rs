//! The photo.
//!
//! *Spec*: RFC 6350 6.2.4, RFC 2426 3.1.4, vCard 2.1 2.1.3.
//!
//! *Seen in the wild*: several photos; pictures by address only, which is never followed; Base64
//! that is cut off (`mapping.card.photo`).

use super::Session;
use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::Taker;
use crate::content::InMemory;
use crate::item::{BlobRef, RawProperty, RawValue};
use crate::vcard::Value;

/// Rows of the photo.
pub(super) static PHOTO: &[Field] = &[Field {
    names: &["PHOTO"],
    path: "photo",
    slot: Slot::Hand(
        "the first that holds bytes; parameters beyond encoding and type are raw as `photo/PHOTO`; \
         addresses, and other photos, stay raw",
    ),
}];

/// Parameters that the bytes tell themselves.
const TOLD: [&str; 5] = ["", "ENCODING", "TYPE", "VALUE", "MEDIATYPE"];

/// Takes the photo.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Option<BlobRef> {
    for (at, property) in taker.left("PHOTO") {
        if !property.is_inline() {
            continue;
        }
        let Some(bytes) = property.bytes().filter(|bytes| !bytes.is_empty()) else {
            let detail = "the picture cannot be decoded; it is in raw as it came";
            session.note("mapping.card.photo", property, detail.to_owned());
            continue;
        };
        let line = property.line();
        let told = |param: &crate::content_line::Param| TOLD.contains(&param.name.as_str());
        if !line.params.iter().all(told) || line.more_params || !property.group().is_empty() {
            session.raw.push(RawProperty {
                name: "photo/PHOTO".to_owned(),
                kind: super::FORMAT.to_owned(),
                value: RawValue::Text(property.head()),
            });
        }
        taker.take_whole(at);
        return Some(session.contents.blob(InMemory(bytes)));
    }
    None
}

/// Gives the photo.
pub(super) fn write(giver: &mut Giver<'_>, photo: &BlobRef) {
    if let Some(bytes) = giver.bytes(photo) {
        giver.give("PHOTO", &[], Value::Bytes(&bytes, media_type(&bytes)));
    }
}

/// What a picture is, by its first bytes.
fn media_type(bytes: &[u8]) -> &'static str {
    let known: [(&[u8], &str); 4] = [
        (b"\xFF\xD8\xFF", "image/jpeg"),
        (b"\x89PNG", "image/png"),
        (b"GIF8", "image/gif"),
        (b"BM", "image/bmp"),
    ];
    let found = known.iter().find(|(start, _)| bytes.starts_with(start));
    found.map_or("image/jpeg", |(_, media)| media)
}
