//! What goes out of an item: its registers brought up to what its store shows, held against what
//! the peer is known to have.
//!
//! *Spec*: `formats/exchange.md`, sections 2 to 4 and 6.
//!
//! *Invariant*: an item that shows what it last showed, and that the peer has, costs one look-up.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use super::held_item::{DELETED, Deleted, HeldError, HeldItem, fields_of};
use super::home::Config;
use super::ledger::{KnownItems, LedgerError, Marked, NewItem, Round, Row, Waiting};
use crate::bundle::Place;
use crate::bundle::accounting::id_key;
use crate::canonical_json;
use crate::item::{Item, ItemId, Kind};
use crate::mapping::mapi;
use crate::merge::fields::BESIDE;
use crate::merge::wire::Exchange;
use crate::merge::{Fields, Prefer, Sibling, Side, Stamp};

/// Deletions that need no word, whatever the number of items.
const FEW_DELETIONS: u64 = 25;

/// One run that looks at the items of a store and sends what the peer does not have.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The ledger.
    pub round: &'a Round<'a>,
    /// What was in it when the run began, when that was looked up.
    pub known: Option<&'a KnownItems>,
    /// Which of several values is shown.
    pub prefer: Prefer,
    /// Who looks, and when.
    pub stamp: Stamp,
    /// The number of the bundle.
    pub seq: u64,
    /// Whether everything is sent.
    pub full: bool,
    /// Whether the store is only looked at, and nothing sent.
    pub quiet: bool,
}

/// An item that goes out.
#[derive(Debug)]
pub struct Sent {
    /// As it is shown; `None` when that is what was given.
    pub shown: Option<Box<Item>>,
    /// For its record.
    pub exchange: Exchange,
    /// The version of its registers, when the ledger is still to [`Outgoing::enter`] it.
    pub new: Option<String>,
}

/// What goes out of items that were not in what was read.
#[derive(Debug)]
pub enum Leftover {
    /// An item.
    Item(Box<Item>, Exchange),
    /// A deletion.
    Deleted(Deleted),
}

/// What is known of the store's item before it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// What stands beside its record.
    pub beside: &'a Value,
    /// The hash of both, by [`native_hash`].
    pub native: &'a str,
    /// The input that it is in.
    pub source: Option<&'a str>,
    /// What to remember of it, so that it need not be read again.
    pub marked: Option<&'a Marked>,
}

/// The hash of what a store shows of an item.
#[must_use]
pub fn native_hash(content_hash: &str, beside: &Value) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("airbridge 2026 native state v1");
    hasher.update(content_hash.as_bytes());
    hasher.update(&canonical_json::to_hash(beside));
    hasher.finalize().to_hex().to_string()
}

/// Whether so many deletions need a person's word.
#[must_use]
pub fn is_mass_deletion(deleted: u64, of: u64) -> bool {
    let emptied = deleted > 1 && deleted >= of;
    deleted > FEW_DELETIONS.max(of / 10) || emptied
}

impl<'a> Outgoing<'a> {
    /// A run of this side.
    #[must_use]
    pub fn new(round: &'a Round<'a>, config: &Config, at: jiff::Timestamp, seq: u64) -> Self {
        Self {
            round,
            known: None,
            prefer: config.prefer,
            stamp: Stamp {
                side: config.side,
                at,
                epoch: config.epoch,
            },
            seq,
            full: false,
            quiet: false,
        }
    }

