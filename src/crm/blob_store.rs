//! The bytes of attachments and large bodies, each once, in files named by their hash.
//!
//! *Shape*: `blobs/aa/<64 hex>` in the home.
//!
//! *Invariant*: a file is whole or absent; its bytes have the hash of its name.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

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

    /// Keeps the bytes of a blob, which must be as many as it says.
    ///
    /// # Errors
    /// When they cannot be read or written, or are not as many.
    pub fn keep(&self, blob: &Blob, mut from: impl Read) -> io::Result<()> {
        let path = self
            .path(blob)
            .ok_or_else(|| io::Error::other("a blob whose name is no hash"))?;
        if self.has(blob) {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let written = io::copy(&mut from, &mut file)?;
        if written != blob.size {
            let what = format!("a blob of {} bytes has {written}", blob.size);
            return Err(io::Error::other(what));
        }
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn a_blob_is_there_whole_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let store = BlobStore::within(home.path());
        let bytes = b"some bytes";
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        let blob = Blob {
            sha256: crate::hex::encode(&hash),
            size: bytes.len() as u64,
        };
        let files = || {
            let all = walkdir::WalkDir::new(home.path()).into_iter();
            all.filter(|entry| entry.as_ref().unwrap().file_type().is_file())
                .count()
        };
        assert!(store.keep(&blob, &b"short"[..]).is_err());
        assert_eq!((files(), store.has(&blob)), (0, false));
        for _ in 0..2 {
            store.keep(&blob, &bytes[..]).unwrap();
        }
        assert_eq!(files(), 1);
        let mut kept = Vec::new();
        let content = store.content(&blob).unwrap();
        content.open().unwrap().read_to_end(&mut kept).unwrap();
        assert_eq!(kept, bytes);
    }
}
