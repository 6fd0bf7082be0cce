//! The bytes of attachments and large bodies, each once, in files named by their hash.
//!
//! *Shape*: `blobs/aa/<64 hex>` in the home.
//!
//! *Invariant*: a file is whole or absent; its bytes have the hash of its name.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

use tempfile::NamedTempFile;

use crate::content::ContentRef;
use crate::file_bytes::{Extent, FileBytes};
use crate::item::Blob;

/// A folder of blobs.
#[derive(Debug, Clone)]
pub struct BlobStore {
    folder: PathBuf,
}

impl BlobStore {
    /// The folder in a home.
    #[must_use]
    pub fn within(home: &Path) -> Self {
        Self {
            folder: home.join("blobs"),
        }
    }

    /// The file of a blob; `None` for what is no hash.
    fn path(&self, blob: &Blob) -> Option<PathBuf> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let name = &blob.sha256;
        let first = name.get(..2)?;
        (name.len() == 64 && name.bytes().all(hex)).then(|| self.folder.join(first).join(name))
    }

    /// Whether a blob is there.
    #[must_use]
    pub fn has(&self, blob: &Blob) -> bool {
        let length = self.path(blob).and_then(|path| fs::metadata(path).ok());
        length.is_some_and(|meta| meta.len() == blob.size)
    }

    /// The bytes of a blob; `None` when it is not there.
    #[must_use]
    pub fn content(&self, blob: &Blob) -> Option<ContentRef> {
        let bytes = FileBytes::open(&self.path(blob)?).ok()?;
        Some(std::sync::Arc::new(Extent::whole(bytes)))
    }

    /// Takes in the bytes of blobs.
    #[must_use]
    pub fn taking(&self) -> Taking<'_> {
        Taking {
            store: self,
            waiting: Vec::new(),
        }
    }
}

/// Blobs that are written, and have their names once they are surely on the disk. Many go to the
/// disk together: that saves a twentieth of an import on a quick disk, and more on a slow one.
///
/// *Invariant*: what has no name when this is dropped leaves nothing behind.
#[derive(Debug)]
pub struct Taking<'a> {
    store: &'a BlobStore,
    waiting: Vec<(NamedTempFile, PathBuf)>,
}

/// Blobs that wait for each other.
const TOGETHER: usize = 64;
/// Of which one thread waits for so many.
const BY_ONE: usize = 8;

impl Taking<'_> {
    /// Keeps the bytes of a blob, which must be as many as it says; surely, once [`Self::finish`]
    /// has returned.
    ///
    /// # Errors
    /// When they cannot be read or written, or are not as many.
    pub fn keep(&mut self, blob: &Blob, mut from: impl Read) -> io::Result<()> {
        let path = self
            .store
            .path(blob)
            .ok_or_else(|| io::Error::other("a blob whose name is no hash"))?;
        if self.store.has(blob) || self.waiting.iter().any(|(_, own)| *own == path) {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(&self.store.folder);
        fs::create_dir_all(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        let written = io::copy(&mut from, &mut file)?;
        if written != blob.size {
            let what = format!("a blob of {} bytes has {written}", blob.size);
            return Err(io::Error::other(what));
        }
        file.flush()?;
        self.waiting.push((file, path));
        if self.waiting.len() >= TOGETHER {
            self.finish()?;
        }
        Ok(())
    }

    /// Waits until the disk has all, and gives them their names.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub fn finish(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let sync = |some: &[(NamedTempFile, PathBuf)]| {
            some.iter()
                .try_for_each(|(file, _)| file.as_file().sync_all())
        };
        thread::scope(|scope| {
            let threads: Vec<_> = waiting
                .chunks(BY_ONE)
                .map(|some| scope.spawn(move || sync(some)))
                .collect();
            threads.into_iter().try_for_each(|thread| {
                let broken = |_| Err(io::Error::other("syncing a blob failed"));
                thread.join().unwrap_or_else(broken)
            })
        })?;
        for (file, path) in waiting {
            file.persist(&path).map_err(|error| error.error)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn blobs_are_there_when_all_is_finished_and_not_before() {
        let home = tempfile::tempdir().unwrap();
        let store = BlobStore::within(home.path());
        let blobs: Vec<(Blob, Vec<u8>)> = (0..=u8::try_from(TOGETHER).unwrap())
            .map(|number| {
                let bytes = vec![number; usize::from(number)];
                let hash: [u8; 32] = Sha256::digest(&bytes).into();
                let sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                let size = bytes.len() as u64;
                (Blob { sha256, size }, bytes)
            })
            .collect();
        let files = || {
            let all = walkdir::WalkDir::new(home.path()).into_iter();
            all.filter(|entry| entry.as_ref().unwrap().file_type().is_file())
                .count()
        };
        let mut taking = store.taking();
        for (blob, bytes) in blobs.iter().chain(&blobs) {
            taking.keep(blob, bytes.as_slice()).unwrap();
        }
        let (last, _) = blobs.last().unwrap();
        assert!(!store.has(last));
        assert!(taking.keep(last, &b"other"[..]).is_ok(), "it waits already");
        drop(taking);
        assert_eq!(files(), TOGETHER, "what has no name is gone");
        let mut taking = store.taking();
        for (blob, bytes) in &blobs {
            taking.keep(blob, bytes.as_slice()).unwrap();
        }
        taking.finish().unwrap();
        assert_eq!(files(), blobs.len());
        for (blob, bytes) in &blobs {
            let mut kept = Vec::new();
            let content = store.content(blob).unwrap();
            content.open().unwrap().read_to_end(&mut kept).unwrap();
            assert_eq!(kept, *bytes);
        }
        let wrong = Blob {
            size: 9,
            ..Blob::clone(last)
        };
        assert!(store.taking().keep(&wrong, &b"short"[..]).is_err());
    }
}
