//! How the bytes of a table are text.
//!
//! *Spec*: none: a CSV file does not say it. By its byte-order mark; else as the user says; else
//! UTF-8 when it is that; else by the evidence of its bytes and headings.
//!
//! *Invariant*: text always comes back, and whether every byte had a meaning.
//!
//! *Seen in the wild*: windows-1252 from Outlook for Windows; code page 850 from its "DOS" exports;
//! Shift_JIS; UTF-8 with a few cells pasted in as windows-1252.

use std::io;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use crate::file_bytes::FileBytes;
use crate::limits;
use crate::mapi::codepage;

/// How the bytes of a table are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// A code page.
    Page(u16),
}

/// The code page of DOS in Western Europe.
pub const DOS: u16 = 850;

impl Encoding {
    /// Bytes of a unit.
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Self::Utf16Le | Self::Utf16Be => 2,
            Self::Utf8 | Self::Page(_) => 1,
        }
    }

    /// What users call it.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Utf8 => "UTF-8".to_owned(),
            Self::Utf16Le | Self::Utf16Be => "UTF-16".to_owned(),
            Self::Page(932) => "Shift_JIS (code page 932)".to_owned(),
            Self::Page(number) => format!("code page {number}"),
        }
    }

    /// The text, and whether every byte had a meaning. Bytes in UTF-8 that are none are read as
    /// windows-1252.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> (String, bool) {
        match self {
            Self::Utf8 => utf8(bytes),
            Self::Utf16Le => {
                let decoded = codepage::decode(bytes, codepage::UTF_16);
                (decoded.text, decoded.lossless)
            }
            Self::Utf16Be => {
                let pairs = bytes.chunks_exact(2);
                let whole = pairs.remainder().is_empty();
                let units = pairs.map(|pair| match pair {
                    [high, low] => u16::from_be_bytes([*high, *low]),
                    _ => 0,
                });
                let mut lossless = whole;
                let letters = char::decode_utf16(units).map(|letter| {
                    letter.unwrap_or_else(|_| {
                        lossless = false;
                        char::REPLACEMENT_CHARACTER
                    })
                });
                let text = letters.collect();
                (text, lossless)
            }
            Self::Page(number) => {
                let decoded = codepage::decode(bytes, number);
                (decoded.text, decoded.lossless)
            }
        }
    }
}

fn utf8(bytes: &[u8]) -> (String, bool) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_owned(), true);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&codepage::decode(chunk.invalid(), codepage::WESTERN).text);
    }
    (text, false)
}

/// What a look at all of the bytes tells.
#[derive(Debug, Clone, Copy)]
pub struct Examined {
    /// The encoding, as far as the bytes tell it.
    pub encoding: Encoding,
    /// Whether that is certain: a mark, the user, or UTF-8 throughout.
    pub certain: bool,
    /// Bytes of the byte-order mark.
    pub mark: u64,
    /// Whether lines end with CR alone.
    pub cr_only: bool,
}

/// Looks at all of the bytes.
///
/// # Errors
/// Those of the system.
pub fn examine(bytes: &FileBytes, given: Option<u16>) -> io::Result<Examined> {
    let mut start = [0; 4_096];
    let read = bytes.read_at(&mut start, 0)?;
    let start = start.get(..read).unwrap_or_default();
    let marked = [
        (&b"\xEF\xBB\xBF"[..], Encoding::Utf8),
        (&b"\xFF\xFE"[..], Encoding::Utf16Le),
        (&b"\xFE\xFF"[..], Encoding::Utf16Be),
    ];
    let marked = marked.iter().find(|(mark, _)| start.starts_with(mark));
    let (encoding, mark) = match marked {
        Some((mark, encoding)) => (Some(*encoding), mark.len() as u64),
        None => (given.map(page).or_else(|| unmarked_utf16(start)), 0),
    };
    let scan = scan(bytes, mark)?;
    let cr_only = scan.carriage_returns && !scan.line_feeds;
    // A valid sequence seldom comes about by chance; a stray byte is pasted in easily.
    let mostly_utf8 = scan.invalid == 0 || scan.invalid.saturating_mul(4) <= scan.valid;
    let (encoding, certain) = match encoding {
        Some(encoding) => (encoding, true),
        None if mostly_utf8 => (Encoding::Utf8, scan.invalid == 0),
        None => (page(guess(bytes, None)?), false),
    };
    Ok(Examined {
        encoding,
        certain,
        mark,
        cr_only,
    })
}

fn page(number: u16) -> Encoding {
    match number {
        codepage::UTF_8 => Encoding::Utf8,
        codepage::UTF_16 => Encoding::Utf16Le,
        number => Encoding::Page(number),
    }
}

