//! The nodes that every store has.
//!
//! *Spec*: \[MS-PST\] 2.7.1; `docs/check.md` 8 for what SCANPST says of those that are missing.

use crate::pst::check::ndb::Ground;
use crate::pst::check::report::Place;
use crate::pst::ndb::{NodeId, NodeKind};

use super::rules as rule;

/// Whether a node must be there, and whether it has data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// It must, with data.
    Data,
    /// It must, data or not.
    There,
    /// Outlook makes it when it is not.
    Optional,
}

/// The nodes.
const NODES: &[(u32, &str, Need)] = &[
    (0x21, "message store", Need::Data),
    (0x61, "name-to-id map", Need::Data),
    (0x122, "root folder", Need::Data),
    (0x12D, "hierarchy table of the root folder", Need::Data),
    (0x12E, "contents table of the root folder", Need::Data),
    (
        0x12F,
        "associated contents table of the root folder",
        Need::Data,
    ),
    (0x1E1, "search management queue", Need::There),
    (0x201, "search activity list", Need::There),
    (0x261, "search domain object", Need::Optional),
    (0x60D, "hierarchy table template", Need::Data),
    (0x60E, "contents table template", Need::Data),
    (0x60F, "associated contents table template", Need::Data),
    (0x610, "search contents table template", Need::Data),
    (0x62B, "receive folder table", Need::Data),
    (0x64C, "outgoing queue", Need::Data),
    (0x671, "attachment table template", Need::Data),
    (0x692, "recipient table template", Need::Data),
    (0x6B6, "template 0x6B6", Need::Optional),
    (0x6D7, "template 0x6D7", Need::Optional),
    (0x6F8, "template 0x6F8", Need::Optional),
    (0xC01, "map of replication ids", Need::Optional),
    (0xE41, "search gatherer folder queue", Need::Optional),
    (0xEC1, "search update queue", Need::Optional),
];

/// Checks that they are there.
pub(super) fn check(ground: &Ground<'_>) {
    for &(nid, name, need) in NODES {
        let nid = NodeId(nid);
        let place = Place::node(nid);
        match (ground.nodes.find(nid), need) {
            (None, Need::Optional) => {
                ground.add(&rule::NODE_OPTIONAL, place, format!("no {name}"));
            }
            (None, _) => ground.add(&rule::NODE_MISSING, place, format!("no {name}")),
            // Objects and tables without data are told of when they are opened.
            _ => {}
        }
    }
}

/// Whether a node is a table that only its own rules are for: of templates, the outgoing queue,
/// the receive folder table.
pub(super) fn is_table(nid: NodeId) -> bool {
    matches!(nid.0, 0x62B | 0x64C | 0x6B6 | 0x6D7 | 0x6F8)
        || matches!(
            nid.kind(),
            NodeKind::AttachmentTable | NodeKind::RecipientTable
        )
}

/// Whether a node is a template, whose table has no folder.
pub(super) fn is_template(nid: NodeId) -> bool {
    matches!(nid.0, 0x60D..=0x610)
}
