//! An Internet message to an item, and back.
//!
//! The header becomes fields by the rows of [`fields`], and rides along whole in `headers`; the
//! parts become bodies, attachments and embedded items ([`parts`]). Calendars and cards in a
//! message are items of their own as well ([`inside`]).
//!
//! *Spec*: RFC 5322, RFC 2045 to 2049; MS-OXCMAIL for what Outlook makes of header fields.

pub mod fidelity;

mod attached;
mod attachment;
mod body;
mod calendar;
mod composing;
pub(in crate::mapping) mod email;
mod encapsulated;
mod fields;
mod heading;
mod inside;
mod parts;
mod report;
mod signed;
mod state;
mod writing;

use super::identity;
use super::mapped::{Blobs, Contents, Context, Given, Mapped};
use crate::finding::{Effect, Findings};
use crate::item::{Content, Item, Provenance, RawProperty, RawValue};
use crate::limits;
use crate::mime::maildir::Flags;
use crate::mime::write::Part;
use crate::mime::{Entity, Message};

/// The type of raw properties that a message gives.
const MIME: &str = "mime";

/// What the place of a message tells of it beside its bytes.
#[derive(Debug, Clone, Default)]
pub struct Envelope {
    /// Flags of a Maildir.
    pub flags: Option<Flags>,
    /// Lines of a mailbox, or of a mailer, around the message, by name.
    pub around: Vec<(&'static str, String)>,
    /// The code page of text that says no charset, as the user gives it.
    pub code_page: Option<u16>,
}

/// Maps a message: the item of the mail first, then the items inside it.
///
/// # Findings
/// `mime.*`, `mapping.mail.*`, see `docs/fidelity.md`.
#[must_use]
pub fn to_items(message: Message, envelope: &Envelope, context: &Context) -> Vec<Mapped> {
    to_items_at(message, envelope, context, 0)
}

/// As [`to_items`], of a message that is in `depth` others.
pub(super) fn to_items_at(
    mut message: Message,
    envelope: &Envelope,
    context: &Context,
    depth: u32,
) -> Vec<Mapped> {
    if let Some(page) = envelope.code_page {
        message.assume(page);
    }
    let mut session = Session {
        context,
        contents: Contents::default(),
        findings: Findings::new(),
        locator: context.locator.clone(),
        depth,
        code_page: envelope.code_page,
        inside: Vec::new(),
    };
    session.adopt(&message);
    let mut item = session.item(&message, 0);
    state::of_envelope(&mut session, &mut item, envelope);
    if let Content::Email(email) = &mut item.content {
        let date = message.from_line.as_deref();
        let date = date.and_then(crate::mime::mbox::from_date);
        email.received = email.received.or(date.map(|dated| dated.instant));
    }
    item.provenance = vec![session.provenance()];
    identity::give(&mut item, None, None);
    let inside = std::mem::take(&mut session.inside);
    let mut all = vec![Mapped {
        contents: session.contents.referred_by(&mut item),
        item,
        findings: session.findings,
    }];
    all.extend(inside);
    all
}

/// Maps an e-mail to a message, which [`crate::mime::write::write`] writes; `None` when the item is
/// none.
///
/// # Findings
/// `mapping.mime.no-place` (lost) and `mapping.mime.altered`, each with the path of the field; see
/// `docs/fidelity.md`.
#[must_use]
pub fn to_mail(item: &Item, blobs: &dyn Blobs) -> Option<Given<Part>> {
    let Content::Email(email) = &item.content else {
        return None;
    };
    let place = item.provenance.first();
    let mut session = Writing {
        blobs,
        findings: Findings::new(),
        locator: place.map_or_else(|| item.id.0.clone(), |place| place.locator.clone()),
        depth: 0,
    };
    let value = composing::message(&mut session, item, email);
    Some(Given {
        value,
        findings: session.findings,
    })
}

/// One call of [`to_items`]: what is collected along the way.
struct Session<'c> {
    context: &'c Context,
    contents: Contents,
    findings: Findings,
    /// Where in the source the message at hand is.
    locator: String,
    /// How many messages it is embedded in.
    depth: u32,
    /// The code page of text that says no charset.
    code_page: Option<u16>,
    /// Items of their own that have been met.
    inside: Vec<Mapped>,
}

