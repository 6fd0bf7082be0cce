//! The message that the attributes make.
//!
//! *Spec*: MS-OXTNEF 2.3.

use std::io;
use std::sync::Arc;

use crate::bytes::ReadAt;
use crate::file_bytes::Extent;
use crate::finding::{Effect, Findings};
use crate::limits;
use crate::mapi::{
    Attachment, AttachmentData, Budget, Guid, Message, Property, PropertyBag, Value, codepage,
    pid_tag,
};

use super::attribute::{self as att, Attribute, Attributes};
use super::properties::{Listed, Object};
use super::window::Window;
use super::{TnefError, legacy};

/// `IID_IMessage`.
const MESSAGE: Guid = Guid::ole(0x0002_0307);
/// `IID_IStorage`.
const STORAGE: Guid = Guid::ole(0x0000_000B);

/// What reading one encapsulation works with.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) findings: &'a mut Findings,
    pub(super) budget: &'a Budget,
    /// What the user says.
    pub(super) code_page: Option<u16>,
}

/// A message on its way.
#[derive(Debug, Default)]
struct Parts {
    code_page: Option<u16>,
    properties: Vec<Property>,
    /// Of older attributes, which count where no MAPI property does.
    older: Vec<(u32, Vec<u8>)>,
    recipients: Vec<Vec<Property>>,
    attachments: Vec<AttachmentParts>,
}

/// An attachment on its way.
#[derive(Debug, Default)]
struct AttachmentParts {
    listed: Listed,
    older: Vec<(u32, Vec<u8>)>,
    data: Option<Extent>,
}

/// Older attributes and what tells their meaning.
#[derive(Clone, Copy)]
struct Older<'a> {
    attributes: &'a [(u32, Vec<u8>)],
    /// The class of the message.
    class: &'a str,
    /// How far times are behind UTC.
    behind: Option<i64>,
}

