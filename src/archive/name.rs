//! Names of entries: bytes of some code page, to parts of a path that are safe to show.
//!
//! *Spec*: APPNOTE 4.4.4 (bit 11: UTF-8), 4.6.9 (Info-ZIP Unicode Path, 0x7075), appendix D (else
//! code page 437).

use crate::bytes::ReadAt;
use crate::limits;

/// Bit 11 of the flags: the name is UTF-8.
const UTF8: u16 = 1 << 11;
/// The extra field that repeats the name as UTF-8.
const UNICODE_PATH: u16 = 0x7075;

/// The text of a name.
pub(super) fn decode(raw: &[u8], flags: u16, extra: &[u8]) -> String {
    if let Some(name) = unicode_path(raw, extra) {
        return name;
    }
    if flags & UTF8 != 0 {
        return String::from_utf8_lossy(raw).into_owned();
    }
    // Many programs write UTF-8 without saying so; text of a code page hardly ever looks like it.
    std::str::from_utf8(raw).map_or_else(
        |_| raw.iter().map(|byte| cp437(*byte)).collect(),
        str::to_owned,
    )
}

/// The name of the Unicode Path field, if it is still that of the entry.
fn unicode_path(raw: &[u8], extra: &[u8]) -> Option<String> {
    let field = field(extra, UNICODE_PATH)?;
    let current = field.u32_at(1)? == crc32fast::hash(raw);
    let name = std::str::from_utf8(field.get(5..)?).ok()?;
    (field.u8_at(0)? == 1 && current && !name.is_empty()).then(|| name.to_owned())
}

/// The data of an extra field.
pub(super) fn field(extra: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut rest = extra;
    while let (Some(id), Some(len)) = (rest.u16_at(0), rest.u16_at(2)) {
        let data = rest.slice_at(4, usize::from(len))?;
        if id == wanted {
            return Some(data);
        }
        rest = rest.get(4 + data.len()..)?;
    }
    None
}

fn cp437(byte: u8) -> char {
    oem_cp::decode_char_complete_table(byte, &oem_cp::code_table::DECODING_TABLE_CP437)
}

/// The parts of a path from the top down, none of which leads anywhere: no drive, no root, no `..`;
/// control characters are replaced.
pub(super) fn parts(name: &str) -> Vec<String> {
    let depth = usize::try_from(limits::FOLDER_DEPTH).unwrap_or(usize::MAX);
    let drive = name
        .get(1..3)
        .is_some_and(|after| after == ":\\" || after == ":/");
    let name = if drive {
        name.get(3..).unwrap_or_default()
    } else {
        name
    };
    name.split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .take(depth)
        .map(|part| {
            part.chars()
                .map(|letter| {
                    if letter.is_control() {
                        '\u{FFFD}'
                    } else {
                        letter
                    }
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_the_code_page_that_it_has() {
        assert_eq!(decode("Größe".as_bytes(), UTF8, b""), "Größe");
        assert_eq!(decode("Größe".as_bytes(), 0, b""), "Größe");
        assert_eq!(decode(b"Gr\x94\xE1e", 0, b""), "Größe");
        assert_eq!(decode(b"Gr\x94\xE1e", UTF8, b""), "Gr\u{FFFD}\u{FFFD}e");
        let mut extra = b"\x01\x00\x00\x00\x75\x70\x0B\x00\x01".to_vec();
        extra.extend(crc32fast::hash(b"x").to_le_bytes());
        extra.extend("山田".as_bytes());
        assert_eq!(decode(b"x", 0, &extra), "山田");
        assert_eq!(decode(b"y", 0, &extra), "y");
    }

    #[test]
    fn no_part_of_a_name_leads_anywhere() {
        let all = [
            "../../etc/passwd",
            "/etc/passwd",
            r"C:\etc\passwd",
            r"..\etc/./passwd",
        ];
        for name in all {
            assert_eq!(parts(name), ["etc", "passwd"], "{name}");
        }
        assert_eq!(parts("a/b\u{1b}[2J"), ["a", "b\u{FFFD}[2J"]);
        assert_eq!(parts("///"), [] as [&str; 0]);
    }
}
