//! A message as every MAPI format has it: properties, recipients, attachments.
//!
//! *Spec*: MS-OXCMSG.

use crate::content::ContentRef;

use super::props::PropertyBag;

/// A message object of any class.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Its own properties.
    pub props: PropertyBag,
    /// One bag per recipient row.
    pub recipients: Vec<PropertyBag>,
    /// Its attachments in table order.
    pub attachments: Vec<Attachment>,
    /// Whether it is a template, from which messages are made.
    pub template: bool,
}

/// One attachment.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Its properties, without the data (0x3701).
    pub props: PropertyBag,
    /// Its data.
    pub data: AttachmentData,
}

/// What is attached (`PidTagAttachMethod`, MS-OXCMSG 2.2.2.9).
#[derive(Debug, Clone)]
pub enum AttachmentData {
    /// No data (`afNone`), or the data could not be had, which is then a finding.
    None,
    /// `afByValue`: the bytes of a file.
    File(ContentRef),
    /// `afByReference` and its kin: the place is in the properties.
    Reference,
    /// `afEmbeddedMessage`.
    Message(Box<Message>),
    /// `afOle`: the bytes of an OLE object.
    Ole(ContentRef),
}

/// `afEmbeddedMessage`.
pub const EMBEDDED_MESSAGE: i64 = 5;
/// `afOle`, also known as `afStorage`.
pub const OLE: i64 = 6;

impl AttachmentData {
    /// Bytes, as what their `PidTagAttachMethod` says they are.
    #[must_use]
    pub fn of_bytes(method: Option<i64>, content: ContentRef) -> Self {
        match method {
            Some(OLE) => Self::Ole(content),
            method if content.size() == 0 && is_reference(method) => Self::Reference,
            _ => Self::File(content),
        }
    }

    /// No bytes: a reference, or nothing.
    #[must_use]
    pub fn without_bytes(method: Option<i64>) -> Self {
        if is_reference(method) {
            Self::Reference
        } else {
            Self::None
        }
    }
}

/// `afByReference`, `afByReferenceResolve` (obsolete), `afByReferenceOnly`, `afByWebReference`.
fn is_reference(method: Option<i64>) -> bool {
    matches!(method, Some(2 | 3 | 4 | 7))
}
