//! Property contexts: the properties of one object, decoded, changed, encoded; and one cell of a
//! table.
//!
//! *Spec*: MS-PST 2.3.1 (heap-on-node), 2.3.2 (BTree-on-heap), 2.3.3 (property context), 2.3.4
//! (tables).

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use super::store::{Node, bytes_at, put, u16_at, u32_at};

/// Bytes of the largest allocation of a heap.
const MOST: usize = 3580;
/// Bytes of a heap block.
const BLOCK: usize = 8176;

/// A value to write.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// `PtypInteger32`.
    Int(u32),
    /// `PtypBoolean`.
    Bool(bool),
    /// `PtypString`.
    Text(String),
    /// `PtypBinary`.
    Bytes(Vec<u8>),
    /// `PtypMultipleString`.
    Texts(Vec<String>),
    /// `PtypObject`: a sub-node and its size.
    Object(u32, u32),
}

/// The stored form of a value.
#[derive(Debug, Clone)]
enum Stored {
    Inline(u32),
    Heap(Vec<u8>),
    Node(u32),
}

/// UTF-16LE, as MS-PST stores text.
pub(crate) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A property context.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    records: BTreeMap<u16, (u16, Stored)>,
}

/// The allocation of a heap id.
fn allocation(blocks: &[Vec<u8>], id: u32) -> Result<(usize, usize, usize)> {
    let block = usize::try_from(id >> 16)?;
    let index = usize::try_from((id >> 5) & 0x7FF)?;
    let bytes = blocks.get(block).context("heap block")?;
    let map = usize::from(u16_at(bytes, 0)?);
    let start = u16_at(
        bytes,
        map + 4 + (index.checked_sub(1).context("index 0")?) * 2,
    )?;
    let end = u16_at(bytes, map + 4 + index * 2)?;
    Ok((block, start.into(), end.into()))
}

fn heap_bytes(blocks: &[Vec<u8>], id: u32) -> Result<&[u8]> {
    let (block, start, end) = allocation(blocks, id)?;
    let bytes = blocks.get(block).context("heap block")?;
    bytes.get(start..end).context("heap allocation")
}

fn tree_records(blocks: &[Vec<u8>], root: u32, level: u8, size: usize) -> Result<Vec<Vec<u8>>> {
    if root == 0 {
        return Ok(Vec::new());
    }
    let bytes = heap_bytes(blocks, root)?;
    if level == 0 {
        return Ok(bytes.chunks_exact(size).map(<[u8]>::to_vec).collect());
    }
    let mut out = Vec::new();
    for entry in bytes.chunks_exact(6) {
        out.extend(tree_records(blocks, u32_at(entry, 2)?, level - 1, size)?);
    }
    Ok(out)
}

impl Properties {
    /// Decodes the property context of a node.
    pub(crate) fn read(node: &Node) -> Result<Self> {
        let first = node.data.first().context("a node without data")?;
        ensure!(
            bytes_at::<2>(first, 2)? == [0xEC, 0xBC],
            "not a property context"
        );
        let header = heap_bytes(&node.data, u32_at(first, 4)?)?;
        let [kind, key, entry, levels] = bytes_at(header, 0)?;
        ensure!((kind, key, entry) == (0xB5, 2, 6), "not a property tree");
        let mut records = BTreeMap::new();
        for record in tree_records(&node.data, u32_at(header, 4)?, levels, 8)? {
            let (kind, value) = (u16_at(&record, 2)?, u32_at(&record, 4)?);
            let stored = if matches!(kind, 0x02 | 0x03 | 0x04 | 0x0A | 0x0B) {
                Stored::Inline(value)
            } else if value == 0 {
                Stored::Heap(Vec::new())
            } else if value & 31 == 0 {
                Stored::Heap(heap_bytes(&node.data, value)?.to_vec())
            } else {
                Stored::Node(value)
            };
            records.insert(u16_at(&record, 0)?, (kind, stored));
        }
        Ok(Self { records })
    }

    /// The bytes of a property that is kept in the heap.
    pub(crate) fn bytes(&self, id: u16) -> Option<&[u8]> {
        match self.records.get(&id) {
            Some((_, Stored::Heap(bytes))) => Some(bytes),
            _ => None,
        }
    }

    /// The text of a property.
    pub(crate) fn text(&self, id: u16) -> Option<String> {
        let units: Vec<u16> = self
            .bytes(id)?
            .chunks_exact(2)
            .filter_map(|pair| u16_at(pair, 0).ok())
            .collect();
        Some(String::from_utf16_lossy(&units))
    }

