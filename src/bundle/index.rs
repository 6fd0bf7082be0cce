//! The index of a part: one line for each payload entry, in file order.
//!
//! *Spec*: `formats/bundle.md`, section 7; `formats/schema/index.schema.json`.
//!
//! *Shape*:
//! ```text
//! {"csha256":"…","csize":1,"method":"deflate","name":"data/links.jsonl","sha256":"…","size":2}
//! ```

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::digest::Sha256Hash;
use super::entry_name::EntryName;
use super::zip_header::Method;
use crate::canonical_json;
use crate::limits;

/// One payload entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// Its name.
    pub name: EntryName,
    /// How it is stored.
    pub method: Method,
    /// SHA-256 of the stored bytes.
    pub csha256: Sha256Hash,
    /// Stored bytes.
    pub csize: u32,
    /// SHA-256 of the inflated bytes.
    pub sha256: Sha256Hash,
    /// Inflated bytes.
    pub size: u32,
}

/// The line as JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    csha256: Sha256Hash,
    csize: u32,
    method: Method,
    name: String,
    sha256: Sha256Hash,
    size: u32,
}

impl IndexEntry {
    /// Appends the line, LF included.
    ///
    /// # Errors
    /// Never in practice: every value has a canonical form.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), canonical_json::CanonicalError> {
        let line = Line {
            csha256: self.csha256,
            csize: self.csize,
            method: self.method,
            name: self.name.to_string(),
            sha256: self.sha256,
            size: self.size,
        };
        out.extend(canonical_json::to_vec(&line)?);
        out.push(b'\n');
        Ok(())
    }

    /// Reads one line, without its LF.
    fn parse(line: &[u8]) -> Result<Self, String> {
        canonical_json::check(line).map_err(|error| error.to_string())?;
        let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let entry = Self {
            name: EntryName::parse(&line.name)
                .ok_or_else(|| format!("{:?} is not a name of the format", line.name))?,
            method: line.method,
            csha256: line.csha256,
            csize: line.csize,
            sha256: line.sha256,
            size: line.size,
        };
        if u64::from(entry.size.max(entry.csize)) > limits::BUNDLE_PART_BYTES {
            return Err("an entry is over 2,000,000,000 bytes".into());
        }
        let same = entry.size == entry.csize && entry.sha256 == entry.csha256;
        if entry.method == Method::Store && !same {
            return Err("an entry is stored as it is, with two sizes or two hashes".into());
        }
        if matches!(&entry.name, EntryName::Blob(hash) if *hash != entry.sha256) {
            return Err("a blob is not named by its own SHA-256".into());
        }
        Ok(entry)
    }
}

/// Reads an index.
///
/// # Errors
/// In words with the number of the line: not canonical, outside the grammar, twice the same name,
/// over a limit.
pub fn parse(bytes: &[u8]) -> Result<Vec<IndexEntry>, String> {
    let mut entries = Vec::new();
    let mut names = HashSet::new();
    let mut inflated = 0u64;
    let Some(body) = bytes.strip_suffix(b"\n") else {
        return if bytes.is_empty() {
            Ok(entries)
        } else {
            Err("the last line has no end".into())
        };
    };
    for (n, line) in body.split(|b| *b == b'\n').enumerate() {
        let at = |what: String| format!("line {}: {what}", n.saturating_add(1));
        if n >= limits::BUNDLE_PART_ENTRIES {
            return Err(at("over 60,000 entries".into()));
        }
        let entry = IndexEntry::parse(line).map_err(at)?;
        inflated = inflated.saturating_add(entry.size.into());
        if inflated > limits::BUNDLE_PART_INFLATED {
            return Err(at("the entries inflate to over 64 GiB".into()));
        }
        if !names.insert(entry.name.clone()) {
            return Err(at(format!("{} is there twice", entry.name)));
        }
        entries.push(entry);
    }
    Ok(entries)
}
