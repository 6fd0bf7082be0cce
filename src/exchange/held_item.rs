//! An item with its registers, as the ledger keeps it and as a record carries it.
//!
//! *Spec*: `formats/exchange.md`, section 3.
//!
//! *Shape* of a body in the ledger, deflated:
//! `{"record":{…},"exchange":{…},"seen":[o,c],"pending":{…}}`

use std::collections::BTreeMap;
use std::io::{self, Read};

use flate2::bufread::DeflateDecoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::item::hash::NotPacked;
use crate::item::{Item, ItemId};
use crate::limits;
use crate::link::Decision;
use crate::merge::wire::{Exchange, WireError, unversioned};
use crate::merge::{Context, EXISTS, Fields, Held, Prefer, Register, Side, Stamp, State};

/// The kind of a record that stands for a deletion.
pub const DELETED: &str = "deleted";

/// Why what is held of an item cannot be read or written.
#[derive(Debug, Error)]
pub enum HeldError {
    /// It is not JSON, or not of the form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It cannot be inflated.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The registers cannot be.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Its bytes have no names yet.
    #[error(transparent)]
    NotPacked(#[from] NotPacked),
}

/// An item with its registers.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldItem {
    /// The item as it was last seen or received: it gives what is no field, and the order of lists.
    pub like: Item,
    /// The registers.
    pub held: Held,
}

/// What is kept in the ledger.
#[derive(Debug)]
pub struct Encoded {
    /// The version of the registers.
    pub version: String,
    /// Fields that wait for the store.
    pub pending: u64,
    /// The bytes.
    pub body: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Body<R> {
    record: R,
    exchange: Exchange,
    seen: Context,
    /// The store does not have the item at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unseen: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pending: BTreeMap<String, Option<Value>>,
}

/// The fields of an item, with what stands beside its record.
///
/// # Errors
/// When it has bytes that are not packed.
pub fn fields_of(item: &Item, beside: &Value) -> Result<Fields, HeldError> {
    let mut fields = Fields::of(&serde_json::to_value(item.semantic()?)?);
    fields.0.extend(Fields::of(beside).0);
    Ok(fields)
}

/// What a decision says beside the record of an item: its contacts and the categories there.
#[must_use]
pub fn beside(decision: &Decision) -> Value {
    let links = decision.links().iter();
    let links: Vec<Value> = links
        .filter_map(|link| serde_json::to_value(&link.contact).ok())
        .collect();
    let mut beside = Map::new();
    if !links.is_empty() {
        beside.insert("links".to_owned(), Value::Array(links));
    }
    if let Ok(categories @ Value::Array(_)) = serde_json::to_value(&decision.crm_categories)
        && !decision.crm_categories.is_empty()
    {
        beside.insert("crm_categories".to_owned(), categories);
    }
    Value::Object(beside)
}

impl HeldItem {
    /// An item of which nothing is held yet.
    #[must_use]
    pub fn new(like: Item) -> Self {
        Self {
            like,
            held: Held::default(),
        }
    }

    /// The item as it is shown.
    ///
    /// # Errors
    /// When the fields make no item.
    pub fn shown(&self, prefer: Prefer) -> Result<Item, HeldError> {
        self.assemble(&self.held.state.shown(prefer))
    }

    /// The item as the store was last seen to show it; `None` when it did not have it.
    ///
    /// # Errors
    /// When the fields make no item.
    pub fn native(&self, prefer: Prefer) -> Result<Option<Item>, HeldError> {
        let native = self.held.native(prefer);
        native.exists().then(|| self.assemble(&native)).transpose()
    }

    /// Puts fields together to an item that is like the one known: what does not count is kept
    /// where the rest of the member is the same.
    fn assemble(&self, fields: &Fields) -> Result<Item, HeldError> {
        let whole = serde_json::to_value(&self.like)?;
        let semantic = serde_json::to_value(self.like.semantic()?)?;
        let record = fields.record(&whole, &semantic);
        Ok(serde_json::from_value(record)?)
    }

