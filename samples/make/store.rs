//! A whole store in memory: every node of a small Unicode PST, read and written back.
//!
//! *Spec*: MS-PST 2.2.2 (pages), 2.2.2.8 (blocks), 2.6.1 (allocation). Only what the samples need:
//! Unicode, 512-byte pages, at most 128 allocation sections, plain data trees of one level.
//!
//! The crate that lays the first stone writes mail without named properties or embedded messages,
//! so the samples take its store apart into nodes, add what is missing, and write all of it anew:
//! blocks in node order, encoded with PERMUTE as Outlook does, B-trees in full pages, allocation
//! maps from the layout.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

/// Bytes of a page.
const PAGE: usize = 512;
/// Where the first allocation map page stands.
const FIRST_AMAP: u64 = 0x4400;
/// Bytes that one allocation map page describes, itself included.
const SECTION: u64 = 0x3_E000;
/// Bytes of a block without its trailer.
const BLOCK_DATA: usize = 8176;

/// A node or sub-node: a list of data blocks and the nodes beneath it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// The data, block by block, decoded. The partition matters to heaps and tables.
    pub(crate) data: Vec<Vec<u8>>,
    /// The sub-nodes by NID.
    pub(crate) subnodes: BTreeMap<u32, Node>,
}

/// A store: its header as a template, and every node with its parent.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    header: Vec<u8>,
    density_list: Vec<u8>,
    /// Node and NID of the parent, by NID.
    pub(crate) nodes: BTreeMap<u32, (Node, u32)>,
}

/// The checksum of MS-PST 5.3: CRC-32 with a zero start and no final inversion.
fn crc(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(bytes);
    hasher.finalize() ^ u32::MAX
}

/// The signature of MS-PST 5.5.
fn signature(offset: u64, id: u64) -> u16 {
    let [a, b, c, d, ..] = (offset ^ id).to_le_bytes();
    u16::from_le_bytes([c, d]) ^ u16::from_le_bytes([a, b])
}

/// `N` bytes at `at`.
pub(crate) fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    let slice = bytes.get(at..at + N).context("read past the end")?;
    Ok(slice.try_into()?)
}

/// A little-endian `u16` at `at`.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Result<u16> {
    bytes_at(bytes, at).map(u16::from_le_bytes)
}

/// A little-endian `u32` at `at`.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    bytes_at(bytes, at).map(u32::from_le_bytes)
}

/// A little-endian `u64` at `at`.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Result<u64> {
    bytes_at(bytes, at).map(u64::from_le_bytes)
}

/// Writes `value` over the bytes at `at`.
pub(crate) fn put(bytes: &mut [u8], at: usize, value: &[u8]) -> Result<()> {
    bytes
        .get_mut(at..at + value.len())
        .context("write past the end")?
        .copy_from_slice(value);
    Ok(())
}

/// The leaf entries of one B-tree of an existing store.
fn leaf_entries(file: &[u8], root: u64, depth: u8, out: &mut Vec<Vec<u8>>) -> Result<()> {
    ensure!(depth < 8, "B-tree is too deep");
    let page = file
        .get(usize::try_from(root)?..)
        .and_then(|rest| rest.get(..PAGE))
        .context("page past the end")?;
    let [count, _, size, level] = bytes_at(page, 488)?;
    for index in 0..usize::from(count) {
        let at = index * usize::from(size);
        let entry = page.get(at..at + usize::from(size)).context("entry")?;
        if level == 0 {
            out.push(entry.to_vec());
        } else {
            leaf_entries(file, u64_at(entry, 16)?, depth + 1, out)?;
        }
    }
    Ok(())
}

/// The blocks of a store that is read: place and length by block id.
struct Blocks<'a> {
    file: &'a [u8],
    places: BTreeMap<u64, (usize, usize)>,
}