    /// Adds or replaces a property.
    pub(crate) fn set(&mut self, id: u16, value: Value) -> Result<()> {
        let record = match value {
            Value::Int(number) => (0x03, Stored::Inline(number)),
            Value::Bool(flag) => (0x0B, Stored::Inline(flag.into())),
            Value::Text(text) => (0x1F, Stored::Heap(utf16(&text))),
            Value::Bytes(bytes) => (0x102, Stored::Heap(bytes)),
            Value::Texts(texts) => {
                let texts: Vec<_> = texts.iter().map(|text| utf16(text)).collect();
                let mut bytes = u32::try_from(texts.len())?.to_le_bytes().to_vec();
                let mut at = 4 + 4 * texts.len();
                for text in &texts {
                    bytes.extend(u32::try_from(at)?.to_le_bytes());
                    at += text.len();
                }
                bytes.extend(texts.concat());
                (0x101F, Stored::Heap(bytes))
            }
            Value::Object(nid, size) => {
                let bytes = [nid.to_le_bytes(), size.to_le_bytes()].concat();
                (0x0D, Stored::Heap(bytes))
            }
        };
        self.records.insert(id, record);
        Ok(())
    }

    /// Removes a property.
    pub(crate) fn remove(&mut self, id: u16) {
        self.records.remove(&id);
    }

    /// Encodes the context into the data of its node; the sub-nodes stay.
    pub(crate) fn write(&self, node: &mut Node) -> Result<()> {
        let mut heap = Heap::new();
        let mut leaf = Vec::new();
        for (id, (kind, stored)) in &self.records {
            leaf.extend(id.to_le_bytes());
            leaf.extend(kind.to_le_bytes());
            let value = match stored {
                Stored::Inline(value) | Stored::Node(value) => *value,
                Stored::Heap(bytes) if bytes.is_empty() => 0,
                Stored::Heap(bytes) => heap.add(bytes.clone())?,
            };
            leaf.extend(value.to_le_bytes());
        }
        let root = heap.add(leaf)?;
        let mut header = vec![0xB5, 2, 6, 0];
        header.extend(root.to_le_bytes());
        let user_root = heap.add(header)?;
        node.data = heap.finish(0xBC, user_root)?;
        Ok(())
    }
}

/// A heap-on-node as it is filled, block by block.
#[derive(Debug)]
struct Heap {
    blocks: Vec<Vec<Vec<u8>>>,
}

impl Heap {
    fn new() -> Self {
        Self {
            blocks: vec![Vec::new()],
        }
    }

    /// The allocations of an existing heap; their ids stay the same when they are written back.
    fn read(blocks: &[Vec<u8>]) -> Result<Self> {
        let mut out = Vec::new();
        for (number, bytes) in blocks.iter().enumerate() {
            let map = usize::from(u16_at(bytes, 0)?);
            let mut allocations = Vec::new();
            for index in 1..=u32::from(u16_at(bytes, map)?) {
                let id = u32::try_from(number)? << 16 | index << 5;
                allocations.push(heap_bytes(blocks, id)?.to_vec());
            }
            out.push(allocations);
        }
        Ok(Self { blocks: out })
    }

    fn get_mut(&mut self, id: u32) -> Result<&mut Vec<u8>> {
        let block = self.blocks.get_mut(usize::try_from(id >> 16)?);
        let index = usize::try_from((id >> 5) & 0x7FF)?.checked_sub(1);
        let found = block
            .zip(index)
            .and_then(|(block, index)| block.get_mut(index));
        found.context("heap allocation")
    }

    /// Room taken in a block by these allocations, its header and its map.
    fn size(allocations: &[Vec<u8>], first: bool) -> usize {
        let bytes: usize = allocations.iter().map(Vec::len).sum();
        (if first { 12 } else { 2 }) + bytes.next_multiple_of(2) + 6 + 2 * allocations.len()
    }

    fn add(&mut self, bytes: Vec<u8>) -> Result<u32> {
        ensure!(
            bytes.len() <= MOST,
            "a value of {} bytes does not fit a heap",
            bytes.len()
        );
        let first = self.blocks.len() == 1;
        let block = self.blocks.last_mut().context("a heap has a block")?;
        block.push(bytes);
        if Self::size(block, first) > BLOCK {
            let bytes = block.pop().context("just pushed")?;
            self.blocks.push(vec![bytes]);
        }
        let index = self.blocks.last().map_or(0, Vec::len);
        ensure!(self.blocks.len() <= 8, "a heap of more than eight blocks");
        Ok(u32::try_from((self.blocks.len() - 1) << 16 | index << 5)?)
    }

