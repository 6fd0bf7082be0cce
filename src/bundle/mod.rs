//! The signed exchange bundle: layout, records, head, signature, verification.
