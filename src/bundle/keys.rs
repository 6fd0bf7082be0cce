//! What a person does with keys: make one, show it, trust another's, list whom one trusts.
//!
//! *Spec*: `formats/bundle.md`, section 11.
//!
//! *Shape*: in the bridge's home
//! ```text
//! keys/PARTY          private key, OpenSSH form, 0600
//! keys/PARTY.pub      public key
//! allowed_signers     the trust store
//! ```

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ssh_key::public::Ed25519PublicKey;
use ssh_key::rand_core::CryptoRngCore;

use super::allowed_signers::{AllowedSigner, AllowedSigners, Pinned};
use super::contents::Bundle;
use super::head::is_party;
use super::key_file::{self, KeyError, io_error};
use super::layout;
use super::sign::{Signer, fingerprint, key_text, parse_key_text};
use super::verify::Verified;

/// The operating system's randomness, to hand to [`new`].
pub use ssh_key::rand_core::OsRng;

/// A public key, as it is shown to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownKey {
    /// The party that it belongs to.
    pub party: String,
    /// `SHA256:…`: what two people compare over another channel.
    pub fingerprint: String,
    /// `ssh-ed25519 AAAA… PARTY`: what the other side pins.
    pub public: String,
    /// The private key's file.
    pub path: PathBuf,
}

/// Where a party's private key is.
#[must_use]
pub fn key_path(home: &Path, party: &str) -> PathBuf {
    home.join("keys").join(party)
}

/// Where the trust store is.
#[must_use]
pub fn trust_path(home: &Path) -> PathBuf {
    home.join("allowed_signers")
}

fn party_name(party: &str) -> Result<(), KeyError> {
    // A name that ends in .pub would be taken for a public key file.
    if is_party(party) && !party.ends_with(".pub") {
        return Ok(());
    }
    Err(KeyError::Refused(format!(
        "{party:?} is not a party name: use 1 to 64 of A-Z a-z 0-9 . _ @ + -, \
         the first a letter or digit"
    )))
}

fn shown(party: &str, key: &Ed25519PublicKey, path: PathBuf) -> ShownKey {
    ShownKey {
        party: party.to_owned(),
        fingerprint: fingerprint(key),
        public: format!("{} {party}", key_text(key)),
        path,
    }
}

/// Makes a key pair for a party, and the home if there is none.
///
/// # Errors
/// [`KeyError::Exists`] when there is one already; [`KeyError`] when it cannot be written.
pub fn new(
    home: &Path,
    party: &str,
    passphrase: Option<&str>,
    random: &mut impl CryptoRngCore,
) -> Result<ShownKey, KeyError> {
    party_name(party)?;
    let path = key_path(home, party);
    let directory = home.join("keys");
    fs::create_dir_all(&directory).map_err(io_error(&directory))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700))
            .map_err(io_error(&directory))?;
    }
    let signer = key_file::create(&path, party, passphrase, random)?;
    Ok(shown(party, signer.public_key(), path))
}

/// Shows a party's own public key.
///
/// # Errors
/// [`KeyError`] when there is none, or it is not an Ed25519 key.
pub fn show(home: &Path, party: &str) -> Result<ShownKey, KeyError> {
    party_name(party)?;
    let path = key_path(home, party);
    let public = home.join("keys").join(format!("{party}.pub"));
    let file = File::open(&public).map_err(io_error(&public))?;
    let text = key_file::read_small(&file, &public)?;
    let key = parse_key_text(&text)
        .map_err(|what| KeyError::Refused(format!("{}: {what}", public.display())))?;
    Ok(shown(party, &key, path))
}

/// Loads a party's own signing key.
///
/// # Errors
/// As for [`Signer::load`].
pub fn signer(home: &Path, party: &str, passphrase: Option<&str>) -> Result<Signer, KeyError> {
    party_name(party)?;
    Signer::load(&key_path(home, party), passphrase)
}