    fn finish(self, client: u8, root: u32) -> Result<Vec<Vec<u8>>> {
        let last = self.blocks.len() - 1;
        let mut levels = [0_u8; 4];
        let mut out = Vec::new();
        for (number, allocations) in self.blocks.iter().enumerate() {
            let free = BLOCK - Self::size(allocations, number == 0);
            let level = levels.get_mut(number / 2).context("fill level")?;
            *level |= fill_level(free) << (4 * (number % 2));
            let mut bytes = vec![0; if number == 0 { 12 } else { 2 }];
            let mut offsets = Vec::new();
            for allocation in allocations {
                offsets.push(bytes.len());
                bytes.extend(allocation);
            }
            offsets.push(bytes.len());
            bytes.resize(bytes.len().next_multiple_of(2), 0);
            let map = u16::try_from(bytes.len())?;
            put(&mut bytes, 0, &map.to_le_bytes())?;
            bytes.extend(u16::try_from(allocations.len())?.to_le_bytes());
            let freed = allocations.iter().filter(|bytes| bytes.is_empty()).count();
            bytes.extend(u16::try_from(freed)?.to_le_bytes());
            for offset in offsets {
                bytes.extend(u16::try_from(offset)?.to_le_bytes());
            }
            if number < last {
                bytes.resize(BLOCK, 0);
            }
            out.push(bytes);
        }
        let first = out.first_mut().context("a heap has a block")?;
        put(first, 2, &[0xEC, client])?;
        put(first, 4, &root.to_le_bytes())?;
        put(first, 8, &levels)?;
        Ok(out)
    }
}

/// The fill level of a block with so many free bytes (MS-PST 2.3.1.2).
fn fill_level(free: usize) -> u8 {
    const BOUNDS: [usize; 15] = [
        3584, 2560, 2048, 1792, 1536, 1280, 1024, 768, 512, 256, 128, 64, 32, 16, 8,
    ];
    let level = BOUNDS.iter().position(|bound| free >= *bound);
    u8::try_from(level.unwrap_or(15)).unwrap_or(15)
}

/// Heap ids of the leaves of a BTree-on-heap.
fn leaves(blocks: &[Vec<u8>], root: u32, level: u8) -> Result<Vec<u32>> {
    if root == 0 || level == 0 {
        return Ok(vec![root]);
    }
    let mut out = Vec::new();
    for entry in heap_bytes(blocks, root)?.chunks_exact(6) {
        out.extend(leaves(blocks, u32_at(entry, 2)?, level - 1)?);
    }
    Ok(out)
}

/// Makes every reference to a sub-node of type 1 one to type 0x1F, the type that Outlook gives the
/// sub-nodes of heaps and tables and that libpst goes by. The length of the blocks stays.
pub(crate) fn renumber(blocks: &mut [Vec<u8>]) -> Result<()> {
    let first = blocks.first().context("a heap without data")?;
    let (Ok(client @ [0xEC, _]), Ok(root)) = (bytes_at::<2>(first, 2), u32_at(first, 4)) else {
        return Ok(()); // a queue or a list, which is no heap
    };
    let mut places = Vec::new();
    if client == [0xEC, 0x7C] {
        let (block, start, _) = allocation(blocks, root)?;
        places.push((block, start + 14));
    } else if client == [0xEC, 0xBC] {
        let header = heap_bytes(blocks, root)?;
        let [.., levels] = bytes_at::<4>(header, 0)?;
        for leaf in leaves(blocks, u32_at(header, 4)?, levels)? {
            if leaf != 0 {
                let (block, start, end) = allocation(blocks, leaf)?;
                places.extend((start..end).step_by(8).map(|at| (block, at + 4)));
            }
        }
    }
    for (block, at) in places {
        let block = blocks.get_mut(block).context("heap block")?;
        // In a property record the type comes before the value; values of four bytes are no
        // references.
        let inline = client == [0xEC, 0xBC] && matches!(u16_at(block, at - 2)?, 2..=4 | 0xA | 0xB);
        let value = u32_at(block, at)?;
        if !inline && value & 31 == 1 {
            put(block, at, &(value | 31).to_le_bytes())?;
        }
    }
    Ok(())
}

