//! What all objects of a store being written share: space, names, numbers, and what went wrong.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use crate::content::Content;
use crate::finding::{Effect, Findings};
use crate::limits;
use crate::mapi::name_map_writer::NameMapWriter;
use crate::mapi::{
    FileTime, Guid, KnownName, PropTag, PropType, Property, PropertyName, Value, pid_name,
    value_bytes,
};
use crate::pst::ltp::value;
use crate::pst::ndb::{NodeId, NodeKind};
use crate::pst::write::ltp::{ObjectWriter, WrittenObject};
use crate::pst::write::ndb::data_tree::StreamRef;
use crate::pst::write::ndb::{DataTree, Space};

/// Bytes read of a content before it is known to be large.
const HEAD: u64 = 3580;

/// The last index given of each type of node.
#[derive(Debug)]
pub(super) struct Nids([u32; 32]);

impl Nids {
    /// The indexes that Outlook starts from.
    fn new() -> Self {
        let mut last = [0x400; 32];
        for (kind, first) in [
            (NodeKind::SearchFolder, 0x4000),
            (NodeKind::NormalMessage, 0x1_0000),
            (NodeKind::AssociatedMessage, 0x8000),
        ] {
            if let Some(place) = last.get_mut(kind as usize) {
                *place = first;
            }
        }
        Self(last)
    }

    /// The next id of a kind.
    pub(super) fn next(&mut self, kind: NodeKind) -> NodeId {
        let Some(last) = self.0.get_mut(kind as usize) else {
            return NodeId::default();
        };
        *last = last.saturating_add(1);
        NodeId(*last << 5 | kind as u32)
    }

    /// `rgnid`; the tables of a folder have its index.
    pub(super) fn last(&self) -> [u32; 32] {
        let mut last = self.0;
        let folders = last.get(NodeKind::NormalFolder as usize).copied();
        for kind in [
            NodeKind::HierarchyTable,
            NodeKind::ContentsTable,
            NodeKind::AssociatedContentsTable,
        ] {
            if let (Some(place), Some(folders)) = (last.get_mut(kind as usize), folders) {
                *place = folders;
            }
        }
        last
    }
}

/// A store on its way, but for its folders.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) space: Space,
    pub(super) names: NameMapWriter,
    pub(super) nids: Nids,
    /// Versions of rows given so far.
    unique: u32,
    pub(super) record_key: [u8; 16],
    pub(super) now: FileTime,
    pub(super) findings: Findings,
    /// Messages by replication id.
    pub(super) replicas: BTreeMap<[u8; 16], NodeId>,
    /// The recipient table of messages without recipients.
    pub(super) no_recipients: Option<WrittenObject>,
    scratch: Vec<u8>,
}

impl Base {
    pub(super) fn new(space: Space, record_key: [u8; 16], now: FileTime) -> Self {
        Self {
            space,
            // No stream of the map is empty, which Outlook does not bear.
            names: NameMapWriter::beginning_with([
                KnownName::from(pid_name::KEYWORDS).into(),
                PropertyName::lid(Guid::COMMON, 0x8503),
            ]),
            nids: Nids::new(),
            unique: 0,
            record_key,
            now,
            findings: Findings::new(),
            replicas: BTreeMap::new(),
            no_recipients: None,
            scratch: Vec::new(),
        }
    }

