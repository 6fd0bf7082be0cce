//! One row of the tables of `docs/fidelity.md`, which every mapping can tell.

/// What becomes of one property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The part of the table: `every kind`, `contact`, …
    pub part: &'static str,
    /// Name of the property in its format.
    pub property: String,
    /// Path of the field in the record; empty when the property is left out.
    pub field: String,
    /// How it is kept.
    pub how: String,
}
