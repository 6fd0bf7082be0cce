//! Files and items attached to an item.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BlobRef, Item, RawProperty};

/// A file or item attached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name as the sender wrote it; never used as a path.
    pub name: String,
    /// Its media type, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// `Content-ID` by which an HTML body refers to it, without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// Address by which an HTML body refers to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_location: Option<String>,
    /// Whether it is not shown in the list of attachments.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Whether the body shows it (`PidTagAttachFlags`, `attRenderedInBody`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inline: bool,
    /// Where in an RTF or plain body it stands, in characters; absent when nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// When the file was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When the file was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
    /// What is attached.
    #[serde(flatten)]
    pub data: AttachmentData,
    /// Properties that the model does not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<RawProperty>,
}

/// What an attachment holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "holds", rename_all = "snake_case")]
pub enum AttachmentData {
    /// The bytes of a file.
    File {
        /// The bytes.
        blob: BlobRef,
    },
    /// The bytes of an OLE object.
    Ole {
        /// The bytes.
        blob: BlobRef,
    },
    /// A place outside the item.
    Reference {
        /// Path or address as stored.
        place: String,
    },
    /// An item in the item.
    Item {
        /// The embedded item.
        item: Box<Item>,
    },
    /// Nothing, or nothing that could be read (a finding says which).
    Nothing,
}
