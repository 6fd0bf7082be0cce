//! Contacts and distribution lists.

use serde::{Deserialize, Serialize};

use super::{BlobRef, Body, Party};

/// A person or company.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name as shown.
    pub display_name: String,
    /// E-mail addresses, first is the main one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<Party>,
    /// Company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<BlobRef>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub notes: Body,
}

/// A distribution list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistributionList {
    /// Its name.
    pub name: String,
    /// Its members, in stored order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Party>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub notes: Body,
}