impl Blocks<'_> {
    fn bytes(&self, id: u64) -> Result<&[u8]> {
        let (at, size) = *self.places.get(&(id & !1)).context("unknown block")?;
        self.file.get(at..at + size).context("block past the end")
    }

    fn data(&self, id: u64) -> Result<Vec<Vec<u8>>> {
        if id == 0 {
            return Ok(Vec::new());
        }
        let bytes = self.bytes(id)?;
        if id & 2 == 0 {
            return Ok(vec![bytes.to_vec()]);
        }
        let [kind, level, low, high] = bytes_at(bytes, 0)?;
        ensure!(kind == 1 && (1..=2).contains(&level), "not a data tree");
        let mut out = Vec::new();
        for index in 0..usize::from(u16::from_le_bytes([low, high])) {
            out.extend(self.data(u64_at(bytes, 8 + index * 8)?)?);
        }
        Ok(out)
    }

    fn node(&self, data: u64, subnodes: u64) -> Result<Node> {
        let mut node = Node {
            data: self.data(data)?,
            subnodes: BTreeMap::new(),
        };
        self.subnodes(subnodes, &mut node.subnodes)?;
        Ok(node)
    }

    fn subnodes(&self, id: u64, out: &mut BTreeMap<u32, Node>) -> Result<()> {
        if id == 0 {
            return Ok(());
        }
        let bytes = self.bytes(id)?;
        let [kind, level, low, high] = bytes_at(bytes, 0)?;
        ensure!(kind == 2 && level <= 1, "not a sub-node tree");
        for index in 0..usize::from(u16::from_le_bytes([low, high])) {
            if level == 1 {
                self.subnodes(u64_at(bytes, 16 + index * 16)?, out)?;
            } else {
                let at = 8 + index * 24;
                let node = self.node(u64_at(bytes, at + 8)?, u64_at(bytes, at + 16)?)?;
                out.insert(u32_at(bytes, at)?, node);
            }
        }
        Ok(())
    }
}

/// Changes a store that the crate wrote into what Outlook would write, in place: sub-nodes of heaps
/// and tables get the type 0x1F; and when `encode` is set, data blocks are encoded with PERMUTE.
pub(crate) fn as_outlook(file: &mut [u8], encode: bool) -> Result<()> {
    ensure!(file.get(513) == Some(&0), "the store is encoded");
    let mut entries = Vec::new();
    leaf_entries(file, u64_at(file, 240)?, 0, &mut entries)?;
    let mut places = BTreeMap::new();
    for entry in &entries {
        let place = (
            usize::try_from(u64_at(entry, 8)?)?,
            usize::from(u16_at(entry, 16)?),
        );
        places.insert(u64_at(entry, 0)? & !1, place);
    }
    let mut leaves = Vec::new();
    leaf_entries(file, u64_at(file, 224)?, 0, &mut leaves)?;
    let mut waiting = Vec::new();
    for leaf in &leaves {
        waiting.push((true, u64_at(leaf, 8)?, u64_at(leaf, 16)?));
    }
    while let Some((heap, data, subnodes)) = waiting.pop() {
        if heap && data != 0 {
            renumber_node(file, &places, data)?;
        }
        if subnodes == 0 {
            continue;
        }
        let (at, _) = *places.get(&(subnodes & !1)).context("unknown block")?;
        let [kind, level, low, high] = bytes_at(file, at)?;
        ensure!(kind == 2, "not a sub-node tree");
        for index in 0..usize::from(u16::from_le_bytes([low, high])) {
            if level > 0 {
                waiting.push((false, 0, u64_at(file, at + 16 + index * 16)?));
                continue;
            }
            let entry = at + 8 + index * 24;
            let nid = u32_at(file, entry)?;
            let plain = matches!(nid & 31, 1 | 31);
            if nid & 31 == 1 {
                put(file, entry, &(nid | 31).to_le_bytes())?;
            }
            waiting.push((!plain, u64_at(file, entry + 8)?, u64_at(file, entry + 16)?));
        }
    }
    for (id, (at, size)) in &places {
        let bytes = file
            .get_mut(*at..*at + *size)
            .context("block past the end")?;
        if encode && id & 2 == 0 {
            bytes.iter_mut().for_each(|byte| *byte = permute(*byte));
        }
        let sum = crc(bytes);
        let trailer = at + (size + 16).next_multiple_of(64) - 16;
        put(file, trailer + 4, &sum.to_le_bytes())?;
    }
    put(file, 513, &[u8::from(encode)])?;
    sum_header(file)
}

