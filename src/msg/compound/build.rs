//! A tree of storages and streams as the bytes of a compound file.
//!
//! *Spec*: MS-CFB 2. The same tree always gives the same bytes.
//!
//! *Shape*: header, FAT, DIFAT, directory, mini FAT, small streams, large streams; every part in
//! sectors that follow each other. Sectors are of 512 bytes (version 3), as Outlook writes them, or
//! of 4096 (version 4) where the file would be larger than 2 GiB, and then it leaves out the sector
//! that Windows locks ranges with.
//!
//! *Invariants*: streams are read when the file is, one after the other, and never held whole.

use std::collections::VecDeque;
use std::io::{self, Read};

use crate::content::Content;

use super::directory::NAME_UNITS;
use super::header::{DIFAT_IN_HEADER, MAGIC};
use super::reader::{Part, Reader, Short};
use super::tree::Node;
use super::{CUTOFF, END_OF_CHAIN, ENTRY, FREE, MINI_SECTOR, NO_STREAM};

/// `FATSECT`.
const FAT_SECTOR: u32 = 0xFFFF_FFFD;
/// `DIFSECT`.
const DIFAT_SECTOR: u32 = 0xFFFF_FFFC;
/// Where the sector is that no stream may be in, and the end of files of version 3.
const RANGE_LOCK: u64 = 0x7FFF_FF00;

/// The bytes of a compound file; the streams in it are read when it is.
#[derive(Debug)]
pub struct StorageBytes {
    /// The first is the root.
    nodes: Vec<Node>,
    shape: Shape,
}

/// How many sectors each part takes.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    sector: u64,
    fat: u64,
    difat: u64,
    directory: u64,
    mini_fat: u64,
    mini: u64,
    large: u64,
    /// Bytes of small streams, each in whole mini sectors.
    mini_bytes: u64,
}

impl Shape {
    fn of(nodes: &[Node]) -> Self {
        let narrow = Self::with(nodes, 512);
        if narrow.bytes() <= RANGE_LOCK {
            return narrow;
        }
        Self::with(nodes, 4096)
    }

    fn with(nodes: &[Node], sector: u64) -> Self {
        let (small, large): (Vec<u64>, Vec<u64>) = nodes
            .iter()
            .map(Node::size)
            .partition(|size| *size < CUTOFF);
        let sum = |sizes: &[u64], unit: u64| {
            let units = sizes.iter().map(|size| size.div_ceil(unit));
            units.fold(0, u64::saturating_add)
        };
        let mini_sectors = sum(&small, MINI_SECTOR);
        let mini_bytes = mini_sectors.saturating_mul(MINI_SECTOR);
        let mut shape = Self {
            sector,
            fat: 0,
            difat: 0,
            directory: ((nodes.len() as u64).saturating_mul(ENTRY as u64)).div_ceil(sector),
            mini_fat: mini_sectors.saturating_mul(4).div_ceil(sector),
            mini: mini_bytes.div_ceil(sector),
            large: sum(&large, sector),
            mini_bytes,
        };
        // The FAT has a place for its own sectors too: a few rounds settle it.
        loop {
            let fat = shape.numbers().saturating_mul(4).div_ceil(sector);
            let in_header = DIFAT_IN_HEADER as u64;
            let difat = fat.saturating_sub(in_header).div_ceil(sector / 4 - 1);
            if (fat, difat) == (shape.fat, shape.difat) {
                return shape;
            }
            (shape.fat, shape.difat) = (fat, difat);
        }
    }

    /// The number of the sector that is left out; none of a file that ends before it.
    fn lock(&self) -> Option<u64> {
        let lock = (RANGE_LOCK / self.sector).saturating_sub(1);
        (self.sectors() > lock).then_some(lock)
    }

    /// Sectors with the one that is left out.
    fn numbers(&self) -> u64 {
        let more = u64::from(self.lock().is_some());
        self.sectors().saturating_add(more)
    }