    /// What to write beside the record of `shown`.
    ///
    /// # Errors
    /// When it has bytes that are not packed.
    pub fn exchange(&self, shown: &Item) -> Result<Exchange, HeldError> {
        let fields = fields_of(shown, &Value::Null)?;
        Ok(Exchange::of(&self.held.state, &fields))
    }

    /// The bytes for the ledger.
    ///
    /// # Errors
    /// When the fields make no item.
    pub fn encode(&self, prefer: Prefer) -> Result<Encoded, HeldError> {
        let shown = self.shown(prefer)?;
        let exchange = self.exchange(&shown)?;
        let version = exchange.version();
        let native = self.held.native(prefer);
        let unseen = !native.exists() && self.held.state.exists(prefer);
        let body = Body {
            record: &shown,
            exchange,
            seen: self.held.seen,
            unseen,
            pending: match unseen {
                true => BTreeMap::new(),
                false => self.held.pending.clone(),
            },
        };
        Ok(Encoded {
            version,
            pending: self.held.pending.len() as u64,
            body: deflate(&body)?,
        })
    }

    /// Reads the bytes of the ledger.
    ///
    /// # Errors
    /// When they are broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeldError> {
        let inflated = DeflateDecoder::new(bytes).take(limits::BUNDLE_LINE_BYTES as u64);
        let body: Body<Item> = serde_json::from_reader(io::BufReader::new(inflated))?;
        let fields = fields_of(&body.record, &Value::Null)?;
        let state = body.exchange.state(&fields)?;
        let mut held = Held {
            state,
            pending: body.pending,
            seen: body.seen,
        };
        if body.unseen {
            let paths = held.state.registers.keys();
            held.pending = paths.map(|path| (path.clone(), None)).collect();
        }
        Ok(Self {
            like: body.record,
            held,
        })
    }

    /// What is held of an item that its side has just seen for the first time, as
    /// [`Self::exchange`] gives it.
    #[must_use]
    pub fn first(beside: &Value, stamp: &Stamp) -> Exchange {
        let dot = stamp.dot(Context::default());
        let context = Context::default().with(dot);
        let mut fields = Fields::of(beside).0;
        fields.remove(EXISTS);
        let registers = fields.into_iter().map(|(path, value)| {
            let mut register = Register::default();
            register.edit(None, Some(value), stamp);
            (path, register)
        });
        Exchange {
            context: Some(context),
            dot: Some(dot),
            at: Some(stamp.at),
            fields: registers.collect(),
        }
    }

    /// The bytes for the ledger of an item with the registers of [`Self::first`].
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn encode_first(item: &Item, first: &Exchange) -> Result<Vec<u8>, HeldError> {
        deflate(&Body {
            record: item,
            exchange: first.clone(),
            seen: first.context.unwrap_or_default(),
            unseen: false,
            pending: BTreeMap::new(),
        })
    }

    /// What is held of an item that went out with the registers of [`Self::first`], by its record.
    ///
    /// # Errors
    /// When the record is not what it must be.
    pub fn of_record(line: &[u8]) -> Result<Self, HeldError> {
        #[derive(Deserialize)]
        struct Beside {
            exchange: Exchange,
        }
        let Beside { exchange } = serde_json::from_slice(line)?;
        let like: Item = serde_json::from_slice(line)?;
        let seen = exchange.context.unwrap_or_default();
        let state = exchange.state(&fields_of(&like, &Value::Null)?)?;
        Ok(Self {
            like,
            held: Held {
                state,
                pending: BTreeMap::new(),
                seen,
            },
        })
    }
}

fn deflate(body: &impl Serialize) -> Result<Vec<u8>, HeldError> {
    Ok(crate::bundle::prepared::deflate(&serde_json::to_vec(body)?))
}

/// A record that came in a bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The item; `None` for a deletion.
    pub item: Option<Item>,
    /// Its id.
    pub id: ItemId,
    /// What a person would call it.
    pub title: String,
    /// Its registers.
    pub state: State,
}