/// Renumbers the references in the heap of one node.
fn renumber_node(file: &mut [u8], places: &BTreeMap<u64, (usize, usize)>, data: u64) -> Result<()> {
    let mut ids = vec![data];
    if data & 2 != 0 {
        let (at, _) = *places.get(&(data & !1)).context("unknown block")?;
        let [kind, level, low, high] = bytes_at(file, at)?;
        ensure!((kind, level) == (1, 1), "a heap of more than one XBLOCK");
        ids.clear();
        for index in 0..usize::from(u16::from_le_bytes([low, high])) {
            ids.push(u64_at(file, at + 8 + index * 8)?);
        }
    }
    let mut spots = Vec::new();
    let mut blocks = Vec::new();
    for id in &ids {
        let (at, size) = *places.get(&(id & !1)).context("unknown block")?;
        spots.push(at);
        blocks.push(
            file.get(at..at + size)
                .context("block past the end")?
                .to_vec(),
        );
    }
    super::heap::renumber(&mut blocks)?;
    for (at, block) in spots.iter().zip(&blocks) {
        put(file, *at, block)?;
    }
    Ok(())
}

/// Writes the two checksums of a header.
fn sum_header(file: &mut [u8]) -> Result<()> {
    let partial = crc(file.get(8..479).context("header")?);
    put(file, 4, &partial.to_le_bytes())?;
    let full = crc(file.get(8..524).context("header")?);
    put(file, 524, &full.to_le_bytes())
}

impl Store {
    /// Takes an unencoded Unicode store apart.
    pub(crate) fn read(file: &[u8]) -> Result<Self> {
        ensure!(
            file.starts_with(b"!BDN") && u16_at(file, 10)? == 23,
            "not a Unicode store"
        );
        ensure!(file.get(513) == Some(&0), "the store is encoded");
        let mut entries = Vec::new();
        leaf_entries(file, u64_at(file, 240)?, 0, &mut entries)?;
        let mut blocks = Blocks {
            file,
            places: BTreeMap::new(),
        };
        for entry in &entries {
            let place = (
                usize::try_from(u64_at(entry, 8)?)?,
                u16_at(entry, 16)?.into(),
            );
            blocks.places.insert(u64_at(entry, 0)? & !1, place);
        }
        let mut leaves = Vec::new();
        leaf_entries(file, u64_at(file, 224)?, 0, &mut leaves)?;
        let mut nodes = BTreeMap::new();
        for entry in &leaves {
            let node = blocks.node(u64_at(entry, 8)?, u64_at(entry, 16)?)?;
            nodes.insert(u32_at(entry, 0)?, (node, u32_at(entry, 24)?));
        }
        Ok(Self {
            header: file.get(..564).context("header")?.to_vec(),
            density_list: file.get(0x4200..0x4400).context("density list")?.to_vec(),
            nodes,
        })
    }