    /// Bytes of the file.
    fn bytes(&self) -> u64 {
        let sectors = self.numbers().saturating_add(1);
        sectors.saturating_mul(self.sector)
    }

    /// The number of the sector at this place among those that are used.
    fn number(&self, at: u64) -> u32 {
        let more = self.lock().is_some_and(|lock| at >= lock);
        number(at.saturating_add(more.into()))
    }

    fn sectors(&self) -> u64 {
        [
            self.fat,
            self.difat,
            self.directory,
            self.mini_fat,
            self.mini,
            self.large,
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }
}

impl StorageBytes {
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        let shape = Shape::of(&nodes);
        Self { nodes, shape }
    }

    /// Header, FAT, DIFAT, directory and mini FAT.
    fn head(&self) -> Vec<u8> {
        let shape = &self.shape;
        let directory = shape.fat.saturating_add(shape.difat);
        let mini_fat = directory.saturating_add(shape.directory);
        let mini = mini_fat.saturating_add(shape.mini_fat);
        let large = mini.saturating_add(shape.mini);

        let mut fat = Numbers::with(shape.lock());
        fat.repeat(FAT_SECTOR, shape.fat);
        fat.repeat(DIFAT_SECTOR, shape.difat);
        for count in [shape.directory, shape.mini_fat, shape.mini] {
            fat.chain(count);
        }
        let mut mini_table = Numbers::default();
        let mut starts = Vec::with_capacity(self.nodes.len());
        let mut next = large;
        for node in &self.nodes {
            let size = node.size();
            starts.push(if size == 0 {
                END_OF_CHAIN
            } else if size < CUTOFF {
                let start = number(mini_table.count());
                mini_table.chain(size.div_ceil(MINI_SECTOR));
                start
            } else {
                let start = shape.number(next);
                let sectors = size.div_ceil(shape.sector);
                fat.chain(sectors);
                next = next.saturating_add(sectors);
                start
            });
        }
        if let Some(root) = starts.first_mut().filter(|_| shape.mini > 0) {
            *root = shape.number(mini);
        }

        let mut bytes = self.header(shape.number(directory), shape.number(mini_fat));
        let sector = usize::try_from(shape.sector).unwrap_or(usize::MAX);
        for part in [
            fat.bytes,
            self.difat(),
            self.directory(&starts),
            mini_table.bytes,
        ] {
            bytes.extend(part);
            bytes.resize(bytes.len().next_multiple_of(sector), 0xFF);
        }
        bytes
    }

    fn header(&self, directory: u32, mini_fat: u32) -> Vec<u8> {
        let shape = &self.shape;
        let (version, shift) = if shape.sector == 512 {
            (3_u16, 9_u16)
        } else {
            (4, 12)
        };
        let mut bytes = MAGIC.to_vec();
        bytes.extend([0; 16]);
        for half in [0x3E, version, 0xFFFE, shift, 6] {
            bytes.extend(u16::to_le_bytes(half));
        }
        bytes.extend([0; 6]);
        let start = |at: u32, count: u64| if count > 0 { at } else { END_OF_CHAIN };
        let counted = if version == 4 {
            number(shape.directory)
        } else {
            0
        };
        for whole in [
            counted,
            number(shape.fat),
            directory,
            0,
            number(CUTOFF),
            start(mini_fat, shape.mini_fat),
            number(shape.mini_fat),
            start(shape.number(shape.fat), shape.difat),
            number(shape.difat),
        ] {
            bytes.extend(u32::to_le_bytes(whole));
        }
        for at in 0..DIFAT_IN_HEADER as u64 {
            let sector = if at < shape.fat {
                shape.number(at)
            } else {
                FREE
            };
            bytes.extend(sector.to_le_bytes());
        }
        bytes.resize(usize::try_from(shape.sector).unwrap_or_default(), 0);
        bytes
    }

