//! Journals.

use serde::{Deserialize, Serialize};

use super::Body;

/// One journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// Subject.
    pub subject: String,
    /// Start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<jiff::Timestamp>,
    /// Body.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}
