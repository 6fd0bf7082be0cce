//! Notes.

use serde::{Deserialize, Serialize};

use super::Body;

/// One note.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Subject.
    pub subject: String,
    /// Body.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}
