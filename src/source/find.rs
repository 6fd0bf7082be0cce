//! Finds the inputs that a user's paths name: files, and folders to any depth.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;
use walkdir::WalkDir;

use crate::file_bytes::FileBytes;
use crate::limits;

use super::mail_folders;
use super::sniff::{Format, Sniffed, sniff};

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// Its path as shown to the user and kept as provenance: `/` between the parts on every
    /// platform.
    pub name: Arc<str>,
    /// The folders between the path that the user named and the file.
    pub folder: Arc<[String]>,
    /// What it is.
    pub format: Format,
}

impl Input {
    /// Opens it.
    ///
    /// # Errors
    /// Those of the system.
    pub fn open(&self) -> io::Result<FileBytes> {
        FileBytes::open(&self.path)
    }
}

/// A file that is not read, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Its path as shown.
    pub file: Arc<str>,
    /// The reason, in words.
    pub reason: String,
    /// Whether the user named it, or it could not be read: then it is a failure, not a remark.
    pub failed: bool,
}

/// What was found, in a stable order.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Files to read.
    pub inputs: Vec<Input>,
    /// Files not read.
    pub skipped: Vec<Skipped>,
    /// Files used for something else, by their one name.
    used: std::collections::BTreeMap<PathBuf, &'static str>,
}

/// A path that leads nowhere.
#[derive(Debug, Error)]
pub enum FindError {
    /// It cannot be opened.
    #[error("{path}: {source}: check the path and that you may read it", path = path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is a file that airbridge does not read.
    #[error(
        "{path}: {reason}: name a file that Outlook wrote or exported, or a folder of them",
        path = path.display()
    )]
    NotRead {
        /// The path.
        path: PathBuf,
        /// What it is.
        reason: String,
    },
}

/// Finds the inputs of these paths. A folder is searched to any sane depth, symbolic links within
/// it are not followed; a file found twice is read once.
///
/// # Errors
/// When a path that the user named cannot be read, or is a file of no format that airbridge reads.
pub fn find(paths: &[PathBuf]) -> Result<Inputs, FindError> {
    find_beside(paths, &[])
}

/// A file that the run uses for something else than items.
#[derive(Debug, Clone, Copy)]
pub struct Used<'p> {
    /// The file.
    pub path: &'p Path,
    /// For what, in words: `used as the map`.
    pub reason: &'static str,
}

/// The same, but for files that the run uses for something else: those are skipped.
///
/// # Errors
/// When a path that the user named cannot be read, or is a file of no format that airbridge reads.
pub fn find_beside(paths: &[PathBuf], used: &[Used<'_>]) -> Result<Inputs, FindError> {
    let used = used.iter().filter_map(|used| {
        let unique = std::fs::canonicalize(used.path).ok()?;
        Some((unique, used.reason))
    });
    let mut found = Inputs {
        used: used.collect(),
        ..Inputs::default()
    };
    let mut seen = std::collections::BTreeSet::new();
    for path in paths {
        let unreadable = |source| FindError::Unreadable {
            path: path.clone(),
            source,
        };
        if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            search(path, &mut seen, &mut found);
        } else {
            match sniff_file(path).map_err(unreadable)? {
                Sniffed::Known(format) => found.take(path, path, format, &mut seen),
                Sniffed::Other(reason) => return Err(not_read(path, reason.into())),
                Sniffed::Foreign(reason) => return Err(not_read(path, reason)),
            }
        }
    }
    // The richest formats first, so that what is in several files is taken from the best of them.
    found.inputs.sort_by_key(|input| input.format);
    Ok(found)
}

fn not_read(path: &Path, reason: String) -> FindError {
    FindError::NotRead {
        path: path.to_path_buf(),
        reason,
    }
}

fn sniff_file(path: &Path) -> io::Result<Sniffed> {
    sniff(&FileBytes::open(path)?)
}

/// The names of the folders from `root` down to `path`.
fn folders(root: &Path, path: &Path) -> Vec<String> {
    let between = path
        .parent()
        .and_then(|parent| parent.strip_prefix(root).ok());
    between
        .into_iter()
        .flat_map(Path::components)
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect()
}

fn search(root: &Path, seen: &mut std::collections::BTreeSet<PathBuf>, found: &mut Inputs) {
    let depth = usize::try_from(limits::FOLDER_DEPTH).unwrap_or(usize::MAX);
    for entry in WalkDir::new(root).max_depth(depth).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(root);
                found.skip(path, error.to_string(), true);
                continue;
            }
        };
        if entry.file_type().is_dir() {
            continue;
        }
        let path = entry.path();
        if !entry.file_type().is_file() {
            found.skip(path, "not a regular file".into(), false);
            continue;
        }
        if let Some(reason) = mail_folders::passed_over(path) {
            found.skip(path, reason.into(), false);
            continue;
        }
        match sniff_file(path) {
            Ok(Sniffed::Known(format)) => found.take(root, path, format, seen),
            Ok(Sniffed::Other(reason)) => found.skip_unread(path, reason.into()),
            Ok(Sniffed::Foreign(reason)) => found.skip_unread(path, reason),
            Err(error) => found.skip(path, error.to_string(), true),
        }
    }
}

impl Inputs {
    fn take(
        &mut self,
        root: &Path,
        path: &Path,
        format: Format,
        seen: &mut std::collections::BTreeSet<PathBuf>,
    ) {
        let unique = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if let Some(reason) = self.used.get(&unique) {
            self.skip(path, (*reason).to_owned(), false);
            return;
        }
        if seen.insert(unique) {
            self.inputs.push(Input {
                path: path.to_path_buf(),
                name: shown(path),
                folder: mail_folders::folders(format, path, folders(root, path)).into(),
                format,
            });
        }
    }

    /// Skips a file of no format that is read, unless it has a better reason.
    fn skip_unread(&mut self, path: &Path, reason: String) {
        let unique = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let used = self.used.get(&unique).map(|reason| (*reason).to_owned());
        self.skip(path, used.unwrap_or(reason), false);
    }

    fn skip(&mut self, path: &Path, reason: String, failed: bool) {
        self.skipped.push(Skipped {
            file: shown(path),
            reason,
            failed,
        });
    }
}

/// A path as text, the same on every platform.
#[must_use]
pub fn shown(path: &Path) -> Arc<str> {
    let text = path.to_string_lossy();
    if cfg!(windows) {
        text.replace('\\', "/").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn folders_are_searched_in_order_and_a_file_is_read_once() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at("b")).unwrap();
        for name in ["b/z.pst", "a.bin"] {
            fs::write(at(name), b"!BDN\0\0\0\0SM\x17\0").unwrap();
        }
        fs::write(at("c.txt"), b"hello").unwrap();
        let found = find(&[directory.path().into(), at("a.bin")]).unwrap();
        let names: Vec<_> = found
            .inputs
            .iter()
            .map(|input| input.path.clone())
            .collect();
        assert_eq!(names, [at("a.bin"), at("b/z.pst")]);
        assert_eq!(*found.inputs[1].folder, ["b".to_owned()]);
        assert_eq!(found.skipped.len(), 1);
        assert!(!found.skipped[0].failed);
    }

    #[test]
    fn a_named_file_must_be_readable() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("no.pst");
        assert!(matches!(
            find(&[missing]),
            Err(FindError::Unreadable { .. })
        ));
        let text = directory.path().join("x.pst");
        fs::write(&text, b"hello").unwrap();
        let error = find(&[text]).unwrap_err().to_string();
        assert!(
            error.contains("x.pst") && error.contains("no format that airbridge reads"),
            "{error}"
        );
    }
}
