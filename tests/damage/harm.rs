//! Damage to stores, each kind repeatable by its seed.

use airbridge::pst::ndb::encoding::Encoding;

use super::image::{Image, set};

/// Numbers by seed: xorshift64*.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // Spreads small seeds over all bits; never zero.
        let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut random = Self(mixed | 1);
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from 0 up to before `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    /// A number of these, both included.
    fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.below(from.len())])
    }

    /// A value that readers stumble over, or any.
    fn odd(&mut self) -> u64 {
        let any = self.next();
        let values = [
            0,
            1,
            2,
            0x7F,
            0xFF,
            0x7FFF,
            0xFFFF,
            0x7FFF_FFFF,
            0xFFFF_FFFF,
            u64::MAX,
            any,
        ];
        values[self.below(values.len())]
    }
}

/// What is done to a store.
pub(crate) const KINDS: [&str; 10] = [
    "bits flipped anywhere",
    "bits flipped in pages and blocks",
    "runs of random bytes",
    "sectors zeroed",
    "cut short",
    "pages swapped",
    "B-tree entries edited",
    "block data edited",
    "header edited",
    "blocks exchanged",
];

/// A damaged copy.
pub(crate) fn harm(image: &Image, kind: usize, repaired: bool, random: &mut Random) -> Vec<u8> {
    let mut bytes = image.bytes.clone();
    let size = bytes.len();
    // Damage in the first bytes is a kind of its own; elsewhere it hides all other damage.
    let first = 1024;
    match kind {
        0 => {
            for _ in 0..random.between(1, 400) {
                let at = random.between(first, size - 1);
                bytes[at] ^= 1 << random.below(8);
            }
        }
        1 => {
            let used: Vec<_> = image.used().collect();
            for _ in 0..random.between(1, 60) {
                let (at, size) = random.pick(&used).unwrap();
                bytes[at + random.below(size)] ^= 1 << random.below(8);
            }
        }
        2 => {
            let used: Vec<_> = image.used().collect();
            for _ in 0..random.between(1, 8) {
                let (from, span) = random.pick(&used).unwrap();
                let at = from + random.below(span);
                let end = (at + random.between(4, 512)).min(size);
                for byte in &mut bytes[at..end] {
                    *byte = random.below(256) as u8;
                }
            }
        }
        3 => {
            let used: Vec<_> = image.used().collect();
            for _ in 0..random.between(1, 12) {
                let (at, _) = random.pick(&used).unwrap();
                let at = at / 512 * 512;
                let end = (at + 512).min(size);
                bytes[at..end].fill(0);
            }
        }
        4 => bytes.truncate(random.between(300, size - 1)),
        5 => swap_pages(image, &mut bytes, random),
        6 => edit_entries(image, &mut bytes, random),
        7 => edit_blocks(image, &mut bytes, random),
        8 => {
            for _ in 0..random.between(1, 6) {
                let width = [1, 2, 4, 8][random.below(4)];
                let at = random.between(8, 560 - width);
                let value = random.odd();
                set(&mut bytes, at, width, value);
            }
        }
        _ => exchange_blocks(image, &mut bytes, random),
    }
    if repaired {
        image.repair(&mut bytes);
    }
    bytes
}

fn swap_pages(image: &Image, bytes: &mut [u8], random: &mut Random) {
    let size = image.format.page_size();
    for _ in 0..random.between(1, 6) {
        let (Some(one), Some(other)) = (random.pick(&image.pages), random.pick(&image.pages))
        else {
            return;
        };
        let kept = bytes[one.offset..one.offset + size].to_vec();
        bytes.copy_within(other.offset..other.offset + size, one.offset);
        // Half of the time one page is in both places.
        if random.below(2) == 0 {
            bytes[other.offset..other.offset + size].copy_from_slice(&kept);
        }
    }
}

fn edit_entries(image: &Image, bytes: &mut [u8], random: &mut Random) {
    let word = image.format.word();
    for _ in 0..random.between(1, 8) {
        let Some(page) = random.pick(&image.pages) else {
            return;
        };
        let counts = page.offset + image.format.page_entries();
        let place = |index: usize| page.offset + index * page.entry;
        if page.count == 0 || random.below(6) == 0 {
            bytes[counts + random.below(6)] = random.odd() as u8;
            continue;
        }
        let at = place(random.below(page.count));
        match random.below(3) {
            // A field has another value.
            0 => {
                let field = random.below(page.entry / word);
                let value = random.odd();
                set(bytes, at + field * word, word, value);
            }
            // A field of one entry is that of another.
            1 => {
                let (from, field) = (
                    place(random.below(page.count)),
                    random.below(page.entry / word),
                );
                let from = from + field * word;
                bytes.copy_within(from..from + word, at + field * word);
            }
            // A reference, or the place of a block, is that of some page.
            _ => {
                if let Some(target) = random.pick(&image.pages) {
                    set(bytes, at + word, word, target.offset as u64);
                }
            }
        }
    }
}

fn edit_blocks(image: &Image, bytes: &mut [u8], random: &mut Random) {
    let at = if image.format.is_wide() { 513 } else { 461 };
    let encoding = Encoding::of_byte(image.bytes[at]).unwrap_or(Encoding::None);
    for _ in 0..random.between(1, 12) {
        let Some(block) = random.pick(&image.blocks) else {
            return;
        };
        if block.stored == 0 {
            continue;
        }
        let encoded = !block.deflated && block.bid & 2 == 0;
        let data = &mut bytes[block.offset..block.offset + block.stored];
        if encoded {
            encoding.decode(data, block.bid);
        }
        for _ in 0..random.between(1, 6) {
            let width = [1, 2, 4][random.below(3)].min(data.len());
            // Most of the structure is at the start and at the end: heads, heap maps.
            let room = data.len() - width + 1;
            let place = match random.below(3) {
                0 => random.below(room.min(32)),
                1 => room - 1 - random.below(room.min(32)),
                _ => random.below(room),
            };
            let value = random.odd();
            set(data, place, width, value);
        }
        if encoded {
            encoding.encode(data, block.bid);
        }
    }
}

/// Data of one block in the place of another's, encoded anew so that it makes sense there.
fn exchange_blocks(image: &Image, bytes: &mut [u8], random: &mut Random) {
    let at = if image.format.is_wide() { 513 } else { 461 };
    let encoding = Encoding::of_byte(image.bytes[at]).unwrap_or(Encoding::None);
    for _ in 0..random.between(1, 6) {
        let (Some(one), Some(other)) = (random.pick(&image.blocks), random.pick(&image.blocks))
        else {
            return;
        };
        let size = one.stored.min(other.stored);
        let mut data = bytes[one.offset..one.offset + size].to_vec();
        if !one.deflated && one.bid & 2 == 0 {
            encoding.decode(&mut data, one.bid);
        }
        if !other.deflated && other.bid & 2 == 0 {
            encoding.encode(&mut data, other.bid);
        }
        bytes[other.offset..other.offset + size].copy_from_slice(&data);
    }
}