    /// The FAT sectors that the header has no room for.
    fn difat(&self) -> Vec<u8> {
        let mut table = Numbers::default();
        let per_sector = self.shape.sector / 4 - 1;
        let mut at = DIFAT_IN_HEADER as u64;
        for own in 1..=self.shape.difat {
            for _ in 0..per_sector {
                let sector = if at < self.shape.fat {
                    self.shape.number(at)
                } else {
                    FREE
                };
                table.repeat(sector, 1);
                at = at.saturating_add(1);
            }
            let next = self.shape.number(self.shape.fat.saturating_add(own));
            table.repeat(
                if own < self.shape.difat {
                    next
                } else {
                    END_OF_CHAIN
                },
                1,
            );
        }
        table.bytes
    }

    fn directory(&self, starts: &[u32]) -> Vec<u8> {
        let mut links = vec![Links::default(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            let child = balance(&node.held, 0, levels(node.held.len()), &mut links);
            if let Some(own) = links.get_mut(at) {
                own.child = child;
            }
        }
        let mut bytes = Vec::with_capacity(self.nodes.len().saturating_mul(ENTRY));
        for (at, ((node, link), start)) in self.nodes.iter().zip(&links).zip(starts).enumerate() {
            let root = at == 0;
            let name = if root { "Root Entry" } else { &node.name };
            let units: Vec<u16> = name.encode_utf16().take(NAME_UNITS).collect();
            let begin = bytes.len();
            bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
            bytes.resize(begin.saturating_add(64), 0);
            let size = units.len().saturating_mul(2).saturating_add(2);
            bytes.extend(u16::try_from(size).unwrap_or_default().to_le_bytes());
            let kind = match (root, &node.bytes) {
                (true, _) => 5,
                (_, Some(_)) => 2,
                (_, None) => 1,
            };
            bytes.extend([kind, u8::from(!link.red)]);
            for other in [link.left, link.right, link.child] {
                let id = other.map_or(NO_STREAM, |id| number(id as u64));
                bytes.extend(id.to_le_bytes());
            }
            bytes.extend(node.class.0);
            bytes.extend(node.state.to_le_bytes());
            // The root keeps no time of creation.
            let times = if root { [0; 2] } else { node.times };
            bytes.extend(times.iter().flat_map(|time| time.to_le_bytes()));
            let storage = kind == 1;
            bytes.extend(if storage { 0 } else { *start }.to_le_bytes());
            let size = if root {
                self.shape.mini_bytes
            } else {
                node.size()
            };
            bytes.extend(size.to_le_bytes());
        }
        // What is left of the last sector is free entries.
        let sector = usize::try_from(self.shape.sector).unwrap_or(usize::MAX);
        let mut free = [0; ENTRY];
        if let Some(links) = free.get_mut(68..80) {
            links.fill(0xFF);
        }
        while !bytes.len().is_multiple_of(sector) {
            bytes.extend(free);
        }
        bytes
    }
}

/// The links of an entry.
#[derive(Debug, Clone, Copy, Default)]
struct Links {
    left: Option<usize>,
    right: Option<usize>,
    child: Option<usize>,
    red: bool,
}

/// How deep a balanced tree of so many entries is.
fn levels(entries: usize) -> u32 {
    usize::BITS.saturating_sub(entries.leading_zeros())
}

/// Makes a red-black tree of sorted entries, and gives its top: all levels are full but the last,
/// which is red. It is as deep as the number of entries has bits.
fn balance(entries: &[usize], depth: u32, levels: u32, links: &mut [Links]) -> Option<usize> {
    let (before, rest) = entries.split_at_checked(entries.len() / 2)?;
    let (own, after) = rest.split_first()?;
    let below = depth.saturating_add(1);
    let left = balance(before, below, levels, links);
    let right = balance(after, below, levels, links);
    let link = links.get_mut(*own)?;
    (link.left, link.right) = (left, right);
    link.red = depth > 0 && below == levels;
    Some(*own)
}

/// Sector numbers, which fit in 32 bits for any file that can be held.
fn number(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A table of sector numbers.
#[derive(Debug, Default)]
struct Numbers {
    bytes: Vec<u8>,
    /// The sector that is left out.
    lock: Option<u64>,
}

impl Numbers {
    fn with(lock: Option<u64>) -> Self {
        Self {
            bytes: Vec::new(),
            lock,
        }
    }

    fn count(&self) -> u64 {
        (self.bytes.len() / 4) as u64
    }

    fn push(&mut self, value: u32) {
        if self.lock == Some(self.count()) {
            self.bytes.extend(END_OF_CHAIN.to_le_bytes());
        }
        self.bytes.extend(value.to_le_bytes());
    }

    fn repeat(&mut self, value: u32, times: u64) {
        for _ in 0..times {
            self.push(value);
        }
    }

    /// Sectors that follow each other, from the next one on.
    fn chain(&mut self, sectors: u64) {
        for left in (0..sectors).rev() {
            // Where this one is, and the one after it.
            let own = self.after(self.count());
            let next = number(self.after(own.saturating_add(1)));
            self.push(if left > 0 { next } else { END_OF_CHAIN });
        }
    }

    /// A number, or the next one where that is left out.
    fn after(&self, at: u64) -> u64 {
        at.saturating_add(u64::from(self.lock == Some(at)))
    }
}

impl StorageBytes {
    /// The parts of the file, in order.
    fn parts(&self) -> VecDeque<Part<'_>> {
        let mut parts = VecDeque::from([Part::Bytes(io::Cursor::new(self.head()))]);
        let streams = |large: bool, unit: u64| {
            let own = self.nodes.iter().filter_map(|node| node.bytes.as_ref());
            own.filter(move |bytes| (bytes.size() >= CUTOFF) == large)
                .flat_map(move |bytes| {
                    let size = bytes.size();
                    let padding = size.next_multiple_of(unit).saturating_sub(size);
                    [Part::Stream(bytes), Part::Zeros(padding)]
                })
        };
        parts.extend(streams(false, MINI_SECTOR));
        let mini = self.shape.mini.saturating_mul(self.shape.sector);
        parts.push_back(Part::Zeros(mini.saturating_sub(self.shape.mini_bytes)));
        parts.extend(streams(true, self.shape.sector));
        parts
    }

    /// Reads the file; a stream that ends early is filled up with zeros, and `short` is told what
    /// there was of it, and why.
    pub fn filled<'s>(&'s self, mut short: impl FnMut(Short) + 's) -> impl Read + 's {
        self.reader(move |stream| {
            short(stream);
            Ok(())
        })
    }

    fn reader<F>(&self, short: F) -> Reader<'_, F> {
        let shape = &self.shape;
        let lock = shape.lock().map(|lock| {
            let from = lock.saturating_add(1).saturating_mul(shape.sector);
            from..from.saturating_add(shape.sector)
        });
        Reader {
            parts: self.parts(),
            at: 0,
            lock: lock.unwrap_or(u64::MAX..u64::MAX),
            short,
        }
    }
}