impl Session<'_> {
    fn find(&mut self, code: &'static str, effect: Effect, at: &str, detail: impl Into<String>) {
        let part = match at {
            "" => self.locator.clone(),
            at => format!("{}, part {at}", self.locator),
        };
        self.findings.add(code, effect, part, detail);
    }

    /// Takes over what was found when the message was read.
    fn adopt(&mut self, message: &Message) {
        for finding in message.findings.iter() {
            let mut finding = finding.clone();
            finding.place.part = match finding.place.part.as_ref() {
                "" => self.locator.clone(),
                part => format!("{}, {part}", self.locator),
            }
            .into();
            self.findings.push(finding);
        }
    }

    /// The context of what is in a part.
    fn context_at(&self, at: &str) -> Context {
        let locator = match at {
            "" => format!("{}, body", self.locator),
            at => format!("{}, part {at}", self.locator),
        };
        Context {
            locator,
            ..self.context.clone()
        }
    }

    fn provenance(&self) -> Provenance {
        Provenance {
            source: self.context.source.to_string(),
            folder: self.context.folder.to_vec(),
            locator: self.locator.clone(),
        }
    }

    /// The item of a message, or of one in it, by its entity.
    fn item(&mut self, message: &Message, root: usize) -> Item {
        let empty = Email::default();
        let mut item = Item::new("", Content::Email(empty));
        let Some(entity) = message.entities.get(root) else {
            return item;
        };
        let mut email = email::read(self, message, entity, &mut item);
        let class = email::class_of_content(entity);
        parts::read(self, message, root, &mut email, &mut item);
        if email.nature == Nature::Message
            && let Some((nature, _)) = class
        {
            email.nature = nature;
        }
        match class {
            Some((nature, class)) if nature == email.nature => class.clone_into(&mut item.class),
            _ if item.class.is_empty() => {
                email::class_of(email.nature).clone_into(&mut item.class);
            }
            _ => {}
        }
        item.content = Content::Email(email);
        state::of_mailbox(&entity.header, &mut item);
        if root == 0 {
            self.around(message, &mut item);
        }
        item.provenance = vec![self.provenance()];
        identity::give(&mut item, None, None);
        item
    }

    /// What is in the bytes of a message and in none of its parts.
    fn around(&mut self, message: &Message, item: &mut Item) {
        let runs = [
            ("before header", &message.junk),
            ("beyond limit", &message.beyond),
        ];
        for (name, run) in runs {
            if let Some(run) = run {
                let blob = self.contents.blob(message.raw(run.clone()));
                item.raw.push(raw(name, RawValue::Blob(blob)));
            }
        }
        if let Some(line) = &message.from_line {
            let line = String::from_utf8_lossy(line).into_owned();
            item.raw.push(raw("From_", RawValue::Text(line)));
        }
    }

    /// A text as a raw value: inline or as a blob.
    fn raw_text(&mut self, text: String) -> RawValue {
        match self.contents.text(text) {
            crate::item::Text::Inline(text) => RawValue::Text(text),
            crate::item::Text::Blob(blob) => RawValue::Blob(blob),
        }
    }

    /// The fields of a header as text.
    fn header_text(&mut self, entity: &Entity, at: &str) -> String {
        let block = entity.header.block();
        match std::str::from_utf8(block) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                let decoded = crate::charset::guess(block);
                let charset = decoded.guessed.unwrap_or("none");
                let detail = format!("bytes of a header say no charset; {charset} is a guess");
                let lost = !decoded.lossless;
                let effect = if lost { Effect::Altered } else { Effect::Noted };
                self.find("mapping.mail.header-charset", effect, at, detail);
                decoded.text
            }
        }
    }
}

/// A raw property of a message.
fn raw(name: impl Into<String>, value: RawValue) -> RawProperty {
    RawProperty {
        name: name.into(),
        kind: MIME.to_owned(),
        value,
    }
}

use crate::item::Email;
use crate::item::email::Nature;
use writing::Writing;

/// Whether messages may still be in messages.
fn may_go_deeper(depth: u32) -> bool {
    depth < limits::EMBEDDED_DEPTH
}
