//! Any object of a store: a node, or subnode, with properties.
//!
//! *Spec*: \[MS-PST\] 2.3.3, 2.4.2.

use crate::finding::Effect;
use crate::mapi::{Budget, Property, PropertyBag};
use crate::pst::ltp::{PropertyContext, Record, Source};
use crate::pst::ndb::btree::NodeEntry;
use crate::pst::ndb::subnode::{SubnodeEntry, Subnodes};
use crate::pst::ndb::{BlockId, Fault, Notes, Spot};

use super::store::Store;

/// The data and subnodes of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct ObjectPlace {
    pub(super) data: BlockId,
    pub(super) subnodes: BlockId,
    pub(super) spot: Spot,
}

impl ObjectPlace {
    pub(super) fn of_node(node: NodeEntry) -> Self {
        Self {
            data: node.data,
            subnodes: node.subnodes,
            spot: Spot::node(node.nid),
        }
    }

    pub(super) fn of_subnode(self, entry: SubnodeEntry) -> Self {
        Self {
            data: entry.data,
            subnodes: entry.subnodes,
            spot: self.spot.sub(entry.nid),
        }
    }
}

/// What reading one top-level object may use up, and where its findings go.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) store: &'a Store,
    pub(super) notes: &'a Notes,
    pub(super) budget: &'a Budget,
}

impl<'a> Reading<'a> {
    pub(super) fn source<'b>(&'b self, subnodes: &'b Subnodes, spot: Spot) -> Source<'b> {
        Source {
            db: self.store.database(),
            subnodes,
            budget: self.budget,
            notes: self.notes,
            spot,
        }
    }

    pub(super) fn subnodes(&self, place: ObjectPlace) -> Subnodes {
        Subnodes::read(
            self.store.database(),
            place.subnodes,
            self.notes,
            place.spot,
        )
    }

    pub(super) fn context(&self, place: ObjectPlace) -> Result<PropertyContext<'a>, Fault> {
        PropertyContext::open(
            self.store.database_ref(),
            place.data,
            self.notes,
            place.spot,
        )
    }

    /// All properties of an object but `without`.
    pub(super) fn bag(
        &self,
        context: &PropertyContext<'_>,
        records: &[Record],
        subnodes: &Subnodes,
        spot: Spot,
        without: Option<u16>,
    ) -> PropertyBag {
        let source = self.source(subnodes, spot);
        let mut properties = Vec::with_capacity(records.len());
        for &record in records {
            if Some(record.id) == without {
                continue;
            }
            if let Some(value) = context.value(record, source) {
                properties.push(Property {
                    tag: record.tag(),
                    name: self.store.names().get(record.id),
                    value,
                });
            }
        }
        make_bag(properties, self.notes, spot)
    }

    /// All properties of an object.
    pub(super) fn properties(&self, place: ObjectPlace) -> Result<PropertyBag, Fault> {
        let context = self.context(place)?;
        let records = context.records()?;
        let subnodes = self.subnodes(place);
        Ok(self.bag(&context, &records, &subnodes, place.spot, None))
    }
}

pub(super) fn make_bag(properties: Vec<Property>, notes: &Notes, spot: Spot) -> PropertyBag {
    let (bag, doubles) = PropertyBag::new(properties);
    for double in doubles {
        notes.add(
            "pst.ltp.property-twice",
            Effect::Lost,
            spot.property(double.tag.id()),
            "the object has this property twice; the first is kept",
        );
    }
    bag
}
