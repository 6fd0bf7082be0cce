//! `airbridge convert`: the contents of stores and files, in a new PST.
//!
//! *Invariants*: messages of stores go as they are, property by property, and folders keep their
//! names; with several stores each has a folder of its own. Items of files become messages, in the
//! folders that they come from, else in the usual ones of their kind; what is inside a mail stays
//! in it. What could not be read or kept is a finding. Every PST is read back and compared before
//! it has its name, and is whole or not there.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::finding::{Effect, Finding, Findings};
use crate::mapi::{Message, Value, pid_lid, pid_tag};
use crate::mapping::mapi;
use crate::outlook::place::folder_of;
use crate::outlook::{Naming, Odd, ReadBack, Stores};
use crate::pst::write::{Anchor, FolderPath, folder_paths};
use crate::source::{Job, MessageJob, Sources, StoreSource, in_order};

use super::args::{ConvertArgs, Split};
use super::output::{Output, note, shows_progress};
use super::progress::Progress;
use super::skipped::show_skipped;
use super::{Interrupt, Status};

#[derive(Debug, Default, Serialize)]
struct Summary {
    seen: u64,
    written: u64,
    failed: u64,
    losses: u64,
    /// Hidden messages included.
    #[serde(flatten)]
    read_back: Odd,
    stores: Vec<String>,
}

/// Runs `convert`.
///
/// # Errors
/// When nothing can be read, an output is there already or cannot be written, reading back gives
/// something else, or the user stops it.
pub fn run(args: &ConvertArgs, interrupt: &Interrupt) -> anyhow::Result<Status> {
    let sources = Sources::open(&args.reading.paths, args.reading.options())?;
    let mut output = Output::stdout(args.json);
    show_skipped(&mut output, &sources.skipped)?;
    let conversion = Conversion {
        folders: places(&sources),
        sources: &sources,
        split: args.split,
        interrupt,
        shows: shows_progress(args.json),
    };
    let stem = args.output.file_stem().unwrap_or_default();
    let name = args.name.clone();
    let mut stores = Stores::new(Naming {
        output: args.output.clone(),
        name: name.unwrap_or_else(|| stem.to_string_lossy().into_owned()),
        limit: args.limit,
        now: args.now.unwrap_or_else(Timestamp::now),
    });
    let mut summary = Summary {
        seen: sources.seen(),
        ..Summary::default()
    };
    conversion.write(&mut stores, &mut summary, &mut output)?;
    let (closed, findings) = stores.close()?;
    show(&findings, &mut summary, &mut output)?;
    for findings in sources.findings() {
        show(&findings, &mut summary, &mut output)?;
    }
    let mut read_back = ReadBack::new(&closed, &|| interrupt.go_on())?;
    conversion.compare(&mut read_back)?;
    summary.read_back = read_back.finish()?;
    let stores = closed.publish()?.into_iter();
    summary.stores = stores.map(|path| path.display().to_string()).collect();
    output.line(format!(
        "{} seen, {} written, {} failed, with {} losses; {}",
        summary.seen, summary.written, summary.failed, summary.losses, summary.read_back
    ))?;
    for store in &summary.stores {
        output.line(format!("  {store}"))?;
    }
    output.record("summary", &summary)?;
    output.flush()?;
    let failed = sources.skipped.iter().any(|skipped| skipped.failed);
    Ok(if summary.losses > 0 || summary.failed > 0 || failed {
        Status::Losses
    } else {
        Status::Done
    })
}

/// Where the folders of each store go, by the name of the store.
type Places = HashMap<String, Vec<Option<FolderPath>>>;

struct Conversion<'a> {
    sources: &'a Sources,
    folders: Places,
    split: Option<Split>,
    interrupt: &'a Interrupt,
    shows: bool,
}

/// A message on its way.
struct Piece {
    split: String,
    folder: FolderPath,
    message: Message,
    hidden: bool,
    findings: Findings,
    what: String,
}

