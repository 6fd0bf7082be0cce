//! A store as bytes: where its B-tree pages and blocks are, and its checksums made right again.
//!
//! *Spec*: \[MS-PST\] 2.2.2.6, 2.2.2.7.7, 2.2.2.8.1.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use airbridge::pst::Format;
use airbridge::pst::ndb::BlockEntry;
use airbridge::pst::ndb::checksum::{crc, signature};

/// A B-tree page whose checksum is right.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    pub(crate) offset: usize,
    /// `ptype`: 0x80 blocks, 0x81 nodes.
    pub(crate) tree: u8,
    pub(crate) level: u8,
    pub(crate) count: usize,
    /// `cbEnt`.
    pub(crate) entry: usize,
}

/// A block that a leaf page names and whose checksum is right.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) bid: u64,
    pub(crate) offset: usize,
    pub(crate) stored: usize,
    /// Whether its bytes are deflated, so that they are not encoded.
    pub(crate) deflated: bool,
}

/// A checksum: of which bytes, and where it is kept.
struct Sum {
    from: usize,
    size: usize,
    at: usize,
}

/// An undamaged store.
pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) format: Format,
    pub(crate) bytes: Vec<u8>,
    pub(crate) pages: Vec<Page>,
    pub(crate) blocks: Vec<Block>,
    sums: Vec<Sum>,
}

/// A number of `size` bytes, little-endian.
pub(crate) fn number(bytes: &[u8], at: usize, size: usize) -> u64 {
    let mut word = [0; 8];
    word[..size].copy_from_slice(&bytes[at..at + size]);
    u64::from_le_bytes(word)
}

/// Writes a number of `size` bytes, little-endian.
pub(crate) fn set(bytes: &mut [u8], at: usize, size: usize, value: u64) {
    bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
}

impl Image {
    pub(crate) fn load(path: &Path) -> Self {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        Self::new(name, fs::read(path).unwrap())
    }

    pub(crate) fn new(name: String, bytes: Vec<u8>) -> Self {
        // The version in the header may say another than what the pages are.
        let formats = Format::ALL.map(|format| Self::laid_out(format, name.clone(), bytes.clone()));
        formats
            .into_iter()
            .max_by_key(|image| image.pages.len())
            .unwrap()
    }

    fn laid_out(format: Format, name: String, bytes: Vec<u8>) -> Self {
        let mut image = Self {
            name,
            format,
            bytes,
            pages: Vec::new(),
            blocks: Vec::new(),
            sums: Vec::new(),
        };
        image.find_pages();
        image.find_blocks();
        image.sums.push(Sum {
            from: 8,
            size: 471,
            at: 4,
        });
        if format.is_wide() {
            image.sums.push(Sum {
                from: 8,
                size: 516,
                at: 524,
            });
        }
        image
    }

    /// Offsets of `dwCRC` and `bid` in a trailer.
    fn trailer_fields(&self) -> (usize, usize) {
        if self.format.is_wide() {
            (4, 8)
        } else {
            (8, 4)
        }
    }

    /// Offset of `cbEnt` from the counts of a page; `cLevel` follows it.
    pub(crate) fn entry_size_field(&self) -> usize {
        if self.format == Format::Unicode4k {
            4
        } else {
            2
        }
    }

    fn find_pages(&mut self) {
        let (size, trailer) = (self.format.page_size(), self.format.page_trailer());
        let (crc_at, _) = self.trailer_fields();
        for offset in (0x4400..self.bytes.len().saturating_sub(size - 1)).step_by(512) {
            let page = &self.bytes[offset..offset + size];
            let sum = number(page, trailer + crc_at, 4);
            let kind = page[trailer];
            if !matches!(kind, 0x80 | 0x81)
                || kind != page[trailer + 1]
                || sum != u64::from(crc(&page[..trailer]))
            {
                continue;
            }
            let counts = self.format.page_entries();
            let fields = counts + self.entry_size_field();
            let wide_count = self.format == Format::Unicode4k;
            self.pages.push(Page {
                offset,
                tree: kind,
                level: page[fields + 1],
                count: number(page, counts, if wide_count { 2 } else { 1 }) as usize,
                entry: usize::from(page[fields]),
            });
            self.sums.push(Sum {
                from: offset,
                size: trailer,
                at: offset + trailer + crc_at,
            });
        }
    }

