//! Findings: what a reader saw that was not as it should be, beside the value that it could still
//! give.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::limits;

/// What a finding did to the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Nothing is missing or changed; worth knowing.
    Noted,
    /// A value came through changed (repaired, shortened, re-decoded).
    Altered,
    /// A value, or more, could not be had.
    Lost,
}

/// Where a finding was made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Place {
    /// The file, as the user named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Arc<str>>,
    /// The place within it in words of its specification: `node 0x200024, property 0x0037`.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub part: Cow<'static, str>,
    /// Byte offset in the file or the part, when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable code, `room.structure.what`: `pst.tc.row-out-of-bounds`.
    pub code: &'static str,
    /// What it did to the data.
    pub effect: Effect,
    /// Where.
    pub place: Place,
    /// What was expected and what was found, and the remedy where there is one.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.place.file {
            write!(f, "{file}: ")?;
        }
        if !self.place.part.is_empty() {
            write!(f, "{}: ", self.place.part)?;
        }
        if let Some(offset) = self.place.offset {
            write!(f, "offset {offset}: ")?;
        }
        write!(f, "{} [{}]", self.detail, self.code)
    }
}

/// A bounded collector of findings: a flood is counted, not stored.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    dropped: u64,
    worst: Option<Effect>,
}

impl Findings {
    /// An empty collector.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding made at `part`.
    pub fn add(
        &mut self,
        code: &'static str,
        effect: Effect,
        part: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) {
        let place = Place {
            part: part.into(),
            ..Place::default()
        };
        self.push(Finding {
            code,
            effect,
            place,
            detail: detail.into(),
        });
    }

    /// Adds a finding; beyond [`limits::FINDINGS_KEPT`] it is only counted.
    pub fn push(&mut self, finding: Finding) {
        self.worst = self.worst.max(Some(finding.effect));
        if self.kept.len() < limits::FINDINGS_KEPT {
            self.kept.push(finding);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Moves all of `other` in.
    pub fn append(&mut self, other: Findings) {
        for finding in other.kept {
            self.push(finding);
        }
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.worst = self.worst.max(other.worst);
    }

    /// The findings kept, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.kept.iter()
    }

    /// How many were made, the ones not kept included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.dropped.saturating_add(self.kept.len() as u64)
    }

    /// Whether none was made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The worst effect among them.
    #[must_use]
    pub fn worst(&self) -> Option<Effect> {
        self.worst
    }

    /// Fills in the part of every finding that names none.
    pub fn set_part(&mut self, part: &str) {
        for finding in &mut self.kept {
            if finding.place.part.is_empty() {
                finding.place.part = Cow::Owned(part.to_owned());
            }
        }
    }

    /// Fills in the file of every finding that names none.
    pub fn set_file(&mut self, file: &Arc<str>) {
        for finding in &mut self.kept {
            finding.place.file.get_or_insert_with(|| Arc::clone(file));
        }
    }
}
