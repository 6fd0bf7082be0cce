//! One call of [`super::to_mail`]: what is collected along the way, and what is told at its end.
//!
//! *Invariant*: nothing is lost in silence. The header that was written is read again, and every
//! field of the item that it does not say, or says otherwise, is a finding; bodies, attachments and
//! raw properties are told where they are written.

use serde_json::Value as Json;

use super::{Envelope, MIME, to_items};
use crate::content::{self, ContentRef};
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::item::{BlobRef, Content, Item, Text};
use crate::limits;
use crate::mapping::mapped::{Blobs, Context};
use crate::mime::{FromQuoting, Message};

/// A field that a mail has no place for.
const NO_PLACE: &str = "mapping.mime.no-place";
/// A field that a mail says otherwise.
const ALTERED: &str = "mapping.mime.altered";

/// What writing needs at every depth.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    pub(super) blobs: &'a dyn Blobs,
    pub(super) findings: Findings,
    pub(super) locator: String,
    pub(super) depth: u32,
}

impl Writing<'_> {
    /// Tells of a field that is not in the mail.
    pub(super) fn lost(&mut self, path: &str, why: impl std::fmt::Display) {
        self.find(NO_PLACE, Effect::Lost, path, why);
    }

    /// Tells of a field that the mail says otherwise.
    pub(super) fn altered(&mut self, path: &str, why: impl std::fmt::Display) {
        self.find(ALTERED, Effect::Altered, path, why);
    }

    pub(super) fn find(
        &mut self,
        code: &'static str,
        effect: Effect,
        path: &str,
        why: impl std::fmt::Display,
    ) {
        let detail = format!("`{path}`: {why}");
        self.findings
            .add(code, effect, self.locator.clone(), detail);
    }

    /// The content of a reference; one that is not to be had is a finding.
    pub(super) fn content(&mut self, blob: &BlobRef, path: &str) -> Option<ContentRef> {
        let content = self.blobs.content(blob);
        if content.is_none() {
            let detail = format!("the bytes of {blob:?} are not there");
            self.find("mapping.blob.missing", Effect::Lost, path, detail);
        }
        content
    }

    /// A text that is held in memory; one that is too large, or cannot be read, is a finding.
    pub(super) fn text(&mut self, text: &Text, path: &str) -> Option<String> {
        let blob = match text {
            Text::Inline(text) => return Some(text.clone()),
            Text::Blob(blob) => blob,
        };
        let content = self.content(blob, path)?;
        match content::read_all(&*content, limits::MIME_TEXT_BYTES) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                self.find("mapping.blob.unreadable", Effect::Lost, path, error);
                None
            }
        }
    }

    /// Works on the `index`-th embedded item.
    pub(super) fn inside<R>(&mut self, index: usize, work: impl FnOnce(&mut Self) -> R) -> R {
        let outside = self.locator.clone();
        self.locator = format!("{outside}, attachment {index}");
        self.depth = self.depth.saturating_add(1);
        let result = work(self);
        self.depth = self.depth.saturating_sub(1);
        self.locator = outside;
        result
    }

    /// Tells what of the item the header that was written does not say.
    pub(super) fn tell(&mut self, item: &Item, header: &[u8]) {
        let told = read(header).map(|told| record(&told)).unwrap_or_default();
        self.compare("", record(item), told);
    }

    /// Tells what of a value is not in another, or otherwise there.
    pub(super) fn compare(&mut self, path: &str, own: Json, told: Json) {
        let mut waiting = vec![(path.to_owned(), own, told)];
        while let Some((path, own, told)) = waiting.pop() {
            match (own, told) {
                (own, told) if own == told => {}
                (Json::Object(own), told) => {
                    let mut told = match told {
                        Json::Object(told) => told,
                        _ => serde_json::Map::new(),
                    };
                    for (key, value) in own {
                        let path = match path.as_str() {
                            "" => key.clone(),
                            path => format!("{path}.{key}"),
                        };
                        let told = told.remove(&key).unwrap_or_default();
                        waiting.push((path, value, told));
                    }
                }
                (Json::Array(own), Json::Array(told)) if own.len() == told.len() => {
                    for (at, (own, told)) in own.into_iter().zip(told).enumerate() {
                        waiting.push((format!("{path}[{at}]"), own, told));
                    }
                }
                (own, Json::Null) => self.lost(&path, short(&own)),
                (own, told) => {
                    self.altered(&path, format_args!("{}, not {}", short(&told), short(&own)));
                }
            }
        }
    }

    /// Tells of raw properties, which a mail has no place for.
    pub(super) fn tell_raw(&mut self, item: &Item) {
        let (own, other): (Vec<_>, Vec<_>) = item.raw.iter().partition(|raw| raw.kind == MIME);
        if !other.is_empty() {
            let names: Vec<&str> = other.iter().take(8).map(|raw| raw.name.as_str()).collect();
            let more = if other.len() > names.len() {
                ", …"
            } else {
                ""
            };
            let detail = format!("{} properties: {}{more}", other.len(), names.join(", "));
            self.lost("raw[]", detail);
        }
        if !own.is_empty() {
            let names: Vec<&str> = own.iter().take(8).map(|raw| raw.name.as_str()).collect();
            let detail = format!("how the mail was laid out: {}", names.join(", "));
            self.find(ALTERED, Effect::Noted, "raw[]", detail);
        }
    }
}

/// What is in every item and no header says, or what is told elsewhere.
const ELSEWHERE: [&str; 14] = [
    "id",
    "identity",
    "provenance",
    "attachments",
    "raw",
    "body",
    "headers",
    "nature",
    "class",
    "meeting",
    "report",
    "kind",
    "conversation_keys",
    "subject_prefix",
];

/// The fields of an item that a header may say.
pub(super) fn record(item: &Item) -> Json {
    let mut record = serde_json::to_value(item).unwrap_or_default();
    if let Some(own) = record.as_object_mut() {
        own.retain(|key, _| !ELSEWHERE.contains(&key.as_str()));
    }
    record
}

/// The item of a header without a body.
pub(super) fn read(header: &[u8]) -> Option<Item> {
    let mut bytes = header.to_vec();
    bytes.extend_from_slice(b"\r\n");
    read_mail(bytes)
}

/// The item of a mail in memory.
pub(super) fn read_mail(bytes: Vec<u8>) -> Option<Item> {
    let len = bytes.len() as u64;
    let message = Message::scan(FileBytes::in_memory(bytes), 0..len, FromQuoting::None).ok()?;
    let mut all = to_items(message, &Envelope::default(), &Context::default()).into_iter();
    let item = all.next()?.item;
    matches!(item.content, Content::Email(_)).then_some(item)
}

fn short(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(160) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