impl Reading<'_> {
    /// Reads a message. `outer` is the code page of the message around it.
    pub(super) fn message(
        &mut self,
        extent: &Extent,
        place: &str,
        outer: Option<u16>,
        depth: u32,
    ) -> Result<Message, TnefError> {
        let mut attributes = Attributes::open(extent)?;
        let mut parts = Parts::default();
        let mut any = false;
        while let Some(attribute) = attributes.next_one()? {
            any = true;
            self.attribute(&attribute, &mut parts, place)?;
        }
        if let Some(at) = attributes.garbage {
            let left = extent.len.saturating_sub(at);
            let detail = format!("{left} bytes that are no attribute, at offset {at}");
            self.find("tnef.attribute.garbage", Effect::Noted, place, detail);
        }
        if !any {
            return Err(TnefError::new(
                "tnef.attribute.none",
                "there is nothing in it",
            ));
        }
        Ok(self.assemble(parts, place, outer, depth))
    }

    fn attribute(&mut self, own: &Attribute, parts: &mut Parts, place: &str) -> io::Result<()> {
        let place = &join(place, &att::name(own.id));
        if own.data.len < own.told {
            let detail = format!("{} bytes of {}", own.data.len, own.told);
            self.find("tnef.attribute.cut-short", Effect::Lost, place, detail);
        } else if !own.adds_up()? {
            let detail = "its bytes do not add up to its checksum; read all the same";
            self.find("tnef.attribute.checksum", Effect::Noted, place, detail);
        }
        match own.id {
            att::MAPI_PROPS => {
                let listed = self.list(&mut Window::new(&own.data), place);
                parts.properties.extend(listed.properties);
            }
            att::RECIPIENTS => self.recipients(own, parts, place),
            att::CODE_PAGE => {
                let bytes = own.data.read(limits::VALUE_IN_MEMORY)?;
                let page = bytes.u32_at(0).and_then(|page| u16::try_from(page).ok());
                parts.code_page = page.filter(|page| *page != 0 && codepage::is_known(*page));
            }
            att::VERSION => {}
            att::ATTACH_REND_DATA => {
                if self.counts(parts.attachments.len(), limits::ATTACHMENTS, place) {
                    let older = self.small(own, place)?.map(|bytes| (own.id, bytes));
                    parts.attachments.push(AttachmentParts {
                        older: older.into_iter().collect(),
                        ..AttachmentParts::default()
                    });
                }
            }
            _ if own.level == att::ATTACHMENT => self.of_attachment(own, parts, place)?,
            _ => self.older(own, &mut parts.older, place)?,
        }
        Ok(())
    }

    fn of_attachment(&mut self, own: &Attribute, parts: &mut Parts, place: &str) -> io::Result<()> {
        if parts.attachments.is_empty() {
            let detail = "no attAttachRendData before it; an attachment all the same";
            self.find("tnef.attachment.no-beginning", Effect::Noted, place, detail);
            parts.attachments.push(AttachmentParts::default());
        }
        let Some(attachment) = parts.attachments.last_mut() else {
            return Ok(());
        };
        match own.id {
            att::ATTACH_PROPS => {
                let listed = self.list(&mut Window::new(&own.data), place);
                attachment.listed.properties.extend(listed.properties);
                let first = attachment.listed.data.take();
                attachment.listed.data = first.or(listed.data);
            }
            att::ATTACH_DATA if attachment.data.is_none() => {
                attachment.data = Some(own.data.clone());
            }
            _ => self.older(own, &mut attachment.older, place)?,
        }
        Ok(())
    }

    /// Keeps an older attribute; the first of each counts.
    fn older(
        &mut self,
        own: &Attribute,
        older: &mut Vec<(u32, Vec<u8>)>,
        place: &str,
    ) -> io::Result<()> {
        if !att::is_known(own.id) {
            let detail = format!("{} bytes that nobody knows", own.data.len);
            self.find("tnef.attribute.unknown", Effect::Lost, place, detail);
        } else if older.iter().any(|(id, _)| *id == own.id) || own.id == att::ATTACH_DATA {
            let detail = "there twice; the first is kept";
            self.find("tnef.attribute.twice", Effect::Lost, place, detail);
        } else if let Some(bytes) = self.small(own, place)? {
            older.push((own.id, bytes));
        }
        Ok(())
    }

    /// The bytes of an attribute that is a value.
    fn small(&mut self, own: &Attribute, place: &str) -> io::Result<Option<Vec<u8>>> {
        let len = own.data.len;
        if len <= limits::VALUE_IN_MEMORY && self.budget.take(len) {
            return own.data.read(limits::VALUE_IN_MEMORY).map(Some);
        }
        let detail = format!("{len} bytes are over the limit of a value");
        self.find("tnef.attribute.too-large", Effect::Lost, place, detail);
        Ok(None)
    }

    fn recipients(&mut self, own: &Attribute, parts: &mut Parts, place: &str) {
        let mut window = Window::new(&own.data);
        let told = window.u32().ok().flatten().unwrap_or_default();
        for number in 0..told {
            if window.left() < 4 {
                let detail = format!("{number} recipients of {told}");
                self.find("tnef.recipients.cut-short", Effect::Lost, place, detail);
                break;
            }
            let place = format!("{place}, recipient {number}");
            if !self.counts(parts.recipients.len(), limits::RECIPIENTS, &place) {
                break;
            }
            let listed = self.list(&mut window, &place);
            parts.recipients.push(listed.properties);
        }
    }

    fn counts(&mut self, so_far: usize, limit: usize, place: &str) -> bool {
        let counts = so_far < limit && self.budget.object();
        if !counts {
            let detail = "more objects in one message than the limit";
            self.find("tnef.message.too-many", Effect::Lost, place, detail);
        }
        counts
    }

    fn assemble(&mut self, parts: Parts, place: &str, outer: Option<u16>, depth: u32) -> Message {
        let class = class(&parts);
        let behind = legacy::offset(&parts.properties, &parts.older);
        let older = Older {
            attributes: &parts.older,
            class: &class,
            behind,
        };
        let mut props = self.with_older(parts.properties, older, place);
        let page = self
            .code_page
            .or(parts.code_page)
            .or_else(|| codepage::item_code_page(&props))
            .or(outer)
            .unwrap_or(codepage::WESTERN);
        self.decode(&mut props, page, place);
        let recipients = parts.recipients.into_iter().enumerate();
        let recipients = recipients.map(|(number, properties)| {
            let place = join(place, &format!("recipient {number}"));
            let mut bag = self.bag(properties, &place);
            self.decode(&mut bag, page, &place);
            bag
        });
        let recipients = recipients.collect();
        let attachments = parts.attachments.into_iter().enumerate();
        let attachments = attachments.map(|(number, parts)| {
            let place = join(place, &format!("attachment {number}"));
            self.attachment(parts, &place, (page, behind), depth)
        });
        Message {
            props,
            recipients,
            attachments: attachments.collect(),
            template: false,
        }
    }

    /// MAPI properties, and those of older attributes that they do not say.
    fn with_older(
        &mut self,
        mut properties: Vec<Property>,
        older: Older<'_>,
        place: &str,
    ) -> PropertyBag {
        let mut known: Vec<u16> = properties.iter().map(|own| own.tag.id()).collect();
        known.sort_unstable();
        let mut added: Vec<Property> = Vec::new();
        for (id, bytes) in older.attributes {
            let Some(stands_for) = legacy::properties(*id, bytes, older.class) else {
                // An empty attribute says nothing.
                if bytes.iter().any(|byte| *byte != 0) {
                    let place = join(place, &att::name(*id));
                    let detail = format!("{} bytes that are not of its form", bytes.len());
                    self.find("tnef.attribute.malformed", Effect::Lost, &place, detail);
                }
                continue;
            };
            let new = |own: &Property| {
                let id = own.tag.id();
                known.binary_search(&id).is_err() && added.iter().all(|one| one.tag.id() != id)
            };
            let mut new: Vec<Property> = stands_for.into_iter().filter(new).collect();
            for own in &mut new {
                self.in_utc(own, older.behind, &join(place, &att::name(*id)));
            }
            added.append(&mut new);
        }
        properties.append(&mut added);
        self.bag(properties, place)
    }

    /// A time of an older attribute in UTC.
    fn in_utc(&mut self, own: &mut Property, behind: Option<i64>, place: &str) {
        let Value::Time(time) = own.value else { return };
        match behind {
            Some(behind) => own.value = Value::Time(legacy::in_utc(time, behind)),
            None => {
                let detail = "a time that does not say its zone; taken for UTC";
                self.find("tnef.time.zone", Effect::Altered, place, detail);
            }
        }
    }

    fn attachment(
        &mut self,
        parts: AttachmentParts,
        place: &str,
        (page, behind): (u16, Option<i64>),
        depth: u32,
    ) -> Attachment {
        let AttachmentParts {
            listed,
            older,
            data,
        } = parts;
        let behind = behind.or_else(|| legacy::offset(&listed.properties, &older));
        let older = Older {
            attributes: &older,
            class: "",
            behind,
        };
        let mut props = self.with_older(listed.properties, older, place);
        self.decode(&mut props, page, place);
        let method = props.int(pid_tag::ATTACH_METHOD);
        let data = match (listed.data, data) {
            (Some(object), _) if object.interface == Some(MESSAGE) => {
                self.embedded(&object.data, place, page, depth)
            }
            (Some(object), None) => of_object(object, method),
            (_, Some(data)) => AttachmentData::of_bytes(method, Arc::new(data)),
            (None, None) => AttachmentData::without_bytes(method),
        };
        Attachment { props, data }
    }

    fn embedded(&mut self, data: &Extent, place: &str, page: u16, depth: u32) -> AttachmentData {
        if depth >= limits::EMBEDDED_DEPTH {
            let detail = format!(
                "more than {} messages in each other",
                limits::EMBEDDED_DEPTH
            );
            self.find("tnef.message.embedded-depth", Effect::Lost, place, detail);
            return AttachmentData::None;
        }
        match self.message(
            data,
            &join(place, "message"),
            Some(page),
            depth.saturating_add(1),
        ) {
            Ok(message) => AttachmentData::Message(Box::new(message)),
            Err(error) => {
                self.find(error.code, Effect::Lost, place, error.detail);
                AttachmentData::File(Arc::new(data.clone()))
            }
        }
    }

    fn decode(&mut self, bag: &mut PropertyBag, page: u16, place: &str) {
        if !codepage::decode_bag(bag, page) {
            let detail =
                format!("some text is not of code page {page}; --code-page says which it is");
            self.find("tnef.text.undecodable", Effect::Altered, place, detail);
        }
    }

    pub(super) fn find(
        &mut self,
        code: &'static str,
        effect: Effect,
        place: &str,
        detail: impl Into<String>,
    ) {
        let place = if place.is_empty() { "message" } else { place };
        self.findings.add(code, effect, place.to_owned(), detail);
    }
}

/// The data of an object that is no message.
fn of_object(object: Object, method: Option<i64>) -> AttachmentData {
    let data = Arc::new(object.data);
    if object.interface == Some(STORAGE) {
        return AttachmentData::Ole(data);
    }
    AttachmentData::of_bytes(method, data)
}

/// The class of a message: of its properties, or of the older attribute.
fn class(parts: &Parts) -> String {
    let own = parts.properties.iter();
    let own = own.filter(|own| own.tag.id() == pid_tag::MESSAGE_CLASS);
    let own = own.filter_map(|own| match &own.value {
        Value::String(text) => Some(text.clone()),
        Value::String8(bytes) => Some(legacy::text(bytes)),
        _ => None,
    });
    let older = parts
        .older
        .iter()
        .filter(|(id, _)| *id == att::MESSAGE_CLASS);
    let older = older.map(|(_, bytes)| super::class::mapi(&legacy::text(bytes)));
    own.chain(older).next().unwrap_or_default()
}

pub(super) fn join(outer: &str, part: &str) -> String {
    match outer {
        "" => part.to_owned(),
        outer => format!("{outer}, {part}"),
    }
}