    /// Takes what the store shows of an item, its bytes packed; `None` when the peer has it so. One
    /// that is new is still to be entered; `first` are its registers then and their version, when
    /// they are made already.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn item(
        &self,
        item: &Item,
        look: Look<'_>,
        first: Option<(Exchange, String)>,
    ) -> Result<Option<Sent>, LedgerError> {
        let Look {
            beside,
            native,
            source,
            marked,
        } = look;
        let id = &item.id;
        let row = match self.known {
            Some(known) if known.is_empty => None,
            _ => self.round.row(id)?,
        };
        let known = row.filter(|row| row.version.is_some());
        let Some(row) = known else {
            let (exchange, version) = first.unwrap_or_else(|| {
                let first = HeldItem::first(beside, &self.stamp);
                let version = first.version();
                (first, version)
            });
            return Ok(Some(Sent {
                shown: None,
                exchange,
                new: Some(version),
            }));
        };
        if !self.quiet {
            self.round.mark(id, marked)?;
        }
        let same = row.native.as_deref() == Some(native) && !row.absent;
        if same && row.version == row.agreed && !self.full {
            return Ok(None);
        }
        let mut held = match self.round.held(id)? {
            Some(held) => held,
            None => HeldItem::new(item.clone()),
        };
        if same && row.pending == 0 && !row.gone {
            let exchange = self.wire(id, &held, item)?;
            self.send(id, row.version.as_deref().unwrap_or_default())?;
            return Ok(Some(Sent {
                shown: None,
                exchange,
                new: None,
            }));
        }
        if !same {
            let mut fields = self.fields(item, beside)?;
            if self.stamp.side == Side::Outlook {
                self.take_import(&held, &row, &mut fields)?;
            }
            held.held.observe(&fields, self.prefer, &self.stamp);
            held.like = item.clone();
        }
        let version = self.round.hold(&held, self.prefer)?;
        self.round.see(id, native, source)?;
        if row.agreed.as_deref() == Some(&version) && !self.full {
            return Ok(None);
        }
        if !held.held.state.exists(self.prefer) {
            // The store shows what is deleted: it waits for the store.
            return Ok(None);
        }
        let shown = self.shown(&held)?;
        let exchange = self.wire(id, &held, &shown)?;
        self.send(id, &version)?;
        Ok(Some(Sent {
            shown: Some(Box::new(shown)),
            exchange,
            new: None,
        }))
    }

    /// A field that shows what importing makes of the registers' value shows that value: Outlook
    /// has no place for some, and adds others, which nobody edited. Of an item that waits for its
    /// import, properties that no model knows are added by Outlook too.
    fn take_import(
        &self,
        held: &HeldItem,
        row: &Row,
        fields: &mut Fields,
    ) -> Result<(), LedgerError> {
        let shown = held.held.state.shown(self.prefer);
        if fields.differing(&shown).next().is_none() || !shown.exists() {
            return Ok(());
        }
        let before = self.shown(held)?;
        let after = mapi::as_imported(&before);
        let imported = self.fields(&after, &Value::Null)?;
        let broken = |source| self.round.broken(&before.id, source);
        let turned = turned(&before, &after).map_err(broken)?;
        let waits = row.pending > 0 || row.native.is_none();
        let differing: Vec<String> = fields.differing(&shown).map(str::to_owned).collect();
        for path in differing {
            let (now, then) = (fields.0.get(&path), shown.0.get(&path));
            // An element that is known by all it says goes when importing makes another of it; then
            // the other is there.
            let turned = turned.get(&path).is_none_or(|to| fields.0.contains_key(to));
            let made = now == imported.0.get(&path) && !is_beside(&path) && turned;
            let added = waits && then.is_none() && path.starts_with("raw/");
            if !made && !added {
                continue;
            }
            match then.cloned() {
                Some(value) => fields.0.insert(path, value),
                None => fields.0.remove(&path),
            };
        }
        Ok(())
    }

    /// Enters a new item with what was sent of it: by the place of its record, or held apart.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn enter(
        &self,
        item: &Item,
        look: Look<'_>,
        sent: &Sent,
        place: Option<Place>,
    ) -> Result<(), LedgerError> {
        let Some(version) = &sent.new else {
            return Ok(());
        };
        let id = &item.id;
        let kind = item.kind();
        let new = NewItem {
            id,
            kind: kind.name(),
            opted_in: kind == Kind::Contact,
            title: item.title(),
            version,
            native: look.native,
            source: look.source,
            marked: look.marked,
        };
        self.round.enter(&new, place)?;
        if place.is_none() {
            let body = HeldItem::encode_first(item, &sent.exchange)
                .map_err(|source| self.round.broken(id, source))?;
            self.round.set_body(id, &body)?;
        }
        // Only by its strongest key is an item known again; copies share the others.
        if let Some(key) = item.identity.first() {
            self.round.identify(key, id)?;
        }
        self.send(id, version)
    }

    /// Takes that the store no longer has an item; its record when that is a deletion of which the
    /// peer must hear.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn deletion(&self, id: &ItemId) -> Result<Option<Deleted>, LedgerError> {
        let Some(mut held) = self.round.held(id)? else {
            return Ok(None);
        };
        held.held.delete(self.prefer, &self.stamp);
        self.round.hold(&held, self.prefer)?;
        self.round.unsee(id)?;
        self.gone(id, &held)
    }

    /// The record of a deletion of which the peer does not know.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn gone(&self, id: &ItemId, held: &HeldItem) -> Result<Option<Deleted>, LedgerError> {
        let row = self.round.row(id)?.unwrap_or_default();
        if !row.gone || (row.version == row.agreed && !self.full) {
            return Ok(None);
        }
        self.send(id, row.version.as_deref().unwrap_or_default())?;
        Ok(Some(Deleted {
            id: id.clone(),
            kind: DELETED.to_owned(),
            was: held.like.kind().name().to_owned(),
            title: held.like.title().to_owned(),
            exchange: Exchange::of(&held.held.state, &Fields::default()),
        }))
    }

    /// What the peer does not have, of items that were not in what was read: decisions, and
    /// deletions that it has not acknowledged. Items with bytes wait until their store is read
    /// again, unless `with_bytes`.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn leftovers(
        &self,
        met: &HashSet<u128>,
        with_bytes: bool,
    ) -> Result<Vec<Leftover>, LedgerError> {
        let mut leftovers = Vec::new();
        for id in self.round.unsent(self.stamp.epoch, self.seq)? {
            let row = self.round.row(&id)?.unwrap_or_default();
            if met.contains(&id_key(&id.0)) && !row.gone {
                continue;
            }
            let Some(held) = self.round.held(&id)? else {
                continue;
            };
            if row.gone {
                leftovers.extend(self.gone(&id, &held)?.map(Leftover::Deleted));
                continue;
            }
            let mut shown = self.shown(&held)?;
            let has_bytes = shown.try_visit_blobs(|_| Err(())).is_err();
            if has_bytes && !with_bytes {
                continue;
            }
            let exchange = self.wire(&id, &held, &shown)?;
            self.send(&id, row.version.as_deref().unwrap_or_default())?;
            leftovers.push(Leftover::Item(Box::new(shown), exchange));
        }
        Ok(leftovers)
    }

    /// Conflicts that await a decision, and items that are no longer in the store, for
    /// `data/conflicts.jsonl`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn conflict_lines(&self) -> Result<Vec<ConflictLine>, LedgerError> {
        let mut lines = Vec::new();
        for id in self.round.waiting(Waiting::Decision)? {
            let Some(held) = self.round.held(&id)? else {
                continue;
            };
            for conflict in held.held.state.conflicts(self.prefer) {
                let values = std::iter::once(&conflict.shown).chain(&conflict.others);
                lines.push(ConflictLine {
                    item: id.clone(),
                    title: held.like.title().to_owned(),
                    absent: false,
                    path: Some(conflict.path.clone()),
                    values: values.map(ConflictValue::of).collect(),
                });
            }
        }
        for (id, title) in self.round.absent()? {
            lines.push(ConflictLine {
                item: id,
                title,
                absent: true,
                path: None,
                values: Vec::new(),
            });
        }
        Ok(lines)
    }

    fn fields(&self, item: &Item, beside: &Value) -> Result<Fields, LedgerError> {
        fields_of(item, beside).map_err(|source| self.round.broken(&item.id, source))
    }

    fn shown(&self, held: &HeldItem) -> Result<Item, LedgerError> {
        held.shown(self.prefer)
            .map_err(|source| self.round.broken(&held.like.id, source))
    }

    fn wire(&self, id: &ItemId, held: &HeldItem, shown: &Item) -> Result<Exchange, LedgerError> {
        held.exchange(shown)
            .map_err(|source| self.round.broken(id, source))
    }

    fn send(&self, id: &ItemId, version: &str) -> Result<(), LedgerError> {
        if self.quiet {
            return Ok(());
        }
        self.round.send(self.stamp.epoch, self.seq, id, version)
    }
}

