//! `airbridge verify`: is a bundle whole, and signed by a party that we trust?

use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use crate::bundle::{self, Accounting, Policy, Source, Verified, VerifyError, sign};
use crate::exchange::Home;

use super::Status;
use super::args::{HomeArgs, VerifyArgs};
use super::keys;
use super::output::{Output, complain};

/// Runs `verify`.
///
/// # Errors
/// When a file or the home cannot be read.
pub fn run(args: &VerifyArgs) -> anyhow::Result<Status> {
    let mut output = Output::stdout(args.json);
    match verified(&args.bundle, &args.home)? {
        Ok(bundle) => {
            let line = Summary::new(&bundle);
            output.record("summary", &line)?;
            output.line(format!("authentic: {}", line.files.join(", ")))?;
            output.line(format!("  signed by   {} {}", line.from, line.fingerprint))?;
            output.line(format!("  meant for   {}", line.to))?;
            output.line(format!(
                "  made        {} by {}",
                line.created, line.producer
            ))?;
            output.line(format!(
                "  number      {} of epoch {}",
                line.seq, line.epoch
            ))?;
            let sums = line.accounting;
            output.line(format!(
                "  accounting  {} seen = {} exported + {} unchanged + {} excluded + {} failed",
                sums.seen, sums.exported, sums.unchanged, sums.excluded, sums.failed
            ))?;
            output.flush()?;
            Ok(Status::Done)
        }
        Err(error) => refused(&mut output, error),
    }
}

/// Verifies a bundle against the home's trust: the signer must be pinned, the pairing our own.
///
/// # Errors
/// When a file or the home cannot be read; the inner error when the bundle is refused.
pub fn verified(
    paths: &[PathBuf],
    home: &HomeArgs,
) -> anyhow::Result<Result<Verified<bundle::Bundle>, VerifyError>> {
    let home: Home = keys::open(home)?;
    let trust = home.trust()?;
    let sources = parts(paths)?;
    let link = Some(home.config().link.as_str());
    let policy = Policy {
        trust: &trust,
        link,
        from: None,
        to: None,
        ledger: None,
    };
    Ok(bundle::verify(&sources, &policy))
}

/// Opens the parts of a bundle: those that were named, or those beside the one that was.
///
/// # Errors
/// When one cannot be opened.
pub fn parts(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let paths = match paths {
        [one] => Source::part_paths(one),
        several => several.to_vec(),
    };
    let open = |path: &PathBuf| {
        Source::open(path)
            .with_context(|| format!("{}: the bundle cannot be opened", path.display()))
    };
    paths.iter().map(open).collect()
}

/// Reports why a bundle was refused.
///
/// # Errors
/// When the output cannot be written.
pub fn refused<W: std::io::Write>(
    output: &mut Output<W>,
    error: VerifyError,
) -> anyhow::Result<Status> {
    #[derive(Serialize)]
    struct Refused<'a> {
        authentic: bool,
        step: &'a str,
        error: String,
    }
    output.record(
        "summary",
        &Refused {
            authentic: false,
            step: error.step(),
            error: error.to_string(),
        },
    )?;
    output.flush()?;
    complain(&error.into());
    Ok(Status::NotAuthentic)
}

#[derive(Serialize)]
struct Summary {
    authentic: bool,
    files: Vec<String>,
    from: String,
    fingerprint: String,
    to: String,
    kind: String,
    epoch: u64,
    seq: u64,
    parts: u32,
    entries: u64,
    created: String,
    producer: String,
    #[serde(flatten)]
    accounting: Accounting,
}

impl Summary {
    fn new(bundle: &bundle::Bundle) -> Self {
        let head = bundle.head();
        let kind = serde_json::to_value(head.kind).unwrap_or_default();
        Self {
            authentic: true,
            files: bundle.files().map(str::to_owned).collect(),
            from: head.from.clone(),
            fingerprint: sign::fingerprint(bundle.key()),
            to: head.to.clone(),
            kind: kind.as_str().unwrap_or_default().to_owned(),
            epoch: head.epoch,
            seq: head.seq,
            parts: head.part[1],
            entries: bundle.entries().count() as u64,
            created: head.created.clone(),
            producer: head.producer.clone(),
            accounting: *bundle.accounting(),
        }
    }
}
