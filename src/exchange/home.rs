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
//! *Invariant*: whatever is made here is complete or absent; a home that exists is never overwritten.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

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

    /// Makes a home. `entropy` gives the id of the pairing and the party's name.
    ///
    /// # Errors
    /// When the directory cannot be made or written.
    pub fn create(directory: &Path, entropy: [u8; 20]) -> Result<Self, HomeError> {
        let hex: String = entropy.iter().map(|byte| format!("{byte:02x}")).collect();
        let (link, name) = hex.split_at(32);
        let config = Config {
            party: format!("outlook-{name}"),
            peer: DEFAULT_PEER.to_owned(),
            link: link.to_owned(),
            epoch: 1,
        };
        create_private_directory(directory)?;
        let home = Self {
            directory: directory.to_path_buf(),
            config,
        };
        home.save()?;
        Ok(home)
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
    #[must_use]
    pub fn key_path(&self) -> PathBuf {
        self.directory.join("keys").join(&self.config.party)
    }

    /// Whom we trust.
    #[must_use]
    pub fn trust_path(&self) -> PathBuf {
        self.directory.join("allowed_signers")
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
            if !is_party_name(name) {
                return Err(format!(
                    "{field} = {name:?}: use 1 to 64 of the characters a-z 0-9 . _ @ -, not starting with . or -"
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

/// Whether a name can be a party: it is also a file name and an OpenSSH principal.
#[must_use]
pub fn is_party_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._@-".contains(&byte)
        })
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
    fn a_home_comes_back_as_made_and_is_not_made_twice() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("deep").join("home");
        assert!(Home::open(&at).unwrap().is_none());
        let made = Home::create(&at, [7; 20]).unwrap();
        let opened = Home::open(&at).unwrap().unwrap();
        assert_eq!(made.config(), opened.config());
        assert_eq!(opened.config().link, "07".repeat(16));
        assert!(Home::create(&at, [8; 20]).is_err());
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

    #[test]
    fn party_names_are_portable_file_names() {
        for good in ["bigcontacts", "outlook-00ff", "a@b.example"] {
            assert!(is_party_name(good), "{good}");
        }
        for bad in ["", ".", "-x", "a/b", "a\\b", "A", "x.", "ü", "a b"] {
            assert!(!is_party_name(bad), "{bad}");
        }
    }
}
