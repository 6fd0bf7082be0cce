//! `NID`: the id of a node or subnode; its low 5 bits tell what kind of thing the node is.
//!
//! *Spec*: \[MS-PST\] 2.2.2.1 (NID), 2.4.1 (special internal NIDs).
//!
//! *Seen in the wild*: old Outlook leaves garbage above bit 31 of 64-bit nids; only the low
//! 32 count.

use std::fmt;

/// A node id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeId(pub u32);

impl NodeId {
    /// `NID_MESSAGE_STORE`.
    pub const STORE: Self = Self(0x21);
    /// `NID_NAME_TO_ID_MAP`.
    pub const NAME_MAP: Self = Self(0x61);
    /// `NID_ROOT_FOLDER`.
    pub const ROOT_FOLDER: Self = Self(0x122);
    /// `NID_ATTACHMENT_TABLE`, a subnode of messages.
    pub const ATTACHMENT_TABLE: Self = Self(0x671);
    /// `NID_RECIPIENT_TABLE`, a subnode of messages.
    pub const RECIPIENT_TABLE: Self = Self(0x692);

    /// The low 32 bits of a stored nid.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the upper half has no meaning"
    )]
    pub const fn of_word(word: u64) -> Self {
        Self(word as u32)
    }

    /// `nidType`.
    #[must_use]
    pub const fn kind(self) -> NodeKind {
        NodeKind::of(self.0)
    }

    /// `nidIndex`.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.0 >> 5
    }

    /// The node of the same index with another kind: the contents table of a folder.
    #[must_use]
    pub const fn sibling(self, kind: NodeKind) -> Self {
        Self(self.0 & !0x1F | kind as u32)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:X}", self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `nidType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum NodeKind {
    /// `NID_TYPE_HID`: not a node at all but an allocation of a heap.
    Heap = 0x00,
    /// `NID_TYPE_INTERNAL`.
    Internal = 0x01,
    /// `NID_TYPE_NORMAL_FOLDER`.
    NormalFolder = 0x02,
    /// `NID_TYPE_SEARCH_FOLDER`.
    SearchFolder = 0x03,
    /// `NID_TYPE_NORMAL_MESSAGE`.
    NormalMessage = 0x04,
    /// `NID_TYPE_ATTACHMENT`.
    Attachment = 0x05,
    /// `NID_TYPE_ASSOC_MESSAGE`.
    AssociatedMessage = 0x08,
    /// `NID_TYPE_HIERARCHY_TABLE`.
    HierarchyTable = 0x0D,
    /// `NID_TYPE_CONTENTS_TABLE`.
    ContentsTable = 0x0E,
    /// `NID_TYPE_ASSOC_CONTENTS_TABLE`.
    AssociatedContentsTable = 0x0F,
    /// `NID_TYPE_SEARCH_CONTENTS_TABLE`.
    SearchContentsTable = 0x10,
    /// `NID_TYPE_ATTACHMENT_TABLE`.
    AttachmentTable = 0x11,
    /// `NID_TYPE_RECIPIENT_TABLE`.
    RecipientTable = 0x12,
    /// `NID_TYPE_LTP`.
    Ltp = 0x1F,
    /// Any other.
    Other = 0x20,
}

impl NodeKind {
    const fn of(nid: u32) -> Self {
        match nid & 0x1F {
            0x00 => Self::Heap,
            0x01 => Self::Internal,
            0x02 => Self::NormalFolder,
            0x03 => Self::SearchFolder,
            0x04 => Self::NormalMessage,
            0x05 => Self::Attachment,
            0x08 => Self::AssociatedMessage,
            0x0D => Self::HierarchyTable,
            0x0E => Self::ContentsTable,
            0x0F => Self::AssociatedContentsTable,
            0x10 => Self::SearchContentsTable,
            0x11 => Self::AttachmentTable,
            0x12 => Self::RecipientTable,
            0x1F => Self::Ltp,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_nid() {
        let nid = NodeId::of_word(0xDEAD_BEEF_0020_0024);
        assert_eq!(nid, NodeId(0x20_0024));
        assert_eq!(nid.kind(), NodeKind::NormalMessage);
        assert_eq!(nid.index(), 0x1_0001);
        assert_eq!(
            NodeId::ROOT_FOLDER.sibling(NodeKind::ContentsTable),
            NodeId(0x12E)
        );
    }
}
