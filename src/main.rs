//! airbridge
fn main() {}
