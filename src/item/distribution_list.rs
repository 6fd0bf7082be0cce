//! Distribution lists.

use serde::{Deserialize, Serialize};

use super::{Body, Party};

/// A distribution list (a contact group).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistributionList {
    /// Its name.
    pub name: String,
    /// Name by which it is sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_as: Option<String>,
    /// Its members, in stored order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub notes: Body,
}

/// A member of a distribution list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Name and address.
    #[serde(flatten)]
    pub party: Party,
    /// What the entry id points to.
    #[serde(default, skip_serializing_if = "MemberKind::is_default")]
    pub holds: MemberKind,
    /// Which of the numbered addresses of a contact is meant: 1 to 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<i64>,
    /// The entry id as stored, hex; it is local to its store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_id: Option<String>,
}

/// What a member is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// An address, complete in itself.
    #[default]
    Address,
    /// A contact of a store.
    Contact,
    /// A distribution list of a store.
    List,
    /// A user of the address book.
    Directory,
    /// A list of the address book.
    DirectoryList,
    /// An entry id of an unknown kind.
    Unknown,
}

impl MemberKind {
    /// Whether it is the default, which records leave out.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
