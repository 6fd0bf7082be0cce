//! Format to item and back: one file per pair, so what is lost is visible in one place.

mod identity;
mod mapped;

pub mod mapi;

pub use mapped::{Context, Mapped};
