//! `airbridge apply`: a bundle of the CRM becomes what Outlook imports.
//!
//! *Shape* of the folder that is written: `outlook.pst` (and `outlook.2.pst`, …), or with `--as`
//! files in folders; and the tables of [`Receipt`].
//!
//! *Invariants*: the folder is whole or absent, and never one that has anything in it; the ledger
//! changes only when it is there; a dry run does the same and writes nothing. Losses are told
//! before the folder is there. Everything written is read back and compared.

use std::io::Write;
use std::path::Path;

use anyhow::bail;
use jiff::Timestamp;
use serde::Serialize;

use crate::bundle::{Bundle, Verified};
use crate::exchange::apply::{Apply, BundleBlobs, ByHand, Plan, Planned};
use crate::exchange::receipt::Receipt;
use crate::exchange::receive::Receipt as Counted;
use crate::exchange::{Home, Ledger};
use crate::finding::{Effect, Findings};
use crate::mapping::as_file::Tables;
use crate::mapping::mapi;
use crate::new_folder::NewFolder;
use crate::outlook::place::folder_of;
use crate::outlook::{Files, Naming, Odd, ReadBack, Stores};
use crate::pst::write::FolderPath;
use crate::source::in_order;

use super::args::{ApplyArgs, As};
use super::output::{Output, note, shows_progress};
use super::progress::Progress;
use super::{Interrupt, Status, conflicts, received};

/// Lines of each sort shown as text; the rest is counted.
const SHOWN: u64 = 20;

#[derive(Debug, Default, Serialize)]
struct Summary {
    /// What the merge made of the bundle's records.
    #[serde(flatten)]
    came: Counted,
    /// Items written.
    written: u64,
    #[serde(flatten)]
    read_back: Odd,
    losses: u64,
    altered: u64,
    dry_run: bool,
    files: Vec<String>,
}

/// Runs `apply`.
///
/// # Errors
/// When the bundle, the home or the ledger cannot be read, the folder cannot be written or is not
/// empty, or what was written reads back as something else.
pub fn run(args: &ApplyArgs, interrupt: &Interrupt) -> anyhow::Result<Status> {
    let directory = Home::locate(args.home.home.as_deref())?;
    let Some(mut home) = Home::open(&directory)? else {
        bail!(
            "{}: there is no home of the bridge: make one with `airbridge keys new`, \
             or name it with --home",
            directory.display()
        );
    };
    home.prefer(args.preference.prefer, !args.dry_run)?;
    let mut ledger = Ledger::open(&home.ledger_path())?;
    let mut output = Output::stdout(args.json);
    let now = args.now.unwrap_or_else(Timestamp::now);
    let target = NewFolder::create(&args.output, args.dry_run)?;
    let bundle = received::verified(&args.bundle, &home, &mut ledger, args.allow_new_epoch)?;
    let bundle = match bundle {
        Ok(bundle) => bundle,
        Err(error) => {
            received::roll_again(&home, &args.bundle, &error)?;
            return received::refused(&mut output, &mut ledger, error, now);
        }
    };
    received::tell_preference(&mut output, home.config(), &bundle)?;
    let round = ledger.begin()?;
    let apply = Apply {
        config: home.config(),
        bundle: &bundle,
        now,
        allow_deletions: args.allow_deletions,
    };
    let plan = apply.plan(&round, tempfile::tempfile()?, || Ok(interrupt.check()?));
    let plan = match plan {
        Ok(plan) => plan,
        Err(error) => return received::stopped(error),
    };
    let mut work = Work {
        args,
        bundle: &bundle,
        plan: &plan,
        now,
        interrupt,
        summary: Summary {
            came: plan.receipt,
            dry_run: args.dry_run,
            ..Summary::default()
        },
        shown: 0,
        output: &mut output,
    };
    work.tell(&plan.findings)?;
    let files = work.write(&target)?;
    work.lists(&target, &files)?;
    let (summary, more) = (work.summary, work.shown.saturating_sub(SHOWN));
    if more > 0 {
        output.line(format!("  … and {more} more; --json shows all"))?;
    }
    let files = target.publish()?.into_iter();
    let summary = Summary {
        files: files.map(|path| path.display().to_string()).collect(),
        ..summary
    };
    if args.dry_run {
        note("dry run: nothing was written");
    } else {
        round.keep()?;
        received::roll_keys(&home, &bundle)?;
    }
    show(&summary, &args.output, &mut output)?;
    if summary.losses > 0 {
        output.flush()?;
        return Ok(Status::Losses);
    }
    conflicts::remind(&mut output, summary.came.conflicts)
}

fn show<W: Write>(summary: &Summary, target: &Path, output: &mut Output<W>) -> anyhow::Result<()> {
    received::count(output, &summary.came)?;
    output.line(format!(
        "{} written, {}; {} losses, {} altered",
        summary.written, summary.read_back, summary.losses, summary.altered
    ))?;
    for file in &summary.files {
        output.line(format!("  {file}"))?;
    }
    let Counted {
        changed, deleted, ..
    } = summary.came;
    if changed > 0 || deleted > 0 {
        output.line(format!(
            "by hand: delete {} items in Outlook, {} of them before the import, see {}",
            changed.saturating_add(deleted),
            changed,
            target.join("by-hand.csv").display()
        ))?;
    }
    output.record("summary", summary)?;
    Ok(())
}

