//! Which part of a message is its body, and which is attached.
//!
//! *Spec*: RFC 2046 5.1.3 (mixed), 5.1.4 (alternative); RFC 2387 (related); RFC 1847 (signed,
//! encrypted); RFC 6522 (report).
//!
//! *Rules*: A text part without a name that does not say it is attached may be body. The first one
//! is; of a multipart/alternative the first of each kind. A further text part in a multipart/mixed
//! continues the body when the body is of its kind only, and else is attached, inline. Parts of a
//! multipart/related beside its root are attached, inline when the HTML refers to them. A calendar
//! or card is attached, and is an item of its own.
//!
//! *Invariant*: recursion is as deep as the structure, which [`crate::limits::MIME_DEPTH`] bounds.

use super::attachment::{self, Role};
use super::{Session, body, encapsulated, inside, raw, report};
use crate::finding::Effect;
use crate::item::email::Nature;
use crate::item::{AttachmentData, Email, Item, RawValue};
use crate::limits;
use crate::mapping::opaque;
use crate::mime::part::Shape;
use crate::mime::{Entity, Message};

/// What has been found of a message.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Parts of the body, by entity.
    pub(super) plain: Vec<usize>,
    pub(super) html: Vec<usize>,
    /// The rest, in their order.
    pub(super) attached: Vec<(usize, Role)>,
    /// A multipart/signed at the top, and others that are kept whole.
    pub(super) signed: Option<usize>,
    pub(super) nature: Option<Nature>,
    /// What is signed as a whole, or encrypted, when that is the body.
    pub(super) envelope: Option<usize>,
    /// Parts that say what became of another message.
    pub(super) reports: Vec<usize>,
}

/// Where in the structure a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// The message itself, or a multipart whose parts come one after the other.
    Sequence,
    /// A multipart/alternative.
    Alternative,
    /// A multipart/related, beside its root.
    Related,
}

/// Reads the parts of a message into its e-mail.
pub(super) fn read(
    session: &mut Session<'_>,
    message: &Message,
    root: usize,
    email: &mut Email,
    item: &mut Item,
) {
    let mut found = Found::default();
    let mut walk = Walk {
        message,
        root,
        found: &mut found,
    };
    walk.entity(root, Within::Sequence);
    let too_many = found.attached.len().saturating_sub(limits::ATTACHMENTS);
    if too_many > 0 {
        let detail = format!("{too_many} attachments beyond the limit");
        session.find("mapping.attachments.too-many", Effect::Lost, "", detail);
        found.attached.truncate(limits::ATTACHMENTS);
    }
    let referred = body::read(session, message, &mut found, email, item);
    if let Some(nature) = found.nature {
        email.nature = nature;
    }
    if let Some(signed) = found.signed {
        item.attachments
            .push(attachment::whole(session, message, signed));
    }
    for (index, role) in &found.attached {
        attach(session, message, *index, *role, &referred, email, item);
        if found.envelope == Some(*index) {
            encapsulated::envelope(session, message, *index, email, item);
        }
    }
    report::read(session, message, &found.reports, email);
    structure(session, message, root, &found, item);
}

fn attach(
    session: &mut Session<'_>,
    message: &Message,
    index: usize,
    role: Role,
    referred: &body::Referred,
    email: &mut Email,
    item: &mut Item,
) {
    let Some(entity) = message.entities.get(index) else {
        return;
    };
    let mut own = attachment::read(session, message, index, role, referred);
    if entity.shape == Shape::Message {
        if let Some(child) = entity.children.first() {
            own.data = embedded(session, message, index, *child);
        }
        name_of_embedded(&mut own);
    } else if entity.is_message() {
        let at = message.path(index);
        own.data = match encapsulated::message(session, message, index) {
            Some(data) => data,
            None => attachment::file(session, message, entity, &at),
        };
        name_of_embedded(&mut own);
    }
    item.attachments.push(own);
    match inside::kind(entity) {
        Some(kind) => inside::read(session, message, index, kind, email),
        None if encapsulated::is_tnef(entity) => {
            encapsulated::tnef(session, message, index, email, item);
        }
        None => {}
    }
}

