//! Compressed RTF: a 16-byte header and LZ77 over a ring of 4,096 bytes that begins filled.
//!
//! *Spec*: MS-OXRTFCP 2.1 and 2.2.
//!
//! *Shape*:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | COMPSIZE: bytes from offset 4 to the end |
//! | 4 | 4 | RAWSIZE: bytes of the RTF |
//! | 8 | 4 | COMPTYPE: `LZFu`, or `MELA` for RTF as it is |
//! | 12 | 4 | CRC of what follows; 0 for `MELA` |
//! | 16 | … | runs: a control byte, then eight tokens; bit 0 is a literal, bit 1 a reference |
//!
//! A reference is big-endian: 12 bits of ring position, 4 bits of length less two. One that points
//! to the place about to be written ends the stream.
//!
//! *Invariants*: as much RTF as can be had comes back, with findings; an error only where the
//! header is no header.
//!
//! *Seen in the wild*: RTF without any header (`mapi.rtf.not-compressed`), streams cut off, and
//! sizes that lie.

use thiserror::Error;

use crate::bytes::Cursor;
use crate::finding::{Effect, Findings};
use crate::limits;
use crate::mapi::crc::crc as checksum;

/// What the ring holds before the first byte (MS-OXRTFCP 2.1.2.1).
pub(super) const PRELOAD: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}\
{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New \
RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
/// `COMPRESSED`.
pub(super) const LZFU: u32 = 0x7546_5A4C;
/// `UNCOMPRESSED`.
pub(super) const MELA: u32 = 0x414C_454D;
/// Bytes of the header.
pub(super) const HEADER: usize = 16;
/// Bytes of the ring.
pub(super) const RING: usize = 4096;
const PLACE: &str = "compressed RTF";

/// No RTF can be had from the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CompressionError {
    /// Shorter than the header.
    #[error("compressed RTF has {0} bytes, fewer than its header of 16")]
    Short(usize),
    /// A compression type that the specification does not have.
    #[error("compressed RTF has the unknown compression type 0x{0:08X}")]
    Unknown(u32),
}

/// Unpacks `PidTagRtfCompressed`. RTF that was never compressed comes back as it is.
///
/// # Errors
/// [`CompressionError`] when the header is cut off or names an unknown compression.
///
/// # Findings
/// `mapi.rtf.not-compressed`, `mapi.rtf.size`, `mapi.rtf.crc` (noted), `mapi.rtf.reference`
/// (altered), `mapi.rtf.cut-off`, `mapi.rtf.too-large` (lost).
pub fn decompress(bytes: &[u8]) -> Result<(Vec<u8>, Findings), CompressionError> {
    let mut findings = Findings::new();
    if bytes.starts_with(b"{\\rtf") {
        let detail = "the RTF is stored without compression header";
        findings.add("mapi.rtf.not-compressed", Effect::Noted, PLACE, detail);
        let kept = bytes.get(..limits::RTF_BYTES).unwrap_or(bytes);
        too_large(kept.len() < bytes.len(), &mut findings);
        return Ok((kept.to_vec(), findings));
    }
    let mut header = Cursor::new(bytes);
    let mut field = || {
        header
            .u32()
            .map_err(|_| CompressionError::Short(bytes.len()))
    };
    let (packed_size, raw_size, kind, crc) = (field()?, field()?, field()?, field()?);
    let contents = contents(bytes, packed_size, &mut findings);
    let raw_size = usize::try_from(raw_size).unwrap_or(usize::MAX);
    let rtf = match kind {
        // To the end, whatever RAWSIZE says (MS-OXRTFCP 2.2.3.1).
        MELA => contents
            .get(..limits::RTF_BYTES)
            .unwrap_or(contents)
            .to_vec(),
        LZFU => {
            let own = checksum(contents);
            if own != crc {
                let detail = format!("CRC is 0x{own:08X}, not 0x{crc:08X}");
                findings.add("mapi.rtf.crc", Effect::Noted, PLACE, detail);
            }
            inflate(contents, raw_size, &mut findings)
        }
        other => return Err(CompressionError::Unknown(other)),
    };
    if rtf.len() != raw_size {
        let detail = format!(
            "the header says {raw_size} bytes of RTF, there are {}",
            rtf.len()
        );
        findings.add("mapi.rtf.size", Effect::Noted, PLACE, detail);
    }
    Ok((rtf, findings))
}

/// What follows the header, as far as COMPSIZE reaches, or all of it where COMPSIZE lies.
fn contents<'a>(bytes: &'a [u8], packed_size: u32, findings: &mut Findings) -> &'a [u8] {
    let there = bytes.get(HEADER..).unwrap_or_default();
    let told = usize::try_from(packed_size)
        .ok()
        .and_then(|size| size.checked_sub(HEADER - 4));
    match told {
        Some(told) if told <= there.len() && (told > 0 || there.is_empty()) => {
            there.get(..told).unwrap_or(there)
        }
        _ => {
            let detail = format!(
                "the header says {packed_size} bytes from offset 4, there are {}",
                bytes.len().saturating_sub(4)
            );
            findings.add("mapi.rtf.size", Effect::Noted, PLACE, detail);
            there
        }
    }
}

