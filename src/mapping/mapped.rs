//! What every mapping gives: an item, the bytes that it refers to, and what was found; and in the
//! other direction the item in the shape of a format, and what that could not say.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::content::{self, Content, ContentRef, InMemory};
use crate::finding::Findings;
use crate::hex;
use crate::item::{Blob, BlobRef, Item, Text};
use crate::limits;

/// Where an item comes from, as far as it has to tell.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The file, as the user named it.
    pub source: Arc<str>,
    /// The folder in it, from the top down.
    pub folder: Arc<[String]>,
    /// The container class of the folder (`IPF.Contact`), for messages without a class of their
    /// own.
    pub folder_class: Option<Arc<str>>,
    /// The place in the words of the format: `node 0x200024`, `card 3`.
    pub locator: String,
}

/// What was mapped.
#[derive(Debug)]
pub struct Mapped {
    /// The item; its references to bytes are [`BlobRef::Pending`].
    pub item: Item,
    /// The bytes referred to, those of embedded items included. None has been read.
    pub contents: Vec<ContentRef>,
    /// What was not as it should be.
    pub findings: Findings,
}

impl Mapped {
    /// With what was found before it was mapped, first.
    #[must_use]
    pub fn after(mut self, mut found: Findings) -> Self {
        found.append(std::mem::take(&mut self.findings));
        self.findings = found;
        self
    }
}

/// An item in the shape of a format.
#[derive(Debug)]
pub struct Given<T> {
    /// The message, card, calendar, ….
    pub value: T,
    /// What could not be said of the item in that shape.
    pub findings: Findings,
}

/// Gives the bytes that an item refers to.
pub trait Blobs: std::fmt::Debug {
    /// The content of a reference; `None` when it is not to be had.
    fn content(&self, blob: &BlobRef) -> Option<ContentRef>;
}

/// The contents of an item that was mapped and not packed.
impl Blobs for Vec<ContentRef> {
    fn content(&self, blob: &BlobRef) -> Option<ContentRef> {
        match blob {
            BlobRef::Pending { pending } => self.get(*pending).map(Arc::clone),
            BlobRef::Packed(_) => None,
        }
    }
}

/// A text of a body; `None` when its bytes are not to be had.
pub(super) fn text(own: &Text, blobs: &dyn Blobs) -> Option<String> {
    match own {
        Text::Inline(text) => Some(text.clone()),
        Text::Blob(blob) => {
            let bytes = content::read_all(&*blobs.content(blob)?, limits::MIME_TEXT_BYTES).ok()?;
            String::from_utf8(bytes).ok()
        }
    }
}

/// The blob that a content is: its bytes, read once.
pub(super) fn blob_of(content: &dyn Content) -> io::Result<Blob> {
    let mut hasher = Sha256::new();
    let size = io::copy(&mut content.open()?, &mut hasher)?;
    let sha256 = hex::encode(&hasher.finalize());
    Ok(Blob { sha256, size })
}

/// The bytes that travel with an item, while it is being mapped.
#[derive(Debug, Default)]
pub(super) struct Contents(Vec<ContentRef>);

impl Contents {
    /// A reference to bytes that travel with the item.
    pub(super) fn blob(&mut self, content: impl Content + 'static) -> BlobRef {
        self.content(&(Arc::new(content) as ContentRef))
    }

    /// A reference to a content that travels with the item.
    pub(super) fn content(&mut self, content: &ContentRef) -> BlobRef {
        let pending = self.0.len();
        self.0.push(Arc::clone(content));
        BlobRef::Pending { pending }
    }

    /// Takes over the contents that an item mapped elsewhere refers to.
    pub(super) fn adopt(&mut self, item: &mut Item, contents: &[ContentRef]) {
        for reference in item.blobs_mut() {
            if let BlobRef::Pending { pending } = reference
                && let Some(content) = contents.get(*pending)
            {
                *reference = self.content(content);
            }
        }
    }

    /// A text, inline or, beyond [`limits::INLINE_TEXT`], as a blob.
    pub(super) fn text(&mut self, text: String) -> Text {
        if text.len() > limits::INLINE_TEXT {
            Text::Blob(self.blob(InMemory(text.into_bytes())))
        } else {
            Text::Inline(text)
        }
    }

    /// All of them so far.
    pub(super) fn so_far(&self) -> &Vec<ContentRef> {
        &self.0
    }

    /// Those that an item refers to: what was replaced on the way is left out.
    pub(super) fn referred_by(self, item: &mut Item) -> Vec<ContentRef> {
        let mut kept = Vec::new();
        let mut places = HashMap::new();
        for blob in item.blobs_mut() {
            if let BlobRef::Pending { pending } = blob
                && let Some(content) = self.0.get(*pending)
            {
                *pending = *places.entry(*pending).or_insert_with(|| {
                    kept.push(Arc::clone(content));
                    kept.len().saturating_sub(1)
                });
            }
        }
        kept
    }

    /// All of them, in the order of their references.
    pub(super) fn into_refs(self) -> Vec<ContentRef> {
        self.0
    }
}
