//! Entry ids in the text of addresses, as the search of Windows has them.
//!
//! *Spec*: Windows Search, "Notifying the Index" (encoding of entry ids in `mapi:` addresses).

/// Bytes as the text that addresses of items carry them in: one character from U+AC00 up per byte.
#[must_use]
pub fn to_url_text(bytes: &[u8]) -> String {
    let char = |&byte: &u8| char::from_u32(0xAC00 + u32::from(byte));
    bytes.iter().filter_map(char).collect()
}

/// The bytes that [`to_url_text`] has made text of; `None` when any character is none of these.
#[must_use]
pub fn from_url_text(text: &str) -> Option<Vec<u8>> {
    let byte = |char| u8::try_from(u32::from(char).checked_sub(0xAC00)?).ok();
    text.chars().map(byte).collect()
}
