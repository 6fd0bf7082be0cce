//! The bridge's home: one directory with configuration, keys, trust and ledger, made on first use.
//!
//! *Shape*
//!
//! | name | what |
//! |---|---|
//! | `config.toml` | who we are, who the peer is, the id of the pairing |
//! | `keys/PARTY`, `keys/PARTY.pub` | our signing key, an OpenSSH key pair |
//! | `allowed_signers` | whom we trust, as OpenSSH writes it |
//! | `ledger.sqlite` | what was sent and what was agreed |
//!
//! *Invariant*: whatever is made here is complete or absent; a home that exists is never made
//! again.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ssh_key::rand_core::CryptoRngCore;
use thiserror::Error;

use crate::bundle::head::is_party;
use crate::bundle::keys::{self, ShownKey, Vouch};
use crate::bundle::{AllowedSigners, KeyError, Signer};
use crate::hex;
use crate::merge::{Prefer, Side};

/// Environment variable that names the home when no option does.
pub const HOME_VARIABLE: &str = "AIRBRIDGE_HOME";

/// The peer's party name in a home made on first use.
pub const DEFAULT_PEER: &str = "bigcontacts";

/// `config.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Our party name: the principal under which our key is trusted.
    pub party: String,
    /// The party name of the other side.
    pub peer: String,
    /// The id of the pairing, 32 lower-case hex digits, the same on both sides.
    pub link: String,
    /// The epoch of our numbering; it grows when the ledger was lost or restored.
    pub epoch: u64,
    /// Which side we are.
    #[serde(default)]
    pub side: Side,
    /// Which of several values a field shows until a person decides.
    #[serde(default)]
    pub prefer: Prefer,
}

impl Default for Config {
    /// A pairing that stands for none: for runs that write nothing.
    fn default() -> Self {
        Self {
            party: "outlook".to_owned(),
            peer: DEFAULT_PEER.to_owned(),
            link: "0".repeat(32),
            epoch: 1,
            side: Side::Outlook,
            prefer: Prefer::Newest,
        }
    }
}

/// A home, opened.
#[derive(Debug, Clone)]
pub struct Home {
    directory: PathBuf,
    config: Config,
}

/// Why a home cannot be used.
#[derive(Debug, Error)]
pub enum HomeError {
    /// No directory was named and none can be derived.
    #[error("no home directory is known: name one with --home or {HOME_VARIABLE}")]
    Unknown,
    /// A file of the home cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A key or the trust store cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// `config.toml` is not what it must be.
    #[error("{path}: {detail}", path = path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong and what helps.
        detail: String,
    },
}

impl Home {
    /// The directory that `--home`, the environment or the platform names, in this order.
    ///
    /// # Errors
    /// [`HomeError::Unknown`] when none does.
    pub fn locate(option: Option<&Path>) -> Result<PathBuf, HomeError> {
        if let Some(path) = option {
            return Ok(path.to_path_buf());
        }
        if let Some(path) = variable(HOME_VARIABLE) {
            return Ok(path);
        }
        let base = if cfg!(windows) {
            variable("APPDATA")
        } else {
            variable("XDG_DATA_HOME")
                .filter(|path| path.is_absolute())
                .or_else(|| std::env::home_dir().map(|home| home.join(".local").join("share")))
        };
        base.map(|base| base.join("airbridge"))
            .ok_or(HomeError::Unknown)
    }