    /// The bytes of the store.
    pub(crate) fn write(&self) -> Result<Vec<u8>> {
        let mut writer = Writer::default();
        writer.file.resize(usize::try_from(FIRST_AMAP)?, 0);
        let mut leaves = Vec::new();
        for (nid, (node, parent)) in &self.nodes {
            let (data, subnodes) = writer.node(node)?;
            let mut leaf = u64::from(*nid).to_le_bytes().to_vec();
            leaf.extend(data.to_le_bytes());
            leaf.extend(subnodes.to_le_bytes());
            leaf.extend(u64::from(*parent).to_le_bytes());
            leaves.push(leaf);
        }
        let nodes = writer.tree(0x81, leaves)?;
        let mut block_leaves = Vec::new();
        for (id, at, size) in &writer.blocks {
            let mut leaf = id.to_le_bytes().to_vec();
            leaf.extend(at.to_le_bytes());
            leaf.extend(size.to_le_bytes());
            leaf.extend(2_u16.to_le_bytes());
            leaf.extend([0; 4]);
            block_leaves.push(leaf);
        }
        let blocks = writer.tree(0x80, block_leaves)?;
        let free = writer.maps()?;
        let Writer {
            mut file,
            ids,
            pages,
            ..
        } = writer;

        let mut header = self.header.clone();
        let last_map = file.len() as u64 - SECTION;
        put(&mut header, 32, &(pages + 1).to_le_bytes())?;
        put(&mut header, 184, &(file.len() as u64).to_le_bytes())?;
        put(&mut header, 192, &last_map.to_le_bytes())?;
        put(&mut header, 200, &free.to_le_bytes())?;
        put(&mut header, 208, &[0; 8])?;
        for (at, (id, place)) in [(216, nodes), (232, blocks)] {
            put(&mut header, at, &id.to_le_bytes())?;
            put(&mut header, at + 8, &place.to_le_bytes())?;
        }
        put(&mut header, 248, &[2])?;
        put(&mut header, 513, &[1])?;
        put(&mut header, 516, &((ids + 1) * 4).to_le_bytes())?;
        self.count_node_ids(&mut header)?;
        sum_header(&mut header)?;
        put(&mut file, 0, &header)?;

        let mut list = self.density_list.clone();
        put(&mut list, 0, &[0; 496])?;
        let id = u64_at(&list, 504)?;
        put(&mut list, 496, &[0x86, 0x86])?;
        put(&mut list, 498, &signature(0x4200, id).to_le_bytes())?;
        let sum = crc(list.get(..496).context("density list")?);
        put(&mut list, 500, &sum.to_le_bytes())?;
        put(&mut file, 0x4200, &list)?;
        Ok(file)
    }

    /// Raises `rgnid`, the last index in use for each type of node.
    fn count_node_ids(&self, header: &mut [u8]) -> Result<()> {
        fn visit(nid: u32, node: &Node, header: &mut [u8]) -> Result<()> {
            let at = 44 + 4 * usize::try_from(nid & 31)?;
            let last = u32_at(header, at)?.max(nid >> 5);
            put(header, at, &last.to_le_bytes())?;
            for (nid, node) in &node.subnodes {
                visit(*nid, node, header)?;
            }
            Ok(())
        }
        for (nid, (node, _)) in &self.nodes {
            visit(*nid, node, header)?;
        }
        Ok(())
    }
}

/// The file as it grows.
#[derive(Debug, Default)]
struct Writer {
    file: Vec<u8>,
    ids: u64,
    pages: u64,
    blocks: Vec<(u64, u64, u16)>,
    taken: Vec<(u64, u64)>,
}

impl Writer {
    /// Room for `size` bytes, aligned, clear of the map pages and of section borders.
    fn room(&mut self, size: usize, align: u64) -> Result<usize> {
        loop {
            let end = self.file.len() as u64;
            let inside = (end - FIRST_AMAP) % SECTION;
            let section = (end - FIRST_AMAP) / SECTION;
            let maps = if section.is_multiple_of(8) { 2 } else { 1 } * PAGE as u64;
            if inside < maps {
                self.taken.push((end, maps - inside));
                self.file.resize(usize::try_from(end + maps - inside)?, 0);
                continue;
            }
            let at = end.next_multiple_of(align);
            let border = FIRST_AMAP + (section + 1) * SECTION;
            if at + size as u64 > border {
                self.file.resize(usize::try_from(border)?, 0);
                continue;
            }
            self.taken.push((at, size as u64));
            self.file.resize(usize::try_from(at)? + size, 0);
            return Ok(usize::try_from(at)?);
        }
    }

