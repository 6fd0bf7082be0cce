//! The shapes of BigContacts: its API payloads and its CSV.

pub mod contact_payload;
pub mod contacts_csv;
