//! What became of every item seen: `seen = exported + unchanged + excluded + failed`.

use serde::{Deserialize, Serialize};

/// What became of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is in the bundle.
    Exported,
    /// The peer has it as it is.
    Unchanged,
    /// It was left out; the reason says by which rule.
    Excluded,
    /// It could not be read; the reason says why.
    Failed,
}

/// The sums of a run, as in the head of a bundle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounting {
    /// Items that the stores hold, by a scan that is independent of the walk that exports.
    pub seen: u64,
    /// Items in the bundle.
    pub exported: u64,
    /// Items that the peer has as they are.
    pub unchanged: u64,
    /// Items left out by a rule.
    pub excluded: u64,
    /// Items that could not be read.
    pub failed: u64,
}

impl Accounting {
    /// Counts one outcome.
    pub fn count(&mut self, outcome: Outcome) {
        let sum = match outcome {
            Outcome::Exported => &mut self.exported,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Excluded => &mut self.excluded,
            Outcome::Failed => &mut self.failed,
        };
        *sum = sum.saturating_add(1);
    }

    /// The items accounted for.
    #[must_use]
    pub fn accounted(&self) -> u64 {
        [self.exported, self.unchanged, self.excluded, self.failed]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    /// Whether every item seen is accounted for, once.
    #[must_use]
    pub fn reconciles(&self) -> bool {
        self.seen == self.accounted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_reconcile_only_when_every_item_is_accounted_for() {
        let mut sums = Accounting {
            seen: 3,
            ..Accounting::default()
        };
        sums.count(Outcome::Exported);
        sums.count(Outcome::Excluded);
        assert!(!sums.reconciles());
        sums.count(Outcome::Failed);
        assert!(sums.reconciles());
    }
}
