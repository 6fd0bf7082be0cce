//! The map: which Outlook category means which contacts, and which BigContacts categories.
//!
//! *Spec*: `formats/map.md`.
//!
//! *Invariants*: all lines of the most specific pattern apply, and no others; a map with a faulty
//! line
//! is refused as a whole, with every fault named.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::category_pattern::{CategoryPattern, MatchKind};
use super::contact_key::ContactKey;
use super::keys;
use super::{map_csv, map_toml};
use crate::finding::{Effect, Findings};
use crate::limits;

/// A category of BigContacts: a name and a value (`Relationship` = `Supplier`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrmCategory {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// One line of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapLine {
    /// The line of the file, from 1.
    pub line: u64,
    /// The categories it is for.
    pub pattern: CategoryPattern,
    /// The contacts it names, each by one key.
    pub contacts: Vec<ContactKey>,
    /// What the contact found must have too: written beside the key for people to read.
    pub checks: Vec<ContactKey>,
    /// The BigContacts category that the item gets.
    pub crm_category: Option<CrmCategory>,
    /// Whether contacts with the category opt in to the sync.
    pub sync: bool,
    /// A remark of the author.
    pub note: String,
}

/// The lines that apply to a category.
#[derive(Debug, Clone, Copy)]
pub struct MapMatch<'m, 'c> {
    lines: &'m [usize],
    /// What the star stands for.
    pub rest: &'c str,
}

/// The whole map.
#[derive(Debug, Clone, Default)]
pub struct CategoryMap {
    lines: Vec<MapLine>,
    exact: HashMap<String, Vec<usize>>,
    folded: HashMap<String, Vec<usize>>,
    prefixes: Vec<Vec<usize>>,
}

/// One fault of a map, with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapFault {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong, and the remedy.
    pub what: String,
}

/// Why a map cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// The file cannot be read.
    #[error("the map {file} cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Lines are faulty.
    #[error("the map {file} cannot be used: {}", Faults(.faults))]
    Faulty {
        /// The file.
        file: String,
        /// Every fault, in order of lines.
        faults: Vec<MapFault>,
    },
}

struct Faults<'f>(&'f [MapFault]);

impl fmt::Display for Faults<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        for (number, fault) in self.0.iter().take(SHOWN).enumerate() {
            if number > 0 {
                f.write_str("; ")?;
            }
            write!(f, "line {}: {}", fault.line, fault.what)?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl CategoryMap {
    /// Reads a map file: TOML when the name ends in `.toml`, else CSV.
    ///
    /// # Errors
    /// When the file cannot be read, or any line of it is faulty.
    ///
    /// # Findings
    /// Those of [`crate::sheet`]; `link.map.unknown-column`, `link.map.duplicate-line`.
    pub fn open(path: &std::path::Path) -> Result<(Self, Findings), MapError> {
        let file = path.display().to_string();
        match crate::sheet::load(path) {
            Ok(bytes) => Self::read(&file, bytes),
            Err(source) => Err(MapError::Unreadable { file, source }),
        }
    }

    /// Reads a map from its bytes; `file` is its name.
    ///
    /// # Errors
    /// When any line is faulty.
    pub fn read(file: &str, bytes: Vec<u8>) -> Result<(Self, Findings), MapError> {
        let mut findings = Findings::new();
        let is_toml = file.to_ascii_lowercase().ends_with(".toml");
        let lines = if is_toml {
            map_toml::read(&bytes)
        } else {
            map_csv::read(bytes, &mut findings)
        };
        let lines = lines.map_err(|faults| MapError::Faulty {
            file: file.to_owned(),
            faults,
        })?;
        let map = Self::new(lines, &mut findings).map_err(|fault| MapError::Faulty {
            file: file.to_owned(),
            faults: vec![fault],
        })?;
        findings.set_file(&file.into());
        Ok((map, findings))
    }

    /// A map of these lines.
    ///
    /// # Errors
    /// When there are more than [`limits::MAP_LINES`].
    pub fn new(lines: Vec<MapLine>, findings: &mut Findings) -> Result<Self, MapFault> {
        if let Some(line) = lines.get(limits::MAP_LINES) {
            let what = format!("the map has more than {} lines", limits::MAP_LINES);
            return Err(MapFault {
                line: line.line,
                what,
            });
        }
        let mut map = Self::default();
        let mut prefixes = Vec::new();
        let mut seen: HashMap<String, u64> = HashMap::new();
        for (number, line) in lines.iter().enumerate() {
            let key = line.pattern.key();
            match line.pattern.kind() {
                MatchKind::Exact => map.exact.entry(key.to_owned()).or_default().push(number),
                MatchKind::IgnoreCase => map.folded.entry(key.to_owned()).or_default().push(number),
                MatchKind::Prefix => prefixes.push(number),
            }
            let whole = format!(
                "{}\n{key}\n{:?}\n{:?}\n{}",
                line.pattern.kind().name(),
                line.contacts,
                line.crm_category,
                line.sync
            );
            if let Some(first) = seen.get(&whole) {
                findings.add(
                    "link.map.duplicate-line",
                    Effect::Noted,
                    format!("line {}", line.line),
                    format!("says the same as line {first}; remove one of them"),
                );
            } else {
                seen.insert(whole, line.line);
            }
        }
        map.prefixes = group_prefixes(&lines, prefixes);
        map.lines = lines;
        Ok(map)
    }

    /// Every line, in order of the file.
    #[must_use]
    pub fn lines(&self) -> &[MapLine] {
        &self.lines
    }

    /// The numbers (into [`Self::lines`]) of all lines of the most specific pattern that matches.
    #[must_use]
    pub fn find<'c>(&self, category: &'c str) -> Option<MapMatch<'_, 'c>> {
        let rest = category.trim();
        let plain: String = rest.nfc().collect();
        if let Some(lines) = self.exact.get(&plain) {
            return Some(MapMatch { lines, rest });
        }
        if let Some(lines) = self.folded.get(&keys::category(rest)) {
            return Some(MapMatch { lines, rest });
        }
        self.prefixes.iter().find_map(|lines| {
            let first = lines.first().and_then(|number| self.lines.get(*number))?;
            first
                .pattern
                .matches(category)
                .map(|rest| MapMatch { lines, rest })
        })
    }

    /// The line of a number.
    #[must_use]
    pub fn line(&self, number: usize) -> Option<&MapLine> {
        self.lines.get(number)
    }

    /// The lines that name a sync category.
    pub fn sync_lines(&self) -> impl Iterator<Item = &MapLine> {
        self.lines.iter().filter(|line| line.sync)
    }
}

impl MapMatch<'_, '_> {
    /// The numbers of the lines, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = usize> {
        self.lines.iter().copied()
    }
}

/// The prefix lines in groups that match alike, the longest prefix first.
fn group_prefixes(lines: &[MapLine], mut numbers: Vec<usize>) -> Vec<Vec<usize>> {
    let pattern = |number: &usize| lines.get(*number).map(|line| &line.pattern);
    numbers.sort_by(|a, b| {
        let key = |n| pattern(n).map(|p| (p.specificity(), p.key(), p.wants_gap()));
        key(b).cmp(&key(a)).then(a.cmp(b))
    });
    numbers
        .chunk_by(|a, b| {
            pattern(a).map(|p| (p.key(), p.wants_gap()))
                == pattern(b).map(|p| (p.key(), p.wants_gap()))
        })
        .map(<[usize]>::to_vec)
        .collect()
}