/// The key that is to follow a party's own, made when there is none yet.
///
/// # Errors
/// As for [`new`] and [`signer`].
pub fn next(
    home: &Path,
    party: &str,
    passphrase: Option<&str>,
    random: &mut impl CryptoRngCore,
) -> Result<Signer, KeyError> {
    party_name(party)?;
    let path = next_path(home, party);
    match Signer::load(&path, passphrase) {
        Err(KeyError::Io { error, .. }) if error.kind() == std::io::ErrorKind::NotFound => {
            // Half of a pair is of no use.
            match fs::remove_file(public(&path)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(io_error(&public(&path))(error))
                }
                _ => key_file::create(&path, party, passphrase, random),
            }
        }
        loaded => loaded,
    }
}

/// Whether there is a key that is to follow a party's own.
#[must_use]
pub fn has_next(home: &Path, party: &str) -> bool {
    next_path(home, party).exists()
}

/// Puts the key that is to follow in the place of a party's own, which is kept beside it under the
/// instant of its end. What was done before is not done again.
///
/// # Errors
/// When a file cannot be written; then either key is in its place.
pub fn take_next(home: &Path, party: &str, ended: Timestamp) -> Result<(), KeyError> {
    party_name(party)?;
    let (own, next) = (key_path(home, party), next_path(home, party));
    let stamp = ended.strftime("%Y%m%dT%H%M%SZ");
    let kept = home.join("keys").join(format!("{party}.ended-{stamp}"));
    if !next.exists() {
        return Ok(());
    }
    // At every moment there is a key: the old one is copied first, then replaced. The private half
    // goes last, since by it is known whether all is done.
    for (own, next, kept) in [
        (public(&own), public(&next), public(&kept)),
        (own, next, kept),
    ] {
        if !kept.exists() {
            fs::copy(&own, &kept).map_err(io_error(&kept))?;
        }
        if next.exists() {
            fs::rename(&next, &own).map_err(io_error(&own))?;
        }
    }
    Ok(())
}

fn next_path(home: &Path, party: &str) -> PathBuf {
    home.join("keys").join(format!("{party}.next"))
}

fn public(path: &Path) -> PathBuf {
    let mut path = path.to_owned().into_os_string();
    path.push(".pub");
    path.into()
}

/// Whom one trusts: the store of the home, empty when there is none yet.
///
/// # Errors
/// [`KeyError::Trust`] for a line that is not understood.
pub fn list(home: &Path) -> Result<AllowedSigners, KeyError> {
    let path = trust_path(home);
    match File::open(&path) {
        Ok(file) => read_store(&file, &path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(AllowedSigners::default()),
        Err(error) => Err(io_error(&path)(error)),
    }
}

/// Reads a trust store that the user names.
///
/// # Errors
/// When it cannot be read, or a line is not understood.
pub fn read_trust(path: &Path) -> Result<AllowedSigners, KeyError> {
    let file = File::open(path).map_err(io_error(path))?;
    read_store(&file, path)
}

fn read_store(file: &File, path: &Path) -> Result<AllowedSigners, KeyError> {
    let text = key_file::read_small(file, path)?;
    AllowedSigners::parse(&text).map_err(|error| KeyError::Trust {
        path: path.to_owned(),
        error,
    })
}

/// What a person vouches for when trusting a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vouch {
    /// The fingerprint that came another way; it must be the key's.
    Fingerprint(String),
    /// Nothing: trust on first use, which the caller has asked for explicitly.
    FirstUse,
}

