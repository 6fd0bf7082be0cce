//! The database of blocks and pages, written front to back.
//!
//! *Spec*: \[MS-PST\] 2.2.

pub(crate) mod btree;
pub(crate) mod data_tree;
pub(crate) mod header;
pub(crate) mod map_page;
pub(crate) mod space;
pub(crate) mod spool;
pub(crate) mod subnode_tree;

pub(crate) use data_tree::DataTree;
pub(crate) use space::Space;
pub(crate) use spool::Spool;
