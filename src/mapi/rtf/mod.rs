//! Rich text of a message: `PidTagRtfCompressed`, and the HTML or plain text that Outlook hides in
//! it.
//!
//! *Spec*: MS-OXRTFCP (compression), MS-OXRTFEX (HTML and plain text in RTF), RTF 1.9.1.
//!
//! *Shape*: bytes of the property → [`decompress`] → RTF → [`to_body`] → HTML or plain text;
//! [`compress`] is the way back, [`from_text`] for plain text.
//!
//! *Invariants*: nothing here recurses; work is linear in the bytes read; output is bounded by
//! [`crate::limits::RTF_BYTES`].

mod charset;
mod compress;
mod from_text;
mod lzfu;
mod reader;
mod token;

pub use compress::{compress, store};
pub use from_text::from_text;
pub use lzfu::{CompressionError, decompress};
pub use reader::{RtfBody, RtfKind, to_body};
