//! Finds the inputs that a user's paths name: files, folders to any depth, and archives as folders.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;
use walkdir::WalkDir;

use crate::archive;
use crate::file_bytes::FileBytes;
use crate::limits;

use super::foreign;
use super::input::{Input, Place};
use super::mail_folders;
use super::sniff::{Format, Sniffed, sniff};
use super::unpack::{Unpacker, look};

/// A file that is not read, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Its path as shown.
    pub file: Arc<str>,
    /// The reason, in words.
    pub reason: Cow<'static, str>,
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
    #[error("{path}: {reason}: name a file that Outlook wrote or exported, or a folder that holds \
    some", path = path.display())]
    NotRead {
        /// The path.
        path: PathBuf,
        /// What it is.
        reason: String,
    },
}

/// A file that the run uses for something else than items.
#[derive(Debug, Clone, Copy)]
pub struct Used<'p> {
    /// The file.
    pub path: &'p Path,
    /// For what, in words: `used as the map`.
    pub reason: &'static str,
}

/// Finds the inputs of these paths. A folder is searched to any sane depth, symbolic links within
/// it are not followed; a file found twice is read once.
///
/// # Errors
/// When a path that the user named cannot be read, or is a file of no format that airbridge reads.
pub fn find(paths: &[PathBuf]) -> Result<Inputs, FindError> {
    find_beside(paths, &[])
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
    let mut finder = Finder {
        used: used.collect(),
        ..Finder::default()
    };
    for path in paths {
        let unreadable = |source| FindError::Unreadable {
            path: path.clone(),
            source,
        };
        if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            finder.search(path);
            continue;
        }
        let looked = finder.file(path, path).map_err(unreadable)?;
        if let Err(reason) = looked {
            return Err(FindError::NotRead {
                path: path.clone(),
                reason: reason.into_owned(),
            });
        }
    }
    let mut found = finder.found;
    // The richest formats first, so that what is in several files is taken from the best of them.
    found.inputs.sort_by_key(|input| input.format);
    Ok(found)
}

/// The search through files and folders.
#[derive(Debug, Default)]
struct Finder {
    found: Inputs,
    unpacker: Unpacker,
    /// Files seen, by their real paths.
    seen: BTreeSet<PathBuf>,
    /// Files that the run uses for something else, by their real paths, and for what.
    used: HashMap<PathBuf, &'static str>,
    /// The folders of the last file, which its neighbours share.
    folder: (PathBuf, Arc<[String]>),
}

impl Finder {
    fn search(&mut self, root: &Path) {
        self.folder = (PathBuf::new(), Arc::from([]));
        let depth = usize::try_from(limits::FOLDER_DEPTH).unwrap_or(usize::MAX);
        let mut walk = WalkDir::new(root)
            .max_depth(depth)
            .sort_by_file_name()
            .into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(root);
                    self.found.skip(shown(path), error.to_string(), true);
                    continue;
                }
            };
            let path = entry.path();
            let is_folder = entry.file_type().is_dir();
            let name = entry.file_name().to_string_lossy();
            if entry.depth() > 0
                && let Some(reason) = foreign::system_name(&name, is_folder)
            {
                self.found.skip(shown(path), reason, false);
                if is_folder {
                    walk.skip_current_dir();
                }
                continue;
            }
            if is_folder {
                if entry.depth() == depth {
                    let reason = format!("folders are searched {depth} deep: name this one");
                    self.found.skip(shown(path), reason, true);
                }
                continue;
            }
            if !entry.file_type().is_file() {
                self.found.skip(shown(path), "not a regular file", false);
                continue;
            }
            if let Some(reason) = mail_folders::passed_over(path) {
                self.found.skip(shown(path), reason, false);
                continue;
            }
            match self.file(root, path) {
                Ok(Ok(())) => {}
                Ok(Err(reason)) => self.found.skip(shown(path), reason, false),
                Err(error) => self.found.skip(shown(path), error.to_string(), true),
            }
        }
    }

    /// Looks at a file; the inner error is why it is not read.
    fn file(&mut self, root: &Path, path: &Path) -> io::Result<Result<(), Cow<'static, str>>> {
        let bytes = FileBytes::open(path)?;
        let unique = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if let Some(reason) = self.used.get(&unique) {
            self.found.skip(shown(path), *reason, false);
            return Ok(Ok(()));
        }
        if !self.seen.insert(unique) {
            return Ok(Ok(()));
        }
        let head = bytes.read_exact_at(0, usize::try_from(bytes.len().min(4)).unwrap_or(0))?;
        let folder = self.folder(root, path);
        let input = |format| Input {
            name: shown(path),
            folder: mail_folders::folders(format, path, &folder),
            format,
            place: Place::Path(path.to_path_buf()),
        };
        if archive::is_archive(&head) {
            return Ok(match look(&bytes) {
                Ok(archive) if archive.is_olm() => {
                    self.found.inputs.push(input(Format::Olm));
                    Ok(())
                }
                Ok(archive) => {
                    let place = (shown(path), folder);
                    self.unpacker.walk(&archive, place, &mut self.found);
                    Ok(())
                }
                Err(reason) => Err(reason),
            });
        }
        Ok(match sniff(&bytes)? {
            Sniffed::Known(format) => {
                self.found.inputs.push(input(format));
                Ok(())
            }
            Sniffed::Other(reason) => Err(reason.into()),
            Sniffed::Foreign(reason) => Err(reason.into()),
        })
    }

    /// The names of the folders from `root` down to `path`.
    fn folder(&mut self, root: &Path, path: &Path) -> Arc<[String]> {
        let parent = path.parent().unwrap_or(path);
        if self.folder.0 != parent || self.folder.1.is_empty() {
            let between = parent.strip_prefix(root).ok();
            let names = between
                .into_iter()
                .flat_map(Path::components)
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            self.folder = (parent.to_path_buf(), names);
        }
        Arc::clone(&self.folder.1)
    }
}

