//! `airbridge crm`: the CRM side of the exchange.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;

use crate::bundle::keys::{self, Vouch};
use crate::crm::blob_store::BlobStore;
use crate::crm::{contact_rows, contacts_csv, replica};
use crate::exchange::Ledger;
use crate::exchange::crm::{CrmSide, all_contacts};
use crate::exchange::export::{ExportError, Options, Target};
use crate::exchange::home::{Config, Home};
use crate::exchange::pairing;
use crate::exchange::receive::ACK_DUE;
use crate::finding::{Effect, Findings};
use crate::merge::Side;

use super::args::HomeArgs;
use super::exchange_args::{CrmCommand, ImportArgs, Sending};
use super::keys::passphrase;
use super::output::{Output, complain};
use super::{Interrupt, Status, conflicts, keys as own_keys, received, status, unlink};

/// Runs a `crm` command.
///
/// # Errors
/// When the home or the replica cannot be used, or the output cannot be written.
pub fn run(command: CrmCommand, interrupt: &Interrupt) -> anyhow::Result<Status> {
    match command {
        CrmCommand::Init {
            bundle,
            fingerprint,
            first_use: _,
            home,
            json,
        } => init(&bundle, fingerprint, &home, json),
        CrmCommand::Import(args) => import(&args, interrupt),
        CrmCommand::Export {
            output,
            sending,
            home,
            now,
            json,
        } => export(&output, sending, &home, now, json, interrupt),
        CrmCommand::Unlink(args) => unlink::run(&args),
        CrmCommand::Status(args) => status::run(&args),
        CrmCommand::Resolve(args) => conflicts::resolve(&args),
    }
}

fn init(
    bundle: &Path,
    fingerprint: Option<String>,
    home: &HomeArgs,
    json: bool,
) -> anyhow::Result<Status> {
    let offer = pairing::offer(bundle)
        .map_err(anyhow::Error::msg)
        .with_context(|| format!("{}: cannot be paired with", bundle.display()))?;
    if let Some(expected) = fingerprint.as_deref().map(str::trim)
        && expected != offer.fingerprint
    {
        anyhow::bail!(
            "{}: it is signed by {}, not {expected}: do not trust it before its owner has \
             confirmed which is right",
            bundle.display(),
            offer.fingerprint
        );
    }
    let directory = Home::locate(home.home.as_deref())?;
    let now = Timestamp::now();
    let config = Config {
        party: offer.head.to.clone(),
        peer: offer.head.from.clone(),
        link: offer.head.link.clone(),
        side: Side::Crm,
        ..Config::default()
    };
    let home = Home::create_as(&directory, config)?;
    let mut ledger = Ledger::open(&home.ledger_path())?;
    let round = ledger.begin()?;
    replica::create(round.connection())?;
    round.keep()?;
    let passphrase = passphrase();
    let made = Home::open_or_create(&directory, passphrase.as_deref(), &mut keys::OsRng, now)?;
    let vouch = fingerprint.map_or(Vouch::FirstUse, Vouch::Fingerprint);
    keys::trust(&directory, &offer.key, &offer.head.from, &vouch, now)?;
    let key = made.0.key()?;
    #[derive(Serialize)]
    struct Made<'a> {
        home: String,
        party: &'a str,
        peer: &'a str,
        fingerprint: &'a str,
        public: &'a str,
    }
    let mut output = Output::stdout(json);
    let shown = directory.display();
    output.record(
        "summary",
        &Made {
            home: shown.to_string(),
            party: &key.party,
            peer: &offer.head.from,
            fingerprint: &key.fingerprint,
            public: &key.public,
        },
    )?;
    output.line(format!("{shown}: made, paired with {}", offer.head.from))?;
    output.line(format!("our key      {}", key.public))?;
    output.line(format!("fingerprint  {}", key.fingerprint))?;
    output.line(format!(
        "The other side trusts it with: airbridge keys trust {} KEY.pub --fingerprint …",
        key.party
    ))?;
    output.flush()?;
    Ok(Status::Done)
}

/// Opens the home of a CRM side.
fn open(home: &HomeArgs) -> anyhow::Result<(Home, Ledger)> {
    let home = own_keys::open(home)?;
    anyhow::ensure!(
        home.config().side == Side::Crm,
        "{}: this home is of the Outlook side: make one for the CRM with airbridge crm init",
        home.directory().display()
    );
    let ledger = Ledger::open(&home.ledger_path())?;
    Ok((home, ledger))
}

fn import(args: &ImportArgs, interrupt: &Interrupt) -> anyhow::Result<Status> {
    let (mut home, mut ledger) = open(&args.home)?;
    let mut output = Output::stdout(args.json);
    home.prefer(args.preference.prefer, true)?;
    if let [one] = args.files.as_slice()
        && is_table(one)?
    {
        return import_table(one, &mut ledger, &mut output);
    }
    let now = Timestamp::now();
    let (files, anew) = (&args.files, args.allow_new_epoch);
    let bundle = match received::verified(files, &home, &mut ledger, anew)? {
        Ok(bundle) => bundle,
        Err(error) => {
            received::roll_again(&home, files, &error)?;
            return received::refused(&mut output, &mut ledger, error, now);
        }
    };
    received::tell_preference(&mut output, home.config(), &bundle)?;
    let blobs = BlobStore::within(home.directory());
    let side = CrmSide {
        config: home.config(),
        blobs: &blobs,
        now,
    };
    let round = ledger.begin()?;
    let receipt = side.import(&round, &bundle, args.allow_deletions, |_| {
        Ok(interrupt.check()?)
    });
    let receipt = match receipt {
        Ok(receipt) => receipt,
        Err(error) => return received::stopped(error),
    };
    round.keep()?;
    received::roll_keys(&home, &bundle)?;
    output.record("summary", &receipt)?;
    received::count(&mut output, &receipt)?;
    conflicts::remind(&mut output, receipt.conflicts)
}