/// Pins a key for a party from the instant `now`: adds a line to the store.
///
/// `key` is the path of a public key file, or the text of one (`ssh-ed25519 AAAA…`).
///
/// # Errors
/// [`KeyError::Refused`] when the fingerprint is another, or the party has another key that is
/// still valid: a change of key comes by a keyroll, or after a person has ended the old one with
/// `valid-before`.
pub fn trust(
    home: &Path,
    key: &str,
    party: &str,
    vouch: &Vouch,
    now: Timestamp,
) -> Result<AllowedSigner, KeyError> {
    party_name(party)?;
    let text = if key.trim_start().starts_with("ssh-") {
        key.to_owned()
    } else {
        let path = Path::new(key);
        let file = File::open(path).map_err(io_error(path))?;
        key_file::read_small(&file, path)?
    };
    let key = parse_key_text(&text)
        .map_err(|what| KeyError::Refused(format!("the key of {party} {what}")))?;
    let print = fingerprint(&key);
    let pinned = match vouch {
        Vouch::FirstUse => Pinned::FirstUse,
        Vouch::Fingerprint(expected) if expected.trim() == print => Pinned::FingerprintCompared,
        Vouch::Fingerprint(expected) => {
            return Err(KeyError::Refused(format!(
                "the key of {party} has the fingerprint {print}, not {expected}; \
                 do not trust it before the owner has confirmed which is right"
            )));
        }
    };
    let path = trust_path(home);
    let store = list(home)?;
    let now = super::head::parse_created(&super::head::format_created(now)).unwrap_or(now);
    for other in store
        .signers
        .iter()
        .filter(|s| s.principals.iter().any(|p| p == party))
    {
        if other.key == key {
            return Ok(other.clone());
        }
        if other.valid_before.is_none_or(|before| before > now) {
            return Err(KeyError::Refused(format!(
                "{}: line {}: {party} already has the key {}; a new key comes by a keyroll \
                 bundle, or end the old one with valid-before=",
                path.display(),
                other.line,
                fingerprint(&other.key)
            )));
        }
    }
    let signer = AllowedSigner {
        principals: vec![party.to_owned()],
        namespaces: vec![layout::NAMESPACE.to_owned()],
        valid_after: None,
        valid_before: None,
        key,
        pinned: Some((pinned, now)),
        line: 0,
    };
    append(&path, &signer)?;
    Ok(signer)
}

/// Applies a keyroll: the next key begins at the instant at which the bundle was made, and the old
/// one ends a second later. Applying it again changes nothing.
///
/// # Errors
/// [`KeyError::Refused`] when the bundle is no keyroll, or its key is not in the store of this
/// home.
pub fn roll(home: &Path, bundle: &Verified<Bundle>) -> Result<(), KeyError> {
    let refused = |what: &str| KeyError::Refused(format!("the keyroll cannot be applied: {what}"));
    let head = bundle.head();
    let (Some(next), Some(at)) = (&head.next_key, head.created_at()) else {
        return Err(refused("the bundle is of another kind"));
    };
    let next = parse_key_text(next).map_err(|what| refused(&what))?;
    let path = trust_path(home);
    let store = list(home)?;
    let of_party = |key: &Ed25519PublicKey| {
        let mut signers = store.signers.iter();
        signers
            .find(|s| s.key == *key && s.principals.contains(&head.from))
            .cloned()
    };
    if of_party(&next).is_some() {
        return Ok(());
    }
    let Some(mut old) = of_party(bundle.key()) else {
        return Err(refused("the key that signed it is not in the store"));
    };
    if old.principals.len() > 1 {
        return Err(refused(
            "the line of the old key names several parties; give each its own line",
        ));
    }
    // The same bundle may come twice, so its own instant is the last one of the old key.
    let end = at
        .checked_add(jiff::SignedDuration::from_secs(1))
        .unwrap_or(at);
    old.valid_before = Some(old.valid_before.map_or(end, |before| before.min(end)));
    let begun = AllowedSigner {
        valid_after: Some(at),
        valid_before: None,
        key: next,
        ..old.clone()
    };
    let line = old.line;
    let ended = AllowedSigner {
        pinned: None,
        ..old.clone()
    };
    let file = File::open(&path).map_err(io_error(&path))?;
    let mut text = String::new();
    for (n, kept) in key_file::read_small(&file, &path)?.lines().enumerate() {
        if n.saturating_add(1) == line {
            text.push_str(&ended.to_string());
        } else {
            text.push_str(kept);
            text.push('\n');
        }
    }
    text.push_str(&begun.to_string());
    replace(&path, &text)
}

/// Rewrites the store with one more entry: beside it, then in its place.
fn append(path: &Path, signer: &AllowedSigner) -> Result<(), KeyError> {
    let mut text = match File::open(path) {
        Ok(file) => key_file::read_small(&file, path)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(io_error(path)(error)),
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&signer.to_string());
    replace(path, &text)
}

fn replace(path: &Path, text: &str) -> Result<(), KeyError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(io_error(directory))?;
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(io_error(path))?;
    file.write_all(text.as_bytes()).map_err(io_error(path))?;
    file.as_file().sync_all().map_err(io_error(path))?;
    file.persist(path)
        .map_err(|error| io_error(path)(error.error))?;
    Ok(())
}