/// A record of the kind [`DELETED`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deleted {
    /// The item.
    pub id: ItemId,
    /// [`DELETED`].
    pub kind: String,
    /// The kind that it had.
    pub was: String,
    /// What a person would call it.
    #[serde(default)]
    pub title: String,
    /// Its registers.
    pub exchange: Exchange,
}

impl Incoming {
    /// Reads a record.
    ///
    /// # Errors
    /// When it is not what it must be.
    pub fn read(line: &[u8], sender: Side, at: Timestamp, epoch: u64) -> Result<Self, HeldError> {
        #[derive(Deserialize)]
        struct Beside {
            kind: String,
            #[serde(default)]
            exchange: Option<Exchange>,
        }
        let beside: Beside = serde_json::from_slice(line)?;
        if beside.kind == DELETED {
            let deleted: Deleted = serde_json::from_slice(line)?;
            return Ok(Self {
                item: None,
                id: deleted.id,
                title: deleted.title,
                state: deleted.exchange.state(&Fields::default())?,
            });
        }
        let item: Item = serde_json::from_slice(line)?;
        let fields = fields_of(&item, &Value::Null)?;
        let state = match beside.exchange {
            Some(exchange) => exchange.state(&fields)?,
            None => unversioned(&fields, sender, at, epoch),
        };
        Ok(Self {
            id: item.id.clone(),
            title: item.title().to_owned(),
            item: Some(item),
            state,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(side: Side) -> Stamp {
        Stamp {
            side,
            at: Timestamp::UNIX_EPOCH,
            epoch: 1,
        }
    }

    fn examples() -> Vec<Item> {
        [
            include_str!("../../formats/examples/items/contact.json"),
            include_str!("../../formats/examples/items/meeting.json"),
            include_str!("../../formats/examples/items/task.json"),
            include_str!("../../formats/examples/items/email.json"),
        ]
        .map(|text| serde_json::from_str(text).unwrap())
        .into()
    }

    #[test]
    fn the_quick_way_for_new_items_is_the_long_one() {
        let beside = serde_json::json!({"links": [{"id": "ab-9", "name": "Ann"}]});
        for item in examples() {
            let first = HeldItem::first(&beside, &stamp(Side::Outlook));
            let body = HeldItem::encode_first(&item, &first).unwrap();
            let mut long = HeldItem::new(item.clone());
            let fields = fields_of(&item, &beside).unwrap();
            long.held
                .observe(&fields, Prefer::Newest, &stamp(Side::Outlook));
            let encoded = long.encode(Prefer::Newest).unwrap();
            assert_eq!(encoded.version, first.version());
            let decoded = HeldItem::decode(&body).unwrap();
            assert_eq!(decoded, HeldItem::decode(&encoded.body).unwrap());
            let mut record = serde_json::to_value(&item).unwrap();
            record["exchange"] = serde_json::to_value(&first).unwrap();
            record["bigcontacts"] = serde_json::json!({"first_name": "not ours"});
            let record = serde_json::to_vec(&record).unwrap();
            assert_eq!(decoded, HeldItem::of_record(&record).unwrap());
            assert_eq!(decoded.shown(Prefer::Newest).unwrap(), item);
            assert_eq!(decoded.held, long.held);
        }
    }

    #[test]
    fn what_came_and_waits_for_the_store_comes_back() {
        for item in examples() {
            let first = HeldItem::first(&Value::Null, &stamp(Side::Crm));
            let body = HeldItem::encode_first(&item, &first).unwrap();
            let sender = HeldItem::decode(&body).unwrap();
            let mut held = HeldItem::new(item.clone());
            held.held.merge(&sender.held.state, Prefer::Newest);
            let encoded = held.encode(Prefer::Newest).unwrap();
            assert_eq!(encoded.version, first.version());
            assert!(encoded.pending > 0);
            let decoded = HeldItem::decode(&encoded.body).unwrap();
            assert_eq!(decoded, held);
            assert_eq!(decoded.native(Prefer::Newest).unwrap(), None);
        }
    }
}