impl Inputs {
    pub(super) fn skip(
        &mut self,
        file: Arc<str>,
        reason: impl Into<Cow<'static, str>>,
        failed: bool,
    ) {
        self.skipped.push(Skipped {
            file,
            reason: reason.into(),
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

    const PST: &[u8] = b"!BDN\0\0\0\0SM\x17\0";

    #[test]
    fn folders_are_searched_in_order_and_a_file_is_read_once() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at("b")).unwrap();
        for name in ["b/z.pst", "a.bin"] {
            fs::write(at(name), PST).unwrap();
        }
        fs::write(at("c.txt"), b"hello").unwrap();
        let found = find(&[directory.path().into(), at("a.bin")]).unwrap();
        let names: Vec<_> = found.inputs.iter().map(|input| &*input.name).collect();
        assert_eq!(names, [&*shown(&at("a.bin")), &*shown(&at("b/z.pst"))]);
        assert_eq!(*found.inputs[1].folder, ["b".to_owned()]);
        assert_eq!(found.skipped.len(), 1);
        assert!(!found.skipped[0].failed);
    }

    #[test]
    fn files_of_the_system_are_passed_over_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at(".git/objects")).unwrap();
        fs::create_dir_all(at(".Sent/cur")).unwrap();
        for name in [".git/objects/x", ".DS_Store", "Thumbs.db", ".Sent/cur/1"] {
            fs::write(at(name), PST).unwrap();
        }
        let found = find(&[directory.path().into()]).unwrap();
        let read: Vec<_> = found
            .inputs
            .iter()
            .map(|input| input.folder.join("/"))
            .collect();
        assert_eq!(read, [".Sent/cur"]);
        let skipped: Vec<_> = found.skipped.iter().map(|own| &*own.reason).collect();
        assert_eq!(skipped, ["a file of the system"; 3]);
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_read_is_a_failure_and_links_are_not_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir(at("closed")).unwrap();
        fs::write(at("a.pst"), PST).unwrap();
        symlink(at("a.pst"), at("link.pst")).unwrap();
        fs::set_permissions(at("closed"), fs::Permissions::from_mode(0o000)).unwrap();
        let readable = fs::read_dir(at("closed")).is_ok();
        let found = find(&[directory.path().into()]).unwrap();
        fs::set_permissions(at("closed"), fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(found.inputs.len(), 1);
        let reasons: Vec<_> = found
            .skipped
            .iter()
            .map(|own| (&*own.reason, own.failed))
            .collect();
        assert!(
            reasons.contains(&("not a regular file", false)),
            "{reasons:?}"
        );
        // The superuser reads everything.
        assert!(
            readable || reasons.iter().any(|(_, failed)| *failed),
            "{reasons:?}"
        );
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