impl Content for StorageBytes {
    fn size(&self) -> u64 {
        self.shape.bytes()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.reader(|stream: Short| Err(stream.error))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::runs::RunList;
    use super::*;
    use crate::content::{ContentRef, InMemory, read_all};
    use crate::file_bytes::FileBytes;
    use crate::mapi::Guid;

    /// A stream of so many bytes of this value.
    fn stream(name: &str, file: &FileBytes, len: u64) -> Node {
        let mut runs = RunList::default();
        runs.push(1, len);
        let bytes: ContentRef = Arc::new(runs.into_runs(file));
        Node {
            name: name.into(),
            class: Guid([0; 16]),
            state: 0,
            times: [0; 2],
            bytes: Some(bytes),
            held: Vec::new(),
        }
    }

    fn storage(name: &str, held: Vec<usize>) -> Node {
        Node {
            name: name.into(),
            class: Guid::ole(7),
            state: 5,
            times: [0, 9],
            bytes: None,
            held,
        }
    }

    #[test]
    fn a_strict_reader_reads_what_was_built() {
        let file = FileBytes::in_memory(vec![7; 9 << 20]);
        // Nine MiB want more FAT sectors than the header lists.
        let sizes = [0, 1, 63, 64, 65, 4095, 4096, 4097, 100_000, 8 << 20];
        let mut nodes = vec![storage("any", vec![1, 2])];
        nodes.push(storage("a", (3..3 + sizes.len()).collect()));
        nodes.push(stream("b", &file, 3000));
        for (at, size) in sizes.into_iter().enumerate() {
            nodes.push(stream(&format!("stream {at}"), &file, size));
        }
        let built = StorageBytes::new(nodes);
        let bytes = read_all(&built, 1 << 30).unwrap();
        assert_eq!(bytes.len() as u64, built.size());
        assert_eq!(bytes, read_all(&built, 1 << 30).unwrap());
        assert!(built.shape.difat > 0);
        let mut read = cfb::CompoundFile::open_strict(io::Cursor::new(bytes)).unwrap();
        let class = read.root_entry().clsid().to_bytes_le();
        assert_eq!(
            (Guid(class), read.root_entry().state_bits()),
            (Guid::ole(7), 5)
        );
        for (at, size) in sizes.into_iter().enumerate() {
            let mut own = Vec::new();
            let mut stream = read.open_stream(format!("/a/stream {at}")).unwrap();
            stream.read_to_end(&mut own).unwrap();
            assert_eq!(own.len() as u64, size);
            assert!(own.iter().all(|byte| *byte == 7));
        }
        assert_eq!(read.open_stream("/b").unwrap().len(), 3000);
    }

    /// So many zeros, of which there are fewer.
    #[derive(Debug)]
    struct Zeros(u64, u64);

    impl Content for Zeros {
        fn size(&self) -> u64 {
            self.0
        }

        fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
            Ok(Box::new(io::repeat(0).take(self.1)))
        }
    }

