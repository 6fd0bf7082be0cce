//! Internet messages: RFC 5322 with MIME.
//!
//! A message is read in one pass over its lines ([`structure`]), which finds the parts and keeps
//! their header blocks; the bodies stay where they are and are decoded when they are asked for
//! ([`part`]).
//!
//! *Spec*: RFC 5322, 2045, 2046, 2047, 2183, 2231, 6532.

pub mod address;
pub mod date;
pub mod emlx;
pub mod encoded_word;
pub mod header;
pub mod lines;
pub mod maildir;
pub mod mbox;
pub mod message;
pub mod parameters;
pub mod part;
pub mod signed_data;
pub mod structure;
pub mod transfer;
pub mod uuencode;
pub mod write;
pub mod yenc;

pub use header::{Field, Header};
pub use message::Message;
pub use part::{Entity, PartContent};
pub use transfer::{FromQuoting, Transfer};
