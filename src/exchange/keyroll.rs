//! A change of one's own key: the bundle that tells the peer, and the key in its place.
//!
//! *Spec*: `formats/bundle.md`, section 11.
//!
//! *Invariant*: until the bundle has its name, the old key stays; a run that was killed after that
//! is ended by the next one.

use std::path::Path;

use jiff::Timestamp;
use ssh_key::rand_core::CryptoRngCore;

use crate::bundle::keys::{self, ShownKey};
use crate::bundle::{
    self, Accounting, BundleKind, KeyError, Packed, Packer, Policy, Signer, Source, VerifyError,
};

use super::export::{ExportError, Target};
use super::home::{Home, HomeError};
use super::ledger::{Ledger, LedgerError};
use super::seal::Made;

/// The note of a bundle that tells of the next key, while the old one is in its place.
const ROLLING: &str = "keyroll";

/// Why a key is not changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyrollError {
    /// The bundle cannot be made.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The home or a key cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The bundle that was made cannot be read again.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl From<KeyError> for KeyrollError {
    fn from(error: KeyError) -> Self {
        Self::Home(error.into())
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Rolled {
    /// The key that is now our own.
    pub key: ShownKey,
    /// The bundle for the peer; `None` when an earlier run had made it, and this one ended it.
    pub packed: Option<Packed>,
}

/// Makes the next key, tells the peer by a bundle, and puts it in the place of the old one.
///
/// # Errors
/// When a key, the ledger or the bundle cannot be written.
pub fn roll(
    home: &Home,
    ledger: &mut Ledger,
    output: &Path,
    passphrase: Option<&str>,
    random: &mut impl CryptoRngCore,
    now: Timestamp,
) -> Result<Rolled, KeyrollError> {
    let config = home.config();
    let waits = keys::has_next(home.directory(), &config.party);
    let next = keys::next(home.directory(), &config.party, passphrase, random)?;
    let made = |note: &String| {
        let (ended, path) = note.split_once(' ')?;
        let made = Path::new(path).is_file();
        made.then_some((ended.parse().ok()?, Path::new(path).to_owned()))
    };
    let before = ledger.begin()?.note(ROLLING)?;
    if let Some((ended, path)) = before.as_ref().filter(|_| waits).and_then(made) {
        take(home, ledger, &next, &path, ended)?;
        let key = home.key()?;
        return Ok(Rolled { key, packed: None });
    }
    let signer = home.signer(passphrase)?;
    let packed = tell(home, ledger, output, (&signer, &next), now)?;
    take(home, ledger, &next, output, now)?;
    Ok(Rolled {
        key: home.key()?,
        packed: Some(packed),
    })
}

/// Makes the bundle.
fn tell(
    home: &Home,
    ledger: &mut Ledger,
    output: &Path,
    (signer, next): (&Signer, &Signer),
    now: Timestamp,
) -> Result<Packed, ExportError> {
    let config = home.config();
    let packer = Packer::new(output)?;
    let round = ledger.begin()?;
    let last = round.last_sent(config.epoch)?;
    let made = Made {
        config,
        now,
        seq: last.map_or(0, |last| last.seq).saturating_add(1),
        kind: BundleKind::Keyroll,
        accounting: Accounting::default(),
    };
    let target = Target { output, signer };
    let (sealed, sent) = made.seal(packer, None, &round, target, Some(next))?;
    let path = std::path::absolute(output).unwrap_or_else(|_| output.to_owned());
    // It holds no items: when the peer acknowledges it, it may lack what was sent before.
    round.forget_sent(config.epoch)?;
    round.set_note(ROLLING, Some(&format!("{now} {}", path.display())))?;
    round.commit(config.epoch, &sent)?;
    Ok(sealed.publish()?)
}

/// Puts the next key in its place, in our own trust store first.
fn take(
    home: &Home,
    ledger: &mut Ledger,
    next: &Signer,
    bundle: &Path,
    ended: Timestamp,
) -> Result<(), KeyrollError> {
    let config = home.config();
    let trust = home.trust()?;
    if !trust.knows(next.public_key()) {
        let source = Source::open(bundle).map_err(|source| HomeError::Io {
            path: bundle.to_owned(),
            source,
        })?;
        let policy = Policy {
            trust: &trust,
            link: Some(&config.link),
            from: Some(&config.party),
            to: Some(&config.peer),
            ledger: None,
        };
        let verified = bundle::verify(&[source], &policy)?;
        keys::roll(home.directory(), &verified)?;
    }
    keys::take_next(home.directory(), &config.party, ended)?;
    let round = ledger.begin()?;
    round.set_note(ROLLING, None)?;
    round.keep()?;
    Ok(())
}
