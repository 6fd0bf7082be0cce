//! `airbridge link`: to whom would the items be linked, and why? Writes nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::exchange::linking::Linking;
use crate::finding::Effect;
use crate::item::Item;
use crate::link::{Decision, Suggester, explain_item};
use crate::source::{Job, Sources, in_order};

use super::args::LinkArgs;
use super::export::{remembered, rules};
use super::output::{Output, shows_progress};
use super::progress::Progress;
use super::skipped::show_skipped;
use super::{Interrupt, Status};

#[derive(Serialize)]
struct ItemLine<'a> {
    item: &'a str,
    kind: &'a str,
    title: &'a str,
    source: &'a str,
    folder: &'a [String],
    locator: &'a str,
    decision: &'a Decision,
}

#[derive(Serialize)]
struct Summary {
    seen: u64,
    failed: u64,
    #[serde(flatten)]
    outcomes: BTreeMap<&'static str, u64>,
    exported: u64,
}

/// Runs `link`.
///
/// # Errors
/// When no input can be read, the rules cannot be used, or the user stops it.
pub fn run(args: &LinkArgs, interrupt: &Interrupt) -> anyhow::Result<Status> {
    let sources = Sources::open_beside(
        &args.reading.paths,
        args.reading.options(),
        &args.linking.used(),
    )?;
    let mut output = Output::stdout(args.json);
    show_skipped(&mut output, &sources.skipped)?;
    let (_, mut ledger) = remembered(&args.home)?;
    let in_sync = ledger.begin()?.taking_part()?;
    let linking = Linking::prepare(&rules(&args.linking, &args.home)?, &sources, in_sync)?;
    let suggester = Suggester::new(&linking.linker);
    let work = |job: Job<'_>| {
        let items = job.items().map_err(|error| error.to_string())?;
        let decided = items.into_iter().map(|mapped| {
            let item = mapped.item;
            let decision = linking.linker.decide(&item, &linking.in_sync);
            if args.suggest {
                suggester.see(&item);
            }
            (item, decision)
        });
        Ok::<Vec<(Item, Decision)>, String>(decided.collect())
    };
    let names = ["linked", "suggested", "unlinked", "excluded"];
    let mut summary = Summary {
        seen: sources.seen(),
        failed: 0,
        outcomes: names.into_iter().map(|name| (name, 0)).collect(),
        exported: 0,
    };
    let progress = Progress::new("linking", summary.seen, shows_progress(args.json));
    let done = in_order(sources.jobs(), work, |worked| -> anyhow::Result<()> {
        interrupt.check()?;
        progress.advance(1);
        match worked {
            Ok(decided) => {
                let inside = decided.len().saturating_sub(1) as u64;
                summary.seen = summary.seen.saturating_add(inside);
                decided
                    .iter()
                    .try_for_each(|(item, decision)| summary.add(&mut output, args, item, decision))
            }
            Err(error) => {
                summary.failed = summary.failed.saturating_add(1);
                output.line(format!("failed: {error}"))?;
                Ok(())
            }
        }
    });
    progress.finish();
    done?;
    finish(&mut output, args, &linking, &suggester, &summary)?;
    Ok(if summary.failed > 0 {
        Status::Losses
    } else {
        Status::Done
    })
}

impl Summary {
    fn add<W: std::io::Write>(
        &mut self,
        output: &mut Output<W>,
        args: &LinkArgs,
        item: &Item,
        decision: &Decision,
    ) -> anyhow::Result<()> {
        let count = self.outcomes.entry(decision.outcome.name()).or_default();
        *count = count.saturating_add(1);
        self.exported = self.exported.saturating_add(u64::from(decision.export));
        if args.suggest {
            return Ok(());
        }
        let place = item.provenance.first();
        let line = ItemLine {
            item: &item.id.0,
            kind: item.kind().name(),
            title: item.title(),
            source: place.map(|place| place.source.as_ref()).unwrap_or_default(),
            folder: place
                .map(|place| place.folder.as_slice())
                .unwrap_or_default(),
            locator: place
                .map(|place| place.locator.as_str())
                .unwrap_or_default(),
            decision,
        };
        output.record("item", &line)?;
        if args.explain {
            for text in explain_item(item, decision).lines() {
                output.line(text)?;
            }
        } else {
            output.line(format!(
                "{:<10} {:<8} {}: {}",
                decision.outcome.name(),
                line.kind,
                line.title,
                decision.reason
            ))?;
        }
        Ok(())
    }
}

fn finish<W: std::io::Write>(
    output: &mut Output<W>,
    args: &LinkArgs,
    linking: &Linking,
    suggester: &Suggester<'_>,
    summary: &Summary,
) -> anyhow::Result<()> {
    if args.suggest {
        let lines = suggester.map_lines();
        #[derive(Serialize)]
        struct Lines<'a> {
            map_lines: &'a str,
        }
        output.record("suggestion", &Lines { map_lines: &lines })?;
        for line in lines.lines() {
            output.line(line)?;
        }
    } else {
        let report = linking.linker.report();
        for finding in linking.findings.iter().chain(report.findings.iter()) {
            output.record("finding", finding)?;
            if finding.effect > Effect::Noted || finding.code.starts_with("link.") {
                output.line(format!("note: {finding}"))?;
            }
        }
        output.line(format!(
            "{} seen: {}; {} would be exported, {} could not be read",
            summary.seen,
            summary
                .outcomes
                .iter()
                .map(|(name, count)| format!("{count} {name}"))
                .collect::<Vec<_>>()
                .join(", "),
            summary.exported,
            summary.failed
        ))?;
    }
    output.record("summary", summary)?;
    output.flush()?;
    Ok(())
}