    fn block(&mut self, bytes: &[u8], internal: bool) -> Result<u64> {
        ensure!(
            bytes.len() <= BLOCK_DATA,
            "a block of {} bytes",
            bytes.len()
        );
        self.ids += 1;
        let id = self.ids * 4 + if internal { 2 } else { 0 };
        let whole = (bytes.len() + 16).next_multiple_of(64);
        let at = self.room(whole, 64)?;
        let stored: Vec<u8> = if internal {
            bytes.to_vec()
        } else {
            bytes.iter().map(|byte| permute(*byte)).collect()
        };
        put(&mut self.file, at, &stored)?;
        let size = u16::try_from(bytes.len())?;
        let trailer = at + whole - 16;
        put(&mut self.file, trailer, &size.to_le_bytes())?;
        put(
            &mut self.file,
            trailer + 2,
            &signature(at as u64, id).to_le_bytes(),
        )?;
        put(&mut self.file, trailer + 4, &crc(&stored).to_le_bytes())?;
        put(&mut self.file, trailer + 8, &id.to_le_bytes())?;
        self.blocks.push((id, at as u64, size));
        Ok(id)
    }

    fn node(&mut self, node: &Node) -> Result<(u64, u64)> {
        let mut ids = Vec::new();
        let mut total = 0;
        for bytes in &node.data {
            total += bytes.len();
            ids.push(self.block(bytes, false)?);
        }
        let data = match ids.as_slice() {
            [] => 0,
            [one] => *one,
            many => {
                ensure!(many.len() <= 1021, "a stream of more than one XBLOCK");
                let mut tree = vec![1, 1];
                tree.extend(u16::try_from(many.len())?.to_le_bytes());
                tree.extend(u32::try_from(total)?.to_le_bytes());
                tree.extend(many.iter().flat_map(|id| id.to_le_bytes()));
                self.block(&tree, true)?
            }
        };
        if node.subnodes.is_empty() {
            return Ok((data, 0));
        }
        ensure!(
            node.subnodes.len() <= 340,
            "more than one SLBLOCK of sub-nodes"
        );
        let mut tree = vec![2, 0];
        tree.extend(u16::try_from(node.subnodes.len())?.to_le_bytes());
        tree.extend([0; 4]);
        for (nid, node) in &node.subnodes {
            let (data, subnodes) = self.node(node)?;
            tree.extend(u64::from(*nid).to_le_bytes());
            tree.extend(data.to_le_bytes());
            tree.extend(subnodes.to_le_bytes());
        }
        Ok((data, self.block(&tree, true)?))
    }

    /// Writes a B-tree of full pages from its leaf entries in key order; gives its root.
    fn tree(&mut self, kind: u8, mut entries: Vec<Vec<u8>>) -> Result<(u64, u64)> {
        for level in 0_u8..8 {
            let size = entries.first().context("an empty B-tree")?.len();
            let most = 488 / size;
            let mut above = Vec::new();
            let mut root = (0, 0);
            for chunk in entries.chunks(most) {
                self.pages += 1;
                let id = self.pages;
                let at = self.room(PAGE, PAGE as u64)?;
                let mut page = chunk.concat();
                let key = u64_at(&page, 0)?;
                page.resize(488, 0);
                for number in [chunk.len(), most, size] {
                    page.push(u8::try_from(number)?);
                }
                page.push(level);
                page.resize(496, 0);
                let sum = crc(&page);
                page.extend([kind, kind]);
                page.extend(signature(at as u64, id).to_le_bytes());
                page.extend(sum.to_le_bytes());
                page.extend(id.to_le_bytes());
                put(&mut self.file, at, &page)?;
                root = (id, at as u64);
                let mut parent = key.to_le_bytes().to_vec();
                parent.extend(id.to_le_bytes());
                parent.extend((at as u64).to_le_bytes());
                above.push(parent);
            }
            if above.len() == 1 {
                return Ok(root);
            }
            entries = above;
        }
        bail!("a B-tree of more than eight levels")
    }

