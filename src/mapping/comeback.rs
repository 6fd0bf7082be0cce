//! Whether an item is the same after it was made a message: what the way there does not keep.
//!
//! *Invariant*: compared is what counts for the semantic hash, field by field.

use std::io;

use sha2::{Digest, Sha256};

use super::{Context, Given, mapi};
use crate::content::ContentRef;
use crate::item::{Blob, BlobRef, Item};
use crate::mapi::Message;
use crate::merge::Fields;

/// The fields, by their paths, that a message does not give back as the item has them.
///
/// # Errors
/// When bytes cannot be read.
pub fn lost_fields(item: &Item, given: &Given<Message>) -> io::Result<Vec<String>> {
    let mut back = mapi::to_item(&given.value, &Context::default());
    let contents = std::mem::take(&mut back.contents);
    back.item.try_visit_blobs(|blob| {
        if let BlobRef::Pending { pending } = *blob {
            let content = contents.get(pending);
            let content = content.ok_or_else(|| io::Error::other("a content is not there"))?;
            *blob = BlobRef::Packed(blob_of(content)?);
        }
        Ok::<_, io::Error>(())
    })?;
    let fields = |item: &Item| -> io::Result<Fields> {
        let semantic = item.semantic().map_err(io::Error::other)?;
        Ok(Fields::of(&serde_json::to_value(semantic)?))
    };
    let (from, to) = (fields(item)?, fields(&back.item)?);
    Ok(from.differing(&to).map(str::to_owned).collect())
}

/// The blob that a content is, read once.
fn blob_of(content: &ContentRef) -> io::Result<Blob> {
    let mut hasher = Sha256::new();
    let size = io::copy(&mut content.open()?, &mut hasher)?;
    let hash = hasher.finalize();
    Ok(Blob {
        sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        size,
    })
}
