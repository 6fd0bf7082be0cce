//! A sound store, and faults made in it one by one, each with the rule that it breaks.

use std::path::Path;

use airbridge::content::InMemory;
use airbridge::file_bytes::FileBytes;
use airbridge::mapi::{Attachment, AttachmentData, Guid, PropType, PropertyBag, Value};
use airbridge::pst::check::{self};
use airbridge::pst::ndb::encoding::Encoding;
use airbridge::pst::ndb::subnode::Subnodes;
use airbridge::pst::ndb::{BlockId, Database, NodeId, Notes, Spot};
use airbridge::pst::write::{FolderId, StoreWriter};
use std::sync::Arc;

use crate::image::{Image, number, set};
use crate::written::{named, note, options, property};

/// The contents table of the folder with messages.
const CONTENTS: u32 = 0x80AE;
/// That folder.
const FOLDER: u32 = 0x80A2;
/// Its messages.
const MESSAGE: u32 = 0x20_0024;
/// The message with a large body, recipients, attachments and a message in it.
const LARGE: u32 = 0x20_0044;

/// A file attached.
fn file(size: usize) -> Attachment {
    let properties = vec![
        property(0x3705, PropType::I32, Value::I32(1)),
        property(
            0x3707,
            PropType::STRING,
            Value::String("plan.txt".to_owned()),
        ),
    ];
    Attachment {
        props: PropertyBag::new(properties).0,
        data: AttachmentData::File(Arc::new(InMemory(vec![7; size]))),
    }
}

/// Writes the store: a folder of three messages, one of them large and with a message in it.
pub(crate) fn write_store(path: &Path) {
    let mut writer = StoreWriter::create(path, options()).unwrap();
    let folder: FolderId = writer
        .add_folder(writer.ipm_subtree(), "Work", None)
        .unwrap();
    writer.add_message(folder, &note("One", "first")).unwrap();
    let mut large = note("Two", &"long text ".repeat(3_000));
    let mut properties: Vec<_> = large.props.iter().cloned().collect();
    let lid = named(Guid::TASK, 0x8101, PropType::I32, Value::I32(2));
    properties.push(lid);
    large.props = PropertyBag::new(properties).0;
    large.recipients = vec![
        PropertyBag::new(vec![
            property(0x0C15, PropType::I32, Value::I32(1)),
            property(0x3001, PropType::STRING, Value::String("Ann".to_owned())),
        ])
        .0,
    ];
    let inner = Attachment {
        props: PropertyBag::new(vec![property(0x3705, PropType::I32, Value::I32(5))]).0,
        data: AttachmentData::Message(Box::new(note("Inner", "inside"))),
    };
    large.attachments = vec![file(10), file(40_000), inner];
    writer.add_message(folder, &large).unwrap();
    writer.add_message(folder, &note("Three", "last")).unwrap();
    writer.finish().unwrap();
}

/// A store whose parts can be found by what they are.
struct Parts<'i> {
    image: &'i Image,
    db: Database,
}

