//! Merging what two sides did to the same item: fields, registers, winners, conflicts. Pure.
//!
//! *Spec*: `formats/exchange.md`, sections 1 to 3 and 7.
//!
//! *Invariants*: no I/O, no clock, no randomness; merging is commutative, associative and
//! idempotent; a value that nobody saw is never removed.

pub mod fields;
pub mod held;
pub mod register;
pub mod state;
pub mod wire;

pub use fields::{EXISTS, Fields};
pub use held::Held;
pub use register::{Context, Dot, Prefer, Register, Sibling, Side, Stamp};
pub use state::{Conflict, State};
