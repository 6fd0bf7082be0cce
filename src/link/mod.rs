//! Decides to which CRM contacts an item belongs, and why.
pub mod keys;