    fn of(contents: Vec<ContentRef>) -> StorageBytes {
        let mut nodes = vec![storage("", (1..=contents.len()).collect())];
        nodes.extend(contents.into_iter().enumerate().map(|(at, bytes)| Node {
            name: format!("stream {at}").into(),
            class: Guid([0; 16]),
            state: 0,
            times: [0; 2],
            bytes: Some(bytes),
            held: Vec::new(),
        }));
        StorageBytes::new(nodes)
    }

    #[test]
    fn what_ends_early_is_filled_up() {
        let built = of(vec![
            Arc::new(Zeros(5000, 4500)),
            Arc::new(InMemory(vec![7; 9])),
        ]);
        assert!(read_all(&built, 1 << 30).is_err());
        let (mut bytes, mut told) = (Vec::new(), Vec::new());
        let mut reader = built.filled(|short| told.push((short.got, short.size)));
        reader.read_to_end(&mut bytes).unwrap();
        drop(reader);
        assert_eq!(told, [(4500, 5000)]);
        let mut read = cfb::CompoundFile::open_strict(io::Cursor::new(bytes)).unwrap();
        assert_eq!(read.open_stream("/stream 0").unwrap().len(), 5000);
    }

    #[test]
    fn large_files_have_wide_sectors_and_a_free_lock() {
        let large: Vec<ContentRef> = vec![Arc::new(Zeros(2 << 30, 2 << 30))];
        let built = of(large);
        assert_eq!(built.shape.sector, 4096);
        let lock = usize::try_from(built.shape.lock().unwrap()).unwrap();
        assert_eq!((lock as u64 + 1) * 4096, 0x7FFF_F000);
        let head = built.head();
        let fat = |at: usize| {
            let at = 4096 + at * 4;
            u32::from_le_bytes(head[at..at + 4].try_into().unwrap())
        };
        assert_eq!(fat(lock), END_OF_CHAIN);
        assert_eq!(fat(lock - 1), number(lock as u64 + 1));
        assert_eq!(fat(lock + 1), number(lock as u64 + 2));
        let small: Vec<ContentRef> = vec![Arc::new(Zeros(1 << 30, 0))];
        assert_eq!(of(small).shape.sector, 512);
    }
}
