//! The dictionary: property tags, types, values, named properties, and the blobs that Outlook keeps
//! in them.
//!
//! *Spec*: MS-OXPROPS, MS-OXCDATA. Shared by every format that carries MAPI properties.

pub mod appointment_recurrence;
pub mod blob;
pub mod budget;
pub mod codepage;
pub mod conversation_index;
pub mod crc;
pub mod entry_id;
pub mod flat_entry_list;
pub mod global_object_id;
pub mod message;
pub mod name_map;
pub mod name_map_writer;
pub mod named;
pub mod names;
pub mod occurrences;
pub mod pid_lid;
pub mod pid_name;
pub mod pid_tag;
pub mod props;
pub mod recurrence;
pub mod recurrence_rule;
pub mod report_tag;
pub mod rtf;
pub mod tag;
pub mod task_assigners;
pub mod time;
pub mod timezone;
pub mod value;
pub mod value_bytes;
pub mod verb_stream;
pub mod windows_zones;

pub use budget::Budget;
pub use message::{Attachment, AttachmentData, Message};
pub use name_map::{NameMap, NameStreams};
pub use named::{Guid, KnownName, NameId, PropertyName};
pub use names::canonical_name;
pub use props::{Property, PropertyBag};
pub use tag::{PropTag, PropType};
pub use time::FileTime;
pub use value::Value;
