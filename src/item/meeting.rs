//! Meetings.

use serde::{Deserialize, Serialize};

use super::{Body, Party, Role};

/// One meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// Subject.
    pub subject: String,
    /// Start of the first occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<jiff::Timestamp>,
    /// Body.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}

impl Meeting {
    /// Everyone who takes part.
    pub(super) fn parties(&self) -> Vec<(Role, &Party)> {
        Vec::new()
    }
}
