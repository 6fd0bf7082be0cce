//! Why nothing can be had of a file.

use thiserror::Error;

/// Nothing can be had of a file. Its code and detail make a finding.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail} [{code}]")]
pub struct MsgError {
    /// Stable code of the finding.
    pub code: &'static str,
    /// What was expected and what was found.
    pub detail: String,
}

impl MsgError {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

impl From<std::io::Error> for MsgError {
    fn from(error: std::io::Error) -> Self {
        Self::new("msg.file.unreadable", error.to_string())
    }
}
