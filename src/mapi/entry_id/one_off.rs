//! One-off entry ids: people who are in no address book.
//!
//! *Spec*: MS-OXCDATA 2.2.5.1.
//!
//! *Shape*: two bytes of version, two of flags, then display name, address type and address, each
//! with its NUL.

use crate::bytes::{Cursor, Truncated};

use super::super::codepage;
use super::terminated;

/// The body of a one-off entry id. Text is without its NUL, in UTF-16LE or the code page of the
/// item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOff {
    /// Version (lower half) and flags (upper half).
    pub flags: u32,
    /// DisplayName.
    pub display_name: Vec<u8>,
    /// AddressType.
    pub address_type: Vec<u8>,
    /// EmailAddress.
    pub address: Vec<u8>,
    /// How many NULs were there: fewer than 3 when it is cut off.
    pub ended: u8,
}

impl OneOff {
    /// Flag: text is UTF-16LE.
    pub const UNICODE: u32 = 0x8000_0000;
    /// Flag: do not look the address up.
    pub const DO_NOT_LOOK_UP: u32 = 0x1000_0000;
    /// Flag: no rich text for this recipient.
    pub const NO_RICH_INFO: u32 = 0x0001_0000;

    /// A one-off entry id in Unicode.
    #[must_use]
    pub fn new(display_name: &str, address_type: &str, address: &str) -> Self {
        Self {
            flags: Self::UNICODE | Self::NO_RICH_INFO,
            display_name: codepage::utf16_bytes(display_name),
            address_type: codepage::utf16_bytes(address_type),
            address: codepage::utf16_bytes(address),
            ended: 3,
        }
    }

    /// Display name, address type and address as text.
    #[must_use]
    pub fn texts(&self, code_page: u16) -> [String; 3] {
        [&self.display_name, &self.address_type, &self.address].map(|bytes| {
            if self.is_unicode() {
                codepage::utf16_text(bytes).text
            } else {
                codepage::decode(bytes, code_page).text
            }
        })
    }

    fn is_unicode(&self) -> bool {
        self.flags & Self::UNICODE != 0
    }

    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        let flags = from.u32()?;
        let wide = flags & Self::UNICODE != 0;
        let mut ended = 0;
        let mut text = || {
            let (text, had_end) = terminated(from, wide);
            ended += u8::from(had_end);
            text
        };
        Ok(Self {
            flags,
            display_name: text(),
            address_type: text(),
            address: text(),
            ended,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let end: &[u8] = if self.is_unicode() { &[0, 0] } else { &[0] };
        out.extend(self.flags.to_le_bytes());
        let texts = [&self.display_name, &self.address_type, &self.address];
        for (number, text) in texts.into_iter().enumerate() {
            out.extend(text);
            if number < usize::from(self.ended) {
                out.extend(end);
            }
        }
    }
}
