//! Archives as folders: their entries become inputs, archives in them are opened in turn.
//!
//! *Invariants*: of an entry only its first bytes are unpacked to tell its format, whatever its
//! length; archives in archives are bounded in depth, number and bytes; every entry is an input or
//! is skipped with a reason.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::archive::{self, Contents, Directory, Entry, NoDirectory, Record, Spool, Survey};
use crate::file_bytes::FileBytes;
use crate::limits;

use super::find::Inputs;
use super::foreign;
use super::input::{self, Input, Place};
use super::mail_folders;
use super::sniff::{Format, HEAD, Sniffed, sniff};

type Reason = Cow<'static, str>;

/// An archive whose entries can be read.
#[derive(Debug)]
pub(super) struct Archive {
    directory: Directory,
    survey: Survey,
}

impl Archive {
    /// Whether it is one of Outlook for Mac.
    pub(super) fn is_olm(&self) -> bool {
        self.survey.contents == Contents::Olm
    }
}

/// Looks at an archive as a whole.
///
/// # Errors
/// In words for the user, when it holds something else than files to look at.
pub(super) fn look(bytes: &FileBytes) -> Result<Archive, Reason> {
    let (directory, survey) = archive::survey(bytes).map_err(|error| match error {
        NoDirectory::Unreadable(error) => format!("a zip archive that cannot be read: {error}"),
        other => format!("a zip archive: {other}"),
    })?;
    match survey.contents {
        Contents::Other(what) => Err(what.into()),
        _ if survey.entries == 0 => Err("an empty zip archive".into()),
        _ => Ok(Archive { directory, survey }),
    }
}

/// Where an archive is: its path as shown, and the folders down to it.
pub(super) type Site = (Arc<str>, Arc<[String]>);

/// Walks through archives.
#[derive(Debug, Default)]
pub(super) struct Unpacker {
    nested: u64,
    spool: Spool,
}

/// What an entry turns out to be.
enum Looked {
    Input(Format, Place),
    Archive(Archive),
    Skipped(Reason, bool),
}

impl Unpacker {
    /// Takes the entries of an archive as inputs.
    pub(super) fn walk(&mut self, archive: &Archive, site: Site, found: &mut Inputs) {
        self.walk_at(archive, &site, 1, found);
    }

    fn walk_at(&mut self, archive: &Archive, site: &Site, depth: usize, found: &mut Inputs) {
        let bytes = Arc::new(archive.directory.bytes().clone());
        let mut names = Names::default();
        let mut folder = Arc::clone(&site.1);
        let mut folder_of: Vec<String> = Vec::new();
        let records = archive.directory.records().zip(0..archive.survey.entries);
        for (record, index) in records {
            if record.is_folder {
                continue;
            }
            let name = names.shown(&site.0, &record, index);
            let (file, above) = match record.path.split_last() {
                Some((file, above)) => (file.as_str(), above),
                None => ("", [].as_slice()),
            };
            let system = above
                .iter()
                .find_map(|part| foreign::system_name(part, true))
                .or_else(|| foreign::system_name(file, false));
            if let Some(reason) = system {
                found.skip(name, reason, false);
                continue;
            }
            if archive.survey.overlaps(index) {
                let reason = "its bytes are those of another entry too: the archive is damaged, or \
                              made to flood";
                found.skip(name, reason, true);
                continue;
            }
            if folder_of != above {
                folder_of = above.to_vec();
                folder = site.1.iter().chain(above).cloned().collect();
            }
            match self.entry(&bytes, record.entry, depth) {
                Looked::Input(format, place) => found.inputs.push(Input {
                    name,
                    folder: mail_folders::folders(format, Path::new(file), &folder),
                    format,
                    place,
                }),
                Looked::Archive(inner) => {
                    // At most ARCHIVE_DEPTH calls deep.
                    let site = (name, Arc::clone(&folder));
                    self.walk_at(&inner, &site, depth.saturating_add(1), found);
                }
                Looked::Skipped(reason, failed) => found.skip(name, reason, failed),
            }
        }
        if archive.survey.beyond > 0 {
            let reason = format!(
                "{} entries beyond the first {} are not read: unpack it and name the folder",
                archive.survey.beyond, archive.survey.entries
            );
            found.skip(Arc::clone(&site.0), reason, true);
        }
        if let Some(broken) = &archive.survey.broken {
            let reason = format!(
                "{broken}; {} entries could be found: take it from another copy",
                archive.survey.entries
            );
            found.skip(Arc::clone(&site.0), reason, true);
        }
    }

