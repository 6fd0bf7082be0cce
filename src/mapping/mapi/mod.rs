//! A MAPI message to an item, and back.
//!
//! Each kind has a file with the rows of its fields ([`fields::Field`]); what no row takes rides
//! along raw. Attachments and long texts are not read here: the item refers to them by their place
//! in [`Mapped::contents`].

pub mod fidelity;
pub mod fields;

mod attachments;
mod body;
mod common;
mod contact;
#[cfg(test)]
mod coverage;
mod distribution_list;
mod email;
mod envelope;
#[cfg(test)]
mod fixture;
pub(in crate::mapping) mod giver;
mod identity;
mod journal;
mod meeting;
mod note;
mod occurrence;
pub(in crate::mapping) mod parties;
mod postal;
mod raw;
pub(super) mod recurrence;
mod taker;
mod task;
mod time_zone;
mod writing;

use super::carried::{self, Words};
use super::mapped::{Blobs, Contents, Context, Given, Mapped, blob_of};
use crate::content::{Content as Bytes, ContentRef};
use crate::finding::{Effect, Findings};
use crate::item::{BlobRef, Content, Item, Kind, Other, Provenance, Text};
use crate::mapi::{Message, PropertyBag, Value, codepage, pid_tag};
pub use identity::search_key_of;
use taker::Taker;
use writing::Writing;

/// Maps a message to an item. It always gives an item: what it does not understand rides along raw.
///
/// # Findings
/// `mapping.*`, see `docs/fidelity.md`.
#[must_use]
pub fn to_item(message: &Message, context: &Context) -> Mapped {
    let mut session = Session {
        context,
        contents: Contents::default(),
        findings: Findings::new(),
        locator: context.locator.clone(),
        depth: 0,
        #[cfg(test)]
        taken: Vec::new(),
    };
    let item = session.item(message);
    Mapped {
        item,
        contents: session.contents.into_refs(),
        findings: session.findings,
    }
}

/// Maps an item to a message, with what it holds. What rode along raw goes back as it was, unless
/// a field says otherwise; what Outlook expects of an item of that kind is added.
///
/// # Findings
/// `mapping.*`, see `docs/fidelity.md`.
#[must_use]
pub fn to_message(item: &Item, blobs: &dyn Blobs) -> Given<Message> {
    let place = item.provenance.first();
    let mut session = Writing {
        blobs,
        findings: Findings::new(),
        locator: place.map_or_else(|| item.id.0.clone(), |place| place.locator.clone()),
        depth: 0,
        raw: Vec::new(),
    };
    let message = session.message(item).unwrap_or_default();
    Given {
        value: message,
        findings: session.findings,
    }
}

/// How what a message does not carry is told.
static WORDS: Words = Words {
    lost: "mapping.item.lost",
    altered: "mapping.item.altered",
    raw: "mapping.item.raw",
    format: "Outlook",
    remedy: "the bundle keeps it",
};

/// As [`to_message`]; what differs when the message is read again, and was not told, is told too.
///
/// # Findings
/// `mapping.*`, see `docs/fidelity.md`.
#[must_use]
pub fn to_message_told(item: &Item, blobs: &dyn Blobs) -> Given<Message> {
    let mut given = to_message(item, blobs);
    if given.findings.worst() < Some(Effect::Altered) {
        let back = to_item(&given.value, &Context::default());
        let differences = carried::differences(item, blobs, &back.item, &back.contents);
        let differences: Vec<_> = differences
            .into_iter()
            .filter(|one| !one.path.starts_with("outlook_links"))
            // What Outlook adds takes nothing away; whose contact it is stands in the exchange.
            .filter(|one| !one.was.is_null() && one.path != "assigned_to")
            .collect();
        carried::tell(&differences, &WORDS, &item.id.0, &mut given.findings);
    }
    given
}

