//! `airbridge keys`: our key, and whom we trust.

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;

use crate::bundle::keys::{self, ShownKey, Vouch};
use crate::bundle::{AllowedSigner, Pinned, sign};
use crate::exchange::{Home, Ledger, keyroll};

use super::Status;
use super::args::{HomeArgs, KeysCommand};
use super::output::{Output, note};

/// The variable that holds the passphrase of the signing key, so that it is on no command line.
pub const PASSPHRASE_VARIABLE: &str = "AIRBRIDGE_PASSPHRASE";

/// The passphrase of the signing key, if one is set.
#[must_use]
pub fn passphrase() -> Option<String> {
    std::env::var(PASSPHRASE_VARIABLE)
        .ok()
        .filter(|text| !text.is_empty())
}

/// Runs a `keys` command.
///
/// # Errors
/// When the home, a key or the trust store cannot be read or written.
pub fn run(command: KeysCommand) -> anyhow::Result<Status> {
    match command {
        KeysCommand::New { home, json } => new(&home, json),
        KeysCommand::Show { home, json } => show_key("key", &open(&home)?.key()?, json),
        KeysCommand::Trust {
            party,
            key,
            fingerprint,
            first_use: _,
            home,
            json,
        } => {
            let vouch = fingerprint.map_or(Vouch::FirstUse, Vouch::Fingerprint);
            let key = key
                .to_str()
                .context("the path of the key is not valid Unicode")?;
            let signer = keys::trust(
                open(&home)?.directory(),
                key,
                &party,
                &vouch,
                Timestamp::now(),
            )?;
            list_signers([&signer], json)
        }
        KeysCommand::Roll {
            output,
            now,
            home,
            json,
        } => {
            let home = open(&home)?;
            let mut ledger = Ledger::open(&home.ledger_path())?;
            let now = now.unwrap_or_else(Timestamp::now);
            let passphrase = passphrase();
            let rolled = keyroll::roll(
                &home,
                &mut ledger,
                &output,
                passphrase.as_deref(),
                &mut keys::OsRng,
                now,
            )?;
            note(&match rolled.packed {
                Some(_) => format!(
                    "{} tells {} of the new key: it must come before any later bundle",
                    output.display(),
                    home.config().peer
                ),
                None => "an earlier change of key was ended; its bundle is to be sent".to_owned(),
            });
            show_key("key", &rolled.key, json)
        }
        KeysCommand::List { home, json } => list_signers(&open(&home)?.trust()?.signers, json),
    }
}

/// Opens a home that must be there.
///
/// # Errors
/// When it is not there, or not valid.
pub fn open(args: &HomeArgs) -> anyhow::Result<Home> {
    let directory = Home::locate(args.home.as_deref())?;
    Home::open(&directory)?.with_context(|| {
        let shown = directory.display();
        format!("{shown}: there is no home yet: make it with airbridge keys new, or export once")
    })
}

fn new(args: &HomeArgs, json: bool) -> anyhow::Result<Status> {
    let directory = Home::locate(args.home.as_deref())?;
    let (home, key) = Home::open_or_create(
        &directory,
        passphrase().as_deref(),
        &mut keys::OsRng,
        Timestamp::now(),
    )?;
    match key {
        Some(key) => show_key("key", &key, json),
        None => anyhow::bail!(
            "{}: there is a key already: {}",
            directory.display(),
            home.key()?.fingerprint
        ),
    }
}

#[derive(Serialize)]
struct KeyLine<'a> {
    party: &'a str,
    fingerprint: &'a str,
    public: &'a str,
    file: String,
}

fn show_key(kind: &str, key: &ShownKey, json: bool) -> anyhow::Result<Status> {
    let mut output = Output::stdout(json);
    let file = key.path.display().to_string();
    let ShownKey {
        party,
        fingerprint,
        public,
        ..
    } = key;
    output.record(
        kind,
        &KeyLine {
            party,
            fingerprint,
            public,
            file: file.clone(),
        },
    )?;
    output.line(format!("party        {party}"))?;
    output.line(format!("fingerprint  {fingerprint}"))?;
    output.line(format!("public key   {public}"))?;
    output.line(format!("private key  {file}"))?;
    output.flush()?;
    Ok(Status::Done)
}

#[derive(Serialize)]
struct SignerLine {
    parties: Vec<String>,
    fingerprint: String,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
    pinned: Option<&'static str>,
    pinned_at: Option<Timestamp>,
}

fn list_signers<'a>(
    signers: impl IntoIterator<Item = &'a AllowedSigner>,
    json: bool,
) -> anyhow::Result<Status> {
    let mut output = Output::stdout(json);
    for signer in signers {
        let pinned = signer.pinned.as_ref().map(|(how, _)| match how {
            Pinned::FingerprintCompared => "fingerprint compared",
            Pinned::FirstUse => "trusted on first use",
        });
        let line = SignerLine {
            parties: signer.principals.clone(),
            fingerprint: sign::fingerprint(&signer.key),
            valid_after: signer.valid_after,
            valid_before: signer.valid_before,
            pinned,
            pinned_at: signer.pinned.as_ref().map(|(_, at)| *at),
        };
        output.record("signer", &line)?;
        let parties = line.parties.join(",");
        output.line(format!(
            "{parties}  {}  {}",
            line.fingerprint,
            line.pinned.unwrap_or("pinned by hand")
        ))?;
    }
    output.flush()?;
    Ok(Status::Done)
}

/// Tells the user of a key that was made on first use.
pub fn announce(home: &Home, key: &ShownKey) {
    note(&format!(
        "made the bridge's home {} with the new signing key of {}: {}",
        home.directory().display(),
        key.party,
        key.fingerprint
    ));
}
