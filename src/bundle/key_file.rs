//! Private key files in OpenSSH form, and what a file must be like to be believed private.
//!
//! *Spec*: OpenSSH `PROTOCOL.key`; `formats/bundle.md`, section 11.
//!
//! *Not supported*: on Windows the access list of the file is not looked at, only that it is no
//! symbolic link.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ssh_key::rand_core::CryptoRngCore;
use ssh_key::{Algorithm, LineEnding, PrivateKey};
use thiserror::Error;

use super::allowed_signers::AllowedSignersError;
use super::sign::{SignError, Signer};
use crate::limits;

/// Why a key or trust store cannot be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// A symbolic link, or not a plain file.
    #[error("{0}: is not a plain file; name the key file itself, not a link to it")]
    NotPlain(PathBuf),
    /// Others than the owner can read it.
    #[error("{path}: can be read by others (mode {mode:04o}); run: chmod 600 {path}")]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It needs a passphrase, and none was given.
    #[error("{0}: is protected by a passphrase; give it")]
    NeedsPassphrase(PathBuf),
    /// The passphrase is not the right one.
    #[error("{0}: the passphrase is wrong")]
    WrongPassphrase(PathBuf),
    /// Not a private key in OpenSSH form.
    #[error(
        "{path}: is not a private key in OpenSSH form ({detail}); make one with \
         `airbridge keys new` or `ssh-keygen -t ed25519`"
    )]
    Form {
        /// The file.
        path: PathBuf,
        /// What the key library says.
        detail: String,
    },
    /// A key that cannot sign bundles.
    #[error("{path}: {error}")]
    Sign {
        /// The file.
        path: PathBuf,
        /// Why.
        error: SignError,
    },
    /// There is a file already.
    #[error("{0}: exists already; keys are never overwritten: move it away first")]
    Exists(PathBuf),
    /// A line of the trust store.
    #[error("{path}: {error}")]
    Trust {
        /// The file.
        path: PathBuf,
        /// Which line and why.
        error: AllowedSignersError,
    },
    /// Something else about what was asked.
    #[error("{0}")]
    Refused(String),
    /// Reading or writing failed.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

pub(super) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> KeyError + '_ {
    move |error| KeyError::Io {
        path: path.to_owned(),
        error,
    }
}

/// Reads a small file whole.
pub(super) fn read_small(mut file: &File, path: &Path) -> Result<String, KeyError> {
    let mut text = String::new();
    let limit = limits::KEY_FILE_BYTES;
    Read::take(&mut file, limit)
        .read_to_string(&mut text)
        .map_err(io_error(path))?;
    if text.len() as u64 >= limit {
        return Err(KeyError::Refused(format!(
            "{}: is over {limit} bytes, too large to be a key file",
            path.display()
        )));
    }
    Ok(text)
}

/// Opens a file that must be private: no link, and on Unix closed to group and others.
fn open_private(path: &Path) -> Result<File, KeyError> {
    let named = fs::symlink_metadata(path).map_err(io_error(path))?;
    if !named.is_file() {
        return Err(KeyError::NotPlain(path.to_owned()));
    }
    let file = File::open(path).map_err(io_error(path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // The open file is asked, so that a change between the two looks cannot hide.
        let opened = file.metadata().map_err(io_error(path))?;
        if (opened.dev(), opened.ino()) != (named.dev(), named.ino()) {
            return Err(KeyError::NotPlain(path.to_owned()));
        }
        let mode = opened.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Readable {
                path: path.to_owned(),
                mode,
            });
        }
    }
    Ok(file)
}

impl Signer {
    /// Loads a signing key from its file.
    ///
    /// # Errors
    /// [`KeyError::NeedsPassphrase`] when it is encrypted and no passphrase is given (ask, and call
    /// again); other [`KeyError`]s when the file is open to others, a link, or not an Ed25519 key.
    pub fn load(path: &Path, passphrase: Option<&str>) -> Result<Self, KeyError> {
        let file = open_private(path)?;
        let text = read_small(&file, path)?;
        let mut key = PrivateKey::from_openssh(&text).map_err(|error| KeyError::Form {
            path: path.to_owned(),
            detail: error.to_string(),
        })?;
        if key.is_encrypted() {
            let Some(passphrase) = passphrase else {
                return Err(KeyError::NeedsPassphrase(path.to_owned()));
            };
            key = key
                .decrypt(passphrase)
                .map_err(|_| KeyError::WrongPassphrase(path.to_owned()))?;
        }
        Self::new(key).map_err(|error| KeyError::Sign {
            path: path.to_owned(),
            error,
        })
    }
}

/// Writes a new file that only its owner can read; never overwrites.
pub(super) fn write_new(path: &Path, text: &str, private: bool) -> Result<(), KeyError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    // Temporary files are made with mode 0600 on Unix.
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(io_error(path))?;
    file.write_all(text.as_bytes()).map_err(io_error(path))?;
    #[cfg(unix)]
    if !private {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::Permissions::from_mode(0o644);
        fs::set_permissions(file.path(), mode).map_err(io_error(path))?;
    }
    #[cfg(not(unix))]
    let _ = private;
    file.as_file().sync_all().map_err(io_error(path))?;
    file.persist_noclobber(path)
        .map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
            _ => io_error(path)(error.error),
        })?;
    Ok(())
}

/// Makes a key pair: `path` (private, 0600) and `path.pub`.
pub(super) fn create(
    path: &Path,
    comment: &str,
    passphrase: Option<&str>,
    random: &mut impl CryptoRngCore,
) -> Result<Signer, KeyError> {
    let sign = |error: ssh_key::Error| KeyError::Sign {
        path: path.to_owned(),
        error: error.into(),
    };
    let mut public = path.to_owned().into_os_string();
    public.push(".pub");
    let public = PathBuf::from(public);
    for path in [path, &public] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(KeyError::Exists(path.to_owned()));
        }
    }
    let mut key = PrivateKey::random(random, Algorithm::Ed25519).map_err(sign)?;
    key.set_comment(comment);
    let stored = match passphrase {
        Some("") => return Err(KeyError::Refused("the passphrase is empty".into())),
        Some(passphrase) => key.encrypt(random, passphrase).map_err(sign)?,
        None => key.clone(),
    };
    let text = stored.to_openssh(LineEnding::LF).map_err(sign)?;
    write_new(path, &text, true)?;
    let line = key.public_key().to_openssh().map_err(sign)?;
    write_new(&public, &format!("{line}\n"), false)?;
    Signer::new(key).map_err(|error| KeyError::Sign {
        path: path.to_owned(),
        error,
    })
}