impl Parts<'_> {
    fn node(&self, nid: u32) -> (BlockId, BlockId) {
        let node = self.db.node(NodeId(nid)).unwrap().unwrap();
        (node.data, node.subnodes)
    }

    fn sub(&self, subnodes: BlockId, nid: u32) -> (BlockId, BlockId) {
        let all = Subnodes::read(&self.db, subnodes, &Notes::new(), Spot::default());
        let entry = all.get(NodeId(nid)).unwrap();
        (entry.data, entry.subnodes)
    }

    /// The first data block of a stream.
    fn leaf(&self, bid: BlockId) -> BlockId {
        let leaves = self.db.leaf_list(bid, 100, &Notes::new(), Spot::default());
        leaves[0]
    }

    /// A copy in which a block is edited, with its checksum made right.
    fn block(&self, bid: BlockId, edit: impl FnOnce(&mut [u8])) -> Vec<u8> {
        self.bytes(|bytes| self.edit(bytes, bid, edit))
    }

    fn edit(&self, bytes: &mut [u8], bid: BlockId, edit: impl FnOnce(&mut [u8])) {
        let entry = self.db.block(bid).unwrap();
        let at = entry.offset as usize;
        let data = &mut bytes[at..at + usize::from(entry.stored)];
        if bid.is_internal() {
            edit(data);
            return;
        }
        Encoding::Permute.decode(data, bid.0);
        edit(data);
        Encoding::Permute.encode(data, bid.0);
    }

    /// A copy in which bytes are edited, with the checksums of pages, blocks and header made right.
    fn bytes(&self, edit: impl FnOnce(&mut [u8])) -> Vec<u8> {
        let mut bytes = self.image.bytes.clone();
        edit(&mut bytes);
        self.image.repair(&mut bytes);
        bytes
    }

    /// A copy in which words of the data of a node are others.
    fn data(&self, nid: u32, from: &[u8], to: &[u8]) -> Vec<u8> {
        let bid = self.leaf(self.node(nid).0);
        self.block(bid, |data| replace(data, from, to))
    }

    /// Where the leaf entry of a node or block is.
    fn entry(&self, tree: u8, key: u64) -> usize {
        let mut leaves = self.image.leaves(tree).into_iter();
        leaves.find(|&(_, own)| own == key).unwrap().0
    }

    /// A copy in which a word of the entry of a node is another.
    fn node_word(&self, nid: u32, word: usize, value: u64) -> Vec<u8> {
        let at = self.entry(0x81, u64::from(nid)) + 8 * word;
        self.bytes(|bytes| set(bytes, at, 8, value))
    }
}

/// Puts other bytes in the place of the only ones that are so.
fn replace(data: &mut [u8], from: &[u8], to: &[u8]) {
    let mut found = data.windows(from.len()).enumerate();
    let (at, _) = found.find(|(_, window)| *window == from).unwrap();
    data[at..at + to.len()].copy_from_slice(to);
}

/// The record of a property: id, type, value.
fn record(id: u16, kind: u16, value: u32) -> Vec<u8> {
    let mut bytes = id.to_le_bytes().to_vec();
    bytes.extend(kind.to_le_bytes());
    bytes.extend(value.to_le_bytes());
    bytes
}

fn word(value: u32) -> [u8; 4] {
    value.to_le_bytes()
}

/// Offset of the page map of a heap block.
fn page_map(data: &[u8]) -> usize {
    number(data, 0, 2) as usize
}

/// Every fault, with the code of its rule.
pub(crate) fn all(image: &Image) -> Vec<(&'static str, Vec<u8>)> {
    let db = Database::open(FileBytes::in_memory(image.bytes.clone())).unwrap();
    let parts = Parts { image, db };
    let mut faults = header(&parts);
    faults.extend(pages(&parts));
    faults.extend(blocks(&parts));
    faults.extend(heaps(&parts));
    faults.extend(tables(&parts));
    faults.extend(messaging(&parts));
    faults.extend(said_twice(&parts));
    let known: Vec<_> = check::rules().map(|rule| rule.code).collect();
    assert!(faults.iter().all(|(code, _)| known.contains(code)));
    faults
}

fn header(parts: &Parts<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let at = |offset: usize, size: usize, value: u64| {
        parts.bytes(|bytes| set(bytes, offset, size, value))
    };
    vec![
        ("check.header.client", at(8, 2, 0)),
        ("check.header.version", at(10, 2, 22)),
        ("check.header.constant", at(12, 2, 3)),
        ("check.header.sentinel", at(512, 1, 0)),
        ("check.header.last-map", at(192, 8, 0)),
        ("check.header.next-page", at(32, 8, 1)),
        ("check.header.next-node", at(44 + 4 * 4, 4, 0x400)),
        // Of attachments, which are subnodes only.
        ("check.header.next-node", at(44 + 4 * 5, 4, 0x3FF)),
        ("check.page.id", at(216, 8, 3)),
        ("check.page.readable", at(224, 8, 1 << 40)),
        ("check.fmap.free", at(256, 1, 3)),
        ("check.row.version", at(40, 4, 1)),
        (
            "check.file.size",
            [&parts.image.bytes[..], &[0; 64]].concat(),
        ),
    ]
}

