//! A file to read, on disk or in an archive.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use crate::archive::{Entry, pour};
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::limits;

use super::sniff::Format;

/// A file to read.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its path as shown to the user and kept as provenance: `/` between the parts on every
    /// platform, an archive being a folder.
    pub name: Arc<str>,
    /// The folders between the path that the user named and the file.
    pub folder: Arc<[String]>,
    /// What it is.
    pub format: Format,
    pub(super) place: Place,
}

/// Where a file is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// On disk.
    Path(PathBuf),
    /// In an archive.
    Archive(Arc<FileBytes>, Entry),
    /// Unpacked already.
    Unpacked(FileBytes),
}

/// An open file.
#[derive(Debug)]
pub struct Opened {
    /// Its bytes.
    pub bytes: FileBytes,
    /// What was not as it should be while it was unpacked.
    pub findings: Findings,
}

impl Input {
    /// Opens it. What is packed in an archive is unpacked, into memory or an unnamed file, and
    /// gone when the last reader is.
    ///
    /// # Errors
    /// Those of the system; and when nothing can be unpacked.
    pub fn open(&self) -> io::Result<Opened> {
        match &self.place {
            Place::Path(path) => Ok(Opened {
                bytes: FileBytes::open(path)?,
                findings: Findings::new(),
            }),
            Place::Archive(archive, entry) => unpack(archive, *entry),
            Place::Unpacked(bytes) => Ok(Opened {
                bytes: bytes.clone(),
                findings: Findings::new(),
            }),
        }
    }
}

/// Unpacks an entry, as far as it goes.
pub(super) fn unpack(archive: &FileBytes, entry: Entry) -> io::Result<Opened> {
    let mut reader = entry.open(archive)?;
    let mut findings = Findings::new();
    if let Some(bytes) = entry.in_place(archive)? {
        // Read in place, once through before for its checksum.
        let whole = io::copy(&mut reader, &mut io::sink());
        note(&mut findings, whole.map(|_| ()));
        return Ok(Opened { bytes, findings });
    }
    let mut memory = Vec::new();
    let more = fill(&mut reader, &mut memory);
    if memory.len() as u64 <= limits::ARCHIVE_IN_MEMORY {
        note(&mut findings, more);
        return Ok(Opened {
            bytes: FileBytes::in_memory(memory),
            findings,
        });
    }
    let mut file = tempfile::tempfile()?;
    file.write_all(&memory)?;
    drop(memory);
    if more.is_ok() {
        note(&mut findings, pour(&mut reader, &mut file)?);
    } else {
        note(&mut findings, more);
    }
    Ok(Opened {
        bytes: FileBytes::of_file(file)?,
        findings,
    })
}

/// Reads up to one byte more than memory may hold; what was read before an error stays.
fn fill(reader: &mut impl Read, memory: &mut Vec<u8>) -> io::Result<()> {
    let most = limits::ARCHIVE_IN_MEMORY.saturating_add(1);
    reader.take(most).read_to_end(memory).map(|_| ())
}

fn note(findings: &mut Findings, read: io::Result<()>) {
    if let Err(error) = read {
        findings.add(
            "source.archive.damaged",
            Effect::Lost,
            "",
            format!("{error}: what could be unpacked is read; take the file from another copy"),
        );
    }
}
