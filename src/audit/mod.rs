//! Accounts for every item of a run, and inspects stores.

pub mod inspect;