fn pages(parts: &Parts<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let leaf = parts.image.pages.iter().find(|page| page.level == 0);
    let leaf = *leaf.unwrap();
    let root = number(&parts.image.bytes, 224, 8) as usize;
    let other = number(&parts.image.bytes, root + 40, 8);
    let page = |edit: &dyn Fn(&mut [u8])| parts.bytes(|bytes| edit(&mut bytes[leaf.offset..]));
    vec![
        (
            "check.btree.order",
            page(&|page| page.copy_within(leaf.entry..leaf.entry + 8, 0)),
        ),
        ("check.btree.entries", page(&|page| page[489] = 7)),
        ("check.btree.level", page(&|page| page[491] = 3)),
        ("check.btree.empty", page(&|page| page[488] = 0)),
        // Both children of the root are one page.
        (
            "check.btree.loop",
            parts.bytes(|bytes| set(bytes, root + 16, 8, other)),
        ),
        (
            "check.node.id",
            parts.bytes(|bytes| bytes[parts.entry(0x81, 0x21) + 6] = 1),
        ),
        (
            "check.page.map-id",
            parts.bytes(|bytes| bytes[0x4400 + 504] ^= 1),
        ),
        (
            "check.dlist.entries",
            parts.bytes(|bytes| bytes[0x4201] = 200),
        ),
        (
            "check.pmap.full",
            parts.bytes(|bytes| {
                bytes[0x4600] = 0;
                let sum = airbridge::pst::ndb::checksum::crc(&bytes[0x4600..0x4600 + 496]);
                set(bytes, 0x4600 + 500, 4, u64::from(sum));
            }),
        ),
        (
            "check.amap.extra",
            parts.bytes(|bytes| bytes[0x4400 + 495] |= 1),
        ),
    ]
}

fn blocks(parts: &Parts<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let (data, subnodes) = parts.node(LARGE);
    let entry = parts.entry(0x80, data.0);
    let one = parts.node(MESSAGE).0;
    let place = number(&parts.image.bytes, entry + 8, 8);
    // The larger attachment is the second.
    let (attachment, below) = parts.sub(subnodes, attachment(parts, 1));
    let streams = Subnodes::read(&parts.db, below, &Notes::new(), Spot::default());
    let stream = streams.iter().find(|entry| entry.data.is_internal());
    let list = stream.unwrap().data;
    let data_entry = |at: usize, size: usize, value: u64| {
        parts.bytes(|bytes| set(bytes, entry + at, size, value))
    };
    vec![
        (
            "check.space.overlap",
            parts.bytes(|bytes| set(bytes, parts.entry(0x80, one.0) + 8, 8, place)),
        ),
        ("check.block.id", data_entry(0, 8, data.0 | 1)),
        ("check.block.place", data_entry(8, 8, place + 1)),
        ("check.block.place", data_entry(8, 8, 1 << 40)),
        ("check.block.missing", parts.node_word(LARGE, 1, 0x4_0000)),
        ("check.block.unused", {
            let at = parts.entry(0x81, u64::from(MESSAGE));
            parts.bytes(|bytes| {
                set(bytes, at + 8, 8, 0);
                set(bytes, parts.entry(0x80, one.0) + 18, 2, 1);
            })
        }),
        ("check.block.kind", parts.block(list, |data| data[0] = 9)),
        (
            "check.data-tree.total",
            parts.block(list, |data| data[4] ^= 1),
        ),
        (
            "check.data-tree.level",
            parts.block(list, |data| set(data, 8, 8, list.0)),
        ),
        (
            "check.data-tree.full",
            parts.block(list, |data| {
                let last = number(data, 2, 2) as usize - 1;
                data.copy_within(8 + 8 * last..16 + 8 * last, 8);
            }),
        ),
        (
            "check.subnodes.order",
            parts.block(subnodes, |data| data.copy_within(32..40, 8)),
        ),
        ("check.subnodes.root", parts.node_word(LARGE, 2, data.0)),
        (
            "check.subnodes.id",
            parts.block(subnodes, |data| data[14] = 1),
        ),
        ("check.block.padding", {
            let entry = parts.db.block(attachment).unwrap();
            let end = entry.offset as usize + usize::from(entry.stored);
            let gap = (end + 16).next_multiple_of(64) - 16 - end;
            assert!(gap > 0, "no padding to fill");
            parts.bytes(|bytes| bytes[end] = 1)
        }),
    ]
}

