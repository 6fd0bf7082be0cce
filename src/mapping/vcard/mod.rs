//! vCards to items.
