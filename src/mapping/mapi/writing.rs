//! One call of [`super::to_message`]: what is collected along the way.

use super::fields::Key;
use super::giver::Giver;
use super::identity::{BRIDGE_ID, given_search_key};
use super::{
    attachments, body, common, contact, distribution_list, email, envelope, journal, meeting, note,
    raw, task,
};
use crate::content::{self, ContentRef};
use crate::finding::{Effect, Findings};
use crate::item::{BlobRef, Content, Item, RawProperty, Text};
use crate::limits;
use crate::mapi::{Message, Value, pid_tag};
use crate::mapping::Blobs;

/// What writing needs at every depth.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    pub(super) blobs: &'a dyn Blobs,
    pub(super) findings: Findings,
    pub(super) locator: String,
    pub(super) depth: u32,
    /// The raw properties of the item at hand.
    pub(super) raw: Vec<RawProperty>,
}

impl Writing<'_> {
    pub(super) fn find(&mut self, code: &'static str, effect: Effect, detail: impl Into<String>) {
        self.findings
            .add(code, effect, self.locator.clone(), detail);
    }

    /// Tells of a value for which Outlook has no place.
    pub(super) fn unplaced(&mut self, what: &str, value: &str) {
        let detail = format!("{what} has no place in Outlook: {value:?}");
        self.find("mapping.item.no-place", Effect::Lost, detail);
    }

    /// The content of a reference; one that is not to be had is a finding.
    pub(super) fn content(&mut self, blob: &BlobRef) -> Option<ContentRef> {
        let content = self.blobs.content(blob);
        if content.is_none() {
            let detail = format!("the bytes of {blob:?} are not there");
            self.find("mapping.blob.missing", Effect::Lost, detail);
        }
        content
    }

    /// All bytes of a reference; what cannot be read, or is over the limit of a body, is a finding.
    pub(super) fn bytes(&mut self, blob: &BlobRef) -> Option<Vec<u8>> {
        let content = self.content(blob)?;
        let limit = u64::try_from(limits::RTF_BYTES).unwrap_or(u64::MAX);
        match content::read_all(&*content, limit) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                let detail = format!("bytes of a body cannot be read: {error}");
                self.find("mapping.blob.unreadable", Effect::Lost, detail);
                None
            }
        }
    }

    /// A text of a record.
    pub(super) fn text(&mut self, text: &Text) -> Option<String> {
        match text {
            Text::Inline(text) => Some(text.clone()),
            Text::Blob(blob) => {
                let bytes = self.bytes(blob)?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }

    /// Whether a raw property's name begins so.
    pub(super) fn has_raw(&self, prefix: &str) -> bool {
        self.raw.iter().any(|raw| raw.name.starts_with(prefix))
    }

    /// Gives the raw properties whose name begins with a prefix, and holds no more parts.
    pub(super) fn give_raw(&mut self, giver: &mut Giver, prefix: &str) {
        let raw = std::mem::take(&mut self.raw);
        for property in &raw {
            let Some(name) = property.name.strip_prefix(prefix) else {
                continue;
            };
            let of_part = name.starts_with("recipients/") || name.starts_with("photo/");
            if of_part {
                continue;
            }
            if let Some((name, kind, value)) = raw::write(self, name, property) {
                giver.raw(name, kind, value);
            }
        }
        self.raw = raw;
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

    /// The message of an item; `None`, with a finding, when it is too deep in others.
    pub(super) fn message(&mut self, item: &Item) -> Option<Message> {
        if self.depth > limits::EMBEDDED_DEPTH {
            let detail = format!("an item over {} deep in items", limits::EMBEDDED_DEPTH);
            self.find("mapping.embedded.too-deep", Effect::Lost, detail);
            return None;
        }
        let outer = std::mem::replace(&mut self.raw, item.raw.clone());
        let message = self.whole(item);
        self.raw = outer;
        Some(message)
    }

    fn whole(&mut self, item: &Item) -> Message {
        let mut giver = Giver::default();
        let mut message = Message {
            template: item.template,
            ..Message::default()
        };
        self.give_raw(&mut giver, "");
        raw::tell_foreign(self, &item.raw);
        common::write(&mut giver, item);
        match &item.content {
            Content::Contact(own) => contact::write(self, &mut giver, own, &mut message),
            Content::DistributionList(own) => distribution_list::write(self, &mut giver, own),
            Content::Meeting(own) => meeting::write(self, &mut giver, own, &mut message),
            Content::Task(own) => task::write(self, &mut giver, own, &mut message),
            Content::Email(own) => email::write(self, &mut giver, own, &mut message),
            Content::Note(own) => note::write(self, &mut giver, own),
            Content::Journal(own) => journal::write(self, &mut giver, own),
            Content::Other(own) => {
                body::write_title(&mut giver, own.subject.as_deref().unwrap_or_default());
                body::write(self, &mut giver, &own.body);
            }
        }
        attachments::write(self, envelope::attached(self, item), &mut message);
        if self.depth == 0 && !item.id.0.is_empty() {
            giver.put(BRIDGE_ID, Value::String(item.id.0.clone()));
            let key = given_search_key(item);
            giver.expect(Key::Tag(pid_tag::SEARCH_KEY), Value::Binary(key));
        }
        message.props = giver.into_bag();
        message
    }
}
