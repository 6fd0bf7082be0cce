//! Tests of the mapping.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