    /// Looks at the first bytes of an entry.
    fn entry(&mut self, archive: &Arc<FileBytes>, entry: Entry, depth: usize) -> Looked {
        if let Some(refusal) = entry.refusal() {
            return Looked::Skipped(refusal.to_string().into(), true);
        }
        let mut head = Vec::new();
        let read = entry
            .open(archive)
            .and_then(|reader| reader.take(HEAD as u64).read_to_end(&mut head));
        if let (Err(error), true) = (read, head.is_empty()) {
            return Looked::Skipped(format!("cannot be unpacked: {error}").into(), true);
        }
        if archive::is_archive(&head) {
            return self.nested(archive, entry, depth);
        }
        let whole = head.len() as u64 >= entry.size;
        let mut sniffed = sniff(&FileBytes::in_memory(head));
        if let (Ok(Sniffed::Known(Format::Msg)), false) = (&sniffed, whole) {
            // What a compound file is, is told by a directory that may be anywhere in it.
            sniffed = input::unpack(archive, entry).and_then(|opened| sniff(&opened.bytes));
        }
        match sniffed {
            Ok(Sniffed::Known(format)) => {
                Looked::Input(format, Place::Archive(Arc::clone(archive), entry))
            }
            Ok(Sniffed::Other(reason)) => Looked::Skipped(reason.into(), false),
            Ok(Sniffed::Foreign(reason)) => Looked::Skipped(reason.into(), false),
            Err(error) => Looked::Skipped(error.to_string().into(), true),
        }
    }

    /// Opens an archive in an archive.
    fn nested(&mut self, archive: &FileBytes, entry: Entry, depth: usize) -> Looked {
        if depth >= limits::ARCHIVE_DEPTH {
            let reason = format!(
                "archives in archives are read {} deep: unpack it and name the folder",
                limits::ARCHIVE_DEPTH
            );
            return Looked::Skipped(reason.into(), true);
        }
        self.nested = self.nested.saturating_add(1);
        if self.nested > limits::ARCHIVES_NESTED {
            let reason = format!(
                "one of more than {} archives in archives: unpack it and name the folder",
                limits::ARCHIVES_NESTED
            );
            return Looked::Skipped(reason.into(), true);
        }
        let before = self.spool.len();
        // One that is damaged is told of when it is looked at.
        let unpacked = match entry.in_place(archive) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => self.spool.keep(archive, entry).map(|(bytes, _)| bytes),
            Err(error) => Err(error),
        };
        let bytes = match unpacked {
            Ok(bytes) => bytes,
            Err(error) => {
                return Looked::Skipped(format!("cannot be unpacked: {error}").into(), true);
            }
        };
        match look(&bytes) {
            Ok(inner) if inner.is_olm() => Looked::Input(Format::Olm, Place::Unpacked(bytes)),
            Ok(inner) => Looked::Archive(inner),
            Err(reason) => {
                self.spool.forget(before);
                Looked::Skipped(reason, false)
            }
        }
    }
}

/// Names met in an archive, so that a second entry of one name can be told from the first.
#[derive(Debug, Default)]
struct Names {
    hasher: RandomState,
    met: HashSet<u64>,
}

impl Names {
    fn shown(&mut self, archive: &str, record: &Record, index: u64) -> Arc<str> {
        let number = index.saturating_add(1);
        let path = record.path.join("/");
        if path.is_empty() {
            return format!("{archive}/entry {number}").into();
        }
        if self.met.insert(self.hasher.hash_one(&path)) {
            format!("{archive}/{path}").into()
        } else {
            format!("{archive}/{path} (entry {number})").into()
        }
    }
}
