//! Texts and bytes of an item, inside its record or beside it as a blob.

use serde::{Deserialize, Serialize};

/// A blob of the bundle: content-addressed bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Blob {
    /// SHA-256 of the bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// Their number.
    pub size: u64,
}

/// A reference to bytes: by position among the contents that travel with a mapped item, until they
/// are packed; then by hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BlobRef {
    /// Packed.
    Packed(Blob),
    /// Not packed yet: index into the contents of the mapped item.
    Pending {
        /// The index.
        pending: usize,
    },
}

/// A text: inline up to [`crate::limits::INLINE_TEXT`] bytes, else a UTF-8 blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// The text itself.
    Inline(String),
    /// The text as UTF-8 bytes.
    Blob(BlobRef),
}

/// A body in the forms that the source had, or that were derived from them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<Text>,
    /// HTML, as UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<Text>,
    /// The RTF as stored, decompressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtf: Option<BlobRef>,
    /// Which form the author wrote, when known; the others were made from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<BodyForm>,
}

/// A form of a body (`PidTagNativeBody`, MS-OXCMSG 2.2.1.56.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyForm {
    /// Plain text.
    Plain,
    /// RTF.
    Rtf,
    /// HTML.
    Html,
    /// A signed message as it came (`clear-signed`).
    Signed,
}

impl Body {
    /// Whether there is no form at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
