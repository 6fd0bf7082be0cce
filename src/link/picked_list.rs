//! The picked list: items that a person chose by hand, each with its contacts (the bulk upload).
//!
//! *Spec*: `formats/profile.md`, "The picked list".
//!
//! *Shape*: CSV with `item` (or `message_id`, `bridge_id`, `search_key`, `path`) and the contact
//! columns
//! of the map.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::category_map::{MapError, MapFault};
use super::contact_key::ContactKey;
use super::map_csv::{Column, beyond, read_contacts, unquote};
use crate::finding::{Effect, Findings};
use crate::item::{IdentityKey, Item};
use crate::limits;
use crate::sheet::{Row, Sheet, heading_key};

/// One row: an item and its contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickedRow {
    /// Its line, from 1.
    pub line: u64,
    /// The item, as written.
    pub item: String,
    /// The contacts.
    pub contacts: Vec<ContactKey>,
    /// What the contact found must have too.
    pub checks: Vec<ContactKey>,
}

/// The whole list.
#[derive(Debug, Clone, Default)]
pub struct PickedList {
    rows: Vec<PickedRow>,
    by_key: HashMap<String, Vec<usize>>,
}

/// What an item is picked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Looks,
    MessageId,
    BridgeId,
    SearchKey,
    Path,
}

impl By {
    fn of(heading: &str) -> Option<Self> {
        Some(match heading_key(heading).as_str() {
            "item" | "items" | "pick" | "picked" => Self::Looks,
            "messageid" | "internetmessageid" => Self::MessageId,
            "bridgeid" | "itemid" | "airbridgeid" => Self::BridgeId,
            "searchkey" => Self::SearchKey,
            "path" | "file" | "filename" => Self::Path,
            _ => return None,
        })
    }

    /// The key under which an item is looked up; `None` when the text cannot be of this sort.
    fn key(self, text: &str) -> Option<String> {
        let text = text.trim();
        let hex = |text: &str| text.len() >= 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        match self {
            Self::BridgeId => Some(format!("id {}", text.to_ascii_lowercase())),
            Self::SearchKey => hex(text).then(|| format!("key {}", text.to_ascii_lowercase())),
            Self::MessageId => {
                let id = text.trim_start_matches('<').trim_end_matches('>');
                (!id.is_empty()).then(|| format!("mid {id}"))
            }
            Self::Path => path_key(text),
            Self::Looks if text.starts_with("ab-") => Self::BridgeId.key(text),
            Self::Looks if hex(text) => Self::SearchKey.key(text),
            Self::Looks if text.starts_with('<') => Self::MessageId.key(text),
            Self::Looks if text.contains('@') && !text.contains(['/', '\\']) => {
                Self::MessageId.key(text)
            }
            Self::Looks => Self::Path.key(text),
        }
    }
}

/// A path in one spelling, for comparing.
fn path_key(text: &str) -> Option<String> {
    let path = text.replace('\\', "/").to_lowercase();
    let path = path.trim_start_matches("./").trim_matches('/');
    (!path.is_empty()).then(|| format!("path {path}"))
}

impl PickedList {
    /// Reads a list from a file.
    ///
    /// # Errors
    /// When it cannot be read, or any row is faulty.
    pub fn open(path: &Path) -> Result<(Self, Findings), MapError> {
        let file = path.display().to_string();
        match crate::sheet::load(path) {
            Ok(bytes) => Self::read(&file, bytes),
            Err(source) => Err(MapError::Unreadable { file, source }),
        }
    }

    /// Reads a list from its bytes; `file` is its name.
    ///
    /// # Errors
    /// When any row is faulty.
    ///
    /// # Findings
    /// Those of [`crate::sheet`]; `link.picked.unknown-column`.
    pub fn read(file: &str, bytes: Vec<u8>) -> Result<(Self, Findings), MapError> {
        let mut findings = Findings::new();
        let list = Self::parse(bytes, &mut findings).map_err(|faults| MapError::Faulty {
            file: file.to_owned(),
            faults,
        })?;
        findings.set_file(&file.into());
        Ok((list, findings))
    }