/// A message without a file name is called by its subject.
fn name_of_embedded(own: &mut crate::item::Attachment) {
    if let (true, AttachmentData::Item { item }) = (own.name.is_empty(), &own.data) {
        item.title().clone_into(&mut own.name);
    }
}

/// The item of a message in a message.
fn embedded(
    session: &mut Session<'_>,
    message: &Message,
    index: usize,
    child: usize,
) -> AttachmentData {
    let outside = session.locator.clone();
    session.locator = format!("{outside}, part {}", message.path(index));
    session.depth = session.depth.saturating_add(1);
    let item = session.item(message, child);
    session.depth = session.depth.saturating_sub(1);
    session.locator = outside;
    AttachmentData::Item {
        item: Box::new(item),
    }
}

/// The headers of the parts that are no attachments, and the text around parts.
fn structure(
    session: &mut Session<'_>,
    message: &Message,
    root: usize,
    found: &Found,
    item: &mut Item,
) {
    let attached: std::collections::HashSet<usize> =
        found.attached.iter().map(|(index, _)| *index).collect();
    let mut waiting = vec![root];
    while let Some(index) = waiting.pop() {
        let Some(entity) = message.entities.get(index) else {
            continue;
        };
        if attached.contains(&index) {
            continue;
        }
        waiting.extend(
            entity
                .children
                .iter()
                .rev()
                .filter(|_| entity.shape == Shape::Multipart),
        );
        let path = message.path(index);
        if index != root && !entity.header.block().trim_ascii().is_empty() {
            let text = session.header_text(entity, &path);
            let value = session.raw_text(text);
            item.raw.push(raw(format!("part {path}/header"), value));
        }
        let around = [
            ("preamble", &entity.preamble),
            ("epilogue", &entity.epilogue),
        ];
        for (name, run) in around {
            let Some(run) = run.as_ref().filter(|run| !run.is_empty()) else {
                continue;
            };
            if let Some(value) = around_parts(session, message, run) {
                let name = match path.as_str() {
                    "" => name.to_owned(),
                    path => format!("part {path}/{name}"),
                };
                item.raw.push(raw(name, value));
            }
        }
    }
}

/// Text around parts: inline when it is short, else as it stands; blank lines are nothing.
fn around_parts(
    session: &mut Session<'_>,
    message: &Message,
    run: &std::ops::Range<u64>,
) -> Option<RawValue> {
    let content = message.raw(run.clone());
    if content.extent.len > limits::INLINE_TEXT as u64 {
        return Some(RawValue::Blob(session.contents.blob(content)));
    }
    let bytes = crate::content::read_all(&content, limits::INLINE_TEXT as u64).ok()?;
    let text = crate::charset::guess(&bytes).text;
    (!text.trim().is_empty()).then_some(RawValue::Text(text))
}

struct Walk<'w> {
    message: &'w Message,
    root: usize,
    found: &'w mut Found,
}