/// The nid of an attachment of the large message, by its number.
fn attachment(parts: &Parts<'_>, at: usize) -> u32 {
    let (_, subnodes) = parts.node(LARGE);
    let all = Subnodes::read(&parts.db, subnodes, &Notes::new(), Spot::default());
    let mut attachments = all.iter().filter(|entry| entry.nid.0 & 0x1F == 5);
    attachments.nth(at).unwrap().nid.0
}

fn heaps(parts: &Parts<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let bid = parts.leaf(parts.node(MESSAGE).0);
    let heap = |edit: &dyn Fn(&mut [u8])| parts.block(bid, edit);
    let (_, subnodes) = parts.node(LARGE);
    let inner = parts.sub(subnodes, attachment(parts, 2)).0;
    let table = parts.leaf(parts.node(CONTENTS).0);
    vec![
        ("check.heap.readable", parts.node_word(MESSAGE, 1, 0x4_0000)),
        ("check.heap.client", heap(&|data| data[3] = 0x7C)),
        ("check.heap.page-map", heap(&|data| set(data, 0, 2, 0xFFF0))),
        (
            "check.heap.offsets",
            heap(&|data| {
                let map = page_map(data);
                set(data, map + 4, 2, 14);
            }),
        ),
        (
            "check.heap.free-count",
            heap(&|data| {
                let map = page_map(data);
                set(data, map + 2, 2, 1);
            }),
        ),
        ("check.heap.fill", heap(&|data| data[8] ^= 3)),
        (
            "check.heap.allocation",
            heap(&|data| {
                let map = page_map(data);
                let count = number(data, map, 2);
                set(data, map, 2, count - 1);
            }),
        ),
        (
            "check.bth.records",
            heap(&|data| {
                // The records are the last allocation.
                let map = page_map(data);
                let end = map + 4 + 2 * number(data, map, 2) as usize;
                let offset = number(data, end, 2);
                set(data, end, 2, offset - 1);
            }),
        ),
        (
            "check.property.nul",
            heap(&|data| replace(data, &[b's', 0, b't', 0], &[b's', 0, 0, 0])),
        ),
        // `BTHHEADER` is the first allocation.
        ("check.bth.header", heap(&|data| data[12] = 0)),
        ("check.bth.header", heap(&|data| data[14] = 7)),
        (
            "check.bth.order",
            heap(&|data| replace(data, &record(0x0E08, 3, 0)[..4], &[0, 0, 3, 0])),
        ),
        (
            "check.property.type",
            heap(&|data| replace(data, &[0x07, 0x0E, 3, 0], &[0x07, 0x0E, 0x99, 0])),
        ),
        (
            "check.property.size",
            heap(&|data| replace(data, &[0x37, 0, 0x1F, 0], &[0x37, 0, 0x40, 0])),
        ),
        (
            "check.property.subnode",
            parts.block(inner, |data| {
                let at = data.len();
                let found = data
                    .windows(4)
                    .position(|window| window == [1, 0x37, 0x0D, 0]);
                let at = found.map_or(at, |found| found + 4);
                set(data, at, 4, 0x9999 << 5 | 0x1F);
            }),
        ),
        (
            "check.table.info",
            parts.block(table, |data| {
                let root = number(data, 4, 4) as usize >> 5;
                let map = page_map(data);
                let info = number(data, map + 4 + 2 * (root - 1), 2) as usize;
                data[info + 1] += 1;
            }),
        ),
    ]
}

