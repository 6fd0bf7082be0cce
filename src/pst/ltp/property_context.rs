//! Property context: the properties of one object.
//!
//! *Spec*: \[MS-PST\] 2.3.3 (PC).
//!
//! *Shape*: a BTH with 2-byte keys (property id) and 6-byte data: type (16 bits), value (32 bits).
//! Values of up to 4 bytes are in place; larger ones are a HNID: an allocation of the heap (low 5
//! bits zero; 0: empty) or a subnode.

use std::sync::Arc;

use crate::bytes::ReadAt;
use crate::content::ContentRef;
use crate::finding::Effect;
use crate::limits;
use crate::mapi::{Budget, PropTag, PropType, Value, value_bytes};
use crate::pst::ndb::data_tree::Stream;
use crate::pst::ndb::subnode::{SubnodeEntry, Subnodes};
use crate::pst::ndb::{BlockId, Database, Fault, NodeId, Notes, Spot};

use super::heap::{Heap, HeapId};
use super::heap_tree::HeapTree;
use super::value;

/// Where the values of an object come from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The database.
    pub db: &'a Arc<Database>,
    /// The subnodes of the object.
    pub subnodes: &'a Subnodes,
    /// Memory left.
    pub budget: &'a Budget,
    /// Where findings go.
    pub notes: &'a Notes,
    /// The object.
    pub spot: Spot,
}

/// A record of a property context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// `wPropId`.
    pub id: u16,
    /// `wPropType`.
    pub kind: PropType,
    /// `dwValueHnid`.
    pub value: u32,
}

impl Record {
    /// Reads a leaf record of the BTH.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            id: bytes.u16_at(0)?,
            kind: PropType(bytes.u16_at(2)?),
            value: bytes.u32_at(4)?,
        })
    }

    /// The property tag.
    #[must_use]
    pub const fn tag(self) -> PropTag {
        PropTag::new(self.id, self.kind)
    }
}

/// An open property context.
#[derive(Debug)]
pub struct PropertyContext<'d> {
    heap: Heap<'d>,
}

impl<'d> PropertyContext<'d> {
    /// Opens the property context in the data of a node.
    ///
    /// # Errors
    /// A [`Fault`] when the data is no heap of properties.
    pub fn open(
        db: &'d Database,
        data: BlockId,
        notes: &'d Notes,
        spot: Spot,
    ) -> Result<Self, Fault> {
        let heap = Heap::open(db, data, notes, spot)?;
        if heap.client() != 0xBC {
            return Err(Fault::new(
                "pst.ltp.property-context",
                format!(
                    "heap of kind 0x{:02X}, not a property context",
                    heap.client()
                ),
            ));
        }
        Ok(Self { heap })
    }

    /// The records, at most [`limits::PROPERTIES`].
    ///
    /// # Errors
    /// A [`Fault`] when the tree of records cannot be opened.
    pub fn records(&self) -> Result<Vec<Record>, Fault> {
        let tree = HeapTree::open(&self.heap, self.heap.root())?;
        if (tree.key_size(), tree.data_size()) != (2, 6) {
            return Err(Fault::new(
                "pst.ltp.property-context",
                format!(
                    "records of {} + {} bytes",
                    tree.key_size(),
                    tree.data_size()
                ),
            ));
        }
        let mut records = tree.records();
        let list: Vec<_> = records
            .by_ref()
            .take(limits::PROPERTIES)
            .filter_map(Record::read)
            .collect();
        if records.next().is_some() {
            let fault = Fault::new("pst.ltp.property-context", "more properties than the limit");
            self.heap
                .notes()
                .fault(Effect::Lost, self.heap.spot(), fault);
        }
        Ok(list)
    }