/// An item as Outlook shows it once it has imported it: what it has no place for is gone, what it
/// expects is there. Bytes that are not at hand are left out.
#[must_use]
pub fn as_imported(item: &Item) -> Item {
    let none: Vec<ContentRef> = Vec::new();
    let given = to_message(item, &none);
    let mut back = to_item(&given.value, &Context::default());
    let contents = std::mem::take(&mut back.contents);
    let packed = back.item.try_visit_blobs(|blob| {
        if let BlobRef::Pending { pending } = *blob {
            let content = contents.get(pending).ok_or(())?;
            *blob = BlobRef::Packed(blob_of(&**content).map_err(|_| ())?);
        }
        Ok::<_, ()>(())
    });
    match packed {
        Ok(()) => back.item,
        Err(()) => item.clone(),
    }
}

/// Whether a message class, or that of the folder where there is none, is a contact's.
#[must_use]
pub fn is_contact_class(class: &str, folder_class: Option<&str>) -> bool {
    kind_of_class(class, folder_class) == Kind::Contact
}

/// The kind that a message class stands for (MS-OXCMSG 2.2.1.3); `folder_class` helps where the
/// message has none. Compared without regard to case.
#[must_use]
pub fn kind_of_class(class: &str, folder_class: Option<&str>) -> Kind {
    let own = class.to_ascii_lowercase();
    let is = |prefix: &str| {
        own.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    // An exception of a series, as Outlook stores it inside the series.
    let exception = own.starts_with("ipm.ole.class.{00061055-0000-0000-c000-000000000046}");
    if is("ipm.contact") || is("ipm.abchperson") {
        Kind::Contact
    } else if is("ipm.distlist") {
        Kind::DistributionList
    } else if is("ipm.appointment") || exception {
        Kind::Meeting
    } else if is("ipm.task") {
        Kind::Task
    } else if is("ipm.stickynote") {
        Kind::Note
    } else if is("ipm.activity") {
        Kind::Journal
    } else if own.is_empty() || own == "ipm" {
        match folder_class.map(str::to_ascii_lowercase).as_deref() {
            Some("ipf.contact") => Kind::Contact,
            Some("ipf.appointment") => Kind::Meeting,
            Some("ipf.task") => Kind::Task,
            Some("ipf.stickynote") => Kind::Note,
            Some("ipf.journal") => Kind::Journal,
            Some("ipf.note") => Kind::Email,
            _ => Kind::Other,
        }
    } else if email::nature(&own).is_some() {
        Kind::Email
    } else {
        Kind::Other
    }
}

/// One call of [`to_item`]: what is collected along the way.
struct Session<'a> {
    context: &'a Context,
    contents: Contents,
    findings: Findings,
    /// Where in the source the message at hand is.
    locator: String,
    /// How many messages it is embedded in.
    depth: u32,
    /// Canonical names of what was taken, by kind.
    #[cfg(test)]
    taken: Vec<(Kind, String)>,
}