fn tables(parts: &Parts<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let table = parts.leaf(parts.node(CONTENTS).0);
    // The description of a column: tag, offset, size, bit.
    let column = |edit: &dyn Fn(&mut [u8])| {
        parts.block(table, |data| {
            let tag = 0x0E08_0003_u32.to_le_bytes();
            let mut found = data.windows(4).enumerate();
            let (at, _) = found.find(|(_, window)| *window == tag).unwrap();
            edit(&mut data[at..at + 8]);
        })
    };
    let info = |edit: &dyn Fn(&mut [u8])| {
        parts.block(table, |data| {
            let root = number(data, 4, 4) as usize >> 5;
            let map = page_map(data);
            let at = number(data, map + 4 + 2 * (root - 1), 2) as usize;
            edit(&mut data[at..]);
        })
    };
    vec![
        (
            "check.table.column-order",
            column(&|own| set(own, 0, 4, 0x0001_0003)),
        ),
        ("check.table.column", column(&|own| set(own, 4, 2, 4))),
        ("check.table.column", column(&|own| own[6] = 2)),
        ("check.table.bit", column(&|own| own[7] = 0)),
        (
            "check.table.row-size",
            info(&|info| {
                let end = number(info, 8, 2);
                set(info, 8, 2, end + 1);
            }),
        ),
        (
            "check.table.row-id-column",
            parts.block(table, |data| {
                replace(data, &[3, 0, 0xF2, 0x67, 0, 0], &[3, 0, 0xF2, 0x67, 8, 0]);
            }),
        ),
        (
            "check.table.matrix",
            info(&|info| set(info, 14, 4, 0x9999 << 5 | 0x1F)),
        ),
        (
            "check.table.matrix-subnode",
            info(&|info| set(info, 14, 4, 0x9999 << 5 | 1)),
        ),
        (
            "check.table.hid-index",
            info(&|info| set(info, 18, 4, 0x20)),
        ),
        ("check.table.rows", info(&|info| set(info, 14, 4, 0))),
        (
            "check.table.columns",
            column(&|own| set(own, 0, 4, 0x0E09_0003)),
        ),
        (
            "check.table.parent",
            parts.node_word(CONTENTS, 3, u64::from(FOLDER)),
        ),
        (
            "check.template.columns",
            parts.data(0x60D, &[3, 0, 2, 0x36], &[3, 0, 1, 0x36]),
        ),
        (
            "check.template.places",
            parts.data(0x60D, &[3, 0, 0x35, 0x66], &[3, 0, 0x34, 0x66]),
        ),
    ]
}

