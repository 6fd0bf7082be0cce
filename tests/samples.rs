//! The samples are what their program makes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../samples/make/main.rs"]
#[allow(dead_code, reason = "the program's own entry point is not called here")]
mod make;

/// The store in the repository is, byte for byte, what `make_samples` writes today.
#[test]
fn the_sample_store_is_what_its_program_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/mailbox.pst");
    let stored = std::fs::read(path).unwrap();
    let made = make::mailbox().unwrap();
    assert_eq!(
        stored.len(),
        made.len(),
        "make it again: cargo run --example make_samples"
    );
    let first = stored
        .iter()
        .zip(&made)
        .position(|(one, other)| one != other);
    assert_eq!(
        first, None,
        "first byte that differs; cargo run --example make_samples"
    );
}
