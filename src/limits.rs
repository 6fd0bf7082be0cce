//! Every bound on input-driven work, in one place. They are published in `docs/architecture.md`.

/// Findings stored per collector; more are counted.
pub const FINDINGS_KEPT: usize = 1_000;

/// Levels of a node or block B-tree.
pub const BTREE_DEPTH: u8 = 20;

/// Levels of messages embedded in messages.
pub const EMBEDDED_DEPTH: u32 = 32;

/// Levels of folders in folders.
pub const FOLDER_DEPTH: u32 = 256;

/// Bytes of one property value held in memory; larger ones are streamed as content.
pub const VALUE_IN_MEMORY: u64 = 4 << 20;

/// Bytes of one table (heap and row matrix) or property heap held in memory.
pub const HEAP_IN_MEMORY: u64 = 64 << 20;

/// Values of one multi-valued property.
pub const MULTI_VALUES: usize = 100_000;

/// Properties of one object.
pub const PROPERTIES: usize = 16_384;

/// Recipients of one message.
pub const RECIPIENTS: usize = 100_000;

/// Attachments of one message.
pub const ATTACHMENTS: usize = 10_000;

/// Bytes that one compressed RTF body may inflate to.
pub const RTF_BYTES: usize = 64 << 20;

/// Groups nested in one RTF body.
pub const RTF_DEPTH: usize = 10_000;

/// Steps of one recurrence rule.
pub const RECURRENCE_STEPS: usize = 100_000;

/// Exceptions of one recurrence blob.
pub const RECURRENCE_EXCEPTIONS: usize = 10_000;

/// Bytes of a text that travels inside its record; larger ones become blobs.
pub const INLINE_TEXT: usize = 32 << 10;

/// Bytes of one part of a bundle, and of one entry in it, stored or inflated.
pub const BUNDLE_PART_BYTES: u64 = 2_000_000_000;

/// Bytes of entries made ready that wait in memory for their place in a bundle; more wait in files.
pub const SCRATCH_MEMORY: u64 = 24 << 20;

/// Payload entries of one part of a bundle.
pub const BUNDLE_PART_ENTRIES: usize = 60_000;

/// Bytes that all entries of one part may inflate to.
pub const BUNDLE_PART_INFLATED: u64 = 64 << 30;

/// Parts of one bundle.
pub const BUNDLE_PARTS: u32 = 999;

/// Bytes of a bundle's head.
pub const BUNDLE_HEAD_BYTES: u64 = 64 << 10;

/// Bytes of a bundle's signature.
pub const BUNDLE_SIGNATURE_BYTES: u64 = 4 << 10;

/// Bytes of a bundle's index.
pub const BUNDLE_INDEX_BYTES: u64 = 32 << 20;

/// Bytes of one line of a bundle's records, links, report, acknowledgements or conflicts.
pub const BUNDLE_LINE_BYTES: usize = 64 << 20;

/// Levels of JSON in one line of a bundle.
pub const BUNDLE_JSON_DEPTH: usize = 120;

/// Bytes of a key file or a file of allowed signers.
pub const KEY_FILE_BYTES: u64 = 1 << 20;

/// Bytes of one map, profile, picked list or contacts file.
pub const SHEET_BYTES: u64 = 512 << 20;

/// Cells of one row of a spreadsheet file.
pub const SHEET_COLUMNS: usize = 1_000;

/// Bytes of one cell of a spreadsheet file.
pub const SHEET_CELL: usize = 1 << 20;

/// Rows of a spreadsheet file whose quotes do not pair, before quotes lose their meaning.
pub const SHEET_BAD_QUOTES: usize = 16;

/// Lines of one map, rows of one picked list.
pub const MAP_LINES: usize = 1_000_000;

/// Contacts of one index.
pub const CONTACTS: usize = 5_000_000;

/// Bytes of one key (address, name, category) that contacts are looked up by.
pub const KEY_BYTES: usize = 1 << 10;

/// Distinct categories remembered for the report and for suggestions.
pub const CATEGORIES_SEEN: usize = 10_000;

/// Contacts remembered per category for suggestions.
pub const CATEGORY_CONTACTS: usize = 256;

/// Contacts compared for one name that is not exactly known.
pub const NAME_CANDIDATES: usize = 64;

/// Names whose nearest contacts are remembered during a run.
pub const NAMES_REMEMBERED: usize = 16_384;

/// Suggestions kept per item.
pub const SUGGESTIONS: usize = 5;
/// Subnodes of one node, and blocks of their tree.
pub const SUBNODES: usize = 200_000;

/// Nodes, and blocks, kept from stray pages of one damaged store.
pub const SALVAGED: usize = 1_000_000;

/// Levels of a B-tree on a heap.
pub const HEAP_TREE_DEPTH: u8 = 8;

/// Bytes of property values of one message held in memory, its embedded messages included; beyond
/// that values are streamed as content.
pub const MESSAGE_IN_MEMORY: u64 = 32 << 20;

/// Objects (messages, recipients, attachments) in one message, at any depth.
pub const MESSAGE_OBJECTS: u32 = 200_000;

/// Blocks of the rows of one table.
pub const ROW_BLOCKS: u64 = 65_536;

/// Named properties of one store.
pub const NAMES: usize = 0x8000;

/// Bytes of blocks read for one message, its attachments' data not counted.
pub const MESSAGE_BLOCKS: u64 = 512 << 20;

/// Folders of one store.
pub const FOLDERS: usize = 1_000_000;

/// Rows of one table.
pub const ROWS: usize = 20_000_000;

/// Bytes of one spool of a store being written that wait in memory; more wait in a file.
pub const SPOOL_MEMORY: usize = 1 << 20;

/// Messages of a store being written that keep their replication id.
pub const REPLICAS: usize = 500_000;

/// Bytes of rows of all folders of a store being written that wait in memory for their spool.
pub const ROWS_MEMORY: usize = 8 << 20;
