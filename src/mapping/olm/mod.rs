//! An item of Outlook for Mac to an item.
//!
//! *Spec*: none is published. Numbers without a meaning that is sure stay raw as well: see
//! `docs/fidelity.md`.
//!
//! Each kind has a file with the rows of its fields; what no row takes rides along raw, with the
//! name of its element. What is attached is not read here: it is unpacked when its bytes are asked
//! for.

pub mod fidelity;

mod address;
mod any_kind;
mod appointment;
mod attachments;
mod contact;
mod fields;
mod group;
mod message;
mod note;
mod recurrence;
mod source_text;
mod task;
mod value;
mod zone;

use super::mapped::{Contents, Context, Mapped};
use super::{fidelity as rows, identity};
use crate::archive::Packed;
use crate::content::InMemory;
use crate::finding::{Effect, Findings};
use crate::item::{Attachment, Content, Item, Provenance, RawProperty, RawValue};
use crate::limits;
use crate::olm::{Element, Kind};
use fields::Taker;

/// The `type` of raw properties.
const FORMAT: &str = "olm";

/// Maps an item. It always gives one: what it does not understand rides along raw. `attached` finds
/// what the archive has under an address of the item.
///
/// # Findings
/// `mapping.olm.*`, see `docs/fidelity.md`.
#[must_use]
pub fn to_item(
    kind: Kind,
    element: &Element,
    context: &Context,
    attached: &dyn Fn(&str) -> Option<Packed>,
) -> Mapped {
    let mut session = Session {
        contents: Contents::default(),
        findings: Findings::new(),
        locator: context.locator.clone(),
        attached,
        attachments: Vec::new(),
        raw: Vec::new(),
    };
    let mut taker = Taker::new(element);
    let session_ref = &mut session;
    let content = match kind {
        Kind::Message => Content::Email(message::read(session_ref, &mut taker)),
        Kind::Contact => Content::Contact(contact::read(session_ref, &mut taker)),
        Kind::Group => Content::DistributionList(group::read(&mut taker)),
        Kind::Appointment => Content::Meeting(appointment::read(session_ref, &mut taker)),
        Kind::Task => Content::Task(task::read(session_ref, &mut taker)),
        Kind::Note => Content::Note(note::read(session_ref, &mut taker)),
    };
    let mut item = any_kind::read(kind, &mut taker, content);
    if let Content::Email(email) = &item.content {
        item.class = message::class(email.nature).to_owned();
    }
    let item = session.finish(item, &taker, context);
    Mapped {
        item,
        contents: session.contents.into_refs(),
        findings: session.findings,
    }
}

/// One call of [`to_item`]: what is collected along the way.
struct Session<'a> {
    contents: Contents,
    findings: Findings,
    locator: String,
    attached: &'a dyn Fn(&str) -> Option<Packed>,
    attachments: Vec<Attachment>,
    raw: Vec<RawProperty>,
}

impl Session<'_> {
    fn find(&mut self, code: &'static str, effect: Effect, detail: impl Into<String>) {
        self.findings
            .add(code, effect, self.locator.clone(), detail);
    }

    /// Keeps a text that no field takes.
    fn keep(&mut self, name: impl Into<String>, text: String) {
        let value = if text.len() > limits::INLINE_TEXT {
            RawValue::Blob(self.contents.blob(InMemory(text.into_bytes())))
        } else {
            RawValue::Text(text)
        };
        self.raw.push(RawProperty {
            name: name.into(),
            kind: FORMAT.to_owned(),
            value,
        });
    }

    /// Adds what is left: attachments, raw properties, identity.
    fn finish(&mut self, mut item: Item, taker: &Taker<'_>, context: &Context) -> Item {
        for element in taker.rest() {
            self.keep(element.name.clone(), element.contents());
        }
        item.attachments = std::mem::take(&mut self.attachments);
        item.raw = std::mem::take(&mut self.raw);
        item.provenance = vec![Provenance {
            source: context.source.to_string(),
            folder: context.folder.to_vec(),
            locator: self.locator.clone(),
        }];
        identity::give(&mut item, None, None);
        item
    }
}
