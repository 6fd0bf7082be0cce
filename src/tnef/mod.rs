//! Messages in transport encapsulation (MS-OXTNEF): `winmail.dat`.
//!
//! *Shape*: signature 4, key 2, then attributes to the end: level 1 (message or attachment), id 4,
//! length 4, data, checksum 2. The MAPI properties of the message, of its recipients and of each
//! attachment are in attributes of their own; older attributes say some of the same and count
//! where no MAPI property does.
//!
//! *Invariants*: an attribute that cannot be read costs itself; attachments stay in the input until
//! they are read; the work is linear in the size of the input times the depth of embedding.
//!
//! *Seen in the wild*: wrong checksums, bytes after the last attribute, data of an attachment
//! before its name, attributes that are longer than what is left.

mod assemble;
mod attribute;
mod class;
mod legacy;
mod properties;
mod window;

use thiserror::Error;

use crate::file_bytes::{Extent, FileBytes};
use crate::finding::Findings;
use crate::limits;
use crate::mapi::{Budget, Message, pid_tag};
use assemble::Reading;
use attribute::Attributes;

/// Nothing can be had of a transport encapsulation.
#[derive(Debug, Clone, Error)]
#[error("{detail}")]
pub struct TnefError {
    /// Stable code of the finding.
    pub code: &'static str,
    /// What was expected and found.
    pub detail: String,
}

impl TnefError {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

impl From<std::io::Error> for TnefError {
    fn from(error: std::io::Error) -> Self {
        Self::new("tnef.file.unreadable", error.to_string())
    }
}

/// Reads the message of an encapsulation; data of attachments stay where they are in `bytes`.
/// `code_page` is that of text that is not Unicode, over what the encapsulation says.
///
/// # Errors
/// [`TnefError`] when it has no message at all.
///
/// # Findings
/// `tnef.*`, each with the attribute and the property.
pub fn read(bytes: &FileBytes, code_page: Option<u16>) -> Result<(Message, Findings), TnefError> {
    let mut findings = Findings::new();
    let mut reading = Reading {
        findings: &mut findings,
        budget: &Budget::default(),
        code_page,
    };
    let message = reading.message(&whole(bytes), "", None, 0)?;
    Ok((message, findings))
}

/// The class of the message of an encapsulation, without reading the rest of it.
#[must_use]
pub fn message_class(bytes: &FileBytes) -> Option<String> {
    let mut attributes = Attributes::open(&whole(bytes)).ok()?;
    let mut found = None;
    // The class comes before the attachments.
    for _ in 0..limits::PROPERTIES {
        let attribute = attributes.next_one().ok()??;
        if attribute.level != attribute::MESSAGE {
            break;
        }
        if attribute.id == attribute::MESSAGE_CLASS {
            let bytes = attribute.data.read(limits::VALUE_IN_MEMORY).ok()?;
            found = Some(class::mapi(&legacy::text(&bytes)));
        }
        if attribute.id == attribute::MAPI_PROPS {
            let own = properties::text_of(&attribute.data, pid_tag::MESSAGE_CLASS);
            found = own.or(found);
        }
    }
    found
}

fn whole(bytes: &FileBytes) -> Extent {
    Extent {
        bytes: bytes.clone(),
        offset: 0,
        len: bytes.len(),
    }
}
