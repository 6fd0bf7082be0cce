//! Messages in transport encapsulation (MS-OXTNEF): `winmail.dat`.

use thiserror::Error;

use crate::file_bytes::FileBytes;
use crate::finding::Findings;
use crate::mapi::Message;

/// Nothing can be had of a transport encapsulation.
#[derive(Debug, Clone, Error)]
#[error("{detail}")]
pub struct TnefError {
    /// Stable code of the finding.
    pub code: &'static str,
    /// What was expected and found.
    pub detail: String,
}

/// Reads the message of an encapsulation; data of attachments stay where they are in `bytes`.
/// `code_page` is that of text that is not Unicode, over what the encapsulation says.
///
/// # Errors
/// [`TnefError`] when it has no message at all.
///
/// # Findings
/// `tnef.*`.
pub fn read(
    _bytes: &FileBytes,
    _code_page: Option<u16>,
) -> Result<(Message, Findings), TnefError> {
    Err(TnefError {
        code: "tnef.signature",
        detail: "not read yet".to_owned(),
    })
}
