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

/// Entries of the directory of one compound file.
pub const COMPOUND_ENTRIES: usize = 1 << 19;

/// Folders of one store.
pub const FOLDERS: usize = 1_000_000;

/// Rows of one table.
pub const ROWS: usize = 20_000_000;

/// Levels of parts in parts of one mail.
pub const MIME_DEPTH: usize = 100;

/// Parts of one mail, at any depth.
pub const MIME_PARTS: usize = 10_000;

/// Bytes of one header block of a mail, and of all of them, held in memory.
pub const MIME_HEADER_BYTES: u64 = 16 << 20;

/// Fields of one header block.
pub const MIME_FIELDS: usize = 100_000;

/// Parameters of one header field.
pub const MIME_PARAMETERS: usize = 1_000;

/// Bytes of one text part held in memory; a larger one is an attachment.
pub const MIME_TEXT_BYTES: u64 = 16 << 20;

/// Files of many items that stay open after they were counted, until they are read.
pub const FILES_KEPT_OPEN: usize = 8;

/// Bytes of a mail that is held in memory while it is read; of a longer one, pieces are.
pub const MIME_HELD: u64 = 128 << 10;

/// Items of their own in one mail: events of its calendars, cards.
pub const INSIDE: usize = 10_000;

/// Elements of a signed envelope that are read on the way to its content, and through it.
pub const CMS_ELEMENTS: usize = 1_000_000;

/// Pieces in pieces of the content of a signed envelope.
pub const CMS_DEPTH: usize = 32;

/// Bytes of what has to be decoded or put together before it is read that are held in memory; more
/// go through an unnamed file.
pub const SPOOLED: usize = 4 << 20;

/// Lines before the header of a mail that are passed over.
pub const MIME_JUNK_LINES: usize = 64;

/// Bytes of one vCard held in memory; of a larger one the beginning is read.
pub const CARD_BYTES: u64 = 32 << 20;

/// Cards of one file.
pub const CARDS: usize = 4_000_000;

/// Properties of one vCard.
pub const CARD_PROPERTIES: usize = 100_000;

/// Cards of a file that members of its groups are looked for in.
pub const CARD_MEMBERS: usize = 200_000;

/// Values of one list in a vCard; the last one keeps the rest.
pub const CARD_VALUES: usize = 10_000;

/// Parameters of one content line, and values of one of them.
pub const LINE_PARAMS: usize = 1_000;

/// Bytes of one calendar entry held in memory, those of its changed occurrences included; of a
/// larger one the beginning is read.
pub const CALENDAR_ENTRY_BYTES: u64 = 48 << 20;

/// Lines of one calendar entry, those of its changed occurrences included.
pub const CALENDAR_LINES: usize = 100_000;

/// Components in components of a calendar.
pub const CALENDAR_DEPTH: usize = 32;

/// Components of one calendar file.
pub const CALENDAR_COMPONENTS: usize = 10_000_000;

/// Bytes of the properties of a calendar itself, and of one time zone in it.
pub const CALENDAR_HEAD_BYTES: u64 = 1 << 20;

/// Time zones of one calendar file.
pub const CALENDAR_ZONES: usize = 20_000;

/// Bytes of a line that are looked at to tell components apart.
pub const CALENDAR_LINE_HEAD: usize = 4 << 10;

/// Bytes of a calendar in UTF-16, which is held in memory as a whole.
pub const CALENDAR_UTF16_BYTES: u64 = 64 << 20;

/// Changes of clock of one time zone.
pub const ZONE_CHANGES: usize = 20_000;

/// Dates of one list of a recurrence.
pub const RECURRENCE_DATES: usize = 100_000;

/// Steps of the rule that stands for dates without a rule.
pub const DATES_AS_SERIES: usize = 1_000;

/// Bytes of one row of a table of contacts, appointments, tasks or mails.
pub const CSV_ROW: u64 = 16 << 20;

/// Rows of one such table.
pub const CSV_ROWS: usize = 1 << 22;

/// Bytes of such a table by which its code page is guessed.
pub const CSV_GUESSED: usize = 4 << 20;

/// Archives in archives.
pub const ARCHIVE_DEPTH: usize = 8;

/// Archives met inside archives in one run.
pub const ARCHIVES_NESTED: u64 = 4_096;

/// Bytes of archives unpacked from archives in one run.
pub const ARCHIVES_UNPACKED: u64 = 64 << 30;

/// Entries of one archive.
pub const ARCHIVE_ENTRIES: u64 = 2_000_000;

/// How many times larger than its packed bytes an entry of an archive may be…
pub const ARCHIVE_RATIO: u64 = 200;

/// … once it is larger than this many bytes.
pub const ARCHIVE_RATIO_FROM: u64 = 32 << 20;

/// Bytes of an unpacked entry that are held in memory; larger ones go through an unnamed file.
pub const ARCHIVE_IN_MEMORY: u64 = 1 << 20;

/// Levels of XML kept of one item.
pub const XML_DEPTH: usize = 64;

/// Elements of XML kept of one item.
pub const XML_ELEMENTS: usize = 1_000_000;

/// Bytes of XML of one item.
pub const XML_ITEM_BYTES: u64 = 64 << 20;

/// Bytes of one spool of a store being written that wait in memory; more wait in a file.
pub const SPOOL_MEMORY: usize = 1 << 20;

/// Messages of a store being written that keep their replication id.
pub const REPLICAS: usize = 500_000;

/// Bytes of rows of all folders of a store being written that wait in memory for their spool.
pub const ROWS_MEMORY: usize = 8 << 20;

/// Stores of a split that are open at once; those before them are closed.
pub const STORES_AT_ONCE: usize = 24;

/// Values of one field that wait for a decision between them.
pub const SIBLINGS: usize = 256;

/// Breaches of one rule that a check of a store keeps; more are counted.
pub const BREACHES_OF_RULE: u64 = 100;

/// How often a check may read a store over: tables are compared with what they list.
pub const CHECK_READS: u64 = 16;

/// Bytes of one value that a check reads to compare it.
pub const CHECK_VALUE: u64 = 1 << 20;

/// Bytes of a stream of the name map that a check reads.
pub const CHECK_NAMES: u64 = 16 << 20;

/// Levels of subnodes in subnodes that a check goes down.
pub const SUBNODE_DEPTH: usize = 64;

/// Rows of one table that a check compares.
pub const CHECK_ROWS: usize = 50_000_000;

/// Meetings in one calendar file that is written.
pub const CALENDAR_MEETINGS: usize = 1_000;

/// Folders in folders that files of their own are put into.
pub const FILE_FOLDERS: usize = 4;
