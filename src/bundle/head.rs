//! The head of a bundle: who sends what to whom, where it stands in the sequence, and the hash of
//! the index.
//!
//! *Spec*: `formats/bundle.md`, section 6; `formats/schema/head.schema.json`.
//!
//! *Invariant*: does no I/O.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::accounting::Accounting;
use super::digest::{Sha256Hash, parse_hex};
use super::layout;
use crate::canonical_json::{self, CanonicalError};
use crate::limits;
use crate::merge::Prefer;

/// What a bundle is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BundleKind {
    /// What changed since `base`.
    Delta,
    /// Everything.
    Snapshot,
    /// Only acknowledgements.
    Ack,
    /// The sender's next key.
    Keyroll,
    /// Everything, outside any sequence: for keeping or handing over, never applied by sequence.
    Archive,
}

/// A bundle of one's own that the peer has acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Its number.
    pub seq: u64,
    /// SHA-256 of its head.
    pub head: Sha256Hash,
}

/// The last bundle of the peer that the sender has applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Its epoch.
    pub epoch: u64,
    /// Its number.
    pub seq: u64,
    /// SHA-256 of its head.
    pub head: Sha256Hash,
}

/// What the head says of the index of its part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexDigest {
    /// SHA-256 of `META/index.jsonl`.
    pub sha256: Sha256Hash,
    /// Its bytes.
    pub size: u64,
    /// Its lines.
    pub entries: u64,
}

/// The head of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// [`layout::FORMAT`].
    pub format: String,
    /// Names of extensions that a reader must know to read the bundle at all.
    pub crit: Vec<String>,
    /// The pairing: 128 bits as 32 lower-case hex digits.
    pub link: String,
    /// The sending party, principal of the signature.
    pub from: String,
    /// The party that it is meant for.
    pub to: String,
    /// What it is for.
    pub kind: BundleKind,
    /// Counts the sender's beginnings: 1 and up; 0 for an archive.
    pub epoch: u64,
    /// Counts the sender's bundles in the epoch: 1 and up; 0 for an archive.
    pub seq: u64,
    /// This part and how many there are, both from 1.
    pub part: [u32; 2],
    /// Binds the parts of a set: [`set_hash`].
    pub set: Sha256Hash,
    /// SHA-256 of the head (of part 1) of the sender's previous bundle in the epoch.
    pub prev: Option<Sha256Hash>,
    /// The last own bundle that the peer has acknowledged; what a delta builds on.
    pub base: Option<Base>,
    /// The last bundle of the peer that the sender has applied.
    pub ack: Option<Ack>,
    /// When it was made, `YYYY-MM-DDTHH:MM:SSZ`.
    pub created: String,
    /// The index of this part.
    pub index: IndexDigest,
    /// What became of the items that the sender saw, over the whole set.
    pub accounting: Accounting,
    /// The program that made it, with version.
    pub producer: String,
    /// The sender's next public key, OpenSSH form without comment: in a keyroll, and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_key: Option<String>,
    /// Which of two values the sender shows until a person decides; the newest when nothing is
    /// said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefer: Option<Prefer>,
}

/// Why bytes are not a head.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeadError {
    /// Not canonical JSON.
    #[error("not canonical JSON: {0}")]
    Canonical(#[from] CanonicalError),
    /// A member is missing, or has a value of the wrong form.
    #[error("{0}")]
    Form(String),
    /// Another format, or extensions that this version does not know.
    #[error("{0}")]
    Format(String),
}

/// What the `set` of a head must be: SHA-256 over a label and the index hashes of all parts, in
/// order, one per line.
#[must_use]
pub fn set_hash<'a>(index_hashes: impl IntoIterator<Item = &'a Sha256Hash>) -> Sha256Hash {
    let mut text = layout::SET_LABEL.to_owned();
    for hash in index_hashes {
        text.push_str(&hash.to_string());
        text.push('\n');
    }
    Sha256Hash::of(text.as_bytes())
}

/// Whether a text may name a party: 1 to 64 of `A-Z a-z 0-9 . _ @ + -`, the first a letter or
/// digit.
#[must_use]
pub fn is_party(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._@+-".contains(&b);
    (1..=64).contains(&text.len())
        && text.bytes().all(allowed)
        && text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric())
}

/// The instant that `YYYY-MM-DDTHH:MM:SSZ` names.
#[must_use]
pub fn parse_created(text: &str) -> Option<Timestamp> {
    let parsed: Timestamp = text.parse().ok()?;
    (format_created(parsed) == text).then_some(parsed)
}

