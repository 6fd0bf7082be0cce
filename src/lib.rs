//! airbridge: an offline bridge between Outlook and the BigContacts CRM.
//!
//! Data goes through each room once: `source` finds stores and reads them (`pst`), `mapping` turns
//! MAPI properties (`mapi`) into items (`item`), `link` decides to which CRM contacts an item
//! belongs, and `bundle` packs and signs the result. `docs/architecture.md` has the picture and the
//! edges.

pub mod audit;
pub mod bundle;
pub mod bytes;
pub mod cli;
pub mod content;
pub mod crm;
pub mod exchange;
pub mod finding;
pub mod item;
pub mod limits;
pub mod link;
pub mod mapi;
pub mod mapping;
pub mod pst;
pub mod sheet;
pub mod source;
