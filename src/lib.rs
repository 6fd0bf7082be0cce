//! airbridge: an offline bridge between Outlook and the BigContacts CRM.
//!
//! Data goes through each room once: `source` finds inputs and reads them (`pst`, `msg`, `mime`,
//! …),
//! `mapping` turns what they say into items (`item`), `link` decides to which CRM contacts an item
//! belongs, and `bundle` packs and signs the result. `docs/architecture.md` has the picture and the
//! edges.

pub mod archive;
pub mod audit;
pub mod base64;
pub mod bundle;
pub mod bytes;
pub mod canonical_json;
mod canonical_order;
pub mod canonical_text;
pub mod charset;
pub mod cli;
pub mod content;
pub mod content_line;
pub mod content_line_write;
pub mod crm;
pub mod csv;
pub mod exchange;
pub mod file_bytes;
pub mod finding;
pub mod hex;
pub mod ical;
pub mod item;
pub mod limits;
pub mod link;
pub mod mapi;
pub mod mapping;
pub mod merge;
pub mod mime;
pub mod msg;
pub mod new_file;
pub mod new_folder;
pub mod olm;
pub mod outlook;
pub mod pst;
pub mod sheet;
pub mod source;
pub mod tnef;
pub mod vcard;