impl Session<'_> {
    /// A reference to bytes that travel with the item.
    fn blob(&mut self, content: impl Bytes + 'static) -> BlobRef {
        self.contents.blob(content)
    }

    /// A reference to a content that travels with the item.
    fn content(&mut self, content: &ContentRef) -> BlobRef {
        self.contents.content(content)
    }

    /// A text, inline or as a blob.
    fn text(&mut self, text: String) -> Text {
        self.contents.text(text)
    }

    fn find(&mut self, code: &'static str, effect: Effect, detail: impl Into<String>) {
        self.findings
            .add(code, effect, self.locator.clone(), detail);
    }

    /// Takes over findings of a structure of the message at hand.
    fn adopt(&mut self, findings: Findings) {
        for finding in findings.iter() {
            let mut finding = finding.clone();
            finding.place.part = if finding.place.part.is_empty() {
                self.locator.clone().into()
            } else {
                format!("{}, {}", self.locator, finding.place.part).into()
            };
            self.findings.push(finding);
        }
    }

    /// Works on the embedded message of the `index`-th attachment.
    fn inside<R>(&mut self, index: usize, work: impl FnOnce(&mut Self) -> R) -> R {
        let outside = self.locator.clone();
        self.locator = format!("{outside}, attachment {index}");
        self.depth = self.depth.saturating_add(1);
        let result = work(self);
        self.depth = self.depth.saturating_sub(1);
        self.locator = outside;
        result
    }

    /// The item of a message, embedded or not.
    fn item(&mut self, message: &Message) -> Item {
        match self.decoded(&message.props) {
            Some(props) => self.decoded_item(message, &props),
            None => self.decoded_item(message, &message.props),
        }
    }

    /// The bag with its strings decoded, when the reader has left any as bytes.
    fn decoded(&mut self, bag: &PropertyBag) -> Option<PropertyBag> {
        let undecoded = |value: &Value| matches!(value, Value::String8(_));
        let any = bag.iter().any(|property| match &property.value {
            Value::Multi(values) => values.iter().any(undecoded),
            value => undecoded(value),
        });
        any.then(|| {
            let page = codepage::item_code_page(bag).unwrap_or(codepage::WESTERN);
            let mut bag = bag.clone();
            if !codepage::decode_bag(&mut bag, page) {
                let detail = format!("text that is not of code page {page}");
                self.find("mapping.text.undecodable", Effect::Altered, detail);
            }
            bag
        })
    }

    fn decoded_item(&mut self, message: &Message, props: &PropertyBag) -> Item {
        let mut taker = Taker::new(props);
        let class = taker.text(pid_tag::MESSAGE_CLASS).unwrap_or_default();
        let kind = kind_of_class(&class, self.context.folder_class.as_deref());
        let mut parts = Parts {
            message,
            attachments: vec![false; message.attachments.len()],
            raw: Vec::new(),
        };
        let content = match kind {
            Kind::Contact => Content::Contact(contact::read(self, &mut taker, &mut parts, props)),
            Kind::Meeting => Content::Meeting(meeting::read(self, &mut taker, &mut parts, props)),
            Kind::Email => Content::Email(email::read(self, &mut taker, &mut parts, props, &class)),
            Kind::Task => Content::Task(task::read(self, &mut taker, &mut parts, props)),
            Kind::Note => Content::Note(note::read(self, &mut taker, props)),
            Kind::Journal => Content::Journal(journal::read(self, &mut taker, props)),
            Kind::DistributionList => {
                Content::DistributionList(distribution_list::read(self, &mut taker, props))
            }
            Kind::Other => Content::Other(Other {
                subject: body::title(&mut taker),
                body: body::read(self, &mut taker, props),
            }),
        };
        let mut item = common::read(self, &mut taker, class, content);
        item.template = message.template;
        self.finish(item, &taker, parts)
    }

    /// Adds what is left: attachments, raw properties, identity.
    fn finish(&mut self, mut item: Item, taker: &Taker<'_>, parts: Parts<'_>) -> Item {
        item.attachments = attachments::read(self, &parts);
        envelope::read(self, &parts, &mut item);
        item.raw = parts.raw;
        for property in taker.rest() {
            let raw = raw::property(self, "", property);
            item.raw.push(raw);
        }
        #[cfg(test)]
        self.taken.extend(taker.taken().map(|property| {
            let name = crate::mapi::canonical_name(property).into_owned();
            (item.kind(), name)
        }));
        item.provenance = vec![Provenance {
            source: self.context.source.to_string(),
            folder: self.context.folder.to_vec(),
            locator: self.locator.clone(),
        }];
        identity::give(&mut item, taker);
        item
    }
}

/// A message, which of its attachments are taken, and raw properties of its parts.
struct Parts<'a> {
    message: &'a Message,
    attachments: Vec<bool>,
    raw: Vec<crate::item::RawProperty>,
}