    /// Notes which message has a replication id; false when another has it, or there are too many.
    pub(super) fn enter_replica(&mut self, id: [u8; 16], nid: NodeId) -> bool {
        if self.replicas.len() >= limits::REPLICAS {
            return false;
        }
        match self.replicas.entry(id) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(nid);
                true
            }
        }
    }

    /// A number that no row of the store has.
    pub(super) fn next_unique(&mut self) -> u32 {
        self.unique = self.unique.saturating_add(1);
        self.unique
    }

    /// `dwUnique`.
    pub(super) fn unique(&self) -> u32 {
        self.unique.saturating_add(1)
    }

    /// 16 bytes that are the same in every run with the same options.
    pub(super) fn key(&self, of: u32) -> [u8; 16] {
        let hash = Sha256::new()
            .chain_update(self.record_key)
            .chain_update(of.to_le_bytes())
            .finalize();
        hash.first_chunk().copied().unwrap_or_default()
    }

    /// The stored tag of a property: its name in the map of this store, its type as it is stored.
    /// None, and a finding, when the map is full.
    pub(super) fn tag(&mut self, property: &Property, place: &str) -> Option<PropTag> {
        let kind = value_bytes::stored_kind(property.tag.kind(), &property.value);
        match self.names.id(property) {
            Some(id) => Some(PropTag::new(id, kind)),
            None => {
                self.findings.add(
                    "pst.write.names",
                    Effect::Lost,
                    place.to_owned(),
                    format!(
                        "property {:?}: the store has as many names as it can hold",
                        property.tag
                    ),
                );
                None
            }
        }
    }

    /// Adds a property to an object.
    pub(super) fn add(
        &mut self,
        object: &mut ObjectWriter,
        property: &Property,
        place: &str,
    ) -> io::Result<()> {
        if is_bare(property.tag.kind()) {
            self.findings.add(
                "pst.write.no-type",
                Effect::Noted,
                place.to_owned(),
                format!("property {:?} has no type, and so no value", property.tag),
            );
            return Ok(());
        }
        let Some(tag) = self.tag(property, place) else {
            return Ok(());
        };
        if tag.id() >= 0x8000 && object.has(tag.id()) {
            self.findings.add(
                "pst.write.property-twice",
                Effect::Lost,
                place.to_owned(),
                format!("{:?} has the name of another property", property.tag),
            );
            return Ok(());
        }
        match &property.value {
            Value::Large(content) => self.add_content(object, tag, &**content, place),
            value => self.add_value(object, tag, value),
        }
    }

    /// Adds a value in memory to an object.
    pub(super) fn add_value(
        &mut self,
        object: &mut ObjectWriter,
        tag: PropTag,
        value: &Value,
    ) -> io::Result<()> {
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        value::encode(value, &mut bytes);
        let nids = &mut self.nids;
        let mut next = || nids.next(NodeKind::Ltp);
        let added = object.add(&mut self.space, &mut next, tag, &bytes);
        self.scratch = bytes;
        added
    }

    /// Adds the bytes of a content to an object. What cannot be read of it is a finding.
    pub(super) fn add_content(
        &mut self,
        object: &mut ObjectWriter,
        tag: PropTag,
        content: &dyn Content,
        place: &str,
    ) -> io::Result<()> {
        let stream = self.content(content, tag, place)?;
        match stream {
            Stored::Small(bytes) if tag.kind() != PropType::OBJECT => {
                let nids = &mut self.nids;
                let mut next = || nids.next(NodeKind::Ltp);
                object.add(&mut self.space, &mut next, tag, &bytes)
            }
            stored => {
                let stream = match stored {
                    Stored::Small(bytes) => DataTree::write(&mut self.space, &bytes)?,
                    Stored::Large(stream) => stream,
                };
                let nid = self.nids.next(NodeKind::Ltp);
                if tag.kind() == PropType::OBJECT {
                    let size = stream.size;
                    return object.add_object(nid, tag.id(), stream.into(), size);
                }
                object.add_stream(nid, tag, stream)
            }
        }
    }

    fn content(&mut self, content: &dyn Content, tag: PropTag, place: &str) -> io::Result<Stored> {
        let mut head = Vec::new();
        let opened = content.open();
        let (stored, wrong) = match opened {
            Err(error) => (Stored::Small(Vec::new()), Some(error)),
            Ok(mut reader) => {
                let read = reader.by_ref().take(HEAD + 1).read_to_end(&mut head);
                match read {
                    Err(error) => (Stored::Small(head), Some(error)),
                    Ok(_) if head.len() as u64 <= HEAD => (Stored::Small(head), None),
                    Ok(_) => {
                        let (stream, wrong) = DataTree::copy(&mut self.space, &head, &mut reader)?;
                        (Stored::Large(stream), wrong)
                    }
                }
            }
        };
        if let Some(error) = wrong {
            let got = match &stored {
                Stored::Small(bytes) => bytes.len() as u64,
                Stored::Large(stream) => stream.size,
            };
            self.findings.add(
                "pst.write.content",
                Effect::Lost,
                place.to_owned(),
                format!(
                    "property {tag:?}: {got} of {} bytes could be had: {error}",
                    content.size()
                ),
            );
        }
        Ok(stored)
    }
}

/// Whether a type has no values. Some stores have such properties; readers stop at them.
fn is_bare(kind: PropType) -> bool {
    matches!(kind, PropType::UNSPECIFIED | PropType::NULL)
}

/// The bytes of a content: few, still in memory, or in the store.
enum Stored {
    Small(Vec<u8>),
    Large(StreamRef),
}
