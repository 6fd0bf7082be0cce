//! Lists, tables and properties: heaps inside nodes, and what is built on them.
//!
//! *Spec*: \[MS-PST\] 2.3.

pub mod heap;
pub mod heap_tree;
pub mod property_context;
pub mod table_context;
pub mod value;

pub use heap::{Heap, HeapId};
pub use heap_tree::HeapTree;
pub use property_context::{PropertyContext, Record, Source};
pub use table_context::{Column, TableContext};
