//! The dictionary: property tags, types, values, named properties, and the blobs that Outlook keeps
//! in them.
//!
//! *Spec*: MS-OXPROPS, MS-OXCDATA. Shared by every format that carries MAPI properties.

pub mod codepage;
pub mod message;
pub mod named;
pub mod names;
pub mod pid_lid;
pub mod pid_name;
pub mod pid_tag;
pub mod props;
pub mod rtf;
pub mod tag;
pub mod time;
pub mod value;

pub use message::{Attachment, AttachmentData, Message};
pub use named::{Guid, KnownName, NameId, PropertyName};
pub use names::canonical_name;
pub use props::{Property, PropertyBag};
pub use tag::{PropTag, PropType};
pub use time::FileTime;
pub use value::Value;
