//! vCards: files of many cards, and what one card says, in the words of the format.
//!
//! *Spec*: vCard 2.1 (versit 1996), RFC 2426 (3.0), RFC 6350 (4.0).
//!
//! [`file`] finds where cards begin and end; [`card`] takes one apart into properties;
//! [`property`] gives their texts, types and bytes, [`date`] and [`data_uri`] what those mean;
//! [`write`](mod@write) makes properties and writes a card.

pub mod card;
pub mod data_uri;
pub mod date;
pub mod encoding;
pub mod file;
pub mod property;
pub mod write;

pub use card::{Card, Version};
pub use date::Day;
pub use file::{Bounds, CardFile};
pub use property::Property;
pub use write::Value;
