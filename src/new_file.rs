//! A file that is whole or absent: it is written beside its name, synced, and renamed.
//!
//! *Invariants*: never over another file; dropped before it is finished, nothing is left of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use thiserror::Error;

/// Why a file cannot be made.
#[derive(Debug, Error)]
pub enum NewFileError {
    /// The system says no.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The file, as the user named it.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// There is a file of this name, which is never written over.
    #[error("{path} is there already", path = .0.display())]
    Exists(PathBuf),
}

/// A file on its way: `NAME.….partial` beside its name.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    directory: PathBuf,
    partial: NamedTempFile,
}

impl NewFile {
    /// Begins a file that will be at `path`.
    ///
    /// # Errors
    /// When there is a file of that name, or the folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, NewFileError> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(NewFileError::Exists(path.to_owned()));
        }
        let parent = path.parent().filter(|parent| *parent != Path::new(""));
        let directory = parent.unwrap_or(Path::new(".")).to_owned();
        let mut prefix = path.file_name().unwrap_or_default().to_owned();
        prefix.push(".");
        let partial = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".partial")
            .tempfile_in(&directory)
            .map_err(|error| NewFileError::Io {
                path: path.to_owned(),
                error,
            })?;
        Ok(Self {
            path: path.to_owned(),
            directory,
            partial,
        })
    }

    /// What is written to.
    #[must_use]
    pub fn file(&self) -> &File {
        self.partial.as_file()
    }

    /// The name that it will have.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is until then.
    #[must_use]
    pub fn partial(&self) -> &Path {
        self.partial.path()
    }

    /// The folder that it is in.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// An error of the system, with the name of the file.
    #[must_use]
    pub fn error(&self, error: io::Error) -> NewFileError {
        NewFileError::Io {
            path: self.path.clone(),
            error,
        }
    }

    /// Syncs, and gives the file its name.
    ///
    /// # Errors
    /// When the system says no, or a file of that name has come to be; nothing is left.
    pub fn finish(self) -> Result<(), NewFileError> {
        let Self {
            path,
            directory,
            partial,
        } = self;
        let io = |error| NewFileError::Io {
            path: path.clone(),
            error,
        };
        partial.as_file().sync_all().map_err(io)?;
        if let Err(error) = partial.persist_noclobber(&path) {
            return Err(match error.error.kind() {
                io::ErrorKind::AlreadyExists => NewFileError::Exists(path),
                _ => io(error.error),
            });
        }
        #[cfg(unix)]
        File::open(&directory)
            .and_then(|opened| opened.sync_all())
            .map_err(io)?;
        #[cfg(not(unix))]
        let _ = directory;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_is_whole_or_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.msg");
        drop(NewFile::create(&path).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let file = NewFile::create(&path).unwrap();
        file.file().write_all(b"all").unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"all");
        let again = NewFile::create(&path);
        assert!(matches!(again, Err(NewFileError::Exists(_))));
    }
}
