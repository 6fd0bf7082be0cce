//! Heaps inside nodes, and the property contexts and tables on them, written.
//!
//! *Spec*: \[MS-PST\] 2.3.

pub(crate) mod heap;
pub(crate) mod heap_tree;
pub(crate) mod object;
pub(crate) mod shape;
pub(crate) mod table;

pub(crate) use heap::HeapWriter;
pub(crate) use heap_tree::HeapTreeWriter;
pub(crate) use object::{ObjectWriter, WrittenObject};
pub(crate) use shape::Shape;
pub(crate) use table::{Cell, TableWriter};
