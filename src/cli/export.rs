//! `airbridge export`: link the items of stores to CRM contacts, and pack them as a signed bundle.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;

use crate::bundle::{Outcome, Packed, Signer, keys as bundle_keys};
use crate::exchange::export::{Event, Export, ExportError, Options, Sums, Target, Told};
use crate::exchange::home::{Config, Home};
use crate::exchange::ledger::Ledger;
use crate::exchange::linking::{Contacts, Linking, Rules};
use crate::exchange::receive::ACK_DUE;
use crate::exchange::twins::Twins;
use crate::finding::Effect;
use crate::source::Sources;

use super::args::{ExportArgs, HomeArgs, Linking as LinkingArgs};
use super::crm::options;
use super::keys::{announce, passphrase};
use super::output::{Output, complain, note, shows_progress};
use super::progress::Progress;
use super::skipped::show_skipped;
use super::{Interrupt, Status, crm, verify};

/// Lines of each kind shown as text; the rest is counted.
const SHOWN: u64 = 20;

/// Where the run keeps its memory.
struct Base {
    config: Config,
    ledger: Ledger,
    signer: Option<Signer>,
}

/// Runs `export`.
///
/// # Errors
/// When no input can be read, the rules cannot be used, the bundle cannot be written, or the user
/// stops it.
pub fn run(args: &ExportArgs, interrupt: &Interrupt) -> anyhow::Result<Status> {
    let now = args.now.unwrap_or_else(Timestamp::now);
    let output_path = args.output.as_deref().filter(|_| !args.dry_run);
    if let Some(path) = output_path
        && path.exists()
    {
        anyhow::bail!(
            "{}: exists already; bundles are never overwritten: choose another name",
            path.display()
        );
    }
    let sources = Sources::open_beside(
        &args.reading.paths,
        args.reading.options(),
        &args.linking.used(),
    )?;
    let mut output = Output::stdout(args.json);
    show_skipped(&mut output, &sources.skipped)?;
    let mut base = base(args, now)?;
    let in_sync = base.ledger.begin()?.taking_part()?;
    let linking = Linking::prepare(&rules(&args.linking, &args.home)?, &sources, in_sync)?;
    let comparing = Progress::new("comparing", sources.seen(), shows_progress(args.json));
    let twins = Twins::find(&sources, || {
        comparing.advance(1);
        interrupt.check()
    })?;
    comparing.finish();
    let progress = Progress::new("exporting", sources.seen(), shows_progress(args.json));
    let mut talk = Talk {
        output: &mut output,
        left_out: 0,
        findings: 0,
    };
    let target = output_path
        .zip(base.signer.as_ref())
        .map(|(output, signer)| Target { output, signer });
    let export = Export {
        config: &base.config,
        ledger: &mut base.ledger,
        linking: &linking,
        twins: &twins,
        now,
        target,
        options: Options {
            reread: args.reread,
            ..options(args.sending, args.delete)
        },
    };
    let done = export.run(&sources, |event| {
        interrupt.check()?;
        if matches!(event, Event::Item(..)) {
            progress.advance(1);
        }
        talk.event(&event)
    });
    progress.finish();
    let (sums, packed) = match done {
        Err(error @ ExportError::Deletions { .. }) => {
            complain(&error.into());
            return Ok(Status::Deletions);
        }
        other => other?,
    };
    if packed.is_some() {
        let round = base.ledger.begin()?;
        round.set_note(ACK_DUE, None)?;
        round.keep()?;
    }
    talk.rest()?;
    show_sums(&mut output, &sums, packed.as_ref(), sources.skipped.len())?;
    output.flush()?;
    let lost = sums.losses > 0
        || sums.accounting.failed > 0
        || sources.skipped.iter().any(|skipped| skipped.failed);
    Ok(if lost { Status::Losses } else { Status::Done })
}

/// The files that say how to link.
///
/// # Errors
/// When the contacts are a bundle, and it cannot be verified.
pub fn rules<'a>(args: &'a LinkingArgs, home: &HomeArgs) -> anyhow::Result<Rules<'a>> {
    let contacts = match &args.contacts {
        None => None,
        Some(path) if is_zip(path)? => {
            let bundle = verify::verified(std::slice::from_ref(path), home)??;
            Some(Contacts::Bundle(Box::new(bundle)))
        }
        Some(path) => Some(Contacts::Csv(path.clone())),
    };
    Ok(Rules {
        map: args.map.as_deref(),
        profile: args.profile.as_deref(),
        contacts,
    })
}

fn is_zip(path: &Path) -> anyhow::Result<bool> {
    use std::io::Read;
    let mut magic = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(4).read_to_end(&mut magic))
        .with_context(|| format!("{}: the contacts cannot be read", path.display()))?;
    Ok(magic == b"PK\x03\x04")
}

