//! Journal entries.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Body;

/// A journal entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// Subject.
    pub subject: String,
    /// Type of activity in the language of its author: `Phone call`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// Description of the type (`PidLidLogTypeDesc`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_note: Option<String>,
    /// Start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// End.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Duration, minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    /// Printed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub printed: bool,
    /// Saved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub saved: bool,
    /// Sent to a routing recipient.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub routed: bool,
    /// Posted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub posted: bool,
    /// Text.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}
