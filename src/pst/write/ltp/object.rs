//! A property context that is written.
//!
//! *Spec*: \[MS-PST\] 2.3.3 (PC).
//!
//! *Shape*: allocation 1 is the header of the tree of properties; values follow in the order in
//! which they are given, the records last. Values over 3580 bytes are subnodes.
//!
//! *Invariants*: the heap is held in memory until the object is finished, so that 32-bit values
//! (the size of the message itself) can be set last.

use std::io;

use crate::mapi::{PropTag, PropType};
use crate::pst::ltp::HeapId;
use crate::pst::ndb::subnode::SubnodeEntry;
use crate::pst::ndb::{BlockId, NodeId};
use crate::pst::write::ndb::data_tree::StreamRef;
use crate::pst::write::ndb::{DataTree, Space, subnode_tree};

use super::{Cell, HeapTreeWriter, HeapWriter};
use crate::pst::ltp::heap::ALLOCATION;

/// Bytes of a record of the tree of properties.
const RECORD: u8 = 8;

/// An object in the file.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WrittenObject {
    /// Its data.
    pub(crate) data: BlockId,
    /// Its subnodes.
    pub(crate) subnodes: BlockId,
    /// Bytes of the data blocks under it, by which the size of a message is counted.
    pub(crate) bytes: u64,
}

impl From<StreamRef> for WrittenObject {
    fn from(stream: StreamRef) -> Self {
        Self {
            data: stream.root,
            subnodes: BlockId(0),
            bytes: stream.size,
        }
    }
}

/// A value in an object.
#[derive(Debug, Clone, Copy)]
enum Place {
    Inline([u8; 4]),
    Heap(HeapId),
    Stream(NodeId, StreamRef),
}

/// An object on its way.
#[derive(Debug)]
pub(crate) struct ObjectWriter {
    heap: HeapWriter,
    header: HeapId,
    values: Vec<(PropTag, Place)>,
    subnodes: Vec<SubnodeEntry>,
    /// Bytes under the subnodes.
    below: u64,
    /// Bytes of all values, as `PidTagAttachSize` counts them.
    value_bytes: u64,
}

impl ObjectWriter {
    /// An object without properties.
    pub(crate) fn new() -> io::Result<Self> {
        let mut heap = HeapWriter::new(0xBC)?;
        let header = heap.allocate(&[0; 8])?;
        Ok(Self {
            heap,
            header,
            values: Vec::new(),
            subnodes: Vec::new(),
            below: 0,
            value_bytes: 0,
        })
    }

    /// Whether a property with this id is there.
    pub(crate) fn has(&self, id: u16) -> bool {
        self.values.iter().any(|(tag, _)| tag.id() == id)
    }

    /// Sets a 32-bit value (or one of a smaller type that is stored in its place).
    pub(crate) fn set_inline(&mut self, tag: PropTag, value: [u8; 4]) {
        self.values.retain(|(own, _)| own.id() != tag.id());
        self.values.push((tag, Place::Inline(value)));
    }

    /// Adds a property that is not there yet, from the stored bytes of its value.
    pub(crate) fn add(
        &mut self,
        space: &mut Space,
        next_nid: &mut dyn FnMut() -> NodeId,
        tag: PropTag,
        bytes: &[u8],
    ) -> io::Result<()> {
        self.value_bytes = self.value_bytes.saturating_add(bytes.len() as u64);
        let place = if is_inline(tag.kind()) {
            let mut value = [0; 4];
            for (to, from) in value.iter_mut().zip(bytes) {
                *to = *from;
            }
            Place::Inline(value)
        } else if bytes.is_empty() {
            Place::Heap(HeapId(0))
        } else if bytes.len() <= ALLOCATION {
            Place::Heap(self.heap.allocate(bytes)?)
        } else {
            let stream = DataTree::write(space, bytes)?;
            self.value_bytes = self.value_bytes.saturating_sub(stream.size);
            return self.add_stream(next_nid(), tag, stream);
        };
        self.values.push((tag, place));
        Ok(())
    }

    /// Adds a property whose value is a stream in the file.
    pub(crate) fn add_stream(
        &mut self,
        nid: NodeId,
        tag: PropTag,
        stream: StreamRef,
    ) -> io::Result<()> {
        self.value_bytes = self.value_bytes.saturating_add(stream.size);
        let place = if stream.root.is_none() {
            Place::Heap(HeapId(0))
        } else {
            self.add_subnode(nid, stream.into());
            Place::Stream(nid, stream)
        };
        self.values.push((tag, place));
        Ok(())
    }

