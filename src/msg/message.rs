//! A message: properties, recipients, attachments.
//!
//! *Spec*: MS-OXMSG 2.2, 2.3.

use std::fmt;

use crate::finding::{Effect, Findings};
use crate::limits;
use crate::mapi::{
    Budget, Message, NameMap, NameStreams, PropTag, PropType, PropertyBag, codepage,
};

use super::MsgError;
use super::compound::CompoundFile;
use super::element::{Element, Elements};
use super::properties::Owner;

/// Where in a file a reader is, in words: `attachment 0, message, property 0x0037001F`.
#[derive(Debug, Clone, Default)]
pub(super) struct Place(String);

impl Place {
    pub(super) fn inside(&self, part: impl fmt::Display) -> Self {
        match self.0.as_str() {
            "" => Self(part.to_string()),
            outer => Self(format!("{outer}, {part}")),
        }
    }

    pub(super) fn property(&self, tag: PropTag) -> Self {
        self.inside(format_args!("property {tag:?}"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() {
            "message"
        } else {
            &self.0
        })
    }
}

/// What reading one file works with.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) file: &'a mut CompoundFile,
    pub(super) findings: &'a mut Findings,
    pub(super) budget: &'a Budget,
    /// What the user says.
    pub(super) code_page: Option<u16>,
    pub(super) names: NameMap,
}

impl Reading<'_> {
    /// The message of the file.
    pub(super) fn top(&mut self) -> Result<Message, MsgError> {
        let elements = Elements::of(self.file, CompoundFile::ROOT);
        let any = elements
            .iter()
            .any(|(element, _)| !matches!(element, Element::Other(_)));
        if !any {
            return Err(MsgError::new(
                "msg.message.missing",
                "a compound file, but no message",
            ));
        }
        Ok(self.message(&elements, Owner::Message, &Place::default(), None, 0))
    }

    /// Reads a message. `outer` is the code page of the message around it.
    pub(super) fn message(
        &mut self,
        elements: &Elements,
        owner: Owner,
        place: &Place,
        outer: Option<u16>,
        depth: u32,
    ) -> Message {
        // One map of names is for all, but some writers give embedded messages their own.
        let names = elements.first(&Element::Names);
        let own = names.map(|storage| self.read_names(storage, place));
        let own = own.filter(|own| depth == 0 || !own.is_empty());
        let outside = own.map(|own| std::mem::replace(&mut self.names, own));
        let message = self.body(elements, owner, place, outer, depth);
        if let Some(outside) = outside {
            self.names = outside;
        }
        message
    }

    fn body(
        &mut self,
        elements: &Elements,
        owner: Owner,
        place: &Place,
        outer: Option<u16>,
        depth: u32,
    ) -> Message {
        let mut props = self.properties(elements, owner, place, None);
        let code_page = self
            .code_page
            .or_else(|| codepage::item_code_page(&props))
            .or(outer)
            .unwrap_or(codepage::WESTERN);
        self.decode(&mut props, code_page, place);
        let mut recipients = Vec::new();
        let mut attachments = Vec::new();
        for (element, id) in elements.iter() {
            match element {
                Element::Recipient(number) => {
                    let place = place.inside(format_args!("recipient {number}"));
                    if self.counts(recipients.len(), limits::RECIPIENTS, &place) {
                        recipients.push(self.recipient(id, &place, code_page));
                    }
                }
                Element::Attachment(number) => {
                    let place = place.inside(format_args!("attachment {number}"));
                    if self.counts(attachments.len(), limits::ATTACHMENTS, &place) {
                        attachments.push(self.attachment(id, &place, code_page, depth));
                    }
                }
                Element::Item(tag, _) if elements.value(*tag).is_none() => {
                    let place = place.property(*tag);
                    let detail = "a value of a list that there is not";
                    self.find("msg.properties.list", Effect::Lost, &place, detail);
                }
                _ => {}
            }
        }
        Message {
            props,
            recipients,
            attachments,
            template: false,
        }
    }

    fn recipient(&mut self, storage: u32, place: &Place, code_page: u16) -> PropertyBag {
        let elements = Elements::of(self.file, storage);
        let mut props = self.properties(&elements, Owner::Part, place, None);
        self.decode(&mut props, code_page, place);
        props
    }

    /// Whether one more object counts.
    fn counts(&mut self, so_far: usize, limit: usize, place: &Place) -> bool {
        let counts = so_far < limit && self.budget.object();
        if !counts {
            let detail = "more objects in one message than the limit";
            self.find("msg.message.too-many", Effect::Lost, place, detail);
        }
        counts
    }

    fn read_names(&mut self, storage: u32, place: &Place) -> NameMap {
        let place = place.inside("names");
        let elements = Elements::of(self.file, storage);
        let mut bytes = |id: u16| {
            let element = Element::Value(PropTag::new(id, PropType::BINARY));
            let Some(id) = elements.first(&element) else {
                return Vec::new();
            };
            let stream = self.stream(id, &place);
            self.bytes_of(&stream, limits::VALUE_IN_MEMORY, &place)
        };
        let (guids, entries, strings) = (bytes(2), bytes(3), bytes(4));
        let streams = NameStreams {
            guids: &guids,
            entries: &entries,
            strings: &strings,
        };
        let findings = &mut *self.findings;
        NameMap::read(streams, |id| {
            let detail = format!("the name of property 0x{id:X} is out of bounds");
            findings.add(
                "msg.names.out-of-bounds",
                Effect::Lost,
                place.to_string(),
                detail,
            );
        })
    }

    /// Decodes the strings of a bag.
    pub(super) fn decode(&mut self, bag: &mut PropertyBag, code_page: u16, place: &Place) {
        if !codepage::decode_bag(bag, code_page) {
            let detail =
                format!("some text is not of code page {code_page}; --code-page says which it is");
            self.find("msg.text.undecodable", Effect::Altered, place, detail);
        }
    }

    pub(super) fn find(
        &mut self,
        code: &'static str,
        effect: Effect,
        place: &Place,
        detail: impl Into<String>,
    ) {
        self.findings.add(code, effect, place.to_string(), detail);
    }
}