    /// The heap.
    #[must_use]
    pub fn heap(&self) -> &Heap<'d> {
        &self.heap
    }

    /// The value of a record. What cannot be read is a finding, and `None`.
    #[must_use]
    pub fn value(&self, record: Record, source: Source<'_>) -> Option<Value> {
        let spot = source.spot.property(record.id);
        match record.kind {
            PropType::BOOL | PropType::I16 | PropType::I32 | PropType::F32 | PropType::ERROR => {
                let bytes = record.value.to_le_bytes();
                Some(value_bytes::decode(record.kind, &bytes).0)
            }
            PropType::NULL | PropType::UNSPECIFIED => Some(Value::Null),
            PropType::OBJECT => Some(self.object_value(record, source)),
            kind => source.value(&self.heap, kind, record.value, spot),
        }
    }

    fn object_value(&self, record: Record, source: Source<'_>) -> Value {
        let spot = source.spot.property(record.id);
        match self.object(record, source) {
            Some((entry, size)) => {
                let stream = Stream::new(source.db, entry.data, u64::from(size), spot);
                Value::Large(Arc::new(stream))
            }
            None => Value::Null,
        }
    }

    /// The subnode and size of a `PtypObject` value (\[MS-PST\] 2.3.3.5). What cannot be found is a
    /// finding, and `None`.
    #[must_use]
    pub fn object(&self, record: Record, source: Source<'_>) -> Option<(SubnodeEntry, u32)> {
        let spot = source.spot.property(record.id);
        let hid = HeapId(record.value);
        if hid.is_none() {
            return None;
        }
        let found = if hid.is_heap() {
            self.heap.get(hid).and_then(|bytes| {
                bytes
                    .u32_at(0)
                    .zip(bytes.u32_at(4))
                    .ok_or_else(|| Fault::new("pst.ltp.object", "object value of under 8 bytes"))
            })
        } else {
            Ok((record.value, 0))
        };
        let entry = found.and_then(|(nid, size)| {
            let entry = source.subnode(NodeId(nid))?;
            Ok((entry, size))
        });
        entry
            .map_err(|fault| source.notes.fault(Effect::Lost, spot, fault))
            .ok()
    }
}

impl Source<'_> {
    fn subnode(&self, nid: NodeId) -> Result<SubnodeEntry, Fault> {
        self.subnodes.get(nid).ok_or_else(|| {
            Fault::new(
                "pst.ltp.subnode-missing",
                format!("there is no subnode {nid}"),
            )
        })
    }

    /// The value of a type that is stored by HNID. What cannot be read is a finding, and `None`.
    #[must_use]
    pub fn value(&self, heap: &Heap<'_>, kind: PropType, hnid: u32, spot: Spot) -> Option<Value> {
        let hid = HeapId(hnid);
        let read = if hid.is_none() {
            Ok(Some(self.decode(kind, &[], spot)))
        } else if hid.is_heap() {
            heap.get(hid)
                .map(|bytes| Some(self.decode(kind, bytes, spot)))
        } else {
            self.subnode_value(kind, NodeId(hnid), spot).map(Some)
        };
        read.unwrap_or_else(|fault| {
            self.notes.fault(Effect::Lost, spot, fault);
            None
        })
    }

    fn subnode_value(&self, kind: PropType, nid: NodeId, spot: Spot) -> Result<Value, Fault> {
        let entry = self.subnode(nid)?;
        let size = self.db.stream_size(entry.data, self.notes, spot)?;
        let streams = matches!(
            kind,
            PropType::STRING | PropType::STRING8 | PropType::BINARY | PropType::OBJECT
        );
        if size > limits::VALUE_IN_MEMORY || !self.budget.take(size) {
            if !streams {
                let detail = format!("{size} bytes are over the limit of a value");
                return Err(Fault::new("pst.ltp.value-too-large", detail));
            }
            return Ok(Value::Large(self.stream(entry.data, size, spot)));
        }
        let bytes = self.db.read_stream(entry.data, size, self.notes, spot)?;
        if bytes.len() as u64 != size {
            let detail = format!("{} bytes of {size}", bytes.len());
            self.notes
                .add("pst.ltp.value-cut-short", Effect::Altered, spot, detail);
        }
        if kind == PropType::BINARY {
            return Ok(Value::Binary(bytes));
        }
        Ok(self.decode(kind, &bytes, spot))
    }

    /// A stream of this store as content.
    #[must_use]
    pub fn stream(&self, data: BlockId, size: u64, spot: Spot) -> ContentRef {
        Arc::new(Stream::new(self.db, data, size, spot))
    }

    fn decode(&self, kind: PropType, bytes: &[u8], spot: Spot) -> Value {
        let empty_fixed = bytes.is_empty() && value_bytes::fixed_size(kind).is_some();
        if empty_fixed {
            return Value::Null;
        }
        let (value, wrong) = if kind.is_multi() {
            value::decode_multi(kind, bytes)
        } else {
            value_bytes::decode(kind, bytes)
        };
        if let Some(detail) = wrong {
            self.notes
                .add("pst.ltp.value", Effect::Altered, spot, detail);
        }
        value
    }
}
