//! The rules of the node database.

use crate::pst::check::rule::rules;

rules! {
    HEADER_CRC: Error "check.header.crc",
        "the checksums of the header are right", "[MS-PST] 2.2.2.6";
    HEADER_CLIENT: Error "check.header.client",
        "wMagicClient is SM, or SO in an OST", "[MS-PST] 2.2.2.6";
    HEADER_VERSION: Error "check.header.version",
        "wVer is 14 or 15 (ANSI), 23 (Unicode), 36 or 37 (4096-byte pages), and the pages are of \
         that format", "[MS-PST] 2.2.2.6";
    HEADER_CONSTANT: Note "check.header.constant",
        "fields of one allowed value have it: wVerClient, platforms, cbPMapFree, reserved ones",
        "[MS-PST] 2.2.2.6";
    HEADER_SENTINEL: Error "check.header.sentinel",
        "bSentinel is 0x80", "[MS-PST] 2.2.2.6";
    HEADER_ENCODING: Error "check.header.encoding",
        "bCryptMethod is 0, 1 or 2, and what the blocks are encoded with", "[MS-PST] 2.2.2.6";
    HEADER_FILE_END: Error "check.header.file-end",
        "ibFileEof is the size of the file", "[MS-PST] 2.2.2.5";
    HEADER_MAPS_VALID: Error "check.header.maps-valid",
        "fAMapValid is not 0: the maps of space were written before the store was closed",
        "[MS-PST] 2.2.2.5";
    HEADER_LAST_MAP: Error "check.header.last-map",
        "ibAMapLast is the offset of the last AMap page", "[MS-PST] 2.2.2.5";
    HEADER_FREE: Error "check.header.free",
        "cbAMapFree is the free space of all AMap pages", "[MS-PST] 2.2.2.5";
    HEADER_NEXT_BLOCK: Error "check.header.next-block",
        "bidNextB is above every block id in use", "[MS-PST] 2.2.2.6";
    HEADER_NEXT_PAGE: Error "check.header.next-page",
        "bidNextP is above every page id in use", "[MS-PST] 2.2.2.6";
    HEADER_NEXT_NODE: Error "check.header.next-node",
        "rgnid covers the index of every node, attachments and LTP subnodes included",
        "[MS-PST] 2.2.2.6, check.md 1";
    FILE_SIZE: Error "check.file.size",
        "the file ends with a whole section; not of ANSI stores", "check.md 2";
    PAGE_READABLE: Error "check.page.readable",
        "the page is in the file and its entries fit in it", "[MS-PST] 2.2.2.7";
    PAGE_TYPE: Error "check.page.type",
        "both copies of ptype are that of the page", "[MS-PST] 2.2.2.7.1";
    PAGE_CRC: Error "check.page.crc",
        "the checksum of a page is right", "[MS-PST] 2.2.2.7.1, 5.3";
    PAGE_SIGNATURE: Error "check.page.signature",
        "wSig of a page is made of its id and offset; of a map page it is 0",
        "[MS-PST] 2.2.2.7.1, 5.5";
    PAGE_ID: Error "check.page.id",
        "the id of a page is that of the reference to it", "[MS-PST] 2.2.2.7.1";
    MAP_PAGE_ID: Note "check.page.map-id",
        "the id of a map page is its offset", "[MS-PST] 2.2.2.7.1";
    TREE_ENTRIES: Error "check.btree.entries",
        "cEnt, cEntMax and cbEnt are those of a page of that tree and level",
        "[MS-PST] 2.2.2.7.7.1";
    TREE_EMPTY: Error "check.btree.empty",
        "a page below the root has entries", "[MS-PST] 2.2.2.7.7.1";
    TREE_LEVEL: Error "check.btree.level",
        "a page is one level below its parent", "[MS-PST] 2.2.2.7.7.1";
    TREE_LOOP: Error "check.btree.loop",
        "no page is in the trees twice", "[MS-PST] 2.2.2.7.7";
    TREE_ORDER: Error "check.btree.order",
        "keys rise, and stay below the next key of the parent", "[MS-PST] 2.2.2.7.7";
    TREE_PARENT_KEY: Error "check.btree.parent-key",
        "the key of an inner entry is the first key of its page", "[MS-PST] 2.2.2.7.7.2";
    NODE_ID: Note "check.node.id",
        "the upper half of a nid is 0", "[MS-PST] 2.2.2.7.7.4";
    BLOCK_ID: Note "check.block.id",
        "bit 0 of a block id is 0", "[MS-PST] 2.2.2.2";
    BLOCK_PLACE: Error "check.block.place",
        "a block is aligned, in the file, and not larger than a block may be",
        "[MS-PST] 2.2.2.8";
    BLOCK_SIZE: Error "check.block.size",
        "cb of the trailer is that of the block B-tree", "[MS-PST] 2.2.2.8.1";
    BLOCK_CRC: Error "check.block.crc",
        "the checksum of a block is right", "[MS-PST] 2.2.2.8.1, 5.3";
    BLOCK_SIGNATURE: Error "check.block.signature",
        "wSig of a block is made of its id and offset", "[MS-PST] 2.2.2.8.1, 5.5";
    BLOCK_BACK_ID: Error "check.block.back-id",
        "the id in the trailer is that of the block B-tree", "[MS-PST] 2.2.2.8.1";
    BLOCK_PADDING: Note "check.block.padding",
        "the bytes between the data of a block and its trailer are 0", "[MS-PST] 2.2.2.8.2";
    BLOCK_INFLATE: Error "check.block.inflate",
        "a deflated block inflates to the size that the block B-tree says", "check.md 11";
    BLOCK_REFERENCES: Error "check.block.references",
        "cRef is the number of references to the block, and one",
        "[MS-PST] 2.2.2.7.7.3.1, check.md 3";
    BLOCK_UNUSED: Note "check.block.unused",
        "something refers to every block", "[MS-PST] 2.6.1.1.7";
    BLOCK_MISSING: Error "check.block.missing",
        "a block that is referred to is in the block B-tree", "[MS-PST] 2.2.2.7.7.3";
    BLOCK_KIND: Error "check.block.kind",
        "internal blocks are XBLOCK, XXBLOCK, SLBLOCK or SIBLOCK, and complete",
        "[MS-PST] 2.2.2.8.3";
    DATA_TREE_LEVEL: Error "check.data-tree.level",
        "an XBLOCK lists data blocks, an XXBLOCK lists XBLOCKs", "[MS-PST] 2.2.2.8.3.2";
    DATA_TREE_TOTAL: Error "check.data-tree.total",
        "lcbTotal is the sum of the blocks below", "[MS-PST] 2.2.2.8.3.2";
    DATA_TREE_FULL: Error "check.data-tree.full",
        "every block of a stream but the last is full, and every XBLOCK of an XXBLOCK",
        "[MS-PST] 2.2.2.8.3.2, check.md 4";
    SUBNODE_ORDER: Error "check.subnodes.order",
        "nids of a subnode tree rise", "[MS-PST] 2.2.2.8.3.3";
    SUBNODE_ID: Note "check.subnodes.id",
        "the upper half of a nid is 0", "[MS-PST] 2.2.2.8.3.3.1.1";
    SUBNODE_ROOT: Error "check.subnodes.root",
        "bidSub is an internal block", "[MS-PST] 2.2.2.7.7.4, 2.2.2.8.3.3";
    SUBNODE_LEVEL: Error "check.subnodes.level",
        "a SIBLOCK lists SLBLOCKs, under their first nid", "[MS-PST] 2.2.2.8.3.3.2";
    SPACE_OVERLAP: Error "check.space.overlap",
        "no two pages or blocks overlap", "[MS-PST] 2.6.1.1.1";
    AMAP_MISSING: Error "check.amap.missing",
        "the AMap marks all space that pages and blocks use", "[MS-PST] 2.2.2.7.2";
    AMAP_EXTRA: Note "check.amap.extra",
        "the AMap marks no space that nothing uses", "[MS-PST] 2.2.2.7.2";
    FMAP: Note "check.fmap.free",
        "an FMap byte is the longest free run of its section, or 0xFF", "[MS-PST] 2.2.2.7.5";
    PMAP: Note "check.pmap.full",
        "PMap and FPMap pages, which nothing uses any more, are full of ones",
        "[MS-PST] 2.2.2.7.3, 2.2.2.7.6";
    DLIST: Note "check.dlist.entries",
        "entries of the DList name sections of the file", "[MS-PST] 2.2.2.7.4";
}