/// An item that was made a message.
struct Made {
    planned: Planned,
    message: crate::mapi::Message,
    findings: Findings,
}

struct Work<'a, W: Write> {
    args: &'a ApplyArgs,
    bundle: &'a Verified<Bundle>,
    plan: &'a Plan,
    now: Timestamp,
    interrupt: &'a Interrupt,
    summary: Summary,
    shown: u64,
    output: &'a mut Output<W>,
}

impl<W: Write> Work<'_, W> {
    /// Writes the items; the place of each, in their order.
    fn write(&mut self, target: &NewFolder) -> anyhow::Result<Vec<String>> {
        match self.args.r#as {
            As::Pst => self.stores(target),
            As::Msg => self.files(target, true),
            As::Files | As::Csv => self.files(target, false),
        }
    }

    fn progress(&self, what: &'static str) -> Progress {
        Progress::new(what, self.plan.items, shows_progress(self.args.json))
    }

    /// Gives each item as a message to `take`, in order.
    fn each_message(
        &self,
        told: bool,
        mut take: impl FnMut(Made) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let blobs = BundleBlobs(self.bundle);
        in_order(
            self.plan.items()?,
            |planned| {
                let planned = planned?;
                let given = if told {
                    mapi::to_message_told(&planned.item, &blobs)
                } else {
                    mapi::to_message(&planned.item, &blobs)
                };
                std::io::Result::Ok(Made {
                    planned,
                    message: given.value,
                    findings: given.findings,
                })
            },
            |made: std::io::Result<Made>| {
                self.interrupt.check()?;
                take(made?)
            },
        )
    }

    fn stores(&mut self, target: &NewFolder) -> anyhow::Result<Vec<String>> {
        let mut stores = Stores::new(Naming {
            output: target.staging().join("outlook.pst"),
            name: self.bundle.head().from.clone(),
            limit: self.args.limit,
            now: self.now,
        });
        let progress = self.progress("writing");
        let mut told = Vec::new();
        self.each_message(true, |made| {
            let (folder, class) = folder_of(&made.planned.item);
            let path = FolderPath::of_names(&folder, class);
            let written = stores.add("", &path, &made.message, false)?;
            let mut findings = made.findings;
            findings.append(written.findings);
            told.push(findings);
            progress.advance(1);
            Ok(())
        })?;
        progress.finish();
        let (closed, findings) = stores.close()?;
        told.push(findings);
        for findings in &told {
            self.tell(findings)?;
        }
        let progress = self.progress("comparing");
        let mut read_back = ReadBack::new(&closed, &|| self.interrupt.go_on())?;
        self.each_message(false, |made| {
            progress.advance(1);
            Ok(read_back.compare(&made.message, || made.planned.what())?)
        })?;
        progress.finish();
        self.summary.read_back = read_back.finish()?;
        self.summary.written = self.summary.read_back.compared;
        let places = closed.places();
        let places = places
            .map(|(path, nid)| format!("{}, node {nid}", target.later(path).display()))
            .collect();
        closed.publish()?;
        Ok(places)
    }

    fn files(&mut self, target: &NewFolder, messages: bool) -> anyhow::Result<Vec<String>> {
        let blobs = BundleBlobs(self.bundle);
        let progress = self.progress("writing");
        let mut files = Files::new(target.staging(), messages, self.now);
        if self.args.r#as == As::Csv {
            let tables = Tables::new(&self.args.csv_language, self.args.csv_dates);
            let tables = tables.map_err(|names| anyhow::anyhow!("--csv-language: {names}"))?;
            files = files.with_tables(tables);
        }
        for planned in self.plan.items()? {
            self.interrupt.check()?;
            let findings = files.add(&planned?.item, &blobs)?;
            self.tell(&findings)?;
            self.summary.written = self.summary.written.saturating_add(1);
            progress.advance(1);
        }
        let (places, findings) = files.finish(&blobs)?;
        self.tell(&findings)?;
        progress.finish();
        let places = places.iter();
        Ok(places
            .map(|path| target.later(path).display().to_string())
            .collect())
    }

    fn tell(&mut self, findings: &Findings) -> anyhow::Result<()> {
        for finding in findings.iter() {
            self.output.record("finding", finding)?;
            let sum = match finding.effect {
                Effect::Lost => &mut self.summary.losses,
                Effect::Altered => &mut self.summary.altered,
                Effect::Noted => continue,
            };
            *sum = sum.saturating_add(1);
            self.shown = self.shown.saturating_add(1);
            if self.shown <= SHOWN {
                self.output.line(format!("  note: {finding}"))?;
            }
        }
        Ok(())
    }

    /// Writes the receipt and the lists for people.
    fn lists(&mut self, target: &NewFolder, places: &[String]) -> anyhow::Result<()> {
        let receipt = Receipt {
            bundle: self.bundle,
            plan: self.plan,
            now: self.now,
            read_back: self.summary.read_back,
        };
        receipt.write(target.staging(), places)?;
        for line in &self.plan.by_hand {
            self.by_hand(line)?;
        }
        Ok(())
    }

    fn by_hand(&mut self, line: &ByHand) -> anyhow::Result<()> {
        self.output.record("by_hand", line)?;
        self.shown = self.shown.saturating_add(1);
        if self.shown <= SHOWN {
            let (act, kind, title) = (line.act, line.kind, &line.title);
            self.output.line(format!("  {act:<8} {kind:<8} {title}"))?;
        }
        Ok(())
    }
}
