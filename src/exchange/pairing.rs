//! The first bundle of a pairing: who sent it, to whom, in which pairing, and by which key.
//!
//! *Invariant*: nothing of it is trusted; a person compares the fingerprint, and then the bundle is
//! verified as any other.

use std::path::Path;

use crate::bundle::sign::{Signature, fingerprint, key_text};
use crate::bundle::{Head, layout};
use crate::file_bytes::FileBytes;
use crate::limits;

/// What a bundle says of its pairing.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its head.
    pub head: Head,
    /// The key that signed it, in OpenSSH form.
    pub key: String,
    /// The fingerprint of the key.
    pub fingerprint: String,
}

/// Reads what a bundle says of its pairing.
///
/// # Errors
/// In words, when it is no bundle.
pub fn offer(path: &Path) -> Result<Offer, String> {
    let bytes = FileBytes::open(path).map_err(|error| error.to_string())?;
    let mut at = 0;
    let mut entries = Vec::new();
    for name in [
        layout::MIMETYPE_NAME,
        layout::HEAD_NAME,
        layout::SIGNATURE_NAME,
    ] {
        let entry = entry(&bytes, &mut at, name).ok_or("it is no airbridge bundle")?;
        entries.push(entry);
    }
    let [_, head, signature] = entries.as_slice() else {
        return Err("it is no airbridge bundle".to_owned());
    };
    let signed = Signature::parse(signature).map_err(|error| error.to_string())?;
    signed.check(head).map_err(|error| error.to_string())?;
    Ok(Offer {
        head: Head::parse(head).map_err(|error| error.to_string())?,
        key: key_text(signed.key()),
        fingerprint: fingerprint(signed.key()),
    })
}

/// The bytes of a stored entry, and where the next one begins.
fn entry(bytes: &FileBytes, at: &mut u64, name: &str) -> Option<Vec<u8>> {
    let header = bytes.read_exact_at(*at, 30).ok()?;
    let number = |from: usize| -> Option<u64> {
        let four = header.get(from..from.checked_add(4)?)?;
        Some(u32::from_le_bytes(four.try_into().ok()?).into())
    };
    let size = number(22)?;
    let length = number(26)? & 0xffff;
    if size > limits::BUNDLE_HEAD_BYTES || length != name.len() as u64 {
        return None;
    }
    let named = bytes.read_exact_at(at.checked_add(30)?, name.len()).ok()?;
    let start = at.checked_add(30)?.checked_add(length)?;
    *at = start.checked_add(size)?;
    (named == name.as_bytes())
        .then(|| bytes.read_exact_at(start, usize::try_from(size).ok()?).ok())
        .flatten()
}