    /// Opens the home at `directory`; `None` when it is not there yet.
    ///
    /// # Errors
    /// When it is there and cannot be read, or its configuration is not valid.
    pub fn open(directory: &Path) -> Result<Option<Self>, HomeError> {
        let path = directory.join("config.toml");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(HomeError::Io { path, source }),
        };
        let config: Config = toml::from_str(&text).map_err(|error| HomeError::Config {
            path: path.clone(),
            detail: error.to_string(),
        })?;
        config
            .check()
            .map_err(|detail| HomeError::Config { path, detail })?;
        Ok(Some(Self {
            directory: directory.to_path_buf(),
            config,
        }))
    }

    /// Opens the home at `directory`, and makes what it lacks: the directory, its configuration,
    /// the signing key, our own entry in the trust store. The key is given back when it is new.
    ///
    /// # Errors
    /// When it is there and not valid, or cannot be made.
    pub fn open_or_create(
        directory: &Path,
        passphrase: Option<&str>,
        random: &mut impl CryptoRngCore,
        now: Timestamp,
    ) -> Result<(Self, Option<ShownKey>), HomeError> {
        let home = match Self::open(directory)? {
            Some(home) => home,
            None => Self::create(directory, random)?,
        };
        let party = &home.config.party;
        if keys::key_path(directory, party).exists() {
            return Ok((home, None));
        }
        let key = keys::new(directory, party, passphrase, random)?;
        let vouch = Vouch::Fingerprint(key.fingerprint.clone());
        keys::trust(directory, &key.public, party, &vouch, now)?;
        Ok((home, Some(key)))
    }

    fn create(directory: &Path, random: &mut impl CryptoRngCore) -> Result<Self, HomeError> {
        let mut entropy = [0; 20];
        random.fill_bytes(&mut entropy);
        let hex = hex::encode(&entropy);
        let (link, name) = hex.split_at(32);
        let config = Config {
            party: format!("outlook-{name}"),
            peer: DEFAULT_PEER.to_owned(),
            link: link.to_owned(),
            ..Config::default()
        };
        Self::create_as(directory, config)
    }

    /// Makes a home with a configuration, without a key.
    ///
    /// # Errors
    /// When there is one, or it cannot be made.
    pub fn create_as(directory: &Path, config: Config) -> Result<Self, HomeError> {
        let path = directory.join("config.toml");
        config
            .check()
            .map_err(|detail| HomeError::Config { path, detail })?;
        create_private_directory(directory)?;
        let home = Self {
            directory: directory.to_path_buf(),
            config,
        };
        home.save()?;
        Ok(home)
    }

    /// Changes the configuration.
    ///
    /// # Errors
    /// When it is not valid, or cannot be written; then it is as before.
    pub fn configure(&mut self, config: Config) -> Result<(), HomeError> {
        let path = self.directory.join("config.toml");
        config.check().map_err(|detail| HomeError::Config {
            path: path.clone(),
            detail,
        })?;
        let text = toml::to_string_pretty(&config).map_err(|error| HomeError::Config {
            path: path.clone(),
            detail: error.to_string(),
        })?;
        let replace = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.directory)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        replace().map_err(|source| HomeError::Io {
            path: path.clone(),
            source,
        })?;
        self.config = config;
        Ok(())
    }

    /// Changes what is preferred, for good or, when nothing is to be written, for this run.
    ///
    /// # Errors
    /// When the configuration cannot be written; then it is as before.
    pub fn prefer(&mut self, prefer: Option<Prefer>, write: bool) -> Result<(), HomeError> {
        let prefer = prefer.unwrap_or(self.config.prefer);
        if prefer == self.config.prefer {
            return Ok(());
        }
        let config = Config {
            prefer,
            ..self.config.clone()
        };
        if write {
            return self.configure(config);
        }
        self.config = config;
        Ok(())
    }

    /// Writes `config.toml`.
    fn save(&self) -> Result<(), HomeError> {
        let path = self.directory.join("config.toml");
        let text = toml::to_string_pretty(&self.config).map_err(|error| HomeError::Config {
            path: path.clone(),
            detail: error.to_string(),
        })?;
        write_whole(&path, text.as_bytes()).map_err(|source| HomeError::Io { path, source })
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Our signing key.
    ///
    /// # Errors
    /// When it cannot be read, or the passphrase is not its own.
    pub fn signer(&self, passphrase: Option<&str>) -> Result<Signer, HomeError> {
        Ok(keys::signer(
            &self.directory,
            &self.config.party,
            passphrase,
        )?)
    }

    /// Whom we trust.
    ///
    /// # Errors
    /// When the trust store is there and cannot be read.
    pub fn trust(&self) -> Result<AllowedSigners, HomeError> {
        Ok(keys::list(&self.directory)?)
    }

    /// Our public key.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn key(&self) -> Result<ShownKey, HomeError> {
        Ok(keys::show(&self.directory, &self.config.party)?)
    }

    /// The ledger.
    #[must_use]
    pub fn ledger_path(&self) -> PathBuf {
        self.directory.join("ledger.sqlite")
    }
}

impl Config {
    fn check(&self) -> Result<(), String> {
        for (field, name) in [("party", &self.party), ("peer", &self.peer)] {
            if !is_party(name) {
                return Err(format!(
                    "{field} = {name:?}: use 1 to 64 of A-Z a-z 0-9 . _ @ + -, \
                     the first a letter or digit"
                ));
            }
        }
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if self.link.len() != 32 || !self.link.bytes().all(hex) {
            return Err(format!(
                "link = {:?}: needs 32 lower-case hex digits",
                self.link
            ));
        }
        Ok(())
    }
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn create_private_directory(path: &Path) -> Result<(), HomeError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|source| HomeError::Io {
        path: path.to_path_buf(),
        source,
    })
}

/// Writes a file that is complete or absent, and never replaces one.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_comes_back_as_made_and_is_made_once() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("deep").join("home");
        assert!(Home::open(&at).unwrap().is_none());
        let now = Timestamp::UNIX_EPOCH;
        let (made, key) = Home::open_or_create(&at, None, &mut keys::OsRng, now).unwrap();
        let key = key.unwrap();
        let (opened, again) = Home::open_or_create(&at, None, &mut keys::OsRng, now).unwrap();
        assert_eq!(made.config(), opened.config());
        assert_eq!(again, None);
        assert_eq!(opened.key().unwrap(), key);
        assert!(
            opened
                .trust()
                .unwrap()
                .knows(opened.signer(None).unwrap().public_key())
        );
    }

    #[test]
    fn a_broken_configuration_names_the_file_and_the_field() {
        let directory = tempfile::tempdir().unwrap();
        let text = "party = \"../up\"\npeer = \"x\"\nlink = \"00\"\nepoch = 1\n";
        fs::write(directory.path().join("config.toml"), text).unwrap();
        let error = Home::open(directory.path()).unwrap_err().to_string();
        assert!(
            error.contains("config.toml") && error.contains("party"),
            "{error}"
        );
    }
}