/// The ledger as it is, or an empty one in memory where there is no home: for runs that write
/// nothing.
///
/// # Errors
/// When there is a home and it cannot be read.
pub fn remembered(home: &HomeArgs) -> anyhow::Result<(Option<Home>, Ledger)> {
    let home = Home::open(&Home::locate(home.home.as_deref())?)?;
    let ledger = match &home {
        Some(home) if home.ledger_path().exists() => Ledger::open(&home.ledger_path())?,
        _ => Ledger::in_memory()?,
    };
    Ok((home, ledger))
}

fn base(args: &ExportArgs, now: Timestamp) -> anyhow::Result<Base> {
    if args.dry_run {
        let (home, ledger) = remembered(&args.home)?;
        let mut config = home.map_or_else(Config::default, |home| home.config().clone());
        config.prefer = args.sending.preference.prefer.unwrap_or(config.prefer);
        return Ok(Base {
            config,
            ledger,
            signer: None,
        });
    }
    let directory = Home::locate(args.home.home.as_deref())?;
    let passphrase = passphrase();
    let (mut home, key) = Home::open_or_create(
        &directory,
        passphrase.as_deref(),
        &mut bundle_keys::OsRng,
        now,
    )?;
    if let Some(key) = &key {
        announce(&home, key);
    }
    crm::configure(&mut home, args.sending)?;
    Ok(Base {
        config: home.config().clone(),
        ledger: Ledger::open(&home.ledger_path())?,
        signer: Some(home.signer(passphrase.as_deref())?),
    })
}

/// Shows items and findings as they come.
struct Talk<'a, W: std::io::Write> {
    output: &'a mut Output<W>,
    left_out: u64,
    findings: u64,
}

impl<W: std::io::Write> Talk<'_, W> {
    fn event(&mut self, event: &Event<'_>) -> anyhow::Result<()> {
        match event {
            Event::Item(line, told) => {
                #[derive(Serialize)]
                struct ItemLine<'a> {
                    #[serde(flatten)]
                    line: &'a crate::bundle::ReportLine,
                    decision: Option<&'a crate::link::Decision>,
                }
                let decision = told.map(|told| told.decision);
                if self.output.is_json() {
                    self.output.record("item", &ItemLine { line, decision })?;
                } else if let Some(told) = told {
                    self.item(line, told)?;
                } else {
                    let reason = line.reason.as_deref().unwrap_or_default();
                    self.output.line(format!("  failed     {reason}"))?;
                }
            }
            Event::Findings(findings) => {
                for finding in findings.iter() {
                    self.output.record("finding", finding)?;
                    if finding.effect > Effect::Noted || finding.code.starts_with("link.") {
                        self.findings = self.findings.saturating_add(1);
                        if self.findings <= SHOWN {
                            self.output.line(format!("  note: {finding}"))?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn item(&mut self, line: &crate::bundle::ReportLine, told: &Told<'_>) -> anyhow::Result<()> {
        let outcome = match line.outcome {
            Outcome::Exported => told.decision.outcome.name(),
            Outcome::Unchanged => "unchanged",
            Outcome::Excluded => "left out",
            Outcome::Failed => "failed",
        };
        self.left_out = self.left_out.saturating_add(1);
        if self.left_out > SHOWN {
            return Ok(());
        }
        let reason = line.reason.as_deref().unwrap_or_default();
        let Told { kind, title, .. } = told;
        Ok(self
            .output
            .line(format!("  {outcome:<10} {kind:<8} {title}: {reason}"))?)
    }

    fn rest(&mut self) -> anyhow::Result<()> {
        for (count, what) in [(self.left_out, "items"), (self.findings, "findings")] {
            if count > SHOWN {
                let more = count.saturating_sub(SHOWN);
                self.output
                    .line(format!("  … and {more} {what} more; --json shows all"))?;
            }
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    sums: &'a Sums,
    skipped: usize,
    bundle: Vec<String>,
    bytes: Option<u64>,
}

fn show_sums<W: std::io::Write>(
    output: &mut Output<W>,
    sums: &Sums,
    packed: Option<&Packed>,
    skipped: usize,
) -> anyhow::Result<()> {
    let parts = packed
        .map(|packed| packed.parts.as_slice())
        .unwrap_or_default();
    let bundle: Vec<String> = parts
        .iter()
        .map(|part| part.display().to_string())
        .collect();
    let all = sums.accounting;
    output.line(format!(
        "{} seen = {} exported + {} unchanged + {} excluded + {} failed",
        all.seen, all.exported, all.unchanged, all.excluded, all.failed
    ))?;
    if sums.absent > 0 {
        output.line(format!(
            "{} items are no longer there: they stay in BigContacts, unless you say --delete",
            sums.absent
        ))?;
    }
    output.line(format!(
        "{} linked, {} suggested, {} unlinked",
        sums.linked, sums.suggested, sums.unlinked
    ))?;
    let bytes = packed.map(|packed| packed.bytes);
    match bytes {
        Some(bytes) => output.line(format!("{}: {bytes} bytes, signed", bundle.join(", ")))?,
        None => note("dry run: nothing was written"),
    }
    output.record(
        "summary",
        &Summary {
            sums,
            skipped,
            bundle,
            bytes,
        },
    )?;
    Ok(())
}
