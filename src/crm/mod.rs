//! The shapes of BigContacts: its API payloads and its CSV.
