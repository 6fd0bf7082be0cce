//! Names of payload entries: a closed grammar, so that no name can point anywhere.
//!
//! *Spec*: `formats/bundle.md`, section 4.
//!
//! *Shape*:
//! ```text
//! data/records/<kind>/NNNNNNNN.jsonl      kind: a-z and _, 1 to 32; number from 00000000
//! data/blobs/sha256/<aa>/<64 hex>         aa: the first two of the 64 lower-case digits
//! data/links.jsonl  data/acks.jsonl  data/conflicts.jsonl  data/report.jsonl  data/contacts.csv
//! ```
//!
//! *Invariant*: `EntryName::parse(x)` is `Some(n)` only if `n.to_string() == x`.

use std::fmt;
use std::sync::Arc;

use super::digest::Sha256Hash;

/// The name of a payload entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryName {
    /// A shard of records of one kind.
    Records {
        /// The kind, [`is_record_kind`].
        kind: Arc<str>,
        /// The number of the shard among those of its kind in the whole set, from 0.
        shard: u32,
    },
    /// A content-addressed blob.
    Blob(Sha256Hash),
    /// A stream of lines.
    Stream(Stream),
    /// `data/contacts.csv`: the contacts in the form that BigContacts imports.
    ContactsCsv,
}

/// The streams of lines, at most one entry of each in a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Which items belong to which contacts, and why.
    Links,
    /// What the sender has applied of the receiver's bundles.
    Acks,
    /// Conflicts that await a decision.
    Conflicts,
    /// What became of every item seen.
    Report,
}

impl Stream {
    /// Every stream, in the order in which they are packed.
    pub const ALL: [Self; 4] = [Self::Links, Self::Acks, Self::Conflicts, Self::Report];

    /// The name of its entry.
    #[must_use]
    pub fn entry_name(self) -> &'static str {
        match self {
            Self::Links => "data/links.jsonl",
            Self::Acks => "data/acks.jsonl",
            Self::Conflicts => "data/conflicts.jsonl",
            Self::Report => "data/report.jsonl",
        }
    }
}

/// Name of the entry with the contacts as CSV.
pub const CONTACTS_CSV: &str = "data/contacts.csv";

/// Whether a text may be a kind of records: 1 to 32 letters `a` to `z` and `_`.
#[must_use]
pub fn is_record_kind(kind: &str) -> bool {
    (1..=32).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

impl EntryName {
    /// The name that a text spells; `None` for anything outside the grammar.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(stream) = Stream::ALL.into_iter().find(|s| s.entry_name() == text) {
            return Some(Self::Stream(stream));
        }
        if text == CONTACTS_CSV {
            return Some(Self::ContactsCsv);
        }
        if let Some(rest) = text.strip_prefix("data/records/") {
            let (kind, file) = rest.split_once('/')?;
            let number = file.strip_suffix(".jsonl")?;
            let digits = number.len() == 8 && number.bytes().all(|b| b.is_ascii_digit());
            if !digits || !is_record_kind(kind) {
                return None;
            }
            return Some(Self::Records {
                kind: kind.into(),
                shard: number.parse().ok()?,
            });
        }
        let rest = text.strip_prefix("data/blobs/sha256/")?;
        let (first_two, hex) = rest.split_once('/')?;
        let hash = Sha256Hash::parse(hex)?;
        hex.starts_with(first_two)
            .then_some(Self::Blob(hash))
            .filter(|_| first_two.len() == 2)
    }

    /// Whether the entry is lines of JSON.
    #[must_use]
    pub fn is_lines(&self) -> bool {
        matches!(self, Self::Records { .. } | Self::Stream(_))
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records { kind, shard } => write!(f, "data/records/{kind}/{shard:08}.jsonl"),
            Self::Blob(hash) => {
                let hex = hash.to_string();
                write!(f, "data/blobs/sha256/{}/{hex}", hex.get(..2).unwrap_or(""))
            }
            Self::Stream(stream) => f.write_str(stream.entry_name()),
            Self::ContactsCsv => f.write_str(CONTACTS_CSV),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_grammar_parses_and_every_name_comes_back() {
        let hex = "ab".repeat(32);
        for good in [
            "data/records/email/00000000.jsonl".to_owned(),
            "data/records/distribution_list/00001234.jsonl".to_owned(),
            format!("data/blobs/sha256/ab/{hex}"),
            "data/links.jsonl".to_owned(),
            "data/contacts.csv".to_owned(),
        ] {
            assert_eq!(EntryName::parse(&good).unwrap().to_string(), good);
        }
        for bad in [
            "data/records/email/0.jsonl".to_owned(),
            "data/records/Email/00000000.jsonl".to_owned(),
            "data/records/../00000000.jsonl".to_owned(),
            "data/records/email/00000000.jsonl/".to_owned(),
            "data/records/email/+0000001.jsonl".to_owned(),
            format!("data/blobs/sha256/ac/{hex}"),
            format!("data/blobs/sha256/a/{hex}"),
            format!("data/blobs/sha256/ab/{}", hex.to_uppercase()),
            "data/Links.jsonl".to_owned(),
            "/data/links.jsonl".to_owned(),
            "data\\links.jsonl".to_owned(),
            "../data/links.jsonl".to_owned(),
            "mimetype".to_owned(),
            String::new(),
        ] {
            assert_eq!(EntryName::parse(&bad), None, "{bad}");
        }
    }
}