    fn parse(bytes: Vec<u8>, findings: &mut Findings) -> Result<Self, Vec<MapFault>> {
        let sheet = Sheet::read(bytes, findings);
        let mut rows = sheet.rows_without_comments();
        let mut list = Self::default();
        let Some(heading) = rows.next() else {
            return Ok(list);
        };
        let items: Vec<Option<By>> = heading.cells.iter().map(|cell| By::of(cell)).collect();
        let columns: Vec<Option<Column>> =
            heading.cells.iter().map(|cell| Column::of(cell)).collect();
        if items.iter().all(Option::is_none) {
            let what = format!(
                "the first line must name the columns, and one must be called `item`; it reads: {}",
                heading.cells.join(", ")
            );
            return Err(vec![MapFault {
                line: heading.line,
                what,
            }]);
        }
        for (title, (item, column)) in heading.cells.iter().zip(items.iter().zip(&columns)) {
            if item.is_none() && column.is_none() && !title.is_empty() {
                let place = format!("line {}", heading.line);
                let detail = format!("column `{title}` is not used");
                findings.add("link.picked.unknown-column", Effect::Noted, place, detail);
            }
        }
        let mut faults = Vec::new();
        for row in rows {
            row.report(findings);
            if list.rows.len() >= limits::MAP_LINES {
                let what = format!("the list has more than {} rows", limits::MAP_LINES);
                return Err(vec![MapFault {
                    line: row.line,
                    what,
                }]);
            }
            if let Err(what) = list.add(&row, &items, &columns) {
                faults.push(MapFault {
                    line: row.line,
                    what,
                });
            }
        }
        if faults.is_empty() {
            Ok(list)
        } else {
            Err(faults)
        }
    }

    fn add(
        &mut self,
        row: &Row,
        items: &[Option<By>],
        columns: &[Option<Column>],
    ) -> Result<(), String> {
        if let Some(extra) = row.beyond(columns.len()) {
            return Err(beyond(extra));
        }
        let cell = |wanted: Column| {
            let at = columns.iter().position(|column| *column == Some(wanted));
            unquote(at.map_or("", |at| row.cell(at)))
        };
        let picked: Vec<(By, &str)> = items
            .iter()
            .zip(&row.cells)
            .filter_map(|(by, text)| Some(((*by)?, unquote(text))))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        let Some((_, item)) = picked.first() else {
            return Err("the row names no item; fill in `item`, or delete the row".to_owned());
        };
        let (contacts, checks) = read_contacts(&cell)?;
        if contacts.is_empty() || contacts.iter().any(ContactKey::is_star) {
            return Err(format!(
                "item `{item}` has no contact; write an address, a name or id:NUMBER"
            ));
        }
        for (by, text) in &picked {
            let key = by.key(text).ok_or_else(|| {
                format!("`{text}` is no message id, bridge id, search key (32 hex digits) or path")
            })?;
            self.by_key.entry(key).or_default().push(self.rows.len());
        }
        let item = (*item).to_owned();
        self.rows.push(PickedRow {
            line: row.line,
            item,
            contacts,
            checks,
        });
        Ok(())
    }

    /// Every row, in order of the file.
    #[must_use]
    pub fn rows(&self) -> &[PickedRow] {
        &self.rows
    }

    /// The numbers of the rows that pick an item, ascending.
    #[must_use]
    pub fn find(&self, item: &Item) -> Vec<usize> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let mut keys = vec![By::BridgeId.key(&item.id.0)];
        keys.extend(item.identity.iter().map(|key| match key {
            IdentityKey::BridgeId(id) => By::BridgeId.key(id),
            IdentityKey::SearchKey(key) => By::SearchKey.key(key.split('/').next().unwrap_or(key)),
            IdentityKey::MessageId(id) => By::MessageId.key(id),
            _ => None,
        }));
        for place in &item.provenance {
            // The file as named, and every shorter end of its path.
            let whole = place.source.replace('\\', "/");
            let mut tail = whole.as_str();
            loop {
                keys.push(By::Path.key(tail));
                match tail.split_once('/') {
                    Some((_, rest)) => tail = rest,
                    None => break,
                }
            }
        }
        let rows: BTreeSet<usize> = keys
            .into_iter()
            .flatten()
            .filter_map(|key| self.by_key.get(&key))
            .flatten()
            .copied()
            .collect();
        rows.into_iter().collect()
    }
}