    fn find_blocks(&mut self) {
        let (crc_at, _) = self.trailer_fields();
        let mut found = BTreeMap::new();
        for page in self
            .pages
            .iter()
            .filter(|page| page.tree == 0x80 && page.level == 0)
        {
            for at in 0..page.count {
                let from = page.offset + at * page.entry;
                let entry = BlockEntry::read(self.format, &self.bytes[from..]).unwrap();
                let (offset, stored) = (entry.offset as usize, usize::from(entry.stored));
                let at = offset + self.block_span(stored) - self.format.block_trailer();
                let whole = at + self.format.block_trailer() <= self.bytes.len();
                if whole
                    && number(&self.bytes, at + crc_at, 4) == u64::from(self.crc(offset, stored))
                {
                    let block = Block {
                        bid: entry.bid.0,
                        offset,
                        stored,
                        deflated: entry.is_deflated(),
                    };
                    let sum = Sum {
                        from: offset,
                        size: stored,
                        at: at + crc_at,
                    };
                    found.insert(offset, (block, sum));
                }
            }
        }
        for (block, sum) in found.into_values() {
            self.blocks.push(block);
            self.sums.push(sum);
        }
    }

    fn crc(&self, from: usize, size: usize) -> u32 {
        crc(&self.bytes[from..from + size])
    }

    /// Bytes that a block of `stored` bytes takes up, its trailer included.
    fn block_span(&self, stored: usize) -> usize {
        let align = self.format.block_alignment() as usize;
        (stored + self.format.block_trailer()).next_multiple_of(align)
    }

    /// Makes the checksums right of what is not as in this image.
    pub(crate) fn repair(&self, bytes: &mut [u8]) {
        for sum in &self.sums {
            let (to, end) = (sum.from + sum.size, sum.at + 4);
            if to.max(end) <= bytes.len() && bytes[sum.from..to] != self.bytes[sum.from..to] {
                let right = crc(&bytes[sum.from..to]);
                set(bytes, sum.at, 4, u64::from(right));
            }
        }
    }

    /// Places and sizes of pages and blocks: what is in use.
    pub(crate) fn used(&self) -> impl Iterator<Item = (usize, usize)> {
        let pages = self
            .pages
            .iter()
            .map(|page| (page.offset, self.format.page_size()));
        let blocks = self.blocks.iter().map(|block| (block.offset, block.stored));
        pages.chain(blocks).filter(|&(_, size)| size > 0)
    }

    /// The leaf entries of a tree: where each is, and its key.
    pub(crate) fn leaves(&self, tree: u8) -> Vec<(usize, u64)> {
        let pages = self
            .pages
            .iter()
            .filter(|page| page.tree == tree && page.level == 0);
        let entries =
            pages.flat_map(|page| (0..page.count).map(|at| page.offset + at * page.entry));
        let word = self.format.word();
        entries
            .map(|at| (at, number(&self.bytes, at, word)))
            .collect()
    }

    /// The data of block `bid` is `data` from now on: put at the end of the file.
    pub(crate) fn replace_block(&mut self, bid: u64, data: &[u8]) {
        let word = self.format.word();
        let (entry, _) = self
            .leaves(0x80)
            .into_iter()
            .find(|&(_, key)| key == bid)
            .unwrap();
        let offset = self.bytes.len().next_multiple_of(512);
        let span = self.block_span(data.len());
        self.bytes.resize(offset + span, 0);
        self.bytes[offset..offset + data.len()].copy_from_slice(data);
        let trailer = offset + span - self.format.block_trailer();
        let (crc_at, bid_at) = self.trailer_fields();
        let size = data.len() as u64;
        set(&mut self.bytes, trailer, 2, size);
        let sign = signature(offset as u64, bid);
        set(&mut self.bytes, trailer + 2, 2, u64::from(sign));
        set(&mut self.bytes, trailer + crc_at, 4, u64::from(crc(data)));
        set(&mut self.bytes, trailer + bid_at, word, bid);
        set(&mut self.bytes, entry + word, word, offset as u64);
        set(&mut self.bytes, entry + 2 * word, 2, size);
        self.settle();
    }

    /// Makes every checksum right, and the header's size of the file.
    pub(crate) fn settle(&mut self) {
        let end = self.bytes.len() as u64;
        let (at, word) = (
            if self.format.is_wide() { 184 } else { 168 },
            self.format.word(),
        );
        set(&mut self.bytes, at, word, end);
        for sum in &self.sums {
            let right = crc(&self.bytes[sum.from..sum.from + sum.size]);
            set(&mut self.bytes, sum.at, 4, u64::from(right));
        }
    }
}
