//! The ledger: what was sent, what was agreed.
