//! Packs the bytes that a mapped item refers to, and resolves its references.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::bundle::{Prepared, Scratch, Sha256Hash};
use crate::content::{Content, ContentRef};
use crate::finding::{Effect, Findings};
use crate::item::{Blob, BlobRef, Item};

/// Prepares every content of an item and points the item at the packed bytes. A content that breaks
/// off is kept as far as it could be read, which is a finding.
///
/// # Errors
/// When the scratch folder cannot be written.
pub fn prepare(
    item: &mut Item,
    contents: &[ContentRef],
    scratch: &Arc<Scratch>,
    findings: &mut Findings,
) -> io::Result<Vec<Prepared>> {
    let mut prepared = Vec::with_capacity(contents.len());
    for (number, content) in contents.iter().enumerate() {
        let readable = Readable {
            inner: Arc::clone(content),
            broken: Mutex::new(None),
        };
        let ready = Prepared::from_content(&readable, scratch)?;
        let broken = readable
            .broken
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = broken {
            let got = ready.blob().size;
            let detail = format!("{got} of {} bytes could be read: {error}", content.size());
            findings.add(
                "export.content.broken-off",
                if got == 0 {
                    Effect::Lost
                } else {
                    Effect::Altered
                },
                format!("content {number}"),
                detail,
            );
        }
        prepared.push(ready);
    }
    item.try_visit_blobs(|reference| {
        if let BlobRef::Pending { pending } = *reference {
            let blob = prepared.get(pending).map(Prepared::blob).ok_or_else(|| {
                io::Error::other(format!(
                    "the item refers to content {pending}, which is not there"
                ))
            })?;
            *reference = BlobRef::Packed(blob);
        }
        Ok::<_, io::Error>(())
    })?;
    Ok(prepared)
}

/// Points the item at its bytes by their hashes alone, without making them ready to be packed.
/// Whether all of them could be read; if not, the item is as it was.
pub fn identify(item: &mut Item, contents: &[ContentRef]) -> bool {
    let hash = |content: &ContentRef| -> io::Result<Blob> {
        let mut hasher = Sha256::new();
        let size = io::copy(&mut content.open()?, &mut hasher)?;
        let sha256 = Sha256Hash(hasher.finalize().into()).to_string();
        Ok(Blob { sha256, size })
    };
    let Ok(blobs) = contents.iter().map(hash).collect::<io::Result<Vec<_>>>() else {
        return false;
    };
    let mut identified = item.clone();
    let all = identified.try_visit_blobs(|reference| {
        if let BlobRef::Pending { pending } = *reference {
            *reference = BlobRef::Packed(blobs.get(pending).cloned().ok_or(())?);
        }
        Ok::<_, ()>(())
    });
    if all.is_ok() {
        *item = identified;
    }
    all.is_ok()
}

/// A content that ends where it cannot be read further, and remembers why.
#[derive(Debug)]
struct Readable {
    inner: ContentRef,
    broken: Mutex<Option<io::Error>>,
}

impl Readable {
    fn note(&self, error: io::Error) {
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

impl Content for Readable {
    fn size(&self) -> u64 {
        self.inner.size()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(match self.inner.open() {
            Ok(reader) => Box::new(UntilBroken {
                reader,
                content: self,
            }),
            Err(error) => {
                self.note(error);
                Box::new(io::empty())
            }
        })
    }
}

struct UntilBroken<'a> {
    reader: Box<dyn Read + Send + 'a>,
    content: &'a Readable,
}

impl Read for UntilBroken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                self.content.note(error);
                Ok(0)
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::AttachmentData;

    #[derive(Debug)]
    struct Breaks;

    impl Content for Breaks {
        fn size(&self) -> u64 {
            10
        }

        fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
            struct Fails;
            impl Read for Fails {
                fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                    Err(io::Error::other("block 0x24 is gone"))
                }
            }
            Ok(Box::new(b"half".chain(Fails)))
        }
    }

    #[test]
    fn what_can_be_read_is_kept_and_the_rest_is_a_finding() {
        let example = include_str!("../../formats/examples/items/task.json");
        let mut item: Item = serde_json::from_str(example).unwrap();
        item.attachments.clear();
        let attachment = serde_json::json!({"name": "a", "holds": "file", "blob": {"pending": 0}});
        item.attachments
            .push(serde_json::from_value(attachment).unwrap());
        let mut findings = Findings::new();
        let contents: Vec<ContentRef> = vec![Arc::new(Breaks)];
        let prepared = prepare(
            &mut item,
            &contents,
            &Scratch::new(&std::env::temp_dir()),
            &mut findings,
        )
        .unwrap();
        assert_eq!(prepared[0].blob().size, 4);
        let AttachmentData::File {
            blob: BlobRef::Packed(blob),
        } = &item.attachments[0].data
        else {
            panic!("{item:?}");
        };
        assert_eq!(blob.size, 4);
        assert_eq!(findings.worst(), Some(Effect::Altered));
        assert!(
            findings
                .iter()
                .next()
                .unwrap()
                .detail
                .contains("block 0x24 is gone")
        );
    }
}