fn is_table(path: &Path) -> anyhow::Result<bool> {
    use std::io::Read;
    let mut magic = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(4).read_to_end(&mut magic))
        .with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok(!magic.starts_with(b"PK"))
}

fn import_table<W: std::io::Write>(
    path: &Path,
    ledger: &mut Ledger,
    output: &mut Output<W>,
) -> anyhow::Result<Status> {
    let round = ledger.begin()?;
    let mut sums = contact_rows::RowSums::default();
    let mut failed = None;
    let findings = contacts_csv::open(path, |contact| {
        match contact_rows::take(round.connection(), &contact) {
            Ok(true) => sums.new = sums.new.saturating_add(1),
            Ok(false) => sums.known = sums.known.saturating_add(1),
            Err(error) => failed = Some(error),
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    round.keep()?;
    tell(&findings, output)?;
    output.record("summary", &sums)?;
    output.line(format!("{} new contacts, {} known", sums.new, sums.known))?;
    output.flush()?;
    Ok(match findings.worst() {
        Some(Effect::Lost) => Status::Losses,
        _ => Status::Done,
    })
}

fn tell<W: std::io::Write>(findings: &Findings, output: &mut Output<W>) -> anyhow::Result<()> {
    for finding in findings.iter() {
        output.record("finding", finding)?;
        output.line(format!("note: {finding}"))?;
    }
    Ok(())
}

fn export(
    path: &Path,
    sending: Sending,
    home: &HomeArgs,
    now: Option<Timestamp>,
    json: bool,
    interrupt: &Interrupt,
) -> anyhow::Result<Status> {
    let (mut home, mut ledger) = open(home)?;
    if path.exists() {
        anyhow::bail!(
            "{}: exists already; nothing is overwritten: choose another name",
            path.display()
        );
    }
    let mut output = Output::stdout(json);
    if path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("csv"))
    {
        let (contacts, beside) = all_contacts(&ledger.begin()?)?;
        write_new(path, contacts_csv::write(&contacts).as_bytes())?;
        tell(&beside, &mut output)?;
        output.line(format!("{}: {} contacts", path.display(), contacts.len()))?;
        output.flush()?;
        return Ok(Status::Done);
    }
    configure(&mut home, sending)?;
    let blobs = BlobStore::within(home.directory());
    let side = CrmSide {
        config: home.config(),
        blobs: &blobs,
        now: now.unwrap_or_else(Timestamp::now),
    };
    let signer = home.signer(passphrase().as_deref())?;
    let target = Target {
        output: path,
        signer: &signer,
    };
    let done = side.export(&mut ledger, target, options(sending, false), |_| {
        Ok(interrupt.check()?)
    });
    let (sums, packed) = match done {
        Err(error @ ExportError::Deletions { .. }) => {
            complain(&error.into());
            return Ok(Status::Deletions);
        }
        other => other?,
    };
    let round = ledger.begin()?;
    round.set_note(ACK_DUE, None)?;
    round.keep()?;
    let all = sums.accounting;
    output.line(format!(
        "{} seen = {} exported + {} unchanged + {} excluded + {} failed",
        all.seen, all.exported, all.unchanged, all.excluded, all.failed
    ))?;
    let parts: Vec<String> = packed
        .parts
        .iter()
        .map(|part| part.display().to_string())
        .collect();
    output.line(format!(
        "{}: {} bytes, signed",
        parts.join(", "),
        packed.bytes
    ))?;
    output.record("summary", &sums)?;
    output.flush()?;
    Ok(if all.failed > 0 {
        Status::Losses
    } else {
        Status::Done
    })
}

/// Raises the epoch of a home, or changes what it prefers, as the command line asks.
///
/// # Errors
/// When the configuration cannot be written.
pub fn configure(home: &mut Home, sending: Sending) -> anyhow::Result<()> {
    let mut config = home.config().clone();
    if sending.new_epoch {
        config.epoch = config.epoch.saturating_add(1);
    }
    if config != *home.config() {
        home.configure(config)?;
    }
    Ok(home.prefer(sending.preference.prefer, true)?)
}

/// What is asked of an export, by the command line.
#[must_use]
pub fn options(sending: Sending, delete: bool) -> Options {
    Options {
        full: sending.full,
        reread: false,
        delete,
        allow_deletions: sending.allow_deletions,
    }
}

/// Writes a file that is whole or absent, and replaces none.
///
/// # Errors
/// When it cannot be written, or is there.
pub fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)
        .map_err(|error| error.error)
        .with_context(|| format!("{}: cannot be written", path.display()))?;
    Ok(())
}
