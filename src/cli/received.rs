//! What every command that takes a bundle does first: verify it against the ledger, and say in its
//! own words why not.

use std::path::PathBuf;

use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;

use crate::bundle::{self, Bundle, LedgerView, Policy, Verified, VerifyError, keys};
use crate::exchange::home::Config;
use crate::exchange::receive::{Receipt, ReceiveError, Refusal};
use crate::exchange::{Home, Ledger};
use crate::finding::{Effect, Findings};
use crate::merge::Prefer;

use super::Status;
use super::output::{Output, complain, note};
use super::verify::parts;

/// Verifies a bundle for this side: of the pairing, of the peer, for us, and in its turn.
///
/// # Errors
/// When a file or the home cannot be read; the inner error when the bundle is refused.
pub fn verified(
    paths: &[PathBuf],
    home: &Home,
    ledger: &mut Ledger,
    allow_new_epoch: bool,
) -> anyhow::Result<Result<Verified<Bundle>, VerifyError>> {
    let view = ledger.begin()?.view(allow_new_epoch)?;
    verify(paths, home, Some(&view))
}

fn verify(
    paths: &[PathBuf],
    home: &Home,
    ledger: Option<&LedgerView>,
) -> anyhow::Result<Result<Verified<Bundle>, VerifyError>> {
    let trust = home.trust()?;
    let sources = parts(paths)?;
    let config = home.config();
    let policy = Policy {
        trust: &trust,
        link: Some(&config.link),
        from: Some(&config.peer),
        to: Some(&config.party),
        ledger,
    };
    Ok(bundle::verify(&sources, &policy))
}

/// Ends what a killed run left half done: a keyroll that is in the ledger and not in the trust
/// store.
///
/// # Errors
/// When a file or the trust store cannot be read or written.
pub fn roll_again(home: &Home, paths: &[PathBuf], error: &VerifyError) -> anyhow::Result<()> {
    if Refusal::of(error.fault) == Refusal::Repeat
        && let Ok(bundle) = verify(paths, home, None)?
    {
        roll_keys(home, &bundle)?;
    }
    Ok(())
}

/// Says why a bundle is not applied, and remembers what must be.
///
/// # Errors
/// When the output or the ledger cannot be written.
pub fn refused<W: std::io::Write>(
    output: &mut Output<W>,
    ledger: &mut Ledger,
    error: VerifyError,
    now: Timestamp,
) -> anyhow::Result<Status> {
    #[derive(Serialize)]
    struct Refused<'a> {
        applied: bool,
        step: &'a str,
        error: String,
    }
    let refusal = Refusal::of(error.fault);
    refusal.remember(ledger.begin()?, &error, now)?;
    let line = Refused {
        applied: false,
        step: error.step(),
        error: error.to_string(),
    };
    output.record("summary", &line)?;
    output.line(refusal.to_string())?;
    output.flush()?;
    let status = match refusal {
        Refusal::Repeat | Refusal::Late => {
            note(&line.error);
            return Ok(Status::Done);
        }
        Refusal::Forked => Status::Forked,
        Refusal::Restored => Status::Restored,
        Refusal::Rollback => Status::Rollback,
        Refusal::Gap => Status::Gap,
        Refusal::NewEpoch => Status::NewEpoch,
        Refusal::NotAuthentic => Status::NotAuthentic,
    };
    complain(&error.into());
    Ok(status)
}

/// Tells how many records of a bundle came to what.
///
/// # Errors
/// When the output cannot be written.
pub fn count<W: std::io::Write>(output: &mut Output<W>, came: &Receipt) -> anyhow::Result<()> {
    let mut line = format!(
        "{} records: {} new, {} changed, {} deleted, {} as they were",
        came.records, came.new, came.changed, came.deleted, came.same
    );
    for (count, what) in [
        (came.absent, "no longer there"),
        (came.unlinked, "taken out of the sync and left alone"),
    ] {
        if count > 0 {
            line.push_str(&format!(", {count} {what}"));
        }
    }
    Ok(output.line(line)?)
}

/// Says that the other side prefers other values than this one: until a person decides, the two
/// show different values of a field that both wrote.
///
/// # Errors
/// When the output cannot be written.
pub fn tell_preference<W: std::io::Write>(
    output: &mut Output<W>,
    config: &Config,
    bundle: &Bundle,
) -> anyhow::Result<()> {
    let theirs = bundle.head().prefer.unwrap_or_default();
    if theirs == config.prefer {
        return Ok(());
    }
    let name = |prefer: Prefer| {
        let value = prefer.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    };
    let (theirs, ours) = (name(theirs), name(config.prefer));
    let mut findings = Findings::new();
    findings.add(
        "exchange.prefer.differs",
        Effect::Noted,
        bundle.head().from.clone(),
        format!(
            "{} prefers {theirs}, this side {ours}: where both wrote a field, the two show \
             different values until somebody decides; give both the same with --prefer",
            config.peer
        ),
    );
    for finding in findings.iter() {
        output.record("finding", finding)?;
        note(&finding.to_string());
    }
    Ok(())
}

/// The exit code for a bundle that could not be applied, when it has one of its own.
///
/// # Errors
/// The error itself, when it has none.
pub fn stopped(error: ReceiveError) -> anyhow::Result<Status> {
    if matches!(error, ReceiveError::Deletions { .. }) {
        complain(&error.into());
        return Ok(Status::Deletions);
    }
    Err(error.into())
}

/// After a keyroll was applied: the old key ends, the new one begins.
///
/// # Errors
/// When the trust store cannot be written.
pub fn roll_keys(home: &Home, bundle: &Verified<Bundle>) -> anyhow::Result<()> {
    if bundle.head().next_key.is_some() {
        keys::roll(home.directory(), bundle)?;
        let from = &bundle.head().from;
        note(&format!("the key of {from} was replaced by its next one"));
    }
    Ok(())
}
