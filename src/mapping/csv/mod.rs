//! Rows of tables to items.
