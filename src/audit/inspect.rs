//! Inspects stores: everything is read, every attachment byte hashed, nothing kept.

use std::collections::BTreeMap;
use std::io::{self, Read};

use jiff::Timestamp;
use serde::Serialize;

use crate::content::ContentRef;
use crate::finding::{Effect, Finding, Findings};
use crate::mapi::{AttachmentData, Guid, Message, Value, pid_tag};
use crate::source::{Job, Sources, in_order};

/// Class under which items without one are counted.
pub const NO_CLASS: &str = "(none)";
/// Class under which items are counted of which nothing could be read.
pub const UNREADABLE: &str = "(unreadable)";

/// The sums of one store, or of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Message class → normal items, orphans included; [`NO_CLASS`] and [`UNREADABLE`] too.
    pub by_class: BTreeMap<String, u64>,
    /// Normal items, by a scan of the node B-tree that is independent of the walk through folders.
    pub seen: u64,
    /// Items that no folder lists.
    pub orphans: u64,
    /// Items of which nothing could be read.
    pub failed: u64,
    /// Hidden (associated) items.
    pub associated: u64,
    /// Folders, search folders included.
    pub folders: u64,
    /// Attachments of the items themselves.
    pub attachments: u64,
    /// Attachments of messages embedded in them, at any depth.
    pub embedded_attachments: u64,
    /// Bytes of all attached files and objects.
    pub attachment_bytes: u64,
    /// Properties of items, recipients and attachments.
    pub properties: u64,
    /// Category → items that carry it.
    pub categories: BTreeMap<String, u64>,
    /// Findings.
    pub findings: u64,
    /// Findings that say that something is lost.
    pub losses: u64,
}

/// One item, as `inspect --items` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct ItemLine {
    /// The file.
    pub store: String,
    /// The folder, from the top down.
    pub folder: Vec<String>,
    /// The place: `node 0x200024`.
    pub locator: String,
    /// Its class.
    pub class: String,
    /// Its subject, or display name.
    pub subject: Option<String>,
    /// When it was sent, or created.
    pub date: Option<Timestamp>,
    /// Its categories.
    pub categories: Vec<String>,
    /// Its recipients.
    pub recipients: u64,
    /// Its attachments: names and hashes.
    pub attachments: Vec<AttachmentLine>,
}

/// One attachment of an item.
#[derive(Debug, Clone, Serialize)]
pub struct AttachmentLine {
    /// Its name.
    pub name: Option<String>,
    /// Its bytes, as far as they could be read; 0 for embedded messages.
    pub size: u64,
    /// BLAKE3 of these bytes, hex.
    pub blake3: String,
}

/// What one item adds to the sums.
struct Seen {
    line: ItemLine,
    orphan: bool,
    readable: bool,
    embedded_attachments: u64,
    attachment_bytes: u64,
    properties: u64,
    findings: Findings,
}

