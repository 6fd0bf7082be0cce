//! A bounded cache of B-tree pages that all threads share.
//!
//! *Shape*: shards by offset; each shard has a young and an old generation. A hit in the old one
//! moves to the young; when the young is full it becomes the old and the old is dropped. That keeps
//! what is in use, with no list to maintain.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use super::page::BTreePage;

const SHARDS: usize = 16;
/// Bytes per generation of a shard: two generations of all shards are 4 MiB.
const GENERATION: usize = 128 << 10;

/// Spreads offsets. Someone who makes them collide in 128 KiB of pages gains nothing.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value >> 9).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ mixed >> 32;
    }
}

type Pages = HashMap<u64, Arc<BTreePage>, BuildHasherDefault<Spread>>;

#[derive(Debug, Default)]
struct Shard {
    young: Pages,
    old: Pages,
    weight: usize,
}

/// Pages by their offset in the file.
#[derive(Debug)]
pub struct PageCache {
    shards: [Mutex<Shard>; SHARDS],
}

impl Default for PageCache {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl PageCache {
    fn shard(&self, offset: u64) -> Option<&Mutex<Shard>> {
        // Pages lie at multiples of 512.
        let at = usize::try_from((offset >> 9) % (SHARDS as u64)).ok()?;
        self.shards.get(at)
    }

    /// The page at an offset, if it is here.
    #[must_use]
    pub fn get(&self, offset: u64) -> Option<Arc<BTreePage>> {
        let mut shard = self
            .shard(offset)?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = shard.young.get(&offset) {
            return Some(Arc::clone(page));
        }
        let page = shard.old.remove(&offset)?;
        shard.put(offset, Arc::clone(&page));
        Some(page)
    }

    /// Keeps a page for a while.
    pub fn put(&self, offset: u64, page: Arc<BTreePage>) {
        if let Some(shard) = self.shard(offset) {
            shard
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .put(offset, page);
        }
    }
}

impl Shard {
    fn put(&mut self, offset: u64, page: Arc<BTreePage>) {
        let weight = page.weight();
        if self.weight.saturating_add(weight) > GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight = self.weight.saturating_add(weight);
        self.young.insert(offset, page);
    }
}
