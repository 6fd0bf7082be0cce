//! A storage taken out of its file, as the bytes of a compound file of its own.
//!
//! *Spec*: MS-CFB 2. The same storage always gives the same bytes.
//!
//! *Shape*: header, FAT, DIFAT, directory, mini FAT, small streams, large streams; every part in
//! sectors that follow each other.

use std::collections::VecDeque;
use std::io::{self, Read};

use crate::content::Content;
use crate::mapi::Guid;

use super::header::{DIFAT_IN_HEADER, MAGIC};
use super::runs::Runs;
use super::{CUTOFF, END_OF_CHAIN, ENTRY, FREE, MINI_SECTOR, NO_STREAM};

/// `FATSECT`.
const FAT_SECTOR: u32 = 0xFFFF_FFFD;
/// `DIFSECT`.
const DIFAT_SECTOR: u32 = 0xFFFF_FFFC;
/// Bytes of streams from which sectors are of 4096 bytes, so that all sizes fit.
const WIDE_FROM: u64 = 1 << 30;

/// A storage or stream. Those that a storage holds are in the order of their names.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: Box<str>,
    pub(super) class: Guid,
    pub(super) state: u32,
    pub(super) times: [u64; 2],
    /// Of a stream.
    pub(super) bytes: Option<Runs>,
    /// Of a storage: which nodes it holds.
    pub(super) held: Vec<usize>,
}

impl Node {
    fn size(&self) -> u64 {
        self.bytes.as_ref().map_or(0, Runs::len)
    }
}

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
        let total = nodes.iter().map(Node::size).fold(0, u64::saturating_add);
        let sector: u64 = if total < WIDE_FROM { 512 } else { 4096 };
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
            let fat = shape.sectors().saturating_mul(4).div_ceil(sector);
            let in_header = DIFAT_IN_HEADER as u64;
            let difat = fat.saturating_sub(in_header).div_ceil(sector / 4 - 1);
            if (fat, difat) == (shape.fat, shape.difat) {
                return shape;
            }
            (shape.fat, shape.difat) = (fat, difat);
        }
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

        let mut fat = Numbers::default();
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
                let start = number(next);
                let sectors = size.div_ceil(shape.sector);
                fat.chain(sectors);
                next = next.saturating_add(sectors);
                start
            });
        }
        if let Some(root) = starts.first_mut().filter(|_| shape.mini > 0) {
            *root = number(mini);
        }

        let mut bytes = self.header(number(directory), number(mini_fat));
        let sector = usize::try_from(shape.sector).unwrap_or(usize::MAX);
        for part in [fat.0, self.difat(), self.directory(&starts), mini_table.0] {
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
            start(number(shape.fat), shape.difat),
            number(shape.difat),
        ] {
            bytes.extend(u32::to_le_bytes(whole));
        }
        for at in 0..DIFAT_IN_HEADER as u64 {
            let sector = if at < shape.fat { number(at) } else { FREE };
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
                    number(at)
                } else {
                    FREE
                };
                table.repeat(sector, 1);
                at = at.saturating_add(1);
            }
            let next = number(self.shape.fat.saturating_add(own));
            table.repeat(
                if own < self.shape.difat {
                    next
                } else {
                    END_OF_CHAIN
                },
                1,
            );
        }
        table.0
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
            let units: Vec<u16> = name.encode_utf16().take(31).collect();
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
struct Numbers(Vec<u8>);

impl Numbers {
    fn count(&self) -> u64 {
        (self.0.len() / 4) as u64
    }

    fn repeat(&mut self, value: u32, times: u64) {
        for _ in 0..times {
            self.0.extend(value.to_le_bytes());
        }
    }

    /// Sectors that follow each other, from the next one on.
    fn chain(&mut self, sectors: u64) {
        for left in (0..sectors).rev() {
            let next = number(self.count().saturating_add(1));
            self.repeat(if left > 0 { next } else { END_OF_CHAIN }, 1);
        }
    }
}

impl Content for StorageBytes {
    fn size(&self) -> u64 {
        let sectors = self.shape.sectors().saturating_add(1);
        sectors.saturating_mul(self.shape.sector)
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        let mut parts = VecDeque::from([Part::Bytes(io::Cursor::new(self.head()))]);
        let streams = |large: bool, unit: u64| {
            let own = self.nodes.iter().filter_map(|node| node.bytes.as_ref());
            own.filter(move |runs| (runs.len() >= CUTOFF) == large)
                .flat_map(move |runs| {
                    let padding = runs.len().next_multiple_of(unit).saturating_sub(runs.len());
                    [Part::Stream(runs, 0), Part::zeros(padding)]
                })
        };
        parts.extend(streams(false, MINI_SECTOR));
        let mini = self.shape.mini.saturating_mul(self.shape.sector);
        parts.push_back(Part::zeros(mini.saturating_sub(self.shape.mini_bytes)));
        parts.extend(streams(true, self.shape.sector));
        Ok(Box::new(Reader { parts }))
    }
}

/// Bytes that follow each other.
enum Part<'s> {
    Bytes(io::Cursor<Vec<u8>>),
    Stream(&'s Runs, u64),
}

impl Part<'_> {
    fn zeros(len: u64) -> Self {
        let len = usize::try_from(len).unwrap_or_default();
        Self::Bytes(io::Cursor::new(vec![0; len]))
    }
}

struct Reader<'s> {
    parts: VecDeque<Part<'s>>,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(part) = self.parts.front_mut() {
            let read = match part {
                Part::Bytes(bytes) => bytes.read(buffer)?,
                Part::Stream(runs, at) => {
                    let read = runs.read_at(buffer, *at)?;
                    if read == 0 && *at < runs.len() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    *at = at.saturating_add(read as u64);
                    read
                }
            };
            if read > 0 {
                return Ok(read);
            }
            self.parts.pop_front();
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::runs::RunList;
    use super::*;
    use crate::content::read_all;
    use crate::file_bytes::FileBytes;

    /// A stream of so many bytes of this value.
    fn stream(name: &str, file: &FileBytes, len: u64) -> Node {
        let mut runs = RunList::default();
        runs.push(1, len);
        Node {
            name: name.into(),
            class: Guid([0; 16]),
            state: 0,
            times: [0; 2],
            bytes: Some(runs.into_runs(file)),
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
}
