//! Emails.

use serde::{Deserialize, Serialize};

use super::{Body, Party, Role};

/// One email.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// Subject.
    pub subject: String,
    /// When it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<jiff::Timestamp>,
    /// When it was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<jiff::Timestamp>,
    /// Body.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}

impl Email {
    /// Everyone who takes part.
    pub(super) fn parties(&self) -> Vec<(Role, &Party)> {
        Vec::new()
    }
}
