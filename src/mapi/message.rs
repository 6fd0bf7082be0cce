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
