//! A value as it is stored, without being decoded, and what its type asks of it.
//!
//! *Spec*: \[MS-PST\] 2.3.3.2 (HNID), 2.3.3.3, 2.3.3.4.

use crate::limits;
use crate::mapi::PropType;
use crate::mapi::value_bytes::fixed_size;
use crate::pst::check::Rule;
use crate::pst::check::ndb::Ground;
use crate::pst::check::report::{Place, hex};
use crate::pst::ltp::HeapId;
use crate::pst::ltp::value::decode_multi;
use crate::pst::ndb::subnode::Subnodes;
use crate::pst::ndb::{BlockId, Format, NodeId, NodeKind};

use super::heap::Heap;
use super::rules as rule;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pst::check) enum Stored {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// A stream of its own.
    Stream(BlockId),
}

impl Stored {
    /// Its size in bytes.
    pub(in crate::pst::check) fn size(&self, ground: &Ground<'_>) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Stream(bid) => ground.stream_size(*bid),
        }
    }

    /// Its bytes, unless they are more than are read.
    pub(in crate::pst::check) fn bytes(&self, ground: &Ground<'_>) -> Option<Vec<u8>> {
        self.bytes_up_to(ground, limits::CHECK_VALUE)
    }

    /// Its bytes, unless they are more than `most`.
    pub(in crate::pst::check) fn bytes_up_to(
        &self,
        ground: &Ground<'_>,
        most: u64,
    ) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(bytes.clone()),
            Self::Stream(bid) => ground.stream(*bid, most),
        }
    }

    /// It in words: its bytes when they are few.
    pub(in crate::pst::check) fn shown(&self, ground: &Ground<'_>) -> String {
        match self {
            Self::Bytes(bytes) => hex(bytes),
            Self::Stream(_) => format!("{} bytes", self.size(ground)),
        }
    }

    /// Whether two values have the same bytes; of large ones, the same size.
    pub(in crate::pst::check) fn equals(&self, other: &Self, ground: &Ground<'_>) -> bool {
        if self == other {
            return true;
        }
        if self.size(ground) != other.size(ground) {
            return false;
        }
        match (self, other) {
            (Self::Bytes(_), Self::Bytes(_)) => false,
            _ => match self.bytes(ground).zip(other.bytes(ground)) {
                Some((one, other)) => one == other,
                None => true,
            },
        }
    }
}

/// The value behind a HNID; `None`, and a breach, when it is not there.
pub(super) fn by_hnid(
    heap: &Heap<'_, '_>,
    subnodes: &Subnodes,
    hnid: u32,
    place: Place,
    missing: &'static Rule,
) -> Option<Stored> {
    let hid = HeapId(hnid);
    if hid.is_none() {
        return Some(Stored::Bytes(Vec::new()));
    }
    if hid.is_heap() {
        return heap.get(hid).map(Stored::Bytes);
    }
    let entry = subnodes.get(NodeId(hnid));
    if entry.is_none() {
        let detail = format!("there is no subnode {}", NodeId(hnid));
        heap.add_at(missing, place, detail);
    }
    Some(Stored::Stream(entry?.data))
}

/// Holds a value against its type. `what` is what it is called.
pub(super) fn check(
    ground: &Ground<'_>,
    kind: PropType,
    value: &Stored,
    place: Place,
    what: &dyn std::fmt::Display,
) {
    let size = value.size(ground);
    if let Some(fixed) = fixed_size(kind) {
        if size != fixed as u64 && size != 0 {
            let detail = format!("{what}: {size} bytes, its type has {fixed}");
            ground.add(&rule::PROPERTY_SIZE, place, detail);
        }
        return;
    }
    if kind == PropType::STRING {
        if !size.is_multiple_of(2) {
            let detail = format!("{what}: UTF-16 of {size} bytes");
            ground.add(&rule::PROPERTY_SIZE, place, detail);
        }
        if let Stored::Bytes(bytes) = value
            && bytes.ends_with(&[0, 0])
            && bytes.len() % 2 == 0
        {
            ground.add(&rule::PROPERTY_NUL, place, format!("{what} ends in NUL"));
        }
    }
    if kind.is_multi()
        && let Some(bytes) = value.bytes(ground)
        && let (_, Some(wrong)) = decode_multi(kind, &bytes)
    {
        ground.add(&rule::PROPERTY_LIST, place, format!("{what}: {wrong}"));
    }
}

/// Whether a type is one that the store may have.
pub(super) fn is_known(format: Format, kind: PropType) -> bool {
    let single = kind.single();
    let text = if format == Format::Ansi {
        PropType::STRING8
    } else {
        PropType::STRING
    };
    fixed_size(single).is_some()
        || single == text
        || matches!(
            single,
            PropType::BINARY
                | PropType::OBJECT
                | PropType::SERVER_ID
                | PropType::RESTRICTION
                | PropType::RULE_ACTION
        )
}

/// Notes a value in a subnode that is not of the type for values.
pub(super) fn check_subnode(ground: &Ground<'_>, hnid: u32, place: Place) {
    let nid = NodeId(hnid);
    if !HeapId(hnid).is_heap() && nid.kind() != NodeKind::Ltp {
        let detail = format!("subnode {nid} holds a value");
        ground.add(&rule::PROPERTY_SUBNODE_TYPE, place, detail);
    }
}
