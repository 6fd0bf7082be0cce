//! What became of every item seen: the report of a bundle, and the sums that its head states and a
//! verifier recomputes.
//!
//! *Spec*: `formats/bundle.md`, section 8; `formats/schema/report.schema.json`.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is a record of this bundle.
    Exported,
    /// It is as the peer has it.
    Unchanged,
    /// Left out on purpose; `reason` says why.
    Excluded,
    /// It could not be read or written; `reason` says why.
    Failed,
}

/// One line of `data/report.jsonl`. Members that this version does not know are kept out of the
/// sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLine {
    /// What became of it.
    pub outcome: Outcome,
    /// The id of the item; always there when exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The kind of the item, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How many items the line stands for, if not one; never when exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The file, as the user named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The folder in it, from the top down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folder: Vec<String>,
    /// The place in the words of the format: `node 0x200024`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
    /// What a person would call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Why it was left out, or failed: always there then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was seen that was not as it should be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<ReportFinding>,
}

/// What counts of a line of the report; a verifier looks at nothing else of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Counted {
    /// What became of it.
    pub outcome: Outcome,
    /// The id of the item.
    pub item: Option<String>,
    /// How many items the line stands for, if not one.
    pub count: Option<u64>,
    /// Why it was left out, or failed.
    pub reason: Option<String>,
}

impl From<&ReportLine> for Counted {
    fn from(line: &ReportLine) -> Self {
        Self {
            outcome: line.outcome,
            item: line.item.clone(),
            count: line.count,
            reason: line.reason.clone(),
        }
    }
}

/// A finding as a report carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportFinding {
    /// Stable code, `room.structure.what`.
    pub code: String,
    /// `noted`, `altered` or `lost`.
    pub effect: String,
    /// Where in the item.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// What was expected and found.
    pub detail: String,
}

impl From<&crate::finding::Finding> for ReportFinding {
    fn from(finding: &crate::finding::Finding) -> Self {
        let place = match finding.place.offset {
            Some(offset) => format!("{}, offset {offset}", finding.place.part),
            None => finding.place.part.to_string(),
        };
        let effect = match finding.effect {
            crate::finding::Effect::Noted => "noted",
            crate::finding::Effect::Altered => "altered",
            crate::finding::Effect::Lost => "lost",
        };
        Self {
            code: finding.code.to_owned(),
            effect: effect.to_owned(),
            place,
            detail: finding.detail.clone(),
        }
    }
}

/// The sums: seen = exported + unchanged + excluded + failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounting {
    /// Items seen.
    pub seen: u64,
    /// Items that are records of the bundle.
    pub exported: u64,
    /// Items that are as the peer has them.
    pub unchanged: u64,
    /// Items left out on purpose.
    pub excluded: u64,
    /// Items that could not be read or written.
    pub failed: u64,
}

impl Accounting {
    /// Whether every item seen has an outcome.
    #[must_use]
    pub fn balances(&self) -> bool {
        [self.exported, self.unchanged, self.excluded, self.failed]
            .into_iter()
            .try_fold(0u64, u64::checked_add)
            == Some(self.seen)
    }
}

/// Sums up records and report lines, and holds them against each other.
#[derive(Debug, Default)]
pub struct Recount {
    sums: Accounting,
    records: HashSet<u128>,
    reported: HashSet<u128>,
}

/// 128 bits that stand for an item id, or another text.
pub(crate) fn id_key(id: &str) -> u128 {
    let hash = blake3::hash(id.as_bytes());
    hash.as_bytes()
        .first_chunk::<16>()
        .map_or(0, |bytes| u128::from_le_bytes(*bytes))
}

impl Recount {
    /// Notes a record by the key of its id.
    pub(super) fn record_key(&mut self, key: u128) {
        self.records.insert(key);
    }

    /// Notes a record.
    pub fn record(&mut self, id: &str) {
        self.record_key(id_key(id));
    }

    /// Notes a line of the report.
    ///
    /// # Errors
    /// In words, when the line breaks a rule of section 8.
    pub fn line(&mut self, line: &Counted) -> Result<(), String> {
        let count = line.count.unwrap_or(1);
        let sum = match line.outcome {
            Outcome::Exported => &mut self.sums.exported,
            Outcome::Unchanged => &mut self.sums.unchanged,
            Outcome::Excluded => &mut self.sums.excluded,
            Outcome::Failed => &mut self.sums.failed,
        };
        *sum = sum.saturating_add(count);
        self.sums.seen = self.sums.seen.saturating_add(count);
        let needs_reason = matches!(line.outcome, Outcome::Excluded | Outcome::Failed);
        if needs_reason && line.reason.is_none() {
            return Err("an item excluded or failed has no `reason`".into());
        }
        if line.count == Some(0) {
            return Err("`count` is 0".into());
        }
        if line.outcome == Outcome::Exported {
            match &line.item {
                Some(item) if line.count.is_none() => self.reported.insert(id_key(item)),
                _ => return Err("an exported item needs `item` and no `count`".into()),
            };
        }
        Ok(())
    }

    /// Adds another's sums and ids.
    pub(super) fn add(&mut self, other: Self) {
        let sums = &mut self.sums;
        for (sum, more) in [
            (&mut sums.seen, other.sums.seen),
            (&mut sums.exported, other.sums.exported),
            (&mut sums.unchanged, other.sums.unchanged),
            (&mut sums.excluded, other.sums.excluded),
            (&mut sums.failed, other.sums.failed),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.records.extend(other.records);
        self.reported.extend(other.reported);
    }

    /// Holds the sums against those stated, and the records against the report.
    ///
    /// # Errors
    /// In words, what does not agree.
    pub fn agree(&self, stated: &Accounting) -> Result<(), String> {
        if self.sums != *stated {
            return Err(format!(
                "the head states {stated:?}, the report adds up to {:?}",
                self.sums
            ));
        }
        if !stated.balances() {
            return Err("seen is not exported + unchanged + excluded + failed".into());
        }
        let unreported = self.records.difference(&self.reported).count();
        let missing = self.reported.difference(&self.records).count();
        if unreported > 0 || missing > 0 {
            return Err(format!(
                "{unreported} items have a record and no exported line in the report, \
                 {missing} have the line and no record"
            ));
        }
        Ok(())
    }
}
