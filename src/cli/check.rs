//! `airbridge check`: are stores sound?

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::file_bytes::FileBytes;
use crate::pst::check::{self, Breach, Report, Severity};

use super::args::CheckArgs;
use super::output::{Output, complain};
use super::{Interrupt, Status};

/// What the stores sum up to.
#[derive(Debug, Default, Serialize)]
struct Summary {
    stores: u64,
    sound: u64,
    failed: u64,
    errors: u64,
    notes: u64,
    not_shown: u64,
}

/// Runs `check`.
///
/// # Errors
/// When the output cannot be written, or the user stops it.
pub fn run(args: &CheckArgs, interrupt: &Interrupt) -> anyhow::Result<Status> {
    let mut output = Output::stdout(args.json);
    let mut summary = Summary::default();
    let go_on = || interrupt.go_on();
    for path in &args.stores {
        interrupt.check()?;
        summary.stores = summary.stores.saturating_add(1);
        let checked = FileBytes::open(path)
            .context("it cannot be opened")
            .and_then(|file| Ok(check::check(&file, &go_on)?));
        match checked {
            Ok(report) => show(&mut output, args, path, &report, &mut summary)?,
            Err(error) if interrupt.is_set() => return Err(error),
            Err(error) => {
                summary.failed = summary.failed.saturating_add(1);
                complain(&error.context(path.display().to_string()));
            }
        }
    }
    output.record("summary", &summary)?;
    output.flush()?;
    Ok(if summary.failed > 0 {
        Status::Failed
    } else if summary.errors > 0 {
        Status::Losses
    } else {
        Status::Done
    })
}

fn show<W: std::io::Write>(
    output: &mut Output<W>,
    args: &CheckArgs,
    path: &Path,
    report: &Report,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        file: &'a str,
        #[serde(flatten)]
        breach: &'a Breach,
    }
    #[derive(Serialize)]
    struct Store<'a> {
        file: &'a str,
        sound: bool,
        errors: u64,
        notes: u64,
        not_shown: u64,
        codes: &'a std::collections::BTreeMap<&'static str, u64>,
        not_checked: &'a [&'static str],
    }
    let name = path.display().to_string();
    let all = report.errors().saturating_add(report.notes());
    let verdict = if report.is_sound() {
        "sound"
    } else {
        "not sound"
    };
    output.line(format!(
        "{name}: {verdict}; {} errors, {} notes",
        report.errors(),
        report.notes()
    ))?;
    for breach in report.iter() {
        output.record(
            "finding",
            &Line {
                file: &name,
                breach,
            },
        )?;
        if args.notes || breach.rule.severity == Severity::Error {
            output.line(format!("  {breach}"))?;
        }
    }
    for what in report.not_checked() {
        output.line(format!("  not checked: {what}"))?;
    }
    if report.not_kept() > 0 {
        output.line(format!("  {} of {all} are not shown", report.not_kept()))?;
    }
    let store = Store {
        file: &name,
        sound: report.is_sound(),
        errors: report.errors(),
        notes: report.notes(),
        not_shown: report.not_kept(),
        codes: report.counts(),
        not_checked: report.not_checked(),
    };
    output.record("store", &store)?;
    let sound = u64::from(report.is_sound());
    summary.sound = summary.sound.saturating_add(sound);
    summary.errors = summary.errors.saturating_add(report.errors());
    summary.notes = summary.notes.saturating_add(report.notes());
    summary.not_shown = summary.not_shown.saturating_add(report.not_kept());
    Ok(())
}