/// The elements of lists of which importing makes others: from which path to which.
fn turned(before: &Item, after: &Item) -> Result<HashMap<String, String>, HeldError> {
    let before = serde_json::to_value(before.semantic()?)?;
    let after = serde_json::to_value(after.semantic()?)?;
    let lists = before.as_object().into_iter().flatten();
    let paths = lists.filter_map(|(member, _)| {
        let from = Fields::list_paths(&before, member)?;
        let to = Fields::list_paths(&after, member)?;
        (from.len() == to.len()).then(|| from.into_iter().zip(to))
    });
    Ok(paths.flatten().filter(|(from, to)| from != to).collect())
}

/// Whether a field stands beside the record.
fn is_beside(path: &str) -> bool {
    let member = path.split('/').next().unwrap_or_default();
    BESIDE.contains(&member)
}

/// A line of `data/conflicts.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
pub struct ConflictLine {
    /// The item.
    pub item: ItemId,
    /// What a person would call it.
    pub title: String,
    /// Whether it is no longer in the sender's store.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
    /// The field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its values, that which is shown first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ConflictValue>,
}

/// One value of a conflict.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
pub struct ConflictValue {
    /// Who wrote it.
    pub side: Side,
    /// When that was noticed.
    pub at: jiff::Timestamp,
    /// The value; nothing when the field was emptied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

impl ConflictValue {
    /// What a sibling says.
    #[must_use]
    pub fn of(sibling: &Sibling) -> Self {
        Self {
            side: sibling.dot.0,
            at: sibling.at,
            value: sibling.value.clone(),
        }
    }
}