    /// Fills the last section, writes the map pages, and gives the number of free bytes.
    fn maps(&mut self) -> Result<u64> {
        let sections = (self.file.len() as u64 - FIRST_AMAP).div_ceil(SECTION);
        ensure!(sections <= 128, "more than 128 allocation sections");
        self.file
            .resize(usize::try_from(FIRST_AMAP + sections * SECTION)?, 0);
        let mut free = 0;
        for section in 0..sections {
            let start = FIRST_AMAP + section * SECTION;
            let mut map = vec![0_u8; 496];
            for (at, size) in &self.taken {
                let (from, to) = (*at / 64, (*at + *size).div_ceil(64));
                for slot in from.max(start / 64)..to.min((start + SECTION) / 64) {
                    let bit = usize::try_from(slot - start / 64)?;
                    let byte = map.get_mut(bit / 8).context("map")?;
                    *byte |= 0x80 >> (bit % 8);
                }
            }
            free += map
                .iter()
                .map(|byte| u64::from(byte.count_zeros()))
                .sum::<u64>()
                * 64;
            self.map_page(start, 0x84, &map)?;
            if section.is_multiple_of(8) {
                self.map_page(start + PAGE as u64, 0x83, &[0xFF; 496])?;
            }
        }
        Ok(free)
    }

    fn map_page(&mut self, at: u64, kind: u8, map: &[u8]) -> Result<()> {
        let mut page = map.to_vec();
        let sum = crc(&page);
        page.extend([kind, kind, 0, 0]);
        page.extend(sum.to_le_bytes());
        page.extend(at.to_le_bytes());
        put(&mut self.file, usize::try_from(at)?, &page)
    }
}

/// One byte encoded by `NDB_CRYPT_PERMUTE` (MS-PST 5.1).
fn permute(byte: u8) -> u8 {
    PERMUTE.get(usize::from(byte)).copied().unwrap_or(byte)
}

/// The encoding table of MS-PST 5.1.
#[rustfmt::skip]
const PERMUTE: [u8; 256] = [
    65, 54, 19, 98, 168, 33, 110, 187, 244, 22, 204, 4, 127, 100, 232, 93,
    30, 242, 203, 42, 116, 197, 94, 53, 210, 149, 71, 158, 150, 45, 154, 136,
    76, 125, 132, 63, 219, 172, 49, 182, 72, 95, 246, 196, 216, 57, 139, 231,
    35, 59, 56, 142, 200, 193, 223, 37, 177, 32, 165, 70, 96, 78, 156, 251,
    170, 211, 86, 81, 69, 124, 85, 0, 7, 201, 43, 157, 133, 155, 9, 160,
    143, 173, 179, 15, 99, 171, 137, 75, 215, 167, 21, 90, 113, 102, 66, 191,
    38, 74, 107, 152, 250, 234, 119, 83, 178, 112, 5, 44, 253, 89, 58, 134,
    126, 206, 6, 235, 130, 120, 87, 199, 141, 67, 175, 180, 28, 212, 91, 205,
    226, 233, 39, 79, 195, 8, 114, 128, 207, 176, 239, 245, 40, 109, 190, 48,
    77, 52, 146, 213, 14, 60, 34, 50, 229, 228, 249, 159, 194, 209, 10, 129,
    18, 225, 238, 145, 131, 118, 227, 151, 230, 97, 138, 23, 121, 164, 183, 220,
    144, 122, 92, 140, 2, 166, 202, 105, 222, 80, 26, 17, 147, 185, 82, 135,
    88, 252, 237, 29, 55, 73, 27, 106, 224, 41, 51, 153, 189, 108, 217, 148,
    243, 64, 84, 111, 240, 198, 115, 184, 214, 62, 101, 24, 68, 31, 221, 103,
    16, 241, 12, 25, 236, 174, 3, 161, 20, 123, 169, 11, 255, 248, 163, 192,
    162, 1, 247, 46, 188, 36, 104, 117, 13, 254, 186, 47, 181, 208, 218, 61,
];
