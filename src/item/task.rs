//! Tasks.

use serde::{Deserialize, Serialize};

use super::{Body, Party, Role};

/// One task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Subject.
    pub subject: String,
    /// Body.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}

impl Task {
    /// Everyone who takes part.
    pub(super) fn parties(&self) -> Vec<(Role, &Party)> {
        Vec::new()
    }
}