impl Conversion<'_> {
    fn jobs(&self) -> impl Iterator<Item = Job<'_>> + Send {
        let hidden = self.sources.stores().iter();
        let hidden = hidden.flat_map(StoreSource::hidden_jobs);
        self.sources.jobs().chain(hidden.map(Job::Message))
    }

    fn pieces(&self, job: &Job<'_>) -> Result<Vec<Piece>, Findings> {
        let pieces = match job {
            Job::Message(own) => self.of_message(own).map(|piece| vec![piece]),
            Job::Entry(own) => of_entry(job, own.stand_beside()),
        };
        let mut pieces = pieces.map_err(|finding| {
            let mut findings = Findings::new();
            findings.push(finding);
            findings
        })?;
        for piece in &mut pieces {
            piece.split = self.split(piece);
        }
        Ok(pieces)
    }

    fn of_message(&self, job: &MessageJob<'_>) -> Result<Piece, Finding> {
        let (message, mut findings) = job.read().map_err(|error| job.lost(&error))?;
        findings.set_file(job.source.name());
        let places = self.folders.get(&**job.source.name());
        let place = job.location.folder.and_then(|at| places?.get(at)?.as_ref());
        let place = place.cloned();
        Ok(Piece {
            split: String::new(),
            folder: place.unwrap_or(Anchor::Mailbox.into()),
            hidden: job.location.associated,
            findings,
            what: what(
                job.source.name(),
                &job.locator(),
                message.props.str(pid_tag::SUBJECT),
            ),
            message,
        })
    }

    /// The part of the split that a message belongs to.
    fn split(&self, piece: &Piece) -> String {
        match self.split {
            None => String::new(),
            Some(Split::Folder) => {
                let top = piece.folder.steps.first();
                top.map_or_else(|| "top".to_owned(), |step| step.name.clone())
            }
            Some(Split::Year) => {
                let props = &piece.message.props;
                let time = |value: Option<&Value>| match value? {
                    Value::Time(time) => time.timestamp(),
                    _ => None,
                };
                let time = time(props.named(pid_lid::APPOINTMENT_START_WHOLE))
                    .or_else(|| time(props.named(pid_lid::TASK_DUE_DATE)))
                    .or_else(|| time(props.get(pid_tag::CLIENT_SUBMIT_TIME)))
                    .or_else(|| time(props.get(pid_tag::MESSAGE_DELIVERY_TIME)))
                    .or_else(|| time(props.get(pid_tag::CREATION_TIME)));
                time.map_or_else(
                    || "undated".to_owned(),
                    |time| time.strftime("%Y").to_string(),
                )
            }
        }
    }

    fn write<W: std::io::Write>(
        &self,
        stores: &mut Stores,
        summary: &mut Summary,
        output: &mut Output<W>,
    ) -> anyhow::Result<()> {
        if self.split.is_none() {
            // Empty folders are folders too.
            for source in self.sources.stores() {
                let places = self.folders.get(&**source.name());
                for path in places.into_iter().flatten().flatten() {
                    stores.folder("", path)?;
                }
            }
        }
        let progress = Progress::new("writing", summary.seen, self.shows);
        in_order(
            self.jobs(),
            |job| self.pieces(&job),
            |pieces: Result<Vec<Piece>, Findings>| {
                self.interrupt.check()?;
                let pieces = match pieces {
                    Ok(pieces) => pieces,
                    Err(findings) => {
                        for finding in findings.iter() {
                            note(&finding.to_string());
                            output.record("finding", finding)?;
                        }
                        summary.failed = summary.failed.saturating_add(1);
                        return Ok(());
                    }
                };
                let mut shown = false;
                for piece in pieces {
                    let mut findings = piece.findings;
                    let written =
                        stores.add(&piece.split, &piece.folder, &piece.message, piece.hidden)?;
                    findings.append(written.findings);
                    show(&findings, summary, output)?;
                    if !piece.hidden {
                        summary.written = summary.written.saturating_add(1);
                        shown = true;
                    }
                }
                progress.advance(u64::from(shown));
                anyhow::Ok(())
            },
        )?;
        progress.finish();
        Ok(())
    }

    /// Goes the same way again, and compares.
    fn compare(&self, read_back: &mut ReadBack<'_>) -> anyhow::Result<()> {
        let progress = Progress::new("comparing", self.sources.seen(), self.shows);
        in_order(
            self.jobs(),
            |job| self.pieces(&job).unwrap_or_default(),
            |pieces: Vec<Piece>| {
                self.interrupt.check()?;
                let shown = pieces.iter().any(|piece| !piece.hidden);
                for piece in pieces {
                    read_back.compare(&piece.message, || piece.what)?;
                }
                progress.advance(u64::from(shown));
                anyhow::Ok(())
            },
        )?;
        progress.finish();
        Ok(())
    }
}

/// The first item of an entry, as a message; those inside it are in it. `beside`: the others are
/// not, and are messages of their own.
fn of_entry(job: &Job<'_>, beside: bool) -> Result<Vec<Piece>, Finding> {
    let items = job.items().map_err(|error| job.lost(&error))?;
    let taken = if beside { items.len() } else { 1 };
    let pieces = items.into_iter().take(taken).map(|mapped| {
        let mut item = mapped.item;
        // What the new store knows it by is its own; the bridge id is for items of an exchange.
        item.id.0.clear();
        let mut findings = mapped.findings;
        let given = mapi::to_message(&item, &mapped.contents);
        findings.append(given.findings);
        findings.set_file(job.source());
        let (folder, class) = folder_of(&item);
        Piece {
            split: String::new(),
            folder: FolderPath::of_names(&folder, class),
            message: given.value,
            hidden: false,
            findings,
            what: what(job.source(), &job.locator(), Some(item.title())),
        }
    });
    Ok(pieces.collect())
}

fn what(source: &str, locator: &str, title: Option<&str>) -> String {
    format!("{source}, {locator} ({:?})", title.unwrap_or_default())
}

/// Shows findings; those of a loss count.
fn show<W: std::io::Write>(
    findings: &Findings,
    summary: &mut Summary,
    output: &mut Output<W>,
) -> anyhow::Result<()> {
    for finding in findings.iter() {
        if finding.effect == Effect::Lost {
            summary.losses = summary.losses.saturating_add(1);
            output.line(format!("  lost: {finding}"))?;
        }
        output.record("finding", finding)?;
    }
    Ok(())
}

fn places(sources: &Sources) -> Places {
    let mut tops = HashSet::new();
    let alone = sources.stores().len() == 1 && sources.files().is_empty();
    let stores = sources.stores().iter();
    stores
        .map(|source| {
            let top = (!alone).then(|| top_name(source, &mut tops));
            let paths = folder_paths(source.store(), top.as_deref());
            (source.name().to_string(), paths)
        })
        .collect()
}

/// The name of a store's own folder, which no other store has.
fn top_name(source: &StoreSource, taken: &mut HashSet<String>) -> String {
    let stem = Path::new(source.name().as_ref()).file_stem();
    let stem = stem.unwrap_or_default().to_string_lossy().into_owned();
    let mut name = stem.clone();
    let mut number = 1_u32;
    while !taken.insert(name.to_lowercase()) {
        number = number.saturating_add(1);
        name = format!("{stem} ({number})");
    }
    name
}