/// Takes the runs apart. Output is kept behind the preloaded ring, so that position `p` of the ring
/// is byte `p`, `p + 4096`, … of the buffer and a reference is a distance back.
fn inflate(contents: &[u8], raw_size: usize, findings: &mut Findings) -> Vec<u8> {
    let mut out = Vec::with_capacity(PRELOAD.len() + raw_size.min(contents.len() * 8));
    out.extend_from_slice(PRELOAD);
    let mut input = Cursor::new(contents);
    let limit = PRELOAD.len() + limits::RTF_BYTES;
    let mut ended = false;
    let mut before_start = 0u64;
    'runs: while let Ok(control) = input.u8() {
        for bit in 0..8 {
            if out.len() >= limit {
                break 'runs;
            }
            if control >> bit & 1 == 0 {
                let Ok(literal) = input.u8() else { break 'runs };
                out.push(literal);
                continue;
            }
            let Ok([high, low]) = input.array::<2>() else {
                break 'runs;
            };
            let reference = usize::from(u16::from_be_bytes([high, low]));
            let (position, length) = (reference >> 4, (reference & 0xF) + 2);
            let write = out.len() % RING;
            if position == write {
                ended = true;
                break 'runs;
            }
            let back = (write + RING - position) % RING;
            for _ in 0..length {
                let from = out.len().checked_sub(back);
                let byte = from.and_then(|at| out.get(at)).copied();
                before_start += u64::from(byte.is_none());
                out.push(byte.unwrap_or(b' '));
            }
        }
    }
    if before_start > 0 {
        let detail =
            format!("{before_start} bytes refer to what was never written; blanks instead");
        findings.add("mapi.rtf.reference", Effect::Altered, PLACE, detail);
    }
    too_large(out.len() >= limit && !ended, findings);
    if !ended && out.len() < limit {
        let got = out.len() - PRELOAD.len();
        // Some writers leave the end mark out; all is there then.
        let effect = if got >= raw_size {
            Effect::Noted
        } else {
            Effect::Lost
        };
        let detail = format!("the stream ends without end mark after {got} bytes of {raw_size}");
        findings.add("mapi.rtf.cut-off", effect, PLACE, detail);
    }
    out.truncate(limit);
    out.drain(..PRELOAD.len());
    out
}

fn too_large(is: bool, findings: &mut Findings) {
    if is {
        let detail = format!(
            "more than {} bytes of RTF; the rest is left out",
            limits::RTF_BYTES
        );
        findings.add("mapi.rtf.too-large", Effect::Lost, PLACE, detail);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// MS-OXRTFCP 3.1.1.
    const HELLO: [u8; 49] = [
        0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7,
        0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a,
        0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d,
        0x0a, 0x80, 0x0f, 0xa0,
    ];
    const HELLO_RTF: &[u8] = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
    /// MS-OXRTFCP 3.1.2: a reference that reads what it writes.
    const CROSSING: [u8; 30] = [
        0x1a, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b,
        0x51, 0x41, 0x00, 0x04, 0x20, 0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
    ];

    fn codes(findings: &Findings) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn examples_of_the_specification() {
        let (rtf, findings) = decompress(&HELLO).unwrap();
        assert_eq!(rtf, HELLO_RTF);
        assert!(findings.is_empty(), "{findings:?}");
        let (rtf, findings) = decompress(&CROSSING).unwrap();
        assert_eq!(rtf, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
        assert!(findings.is_empty(), "{findings:?}");
    }

    #[test]
    fn crc_and_sizes_that_lie() {
        let mut bytes = HELLO;
        bytes[12] ^= 1;
        let (rtf, findings) = decompress(&bytes).unwrap();
        assert_eq!(rtf, HELLO_RTF);
        assert_eq!(codes(&findings), ["mapi.rtf.crc"]);
        let mut bytes = HELLO;
        bytes[0] = 0xFF;
        bytes[4] = 0;
        let (rtf, findings) = decompress(&bytes).unwrap();
        assert_eq!(rtf, HELLO_RTF);
        assert_eq!(codes(&findings), ["mapi.rtf.size", "mapi.rtf.size"]);
    }

    #[test]
    fn cut_off_gives_what_is_there() {
        let (rtf, findings) = decompress(&HELLO[..30]).unwrap();
        assert!(HELLO_RTF.starts_with(&rtf) && rtf.len() > 20, "{rtf:?}");
        assert!(codes(&findings).contains(&"mapi.rtf.cut-off"));
        assert_eq!(findings.worst(), Some(Effect::Lost));
        let short = decompress(&HELLO[..15]).map(|_| ());
        assert_eq!(short, Err(CompressionError::Short(15)));
    }

    #[test]
    fn reference_before_the_start() {
        let mut bytes = HELLO[..16].to_vec();
        bytes.extend([0x01, 0xF0, 0x00]);
        let (rtf, findings) = decompress(&bytes).unwrap();
        assert_eq!(rtf, b"  ");
        assert!(codes(&findings).contains(&"mapi.rtf.reference"));
    }

    #[test]
    fn stored_and_bare() {
        let mut bytes = vec![0x1D, 0, 0, 0, 17, 0, 0, 0];
        bytes.extend(MELA.to_le_bytes());
        bytes.extend([0, 0, 0, 0]);
        bytes.extend(b"{\\rtf1 MELA here}");
        let (rtf, findings) = decompress(&bytes).unwrap();
        assert_eq!(rtf, b"{\\rtf1 MELA here}");
        assert!(findings.is_empty(), "{findings:?}");
        let (rtf, findings) = decompress(b"{\\rtf1 bare}").unwrap();
        assert_eq!(rtf, b"{\\rtf1 bare}");
        assert_eq!(codes(&findings), ["mapi.rtf.not-compressed"]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(mut bytes: Vec<u8>, lzfu: bool) {
            if lzfu && bytes.len() >= 12 {
                bytes[8..12].copy_from_slice(&LZFU.to_le_bytes());
            }
            let _ = decompress(&bytes);
        }
    }
}
