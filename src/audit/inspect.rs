//! Inspects stores and files: everything is read, every attachment byte hashed, nothing kept.

use std::collections::BTreeMap;
use std::io::{self, Read};

use jiff::Timestamp;
use serde::Serialize;

use crate::content::ContentRef;
use crate::finding::{Effect, Finding, Findings};
use crate::source::{Job, Sources, in_order};

/// Class under which items without one are counted.
pub const NO_CLASS: &str = "(none)";
/// Class under which items are counted of which nothing could be read.
pub const UNREADABLE: &str = "(unreadable)";

/// The sums of one store, or of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Message class → normal items, orphans included; [`NO_CLASS`] and [`UNREADABLE`] too. Items
    /// of other formats have the nearest class.
    pub by_class: BTreeMap<String, u64>,
    /// Items: those that scans of the inputs count (normal messages of the node B-trees of stores,
    /// entries of files), which do not depend on the walk, and those inside them that stand for
    /// themselves.
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
    /// Properties of messages of stores, their recipients and attachments.
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
pub(super) struct Seen {
    pub(super) line: ItemLine,
    pub(super) orphan: bool,
    pub(super) readable: bool,
    pub(super) embedded_attachments: u64,
    pub(super) attachment_bytes: u64,
    pub(super) properties: u64,
    pub(super) findings: Findings,
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
    in_order(sources.jobs(), inspect_job, |seen: Vec<Seen>| {
        walked = walked.saturating_add(1);
        let inside = seen.len().saturating_sub(1) as u64;
        sums.seen = sums.seen.saturating_add(inside);
        seen.into_iter().try_for_each(|seen| {
            sums.add(&seen);
            show(Event::Item(&seen.line))?;
            sums.note(&seen.findings, &mut show)
        })
    })?;
    for findings in sources.findings() {
        sums.note(&findings, &mut show)?;
    }
    for source in sources.stores() {
        let counts = source.store().scan_messages();
        sums.associated = sums.associated.saturating_add(counts.associated);
        sums.folders = sums
            .folders
            .saturating_add(source.store().folders().len() as u64);
    }
    let counted = sources.seen();
    if walked != counted {
        let mut findings = Findings::new();
        findings.add(
            "audit.inspect.count",
            Effect::Lost,
            "",
            format!("scans of the inputs count {counted} items, the walk gave {walked}"),
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

fn inspect_job(job: Job<'_>) -> Vec<Seen> {
    let mut all = match &job {
        Job::Message(message) => vec![Seen::of_job(message)],
        Job::Entry(entry) => match entry.items() {
            Ok(items) => items.iter().map(Seen::of_mapped).collect(),
            Err(error) => {
                let mut seen = Seen::at(job.source(), &job.folder(), job.locator());
                seen.findings.push(entry.lost(&error));
                vec![seen]
            }
        },
    };
    for seen in &mut all {
        seen.findings.set_file(job.source());
    }
    all
}

impl Seen {
    /// Nothing yet of what is at this place.
    pub(super) fn at(source: &str, folder: &[String], locator: String) -> Self {
        Self {
            line: ItemLine {
                store: source.to_owned(),
                folder: folder.to_vec(),
                locator,
                class: UNREADABLE.to_owned(),
                subject: None,
                date: None,
                categories: Vec::new(),
                recipients: 0,
                attachments: Vec::new(),
            },
            orphan: false,
            readable: false,
            embedded_attachments: 0,
            attachment_bytes: 0,
            properties: 0,
            findings: Findings::new(),
        }
    }

    /// Reads all bytes of an attachment.
    pub(super) fn hash(&mut self, content: &ContentRef, line: &mut AttachmentLine) {
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
