//! The tally: how often texts were seen, in bounded memory, the same on any number of cores.
//!
//! *Invariants*: over the bound, the texts that sort first are kept, with exact counts: a text that
//! was
//! dropped once has enough smaller ones before it never to come back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// Counts of texts.
#[derive(Debug)]
pub(super) struct Tally {
    most: usize,
    counts: RwLock<BTreeMap<String, AtomicU64>>,
    overflow: AtomicBool,
}

impl Tally {
    /// An empty tally of at most `most` texts.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            counts: RwLock::default(),
            overflow: AtomicBool::new(false),
        }
    }

    /// Counts a text.
    pub(super) fn add(&self, text: &str) {
        {
            let counts = self.counts.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = counts.get(text) {
                count.fetch_add(1, Ordering::Relaxed);
                return;
            }
            let full = counts.len() >= self.most;
            if full
                && counts
                    .last_key_value()
                    .is_none_or(|(last, _)| text > last.as_str())
            {
                self.overflow.store(true, Ordering::Relaxed);
                return;
            }
        }
        let mut counts = self.counts.write().unwrap_or_else(PoisonError::into_inner);
        counts
            .entry(text.to_owned())
            .or_default()
            .fetch_add(1, Ordering::Relaxed);
        if counts.len() > self.most {
            counts.pop_last();
            self.overflow.store(true, Ordering::Relaxed);
        }
    }

    /// The texts in order, with their counts.
    pub(super) fn counts(&self) -> Vec<(String, u64)> {
        let counts = self.counts.read().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|(text, count)| (text.clone(), count.load(Ordering::Relaxed)))
            .collect()
    }

    /// Whether texts were dropped.
    pub(super) fn overflowed(&self) -> bool {
        self.overflow.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let texts = ["d", "a", "c", "b", "a", "e", "c", "a"];
        let count = |texts: &mut dyn Iterator<Item = &str>| {
            let tally = Tally::new(3);
            texts.for_each(|text| tally.add(text));
            (tally.counts(), tally.overflowed())
        };
        let forward = count(&mut texts.into_iter());
        let backward = count(&mut texts.into_iter().rev());
        assert_eq!(forward, backward);
        let want = [
            ("a".to_owned(), 3),
            ("b".to_owned(), 1),
            ("c".to_owned(), 2),
        ];
        assert_eq!(forward.0, want);
        assert!(forward.1);
    }
}
