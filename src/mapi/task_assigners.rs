//! Task assigners: who passed a task request on.
//!
//! *Spec*: MS-OXOTASK 2.2.3.32 (`PidLidTaskAssigners`).
//!
//! *Shape*: count; then per person the size of what follows, the size of an entry id, the entry id,
//! and the display name twice: in the code page of the item, and in UTF-16LE, each with its NUL.

use crate::bytes::{Cursor, Truncated};

use super::blob::BlobError;
use super::codepage;

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskAssigner {
    /// EntryID.
    pub entry_id: Vec<u8>,
    /// DisplayName, without its NUL.
    pub name: Vec<u8>,
    /// WideDisplayName, UTF-16LE, without its NUL.
    pub wide_name: Vec<u8>,
    /// Bytes after the names.
    pub remains: Vec<u8>,
}

impl TaskAssigner {
    /// The display name: the Unicode one, or else the other in the code page of the item.
    #[must_use]
    pub fn display_name(&self, code_page: u16) -> String {
        if self.wide_name.is_empty() {
            codepage::decode(&self.name, code_page).text
        } else {
            codepage::utf16_text(&self.wide_name).text
        }
    }
}

/// Reads the structure: the people, in the order in which they passed it on.
///
/// # Errors
/// [`BlobError::CutOff`] when any of them is cut off.
pub fn read(bytes: &[u8]) -> Result<Vec<TaskAssigner>, BlobError> {
    read_all(&mut Cursor::new(bytes)).map_err(BlobError::cut_off("PidLidTaskAssigners"))
}

fn read_all(from: &mut Cursor<'_>) -> Result<Vec<TaskAssigner>, Truncated> {
    let count = from.u32()?;
    let sized = |from: &mut Cursor<'_>| {
        let size = usize::try_from(from.u32()?).unwrap_or(usize::MAX);
        from.take(size).map(<[u8]>::to_vec)
    };
    let mut all = Vec::new();
    for _ in 0..count {
        let one = sized(from)?;
        let inner = &mut Cursor::new(&one);
        let entry_id = sized(inner)?;
        let name = codepage::before_nul(inner.rest()).to_vec();
        inner.take(name.len() + 1)?;
        let pairs = inner.rest().chunks_exact(2);
        let units = pairs.take_while(|pair| *pair != [0, 0]).count();
        let wide_name = inner.take(units * 2)?.to_vec();
        inner.take(2)?;
        all.push(TaskAssigner {
            entry_id,
            name,
            wide_name,
            remains: inner.rest().to_vec(),
        });
    }
    Ok(all)
}

/// The structure in bytes.
#[must_use]
pub fn write(all: &[TaskAssigner]) -> Vec<u8> {
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut out = u32::try_from(all.len())
        .unwrap_or(u32::MAX)
        .to_le_bytes()
        .to_vec();
    for one in all {
        let mut inner = size(&one.entry_id).to_vec();
        inner.extend(&one.entry_id);
        inner.extend(&one.name);
        inner.push(0);
        inner.extend(&one.wide_name);
        inner.extend([0, 0]);
        inner.extend(&one.remains);
        out.extend(size(&inner));
        out.extend(inner);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn written_is_read() {
        let one = TaskAssigner {
            entry_id: vec![1, 2, 3],
            name: b"Zo\xeb".to_vec(),
            wide_name: codepage::utf16_bytes("Zoë"),
            remains: vec![0],
        };
        let all = vec![one.clone(), one];
        let back = read(&write(&all)).unwrap();
        assert_eq!(back, all);
        assert_eq!(back[0].display_name(1252), "Zoë");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(tail: Vec<u8>) {
            let mut bytes = vec![1, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0];
            bytes.extend(tail);
            let _ = read(&bytes);
        }
    }
}