/// Something to show while the stores are read.
#[derive(Debug)]
pub enum Event<'a> {
    /// An item was read.
    Item(&'a ItemLine),
    /// Something was not as it should be.
    Finding(&'a Finding),
}

/// Reads everything in the stores and adds it up.
///
/// # Errors
/// Those of `show`, which may also end the work.
pub fn inspect<E>(
    sources: &Sources,
    mut show: impl FnMut(Event<'_>) -> Result<(), E>,
) -> Result<Sums, E> {
    let mut sums = Sums {
        seen: sources.seen(),
        ..Sums::default()
    };
    let mut walked = 0_u64;
    in_order(sources.jobs(), inspect_item, |seen: Seen| {
        walked = walked.saturating_add(1);
        sums.add(&seen);
        show(Event::Item(&seen.line))?;
        sums.note(&seen.findings, &mut show)
    })?;
    for source in sources.stores() {
        let counts = source.store().scan_messages();
        sums.associated = sums.associated.saturating_add(counts.associated);
        sums.folders = sums
            .folders
            .saturating_add(source.store().folders().len() as u64);
        sums.note(&source.findings(), &mut show)?;
    }
    if walked != sums.seen {
        let mut findings = Findings::new();
        findings.add(
            "audit.inspect.count",
            Effect::Lost,
            "",
            format!(
                "the node B-trees hold {} items, the walk gave {walked}",
                sums.seen
            ),
        );
        sums.note(&findings, &mut show)?;
    }
    Ok(sums)
}

impl Sums {
    fn add(&mut self, seen: &Seen) {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(self.by_class.entry(seen.line.class.clone()).or_default(), 1);
        add(&mut self.orphans, u64::from(seen.orphan));
        add(&mut self.failed, u64::from(!seen.readable));
        add(&mut self.attachments, seen.line.attachments.len() as u64);
        add(&mut self.embedded_attachments, seen.embedded_attachments);
        add(&mut self.attachment_bytes, seen.attachment_bytes);
        add(&mut self.properties, seen.properties);
        for category in &seen.line.categories {
            add(self.categories.entry(category.clone()).or_default(), 1);
        }
    }

    fn note<E>(
        &mut self,
        findings: &Findings,
        show: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.findings = self.findings.saturating_add(findings.count());
        for finding in findings.iter() {
            if finding.effect == Effect::Lost {
                self.losses = self.losses.saturating_add(1);
            }
            show(Event::Finding(finding))?;
        }
        Ok(())
    }
}

fn inspect_item(job: Job<'_>) -> Seen {
    let mut seen = Seen {
        line: ItemLine {
            store: job.source.name().to_string(),
            folder: job.folder().to_vec(),
            locator: job.locator(),
            class: UNREADABLE.to_owned(),
            subject: None,
            date: None,
            categories: Vec::new(),
            recipients: 0,
            attachments: Vec::new(),
        },
        orphan: job.location.orphan,
        readable: false,
        embedded_attachments: 0,
        attachment_bytes: 0,
        properties: 0,
        findings: Findings::new(),
    };
    match job.read() {
        Ok((message, findings)) => {
            seen.readable = true;
            seen.findings = findings;
            seen.describe(&message);
            seen.hash_attachments(&message);
        }
        Err(error) => seen.findings.push(job.lost(&error)),
    }
    seen.findings.set_file(job.source.name());
    seen
}

impl Seen {
    fn describe(&mut self, message: &Message) {
        let props = &message.props;
        let text = |id: u16| {
            props
                .str(id)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let time = |id: u16| {
            props
                .get(id)
                .and_then(Value::as_time)
                .and_then(|at| at.timestamp())
        };
        self.line.class = text(pid_tag::MESSAGE_CLASS).unwrap_or_else(|| NO_CLASS.to_owned());
        self.line.subject = text(pid_tag::SUBJECT).or_else(|| text(pid_tag::DISPLAY_NAME));
        self.line.date = time(pid_tag::CLIENT_SUBMIT_TIME).or_else(|| time(pid_tag::CREATION_TIME));
        let keywords = props.text_name(Guid::PS_PUBLIC_STRINGS, "Keywords");
        let keywords = keywords.and_then(Value::as_multi).unwrap_or_default();
        self.line.categories = keywords
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        self.line.recipients = message.recipients.len() as u64;
    }

    /// Reads every byte that is attached, embedded messages included, without recursion.
    fn hash_attachments(&mut self, message: &Message) {
        let mut messages = vec![(message, true)];
        while let Some((message, own)) = messages.pop() {
            let bags = message.recipients.iter().chain([&message.props]);
            let properties: usize = bags.map(|bag| bag.len()).sum();
            self.properties = self.properties.saturating_add(properties as u64);
            for attachment in &message.attachments {
                self.properties = self
                    .properties
                    .saturating_add(attachment.props.len() as u64);
                let props = &attachment.props;
                let name = props
                    .str(pid_tag::ATTACH_LONG_FILENAME)
                    .or_else(|| props.str(pid_tag::ATTACH_FILENAME))
                    .or_else(|| props.str(pid_tag::DISPLAY_NAME));
                let mut line = AttachmentLine {
                    name: name.map(str::to_owned),
                    size: 0,
                    blake3: String::new(),
                };
                match &attachment.data {
                    AttachmentData::File(content) | AttachmentData::Ole(content) => {
                        self.hash(content, &mut line);
                    }
                    AttachmentData::Message(message) => messages.push((message, false)),
                    AttachmentData::None | AttachmentData::Reference => {}
                }
                if own {
                    self.line.attachments.push(line);
                } else {
                    self.embedded_attachments = self.embedded_attachments.saturating_add(1);
                }
            }
        }
    }

    fn hash(&mut self, content: &ContentRef, line: &mut AttachmentLine) {
        let mut hasher = blake3::Hasher::new();
        let read = content
            .open()
            .and_then(|mut reader| hash_all(&mut reader, &mut hasher));
        line.size = hasher.count();
        line.blake3 = hasher.finalize().to_hex().to_string();
        self.attachment_bytes = self.attachment_bytes.saturating_add(line.size);
        if let Err(error) = read {
            self.findings.add(
                "audit.attachment.broken-off",
                Effect::Lost,
                format!("{}, attachment {:?}", self.line.locator, line.name),
                format!(
                    "{} of {} bytes could be read: {error}",
                    line.size,
                    content.size()
                ),
            );
        }
    }
}

/// Hashes all of it, in pieces large enough for the hash to use the whole width of the processor.
fn hash_all(reader: &mut impl Read, hasher: &mut blake3::Hasher) -> io::Result<()> {
    let mut buffer = [0; 64 << 10];
    let mut filled = 0;
    loop {
        let rest = buffer.get_mut(filled..).unwrap_or_default();
        let read = match reader.read(rest) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other,
        };
        filled = filled.saturating_add(*read.as_ref().unwrap_or(&0));
        if filled == buffer.len() || !matches!(read, Ok(1..)) {
            hasher.update(buffer.get(..filled).unwrap_or_default());
            filled = 0;
        }
        if read? == 0 {
            return Ok(());
        }
    }
}
