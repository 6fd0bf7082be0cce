//! The shapes of BigContacts: its API payloads and its CSV.

pub mod blob_store;
pub mod contact_payload;
pub mod contact_rows;
pub mod contacts_csv;
pub mod no_column;
pub mod replica;