impl Walk<'_> {
    fn entity(&mut self, index: usize, within: Within) {
        let message = self.message;
        let Some(entity) = message.entities.get(index) else {
            return;
        };
        if entity.shape == Shape::Multipart && !entity.is_attached() {
            self.multipart(index, entity);
        } else if entity.shape == Shape::Multipart {
            // One that says it is attached: its parts are.
            for child in &entity.children {
                self.attached_only(*child);
            }
        } else {
            self.leaf(index, entity, within);
        }
    }

    fn attached_only(&mut self, index: usize) {
        let Some(entity) = self.message.entities.get(index) else {
            return;
        };
        if entity.shape == Shape::Multipart {
            entity
                .children
                .iter()
                .for_each(|child| self.attached_only(*child));
        } else {
            self.found.attached.push((index, Role::Attached));
        }
    }

    fn multipart(&mut self, index: usize, entity: &Entity) {
        let children = entity.children.as_slice();
        match entity.media_type() {
            "multipart/alternative" => self.alternative(children),
            "multipart/related" => self.related(entity, children),
            "multipart/signed" => {
                let (first, rest) = children
                    .split_first()
                    .map_or((None, children), |(a, b)| (Some(a), b));
                if let Some(first) = first {
                    self.entity(*first, Within::Sequence);
                }
                let signatures = rest.iter().map(|child| (*child, Role::Signature));
                self.found.attached.extend(signatures);
                self.found.signed.get_or_insert(index);
                self.found.nature.get_or_insert(Nature::Signed);
            }
            "multipart/encrypted" => {
                children.iter().for_each(|child| self.attached_only(*child));
                self.found.nature.get_or_insert(Nature::Encrypted);
            }
            "multipart/report" => {
                for child in children {
                    let kind = self.message.entities.get(*child).map(Entity::media_type);
                    if report::is_report(kind.unwrap_or_default()) {
                        self.found.reports.push(*child);
                    }
                    self.entity(*child, Within::Sequence);
                }
            }
            _ => children
                .iter()
                .for_each(|child| self.entity(*child, Within::Sequence)),
        }
    }

    /// The first of each kind is body, unless there is a body already; the rest is attached.
    fn alternative(&mut self, children: &[usize]) {
        for child in children {
            self.entity(*child, Within::Alternative);
        }
    }

    fn related(&mut self, entity: &Entity, children: &[usize]) {
        let start = entity.content_type.get("start").map(bare);
        let is_start = |child: &&usize| {
            let own = self.message.entities.get(**child);
            let id = own.and_then(|own| own.header.get("Content-ID"));
            let id = id.map(|id| String::from_utf8_lossy(id).trim().to_owned());
            id.as_deref().map(bare).is_some_and(|id| Some(id) == start)
        };
        let root = start
            .and_then(|_| children.iter().find(is_start))
            .or(children.first())
            .copied();
        for child in children {
            let within = match root == Some(*child) {
                true => Within::Alternative,
                false => Within::Related,
            };
            self.entity(*child, within);
        }
    }

    fn leaf(&mut self, index: usize, entity: &Entity, within: Within) {
        let nothing = entity.body.is_empty() && index != self.root;
        if (nothing && entity.header.is_empty()) || self.is_body(index, entity, within) {
            return;
        }
        let is_text = entity.media_type().starts_with("text/") && entity.file_name().is_none();
        let role = match within {
            Within::Related => Role::Related,
            Within::Sequence if is_text && !entity.is_attached() => Role::Text,
            _ => Role::Attached,
        };
        if opaque::is_type(entity.media_type()) {
            let kind = entity.content_type.get("smime-type").unwrap_or_default();
            if !kind.eq_ignore_ascii_case("certs-only") && self.found.attached.is_empty() {
                self.found.nature.get_or_insert(Nature::Encrypted);
                self.found.envelope.get_or_insert(index);
            }
        }
        if report::is_report(entity.media_type()) && !self.found.reports.contains(&index) {
            self.found.reports.push(index);
        }
        self.found.attached.push((index, role));
    }

    /// Takes a text part as body, or says that it is none.
    fn is_body(&mut self, index: usize, entity: &Entity, within: Within) -> bool {
        let named = entity.file_name().is_some();
        let may_be_named = index == self.root || within == Within::Alternative;
        if entity.is_attached() || (named && !may_be_named) || within == Within::Related {
            return false;
        }
        if self.message.content(entity).extent.len > limits::MIME_TEXT_BYTES.saturating_mul(2) {
            return false;
        }
        // A multipart in which nothing was found is text.
        let html = match entity.media_type() {
            "text/html" => true,
            "text/plain" => false,
            kind if kind.starts_with("multipart/") || !kind.contains('/') => false,
            _ => return false,
        };
        // An empty text is no body, and nothing to attach.
        if entity.body.is_empty() && index != self.root {
            return true;
        }
        let (own, other) = match html {
            true => (&mut self.found.html, &self.found.plain),
            false => (&mut self.found.plain, &self.found.html),
        };
        let takes = match within {
            Within::Alternative => own.is_empty(),
            _ => other.is_empty(),
        };
        if takes {
            own.push(index);
        }
        takes
    }
}

/// An id without its angle brackets.
pub(super) fn bare(id: &str) -> &str {
    let id = id.trim();
    id.strip_prefix('<')
        .and_then(|id| id.strip_suffix('>'))
        .unwrap_or(id)
        .trim()
}