    /// Adds a property of type `PtypObject`, whose value is a subnode, with the size that it tells.
    pub(crate) fn add_object(
        &mut self,
        nid: NodeId,
        id: u16,
        object: WrittenObject,
        size: u64,
    ) -> io::Result<()> {
        self.value_bytes = self.value_bytes.saturating_add(size);
        self.add_subnode(nid, object);
        let mut value = nid.0.to_le_bytes().to_vec();
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        value.extend_from_slice(&size.to_le_bytes());
        let hid = self.heap.allocate(&value)?;
        self.values
            .push((PropTag::new(id, PropType::OBJECT), Place::Heap(hid)));
        Ok(())
    }

    /// Adds a subnode.
    pub(crate) fn add_subnode(&mut self, nid: NodeId, object: WrittenObject) {
        self.below = self.below.saturating_add(object.bytes);
        self.subnodes.push(SubnodeEntry {
            nid,
            data: object.data,
            subnodes: object.subnodes,
        });
    }

    /// Bytes of the values so far.
    pub(crate) fn value_bytes(&self) -> u64 {
        self.value_bytes
    }

    /// The value of a tag as a cell of a table; none where it is not there, or of another type.
    pub(crate) fn cell(&mut self, tag: PropTag) -> io::Result<Option<Cell<'_>>> {
        let found = self.values.iter().find(|(own, _)| *own == tag);
        let Some((_, place)) = found else {
            return Ok(None);
        };
        Ok(Some(match place {
            Place::Inline(bytes) => Cell::Bytes(bytes),
            Place::Heap(HeapId(0)) => Cell::Bytes(&[]),
            Place::Heap(hid) => Cell::Bytes(self.heap.get(*hid)?),
            Place::Stream(_, stream) => Cell::Shared(*stream),
        }))
    }

    /// Writes the object. `count` is the 32-bit property, if any, that tells how many bytes the
    /// object has in the end; it is there already.
    pub(crate) fn finish(
        mut self,
        space: &mut Space,
        count: Option<u16>,
    ) -> io::Result<WrittenObject> {
        self.values.sort_unstable_by_key(|(tag, _)| tag.id());
        let mut tree = HeapTreeWriter::new(2, RECORD - 2);
        for (tag, place) in &self.values {
            tree.push(&mut self.heap, &record(*tag, *place))?;
        }
        let (header, leaves) = tree.finish(&mut self.heap)?;
        self.heap.patch(self.header, 0, &header)?;
        let bytes = self.below.saturating_add(self.heap.size());
        let number = self
            .values
            .iter()
            .position(|(tag, _)| Some(tag.id()) == count);
        if let Some(number) = number {
            let per_leaf = HeapTreeWriter::per_leaf(RECORD.into());
            let leaf = number.checked_div(per_leaf).and_then(|at| leaves.get(at));
            let at = number.checked_rem(per_leaf).unwrap_or_default() * usize::from(RECORD);
            let value = i32::try_from(bytes).unwrap_or(i32::MAX);
            if let Some(leaf) = leaf {
                self.heap.patch(*leaf, at + 4, &value.to_le_bytes())?;
            }
        }
        let heap = self.heap.finish(space, self.header)?;
        Ok(WrittenObject {
            data: heap.root,
            subnodes: subnode_tree::write(space, self.subnodes)?,
            bytes,
        })
    }
}

/// Whether values of a type are in their record.
fn is_inline(kind: PropType) -> bool {
    matches!(
        kind,
        PropType::BOOL | PropType::I16 | PropType::I32 | PropType::F32 | PropType::ERROR
    )
}

/// A record of the tree of properties.
fn record(tag: PropTag, place: Place) -> [u8; 8] {
    let value = match place {
        Place::Inline(value) => value,
        Place::Heap(hid) => hid.0.to_le_bytes(),
        Place::Stream(nid, _) => nid.0.to_le_bytes(),
    };
    let [a, b] = tag.id().to_le_bytes();
    let [c, d] = tag.kind().0.to_le_bytes();
    let [e, f, g, h] = value;
    [a, b, c, d, e, f, g, h]
}