fn messaging(parts: &Parts<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let (_, subnodes) = parts.node(LARGE);
    let attachments = parts.leaf(parts.sub(subnodes, 0x671).0);
    let recipients = parts.leaf(parts.sub(subnodes, 0x692).0);
    let first = parts.leaf(parts.sub(subnodes, attachment(parts, 0)).0);
    let embedded = parts.leaf(parts.sub(subnodes, attachment(parts, 2)).0);
    let own = attachment(parts, 0);
    let far = own + 0x20 * 500;
    let id = |id: u16, kind: u16| record(id, kind, 0)[..4].to_vec();
    vec![
        ("check.node.missing", parts.node_word(0x64C, 0, 0x64D)),
        ("check.node.optional", parts.node_word(0x261, 0, 0x262)),
        (
            "check.store.property",
            parts.data(0x21, &id(0x35E7, 0x102), &id(0x35E8, 0x102)),
        ),
        (
            "check.store.name",
            parts.data(0x21, &id(0x3001, 0x1F), &id(0x3002, 0x1F)),
        ),
        (
            "check.store.entry-id",
            parts.data(0x21, &word(0x8042), &word(0x9042)),
        ),
        (
            "check.names.bucket-count",
            parts.data(0x61, &record(1, 3, 251), &record(1, 3, 250)),
        ),
        (
            "check.names.stream",
            parts.data(0x61, &id(1, 3), &id(1, 11)),
        ),
        // An entry of the stream, which comes before those of buckets: Keywords is the first name.
        (
            "check.names.entry",
            parts.data(0x61, &[0, 0, 0, 0, 5, 0, 0, 0], &[0, 0, 0, 0, 5, 0, 9, 0]),
        ),
        (
            "check.names.buckets",
            parts.data(0x61, &[0, 0, 0, 0, 5, 0, 0, 0], &[0, 0, 0, 0, 3, 0, 0, 0]),
        ),
        (
            "check.folder.property",
            parts.data(FOLDER, &id(0x3603, 3), &id(0x3604, 3)),
        ),
        ("check.folder.tables", parts.node_word(CONTENTS, 0, 0x80AC)),
        ("check.folder.parent", parts.node_word(FOLDER, 3, 0x9002)),
        (
            "check.folder.parent",
            parts.node_word(0x122, 3, u64::from(FOLDER)),
        ),
        ("check.hierarchy.row", parts.node_word(FOLDER, 3, 0x8042)),
        ("check.folder.unlisted", parts.node_word(FOLDER, 0, 0x80A3)),
        ("check.folder.loop", {
            let at = parts.entry(0x81, 0x8022) + 24;
            parts.bytes(|bytes| set(bytes, at, 4, u64::from(FOLDER)))
        }),
        (
            "check.folder.unread",
            parts.data(FOLDER, &record(0x3603, 3, 0), &record(0x3603, 3, 2)),
        ),
        (
            "check.folder.subfolders",
            parts.data(FOLDER, &record(0x360A, 11, 0), &record(0x360A, 11, 1)),
        ),
        (
            "check.hierarchy.value",
            parts.data(FOLDER, &[b'W', 0, b'o', 0], &[b'X', 0]),
        ),
        (
            "check.contents.value",
            parts.data(MESSAGE, &[b'O', 0, b'n', 0], &[b'X', 0]),
        ),
        ("check.contents.row", parts.node_word(MESSAGE, 3, 0x8062)),
        ("check.message.parent", parts.node_word(MESSAGE, 3, 0x9002)),
        (
            "check.message.property",
            parts.data(MESSAGE, &id(0x001A, 0x1F), &id(0x001B, 0x1F)),
        ),
        (
            "check.message.optional",
            parts.data(MESSAGE, &id(0x300B, 0x102), &id(0x300C, 0x102)),
        ),
        (
            "check.message.tables",
            parts.block(subnodes, |data| replace(data, &word(0x692), &word(0x6B2))),
        ),
        (
            "check.message.recipients",
            parts.block(subnodes, |data| replace(data, &word(0x692), &word(0x693))),
        ),
        (
            "check.message.attachment-flag",
            parts.data(MESSAGE, &record(0x0E07, 3, 1), &record(0x0E07, 3, 0x11)),
        ),
        (
            "check.attachment.row",
            parts.block(attachments, |data| {
                // In the row index, and in the row.
                replace(data, &word(own), &word(far));
                replace(data, &word(own), &word(far));
            }),
        ),
        (
            "check.attachment.property",
            parts.block(first, |data| replace(data, &id(0x370B, 3), &id(0x370C, 3))),
        ),
        (
            "check.attachment.value",
            parts.block(first, |data| {
                replace(data, &record(0x3705, 3, 1), &record(0x3705, 3, 4));
            }),
        ),
        (
            "check.attachment.data",
            parts.block(embedded, |data| {
                replace(data, &id(0x3701, 0x0D), &id(0x3701, 0x102));
            }),
        ),
        (
            "check.recipient.type",
            parts.block(recipients, |data| {
                // The row: its id and version, then the cells.
                replace(data, &word(1), &word(9));
            }),
        ),
    ]
}

