//! `airbridge inspect`: what is in these stores and files?

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::inspect::{self, Event, Sums};
use crate::finding::Effect;
use crate::pst::Folder;
use crate::source::{FileSource, Format, Sources};

use super::args::InspectArgs;
use super::output::{Output, shows_progress};
use super::progress::Progress;
use super::skipped::{show_reasons, show_skipped};
use super::{Interrupt, Status};

/// Findings shown as text; the rest is counted.
const FINDINGS_SHOWN: u64 = 20;

#[derive(Serialize)]
struct StoreLine<'a> {
    file: &'a str,
    format: String,
    folders: usize,
    items: u64,
    associated: u64,
}

#[derive(Serialize)]
struct FolderLine<'a> {
    store: &'a str,
    path: &'a [String],
    class: Option<&'a str>,
    items: Option<u64>,
    associated: Option<u64>,
    search: bool,
    visible: bool,
}

#[derive(Serialize)]
struct FileLine<'a> {
    file: &'a str,
    format: Format,
    items: u64,
}

#[derive(Serialize)]
struct Summary<'a> {
    stores: usize,
    files: usize,
    #[serde(flatten)]
    sums: &'a Sums,
    skipped: usize,
}

/// Runs `inspect`.
///
/// # Errors
/// When no input can be read, the output cannot be written, or the user stops it.
pub fn run(args: &InspectArgs, interrupt: &Interrupt) -> anyhow::Result<Status> {
    let sources = Sources::open(&args.reading.paths, args.reading.options())?;
    let mut output = Output::stdout(args.json);
    show_skipped(&mut output, &sources.skipped)?;
    for source in sources.stores() {
        let store = source.store();
        let counts = store.scan_messages();
        let line = StoreLine {
            file: source.name(),
            format: format!("{:?}", store.format()).to_lowercase(),
            folders: store.folders().len(),
            items: counts.normal,
            associated: counts.associated,
        };
        output.record("store", &line)?;
        output.line(format!(
            "{}: {} items and {} hidden ones in {} folders",
            line.file, line.items, line.associated, line.folders
        ))?;
        for folder in store.folders() {
            show_folder(&mut output, source.name(), folder)?;
        }
    }
    show_files(&mut output, sources.files())?;
    let progress = Progress::new("reading", sources.seen(), shows_progress(args.json));
    let mut shown = 0_u64;
    let sums = inspect::inspect(&sources, |event| -> anyhow::Result<()> {
        match event {
            Event::Item(item) => {
                interrupt.check()?;
                progress.advance(1);
                if args.items {
                    output.record("item", item)?;
                }
            }
            Event::Finding(finding) => {
                output.record("finding", finding)?;
                if finding.effect > Effect::Noted {
                    shown = shown.saturating_add(1);
                    if shown <= FINDINGS_SHOWN {
                        output.line(format!("  {:?}: {finding}", finding.effect).to_lowercase())?;
                    }
                }
            }
        }
        Ok(())
    })?;
    progress.finish();
    if shown > FINDINGS_SHOWN {
        output.line(format!(
            "  … and {} findings more; --json shows all",
            shown.saturating_sub(FINDINGS_SHOWN)
        ))?;
    }
    show_sums(&mut output, &sums)?;
    show_reasons(&mut output, &sources.skipped)?;
    let skipped = sources.skipped.len();
    output.record(
        "summary",
        &Summary {
            stores: sources.stores().len(),
            files: sources.files().len(),
            sums: &sums,
            skipped,
        },
    )?;
    output.flush()?;
    let failed = sources.skipped.iter().any(|skipped| skipped.failed);
    Ok(if sums.losses > 0 || sums.failed > 0 || failed {
        Status::Losses
    } else {
        Status::Done
    })
}

/// Every file of items, and for people their sums by format.
fn show_files<W: std::io::Write>(
    output: &mut Output<W>,
    files: &[FileSource],
) -> std::io::Result<()> {
    let mut sums: BTreeMap<Format, (u64, u64)> = BTreeMap::new();
    for file in files {
        let format = file.input().format;
        let line = FileLine {
            file: &file.input().name,
            format,
            items: file.seen(),
        };
        output.record("file", &line)?;
        let (files, items) = sums.entry(format).or_default();
        *files = files.saturating_add(1);
        *items = items.saturating_add(line.items);
    }
    for (format, (files, items)) in sums {
        output.line(format!("{}: {items} items in {files} files", format.name()))?;
    }
    Ok(())
}

fn show_folder<W: std::io::Write>(
    output: &mut Output<W>,
    store: &str,
    folder: &Folder,
) -> std::io::Result<()> {
    output.record(
        "folder",
        &FolderLine {
            store,
            path: &folder.path,
            class: folder.container_class.as_deref(),
            items: folder.declared_count,
            associated: folder.associated_count,
            search: folder.is_search,
            visible: folder.in_ipm_subtree,
        },
    )?;
    if folder.in_ipm_subtree && !folder.is_search && !folder.path.is_empty() {
        let count = folder.declared_count.unwrap_or_default();
        output.line(format!("  {count:>8}  {}", folder.path.join(" / ")))?;
    }
    Ok(())
}

fn show_sums<W: std::io::Write>(output: &mut Output<W>, sums: &Sums) -> std::io::Result<()> {
    output.line("items by class")?;
    for (class, count) in &sums.by_class {
        output.line(format!("  {count:>8}  {class}"))?;
    }
    if !sums.categories.is_empty() {
        output.line("categories")?;
        for (category, count) in &sums.categories {
            output.line(format!("  {count:>8}  {category}"))?;
        }
    }
    output.line(format!(
        "{} items, {} of them in no folder; {} attachments; {} findings, {} of them losses",
        sums.seen, sums.orphans, sums.attachments, sums.findings, sums.losses
    ))
}
