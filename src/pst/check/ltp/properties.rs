//! Property contexts.
//!
//! *Spec*: \[MS-PST\] 2.3.3.

use crate::bytes::ReadAt;
use crate::mapi::PropType;
use crate::mapi::value_bytes::fixed_size;
use crate::pst::check::ndb::Ground;
use crate::pst::check::report::Place;
use crate::pst::ltp::{HeapId, Record};
use crate::pst::ndb::subnode::{SubnodeEntry, Subnodes};
use crate::pst::ndb::{BlockId, NodeId};

use super::heap::Heap;
use super::stored::{self, Stored};
use super::{Care, heap_tree, rules as rule};

/// The properties of an object.
pub(in crate::pst::check) struct Properties<'g, 'f> {
    heap: Heap<'g, 'f>,
    place: Place,
    records: Vec<Record>,
    subnodes: Subnodes,
}

impl<'g, 'f> Properties<'g, 'f> {
    /// Opens the property context in a node; `None`, and a breach, when there is none.
    pub(in crate::pst::check) fn open(
        ground: &'g Ground<'f>,
        data: BlockId,
        subnodes: BlockId,
        place: Place,
        care: Care,
    ) -> Option<Self> {
        let heap = Heap::open(ground, data, place, 0xBC, care)?;
        let mut records = Vec::new();
        heap_tree::each(&heap, heap.root(), 2, &[6], |bytes| {
            records.extend(Record::read(bytes));
        })
        .then_some(())?;
        let properties = Self {
            heap,
            place,
            records,
            subnodes: ground.subnodes(subnodes),
        };
        if care == Care::Strict {
            properties.check();
        }
        Some(properties)
    }

    /// The subnodes of the object.
    pub(in crate::pst::check) fn subnodes(&self) -> &Subnodes {
        &self.subnodes
    }

    /// The records, by property id.
    pub(in crate::pst::check) fn records(&self) -> &[Record] {
        &self.records
    }

    /// A property.
    pub(in crate::pst::check) fn record(&self, id: u16) -> Option<Record> {
        self.records.iter().find(|record| record.id == id).copied()
    }

    /// The value of a property.
    pub(in crate::pst::check) fn get(&self, id: u16) -> Option<Stored> {
        self.value(self.record(id)?)
    }

    /// A number of 32 bits.
    pub(in crate::pst::check) fn number(&self, id: u16) -> Option<u32> {
        let record = self.record(id)?;
        (record.kind == PropType::I32).then_some(record.value)
    }

    /// A Boolean.
    pub(in crate::pst::check) fn flag(&self, id: u16) -> Option<bool> {
        let record = self.record(id)?;
        (record.kind == PropType::BOOL).then_some(record.value & 0xFF != 0)
    }

    /// The value of a record; `None`, and a breach, when it is not there.
    pub(in crate::pst::check) fn value(&self, record: Record) -> Option<Stored> {
        let inline = record.value.to_le_bytes();
        match fixed_size(record.kind) {
            Some(size) if size <= 4 => {
                return Some(Stored::Bytes(inline.get(..size)?.to_vec()));
            }
            _ => {}
        }
        if matches!(record.kind, PropType::NULL | PropType::UNSPECIFIED) {
            return Some(Stored::Bytes(Vec::new()));
        }
        let missing = &rule::PROPERTY_SUBNODE;
        stored::by_hnid(
            &self.heap,
            &self.subnodes,
            record.value,
            self.place,
            missing,
        )
    }

    /// The subnode of an object in a property, and the size it is said to have.
    pub(in crate::pst::check) fn object(&self, record: Record) -> Option<(SubnodeEntry, u32)> {
        let hid = HeapId(record.value);
        if hid.is_none() {
            return None;
        }
        let (nid, size) = if hid.is_heap() {
            let bytes = self.heap.get(hid)?;
            bytes.u32_at(0).zip(bytes.u32_at(4))?
        } else {
            (record.value, 0)
        };
        let entry = self.subnodes.get(NodeId(nid));
        if entry.is_none() {
            let detail = format!("there is no subnode {}", NodeId(nid));
            self.heap.add(&rule::PROPERTY_SUBNODE, detail);
        }
        Some((entry?, size))
    }

    fn check(&self) {
        let ground = self.heap.ground();
        for &record in &self.records {
            if ground.is_exhausted() {
                return;
            }
            let name = format!("property 0x{:04X}", record.id);
            if !stored::is_known(ground.format(), record.kind) {
                let detail = format!("{name} is of type 0x{:04X}", record.kind.0);
                ground.add(&rule::PROPERTY_TYPE, self.place, detail);
            }
            if record.kind == PropType::OBJECT {
                self.object(record);
                continue;
            }
            let inline = fixed_size(record.kind).is_some_and(|size| size <= 4);
            if inline || matches!(record.kind, PropType::NULL | PropType::UNSPECIFIED) {
                continue;
            }
            stored::check_subnode(ground, record.value, self.place);
            if let Some(value) = self.value(record) {
                stored::check(ground, record.kind, &value, self.place, &name);
            }
        }
    }
}
