//! The shapes of BigContacts: its API payloads and its CSV.

pub mod contacts_csv;
