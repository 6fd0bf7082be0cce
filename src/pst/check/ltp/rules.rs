//! The rules of heaps, trees in heaps, property contexts and tables.

use crate::pst::check::rule::rules;

rules! {
    HEAP_READABLE: Error "check.heap.readable",
        "the blocks of a heap can be read, and are no more than a heap has", "[MS-PST] 2.3.1";
    HEAP_SIGNATURE: Error "check.heap.signature",
        "bSig is 0xEC", "[MS-PST] 2.3.1.2";
    HEAP_CLIENT: Error "check.heap.client",
        "bClientSig is that of what the node holds: 0xBC properties, 0x7C a table",
        "[MS-PST] 2.3.1.2";
    HEAP_PAGE_MAP: Error "check.heap.page-map",
        "ibHnpm is even and the page map is in its block", "[MS-PST] 2.3.1.5, check.md 5";
    HEAP_OFFSETS: Error "check.heap.offsets",
        "allocations start behind the header of the block, rise, and end before the page map",
        "[MS-PST] 2.3.1.5";
    HEAP_FREE_COUNT: Error "check.heap.free-count",
        "cFree is the number of empty allocations", "[MS-PST] 2.3.1.5, check.md 5";
    HEAP_ALLOCATION_SIZE: Error "check.heap.allocation-size",
        "no allocation is larger than 3580 bytes", "[MS-PST] 2.3.3.3, check.md 5";
    HEAP_FILL: Note "check.heap.fill",
        "the fill level of a block is that of its free bytes", "[MS-PST] 2.3.1.2, check.md 5";
    HEAP_ALLOCATION: Error "check.heap.allocation",
        "a HID names an allocation of the heap", "[MS-PST] 2.3.1.1";
    BTH_HEADER: Error "check.bth.header",
        "bType is 0xB5, and cbKey, cbEnt and levels are those of what the tree holds",
        "[MS-PST] 2.3.2.1";
    BTH_RECORDS: Error "check.bth.records",
        "an allocation of a BTH is a whole number of records", "[MS-PST] 2.3.2.2";
    BTH_ORDER: Error "check.bth.order",
        "keys of a BTH rise", "[MS-PST] 2.3.2";
    BTH_PARENT_KEY: Error "check.bth.parent-key",
        "the key of an index record is the first key below it", "[MS-PST] 2.3.2.2";
    BTH_LOOP: Error "check.bth.loop",
        "no allocation is in a BTH twice", "[MS-PST] 2.3.2";
    PROPERTY_TYPE: Note "check.property.type",
        "the type of a property is one of MS-OXCDATA, and text is of the kind of the store",
        "[MS-PST] 2.1.1";
    PROPERTY_SIZE: Error "check.property.size",
        "a value has the size of its type; UTF-16 has an even one", "[MS-PST] 2.3.3.3";
    PROPERTY_LIST: Error "check.property.list",
        "the offsets of a list of values rise within it", "[MS-PST] 2.3.3.4";
    PROPERTY_NUL: Note "check.property.nul",
        "text has no NUL at its end", "check.md 6";
    PROPERTY_SUBNODE: Error "check.property.subnode",
        "a NID that stands for a value is a subnode", "[MS-PST] 2.3.3.2";
    PROPERTY_SUBNODE_TYPE: Note "check.property.subnode-type",
        "the subnode of a value is of type LTP", "check.md 7";
    TABLE_INFO: Error "check.table.info",
        "TCINFO has its signature and all its columns, and rgib rises", "[MS-PST] 2.3.4.1";
    TABLE_HID_INDEX: Note "check.table.hid-index",
        "hidIndex, which nothing uses any more, is 0", "[MS-PST] 2.3.4.1";
    TABLE_ORDER: Error "check.table.column-order",
        "columns are sorted by tag", "[MS-PST] 2.3.4.1";
    TABLE_COLUMN: Error "check.table.column",
        "a cell has the size of its type, and lies in the part of the row for that size, alone",
        "[MS-PST] 2.3.4.2";
    TABLE_BIT: Error "check.table.bit",
        "every column has a cell existence bit of its own", "[MS-PST] 2.3.4.2";
    TABLE_ROW_SIZE: Error "check.table.row-size",
        "the cell existence block has a bit for each column, and no byte more",
        "[MS-PST] 2.3.4.1";
    TABLE_ROW_ID: Error "check.table.row-id-column",
        "PidTagLtpRowId and PidTagLtpRowVer are the first 8 bytes and bits of a row",
        "[MS-PST] 2.3.4.4.1";
    TABLE_MATRIX: Error "check.table.matrix",
        "the row matrix is there, and is whole rows", "[MS-PST] 2.3.4.4";
    TABLE_MATRIX_NODE: Error "check.table.matrix-subnode",
        "the subnode of a row matrix is of type LTP", "[MS-PST] 2.3.4.4, check.md 7";
    TABLE_ROWS: Error "check.table.rows",
        "the row index has each row of the matrix once", "[MS-PST] 2.3.4.3";
    TABLE_ROW: Error "check.table.row",
        "dwRowID of a row is its key in the row index", "[MS-PST] 2.3.4.4.1";
    TABLE_CELL: Error "check.table.cell",
        "a cell that exists has its value", "[MS-PST] 2.3.4.4.2";
}