/// Text of mostly Western letters in UTF-16 has a zero in every pair.
fn unmarked_utf16(start: &[u8]) -> Option<Encoding> {
    let zeros = |first: usize| {
        let units = start.iter().skip(first).step_by(2);
        units.filter(|byte| **byte == 0).count()
    };
    let (even, odd, pairs) = (zeros(0), zeros(1), start.len() / 2);
    let most = |some: usize, other: usize| some > pairs / 3 && other <= pairs / 50;
    if most(odd, even) {
        Some(Encoding::Utf16Le)
    } else if most(even, odd) {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

#[derive(Debug, Default)]
struct Scan {
    valid: u64,
    invalid: u64,
    line_feeds: bool,
    carriage_returns: bool,
}

/// Calls `each` with the bytes, piece by piece, until it says so.
fn pieces(bytes: &FileBytes, from: u64, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut piece = vec![0; 256 << 10];
    let mut at = from;
    loop {
        let read = bytes.read_at(&mut piece, at)?;
        at = at.saturating_add(read as u64);
        let got = piece.get(..read).unwrap_or_default();
        if got.is_empty() || !each(got) {
            return Ok(());
        }
    }
}

/// Counts the sequences of UTF-8 beyond ASCII, and what is none.
fn scan(bytes: &FileBytes, from: u64) -> io::Result<Scan> {
    let mut found = Scan::default();
    let mut carry: Vec<u8> = Vec::new();
    pieces(bytes, from, |piece| {
        found.line_feeds = found.line_feeds || piece.contains(&b'\n');
        found.carriage_returns = found.carriage_returns || piece.contains(&b'\r');
        let joined;
        let mut rest = piece;
        if !carry.is_empty() {
            carry.extend_from_slice(piece);
            joined = std::mem::take(&mut carry);
            rest = &joined;
        }
        loop {
            let (valid, failed) = match std::str::from_utf8(rest) {
                Ok(_) => (rest, None),
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    (valid, Some((after, error.error_len())))
                }
            };
            let leads = valid.iter().filter(|byte| **byte >= 0xC0).count() as u64;
            found.valid = found.valid.saturating_add(leads);
            match failed {
                None => return true,
                Some((after, None)) => {
                    carry = after.to_vec();
                    return true;
                }
                Some((after, Some(len))) => {
                    found.invalid = found.invalid.saturating_add(1);
                    rest = after.get(len..).unwrap_or_default();
                }
            }
        }
    })?;
    found.invalid = found.invalid.saturating_add(carry.len() as u64);
    Ok(found)
}

/// The code page that the bytes beyond ASCII look like.
///
/// # Errors
/// Those of the system.
pub fn guess(bytes: &FileBytes, domain: Option<&[u8]>) -> io::Result<u16> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut fed = 0;
    pieces(bytes, 0, |piece| {
        if !piece.is_ascii() {
            detector.feed(piece, false);
            fed += piece.len();
        }
        fed < limits::CSV_GUESSED
    })?;
    detector.feed(b"", true);
    let encoding = detector.guess(domain, Utf8Detection::Deny);
    Ok(::codepage::from_encoding(encoding).unwrap_or(codepage::WESTERN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examined(bytes: &[u8]) -> Examined {
        examine(&FileBytes::in_memory(bytes), None).unwrap()
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let bytes = |unit: u16| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn marks_and_zeros_tell_unicode() {
        let text = "First Name,Last Name\r\nJörg,Müller\r\n";
        let marked = format!("\u{feff}{text}");
        for (bytes, encoding, mark) in [
            (marked.clone().into_bytes(), Encoding::Utf8, 3),
            (text.as_bytes().to_vec(), Encoding::Utf8, 0),
            (utf16(&marked, false), Encoding::Utf16Le, 2),
            (utf16(&marked, true), Encoding::Utf16Be, 2),
            (utf16(text, false), Encoding::Utf16Le, 0),
            (utf16(text, true), Encoding::Utf16Be, 0),
        ] {
            let found = examined(&bytes);
            assert_eq!((found.encoding, found.mark), (encoding, mark));
            assert!(found.certain);
            let behind = bytes.get(usize::try_from(mark).unwrap()..).unwrap();
            assert_eq!(encoding.decode(behind), (text.to_owned(), true));
        }
        assert!(examined(b"a,b\rc,d\r").cr_only);
    }

    #[test]
    fn bytes_tell_the_code_page() {
        let western = b"Vorname,Nachname\r\nJ\xF6rg,M\xFCller\r\nZo\xEB,Lef\xE8vre\r\n";
        let found = examined(western);
        assert_eq!(
            (found.encoding, found.certain),
            (Encoding::Page(1252), false)
        );
        let (japanese, ..) =
            encoding_rs::SHIFT_JIS.encode("名前,会社\r\n田中美咲,海辺商事です\r\n");
        assert_eq!(examined(&japanese).encoding, Encoding::Page(932));
        let (russian, ..) = encoding_rs::WINDOWS_1251.encode("Name\r\nДмитрий Шостакович\r\n");
        assert_eq!(examined(&russian).encoding, Encoding::Page(1251));
    }

    #[test]
    fn one_bad_cell_does_not_make_a_code_page() {
        let mut bytes = "Jörg,Zoë,Müller,Lefèvre\r\n".as_bytes().to_vec();
        bytes.extend(b"J\xF6rg\r\n");
        let found = examined(&bytes);
        assert_eq!((found.encoding, found.certain), (Encoding::Utf8, false));
        let (text, lossless) = found.encoding.decode(&bytes);
        assert!(text.ends_with("Jörg\r\n") && !lossless);
    }
}
