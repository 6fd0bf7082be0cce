//! Sets of contacts that are one person, as they grow.
//!
//! *Invariants*: the smallest number of a set stands for it, so the order of joining does not
//! matter.

/// Sets of entries that are one person (union-find).
#[derive(Debug)]
pub(super) struct Joins {
    parent: Vec<u32>,
}

impl Joins {
    /// Every entry on its own.
    pub(super) fn new(count: usize) -> Self {
        Self {
            parent: (0..u32::try_from(count).unwrap_or(u32::MAX)).collect(),
        }
    }

    fn parent(&self, number: u32) -> u32 {
        usize::try_from(number)
            .ok()
            .and_then(|n| self.parent.get(n))
            .copied()
            .unwrap_or(number)
    }

    /// The smallest number of the set; shortens the way to it.
    pub(super) fn root(&mut self, mut number: u32) -> u32 {
        // Parents are smaller than their children, so this ends.
        loop {
            let parent = self.parent(number);
            if parent == number {
                return number;
            }
            let above = self.parent(parent);
            if let Some(slot) = usize::try_from(number)
                .ok()
                .and_then(|n| self.parent.get_mut(n))
            {
                *slot = above;
            }
            number = above;
        }
    }

    /// Makes the sets of two entries one.
    pub(super) fn join(&mut self, one: u32, other: u32) {
        let (a, b) = (self.root(one), self.root(other));
        if let Some(slot) = usize::try_from(a.max(b))
            .ok()
            .and_then(|n| self.parent.get_mut(n))
        {
            *slot = a.min(b);
        }
    }

    /// The number of the target of each entry, in order of first appearance, and how many there
    /// are.
    pub(super) fn number(mut self) -> (Vec<u32>, usize) {
        let mut numbers: Vec<u32> = Vec::with_capacity(self.parent.len());
        let mut count = 0_u32;
        for entry in 0..u32::try_from(self.parent.len()).unwrap_or(u32::MAX) {
            let root = self.root(entry);
            let known = usize::try_from(root)
                .ok()
                .and_then(|root| numbers.get(root))
                .copied();
            numbers.push(known.unwrap_or(count));
            if known.is_none() {
                count += 1;
            }
        }
        (numbers, usize::try_from(count).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_numbered_by_first_appearance() {
        let mut joins = Joins::new(6);
        for (one, other) in [(5, 3), (4, 5), (1, 2)] {
            joins.join(one, other);
        }
        assert_eq!(joins.root(4), 3);
        assert_eq!(joins.number(), (vec![0, 1, 1, 2, 2, 2], 3));
    }
}
