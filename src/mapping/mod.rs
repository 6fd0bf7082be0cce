//! Format to item and back: one file per pair, so what is lost is visible in one place.

pub mod as_file;
pub mod carried;
pub mod csv;
pub mod fidelity;
pub mod ical;
mod identity;
pub mod mapi;
mod mapped;
pub mod mime;
pub mod olm;
mod opaque;
mod placing;
pub mod vcard;
mod zone;

pub use mapped::{Blobs, Context, Given, Mapped};
pub use zone::Zone;