/// An instant as a head writes it, cut to the second.
#[must_use]
pub fn format_created(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Head {
    /// Reads a head from its exact bytes.
    ///
    /// # Errors
    /// [`HeadError`] for bytes that are not canonical, too long, or not a head of this format.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeadError> {
        if bytes.len() as u64 > limits::BUNDLE_HEAD_BYTES {
            return Err(HeadError::Form(format!(
                "{} bytes, over the limit of {}",
                bytes.len(),
                limits::BUNDLE_HEAD_BYTES
            )));
        }
        canonical_json::check(bytes)?;
        let form = |error: serde_json::Error| HeadError::Form(error.to_string());
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(form)?;
        let format = value.get("format").and_then(|v| v.as_str());
        if format != Some(layout::FORMAT) {
            return Err(HeadError::Format(format!(
                "format is {}, this version reads {}",
                format.unwrap_or("absent"),
                layout::FORMAT
            )));
        }
        if canonical_json::to_vec(&value)? != bytes {
            return Err(HeadError::Form("is not written as it reads".into()));
        }
        for member in ["ack", "base", "prev"] {
            if value.get(member).is_none() {
                return Err(HeadError::Form(format!("missing member `{member}`")));
            }
        }
        let head: Self = serde_json::from_value(value).map_err(form)?;
        head.check()?;
        Ok(head)
    }

    /// The instant at which it was made.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        parse_created(&self.created)
    }

    /// Its exact bytes.
    ///
    /// # Errors
    /// When a member has a value that no head may have.
    pub fn to_bytes(&self) -> Result<Vec<u8>, HeadError> {
        self.check()?;
        let bytes = canonical_json::to_vec(self)?;
        if bytes.len() as u64 > limits::BUNDLE_HEAD_BYTES {
            return Err(HeadError::Form("is over 64 KiB".into()));
        }
        Ok(bytes)
    }

    /// The rules of the specification, section 6, that types do not hold.
    fn check(&self) -> Result<(), HeadError> {
        if let Some(unknown) = self
            .crit
            .iter()
            .find(|name| !layout::KNOWN_EXTENSIONS.contains(&name.as_str()))
        {
            return Err(HeadError::Format(format!(
                "needs the extension {unknown:?}, which this version does not know"
            )));
        }
        let [part, parts] = self.part;
        let archive = self.kind == BundleKind::Archive;
        let chained = self.prev.is_some() || self.base.is_some() || self.ack.is_some();
        let rules = [
            (
                parse_hex::<16>(&self.link).is_some(),
                "`link` is not 32 lower-case hex digits",
            ),
            (is_party(&self.from), "`from` is not a party name"),
            (is_party(&self.to), "`to` is not a party name"),
            (
                part >= 1 && part <= parts && parts <= limits::BUNDLE_PARTS,
                "`part` is not [k, n] with 1 <= k <= n <= 999",
            ),
            (
                archive == (self.seq == 0),
                "`seq` is 0 in an archive and only there",
            ),
            (
                archive == (self.epoch == 0),
                "`epoch` is 0 in an archive and only there",
            ),
            (
                !(archive && chained),
                "an archive has no `prev`, `base` or `ack`",
            ),
            (
                archive || (self.prev.is_none() == (self.seq == 1)),
                "`prev` is null in bundle 1 only",
            ),
            (
                self.base
                    .as_ref()
                    .is_none_or(|base| base.seq >= 1 && base.seq < self.seq),
                "`base` is not an earlier bundle",
            ),
            (
                self.ack
                    .as_ref()
                    .is_none_or(|ack| ack.seq >= 1 && ack.epoch >= 1),
                "`ack` names no bundle of a sequence",
            ),
            (
                self.created_at().is_some(),
                "`created` is not YYYY-MM-DDTHH:MM:SSZ",
            ),
            (
                self.index.size <= limits::BUNDLE_INDEX_BYTES
                    && self.index.entries <= limits::BUNDLE_PART_ENTRIES as u64,
                "`index` is over the limits",
            ),
            (self.accounting.balances(), "`accounting` does not add up"),
            (
                (1..=128).contains(&self.producer.len())
                    && self.producer.bytes().all(|b| (0x20..0x7f).contains(&b)),
                "`producer` is not 1 to 128 printable ASCII characters",
            ),
            (
                self.next_key.is_some() == (self.kind == BundleKind::Keyroll),
                "`next_key` is in a keyroll and only there",
            ),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(HeadError::Form(rule.into())),
            None => Ok(()),
        }
    }

    /// Whether another head can be of another part of the same set: equal in all but `part` and
    /// `index`.
    #[must_use]
    pub fn same_set(&self, other: &Self) -> bool {
        let mut other = other.clone();
        other.part = self.part;
        other.index = self.index.clone();
        *self == other
    }
}
