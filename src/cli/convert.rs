//! `airbridge convert`: the contents of stores, in a new PST.
//!
//! *Invariants*: messages go as they are, property by property, and folders keep their names; with
//! several inputs each has a folder of its own. What could not be read or kept is a finding. Every
//! PST is whole or not there.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::finding::{Effect, Finding, Findings};
use crate::mapi::{FileTime, Message};
use crate::pst::write::{FolderId, StoreOptions, StoreWriter, WriteError, place_folders};
use crate::source::{Sources, StoreSource};

use super::args::ConvertArgs;
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
    stores: Vec<String>,
}

/// Runs `convert`.
///
/// # Errors
/// When an input is no store, an output is there already or cannot be written, or the user stops
/// it.
pub fn run(args: &ConvertArgs, interrupt: &Interrupt) -> anyhow::Result<Status> {
    let sources = Sources::open(&args.reading.paths, args.reading.options())?;
    let mut output = Output::stdout(args.json);
    show_skipped(&mut output, &sources.skipped)?;
    if let Some(file) = sources.files().first() {
        bail!(
            "{}: only the contents of stores (PST, OST) can be written to a PST so far",
            file.input().name
        );
    }
    let now = args.now.unwrap_or_else(Timestamp::now);
    let seen = sources.seen();
    let mut conversion = Conversion {
        args,
        now,
        output,
        progress: Progress::new("writing", seen, shows_progress(args.json)),
        interrupt,
        summary: Summary {
            seen,
            ..Summary::default()
        },
    };
    conversion.all(&sources)?;
    conversion.progress.finish();
    let (mut output, summary) = (conversion.output, conversion.summary);
    output.line(format!(
        "{} seen, {} written, {} failed, with {} losses",
        summary.seen, summary.written, summary.failed, summary.losses
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

struct Conversion<'a> {
    args: &'a ConvertArgs,
    now: Timestamp,
    output: Output<std::io::BufWriter<std::io::Stdout>>,
    progress: Progress,
    interrupt: &'a Interrupt,
    summary: Summary,
}

impl Conversion<'_> {
    fn all(&mut self, sources: &Sources) -> anyhow::Result<()> {
        let mut tops = HashSet::new();
        let mut writer = self.create()?;
        for source in sources.stores() {
            let top = (sources.stores().len() > 1).then(|| top_name(source, &mut tops));
            writer = self.store(source, top.as_deref(), writer)?;
        }
        self.finish(writer)
    }

    /// The next PST: the output, or with a number.
    fn create(&mut self) -> anyhow::Result<StoreWriter> {
        let number = self.summary.stores.len().saturating_add(1);
        let path = numbered(&self.args.output, number);
        let stem = self.args.output.file_stem().unwrap_or_default();
        let name = self.args.name.clone();
        let name = name.unwrap_or_else(|| stem.to_string_lossy().into_owned());
        let key = Sha256::new()
            .chain_update(self.now.as_nanosecond().to_le_bytes())
            .chain_update(number.to_le_bytes())
            .chain_update(&name)
            .finalize();
        let options = StoreOptions {
            display_name: name,
            limit: self.args.limit,
            record_key: key.first_chunk().copied().unwrap_or_default(),
            now: FileTime::of(self.now).unwrap_or(FileTime::NONE),
        };
        self.summary.stores.push(path.display().to_string());
        Ok(StoreWriter::create(&path, options)?)
    }

    fn finish(&mut self, writer: StoreWriter) -> anyhow::Result<()> {
        let findings = writer.finish()?;
        self.show(&findings, None)
    }

    fn store(
        &mut self,
        source: &StoreSource,
        top: Option<&str>,
        mut writer: StoreWriter,
    ) -> anyhow::Result<StoreWriter> {
        let store = source.store();
        let mut places = place_folders(store, &mut writer, top)?;
        for hidden in [false, true] {
            let mut locations = if hidden {
                store.associated_locations()
            } else {
                store.locations()
            };
            for location in locations.by_ref() {
                self.interrupt.check()?;
                let (message, mut findings) = match store.read_message(location.nid) {
                    Ok(read) => read,
                    Err(error) => {
                        note(&error.to_string());
                        self.summary.failed = self.summary.failed.saturating_add(1);
                        continue;
                    }
                };
                let place = |writer: &StoreWriter, places: &[Option<FolderId>]| {
                    let place = location.folder.and_then(|at| *places.get(at)?);
                    place.unwrap_or(writer.ipm_subtree())
                };
                let folder = place(&writer, &places);
                let written = match add(&mut writer, folder, &message, hidden) {
                    Err(WriteError::Full { .. }) => {
                        let full = std::mem::replace(&mut writer, self.create()?);
                        self.finish(full)?;
                        places = place_folders(store, &mut writer, top)?;
                        let folder = place(&writer, &places);
                        add(&mut writer, folder, &message, hidden)
                    }
                    other => other,
                };
                findings.append(written.context("nothing was written")?);
                self.show(&findings, Some(source))?;
                if !hidden {
                    self.summary.written = self.summary.written.saturating_add(1);
                    self.progress.advance(1);
                }
            }
            self.show(&locations.take_findings(), Some(source))?;
        }
        Ok(writer)
    }

    fn show(&mut self, findings: &Findings, source: Option<&StoreSource>) -> anyhow::Result<()> {
        for finding in findings.iter() {
            let mut finding: Finding = finding.clone();
            if let Some(source) = source {
                finding
                    .place
                    .file
                    .get_or_insert_with(|| source.name().clone());
            }
            if finding.effect == Effect::Lost {
                self.summary.losses = self.summary.losses.saturating_add(1);
                self.output.line(format!("  lost: {finding}"))?;
            }
            self.output.record("finding", &finding)?;
        }
        Ok(())
    }
}

fn add(
    writer: &mut StoreWriter,
    folder: FolderId,
    message: &Message,
    hidden: bool,
) -> Result<Findings, WriteError> {
    let written = if hidden {
        writer.add_associated(folder, message)
    } else {
        writer.add_message(folder, message)
    };
    written.map(|written| written.findings)
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

/// `OUT.pst`, then `OUT.2.pst`.
fn numbered(output: &Path, number: usize) -> PathBuf {
    if number <= 1 {
        return output.to_owned();
    }
    let mut name = output.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{number}"));
    if let Some(ending) = output.extension() {
        name.push(".");
        name.push(ending);
    }
    output.with_file_name(name)
}
