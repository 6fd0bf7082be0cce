//! A folder that is whole or absent: it is filled beside its name, and renamed.
//!
//! *Invariants*: never one that has anything in it; dropped before it is published, nothing is
//! left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use thiserror::Error;

/// Why a folder cannot be made.
#[derive(Debug, Error)]
pub enum NewFolderError {
    /// The system says no.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The folder, as the user named it.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// There is something in it.
    #[error(
        "{path}: has something in it already; nothing is overwritten: choose another folder",
        path = .0.display()
    )]
    Taken(PathBuf),
    /// It is whole, and cannot have its name.
    #[error(
        "{path}: cannot be made: {error}; what was to be in it is in {staging}",
        path = path.display(), staging = staging.display()
    )]
    Name {
        /// The folder, as the user named it.
        path: PathBuf,
        /// Where its contents are.
        staging: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

/// A folder on its way.
#[derive(Debug)]
pub struct NewFolder {
    path: PathBuf,
    staging: TempDir,
    dry_run: bool,
}

impl NewFolder {
    /// Begins a folder that will be at `path`; in a dry run it never is.
    ///
    /// # Errors
    /// When there is something in a folder of that name, or the one above cannot be written to.
    pub fn create(path: &Path, dry_run: bool) -> Result<Self, NewFolderError> {
        let io = |error| NewFolderError::Io {
            path: path.to_owned(),
            error,
        };
        match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
            Ok(false) => {}
            Ok(true) => return Err(NewFolderError::Taken(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(error)),
        }
        let parent = path.parent().filter(|parent| *parent != Path::new(""));
        let parent = parent.unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix(".airbridge-").suffix(".partial");
        let staging = if dry_run {
            builder.tempdir()
        } else {
            fs::create_dir_all(parent).and_then(|()| builder.tempdir_in(parent))
        };
        Ok(Self {
            path: path.to_owned(),
            staging: staging.map_err(io)?,
            dry_run,
        })
    }

    /// Where it is until it has its name.
    #[must_use]
    pub fn staging(&self) -> &Path {
        self.staging.path()
    }

    /// Where something in it will be.
    #[must_use]
    pub fn later(&self, path: &Path) -> PathBuf {
        let inner = path.strip_prefix(self.staging.path()).unwrap_or(path);
        self.path.join(inner)
    }

    /// Gives the folder its name; what is at its top.
    ///
    /// # Errors
    /// When a folder of that name has come to be, or the system says no.
    pub fn publish(self) -> Result<Vec<PathBuf>, NewFolderError> {
        let io = |error| NewFolderError::Io {
            path: self.path.clone(),
            error,
        };
        let entries = fs::read_dir(self.staging.path()).map_err(io)?;
        let mut tops: Vec<PathBuf> = entries
            .map(|entry| Ok(self.later(&entry?.path())))
            .collect::<io::Result<_>>()
            .map_err(io)?;
        tops.sort();
        if self.dry_run {
            return Ok(tops);
        }
        // An empty folder of that name gives way; any other stays, and renaming fails.
        let _absent = fs::remove_dir(&self.path);
        let (path, staging) = (self.path, self.staging.keep());
        if let Err(error) = fs::rename(&staging, &path) {
            return Err(NewFolderError::Name {
                path,
                staging,
                error,
            });
        }
        Ok(tops)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_whole_or_absent() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("deep").join("out");
        let folder = NewFolder::create(&path, false).unwrap();
        fs::write(folder.staging().join("a"), b"a").unwrap();
        assert_eq!(folder.later(&folder.staging().join("a")), path.join("a"));
        assert!(!path.exists());
        drop(folder);
        assert_eq!(fs::read_dir(room.path().join("deep")).unwrap().count(), 0);

        fs::create_dir(&path).unwrap();
        let folder = NewFolder::create(&path, false).unwrap();
        fs::write(folder.staging().join("a"), b"a").unwrap();
        assert_eq!(folder.publish().unwrap(), [path.join("a")]);
        assert!(matches!(
            NewFolder::create(&path, false),
            Err(NewFolderError::Taken(_))
        ));

        let dry = NewFolder::create(&room.path().join("dry"), true).unwrap();
        fs::write(dry.staging().join("b"), b"b").unwrap();
        assert_eq!(dry.publish().unwrap().len(), 1);
        assert_eq!(fs::read_dir(room.path()).unwrap().count(), 1);
    }
}
