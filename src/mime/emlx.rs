//! EMLX: a message as Apple Mail stores it.
//!
//! *Shape*: a line with the length of the message in bytes; the message; a property list in XML,
//! whose `flags` are bits.

use std::io;
use std::ops::Range;

use super::maildir::Flags;
use crate::file_bytes::FileBytes;

/// A message of Apple Mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emlx {
    /// Where the message is.
    pub message: Range<u64>,
    /// The property list behind it.
    pub behind: String,
    /// Its flags, by the letters of a Maildir.
    pub flags: Option<Flags>,
}

/// Bytes of the longest property list.
const LONGEST: usize = 1 << 20;

/// The length on the first line, and where the message begins.
#[must_use]
pub fn length(head: &[u8]) -> Option<(u64, u64)> {
    let line = head.get(..memchr::memchr(b'\n', head.get(..32).unwrap_or(head))?)?;
    let text = std::str::from_utf8(line).ok()?.trim();
    let next = (line.len() as u64).saturating_add(1);
    Some((text.parse().ok().filter(|_| !text.starts_with('+'))?, next))
}

impl Emlx {
    /// Reads what is around the message; `None` when it is no file of Apple Mail.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(bytes: &FileBytes) -> io::Result<Option<Self>> {
        let mut head = [0; 32];
        let read = bytes.read_at(&mut head, 0)?;
        let head = head.get(..read).unwrap_or_default();
        let Some((length, from)) = length(head) else {
            return Ok(None);
        };
        let end = from.saturating_add(length).min(bytes.len());
        let mut behind =
            vec![0; super::lines::length(bytes.len().saturating_sub(end)).min(LONGEST)];
        let read = bytes.read_at(&mut behind, end)?;
        behind.truncate(read);
        let behind = String::from_utf8_lossy(&behind).into_owned();
        Ok(Some(Self {
            message: from..end,
            flags: flags(&behind),
            behind,
        }))
    }
}

/// The integer behind `<key>flags</key>`: bits 0 read, 1 deleted, 2 answered, 4 flagged, 6 draft, 8
/// forwarded.
fn flags(list: &str) -> Option<Flags> {
    let (_, rest) = list.split_once("<key>flags</key>")?;
    let (_, number) = rest.split_once("<integer>")?;
    let bits: u64 = number.split('<').next()?.trim().parse().ok()?;
    let letters = [(6, 'D'), (4, 'F'), (8, 'P'), (2, 'R'), (0, 'S'), (1, 'T')];
    let letters = letters.into_iter().filter(|(bit, _)| bits >> bit & 1 == 1);
    Some(Flags {
        letters: letters.map(|(_, letter)| letter).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_apple_mail() {
        let text = b"12  \nSubject: x\n\n<plist><key>flags</key>\n<integer>21</integer></plist>";
        let emlx = Emlx::of(&FileBytes::in_memory(text.to_vec()))
            .unwrap()
            .unwrap();
        assert_eq!(emlx.message, 5..17);
        assert_eq!(emlx.flags.unwrap().letters, "FRS");
        let plain = FileBytes::in_memory(*b"Subject: x\n\n");
        assert_eq!(Emlx::of(&plain).unwrap(), None);
    }
}
