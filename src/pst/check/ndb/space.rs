//! Which parts of a file pages and blocks use, a bit for each slot.

/// The slots of a file.
#[derive(Debug)]
pub(super) struct Space {
    bits: Vec<u64>,
    slot: u64,
}

impl Space {
    /// Nothing is used of a file of `size` bytes.
    pub(super) fn new(size: u64, slot: u64) -> Self {
        let words = size / slot.max(1) / 64;
        Self {
            bits: vec![0; usize::try_from(words.saturating_add(1)).unwrap_or(0)],
            slot: slot.max(1),
        }
    }

    /// Takes the slots of a run of bytes, as far as they are in the file. The first slot that was
    /// taken before, as an offset.
    pub(super) fn take(&mut self, offset: u64, size: u64) -> Option<u64> {
        let first = offset / self.slot;
        let end = offset.saturating_add(size).div_ceil(self.slot);
        let mut taken = None;
        for slot in first..end {
            let Some(word) = usize::try_from(slot / 64)
                .ok()
                .and_then(|at| self.bits.get_mut(at))
            else {
                break;
            };
            let bit = 1 << (slot % 64);
            if *word & bit != 0 && taken.is_none() {
                taken = Some(slot.saturating_mul(self.slot));
            }
            *word |= bit;
        }
        taken
    }

    /// Whether the slot at an offset is taken.
    pub(super) fn is_taken(&self, offset: u64) -> bool {
        let slot = offset / self.slot;
        usize::try_from(slot / 64)
            .ok()
            .and_then(|at| self.bits.get(at))
            .is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_taken_once() {
        let mut space = Space::new(64 * 200, 64);
        assert_eq!(space.take(64, 130), None);
        assert_eq!(space.take(64 * 4, 64 * 100), None);
        assert_eq!(space.take(64 * 3, 1), Some(64 * 3));
        assert!(space.is_taken(64 * 3 + 5) && !space.is_taken(0));
        // Outside the file nothing is kept.
        assert_eq!(space.take(u64::MAX - 5, 64), None);
    }
}
