//! Format to item and back: one file per pair, so what is lost is visible in one place.

pub mod mapi;
