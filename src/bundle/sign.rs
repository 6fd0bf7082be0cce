//! The signature of a head: SSHSIG, as `ssh-keygen -Y sign` makes it and `ssh-keygen -Y verify`
//! checks it.
//!
//! *Spec*: OpenSSH `PROTOCOL.sshsig`; `formats/bundle.md`, section 10.
//!
//! *Invariants*: Ed25519 only, SHA-512 only, namespace [`layout::NAMESPACE`] only; armour and blob
//! are re-encoded and compared byte for byte; strict Ed25519 (no small-order keys, canonical S,
//! cofactorless).

use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, SshSig};
use thiserror::Error;

use super::layout;

/// A party's signing key, unlocked.
#[derive(Clone)]
pub struct Signer {
    key: PrivateKey,
    public: Ed25519PublicKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", fingerprint(&self.public))
    }
}

/// Why a key cannot sign bundles.
#[derive(Debug, Error)]
pub enum SignError {
    /// Not an Ed25519 key.
    #[error("is a key of type {0}; bundles are signed with ssh-ed25519 keys")]
    Algorithm(String),
    /// Still encrypted.
    #[error("is encrypted; give its passphrase")]
    Locked,
    /// The key library failed.
    #[error("cannot sign: {0}")]
    Library(#[from] ssh_key::Error),
}

/// Why a signature is no good, in the order in which it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// Not exactly one armoured SSHSIG of the form of the specification.
    #[error("{0}")]
    Form(String),
    /// Made for another purpose.
    #[error("is made for the namespace {0:?}, not for airbridge-bundle-v1")]
    Namespace(String),
    /// Does not fit the bytes and the key.
    #[error("does not fit the signed bytes")]
    Value,
}

impl Signer {
    /// The signer with an unlocked Ed25519 key.
    ///
    /// # Errors
    /// When the key is encrypted, or of another type.
    pub fn new(key: PrivateKey) -> Result<Self, SignError> {
        if key.is_encrypted() {
            return Err(SignError::Locked);
        }
        let Some(public) = key.public_key().key_data().ed25519().copied() else {
            return Err(SignError::Algorithm(key.algorithm().to_string()));
        };
        Ok(Self { key, public })
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> &Ed25519PublicKey {
        &self.public
    }

    /// Signs a head; gives the armoured signature, which is the same every time.
    ///
    /// # Errors
    /// When the key library fails.
    pub fn sign(&self, head: &[u8]) -> Result<String, SignError> {
        let signature = self.key.sign(layout::NAMESPACE, HashAlg::Sha512, head)?;
        Ok(signature.to_pem(LineEnding::LF)?)
    }
}

/// `SHA256:` and the base64 of the key's hash, as OpenSSH shows it.
#[must_use]
pub fn fingerprint(key: &Ed25519PublicKey) -> String {
    KeyData::Ed25519(*key)
        .fingerprint(HashAlg::Sha256)
        .to_string()
}

/// `ssh-ed25519 AAAA…`, without a comment.
#[must_use]
pub fn key_text(key: &Ed25519PublicKey) -> String {
    ssh_key::PublicKey::from(*key)
        .to_openssh()
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

/// The key that [`key_text`] writes.
///
/// # Errors
/// In words, when it is not one Ed25519 key in OpenSSH form.
pub fn parse_key_text(text: &str) -> Result<Ed25519PublicKey, String> {
    let key = ssh_key::PublicKey::from_openssh(text.trim())
        .map_err(|error| format!("not a public key in OpenSSH form: {error}"))?;
    match key.key_data().ed25519() {
        Some(key) => Ok(*key),
        None => Err(format!(
            "is a key of type {}; bundles are signed with ssh-ed25519 keys",
            key.algorithm()
        )),
    }
}

/// A signature whose form is right; it says nothing until [`Self::check`] has passed with a key
/// that is trusted.
#[derive(Debug)]
pub struct Signature {
    parsed: SshSig,
    key: Ed25519PublicKey,
}

impl Signature {
    /// Reads an armoured signature.
    ///
    /// # Errors
    /// [`SignatureError::Form`] or [`SignatureError::Namespace`].
    pub fn parse(armoured: &[u8]) -> Result<Self, SignatureError> {
        let form = |what: &str| SignatureError::Form(what.to_owned());
        let parsed = SshSig::from_pem(armoured)
            .map_err(|error| SignatureError::Form(format!("not an SSH signature: {error}")))?;
        let again = parsed
            .to_pem(LineEnding::LF)
            .map_err(|error| SignatureError::Form(format!("cannot be re-encoded: {error}")))?;
        if again.as_bytes() != armoured {
            return Err(form("is not one SSH signature in its only encoding"));
        }
        if parsed.version() != SshSig::VERSION || !parsed.reserved().is_empty() {
            return Err(form("is not of version 1, or has a reserved field"));
        }
        if parsed.hash_alg() != HashAlg::Sha512 {
            return Err(form("is not over SHA-512"));
        }
        let Some(key) = parsed.public_key().ed25519().copied() else {
            return Err(form("is not by an ssh-ed25519 key"));
        };
        if parsed.algorithm() != Algorithm::Ed25519 {
            return Err(form("is not an ssh-ed25519 signature"));
        }
        if parsed.namespace() != layout::NAMESPACE {
            return Err(SignatureError::Namespace(parsed.namespace().to_owned()));
        }
        Ok(Self { parsed, key })
    }

    /// The key that it says it is by.
    #[must_use]
    pub fn key(&self) -> &Ed25519PublicKey {
        &self.key
    }

    /// Checks it over a head, strictly.
    ///
    /// # Errors
    /// [`SignatureError::Value`].
    pub fn check(&self, head: &[u8]) -> Result<(), SignatureError> {
        let value = |_| SignatureError::Value;
        let signed = SshSig::signed_data(layout::NAMESPACE, HashAlg::Sha512, head)
            .map_err(|_| SignatureError::Value)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.key.0).map_err(value)?;
        let signature =
            ed25519_dalek::Signature::from_slice(self.parsed.signature_bytes()).map_err(value)?;
        key.verify_strict(&signed, &signature).map_err(value)
    }
}