/// A table as its descriptor has it.
struct Table {
    /// Tag, offset, size and bit of each column.
    columns: Vec<(u32, usize, u8, u8)>,
    width: usize,
    bitmap: usize,
    /// Heap id or sub-node of the rows.
    rows: u32,
}

impl Table {
    fn read(node: &Node) -> Result<Self> {
        let first = node.data.first().context("a table without data")?;
        let info = heap_bytes(&node.data, u32_at(first, 4)?)?;
        let [kind, count] = bytes_at(info, 0)?;
        ensure!(kind == 0x7C, "not a table");
        let mut columns = Vec::new();
        for number in 0..usize::from(count) {
            let column = bytes_at::<8>(info, 22 + number * 8)?;
            let [.., size, bit] = column;
            columns.push((u32_at(&column, 0)?, u16_at(&column, 4)?.into(), size, bit));
        }
        Ok(Self {
            columns,
            width: u16_at(info, 8)?.into(),
            bitmap: u16_at(info, 6)?.into(),
            rows: u32_at(info, 14)?,
        })
    }

    /// Calls `change` with each row.
    fn each_row(
        &self,
        node: &mut Node,
        mut change: impl FnMut(&mut [u8]) -> Result<()>,
    ) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let (blocks, start, end) = if self.rows & 31 == 0 {
            let (block, start, end) = allocation(&node.data, self.rows)?;
            let block = node.data.get_mut(block).context("heap block")?;
            (std::slice::from_mut(block), start, end)
        } else {
            let matrix = node.subnodes.get_mut(&self.rows).context("row matrix")?;
            (matrix.data.as_mut_slice(), 0, BLOCK)
        };
        for block in blocks {
            let end = end.min(block.len());
            let rows = block.get_mut(start..end).context("rows")?;
            rows.chunks_exact_mut(self.width)
                .try_for_each(&mut change)?;
        }
        Ok(())
    }
}

/// Sets the fixed-width cell of column `id` in row `row` of a table, when the table has that
/// column.
pub(crate) fn set_cell(node: &mut Node, row: u32, id: u16, value: &[u8]) -> Result<()> {
    let table = Table::read(node)?;
    let column = table
        .columns
        .iter()
        .find(|(tag, ..)| tag >> 16 == u32::from(id));
    let Some((_, offset, size, bit)) = column.copied() else {
        return Ok(());
    };
    ensure!(
        usize::from(size) == value.len(),
        "column {id:#06x} holds {size} bytes"
    );
    let mut found = false;
    table.each_row(node, |bytes| {
        if u32_at(bytes, 0)? == row {
            found = true;
            put(bytes, offset, value)?;
            let at = table.bitmap + usize::from(bit / 8);
            let set = bytes.get(at).copied().context("bitmap")? | (0x80 >> (bit % 8));
            put(bytes, at, &[set])?;
        }
        Ok(())
    })?;
    ensure!(found, "no row {row:#x}");
    Ok(())
}

/// Takes the NUL off the end of every text in a node and all beneath it: the crate terminates
/// texts, Outlook does not (MS-PST 2.3.3.3 stores the length with the allocation).
pub(crate) fn strip_terminators(node: &mut Node) -> Result<()> {
    for node in node.subnodes.values_mut() {
        strip_terminators(node)?;
    }
    let Some(first) = node.data.first() else {
        return Ok(());
    };
    match bytes_at::<2>(first, 2) {
        Ok([0xEC, 0xBC]) => {
            let mut props = Properties::read(node)?;
            for (kind, stored) in props.records.values_mut() {
                if let (0x1F, Stored::Heap(bytes)) = (*kind, stored) {
                    cut(bytes);
                }
            }
            props.write(node)
        }
        Ok([0xEC, 0x7C]) => {
            let root = u32_at(first, 4)?;
            let table = Table::read(node)?;
            let mut heap = Heap::read(&node.data)?;
            let texts: Vec<usize> = table
                .columns
                .iter()
                .filter(|(tag, ..)| tag & 0xFFFF == 0x1F)
                .map(|(_, offset, ..)| *offset)
                .collect();
            table.each_row(node, |row| {
                for offset in &texts {
                    let id = u32_at(row, *offset)?;
                    if id != 0 && id & 31 == 0 {
                        cut(heap.get_mut(id)?);
                    }
                }
                Ok(())
            })?;
            node.data = heap.finish(0x7C, root)?;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Takes a terminator off UTF-16 text that is more than the terminator alone.
fn cut(text: &mut Vec<u8>) {
    if text.len() > 2 && text.ends_with(&[0, 0]) {
        text.truncate(text.len() - 2);
    }
}
