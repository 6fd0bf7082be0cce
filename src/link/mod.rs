//! Decides to which CRM contacts an item belongs, and why.
//!
//! *Spec*: `formats/map.md`, `formats/profile.md`.
//!
//! The way through: a [`CategoryMap`] and a [`Profile`] are read; a [`ContactIndexBuilder`] takes
//! every
//! contact of the sources and of the CRM and makes one [`ContactIndex`]; a [`Linker`] of the three
//! gives
//! every item its [`Decision`], on as many cores as there are.

mod category_map;
mod category_pattern;
mod contact_facts;
mod contact_index;
mod contact_join;
mod contact_key;
mod decision;
mod explain;
mod folder_pattern;
mod hints;
mod joins;
mod key_table;
pub mod keys;
mod linker;
pub mod map_csv;
mod map_toml;
mod period;
mod picked_list;
mod profile;
mod report;
mod resolved;
mod rules;
mod suggester;
mod sync_gate;
mod tally;

pub use category_map::{CategoryMap, CrmCategory, MapError, MapFault, MapLine, MapMatch};
pub use category_pattern::{CategoryPattern, MatchKind};
pub use contact_facts::{ContactFacts, Side};
pub use contact_index::{ContactIndex, ContactRef, Found, TargetId};
pub use contact_join::ContactIndexBuilder;
pub use contact_key::{ContactKey, StarAs};
pub use decision::{Decision, Exclusion, Hint, Link, Outcome, Rule, Suggestion, Support, Unlinked};
pub use explain::{explain, explain_item};
pub use folder_pattern::FolderPattern;

pub use linker::Linker;
pub use period::Period;
pub use picked_list::{PickedList, PickedRow};
pub use profile::{FolderRule, LinkBy, Profile, ProfileError, Scope};
pub use report::{CategoryUse, LineUse, LinkReport};
pub use suggester::Suggester;
pub use sync_gate::{OptIn, SyncGate, SyncState};
