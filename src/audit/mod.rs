//! Accounts for every item of a run, and inspects stores.

pub mod inspect;
mod seen_item;
mod seen_message;