/// Places of all that is so.
fn places(data: &[u8], what: &[u8]) -> Vec<usize> {
    let windows = data.windows(what.len()).enumerate();
    let found = windows.filter(|(_, window)| *window == what);
    found.map(|(at, _)| at).collect()
}

/// What rows repeat of messages, folders and attachments.
fn said_twice(parts: &Parts<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let message = parts.leaf(parts.node(MESSAGE).0);
    let large = parts.leaf(parts.node(LARGE).0);
    let table = parts.leaf(parts.node(CONTENTS).0);
    let (_, subnodes) = parts.node(LARGE);
    let first = parts.leaf(parts.sub(subnodes, attachment(parts, 0)).0);
    let add = |data: &mut [u8], id: u16, more: u64| {
        let at = places(data, &record(id, 3, 0)[..4])[0] + 4;
        let value = number(data, at, 4);
        set(data, at, 4, value + more);
        value
    };
    let class = record(0x001A, 0x1F, 0)[..4].to_vec();
    let name = record(0x3001, 0x1F, 0)[..4].to_vec();
    vec![
        (
            "check.message.unlisted",
            parts.node_word(MESSAGE, 0, 0x20_0004),
        ),
        (
            "check.message.size",
            parts.block(message, |data| {
                add(data, 0x0E08, 2);
            }),
        ),
        // Row and message say another size than the blocks.
        (
            "check.message.size-other",
            parts.bytes(|bytes| {
                let mut size = 0;
                parts.edit(bytes, message, |data| size = add(data, 0x0E08, 2));
                let (from, to) = (word(size as u32), word(size as u32 + 2));
                parts.edit(bytes, table, |data| {
                    let at = *places(data, &from).last().unwrap();
                    data[at..at + 4].copy_from_slice(&to);
                });
            }),
        ),
        (
            "check.contents.size",
            parts.bytes(|bytes| {
                let mut size = 0;
                parts.edit(bytes, message, |data| size = add(data, 0x0E08, 0));
                parts.edit(bytes, table, |data| {
                    let at = *places(data, &word(size as u32)).last().unwrap();
                    data[at] ^= 1;
                });
            }),
        ),
        (
            "check.contents.only-row",
            parts.data(MESSAGE, &class, &record(0x001B, 0x1F, 0)[..4]),
        ),
        (
            "check.contents.conversation",
            parts.block(message, |data| {
                for at in places(data, &[b'O', 0, b'n', 0]) {
                    data[at] = b'X';
                }
            }),
        ),
        (
            "check.names.unknown",
            parts.block(large, |data| {
                let windows = data.windows(4).enumerate();
                let mut named = windows.filter(|(_, own)| own[1] == 0x80 && own[2..] == [3, 0]);
                let (at, _) = named.next().unwrap();
                data[at + 1] = 0x90;
            }),
        ),
        (
            "check.replication.node",
            parts.block(parts.leaf(parts.node(0xC01).0), |data| data[3] = 0x9D),
        ),
        ("check.folder.search", parts.node_word(0x2226, 0, 0x2225)),
        (
            "check.hierarchy.only-folder",
            parts.data(FOLDER, &name, &record(0x3000, 0x1F, 0)[..4]),
        ),
        (
            "check.attachment.size",
            parts.block(first, |data| {
                add(data, 0x0E20, 1);
            }),
        ),
    ]
}

/// A store in which subnodes are their own subnodes, so that a walk without bounds never ends.
pub(crate) fn in_circles(image: &Image) -> Vec<u8> {
    let db = Database::open(FileBytes::in_memory(image.bytes.clone())).unwrap();
    let parts = Parts { image, db };
    let (_, subnodes) = parts.node(LARGE);
    parts.block(subnodes, |data| {
        for entry in 0..number(data, 2, 2) as usize {
            set(data, 8 + 24 * entry + 16, 8, subnodes.0);
        }
    })
}
