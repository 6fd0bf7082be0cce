//! Report tag: which message a report is about.
//!
//! *Spec*: MS-OXOMSG 2.2.2.22 (`PidTagReportTag`).
//!
//! *Shape*: the cookie `PCDFEB09` with NUL, a version, four entry ids, a search key and a text,
//! each after its size in four bytes.

use crate::bytes::{Cursor, Truncated};

use super::blob::BlobError;

/// The structure as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportTag {
    /// Cookie: `PCDFEB09` and NUL.
    pub cookie: [u8; 9],
    /// Version: 0x00020001.
    pub version: u32,
    /// StoreEntryId.
    pub store: Vec<u8>,
    /// FolderEntryId.
    pub folder: Vec<u8>,
    /// MessageEntryId.
    pub message: Vec<u8>,
    /// SearchFolderEntryId.
    pub search_folder: Vec<u8>,
    /// MessageSearchKey.
    pub search_key: Vec<u8>,
    /// ANSI text, with its NUL.
    pub text: Vec<u8>,
    /// Bytes after the structure.
    pub remains: Vec<u8>,
}

impl ReportTag {
    /// Reads the structure.
    ///
    /// # Errors
    /// [`BlobError::CutOff`] when any field is cut off.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlobError> {
        Self::read(&mut Cursor::new(bytes)).map_err(BlobError::cut_off("PidTagReportTag"))
    }

    fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        let sized = |from: &mut Cursor<'_>| {
            let size = from.u32()?;
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            from.take(size).map(<[u8]>::to_vec)
        };
        Ok(Self {
            cookie: from.array()?,
            version: from.u32()?,
            store: sized(from)?,
            folder: sized(from)?,
            message: sized(from)?,
            search_folder: sized(from)?,
            search_key: sized(from)?,
            text: sized(from)?,
            remains: from.rest().to_vec(),
        })
    }

    /// The structure in bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.cookie.to_vec();
        out.extend(self.version.to_le_bytes());
        for field in [
            &self.store,
            &self.folder,
            &self.message,
            &self.search_folder,
            &self.search_key,
            &self.text,
        ] {
            let size = u32::try_from(field.len()).unwrap_or(u32::MAX);
            out.extend(size.to_le_bytes());
            out.extend(field);
        }
        out.extend(&self.remains);
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn fields_come_back(fields: [Vec<u8>; 6], version: u32, tail: Vec<u8>, cut: usize) {
            let [store, folder, message, search_folder, search_key, text] = fields;
            let tag = ReportTag {
                cookie: *b"PCDFEB09\0", version, store, folder, message, search_folder,
                search_key, text, remains: tail.clone(),
            };
            let bytes = tag.to_bytes();
            prop_assert_eq!(ReportTag::from_bytes(&bytes), Ok(tag));
            let whole = bytes.len() - tail.len();
            prop_assert!(ReportTag::from_bytes(&bytes[..cut % whole]).is_err());
        }
    }
}
