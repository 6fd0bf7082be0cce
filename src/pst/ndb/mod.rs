//! The node database: a file of pages and blocks, two B-trees over them, and byte streams on top.
//!
//! *Spec*: \[MS-PST\] 2.2.

pub mod block;
pub mod block_id;
pub mod btree;
pub mod cache;
pub mod checksum;
pub mod data_tree;
pub mod database;
pub mod encoding;
pub mod format;
pub mod header;
pub mod node_id;
pub mod note;
pub mod page;
pub mod salvage;
pub mod subnode;

pub use block::BlockEntry;
pub use block_id::BlockId;
pub use btree::NodeEntry;
pub use database::Database;
pub use format::Format;
pub use node_id::{NodeId, NodeKind};
pub use note::{Fault, Notes, Spot};
