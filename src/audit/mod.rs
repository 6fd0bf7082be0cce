//! Accounts for every item of a run.

pub mod account;

pub use account::{Accounting, Outcome};
