//! Accounts for every item of a run.
