//! Marks: whether a message is as it was, without reading it.
//!
//! *Shape*: a hash over the ids, sizes and checksums of all blocks of the message, of its recipients
//! and its attachments.
//!
//! *Spec*: \[MS-PST\] 2.2.2.8.1 (BLOCKTRAILER): a block that is changed gets another id, and its
//! trailer has the CRC of its data.

use crate::limits;
use crate::pst::ndb::data_tree::Leaves;
use crate::pst::ndb::subnode::Subnodes;
use crate::pst::ndb::{NodeId, Notes, Spot};

use super::store::Store;

impl Store {
    /// A mark of a message's present state. `None` when something is wrong with it.
    #[must_use]
    pub fn message_mark(&self, nid: NodeId) -> Option<[u8; 32]> {
        let db = self.database();
        let node = db.node(nid).ok().flatten()?;
        let (notes, spot) = (Notes::with_work(self.work()), Spot::node(nid));
        let mut hasher = blake3::Hasher::new_derive_key("airbridge 2026 message mark v1");
        let mut due = vec![(nid, node.data, node.subnodes)];
        let mut left = limits::SUBNODES;
        while let Some((nid, data, subnodes)) = due.pop() {
            left = left.checked_sub(1)?;
            for number in [u64::from(nid.0), data.0, subnodes.0] {
                hasher.update(&number.to_le_bytes());
            }
            let mut leaves = Leaves::new(db, data);
            while let Some(leaf) = leaves.next(&notes, spot) {
                let leaf = leaf.ok()?;
                let (size, crc) = db.block_checksum(leaf, &notes)?;
                hasher.update(&leaf.0.to_le_bytes());
                hasher.update(&size.to_le_bytes());
                hasher.update(&crc.to_le_bytes());
            }
            let subnodes = Subnodes::read(db, subnodes, &notes, spot);
            due.extend(subnodes.iter().map(|own| (own.nid, own.data, own.subnodes)));
        }
        let sound = notes.take().count() == 0;
        sound.then(|| *hasher.finalize().as_bytes())
    }
}
